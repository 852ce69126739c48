/*
 * The zygote: loads the engine once, and forks a kit for each document that
 * core opens. It holds no user data: a document's bytes pass through as a
 * descriptor that it doesn't read, and what a kit says to it is one word, that
 * the document is loaded. It watches how long kits take, and kills what hangs;
 * it takes nothing of what they say for it, but looks at its own clock and the
 * kernel's.
 *
 * Without an engine it runs as well, and tells core what is missing.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/log.h"
#include "base/map.h"
#include "base/mem.h"
#include "ipc/body.h"
#include "kit/engine.h"
#include "kit/kit.h"

enum {
	OUT_MAX = 8192,
	WATCH_MS = 500,
	THREADS_MS = 10000, /* for the engine's own to end */
	CELLS_MAX = 1000,
	NO_DOCUMENT = 0,
};

struct kit_child {
	struct zygote *zygote;
	uint64_t document; /* core's number; NO_DOCUMENT: nobody's */
	unsigned cell;
	pid_t pid;
	struct loop_watch death; /* a pidfd */
	struct loop_task release;
	struct channel *channel;
	struct kit_shared *shared;
	uint64_t started_ms;
	bool loaded;
	char why[128]; /* it was killed; empty: it wasn't */
	int code;
};

struct zygote {
	struct loop *loop;
	struct role_setup setup;
	struct channel *parent, *core;
	struct channel *fronts[ROLE_PEERS_MAX];
	struct jail jail;
	int engine; /* 0, or why there is none */
	struct buf engine_text;
	struct kit_child *kits[CELLS_MAX]; /* by cell */
	size_t n_kits;
	struct loop_timer watch;
	struct buf out;
};

/* ---- core hears --------------------------------------------------------- */

static void
to_core(struct zygote *z, enum msg_type type, uint64_t id)
{
	if (z->core != NULL && z->out.error == 0)
		channel_send(z->core, type, id, buf_slice(&z->out));
	buf_clear(&z->out);
}

static void
tell_engine(struct zygote *z)
{
	body_put_engine(&z->out,
	    &(struct body_engine){z->engine, buf_slice(&z->engine_text)});
	to_core(z, MSG_ENGINE, 0);
}

static void
tell_ended(
    struct zygote *z, uint64_t document, int code, int signal, const char *why)
{
	body_put_kit_ended(
	    &z->out, &(struct body_kit_ended){code, signal, slice_str(why)});
	to_core(z, MSG_KIT_ENDED, document);
}

/* ---- kits --------------------------------------------------------------- */

static void
on_release(void *arg)
{
	mem_free(arg);
}

static const char *
why_ended(const struct kit_child *kit, const siginfo_t *info)
{
	if (kit->why[0] != '\0')
		return kit->why;
	if (info->si_code == CLD_EXITED)
		return info->si_status == 0 ? "it ended" : "it gave up";
	switch (info->si_status) {
	case SIGSYS:
		return "it used a system call that is forbidden";
	case SIGXCPU:
	case SIGKILL:
		return "it took more processor time or memory than there is";
	default:
		return "it crashed";
	}
}

/* It is dead: nothing of it stays. */
static void
bury(struct kit_child *kit)
{
	struct zygote *z = kit->zygote;
	siginfo_t info = {.si_code = 0};
	int signal;

	while (
	    waitid(P_PID, (id_t)kit->pid, &info, WEXITED) < 0 && errno == EINTR)
		;
	signal = info.si_code == CLD_EXITED ? 0 : info.si_status;
	log_info("zygote.kit_ended", log_u64(K_PID, (uint64_t)kit->pid),
	    log_int(K_SIGNAL, signal), log_str(K_TEXT, why_ended(kit, &info)));
	tell_ended(z, kit->document,
	    kit->code != 0        ? kit->code
	    : signal != 0         ? E_CLOSED
	    : info.si_status != 0 ? E_INVALID
				  : 0,
	    signal, why_ended(kit, &info));
	loop_unwatch(z->loop, &kit->death);
	fd_close(&kit->death.fd);
	channel_free(&kit->channel);
	if (kit->shared != NULL)
		(void)munmap(kit->shared, sizeof(*kit->shared));
	jail_clear(&z->jail, kit->cell);
	z->kits[kit->cell] = NULL;
	z->n_kits--;
	loop_defer(z->loop, &kit->release);
}

