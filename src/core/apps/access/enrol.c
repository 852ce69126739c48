/*
 * invitation.issue; passkey.add, password.set, totp.begin, totp.confirm,
 * recovery.make, app_password.issue; credential.list, credential.end.
 *
 * An invitation and a recovery code open enrolment, and nothing else: what they
 * opened ends as soon as the person has something to sign in with.
 */
#include <stdio.h>

#include "base/secret.h"
#include "core/apps/access/sign_in.h"
#include "core/core.h"
#include "wire/http.h"

enum {
	INVITED_DAYS = 3,
	INVITED_MOST_DAYS = 14,
	RECOVERY_CODES = 10,
	RECOVERY_DAYS = 3650,
	APP_PASSWORD_IDLE_DAYS = 90,
	APP_PASSWORD_DAYS = 3650,
	PASSKEYS_MAX = 20,
	URI_MAX = 1024,
};

/* ---- what all of them share
 * -------------------------------------------------- */

/* Who enrols anew ends all that was there before: the record names each. */
static int
check_person(struct run *run)
{
	size_t credentials, sessions;
	int r;

	if (!principal_is_human(run->who.kind))
		return E_KIND;
	if (run->who.opened_by != CREDENTIAL_REISSUE)
		return 0;
	r = access_count_live(run, run->who.principal, &credentials, &sessions);
	return r < 0 ? r : run_check_room(run, credentials + sessions);
}

/*
 * With what there is now: a passkey, or a password and a code. For who enrols
 * anew what they had before is none of it.
 */
static int
can_sign_in(struct run *run, bool *ret_can)
{
	uint64_t principal = run->who.principal;
	uint64_t since =
	    run->who.opened_by == CREDENTIAL_REISSUE ? run->who.credential : 0;
	struct sign_in_row passkey, password, totp;
	int r;

	if ((r = sign_in_find(
		 run, principal, CREDENTIAL_PASSKEY, false, &passkey)) < 0 ||
	    (r = sign_in_find(
		 run, principal, CREDENTIAL_PASSWORD, false, &password)) < 0 ||
	    (r = sign_in_find(run, principal, CREDENTIAL_TOTP, false, &totp)) <
		0)
		return r;
	*ret_can =
	    passkey.id > since || (password.id > since && totp.id > since);
	return 0;
}

/* The invitation, or the code, has done what it was for. */
static int
finish_enrolment(struct run *run, bool *ret_enrolled)
{
	bool can;
	int r;

	*ret_enrolled = false;
	if (!who_enrols(&run->who))
		return 0;
	if ((r = can_sign_in(run, &can)) < 0 || !can)
		return r;
	*ret_enrolled = true;
	if (run->who.opened_by == CREDENTIAL_REISSUE)
		return access_end_up_to(
		    run, run->who.principal, run->who.credential);
	return access_end_credential(run, run->who.credential);
}

static int
tell_made(struct run *run, uint64_t credential)
{
	struct credential_made *result = RUN_RESULT(run, credential_made);
	bool enrolled;
	int r = finish_enrolment(run, &enrolled);

	SHAPE_SET(result, id, ((struct id){credential, KIND_CREDENTIAL}));
	if (enrolled)
		SHAPE_SET(result, enrolled, true);
	return r;
}

static int
note_kind(struct run *run, const struct access_credential *credential)
{
	int r = run_number(run, FACT_CREDENTIAL_KIND, credential->kind);

	if (r == 0)
		r = run_number(
		    run, FACT_FAMILIES, (int64_t)credential->families);
	return r < 0 || credential->expires == 0
	           ? r
	           : run_number(run, FACT_EXPIRES, credential->expires);
}

/* ---- the end of the ceremony
 * ------------------------------------------------- */

static int
find_ceremony(struct run *run, uint64_t *ret_principal)
{
	struct stmt *stmt = db_stmt(run->place->db, SQL_PRINCIPAL_CEREMONY);
	int r;

	*ret_principal = 0;
	stmt_u64(stmt, 1, PRINCIPAL_CEREMONY);
	if ((r = stmt_step(stmt)) <= 0)
		return r;
	*ret_principal = stmt_col_u64(stmt, 0);
	stmt_done(stmt);
	return 0;
}

