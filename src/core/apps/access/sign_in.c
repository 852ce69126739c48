#include "core/apps/access/sign_in.h"

#include <sodium.h>
#include <stdio.h>
#include <utf8proc.h>

#include "core/core.h"
#include "core/opaque.h"

enum { ORIGINS_MAX = 4, ORIGIN_MAX = 300, LOGIN_MAX = 255 };

/* ---- names and passwords --------------------------------------------------
 */

static int
map_text(struct run *run, struct slice text, unsigned options,
    struct slice *ret_text)
{
	utf8proc_uint8_t *mapped = NULL;
	utf8proc_ssize_t n = utf8proc_map(text.p, (utf8proc_ssize_t)text.n,
	    &mapped, (utf8proc_option_t)(UTF8PROC_STABLE | options));

	if (n < 0)
		return n == UTF8PROC_ERROR_NOMEM ? E_NOMEM : E_INVALID;
	*ret_text = run_copy(run, slice_of(mapped, (size_t)n));
	sodium_memzero(mapped, (size_t)n);
	mem_free(mapped);
	return ret_text->p != NULL ? 0 : E_NOMEM;
}

/* Not a space, a control character, or one that nobody sees. */
static bool
is_shown(utf8proc_category_t category)
{
	return category != UTF8PROC_CATEGORY_CN &&
	       category < UTF8PROC_CATEGORY_ZS;
}

static bool
is_login(struct slice key)
{
	utf8proc_int32_t c;

	for (size_t at = 0; at < key.n;) {
		utf8proc_ssize_t n = utf8proc_iterate(
		    key.p + at, (utf8proc_ssize_t)(key.n - at), &c);

		if (n <= 0 || !is_shown(utf8proc_category(c)))
			return false;
		at += (size_t)n;
	}
	return key.n > 0 && key.n <= LOGIN_MAX;
}

int
access_login_key(struct run *run, struct slice login, struct slice *ret_key)
{
	int r = map_text(run, login,
	    UTF8PROC_COMPOSE | UTF8PROC_COMPAT | UTF8PROC_CASEFOLD, ret_key);

	if (r < 0)
		return r == E_INVALID ? E_NAME : r;
	return is_login(*ret_key) ? 0 : E_NAME;
}

int
access_find_login(struct run *run, struct slice key, uint64_t *ret_principal)
{
	struct stmt *stmt = db_stmt(run->place->db, SQL_PRINCIPAL_BY_LOGIN);
	int r;

	stmt_bytes(stmt, 1, key);
	r = stmt_step(stmt);
	if (r <= 0)
		return r < 0 ? r : E_NOT_FOUND;
	*ret_principal = stmt_col_u64(stmt, 0);
	stmt_done(stmt);
	return 0;
}

int
sign_in_password(
    struct run *run, struct slice password, struct slice *ret_password)
{
	struct buf text = BUF_SECRET(SECRET_PASSWORD_MAX);
	int r = opaque_prepare(password, &text);

	if (r == 0) {
		*ret_password = run_copy(run, buf_slice(&text));
		r = ret_password->p != NULL ? 0 : E_NOMEM;
	}
	buf_free(&text);
	return r == E_NOMEM || r == 0 ? r : E_INVALID;
}

/* ---- rows ------------------------------------------------------------------
 */

static int
take_row(
    struct run *run, struct stmt *stmt, int secret, struct sign_in_row *ret_row)
{
	ret_row->id = stmt_col_u64(stmt, 0);
	ret_row->secret = run_copy(run, stmt_col_bytes(stmt, secret));
	ret_row->counter = stmt_col_u64(stmt, secret + 1);
	ret_row->flags = stmt_col_u64(stmt, secret + 2);
	return ret_row->secret.p != NULL ? 0 : E_NOMEM;
}

int
sign_in_find(struct run *run, uint64_t principal, unsigned kind, bool pending,
    struct sign_in_row *ret_row)
{
	struct stmt *stmt = db_stmt(run->place->db, SQL_CREDENTIAL_OF_KIND);
	int r;

