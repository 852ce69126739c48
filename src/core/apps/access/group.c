/* group.create, group.list, group.members, member.add, member.remove,
 * group.end.
 */
#include "core/apps/access/access.h"
#include "core/core.h"
#include "core/subject.h"

/* Groups looked at, to see how deep they nest. */
enum { GROUPS_LOOKED_AT = 10000 };

bool
access_is_standing_group(const struct run *run, uint64_t id)
{
	const struct core *core = run->place->core;

	return id != 0 && (id == core->everyone || id == core->guests);
}

bool
access_is_unknown(const struct run *run, const struct principal_row *row)
{
	return row->kind == PRINCIPAL_LINK ||
	       row->id == run->place->core->guests;
}

static int
live_group(struct run *run, uint64_t id)
{
	struct principal_row row;
	int r = access_live_principal(run, id, &row);

	if (r < 0)
		return r;
	return row.kind == PRINCIPAL_GROUP ? 0 : E_KIND;
}

/* ---- groups -------------------------------------------------------------- */

int
group_create_check(struct run *run)
{
	const struct group_create *args = RUN_ARGS(run, group_create);
	struct slice key;
	int r;

	if (args->has_unit &&
	    (r = access_live_unit(run, args->unit.n, &key)) < 0)
		return r;
	return node_key(run->place, args->name, &key);
}

int
group_create_apply(struct run *run)
{
	const struct group_create *args = RUN_ARGS(run, group_create);
	struct principal_row row = {.kind = PRINCIPAL_GROUP,
	    .name = args->name,
	    .unit = args->has_unit ? args->unit.n : 0,
	    .created = run->place->now};
	int r;

	if ((r = run_make(run, KIND_PRINCIPAL, &row.id)) < 0 ||
	    (r = run_text(run, 1, row.id, row.name)) < 0 ||
	    (r = access_put_principal(run, &row)) < 0)
		return r;
	access_describe(&row, RUN_RESULT(run, principal));
	return 0;
}

int
group_list_read(struct run *run)
{
	const struct principal_list *args = RUN_ARGS(run, principal_list);
	struct stmt *stmt;

	if (args->has_unit)
		return access_list_unit(run, PRINCIPAL_GROUP, args);
	stmt = db_stmt(run->place->db, SQL_PRINCIPAL_OF_KIND);
	stmt_u64(stmt, 1, PRINCIPAL_GROUP);
	stmt_u64(stmt, 2, args->has_after ? args->after.n : 0);
	return access_list_principals(run, stmt, 3, args);
}

int
group_end_check(struct run *run)
{
	uint64_t id = RUN_ARGS(run, principal_ref)->principal.n;
	int r = live_group(run, id);

	if (access_is_standing_group(run, id))
		return E_LAST;
	return r < 0 ? r : access_check_reach(run, id);
}

/*
 * Its row ends, and with it all that rests on it: grants to it and memberships
 * in it stay as they are, and give nothing.
 */
int
group_end_apply(struct run *run)
{
	uint64_t id = RUN_ARGS(run, principal_ref)->principal.n;
	struct stmt *stmt = db_stmt(run->place->db, SQL_PRINCIPAL_END);
	int r;

	stmt_u64(stmt, 1, id);
	stmt_u64(stmt, 2, run->sequence);
	if ((r = stmt_run(stmt)) < 0 || (r = run_end(run, id)) < 0 ||
	    (r = access_forget_words(run, id)) < 0)
		return r;
	run_regrouped(run);
	return run_number(run, FACT_TARGET, (int64_t)id);
}

/* ---- members ------------------------------------------------------------- */

