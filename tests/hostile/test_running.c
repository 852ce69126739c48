/*
 * A running server, as an attacker on its host sees it: what its processes may
 * still do and hold, and where its secrets are not.
 */
#include "unit.h"

#include <ctype.h>
#include <dirent.h>
#include <fcntl.h>
#include <ftw.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/encode.h"
#include "base/file.h"
#include "hostile/server.h"

enum { TEXT_MAX = 256 << 20, FRONTS = 2 };

/* ---- /proc ------------------------------------------------------------- */

static void
read_proc(struct buf *text, const char *format, ...) PRINTF_LIKE(2, 3);

static void
read_proc(struct buf *text, const char *format, ...)
{
	char path[300];
	va_list args;

	va_start(args, format);
	(void)vsnprintf(path, sizeof(path), format, args);
	va_end(args);
	buf_clear(text);
	assert_int_equal(file_read(AT_FDCWD, path, text), 0);
	assert_non_null(buf_cstr(text));
}

static void
has_line(const struct buf *text, const char *line)
{
	if (strstr((const char *)text->p, line) == NULL)
		fail_msg("\"%s\" is not in %s", line, (const char *)text->p);
}

static struct slice
read_children(const struct server *server, struct buf *text)
{
	read_proc(text, "/proc/%d/task/%d/children", (int)server->pid,
	    (int)server->pid);
	return buf_slice(text);
}

static bool
next_child(struct slice *list, pid_t *ret_pid)
{
	struct slice word;
	uint64_t pid;

	if (!slice_cut(list, ' ', &word) ||
	    slice_u64(word, INT32_MAX, &pid) < 0)
		return false;
	*ret_pid = (pid_t)pid;
	return true;
}

static enum role
role_of(pid_t pid)
{
	struct buf name = BUF(4096);
	enum role role = ROLE_FRONT;

	read_proc(&name, "/proc/%d/cmdline", (int)pid);
	while (role < ROLE_MAX) {
		char program[64];

		(void)snprintf(
		    program, sizeof(program), "chancery-%s", role_name(role));
		if (strcmp(program, (const char *)name.p) == 0)
			break;
		role++;
	}
	buf_free(&name);
	assert_true(role < ROLE_MAX);
	return role;
}

/* ---- what a process may ------------------------------------------------ */

static void
check_thread(pid_t pid, const char *thread, enum role role)
{
	struct buf text = BUF(TEXT_MAX);
	char line[64];
	unsigned uid = role_uid(role);

	read_proc(&text, "/proc/%d/task/%s/status", (int)pid, thread);
	has_line(&text, "\nNoNewPrivs:\t1\n");
	has_line(&text, "\nSeccomp:\t2\n");
	has_line(&text, "\nSeccomp_filters:\t1\n");
	has_line(&text, "\nCapEff:\t0000000000000000\n");
	has_line(&text, "\nCapPrm:\t0000000000000000\n");
	has_line(&text, "\nCapInh:\t0000000000000000\n");
	has_line(&text, "\nCapAmb:\t0000000000000000\n");
	if (geteuid() == 0) {
		(void)snprintf(line, sizeof(line), "\nUid:\t%u\t%u\t%u\t%u\n",
		    uid, uid, uid, uid);
		has_line(&text, line);
		(void)snprintf(line, sizeof(line), "\nGid:\t%u\t%u\t%u\t%u\n",
		    uid, uid, uid, uid);
		has_line(&text, line);
		has_line(&text, "\nGroups:\t \n");
	}
	buf_free(&text);
}

static size_t
check_threads(pid_t pid, enum role role)
{
	char path[64];
	struct dirent *entry;
	size_t n = 0;
	DIR *dir;

	(void)snprintf(path, sizeof(path), "/proc/%d/task", (int)pid);
	dir = opendir(path);
	assert_non_null(dir);
	while ((entry = readdir(dir)) != NULL)
		if (isdigit((unsigned char)entry->d_name[0])) {
			check_thread(pid, entry->d_name, role);
			n++;
		}
	(void)closedir(dir);
	return n;
}

