/*
 * The tables themselves: rules that must find no row. Each function is one; it
 * says which row breaks it.
 */
#include "unit.h"

#include "op/op.h"

#define RELATIONS_NODE                                                    \
	(BIT(RELATION_OWNER) | BIT(RELATION_EDIT) | BIT(RELATION_READ) |  \
	    BIT(RELATION_SEE) | BIT(RELATION_TEXT) | BIT(RELATION_COPY) | \
	    BIT(RELATION_PRINT) | BIT(RELATION_EXPORT))
#define RELATIONS_ORG                                          \
	(BIT(RELATION_USER_ADMIN) | BIT(RELATION_LOG_READER) | \
	    BIT(RELATION_SECURITY_RESPONDER) | BIT(RELATION_OPERATOR))
#define RELATIONS_UNIT \
	(BIT(RELATION_USER_ADMIN) | BIT(RELATION_SECURITY_RESPONDER))

/* What can't be ended: the organisation and its apps are its server's. */
#define ENDLESS (BIT(KIND_ORG) | BIT(KIND_APP))

#define EACH_OP                     \
	const struct op *op = NULL; \
	(op = op_next(op)) != NULL;

static bool
is_word(const char *text, const char *others)
{
	for (const char *c = text; *c != '\0'; c++)
		if ((*c < 'a' || *c > 'z') && (*c < '0' || *c > '9') &&
		    strchr(others, *c) == NULL)
			return false;
	return *text != '\0';
}

/* A sentence for people, or a part of one: no row goes without. */
static bool
is_doc(const char *doc)
{
	return doc != NULL && strlen(doc) >= 3 && strlen(doc) <= 200 &&
	       doc[strlen(doc) - 1] != '.';
}

/* ---- operations
 * ------------------------------------------------------------------ */

static void
test_names(void **state UNUSED)
{
	for (EACH_OP) {
		if (!is_word(op->name, "._") || strlen(op->name) > 64)
			fail_msg("%s is no name", op->name);
		if (op_find(slice_str(op->name)) != op)
			fail_msg("%s stands there twice", op->name);
		assert_ptr_equal(op_get(op->number), op);
		if (!is_doc(op->doc) || op->doc[0] < 'A' || op->doc[0] > 'Z')
			fail_msg("%s has no doc", op->name);
		if (op->rev == 0)
			fail_msg("%s has no revision", op->name);
		if (!words_is(WORDS_FAMILY, op->family))
			fail_msg("%s has no family", op->name);
	}
	assert_null(op_get(0));
	assert_null(op_get(OP_MAX));
	assert_null(op_get(UINT64_MAX));
	assert_null(op_find(SLICE("")));
	assert_null(op_find(SLICE("file")));
}

static void
test_every_one_has_a_class_in_ocsf(void **state UNUSED)
{
	for (EACH_OP) {
		uint32_t class = op->ocsf / 100, activity = op->ocsf % 100;

		if (class < 1000 || class > 8999 || activity == 0)
			fail_msg("%s has no OCSF class", op->name);
	}
}

/* Whoever is asked for by a client needs a right; the server says why it acts.
 */
static void
test_who_may(void **state UNUSED)
{
	for (EACH_OP) {
		bool system = op->effect == OP_SYSTEM;

		if (op->effect == OP_EFFECT_UNSET)
			fail_msg("%s has no effect", op->name);
		if (system != (op->why != NULL))
			fail_msg("%s: why it is the server's own", op->name);
		if (system != (op->need[0].on == OP_ON_UNSET))
			fail_msg("%s needs no right", op->name);
		if (system != (op->args == NULL) ||
		    system != (op->result == NULL) || system != (op->max == 0))
			fail_msg("%s: arguments, results, objects", op->name);
		if (op->max > OP_OBJECTS_MAX)
			fail_msg("%s takes too many objects", op->name);
		if (system && (op->stepup || op->urgent || op->revokes ||
				  op->or_org != 0))
			fail_msg("%s is not for clients", op->name);
		if (op->unit.field != NULL &&
		    (system || !(BIT(op->or_org != 0 ? op->or_org
						     : op->need[0].relation) &
				   RELATIONS_UNIT)))
			fail_msg("%s: in no unit", op->name);
		if (op->or_org != 0 && !(BIT(op->or_org) & RELATIONS_ORG))
			fail_msg("%s: no such role", op->name);
	}
}

