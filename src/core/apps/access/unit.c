/*
 * unit.create, unit.list, unit.rename, unit.end; and how far a role in a unit
 * reaches.
 */
#include "core/apps/access/access.h"
#include "core/core.h"
#include "core/subject.h"

struct unit_row {
	uint64_t id, parent;
	struct slice name;
	int64_t created;
	uint64_t ended;
};

static int
take_row(struct run *run, struct stmt *stmt, struct unit_row *ret)
{
	*ret = (struct unit_row){.id = stmt_col_u64(stmt, 0),
	    .parent = stmt_col_u64(stmt, 1),
	    .name = run_copy(run, stmt_col_bytes(stmt, 2)),
	    .created = stmt_col_i64(stmt, 3),
	    .ended = stmt_col_u64(stmt, 4)};
	return ret->name.p != NULL ? 0 : E_NOMEM;
}

static int
load(struct run *run, uint64_t id, struct unit_row *ret)
{
	struct stmt *stmt = db_stmt(run->place->db, SQL_UNIT_GET);
	int r;

	stmt_u64(stmt, 1, id);
	if ((r = stmt_step(stmt)) <= 0)
		return r < 0 ? r : E_NOT_FOUND;
	r = take_row(run, stmt, ret);
	stmt_done(stmt);
	return r;
}

int
access_unit_name(struct run *run, uint64_t id, struct slice *ret_name)
{
	struct unit_row row;
	int r = load(run, id, &row);

	if (r == 0)
		*ret_name = row.name;
	return r;
}

int
access_live_unit(struct run *run, uint64_t id, struct slice *ret_name)
{
	struct unit_row row;
	int r = load(run, id, &row);

	if (r < 0)
		return r;
	*ret_name = row.name;
	return row.ended == 0 ? 0 : E_NOT_FOUND;
}

int
access_unit_above(struct run *run, uint64_t id, uint64_t *ret_parent)
{
	struct unit_row row;
	int r = load(run, id, &row);

	if (r == 0)
		*ret_parent = row.parent;
	return r;
}

static void
describe(const struct unit_row *row, struct unit *ret)
{
	SHAPE_SET(ret, id, ((struct id){row->id, KIND_UNIT}));
	SHAPE_SET(ret, name, row->name);
	if (row->parent != 0)
		SHAPE_SET(ret, unit, ((struct id){row->parent, KIND_UNIT}));
	SHAPE_SET(ret, created, row->created);
	if (row->ended != 0)
		SHAPE_SET(ret, ended, true);
}

/* ---- how far a role reaches ---------------------------------------------- */

/* 1 where a unit is another, or in it. */
static int
is_within(struct run *run, uint64_t unit, uint64_t within)
{
	int r;

	for (unsigned i = 0; unit != 0 && i < UNIT_DEPTH_MAX; i++) {
		if (unit == within)
			return 1;
		r = access_unit_above(run, unit, &unit);
		if (r < 0)
			return r == E_NOT_FOUND ? E_CORRUPT : r;
	}
	return 0;
}

/* E_DENIED where a subject has a role that doesn't lie below. */
static int
check_roles(struct run *run, uint64_t subject, uint64_t within)
{
	struct stmt *stmt = db_stmt(run->place->db, SQL_ROLES_OF);
	int r;

	stmt_u64(stmt, 1, subject);
	while ((r = stmt_step(stmt)) > 0) {
		uint64_t kind = stmt_col_u64(stmt, 1);
		uint64_t object = stmt_col_u64(stmt, 2);
		int64_t expires = stmt_col_i64(stmt, 5);
		int e;

		if (expires != 0 && run->place->now >= expires)
			continue;
		e = kind == KIND_UNIT && object != within
		        ? is_within(run, object, within)
		        : 0;
		if (e != 1) {
			stmt_done(stmt);
			return e < 0 ? e : E_DENIED;
		}
	}
	return r;
}

int
access_check_reach(struct run *run, uint64_t principal)
{
	uint64_t within = run->on[0].unit;
	const struct subjects *subjects;
	struct principal_row row;
	int r;

	if (within == 0)
		return 0;
	if ((r = access_principal(run, principal, &row)) < 0)
		return r;
	if ((r = is_within(run, row.unit, within)) < 1)
		return r < 0 ? r : E_DENIED;
	if ((r = subjects_of(run->place, principal, &subjects)) < 0)
		return r;
	for (uint32_t i = 0; i < subjects->n && r >= 0; i++)
		r = check_roles(run, subjects->list[i].id, within);
	return r < 0 ? r : 0;
}

int
access_check_others(struct run *run, uint64_t principal)
{
	const struct subjects *own;
	int r = subjects_of(run->place, run->who.principal, &own);

	if (r < 0 || run->on[0].unit == 0)
		return r;
	return subjects_find(own, principal) == own->n ? 0 : E_DENIED;
}

/* ---- the operations ------------------------------------------------------ */

