/* session.get, core.echo, push.open. */
#include "core/apps/access/access.h"
#include "core/core.h"

int
session_get_read(struct run *run)
{
	struct session_info *result = RUN_RESULT(run, session_info);
	const struct who *who = &run->who;
	struct principal_row row;
	uint64_t files;
	int r;

	if ((r = access_principal(run, who->principal, &row)) < 0 ||
	    (r = run_files_state(run, who->principal, &files)) < 0)
		return r;
	SHAPE_SET(result, principal, ((struct id){row.id, KIND_PRINCIPAL}));
	SHAPE_SET(result, name, row.name);
	if (row.login.n > 0)
		SHAPE_SET(result, login, row.login);
	SHAPE_SET(result, session, ((struct id){who->session, KIND_SESSION}));
	SHAPE_SET(result, credential,
	    ((struct id){who->credential, KIND_CREDENTIAL}));
	SHAPE_SET(result, home, ((struct id){row.home, KIND_FOLDER}));
	SHAPE_SET(result, trash, ((struct id){row.trash, KIND_FOLDER}));
	SHAPE_SET(result, files, files);
	if (who->expires != 0)
		SHAPE_SET(result, expires, who->expires);
	/* Nothing in it changes while the session lives. */
	SHAPE_SET(result, state, ref_sequence(who->session));
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
