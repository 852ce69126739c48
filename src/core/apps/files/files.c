/* What the operations on files share. */
#include "core/apps/files/files.h"

#include <stdlib.h>

#include "core/apps/access/access.h"
#include "core/core.h"
#include "core/record.h"
#include "core/subject.h"
#include "core/writer.h"
#include "ledger/leaf.h"

int
files_usage(struct run *run, uint64_t space, struct files_usage *ret)
{
	const struct config *config = core_config(run->place->core);
	struct stmt *stmt = db_stmt(run->place->db, SQL_PRINCIPAL_FILES);
	int64_t used, own;
	bool guest;
	int r;

	stmt_u64(stmt, 1, space);
	r = stmt_step(stmt);
	if (r <= 0)
		return r < 0 ? r : E_NOT_FOUND;
	used = stmt_col_i64(stmt, 1);
	own = stmt_col_i64(stmt, 2);
	guest = principal_is_outside((unsigned)stmt_col_u64(stmt, 3));
	stmt_done(stmt);
	if (run->place->writer != NULL)
		used += writer_files_bytes(run->place->writer, space);
	*ret = (struct files_usage){.used = (uint64_t)MAX(used, 0),
	    .own = own >= 0,
	    .guest = guest,
	    .limit = own >= 0 ? (uint64_t)own
	             : guest  ? config->guest_quota_bytes
	                      : config->quota_bytes};
	return 0;
}

int
files_check_quota(struct run *run, uint64_t space, uint64_t size)
{
	struct files_usage usage;
	int r = files_usage(run, space, &usage);

	if (r < 0 || usage.limit == 0)
		return r;
	if (usage.used <= usage.limit && size <= usage.limit - usage.used)
		return 0;
	limit_met(usage.guest ? CONFIG_guest_quota_bytes : CONFIG_quota_bytes);
	return E_OVER_QUOTA;
}

/* Few bytes, which the upload holds itself; they must be what came. */
static int
take_held(struct run *run, struct slice content, struct slice digest,
    struct files_bytes *bytes)
{
	bytes->content = content.n > 0 ? run_copy(run, content) : SLICE("");
	if (bytes->content.p == NULL)
		return E_NOMEM;
	bytes->size = content.n;
	bytes->digest = sha256(bytes->content);
	return slice_eq(digest_slice(&bytes->digest), digest) ? 0 : E_DAMAGED;
}

static int
take_blob(struct run *run, struct files_bytes *bytes)
{
	struct stmt *stmt = db_stmt(run->place->db, SQL_BLOB_GET);
	struct slice digest;
	int r;

	stmt_u64(stmt, 1, bytes->blob);
	r = stmt_step(stmt);
	if (r <= 0)
		return r < 0 ? r : E_CORRUPT;
	bytes->size = stmt_col_u64(stmt, 2);
	digest = stmt_col_bytes(stmt, 3);
	if (digest.n == SHA256_BYTES)
		memcpy(bytes->digest.b, digest.p, digest.n);
	stmt_done(stmt);
	return digest.n == SHA256_BYTES ? 0 : E_CORRUPT;
}

static int
find_upload(struct run *run, struct id upload, struct files_bytes *bytes)
{
	struct stmt *stmt = db_stmt(run->place->db, SQL_UPLOAD_GET);
	bool mine, live;
	struct slice digest;
	int r;

	stmt_u64(stmt, 1, upload.n);
	r = stmt_step(stmt);
	if (r <= 0)
		return r < 0 ? r : E_NOT_FOUND;
	mine = stmt_col_u64(stmt, 0) == run->who.principal;
	bytes->blob = stmt_col_u64(stmt, 1);
	bytes->upload = upload.n;
	live = stmt_col_u64(stmt, 3) == 0;
	digest = stmt_col_bytes(stmt, 5);
	/* Whose it is, is part of what it is: an id is never a right. */
	if (!mine)
		r = E_NOT_FOUND;
	else if (!live || (bytes->blob == 0 && digest.n == 0))
		r = E_STATE;
	else if (bytes->blob == 0)
		r = take_held(run, stmt_col_bytes(stmt, 4), digest, bytes);
	else
		r = 0;
	stmt_done(stmt);
	return r < 0 || bytes->blob == 0 ? r : take_blob(run, bytes);
}

int
files_find_bytes(struct run *run, uint64_t space, struct slice content,
    bool has_upload, struct id upload, struct files_bytes *ret_bytes)
{
	struct files_bytes *bytes = ret_bytes;
	int r;

	*bytes = (struct files_bytes){.size = content.n};
	if (has_upload) {
		if (content.p != NULL)
			return E_INVALID;
		r = find_upload(run, upload, bytes);
		if (r < 0)
			return r;
	} else {
		bytes->content = content.p != NULL ? content : SLICE("");
		bytes->digest = sha256(bytes->content);
	}
	return files_check_quota(run, space, bytes->size);
}