/* Memory is written to no core dump, and nobody of its own user may read it. */
static void
check_memory(pid_t pid)
{
	struct buf text = BUF(TEXT_MAX);
	char path[64];
	struct stat st;

	read_proc(&text, "/proc/%d/limits", (int)pid);
	has_line(&text, "\nMax core file size        0                    0 ");
	(void)snprintf(path, sizeof(path), "/proc/%d/mem", (int)pid);
	assert_int_equal(stat(path, &st), 0);
	/* Of a process that isn't dumpable, these are root's. */
	assert_int_equal(st.st_uid, 0);
	buf_free(&text);
}

/* ---- what it holds ----------------------------------------------------- */

static bool
is_allowed(
    const struct server *server, enum role role, uint64_t fd, const char *to)
{
	char own[128];

	(void)snprintf(
	    own, sizeof(own), "%s/%s", server->folder, role_name(role));
	if (fd == STDIN_FILENO || fd == STDOUT_FILENO)
		return strcmp(to, "/dev/null") == 0;
	if (fd == STDERR_FILENO) /* where the log lines go */
		return strncmp(to, server->folder, strlen(server->folder)) == 0;
	return strncmp(to, "socket:", 7) == 0 ||
	       strcmp(to, "anon_inode:[eventpoll]") == 0 ||
	       strcmp(to, "anon_inode:[eventfd]") == 0 ||
	       (role != ROLE_FRONT && strncmp(to, own, strlen(own)) == 0);
}

static void
check_files(const struct server *server, pid_t pid, enum role role)
{
	char path[64], to[300];
	struct dirent *entry;
	DIR *dir;

	(void)snprintf(path, sizeof(path), "/proc/%d/fd", (int)pid);
	dir = opendir(path);
	/* Root may look; others can't even do that. */
	if (geteuid() != 0) {
		assert_null(dir);
		return;
	}
	assert_non_null(dir);
	while ((entry = readdir(dir)) != NULL) {
		uint64_t fd;
		ssize_t n;

		if (entry->d_name[0] == '.')
			continue;
		assert_int_equal(
		    slice_u64(slice_str(entry->d_name), 65536, &fd), 0);
		n = readlinkat(dirfd(dir), entry->d_name, to, sizeof(to) - 1);
		assert_true(n > 0);
		to[n] = '\0';
		if (!is_allowed(server, role, fd, to))
			fail_msg("%s holds %s: %s", role_name(role),
			    entry->d_name, to);
	}
	(void)closedir(dir);
}

static void
test_processes(void **state UNUSED)
{
	struct server server = {.pid = 0};
	struct buf text = BUF(TEXT_MAX);
	unsigned seen[ROLE_MAX] = {0};
	struct slice list;
	pid_t pid;

	server_start_real(&server, FRONTS);
	list = read_children(&server, &text);
	while (next_child(&list, &pid)) {
		enum role role = role_of(pid);
		size_t threads = check_threads(pid, role);

		/* Writer, readers, scribe, checkpointer, and the I/O. */
		if (role == ROLE_CORE)
			assert_true(threads >= 5);
		check_memory(pid);
		check_files(&server, pid, role);
		seen[role]++;
	}
	assert_int_equal(seen[ROLE_KEEPER], 1);
	assert_int_equal(seen[ROLE_BLOBS], 1);
	assert_int_equal(seen[ROLE_CORE], 1);
	assert_int_equal(seen[ROLE_FRONT], FRONTS);
	server_stop(&server);
	server_free(&server);
	buf_free(&text);
}

/* ---- secrets ----------------------------------------------------------- */

static uint16_t
http_port(const struct server *server)
{
	struct buf text = BUF(4096);
	struct slice at;
	uint64_t port;
	const char *found;

	read_proc(&text, "%s/run.json", server->folder);
	found = strstr((const char *)text.p, "\"http\":");
	assert_non_null(found);
	at = slice_str(found + strlen("\"http\":"));
	assert_int_equal(
	    slice_u64(slice_first(at, slice_index(at, '}')), UINT16_MAX, &port),
	    0);
	buf_free(&text);
	return (uint16_t)port;
}

