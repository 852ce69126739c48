/*
 * Canaries: each way of touching one is followed by exactly one alert, directly
 * behind the record of it; what is no touch raises none; and nobody but who may
 * list them can tell one from anybody else.
 */
#include "unit.h"

#include <stdio.h>

#include "core/head.h"
#include "core/run.h"
#include "core/test_passkey.h"

#define HOUR_MS ((int64_t)3600 * 1000)

/* ---- help
 * -------------------------------------------------------------------- */

struct world {
	struct rig_person ann, bob;  /* services */
	struct id name, file, grant; /* the canary; bob may read its file */
	uint64_t before;             /* the last record when a test began */
};

static struct canary_plant
to_plant(const char *name, const char *login, const char *file)
{
	struct canary_plant args = {.has_name = true, .name = slice_str(name)};

	if (login != NULL)
		SHAPE_SET(&args, login, slice_str(login));
	if (file != NULL)
		SHAPE_SET(&args, file, slice_str(file));
	return args;
}

static struct answer
plant(struct rig *rig, const char *token, const struct canary_plant *args)
{
	return rig_do(rig, &rig->arena, OP_CANARY_PLANT, token, args);
}

static struct world
make_world(struct rig *rig)
{
	struct canary_plant args =
	    to_plant("Old Tom", "old.tom", "Passwords, all.txt");
	struct world w = {.ann = rig_person(rig, "ann")};
	const struct canary_planted *planted;
	struct answer a;

	w.bob = rig_person(rig, "bob");
	SHAPE_SET(&args, reader, w.bob.id);
	a = plant(rig, rig->token, &args);
	assert_int_equal(a.code, 0);
	planted = a.result;
	assert_true(planted->has_file && planted->has_grant);
	w.name = planted->principal;
	w.file = planted->file;
	w.grant = planted->grant;
	w.before = rig_last(rig);
	return w;
}

static const struct canary_page *
list(struct rig *rig)
{
	struct canary_list args = {.has_after = false};
	struct answer a =
	    rig_do(rig, &rig->arena, OP_CANARY_LIST, rig->token, &args);

	assert_int_equal(a.code, 0);
	return a.result;
}

static const struct canary *
listed(struct rig *rig, struct id principal)
{
	const struct canary_page *page = list(rig);

	for (size_t i = 0; i < page->list.n; i++)
		if (page->list.v[i].principal.n == principal.n)
			return &page->list.v[i];
	return NULL;
}

/* Alerts since, each of which must stand right behind what it cites. */
static size_t
count_alerts(struct rig *rig, uint64_t since)
{
	uint64_t last = rig_last(rig);
	size_t n = 0;

	for (uint64_t i = since + 1; i <= last; i++) {
		const struct leaf *leaf = rig_leaf(rig, &rig->arena, i);

		if (leaf->op != OP_ALERT_RAISE)
			continue;
		assert_int_equal(leaf->cites, i - 1);
		n++;
	}
	return n;
}

static void
expect_none(struct rig *rig, const struct world *w, const char *what)
{
	if (count_alerts(rig, w->before) != 0)
		fail_msg("%s raised an alert", what);
}

/*
 * One alert since, behind the only record of that operation, by the same actor
 * from the same place, about that.
 */
static void
expect_alert(struct rig *rig, const struct world *w, const char *what,
    enum op_number op, unsigned about, struct id touched)
{
	const struct leaf *alert =
	    rig_last_of(rig, &rig->arena, OP_ALERT_RAISE);
	const struct leaf *of;
	int64_t value;

	if (count_alerts(rig, w->before) != 1)
		fail_msg(
		    "%s raised %zu alerts", what, count_alerts(rig, w->before));
	of = rig_leaf(rig, &rig->arena, alert->cites);
	if (of->op != op)
		fail_msg("%s: the alert cites another operation", what);
	assert_int_equal(alert->principal, of->principal);
	assert_int_equal(alert->session, of->session);
	assert_int_equal(alert->context, of->context);
	assert_int_equal(alert->n_credentials, of->n_credentials);
	assert_int_equal(alert->outcome, 0);
	assert_int_equal(alert->n_objects, 1);
	assert_int_equal(alert->objects[0].outcome, 0);
	assert_int_equal(alert->objects[0].kind, touched.kind);
	assert_int_equal(alert->objects[0].ref, rig_ref(rig, touched));
	assert_true(rig_number(&alert->objects[0], FACT_ALERT, &value));
	assert_int_equal(value, about);
	if (about != ALERT_CANARY_FILE)
		return;
	assert_true(rig_number(&alert->objects[0], FACT_TARGET, &value));
	assert_int_equal(value, rig_ref(rig, w->name));
}

/* An operation on an argument that is about to be filled in. */
struct touch {
	const char *what;
	enum op_number op;
	int code;
	const char *token;
	const void *args;
};

static void
touch_all(struct rig *rig, struct world *w, const struct touch *touches,
    size_t n, unsigned about, struct id touched)
{
	for (size_t i = 0; i < n; i++) {
		const struct touch *t = &touches[i];
		struct answer a;

		w->before = rig_last(rig);
		a = rig_do(rig, &rig->arena, t->op, t->token, t->args);
		if (a.code != t->code)
			fail_msg("%s: %d", t->what, a.code);
		expect_alert(rig, w, t->what, t->op, about, touched);
	}
}

