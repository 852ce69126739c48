/*
 * incident.revert: a file is again what it was before what descends from an
 * incident's seeds changed it. Nothing is taken away: its last version that
 * doesn't descend comes again on top, as the responder's.
 */
#include "core/apps/files/files.h"
#include "core/apps/incident/incident.h"

enum { VERSIONS_MAX = 10000 }; /* looked at */

struct revert_plan {
	uint64_t folder, space, version, size;
	struct slice type;
};

/* What descends, once for all files of a call. */
struct descent {
	uint64_t incident;
	const struct closure_row **rows;
	size_t n;
};

static int
take_descent(
    struct run *run, uint64_t incident, const struct descent **ret_descent)
{
	struct descent *descent = run->kept;
	struct closure closure;
	int r;

	*ret_descent = descent;
	if (descent != NULL && descent->incident == incident)
		return 0;
	r = incident_closure(run, incident, run->sequence - 1, &closure);
	if (r < 0)
		return r;
	descent = arena_alloc(run->arena, sizeof(*descent));
	if (descent != NULL) {
		descent->incident = incident;
		descent->n = closure.n_rows;
		r = incident_sorted(run, &closure, &descent->rows);
	} else {
		r = E_NOMEM;
	}
	closure_free(&closure);
	if (r == 0)
		run->kept = descent;
	*ret_descent = descent;
	return r;
}

/* The newest live version that doesn't descend; 0: there is none. */
static int
find_clean(struct run *run, const struct descent *descent, uint64_t file,
    uint64_t *ret_version)
{
	struct stmt *stmt = db_stmt(run->place->db, SQL_VERSION_LIST);
	int r;

	*ret_version = 0;
	stmt_u64(stmt, 1, file);
	stmt_u64(stmt, 2, INT64_MAX);
	stmt_u64(stmt, 3, VERSIONS_MAX);
	while ((r = stmt_step(stmt)) > 0) {
		uint64_t version = stmt_col_u64(stmt, 0);

		if (incident_among(descent->rows, descent->n, version) != NULL)
			continue;
		*ret_version = version;
		stmt_done(stmt);
		return 0;
	}
	return r;
}

/* E_STATE where the current version isn't theirs, or all of them are. */
static int
plan_revert(struct run *run, const struct descent *descent,
    const struct node_row *file, struct revert_plan *plan)
{
	const struct closure_row *row =
	    incident_among(descent->rows, descent->n, file->version);
	struct version_row clean;
	int r;

	if (row == NULL || row->verdict != VERDICT_MUST)
		return E_STATE;
	r = find_clean(run, descent, file->id, &plan->version);
	if (r < 0 || plan->version == 0)
		return r < 0 ? r : E_STATE;
	if ((r = files_load_version(run, plan->version, &clean)) < 0)
		return r;
	plan->folder = file->parent;
	plan->space = file->space;
	plan->size = clean.size;
	plan->type = clean.type;
	return files_check_quota(run, file->space, clean.size);
}

int
incident_revert_check(struct run *run)
{
	const struct incident_revert *args = RUN_ARGS(run, incident_revert);
	const struct descent *descent;
	struct incident_row incident;
	struct node_row file;
	int r = incident_check_caller(run);

	if (r < 0 ||
	    (r = incident_load_open(run, args->incident.n, &incident)) < 0 ||
	    (r = take_descent(run, incident.id, &descent)) < 0 ||
	    (r = node_load(run->place, args->file.n, &file)) < 0)
		return r;
	return file.ended != 0 ? E_NOT_FOUND
	                       : plan_revert(run, descent, &file,
				     RUN_PLAN(run, struct revert_plan));
}

int
incident_revert_apply(struct run *run)
{
	const struct revert_plan *plan = RUN_PLAN(run, struct revert_plan);
	struct files_current next = {
	    .file = RUN_ARGS(run, incident_revert)->file.n,
	    .folder = plan->folder,
	    .space = plan->space,
	    .size = plan->size,
	    .type = plan->type,
	    .modified = run->place->now};
	int r = files_copy_version(
	    run, plan->version, next.file, next.modified, &next.version);

	if (r < 0 || (r = run_from(run, plan->version)) < 0 ||
	    (r = run_number(run, FACT_TARGET, (int64_t)next.file)) < 0 ||
	    (r = run_number(run, FACT_SIZE, (int64_t)plan->size)) < 0)
		return r;
	return files_set_current(run, &next);
}
