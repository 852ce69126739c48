/*
 * Decisions against an oracle: random graphs of groups, folders and grants,
 * which change step by step, and behind each step the same questions to the
 * engine, whose caches live as long as they may, and to a few naive functions
 * that know of no database. What they say must be the same, a proof must hold,
 * and to take something away must give nobody anything.
 */
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "core/core.h"
#include "core/node.h"
#include "core/place.h"
#include "op/op.h"
#include "store/migrations.h"

enum {
	GRAPHS = 10000,
	PEOPLE = 3,
	GROUPS = 4,
	SUBJECTS = PEOPLE + GROUPS,
	NODES = 7, /* 0: a space, 1: its trash; the last ones are files */
	FILES = 2,
	TUPLES = 40,
	STEPS = 20,
	RELATIONS = 4,
};

/* What there is, as the oracle knows it. */
struct graph {
	uint64_t seed, random;
	int64_t now;
	uint64_t subjects[SUBJECTS];
	bool subject_ended[SUBJECTS];
	struct {
		uint64_t id, edge;
		int parent;
	} nodes[NODES];
	struct {
		uint64_t id;
		unsigned relation;
		int on; /* a node; or a group, of a membership */
		int subject;
		int64_t expires;
		bool ended;
	} tuples[TUPLES];
	int n_tuples;
};

struct rights {
	bool has[PEOPLE][RELATIONS][NODES];
};

/* The engine's side: a database, and what decide.c takes of a core. */
struct world {
	struct core core;
	struct place writer, reader;
	struct db *db;
	uint64_t sequence;
};

static const unsigned relations[RELATIONS] = {
    RELATION_OWNER, RELATION_EDIT, RELATION_READ, RELATION_SEE};

static uint64_t
draw(struct graph *g, uint64_t below)
{
	g->random ^= g->random << 13;
	g->random ^= g->random >> 7;
	g->random ^= g->random << 17;
	return g->random % below;
}

static enum kind
kind_of(int node)
{
	return node >= NODES - FILES ? KIND_FILE : KIND_FOLDER;
}

/* ---- the oracle -----------------------------------------------------------
 */

static bool
oracle_lives(const struct graph *g, int tuple, int64_t time)
{
	return !g->tuples[tuple].ended && (g->tuples[tuple].expires == 0 ||
					      time < g->tuples[tuple].expires);
}

/* Whether a principal is a subject, or in it, by at most so many steps more. */
static bool
oracle_is(const struct graph *g, int principal, int subject, int64_t time,
    unsigned steps)
{
	if (subject == principal)
		return true;
	if (subject < PEOPLE || subject >= SUBJECTS ||
	    g->subject_ended[subject] || steps == 0)
		return false;
	for (int i = 0; i < g->n_tuples; i++)
		if (g->tuples[i].relation == RELATION_MEMBER &&
		    g->tuples[i].on == subject && oracle_lives(g, i, time) &&
		    oracle_is(
			g, principal, g->tuples[i].subject, time, steps - 1))
			return true;
	return false;
}

static bool
oracle_gives(unsigned granted, unsigned wanted)
{
	switch (granted) {
	case RELATION_OWNER:
		return true;
	case RELATION_EDIT:
		return wanted != RELATION_OWNER;
	case RELATION_READ:
		return wanted == RELATION_READ || wanted == RELATION_SEE;
	default:
		return granted == wanted;
	}
}

static bool
oracle_in_trash(const struct graph *g, int node)
{
	for (int up = g->nodes[node].parent; up >= 0; up = g->nodes[up].parent)
		if (up == 1)
			return true;
	return false;
}

static bool
oracle(const struct graph *g, int principal, unsigned relation, int node,
    int64_t time)
{
	for (int on = node; on >= 0; on = g->nodes[on].parent)
		for (int i = 0; i < g->n_tuples; i++)
			if (g->tuples[i].relation != RELATION_MEMBER &&
			    g->tuples[i].on == on && oracle_lives(g, i, time) &&
			    !oracle_in_trash(g, on) &&
			    oracle_gives(g->tuples[i].relation, relation) &&
			    oracle_is(g, principal, g->tuples[i].subject, time,
				GROUPS))
				return true;
	return false;
}

/* ---- rows -----------------------------------------------------------------
 */

static uint64_t
next_row(struct world *w)
{
	w->writer.at = ++w->sequence;
	return ref_make(w->sequence, 0);
}

static void
end_row(struct world *w, uint64_t row)
{
	assert_int_equal(endings_add(&w->core.endings, row, w->sequence), 0);
}

/* As the writer does at a commit. */
static void
changed(struct world *w, bool memberships)
{
	endings_commit(&w->core.endings);
	atomic_fetch_add(&w->core.generation, 1);
	if (memberships)
		atomic_fetch_add(&w->core.memberships, 1);
}

