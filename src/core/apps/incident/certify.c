/*
 * incident.certify: whether they are out (docs/EVICTION.md has the definition).
 *
 * The tables that decide are gone through, row by row, not the log: each must
 * be what its record says, lead up to the ceremony, and not descend from the
 * seeds. Then the log behind the cut: nothing in it may have been allowed by
 * what was ended. The text of it says what it doesn't prove, too.
 */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

#include "core/apps/access/access.h"
#include "core/apps/incident/incident.h"
#include "core/core.h"
#include "core/engine.h"
#include "core/record.h"
#include "core/scribe.h"
#include "core/sound.h"
#include "op/op.h"

enum {
	ROWS_AT_ONCE = 1000,
	LEAVES_MAX = 4000000, /* that ways up may be read from */
	CHECKS = 7,
	CHECK_TEXT = 500,
	TEXT_MAX = 16384,
};

static const struct table {
	enum kind kind;
	enum sql rows;
} tables[] = {
    {KIND_PRINCIPAL, SQL_AUTHORITY_PRINCIPALS},
    {KIND_CREDENTIAL, SQL_AUTHORITY_CREDENTIALS},
    {KIND_SESSION, SQL_AUTHORITY_SESSIONS},
    {KIND_GRANT, SQL_AUTHORITY_TUPLES},
    {KIND_UNIT, SQL_AUTHORITY_UNITS},
    {KIND_REQUEST, SQL_AUTHORITY_REQUESTS},
    {KIND_UPLOAD, SQL_AUTHORITY_UPLOADS},
    {KIND_STREAM, SQL_AUTHORITY_STREAMS},
};

struct inquiry {
	struct run *run;
	struct incident_row incident;
	struct closure closure;
	struct sound_ways ways;
	uint64_t looked_at, live; /* rows */
	uint64_t orphans;         /* not what their record says */
	uint64_t adrift;          /* that lead up to no ceremony */
	uint64_t left;            /* that descend, and live */
	uint64_t spared;          /* of these: by name */
	uint64_t used;            /* records behind the cut that rest on it */
	uint64_t returns;         /* of these: denied */
	uint64_t first;           /* the first record that is wrong; 0: none */
	struct incident_check checks[CHECKS];
	size_t n;
	bool holds;
};

/* ---- the tables: I1, I2, I3
 * ----------------------------------------------------------------------- */

static void
differs(void *arg, const char *what UNUSED)
{
	*(bool *)arg = true;
}

static void
note_first(struct inquiry *q, uint64_t leaf)
{
	if (q->first == 0)
		q->first = leaf;
}

/* What somebody had who has ended gives nothing to anybody. */
static int
has_ended(struct run *run, const struct sound_row *row)
{
	struct principal_row owner;
	int r;

	if (row->ended != 0 ||
	    (row->expires != 0 && row->expires <= run->place->now))
		return 1;
	if (row->principal == 0)
		return 0;
	r = access_principal(run, row->principal, &owner);
	return r < 0 ? (r == E_NOT_FOUND ? 0 : r) : owner.ended != 0;
}

static int
hold(struct inquiry *q, const struct sound_row *row)
{
	uint64_t sequence = ref_sequence(row->ref), ceremony;
	struct arena scratch = {NULL};
	struct sound_problem problem;
	const struct leaf_object *object;
	struct leaf leaf;
	bool other = false;
	int r = sound_load(&q->ways, &scratch, sequence, &leaf, &problem);

	if (r > 0 && (object = sound_made(&leaf, row->kind, row->ref)) != NULL)
		sound_compare(&leaf, object, row, &q->run->place->core->id_key,
		    differs, &other);
	else if (r >= 0)
		other = true;
	if (r >= 0 && other) {
		q->orphans++;
		note_first(q, sequence);
		r = 0;
	} else if (r > 0) {
		r = sound_way_up(&q->ways, &leaf, &ceremony, &problem);
		if (r == 0) {
			q->adrift++;
			note_first(q, sequence);
		}
	}
	arena_free(&scratch);
	return MIN(r, 0);
}

static int
consider(struct inquiry *q, const struct sound_row *row)
{
	const struct closure_row *found;
	int r = has_ended(q->run, row);

	q->looked_at++;
	if (r != 0)
		return MIN(r, 0);
	q->live++;
	if ((r = hold(q, row)) < 0)
		return r;
	if ((found = closure_row(&q->closure, row->ref)) == NULL)
		return 0;
	if ((r = incident_spares(q->run, q->incident.id, found)) != 0) {
		q->spared += r > 0;
		return MIN(r, 0);
	}
	q->left++;
	note_first(q, ref_sequence(row->ref));
	return 0;
}

