/*
 * A front that was taken over gets nothing but what its clients brought; where
 * it breaks the rules it is killed, and that is on the record.
 */
#include "unit.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/file.h"
#include "hostile/server.h"
#include "ipc/msg.h"
#include "wire/cbor.h"

#define FORBIDDEN "killed: it sent what its role may not send"
#define GRAMMAR "killed: it broke the grammar of its messages"
#define TOLD_PARENT "killed: it sent its parent what its role may not send"
#define NOT_ASKED "killed: it told its parent what wasn't asked"
#define SENSELESS_END "killed: it ended a stream without sense"
#define OTHERS_END "killed: it ended another front's stream"
#define SENSELESS_COUNT "killed: it counted a stream without sense"
#define OTHERS_COUNT "killed: it counted another front's stream"
#define DISOBEYED "killed: it did not close a stream whose right was withdrawn"
#define SUMS "killed: it sums up more often than it may"
#define UNREAD "killed: it doesn't read what it is sent"
#define UNSTARTED "killed: it had not started when the server stopped"
#define CLOSED "killed: it closed a channel of its role"

/* ---- what breaks the rules --------------------------------------------- */

enum { MANY = 1000, ECHO_BYTES = 65536, ECHOES = 60, ECHO_CALLS = 100 };

/* Who obeys: what it opened is for others to be misused. */
struct others {
	struct front *front;
	const char *token;
	uint64_t tail; /* an open stream of its */
};

struct attack {
	const char *name, *why;
	void (*run)(struct front *front, const struct others *others);
};

static void
raw(int socket, unsigned type, uint64_t id, size_t length)
{
	static const uint8_t zeros[1024];

	front_send_raw(socket,
	    (struct msg_header){
		.length = (uint32_t)length, .type = (uint16_t)type, .id = id},
	    slice_of(zeros, MIN(length, sizeof(zeros))), -1);
}

static void
with_fd(int socket, enum msg_type type, struct slice body)
{
	AUTO_CLOSE int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);

	front_send_raw(socket,
	    (struct msg_header){
		.length = (uint32_t)body.n, .type = (uint16_t)type, .id = 1},
	    body, fd);
}

#define ATTACK(name)      \
	static void name( \
	    struct front *front, const struct others *others UNUSED)

/* clang-format off */
ATTACK(core_reply) { raw(front->core, MSG_REPLY, 1, 1); }
ATTACK(core_close) { raw(front->core, MSG_CLOSE, 1, 1); }
ATTACK(core_sign) { raw(front->core, MSG_SIGN, 1, 1); }
ATTACK(core_stored) { raw(front->core, MSG_BLOB_STORED, 1, 1); }
ATTACK(core_setup) { raw(front->core, MSG_SETUP, 0, 1); }
ATTACK(core_peer) { with_fd(front->core, MSG_PEER, SLICE("\x83\x02\x00\x01")); }
ATTACK(core_no_type) { raw(front->core, MSG_NONE, 1, 1); }
ATTACK(core_unknown_type) { raw(front->core, 60000, 1, 1); }
ATTACK(core_call_empty) { raw(front->core, MSG_CALL, 1, 0); }
ATTACK(core_call_too_long) { raw(front->core, MSG_CALL, 1, (4 << 20) + 1); }
ATTACK(core_taken_too_long) { raw(front->core, MSG_STREAM_TAKEN, 1, 17); }
ATTACK(core_end_empty) { raw(front->core, MSG_STREAM_END, 1, 0); }
ATTACK(core_context_end_long) { raw(front->core, MSG_CONTEXT_END, 1, 1); }
ATTACK(core_context_too_long) { raw(front->core, MSG_CONTEXT, 1, 70001); }
ATTACK(core_sum_too_long) { raw(front->core, MSG_FRONT_SUM, 0, 65537); }
ATTACK(core_fd) { with_fd(front->core, MSG_CONTEXT_END, SLICE_NONE); }
ATTACK(core_hello_again) { front_send(front->core, MSG_HELLO, 0, role_build_id()); }
ATTACK(core_context_senseless) { raw(front->core, MSG_CONTEXT, 1, 10); }
ATTACK(core_call_senseless) { raw(front->core, MSG_CALL, 1, 10); }
ATTACK(core_sum_senseless) { raw(front->core, MSG_FRONT_SUM, 0, 10); }
ATTACK(core_end_senseless) { raw(front->core, MSG_STREAM_END, 1, 3); }
ATTACK(core_taken_senseless) { raw(front->core, MSG_STREAM_TAKEN, 1, 3); }
ATTACK(core_closed) { fd_close(&front->core); }
ATTACK(parent_kill) { raw(front->parent, MSG_KILL, 0, 20); }
ATTACK(parent_setup) { raw(front->parent, MSG_SETUP, 0, 1); }
ATTACK(parent_ready_again) { raw(front->parent, MSG_READY, 0, 0); }
ATTACK(parent_drained) { raw(front->parent, MSG_DRAINED, 0, 0); }
ATTACK(parent_fd) { with_fd(front->parent, MSG_READY, SLICE_NONE); }
ATTACK(keeper_sign) { raw(front->keeper, MSG_SIGN, 1, 100); }
ATTACK(keeper_signed) { raw(front->keeper, MSG_TLS_SIGNED, 1, 1); }
ATTACK(keeper_too_long) { raw(front->keeper, MSG_TLS_SIGN, 1, 1025); }
ATTACK(keeper_fd) { with_fd(front->keeper, MSG_TLS_KEY, SLICE_NONE); }
ATTACK(blobs_send) { raw(front->blobs, MSG_BLOB_SEND, 1, 40); }
ATTACK(blobs_expect) { raw(front->blobs, MSG_BLOB_EXPECT, 1, 10); }
ATTACK(blobs_drop) { raw(front->blobs, MSG_BLOB_DROP, 1, 10); }
ATTACK(blobs_scan) { raw(front->blobs, MSG_BLOB_SCAN, 1, 0); }
ATTACK(blobs_data_too_long) { raw(front->blobs, MSG_UPLOAD_DATA, 1, 262145); }
ATTACK(blobs_fd) { with_fd(front->blobs, MSG_UPLOAD_END, SLICE("\x81\x00")); }
/* clang-format on */

