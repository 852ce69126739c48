/*
 * principal.create, principal.list, principal.rename, principal.move,
 * principal.suspend, principal.resume, principal.end, subject.erase.
 */
#include "core/apps/access/access.h"
#include "core/apps/files/files.h"
#include "core/apps/system/bar.h"
#include "core/core.h"

/* ---- rows
 * -------------------------------------------------------------------- */

int
access_take_principal(
    struct run *run, struct stmt *stmt, struct principal_row *ret)
{
	*ret = (struct principal_row){
	    .id = stmt_col_u64(stmt, 0),
	    .kind = (unsigned)stmt_col_u64(stmt, 1),
	    .name = run_copy(run, stmt_col_bytes(stmt, 2)),
	    .home = stmt_col_u64(stmt, 3),
	    .trash = stmt_col_u64(stmt, 4),
	    .created = stmt_col_i64(stmt, 5),
	    .ended = stmt_col_u64(stmt, 6),
	    .space = stmt_col_u64(stmt, 7),
	    .erased = stmt_col_u64(stmt, 8),
	    .login = run_copy(run, stmt_col_bytes(stmt, 9)),
	    .suspended = stmt_col_u64(stmt, 10),
	    .unit = stmt_col_u64(stmt, 11),
	    .canary = stmt_col_u64(stmt, 12),
	};
	return ret->name.p != NULL && ret->login.p != NULL ? 0 : E_NOMEM;
}

int
access_principal(struct run *run, uint64_t id, struct principal_row *ret_row)
{
	struct stmt *stmt = db_stmt(run->place->db, SQL_PRINCIPAL_GET);
	int r;

	stmt_u64(stmt, 1, id);
	r = stmt_step(stmt);
	if (r <= 0)
		return r < 0 ? r : E_NOT_FOUND;
	r = access_take_principal(run, stmt, ret_row);
	stmt_done(stmt);
	return r;
}

int
access_live_principal(
    struct run *run, uint64_t id, struct principal_row *ret_row)
{
	int r = access_principal(run, id, ret_row);

	if (r < 0)
		return r;
	return ret_row->ended == 0 ? 0 : E_NOT_FOUND;
}

int
access_check_live(struct run *run, enum sql row, uint64_t id)
{
	struct stmt *stmt = db_stmt(run->place->db, row);
	bool live;
	int r;

	stmt_u64(stmt, 1, id);
	r = stmt_step(stmt);
	if (r <= 0)
		return r < 0 ? r : E_NOT_FOUND;
	live = stmt_col_u64(stmt, 0) == 0;
	stmt_done(stmt);
	return live ? 0 : E_NOT_FOUND;
}

void
access_describe(const struct principal_row *row, struct principal *ret)
{
	SHAPE_SET(ret, id, ((struct id){row->id, KIND_PRINCIPAL}));
	SHAPE_SET(ret, kind, row->kind);
	SHAPE_SET(ret, name, row->name);
	/* A group has no files of its own. */
	if (row->space != 0) {
		SHAPE_SET(ret, home, ((struct id){row->home, KIND_FOLDER}));
		SHAPE_SET(ret, trash, ((struct id){row->trash, KIND_FOLDER}));
	}
	SHAPE_SET(ret, created, row->created);
	if (row->ended != 0)
		SHAPE_SET(ret, ended, true);
	if (row->login.n > 0)
		SHAPE_SET(ret, login, row->login);
	if (row->suspended != 0)
		SHAPE_SET(ret, suspended, true);
	if (row->unit != 0)
		SHAPE_SET(ret, unit, ((struct id){row->unit, KIND_UNIT}));
}

/* ---- making
 * ------------------------------------------------------------------ */

