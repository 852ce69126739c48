#include "core/collect.h"

#include "core/apps/files/files.h"
#include "core/core.h"
#include "core/writer.h"

static int64_t
marked_before(int64_t now)
{
	return now - (int64_t)COLLECT_BLOB_HOURS * 3600 * 1000;
}

/* ---- whether there is anything
 * --------------------------------------------------- */

static int
has_row(struct db *db, enum sql sql, int64_t before)
{
	struct stmt *stmt = db_stmt(db, sql);
	int r;

	stmt_i64(stmt, 1, before);
	stmt_u64(stmt, 2, 1);
	r = stmt_step(stmt);
	stmt_done(stmt);
	return r;
}

int
collect_is_due(struct db *db, int64_t now)
{
	int r = has_row(db, SQL_UPLOAD_DUE, now);

	if (r == 0)
		r = has_row(db, SQL_PURGE_DUE, now);
	if (r == 0)
		r = has_row(db, SQL_BLOB_DUE, marked_before(now));
	return r;
}

/* ---- rows, read before anything is written
 * ---------------------------------------- */

struct due {
	uint64_t id, a, b;
};

/* The rows of a statement whose last parameter is how many there may be. */
static int
take(struct run *run, struct stmt *stmt, unsigned columns,
    struct due **ret_list, size_t *ret_n)
{
	struct due *list =
	    arena_alloc(run->arena, COLLECT_ROWS * sizeof(*list));
	size_t n = 0;
	int r;

	if (list == NULL)
		return E_NOMEM;
	while ((r = stmt_step(stmt)) > 0 && n < COLLECT_ROWS) {
		list[n].id = stmt_col_u64(stmt, 0);
		list[n].a = columns > 1 ? stmt_col_u64(stmt, 1) : 0;
		list[n].b = columns > 2 ? stmt_col_u64(stmt, 2) : 0;
		n++;
	}
	stmt_done(stmt);
	*ret_list = list;
	*ret_n = n;
	return r < 0 ? r : 0;
}

static int
take_before(struct run *run, enum sql sql, int64_t before, unsigned columns,
    size_t limit, struct due **ret_list, size_t *ret_n)
{
	struct stmt *stmt = db_stmt(run->place->db, sql);

	stmt_i64(stmt, 1, before);
	stmt_u64(stmt, 2, limit);
	return take(run, stmt, columns, ret_list, ret_n);
}

static int
take_of(struct run *run, enum sql sql, uint64_t of, unsigned columns,
    size_t limit, struct due **ret_list, size_t *ret_n)
{
	struct stmt *stmt = db_stmt(run->place->db, sql);

	stmt_u64(stmt, 1, of);
	stmt_u64(stmt, 2, limit);
	return take(run, stmt, columns, ret_list, ret_n);
}

/* A statement that ends a row: its id and the number of this record. */
static int
end_row(struct run *run, enum sql sql, uint64_t id, struct collected *done)
{
	struct stmt *stmt = db_stmt(run->place->db, sql);
	int r;

	stmt_u64(stmt, 1, id);
	stmt_u64(stmt, 2, run->sequence);
	r = stmt_run(stmt);
	if (r < 0)
		return r;
	done->rows++;
	return run_end(run, id);
}

/* ---- blobs
 * -------------------------------------------------------------------------- */

static int
count_of(struct run *run, enum sql sql, uint64_t blob, uint64_t *ret_n)
{
	struct stmt *stmt = db_stmt(run->place->db, sql);
	int r;

	stmt_u64(stmt, 1, blob);
	r = stmt_step(stmt);
	*ret_n = r > 0 ? stmt_col_u64(stmt, 0) : 0;
	stmt_done(stmt);
	return r < 0 ? r : 0;
}

/* Whether anything refers to a blob. */
static int
is_used(struct run *run, uint64_t blob, bool *ret_used)
{
	uint64_t versions = 0, uploads = 0;
	int r = count_of(run, SQL_VERSION_OF_BLOB, blob, &versions);

	if (r == 0)
		r = count_of(run, SQL_UPLOAD_OF_BLOB, blob, &uploads);
	*ret_used = r == 0 && versions + uploads > 0;
	return r;
}

static int
mark(struct run *run, uint64_t blob, int64_t when)
{
	struct stmt *stmt = db_stmt(run->place->db, SQL_BLOB_MARK);

	stmt_u64(stmt, 1, blob);
	stmt_i64(stmt, 2, when);
	return stmt_run(stmt);
}

/* Something that referred to a blob is gone. */
static int
released(struct run *run, uint64_t blob)
{
	bool used;
	int r;

	if (blob == 0)
		return 0;
	r = is_used(run, blob, &used);
	return r < 0 || used ? r : mark(run, blob, run->place->now);
}

/* Its time is over; it may have come into use again meanwhile. */
static int
end_blob(struct run *run, const struct due *blob, struct collected *done)
{
	struct stmt *stmt = db_stmt(run->place->db, SQL_BLOB_GET);
	struct order order = {.type = ORDER_DROP};
	bool used;
	int r = is_used(run, blob->id, &used);

	if (r < 0)
		return r;
	if (used)
		return mark(run, blob->id, 0);
	stmt_u64(stmt, 1, blob->id);
	r = stmt_step(stmt);
	if (r <= 0)
		return r < 0 ? r : E_CORRUPT;
	done->bytes += stmt_col_u64(stmt, 2);
	order.bytes = run_copy(run, stmt_col_bytes(stmt, 4));
	stmt_done(stmt);
	if (order.bytes.p == NULL)
		return E_NOMEM;
	if ((r = end_row(run, SQL_BLOB_END, blob->id, done)) < 0)
		return r;
	return writer_order(run->place->writer, &order);
}

