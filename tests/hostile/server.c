#include "hostile/server.h"

#include "unit.h"

#include <fcntl.h>
#include <ftw.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "base/log.h"
#include "ledger/folder.h"
#include "wire/cbor.h"

enum { BODY_MAX = 8 << 20, GOTTEN_MAX = 64 << 20 };

/* ---- the process ------------------------------------------------------- */

static void
write_config(const struct server *server)
{
	struct buf text = BUF(4096);
	char path[128];

	buf_printf(&text,
	    "hostname = localhost\nfronts = %zu\nhttps_port = 0\n"
	    "http_port = 0\nwal_bytes = 8M\nmax_in_flight = 64\nengine =\n",
	    server->n_fronts);
	(void)snprintf(path, sizeof(path), "%s/chancery.conf", server->folder);
	assert_int_equal(
	    file_replace(AT_FDCWD, path, 0644, buf_slice(&text)), 0);
	buf_free(&text);
}

/* The fronts' processes come to this socket: it is there before any of them. */
static int
listen_as(pid_t parent)
{
	struct sockaddr_un name = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int n = snprintf(name.sun_path + 1, sizeof(name.sun_path) - 1,
	    "chancery-hostile-%d", (int)parent);

	assert_true(fd >= 0);
	assert_int_equal(
	    bind(fd, (const struct sockaddr *)&name,
		(socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 +
			    (size_t)n)),
	    0);
	assert_int_equal(listen(fd, SERVER_FRONTS), 0);
	return fd;
}

static void
run_parent(const struct server *server, int go)
{
	char path[4096], byte;
	int fd;

	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	(void)snprintf(path, sizeof(path), "%s/stderr", server->folder);
	fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	if (fd < 0 || dup2(fd, STDOUT_FILENO) < 0 ||
	    dup2(fd, STDERR_FILENO) < 0 || read(go, &byte, 1) != 1)
		_exit(126);
	(void)snprintf(path, sizeof(path), "%s/chanceryd", server->programs);
	(void)execl(path, "chanceryd", "--state", server->folder, (char *)NULL);
	_exit(127);
}

static void
read_token(struct server *server)
{
	struct buf text = BUF(64);
	char path[128];

	(void)snprintf(path, sizeof(path), "%s/token", server->folder);
	assert_int_equal(file_read(AT_FDCWD, path, &text), 0);
	(void)snprintf(server->token, sizeof(server->token), "%.*s",
	    (int)text.n - 1, buf_cstr(&text));
	buf_free(&text);
}

/* Once all fronts are ready, the parent says so and moves the token. */
static void
wait_announced(const struct server *server)
{
	char path[128];

	(void)snprintf(path, sizeof(path), "%s/run.json", server->folder);
	for (int ms = 0; access(path, F_OK) < 0; ms += 10) {
		assert_true(ms < WAIT_MS);
		(void)poll(NULL, 0, 10);
	}
}

static void
start(struct server *server, size_t n_fronts, const char *programs)
{
	int go[2];

	log_init("test", LOG_ERROR);
	if (server->folder[0] == '\0') {
		(void)snprintf(server->folder, sizeof(server->folder),
		    "/tmp/chancery-hostile-XXXXXX");
		assert_non_null(mkdtemp(server->folder));
	}
	server->n_fronts = n_fronts;
	server->programs = programs;
	write_config(server);
	assert_int_equal(pipe2(go, O_CLOEXEC), 0);
	server->pid = fork();
	assert_true(server->pid >= 0);
	if (server->pid == 0)
		run_parent(server, go[0]);
	server->listener = listen_as(server->pid);
	assert_int_equal(write(go[1], "", 1), 1);
	fd_close(&go[0]);
	fd_close(&go[1]);
}

static void
wait_started(struct server *server)
{
	wait_announced(server);
	if (server->token[0] == '\0')
		read_token(server);
}

void
server_start(struct server *server, size_t n_fronts)
{
	start(server, n_fronts, PROGRAMS "/front");
	for (size_t i = 0; i < n_fronts; i++)
		(void)server_adopt(server);
	wait_started(server);
}

void
server_start_real(struct server *server, size_t n_fronts)
{
	start(server, n_fronts, OWN_PROGRAMS);
	wait_started(server);
}

static void
close_front(struct front *front)
{
	fd_close(&front->test);
	fd_close(&front->parent);
	fd_close(&front->core);
	fd_close(&front->keeper);
	fd_close(&front->blobs);
	buf_free(&front->in);
	buf_free(&front->gotten);
	front->pid = 0;
}

