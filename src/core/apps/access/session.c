/*
 * challenge.make, session.begin, session.stepup, session.end, session.list,
 * session.revoke, session.revoke_all.
 */
#include "base/secret.h"
#include "core/apps/access/sign_in.h"
#include "core/core.h"
#include "core/subject.h"

int
challenge_make_read(struct run *run)
{
	const struct challenge_make *args = RUN_ARGS(run, challenge_make);
	struct challenge *result = RUN_RESULT(run, challenge);
	const struct core *core = run->place->core;
	uint8_t bytes[CHALLENGE_BYTES];

	challenge_make(
	    &core->challenge_key, args->purpose, run->place->now, bytes);
	SHAPE_SET(
	    result, challenge, run_copy(run, slice_of(bytes, sizeof(bytes))));
	SHAPE_SET(result, rp_id, slice_str(core_config(core)->hostname));
	SHAPE_SET(result, expires, run->place->now + CHALLENGE_MS);
	return result->challenge.p != NULL ? 0 : E_NOMEM;
}

/* ---- begin, confirm ---------------------------------------------------------
 */

int
session_begin_ask(struct run *run)
{
	return sign_in_ask(run, 0);
}

int
session_begin_check(struct run *run)
{
	return sign_in_check(run, 0, RUN_PLAN(run, struct sign_in));
}

/* From here on the record is theirs, by what they proved. */
static int
take_actor(struct run *run, const struct sign_in *sign_in)
{
	struct leaf *leaf = &run->draft->leaf;
	uint64_t *credentials =
	    arena_alloc(run->arena, 2 * sizeof(*credentials));

	if (credentials == NULL)
		return E_NOMEM;
	credentials[0] = sign_in->first.id;
	credentials[1] = sign_in->second.id;
	leaf->principal = sign_in->principal;
	leaf->credentials = credentials;
	leaf->n_credentials = sign_in->second.id != 0 ? 2 : 1;
	return run_number(run, FACT_ASSURANCE, sign_in->assurance);
}

int
access_tell_session(struct run *run, struct access_session *session)
{
	struct session_made *result = RUN_RESULT(run, session_made);

	SHAPE_SET(result, id, ((struct id){session->id, KIND_SESSION}));
	SHAPE_SET(result, secret, run_copy(run, slice_str(session->secret)));
	SHAPE_SET(result, principal,
	    ((struct id){session->principal, KIND_PRINCIPAL}));
	SHAPE_SET(result, expires, session->expires);
	SHAPE_SET(result, assurance, session->assurance);
	secret_wipe(session->secret, sizeof(session->secret));
	return result->secret.p != NULL ? 0 : E_NOMEM;
}

int
session_begin_apply(struct run *run)
{
	const struct sign_in *sign_in = RUN_PLAN(run, struct sign_in);
	const struct config *config = core_config(run->place->core);
	int64_t now = run->place->now;
	struct access_session session = {.principal = sign_in->principal,
	    .credential = sign_in->first.id,
	    .second = sign_in->second.id,
	    .assurance = sign_in->assurance,
	    .stepped = now,
	    .idle = (int64_t)config->session_idle_seconds * 1000,
	    .expires = now + (int64_t)config->session_seconds * 1000};
	int r;

	session.expires = sooner(session.expires, sign_in->expires);
	if ((r = sign_in_apply(run, sign_in)) < 0 ||
	    (r = take_actor(run, sign_in)) < 0 ||
	    (r = run_number(run, FACT_EXPIRES, session.expires)) < 0 ||
	    (r = access_make_room(run, session.principal)) < 0 ||
	    (r = access_make_session(run, &session)) < 0)
		return r;
	return access_tell_session(run, &session);
}

int
session_stepup_ask(struct run *run)
{
	return sign_in_ask(run, run->who.principal);
}

/* A token has nobody who could confirm anything. */
int
session_stepup_check(struct run *run)
{
	int r;

	if (run->who.assurance == ASSURANCE_SECRET)
		return E_KIND;
	r = sign_in_check(
	    run, run->who.principal, RUN_PLAN(run, struct sign_in));
	/* The session stands, whatever came of it. */
	return r == E_UNAUTHENTICATED ? E_STEPUP : r;
}

/* What is excepted from the policy is the least, though its number isn't. */
static unsigned
surer(unsigned a, unsigned b)
{
	if (a == ASSURANCE_PASSWORD || b == ASSURANCE_PASSWORD)
		return a == ASSURANCE_PASSWORD ? b : a;
	return MAX(a, b);
}

/* With a passkey it is as certain from now on as that is. */
int
session_stepup_apply(struct run *run)
{
	const struct sign_in *sign_in = RUN_PLAN(run, struct sign_in);
	unsigned assurance = surer(run->who.assurance, sign_in->assurance);
	struct stmt *stmt = db_stmt(run->place->db, SQL_SESSION_STEP);
	int r;

	stmt_u64(stmt, 1, run->who.session);
	stmt_i64(stmt, 2, run->place->now);
	stmt_u64(stmt, 3, assurance);
	if ((r = stmt_run(stmt)) < 0 || (r = sign_in_apply(run, sign_in)) < 0 ||
	    (r = run_number(run, FACT_ASSURANCE, assurance)) < 0)
		return r;
	who_forget(run->place, &run->call->bearer);
	run_granted(run);
	return run_from(run, sign_in->first.id);
}