static void
on_death(void *arg, uint32_t events UNUSED)
{
	bury(arg);
}

static void
kill_kit(struct kit_child *kit, int code, const char *why)
{
	if (kit->why[0] != '\0')
		return;
	(void)snprintf(kit->why, sizeof(kit->why), "%s", why);
	kit->code = code;
	(void)kill(kit->pid, SIGKILL);
}

static void
on_kit(void *arg, struct channel *channel UNUSED, struct msg *msg UNUSED)
{
	struct kit_child *kit = arg;

	/* The only thing that it may say. */
	kit->loaded = true;
}

static void
on_kit_broken(void *arg, struct channel *channel UNUSED, int why)
{
	struct kit_child *kit = arg;

	channel_free(&kit->channel);
	if (why == E_GRAMMAR)
		kill_kit(kit, E_GRAMMAR, "killed: it broke the protocol");
}

static const struct channel_handlers kit_handlers = {
    .message = on_kit, .broken = on_kit_broken};

static struct kit_child *
kit_of(struct zygote *z, uint64_t document)
{
	for (size_t i = 0; i < CELLS_MAX; i++)
		if (z->kits[i] != NULL && z->kits[i]->document == document)
			return z->kits[i];
	return NULL;
}

/* A channel between a kit and somebody, an end to each. */
static int
introduce(struct kit_child *kit, enum role role, size_t index, uint64_t pid)
{
	struct zygote *z = kit->zygote;
	struct channel *other = role == ROLE_CORE ? z->core : z->fronts[index];
	int ends[2];

	if (other == NULL || kit->channel == NULL)
		return E_CLOSED;
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) < 0)
		return E_IO;
	buf_clear(&z->out);
	body_put_kit_peer(&z->out, &(struct body_kit_peer){role, index, pid});
	channel_send_fd(
	    kit->channel, MSG_KIT_PEER, 0, buf_slice(&z->out), ends[0]);
	buf_clear(&z->out);
	/* Both bodies are the pid alone. */
	body_put_kit_core(&z->out, &(struct body_kit_core){(uint64_t)kit->pid});
	channel_send_fd(other, role == ROLE_CORE ? MSG_KIT_CORE : MSG_KIT_FRONT,
	    kit->document, buf_slice(&z->out), ends[1]);
	buf_clear(&z->out);
	return 0;
}

/* ---- opening a document ------------------------------------------------- */

/* Those that were killed, and aren't buried yet, count no more. */
static int
free_cell(const struct zygote *z, unsigned *ret_cell)
{
	unsigned cell = CELLS_MAX;
	uint64_t n = 0;

	for (unsigned i = CELLS_MAX; i-- > 0;)
		if (z->kits[i] == NULL)
			cell = i;
		else if (z->kits[i]->why[0] == '\0')
			n++;
	if (n >= z->setup.config.max_kits || cell == CELLS_MAX) {
		limit_met(CONFIG_max_kits);
		return E_BUSY;
	}
	*ret_cell = cell;
	return 0;
}

static void
fill_start(
    struct zygote *z, const struct kit_child *kit, struct kit_start *ret_start)
{
	const struct config *config = &z->setup.config;

	*ret_start = (struct kit_start){
	    .jail = &z->jail,
	    .cell = kit->cell,
	    .limits = {.memory = config->kit_bytes,
		.folder = config->kit_folder_bytes,
		.cpu_seconds = config->kit_cpu_seconds},
	    .save_seconds = config->kit_save_seconds,
	    .document = -1,
	    .zygote = -1,
	    .shared = kit->shared,
	};
}