	*ret_row = (struct sign_in_row){.secret = SLICE("")};
	stmt_u64(stmt, 1, principal);
	stmt_u64(stmt, 2, kind);
	while ((r = stmt_step(stmt)) > 0) {
		bool waits = (stmt_col_u64(stmt, 3) & ACCESS_PENDING) != 0;

		if (waits != pending)
			continue;
		r = take_row(run, stmt, 1, ret_row);
		ret_row->principal = principal;
		stmt_done(stmt);
		break;
	}
	return r;
}

static int
find_passkey(struct run *run, struct slice handle, struct sign_in_row *ret_row)
{
	struct stmt *stmt = db_stmt(run->place->db, SQL_CREDENTIAL_BY_HANDLE);
	int r;

	*ret_row = (struct sign_in_row){.secret = SLICE("")};
	stmt_bytes(stmt, 1, handle);
	if ((r = stmt_step(stmt)) <= 0)
		return r;
	ret_row->principal = stmt_col_u64(stmt, 1);
	r = take_row(run, stmt, 2, ret_row);
	stmt_done(stmt);
	return r;
}

struct slice
sign_in_owner(struct run *run, uint64_t principal)
{
	return run_copy(run, slice_of(&principal, sizeof(principal)));
}

struct slice
sign_in_digest(struct run *run, struct slice bytes)
{
	struct digest digest = sha256(bytes);

	return run_copy(run, digest_slice(&digest));
}

/* ---- the keeper ------------------------------------------------------------
 */

int
sign_in_put(struct run *run, const struct secret_ask *ask)
{
	secret_put_ask(&run->call->ask, ask);
	return run->call->ask.error != 0 ? run->call->ask.error : 1;
}

int
sign_in_answer(
    struct run *run, enum secret_kind kind, struct secret_answer *ret_answer)
{
	const struct call *call = run->call;

	if (!call->answered)
		return E_BUSY;
	if (call->answer_code < 0)
		return call->answer_code;
	if (call->answer.n == 0)
		return E_STATE;
	if (secret_get_answer(call->answer, ret_answer) < 0 ||
	    ret_answer->kind != kind)
		return E_GRAMMAR;
	return 0;
}

/* ---- the browser's part ----------------------------------------------------
 */

static size_t
list_origins(const struct config *config, char ret[ORIGINS_MAX][ORIGIN_MAX])
{
	size_t n = 0;

	(void)snprintf(
	    ret[n++], ORIGIN_MAX, "https://%.253s", config->hostname);
	(void)snprintf(ret[n++], ORIGIN_MAX, "https://%.253s:%u",
	    config->hostname, (unsigned)config->https_port);
	if (config_is_local(config))
		(void)snprintf(ret[n++], ORIGIN_MAX, "http://localhost:%u",
		    (unsigned)config->http_port);
	return n;
}

int
sign_in_client_data(struct run *run, unsigned purpose, struct slice challenge,
    struct slice client_data)
{
	char texts[ORIGINS_MAX][ORIGIN_MAX];
	struct slice origins[ORIGINS_MAX];
	size_t n = list_origins(core_config(run->place->core), texts);
	enum webauthn_wrong wrong;
	int r = challenge_check(run->place, purpose, challenge);

	if (r < 0)
		return r;
	for (size_t i = 0; i < n; i++)
		origins[i] = slice_str(texts[i]);
	wrong = webauthn_check_client_data(client_data,
	    purpose == CHALLENGE_REGISTER ? WEBAUTHN_CREATE : WEBAUTHN_GET,
	    challenge, origins, n);
	if (wrong == WEBAUTHN_RIGHT)
		return 0;
	r = run_number(run, FACT_WRONG, (int64_t)wrong);
	return r < 0 ? r : E_DENIED;
}

/* ---- by name, password and code --------------------------------------------
 */

static bool
by_passkey(const struct session_begin *args)
{
	return args->has_passkey;
}

