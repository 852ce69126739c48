/* Searching the log, with its index and without: the same is found. */
#include "unit.h"

#include <stdio.h>
#include <unistd.h>

#include "core/index.h"
#include "core/search.h"
#include "core/test_rig.h"

enum { FOUND_MAX = 2000, AT_ONCE = 20 };

struct world {
	struct rig_person ann, bob;
	struct id folder, file, grant;
	uint64_t last; /* nothing behind it is looked at */
	int64_t noon;  /* between what was done */
};

/* Some life in an organisation, from two addresses. */
static struct world
make_world(struct rig *rig)
{
	struct world w = {.ann = rig_person(rig, "ann")};
	struct node_rename name = {.has_node = true};

	w.bob = rig_person(rig, "bob");
	rig_connect(rig, "192.0.2.1", "browser/1");
	w.folder = rig_folder(rig, w.ann.token, w.ann.home, "folder");
	w.file = rig_file(rig, w.ann.token, w.ann.home, "file", "bytes");
	w.grant = rig_share(rig, w.ann.token, w.file, w.bob.id, RELATION_READ);
	rig_pass(1000);
	w.noon = core_time_now(&engine_core(rig->engine)->time);
	rig_connect(rig, "192.0.2.2", "browser/2");
	assert_int_equal(rig_read(rig, w.bob.token, w.file), 0);
	assert_int_equal(rig_trash(rig, w.bob.token, w.file), E_DENIED);
	assert_int_equal(rig_read(rig, w.bob.token, w.folder), E_NOT_FOUND);
	assert_int_equal(rig_read(rig, NULL, w.file), E_UNAUTHENTICATED);
	rig_connect(rig, "192.0.2.1", "browser/1");
	assert_int_equal(rig_move(rig, w.ann.token, w.file, w.folder), 0);
	name.node = w.file;
	SHAPE_SET(&name, name, SLICE("a/b"));
	assert_int_equal(
	    rig_do(rig, &rig->arena, OP_NODE_RENAME, w.ann.token, &name).code,
	    E_NAME);
	assert_int_equal(rig_revoke(rig, w.ann.token, w.grant), 0);
	assert_int_equal(rig_end_token(rig, w.bob.credential), 0);
	w.last = rig_last(rig);
	return w;
}

/* ---- what is to be found, looked for record by record
 * -------------------------- */

/* The address that a record came from: of its connection. */
static bool
is_from(struct rig *rig, const struct leaf *leaf, struct slice address)
{
	const struct leaf *context = leaf;
	int64_t connection = 0;

	if (leaf->op != OP_CONTEXT) {
		if (leaf->context == 0)
			return false;
		context = rig_leaf(rig, &rig->arena, leaf->context);
	}
	assert_true(
	    rig_number(&context->objects[0], FACT_CONNECTION, &connection));
	if (slice_eq(address, SLICE("192.0.2.2")))
		return connection == 3;
	return connection == 2 || connection == 4;
}

static bool
names(struct rig *rig, const struct leaf *leaf, struct id id)
{
	uint64_t ref = rig_ref(rig, id);

	for (size_t i = 0; i < leaf->n_objects; i++) {
		const struct leaf_object *o = &leaf->objects[i];
		int64_t number;

		if (o->ref == ref)
			return true;
		for (size_t k = 0; k < o->n_made; k++)
			if (ref_make(leaf->sequence, o->made[k].place) == ref)
				return true;
		for (size_t k = 0; k < o->n_ended; k++)
			if (o->ended[k] == ref)
				return true;
		if ((rig_number(o, FACT_TARGET, &number) &&
			(uint64_t)number == ref) ||
		    (rig_number(o, FACT_GRANTEE, &number) &&
			(uint64_t)number == ref))
			return true;
	}
	return false;
}

static bool
ended_so(const struct leaf *leaf, unsigned outcome)
{
	if (leaf->outcome != 0)
		return search_outcome_of(leaf->outcome) == outcome;
	for (size_t i = 0; i < leaf->n_objects; i++)
		if (search_outcome_of(leaf->objects[i].outcome) == outcome)
			return true;
	return false;
}

static bool
fits(struct rig *rig, const struct leaf *leaf, const struct log_search *q)
{
	return (!q->has_principal ||
		   leaf->principal == rig_ref(rig, q->principal)) &&
	       (!q->has_object || names(rig, leaf, q->object)) &&
	       (!q->has_operation ||
		   slice_eq(slice_str(op_get(leaf->op)->name), q->operation)) &&
	       (!q->has_outcome || ended_so(leaf, q->outcome)) &&
	       (!q->has_address || is_from(rig, leaf, q->address)) &&
	       (!q->has_since || leaf->time >= q->since) &&
	       (!q->has_until || leaf->time < q->until);
}

