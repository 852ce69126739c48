/*
 * Two people: what one administrator doesn't do alone, and what a thief of one
 * administrator's session tries instead.
 */
#include "unit.h"

#include <stdio.h>

#include "core/test_passkey.h"

#define HOUR_MS ((int64_t)3600 * 1000)
#define DAY_MS (24 * HOUR_MS)

/* ---- help ---------------------------------------------------------------- */

static int
export_open(struct rig *rig, const char *token, struct id principal)
{
	struct export_open args = {
	    .has_principal = true, .principal = principal};

	return rig_do(rig, &rig->arena, OP_EXPORT_OPEN, token, &args).code;
}

static struct answer
ask_export(struct rig *rig, const char *token, struct id principal)
{
	struct export_open args = {
	    .has_principal = true, .principal = principal};

	return rig_ask(rig, token, OP_EXPORT_OPEN, &args);
}

static struct id
request_of(struct answer a)
{
	assert_int_equal(a.code, 0);
	return ((struct request_made *)a.result)->id;
}

static int
refuse(struct rig *rig, const char *token, struct id request)
{
	struct request_ref args = {.has_request = true, .request = request};

	return rig_do(rig, &rig->arena, OP_APPROVAL_REFUSE, token, &args).code;
}

static const struct request_page *
list(struct rig *rig, enum op_number op, const char *token)
{
	struct approval_list all = {.has_unit = false};
	struct nothing none = {.has_unused = false};
	struct answer a = rig_do(rig, &rig->arena, op, token,
	    op == OP_APPROVAL_LIST ? (const void *)&all : &none);

	assert_int_equal(a.code, 0);
	return a.result;
}

static struct answer
grant_role(
    struct rig *rig, const char *token, struct id principal, unsigned relation)
{
	struct role_grant args = {
	    .has_principal = true, .principal = principal};

	SHAPE_SET(&args, relation, relation);
	return rig_do(rig, &rig->arena, OP_ROLE_GRANT, token, &args);
}

static int
suspend(struct rig *rig, struct id principal)
{
	struct principal_ref args = {
	    .has_principal = true, .principal = principal};

	return rig_do(rig, &rig->arena, OP_PRINCIPAL_SUSPEND, rig->token, &args)
	    .code;
}

/* ---- asking, approving --------------------------------------------------- */

static void
test_two_people(void **state)
{
	struct rig *rig = *state;
	struct rig_second second = rig_second(rig, "second");
	struct rig_person bob = rig_person(rig, "bob");
	const struct request_page *page;
	const struct leaf *leaf;
	struct id request;

	assert_int_equal(export_open(rig, rig->token, bob.id), E_APPROVAL);
	request = request_of(ask_export(rig, rig->token, bob.id));
	assert_int_equal(ask_export(rig, rig->token, bob.id).code, E_EXISTS);
	page = list(rig, OP_APPROVAL_LIST, second.token);
	assert_int_equal(page->list.n, 1);
	assert_int_equal(page->list.v[0].id.n, request.n);
	assert_true(slice_eq(page->list.v[0].name, SLICE("bob")));
	assert_false(page->list.v[0].has_approved_by);
	/* Asked for is not approved. */
	assert_int_equal(export_open(rig, rig->token, bob.id), E_APPROVAL);
	assert_int_equal(rig_approve(rig, second.token, request), 0);
	assert_int_equal(rig_approve(rig, second.token, request), E_STATE);
	page = list(rig, OP_APPROVAL_LIST, second.token);
	assert_int_equal(page->list.v[0].approved_by.n, second.id.n);
	/* For that alone, by whom it was approved for, and once. */
	assert_int_equal(export_open(rig, rig->token, second.id), E_APPROVAL);
	assert_int_equal(export_open(rig, second.token, bob.id), E_APPROVAL);
	assert_int_equal(export_open(rig, rig->token, bob.id), 0);
	leaf = rig_last_of(rig, &rig->arena, OP_EXPORT_OPEN);
	assert_int_equal(leaf->n_approved, 1);
	assert_int_equal(leaf->objects[0].n_ended, 1);
	assert_int_equal(leaf->objects[0].ended[0], rig_ref(rig, request));
	assert_int_equal(
	    rig_last_of(rig, &rig->arena, OP_APPROVAL_GIVE)->session,
	    leaf->approved[0]);
	assert_int_equal(export_open(rig, rig->token, bob.id), E_APPROVAL);
	assert_int_equal(list(rig, OP_APPROVAL_LIST, second.token)->list.n, 0);
}

