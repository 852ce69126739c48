/* Unit tests of the OCSF rendering. */
#include "unit.h"

#include <fcntl.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/encode.h"
#include "base/fault.h"
#include "base/file.h"
#include "base/mem.h"
#include "ledger/ocsf.h"
#include "ledger/test_record.h"

enum { NEWER_OP = 60001 }; /* an operation that this release has none of */

static const struct test_options plain = {.texts = TEST_PLAIN};

/* ---- help
 * -------------------------------------------------------------------- */

/* All events of an encoded bundle, a line each. */
static int
render(struct slice bytes, struct buf *buf)
{
	struct arena arena = {NULL};
	struct bundle bundle;
	int r = bundle_decode(bytes, &arena, &bundle);

	for (size_t k = 0; r == 0 && k < ocsf_count(&bundle.record.leaf); k++) {
		r = ocsf_render(&bundle, bytes, k, buf);
		buf_put_u8(buf, '\n');
	}
	arena_free(&arena);
	return r;
}

static void
render_part(const struct test_part *part, const struct test_options *options,
    struct buf *buf)
{
	struct buf bundle = BUF(BUNDLE_BYTES_MAX);

	test_bundle(part, options, &bundle);
	assert_int_equal(render(buf_slice(&bundle), buf), 0);
	buf_free(&bundle);
}

static json_t *
parse(struct slice line)
{
	json_error_t error;
	json_t *json = json_loadb((const char *)line.p, line.n,
	    JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, &error);

	if (json == NULL)
		fail_msg("%s: %.*s", error.text, SLICE_ARG(line));
	return json;
}

/* "actor.user.name", or NULL. */
static json_t *
at(json_t *json, const char *path)
{
	struct slice rest = slice_str(path), key;

	while (json != NULL && rest.n > 0) {
		char name[64];

		(void)slice_cut(&rest, '.', &key);
		(void)snprintf(name, sizeof(name), "%.*s", SLICE_ARG(key));
		json = json_is_array(json)
		           ? json_array_get(json, (size_t)(name[0] - '0'))
		           : json_object_get(json, name);
	}
	return json;
}

static const char *
text(json_t *json, const char *path)
{
	const char *value = json_string_value(at(json, path));

	return value != NULL ? value : "nothing";
}

static long long
number(json_t *json, const char *path)
{
	assert_true(json_is_integer(at(json, path)));
	return json_integer_value(at(json, path));
}

/* The first event of a record. */
static json_t *
first_event(const struct test_part *part, const struct test_options *options)
{
	struct buf buf = BUF(OCSF_EVENT_MAX);
	json_t *json;

	render_part(part, options, &buf);
	json = parse(
	    slice_first(buf_slice(&buf), slice_index(buf_slice(&buf), '\n')));
	buf_free(&buf);
	return json;
}

/* ---- goldens
 * -------------------------------------------------------------------- */

static void
make_create(struct test_part *part)
{
	test_part(part, TEST_SEQUENCE, OP_FILE_CREATE);
	test_object(part, KIND_FOLDER, TEST_REF_FOLDER, 0);
	test_proof(part, TEST_FOLDER);
	test_proof(part, TEST_ANNA);
	test_made(part, KIND_FILE, 0);
	test_made(part, KIND_EDGE, 1);
	test_made(part, KIND_VERSION, 2);
	test_text(part, 3, 0, SLICE("budget \"2027\".ods"));
	test_number(part, FACT_SIZE, 81920);
}

static void
make_rename(struct test_part *part)
{
	test_part(part, TEST_SEQUENCE, OP_NODE_RENAME);
	test_object(part, KIND_FILE, TEST_REF_FILE, 0);
	part->objects[0].named = TEST_RENAMED;
	test_proof(part, TEST_FILE);
	test_text(part, 3, 0, SLICE("final.docx"));
}

/* Two objects: one moved, one that the mover has no right on. */
static void
make_move(struct test_part *part)
{
	test_part(part, TEST_SEQUENCE, OP_NODE_MOVE);
	test_object(part, KIND_FILE, TEST_REF_FILE, 0);
	part->objects[0].named = TEST_RENAMED;
	test_proof(part, TEST_FILE);
	test_proof(part, TEST_FOLDER);
	test_made(part, KIND_EDGE, 0);
	test_ended(part, ref_make(TEST_FILE, 1));
	test_number(part, FACT_TARGET, (int64_t)TEST_REF_HOME);
	test_object(part, KIND_FOLDER, TEST_REF_FOLDER, E_DENIED);
	test_number(part, FACT_TARGET, (int64_t)TEST_REF_HOME);
}

/* A folder with a file in it: each has its name, and what it comes from. */
static void
make_copy(struct test_part *part)
{
	test_part(part, TEST_SEQUENCE, OP_NODE_COPY);
	test_object(part, KIND_FOLDER, TEST_REF_FOLDER, 0);
	test_proof(part, TEST_FOLDER);
	test_made(part, KIND_FOLDER, 0);
	test_made(part, KIND_EDGE, 1);
	test_made(part, KIND_FILE, 2);
	test_made(part, KIND_EDGE, 3);
	test_made(part, KIND_VERSION, 4);
	test_text(part, 3, 0, SLICE("Copy of Plans"));
	test_text(part, 3, 0, SLICE("final.docx"));
	test_number(part, FACT_SIZE, 81920);
	test_number(part, FACT_COUNT, 2);
	test_number(part, FACT_TARGET, (int64_t)TEST_REF_HOME);
}

