/*
 * The core process. Its I/O thread runs this file's loop; what a front sends is
 * taken for hostile, what the parent and the keeper send is not.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/encode.h"
#include "base/file.h"
#include "base/log.h"
#include "core/head.h"
#include "core/io.h"
#include "core/run.h"
#include "ipc/body.h"

enum {
	OUT_MAX = MSG_BODY_MAX,
	KEEPER_MS = 10000,
	HOUSEKEEPING_SECONDS = 60,
	DRAIN_TICK_MS = 20,
};

/* ---- the keeper
 * -------------------------------------------------------------- */

static void
on_keeper_broken(void *arg, struct channel *channel, int why)
{
	struct io *io = arg;

	role_tell_broken(io->parent, channel_peer(channel), why);
	channel_free(&io->keeper);
	io_asks_unanswered(io);
}

static void
on_keeper(void *arg, struct channel *channel, struct msg *msg)
{
	struct io *io = arg;
	struct body_signed in;

	if (msg->type == MSG_SECRET_ANSWER) {
		io_answered(io, msg);
		return;
	}
	if (msg->type != MSG_SIGNED)
		return;
	if (body_get_signed(msg->body, &in) < 0)
		on_keeper_broken(io, channel, E_GRAMMAR);
	else
		scribe_signed(engine_scribe(io->engine), in.code, in.note);
}

static const struct channel_handlers keeper_handlers = {
    .message = on_keeper, .broken = on_keeper_broken};

static int
add_keeper(struct io *io, const struct role_fd *in)
{
	int r;

	channel_free(&io->keeper);
	r = channel_new(io->loop, in->fd, ROLE_CORE, in->peer, &keeper_handlers,
	    io, &io->keeper);
	if (r == 0)
		channel_hold_secrets(io->keeper);
	return r;
}

/* The keeper's first word, before anything else. */
static int
hear_keeper(struct io *io, int fd, struct body_log_key *ret_word)
{
	struct msg msg = {.fd = -1};
	int r;

	buf_clear(&io->keeper_key);
	r = msg_read(
	    fd, ROLE_KEEPER, ROLE_CORE, KEEPER_MS, &io->keeper_key, &msg);
	if (r < 0)
		return r;
	return msg.type == MSG_LOG_KEY ? body_get_log_key(msg.body, ret_word)
	                               : E_GRAMMAR;
}

/* ---- orders of the engine
 * --------------------------------------------------------- */

static void
on_wake(void *arg)
{
	struct io *io = arg;

	(void)eventfd_write(io->orders.fd, 1);
}

static void
take_order(struct io *io, struct order *order)
{
	switch (order->type) {
	case ORDER_REPLY:
		io_front_reply(io, order->call);
		break;
	case ORDER_OPEN:
		io_stream_open(io, order->stream);
		break;
	case ORDER_CLOSE:
		io_stream_close(io, order->number, STREAM_REVOKED);
		break;
	case ORDER_DROP:
		io_blobs_drop(io, order->bytes);
		break;
	case ORDER_STATE:
		io_stream_state(io, order->principal, order->number);
		break;
	case ORDER_NEWS:
		io_stream_news(io, order->number, order->sequence);
		break;
	case ORDER_DATA:
		io_stream_data(io, order->number, order->bytes);
		break;
	case ORDER_DONE:
		io_stream_close(io, order->number, order->status);
		break;
	case ORDER_SIGN:
		if (io->keeper != NULL)
			channel_send(io->keeper, MSG_SIGN, 0, order->bytes);
		break;
	case ORDER_ASK:
		io_ask(io, order->call);
		break;
	case ORDER_SAVE:
		io_document_save(io, order->number);
		break;
	case ORDER_COPY:
		io_document_copy(io, order->number, order->bytes);
		break;
	case ORDER_EXIT:
		/* What is in flight is unknown; the next start will tell. */
		log_error("core.exit", log_str(K_TEXT, "a commit failed"));
		_exit(1);
	}
}

static void
on_orders(void *arg, uint32_t events UNUSED)
{
	struct io *io = arg;
	struct order *orders;
	eventfd_t n;

	(void)eventfd_read(io->orders.fd, &n);
	orders = engine_orders(io->engine);
	while (orders != NULL) {
		struct order *order = orders;

		orders = order->next;
		take_order(io, order);
		mem_free(order);
	}
}

/* ---- stopping
 * ---------------------------------------------------------------------- */