static void
test_who_may_not_approve(void **state)
{
	struct rig *rig = *state;
	struct rig_second second = rig_second(rig, "second");
	struct rig_person bob = rig_person(rig, "bob");
	struct id request = request_of(ask_export(rig, second.token, bob.id));

	/* Nobody for themselves; no program; nobody without the role. */
	assert_int_equal(rig_approve(rig, second.token, request), E_LINEAGE);
	assert_int_equal(rig_approve(rig, rig->token, request), E_KIND);
	assert_int_equal(rig_approve(rig, bob.token, request), E_DENIED);
	assert_int_equal(ask_export(rig, bob.token, bob.id).code, E_DENIED);
	assert_int_equal(export_open(rig, second.token, bob.id), E_APPROVAL);
	/* Nor whom it is about. */
	request = request_of(ask_export(rig, rig->token, second.id));
	assert_int_equal(rig_approve(rig, second.token, request), E_LINEAGE);
}

/* A thief of one's session makes the second person from it: not within a day,
 * in which others see it. */
static void
test_lineage(void **state)
{
	struct rig *rig = *state;
	struct rig_second second = rig_second(rig, "second");
	struct rig_person bob = rig_person(rig, "bob");
	struct principal_create create = {.has_kind = false};
	struct invitation_issue invite = {.has_principal = true};
	struct rig_passkey passkey;
	char invitation[RIG_SECRET], token[RIG_SECRET];
	struct id puppet, request;
	struct answer a;

	SHAPE_SET(&create, kind, PRINCIPAL_PERSON);
	SHAPE_SET(&create, name, SLICE("puppet"));
	SHAPE_SET(&create, login, SLICE("puppet"));
	a = rig_do(
	    rig, &rig->arena, OP_PRINCIPAL_CREATE, second.token, &create);
	assert_int_equal(a.code, 0);
	puppet = ((struct principal *)a.result)->id;
	invite.principal = puppet;
	a = rig_do(
	    rig, &rig->arena, OP_INVITATION_ISSUE, second.token, &invite);
	assert_int_equal(a.code, 0);
	(void)snprintf(invitation, sizeof(invitation), "%.*s",
	    SLICE_ARG(((struct token_issued *)a.result)->secret));
	rig_passkey_init(&passkey);
	a = rig_add_passkey(
	    rig, invitation, &passkey, rig_challenge(rig, CHALLENGE_REGISTER));
	assert_int_equal(a.code, 0);
	assert_int_equal(
	    grant_role(rig, second.token, puppet, RELATION_USER_ADMIN).code, 0);
	assert_int_equal(rig_passkey_sign_in(rig, &passkey, token), 0);
	request = request_of(ask_export(rig, second.token, bob.id));
	assert_int_equal(rig_approve(rig, token, request), E_LINEAGE);
	assert_int_equal(export_open(rig, second.token, bob.id), E_APPROVAL);
	/* Nor through another session of the puppet's, later that day. */
	rig_pass(23 * HOUR_MS);
	assert_int_equal(rig_passkey_sign_in(rig, &passkey, token), 0);
	assert_int_equal(rig_approve(rig, token, request), E_LINEAGE);
	/* A day later nobody has said anything. */
	rig_pass(2 * HOUR_MS);
	assert_int_equal(rig_passkey_sign_in(rig, &passkey, token), 0);
	assert_int_equal(rig_approve(rig, token, request), 0);
}

