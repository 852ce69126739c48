/* Who may: what people see, and what attackers don't, with the record of it. */
#include "unit.h"

#include "core/test_rig.h"

#define DAY_MS ((int64_t)24 * 3600 * 1000)

/* An organisation of two, with a folder in a folder, and a file in that. */
struct world {
	struct rig_person ann, bob;
	struct id top, inner, file;
};

static struct world
make_world(struct rig *rig)
{
	struct world w = {.ann = rig_person(rig, "ann")};

	w.bob = rig_person(rig, "bob");
	w.top = rig_folder(rig, w.ann.token, w.ann.home, "top");
	w.inner = rig_folder(rig, w.ann.token, w.top, "inner");
	w.file = rig_file(rig, w.ann.token, w.inner, "plan.txt", "a plan");
	return w;
}

static int
write_file(struct rig *rig, const char *token, struct id file)
{
	struct file_write args = {.has_file = true, .file = file};

	SHAPE_SET(&args, content, SLICE("another plan"));
	return rig_do(rig, &rig->arena, OP_FILE_WRITE, token, &args).code;
}

static int
list_shares(struct rig *rig, const char *token, struct id node)
{
	struct node_ref args = {.has_node = true, .node = node};

	return rig_do(rig, &rig->arena, OP_SHARE_LIST, token, &args).code;
}

static const struct access_answer *
why(struct rig *rig, struct id principal, unsigned relation, struct id node)
{
	struct access_why args = {.has_node = true, .node = node};
	struct answer a;

	SHAPE_SET(&args, principal, principal);
	SHAPE_SET(&args, relation, relation);
	a = rig_do(rig, &rig->arena, OP_ACCESS_WHY, rig->token, &args);
	assert_int_equal(a.code, 0);
	return a.result;
}

/* ---- rights come down through folders ---------------------------------------
 */

static void
test_owner_has_all_below(void **state)
{
	struct rig *rig = *state;
	struct world w = make_world(rig);
	const struct leaf *leaf;

	assert_int_equal(rig_read(rig, w.ann.token, w.file), 0);
	leaf = rig_last_of(rig, &rig->arena, OP_FILE_READ);
	assert_int_equal(leaf->principal, rig_ref(rig, w.ann.id));
	/* From the file up: each place in a folder, and what gave the right. */
	assert_true(rig_proves(leaf, 0, ref_sequence(rig_ref(rig, w.file))));
	assert_true(rig_proves(leaf, 0, ref_sequence(rig_ref(rig, w.inner))));
	assert_true(rig_proves(leaf, 0, ref_sequence(rig_ref(rig, w.top))));
	assert_true(rig_proves(leaf, 0, ref_sequence(rig_ref(rig, w.ann.id))));
}

/* Each relation, and what it lets somebody do. */
static void
test_relations(void **state)
{
	static const struct {
		unsigned relation;
		int read, write, shares;
	} rows[] = {
	    {0, E_NOT_FOUND, E_NOT_FOUND, E_NOT_FOUND},
	    {RELATION_READ, 0, E_DENIED, E_DENIED},
	    {RELATION_EDIT, 0, 0, E_DENIED},
	    {RELATION_OWNER, 0, 0, 0},
	};
	struct rig *rig = *state;
	struct world w = make_world(rig);

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct id grant;

		if (rows[i].relation != 0)
			grant = rig_share(rig, w.ann.token, w.top, w.bob.id,
			    rows[i].relation);
		assert_int_equal(
		    rig_read(rig, w.bob.token, w.file), rows[i].read);
		assert_int_equal(
		    write_file(rig, w.bob.token, w.file), rows[i].write);
		assert_int_equal(
		    list_shares(rig, w.bob.token, w.file), rows[i].shares);
		if (rows[i].relation != 0)
			assert_int_equal(
			    rig_revoke(rig, w.ann.token, grant), 0);
		assert_int_equal(
		    rig_read(rig, w.bob.token, w.file), E_NOT_FOUND);
	}
}

/* A right on one file is none on what lies beside it or above. */
static void
test_right_on_one_file(void **state)
{
	struct rig *rig = *state;
	struct world w = make_world(rig);
	struct id other =
	    rig_file(rig, w.ann.token, w.inner, "other.txt", "other");
	struct folder_list list = {.has_folder = true, .folder = w.inner};

	(void)rig_share(rig, w.ann.token, w.file, w.bob.id, RELATION_READ);
	assert_int_equal(rig_read(rig, w.bob.token, w.file), 0);
	assert_int_equal(rig_read(rig, w.bob.token, other), E_NOT_FOUND);
	assert_int_equal(
	    rig_do(rig, &rig->arena, OP_FOLDER_LIST, w.bob.token, &list).code,
	    E_NOT_FOUND);
}

