/*
 * check: rows against leaves, both ways. From a leaf to the rows that it made
 * and ended, as the log is walked; then from each row to the leaf that made it,
 * and the one that ended it. What a restore has lost isn't looked for, but what
 * it ended must have stayed so.
 */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

#include "core/record.h"
#include "core/sound.h"
#include "op/op.h"
#include "state/check.h"
#include "store/meta.h"

/* ---- from the leaf
 * --------------------------------------------------------------- */

/* Where rows of a kind stand; SQL_MAX: not by id. */
static enum sql
row_of(enum kind kind)
{
	switch (kind) {
	case KIND_PRINCIPAL:
		return SQL_ROW_PRINCIPAL;
	case KIND_CREDENTIAL:
		return SQL_ROW_CREDENTIAL;
	case KIND_SESSION:
		return SQL_ROW_SESSION;
	case KIND_GRANT:
		return SQL_ROW_TUPLE;
	case KIND_UNIT:
		return SQL_ROW_UNIT;
	case KIND_REQUEST:
		return SQL_ROW_REQUEST;
	case KIND_FOLDER:
	case KIND_FILE:
		return SQL_ROW_NODE;
	case KIND_VERSION:
		return SQL_ROW_VERSION;
	case KIND_INCIDENT:
		return SQL_ROW_INCIDENT;
	case KIND_BLOB:
		return SQL_ROW_BLOB;
	case KIND_UPLOAD:
		return SQL_ROW_UPLOAD;
	case KIND_NONE:
	case KIND_ORG:
	case KIND_APP:
	case KIND_STREAM:
	case KIND_EDGE:
	case KIND_NODE:
	case KIND_MAX:
		break;
	}
	return SQL_MAX;
}

/* 1 and the row's `ended` (and its second column), 0 where there is none. */
static int
find_row(struct check *check, enum sql sql, uint64_t ref, uint64_t *ret_ended,
    uint64_t *ret_second)
{
	struct stmt *stmt = db_stmt(check->db, sql);
	int r;

	stmt_u64(stmt, 1, ref);
	r = stmt_step(stmt);
	if (r > 0) {
		*ret_ended = stmt_col_u64(stmt, 0);
		if (ret_second != NULL)
			*ret_second = stmt_col_u64(stmt, 1);
	}
	stmt_done(stmt);
	return r;
}

static int
effect_made(struct check *check, uint64_t sequence,
    const struct leaf_made *made, uint64_t node)
{
	uint64_t ref = ref_make(sequence, made->place), ended, edge = 0;
	enum sql sql = row_of(made->kind);
	int r;

	if (made->kind == KIND_EDGE) {
		r = find_row(check, SQL_ROW_NODE, node, &ended, &edge);
		if (r > 0 && edge != ref)
			r = find_row(check, SQL_ROW_EDGE, ref, &ended, NULL);
	} else if (sql != SQL_MAX) {
		r = find_row(check, sql, ref, &ended, NULL);
	} else {
		return 0;
	}
	if (r == 0)
		check_problem(check,
		    "database: the %s that record %" PRIu64
		    " made (place %" PRIu64 ") is missing",
		    kind_text(made->kind), sequence, made->place);
	return r < 0 ? r : 0;
}

/* A reference alone doesn't say of what kind: the tables tell. */
static const enum sql enders[] = {SQL_ROW_CREDENTIAL, SQL_ROW_SESSION,
    SQL_ROW_TUPLE, SQL_ROW_NODE, SQL_ROW_EDGE, SQL_ROW_VERSION, SQL_ROW_BLOB,
    SQL_ROW_UPLOAD, SQL_ROW_PRINCIPAL, SQL_ROW_UNIT};

static int
effect_ended(struct check *check, uint64_t sequence, uint64_t ref, bool lost)
{
	for (size_t i = 0; i < ARRAY_SIZE(enders); i++) {
		uint64_t ended = 0;
		int r = find_row(check, enders[i], ref, &ended, NULL);

		if (r < 0)
			return r;
		if (r == 0)
			continue;
		/* A restore may have had it ended by an earlier record. */
		if (ended == sequence || (lost && ended != 0))
			return 0;
		check_problem(check,
		    "database: record %" PRIu64 " ended what record %" PRIu64
		    " made (place %" PRIu64 "), and its row %s",
		    sequence, ref_sequence(ref), ref_place(ref),
		    ended == 0 ? "says that it lives" : "names another record");
		return 0;
	}
	/* Streams go, and a purged node's place has no row of its own. */
	return 0;
}