static void
test_what_waits_ends(void **state)
{
	struct rig *rig = *state;
	struct rig_second second = rig_second(rig, "second");
	struct rig_person bob = rig_person(rig, "bob");
	struct id request = request_of(ask_export(rig, rig->token, bob.id));

	/* Whom it is about doesn't stop it, who asked and who decides do. */
	assert_int_equal(list(rig, OP_APPROVAL_MINE, bob.token)->list.n, 1);
	assert_int_equal(refuse(rig, bob.token, request), E_DENIED);
	assert_int_equal(refuse(rig, second.token, request), 0);
	assert_int_equal(refuse(rig, second.token, request), E_NOT_FOUND);
	assert_int_equal(rig_approve(rig, second.token, request), E_NOT_FOUND);
	request = request_of(ask_export(rig, rig->token, bob.id));
	assert_int_equal(rig_approve(rig, second.token, request), 0);
	rig_pass(7 * DAY_MS);
	assert_int_equal(export_open(rig, rig->token, bob.id), E_APPROVAL);
	assert_int_equal(
	    rig_passkey_sign_in(rig, &second.passkey, second.token), 0);
	assert_int_equal(rig_approve(rig, second.token, request), E_NOT_FOUND);
	/* Asked anew it waits anew; the old one has ended. */
	request = request_of(ask_export(rig, rig->token, bob.id));
	assert_int_equal(list(rig, OP_APPROVAL_LIST, rig->token)->list.n, 1);
	/* What somebody approved who may do nothing now doesn't count. */
	assert_int_equal(rig_approve(rig, second.token, request), 0);
	assert_int_equal(suspend(rig, second.id), 0);
	assert_int_equal(export_open(rig, rig->token, bob.id), E_APPROVAL);
}

/* An administrator who helps themselves. */
static void
test_nobody_helps_themselves(void **state)
{
	struct rig *rig = *state;
	struct rig_second second = rig_second(rig, "second");
	struct rig_second third = rig_second(rig, "third");
	struct id group = rig_group(rig, "readers of the log");
	struct member_add add = {.has_group = true, .group = group};
	struct role_grant role = {.has_principal = true};

	assert_int_equal(
	    rig_passkey_sign_in(rig, &second.passkey, second.token), 0);
	assert_int_equal(
	    grant_role(rig, second.token, second.id, RELATION_LOG_READER).code,
	    E_APPROVAL);
	/* To somebody else they may. */
	assert_int_equal(
	    grant_role(rig, second.token, third.id, RELATION_LOG_READER).code,
	    0);
	/* Nor through a group: neither into it, nor to one they are in. */
	assert_int_equal(
	    grant_role(rig, second.token, group, RELATION_LOG_READER).code, 0);
	SHAPE_SET(&add, principal, second.id);
	assert_int_equal(
	    rig_do(rig, &rig->arena, OP_MEMBER_ADD, second.token, &add).code,
	    E_APPROVAL);
	(void)rig_member(rig, group, second.id);
	assert_int_equal(
	    grant_role(rig, second.token, group, RELATION_OPERATOR).code,
	    E_APPROVAL);
	/* With somebody else's approval they may. */
	SHAPE_SET(&role, principal, second.id);
	SHAPE_SET(&role, relation, RELATION_OPERATOR);
	rig_allow(rig, &third, second.token, OP_ROLE_GRANT, &role);
	assert_int_equal(
	    grant_role(rig, second.token, second.id, RELATION_OPERATOR).code,
	    0);
}

/* What isn't of two people can't be asked for, nor what is no argument. */
static void
test_what_can_be_asked_for(void **state)
{
	struct rig *rig = *state;
	struct rig_person bob = rig_person(rig, "bob");
	struct principal_ref args = {
	    .has_principal = true, .principal = bob.id};
	struct approval_ask ask = {.has_call = true, .call = SLICE("\x82\x01")};
	struct export_open nobody = {
	    .has_principal = true, .principal = {bob.id.n + 1, KIND_PRINCIPAL}};

	assert_int_equal(
	    rig_ask(rig, rig->token, OP_PRINCIPAL_END, &args).code, E_INVALID);
	assert_int_equal(
	    rig_do(rig, &rig->arena, OP_APPROVAL_ASK, rig->token, &ask).code,
	    E_INVALID);
	ask.call = SLICE("");
	assert_int_equal(
	    rig_do(rig, &rig->arena, OP_APPROVAL_ASK, rig->token, &ask).code,
	    E_INVALID);
	ask.call = SLICE("\x82\x18\x4a\xa0");
	assert_int_equal(
	    rig_do(rig, &rig->arena, OP_APPROVAL_ASK, rig->token, &ask).code,
	    E_INVALID);
	assert_int_equal(rig_ask(rig, rig->token, OP_EXPORT_OPEN, &nobody).code,
	    E_NOT_FOUND);
}

/* ---- recovery ------------------------------------------------------------ */

static struct answer
recover(struct rig *rig, const char *token, struct id principal)
{
	struct principal_ref args = {
	    .has_principal = true, .principal = principal};

	return rig_do(rig, &rig->arena, OP_RECOVERY_ISSUE, token, &args);
}