/* What is moved out of a shared folder is shared no more. */
static void
test_right_follows_place(void **state)
{
	struct rig *rig = *state;
	struct world w = make_world(rig);

	(void)rig_share(rig, w.ann.token, w.top, w.bob.id, RELATION_READ);
	assert_int_equal(rig_read(rig, w.bob.token, w.file), 0);
	assert_int_equal(rig_move(rig, w.ann.token, w.inner, w.ann.home), 0);
	assert_int_equal(rig_read(rig, w.bob.token, w.file), E_NOT_FOUND);
	assert_int_equal(rig_move(rig, w.ann.token, w.inner, w.top), 0);
	assert_int_equal(rig_read(rig, w.bob.token, w.file), 0);
}

/* In the trash it is its owner's alone, whatever was shared. */
static void
test_trash_ends_sharing(void **state)
{
	struct rig *rig = *state;
	struct world w = make_world(rig);

	(void)rig_share(rig, w.ann.token, w.file, w.bob.id, RELATION_OWNER);
	(void)rig_share(rig, w.ann.token, w.inner, w.bob.id, RELATION_OWNER);
	assert_int_equal(rig_trash(rig, w.ann.token, w.inner), 0);
	assert_int_equal(rig_read(rig, w.bob.token, w.file), E_NOT_FOUND);
	assert_int_equal(rig_purge(rig, w.bob.token, w.inner), E_NOT_FOUND);
	assert_int_equal(rig_read(rig, w.ann.token, w.file), 0);
}

static void
test_shared_folders_are_bounded_to_what_is_in_a_space(void **state)
{
	struct rig *rig = *state;
	struct world w = make_world(rig);
	struct share_grant args = {.has_node = true, .node = w.ann.trash};
	struct answer a;

	SHAPE_SET(&args, principal, w.bob.id);
	SHAPE_SET(&args, relation, RELATION_READ);
	a = rig_do(rig, &rig->arena, OP_SHARE_GRANT, w.ann.token, &args);
	assert_int_equal(a.code, E_STATE);
	/* A role in the organisation is not a right on a file. */
	args.node = w.file;
	args.relation = RELATION_LOG_READER;
	a = rig_do(rig, &rig->arena, OP_SHARE_GRANT, w.ann.token, &args);
	assert_int_equal(a.code, E_INVALID);
}

static void
test_grant_expires(void **state)
{
	struct rig *rig = *state;
	struct world w = make_world(rig);
	struct share_grant args = {.has_node = true, .node = w.file};
	int64_t now = core_time_now(&engine_core(rig->engine)->time);

	SHAPE_SET(&args, principal, w.bob.id);
	SHAPE_SET(&args, relation, RELATION_READ);
	SHAPE_SET(&args, expires, now);
	assert_int_equal(
	    rig_do(rig, &rig->arena, OP_SHARE_GRANT, w.ann.token, &args).code,
	    E_INVALID);
	args.expires = now + DAY_MS;
	assert_int_equal(
	    rig_do(rig, &rig->arena, OP_SHARE_GRANT, w.ann.token, &args).code,
	    0);
	rig_pass(DAY_MS - 1);
	assert_int_equal(rig_read(rig, w.bob.token, w.file), 0);
	rig_pass(1);
	assert_int_equal(rig_read(rig, w.bob.token, w.file), E_NOT_FOUND);
}

/* ---- denials
 * ------------------------------------------------------------------ */

/* The client is told nothing; the record says who tried what. */
static void
test_denial_is_recorded(void **state)
{
	struct rig *rig = *state;
	struct world w = make_world(rig);
	const struct leaf *leaf;

	assert_int_equal(rig_read(rig, w.bob.token, w.file), E_NOT_FOUND);
	leaf = rig_last_of(rig, &rig->arena, OP_FILE_READ);
	assert_int_equal(leaf->principal, rig_ref(rig, w.bob.id));
	assert_int_equal(leaf->objects[0].outcome, E_DENIED);
	assert_int_equal(leaf->objects[0].ref, rig_ref(rig, w.file));
	assert_int_equal(leaf->objects[0].n_proof, 0);
	assert_int_not_equal(leaf->context, 0);
}

