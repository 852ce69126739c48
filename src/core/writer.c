#include "core/writer.h"

#include <stdatomic.h>

#include "base/clock.h"
#include "base/fault.h"
#include "base/log.h"
#include "core/engine.h"
#include "core/head.h"
#include "core/run.h"

enum {
	BATCH_CALLS = 1024,
	BATCH_NS = 2000000,      /* of doing; the commit is not counted */
	SEEN_MS = 5 * 60 * 1000, /* how old what a session row says may be */
	SEEN_MAX = 65536,
};

/* What a batch has changed of a principal's files. */
struct touched {
	struct touched *next;
	uint64_t principal, sequence;
	int64_t bytes;
};

/* A context whose leaf this batch writes, to be taken back with it. */
struct context_undo {
	struct context_undo *next;
	struct context *context;
	struct context_leaf *leaf;
};

/* Orders of a batch, in order. */
struct orders {
	struct order *first, **end;
};

struct writer {
	struct engine *engine;
	struct core *core;
	struct place place;
	struct streams streams;
	struct tree tree;
	uint64_t next;      /* the next leaf's number */
	struct buf leaf;    /* the one being written */
	struct order *exit; /* ORDER_EXIT, for when it is needed */
	struct writer_counts counts;
	uint64_t wal_refused; /* how full it was when it couldn't start over */
	struct map seen;      /* session -> when its row was touched last */

	/* Of the open batch. */
	struct arena arena;
	struct tree tree_before;
	uint64_t next_before;
	struct map touched_by;
	struct touched *touched;
	struct context_undo *contexts;
	struct orders orders;
	bool generation_due, memberships_due, erased;
	unsigned did[OP_MAX][OUTCOME_MAX]; /* objects, by how they ended */
};

static void
count(_Atomic uint64_t *counter, uint64_t n)
{
	atomic_fetch_add_explicit(counter, n, memory_order_relaxed);
}

const struct writer_counts *
writer_counts(const struct writer *writer)
{
	return &writer->counts;
}

uint64_t
writer_durable(const struct writer *writer)
{
	return writer->next - 1;
}

struct streams *
writer_streams(struct writer *writer)
{
	return &writer->streams;
}

struct db *
writer_db(struct writer *writer)
{
	return writer->place.db;
}

/* ---- for operations being done --------------------------------------------
 */

static int
put_context(struct writer *writer, struct call *call, uint64_t session,
    uint64_t principal, int64_t time)
{
	const struct context *context = call->context;
	struct opening agent = context->agent;
	struct draft draft;
	int r;

	opening_salt(&agent);
	draft_init(&draft, &call->arena, OP_CONTEXT, op_get(OP_CONTEXT)->rev);
	draft.leaf.session = session;
	draft.leaf.principal = principal;
	draft.leaf.cause = CAUSE_SYSTEM;
	draft_object(&draft);
	if ((r = draft_text(&draft, FACT_ADDRESS, 0, context->address)) == 0 &&
	    (r = draft_opened(&draft, FACT_USER_AGENT, 0, &agent)) == 0 &&
	    (r = draft_text(&draft, FACT_TLS, 0, context->tls)) == 0 &&
	    (r = draft_number(&draft, FACT_FRONT, (int64_t)context->front)) ==
		0 &&
	    (r = draft_number(
		 &draft, FACT_CONNECTION, (int64_t)context->connection)) == 0 &&
	    (r = draft_number(&draft, FACT_LISTENER, context->listener)) == 0 &&
	    (r = draft_number(&draft, FACT_CLAIMED, context->claimed)) == 0 &&
	    (r = draft_object_end(&draft, 0)) == 0)
		r = writer_put_leaf(writer, &draft, writer->next, time);
	draft_free(&draft);
	return r;
}

int
writer_number(struct writer *writer, struct call *call, uint64_t session,
    uint64_t principal, uint64_t *ret_sequence, uint64_t *ret_context)
{
	struct context *context = call->context;
	uint64_t leaf = 0;
	int r;

	if (context != NULL) {
		leaf = context_leaf_get(context, session);
		if (leaf == 0) {
			struct context_undo *undo =
			    arena_alloc(&writer->arena, sizeof(*undo));

			if (undo == NULL)
				return E_NOMEM;
			leaf = writer->next;
			r = put_context(writer, call, session, principal,
			    writer->place.now);
			if (r < 0)
				return r;
			undo->context = context_hold(context);
			undo->leaf = context_leaf_new(context);
			undo->next = writer->contexts;
			writer->contexts = undo;
			*undo->leaf = (struct context_leaf){session, leaf};
		}
	}
	*ret_sequence = writer->next;
	*ret_context = leaf;
	return 0;
}