static int
put_folder(struct run *run, enum node_role role, const char *name,
    uint64_t space, uint64_t parent, uint64_t *ret_ref)
{
	struct files_new node = {.kind = KIND_FOLDER,
	    .role = role,
	    .parent = parent,
	    .space = space,
	    .name = slice_str(name),
	    .key = slice_str(name),
	    .modified = run->place->now};
	int r;

	if ((r = run_make(run, KIND_FOLDER, &node.ref)) < 0 ||
	    (r = run_make(run, KIND_EDGE, &node.edge)) < 0)
		return r;
	/* The tops of all spaces lie side by side: numbers tell them apart. */
	if (parent == 0)
		node.key = slice_of(&node.ref, sizeof(node.ref));
	*ret_ref = node.ref;
	return files_put_node(run, &node);
}

int
access_make_grant(struct run *run, enum kind object_kind, uint64_t object,
    unsigned relation, uint64_t principal, int64_t expires, uint64_t *ret_grant)
{
	struct stmt *stmt;
	uint64_t ref;
	int r = run_make(run, KIND_GRANT, &ref);

	if (r < 0)
		return r;
	stmt = db_stmt(run->place->db, SQL_TUPLE_PUT);
	stmt_u64(stmt, 1, ref);
	stmt_u64(stmt, 2, object_kind);
	stmt_u64(stmt, 3, object);
	stmt_u64(stmt, 4, relation);
	stmt_u64(stmt, 5, principal);
	stmt_i64(stmt, 6, expires);
	stmt_i64(stmt, 7, run->place->now);
	if ((r = stmt_run(stmt)) < 0)
		return r;
	run_granted(run);
	*ret_grant = ref;
	return 0;
}

int
access_put_principal(struct run *run, const struct principal_row *row)
{
	struct slice key = SLICE("");
	struct stmt *stmt;
	int r;

	if (row->login.n > 0 &&
	    (r = access_login_key(run, row->login, &key)) < 0)
		return r;
	stmt = db_stmt(run->place->db, SQL_PRINCIPAL_PUT);
	stmt_u64(stmt, 1, row->id);
	stmt_u64(stmt, 2, row->kind);
	stmt_text(stmt, 3, row->name);
	stmt_u64(stmt, 4, row->space);
	stmt_u64(stmt, 5, row->home);
	stmt_u64(stmt, 6, row->trash);
	stmt_i64(stmt, 7, row->created);
	stmt_u64(stmt, 8, run->sequence);
	stmt_text(stmt, 9, row->login);
	stmt_bytes(stmt, 10, key);
	stmt_u64(stmt, 11, row->unit);
	r = stmt_run(stmt);
	return r < 0 ? r : access_put_words(run, row);
}

int
access_make_principal(struct run *run, unsigned kind, struct slice name,
    uint64_t name_field, struct slice login, struct principal_row *ret_row)
{
	struct principal_row row = {.kind = kind,
	    .name = name,
	    .login = login,
	    .created = run->place->now};
	uint64_t grant;
	int r;

	if ((r = run_make(run, KIND_PRINCIPAL, &row.id)) < 0 ||
	    (r = run_text(run, name_field, row.id, name)) < 0 ||
	    (r = put_folder(run, NODE_SPACE, "", row.id, 0, &row.space)) < 0 ||
	    (r = put_folder(
		 run, NODE_HOME, "Files", row.id, row.space, &row.home)) < 0 ||
	    (r = put_folder(run, NODE_TRASH, "Trash", row.id, row.space,
		 &row.trash)) < 0 ||
	    (r = access_make_grant(run, KIND_FOLDER, row.space, RELATION_OWNER,
		 row.id, 0, &grant)) < 0)
		return r;
	*ret_row = row;
	return access_put_principal(run, &row);
}

int
access_set_unit(struct run *run, uint64_t principal, uint64_t unit)
{
	struct stmt *stmt = db_stmt(run->place->db, SQL_PRINCIPAL_SET_UNIT);

	stmt_u64(stmt, 1, principal);
	stmt_u64(stmt, 2, unit);
	return stmt_run(stmt);
}