/* Ids at random, 500 at once: each stands in the record as it was tried. */
static void
test_ids_that_name_nothing(void **state)
{
	struct rig *rig = *state;
	struct rig_person bob = rig_person(rig, "bob");
	struct node_ref args[OP_OBJECTS_MAX] = {{.has_node = false}};
	struct answer answers[OP_OBJECTS_MAX];
	const struct leaf *leaf;

	for (size_t i = 0; i < OP_OBJECTS_MAX; i++)
		SHAPE_SET(&args[i], node,
		    ((struct id){0x9e3779b97f4a7c15 * (i + 1), KIND_FILE}));
	rig_do_all(rig, &rig->arena, OP_NODE_GET, bob.token, NULL,
	    OP_OBJECTS_MAX, args, answers);
	leaf = rig_last_of(rig, &rig->arena, OP_NODE_GET);
	assert_int_equal(leaf->n_objects, OP_OBJECTS_MAX);
	for (size_t i = 0; i < OP_OBJECTS_MAX; i++) {
		struct buf text = BUF(ID_TEXT_BYTES);

		id_put_text(&text, args[i].node);
		assert_int_equal(answers[i].code, E_NOT_FOUND);
		assert_true(slice_eq(buf_slice(&text),
		    rig_bytes(&leaf->objects[i], FACT_TRIED)));
		buf_free(&text);
	}
}

/* Whether something is there shows in no answer, whichever argument names it.
 */
static void
test_nothing_tells_what_exists(void **state)
{
	struct rig *rig = *state;
	struct world w = make_world(rig);
	struct id mine =
	    rig_file(rig, w.bob.token, w.bob.home, "mine.txt", "mine");
	struct id no_folder = {12345, KIND_FOLDER};
	struct node_restore restore = {.has_node = true, .node = mine};
	const struct leaf *leaf;

	assert_int_equal(
	    rig_move(rig, w.bob.token, mine, no_folder), E_NOT_FOUND);
	assert_int_equal(rig_move(rig, w.bob.token, mine, w.top), E_NOT_FOUND);
	leaf = rig_last_of(rig, &rig->arena, OP_NODE_MOVE);
	assert_int_equal(leaf->objects[0].outcome, E_DENIED);

	assert_int_equal(rig_trash(rig, w.bob.token, mine), 0);
	SHAPE_SET(&restore, folder, no_folder);
	assert_int_equal(
	    rig_do(rig, &rig->arena, OP_NODE_RESTORE, w.bob.token, &restore)
		.code,
	    E_NOT_FOUND);
	restore.folder = w.top;
	assert_int_equal(
	    rig_do(rig, &rig->arena, OP_NODE_RESTORE, w.bob.token, &restore)
		.code,
	    E_NOT_FOUND);
	leaf = rig_last_of(rig, &rig->arena, OP_NODE_RESTORE);
	assert_int_equal(leaf->objects[0].outcome, E_DENIED);
}

/* One object of a call is denied; the others are done. */
static void
test_each_object_by_itself(void **state)
{
	struct rig *rig = *state;
	struct world w = make_world(rig);
	struct node_ref args[2] = {{.has_node = true, .node = w.file}};
	struct answer answers[2];
	const struct leaf *leaf;

	SHAPE_SET(&args[1], node,
	    rig_file(rig, w.bob.token, w.bob.home, "mine.txt", "mine"));
	rig_do_all(rig, &rig->arena, OP_NODE_TRASH, w.bob.token, NULL, 2, args,
	    answers);
	assert_int_equal(answers[0].code, E_NOT_FOUND);
	assert_int_equal(answers[1].code, 0);
	leaf = rig_last_of(rig, &rig->arena, OP_NODE_TRASH);
	assert_int_equal(leaf->objects[0].outcome, E_DENIED);
	assert_int_equal(leaf->objects[1].outcome, 0);
	assert_int_equal(rig_read(rig, w.ann.token, w.file), 0);
}

/* Who comes with a dead secret, or one that isn't for this: what they were
 * after is on the record, and found there. */