/* ---- names
 * ------------------------------------------------------------------- */

static void
test_arguments(void **state)
{
	struct rig *rig = *state;
	struct world w = make_world(rig);
	struct id mine = rig_folder(rig, w.ann.token, w.ann.home, "mine");
	struct id group = rig_group(rig, "all");
	struct principal_ref ref = {.has_principal = true, .principal = w.name};
	struct share_grant share = {.has_node = true, .node = mine};
	struct role_grant role = {
	    .has_principal = true, .principal = w.name, .has_relation = true};
	struct role_list roles = {.has_principal = true, .principal = w.name};
	struct token_issue token = {
	    .has_principal = true, .principal = w.name, .has_label = true};
	struct invitation_issue invitation = {
	    .has_principal = true, .principal = w.name};
	struct access_why why = {
	    .has_principal = true, .principal = w.name, .has_relation = true};
	struct quota_get quota = {.has_principal = true, .principal = w.name};
	struct member_add member = {.has_group = true,
	    .group = group,
	    .has_principal = true,
	    .principal = w.name};
	struct upload_store upload = {.has_content = true,
	    .content = SLICE("bytes"),
	    .has_account = true,
	    .account = w.name};
	struct export_open export = {
	    .has_principal = true, .principal = w.name};
	const char *admin = rig->token, *ann = w.ann.token;
	const struct touch touches[] = {
	    {"share.grant", OP_SHARE_GRANT, 0, ann, &share},
	    {"role.grant", OP_ROLE_GRANT, 0, admin, &role},
	    {"role.list", OP_ROLE_LIST, 0, admin, &roles},
	    {"token.issue", OP_TOKEN_ISSUE, E_DENIED, admin, &token},
	    {"invitation", OP_INVITATION_ISSUE, E_STATE, admin, &invitation},
	    {"access.why", OP_ACCESS_WHY, 0, admin, &why},
	    {"quota.get", OP_QUOTA_GET, 0, admin, &quota},
	    {"credentials", OP_CREDENTIAL_LIST, 0, admin, &ref},
	    {"sessions", OP_SESSION_LIST, 0, admin, &ref},
	    {"member.add", OP_MEMBER_ADD, 0, admin, &member},
	    {"export.open", OP_EXPORT_OPEN, E_APPROVAL, admin, &export},
	    {"an upload", OP_UPLOAD_STORE, E_NOT_FOUND, ann, &upload},
	    {"denied", OP_PRINCIPAL_SUSPEND, E_DENIED, ann, &ref},
	    {"bad secret", OP_PRINCIPAL_SUSPEND, E_UNAUTHENTICATED, "x", &ref},
	    {"no secret", OP_SESSION_LIST, E_UNAUTHENTICATED, NULL, &ref},
	    {"suspended", OP_PRINCIPAL_SUSPEND, 0, admin, &ref},
	    {"ended", OP_PRINCIPAL_END, 0, admin, &ref},
	    {"when ended", OP_PRINCIPAL_END, E_NOT_FOUND, admin, &ref},
	};

	SHAPE_SET(&share, principal, w.name);
	SHAPE_SET(&share, relation, RELATION_READ);
	role.relation = RELATION_LOG_READER;
	why.relation = RELATION_LOG_READER;
	token.label = SLICE("key");
	touch_all(
	    rig, &w, touches, ARRAY_SIZE(touches), ALERT_CANARY_NAME, w.name);
}

/* Whom a call is about that somebody else is to approve. */
static void
test_asked_for(void **state)
{
	struct rig *rig = *state;
	struct world w = make_world(rig);
	struct export_open export = {
	    .has_principal = true, .principal = w.name};
	static const int codes[] = {0, E_DENIED};

	for (size_t i = 0; i < ARRAY_SIZE(codes); i++) {
		w.before = rig_last(rig);
		assert_int_equal(rig_ask(rig, i == 0 ? rig->token : w.ann.token,
				     OP_EXPORT_OPEN, &export)
				     .code,
		    codes[i]);
		expect_alert(rig, &w, "approval.ask", OP_APPROVAL_ASK,
		    ALERT_CANARY_NAME, w.name);
	}
}

/* Whose session has ended is known, and so is what they were after. */
static void
test_dead_secret(void **state)
{
	struct rig *rig = *state;
	struct world w = make_world(rig);
	struct quota_get args = {.has_principal = true, .principal = w.name};

	assert_int_equal(rig_end_token(rig, w.bob.credential), 0);
	w.before = rig_last(rig);
	assert_int_equal(
	    rig_do(rig, &rig->arena, OP_QUOTA_GET, w.bob.token, &args).code,
	    E_UNAUTHENTICATED);
	expect_alert(
	    rig, &w, "a dead secret", OP_QUOTA_GET, ALERT_CANARY_NAME, w.name);
	assert_int_not_equal(
	    rig_last_of(rig, &rig->arena, OP_ALERT_RAISE)->principal, 0);
}

static struct session_begin
sign_in_as(const char *login)
{
	struct session_begin args = {.has_login = true};

	args.login = slice_str(login);
	SHAPE_SET(&args, password, SLICE("correct horse battery"));
	SHAPE_SET(&args, code, SLICE("123456"));
	return args;
}

