/*
 * recent.list: the files that somebody has made, changed or read, the last
 * first. The records say so, and the derived index finds those of a principal:
 * nothing is written for it. A page goes through the caller's records backward
 * from the first one, so that no file is told on two pages, and through so many
 * at most: what is further back is not recent.
 *
 * What a client says it did by itself (to show a preview, say) is left out. It
 * is its word; who wants to know who really read a file asks activity.list or
 * the log, which leave nothing out.
 */
#include "base/map.h"
#include "core/apps/files/files.h"
#include "core/index.h"
#include "core/record.h"
#include "ledger/leaf.h"

enum {
	RECENT_PAGE = 50,
	RECORDS_MOST = 5000, /* of the caller's, in all */
};

/* Where a page goes on: the record that the first began with, and the last
 * told. */
enum { AT_FIRST, AT_RECORD, AT_NODE, AT_PARTS };

struct page {
	struct run *run;
	struct search *search;
	struct map seen; /* files, at their last use */
	struct own_item *list;
	size_t n, limit;
	uint64_t at[AT_PARTS];
	uint64_t last_record, last_node; /* told last */
	bool more;
};

/* The file that it made; of a folder that was copied none. */
static uint64_t
made_of(const struct leaf *leaf, const struct leaf_object *o)
{
	size_t i = 0;

	while (i < o->n_made && !kind_fits(KIND_NODE, o->made[i].kind))
		i++;
	return i < o->n_made && o->made[i].kind == KIND_FILE
	           ? ref_make(leaf->sequence, o->made[i].place)
	           : 0;
}

static uint64_t
target_of(const struct leaf_object *o)
{
	for (size_t i = 0; i < o->n_numbers; i++)
		if (o->numbers[i].key == FACT_TARGET)
			return (uint64_t)o->numbers[i].value;
	return 0;
}

/* The file that an operation was about, where it counts; or 0. */
static uint64_t
file_of(const struct leaf *leaf, const struct leaf_object *o)
{
	switch (leaf->op) {
	case OP_FILE_READ:
	case OP_FILE_WRITE:
	case OP_VERSION_RESTORE:
		return o->ref;
	case OP_FILE_CREATE:
		return made_of(leaf, o) != 0 ? made_of(leaf, o) : target_of(o);
	case OP_NODE_COPY:
		return made_of(leaf, o);
	default:
		return 0;
	}
}

/* True where the pages before this one have gone over it. */
static bool
is_before(const struct page *page, uint64_t sequence, uint64_t node)
{
	return page->at[AT_RECORD] != 0 &&
	       (sequence > page->at[AT_RECORD] ||
		   (sequence == page->at[AT_RECORD] &&
		       node <= page->at[AT_NODE]));
}

/* 1 to go on. */
static int
take_file(struct page *page, const struct leaf *leaf, uint64_t node)
{
	struct run *run = page->run;
	struct node_row row;
	struct proof proof;
	int r;

	if (node == 0 || map_get(&page->seen, node) != NULL)
		return 1;
	if ((r = map_put(&page->seen, node, page)) < 0)
		return r;
	if (is_before(page, leaf->sequence, node))
		return 1;
	if (page->n == page->limit) {
		page->more = true;
		return 0;
	}
	r = node_load(run->place, node, &row);
	if (r < 0)
		return r == E_NOT_FOUND ? 1 : r;
	page->last_record = leaf->sequence;
	page->last_node = node;
	if (row.kind != KIND_FILE || row.ended != 0)
		return 1;
	r = run_sees(run, &row, &proof);
	if (r > 0 && !proof.in_trash)
		r = files_list_own(
		    run, &row, leaf->time, &page->list[page->n++]);
	return r < 0 ? r : 1;
}

static int
by_node(const void *a, const void *b)
{
	return files_by_number(a, b);
}

/* The files of one record, in the order that pages keep to. */
static int
take_leaf(struct page *page, const struct leaf *leaf)
{
	uint64_t nodes[OP_OBJECTS_MAX];
	size_t n = 0;
	int r = 1;

	if (leaf->outcome != 0 || leaf->principal != page->run->who.principal ||
	    (leaf->cause != 0 && leaf->cause != CAUSE_USER))
		return 1;
	for (size_t k = 0; k < MIN(leaf->n_objects, ARRAY_SIZE(nodes)); k++)
		if (leaf->objects[k].outcome == 0)
			nodes[n++] = file_of(leaf, &leaf->objects[k]);
	if (n > 1)
		qsort(nodes, n, sizeof(nodes[0]), by_node);
	for (size_t k = 0; k < n && r > 0; k++)
		r = take_file(page, leaf, nodes[k]);
	return r;
}

static int
take(void *arg, uint64_t sequence)
{
	struct page *page = arg;
	struct arena scratch = {NULL};
	struct leaf leaf;
	int r = record_read(page->run->place->db, &scratch, sequence, &leaf);

	if (page->at[AT_FIRST] == 0)
		page->at[AT_FIRST] = sequence;
	if (r == 0)
		r = take_leaf(page, &leaf);
	arena_free(&scratch);
	return r;
}

/* The index finds records by a query of the log, as log.search does. */
static int
make_search(struct page *page)
{
	struct log_search query = {.has_principal = true};

	query.principal = (struct id){page->run->who.principal, KIND_PRINCIPAL};
	SHAPE_SET(&query, reverse, true);
	if (page->at[AT_FIRST] != 0)
		SHAPE_SET(&query, from, page->at[AT_FIRST]);
	return search_of(&query, &page->search);
}

int
recent_list_read(struct run *run)
{
	const struct own_list *args = RUN_ARGS(run, own_list);
	struct own_page *result = RUN_RESULT(run, own_page);
	struct page page = {.run = run,
	    .limit = args->has_limit ? MAX(args->limit, 1) : RECENT_PAGE};
	uint64_t next;
	int r;

	if (args->has_after && (!files_cursor(args->after, page.at, AT_PARTS) ||
				   page.at[AT_RECORD] == 0))
		return E_INVALID;
	page.list = arena_alloc(run->arena, page.limit * sizeof(*page.list));
	if (page.list == NULL)
		return E_NOMEM;
	if ((r = make_search(&page)) == 0)
		r = index_scan(
		    run->place, page.search, take, &page, RECORDS_MOST, &next);
	search_free(&page.search);
	map_free(&page.seen);
	if (r < 0)
		return r;
	result->has_list = true;
	result->list.v = page.list;
	result->list.n = page.n;
	page.at[AT_RECORD] = page.last_record;
	page.at[AT_NODE] = page.last_node;
	if (page.more &&
	    (r = files_put_cursor(run, page.at, AT_PARTS, &result->next)) == 0)
		result->has_next = true;
	return r < 0 ? r : run_number(run, FACT_COUNT, (int64_t)page.n);
}