static void
test_what_was_tried(void **state)
{
	struct rig *rig = *state;
	struct world w = make_world(rig);
	struct token_issue how = {.has_read_only = true, .read_only = true};
	struct log_search search = {.has_object = true, .object = w.file};
	struct node_ref refs[2] = {{.has_node = true, .node = w.file},
	    {.has_path = true, .path = SLICE("no/such/path")}};
	struct answer answers[2], a;
	const struct leaf *leaf;
	char token[RIG_SECRET];

	(void)rig_token(rig, w.ann.id, &how, token);
	rig_do_all(
	    rig, &rig->arena, OP_NODE_TRASH, token, NULL, 2, refs, answers);
	assert_int_equal(answers[0].code, E_SCOPE);
	leaf = rig_last_of(rig, &rig->arena, OP_NODE_TRASH);
	assert_int_equal(leaf->outcome, E_SCOPE);
	assert_int_equal(leaf->n_objects, 2);
	assert_int_equal(leaf->objects[0].ref, rig_ref(rig, w.file));
	assert_int_equal(leaf->objects[1].texts[0].field, FACT_PATH);
	a = rig_do(rig, &rig->arena, OP_LOG_SEARCH, rig->token, &search);
	assert_int_equal(a.code, 0);

	assert_int_equal(rig_end_token(rig, w.bob.credential), 0);
	assert_int_equal(rig_read(rig, w.bob.token, w.file), E_UNAUTHENTICATED);
	leaf = rig_last_of(rig, &rig->arena, OP_FILE_READ);
	assert_int_equal(leaf->outcome, E_UNAUTHENTICATED);
	assert_int_equal(leaf->objects[0].ref, rig_ref(rig, w.file));
	assert_int_equal(leaf->principal, rig_ref(rig, w.bob.id));
	/* Of who is nobody there is nothing to hold against. */
	assert_int_equal(rig_read(rig, "nobody's", w.file), E_UNAUTHENTICATED);
	leaf = rig_last_of(rig, &rig->arena, OP_FILE_READ);
	assert_int_equal(leaf->objects[0].ref, 0);
}

/* ---- credentials
 * ---------------------------------------------------------------- */

static int
whoami(struct rig *rig, const char *token)
{
	struct nothing nothing = {.has_unused = false};

	return rig_do(rig, &rig->arena, OP_SESSION_GET, token, &nothing).code;
}

static void
test_secrets_that_nobody_has(void **state)
{
	struct rig *rig = *state;
	const struct leaf *leaf;

	assert_int_equal(whoami(rig, NULL), E_UNAUTHENTICATED);
	assert_int_equal(
	    whoami(rig, "chy_00000000000000000000000000"), E_UNAUTHENTICATED);
	leaf = rig_last_of(rig, &rig->arena, OP_SESSION_GET);
	assert_int_equal(leaf->outcome, E_UNAUTHENTICATED);
	assert_int_equal(leaf->principal, 0);
	assert_int_equal(leaf->session, 0);
}

/* A dead secret opens nothing, and the record says whose it was. */
static void
test_revoked_token(void **state)
{
	struct rig *rig = *state;
	struct rig_person bob = rig_person(rig, "bob");
	char other[RIG_SECRET];
	const struct leaf *leaf;

	(void)rig_token(rig, bob.id, NULL, other);
	assert_int_equal(rig_end_token(rig, bob.credential), 0);
	assert_int_equal(whoami(rig, bob.token), E_UNAUTHENTICATED);
	leaf = rig_last_of(rig, &rig->arena, OP_SESSION_GET);
	assert_int_equal(leaf->principal, rig_ref(rig, bob.id));
	assert_int_equal(leaf->credentials[0], rig_ref(rig, bob.credential));
	assert_int_equal(whoami(rig, other), 0);
	assert_int_equal(rig_end_token(rig, bob.credential), E_NOT_FOUND);
}

static void
test_expired_token(void **state)
{
	struct rig *rig = *state;
	struct rig_person bob = rig_person(rig, "bob");
	const struct leaf *leaf;

	rig_pass(90 * DAY_MS - 1);
	assert_int_equal(whoami(rig, bob.token), 0);
	rig_pass(1);
	assert_int_equal(whoami(rig, bob.token), E_EXPIRED);
	leaf = rig_last_of(rig, &rig->arena, OP_SESSION_GET);
	assert_int_equal(leaf->outcome, E_EXPIRED);
	assert_int_equal(leaf->principal, rig_ref(rig, bob.id));
}

/* The end of a principal ends all that acts in its name, and the record has
 * each of these ends. */