static void
put_subject(struct world *w, struct graph *g, int i)
{
	struct stmt *stmt = db_stmt(w->db, SQL_PRINCIPAL_PUT);

	g->subjects[i] = next_row(w);
	stmt_u64(stmt, 1, g->subjects[i]);
	stmt_u64(stmt, 2, i < PEOPLE ? PRINCIPAL_PERSON : PRINCIPAL_GROUP);
	stmt_text(stmt, 3, SLICE("x"));
	for (unsigned k = 4; k <= 8; k++)
		stmt_u64(stmt, k, 0);
	stmt_text(stmt, 9, SLICE(""));
	stmt_bytes(stmt, 10, SLICE(""));
	stmt_u64(stmt, 11, 0);
	assert_int_equal(stmt_run(stmt), 0);
}

static void
put_node(struct world *w, struct graph *g, int i, int parent)
{
	static const enum node_role roles[] = {NODE_SPACE, NODE_TRASH};
	struct stmt *stmt = db_stmt(w->db, SQL_NODE_PUT);

	g->nodes[i].id = next_row(w);
	g->nodes[i].edge = ref_make(w->sequence, 1);
	g->nodes[i].parent = parent;
	stmt_u64(stmt, 1, g->nodes[i].id);
	stmt_u64(stmt, 2, kind_of(i));
	stmt_u64(stmt, 3, i < (int)ARRAY_SIZE(roles) ? roles[i] : NODE_PLAIN);
	stmt_u64(stmt, 4, parent >= 0 ? g->nodes[parent].id : 0);
	stmt_u64(stmt, 5, parent >= 0 ? g->nodes[i].edge : 0);
	stmt_text(stmt, 6, SLICE("x"));
	stmt_bytes(stmt, 7, slice_of(&g->nodes[i].id, sizeof(uint64_t)));
	for (unsigned k = 8; k <= 14; k++)
		stmt_u64(stmt, k, 0);
	stmt_text(stmt, 12, SLICE(""));
	assert_int_equal(stmt_run(stmt), 0);
}

static void
make_graph(struct world *w, struct graph *g, uint64_t seed)
{
	*g = (struct graph){.seed = seed,
	    .random = (seed + 1) * 0x9e3779b97f4a7c15u,
	    .now = 1000};
	for (int i = 0; i < SUBJECTS; i++)
		put_subject(w, g, i);
	put_node(w, g, 0, -1);
	put_node(w, g, 1, 0);
	for (int i = 2; i < NODES; i++) {
		int among = MIN(i, NODES - FILES);
		int parent = (int)draw(g, (uint64_t)among);

		put_node(w, g, i, parent == 1 ? 0 : parent);
	}
	changed(w, true);
}

/* ---- steps ----------------------------------------------------------------
 */

static void
give(struct world *w, struct graph *g, unsigned relation, int on,
    uint64_t object, enum kind kind)
{
	struct stmt *stmt = db_stmt(w->db, SQL_TUPLE_PUT);
	int subject = (int)draw(g, SUBJECTS), i = g->n_tuples;

	if (i == TUPLES || (relation == RELATION_MEMBER && subject == on))
		return;
	g->n_tuples++;
	g->tuples[i].id = next_row(w);
	g->tuples[i].relation = relation;
	g->tuples[i].on = on;
	g->tuples[i].subject = subject;
	g->tuples[i].ended = false;
	g->tuples[i].expires =
	    draw(g, 3) == 0 ? g->now + 1 + (int64_t)draw(g, 20) : 0;
	stmt_u64(stmt, 1, g->tuples[i].id);
	stmt_u64(stmt, 2, kind);
	stmt_u64(stmt, 3, object);
	stmt_u64(stmt, 4, relation);
	stmt_u64(stmt, 5, g->subjects[subject]);
	stmt_i64(stmt, 6, g->tuples[i].expires);
	stmt_i64(stmt, 7, g->now);
	assert_int_equal(stmt_run(stmt), 0);
	changed(w, relation == RELATION_MEMBER);
}

static void
take_tuple(struct world *w, struct graph *g)
{
	struct stmt *stmt = db_stmt(w->db, SQL_TUPLE_END);
	int i;

	if (g->n_tuples == 0)
		return;
	i = (int)draw(g, (uint64_t)g->n_tuples);
	if (g->tuples[i].ended)
		return;
	g->tuples[i].ended = true;
	(void)next_row(w);
	stmt_u64(stmt, 1, g->tuples[i].id);
	stmt_u64(stmt, 2, w->sequence);
	assert_int_equal(stmt_run(stmt), 0);
	end_row(w, g->tuples[i].id);
	changed(w, g->tuples[i].relation == RELATION_MEMBER);
}

