/*
 * login.begin, login.show, login.approve, login.collect: a program that has no
 * browser gets a session, because a person who is signed in says so in one (as
 * RFC 8628 has it).
 *
 * The program shows a code and keeps a secret. The code is of use only to who
 * is signed in, the secret only once the code was approved, and then once: the
 * session that it gives rests on what the approver's rests on, and is given for
 * as long as that one lives.
 */
#include <sodium.h>

#include "base/secret.h"
#include "core/apps/access/sign_in.h"
#include "core/core.h"

enum {
	CODE_BYTES = 8,
	LASTS_MS = 10 * 60 * 1000,
	AT_ONCE_OF_SOURCE = 10,
	AT_ONCE = 10000,
	FORGET_AT_ONCE = 2, /* more than one that comes: so all do go */
};

/* Crockford's base32: nothing that is read as something else. */
static const char digits[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

struct login_row {
	struct slice verifier, code, label; /* in the call's arena */
	uint64_t context;
	int64_t created, expires;
	uint64_t session, approved; /* 0: nobody has approved it */
};

/* ---- codes
 * ------------------------------------------------------------------- */

static void
make_code(char ret_code[CODE_BYTES + 1])
{
	for (size_t i = 0; i < CODE_BYTES; i++)
		ret_code[i] = digits[randombytes_uniform(32)];
	ret_code[CODE_BYTES] = '\0';
}

/* As a person may type it. False where it can't be one. */
static bool
read_code(struct slice text, char ret_code[CODE_BYTES])
{
	size_t n = 0;

	for (size_t i = 0; i < text.n; i++) {
		uint8_t c = text.p[i];

		if (c == '-' || c == ' ')
			continue;
		if (c >= 'a' && c <= 'z')
			c = (uint8_t)(c - 'a' + 'A');
		if (c == 'O')
			c = '0';
		else if (c == 'I' || c == 'L')
			c = '1';
		if (n == CODE_BYTES ||
		    slice_index(SLICE(digits), c) == sizeof(digits) - 1)
			return false;
		ret_code[n++] = (char)c;
	}
	return n == CODE_BYTES;
}

/* With a dash amid it. */
static struct slice
code_text(struct run *run, struct slice code)
{
	struct buf text = BUF(CODE_BYTES + 1);
	struct slice copy;

	buf_put_slice(&text, slice_first(code, CODE_BYTES / 2));
	buf_put_u8(&text, '-');
	buf_put_slice(&text, slice_from(code, CODE_BYTES / 2));
	copy = run_copy(run, buf_slice(&text));
	buf_free(&text);
	return copy;
}

/* ---- rows
 * -------------------------------------------------------------------- */

/* 1, 0 where there is none, or an error. */
static int
find_login(
    struct run *run, enum sql sql, struct slice key, struct login_row *ret_row)
{
	struct stmt *stmt = db_stmt(run->place->db, sql);
	int r;

	stmt_bytes(stmt, 1, key);
	if ((r = stmt_step(stmt)) <= 0)
		return r;
	*ret_row = (struct login_row){
	    .verifier = run_copy(run, stmt_col_bytes(stmt, 0)),
	    .code = run_copy(run, stmt_col_bytes(stmt, 1)),
	    .label = run_copy(run, stmt_col_bytes(stmt, 2)),
	    .context = stmt_col_u64(stmt, 3),
	    .created = stmt_col_i64(stmt, 4),
	    .expires = stmt_col_i64(stmt, 5),
	    .session = stmt_col_u64(stmt, 6),
	    .approved = stmt_col_u64(stmt, 7)};
	stmt_done(stmt);
	return ret_row->verifier.p != NULL && ret_row->code.p != NULL &&
	               ret_row->label.p != NULL
	           ? 1
	           : E_NOMEM;
}

/* The one of that code that waits to be approved. */
static int
find_waiting(struct run *run, struct slice text, struct login_row *ret_row)
{
	char code[CODE_BYTES];
	int r;

	/* Only who a person is for certain can say that it is them. */
	if (run->who.assurance < ASSURANCE_TWO)
		return E_KIND;
	if (!read_code(text, code))
		return E_NOT_FOUND;
	r = find_login(
	    run, SQL_LOGIN_BY_CODE, slice_of(code, sizeof(code)), ret_row);
	if (r <= 0)
		return r < 0 ? r : E_NOT_FOUND;
	return ret_row->expires > run->place->now && ret_row->approved == 0
	           ? 0
	           : E_NOT_FOUND;
}

static int
count_waiting(struct run *run, enum sql sql, uint64_t source, uint64_t *ret_n)
{
	struct stmt *stmt = db_stmt(run->place->db, sql);
	int r;

	stmt_i64(stmt, 1, run->place->now);
	if (source != 0)
		stmt_u64(stmt, 2, source);
	if ((r = stmt_step(stmt)) < 0)
		return r;
	*ret_n = stmt_col_u64(stmt, 0);
	stmt_done(stmt);
	return 0;
}

/* ---- begin
 * ------------------------------------------------------------------- */

struct begin_plan {
	char code[CODE_BYTES + 1];
	uint64_t source;
};

/* One source doesn't take the place of all others. */
int
login_begin_check(struct run *run)
{
	struct begin_plan *plan = RUN_PLAN(run, struct begin_plan);
	struct login_row row;
	uint64_t own, all;
	int r;

	plan->source = context_source(run->call->context) >> 1;
	make_code(plan->code);
	r = find_login(run, SQL_LOGIN_BY_CODE, slice_str(plan->code), &row);
	if (r != 0)
		return r < 0 ? r : E_BUSY; /* it is taken: one in 2^40 */
	if ((r = count_waiting(run, SQL_LOGIN_COUNT_OF, plan->source, &own)) <
		0 ||
	    (r = count_waiting(run, SQL_LOGIN_COUNT, 0, &all)) < 0)
		return r;
	return own < AT_ONCE_OF_SOURCE && all < AT_ONCE ? 0 : E_RATE;
}

static int
forget_some(struct run *run)
{
	struct stmt *stmt = db_stmt(run->place->db, SQL_LOGIN_FORGET);

	stmt_i64(stmt, 1, run->place->now);
	stmt_u64(stmt, 2, FORGET_AT_ONCE);
	return stmt_run(stmt);
}

int
login_begin_apply(struct run *run)
{
	const struct login_begin *args = RUN_ARGS(run, login_begin);
	const struct begin_plan *plan = RUN_PLAN(run, struct begin_plan);
	struct login_begun *result = RUN_RESULT(run, login_begun);
	int64_t now = run->place->now;
	char secret[ACCESS_SECRET];
	struct digest verifier;
	struct stmt *stmt;
	int r = forget_some(run);

	if (r < 0)
		return r;
	access_make_secret(secret);
	verifier = sha256(slice_str(secret));
	stmt = db_stmt(run->place->db, SQL_LOGIN_PUT);
	stmt_bytes(stmt, 1, digest_slice(&verifier));
	stmt_bytes(stmt, 2, slice_str(plan->code));
	stmt_text(stmt, 3, args->label);
	stmt_u64(stmt, 4, plan->source);
	stmt_u64(stmt, 5, run->draft->leaf.context);
	stmt_i64(stmt, 6, now);
	stmt_i64(stmt, 7, now + LASTS_MS);
	r = stmt_run(stmt);
	SHAPE_SET(result, code, code_text(run, slice_str(plan->code)));
	SHAPE_SET(result, secret, run_copy(run, slice_str(secret)));
	SHAPE_SET(result, expires, now + LASTS_MS);
	secret_wipe(secret, sizeof(secret));
	if (r == 0)
		r = run_number(run, FACT_EXPIRES, result->expires);
	return r < 0 || (result->code.p != NULL && result->secret.p != NULL)
	           ? r
	           : E_NOMEM;
}

/* ---- show, approve
 * ------------------------------------------------------------ */

int
login_show_read(struct run *run)
{
	struct login_request *result = RUN_RESULT(run, login_request);
	struct login_row row;
	int r = find_waiting(run, RUN_ARGS(run, login_ref)->code, &row);

	if (r < 0 ||
	    (r = access_take_place(run, row.context, &result->address,
		 &result->has_address, &result->agent, &result->has_agent)) < 0)
		return r;
	SHAPE_SET(result, code, code_text(run, row.code));
	SHAPE_SET(result, label, row.label);
	SHAPE_SET(result, created, row.created);
	SHAPE_SET(result, expires, row.expires);
	return result->code.p != NULL ? 0 : E_NOMEM;
}

int
login_approve_check(struct run *run)
{
	return find_waiting(run, RUN_ARGS(run, login_ref)->code,
	    RUN_PLAN(run, struct login_row));
}

int
login_approve_apply(struct run *run)
{
	const struct login_row *row = RUN_PLAN(run, struct login_row);
	struct stmt *stmt = db_stmt(run->place->db, SQL_LOGIN_APPROVE);
	int r;

	stmt_bytes(stmt, 1, row->verifier);
	stmt_u64(stmt, 2, run->who.session);
	stmt_u64(stmt, 3, run->sequence);
	r = stmt_run(stmt);
	return r < 0
	           ? r
	           : run_text(run, FACT_LABEL, run->who.principal, row->label);
}

/* ---- collect
 * ------------------------------------------------------------------- */

struct collect_plan {
	struct access_session session;
	uint64_t approver; /* the session */
	struct digest verifier;
};

/* What the approver's session rests on, if that still counts. */
static int
take_approver(struct run *run, struct collect_plan *plan)
{
	struct stmt *stmt = db_stmt(run->place->db, SQL_LOGIN_SESSION);
	struct access_session *session = &plan->session;
	int64_t now = run->place->now, ends, used, idle;
	bool ended, suspended;
	int r;

	stmt_u64(stmt, 1, plan->approver);
	if ((r = stmt_step(stmt)) <= 0)
		return r < 0 ? r : E_UNAUTHENTICATED;
	session->principal = stmt_col_u64(stmt, 0);
	session->credential = stmt_col_u64(stmt, 1);
	session->second = stmt_col_u64(stmt, 2);
	session->assurance = (unsigned)stmt_col_u64(stmt, 3);
	session->stepped = stmt_col_i64(stmt, 4);
	ends = stmt_col_i64(stmt, 5);
	used = stmt_col_i64(stmt, 6);
	idle = stmt_col_i64(stmt, 7);
	ended = stmt_col_u64(stmt, 8) != 0;
	suspended = stmt_col_u64(stmt, 9) != 0;
	stmt_done(stmt);
	if (ended || (ends != 0 && now >= ends) ||
	    (idle != 0 && now >= used + idle))
		return E_UNAUTHENTICATED;
	return suspended ? E_SUSPENDED : 0;
}

int
login_collect_check(struct run *run)
{
	const struct login_collect *args = RUN_ARGS(run, login_collect);
	struct collect_plan *plan = RUN_PLAN(run, struct collect_plan);
	struct login_row row;
	int r;

	if (!args->has_secret)
		return E_INVALID;
	plan->verifier = sha256(args->secret);
	r = find_login(
	    run, SQL_LOGIN_BY_VERIFIER, digest_slice(&plan->verifier), &row);
	if (r <= 0)
		return r < 0 ? r : E_UNAUTHENTICATED;
	if (row.expires <= run->place->now)
		return E_EXPIRED;
	if (row.approved == 0)
		return E_STATE;
	plan->approver = row.session;
	return take_approver(run, plan);
}

/* The record is the approver's from here on, and says who approved it. */
static int
take_actor(struct run *run, const struct collect_plan *plan)
{
	struct leaf *leaf = &run->draft->leaf;
	uint64_t *refs = arena_alloc(run->arena, 3 * sizeof(*refs));

	if (refs == NULL)
		return E_NOMEM;
	refs[0] = plan->session.credential;
	refs[1] = plan->session.second;
	refs[2] = plan->approver;
	leaf->principal = plan->session.principal;
	leaf->credentials = refs;
	leaf->n_credentials = refs[1] != 0 ? 2 : 1;
	leaf->approved = &refs[2];
	leaf->n_approved = 1;
	run->draft->object.kind = KIND_PRINCIPAL;
	run->draft->object.ref = plan->session.principal;
	return run_from(run, plan->approver);
}

int
login_collect_apply(struct run *run)
{
	const struct config *config = core_config(run->place->core);
	struct collect_plan *plan = RUN_PLAN(run, struct collect_plan);
	struct access_session *session = &plan->session;
	struct stmt *stmt;
	int r = take_actor(run, plan);

	if (r < 0)
		return r;
	session->idle = (int64_t)config->session_idle_seconds * 1000;
	session->expires =
	    run->place->now + (int64_t)config->session_seconds * 1000;
	stmt = db_stmt(run->place->db, SQL_LOGIN_END);
	stmt_bytes(stmt, 1, digest_slice(&plan->verifier));
	if ((r = stmt_run(stmt)) < 0 ||
	    (r = run_number(run, FACT_ASSURANCE, session->assurance)) < 0 ||
	    (r = run_number(run, FACT_EXPIRES, session->expires)) < 0 ||
	    (r = access_make_room(run, session->principal)) < 0 ||
	    (r = access_make_session(run, session)) < 0)
		return r;
	return access_tell_session(run, session);
}