static void
test_principal_end_cascades(void **state)
{
	struct rig *rig = *state;
	struct world w = make_world(rig);
	char second[RIG_SECRET];
	struct id credential = rig_token(rig, w.bob.id, NULL, second);
	struct principal_ref args = {
	    .has_principal = true, .principal = w.bob.id};
	const struct leaf *leaf;
	bool first_ended = false, second_ended = false, itself = false;
	struct token_issue issue = {.has_principal = true};

	(void)rig_share(rig, w.ann.token, w.file, w.bob.id, RELATION_READ);
	assert_int_equal(
	    rig_do(rig, &rig->arena, OP_PRINCIPAL_END, rig->token, &args).code,
	    0);
	leaf = rig_last_of(rig, &rig->arena, OP_PRINCIPAL_END);
	for (size_t i = 0; i < leaf->objects[0].n_ended; i++) {
		uint64_t ended = leaf->objects[0].ended[i];

		itself |= ended == rig_ref(rig, w.bob.id);
		first_ended |= ended == rig_ref(rig, w.bob.credential);
		second_ended |= ended == rig_ref(rig, credential);
	}
	assert_true(itself && first_ended && second_ended);
	assert_int_equal(whoami(rig, w.bob.token), E_UNAUTHENTICATED);
	assert_int_equal(whoami(rig, second), E_UNAUTHENTICATED);
	assert_false(why(rig, w.bob.id, RELATION_READ, w.file)->allowed);
	/* Nobody makes it live again by another token, or ends it twice. */
	SHAPE_SET(&issue, principal, w.bob.id);
	SHAPE_SET(&issue, label, SLICE("again"));
	assert_int_equal(
	    rig_do(rig, &rig->arena, OP_TOKEN_ISSUE, rig->token, &issue).code,
	    E_NOT_FOUND);
	assert_int_equal(
	    rig_do(rig, &rig->arena, OP_PRINCIPAL_END, rig->token, &args).code,
	    E_NOT_FOUND);
}

/* That many more tokens for somebody, in one batch; how many were issued. */
static size_t
issue_many(struct rig *rig, struct id principal, size_t n,
    struct credential_ref *ret_tokens)
{
	struct token_issue issue = {.has_principal = true};
	size_t issued = 0;

	SHAPE_SET(&issue, principal, principal);
	SHAPE_SET(&issue, label, SLICE("one of many"));
	rig_hold(rig);
	for (size_t i = 0; i < n; i++)
		(void)rig_submit(
		    rig, OP_TOKEN_ISSUE, rig->token, NULL, 1, &issue);
	rig_release(rig);
	for (size_t i = 0; i < n; i++) {
		struct call *call = rig_wait(rig);
		struct answer a;

		rig_answers(call, 0, &rig->arena, &a);
		call_free(&call);
		if (a.code == 0) {
			SHAPE_SET(&ret_tokens[issued], credential,
			    ((struct token_issued *)a.result)->id);
			issued++;
		} else {
			assert_int_equal(a.code, E_LIMIT);
		}
	}
	return issued;
}

/* However many credentials it has made itself, a principal can be ended. */
static void
test_end_of_many_credentials(void **state)
{
	struct rig *rig = *state;
	struct rig_person bob = rig_person(rig, "bob");
	struct principal_ref args = {
	    .has_principal = true, .principal = bob.id};
	static struct credential_ref tokens[600];

	/* Its first one counts, too. */
	assert_int_equal(issue_many(rig, bob.id, 600, tokens), 499);
	assert_int_equal(
	    rig_do(rig, &rig->arena, OP_PRINCIPAL_END, rig->token, &args).code,
	    0);
	assert_int_equal(whoami(rig, bob.token), E_UNAUTHENTICATED);
}

/* Many at once: what one record can't hold is refused, never half done. */
static void
test_end_of_many_principals(void **state)
{
	enum { PEOPLE = 18, TOKENS = 480 };
	static struct credential_ref tokens[TOKENS];
	struct rig *rig = *state;
	struct rig_person people[PEOPLE];
	struct principal_ref args[PEOPLE] = {{.has_principal = false}};
	struct answer answers[PEOPLE];
	const struct leaf *leaf;
	size_t done = 0;

	for (size_t i = 0; i < PEOPLE; i++) {
		people[i] = rig_person(rig, "robot");
		SHAPE_SET(&args[i], principal, people[i].id);
		assert_int_equal(
		    issue_many(rig, people[i].id, TOKENS, tokens), TOKENS);
	}
	rig_do_all(rig, &rig->arena, OP_PRINCIPAL_END, rig->token, NULL, PEOPLE,
	    args, answers);
	leaf = rig_last_of(rig, &rig->arena, OP_PRINCIPAL_END);
	for (size_t i = 0; i < PEOPLE; i++) {
		assert_true(answers[i].code == 0 || answers[i].code == E_LIMIT);
		assert_int_equal(leaf->objects[i].outcome, answers[i].code);
		assert_int_equal(whoami(rig, people[i].token),
		    answers[i].code == 0 ? E_UNAUTHENTICATED : 0);
		done += answers[i].code == 0;
	}
	assert_in_range(done, 1, PEOPLE - 1);
}

