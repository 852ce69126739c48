/*
 * Messages: what msg.def lets pass, and that nothing else does, on both ways by
 * which messages are read.
 */
#include "unit.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/file.h"
#include "ipc/channel.h"

enum { WAIT_MS = 10000, TYPES_MAX = 40, UNKNOWN_TYPES = 8 };

static const struct row {
	const char *name;
	unsigned type;
	uint32_t min, max;
	bool fd;
} rows[] = {
#define MSG(number, name, from, to, min, max, fd) {#name, number, min, max, fd},
#include "ipc/msg.def"
#undef MSG
};

/* Who may send what, said once more: whoever changes the table says it here. */
static const struct pair {
	enum role from, to;
	const char *names[TYPES_MAX];
} pairs[] = {
    {ROLE_PARENT, ROLE_FRONT,
	{"SETUP", "PEER", "LISTENER", "CERTIFICATE", "FOLDER", "START",
	    "DRAIN"}},
    {ROLE_PARENT, ROLE_CORE,
	{"SETUP", "PEER", "FOLDER", "START", "DRAIN", "CHILD_NOTE",
	    "CONFIG_NOTE"}},
    {ROLE_PARENT, ROLE_KEEPER,
	{"SETUP", "PEER", "TLS_KEY", "FOLDER", "START", "DRAIN"}},
    {ROLE_PARENT, ROLE_BLOBS, {"SETUP", "PEER", "FOLDER", "START", "DRAIN"}},
    {ROLE_FRONT, ROLE_PARENT, {"READY", "DRAINED"}},
    {ROLE_CORE, ROLE_PARENT, {"READY", "DRAINED", "KILL"}},
    {ROLE_KEEPER, ROLE_PARENT, {"READY", "DRAINED", "KILL"}},
    {ROLE_BLOBS, ROLE_PARENT, {"READY", "DRAINED", "KILL"}},
    {ROLE_FRONT, ROLE_CORE,
	{"HELLO", "CONTEXT", "CONTEXT_END", "CALL", "STREAM_TAKEN",
	    "STREAM_END", "FRONT_SUM", "VIEW_READY", "KIT_LOST"}},
    {ROLE_CORE, ROLE_FRONT,
	{"HELLO", "REPLY", "STREAM_DATA", "CLOSE", "STREAM_DONE", "VIEW_OPEN"}},
    {ROLE_CORE, ROLE_KEEPER, {"HELLO", "SIGN", "SECRET_ASK"}},
    {ROLE_KEEPER, ROLE_CORE, {"HELLO", "SIGNED", "LOG_KEY", "SECRET_ANSWER"}},
    {ROLE_FRONT, ROLE_KEEPER, {"HELLO", "TLS_SIGN"}},
    {ROLE_KEEPER, ROLE_FRONT, {"HELLO", "TLS_SIGNED"}},
    {ROLE_CORE, ROLE_BLOBS,
	{"HELLO", "BLOB_SEND", "BLOB_EXPECT", "BLOB_DROP", "BLOB_SCAN",
	    "BLOB_CANCEL", "BLOB_OPEN", "BLOB_KEEP", "BLOB_LEAVE"}},
    {ROLE_BLOBS, ROLE_CORE,
	{"HELLO", "BLOB_STORED", "BLOB_FOUND", "BLOB_ROOM", "BLOB_OPENED",
	    "BLOB_ABSENT"}},
    {ROLE_FRONT, ROLE_BLOBS, {"HELLO", "UPLOAD_DATA", "UPLOAD_END"}},
    {ROLE_BLOBS, ROLE_FRONT,
	{"HELLO", "BLOB_FILE", "BLOB_GONE", "UPLOAD_TAKEN"}},
    {ROLE_PARENT, ROLE_ZYGOTE, {"SETUP", "PEER", "FOLDER", "START", "DRAIN"}},
    {ROLE_ZYGOTE, ROLE_PARENT, {"READY", "DRAINED", "KILL"}},
    {ROLE_CORE, ROLE_ZYGOTE, {"HELLO", "KIT_OPEN", "KIT_MEET", "KIT_END"}},
    {ROLE_ZYGOTE, ROLE_CORE, {"HELLO", "ENGINE", "KIT_CORE", "KIT_ENDED"}},
    {ROLE_FRONT, ROLE_ZYGOTE, {"HELLO"}},
    {ROLE_ZYGOTE, ROLE_FRONT, {"HELLO", "KIT_FRONT"}},
    {ROLE_ZYGOTE, ROLE_KIT, {"KIT_PEER"}},
    {ROLE_KIT, ROLE_ZYGOTE, {"KIT_LOADED"}},
    {ROLE_CORE, ROLE_KIT,
	{"VIEW_JOIN", "VIEW_RIGHTS", "VIEW_LEAVE", "VIEW_SHOW", "VIEW_COPY",
	    "DOC_SAVE", "DOC_KEPT", "DOC_MARKS"}},
    {ROLE_KIT, ROLE_CORE,
	{"DOC_LOADED", "VIEW_SEES", "VIEW_DID", "VIEW_ENDED", "DOC_SAVED",
	    "DOC_SAVING", "DOC_DIRTY"}},
    {ROLE_FRONT, ROLE_KIT, {"VIEW_INPUT"}},
    {ROLE_KIT, ROLE_FRONT, {"VIEW_OUTPUT"}},
    /* These have no channel; the table would let them greet each other. */
    {ROLE_FRONT, ROLE_FRONT, {"HELLO"}},
    {ROLE_CORE, ROLE_CORE, {"HELLO"}},
    {ROLE_KEEPER, ROLE_KEEPER, {"HELLO"}},
    {ROLE_BLOBS, ROLE_BLOBS, {"HELLO"}},
    {ROLE_KEEPER, ROLE_BLOBS, {"HELLO"}},
    {ROLE_BLOBS, ROLE_KEEPER, {"HELLO"}},
    {ROLE_ZYGOTE, ROLE_ZYGOTE, {"HELLO"}},
    {ROLE_ZYGOTE, ROLE_KEEPER, {"HELLO"}},
    {ROLE_KEEPER, ROLE_ZYGOTE, {"HELLO"}},
    {ROLE_ZYGOTE, ROLE_BLOBS, {"HELLO"}},
    {ROLE_BLOBS, ROLE_ZYGOTE, {"HELLO"}},
};

