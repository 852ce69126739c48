/*
 * Probes of the log: that a read stands in it at once, that nobody edits or
 * stops it, that all authority comes from it; and of the clock that dates it.
 */
#include <inttypes.h>

#include "base/clock.h"
#include "base/encode.h"
#include "cli/bar.h"
#include "cli/proof.h"
#include "ipc/role.h"
#include "ledger/leaf.h"
#include "op/op.h"

enum {
	PROOF_MAX = 65536,
	CLOCK_MS = 10 * 60 * 1000,
	PAGE = 500,
	ORPHANS_TOLD = 3,
};

/* ---- a read is on the record ------------------------------------------------
 */

struct awaited {
	uint64_t from;
	const char *operation, *actor;
};

static bool
has_come(struct bar *bar, void *arg)
{
	const struct awaited *a = arg;

	return bar->tail.over ||
	       bar_find(bar, a->from, a->operation, a->actor) != NULL;
}

void
bar_read(struct bar *bar)
{
	struct awaited awaited = {.from = bar->tail.next,
	    .operation = "file.read",
	    .actor = bar->robot.id};
	const struct bar_seen *seen;
	uint64_t answered, ms;
	int status;

	if (!bar_robot(bar) || !bar_store(bar, "/files/probe-small", 100))
		return;
	if (!bar_catch_up(bar)) {
		bar_unsure(bar, "the log could not be followed");
		return;
	}
	awaited.from = bar->tail.next;
	status = bar_status(bar, bar->robot.other, "GET", "/files/probe-small");
	answered = clock_boot_ms();
	if (status != 200) {
		bar_unsure(bar, "a probe could not read its file (%d)", status);
		return;
	}
	(void)bar_until(bar, has_come, &awaited, BAR_PATIENCE_MS);
	seen = bar_find(bar, awaited.from, awaited.operation, awaited.actor);
	if (seen == NULL) {
		bar_red(bar,
		    "the read came to no follower of the log within "
		    "%d s",
		    BAR_PATIENCE_MS / 1000);
		return;
	}
	bar_record(bar, seen->sequence);
	ms = seen->came_ms > answered ? seen->came_ms - answered : 0;
	if (ms > BAR_PROMISE_MS)
		bar_red(bar,
		    "record %" PRIu64 " of a read came to its "
		    "followers only after %" PRIu64 " ms",
		    seen->sequence, ms);
	else
		bar_saw(bar,
		    "record %" PRIu64 " of a read came to a follower "
		    "%" PRIu64 " ms after the read was answered",
		    seen->sequence, ms);
}

/* ---- proofs
 * ------------------------------------------------------------------ */

struct proved {
	struct proof proof;
	struct checkpoint checkpoint;
	struct digest leaf;
	uint64_t base;
	json_t *result;
	struct buf text, bytes;
};

static void
proved_free(struct proved *p)
{
	json_decref(p->result);
	buf_free(&p->text);
	buf_free(&p->bytes);
}

static int
ask_proof(struct bar *bar, uint64_t sequence, struct proved *p)
{
	uint64_t end = clock_boot_ms() + BAR_PATIENCE_MS;
	struct api_refusal refusal;
	int status;

	/* A record that is newer than the last checkpoint waits for the next.
	 */
	do {
		status = api_try(bar->cli, "log.prove",
		    api_object(
			"sequence", json_integer((json_int_t)sequence), NULL),
		    &p->result, &refusal);
		if (status == CLI_OK || strcmp(refusal.code, "STATE") != 0)
			break;
		(void)http_step(bar->cli->http, 100);
	} while (clock_boot_ms() < end && !bar_stopped());
	return status;
}