/* ---- what the server finds
 * ------------------------------------------------------- */

/* The numbers, page by page, without what came after w->last. */
static size_t
find(struct rig *rig, const struct world *w, const struct log_search *query,
    uint64_t limit, uint64_t ret_found[static FOUND_MAX])
{
	struct log_search q = *query;
	size_t n = 0;

	SHAPE_SET(&q, limit, limit);
	for (;;) {
		struct answer a =
		    rig_do(rig, &rig->arena, OP_LOG_SEARCH, rig->token, &q);
		struct record_page *page = a.result;

		assert_int_equal(a.code, 0);
		assert_true(page->list.n <= limit);
		for (size_t i = 0; i < page->list.n; i++)
			if (page->list.v[i].sequence <= w->last)
				ret_found[n++] = page->list.v[i].sequence;
		if (!page->has_next || (!q.reverse && page->next > w->last))
			return n;
		SHAPE_SET(&q, from, page->next);
	}
}

static void
check(struct rig *rig, const struct world *w, const struct log_search *query)
{
	uint64_t found[FOUND_MAX], pages[FOUND_MAX], back[FOUND_MAX];
	struct log_search reverse = *query;
	size_t n = find(rig, w, query, 500, found), at = 0;

	for (uint64_t s = 1; s <= w->last; s++) {
		const struct leaf *leaf = rig_leaf(rig, &rig->arena, s);

		if (!fits(rig, leaf, query))
			continue;
		assert_true(at < n);
		assert_int_equal(found[at++], s);
	}
	assert_int_equal(at, n);
	assert_true(n > 0);
	/* In pages, and the other way round. */
	assert_int_equal(find(rig, w, query, 2, pages), n);
	assert_memory_equal(found, pages, n * sizeof(found[0]));
	SHAPE_SET(&reverse, reverse, true);
	assert_int_equal(find(rig, w, &reverse, 3, back), n);
	for (size_t i = 0; i < n; i++)
		assert_int_equal(back[i], found[n - 1 - i]);
}

static void
check_all(struct rig *rig, const struct world *w)
{
	struct log_search q[] = {
	    {.has_from = false},
	    {.has_principal = true, .principal = w->bob.id},
	    {.has_object = true, .object = w->file},
	    {.has_object = true, .object = w->folder},
	    {.has_object = true, .object = w->grant},
	    {.has_object = true, .object = w->bob.id},
	    {.has_object = true, .object = w->bob.credential},
	    {.has_operation = true, .operation = SLICE("file.read")},
	    {.has_operation = true, .operation = SLICE("context")},
	    {.has_outcome = true, .outcome = OUTCOME_DENIED},
	    {.has_outcome = true, .outcome = OUTCOME_REFUSED},
	    {.has_outcome = true, .outcome = OUTCOME_ALLOWED},
	    {.has_address = true, .address = SLICE("192.0.2.1")},
	    {.has_address = true, .address = SLICE("192.0.2.2")},
	    {.has_since = true, .since = w->noon},
	    {.has_until = true, .until = w->noon},
	    {.has_principal = true,
		.principal = w->ann.id,
		.has_operation = true,
		.operation = SLICE("node.move")},
	    {.has_address = true,
		.address = SLICE("192.0.2.2"),
		.has_outcome = true,
		.outcome = OUTCOME_DENIED,
		.has_principal = true,
		.principal = w->bob.id},
	    {.has_object = true,
		.object = w->file,
		.has_since = true,
		.since = w->noon,
		.has_outcome = true,
		.outcome = OUTCOME_ALLOWED},
	};

	for (size_t i = 0; i < ARRAY_SIZE(q); i++)
		check(rig, w, &q[i]);
}

static void
remove_index(void)
{
	(void)unlink(INDEX_DATABASE);
	(void)unlink(INDEX_DATABASE "-wal");
	(void)unlink(INDEX_DATABASE "-shm");
}

/* ---- tests
 * ---------------------------------------------------------------------------
 */

static void
test_with_an_index(void **state)
{
	struct rig *rig = *state;
	struct world w = make_world(rig);

	rig_await_index(rig);
	check_all(rig, &w);
}

/* The index is derived: made again from the log alone it finds the same. */
static void
test_with_an_index_made_again(void **state)
{
	struct rig *rig = *state;
	struct world w = make_world(rig);

	rig_await_index(rig);
	rig_stop(rig);
	remove_index();
	assert_int_equal(rig_open(rig), 0);
	rig_await_index(rig);
	check_all(rig, &w);
}

