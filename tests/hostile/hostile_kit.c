/*
 * A kit that was taken over: linked with the real zygote in the place of the
 * real one, it enters the same sandbox and then does what a client of its
 * document tells it, in words, by INPUT frames. What came of each it says by an
 * ANSWER frame. It needs no engine, and has no document to show.
 *
 *	open PATH | connect PORT | kill PID | trace PID | memory PID | execute
 *PATH tried in a process of its own: "done", "errno N" or "signal N"
 *	descriptors	what is open: "3 socket, 4 file ..."
 *	views		the numbers of its views, the one that asks first
 *	send TO TYPE ID HEX	a message to core, zygote or front; TYPE by
 *number sweep TYPE FIRST LAST HEX	to the front, one for each id of these
 *	bytes TO HEX	as they are
 *	give TO		a message with a descriptor that none has
 *	flood COUNT	so many answers of half a megabyte
 *	save HEX	what it writes when it is to save
 *	deaf		takes nothing of core any more
 *	leave core|front	closes that channel
 */
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/encode.h"
#include "base/file.h"
#include "base/log.h"
#include "ipc/body.h"
#include "ipc/sandbox.h"
#include "kit/engine.h"
#include "kit/frame.h"
#include "kit/kit.h"

enum { VIEWS_MAX = 64, BODY_MAX = 8 << 20, WAIT_MS = 60000, FLOOD = 512 << 10 };

struct hostile_view {
	uint64_t id;
	size_t front;
	bool greeted;
};

static struct {
	int zygote, core, document;
	int fronts[ROLE_PEERS_MAX];
	struct hostile_view views[VIEWS_MAX];
	size_t n_views;
	struct buf in, out, saved;
	bool deaf;
} kit;

/* ---- the engine that isn't there ---------------------------------------- */

int
engine_find(const char *folder UNUSED, struct buf *ret_version,
    struct buf *ret_missing UNUSED)
{
	buf_put_str(ret_version, "none: its kits are hostile");
	return 0;
}

int
engine_load(const char *folder UNUSED, const char *home UNUSED)
{
	return 0;
}

static uint64_t
number(const char *word)
{
	uint64_t value = 0;

	(void)slice_u64(slice_str(word), UINT64_MAX, &value);
	return value;
}

/* ---- attempts ----------------------------------------------------------- */

