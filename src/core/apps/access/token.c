/* token.issue, token.list, token.revoke. */
#include <sodium.h>

#include "base/secret.h"
#include "core/apps/access/access.h"
#include "core/core.h"

enum {
	SECRET_BYTES = 16, /* 128 random bits */
	STANDARD_DAYS = 90,
	MOST_DAYS = 400,
};

void
access_make_secret(char ret_secret[ACCESS_SECRET])
{
	static const char digits[] = "0123456789abcdefghjkmnpqrstvwxyz";
	uint8_t bits[SECRET_BYTES + 1] = {0};
	size_t n = 0;

	randombytes_buf(bits, SECRET_BYTES);
	memcpy(ret_secret, "chy_", 4);
	n = 4;
	for (size_t bit = 0; bit < SECRET_BYTES * 8; bit += 5) {
		unsigned two = (unsigned)bits[bit / 8] << 8 | bits[bit / 8 + 1];

		ret_secret[n++] = digits[two >> (11 - bit % 8) & 31];
	}
	ret_secret[n] = '\0';
	secret_wipe(bits, sizeof(bits));
}

int
access_make_credential(struct run *run,
    const struct access_credential *credential, uint64_t *ret_ref)
{
	struct stmt *stmt;
	int r = run_make(run, KIND_CREDENTIAL, ret_ref);

	if (r == 0 && credential->label_field != 0)
		r = run_text(run, credential->label_field,
		    credential->principal, credential->label);
	if (r < 0)
		return r;
	stmt = db_stmt(run->place->db, SQL_CREDENTIAL_PUT);
	stmt_u64(stmt, 1, *ret_ref);
	stmt_u64(stmt, 2, credential->principal);
	stmt_u64(stmt, 3, credential->kind);
	stmt_text(stmt, 4, credential->label);
	stmt_u64(stmt, 5, credential->families);
	stmt_u64(stmt, 6, credential->read_only);
	stmt_u64(stmt, 7, credential->folder);
	stmt_i64(stmt, 8, run->place->now);
	stmt_i64(stmt, 9, credential->expires);
	stmt_bytes(stmt, 10, credential->secret);
	stmt_bytes(stmt, 11, credential->handle);
	stmt_u64(stmt, 12, credential->counter);
	stmt_u64(stmt, 13, credential->flags);
	return stmt_run(stmt);
}

int
access_make_session(struct run *run, struct access_session *session)
{
	struct digest verifier;
	struct stmt *stmt;
	int r = run_make(run, KIND_SESSION, &session->id);

	if (r < 0)
		return r;
	access_make_secret(session->secret);
	verifier = sha256(slice_str(session->secret));
	stmt = db_stmt(run->place->db, SQL_SESSION_PUT);
	stmt_u64(stmt, 1, session->id);
	stmt_u64(stmt, 2, session->principal);
	stmt_u64(stmt, 3, session->credential);
	stmt_u64(stmt, 4, session->second);
	stmt_bytes(stmt, 5, digest_slice(&verifier));
	stmt_u64(stmt, 6, session->assurance);
	stmt_i64(stmt, 7, run->place->now);
	stmt_i64(stmt, 8, session->stepped);
	stmt_i64(stmt, 9, session->idle);
	stmt_u64(stmt, 10, run->draft->leaf.context);
	stmt_i64(stmt, 11, session->expires);
	return stmt_run(stmt);
}

int
access_make_token(struct run *run, const struct access_credential *token,
    int64_t idle, struct access_session *ret_session)
{
	struct access_session *session = ret_session;
	int r;

	*session = (struct access_session){.principal = token->principal,
	    .assurance = ASSURANCE_SECRET,
	    .idle = idle,
	    .expires = token->expires};
	r = access_make_credential(run, token, &session->credential);
	return r < 0 ? r : access_make_session(run, session);
}

int
access_issue_token(struct run *run, const struct access_credential *token,
    int64_t idle, struct access_session *ret_session)
{
	int r;

	if ((r = run_number(run, FACT_FAMILIES, (int64_t)token->families)) <
		0 ||
	    (r = run_number(run, FACT_EXPIRES, token->expires)) < 0)
		return r;
	return access_make_token(run, token, idle, ret_session);
}

int
access_tell_token(
    struct run *run, struct access_session *session, int64_t expires)
{
	struct token_issued *result = RUN_RESULT(run, token_issued);

	SHAPE_SET(
	    result, id, ((struct id){session->credential, KIND_CREDENTIAL}));
	SHAPE_SET(result, secret, run_copy(run, slice_str(session->secret)));
	SHAPE_SET(result, expires, expires);
	secret_wipe(session->secret, sizeof(session->secret));
	return result->secret.p != NULL ? 0 : E_NOMEM;
}

