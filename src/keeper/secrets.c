#include "keeper/secrets.h"

#include <sodium.h>
#include <stdatomic.h>

#include "base/base.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/secret.h"
#include "ipc/secret.h"
#include "keeper/passkey.h"
#include "keeper/password.h"
#include "keeper/people_key.h"
#include "keeper/pool.h"
#include "keeper/totp.h"

struct secrets {
	struct people_key key;
	struct secrets_options options;
	struct pool *pool;
	atomic_uint_fast64_t asker; /* goes up when one is gone */
	atomic_bool foreign;        /* something of another key came */
	bool told, ending;
	struct buf out;
};

/* A question that waits for the pool, with the answer's bytes in the end. */
struct waiting {
	struct pool_job job;
	struct secrets *secrets;
	uint64_t id, asker;
	struct secret body;
	struct secret_ask ask; /* points into the body */
	uint8_t name[SECRET_MAC_BYTES];
	struct buf verifier;
	struct secret_answer answer;
};

/* ---- passwords, on a thread of the pool -------------------------------- */

static bool
needs_hashing(enum secret_kind kind)
{
	return kind == SECRET_PASSWORD_HASH || kind == SECRET_PASSWORD_CHECK ||
	       kind == SECRET_SIGN_IN;
}

static void
saw(struct secrets *secrets, bool foreign)
{
	if (foreign)
		atomic_store(&secrets->foreign, true);
}

static int
check_password(struct secrets *secrets, const struct secret_password_check *ask,
    uint64_t *ret_rehash)
{
	bool rehash = false, foreign = false;
	int r = password_check(
	    &secrets->key, ask->verifier, ask->password, &rehash, &foreign);

	saw(secrets, foreign);
	*ret_rehash = rehash;
	return r;
}

static int
check_totp(struct secrets *secrets, const struct secret_totp_check *ask,
    uint64_t *ret_step, uint64_t *ret_replayed)
{
	bool replayed = false, foreign = false;
	int r = totp_check(&secrets->key, ask, ret_step, &replayed, &foreign);

	saw(secrets, foreign);
	*ret_replayed = replayed;
	return r;
}

static void
hash(struct waiting *w)
{
	const struct secret_password_hash *ask = &w->ask.hash;
	struct secret_answer *answer = &w->answer;

	answer->hash.weak = password_weak(ask->password, ask->names);
	answer->code = E_WEAK;
	if (answer->hash.weak != SECRET_WEAK_NOT)
		return;
	answer->code = password_hash(
	    &w->secrets->key, ask->password, &password_cost, &w->verifier);
	if (answer->code == 0)
		answer->hash.verifier = buf_slice(&w->verifier);
}

/* HMAC-SHA-256 of the name, for what it is used for and nothing else. */
static void
mac_login(const struct people_key *key, struct slice login,
    uint8_t ret_mac[static SECRET_MAC_BYTES])
{
	static const uint8_t use[] = "\x05login";
	crypto_auth_hmacsha256_state state;

	_Static_assert(
	    SECRET_MAC_BYTES == crypto_auth_hmacsha256_BYTES, "its length");
	(void)crypto_auth_hmacsha256_init(&state, key->mac.p, key->mac.n);
	(void)crypto_auth_hmacsha256_update(&state, use, sizeof(use) - 1);
	(void)crypto_auth_hmacsha256_update(&state, login.p, login.n);
	(void)crypto_auth_hmacsha256_final(&state, ret_mac);
	secret_wipe(&state, sizeof(state));
}

/* Where it can't be made the old one stays: that is as right as it was. */
static void
renew(struct waiting *w)
{
	if (password_hash(&w->secrets->key, w->ask.sign_in.password.password,
		&password_cost, &w->verifier) == 0)
		w->answer.sign_in.verifier = buf_slice(&w->verifier);
}

/*
 * All is looked at, whatever the first one said. A new verifier costs a hash
 * more, so it is made where all is right: who has the password alone must not
 * learn from the time that it takes that it is the right one.
 */
static void
sign_in(struct waiting *w)
{
	struct secret_answer *answer = &w->answer;
	uint64_t rehash;
	int password =
	    check_password(w->secrets, &w->ask.sign_in.password, &rehash);
	int totp = check_totp(w->secrets, &w->ask.sign_in.totp,
	    &answer->sign_in.step, &answer->sign_in.replayed);

	mac_login(&w->secrets->key, w->ask.sign_in.login, w->name);
	answer->sign_in.name = slice_of(w->name, sizeof(w->name));
	answer->sign_in.right = password == 0;
	answer->code = password < 0 && password != E_DENIED ? password
	               : totp < 0 && totp != E_DENIED       ? totp
	                                                    : 0;
	if (password == 0 && totp == 0 && rehash != 0)
		renew(w);
}

static void
work(struct pool_job *job)
{
	struct waiting *w = CONTAINER_OF(job, struct waiting, job);

	if (w->asker != atomic_load(&w->secrets->asker))
		return;
	if (w->ask.kind == SECRET_PASSWORD_HASH)
		hash(w);
	else if (w->ask.kind == SECRET_PASSWORD_CHECK)
		w->answer.code = check_password(
		    w->secrets, &w->ask.password, &w->answer.password.rehash);
	else
		sign_in(w);
}

/* ---- answers ----------------------------------------------------------- */

