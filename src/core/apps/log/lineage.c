/* lineage.show: where something comes from, and what came of it. */
#include "core/core.h"
#include "core/index.h"
#include "core/record.h"
#include "core/run.h"
#include "ledger/leaf.h"

enum { EDGES_STANDARD = 100, EDGES_MAX = 500 };

struct edges {
	struct run *run;
	struct lineage_edge *list;
	size_t n, limit;
	bool more;
};

static int
add_edge(struct edges *edges, uint64_t parent, uint64_t child, const char *how)
{
	struct lineage_edge *edge;

	if (parent == 0 || parent == child)
		return 1;
	for (size_t i = 0; i < edges->n; i++)
		if (edges->list[i].parent == parent &&
		    edges->list[i].child == child &&
		    slice_eq(edges->list[i].how, slice_str(how)))
			return 1;
	if (edges->n == edges->limit) {
		edges->more = true;
		return 0;
	}
	edge = &edges->list[edges->n++];
	SHAPE_SET(edge, parent, parent);
	SHAPE_SET(edge, child, child);
	SHAPE_SET(edge, how, slice_str(how));
	return 1;
}

/* What one leaf cites: its parents in the lineage. */
static void
add_parents(struct edges *edges, const struct leaf *leaf)
{
	uint64_t proof[LEAF_PROOF_MAX], child = leaf->sequence;

	(void)add_edge(edges, ref_sequence(leaf->session), child, "by");
	for (size_t i = 0; i < leaf->n_credentials; i++)
		(void)add_edge(
		    edges, ref_sequence(leaf->credentials[i]), child, "auth");
	for (size_t i = 0; i < leaf->n_objects; i++) {
		const struct leaf_object *o = &leaf->objects[i];
		size_t n = leaf_proof_of(leaf, o, proof, LEAF_PROOF_MAX);

		for (size_t k = 0; k < n; k++)
			(void)add_edge(edges, proof[k], child, "proof");
		for (size_t k = 0; k < o->n_from; k++)
			(void)add_edge(
			    edges, ref_sequence(o->from[k]), child, "from");
	}
	for (size_t i = 0; i < leaf->n_approved; i++)
		(void)add_edge(
		    edges, ref_sequence(leaf->approved[i]), child, "approved");
	(void)add_edge(edges, leaf->cites, child, "cites");
}

/* Breadth first, each leaf once: the list itself is the queue. */
static int
climb(struct edges *edges, uint64_t from)
{
	struct place *place = edges->run->place;
	size_t done = 0;
	uint64_t at = from;

	for (;;) {
		struct arena scratch = {NULL};
		struct leaf leaf;
		bool seen = true;
		int r = record_read(place->db, &scratch, at, &leaf);

		if (r == 0)
			add_parents(edges, &leaf);
		arena_free(&scratch);
		if (r < 0)
			return r == E_NOT_FOUND && at != from ? E_CORRUPT : r;
		while (seen && done < edges->n) {
			at = edges->list[done].parent;
			seen = at == from;
			for (size_t i = 0; i < done && !seen; i++)
				seen = edges->list[i].parent == at;
			done++;
		}
		if (seen)
			return 0;
	}
}

static int
add_child(void *arg, uint64_t parent, uint64_t child, const char *how)
{
	return add_edge(arg, parent, child, how);
}

int
lineage_show_read(struct run *run)
{
	const struct lineage_show *args = RUN_ARGS(run, lineage_show);
	struct lineage *result = RUN_RESULT(run, lineage);
	size_t limit = args->has_limit ? MAX(args->limit, 1) : EDGES_STANDARD;
	struct edges up = {.run = run, .limit = limit}, down = up;
	uint64_t sequence;
	int r;

	if (args->has_id == args->has_sequence)
		return E_INVALID;
	sequence = args->has_id ? ref_sequence(args->id.n) : args->sequence;
	up.list = arena_alloc(run->arena, limit * sizeof(*up.list));
	down.list = arena_alloc(run->arena, limit * sizeof(*down.list));
	if (up.list == NULL || down.list == NULL)
		return E_NOMEM;
	if ((r = climb(&up, sequence)) < 0 ||
	    (r = index_children(run->place, sequence, add_child, &down)) < 0)
		return r;
	SHAPE_SET(result, sequence, sequence);
	result->has_ancestors = result->has_descendants = true;
	result->ancestors.v = up.list;
	result->ancestors.n = up.n;
	result->descendants.v = down.list;
	result->descendants.n = down.n;
	SHAPE_SET(result, more, down.more);
	return 0;
}
