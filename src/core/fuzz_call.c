/*
 * Fuzz target: what a front sends core, which may be anybody's: calls, the
 * connections that they came over, and the sums of what became no call. The
 * first byte says which of it the rest is.
 */
#include "core/call.h"
#include "core/front_sum.h"

#include "wire/cbor.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { OUT_MAX = 1 << 20 };

static bool
is_within(struct slice part, struct slice whole)
{
	return part.n <= whole.n;
}

static void
try_call(struct slice in)
{
	struct buf reply = BUF(OUT_MAX);
	struct call *call = NULL;
	size_t objects = 0;
	int r = call_new(0, 1, in, &call);

	BUG_ON(r > 0 || (r < 0) != (call == NULL));
	if (r < 0) {
		BUG_ON(r != E_GRAMMAR && r != E_NOMEM);
		return;
	}
	BUG_ON(call->n_ops == 0 || call->n_ops > CALL_OPS_MAX);
	BUG_ON(call->key.n > CALL_KEY_MAX);
	for (size_t i = 0; i < call->n_ops; i++) {
		const struct call_op *op = &call->ops[i];

		BUG_ON(op->n == 0 || op->n > OP_OBJECTS_MAX);
		BUG_ON(op->op != NULL && op->op->number != op->number);
		/* A front asks for nothing that is the server's own. */
		BUG_ON(op->op != NULL && op->op->effect == OP_SYSTEM);
		BUG_ON(call->reads &&
		       (op->op == NULL || op->op->effect != OP_READ));
		for (size_t k = 0; k < op->n; k++)
			BUG_ON(!is_within(op->args[k], in));
		objects += op->n;
	}
	BUG_ON(objects != call->objects);
	call_put_reply(call, &reply);
	BUG_ON(reply.error != 0);
	call_reset(call);
	call_free(&call);
	buf_free(&reply);
}

static void
try_context(struct slice in)
{
	struct context *context = NULL, *other;
	int r = context_new(0, 1, in, &context);

	BUG_ON(r > 0 || (r < 0) != (context == NULL));
	if (r < 0) {
		BUG_ON(r != E_GRAMMAR && r != E_NOMEM);
		return;
	}
	BUG_ON(!is_within(context->address, in));
	BUG_ON(!is_within(context->agent.text, in));
	BUG_ON(!is_within(context->tls, in));
	other = context_hold(context);
	context_drop(&context);
	context_drop(&other);
}

/* What is read of it is all that it says. */
static void
try_sum(struct slice in)
{
	struct buf again = BUF(OUT_MAX);
	struct front_sum sum;

	if (front_sum_read(in, &sum) < 0)
		return;
	cbor_put_array(&again, 2);
	cbor_put_array(&again, sum.n_counts);
	for (size_t i = 0; i < sum.n_counts; i++) {
		BUG_ON(i > 0 && sum.counts[i].what <= sum.counts[i - 1].what);
		BUG_ON(sum.counts[i].what == 0 ||
		       sum.counts[i].what > FACT_SUM_MAX);
		BUG_ON(sum.counts[i].count < 0);
		cbor_put_array(&again, 2);
		cbor_put_uint(&again, sum.counts[i].what);
		cbor_put_uint(&again, (uint64_t)sum.counts[i].count);
	}
	cbor_put_array(&again, sum.n_sources);
	for (size_t i = 0; i < sum.n_sources; i++) {
		BUG_ON(sum.sources[i].n > FRONT_SUM_SOURCE_MAX);
		cbor_put_bytes(&again, sum.sources[i]);
	}
	BUG_ON(!slice_eq(buf_slice(&again), in));
	buf_free(&again);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice in = slice_from(slice_of(data, size), 1);

	static void (*const tries[])(struct slice in) = {
	    try_call, try_context, try_sum};

	/* No message of either kind is empty. */
	if (in.n > 0)
		tries[data[0] % ARRAY_SIZE(tries)](in);
	return 0;
}