static void
test_sign_in(void **state)
{
	struct rig *rig = *state;
	struct world w = make_world(rig);
	struct session_begin whole = sign_in_as("old.tom");
	struct session_begin folded = sign_in_as("OLD.TOM");
	struct session_begin half = sign_in_as("old.tom");
	struct session_begin less = sign_in_as("old.tom");
	struct session_begin unknown = sign_in_as("old.tim");
	const struct touch touches[] = {
	    {"a password", OP_SESSION_BEGIN, E_UNAUTHENTICATED, NULL, &whole},
	    {"its case", OP_SESSION_BEGIN, E_UNAUTHENTICATED, NULL, &folded},
	    {"no code", OP_SESSION_BEGIN, E_UNAUTHENTICATED, NULL, &half},
	    {"no password", OP_SESSION_BEGIN, E_INVALID, NULL, &less},
	    {"a session", OP_SESSION_STEPUP, E_KIND, w.ann.token, &whole},
	};

	half.has_code = false;
	less.has_password = false;
	touch_all(
	    rig, &w, touches, ARRAY_SIZE(touches), ALERT_CANARY_NAME, w.name);
	w.before = rig_last(rig);
	assert_int_equal(
	    rig_do(rig, &rig->arena, OP_SESSION_BEGIN, NULL, &unknown).code,
	    E_UNAUTHENTICATED);
	unknown.has_code = false;
	assert_int_equal(
	    rig_do(rig, &rig->arena, OP_SESSION_BEGIN, NULL, &unknown).code,
	    E_UNAUTHENTICATED);
	expect_none(rig, &w, "a name that nobody has");
}

/* Together with others it isn't even tried. */
static void
test_sign_in_with_others(void **state)
{
	struct rig *rig = *state;
	struct world w = make_world(rig);
	struct session_begin args = sign_in_as("old.tom");
	struct challenge_make other = {
	    .has_purpose = true, .purpose = CHALLENGE_SIGN_IN};
	const struct rig_op ops[] = {
	    {OP_SESSION_BEGIN, 1, &args}, {OP_CHALLENGE_MAKE, 1, &other}};
	struct call *call;

	(void)rig_submit_ops(rig, NULL, NULL, 0, ARRAY_SIZE(ops), ops);
	call = rig_wait(rig);
	assert_non_null(call);
	assert_int_equal(call->ops[0].code, E_INVALID);
	assert_int_equal(call->ops[1].code, 0);
	call_free(&call);
	expect_alert(rig, &w, "with others", OP_SESSION_BEGIN,
	    ALERT_CANARY_NAME, w.name);
}

/* ---- files
 * ------------------------------------------------------------------- */

static struct id
version_of(struct rig *rig, const char *token, struct id file)
{
	struct node_ref args = {.has_node = true, .node = file};
	struct answer a = rig_do(rig, &rig->arena, OP_NODE_GET, token, &args);

	assert_int_equal(a.code, 0);
	return ((struct node *)a.result)->version;
}

static void
test_file(void **state)
{
	struct rig *rig = *state;
	struct world w = make_world(rig);
	struct id version = version_of(rig, w.bob.token, w.file);
	struct node_ref ref = {.has_node = true, .node = w.file};
	struct file_read read = {.has_file = true, .file = w.file};
	struct file_read old = {.has_file = true, .file = version};
	struct version_list versions = {.has_file = true, .file = w.file};
	struct node_copy copy = {.has_node = true,
	    .node = w.file,
	    .has_folder = true,
	    .folder = w.bob.home};
	struct node_rename rename = {.has_node = true,
	    .node = w.file,
	    .has_name = true,
	    .name = SLICE("x")};
	struct version_restore restore = {
	    .has_version = true, .version = version};
	struct grant_ref grant = {.has_grant = true, .grant = w.grant};
	struct access_who_can who = {
	    .has_node = true, .node = w.file, .has_relation = true};
	const char *admin = rig->token, *ann = w.ann.token, *bob = w.bob.token;
	const struct touch touches[] = {
	    {"node.get", OP_NODE_GET, 0, bob, &ref},
	    {"file.read", OP_FILE_READ, 0, bob, &read},
	    {"a version", OP_FILE_READ, 0, bob, &old},
	    {"version.list", OP_VERSION_LIST, 0, bob, &versions},
	    {"node.copy", OP_NODE_COPY, 0, bob, &copy},
	    {"node.copy again", OP_NODE_COPY, E_EXISTS, bob, &copy},
	    {"node.rename", OP_NODE_RENAME, E_DENIED, bob, &rename},
	    {"restore", OP_VERSION_RESTORE, E_DENIED, bob, &restore},
	    {"share.list", OP_SHARE_LIST, 0, admin, &ref},
	    {"who can", OP_ACCESS_WHO_CAN, 0, admin, &who},
	    {"a stranger", OP_NODE_GET, E_NOT_FOUND, ann, &ref},
	    {"a stranger's read", OP_FILE_READ, E_NOT_FOUND, ann, &read},
	    {"its grant", OP_SHARE_REVOKE, E_NOT_FOUND, ann, &grant},
	    {"nobody", OP_FILE_READ, E_UNAUTHENTICATED, NULL, &read},
	    {"a bad secret", OP_NODE_GET, E_UNAUTHENTICATED, "x", &ref},
	};

	who.relation = RELATION_READ;
	touch_all(
	    rig, &w, touches, ARRAY_SIZE(touches), ALERT_CANARY_FILE, w.file);
}

