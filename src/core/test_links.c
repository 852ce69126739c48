/*
 * Links: whoever has the secret has what the link was made for, until it ends,
 * and nothing else; who hasn't is told nothing.
 */
#include "unit.h"

#include "core/test_rig.h"

#define HOUR_MS ((int64_t)3600 * 1000)
#define DAY_MS (24 * HOUR_MS)

#define PASSWORD SLICE("nine red kettles sing")

struct world {
	struct rig_person ann, eve;
	struct id folder, file, other;
};

struct made {
	struct id id, grant;
	char secret[RIG_SECRET];
	int64_t expires;
};

struct opened {
	int code;
	char token[RIG_SECRET];
	struct id session, node;
	int64_t expires;
};

static struct world
make_world(struct rig *rig)
{
	struct world w = {.ann = rig_person(rig, "ann")};

	w.eve = rig_person(rig, "eve");
	w.folder = rig_folder(rig, w.ann.token, w.ann.home, "plans");
	w.file = rig_file(rig, w.ann.token, w.folder, "plan.txt", "a plan");
	w.other = rig_file(rig, w.ann.token, w.ann.home, "diary", "secret");
	return w;
}

static int64_t
now(struct rig *rig)
{
	return core_time_now(&engine_core(rig->engine)->time);
}

static struct link_make
to(struct id node, unsigned relation)
{
	struct link_make args = {.has_node = true, .node = node};

	SHAPE_SET(&args, relation, relation);
	return args;
}

static int
try_make(struct rig *rig, const char *token, const struct link_make *args)
{
	return rig_do(rig, &rig->arena, OP_LINK_MAKE, token, args).code;
}

static struct made
make(struct rig *rig, const char *token, const struct link_make *args)
{
	struct answer a = rig_do(rig, &rig->arena, OP_LINK_MAKE, token, args);
	const struct link_made *result = a.result;
	struct made made;

	assert_int_equal(a.code, 0);
	made = (struct made){.id = result->id,
	    .grant = result->grant,
	    .expires = result->expires};
	(void)snprintf(made.secret, sizeof(made.secret), "%.*s",
	    SLICE_ARG(result->secret));
	return made;
}

static struct link_open
with(const char *secret, const char *password)
{
	struct link_open args = {
	    .has_secret = true, .secret = slice_str(secret)};

	if (password != NULL)
		SHAPE_SET(&args, password, slice_str(password));
	return args;
}

static void
take_opened(const struct answer *a, struct opened *ret)
{
	const struct link_opened *result = a->result;

	*ret = (struct opened){.code = a->code};
	if (a->code < 0)
		return;
	ret->session = result->id;
	ret->node = result->node;
	ret->expires = result->expires;
	(void)snprintf(
	    ret->token, sizeof(ret->token), "%.*s", SLICE_ARG(result->secret));
}

static struct opened
open_with(struct rig *rig, const char *secret, const char *password)
{
	struct link_open args = with(secret, password);
	struct answer a = rig_do(rig, &rig->arena, OP_LINK_OPEN, NULL, &args);
	struct opened opened;

	take_opened(&a, &opened);
	return opened;
}

static struct opened
open_link(struct rig *rig, const struct made *made)
{
	return open_with(rig, made->secret, NULL);
}

/* What the record says of the last opening, whatever was told. */
static int
recorded(struct rig *rig)
{
	return rig_last_of(rig, &rig->arena, OP_LINK_OPEN)->objects[0].outcome;
}

static int
read_path(struct rig *rig, const char *token, const char *path)
{
	struct file_read args = {.has_path = true, .path = slice_str(path)};

	return rig_do(rig, &rig->arena, OP_FILE_READ, token, &args).code;
}

static int
list(struct rig *rig, const char *token, struct id folder)
{
	struct folder_list args = {.has_folder = true, .folder = folder};

	return rig_do(rig, &rig->arena, OP_FOLDER_LIST, token, &args).code;
}

static int
store(struct rig *rig, const char *token, struct id parent, const char *name)
{
	struct file_create args = {.has_parent = true, .parent = parent};

	SHAPE_SET(&args, name, slice_str(name));
	SHAPE_SET(&args, content, SLICE("bytes"));
	return rig_do(rig, &rig->arena, OP_FILE_CREATE, token, &args).code;
}

static int
share(struct rig *rig, const char *token, struct id node, struct id principal)
{
	struct share_grant args = {.has_node = true, .node = node};

	SHAPE_SET(&args, principal, principal);
	SHAPE_SET(&args, relation, RELATION_READ);
	return rig_do(rig, &rig->arena, OP_SHARE_GRANT, token, &args).code;
}

