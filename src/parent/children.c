#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/log.h"
#include "ipc/body.h"
#include "parent/parent.h"
#include "wire/cbor.h"

enum {
	BACKOFF_FIRST_MS = 100,
	BACKOFF_MOST_MS = 10000,
	STEADY_MS = 60000, /* alive for so long, its failures are forgotten */
	DRAIN_FRONT_MS = 10000,
	DRAIN_CORE_MS = 20000,
	START_FAILURES_MAX = 3, /* of a first start: then it is given up */
};

/* Which roles have a channel between them. */
static const struct {
	enum role a, b;
} pairs[] = {
    {ROLE_CORE, ROLE_KEEPER},
    {ROLE_CORE, ROLE_BLOBS},
    {ROLE_FRONT, ROLE_CORE},
    {ROLE_FRONT, ROLE_KEEPER},
    {ROLE_FRONT, ROLE_BLOBS},
    {ROLE_ZYGOTE, ROLE_CORE},
    {ROLE_ZYGOTE, ROLE_FRONT},
};

static bool
are_peers(enum role a, enum role b)
{
	for (size_t i = 0; i < ARRAY_SIZE(pairs); i++)
		if ((pairs[i].a == a && pairs[i].b == b) ||
		    (pairs[i].a == b && pairs[i].b == a))
			return true;
	return false;
}

static void
add_child(struct parent *parent, enum role role, size_t index)
{
	parent->children[parent->n_children++] =
	    (struct child){.parent = parent, .role = role, .index = index};
}

void
children_init(struct parent *parent)
{
	uint64_t fronts = parent->config.fronts;

	if (fronts == 0)
		fronts = (uint64_t)MAX(sysconf(_SC_NPROCESSORS_ONLN), 1);
	add_child(parent, ROLE_KEEPER, 0);
	add_child(parent, ROLE_BLOBS, 0);
	add_child(parent, ROLE_CORE, 0);
	if (parent->config.engine[0] != '\0')
		add_child(parent, ROLE_ZYGOTE, 0);
	for (size_t i = 0; i < MIN(fronts, PARENT_FRONTS_MAX); i++)
		add_child(parent, ROLE_FRONT, i);
}

/* One that has closed its channel only waits to be reaped. */
static bool
is_up(const struct child *child)
{
	return child->state == CHILD_RUNNING && child->channel != NULL;
}

bool
children_hears(const struct child *child)
{
	return is_up(child) ||
	       (child->state == CHILD_STARTING && child->channel != NULL);
}

static bool
role_is_up(const struct parent *parent, enum role role)
{
	for (size_t i = 0; i < parent->n_children; i++)
		if (parent->children[i].role == role &&
		    is_up(&parent->children[i]))
			return true;
	return false;
}

/* ---- starting
 * ---------------------------------------------------------------------- */

/* The new process: one descriptor, its program, nothing else. */
static void
become(struct parent *parent, enum role role, int socket)
{
	char path[4096], name[64];
	char *argv[] = {name, NULL};
	sigset_t none;
	int null;

	(void)snprintf(name, sizeof(name), "chancery-%s", role_name(role));
	(void)snprintf(path, sizeof(path), "%s/%s", parent->programs, name);
	(void)sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
	if (socket == ROLE_PARENT_FD)
		(void)fcntl(socket, F_SETFD, 0);
	else
		(void)dup2(socket, ROLE_PARENT_FD);
	/* A terminal is the parent's: a role gets the end for log lines. */
	null = open("/dev/null", O_RDWR | O_CLOEXEC);
	if (null < 0 || dup2(null, STDIN_FILENO) < 0 ||
	    dup2(null, STDOUT_FILENO) < 0)
		_exit(126);
	(void)execv(path, argv);
	log_error("parent.exec", log_str(K_PATH, path), log_int(K_CODE, errno));
	_exit(127);
}

static void
send_peer(struct child *to, const struct child *peer, int fd)
{
	struct buf *out = &to->parent->out;

	buf_clear(out);
	body_put_peer(out,
	    &(struct body_peer){peer->role, peer->index, (uint64_t)peer->pid});
	channel_send_fd(to->channel, MSG_PEER, 0, buf_slice(out), fd);
}

