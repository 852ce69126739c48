/* node.get, folder.list, folder.watch, file.read, file.changes. */
#include "core/apps/files/files.h"
#include "core/epoch.h"

enum { PAGE_MAX = 500 };

int
node_get_read(struct run *run)
{
	struct node *result = RUN_RESULT(run, node);
	const struct node_row *row = &run->on[0].node;
	struct stmt *stmt;
	struct slice digest;
	uint64_t state = 0;
	int r = files_describe(run, row, result);

	if (r < 0 || (r = run_files_state(run, row->space, &state)) < 0)
		return r;
	SHAPE_SET(result, state, state);
	if (row->version == 0)
		return 0;
	stmt = db_stmt(run->place->db, SQL_VERSION_GET);
	stmt_u64(stmt, 1, row->version);
	if ((r = stmt_step(stmt)) <= 0)
		return r < 0 ? r : E_CORRUPT;
	digest = run_copy(run, stmt_col_bytes(stmt, 5));
	stmt_done(stmt);
	SHAPE_SET(result, digest, digest);
	return digest.p != NULL ? 0 : E_NOMEM;
}

int
folder_list_read(struct run *run)
{
	const struct folder_list *args = RUN_ARGS(run, folder_list);
	struct node_page *result = RUN_RESULT(run, node_page);
	size_t limit = args->has_limit ? MAX(args->limit, 1) : PAGE_MAX;
	struct node *list = arena_alloc(run->arena, limit * sizeof(*list));
	struct slice last = SLICE_NONE;
	struct node_row row;
	uint64_t state;
	size_t n = 0;
	bool more = false;
	int r;

	if (list == NULL)
		return E_NOMEM;
	r = node_list(run->place, run->on[0].ref,
	    args->has_after ? args->after : SLICE_NONE, limit + 1);
	while (r == 0 && (r = node_list_next(run->place, &row)) > 0) {
		if (n == limit) {
			more = true;
			node_list_done(run->place);
			break;
		}
		r = files_describe(run, &row, &list[n++]);
		last = row.key;
	}
	if (r < 0)
		return r;
	r = run_files_state(run, run->on[0].node.space, &state);
	if (r < 0)
		return r;
	SHAPE_SET(result, folder, ((struct id){run->on[0].ref, KIND_FOLDER}));
	result->has_list = true;
	result->list.v = list;
	result->list.n = n;
	SHAPE_SET(result, state, state);
	if (more)
		SHAPE_SET(result, next, last);
	return run_number(run, FACT_COUNT, (int64_t)n);
}

/* What happens below is told of the folder that it happens in, alone. */
int
folder_watch_read(struct run *run)
{
	struct watch_stream *result = RUN_RESULT(run, watch_stream);
	uint64_t state;
	int r = run_files_state(run, run->on[0].node.space, &state);

	if (r < 0)
		return r;
	run->op_call->stream.wanted = true;
	run->op_call->stream.watches = run->on[0].ref;
	SHAPE_SET(result, state, state);
	return 0;
}

/* ---- bytes
 * -------------------------------------------------------------------- */

/* Few bytes come with the answer; they must still be what was stored. */
static int
read_inline(struct run *run, const struct version_row *version)
{
	struct file_content *result = RUN_RESULT(run, file_content);
	struct stmt *stmt = db_stmt(run->place->db, SQL_VERSION_CONTENT);
	struct slice content;
	struct digest digest;
	int r;

	stmt_u64(stmt, 1, version->id);
	r = stmt_step(stmt);
	if (r <= 0)
		return r < 0 ? r : E_CORRUPT;
	content = run_copy(run, stmt_col_bytes(stmt, 0));
	stmt_done(stmt);
	if (content.p == NULL)
		return E_NOMEM;
	digest = sha256(content);
	if (content.n != version->size ||
	    !slice_eq(digest_slice(&digest), version->digest))
		return E_DAMAGED;
	SHAPE_SET(result, content, content);
	return 0;
}

static int
plan_blob(struct run *run, uint64_t blob)
{
	struct stream_plan *plan = &run->op_call->stream;
	struct stmt *stmt = db_stmt(run->place->db, SQL_BLOB_GET);
	int r;

	stmt_u64(stmt, 1, blob);
	r = stmt_step(stmt);
	if (r <= 0)
		return r < 0 ? r : E_CORRUPT;
	*plan = (struct stream_plan){.wanted = true,
	    .size = stmt_col_u64(stmt, 2),
	    .place = run_copy(run, stmt_col_bytes(stmt, 4)),
	    .sums = run_copy(run, stmt_col_bytes(stmt, 5))};
	stmt_done(stmt);
	return plan->place.p != NULL && plan->sums.p != NULL ? 0 : E_NOMEM;
}

