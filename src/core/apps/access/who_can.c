/*
 * access.who_can: everybody who is in a relation to something, each with the
 * grant that gives it and the group that it came through; a page at a time, in
 * the order of principals.
 *
 * Sources are looked for first: the grants on the object and above it, and for
 * those to groups all groups within. A page is then the first so many people
 * behind the last one told, merged from all of them; no more is read of a
 * source than the page can hold.
 */
#include <stdlib.h>

#include "core/apps/access/access.h"
#include "core/core.h"
#include "core/subject.h"

enum { SOURCES_MAX = 20000, WAY_MAX = DECIDE_DEPTH_MAX };

/* Something that bears grants: the object, or what it lies in. */
struct bearer {
	struct id id;
	struct slice name;
	enum node_role role;
};

/* One person's grant, or a group whose members have it. */
struct source {
	uint64_t grant, subject;
	unsigned relation;
	bool group;
	const struct bearer *on;
	int64_t expires;
};

struct sources {
	struct source *list;
	size_t n;
	size_t cap;
};

/* Somebody, by the source that is nearest. */
struct holder {
	uint64_t principal;
	const struct source *by;
	int64_t expires;
};

struct page {
	struct holder *list;
	size_t n;
	size_t max;
};

/* ---- sources ------------------------------------------------------------- */

static int
add_source(struct run *run, struct sources *s, const struct source *source)
{
	/* A group that is reached twice has it by the nearer grant. */
	for (size_t i = 0; i < s->n && source->group; i++)
		if (s->list[i].group && s->list[i].subject == source->subject)
			return 0;
	if (s->n == SOURCES_MAX)
		return E_LIMIT;
	if (s->n == s->cap) {
		size_t cap = MAX(s->cap * 2, 64);
		struct source *grown =
		    arena_alloc(run->arena, cap * sizeof(*grown));

		if (grown == NULL)
			return E_NOMEM;
		if (s->n > 0)
			memcpy(grown, s->list, s->n * sizeof(*grown));
		s->list = grown;
		s->cap = cap;
	}
	s->list[s->n++] = *source;
	return 0;
}

/* The grants on one bearer, from a mark in the list on. */
static int
add_grants(struct run *run, struct sources *s, const struct bearer *on,
    uint64_t relations)
{
	struct stmt *stmt = db_stmt(run->place->db, SQL_TUPLE_WHOM);
	int r;

	stmt_u64(stmt, 1, on->id.n);
	while ((r = stmt_step(stmt)) > 0) {
		struct source source = {.grant = stmt_col_u64(stmt, 0),
		    .subject = stmt_col_u64(stmt, 1),
		    .relation = (unsigned)stmt_col_u64(stmt, 2),
		    .expires = stmt_col_i64(stmt, 3),
		    .group = stmt_col_u64(stmt, 4) == PRINCIPAL_GROUP,
		    .on = on};
		int e;

		if (!(relations & BIT(source.relation)) ||
		    (source.expires != 0 && run->place->now >= source.expires))
			continue;
		if ((e = add_source(run, s, &source)) < 0) {
			stmt_done(stmt);
			return e;
		}
	}
	return r;
}

/* The groups in a group, behind it in the list. */
static int
add_groups_in(struct run *run, struct sources *s, struct source outer)
{
	struct stmt *stmt = db_stmt(run->place->db, SQL_GROUPS_IN);
	int r;

	stmt_u64(stmt, 1, outer.subject);
	while ((r = stmt_step(stmt)) > 0) {
		struct source source = outer;
		int64_t expires = stmt_col_i64(stmt, 2);
		int e;

		if (expires != 0 && run->place->now >= expires)
			continue;
		source.subject = stmt_col_u64(stmt, 1);
		source.expires = sooner(outer.expires, expires);
		if ((e = add_source(run, s, &source)) < 0) {
			stmt_done(stmt);
			return e;
		}
	}
	return r;
}

static int
find_sources(struct run *run, const struct bearer *way, size_t n,
    struct sources *ret_sources)
{
	const struct access_who_can *args = RUN_ARGS(run, access_who_can);
	struct sources *s = ret_sources;
	size_t from = 0;
	int r = 0;