/*
 * The token of the installation ends when somebody can take over for certain:
 * an administrator for good, with a passkey.
 */
static int
end_ceremony(struct run *run)
{
	uint64_t ceremony;
	struct proof proof;
	int r = decide_org(
	    run->place, run->who.principal, RELATION_USER_ADMIN, &proof);

	if (r < 0 || proof.expires != 0)
		return r == E_DENIED ? 0 : r;
	if ((r = find_ceremony(run, &ceremony)) < 0 || ceremony == 0)
		return r;
	return access_end_principal(run, ceremony);
}

/* ---- passkeys
 * ------------------------------------------------------------------ */

int
passkey_add_ask(struct run *run)
{
	const struct passkey_add *args = RUN_ARGS(run, passkey_add);
	const struct config *config = core_config(run->place->core);
	struct secret_ask ask = {.kind = SECRET_PASSKEY_REGISTER};
	int r = check_person(run);

	if (r < 0 || (r = sign_in_client_data(run, CHALLENGE_REGISTER,
			  args->challenge, args->client_data)) < 0)
		return r;
	ask.enrol.rp_id = slice_str(config->hostname);
	ask.enrol.client_hash = sign_in_digest(run, args->client_data);
	ask.enrol.attestation = args->attestation;
	return sign_in_put(run, &ask);
}

static int
is_registered(struct run *run, struct slice handle)
{
	struct stmt *stmt = db_stmt(run->place->db, SQL_CREDENTIAL_BY_HANDLE);
	int r;

	stmt_bytes(stmt, 1, handle);
	r = stmt_step(stmt);
	stmt_done(stmt);
	return r;
}

int
passkey_add_check(struct run *run)
{
	const struct passkey_add *args = RUN_ARGS(run, passkey_add);
	struct secret_answer *answer = RUN_PLAN(run, struct secret_answer);
	uint64_t n;
	int r;

	if ((r = check_person(run)) < 0 ||
	    (r = access_count_kind(
		 run, run->who.principal, CREDENTIAL_PASSKEY, &n)) < 0)
		return r;
	if (n >= PASSKEYS_MAX)
		return E_LIMIT;
	r = sign_in_client_data(
	    run, CHALLENGE_REGISTER, args->challenge, args->client_data);
	if (r == E_DENIED || r == E_STATE || r == E_EXPIRED)
		return E_INVALID;
	if (r < 0 ||
	    (r = sign_in_answer(run, SECRET_PASSKEY_REGISTER, answer)) < 0)
		return r;
	if (answer->code == E_DENIED) {
		r = run_number(run, FACT_WRONG, (int64_t)answer->enrol.wrong);
		return r < 0 ? r : E_INVALID;
	}
	if (answer->code < 0)
		return answer->code;
	r = is_registered(run, answer->enrol.credential);
	return r > 0 ? E_EXISTS : r;
}

int
passkey_add_apply(struct run *run)
{
	const struct passkey_add *args = RUN_ARGS(run, passkey_add);
	const struct secret_answer *answer =
	    RUN_PLAN(run, struct secret_answer);
	struct access_credential passkey = {.kind = CREDENTIAL_PASSKEY,
	    .principal = run->who.principal,
	    .label = args->label,
	    .label_field = 1,
	    .families = ACCESS_FAMILIES | BIT(FAMILY_ENROL),
	    .secret = answer->enrol.public_key,
	    .handle = answer->enrol.credential,
	    .counter = answer->enrol.counter,
	    .flags = answer->enrol.flags};
	uint64_t ref;
	int r;

	if ((r = challenge_answered(run->place, args->challenge)) < 0 ||
	    (r = note_kind(run, &passkey)) < 0 ||
	    (r = run_number(run, FACT_COUNTER, (int64_t)passkey.counter)) < 0 ||
	    (r = draft_bytes(run->draft, FACT_AAGUID, answer->enrol.aaguid)) <
		0 ||
	    (r = access_make_credential(run, &passkey, &ref)) < 0 ||
	    (r = tell_made(run, ref)) < 0)
		return r;
	return end_ceremony(run);
}

/* ---- passwords
 * ------------------------------------------------------------------ */

