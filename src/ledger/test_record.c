#include "ledger/test_record.h"

#include <stdio.h>

#include "wire/cbor.h"

enum { LONG_BYTES = 700, BUNDLE_PARTS = 64 };

#define NOON INT64_C(1795348800000) /* 2026-11-22 12:00 UTC */

/* ---- one leaf --------------------------------------------------------------
 */

static uint64_t
outside(uint64_t ref)
{
	return (ref + 1) * 0x9e3779b97f4a7c15u;
}

void
test_part(struct test_part *part, uint64_t sequence, uint64_t op)
{
	static const uint64_t credentials[] = {TEST_TOKEN << REF_SHIFT};

	memset(part, 0, sizeof(*part));
	part->leaf = (struct leaf){.sequence = sequence,
	    .op = op,
	    .rev = 1,
	    .time = NOON + (int64_t)sequence * 1000,
	    .context = TEST_CONTEXT,
	    .principal = TEST_REF_ANNA,
	    .session = TEST_REF_SESSION,
	    .credentials = credentials,
	    .n_credentials = 1,
	    .cause = CAUSE_USER,
	    .objects = part->objects};
}

void
test_object(struct test_part *part, enum kind kind, uint64_t ref, int outcome)
{
	size_t i = part->leaf.n_objects++;
	struct test_object *items = &part->items[i];

	BUG_ON(i >= TEST_OBJECTS);
	part->objects[i] = (struct leaf_object){.kind = kind,
	    .ref = ref,
	    .outcome = outcome,
	    .made = items->made,
	    .ended = items->ended,
	    .from = items->from,
	    .proof = items->proof,
	    .texts = items->texts,
	    .numbers = items->numbers,
	    .bytes = items->bytes};
}

static struct leaf_object *
last(struct test_part *part)
{
	BUG_ON(part->leaf.n_objects == 0);
	return &part->objects[part->leaf.n_objects - 1];
}

static struct test_object *
last_items(struct test_part *part)
{
	return &part->items[part->leaf.n_objects - 1];
}

void
test_made(struct test_part *part, enum kind kind, uint64_t place)
{
	size_t i = last(part)->n_made++;
	bool named =
	    kind != KIND_EDGE && kind != KIND_STREAM && kind != KIND_BLOB;

	BUG_ON(i >= TEST_ITEMS);
	last_items(part)->made[i] = (struct leaf_made){kind, place,
	    named ? outside(ref_make(part->leaf.sequence, place)) : 0};
}

void
test_ended(struct test_part *part, uint64_t ref)
{
	BUG_ON(last(part)->n_ended >= TEST_ITEMS);
	last_items(part)->ended[last(part)->n_ended++] = ref;
}

void
test_from(struct test_part *part, uint64_t ref)
{
	BUG_ON(last(part)->n_from >= TEST_ITEMS);
	last_items(part)->from[last(part)->n_from++] = ref;
}

void
test_proof(struct test_part *part, uint64_t leaf)
{
	BUG_ON(last(part)->n_proof >= TEST_ITEMS);
	last_items(part)->proof[last(part)->n_proof++] = leaf;
}

/* The commitment is made with the bundle: texts may be altered until then. */
void
test_text(
    struct test_part *part, uint64_t field, uint64_t subject, struct slice text)
{
	size_t i = last(part)->n_texts++;

	BUG_ON(i >= TEST_ITEMS);
	last_items(part)->texts[i].field = field;
	last_items(part)->texts[i].subject = subject;
	last_items(part)->openings[i].text = text;
}

void
test_number(struct test_part *part, uint64_t key, int64_t value)
{
	struct leaf_number *numbers = last_items(part)->numbers;
	size_t i = last(part)->n_numbers++;

	BUG_ON(i >= TEST_ITEMS);
	for (; i > 0 && numbers[i - 1].key > key; i--)
		numbers[i] = numbers[i - 1];
	numbers[i] = (struct leaf_number){key, value};
}

void
test_bytes(struct test_part *part, uint64_t key, struct slice value)
{
	size_t i = last(part)->n_bytes++;

	BUG_ON(i >= TEST_ITEMS);
	last_items(part)->bytes[i] = (struct leaf_bytes){key, value};
}

/* ---- the world
 * --------------------------------------------------------------- */

