/* Counting records by time: by the index and without, the same is counted. */
#include "unit.h"

#include "core/index.h"
#include "core/test_rig.h"
#include "core/timeline.h"
#include "ledger/leaf.h"
#include "store/meta.h"

enum { MINUTE_MS = 60000 };

struct world {
	struct rig_person ann, bob;
	struct id folder, file;
	int64_t begin, end; /* of all that happens, to the minute */
};

static int64_t
now(struct rig *rig)
{
	return core_time_now(&engine_core(rig->engine)->time);
}

/* Some hours in an organisation, from two addresses. */
static struct world
make_world(struct rig *rig)
{
	struct world w = {.ann = rig_person(rig, "ann")};
	struct node_rename name = {.has_node = true};

	w.begin = now(rig) / MINUTE_MS * MINUTE_MS;
	w.bob = rig_person(rig, "bob");
	for (int i = 0; i < 12; i++) {
		rig_connect(rig, i % 3 == 0 ? "192.0.2.1" : "192.0.2.2", "b/1");
		w.folder = rig_folder(
		    rig, w.ann.token, w.ann.home, (char[]){(char)('a' + i), 0});
		w.file = rig_file(rig, w.ann.token, w.folder, "file", "bytes");
		rig_pass(i % 4 == 0 ? 1700 : 1300000);
		assert_int_equal(
		    rig_read(rig, w.bob.token, w.file), E_NOT_FOUND);
		assert_int_equal(rig_read(rig, w.ann.token, w.file), 0);
		assert_int_equal(
		    rig_read(rig, NULL, w.file), E_UNAUTHENTICATED);
		name.node = w.file;
		SHAPE_SET(&name, name, SLICE("a/b"));
		assert_int_equal(
		    rig_do(rig, &rig->arena, OP_NODE_RENAME, w.ann.token, &name)
			.code,
		    E_NAME);
		rig_pass(300);
	}
	w.end = (now(rig) / MINUTE_MS + 1) * MINUTE_MS;
	return w;
}

/* Two at once, of which one isn't there: a record with two outcomes. */
static void
do_both(struct rig *rig, const struct world *w)
{
	struct node_ref args[2] = {{.has_node = true, .node = w->file},
	    {.has_node = true, .node = w->file}};
	struct answer answers[2];

	args[1].node.n ^= 1;
	rig_do_all(rig, &rig->arena, OP_NODE_GET, w->ann.token, NULL, 2, args,
	    answers);
	assert_int_equal(answers[0].code, 0);
	assert_int_equal(answers[1].code, E_NOT_FOUND);
}

/* ---- what is to be counted, record by record ----------------------------- */

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
	/* The first one is the rig's own; from then on they take turns. */
	if (connection == 1)
		return false;
	return slice_eq(address, (connection - 2) % 3 == 0
				     ? SLICE("192.0.2.1")
				     : SLICE("192.0.2.2"));
}

static bool
names(struct rig *rig, const struct leaf *leaf, struct id id)
{
	uint64_t ref = rig_ref(rig, id);

	for (size_t i = 0; i < leaf->n_objects; i++) {
		const struct leaf_object *o = &leaf->objects[i];

		if (o->ref == ref)
			return true;
		for (size_t k = 0; k < o->n_made; k++)
			if (ref_make(leaf->sequence, o->made[k].place) == ref)
				return true;
	}
	return false;
}

static bool
fits(struct rig *rig, const struct leaf *leaf, const struct log_timeline *q)
{
	return (!q->has_principal ||
		   leaf->principal == rig_ref(rig, q->principal)) &&
	       (!q->has_object || names(rig, leaf, q->object)) &&
	       (!q->has_operation ||
		   slice_eq(slice_str(op_get(leaf->op)->name), q->operation)) &&
	       (!q->has_outcome || (search_outcomes(leaf) & BIT(q->outcome))) &&
	       (!q->has_address || is_from(rig, leaf, q->address));
}

/* What a span of time is to have. */
static struct tally
count_in(struct rig *rig, const struct log_timeline *q, int64_t from,
    int64_t to, uint64_t last)
{
	struct tally want = {.count = 0};

	for (uint64_t n = 1; n <= last; n++) {
		const struct leaf *leaf = rig_leaf(rig, &rig->arena, n);

		if (leaf->time >= from && leaf->time < to && fits(rig, leaf, q))
			tally_count(&want, leaf);
	}
	return want;
}

static void
check_counts(
    struct rig *rig, const struct log_timeline *q, const struct timeline *told)
{
	int64_t span = (int64_t)told->span;

