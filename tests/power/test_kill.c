/*
 * kill -9 under load: the whole server, with clients that write and read over
 * HTTP, each waiting for one answer at a time. Core alone is killed, or every
 * process at once. A client that gets no answer asks again, with the same
 * Idempotency-Key, until it has one. In the end all that was acknowledged is
 * there, each act is recorded once, and the log verifies.
 */
#include "unit.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/encode.h"
#include "base/file.h"
#include "base/mem.h"
#include "wire/json.h"
#include "world.h"

enum {
	KILLS = 200,
	CLIENTS = 6,
	FILES = 6,           /* of each client */
	ACTS_MAX = 40,       /* answered between two kills, at most */
	ALL_EACH = 3,        /* each third time all processes */
	BODY_MAX = 60000,    /* above 32 KiB it goes through blobs */
	DEADLINE_MS = 60000, /* only against hanging */
	ANSWER_MAX = 1 << 20,
};

struct file {
	bool there;
	unsigned content;
};

struct client {
	pthread_t thread;
	unsigned number, keys;
	struct dice dice;
	int fd;
	uint64_t life; /* of the server, that fd is from */
	struct file files[FILES];
	size_t puts, deletes;
};

static struct world *world;
static struct client clients[CLIENTS];
static char token[64], state_path[100];
static pid_t server;
static int server_says = -1; /* its standard output */

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t told = PTHREAD_COND_INITIALIZER;
static uint64_t life; /* counts the times that the server was ready */
static uint16_t port;
static bool up, stopping;
static size_t answered;
static char trouble[300]; /* the first thing that was wrong */

static void
say_trouble(const char *format, ...) __attribute__((format(printf, 1, 2)));

static void
say_trouble(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	(void)pthread_mutex_lock(&lock);
	if (trouble[0] == '\0')
		(void)vsnprintf(trouble, sizeof(trouble), format, args);
	(void)pthread_cond_broadcast(&told);
	(void)pthread_mutex_unlock(&lock);
	va_end(args);
}

/* ---- HTTP, as much as is needed ------------------------------------------ */