static struct answer
ask_recovery(struct rig *rig, const char *token, struct id principal)
{
	struct principal_ref args = {
	    .has_principal = true, .principal = principal};

	return rig_ask(rig, token, OP_RECOVERY_ISSUE, &args);
}

static const struct session_info *
session_of(struct rig *rig, const char *token)
{
	struct nothing args = {.has_unused = false};
	struct answer a =
	    rig_do(rig, &rig->arena, OP_SESSION_GET, token, &args);

	return a.code == 0 ? a.result : NULL;
}

static void
take_secret(struct answer a, char ret_secret[RIG_SECRET])
{
	assert_int_equal(a.code, 0);
	(void)snprintf(ret_secret, RIG_SECRET, "%.*s",
	    SLICE_ARG(((struct token_issued *)a.result)->secret));
}

/* What they had ends when they have enrolled, and not before. */
static void
test_recovery_by_two(void **state)
{
	struct rig *rig = *state;
	struct rig_second second = rig_second(rig, "second");
	struct rig_passkey lost, found;
	struct id ann = rig_passkey_enrol(rig, "ann", &lost);
	char before[RIG_SECRET], reissue[RIG_SECRET], after[RIG_SECRET];
	struct principal_ref args = {.has_principal = true, .principal = ann};
	struct answer a;

	assert_int_equal(rig_passkey_sign_in(rig, &lost, before), 0);
	assert_int_equal(recover(rig, rig->token, ann).code, E_APPROVAL);
	rig_allow(rig, &second, rig->token, OP_RECOVERY_ISSUE, &args);
	/* They are told, where they are signed in. */
	assert_int_equal(session_of(rig, before)->waiting, 1);
	take_secret(recover(rig, rig->token, ann), reissue);
	assert_int_equal(
	    rig_last_of(rig, &rig->arena, OP_RECOVERY_ISSUE)->n_approved, 1);
	assert_true(session_of(rig, reissue)->recovered);
	assert_non_null(session_of(rig, before));
	rig_passkey_init(&found);
	a = rig_add_passkey(
	    rig, reissue, &found, rig_challenge(rig, CHALLENGE_REGISTER));
	assert_int_equal(a.code, 0);
	assert_true(((struct credential_made *)a.result)->enrolled);
	assert_null(session_of(rig, reissue));
	assert_null(session_of(rig, before));
	assert_int_equal(
	    rig_passkey_sign_in(rig, &lost, before), E_UNAUTHENTICATED);
	assert_int_equal(rig_passkey_sign_in(rig, &found, after), 0);
	assert_false(session_of(rig, after)->has_recovered);
}

/* A password alone is nothing to sign in with: they go on enrolling. */
static void
test_half_a_recovery(void **state)
{
	struct rig *rig = *state;
	struct rig_second second = rig_second(rig, "second");
	struct rig_secrets secrets;
	struct rig_person ann = rig_enrol(rig, "ann", &secrets);
	struct principal_ref args = {
	    .has_principal = true, .principal = ann.id};
	struct password_set password = {
	    .has_password = true, .password = SLICE("nine brown bottles fell")};
	char reissue[RIG_SECRET];
	struct answer a;

	rig_allow(rig, &second, rig->token, OP_RECOVERY_ISSUE, &args);
	take_secret(recover(rig, rig->token, ann.id), reissue);
	a = rig_do(rig, &rig->arena, OP_PASSWORD_SET, reissue, &password);
	assert_int_equal(a.code, 0);
	assert_false(((struct credential_made *)a.result)->has_enrolled);
	assert_true(session_of(rig, reissue)->recovered);
}