/* That a record stands in the log, by a checkpoint that its key signed. */
static bool
prove(struct bar *bar, uint64_t sequence, struct proved *p)
{
	struct arena arena = {NULL};
	struct leaf leaf;
	int r;

	*p = (struct proved){
	    .text = BUF(PROOF_MAX), .bytes = BUF(LEAF_BYTES_MAX)};
	if (ask_proof(bar, sequence, p) != CLI_OK) {
		bar_red(bar,
		    "record %" PRIu64 " can't be proved: no "
		    "checkpoint signs it",
		    sequence);
		return false;
	}
	if (bar->key.name[0] == '\0') {
		const char *vkey = api_text(p->result, "key");

		r = bar->key_given != NULL
		        ? proof_read_key(bar->key_given, &bar->key)
		        : note_key_parse(slice_str(vkey), &bar->key);
		if (r < 0) {
			bar_unsure(bar, "the log's key can't be read");
			return false;
		}
	}
	buf_put_str(&p->text, api_text(p->result, "proof"));
	r = base64_decode(slice_str(api_text(p->result, "leaf")), &p->bytes);
	if (r == 0)
		r = proof_parse(buf_slice(&p->text), &p->proof);
	if (r == 0)
		r = proof_check(
		    &p->proof, buf_slice(&p->bytes), &bar->key, &p->checkpoint);
	if (r == 0)
		r = leaf_decode(buf_slice(&p->bytes), &arena, &leaf);
	if (r == 0 && leaf.sequence != sequence)
		r = E_INCONSISTENT;
	arena_free(&arena);
	if (r < 0) {
		bar_red(bar, "the proof of record %" PRIu64 " is wrong: %s",
		    sequence, error_text(r));
		return false;
	}
	p->leaf = tree_leaf_hash(buf_slice(&p->bytes));
	p->base = sequence - p->proof.index;
	return true;
}

void
bar_log_begin(struct bar *bar)
{
	struct proved p;

	/* The record before the tail's own: it is signed, or soon will be. */
	if (bar->tail.first < 2)
		return;
	if (prove(bar, bar->tail.first - 1, &p)) {
		bar->before = (struct bar_point){.size = p.checkpoint.size,
		    .base = p.base,
		    .root = p.checkpoint.root};
		bar->has_before = true;
	}
	proved_free(&p);
}

/* ---- the log can't be switched off
 * -------------------------------------------- */

/* The table is the server's where the server is of this build. */
static void
look_at_table(struct bar *bar)
{
	json_t *status = NULL;

	if (!bar_do(bar, "status.read", json_object(), &status))
		return;
	if (!slice_eq(slice_str(api_text(status, "version")), role_build_id()))
		bar_unsure(bar,
		    "the server is another version (%s) than this program, "
		    "which doesn't know its operations",
		    api_text(status, "version"));
	json_decref(status);
	for (const struct op *op = NULL; (op = op_next(op)) != NULL;)
		if (op->effect == OP_WRITE && op->family == FAMILY_LOG)
			bar_red(bar, "the operation %s writes to the log",
			    op->name);
}

/* What a log might be stopped or edited by, elsewhere. */
static const char *const names[] = {"log.delete", "log.erase", "log.edit",
    "log.truncate", "log.stop", "log.pause", "log.disable", "log.rotate",
    "log.begin", "log.configure", "system.stop", "system.config", "key.rotate",
    "audit.disable"};

static const struct {
	const char *method, *path;
} writes[] = {
    {"DELETE", "/log/events"},
    {"PUT", "/log/events"},
    {"POST", "/log/events"},
    {"PATCH", "/log/events"},
    {"DELETE", "/log/export"},
    {"POST", "/log/export"},
    {"DELETE", "/log/mirror"},
    {"DELETE", "/log/"},
    {"PUT", "/log/checkpoint"},
};

static void
try_to_stop(struct bar *bar)
{
	struct api_refusal refusal;
	json_t *done = NULL;

	for (size_t i = 0; i < ARRAY_SIZE(names) && !bar_stopped(); i++) {
		int status =
		    api_try(bar->cli, names[i], json_object(), &done, &refusal);

		if (status == CLI_OK)
			bar_red(bar, "the server did %s", names[i]);
		else if (strcmp(refusal.text, "unknownMethod") != 0)
			bar_unsure(bar, "%s was refused for another reason: %s",
			    names[i],
			    refusal.text[0] != '\0' ? refusal.text
						    : "no answer");
		json_decref(done);
		done = NULL;
	}
	for (size_t i = 0; i < ARRAY_SIZE(writes) && !bar_stopped(); i++) {
		struct http_call call = {
		    .method = writes[i].method, .path = writes[i].path};
		struct http_answer answer;

		if (call.idle_ms == 0)
			call.idle_ms = BAR_PATIENCE_MS;
		/* As the administrator. */
		http_do(bar->cli->http, &call, &answer);
		if (answer.error == 0 && answer.status / 100 == 2)
			bar_red(bar, "the server did %s on %s",
			    writes[i].method, writes[i].path);
		else if (answer.status != 404 && answer.status != 405)
			bar_unsure(bar, "%s on %s: no plain refusal (%d)",
			    writes[i].method, writes[i].path, answer.status);
	}
}