static bool
is_whole(const struct session_begin *args, bool with_login)
{
	if (by_passkey(args))
		return !args->has_login && !args->has_password &&
		       !args->has_code && args->has_challenge &&
		       args->has_client_data && args->has_authenticator_data &&
		       args->has_signature;
	/* Without a code it takes an exception; it isn't told here. */
	return args->has_login == with_login && args->has_password &&
	       !args->has_challenge && !args->has_client_data &&
	       !args->has_authenticator_data && !args->has_signature;
}

/* As all its spellings are, or as it was typed where nobody can have it. */
static int
read_login(struct run *run, struct slice *ret_login)
{
	const struct session_begin *args = RUN_ARGS(run, session_begin);
	int r = access_login_key(run, args->login, ret_login);

	if (r == E_NAME)
		*ret_login = args->login;
	return r == E_NAME ? 0 : r;
}

/*
 * Whose password it is to be, 0 where nobody has that name; the name is empty
 * where it is known who.
 */
static int
find_named(struct run *run, uint64_t principal, struct slice *ret_login,
    uint64_t *ret_principal)
{
	int r;

	*ret_login = SLICE("");
	*ret_principal = principal;
	if (principal != 0)
		return 0;
	if ((r = read_login(run, ret_login)) == 0)
		r = access_find_login(run, *ret_login, ret_principal);
	return r == E_NOT_FOUND ? 0 : r;
}

/* Both rows, or neither: half of them is none. */
static int
find_secrets(struct run *run, uint64_t principal,
    struct sign_in_row *ret_password, struct sign_in_row *ret_totp)
{
	int r = sign_in_find(
	    run, principal, CREDENTIAL_PASSWORD, false, ret_password);

	return r < 0 ? r
	             : sign_in_find(
			   run, principal, CREDENTIAL_TOTP, false, ret_totp);
}

static int
ask_password(struct run *run, uint64_t principal)
{
	const struct session_begin *args = RUN_ARGS(run, session_begin);
	struct secret_ask ask = {.kind = SECRET_SIGN_IN};
	struct sign_in_row password, totp;
	struct digest account;
	int r;

	if ((r = find_named(run, principal, &ask.sign_in.login, &principal)) <
		0 ||
	    (r = find_secrets(run, principal, &password, &totp)) < 0)
		return r;
	/* What can't be a password is asked about as one that is none. */
	r = sign_in_password(
	    run, args->password, &ask.sign_in.password.password);
	if (r == E_INVALID)
		ask.sign_in.password.password = SLICE("");
	else if (r < 0)
		return r;
	ask.sign_in.password.verifier = password.secret;
	ask.sign_in.totp.sealed = totp.secret;
	ask.sign_in.totp.owner = sign_in_owner(run, principal);
	ask.sign_in.totp.code = args->has_code ? args->code : SLICE("");
	ask.sign_in.totp.now_ms = (uint64_t)run->place->now;
	ask.sign_in.totp.last_step = totp.counter;
	run->call->asked_of[0] = principal;
	run->call->asked_of[1] = password.id;
	run->call->asked_of[2] = totp.id;
	/* However the name is written, it is one account. */
	account =
	    sha256(principal != 0 ? ask.sign_in.totp.owner : ask.sign_in.login);
	memcpy(&run->call->account, account.b, sizeof(run->call->account));
	return sign_in_put(run, &ask);
}

/* A name that nobody has is kept as what the keeper made of it alone. */
static int
note_nobody(struct run *run, struct slice name)
{
	enum { NOBODY_BYTES = 16 };

	if (name.n < NOBODY_BYTES)
		return 0;
	return draft_bytes(
	    run->draft, FACT_NOBODY, slice_first(name, NOBODY_BYTES));
}

static void
name_principal(struct run *run, uint64_t principal)
{
	run->draft->object.kind = KIND_PRINCIPAL;
	run->draft->object.ref = principal;
}

/*
 * A password alone: never, but where two people have made an exception for
 * just this person, which the record then rests on.
 */
static int
check_alone(struct run *run, struct sign_in *sign_in)
{
	struct proof proof;
	int r = decide_org(
	    run->place, sign_in->principal, RELATION_PASSWORD_ALONE, &proof);

	if (r < 0)
		return r == E_DENIED ? E_UNAUTHENTICATED : r;
	sign_in->assurance = ASSURANCE_PASSWORD;
	sign_in->expires = proof.expires;
	sign_in->second = (struct sign_in_row){.id = 0};
	return draft_proof(
	    run->draft, proof.own, proof.n_own, 0, proof.tail, proof.n_tail);
}