/* What is about to be a canary's, though it lies among somebody's own. */
struct arming {
	uint64_t node, principal;
};

static int
arm(struct run *run, void *arg)
{
	const struct arming *arming = arg;
	struct stmt *stmt = db_stmt(run->place->db, SQL_NODE_SET_CANARY);

	stmt_u64(stmt, 1, arming->node);
	stmt_u64(stmt, 2, arming->principal);
	return stmt_run(stmt);
}

/* Copied with the folder that it lies in; to list that folder is no touch. */
static void
test_within_a_folder(void **state)
{
	struct rig *rig = *state;
	struct world w = make_world(rig);
	struct id folder = rig_folder(rig, w.ann.token, w.ann.home, "folder");
	struct id inner = rig_folder(rig, w.ann.token, folder, "inner");
	struct id file = rig_file(rig, w.ann.token, inner, "pins.txt", "1234");
	struct arming arming = {rig_ref(rig, file), rig_ref(rig, w.name)};
	struct folder_list see = {.has_folder = true, .folder = inner};
	struct node_copy copy = {.has_node = true,
	    .node = folder,
	    .has_folder = true,
	    .folder = w.ann.home,
	    .has_name = true,
	    .name = SLICE("copy")};
	struct file_read read = {
	    .has_path = true, .path = SLICE("folder/inner/pins.txt")};

	rig_system(rig, OP_SYSTEM_CLOCK, arm, &arming);
	w.before = rig_last(rig);
	assert_int_equal(
	    rig_do(rig, &rig->arena, OP_FOLDER_LIST, w.ann.token, &see).code,
	    0);
	expect_none(rig, &w, "folder.list");
	assert_int_equal(
	    rig_do(rig, &rig->arena, OP_NODE_COPY, w.ann.token, &copy).code, 0);
	expect_alert(rig, &w, "a copy", OP_NODE_COPY, ALERT_CANARY_FILE, file);
	/* By its path, too; the copy is nothing that anybody watches. */
	w.before = rig_last(rig);
	assert_int_equal(
	    rig_do(rig, &rig->arena, OP_FILE_READ, w.ann.token, &read).code, 0);
	expect_alert(rig, &w, "a path", OP_FILE_READ, ALERT_CANARY_FILE, file);
	w.before = rig_last(rig);
	read.path = SLICE("copy/inner/pins.txt");
	assert_int_equal(
	    rig_do(rig, &rig->arena, OP_FILE_READ, w.ann.token, &read).code, 0);
	expect_none(rig, &w, "the copy");
}

/* ---- several at once
 * --------------------------------------------------------- */

/* Each operation of a call has its alert behind itself. */
static void
test_call_of_several(void **state)
{
	struct rig *rig = *state;
	struct world w = make_world(rig);
	struct node_ref home = {.has_node = true, .node = w.bob.home};
	struct node_ref file = {.has_node = true, .node = w.file};
	const struct rig_op ops[] = {{OP_NODE_GET, 1, &home},
	    {OP_NODE_GET, 1, &file}, {OP_NODE_GET, 1, &home},
	    {OP_NODE_GET, 1, &file}};
	static const uint16_t order[] = {OP_NODE_GET, OP_NODE_GET,
	    OP_ALERT_RAISE, OP_NODE_GET, OP_NODE_GET, OP_ALERT_RAISE};
	struct call *call;

	(void)rig_submit_ops(rig, w.bob.token, NULL, 0, ARRAY_SIZE(ops), ops);
	call = rig_wait(rig);
	assert_non_null(call);
	for (size_t i = 0; i < ARRAY_SIZE(ops); i++) {
		struct answer a;

		rig_answers(call, i, &rig->arena, &a);
		assert_int_equal(a.code, 0);
	}
	call_free(&call);
	assert_int_equal(rig_last(rig), w.before + ARRAY_SIZE(order));
	for (size_t i = 0; i < ARRAY_SIZE(order); i++)
		assert_int_equal(
		    rig_leaf(rig, &rig->arena, w.before + 1 + i)->op, order[i]);
	assert_int_equal(count_alerts(rig, w.before), 2);
}

/* Of several objects the first one is named, and how many there were. */
static void
test_several_objects(void **state)
{
	struct rig *rig = *state;
	struct world w = make_world(rig);
	struct canary_plant other = to_plant("Nobody", NULL, NULL);
	struct answer a = plant(rig, rig->token, &other), answers[4];
	struct principal_ref args[4] = {{.has_principal = true}};
	const struct leaf *alert;
	int64_t n;

	assert_int_equal(a.code, 0);
	for (size_t i = 0; i < ARRAY_SIZE(args); i++)
		SHAPE_SET(&args[i], principal, w.ann.id);
	args[1].principal = w.name;
	args[2].principal = ((struct canary_planted *)a.result)->principal;
	w.before = rig_last(rig);
	rig_do_all(rig, &rig->arena, OP_PRINCIPAL_SUSPEND, w.bob.token, NULL,
	    ARRAY_SIZE(args), args, answers);
	expect_alert(rig, &w, "several", OP_PRINCIPAL_SUSPEND,
	    ALERT_CANARY_NAME, w.name);
	alert = rig_last_of(rig, &rig->arena, OP_ALERT_RAISE);
	assert_true(rig_number(&alert->objects[0], FACT_COUNT, &n));
	assert_int_equal(n, 2);
}