static int
effect_object(struct check *check, const struct leaf *leaf,
    const struct leaf_object *o, bool lost)
{
	uint64_t node = o->ref;
	int r = 0;

	if (o->outcome != 0)
		return 0;
	for (size_t i = 0; i < o->n_made && r == 0 && !lost; i++) {
		if (kind_fits(KIND_NODE, o->made[i].kind))
			node = ref_make(leaf->sequence, o->made[i].place);
		r = effect_made(check, leaf->sequence, &o->made[i], node);
	}
	for (size_t i = 0; i < o->n_ended && r == 0; i++)
		r = effect_ended(check, leaf->sequence, o->ended[i], lost);
	return r;
}

int
check_effect(struct check *check, struct slice bytes)
{
	struct arena arena = {NULL};
	struct leaf leaf;
	int r = leaf_decode(bytes, &arena, &leaf);

	if (r == 0 && leaf.outcome == 0) {
		bool lost = check_is_lost(check, leaf.sequence);

		for (size_t i = 0; i < leaf.n_objects && r == 0; i++)
			r = effect_object(check, &leaf, &leaf.objects[i], lost);
	}
	arena_free(&arena);
	return r == E_CORRUPT ? 0 : r;
}

/* ---- from the row
 * ---------------------------------------------------------------- */

/* The leaf looked at last: rows of one stand side by side. */
struct kept_leaf {
	uint64_t sequence;
	int code;
	struct arena arena;
	struct leaf leaf;
};

struct rows {
	struct check *check;
	struct id_key key; /* of the ids that leaves hold as they were given */
	struct kept_leaf made, ended;
	const char *table;
	uint64_t id;
};

static int
load(struct check *check, struct kept_leaf *kept, uint64_t sequence)
{
	struct slice bytes;

	if (kept->sequence == sequence)
		return kept->code;
	arena_reset(&kept->arena);
	kept->sequence = sequence;
	kept->code = record_leaf(check->db, &kept->arena, sequence, &bytes);
	if (kept->code == 0)
		kept->code = leaf_decode(bytes, &kept->arena, &kept->leaf);
	return kept->code;
}

static bool
is_fault(int r)
{
	return r < 0 && r != E_NOT_FOUND && r != E_CORRUPT;
}

static void
    PRINTF_LIKE(2, 3) row_problem(struct rows *rows, const char *format, ...)
{
	char text[200];
	va_list args;

	va_start(args, format);
	(void)vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	check_problem(rows->check,
	    "database: %s row of record %" PRIu64 ", place %" PRIu64 ": %s",
	    rows->table, ref_sequence(rows->id), ref_place(rows->id), text);
}

/* The object of the leaf that made a row; NULL where none did, and said so. */
static int
check_made(struct rows *rows, enum kind kind, uint64_t ref,
    const struct leaf_object **ret_object)
{
	int r = load(rows->check, &rows->made, ref_sequence(ref));

	*ret_object = NULL;
	if (is_fault(r))
		return r;
	if (r < 0) {
		row_problem(rows, "record %" PRIu64 " is %s", ref_sequence(ref),
		    r == E_NOT_FOUND ? "missing" : "damaged");
		return 0;
	}
	*ret_object = sound_made(&rows->made.leaf, kind, ref);
	if (*ret_object == NULL)
		row_problem(rows, "record %" PRIu64 " made no such %s",
		    ref_sequence(ref), kind_text(kind));
	return 0;
}

static bool
names_end(const struct leaf *leaf, uint64_t ref)
{
	for (size_t i = 0; i < leaf->n_objects && leaf->outcome == 0; i++) {
		const struct leaf_object *o = &leaf->objects[i];

		for (size_t k = 0; k < o->n_ended && o->outcome == 0; k++)
			if (o->ended[k] == ref)
				return true;
	}
	return false;
}

static int
check_ended(struct rows *rows, uint64_t ref, uint64_t ended)
{
	int r;

	if (ended == 0)
		return 0;
	r = load(rows->check, &rows->ended, ended);
	if (is_fault(r))
		return r;
	if (r < 0)
		row_problem(rows, "record %" PRIu64 ", which ended it, is %s",
		    ended, r == E_NOT_FOUND ? "missing" : "damaged");
	else if (!names_end(&rows->ended.leaf, ref))
		row_problem(
		    rows, "record %" PRIu64 " says nothing of its end", ended);
	return 0;
}

/* ---- what the leaf tells of a row beside that
 * --------------------------------------- */

static void
differs(void *arg, const char *what)
{
	struct rows *rows = arg;

	row_problem(rows, "%s isn't what record %" PRIu64 " says", what,
	    rows->made.sequence);
}

/* Bytes that stand in the database itself. */
static void
check_content(struct rows *rows, struct stmt *stmt)
{
	struct slice content = stmt_col_bytes(stmt, 5);
	struct digest digest;

	if (stmt_col_u64(stmt, 1) != 0 || stmt_col_u64(stmt, 4) != 0)
		return;
	digest = sha256(content);
	if (content.n != stmt_col_u64(stmt, 2) ||
	    !slice_eq(digest_slice(&digest), stmt_col_bytes(stmt, 3)))
		row_problem(rows, "its bytes are damaged");
}