static int
dial(uint16_t to)
{
	struct sockaddr_in address = {.sin_family = AF_INET,
	    .sin_port = htons(to),
	    .sin_addr = {htonl(INADDR_LOOPBACK)}};
	struct timeval patience = {.tv_sec = DEADLINE_MS / 1000};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_true(fd >= 0);
	(void)setsockopt(
	    fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	if (connect(fd, (const struct sockaddr *)&address, sizeof(address)) ==
	    0)
		return fd;
	(void)close(fd);
	return -1;
}

static bool
send_all(int fd, struct slice bytes)
{
	while (bytes.n > 0) {
		ssize_t n = send(fd, bytes.p, bytes.n, MSG_NOSIGNAL);

		if (n <= 0)
			return false;
		bytes = slice_from(bytes, (size_t)n);
	}
	return true;
}

/* Where the head ends, and how long the body is; 0: not all is there. */
static size_t
read_head(struct slice answer, uint64_t *ret_status, uint64_t *ret_length)
{
	struct slice rest = answer, line;

	*ret_length = 0;
	while (slice_index(rest, '\n') < rest.n) {
		(void)slice_cut(&rest, '\n', &line);
		if (line.n > 0 && line.p[line.n - 1] == '\r')
			line.n--;
		if (line.n == 0)
			return answer.n - rest.n;
		if (slice_starts(line, SLICE("HTTP/1.1 ")))
			(void)slice_u64(slice_first(slice_from(line, 9), 3),
			    999, ret_status);
		if (slice_starts(line, SLICE("content-length: ")))
			(void)slice_u64(
			    slice_from(line, 16), ANSWER_MAX, ret_length);
	}
	return 0;
}

/* The status, with the body alone in ret_body; 0 where no whole answer came. */
static unsigned
receive(int fd, struct buf *ret_body)
{
	uint64_t status = 0, length = 0;
	size_t head = 0;

	buf_clear(ret_body);
	for (;;) {
		uint8_t *to = buf_room(ret_body, 4096);
		ssize_t n;

		if (head == 0)
			head = read_head(buf_slice(ret_body), &status, &length);
		if (head > 0 && ret_body->n >= head + length) {
			buf_consume(ret_body, head);
			return (unsigned)status;
		}
		if (to == NULL || (n = recv(fd, to, 4096, 0)) <= 0)
			return 0;
		buf_added(ret_body, (size_t)n);
	}
}

static unsigned
request(int fd, const char *method, const char *path, const char *key,
    struct slice body, struct buf *ret_body)
{
	struct buf out = BUF(BODY_MAX + 1000);
	unsigned status = 0;

	buf_printf(&out,
	    "%s %s HTTP/1.1\r\nHost: localhost:%u\r\n"
	    "Authorization: Bearer %s\r\n",
	    method, path, port, token);
	if (key != NULL)
		buf_printf(&out, "Idempotency-Key: %s\r\n", key);
	if (body.p != NULL)
		buf_printf(&out, "Content-Length: %zu\r\n", body.n);
	buf_put_str(&out, "\r\n");
	buf_put_slice(&out, body);
	assert_int_equal(out.error, 0);
	if (send_all(fd, buf_slice(&out)))
		status = receive(fd, ret_body);
	buf_free(&out);
	return status;
}

/* ---- the clients --------------------------------------------------------- */

/* Waits for a server that is ready, another life than `after`. False: the end.
 */
static bool
wait_for_server(struct client *c, bool another)
{
	bool ok;

	(void)pthread_mutex_lock(&lock);
	while (trouble[0] == '\0' && (!up || (another && life == c->life)))
		(void)pthread_cond_wait(&told, &lock);
	ok = trouble[0] == '\0';
	if (ok && (c->life != life || another)) {
		fd_close(&c->fd);
		c->life = life;
	}
	(void)pthread_mutex_unlock(&lock);
	return ok;
}

/* Asks until there is an answer: its status; 0 at the end. */
static unsigned
ask(struct client *c, const char *method, const char *path, const char *key,
    struct slice body, struct buf *ret_body)
{
	unsigned status = 0;
	bool another = false;

	while (wait_for_server(c, another)) {
		if (c->fd < 0)
			c->fd = dial(port);
		if (c->fd >= 0)
			status =
			    request(c->fd, method, path, key, body, ret_body);
		if (c->fd >= 0 && status != 0 && status != 503)
			return status;
		/* It was killed, or is about to be seen to have been. */
		another = true;
	}
	return 0;
}

static size_t
fill_body(unsigned content, uint8_t bytes[static BODY_MAX])
{
	struct dice dice = {content};
	size_t n = dice_of(&dice, 8) == 0 ? dice_of(&dice, BODY_MAX)
	                                  : dice_of(&dice, 2000);

	for (size_t i = 0; i < n; i++)
		bytes[i] = (uint8_t)dice_roll(&dice);
	return n;
}

static void
path_of(char path[static 40], const struct client *c, size_t file)
{
	(void)snprintf(path, 40, "/files/f%u-%zu", c->number, file);
}

/* What is there is what was acknowledged. */
static bool
look(struct client *c, size_t i)
{
	struct buf body = BUF(ANSWER_MAX);
	const struct file *file = &c->files[i];
	uint8_t bytes[BODY_MAX];
	size_t n = fill_body(file->content, bytes);
	char path[40];
	unsigned status;
	bool ok;

	path_of(path, c, i);
	status = ask(c, "GET", path, NULL, SLICE_NONE, &body);
	ok = file->there ? status == 200 &&
	                       slice_eq(buf_slice(&body), slice_of(bytes, n))
	                 : status == 404;
	if (!ok && status != 0)
		say_trouble("%s: %u, %zu bytes, expected %zu%s", path, status,
		    body.n, n, file->there ? "" : " gone");
	buf_free(&body);
	return ok;
}

static bool
act(struct client *c, size_t i)
{
	struct buf body = BUF(ANSWER_MAX);
	struct file *file = &c->files[i], next = {.there = true};
	bool deletes = file->there && dice_of(&c->dice, 4) == 0;
	uint8_t bytes[BODY_MAX];
	char path[40], key[24];
	unsigned status;
	size_t n;

	path_of(path, c, i);
	(void)snprintf(key, sizeof(key), "%u-%016u", c->number, ++c->keys);
	next.content = (unsigned)dice_roll(&c->dice);
	n = fill_body(next.content, bytes);
	status = deletes ? ask(c, "DELETE", path, key, SLICE_NONE, &body)
	                 : ask(c, "PUT", path, key, slice_of(bytes, n), &body);
	buf_free(&body);
	if (status == 0)
		return false;
	if (status < 200 || status > 299) {
		say_trouble(
		    "%s of %s: %u", deletes ? "DELETE" : "PUT", path, status);
		return false;
	}
	if (deletes)
		next = (struct file){.there = false};
	*file = next;
	c->deletes += deletes;
	c->puts += !deletes;
	return true;
}

static void *
run_client(void *arg)
{
	struct client *c = arg;
	bool on = true, ok = true;

	while (on && ok) {
		size_t i = dice_of(&c->dice, FILES);

		ok = dice_of(&c->dice, 4) == 0 ? look(c, i) : act(c, i);
		(void)pthread_mutex_lock(&lock);
		answered++;
		on = !stopping;
		(void)pthread_cond_broadcast(&told);
		(void)pthread_mutex_unlock(&lock);
	}
	for (size_t i = 0; i < FILES && ok; i++)
		ok = look(c, i);
	fd_close(&c->fd);
	return NULL;
}

/* ---- the server ---------------------------------------------------------- */

static void
start_server(void)
{
	int pipe_fds[2];

	assert_int_equal(pipe2(pipe_fds, O_CLOEXEC), 0);
	fd_close(&server_says);
	server_says = pipe_fds[0];
	server = fork();
	assert_true(server >= 0);
	if (server == 0) {
		(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
		(void)dup2(pipe_fds[1], STDOUT_FILENO);
		(void)execl(CHANCERYD, "chanceryd", "--state", state_path,
		    (char *)NULL);
		_exit(127);
	}
	(void)close(pipe_fds[1]);
}

/* A number of the file in which the parent says where it listens. */
static uint16_t
read_port(void)
{
	struct buf text = BUF(4096);
	struct slice rest;
	char path[120];
	uint64_t value = 0;
	size_t n = 0;

	(void)snprintf(path, sizeof(path), "%s/run.json", state_path);
	assert_int_equal(file_read(AT_FDCWD, path, &text), 0);
	rest = buf_slice(&text);
	while (rest.n > 0 && !slice_starts(rest, SLICE("\"http\":")))
		rest = slice_from(rest, 1);
	rest = slice_trim(slice_from(rest, MIN(rest.n, 7)));
	while (n < rest.n && rest.p[n] >= '0' && rest.p[n] <= '9')
		n++;
	assert_int_equal(slice_u64(slice_first(rest, n), 65535, &value), 0);
	buf_free(&text);
	return (uint16_t)value;
}

static void
await_ready_line(void)
{
	struct buf text = BUF(1 << 16);
	struct pollfd fd = {.fd = server_says, .events = POLLIN};

	for (;;) {
		uint8_t *to = buf_room(&text, 1024);
		struct slice rest = buf_slice(&text);
		ssize_t n;

		while (rest.n > 0 &&
		       !slice_starts(rest, SLICE("Chancery is ready")))
			rest = slice_from(rest, 1);
		if (rest.n > 0)
			break;
		assert_int_equal(poll(&fd, 1, DEADLINE_MS), 1);
		n = read(server_says, to, 1024);
		assert_true(n > 0);
		buf_added(&text, (size_t)n);
	}
	buf_free(&text);
}

static void
set_up(bool is_up)
{
	(void)pthread_mutex_lock(&lock);
	up = is_up;
	life += is_up;
	(void)pthread_cond_broadcast(&told);
	(void)pthread_mutex_unlock(&lock);
}

/* A process of the server by its name, or all of them where that is NULL. */
static size_t
children(const char *name, pid_t ret_pids[static 32])
{
	struct buf text = BUF(4096), comm = BUF(64);
	struct slice rest, word;
	char path[64];
	size_t n = 0;

	(void)snprintf(
	    path, sizeof(path), "/proc/%d/task/%d/children", server, server);
	assert_int_equal(file_read(AT_FDCWD, path, &text), 0);
	rest = buf_slice(&text);
	while (rest.n > 0 && n < 32) {
		uint64_t pid = 0;

		(void)slice_cut(&rest, ' ', &word);
		if (slice_u64(word, INT32_MAX, &pid) < 0)
			continue;
		buf_clear(&comm);
		(void)snprintf(path, sizeof(path), "/proc/%d/comm", (int)pid);
		if (name != NULL &&
		    (file_read(AT_FDCWD, path, &comm) < 0 ||
			!slice_starts(buf_slice(&comm), slice_str(name))))
			continue;
		ret_pids[n++] = (pid_t)pid;
	}
	buf_free(&comm);
	buf_free(&text);
	return n;
}

static void
kill_and_wait(const pid_t *pids, size_t n)
{
	int fds[32];

	for (size_t i = 0; i < n; i++) {
		fds[i] = (int)syscall(SYS_pidfd_open, pids[i], 0);
		if (fds[i] >= 0)
			(void)syscall(
			    SYS_pidfd_send_signal, fds[i], SIGKILL, NULL, 0);
	}
	for (size_t i = 0; i < n; i++) {
		struct pollfd fd = {.fd = fds[i], .events = POLLIN};

		if (fds[i] >= 0)
			assert_int_equal(poll(&fd, 1, DEADLINE_MS), 1);
		fd_close(&fds[i]);
	}
}

/* Core's process, there once it is started (again). */
static pid_t
await_core(void)
{
	pid_t pids[32];

	while (children("chancery-core", pids) == 0)
		(void)poll(NULL, 0, 10);
	return pids[0];
}

/* Asks until a front says that core is there. */
static void
await_ready(void)
{
	struct buf body = BUF(ANSWER_MAX);
	unsigned status = 0;

	while (status != 200) {
		int fd = dial(port);

		if (fd >= 0)
			status = request(
			    fd, "GET", "/ready", NULL, SLICE_NONE, &body);
		fd_close(&fd);
		if (status != 200)
			(void)poll(NULL, 0, 10);
	}
	buf_free(&body);
}

static void
kill_core(void)
{
	pid_t core = await_core();

	kill_and_wait(&core, 1);
	while (await_core() == core)
		(void)poll(NULL, 0, 10);
	await_ready();
}

static void
kill_all(void)
{
	pid_t pids[32];
	size_t n = children(NULL, pids);

	assert_true(n > 0 && n < 32);
	kill_and_wait(&server, 1);
	kill_and_wait(pids, n);
	assert_int_equal(waitpid(server, NULL, 0), server);
	start_server();
	await_ready_line();
	port = read_port();
}

/* ---- the test ------------------------------------------------------------ */

static void
prepare(void)
{
	struct buf text = BUF(4096);
	char path[120];

	(void)snprintf(
	    state_path, sizeof(state_path), "%s/state", world->rig->folder);
	assert_int_equal(chmod(world->rig->folder, 0755), 0);
	assert_int_equal(mkdir(state_path, 0700), 0);
	(void)snprintf(path, sizeof(path), "%s/chancery.conf", state_path);
	buf_put_str(&text,
	    "hostname = localhost\nhttps_port = 0\nhttp_port = 0\n"
	    "wal_bytes = 8M\nreserve_bytes = 1M\nfronts = 1\nengine =\n");
	assert_int_equal(
	    file_replace(AT_FDCWD, path, 0644, buf_slice(&text)), 0);
	start_server();
	await_ready_line();
	port = read_port();
	(void)snprintf(path, sizeof(path), "%s/token", state_path);
	buf_clear(&text);
	assert_int_equal(file_read(AT_FDCWD, path, &text), 0);
	(void)snprintf(
	    token, sizeof(token), "%.*s", (int)text.n - 1, buf_cstr(&text));
	buf_free(&text);
}

/* Lets the clients go on until so many more were answered. */
static bool
await_answers(size_t n)
{
	bool ok;

	(void)pthread_mutex_lock(&lock);
	n += answered;
	while (answered < n && trouble[0] == '\0')
		(void)pthread_cond_wait(&told, &lock);
	ok = trouble[0] == '\0';
	(void)pthread_mutex_unlock(&lock);
	return ok;
}

static void
check_folder(void)
{
	struct buf key = BUF(1000);
	char path[120];

	(void)snprintf(path, sizeof(path), "%s/core", state_path);
	assert_int_equal(chdir(path), 0);
	for (size_t i = 0; i < CLIENTS; i++) {
		world->others[OP_FILE_CREATE] += clients[i].puts;
		world->others[OP_NODE_TRASH] += clients[i].deletes;
	}
	assert_int_equal(file_read(AT_FDCWD, "log/log.vkey", &key), 0);
	(void)snprintf(world->rig->log_vkey, sizeof(world->rig->log_vkey),
	    "%.*s", (int)key.n - 1, buf_cstr(&key));
	buf_free(&key);
	if (world_audit(world) < 0 || world_verify(world) < 0)
		(void)fprintf(stderr, "%s\nthe folder: %s\n", world->text,
		    world->rig->folder);
	assert_int_equal(world->problem, PROBLEM_NONE);
}

static void
test_kills(void **state UNUSED)
{
	struct dice dice = {1};
	unsigned all = 0;

	prepare();
	set_up(true);
	for (unsigned i = 0; i < CLIENTS; i++) {
		clients[i] =
		    (struct client){.number = i, .dice = {i + 1}, .fd = -1};
		assert_int_equal(pthread_create(&clients[i].thread, NULL,
				     run_client, &clients[i]),
		    0);
	}
	for (unsigned i = 0; i < KILLS; i++) {
		if (!await_answers(dice_of(&dice, ACTS_MAX)))
			break;
		set_up(false);
		if (i % ALL_EACH == 0) {
			all++;
			kill_all();
		} else {
			kill_core();
		}
		set_up(true);
	}
	(void)pthread_mutex_lock(&lock);
	stopping = true;
	(void)pthread_mutex_unlock(&lock);
	for (size_t i = 0; i < CLIENTS; i++)
		(void)pthread_join(clients[i].thread, NULL);
	if (trouble[0] != '\0')
		(void)fprintf(stderr, "%s\nthe folder: %s\n", trouble,
		    world->rig->folder);
	assert_int_equal(kill(server, SIGTERM), 0);
	assert_int_equal(waitpid(server, NULL, 0), server);
	assert_string_equal(trouble, "");
	(void)printf("%zu answers; %u times core was killed, %u times all\n",
	    answered, KILLS - all, all);
	check_folder();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_kills),
	};
	int failed;

	world = world_new();
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	if (failed == 0)
		world_free(world);
	return failed;
}
