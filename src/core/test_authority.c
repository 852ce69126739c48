/*
 * All that lets anybody do anything: that each kind of it is listed, explained
 * up to a ceremony and ended; and that what was put into the database from
 * outside, or changed there, is found.
 */
#include "unit.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

#include "base/encode.h"
#include "core/head.h"
#include "core/test_passkey.h"

enum { ROWS = 200 };

struct listed {
	struct authority rows[ROWS];
	size_t n, pages;
};

/* All pages, each of at most so many. */
static void
list_all(struct rig *rig, struct authority_list args, struct listed *ret)
{
	*ret = (struct listed){.n = 0};
	for (;;) {
		struct answer a = rig_do(
		    rig, &rig->arena, OP_AUTHORITY_LIST, rig->token, &args);
		const struct authority_page *page = a.result;

		assert_int_equal(a.code, 0);
		assert_true(ret->n + page->list.n <= ROWS);
		if (page->list.n > 0)
			memcpy(&ret->rows[ret->n], page->list.v,
			    page->list.n * sizeof(ret->rows[0]));
		ret->n += page->list.n;
		ret->pages++;
		if (!page->has_next)
			return;
		SHAPE_SET(&args, after, page->next);
	}
}

static size_t
count_orphans(struct rig *rig)
{
	struct listed listed;

	list_all(rig,
	    (struct authority_list){.has_orphans = true, .orphans = true},
	    &listed);
	return listed.n;
}

/* What is wrong with the only row that isn't sound, which has that reference.
 */
static const char *
only_orphan(struct rig *rig, enum kind kind, uint64_t ref)
{
	struct listed listed;

	list_all(rig,
	    (struct authority_list){.has_orphans = true, .orphans = true},
	    &listed);
	assert_int_equal(listed.n, 1);
	assert_int_equal(listed.rows[0].kind, kind);
	assert_true(rig_ref(rig, listed.rows[0].id) == ref);
	assert_false(listed.rows[0].sound);
	return arena_str(&rig->arena, listed.rows[0].wrong);
}

static const struct authority *
find(struct rig *rig, enum kind kind, uint64_t ref)
{
	struct listed *listed = arena_alloc(&rig->arena, sizeof(*listed));
	struct authority_list args = {.has_kind = true, .kind = kind};

	list_all(rig, args, listed);
	for (size_t i = 0; i < listed->n; i++)
		if (rig_ref(rig, listed->rows[i].id) == ref)
			return &listed->rows[i];
	return NULL;
}

/* What somebody does who can write the database. */
static void PRINTF_LIKE(1, 2) from_outside(const char *format, ...)
{
	struct db *db = NULL;
	char sql[600];
	va_list args;

	va_start(args, format);
	(void)vsnprintf(sql, sizeof(sql), format, args);
	va_end(args);
	assert_int_equal(db_open(HEAD_DATABASE, DB_WRITER, &db), 0);
	assert_int_equal(db_script(db, sql), 0);
	db_close(&db);
}

/* ---- somebody with something of each kind ---------------------------------
 */

struct world {
	struct rig_person who;
	struct id credential, session, role, share, app, group, member, unit;
	struct id upload, request;
	uint64_t stream;
};

static struct id
made_id(struct rig *rig, enum op_number op, const char *token, const void *args)
{
	struct answer a = rig_do(rig, &rig->arena, op, token, args);

	assert_int_equal(a.code, 0);
	return ((struct grant_made *)a.result)->id;
}

