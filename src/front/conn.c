#include "front/conn.h"

#include <errno.h>
#include <openssl/err.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/file.h"
#include "base/hash.h"
#include "base/log.h"
#include "base/mem.h"
#include "front/calls.h"
#include "front/request.h"

enum {
	READ_BYTES = 64 << 10,
	IN_MAX = 1 << 20,
	OUT_MAX = 64 << 20,
	RECORD_BYTES = 16 << 10,
	MUCH_BYTES = 64 << 10, /* without TLS: sent at once, not gathered */
	WRITE_KEEP = 64 << 10, /* a buffer larger than this is given back */
};

static void on_ready(void *arg, uint32_t events);
static void on_flush(void *arg);

/* ---- TLS: ciphertext is gathered, and leaves in one write
 * ---------------------- */

static int
bio_write(BIO *bio, const char *bytes, int n)
{
	struct conn *conn = BIO_get_data(bio);

	buf_put(&conn->out, bytes, (size_t)n);
	return conn->out.error == 0 ? n : -1;
}

static int
bio_read(BIO *bio, char *bytes, int n)
{
	struct conn *conn = BIO_get_data(bio);
	ssize_t got = recv(conn->watch.fd, bytes, (size_t)n, 0);

	BIO_clear_retry_flags(bio);
	if (got < 0 && (errno == EAGAIN || errno == EINTR))
		BIO_set_retry_read(bio);
	return (int)got;
}

static long
bio_ctrl(BIO *bio UNUSED, int command, long number UNUSED, void *p UNUSED)
{
	return command == BIO_CTRL_FLUSH ? 1 : 0;
}

static int
tls_start(struct conn *conn)
{
	static BIO_METHOD *method;
	BIO *bio;

	if (method == NULL) {
		method = BIO_meth_new(
		    BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "conn");
		if (method == NULL ||
		    BIO_meth_set_write(method, bio_write) != 1 ||
		    BIO_meth_set_read(method, bio_read) != 1 ||
		    BIO_meth_set_ctrl(method, bio_ctrl) != 1)
			return E_NOMEM;
	}
	conn->tls = SSL_new(conn->front->tls);
	bio = BIO_new(method);
	if (conn->tls == NULL || bio == NULL) {
		BIO_free(bio);
		return E_NOMEM;
	}
	BIO_set_data(bio, conn);
	BIO_set_init(bio, 1);
	SSL_set_bio(conn->tls, bio, bio);
	SSL_set_accept_state(conn->tls);
	return 0;
}

struct slice
conn_tls_text(const struct conn *conn, char text[128])
{
	if (conn->tls == NULL || conn->state < CONN_OPEN)
		return SLICE_NONE;
	(void)snprintf(text, 128, "%s %s", SSL_get_version(conn->tls),
	    SSL_get_cipher_name(conn->tls));
	return slice_str(text);
}

/* ---- life
 * ---------------------------------------------------------------------------
 */

struct slice
conn_address(const struct conn *conn)
{
	return slice_str(conn->address);
}

static void
on_release(void *arg)
{
	struct conn *conn = arg;

	nghttp2_session_del(conn->h2);
	SSL_free(conn->tls);
	buf_free(&conn->in);
	buf_free(&conn->out);
	mem_free(conn);
}

static void
count_address(struct conn *conn, bool more)
{
	struct map *map = &conn->front->by_address;
	uintptr_t n = (uintptr_t)map_get(map, conn->address_key);

	n += more ? 1 : (uintptr_t)-1;
	if (n == 0)
		(void)map_take(map, conn->address_key);
	else if (map_put(map, conn->address_key, (void *)n) < 0)
		return; /* an old count is good enough */
}

static void
set_state(struct conn *conn, enum conn_state state)
{
	BUG_ON(state <= conn->state);
	conn->state = state;
}

void
conn_abort(struct conn *conn)
{
	struct front *front = conn->front;

	if (conn->state == CONN_CLOSED)
		return;
	set_state(conn, CONN_CLOSED);
	loop_unwatch(front->loop, &conn->watch);
	loop_timer_end(front->loop, &conn->idle);
	fd_close(&conn->watch.fd);
	*conn->prev = conn->next;
	if (conn->next != NULL)
		conn->next->prev = conn->prev;
	front->n_conns--;
	count_address(conn, false);
	if (conn->h2 != NULL)
		http2_lost(conn);
	else
		http1_lost(conn);
	calls_forget(conn);
	conn->release = (struct loop_task){.run = on_release, .arg = conn};
	loop_defer(front->loop, &conn->release);
	front_drained(front);
}

