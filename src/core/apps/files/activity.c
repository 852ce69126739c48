/*
 * activity.list: who did what with a folder or file, reads included, from the
 * records themselves, which the derived index finds. What a record says of
 * where somebody was (address, program) is not the owner's to know.
 */
#include "core/apps/access/access.h"
#include "core/apps/files/files.h"
#include "core/index.h"
#include "core/record.h"
#include "ledger/leaf.h"

enum {
	ACTIVITY_PAGE = 100,
	RECORDS_MOST = 5000, /* that one page looks at */
};

/* Where a page goes on: the record, and the first of its objects. */
enum { AT_RECORD, AT_OBJECT, AT_PARTS };

struct page {
	struct run *run;
	struct search *search;
	uint64_t node;
	struct activity *list;
	size_t n, limit;
	uint64_t at[AT_PARTS]; /* where this page begins; then the next */
	bool full;
};

static bool
names(const struct leaf *leaf, const struct leaf_object *o, uint64_t node)
{
	if (o->ref == node)
		return true;
	for (size_t i = 0; i < o->n_made; i++)
		if (ref_make(leaf->sequence, o->made[i].place) == node)
			return true;
	for (size_t i = 0; i < o->n_from; i++)
		if (o->from[i] == node)
			return true;
	for (size_t i = 0; i < o->n_numbers; i++)
		if (o->numbers[i].key == FACT_TARGET &&
		    (uint64_t)o->numbers[i].value == node)
			return true;
	return false;
}

static bool
number_of(const struct leaf_object *o, uint64_t key, uint64_t *ret)
{
	for (size_t i = 0; i < o->n_numbers; i++)
		if (o->numbers[i].key == key && key != 0) {
			*ret = (uint64_t)o->numbers[i].value;
			return true;
		}
	return false;
}

static uint64_t
argument(const struct op *op, const char *name)
{
	size_t n;
	const struct shape_field *fields = op->args->fields(&n);

	for (size_t i = 0; i < n; i++)
		if (strcmp(fields[i].name, name) == 0)
			return fields[i].number;
	return 0;
}

static int
name_of(struct run *run, uint64_t principal, struct slice *ret_name)
{
	struct principal_row row;
	int r = access_principal(run, principal, &row);

	if (r == 0)
		*ret_name = row.name;
	return r == E_NOT_FOUND ? E_CORRUPT : r;
}

/* A text that the leaf commits to, and whether its opening still stands. */
static int
put_name(struct page *page, const struct leaf *leaf, size_t k,
    const struct op *op, struct activity *a)
{
	const struct leaf_object *o = &leaf->objects[k];
	uint64_t field = argument(op, "name");
	size_t slot = leaf_slot(leaf, k);
	struct slice text = SLICE("(erased)");
	struct stmt *stmt;
	int r;

	for (size_t i = 0; i < o->n_texts; i++) {
		if (o->texts[i].field != field || field == 0)
			continue;
		stmt = db_stmt(page->run->place->db, SQL_OPENING_ONE);
		stmt_u64(stmt, 1,
		    o->texts[i].subject != 0 ? o->texts[i].subject
					     : leaf->principal);
		stmt_u64(stmt, 2, leaf->sequence);
		stmt_u64(stmt, 3, slot + i);
		if ((r = stmt_step(stmt)) < 0)
			return r;
		if (r > 0)
			text = run_copy(page->run, stmt_col_bytes(stmt, 0));
		stmt_done(stmt);
		if (text.p == NULL)
			return E_NOMEM;
		SHAPE_SET(a, name, slice_first(text, 255));
		return 0;
	}
	return 0;
}

static void
put_made(const struct leaf *leaf, const struct leaf_object *o, uint64_t node,
    struct activity *a)
{
	for (size_t i = 0; i < o->n_made; i++) {
		uint64_t ref = ref_make(leaf->sequence, o->made[i].place);
		struct id id = {ref, o->made[i].kind};

		if (kind_fits(KIND_NODE, id.kind) && ref != node &&
		    !a->has_made)
			SHAPE_SET(a, made, id);
		if (id.kind == KIND_VERSION && !a->has_version)
			SHAPE_SET(a, version, id);
	}
}

static int
put_grantee(struct page *page, const struct op *op, const struct leaf_object *o,
    struct activity *a)
{
	uint64_t value;
	int r = 0;

