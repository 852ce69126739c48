/*
 * link.make, link.list, link.open.
 *
 * A link is a principal of its own, with one grant on one folder or file and
 * one credential, whose secret is 128 random bits: decisions, proofs, shares
 * and streams know nothing of links. Whoever has the secret opens a session of
 * it, as often as the link may be opened; they share that principal, so none of
 * them is told of the others. It ends as any share does.
 *
 * Who hasn't the secret learns nothing. Who has it is told whether a password
 * is wanted, and otherwise only that it doesn't open: the record knows why.
 */
#include "base/secret.h"
#include "core/apps/access/sign_in.h"
#include "core/core.h"
#include "core/subject.h"

enum {
	STANDARD_DAYS = 30,
	MOST_DAYS = 400,
	SESSION_HOURS = 12,
	IDLE_HOURS = 1,
	SESSIONS_MAX = 500, /* of one link; the one unused longest gives way */
	LIST_STANDARD = 100,
};

#define HOUR_MS ((int64_t)3600 * 1000)

#define LINKED                                                              \
	(BIT(RELATION_EDIT) | BIT(RELATION_READ) | BIT(RELATION_SEE) |      \
	    BIT(RELATION_TEXT) | BIT(RELATION_COPY) | BIT(RELATION_PRINT) | \
	    BIT(RELATION_EXPORT))

/* ---- link.make -------------------------------------------------------------
 */

static struct slice
label_of(const struct link_make *args)
{
	return args->has_label ? args->label : SLICE("link");
}

int
link_make_ask(struct run *run)
{
	const struct link_make *args = RUN_ARGS(run, link_make);
	struct secret_ask ask = {.kind = SECRET_PASSWORD_HASH};
	struct buf names = BUF(SECRET_NAMES_MAX);
	int r;

	if (!args->has_password)
		return 0;
	r = sign_in_password(run, args->password, &ask.hash.password);
	if (r < 0)
		return r;
	buf_printf(&names, "%.*s\n%.*s\n%s", SLICE_ARG(label_of(args)),
	    SLICE_ARG(run->on[0].node.name),
	    core_config(run->place->core)->hostname);
	ask.hash.names = buf_slice(&names);
	r = names.error != 0 ? names.error : sign_in_put(run, &ask);
	buf_free(&names);
	return r;
}

struct make_plan {
	struct slice verifier; /* of the password; empty: none is asked */
	int64_t expires;
};

/* What the keeper made of the password, if there is one. */
static int
take_verifier(struct run *run, struct slice *ret_verifier)
{
	const struct link_make *args = RUN_ARGS(run, link_make);
	struct secret_answer answer;
	struct slice password;
	int r;

	*ret_verifier = SLICE("");
	if (!args->has_password)
		return 0;
	if ((r = sign_in_password(run, args->password, &password)) < 0 ||
	    (r = sign_in_answer(run, SECRET_PASSWORD_HASH, &answer)) < 0)
		return r;
	*ret_verifier = answer.hash.verifier;
	return answer.code;
}

int
link_make_check(struct run *run)
{
	const struct link_make *args = RUN_ARGS(run, link_make);
	struct make_plan *plan = RUN_PLAN(run, struct make_plan);
	int64_t now = run->place->now;
	struct slice key;
	int r;

	*plan = (struct make_plan){
	    .expires = args->has_expires ? args->expires
	                                 : now + STANDARD_DAYS * ACCESS_DAY_MS};
	/* Who is from outside asks others in no further. */
	if (principal_is_outside(run->who.kind))
		return E_KIND;
	if ((r = access_check_shareable(&run->on[0].node)) < 0 ||
	    (r = node_key(run->place, label_of(args), &key)) < 0)
		return r;
	if (!(LINKED & BIT(args->relation)) || plan->expires <= now ||
	    plan->expires > now + MOST_DAYS * ACCESS_DAY_MS ||
	    (args->has_uses && args->uses == 0))
		return E_INVALID;
	if ((r = access_check_grant_room(run, run->on[0].ref)) < 0)
		return r;
	return take_verifier(run, &plan->verifier);
}