/* Sends a request; all of the answer, as the connection ends with it. */
static void
ask_all(const struct server *server, struct buf *answer, struct slice request)
{
	struct sockaddr_in to = {.sin_family = AF_INET,
	    .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	    .sin_port = htons(http_port(server))};
	AUTO_CLOSE int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	ssize_t n;

	assert_true(fd >= 0);
	assert_int_equal(
	    connect(fd, (const struct sockaddr *)&to, sizeof(to)), 0);
	assert_int_equal(file_write(fd, request), 0);
	buf_clear(answer);
	do {
		uint8_t *room = buf_room(answer, 65536);

		assert_non_null(room);
		n = read(fd, room, 65536);
		buf_added(answer, n > 0 ? (size_t)n : 0);
	} while (n > 0);
	assert_non_null(buf_cstr(answer));
}

/* The same with a request that is formatted. */
static void ask(const struct server *server, struct buf *answer,
    const char *format, ...) PRINTF_LIKE(3, 4);

static void
ask(const struct server *server, struct buf *answer, const char *format, ...)
{
	char request[4096];
	va_list args;
	int size;

	va_start(args, format);
	size = vsnprintf(request, sizeof(request), format, args);
	va_end(args);
	assert_true(size > 0 && (size_t)size < sizeof(request));
	ask_all(server, answer, slice_of((uint8_t *)request, (size_t)size));
}

static void
expect(const struct buf *answer, const char *status, const char *token)
{
	if (strncmp((const char *)answer->p, status, strlen(status)) != 0)
		fail_msg("%s", (const char *)answer->p);
	assert_null(strstr((const char *)answer->p, token));
}

#define HEAD \
	"Host: localhost\r\nConnection: close\r\nAuthorization: Bearer %s\r\n"

/* What can go wrong with a token in hand. */
static void
make_errors(const struct server *server, const char *token)
{
	struct buf answer = BUF(TEXT_MAX);
	const char *t = token;

	ask(server, &answer, "GET /nowhere HTTP/1.1\r\n" HEAD "\r\n", t);
	expect(&answer, "HTTP/1.1 404", t);
	ask(server, &answer, "BREW /files/x HTTP/1.1\r\n" HEAD "\r\n", t);
	expect(&answer, "HTTP/1.1 405", t);
	ask(server, &answer, "GET /files/missing HTTP/1.1\r\n" HEAD "\r\n", t);
	expect(&answer, "HTTP/1.1 404", t);
	ask(server, &answer,
	    "POST /jmap/api HTTP/1.1\r\n" HEAD
	    "Content-Type: application/json\r\nContent-Length: 7\r\n\r\n"
	    "{\"using",
	    t);
	expect(&answer, "HTTP/1.1 400", t);
	/* Heads that break HTTP behind and around the secret. */
	ask(server, &answer,
	    "GET / HTTP/1.1\r\n" HEAD "Content-Length: 1\r\n"
	    "Content-Length: 2\r\n\r\n",
	    t);
	expect(&answer, "HTTP/1.1 400", t);
	ask(server, &answer,
	    "GET / HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer "
	    "%s\x01\r\n\r\n",
	    t);
	expect(&answer, "HTTP/1.1 400", t);
	ask(server, &answer,
	    "GET / HTTP/1.1\r\nHost: localhost\r\nAuthorization Bearer "
	    "%s\r\n\r\n",
	    t);
	expect(&answer, "HTTP/1.1 400", t);
	/* A secret that is nearly right, and one that is too long. */
	ask(server, &answer,
	    "GET /files/missing HTTP/1.1\r\nHost: localhost\r\nConnection: "
	    "close\r\nAuthorization: Bearer x%s\r\n\r\n",
	    t);
	expect(&answer, "HTTP/1.1 401", t);
	ask(server, &answer,
	    "GET /files/missing HTTP/1.1\r\nHost: localhost\r\nConnection: "
	    "close\r\nAuthorization: Bearer %s%0300d\r\n\r\n",
	    t, 0);
	expect(&answer, "HTTP/1.1 401", t);
	/* And what goes well. */
	ask(server, &answer,
	    "PUT /files/a.txt HTTP/1.1\r\n" HEAD "Content-Length: 5\r\n\r\n"
	    "hello",
	    t);
	expect(&answer, "HTTP/1.1 20", t);
	buf_free(&answer);
}

