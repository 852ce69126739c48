/* trash.list: what was thrown away, where it was, when, and by whom. */
#include "core/apps/files/files.h"

enum { TRASH_PAGE = 100, PATH_MAX_BYTES = 4096 };

struct page {
	struct run *run;
	struct trashed *list;
	uint64_t last; /* the place of the last one */
	size_t n;
	/* Where the one before lay: things often go together. */
	uint64_t folder;
	struct slice path;
	bool there;
};

/* The folder that it lay in, unless that is gone or thrown away, too. */
static int
find_folder(struct page *page, uint64_t folder)
{
	struct buf path = BUF(PATH_MAX_BYTES);
	struct node_row row;
	struct proof proof;
	int r;

	if (folder == page->folder)
		return 0;
	page->folder = folder;
	page->there = false;
	r = node_load(page->run->place, folder, &row);
	if (r == E_NOT_FOUND || (r == 0 && row.ended != 0))
		return 0;
	if (r < 0 || (r = run_sees(page->run, &row, &proof)) <= 0 ||
	    proof.in_trash)
		return MIN(r, 0);
	if (row.role == NODE_PLAIN) {
		r = files_put_path(page->run, &row, &path);
		if (r == 0 && path.n > 0)
			buf_put_u8(&path, '/');
		buf_put_slice(&path, row.name);
	}
	page->path = run_copy(page->run, buf_slice(&path));
	page->there = path.error == 0;
	buf_free(&path);
	return r < 0 ? r : page->path.p != NULL ? 0 : E_NOMEM;
}

static int
add(struct page *page, const struct node_row *node)
{
	struct trashed *t = &page->list[page->n];
	struct files_author author;
	int r = files_author(page->run, ref_sequence(node->edge), &author);

	if (r < 0 || (r = find_folder(page, node->was_parent)) < 0)
		return r;
	SHAPE_SET(t, id, ((struct id){node->id, node->kind}));
	SHAPE_SET(t, name, node->was_name);
	SHAPE_SET(t, kind, node->kind == KIND_FOLDER ? NODE_FOLDER : NODE_FILE);
	if (node->kind == KIND_FILE)
		SHAPE_SET(t, size, node->size);
	if (page->there) {
		SHAPE_SET(
		    t, folder, ((struct id){node->was_parent, KIND_FOLDER}));
		SHAPE_SET(t, path, page->path);
	}
	SHAPE_SET(t, time, author.time);
	if (author.principal != 0) {
		SHAPE_SET(
		    t, by, ((struct id){author.principal, KIND_PRINCIPAL}));
		SHAPE_SET(t, by_name, author.name);
	}
	page->n++;
	return 0;
}

/* The rows first: what is told of each needs other statements. */
static int
load_rows(struct run *run, uint64_t before, size_t limit, struct node_row *rows,
    size_t *ret_n)
{
	size_t n = 0;
	int r = node_trashed(run->place, run->who.trash, before, limit);

	/* At most so many: the statement ends by itself. */
	while (r == 0 && (r = node_trashed_next(run->place, &rows[n])) > 0) {
		n++;
		r = 0;
	}
	*ret_n = n;
	return r;
}

int
trash_list_read(struct run *run)
{
	const struct trash_list *args = RUN_ARGS(run, trash_list);
	struct trash_page *result = RUN_RESULT(run, trash_page);
	size_t limit = args->has_limit ? MAX(args->limit, 1) : TRASH_PAGE;
	struct page page = {.run = run};
	uint64_t before[1] = {INT64_MAX};
	struct node_row *rows;
	struct proof proof;
	size_t n = 0;
	int r = 0;

	if (args->has_after && !files_cursor(args->after, before, 1))
		return E_INVALID;
	rows = arena_alloc(run->arena, (limit + 1) * sizeof(*rows));
	page.list = arena_alloc(run->arena, limit * sizeof(*page.list));
	if (rows == NULL || page.list == NULL)
		return E_NOMEM;
	if ((r = load_rows(run, before[0], limit + 1, rows, &n)) < 0)
		return r;
	for (size_t i = 0; i < MIN(n, limit) && r == 0; i++) {
		r = run_sees(run, &rows[i], &proof);
		if (r > 0)
			r = add(&page, &rows[i]);
		before[0] = rows[i].edge;
	}
	if (r < 0)
		return r;
	result->has_list = true;
	result->list.v = page.list;
	result->list.n = page.n;
	if (n > limit &&
	    (r = files_put_cursor(run, before, 1, &result->next)) == 0)
		result->has_next = true;
	return r < 0 ? r : run_number(run, FACT_COUNT, (int64_t)page.n);
}