/* A channel between two, an end to each. */
static int
introduce(struct child *a, struct child *b)
{
	int ends[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) < 0)
		return E_IO;
	send_peer(a, b, ends[0]);
	send_peer(b, a, ends[1]);
	return 0;
}

/*
 * To all of its peers that have come as far. The zygote, which nobody waits for
 * and which takes long, meets them once it is up, those that begin, too;
 * others meet whoever is up as they begin.
 */
static int
introduce_all(struct child *child)
{
	struct parent *parent = child->parent;
	bool late = child->role == ROLE_ZYGOTE;
	int r = 0;

	if (late && !is_up(child))
		return 0;

	for (size_t i = 0; i < parent->n_children && r == 0; i++) {
		struct child *other = &parent->children[i];

		if (other != child &&
		    (late ? children_hears(other) : is_up(other)) &&
		    are_peers(child->role, other->role))
			r = introduce(child, other);
	}
	return r;
}

/* A descriptor of its own, of what the parent keeps. */
static int
give_copy(struct child *child, enum msg_type type, struct slice body, int fd)
{
	int copy = fcntl(fd, F_DUPFD_CLOEXEC, 0);

	if (copy < 0)
		return E_IO;
	channel_send_fd(child->channel, type, 0, body, copy);
	return 0;
}

static int
give_front(struct child *child)
{
	struct parent *parent = child->parent;
	int r = 0;

	for (size_t i = 0; i < parent->n_listeners && r == 0; i++) {
		buf_clear(&parent->out);
		body_put_listener(&parent->out,
		    &(struct body_listener){parent->listeners[i].kind});
		r = give_copy(child, MSG_LISTENER, buf_slice(&parent->out),
		    parent->listeners[i].fd);
	}
	if (r == 0)
		r = give_copy(
		    child, MSG_CERTIFICATE, SLICE_NONE, parent->certificate);
	if (r == 0)
		r = give_copy(child, MSG_ASSETS, SLICE_NONE, parent->assets);
	return r;
}

static int
give_files(struct child *child)
{
	struct parent *parent = child->parent;
	int fd = -1, r;

	if (child->role == ROLE_FRONT)
		return give_front(child);
	if ((r = state_role_folder(parent, child->role, &fd)) < 0)
		return r;
	channel_send_fd(child->channel, MSG_FOLDER, 0, SLICE_NONE, fd);
	if (child->role == ROLE_KEEPER && parent->config.tls_key[0] != '\0') {
		r = file_open(
		    AT_FDCWD, parent->config.tls_key, O_RDONLY, 0, &fd);
		if (r < 0) {
			log_error("parent.tls_key",
			    log_str(K_PATH, parent->config.tls_key),
			    log_err(r));
			return r;
		}
		channel_send_fd(child->channel, MSG_TLS_KEY, 0, SLICE_NONE, fd);
	}
	return 0;
}

static void on_message(void *arg, struct channel *channel, struct msg *msg);
static void on_broken(void *arg, struct channel *channel, int why);

static const struct channel_handlers handlers = {
    .message = on_message, .broken = on_broken};

/* The ports that were free, where it was left to the parent to find them. */
void
children_put_setup(const struct child *child, struct buf *buf)
{
	const struct parent *parent = child->parent;
	struct config config = parent->config;

	config.https_port = parent->https_port;
	if (config_is_local(&config))
		config.http_port = parent->http_port;
	buf_clear(buf);
	role_put_setup(buf, child->index, &config);
}

/* All that a role gets goes over its channel, START last. */
static int
equip(struct child *child)
{
	struct parent *parent = child->parent;
	int r;

	children_put_setup(child, &parent->out);
	if (parent->out.error != 0)
		return parent->out.error;
	channel_send(child->channel, MSG_SETUP, 0, buf_slice(&parent->out));
	if ((r = give_files(child)) < 0 || (r = introduce_all(child)) < 0)
		return r;
	channel_send(child->channel, MSG_START, 0, SLICE_NONE);
	return 0;
}