static void
make_export(struct test_part *part)
{
	test_part(part, TEST_SEQUENCE, OP_EXPORT_OPEN);
	test_object(part, KIND_ORG, TEST_REF_ORG, 0);
	test_proof(part, TEST_INSTALL);
	test_made(part, KIND_GRANT, 0);
	test_made(part, KIND_GRANT, 1);
	test_number(part, FACT_TARGET, (int64_t)TEST_REF_BOB);
	test_number(part, FACT_GRANTEE, (int64_t)TEST_REF_ANNA);
	test_number(part, FACT_RELATIONS, (int64_t)BIT(RELATION_READ));
	test_number(part, FACT_EXPIRES, INT64_C(1798761600000));
}

static void
make_alert(struct test_part *part)
{
	test_part(part, TEST_SEQUENCE, OP_ALERT_RAISE);
	part->leaf.cause = CAUSE_SYSTEM;
	part->leaf.cites = TEST_READ;
	test_object(part, KIND_FILE, TEST_REF_FILE, 0);
	test_number(part, FACT_TARGET, (int64_t)TEST_REF_BOB);
	test_number(part, FACT_ALERT, ALERT_CANARY_FILE);
}

/* Who tried to sign in, nobody knows. */
static void
make_alert_of_nobody(struct test_part *part)
{
	test_part(part, TEST_SEQUENCE, OP_ALERT_RAISE);
	part->leaf.cause = CAUSE_SYSTEM;
	part->leaf.principal = part->leaf.session = 0;
	part->leaf.n_credentials = 0;
	part->leaf.cites = TEST_READ;
	test_object(part, KIND_PRINCIPAL, TEST_REF_BOB, 0);
	test_number(part, FACT_ALERT, ALERT_CANARY_NAME);
}

static void
make_plant(struct test_part *part)
{
	test_part(part, TEST_SEQUENCE, OP_CANARY_PLANT);
	test_object(part, KIND_ORG, TEST_REF_ORG, 0);
	test_proof(part, TEST_INSTALL);
	test_made(part, KIND_PRINCIPAL, 0);
	test_made(part, KIND_FILE, 1);
	test_text(part, 1, ref_make(TEST_SEQUENCE, 0), SLICE("Old Tom"));
	test_text(
	    part, FACT_PATH, ref_make(TEST_SEQUENCE, 0), SLICE("PINs.txt"));
	test_number(part, FACT_RELATIONS, (int64_t)BIT(RELATION_OWNER));
}

static void
make_unauthenticated(struct test_part *part)
{
	test_part(part, TEST_SEQUENCE, OP_FILE_READ);
	part->leaf.principal = part->leaf.session = 0;
	part->leaf.n_credentials = 0;
	part->leaf.outcome = E_UNAUTHENTICATED;
	test_object(part, KIND_NONE, 0, 0);
}

static void
make_not_found(struct test_part *part)
{
	test_part(part, TEST_SEQUENCE, OP_FILE_READ);
	test_object(part, KIND_NONE, 0, E_NOT_FOUND);
	test_text(part, FACT_PATH, 0, SLICE("Plans/secret/plan.docx"));
}

static void
make_read(struct test_part *part)
{
	test_part(part, TEST_SEQUENCE, OP_FILE_READ);
	part->leaf.at = TEST_SEQUENCE - 1;
	test_object(part, KIND_FILE, TEST_REF_FILE, 0);
	part->objects[0].named = TEST_RENAMED;
	test_proof(part, TEST_SHARE);
	test_proof(part, TEST_FILE);
	test_made(part, KIND_STREAM, 0);
	test_number(part, FACT_SIZE, 1 << 20);
}

static void
make_share(struct test_part *part)
{
	test_part(part, TEST_SEQUENCE, OP_SHARE_GRANT);
	test_object(part, KIND_FOLDER, TEST_REF_HOME, 0);
	test_proof(part, TEST_ANNA);
	test_made(part, KIND_GRANT, 0);
	test_number(part, 3, RELATION_READ);
	test_number(part, 4, INT64_C(1798761600000));
	test_number(part, FACT_GRANTEE, (int64_t)TEST_REF_BOB);
}

static void
make_link(struct test_part *part)
{
	test_part(part, TEST_SEQUENCE, OP_LINK_MAKE);
	test_object(part, KIND_FILE, TEST_REF_FILE, 0);
	test_proof(part, TEST_ANNA);
	test_made(part, KIND_PRINCIPAL, 0);
	test_made(part, KIND_CREDENTIAL, 1);
	test_made(part, KIND_GRANT, 2);
	test_text(part, 3, ref_make(TEST_SEQUENCE, 0), SLICE("for the press"));
	test_number(part, 2, RELATION_READ);
	test_number(part, 6, 10);
	test_number(part, FACT_CREDENTIAL_KIND, CREDENTIAL_LINK);
	test_number(part, FACT_FAMILIES, BIT(FAMILY_FILES));
	test_number(part, FACT_EXPIRES, INT64_C(1798761600000));
	test_number(part, FACT_PROTECTED, 1);
	test_number(part, FACT_GRANTEE, (int64_t)ref_make(TEST_SEQUENCE, 0));
}

/* Its password was wrong: whose link it was, nobody is said to be. */
static void
make_link_shut(struct test_part *part)
{
	test_part(part, TEST_SEQUENCE, OP_LINK_OPEN);
	part->leaf.principal = part->leaf.session = 0;
	part->leaf.n_credentials = 0;
	test_object(part, KIND_PRINCIPAL, TEST_REF_BOB, E_PASSWORD);
}