	/* What lies in a trash is reached by grants above the trash only. */
	for (size_t i = 1; i < n; i++)
		if (way[i].role == NODE_TRASH)
			from = i;
	for (size_t i = from; i < n && r == 0; i++) {
		bool inherits;
		uint64_t relations =
		    decide_by(way[i].id.kind, args->relation, &inherits);

		r = add_grants(run, s, &way[i], relations);
		if (!inherits)
			break;
	}
	for (size_t i = 0; i < s->n && r == 0; i++)
		if (s->list[i].group)
			r = add_groups_in(run, s, s->list[i]);
	return r;
}

/* ---- a page -------------------------------------------------------------- */

static int
compare(const void *a, const void *b)
{
	const struct holder *x = a, *y = b;

	if (x->principal != y->principal)
		return x->principal < y->principal ? -1 : 1;
	return (x->by > y->by) - (x->by < y->by);
}

/* Two sorted lists into one; of two ways the one that stood there first. */
static void
merge(struct page *into, const struct page *more, struct holder *room)
{
	size_t a = 0, b = 0, n = 0;

	while (n < into->max && (a < into->n || b < more->n)) {
		bool first = b == more->n ||
		             (a < into->n && into->list[a].principal <=
						 more->list[b].principal);

		if (first && b < more->n &&
		    into->list[a].principal == more->list[b].principal)
			b++;
		room[n++] = first ? into->list[a++] : more->list[b++];
	}
	memcpy(into->list, room, n * sizeof(*room));
	into->n = n;
}

/* People who have a grant themselves, all of them; sorted, each once. */
static int
take_people(
    struct run *run, const struct sources *s, uint64_t after, struct page *page)
{
	struct holder *all = arena_alloc(run->arena, (s->n + 1) * sizeof(*all));
	size_t n = 0;

	if (all == NULL)
		return E_NOMEM;
	for (size_t i = 0; i < s->n; i++)
		if (!s->list[i].group && s->list[i].subject > after)
			all[n++] = (struct holder){s->list[i].subject,
			    &s->list[i], s->list[i].expires};
	if (n > 0)
		qsort(all, n, sizeof(*all), compare);
	for (size_t i = 0; i < n && page->n < page->max; i++)
		if (i == 0 || all[i].principal != all[i - 1].principal)
			page->list[page->n++] = all[i];
	return 0;
}

/* The members of a group that can stand on the page. */
static int
take_members(struct run *run, const struct source *source, uint64_t after,
    struct page *page, struct page *room)
{
	const struct core *core = run->place->core;
	bool everyone = source->subject == core->everyone;
	bool all = everyone || source->subject == core->guests;
	struct stmt *stmt = db_stmt(run->place->db, everyone ? SQL_EVERYONE
						    : all    ? SQL_GUESTS
							     : SQL_PEOPLE_IN);
	unsigned number = 1;
	uint64_t last = page->n == page->max ? page->list[page->n - 1].principal
	                                     : INT64_MAX;
	int r;

	room->n = 0;
	if (!all)
		stmt_u64(stmt, number++, source->subject);
	stmt_u64(stmt, number++, after);
	stmt_u64(stmt, number++, last);
	stmt_u64(stmt, number++, page->max);
	/* No role is anybody's from outside, whatever groups they are in. */
	if (!all)
		stmt_u64(stmt, number, source->on->id.kind == KIND_ORG);
	while ((r = stmt_step(stmt)) > 0) {
		int64_t expires = stmt_col_i64(stmt, 1);

		if (expires == 0 || run->place->now < expires)
			room->list[room->n++] =
			    (struct holder){stmt_col_u64(stmt, 0), source,
				sooner(source->expires, expires)};
	}
	return r;
}

static int
find_page(
    struct run *run, const struct sources *s, uint64_t after, struct page *page)
{
	size_t bytes = page->max * sizeof(*page->list);
	struct page members = {.list = arena_alloc(run->arena, bytes)};
	struct holder *room = arena_alloc(run->arena, bytes);
	int r = take_people(run, s, after, page);