/* Some rows at once: what is asked of each needs other statements. */
static int
go_through(struct inquiry *q, const struct table *table)
{
	struct sound_row *rows =
	    arena_alloc(q->run->arena, ROWS_AT_ONCE * sizeof(*rows));
	int64_t from = INT64_MIN;
	int r = rows != NULL ? 0 : E_NOMEM;

	for (size_t n = ROWS_AT_ONCE; r == 0 && n == ROWS_AT_ONCE;) {
		struct stmt *stmt = db_stmt(q->run->place->db, table->rows);

		n = 0;
		stmt_i64(stmt, 1, from);
		stmt_u64(stmt, 2, ROWS_AT_ONCE);
		while ((r = stmt_step(stmt)) > 0)
			sound_take(table->kind, stmt, &rows[n++]);
		for (size_t i = 0; i < n && r == 0; i++)
			r = consider(q, &rows[i]);
		/* Streams are numbered by their records. */
		if (n > 0)
			from = (int64_t)(table->kind == KIND_STREAM
					     ? ref_sequence(rows[n - 1].ref)
					     : rows[n - 1].ref) +
			       1;
	}
	return r;
}

/* ---- the log behind the cut: I4
 * -------------------------------------------------------------------------- */

/* Whether the record rests on what was ended, and is not the server's own. */
static bool
rests_on_it(const struct inquiry *q, const struct leaf *leaf)
{
	const struct closure_row *row = closure_row(&q->closure, leaf->session);
	const struct op *op = op_get(leaf->op);

	return row != NULL && leaf->time >= row->since &&
	       row->verdict == VERDICT_MUST && op != NULL &&
	       op->effect != OP_SYSTEM;
}

static bool
was_allowed(const struct leaf *leaf)
{
	for (size_t i = 0; i < leaf->n_objects && leaf->outcome == 0; i++)
		if (leaf->objects[i].outcome == 0)
			return true;
	return false;
}

static int
read_on(struct inquiry *q)
{
	uint64_t from = q->incident.evicted + 1;
	int r = 0;

	while (q->incident.evicted != 0 && from <= q->closure.at && r == 0) {
		struct arena scratch = {NULL};
		struct slice bytes;
		struct leaf leaf;

		r = record_from(
		    q->run->place->db, &scratch, from, &from, &bytes);
		if (r == 0)
			r = leaf_decode(bytes, &scratch, &leaf);
		if (r == 0 && from <= q->closure.at && rests_on_it(q, &leaf)) {
			if (was_allowed(&leaf)) {
				q->used++;
				note_first(q, from);
			} else {
				q->returns++;
			}
		}
		from++;
		arena_free(&scratch);
	}
	return r == E_NOT_FOUND ? 0 : r;
}

/* ---- what it comes to
 * ------------------------------------------------------------------------ */

static int PRINTF_LIKE(4, 5) add(
    struct inquiry *q, const char *code, bool holds, const char *format, ...)
{
	struct incident_check *check = &q->checks[q->n++];
	char text[CHECK_TEXT];
	va_list args;

	va_start(args, format);
	(void)vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	SHAPE_SET(check, code, slice_str(code));
	SHAPE_SET(check, holds, holds);
	SHAPE_SET(check, text, run_copy(q->run, slice_str(text)));
	q->holds = q->holds && holds;
	return check->text.p != NULL ? 0 : E_NOMEM;
}

static int
judge(struct inquiry *q)
{
	const struct core *core = q->run->place->core;
	uint64_t size = scribe_checkpoint_size(engine_scribe(core->engine));
	uint64_t cut = q->incident.evicted;
	bool is_signed = cut != 0 && cut < core->base + size;
	int r;

	q->holds = true;
	r = add(q, "I0", is_signed,
	    cut == 0 ? "nothing was cut yet"
	    : is_signed
		? "the log's signed checkpoint covers the cut; chancery "
		  "log verify checks the log, and a mirror that it goes "
		  "on"
		: "no checkpoint covers the cut yet");
	if (r == 0)
		r = add(q, "I1", q->orphans == 0,
		    "%" PRIu64 " of %" PRIu64
		    " live rows of the tables that decide are not what their "
		    "records say",
		    q->orphans, q->live);
	if (r == 0)
		r = add(q, "I2", q->left == 0,
		    "%" PRIu64 " live rows descend from the seeds; %" PRIu64
		    " that only may were spared by name",
		    q->left, q->spared);
	if (r == 0)
		r = add(q, "I3", q->adrift == 0,
		    "%" PRIu64 " live rows lead up to no ceremony", q->adrift);
	if (r == 0)
		r = add(q, "I4", cut != 0 && q->used == 0,
		    "behind the cut %" PRIu64
		    " operations were allowed to what it ended, and %" PRIu64
		    " tries to return were denied",
		    q->used, q->returns);
	if (r == 0)
		r = add(q, "I5", q->closure.root == 0,
		    q->closure.root == 0
			? "what the installation rests on doesn't descend from "
			  "the seeds"
			: "the installation itself descends from the seeds: "
			  "install anew");
	return r < 0 ? r
	             : add(q, "I6", true,
			   "a restored backup does the endings of the mirror's "
			   "log again; without a mirror it says what can't be "
			   "known");
}