/* ---- what a client could do to its front ------------------------------- */

enum { OBJECTS = 128, CONTENT_BYTES = 32768, STEP = 6, FROM = 300, TO = 120 };

/* The call that these arguments make is about as large as a message may be. */
static void
put_large_request(struct buf *out, const char *token, size_t last)
{
	struct buf body = BUF(TEXT_MAX), content = BUF(CONTENT_BYTES);
	uint8_t *bytes = buf_room(&content, CONTENT_BYTES);

	assert_non_null(bytes);
	memset(bytes, 0, CONTENT_BYTES);
	buf_added(&content, CONTENT_BYTES);
	buf_put_str(&body, "{\"using\":[\"urn:ietf:params:jmap:core\","
			   "\"urn:chancery:operations\"],\"methodCalls\":"
			   "[[\"file.create\",{\"objects\":[");
	for (size_t i = 0; i < OBJECTS; i++) {
		buf_put_str(
		    &body, i > 0 ? ",{\"path\":\"nowhere\",\"name\":\"x\","
				   "\"content\":\""
				 : "{\"path\":\"nowhere\",\"name\":\"x\","
				   "\"content\":\"");
		buf_put_base64(
		    &body, slice_first(buf_slice(&content),
			       i + 1 < OBJECTS ? CONTENT_BYTES : last));
		buf_put_str(&body, "\"}");
	}
	buf_put_str(&body, "]},\"0\"]]}");
	assert_int_equal(body.error, 0);
	buf_clear(out);
	buf_printf(out,
	    "POST /jmap/api HTTP/1.1\r\n" HEAD
	    "Content-Type: application/json\r\nContent-Length: %zu\r\n\r\n",
	    token, body.n);
	buf_put_slice(out, buf_slice(&body));
	buf_free(&body);
	buf_free(&content);
}

static void
test_large_calls(void **state UNUSED)
{
	struct server server = {.pid = 0};
	struct buf before = BUF(4096), after = BUF(4096),
		   request = BUF(TEXT_MAX), answer = BUF(TEXT_MAX);
	/* 127 objects as they are encoded, and what stands around them. */
	size_t room = MSG_BODY_MAX - (OBJECTS - 1) * (CONTENT_BYTES + 19);
	unsigned done = 0, refused = 0;

	server_start_real(&server, FRONTS);
	(void)read_children(&server, &before);
	for (size_t last = room - FROM; last < room - TO; last += STEP) {
		put_large_request(&request, server.token, last);
		ask_all(&server, &answer, buf_slice(&request));
		done += strstr((const char *)answer.p, "\"results\"") != NULL;
		refused +=
		    strstr((const char *)answer.p, "requestTooLarge") != NULL;
	}
	/* From the one to the other, and nothing between. */
	assert_true(done > 0 && refused > 0);
	assert_int_equal(done + refused, (FROM - TO + STEP - 1) / STEP);
	(void)read_children(&server, &after);
	assert_true(slice_eq(buf_slice(&before), buf_slice(&after)));
	server_stop(&server);
	server_free(&server);
	buf_free(&before);
	buf_free(&after);
	buf_free(&request);
	buf_free(&answer);
}

struct sought {
	const struct server *server;
	struct slice forms[6];
	size_t n;
	struct buf kept; /* for those that had to be made */
};

static struct sought sought;
static size_t n_files;

