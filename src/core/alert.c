#include "core/alert.h"

#include "core/apps/access/access.h"
#include "core/record.h"
#include "core/writer.h"

/* What says itself that canaries are looked at, or looks only at the record. */
static bool
is_spared(const struct op *op)
{
	return op->family == FAMILY_LOG || op->number == OP_CANARY_PLANT ||
	       op->number == OP_CANARY_LIST || op->number == OP_CANARY_END;
}

void
alert_note(struct run *run, const struct alert *alert)
{
	struct alert *noted = &run->op_call->alert;

	if (noted->about == ALERT_UNSET) {
		*noted = *alert;
		noted->objects = 1;
		noted->last = run->k;
	} else if (noted->last != run->k) {
		noted->objects++;
		noted->last = run->k;
	}
}

static int
note_principal(struct run *run, uint64_t principal)
{
	struct stmt *stmt = db_stmt(run->place->db, SQL_PRINCIPAL_CANARY);
	bool is_canary;
	int r;

	stmt_u64(stmt, 1, principal);
	r = stmt_step(stmt);
	if (r <= 0)
		return r;
	is_canary = stmt_col_u64(stmt, 0) != 0;
	stmt_done(stmt);
	if (is_canary)
		alert_note(run, &(struct alert){.about = ALERT_CANARY_NAME,
				    .kind = KIND_PRINCIPAL,
				    .ref = principal});
	return 0;
}

int
alert_named(struct run *run, const struct id *id)
{
	struct node_row node;
	int r;

	/* Nobody is a canary. */
	if (is_spared(run->op) || id->n == run->who.principal)
		return 0;
	if (id->kind == KIND_PRINCIPAL)
		return note_principal(run, id->n);
	if (!kind_fits(KIND_NODE, id->kind))
		return 0;
	r = node_load(run->place, id->n, &node);
	if (r < 0)
		return r == E_NOT_FOUND ? 0 : r;
	alert_node(run, &node);
	return 0;
}

int
alert_signs_in(struct run *run, struct slice login)
{
	uint64_t principal = 0;
	struct slice key;
	int r = access_login_key(run, login, &key);

	if (r == 0)
		r = access_find_login(run, key, &principal);
	if (r < 0)
		return r == E_NAME || r == E_NOT_FOUND ? 0 : r;
	return note_principal(run, principal);
}

void
alert_node(struct run *run, const struct node_row *node)
{
	if (node->canary == 0 || is_spared(run->op))
		return;
	alert_note(run,
	    &(struct alert){.about = ALERT_CANARY_FILE,
		.kind = node->kind,
		.ref = node->id,
		.named =
		    node->named != ref_sequence(node->id) ? node->named : 0,
		.target = node->canary});
}

/* 1 where an incident's cut made that leaf. */
static int
is_cut(struct run *run, uint64_t sequence)
{
	struct arena scratch = {NULL};
	struct leaf leaf = {.op = 0};
	int r = record_read(run->place->db, &scratch, sequence, &leaf);

	arena_free(&scratch);
	if (r < 0)
		return r == E_NOT_FOUND ? 0 : r;
	return leaf.op == OP_INCIDENT_EVICT || leaf.op == OP_INCIDENT_CONTAIN;
}

int
alert_returns(struct run *run)
{
	struct stmt *stmt = db_stmt(run->place->db, SQL_SESSION_ENDED);
	uint64_t ended;
	int r;

	stmt_u64(stmt, 1, run->who.session);
	if ((r = stmt_step(stmt)) <= 0)
		return r;
	ended = stmt_col_u64(stmt, 0);
	stmt_done(stmt);
	if (ended == 0 || (r = is_cut(run, ended)) <= 0)
		return MIN(r, 0);
	alert_note(run, &(struct alert){.about = ALERT_RETURN,
			    .kind = KIND_PRINCIPAL,
			    .ref = run->who.principal,
			    .target = run->who.session});
	return 0;
}

/* ---- the record ---------------------------------------------------------- */

/* By whom, and from where, is what the record before it says. */
static void
take_actor(struct draft *draft, const struct run *run)
{
	const struct leaf *leaf = &run->draft->leaf;

	draft->leaf.principal = leaf->principal;
	draft->leaf.session = leaf->session;
	draft->leaf.credentials = leaf->credentials;
	draft->leaf.n_credentials = leaf->n_credentials;
	draft->leaf.behalf = leaf->behalf;
	draft->leaf.context = leaf->context;
	draft->leaf.cites = run->sequence;
	draft->leaf.cause = CAUSE_SYSTEM;
}

static int
put_alert(struct run *run, const struct alert *alert, uint64_t sequence)
{
	const struct op *op = op_get(OP_ALERT_RAISE);
	struct draft draft;
	int r;

	draft_init(&draft, run->arena, op->number, op->rev);
	take_actor(&draft, run);
	draft_object(&draft);
	draft.object.kind = alert->kind;
	draft.object.ref = alert->ref;
	draft.object.named = alert->named;
	r = draft_number(&draft, FACT_ALERT, alert->about);
	if (r == 0 && alert->target != 0)
		r = draft_number(&draft, FACT_TARGET, (int64_t)alert->target);
	if (r == 0 && alert->objects > 1)
		r = draft_number(&draft, FACT_COUNT, (int64_t)alert->objects);
	if (r == 0)
		r = draft_object_end(&draft, 0);
	if (r == 0)
		r = writer_put_leaf(
		    run->place->writer, &draft, sequence, run->place->now);
	draft_free(&draft);
	return r;
}

/* canary.list tells the last one. */
static int
keep_last(struct run *run, const struct alert *alert, uint64_t sequence)
{
	struct stmt *stmt = db_stmt(run->place->db, SQL_PRINCIPAL_ALERTED);

	stmt_u64(stmt, 1,
	    alert->about == ALERT_CANARY_FILE ? alert->target : alert->ref);
	stmt_u64(stmt, 2, sequence);
	return stmt_run(stmt);
}

int
alert_raise(struct run *run)
{
	const struct alert *alert = &run->op_call->alert;
	uint64_t sequence = run->sequence + 1;
	int r;

	if (alert->about == ALERT_UNSET)
		return 0;
	r = put_alert(run, alert, sequence);
	return r < 0 ? r : keep_last(run, alert, sequence);
}
