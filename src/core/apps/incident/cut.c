/*
 * incident.spare, incident.contain, incident.propose, incident.evict: what
 * descends from an incident's seeds ends.
 *
 * One person may end the seeds, at once. For all that descends it takes two, of
 * whom neither acts by anything that does: one proposes the cut as they have
 * looked at it, another one carries it out. What came since the proposal is cut
 * with it, so that nobody escapes by being quick.
 */
#include "core/approval.h"
#include "core/apps/access/access.h"
#include "core/apps/incident/incident.h"
#include "core/blob.h"

struct cut {
	const struct closure_row **rows; /* that live, and are to be ended */
	size_t n;
	uint64_t at; /* what descended as of this leaf */
	struct digest digest;
	bool proposer; /* who proposed it acts by something of it */
};

/* The leaf before this one: all that came before it is taken into account. */
static uint64_t
now_at(const struct run *run)
{
	return run->sequence - 1;
}

/* ---- spare
 * ------------------------------------------------------------------------- */

int
incident_spare_check(struct run *run)
{
	const struct incident_spare *args = RUN_ARGS(run, incident_spare);
	const struct closure_row *row;
	struct incident_row incident;
	struct closure closure;
	int r = incident_check_caller(run);

	if (r < 0 ||
	    (r = incident_load_open(run, args->incident.n, &incident)) < 0 ||
	    (r = incident_closure(run, incident.id, now_at(run), &closure)) < 0)
		return r;
	row = closure_row(&closure, args->id.n);
	if (row == NULL || row->kind != args->id.kind)
		r = E_NOT_FOUND;
	else if (row->verdict == VERDICT_MUST)
		r = E_STATE;
	closure_free(&closure);
	return r;
}

static int
unpropose(struct run *run, uint64_t incident)
{
	struct stmt *stmt = db_stmt(run->place->db, SQL_INCIDENT_PROPOSE);

	stmt_u64(stmt, 1, incident);
	stmt_u64(stmt, 2, 0);
	stmt_u64(stmt, 3, 0);
	stmt_u64(stmt, 4, 0);
	return stmt_run(stmt);
}

int
incident_spare_apply(struct run *run)
{
	const struct incident_spare *args = RUN_ARGS(run, incident_spare);
	bool cut = args->has_cut && args->cut;
	struct stmt *stmt = db_stmt(
	    run->place->db, cut ? SQL_INCIDENT_UNSPARE : SQL_INCIDENT_SPARE);
	int r;

	stmt_u64(stmt, 1, args->incident.n);
	stmt_u64(stmt, 2, args->id.n);
	if ((r = stmt_run(stmt)) < 0 ||
	    (r = unpropose(run, args->incident.n)) < 0)
		return r;
	return run_number(run, FACT_TARGET, (int64_t)args->id.n);
}

/* ---- what is to be ended
 * ----------------------------------------------------------------- */

/* A unit gives nothing by itself: roles in it are grants. */
static bool
holds_authority(enum kind kind)
{
	return kind == KIND_PRINCIPAL || kind == KIND_CREDENTIAL ||
	       kind == KIND_SESSION || kind == KIND_GRANT ||
	       kind == KIND_REQUEST || kind == KIND_UPLOAD;
}

/* How many rows end with one. */
static int
weigh(struct run *run, const struct closure_row *row, size_t *n)
{
	size_t credentials, sessions;
	int r;

	*n += 1;
	if (row->kind != KIND_PRINCIPAL)
		return 0;
	r = access_count_live(run, row->ref, &credentials, &sessions);
	*n += credentials + sessions;
	return r;
}

/* 1: it is to be ended; 0: it isn't, or has. */
static int
is_cut(struct run *run, uint64_t incident, const struct closure_row *row,
    bool seeds_only)
{
	int r;

	if (!holds_authority(row->kind) ||
	    (seeds_only && row->rule != DESCENT_SEED))
		return 0;
	if ((r = incident_spares(run, incident, row)) != 0)
		return MIN(r, 0);
	return incident_lives(run, row);
}

static int
list_cut(struct run *run, const struct incident_row *incident,
    const struct closure *closure, bool seeds_only, struct cut *cut)
{
	size_t weight = 0;
	int r = 0;

	cut->rows = arena_alloc(run->arena,
	    MAX(closure->n_rows, 1) * sizeof(const struct closure_row *));
	if (cut->rows == NULL)
		return E_NOMEM;
	for (size_t i = 0; i < closure->n_rows && r == 0; i++) {
		const struct closure_row *row = closure->rows[i];

		r = is_cut(run, incident->id, row, seeds_only);
		if (r <= 0)
			continue;
		cut->rows[cut->n++] = row;
		r = weigh(run, row, &weight);
	}
	/* One record names all that it ends. */
	return r < 0 ? r : run_check_room(run, weight);
}

static int
plan_cut(struct run *run, const struct incident_row *incident, bool seeds_only,
    struct cut *cut)
{
	struct closure closure;
	int r = incident_closure(run, incident->id, now_at(run), &closure);

	*cut = (struct cut){.at = now_at(run)};
	if (r < 0)
		return r;
	cut->proposer =
	    closure_row(&closure, incident->proposer_session) != NULL ||
	    closure_row(&closure, incident->proposer) != NULL;
	if ((r = list_cut(run, incident, &closure, seeds_only, cut)) == 0)
		r = incident_digest(run, &closure, &cut->digest);
	closure_free(&closure);
	return r;
}