static int
put_opening(struct writer *writer, const struct draft *draft,
    const struct draft_opening *o, uint64_t sequence)
{
	struct stmt *stmt = db_stmt(writer->place.db, SQL_OPENING_PUT);
	uint64_t subject = o->subject != 0 ? o->subject : draft->leaf.principal;

	stmt_u64(stmt, 1, subject);
	stmt_u64(stmt, 2, sequence);
	stmt_u64(stmt, 3, o->slot);
	stmt_bytes(stmt, 4, slice_of(o->opening.salt, sizeof(o->opening.salt)));
	stmt_bytes(stmt, 5, o->opening.text);
	stmt_u64(stmt, 6, o->opening.length);
	stmt_bytes(stmt, 7,
	    opening_is_cut(&o->opening) ? digest_slice(&o->opening.digest)
					: SLICE_NONE);
	return stmt_run(stmt);
}

int
writer_put_leaf(
    struct writer *writer, struct draft *draft, uint64_t sequence, int64_t time)
{
	struct stmt *stmt;
	struct digest hash;
	int r;

	BUG_ON(sequence != writer->next);
	draft->leaf.sequence = sequence;
	draft->leaf.time = time;
	buf_clear(&writer->leaf);
	if ((r = draft_encode(draft, &writer->leaf)) < 0)
		return r;
	stmt = db_stmt(writer->place.db, SQL_LEAF_PUT);
	stmt_u64(stmt, 1, sequence);
	stmt_bytes(stmt, 2, buf_slice(&writer->leaf));
	if ((r = stmt_run(stmt)) < 0)
		return r;
	for (struct draft_opening *o = draft->openings; o != NULL; o = o->next)
		if ((r = put_opening(writer, draft, o, sequence)) < 0)
			return r;
	hash = tree_leaf_hash(buf_slice(&writer->leaf));
	tree_append_leaf_hash(&writer->tree, &hash);
	writer->next++;
	count(&writer->counts.operations, 1);
	for (size_t i = 0; i < OUTCOME_MAX; i++)
		writer->did[draft->leaf.op][i] += draft->outcomes[i];
	return 0;
}

void
writer_granted(struct writer *writer)
{
	/* Once for this batch's own caches, once more at the commit. */
	atomic_fetch_add(&writer->core->generation, 1);
	writer->generation_due = true;
}

void
writer_regrouped(struct writer *writer)
{
	atomic_fetch_add(&writer->core->memberships, 1);
	writer->memberships_due = true;
}

void
writer_erased(struct writer *writer)
{
	writer->erased = true;
}

int
writer_ended(struct writer *writer, uint64_t ref, uint64_t sequence)
{
	int r = endings_add(&writer->core->endings, ref, sequence);

	writer_granted(writer);
	return r < 0 ? r : streams_close_on(writer, ref);
}

int
writer_moved(struct writer *writer, uint64_t ref, uint64_t sequence)
{
	writer_granted(writer);
	return endings_add(&writer->core->endings, ref, sequence);
}

int
writer_touch_files(
    struct writer *writer, uint64_t principal, uint64_t sequence, int64_t bytes)
{
	struct touched *t = map_get(&writer->touched_by, principal);
	int r;

	if (t == NULL) {
		t = arena_alloc(&writer->arena, sizeof(*t));
		if (t == NULL)
			return E_NOMEM;
		r = map_put(&writer->touched_by, principal, t);
		if (r < 0)
			return r;
		t->principal = principal;
		t->next = writer->touched;
		writer->touched = t;
	}
	t->sequence = sequence;
	t->bytes += bytes;
	return 0;
}

static int
touch(struct writer *writer, enum sql sql, uint64_t id, int64_t now)
{
	struct stmt *stmt = db_stmt(writer->place.db, sql);

	stmt_u64(stmt, 1, id);
	stmt_i64(stmt, 2, now);
	return stmt_run(stmt);
}

int
writer_touch_session(
    struct writer *writer, uint64_t session, uint64_t credential, int64_t used)
{
	int64_t now = writer->place.now;
	int64_t seen;
	int r;