static int
fork_kit(struct kit_child *kit, unsigned format, int document)
{
	struct zygote *z = kit->zygote;
	struct kit_start start;
	int ends[2], r;

	kit->shared = mmap(NULL, sizeof(*kit->shared), PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (kit->shared == MAP_FAILED) {
		kit->shared = NULL;
		return E_NOMEM;
	}
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) < 0)
		return E_IO;
	fill_start(z, kit, &start);
	start.format = format;
	start.document = document;
	start.zygote = ends[1];
	kit->started_ms = clock_boot_ms();
	r = jail_fork(
	    &z->jail, kit->cell, &start.limits, kit_run, &start, &kit->pid);
	fd_close(&ends[1]);
	if (r < 0) {
		fd_close(&ends[0]);
		return r;
	}
	kit->death =
	    (struct loop_watch){.fd = (int)syscall(SYS_pidfd_open, kit->pid, 0),
		.ready = on_death,
		.arg = kit};
	r = channel_new(z->loop, ends[0], ROLE_ZYGOTE,
	    (struct peer){ROLE_KIT, 0, (uint64_t)kit->pid}, &kit_handlers, kit,
	    &kit->channel);
	if (r == 0 && (kit->death.fd < 0 ||
			  (r = loop_watch(z->loop, &kit->death, EPOLLIN)) < 0))
		r = E_IO;
	if (r < 0) {
		(void)kill(kit->pid, SIGKILL);
		(void)waitpid(kit->pid, NULL, 0);
		fd_close(&kit->death.fd);
		channel_free(&kit->channel);
	}
	return r;
}

static int
open_document(struct zygote *z, uint64_t document, unsigned format, int fd)
{
	struct kit_child *kit;
	unsigned cell;
	int r;

	if (z->engine < 0)
		return z->engine;
	if ((r = free_cell(z, &cell)) < 0)
		return r;
	kit = mem_alloc(sizeof(*kit));
	if (kit == NULL)
		return E_NOMEM;
	*kit = (struct kit_child){.zygote = z,
	    .document = document,
	    .cell = cell,
	    .death = {.fd = -1},
	    .release = {.run = on_release, .arg = kit}};
	r = fork_kit(kit, format, fd);
	if (r < 0) {
		if (kit->shared != NULL)
			(void)munmap(kit->shared, sizeof(*kit->shared));
		jail_clear(&z->jail, cell);
		mem_free(kit);
		return r;
	}
	z->kits[cell] = kit;
	z->n_kits++;
	if (z->watch.place == 0)
		(void)loop_timer_set(z->loop, &z->watch, WATCH_MS);
	/* Nobody could speak with it. */
	if (introduce(kit, ROLE_CORE, 0, channel_peer(z->core)->pid) < 0)
		kill_kit(kit, E_IO, "killed: no channel could be made to it");
	return 0;
}

static int
take_open(struct zygote *z, const struct msg *msg)
{
	struct body_kit_open in;
	int r;

	if (body_get_kit_open(msg->body, &in) < 0 || msg->id == NO_DOCUMENT ||
	    kit_of(z, msg->id) != NULL)
		return E_GRAMMAR;
	r = open_document(z, msg->id, in.format, msg->fd);
	if (r < 0) {
		buf_clear(&z->out);
		body_put_kit_ended(&z->out,
		    &(struct body_kit_ended){.code = r,
			.why =
			    z->engine < 0
				? slice_first(buf_slice(&z->engine_text), 400)
				: SLICE("no process could be made for it")});
		to_core(z, MSG_KIT_ENDED, msg->id);
	}
	return 0;
}

static int
take_meet(struct zygote *z, const struct msg *msg)
{
	struct kit_child *kit = kit_of(z, msg->id);
	struct body_kit_meet in;
	struct channel *front;

	if (body_get_kit_meet(msg->body, &in) < 0)
		return E_GRAMMAR;
	front = z->fronts[in.front];
	/* A kit or front that is gone core hears of by other ways. */
	if (kit != NULL && front != NULL && channel_peer(front)->pid == in.pid)
		(void)introduce(kit, ROLE_FRONT, in.front, in.pid);
	return 0;
}

/* ---- what hangs --------------------------------------------------------- */

