#include "core/run.h"

#include "core/approval.h"
#include "core/core.h"
#include "core/repeat.h"
#include "core/stream.h"
#include "core/writer.h"
#include "wire/cbor.h"

enum {
	RESTS_FIRST = 32,
	REF_BYTES = 9, /* at most, in a leaf */
	STEPUP_MS = 5 * 60 * 1000,
	LOOKED_AT = 8, /* objects, of what nobody known asks for */
};

/* ---- handlers' table --------------------------------------------------- */

static const struct handlers {
	run_fn *check, *apply, *read;
} handlers[OP_MAX] = {
#define SYSTEM(...)
#define WRITE(number, NAME, handler, ...) \
	[OP_##NAME] = {handler##_check, handler##_apply, NULL},
#define READ(number, NAME, handler, ...) \
	[OP_##NAME] = {NULL, NULL, handler##_read},
#include "op/op.def"
};

static run_fn *const askers[OP_MAX] = {
    [OP_SESSION_BEGIN] = session_begin_ask,
    [OP_SESSION_STEPUP] = session_stepup_ask,
    [OP_PASSKEY_ADD] = passkey_add_ask,
    [OP_PASSWORD_SET] = password_set_ask,
    [OP_TOTP_BEGIN] = totp_begin_ask,
    [OP_TOTP_CONFIRM] = totp_confirm_ask,
    [OP_LINK_MAKE] = link_make_ask,
    [OP_LINK_OPEN] = link_open_ask,
};

/* ---- what handlers call ------------------------------------------------ */

int
run_make(struct run *run, enum kind kind, uint64_t *ret_ref)
{
	uint64_t ref = ref_make(run->sequence, run->places), outside = 0;
	int r;

	if (run->places >= REFS_A_LEAF)
		return E_LIMIT;
	if (kind != KIND_EDGE && kind != KIND_STREAM && kind != KIND_BLOB)
		outside = id_permute(&run->place->core->id_key, ref);
	r = draft_made(run->draft, kind, run->places, outside);
	if (r < 0)
		return r;
	run->places++;
	*ret_ref = ref;
	return 0;
}

int
run_check_room(struct run *run, size_t refs)
{
	return draft_has_room(
		   run->draft, run->op_call->n - run->k - 1, refs * REF_BYTES)
	           ? 0
	           : E_LIMIT;
}

int
run_end(struct run *run, uint64_t ref)
{
	int r = draft_ended(run->draft, ref);

	return r < 0 ? r : writer_ended(run->place->writer, ref, run->sequence);
}

int
run_halt(struct run *run, uint64_t ref)
{
	return writer_ended(run->place->writer, ref, run->sequence);
}

int
run_moved(struct run *run, uint64_t ref)
{
	return writer_moved(run->place->writer, ref, run->sequence);
}

void
run_granted(struct run *run)
{
	writer_granted(run->place->writer);
}

void
run_regrouped(struct run *run)
{
	writer_regrouped(run->place->writer);
}

void
run_erased(struct run *run)
{
	writer_erased(run->place->writer);
}

int
run_from(struct run *run, uint64_t ref)
{
	return draft_from(run->draft, ref);
}

int
run_number(struct run *run, uint64_t key, int64_t value)
{
	return draft_number(run->draft, key, value);
}

int
run_text(struct run *run, uint64_t field, uint64_t subject, struct slice text)
{
	return draft_text(run->draft, field, subject, text);
}

int
run_touch_files(struct run *run, uint64_t principal, int64_t bytes)
{
	return writer_touch_files(
	    run->place->writer, principal, run->sequence, bytes);
}

void
run_touch_folder(struct run *run, uint64_t folder)
{
	if (folder != 0)
		streams_changed(
		    writer_streams(run->place->writer), folder, run->sequence);
}

struct slice
run_copy(struct run *run, struct slice s)
{
	return arena_copy(run->arena, s);
}

int
run_files_state(struct run *run, uint64_t principal, uint64_t *ret_state)
{
	struct stmt *stmt;
	int r;

	if (run->place->writer != NULL &&
	    writer_files_state(run->place->writer, principal, ret_state))
		return 0;
	stmt = db_stmt(run->place->db, SQL_PRINCIPAL_FILES);
	stmt_u64(stmt, 1, principal);
	r = stmt_step(stmt);
	if (r <= 0)
		return r < 0 ? r : E_NOT_FOUND;
	*ret_state = stmt_col_u64(stmt, 0);
	stmt_done(stmt);
	return 0;
}

/* ---- the objects that an argument names --------------------------------- */

static const struct shape_field *
field_at(const struct shape *shape, uint32_t offset)
{
	size_t n;
	const struct shape_field *fields = shape->fields(&n);

	for (size_t i = 0; i < n; i++)
		if (fields[i].offset == offset)
			return &fields[i];
	BUG_ON(true);
	return NULL;
}

/*
 * An id as the client gave it: what it names may not exist, or be nothing that
 * the caller may know of, and then the record tells it all the same.
 */
static int
note_id(struct run *run, uint64_t key, const struct id *id)
{
	struct id outside = {
	    id_permute(&run->place->core->id_key, id->n), id->kind};
	struct buf text = BUF(ID_TEXT_BYTES);
	int r;

	id_put_text(&text, outside);
	r = text.error;
	if (r == 0)
		r = draft_bytes(run->draft, key, buf_slice(&text));
	buf_free(&text);
	return r;
}

static int
take_node(struct run *run, struct object *object, const struct node_row *node)
{
	alert_node(run, node);
	object->kind = node->kind;
	object->ref = node->id;
	object->node = *node;
	if (node->ended != 0)
		return E_NOT_FOUND;
	if (object == &run->on[0]) {
		run->draft->object.kind = node->kind;
		run->draft->object.ref = node->id;
		if (node->named != ref_sequence(node->id))
			run->draft->object.named = node->named;
		return 0;
	}
	return run_number(run, FACT_TARGET, (int64_t)node->id);
}

/* A grant is an object through what it is a grant on. */
static int
resolve_grant(struct run *run, struct object *object, uint64_t grant)
{
	struct stmt *stmt = db_stmt(run->place->db, SQL_TUPLE_GET);
	enum kind kind;
	uint64_t on;
	struct node_row node;
	int r;

	stmt_u64(stmt, 1, grant);
	r = stmt_step(stmt);
	if (r <= 0)
		return r < 0 ? r : E_NOT_FOUND;
	kind = (enum kind)stmt_col_u64(stmt, 1);
	on = stmt_col_u64(stmt, 2);
	stmt_done(stmt);
	if (!kind_fits(KIND_NODE, kind))
		return E_NOT_FOUND;
	r = node_load(run->place, on, &node);
	return r < 0 ? r : take_node(run, object, &node);
}

/* A version is an object through its file. */
static int
resolve_version(struct run *run, struct object *object, uint64_t version)
{
	struct stmt *stmt = db_stmt(run->place->db, SQL_VERSION_GET);
	struct node_row node;
	uint64_t file;
	int r;

	stmt_u64(stmt, 1, version);
	r = stmt_step(stmt);
	if (r <= 0)
		return r < 0 ? r : E_NOT_FOUND;
	file = stmt_col_u64(stmt, 1);
	stmt_done(stmt);
	r = node_load(run->place, file, &node);
	return r < 0 ? r : take_node(run, object, &node);
}

/* Whose a row is; a principal is its own. */
static int
resolve_owner(
    struct run *run, struct object *object, enum sql owner, uint64_t ref)
{
	struct stmt *stmt = db_stmt(run->place->db, owner);
	int r;

	stmt_u64(stmt, 1, ref);
	r = stmt_step(stmt);
	if (r <= 0)
		return r < 0 ? r : E_NOT_FOUND;
	object->kind = KIND_PRINCIPAL;
	object->ref = stmt_col_u64(stmt, 0);
	stmt_done(stmt);
	run->draft->object.kind = object->kind;
	run->draft->object.ref = object->ref;
	return 0;
}

/* A session or a credential is an object through whose it is. */
static int
resolve_owned(
    struct run *run, struct object *object, enum sql owner, uint64_t ref)
{
	int r = resolve_owner(run, object, owner, ref);

	return r < 0 ? r : run_number(run, FACT_TARGET, (int64_t)ref);
}

/* In the record: the first as its object, another as its target. */
static int
name_object(struct run *run, const struct object *object)
{
	if (object != &run->on[0])
		return run_number(run, FACT_TARGET, (int64_t)object->ref);
	run->draft->object.kind = object->kind;
	run->draft->object.ref = object->ref;
	return 0;
}

static int
resolve_unit(struct run *run, struct object *object, uint64_t unit)
{
	struct stmt *stmt = db_stmt(run->place->db, SQL_UNIT_UP);
	int r;

	stmt_u64(stmt, 1, unit);
	if ((r = stmt_step(stmt)) <= 0)
		return r < 0 ? r : E_NOT_FOUND;
	stmt_done(stmt);
	object->kind = KIND_UNIT;
	object->ref = unit;
	return name_object(run, object);
}

static int
resolve_id(struct run *run, struct object *object, const struct id *id)
{
	struct node_row node;
	int r;

	if (id->kind == KIND_UNIT)
		return resolve_unit(run, object, id->n);
	if (id->kind == KIND_PRINCIPAL)
		return resolve_owner(run, object, SQL_PRINCIPAL_GET, id->n);
	if (id->kind == KIND_SESSION)
		return resolve_owned(run, object, SQL_SESSION_GET, id->n);
	if (id->kind == KIND_CREDENTIAL)
		return resolve_owned(run, object, SQL_CREDENTIAL_OWNER, id->n);
	if (id->kind == KIND_REQUEST)
		return resolve_owned(run, object, SQL_REQUEST_OWNER, id->n);
	if (id->kind == KIND_GRANT)
		return resolve_grant(run, object, id->n);
	if (id->kind == KIND_VERSION)
		return resolve_version(run, object, id->n);
	if (!kind_fits(KIND_NODE, id->kind))
		return E_KIND;
	r = node_load(run->place, id->n, &node);
	if (r < 0)
		return r;
	if (node.kind != id->kind)
		return E_NOT_FOUND;
	return take_node(run, object, &node);
}

/* What was looked for stands in the record all the same. */
static int
resolve_named(struct run *run, struct object *object, const struct id *id)
{
	int e, r = resolve_id(run, object, id);

	if (r != E_NOT_FOUND && r != E_KIND)
		return r;
	e = note_id(run, FACT_TRIED, id);
	return e < 0 ? e : r;
}

static int
resolve_path(struct run *run, struct object *object, struct slice path)
{
	struct node_row node;
	int r = node_walk(run->place, run->who.home, path, &node);

	if (r == E_NOT_FOUND) {
		/* What was looked for stands in the record all the same. */
		r = run_text(run, FACT_PATH, 0, path);
		return r < 0 ? r : E_NOT_FOUND;
	}
	return r < 0 ? r : take_node(run, object, &node);
}

static int
resolve(struct run *run, const struct op_need *need, struct object *object)
{
	const char *args = run->args;
	bool has = false, has_path = false;

	*object = (struct object){.kind = KIND_NONE};
	if (need->on == OP_ON_FIELD || need->on == OP_ON_PLACE)
		has = *(const bool *)(args + need->has);
	if (need->on == OP_ON_PLACE)
		has_path = *(const bool *)(args + need->has_path);
	switch (need->on) {
	case OP_ON_ORG:
		object->kind = KIND_ORG;
		object->ref = run->place->core->org;
		break;
	case OP_ON_SELF:
		object->kind = KIND_PRINCIPAL;
		object->ref = run->who.principal;
		break;
	case OP_ON_OPEN:
		return 0;
	case OP_ON_FIELD:
	case OP_ON_PLACE:
		if (has && has_path)
			return E_INVALID;
		if (has)
			return resolve_named(
			    run, object, (const void *)(args + need->at));
		if (has_path)
			return resolve_path(run, object,
			    *(const struct slice *)(const void *)(args +
								  need->path));
		if (run->op->or_org == 0)
			return E_INVALID;
		object->kind = KIND_ORG;
		object->ref = run->place->core->org;
		break;
	case OP_ON_STATE:
	case OP_ON_UNSET:
		BUG_ON(true);
	}
	return name_object(run, object);
}

/* ---- decide ------------------------------------------------------------- */

/* What a prepared read, or a stream, rests on: for the writer to look up. */
static int
rest_on(struct run *run, const uint64_t *refs, size_t n)
{
	struct call_op *op = run->op_call;
	size_t cap = MAX(op->cap_rests_on, RESTS_FIRST);

	if (n == 0)
		return 0;
	while (cap < op->n_rests_on + n)
		cap *= 2;
	if (cap > op->cap_rests_on) {
		uint64_t *rows = arena_alloc(run->arena, cap * sizeof(*rows));

		if (rows == NULL)
			return E_NOMEM;
		if (op->n_rests_on > 0)
			memcpy(
			    rows, op->rests_on, op->n_rests_on * sizeof(*rows));
		op->rests_on = rows;
		op->cap_rests_on = cap;
	}
	memcpy(op->rests_on + op->n_rests_on, refs, n * sizeof(*refs));
	op->n_rests_on += n;
	return 0;
}

/* Objects of one folder share their proof: once is enough. */
static int
rest_on_proof(struct run *run, const struct proof *proof)
{
	struct call_op *op = run->op_call;
	int r = rest_on(run, proof->own, proof->n_own);

	if (r < 0 || (proof->n_tail > 0 && proof->key == op->last_tail))
		return r;
	op->last_tail = proof->key;
	return rest_on(run, proof->tail, proof->n_tail);
}

static void
bound_by(struct run *run, int64_t expires)
{
	struct call_op *op = run->op_call;

	if (expires != 0 && (op->expires == 0 || expires < op->expires))
		op->expires = expires;
}

/*
 * Of a person a role wants a session that nobody could have talked them out of.
 */
static int
check_certain(const struct run *run)
{
	return principal_is_human(run->who.kind) &&
	               run->who.assurance != ASSURANCE_PASSKEY
	           ? E_ASSURANCE
	           : 0;
}

static int
decide_on(struct run *run, unsigned relation, struct object *object)
{
	int r;

	switch (object->kind) {
	case KIND_PRINCIPAL:
		object->proof = (struct proof){.n_own = 0};
		return object->ref == run->who.principal ? 0 : E_DENIED;
	case KIND_FOLDER:
	case KIND_FILE:
		return decide_node(run->place, run->who.principal, relation,
		    &object->node, &object->proof);
	case KIND_UNIT:
		r = decide_unit(run->place, run->who.principal, relation,
		    object->ref, &object->proof, &object->unit);
		return r < 0 ? r : check_certain(run);
	case KIND_NONE:
	case KIND_ORG:
	case KIND_CREDENTIAL:
	case KIND_SESSION:
	case KIND_GRANT:
	case KIND_VERSION:
	case KIND_UPLOAD:
	case KIND_STREAM:
	case KIND_EDGE:
	case KIND_BLOB:
	case KIND_APP:
	case KIND_REQUEST:
	case KIND_INCIDENT:
	case KIND_NODE:
	case KIND_MAX:
		break;
	}
	return E_DENIED;
}

/* A credential's scope may be narrower than its principal's rights. */
static int
within_scope(const struct run *run, const struct object *object)
{
	if (run->who.folder == 0)
		return 0;
	if (kind_fits(KIND_NODE, object->kind))
		return decide_within(
			   &object->proof, &object->node, run->who.folder)
		           ? 0
		           : E_SCOPE;
	return object->kind == KIND_PRINCIPAL &&
	               object->ref == run->who.principal
	           ? 0
	           : E_SCOPE;
}

/*
 * What a client is told: that something exists is itself told only to those who
 * may read it, with the credential that they use. The record says what it was.
 */
static int
told(struct run *run, const struct object *object, int code)
{
	struct object seen = *object;
	int r;

	if (!kind_fits(KIND_NODE, object->kind))
		return code;
	r = decide_node(run->place, run->who.principal, RELATION_READ,
	    &object->node, &seen.proof);
	if (r == 0)
		r = within_scope(run, &seen);
	return r == E_DENIED || r == E_SCOPE ? E_NOT_FOUND : r < 0 ? r : code;
}

/* One number of a row; 0 where there is none. */
static int
look_up(struct run *run, enum sql sql, uint64_t id, int column, uint64_t *ret)
{
	struct stmt *stmt = db_stmt(run->place->db, sql);
	int r;

	*ret = 0;
	stmt_u64(stmt, 1, id);
	if ((r = stmt_step(stmt)) > 0)
		*ret = stmt_col_u64(stmt, column);
	stmt_done(stmt);
	return r < 0 ? r : 0;
}

/* The unit of what the argument names, and whose that is; 0: none. */
static int
unit_named(struct run *run, uint64_t *ret_unit, uint64_t *ret_whose)
{
	const char *args = run->args;
	const struct id *id = (const void *)(args + run->op->unit.at);
	uint64_t ref = id->n, kind = KIND_UNIT;
	int r = 0;

	*ret_unit = *ret_whose = 0;
	if (run->op->unit.field == NULL ||
	    !*(const bool *)(args + run->op->unit.has))
		return 0;
	if (id->kind == KIND_GRANT) {
		r = look_up(run, SQL_TUPLE_GET, id->n, 1, &kind);
		if (r == 0)
			r = look_up(run, SQL_TUPLE_GET, id->n, 2, &ref);
	} else if (id->kind != KIND_UNIT) {
		if (id->kind == KIND_CREDENTIAL)
			r = look_up(run, SQL_CREDENTIAL_GET, id->n, 1, &ref);
		else if (id->kind == KIND_SESSION)
			r = look_up(run, SQL_SESSION_GET, id->n, 0, &ref);
		else if (id->kind == KIND_REQUEST)
			r = look_up(run, SQL_REQUEST_GET, id->n, 1, &ref);
		*ret_whose = ref;
		if (r == 0)
			r = look_up(run, SQL_PRINCIPAL_UNIT, ref, 0, &ref);
	}
	if (r == 0 && kind == KIND_UNIT)
		*ret_unit = ref;
	return r;
}

/* Who has no role in the organisation may have one in the unit. */
static int
decide_in_unit(struct run *run, unsigned relation, struct object *object)
{
	uint64_t unit, whose;
	int r = unit_named(run, &unit, &whose);

	if (r < 0 || unit == 0)
		return r < 0 ? r : E_DENIED;
	r = decide_unit(run->place, run->who.principal, relation, unit,
	    &object->proof, &object->unit);
	/* It reaches them for as long as they belong to that unit. */
	if (r == 0 && whose != 0 && run->place->writer == NULL)
		r = rest_on(run, &whose, 1);
	return r;
}

/* By a role in the organisation, or in the unit of what is named first. */
static int
decide_role(struct run *run, unsigned relation, struct object *object)
{
	int r = decide_org(
	    run->place, run->who.principal, relation, &object->proof);

	/* A folder or file belongs to no unit. */
	if (r == E_DENIED && object == &run->on[0] &&
	    !kind_fits(KIND_NODE, object->kind))
		r = decide_in_unit(run, relation, object);
	return r == 0 ? check_certain(run) : r;
}

static int
decide(struct run *run, const struct op_need *need, struct object *object)
{
	const struct proof *proof = &object->proof;
	int r;

	if (need->on == OP_ON_OPEN)
		return 0;
	if (object->kind == KIND_ORG)
		r = decide_role(run,
		    need->on == OP_ON_ORG ? need->relation : run->op->or_org,
		    object);
	else
		r = decide_on(run, need->relation, object);
	if (r == E_DENIED && run->op->or_org != 0 && object->kind != KIND_ORG)
		r = decide_role(run, run->op->or_org, object);
	if (r == 0)
		r = within_scope(run, object);
	if (r == E_DENIED || r == E_SCOPE)
		run->tell = told(run, object, r);
	if (r < 0)
		return r;
	/* That one may use the app is told once, with the first object. */
	if (!run->use_told && (r = draft_proof(run->draft, run->use.own,
				   run->use.n_own, 0, NULL, 0)) < 0)
		return r;
	run->use_told = true;
	if ((r = draft_proof(run->draft, proof->own, proof->n_own, proof->key,
		 proof->tail, proof->n_tail)) < 0)
		return r;
	bound_by(run, proof->expires);
	/* A stream is closed when a row that it rests on ends. */
	if (run->place->writer != NULL && !op_opens_stream(run->op))
		return 0;
	return rest_on_proof(run, proof);
}

int
run_need(struct run *run, uint64_t node, struct object *ret_object)
{
	const struct op_need *need = run->op->need;
	struct object *object = ret_object;
	int r;

	while (need->on != OP_ON_STATE)
		need++;
	*object = (struct object){.kind = KIND_NONE};
	if ((r = node_load(run->place, node, &object->node)) < 0)
		return r;
	if ((r = take_node(run, object, &object->node)) < 0)
		return r;
	return decide(run, need, object);
}

int
run_may(struct run *run, unsigned relation, const struct node_row *node,
    struct proof *ret_proof)
{
	struct object seen = {
	    .kind = node->kind, .ref = node->id, .node = *node};
	int r = decide_on(run, relation, &seen);

	if (r == 0)
		r = within_scope(run, &seen);
	if (r == E_DENIED || r == E_SCOPE || r == E_NOT_FOUND)
		return 0;
	if (r < 0)
		return r;
	*ret_proof = seen.proof;
	bound_by(run, seen.proof.expires);
	r = run->place->writer != NULL && !op_opens_stream(run->op)
	        ? 0
	        : rest_on_proof(run, &seen.proof);
	return r < 0 ? r : 1;
}

int
run_sees(struct run *run, const struct node_row *node, struct proof *ret_proof)
{
	return run_may(run, RELATION_READ, node, ret_proof);
}

/* ---- one object ---------------------------------------------------------- */

/* Errors that say something of the store or of memory, not of the request. */
static bool
is_fault(int code)
{
	enum error_class class = error_info(code)->class;

	return code < 0 &&
	       (class == ERROR_CLASS_FAILED || class == ERROR_CLASS_UNKNOWN);
}

/*
 * What stands in the record, and whoever an operation is about. A page that
 * goes on behind somebody doesn't ask for them; what is an object is looked at
 * as one.
 */
static bool
names_somebody(const struct shape_field *f)
{
	return f->type == SHAPE_ID &&
	       ((f->flags & LOG) || (f->bound == KIND_PRINCIPAL &&
					strcmp(f->name, "after") != 0));
}

/* The argument's fields that stand in the record, whatever comes of it. */
static int
note_args(struct run *run)
{
	size_t n;
	const struct shape_field *fields = run->op->args->fields(&n);
	const char *args = run->args;
	int r = 0;

	for (size_t i = 0; i < n && r == 0; i++) {
		const struct shape_field *f = &fields[i];
		const void *at = args + f->offset;

		if (!*(const bool *)(args + f->has))
			continue;
		if (names_somebody(f) && (r = alert_named(run, at)) < 0)
			return r;
		if (!(f->flags & LOG))
			continue;
		switch ((enum shape_type)f->type) {
		case SHAPE_TEXT:
			r = run_text(
			    run, f->number, 0, *(const struct slice *)at);
			break;
		case SHAPE_U64:
		case SHAPE_STATE:
		case SHAPE_FLAGS:
		case SHAPE_TIME:
			r = run_number(run, f->number, *(const int64_t *)at);
			break;
		case SHAPE_BOOL:
			r = run_number(run, f->number, *(const bool *)at);
			break;
		case SHAPE_ENUM:
			r = run_number(run, f->number, *(const unsigned *)at);
			break;
		case SHAPE_ID:
			r = note_id(run, f->number, at);
			break;
		case SHAPE_BYTES:
		case SHAPE_CALL:
		case SHAPE_LIST:
		case SHAPE_UNSET:
			BUG_ON(true);
		}
	}
	return r;
}

static void
put_result(struct run *run, struct buf *buf)
{
	shape_encode(
	    run->op->result, run->result, &run->place->core->id_key, buf);
}

/* The number of the record, where a result tells it. */
static void
set_state(struct run *run)
{
	size_t n;
	const struct shape_field *fields = run->op->result->fields(&n);

	for (size_t i = 0; i < n; i++) {
		const struct shape_field *f = &fields[i];

		if (f->type != SHAPE_STATE || strcmp(f->name, "state") != 0 ||
		    *shape_has(f, run->result))
			continue;
		*shape_has(f, run->result) = true;
		*(uint64_t *)shape_at(f, run->result) = run->sequence;
	}
}

static int
add_result(struct run *run, int code, bool with)
{
	struct buf *buf = &run->op_call->results;

	cbor_put_array(buf, with ? 2 : 1);
	cbor_put_uint(buf, (uint64_t)-code);
	if (with)
		put_result(run, buf);
	run->op_call->n_results++;
	return buf->error;
}

/* Refuses the object under way: what it is, and why. */
static int
refuse(struct run *run, int code)
{
	int r, tell = run->tell != 0 ? run->tell : code;

	if (is_fault(tell))
		return tell;
	if (!draft_has_room(run->draft, run->op_call->n - run->k - 1, 0)) {
		draft_object_bare(run->draft);
		run->use_told = false;
	}
	r = draft_object_end(run->draft, code);
	return r < 0 ? r : add_result(run, tell, false);
}

static size_t
proof_bytes(const struct run *run)
{
	size_t n = REF_BYTES * run->use.n_own;

	for (size_t i = 0; i < OP_NEEDS_MAX; i++)
		n += REF_BYTES *
		     (run->on[i].proof.n_own + run->on[i].proof.n_tail);
	return n;
}

/* A path may lead to another kind of thing than the operation is for. */
static bool
is_kind(const struct run *run)
{
	const struct op_need *need = &run->op->need[0];
	enum kind want;

	if (need->on != OP_ON_PLACE || run->on[0].kind == KIND_ORG)
		return true;
	want = (enum kind)field_at(run->op->args, need->at)->bound;
	return want == KIND_NONE || kind_fits(want, run->on[0].kind);
}

/* How many objects the argument names. */
static size_t
count_named(const struct op *op)
{
	size_t n = 0;

	while (n < OP_NEEDS_MAX && op->need[n].on != OP_ON_UNSET &&
	       op->need[n].on != OP_ON_STATE)
		n++;
	return n;
}

/*
 * A name to sign in by names somebody, too, and so does what a second person is
 * asked for; neither stands in the record as an id.
 */
static int
look_within(struct run *run)
{
	const struct session_begin *args = run->args;

	switch (run->op->number) {
	case OP_SESSION_BEGIN:
	case OP_SESSION_STEPUP:
		return args->has_login ? alert_signs_in(run, args->login) : 0;
	case OP_APPROVAL_ASK:
		return approval_look(run);
	default:
		return 0;
	}
}

/* What the argument names, into the record. 0, a refusal, or a fault. */
static int
name_objects(struct run *run)
{
	const struct op *op = run->op;
	size_t n = count_named(op);
	int r;

	draft_object(run->draft);
	run->tell = 0;
	memset(run->on, 0, sizeof(run->on));
	r = shape_decode(op->args, run->op_call->args[run->k],
	    &run->place->core->id_key, run->arena,
	    (void *)(uintptr_t)run->args);
	if (r < 0 || (r = note_args(run)) < 0 || (r = look_within(run)) < 0)
		return r;
	for (size_t i = 0; i < n; i++)
		if ((r = resolve(run, &op->need[i], &run->on[i])) < 0)
			return r;
	return 0;
}

/* Up to the decision. 0, a refusal, or a fault. */
static int
authorise(struct run *run)
{
	const struct op *op = run->op;
	size_t n = count_named(op);
	int r = name_objects(run);

	if (r < 0)
		return r;
	for (size_t i = 0; i < n; i++)
		if ((r = decide(run, &op->need[i], &run->on[i])) < 0)
			return r;
	if (!is_kind(run))
		return E_KIND;
	if (!draft_has_room(
		run->draft, run->op_call->n - run->k - 1, proof_bytes(run)))
		return E_LIMIT;
	return 0;
}

/* A stream that the object opens: its row, its number in the result. */
static int
plan_stream(struct run *run)
{
	struct call_op *op_call = run->op_call;
	uint64_t ref;
	int r;

	if (!op_call->stream.wanted)
		return 0;
	if ((r = run_make(run, KIND_STREAM, &ref)) < 0)
		return r;
	op_call->stream_place = ref_place(ref);
	op_call->stream_result = run->result;
	return 0;
}

static int
run_object(struct run *run)
{
	const struct handlers *h = &handlers[run->op->number];
	struct approval approval;
	int r;

	run->result = arena_alloc(run->arena, run->op->result->size);
	if (run->result == NULL)
		return E_NOMEM;
	r = authorise(run);
	if (r == 0)
		r = h->read != NULL ? h->read(run) : h->check(run);
	if (r == 0)
		r = approval_seek(run, &approval);
	if (is_fault(r))
		return r;
	if (r < 0)
		return refuse(run, r);
	if (h->apply != NULL &&
	    ((r = h->apply(run)) < 0 || (r = approval_use(run, &approval)) < 0))
		return is_fault(r) ? r : E_IO;
	if ((r = plan_stream(run)) < 0 ||
	    (r = draft_object_end(run->draft, 0)) < 0)
		return r;
	/* The result of a stream waits for its number. */
	if (run->op_call->stream_result != NULL)
		return 0;
	if (run->op->effect == OP_WRITE)
		set_state(run);
	return add_result(run, 0, true);
}

/* ---- one operation --------------------------------------------------------
 */

/*
 * Only the writer knows: a reader's stream is counted when that records it.
 * `more` are about to be opened.
 */
static bool
has_stream_left(struct run *run, size_t more)
{
	uint64_t most = core_config(run->place->core)->max_session_streams;

	if (run->place->writer == NULL || !op_opens_stream(run->op) ||
	    streams_on(
		writer_streams(run->place->writer), run->who.session, most) +
		    more <
		most)
		return true;
	limit_met(CONFIG_max_session_streams);
	return false;
}

/* The app that the operations of a family are part of; the self family's are of
 * none. */
static const unsigned app_of[FAMILY_MAX] = {
    [FAMILY_FILES] = APP_FILES,
    [FAMILY_ACCESS] = APP_ADMIN,
    [FAMILY_LOG] = APP_LOG,
    [FAMILY_SYSTEM] = APP_ADMIN,
    [FAMILY_DOCUMENTS] = APP_DOCUMENTS,
};

/* Who enrols has just shown the code that it takes. */
static bool
must_step_up(const struct run *run)
{
	const struct who *who = &run->who;

	return run->op->stepup && principal_is_human(who->kind) &&
	       !who_enrols(who) && run->place->now - who->stepped >= STEPUP_MS;
}

/* Who it is, and whether their credential is for that. */
static int
identify(struct run *run)
{
	const struct op *op = run->op;
	int r;

	if (op_is_open(op))
		return 0;
	if (!run->call->has_bearer)
		return E_UNAUTHENTICATED;
	r = who_authenticate(run->place, &run->call->bearer, &run->who);
	if (r < 0)
		return r;
	if (!(run->who.families & BIT(op->family)) ||
	    (run->who.read_only && op->effect != OP_READ))
		return E_SCOPE;
	return must_step_up(run) ? E_STEPUP : 0;
}

/* Whether it may be tried at all: who, scope, app, and the state of the store.
 */
static int
admit(struct run *run)
{
	const struct op *op = run->op;
	const struct core *core = run->place->core;
	unsigned full = atomic_load(&core->full);
	int r = identify(run);

	if (r == 0 && app_of[op->family] != APP_UNSET)
		r = decide_app(run->place, run->who.principal,
		    app_of[op->family], &run->use);
	if (r < 0)
		return r;
	if (run->op_call->n > op->max)
		return E_LIMIT;
	/* What the keeper was asked, it was asked of one operation. */
	if (op->asks && run->call->n_ops > 1)
		return E_INVALID;
	if (!has_stream_left(run, 0))
		return E_RATE;
	if (op->urgent)
		return 0;
	if (full >= CORE_FULL_WRITES && op->effect != OP_READ)
		return E_FULL;
	if (full >= CORE_FULL_ALL && op->family != FAMILY_LOG)
		return E_FULL;
	return 0;
}

static int
take_who(struct run *run)
{
	struct leaf *leaf = &run->draft->leaf;
	uint64_t *credentials;
	int r;

	if (run->who.session == 0)
		return 0;
	credentials = arena_alloc(run->arena, 2 * sizeof(*credentials));
	if (credentials == NULL)
		return E_NOMEM;
	credentials[0] = run->who.credential;
	credentials[1] = run->who.second;
	leaf->principal = run->who.principal;
	leaf->session = run->who.session;
	leaf->credentials = credentials;
	leaf->n_credentials = run->who.second != 0 ? 2 : 1;
	run->op_call->principal = run->who.principal;
	run->op_call->session = run->who.session;
	run->op_call->credential = run->who.credential;
	run->op_call->used = run->who.used;
	bound_by(run, run->who.expires);
	bound_by(run, run->use.expires);
	if ((r = rest_on(run, run->use.own, run->use.n_own)) < 0)
		return r;
	return rest_on(run,
	    (uint64_t[]){run->who.session, run->who.credential,
		run->who.principal, run->who.second},
	    run->who.second != 0 ? 4 : 3);
}

/* An operation that isn't tried: one object, nothing known of it. */
static int
refuse_bare(struct run *run, int code)
{
	run->op_call->code = code;
	run->draft->leaf.outcome = code;
	draft_object(run->draft);
	return draft_object_end(run->draft, 0);
}

/*
 * Nobody known asks: they are told nothing, and the record tells no more than
 * that. Whether it was a canary that they were after is looked at all the same,
 * among the first of what they name, for that costs more than to turn them
 * away.
 */
static int
look_at_named(struct run *run)
{
	size_t n = MIN(run->op_call->n, (size_t)LOOKED_AT);
	struct draft *draft = run->draft, unused;
	int r = 0;

	draft_init(&unused, run->arena, run->op->number, run->op->rev);
	run->draft = &unused;
	for (run->k = 0; run->k < n && !is_fault(r); run->k++)
		r = name_objects(run);
	run->draft = draft;
	draft_free(&unused);
	return is_fault(r) ? r : 0;
}

/*
 * An operation that isn't tried, of who is known, or of whose dead secret it
 * was: what they were after stands in the record.
 */
static int
refuse_op(struct run *run, int code)
{
	int r;

	if (run->who.session == 0)
		return (r = look_at_named(run)) < 0 ? r
		                                    : refuse_bare(run, code);
	if (code == E_UNAUTHENTICATED && (r = alert_returns(run)) < 0)
		return r;
	run->op_call->code = code;
	run->draft->leaf.outcome = code;
	for (run->k = 0; run->k < run->op_call->n; run->k++) {
		if (is_fault(r = name_objects(run)))
			return r;
		if (!draft_has_room(
			run->draft, run->op_call->n - run->k - 1, 0))
			draft_object_bare(run->draft);
		if ((r = draft_object_end(run->draft, 0)) < 0)
			return r;
	}
	return 0;
}

static int
begin_op(struct run *run, struct place *place, struct call *call, size_t i)
{
	struct call_op *op_call = &call->ops[i];

	*run = (struct run){.place = place,
	    .arena = &call->arena,
	    .call = call,
	    .op_call = op_call,
	    .op = op_call->op,
	    .draft = &op_call->draft};
	op_call->alert = (struct alert){.about = ALERT_UNSET};
	draft_init(run->draft, run->arena, run->op->number, run->op->rev);
	run->draft->leaf.cause = call->cause;
	if (run->op->args == NULL)
		return 0;
	run->args = arena_alloc(run->arena, run->op->args->size);
	return run->args != NULL ? 0 : E_NOMEM;
}

static int
do_objects(struct run *run)
{
	int r = 0;

	for (run->k = 0; run->k < run->op_call->n && r == 0; run->k++)
		r = run_object(run);
	return r;
}

/* Its result, once the stream has its number: that of the leaf. */
static int
open_stream(struct run *run, uint64_t sequence)
{
	struct call_op *op_call = run->op_call;
	const struct shape_field *fields;
	size_t n;

	if (op_call->stream_result == NULL)
		return 0;
	fields = run->op->result->fields(&n);
	op_call->stream_number = sequence;
	run->result = op_call->stream_result;
	for (size_t i = 0; i < n; i++) {
		if (strcmp(fields[i].name, "stream") != 0)
			continue;
		*shape_has(&fields[i], run->result) = true;
		*(uint64_t *)shape_at(&fields[i], run->result) = sequence;
	}
	op_call->n_results = 0;
	buf_clear(&op_call->results);
	return add_result(run, 0, true);
}

static int
finish(struct run *run)
{
	struct writer *writer = run->place->writer;
	const struct call_op *op = run->op_call;
	int r =
	    writer_put_leaf(writer, run->draft, run->sequence, run->place->now);

	if (r == 0 && op->session != 0 && op->code == 0)
		r = writer_touch_session(
		    writer, op->session, op->credential, op->used);
	if (r < 0 || (r = open_stream(run, run->sequence)) < 0)
		return r;
	if (op->stream_number != 0 &&
	    (r = stream_begin(writer, run->call, run->op_call)) < 0)
		return r;
	return alert_raise(run);
}

/* The code of one object's result: [code] or [code, result]. */
static int
code_of(struct slice result)
{
	struct cbor_reader r = cbor_reader(result);

	(void)cbor_get_array(&r);
	return -(int)cbor_get_uint_max(&r, INT16_MAX);
}

/*
 * A repeat: decided anew, object by object, answered as the first one was. What
 * the first one has made unfindable (a file thrown away) is no refusal.
 */
static int
do_repeat(struct run *run, const struct repeat *repeat)
{
	struct cbor_reader r = cbor_reader(repeat->results);
	struct buf *results = &run->op_call->results;

	run->draft->leaf.cites = repeat->sequence;
	for (run->k = 0; run->k < run->op_call->n; run->k++) {
		struct slice first = cbor_skip(&r);
		int code, e;

		code = authorise(run);
		if (is_fault(code))
			return code;
		if (error_info(code)->class == ERROR_CLASS_DENIED && code < 0) {
			if ((e = refuse(run, code)) < 0)
				return e;
			continue;
		}
		e = draft_object_end(run->draft, code_of(first));
		if (e < 0)
			return e;
		buf_put_slice(results, first);
		run->op_call->n_results++;
	}
	return results->error;
}

/*
 * Whether the caller's files are in the state that the call was made for: as it
 * is when the first of its operations comes to act, for all of them.
 */
static int
check_state(struct run *run)
{
	struct call *call = run->call;
	uint64_t state;
	int r;

	if (!call->has_if_state)
		return 0;
	if (call->in_state == 0) {
		r = run_files_state(run, run->who.principal, &state);
		if (r < 0)
			return r;
		call->in_state = state == call->if_state ? 1 : E_CONFLICT;
	}
	return call->in_state < 0 ? call->in_state : 0;
}

/* What isn't a repeat. */
static int
do_first(struct run *run)
{
	int code = check_state(run);

	if (code == 0)
		return do_objects(run);
	return is_fault(code) ? code : refuse_op(run, code);
}

static int
do_keyed(struct run *run, size_t i)
{
	struct repeat repeat;
	int r = repeat_find(run, i, &repeat);

	if (r < 0)
		return is_fault(r) ? r : refuse_op(run, r);
	if (r > 0)
		return do_repeat(run, &repeat);
	r = do_first(run);
	if (r < 0 || run->op_call->code < 0)
		return r;
	return repeat_keep(run, i);
}

/*
 * What a key is kept for. Without a session there is nobody whose key it is.
 * And of what a person chose nothing is kept, not even a digest of it: it could
 * be guessed.
 */
static bool
is_keyed(const struct run *run)
{
	const struct call *call = run->call;

	return call->key.n > 0 && !call->reads && run->who.session != 0 &&
	       !run->op->asks && !op_opens_stream(run->op);
}

/* On the writer's transaction. */
static int
do_op(struct place *place, struct call *call, size_t i)
{
	struct run run;
	int code, r = begin_op(&run, place, call, i);

	if (r < 0)
		return r;
	place->now = core_time_now(&place->core->time);
	code = admit(&run);
	if (is_fault(code))
		return code;
	if ((r = take_who(&run)) < 0 ||
	    (r = writer_number(place->writer, call, run.who.session,
		 run.who.principal, &run.sequence, &run.draft->leaf.context)) <
		0)
		return r;
	place->at = run.sequence;
	call->sequence = run.sequence;
	if (code < 0)
		r = refuse_op(&run, code);
	else if (is_keyed(&run))
		r = do_keyed(&run, i);
	else
		r = do_first(&run);
	return r < 0 ? r : finish(&run);
}

static int
do_system(struct place *place, struct call *call)
{
	struct run run;
	int r = begin_op(&run, place, call, 0);

	if (r < 0)
		return r;
	place->now = core_time_now(&place->core->time);
	if ((r = writer_number(place->writer, call, 0, 0, &run.sequence,
		 &run.draft->leaf.context)) < 0)
		return r;
	place->at = run.sequence;
	call->sequence = run.sequence;
	draft_object(run.draft);
	if ((r = call->system(&run, call->arg)) < 0 ||
	    (r = draft_object_end(run.draft, run.draft->object.outcome)) < 0)
		return r;
	return finish(&run);
}

/* On a reader's snapshot. */
static int
prepare_op(struct place *place, struct call *call, size_t i)
{
	struct run run;
	int code, r = begin_op(&run, place, call, i);

	if (r < 0)
		return r;
	place->since = place->at;
	code = admit(&run);
	if (is_fault(code))
		return code;
	if ((r = take_who(&run)) < 0)
		return r;
	r = code < 0 ? refuse_op(&run, code) : do_objects(&run);
	if (r < 0)
		return r;
	run.op_call->prepared = true;
	run.op_call->at = place->at;
	run.op_call->since = place->since;
	return 0;
}

int
run_ask(struct place *place, struct call *call)
{
	struct run run;
	int r = begin_op(&run, place, call, 0);

	place->arena = &call->arena;
	place->since = place->at;
	if (r < 0 || (r = admit(&run)) < 0 || (r = authorise(&run)) < 0)
		return is_fault(r) ? r : 0;
	run.result = NULL;
	r = askers[run.op->number](&run);
	if (r == 0 || (r < 0 && !is_fault(r)))
		return 0;
	return r < 0 ? r : call->ask.error != 0 ? call->ask.error : 1;
}

int
run_call(struct place *place, struct call *call)
{
	int r = 0;

	place->arena = &call->arena;
	if (call->system != NULL)
		return do_system(place, call);
	for (size_t i = 0; i < call->n_ops && r == 0; i++)
		r = place->writer != NULL ? do_op(place, call, i)
		                          : prepare_op(place, call, i);
	return r;
}

static bool
still_holds(const struct place *place, const struct call_op *op)
{
	if (op->expires != 0 && place->now >= op->expires)
		return false;
	return endings_none(
	    &place->core->endings, op->rests_on, op->n_rests_on, op->since);
}

int
run_prepared(struct place *place, struct call *call)
{
	size_t streams = 0;
	int r;

	place->arena = &call->arena;
	place->now = core_time_now(&place->core->time);
	for (size_t i = 0; i < call->n_ops; i++) {
		struct run run = {.place = place,
		    .op = call->ops[i].op,
		    .who = {.session = call->ops[i].session}};

		if (!still_holds(place, &call->ops[i]) ||
		    !has_stream_left(&run, streams))
			return 0;
		streams += call->ops[i].stream.wanted;
	}
	for (size_t i = 0; i < call->n_ops; i++) {
		struct call_op *op = &call->ops[i];
		struct run run = {.place = place,
		    .arena = &call->arena,
		    .call = call,
		    .op_call = op,
		    .op = op->op,
		    .draft = &op->draft};

		r = writer_number(place->writer, call, op->session,
		    op->principal, &run.sequence, &op->draft.leaf.context);
		if (r < 0)
			return r;
		place->at = run.sequence;
		call->sequence = run.sequence;
		op->draft.leaf.at = op->at;
		if ((r = finish(&run)) < 0)
			return r;
	}
	return 1;
}

int
run_failed(struct place *place, struct call *call, int code)
{
	struct run run;
	int r;

	place->arena = &call->arena;
	for (size_t i = 0; i < call->n_ops; i++) {
		/* What failed has touched it all the same. */
		struct alert alert = call->ops[i].alert;

		if ((r = begin_op(&run, place, call, i)) < 0)
			return r;
		call->ops[i].alert = alert;
		place->now = core_time_now(&place->core->time);
		if (call->has_bearer)
			(void)who_authenticate(place, &call->bearer, &run.who);
		if ((r = take_who(&run)) < 0 ||
		    (r = writer_number(place->writer, call, run.who.session,
			 run.who.principal, &run.sequence,
			 &run.draft->leaf.context)) < 0 ||
		    (r = refuse_bare(&run, code)) < 0 || (r = finish(&run)) < 0)
			return r;
		place->at = run.sequence;
	}
	return 0;
}
