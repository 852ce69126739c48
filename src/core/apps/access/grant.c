/* share.grant, share.revoke, share.list; role.grant, role.revoke, role.list. */
#include "core/apps/access/access.h"
#include "core/core.h"
#include "core/index.h"
#include "core/subject.h"

#define SHARES                                                            \
	(BIT(RELATION_OWNER) | BIT(RELATION_EDIT) | BIT(RELATION_READ) |  \
	    BIT(RELATION_SEE) | BIT(RELATION_TEXT) | BIT(RELATION_COPY) | \
	    BIT(RELATION_PRINT) | BIT(RELATION_EXPORT))
#define ROLES                                                  \
	(BIT(RELATION_USER_ADMIN) | BIT(RELATION_LOG_READER) | \
	    BIT(RELATION_SECURITY_RESPONDER) | BIT(RELATION_OPERATOR))

#define UNIT_ROLES (BIT(RELATION_USER_ADMIN) | BIT(RELATION_SECURITY_RESPONDER))

static int
check_grant(struct run *run, uint64_t principal, uint64_t relations,
    unsigned relation, bool has_expires, int64_t expires)
{
	struct principal_row row;
	int r;

	if (!(relations & BIT(relation)) ||
	    (has_expires && expires <= run->place->now))
		return E_INVALID;
	if ((r = access_live_principal(run, principal, &row)) < 0)
		return r;
	/* No role is anybody's from outside. */
	if (access_is_unknown(run, &row) ||
	    (row.kind == PRINCIPAL_GUEST && relations != SHARES))
		return E_KIND;
	return 0;
}

static int
set_made(struct run *run, uint64_t grant, uint64_t principal)
{
	struct grant_made *result = RUN_RESULT(run, grant_made);

	SHAPE_SET(result, id, ((struct id){grant, KIND_GRANT}));
	return run_number(run, FACT_GRANTEE, (int64_t)principal);
}

/* ---- on folders and files
 * ------------------------------------------------------- */

int
access_check_grant_room(struct run *run, uint64_t node)
{
	struct stmt *stmt = db_stmt(run->place->db, SQL_TUPLE_COUNT);
	uint64_t n;
	int r;

	stmt_u64(stmt, 1, node);
	if ((r = stmt_step(stmt)) < 0)
		return r;
	n = stmt_col_u64(stmt, 0);
	stmt_done(stmt);
	if (n < core_config(run->place->core)->max_grants)
		return 0;
	limit_met(CONFIG_max_grants);
	return E_LIMIT;
}

/* A space itself is not shared: what is in it is. */
int
access_check_shareable(const struct node_row *node)
{
	return node->role == NODE_SPACE || node->role == NODE_TRASH ||
	               node->was_parent != 0
	           ? E_STATE
	           : 0;
}

int
share_grant_check(struct run *run)
{
	const struct share_grant *args = RUN_ARGS(run, share_grant);
	int r;

	if ((r = access_check_shareable(&run->on[0].node)) < 0 ||
	    (r = check_grant(run, args->principal.n, SHARES, args->relation,
		 args->has_expires, args->expires)) < 0)
		return r;
	return access_check_grant_room(run, run->on[0].ref);
}

int
share_grant_apply(struct run *run)
{
	const struct share_grant *args = RUN_ARGS(run, share_grant);
	uint64_t grant;
	int r = access_make_grant(run, run->on[0].kind, run->on[0].ref,
	    args->relation, args->principal.n,
	    args->has_expires ? args->expires : 0, &grant);

	return r < 0 ? r : set_made(run, grant, args->principal.n);
}

struct tuple_row {
	uint64_t id, object, relation, subject;
	enum kind object_kind;
	int64_t expires;
};

static struct tuple_row
take_tuple(struct stmt *stmt)
{
	return (struct tuple_row){.id = stmt_col_u64(stmt, 0),
	    .object_kind = (enum kind)stmt_col_u64(stmt, 1),
	    .object = stmt_col_u64(stmt, 2),
	    .relation = stmt_col_u64(stmt, 3),
	    .subject = stmt_col_u64(stmt, 4),
	    .expires = stmt_col_i64(stmt, 5)};
}