static int
check_password(struct run *run, uint64_t principal, struct sign_in *sign_in)
{
	const struct session_begin *args = RUN_ARGS(run, session_begin);
	struct secret_answer answer;
	struct slice login;
	int r;

	if ((r = find_named(run, principal, &login, &sign_in->principal)) < 0 ||
	    (r = find_secrets(run, sign_in->principal, &sign_in->first,
		 &sign_in->second)) < 0)
		return r;
	if (sign_in->principal != 0)
		name_principal(run, sign_in->principal);
	if ((r = sign_in_answer(run, SECRET_SIGN_IN, &answer)) < 0)
		return r;
	if (sign_in->principal == 0 &&
	    (r = note_nobody(run, answer.sign_in.name)) < 0)
		return r;
	if (answer.code < 0)
		return answer.code == E_DENIED ? E_UNAUTHENTICATED
		                               : answer.code;
	if (!answer.sign_in.right || sign_in->first.id == 0 ||
	    sign_in->first.id != run->call->asked_of[1])
		return E_UNAUTHENTICATED;
	sign_in->verifier = answer.sign_in.verifier;
	if (!args->has_code)
		return check_alone(run, sign_in);
	if (answer.sign_in.step == 0 || answer.sign_in.replayed ||
	    sign_in->second.id == 0 ||
	    sign_in->second.id != run->call->asked_of[2] ||
	    answer.sign_in.step <= sign_in->second.counter)
		return E_UNAUTHENTICATED;
	sign_in->assurance = ASSURANCE_TWO;
	sign_in->counter = answer.sign_in.step;
	return 0;
}

/* ---- by passkey ------------------------------------------------------------
 */

static int
ask_passkey(struct run *run, uint64_t principal)
{
	const struct session_begin *args = RUN_ARGS(run, session_begin);
	const struct config *config = core_config(run->place->core);
	struct secret_ask ask = {.kind = SECRET_PASSKEY_CHECK};
	struct sign_in_row row;
	int r = find_passkey(run, args->passkey, &row);

	if (r < 0 || row.id == 0 ||
	    (principal != 0 && row.principal != principal))
		return r;
	r = sign_in_client_data(
	    run, CHALLENGE_SIGN_IN, args->challenge, args->client_data);
	if (r < 0)
		return r;
	ask.passkey.rp_id = slice_str(config->hostname);
	ask.passkey.client_hash = sign_in_digest(run, args->client_data);
	ask.passkey.authdata = args->authenticator_data;
	ask.passkey.signature = args->signature;
	ask.passkey.public_key = row.secret;
	run->call->asked_of[0] = row.principal;
	run->call->asked_of[1] = row.id;
	return sign_in_put(run, &ask);
}

static int
refuse_passkey(struct run *run, uint64_t wrong)
{
	int r = run_number(run, FACT_WRONG, (int64_t)wrong);

	return r < 0 ? r : E_UNAUTHENTICATED;
}

