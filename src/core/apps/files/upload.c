/* upload.begin: room for bytes that are too many to come with a call. */
#include "core/apps/files/files.h"

#include "core/core.h"
#include "wire/http.h"

int
upload_begin_check(struct run *run)
{
	const struct upload_begin *args = RUN_ARGS(run, upload_begin);
	const struct config *config = core_config(run->place->core);

	if (args->has_account && args->account.n != run->who.principal)
		return E_NOT_FOUND;
	if (args->has_type && !http_media_type_ok(args->type))
		return E_INVALID;
	if (args->has_size && args->size > config->max_upload_bytes) {
		limit_met(CONFIG_max_upload_bytes);
		return E_LIMIT;
	}
	return 0;
}

int
upload_begin_apply(struct run *run)
{
	const struct upload_begin *args = RUN_ARGS(run, upload_begin);
	struct upload_ready *result = RUN_RESULT(run, upload_ready);
	struct stream_plan *plan = &run->op_call->stream;
	uint64_t limit = core_config(run->place->core)->max_upload_bytes, ref;
	struct stmt *stmt;
	int r;

	if ((r = run_make(run, KIND_UPLOAD, &ref)) < 0)
		return r;
	stmt = db_stmt(run->place->db, SQL_UPLOAD_PUT);
	stmt_u64(stmt, 1, ref);
	stmt_u64(stmt, 2, run->who.principal);
	stmt_text(stmt, 3, args->has_type ? args->type : SLICE(""));
	stmt_i64(stmt, 4,
	    run->place->now + (int64_t)FILES_UPLOAD_HOURS * 3600 * 1000);
	if ((r = stmt_run(stmt)) < 0)
		return r;
	*plan = (struct stream_plan){.wanted = true,
	    .upload = ref,
	    .limit = args->has_size ? args->size : limit};
	SHAPE_SET(result, id, ((struct id){ref, KIND_UPLOAD}));
	SHAPE_SET(result, limit, plan->limit);
	return args->has_size ? run_number(run, FACT_SIZE, (int64_t)args->size)
	                      : 0;
}