static void
test_recovery_after_a_day(void **state)
{
	struct rig *rig = *state;
	struct rig_passkey lost;
	struct id ann = rig_passkey_enrol(rig, "ann", &lost), request;
	char token[RIG_SECRET], reissue[RIG_SECRET];

	request = request_of(ask_recovery(rig, rig->token, ann));
	rig_pass(23 * HOUR_MS);
	assert_int_equal(recover(rig, rig->token, ann).code, E_APPROVAL);
	/* It is theirs to refuse, in that day. */
	assert_int_equal(rig_passkey_sign_in(rig, &lost, token), 0);
	assert_int_equal(refuse(rig, token, request), 0);
	rig_pass(2 * HOUR_MS);
	assert_int_equal(recover(rig, rig->token, ann).code, E_APPROVAL);
	request = request_of(ask_recovery(rig, rig->token, ann));
	/* A clock that was set lets no day pass. */
	rig_step_wall(26 * HOUR_MS);
	rig_tick(rig);
	assert_int_equal(recover(rig, rig->token, ann).code, E_APPROVAL);
	rig_step_wall(-26 * HOUR_MS);
	rig_tick(rig);
	rig_pass(24 * HOUR_MS);
	take_secret(recover(rig, rig->token, ann), reissue);
	assert_int_equal(
	    rig_last_of(rig, &rig->arena, OP_RECOVERY_ISSUE)->n_approved, 0);
	/* One at a time, for a day. */
	rig_pass(24 * HOUR_MS);
	assert_null(session_of(rig, reissue));
}

static void
test_who_is_recovered(void **state)
{
	struct rig *rig = *state;
	struct rig_second second = rig_second(rig, "second");
	struct rig_person service = rig_person(rig, "service");
	char invitation[RIG_SECRET];
	struct id new = rig_invite_new(rig, "new", invitation);

	assert_int_equal(recover(rig, rig->token, service.id).code, E_KIND);
	assert_int_equal(recover(rig, rig->token, new).code, E_STATE);
	assert_int_equal(recover(rig, second.token, second.id).code, E_INVALID);
	assert_int_equal(recover(rig, service.token, second.id).code, E_DENIED);
}

/* ---- exceptions ---------------------------------------------------------- */

static struct answer
sign_in_alone(
    struct rig *rig, const struct rig_secrets *secrets, const char *password)
{
	struct session_begin args = {.has_login = true,
	    .login = slice_str(secrets->login),
	    .has_password = true,
	    .password = slice_str(password)};

	return rig_begin(rig, &args);
}

static struct policy_except
exception(struct rig *rig, struct id principal, int64_t ms)
{
	struct policy_except args = {
	    .has_principal = true, .principal = principal};

	SHAPE_SET(&args, relation, RELATION_PASSWORD_ALONE);
	SHAPE_SET(&args, expires,
	    rig_leaf(rig, &rig->arena, rig_last(rig))->time + ms);
	return args;
}

static const struct grant_page *
exceptions(struct rig *rig)
{
	struct nothing args = {.has_unused = false};
	struct answer a =
	    rig_do(rig, &rig->arena, OP_POLICY_LIST, rig->token, &args);

	assert_int_equal(a.code, 0);
	return a.result;
}

static void
test_a_password_alone(void **state)
{
	struct rig *rig = *state;
	struct rig_second second = rig_second(rig, "second");
	struct rig_secrets secrets;
	struct rig_person ann = rig_enrol(rig, "ann", &secrets);
	struct policy_except args = exception(rig, ann.id, 3 * HOUR_MS);
	struct grant_ref grant = {.has_grant = true};
	const struct session_made *made;
	char token[RIG_SECRET];
	struct answer a;

	assert_int_equal(sign_in_alone(rig, &secrets, secrets.password).code,
	    E_UNAUTHENTICATED);
	assert_int_equal(
	    rig_do(rig, &rig->arena, OP_POLICY_EXCEPT, rig->token, &args).code,
	    E_APPROVAL);
	rig_allow(rig, &second, rig->token, OP_POLICY_EXCEPT, &args);
	a = rig_do(rig, &rig->arena, OP_POLICY_EXCEPT, rig->token, &args);
	assert_int_equal(a.code, 0);
	grant.grant = ((struct grant_made *)a.result)->id;
	assert_int_equal(exceptions(rig)->list.n, 1);
	/* It still has to be the right one. */
	assert_int_equal(sign_in_alone(rig, &secrets, "password123").code,
	    E_UNAUTHENTICATED);
	a = sign_in_alone(rig, &secrets, secrets.password);
	assert_int_equal(a.code, 0);
	made = a.result;
	assert_int_equal(made->assurance, ASSURANCE_PASSWORD);
	assert_int_equal(made->expires, args.expires);
	(void)snprintf(token, sizeof(token), "%.*s", SLICE_ARG(made->secret));
	/* The record rests on the exception. */
	assert_true(rig_proves(rig_last_of(rig, &rig->arena, OP_SESSION_BEGIN),
	    0, rig_last_of(rig, &rig->arena, OP_POLICY_EXCEPT)->sequence));
	assert_non_null(session_of(rig, token));
	/* A role wants more. */
	assert_int_equal(
	    grant_role(rig, rig->token, ann.id, RELATION_USER_ADMIN).code, 0);
	assert_int_equal(
	    grant_role(rig, token, second.id, RELATION_LOG_READER).code,
	    E_ASSURANCE);
	/* It ends, and what it let in. */
	assert_int_equal(
	    rig_do(rig, &rig->arena, OP_ROLE_REVOKE, rig->token, &grant).code,
	    E_NOT_FOUND);
	assert_int_equal(
	    rig_do(rig, &rig->arena, OP_POLICY_END, rig->token, &grant).code,
	    0);
	assert_null(session_of(rig, token));
	assert_non_null(session_of(rig, ann.token));
	assert_int_equal(exceptions(rig)->list.n, 0);
	assert_int_equal(sign_in_alone(rig, &secrets, secrets.password).code,
	    E_UNAUTHENTICATED);
}