/* ---- what a link gives --------------------------------------------------- */

/* What it leads to, below it by path, and nothing outside. */
static void
test_reading(void **state)
{
	struct rig *rig = *state;
	struct world w = make_world(rig);
	struct link_make args = to(w.folder, RELATION_READ);
	struct made made = make(rig, w.ann.token, &args);
	struct opened o = open_link(rig, &made);
	struct nothing nothing = {.has_unused = false};
	struct principal_list principals = {.has_limit = false};
	struct principal_ref self = {
	    .has_principal = true, .principal = made.id};

	assert_int_equal(o.code, 0);
	assert_int_equal(o.node.n, w.folder.n);
	assert_int_equal(rig_read(rig, o.token, w.file), 0);
	assert_true(rig_proves(rig_last_of(rig, &rig->arena, OP_FILE_READ), 0,
	    ref_sequence(rig_ref(rig, made.grant))));
	assert_int_equal(read_path(rig, o.token, "plan.txt"), 0);
	assert_int_equal(list(rig, o.token, w.folder), 0);
	assert_int_equal(rig_read(rig, o.token, w.other), E_NOT_FOUND);
	assert_int_equal(list(rig, o.token, w.ann.home), E_NOT_FOUND);
	assert_int_equal(read_path(rig, o.token, "../diary"), E_NOT_FOUND);
	/* It changes nothing, and gives nothing on. */
	assert_int_equal(store(rig, o.token, w.folder, "more"), E_SCOPE);
	assert_int_equal(rig_trash(rig, o.token, w.file), E_SCOPE);
	assert_int_equal(share(rig, o.token, w.file, w.eve.id), E_SCOPE);
	assert_int_equal(
	    rig_do(rig, &rig->arena, OP_PRINCIPAL_LIST, o.token, &principals)
		.code,
	    E_SCOPE);
	/* Those who came by it before aren't told of. */
	assert_int_equal(
	    rig_do(rig, &rig->arena, OP_SESSION_LIST, o.token, &self).code,
	    E_SCOPE);
	assert_int_equal(
	    rig_do(rig, &rig->arena, OP_SESSION_GET, o.token, &nothing).code,
	    E_SCOPE);
	/* The secret opens the link; it is no session. */
	assert_int_equal(rig_read(rig, made.secret, w.file), E_UNAUTHENTICATED);
}

static void
test_one_file(void **state)
{
	struct rig *rig = *state;
	struct world w = make_world(rig);
	struct link_make args = to(w.file, RELATION_READ);
	struct made made = make(rig, w.ann.token, &args);
	struct opened o = open_link(rig, &made);

	assert_int_equal(o.node.n, w.file.n);
	assert_int_equal(rig_read(rig, o.token, w.file), 0);
	assert_int_equal(list(rig, o.token, w.folder), E_NOT_FOUND);
	/* It has no folder that paths could go from. */
	assert_int_equal(read_path(rig, o.token, "plan.txt"), E_NOT_FOUND);
	assert_int_equal(read_path(rig, o.token, ""), E_NOT_FOUND);
}

static void
test_editing(void **state)
{
	struct rig *rig = *state;
	struct world w = make_world(rig);
	struct link_make args = to(w.folder, RELATION_EDIT);
	struct made made = make(rig, w.ann.token, &args);
	struct opened o = open_link(rig, &made);
	struct grant_ref end = {.has_grant = true, .grant = made.grant};

	assert_int_equal(store(rig, o.token, w.folder, "more"), 0);
	assert_int_equal(rig_trash(rig, o.token, w.file), 0);
	/* What is thrown away is the owner's, and out of reach. */
	assert_int_equal(rig_read(rig, o.token, w.file), E_NOT_FOUND);
	assert_int_equal(rig_read(rig, w.ann.token, w.file), 0);
	assert_int_equal(store(rig, o.token, w.ann.home, "more"), E_NOT_FOUND);
	assert_int_equal(share(rig, o.token, w.folder, w.eve.id), E_DENIED);
	assert_int_equal(
	    rig_do(rig, &rig->arena, OP_SHARE_REVOKE, o.token, &end).code,
	    E_DENIED);
	assert_int_equal(try_make(rig, o.token, &args), E_DENIED);
}

/* Of what is shown in pages, nothing is in the bytes. */
static void
test_seeing_is_no_reading(void **state)
{
	struct rig *rig = *state;
	struct world w = make_world(rig);
	struct link_make args = to(w.file, RELATION_SEE);
	struct made made = make(rig, w.ann.token, &args);
	struct opened o = open_link(rig, &made);

	assert_int_equal(o.code, 0);
	assert_int_equal(rig_read(rig, o.token, w.file), E_NOT_FOUND);
}

