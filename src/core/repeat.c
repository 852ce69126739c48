#include "core/repeat.h"

#include "core/core.h"
#include "wire/cbor.h"

enum {
	KEPT_MS = 24 * 3600 * 1000,
	KEPT_OF_SESSION = 10000,
	TRIM_EVERY = 1000,  /* records, about: the look costs a millisecond */
	FORGET_AT_ONCE = 2, /* more than one that comes: so all do go */
	MADE_MAX = 1 << 20,
};

/* The client's key, and which operation of the call it is. */
static struct slice
key_of(struct run *run, size_t i)
{
	struct slice key = run->call->key;
	uint8_t *bytes = arena_alloc(run->arena, key.n + 1);

	if (bytes == NULL)
		return SLICE_NONE;
	memcpy(bytes, key.p, key.n);
	bytes[key.n] = (uint8_t)i;
	return slice_of(bytes, key.n + 1);
}

/* The digest of the bytes that an upload took: 1, or 0 where there are none. */
static int
upload_digest(struct run *run, uint64_t upload, struct digest *ret_digest)
{
	struct stmt *stmt = db_stmt(run->place->db, SQL_UPLOAD_DIGEST);
	struct slice digest;
	int r;

	stmt_u64(stmt, 1, upload);
	if ((r = stmt_step(stmt)) <= 0)
		return r;
	digest = stmt_col_bytes(stmt, 0);
	if (digest.n == SHA256_BYTES)
		memcpy(ret_digest->b, digest.p, digest.n);
	stmt_done(stmt);
	return digest.n == SHA256_BYTES;
}

static const struct shape_field *
upload_field(const struct shape *shape)
{
	size_t n;
	const struct shape_field *fields = shape->fields(&n);

	for (size_t i = 0; i < n; i++)
		if (fields[i].type == SHAPE_ID &&
		    fields[i].bound == KIND_UPLOAD)
			return &fields[i];
	return NULL;
}

/*
 * Of one argument. Who sends bytes again has another upload for them: what
 * counts is what it holds.
 */
static int
digest_arg(struct run *run, struct slice arg, struct digest *ret_digest)
{
	const struct shape *shape = run->op->args;
	const struct shape_field *field = upload_field(shape);
	struct buf rest = BUF(MADE_MAX);
	struct digest held;
	void *args;
	int r;

	*ret_digest = sha256(arg);
	if (field == NULL)
		return 0;
	if ((args = arena_alloc(run->arena, shape->size)) == NULL)
		return E_NOMEM;
	/* What can't be read is refused when it is done. */
	if (shape_decode(
		shape, arg, &run->place->core->id_key, run->arena, args) < 0 ||
	    !*shape_has(field, args))
		return 0;
	r = upload_digest(run, ((struct id *)shape_at(field, args))->n, &held);
	if (r <= 0)
		return r;
	*shape_has(field, args) = false;
	shape_encode(shape, args, &run->place->core->id_key, &rest);
	r = rest.error;
	*ret_digest = sha256_2(buf_slice(&rest), digest_slice(&held));
	buf_free(&rest);
	return r;
}

static int
digest_of(struct run *run, struct digest *ret_digest)
{
	struct digest digest = sha256(slice_str(run->op->name)), arg;
	int r = 0;

	if (run->call->has_if_state) {
		arg = sha256(slice_of(
		    &run->call->if_state, sizeof(run->call->if_state)));
		digest = sha256_2(digest_slice(&digest), digest_slice(&arg));
	}
	for (size_t i = 0; i < run->op_call->n && r == 0; i++) {
		r = digest_arg(run, run->op_call->args[i], &arg);
		digest = sha256_2(digest_slice(&digest), digest_slice(&arg));
	}
	*ret_digest = digest;
	return r;
}

int
repeat_find(struct run *run, size_t i, struct repeat *ret_repeat)
{
	struct stmt *stmt;
	struct digest digest;
	struct slice key = key_of(run, i);
	bool same;
	int r;

	if (key.p == NULL)
		return E_NOMEM;
	if ((r = digest_of(run, &digest)) < 0)
		return r;
	stmt = db_stmt(run->place->db, SQL_REPEAT_GET);
	stmt_u64(stmt, 1, run->who.session);
	stmt_bytes(stmt, 2, key);
	if ((r = stmt_step(stmt)) <= 0)
		return r;
	same = slice_eq(stmt_col_bytes(stmt, 0), digest_slice(&digest));
	ret_repeat->sequence = stmt_col_u64(stmt, 1);
	ret_repeat->results = run_copy(run, stmt_col_bytes(stmt, 2));
	stmt_done(stmt);
	if (!same)
		return E_REUSED;
	return ret_repeat->results.p != NULL ? 1 : E_NOMEM;
}

/* The results again, without what is shown once only. */
static int
put_made(const struct run *run, struct buf *made)
{
	struct cbor_reader r = cbor_reader(buf_slice(&run->op_call->results));
	size_t n;
	const struct shape_field *fields = run->op->result->fields(&n);
	bool secret = false;

	for (size_t i = 0; i < n; i++)
		secret = secret || (fields[i].flags & SECRET);
	if (!secret) {
		buf_put_slice(made, r.in);
		return made->error;
	}
	for (size_t i = 0; i < run->op_call->n_results; i++) {
		size_t parts = cbor_get_array(&r);

		cbor_put_array(made, parts);
		cbor_put_uint(made, cbor_get_uint(&r));
		if (parts > 1)
			shape_put_public(run->op->result, cbor_skip(&r), made);
	}
	return made->error;
}

/* Old ones go as new ones come. By a suspect clock nothing is old. */
static int
forget(struct run *run)
{
	struct stmt *stmt;
	int r = 0;

	if (!core_time_is_suspect(&run->place->core->time)) {
		stmt = db_stmt(run->place->db, SQL_REPEAT_FORGET);
		stmt_i64(stmt, 1, run->place->now - KEPT_MS);
		stmt_u64(stmt, 2, FORGET_AT_ONCE);
		r = stmt_run(stmt);
	}
	if (r < 0 || run->sequence % TRIM_EVERY != 0)
		return r;
	stmt = db_stmt(run->place->db, SQL_REPEAT_TRIM);
	stmt_u64(stmt, 1, run->who.session);
	stmt_u64(stmt, 2, KEPT_OF_SESSION);
	return stmt_run(stmt);
}

int
repeat_keep(struct run *run, size_t i)
{
	struct stmt *stmt;
	struct digest digest;
	struct slice key = key_of(run, i);
	struct buf made = BUF(MADE_MAX);
	int r = digest_of(run, &digest);

	if (r == 0)
		r = put_made(run, &made);
	if (r == 0 && key.p == NULL)
		r = E_NOMEM;
	if (r == 0) {
		stmt = db_stmt(run->place->db, SQL_REPEAT_PUT);
		stmt_u64(stmt, 1, run->who.session);
		stmt_bytes(stmt, 2, key);
		stmt_bytes(stmt, 3, digest_slice(&digest));
		stmt_u64(stmt, 4, run->sequence);
		stmt_bytes(stmt, 5, buf_slice(&made));
		stmt_i64(stmt, 6, run->place->now);
		r = stmt_run(stmt);
	}
	buf_free(&made);
	return r < 0 ? r : forget(run);
}