int
files_put_version(struct run *run, uint64_t file, struct slice type,
    int64_t modified, const struct files_bytes *bytes, uint64_t *ret_version)
{
	struct stmt *stmt;
	uint64_t ref;
	int r;

	if ((r = run_make(run, KIND_VERSION, &ref)) < 0)
		return r;
	stmt = db_stmt(run->place->db, SQL_VERSION_PUT);
	stmt_u64(stmt, 1, ref);
	stmt_u64(stmt, 2, file);
	stmt_u64(stmt, 3, bytes->by != 0 ? bytes->by : run->who.principal);
	stmt_u64(stmt, 4, bytes->size);
	stmt_text(stmt, 5, type);
	stmt_bytes(stmt, 6, digest_slice(&bytes->digest));
	stmt_i64(stmt, 7, run->place->now);
	stmt_i64(stmt, 8, modified);
	stmt_u64(stmt, 9, bytes->blob);
	if (bytes->content.p != NULL)
		stmt_bytes(stmt, 10, bytes->content);
	else
		stmt_null(stmt, 10);
	if ((r = stmt_run(stmt)) < 0)
		return r;
	*ret_version = ref;
	if (bytes->upload == 0)
		return run_number(run, FACT_SIZE, (int64_t)bytes->size);
	if ((r = run_from(run, bytes->upload)) < 0 ||
	    (r = run_end(run, bytes->upload)) < 0)
		return r;
	stmt = db_stmt(run->place->db, SQL_UPLOAD_END);
	stmt_u64(stmt, 1, bytes->upload);
	stmt_u64(stmt, 2, run->sequence);
	if ((r = stmt_run(stmt)) < 0)
		return r;
	return run_number(run, FACT_SIZE, (int64_t)bytes->size);
}

int
files_copy_version(struct run *run, uint64_t from, uint64_t file,
    int64_t modified, uint64_t *ret_version)
{
	struct stmt *stmt;
	uint64_t ref;
	int r;

	if ((r = run_make(run, KIND_VERSION, &ref)) < 0)
		return r;
	stmt = db_stmt(run->place->db, SQL_VERSION_COPY);
	stmt_u64(stmt, 1, ref);
	stmt_u64(stmt, 2, file);
	stmt_u64(stmt, 3, run->who.principal);
	stmt_i64(stmt, 4, run->place->now);
	stmt_i64(stmt, 5, modified);
	stmt_u64(stmt, 6, from);
	if ((r = stmt_run(stmt)) < 0)
		return r;
	*ret_version = ref;
	return 0;
}

int
files_set_current(struct run *run, const struct files_current *next)
{
	struct stmt *stmt = db_stmt(run->place->db, SQL_NODE_WRITE);
	int r;

	stmt_u64(stmt, 1, next->file);
	stmt_u64(stmt, 2, next->version);
	stmt_u64(stmt, 3, next->size);
	stmt_text(stmt, 4, next->type);
	stmt_i64(stmt, 5, next->modified);
	stmt_u64(stmt, 6, run->sequence);
	r = stmt_run(stmt);
	run_touch_folder(run, next->folder);
	return r < 0 ? r
	             : files_changed(run, next->space, KIND_FILE, next->file,
			   FILES_UPDATED, (int64_t)next->size);
}

int
files_put_node(struct run *run, const struct files_new *node)
{
	struct stmt *stmt = db_stmt(run->place->db, SQL_NODE_PUT);

	stmt_u64(stmt, 1, node->ref);
	stmt_u64(stmt, 2, node->kind);
	stmt_u64(stmt, 3, node->role);
	stmt_u64(stmt, 4, node->parent);
	stmt_u64(stmt, 5, node->edge);
	stmt_text(stmt, 6, node->name);
	stmt_bytes(stmt, 7, node->key);
	stmt_u64(stmt, 8, run->sequence);
	stmt_u64(stmt, 9, node->space);
	stmt_u64(stmt, 10, node->version);
	stmt_u64(stmt, 11, node->size);
	stmt_text(stmt, 12, node->type);
	stmt_i64(stmt, 13, run->place->now);
	stmt_i64(stmt, 14, node->modified);
	run_touch_folder(run, node->parent);
	return stmt_run(stmt);
}

int
files_changed(struct run *run, uint64_t space, enum kind kind, uint64_t node,
    enum files_change what, int64_t bytes)
{
	struct stmt *stmt = db_stmt(run->place->db, SQL_CHANGE_PUT);
	int r;