static const struct shape_field *
field_at(const struct shape *shape, uint32_t offset)
{
	size_t n;
	const struct shape_field *fields = shape->fields(&n);

	for (size_t i = 0; i < n; i++)
		if (fields[i].offset == offset)
			return &fields[i];
	return NULL;
}

/* What belongs to one principal, whose own it must be. */
static bool
is_owned(enum kind kind)
{
	return kind == KIND_PRINCIPAL || kind == KIND_SESSION ||
	       kind == KIND_CREDENTIAL || kind == KIND_REQUEST;
}

static uint64_t
relations_on(enum kind kind)
{
	if (kind == KIND_UNIT)
		return RELATIONS_UNIT;
	return is_owned(kind) ? BIT(RELATION_SELF) : RELATIONS_NODE;
}

/* The relation fits what it is needed on, and that is in the argument. */
static bool
is_need(const struct op *op, const struct op_need *need)
{
	const struct shape_field *at, *path;

	switch (need->on) {
	case OP_ON_ORG:
		return BIT(need->relation) & RELATIONS_ORG;
	case OP_ON_SELF:
		return need->relation == RELATION_SELF;
	case OP_ON_OPEN:
		return need->relation == 0 && need == &op->need[0];
	case OP_ON_FIELD:
	case OP_ON_PLACE:
		break;
	case OP_ON_STATE:
		return BIT(need->relation) & RELATIONS_NODE;
	case OP_ON_UNSET:
		return true;
	}
	at = field_at(op->args, need->at);
	if (at == NULL ||
	    !(BIT(need->relation) & relations_on((enum kind)at->bound)) ||
	    at->type != SHAPE_ID || at->has != need->has ||
	    strcmp(at->name, need->field) != 0)
		return false;
	/* Where there is none, it is the organisation. */
	if (need->on == OP_ON_FIELD)
		return (at->flags & REQ) || op->or_org != 0;
	path = field_at(op->args, need->path);
	return !(at->flags & REQ) && path != NULL && path->type == SHAPE_TEXT &&
	       path->has == need->has_path && strcmp(path->name, "path") == 0;
}

static void
test_needs(void **state UNUSED)
{
	for (EACH_OP)
		for (size_t i = 0; i < OP_NEEDS_MAX; i++)
			if (!is_need(op, &op->need[i]))
				fail_msg("%s: need %zu", op->name, i);
}

/* A read makes nothing but the stream that brings it, and ends nothing. */
static void
test_reads_change_nothing(void **state UNUSED)
{
	for (EACH_OP)
		if (op->effect == OP_READ &&
		    ((op->makes & ~BIT(KIND_STREAM)) || op->ends != 0 ||
			op->urgent || op->revokes || op->stepup))
			fail_msg("%s is no read", op->name);
}

static void
test_what_is_made_can_be_ended(void **state UNUSED)
{
	uint64_t made = 0, ended = 0;

	for (EACH_OP) {
		made |= op->makes;
		ended |= op->ends;
	}
	for (enum kind kind = KIND_NONE + 1; kind < KIND_NODE; kind++) {
		if (!(made & BIT(kind)))
			fail_msg("nothing makes a %s", kind_text(kind));
		if (!((ended | ENDLESS) & BIT(kind)))
			fail_msg("nothing ends a %s", kind_text(kind));
	}
	if ((made | ended) & ~(BIT(KIND_NODE) - 2))
		fail_msg("a row makes or ends what is no kind");
}

/*
 * A kind that lets somebody do something is listed by authority.list, under its
 * number and text; and what holds authority by itself is ended by an operation
 * that takes it away at once. `but` is left out, as if there were none.
 */
static bool
is_accounted_for(enum kind kind, const struct op *but)
{
	bool ended = false;

	for (EACH_OP)
		if (op != but && (op->ends & BIT(kind)) &&
		    (op->revokes || kind_authority(kind) == AUTHORITY_RESTS))
			ended = true;
	return ended && words_is(WORDS_AUTHORITY_OF, kind) &&
	       strcmp(words_text(WORDS_AUTHORITY_OF, kind), kind_text(kind)) ==
	           0;
}