static void
look_at_numbers(struct bar *bar)
{
	const struct bar_tail *tail = &bar->tail;

	if (!bar_catch_up(bar))
		bar_unsure(bar, "the log stopped to come");
	else if (tail->gap != 0)
		bar_red(bar, "record %" PRIu64 " did not come: there is a gap",
		    tail->gap);
	else if (tail->repeated)
		bar_red(bar, "a record came twice, or out of order");
	else
		bar_saw(bar,
		    "records %" PRIu64 " to %" PRIu64 " came without a gap",
		    tail->first, tail->next - 1);
}

/* The old tree is the beginning of the new one: its last leaf proves it. */
static void
look_at_growth(struct bar *bar, uint64_t now)
{
	struct proved p;
	struct digest was;

	if (!bar->has_before) {
		bar_unsure(bar, "there was no checkpoint at the beginning");
		return;
	}
	if (prove(bar, bar->before.base + bar->before.size - 1, &p)) {
		if (tree_root_before(p.proof.index, p.checkpoint.size, &p.leaf,
			&p.proof.hashes, &p.checkpoint.root, &was) < 0 ||
		    !digest_eq(&was, &bar->before.root))
			bar_red(bar, "the log is another one than at the "
				     "beginning of the probes");
		else if (p.checkpoint.size < now)
			bar_unsure(
			    bar, "no checkpoint is newer than the probe");
		else
			bar_saw(bar,
			    "a checkpoint of %" PRIu64 " records goes on from "
			    "one of %" PRIu64,
			    p.checkpoint.size, bar->before.size);
	}
	proved_free(&p);
}

void
bar_log_stays(struct bar *bar)
{
	struct proved p;
	uint64_t last, size = 0;

	look_at_table(bar);
	try_to_stop(bar);
	look_at_numbers(bar);
	if (bar_stopped() || bar->tail.n == 0)
		return;
	/* The newest record of ours: a checkpoint signs it before long. */
	last = bar->tail.seen[bar->tail.n - 1].sequence;
	if (prove(bar, last, &p)) {
		bar_record(bar, last);
		size = p.proof.index + 1;
	}
	proved_free(&p);
	if (size != 0)
		look_at_growth(bar, size);
}

/* ---- no authority without ancestry
 * --------------------------------------------- */

struct census {
	struct bar *bar;
	uint64_t orphans;
};

static int
take_orphan(void *arg, const json_t *one)
{
	struct census *census = arg;

	if (census->orphans++ < ORPHANS_TOLD)
		bar_red(census->bar, "the %s %s (%s): %s",
		    api_text(one, "kind"), api_text(one, "id"),
		    api_text(one, "sort"), api_text(one, "wrong"));
	return CLI_OK;
}

void
bar_authority(struct bar *bar)
{
	struct census census = {.bar = bar};
	uint64_t looked_at = 0;
	json_t *args = api_object(
		   "orphans", json_true(), "limit", json_integer(PAGE), NULL),
	       *page = NULL, *one;
	bool more = true;
	size_t i;

	while (more && !bar_stopped()) {
		json_t *next;

		if (!bar_do(bar, "authority.list", json_incref(args), &page))
			break;
		json_array_foreach(json_object_get(page, "list"), i, one)(void)
		    take_orphan(&census, one);
		looked_at += api_u64(page, "looked_at");
		next = json_object_get(page, "next");
		more = next != NULL;
		if (more)
			(void)json_object_set(args, "after", next);
		json_decref(page);
	}
	json_decref(args);
	if (census.orphans > ORPHANS_TOLD)
		bar_red(
		    bar, "and %" PRIu64 " more", census.orphans - ORPHANS_TOLD);
	/* There is always somebody who asks. */
	if (more || looked_at == 0)
		bar_unsure(bar, "not all of it could be looked at");
	else
		bar_saw(bar,
		    "%" PRIu64 " rows looked at, each made by its "
		    "record and led up to a ceremony",
		    looked_at);
}

/* ---- the clock
 * --------------------------------------------------------------- */

void
bar_clock(struct bar *bar)
{
	json_t *status = NULL;
	const struct bar_seen *seen;
	int64_t off;

	if (!bar_do(bar, "status.read", json_object(), &status))
		return;
	if (api_bool(status, "clock_suspect"))
		bar_red(bar, "the server itself doesn't trust its clock");
	json_decref(status);
	if (!bar_catch_up(bar) || bar->tail.n == 0) {
		bar_unsure(bar, "no record came to compare clocks by");
		return;
	}
	seen = &bar->tail.seen[bar->tail.n - 1];
	off = seen->time - seen->came;
	bar_record(bar, seen->sequence);
	if (off > CLOCK_MS || off < -CLOCK_MS)
		bar_red(bar,
		    "its records are dated %" PRId64
		    " s off this machine's clock",
		    off / 1000);
	else
		bar_saw(bar,
		    "it trusts its clock, and dates record %" PRIu64 " %" PRId64
		    " ms off this machine's",
		    seen->sequence, off);
}