static void *
join(void *arg)
{
	struct io *io = arg;

	engine_join(io->engine);
	/* Read by the loop, which on_wake wakes. */
	__atomic_store_n(&io->stopped, true, __ATOMIC_RELEASE);
	on_wake(io);
	return NULL;
}

static void
on_drain_tick(void *arg)
{
	struct io *io = arg;

	if (__atomic_load_n(&io->stopped, __ATOMIC_ACQUIRE)) {
		(void)pthread_join(io->join, NULL);
		on_orders(io, 0);
		/* Whatever they still have to say is nobody's. */
		if (io->keeper != NULL)
			channel_pause(io->keeper, true);
		if (io->blobs != NULL)
			channel_pause(io->blobs, true);
		engine_close(&io->engine);
		channel_send(io->parent, MSG_DRAINED, 0, SLICE_NONE);
		loop_stop(io->loop);
		return;
	}
	if (io->draining && io->streams.n == 0 && io->asks.n == 0 &&
	    io->documents.by_file.n == 0 && io->documents.by_loose.n == 0 &&
	    io_fronts_gone(io) && io_waiting(io) == 0) {
		io->draining = false;
		if (engine_stop(io->engine) < 0)
			log_error("core.stop",
			    log_str(K_TEXT, "the stop is not recorded"));
		if (pthread_create(&io->join, NULL, join, io) != 0)
			_exit(1);
	}
	io->second.expire = on_drain_tick;
	(void)loop_timer_set(io->loop, &io->second, DRAIN_TICK_MS);
}

/* ---- the parent
 * ----------------------------------------------------------------------- */

static int
add_peer(void *arg, struct role_fd *in)
{
	struct io *io = arg;
	struct body_log_key word;
	int r;

	if (in->peer.role == ROLE_FRONT)
		return io_front_add(io, in);
	if (in->peer.role == ROLE_BLOBS)
		return io_blobs_add(io, in);
	if (in->peer.role == ROLE_ZYGOTE)
		return io_documents_add_zygote(io, in);
	r = in->peer.role == ROLE_KEEPER ? hear_keeper(io, in->fd, &word)
	                                 : E_GRAMMAR;
	if (r == 0) {
		scribe_keeper(engine_scribe(io->engine), word.size, &word.root);
		return add_keeper(io, in);
	}
	fd_close(&in->fd);
	return r;
}

struct told {
	size_t n;
	uint8_t text[];
};

_Static_assert((int)PROCESS_PARENT == (int)ROLE_PARENT &&
		   (int)PROCESS_KIT == (int)ROLE_KIT,
    "roles are recorded by their numbers");

/* What became of a process. */
static int
note_child(struct run *run, void *arg)
{
	const struct told *told = arg;
	struct body_child_note note;
	int r = body_get_child_note(slice_of(told->text, told->n), &note);

	if (r < 0 || (r = run_number(run, FACT_ROLE, note.role)) < 0 ||
	    (r = run_number(run, FACT_FRONT, (int64_t)note.index)) < 0 ||
	    (r = run_number(run, FACT_PID, (int64_t)note.pid)) < 0 ||
	    (r = run_number(run, FACT_SIGNAL, note.signal)) < 0 ||
	    (r = run_number(run, FACT_EXIT, note.status)) < 0)
		return r;
	return draft_bytes(run->draft, FACT_NOTE, note.why);
}

/* A configuration, taken on or refused. */
static int
note_config(struct run *run, void *arg)
{
	const struct told *told = arg;
	struct body_config_note note;
	int r = body_get_config_note(slice_of(told->text, told->n), &note);

	if (r < 0)
		return r;
	run->draft->object.outcome = note.code;
	return draft_bytes(run->draft, FACT_NOTE, note.text);
}

static void
submit_note(struct io *io, enum op_number op,
    int (*system)(struct run *run, void *arg), struct slice body)
{
	struct call *call = NULL;
	struct told *note;

	if (call_new_system(op, sizeof(*note) + body.n, system, NULL, &call) <
	    0)
		return;
	note = call->arg;
	note->n = body.n;
	memcpy(note->text, body.p, body.n);
	engine_submit(io->engine, call);
}

static int
configured(void *arg)
{
	struct io *io = arg;

	return engine_reload(io->engine, &io->setup.config);
}

static void
drain(void *arg)
{
	struct io *io = arg;

	io->draining = true;
	io_streams_drain(io);
	io_documents_drain(io);
	on_drain_tick(io);
}

