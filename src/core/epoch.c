#include "core/epoch.h"

#include <stdio.h>

#include "core/head.h"
#include "store/meta.h"

static int
get_digest(struct stmt *stmt, int column, struct digest *ret)
{
	struct slice s = stmt_col_bytes(stmt, column);

	*ret = (struct digest){.b = {0}};
	if (s.n != 0 && s.n != SHA256_BYTES)
		return E_CORRUPT;
	if (s.n > 0)
		memcpy(ret->b, s.p, s.n);
	return 0;
}

int
epoch_after(struct db *db, uint64_t after, struct epoch *ret_epoch)
{
	struct stmt *stmt = db_stmt(db, SQL_EPOCH_AFTER);
	struct epoch epoch = {.base = 0};
	struct slice origin;
	int r;

	stmt_u64(stmt, 1, after);
	if ((r = stmt_step(stmt)) <= 0)
		return r;
	epoch.base = stmt_col_u64(stmt, 0);
	origin = stmt_col_bytes(stmt, 1);
	(void)snprintf(
	    epoch.origin, sizeof(epoch.origin), "%.*s", SLICE_ARG(origin));
	epoch.previous = stmt_col_u64(stmt, 2);
	epoch.known = stmt_col_u64(stmt, 3);
	epoch.kept = stmt_col_u64(stmt, 4);
	epoch.signed_size = stmt_col_u64(stmt, 6);
	if ((r = get_digest(stmt, 5, &epoch.root)) == 0)
		r = get_digest(stmt, 7, &epoch.signed_root);
	stmt_done(stmt);
	if (r < 0)
		return r;
	*ret_epoch = epoch;
	return 1;
}

int
epoch_get(struct db *db, uint64_t base, struct epoch *ret_epoch)
{
	struct epoch epoch;
	int r = base > 0 ? epoch_after(db, base - 1, &epoch) : 0;

	if (r < 0)
		return r;
	if (r == 0 || epoch.base != base)
		return E_NOT_FOUND;
	*ret_epoch = epoch;
	return 0;
}

static int
put_row(struct db *db, const struct epoch *epoch)
{
	struct stmt *stmt = db_stmt(db, SQL_EPOCH_PUT);
	bool later = epoch->previous != 0;

	stmt_u64(stmt, 1, epoch->base);
	stmt_text(stmt, 2, slice_str(epoch->origin));
	stmt_u64(stmt, 3, epoch->previous);
	stmt_u64(stmt, 4, epoch->known);
	stmt_u64(stmt, 5, epoch->kept);
	stmt_bytes(stmt, 6, later ? digest_slice(&epoch->root) : SLICE_NONE);
	stmt_u64(stmt, 7, epoch->signed_size);
	stmt_bytes(stmt, 8,
	    epoch->signed_size > 0 ? digest_slice(&epoch->signed_root)
				   : SLICE_NONE);
	return stmt_run(stmt);
}

int
epoch_begin(struct db *db, const struct epoch *epoch)
{
	int r = put_row(db, epoch);

	if (r < 0 ||
	    (r = meta_put(db, "origin", slice_str(epoch->origin))) < 0 ||
	    (r = meta_put_u64(db, "base", epoch->base)) < 0 ||
	    (r = meta_put(db, "log_key", SLICE_NONE)) < 0)
		return r;
	return head_reset(db);
}

int
epoch_lost(struct db *db, uint64_t since)
{
	struct stmt *stmt = db_stmt(db, SQL_EPOCH_LOST);
	int r;

	stmt_u64(stmt, 1, since);
	r = stmt_step(stmt);
	if (r > 0)
		r = stmt_col_u64(stmt, 0) > 0;
	stmt_done(stmt);
	return r;
}
