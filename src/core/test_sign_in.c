/*
 * Signing in and enrolling, as people do it and as those do who aren't them.
 * The keeper is the real one; the passkey is one in software.
 */
#include "unit.h"

#include <sodium.h>
#include <stdio.h>

#include "base/encode.h"
#include "core/challenge.h"
#include "core/run.h"
#include "core/test_passkey.h"
#include "keeper/password.h"
#include "wire/cbor.h"
#include "wire/webauthn.h"

#define MINUTE_MS ((int64_t)60 * 1000)
#define HOUR_MS (60 * MINUTE_MS)
#define DAY_MS (24 * HOUR_MS)

/* ---- help
 * -------------------------------------------------------------------- */

static struct answer
try_sign_in(
    struct rig *rig, const char *login, const char *password, const char *code)
{
	struct session_begin args = {.has_login = false};

	SHAPE_SET(&args, login, slice_str(login));
	SHAPE_SET(&args, password, slice_str(password));
	SHAPE_SET(&args, code, slice_str(code));
	return rig_do(rig, &rig->arena, OP_SESSION_BEGIN, NULL, &args);
}

static int
get_session(struct rig *rig, const char *token)
{
	struct nothing args = {.has_unused = false};

	return rig_do(rig, &rig->arena, OP_SESSION_GET, token, &args).code;
}

static struct answer
make_recovery(struct rig *rig, const char *token)
{
	struct nothing args = {.has_unused = false};

	return rig_do(rig, &rig->arena, OP_RECOVERY_MAKE, token, &args);
}

static struct answer
list_sessions(struct rig *rig, const char *token, struct id principal)
{
	struct principal_ref args = {
	    .has_principal = true, .principal = principal};

	return rig_do(rig, &rig->arena, OP_SESSION_LIST, token, &args);
}

static struct answer
list_credentials(struct rig *rig, const char *token, struct id principal)
{
	struct principal_ref args = {
	    .has_principal = true, .principal = principal};

	return rig_do(rig, &rig->arena, OP_CREDENTIAL_LIST, token, &args);
}

static int
end_credential(struct rig *rig, const char *token, struct id credential)
{
	struct credential_ref args = {
	    .has_credential = true, .credential = credential};

	return rig_do(rig, &rig->arena, OP_CREDENTIAL_END, token, &args).code;
}

static void
give_role(struct rig *rig, struct id principal, unsigned relation)
{
	struct role_grant args = {.has_principal = true,
	    .principal = principal,
	    .has_relation = true,
	    .relation = relation};

	assert_int_equal(
	    rig_do(rig, &rig->arena, OP_ROLE_GRANT, rig->token, &args).code, 0);
}

/* ---- password and code
 * ------------------------------------------------------------ */

static void
test_a_password_and_a_code(void **state)
{
	struct rig *rig = *state;
	struct rig_secrets secrets;
	struct rig_person ann = rig_enrol(rig, "ann@example.org", &secrets);
	const struct leaf *leaf =
	    rig_last_of(rig, &rig->arena, OP_SESSION_BEGIN);

	assert_int_equal(leaf->principal, rig_ref(rig, ann.id));
	assert_int_equal(leaf->session, 0);
	assert_int_equal(leaf->n_credentials, 2);
	assert_int_equal(get_session(rig, ann.token), 0);
	leaf = rig_last_of(rig, &rig->arena, OP_SESSION_GET);
	assert_int_equal(leaf->n_credentials, 2);
	(void)rig_file(rig, ann.token, ann.home, "diary", "dear diary");
	/* However it is typed. */
	secrets.login = "Ann@Example.ORG";
	assert_int_equal(rig_sign_in(rig, &secrets, ann.token), 0);
}

/* Whatever is wrong, the answer is the same; the record knows more. */
static void
test_what_is_wrong_is_not_told(void **state)
{
	struct rig *rig = *state;
	struct rig_secrets secrets;
	struct rig_person ann = rig_enrol(rig, "ann", &secrets);
	const struct leaf *leaf;
	char code[8];

	rig_pass(MINUTE_MS);
	rig_totp(&secrets, code);
	assert_int_equal(
	    try_sign_in(rig, "nobody", secrets.password, code).code,
	    E_UNAUTHENTICATED);
	leaf = rig_last_of(rig, &rig->arena, OP_SESSION_BEGIN);
	assert_int_equal(leaf->objects[0].ref, 0);
	assert_int_equal(
	    try_sign_in(rig, "ann", "seven green bottles fall", code).code,
	    E_UNAUTHENTICATED);
	leaf = rig_last_of(rig, &rig->arena, OP_SESSION_BEGIN);
	assert_int_equal(leaf->objects[0].ref, rig_ref(rig, ann.id));
	assert_int_equal(leaf->principal, 0);
	assert_int_equal(
	    try_sign_in(rig, "ann", secrets.password, "000000").code,
	    E_UNAUTHENTICATED);
	assert_int_equal(try_sign_in(rig, "ann", secrets.password, "").code,
	    E_UNAUTHENTICATED);
	assert_int_equal(
	    try_sign_in(rig, "ann", "\x01", code).code, E_UNAUTHENTICATED);
	assert_int_equal(
	    try_sign_in(rig, "\x01", "\x01", code).code, E_UNAUTHENTICATED);
	/* And none of it has used the code up. */
	assert_int_equal(
	    try_sign_in(rig, "ann", secrets.password, code).code, 0);
}

