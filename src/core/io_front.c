/* Core's end of the channels to the fronts. All that comes is a stranger's. */
#include "base/log.h"
#include "core/front_sum.h"
#include "core/head.h"
#include "core/io.h"
#include "core/run.h"
#include "ipc/body.h"
#include "wire/cbor.h"

enum {
	CONTEXTS_MAX = 1000000,
	IN_FLIGHT_SLACK = 64, /* what crosses a change of configuration */
	SUM_SECONDS = 5,      /* between two sums: a front takes twice that */
	SUMS_AT_ONCE = 4,
};

static struct context *
context_get(const struct io_front *front, uint64_t number)
{
	return number != 0 ? map_get(&front->contexts, number) : NULL;
}

static void
forget_contexts(struct io_front *front)
{
	const struct map_slot *slot;

	for (size_t i = 0; map_next(&front->contexts, &i, &slot);) {
		struct context *context = slot->value;

		context_drop(&context);
	}
	map_free(&front->contexts);
}

/* It is gone, with all that it brought. */
static void
lose_front(struct io_front *front)
{
	channel_free(&front->channel);
	front->in_flight = front->in_flight_bytes = front->most_in_flight = 0;
	forget_contexts(front);
	io_streams_orphaned(front->io, front->index);
}

void
io_front_kill(struct io *io, size_t index, const char *why)
{
	struct io_front *front = &io->fronts[index];

	if (front->channel == NULL)
		return;
	log_error(
	    "core.front_killed", log_u64(K_PEER, index), log_str(K_TEXT, why));
	role_tell_kill(io->parent, channel_peer(front->channel), why);
	lose_front(front);
}

/* ---- admission
 * ------------------------------------------------------------------- */

/*
 * Whose turn a call is counted to. A hint, nothing more: the writer
 * authenticates by itself. The bearer of no known secret is nobody.
 */
static void
find_person(struct io *io, struct call *call)
{
	struct place *place = &io->place;
	struct who who;

	if (!call->has_bearer)
		return;
	place->generation = atomic_load(&place->core->generation);
	place->now = core_time_now(&place->core->time);
	if (who_authenticate(place, &call->bearer, &who) < 0)
		return;
	call->person = who.principal;
	call->session = who.session;
}

/* Counts a call to its session: false where that has too many. */
static bool
count_call(struct io *io, const struct call *call)
{
	uintptr_t n;

	if (call->session == 0)
		return true;
	n = (uintptr_t)map_get(&io->sessions, call->session);
	if (n >= io->setup.config.max_session_calls) {
		limit_met(CONFIG_max_session_calls);
		return false;
	}
	return map_put(&io->sessions, call->session, (void *)(n + 1)) == 0;
}

static void
uncount_call(struct io *io, const struct call *call)
{
	uintptr_t n;

	if (call->session == 0)
		return;
	n = (uintptr_t)map_take(&io->sessions, call->session);
	/* A place was just freed: this can't want memory. */
	if (n > 1)
		BUG_ON(
		    map_put(&io->sessions, call->session, (void *)(n - 1)) < 0);
}

/*
 * A call that is turned away becomes no operation: its front counts it among
 * what it sums up.
 */
static void
turn_away(struct io_front *front, struct call *call)
{
	struct io *io = front->io;

	for (size_t i = 0; i < call->n_ops; i++)
		call->ops[i].code = E_BUSY;
	buf_clear(&io->out);
	call_put_reply(call, &io->out);
	channel_send(front->channel, MSG_REPLY, call->id, buf_slice(&io->out));
	call_free(&call);
}

size_t
io_waiting(const struct io *io)
{
	return engine_waiting(io->engine) + io->n_taken;
}

static bool
is_overloaded(struct io *io)
{
	if (io_waiting(io) < io->setup.config.max_waiting)
		return false;
	limit_met(CONFIG_max_waiting);
	return true;
}

static void
submit_taken(void *arg)
{
	struct io *io = arg;
	struct call *calls = io->taken;

	io->taken = NULL;
	io->n_taken = 0;
	engine_submit_all(io->engine, calls);
}

/* What comes together goes on together: into one batch, by one wake-up. */
static void
submit(struct io *io, struct call *call)
{
	if (io->taken == NULL) {
		io->taken_end = &io->taken;
		io->submit = (struct loop_task){.run = submit_taken, .arg = io};
		loop_defer(io->loop, &io->submit);
	}
	*io->taken_end = call;
	io->taken_end = &call->next;
	io->n_taken++;
}

