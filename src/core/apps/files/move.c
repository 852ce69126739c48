/*
 * node.rename, node.move, node.trash, node.restore, node.purge. They touch one
 * row, whatever is in a folder: what lies below follows by its place.
 */
#include "core/apps/files/files.h"

struct place_plan {
	uint64_t folder; /* where it goes */
	struct slice name, key;
	bool trash;
};

int
files_check_free(
    struct run *run, uint64_t folder, struct slice key, uint64_t itself)
{
	struct node_row there;
	int r = node_find(run->place, folder, key, &there);

	if (r == E_NOT_FOUND)
		return 0;
	if (r < 0)
		return r;
	return there.id == itself ? 0 : E_EXISTS;
}

/* The folders that everybody has stay where they are. */
static int
check_plain(const struct node_row *node)
{
	return node->role == NODE_PLAIN ? 0 : E_STATE;
}

static int
set_made(struct run *run, const struct node_row *node)
{
	struct node_made *result = RUN_RESULT(run, node_made);

	SHAPE_SET(result, id, ((struct id){node->id, node->kind}));
	return files_changed(
	    run, node->space, node->kind, node->id, FILES_UPDATED, 0);
}

/* ---- rename
 * ------------------------------------------------------------------- */

int
node_rename_check(struct run *run)
{
	const struct node_rename *args = RUN_ARGS(run, node_rename);
	const struct node_row *node = &run->on[0].node;
	struct slice *key = RUN_PLAN(run, struct slice);
	int r;

	if ((r = check_plain(node)) < 0 ||
	    (r = node_key(run->place, args->name, key)) < 0)
		return r;
	/* In the trash a name is kept for the way back. */
	if (node->was_parent != 0)
		return E_STATE;
	return files_check_free(run, node->parent, *key, node->id);
}

int
node_rename_apply(struct run *run)
{
	const struct node_rename *args = RUN_ARGS(run, node_rename);
	const struct node_row *node = &run->on[0].node;
	struct stmt *stmt = db_stmt(run->place->db, SQL_NODE_RENAME);
	int r;

	stmt_u64(stmt, 1, node->id);
	stmt_text(stmt, 2, args->name);
	stmt_bytes(stmt, 3, *RUN_PLAN(run, struct slice));
	stmt_u64(stmt, 4, run->sequence);
	run_touch_folder(run, node->parent);
	r = stmt_run(stmt);
	return r < 0 ? r : set_made(run, node);
}

/* ---- another place
 * ---------------------------------------------------------------- */

/* Ends the edge that holds the node, and makes the one that holds it next. */
static int
put_place(struct run *run, const struct place_plan *plan)
{
	const struct node_row *node = &run->on[0].node;
	bool renamed = !slice_eq(plan->name, node->name);
	struct stmt *stmt;
	uint64_t edge;
	int r;

	if ((r = run_make(run, KIND_EDGE, &edge)) < 0 ||
	    (r = run_end(run, node->edge)) < 0)
		return r;
	stmt = db_stmt(run->place->db, SQL_EDGE_PUT);
	stmt_u64(stmt, 1, node->edge);
	stmt_u64(stmt, 2, node->id);
	stmt_u64(stmt, 3, node->parent);
	stmt_u64(stmt, 4, run->sequence);
	if ((r = stmt_run(stmt)) < 0)
		return r;
	stmt = db_stmt(run->place->db, SQL_NODE_PLACE);
	stmt_u64(stmt, 1, node->id);
	stmt_u64(stmt, 2, plan->folder);
	stmt_u64(stmt, 3, edge);
	stmt_text(stmt, 4, plan->name);
	stmt_bytes(stmt, 5, plan->key);
	stmt_u64(stmt, 6, renamed ? run->sequence : node->named);
	stmt_u64(stmt, 7, run->sequence);
	stmt_u64(stmt, 8, plan->trash ? node->parent : 0);
	stmt_text(stmt, 9, plan->trash ? node->name : SLICE(""));
	if ((r = stmt_run(stmt)) < 0)
		return r;
	run_granted(run);
	run_touch_folder(run, node->parent);
	run_touch_folder(run, plan->folder);
	return set_made(run, node);
}

/* A folder can't go below itself. */
static bool
is_below(const struct object *object, uint64_t folder)
{
	return decide_within(&object->proof, &object->node, folder);
}

int
node_move_check(struct run *run)
{
	const struct node_move *args = RUN_ARGS(run, node_move);
	const struct node_row *node = &run->on[0].node;
	const struct object *to = &run->on[1];
	struct place_plan *plan = RUN_PLAN(run, struct place_plan);
	int r;

	*plan = (struct place_plan){.folder = to->ref,
	    .name = args->has_name ? args->name : node->name};
	if ((r = check_plain(node)) < 0 ||
	    (r = node_key(run->place, plan->name, &plan->key)) < 0)
		return r;
	if (node->was_parent != 0)
		return E_STATE;
	if (is_below(to, node->id))
		return E_LOOP;
	if ((r = files_check_place(to, node->kind)) < 0)
		return r;
	/* Whose it is doesn't change by moving: that would be a gift. */
	if (to->node.space != node->space)
		return E_STATE;
	return files_check_free(run, plan->folder, plan->key, node->id);
}

