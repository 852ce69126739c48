#include "core/head.h"

#include "store/meta.h"

enum { MARK_BYTES = 8 + 8 + BOOT_ID_BYTES };

static uint64_t
get_be64(const uint8_t *p)
{
	uint64_t value = 0;

	for (size_t i = 0; i < 8; i++)
		value = value << 8 | p[i];
	return value;
}

static void
put_be64(uint8_t *p, uint64_t value)
{
	for (size_t i = 0; i < 8; i++)
		p[i] = (uint8_t)(value >> (56 - 8 * i));
}

int
head_get(struct db *db, struct head *ret_head)
{
	struct buf buf = BUF(TREE_PUT_MAX + MARK_BYTES);
	struct head head = {.mark = {.ms = 0}};
	int r = meta_get(db, "head", &buf);

	if (r == 0 && buf.n > 0 && buf.n < MARK_BYTES)
		r = E_CORRUPT;
	if (r == 0 && buf.n > 0) {
		head.mark.ms = (int64_t)get_be64(buf.p);
		head.mark.boot_ns = get_be64(buf.p + 8);
		memcpy(head.mark.boot_id, buf.p + 16, BOOT_ID_BYTES);
		r = tree_parse(
		    slice_from(buf_slice(&buf), MARK_BYTES), &head.tree);
	}
	buf_free(&buf);
	if (r == 0)
		*ret_head = head;
	return r;
}

static int
encode(const struct head *head, struct buf *buf)
{
	uint8_t mark[MARK_BYTES];

	put_be64(mark, (uint64_t)head->mark.ms);
	put_be64(mark + 8, head->mark.boot_ns);
	memcpy(mark + 16, head->mark.boot_id, BOOT_ID_BYTES);
	buf_put(buf, mark, sizeof(mark));
	tree_put(&head->tree, buf);
	return buf->error;
}

int
head_put(struct db *db, const struct head *head, uint64_t fence)
{
	struct buf buf = BUF(TREE_PUT_MAX + MARK_BYTES);
	uint8_t number[8];
	struct stmt *stmt;
	int r = encode(head, &buf);

	put_be64(number, fence);
	if (r == 0) {
		stmt = db_stmt(db, SQL_HEAD_PUT);
		stmt_bytes(stmt, 1, buf_slice(&buf));
		stmt_bytes(stmt, 2, slice_of(number, sizeof(number)));
		r = stmt_run(stmt);
	}
	buf_free(&buf);
	if (r < 0)
		return r;
	return db_changes(db) == 1 ? 0 : E_STATE;
}

int
head_reset(struct db *db)
{
	struct buf buf = BUF(TREE_PUT_MAX + MARK_BYTES);
	struct head head;
	int r = head_get(db, &head);

	if (r == E_NOT_FOUND)
		return meta_put(db, "head", SLICE_NONE);
	if (r < 0)
		return r;
	head.tree = (struct tree){.size = 0};
	r = encode(&head, &buf);
	if (r == 0)
		r = meta_put(db, "head", buf_slice(&buf));
	buf_free(&buf);
	return r;
}

int
head_take_fence(struct db *db, uint64_t *ret_fence)
{
	uint64_t fence = 0;
	int r = meta_get_u64(db, "fence", &fence);

	if (r < 0 && r != E_NOT_FOUND)
		return r;
	if ((r = meta_put_u64(db, "fence", fence + 1)) < 0)
		return r;
	*ret_fence = fence + 1;
	return 0;
}