	assert_int_equal(told->since, q->since / 1000 * 1000);
	assert_int_equal(span % 1000, 0);
	assert_true(told->until >= q->until);
	assert_true(told->until - span < q->until);
	assert_int_equal(
	    told->since + (int64_t)told->list.n * span, told->until);
	for (size_t i = 0; i < told->list.n; i++) {
		const struct time_count *at = &told->list.v[i];
		struct tally want;

		assert_int_equal(at->time, told->since + (int64_t)i * span);
		want = count_in(rig, q, at->time, at->time + span, told->size);
		assert_int_equal(at->count, want.count);
		assert_int_equal(at->denied, want.denied);
		assert_int_equal(at->failed, want.failed);
	}
}

static struct timeline *
ask(struct rig *rig, const struct log_timeline *q)
{
	struct answer a =
	    rig_do(rig, &rig->arena, OP_LOG_TIMELINE, rig->token, q);

	assert_int_equal(a.code, 0);
	return a.result;
}

/* ---- queries ------------------------------------------------------------- */

enum { QUERIES = 15 };

static void
make_queries(const struct world *w, struct log_timeline q[static QUERIES])
{
	for (size_t i = 0; i < QUERIES; i++) {
		q[i] = (struct log_timeline){.has_since = true,
		    .since = w->begin,
		    .has_until = true,
		    .until = w->end};
		SHAPE_SET(&q[i], buckets, 7 + i);
	}
	SHAPE_SET(&q[1], operation, SLICE("file.read"));
	SHAPE_SET(&q[2], principal, w->ann.id);
	SHAPE_SET(&q[3], object, w->file);
	SHAPE_SET(&q[4], address, SLICE("192.0.2.1"));
	SHAPE_SET(&q[5], outcome, OUTCOME_DENIED);
	SHAPE_SET(&q[6], outcome, OUTCOME_ALLOWED);
	SHAPE_SET(&q[7], outcome, OUTCOME_REFUSED);
	q[8] = q[6];
	SHAPE_SET(&q[8], operation, SLICE("file.read"));
	q[9] = q[2];
	SHAPE_SET(&q[9], outcome, OUTCOME_ALLOWED);
	SHAPE_SET(&q[9], operation, SLICE("node.get"));
	q[10] = q[4];
	SHAPE_SET(&q[10], principal, w->ann.id);
	SHAPE_SET(&q[10], operation, SLICE("node.rename"));
	q[11] = q[5];
	SHAPE_SET(&q[11], address, SLICE("192.0.2.2"));
	SHAPE_SET(&q[12], address, SLICE("198.51.100.1"));
	/* Some minutes out of it, not whole. */
	q[13].since += 1300000 + 777;
	q[13].until = q[13].since + 4000123;
	SHAPE_SET(&q[13], buckets, 200);
	q[14].until = q[14].since + 1500;
	SHAPE_SET(&q[14], buckets, 200);
}

static void
check_all(struct rig *rig, const struct world *w)
{
	struct log_timeline q[QUERIES];

	make_queries(w, q);
	for (size_t i = 0; i < QUERIES; i++) {
		struct timeline *told = ask(rig, &q[i]);

		assert_false(told->has_partial);
		assert_true(told->list.n <= q[i].buckets);
		check_counts(rig, &q[i], told);
		arena_reset(&rig->arena);
	}
}

/* With all of it behind the index, with all of it in it, and in between. */
static void
test_counts(void **state)
{
	struct rig *rig = *state;
	struct world w = make_world(rig);

	do_both(rig, &w);
	check_all(rig, &w);
	rig_await_index(rig);
	check_all(rig, &w);
	(void)rig_folder(rig, w.ann.token, w.ann.home, "one more");
	w.end = (now(rig) / MINUTE_MS + 1) * MINUTE_MS;
	check_all(rig, &w);
}

/* What can't be asked. */
static void
test_refused(void **state)
{
	struct rig *rig = *state;
	struct rig_person ann = rig_person(rig, "ann");
	struct log_timeline q = {
	    .has_since = true, .since = 5000, .has_until = true, .until = 5000};

	assert_int_equal(
	    rig_do(rig, &rig->arena, OP_LOG_TIMELINE, rig->token, &q).code,
	    E_INVALID);
	q.until = 6000;
	SHAPE_SET(&q, operation, SLICE("no.such"));
	assert_int_equal(
	    rig_do(rig, &rig->arena, OP_LOG_TIMELINE, rig->token, &q).code,
	    E_INVALID);
	q.has_operation = false;
	SHAPE_SET(&q, buckets, 0);
	assert_int_equal(
	    rig_do(rig, &rig->arena, OP_LOG_TIMELINE, rig->token, &q).code,
	    E_INVALID);
	q.has_buckets = false;
	assert_int_equal(
	    rig_do(rig, &rig->arena, OP_LOG_TIMELINE, ann.token, &q).code,
	    E_DENIED);
	assert_int_equal(ask(rig, &q)->list.n, 1);
}

