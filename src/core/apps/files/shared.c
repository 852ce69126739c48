/* share.with_me: folders and files that others share with the caller. */
#include "core/apps/files/files.h"

#include "core/apps/access/access.h"

enum { SHARED_PAGE = 100 };

/* A right that the caller has, by itself or by what they belong to. */
struct given {
	uint64_t id, object, relation;
	int64_t expires, created;
};

/* Where a page begins: whom it was given to, on what, and which. */
enum { AT_SUBJECT, AT_OBJECT, AT_GRANT, AT_PARTS };

/* The rights of one subject behind a place, at most so many. */
static int
load_given(struct run *run, uint64_t subject, const uint64_t *at, size_t limit,
    struct given *list, size_t *ret_n)
{
	struct stmt *stmt = db_stmt(run->place->db, SQL_TUPLE_FOR);
	size_t n = 0;
	int r = 0;

	stmt_u64(stmt, 1, subject);
	stmt_u64(stmt, 2, at[AT_OBJECT]);
	while (n < limit && (r = stmt_step(stmt)) > 0) {
		struct given *g = &list[n];

		*g = (struct given){.id = stmt_col_u64(stmt, 0),
		    .object = stmt_col_u64(stmt, 1),
		    .relation = stmt_col_u64(stmt, 2),
		    .expires = stmt_col_i64(stmt, 3),
		    .created = stmt_col_i64(stmt, 4)};
		/* One's own space is shared by nobody. */
		if (g->object != run->who.space &&
		    (g->object != at[AT_OBJECT] || g->id > at[AT_GRANT]))
			n++;
	}
	if (r > 0)
		stmt_done(stmt);
	*ret_n = n;
	return MIN(r, 0);
}

/* Who planted a canary is not told: its owner seems to have shared it. */
static int
as_if_owner(
    struct run *run, const struct node_row *node, struct files_author *author)
{
	struct principal_row row;
	int r = access_principal(run, node->space, &row);

	if (r < 0)
		return r == E_NOT_FOUND ? E_CORRUPT : r;
	author->principal = row.id;
	author->name = row.name;
	return 0;
}

static int
describe(struct run *run, const struct given *given, uint64_t subject,
    const struct node_row *node, struct shared *s)
{
	struct files_author author;
	int r = files_author(run, ref_sequence(given->id), &author);

	if (r < 0)
		return r;
	SHAPE_SET(s, id, ((struct id){node->id, node->kind}));
	SHAPE_SET(s, name, node->name);
	SHAPE_SET(s, kind, node->kind == KIND_FOLDER ? NODE_FOLDER : NODE_FILE);
	if (node->kind == KIND_FILE) {
		SHAPE_SET(s, type, node->type);
		SHAPE_SET(s, size, node->size);
	}
	SHAPE_SET(s, relation, (unsigned)given->relation);
	SHAPE_SET(s, grant, ((struct id){given->id, KIND_GRANT}));
	if (node->canary != 0 && (r = as_if_owner(run, node, &author)) < 0)
		return r;
	if (author.principal != 0) {
		SHAPE_SET(
		    s, by, ((struct id){author.principal, KIND_PRINCIPAL}));
		SHAPE_SET(s, by_name, author.name);
	}
	SHAPE_SET(s, time, given->created);
	if (given->expires != 0)
		SHAPE_SET(s, expires, given->expires);
	SHAPE_SET(s, owner, ((struct id){node->space, KIND_PRINCIPAL}));
	if (subject != run->who.principal)
		SHAPE_SET(s, via, ((struct id){subject, KIND_PRINCIPAL}));
	return 0;
}

/* 1: it was added; 0: it isn't another's, or can't be read now. */
static int
add(struct run *run, const struct given *given, uint64_t subject,
    struct shared *s)
{
	struct node_row node;
	struct proof proof;
	int r;

	if (given->expires != 0 && run->place->now >= given->expires)
		return 0;
	r = node_load(run->place, given->object, &node);
	if (r < 0)
		return r == E_NOT_FOUND ? E_CORRUPT : r;
	if (node.ended != 0 || node.space == run->who.principal)
		return 0;
	if ((r = run_sees(run, &node, &proof)) <= 0)
		return r;
	r = describe(run, given, subject, &node, s);
	return r < 0 ? r : 1;
}

int
share_with_me_read(struct run *run)
{
	const struct share_with_me *args = RUN_ARGS(run, share_with_me);
	struct shared_page *result = RUN_RESULT(run, shared_page);
	size_t limit = args->has_limit ? MAX(args->limit, 1) : SHARED_PAGE;
	uint64_t at[AT_PARTS] = {0};
	const uint64_t *subjects;
	size_t n_subjects, n = 0, left = limit;
	struct given *given;
	struct shared *list;
	int r = files_subjects(run, &subjects, &n_subjects);

	if (r < 0)
		return r;
	if (args->has_after && !files_cursor(args->after, at, AT_PARTS))
		return E_INVALID;
	given = arena_alloc(run->arena, (limit + 1) * sizeof(*given));
	list = arena_alloc(run->arena, limit * sizeof(*list));
	if (given == NULL || list == NULL)
		return E_NOMEM;
	for (size_t i = 0; i < n_subjects && r >= 0 && !result->has_next; i++) {
		size_t found;

		if (subjects[i] < at[AT_SUBJECT])
			continue;
		if (subjects[i] > at[AT_SUBJECT])
			at[AT_OBJECT] = at[AT_GRANT] = 0;
		at[AT_SUBJECT] = subjects[i];
		r = load_given(run, subjects[i], at, left + 1, given, &found);
		for (size_t k = 0; k < MIN(found, left) && r >= 0; k++) {
			at[AT_OBJECT] = given[k].object;
			at[AT_GRANT] = given[k].id;
			r = add(run, &given[k], subjects[i], &list[n]);
			n += r > 0;
		}
		if (r >= 0 && found > left &&
		    (r = files_put_cursor(run, at, AT_PARTS, &result->next)) ==
			0)
			result->has_next = true;
		left -= MIN(found, left);
	}
	if (r < 0)
		return r;
	result->has_list = true;
	result->list.v = list;
	result->list.n = n;
	return run_number(run, FACT_COUNT, (int64_t)n);
}