/* What ended with another row is not ended twice. */
static int
end_row(struct run *run, const struct closure_row *row)
{
	int lives = incident_lives(run, row);

	if (lives <= 0)
		return lives;
	switch ((int)row->kind) {
	case KIND_PRINCIPAL:
		return access_end_principal(run, row->ref);
	case KIND_CREDENTIAL:
		return access_end_credential(run, row->ref);
	case KIND_SESSION:
		return access_end_session(run, row->ref);
	case KIND_GRANT:
		return access_end_grant(run, row->ref);
	case KIND_REQUEST:
		return approval_end(run, row->ref);
	default:
		return blob_end_upload(run, row->ref);
	}
}

static int
note_cut(struct run *run, uint64_t incident, const struct cut *cut)
{
	int r = run_number(run, FACT_TARGET, (int64_t)incident);

	if (r == 0)
		r = run_number(run, FACT_COUNT, (int64_t)cut->n);
	return r < 0 ? r
	             : draft_bytes(
			   run->draft, FACT_DIGEST, digest_slice(&cut->digest));
}

static int
do_cut(struct run *run, uint64_t incident, enum sql note, const struct cut *cut)
{
	struct incident_cut *result = RUN_RESULT(run, incident_cut);
	struct stmt *stmt = db_stmt(run->place->db, note);
	int r;

	stmt_u64(stmt, 1, incident);
	stmt_u64(stmt, 2, run->sequence);
	r = stmt_run(stmt);
	for (size_t i = 0; i < cut->n && r == 0; i++)
		r = end_row(run, cut->rows[i]);
	/* What a group gave whoever was in it is looked up anew. */
	run_regrouped(run);
	SHAPE_SET(result, count, cut->n);
	SHAPE_SET(result, at, cut->at);
	return r < 0 ? r : note_cut(run, incident, cut);
}

/* ---- contain
 * ----------------------------------------------------------------------- */

int
incident_contain_check(struct run *run)
{
	struct incident_row row;
	int r = incident_check_caller(run);

	if (r < 0 || (r = incident_load_open(run,
			  RUN_ARGS(run, incident_ref)->incident.n, &row)) < 0)
		return r;
	return plan_cut(run, &row, true, RUN_PLAN(run, struct cut));
}

int
incident_contain_apply(struct run *run)
{
	return do_cut(run, RUN_ARGS(run, incident_ref)->incident.n,
	    SQL_INCIDENT_CONTAIN, RUN_PLAN(run, struct cut));
}

/* ---- propose
 * ------------------------------------------------------------------------- */

int
incident_propose_check(struct run *run)
{
	struct cut *cut = RUN_PLAN(run, struct cut);
	struct incident_row row;
	int r = incident_check_caller(run);

	if (r < 0 ||
	    (r = incident_load_open(
		 run, RUN_ARGS(run, incident_ref)->incident.n, &row)) < 0 ||
	    (r = plan_cut(run, &row, false, cut)) < 0)
		return r;
	return cut->n == 0 ? E_STATE : 0;
}

int
incident_propose_apply(struct run *run)
{
	uint64_t id = RUN_ARGS(run, incident_ref)->incident.n;
	struct stmt *stmt = db_stmt(run->place->db, SQL_INCIDENT_PROPOSE);
	int r;

	stmt_u64(stmt, 1, id);
	stmt_u64(stmt, 2, run->sequence);
	stmt_u64(stmt, 3, run->who.principal);
	stmt_u64(stmt, 4, run->who.session);
	r = stmt_run(stmt);
	return r < 0 ? r : note_cut(run, id, RUN_PLAN(run, struct cut));
}

/* ---- evict
 * -------------------------------------------------------------------------- */

int
incident_evict_check(struct run *run)
{
	struct cut *cut = RUN_PLAN(run, struct cut);
	struct incident_row row;
	int r = incident_check_caller(run);

	if (r < 0 || (r = incident_load_open(run,
			  RUN_ARGS(run, incident_ref)->incident.n, &row)) < 0)
		return r;
	/* Whom it is about is told nothing of how far it is. */
	if ((r = plan_cut(run, &row, false, cut)) < 0)
		return r;
	if (row.proposed == 0)
		return E_STATE;
	/* They may have turned out to be one of them. */
	if (row.proposer == run->who.principal || cut->proposer)
		return E_LINEAGE;
	return approval_check_lineage(run, row.proposer);
}

static int
note_proposer(struct run *run, uint64_t id)
{
	struct leaf *leaf = &run->draft->leaf;
	uint64_t *session = arena_alloc(run->arena, sizeof(*session));
	struct incident_row row;
	int r = incident_load(run, id, &row);

	if (r < 0 || session == NULL)
		return r < 0 ? r : E_NOMEM;
	*session = row.proposer_session;
	leaf->approved = session;
	leaf->n_approved = 1;
	return 0;
}

int
incident_evict_apply(struct run *run)
{
	uint64_t id = RUN_ARGS(run, incident_ref)->incident.n;
	int r = note_proposer(run, id);

	return r < 0 ? r
	             : do_cut(run, id, SQL_INCIDENT_EVICT,
			   RUN_PLAN(run, struct cut));
}