static void
put_principal(struct test_part *part, uint64_t first)
{
	static const enum kind kinds[] = {KIND_PRINCIPAL, KIND_FOLDER,
	    KIND_EDGE, KIND_FOLDER, KIND_EDGE, KIND_FOLDER, KIND_EDGE,
	    KIND_GRANT};

	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		test_made(part, kinds[i], first + i);
}

static void
world_install(struct test_part *part)
{
	part->leaf.context = part->leaf.principal = part->leaf.session = 0;
	part->leaf.n_credentials = 0;
	part->leaf.cause = 0;
	test_object(part, KIND_NONE, 0, 0);
	test_made(part, KIND_ORG, 0);
	put_principal(part, 1);
	test_made(part, KIND_CREDENTIAL, 9);
	test_made(part, KIND_SESSION, 10);
	test_text(part, FACT_PRINCIPAL_NAME, TEST_REF_CEREMONY,
	    SLICE("Installation"));
	test_text(part, FACT_LABEL, TEST_REF_CEREMONY, SLICE("first token"));
}

static void
world_principal(struct test_part *part, struct slice name)
{
	test_object(part, KIND_ORG, TEST_REF_ORG, 0);
	put_principal(part, 0);
	test_text(part, 2, ref_make(part->leaf.sequence, 0), name);
}

static void
world_token(struct test_part *part)
{
	test_object(part, KIND_ORG, TEST_REF_ORG, 0);
	test_made(part, KIND_CREDENTIAL, 0);
	test_made(part, KIND_SESSION, 1);
	test_text(part, 2, TEST_REF_ANNA, SLICE("Anna's laptop"));
	test_number(part, FACT_TARGET, (int64_t)TEST_REF_ANNA);
}

static void
world_context(struct test_part *part, bool proxied)
{
	part->leaf.context = 0;
	part->leaf.n_credentials = 0;
	part->leaf.cause = CAUSE_SYSTEM;
	test_object(part, KIND_NONE, 0, 0);
	test_text(part, FACT_ADDRESS, 0, SLICE("192.0.2.7"));
	test_text(part, FACT_USER_AGENT, 0, SLICE("Mozilla/5.0 (X11)"));
	test_text(part, FACT_TLS, 0, SLICE("TLSv1.3"));
	test_number(part, FACT_FRONT, 1);
	test_number(part, FACT_CONNECTION, 4711);
	test_number(part, FACT_LISTENER, 2);
	test_number(part, FACT_CLAIMED, proxied);
}

static void
world_node(
    struct test_part *part, enum kind kind, uint64_t parent, struct slice name)
{
	test_object(part, KIND_FOLDER, parent, 0);
	test_made(part, kind, 0);
	test_made(part, KIND_EDGE, 1);
	test_text(part, 3, 0, name);
}

static void
world_grant(struct test_part *part, enum kind kind, uint64_t object,
    uint64_t field, int64_t relation)
{
	test_object(part, kind, object, 0);
	test_made(part, KIND_GRANT, 0);
	test_number(part, field, relation);
	test_number(part, FACT_GRANTEE, (int64_t)TEST_REF_BOB);
}