static int
check_passkey(struct run *run, uint64_t principal, struct sign_in *sign_in)
{
	const struct session_begin *args = RUN_ARGS(run, session_begin);
	struct secret_answer answer;
	enum webauthn_wrong wrong;
	int r = find_passkey(run, args->passkey, &sign_in->first);

	if (r < 0)
		return r;
	if (sign_in->first.id == 0)
		return E_UNAUTHENTICATED;
	sign_in->principal = sign_in->first.principal;
	name_principal(run, sign_in->principal);
	if (principal != 0 && sign_in->principal != principal)
		return E_UNAUTHENTICATED;
	r = sign_in_client_data(
	    run, CHALLENGE_SIGN_IN, args->challenge, args->client_data);
	if (r == E_DENIED || r == E_STATE || r == E_EXPIRED)
		return E_UNAUTHENTICATED;
	if (r < 0 ||
	    (r = sign_in_answer(run, SECRET_PASSKEY_CHECK, &answer)) < 0)
		return r == E_STATE ? E_UNAUTHENTICATED : r;
	if (answer.code == E_DENIED)
		return refuse_passkey(run, answer.passkey.wrong);
	if (answer.code < 0)
		return answer.code;
	if (sign_in->first.id != run->call->asked_of[1])
		return E_UNAUTHENTICATED;
	wrong = webauthn_check_state(answer.passkey.counter,
	    answer.passkey.flags, sign_in->first.counter, sign_in->first.flags);
	if (wrong == WEBAUTHN_WRONG_COUNTER)
		alert_note(run, &(struct alert){.about = ALERT_COUNTER,
				    .kind = KIND_PRINCIPAL,
				    .ref = sign_in->principal,
				    .target = sign_in->first.id});
	if (wrong != WEBAUTHN_RIGHT)
		return refuse_passkey(run, (uint64_t)wrong);
	sign_in->assurance = ASSURANCE_PASSKEY;
	sign_in->counter = answer.passkey.counter;
	sign_in->flags = answer.passkey.flags;
	return 0;
}

/* ---- either ----------------------------------------------------------------
 */

int
sign_in_ask(struct run *run, uint64_t principal)
{
	const struct session_begin *args = RUN_ARGS(run, session_begin);

	if (!is_whole(args, principal == 0))
		return E_INVALID;
	return by_passkey(args) ? ask_passkey(run, principal)
	                        : ask_password(run, principal);
}

int
sign_in_check(struct run *run, uint64_t principal, struct sign_in *ret_sign_in)
{
	const struct session_begin *args = RUN_ARGS(run, session_begin);
	struct principal_row row;
	int r;

	*ret_sign_in = (struct sign_in){.principal = 0};
	if (!is_whole(args, principal == 0))
		return E_INVALID;
	r = by_passkey(args) ? check_passkey(run, principal, ret_sign_in)
	                     : check_password(run, principal, ret_sign_in);
	if (r < 0)
		return r;
	r = access_live_principal(run, ret_sign_in->principal, &row);
	if (r < 0)
		return r == E_NOT_FOUND ? E_UNAUTHENTICATED : r;
	return row.suspended != 0 ? E_SUSPENDED : 0;
}

static int
set_counter(struct run *run, enum sql sql, uint64_t credential, uint64_t value)
{
	struct stmt *stmt = db_stmt(run->place->db, sql);

	stmt_u64(stmt, 1, credential);
	stmt_u64(stmt, 2, value);
	return stmt_run(stmt);
}

/* Of a password whose verifier was of older parameters. */
static int
renew(struct run *run, const struct sign_in *sign_in)
{
	struct stmt *stmt = db_stmt(run->place->db, SQL_CREDENTIAL_SECRET);
	int r;

	stmt_u64(stmt, 1, sign_in->first.id);
	stmt_bytes(stmt, 2, sign_in->verifier);
	r = stmt_run(stmt);
	return r < 0 ? r : run_number(run, FACT_RENEWED, 1);
}

int
sign_in_apply(struct run *run, const struct sign_in *sign_in)
{
	const struct session_begin *args = RUN_ARGS(run, session_begin);
	int r;

	run->call->was_right = true;
	if (sign_in->verifier.n > 0 && (r = renew(run, sign_in)) < 0)
		return r;
	if (sign_in->assurance == ASSURANCE_PASSWORD)
		return 0;
	if (sign_in->assurance == ASSURANCE_TWO)
		return set_counter(run, SQL_CREDENTIAL_COUNTER,
		    sign_in->second.id, sign_in->counter);
	if ((r = challenge_answered(run->place, args->challenge)) < 0 ||
	    (r = run_number(run, FACT_COUNTER, (int64_t)sign_in->counter)) <
		0 ||
	    (r = set_counter(run, SQL_CREDENTIAL_COUNTER, sign_in->first.id,
		 sign_in->counter)) < 0)
		return r;
	return set_counter(
	    run, SQL_CREDENTIAL_FLAGS, sign_in->first.id, sign_in->flags);
}
