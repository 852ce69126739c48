#include "core/call.h"

#include "base/mem.h"
#include "base/secret.h"
#include "wire/cbor.h"

enum {
	BEARER_MAX = 256,
	ASK_MAX = 65536,
	RESULTS_MAX = 4 << 20,
};

static int
take_op(struct cbor_reader *r, struct call *call, struct call_op *op)
{
	if (cbor_get_array(r) != 2)
		return E_GRAMMAR;
	op->number = cbor_get_uint(r);
	op->op = op_get(op->number);
	op->n = cbor_get_array(r);
	if (r->error != 0 || op->op == NULL || op->op->effect == OP_SYSTEM ||
	    op->n == 0 || op->n > OP_OBJECTS_MAX)
		return E_GRAMMAR;
	op->args = arena_alloc(&call->arena, op->n * sizeof(*op->args));
	if (op->args == NULL)
		return E_NOMEM;
	for (size_t i = 0; i < op->n; i++)
		op->args[i] = cbor_get_bytes(r);
	op->results = BUF(RESULTS_MAX);
	call->objects += op->n;
	call->reads = call->reads && op->op->effect == OP_READ;
	call->urgent = call->urgent && op->op->revokes;
	return r->error != 0 ? E_GRAMMAR : 0;
}

static int
take_ops(struct cbor_reader *r, struct call *call)
{
	size_t n = cbor_get_array(r);
	int e;

	if (r->error != 0 || n == 0 || n > CALL_OPS_MAX)
		return E_GRAMMAR;
	call->ops = arena_alloc(&call->arena, n * sizeof(*call->ops));
	if (call->ops == NULL)
		return E_NOMEM;
	call->n_ops = n;
	call->reads = call->urgent = true;
	for (size_t i = 0; i < n; i++)
		if ((e = take_op(r, call, &call->ops[i])) < 0)
			return e;
	call->asks = n == 1 && call->ops[0].op->asks;
	call->ask = BUF_SECRET(ASK_MAX);
	return 0;
}

static int
take_body(struct call *call, uint8_t *bytes, size_t n)
{
	struct cbor_reader r = cbor_reader(slice_of(bytes, n));
	struct slice bearer;
	size_t parts = cbor_get_array(&r);
	int e;

	if (parts != 4 && parts != 5)
		return E_GRAMMAR;
	bearer = cbor_get_bytes(&r);
	call->key = cbor_get_bytes(&r);
	call->cause = (unsigned)cbor_get_uint_max(&r, UINT16_MAX);
	if (r.error != 0 || bearer.n > BEARER_MAX ||
	    call->key.n > CALL_KEY_MAX ||
	    (call->cause != 0 && !words_is(WORDS_CAUSE, call->cause)))
		return E_GRAMMAR;
	if (bearer.n > 0) {
		call->has_bearer = true;
		call->bearer = sha256(bearer);
		secret_wipe(bytes + (bearer.p - bytes), bearer.n);
	}
	if ((e = take_ops(&r, call)) < 0)
		return e;
	if (parts == 5) {
		call->has_if_state = true;
		call->if_state = cbor_get_uint(&r);
	}
	return cbor_end(&r) < 0 || (call->has_if_state && call->reads)
	           ? E_GRAMMAR
	           : 0;
}

int
call_new(size_t front, uint64_t id, struct slice body, struct call **ret_call)
{
	struct call *call = mem_alloc(sizeof(*call));
	struct slice copy;
	int r;

	if (call == NULL)
		return E_NOMEM;
	call->front = front;
	call->id = id;
	copy = arena_copy(&call->arena, body);
	r = copy.p == NULL
	        ? E_NOMEM
	        : take_body(call, (uint8_t *)(uintptr_t)copy.p, copy.n);
	if (r < 0) {
		call_free(&call);
		return r;
	}
	*ret_call = call;
	return 0;
}

int
call_new_system(enum op_number number, size_t arg_size,
    int (*system)(struct run *run, void *arg),
    void (*done)(struct call *call, void *arg), struct call **ret_call)
{
	struct call *call = mem_alloc(sizeof(*call));

	if (call == NULL)
		return E_NOMEM;
	call->ops = arena_alloc(&call->arena, sizeof(*call->ops));
	call->arg = arena_alloc(&call->arena, arg_size);
	if (call->ops == NULL || call->arg == NULL) {
		call_free(&call);
		return E_NOMEM;
	}
	call->n_ops = 1;
	call->objects = 1;
	call->urgent = true;
	call->cause = CAUSE_SYSTEM;
	call->ops[0].op = op_get(number);
	call->ops[0].number = number;
	call->system = system;
	call->done = done;
	*ret_call = call;
	return 0;
}

/* Passwords and codes, as they came and as they were asked about. */
static void
forget_secrets(struct call *call)
{
	if (!call->asks)
		return;
	for (size_t i = 0; i < call->ops[0].n; i++)
		secret_wipe((void *)(uintptr_t)call->ops[0].args[i].p,
		    call->ops[0].args[i].n);
	buf_free(&call->ask);
}

int
call_take_answer(struct call *call, int code, struct slice answer)
{
	call->answer_code = code;
	call->answered = true;
	if (answer.n == 0)
		return 0;
	call->answer = arena_copy(&call->arena, answer);
	if (call->answer.p != NULL)
		return 0;
	call->answer_code = E_NOMEM;
	return E_NOMEM;
}

void
call_free(struct call **call)
{
	if (*call == NULL)
		return;
	call_reset(*call);
	for (size_t i = 0; i < (*call)->n_ops; i++)
		buf_free(&(*call)->ops[i].results);
	context_drop(&(*call)->context);
	forget_secrets(*call);
	arena_free(&(*call)->arena);
	mem_free(*call);
	*call = NULL;
}

void
call_reset(struct call *call)
{
	for (size_t i = 0; call->ops != NULL && i < call->n_ops; i++) {
		struct call_op *op = &call->ops[i];

		draft_free(&op->draft);
		buf_clear(&op->results);
		op->n_results = 0;
		op->code = 0;
		op->prepared = false;
		op->stream = (struct stream_plan){.wanted = false};
		op->stream_number = 0;
		op->stream_result = NULL;
		op->n_rests_on = op->cap_rests_on = 0;
		op->last_tail = 0;
		op->expires = 0;
	}
	call->sequence = 0;
	call->in_state = 0;
	call->was_right = false;
}

void
call_put_reply(const struct call *call, struct buf *buf)
{
	cbor_put_array(buf, call->n_ops);
	for (size_t i = 0; i < call->n_ops; i++) {
		const struct call_op *op = &call->ops[i];

		cbor_put_array(buf, 2);
		cbor_put_uint(buf, (uint64_t)-op->code);
		cbor_put_array(buf, op->n_results);
		buf_put_slice(buf, buf_slice(&op->results));
	}
}