/* Whether somebody may sign in by that name from now on. */
static int
check_login(struct run *run, struct slice login, uint64_t principal)
{
	struct slice key;
	uint64_t other;
	int r = access_login_key(run, login, &key);

	if (r < 0)
		return r;
	r = access_find_login(run, key, &other);
	if (r < 0)
		return r == E_NOT_FOUND ? 0 : r;
	return other == principal ? 0 : E_EXISTS;
}

int
principal_create_check(struct run *run)
{
	const struct principal_create *args = RUN_ARGS(run, principal_create);
	bool is_human = principal_is_human(args->kind);
	struct slice key, unit;
	int r = node_key(run->place, args->name, &key);

	if (r < 0)
		return r;
	if ((!is_human && args->kind != PRINCIPAL_SERVICE) ||
	    args->has_login != is_human)
		return E_INVALID;
	if (args->has_unit &&
	    (r = access_live_unit(run, args->unit.n, &unit)) < 0)
		return r;
	return is_human ? check_login(run, args->login, 0) : 0;
}

int
principal_create_apply(struct run *run)
{
	const struct principal_create *args = RUN_ARGS(run, principal_create);
	struct principal_row row;
	int r = access_make_principal(run, args->kind, args->name, 2,
	    args->has_login ? args->login : SLICE(""), &row);

	if (r == 0 && args->has_login)
		r = run_text(run, 3, row.id, args->login);
	if (r < 0)
		return r;
	if (args->has_unit) {
		row.unit = args->unit.n;
		if ((r = access_set_unit(run, row.id, row.unit)) < 0)
			return r;
	}
	access_describe(&row, RUN_RESULT(run, principal));
	return run_number(run, FACT_RELATIONS, BIT(RELATION_OWNER));
}

/* ---- listing
 * ------------------------------------------------------------------- */

enum { PAGE_STANDARD = 100 };

int
access_list_principals(struct run *run, struct stmt *stmt, unsigned number,
    const struct principal_list *args)
{
	struct principal_page *result = RUN_RESULT(run, principal_page);
	size_t limit = args->has_limit ? MAX(args->limit, 1) : PAGE_STANDARD;
	struct principal *list = arena_alloc(run->arena, limit * sizeof(*list));
	struct principal_row row;
	size_t n = 0;
	int r;

	if (list == NULL) {
		stmt_done(stmt);
		return E_NOMEM;
	}
	SHAPE_SET(result, more, false);
	stmt_u64(stmt, number, limit + 1);
	while ((r = stmt_step(stmt)) > 0) {
		result->more = n == limit;
		if (n == limit ||
		    (r = access_take_principal(run, stmt, &row)) < 0) {
			stmt_done(stmt);
			break;
		}
		access_describe(&row, &list[n++]);
	}
	if (r < 0)
		return r;
	result->has_list = true;
	result->list.v = list;
	result->list.n = n;
	return run_number(run, FACT_COUNT, (int64_t)n);
}

int
access_list_unit(
    struct run *run, unsigned kind, const struct principal_list *args)
{
	struct stmt *stmt = db_stmt(run->place->db, SQL_PRINCIPAL_OF_UNIT);

	stmt_u64(stmt, 1, args->unit.n);
	stmt_u64(stmt, 2, args->has_after ? args->after.n : 0);
	stmt_u64(stmt, 3, kind);
	return access_list_principals(run, stmt, 4, args);
}

int
principal_list_read(struct run *run)
{
	const struct principal_list *args = RUN_ARGS(run, principal_list);
	struct stmt *stmt;

	if (args->has_unit)
		return access_list_unit(run, PRINCIPAL_KIND_UNSET, args);
	stmt = db_stmt(run->place->db, SQL_PRINCIPAL_LIST);
	stmt_u64(stmt, 1, args->has_after ? args->after.n : 0);
	return access_list_principals(run, stmt, 2, args);
}

/* ---- names
 * ----------------------------------------------------------------------- */

