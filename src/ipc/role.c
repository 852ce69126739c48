#include "ipc/role.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "base/file.h"
#include "base/log.h"
#include "base/mem.h"
#include "build_id.h"
#include "ipc/body.h"
#include "ipc/sandbox.h"

enum {
	START_MS = 30000,
	SETUP_MAX = 65536,
	KILL_MAX = 512,
	UID_BASE = 61200, /* within systemd's range of dynamic users */
};

static const struct {
	unsigned calls;
	bool folder;
	unsigned files;
} roles[ROLE_MAX] = {
    [ROLE_FRONT] = {SANDBOX_ACCEPT, false, 65536},
    [ROLE_CORE] = {SANDBOX_FILES | SANDBOX_THREADS, true, 4096},
    [ROLE_KEEPER] = {SANDBOX_FILES | SANDBOX_THREADS, true, 1024},
    [ROLE_BLOBS] = {SANDBOX_FILES, true, 16384},
};

void
role_put_setup(struct buf *buf, size_t index, const struct config *config)
{
	struct buf text = BUF(SETUP_MAX);

	config_encode(config, &text);
	body_put_setup(buf,
	    &(struct body_setup){.index = index, .config = buf_slice(&text)});
	if (text.error != 0)
		buf->error = text.error;
	buf_free(&text);
}

static int
take_setup(struct slice body, struct role_setup *setup)
{
	struct body_setup in;
	int r = body_get_setup(body, &in);

	if (r < 0)
		return r;
	setup->index = in.index;
	return config_decode(in.config, &setup->config);
}

int
role_take_config(struct slice body, struct config *ret_config)
{
	struct body_setup in;
	int r = body_get_setup(body, &in);

	return r < 0 ? r : config_decode(in.config, ret_config);
}

int
role_take_peer(struct msg *msg, struct role_fd *ret_peer)
{
	struct body_peer in;
	int r = body_get_peer(msg->body, &in);

	if (r < 0)
		return r;
	*ret_peer = (struct role_fd){
	    .peer = {in.role, in.index, in.pid}, .fd = msg->fd};
	msg->fd = -1;
	return 0;
}

static int
take_peer(struct role_setup *setup, struct msg *msg)
{
	int r = setup->n_peers < ROLE_PEERS_MAX
	            ? role_take_peer(msg, &setup->peers[setup->n_peers])
	            : E_GRAMMAR;

	if (r == 0)
		setup->n_peers++;
	return r;
}

static int
take_listener(struct role_setup *setup, struct msg *msg)
{
	struct body_listener in;

	if (setup->n_listeners == ROLE_LISTENERS_MAX ||
	    body_get_listener(msg->body, &in) < 0)
		return E_GRAMMAR;
	setup->listeners[setup->n_listeners++] =
	    (struct role_fd){.listener = in.kind, .fd = msg->fd};
	msg->fd = -1;
	return 0;
}

static void
take_one_fd(int *to, struct msg *msg)
{
	fd_close(to);
	*to = msg->fd;
	msg->fd = -1;
}

static int
take(struct role_setup *setup, struct msg *msg)
{
	if (msg->type == MSG_SETUP)
		return take_setup(msg->body, setup);
	if (msg->type == MSG_PEER)
		return take_peer(setup, msg);
	if (msg->type == MSG_LISTENER)
		return take_listener(setup, msg);
	if (msg->type == MSG_CERTIFICATE)
		take_one_fd(&setup->certificate, msg);
	else if (msg->type == MSG_ASSETS)
		take_one_fd(&setup->assets, msg);
	else if (msg->type == MSG_TLS_KEY)
		take_one_fd(&setup->tls_key, msg);
	else if (msg->type == MSG_FOLDER)
		take_one_fd(&setup->folder, msg);
	else
		return E_GRAMMAR;
	return 0;
}

void
role_set_signals(void)
{
	const struct sigaction ignore = {.sa_handler = SIG_IGN};

	(void)sigaction(SIGPIPE, &ignore, NULL);
	(void)sigaction(SIGINT, &ignore, NULL);
	(void)sigaction(SIGTERM, &ignore, NULL);
	(void)sigaction(SIGHUP, &ignore, NULL);
}

/* Reads from the parent until START. */
static int
set_up(enum role self, struct role_setup *ret_setup)
{
	struct buf body = BUF(SETUP_MAX);
	struct msg msg = {.fd = -1};
	int r;

	*ret_setup = (struct role_setup){.self = self,
	    .certificate = -1,
	    .assets = -1,
	    .tls_key = -1,
	    .folder = -1};
	log_init(role_name(self), LOG_INFO);
	role_set_signals();
	(void)close_range(ROLE_PARENT_FD + 1, ~0u, 0);
	/* A parent that dies takes its children with it. */
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	for (;;) {
		buf_clear(&body);
		r = msg_read(
		    ROLE_PARENT_FD, ROLE_PARENT, self, START_MS, &body, &msg);
		if (r < 0 || msg.type == MSG_START)
			break;
		r = take(ret_setup, &msg);
		fd_close(&msg.fd);
		if (r < 0)
			break;
	}
	buf_free(&body);
	if (r < 0)
		return r;
	log_init(role_name(self), (enum log_level)ret_setup->config.log_level);
	return 0;
}

