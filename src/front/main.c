#include "front/front.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sodium.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/log.h"
#include "front/calls.h"
#include "front/conn.h"
#include "front/documents/documents.h"
#include "front/tls.h"
#include "front/web/assets.h"
#include "wire/cbor.h"
#include "wire/http.h"

enum {
	OUT_MAX = MSG_BODY_MAX,
	ACCEPTS_A_ROUND = 64,
};

/* ---- connections
 * --------------------------------------------------------------- */

static void
accept_one(struct listener_watch *listener, int fd,
    const struct sockaddr_storage *from)
{
	char text[INET6_ADDRSTRLEN] = "";
	int on = 1;

	if (from->ss_family == AF_INET)
		(void)inet_ntop(AF_INET,
		    &((const struct sockaddr_in *)(const void *)from)->sin_addr,
		    text, sizeof(text));
	else if (from->ss_family == AF_INET6)
		(void)inet_ntop(AF_INET6,
		    &((const struct sockaddr_in6 *)(const void *)from)
			 ->sin6_addr,
		    text, sizeof(text));
	(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	conn_accept(listener->front, listener->kind, fd, slice_str(text));
}

static void
on_listener(void *arg, uint32_t events UNUSED)
{
	struct listener_watch *listener = arg;

	for (int i = 0; i < ACCEPTS_A_ROUND; i++) {
		struct sockaddr_storage from = {.ss_family = AF_UNSPEC};
		socklen_t n = sizeof(from);
		int fd = accept4(listener->watch.fd, (void *)&from, &n,
		    SOCK_NONBLOCK | SOCK_CLOEXEC);

		if (fd < 0)
			return;
		accept_one(listener, fd, &from);
	}
}

static void
close_listeners(struct front *front)
{
	for (size_t i = 0; i < front->n_listeners; i++) {
		loop_unwatch(front->loop, &front->listeners[i].watch);
		fd_close(&front->listeners[i].watch.fd);
	}
	front->n_listeners = 0;
}

/* ---- core, blobs, keeper
 * ----------------------------------------------------------- */

/* What is in flight is unknown; connections stay, and wait for its successor.
 */
static void
on_core_broken(void *arg, struct channel *channel UNUSED, int why UNUSED)
{
	struct front *front = arg;

	channel_free(&front->core);
	front->core_ready = false;
	kits_forget(front);
	streams_lost(front);
	calls_lost(front);
	front_drained(front);
}

static void
on_core(void *arg, struct channel *channel, struct msg *msg)
{
	struct front *front = arg;
	int r = 0;

	switch (msg->type) {
	case MSG_HELLO:
		front->core_ready = slice_eq(msg->body, role_build_id());
		if (!front->core_ready)
			log_error("front.core",
			    log_str(K_TEXT, "core is of another build"));
		break;
	case MSG_REPLY:
		calls_take_reply(front, msg->id, msg->body);
		break;
	default:
		r = streams_take_core(front, msg);
	}
	if (r < 0) {
		log_error("front.core", log_str(K_NAME, msg_name(msg->type)),
		    log_err(r));
		on_core_broken(front, channel, r);
	}
}

static const struct channel_handlers core_handlers = {
    .message = on_core, .broken = on_core_broken};

static void
on_blobs_broken(void *arg, struct channel *channel UNUSED, int why UNUSED)
{
	struct front *front = arg;

	channel_free(&front->blobs);
	streams_lost_blobs(front);
}

static void
on_blobs(void *arg, struct channel *channel, struct msg *msg)
{
	int r = streams_take_blobs(arg, msg);

	if (r < 0) {
		log_error("front.blobs", log_str(K_NAME, msg_name(msg->type)),
		    log_err(r));
		on_blobs_broken(arg, channel, r);
	}
}

static const struct channel_handlers blobs_handlers = {
    .message = on_blobs, .broken = on_blobs_broken};

/* Its kits die with it; core hears of that, and ends what was seen of them. */
static void
on_zygote_broken(void *arg, struct channel *channel UNUSED, int why UNUSED)
{
	struct front *front = arg;

	channel_free(&front->zygote);
}

static void
on_zygote(void *arg, struct channel *channel, struct msg *msg)
{
	int r = E_GRAMMAR;

	if (msg->type == MSG_KIT_FRONT)
		r = kits_take(arg, msg);
	else if (msg->type == MSG_HELLO && slice_eq(msg->body, role_build_id()))
		r = 0;
	if (r < 0) {
		log_error("front.zygote", log_str(K_NAME, msg_name(msg->type)),
		    log_err(r));
		on_zygote_broken(arg, channel, r);
	}
}

static const struct channel_handlers zygote_handlers = {
    .message = on_zygote, .broken = on_zygote_broken};

static int
add_zygote(struct front *front, struct role_fd *in)
{
	int r;

	channel_free(&front->zygote);
	r = channel_new(front->loop, in->fd, ROLE_FRONT, in->peer,
	    &zygote_handlers, front, &front->zygote);
	if (r == 0)
		channel_send(front->zygote, MSG_HELLO, 0, role_build_id());
	return r;
}

static int
add_peer(void *arg, struct role_fd *in)
{
	struct front *front = arg;
	int r;

	if (in->peer.role == ROLE_KEEPER) {
		/* Asked and answered one by one: it needs no loop. */
		fd_close(&front->keeper);
		front->keeper = in->fd;
		tls_set_keeper(in->fd);
		return 0;
	}
	if (in->peer.role == ROLE_BLOBS) {
		channel_free(&front->blobs);
		return channel_new(front->loop, in->fd, ROLE_FRONT, in->peer,
		    &blobs_handlers, front, &front->blobs);
	}
	if (in->peer.role == ROLE_ZYGOTE)
		return add_zygote(front, in);
	if (in->peer.role != ROLE_CORE) {
		fd_close(&in->fd);
		return E_GRAMMAR;
	}
	if (front->core != NULL)
		on_core_broken(front, front->core, E_CLOSED);
	r = channel_new(front->loop, in->fd, ROLE_FRONT, in->peer,
	    &core_handlers, front, &front->core);
	if (r == 0)
		channel_send(front->core, MSG_HELLO, 0, role_build_id());
	return r;
}

/* What was counted since it was last told goes on the record. */
static void
tell_sums(struct front *front)
{
	if (!front->core_ready)
		return;
	buf_clear(&front->out);
	if (sum_take(&front->sums, &front->out))
		channel_send(
		    front->core, MSG_FRONT_SUM, 0, buf_slice(&front->out));
}

/* ---- the parent
 * ------------------------------------------------------------------------ */

void
front_drained(struct front *front)
{
	if (!front->draining || front->n_conns > 0 || front->calls.n > 0 ||
	    front->streams.n > 0)
		return;
	tell_sums(front);
	channel_send(front->parent, MSG_DRAINED, 0, SLICE_NONE);
	loop_stop(front->loop);
}

void
front_drain(struct front *front)
{
	struct conn *conn, *next;
	const struct map_slot *slot;
	size_t i = 0;

	front->draining = true;
	close_listeners(front);
	while (map_next(&front->streams, &i, &slot)) {
		struct stream_in *stream = slot->value;

		/* Tails, events and views have no end of their own. */
		if (stream->on_item == NULL && stream->on_view == NULL)
			continue;
		stream->on_close(stream->request, STREAM_DRAINED);
		i = 0;
	}
	for (conn = front->conns; conn != NULL; conn = next) {
		next = conn->next;
		conn->keep_alive = false;
		if (conn->h2 != NULL)
			http2_drain(conn);
		else if (!http1_is_busy(conn))
			conn_close(conn);
	}
	front_drained(front);
}

static int
take_certificate(struct front *front, int fd)
{
	SSL_CTX *tls = NULL;
	int r = tls_context_new(fd, &tls);

	if (r < 0)
		return r;
	/* Connections that stand keep theirs. */
	SSL_CTX_free(front->tls);
	front->tls = tls;
	return 0;
}

static int
take_assets(struct front *front, int fd)
{
	struct assets *assets = NULL;
	int r = assets_new(fd, &assets);

	if (r < 0)
		return r;
	/* What is being answered keeps the former. */
	assets_release(&front->assets);
	front->assets = assets;
	return 0;
}

static int
on_parent(void *arg, struct msg *msg)
{
	switch (msg->type) {
	case MSG_CERTIFICATE:
		return take_certificate(arg, msg->fd);
	case MSG_ASSETS:
		return take_assets(arg, msg->fd);
	default:
		return E_GRAMMAR;
	}
}

/* ---- every second
 * ------------------------------------------------------------------------ */

static void
on_second(void *arg)
{
	struct front *front = arg;

	http_date_format(clock_wall_ms() / 1000, front->date);
	if (++front->sums.seconds % SUM_SECONDS == 0)
		tell_sums(front);
	(void)loop_timer_set(front->loop, &front->second, 1000);
}

/* ---- starting
 * ------------------------------------------------------------------------------
 */

static int
add_listeners(struct front *front)
{
	int r = 0;

	for (size_t i = 0; i < front->setup.n_listeners && r == 0; i++) {
		struct listener_watch *l = &front->listeners[i];

		*l = (struct listener_watch){.front = front,
		    .kind = front->setup.listeners[i].listener,
		    .watch = {.fd = front->setup.listeners[i].fd,
			.ready = on_listener,
			.arg = l}};
		front->n_listeners++;
		/* One front wakes for a connection, not all of them. */
		r = loop_watch(
		    front->loop, &l->watch, EPOLLIN | EPOLLEXCLUSIVE);
	}
	return r;
}

static int
prepare(void *arg)
{
	struct front *front = arg;

	/* Random bytes and OpenSSL's files are there now or never. */
	randombytes_buf(front->hash_key, sizeof(front->hash_key));
	(void)OPENSSL_init_ssl(OPENSSL_INIT_LOAD_SSL_STRINGS, NULL);
	return 0;
}

static int
start(void *arg)
{
	struct front *front = arg;
	int r;

	front->out = BUF(OUT_MAX);
	front->waiting_end = &front->waiting;
	front->keeper = -1;
	front->second = (struct loop_timer){.expire = on_second, .arg = front};
	r = take_certificate(front, front->setup.certificate);
	fd_close(&front->setup.certificate);
	if (r == 0)
		r = take_assets(front, front->setup.assets);
	fd_close(&front->setup.assets);
	if (r < 0 || (r = add_listeners(front)) < 0)
		return r;
	on_second(front);
	return 0;
}

static void
drain(void *arg)
{
	front_drain(arg);
}

static void
end(void *arg)
{
	struct front *front = arg;

	SSL_CTX_free(front->tls);
	assets_release(&front->assets);
}

int
main(void)
{
	static struct front front;
	static const struct role_program program = {
	    .role = ROLE_FRONT,
	    .arg = &front,
	    .setup = &front.setup,
	    .loop = &front.loop,
	    .parent = &front.parent,
	    .prepare = prepare,
	    .start = start,
	    .add_peer = add_peer,
	    .message = on_parent,
	    .drain = drain,
	    .end = end,
	};

	return role_main(&program);
}