static void
end_group(struct world *w, struct graph *g)
{
	struct stmt *stmt = db_stmt(w->db, SQL_PRINCIPAL_END);
	int i = PEOPLE + (int)draw(g, GROUPS);

	if (g->subject_ended[i])
		return;
	g->subject_ended[i] = true;
	(void)next_row(w);
	stmt_u64(stmt, 1, g->subjects[i]);
	stmt_u64(stmt, 2, w->sequence);
	assert_int_equal(stmt_run(stmt), 0);
	end_row(w, g->subjects[i]);
	changed(w, true);
}

static void
move(struct world *w, struct graph *g, int to)
{
	struct stmt *stmt = db_stmt(w->db, SQL_NODE_PLACE);
	int node = 2 + (int)draw(g, NODES - 2);
	uint64_t edge = g->nodes[node].edge;

	/* Into no file, and not into itself. */
	for (int up = to; up >= 0; up = g->nodes[up].parent)
		if (up == node)
			return;
	g->nodes[node].parent = to;
	g->nodes[node].edge = next_row(w);
	stmt_u64(stmt, 1, g->nodes[node].id);
	stmt_u64(stmt, 2, g->nodes[to].id);
	stmt_u64(stmt, 3, g->nodes[node].edge);
	stmt_text(stmt, 4, SLICE("x"));
	stmt_bytes(stmt, 5, slice_of(&g->nodes[node].id, sizeof(uint64_t)));
	for (unsigned k = 6; k <= 8; k++)
		stmt_u64(stmt, k, 0);
	stmt_text(stmt, 9, SLICE(""));
	assert_int_equal(stmt_run(stmt), 0);
	end_row(w, edge);
	changed(w, false);
}

/* Changes something; true where that can only take away. */
static bool
step(struct world *w, struct graph *g)
{
	int node = (int)draw(g, NODES), group = (int)draw(g, GROUPS);

	switch (draw(g, 12)) {
	case 0:
	case 1:
	case 2:
	case 3:
		give(w, g, relations[draw(g, RELATIONS)], node,
		    g->nodes[node].id, kind_of(node));
		return false;
	case 4:
	case 5:
	case 6:
		/* Circles, too: who adds members refuses them, but see. */
		give(w, g, RELATION_MEMBER, PEOPLE + group,
		    g->subjects[PEOPLE + group], KIND_PRINCIPAL);
		return false;
	case 7:
		move(w, g, (int)draw(g, NODES - FILES));
		return false;
	case 8:
		if (draw(g, 4) == 0) {
			end_group(w, g);
			return true;
		}
		move(w, g, 1);
		return false;
	case 9:
		g->now += (int64_t)draw(g, 8);
		w->writer.now = w->reader.now = g->now;
		return true;
	default:
		take_tuple(w, g);
		return true;
	}
}

/* ---- questions ------------------------------------------------------------
 */

static bool
is_live_row(const struct graph *g, uint64_t row)
{
	for (int i = 0; i < SUBJECTS; i++)
		if (g->subjects[i] == row)
			return !g->subject_ended[i];
	for (int i = 0; i < NODES; i++)
		if (g->nodes[i].id == row || g->nodes[i].edge == row)
			return true;
	for (int i = 0; i < g->n_tuples; i++)
		if (g->tuples[i].id == row)
			return oracle_lives(g, i, g->now);
	return false;
}

/* From the grant's row: the memberships lead down to the principal. */
static bool
leads_to(const struct graph *g, const uint64_t *rows, size_t n, int principal)
{
	for (size_t i = 0; i < n; i += 2) {
		int subject = -1;

		for (int k = 0; k < g->n_tuples; k++)
			if (g->tuples[k].id == rows[i])
				subject = g->tuples[k].subject;
		if (subject < 0)
			return false;
		if (subject == principal)
			return true;
		if (i + 1 >= n || rows[i + 1] != g->subjects[subject])
			return false;
	}
	return false;
}

/* All that it cites lives, and leads from the object to the principal. */
static void
check_proof(
    const struct graph *g, const struct proof *proof, int principal, int node)
{
	size_t at = 0, own = proof->n_own;

	for (size_t i = 0; i < proof->n_own; i++)
		assert_true(is_live_row(g, proof->own[i]));
	for (size_t i = 0; i < proof->n_tail; i++)
		assert_true(is_live_row(g, proof->tail[i]));
	for (size_t i = 0; i < own; i++)
		if (proof->own[i] == g->nodes[node].id)
			own = i;
	if (own > 0) {
		assert_int_equal(proof->own[0], proof->grant);
		assert_true(leads_to(g, proof->own, own, principal));
		return;
	}
	while (at < proof->n_tail && proof->tail[at] != proof->grant)
		at++;
	for (int up = g->nodes[node].parent, i = 0; up >= 0;
	     up = g->nodes[up].parent, i += 2)
		assert_int_equal(proof->tail[i], g->nodes[up].id);
	assert_true(
	    leads_to(g, proof->tail + at, proof->n_tail - at, principal));
}