/* A repeat is an operation like others: it touches again. */
static void
test_repeat(void **state)
{
	struct rig *rig = *state;
	struct world w = make_world(rig);
	struct node_copy copy = {.has_node = true,
	    .node = w.file,
	    .has_folder = true,
	    .folder = w.bob.home};
	static const char key[] = "0123456789abcdef";

	for (size_t i = 1; i <= 2; i++) {
		struct answer a = rig_do_key(
		    rig, &rig->arena, OP_NODE_COPY, w.bob.token, key, &copy);

		assert_int_equal(a.code, 0);
		assert_int_equal(count_alerts(rig, w.before), i);
	}
	/* Another call under its key is refused, and was one all the same. */
	SHAPE_SET(&copy, name, SLICE("another"));
	assert_int_equal(
	    rig_do_key(rig, &rig->arena, OP_NODE_COPY, w.bob.token, key, &copy)
		.code,
	    E_REUSED);
	assert_int_equal(count_alerts(rig, w.before), 3);
}

/* What a reader has prepared, and what had to be done again. */
static void
test_prepared(void **state)
{
	struct rig *rig = *state;
	struct world w = make_world(rig);
	struct file_read read = {.has_file = true, .file = w.file};
	struct principal_ref end = {
	    .has_principal = true, .principal = w.bob.id};
	const struct writer_counts *counts =
	    writer_counts(engine_writer(rig->engine));
	uint64_t before = atomic_load(&counts->reruns);
	struct call *call;

	assert_int_equal(rig_read(rig, w.ann.token, w.ann.home), E_KIND);
	w.before = rig_last(rig);
	rig_hold(rig);
	(void)rig_submit(rig, OP_FILE_READ, w.bob.token, NULL, 1, &read);
	rig_await(rig, 1);
	(void)rig_submit(rig, OP_PRINCIPAL_SUSPEND, rig->token, NULL, 1, &end);
	rig_release(rig);
	for (size_t i = 0; i < 2; i++) {
		call = rig_wait(rig);
		assert_non_null(call);
		call_free(&call);
	}
	assert_int_equal(atomic_load(&counts->reruns), before + 1);
	expect_alert(
	    rig, &w, "done again", OP_FILE_READ, ALERT_CANARY_FILE, w.file);
}

/* ---- what is none
 * ------------------------------------------------------------ */

/* Looks at lists that show it, and at what the log says of it. */
static void
test_no_touch(void **state)
{
	struct rig *rig = *state;
	struct world w = make_world(rig);
	struct principal_list principals = {.has_after = false};
	struct principal_list after = {.has_after = true, .after = w.name};
	struct share_with_me shared = {.has_after = false};
	struct node_search search = {
	    .has_text = true, .text = SLICE("passwords")};
	struct access_who_can who = {.has_relation = true};
	struct log_search log = {.has_object = true, .object = w.file};
	struct log_search of = {.has_principal = true, .principal = w.name};
	struct lineage_show lineage = {.has_id = true, .id = w.name};
	struct file_changes changes = {.has_since = true};
	struct principal_create same = {.has_kind = true};
	const struct touch looks[] = {
	    {"principal.list", OP_PRINCIPAL_LIST, 0, rig->token, &principals},
	    {"the next page", OP_PRINCIPAL_LIST, 0, rig->token, &after},
	    {"share.with_me", OP_SHARE_WITH_ME, 0, w.bob.token, &shared},
	    {"node.search", OP_NODE_SEARCH, 0, w.bob.token, &search},
	    {"who can", OP_ACCESS_WHO_CAN, 0, rig->token, &who},
	    {"log.search", OP_LOG_SEARCH, 0, rig->token, &log},
	    {"log.search of", OP_LOG_SEARCH, 0, rig->token, &of},
	    {"lineage.show", OP_LINEAGE_SHOW, 0, rig->token, &lineage},
	    {"file.changes", OP_FILE_CHANGES, 0, w.bob.token, &changes},
	    {"its name again", OP_PRINCIPAL_CREATE, E_EXISTS, rig->token,
		&same},
	};

	who.relation = RELATION_USER_ADMIN;
	same.kind = PRINCIPAL_PERSON;
	SHAPE_SET(&same, name, SLICE("Tom"));
	SHAPE_SET(&same, login, SLICE("old.tom"));
	rig_await_index(rig);
	for (size_t i = 0; i < ARRAY_SIZE(looks); i++) {
		struct answer a = rig_do(rig, &rig->arena, looks[i].op,
		    looks[i].token, looks[i].args);

		if (a.code != looks[i].code)
			fail_msg("%s: %d", looks[i].what, a.code);
		expect_none(rig, &w, looks[i].what);
	}
	(void)list(rig);
	expect_none(rig, &w, "canary.list");
}

/* Nobody reads the home that it lies in, but who asks for it touches nothing.
 */