int
password_set_ask(struct run *run)
{
	const struct password_set *args = RUN_ARGS(run, password_set);
	struct secret_ask ask = {.kind = SECRET_PASSWORD_HASH};
	struct principal_row row;
	struct buf names = BUF(SECRET_NAMES_MAX);
	int r;

	if ((r = check_person(run)) < 0)
		return r;
	if (!args->has_password)
		return E_INVALID;
	if ((r = access_principal(run, run->who.principal, &row)) < 0 ||
	    (r = sign_in_password(run, args->password, &ask.hash.password)) < 0)
		return r;
	buf_printf(&names, "%.*s\n%.*s\n%s", SLICE_ARG(row.login),
	    SLICE_ARG(row.name), core_config(run->place->core)->hostname);
	ask.hash.names = buf_slice(&names);
	r = names.error != 0 ? names.error : sign_in_put(run, &ask);
	buf_free(&names);
	return r;
}

int
password_set_check(struct run *run)
{
	const struct password_set *args = RUN_ARGS(run, password_set);
	struct secret_answer *answer = RUN_PLAN(run, struct secret_answer);
	struct slice password;
	int r = check_person(run);

	if (r < 0)
		return r;
	if (!args->has_password)
		return E_INVALID;
	if ((r = sign_in_password(run, args->password, &password)) < 0 ||
	    (r = sign_in_answer(run, SECRET_PASSWORD_HASH, answer)) < 0)
		return r;
	return answer->code;
}

/* What the one before it opened ends with it, this session too. */
int
password_set_apply(struct run *run)
{
	const struct secret_answer *answer =
	    RUN_PLAN(run, struct secret_answer);
	struct access_credential password = {.kind = CREDENTIAL_PASSWORD,
	    .principal = run->who.principal,
	    .label = SLICE("password"),
	    .families = ACCESS_FAMILIES | BIT(FAMILY_ENROL),
	    .secret = answer->hash.verifier};
	uint64_t ref;
	int r;

	if ((r = note_kind(run, &password)) < 0 ||
	    (r = access_make_credential(run, &password, &ref)) < 0 ||
	    (r = access_end_kind(
		 run, password.principal, CREDENTIAL_PASSWORD, ref)) < 0)
		return r;
	return tell_made(run, ref);
}

/* ---- codes of an authenticator app
 * ------------------------------------------- */

int
totp_begin_ask(struct run *run)
{
	struct secret_ask ask = {.kind = SECRET_TOTP_MAKE};
	int r = check_person(run);

	if (r < 0)
		return r;
	ask.totp_make.owner = sign_in_owner(run, run->who.principal);
	return sign_in_put(run, &ask);
}

int
totp_begin_check(struct run *run)
{
	struct secret_answer *answer = RUN_PLAN(run, struct secret_answer);
	int r = check_person(run);

	if (r < 0 || (r = sign_in_answer(run, SECRET_TOTP_MAKE, answer)) < 0)
		return r;
	return answer->code;
}

/* As authenticator apps read it; who it is for is shown there. */
static int
put_uri(struct run *run, struct slice seed, struct slice *ret_uri)
{
	const char *host = core_config(run->place->core)->hostname;
	struct buf uri = BUF_SECRET(URI_MAX);
	struct principal_row row = {.login = SLICE("")};
	int r = access_principal(run, run->who.principal, &row);

	buf_put_str(&uri, "otpauth://totp/");
	http_percent_encode(slice_str(host), &uri);
	buf_put_u8(&uri, ':');
	http_percent_encode(row.login, &uri);
	buf_printf(&uri, "?secret=%.*s&issuer=", SLICE_ARG(seed));
	http_percent_encode(slice_str(host), &uri);
	if (r == 0)
		r = uri.error;
	*ret_uri = r == 0 ? run_copy(run, buf_slice(&uri)) : SLICE_NONE;
	buf_free(&uri);
	return r < 0 ? r : ret_uri->p != NULL ? 0 : E_NOMEM;
}

