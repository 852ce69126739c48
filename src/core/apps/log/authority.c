/*
 * authority.list: all that lets anybody do anything, as the tables that decide
 * have it, each row held against the record that made it. The tables are gone
 * through, never the log: so a row that no record made is met, too.
 */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

#include "core/apps/access/access.h"
#include "core/core.h"
#include "core/index.h"
#include "core/sound.h"

enum {
	LISTED = 100,       /* where the client doesn't say */
	LOOKED_AT = 5000,   /* rows, for one page */
	LEAVES_MAX = 20000, /* read for one page */
	WRONG_MAX = 500,
};

/*
 * In the order of the list. `words` says which sort of its kind a row is (none:
 * there is one sort), `ends` what ends most of them.
 */
static const struct table {
	enum kind kind;
	enum sql rows;
	enum words words;
	enum op_number ends;
} tables[] = {
    {KIND_PRINCIPAL, SQL_AUTHORITY_PRINCIPALS, WORDS_PRINCIPAL_KIND,
	OP_PRINCIPAL_END},
    {KIND_CREDENTIAL, SQL_AUTHORITY_CREDENTIALS, WORDS_CREDENTIAL_KIND,
	OP_CREDENTIAL_END},
    {KIND_SESSION, SQL_AUTHORITY_SESSIONS, WORDS_ASSURANCE, OP_SESSION_REVOKE},
    {KIND_GRANT, SQL_AUTHORITY_TUPLES, WORDS_RELATION, OP_SHARE_REVOKE},
    {KIND_UNIT, SQL_AUTHORITY_UNITS, WORDS_UNSET, OP_UNIT_END},
    {KIND_REQUEST, SQL_AUTHORITY_REQUESTS, WORDS_UNSET, OP_APPROVAL_REFUSE},
    /* Within a day, where no file takes it. */
    {KIND_UPLOAD, SQL_AUTHORITY_UPLOADS, WORDS_UNSET, OP_BLOB_COLLECT},
    /* As soon as the session does that it was opened by. */
    {KIND_STREAM, SQL_AUTHORITY_STREAMS, WORDS_UNSET, OP_STREAM_END},
};

struct census {
	struct run *run;
	struct sound_ways ways;
	bool orphans; /* only these */
	struct authority *list;
	size_t n, limit;
	uint64_t looked_at, unsound;
	struct id last; /* the last row that was looked at */
	bool full;
};

/* ---- one row
 * -------------------------------------------------------------------- */

static const char *
sort_of(const struct table *table, const struct sound_row *row)
{
	const struct op *op = op_get(row->sort);

	if (row->kind == KIND_STREAM || row->kind == KIND_REQUEST)
		return op != NULL ? op->name : "unknown";
	return table->words != WORDS_UNSET ? words_text(table->words, row->sort)
	                                   : kind_text(row->kind);
}

/* The top of what a principal has is theirs for as long as they are. */
static int
is_own_space(struct run *run, const struct sound_row *row)
{
	struct node_row node;
	int r;

	if (row->kind != KIND_GRANT || row->object_kind != KIND_FOLDER)
		return 0;
	r = node_load(run->place, row->object, &node);
	return r < 0 ? (r == E_NOT_FOUND ? 0 : r) : node.role == NODE_SPACE;
}

static enum op_number
ender(const struct table *table, const struct sound_row *row, bool own_space)
{
	enum kind on = row->object_kind;

	if (row->kind == KIND_PRINCIPAL && row->sort == PRINCIPAL_GROUP)
		return OP_GROUP_END;
	if (row->kind == KIND_CREDENTIAL && row->sort == CREDENTIAL_TOKEN)
		return OP_TOKEN_REVOKE;
	if (row->kind != KIND_GRANT)
		return table->ends;
	if (row->sort == RELATION_PASSWORD_ALONE)
		return OP_POLICY_END;
	if (on == KIND_ORG || on == KIND_UNIT)
		return OP_ROLE_REVOKE;
	if (on == KIND_APP)
		return OP_APP_REVOKE;
	if (on == KIND_PRINCIPAL)
		return OP_MEMBER_REMOVE;
	return own_space ? OP_PRINCIPAL_END : table->ends;
}

struct findings {
	bool any;
	struct buf text; /* of the first few */
};

static void
    PRINTF_LIKE(2, 3) find(struct findings *findings, const char *format, ...)
{
	char text[200];
	va_list args;

	va_start(args, format);
	(void)vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	if (findings->any)
		buf_put_str(&findings->text, "; ");
	findings->any = true;
	buf_put_str(&findings->text, text);
}

static void
differs(void *arg, const char *what)
{
	find(arg, "%s isn't what its record says", what);
}