/* Whose files it leads to, for link.list; and the folder as its home. */
static int
put_link(struct run *run, struct principal_row *row)
{
	const struct link_make *args = RUN_ARGS(run, link_make);
	const struct object *to = &run->on[0];
	struct stmt *stmt;
	int r;

	*row = (struct principal_row){.kind = PRINCIPAL_LINK,
	    .name = label_of(args),
	    .home = to->kind == KIND_FOLDER ? to->ref : 0,
	    .created = run->place->now};
	if ((r = run_make(run, KIND_PRINCIPAL, &row->id)) < 0 ||
	    (r = run_text(run, 3, row->id, row->name)) < 0 ||
	    (r = access_put_principal(run, row)) < 0)
		return r;
	stmt = db_stmt(run->place->db, SQL_LINK_LEADS);
	stmt_u64(stmt, 1, row->id);
	stmt_u64(stmt, 2, to->node.space);
	return stmt_run(stmt);
}

static int
put_secret(struct run *run, uint64_t link, char ret_secret[ACCESS_SECRET],
    uint64_t *ret_credential)
{
	const struct link_make *args = RUN_ARGS(run, link_make);
	const struct make_plan *plan = RUN_PLAN(run, struct make_plan);
	struct access_credential credential = {.kind = CREDENTIAL_LINK,
	    .principal = link,
	    .label = label_of(args),
	    /* Not SELF: what a session may see of itself, all would see. */
	    .families = BIT(FAMILY_FILES),
	    .read_only = args->relation != RELATION_EDIT,
	    .expires = plan->expires,
	    .secret = plan->verifier};
	struct digest digest;
	struct stmt *stmt;
	int r;

	if ((r = run_number(run, FACT_CREDENTIAL_KIND, credential.kind)) < 0 ||
	    (r = run_number(run, FACT_FAMILIES, (int64_t)credential.families)) <
		0 ||
	    (r = run_number(run, FACT_EXPIRES, plan->expires)) < 0 ||
	    (r = run_number(run, FACT_PROTECTED, plan->verifier.n > 0)) < 0 ||
	    (r = access_make_credential(run, &credential, ret_credential)) < 0)
		return r;
	access_make_secret(ret_secret);
	digest = sha256(slice_str(ret_secret));
	stmt = db_stmt(run->place->db, SQL_LINK_PUT);
	stmt_u64(stmt, 1, *ret_credential);
	stmt_bytes(stmt, 2, digest_slice(&digest));
	stmt_u64(stmt, 3, args->has_uses ? args->uses : 0);
	return stmt_run(stmt);
}

int
link_make_apply(struct run *run)
{
	const struct link_make *args = RUN_ARGS(run, link_make);
	const struct make_plan *plan = RUN_PLAN(run, struct make_plan);
	struct link_made *result = RUN_RESULT(run, link_made);
	char secret[ACCESS_SECRET];
	struct principal_row row;
	uint64_t credential, grant;
	int r;

	if ((r = put_link(run, &row)) < 0 ||
	    (r = put_secret(run, row.id, secret, &credential)) < 0)
		return r;
	SHAPE_SET(result, secret, run_copy(run, slice_str(secret)));
	secret_wipe(secret, sizeof(secret));
	if (result->secret.p == NULL)
		return E_NOMEM;
	r = access_make_grant(run, run->on[0].kind, run->on[0].ref,
	    args->relation, row.id, plan->expires, &grant);
	SHAPE_SET(result, id, ((struct id){row.id, KIND_PRINCIPAL}));
	SHAPE_SET(result, grant, ((struct id){grant, KIND_GRANT}));
	SHAPE_SET(result, expires, plan->expires);
	return r < 0 ? r : run_number(run, FACT_GRANTEE, (int64_t)row.id);
}

/* ---- link.open -------------------------------------------------------------
 */

