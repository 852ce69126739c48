#include "core/tally.h"

#include <stdlib.h>

#include "base/mem.h"
#include "core/search.h"
#include "op/op.h"

enum { ROWS_FIRST = 256 };

struct tally_row {
	int64_t time; /* in seconds */
	uint64_t op;  /* 0: all of them */
	struct tally sum;
	uint64_t first; /* the record that it begins with */
};

/* How many seconds a row covers: the finest first. */
static const int64_t levels[] = {1, 60, 3600};

int
tally_make_table(struct db *index)
{
	return db_script(index,
	    "CREATE TABLE tally (level BIGINT NOT NULL, op BIGINT NOT NULL, "
	    "time BIGINT NOT NULL, count BIGINT NOT NULL, denied BIGINT NOT "
	    "NULL, failed BIGINT NOT NULL, first BIGINT NOT NULL, PRIMARY KEY "
	    "(level, op, time)) WITHOUT ROWID");
}

void
tally_count(struct tally *tally, const struct leaf *leaf)
{
	uint64_t outcomes = search_outcomes(leaf);

	tally->count++;
	tally->denied += (outcomes & BIT(OUTCOME_DENIED)) != 0;
	tally->failed += (outcomes & BIT(OUTCOME_FAILED)) != 0;
}

static void
add(struct tally *to, const struct tally *more)
{
	to->count += more->count;
	to->denied += more->denied;
	to->failed += more->failed;
}

/* The row of that second and operation among those of the chunk's end. */
static struct tally_row *
row_of(struct tallies *t, int64_t time, uint64_t op, uint64_t sequence)
{
	for (size_t i = t->n; i > 0 && t->v[i - 1].time == time; i--)
		if (t->v[i - 1].op == op)
			return &t->v[i - 1];
	if (t->n == t->cap) {
		size_t cap = MAX(2 * t->cap, (size_t)ROWS_FIRST);
		struct tally_row *v = mem_realloc(t->v, cap * sizeof(*v));

		if (v == NULL) {
			t->error = E_NOMEM;
			return NULL;
		}
		t->v = v;
		t->cap = cap;
	}
	t->v[t->n] =
	    (struct tally_row){.time = time, .op = op, .first = sequence};
	return &t->v[t->n++];
}

void
tally_add(struct tallies *tallies, const struct leaf *leaf)
{
	const uint64_t ops[] = {0, leaf->op};

	for (size_t i = 0; i < ARRAY_SIZE(ops) && tallies->error == 0; i++) {
		struct tally_row *row = row_of(
		    tallies, tally_second(leaf->time), ops[i], leaf->sequence);

		if (row != NULL)
			tally_count(&row->sum, leaf);
	}
}

static int
by_time(const void *pa, const void *pb)
{
	const struct tally_row *a = pa, *b = pb;

	if (a->op != b->op)
		return a->op < b->op ? -1 : 1;
	if (a->time != b->time)
		return a->time < b->time ? -1 : 1;
	return (a->first > b->first) - (a->first < b->first);
}

static int64_t
floor_to(int64_t time, int64_t level)
{
	int64_t rest = time % level;

	return time - (rest < 0 ? rest + level : rest);
}

static int64_t
ceiling_to(int64_t time, int64_t level)
{
	int64_t at = floor_to(time, level);

	return at < time ? at + level : at;
}

static int
put_row(struct db *index, int64_t level, const struct tally_row *row)
{
	struct stmt *stmt = db_stmt(index, SQL_TALLY_PUT);

	stmt_i64(stmt, 1, level);
	stmt_u64(stmt, 2, row->op);
	stmt_i64(stmt, 3, row->time);
	stmt_u64(stmt, 4, row->sum.count);
	stmt_u64(stmt, 5, row->sum.denied);
	stmt_u64(stmt, 6, row->sum.failed);
	stmt_u64(stmt, 7, row->first);
	return stmt_run(stmt);
}

/* Rows that fall into one of a level are put as one. */
static int
put_level(const struct tallies *t, struct db *index, int64_t level)
{
	int r = 0;

	for (size_t i = 0; i < t->n && r == 0;) {
		struct tally_row row = t->v[i];

		row.time = floor_to(row.time, level);
		for (i++; i < t->n && t->v[i].op == row.op &&
			  floor_to(t->v[i].time, level) == row.time;
		     i++)
			add(&row.sum, &t->v[i].sum);
		r = put_row(index, level, &row);
	}
	return r;
}

int
tally_put(struct tallies *tallies, struct db *index)
{
	int r = tallies->error;

	if (tallies->n > 0)
		qsort(tallies->v, tallies->n, sizeof(tallies->v[0]), by_time);
	for (size_t i = 0; i < ARRAY_SIZE(levels) && r == 0; i++)
		r = put_level(tallies, index, levels[i]);
	return r;
}

void
tally_forget(struct tallies *tallies)
{
	tallies->n = 0;
	tallies->error = 0;
}

void
tally_free(struct tallies *tallies)
{
	mem_free(tallies->v);
	*tallies = (struct tallies){.n = 0};
}

/* ---- asking -------------------------------------------------------------- */

static int
sum_level(struct db *index, int64_t level, uint64_t op, int64_t from,
    int64_t to, struct tally *sum)
{
	struct stmt *stmt;
	int r;

	if (from >= to)
		return 0;
	stmt = db_stmt(index, SQL_TALLY_SUM);
	stmt_i64(stmt, 1, level);
	stmt_u64(stmt, 2, op);
	stmt_i64(stmt, 3, from);
	stmt_i64(stmt, 4, to);
	if ((r = stmt_step(stmt)) < 0)
		return r;
	add(sum, &(struct tally){stmt_col_u64(stmt, 0), stmt_col_u64(stmt, 1),
		     stmt_col_u64(stmt, 2)});
	stmt_done(stmt);
	return 0;
}

/* In the middle by the coarse level, at both ends by the finer one. */
static int
sum_from(struct db *index, size_t i, uint64_t op, int64_t from, int64_t to,
    struct tally *sum)
{
	int64_t first = ceiling_to(from, levels[i]),
		last = floor_to(to, levels[i]);
	int r;

	if (i == 0 || first >= last)
		return i == 0 ? sum_level(index, 1, op, from, to, sum)
		              : sum_from(index, i - 1, op, from, to, sum);
	if ((r = sum_level(index, levels[i], op, first, last, sum)) < 0 ||
	    (r = sum_from(index, i - 1, op, from, first, sum)) < 0)
		return r;
	return sum_from(index, i - 1, op, last, to, sum);
}

int
tally_sum(struct db *index, uint64_t op, int64_t from, int64_t to,
    struct tally *ret_tally)
{
	*ret_tally = (struct tally){.count = 0};
	return sum_from(index, ARRAY_SIZE(levels) - 1, op, from, to, ret_tally);
}

int
tally_first(
    struct db *index, int64_t from, uint64_t none, uint64_t *ret_sequence)
{
	struct stmt *stmt = db_stmt(index, SQL_TALLY_FIRST);
	int r;

	*ret_sequence = none;
	stmt_i64(stmt, 1, from);
	if ((r = stmt_step(stmt)) <= 0)
		return r;
	*ret_sequence = stmt_col_u64(stmt, 0);
	stmt_done(stmt);
	return 0;
}