static int
start(struct child *child)
{
	struct parent *parent = child->parent;
	int ends[2], r;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) < 0)
		return E_IO;
	child->pid = fork();
	if (child->pid == 0)
		become(parent, child->role, ends[1]);
	fd_close(&ends[1]);
	if (child->pid < 0) {
		fd_close(&ends[0]);
		return E_IO;
	}
	child->state = CHILD_STARTING;
	child->started_ms = clock_boot_ms();
	child->why[0] = '\0';
	r = channel_new(parent->loop, ends[0], ROLE_PARENT,
	    (struct peer){child->role, child->index, (uint64_t)child->pid},
	    &handlers, child, &child->channel);
	if (r == 0)
		r = equip(child);
	if (r < 0) {
		log_error("parent.start",
		    log_str(K_ROLE, role_name(child->role)), log_err(r));
		(void)kill(child->pid, SIGKILL);
	}
	return r;
}

/* What must run before it may. */
static bool
may_start(const struct child *child)
{
	struct parent *parent = child->parent;

	if (child->state != CHILD_NONE && child->state != CHILD_DEAD)
		return false;
	if (child->waits || parent->stopping)
		return false;
	if (child->role == ROLE_CORE)
		return role_is_up(parent, ROLE_KEEPER) &&
		       role_is_up(parent, ROLE_BLOBS);
	if (child->role == ROLE_FRONT)
		return role_is_up(parent, ROLE_CORE) &&
		       state_certificate(parent) == 0;
	return true;
}

/* Documents aside all works without the engine, which takes long to load. */
static bool
is_needed(enum role role)
{
	return role != ROLE_ZYGOTE;
}

void
children_supervise(struct parent *parent)
{
	bool all = true;

	for (size_t i = 0; i < parent->n_children; i++) {
		struct child *child = &parent->children[i];

		if (may_start(child))
			(void)start(child);
		all = all && (is_up(child) || !is_needed(child->role));
	}
	if (all && !parent->announced) {
		parent->announced = true;
		state_announce(parent);
	}
}

/* ---- ends
 * ------------------------------------------------------------------------------
 */

static void
give_up(struct parent *parent)
{
	log_error("parent.give_up",
	    log_str(K_TEXT, "a role doesn't start; see its lines above"));
	parent->exit_status = 1;
	parent->stopping = true;
	for (size_t i = 0; i < parent->n_children; i++)
		if (parent->children[i].pid > 0)
			(void)kill(parent->children[i].pid, SIGKILL);
	loop_stop(parent->loop);
}

static void
on_again(void *arg)
{
	struct child *child = arg;

	child->waits = false;
	children_supervise(child->parent);
}

static void
start_again_later(struct child *child)
{
	uint64_t ms = BACKOFF_FIRST_MS;

	if (clock_boot_ms() - child->started_ms > STEADY_MS)
		child->failures = 0;
	for (unsigned i = 0; i < child->failures && ms < BACKOFF_MOST_MS; i++)
		ms *= 2;
	child->failures++;
	child->waits = true;
	child->again.expire = on_again;
	child->again.arg = child;
	if (loop_timer_set(child->parent->loop, &child->again,
		MIN(ms, BACKOFF_MOST_MS)) < 0)
		child->waits = false;
}

/* To the record. */
static void
note_death(
    struct parent *parent, const struct peer *peer, int status, const char *why)
{
	struct buf body = BUF(1024);

	body_put_child_note(
	    &body, &(struct body_child_note){
		       .role = peer->role,
		       .index = peer->index,
		       .pid = peer->pid,
		       .signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0,
		       .status = WIFEXITED(status) ? WEXITSTATUS(status) : 0,
		       .why = slice_str(why),
		   });
	if (body.error == 0)
		children_note(parent, MSG_CHILD_NOTE, buf_slice(&body));
	buf_free(&body);
}

/* To be killed, and that is what the record will say of its end. */
static void
condemn(struct child *child, const char *why)
{
	if (child->pid <= 0)
		return;
	if (child->why[0] == '\0')
		(void)snprintf(
		    child->why, sizeof(child->why), "killed: %s", why);
	(void)kill(child->pid, SIGKILL);
}