/* ---- who may make one ------------------------------------------------------
 */

static void
test_who_may_make(void **state)
{
	struct rig *rig = *state;
	struct world w = make_world(rig);
	struct link_make args = to(w.file, RELATION_READ);
	struct rig_secrets secrets;
	struct rig_person gus =
	    rig_enrol_guest(rig, "gus@else.example", &secrets);
	struct rig_person bob = rig_enrol(rig, "bob", &secrets);

	assert_int_equal(try_make(rig, w.eve.token, &args), E_NOT_FOUND);
	(void)rig_share(rig, w.ann.token, w.file, w.eve.id, RELATION_EDIT);
	assert_int_equal(try_make(rig, w.eve.token, &args), E_DENIED);
	(void)rig_share(rig, w.ann.token, w.file, w.eve.id, RELATION_OWNER);
	assert_int_equal(try_make(rig, w.eve.token, &args), 0);
	/* Guests don't ask others in; people confirm that it is them. */
	args.node = rig_file(rig, gus.token, gus.home, "own", "mine");
	assert_int_equal(try_make(rig, gus.token, &args), E_KIND);
	args.node = rig_file(rig, bob.token, bob.home, "own", "his");
	assert_int_equal(try_make(rig, bob.token, &args), 0);
	rig_pass((int64_t)6 * 60 * 1000);
	assert_int_equal(try_make(rig, bob.token, &args), E_STEPUP);
}

static void
test_what_can_be_made(void **state)
{
	struct rig *rig = *state;
	struct world w = make_world(rig);
	struct link_make args = to(w.file, RELATION_OWNER);

	assert_int_equal(try_make(rig, w.ann.token, &args), E_INVALID);
	args.relation = RELATION_USE;
	assert_int_equal(try_make(rig, w.ann.token, &args), E_INVALID);
	args.relation = RELATION_READ;
	SHAPE_SET(&args, expires, now(rig));
	assert_int_equal(try_make(rig, w.ann.token, &args), E_INVALID);
	args.expires = now(rig) + 401 * DAY_MS;
	assert_int_equal(try_make(rig, w.ann.token, &args), E_INVALID);
	args.expires = now(rig) + 400 * DAY_MS;
	SHAPE_SET(&args, uses, 0);
	assert_int_equal(try_make(rig, w.ann.token, &args), E_INVALID);
	args.has_uses = false;
	SHAPE_SET(&args, label, SLICE("two\nlines"));
	assert_int_equal(try_make(rig, w.ann.token, &args), E_NAME);
	args.has_label = false;
	assert_int_equal(try_make(rig, w.ann.token, &args), 0);
	args.node = w.ann.trash;
	assert_int_equal(try_make(rig, w.ann.token, &args), E_STATE);
	assert_int_equal(rig_trash(rig, w.ann.token, w.file), 0);
	args.node = w.file;
	assert_int_equal(try_make(rig, w.ann.token, &args), E_STATE);
}

/* Nothing more is given to who has a link. */
static void
test_links_are_given_nothing(void **state)
{
	struct rig *rig = *state;
	struct world w = make_world(rig);
	struct link_make args = to(w.file, RELATION_READ);
	struct made made = make(rig, w.ann.token, &args);
	struct id team = rig_group(rig, "team");
	struct member_add member = {.has_group = true, .group = team};
	struct role_grant role = {.has_principal = true, .principal = made.id};
	struct app_grant use = {.has_app = true, .app = APP_MAIL};
	struct token_issue token = {
	    .has_label = true, .label = SLICE("another")};
	struct invitation_issue invite = {
	    .has_principal = true, .principal = made.id};

	assert_int_equal(share(rig, w.ann.token, w.other, made.id), E_KIND);
	SHAPE_SET(&member, principal, made.id);
	assert_int_equal(
	    rig_do(rig, &rig->arena, OP_MEMBER_ADD, rig->token, &member).code,
	    E_KIND);
	SHAPE_SET(&role, relation, RELATION_LOG_READER);
	assert_int_equal(
	    rig_do(rig, &rig->arena, OP_ROLE_GRANT, rig->token, &role).code,
	    E_KIND);
	SHAPE_SET(&use, principal, made.id);
	assert_int_equal(
	    rig_do(rig, &rig->arena, OP_APP_GRANT, rig->token, &use).code,
	    E_KIND);
	SHAPE_SET(&token, principal, made.id);
	assert_int_equal(
	    rig_do(rig, &rig->arena, OP_TOKEN_ISSUE, rig->token, &token).code,
	    E_DENIED);
	assert_int_equal(
	    rig_do(rig, &rig->arena, OP_INVITATION_ISSUE, rig->token, &invite)
		.code,
	    E_KIND);
}