/* What the record says of a name that nobody has; empty where it says nothing.
 */
static struct slice
try_nobody(struct rig *rig, const char *login, int code)
{
	const struct leaf *leaf;

	assert_int_equal(
	    try_sign_in(rig, login, "seven green bottles", "000000").code,
	    code);
	leaf = rig_last_of(rig, &rig->arena, OP_SESSION_BEGIN);
	assert_int_equal(leaf->objects[0].outcome, code);
	assert_int_equal(leaf->objects[0].ref, 0);
	return rig_bytes(&leaf->objects[0], FACT_NOBODY);
}

/* The id permutation's key stands in the database, as all of core's do. */
static void
assert_no_key_of_core(struct rig *rig, const char *login, struct slice name)
{
	const struct id_key *key = &engine_core(rig->engine)->id_key;
	uint8_t hash[16];

	assert_int_equal(
	    crypto_generichash(hash, sizeof(hash), (const uint8_t *)login,
		strlen(login), key->b, sizeof(key->b)),
	    0);
	assert_false(slice_eq(name, slice_of(hash, sizeof(hash))));
	assert_null(memmem(name.p, name.n, login, strlen(login)));
}

/*
 * Of a name that nobody has the record holds what the keeper made of it: who
 * reads the log sees that it is the same one again, and who has the database
 * can't try names against it.
 */
static void
test_a_name_that_nobody_has(void **state)
{
	struct rig *rig = *state;
	struct slice name = try_nobody(rig, "mallory", E_UNAUTHENTICATED);

	assert_int_equal(name.n, 16);
	assert_no_key_of_core(rig, "mallory", name);
	assert_true(slice_eq(try_nobody(rig,
				 "\xef\xbc\xad"
				 "ALLORY",
				 E_UNAUTHENTICATED),
	    name));
	assert_false(
	    slice_eq(try_nobody(rig, "malory", E_UNAUTHENTICATED), name));
	/* Not one that anybody could have. */
	assert_int_equal(try_nobody(rig, "two words", E_UNAUTHENTICATED).n, 16);
	/* Where the keeper isn't asked there is the reason, and no weaker hash.
	 */
	rig->asks_code = E_RATE;
	assert_int_equal(try_nobody(rig, "mallory", E_RATE).n, 0);
	rig->asks_code = E_BUSY;
	assert_int_equal(try_nobody(rig, "mallory", E_BUSY).n, 0);
	rig->asks_code = 0;
	assert_true(
	    slice_eq(try_nobody(rig, "mallory", E_UNAUTHENTICATED), name));
}

static void
test_a_code_is_good_once(void **state)
{
	struct rig *rig = *state;
	struct rig_secrets secrets;
	struct rig_person ann = rig_enrol(rig, "ann", &secrets);
	char code[8];

	(void)ann;
	rig_pass(MINUTE_MS);
	rig_totp(&secrets, code);
	assert_int_equal(
	    try_sign_in(rig, "ann", secrets.password, code).code, 0);
	assert_int_equal(try_sign_in(rig, "ann", secrets.password, code).code,
	    E_UNAUTHENTICATED);
	/* Nor when the server was started anew in between. */
	rig_stop(rig);
	assert_int_equal(rig_open(rig), 0);
	assert_int_equal(try_sign_in(rig, "ann", secrets.password, code).code,
	    E_UNAUTHENTICATED);
}

/* The breach that this began with: a password, and nothing else. */
static void
test_a_password_alone_never_suffices(void **state)
{
	struct rig *rig = *state;
	struct password_set password = {.has_password = true,
	    .password = SLICE("seven green bottles stand")};
	struct session_begin args = {.has_login = true,
	    .login = SLICE("ann"),
	    .has_password = true,
	    .password = password.password};
	char invitation[RIG_SECRET];
	struct answer a;

	(void)rig_invite_new(rig, "ann", invitation);
	a = rig_do(rig, &rig->arena, OP_PASSWORD_SET, invitation, &password);
	assert_int_equal(a.code, 0);
	assert_false(((struct credential_made *)a.result)->enrolled);
	assert_int_equal(rig_begin(rig, &args).code, E_UNAUTHENTICATED);
	assert_int_equal(
	    try_sign_in(rig, "ann", "seven green bottles stand", "000000").code,
	    E_UNAUTHENTICATED);
	/* The invitation still opens enrolment, and only that. */
	assert_int_equal(get_session(rig, invitation), 0);
}

struct stored {
	uint64_t credential;
	struct slice verifier;
};

static int
store_verifier(struct run *run, void *arg)
{
	const struct stored *stored = arg;
	struct stmt *stmt = db_stmt(run->place->db, SQL_CREDENTIAL_SECRET);

	stmt_u64(stmt, 1, stored->credential);
	stmt_bytes(stmt, 2, stored->verifier);
	return stmt_run(stmt);
}

static struct slice
load_verifier(struct rig *rig, uint64_t principal)
{
	struct stmt *stmt = db_stmt(rig->db, SQL_CREDENTIAL_OF_KIND);
	struct slice verifier;

	stmt_u64(stmt, 1, principal);
	stmt_u64(stmt, 2, CREDENTIAL_PASSWORD);
	assert_int_equal(stmt_step(stmt), 1);
	verifier = arena_copy(&rig->arena, stmt_col_bytes(stmt, 1));
	stmt_done(stmt);
	return verifier;
}