int
node_move_apply(struct run *run)
{
	return put_place(run, RUN_PLAN(run, struct place_plan));
}

/* ---- trash
 * ------------------------------------------------------------------------ */

static int
trash_of(struct run *run, uint64_t principal, uint64_t *ret_trash)
{
	struct stmt *stmt = db_stmt(run->place->db, SQL_PRINCIPAL_GET);
	int r;

	stmt_u64(stmt, 1, principal);
	r = stmt_step(stmt);
	if (r <= 0)
		return r < 0 ? r : E_CORRUPT;
	*ret_trash = stmt_col_u64(stmt, 4);
	stmt_done(stmt);
	return 0;
}

/* Names may be equal there: each key has the node's own number behind it. */
static struct slice
trash_key(struct run *run, const struct node_row *node)
{
	uint8_t *key = arena_alloc(run->arena, node->key.n + 9);

	if (key == NULL)
		return SLICE_NONE;
	memcpy(key, node->key.p, node->key.n);
	key[node->key.n] = 0;
	memcpy(key + node->key.n + 1, &node->id, 8);
	return slice_of(key, node->key.n + 9);
}

int
node_trash_check(struct run *run)
{
	const struct node_row *node = &run->on[0].node;
	struct place_plan *plan = RUN_PLAN(run, struct place_plan);
	int r;

	if ((r = check_plain(node)) < 0)
		return r;
	/* What lies in the trash already goes by purge. */
	if (run->on[0].proof.in_trash)
		return E_STATE;
	*plan = (struct place_plan){.name = node->name, .trash = true};
	if ((r = trash_of(run, node->space, &plan->folder)) < 0)
		return r;
	plan->key = trash_key(run, node);
	return plan->key.p != NULL ? 0 : E_NOMEM;
}

int
node_trash_apply(struct run *run)
{
	const struct place_plan *plan = RUN_PLAN(run, struct place_plan);
	int r = put_place(run, plan);

	/* No argument names it: the record tells where it went. */
	return r < 0 ? r : run_number(run, FACT_TARGET, (int64_t)plan->folder);
}

int
node_restore_check(struct run *run)
{
	const struct node_restore *args = RUN_ARGS(run, node_restore);
	const struct node_row *node = &run->on[0].node;
	struct place_plan *plan = RUN_PLAN(run, struct place_plan);
	struct object to;
	int r;

	if (node->was_parent == 0)
		return E_STATE;
	r = run_need(
	    run, args->has_folder ? args->folder.n : node->was_parent, &to);
	/* Where it was may be gone: then somebody says where to. */
	if (r < 0)
		return r == E_NOT_FOUND && !args->has_folder ? E_STATE : r;
	if (to.node.space != node->space)
		return E_STATE;
	if ((r = files_check_place(&to, node->kind)) < 0)
		return r;
	*plan =
	    (struct place_plan){.folder = to.node.id, .name = node->was_name};
	if ((r = node_key(run->place, plan->name, &plan->key)) < 0)
		return r;
	return files_check_free(run, plan->folder, plan->key, node->id);
}

int
node_restore_apply(struct run *run)
{
	return put_place(run, RUN_PLAN(run, struct place_plan));
}

/* ---- purge
 * ------------------------------------------------------------------------- */

int
node_purge_check(struct run *run)
{
	const struct node_row *node = &run->on[0].node;

	return node->was_parent != 0 ? check_plain(node) : E_STATE;
}

int
files_purge(struct run *run, const struct node_row *node)
{
	int64_t due =
	    run->place->now + (int64_t)FILES_PURGED_DAYS * 24 * 3600 * 1000;
	struct stmt *stmt = db_stmt(run->place->db, SQL_NODE_END);
	int r;

	stmt_u64(stmt, 1, node->id);
	stmt_u64(stmt, 2, run->sequence);
	if ((r = stmt_run(stmt)) < 0)
		return r;
	stmt = db_stmt(run->place->db, SQL_PURGE_PUT);
	stmt_u64(stmt, 1, node->id);
	stmt_i64(stmt, 2, due);
	if ((r = stmt_run(stmt)) < 0 || (r = run_end(run, node->id)) < 0 ||
	    (r = run_end(run, node->edge)) < 0 ||
	    (r = files_forget_stars(run, node->id)) < 0)
		return r;
	/* A folder's size is not known here: housekeeping counts it. */
	return files_changed(
	    run, node->space, node->kind, node->id, FILES_DESTROYED, 0);
}

int
node_purge_apply(struct run *run)
{
	return files_purge(run, &run->on[0].node);
}
