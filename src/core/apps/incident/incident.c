/* incident.open, incident.seed, incident.list, incident.close. */
#include "core/apps/incident/incident.h"

#include <stdlib.h>

#include "core/apps/access/access.h"
#include "wire/webauthn.h"

enum { INCIDENTS_PAGE = 100, SEEDS_MAX = 1000 };

/* ---- shared
 * ---------------------------------------------------------------------- */

/* The columns of INCIDENT_COLUMNS. */
static int
take(struct run *run, struct stmt *stmt, struct incident_row *ret)
{
	*ret = (struct incident_row){
	    .id = stmt_col_u64(stmt, 0),
	    .name = run_copy(run, stmt_col_bytes(stmt, 1)),
	    .principal = stmt_col_u64(stmt, 2),
	    .opened = stmt_col_i64(stmt, 3),
	    .contained = stmt_col_u64(stmt, 4),
	    .proposed = stmt_col_u64(stmt, 5),
	    .proposer = stmt_col_u64(stmt, 6),
	    .proposer_session = stmt_col_u64(stmt, 7),
	    .evicted = stmt_col_u64(stmt, 8),
	    .ended = stmt_col_u64(stmt, 9),
	};
	return ret->name.p != NULL ? 0 : E_NOMEM;
}

int
incident_load(struct run *run, uint64_t id, struct incident_row *ret)
{
	struct stmt *stmt = db_stmt(run->place->db, SQL_INCIDENT_GET);
	int r;

	stmt_u64(stmt, 1, id);
	if ((r = stmt_step(stmt)) <= 0)
		return r < 0 ? r : E_NOT_FOUND;
	r = take(run, stmt, ret);
	stmt_done(stmt);
	return r;
}

int
incident_load_open(struct run *run, uint64_t id, struct incident_row *ret)
{
	int r = incident_load(run, id, ret);

	return r < 0 ? r : ret->ended == 0 ? 0 : E_STATE;
}

/* A passkey that is backed up is wherever its backup is. */
int
incident_check_caller(struct run *run)
{
	struct stmt *stmt;
	uint64_t kind, flags;
	int r;

	if (run->who.assurance != ASSURANCE_PASSKEY)
		return E_ASSURANCE;
	stmt = db_stmt(run->place->db, SQL_CREDENTIAL_MARKS);
	stmt_u64(stmt, 1, run->who.credential);
	if ((r = stmt_step(stmt)) <= 0)
		return r < 0 ? r : E_ASSURANCE;
	kind = stmt_col_u64(stmt, 0);
	flags = stmt_col_u64(stmt, 1);
	stmt_done(stmt);
	return kind == CREDENTIAL_PASSKEY && (flags & WEBAUTHN_BE) == 0
	           ? 0
	           : E_ASSURANCE;
}

static int
load_seeds(struct run *run, uint64_t id, uint64_t at,
    struct closure_seed **ret_seeds, size_t *ret_n)
{
	struct closure_seed *seeds =
	    arena_alloc(run->arena, SEEDS_MAX * sizeof(*seeds));
	struct stmt *stmt = db_stmt(run->place->db, SQL_INCIDENT_SEEDS);
	size_t n = 0;
	int r;

	if (seeds == NULL)
		return E_NOMEM;
	stmt_u64(stmt, 1, id);
	stmt_u64(stmt, 2, at);
	while ((r = stmt_step(stmt)) > 0 && n < SEEDS_MAX) {
		struct closure_seed *seed = &seeds[n++];

		*seed = (struct closure_seed){
		    .kind = (enum kind)stmt_col_u64(stmt, 0),
		    .ref = stmt_col_u64(stmt, 1),
		    .address = run_copy(run, stmt_col_bytes(stmt, 2)),
		    .since = stmt_col_i64(stmt, 3),
		    .until = stmt_col_i64(stmt, 4),
		};
		if (seed->address.p == NULL) {
			stmt_done(stmt);
			return E_NOMEM;
		}
	}
	stmt_done(stmt);
	*ret_seeds = seeds;
	*ret_n = n;
	return MIN(r, 0);
}

int
incident_closure(
    struct run *run, uint64_t id, uint64_t at, struct closure *ret_closure)
{
	struct closure_seed *seeds;
	size_t n;
	int r = load_seeds(run, id, at, &seeds, &n);