/* As a server of lower cost made it, by the key that the keeper has. */
static struct slice
old_verifier(struct rig *rig, const char *password)
{
	static const struct password_cost old = {PASSWORD_KIB_LEAST, 2};
	struct people_key key;
	struct buf verifier = BUF(SECRET_VERIFIER_MAX);

	assert_int_equal(people_key_open(&key), 0);
	assert_int_equal(
	    password_hash(&key, slice_str(password), &old, &verifier), 0);
	people_key_free(&key);
	return rig_keep(rig, &verifier);
}

static bool
is_renewed(struct rig *rig, enum op_number op)
{
	const struct leaf *leaf = rig_last_of(rig, &rig->arena, op);
	int64_t renewed = 0;

	return rig_number(&leaf->objects[0], FACT_RENEWED, &renewed) &&
	       renewed == 1;
}

/* With the sign-in that it lets in, and on its record: not before, nor again.
 */
static void
test_an_old_verifier_is_made_anew(void **state)
{
	struct rig *rig = *state;
	struct rig_secrets secrets;
	struct rig_person ann = rig_enrol(rig, "ann", &secrets);
	struct stored stored;
	struct slice newer;
	char code[8];

	assert_false(is_renewed(rig, OP_SESSION_BEGIN));
	stored.credential =
	    rig_last_of(rig, &rig->arena, OP_SESSION_BEGIN)->credentials[0];
	stored.verifier = old_verifier(rig, secrets.password);
	rig_system(rig, OP_SYSTEM_CHILD, store_verifier, &stored);

	rig_pass(MINUTE_MS);
	rig_totp(&secrets, code);
	assert_int_equal(try_sign_in(rig, "ann", "something else", code).code,
	    E_UNAUTHENTICATED);
	assert_int_equal(
	    try_sign_in(rig, "ann", secrets.password, "000000").code,
	    E_UNAUTHENTICATED);
	assert_true(slice_eq(
	    load_verifier(rig, rig_ref(rig, ann.id)), stored.verifier));

	assert_int_equal(rig_sign_in(rig, &secrets, ann.token), 0);
	assert_true(is_renewed(rig, OP_SESSION_BEGIN));
	assert_non_null(strstr(
	    rig_render(rig, rig_last(rig)), "\"password_renewed\":true"));
	newer = load_verifier(rig, rig_ref(rig, ann.id));
	assert_false(slice_eq(newer, stored.verifier));
	assert_int_equal(get_session(rig, ann.token), 0);

	assert_int_equal(rig_sign_in(rig, &secrets, ann.token), 0);
	assert_false(is_renewed(rig, OP_SESSION_BEGIN));
	assert_true(slice_eq(load_verifier(rig, rig_ref(rig, ann.id)), newer));
}

static void
test_weak_passwords(void **state)
{
	static const char *const weak[] = {
	    "password123", "short", "aaaaaaaaaaaaaaa", "wilhelmina2026"};
	struct rig *rig = *state;
	char invitation[RIG_SECRET];

	(void)rig_invite_new(rig, "wilhelmina", invitation);
	for (size_t i = 0; i < ARRAY_SIZE(weak); i++) {
		struct password_set args = {
		    .has_password = true, .password = slice_str(weak[i])};

		assert_int_equal(
		    rig_do(rig, &rig->arena, OP_PASSWORD_SET, invitation, &args)
			.code,
		    E_WEAK);
	}
}

static void
test_a_new_password_ends_what_the_old_one_opened(void **state)
{
	struct rig *rig = *state;
	struct rig_secrets secrets;
	struct rig_person ann = rig_enrol(rig, "ann", &secrets);
	struct password_set args = {
	    .has_password = true, .password = SLICE("eight blue bottles fall")};
	char other[RIG_SECRET];

	assert_int_equal(rig_sign_in(rig, &secrets, other), 0);
	assert_int_equal(
	    rig_do(rig, &rig->arena, OP_PASSWORD_SET, other, &args).code, 0);
	assert_int_equal(get_session(rig, ann.token), E_UNAUTHENTICATED);
	assert_int_equal(get_session(rig, other), E_UNAUTHENTICATED);
	assert_int_equal(rig_sign_in(rig, &secrets, other), E_UNAUTHENTICATED);
	secrets.password = "eight blue bottles fall";
	assert_int_equal(rig_sign_in(rig, &secrets, other), 0);
}

/* ---- invitations and recovery codes
 * -------------------------------------------------- */

static void
test_an_invitation_opens_enrolment_only_and_once(void **state)
{
	struct rig *rig = *state;
	struct folder_list list = {.has_path = true, .path = SLICE("")};
	struct invitation_issue again = {.has_principal = true};
	char first[RIG_SECRET], invitation[RIG_SECRET];
	struct rig_passkey passkey;
	struct answer a;

	again.principal = rig_invite_new(rig, "ann", first);
	rig_invite(rig, again.principal, invitation);
	assert_int_equal(get_session(rig, first), E_UNAUTHENTICATED);
	assert_int_equal(
	    rig_do(rig, &rig->arena, OP_FOLDER_LIST, invitation, &list).code,
	    E_SCOPE);
	rig_passkey_init(&passkey);
	a = rig_add_passkey(
	    rig, invitation, &passkey, rig_challenge(rig, CHALLENGE_REGISTER));
	assert_int_equal(a.code, 0);
	assert_int_equal(get_session(rig, invitation), E_UNAUTHENTICATED);
	/* From here on to invite them would be to become them. */
	assert_int_equal(
	    rig_do(rig, &rig->arena, OP_INVITATION_ISSUE, rig->token, &again)
		.code,
	    E_STATE);
}