int
access_named(struct run *run, uint64_t principal, uint64_t *ret_named)
{
	struct stmt *stmt = db_stmt(run->place->db, SQL_PRINCIPAL_NAMED);
	int r;

	stmt_u64(stmt, 1, principal);
	if ((r = stmt_step(stmt)) <= 0)
		return r < 0 ? r : E_NOT_FOUND;
	*ret_named = stmt_col_u64(stmt, 0);
	stmt_done(stmt);
	return 0;
}

int
principal_rename_check(struct run *run)
{
	const struct principal_rename *args = RUN_ARGS(run, principal_rename);
	struct principal_row *row = RUN_PLAN(run, struct principal_row);
	struct slice key;
	int r = access_live_principal(run, args->principal.n, row);

	if (r < 0 || (r = access_check_reach(run, row->id)) < 0)
		return r;
	if (!args->has_name && !args->has_login)
		return E_INVALID;
	if (args->has_login && row->login.n == 0)
		return E_KIND;
	if (args->has_name) {
		if ((r = node_key(run->place, args->name, &key)) < 0)
			return r;
		row->name = args->name;
	}
	if (!args->has_login)
		return 0;
	row->login = args->login;
	return check_login(run, args->login, row->id);
}

int
principal_rename_apply(struct run *run)
{
	const struct principal_rename *args = RUN_ARGS(run, principal_rename);
	const struct principal_row *row = RUN_PLAN(run, struct principal_row);
	struct slice key = SLICE("");
	struct stmt *stmt;
	int r = run_number(run, FACT_TARGET, (int64_t)row->id);

	if (r == 0 && args->has_name)
		r = run_text(run, 2, row->id, args->name);
	if (r == 0 && args->has_login)
		r = run_text(run, 3, row->id, args->login);
	if (r == 0 && row->login.n > 0)
		r = access_login_key(run, row->login, &key);
	if (r < 0)
		return r;
	stmt = db_stmt(run->place->db, SQL_PRINCIPAL_RENAME);
	stmt_u64(stmt, 1, row->id);
	stmt_text(stmt, 2, row->name);
	stmt_text(stmt, 3, row->login);
	stmt_bytes(stmt, 4, key);
	stmt_u64(stmt, 5, run->sequence);
	if ((r = stmt_run(stmt)) < 0 ||
	    (r = access_forget_words(run, row->id)) < 0)
		return r;
	return access_put_words(run, row);
}

/* ---- units
 * ----------------------------------------------------------------------- */

int
principal_move_check(struct run *run)
{
	const struct principal_move *args = RUN_ARGS(run, principal_move);
	uint64_t unit = args->has_unit ? args->unit.n : 0;
	struct principal_row row;
	int r = access_live_principal(run, args->principal.n, &row);

	if (r < 0 || (r = access_check_reach(run, row.id)) < 0)
		return r;
	/* No unit's administrators are to give roles to all, or to a link. */
	if (access_is_standing_group(run, row.id) || row.kind == PRINCIPAL_LINK)
		return E_KIND;
	return row.unit != unit ? 0 : E_STATE;
}

/* Who reached it by a role in the unit that it was in does so no more. */
int
principal_move_apply(struct run *run)
{
	const struct principal_move *args = RUN_ARGS(run, principal_move);
	uint64_t id = args->principal.n;
	int r = access_set_unit(run, id, args->has_unit ? args->unit.n : 0);

	if (r < 0 || (r = run_moved(run, id)) < 0)
		return r;
	return run_number(run, FACT_GRANTEE, (int64_t)id);
}

/* ---- ends
 * ------------------------------------------------------------------------ */