/* That a leaf leads up to a ceremony. 0, or E_LIMIT where the page is full. */
static int
explain(struct census *census, const struct leaf *leaf, struct authority *ret,
    struct findings *wrong)
{
	struct sound_problem problem;
	uint64_t ceremony;
	int r = sound_way_up(&census->ways, leaf, &ceremony, &problem);

	if (r > 0)
		SHAPE_SET(ret, ceremony, ceremony);
	else if (r == 0)
		find(wrong, "%s", problem.text);
	/* A page of its own wouldn't do either. */
	else if (r == E_LIMIT && census->looked_at == 0)
		find(wrong, "its way up has more records than can be read");
	else
		return r;
	return 0;
}

/* A request that somebody is said to have approved. */
static int
hold_approval(struct census *census, const struct sound_row *row,
    struct arena *scratch, struct authority *ret, struct findings *wrong)
{
	struct sound_problem problem;
	struct leaf leaf;
	int r;

	if (row->kind != KIND_REQUEST || row->approved == 0)
		return 0;
	r = sound_load(&census->ways, scratch, row->approved, &leaf, &problem);
	if (r <= 0) {
		if (r == 0)
			find(wrong, "%s", problem.text);
		return r;
	}
	sound_compare_approval(&leaf, row, differs, wrong);
	return explain(census, &leaf, ret, wrong);
}

/* What its leaf tells, and whether it is sound. */
static int
hold_against_leaf(struct census *census, const struct sound_row *row,
    struct arena *scratch, struct authority *ret, struct findings *wrong)
{
	struct run *run = census->run;
	struct sound_problem problem;
	const struct leaf_object *object;
	const struct op *op;
	struct leaf leaf;
	int r = sound_load(
	    &census->ways, scratch, ref_sequence(row->ref), &leaf, &problem);

	if (r <= 0) {
		if (r == 0)
			find(wrong, "%s", problem.text);
		return r;
	}
	op = op_get(leaf.op);
	SHAPE_SET(ret, time, leaf.time);
	SHAPE_SET(ret, operation, slice_str(op != NULL ? op->name : "unknown"));
	if (leaf.principal != 0)
		SHAPE_SET(
		    ret, by, ((struct id){leaf.principal, KIND_PRINCIPAL}));
	object = sound_made(&leaf, row->kind, row->ref);
	if (object == NULL) {
		find(wrong, "record %" PRIu64 " made no such %s", leaf.sequence,
		    kind_text(row->kind));
		return 0;
	}
	sound_compare(
	    &leaf, object, row, &run->place->core->id_key, differs, wrong);
	r = explain(census, &leaf, ret, wrong);
	return r < 0 ? r : hold_approval(census, row, scratch, ret, wrong);
}

/* A principal's name, where there is such a one. 1: it has ended. */
static int
name_of(
    struct run *run, uint64_t principal, struct slice *ret_name, bool *ret_has)
{
	struct principal_row row;
	int r = access_principal(run, principal, &row);

	if (r < 0)
		return r == E_NOT_FOUND ? 0 : r;
	*ret_name = row.name;
	*ret_has = true;
	return row.ended != 0;
}

static bool
is_kind(enum kind kind)
{
	return kind > KIND_NONE && kind < KIND_NODE;
}

/* 1: it is listed; 0: it isn't one of those asked for; or an error. */
static int
describe(struct census *census, const struct table *table,
    const struct sound_row *row, struct authority *ret)
{
	struct run *run = census->run;
	struct arena scratch = {NULL};
	struct findings wrong = {.text = BUF(WRONG_MAX)};
	int own, r = 0;

	*ret = (struct authority){.has_id = false};
	if (row->principal != 0)
		r = name_of(run, row->principal, &ret->name, &ret->has_name);
	/* What somebody had who has ended gives nothing to anybody. */
	if (r != 0)
		return r < 0 ? r : 0;
	if ((own = is_own_space(run, row)) < 0)
		return own;
	r = hold_against_leaf(census, row, &scratch, ret, &wrong);
	arena_free(&scratch);
	if (r >= 0 && ret->has_by) {
		r = name_of(run, ret->by.n, &ret->by_name, &ret->has_by_name);
		ret->has_by_name = ret->has_by_name && r >= 0;
	}
	if (r < 0) {
		buf_free(&wrong.text);
		return r;
	}
	SHAPE_SET(ret, id, ((struct id){row->ref, row->kind}));
	SHAPE_SET(ret, kind, row->kind);
	SHAPE_SET(ret, sort, slice_str(sort_of(table, row)));
	if (row->principal != 0)
		SHAPE_SET(ret, principal,
		    ((struct id){row->principal, KIND_PRINCIPAL}));
	if (row->object != 0 && is_kind(row->object_kind))
		SHAPE_SET(
		    ret, object, ((struct id){row->object, row->object_kind}));
	if (row->expires != 0)
		SHAPE_SET(ret, expires, row->expires);
	SHAPE_SET(ret, sequence, ref_sequence(row->ref));
	if (row->kind == KIND_GRANT) {
		int64_t used;

		r = index_used(run->place, ref_sequence(row->ref), &used);
		if (r == 0 && used != 0)
			SHAPE_SET(ret, used, used);
		if (r < 0) {
			buf_free(&wrong.text);
			return r;
		}
	}
	SHAPE_SET(ret, sound, !wrong.any);
	SHAPE_SET(
	    ret, ends, slice_str(op_get(ender(table, row, own > 0))->name));
	if (wrong.any)
		SHAPE_SET(ret, wrong, run_copy(run, buf_slice(&wrong.text)));
	buf_free(&wrong.text);
	return wrong.any && ret->wrong.p == NULL ? E_NOMEM : 1;
}

