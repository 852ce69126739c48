#include "core/blob.h"

#include "core/writer.h"

static int
find_same(struct run *run, uint64_t space, const struct digest *digest,
    uint64_t *ret_blob)
{
	struct stmt *stmt = db_stmt(run->place->db, SQL_BLOB_FIND);
	int r;

	stmt_u64(stmt, 1, space);
	stmt_bytes(stmt, 2, digest_slice(digest));
	r = stmt_step(stmt);
	*ret_blob = r > 0 ? stmt_col_u64(stmt, 0) : 0;
	stmt_done(stmt);
	return r < 0 ? r : 0;
}

static int
put_blob(struct run *run, uint64_t space, const struct stream_ending *ending,
    uint64_t *ret_blob)
{
	struct stmt *stmt;
	uint64_t ref;
	int r = run_make(run, KIND_BLOB, &ref);

	if (r < 0)
		return r;
	stmt = db_stmt(run->place->db, SQL_BLOB_PUT);
	stmt_u64(stmt, 1, ref);
	stmt_u64(stmt, 2, space);
	stmt_u64(stmt, 3, ending->bytes);
	stmt_bytes(stmt, 4, digest_slice(&ending->digest));
	stmt_bytes(stmt, 5, slice_str(ending->place));
	stmt_bytes(stmt, 6, digest_slice(&ending->sums));
	*ret_blob = ref;
	return stmt_run(stmt);
}

int
blob_drop(struct run *run, const char *place)
{
	return writer_order(run->place->writer,
	    &(struct order){.type = ORDER_DROP, .bytes = slice_str(place)});
}

int
blob_take(struct run *run, uint64_t space, const struct stream_ending *ending,
    uint64_t *ret_blob)
{
	int r = find_same(run, space, &ending->digest, ret_blob);

	if (r < 0)
		return r;
	return *ret_blob != 0 ? blob_drop(run, ending->place)
	                      : put_blob(run, space, ending, ret_blob);
}

int
blob_end_upload(struct run *run, uint64_t upload)
{
	struct stmt *stmt = db_stmt(run->place->db, SQL_UPLOAD_END);
	int r;

	stmt_u64(stmt, 1, upload);
	stmt_u64(stmt, 2, run->sequence);
	r = stmt_run(stmt);
	return r < 0 ? r : run_end(run, upload);
}

int
blob_take_upload(
    struct run *run, uint64_t upload, const struct stream_ending *ending)
{
	struct stmt *stmt;
	uint64_t blob = 0;
	int r;

	if (!ending->stored)
		return blob_end_upload(run, upload);
	r = blob_take(run, run->draft->leaf.principal, ending, &blob);
	if (r < 0)
		return r;
	stmt = db_stmt(run->place->db, SQL_UPLOAD_FILL);
	stmt_u64(stmt, 1, upload);
	stmt_u64(stmt, 2, blob);
	return stmt_run(stmt);
}