static const struct row *
row_of(unsigned type)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		if (rows[i].type == type)
			return &rows[i];
	return NULL;
}

/* The row, where that one may send it to this one. */
static const struct row *
row_between(enum role from, enum role to, unsigned type)
{
	const struct row *row = row_of(type);

	for (size_t i = 0; i < ARRAY_SIZE(pairs) && row != NULL; i++) {
		if (pairs[i].from != from || pairs[i].to != to)
			continue;
		for (size_t k = 0; pairs[i].names[k] != NULL; k++)
			if (strcmp(pairs[i].names[k], row->name) == 0)
				return row;
	}
	return NULL;
}

/* Every pair of roles, those that are none too, with every number. */
static void
test_who_may_send_what(void **state UNUSED)
{
	for (unsigned from = 0; from <= ROLE_MAX; from++)
		for (unsigned to = 0; to <= ROLE_MAX; to++)
			for (unsigned type = 0; type <= UINT16_MAX; type++) {
				const struct row *row =
				    row_between(from, to, type);

				assert_int_equal(msg_allowed(from, to, type,
						     row ? row->max : 1),
				    row != NULL);
			}
}

static void
test_sizes(void **state UNUSED)
{
	for (size_t i = 0; i < ARRAY_SIZE(pairs); i++)
		for (size_t k = 0; k < ARRAY_SIZE(rows); k++) {
			const struct row *row = row_between(
			    pairs[i].from, pairs[i].to, rows[k].type);
			enum role from = pairs[i].from, to = pairs[i].to;

			if (row == NULL)
				continue;
			assert_true(row->min <= row->max);
			assert_true(row->max <= MSG_BODY_MAX);
			assert_true(msg_allowed(from, to, row->type, row->min));
			assert_true(msg_allowed(from, to, row->type, row->max));
			assert_false(msg_allowed(
			    from, to, row->type, (size_t)row->min - 1));
			assert_false(msg_allowed(
			    from, to, row->type, (size_t)row->max + 1));
			assert_false(
			    msg_allowed(from, to, row->type, SIZE_MAX));
		}
}

static void
test_names(void **state UNUSED)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		assert_string_equal(msg_name(rows[i].type), rows[i].name);
		assert_int_equal(msg_has_fd(rows[i].type), rows[i].fd);
	}
	assert_string_equal(msg_name(MSG_NONE), "?");
	assert_string_equal(msg_name(MSG_MAX), "?");
	assert_string_equal(msg_name(UINT32_MAX), "?");
	assert_false(msg_has_fd(MSG_MAX));
	assert_string_equal(role_name(ROLE_CORE), "core");
	assert_string_equal(role_name(ROLE_MAX), "unknown");
}

/* ---- on the wire -------------------------------------------------------- */