/* ---- bounds ----------------------------------------------------------------
 */

/*
 * Asked with little to look at, and asked on from where it ended: each of these
 * calls gets somewhere, and together they count the same.
 */
static void
count_on(struct rig *rig, const struct world *w, const struct log_search *query,
    int64_t rows, int64_t leaves, size_t *ret_calls)
{
	struct place place = {.core = engine_core(rig->engine),
	    .db = rig->db,
	    .arena = &rig->arena,
	    .at = rig_last(rig)};
	struct timeline_of of = {.since = w->begin / 1000,
	    .span = (w->end - w->begin) / 1000 / 5 + 1,
	    .n = 5,
	    .rows = INT64_MAX,
	    .leaves = INT64_MAX};
	struct timeline_told all, some;
	struct tally sum = {.count = 0}, want = sum;
	struct buf buf = BUF(4096);
	int64_t end = of.since + 5 * of.span;

	shape_encode(&shape_log_search, query, NULL, &buf);
	assert_int_equal(search_new(buf_slice(&buf), &of.search), 0);
	buf_free(&buf);
	assert_int_equal(db_begin(rig->db), 0);
	assert_int_equal(timeline_count(&place, &of, &all), 0);
	assert_int_equal(all.until, end);
	for (size_t i = 0; i < of.n; i++)
		want.count += all.sums[i].count,
		    want.denied += all.sums[i].denied;
	of.rows = rows;
	of.leaves = leaves;
	for (*ret_calls = 0; of.since < end; (*ret_calls)++) {
		of.n = (size_t)((end - of.since + of.span - 1) / of.span);
		assert_int_equal(timeline_count(&place, &of, &some), 0);
		assert_true(some.until > of.since);
		for (size_t i = 0; i < of.n; i++) {
			sum.count += some.sums[i].count;
			sum.denied += some.sums[i].denied;
		}
		of.since = some.until;
	}
	assert_true(want.count > 0);
	assert_int_equal(sum.count, want.count);
	assert_int_equal(sum.denied, want.denied);
	db_end(rig->db);
	search_free(&of.search);
	db_close(&place.index);
}

static void
test_bounds(void **state)
{
	struct rig *rig = *state;
	struct world w = make_world(rig);
	struct log_search q[6] = {{.has_operation = true,
	    .operation = SLICE("file.read"),
	    .has_outcome = true,
	    .outcome = OUTCOME_DENIED}};
	size_t calls;

	SHAPE_SET(&q[1], principal,
	    ((struct id){rig_ref(rig, w.ann.id), KIND_PRINCIPAL}));
	SHAPE_SET(&q[2], address, SLICE("192.0.2.2"));
	SHAPE_SET(&q[3], outcome, OUTCOME_ALLOWED);
	SHAPE_SET(&q[4], operation, SLICE("file.read"));
	for (int round = 0; round < 2; round++) {
		for (size_t i = 0; i < ARRAY_SIZE(q); i++) {
			count_on(rig, &w, &q[i], 20, 10, &calls);
			/* Sums are never too much, once they are there. */
			assert_true(round == 0 || (calls > 1) == (i < 4));
		}
		rig_await_index(rig);
	}
}

/* One that has no such sums is made anew. */
static void
test_index_of_an_older_version(void **state)
{
	struct rig *rig = *state;
	struct world w = make_world(rig);
	struct db *index = NULL;

	rig_await_index(rig);
	rig_pass(120 * MINUTE_MS); /* what comes now isn't asked for */
	rig_stop(rig);
	assert_int_equal(db_open(INDEX_DATABASE, DB_WRITER, &index), 0);
	assert_int_equal(db_begin(index), 0);
	assert_int_equal(db_script(index, "DROP TABLE tally"), 0);
	assert_int_equal(meta_put_u64(index, "version", 5), 0);
	assert_int_equal(db_commit(index), 0);
	db_close(&index);
	assert_int_equal(rig_open(rig), 0);
	check_all(rig, &w);
	rig_await_index(rig);
	check_all(rig, &w);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    RIG_TEST(test_counts),
	    RIG_TEST(test_refused),
	    RIG_TEST(test_bounds),
	    RIG_TEST(test_index_of_an_older_version),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