/* All that live which a statement over one principal or credential gives. */
static int
collect(struct run *run, enum sql sql, uint64_t of, uint64_t **ret_ids,
    size_t *ret_n)
{
	struct stmt *stmt = db_stmt(run->place->db, sql);
	size_t n = 0, cap = 64;
	uint64_t *ids = arena_alloc(run->arena, cap * sizeof(*ids));
	int r;

	if (ids == NULL)
		return E_NOMEM;
	stmt_u64(stmt, 1, of);
	stmt_i64(stmt, 2, run->place->now);
	while ((r = stmt_step(stmt)) > 0) {
		if (n == cap) {
			uint64_t *more =
			    arena_alloc(run->arena, 2 * cap * sizeof(*ids));

			if (more == NULL) {
				stmt_done(stmt);
				return E_NOMEM;
			}
			memcpy(more, ids, n * sizeof(*ids));
			ids = more;
			cap *= 2;
		}
		ids[n++] = stmt_col_u64(stmt, 0);
	}
	*ret_ids = ids;
	*ret_n = n;
	return r;
}

static int
end_row(struct run *run, enum sql sql, uint64_t id)
{
	struct stmt *stmt = db_stmt(run->place->db, sql);
	int r;

	stmt_u64(stmt, 1, id);
	stmt_u64(stmt, 2, run->sequence);
	if ((r = stmt_run(stmt)) < 0)
		return r;
	return db_changes(run->place->db) == 1 ? run_end(run, id) : 0;
}

static int
end_each(struct run *run, enum sql find, enum sql end, uint64_t of)
{
	uint64_t *ids;
	size_t n = 0;
	int r = collect(run, find, of, &ids, &n);

	for (size_t i = 0; i < n && r == 0; i++)
		r = end_row(run, end, ids[i]);
	return r;
}

int
access_count_live(struct run *run, uint64_t principal, size_t *ret_credentials,
    size_t *ret_sessions)
{
	uint64_t *ids;
	int r = collect(
	    run, SQL_CREDENTIAL_OF_PRINCIPAL, principal, &ids, ret_credentials);

	if (r < 0)
		return r;
	return collect(
	    run, SQL_SESSION_OF_PRINCIPAL, principal, &ids, ret_sessions);
}

int
access_end_credential(struct run *run, uint64_t credential)
{
	int r;

	if ((r = end_row(run, SQL_CREDENTIAL_END, credential)) < 0 ||
	    (r = end_each(run, SQL_SESSION_OF_CREDENTIAL, SQL_SESSION_END,
		 credential)) < 0)
		return r;
	return end_each(
	    run, SQL_SESSION_OF_SECOND, SQL_SESSION_END, credential);
}

int
access_end_session(struct run *run, uint64_t session)
{
	return end_row(run, SQL_SESSION_END, session);
}

int
access_end_unused(struct run *run, enum sql unused, uint64_t of, uint64_t keep)
{
	uint64_t ids[ACCESS_UNUSED_MAX];
	struct stmt *stmt = db_stmt(run->place->db, unused);
	size_t n = 0;
	int r;

	stmt_u64(stmt, 1, of);
	stmt_u64(stmt, 2, ARRAY_SIZE(ids));
	stmt_u64(stmt, 3, keep);
	while ((r = stmt_step(stmt)) > 0 && n < ARRAY_SIZE(ids))
		ids[n++] = stmt_col_u64(stmt, 0);
	stmt_done(stmt);
	for (size_t i = 0; i < n && r >= 0; i++)
		r = access_end_session(run, ids[i]);
	return MIN(r, 0);
}

/* A tenth goes at once, so that it isn't looked for at each sign-in. */
int
access_make_room(struct run *run, uint64_t principal)
{
	uint64_t most = core_config(run->place->core)->max_sessions;
	uint64_t keep = most - 1 - MIN(most / 10, ACCESS_UNUSED_MAX - 1), n;
	struct stmt *stmt = db_stmt(run->place->db, SQL_SESSION_COUNT);
	int r;

	stmt_u64(stmt, 1, principal);
	if ((r = stmt_step(stmt)) < 0)
		return r;
	n = stmt_col_u64(stmt, 0);
	stmt_done(stmt);
	if (n < most)
		return 0;
	limit_met(CONFIG_max_sessions);
	return access_end_unused(run, SQL_SESSION_SURPLUS, principal, keep);
}