static void
watch_kit(struct kit_child *kit, uint64_t now)
{
	const struct config *config = &kit->zygote->setup.config;
	uint64_t since = kit->shared->busy_since_ms;

	if (!kit->loaded) {
		if (now - kit->started_ms > config->kit_load_seconds * 1000)
			kill_kit(
			    kit, E_TIMEOUT, "killed: it took too long to load");
	} else if (since != 0 && since < now &&
		   now - since > config->kit_busy_seconds * 1000) {
		kill_kit(kit, E_TIMEOUT, "killed: it did not answer any more");
	}
}

static void
on_watch(void *arg)
{
	struct zygote *z = arg;
	uint64_t now = clock_boot_ms();

	for (size_t i = 0; i < CELLS_MAX; i++)
		if (z->kits[i] != NULL)
			watch_kit(z->kits[i], now);
	if (z->n_kits > 0)
		(void)loop_timer_set(z->loop, &z->watch, WATCH_MS);
}

/* ---- channels ----------------------------------------------------------- */

/* Kits keep their documents, and are offered to the next one. */
static void
on_core_broken(void *arg, struct channel *channel, int why)
{
	struct zygote *z = arg;

	role_tell_broken(z->parent, channel_peer(channel), why);
	channel_free(&z->core);
}

static void
on_core(void *arg, struct channel *channel, struct msg *msg)
{
	struct zygote *z = arg;
	struct kit_child *kit;
	int r = 0;

	switch (msg->type) {
	case MSG_HELLO:
		if (!slice_eq(msg->body, role_build_id()))
			r = E_VERSION;
		break;
	case MSG_KIT_OPEN:
		r = take_open(z, msg);
		fd_close(&msg->fd);
		break;
	case MSG_KIT_MEET:
		r = take_meet(z, msg);
		break;
	case MSG_KIT_END:
		kit = kit_of(z, msg->id);
		if (kit != NULL)
			kill_kit(kit, E_CLOSED, "it was closed");
		break;
	default:
		r = E_GRAMMAR;
	}
	if (r < 0)
		log_error("zygote.core", log_str(K_NAME, msg_name(msg->type)),
		    log_err(r));
	if (r == E_GRAMMAR)
		on_core_broken(z, channel, r);
}

static const struct channel_handlers core_handlers = {
    .message = on_core, .broken = on_core_broken};

static void
on_front_broken(void *arg, struct channel *channel, int why)
{
	struct zygote *z = arg;

	role_tell_broken(z->parent, channel_peer(channel), why);
	channel_free(&z->fronts[channel_peer(channel)->index]);
}

/* A front has nothing to say here but that it is of the same build. */
static void
on_front(void *arg, struct channel *channel, struct msg *msg)
{
	if (msg->type != MSG_HELLO)
		on_front_broken(arg, channel, E_GRAMMAR);
}

static const struct channel_handlers front_handlers = {
    .message = on_front, .broken = on_front_broken};

static int
add_core(struct zygote *z, struct role_fd *in)
{
	int r;

	if (z->core != NULL)
		on_core_broken(z, z->core, E_CLOSED);
	r = channel_new(z->loop, in->fd, ROLE_ZYGOTE, in->peer, &core_handlers,
	    z, &z->core);
	if (r < 0)
		return r;
	for (size_t i = 0; i < CELLS_MAX; i++)
		if (z->kits[i] != NULL)
			(void)introduce(z->kits[i], ROLE_CORE, 0, in->peer.pid);
	/* What is not among these has ended. */
	tell_engine(z);
	return 0;
}

static int
add_peer(void *arg, struct role_fd *in)
{
	struct zygote *z = arg;

	if (in->peer.role == ROLE_CORE)
		return add_core(z, in);
	if (in->peer.role == ROLE_FRONT) {
		channel_free(&z->fronts[in->peer.index]);
		return channel_new(z->loop, in->fd, ROLE_ZYGOTE, in->peer,
		    &front_handlers, z, &z->fronts[in->peer.index]);
	}
	fd_close(&in->fd);
	return E_GRAMMAR;
}

/* ---- starting ----------------------------------------------------------- */