	if (r == 0)
		r = closure_find(
		    run->place, run->arena, seeds, n, at, ret_closure);
	if (r < 0)
		return r;
	if (closure_row(ret_closure, run->who.session) == NULL &&
	    closure_row(ret_closure, run->who.credential) == NULL &&
	    closure_row(ret_closure, run->who.principal) == NULL)
		return 0;
	closure_free(ret_closure);
	return E_LINEAGE;
}

int
incident_lives(struct run *run, const struct closure_row *row)
{
	static const enum sql rows[KIND_MAX] = {
	    [KIND_PRINCIPAL] = SQL_ROW_PRINCIPAL,
	    [KIND_CREDENTIAL] = SQL_ROW_CREDENTIAL,
	    [KIND_SESSION] = SQL_ROW_SESSION,
	    [KIND_GRANT] = SQL_ROW_TUPLE,
	    [KIND_UNIT] = SQL_ROW_UNIT,
	    [KIND_REQUEST] = SQL_ROW_REQUEST,
	    [KIND_FOLDER] = SQL_ROW_NODE,
	    [KIND_FILE] = SQL_ROW_NODE,
	    [KIND_VERSION] = SQL_ROW_VERSION,
	    [KIND_UPLOAD] = SQL_ROW_UPLOAD,
	};
	struct stmt *stmt;
	bool lives;
	int r;

	if (rows[row->kind] == 0)
		return 0;
	stmt = db_stmt(run->place->db, rows[row->kind]);
	stmt_u64(stmt, 1, row->ref);
	if ((r = stmt_step(stmt)) <= 0)
		return r;
	lives = stmt_col_u64(stmt, 0) == 0;
	stmt_done(stmt);
	return lives;
}

int
incident_spares(
    struct run *run, uint64_t incident, const struct closure_row *row)
{
	struct stmt *stmt;
	int r;

	if (row->verdict == VERDICT_MUST)
		return 0;
	stmt = db_stmt(run->place->db, SQL_INCIDENT_SPARED);
	stmt_u64(stmt, 1, incident);
	stmt_u64(stmt, 2, row->ref);
	if ((r = stmt_step(stmt)) > 0)
		stmt_done(stmt);
	return r;
}

static int
by_ref(const void *pa, const void *pb)
{
	const struct closure_row *a = *(const struct closure_row *const *)pa;
	const struct closure_row *b = *(const struct closure_row *const *)pb;

	return (a->ref > b->ref) - (a->ref < b->ref);
}

int
incident_sorted(struct run *run, const struct closure *closure,
    const struct closure_row ***ret_rows)
{
	size_t n = closure->n_rows;
	const struct closure_row **rows = arena_alloc(
	    run->arena, MAX(n, 1) * sizeof(const struct closure_row *));

	if (rows == NULL)
		return E_NOMEM;
	for (size_t i = 0; i < n; i++)
		rows[i] = closure->rows[i];
	qsort(rows, n, sizeof(const struct closure_row *), by_ref);
	*ret_rows = rows;
	return 0;
}

const struct closure_row *
incident_among(const struct closure_row *const *rows, size_t n, uint64_t ref)
{
	size_t low = 0, high = n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (rows[middle]->ref < ref)
			low = middle + 1;
		else
			high = middle;
	}
	return low < n && rows[low]->ref == ref ? rows[low] : NULL;
}

int
incident_digest(
    struct run *run, const struct closure *closure, struct digest *ret_digest)
{
	const struct closure_row **rows;
	struct buf lines = BUF((size_t)CLOSURE_MAX * 24);
	int r = incident_sorted(run, closure, &rows);

	for (size_t i = 0; i < closure->n_rows && r == 0; i++) {
		buf_put_u64(&lines, rows[i]->ref);
		buf_put_u8(&lines, ' ');
		buf_put_u64(&lines, rows[i]->verdict);
		buf_put_u8(&lines, '\n');
		r = lines.error;
	}
	if (r == 0)
		*ret_digest = sha256(buf_slice(&lines));
	buf_free(&lines);
	return r;
}

/* ---- open, close
 * ------------------------------------------------------------------ */

int
incident_open_check(struct run *run)
{
	return incident_check_caller(run);
}