/* Those that live are told, however many were issued and ended since. */
static void
test_tokens_are_listed(void **state)
{
	struct rig *rig = *state;
	struct rig_person bob = rig_person(rig, "bob");
	struct token_list args = {.has_principal = true, .principal = bob.id};
	static struct credential_ref tokens[499];
	static struct answer answers[499];
	struct credential_page *page;
	struct answer a;

	for (size_t round = 0; round < 2; round++) {
		assert_int_equal(issue_many(rig, bob.id, 499, tokens), 499);
		rig_do_all(rig, &rig->arena, OP_TOKEN_REVOKE, rig->token, NULL,
		    499, tokens, answers);
		for (size_t i = 0; i < 499; i++)
			assert_int_equal(answers[i].code, 0);
	}
	a = rig_do(rig, &rig->arena, OP_TOKEN_LIST, rig->token, &args);
	assert_int_equal(a.code, 0);
	page = a.result;
	assert_int_equal(page->list.n, 500);
	assert_int_equal(page->list.v[0].id.n, bob.credential.n);
	assert_false(page->list.v[0].has_ended);
	assert_true(page->list.v[1].ended);
}

/* ---- scopes
 * ------------------------------------------------------------------------ */

static void
test_scope_of_families(void **state)
{
	struct rig *rig = *state;
	struct rig_person admin = rig_admin(rig);
	struct token_issue how = {.has_label = false};
	struct token_issue wider = {.has_label = false};
	struct nothing nothing = {.has_unused = false};
	char token[RIG_SECRET];
	const struct leaf *leaf;

	SHAPE_SET(&how, families, BIT(FAMILY_ACCESS) | BIT(FAMILY_SELF));
	(void)rig_token(rig, admin.id, &how, token);
	assert_int_equal(whoami(rig, token), 0);
	assert_int_equal(
	    rig_read(rig, token, (struct id){1, KIND_FILE}), E_SCOPE);
	assert_int_equal(
	    rig_do(rig, &rig->arena, OP_STATUS_READ, token, &nothing).code,
	    E_SCOPE);
	leaf = rig_last_of(rig, &rig->arena, OP_STATUS_READ);
	assert_int_equal(leaf->outcome, E_SCOPE);
	assert_int_equal(leaf->principal, rig_ref(rig, admin.id));
	/* It makes none that is wider than itself. */
	SHAPE_SET(&wider, principal, admin.id);
	SHAPE_SET(&wider, label, SLICE("wider"));
	assert_int_equal(
	    rig_do(rig, &rig->arena, OP_TOKEN_ISSUE, token, &wider).code,
	    E_SCOPE);
	SHAPE_SET(&wider, families, how.families | BIT(FAMILY_FILES));
	assert_int_equal(
	    rig_do(rig, &rig->arena, OP_TOKEN_ISSUE, token, &wider).code,
	    E_SCOPE);
	SHAPE_SET(&wider, families, how.families);
	assert_int_equal(
	    rig_do(rig, &rig->arena, OP_TOKEN_ISSUE, token, &wider).code, 0);
}

static void
test_scope_of_reading(void **state)
{
	struct rig *rig = *state;
	struct world w = make_world(rig);
	struct token_issue how = {.has_read_only = true, .read_only = true};
	char token[RIG_SECRET];

	(void)rig_token(rig, w.ann.id, &how, token);
	assert_int_equal(rig_read(rig, token, w.file), 0);
	assert_int_equal(write_file(rig, token, w.file), E_SCOPE);
	assert_int_equal(rig_trash(rig, token, w.file), E_SCOPE);
}

/* A token for one folder: what is beside it is not there, by id or by path. */
static void
test_scope_of_a_folder(void **state)
{
	struct rig *rig = *state;
	struct world w = make_world(rig);
	struct id secret =
	    rig_file(rig, w.ann.token, w.ann.home, "secret.txt", "secret");
	struct token_issue how = {.has_folder = true, .folder = w.top};
	struct file_read by_path = {.has_path = true};
	struct folder_list list = {.has_path = true};
	struct file_changes changes = {.has_since = true};
	const struct leaf *leaf;
	char token[RIG_SECRET];

	(void)rig_token(rig, w.ann.id, &how, token);
	assert_int_equal(rig_read(rig, token, w.file), 0);
	assert_int_equal(write_file(rig, token, w.file), 0);
	assert_int_equal(rig_read(rig, token, secret), E_NOT_FOUND);
	leaf = rig_last_of(rig, &rig->arena, OP_FILE_READ);
	assert_int_equal(leaf->objects[0].outcome, E_SCOPE);
	assert_int_equal(leaf->objects[0].ref, rig_ref(rig, secret));
	by_path.path = SLICE("secret.txt");
	assert_int_equal(
	    rig_do(rig, &rig->arena, OP_FILE_READ, token, &by_path).code,
	    E_NOT_FOUND);
	list.path = by_path.path;
	assert_int_equal(
	    rig_do(rig, &rig->arena, OP_FOLDER_LIST, token, &list).code,
	    E_NOT_FOUND);
	/* Nothing goes out of the folder, or comes into it. */
	assert_int_equal(rig_move(rig, token, w.file, w.ann.home), E_NOT_FOUND);
	assert_int_equal(rig_move(rig, token, secret, w.top), E_NOT_FOUND);
	/* Nor do the changes of all the others show. */
	assert_int_equal(
	    rig_do(rig, &rig->arena, OP_FILE_CHANGES, token, &changes).code,
	    E_SCOPE);
}