/* ---- pages
 * ------------------------------------------------------------------------ */

/* One row: 1 to go on, 0 where the page ends before it, or an error. */
static int
consider(struct census *census, const struct table *table,
    const struct sound_row *row)
{
	int64_t now = census->run->place->now;
	struct authority *authority = &census->list[census->n];
	int r;

	if (row->ended != 0 || (row->expires != 0 && row->expires <= now))
		return 1;
	r = describe(census, table, row, authority);
	/* What this page may read is used up: the next one goes on here. */
	if (r == E_LIMIT && census->looked_at > 0)
		return 0;
	if (r <= 0)
		return r < 0 ? r : 1;
	if (!authority->sound)
		census->unsound++;
	if (!authority->sound || !census->orphans)
		census->n++;
	return 1;
}

static int
go_through(struct census *census, const struct table *table, int64_t from)
{
	struct stmt *stmt = db_stmt(census->run->place->db, table->rows);
	struct sound_row row;
	int r, go = 1;

	stmt_i64(stmt, 1, from);
	stmt_u64(stmt, 2, LOOKED_AT - census->looked_at + 1);
	while ((r = stmt_step(stmt)) > 0) {
		if (census->n == census->limit ||
		    census->looked_at == LOOKED_AT) {
			go = 0;
		} else {
			sound_take(table->kind, stmt, &row);
			go = consider(census, table, &row);
		}
		if (go <= 0) {
			stmt_done(stmt);
			break;
		}
		census->looked_at++;
		census->last = (struct id){row.ref, row.kind};
	}
	census->full = go == 0;
	return r < 0 ? r : MIN(go, 0);
}

/* Where a table goes on, behind the row that the page before ended with. */
static int64_t
from_of(const struct authority_list *args, enum kind kind)
{
	uint64_t after = args->after.n;

	if (!args->has_after || args->after.kind != kind)
		return INT64_MIN;
	if (kind == KIND_STREAM)
		after = ref_sequence(after);
	return (int64_t)after < INT64_MAX ? (int64_t)after + 1 : INT64_MAX;
}

static size_t
table_of(enum kind kind)
{
	size_t table = 0;

	while (table < ARRAY_SIZE(tables) && tables[table].kind != kind)
		table++;
	return table;
}

int
authority_list_read(struct run *run)
{
	const struct authority_list *args = RUN_ARGS(run, authority_list);
	struct authority_page *result = RUN_RESULT(run, authority_page);
	struct census census = {.run = run,
	    .ways = {.db = run->place->db,
		.arena = run->arena,
		.most = LEAVES_MAX},
	    .orphans = args->orphans,
	    .limit = args->has_limit ? MAX(args->limit, 1) : LISTED};
	size_t first = 0, end = ARRAY_SIZE(tables);
	int r = 0;

	if (args->has_kind) {
		first = table_of((enum kind)args->kind);
		end = first + 1;
	}
	if (args->has_after) {
		size_t after = table_of(args->after.kind);

		if (after < first || after >= end)
			return E_INVALID;
		first = after;
	}
	census.list =
	    arena_alloc(run->arena, census.limit * sizeof(*census.list));
	if (census.list == NULL)
		return E_NOMEM;
	for (size_t t = first; t < end && r == 0 && !census.full; t++)
		r = go_through(
		    &census, &tables[t], from_of(args, tables[t].kind));
	sound_ways_free(&census.ways);
	if (r < 0)
		return r;
	result->has_list = true;
	result->list.v = census.list;
	result->list.n = census.n;
	if (census.full)
		SHAPE_SET(result, next, census.last);
	SHAPE_SET(result, looked_at, census.looked_at);
	if ((r = run_number(run, FACT_COUNT, (int64_t)census.n)) < 0 ||
	    (r = run_number(run, FACT_LOOKED_AT, (int64_t)census.looked_at)) <
		0)
		return r;
	return run_number(run, FACT_UNSOUND, (int64_t)census.unsound);
}