static void
make_role(struct test_part *part)
{
	test_part(part, TEST_SEQUENCE, OP_ROLE_GRANT);
	test_object(part, KIND_ORG, TEST_REF_ORG, 0);
	test_proof(part, TEST_INSTALL);
	test_made(part, KIND_GRANT, 0);
	test_number(part, 2, RELATION_USER_ADMIN);
	test_number(part, FACT_GRANTEE, (int64_t)TEST_REF_BOB);
}

static void
make_member(struct test_part *part)
{
	test_part(part, TEST_SEQUENCE, OP_MEMBER_ADD);
	test_object(part, KIND_ORG, TEST_REF_ORG, 0);
	test_proof(part, TEST_INSTALL);
	test_made(part, KIND_GRANT, 0);
	test_number(part, FACT_TARGET, (int64_t)TEST_REF_BOB);
	test_number(part, FACT_GRANTEE, (int64_t)TEST_REF_ANNA);
}

static void
make_role_revoke(struct test_part *part)
{
	test_part(part, TEST_SEQUENCE, OP_ROLE_REVOKE);
	test_object(part, KIND_ORG, TEST_REF_ORG, 0);
	test_proof(part, TEST_INSTALL);
	test_ended(part, TEST_REF_ROLE);
	test_number(part, FACT_GRANTEE, (int64_t)TEST_REF_BOB);
}

static void
make_principal(struct test_part *part)
{
	test_part(part, TEST_SEQUENCE, OP_PRINCIPAL_CREATE);
	test_object(part, KIND_ORG, TEST_REF_ORG, 0);
	test_made(part, KIND_PRINCIPAL, 0);
	test_made(part, KIND_FOLDER, 1);
	test_made(part, KIND_GRANT, 2);
	test_number(part, 1, PRINCIPAL_SERVICE);
	test_text(part, 2, ref_make(TEST_SEQUENCE, 0), SLICE("Backup"));
	test_object(part, KIND_ORG, TEST_REF_ORG, E_NAME);
}

static void
make_token(struct test_part *part)
{
	test_part(part, TEST_SEQUENCE, OP_TOKEN_ISSUE);
	test_object(part, KIND_ORG, TEST_REF_ORG, 0);
	test_proof(part, TEST_INSTALL);
	test_made(part, KIND_CREDENTIAL, 0);
	test_made(part, KIND_SESSION, 1);
	test_text(part, 2, TEST_REF_BOB, SLICE("nightly import"));
	test_number(part, 3, BIT(FAMILY_FILES) | BIT(FAMILY_LOG) | BIT(40));
	test_number(part, 4, 1);
	test_number(part, 6, INT64_C(1798761600000));
	test_number(part, FACT_TARGET, (int64_t)TEST_REF_BOB);
}

static void
make_search(struct test_part *part)
{
	test_part(part, TEST_SEQUENCE, OP_LOG_SEARCH);
	part->leaf.at = TEST_SEQUENCE - 1;
	test_object(part, KIND_ORG, TEST_REF_ORG, 0);
	test_proof(part, TEST_ROLE);
	test_number(part, 2, 1);
	test_number(part, 4, (int64_t)TEST_REF_ANNA);
	test_text(part, 6, 0, SLICE("file.read"));
	test_number(part, 7, OUTCOME_DENIED);
	test_text(part, 8, 0, SLICE("2001:db8::7"));
	test_number(part, FACT_COUNT, 3);
}

static void
make_timeline(struct test_part *part)
{
	test_part(part, TEST_SEQUENCE, OP_LOG_TIMELINE);
	part->leaf.at = TEST_SEQUENCE - 1;
	test_object(part, KIND_ORG, TEST_REF_ORG, 0);
	test_proof(part, TEST_ROLE);
	test_number(part, 7, OUTCOME_DENIED);
	test_number(part, 9, INT64_C(1795262440000));
	test_number(part, 10, INT64_C(1795348840000));
}

static void
make_bar(struct test_part *part)
{
	test_part(part, TEST_SEQUENCE, OP_BAR_REPORT);
	test_object(part, KIND_ORG, TEST_REF_ORG, 0);
	test_proof(part, TEST_ROLE);
	test_number(part, FACT_COUNT, 9);
}

static void
make_stream_end(struct test_part *part)
{
	test_part(part, TEST_SEQUENCE, OP_STREAM_END);
	part->leaf.cites = TEST_READ;
	part->leaf.cause = 0;
	test_object(part, KIND_FILE, TEST_REF_FILE, 0);
	part->objects[0].named = TEST_RENAMED;
	test_ended(part, ref_make(TEST_READ, 0));
	test_number(part, FACT_BYTES, 4096);
	test_number(part, FACT_STATUS, STREAM_REVOKED);
}

static void
make_install(struct test_part *part)
{
	test_part(part, TEST_SEQUENCE, OP_CEREMONY_INSTALL);
	part->leaf.context = part->leaf.principal = part->leaf.session = 0;
	part->leaf.n_credentials = 0;
	part->leaf.cause = 0;
	test_object(part, KIND_NONE, 0, 0);
	test_made(part, KIND_ORG, 0);
	test_made(part, KIND_PRINCIPAL, 1);
	test_made(part, KIND_CREDENTIAL, 2);
	test_text(part, FACT_PRINCIPAL_NAME, ref_make(TEST_SEQUENCE, 1),
	    SLICE("Installation"));
	test_text(
	    part, FACT_LABEL, ref_make(TEST_SEQUENCE, 1), SLICE("first token"));
}