static void
test_an_invitation_ends_by_itself(void **state)
{
	struct rig *rig = *state;
	char invitation[RIG_SECRET];

	(void)rig_invite_new(rig, "ann", invitation);
	rig_pass(3 * DAY_MS);
	assert_int_equal(get_session(rig, invitation), E_EXPIRED);
}

static void
test_recovery_codes(void **state)
{
	struct rig *rig = *state;
	struct folder_list list = {.has_path = true, .path = SLICE("")};
	struct rig_secrets secrets;
	struct rig_person ann = rig_enrol(rig, "ann", &secrets);
	struct slice codes, code;
	char first[RIG_SECRET] = "", second[RIG_SECRET] = "";
	struct rig_passkey passkey;
	struct answer a = make_recovery(rig, ann.token);
	size_t n = 0;

	assert_int_equal(a.code, 0);
	codes = ((struct recovery_made *)a.result)->codes;
	while (codes.n > 0) {
		(void)slice_cut(&codes, '\n', &code);
		(void)snprintf(n == 0 ? first : second, RIG_SECRET, "%.*s",
		    SLICE_ARG(code));
		n++;
	}
	assert_int_equal(n, 10);
	assert_int_equal(
	    rig_do(rig, &rig->arena, OP_FOLDER_LIST, first, &list).code,
	    E_SCOPE);
	/* With all else lost, one of them opens enrolment. */
	rig_passkey_init(&passkey);
	a = rig_add_passkey(
	    rig, first, &passkey, rig_challenge(rig, CHALLENGE_REGISTER));
	assert_int_equal(a.code, 0);
	assert_true(((struct credential_made *)a.result)->enrolled);
	assert_int_equal(get_session(rig, first), E_UNAUTHENTICATED);
	assert_int_equal(get_session(rig, second), 0);
	assert_int_equal(rig_passkey_sign_in(rig, &passkey, ann.token), 0);
	/* New ones end those before. */
	assert_int_equal(make_recovery(rig, ann.token).code, 0);
	assert_int_equal(get_session(rig, second), E_UNAUTHENTICATED);
}

/* ---- passkeys
 * ---------------------------------------------------------------------------
 */

static void
test_a_passkey(void **state)
{
	struct rig *rig = *state;
	struct rig_passkey passkey;
	struct id ann = rig_passkey_enrol(rig, "ann", &passkey);
	char token[RIG_SECRET];
	const struct leaf *leaf;

	assert_int_equal(rig_passkey_sign_in(rig, &passkey, token), 0);
	leaf = rig_last_of(rig, &rig->arena, OP_SESSION_BEGIN);
	assert_int_equal(leaf->principal, rig_ref(rig, ann));
	assert_int_equal(leaf->n_credentials, 1);
	assert_int_equal(get_session(rig, token), 0);
}

struct attack {
	const char *name;
	void (*change)(struct rig *rig, struct rig_passkey *passkey,
	    struct session_begin *args);
};

static struct slice
changed(struct rig *rig, struct slice bytes, size_t at)
{
	struct slice copy = arena_copy(&rig->arena, bytes);

	((uint8_t *)(uintptr_t)copy.p)[at] ^= 1;
	return copy;
}

static void
another_signature(struct rig *rig, struct rig_passkey *passkey UNUSED,
    struct session_begin *args)
{
	args->signature = changed(rig, args->signature, 3);
}

static void
another_counter(struct rig *rig, struct rig_passkey *passkey UNUSED,
    struct session_begin *args)
{
	args->authenticator_data = changed(rig, args->authenticator_data, 36);
}

static void
evil_origin(
    struct rig *rig, struct rig_passkey *passkey, struct session_begin *args)
{
	struct rig_passkey evil = *passkey;

	evil.origin = "https://localhost.evil.example";
	*args = rig_assertion(rig, &evil, args->challenge);
}

static void
evil_host(
    struct rig *rig, struct rig_passkey *passkey, struct session_begin *args)
{
	struct rig_passkey evil = *passkey;

	evil.rp_id = "evil.example";
	*args = rig_assertion(rig, &evil, args->challenge);
}

static void
without_its_user(
    struct rig *rig, struct rig_passkey *passkey, struct session_begin *args)
{
	struct rig_passkey lazy = *passkey;

	lazy.flags = WEBAUTHN_UP;
	*args = rig_assertion(rig, &lazy, args->challenge);
}

static void
a_clone(
    struct rig *rig, struct rig_passkey *passkey, struct session_begin *args)
{
	struct rig_passkey clone = *passkey;

	clone.counter = 0;
	*args = rig_assertion(rig, &clone, args->challenge);
}

static void
own_challenge(
    struct rig *rig, struct rig_passkey *passkey, struct session_begin *args)
{
	uint8_t challenge[CHALLENGE_BYTES] = {0};

	*args = rig_assertion(rig, passkey,
	    arena_copy(&rig->arena, slice_of(challenge, sizeof(challenge))));
}

static void
challenge_to_register(
    struct rig *rig, struct rig_passkey *passkey, struct session_begin *args)
{
	*args =
	    rig_assertion(rig, passkey, rig_challenge(rig, CHALLENGE_REGISTER));
}