static void
test_its_folder(void **state)
{
	struct rig *rig = *state;
	struct rig_second second = rig_second(rig, "second");
	struct world w = make_world(rig);
	struct export_open export = {
	    .has_principal = true, .principal = w.name};
	struct folder_list see = {.has_folder = true};
	const struct node_page *page;
	struct answer a;

	rig_allow(rig, &second, rig->token, OP_EXPORT_OPEN, &export);
	a = rig_do(rig, &rig->arena, OP_EXPORT_OPEN, rig->token, &export);
	assert_int_equal(a.code, 0);
	see.folder = ((struct export_opened *)a.result)->home;
	w.before = rig_last(rig);
	assert_int_equal(
	    rig_do(rig, &rig->arena, OP_FOLDER_LIST, w.ann.token, &see).code,
	    E_NOT_FOUND);
	a = rig_do(rig, &rig->arena, OP_FOLDER_LIST, rig->token, &see);
	assert_int_equal(a.code, 0);
	page = a.result;
	assert_int_equal(page->list.n, 1);
	assert_int_equal(page->list.v[0].id.n, w.file.n);
	expect_none(rig, &w, "folder.list");
}

/* ---- what others see of it
 * ---------------------------------------------------- */

/* Like any person's file, shared by whose it is. */
static void
test_nothing_shows(void **state)
{
	struct rig *rig = *state;
	struct world w = make_world(rig);
	struct share_with_me shared = {.has_after = false};
	struct version_list versions = {.has_file = true, .file = w.file};
	struct answer a =
	    rig_do(rig, &rig->arena, OP_SHARE_WITH_ME, w.bob.token, &shared);
	const struct shared_page *page = a.result;
	const struct version_page *of;

	assert_int_equal(a.code, 0);
	assert_int_equal(page->list.n, 1);
	assert_int_equal(page->list.v[0].id.n, w.file.n);
	assert_int_equal(page->list.v[0].owner.n, w.name.n);
	assert_int_equal(page->list.v[0].by.n, w.name.n);
	assert_true(slice_eq(page->list.v[0].by_name, SLICE("Old Tom")));
	a = rig_do(rig, &rig->arena, OP_VERSION_LIST, w.bob.token, &versions);
	of = a.result;
	assert_int_equal(of->list.v[0].by.n, w.name.n);
	assert_true(of->list.v[0].modified < of->list.v[0].created);
	assert_true(of->list.v[0].size > 100);
}

static int
try_list(struct rig *rig, const char *token)
{
	struct canary_list args = {.has_after = false};

	return rig_do(rig, &rig->arena, OP_CANARY_LIST, token, &args).code;
}

/* Only who responds knows of them: not who administers, nor who reads the log.
 */
static void
test_whose_matter_they_are(void **state)
{
	static const struct {
		unsigned relation;
		int code;
	} roles[] = {{RELATION_USER_ADMIN, E_DENIED},
	    {RELATION_LOG_READER, E_DENIED}, {RELATION_OPERATOR, E_DENIED},
	    {RELATION_SECURITY_RESPONDER, 0}};
	struct rig *rig = *state;
	struct world w = make_world(rig);
	struct canary_plant another = to_plant("Another", NULL, NULL);
	struct principal_ref ref = {.has_principal = true, .principal = w.name};
	struct role_grant role = {
	    .has_principal = true, .principal = w.ann.id, .has_relation = true};

	assert_int_equal(try_list(rig, w.ann.token), E_DENIED);
	for (size_t i = 0; i < ARRAY_SIZE(roles); i++) {
		role.relation = roles[i].relation;
		assert_int_equal(
		    rig_do(rig, &rig->arena, OP_ROLE_GRANT, rig->token, &role)
			.code,
		    0);
		assert_int_equal(try_list(rig, w.ann.token), roles[i].code);
		assert_int_equal(
		    plant(rig, w.ann.token, &another).code, roles[i].code);
		assert_int_equal(
		    rig_do(rig, &rig->arena, OP_CANARY_END, w.ann.token, &ref)
			.code,
		    roles[i].code);
	}
}

/* ---- beginning and end
 * --------------------------------------------------------- */

static void
test_list(void **state)
{
	struct rig *rig = *state;
	struct world w = make_world(rig);
	struct canary_list first = {.has_limit = true, .limit = 1};
	const struct canary *c = listed(rig, w.name);
	const struct canary_page *page;
	struct answer a;

	assert_int_equal(list(rig)->list.n, RIG_CANARIES + 1);
	assert_non_null(c);
	assert_true(slice_eq(c->name, SLICE("Old Tom")));
	assert_true(slice_eq(c->login, SLICE("old.tom")));
	assert_true(slice_eq(c->file_name, SLICE("Passwords, all.txt")));
	assert_int_equal(c->file.n, w.file.n);
	assert_false(c->has_alert || c->has_touched || c->has_ended);
	rig_pass(HOUR_MS);
	assert_int_equal(rig_read(rig, w.bob.token, w.file), 0);
	c = listed(rig, w.name);
	assert_true(c->has_alert);
	assert_int_equal(
	    c->alert, rig_last_of(rig, &rig->arena, OP_ALERT_RAISE)->sequence);
	assert_int_equal(c->touched, c->created + HOUR_MS);
	/* A page at a time. */
	a = rig_do(rig, &rig->arena, OP_CANARY_LIST, rig->token, &first);
	page = a.result;
	assert_int_equal(page->list.n, 1);
	assert_true(page->more);
	SHAPE_SET(&first, after, list(rig)->list.v[RIG_CANARIES].principal);
	a = rig_do(rig, &rig->arena, OP_CANARY_LIST, rig->token, &first);
	page = a.result;
	assert_int_equal(page->list.n, 0);
	assert_false(page->more);
}

