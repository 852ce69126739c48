/*
 * node.star and star.list: folders and files that somebody wants at hand. A
 * star is its giver's own affair: it gives no right, nobody else sees it, and
 * it is no change of what it is on. Rows of `star` enforce nothing: they go
 * when what they are on is purged, or who gave them ends, and `chancery check`
 * has nothing to hold them against.
 */
#include "core/apps/access/access.h"
#include "core/apps/files/files.h"

enum {
	OWN_PAGE = 50,
	STARS_MOST = 5000,    /* of one principal */
	STARS_EXAMINED = 500, /* that one page looks at */
};

/* ---- the star
 * ------------------------------------------------------------------- */

static int
count(struct run *run, uint64_t *ret_n)
{
	struct stmt *stmt = db_stmt(run->place->db, SQL_STAR_COUNT);
	int r;

	stmt_u64(stmt, 1, run->who.principal);
	if ((r = stmt_step(stmt)) < 0)
		return r;
	*ret_n = stmt_col_u64(stmt, 0);
	stmt_done(stmt);
	return 0;
}

int
node_star_check(struct run *run)
{
	const struct node_star *args = RUN_ARGS(run, node_star);
	uint64_t n;
	int r;

	/* All who came by a link would see each other's. */
	if (run->who.kind == PRINCIPAL_LINK ||
	    run->on[0].node.role == NODE_SPACE)
		return E_KIND;
	if (!args->starred)
		return 0;
	r = count(run, &n);
	return r < 0 || n < STARS_MOST ? r : E_LIMIT;
}

/* One that has a star keeps that. */
int
node_star_apply(struct run *run)
{
	bool starred = RUN_ARGS(run, node_star)->starred;
	struct stmt *stmt =
	    db_stmt(run->place->db, starred ? SQL_STAR_PUT : SQL_STAR_DELETE);
	int r;

	stmt_u64(stmt, 1, run->who.principal);
	stmt_u64(stmt, 2, run->on[0].ref);
	if (starred) {
		stmt_u64(stmt, 3, run->sequence);
		stmt_i64(stmt, 4, run->place->now);
	}
	r = stmt_run(stmt);
	return r < 0 ? r : run_number(run, FACT_STARRED, starred);
}

int
files_forget_stars(struct run *run, uint64_t node)
{
	struct stmt *stmt = db_stmt(run->place->db, SQL_STAR_OF_NODE);

	stmt_u64(stmt, 1, node);
	return stmt_run(stmt);
}

/* ---- the list
 * ------------------------------------------------------------------- */

int
files_list_own(struct run *run, const struct node_row *row, int64_t time,
    struct own_item *ret_item)
{
	struct own_item *l = ret_item;
	struct principal_row owner;
	struct node_row above;
	struct proof proof;
	int r;

	SHAPE_SET(l, id, ((struct id){row->id, row->kind}));
	SHAPE_SET(l, name, row->name);
	SHAPE_SET(l, kind, row->kind == KIND_FOLDER ? NODE_FOLDER : NODE_FILE);
	if (row->kind == KIND_FILE) {
		SHAPE_SET(l, type, row->type);
		SHAPE_SET(l, size, row->size);
		SHAPE_SET(
		    l, version, ((struct id){row->version, KIND_VERSION}));
	}
	SHAPE_SET(l, modified, row->modified);
	SHAPE_SET(l, owner, ((struct id){row->space, KIND_PRINCIPAL}));
	SHAPE_SET(l, time, time);
	if ((r = access_principal(run, row->space, &owner)) < 0)
		return r == E_NOT_FOUND ? E_CORRUPT : r;
	SHAPE_SET(l, owner_name, owner.name);
	if (row->role != NODE_PLAIN)
		return 0;
	if ((r = node_load(run->place, row->parent, &above)) < 0 ||
	    (r = run_sees(run, &above, &proof)) < 0)
		return r == E_NOT_FOUND ? E_CORRUPT : r;
	if (r > 0)
		SHAPE_SET(l, parent, ((struct id){above.id, KIND_FOLDER}));
	return 0;
}

/* Where a page goes on: the star before it. */
enum { AT_SEQUENCE, AT_NODE, AT_PARTS };

struct star {
	uint64_t node, sequence;
	int64_t time;
};

/* The rows first: what is told of each needs other statements. */
static int
load_stars(struct run *run, const uint64_t at[AT_PARTS], size_t limit,
    struct star *stars, size_t *ret_n)
{
	struct stmt *stmt = db_stmt(run->place->db, SQL_STAR_LIST);
	size_t n = 0;
	int r;

	stmt_u64(stmt, 1, run->who.principal);
	stmt_u64(stmt, 2, at[AT_SEQUENCE]);
	stmt_u64(stmt, 3, at[AT_NODE]);
	stmt_u64(stmt, 4, limit);
	while ((r = stmt_step(stmt)) > 0) {
		stars[n].node = stmt_col_u64(stmt, 0);
		stars[n].sequence = stmt_col_u64(stmt, 1);
		stars[n++].time = stmt_col_i64(stmt, 2);
	}
	*ret_n = n;
	return r;
}

/* 1: it was added; 0: it is thrown away, or can't be read now. */
static int
add(struct run *run, const struct star *star, struct own_item *ret_item)
{
	struct node_row row;
	struct proof proof;
	int r = node_load(run->place, star->node, &row);

	if (r < 0)
		return r == E_NOT_FOUND ? E_CORRUPT : r;
	if (row.ended != 0 || (r = run_sees(run, &row, &proof)) <= 0 ||
	    proof.in_trash)
		return MIN(r, 0);
	r = files_list_own(run, &row, star->time, ret_item);
	return r < 0 ? r : 1;
}

int
star_list_read(struct run *run)
{
	const struct own_list *args = RUN_ARGS(run, own_list);
	struct own_page *result = RUN_RESULT(run, own_page);
	size_t limit = args->has_limit ? MAX(args->limit, 1) : OWN_PAGE;
	uint64_t at[AT_PARTS] = {INT64_MAX, INT64_MAX};
	struct star *stars;
	struct own_item *list;
	size_t n_stars = 0, n = 0, i = 0;
	int r;

	if (args->has_after && !files_cursor(args->after, at, AT_PARTS))
		return E_INVALID;
	stars = arena_alloc(run->arena, STARS_EXAMINED * sizeof(*stars));
	list = arena_alloc(run->arena, limit * sizeof(*list));
	if (stars == NULL || list == NULL)
		return E_NOMEM;
	r = load_stars(run, at, STARS_EXAMINED, stars, &n_stars);
	for (; i < n_stars && n < limit && r >= 0; i++) {
		r = add(run, &stars[i], &list[n]);
		n += r > 0;
		at[AT_SEQUENCE] = stars[i].sequence;
		at[AT_NODE] = stars[i].node;
	}
	if (r < 0)
		return r;
	result->has_list = true;
	result->list.v = list;
	result->list.n = n;
	if ((i < n_stars || n_stars == STARS_EXAMINED) &&
	    (r = files_put_cursor(run, at, AT_PARTS, &result->next)) == 0)
		result->has_next = true;
	return r < 0 ? r : run_number(run, FACT_COUNT, (int64_t)n);
}