/* Does what a front does when it is told to end. */
static void
drain_front(struct front *front)
{
	struct msg msg;

	while (front_read(front, front->parent, &msg) == 0) {
		fd_close(&msg.fd);
		if (msg.type == MSG_DRAIN) {
			front_send(front->parent, MSG_DRAINED, 0, SLICE_NONE);
			break;
		}
	}
	close_front(front);
}

void
server_stop(struct server *server)
{
	int status = -1;

	assert_int_equal(kill(server->pid, SIGTERM), 0);
	for (size_t i = 0; i < server->n_fronts; i++)
		if (server->fronts[i].pid != 0)
			drain_front(&server->fronts[i]);
	fd_close(&server->listener);
	assert_int_equal(waitpid(server->pid, &status, 0), server->pid);
	assert_int_equal(status, 0);
	server->pid = 0;
}

static int
remove_one(const char *path, const struct stat *st UNUSED, int flag UNUSED,
    struct FTW *ftw UNUSED)
{
	return remove(path);
}

void
server_free(struct server *server)
{
	(void)nftw(server->folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

/* ---- a front ----------------------------------------------------------- */

/* The front's own process and its channel to the parent. */
static void
receive_front(struct server *server, pid_t *ret_pid, int *ret_test, int *ret_fd)
{
	union {
		struct cmsghdr align;
		char bytes[CMSG_SPACE(sizeof(int))];
	} control;
	struct iovec iov = {ret_pid, sizeof(*ret_pid)};
	struct msghdr message = {.msg_iov = &iov,
	    .msg_iovlen = 1,
	    .msg_control = control.bytes,
	    .msg_controllen = sizeof(control.bytes)};
	struct pollfd ready = {.fd = server->listener, .events = POLLIN};
	struct cmsghdr *cmsg;

	assert_int_equal(poll(&ready, 1, WAIT_MS), 1);
	*ret_test = accept4(server->listener, NULL, NULL, SOCK_CLOEXEC);
	assert_true(*ret_test >= 0);
	assert_int_equal(
	    recvmsg(*ret_test, &message, MSG_CMSG_CLOEXEC), sizeof(*ret_pid));
	cmsg = CMSG_FIRSTHDR(&message);
	*ret_fd = -1;
	if (cmsg != NULL)
		memcpy(ret_fd, CMSG_DATA(cmsg), sizeof(*ret_fd));
	assert_true(*ret_fd >= 0);
}

static size_t
index_of(struct slice setup)
{
	struct cbor_reader r = cbor_reader(setup);

	(void)cbor_get_array(&r);
	return (size_t)cbor_get_uint(&r);
}

static void
keep_peer(struct front *front, struct msg *msg)
{
	struct role_fd peer = {.fd = -1};

	assert_int_equal(role_take_peer(msg, &peer), 0);
	*(peer.peer.role == ROLE_CORE       ? &front->core
	    : peer.peer.role == ROLE_KEEPER ? &front->keeper
					    : &front->blobs) = peer.fd;
}

/* Takes a process over: what the parent gives it, up to START. */
static struct front
adopt(struct server *server)
{
	struct front front = {.core = -1,
	    .keeper = -1,
	    .blobs = -1,
	    .in = BUF(BODY_MAX),
	    .gotten = BUF(GOTTEN_MAX)};
	struct msg msg = {.fd = -1};

	receive_front(server, &front.pid, &front.test, &front.parent);
	do {
		assert_int_equal(front_read(&front, front.parent, &msg), 0);
		if (msg.type == MSG_SETUP)
			front.index = index_of(msg.body);
		else if (msg.type == MSG_PEER)
			keep_peer(&front, &msg);
		fd_close(&msg.fd);
	} while (msg.type != MSG_START);
	return front;
}

struct front *
server_adopt(struct server *server)
{
	struct front front = adopt(server);

	assert_true(front.index < server->n_fronts);
	assert_true(front.core >= 0 && front.keeper >= 0 && front.blobs >= 0);
	front_send(front.core, MSG_HELLO, 0, role_build_id());
	front_send(front.parent, MSG_READY, 0, SLICE_NONE);
	server->fronts[front.index] = front;
	return &server->fronts[front.index];
}

void
server_start_blobs(
    struct server *server, size_t n_fronts, struct front *ret_blobs)
{
	start(server, n_fronts, PROGRAMS "/blobs");
	*ret_blobs = adopt(server);
	front_send(ret_blobs->parent, MSG_READY, 0, SLICE_NONE);
	wait_started(server);
}

void
front_end(struct front *front)
{
	close_front(front);
}

void
front_gone(struct front *front)
{
	struct pollfd ended = {.fd = front->test, .events = POLLIN};
	char byte;

	assert_int_equal(poll(&ended, 1, WAIT_MS), 1);
	assert_int_equal(read(front->test, &byte, 1), 0);
	close_front(front);
}

void
front_send(int socket, enum msg_type type, uint64_t id, struct slice body)
{
	assert_int_equal(msg_write(socket, type, id, body, -1), 0);
}

void
front_send_raw(int socket, struct msg_header header, struct slice body, int fd)
{
	union {
		struct cmsghdr align;
		char bytes[CMSG_SPACE(sizeof(int))];
	} control = {.bytes = {0}};
	struct iovec iov[2] = {
	    {&header, sizeof(header)}, {(void *)(uintptr_t)body.p, body.n}};
	struct msghdr message = {.msg_iov = iov, .msg_iovlen = 2};
	struct cmsghdr *cmsg;

	if (fd >= 0) {
		message.msg_control = control.bytes;
		message.msg_controllen = sizeof(control.bytes);
		cmsg = CMSG_FIRSTHDR(&message);
		cmsg->cmsg_level = SOL_SOCKET;
		cmsg->cmsg_type = SCM_RIGHTS;
		cmsg->cmsg_len = CMSG_LEN(sizeof(int));
		memcpy(CMSG_DATA(cmsg), &fd, sizeof(int));
	}
	/* A peer that has had enough may be gone. */
	(void)!sendmsg(socket, &message, MSG_NOSIGNAL);
}

uint64_t
front_connect(struct front *front, const char *address)
{
	struct buf body = BUF(1024);

	cbor_put_array(&body, 5);
	cbor_put_uint(&body, LISTENER_HTTPS);
	cbor_put_bytes(&body, slice_str(address));
	cbor_put_bytes(&body, SLICE("hostile/1.0"));
	cbor_put_bytes(&body, SLICE_NONE);
	cbor_put_bool(&body, false);
	front_send(
	    front->core, MSG_CONTEXT, ++front->contexts, buf_slice(&body));
	buf_free(&body);
	return front->contexts;
}

uint64_t
front_call(struct front *front, uint64_t context, const char *token,
    const char *key, enum op_number op, const void *args)
{
	struct buf arg = BUF(BODY_MAX), call = BUF(BODY_MAX),
		   body = BUF(BODY_MAX);

	shape_encode(op_get(op)->args, args, NULL, &arg);
	cbor_put_array(&call, 4);
	cbor_put_bytes(&call, slice_str(token));
	cbor_put_bytes(&call, slice_str(key));
	cbor_put_uint(&call, CAUSE_USER);
	cbor_put_array(&call, 1);
	cbor_put_array(&call, 2);
	cbor_put_uint(&call, op);
	cbor_put_array(&call, 1);
	cbor_put_bytes(&call, buf_slice(&arg));
	cbor_put_array(&body, 2);
	cbor_put_uint(&body, context);
	cbor_put_bytes(&body, buf_slice(&call));
	front_send(front->core, MSG_CALL, ++front->calls, buf_slice(&body));
	buf_free(&arg);
	buf_free(&call);
	buf_free(&body);
	return front->calls;
}

int
front_read(struct front *front, int socket, struct msg *ret_msg)
{
	enum role from = socket == front->parent  ? ROLE_PARENT
	                 : socket == front->core  ? ROLE_CORE
	                 : socket == front->blobs ? ROLE_BLOBS
	                                          : ROLE_KEEPER;
	int r;

	buf_clear(&front->in);
	r = msg_read(socket, from, ROLE_FRONT, WAIT_MS, &front->in, ret_msg);
	if (r == 0)
		buf_put_slice(&front->gotten, ret_msg->body);
	if (r == 0 && ret_msg->type == MSG_CLOSE)
		front->closed = ret_msg->id;
	return r;
}

int
front_answer(struct front *front, uint64_t call, enum op_number op,
    struct arena *arena, void **ret_result)
{
	const struct shape *shape = op_get(op)->result;
	struct cbor_reader r;
	struct msg msg;
	size_t parts;
	int code;

	do {
		code = front_read(front, front->core, &msg);
		if (code < 0)
			return code;
	} while (msg.type != MSG_REPLY || msg.id != call);
	/* [[code, [[code, result] ...]]] */
	r = cbor_reader(msg.body);
	assert_int_equal(cbor_get_array(&r), 1);
	assert_int_equal(cbor_get_array(&r), 2);
	code = -(int)cbor_get_uint(&r);
	if (cbor_get_array(&r) == 0 || code < 0)
		return code;
	parts = cbor_get_array(&r);
	code = -(int)cbor_get_uint(&r);
	if (parts == 2 && ret_result != NULL) {
		*ret_result = arena_alloc(arena, shape->size);
		assert_non_null(*ret_result);
		assert_int_equal(
		    shape_decode(shape, arena_copy(arena, cbor_skip(&r)), NULL,
			arena, *ret_result),
		    0);
	}
	return code;
}

int
front_do(struct front *front, struct arena *arena, const char *token,
    enum op_number op, const void *args, void **ret_result)
{
	uint64_t context = front_connect(front, "192.0.2.1");
	uint64_t call = front_call(front, context, token, NULL, op, args);
	int code = front_answer(front, call, op, arena, ret_result);

	front_send(front->core, MSG_CONTEXT_END, context, SLICE_NONE);
	return code;
}

static void
await(struct front *front, int socket, enum msg_type type, uint64_t id)
{
	struct msg msg;

	do
		assert_int_equal(front_read(front, socket, &msg), 0);
	while (msg.type != type || msg.id != id);
}

struct id
front_upload(struct front *front, struct arena *arena, const char *token,
    struct id folder, const char *name, size_t size, uint8_t fill)
{
	return front_upload_with(
	    front, arena, token, folder, name, size, fill, NULL, NULL);
}

struct id
front_upload_with(struct front *front, struct arena *arena, const char *token,
    struct id folder, const char *name, size_t size, uint8_t fill,
    void (*meanwhile)(struct front *other, uint64_t stream),
    struct front *other)
{
	struct upload_begin begin = {.has_size = false};
	struct file_create create = {.has_name = false};
	struct upload_ready *ready = NULL;
	struct node_made *made = NULL;
	uint8_t *bytes = arena_alloc(arena, size);
	struct buf end = BUF(16);

	assert_non_null(bytes);
	memset(bytes, fill, size);
	SHAPE_SET(&begin, size, size);
	assert_int_equal(front_do(front, arena, token, OP_UPLOAD_BEGIN, &begin,
			     (void **)&ready),
	    0);
	await(front, front->blobs, MSG_UPLOAD_TAKEN, ready->stream);
	if (meanwhile != NULL)
		meanwhile(other, ready->stream);
	front_send(front->blobs, MSG_UPLOAD_DATA, ready->stream,
	    slice_of(bytes, size));
	cbor_put_array(&end, 1);
	cbor_put_uint(&end, 0);
	front_send(
	    front->blobs, MSG_UPLOAD_END, ready->stream, buf_slice(&end));
	await(front, front->core, MSG_STREAM_DONE, ready->stream);
	SHAPE_SET(&create, parent, folder);
	SHAPE_SET(&create, name, slice_str(name));
	SHAPE_SET(&create, upload, ready->id);
	assert_int_equal(front_do(front, arena, token, OP_FILE_CREATE, &create,
			     (void **)&made),
	    0);
	return made->id;
}

void
front_send_end(
    struct front *front, uint64_t stream, unsigned status, uint64_t bytes)
{
	struct buf body = BUF(64);

	cbor_put_array(&body, 2);
	cbor_put_uint(&body, status);
	cbor_put_uint(&body, bytes);
	front_send(front->core, MSG_STREAM_END, stream, buf_slice(&body));
	buf_free(&body);
}

/* ---- the log ----------------------------------------------------------- */

void
server_log(const struct server *server,
    void (*each)(const struct leaf *leaf, void *arg), void *arg)
{
	const struct folder_options options = {.read_only = true};
	struct folder_problem problem;
	struct folder *folder = NULL;
	struct buf entry = BUF(ENTRY_MAX);
	AUTO_CLOSE int dir = -1;
	char path[128];

	(void)snprintf(path, sizeof(path), "%s/core/log", server->folder);
	dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_true(dir >= 0);
	assert_int_equal(folder_open(dir, &options, &folder, &problem), 0);
	for (uint64_t i = 0; i < folder_size(folder); i++) {
		struct arena arena = {NULL};
		struct leaf leaf;

		buf_clear(&entry);
		assert_int_equal(folder_entry(folder, i, &entry), 0);
		assert_int_equal(
		    leaf_decode(buf_slice(&entry), &arena, &leaf), 0);
		each(&leaf, arg);
		arena_free(&arena);
	}
	buf_free(&entry);
	folder_free(&folder);
}

int64_t
leaf_fact(const struct leaf *leaf, enum fact fact)
{
	for (size_t i = 0;
	     leaf->n_objects > 0 && i < leaf->objects[0].n_numbers; i++)
		if (leaf->objects[0].numbers[i].key == fact)
			return leaf->objects[0].numbers[i].value;
	return -1;
}

struct slice
leaf_fact_bytes(const struct leaf *leaf, enum fact fact)
{
	for (size_t i = 0; leaf->n_objects > 0 && i < leaf->objects[0].n_bytes;
	     i++)
		if (leaf->objects[0].bytes[i].key == fact)
			return leaf->objects[0].bytes[i].value;
	return SLICE_NONE;
}