int
group_members_read(struct run *run)
{
	const struct group_members *args = RUN_ARGS(run, group_members);
	struct member_page *result = RUN_RESULT(run, member_page);
	size_t limit = args->has_limit ? MAX(args->limit, 1) : 100, n = 0;
	struct member *list = arena_alloc(run->arena, limit * sizeof(*list));
	struct principal_row group;
	struct stmt *stmt;
	int r = access_principal(run, args->group.n, &group);

	if (r < 0)
		return r;
	if (group.kind != PRINCIPAL_GROUP)
		return E_KIND;
	if (list == NULL)
		return E_NOMEM;
	SHAPE_SET(result, more, false);
	stmt = db_stmt(run->place->db, SQL_MEMBER_LIST);
	stmt_u64(stmt, 1, group.id);
	stmt_u64(stmt, 2, args->has_after ? args->after.n : 0);
	stmt_u64(stmt, 3, limit + 1);
	while (r == 0 && (r = stmt_step(stmt)) > 0) {
		struct member *m = &list[n];

		result->more = n == limit;
		if (n++ == limit) {
			n--;
			stmt_done(stmt);
			break;
		}
		SHAPE_SET(m, principal,
		    ((struct id){stmt_col_u64(stmt, 1), KIND_PRINCIPAL}));
		SHAPE_SET(m, kind, (unsigned)stmt_col_u64(stmt, 4));
		SHAPE_SET(m, name, run_copy(run, stmt_col_bytes(stmt, 5)));
		SHAPE_SET(m, created, stmt_col_i64(stmt, 3));
		if (stmt_col_i64(stmt, 2) != 0)
			SHAPE_SET(m, expires, stmt_col_i64(stmt, 2));
		if (stmt_col_u64(stmt, 6) != 0)
			SHAPE_SET(m, ended, true);
		r = m->name.p != NULL ? 0 : E_NOMEM;
		if (r < 0)
			stmt_done(stmt);
	}
	if (r < 0)
		return r;
	result->has_list = true;
	result->list.v = list;
	result->list.n = n;
	if ((r = run_number(run, FACT_TARGET, (int64_t)group.id)) < 0)
		return r;
	return run_number(run, FACT_COUNT, (int64_t)n);
}

struct level {
	uint64_t *ids;
	size_t n;
};

static bool
has(const struct level *level, uint64_t id)
{
	for (size_t i = 0; i < level->n; i++)
		if (level->ids[i] == id)
			return true;
	return false;
}

/* The groups one step from those of a level. E_LIMIT. */
static int
step(struct run *run, enum sql sql, const struct level *from, struct level *to)
{
	int r = 0;

	to->n = 0;
	for (size_t i = 0; i < from->n && r == 0; i++) {
		struct stmt *stmt = db_stmt(run->place->db, sql);

		stmt_u64(stmt, 1, from->ids[i]);
		while ((r = stmt_step(stmt)) > 0) {
			uint64_t id = stmt_col_u64(stmt, 1);

			if (has(to, id))
				continue;
			if (to->n == GROUPS_LOOKED_AT) {
				stmt_done(stmt);
				return E_LIMIT;
			}
			to->ids[to->n++] = id;
		}
	}
	return r;
}

/* The longest chain of groups from one on, by a statement: how many steps. */
static int
chain_from(struct run *run, enum sql sql, uint64_t id, unsigned *ret_steps)
{
	struct level a, b;
	unsigned steps = 0;
	int r;

	a.ids = arena_alloc(run->arena, GROUPS_LOOKED_AT * sizeof(*a.ids));
	b.ids = arena_alloc(run->arena, GROUPS_LOOKED_AT * sizeof(*b.ids));
	if (a.ids == NULL || b.ids == NULL)
		return E_NOMEM;
	a.ids[0] = id;
	a.n = 1;
	for (; steps <= GROUP_DEPTH_MAX; steps++) {
		struct level done = a;

		if ((r = step(run, sql, &a, &b)) < 0)
			return r;
		if (b.n == 0)
			break;
		a = b;
		b = done;
	}
	*ret_steps = steps;
	return 0;
}

/* Whether groups may nest like that: in no circle, and not too deep. */
static int
check_nesting(
    struct run *run, uint64_t group, const struct principal_row *member)
{
	const struct subjects *above;
	unsigned up, down;
	int r;

	if ((r = chain_from(run, SQL_MEMBER_OF, group, &up)) < 0)
		return r;
	if (member->kind != PRINCIPAL_GROUP)
		return up + 1 <= GROUP_DEPTH_MAX ? 0 : E_DEPTH;
	if ((r = subjects_of(run->place, group, &above)) < 0)
		return r;
	if (subjects_find(above, member->id) < above->n)
		return E_LOOP;
	if ((r = chain_from(run, SQL_GROUPS_IN, member->id, &down)) < 0)
		return r;
	/* Whoever will be in the deepest one counts, too. */
	return up + 1 + down + 1 <= GROUP_DEPTH_MAX ? 0 : E_DEPTH;
}