struct link_row {
	uint64_t credential, principal;
	struct slice verifier; /* of the password; empty: none */
	uint64_t opened, uses; /* how often; and at most, 0: as one likes */
	int64_t expires;
	bool ended, suspended;
};

struct open_plan {
	struct link_row link;
	uint64_t node;
	enum kind kind;
	unsigned relation;
};

/* 1; or 0 where no link has that secret. */
static int
find_link(struct run *run, struct link_row *ret_row)
{
	const struct link_open *args = RUN_ARGS(run, link_open);
	struct digest digest = sha256(args->secret);
	struct stmt *stmt = db_stmt(run->place->db, SQL_LINK_GET);
	int r;

	*ret_row = (struct link_row){.credential = 0};
	stmt_bytes(stmt, 1, digest_slice(&digest));
	if ((r = stmt_step(stmt)) <= 0)
		return r;
	*ret_row = (struct link_row){.credential = stmt_col_u64(stmt, 0),
	    .principal = stmt_col_u64(stmt, 1),
	    .verifier = run_copy(run, stmt_col_bytes(stmt, 2)),
	    .opened = stmt_col_u64(stmt, 3),
	    .uses = stmt_col_u64(stmt, 4),
	    .expires = stmt_col_i64(stmt, 5),
	    .ended = stmt_col_u64(stmt, 6) != 0,
	    .suspended = stmt_col_u64(stmt, 7) != 0};
	stmt_done(stmt);
	return ret_row->verifier.p != NULL ? 1 : E_NOMEM;
}

/* Why a link that there was doesn't open any more. */
static int
check_open(const struct run *run, const struct link_row *link)
{
	if (link->ended)
		return E_UNAUTHENTICATED;
	if (run->place->now >= link->expires ||
	    (link->uses != 0 && link->opened >= link->uses))
		return E_EXPIRED;
	return link->suspended ? E_SUSPENDED : 0;
}

/* One link is one account, whoever tries: its password is all that they try. */
int
link_open_ask(struct run *run)
{
	const struct link_open *args = RUN_ARGS(run, link_open);
	struct secret_ask ask = {.kind = SECRET_PASSWORD_CHECK};
	struct link_row link;
	struct digest account;
	int r;

	if (!args->has_secret)
		return E_INVALID;
	if ((r = find_link(run, &link)) <= 0)
		return r;
	if ((r = check_open(run, &link)) < 0 || link.verifier.n == 0 ||
	    !args->has_password)
		return r;
	r = sign_in_password(run, args->password, &ask.password.password);
	if (r == E_INVALID)
		ask.password.password = SLICE("");
	else if (r < 0)
		return r;
	ask.password.verifier = link.verifier;
	run->call->asked_of[0] = link.credential;
	account = sha256(slice_of(&link.credential, sizeof(link.credential)));
	memcpy(&run->call->account, account.b, sizeof(run->call->account));
	return sign_in_put(run, &ask);
}

static int
check_password(struct run *run, const struct link_row *link)
{
	const struct link_open *args = RUN_ARGS(run, link_open);
	struct secret_answer answer;
	int r;

	if (link->verifier.n == 0)
		return 0;
	if (!args->has_password)
		return E_PASSWORD;
	if ((r = sign_in_answer(run, SECRET_PASSWORD_CHECK, &answer)) < 0)
		return r == E_STATE ? E_BUSY : r;
	if (answer.code < 0)
		return answer.code == E_DENIED ? E_PASSWORD : answer.code;
	return run->call->asked_of[0] == link->credential ? 0 : E_BUSY;
}

/*
 * What it leads to, if that can be reached: it may lie in the trash, and those
 * from outside may have been shut out.
 */