int
access_end_sessions(
    struct run *run, uint64_t principal, uint64_t but, uint64_t *ret_n)
{
	uint64_t *ids;
	size_t n = 0;
	int r = collect(run, SQL_SESSION_SIGNED_IN, principal, &ids, &n);

	*ret_n = 0;
	for (size_t i = 0; i < n && r == 0; i++) {
		if (ids[i] == but)
			continue;
		r = end_row(run, SQL_SESSION_END, ids[i]);
		++*ret_n;
	}
	return r;
}

int
access_end_excepted(struct run *run, uint64_t principal)
{
	return end_each(run, SQL_SESSION_EXCEPTED, SQL_SESSION_END, principal);
}

int
access_end_up_to(struct run *run, uint64_t principal, uint64_t last)
{
	uint64_t *ids;
	size_t n = 0;
	int r = collect(run, SQL_CREDENTIAL_OF_PRINCIPAL, principal, &ids, &n);

	for (size_t i = 0; i < n && r == 0; i++)
		if (ids[i] <= last)
			r = access_end_credential(run, ids[i]);
	return r;
}

int
access_end_kind(
    struct run *run, uint64_t principal, unsigned kind, uint64_t but)
{
	uint64_t *ids;
	size_t n = 0;
	int r = collect(run, SQL_CREDENTIAL_OF_PRINCIPAL, principal, &ids, &n);

	for (size_t i = 0; i < n && r == 0; i++) {
		struct stmt *stmt = db_stmt(run->place->db, SQL_CREDENTIAL_GET);

		if (ids[i] == but)
			continue;
		stmt_u64(stmt, 1, ids[i]);
		if ((r = stmt_step(stmt)) <= 0)
			return r < 0 ? r : E_CORRUPT;
		r = stmt_col_u64(stmt, 9) == kind;
		stmt_done(stmt);
		r = r ? access_end_credential(run, ids[i]) : 0;
	}
	return r;
}

int
access_count_kind(
    struct run *run, uint64_t principal, unsigned kind, uint64_t *ret_n)
{
	struct stmt *stmt = db_stmt(run->place->db, SQL_CREDENTIAL_COUNT);
	int r;

	stmt_u64(stmt, 1, principal);
	stmt_u64(stmt, 2, kind);
	if ((r = stmt_step(stmt)) < 0)
		return r;
	*ret_n = stmt_col_u64(stmt, 0);
	stmt_done(stmt);
	return 0;
}

int
principal_end_check(struct run *run)
{
	const struct principal_ref *args = RUN_ARGS(run, principal_ref);
	struct principal_row row;
	size_t credentials, sessions;
	int r = access_live_principal(run, args->principal.n, &row);

	if (r < 0)
		return r;
	if (row.kind == PRINCIPAL_GROUP)
		return E_KIND;
	if ((r = access_check_reach(run, row.id)) < 0)
		return r;
	/* Nobody locks the door from outside with the key within. */
	if (args->principal.n == run->who.principal)
		return E_LAST;
	if ((r = access_check_last(run, 0, args->principal.n)) < 0 ||
	    (r = access_count_live(
		 run, args->principal.n, &credentials, &sessions)) < 0)
		return r;
	/* The record names each. */
	return run_check_room(run, credentials + sessions);
}

static int
forget_stars(struct run *run, uint64_t principal)
{
	struct stmt *stmt = db_stmt(run->place->db, SQL_STAR_OF_PRINCIPAL);

	stmt_u64(stmt, 1, principal);
	return stmt_run(stmt);
}

/* The principal first: from there on none of its rows gives a right. */
int
access_end_principal(struct run *run, uint64_t id)
{
	int r;

	if ((r = end_row(run, SQL_PRINCIPAL_END, id)) < 0 ||
	    (r = access_forget_words(run, id)) < 0 ||
	    (r = forget_stars(run, id)) < 0 ||
	    (r = end_each(
		 run, SQL_CREDENTIAL_OF_PRINCIPAL, SQL_CREDENTIAL_END, id)) < 0)
		return r;
	return end_each(run, SQL_SESSION_OF_PRINCIPAL, SQL_SESSION_END, id);
}