/* ---- roles
 * ------------------------------------------------------------------------- */

static int
search_log(struct rig *rig, const char *token)
{
	struct log_search args = {.has_from = false};

	return rig_do(rig, &rig->arena, OP_LOG_SEARCH, token, &args).code;
}

static struct answer
give_role(
    struct rig *rig, const char *token, struct id principal, unsigned relation)
{
	struct role_grant args = {
	    .has_principal = true, .principal = principal};

	SHAPE_SET(&args, relation, relation);
	return rig_do(rig, &rig->arena, OP_ROLE_GRANT, token, &args);
}

static int
take_role(struct rig *rig, struct id grant)
{
	struct grant_ref args = {.has_grant = true, .grant = grant};

	return rig_do(rig, &rig->arena, OP_ROLE_REVOKE, rig->token, &args).code;
}

static void
test_roles(void **state)
{
	struct rig *rig = *state;
	struct rig_person bob = rig_person(rig, "bob");
	const struct leaf *leaf;
	struct answer a;
	struct id grant;

	assert_int_equal(search_log(rig, bob.token), E_DENIED);
	a = give_role(rig, bob.token, bob.id, RELATION_LOG_READER);
	assert_int_equal(a.code, E_DENIED);
	a = give_role(rig, rig->token, bob.id, RELATION_LOG_READER);
	assert_int_equal(a.code, 0);
	grant = ((struct grant_made *)a.result)->id;
	assert_int_equal(search_log(rig, bob.token), 0);
	leaf = rig_last_of(rig, &rig->arena, OP_LOG_SEARCH);
	assert_true(rig_proves(leaf, 0, ref_sequence(rig_ref(rig, grant))));
	/* One role is not another. */
	a = give_role(rig, bob.token, bob.id, RELATION_USER_ADMIN);
	assert_int_equal(a.code, E_DENIED);
	assert_int_equal(take_role(rig, grant), 0);
	assert_int_equal(search_log(rig, bob.token), E_DENIED);
	/* Nor is a role a right on a file, or that one a role. */
	a = give_role(rig, rig->token, bob.id, RELATION_OWNER);
	assert_int_equal(a.code, E_INVALID);
}

/* Somebody can always give the roles again. */
static void
test_last_administrator(void **state)
{
	struct rig *rig = *state;
	struct rig_person admin = rig_admin(rig), bob = rig_person(rig, "bob");
	struct role_list args = {.has_principal = true, .principal = admin.id};
	struct principal_ref me = {
	    .has_principal = true, .principal = admin.id};
	struct grant_page *page;
	struct id own = {0, KIND_NONE};
	struct answer a =
	    rig_do(rig, &rig->arena, OP_ROLE_LIST, rig->token, &args);

	assert_int_equal(a.code, 0);
	page = a.result;
	for (size_t i = 0; i < page->list.n; i++)
		if (page->list.v[i].relation == RELATION_USER_ADMIN)
			own = page->list.v[i].id;
	assert_int_equal(take_role(rig, own), E_LAST);
	assert_int_equal(
	    rig_do(rig, &rig->arena, OP_PRINCIPAL_END, rig->token, &me).code,
	    E_LAST);
	a = give_role(rig, rig->token, bob.id, RELATION_USER_ADMIN);
	assert_int_equal(a.code, 0);
	assert_int_equal(take_role(rig, own), 0);
}

/* A role that is over, or whose bearer is, makes nobody an administrator. */
static void
test_last_living_administrator(void **state)
{
	struct rig *rig = *state;
	struct rig_person admin = rig_admin(rig), bob = rig_person(rig, "bob");
	struct role_list args = {.has_principal = true, .principal = admin.id};
	struct principal_ref end = {.has_principal = true, .principal = bob.id};
	struct grant_page *page;
	struct id own = {0, KIND_NONE};
	struct answer a =
	    give_role(rig, rig->token, bob.id, RELATION_USER_ADMIN);

	assert_int_equal(a.code, 0);
	assert_int_equal(
	    rig_do(rig, &rig->arena, OP_PRINCIPAL_END, rig->token, &end).code,
	    0);
	a = rig_do(rig, &rig->arena, OP_ROLE_LIST, rig->token, &args);
	assert_int_equal(a.code, 0);
	page = a.result;
	for (size_t i = 0; i < page->list.n; i++)
		if (page->list.v[i].relation == RELATION_USER_ADMIN)
			own = page->list.v[i].id;
	assert_int_equal(take_role(rig, own), E_LAST);
}