/* ---- when it doesn't open --------------------------------------------------
 */

/* Strangers and those who are late are told the same; the record knows. */
static void
test_unknown_and_expired(void **state)
{
	struct rig *rig = *state;
	struct world w = make_world(rig);
	struct link_make args = to(w.file, RELATION_READ);
	struct made made;
	struct opened o;

	SHAPE_SET(&args, expires, now(rig) + 2 * HOUR_MS);
	made = make(rig, w.ann.token, &args);
	assert_int_equal(
	    open_with(rig, "chy_nobody", NULL).code, E_UNAUTHENTICATED);
	assert_int_equal(recorded(rig), E_UNAUTHENTICATED);
	assert_int_equal(open_with(rig, "", NULL).code, E_UNAUTHENTICATED);
	o = open_link(rig, &made);
	assert_int_equal(o.code, 0);
	/* No session outlives its link. */
	assert_int_equal(o.expires, made.expires);
	rig_pass(HOUR_MS / 2);
	assert_int_equal(rig_read(rig, o.token, w.file), 0);
	rig_pass(HOUR_MS / 2);
	assert_int_equal(rig_read(rig, o.token, w.file), 0);
	rig_pass(HOUR_MS / 2);
	assert_int_equal(rig_read(rig, o.token, w.file), 0);
	rig_pass(HOUR_MS / 2);
	assert_int_equal(rig_read(rig, o.token, w.file), E_EXPIRED);
	assert_int_equal(open_link(rig, &made).code, E_UNAUTHENTICATED);
	assert_int_equal(recorded(rig), E_EXPIRED);
	assert_int_equal(
	    rig_last_of(rig, &rig->arena, OP_LINK_OPEN)->objects[0].ref,
	    rig_ref(rig, made.id));
}

/* A session lasts an hour unused, and half a day at most. */
static void
test_session_ends(void **state)
{
	struct rig *rig = *state;
	struct world w = make_world(rig);
	struct link_make args = to(w.file, RELATION_READ);
	struct made made = make(rig, w.ann.token, &args);
	struct opened o = open_link(rig, &made);

	assert_int_equal(o.expires, now(rig) + 12 * HOUR_MS);
	rig_pass(HOUR_MS);
	assert_int_equal(rig_read(rig, o.token, w.file), E_EXPIRED);
	o = open_link(rig, &made);
	for (size_t i = 0; i < 24; i++) {
		assert_int_equal(rig_read(rig, o.token, w.file), 0);
		rig_pass(HOUR_MS / 2);
	}
	assert_int_equal(rig_read(rig, o.token, w.file), E_EXPIRED);
	assert_int_equal(open_link(rig, &made).code, 0);
}

/* Of two who come for the last time that it opens, one gets in. */
static void
test_last_use(void **state)
{
	struct rig *rig = *state;
	struct world w = make_world(rig);
	struct link_make args = to(w.file, RELATION_READ);
	struct link_open open;
	struct opened o[2];
	struct made made;

	SHAPE_SET(&args, uses, 2);
	made = make(rig, w.ann.token, &args);
	assert_int_equal(open_link(rig, &made).code, 0);
	open = with(made.secret, NULL);
	rig_hold(rig);
	for (size_t i = 0; i < 2; i++)
		(void)rig_submit(rig, OP_LINK_OPEN, NULL, NULL, 1, &open);
	rig_release(rig);
	for (size_t i = 0; i < 2; i++) {
		struct call *call = rig_wait(rig);
		struct answer a;

		rig_answers(call, 0, &rig->arena, &a);
		take_opened(&a, &o[i]);
		call_free(&call);
	}
	assert_int_equal(o[0].code, 0);
	assert_int_equal(o[1].code, E_UNAUTHENTICATED);
	assert_int_equal(recorded(rig), E_EXPIRED);
	/* Who is in stays in. */
	assert_int_equal(rig_read(rig, o[0].token, w.file), 0);
}