int
totp_begin_apply(struct run *run)
{
	const struct secret_answer *answer =
	    RUN_PLAN(run, struct secret_answer);
	struct totp_made *result = RUN_RESULT(run, totp_made);
	struct access_credential totp = {.kind = CREDENTIAL_TOTP,
	    .principal = run->who.principal,
	    .label = SLICE("authenticator app"),
	    .families = ACCESS_FAMILIES | BIT(FAMILY_ENROL),
	    .secret = answer->totp_make.sealed,
	    .flags = ACCESS_PENDING};
	struct sign_in_row before;
	struct slice uri;
	uint64_t ref;
	int r;

	if ((r = sign_in_find(
		 run, totp.principal, CREDENTIAL_TOTP, true, &before)) < 0 ||
	    (before.id != 0 &&
		(r = access_end_credential(run, before.id)) < 0) ||
	    (r = note_kind(run, &totp)) < 0 ||
	    (r = access_make_credential(run, &totp, &ref)) < 0 ||
	    (r = put_uri(run, answer->totp_make.base32, &uri)) < 0)
		return r;
	SHAPE_SET(result, id, ((struct id){ref, KIND_CREDENTIAL}));
	SHAPE_SET(result, secret, run_copy(run, answer->totp_make.base32));
	SHAPE_SET(result, uri, uri);
	return result->secret.p != NULL ? 0 : E_NOMEM;
}

int
totp_confirm_ask(struct run *run)
{
	const struct totp_confirm *args = RUN_ARGS(run, totp_confirm);
	struct secret_ask ask = {.kind = SECRET_TOTP_CHECK};
	struct sign_in_row row;
	struct digest account;
	int r = check_person(run);

	if (r < 0)
		return r;
	r = sign_in_find(run, run->who.principal, CREDENTIAL_TOTP, true, &row);
	if (r < 0 || row.id == 0 || !args->has_code)
		return r;
	ask.totp.sealed = row.secret;
	ask.totp.owner = sign_in_owner(run, run->who.principal);
	ask.totp.code = args->code;
	ask.totp.now_ms = (uint64_t)run->place->now;
	run->call->asked_of[0] = row.id;
	account = sha256(ask.totp.owner);
	memcpy(&run->call->account, account.b, sizeof(run->call->account));
	return sign_in_put(run, &ask);
}

struct confirm_plan {
	uint64_t credential, step;
};

int
totp_confirm_check(struct run *run)
{
	const struct totp_confirm *args = RUN_ARGS(run, totp_confirm);
	struct confirm_plan *plan = RUN_PLAN(run, struct confirm_plan);
	struct secret_answer answer;
	struct sign_in_row row;
	int r = check_person(run);

	if (r < 0)
		return r;
	if (!args->has_code)
		return E_INVALID;
	if ((r = sign_in_find(
		 run, run->who.principal, CREDENTIAL_TOTP, true, &row)) < 0)
		return r;
	if (row.id == 0)
		return E_STATE;
	if ((r = sign_in_answer(run, SECRET_TOTP_CHECK, &answer)) < 0)
		return r;
	if (answer.code < 0)
		return answer.code == E_DENIED ? E_INVALID : answer.code;
	*plan = (struct confirm_plan){row.id, answer.totp.step};
	return row.id == run->call->asked_of[0] ? 0 : E_STATE;
}

int
totp_confirm_apply(struct run *run)
{
	const struct confirm_plan *plan = RUN_PLAN(run, struct confirm_plan);
	struct stmt *stmt = db_stmt(run->place->db, SQL_CREDENTIAL_COUNTER);
	int r;

	run->call->was_right = true;
	stmt_u64(stmt, 1, plan->credential);
	stmt_u64(stmt, 2, plan->step);
	if ((r = stmt_run(stmt)) < 0)
		return r;
	stmt = db_stmt(run->place->db, SQL_CREDENTIAL_FLAGS);
	stmt_u64(stmt, 1, plan->credential);
	stmt_u64(stmt, 2, 0);
	if ((r = stmt_run(stmt)) < 0 ||
	    (r = run_number(run, FACT_TARGET, (int64_t)plan->credential)) < 0 ||
	    (r = access_end_kind(run, run->who.principal, CREDENTIAL_TOTP,
		 plan->credential)) < 0)
		return r;
	return tell_made(run, plan->credential);
}

/* ---- recovery codes
 * -------------------------------------------------------------- */