	if (now - used < SEEN_MS)
		return 0;
	seen = (int64_t)(intptr_t)map_get(&writer->seen, session);
	if (now - seen < SEEN_MS)
		return 0;
	if (writer->seen.n >= SEEN_MAX)
		map_free(&writer->seen);
	if ((r = touch(writer, SQL_SESSION_TOUCH, session, now)) < 0 ||
	    (r = touch(writer, SQL_CREDENTIAL_TOUCH, credential, now)) < 0)
		return r;
	/* If the batch is undone the row is as it was: that is minutes ago. */
	return map_put(&writer->seen, session, (void *)(intptr_t)now);
}

bool
writer_files_state(
    struct writer *writer, uint64_t principal, uint64_t *ret_state)
{
	const struct touched *t = map_get(&writer->touched_by, principal);

	if (t == NULL)
		return false;
	*ret_state = t->sequence;
	return true;
}

int64_t
writer_files_bytes(struct writer *writer, uint64_t principal)
{
	const struct touched *t = map_get(&writer->touched_by, principal);

	return t != NULL ? t->bytes : 0;
}

int
writer_order(struct writer *writer, const struct order *order)
{
	struct order *copy = order_copy(order);

	if (copy == NULL)
		return E_NOMEM;
	*writer->orders.end = copy;
	writer->orders.end = &copy->next;
	return 0;
}

/* ---- the batch --------------------------------------------------------------
 */

static void
begin_memory(struct writer *writer)
{
	arena_reset(&writer->arena);
	map_clear(&writer->touched_by);
	writer->touched = NULL;
	writer->contexts = NULL;
	writer->orders.first = NULL;
	writer->orders.end = &writer->orders.first;
	writer->generation_due = writer->memberships_due = false;
	writer->erased = false;
	memset(writer->did, 0, sizeof(writer->did));
	writer->tree_before = writer->tree;
	writer->next_before = writer->next;
}

static int
begin(struct writer *writer)
{
	begin_memory(writer);
	return db_begin(writer->place.db);
}

static void
drop_contexts(struct writer *writer, bool undo)
{
	for (struct context_undo *u = writer->contexts; u != NULL;
	     u = u->next) {
		if (undo)
			u->leaf->leaf = 0;
		context_drop(&u->context);
	}
	writer->contexts = NULL;
}

/* Everything as it was before the batch, in the database and in memory. */
static void
undo(struct writer *writer)
{
	struct order *order;

	db_rollback(writer->place.db);
	while ((order = writer->orders.first) != NULL) {
		writer->orders.first = order->next;
		mem_free(order);
	}
	drop_contexts(writer, true);
	streams_rollback(&writer->streams);
	endings_rollback(&writer->core->endings);
	/* Numbers that these caches cite will be given again. */
	decide_cache_free(&writer->place.decisions);
	who_cache_free(&writer->place.whos);
	if (writer->memberships_due)
		atomic_fetch_add(&writer->core->memberships, 1);
	if (writer->generation_due)
		atomic_fetch_add(&writer->core->generation, 1);
	writer->tree = writer->tree_before;
	writer->next = writer->next_before;
	writer->place.at = writer->next - 1;
	begin_memory(writer);
	count(&writer->counts.undone, 1);
}

static int
flush_touched(struct writer *writer)
{
	int r = 0;

	for (struct touched *t = writer->touched; t != NULL && r == 0;
	     t = t->next) {
		struct stmt *stmt =
		    db_stmt(writer->place.db, SQL_PRINCIPAL_TOUCH);

		stmt_u64(stmt, 1, t->principal);
		stmt_u64(stmt, 2, t->sequence);
		stmt_i64(stmt, 3, t->bytes);
		r = stmt_run(stmt);
		if (r == 0)
			r = writer_order(
			    writer, &(struct order){.type = ORDER_STATE,
					.principal = t->principal,
					.number = t->sequence});
	}
	return r;
}

/* The end of a batch before its commit. */
static int
finish(struct writer *writer)
{
	struct head head = {.tree = writer->tree};
	int r = flush_touched(writer);

	if (r < 0 || (r = streams_order_news(writer)) < 0)
		return r;
	core_time_mark(&writer->core->time, &head.mark);
	memcpy(head.mark.boot_id, writer->core->boot_id, BOOT_ID_BYTES);
	r = head_put(writer->place.db, &head, writer->core->fence);
	if (r != E_STATE)
		return r;
	log_error(
	    "writer.fenced", log_str(K_TEXT, "another core has taken over"));
	return E_UNKNOWN;
}