static int
on_parent(void *arg, struct msg *msg)
{
	struct io *io = arg;
	struct body_child_note child;
	struct body_config_note config;
	int r = E_GRAMMAR;

	switch (msg->type) {
	case MSG_CHILD_NOTE:
		r = body_get_child_note(msg->body, &child);
		if (r == 0)
			submit_note(io, OP_SYSTEM_CHILD, note_child, msg->body);
		break;
	case MSG_CONFIG_NOTE:
		r = body_get_config_note(msg->body, &config);
		if (r == 0)
			submit_note(
			    io, OP_SYSTEM_CONFIG, note_config, msg->body);
		break;
	default:
		break;
	}
	return r;
}

/* ---- starting
 * ----------------------------------------------------------------------------
 */

static void
on_second(void *arg)
{
	struct io *io = arg;

	engine_tick(io->engine);
	io_streams_expire(io);
	if (++io->seconds % HOUSEKEEPING_SECONDS == 0)
		io_housekeeping(io);
	(void)loop_timer_set(io->loop, &io->second, 1000);
}

/* Which boot of the machine this is; zero where nobody knows. */
static void
read_boot_id(uint8_t ret_id[BOOT_ID_BYTES])
{
	struct buf text = BUF(256), id = BUF(64);
	size_t n = 0;

	memset(ret_id, 0, BOOT_ID_BYTES);
	if (file_read(AT_FDCWD, "/proc/sys/kernel/random/boot_id", &text) ==
	    0) {
		for (size_t i = 0; i < text.n; i++)
			if (text.p[i] != '-' && text.p[i] != '\n')
				text.p[n++] = text.p[i];
		if (hex_decode(slice_of(text.p, n), &id) == 0 &&
		    id.n == BOOT_ID_BYTES)
			memcpy(ret_id, id.p, id.n);
	}
	buf_free(&text);
	buf_free(&id);
}

static int
open_engine(struct io *io)
{
	struct engine_options options = {
	    .config = &io->setup.config, .wake = on_wake, .arg = io};
	struct body_log_key word = {.size = 0};
	struct slice origin;
	char *text;
	struct role_fd *keeper = role_peer(&io->setup, ROLE_KEEPER, 0);
	int r;

	if (keeper == NULL)
		return E_GRAMMAR;
	if ((r = hear_keeper(io, keeper->fd, &word)) < 0)
		return r;
	/* The key's name is the origin. */
	origin = slice_first(word.key, slice_index(word.key, '+'));
	text = arena_str(&io->setup.arena, origin);
	if (text == NULL)
		return E_NOMEM;
	options.origin = text;
	options.log_key = word.key;
	options.signed_size = word.size;
	options.signed_root = word.root;
	memcpy(options.boot_id, io->boot_id, BOOT_ID_BYTES);
	if ((r = engine_open(&options, &io->engine)) < 0)
		return r;
	r = add_keeper(io, keeper);
	keeper->fd = -1; /* its first word was heard */
	return r;
}

static int
prepare(void *arg)
{
	struct io *io = arg;

	read_boot_id(io->boot_id);
	return 0;
}

static int
start(void *arg)
{
	struct io *io = arg;
	int r;

	io->out = BUF(OUT_MAX);
	io->keeper_key = BUF(65536);
	io->orders =
	    (struct loop_watch){.fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK),
		.ready = on_orders,
		.arg = io};
	io->second = (struct loop_timer){.expire = on_second, .arg = io};
	if ((r = open_engine(io)) < 0)
		return r;
	io->place.core = engine_core(io->engine);
	if ((r = db_open(HEAD_DATABASE, DB_READER, &io->place.db)) < 0 ||
	    (r = loop_watch(io->loop, &io->orders, EPOLLIN)) < 0 ||
	    (r = loop_timer_set(io->loop, &io->second, 1000)) < 0)
		return r;
	io_documents_start(io);
	engine_tick(io->engine);
	log_info("core.start",
	    log_u64(K_SEQUENCE, writer_durable(engine_writer(io->engine))));
	return 0;
}

static void
end(void *arg)
{
	struct io *io = arg;

	who_cache_free(&io->place.whos);
	db_close(&io->place.db);
}

int
main(void)
{
	static struct io io;
	static const struct role_program program = {
	    .role = ROLE_CORE,
	    .arg = &io,
	    .setup = &io.setup,
	    .loop = &io.loop,
	    .parent = &io.parent,
	    .prepare = prepare,
	    .start = start,
	    .add_peer = add_peer,
	    .configured = configured,
	    .message = on_parent,
	    .drain = drain,
	    .end = end,
	};

	return role_main(&program);
}