/* Bytes as a peer would send them, with so many descriptors at their start. */
static void
send_raw(int socket, struct slice bytes, size_t n_fds)
{
	union {
		struct cmsghdr align;
		char bytes[CMSG_SPACE(4 * sizeof(int))];
	} control = {.bytes = {0}};
	struct iovec iov = {.iov_len = bytes.n};
	struct msghdr message = {.msg_iov = &iov, .msg_iovlen = 1};
	struct cmsghdr *cmsg;
	int fds[4] = {STDIN_FILENO, STDIN_FILENO, STDIN_FILENO, STDIN_FILENO};

	memcpy(&iov.iov_base, &bytes.p, sizeof(bytes.p));
	if (n_fds > 0) {
		message.msg_control = control.bytes;
		message.msg_controllen = CMSG_SPACE(n_fds * sizeof(int));
		cmsg = CMSG_FIRSTHDR(&message);
		BUG_ON(cmsg == NULL);
		cmsg->cmsg_level = SOL_SOCKET;
		cmsg->cmsg_type = SCM_RIGHTS;
		cmsg->cmsg_len = CMSG_LEN(n_fds * sizeof(int));
		memcpy(CMSG_DATA(cmsg), fds, n_fds * sizeof(int));
	}
	assert_int_equal(
	    sendmsg(socket, &message, MSG_NOSIGNAL), (ssize_t)bytes.n);
}

/* A message: its header as given, and of its body so many bytes. */
static void
put_raw(
    struct buf *buf, unsigned type, uint32_t length, uint16_t zero, size_t body)
{
	struct msg_header header = {
	    .length = length, .type = (uint16_t)type, .zero = zero, .id = 7};

	buf_put(buf, &header, sizeof(header));
	for (size_t i = 0; i < body; i++)
		buf_put_u8(buf, (uint8_t)i);
}

/* The end of a channel that is under test. */
struct end {
	struct loop *loop;
	struct channel *channel;
	int peer; /* the other end's socket */
	size_t n;
	struct msg last;
	int why; /* it broke */
};

static void
on_message(void *arg, struct channel *channel UNUSED, struct msg *msg)
{
	struct end *end = arg;

	end->n++;
	end->last = *msg;
	end->last.body = SLICE_NONE;
	for (size_t i = 0; i < msg->body.n; i++)
		assert_int_equal(msg->body.p[i], (uint8_t)i);
	end->last.body.n = msg->body.n;
	fd_close(&msg->fd);
}

static void
on_broken(void *arg, struct channel *channel UNUSED, int why)
{
	struct end *end = arg;

	assert_int_equal(end->why, 0); /* told once */
	end->why = why;
}

static const struct channel_handlers handlers = {
    .message = on_message, .broken = on_broken};

static void
end_open(struct end *end, enum role self, enum role peer)
{
	int sockets[2];

	*end = (struct end){.n = 0};
	assert_int_equal(loop_new(&end->loop), 0);
	assert_int_equal(
	    socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sockets), 0);
	end->peer = sockets[0];
	assert_int_equal(
	    channel_new(end->loop, sockets[1], self,
		(struct peer){.role = peer}, &handlers, end, &end->channel),
	    0);
}

static void
end_close(struct end *end)
{
	channel_free(&end->channel);
	fd_close(&end->peer);
	assert_int_equal(loop_once(end->loop, 0), 0);
	loop_free(&end->loop);
}

/* What has been sent is read: a round, unless it broke before. */
static void
end_round(struct end *end)
{
	if (end->why == 0)
		assert_int_equal(loop_once(end->loop, 0), 0);
}

/* One message by itself, on a new channel: what came of it. */
static struct end
send_one(const struct pair *pair, struct slice bytes, size_t n_fds)
{
	struct end end, result;

	end_open(&end, pair->to, pair->from);
	send_raw(end.peer, bytes, n_fds);
	end_round(&end);
	result = end;
	end_close(&end);
	return result;
}

/* The same read by a role that waits for it. */
static int
read_one(const struct pair *pair, struct slice bytes, size_t n_fds)
{
	struct buf body = BUF(MSG_BODY_MAX);
	struct msg msg = {.fd = -1};
	int sockets[2], r;

	assert_int_equal(
	    socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sockets), 0);
	send_raw(sockets[0], bytes, n_fds);
	fd_close(&sockets[0]);
	r = msg_read(sockets[1], pair->from, pair->to, WAIT_MS, &body, &msg);
	if (r == 0) {
		assert_int_equal(msg.fd >= 0, n_fds > 0);
		assert_int_equal(msg.id, 7);
	}
	fd_close(&msg.fd);
	fd_close(&sockets[1]);
	buf_free(&body);
	return r;
}