/* What the index does not cover yet is found in the log itself. */
static void
test_without_an_index(void **state)
{
	struct rig *rig = *state;
	struct world w = make_world(rig);
	struct log_search q = {.has_principal = true, .principal = w.bob.id};

	rig_await_index(rig);
	rig_connect(rig, "192.0.2.2", "browser/3");
	for (size_t i = 0; i < 20; i++)
		assert_int_equal(
		    rig_read(rig, w.bob.token, w.file), E_UNAUTHENTICATED);
	w.last = rig_last(rig);
	check(rig, &w, &q);
}

static void
test_bad_queries(void **state)
{
	struct rig *rig = *state;
	struct log_search q = {.has_operation = true};

	q.operation = SLICE("no.such");
	assert_int_equal(
	    rig_do(rig, &rig->arena, OP_LOG_SEARCH, rig->token, &q).code,
	    E_INVALID);
	q = (struct log_search){.has_from = true, .from = UINT64_MAX};
	assert_int_equal(
	    rig_do(rig, &rig->arena, OP_LOG_SEARCH, rig->token, &q).code, 0);
	q = (struct log_search){
	    .has_from = true, .has_reverse = true, .reverse = true};
	assert_int_equal(
	    rig_do(rig, &rig->arena, OP_LOG_SEARCH, rig->token, &q).code, 0);
}

/* The search itself is on the record, with what was looked for. */
static void
test_search_is_recorded(void **state)
{
	struct rig *rig = *state;
	struct log_search q = {
	    .has_address = true, .address = SLICE("192.0.2.77")};
	const char *event;

	assert_int_equal(
	    rig_do(rig, &rig->arena, OP_LOG_SEARCH, rig->token, &q).code, 0);
	event = rig_render(
	    rig, rig_last_of(rig, &rig->arena, OP_LOG_SEARCH)->sequence);
	assert_non_null(strstr(event, "192.0.2.77"));
}

/* ---- records of many objects
 * ------------------------------------------------------------- */

/* As many new principals as one record holds, by name. */
static struct id
make_many(struct rig *rig, unsigned round)
{
	struct principal_create args[OP_OBJECTS_MAX] = {{.has_kind = false}};
	struct answer answers[OP_OBJECTS_MAX];
	char names[OP_OBJECTS_MAX][24];
	struct id last = {0, KIND_NONE};

	for (size_t i = 0; i < OP_OBJECTS_MAX; i++) {
		int n = snprintf(
		    names[i], sizeof(names[i]), "robot %u-%zu", round, i);

		SHAPE_SET(&args[i], kind, PRINCIPAL_SERVICE);
		SHAPE_SET(&args[i], name, slice_of(names[i], (size_t)n));
	}
	rig_do_all(rig, &rig->arena, OP_PRINCIPAL_CREATE, rig->token, NULL,
	    OP_OBJECTS_MAX, args, answers);
	for (size_t i = 0; i < OP_OBJECTS_MAX; i++)
		if (answers[i].code == 0)
			last = ((struct principal *)answers[i].result)->id;
	arena_reset(&rig->arena);
	return last;
}

/* A record about hundreds of people is shown, each by name. */
static void
test_record_of_many_people(void **state)
{
	struct rig *rig = *state;
	const char *events;

	(void)make_many(rig, 7);
	events = rig_render(
	    rig, rig_last_of(rig, &rig->arena, OP_PRINCIPAL_CREATE)->sequence);
	assert_non_null(strstr(events, "robot 7-0\""));
	assert_non_null(strstr(events, "robot 7-300\""));
}

/* However much such records name, the index forgets nothing of it. */
static void
test_index_of_many(void **state)
{
	struct rig *rig = *state;
	struct id last[AT_ONCE];

	for (unsigned i = 0; i < AT_ONCE; i++)
		last[i] = make_many(rig, i);
	rig_stop(rig);
	remove_index();
	assert_int_equal(rig_open(rig), 0);
	rig_await_index(rig);
	for (unsigned i = 0; i < AT_ONCE; i++) {
		struct log_search q = {.has_object = true, .object = last[i]};
		struct answer a =
		    rig_do(rig, &rig->arena, OP_LOG_SEARCH, rig->token, &q);
		struct record_page *page = a.result;

		assert_int_equal(a.code, 0);
		assert_int_equal(page->list.n, 1);
		assert_int_equal(page->list.v[0].sequence,
		    ref_sequence(rig_ref(rig, last[i])));
	}
}

/*
 * A record that cites hundreds of long ones is shown all the same, and says who
 * did it and from where, whatever else there is no room for.
 */