static int
end_blobs(struct run *run, struct collected *done)
{
	struct due *list;
	size_t n = 0;
	int r = take_before(run, SQL_BLOB_DUE, marked_before(run->place->now),
	    1, COLLECT_ROWS - done->rows, &list, &n);

	for (size_t i = 0; i < n && r == 0; i++)
		r = end_blob(run, &list[i], done);
	return r;
}

/* ---- uploads
 * -------------------------------------------------------------------------- */

static int
end_uploads(struct run *run, struct collected *done)
{
	struct due *list;
	size_t n = 0;
	int r = take_before(run, SQL_UPLOAD_DUE, run->place->now, 2,
	    COLLECT_ROWS - done->rows, &list, &n);

	for (size_t i = 0; i < n && r == 0; i++) {
		r = end_row(run, SQL_UPLOAD_END, list[i].id, done);
		if (r == 0)
			r = released(run, list[i].a);
	}
	return r;
}

/* ---- what was purged
 * -------------------------------------------------------------------- */

static int
plan_purge(struct run *run, enum sql sql, uint64_t node)
{
	struct stmt *stmt = db_stmt(run->place->db, sql);

	stmt_u64(stmt, 1, node);
	if (sql == SQL_PURGE_PUT)
		stmt_i64(stmt, 2, 0);
	return stmt_run(stmt);
}

/* All versions of a file, and its share of the quota. */
static int
end_versions(
    struct run *run, const struct node_row *node, struct collected *done)
{
	size_t n = 0, room = COLLECT_ROWS - done->rows;
	struct due *list;
	int64_t bytes = 0;
	int r = take_of(run, SQL_VERSION_OF_NODE, node->id, 3, room, &list, &n);

	for (size_t i = 0; i < n && r == 0; i++) {
		r = end_row(run, SQL_VERSION_END, list[i].id, done);
		if (r == 0)
			r = released(run, list[i].b);
		if (list[i].b == 0)
			done->bytes += list[i].a;
		bytes += (int64_t)list[i].a;
	}
	if (r == 0 && bytes > 0)
		r = run_touch_files(run, node->space, -bytes);
	if (r == 0 && n < room)
		r = plan_purge(run, SQL_PURGE_DELETE, node->id);
	return r;
}

/* What lies in a folder ends as it did, and is due at once. */
static int
end_children(
    struct run *run, const struct node_row *node, struct collected *done)
{
	size_t n = 0, room = COLLECT_ROWS - done->rows;
	struct due *list;
	int r = take_of(run, SQL_NODE_CHILDREN, node->id, 3, room, &list, &n);

	for (size_t i = 0; i < n && r == 0; i++) {
		r = end_row(run, SQL_NODE_END, list[i].id, done);
		if (r == 0)
			r = run_end(run, list[i].b);
		if (r == 0)
			r = files_forget_stars(run, list[i].id);
		if (r == 0)
			r = plan_purge(run, SQL_PURGE_PUT, list[i].id);
	}
	if (r == 0 && n < room)
		r = plan_purge(run, SQL_PURGE_DELETE, node->id);
	return r;
}

static int
end_purged(struct run *run, struct collected *done)
{
	struct due *list;
	size_t n = 0;
	int r = take_before(run, SQL_PURGE_DUE, run->place->now, 1,
	    COLLECT_ROWS - done->rows, &list, &n);

	for (size_t i = 0; i < n && r == 0 && done->rows < COLLECT_ROWS; i++) {
		struct node_row node;

		if ((r = node_load(run->place, list[i].id, &node)) < 0)
			return r == E_NOT_FOUND ? E_CORRUPT : r;
		r = node.kind == KIND_FOLDER ? end_children(run, &node, done)
		                             : end_versions(run, &node, done);
		/* A folder that was empty counts too: else it would be free. */
		done->rows += r == 0 && done->rows < COLLECT_ROWS;
	}
	return r;
}

int
collect_due(struct run *run, void *collected)
{
	struct collected *done = collected;
	int r;

	*done = (struct collected){.rows = 0};
	if (core_time_is_suspect(&run->place->core->time))
		return run_number(run, FACT_COUNT, 0);
	if ((r = end_uploads(run, done)) < 0 ||
	    (done->rows < COLLECT_ROWS && (r = end_purged(run, done)) < 0) ||
	    (done->rows < COLLECT_ROWS && (r = end_blobs(run, done)) < 0) ||
	    (r = run_number(run, FACT_COUNT, (int64_t)done->rows)) < 0)
		return r;
	return run_number(run, FACT_BYTES, (int64_t)done->bytes);
}

/* ---- files that no row names
 * --------------------------------------------------------------- */

int
collect_is_orphan(struct db *db, struct slice place)
{
	struct stmt *stmt = db_stmt(db, SQL_BLOB_BY_PLACE);
	int r;

	stmt_bytes(stmt, 1, place);
	r = stmt_step(stmt);
	stmt_done(stmt);
	return r < 0 ? r : r == 0;
}

int
collect_orphans(struct run *run, void *collect_files)
{
	const struct collect_files *files = collect_files;
	struct writer *writer = run->place->writer;
	int64_t n = 0;
	int r;

	for (size_t i = 0; i < files->n; i++) {
		struct order order = {
		    .type = ORDER_DROP, .bytes = slice_str(files->place[i])};

		r = collect_is_orphan(run->place->db, order.bytes);
		if (r > 0 && (r = writer_order(writer, &order)) == 0)
			n++;
		if (r < 0)
			return r;
	}
	return run_number(run, FACT_COUNT, n);
}