static struct world
make_world(struct rig *rig)
{
	struct world w = {.who = rig_person(rig, "daemon")};
	struct rig_person admin = rig_admin(rig);
	struct role_grant role = {.has_principal = true,
	    .principal = w.who.id,
	    .has_relation = true,
	    .relation = RELATION_LOG_READER};
	struct app_grant app = {.has_app = true,
	    .app = APP_MAIL,
	    .has_principal = true,
	    .principal = w.who.id};
	struct unit_create unit = {.has_name = true, .name = SLICE("north")};
	struct log_tail tail = {.has_from = false};
	struct export_open export = {
	    .has_principal = true, .principal = w.who.id};
	struct canary_plant canary = {.has_name = true,
	    .name = SLICE("nobody"),
	    .has_file = true,
	    .file = SLICE("codes.txt"),
	    .has_reader = true,
	    .reader = w.who.id};
	struct nothing nothing = {.has_unused = false};
	struct answer a;

	w.role = made_id(rig, OP_ROLE_GRANT, rig->token, &role);
	w.app = made_id(rig, OP_APP_GRANT, rig->token, &app);
	a = rig_do(rig, &rig->arena, OP_UNIT_CREATE, rig->token, &unit);
	assert_int_equal(a.code, 0);
	w.unit = ((struct unit *)a.result)->id;
	w.group = rig_group(rig, "all of us");
	w.member = rig_member(rig, w.group, w.who.id);
	w.share = rig_share(rig, rig->token,
	    rig_folder(rig, rig->token, admin.home, "plans"), w.who.id,
	    RELATION_READ);
	a = rig_ask(rig, rig->token, OP_EXPORT_OPEN, &export);
	assert_int_equal(a.code, 0);
	w.request = ((struct request_made *)a.result)->id;
	a = rig_do(rig, &rig->arena, OP_CANARY_PLANT, rig->token, &canary);
	assert_int_equal(a.code, 0);
	w.upload = rig_upload_few(rig, w.who.token, SLICE("some bytes"));
	a = rig_do(rig, &rig->arena, OP_SESSION_GET, w.who.token, &nothing);
	assert_int_equal(a.code, 0);
	w.session = ((struct session_info *)a.result)->session;
	w.credential = ((struct session_info *)a.result)->credential;
	a = rig_do(rig, &rig->arena, OP_LOG_TAIL, w.who.token, &tail);
	assert_int_equal(a.code, 0);
	w.stream = ((struct log_stream *)a.result)->stream;
	return w;
}

/* ---- tests
 * -------------------------------------------------------------------- */

static bool
is_ceremony(struct rig *rig, uint64_t sequence)
{
	uint64_t op = rig_leaf(rig, &rig->arena, sequence)->op;

	return op == OP_CEREMONY_INSTALL || op == OP_APP_INSTALL ||
	       op == OP_CANARY_INSTALL;
}

/* Every kind that holds authority: listed, sound, and something ends it. */
static void
test_each_kind_is_explained(void **state)
{
	struct rig *rig = *state;
	uint64_t seen = 0;
	struct listed all;

	(void)make_world(rig);
	list_all(rig, (struct authority_list){.has_kind = false}, &all);
	for (size_t i = 0; i < all.n; i++) {
		const struct authority *row = &all.rows[i];
		const struct op *ends = op_find(row->ends);
		bool of_its_own = slice_eq(row->sort, SLICE("owner"));

		seen |= BIT(row->kind);
		if (!row->sound)
			fail_msg("%s %.*s: %.*s", kind_text(row->kind),
			    SLICE_ARG(row->sort), SLICE_ARG(row->wrong));
		assert_true(row->has_ceremony);
		assert_true(is_ceremony(rig, row->ceremony));
		assert_non_null(ends);
		assert_true(
		    ends->ends & BIT(of_its_own ? KIND_PRINCIPAL : row->kind));
		assert_true(row->has_operation);
	}
	for (enum kind kind = KIND_NONE + 1; kind < KIND_NODE; kind++)
		if (kind_authority(kind) != AUTHORITY_NONE &&
		    !(seen & BIT(kind)))
			fail_msg("no %s is listed", kind_text(kind));
}

/* Done by the operation that the list itself names. */
static void
end_it(struct rig *rig, enum kind kind, struct id id, const void *args)
{
	const struct authority *row = find(rig, kind, rig_ref(rig, id));
	const struct op *op;
	struct answer a;

	assert_non_null(row);
	op = op_find(row->ends);
	a = rig_do(
	    rig, &rig->arena, (enum op_number)op->number, rig->token, args);
	assert_int_equal(a.code, 0);
	assert_null(find(rig, kind, rig_ref(rig, id)));
}