int
principal_end_apply(struct run *run)
{
	uint64_t id = RUN_ARGS(run, principal_ref)->principal.n;
	int r = run_number(run, FACT_TARGET, (int64_t)id);

	return r < 0 ? r : access_end_principal(run, id);
}

/* ---- suspension
 * ------------------------------------------------------------------------ */

static int
check_suspended(struct run *run, bool want)
{
	uint64_t id = RUN_ARGS(run, principal_ref)->principal.n;
	struct principal_row row;
	int r = access_live_principal(run, id, &row);

	if (r < 0)
		return r;
	if ((r = access_check_reach(run, id)) < 0)
		return r;
	if (id == run->who.principal)
		return E_LAST;
	if ((row.suspended != 0) != want)
		return E_STATE;
	return want ? 0 : access_check_last(run, 0, id);
}

static int
set_suspended(struct run *run, uint64_t since)
{
	uint64_t id = RUN_ARGS(run, principal_ref)->principal.n;
	struct stmt *stmt = db_stmt(run->place->db, SQL_PRINCIPAL_SUSPEND);
	int r;

	stmt_u64(stmt, 1, id);
	stmt_u64(stmt, 2, since);
	if ((r = stmt_run(stmt)) < 0)
		return r;
	return run_number(run, FACT_TARGET, (int64_t)id);
}

int
principal_suspend_check(struct run *run)
{
	return check_suspended(run, false);
}

/* For all that rests on it, it is as if it had ended. */
int
principal_suspend_apply(struct run *run)
{
	uint64_t id = RUN_ARGS(run, principal_ref)->principal.n;
	int r = set_suspended(run, run->sequence);

	return r < 0 ? r : run_halt(run, id);
}

int
principal_resume_check(struct run *run)
{
	return check_suspended(run, true);
}

int
principal_resume_apply(struct run *run)
{
	run_granted(run);
	return set_suspended(run, 0);
}

/* ---- erasure
 * ---------------------------------------------------------------------- */

int
subject_erase_check(struct run *run)
{
	const struct principal_ref *args = RUN_ARGS(run, principal_ref);
	struct principal_row row;
	int r = access_principal(run, args->principal.n, &row);

	if (r < 0)
		return r;
	return row.ended != 0 && row.erased == 0 ? 0 : E_STATE;
}

int
subject_erase_apply(struct run *run)
{
	uint64_t id = RUN_ARGS(run, principal_ref)->principal.n;
	struct stmt *stmt = db_stmt(run->place->db, SQL_OPENING_ERASE);
	uint64_t n;
	int r;

	stmt_u64(stmt, 1, id);
	if ((r = stmt_run(stmt)) < 0)
		return r;
	n = db_changes(run->place->db);
	stmt = db_stmt(run->place->db, SQL_PRINCIPAL_ERASE);
	stmt_u64(stmt, 1, id);
	stmt_u64(stmt, 2, run->sequence);
	if ((r = stmt_run(stmt)) < 0)
		return r;
	stmt = db_stmt(run->place->db, SQL_CREDENTIAL_ERASE);
	stmt_u64(stmt, 1, id);
	if ((r = stmt_run(stmt)) < 0)
		return r;
	/* What they had purged doesn't wait its thirty days out. */
	stmt = db_stmt(run->place->db, SQL_PURGE_NOW);
	stmt_u64(stmt, 1, id);
	if ((r = stmt_run(stmt)) < 0 ||
	    (r = run_number(run, FACT_TARGET, (int64_t)id)) < 0)
		return r;
	/* What was seen when the bar was tried may name them. */
	if ((r = bar_forget(run)) < 0)
		return r;
	run_erased(run);
	return run_number(run, FACT_COUNT, (int64_t)n);
}