ATTACK(core_not_zero)
{
	front_send_raw(front->core,
	    (struct msg_header){.type = MSG_CONTEXT_END, .zero = 1, .id = 1},
	    SLICE_NONE, -1);
}

ATTACK(core_context_without_number)
{
	front->contexts = UINT64_MAX; /* the next one is 0 */
	(void)front_connect(front, "192.0.2.1");
}

ATTACK(core_context_again)
{
	(void)front_connect(front, "192.0.2.1");
	front->contexts--;
	(void)front_connect(front, "192.0.2.2");
}

ATTACK(core_call_without_number)
{
	front->calls = UINT64_MAX;
	(void)front_call(front, front_connect(front, "192.0.2.1"), NULL, NULL,
	    OP_SESSION_GET, &(struct nothing){.has_unused = false});
}

/* A connection that another front has, and this one never had. */
ATTACK(core_others_context)
{
	(void)front_call(front, others->front->contexts, NULL, NULL,
	    OP_SESSION_GET, &(struct nothing){.has_unused = false});
}

static void
call_of(struct front *front, uint64_t context, const char *token, size_t ops,
    size_t objects, enum op_number op, struct slice arg)
{
	struct buf body = BUF(MSG_BODY_MAX), call = BUF(MSG_BODY_MAX);

	cbor_put_array(&call, 4);
	cbor_put_bytes(&call, slice_str(token));
	cbor_put_bytes(&call, SLICE_NONE);
	cbor_put_uint(&call, CAUSE_USER);
	cbor_put_array(&call, ops);
	for (size_t i = 0; i < ops; i++) {
		cbor_put_array(&call, 2);
		cbor_put_uint(&call, op);
		cbor_put_array(&call, objects);
		for (size_t k = 0; k < objects; k++)
			cbor_put_bytes(&call, arg);
	}
	cbor_put_array(&body, 2);
	cbor_put_uint(&body, context);
	cbor_put_bytes(&body, buf_slice(&call));
	assert_int_equal(body.error, 0);
	front_send_raw(front->core,
	    (struct msg_header){.length = (uint32_t)body.n,
		.type = MSG_CALL,
		.id = ++front->calls},
	    buf_slice(&body), -1);
	buf_free(&call);
	buf_free(&body);
}

static void
senseless_call(struct front *front, size_t ops, size_t objects)
{
	call_of(front, front_connect(front, "192.0.2.1"), NULL, ops, objects,
	    OP_SESSION_GET, SLICE("\xa0"));
}