static void
make_start(struct test_part *part)
{
	test_part(part, TEST_SEQUENCE, OP_SYSTEM_START);
	part->leaf.context = part->leaf.principal = part->leaf.session = 0;
	part->leaf.n_credentials = 0;
	part->leaf.cause = 0;
	test_object(part, KIND_NONE, 0, 0);
	test_number(part, FACT_FENCE, 7);
	test_bytes(part, FACT_BUILD, SLICE("0.1.0+ab12"));
}

static void
make_context(struct test_part *part)
{
	test_part(part, TEST_SEQUENCE, OP_CONTEXT);
	part->leaf.context = 0;
	part->leaf.n_credentials = 0;
	part->leaf.cause = CAUSE_SYSTEM;
	test_object(part, KIND_NONE, 0, 0);
	test_text(part, FACT_ADDRESS, 0, SLICE("[2001:db8::7]:50123"));
	test_text(part, FACT_USER_AGENT, 0, SLICE("curl/8"));
	test_text(part, FACT_TLS, 0, SLICE(""));
	test_number(part, FACT_FRONT, 0);
	test_number(part, FACT_CONNECTION, 9);
	test_number(part, FACT_LISTENER, 1);
	test_number(part, FACT_CLAIMED, 1);
}

static void
make_failed(struct test_part *part)
{
	test_part(part, TEST_SEQUENCE, OP_FOLDER_CREATE);
	part->leaf.outcome = E_CORRUPT;
	test_object(part, KIND_NONE, 0, 0);
}

static void
make_repeat(struct test_part *part)
{
	make_rename(part);
	part->leaf.cites = TEST_READ;
	part->leaf.behalf = TEST_REF_BOB;
}

static void
make_upload(struct test_part *part)
{
	test_part(part, TEST_SEQUENCE, OP_UPLOAD_BEGIN);
	test_object(part, KIND_PRINCIPAL, TEST_REF_ANNA, 0);
	test_made(part, KIND_UPLOAD, 0);
	test_made(part, KIND_STREAM, 1);
	test_number(part, FACT_SIZE, 5000000);
}

static void
make_star_taken(struct test_part *part)
{
	test_part(part, TEST_SEQUENCE, OP_NODE_STAR);
	test_object(part, KIND_FILE, TEST_REF_FILE, 0);
	test_proof(part, TEST_FOLDER);
	test_number(part, FACT_STARRED, 0);
}

static void
make_watch(struct test_part *part)
{
	test_part(part, TEST_SEQUENCE, OP_FOLDER_WATCH);
	test_object(part, KIND_FOLDER, TEST_REF_FOLDER, 0);
	test_proof(part, TEST_FOLDER);
	test_made(part, KIND_STREAM, 0);
}

static void
make_newer(struct test_part *part)
{
	test_part(part, TEST_SEQUENCE, NEWER_OP);
	part->leaf.rev = 3;
	test_object(part, (enum kind)77, ref_make(TEST_FILE, 9), -999);
	test_text(part, 9, 0, SLICE("nine"));
	test_number(part, 9, 9);
	test_bytes(part, 10, SLICE("\x09"));
	test_number(part, 1999, -5);
}

static const struct golden {
	const char *name;
	void (*make)(struct test_part *part);
	struct test_options options;
} goldens[] = {
    {"file-create", make_create, {.texts = TEST_PLAIN}},
    {"node-rename", make_rename, {.texts = TEST_PLAIN}},
    {"node-rename-erased", make_rename, {.texts = TEST_ERASED}},
    {"node-rename-hostile", make_rename, {.texts = TEST_HOSTILE}},
    {"node-rename-cut", make_rename, {.texts = TEST_CUT}},
    {"node-rename-repeat", make_repeat, {.texts = TEST_PLAIN}},
    {"node-move-two", make_move, {.proxied = true}},
    {"node-copy", make_copy, {.texts = TEST_PLAIN}},
    {"node-star-taken", make_star_taken, {.texts = TEST_PLAIN}},
    {"folder-watch", make_watch, {.texts = TEST_PLAIN}},
    {"export-open", make_export, {.texts = TEST_PLAIN}},
    {"file-read", make_read, {.texts = TEST_PLAIN}},
    {"file-read-unauthenticated", make_unauthenticated, {.proxied = true}},
    {"file-read-not-found", make_not_found, {.texts = TEST_PLAIN}},
    {"folder-create-failed", make_failed, {.texts = TEST_PLAIN}},
    {"upload-begin", make_upload, {.texts = TEST_PLAIN}},
    {"share-grant", make_share, {.texts = TEST_PLAIN}},
    {"link-make", make_link, {.texts = TEST_PLAIN}},
    {"link-open-password", make_link_shut, {.proxied = true}},
    {"role-grant", make_role, {.texts = TEST_PLAIN}},
    {"member-add", make_member, {.texts = TEST_PLAIN}},
    {"role-revoke", make_role_revoke, {.texts = TEST_PLAIN}},
    {"principal-create-two", make_principal, {.texts = TEST_PLAIN}},
    {"token-issue", make_token, {.texts = TEST_PLAIN}},
    {"log-search", make_search, {.texts = TEST_PLAIN}},
    {"log-timeline", make_timeline, {.texts = TEST_PLAIN}},
    {"bar-report", make_bar, {.texts = TEST_PLAIN}},
    {"stream-end-revoked", make_stream_end, {.texts = TEST_PLAIN}},
    {"ceremony-install", make_install, {.texts = TEST_PLAIN}},
    {"alert-raise", make_alert, {.texts = TEST_PLAIN}},
    {"alert-raise-nobody", make_alert_of_nobody, {.proxied = true}},
    {"canary-plant", make_plant, {.texts = TEST_PLAIN}},
    {"system-start", make_start, {.texts = TEST_PLAIN}},
    {"context", make_context, {.texts = TEST_PLAIN}},
    {"newer", make_newer, {.texts = TEST_PLAIN}},
};