/* Once: it says that a key was lost, and what becomes of it. */
static void
tell_foreign(struct secrets *secrets)
{
	if (secrets->told || !atomic_load(&secrets->foreign))
		return;
	secrets->told = true;
	log_error("keeper.people_key",
	    log_str(K_TEXT,
		"passwords or TOTP seeds in the database were made with "
		"another people.key: they must be set anew"));
}

static void
answer(struct secrets *secrets, uint64_t id, const struct secret_answer *with)
{
	tell_foreign(secrets);
	if (secrets->ending)
		return;
	buf_clear(&secrets->out);
	secret_put_answer(&secrets->out, with);
	BUG_ON(secrets->out.error != 0);
	secrets->options.answer(
	    secrets->options.arg, id, buf_slice(&secrets->out));
	buf_clear(&secrets->out);
}

static void
waiting_free(struct waiting **waiting)
{
	struct waiting *w = *waiting;

	if (w == NULL)
		return;
	*waiting = NULL;
	secret_free(&w->body);
	buf_free(&w->verifier);
	secret_wipe(&w->answer, sizeof(w->answer));
	mem_free(w);
}

static void
done(struct pool_job *job)
{
	struct waiting *w = CONTAINER_OF(job, struct waiting, job);

	if (w->asker == atomic_load(&w->secrets->asker))
		answer(w->secrets, w->id, &w->answer);
	waiting_free(&w);
}

/* ---- questions --------------------------------------------------------- */

static int
submit(struct secrets *secrets, uint64_t id, enum secret_kind kind,
    struct slice body)
{
	struct waiting *w = mem_alloc(sizeof(*w));
	int r;

	if (w == NULL)
		return E_NOMEM;
	*w = (struct waiting){.job = {.work = work, .done = done},
	    .secrets = secrets,
	    .id = id,
	    .asker = atomic_load(&secrets->asker),
	    .verifier = BUF(SECRET_VERIFIER_MAX),
	    .answer = {.kind = kind}};
	r = secret_copy(body, &w->body);
	if (r == 0)
		r = secret_get_ask(slice_of(w->body.p, w->body.n), &w->ask);
	if (r == 0)
		r = pool_submit(secrets->pool, &w->job);
	if (r < 0)
		waiting_free(&w);
	return r;
}

static void
make_totp(
    struct secrets *secrets, uint64_t id, const struct secret_totp_make *ask)
{
	struct secret_answer with = {.kind = SECRET_TOTP_MAKE};
	struct buf sealed = BUF(SECRET_SEALED_MAX);
	struct buf base32 = BUF_SECRET(SECRET_SEALED_MAX);

	with.code = totp_make(&secrets->key, ask->owner, &sealed, &base32);
	if (with.code == 0) {
		with.totp_make.sealed = buf_slice(&sealed);
		with.totp_make.base32 = buf_slice(&base32);
	}
	answer(secrets, id, &with);
	buf_free(&sealed);
	buf_free(&base32);
}

/* What needs no waiting. */
static void
answer_now(struct secrets *secrets, uint64_t id, const struct secret_ask *ask)
{
	struct secret_answer with = {.kind = ask->kind};

	if (ask->kind == SECRET_TOTP_MAKE) {
		make_totp(secrets, id, &ask->totp_make);
		return;
	}
	if (ask->kind == SECRET_PASSKEY_CHECK)
		passkey_check(&ask->passkey, &with);
	else if (ask->kind == SECRET_PASSKEY_REGISTER)
		passkey_register(&ask->enrol, &with);
	else
		with.code = check_totp(
		    secrets, &ask->totp, &with.totp.step, &with.totp.replayed);
	answer(secrets, id, &with);
}

int
secrets_ask(struct secrets *secrets, uint64_t id, struct slice body)
{
	struct secret_ask ask;
	int r = secret_get_ask(body, &ask);

	if (r < 0)
		return r;
	if (!needs_hashing(ask.kind)) {
		answer_now(secrets, id, &ask);
		return 0;
	}
	r = submit(secrets, id, ask.kind, body);
	if (r < 0)
		answer(secrets, id,
		    &(struct secret_answer){.kind = ask.kind, .code = r});
	return 0;
}

void
secrets_forget(struct secrets *secrets)
{
	atomic_fetch_add(&secrets->asker, 1);
}

int
secrets_new(struct loop *loop, const struct secrets_options *options,
    struct secrets **ret_secrets)
{
	struct secrets *secrets = mem_alloc(sizeof(*secrets));
	int r;

	if (secrets == NULL)
		return E_NOMEM;
	passkey_init();
	secrets->options = *options;
	secrets->out = BUF_SECRET(SECRET_ANSWER_MAX);
	/* Room for any answer, so that there always is one. */
	r = buf_room(&secrets->out, SECRET_ANSWER_MAX) != NULL ? 0 : E_NOMEM;
	if (r == 0)
		r = people_key_open(&secrets->key);
	if (r == 0)
		r = pool_new(
		    loop, options->threads, options->waiting, &secrets->pool);
	if (r < 0) {
		secrets_free(&secrets);
		return r;
	}
	*ret_secrets = secrets;
	return 0;
}

void
secrets_free(struct secrets **secrets)
{
	struct secrets *s = *secrets;

	if (s == NULL)
		return;
	*secrets = NULL;
	s->ending = true;
	pool_free(&s->pool);
	people_key_free(&s->key);
	buf_free(&s->out);
	mem_free(s);
}