/* clang-format off */
ATTACK(core_no_ops) { senseless_call(front, 0, 1); }
ATTACK(core_too_many_ops) { senseless_call(front, 65, 1); }
ATTACK(core_no_objects) { senseless_call(front, 1, 0); }
ATTACK(core_too_many_objects) { senseless_call(front, 1, 501); }
/* clang-format on */

/* More than it may have unanswered, in one go. */
ATTACK(core_too_many_calls)
{
	uint64_t context = front_connect(front, "192.0.2.1");
	struct buf all = BUF(1 << 20), body = BUF(1024);

	cbor_put_array(&body, 2);
	cbor_put_uint(&body, context);
	cbor_put_bytes(
	    &body, SLICE("\x84\x40\x40\x01\x81\x82\x18\x78\x81\x41\xa0"));
	for (uint64_t i = 1; i <= MANY; i++) {
		struct msg_header header = {
		    .length = (uint32_t)body.n, .type = MSG_CALL, .id = i};

		buf_put(&all, &header, sizeof(header));
		buf_put_slice(&all, buf_slice(&body));
	}
	(void)!send(front->core, all.p, all.n, MSG_NOSIGNAL);
	buf_free(&all);
	buf_free(&body);
}

ATTACK(core_others_end)
{
	front_send(
	    front->core, MSG_STREAM_END, others->tail, SLICE("\x82\x01\x00"));
}

ATTACK(core_others_credit)
{
	front_send(
	    front->core, MSG_STREAM_TAKEN, others->tail, SLICE("\x81\x01"));
}

/* A leaf each: they would fill the disk, past all that is fair. */
ATTACK(core_too_many_sums)
{
	for (int i = 0; i < MANY; i++)
		front_send_raw(front->core,
		    (struct msg_header){.length = 3, .type = MSG_FRONT_SUM},
		    SLICE("\x82\x80\x80"), -1);
}

/* What a client could do with a token of its own, but never reading. */
ATTACK(core_unread)
{
	static uint8_t bytes[ECHO_BYTES];
	struct echo echo = {.has_data = true, .data = {bytes, sizeof(bytes)}};
	struct buf arg = BUF(ECHO_BYTES + 16);
	uint64_t context = front_connect(front, "192.0.2.1");

	shape_encode(&shape_echo, &echo, NULL, &arg);
	for (int i = 0; i < ECHO_CALLS; i++)
		call_of(front, context, others->token, ECHOES, 1, OP_CORE_ECHO,
		    buf_slice(&arg));
	buf_free(&arg);
}

static const struct attack attacks[] = {
#define A(name, why)             \
	{                        \
#name, why, name \
	}
    A(core_reply, FORBIDDEN),
    A(core_close, FORBIDDEN),
    A(core_sign, FORBIDDEN),
    A(core_stored, FORBIDDEN),
    A(core_setup, FORBIDDEN),
    A(core_peer, FORBIDDEN),
    A(core_no_type, FORBIDDEN),
    A(core_unknown_type, FORBIDDEN),
    A(core_not_zero, FORBIDDEN),
    A(core_call_empty, FORBIDDEN),
    A(core_call_too_long, FORBIDDEN),
    A(core_taken_too_long, FORBIDDEN),
    A(core_end_empty, FORBIDDEN),
    A(core_context_end_long, FORBIDDEN),
    A(core_context_too_long, FORBIDDEN),
    A(core_sum_too_long, FORBIDDEN),
    A(core_fd, FORBIDDEN),
    A(core_hello_again, GRAMMAR),
    A(core_context_senseless, GRAMMAR),
    A(core_call_senseless, GRAMMAR),
    A(core_sum_senseless, GRAMMAR),
    A(core_end_senseless, SENSELESS_END),
    A(core_taken_senseless, SENSELESS_COUNT),
    A(core_context_without_number, GRAMMAR),
    A(core_context_again, GRAMMAR),
    A(core_call_without_number, GRAMMAR),
    A(core_others_context, GRAMMAR),
    A(core_no_ops, GRAMMAR),
    A(core_too_many_ops, GRAMMAR),
    A(core_no_objects, GRAMMAR),
    A(core_too_many_objects, GRAMMAR),
    A(core_too_many_calls, GRAMMAR),
    A(core_others_end, OTHERS_END),
    A(core_others_credit, OTHERS_COUNT),
    A(core_too_many_sums, SUMS),
    A(core_unread, UNREAD),
    A(core_closed, CLOSED),
    A(parent_kill, TOLD_PARENT),
    A(parent_setup, TOLD_PARENT),
    A(parent_ready_again, NOT_ASKED),
    A(parent_drained, NOT_ASKED),
    A(parent_fd, TOLD_PARENT),
    A(keeper_sign, FORBIDDEN),
    A(keeper_signed, FORBIDDEN),
    A(keeper_too_long, FORBIDDEN),
    A(keeper_fd, FORBIDDEN),
    A(blobs_send, FORBIDDEN),
    A(blobs_expect, FORBIDDEN),
    A(blobs_drop, FORBIDDEN),
    A(blobs_scan, FORBIDDEN),
    A(blobs_data_too_long, FORBIDDEN),
    A(blobs_fd, FORBIDDEN),
#undef A
};