static void
release(struct writer *writer)
{
	engine_post_all(writer->engine, writer->orders.first);
	writer->orders.first = NULL;
}

/*
 * Commits, and lets everything out. Where the commit's outcome is unknown,
 * nothing but that leaves: the process must end.
 */
static int
commit(struct writer *writer)
{
	struct core *core = writer->core;
	uint64_t start = clock_boot_ns();
	int r;

	if (fault_omits(FAULT_OMIT_WAIT))
		release(writer);
	r = db_commit(writer->place.db);
	count(&writer->counts.commit_ns, clock_boot_ns() - start);
	count(&writer->counts.batches, 1);
	if (r < 0) {
		log_error("writer.commit_unknown", log_err(r));
		return r;
	}
	atomic_store(&writer->counts.wal_bytes, db_wal_bytes(writer->place.db));
	endings_commit(&core->endings);
	streams_commit(&writer->streams);
	drop_contexts(writer, false);
	if (writer->memberships_due)
		atomic_fetch_add(&writer->core->memberships, 1);
	if (writer->generation_due)
		atomic_fetch_add(&core->generation, 1);
	atomic_store(&core->durable, writer->next - 1);
	for (size_t op = 0; op < OP_MAX; op++)
		for (size_t i = 0; i < OUTCOME_MAX; i++)
			if (writer->did[op][i] != 0)
				count(&writer->counts.did[op][i],
				    writer->did[op][i]);
	if (writer->erased)
		scribe_forget(engine_scribe(writer->engine));
	release(writer);
	scribe_wake(engine_scribe(writer->engine));
	return 0;
}

static int
do_call(struct writer *writer, struct call *call)
{
	int r;

	if (call->ops[0].prepared) {
		r = run_prepared(&writer->place, call);
		if (r != 0)
			return r < 0 ? r : 0;
		/* What it rests on has changed since: again, from here. */
		call_reset(call);
		count(&writer->counts.reruns, 1);
	}
	return run_call(&writer->place, call);
}

/* One call in the open batch, its reply behind what it causes. */
static int
do_and_order(struct writer *writer, struct call *call)
{
	int r = do_call(writer, call);

	if (r < 0)
		return r;
	return writer_order(
	    writer, &(struct order){.type = ORDER_REPLY, .call = call});
}

/* Made beforehand: what ended it may be that memory is out. */
static void
exit_unknown(struct writer *writer)
{
	engine_post_all(writer->engine, writer->exit);
	writer->exit = NULL;
}

/*
 * Neither the effect nor its failure can be recorded: nothing was done. Where
 * not even that can be said, E_UNKNOWN.
 */
static int
reply_undone(struct writer *writer, struct call *call, int code)
{
	call_reset(call);
	for (size_t i = 0; i < call->n_ops; i++)
		call->ops[i].code = code;
	if (engine_post(writer->engine,
		&(struct order){.type = ORDER_REPLY, .call = call}) < 0) {
		call_free(&call);
		return E_UNKNOWN;
	}
	return 0;
}

/*
 * One call in a batch of its own. If it fails, its effect is undone and the
 * failure recorded. Negative where the commit's outcome is unknown.
 */
static int
do_alone(struct writer *writer, struct call *call)
{
	int code, r;

	call_reset(call);
	if ((code = begin(writer)) == 0 &&
	    (code = do_and_order(writer, call)) == 0 &&
	    (code = finish(writer)) == 0)
		return commit(writer);
	if (code == E_UNKNOWN)
		return code;
	log_error("writer.failed", log_str(K_OP, call->ops[0].op->name),
	    log_err(code));
	undo(writer);
	call_reset(call);
	if ((r = begin(writer)) == 0 &&
	    (r = run_failed(&writer->place, call, code)) == 0 &&
	    (r = writer_order(writer,
		 &(struct order){.type = ORDER_REPLY, .call = call})) == 0 &&
	    (r = finish(writer)) == 0)
		return commit(writer);
	if (r == E_UNKNOWN)
		return r;
	undo(writer);
	return reply_undone(writer, call, code);
}

/* A batch failed before its commit: each of its calls again, one by one. */
static int
do_each_alone(struct writer *writer, struct call *calls)
{
	int r = 0;

	undo(writer);
	while (calls != NULL && r == 0) {
		struct call *call = calls;

		calls = call->next;
		call->next = NULL;
		r = do_alone(writer, call);
	}
	return r;
}