static const char *
why_died(const struct child *child, int status)
{
	if (child->why[0] != '\0')
		return child->why;
	if (!WIFSIGNALED(status))
		return "it ended by itself";
	return WTERMSIG(status) == SIGSYS
	           ? "it used a system call that its role forbids"
	           : "a signal ended it";
}

static void
died(struct child *child, int status)
{
	struct parent *parent = child->parent;
	struct peer peer = {child->role, child->index, (uint64_t)child->pid};
	bool first = child->state == CHILD_STARTING && !parent->announced;

	channel_free(&child->channel);
	loop_timer_end(parent->loop, &child->patience);
	child->state = CHILD_DEAD;
	child->last_pid = peer.pid;
	child->pid = 0;
	if (!parent->stopping || status != 0) {
		log_warn("parent.child_died",
		    log_str(K_ROLE, role_name(child->role)),
		    log_u64(K_PID, peer.pid), log_int(K_STATUS, status),
		    log_str(K_TEXT, why_died(child, status)));
		note_death(parent, &peer, status, why_died(child, status));
	}
	if (parent->stopping) {
		children_stop(parent);
		return;
	}
	start_again_later(child);
	/* A first start that fails again and again has a reason to be read. */
	if (first && is_needed(child->role) &&
	    child->failures >= START_FAILURES_MAX)
		give_up(parent);
}

void
children_reap(struct parent *parent)
{
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
		for (size_t i = 0; i < parent->n_children; i++)
			if (parent->children[i].pid == pid)
				died(&parent->children[i], status);
}

/* ---- stopping
 * -----------------------------------------------------------------------------
 */

static void
on_impatient(void *arg)
{
	struct child *child = arg;

	log_warn(
	    "parent.drain_timeout", log_str(K_ROLE, role_name(child->role)));
	condemn(child, "it did not end in time");
}

/* True once no child of the role is running any more. */
static bool
drain(struct parent *parent, enum role role, uint64_t ms)
{
	bool done = true;

	for (size_t i = 0; i < parent->n_children; i++) {
		struct child *child = &parent->children[i];

		if (child->role != role)
			continue;
		if (child->state == CHILD_STARTING)
			condemn(child,
			    "it had not started when the server stopped");
		if (is_up(child)) {
			child->state = CHILD_DRAINING;
			channel_send(child->channel, MSG_DRAIN, 0, SLICE_NONE);
			child->patience.expire = on_impatient;
			child->patience.arg = child;
			(void)loop_timer_set(
			    parent->loop, &child->patience, ms);
		}
		if (child->pid > 0 && child->state != CHILD_DRAINED)
			done = false;
	}
	return done;
}

static bool
all_gone(const struct parent *parent)
{
	for (size_t i = 0; i < parent->n_children; i++)
		if (parent->children[i].pid > 0)
			return false;
	return true;
}

static bool
is_any_condemned(const struct parent *parent)
{
	for (size_t i = 0; i < parent->n_children; i++)
		if (parent->children[i].pid > 0 &&
		    parent->children[i].role != ROLE_CORE &&
		    parent->children[i].why[0] != '\0')
			return true;
	return false;
}

void
children_stop(struct parent *parent)
{
	parent->stopping = true;
	listen_close(parent);
	if (!drain(parent, ROLE_FRONT, DRAIN_FRONT_MS))
		return;
	/* Core is there until it was told of all that had to be killed. */
	if (is_any_condemned(parent) ||
	    !drain(parent, ROLE_CORE, DRAIN_CORE_MS))
		return;
	(void)drain(parent, ROLE_ZYGOTE, DRAIN_FRONT_MS);
	(void)drain(parent, ROLE_BLOBS, DRAIN_FRONT_MS);
	(void)drain(parent, ROLE_KEEPER, DRAIN_FRONT_MS);
	if (all_gone(parent))
		loop_stop(parent->loop);
}

/* ---- messages
 * ------------------------------------------------------------------------------
 */

static struct child *
child_of(struct parent *parent, enum role role, uint64_t index)
{
	for (size_t i = 0; i < parent->n_children; i++)
		if (parent->children[i].role == role &&
		    parent->children[i].index == index)
			return &parent->children[i];
	return NULL;
}