static long
attempt(const char *what, const char *with)
{
	uint64_t n = number(with);
	struct sockaddr_in to = {.sin_family = AF_INET,
	    .sin_port = htons((uint16_t)n),
	    .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	char *argv[] = {NULL}, byte;
	struct iovec own = {&byte, 1}, other = {&kit, 1};

	if (strcmp(what, "open") == 0)
		return open(with, O_RDONLY | O_CLOEXEC);
	if (strcmp(what, "connect") == 0) {
		int fd = socket(AF_INET, SOCK_STREAM, 0);

		return fd < 0 ? fd
		              : connect(fd, (const struct sockaddr *)&to,
				    sizeof(to));
	}
	if (strcmp(what, "kill") == 0)
		return kill((pid_t)n, SIGKILL);
	if (strcmp(what, "trace") == 0)
		return ptrace(PTRACE_SEIZE, (pid_t)n, 0, 0);
	if (strcmp(what, "memory") == 0)
		return process_vm_readv((pid_t)n, &own, 1, &other, 1, 0);
	if (strcmp(what, "execute") == 0)
		return execve(with, argv, argv);
	return -1;
}

static void
tell_attempt(const char *what, const char *with, struct buf *ret_text)
{
	pid_t pid = (pid_t)syscall(SYS_clone, SANDBOX_SAVE_FLAGS, 0, 0, 0, 0);
	int status = 0;

	if (pid == 0) {
		errno = 0;
		_exit(attempt(what, with) >= 0 ? 0 : errno);
	}
	while (pid > 0 && waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	if (pid < 0)
		buf_put_str(ret_text, "no process could be made");
	else if (WIFSIGNALED(status))
		buf_printf(ret_text, "signal %d", WTERMSIG(status));
	else if (WEXITSTATUS(status) != 0)
		buf_printf(ret_text, "errno %d", WEXITSTATUS(status));
	else
		buf_put_str(ret_text, "done");
}

static void
tell_descriptors(struct buf *ret_text)
{
	struct stat st;

	for (int fd = 3; fd < 4096; fd++)
		if (fstat(fd, &st) == 0)
			buf_printf(ret_text, "%d %s, ", fd,
			    S_ISSOCK(st.st_mode)  ? "socket"
			    : S_ISREG(st.st_mode) ? "file"
			    : S_ISDIR(st.st_mode) ? "folder"
						  : "other");
}

/* ---- messages ----------------------------------------------------------- */

static int
channel_to(const char *name, size_t front)
{
	return strcmp(name, "core") == 0     ? kit.core
	       : strcmp(name, "zygote") == 0 ? kit.zygote
	                                     : kit.fronts[front];
}

static void
say(const struct hostile_view *view, const char *name, struct slice text)
{
	buf_clear(&kit.out);
	frame_put_answer(&kit.out,
	    &(struct frame_answer){.name = slice_str(name), .json = text});
	(void)msg_write(kit.fronts[view->front], MSG_VIEW_OUTPUT, view->id,
	    buf_slice(&kit.out), -1);
}

static void
give(int to)
{
	AUTO_CLOSE int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);

	(void)msg_write(to, MSG_DOC_DIRTY, 0, SLICE("\x81\xf5"), fd);
}

static void
do_words(const struct hostile_view *view, const char *words[5])
{
	struct buf bytes = BUF(BODY_MAX), text = BUF(65536);
	const char *what = words[0];
	int to = channel_to(words[1], view->front);

	if (strcmp(what, "descriptors") == 0) {
		tell_descriptors(&text);
	} else if (strcmp(what, "views") == 0) {
		buf_printf(&text, "%llu", (unsigned long long)view->id);
		for (size_t i = 0; i < kit.n_views; i++)
			if (&kit.views[i] != view)
				buf_printf(&text, " %llu",
				    (unsigned long long)kit.views[i].id);
	} else if (strcmp(what, "send") == 0) {
		(void)hex_decode(slice_str(words[4]), &bytes);
		(void)msg_write(to, (enum msg_type)number(words[2]),
		    number(words[3]), buf_slice(&bytes), -1);
	} else if (strcmp(what, "sweep") == 0) {
		uint64_t last = number(words[3]);

		(void)hex_decode(slice_str(words[4]), &bytes);
		for (uint64_t id = number(words[2]); id <= last; id++)
			if (id != view->id)
				(void)msg_write(kit.fronts[view->front],
				    (enum msg_type)number(words[1]), id,
				    buf_slice(&bytes), -1);
	} else if (strcmp(what, "bytes") == 0) {
		(void)hex_decode(slice_str(words[2]), &bytes);
		(void)file_write(to, buf_slice(&bytes));
	} else if (strcmp(what, "give") == 0) {
		give(to);
	} else if (strcmp(what, "save") == 0) {
		buf_clear(&kit.saved);
		(void)hex_decode(slice_str(words[1]), &kit.saved);
	} else if (strcmp(what, "deaf") == 0) {
		kit.deaf = true;
	} else if (strcmp(what, "leave") == 0) {
		fd_close(strcmp(words[1], "core") == 0
			     ? &kit.core
			     : &kit.fronts[view->front]);
	} else if (strcmp(what, "flood") == 0) {
		memset(buf_room(&bytes, FLOOD), ' ', FLOOD);
		buf_added(&bytes, FLOOD);
		for (uint64_t i = number(words[1]); i > 0; i--)
			say(view, what, buf_slice(&bytes));
	} else {
		tell_attempt(what, words[1], &text);
	}
	say(view, what, buf_slice(&text));
	buf_free(&bytes);
	buf_free(&text);
}

static void
take_input(const struct hostile_view *view, struct slice frame)
{
	struct frame_input input;
	const char *words[5] = {"", "", "", "", ""};
	char *at, *left;
	struct buf text = BUF(65537);

	if (frame_get_input(frame, &input) < 0)
		return;
	buf_put_slice(&text, input.text);
	left = (char *)(uintptr_t)buf_cstr(&text);
	for (size_t i = 0; i < ARRAY_SIZE(words) && left != NULL; i++)
		if ((at = strsep(&left, " ")) != NULL)
			words[i] = at;
	do_words(view, words);
	buf_free(&text);
}

static void
greet(struct hostile_view *view)
{
	if (view->greeted || kit.fronts[view->front] < 0)
		return;
	view->greeted = true;
	buf_clear(&kit.out);
	frame_put_status(&kit.out,
	    &(struct frame_status){
		.kind = ENGINE_TEXT, .parts = 1, .width = 100, .height = 100});
	(void)msg_write(kit.fronts[view->front], MSG_VIEW_OUTPUT, view->id,
	    buf_slice(&kit.out), -1);
}

/* It saves what it likes, as if somebody had changed it. */
static void
save(const struct msg *msg)
{
	(void)file_write(msg->fd, buf_slice(&kit.saved));
	(void)msg_write(kit.core, MSG_DOC_SAVING, msg->id, SLICE_NONE, -1);
	buf_clear(&kit.out);
	body_put_doc_saved(
	    &kit.out, &(struct body_doc_saved){.size = kit.saved.n});
	(void)msg_write(
	    kit.core, MSG_DOC_SAVED, msg->id, buf_slice(&kit.out), -1);
}

static void
take_core(const struct msg *msg)
{
	struct body_view_join join;

	if (msg->type == MSG_VIEW_JOIN && kit.n_views < VIEWS_MAX &&
	    body_get_view_join(msg->body, &join) == 0) {
		kit.views[kit.n_views] =
		    (struct hostile_view){.id = msg->id, .front = join.front};
		greet(&kit.views[kit.n_views++]);
	} else if (msg->type == MSG_DOC_SAVE) {
		save(msg);
	} else if (msg->type == MSG_VIEW_LEAVE) {
		for (size_t i = 0; i < kit.n_views; i++)
			if (kit.views[i].id == msg->id)
				kit.views[i] = kit.views[--kit.n_views];
		buf_clear(&kit.out);
		body_put_view_ended(
		    &kit.out, &(struct body_view_ended){.code = 0});
		(void)msg_write(
		    kit.core, MSG_VIEW_ENDED, msg->id, buf_slice(&kit.out), -1);
	}
}

static void
take_peer(struct msg *msg)
{
	struct body_kit_peer in;

	if (body_get_kit_peer(msg->body, &in) < 0)
		_exit(1);
	if (in.role == ROLE_CORE) {
		kit.core = msg->fd;
		buf_clear(&kit.out);
		body_put_doc_loaded(&kit.out,
		    &(struct body_doc_loaded){.kind = ENGINE_TEXT, .parts = 1});
		(void)msg_write(
		    kit.core, MSG_DOC_LOADED, 0, buf_slice(&kit.out), -1);
		(void)msg_write(kit.zygote, MSG_KIT_LOADED, 0, SLICE_NONE, -1);
	} else {
		kit.fronts[in.index] = msg->fd;
		for (size_t i = 0; i < kit.n_views; i++)
			greet(&kit.views[i]);
	}
	msg->fd = -1;
}

/* One message of that channel, which is forgotten where it is closed. */
static void
take(int *channel, enum role from)
{
	struct msg msg = {.fd = -1};

	buf_clear(&kit.in);
	if (msg_read(*channel, from, ROLE_KIT, WAIT_MS, &kit.in, &msg) < 0) {
		if (from == ROLE_ZYGOTE)
			_exit(0);
		*channel = -1; /* kept open: whoever left sees no end of it */
		return;
	}
	if (from == ROLE_ZYGOTE)
		take_peer(&msg);
	else if (from == ROLE_CORE)
		take_core(&msg);
	else
		for (size_t i = 0; i < kit.n_views; i++)
			if (kit.views[i].id == msg.id)
				take_input(&kit.views[i], msg.body);
	fd_close(&msg.fd);
}

void
kit_run(void *arg, const char *home)
{
	struct kit_start *start = arg;
	struct pollfd polled[ROLE_PEERS_MAX + 2];

	if (kit_enter(start, home) < 0)
		_exit(1);
	kit.zygote = start->zygote;
	kit.document = start->document;
	kit.core = -1;
	kit.in = kit.out = kit.saved = BUF(BODY_MAX);
	for (size_t i = 0; i < ROLE_PEERS_MAX; i++)
		kit.fronts[i] = -1;
	for (;;) {
		for (size_t i = 0; i < ROLE_PEERS_MAX; i++)
			polled[i] = (struct pollfd){kit.fronts[i], POLLIN, 0};
		polled[ROLE_PEERS_MAX] =
		    (struct pollfd){kit.deaf ? -1 : kit.core, POLLIN, 0};
		polled[ROLE_PEERS_MAX + 1] =
		    (struct pollfd){kit.zygote, POLLIN, 0};
		if (poll(polled, ARRAY_SIZE(polled), -1) < 0 && errno != EINTR)
			_exit(1);
		for (size_t i = 0; i < ROLE_PEERS_MAX; i++)
			if (polled[i].revents != 0)
				take(&kit.fronts[i], ROLE_FRONT);
		if (polled[ROLE_PEERS_MAX].revents != 0)
			take(&kit.core, ROLE_CORE);
		if (polled[ROLE_PEERS_MAX + 1].revents != 0)
			take(&kit.zygote, ROLE_ZYGOTE);
	}
}
