/*
 * The keeper process: private keys, and the secrets of people. It answers typed
 * requests of core and the fronts, over channels it was given, and has no
 * network and no user data.
 */
#include <fcntl.h>
#include <openssl/crypto.h>
#include <stdio.h>
#include <unistd.h>

#include "base/file.h"
#include "base/log.h"
#include "base/mem.h"
#include "ipc/body.h"
#include "keeper/log_key.h"
#include "keeper/secrets.h"
#include "keeper/tls_key.h"

enum { ANSWER_MAX = 65536, SECURE_HEAP = 65536 };

struct keeper {
	struct loop *loop;
	struct role_setup setup;
	struct channel *parent, *core;
	struct channel *fronts[ROLE_PEERS_MAX];
	struct log_key log_key;
	struct tls_key *tls_key;
	struct secrets *secrets;
	struct buf out, note;
};

/* ---- core
 * ------------------------------------------------------------------------ */

static int
sign_checkpoint(struct keeper *keeper, const struct msg *msg)
{
	int r;

	buf_clear(&keeper->note);
	r = log_key_sign(&keeper->log_key, msg->body, &keeper->note);
	if (r < 0)
		log_error("keeper.sign", log_err(r));
	if (r == E_GRAMMAR)
		return r;
	buf_clear(&keeper->out);
	body_put_signed(
	    &keeper->out, &(struct body_signed){r,
			      r < 0 ? SLICE_NONE : buf_slice(&keeper->note)});
	channel_send(
	    keeper->core, MSG_SIGNED, msg->id, buf_slice(&keeper->out));
	return 0;
}

/* Its successor will be introduced. */
static void
on_core_broken(void *arg, struct channel *channel, int why)
{
	struct keeper *keeper = arg;

	role_tell_broken(keeper->parent, channel_peer(channel), why);
	secrets_forget(keeper->secrets);
	channel_free(&keeper->core);
}

static void
on_core(void *arg, struct channel *channel, struct msg *msg)
{
	struct keeper *keeper = arg;
	int r = 0;

	if (msg->type == MSG_SIGN)
		r = sign_checkpoint(keeper, msg);
	else if (msg->type == MSG_SECRET_ASK)
		r = secrets_ask(keeper->secrets, msg->id, msg->body);
	if (r < 0)
		on_core_broken(keeper, channel, r);
}

static void
send_answer(void *arg, uint64_t id, struct slice body)
{
	struct keeper *keeper = arg;

	channel_send(keeper->core, MSG_SECRET_ANSWER, id, body);
}

static const struct channel_handlers core_handlers = {
    .message = on_core, .broken = on_core_broken};

static int
add_core(struct keeper *keeper, struct role_fd *in)
{
	int r;

	secrets_forget(keeper->secrets);
	channel_free(&keeper->core);
	r = channel_new(keeper->loop, in->fd, ROLE_KEEPER, in->peer,
	    &core_handlers, keeper, &keeper->core);
	if (r < 0)
		return r;
	channel_hold_secrets(keeper->core);
	buf_clear(&keeper->note);
	note_key_put(&keeper->log_key.key, &keeper->note);
	buf_clear(&keeper->out);
	body_put_log_key(&keeper->out,
	    &(struct body_log_key){buf_slice(&keeper->note),
		keeper->log_key.last.size, keeper->log_key.last.root});
	channel_send(keeper->core, MSG_LOG_KEY, 0, buf_slice(&keeper->out));
	return 0;
}

/* ---- fronts
 * ------------------------------------------------------------------------ */

static int
sign_handshake(
    struct keeper *keeper, struct channel *channel, const struct msg *msg)
{
	struct body_tls_sign in;
	int r;

	if (body_get_tls_sign(msg->body, &in) < 0 ||
	    in.how > TLS_SIGN_RSA_PKCS1)
		return E_GRAMMAR;
	buf_clear(&keeper->note);
	r = tls_key_sign(
	    keeper->tls_key, (enum tls_sign)in.how, in.data, &keeper->note);
	buf_clear(&keeper->out);
	body_put_tls_signed(
	    &keeper->out, &(struct body_tls_signed){r,
			      r < 0 ? SLICE_NONE : buf_slice(&keeper->note)});
	channel_send(channel, MSG_TLS_SIGNED, msg->id, buf_slice(&keeper->out));
	return 0;
}