static void
test_password(void **state)
{
	struct rig *rig = *state;
	struct world w = make_world(rig);
	struct link_make args = to(w.file, RELATION_READ);
	const struct leaf *leaf;
	struct made made;
	struct opened o;
	int64_t openings;

	SHAPE_SET(&args, password, SLICE("password12"));
	assert_int_equal(try_make(rig, w.ann.token, &args), E_WEAK);
	SHAPE_SET(&args, password, SLICE(""));
	assert_int_equal(try_make(rig, w.ann.token, &args), E_INVALID);
	SHAPE_SET(&args, password, PASSWORD);
	SHAPE_SET(&args, uses, 1);
	made = make(rig, w.ann.token, &args);
	assert_int_equal(open_link(rig, &made).code, E_PASSWORD);
	assert_int_equal(recorded(rig), E_PASSWORD);
	assert_int_equal(
	    open_with(rig, made.secret, "nine red kettles").code, E_PASSWORD);
	assert_int_equal(open_with(rig, made.secret, "").code, E_PASSWORD);
	/* Who hasn't the link isn't told that there is a password. */
	assert_int_equal(
	    open_with(rig, "chy_nobody", "nine red kettles sing").code,
	    E_UNAUTHENTICATED);
	/* None of these counts. */
	o = open_with(rig, made.secret, "nine red kettles sing");
	assert_int_equal(o.code, 0);
	leaf = rig_last_of(rig, &rig->arena, OP_LINK_OPEN);
	assert_int_equal(leaf->principal, rig_ref(rig, made.id));
	assert_true(rig_number(&leaf->objects[0], FACT_OPENINGS, &openings));
	assert_int_equal(openings, 1);
	assert_int_equal(rig_read(rig, o.token, w.file), 0);
	/* Used up, whatever the password. */
	assert_int_equal(
	    open_with(rig, made.secret, "wrong").code, E_UNAUTHENTICATED);
}

/* A password that a link without one doesn't ask for is in no way. */
static void
test_needless_password(void **state)
{
	struct rig *rig = *state;
	struct world w = make_world(rig);
	struct link_make args = to(w.file, RELATION_READ);
	struct made made = make(rig, w.ann.token, &args);

	assert_int_equal(open_with(rig, made.secret, "whatever").code, 0);
}

/* What lies in the trash isn't there, and comes back with it. */
static void
test_trashed(void **state)
{
	struct rig *rig = *state;
	struct world w = make_world(rig);
	struct link_make args = to(w.folder, RELATION_READ);
	struct made made = make(rig, w.ann.token, &args);
	struct opened o = open_link(rig, &made);
	struct node_restore restore = {.has_node = true, .node = w.folder};

	assert_int_equal(rig_read(rig, o.token, w.file), 0);
	assert_int_equal(rig_trash(rig, w.ann.token, w.folder), 0);
	assert_int_equal(rig_read(rig, o.token, w.file), E_NOT_FOUND);
	assert_int_equal(open_link(rig, &made).code, E_UNAUTHENTICATED);
	assert_int_equal(recorded(rig), E_NOT_FOUND);
	assert_int_equal(
	    rig_do(rig, &rig->arena, OP_NODE_RESTORE, w.ann.token, &restore)
		.code,
	    0);
	assert_int_equal(open_link(rig, &made).code, 0);
	assert_int_equal(rig_read(rig, o.token, w.file), 0);
	assert_int_equal(rig_trash(rig, w.ann.token, w.folder), 0);
	assert_int_equal(rig_purge(rig, w.ann.token, w.folder), 0);
	assert_int_equal(open_link(rig, &made).code, E_UNAUTHENTICATED);
}

/* Who shuts out all from outside shuts out links. */
static void
test_shut_out(void **state)
{
	struct rig *rig = *state;
	struct world w = make_world(rig);
	struct link_make args = to(w.file, RELATION_READ);
	struct made made = make(rig, w.ann.token, &args);
	struct opened o = open_link(rig, &made);
	struct app_list apps = {.has_app = true, .app = APP_FILES};
	struct answer a =
	    rig_do(rig, &rig->arena, OP_APP_LIST, rig->token, &apps);
	const struct grant_page *page = a.result;
	struct grant_ref revoke = {
	    .has_grant = true, .grant = page->list.v[1].id};

	assert_true(slice_eq(page->list.v[1].name, SLICE("Guests")));
	assert_int_equal(rig_read(rig, o.token, w.file), 0);
	assert_int_equal(
	    rig_do(rig, &rig->arena, OP_APP_REVOKE, rig->token, &revoke).code,
	    0);
	assert_int_equal(rig_read(rig, o.token, w.file), E_DENIED);
	assert_int_equal(open_link(rig, &made).code, E_UNAUTHENTICATED);
	assert_int_equal(recorded(rig), E_DENIED);
}