static void
on_idle(void *arg)
{
	struct conn *conn = arg;

	sum_add(&conn->front->sums, SUM_TIMEOUT, conn_address(conn));
	if (conn->h2 != NULL && conn->state == CONN_OPEN)
		http2_late(conn);
	else if (!http1_late(conn))
		conn_abort(conn);
}

void
conn_timeout(struct conn *conn, uint64_t seconds)
{
	if (conn->state == CONN_CLOSED)
		return;
	(void)loop_timer_set(conn->front->loop, &conn->idle, seconds * 1000);
}

void
conn_no_timeout(struct conn *conn)
{
	loop_timer_end(conn->front->loop, &conn->idle);
}

/* What it sent waits unread: an end behind that has not come yet. */
static bool
is_held(const struct conn *conn)
{
	return conn->state == CONN_OPEN && conn->read_paused;
}

static void
rewatch(struct conn *conn)
{
	uint32_t events = 0;

	if (conn->state == CONN_CLOSED)
		return;
	if (!conn->read_paused && !conn->eof && conn->state != CONN_CLOSING)
		events |= EPOLLIN;
	if (conn_waiting(conn) > 0)
		events |= EPOLLOUT;
	/* A client that goes away is heard of even while nothing is read. */
	if (events == 0 && !conn->eof && !is_held(conn))
		events = EPOLLRDHUP;
	(void)loop_watch(conn->front->loop, &conn->watch, events);
}

static void receive_more(struct conn *conn);

static void
on_resume(void *arg)
{
	struct conn *conn = arg;

	conn->resume_due = false;
	if (conn->state == CONN_OPEN && !conn->read_paused)
		receive_more(conn);
}

/* What was held back, in our buffer or TLS's, is read again, not from within.
 */
void
conn_pause(struct conn *conn, bool on)
{
	bool resumed = conn->read_paused && !on;

	conn->read_paused = on;
	rewatch(conn);
	if (!resumed || conn->resume_due || conn->state != CONN_OPEN)
		return;
	conn->resume_due = true;
	conn->resume = (struct loop_task){.run = on_resume, .arg = conn};
	loop_defer(conn->front->loop, &conn->resume);
}

static void
opened(struct conn *conn)
{
	const unsigned char *protocol = NULL;
	unsigned int n = 0;

	set_state(conn, CONN_OPEN);
	if (conn->tls != NULL)
		SSL_get0_alpn_selected(conn->tls, &protocol, &n);
	if (n == 2 && memcmp(protocol, "h2", 2) == 0) {
		if (http2_open(conn) < 0)
			conn_abort(conn);
		return;
	}
	http1_open(conn);
}

void
conn_accept(struct front *front, enum listener_kind listener, int fd,
    struct slice address)
{
	const struct config *config = &front->setup.config;
	uint64_t key = hash_keyed(front->hash_key, address) | 1;
	struct conn *conn = NULL;

	sum_add(&front->sums, SUM_CONNECTIONS, address);
	if (front->n_conns >= config->max_connections)
		limit_met(CONFIG_max_connections);
	else if ((uintptr_t)map_get(&front->by_address, key) >=
		 config->max_connections_address)
		limit_met(CONFIG_max_connections_address);
	else
		conn = mem_alloc(sizeof(*conn));
	if (conn == NULL) {
		sum_add(&front->sums, SUM_REFUSED, address);
		fd_close(&fd);
		return;
	}
	*conn = (struct conn){.front = front,
	    .number = ++front->next_connection,
	    .state = CONN_HANDSHAKE,
	    .listener = listener,
	    .watch = {.fd = fd, .ready = on_ready, .arg = conn},
	    .idle = {.expire = on_idle, .arg = conn},
	    .flush = {.run = on_flush, .arg = conn},
	    .address_key = key,
	    .in = BUF(IN_MAX),
	    .out = BUF(OUT_MAX)};
	(void)snprintf(
	    conn->address, sizeof(conn->address), "%.*s", SLICE_ARG(address));
	conn->next = front->conns;
	conn->prev = &front->conns;
	if (conn->next != NULL)
		conn->next->prev = &conn->next;
	front->conns = conn;
	front->n_conns++;
	count_address(conn, true);
	if (listener == LISTENER_HTTPS && tls_start(conn) < 0) {
		conn_abort(conn);
		return;
	}
	conn_timeout(conn, config->handshake_seconds);
	if (conn->tls == NULL)
		opened(conn);
	rewatch(conn);
}