int
recovery_make_check(struct run *run)
{
	bool can;
	int r;

	if ((r = check_person(run)) < 0 || (r = can_sign_in(run, &can)) < 0)
		return r;
	/* First comes what they are the way back to. */
	return can ? run_check_room(run, 4 * RECOVERY_CODES) : E_STATE;
}

int
recovery_make_apply(struct run *run)
{
	struct recovery_made *result = RUN_RESULT(run, recovery_made);
	struct access_credential code = {.kind = CREDENTIAL_RECOVERY,
	    .principal = run->who.principal,
	    .label = SLICE("recovery code"),
	    .families = ACCESS_ENROLMENT,
	    .expires = run->place->now + RECOVERY_DAYS * ACCESS_DAY_MS};
	struct buf codes = BUF_SECRET(1024);
	int r = access_end_kind(run, code.principal, CREDENTIAL_RECOVERY, 0);

	if (r == 0)
		r = note_kind(run, &code);
	for (size_t i = 0; i < RECOVERY_CODES && r == 0; i++) {
		struct access_session session;

		r = access_make_token(run, &code, 0, &session);
		buf_printf(&codes, "%s\n", session.secret);
		secret_wipe(session.secret, sizeof(session.secret));
	}
	if (r == 0)
		r = codes.error;
	SHAPE_SET(result, codes, run_copy(run, buf_slice(&codes)));
	buf_free(&codes);
	return r < 0 ? r : result->codes.p != NULL ? 0 : E_NOMEM;
}

/* ---- passwords for programs
 * ------------------------------------------------------- */

int
app_password_issue_check(struct run *run)
{
	const struct app_password_issue *args =
	    RUN_ARGS(run, app_password_issue);
	struct access_credential *app = RUN_PLAN(run, struct access_credential);
	struct node_row folder;
	uint64_t n;
	int r;

	*app = (struct access_credential){.kind = CREDENTIAL_APP_PASSWORD,
	    .principal = run->who.principal,
	    .label = args->label,
	    .label_field = 1,
	    .families = args->has_families
	                    ? args->families
	                    : BIT(FAMILY_FILES) | BIT(FAMILY_SELF),
	    .read_only = args->read_only,
	    .expires = run->place->now + APP_PASSWORD_DAYS * ACCESS_DAY_MS};
	if ((r = check_person(run)) < 0 ||
	    (r = access_count_kind(
		 run, app->principal, CREDENTIAL_APP_PASSWORD, &n)) < 0)
		return r;
	if (n >= core_config(run->place->core)->max_tokens) {
		limit_met(CONFIG_max_tokens);
		return E_LIMIT;
	}
	/* Programs have no business with who may what. */
	if (app->families == 0 ||
	    (app->families &
		~(BIT(FAMILY_FILES) | BIT(FAMILY_SELF) | BIT(FAMILY_LOG))))
		return E_INVALID;
	if (!args->has_folder)
		return 0;
	if ((r = node_load(run->place, args->folder.n, &folder)) < 0)
		return r;
	app->folder = folder.id;
	return folder.kind == KIND_FOLDER && folder.ended == 0 ? 0
	                                                       : E_NOT_FOUND;
}

int
app_password_issue_apply(struct run *run)
{
	const struct access_credential *app =
	    RUN_PLAN(run, struct access_credential);
	struct access_session session;
	int r = run_number(run, FACT_CREDENTIAL_KIND, app->kind);

	if (r < 0 ||
	    (r = access_issue_token(run, app,
		 APP_PASSWORD_IDLE_DAYS * ACCESS_DAY_MS, &session)) < 0)
		return r;
	return access_tell_token(run, &session, app->expires);
}

/* ---- invitations
 * --------------------------------------------------------------------- */

int
invitation_issue_check(struct run *run)
{
	const struct invitation_issue *args = RUN_ARGS(run, invitation_issue);
	int64_t now = run->place->now;
	struct principal_row row;
	uint64_t passkeys, passwords;
	int r = access_live_principal(run, args->principal.n, &row);

	if (r < 0)
		return r;
	if (!principal_is_human(row.kind))
		return E_KIND;
	if ((r = access_check_reach(run, row.id)) < 0)
		return r;
	if (args->has_expires &&
	    (args->expires <= now ||
		args->expires > now + INVITED_MOST_DAYS * ACCESS_DAY_MS))
		return E_INVALID;
	if ((r = access_count_kind(
		 run, row.id, CREDENTIAL_PASSKEY, &passkeys)) < 0 ||
	    (r = access_count_kind(
		 run, row.id, CREDENTIAL_PASSWORD, &passwords)) < 0)
		return r;
	/*
	 * To let somebody in who was in before is to become them. Nobody ever
	 * is who isn't there.
	 */
	return passkeys + passwords == 0 && row.canary == 0 ? 0 : E_STATE;
}

