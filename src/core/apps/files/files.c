/* What the operations on files share. */
#include "core/apps/files/files.h"

#include "core/core.h"
#include "core/writer.h"

static int
check_quota(struct run *run, uint64_t space, uint64_t size)
{
	struct stmt *stmt = db_stmt(run->place->db, SQL_PRINCIPAL_FILES);
	uint64_t quota = core_config(run->place->core)->quota_bytes;
	int64_t used;
	int r;

	stmt_u64(stmt, 1, space);
	r = stmt_step(stmt);
	if (r <= 0)
		return r < 0 ? r : E_NOT_FOUND;
	used = stmt_col_i64(stmt, 1);
	stmt_done(stmt);
	if (run->place->writer != NULL)
		used += writer_files_bytes(run->place->writer, space);
	return quota != 0 && (uint64_t)MAX(used, 0) + size > quota
	           ? E_OVER_QUOTA
	           : 0;
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
	return check_quota(run, space, bytes->size);
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
	stmt_u64(stmt, 3, run->who.principal);
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