static int
find_target(struct run *run, struct open_plan *plan)
{
	struct stmt *stmt = db_stmt(run->place->db, SQL_LINK_TARGET);
	struct node_row node;
	struct proof proof;
	int r;

	stmt_u64(stmt, 1, plan->link.principal);
	if ((r = stmt_step(stmt)) <= 0)
		return r < 0 ? r : E_NOT_FOUND;
	plan->kind = (enum kind)stmt_col_u64(stmt, 0);
	plan->node = stmt_col_u64(stmt, 1);
	plan->relation = (unsigned)stmt_col_u64(stmt, 2);
	stmt_done(stmt);
	if ((r = decide_app(
		 run->place, plan->link.principal, APP_FILES, &proof)) < 0 ||
	    (r = node_load(run->place, plan->node, &node)) < 0)
		return r;
	r = decide_node(
	    run->place, plan->link.principal, plan->relation, &node, &proof);
	return r == E_DENIED ? E_NOT_FOUND : r;
}

int
link_open_check(struct run *run)
{
	struct open_plan *plan = RUN_PLAN(run, struct open_plan);
	int r;

	if (!RUN_ARGS(run, link_open)->has_secret)
		return E_INVALID;
	if ((r = find_link(run, &plan->link)) <= 0)
		return r < 0 ? r : E_UNAUTHENTICATED;
	run->draft->object.kind = KIND_PRINCIPAL;
	run->draft->object.ref = plan->link.principal;
	/* Why it doesn't open is told to nobody but the record. */
	run->tell = E_UNAUTHENTICATED;
	if ((r = check_open(run, &plan->link)) < 0 ||
	    (r = find_target(run, plan)) < 0)
		return r;
	run->tell = 0;
	return check_password(run, &plan->link);
}

/* From here on the record is the link's. */
static int
take_actor(struct run *run, const struct link_row *link)
{
	struct leaf *leaf = &run->draft->leaf;
	uint64_t *credential = arena_alloc(run->arena, sizeof(*credential));

	if (credential == NULL)
		return E_NOMEM;
	*credential = link->credential;
	leaf->principal = link->principal;
	leaf->credentials = credential;
	leaf->n_credentials = 1;
	return 0;
}

static int
count_opening(struct run *run, const struct link_row *link)
{
	struct stmt *stmt = db_stmt(run->place->db, SQL_LINK_OPENED);
	int r;

	stmt_u64(stmt, 1, link->credential);
	stmt_u64(stmt, 2, link->opened + 1);
	stmt_i64(stmt, 3, run->place->now);
	r = stmt_run(stmt);
	return r < 0 ? r
	             : run_number(
			   run, FACT_OPENINGS, (int64_t)(link->opened + 1));
}

static int
tell_opened(struct run *run, struct access_session *session)
{
	const struct open_plan *plan = RUN_PLAN(run, struct open_plan);
	struct link_opened *result = RUN_RESULT(run, link_opened);

	SHAPE_SET(result, id, ((struct id){session->id, KIND_SESSION}));
	SHAPE_SET(result, secret, run_copy(run, slice_str(session->secret)));
	SHAPE_SET(result, expires, session->expires);
	SHAPE_SET(result, node, ((struct id){plan->node, plan->kind}));
	SHAPE_SET(result, relation, plan->relation);
	SHAPE_SET(result, principal,
	    ((struct id){session->principal, KIND_PRINCIPAL}));
	secret_wipe(session->secret, sizeof(session->secret));
	return result->secret.p != NULL ? 0 : E_NOMEM;
}

int
link_open_apply(struct run *run)
{
	const struct link_row *link = &RUN_PLAN(run, struct open_plan)->link;
	int64_t now = run->place->now;
	struct access_session session = {.principal = link->principal,
	    .credential = link->credential,
	    .assurance = ASSURANCE_SECRET,
	    .idle = IDLE_HOURS * HOUR_MS,
	    .expires = MIN(now + SESSION_HOURS * HOUR_MS, link->expires)};
	int r;

	run->call->was_right = link->verifier.n > 0;
	if ((r = take_actor(run, link)) < 0 ||
	    (r = count_opening(run, link)) < 0 ||
	    (r = run_number(run, FACT_ASSURANCE, session.assurance)) < 0 ||
	    (r = run_number(run, FACT_EXPIRES, session.expires)) < 0 ||
	    (r = access_end_unused(run, SQL_SESSION_UNUSED, link->credential,
		 SESSIONS_MAX - 1)) < 0 ||
	    (r = access_make_session(run, &session)) < 0)
		return r;
	return tell_opened(run, &session);
}

