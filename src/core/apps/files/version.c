/* version.list, version.restore, version.name. */
#include "core/apps/access/access.h"
#include "core/apps/files/files.h"

enum { VERSIONS_PAGE = 100 };

/* The columns of SQL_VERSION_*, in order. */
static int
take_version(struct run *run, struct stmt *stmt, struct version_row *ret)
{
	*ret = (struct version_row){
	    .id = stmt_col_u64(stmt, 0),
	    .file = stmt_col_u64(stmt, 1),
	    .principal = stmt_col_u64(stmt, 2),
	    .size = stmt_col_u64(stmt, 3),
	    .type = run_copy(run, stmt_col_bytes(stmt, 4)),
	    .digest = run_copy(run, stmt_col_bytes(stmt, 5)),
	    .created = stmt_col_i64(stmt, 6),
	    .modified = stmt_col_i64(stmt, 7),
	    .blob = stmt_col_u64(stmt, 8),
	    .ended = stmt_col_u64(stmt, 9),
	    .label = run_copy(run, stmt_col_bytes(stmt, 10)),
	};
	return ret->type.p != NULL && ret->digest.p != NULL &&
	               ret->label.p != NULL
	           ? 0
	           : E_NOMEM;
}

int
files_load_version(struct run *run, uint64_t id, struct version_row *ret)
{
	struct stmt *stmt = db_stmt(run->place->db, SQL_VERSION_GET);
	int r;

	stmt_u64(stmt, 1, id);
	r = stmt_step(stmt);
	if (r <= 0)
		return r < 0 ? r : E_NOT_FOUND;
	r = take_version(run, stmt, ret);
	stmt_done(stmt);
	return r;
}

static void
describe(const struct version_row *row, struct version *v)
{
	SHAPE_SET(v, id, ((struct id){row->id, KIND_VERSION}));
	SHAPE_SET(v, size, row->size);
	SHAPE_SET(v, type, row->type);
	SHAPE_SET(v, created, row->created);
	SHAPE_SET(v, modified, row->modified);
	SHAPE_SET(v, digest, row->digest);
	SHAPE_SET(v, by, ((struct id){row->principal, KIND_PRINCIPAL}));
	if (row->label.n > 0)
		SHAPE_SET(v, label, row->label);
}

/* Whose changes it holds, where it was saved while it was open. */
static int
describe_editors(struct run *run, struct version *v)
{
	enum { EDITORS_MAX = 64 };
	struct stmt *stmt = db_stmt(run->place->db, SQL_AUTHOR_LIST);
	uint64_t ids[EDITORS_MAX];
	struct version_editor *list;
	size_t n = 0;
	int r;

	stmt_u64(stmt, 1, v->id.n);
	stmt_u64(stmt, 2, EDITORS_MAX);
	while ((r = stmt_step(stmt)) > 0)
		ids[n++] = stmt_col_u64(stmt, 0);
	if (r < 0 || n == 0)
		return r;
	list = arena_alloc(run->arena, n * sizeof(*list));
	if (list == NULL)
		return E_NOMEM;
	for (size_t i = 0; i < n && r == 0; i++) {
		struct principal_row row;

		r = access_principal(run, ids[i], &row);
		SHAPE_SET(
		    &list[i], principal, ((struct id){ids[i], KIND_PRINCIPAL}));
		if (r == 0 && row.name.n > 0)
			SHAPE_SET(&list[i], name, row.name);
	}
	v->has_editors = true;
	v->editors.v = list;
	v->editors.n = n;
	return r;
}