/* CHANCERY_GOLDENS=write makes them anew: read the difference before it goes.
 */
static void
test_goldens(void **state UNUSED)
{
	const char *data = getenv("CHANCERY_TESTDATA");
	const char *write = getenv("CHANCERY_GOLDENS");

	assert_non_null(data);
	for (size_t i = 0; i < ARRAY_SIZE(goldens); i++) {
		struct buf is = BUF(OCSF_EVENT_MAX), was = BUF(1 << 20);
		struct test_part part;
		char path[512];

		goldens[i].make(&part);
		render_part(&part, &goldens[i].options, &is);
		(void)snprintf(path, sizeof(path), "%s/ocsf-golden/%s.jsonl",
		    data, goldens[i].name);
		if (write != NULL)
			assert_int_equal(file_replace_unsynced(AT_FDCWD, path,
					     0644, buf_slice(&is)),
			    0);
		assert_int_equal(file_read(AT_FDCWD, path, &was), 0);
		if (!slice_eq(buf_slice(&is), buf_slice(&was)))
			fail_msg("%s is now\n%.*s", goldens[i].name,
			    SLICE_ARG(buf_slice(&is)));
		buf_free(&is);
		buf_free(&was);
	}
}

/* ---- what single records say
 * ------------------------------------------------------- */

static void
test_rename(void **state UNUSED)
{
	struct test_part part;
	json_t *event;

	make_rename(&part);
	event = first_event(&part, &plain);
	assert_int_equal(number(event, "type_uid"), 600605);
	assert_string_equal(text(event, "message"),
	    "Anna renamed the file “Grüße.docx” to “final.docx”");
	assert_string_equal(text(event, "file.name"), "Grüße.docx");
	assert_string_equal(text(event, "file_result.name"), "final.docx");
	assert_string_equal(
	    text(event, "file.uid"), text(event, "file_result.uid"));
	assert_string_equal(text(event, "actor.user.name"), "Anna");
	assert_string_equal(text(event, "src_endpoint.ip"), "192.0.2.7");
	assert_string_equal(
	    text(event, "actor.authorizations.0.policy.uid"), "10");
	assert_string_equal(text(event, "metadata.uid"), "40.0");
	json_decref(event);
}

static void
test_erased(void **state UNUSED)
{
	const struct test_options options = {.texts = TEST_ERASED};
	struct test_part part;
	json_t *event;

	make_rename(&part);
	event = first_event(&part, &options);
	assert_string_equal(text(event, "file.name"), "(erased)");
	assert_string_equal(text(event, "file_result.name"), "(erased)");
	assert_string_equal(text(event, "actor.user.name"), "(erased)");
	assert_string_equal(text(event, "src_endpoint.name"), "(erased)");
	assert_string_equal(text(event, "http_request.user_agent"), "(erased)");
	assert_string_equal(text(event, "message"),
	    "(erased) renamed the file (erased) to (erased)");
	/* Who and what stays: by id. */
	assert_int_equal(strlen(text(event, "actor.user.uid")), 14);
	assert_int_equal(strlen(text(event, "file.uid")), 14);
	json_decref(event);
}

static void
test_cut(void **state UNUSED)
{
	const struct test_options options = {.texts = TEST_CUT};
	struct test_part part;
	json_t *event;

	make_rename(&part);
	event = first_event(&part, &options);
	assert_true(json_is_true(at(event, "metadata.is_truncated")));
	assert_true(number(event, "metadata.untruncated_size") >= 5);
	json_decref(event);
	event = first_event(&part, &plain);
	assert_null(at(event, "metadata.is_truncated"));
	json_decref(event);
}

/* What some readers end a line at is escaped, what is like it is not. */
static void
test_unseen(void **state UNUSED)
{
	static const char name[] =
	    "\xc2\x80\xc2\x85\xc2\x9f\xc2\xa0\xe2\x80\xa7\xe2\x80\xa8"
	    "\xe2\x80\xae\xe2\x80\xaf\xe2\x81\xa5\xe2\x81\xa6\xe2\x81\xa9"
	    "\xe2\x81\xaa\xe2\x80\xa9";
	static const char escaped[] =
	    "\"\\u0080\\u0085\\u009f\xc2\xa0\xe2\x80\xa7\\u2028\\u202e"
	    "\xe2\x80\xaf\xe2\x81\xa5\\u2066\\u2069\xe2\x81\xaa\\u2029\"";
	struct buf buf = BUF(OCSF_EVENT_MAX);
	struct test_part part;
	json_t *event;

	make_rename(&part);
	part.items[0].openings[0].text = SLICE(name);
	render_part(&part, &plain, &buf);
	assert_non_null(memmem(buf.p, buf.n, escaped, sizeof(escaped) - 1));
	event = parse(slice_first(buf_slice(&buf), buf.n - 1));
	assert_string_equal(text(event, "file_result.name"), name);
	json_decref(event);
	buf_free(&buf);
}