/* ---- canaries
 * ------------------------------------------------------------------ */

struct canaries {
	char login[256], file[API_ID]; /* one of each that stands */
	size_t names, files;
};

static bool
find_canaries(struct bar *bar, struct canaries *canaries)
{
	char after[API_ID] = "";
	bool more = true;

	while (more && !bar_stopped()) {
		json_t *page = NULL, *one;
		size_t i;

		if (!bar_do(bar, "canary.list",
			api_object("after",
			    after[0] != '\0' ? json_string(after) : NULL, NULL),
			&page))
			return false;
		json_array_foreach(json_object_get(page, "list"), i, one)
		{
			(void)snprintf(after, sizeof(after), "%s",
			    api_text(one, "principal"));
			if (api_has(one, "file") && canaries->files++ == 0)
				(void)snprintf(canaries->file,
				    sizeof(canaries->file), "%s",
				    api_text(one, "file"));
			if (api_has(one, "login") && !api_bool(one, "ended") &&
			    canaries->names++ == 0)
				(void)snprintf(canaries->login,
				    sizeof(canaries->login), "%s",
				    api_text(one, "login"));
		}
		more = api_bool(page, "more");
		json_decref(page);
	}
	return !more;
}

struct touched {
	uint64_t from;
	const char *operation;
	const struct bar_seen *touch, *alert;
};

/* The alert cites the record of what raised it. */
static bool
has_alarmed(struct bar *bar, void *arg)
{
	struct touched *t = arg;

	t->touch = bar_find(bar, t->from, t->operation, NULL);
	t->alert = t->touch != NULL ? bar_find(bar, t->touch->sequence + 1,
					  "alert.raise", NULL)
	                            : NULL;
	while (t->alert != NULL && t->alert->cites != t->touch->sequence)
		t->alert =
		    bar_find(bar, t->alert->sequence + 1, "alert.raise", NULL);
	return t->alert != NULL || bar->tail.over;
}

static void
judge_alarm(struct bar *bar, const char *what, struct touched *t)
{
	uint64_t answered = clock_boot_ms(), ms;

	(void)bar_until(bar, has_alarmed, t, BAR_PATIENCE_MS);
	if (t->alert == NULL) {
		bar_red(bar, "%s was touched, and no alert came", what);
		return;
	}
	bar_record(bar, t->alert->sequence);
	ms = t->alert->came_ms > answered ? t->alert->came_ms - answered : 0;
	if (ms > BAR_PROMISE_MS)
		bar_red(bar, "the alert of %s came only after %" PRIu64 " ms",
		    what, ms);
	else
		bar_saw(bar,
		    "%s was touched by record %" PRIu64 ", alert %" PRIu64
		    " cites it",
		    what, t->touch->sequence, t->alert->sequence);
}

static void
touch_name(struct bar *bar, const struct canaries *canaries)
{
	struct touched touched = {
	    .from = bar->tail.next, .operation = "session.begin"};
	struct bar_said said;
	char password[40];

	bar_password(password);
	bar_call(bar, NULL, "session.begin",
	    api_object("login", json_string(canaries->login), "password",
		json_string(password), "code", json_string("314159"), NULL),
	    &said);
	if (said.ok)
		bar_red(bar, "a canary's name was signed in by");
	bar_said_free(&said);
	judge_alarm(bar, "a name", &touched);
}

static void
touch_file(struct bar *bar, const struct canaries *canaries)
{
	struct touched touched = {
	    .from = bar->tail.next, .operation = "node.get"};
	struct bar_said said;

	bar_call(bar, bar->robot.other, "node.get",
	    api_object("node", json_string(canaries->file), NULL), &said);
	bar_said_free(&said);
	judge_alarm(bar, "a file", &touched);
}

void
bar_canaries(struct bar *bar)
{
	struct canaries canaries = {.login = ""};

	if (!bar_robot(bar) || !find_canaries(bar, &canaries) ||
	    !bar_catch_up(bar))
		return;
	if (canaries.names == 0)
		bar_red(bar, "no name is planted that nobody uses");
	if (canaries.files == 0)
		bar_red(bar, "no file is planted that nobody uses");
	if (canaries.names > 0)
		touch_name(bar, &canaries);
	if (canaries.files > 0 && !bar_stopped())
		touch_file(bar, &canaries);
}