static int
do_batch(struct writer *writer, struct call *call)
{
	struct queue *queue = engine_writes(writer->engine);
	uint64_t start = clock_boot_ns();
	struct call *done = NULL, **end = &done;
	size_t n = 0;
	int r = begin(writer);

	while (call != NULL) {
		*end = call;
		end = &call->next;
		*end = NULL;
		if (r == 0)
			r = do_and_order(writer, call);
		if (r < 0 || ++n == BATCH_CALLS ||
		    clock_boot_ns() - start > BATCH_NS)
			break;
		call = queue_pop(queue, false);
	}
	if (r == 0)
		r = finish(writer);
	if (r == E_UNKNOWN)
		return r;
	if (r < 0)
		return do_each_alone(writer, done);
	if (n > atomic_load(&writer->counts.batch_max))
		atomic_store(&writer->counts.batch_max, n);
	return commit(writer);
}

/*
 * The write-ahead log starts over when all of it has been moved. Under load
 * that never comes by itself: above three quarters of its size the writer waits
 * for it at the next quiet moment, at its full size at once. Where a reader of
 * another process (a backup) holds it up, it grows on, and is asked again a
 * quarter later.
 */
static void
keep_wal_small(struct writer *writer)
{
	uint64_t cap = core_config(writer->core)->wal_bytes, left;
	uint64_t used = db_wal_bytes(writer->place.db);
	bool quiet = queue_length(engine_writes(writer->engine)) == 0;
	int r;

	if (used < writer->wal_refused)
		writer->wal_refused = 0; /* it has started over */
	if (used < cap / 4 * 3 || (used < cap && !quiet) ||
	    (writer->wal_refused != 0 && used < writer->wal_refused + cap / 4))
		return;
	count(&writer->counts.restarts, 1);
	r = db_checkpoint(writer->place.db, true, &left);
	if (r < 0)
		writer->wal_refused = used;
	/* While a reader looks at an old snapshot it is for another time. */
	if (r < 0 && r != E_BUSY)
		log_warn("writer.checkpoint", log_str(K_TEXT, error_text(r)),
		    log_u64(K_BYTES, used));
}

void *
writer_run(void *arg)
{
	struct writer *writer = arg;
	struct queue *queue = engine_writes(writer->engine);
	struct call *call;

	fault_here();
	while ((call = queue_pop(queue, true)) != NULL) {
		if (do_batch(writer, call) < 0) {
			exit_unknown(writer);
			break;
		}
		decide_cache_trim(&writer->place.decisions);
		keep_wal_small(writer);
	}
	return NULL;
}

int
writer_do(struct writer *writer, struct call *call)
{
	int r;

	if ((r = begin(writer)) < 0 ||
	    (r = run_call(&writer->place, call)) < 0 ||
	    (r = finish(writer)) < 0) {
		undo(writer);
		return r;
	}
	return commit(writer);
}

int
writer_new(struct engine *engine, struct writer **ret_writer)
{
	struct writer *writer = mem_alloc(sizeof(*writer));
	struct head head;
	int r;

	if (writer == NULL)
		return E_NOMEM;
	writer->engine = engine;
	writer->core = engine_core(engine);
	writer->place.core = writer->core;
	writer->place.writer = writer;
	writer->leaf = BUF(LEAF_BYTES_MAX + 1024);
	begin_memory(writer);
	writer->exit = order_copy(&(struct order){.type = ORDER_EXIT});
	if (writer->exit == NULL) {
		writer_free(&writer);
		return E_NOMEM;
	}
	if ((r = db_open(HEAD_DATABASE, DB_WRITER, &writer->place.db)) < 0 ||
	    (r = head_get(writer->place.db, &head)) < 0) {
		writer_free(&writer);
		return r;
	}
	writer->tree = head.tree;
	writer->next = writer->core->base + head.tree.size;
	writer->place.at = writer->next - 1;
	*ret_writer = writer;
	return 0;
}

void
writer_free(struct writer **writer)
{
	if (*writer == NULL)
		return;
	db_close(&(*writer)->place.db);
	db_close(&(*writer)->place.index);
	streams_free(&(*writer)->streams);
	decide_cache_free(&(*writer)->place.decisions);
	who_cache_free(&(*writer)->place.whos);
	map_free(&(*writer)->touched_by);
	map_free(&(*writer)->seen);
	arena_free(&(*writer)->arena);
	buf_free(&(*writer)->leaf);
	mem_free((*writer)->exit);
	mem_free(*writer);
	*writer = NULL;
}