/* In one call: a file gets a name, and then another. */
static void
test_named_within(void **state UNUSED)
{
	struct buf buf = BUF(OCSF_EVENT_MAX);
	struct slice rest, line;
	struct test_part part;
	json_t *event;

	make_rename(&part);
	test_object(&part, KIND_FILE, TEST_REF_FILE, E_EXISTS);
	part.objects[1].named = TEST_SEQUENCE;
	test_text(&part, 3, 0, SLICE("taken.docx"));
	test_object(&part, KIND_FILE, TEST_REF_FILE, 0);
	part.objects[2].named = TEST_SEQUENCE;
	test_text(&part, 3, 0, SLICE("last.docx"));
	render_part(&part, &plain, &buf);
	rest = buf_slice(&buf);
	(void)slice_cut(&rest, '\n', &line);
	(void)slice_cut(&rest, '\n', &line);
	event = parse(line);
	assert_string_equal(text(event, "message"),
	    "Anna tried to rename the file “final.docx” to “taken.docx” and "
	    "was refused: exists");
	assert_null(at(event, "file_result"));
	json_decref(event);
	(void)slice_cut(&rest, '\n', &line);
	event = parse(line);
	assert_string_equal(text(event, "file.name"), "final.docx");
	assert_string_equal(text(event, "file_result.name"), "last.docx");
	assert_string_equal(text(event, "metadata.uid"), "40.2");
	json_decref(event);
	buf_free(&buf);
}

static void
check_address(struct slice address, const char *ip, long long port)
{
	struct test_part part;
	json_t *event;

	make_context(&part);
	part.items[0].openings[0].text = address;
	event = first_event(&part, &plain);
	if (ip != NULL)
		assert_string_equal(text(event, "src_endpoint.ip"), ip);
	else
		assert_true(json_string_length(
				at(event, "src_endpoint.name")) == address.n);
	if (port >= 0)
		assert_int_equal(number(event, "src_endpoint.port"), port);
	else
		assert_null(at(event, "src_endpoint.port"));
	assert_string_equal(
	    text(event, "unmapped.claimed_by.address"), "front 0");
	json_decref(event);
}

static void
test_addresses(void **state UNUSED)
{
	check_address(SLICE("192.0.2.1"), "192.0.2.1", -1);
	check_address(SLICE("192.0.2.1:8443"), "192.0.2.1", 8443);
	check_address(SLICE("192.0.2.1:"), "192.0.2.1", -1);
	check_address(SLICE("192.0.2.1:70000"), "192.0.2.1", -1);
	check_address(SLICE("2001:db8::1"), "2001:db8::1", -1);
	check_address(SLICE("::1"), "::1", -1);
	check_address(SLICE("::ffff:192.0.2.1"), "::ffff:192.0.2.1", -1);
	check_address(SLICE("[2001:db8::1]:443"), "2001:db8::1", 443);
	check_address(SLICE("[2001:db8::1]"), "2001:db8::1", -1);
	check_address(SLICE("[2001:db8::1]x"), NULL, -1);
	check_address(SLICE("[2001:db8::1"), NULL, -1);
	check_address(SLICE("fe80::1%eth0"), NULL, -1);
	check_address(SLICE("dead.beef"), NULL, -1);
	check_address(SLICE("unix"), NULL, -1);
	check_address(SLICE(""), NULL, -1);
	check_address(
	    SLICE("1:2:3:4:5:6:7:8:9:a:b:c:d:e:f:1:2:3:4:5:6:7:8"), NULL, -1);
}

/* Who counted the bytes of a stream. */
static void
test_claims(void **state UNUSED)
{
	struct test_part part;
	json_t *event;

	make_stream_end(&part);
	event = first_event(&part, &plain);
	assert_string_equal(
	    text(event, "unmapped.claimed_by.bytes"), "front 1");
	assert_int_equal(number(event, "disposition_id"), 24);
	assert_string_equal(text(event, "metadata.correlation_uid"), "15");
	json_decref(event);

	part.items[0].numbers[1].value = STREAM_COMPLETE;
	part.leaf.cites = TEST_UPLOAD;
	event = first_event(&part, &plain);
	assert_string_equal(text(event, "unmapped.claimed_by.bytes"), "blobs");
	assert_string_equal(text(event, "unmapped.facts.status"), "complete");
	assert_int_equal(number(event, "disposition_id"), 17);
	json_decref(event);
}

static void
test_severities(void **state UNUSED)
{
	static const struct {
		int outcome, severity, status, action, disposition;
	} cases[] = {
	    {0, 1, 1, 1, 1},
	    {E_DENIED, 3, 2, 2, 26},
	    {E_SCOPE, 3, 2, 2, 26},
	    {E_UNAUTHENTICATED, 2, 2, 2, 2},
	    {E_STEPUP, 2, 2, 2, 2},
	    {E_NOT_FOUND, 1, 2, 2, 25},
	    {E_IO, 3, 2, 0, 27},
	    {E_DAMAGED, 4, 2, 0, 27},
	    {E_UNKNOWN, 3, 0, 0, 0},
	    {-999, 3, 0, 0, 0},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct test_part part;
		json_t *event;

		make_rename(&part);
		part.objects[0].outcome = cases[i].outcome;
		event = first_event(&part, &plain);
		assert_int_equal(
		    number(event, "severity_id"), cases[i].severity);
		assert_int_equal(number(event, "status_id"), cases[i].status);
		assert_int_equal(number(event, "action_id"), cases[i].action);
		assert_int_equal(
		    number(event, "disposition_id"), cases[i].disposition);
		assert_int_equal(json_is_true(at(event, "is_alert")),
		    cases[i].severity >= 4);
		json_decref(event);
	}
}