static size_t
count_threads(int proc)
{
	int fd = openat(proc, "self/task", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = fd >= 0 ? fdopendir(fd) : NULL;
	struct dirent *entry;
	size_t n = 0;

	if (dir == NULL) {
		fd_close(&fd);
		return 0;
	}
	while ((entry = readdir(dir)) != NULL)
		n += entry->d_name[0] != '.';
	(void)closedir(dir);
	return n;
}

/* A fork has the thread that forked and no other: so there must be no other. */
static int
wait_one_thread(int proc)
{
	uint64_t until = clock_boot_ms() + THREADS_MS;

	while (count_threads(proc) != 1) {
		if (clock_boot_ms() > until)
			return E_TIMEOUT;
		(void)poll(NULL, 0, 20);
	}
	return 0;
}

/* The folder's path, since the engine and mounts want one. */
static int
fill_jail(struct zygote *z)
{
	struct jail *jail = &z->jail;
	char link[64], *slash;
	ssize_t n;

	jail->folder = z->setup.folder;
	jail->proc = open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC);
	(void)snprintf(link, sizeof(link), "/proc/self/fd/%d", jail->folder);
	n = readlink(link, jail->path, sizeof(jail->path) - 64);
	if (jail->proc < 0 || n <= 0)
		return E_SANDBOX;
	jail->path[n] = '\0';
	(void)snprintf(jail->engine, sizeof(jail->engine), "%.*s",
	    JAIL_PATH_MAX - 1, z->setup.config.engine);
	slash = strrchr(jail->engine, '/');
	if (slash != NULL && slash != jail->engine)
		*slash = '\0';
	return 0;
}

static void
load_engine(struct zygote *z)
{
	const char *folder = z->setup.config.engine;
	char home[JAIL_PATH_MAX + 8];
	uint64_t begun = clock_boot_ms();

	z->engine = engine_find(folder, &z->engine_text, &z->engine_text);
	if (z->engine < 0)
		return;
	(void)snprintf(home, sizeof(home), "%s/home", z->jail.path);
	if (mkdir(home, 0700) < 0 && errno != EEXIST)
		z->engine = E_IO;
	else
		z->engine = engine_load(folder, home);
	role_set_signals();
	if (z->engine == 0)
		z->engine = wait_one_thread(z->jail.proc);
	if (z->engine < 0) {
		buf_clear(&z->engine_text);
		buf_printf(&z->engine_text,
		    "LibreOffice in %s could not be loaded: %s", folder,
		    error_text(z->engine));
		return;
	}
	log_info("zygote.engine",
	    log_slice(K_VERSION, buf_slice(&z->engine_text)),
	    log_u64(K_MS, clock_boot_ms() - begun));
}

static int
prepare(void *arg)
{
	struct zygote *z = arg;
	int r;

	z->engine_text = BUF(2000);
	z->out = BUF(OUT_MAX);
	if ((r = fill_jail(z)) < 0)
		return r;
	load_engine(z);
	if (z->engine < 0)
		log_warn("zygote.no_engine",
		    log_slice(K_TEXT, buf_slice(&z->engine_text)));
	return 0;
}

static int
enter(void *arg)
{
	struct zygote *z = arg;

	return jail_enter(&z->jail);
}

static int
start(void *arg)
{
	struct zygote *z = arg;

	z->watch = (struct loop_timer){.expire = on_watch, .arg = z};
	return 0;
}

/* An engine that was missing may be there now: the next process looks. */
static int
configured(void *arg)
{
	struct zygote *z = arg;

	if (z->engine < 0)
		loop_stop(z->loop);
	return 0;
}

static void
end(void *arg)
{
	struct zygote *z = arg;

	for (size_t i = 0; i < CELLS_MAX; i++)
		if (z->kits[i] != NULL)
			(void)kill(z->kits[i]->pid, SIGKILL);
	/* What the engine does at an exit expects that it has run. */
	_exit(0);
}

int
main(void)
{
	static struct zygote zygote;
	static const struct role_program program = {
	    .role = ROLE_ZYGOTE,
	    .arg = &zygote,
	    .setup = &zygote.setup,
	    .loop = &zygote.loop,
	    .parent = &zygote.parent,
	    .prepare = prepare,
	    .enter = enter,
	    .start = start,
	    .add_peer = add_peer,
	    .configured = configured,
	    .end = end,
	};

	return role_main(&program);
}
