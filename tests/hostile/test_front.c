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
#include <sys/wait.h>
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

enum {
	MANY = 1000,
	ECHO_BYTES = 65536,
	ECHOES = 60,
	ECHO_CALLS = 100,
	CONTENT_BYTES = 32768,
	CONTENTS = 120
};

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

/* More than core would hold, were they as many as a front may have. */
ATTACK(core_too_much)
{
	static const uint8_t bytes[CONTENT_BYTES];
	struct file_create create = {.has_path = true,
	    .path = SLICE_NONE,
	    .has_name = true,
	    .name = SLICE("x"),
	    .has_content = true,
	    .content = slice_of(bytes, sizeof(bytes)),
	    .has_replace = true,
	    .replace = true};
	struct buf arg = BUF(CONTENT_BYTES + 64);
	uint64_t context = front_connect(front, "192.0.2.1");

	shape_encode(&shape_file_create, &create, NULL, &arg);
	for (int i = 0; i < ECHO_CALLS; i++)
		call_of(front, context, others->token, 1, CONTENTS,
		    OP_FILE_CREATE, buf_slice(&arg));
	buf_free(&arg);
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
    A(core_too_much, GRAMMAR),
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

/* ---- what its clients didn't bring ------------------------------------- */

#define MARK "only for the victim's eyes"

enum { LARGE_BYTES = 100000 };

struct person {
	struct id id, home, credential;
	char token[64];
};

static struct person
add_person(struct server *server, struct arena *arena, const char *name)
{
	struct principal_create create = {.has_kind = false};
	struct token_issue issue = {.has_label = false};
	struct principal *made = NULL;
	struct token_issued *issued = NULL;
	struct person person;

	SHAPE_SET(&create, kind, PRINCIPAL_SERVICE);
	SHAPE_SET(&create, name, slice_str(name));
	assert_int_equal(front_do(&server->fronts[0], arena, server->token,
			     OP_PRINCIPAL_CREATE, &create, (void **)&made),
	    0);
	SHAPE_SET(&issue, principal, made->id);
	SHAPE_SET(&issue, label, SLICE("test"));
	assert_int_equal(front_do(&server->fronts[0], arena, server->token,
			     OP_TOKEN_ISSUE, &issue, (void **)&issued),
	    0);
	person = (struct person){
	    .id = made->id, .home = made->home, .credential = issued->id};
	(void)snprintf(person.token, sizeof(person.token), "%.*s",
	    SLICE_ARG(issued->secret));
	return person;
}

static bool
got(const struct front *front, const char *text)
{
	return memmem(front->gotten.p, front->gotten.n, text, strlen(text)) !=
	       NULL;
}

/* Every way to what is the victim's, by whoever holds that token. */
static unsigned
try_all(struct front *front, struct arena *arena, const char *token,
    const struct person *victim, const struct person *thief, struct id file,
    int expected)
{
	struct file_read read = {.has_file = true, .file = file};
	struct node_ref node = {.has_node = true, .node = file};
	struct folder_list list = {.has_folder = true, .folder = victim->home};
	struct version_list versions = {.has_file = true, .file = file};
	struct file_write write = {.has_file = true,
	    .file = file,
	    .has_content = true,
	    .content = SLICE("overwritten")};
	struct node_rename rename = {.has_node = true,
	    .node = file,
	    .has_name = true,
	    .name = SLICE("mine")};
	struct node_move move = {.has_node = true,
	    .node = file,
	    .has_folder = true,
	    .folder = thief->home};
	struct share_grant share = {.has_node = true,
	    .node = file,
	    .has_principal = true,
	    .principal = thief->id,
	    .has_relation = true,
	    .relation = RELATION_READ};
	struct token_issue issue = {.has_principal = true,
	    .principal = victim->id,
	    .has_label = true,
	    .label = SLICE("stolen")};
	struct role_grant role = {.has_principal = true,
	    .principal = thief->id,
	    .has_relation = true,
	    .relation = RELATION_LOG_READER};
	struct principal_list people = {.has_after = false};
	struct log_tail tail = {.has_from = true, .from = 0};
	struct log_ref record = {.has_sequence = true, .sequence = 1};
	struct nothing nothing = {.has_unused = false};
	const struct {
		enum op_number op;
		const void *args;
	} tries[] = {{OP_FILE_READ, &read}, {OP_NODE_GET, &node},
	    {OP_FOLDER_LIST, &list}, {OP_VERSION_LIST, &versions},
	    {OP_FILE_WRITE, &write}, {OP_NODE_RENAME, &rename},
	    {OP_NODE_MOVE, &move}, {OP_NODE_TRASH, &node},
	    {OP_NODE_PURGE, &node}, {OP_SHARE_LIST, &node},
	    {OP_SHARE_GRANT, &share}, {OP_TOKEN_ISSUE, &issue},
	    {OP_ROLE_GRANT, &role}, {OP_PRINCIPAL_LIST, &people},
	    {OP_LOG_TAIL, &tail}, {OP_LOG_MIRROR, &tail},
	    {OP_LOG_SHOW, &record}, {OP_LOG_PROVE, &record},
	    {OP_STATUS_READ, &nothing}};

	for (size_t i = 0; i < ARRAY_SIZE(tries); i++) {
		int code = front_do(
		    front, arena, token, tries[i].op, tries[i].args, NULL);

		if (code != expected && code != E_NOT_FOUND)
			fail_msg("%s: %s", op_get(tries[i].op)->name,
			    error_text(code));
	}
	return ARRAY_SIZE(tries);
}

struct tries {
	unsigned refused;  /* records of operations that were not allowed */
	unsigned contexts; /* connections that the hostile front told of */
};

static void
count_tries(const struct leaf *leaf, void *arg)
{
	struct tries *tries = arg;
	int outcome = leaf->outcome != 0    ? leaf->outcome
	              : leaf->n_objects > 0 ? leaf->objects[0].outcome
	                                    : 0;

	if (outcome == E_DENIED || outcome == E_NOT_FOUND ||
	    outcome == E_UNAUTHENTICATED)
		tries->refused++;
	if (leaf->op == OP_CONTEXT && leaf_fact(leaf, FACT_FRONT) == 1)
		tries->contexts++;
}

/* Bytes for an upload that another front brings. */
static void
steal_upload(struct front *hostile, uint64_t stream)
{
	front_send(hostile->blobs, MSG_UPLOAD_DATA, stream, SLICE("spoilt"));
	front_send(hostile->blobs, MSG_UPLOAD_END, stream, SLICE("\x81\x00"));
	/* A number that is nobody's. */
	front_send(hostile->blobs, MSG_UPLOAD_DATA, 1, SLICE("spoilt"));
	front_send(hostile->blobs, MSG_UPLOAD_END, 1, SLICE("\x81\x00"));
}

static void
read_large(struct front *front, struct arena *arena, const char *token,
    struct id file, struct file_content **ret, int *ret_fd)
{
	struct file_read read = {.has_file = true, .file = file};
	struct msg msg = {.fd = -1};

	assert_int_equal(
	    front_do(front, arena, token, OP_FILE_READ, &read, (void **)ret),
	    0);
	do /* what an upload was told may stand before it */
		assert_int_equal(front_read(front, front->blobs, &msg), 0);
	while (msg.type != MSG_BLOB_FILE);
	assert_int_equal(msg.id, (*ret)->stream);
	*ret_fd = msg.fd;
}

static void
test_nothing_else(void **state UNUSED)
{
	static struct server server;
	struct front *honest = &server.fronts[0], *hostile = &server.fronts[1];
	struct arena arena = {NULL};
	struct person victim, thief;
	struct file_create create = {.has_name = true, .name = SLICE("secret")};
	struct file_content *content = NULL;
	struct node_made *small = NULL;
	struct tries tries = {0, 0};
	struct pollfd pending;
	struct id large;
	unsigned n = 0;
	char made_up[64];
	uint64_t call;
	int fd = -1;

	server_start(&server, 2);
	victim = add_person(&server, &arena, "victim");
	thief = add_person(&server, &arena, "thief");
	SHAPE_SET(&create, parent, victim.home);
	SHAPE_SET(&create, content, SLICE(MARK));
	call = front_call(honest, front_connect(honest, "192.0.2.1"),
	    victim.token, "a-key-of-ninety-six-bits", OP_FILE_CREATE, &create);
	assert_int_equal(
	    front_answer(honest, call, OP_FILE_CREATE, &arena, (void **)&small),
	    0);

	/* With a client's token, with none, with one that nobody gave it. */
	(void)snprintf(made_up, sizeof(made_up), "%s", victim.token);
	made_up[strlen(made_up) - 1] ^= 1;
	n += try_all(
	    hostile, &arena, thief.token, &victim, &thief, small->id, E_DENIED);
	n += try_all(hostile, &arena, NULL, &victim, &thief, small->id,
	    E_UNAUTHENTICATED);
	n += try_all(hostile, &arena, made_up, &victim, &thief, small->id,
	    E_UNAUTHENTICATED);
	/* An operation that was done for the victim, again and word by word. */
	call = front_call(hostile, front_connect(hostile, "127.0.0.1"),
	    thief.token, "a-key-of-ninety-six-bits", OP_FILE_CREATE, &create);
	assert_true(
	    front_answer(hostile, call, OP_FILE_CREATE, &arena, NULL) < 0);
	n++;

	/* Of another's upload and download it gets and spoils nothing. */
	large = front_upload_with(honest, &arena, victim.token, victim.home,
	    "large", LARGE_BYTES, 'S', steal_upload, hostile);
	read_large(honest, &arena, victim.token, large, &content, &fd);
	fd_close(&fd);
	assert_int_equal(content->size, LARGE_BYTES);
	pending = (struct pollfd){.fd = hostile->blobs, .events = POLLIN};
	assert_int_equal(poll(&pending, 1, 0), 0);

	assert_false(got(hostile, MARK));
	assert_false(got(hostile, "SSSSSSSS"));
	assert_false(got(hostile, "secret"));
	assert_false(got(hostile, victim.token));
	/* What it may have it does get: the search sees it there. */
	assert_int_equal(
	    front_do(hostile, &arena, victim.token, OP_FILE_READ,
		&(struct file_read){.has_file = true, .file = small->id}, NULL),
	    0);
	assert_true(got(hostile, MARK));

	server_stop(&server);
	server_log(&server, count_tries, &tries);
	assert_int_equal(tries.refused, n);
	/* Each try came over a connection of its own. */
	assert_int_equal(tries.contexts, n + 1);
	server_free(&server);
	arena_free(&arena);
}

/* ---- what its predecessor asked for ---------------------------------------
 */

static pid_t
find_core(const struct server *server)
{
	char path[64];
	struct buf list = BUF(4096), name = BUF(4096);
	struct slice rest, word;
	uint64_t pid, core = 0;

	(void)snprintf(path, sizeof(path), "/proc/%d/task/%d/children",
	    (int)server->pid, (int)server->pid);
	assert_int_equal(file_read(AT_FDCWD, path, &list), 0);
	rest = buf_slice(&list);
	while (core == 0 && slice_cut(&rest, ' ', &word) &&
	       slice_u64(word, INT32_MAX, &pid) == 0) {
		(void)snprintf(
		    path, sizeof(path), "/proc/%d/cmdline", (int)pid);
		buf_clear(&name);
		assert_int_equal(file_read(AT_FDCWD, path, &name), 0);
		if (slice_starts(buf_slice(&name), SLICE("chancery-core")))
			core = pid;
	}
	buf_free(&list);
	buf_free(&name);
	assert_true(core != 0);
	return (pid_t)core;
}

/* A front dies with a call unanswered; the next one has its numbers. */
static void
test_successor(void **state UNUSED)
{
	static struct server server;
	struct front *front = &server.fronts[1];
	struct arena arena = {NULL};
	struct file_create create = {.has_name = true, .name = SLICE("secret")};
	struct file_read read = {.has_file = true};
	struct nothing nothing = {.has_unused = false};
	struct node_made *made = NULL;
	struct session_info *info = NULL;
	struct person victim, thief;
	pid_t core;
	uint64_t call;

	server_start(&server, 2);
	core = find_core(&server);
	victim = add_person(&server, &arena, "victim");
	thief = add_person(&server, &arena, "thief");
	SHAPE_SET(&create, parent, victim.home);
	SHAPE_SET(&create, content, SLICE(MARK));
	assert_int_equal(front_do(&server.fronts[0], &arena, victim.token,
			     OP_FILE_CREATE, &create, (void **)&made),
	    0);
	read.file = made->id;

	/* Core takes both calls in one round, and answers after it. */
	assert_int_equal(kill(core, SIGSTOP), 0);
	(void)front_call(front, front_connect(front, "192.0.2.1"), victim.token,
	    NULL, OP_FILE_READ, &read);
	front_end(front);
	front = server_adopt(&server);
	call = front_call(front, front_connect(front, "192.0.2.2"), thief.token,
	    NULL, OP_SESSION_GET, &nothing);
	assert_int_equal(kill(core, SIGCONT), 0);
	assert_int_equal(
	    front_answer(front, call, OP_SESSION_GET, &arena, (void **)&info),
	    0);
	/* All that was asked before is answered before this is. */
	assert_int_equal(session_get(front, &arena, thief.token), 0);
	assert_false(got(front, MARK));
	server_stop(&server);
	server_free(&server);
	arena_free(&arena);
}

/* ---- what it does not close -------------------------------------------- */

struct disobedience {
	pid_t pid;
	int64_t revoked, killed;
	unsigned deaths, others, aborted, obeyed;
};

static void
find_disobedience(const struct leaf *leaf, void *arg)
{
	struct disobedience *d = arg;

	if (leaf->op == OP_TOKEN_REVOKE)
		d->revoked = leaf->time;
	if (leaf->op == OP_STREAM_END) {
		d->aborted += leaf_fact(leaf, FACT_STATUS) == STREAM_ABORTED;
		d->obeyed += leaf_fact(leaf, FACT_STATUS) == STREAM_REVOKED;
	}
	if (leaf->op != OP_SYSTEM_CHILD)
		return;
	if (leaf_fact(leaf, FACT_PID) != d->pid) {
		/* Its successor, where that came before the stop, is none. */
		d->others += !slice_eq(
		    leaf_fact_bytes(leaf, FACT_NOTE), SLICE(UNSTARTED));
		return;
	}
	d->deaths++;
	d->killed = leaf->time;
	assert_true(
	    slice_eq(leaf_fact_bytes(leaf, FACT_NOTE), SLICE(DISOBEYED)));
	assert_int_equal(leaf_fact(leaf, FACT_SIGNAL), SIGKILL);
}

static void
test_disobeys(void **state UNUSED)
{
	static struct server server;
	struct front *admin = &server.fronts[0], *obeys = &server.fronts[1],
		     *disobeys = &server.fronts[2];
	struct arena arena = {NULL};
	struct person victim;
	struct disobedience d = {.pid = 0};
	struct credential_ref ref = {.has_credential = false};
	struct file_content *one = NULL, *other = NULL;
	struct msg msg = {.fd = -1};
	struct id large;
	int first = -1, second = -1;

	server_start(&server, 3);
	d.pid = disobeys->pid;
	victim = add_person(&server, &arena, "victim");
	large = front_upload(admin, &arena, victim.token, victim.home, "large",
	    LARGE_BYTES, 'S');
	read_large(obeys, &arena, victim.token, large, &one, &first);
	read_large(disobeys, &arena, victim.token, large, &other, &second);

	SHAPE_SET(&ref, credential, victim.credential);
	assert_int_equal(
	    front_do(admin, &arena, server.token, OP_TOKEN_REVOKE, &ref, NULL),
	    0);
	/* Each is told; one ends its stream, the other goes on. */
	do
		assert_int_equal(front_read(obeys, obeys->core, &msg), 0);
	while (msg.type != MSG_CLOSE);
	assert_int_equal(msg.id, one->stream);
	fd_close(&first);
	front_send_end(obeys, one->stream, STREAM_REVOKED, 10);
	do
		assert_int_equal(front_read(disobeys, disobeys->core, &msg), 0);
	while (msg.type != MSG_CLOSE);
	assert_int_equal(msg.id, other->stream);
	front_gone(disobeys);
	fd_close(&second);
	assert_int_equal(session_get(obeys, &arena, server.token), 0);
	assert_int_equal(session_get(admin, &arena, server.token), 0);

	server_stop(&server);
	server_log(&server, find_disobedience, &d);
	assert_int_equal(d.deaths, 1);
	assert_int_equal(d.aborted, 1);
	assert_int_equal(d.obeyed, 1);
	assert_int_equal(d.others, 0);
	print_message(
	    "killed %d ms after the revocation\n", (int)(d.killed - d.revoked));
	server_free(&server);
	arena_free(&arena);
}

/*
 * One that closes what it is told to, but for one: that it isn't idle gives it
 * a little time more, and no more.
 */
static void
test_disobeys_in_part(void **state UNUSED)
{
	static struct server server;
	struct front *admin = &server.fronts[0], *disobeys = &server.fronts[1];
	struct arena arena = {NULL};
	struct person victim;
	struct disobedience d = {.pid = 0};
	struct credential_ref ref = {.has_credential = false};
	struct file_content *kept = NULL, *closed = NULL;
	struct id large;
	int first = -1, second = -1;

	server_start(&server, 2);
	d.pid = disobeys->pid;
	victim = add_person(&server, &arena, "victim");
	large = front_upload(admin, &arena, victim.token, victim.home, "large",
	    LARGE_BYTES, 'S');
	read_large(disobeys, &arena, victim.token, large, &kept, &first);
	read_large(disobeys, &arena, victim.token, large, &closed, &second);

	SHAPE_SET(&ref, credential, victim.credential);
	assert_int_equal(
	    front_do(admin, &arena, server.token, OP_TOKEN_REVOKE, &ref, NULL),
	    0);
	for (unsigned told = 0; told < 2;) {
		struct msg msg = {.fd = -1};

		assert_int_equal(front_read(disobeys, disobeys->core, &msg), 0);
		told += msg.type == MSG_CLOSE;
	}
	fd_close(&second);
	front_send_end(disobeys, closed->stream, STREAM_REVOKED, 10);
	front_gone(disobeys);
	fd_close(&first);
	assert_int_equal(session_get(admin, &arena, server.token), 0);

	server_stop(&server);
	server_log(&server, find_disobedience, &d);
	assert_int_equal(d.deaths, 1);
	assert_int_equal(d.aborted, 1);
	assert_int_equal(d.obeyed, 1);
	assert_int_equal(d.others, 0);
	server_free(&server);
	arena_free(&arena);
}

/* ---- who accuses others ------------------------------------------------ */

#define LIE "it is said to have done what it did not"
#define SENSELESS "killed: it sent its parent what makes no sense"

struct lies {
	pid_t liar;
	unsigned believed, senseless;
};

static void
count_lies(const struct leaf *leaf, void *arg)
{
	struct lies *lies = arg;
	struct slice why = leaf_fact_bytes(leaf, FACT_NOTE);

	if (leaf->op != OP_SYSTEM_CHILD)
		return;
	lies->believed += slice_eq(why, SLICE(LIE));
	if (leaf_fact(leaf, FACT_PID) == lies->liar)
		lies->senseless += slice_eq(why, SLICE(SENSELESS));
}

/* [role, index, pid, why] */
static void
accuse(struct front *liar, enum role role, uint64_t pid)
{
	struct buf body = BUF(512);

	cbor_put_array(&body, 4);
	cbor_put_uint(&body, role);
	cbor_put_uint(&body, 0);
	cbor_put_uint(&body, pid);
	cbor_put_text(&body, SLICE(LIE));
	front_send(liar->parent, MSG_KILL, 0, buf_slice(&body));
	buf_free(&body);
}

/*
 * Blobs that were taken over may have their peers killed, but fill no log with
 * what they say of processes that there never were.
 */
static void
test_accuses(void **state UNUSED)
{
	static struct server server;
	struct front blobs;
	struct lies lies = {.believed = 0};

	server_start_blobs(&server, 1, &blobs);
	lies.liar = blobs.pid;
	for (uint64_t pid = 0; pid < MANY; pid++) {
		accuse(&blobs, ROLE_FRONT, pid + (pid > 0) * (1 << 23));
		accuse(&blobs, ROLE_CORE, pid + (pid > 0) * (1 << 23));
	}
	/* The keeper is no peer of theirs. */
	accuse(&blobs, ROLE_KEEPER, 1);
	front_gone(&blobs);
	server_stop(&server);
	server_log(&server, count_lies, &lies);
	assert_int_equal(lies.believed, 0);
	assert_int_equal(lies.senseless, 1);
	server_free(&server);
}

/*
 * A front closes its channel just when all are to be told something. It is gone
 * for the parent before it is dead: nothing is told it, and nobody else falls.
 */
static void
test_hangs_up(void **state UNUSED)
{
	static struct server server;
	int status;

	server_start(&server, 1);
	assert_int_equal(kill(server.pid, SIGSTOP), 0);
	assert_int_equal(waitpid(server.pid, &status, WUNTRACED), server.pid);
	assert_true(WIFSTOPPED(status));
	/* The parent finds both at once, in this order. */
	fd_close(&server.fronts[0].parent);
	assert_int_equal(kill(server.pid, SIGHUP), 0);
	assert_int_equal(kill(server.pid, SIGCONT), 0);
	front_gone(&server.fronts[0]);
	(void)server_adopt(&server);
	server_stop(&server);
	server_free(&server);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_breaks_rules),
	    cmocka_unit_test(test_nothing_else),
	    cmocka_unit_test(test_successor),
	    cmocka_unit_test(test_disobeys),
	    cmocka_unit_test(test_disobeys_in_part),
	    cmocka_unit_test(test_accuses),
	    cmocka_unit_test(test_hangs_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