/* ---- sending
 * -------------------------------------------------------------------------- */

size_t
conn_waiting(const struct conn *conn)
{
	return conn->out.n - conn->out_sent;
}

void
conn_flush_soon(struct conn *conn)
{
	if (conn->flush_due)
		return;
	conn->flush_due = true;
	loop_defer(conn->front->loop, &conn->flush);
}

/* As TLS records into the output. */
static void
encrypt(struct conn *conn, struct slice bytes)
{
	while (bytes.n > 0) {
		int n = SSL_write(
		    conn->tls, bytes.p, (int)MIN(bytes.n, RECORD_BYTES));

		if (n <= 0) {
			ERR_clear_error();
			conn->out.error = E_CRYPTO;
			return;
		}
		bytes = slice_from(bytes, (size_t)n);
	}
}

/* What the socket takes of it now. An error is kept: flush ends by it. */
static size_t
send_now(struct conn *conn, struct slice bytes, int flags)
{
	ssize_t n;

	do
		n = send(
		    conn->watch.fd, bytes.p, bytes.n, MSG_NOSIGNAL | flags);
	while (n < 0 && errno == EINTR);
	if (n < 0 && errno != EAGAIN)
		conn->out.error = E_CLOSED;
	return n > 0 ? (size_t)n : 0;
}

/* Writes what waits, as far as the socket takes it. */
static void
write_out(struct conn *conn, int flags)
{
	while (conn_waiting(conn) > 0 && conn->out.error == 0) {
		struct slice waiting =
		    slice_from(buf_slice(&conn->out), conn->out_sent);
		size_t n = send_now(conn, waiting, flags);

		if (n == 0)
			return;
		conn->out_sent += n;
	}
	if (conn->out.error != 0)
		return;
	conn->out_sent = 0;
	buf_clear(&conn->out);
	/* A connection that waits holds no large buffer. */
	if (conn->out.cap > WRITE_KEEP && conn->request == NULL &&
	    conn->n_requests == 0)
		buf_free(&conn->out);
}

/*
 * Much at once isn't gathered, where the socket takes it: it would only be
 * copied. What waits goes before it.
 */
static void
send_much(struct conn *conn, struct slice bytes)
{
	write_out(conn, MSG_MORE);
	if (conn_waiting(conn) == 0)
		bytes = slice_from(bytes, send_now(conn, bytes, 0));
	buf_put_slice(&conn->out, bytes);
}

/* What never comes to an end must not keep what has left. */
static void
forget_sent(struct conn *conn)
{
	if (conn->out_sent < WRITE_KEEP || conn->out_sent < conn->out.n / 2)
		return;
	buf_consume(&conn->out, conn->out_sent);
	conn->out_sent = 0;
}

void
conn_send(struct conn *conn, struct slice bytes)
{
	if (conn->state == CONN_CLOSED || bytes.n == 0)
		return;
	forget_sent(conn);
	if (conn->tls != NULL)
		encrypt(conn, bytes);
	else if (bytes.n >= MUCH_BYTES)
		send_much(conn, bytes);
	else
		buf_put_slice(&conn->out, bytes);
	conn_flush_soon(conn);
}

static void
drained(struct conn *conn)
{
	if (conn->state == CONN_CLOSING) {
		conn_abort(conn);
		return;
	}
	if (conn->state != CONN_OPEN)
		return;
	if (conn->h2 != NULL)
		http2_drained(conn);
	else
		http1_drained(conn);
}

static void
flush(struct conn *conn)
{
	if (conn->h2 != NULL && conn->state == CONN_OPEN)
		http2_flush(conn);
	if (conn->state == CONN_CLOSED)
		return;
	if (conn->out.error == 0)
		write_out(conn, 0);
	if (conn->out.error != 0) {
		conn_abort(conn);
		return;
	}
	if (conn_waiting(conn) == 0)
		drained(conn);
	else
		conn_timeout(conn, conn->front->setup.config.send_seconds);
	rewatch(conn);
}