static void
too_late(struct rig *rig, struct rig_passkey *passkey UNUSED,
    struct session_begin *args)
{
	(void)args;
	(void)rig;
	rig_pass(CHALLENGE_MS);
}

static void
unknown_passkey(struct rig *rig, struct rig_passkey *passkey UNUSED,
    struct session_begin *args)
{
	args->passkey = changed(rig, args->passkey, 0);
}

static void
test_false_passkeys(void **state)
{
	static const struct attack attacks[] = {
	    {"another signature", another_signature},
	    {"another counter", another_counter},
	    {"evil origin", evil_origin},
	    {"evil host", evil_host},
	    {"without its user", without_its_user},
	    {"a clone", a_clone},
	    {"own challenge", own_challenge},
	    {"challenge to register", challenge_to_register},
	    {"too late", too_late},
	    {"unknown", unknown_passkey},
	};
	struct rig *rig = *state;
	struct rig_passkey passkey;
	char token[RIG_SECRET];
	struct id ann;
	int64_t about;
	bool alerts;

	ann = rig_passkey_enrol(rig, "ann", &passkey);
	assert_int_equal(rig_passkey_sign_in(rig, &passkey, token), 0);
	for (size_t i = 0; i < ARRAY_SIZE(attacks); i++) {
		struct session_begin args = rig_assertion(
		    rig, &passkey, rig_challenge(rig, CHALLENGE_SIGN_IN));
		uint64_t before = rig_last(rig);
		const struct leaf *leaf;
		int code;

		attacks[i].change(rig, &passkey, &args);
		code = rig_begin(rig, &args).code;
		if (code != E_UNAUTHENTICATED)
			fail_msg("%s: %d", attacks[i].name, code);
		/* That there may be two of it is more than a wrong answer. */
		leaf = rig_last_of(rig, &rig->arena, OP_ALERT_RAISE);
		alerts = leaf != NULL && leaf->sequence > before;
		assert_int_equal(alerts, attacks[i].change == a_clone);
		if (!alerts)
			continue;
		assert_int_equal(leaf->cites, leaf->sequence - 1);
		assert_int_equal(leaf->objects[0].ref, rig_ref(rig, ann));
		assert_true(rig_number(&leaf->objects[0], FACT_ALERT, &about));
		assert_int_equal(about, ALERT_COUNTER);
	}
	assert_int_equal(rig_passkey_sign_in(rig, &passkey, token), 0);
}

static void
test_an_answer_is_good_once(void **state)
{
	struct rig *rig = *state;
	struct rig_passkey passkey;
	struct session_begin args;

	(void)rig_passkey_enrol(rig, "ann", &passkey);
	/* One without a counter: the challenge alone keeps it from counting. */
	passkey.counter = UINT32_MAX;
	args =
	    rig_assertion(rig, &passkey, rig_challenge(rig, CHALLENGE_SIGN_IN));
	assert_int_equal(rig_begin(rig, &args).code, 0);
	assert_int_equal(rig_begin(rig, &args).code, E_UNAUTHENTICATED);
	rig_stop(rig);
	assert_int_equal(rig_open(rig), 0);
	assert_int_equal(rig_begin(rig, &args).code, E_UNAUTHENTICATED);
}

static uint64_t
count_answered(struct rig *rig, struct slice challenge)
{
	struct stmt *stmt;
	uint64_t n;

	assert_int_equal(db_begin(rig->db), 0);
	stmt = db_stmt(rig->db, SQL_CHALLENGE_ANSWERED);
	stmt_bytes(stmt, 1, challenge);
	assert_int_equal(stmt_step(stmt), 1);
	n = stmt_col_u64(stmt, 0);
	stmt_done(stmt);
	db_end(rig->db);
	return n;
}

/* What has expired counts no more anyway: the table doesn't grow with sign-ins.
 */
static void
test_an_answer_is_forgotten_with_its_challenge(void **state)
{
	struct rig *rig = *state;
	struct rig_passkey passkey;
	struct session_begin args;
	char token[RIG_SECRET];

	(void)rig_passkey_enrol(rig, "ann", &passkey);
	args =
	    rig_assertion(rig, &passkey, rig_challenge(rig, CHALLENGE_SIGN_IN));
	assert_int_equal(rig_begin(rig, &args).code, 0);
	rig_pass(CHALLENGE_MS);
	assert_int_equal(rig_passkey_sign_in(rig, &passkey, token), 0);
	assert_int_equal(count_answered(rig, args.challenge), 1);
	rig_pass(1);
	assert_int_equal(rig_passkey_sign_in(rig, &passkey, token), 0);
	assert_int_equal(count_answered(rig, args.challenge), 0);
}

static void
test_a_passkey_is_registered_once(void **state)
{
	struct rig *rig = *state;
	struct rig_passkey passkey;
	char invitation[RIG_SECRET];
	struct slice challenge = rig_challenge(rig, CHALLENGE_SIGN_IN);

	(void)rig_passkey_enrol(rig, "ann", &passkey);
	(void)rig_invite_new(rig, "eve", invitation);
	assert_int_equal(
	    rig_add_passkey(rig, invitation, &passkey, challenge).code,
	    E_INVALID);
	assert_int_equal(rig_add_passkey(rig, invitation, &passkey,
			     rig_challenge(rig, CHALLENGE_REGISTER))
			     .code,
	    E_EXISTS);
}