static void
test_each_kind_is_ended(void **state)
{
	struct rig *rig = *state;
	struct world w = make_world(rig);
	struct grant_ref role = {.has_grant = true, .grant = w.role};
	struct grant_ref app = {.has_grant = true, .grant = w.app};
	struct grant_ref share = {.has_grant = true, .grant = w.share};
	struct member_ref member = {.has_group = true,
	    .group = w.group,
	    .has_principal = true,
	    .principal = w.who.id};
	struct unit_ref unit = {.has_unit = true, .unit = w.unit};
	struct principal_ref group = {
	    .has_principal = true, .principal = w.group};
	struct principal_ref who = {
	    .has_principal = true, .principal = w.who.id};
	struct session_ref session = {
	    .has_session = true, .session = w.session};
	struct credential_ref credential = {
	    .has_credential = true, .credential = w.credential};
	struct request_ref request = {
	    .has_request = true, .request = w.request};
	struct stream_ending ending = {
	    .number = w.stream, .status = STREAM_REVOKED};
	uint64_t stream = ref_make(w.stream, 0);
	uint64_t upload = rig_ref(rig, w.upload);

	end_it(rig, KIND_REQUEST, w.request, &request);
	end_it(rig, KIND_GRANT, w.app, &app);
	end_it(rig, KIND_GRANT, w.share, &share);
	end_it(rig, KIND_GRANT, w.member, &member);
	end_it(rig, KIND_UNIT, w.unit, &unit);
	end_it(rig, KIND_PRINCIPAL, w.group, &group);
	assert_non_null(find(rig, KIND_STREAM, stream));
	end_it(rig, KIND_SESSION, w.session, &session);
	/* The stream is told, and then it has ended. */
	rig_poll(rig);
	assert_true(rig_is_closed(rig, w.stream));
	assert_int_equal(rig_end_stream(rig, &ending), 0);
	assert_null(find(rig, KIND_STREAM, stream));
	end_it(rig, KIND_CREDENTIAL, w.credential, &credential);
	end_it(rig, KIND_GRANT, w.role, &role);
	assert_non_null(find(rig, KIND_UPLOAD, upload));
	end_it(rig, KIND_PRINCIPAL, w.who.id, &who);
	/* What was theirs gives nobody anything any more. */
	assert_null(find(rig, KIND_UPLOAD, upload));
}

/* A page at a time is the same as all at once, by kind or not. */
static void
test_pages(void **state)
{
	struct rig *rig = *state;
	struct authority_list one = {.has_limit = true, .limit = 1};
	struct authority_list wrong = {.has_kind = true, .kind = KIND_GRANT};
	struct world w = make_world(rig);
	struct listed all, each, of_kind;
	size_t n = 0;

	list_all(rig, (struct authority_list){.has_limit = true, .limit = 500},
	    &all);
	list_all(rig, one, &each);
	assert_int_equal(all.pages, 1);
	assert_int_equal(each.n, all.n);
	assert_true(each.pages >= all.n);
	for (size_t i = 0; i < all.n; i++)
		assert_true(rig_ref(rig, each.rows[i].id) ==
			    rig_ref(rig, all.rows[i].id));
	for (enum kind kind = KIND_NONE + 1; kind < KIND_NODE; kind++) {
		if (kind_authority(kind) == AUTHORITY_NONE)
			continue;
		list_all(rig,
		    (struct authority_list){.has_kind = true,
			.kind = kind,
			.has_limit = true,
			.limit = 2},
		    &of_kind);
		n += of_kind.n;
	}
	assert_int_equal(n, all.n);
	SHAPE_SET(&wrong, after, w.unit);
	assert_int_equal(
	    rig_do(rig, &rig->arena, OP_AUTHORITY_LIST, rig->token, &wrong)
		.code,
	    E_INVALID);
}

static void
test_only_who_reads_the_log(void **state)
{
	struct rig *rig = *state;
	struct rig_person who = rig_person(rig, "daemon");
	struct authority_list args = {.has_kind = false};
	struct role_grant role = {.has_principal = true, .principal = who.id};

	SHAPE_SET(&role, relation, RELATION_USER_ADMIN);
	(void)made_id(rig, OP_ROLE_GRANT, rig->token, &role);
	assert_int_equal(
	    rig_do(rig, &rig->arena, OP_AUTHORITY_LIST, who.token, &args).code,
	    E_DENIED);
	SHAPE_SET(&role, relation, RELATION_LOG_READER);
	(void)made_id(rig, OP_ROLE_GRANT, rig->token, &role);
	assert_int_equal(
	    rig_do(rig, &rig->arena, OP_AUTHORITY_LIST, who.token, &args).code,
	    0);
}

/* ---- rows from outside ----------------------------------------------------
 */

struct refs {
	uint64_t who, credential, session, org;
};