	if (number_of(o, FACT_GRANTEE, &value)) {
		SHAPE_SET(a, grantee, ((struct id){value, KIND_PRINCIPAL}));
		r = name_of(page->run, value, &a->grantee_name);
		a->has_grantee_name = r == 0;
	}
	if (number_of(o, argument(op, "relation"), &value) &&
	    words_is(WORDS_RELATION, (unsigned)value))
		SHAPE_SET(a, relation, (unsigned)value);
	return r;
}

static int
add(struct page *page, const struct leaf *leaf, size_t k)
{
	const struct leaf_object *o = &leaf->objects[k];
	const struct op *op = op_get(leaf->op);
	struct activity *a = &page->list[page->n];
	int outcome = leaf->outcome != 0 ? leaf->outcome : o->outcome, r;
	uint64_t size;

	SHAPE_SET(a, sequence, leaf->sequence);
	SHAPE_SET(a, time, leaf->time);
	SHAPE_SET(a, operation, slice_str(op->name));
	SHAPE_SET(a, outcome, search_outcome_of(outcome));
	if (leaf->cause != 0 && words_is(WORDS_CAUSE, leaf->cause))
		SHAPE_SET(a, cause, leaf->cause);
	if (leaf->principal != 0) {
		SHAPE_SET(
		    a, by, ((struct id){leaf->principal, KIND_PRINCIPAL}));
		r = name_of(page->run, leaf->principal, &a->by_name);
		if (r < 0)
			return r;
		a->has_by_name = true;
	}
	if (number_of(o, FACT_SIZE, &size))
		SHAPE_SET(a, size, size);
	put_made(leaf, o, page->node, a);
	if ((r = put_grantee(page, op, o, a)) < 0 ||
	    (r = put_name(page, leaf, k, op, a)) < 0)
		return r;
	page->n++;
	return 0;
}

/* One record that may name it. 1 to go on. */
static int
take(void *arg, uint64_t sequence)
{
	struct page *page = arg;
	struct arena scratch = {NULL};
	const struct op *op = NULL;
	struct leaf leaf;
	int r = record_read(page->run->place->db, &scratch, sequence, &leaf);

	if (r == 0)
		op = op_get(leaf.op);
	/* What the server did by itself, or a newer one: nobody's activity. */
	for (size_t k = 0; op != NULL && op->effect != OP_SYSTEM &&
			   k < leaf.n_objects && r == 0 && !page->full;
	     k++) {
		if (!names(&leaf, &leaf.objects[k], page->node) ||
		    (sequence == page->at[AT_RECORD] &&
			k < page->at[AT_OBJECT]))
			continue;
		if (page->n == page->limit) {
			page->full = true;
			page->at[AT_RECORD] = sequence;
			page->at[AT_OBJECT] = k;
		} else {
			r = add(page, &leaf, k);
		}
	}
	arena_free(&scratch);
	return r < 0 ? r : !page->full;
}

/* The index finds records by a query of the log, as log.search does. */
static int
make_search(struct page *page)
{
	struct log_search query = {.has_object = true};

	query.object = (struct id){page->node, page->run->on[0].kind};
	SHAPE_SET(&query, reverse, true);
	if (page->at[AT_RECORD] != 0)
		SHAPE_SET(&query, from, page->at[AT_RECORD]);
	return search_of(&query, &page->search);
}

int
activity_list_read(struct run *run)
{
	const struct activity_list *args = RUN_ARGS(run, activity_list);
	struct activity_page *result = RUN_RESULT(run, activity_page);
	struct page page = {.run = run,
	    .node = run->on[0].ref,
	    .limit = args->has_limit ? MAX(args->limit, 1) : ACTIVITY_PAGE};
	uint64_t next = 0;
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
	if (r < 0)
		return r;
	if (!page.full && next != 0) {
		page.full = true;
		page.at[AT_RECORD] = next;
		page.at[AT_OBJECT] = 0;
	}
	result->has_list = true;
	result->list.v = page.list;
	result->list.n = page.n;
	if (page.full &&
	    (r = files_put_cursor(run, page.at, AT_PARTS, &result->next)) == 0)
		result->has_next = true;
	return r < 0 ? r : run_number(run, FACT_COUNT, (int64_t)page.n);
}