/* What it has unanswered stays within what a front is told to keep to. */
static bool
may_call(struct io_front *front, size_t bytes)
{
	uint64_t most = front->io->setup.config.max_in_flight;

	front->most_in_flight = MAX(front->most_in_flight, most);
	return front->in_flight == 0 ||
	       (front->in_flight < front->most_in_flight + IN_FLIGHT_SLACK &&
		   front->in_flight_bytes + bytes <= MSG_CALLS_BYTES);
}

static int
take_call(struct io_front *front, struct msg *msg)
{
	struct io *io = front->io;
	struct call *call = NULL;
	struct context *context;
	struct body_call in;
	int e;

	if (body_get_call(msg->body, &in) < 0 || msg->id == 0 ||
	    !may_call(front, in.call.n))
		return E_GRAMMAR;
	context = context_get(front, in.context);
	if (context == NULL)
		return E_GRAMMAR;
	e = call_new(front->index, msg->id, in.call, &call);
	if (e < 0)
		return e;
	call->front_pid = channel_peer(front->channel)->pid;
	call->context = context_hold(context);
	find_person(io, call);
	if (is_overloaded(io) || !count_call(io, call)) {
		turn_away(front, call);
		return 0;
	}
	front->in_flight++;
	front->in_flight_bytes += in.call.n;
	call->bytes = in.call.n;
	submit(io, call);
	return 0;
}

static int
take_context(struct io_front *front, struct msg *msg)
{
	struct context *context = NULL;
	int r;

	if (msg->id == 0 || context_get(front, msg->id) != NULL ||
	    front->contexts.n >= CONTEXTS_MAX)
		return E_GRAMMAR;
	r = context_new(front->index, msg->id, msg->body, &context);
	if (r < 0)
		return r;
	r = map_put(&front->contexts, msg->id, context);
	if (r < 0)
		context_drop(&context);
	return r;
}

/* ---- what never named an operation
 * ------------------------------------------------- */

struct told_sum {
	size_t front;
	size_t n;
	uint8_t body[];
};

/* The front's own counts. */
static int
note_sum(struct run *run, void *arg)
{
	const struct told_sum *told = arg;
	struct front_sum sum = {.n_counts = 0};
	int r = front_sum_read(slice_of(told->body, told->n), &sum);

	if (r == 0)
		r = run_number(run, FACT_FRONT, (int64_t)told->front);
	for (size_t i = 0; i < sum.n_counts && r == 0; i++)
		r = run_number(run, FACT_SUM_FIRST + sum.counts[i].what,
		    sum.counts[i].count);
	for (size_t i = 0; i < sum.n_sources && r == 0; i++)
		r = run_text(run, FACT_SOURCE, 0, sum.sources[i]);
	return r;
}

/* As often as it has reason to, and a few that were held up. */
static bool
may_sum(struct io_front *front)
{
	uint64_t now = front->io->seconds;
	uint64_t earned = (now - front->summed_at) / SUM_SECONDS;

	if (earned > 0) {
		front->sums = MIN(front->sums + earned, SUMS_AT_ONCE);
		front->summed_at = now;
	}
	if (front->sums == 0)
		return false;
	front->sums--;
	return true;
}

static int
take_sum(struct io_front *front, struct msg *msg)
{
	struct call *call = NULL;
	struct front_sum sum;
	struct told_sum *told;
	int r;

	/* Its grammar, before anything is made of it. */
	if (front_sum_read(msg->body, &sum) < 0)
		return E_GRAMMAR;
	if (!may_sum(front)) {
		io_front_kill(front->io, front->index,
		    "it sums up more often than it may");
		return 0;
	}
	r = call_new_system(
	    OP_FRONT_SUM, sizeof(*told) + msg->body.n, note_sum, NULL, &call);
	if (r < 0)
		return r;
	call->patient = true;
	told = call->arg;
	told->front = front->index;
	told->n = msg->body.n;
	memcpy(told->body, msg->body.p, msg->body.n);
	engine_submit(front->io->engine, call);
	return 0;
}

/* ---- the channel
 * ----------------------------------------------------------------------- */

