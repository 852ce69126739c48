/*
 * export.open: somebody who manages principals reads all files of one, to hand
 * them over. It makes rights like others: they show among the shares, each read
 * rests on them, whoever owns the files can end them, and they end by
 * themselves.
 */
#include "core/apps/access/access.h"
#include "core/apps/files/files.h"
#include "core/core.h"

enum { EXPORT_HOURS = 24 };

int
export_open_check(struct run *run)
{
	struct principal_row *row = RUN_PLAN(run, struct principal_row);
	uint64_t principal = RUN_ARGS(run, export_open)->principal.n;
	int r;

	/* What is one's own needs no right. */
	if (principal == run->who.principal)
		return E_INVALID;
	if ((r = access_principal(run, principal, row)) < 0 ||
	    (r = access_check_grant_room(run, row->home)) < 0)
		return r;
	return access_check_grant_room(run, row->trash);
}

int
export_open_apply(struct run *run)
{
	const struct principal_row *row = RUN_PLAN(run, struct principal_row);
	struct export_opened *result = RUN_RESULT(run, export_opened);
	int64_t expires = run->place->now + (int64_t)EXPORT_HOURS * 3600 * 1000;
	uint64_t home, trash;
	int r;

	if ((r = access_make_grant(run, KIND_FOLDER, row->home, RELATION_READ,
		 run->who.principal, expires, &home)) < 0 ||
	    (r = access_make_grant(run, KIND_FOLDER, row->trash, RELATION_READ,
		 run->who.principal, expires, &trash)) < 0)
		return r;
	SHAPE_SET(result, home, ((struct id){row->home, KIND_FOLDER}));
	SHAPE_SET(result, trash, ((struct id){row->trash, KIND_FOLDER}));
	SHAPE_SET(result, home_grant, ((struct id){home, KIND_GRANT}));
	SHAPE_SET(result, trash_grant, ((struct id){trash, KIND_GRANT}));
	SHAPE_SET(result, expires, expires);
	if ((r = run_number(run, FACT_RELATIONS, (int64_t)BIT(RELATION_READ))) <
		0 ||
	    (r = run_number(run, FACT_EXPIRES, expires)) < 0 ||
	    (r = run_number(run, FACT_GRANTEE, (int64_t)run->who.principal)) <
		0)
		return r;
	return run_number(run, FACT_TARGET, (int64_t)row->id);
}