static void
put_row(enum kind kind, const struct refs *to, uint64_t ref)
{
	int64_t id = (int64_t)ref;

	if (kind == KIND_GRANT)
		from_outside("INSERT INTO tuple (id, object_kind, object,"
			     " relation, subject_kind, subject,"
			     " subject_relation, expires, created, ended)"
			     " VALUES (%" PRId64 ", 1, %" PRIu64
			     ", 5, 2, %" PRIu64 ", 0, 0, 0, 0)",
		    id, to->org, to->who);
	else if (kind == KIND_CREDENTIAL)
		from_outside("INSERT INTO credential (id, principal, kind,"
			     " label, families, read_only, folder, created,"
			     " expires, ended) VALUES (%" PRId64 ", %" PRIu64
			     ", 1, '', 62, 0, 0, 0, 0, 0)",
		    id, to->who);
	else if (kind == KIND_SESSION)
		from_outside("INSERT INTO session (id, principal, credential,"
			     " verifier, expires, ended) VALUES (%" PRId64
			     ", %" PRIu64 ", %" PRIu64 ", x'00', 0, 0)",
		    id, to->who, to->credential);
	else if (kind == KIND_PRINCIPAL)
		from_outside("INSERT INTO principal (id, kind, name, space,"
			     " home, trash, created, files, used, ended,"
			     " erased) VALUES (%" PRId64
			     ", 2, 'x', 0, 0, 0, 0, 0, 0, 0, 0)",
		    id);
	else if (kind == KIND_UNIT)
		from_outside("INSERT INTO unit (id, parent, name, created,"
			     " ended) VALUES (%" PRId64 ", 0, 'x', 0, 0)",
		    id);
	else if (kind == KIND_REQUEST)
		from_outside("INSERT INTO request (id, asker, session, op,"
			     " digest, call, subject, refuser, created,"
			     " expires, ripe, approved, approver,"
			     " approver_session, ended) VALUES (%" PRId64
			     ", %" PRIu64 ", %" PRIu64
			     ", 74, x'', x'', 1, 1, 0, 4102444800000, 1, 0, 0,"
			     " 0, 0)",
		    id, to->who, to->session);
	else if (kind == KIND_UPLOAD)
		from_outside("INSERT INTO upload (id, principal, blob, type,"
			     " expires, ended) VALUES (%" PRId64 ", %" PRIu64
			     ", 0, '', 0, 0)",
		    id, to->who);
	else
		from_outside("INSERT INTO stream (id, op, principal, session,"
			     " credential, context, object_kind, object,"
			     " named, upload, place) VALUES (%" PRIu64
			     ", 80, %" PRIu64 ", %" PRIu64
			     ", 0, 0, 1, 0, 0, 0, %" PRIu64 ")",
		    ref_sequence(ref), to->who, to->session, ref_place(ref));
}

static void
drop_row(enum kind kind, uint64_t ref)
{
	static const char *const tables[KIND_MAX] = {[KIND_GRANT] = "tuple",
	    [KIND_CREDENTIAL] = "credential",
	    [KIND_SESSION] = "session",
	    [KIND_PRINCIPAL] = "principal",
	    [KIND_UNIT] = "unit",
	    [KIND_REQUEST] = "request",
	    [KIND_UPLOAD] = "upload",
	    [KIND_STREAM] = "stream"};

	from_outside("DELETE FROM %s WHERE id = %" PRId64, tables[kind],
	    (int64_t)(kind == KIND_STREAM ? ref_sequence(ref) : ref));
}

/* By the number of no record, and of one that made something else. */
static void
test_rows_that_no_record_made(void **state)
{
	struct rig *rig = *state;
	struct world w = make_world(rig);
	const struct refs to = {.who = rig_ref(rig, w.who.id),
	    .credential = rig_ref(rig, w.credential),
	    .session = rig_ref(rig, w.session),
	    .org = ref_make(
		rig_last_of(rig, &rig->arena, OP_CEREMONY_INSTALL)->sequence,
		0)};
	const uint64_t refs[] = {ref_make(rig_last(rig) + 1000, 0),
	    rig_ref(rig, w.app) + 1, 5, (uint64_t)-7};

	for (enum kind kind = KIND_NONE + 1; kind < KIND_NODE; kind++) {
		if (kind_authority(kind) == AUTHORITY_NONE)
			continue;
		for (size_t i = 0; i < ARRAY_SIZE(refs); i++) {
			const char *wrong;

			assert_int_equal(count_orphans(rig), 0);
			put_row(kind, &to, refs[i]);
			wrong = only_orphan(rig, kind, refs[i]);
			assert_non_null(strstr(
			    wrong, i == 1 ? "made no such" : "doesn't exist"));
			drop_row(kind, refs[i]);
		}
	}
	assert_int_equal(count_orphans(rig), 0);
}