static bool
ask(struct place *place, const struct graph *g, int principal,
    unsigned relation, int node)
{
	struct node_row row = {.id = g->nodes[node].id,
	    .kind = kind_of(node),
	    .parent = g->nodes[node].parent >= 0
	                  ? g->nodes[g->nodes[node].parent].id
	                  : 0,
	    .edge = g->nodes[node].edge};
	struct proof proof;
	int r =
	    decide_node(place, g->subjects[principal], relation, &row, &proof);

	assert_true(r == 0 || r == E_DENIED);
	if (r < 0)
		return false;
	check_proof(g, &proof, principal, node);
	/* It holds for as long as it says. */
	if (proof.expires != 0)
		assert_true(
		    proof.expires > g->now &&
		    oracle(g, principal, relation, node, proof.expires - 1));
	return true;
}

/* Of one principal and relation, on all nodes, as the writer and a reader. */
static void
ask_on(struct world *w, const struct graph *g, int p, int r,
    bool ret_has[static NODES])
{
	w->reader.generation = atomic_load(&w->core.generation);
	w->reader.memberships = atomic_load(&w->core.memberships);
	for (int n = 0; n < NODES; n++) {
		bool is = oracle(g, p, relations[r], n, g->now);

		ret_has[n] = is;
		if (ask(&w->writer, g, p, relations[r], n) != is ||
		    ask(&w->reader, g, p, relations[r], n) != is)
			fail_msg("graph %llu: principal %d, %s, node %d: %d",
			    (unsigned long long)g->seed, p,
			    words_text(WORDS_RELATION, relations[r]), n, !is);
	}
}

static struct rights
ask_all(struct world *w, const struct graph *g)
{
	struct rights rights = {0};

	for (int p = 0; p < PEOPLE; p++)
		for (int r = 0; r < RELATIONS; r++)
			ask_on(w, g, p, r, rights.has[p][r]);
	return rights;
}

static void
check_less(const struct rights *before, const struct rights *after)
{
	for (int p = 0; p < PEOPLE; p++)
		for (int r = 0; r < RELATIONS; r++)
			for (int n = 0; n < NODES; n++)
				assert_true(before->has[p][r][n] ||
					    !after->has[p][r][n]);
}

static void
try_graph(struct world *w, uint64_t seed)
{
	struct graph g;
	struct rights before, after;
	bool has[NODES];

	make_graph(w, &g, seed);
	w->writer.now = w->reader.now = g.now;
	for (unsigned i = 0; i < STEPS; i++) {
		(void)step(w, &g);
		ask_on(w, &g, (int)draw(&g, PEOPLE), (int)draw(&g, RELATIONS),
		    has);
	}
	before = ask_all(w, &g);
	while (!step(w, &g))
		before = ask_all(w, &g);
	after = ask_all(w, &g);
	check_less(&before, &after);
	decide_cache_trim(&w->writer.decisions);
	decide_cache_trim(&w->reader.decisions);
}

static void
test_random_graphs(void **state UNUSED)
{
	char folder[] = "/tmp/chancery-graphs-XXXXXX";
	struct world *w = mem_alloc(sizeof(*w));
	char before[4096];

	assert_non_null(w);
	assert_non_null(getcwd(before, sizeof(before)));
	assert_non_null(mkdtemp(folder));
	assert_int_equal(chdir(folder), 0);
	assert_int_equal(db_open("graphs.db", DB_WRITER, &w->db), 0);
	assert_int_equal(db_begin(w->db), 0);
	assert_int_equal(migrations_run(w->db), 0);
	assert_int_equal(endings_init(&w->core.endings, 0), 0);
	w->writer.core = w->reader.core = &w->core;
	w->writer.db = w->reader.db = w->db;
	/* Only whether there is one matters to a decision. */
	w->writer.writer = (struct writer *)(void *)w;
	for (uint64_t seed = 0; seed < GRAPHS; seed++)
		try_graph(w, seed);
	decide_cache_free(&w->writer.decisions);
	decide_cache_free(&w->reader.decisions);
	endings_free(&w->core.endings);
	db_rollback(w->db);
	db_close(&w->db);
	(void)remove("graphs.db");
	(void)remove("graphs.db-wal");
	(void)remove("graphs.db-shm");
	mem_free(w);
	assert_int_equal(chdir(before), 0);
	(void)rmdir(folder);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_random_graphs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