int
version_list_read(struct run *run)
{
	const struct version_list *args = RUN_ARGS(run, version_list);
	struct version_page *result = RUN_RESULT(run, version_page);
	size_t limit = args->has_limit ? MAX(args->limit, 1) : VERSIONS_PAGE;
	struct version *list = arena_alloc(run->arena, limit * sizeof(*list));
	struct stmt *stmt = db_stmt(run->place->db, SQL_VERSION_LIST);
	struct version_row row;
	size_t n = 0;
	int r;

	if (list == NULL)
		return E_NOMEM;
	stmt_u64(stmt, 1, run->on[0].ref);
	stmt_u64(stmt, 2, args->has_after ? args->after.n : INT64_MAX);
	stmt_u64(stmt, 3, limit + 1);
	SHAPE_SET(result, more, false);
	while ((r = stmt_step(stmt)) > 0) {
		struct version *v = &list[n];

		if (n == limit) {
			result->more = true;
			stmt_done(stmt);
			break;
		}
		if ((r = take_version(run, stmt, &row)) < 0) {
			stmt_done(stmt);
			return r;
		}
		describe(&row, v);
		n++;
	}
	for (size_t i = 0; i < n && r == 0; i++)
		r = describe_editors(run, &list[i]);
	if (r < 0)
		return r;
	result->has_list = true;
	result->list.v = list;
	result->list.n = n;
	return run_number(run, FACT_COUNT, (int64_t)n);
}

/* A version of a file that is there. */
static int
check_version(struct run *run, struct id version, struct version_row *ret)
{
	int r = files_load_version(run, version.n, ret);

	if (r < 0)
		return r;
	return ret->ended == 0 ? 0 : E_NOT_FOUND;
}

/* ---- restore
 * ------------------------------------------------------------------- */

int
version_restore_check(struct run *run)
{
	const struct version_restore *args = RUN_ARGS(run, version_restore);
	struct version_row *old = RUN_PLAN(run, struct version_row);
	const struct node_row *file = &run->on[0].node;
	int r = check_version(run, args->version, old);

	if (r < 0)
		return r;
	if (args->has_if_version && args->if_version.n != file->version)
		return E_CONFLICT;
	if (old->id == file->version)
		return E_STATE;
	return files_check_quota(run, file->space, old->size);
}

int
version_restore_apply(struct run *run)
{
	const struct version_row *old = RUN_PLAN(run, struct version_row);
	struct node_made *result = RUN_RESULT(run, node_made);
	struct files_current next = {.file = old->file,
	    .folder = run->on[0].node.parent,
	    .space = run->on[0].node.space,
	    .size = old->size,
	    .type = old->type,
	    .modified = run->place->now};
	int r = files_copy_version(
	    run, old->id, old->file, next.modified, &next.version);

	if (r < 0 || (r = run_from(run, old->id)) < 0 ||
	    (r = run_number(run, FACT_SIZE, (int64_t)old->size)) < 0)
		return r;
	SHAPE_SET(result, id, ((struct id){next.file, KIND_FILE}));
	SHAPE_SET(result, version, ((struct id){next.version, KIND_VERSION}));
	SHAPE_SET(result, size, old->size);
	SHAPE_SET(result, existed, true);
	return files_set_current(run, &next);
}

/* ---- name
 * ---------------------------------------------------------------------- */

/* Shown in lists: no control characters. */
static bool
is_label(struct slice label)
{
	for (size_t i = 0; i < label.n; i++)
		if (label.p[i] < 0x20 || label.p[i] == 0x7f)
			return false;
	return true;
}

int
version_name_check(struct run *run)
{
	const struct version_name *args = RUN_ARGS(run, version_name);
	struct version_row row;

	return !is_label(args->label) ? E_NAME
	                              : check_version(run, args->version, &row);
}

int
version_name_apply(struct run *run)
{
	const struct version_name *args = RUN_ARGS(run, version_name);
	struct stmt *stmt = db_stmt(run->place->db, SQL_VERSION_NAME);
	int r;

	stmt_u64(stmt, 1, args->version.n);
	stmt_text(stmt, 2, args->label);
	r = stmt_run(stmt);
	return r < 0 ? r
	             : run_number(run, FACT_TARGET, (int64_t)args->version.n);
}