	stmt_u64(stmt, 1, space);
	stmt_u64(stmt, 2, run->sequence);
	stmt_u64(stmt, 3, node);
	stmt_u64(stmt, 4, kind);
	stmt_u64(stmt, 5, what);
	if ((r = stmt_run(stmt)) < 0)
		return r;
	return run_touch_files(run, space, bytes);
}

int
files_check_place(const struct object *folder, enum kind kind)
{
	/* The top of a space is above its home, which is above the rest. */
	size_t most =
	    kind == KIND_FOLDER ? FILES_DEPTH_MAX - 1 : FILES_DEPTH_MAX;

	if (folder->kind != KIND_FOLDER || folder->node.role == NODE_SPACE ||
	    folder->node.role == NODE_TRASH || folder->proof.in_trash)
		return E_STATE;
	return folder->proof.depth > most + 1 ? E_DEPTH : 0;
}

int
files_describe(
    struct run *run, const struct node_row *row, struct node *ret_node)
{
	struct node node = {.has_id = true};

	SHAPE_SET(&node, id, ((struct id){row->id, row->kind}));
	SHAPE_SET(
	    &node, kind, row->kind == KIND_FOLDER ? NODE_FOLDER : NODE_FILE);
	SHAPE_SET(&node, created, row->created);
	SHAPE_SET(&node, modified, row->modified);
	SHAPE_SET(&node, changed, row->changed);
	SHAPE_SET(&node, name, row->name);
	/* Above one's home there is nothing to see. */
	if (row->role == NODE_PLAIN && row->parent != 0)
		SHAPE_SET(
		    &node, parent, ((struct id){row->parent, KIND_FOLDER}));
	if (row->was_parent != 0)
		SHAPE_SET(&node, trashed, true);
	if (row->kind == KIND_FILE) {
		SHAPE_SET(&node, type, row->type);
		SHAPE_SET(&node, size, row->size);
		SHAPE_SET(
		    &node, version, ((struct id){row->version, KIND_VERSION}));
	}
	(void)run;
	*ret_node = node;
	return 0;
}

int
files_by_number(const void *pa, const void *pb)
{
	uint64_t a = *(const uint64_t *)pa, b = *(const uint64_t *)pb;

	return (a > b) - (a < b);
}

int
files_subjects(struct run *run, const uint64_t **ret_subjects, size_t *ret_n)
{
	const struct subjects *subjects;
	uint64_t *list;
	int r = subjects_of(run->place, run->who.principal, &subjects);

	if (r < 0)
		return r;
	list = arena_alloc(run->arena, subjects->n * sizeof(*list));
	if (list == NULL)
		return E_NOMEM;
	for (uint32_t i = 0; i < subjects->n; i++)
		list[i] = subjects->list[i].id;
	qsort(list, subjects->n, sizeof(*list), files_by_number);
	*ret_subjects = list;
	*ret_n = subjects->n;
	return 0;
}

int
files_author(
    struct run *run, uint64_t sequence, struct files_author *ret_author)
{
	struct arena scratch = {NULL};
	struct principal_row row;
	struct leaf leaf;
	int r = record_read(run->place->db, &scratch, sequence, &leaf);

	if (r == 0)
		*ret_author = (struct files_author){
		    .principal = leaf.principal, .time = leaf.time};
	arena_free(&scratch);
	if (r < 0 || ret_author->principal == 0)
		return r == E_NOT_FOUND ? E_CORRUPT : r;
	r = access_principal(run, ret_author->principal, &row);
	ret_author->name = row.name;
	return r;
}

int
files_put_path(struct run *run, const struct node_row *node, struct buf *path)
{
	struct slice names[FILES_DEPTH_MAX];
	struct node_row above = *node;
	struct proof proof;
	size_t n = 0;
	int r = 1;

	while (n < FILES_DEPTH_MAX && above.parent != 0) {
		if ((r = node_load(run->place, above.parent, &above)) < 0)
			return r == E_NOT_FOUND ? E_CORRUPT : r;
		if (above.role != NODE_PLAIN ||
		    (r = run_sees(run, &above, &proof)) <= 0)
			break;
		names[n++] = above.name;
	}
	while (n > 0) {
		buf_put_slice(path, names[--n]);
		if (n > 0)
			buf_put_u8(path, '/');
	}
	return MIN(r, 0);
}

int
files_put_cursor(
    struct run *run, const uint64_t *parts, size_t n, struct slice *ret_cursor)
{
	*ret_cursor = run_copy(run, slice_of(parts, n * sizeof(*parts)));
	return ret_cursor->p != NULL ? 0 : E_NOMEM;
}

bool
files_cursor(struct slice cursor, uint64_t *parts, size_t n)
{
	if (cursor.n != n * sizeof(*parts))
		return false;
	memcpy(parts, cursor.p, cursor.n);
	for (size_t i = 0; i < n; i++)
		if (parts[i] > INT64_MAX)
			return false;
	return true;
}