static void
on_front_broken(void *arg, struct channel *channel, int why)
{
	struct keeper *keeper = arg;

	role_tell_broken(keeper->parent, channel_peer(channel), why);
	channel_free(&keeper->fronts[channel_peer(channel)->index]);
}

static void
on_front(void *arg, struct channel *channel, struct msg *msg)
{
	if (msg->type == MSG_TLS_SIGN && sign_handshake(arg, channel, msg) < 0)
		on_front_broken(arg, channel, E_GRAMMAR);
}

static const struct channel_handlers front_handlers = {
    .message = on_front, .broken = on_front_broken};

static int
add_front(struct keeper *keeper, struct role_fd *in)
{
	struct channel **front = &keeper->fronts[in->peer.index];

	channel_free(front);
	return channel_new(keeper->loop, in->fd, ROLE_KEEPER, in->peer,
	    &front_handlers, keeper, front);
}

/* ---- the parent
 * ---------------------------------------------------------------------- */

static int
add_peer(void *arg, struct role_fd *in)
{
	struct keeper *keeper = arg;

	if (in->peer.role == ROLE_CORE)
		return add_core(keeper, in);
	if (in->peer.role == ROLE_FRONT)
		return add_front(keeper, in);
	fd_close(&in->fd);
	return E_GRAMMAR;
}

/* A renewed key is taken on only if it can be read. */
static int
take_tls_key(struct keeper *keeper, int fd)
{
	struct tls_key *key = NULL;
	int r = tls_key_load(fd, &key);

	if (r < 0)
		return r;
	tls_key_free(&keeper->tls_key);
	keeper->tls_key = key;
	return 0;
}

static int
on_parent(void *arg, struct msg *msg)
{
	return msg->type == MSG_TLS_KEY ? take_tls_key(arg, msg->fd)
	                                : E_GRAMMAR;
}

/* ---- starting and ending
 * -------------------------------------------------------------------------- */

static int
load_keys(struct keeper *keeper)
{
	const char *hostname = keeper->setup.config.hostname;
	int r = log_key_open(hostname, &keeper->log_key);

	if (r < 0)
		return r;
	if (keeper->setup.tls_key < 0)
		return tls_key_own(hostname, &keeper->tls_key);
	r = take_tls_key(keeper, keeper->setup.tls_key);
	fd_close(&keeper->setup.tls_key);
	return r;
}

static int
open_secrets(struct keeper *keeper)
{
	const struct config *config = &keeper->setup.config;
	const struct secrets_options options = {
	    .threads = (size_t)config->hash_threads,
	    .waiting = (size_t)config->max_hashing,
	    .answer = send_answer,
	    .arg = keeper,
	};

	return secrets_new(keeper->loop, &options, &keeper->secrets);
}

static int
prepare(void *arg UNUSED)
{
	/* Keys in memory that is locked and not dumped. */
	(void)CRYPTO_secure_malloc_init(SECURE_HEAP, 32);
	return 0;
}

static int
start(void *arg)
{
	struct keeper *keeper = arg;
	int r;

	keeper->out = BUF(ANSWER_MAX);
	keeper->note = BUF(ANSWER_MAX);
	r = load_keys(keeper);
	return r < 0 ? r : open_secrets(keeper);
}

static void
end(void *arg)
{
	struct keeper *keeper = arg;

	secrets_free(&keeper->secrets);
	log_key_free(&keeper->log_key);
	tls_key_free(&keeper->tls_key);
}

int
main(void)
{
	static struct keeper keeper;
	static const struct role_program program = {
	    .role = ROLE_KEEPER,
	    .arg = &keeper,
	    .setup = &keeper.setup,
	    .loop = &keeper.loop,
	    .parent = &keeper.parent,
	    .prepare = prepare,
	    .start = start,
	    .add_peer = add_peer,
	    .message = on_parent,
	    .end = end,
	};

	return role_main(&program);
}