	if (members.list == NULL || room == NULL)
		return E_NOMEM;
	for (size_t i = 0; i < s->n && r == 0; i++) {
		if (!s->list[i].group)
			continue;
		r = take_members(run, &s->list[i], after, page, &members);
		if (r == 0)
			merge(page, &members, room);
	}
	return r;
}

/* `group` is the one of the person before: mostly the same. */
static int
describe(struct run *run, const struct holder *found,
    struct principal_row *group, struct who_can *ret)
{
	const struct source *by = found->by;
	struct principal_row row;
	int r = access_principal(run, found->principal, &row);

	if (r < 0)
		return r == E_NOT_FOUND ? E_CORRUPT : r;
	SHAPE_SET(ret, principal, ((struct id){row.id, KIND_PRINCIPAL}));
	SHAPE_SET(ret, kind, row.kind);
	SHAPE_SET(ret, name, row.name);
	SHAPE_SET(ret, grant, ((struct id){by->grant, KIND_GRANT}));
	SHAPE_SET(ret, relation, by->relation);
	SHAPE_SET(ret, object, by->on->id);
	SHAPE_SET(ret, object_name, by->on->name);
	if (found->expires != 0)
		SHAPE_SET(ret, expires, found->expires);
	if (!by->group)
		return 0;
	if (group->id != by->subject &&
	    (r = access_principal(run, by->subject, group)) < 0)
		return r == E_NOT_FOUND ? E_CORRUPT : r;
	SHAPE_SET(ret, group, ((struct id){group->id, KIND_PRINCIPAL}));
	SHAPE_SET(ret, group_name, group->name);
	return 0;
}

/* ---- the operation ------------------------------------------------------- */

/* From the object up. */
static int
find_way(struct run *run, struct bearer *way, size_t *ret_n)
{
	const struct access_who_can *args = RUN_ARGS(run, access_who_can);
	const struct object *object = &run->on[0];
	struct node_row node = object->node;
	size_t n = 0;
	int r;

	if (object->kind == KIND_ORG && args->has_app) {
		way[0] = (struct bearer){
		    {run->place->core->apps[args->app], KIND_APP},
		    slice_str(words_text(WORDS_APP, args->app)), 0};
		*ret_n = 1;
		return 0;
	}
	if (object->kind == KIND_ORG) {
		way[0] = (struct bearer){
		    {object->ref, KIND_ORG}, SLICE("the organisation"), 0};
		*ret_n = 1;
		return 0;
	}
	for (;;) {
		way[n++] =
		    (struct bearer){{node.id, node.kind}, node.name, node.role};
		if (node.parent == 0 || n == WAY_MAX)
			break;
		if ((r = node_load(run->place, node.parent, &node)) < 0)
			return r == E_NOT_FOUND ? E_CORRUPT : r;
	}
	*ret_n = n;
	return 0;
}

int
access_who_can_read(struct run *run)
{
	const struct access_who_can *args = RUN_ARGS(run, access_who_can);
	struct who_page *result = RUN_RESULT(run, who_page);
	size_t limit = args->has_limit ? MAX(args->limit, 1) : OP_OBJECTS_MAX;
	struct bearer *way = arena_alloc(run->arena, WAY_MAX * sizeof(*way));
	struct who_can *list = arena_alloc(run->arena, limit * sizeof(*list));
	struct page page = {.max = limit + 1};
	struct sources sources = {.n = 0};
	struct principal_row group = {.id = 0};
	size_t n = 0;
	int r;

	page.list = arena_alloc(run->arena, page.max * sizeof(*page.list));
	if (way == NULL || list == NULL || page.list == NULL)
		return E_NOMEM;
	if ((r = find_way(run, way, &n)) < 0 ||
	    (r = find_sources(run, way, n, &sources)) < 0 ||
	    (r = find_page(run, &sources, args->has_after ? args->after.n : 0,
		 &page)) < 0)
		return r;
	SHAPE_SET(result, more, page.n > limit);
	n = MIN(page.n, limit);
	for (size_t i = 0; i < n && r == 0; i++)
		r = describe(run, &page.list[i], &group, &list[i]);
	if (r < 0)
		return r;
	result->has_list = true;
	result->list.v = list;
	result->list.n = n;
	return run_number(run, FACT_COUNT, (int64_t)n);
}