struct death {
	const struct attack *attack;
	pid_t pid;
	size_t index;
	unsigned recorded;
};

struct deaths {
	struct death list[SERVER_FRONTS];
	size_t n;
	unsigned others; /* records of deaths that nobody caused */
};

static void
find_death(const struct leaf *leaf, void *arg)
{
	struct deaths *deaths = arg;

	if (leaf->op != OP_SYSTEM_CHILD)
		return;
	for (size_t i = 0; i < deaths->n; i++) {
		struct death *death = &deaths->list[i];

		if (leaf_fact(leaf, FACT_PID) != death->pid)
			continue;
		death->recorded++;
		assert_int_equal(leaf_fact(leaf, FACT_ROLE), ROLE_FRONT);
		assert_int_equal(leaf_fact(leaf, FACT_FRONT), death->index);
		assert_int_equal(leaf_fact(leaf, FACT_SIGNAL), SIGKILL);
		if (!slice_eq(leaf_fact_bytes(leaf, FACT_NOTE),
			slice_str(death->attack->why)))
			fail_msg("%s is recorded as \"%.*s\"",
			    death->attack->name,
			    SLICE_ARG(leaf_fact_bytes(leaf, FACT_NOTE)));
		return;
	}
	/* Of those that were started anew. */
	if (!slice_eq(leaf_fact_bytes(leaf, FACT_NOTE), SLICE(UNSTARTED)))
		deaths->others++;
}

static int
session_get(struct front *front, struct arena *arena, const char *token)
{
	return front_do(front, arena, token, OP_SESSION_GET,
	    &(struct nothing){.has_unused = false}, NULL);
}

static uint64_t
open_tail(struct front *front, struct arena *arena, const char *token)
{
	struct log_tail tail = {.has_from = false};
	struct log_stream *stream = NULL;

	assert_int_equal(
	    front_do(front, arena, token, OP_LOG_TAIL, &tail, (void **)&stream),
	    0);
	return stream->stream;
}

static void
test_breaks_rules(void **state UNUSED)
{
	static struct server server;
	static struct deaths deaths;
	struct arena arena = {NULL};
	struct others others;

	_Static_assert(ARRAY_SIZE(attacks) < SERVER_FRONTS,
	    "a front for each attack, and one that obeys");
	server_start(&server, ARRAY_SIZE(attacks) + 1);
	others.front = &server.fronts[0];
	others.token = server.token;
	others.tail = open_tail(others.front, &arena, server.token);
	for (size_t i = 0; i < ARRAY_SIZE(attacks); i++) {
		struct front *front = &server.fronts[i + 1];

		print_message("%s\n", attacks[i].name);
		deaths.list[deaths.n++] =
		    (struct death){&attacks[i], front->pid, front->index, 0};
		attacks[i].run(front, &others);
		front_gone(front);
		/* Nobody else is the worse for it. */
		assert_int_equal(
		    session_get(others.front, &arena, server.token), 0);
	}
	server_stop(&server);
	server_log(&server, find_death, &deaths);
	for (size_t i = 0; i < deaths.n; i++)
		if (deaths.list[i].recorded != 1)
			fail_msg("%s is recorded %u times",
			    deaths.list[i].attack->name,
			    deaths.list[i].recorded);
	assert_int_equal(deaths.others, 0);
	server_free(&server);
	arena_free(&arena);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_breaks_rules),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
