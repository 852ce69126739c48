#include "store/meta.h"

int
meta_get(struct db *db, const char *key, struct buf *ret_value)
{
	struct stmt *stmt = db_stmt(db, SQL_META_GET);
	int r;

	stmt_text(stmt, 1, slice_str(key));
	r = stmt_step(stmt);
	if (r <= 0)
		return r < 0 ? r : E_NOT_FOUND;
	buf_put_slice(ret_value, stmt_col_bytes(stmt, 0));
	stmt_done(stmt);
	return ret_value->error;
}

int
meta_put(struct db *db, const char *key, struct slice value)
{
	struct stmt *stmt = db_stmt(db, SQL_META_PUT);

	stmt_text(stmt, 1, slice_str(key));
	stmt_bytes(stmt, 2, value);
	return stmt_run(stmt);
}

/* Numbers are 8 bytes, big-endian. */
int
meta_get_u64(struct db *db, const char *key, uint64_t *ret_value)
{
	struct stmt *stmt = db_stmt(db, SQL_META_GET);
	uint64_t value = 0;
	struct slice s;
	int r;

	stmt_text(stmt, 1, slice_str(key));
	r = stmt_step(stmt);
	if (r <= 0)
		return r < 0 ? r : E_NOT_FOUND;
	s = stmt_col_bytes(stmt, 0);
	r = s.n == 8 ? 0 : E_CORRUPT;
	for (size_t i = 0; i < s.n; i++)
		value = value << 8 | s.p[i];
	stmt_done(stmt);
	if (r == 0)
		*ret_value = value;
	return r;
}

int
meta_put_u64(struct db *db, const char *key, uint64_t value)
{
	uint8_t bytes[8];

	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (uint8_t)(value >> (56 - 8 * i));
	return meta_put(db, key, slice_of(bytes, sizeof(bytes)));
}