/* The same of an upload that holds them itself, until it is used. */
static void
check_held(struct rows *rows, struct stmt *stmt)
{
	struct digest digest = sha256(stmt_col_bytes(stmt, 6));

	if (stmt_col_u64(stmt, 1) == 0 && !stmt_col_null(stmt, 5) &&
	    !slice_eq(digest_slice(&digest), stmt_col_bytes(stmt, 5)))
		row_problem(rows, "its bytes are damaged");
}

static int
check_blob_of(struct rows *rows, struct stmt *stmt)
{
	uint64_t blob = stmt_col_u64(stmt, 4), ended = 0;
	int r;

	if (stmt_col_u64(stmt, 1) != 0 || blob == 0)
		return 0;
	r = find_row(rows->check, SQL_ROW_BLOB, blob, &ended, NULL);
	if (r == 0 || ended != 0)
		row_problem(rows, "the blob that holds its bytes is gone");
	return r < 0 ? r : 0;
}

/* The record about a canary is one that says so. */
static bool
is_about_canary(const struct leaf *leaf, uint64_t ref)
{
	int64_t target;

	if (leaf->sequence == ref_sequence(ref))
		return leaf->op == OP_CANARY_INSTALL ||
		       leaf->op == OP_CANARY_PLANT;
	for (size_t i = 0; i < leaf->n_objects; i++) {
		const struct leaf_object *o = &leaf->objects[i];

		target = 0;
		for (size_t k = 0; k < o->n_numbers; k++)
			if (o->numbers[k].key == FACT_TARGET)
				target = o->numbers[k].value;
		if (leaf->op == OP_ALERT_RAISE &&
		    (o->ref == ref || (uint64_t)target == ref))
			return true;
	}
	return false;
}

/* Whoever can write the database may have made one of somebody, or none. */
static int
check_canary(struct rows *rows, uint64_t ref, uint64_t ended, uint64_t canary)
{
	uint64_t op = rows->made.leaf.op;
	int r;

	if (canary == 0) {
		if (rows->made.code == 0 && ended == 0 &&
		    (op == OP_CANARY_INSTALL || op == OP_CANARY_PLANT))
			row_problem(rows, "it was planted as a canary, and is "
					  "none any more");
		return 0;
	}
	r = load(rows->check, &rows->ended, canary);
	if (is_fault(r))
		return r;
	if (r < 0 || !is_about_canary(&rows->ended.leaf, ref))
		row_problem(
		    rows, "record %" PRIu64 " is about no canary", canary);
	return 0;
}

static int
check_principal(struct rows *rows, struct stmt *stmt)
{
	uint64_t erased = stmt_col_u64(stmt, 3);
	int r = check_canary(rows, stmt_col_u64(stmt, 0), stmt_col_u64(stmt, 1),
	    stmt_col_u64(stmt, 4));

	if (r < 0 || erased == 0)
		return r;
	r = load(rows->check, &rows->ended, erased);
	if (is_fault(r))
		return r;
	if (r < 0 || rows->ended.leaf.op != OP_SUBJECT_ERASE)
		row_problem(rows, "record %" PRIu64 " erased nobody", erased);
	return 0;
}

static int
check_more(struct rows *rows, enum sql sql, enum kind kind,
    const struct leaf_object *o, struct stmt *stmt)
{
	struct sound_row row;
	int r;

	if (o != NULL && kind_authority(kind) != AUTHORITY_NONE) {
		sound_take(kind, stmt, &row);
		sound_compare(
		    &rows->made.leaf, o, &row, &rows->key, differs, rows);
	}
	if (sql == SQL_ALL_VERSIONS) {
		check_content(rows, stmt);
		return check_blob_of(rows, stmt);
	}
	if (sql == SQL_ALL_PRINCIPALS)
		return check_principal(rows, stmt);
	if (sql == SQL_ALL_UPLOADS)
		check_held(rows, stmt);
	if (sql == SQL_ALL_NODES) {
		r = check_made(rows, KIND_EDGE, stmt_col_u64(stmt, 3), &o);
		return r;
	}
	return 0;
}