static void
test_what_holds_authority(void **state UNUSED)
{
	const struct word_list *list = words_list(WORDS_AUTHORITY_OF);

	for (enum kind kind = KIND_NONE + 1; kind < KIND_NODE; kind++)
		if (kind_authority(kind) != AUTHORITY_NONE &&
		    !is_accounted_for(kind, NULL))
			fail_msg(
			    "a %s can't be listed, or ended", kind_text(kind));
	for (size_t i = 0; i < list->n; i++)
		if (kind_authority((enum kind)list->words[i].number) ==
		    AUTHORITY_NONE)
			fail_msg("a %s holds none", list->words[i].text);
}

/* The rule itself: it fails for what isn't listed, or what nothing ends. */
static void
test_what_holds_authority_must_end(void **state UNUSED)
{
	assert_true(is_accounted_for(KIND_UNIT, NULL));
	assert_false(is_accounted_for(KIND_UNIT, op_get(OP_UNIT_END)));
	assert_true(is_accounted_for(KIND_STREAM, NULL));
	assert_false(is_accounted_for(KIND_STREAM, op_get(OP_STREAM_END)));
	/* It is ended, but not listed. */
	assert_false(is_accounted_for(KIND_VERSION, NULL));
}

/* What takes authority away ends something, and goes when the disk is full. */
static void
test_what_revokes(void **state UNUSED)
{
	for (EACH_OP)
		if (op->revokes && (op->ends == 0 || !op->urgent))
			fail_msg("%s takes nothing away", op->name);
}

/* To make a credential or a role is asked of a person once more. */
static void
test_stepup(void **state UNUSED)
{
	for (EACH_OP)
		if (op->effect == OP_WRITE && op->family == FAMILY_ACCESS &&
		    !op->revokes && !op->stepup)
			fail_msg("%s asks for no confirmation", op->name);
}

/* What opens a stream says which; what doesn't has none. */
static void
test_streams_are_named(void **state UNUSED)
{
	for (EACH_OP) {
		bool names = false;
		size_t n = 0;
		const struct shape_field *fields =
		    op->result != NULL ? op->result->fields(&n) : NULL;

		for (size_t i = 0; i < n; i++)
			names |= fields[i].type == SHAPE_U64 &&
			         strcmp(fields[i].name, "stream") == 0;
		if (names != op_opens_stream(op))
			fail_msg("%s: its stream", op->name);
	}
}

/* ---- shapes
 * ------------------------------------------------------------------------ */

static bool
is_bound(const struct shape_field *f)
{
	switch ((enum shape_type)f->type) {
	case SHAPE_U64:
	case SHAPE_TEXT:
	case SHAPE_BYTES:
	case SHAPE_CALL:
		return f->bound > 0;
	case SHAPE_ENUM:
	case SHAPE_FLAGS:
		return f->bound > WORDS_UNSET && f->bound < WORDS_MAX;
	case SHAPE_ID:
		return f->bound < KIND_MAX;
	case SHAPE_LIST:
		return f->list != NULL && f->bound > 0 && f->bound <= 500;
	case SHAPE_BOOL:
	case SHAPE_TIME:
	case SHAPE_STATE:
		return f->bound == 0;
	case SHAPE_UNSET:
		break;
	}
	return false;
}

static void
test_shapes(void **state UNUSED)
{
	for (size_t s = 0; s < shapes_count; s++) {
		const struct shape *shape = shapes_all[s];
		size_t n;
		const struct shape_field *f = shape->fields(&n);

		if (!is_word(shape->name, "_") || !is_doc(shape->doc))
			fail_msg("%s: name, doc", shape->name);
		for (size_t i = 0; i < n; i++) {
			if (!is_word(f[i].name, "_") || !is_doc(f[i].doc) ||
			    !is_bound(&f[i]))
				fail_msg("%s.%s", shape->name, f[i].name);
			if (f[i].number == 0 ||
			    (i > 0 && f[i].number <= f[i - 1].number))
				fail_msg(
				    "%s.%s: number", shape->name, f[i].name);
			assert_ptr_equal(
			    shape_field(shape, f[i].number), &f[i]);
			for (size_t k = 0; k < i; k++)
				if (strcmp(f[i].name, f[k].name) == 0)
					fail_msg("%s.%s twice", shape->name,
					    f[i].name);
		}
	}
}