static const char *const limits[] = {
    "It is relative to the seeds: a foothold that doesn't descend from them is "
    "seen by I1 and I3 alone.",
    "What was read stays read: incident acts --reads lists it.",
    "Whoever owns the host, its database or its keys can forge what comes "
    "after; not the past, where a mirror has it.",
    "Devices of people may still be theirs: who signs in there again lets "
    "them in again.",
    "What only may descend and was spared is believed to be honest.",
};

/* Lines for people and programs; the digest is over all of it. */
static void
put_text(const struct inquiry *q, struct buf *text)
{
	const struct closure *c = &q->closure;

	buf_put_str(text, "chancery-certificate/v1\nlog ");
	buf_put_str(text, q->run->place->core->log_key);
	buf_put_str(text, "\nincident ");
	buf_put_u64(text, ref_sequence(q->incident.id));
	buf_put_str(text, "\nas-of ");
	buf_put_u64(text, c->at);
	buf_put_str(text, "\ncut ");
	buf_put_u64(text, q->incident.evicted);
	buf_put_str(text, "\ndescends ");
	buf_put_u64(text, c->n_rows);
	buf_put_str(text, "\nrows ");
	buf_put_u64(text, q->looked_at);
	if (q->first != 0) {
		buf_put_str(text, "\nfirst-wrong ");
		buf_put_u64(text, q->first);
	}
	buf_put_u8(text, '\n');
	for (size_t i = 0; i < q->n; i++) {
		buf_put_slice(text, q->checks[i].code);
		buf_put_str(text, q->checks[i].holds ? " holds: " : " FAILS: ");
		buf_put_slice(text, q->checks[i].text);
		buf_put_u8(text, '\n');
	}
	buf_put_str(text, q->holds ? "OUT\n" : "NOT PROVED\n");
	buf_put_str(text, "What this does not prove:\n");
	for (size_t i = 0; i < ARRAY_SIZE(limits); i++) {
		buf_put_str(text, "- ");
		buf_put_str(text, limits[i]);
		buf_put_u8(text, '\n');
	}
}

static int
tell(struct inquiry *q)
{
	struct incident_certificate *result =
	    RUN_RESULT(q->run, incident_certificate);
	struct buf text = BUF(TEXT_MAX);
	struct incident_check *list =
	    arena_alloc(q->run->arena, sizeof(q->checks));
	struct digest digest;
	int r;

	if (list == NULL)
		return E_NOMEM;
	memcpy(list, q->checks, sizeof(q->checks));
	put_text(q, &text);
	digest = sha256(buf_slice(&text));
	SHAPE_SET(result, holds, q->holds);
	SHAPE_SET(result, at, q->closure.at);
	if (q->incident.evicted != 0)
		SHAPE_SET(result, evicted, q->incident.evicted);
	SHAPE_SET(result, text, run_copy(q->run, buf_slice(&text)));
	SHAPE_SET(result, digest, run_copy(q->run, digest_slice(&digest)));
	result->has_checks = true;
	result->checks.v = list;
	result->checks.n = q->n;
	r = text.error;
	buf_free(&text);
	if (r < 0 || result->text.p == NULL || result->digest.p == NULL)
		return r < 0 ? r : E_NOMEM;
	if ((r = run_number(q->run, FACT_COUNT, (int64_t)q->looked_at)) < 0 ||
	    (r = run_number(q->run, FACT_UNSOUND,
		 (int64_t)(q->orphans + q->adrift + q->left))) < 0)
		return r;
	return draft_bytes(q->run->draft, FACT_DIGEST, digest_slice(&digest));
}

int
incident_certify_read(struct run *run)
{
	struct inquiry q = {.run = run,
	    .ways = {
		.db = run->place->db, .arena = run->arena, .most = LEAVES_MAX}};
	int r = incident_check_caller(run);

	if (r < 0 ||
	    (r = incident_load(run, RUN_ARGS(run, incident_ref)->incident.n,
		 &q.incident)) < 0 ||
	    (r = incident_closure(
		 run, q.incident.id, run->place->at, &q.closure)) < 0)
		return r;
	for (size_t i = 0; i < ARRAY_SIZE(tables) && r == 0; i++)
		r = go_through(&q, &tables[i]);
	if (r == 0)
		r = read_on(&q);
	sound_ways_free(&q.ways);
	if (r == 0)
		r = judge(&q);
	if (r == 0)
		r = tell(&q);
	closure_free(&q.closure);
	return r;
}