/* ---- end
 * --------------------------------------------------------------------- */

int
session_end_check(struct run *run UNUSED)
{
	return 0;
}

int
session_end_apply(struct run *run)
{
	return access_end_session(run, run->who.session);
}

int
session_revoke_check(struct run *run)
{
	int r = access_check_live(
	    run, SQL_ROW_SESSION, RUN_ARGS(run, session_ref)->session.n);

	return r < 0 ? r : access_check_reach(run, run->on[0].ref);
}

int
session_revoke_apply(struct run *run)
{
	return access_end_session(run, RUN_ARGS(run, session_ref)->session.n);
}

int
session_revoke_all_check(struct run *run)
{
	struct principal_row row;
	int r = access_live_principal(
	    run, RUN_ARGS(run, principal_ref)->principal.n, &row);

	return r < 0 ? r : access_check_reach(run, row.id);
}

int
session_revoke_all_apply(struct run *run)
{
	struct sessions_ended *result = RUN_RESULT(run, sessions_ended);
	int r =
	    access_end_sessions(run, RUN_ARGS(run, principal_ref)->principal.n,
		run->who.session, &result->count);

	result->has_count = true;
	return r < 0 ? r : run_number(run, FACT_COUNT, (int64_t)result->count);
}

/* ---- list
 * -------------------------------------------------------------------- */

/* A text of the connection that it was opened over; it may have been erased. */
static int
take_text(struct run *run, uint64_t context, uint64_t slot,
    struct slice *ret_text, bool *ret_has)
{
	struct stmt *stmt = db_stmt(run->place->db, SQL_OPENING_ONE);
	int r;

	stmt_u64(stmt, 1, 0);
	stmt_u64(stmt, 2, context);
	stmt_u64(stmt, 3, slot);
	if ((r = stmt_step(stmt)) <= 0)
		return r;
	*ret_text = run_copy(run, stmt_col_bytes(stmt, 0));
	*ret_has = true;
	stmt_done(stmt);
	return ret_text->p != NULL ? 0 : E_NOMEM;
}

int
access_take_place(struct run *run, uint64_t context, struct slice *ret_address,
    bool *ret_has_address, struct slice *ret_agent, bool *ret_has_agent)
{
	int r;

	if (context == 0)
		return 0;
	r = take_text(run, context, 0, ret_address, ret_has_address);
	return r < 0 ? r : take_text(run, context, 1, ret_agent, ret_has_agent);
}

int
session_list_read(struct run *run)
{
	struct session_page *result = RUN_RESULT(run, session_page);
	struct session *list =
	    arena_alloc(run->arena, OP_OBJECTS_MAX * sizeof(*list));
	uint64_t *contexts =
	    arena_alloc(run->arena, OP_OBJECTS_MAX * sizeof(*contexts));
	uint64_t whose = RUN_ARGS(run, principal_ref)->principal.n;
	struct stmt *stmt;
	size_t n = 0;
	int r;

	if (list == NULL || contexts == NULL)
		return E_NOMEM;
	if ((r = access_check_reach(run, whose)) < 0)
		return r;
	stmt = db_stmt(run->place->db, SQL_SESSION_LIST);
	stmt_u64(stmt, 1, whose);
	stmt_i64(stmt, 2, run->place->now);
	while ((r = stmt_step(stmt)) > 0 && n < OP_OBJECTS_MAX) {
		struct session *s = &list[n];

		SHAPE_SET(
		    s, id, ((struct id){stmt_col_u64(stmt, 0), KIND_SESSION}));
		SHAPE_SET(s, credential,
		    ((struct id){stmt_col_u64(stmt, 1), KIND_CREDENTIAL}));
		SHAPE_SET(s, kind, (unsigned)stmt_col_u64(stmt, 2));
		SHAPE_SET(s, label, run_copy(run, stmt_col_bytes(stmt, 3)));
		SHAPE_SET(s, assurance, (unsigned)stmt_col_u64(stmt, 4));
		SHAPE_SET(s, created, stmt_col_i64(stmt, 5));
		SHAPE_SET(s, used, stmt_col_i64(stmt, 6));
		SHAPE_SET(s, expires, stmt_col_i64(stmt, 7));
		contexts[n] = stmt_col_u64(stmt, 9);
		if (s->id.n == run->who.session)
			SHAPE_SET(s, current, true);
		if (s->label.p == NULL) {
			stmt_done(stmt);
			return E_NOMEM;
		}
		n++;
	}
	for (size_t i = 0; i < n && r == 0; i++)
		r = access_take_place(run, contexts[i], &list[i].address,
		    &list[i].has_address, &list[i].agent, &list[i].has_agent);
	if (r < 0)
		return r;
	result->has_list = true;
	result->list.v = list;
	result->list.n = n;
	return run_number(run, FACT_COUNT, (int64_t)n);
}