/* ---- link.list -------------------------------------------------------------
 */

static int
take_listed(struct run *run, struct stmt *stmt, struct shared_link *link)
{
	SHAPE_SET(
	    link, id, ((struct id){stmt_col_u64(stmt, 0), KIND_PRINCIPAL}));
	SHAPE_SET(link, label, run_copy(run, stmt_col_bytes(stmt, 1)));
	SHAPE_SET(link, created, stmt_col_i64(stmt, 2));
	SHAPE_SET(link, opened, stmt_col_u64(stmt, 3));
	if (stmt_col_u64(stmt, 4) != 0)
		SHAPE_SET(link, uses, stmt_col_u64(stmt, 4));
	SHAPE_SET(link, expires, stmt_col_i64(stmt, 5));
	if (stmt_col_i64(stmt, 6) != 0)
		SHAPE_SET(link, used, stmt_col_i64(stmt, 6));
	SHAPE_SET(link, password, stmt_col_u64(stmt, 7) > 0);
	SHAPE_SET(
	    link, grant, ((struct id){stmt_col_u64(stmt, 8), KIND_GRANT}));
	SHAPE_SET(link, node,
	    ((struct id){
		stmt_col_u64(stmt, 10), (enum kind)stmt_col_u64(stmt, 9)}));
	SHAPE_SET(link, relation, (unsigned)stmt_col_u64(stmt, 11));
	return link->label.p != NULL ? 0 : E_NOMEM;
}

/* The links to what is in one's own space, read before anything is decided. */
static int
load_links(
    struct run *run, size_t limit, struct shared_link *list, size_t *ret_n)
{
	const struct link_list *args = RUN_ARGS(run, link_list);
	struct stmt *stmt = db_stmt(run->place->db, SQL_LINK_LIST);
	size_t n = 0;
	int r;

	stmt_u64(stmt, 1, run->who.principal);
	stmt_u64(stmt, 2, args->has_after ? args->after.n : 0);
	stmt_u64(stmt, 3, args->has_node ? args->node.n : 0);
	stmt_u64(stmt, 4, limit);
	while ((r = stmt_step(stmt)) > 0)
		if ((r = take_listed(run, stmt, &list[n++])) < 0)
			break;
	stmt_done(stmt);
	*ret_n = n;
	return r;
}

int
link_list_read(struct run *run)
{
	const struct link_list *args = RUN_ARGS(run, link_list);
	struct link_page *result = RUN_RESULT(run, link_page);
	size_t limit = args->has_limit ? MAX(args->limit, 1) : LIST_STANDARD;
	struct shared_link *list =
	    arena_alloc(run->arena, (limit + 1) * sizeof(*list));
	size_t loaded, n = 0;
	int r;

	if (list == NULL)
		return E_NOMEM;
	if ((r = load_links(run, limit + 1, list, &loaded)) < 0)
		return r;
	if (loaded > limit)
		SHAPE_SET(result, next, list[limit - 1].id);
	for (size_t i = 0; i < MIN(loaded, limit); i++) {
		struct node_row node;
		struct proof proof;

		if ((r = node_load(run->place, list[i].node.n, &node)) < 0 ||
		    (r = run_sees(run, &node, &proof)) < 0)
			return r == E_NOT_FOUND ? E_CORRUPT : r;
		/* A credential may be for one folder alone. */
		if (r == 0)
			continue;
		list[n] = list[i];
		SHAPE_SET(&list[n], name, node.name);
		n++;
	}
	result->has_list = true;
	result->list.v = list;
	result->list.n = n;
	return run_number(run, FACT_COUNT, (int64_t)n);
}