unsigned
role_uid(enum role role)
{
	return UID_BASE + role;
}

int
role_enter(const struct role_setup *setup)
{
	struct sandbox sandbox = {
	    .calls = roles[setup->self].calls,
	    .folder = setup->folder,
	    .uid = role_uid(setup->self),
	    .files = roles[setup->self].files,
	};

	if (roles[setup->self].folder &&
	    (setup->folder < 0 || fchdir(setup->folder) < 0))
		return E_SANDBOX;
	return sandbox_enter(&sandbox);
}

static int
take_setup_anew(const struct role_program *program, struct slice body)
{
	struct config *config = &program->setup->config;
	int r = role_take_config(body, config);

	if (r == 0 && program->configured != NULL)
		r = program->configured(program->arg);
	if (r == 0)
		log_init(role_name(program->role),
		    (enum log_level)config->log_level);
	return r;
}

static int
take_peer_anew(const struct role_program *program, struct msg *msg)
{
	struct role_fd peer;
	int r = role_take_peer(msg, &peer);

	return r < 0 ? r : program->add_peer(program->arg, &peer);
}

static void
on_parent(void *arg, struct channel *channel UNUSED, struct msg *msg)
{
	const struct role_program *program = arg;
	int r = 0;

	if (msg->type == MSG_PEER)
		r = take_peer_anew(program, msg);
	else if (msg->type == MSG_SETUP)
		r = take_setup_anew(program, msg->body);
	else if (msg->type == MSG_DRAIN && program->drain != NULL)
		program->drain(program->arg);
	else if (msg->type == MSG_DRAIN)
		loop_stop(*program->loop);
	else
		r = program->message != NULL
		        ? program->message(program->arg, msg)
		        : E_GRAMMAR;
	fd_close(&msg->fd);
	if (r < 0)
		log_error("role.parent", log_str(K_NAME, msg_name(msg->type)),
		    log_err(r));
}

/* Without a parent there is nothing to serve. */
static void
on_parent_broken(void *arg UNUSED, struct channel *channel UNUSED, int why)
{
	log_error("role.parent", log_err(why));
	_exit(1);
}

static const struct channel_handlers parent_handlers = {
    .message = on_parent, .broken = on_parent_broken};

static int
start(const struct role_program *program)
{
	/* A channel's own pointer is not const; the program stays as it is. */
	void *arg = (void *)(uintptr_t)program;
	struct role_setup *setup = program->setup;
	int r = set_up(program->role, setup);

	if (r == 0 && program->prepare != NULL)
		r = program->prepare(program->arg);
	if (r < 0 ||
	    (r = program->enter != NULL ? program->enter(program->arg)
	                                : role_enter(setup)) < 0 ||
	    (r = loop_new(program->loop)) < 0 ||
	    (r = channel_new(*program->loop, ROLE_PARENT_FD, program->role,
		 (struct peer){.role = ROLE_PARENT}, &parent_handlers, arg,
		 program->parent)) < 0 ||
	    (r = program->start(program->arg)) < 0)
		return r;
	for (size_t i = 0; i < setup->n_peers && r == 0; i++)
		if (setup->peers[i].fd >= 0)
			r = program->add_peer(program->arg, &setup->peers[i]);
	return r;
}

int
role_main(const struct role_program *program)
{
	int r = start(program);

	if (r < 0) {
		log_error("role.start", log_err(r));
		return 1;
	}
	channel_send(*program->parent, MSG_READY, 0, SLICE_NONE);
	r = loop_run(*program->loop);
	/* What was sent last leaves with a round's end. */
	(void)loop_once(*program->loop, 0);
	if (program->end != NULL)
		program->end(program->arg);
	return r < 0 ? 1 : 0;
}

struct role_fd *
role_peer(struct role_setup *setup, enum role role, size_t index)
{
	for (size_t i = 0; i < setup->n_peers; i++)
		if (setup->peers[i].peer.role == role &&
		    setup->peers[i].peer.index == index)
			return &setup->peers[i];
	return NULL;
}

void
role_tell_kill(struct channel *parent, const struct peer *peer, const char *why)
{
	struct buf body = BUF(KILL_MAX);

	body_put_kill(&body, &(struct body_kill){peer->role, peer->index,
				 peer->pid, slice_str(why)});
	if (body.error == 0)
		channel_send(parent, MSG_KILL, 0, buf_slice(&body));
	buf_free(&body);
}

void
role_tell_broken(struct channel *parent, const struct peer *peer, int why)
{
	role_tell_kill(parent, peer,
	    why == E_CLOSED    ? ""
	    : why == E_GRAMMAR ? "it sent what its role may not send"
			       : "it doesn't read what it is sent");
}

struct slice
role_build_id(void)
{
	return SLICE(CHANCERY_BUILD_ID);
}