static void
test_record_that_cites_too_much(void **state)
{
	enum { RECORDS = 8 };
	struct rig *rig = *state;
	struct rig_person admin = rig_admin(rig);
	static char names[OP_OBJECTS_MAX][256];
	struct file_create args[OP_OBJECTS_MAX] = {{.has_name = false}};
	struct answer answers[OP_OBJECTS_MAX];
	struct node_ref refs[RECORDS] = {{.has_node = false}};
	const char *events;

	for (size_t r = 0; r < RECORDS; r++) {
		struct id folder;
		char name[8];

		(void)snprintf(name, sizeof(name), "%zu", r);
		folder = rig_folder(rig, rig->token, admin.home, name);
		for (size_t i = 0; i < OP_OBJECTS_MAX; i++) {
			(void)snprintf(names[i], sizeof(names[i]), "%0255zu",
			    r * OP_OBJECTS_MAX + i);
			SHAPE_SET(&args[i], parent, folder);
			SHAPE_SET(&args[i], name, slice_of(names[i], 255));
		}
		rig_do_all(rig, &rig->arena, OP_FILE_CREATE, rig->token, NULL,
		    OP_OBJECTS_MAX, args, answers);
		assert_int_equal(answers[0].code, 0);
		SHAPE_SET(&refs[r], node,
		    ((struct node_made *)answers[0].result)->id);
		arena_reset(&rig->arena);
	}
	rig_connect(rig, "203.0.113.99", "browser/9");
	rig_do_all(rig, &rig->arena, OP_NODE_GET, rig->token, NULL, RECORDS,
	    refs, answers);
	assert_int_equal(answers[RECORDS - 1].code, 0);
	events = rig_render(
	    rig, rig_last_of(rig, &rig->arena, OP_NODE_GET)->sequence);
	assert_non_null(strstr(events, "203.0.113.99"));
	assert_non_null(strstr(events, "Installation"));
}

/* ---- lineage
 * ----------------------------------------------------------------------------------
 */

static const struct lineage *
lineage(struct rig *rig, struct id id)
{
	struct lineage_show args = {.has_id = true, .id = id};
	struct answer a =
	    rig_do(rig, &rig->arena, OP_LINEAGE_SHOW, rig->token, &args);

	assert_int_equal(a.code, 0);
	return a.result;
}

static bool
has_edge(const struct lineage_edge *v, size_t n, uint64_t parent,
    uint64_t child, const char *how)
{
	for (size_t i = 0; i < n; i++)
		if (v[i].parent == parent && v[i].child == child &&
		    slice_eq(v[i].how, slice_str(how)))
			return true;
	return false;
}

/* From a file up to the ceremony; from a token down to what was done by it. */
static void
check_lineage(struct rig *rig, const struct world *w)
{
	uint64_t file = ref_sequence(rig_ref(rig, w->file));
	uint64_t token = ref_sequence(rig_ref(rig, w->ann.credential));
	uint64_t install =
	    rig_last_of(rig, &rig->arena, OP_CEREMONY_INSTALL)->sequence;
	const struct lineage *up = lineage(rig, w->file),
			     *down = lineage(rig, w->ann.credential);

	assert_int_equal(up->sequence, file);
	assert_true(
	    has_edge(up->ancestors.v, up->ancestors.n, token, file, "by"));
	assert_true(
	    has_edge(up->ancestors.v, up->ancestors.n, token, file, "auth"));
	assert_true(
	    has_edge(up->ancestors.v, up->ancestors.n, install, token, "by"));
	assert_true(has_edge(
	    down->descendants.v, down->descendants.n, token, file, "by"));
	/* The share of the file rests on the file: it came of it. */
	assert_true(has_edge(up->descendants.v, up->descendants.n, file,
	    ref_sequence(rig_ref(rig, w->grant)), "proof"));
}

static void
test_lineage(void **state)
{
	struct rig *rig = *state;
	struct world w = make_world(rig);

	check_lineage(rig, &w);
	rig_await_index(rig);
	check_lineage(rig, &w);
	rig_stop(rig);
	remove_index();
	assert_int_equal(rig_open(rig), 0);
	rig_await_index(rig);
	check_lineage(rig, &w);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    RIG_TEST(test_with_an_index),
	    RIG_TEST(test_with_an_index_made_again),
	    RIG_TEST(test_without_an_index),
	    RIG_TEST(test_bad_queries),
	    RIG_TEST(test_search_is_recorded),
	    RIG_TEST(test_record_of_many_people),
	    RIG_TEST(test_index_of_many),
	    RIG_TEST(test_record_that_cites_too_much),
	    RIG_TEST(test_lineage),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