int
invitation_issue_apply(struct run *run)
{
	const struct invitation_issue *args = RUN_ARGS(run, invitation_issue);
	struct access_credential invitation = {.kind = CREDENTIAL_INVITATION,
	    .principal = args->principal.n,
	    .label = SLICE("invitation"),
	    .families = ACCESS_ENROLMENT,
	    .expires = args->has_expires
	                   ? args->expires
	                   : run->place->now + INVITED_DAYS * ACCESS_DAY_MS};
	struct access_session session;
	int r;

	if ((r = access_end_kind(
		 run, invitation.principal, CREDENTIAL_INVITATION, 0)) < 0 ||
	    (r = run_number(run, FACT_CREDENTIAL_KIND, invitation.kind)) < 0 ||
	    (r = access_issue_token(run, &invitation, 0, &session)) < 0 ||
	    (r = access_tell_token(run, &session, invitation.expires)) < 0)
		return r;
	return run_number(run, FACT_TARGET, (int64_t)invitation.principal);
}

/* ---- for who has lost all
 * ---------------------------------------------------------------- */

/* To let somebody in who was in before is to become them: never by one alone.
 */
int
recovery_issue_check(struct run *run)
{
	uint64_t id = RUN_ARGS(run, principal_ref)->principal.n;
	struct principal_row row;
	uint64_t passkeys, passwords;
	int r = access_live_principal(run, id, &row);

	if (r < 0)
		return r;
	if (!principal_is_human(row.kind))
		return E_KIND;
	if ((r = access_check_reach(run, id)) < 0)
		return r;
	/* Who can ask can confirm, and make what they want by themselves. */
	if (id == run->who.principal)
		return E_INVALID;
	if ((r = access_count_kind(run, id, CREDENTIAL_PASSKEY, &passkeys)) <
		0 ||
	    (r = access_count_kind(run, id, CREDENTIAL_PASSWORD, &passwords)) <
		0)
		return r;
	/* An invitation is for who has nothing yet. */
	return passkeys + passwords > 0 ? 0 : E_STATE;
}

int
recovery_issue_apply(struct run *run)
{
	struct access_credential reissue = {.kind = CREDENTIAL_REISSUE,
	    .principal = RUN_ARGS(run, principal_ref)->principal.n,
	    .label = SLICE("recovery by administrators"),
	    .families = ACCESS_ENROLMENT,
	    .expires = run->place->now + ACCESS_DAY_MS};
	struct access_session session;
	int r;

	if ((r = access_end_kind(
		 run, reissue.principal, CREDENTIAL_REISSUE, 0)) < 0 ||
	    (r = run_number(run, FACT_CREDENTIAL_KIND, reissue.kind)) < 0 ||
	    (r = access_issue_token(run, &reissue, 0, &session)) < 0 ||
	    (r = access_tell_token(run, &session, reissue.expires)) < 0)
		return r;
	return run_number(run, FACT_TARGET, (int64_t)reissue.principal);
}

/* ---- all of them
 * ------------------------------------------------------------------------ */

int
credential_list_read(struct run *run)
{
	uint64_t whose = RUN_ARGS(run, principal_ref)->principal.n;
	int r = access_check_reach(run, whose);

	return r < 0 ? r : access_list_credentials(run, whose);
}

int
credential_end_check(struct run *run)
{
	int r = access_check_live(run, SQL_ROW_CREDENTIAL,
	    RUN_ARGS(run, credential_ref)->credential.n);

	return r < 0 ? r : access_check_reach(run, run->on[0].ref);
}

int
credential_end_apply(struct run *run)
{
	return access_end_credential(
	    run, RUN_ARGS(run, credential_ref)->credential.n);
}
