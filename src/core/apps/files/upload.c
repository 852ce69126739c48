/* upload.begin, upload.store: bytes that a file will get. */
#include "core/apps/files/files.h"

#include "core/core.h"
#include "wire/http.h"

static int
check_upload(
    struct run *run, const struct id *account, struct slice type, uint64_t size)
{
	if (account != NULL && account->n != run->who.principal)
		return E_NOT_FOUND;
	if (type.p != NULL && !http_media_type_ok(type))
		return E_INVALID;
	if (size > core_config(run->place->core)->max_upload_bytes) {
		limit_met(CONFIG_max_upload_bytes);
		return E_LIMIT;
	}
	return 0;
}

/* A new row; with its bytes where content.p isn't NULL. */
static int
put_upload(
    struct run *run, struct slice type, struct slice content, uint64_t *ret_ref)
{
	struct digest digest;
	struct stmt *stmt;
	uint64_t ref;
	int r;

	if ((r = run_make(run, KIND_UPLOAD, &ref)) < 0)
		return r;
	stmt = db_stmt(run->place->db, SQL_UPLOAD_PUT);
	stmt_u64(stmt, 1, ref);
	stmt_u64(stmt, 2, run->who.principal);
	stmt_text(stmt, 3, type.p != NULL ? type : SLICE(""));
	stmt_i64(stmt, 4,
	    run->place->now + (int64_t)FILES_UPLOAD_HOURS * 3600 * 1000);
	if (content.p != NULL) {
		digest = sha256(content);
		stmt_bytes(stmt, 5, content);
		stmt_bytes(stmt, 6, digest_slice(&digest));
	} else {
		stmt_null(stmt, 5);
		stmt_null(stmt, 6);
	}
	if ((r = stmt_run(stmt)) == 0)
		*ret_ref = ref;
	return r;
}

/* ---- upload.begin: many, by a stream
 * -------------------------------------------------------- */

int
upload_begin_check(struct run *run)
{
	const struct upload_begin *args = RUN_ARGS(run, upload_begin);

	return check_upload(run, args->has_account ? &args->account : NULL,
	    args->has_type ? args->type : SLICE_NONE,
	    args->has_size ? args->size : 0);
}

int
upload_begin_apply(struct run *run)
{
	const struct upload_begin *args = RUN_ARGS(run, upload_begin);
	struct upload_ready *result = RUN_RESULT(run, upload_ready);
	struct stream_plan *plan = &run->op_call->stream;
	uint64_t limit = core_config(run->place->core)->max_upload_bytes;
	uint64_t ref = 0;
	int r = put_upload(
	    run, args->has_type ? args->type : SLICE_NONE, SLICE_NONE, &ref);

	if (r < 0)
		return r;
	*plan = (struct stream_plan){.wanted = true,
	    .upload = ref,
	    .limit = args->has_size ? args->size : limit};
	SHAPE_SET(result, id, ((struct id){ref, KIND_UPLOAD}));
	SHAPE_SET(result, limit, plan->limit);
	return args->has_size ? run_number(run, FACT_SIZE, (int64_t)args->size)
	                      : 0;
}

/* ---- upload.store: few, with the call
 * ------------------------------------------------------- */

int
upload_store_check(struct run *run)
{
	const struct upload_store *args = RUN_ARGS(run, upload_store);

	return check_upload(run, args->has_account ? &args->account : NULL,
	    args->has_type ? args->type : SLICE_NONE, args->content.n);
}

int
upload_store_apply(struct run *run)
{
	const struct upload_store *args = RUN_ARGS(run, upload_store);
	struct upload_stored *result = RUN_RESULT(run, upload_stored);
	uint64_t ref = 0;
	int r = put_upload(run, args->has_type ? args->type : SLICE_NONE,
	    args->content.n > 0 ? args->content : SLICE(""), &ref);

	if (r < 0)
		return r;
	SHAPE_SET(result, id, ((struct id){ref, KIND_UPLOAD}));
	return run_number(run, FACT_SIZE, (int64_t)args->content.n);
}