int
incident_open_apply(struct run *run)
{
	const struct incident_open *args = RUN_ARGS(run, incident_open);
	struct incident_made *result = RUN_RESULT(run, incident_made);
	struct stmt *stmt;
	uint64_t id;
	int r = run_make(run, KIND_INCIDENT, &id);

	if (r < 0)
		return r;
	stmt = db_stmt(run->place->db, SQL_INCIDENT_PUT);
	stmt_u64(stmt, 1, id);
	stmt_text(stmt, 2, args->name);
	stmt_u64(stmt, 3, run->who.principal);
	stmt_i64(stmt, 4, run->place->now);
	if ((r = stmt_run(stmt)) < 0)
		return r;
	SHAPE_SET(result, id, ((struct id){id, KIND_INCIDENT}));
	return run_text(run, 1, 0, args->name);
}

int
incident_close_check(struct run *run)
{
	struct incident_row row;
	int r = incident_check_caller(run);

	return r < 0 ? r
	             : incident_load_open(
			   run, RUN_ARGS(run, incident_ref)->incident.n, &row);
}

int
incident_close_apply(struct run *run)
{
	uint64_t id = RUN_ARGS(run, incident_ref)->incident.n;
	struct stmt *stmt = db_stmt(run->place->db, SQL_INCIDENT_END);
	int r;

	stmt_u64(stmt, 1, id);
	stmt_u64(stmt, 2, run->sequence);
	if ((r = stmt_run(stmt)) < 0 || (r = run_end(run, id)) < 0)
		return r;
	return run_number(run, FACT_TARGET, (int64_t)id);
}

/* ---- seeds
 * ------------------------------------------------------------------------ */

static int
check_named(struct run *run, struct id id)
{
	enum sql row = id.kind == KIND_CREDENTIAL ? SQL_ROW_CREDENTIAL
	               : id.kind == KIND_SESSION  ? SQL_ROW_SESSION
	                                          : SQL_ROW_PRINCIPAL;
	struct stmt *stmt = db_stmt(run->place->db, row);
	int r;

	/* What has ended was compromised all the same. */
	stmt_u64(stmt, 1, id.n);
	if ((r = stmt_step(stmt)) > 0)
		stmt_done(stmt);
	return r < 0 ? r : r == 0 ? E_NOT_FOUND : 0;
}

static int
count_seeds(struct run *run, uint64_t id, uint64_t *ret_n)
{
	struct stmt *stmt = db_stmt(run->place->db, SQL_INCIDENT_SEED_COUNT);
	int r;

	stmt_u64(stmt, 1, id);
	if ((r = stmt_step(stmt)) < 0)
		return r;
	*ret_n = stmt_col_u64(stmt, 0);
	stmt_done(stmt);
	return 0;
}

/* The one that is named; KIND_NONE: an address. */
static struct id
named(const struct incident_seed *args)
{
	return args->has_credential  ? args->credential
	       : args->has_session   ? args->session
	       : args->has_principal ? args->principal
	                             : (struct id){0, KIND_NONE};
}

int
incident_seed_check(struct run *run)
{
	const struct incident_seed *args = RUN_ARGS(run, incident_seed);
	struct incident_row row;
	struct id id = named(args);
	uint64_t n;
	int r;

	if (args->has_credential + args->has_session + args->has_principal +
		args->has_address !=
	    1)
		return E_INVALID;
	if (args->has_address ? !args->has_since : args->has_until)
		return E_INVALID;
	if ((r = incident_check_caller(run)) < 0 ||
	    (r = incident_load_open(run, args->incident.n, &row)) < 0 ||
	    (r = count_seeds(run, args->incident.n, &n)) < 0)
		return r;
	if (n >= SEEDS_MAX)
		return E_LIMIT;
	/* Who looks into it can't be who it is about. */
	if (id.n != 0 &&
	    (id.n == run->who.session || id.n == run->who.credential ||
		id.n == run->who.principal))
		return E_LINEAGE;
	return id.n != 0 ? check_named(run, id) : 0;
}