static void
test_refusals(void **state)
{
	struct rig *rig = *state;
	struct world w = make_world(rig);
	struct canary_plant taken = to_plant("Tom", "Old.Tom", NULL);
	struct canary_plant bad_file = to_plant("Tom", NULL, "a/b");
	struct canary_plant bad_name = to_plant("", NULL, NULL);
	struct canary_plant no_file = to_plant("Tom", NULL, NULL);
	struct canary_plant nobody = to_plant("Tom", NULL, "file");
	struct principal_ref ref = {
	    .has_principal = true, .principal = w.ann.id};

	SHAPE_SET(&no_file, reader, w.bob.id);
	SHAPE_SET(&nobody, reader,
	    rig_id(rig, KIND_PRINCIPAL, ref_make(w.before, 4000)));
	assert_int_equal(plant(rig, rig->token, &taken).code, E_EXISTS);
	assert_int_equal(plant(rig, rig->token, &bad_file).code, E_NAME);
	assert_int_equal(plant(rig, rig->token, &bad_name).code, E_NAME);
	assert_int_equal(plant(rig, rig->token, &no_file).code, E_INVALID);
	assert_int_equal(plant(rig, rig->token, &nobody).code, E_NOT_FOUND);
	assert_int_equal(
	    rig_do(rig, &rig->arena, OP_CANARY_END, rig->token, &ref).code,
	    E_NOT_FOUND);
	expect_none(rig, &w, "canary.*");
}

/* Whether somebody else has ended the person before, or not. */
static void
end_canary(struct rig *rig, bool ended_before)
{
	struct world w = make_world(rig);
	struct principal_ref ref = {.has_principal = true, .principal = w.name};
	struct session_begin sign_in = sign_in_as("old.tom");
	struct share_with_me shared = {.has_after = false};
	const struct leaf *leaf;
	struct answer a;

	if (ended_before) {
		assert_int_equal(
		    rig_do(rig, &rig->arena, OP_PRINCIPAL_END, rig->token, &ref)
			.code,
		    0);
		assert_true(listed(rig, w.name)->ended);
		/* Its file is one still. */
		assert_int_equal(rig_read(rig, w.bob.token, w.file), 0);
		assert_int_equal(count_alerts(rig, w.before), 2);
	}
	w.before = rig_last(rig);
	assert_int_equal(
	    rig_do(rig, &rig->arena, OP_CANARY_END, rig->token, &ref).code, 0);
	leaf = rig_last_of(rig, &rig->arena, OP_CANARY_END);
	/* The person, the file, its place, the right. */
	assert_int_equal(leaf->objects[0].n_ended, ended_before ? 3 : 4);
	assert_null(listed(rig, w.name));
	assert_int_equal(
	    rig_do(rig, &rig->arena, OP_CANARY_END, rig->token, &ref).code,
	    E_NOT_FOUND);
	assert_int_equal(rig_read(rig, w.bob.token, w.file), E_NOT_FOUND);
	assert_int_equal(
	    rig_do(rig, &rig->arena, OP_SESSION_BEGIN, NULL, &sign_in).code,
	    E_UNAUTHENTICATED);
	assert_int_equal(
	    rig_do(rig, &rig->arena, OP_QUOTA_GET, rig->token, &ref).code, 0);
	a = rig_do(rig, &rig->arena, OP_SHARE_WITH_ME, w.bob.token, &shared);
	assert_int_equal(((struct shared_page *)a.result)->list.n, 0);
	expect_none(rig, &w, "what was a canary");
}

static void
test_end(void **state)
{
	end_canary(*state, false);
}

static void
test_end_of_an_ended_one(void **state)
{
	end_canary(*state, true);
}

/* Planted once, and the first of them can be signed in by. */
static void
test_ceremony(void **state)
{
	struct rig *rig = *state;
	const struct canary_page *page = list(rig);
	struct world w = {.before = rig_last(rig)};
	const struct leaf *leaf =
	    rig_last_of(rig, &rig->arena, OP_CANARY_INSTALL);
	size_t files = 0;

	assert_int_equal(page->list.n, RIG_CANARIES);
	assert_int_equal(leaf->n_objects, RIG_CANARIES);
	for (size_t i = 0; i < page->list.n; i++) {
		const struct canary *c = &page->list.v[i];
		char login[64];
		struct session_begin args;

		assert_true(c->has_login);
		files += c->has_file;
		(void)snprintf(
		    login, sizeof(login), "%.*s", SLICE_ARG(c->login));
		args = sign_in_as(login);
		w.before = rig_last(rig);
		assert_int_equal(
		    rig_do(rig, &rig->arena, OP_SESSION_BEGIN, NULL, &args)
			.code,
		    E_UNAUTHENTICATED);
		expect_alert(rig, &w, login, OP_SESSION_BEGIN,
		    ALERT_CANARY_NAME, c->principal);
	}
	assert_int_equal(files, 1);
	rig_stop(rig);
	assert_int_equal(rig_open(rig), 0);
	assert_int_equal(list(rig)->list.n, RIG_CANARIES);
}