/* ---- every case
 * --------------------------------------------------------------------- */

struct every {
	struct buf bundle, once, again;
	size_t n;
};

/* Controls, and what ends a line or turns its order. */
static bool
has_control(struct slice s)
{
	static const char *const bad[] = {"\xc2\x80", "\xc2\x85", "\xc2\x9b",
	    "\xc2\x9f", "\xe2\x80\xa8", "\xe2\x80\xa9", "\xe2\x80\xaa",
	    "\xe2\x80\xae", "\xe2\x81\xa6", "\xe2\x81\xa9"};

	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] < 0x20 || s.p[i] == 0x7f)
			return true;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		if (memmem(s.p, s.n, bad[i], strlen(bad[i])) != NULL)
			return true;
	return false;
}

/* What raw_data of the first event holds, rendered. */
static void
render_raw(json_t *event, struct buf *buf)
{
	struct buf raw = BUF(BUNDLE_BYTES_MAX);

	assert_int_equal(
	    base64_decode(slice_str(text(event, "raw_data")), &raw), 0);
	assert_int_equal(number(event, "raw_data_size"), raw.n);
	assert_int_equal(render(buf_slice(&raw), buf), 0);
	buf_free(&raw);
}

/*
 * One line of valid UTF-8 and JSON without doubled names, with what everybody
 * needs; the record again from its own raw_data gives the same bytes. (The
 * schema is checked by tests/js/src/ocsf.ts, over the same cases.)
 */
static void
check_case(void *arg, const struct test_case *c)
{
	struct every *every = arg;
	struct slice line;
	json_t *event;
	char name[128];

	test_case_name(c, name, sizeof(name));
	buf_clear(&every->bundle);
	buf_clear(&every->once);
	buf_clear(&every->again);
	test_case_bundle(c, &every->bundle);
	if (render(buf_slice(&every->bundle), &every->once) < 0)
		fail_msg("%s", name);
	line = slice_first(buf_slice(&every->once), every->once.n - 1);
	if (has_control(line) || !slice_is_utf8(line))
		fail_msg("%s: %.*s", name, SLICE_ARG(line));
	if (every->n++ % 16 != 0)
		return;
	event = parse(line);
	if (strlen(text(event, "message")) < 10 ||
	    strchr(text(event, "message"), '%') != NULL ||
	    strpbrk(text(event, "message"), "[]") != NULL)
		fail_msg("%s: %s", name, text(event, "message"));
	assert_int_equal(number(event, "metadata.sequence"), TEST_SEQUENCE);
	render_raw(event, &every->again);
	if (!slice_eq(buf_slice(&every->once), buf_slice(&every->again)))
		fail_msg("%s", name);
	json_decref(event);
}

static void
test_every_case(void **state UNUSED)
{
	struct every every = {
	    BUF(BUNDLE_BYTES_MAX), BUF(OCSF_EVENT_MAX), BUF(OCSF_EVENT_MAX), 0};

	test_cases(check_case, &every);
	assert_true(every.n > 10000);
	buf_free(&every.bundle);
	buf_free(&every.once);
	buf_free(&every.again);
}

/*
 * Bundles with bytes changed, where they still are bundles: what a captured
 * core or a damaged disk may hand over.
 */
static void
test_damaged(void **state UNUSED)
{
	struct every every = {
	    BUF(BUNDLE_BYTES_MAX), BUF(OCSF_EVENT_MAX), BUF(OCSF_EVENT_MAX), 0};
	uint64_t random = 1;

	for (size_t i = 0; i < 40000; i++) {
		const struct golden *golden = &goldens[i % ARRAY_SIZE(goldens)];
		struct test_part part;
		struct slice rest, line;

		golden->make(&part);
		buf_clear(&every.bundle);
		buf_clear(&every.once);
		test_bundle(&part, &golden->options, &every.bundle);
		for (size_t k = 0; k <= i % 3; k++) {
			random = random * 6364136223846793005u +
			         1442695040888963407u;
			every.bundle.p[(random >> 32) % every.bundle.n] =
			    (uint8_t)(random >> 24);
		}
		if (render(buf_slice(&every.bundle), &every.once) < 0)
			continue;
		every.n++;
		rest = buf_slice(&every.once);
		while (slice_cut(&rest, '\n', &line)) {
			assert_false(has_control(line));
			assert_true(slice_is_utf8(line));
			json_decref(parse(line));
		}
	}
	assert_true(every.n > 1000);
	buf_free(&every.bundle);
	buf_free(&every.once);
	buf_free(&every.again);
}

/* Each row has its class, activity and sentence. */
static void
test_rows(void **state UNUSED)
{
	for (const struct op *op = NULL; (op = op_next(op)) != NULL;) {
		struct test_part part;
		json_t *event;

		test_part(&part, TEST_SEQUENCE, op->number);
		test_object(&part, KIND_NONE, 0, 0);
		event = first_event(&part, &plain);
		assert_int_equal(number(event, "type_uid"), op->ocsf);
		assert_string_equal(
		    text(event, "metadata.event_code"), op->name);
		assert_null(strstr(text(event, "message"), "did operation"));
		json_decref(event);
	}
}