/* ---- sessions
 * ----------------------------------------------------------------------------
 */

static void
test_what_lies_idle_ends(void **state)
{
	struct rig *rig = *state;
	struct rig_secrets secrets;
	struct rig_person ann = rig_enrol(rig, "ann", &secrets);

	for (int i = 0; i < 4; i++) {
		rig_pass(8 * HOUR_MS);
		assert_int_equal(get_session(rig, ann.token), 0);
	}
	rig_pass(12 * HOUR_MS);
	assert_int_equal(get_session(rig, ann.token), E_EXPIRED);
	assert_int_equal(rig_sign_in(rig, &secrets, ann.token), 0);
	for (int i = 0; i < 3 * 29; i++) {
		rig_pass(8 * HOUR_MS);
		assert_int_equal(get_session(rig, ann.token), 0);
		arena_reset(&rig->arena);
	}
	/* However busy it is: 30 days are enough. */
	for (int i = 0; i < 3; i++) {
		rig_pass(8 * HOUR_MS);
		(void)get_session(rig, ann.token);
	}
	assert_int_equal(get_session(rig, ann.token), E_EXPIRED);
}

static void
test_sessions_are_listed_and_ended(void **state)
{
	struct rig *rig = *state;
	struct rig_secrets secrets;
	struct rig_person ann = rig_enrol(rig, "ann", &secrets);
	struct rig_person eve = rig_person(rig, "eve");
	struct principal_ref all = {.has_principal = true, .principal = ann.id};
	struct session_ref one = {.has_session = true};
	const struct session_page *page;
	char other[RIG_SECRET], third[RIG_SECRET];
	struct answer a;

	rig_connect(rig, "192.0.2.7", "Firefox/150");
	assert_int_equal(rig_sign_in(rig, &secrets, other), 0);
	rig_connect(rig, "198.51.100.1", "Safari/30");
	assert_int_equal(rig_sign_in(rig, &secrets, third), 0);
	a = list_sessions(rig, ann.token, ann.id);
	assert_int_equal(a.code, 0);
	page = a.result;
	assert_int_equal(page->list.n, 3);
	assert_true(page->list.v[2].current);
	assert_true(slice_eq(page->list.v[1].address, SLICE("192.0.2.7")));
	assert_true(slice_eq(page->list.v[1].agent, SLICE("Firefox/150")));
	one.session = page->list.v[1].id;
	/* Others neither see nor end them. */
	assert_int_equal(list_sessions(rig, eve.token, ann.id).code, E_DENIED);
	assert_int_equal(
	    rig_do(rig, &rig->arena, OP_SESSION_REVOKE, eve.token, &one).code,
	    E_DENIED);
	assert_int_equal(
	    rig_do(rig, &rig->arena, OP_SESSION_REVOKE, ann.token, &one).code,
	    0);
	assert_int_equal(get_session(rig, other), E_UNAUTHENTICATED);
	assert_int_equal(get_session(rig, third), 0);
	a = rig_do(rig, &rig->arena, OP_SESSION_REVOKE_ALL, ann.token, &all);
	assert_int_equal(a.code, 0);
	assert_int_equal(((struct sessions_ended *)a.result)->count, 1);
	assert_int_equal(get_session(rig, third), E_UNAUTHENTICATED);
	assert_int_equal(get_session(rig, ann.token), 0);
	/* Whoever answers for security may, too. */
	give_role(rig, eve.id, RELATION_SECURITY_RESPONDER);
	a = rig_do(rig, &rig->arena, OP_SESSION_REVOKE_ALL, eve.token, &all);
	assert_int_equal(a.code, 0);
	assert_int_equal(get_session(rig, ann.token), E_UNAUTHENTICATED);
}

/* Who signs in and in doesn't make more than one record can end. */
static void
test_sessions_are_limited(void **state)
{
	struct rig *rig = *state;
	struct rig_passkey passkey;
	char tokens[4][RIG_SECRET];
	const struct leaf *leaf;

	rig->config.max_sessions = 3;
	assert_int_equal(engine_reload(rig->engine, &rig->config), 0);
	(void)rig_passkey_enrol(rig, "ann", &passkey);
	for (size_t i = 0; i < ARRAY_SIZE(tokens); i++) {
		assert_int_equal(
		    rig_passkey_sign_in(rig, &passkey, tokens[i]), 0);
		rig_pass(MINUTE_MS);
	}
	leaf = rig_last_of(rig, &rig->arena, OP_SESSION_BEGIN);
	assert_int_equal(leaf->objects[0].n_ended, 1);
	assert_int_equal(get_session(rig, tokens[0]), E_UNAUTHENTICATED);
	for (size_t i = 1; i < ARRAY_SIZE(tokens); i++)
		assert_int_equal(get_session(rig, tokens[i]), 0);
}

static void
test_signing_out(void **state)
{
	struct rig *rig = *state;
	struct nothing args = {.has_unused = false};
	struct rig_secrets secrets;
	struct rig_person ann = rig_enrol(rig, "ann", &secrets);

	assert_int_equal(
	    rig_do(rig, &rig->arena, OP_SESSION_END, ann.token, &args).code, 0);
	assert_int_equal(get_session(rig, ann.token), E_UNAUTHENTICATED);
}