static void
test_suspended(void **state)
{
	struct rig *rig = *state;
	struct world w = make_world(rig);
	struct link_make args = to(w.file, RELATION_READ);
	struct made made = make(rig, w.ann.token, &args);
	struct opened o = open_link(rig, &made);
	struct principal_ref link = {
	    .has_principal = true, .principal = made.id};

	assert_int_equal(
	    rig_do(rig, &rig->arena, OP_PRINCIPAL_SUSPEND, rig->token, &link)
		.code,
	    0);
	assert_int_equal(rig_read(rig, o.token, w.file), E_SUSPENDED);
	assert_int_equal(open_link(rig, &made).code, E_UNAUTHENTICATED);
	assert_int_equal(recorded(rig), E_SUSPENDED);
}

/* ---- how it ends ----------------------------------------------------------
 */

/* As any share, and all of it with its right: what is open, too. */
static void
test_revoked(void **state)
{
	struct rig *rig = *state;
	struct world w = make_world(rig);
	struct file_create create = {.has_parent = true, .parent = w.folder};
	struct file_read read = {.has_file = true};
	struct link_make args = to(w.folder, RELATION_READ);
	struct made made = make(rig, w.ann.token, &args);
	struct opened o = open_link(rig, &made), other = open_link(rig, &made);
	struct answer a;

	SHAPE_SET(&create, name, SLICE("large"));
	SHAPE_SET(&create, upload, rig_upload(rig, w.ann.token, 100000, 'x'));
	a = rig_do(rig, &rig->arena, OP_FILE_CREATE, w.ann.token, &create);
	assert_int_equal(a.code, 0);
	read.file = ((struct node_made *)a.result)->id;
	a = rig_do(rig, &rig->arena, OP_FILE_READ, o.token, &read);
	assert_int_equal(a.code, 0);
	assert_int_equal(rig_revoke(rig, w.eve.token, made.grant), E_NOT_FOUND);
	assert_int_equal(rig_revoke(rig, w.ann.token, made.grant), 0);
	/* Grant, principal, credential, two sessions. */
	assert_int_equal(
	    rig_last_of(rig, &rig->arena, OP_SHARE_REVOKE)->objects[0].n_ended,
	    5);
	rig_poll(rig);
	assert_true(
	    rig_is_closed(rig, ((struct file_content *)a.result)->stream));
	assert_int_equal(rig_read(rig, o.token, w.file), E_UNAUTHENTICATED);
	assert_int_equal(rig_read(rig, other.token, w.file), E_UNAUTHENTICATED);
	assert_int_equal(open_link(rig, &made).code, E_UNAUTHENTICATED);
	assert_int_equal(
	    rig_last_of(rig, &rig->arena, OP_LINK_OPEN)->objects[0].ref,
	    rig_ref(rig, made.id));
	assert_int_equal(rig_revoke(rig, w.ann.token, made.grant), E_NOT_FOUND);
}

/* By who looks after credentials, and after principals. */
static void
test_ended_by_others(void **state)
{
	struct rig *rig = *state;
	struct world w = make_world(rig);
	struct link_make args = to(w.file, RELATION_READ);
	struct made made = make(rig, w.ann.token, &args);
	struct opened o = open_link(rig, &made);
	struct principal_ref link = {
	    .has_principal = true, .principal = made.id};
	struct answer a =
	    rig_do(rig, &rig->arena, OP_CREDENTIAL_LIST, rig->token, &link);
	const struct credential_page *page = a.result;
	struct credential_ref end = {.has_credential = true};

	assert_int_equal(a.code, 0);
	assert_int_equal(page->list.n, 1);
	assert_int_equal(page->list.v[0].kind, CREDENTIAL_LINK);
	end.credential = page->list.v[0].id;
	assert_int_equal(
	    rig_do(rig, &rig->arena, OP_TOKEN_REVOKE, rig->token, &end).code,
	    0);
	assert_int_equal(rig_read(rig, o.token, w.file), E_UNAUTHENTICATED);
	assert_int_equal(open_link(rig, &made).code, E_UNAUTHENTICATED);
	made = make(rig, w.ann.token, &args);
	o = open_link(rig, &made);
	link.principal = made.id;
	assert_int_equal(
	    rig_do(rig, &rig->arena, OP_PRINCIPAL_END, rig->token, &link).code,
	    0);
	assert_int_equal(rig_read(rig, o.token, w.file), E_UNAUTHENTICATED);
	assert_int_equal(open_link(rig, &made).code, E_UNAUTHENTICATED);
	/* What is left of it can still be taken away. */
	assert_int_equal(rig_revoke(rig, w.ann.token, made.grant), 0);
}

