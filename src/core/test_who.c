/*
 * How long each kind of credential is good, and for what: the same rule for all
 * of them, at moments that only a clock of our own brings about.
 */
#include <stdio.h>

#include "unit.h"

#include "core/test_passkey.h"

#define MINUTE_MS ((int64_t)60 * 1000)
#define HOUR_MS (60 * MINUTE_MS)
#define DAY_MS (24 * HOUR_MS)

/* Time passes while they are made: so long before something it isn't yet. */
#define BEFORE_MS (10 * MINUTE_MS)

typedef void make_fn(struct rig *rig, char ret_secret[RIG_SECRET]);

static void
keep_secret(struct slice secret, char ret_secret[RIG_SECRET])
{
	(void)snprintf(ret_secret, RIG_SECRET, "%.*s", SLICE_ARG(secret));
}

/* Of another person each time. */
static void
session_by_passkey(struct rig *rig, char ret_secret[RIG_SECRET])
{
	static unsigned people;
	struct rig_passkey passkey;
	char login[16];

	(void)snprintf(login, sizeof(login), "ann%u", people++);
	(void)rig_passkey_enrol(rig, login, &passkey);
	assert_int_equal(rig_passkey_sign_in(rig, &passkey, ret_secret), 0);
}

static void
session_by_password(struct rig *rig, char ret_secret[RIG_SECRET])
{
	struct rig_secrets secrets;
	struct rig_person bob = rig_enrol(rig, "bob", &secrets);

	keep_secret(slice_str(bob.token), ret_secret);
}

static void
app_password(struct rig *rig, char ret_secret[RIG_SECRET])
{
	struct app_password_issue args = {.has_label = false};
	char session[RIG_SECRET];
	struct answer a;

	session_by_passkey(rig, session);
	SHAPE_SET(&args, label, SLICE("a program"));
	a = rig_do(rig, &rig->arena, OP_APP_PASSWORD_ISSUE, session, &args);
	assert_int_equal(a.code, 0);
	keep_secret(((struct token_issued *)a.result)->secret, ret_secret);
}

static void
recovery_code(struct rig *rig, char ret_secret[RIG_SECRET])
{
	struct nothing args = {.has_unused = false};
	char session[RIG_SECRET];
	struct slice codes, code;
	struct answer a;

	session_by_passkey(rig, session);
	a = rig_do(rig, &rig->arena, OP_RECOVERY_MAKE, session, &args);
	assert_int_equal(a.code, 0);
	codes = ((struct recovery_made *)a.result)->codes;
	assert_true(slice_cut(&codes, '\n', &code));
	keep_secret(code, ret_secret);
}

static void
invitation(struct rig *rig, char ret_secret[RIG_SECRET])
{
	(void)rig_invite_new(rig, "dora", ret_secret);
}

static void
token(struct rig *rig, char ret_secret[RIG_SECRET])
{
	struct rig_person service = rig_person(rig, "service");

	keep_secret(slice_str(service.token), ret_secret);
}

static const struct credential_kind {
	const char *name;
	make_fn *make;
	int64_t lasts, idle, confirmed; /* 0: for ever */
	bool enrols;                    /* may touch what one signs in with */
} kinds[] = {
    {"a session by passkey", session_by_passkey, 30 * DAY_MS, 12 * HOUR_MS,
	5 * MINUTE_MS, true},
    {"a session by password and code", session_by_password, 30 * DAY_MS,
	12 * HOUR_MS, 5 * MINUTE_MS, true},
    {"an app password", app_password, 3650 * DAY_MS, 90 * DAY_MS, 0, false},
    {"a token", token, 90 * DAY_MS, 0, 0, false},
    {"an invitation", invitation, 3 * DAY_MS, 0, 0, true},
    {"a recovery code", recovery_code, 3650 * DAY_MS, 0, 0, true},
};

static bool
is_over(int64_t unused, int64_t limit)
{
	return limit != 0 && unused >= limit;
}

static int
rule(const struct credential_kind *kind, int64_t unused, bool enrolling)
{
	if (is_over(unused, kind->lasts) || is_over(unused, kind->idle))
		return E_EXPIRED;
	if (enrolling && !kind->enrols)
		return E_SCOPE;
	if (enrolling && is_over(unused, kind->confirmed))
		return E_STEPUP;
	return 0;
}

static void
check(struct rig *rig, const struct credential_kind *kind, const char *secret,
    int64_t unused)
{
	static const struct {
		enum op_number op;
		bool enrols;
	} ops[] = {{OP_TOTP_BEGIN, true}, {OP_SESSION_GET, false}};
	struct nothing args = {.has_unused = false};

	for (size_t i = 0; i < ARRAY_SIZE(ops); i++) {
		int want = rule(kind, unused, ops[i].enrols);
		int code =
		    rig_do(rig, &rig->arena, ops[i].op, secret, &args).code;
		const struct leaf *leaf =
		    rig_last_of(rig, &rig->arena, ops[i].op);

		if (code != want)
			fail_msg("%s, %s, unused for %lld minutes: %d, not %d",
			    kind->name, op_get(ops[i].op)->name,
			    (long long)(unused / MINUTE_MS), code, want);
		/* The record knows whose it was, dead or not. */
		assert_int_equal(leaf->outcome, want);
		assert_int_not_equal(leaf->principal, 0);
		assert_int_not_equal(leaf->session, 0);
	}
}

static void
test_how_long_each_is_good(void **state UNUSED)
{
	static const int64_t moments[] = {0, 5 * MINUTE_MS,
	    12 * HOUR_MS - BEFORE_MS, 12 * HOUR_MS, 3 * DAY_MS - BEFORE_MS,
	    3 * DAY_MS, 30 * DAY_MS - BEFORE_MS, 30 * DAY_MS,
	    90 * DAY_MS - BEFORE_MS, 90 * DAY_MS, 3650 * DAY_MS - BEFORE_MS,
	    3650 * DAY_MS};

	for (size_t k = 0; k < ARRAY_SIZE(moments); k++) {
		char secrets[ARRAY_SIZE(kinds)][RIG_SECRET];
		struct rig *rig;
		void *own = NULL;

		assert_int_equal(rig_setup(&own), 0);
		rig = own;
		for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
			kinds[i].make(rig, secrets[i]);
		rig_pass(moments[k]);
		for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
			check(rig, &kinds[i], secrets[i], moments[k]);
		assert_int_equal(rig_teardown(&own), 0);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_how_long_each_is_good),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