static int
load_tuple(struct run *run, uint64_t id, struct tuple_row *ret)
{
	struct stmt *stmt = db_stmt(run->place->db, SQL_TUPLE_GET);
	int r;

	stmt_u64(stmt, 1, id);
	r = stmt_step(stmt);
	if (r <= 0)
		return r < 0 ? r : E_NOT_FOUND;
	*ret = take_tuple(stmt);
	stmt_done(stmt);
	return 0;
}

int
access_end_grant(struct run *run, uint64_t grant)
{
	struct stmt *stmt = db_stmt(run->place->db, SQL_TUPLE_END);
	int r;

	stmt_u64(stmt, 1, grant);
	stmt_u64(stmt, 2, run->sequence);
	return (r = stmt_run(stmt)) < 0 ? r : run_end(run, grant);
}

static int
end_grant(struct run *run, uint64_t grant)
{
	struct tuple_row row;
	int r = load_tuple(run, grant, &row);

	if (r < 0 || (r = access_end_grant(run, grant)) < 0)
		return r;
	return run_number(run, FACT_GRANTEE, (int64_t)row.subject);
}

/* The link whose right it is; 0: it is no link's. */
struct share_revoke_plan {
	uint64_t link;
};

int
share_revoke_check(struct run *run)
{
	struct share_revoke_plan *plan =
	    RUN_PLAN(run, struct share_revoke_plan);
	struct principal_row row;
	struct tuple_row tuple;
	size_t credentials, sessions;
	int r;

	/* Somebody must own what is there. */
	if (run->on[0].node.role == NODE_SPACE)
		return E_LAST;
	if ((r = load_tuple(run, RUN_ARGS(run, grant_ref)->grant.n, &tuple)) <
		0 ||
	    (r = access_principal(run, tuple.subject, &row)) < 0)
		return r;
	*plan =
	    (struct share_revoke_plan){row.kind == PRINCIPAL_LINK ? row.id : 0};
	if (plan->link == 0)
		return 0;
	r = access_count_live(run, row.id, &credentials, &sessions);
	return r < 0 ? r : run_check_room(run, credentials + sessions + 2);
}

/* A link is nothing beside its right. */
int
share_revoke_apply(struct run *run)
{
	const struct share_revoke_plan *plan =
	    RUN_PLAN(run, struct share_revoke_plan);
	int r = end_grant(run, RUN_ARGS(run, grant_ref)->grant.n);

	return r < 0 || plan->link == 0 ? r
	                                : access_end_principal(run, plan->link);
}

/* Whose it is; of a link, how often it was opened. */
static int
describe_grantee(struct run *run, struct grant *grant)
{
	struct principal_row row;
	struct stmt *stmt;
	int r = access_principal(run, grant->principal.n, &row);

	if (r < 0)
		return r;
	SHAPE_SET(grant, name, row.name);
	SHAPE_SET(grant, kind, row.kind);
	if (row.kind != PRINCIPAL_LINK)
		return 0;
	stmt = db_stmt(run->place->db, SQL_CREDENTIAL_OF_KIND);
	stmt_u64(stmt, 1, row.id);
	stmt_u64(stmt, 2, CREDENTIAL_LINK);
	if ((r = stmt_step(stmt)) > 0)
		SHAPE_SET(grant, opened, stmt_col_u64(stmt, 2));
	stmt_done(stmt);
	return MIN(r, 0);
}

/* A record may have given several rights: then it is the last use of any. */
static int
take_use(struct run *run, struct grant *grant)
{
	int64_t used;
	int r = index_used(run->place, ref_sequence(grant->id.n), &used);

	if (r == 0 && used != 0)
		SHAPE_SET(grant, used, used);
	return r;
}

struct grants {
	struct grant *list;
	size_t n;
};

static int
make_grants(struct run *run, struct grants *ret)
{
	ret->n = 0;
	ret->list =
	    arena_alloc(run->arena, OP_OBJECTS_MAX * sizeof(*ret->list));
	return ret->list != NULL ? 0 : E_NOMEM;
}