/* What was changed in place, and back again. */
static void
test_rows_that_were_changed(void **state)
{
	struct rig *rig = *state;
	struct world w = make_world(rig);
	uint64_t admin = rig_ref(rig, rig_admin(rig).id);
	const struct {
		const char *table, *column;
		enum kind kind;
		struct id id;
		uint64_t value;
	} changes[] = {
	    {"tuple", "subject", KIND_GRANT, w.role, admin},
	    {"tuple", "relation", KIND_GRANT, w.role, RELATION_USER_ADMIN},
	    {"tuple", "object", KIND_GRANT, w.role, admin},
	    {"tuple", "expires", KIND_GRANT, w.role, INT64_MAX},
	    {"tuple", "subject", KIND_GRANT, w.app, admin},
	    {"tuple", "relation", KIND_GRANT, w.app, RELATION_OWNER},
	    {"tuple", "object", KIND_GRANT, w.app, admin},
	    {"tuple", "subject", KIND_GRANT, w.share, admin},
	    {"tuple", "relation", KIND_GRANT, w.share, RELATION_OWNER},
	    {"tuple", "object", KIND_GRANT, w.share, admin},
	    {"tuple", "expires", KIND_GRANT, w.share, INT64_MAX},
	    {"tuple", "subject", KIND_GRANT, w.member, admin},
	    {"tuple", "object", KIND_GRANT, w.member, admin},
	    {"session", "principal", KIND_SESSION, w.session, admin},
	    {"session", "credential", KIND_SESSION, w.session, admin},
	    {"session", "second", KIND_SESSION, w.session, admin},
	    {"session", "assurance", KIND_SESSION, w.session,
		ASSURANCE_PASSKEY},
	    {"session", "expires", KIND_SESSION, w.session, INT64_MAX},
	    {"credential", "principal", KIND_CREDENTIAL, w.credential, admin},
	    {"credential", "kind", KIND_CREDENTIAL, w.credential,
		CREDENTIAL_PASSKEY},
	    {"credential", "families", KIND_CREDENTIAL, w.credential, 126},
	    {"credential", "read_only", KIND_CREDENTIAL, w.credential, 1},
	    {"credential", "folder", KIND_CREDENTIAL, w.credential, 4096},
	    {"credential", "expires", KIND_CREDENTIAL, w.credential, 0},
	    {"principal", "kind", KIND_PRINCIPAL, w.who.id, PRINCIPAL_PERSON},
	    {"unit", "parent", KIND_UNIT, w.unit, 4096},
	    {"upload", "principal", KIND_UPLOAD, w.upload, admin},
	    {"request", "asker", KIND_REQUEST, w.request,
		rig_ref(rig, w.who.id)},
	    {"request", "op", KIND_REQUEST, w.request, OP_POLICY_EXCEPT},
	    {"request", "subject", KIND_REQUEST, w.request, admin},
	    {"request", "digest", KIND_REQUEST, w.request, 7},
	    {"request", "expires", KIND_REQUEST, w.request, INT64_MAX},
	    {"request", "ripe", KIND_REQUEST, w.request, 1},
	    /* By a record that approved nothing. */
	    {"request", "approved", KIND_REQUEST, w.request, 4},
	};

	for (size_t i = 0; i < ARRAY_SIZE(changes); i++) {
		uint64_t ref = rig_ref(rig, changes[i].id);
		const char *wrong;

		assert_int_equal(count_orphans(rig), 0);
		from_outside("CREATE TABLE was AS SELECT %s AS value FROM %s"
			     " WHERE id = %" PRIu64,
		    changes[i].column, changes[i].table, ref);
		from_outside("UPDATE %s SET %s = %" PRIu64
			     " WHERE id = %" PRIu64,
		    changes[i].table, changes[i].column, changes[i].value, ref);
		wrong = only_orphan(rig, changes[i].kind, ref);
		if (strstr(wrong, "isn't what its record says") == NULL)
			fail_msg("%s.%s: %s", changes[i].table,
			    changes[i].column, wrong);
		from_outside("UPDATE %s SET %s = (SELECT value FROM was)"
			     " WHERE id = %" PRIu64,
		    changes[i].table, changes[i].column, ref);
		from_outside("DROP TABLE was");
	}
	assert_int_equal(count_orphans(rig), 0);
}