int
token_issue_check(struct run *run)
{
	const struct token_issue *args = RUN_ARGS(run, token_issue);
	struct access_credential *token =
	    RUN_PLAN(run, struct access_credential);
	int64_t now = run->place->now;
	struct principal_row row;
	struct node_row folder;
	size_t credentials, sessions;
	int r;

	*token = (struct access_credential){.kind = CREDENTIAL_TOKEN,
	    .principal =
		args->has_principal ? args->principal.n : run->who.principal,
	    .label = args->label,
	    .label_field = 2,
	    .families = args->has_families ? args->families : ACCESS_FAMILIES,
	    .read_only = args->read_only,
	    .expires = args->has_expires ? args->expires
	                                 : now + STANDARD_DAYS * ACCESS_DAY_MS};
	r = access_live_principal(run, token->principal, &row);
	if (r < 0)
		return r;
	if ((r = access_count_live(
		 run, token->principal, &credentials, &sessions)) < 0)
		return r;
	if (credentials >= core_config(run->place->core)->max_tokens) {
		limit_met(CONFIG_max_tokens);
		return E_LIMIT;
	}
	if ((r = access_check_reach(run, token->principal)) < 0)
		return r;
	/* A credential for a person is theirs to make. */
	if (token->principal != run->who.principal &&
	    row.kind != PRINCIPAL_SERVICE)
		return E_DENIED;
	if (token->families == 0 || (token->families & ~ACCESS_FAMILIES) ||
	    token->expires <= now ||
	    token->expires > now + MOST_DAYS * ACCESS_DAY_MS)
		return E_INVALID;
	/* No token is wider than the one that issues it. */
	if ((token->families & ~run->who.families) ||
	    (run->who.folder != 0 &&
		(!args->has_folder || args->folder.n != run->who.folder)))
		return E_SCOPE;
	if (args->has_folder) {
		r = node_load(run->place, args->folder.n, &folder);
		if (r < 0)
			return r;
		if (folder.kind != KIND_FOLDER || folder.ended != 0)
			return E_NOT_FOUND;
		token->folder = folder.id;
	}
	return 0;
}

int
token_issue_apply(struct run *run)
{
	struct access_credential *token =
	    RUN_PLAN(run, struct access_credential);
	struct access_session session;
	int r = access_issue_token(run, token, 0, &session);

	if (r < 0 || (r = access_tell_token(run, &session, token->expires)) < 0)
		return r;
	return run_number(run, FACT_TARGET, (int64_t)token->principal);
}

int
access_list_credentials(struct run *run, uint64_t principal)
{
	struct credential_page *result = RUN_RESULT(run, credential_page);
	struct credential *list =
	    arena_alloc(run->arena, OP_OBJECTS_MAX * sizeof(*list));
	struct stmt *stmt = db_stmt(run->place->db, SQL_CREDENTIAL_LIST);
	size_t n = 0;
	int r;

	if (list == NULL)
		return E_NOMEM;
	stmt_u64(stmt, 1, principal);
	while ((r = stmt_step(stmt)) > 0 && n < OP_OBJECTS_MAX) {
		struct credential *c = &list[n++];

		SHAPE_SET(c, id,
		    ((struct id){stmt_col_u64(stmt, 0), KIND_CREDENTIAL}));
		SHAPE_SET(c, principal,
		    ((struct id){stmt_col_u64(stmt, 1), KIND_PRINCIPAL}));
		SHAPE_SET(c, label, run_copy(run, stmt_col_bytes(stmt, 2)));
		SHAPE_SET(c, families, stmt_col_u64(stmt, 3));
		SHAPE_SET(c, read_only, stmt_col_u64(stmt, 4) != 0);
		if (stmt_col_u64(stmt, 5) != 0)
			SHAPE_SET(c, folder,
			    ((struct id){stmt_col_u64(stmt, 5), KIND_FOLDER}));
		SHAPE_SET(c, created, stmt_col_i64(stmt, 6));
		if (stmt_col_i64(stmt, 7) != 0)
			SHAPE_SET(c, expires, stmt_col_i64(stmt, 7));
		if (stmt_col_u64(stmt, 8) != 0)
			SHAPE_SET(c, ended, true);
		SHAPE_SET(c, kind, (unsigned)stmt_col_u64(stmt, 9));
		if (stmt_col_i64(stmt, 10) != 0)
			SHAPE_SET(c, used, stmt_col_i64(stmt, 10));
		if (stmt_col_u64(stmt, 11) & ACCESS_PENDING)
			SHAPE_SET(c, pending, true);
		/* Where somebody has passkeys is nobody else's matter. */
		if (c->kind == CREDENTIAL_PASSKEY && !c->has_ended &&
		    principal == run->who.principal)
			SHAPE_SET(
			    c, handle, run_copy(run, stmt_col_bytes(stmt, 12)));
	}
	if (r < 0)
		return r;
	result->has_list = true;
	result->list.v = list;
	result->list.n = n;
	return run_number(run, FACT_COUNT, (int64_t)n);
}

int
token_list_read(struct run *run)
{
	const struct token_list *args = RUN_ARGS(run, token_list);

	return access_list_credentials(
	    run, args->has_principal ? args->principal.n : run->who.principal);
}

struct revoke_plan {
	uint64_t credential, principal;
};

int
token_revoke_check(struct run *run)
{
	const struct credential_ref *args = RUN_ARGS(run, credential_ref);
	struct revoke_plan *plan = RUN_PLAN(run, struct revoke_plan);
	struct stmt *stmt = db_stmt(run->place->db, SQL_CREDENTIAL_GET);
	bool live;
	int r;

	stmt_u64(stmt, 1, args->credential.n);
	r = stmt_step(stmt);
	if (r <= 0)
		return r < 0 ? r : E_NOT_FOUND;
	live = stmt_col_u64(stmt, 8) == 0;
	*plan = (struct revoke_plan){args->credential.n, stmt_col_u64(stmt, 1)};
	stmt_done(stmt);
	return live ? access_check_reach(run, plan->principal) : E_NOT_FOUND;
}

int
token_revoke_apply(struct run *run)
{
	const struct revoke_plan *plan = RUN_PLAN(run, struct revoke_plan);
	int r = run_number(run, FACT_GRANTEE, (int64_t)plan->principal);

	if (r < 0 ||
	    (r = run_number(run, FACT_TARGET, (int64_t)plan->credential)) < 0)
		return r;
	return access_end_credential(run, plan->credential);
}