/* However often it is opened, nobody is kept out, and it can be ended. */
static void
test_many_sessions(void **state)
{
	struct rig *rig = *state;
	struct world w = make_world(rig);
	struct link_make args = to(w.file, RELATION_READ);
	struct made made = make(rig, w.ann.token, &args);
	struct opened first = open_link(rig, &made), second, last;

	rig_pass(HOUR_MS / 2);
	second = open_link(rig, &made);
	for (size_t i = 0; i < 499; i++)
		assert_int_equal(open_link(rig, &made).code, 0);
	last = open_link(rig, &made);
	assert_int_equal(last.code, 0);
	assert_int_equal(rig_read(rig, first.token, w.file), E_UNAUTHENTICATED);
	assert_int_equal(
	    rig_read(rig, second.token, w.file), E_UNAUTHENTICATED);
	assert_int_equal(rig_read(rig, last.token, w.file), 0);
	assert_int_equal(rig_revoke(rig, w.ann.token, made.grant), 0);
	assert_int_equal(
	    rig_last_of(rig, &rig->arena, OP_SHARE_REVOKE)->objects[0].n_ended,
	    503);
	assert_int_equal(rig_read(rig, last.token, w.file), E_UNAUTHENTICATED);
}

/* ---- what is told of it ----------------------------------------------------
 */

static const struct link_page *
links_of(struct rig *rig, const char *token, const struct link_list *args)
{
	struct answer a = rig_do(rig, &rig->arena, OP_LINK_LIST, token, args);

	assert_int_equal(a.code, 0);
	return a.result;
}

static void
test_own_links(void **state)
{
	struct rig *rig = *state;
	struct world w = make_world(rig);
	struct link_make args = to(w.file, RELATION_READ);
	struct link_list all = {.has_node = false},
			 one = {.has_limit = true, .limit = 1};
	const struct link_page *page;
	struct made made[2];

	SHAPE_SET(&args, label, SLICE("for the press"));
	SHAPE_SET(&args, password, PASSWORD);
	SHAPE_SET(&args, uses, 3);
	made[0] = make(rig, w.ann.token, &args);
	args = to(w.folder, RELATION_EDIT);
	made[1] = make(rig, w.ann.token, &args);
	(void)open_with(rig, made[0].secret, "nine red kettles sing");
	page = links_of(rig, w.ann.token, &all);
	assert_int_equal(page->list.n, 2);
	assert_false(page->has_next);
	assert_int_equal(page->list.v[0].id.n, made[0].id.n);
	assert_true(slice_eq(page->list.v[0].label, SLICE("for the press")));
	assert_true(slice_eq(page->list.v[0].name, SLICE("plan.txt")));
	assert_int_equal(page->list.v[0].grant.n, made[0].grant.n);
	assert_int_equal(page->list.v[0].opened, 1);
	assert_int_equal(page->list.v[0].uses, 3);
	assert_int_equal(page->list.v[0].expires, made[0].expires);
	assert_int_equal(page->list.v[0].used, now(rig));
	assert_true(page->list.v[0].password);
	assert_int_equal(page->list.v[1].relation, RELATION_EDIT);
	assert_int_equal(page->list.v[1].opened, 0);
	assert_false(page->list.v[1].has_uses || page->list.v[1].has_used);
	assert_false(page->list.v[1].password);
	page = links_of(rig, w.ann.token, &one);
	assert_int_equal(page->list.n, 1);
	SHAPE_SET(&one, after, page->next);
	page = links_of(rig, w.ann.token, &one);
	assert_int_equal(page->list.v[0].id.n, made[1].id.n);
	assert_false(page->has_next);
	SHAPE_SET(&all, node, w.folder);
	page = links_of(rig, w.ann.token, &all);
	assert_int_equal(page->list.n, 1);
	all.has_node = false;
	assert_int_equal(links_of(rig, w.eve.token, &all)->list.n, 0);
	assert_int_equal(rig_revoke(rig, w.ann.token, made[0].grant), 0);
	assert_int_equal(links_of(rig, w.ann.token, &all)->list.n, 1);
}

/* A credential for one folder lists the links to what is in it. */
static void
test_own_links_in_scope(void **state)
{
	struct rig *rig = *state;
	struct world w = make_world(rig);
	struct link_make args = to(w.file, RELATION_READ);
	struct token_issue scope = {.has_folder = true, .folder = w.folder};
	struct link_list all = {.has_node = false};
	const struct link_page *page;
	char token[RIG_SECRET];

	(void)make(rig, w.ann.token, &args);
	args.node = w.other;
	(void)make(rig, w.ann.token, &args);
	(void)rig_token(rig, w.ann.id, &scope, token);
	page = links_of(rig, token, &all);
	assert_int_equal(page->list.n, 1);
	assert_int_equal(page->list.v[0].node.n, w.file.n);
	assert_int_equal(try_make(rig, token, &args), E_NOT_FOUND);
}

