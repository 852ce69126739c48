/*
 * node.copy: a file, or a folder with all that is in it.
 *
 * What is copied stands in the record one by one: the nth folder or file that
 * it made has the nth name, and comes from the nth folder or file that it tells
 * of. Of a file it tells the version, too, whose bytes they are. So a copy is
 * bounded by what a record holds; clients copy larger trees piece by piece.
 *
 * Bytes in blobs are not copied. The copy is whose the folder is that gets it,
 * counts to their quota, and keeps the bytes whatever becomes of the original:
 * not because somebody knew their digest, but because the caller could read
 * them.
 */
#include "core/apps/files/files.h"

enum {
	COPY_NODES_MAX = OP_OBJECTS_MAX,
	/* What a folder or file takes of a record, in references. */
	COPY_REFS = 12,
};

struct copied {
	struct node_row from;
	size_t in; /* the place of its folder in the list */
	unsigned depth;
	uint64_t ref; /* the copy */
};

struct copy_plan {
	struct copied *list; /* folders before what is in them */
	size_t n;
	struct slice name, key;
	uint64_t bytes;
};

/* ---- what there is to copy
 * -------------------------------------------------------- */

static int
add_node(struct run *run, struct copy_plan *plan, const struct node_row *node,
    size_t in)
{
	struct copied *copied = &plan->list[plan->n];

	alert_node(run, node);
	if (plan->n == COPY_NODES_MAX)
		return E_TREE;
	*copied = (struct copied){.from = *node,
	    .in = in,
	    .depth = plan->n == 0 ? 0 : plan->list[in].depth + 1};
	plan->n++;
	if (node->kind == KIND_FILE &&
	    __builtin_add_overflow(plan->bytes, node->size, &plan->bytes))
		return E_OVER_QUOTA;
	return 0;
}

static int
add_children(struct run *run, struct copy_plan *plan, size_t in)
{
	struct node_row node;
	int r = node_list(
	    run->place, plan->list[in].from.id, SLICE_NONE, COPY_NODES_MAX + 1);

	while (r == 0 && (r = node_list_next(run->place, &node)) > 0)
		if ((r = add_node(run, plan, &node, in)) < 0)
			node_list_done(run->place);
	return r;
}

/* All below a node, breadth first. */
static int
add_tree(struct run *run, struct copy_plan *plan, const struct node_row *top)
{
	int r = add_node(run, plan, top, 0);

	for (size_t i = 0; i < plan->n && r == 0; i++)
		if (plan->list[i].from.kind == KIND_FOLDER)
			r = add_children(run, plan, i);
	return r;
}

static unsigned
depth_of(const struct copy_plan *plan)
{
	unsigned depth = 0;

	for (size_t i = 0; i < plan->n; i++)
		if (plan->list[i].from.kind == KIND_FOLDER)
			depth = MAX(depth, plan->list[i].depth);
	return depth;
}

/* ---- the copy
 * ---------------------------------------------------------------------- */

/* Whether it may go there, under that name. */
static int
check_place(struct run *run, struct copy_plan *plan)
{
	const struct node_copy *args = RUN_ARGS(run, node_copy);
	const struct object *node = &run->on[0], *to = &run->on[1];
	int r;

	/* Top, home and trash are not copied: what is in them is. */
	if (node->node.role != NODE_PLAIN)
		return E_STATE;
	plan->name = args->has_name               ? args->name
	             : node->node.was_parent != 0 ? node->node.was_name
	                                          : node->node.name;
	if ((r = node_key(run->place, plan->name, &plan->key)) < 0 ||
	    (r = files_check_place(to, node->kind)) < 0)
		return r;
	if (decide_within(&to->proof, &to->node, node->ref))
		return E_LOOP;
	return files_check_free(run, to->ref, plan->key, 0);
}

int
node_copy_check(struct run *run)
{
	struct copy_plan *plan = RUN_PLAN(run, struct copy_plan);
	const struct object *to = &run->on[1];
	int r;

	*plan = (struct copy_plan){.n = 0};
	if ((r = check_place(run, plan)) < 0)
		return r;
	plan->list =
	    arena_alloc(run->arena, COPY_NODES_MAX * sizeof(plan->list[0]));
	if (plan->list == NULL)
		return E_NOMEM;
	if ((r = add_tree(run, plan, &run->on[0].node)) < 0)
		return r;
	if (to->proof.depth + depth_of(plan) > FILES_DEPTH_MAX)
		return E_DEPTH;
	if (run_check_room(run, plan->n * COPY_REFS) < 0 ||
	    run->places + 3 * plan->n >= REFS_A_LEAF)
		return plan->n > 1 ? E_TREE : E_LIMIT;
	return files_check_quota(run, to->node.space, plan->bytes);
}

/* A name that wasn't an argument is told here. */
static int
tell(struct run *run, const struct copied *copied, size_t i)
{
	const struct node_copy *args = RUN_ARGS(run, node_copy);
	const struct copy_plan *plan = RUN_PLAN(run, struct copy_plan);
	int r = 0;

	if (i > 0 || !args->has_name)
		r = run_text(
		    run, 3, 0, i == 0 ? plan->name : copied->from.name);
	if (r == 0 && copied->from.version != 0)
		r = run_from(run, copied->from.version);
	return r < 0 ? r : run_from(run, copied->from.id);
}

static int
put_copy(struct run *run, struct copy_plan *plan, size_t i)
{
	struct copied *copied = &plan->list[i];
	const struct node_row *from = &copied->from;
	struct files_new node = {.kind = from->kind,
	    .parent = i == 0 ? run->on[1].ref : plan->list[copied->in].ref,
	    .space = run->on[1].node.space,
	    .size = from->size,
	    .name = i == 0 ? plan->name : from->name,
	    .key = i == 0 ? plan->key : from->key,
	    .type = from->type,
	    .modified = from->modified};
	int r;

	if ((r = run_make(run, from->kind, &node.ref)) < 0 ||
	    (r = run_make(run, KIND_EDGE, &node.edge)) < 0)
		return r;
	if (from->kind == KIND_FILE &&
	    (r = files_copy_version(run, from->version, node.ref,
		 from->modified, &node.version)) < 0)
		return r;
	copied->ref = node.ref;
	if ((r = files_put_node(run, &node)) < 0 ||
	    (r = tell(run, copied, i)) < 0)
		return r;
	if (i == 0 && node.version != 0)
		SHAPE_SET(RUN_RESULT(run, node_made), version,
		    ((struct id){node.version, KIND_VERSION}));
	return files_changed(run, node.space, node.kind, node.ref,
	    FILES_CREATED, (int64_t)from->size);
}

int
node_copy_apply(struct run *run)
{
	struct copy_plan *plan = RUN_PLAN(run, struct copy_plan);
	struct node_made *result = RUN_RESULT(run, node_made);
	int r = 0;

	for (size_t i = 0; i < plan->n && r == 0; i++)
		r = put_copy(run, plan, i);
	if (r < 0 || (r = run_number(run, FACT_COUNT, (int64_t)plan->n)) < 0 ||
	    (r = run_number(run, FACT_SIZE, (int64_t)plan->bytes)) < 0)
		return r;
	SHAPE_SET(result, id,
	    ((struct id){plan->list[0].ref, plan->list[0].from.kind}));
	SHAPE_SET(result, size, plan->bytes);
	SHAPE_SET(result, nodes, plan->n);
	return 0;
}