static void
run_script(const char *sql)
{
	struct db *db = NULL;

	assert_int_equal(db_open(HEAD_DATABASE, DB_WRITER, &db), 0);
	assert_int_equal(db_script(db, sql), 0);
	db_close(&db);
}

/*
 * An installation that has none gets them at its next start, under names that
 * nobody there has; where all of them are taken it gets none, and starts.
 */
static void
test_planted_later(void **state)
{
	enum { STARTS = 6, OF_EACH = 4 };
	struct rig *rig = *state;

	for (size_t i = 2; i <= STARTS; i++) {
		rig_stop(rig);
		run_script("DELETE FROM meta WHERE key = 'canaries'");
		assert_int_equal(rig_open(rig), 0);
		assert_int_equal(
		    list(rig)->list.n, RIG_CANARIES * MIN(i, (size_t)OF_EACH));
	}
}

/* ---- together or not at all
 * ----------------------------------------------------- */

/* The operation fails behind the touch: it is recorded as such, and the alert.
 */
static void
test_failed_operation(void **state)
{
	struct rig *rig = *state;
	struct world w = make_world(rig);
	struct id mine = rig_folder(rig, w.ann.token, w.ann.home, "mine");
	struct share_grant share = {.has_node = true, .node = mine};
	const struct leaf *leaf;

	SHAPE_SET(&share, principal, w.name);
	SHAPE_SET(&share, relation, RELATION_READ);
	w.before = rig_last(rig);
	run_script("CREATE TRIGGER no BEFORE INSERT ON tuple BEGIN SELECT "
		   "RAISE(ABORT, 'no'); END");
	assert_true(
	    rig_do(rig, &rig->arena, OP_SHARE_GRANT, w.ann.token, &share).code <
	    0);
	leaf = rig_last_of(rig, &rig->arena, OP_SHARE_GRANT);
	assert_true(leaf->outcome < 0);
	expect_alert(
	    rig, &w, "a failure", OP_SHARE_GRANT, ALERT_CANARY_NAME, w.name);
	run_script("DROP TRIGGER no");
}

/* Where the alert can't be kept there is no record before it, and no answer. */
static void
test_failed_alert(void **state)
{
	struct rig *rig = *state;
	struct world w = make_world(rig);
	struct file_read read = {.has_file = true, .file = w.file};
	struct answer a;

	run_script("CREATE TRIGGER no BEFORE UPDATE OF canary ON principal "
		   "BEGIN SELECT RAISE(ABORT, 'no'); END");
	a = rig_do(rig, &rig->arena, OP_FILE_READ, w.bob.token, &read);
	assert_true(a.code < 0);
	assert_null(a.result);
	assert_int_equal(rig_last(rig), w.before);
	/* What touches nothing goes on. */
	assert_int_equal(rig_read(rig, w.bob.token, w.bob.home), E_KIND);
	run_script("DROP TRIGGER no");
	w.before = rig_last(rig);
	assert_int_equal(rig_read(rig, w.bob.token, w.file), 0);
	expect_alert(
	    rig, &w, "the control", OP_FILE_READ, ALERT_CANARY_FILE, w.file);
}

/* ---- what is told of it
 * -------------------------------------------------------- */

static void
test_event(void **state)
{
	struct rig *rig = *state;
	struct world w = make_world(rig);
	const char *event;

	assert_int_equal(rig_read(rig, w.bob.token, w.file), 0);
	event = rig_render(rig, rig_last(rig));
	assert_non_null(strstr(event,
	    "\"message\":\"bob touched the file “Passwords, all.txt”, which "
	    "nobody uses: by file.read\""));
	assert_non_null(strstr(event, "\"class_uid\":2004"));
	assert_non_null(strstr(event, "\"severity\":\"High\""));
	assert_non_null(strstr(event, "\"is_alert\":true"));
	assert_non_null(strstr(event, "\"types\":[\"canary_file\"]"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    RIG_TEST(test_arguments),
	    RIG_TEST(test_asked_for),
	    RIG_TEST(test_dead_secret),
	    RIG_TEST(test_sign_in),
	    RIG_TEST(test_sign_in_with_others),
	    RIG_TEST(test_file),
	    RIG_TEST(test_within_a_folder),
	    RIG_TEST(test_call_of_several),
	    RIG_TEST(test_several_objects),
	    RIG_TEST(test_repeat),
	    RIG_TEST(test_prepared),
	    RIG_TEST(test_no_touch),
	    RIG_TEST(test_its_folder),
	    RIG_TEST(test_nothing_shows),
	    RIG_TEST(test_whose_matter_they_are),
	    RIG_TEST(test_list),
	    RIG_TEST(test_refusals),
	    RIG_TEST(test_end),
	    RIG_TEST(test_end_of_an_ended_one),
	    RIG_TEST(test_ceremony),
	    RIG_TEST(test_planted_later),
	    RIG_TEST(test_failed_operation),
	    RIG_TEST(test_failed_alert),
	    RIG_TEST(test_event),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