static int
check_depth(struct run *run, uint64_t unit)
{
	unsigned depth = 1;
	int r = 0;

	for (; unit != 0 && depth <= UNIT_DEPTH_MAX && r == 0; depth++)
		r = access_unit_above(run, unit, &unit);
	return r < 0 ? r : depth <= UNIT_DEPTH_MAX ? 0 : E_DEPTH;
}

int
unit_create_check(struct run *run)
{
	const struct unit_create *args = RUN_ARGS(run, unit_create);
	struct slice key;
	int r;

	if (args->has_unit &&
	    ((r = access_live_unit(run, args->unit.n, &key)) < 0 ||
		(r = check_depth(run, args->unit.n)) < 0))
		return r;
	return node_key(run->place, args->name, &key);
}

int
unit_create_apply(struct run *run)
{
	const struct unit_create *args = RUN_ARGS(run, unit_create);
	struct unit_row row = {.parent = args->has_unit ? args->unit.n : 0,
	    .name = args->name,
	    .created = run->place->now};
	struct stmt *stmt;
	int r;

	if ((r = run_make(run, KIND_UNIT, &row.id)) < 0 ||
	    (r = run_text(run, 1, 0, row.name)) < 0)
		return r;
	stmt = db_stmt(run->place->db, SQL_UNIT_PUT);
	stmt_u64(stmt, 1, row.id);
	stmt_u64(stmt, 2, row.parent);
	stmt_text(stmt, 3, row.name);
	stmt_i64(stmt, 4, row.created);
	describe(&row, RUN_RESULT(run, unit));
	return stmt_run(stmt);
}

int
unit_list_read(struct run *run)
{
	const struct unit_list *args = RUN_ARGS(run, unit_list);
	struct unit_page *result = RUN_RESULT(run, unit_page);
	size_t limit = args->has_limit ? MAX(args->limit, 1) : 100, n = 0;
	struct unit *list = arena_alloc(run->arena, limit * sizeof(*list));
	struct stmt *stmt = db_stmt(
	    run->place->db, args->has_unit ? SQL_UNIT_BELOW : SQL_UNIT_LIST);
	unsigned at = 1;
	struct unit_row row;
	int r;

	if (list == NULL)
		return E_NOMEM;
	SHAPE_SET(result, more, false);
	if (args->has_unit)
		stmt_u64(stmt, at++, args->unit.n);
	stmt_u64(stmt, at++, args->has_after ? args->after.n : 0);
	stmt_u64(stmt, at, limit + 1);
	while ((r = stmt_step(stmt)) > 0) {
		result->more = n == limit;
		if (n == limit || (r = take_row(run, stmt, &row)) < 0) {
			stmt_done(stmt);
			break;
		}
		describe(&row, &list[n++]);
	}
	if (r < 0)
		return r;
	result->has_list = true;
	result->list.v = list;
	result->list.n = n;
	return run_number(run, FACT_COUNT, (int64_t)n);
}

int
unit_rename_check(struct run *run)
{
	const struct unit_rename *args = RUN_ARGS(run, unit_rename);
	struct slice name, key;
	int r = access_live_unit(run, args->unit.n, &name);

	return r < 0 ? r : node_key(run->place, args->name, &key);
}

int
unit_rename_apply(struct run *run)
{
	const struct unit_rename *args = RUN_ARGS(run, unit_rename);
	struct stmt *stmt = db_stmt(run->place->db, SQL_UNIT_RENAME);
	int r;

	stmt_u64(stmt, 1, args->unit.n);
	stmt_text(stmt, 2, args->name);
	if ((r = stmt_run(stmt)) < 0)
		return r;
	return run_number(run, FACT_TARGET, (int64_t)args->unit.n);
}

/* Nobody loses their administrators unseen: it must be empty. */
int
unit_end_check(struct run *run)
{
	uint64_t id = RUN_ARGS(run, unit_ref)->unit.n, used;
	struct slice name;
	struct stmt *stmt;
	int r = access_live_unit(run, id, &name);

	if (r < 0)
		return r;
	stmt = db_stmt(run->place->db, SQL_UNIT_USED);
	stmt_u64(stmt, 1, id);
	if ((r = stmt_step(stmt)) < 0)
		return r;
	used = stmt_col_u64(stmt, 0);
	stmt_done(stmt);
	if (used > 0)
		return E_STATE;
	/* Its own administrators don't end it, those above do. */
	return run->on[0].unit == id ? E_DENIED : 0;
}

int
unit_end_apply(struct run *run)
{
	uint64_t id = RUN_ARGS(run, unit_ref)->unit.n;
	struct stmt *stmt = db_stmt(run->place->db, SQL_UNIT_END);
	int r;

	stmt_u64(stmt, 1, id);
	stmt_u64(stmt, 2, run->sequence);
	if ((r = stmt_run(stmt)) < 0 || (r = run_end(run, id)) < 0)
		return r;
	return run_number(run, FACT_TARGET, (int64_t)id);
}