int
file_read_read(struct run *run)
{
	const struct file_read *args = RUN_ARGS(run, file_read);
	struct file_content *result = RUN_RESULT(run, file_content);
	const struct node_row *file = &run->on[0].node;
	bool by_version = args->has_file && args->file.kind == KIND_VERSION;
	struct version_row version;
	int r;

	if (file->kind != KIND_FILE)
		return E_KIND;
	r = files_load_version(run,
	    by_version          ? args->file.n
	    : args->has_version ? args->version.n
				: file->version,
	    &version);
	if (r < 0)
		return r;
	if (version.file != file->id || version.ended != 0)
		return E_NOT_FOUND;
	SHAPE_SET(result, id, ((struct id){file->id, KIND_FILE}));
	SHAPE_SET(result, name, file->name);
	SHAPE_SET(result, type, version.type);
	SHAPE_SET(result, size, version.size);
	SHAPE_SET(result, version, ((struct id){version.id, KIND_VERSION}));
	SHAPE_SET(result, modified, version.modified);
	SHAPE_SET(result, digest, version.digest);
	if ((r = run_number(run, FACT_SIZE, (int64_t)version.size)) < 0 ||
	    (version.id != file->version &&
		(r = run_from(run, version.id)) < 0))
		return r;
	return version.blob == 0 ? read_inline(run, &version)
	                         : plan_blob(run, version.blob);
}

/* ---- the feed of changes
 * ---------------------------------------------------------- */

/* What is told of changes: each node once, records whole. */
struct feed {
	struct node_change *list;
	size_t n, limit;
	uint64_t state;   /* after the last whole record */
	size_t n_whole;   /* how many stood in the list then */
	uint64_t current; /* the record under way */
};

static void
add_change(struct feed *feed, struct id id, unsigned what)
{
	struct node_change *change = NULL;

	for (size_t i = 0; i < feed->n && change == NULL; i++)
		if (feed->list[i].id.n == id.n)
			change = &feed->list[i];
	if (change == NULL) {
		change = &feed->list[feed->n++];
		SHAPE_SET(change, id, id);
	}
	if (what == FILES_CREATED)
		SHAPE_SET(change, created, true);
	if (what == FILES_DESTROYED)
		SHAPE_SET(change, destroyed, true);
}

/* Takes rows until the page is full. 1: there is more; 0: that was all. */
static int
fill_feed(struct feed *feed, struct stmt *stmt, size_t rows)
{
	size_t seen = 0;
	int r;

	while ((r = stmt_step(stmt)) > 0) {
		uint64_t sequence = stmt_col_u64(stmt, 0);

		if (sequence != feed->current) {
			if (feed->n > feed->limit)
				break;
			feed->state = feed->current;
			feed->n_whole = feed->n;
			feed->current = sequence;
		}
		add_change(feed,
		    (struct id){stmt_col_u64(stmt, 1),
			(enum kind)stmt_col_u64(stmt, 2)},
		    (unsigned)stmt_col_u64(stmt, 3));
		if (++seen == rows)
			break;
	}
	if (r > 0)
		stmt_done(stmt);
	if (r < 0)
		return r;
	if (r == 0 && feed->n <= feed->limit) {
		feed->n_whole = feed->n;
		return 0;
	}
	return 1;
}

int
file_changes_read(struct run *run)
{
	const struct file_changes *args = RUN_ARGS(run, file_changes);
	struct change_page *result = RUN_RESULT(run, change_page);
	struct feed feed = {
	    .limit = args->has_limit ? MAX(args->limit, 1) : PAGE_MAX,
	    .state = args->since,
	    .current = args->since};
	size_t rows = feed.limit + OP_OBJECTS_MAX + 1;
	struct stmt *stmt;
	uint64_t current = 0;
	int r = run_files_state(run, run->who.principal, &current);

	if (r < 0)
		return r;
	/* The feed tells of all files, not of one folder's. */
	if (run->who.folder != 0)
		return E_SCOPE;
	/* A state from a range that was lost, or that never was. */
	if (args->since > current)
		return E_GONE;
	r = epoch_lost(run->place->db, args->since);
	if (r != 0)
		return r < 0 ? r : E_GONE;
	feed.list = arena_alloc(run->arena, rows * sizeof(*feed.list));
	if (feed.list == NULL)
		return E_NOMEM;
	stmt = db_stmt(run->place->db, SQL_CHANGE_LIST);
	stmt_u64(stmt, 1, run->who.principal);
	stmt_u64(stmt, 2, args->since);
	stmt_u64(stmt, 3, rows);
	if ((r = fill_feed(&feed, stmt, rows)) < 0)
		return r;
	/* One record alone is more than the client takes. */
	if (r > 0 && feed.n_whole == 0)
		return E_GONE;
	SHAPE_SET(result, more, r > 0);
	SHAPE_SET(result, state, r > 0 ? feed.state : current);
	result->has_list = true;
	result->list.v = feed.list;
	result->list.n = feed.n_whole;
	return run_number(run, FACT_COUNT, (int64_t)feed.n_whole);
}
