#include "core/context.h"

#include "base/base.h"
#include "wire/cbor.h"

int
context_new(size_t front, uint64_t connection, struct slice body,
    struct context **ret_context)
{
	struct context *context = mem_alloc(sizeof(*context) + body.n);
	struct cbor_reader r;
	uint8_t *copy;

	if (context == NULL)
		return E_NOMEM;
	copy = (uint8_t *)(context + 1);
	memcpy(copy, body.p, body.n);
	r = cbor_reader(slice_of(copy, body.n));
	*context = (struct context){
	    .owners = 1, .front = front, .connection = connection};
	if (cbor_get_array(&r) != 5)
		r.error = E_SYNTAX;
	context->listener = (unsigned)cbor_get_uint_max(&r, UINT16_MAX);
	context->address = cbor_get_bytes(&r);
	context->agent = cbor_get_bytes(&r);
	context->tls = cbor_get_bytes(&r);
	context->claimed = cbor_get_bool(&r);
	if (cbor_end(&r) < 0) {
		mem_free(context);
		return E_GRAMMAR;
	}
	*ret_context = context;
	return 0;
}

struct context *
context_hold(struct context *context)
{
	atomic_fetch_add(&context->owners, 1);
	return context;
}

void
context_drop(struct context **context)
{
	if (*context != NULL && atomic_fetch_sub(&(*context)->owners, 1) == 1)
		mem_free(*context);
	*context = NULL;
}

uint64_t
context_leaf_get(const struct context *context, uint64_t session)
{
	for (size_t i = 0; i < CONTEXT_SESSIONS; i++)
		if (context->leaves[i].leaf != 0 &&
		    context->leaves[i].session == session)
			return context->leaves[i].leaf;
	return 0;
}

struct context_leaf *
context_leaf_new(struct context *context)
{
	struct context_leaf *leaf = &context->leaves[context->next_leaf];

	context->next_leaf = (context->next_leaf + 1) % CONTEXT_SESSIONS;
	return leaf;
}
