/*
 * Fuzz target: the bodies of messages between processes. The first byte is the
 * message, the rest its body; whatever is read of it is what would be written.
 */
#include "ipc/body.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { OUT_MAX = 1 << 20 };

/* As many as there are, one behind the other; all of it only where it's one. */
#define BODY(MESSAGE, name, fields)                                         \
	static void try_##name(struct slice in)                             \
	{                                                                   \
		struct body_##name body;                                    \
		struct buf out = BUF(OUT_MAX);                              \
		struct slice left = in;                                     \
		size_t n = 0;                                               \
                                                                            \
		for (; body_take_##name(&left, &body) == 0; n++)            \
			body_put_##name(&out, &body);                       \
		BUG_ON(out.error != 0);                                     \
		BUG_ON(!slice_eq(buf_slice(&out), slice_first(in, out.n))); \
		BUG_ON(out.n + left.n != in.n);                             \
		BUG_ON((body_get_##name(in, &body) == 0) !=                 \
		       (n == 1 && left.n == 0));                            \
		buf_free(&out);                                             \
	}
#include "ipc/body.def"
#undef BODY

static void (*const tries[MSG_MAX])(struct slice in) = {
#define BODY(MESSAGE, name, fields) [MSG_##MESSAGE] = try_##name,
#include "ipc/body.def"
#undef BODY
};

/* What the roles make of it beside that. */
static void
try_role(unsigned type, struct slice in)
{
	static struct config config;
	struct msg msg = {.type = type, .body = in, .fd = -1};
	struct role_fd peer;

	if (type == MSG_SETUP)
		(void)role_take_config(in, &config);
	if (type == MSG_PEER && role_take_peer(&msg, &peer) == 0)
		BUG_ON(peer.peer.index >= ROLE_PEERS_MAX ||
		       peer.peer.role >= ROLE_MAX);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice in = slice_from(slice_of(data, size), 1);

	if (size == 0 || data[0] >= MSG_MAX || tries[data[0]] == NULL)
		return 0;
	tries[data[0]](in);
	try_role(data[0], in);
	return 0;
}