static int
take(struct io_front *front, struct msg *msg)
{
	struct io *io = front->io;
	struct body_kit_lost lost;
	struct context *context;

	if (!front->greeted) {
		if (msg->type != MSG_HELLO ||
		    !slice_eq(msg->body, role_build_id()))
			return E_GRAMMAR;
		front->greeted = true;
		return 0;
	}
	switch (msg->type) {
	case MSG_CONTEXT:
		return take_context(front, msg);
	case MSG_CONTEXT_END:
		context = map_take(&front->contexts, msg->id);
		context_drop(&context);
		return 0;
	case MSG_CALL:
		return take_call(front, msg);
	case MSG_STREAM_TAKEN:
		io_stream_taken(io, front->index, msg->id, msg->body);
		return 0;
	case MSG_STREAM_END:
		io_stream_ended(io, front->index, msg->id, msg->body);
		return 0;
	case MSG_VIEW_READY:
		io_document_ready(io, front->index, msg->id);
		return 0;
	case MSG_KIT_LOST:
		if (body_get_kit_lost(msg->body, &lost) < 0)
			return E_GRAMMAR;
		io_document_kit_lost(io, front->index,
		    channel_peer(front->channel)->pid, msg->id, lost.code);
		return 0;
	case MSG_FRONT_SUM:
		return take_sum(front, msg);
	default:
		return E_GRAMMAR;
	}
}

static void
on_message(void *arg, struct channel *channel UNUSED, struct msg *msg)
{
	struct io_front *front = arg;
	int r = take(front, msg);

	if (r == E_GRAMMAR)
		io_front_kill(front->io, front->index,
		    "it broke the grammar of its messages");
	else if (r < 0)
		log_error("core.call", log_err(r));
}

static void
on_broken(void *arg, struct channel *channel, int why)
{
	struct io_front *front = arg;

	if (why != E_CLOSED)
		log_error("core.front_killed", log_u64(K_PEER, front->index),
		    log_err(why));
	role_tell_broken(front->io->parent, channel_peer(channel), why);
	lose_front(front);
}

static const struct channel_handlers handlers = {
    .message = on_message, .broken = on_broken};

int
io_front_add(struct io *io, struct role_fd *in)
{
	size_t index = in->peer.index;
	struct io_front *front;
	int r;

	BUG_ON(index >= IO_FRONTS_MAX);
	front = &io->fronts[index];
	if (front->channel != NULL)
		on_broken(front, front->channel, E_CLOSED);
	front->io = io;
	front->index = index;
	front->greeted = false;
	front->sums = SUMS_AT_ONCE;
	front->summed_at = io->seconds;
	r = channel_new(io->loop, in->fd, ROLE_CORE, in->peer, &handlers, front,
	    &front->channel);
	if (r == 0)
		channel_send(front->channel, MSG_HELLO, 0, role_build_id());
	return r;
}

/* Too much to be sent at once: of what was done, nothing can be told. */
static void
put_unknown(const struct call *call, struct buf *out)
{
	buf_clear(out);
	cbor_put_array(out, call->n_ops);
	for (size_t i = 0; i < call->n_ops; i++) {
		cbor_put_array(out, 2);
		cbor_put_uint(out, (uint64_t)-E_UNKNOWN);
		cbor_put_array(out, 0);
	}
}

struct channel *
io_front_channel(struct io *io, size_t index, uint64_t pid)
{
	struct channel *channel = io->fronts[index].channel;

	return channel != NULL && channel_peer(channel)->pid == pid ? channel
	                                                            : NULL;
}

void
io_front_reply(struct io *io, struct call *call)
{
	struct channel *channel;

	if (call->system != NULL) {
		if (call->done != NULL)
			call->done(call, call->arg);
		call_free(&call);
		return;
	}
	uncount_call(io, call);
	if (call->was_right)
		io_ask_not_counted(io, call);
	/* A front that came after it has the same numbers for other calls. */
	channel = io_front_channel(io, call->front, call->front_pid);
	if (channel != NULL) {
		buf_clear(&io->out);
		call_put_reply(call, &io->out);
		io->fronts[call->front].in_flight--;
		io->fronts[call->front].in_flight_bytes -= call->bytes;
		if (io->out.error != 0) {
			log_error("core.reply", log_err(io->out.error));
			put_unknown(call, &io->out);
		}
		channel_send(channel, MSG_REPLY, call->id, buf_slice(&io->out));
	}
	call_free(&call);
}

bool
io_fronts_gone(const struct io *io)
{
	for (size_t i = 0; i < IO_FRONTS_MAX; i++)
		if (io->fronts[i].channel != NULL)
			return false;
	return true;
}