/* False where the world has no such leaf. */
static bool
world_part(
    uint64_t sequence, const struct test_options *options, struct test_part *p)
{
	static const uint16_t ops[] = {[TEST_INSTALL] = OP_CEREMONY_INSTALL,
	    [TEST_ANNA] = OP_PRINCIPAL_CREATE,
	    [TEST_BOB] = OP_PRINCIPAL_CREATE,
	    [TEST_TOKEN] = OP_TOKEN_ISSUE,
	    [TEST_CONTEXT] = OP_CONTEXT,
	    [TEST_FOLDER] = OP_FOLDER_CREATE,
	    [TEST_FILE] = OP_FILE_CREATE,
	    [TEST_RENAMED] = OP_NODE_RENAME,
	    [TEST_SHARE] = OP_SHARE_GRANT,
	    [TEST_ROLE] = OP_ROLE_GRANT,
	    [TEST_UPLOAD] = OP_UPLOAD_BEGIN,
	    [TEST_READ] = OP_FILE_READ};

	if (sequence >= ARRAY_SIZE(ops) || ops[sequence] == 0)
		return false;
	test_part(p, sequence, ops[sequence]);
	switch ((enum test_leaf)sequence) {
	case TEST_INSTALL:
		world_install(p);
		break;
	case TEST_ANNA:
		world_principal(p, SLICE("Anna"));
		break;
	case TEST_BOB:
		world_principal(p, SLICE("Bob"));
		break;
	case TEST_TOKEN:
		world_token(p);
		break;
	case TEST_CONTEXT:
		world_context(p, options->proxied);
		break;
	case TEST_FOLDER:
		world_node(p, KIND_FOLDER, TEST_REF_HOME, SLICE("Plans"));
		break;
	case TEST_FILE:
		world_node(p, KIND_FILE, TEST_REF_FOLDER, SLICE("report.docx"));
		test_made(p, KIND_VERSION, 2);
		break;
	case TEST_RENAMED:
		test_object(p, KIND_FILE, TEST_REF_FILE, 0);
		test_text(p, 3, 0, SLICE("Grüße.docx"));
		break;
	case TEST_SHARE:
		world_grant(p, KIND_FILE, TEST_REF_FILE, 3, RELATION_EDIT);
		break;
	case TEST_ROLE:
		world_grant(p, KIND_ORG, TEST_REF_ORG, 2, RELATION_LOG_READER);
		break;
	case TEST_UPLOAD:
		test_object(p, KIND_PRINCIPAL, TEST_REF_ANNA, 0);
		test_made(p, KIND_UPLOAD, 0);
		test_made(p, KIND_STREAM, 1);
		break;
	case TEST_READ:
		test_object(p, KIND_FILE, TEST_REF_FILE, 0);
		test_made(p, KIND_STREAM, 0);
		break;
	}
	return true;
}

/* ---- the bundle
 * ---------------------------------------------------------------- */

static const char hostile[] =
    "a\"b\\c\n\r\t\x01\x7f</script>\xff\xc3(\xed\xa0\x80\xe2\x80\xa8\xc2\x85"
    "\xe2\x80\xae{\"x\":1}";

static void
make_opening(struct test_part *part, size_t slot, enum test_texts texts,
    struct opening *opening)
{
	static const char words[] =
	    "\xe2\x82\xac a text that is longer than a leaf takes, over and "
	    "over again, until nobody can bear to read it any further: ";
	static char padding[LONG_BYTES];

	for (size_t i = 0; i < LONG_BYTES; i++)
		padding[i] = words[i % (sizeof(words) - 1)];
	for (size_t i = 0; i < sizeof(opening->salt); i++)
		opening->salt[i] =
		    (uint8_t)(part->leaf.sequence * 31 + slot * 7 + i);
	if (texts == TEST_HOSTILE)
		opening->text = SLICE(hostile);
	opening->length = opening->text.n;
	if (texts == TEST_CUT) {
		opening->text = slice_first(slice_of(padding, LONG_BYTES),
		    slice_utf8_cut(
			slice_of(padding, LONG_BYTES), LEAF_TEXT_MAX));
		opening->length = LONG_BYTES;
		opening->digest = sha256(slice_of(padding, LONG_BYTES));
	}
}

static void
put_part(struct test_part *part, enum test_texts texts, struct buf *buf)
{
	struct bundle_opening openings[TEST_OBJECTS * TEST_ITEMS];
	struct buf leaf = BUF(LEAF_BYTES_MAX);
	size_t slot = 0, n;

	for (size_t i = 0; i < part->leaf.n_objects; i++) {
		struct test_object *items = &part->items[i];

		for (size_t k = 0; k < part->objects[i].n_texts; k++, slot++) {
			make_opening(part, slot, texts, &items->openings[k]);
			items->texts[k].commitment = opening_commitment(
			    &items->openings[k], items->texts[k].field);
			openings[slot] =
			    (struct bundle_opening){slot, items->openings[k]};
		}
	}
	BUG_ON(leaf_encode(&part->leaf, &leaf) < 0);
	n = texts == TEST_ERASED ? 0 : slot;
	bundle_put_part(buf, buf_slice(&leaf), openings, n);
	buf_free(&leaf);
}

void
test_bundle(const struct test_part *record, const struct test_options *options,
    struct buf *buf)
{
	uint64_t cites[BUNDLE_PARTS];
	struct test_part part = *record;
	size_t n, there = 0;