/* What stands in a record can, and a secret never does, nor is it told twice.
 */
static void
test_what_is_recorded(void **state UNUSED)
{
	for (size_t s = 0; s < shapes_count; s++) {
		const struct shape *shape = shapes_all[s];
		size_t n;
		const struct shape_field *f = shape->fields(&n);

		for (size_t i = 0; i < n; i++) {
			if ((f[i].flags & LOG) &&
			    (f[i].type == SHAPE_BYTES ||
				f[i].type == SHAPE_CALL ||
				f[i].type == SHAPE_LIST || f[i].number >= 1000))
				fail_msg("%s.%s can't stand in a record",
				    shape->name, f[i].name);
			if ((f[i].flags & SECRET) && (f[i].flags & (LOG | REQ)))
				fail_msg("%s.%s is a secret", shape->name,
				    f[i].name);
		}
	}
}

static bool
uses(const struct shape *user, const struct shape *shape)
{
	size_t n;
	const struct shape_field *f;

	if (user == NULL)
		return false;
	if (user == shape)
		return true;
	f = user->fields(&n);
	for (size_t i = 0; i < n; i++)
		if (f[i].list != NULL && uses(f[i].list, shape))
			return true;
	return false;
}

static void
test_no_shape_is_left_over(void **state UNUSED)
{
	for (size_t s = 0; s < shapes_count; s++) {
		bool used = false;

		for (EACH_OP)
			used |= uses(op->args, shapes_all[s]) ||
			        uses(op->result, shapes_all[s]);
		if (!used)
			fail_msg("no row uses %s", shapes_all[s]->name);
	}
}

/* ---- words, kinds
 * --------------------------------------------------------------------- */

static void
test_words(void **state UNUSED)
{
	for (enum words w = WORDS_UNSET + 1; w < WORDS_MAX; w++) {
		const struct word_list *list = words_list(w);

		assert_true(list->n > 0);
		for (size_t i = 0; i < list->n; i++) {
			const struct word *word = &list->words[i];

			if (word->number == 0 || !is_word(word->text, "_") ||
			    !is_doc(word->doc))
				fail_msg("%s: %s", list->name, word->text);
			assert_int_equal(words_number(w, slice_str(word->text)),
			    word->number);
			assert_string_equal(
			    words_text(w, word->number), word->text);
		}
		assert_false(words_is(w, 0));
		assert_int_equal(words_number(w, SLICE("no such word")), 0);
	}
}

static void
test_kinds(void **state UNUSED)
{
	for (enum kind kind = KIND_NONE + 1; kind < KIND_NODE; kind++) {
		assert_int_equal(kind_from_letter(kind_letter(kind)), kind);
		assert_true(kind_fits(kind, kind));
		assert_int_equal(kind_fits(KIND_NODE, kind),
		    kind == KIND_FOLDER || kind == KIND_FILE);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_names),
	    cmocka_unit_test(test_every_one_has_a_class_in_ocsf),
	    cmocka_unit_test(test_who_may),
	    cmocka_unit_test(test_needs),
	    cmocka_unit_test(test_reads_change_nothing),
	    cmocka_unit_test(test_what_is_made_can_be_ended),
	    cmocka_unit_test(test_what_holds_authority),
	    cmocka_unit_test(test_what_holds_authority_must_end),
	    cmocka_unit_test(test_what_revokes),
	    cmocka_unit_test(test_stepup),
	    cmocka_unit_test(test_streams_are_named),
	    cmocka_unit_test(test_shapes),
	    cmocka_unit_test(test_what_is_recorded),
	    cmocka_unit_test(test_no_shape_is_left_over),
	    cmocka_unit_test(test_words),
	    cmocka_unit_test(test_kinds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