/* All rows of those relations; on one object alone, if not 0. */
static int
take_grants(struct stmt *stmt, uint64_t relations, uint64_t object,
    struct grants *grants)
{
	int r;

	while ((r = stmt_step(stmt)) > 0) {
		struct grant *g = &grants->list[grants->n];

		if ((object != 0 && stmt_col_u64(stmt, 2) != object) ||
		    !(relations & BIT(stmt_col_u64(stmt, 3))))
			continue;
		if (grants->n == OP_OBJECTS_MAX) {
			stmt_done(stmt);
			return 0;
		}
		grants->n++;
		SHAPE_SET(
		    g, id, ((struct id){stmt_col_u64(stmt, 0), KIND_GRANT}));
		SHAPE_SET(g, object,
		    ((struct id){stmt_col_u64(stmt, 2),
			(enum kind)stmt_col_u64(stmt, 1)}));
		SHAPE_SET(g, relation, (unsigned)stmt_col_u64(stmt, 3));
		SHAPE_SET(g, principal,
		    ((struct id){stmt_col_u64(stmt, 4), KIND_PRINCIPAL}));
		SHAPE_SET(g, created, stmt_col_i64(stmt, 6));
		if (stmt_col_i64(stmt, 5) != 0)
			SHAPE_SET(g, expires, stmt_col_i64(stmt, 5));
	}
	return r;
}

/* The result: with names of whose they are, and of units that they are in. */
static int
give_grants(struct run *run, const struct grants *grants)
{
	struct grant_page *result = RUN_RESULT(run, grant_page);
	int r = 0;

	for (size_t i = 0; i < grants->n && r == 0; i++) {
		struct grant *g = &grants->list[i];
		struct slice unit;

		r = describe_grantee(run, g);
		if (r == 0)
			r = take_use(run, g);
		if (r < 0 || g->object.kind != KIND_UNIT)
			continue;
		r = access_unit_name(run, g->object.n, &unit);
		SHAPE_SET(g, object_name, unit);
	}
	if (r < 0)
		return r == E_NOT_FOUND ? E_CORRUPT : r;
	result->has_list = true;
	result->list.v = grants->list;
	result->list.n = grants->n;
	return run_number(run, FACT_COUNT, (int64_t)grants->n);
}

int
access_list_grants(struct run *run, struct stmt *stmt)
{
	struct grants grants;
	int r = make_grants(run, &grants);

	if (r == 0)
		r = take_grants(stmt, UINT64_MAX, 0, &grants);
	return r < 0 ? r : give_grants(run, &grants);
}

int
share_list_read(struct run *run)
{
	struct stmt *stmt = db_stmt(run->place->db, SQL_TUPLE_ON);

	/* Who manages principals must say of what, too. */
	if (run->on[0].kind == KIND_ORG)
		return E_INVALID;
	stmt_u64(stmt, 1, run->on[0].ref);
	return access_list_grants(run, stmt);
}

/* ---- roles in the organisation
 * ------------------------------------------------------- */

/* Somebody must always be able to give roles, without an end. */
int
access_check_last(struct run *run, uint64_t grant, uint64_t principal)
{
	struct stmt *stmt = db_stmt(run->place->db, SQL_TUPLE_OTHERS);
	uint64_t others;
	int r;

	stmt_u64(stmt, 1, run->place->core->org);
	stmt_u64(stmt, 2, RELATION_USER_ADMIN);
	stmt_u64(stmt, 3, grant);
	stmt_u64(stmt, 4, principal);
	if ((r = stmt_step(stmt)) < 0)
		return r;
	others = stmt_col_u64(stmt, 0);
	stmt_done(stmt);
	return others > 0 ? 0 : E_LAST;
}

int
role_grant_check(struct run *run)
{
	const struct role_grant *args = RUN_ARGS(run, role_grant);
	struct slice name;
	int r;

	if (args->has_unit &&
	    (r = access_live_unit(run, args->unit.n, &name)) < 0)
		return r;
	if ((r = check_grant(run, args->principal.n,
		 args->has_unit ? UNIT_ROLES : ROLES, args->relation,
		 args->has_expires, args->expires)) < 0 ||
	    (r = access_check_reach(run, args->principal.n)) < 0)
		return r;
	return access_check_others(run, args->principal.n);
}