	part.leaf.objects = part.objects;
	for (size_t i = 0; i < part.leaf.n_objects; i++) {
		part.objects[i].texts = part.items[i].texts;
		part.objects[i].made = part.items[i].made;
	}
	cbor_put_array(buf, 3);
	put_part(&part, options->texts, buf);
	n = bundle_cites(&record->leaf, cites, ARRAY_SIZE(cites));
	for (size_t i = 0; i < n; i++)
		if (world_part(cites[i], options, &part))
			cites[there++] = cites[i];
	cbor_put_array(buf, there);
	for (size_t i = 0; i < there; i++) {
		(void)world_part(cites[i], options, &part);
		cbor_put_array(buf, 2);
		put_part(&part, options->texts, buf);
	}
	BUG_ON(buf->error != 0);
}

/* ---- every case
 * ------------------------------------------------------------------ */

/* What the world has of a kind. */
static uint64_t
row_of(enum kind kind)
{
	switch (kind) {
	case KIND_ORG:
		return TEST_REF_ORG;
	case KIND_PRINCIPAL:
		return TEST_REF_BOB;
	case KIND_CREDENTIAL:
		return TEST_REF_CREDENTIAL;
	case KIND_SESSION:
		return TEST_REF_SESSION;
	case KIND_GRANT:
		return TEST_REF_SHARE;
	case KIND_FOLDER:
		return TEST_REF_FOLDER;
	case KIND_FILE:
	case KIND_NODE:
		return TEST_REF_FILE;
	case KIND_VERSION:
		return ref_make(TEST_FILE, 2);
	case KIND_UPLOAD:
		return TEST_REF_UPLOAD;
	case KIND_STREAM:
		return ref_make(TEST_READ, 0);
	case KIND_EDGE:
		return ref_make(TEST_FILE, 1);
	case KIND_BLOB:
		return ref_make(TEST_UPLOAD, 2);
	case KIND_APP:
		return ref_make(TEST_INSTALL, 10);
	case KIND_UNIT:
		return ref_make(TEST_INSTALL, 9);
	case KIND_REQUEST:
		return ref_make(TEST_INSTALL, 11);
	case KIND_INCIDENT:
		return ref_make(TEST_INSTALL, 12);
	case KIND_NONE:
	case KIND_MAX:
		break;
	}
	return 0;
}

static void
put_arguments(struct test_part *part, const struct op *op)
{
	size_t n = 0;
	const struct shape_field *fields =
	    op != NULL && op->args != NULL ? op->args->fields(&n) : NULL;

	for (size_t i = 0; i < n; i++) {
		const struct shape_field *f = &fields[i];

		if (!(f->flags & LOG))
			continue;
		if (f->type == SHAPE_TEXT)
			test_text(part, f->number, 0, slice_str(f->name));
		else if (f->type == SHAPE_ID)
			test_number(part, f->number, (int64_t)TEST_REF_FILE);
		else
			test_number(part, f->number, 3);
	}
}

static void
put_rows(struct test_part *part, const struct op *op)
{
	uint64_t place = 0;

	for (enum kind kind = KIND_NONE + 1; kind < KIND_NODE; kind++) {
		if (op->makes & BIT(kind))
			test_made(part, kind, place++);
		if (op->ends & BIT(kind))
			test_ended(part, row_of(kind));
	}
}

/* All that may be said of an object, whether or not this row says it. */
static void
put_facts(struct test_part *part, const struct op *op)
{
	test_number(part, FACT_SIZE, 12345);
	test_number(
	    part, FACT_STATUS, part->objects[0].kind % STREAM_STATUS_MAX);
	test_number(part, FACT_BYTES, 678);
	test_number(part, FACT_TARGET, (int64_t)TEST_REF_FOLDER);
	test_number(part, FACT_GRANTEE, (int64_t)TEST_REF_BOB);
	if (op == NULL || op->effect == OP_SYSTEM) {
		test_number(part, FACT_SUSPECT, 1);
		test_number(part, FACT_FULL, 0);
		test_text(part, FACT_DETAIL, 0, SLICE("a detail"));
		test_text(part, FACT_SOURCE, 0, SLICE("192.0.2.9"));
		test_text(part, FACT_SOURCE, 0, SLICE("192.0.2.10"));
		test_bytes(part, FACT_DIGEST, SLICE("\x00\x01\xff"));
		test_bytes(part, FACT_ORIGIN, SLICE("log.example/x"));
		test_bytes(part, FACT_BUILD, SLICE("\xff build"));
	}
}