/* ---- why
 * -----------------------------------------------------------------------------
 */

/* The explanation names the records that made the right, from the file up. */
static void
test_why(void **state)
{
	struct rig *rig = *state;
	struct world w = make_world(rig);
	const struct access_answer *answer;
	const struct proof_step *steps;
	struct id grant;

	answer = why(rig, w.bob.id, RELATION_READ, w.file);
	assert_false(answer->allowed);
	assert_int_equal(answer->proof.n, 0);
	assert_true(slice_index(answer->missing, '\'') < answer->missing.n);

	grant = rig_share(rig, w.ann.token, w.top, w.bob.id, RELATION_EDIT);
	answer = why(rig, w.bob.id, RELATION_READ, w.file);
	assert_true(answer->allowed);
	assert_int_equal(answer->proof.n, 3);
	steps = answer->proof.v;
	assert_int_equal(steps[0].object.n, w.inner.n);
	assert_int_equal(steps[0].subject.n, w.file.n);
	assert_int_equal(steps[0].sequence, ref_sequence(rig_ref(rig, w.file)));
	assert_int_equal(steps[1].object.n, w.top.n);
	assert_int_equal(steps[1].subject.n, w.inner.n);
	assert_int_equal(steps[2].object.n, w.top.n);
	assert_int_equal(steps[2].subject.n, w.bob.id.n);
	assert_int_equal(steps[2].relation, RELATION_EDIT);
	assert_int_equal(steps[2].sequence, ref_sequence(rig_ref(rig, grant)));
	assert_int_equal(steps[2].by.n, w.ann.id.n);
	assert_true(slice_eq(steps[2].by_name, SLICE("ann")));

	/* The record of what bob does then cites the same. */
	assert_int_equal(rig_read(rig, w.bob.token, w.file), 0);
	for (size_t i = 0; i < answer->proof.n; i++)
		assert_true(
		    rig_proves(rig_last_of(rig, &rig->arena, OP_FILE_READ), 0,
			steps[i].sequence));
}

/* Who owns a thing may ask about it; others may not, but administrators. */
static void
test_why_for_whom(void **state)
{
	struct rig *rig = *state;
	struct world w = make_world(rig);
	struct access_why args = {.has_node = true, .node = w.file};

	SHAPE_SET(&args, principal, w.bob.id);
	SHAPE_SET(&args, relation, RELATION_READ);
	assert_int_equal(
	    rig_do(rig, &rig->arena, OP_ACCESS_WHY, w.ann.token, &args).code,
	    0);
	assert_int_equal(
	    rig_do(rig, &rig->arena, OP_ACCESS_WHY, w.bob.token, &args).code,
	    E_NOT_FOUND);
	assert_int_equal(
	    rig_do(rig, &rig->arena, OP_ACCESS_WHY, rig->token, &args).code, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    RIG_TEST(test_owner_has_all_below),
	    RIG_TEST(test_relations),
	    RIG_TEST(test_right_on_one_file),
	    RIG_TEST(test_right_follows_place),
	    RIG_TEST(test_trash_ends_sharing),
	    RIG_TEST(test_shared_folders_are_bounded_to_what_is_in_a_space),
	    RIG_TEST(test_grant_expires),
	    RIG_TEST(test_denial_is_recorded),
	    RIG_TEST(test_ids_that_name_nothing),
	    RIG_TEST(test_nothing_tells_what_exists),
	    RIG_TEST(test_each_object_by_itself),
	    RIG_TEST(test_what_was_tried),
	    RIG_TEST(test_secrets_that_nobody_has),
	    RIG_TEST(test_revoked_token),
	    RIG_TEST(test_expired_token),
	    RIG_TEST(test_principal_end_cascades),
	    RIG_TEST(test_end_of_many_credentials),
	    RIG_TEST(test_end_of_many_principals),
	    RIG_TEST(test_tokens_are_listed),
	    RIG_TEST(test_scope_of_families),
	    RIG_TEST(test_scope_of_reading),
	    RIG_TEST(test_scope_of_a_folder),
	    RIG_TEST(test_roles),
	    RIG_TEST(test_last_administrator),
	    RIG_TEST(test_last_living_administrator),
	    RIG_TEST(test_why),
	    RIG_TEST(test_why_for_whom),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
