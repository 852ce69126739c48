/* session.get, core.echo, push.open. */
#include "core/apps/access/access.h"
#include "core/core.h"

/* Whoever asks to act for them, or to let them in anew, they are told. */
static int
count_waiting(struct run *run, uint64_t *ret_n)
{
	struct stmt *stmt = db_stmt(run->place->db, SQL_REQUEST_ABOUT);
	int r;

	stmt_u64(stmt, 1, run->who.principal);
	stmt_i64(stmt, 2, run->place->now);
	if ((r = stmt_step(stmt)) < 0)
		return r;
	*ret_n = MIN(stmt_col_u64(stmt, 0), 500);
	stmt_done(stmt);
	return 0;
}

int
session_get_read(struct run *run)
{
	struct session_info *result = RUN_RESULT(run, session_info);
	const struct who *who = &run->who;
	struct principal_row row;
	uint64_t files, waiting, named, roles;
	int r;

	if ((r = count_waiting(run, &waiting)) < 0 ||
	    (r = access_principal(run, who->principal, &row)) < 0 ||
	    (r = run_files_state(run, who->principal, &files)) < 0 ||
	    (r = access_named(run, who->principal, &named)) < 0 ||
	    (r = access_roles(run, who->principal, &roles)) < 0)
		return r;
	SHAPE_SET(result, principal, ((struct id){row.id, KIND_PRINCIPAL}));
	SHAPE_SET(result, name, row.name);
	if (row.login.n > 0)
		SHAPE_SET(result, login, row.login);
	SHAPE_SET(result, session, ((struct id){who->session, KIND_SESSION}));
	SHAPE_SET(result, credential,
	    ((struct id){who->credential, KIND_CREDENTIAL}));
	if (row.home != 0)
		SHAPE_SET(result, home, ((struct id){row.home, KIND_FOLDER}));
	if (row.trash != 0)
		SHAPE_SET(result, trash, ((struct id){row.trash, KIND_FOLDER}));
	SHAPE_SET(result, files, files);
	if (who->expires != 0)
		SHAPE_SET(result, expires, who->expires);
	if (waiting > 0)
		SHAPE_SET(result, waiting, waiting);
	if (who->opened_by == CREDENTIAL_REISSUE)
		SHAPE_SET(result, recovered, true);
	if (roles != 0)
		SHAPE_SET(result, roles, roles);
	/*
	 * Of what the state tells nothing but names changes while the session
	 * lives.
	 */
	SHAPE_SET(result, state, MAX(ref_sequence(who->session), named));
	SHAPE_SET(result, families, who->families);
	SHAPE_SET(result, read_only, who->read_only);
	return 0;
}

int
core_echo_read(struct run *run)
{
	const struct echo *args = RUN_ARGS(run, echo);

	if (args->has_data)
		SHAPE_SET(RUN_RESULT(run, echo), data, args->data);
	return 0;
}

int
push_open_read(struct run *run)
{
	struct push_stream *result = RUN_RESULT(run, push_stream);
	uint64_t files;
	int r = run_files_state(run, run->who.principal, &files);

	if (r < 0)
		return r;
	run->op_call->stream.wanted = true;
	SHAPE_SET(result, files, files);
	SHAPE_SET(result, principal,
	    ((struct id){run->who.principal, KIND_PRINCIPAL}));
	return 0;
}