int
role_grant_apply(struct run *run)
{
	const struct role_grant *args = RUN_ARGS(run, role_grant);
	uint64_t grant;
	int r = access_make_grant(run, args->has_unit ? KIND_UNIT : KIND_ORG,
	    args->has_unit ? args->unit.n : run->place->core->org,
	    args->relation, args->principal.n,
	    args->has_expires ? args->expires : 0, &grant);

	if (r < 0 || (args->has_unit && (r = run_number(run, FACT_TARGET,
					     (int64_t)args->unit.n)) < 0))
		return r;
	return set_made(run, grant, args->principal.n);
}

int
role_revoke_check(struct run *run)
{
	struct tuple_row row;
	int r = load_tuple(run, RUN_ARGS(run, grant_ref)->grant.n, &row);

	if (r < 0)
		return r;
	if (row.object_kind == KIND_UNIT)
		/* Of one unit's administrators none takes the other's role. */
		return row.relation == RELATION_USER_ADMIN &&
		               row.object == run->on[0].unit
		           ? E_DENIED
		           : 0;
	if (row.object_kind != KIND_ORG || !(ROLES & BIT(row.relation)))
		return E_NOT_FOUND;
	return row.relation == RELATION_USER_ADMIN && row.expires == 0
	           ? access_check_last(run, row.id, 0)
	           : 0;
}

int
role_revoke_apply(struct run *run)
{
	return end_grant(run, RUN_ARGS(run, grant_ref)->grant.n);
}

/* Those of one principal, and of the groups that it is in. */
static int
list_roles_of(struct run *run, uint64_t principal, uint64_t unit)
{
	const struct subjects *subjects;
	struct grants grants;
	int r = make_grants(run, &grants);

	if (r < 0 || (r = subjects_of(run->place, principal, &subjects)) < 0)
		return r;
	for (uint32_t i = 0; i < subjects->n && r == 0; i++) {
		struct stmt *stmt = db_stmt(run->place->db, SQL_ROLES_OF);

		stmt_u64(stmt, 1, subjects->list[i].id);
		r = take_grants(stmt, ROLES, unit, &grants);
	}
	return r < 0 ? r : give_grants(run, &grants);
}

/* A role in a unit that has ended is none. */
static int
add_role(struct run *run, const struct tuple_row *row, uint64_t *roles)
{
	struct slice name;
	int r;

	if (!(ROLES & BIT(row->relation)) || (*roles & BIT(row->relation)) ||
	    (row->expires != 0 && row->expires <= run->place->now))
		return 0;
	if (row->object_kind == KIND_UNIT &&
	    (r = access_live_unit(run, row->object, &name)) < 0)
		return r == E_NOT_FOUND ? 0 : r;
	*roles |= BIT(row->relation);
	return 0;
}

int
access_roles(struct run *run, uint64_t principal, uint64_t *ret_roles)
{
	const struct subjects *subjects;
	uint64_t roles = 0;
	int r = subjects_of(run->place, principal, &subjects);

	for (uint32_t i = 0; r >= 0 && i < subjects->n; i++) {
		struct stmt *stmt = db_stmt(run->place->db, SQL_ROLES_OF);

		stmt_u64(stmt, 1, subjects->list[i].id);
		while ((r = stmt_step(stmt)) > 0 && roles != ROLES) {
			struct tuple_row row = take_tuple(stmt);

			if ((r = add_role(run, &row, &roles)) < 0)
				break;
		}
		stmt_done(stmt);
	}
	if (r < 0)
		return r;
	*ret_roles = roles;
	return 0;
}

int
role_list_read(struct run *run)
{
	const struct role_list *args = RUN_ARGS(run, role_list);
	uint64_t unit = args->has_unit ? args->unit.n : 0;
	struct stmt *stmt;

	if (args->has_principal)
		return list_roles_of(run, args->principal.n, unit);
	stmt = db_stmt(run->place->db, SQL_TUPLE_ON);
	stmt_u64(stmt, 1, unit != 0 ? unit : run->place->core->org);
	return access_list_grants(run, stmt);
}