int
incident_seed_apply(struct run *run)
{
	const struct incident_seed *args = RUN_ARGS(run, incident_seed);
	struct id id = named(args);
	struct stmt *stmt = db_stmt(run->place->db, SQL_INCIDENT_SEED_PUT);
	int r;

	stmt_u64(stmt, 1, args->incident.n);
	stmt_u64(stmt, 2, run->sequence);
	stmt_u64(stmt, 3, run->k);
	stmt_u64(stmt, 4, id.kind);
	stmt_u64(stmt, 5, id.n);
	stmt_text(stmt, 6, args->has_address ? args->address : SLICE(""));
	stmt_i64(stmt, 7, args->has_since ? args->since : 0);
	stmt_i64(stmt, 8, args->has_until ? args->until : 0);
	if ((r = stmt_run(stmt)) < 0 || id.n == 0)
		return r;
	return run_number(run, FACT_TARGET, (int64_t)id.n);
}

/* ---- list
 * ------------------------------------------------------------------------- */

int
incident_name(
    struct run *run, uint64_t principal, struct slice *ret, bool *ret_has)
{
	struct principal_row row;
	int r;

	if (principal == 0)
		return 0;
	if ((r = access_principal(run, principal, &row)) < 0)
		return r == E_NOT_FOUND ? 0 : r;
	*ret = row.name;
	*ret_has = true;
	return 0;
}

/* Whether the caller may know of it: nobody does of what is about them. */
static int
may_know(struct run *run, const struct incident_row *row)
{
	struct closure closure;
	int r = incident_closure(run, row->id, run->place->at, &closure);

	if (r < 0)
		return r == E_LINEAGE ? 0 : r;
	closure_free(&closure);
	return 1;
}

static int
describe(struct run *run, const struct incident_row *row, struct incident *ret)
{
	uint64_t seeds = 0;
	int r = count_seeds(run, row->id, &seeds);

	SHAPE_SET(ret, id, ((struct id){row->id, KIND_INCIDENT}));
	SHAPE_SET(ret, name, row->name);
	SHAPE_SET(ret, opened, row->opened);
	SHAPE_SET(ret, by, ((struct id){row->principal, KIND_PRINCIPAL}));
	SHAPE_SET(ret, seeds, seeds);
	if (row->contained != 0)
		SHAPE_SET(ret, contained, row->contained);
	if (row->evicted != 0)
		SHAPE_SET(ret, evicted, row->evicted);
	if (row->ended != 0)
		SHAPE_SET(ret, closed, row->ended);
	if (row->proposed != 0) {
		SHAPE_SET(ret, proposed, row->proposed);
		SHAPE_SET(ret, proposed_by,
		    ((struct id){row->proposer, KIND_PRINCIPAL}));
	}
	if (r == 0)
		r = incident_name(
		    run, row->principal, &ret->by_name, &ret->has_by_name);
	if (r == 0)
		r = incident_name(run, row->proposer, &ret->proposed_by_name,
		    &ret->has_proposed_by_name);
	return r;
}

int
incident_list_read(struct run *run)
{
	const struct incident_list *args = RUN_ARGS(run, incident_list);
	struct incident_page *result = RUN_RESULT(run, incident_page);
	size_t limit = args->has_limit ? MAX(args->limit, 1) : INCIDENTS_PAGE;
	struct incident_row *rows =
	    arena_alloc(run->arena, (limit + 1) * sizeof(*rows));
	struct incident *list = arena_alloc(run->arena, limit * sizeof(*list));
	struct stmt *stmt;
	size_t n = 0, told = 0;
	int r = incident_check_caller(run);

	if (r < 0)
		return r;
	if (rows == NULL || list == NULL)
		return E_NOMEM;
	stmt = db_stmt(run->place->db, SQL_INCIDENT_LIST);
	stmt_u64(stmt, 1, args->has_after ? args->after.n : INT64_MAX);
	stmt_u64(stmt, 2, limit + 1);
	while ((r = stmt_step(stmt)) > 0)
		if ((r = take(run, stmt, &rows[n++])) < 0) {
			stmt_done(stmt);
			return r;
		}
	for (size_t i = 0; i < MIN(n, limit) && r >= 0; i++)
		if ((r = may_know(run, &rows[i])) > 0)
			r = describe(run, &rows[i], &list[told++]);
	if (r < 0)
		return r;
	SHAPE_SET(result, more, n > limit);
	result->has_list = true;
	result->list.v = list;
	result->list.n = told;
	return run_number(run, FACT_COUNT, (int64_t)result->list.n);
}