static void
test_an_exception_ends_by_itself(void **state)
{
	struct rig *rig = *state;
	struct rig_second second = rig_second(rig, "second");
	struct rig_secrets secrets;
	struct rig_person ann = rig_enrol(rig, "ann", &secrets);
	struct policy_except args = exception(rig, ann.id, HOUR_MS);
	char token[RIG_SECRET];
	struct answer a;

	rig_allow(rig, &second, rig->token, OP_POLICY_EXCEPT, &args);
	assert_int_equal(
	    rig_do(rig, &rig->arena, OP_POLICY_EXCEPT, rig->token, &args).code,
	    0);
	a = sign_in_alone(rig, &secrets, secrets.password);
	assert_int_equal(a.code, 0);
	(void)snprintf(token, sizeof(token), "%.*s",
	    SLICE_ARG(((struct session_made *)a.result)->secret));
	rig_pass(HOUR_MS);
	assert_null(session_of(rig, token));
	assert_int_equal(sign_in_alone(rig, &secrets, secrets.password).code,
	    E_UNAUTHENTICATED);
	assert_int_equal(exceptions(rig)->list.n, 0);
}

static void
test_no_such_exception(void **state)
{
	struct rig *rig = *state;
	struct rig_secrets secrets;
	struct rig_person ann = rig_enrol(rig, "ann", &secrets);
	struct rig_person service = rig_person(rig, "service");
	struct id group = rig_group(rig, "all of them");
	struct policy_except args = exception(rig, ann.id, 15 * DAY_MS);

	assert_int_equal(
	    rig_do(rig, &rig->arena, OP_POLICY_EXCEPT, rig->token, &args).code,
	    E_INVALID);
	args = exception(rig, ann.id, DAY_MS);
	args.relation = RELATION_USER_ADMIN;
	assert_int_equal(
	    rig_do(rig, &rig->arena, OP_POLICY_EXCEPT, rig->token, &args).code,
	    E_INVALID);
	/* For one human being: by name, and no program. */
	args = exception(rig, service.id, DAY_MS);
	assert_int_equal(
	    rig_do(rig, &rig->arena, OP_POLICY_EXCEPT, rig->token, &args).code,
	    E_KIND);
	args = exception(rig, group, DAY_MS);
	assert_int_equal(
	    rig_do(rig, &rig->arena, OP_POLICY_EXCEPT, rig->token, &args).code,
	    E_KIND);
	assert_int_equal(
	    rig_do(rig, &rig->arena, OP_POLICY_EXCEPT, ann.token, &args).code,
	    E_DENIED);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    RIG_TEST(test_two_people),
	    RIG_TEST(test_who_may_not_approve),
	    RIG_TEST(test_lineage),
	    RIG_TEST(test_what_waits_ends),
	    RIG_TEST(test_nobody_helps_themselves),
	    RIG_TEST(test_what_can_be_asked_for),
	    RIG_TEST(test_recovery_by_two),
	    RIG_TEST(test_half_a_recovery),
	    RIG_TEST(test_recovery_after_a_day),
	    RIG_TEST(test_who_is_recovered),
	    RIG_TEST(test_a_password_alone),
	    RIG_TEST(test_an_exception_ends_by_itself),
	    RIG_TEST(test_no_such_exception),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