struct member_plan {
	uint64_t row; /* that is there already, or 0 */
	int64_t expires;
};

static int
find_member(struct run *run, uint64_t group, uint64_t principal,
    struct member_plan *ret_plan)
{
	struct stmt *stmt = db_stmt(run->place->db, SQL_TUPLE_OF);
	int r;

	*ret_plan = (struct member_plan){.row = 0};
	stmt_u64(stmt, 1, group);
	stmt_u64(stmt, 2, principal);
	while ((r = stmt_step(stmt)) > 0)
		if (stmt_col_u64(stmt, 1) == RELATION_MEMBER)
			*ret_plan = (struct member_plan){
			    stmt_col_u64(stmt, 0), stmt_col_i64(stmt, 2)};
	return r;
}

static int
check_room_for_groups(struct run *run, uint64_t principal)
{
	struct stmt *stmt = db_stmt(run->place->db, SQL_MEMBER_COUNT);
	uint64_t n;
	int r;

	stmt_u64(stmt, 1, principal);
	if ((r = stmt_step(stmt)) < 0)
		return r;
	n = stmt_col_u64(stmt, 0);
	stmt_done(stmt);
	return n < GROUPS_OF_MAX ? 0 : E_LIMIT;
}

int
member_add_check(struct run *run)
{
	const struct member_add *args = RUN_ARGS(run, member_add);
	struct member_plan *plan = RUN_PLAN(run, struct member_plan);
	struct principal_row member;
	int r;

	if (args->has_expires && args->expires <= run->place->now)
		return E_INVALID;
	/* Who is in one of these is in it by what they are. */
	if (access_is_standing_group(run, args->group.n))
		return E_KIND;
	if ((r = live_group(run, args->group.n)) < 0 ||
	    (r = access_live_principal(run, args->principal.n, &member)) < 0)
		return r;
	if (access_is_unknown(run, &member))
		return E_KIND;
	if ((r = access_check_reach(run, args->group.n)) < 0 ||
	    (r = access_check_reach(run, member.id)) < 0 ||
	    (r = access_check_others(run, member.id)) < 0 ||
	    (r = find_member(run, args->group.n, member.id, plan)) < 0)
		return r;
	/* One that is over gives way to the new one. */
	if (plan->row != 0 &&
	    (plan->expires == 0 || run->place->now < plan->expires))
		return E_EXISTS;
	if ((r = check_room_for_groups(run, member.id)) < 0)
		return r;
	return check_nesting(run, args->group.n, &member);
}

static int
note_member(struct run *run, uint64_t group, uint64_t principal)
{
	int r = run_number(run, FACT_TARGET, (int64_t)group);

	run_regrouped(run);
	return r < 0 ? r : run_number(run, FACT_GRANTEE, (int64_t)principal);
}

int
member_add_apply(struct run *run)
{
	const struct member_add *args = RUN_ARGS(run, member_add);
	const struct member_plan *plan = RUN_PLAN(run, struct member_plan);
	struct grant_made *result = RUN_RESULT(run, grant_made);
	uint64_t grant;
	int r;

	if (plan->row != 0 && (r = access_end_grant(run, plan->row)) < 0)
		return r;
	r = access_make_grant(run, KIND_PRINCIPAL, args->group.n,
	    RELATION_MEMBER, args->principal.n,
	    args->has_expires ? args->expires : 0, &grant);
	if (r < 0)
		return r;
	SHAPE_SET(result, id, ((struct id){grant, KIND_GRANT}));
	return note_member(run, args->group.n, args->principal.n);
}

int
member_remove_check(struct run *run)
{
	const struct member_ref *args = RUN_ARGS(run, member_ref);
	struct member_plan *plan = RUN_PLAN(run, struct member_plan);
	int r = live_group(run, args->group.n);

	if (r < 0 || (r = access_check_reach(run, args->group.n)) < 0 ||
	    (r = find_member(run, args->group.n, args->principal.n, plan)) < 0)
		return r;
	return plan->row != 0 ? 0 : E_NOT_FOUND;
}

int
member_remove_apply(struct run *run)
{
	const struct member_ref *args = RUN_ARGS(run, member_ref);
	const struct member_plan *plan = RUN_PLAN(run, struct member_plan);
	int r = access_end_grant(run, plan->row);

	return r < 0 ? r : note_member(run, args->group.n, args->principal.n);
}