static const struct {
	enum sql all;
	const char *table;
	enum kind kind;
} tables[] = {
    {SQL_ALL_PRINCIPALS, "principal", KIND_PRINCIPAL},
    {SQL_ALL_CREDENTIALS, "credential", KIND_CREDENTIAL},
    {SQL_ALL_SESSIONS, "session", KIND_SESSION},
    {SQL_ALL_TUPLES, "tuple", KIND_GRANT},
    {SQL_ALL_UNITS, "unit", KIND_UNIT},
    {SQL_ALL_REQUESTS, "request", KIND_REQUEST},
    {SQL_ALL_NODES, "node", KIND_NODE},
    {SQL_ALL_EDGES, "edge", KIND_EDGE},
    {SQL_ALL_VERSIONS, "version", KIND_VERSION},
    {SQL_ALL_BLOBS, "blob", KIND_BLOB},
    {SQL_ALL_UPLOADS, "upload", KIND_UPLOAD},
};

static int
check_row(struct rows *rows, enum sql sql, enum kind kind, struct stmt *stmt)
{
	const struct leaf_object *o;
	int r;

	rows->id = stmt_col_u64(stmt, 0);
	if (kind == KIND_NODE)
		kind = (enum kind)stmt_col_u64(stmt, 2);
	if ((r = check_made(rows, kind, rows->id, &o)) < 0 ||
	    (r = check_ended(rows, rows->id, stmt_col_u64(stmt, 1))) < 0)
		return r;
	return check_more(rows, sql, kind, o, stmt);
}

static int
check_table(struct rows *rows, size_t table)
{
	struct stmt *stmt = db_stmt(rows->check->db, tables[table].all);
	struct progress *progress = &rows->check->tool->progress;
	int r, e = 0;

	rows->table = tables[table].table;
	while (e == 0 && (r = stmt_step(stmt)) > 0) {
		e = check_row(
		    rows, tables[table].all, tables[table].kind, stmt);
		progress->done = ++rows->check->rows;
		progress_draw(progress, false);
	}
	stmt_done(stmt);
	return e < 0 ? e : r;
}

/* ---- texts
 * ----------------------------------------------------------------------- */

/* The commitment that a leaf holds in a slot. */
static const struct leaf_text *
text_in(const struct leaf *leaf, uint64_t slot)
{
	for (size_t i = 0; i < leaf->n_objects; i++) {
		const struct leaf_object *o = &leaf->objects[i];

		if (slot < o->n_texts)
			return &o->texts[slot];
		slot -= o->n_texts;
	}
	return NULL;
}

static int
check_opening(struct rows *rows, struct stmt *stmt)
{
	uint64_t sequence = stmt_col_u64(stmt, 1), slot = stmt_col_u64(stmt, 2);
	struct slice salt = stmt_col_bytes(stmt, 3);
	struct slice digest = stmt_col_bytes(stmt, 6);
	struct opening opening = {
	    .text = stmt_col_bytes(stmt, 4), .length = stmt_col_u64(stmt, 5)};
	const struct leaf_text *text = NULL;
	struct digest commitment;
	int r = load(rows->check, &rows->made, sequence);

	if (is_fault(r))
		return r;
	if (r == 0)
		text = text_in(&rows->made.leaf, slot);
	memcpy(opening.salt, salt.p, MIN(salt.n, sizeof(opening.salt)));
	if (digest.n == SHA256_BYTES)
		memcpy(opening.digest.b, digest.p, digest.n);
	if (text != NULL)
		commitment = opening_commitment(&opening, text->field);
	if (text == NULL || !digest_eq(&commitment, &text->commitment))
		check_problem(rows->check,
		    "database: text %" PRIu64 " of record %" PRIu64
		    " doesn't fit its commitment",
		    slot, sequence);
	return 0;
}

static int
check_openings(struct rows *rows)
{
	struct stmt *stmt = db_stmt(rows->check->db, SQL_ALL_OPENINGS);
	struct progress *progress = &rows->check->tool->progress;
	int r, e = 0;

	while (e == 0 && (r = stmt_step(stmt)) > 0) {
		e = check_opening(rows, stmt);
		progress->done = ++rows->check->texts;
		progress_draw(progress, false);
	}
	stmt_done(stmt);
	return e < 0 ? e : r;
}

static int
load_key(struct db *db, struct id_key *ret_key)
{
	struct buf buf = BUF(sizeof(ret_key->b));
	int r = meta_get(db, "id_key", &buf);

	if (r == 0 && buf.n != sizeof(ret_key->b))
		r = E_CORRUPT;
	if (r == 0)
		memcpy(ret_key->b, buf.p, buf.n);
	buf_free(&buf);
	return r;
}

int
check_rows(struct check *check)
{
	struct rows rows = {.check = check};
	int r = load_key(check->db, &rows.key);

	check->tool->progress.what = "rows";
	for (size_t i = 0; i < ARRAY_SIZE(tables) && r == 0; i++)
		r = check_table(&rows, i);
	check->tool->progress.what = "texts";
	if (r == 0)
		r = check_openings(&rows);
	arena_free(&rows.made.arena);
	arena_free(&rows.ended.arena);
	return r;
}