/*
 * A session that no record made does something: the records are true, and so
 * are the rows; but they lead up to nothing.
 */
static void
test_what_an_orphan_made(void **state)
{
	static const char secret[] = "chy_00000000000000000000000000";
	struct rig *rig = *state;
	struct rig_person admin = rig_admin(rig);
	struct nothing nothing = {.has_unused = false};
	struct answer a =
	    rig_do(rig, &rig->arena, OP_SESSION_GET, rig->token, &nothing);
	uint64_t credential =
	    rig_ref(rig, ((struct session_info *)a.result)->credential);
	struct digest digest = sha256(slice_str(secret));
	uint64_t ref = ref_make(rig_last(rig) - 1, 7);
	struct buf hex = BUF(80);
	struct rig_person who = rig_person(rig, "daemon");
	struct id share;

	buf_put_hex(&hex, digest_slice(&digest));
	from_outside("INSERT INTO session (id, principal, credential,"
		     " verifier, expires, ended) VALUES (%" PRIu64 ", %" PRIu64
		     ", %" PRIu64 ", x'%s', 0, 0)",
	    ref, rig_ref(rig, admin.id), credential, buf_cstr(&hex));
	buf_free(&hex);
	share =
	    rig_share(rig, secret, rig_folder(rig, secret, admin.home, "plans"),
		who.id, RELATION_READ);
	assert_non_null(find(rig, KIND_GRANT, rig_ref(rig, share)));
	drop_row(KIND_SESSION, ref);
	assert_non_null(strstr(
	    only_orphan(rig, KIND_GRANT, rig_ref(rig, share)), "never made"));
}

/* Approved by somebody: by just them, and in a record that says so. */
static void
test_an_approval(void **state)
{
	struct rig *rig = *state;
	struct rig_second second = rig_second(rig, "second");
	struct world w = make_world(rig);
	uint64_t ref = rig_ref(rig, w.request);

	assert_int_equal(rig_approve(rig, second.token, w.request), 0);
	assert_int_equal(count_orphans(rig), 0);
	from_outside("UPDATE request SET approver = approver + 1");
	assert_non_null(
	    strstr(only_orphan(rig, KIND_REQUEST, ref), "who approved it"));
	from_outside("UPDATE request SET approver = approver - 1,"
		     " approved = approved - 1");
	assert_non_null(
	    strstr(only_orphan(rig, KIND_REQUEST, ref), "its approval"));
	from_outside("UPDATE request SET approved = approved + 1");
	assert_int_equal(count_orphans(rig), 0);
}

/* Neither row counts as live because another one counts below zero. */
static void
test_ends_are_not_added_up(void **state)
{
	struct rig *rig = *state;
	struct world w = make_world(rig);
	struct nothing nothing = {.has_unused = false};
	struct session_ref session = {
	    .has_session = true, .session = w.session};

	assert_int_equal(
	    rig_do(rig, &rig->arena, OP_SESSION_REVOKE, rig->token, &session)
		.code,
	    0);
	from_outside("UPDATE credential SET ended = -(SELECT ended FROM"
		     " session WHERE id = %" PRIu64 ") WHERE id = %" PRIu64,
	    rig_ref(rig, w.session), rig_ref(rig, w.credential));
	assert_int_equal(
	    rig_do(rig, &rig->arena, OP_SESSION_GET, w.who.token, &nothing)
		.code,
	    E_UNAUTHENTICATED);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    RIG_TEST(test_each_kind_is_explained),
	    RIG_TEST(test_each_kind_is_ended),
	    RIG_TEST(test_pages),
	    RIG_TEST(test_only_who_reads_the_log),
	    RIG_TEST(test_rows_that_no_record_made),
	    RIG_TEST(test_rows_that_were_changed),
	    RIG_TEST(test_what_an_orphan_made),
	    RIG_TEST(test_an_approval),
	    RIG_TEST(test_ends_are_not_added_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