/* Like any grantee: among the shares, in who-can, in why; no principal. */
static void
test_links_are_shown(void **state)
{
	struct rig *rig = *state;
	struct world w = make_world(rig);
	struct link_make args = to(w.folder, RELATION_READ);
	struct node_ref on = {.has_node = true, .node = w.folder};
	struct access_who_can who = {.has_node = true, .node = w.file};
	struct access_why why = {.has_node = true, .node = w.file};
	struct principal_list principals = {.has_limit = false};
	const struct grant_page *shares;
	const struct who_page *page;
	const struct principal_page *all;
	struct made made;
	bool found = false;

	SHAPE_SET(&args, label, SLICE("for the press"));
	made = make(rig, w.ann.token, &args);
	(void)open_link(rig, &made);
	(void)open_link(rig, &made);
	shares =
	    rig_do(rig, &rig->arena, OP_SHARE_LIST, w.ann.token, &on).result;
	assert_int_equal(shares->list.n, 1);
	assert_int_equal(shares->list.v[0].kind, PRINCIPAL_LINK);
	assert_true(slice_eq(shares->list.v[0].name, SLICE("for the press")));
	assert_int_equal(shares->list.v[0].opened, 2);
	assert_int_equal(shares->list.v[0].expires, made.expires);
	SHAPE_SET(&who, relation, RELATION_READ);
	page = rig_do(rig, &rig->arena, OP_ACCESS_WHO_CAN, w.ann.token, &who)
	           .result;
	for (size_t i = 0; i < page->list.n; i++)
		found |= page->list.v[i].principal.n == made.id.n &&
		         page->list.v[i].kind == PRINCIPAL_LINK;
	assert_true(found);
	SHAPE_SET(&why, principal, made.id);
	SHAPE_SET(&why, relation, RELATION_READ);
	assert_true(((const struct access_answer *)rig_do(
			 rig, &rig->arena, OP_ACCESS_WHY, w.ann.token, &why)
			 .result)
			->allowed);
	all =
	    rig_do(rig, &rig->arena, OP_PRINCIPAL_LIST, rig->token, &principals)
		.result;
	for (size_t i = 0; i < all->list.n; i++)
		assert_true(all->list.v[i].id.n != made.id.n);
}

/* The record tells the link by its name, and never the secret. */
static void
test_record(void **state)
{
	struct rig *rig = *state;
	struct world w = make_world(rig);
	struct link_make args = to(w.folder, RELATION_READ);
	struct made made;
	const char *events;
	uint64_t sequence, opened;

	SHAPE_SET(&args, label, SLICE("for the press"));
	SHAPE_SET(&args, password, PASSWORD);
	made = make(rig, w.ann.token, &args);
	sequence = rig_last(rig);
	(void)open_with(rig, made.secret, "nine red kettles sing");
	opened = rig_last(rig);
	events = rig_render(rig, sequence);
	assert_non_null(strstr(events, "made a link to"));
	assert_null(strstr(events, made.secret));
	assert_null(strstr(events, "kettles"));
	events = rig_render(rig, opened);
	assert_non_null(strstr(events, "for the press"));
	assert_non_null(strstr(events, "opened their link"));
	assert_null(strstr(events, made.secret));
	assert_null(strstr(events, "kettles"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    RIG_TEST(test_reading),
	    RIG_TEST(test_one_file),
	    RIG_TEST(test_editing),
	    RIG_TEST(test_seeing_is_no_reading),
	    RIG_TEST(test_who_may_make),
	    RIG_TEST(test_what_can_be_made),
	    RIG_TEST(test_links_are_given_nothing),
	    RIG_TEST(test_unknown_and_expired),
	    RIG_TEST(test_session_ends),
	    RIG_TEST(test_last_use),
	    RIG_TEST(test_password),
	    RIG_TEST(test_needless_password),
	    RIG_TEST(test_trashed),
	    RIG_TEST(test_shut_out),
	    RIG_TEST(test_suspended),
	    RIG_TEST(test_revoked),
	    RIG_TEST(test_ended_by_others),
	    RIG_TEST(test_many_sessions),
	    RIG_TEST(test_own_links),
	    RIG_TEST(test_own_links_in_scope),
	    RIG_TEST(test_links_are_shown),
	    RIG_TEST(test_record),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