static void
test_a_suspended_person(void **state)
{
	struct rig *rig = *state;
	struct rig_secrets secrets;
	struct rig_person ann = rig_enrol(rig, "ann", &secrets);
	struct principal_ref args = {
	    .has_principal = true, .principal = ann.id};
	char other[RIG_SECRET];

	assert_int_equal(
	    rig_do(rig, &rig->arena, OP_PRINCIPAL_SUSPEND, rig->token, &args)
		.code,
	    0);
	assert_int_equal(get_session(rig, ann.token), E_SUSPENDED);
	assert_int_equal(make_recovery(rig, ann.token).code, E_SUSPENDED);
	assert_int_equal(rig_sign_in(rig, &secrets, other), E_SUSPENDED);
	assert_int_equal(
	    rig_do(rig, &rig->arena, OP_PRINCIPAL_RESUME, rig->token, &args)
		.code,
	    0);
	assert_int_equal(get_session(rig, ann.token), 0);
	assert_int_equal(make_recovery(rig, ann.token).code, 0);
	assert_int_equal(rig_sign_in(rig, &secrets, other), 0);
}

/* ---- confirming
 * ---------------------------------------------------------------------------
 */

static void
test_what_must_be_confirmed(void **state)
{
	struct rig *rig = *state;
	struct session_begin args = {.has_password = false};
	struct rig_secrets secrets;
	struct rig_person ann = rig_enrol(rig, "ann", &secrets);
	char code[8];

	assert_int_equal(make_recovery(rig, ann.token).code, 0);
	rig_pass(5 * MINUTE_MS);
	assert_int_equal(make_recovery(rig, ann.token).code, E_STEPUP);
	assert_int_equal(get_session(rig, ann.token), 0);
	rig_totp(&secrets, code);
	SHAPE_SET(&args, password, slice_str("seven green bottles fall"));
	SHAPE_SET(&args, code, slice_str(code));
	assert_int_equal(
	    rig_do(rig, &rig->arena, OP_SESSION_STEPUP, ann.token, &args).code,
	    E_STEPUP);
	assert_int_equal(make_recovery(rig, ann.token).code, E_STEPUP);
	args.password = slice_str(secrets.password);
	assert_int_equal(
	    rig_do(rig, &rig->arena, OP_SESSION_STEPUP, ann.token, &args).code,
	    0);
	assert_int_equal(make_recovery(rig, ann.token).code, 0);
}

/* Nobody confirms with what is another's. */
static void
test_another_person_confirms_nothing(void **state)
{
	struct rig *rig = *state;
	struct rig_secrets secrets;
	struct rig_person ann = rig_enrol(rig, "ann", &secrets);
	struct rig_passkey eves;
	struct session_begin args;

	(void)rig_passkey_enrol(rig, "eve", &eves);
	rig_pass(5 * MINUTE_MS);
	args = rig_assertion(rig, &eves, rig_challenge(rig, CHALLENGE_SIGN_IN));
	assert_int_equal(
	    rig_do(rig, &rig->arena, OP_SESSION_STEPUP, ann.token, &args).code,
	    E_STEPUP);
	assert_int_equal(make_recovery(rig, ann.token).code, E_STEPUP);
}

/* An administrator needs what nobody can be talked out of. */
static void
test_administrators_need_a_passkey(void **state)
{
	struct rig *rig = *state;
	struct principal_list args = {.has_limit = false};
	struct rig_secrets secrets;
	struct rig_person ann = rig_enrol(rig, "ann", &secrets);
	struct rig_passkey passkey;
	char token[RIG_SECRET];

	give_role(rig, ann.id, RELATION_USER_ADMIN);
	assert_int_equal(
	    rig_do(rig, &rig->arena, OP_PRINCIPAL_LIST, ann.token, &args).code,
	    E_ASSURANCE);
	rig_passkey_init(&passkey);
	assert_int_equal(rig_add_passkey(rig, ann.token, &passkey,
			     rig_challenge(rig, CHALLENGE_REGISTER))
			     .code,
	    0);
	assert_int_equal(rig_passkey_sign_in(rig, &passkey, token), 0);
	assert_int_equal(
	    rig_do(rig, &rig->arena, OP_PRINCIPAL_LIST, token, &args).code, 0);
}

static void
test_the_ceremony_ends(void **state)
{
	struct rig *rig = *state;
	struct rig_passkey passkey;
	char invitation[RIG_SECRET], token[RIG_SECRET];
	struct id ann = rig_invite_new(rig, "ann", invitation);

	give_role(rig, ann, RELATION_USER_ADMIN);
	assert_int_equal(get_session(rig, rig->token), 0);
	rig_passkey_init(&passkey);
	assert_int_equal(rig_add_passkey(rig, invitation, &passkey,
			     rig_challenge(rig, CHALLENGE_REGISTER))
			     .code,
	    0);
	assert_int_equal(get_session(rig, rig->token), E_UNAUTHENTICATED);
	assert_int_equal(rig_passkey_sign_in(rig, &passkey, token), 0);
}

/* ---- passwords for programs
 * ----------------------------------------------------------------- */