/* A secret as it is sent, without its prefix, and as hexadecimal digits. */
static void
seek(const char *token)
{
	const char *secret = strrchr(token, '_');
	size_t from = sought.kept.n;

	secret = secret != NULL ? secret + 1 : token;
	buf_put_hex(&sought.kept, slice_str(secret));
	sought.forms[sought.n++] = slice_str(token);
	sought.forms[sought.n++] = slice_str(secret);
	sought.forms[sought.n++] = slice_from(buf_slice(&sought.kept), from);
}

static bool
is_in(struct slice in)
{
	for (size_t i = 0; i < sought.n; i++)
		if (memmem(in.p, in.n, sought.forms[i].p, sought.forms[i].n) !=
		    NULL)
			return true;
	return false;
}

/* The files that are there to hold one. */
static bool
is_for_secrets(const char *path)
{
	const char *name = strrchr(path, '/');

	return strcmp(name, "/token") == 0 || strcmp(name, "/issued") == 0;
}

static int
search_file(const char *path, const struct stat *st UNUSED, int flag,
    struct FTW *ftw UNUSED)
{
	struct buf text = BUF(TEXT_MAX);

	if (flag != FTW_F)
		return 0;
	assert_int_equal(file_read(AT_FDCWD, path, &text), 0);
	/* Where they stand they are found: the search does see them. */
	if (is_in(buf_slice(&text)) != is_for_secrets(path))
		fail_msg("%s: %s", path,
		    is_for_secrets(path) ? "a secret isn't seen"
					 : "holds a secret");
	buf_free(&text);
	n_files++;
	return 0;
}

static void
search_process(pid_t pid)
{
	struct buf text = BUF(TEXT_MAX);

	read_proc(&text, "/proc/%d/cmdline", (int)pid);
	assert_false(is_in(buf_slice(&text)));
	if (geteuid() == 0) {
		read_proc(&text, "/proc/%d/environ", (int)pid);
		assert_false(is_in(buf_slice(&text)));
	}
	buf_free(&text);
}

/* The command line, with the ceremony's token; what it prints goes to a file.
 */
static void
run_client(const struct server *server, const char *command)
{
	char line[1024];

	(void)snprintf(line, sizeof(line),
	    OWN_PROGRAMS "/chancery --state %s %s >>%s/printed 2>&1",
	    server->folder, command, server->folder);
	/* NOLINTNEXTLINE(cert-env33-c): all of the line is this test's own. */
	assert_int_equal(system(line), 0);
}

static void
read_issued(const struct server *server, char ret_token[64])
{
	struct buf text = BUF(64);
	char path[128];

	(void)snprintf(path, sizeof(path), "%s/issued", server->folder);
	assert_int_equal(file_read(AT_FDCWD, path, &text), 0);
	(void)snprintf(ret_token, 64, "%.*s", (int)text.n - 1, buf_cstr(&text));
	buf_free(&text);
}

static void
test_secrets(void **state UNUSED)
{
	struct server server = {.pid = 0};
	struct buf text = BUF(TEXT_MAX);
	char command[200], issued[64];
	struct slice list;
	pid_t pid;

	server_start_real(&server, FRONTS);
	sought = (struct sought){.kept = BUF(1024)};
	assert_non_null(buf_room(&sought.kept, 1024));
	(void)snprintf(command, sizeof(command),
	    "token issue --label nightly --out %s/issued", server.folder);
	run_client(&server, command);
	read_issued(&server, issued);
	seek(server.token);
	seek(issued);
	make_errors(&server, server.token);
	make_errors(&server, issued);
	/* All that happened, as others see it. */
	run_client(&server, "log export");
	list = read_children(&server, &text);
	while (next_child(&list, &pid))
		search_process(pid);
	/* The log lines, the database, the log's folder, the blobs. */
	server_stop(&server);
	assert_int_equal(nftw(server.folder, search_file, 16, FTW_PHYS), 0);
	assert_true(n_files > 5);
	server_free(&server);
	buf_free(&text);
	buf_free(&sought.kept);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_processes),
	    cmocka_unit_test(test_large_calls),
	    cmocka_unit_test(test_secrets),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
