/* log.status: how far the log is, its checkpoint, its index, its mirrors. */
#include "core/apps/access/access.h"
#include "core/apps/log/mirrors.h"
#include "core/core.h"
#include "core/engine.h"
#include "core/index_private.h"
#include "core/record.h"

enum { LOOK_AT_MAX = 200 }; /* records of mirrors, for as many mirrors */

struct mirrors {
	struct run *run;
	struct log_mirror *list;
	size_t n;
	struct scribe_mirror since[SCRIBE_MIRRORS]; /* the start */
	size_t n_since;
};

/* Where a connection came from; none where that was erased. */
static int
address_of(struct run *run, uint64_t context, struct slice *ret_address)
{
	struct leaf leaf;
	struct stmt *stmt;
	int r;

	*ret_address = SLICE_NONE;
	if (context == 0)
		return 0;
	if ((r = record_read(run->place->db, run->arena, context, &leaf)) < 0)
		return r;
	stmt = db_stmt(run->place->db, SQL_OPENING_ONE);
	stmt_u64(stmt, 1, leaf.principal);
	stmt_u64(stmt, 2, context);
	stmt_u64(stmt, 3, 0);
	if ((r = stmt_step(stmt)) > 0)
		*ret_address = run_copy(run, stmt_col_bytes(stmt, 0));
	stmt_done(stmt);
	return MIN(r, 0);
}

/* When it ended: the time of the record that says so. */
struct end {
	struct run *run;
	int64_t time;
};

static int
look_for_end(
    void *arg, uint64_t parent UNUSED, uint64_t child, const char *how UNUSED)
{
	struct end *end = arg;
	struct leaf leaf;
	int r = record_read(end->run->place->db, end->run->arena, child, &leaf);

	if (r < 0)
		return r;
	if (leaf.op == OP_STREAM_END)
		end->time = leaf.time;
	return end->time == 0;
}

static bool
is_told(const struct mirrors *m, const struct log_mirror *mirror)
{
	for (size_t i = 0; i < m->n; i++) {
		const struct log_mirror *other = &m->list[i];

		if (other->principal.n == mirror->principal.n &&
		    slice_eq(other->address, mirror->address))
			return true;
	}
	return false;
}

/* The record of a mirror's opening: it may be the next one of the list. */
static int
take(struct mirrors *m, uint64_t number, const struct scribe_mirror *known)
{
	struct run *run = m->run;
	struct log_mirror mirror = {.has_time = false};
	struct end end = {.run = run};
	uint64_t base = run->place->core->base, from = 0, size;
	struct principal_row row;
	struct leaf leaf;
	struct slice address;
	int r;

	if ((r = record_read(run->place->db, run->arena, number, &leaf)) < 0)
		/* It came behind this snapshot. */
		return r == E_NOT_FOUND ? 0 : r;
	if (leaf.outcome != 0 || leaf.n_objects == 0 ||
	    leaf.objects[0].outcome != 0)
		return 0;
	for (size_t i = 0; i < leaf.objects[0].n_numbers; i++)
		if (leaf.objects[0].numbers[i].key == 1)
			from = (uint64_t)leaf.objects[0].numbers[i].value;
	if ((r = address_of(run, leaf.context, &address)) < 0)
		return r;
	SHAPE_SET(
	    &mirror, principal, ((struct id){leaf.principal, KIND_PRINCIPAL}));
	mirror.address = address;
	mirror.has_address = address.n > 0;
	if (is_told(m, &mirror))
		return 0;
	if ((r = access_principal(run, leaf.principal, &row)) < 0 ||
	    (r = index_children(run->place, number, look_for_end, &end)) < 0)
		return r == E_NOT_FOUND ? E_CORRUPT : r;
	size = from > base ? from - base : 0;
	SHAPE_SET(&mirror, name, row.name);
	SHAPE_SET(&mirror, size, known != NULL ? MAX(size, known->size) : size);
	SHAPE_SET(&mirror, live, known != NULL && known->live);
	SHAPE_SET(
	    &mirror, time, mirror.live || end.time == 0 ? leaf.time : end.time);
	m->list[m->n++] = mirror;
	return 0;
}

/* Openings before all that are known since the start, by the index. */
static int
take_older(struct mirrors *m, uint64_t before)
{
	struct db *index = index_of(m->run->place);
	uint64_t numbers[LOOK_AT_MAX];
	struct stmt *stmt;
	size_t n = 0;
	int r;

	if (index == NULL || before <= 1)
		return 0;
	stmt = db_stmt(index, SQL_TERM_BACKWARD);
	stmt_u64(stmt, 1, TERM_OPERATION);
	stmt_u64(stmt, 2, OP_LOG_MIRROR);
	stmt_u64(stmt, 3, 1);
	stmt_u64(stmt, 4, before - 1);
	stmt_u64(stmt, 5, LOOK_AT_MAX);
	while ((r = stmt_step(stmt)) > 0)
		numbers[n++] = stmt_col_u64(stmt, 0);
	for (size_t i = 0; i < n && r == 0 && m->n < MIRRORS_MAX; i++)
		r = take(m, numbers[i], NULL);
	return r;
}

int
log_mirrors(struct run *run, struct log_mirror ret_list[static MIRRORS_MAX],
    size_t *ret_n)
{
	struct mirrors m = {.run = run, .list = ret_list};
	uint64_t before = run->place->at + 1;
	int r = 0;

	m.n_since =
	    scribe_mirrors(engine_scribe(run->place->core->engine), m.since);
	/* One that is connected goes before one that isn't. */
	for (int live = 1; live >= 0; live--)
		for (size_t i = 0; i < m.n_since && r == 0; i++)
			if (m.since[i].live == live)
				r = take(&m, m.since[i].stream, &m.since[i]);
	if (m.n_since > 0)
		before = MIN(before, m.since[m.n_since - 1].stream);
	if (r == 0)
		r = take_older(&m, before);
	*ret_n = m.n;
	return r;
}

int
log_status_read(struct run *run)
{
	struct log_state *result = RUN_RESULT(run, log_state);
	struct core *core = run->place->core;
	struct scribe *scribe = engine_scribe(core->engine);
	struct log_mirror *list =
	    arena_alloc(run->arena, MIRRORS_MAX * sizeof(*list));
	int64_t when = scribe_checkpoint_time(scribe);
	uint64_t next, last = run->place->at;
	int r;

	if (list == NULL)
		return E_NOMEM;
	if ((r = index_covered(run->place, &next)) < 0 ||
	    (r = log_mirrors(run, list, &result->mirrors.n)) < 0)
		return r;
	SHAPE_SET(result, size, last + 1 - core->base);
	SHAPE_SET(result, base, core->base);
	/* It may cover records that came behind this snapshot. */
	SHAPE_SET(result, checkpoint_size,
	    MIN(scribe_checkpoint_size(scribe), result->size));
	if (when != 0)
		SHAPE_SET(result, checkpoint_time, when);
	SHAPE_SET(result, indexed,
	    next > core->base ? MIN(next, last + 1) - core->base : 0);
	result->has_mirrors = true;
	result->mirrors.v = list;
	return 0;
}