static void
expect_good(const struct pair *pair, const struct row *row)
{
	struct buf bytes = BUF(1000);
	struct end end;

	put_raw(&bytes, row->type, row->min, 0, row->min);
	end = send_one(pair, buf_slice(&bytes), row->fd);
	assert_int_equal(end.why, 0);
	assert_int_equal(end.n, 1);
	assert_int_equal(end.last.type, row->type);
	assert_int_equal(end.last.id, 7);
	assert_int_equal(end.last.body.n, row->min);
	assert_int_equal(end.last.fd >= 0, row->fd);
	assert_int_equal(read_one(pair, buf_slice(&bytes), row->fd), 0);

	/* The longest there may be is waited for. */
	buf_clear(&bytes);
	put_raw(&bytes, row->type, row->max, 0, 0);
	if (row->max > 0) {
		end = send_one(pair, buf_slice(&bytes), row->fd);
		assert_int_equal(end.why, 0);
		assert_int_equal(end.n, 0);
		assert_int_equal(
		    read_one(pair, buf_slice(&bytes), row->fd), E_CLOSED);
	}
	buf_free(&bytes);
}

static void
expect_bad(const struct pair *pair, unsigned type, uint32_t length,
    uint16_t zero, size_t body, size_t n_fds)
{
	struct buf bytes = BUF(1000);
	struct end end;

	put_raw(&bytes, type, length, zero, body);
	end = send_one(pair, buf_slice(&bytes), n_fds);
	assert_int_equal(end.why, E_GRAMMAR);
	assert_int_equal(end.n, 0);
	assert_int_equal(read_one(pair, buf_slice(&bytes), n_fds), E_GRAMMAR);
	buf_free(&bytes);
}

static void
expect_row(const struct pair *pair, const struct row *row)
{
	expect_good(pair, row);
	/* Refused by the header: no body is waited for. */
	expect_bad(pair, row->type, row->max + 1, 0, 0, row->fd);
	expect_bad(pair, row->type, UINT32_MAX, 0, 0, row->fd);
	if (row->min > 0)
		expect_bad(pair, row->type, row->min - 1, 0, 0, row->fd);
	expect_bad(pair, row->type, row->min, 1, row->min, row->fd);
	expect_bad(pair, row->type, row->min, 0, row->min, !row->fd);
}

/* Each number there is and some that are none, between all who have a channel.
 */
static void
test_wire(void **state UNUSED)
{
	for (size_t i = 0; i < ARRAY_SIZE(pairs); i++) {
		const struct pair *pair = &pairs[i];

		for (unsigned type = 0; type < MSG_MAX + UNKNOWN_TYPES;
		     type++) {
			const struct row *row =
			    row_between(pair->from, pair->to, type);

			if (row != NULL)
				expect_row(pair, row);
			else
				expect_bad(pair, type, 1, 0, 1, 0);
		}
		expect_bad(pair, UINT16_MAX, 1, 0, 1, 0);
	}
}

/* ---- pieces -------------------------------------------------------------- */

/* Three messages, the second with a descriptor: a byte at a time. */
static void
test_byte_at_a_time(void **state UNUSED)
{
	static const uint32_t lengths[] = {1, 128, 16};
	static const unsigned types[] = {
	    MSG_BLOB_GONE, MSG_BLOB_FILE, MSG_UPLOAD_TAKEN};
	struct end end;

	end_open(&end, ROLE_FRONT, ROLE_BLOBS);
	for (size_t i = 0; i < ARRAY_SIZE(types); i++) {
		struct buf bytes = BUF(1000);

		put_raw(&bytes, types[i], lengths[i], 0, lengths[i]);
		for (size_t k = 0; k < bytes.n; k++) {
			assert_int_equal(end.n, i);
			send_raw(end.peer, slice_of(bytes.p + k, 1),
			    k == 0 && i == 1);
			end_round(&end);
		}
		assert_int_equal(end.why, 0);
		assert_int_equal(end.n, i + 1);
		assert_int_equal(end.last.type, types[i]);
		assert_int_equal(end.last.body.n, lengths[i]);
		assert_int_equal(end.last.fd >= 0, i == 1);
		buf_free(&bytes);
	}
	end_close(&end);
}