static void
test_an_app_password(void **state)
{
	struct rig *rig = *state;
	struct app_password_issue args = {.has_label = false};
	struct rig_secrets secrets;
	struct rig_person ann = rig_enrol(rig, "ann", &secrets);
	struct answer a;
	struct id credential;
	char app[RIG_SECRET];

	SHAPE_SET(&args, label, SLICE("the phone's files"));
	SHAPE_SET(&args, read_only, true);
	a = rig_do(rig, &rig->arena, OP_APP_PASSWORD_ISSUE, ann.token, &args);
	assert_int_equal(a.code, 0);
	credential = ((struct token_issued *)a.result)->id;
	(void)snprintf(app, sizeof(app), "%.*s",
	    SLICE_ARG(((struct token_issued *)a.result)->secret));
	assert_int_equal(get_session(rig, app), 0);
	/* It can't make more of its kind, nor stay for ever unused. */
	assert_int_equal(
	    rig_do(rig, &rig->arena, OP_APP_PASSWORD_ISSUE, app, &args).code,
	    E_SCOPE);
	rig_pass(89 * DAY_MS);
	assert_int_equal(get_session(rig, app), 0);
	rig_pass(90 * DAY_MS);
	assert_int_equal(get_session(rig, app), E_EXPIRED);
	assert_int_equal(rig_sign_in(rig, &secrets, ann.token), 0);
	assert_int_equal(end_credential(rig, ann.token, credential), 0);
	assert_int_equal(get_session(rig, app), E_UNAUTHENTICATED);
}

static void
test_credentials_are_listed_and_ended(void **state)
{
	struct rig *rig = *state;
	struct rig_secrets secrets;
	struct rig_person ann = rig_enrol(rig, "ann", &secrets);
	struct rig_person eve = rig_person(rig, "eve");
	struct answer a = list_credentials(rig, ann.token, ann.id);
	const struct credential_page *page = a.result;
	struct id password = {0, KIND_NONE};

	assert_int_equal(a.code, 0);
	for (size_t i = 0; i < page->list.n; i++)
		if (page->list.v[i].kind == CREDENTIAL_PASSWORD)
			password = page->list.v[i].id;
	assert_int_equal(password.kind, KIND_CREDENTIAL);
	assert_int_equal(
	    list_credentials(rig, eve.token, ann.id).code, E_DENIED);
	assert_int_equal(end_credential(rig, eve.token, password), E_SCOPE);
	assert_int_equal(end_credential(rig, ann.token, password), 0);
	/* What it opened, ends with it. */
	assert_int_equal(get_session(rig, ann.token), E_UNAUTHENTICATED);
	assert_int_equal(
	    rig_sign_in(rig, &secrets, ann.token), E_UNAUTHENTICATED);
}

/* ---- names
 * ------------------------------------------------------------------------------------
 */

static int
create_person(struct rig *rig, const char *login)
{
	struct principal_create args = {.has_kind = false};

	SHAPE_SET(&args, kind, PRINCIPAL_PERSON);
	SHAPE_SET(&args, name, SLICE("somebody"));
	SHAPE_SET(&args, login, slice_str(login));
	return rig_do(rig, &rig->arena, OP_PRINCIPAL_CREATE, rig->token, &args)
	    .code;
}

static void
test_names_to_sign_in_by(void **state)
{
	struct rig *rig = *state;

	assert_int_equal(create_person(rig, "j\xc3\xb6rg"), 0);
	/* The same, however it is written. */
	assert_int_equal(create_person(rig, "J\xc3\x96RG"), E_EXISTS);
	assert_int_equal(create_person(rig, "jo\xcc\x88rg"), E_EXISTS);
	assert_int_equal(
	    create_person(rig, "\xef\xbd\x8a\xc3\xb6rg"), E_EXISTS);
	assert_int_equal(create_person(rig, "two words"), E_NAME);
	assert_int_equal(create_person(rig, "bidi\xe2\x80\xae"), E_NAME);
	assert_int_equal(create_person(rig, ""), E_NAME);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    RIG_TEST(test_a_password_and_a_code),
	    RIG_TEST(test_what_is_wrong_is_not_told),
	    RIG_TEST(test_a_name_that_nobody_has),
	    RIG_TEST(test_an_old_verifier_is_made_anew),
	    RIG_TEST(test_a_code_is_good_once),
	    RIG_TEST(test_a_password_alone_never_suffices),
	    RIG_TEST(test_weak_passwords),
	    RIG_TEST(test_a_new_password_ends_what_the_old_one_opened),
	    RIG_TEST(test_an_invitation_opens_enrolment_only_and_once),
	    RIG_TEST(test_an_invitation_ends_by_itself),
	    RIG_TEST(test_recovery_codes),
	    RIG_TEST(test_a_passkey),
	    RIG_TEST(test_false_passkeys),
	    RIG_TEST(test_an_answer_is_good_once),
	    RIG_TEST(test_an_answer_is_forgotten_with_its_challenge),
	    RIG_TEST(test_a_passkey_is_registered_once),
	    RIG_TEST(test_what_lies_idle_ends),
	    RIG_TEST(test_sessions_are_listed_and_ended),
	    RIG_TEST(test_sessions_are_limited),
	    RIG_TEST(test_signing_out),
	    RIG_TEST(test_a_suspended_person),
	    RIG_TEST(test_what_must_be_confirmed),
	    RIG_TEST(test_another_person_confirms_nothing),
	    RIG_TEST(test_administrators_need_a_passkey),
	    RIG_TEST(test_the_ceremony_ends),
	    RIG_TEST(test_an_app_password),
	    RIG_TEST(test_credentials_are_listed_and_ended),
	    RIG_TEST(test_names_to_sign_in_by),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