static void
on_flush(void *arg)
{
	struct conn *conn = arg;

	conn->flush_due = false;
	if (conn->state != CONN_CLOSED)
		flush(conn);
}

void
conn_close(struct conn *conn)
{
	if (conn->state >= CONN_CLOSING)
		return;
	if (conn->tls != NULL && conn->state == CONN_OPEN) {
		(void)SSL_shutdown(conn->tls);
		ERR_clear_error();
	}
	set_state(conn, CONN_CLOSING);
	conn_timeout(conn, conn->front->setup.config.send_seconds);
	conn_flush_soon(conn);
}

/* ---- receiving
 * -------------------------------------------------------------------------- */

static void
handshake(struct conn *conn)
{
	int r = SSL_accept(conn->tls), e = SSL_get_error(conn->tls, r);

	if (conn_waiting(conn) > 0)
		conn_flush_soon(conn);
	if (r == 1) {
		opened(conn);
		return;
	}
	ERR_clear_error();
	if (e == SSL_ERROR_WANT_READ)
		return;
	sum_add(&conn->front->sums, SUM_TLS_FAILED, conn_address(conn));
	if (conn_waiting(conn) > 0)
		conn_close(conn); /* the alert says why */
	else
		conn_abort(conn);
}

/* Bytes into conn->in: more than 0, 0 for none now, -1 where it has ended. */
static ssize_t
read_some(struct conn *conn)
{
	uint8_t *to = buf_room(&conn->in, READ_BYTES);
	ssize_t n;

	if (to == NULL)
		return -1;
	if (conn->tls != NULL) {
		int got = SSL_read(conn->tls, to, READ_BYTES);
		int e = SSL_get_error(conn->tls, got);

		ERR_clear_error();
		n = got > 0 ? got : e == SSL_ERROR_WANT_READ ? 0 : -1;
	} else {
		n = recv(conn->watch.fd, to, READ_BYTES, 0);
		if (n == 0)
			n = -1;
		else if (n < 0 && (errno == EAGAIN || errno == EINTR))
			n = 0;
	}
	if (n > 0)
		buf_added(&conn->in, (size_t)n);
	else if (conn->in.n == 0)
		buf_free(&conn->in); /* who waits holds no buffer */
	return n;
}

static void
parse(struct conn *conn)
{
	if (conn->h2 != NULL)
		http2_read(conn);
	else
		http1_read(conn);
	/* A connection that waits holds no buffer. */
	if (conn->in.n == 0)
		buf_free(&conn->in);
}

static void
receive(struct conn *conn)
{
	for (;;) {
		ssize_t n = read_some(conn);

		if (n < 0) {
			conn->eof = true;
			break;
		}
		if (n == 0)
			break;
		parse(conn);
		if (conn->state != CONN_OPEN || conn->read_paused)
			return;
		/* TLS may hold decrypted bytes that no event will tell of. */
		if (conn->tls == NULL || SSL_has_pending(conn->tls) == 0)
			break;
	}
	if (conn->eof && (conn->h2 != NULL || !http1_ended(conn)))
		conn_abort(conn);
}

static void
receive_more(struct conn *conn)
{
	parse(conn);
	if (conn->state == CONN_OPEN && !conn->read_paused &&
	    conn->tls != NULL && SSL_has_pending(conn->tls) == 1)
		receive(conn);
}

static void
on_ready(void *arg, uint32_t events)
{
	struct conn *conn = arg;
	uint32_t gone = EPOLLHUP | EPOLLERR;

	if (events & EPOLLOUT)
		flush(conn);
	if (conn->state == CONN_HANDSHAKE && (events & ~EPOLLOUT))
		handshake(conn);
	if (conn->state == CONN_OPEN && !conn->read_paused && !conn->eof &&
	    (events & ~EPOLLOUT))
		receive(conn);
	else if (conn->state != CONN_CLOSED &&
		 (events & (is_held(conn) ? gone : gone | EPOLLRDHUP)))
		conn_abort(conn);
	if (conn->state != CONN_CLOSED)
		rewatch(conn);
}