/* Cut short anywhere it is no message, and the peer is gone. */
static void
test_cut(void **state UNUSED)
{
	const struct pair pair = {ROLE_BLOBS, ROLE_FRONT, {NULL}};
	struct buf bytes = BUF(1000);

	put_raw(&bytes, MSG_UPLOAD_TAKEN, 16, 0, 16);
	for (size_t n = 1; n < bytes.n; n++) {
		struct slice part = slice_of(bytes.p, n);
		struct end end;

		end_open(&end, ROLE_FRONT, ROLE_BLOBS);
		send_raw(end.peer, part, 0);
		fd_close(&end.peer);
		for (int i = 0; i < 3; i++)
			end_round(&end);
		assert_int_equal(end.n, 0);
		assert_int_equal(end.why, E_CLOSED);
		end_close(&end);
		assert_int_equal(read_one(&pair, part, 0), E_CLOSED);
	}
	buf_free(&bytes);
}

/* What follows a broken message is not read. */
static void
test_nothing_behind_an_error(void **state UNUSED)
{
	const struct pair pair = {ROLE_FRONT, ROLE_CORE, {NULL}};
	struct buf bytes = BUF(1000);
	struct end end;

	put_raw(&bytes, MSG_CONTEXT_END, 0, 0, 0);
	put_raw(&bytes, MSG_SIGN, 1, 0, 1);
	put_raw(&bytes, MSG_CONTEXT_END, 0, 0, 0);
	end = send_one(&pair, buf_slice(&bytes), 0);
	assert_int_equal(end.n, 1);
	assert_int_equal(end.why, E_GRAMMAR);
	buf_free(&bytes);
}

/* ---- descriptors --------------------------------------------------------- */

static size_t
open_fds(void)
{
	size_t n = 0;

	for (int fd = 0; fd < 1024; fd++)
		n += fcntl(fd, F_GETFD) >= 0;
	return n;
}

/* None that a peer sends too many of stays open. */
static void
test_too_many_fds(void **state UNUSED)
{
	enum { SENT = 100 };
	const struct pair pair = {ROLE_BLOBS, ROLE_FRONT, {NULL}};
	struct buf bytes = BUF(1000);
	size_t before = open_fds();
	struct end end;

	put_raw(&bytes, MSG_BLOB_FILE, 1, 0, 1);
	for (size_t n = 2; n <= 4; n++) {
		end = send_one(&pair, buf_slice(&bytes), n);
		assert_int_equal(end.why, E_GRAMMAR);
		assert_int_equal(
		    read_one(&pair, buf_slice(&bytes), n), E_GRAMMAR);
	}
	assert_int_equal(open_fds(), before);

	/* Bit by bit, with a message that never ends. */
	end_open(&end, ROLE_FRONT, ROLE_BLOBS);
	buf_clear(&bytes);
	put_raw(&bytes, MSG_BLOB_FILE, 128, 0, 128);
	for (size_t i = 0; i < SENT && end.why == 0; i++) {
		send_raw(end.peer, slice_of(bytes.p + i, 1), 4);
		end_round(&end);
	}
	assert_int_equal(end.why, E_GRAMMAR);
	assert_int_equal(end.n, 0);
	end_close(&end);
	assert_int_equal(open_fds(), before);
	buf_free(&bytes);
}

/* Many descriptors in one round all arrive, each with its message. */
static void
test_many_fds(void **state UNUSED)
{
	enum { SENT = 500 };
	struct end end;
	struct channel *sender;
	size_t before = open_fds();

	end_open(&end, ROLE_FRONT, ROLE_BLOBS);
	assert_int_equal(
	    channel_new(end.loop, end.peer, ROLE_BLOBS,
		(struct peer){.role = ROLE_FRONT}, &handlers, &end, &sender),
	    0);
	end.peer = -1;
	for (size_t i = 0; i < SENT; i++) {
		channel_send_fd(
		    sender, MSG_BLOB_FILE, i, SLICE("\0"), dup(STDIN_FILENO));
		if (i % 3 == 0)
			channel_send(sender, MSG_BLOB_GONE, i, SLICE("\0\1\2"));
	}
	for (size_t i = 0; i < 10 * SENT && end.n < SENT + SENT / 3 + 1; i++)
		assert_int_equal(loop_once(end.loop, 0), 0);
	assert_int_equal(end.why, 0);
	assert_int_equal(end.n, SENT + SENT / 3 + 1);
	channel_free(&sender);
	end_close(&end);
	assert_int_equal(open_fds(), before);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_who_may_send_what),
	    cmocka_unit_test(test_sizes),
	    cmocka_unit_test(test_names),
	    cmocka_unit_test(test_wire),
	    cmocka_unit_test(test_byte_at_a_time),
	    cmocka_unit_test(test_cut),
	    cmocka_unit_test(test_nothing_behind_an_error),
	    cmocka_unit_test(test_too_many_fds),
	    cmocka_unit_test(test_many_fds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