static void
fill_case(const struct test_case *c, struct test_part *part)
{
	const struct op *op = op_get(c->op);

	test_object(part, c->kind, row_of(c->kind), c->whole ? 0 : c->outcome);
	if (kind_fits(KIND_NODE, c->kind))
		part->objects[0].named =
		    c->kind == KIND_FILE ? TEST_RENAMED : 0;
	if (c->kind == KIND_NONE)
		test_text(part, FACT_PATH, 0, SLICE("Plans/missing.docx"));
	else
		put_arguments(part, op);
	if (c->outcome != 0)
		return;
	test_proof(part, TEST_SHARE);
	test_proof(part, TEST_FILE);
	put_facts(part, op);
	if (op != NULL)
		put_rows(part, op);
}

void
test_case_bundle(const struct test_case *c, struct buf *buf)
{
	struct test_part part;

	test_part(&part, TEST_SEQUENCE, c->op);
	if (!c->known) {
		part.leaf.principal = part.leaf.session = 0;
		part.leaf.n_credentials = 0;
	}
	if (!c->context)
		part.leaf.context = 0;
	if (c->op == OP_STREAM_END)
		part.leaf.cites =
		    c->kind == KIND_FILE ? TEST_READ : TEST_UPLOAD;
	if (c->whole)
		part.leaf.outcome = c->outcome;
	if (c->kind != KIND_NONE || !c->whole)
		fill_case(c, &part);
	test_bundle(&part, &c->options, buf);
}

static const int outcomes[] = {
    0,
#define ERR(number, name, class, http, jmap, text) E_##name,
#include "base/err.def"
#undef ERR
    -999, /* of a newer release */
};

/* Enough of them to stand for all, where all would be too many. */
static bool
stands_for_all(int outcome)
{
	return outcome == 0 || outcome == E_DENIED ||
	       outcome == E_UNAUTHENTICATED || outcome == E_NOT_FOUND ||
	       outcome == E_IO || outcome == E_UNKNOWN;
}

static bool
is_common(enum kind kind)
{
	return kind == KIND_NONE || kind == KIND_ORG ||
	       kind == KIND_PRINCIPAL || kind == KIND_FOLDER ||
	       kind == KIND_FILE;
}

static void
cases_of(uint64_t op, int outcome,
    void (*each)(void *arg, const struct test_case *c), void *arg)
{
	struct test_case c = {.op = op, .outcome = outcome};
	bool all = stands_for_all(outcome);

	for (c.kind = KIND_NONE; c.kind <= KIND_NODE; c.kind++) {
		for (unsigned bits = 0; bits < 32; bits++) {
			c.context = !(bits & 1);
			c.known = !(bits & 2);
			c.whole = bits & 4;
			c.options.texts = (enum test_texts)(bits >> 3);
			c.options.proxied = c.kind == KIND_FILE;
			if (!is_common(c.kind) && (!all || bits >= 8))
				continue;
			if (!all && (bits & ~4u) != 0)
				continue;
			each(arg, &c);
		}
	}
}

void
test_cases(void (*each)(void *arg, const struct test_case *c), void *arg)
{
	for (size_t i = 0; i < ARRAY_SIZE(outcomes); i++) {
		for (const struct op *op = NULL; (op = op_next(op)) != NULL;)
			cases_of(op->number, outcomes[i], each, arg);
		cases_of(OP_MAX + 7, outcomes[i], each, arg);
	}
}

void
test_case_name(const struct test_case *c, char *ret_name, size_t size)
{
	static const char *const texts[] = {
	    [TEST_PLAIN] = "plain",
	    [TEST_HOSTILE] = "hostile",
	    [TEST_CUT] = "cut",
	    [TEST_ERASED] = "erased",
	    [TEST_TEXTS_MAX] = "",
	};
	const struct op *op = op_get(c->op);

	(void)snprintf(ret_name, size, "%s on %s: %d%s%s%s %s",
	    op != NULL ? op->name : "no operation", kind_text(c->kind),
	    c->outcome, c->whole ? " whole" : "",
	    c->context ? "" : " no context", c->known ? "" : " nobody",
	    texts[c->options.texts]);
}