/* The fields that ocsf.def names by number have the names it means. */
static void
test_namings(void **state UNUSED)
{
	static const struct {
		enum op_number op;
		uint64_t field;
		const char *name;
	} fields[] = {
#define PLAIN_FIELD(number) ((number) < 1000 ? (uint64_t)(number) : 0)
#define NAMING(operation, kind, how, field)                                  \
	{OP_##operation, PLAIN_FIELD(field),                                 \
	    KIND_##kind == KIND_CREDENTIAL || OP_##operation == OP_LINK_MAKE \
		? "label"                                                    \
		: "name"},
#include "ledger/ocsf.def"
	};

	for (size_t i = 0; i < ARRAY_SIZE(fields); i++) {
		const struct op *op = op_get(fields[i].op);

		assert_non_null(op);
		if (fields[i].field == 0)
			continue;
		assert_string_equal(
		    shape_field(op->args, fields[i].field)->name,
		    fields[i].name);
	}
}

/* ---- limits
 * ------------------------------------------------------------------------- */

static void
test_errors(void **state UNUSED)
{
	struct buf bundle = BUF(BUNDLE_BYTES_MAX), all = BUF(1 << 20);
	struct arena arena = {NULL};
	struct test_part part;
	struct bundle decoded;

	make_create(&part);
	test_bundle(&part, &plain, &bundle);
	assert_int_equal(
	    bundle_decode(buf_slice(&bundle), &arena, &decoded), 0);
	assert_int_equal(
	    ocsf_render(&decoded, buf_slice(&bundle), 1, &all), E_RANGE);
	assert_int_equal(ocsf_render(&decoded, buf_slice(&bundle), 0, &all), 0);
	for (size_t max = 0; max < all.n; max += 7) {
		struct buf small = BUF(max);

		buf_put(&small, "x", max > 0);
		assert_int_equal(
		    ocsf_render(&decoded, buf_slice(&bundle), 0, &small),
		    E_LIMIT);
		assert_int_equal(small.n, max > 0);
		buf_free(&small);
	}
	arena_free(&arena);
	buf_free(&bundle);
	buf_free(&all);
}

static void
test_faults(void **state UNUSED)
{
#ifdef CHANCERY_FAULTS
	struct buf bundle = BUF(BUNDLE_BYTES_MAX);
	struct arena arena = {NULL};
	struct test_part part;
	struct bundle decoded;
	uint64_t fired = 1;

	make_create(&part);
	test_bundle(&part, &plain, &bundle);
	assert_int_equal(
	    bundle_decode(buf_slice(&bundle), &arena, &decoded), 0);
	for (uint64_t nth = 1; fired > 0; nth++) {
		struct buf buf = BUF(1 << 20);
		int r;

		fault_arm(nth, false);
		r = ocsf_render(&decoded, buf_slice(&bundle), 0, &buf);
		fired = fault_fired();
		fault_arm(0, false);
		assert_int_equal(r, fired > 0 ? E_NOMEM : 0);
		assert_true(fired == 0 || buf.n == 0);
		buf_free(&buf);
	}
	arena_free(&arena);
	buf_free(&bundle);
#else
	skip();
#endif
}

/* A record of as many objects as there may be. */
static void
test_many(void **state UNUSED)
{
	static struct leaf_object objects[LEAF_OBJECTS_MAX];
	struct buf leaf = BUF(LEAF_BYTES_MAX), bundle = BUF(BUNDLE_BYTES_MAX);
	struct buf events = BUF(OCSF_EVENT_MAX);
	struct leaf head = {.sequence = TEST_SEQUENCE,
	    .op = OP_NODE_TRASH,
	    .rev = 1,
	    .objects = objects,
	    .n_objects = LEAF_OBJECTS_MAX};
	size_t lines = 0, raw = 0;

	for (size_t i = 0; i < LEAF_OBJECTS_MAX; i++)
		objects[i] = (struct leaf_object){
		    .kind = KIND_FILE, .ref = ref_make(30, i)};
	assert_int_equal(leaf_encode(&head, &leaf), 0);
	buf_put_u8(&bundle, 0x83);
	bundle_put_part(&bundle, buf_slice(&leaf), NULL, 0);
	buf_put_u8(&bundle, 0x80);
	assert_int_equal(render(buf_slice(&bundle), &events), 0);
	for (struct slice rest = buf_slice(&events), line;
	     slice_cut(&rest, '\n', &line); lines++) {
		json_t *event = parse(line);

		raw += at(event, "raw_data") != NULL;
		json_decref(event);
	}
	assert_int_equal(lines, LEAF_OBJECTS_MAX);
	assert_int_equal(raw, 1);
	buf_free(&leaf);
	buf_free(&bundle);
	buf_free(&events);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_goldens),
	    cmocka_unit_test(test_rename),
	    cmocka_unit_test(test_erased),
	    cmocka_unit_test(test_cut),
	    cmocka_unit_test(test_unseen),
	    cmocka_unit_test(test_named_within),
	    cmocka_unit_test(test_addresses),
	    cmocka_unit_test(test_claims),
	    cmocka_unit_test(test_severities),
	    cmocka_unit_test(test_rows),
	    cmocka_unit_test(test_namings),
	    cmocka_unit_test(test_errors),
	    cmocka_unit_test(test_faults),
	    cmocka_unit_test(test_many),
	    cmocka_unit_test(test_damaged),
	    cmocka_unit_test(test_every_case),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
