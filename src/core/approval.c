#include "core/approval.h"

#include "core/core.h"
#include "core/subject.h"

int
approval_digest(struct run *run, const struct op *op, const void *args,
    struct digest *ret_digest)
{
	struct buf buf = BUF(APPROVAL_CALL_MAX);
	int r;

	shape_encode(op->args, args, &run->place->core->id_key, &buf);
	r = buf.error;
	if (r == 0)
		*ret_digest = sha256(buf_slice(&buf));
	buf_free(&buf);
	return r;
}

int
approval_find(struct run *run, uint64_t asker, const struct op *op,
    const struct digest *digest, struct approval *ret_approval)
{
	struct stmt *stmt = db_stmt(run->place->db, SQL_REQUEST_OF);
	int r;

	stmt_u64(stmt, 1, asker);
	stmt_u64(stmt, 2, op->number);
	stmt_bytes(stmt, 3, digest_slice(digest));
	if ((r = stmt_step(stmt)) <= 0)
		return r;
	*ret_approval = (struct approval){.id = stmt_col_u64(stmt, 0),
	    .asker = asker,
	    .subject = stmt_col_u64(stmt, 1),
	    .created = stmt_col_i64(stmt, 2),
	    .expires = stmt_col_i64(stmt, 3),
	    .ripe = stmt_col_i64(stmt, 4),
	    .approved = stmt_col_u64(stmt, 5),
	    .approver = stmt_col_u64(stmt, 6),
	    .session = stmt_col_u64(stmt, 7)};
	stmt_done(stmt);
	return 1;
}

/* Whether the caller gives something to themselves, or to a group of theirs. */
static int
is_own(struct run *run, uint64_t principal)
{
	const struct subjects *own;
	int r = subjects_of(run->place, run->who.principal, &own);

	return r < 0 ? r : subjects_find(own, principal) != own->n;
}

/* Who approved it must still be somebody. */
static int
is_approved(struct run *run, const struct approval *approval)
{
	struct stmt *stmt = db_stmt(run->place->db, SQL_PRINCIPAL_STANDS);
	int r;

	if (approval->approved == 0)
		return 0;
	stmt_u64(stmt, 1, approval->approver);
	r = stmt_step(stmt);
	stmt_done(stmt);
	return r;
}

static bool
is_ripe(const struct run *run, const struct approval *approval)
{
	return approval->ripe != 0 && run->place->now >= approval->ripe &&
	       !core_time_is_suspect(&run->place->core->time);
}

int
approval_seek(struct run *run, struct approval *ret_approval)
{
	const struct op *op = run->op;
	const struct id *subject =
	    (const void *)((const char *)run->args + op->second.at);
	struct digest digest;
	int r;

	*ret_approval = (struct approval){.id = 0};
	if (op->second.when == OP_SECOND_NONE)
		return 0;
	if (op->second.when == OP_SECOND_SELF &&
	    (r = is_own(run, subject->n)) <= 0)
		return r;
	if ((r = approval_digest(run, op, run->args, &digest)) < 0)
		return r;
	r = approval_find(run, run->who.principal, op, &digest, ret_approval);
	if (r <= 0)
		return r < 0 ? r : E_APPROVAL;
	if (run->place->now >= ret_approval->expires)
		return E_APPROVAL;
	if ((r = is_approved(run, ret_approval)) < 0)
		return r;
	if (r == 0 && !is_ripe(run, ret_approval))
		return E_APPROVAL;
	if (r == 0)
		ret_approval->approved = 0;
	return run_check_room(run, 2);
}

int
approval_end(struct run *run, uint64_t id)
{
	struct stmt *stmt = db_stmt(run->place->db, SQL_REQUEST_END);
	int r;

	stmt_u64(stmt, 1, id);
	stmt_u64(stmt, 2, run->sequence);
	return (r = stmt_run(stmt)) < 0 ? r : run_end(run, id);
}

/* The session of the second person, among those that approved this record. */
static int
note_approver(struct run *run, uint64_t session)
{
	struct leaf *leaf = &run->draft->leaf;
	uint64_t *approved;

	for (size_t i = 0; i < leaf->n_approved; i++)
		if (leaf->approved[i] == session)
			return 0;
	approved =
	    arena_alloc(run->arena, (leaf->n_approved + 1) * sizeof(*approved));
	if (approved == NULL)
		return E_NOMEM;
	if (leaf->n_approved > 0)
		memcpy(approved, leaf->approved,
		    leaf->n_approved * sizeof(*approved));
	approved[leaf->n_approved++] = session;
	leaf->approved = approved;
	return 0;
}

int
approval_use(struct run *run, const struct approval *approval)
{
	int r;

	if (approval->id == 0)
		return 0;
	if (approval->approved != 0 &&
	    (r = note_approver(run, approval->session)) < 0)
		return r;
	return approval_end(run, approval->id);
}
