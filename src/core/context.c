#include "core/context.h"

#include <arpa/inet.h>

#include "base/base.h"
#include "base/hash.h"
#include "ipc/body.h"

/* A copy behind the struct, or behind what stands there already. */
static struct slice
keep(uint8_t **to, struct slice s)
{
	struct slice copy = slice_of(*to, s.n);

	if (s.n > 0)
		memcpy(*to, s.p, s.n);
	*to += s.n;
	return copy;
}

int
context_new(size_t front, uint64_t connection, struct slice body,
    struct context **ret_context)
{
	struct body_context in;
	struct context *context;
	struct opening agent;
	uint8_t *rest;

	if (body_get_context(body, &in) < 0 ||
	    in.address.n > CONTEXT_ADDRESS_MAX || in.tls.n > CONTEXT_TLS_MAX)
		return E_GRAMMAR;
	opening_make(in.agent, &agent);
	context = mem_alloc(
	    sizeof(*context) + in.address.n + agent.text.n + in.tls.n);
	if (context == NULL)
		return E_NOMEM;
	*context = (struct context){.owners = 1,
	    .front = front,
	    .connection = connection,
	    .listener = in.listener,
	    .agent = agent,
	    .claimed = in.claimed};
	rest = (uint8_t *)(context + 1);
	context->address = keep(&rest, in.address);
	context->agent.text = keep(&rest, agent.text);
	context->tls = keep(&rest, in.tls);
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

uint64_t
context_source(const struct context *context)
{
	char text[INET6_ADDRSTRLEN];
	struct slice ip = context->address, part;
	uint8_t bytes[16] = {0};
	struct digest digest;
	uint64_t key;

	if (ip.n > 0 && ip.p[0] == '[') {
		ip = slice_from(ip, 1);
		(void)slice_cut(&ip, ']', &part);
	} else {
		part = ip;
	}
	if (part.n < sizeof(text)) {
		memcpy(text, part.p, part.n);
		text[part.n] = '\0';
		if (inet_pton(AF_INET6, text, bytes) == 1)
			part = slice_of(bytes, 8);
	}
	digest = sha256_2(SLICE("address"), part);
	memcpy(&key, digest.b, sizeof(key));
	return key != 0 ? key : 1;
}