/* True where it only waits to be reaped. */
static bool
is_dead(const struct child *child)
{
	siginfo_t info = {.si_pid = 0};

	return waitid(P_PID, (id_t)child->pid, &info,
		   WEXITED | WNOHANG | WNOWAIT) < 0 ||
	       info.si_pid != 0;
}

/*
 * A role says of a peer that it breaks the rules, and why; or, without a
 * reason, that its channel is closed: it should be dead, or will be.
 */
static void
take_kill(struct child *from, struct slice body)
{
	struct child *child = NULL;
	struct body_kill in;
	struct peer peer;
	char why[200];

	if (body_get_kill(body, &in) == 0 && are_peers(from->role, in.role))
		child = child_of(from->parent, in.role, in.index);
	if (child == NULL) {
		condemn(from, "it sent its parent what makes no sense");
		return;
	}
	peer = (struct peer){in.role, in.index, in.pid};
	(void)snprintf(why, sizeof(why), "%.*s",
	    SLICE_ARG(slice_first(in.why, sizeof(why) - 1)));
	if (child->pid > 0 && (uint64_t)child->pid == peer.pid) {
		if (why[0] != '\0')
			condemn(child, why);
		else if (child->state != CHILD_DRAINED && !is_dead(child))
			condemn(child, "it closed a channel of its role");
	} else if (why[0] != '\0' && peer.pid != 0 &&
		   peer.pid == child->last_pid) {
		/* It was quicker than its accuser. */
		child->last_pid = 0;
		note_death(from->parent, &peer, 0, why);
	}
}

static void
send_notes(struct child *core)
{
	struct parent *parent = core->parent;
	struct cbor_reader r = cbor_reader(buf_slice(&parent->notes));

	for (size_t i = 0; i < parent->n_notes; i++) {
		enum msg_type type = (enum msg_type)cbor_get_uint(&r);

		channel_send(core->channel, type, 0, cbor_get_bytes(&r));
	}
	parent->n_notes = 0;
	buf_clear(&parent->notes);
}

static void
on_message(void *arg, struct channel *channel UNUSED, struct msg *msg)
{
	struct child *child = arg;
	struct parent *parent = child->parent;

	if (msg->type == MSG_READY && child->state == CHILD_STARTING) {
		child->state = CHILD_RUNNING;
		/* Those that came up while it started know nothing of it. */
		if (child->role == ROLE_CORE)
			send_notes(child);
		if (child->role == ROLE_ZYGOTE && introduce_all(child) < 0)
			condemn(child, "it could not be introduced");
		if (parent->stopping)
			children_stop(parent);
		else
			children_supervise(parent);
	} else if (msg->type == MSG_DRAINED && child->state == CHILD_DRAINING) {
		child->state = CHILD_DRAINED;
		children_stop(parent);
	} else if (msg->type == MSG_KILL) {
		take_kill(child, msg->body);
	} else {
		condemn(child, "it told its parent what wasn't asked");
	}
}

/* It will be reaped; if it only closed its channel, it is of no use. */
static void
on_broken(void *arg, struct channel *channel UNUSED, int why)
{
	struct child *child = arg;

	channel_free(&child->channel);
	if (why != E_CLOSED)
		condemn(child, "it sent its parent what its role may not send");
	else if (child->pid > 0 && child->state != CHILD_DRAINED)
		(void)kill(child->pid, SIGKILL);
}

void
children_send(struct parent *parent, enum role role, enum msg_type type,
    struct slice body)
{
	for (size_t i = 0; i < parent->n_children; i++)
		if (parent->children[i].role == role &&
		    is_up(&parent->children[i]))
			channel_send(
			    parent->children[i].channel, type, 0, body);
}

void
children_note(struct parent *parent, enum msg_type type, struct slice body)
{
	if (role_is_up(parent, ROLE_CORE)) {
		children_send(parent, ROLE_CORE, type, body);
		return;
	}
	cbor_put_uint(&parent->notes, type);
	cbor_put_bytes(&parent->notes, body);
	/* Of more than there is room for, the first are told. */
	if (parent->notes.error == 0)
		parent->n_notes++;
}
