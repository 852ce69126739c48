/*
 * Fuzz target: what the keeper reads: what core asks it to sign, and the files
 * of its folder. The first byte says which of it the rest is; what is read is
 * what would be written.
 */
#include "keeper/key_file.h"
#include "ledger/sign_request.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { OUT_MAX = 1 << 16 };

static void
try_request(struct slice in)
{
	struct sign_request request;
	struct buf again = BUF(OUT_MAX);

	if (sign_request_get(in, &request) < 0)
		return;
	BUG_ON(request.proof.n > TREE_PROOF_MAX);
	BUG_ON(request.checkpoint.size > TREE_SIZE_MAX ||
	       request.older > TREE_SIZE_MAX);
	sign_request_put(&again, &request);
	BUG_ON(!slice_eq(buf_slice(&again), in));
	buf_free(&again);
}

static void
try_key(struct slice in)
{
	struct key_file file;
	struct buf again = BUF(OUT_MAX);
	int r = key_file_read(in, &file);

	BUG_ON(r != 0 && r != E_CORRUPT);
	if (r < 0)
		return;
	key_file_put(&again, &file);
	BUG_ON(!slice_eq(buf_slice(&again), in));
	buf_free(&again);
}

/* Numbers and digests have several forms, of which one is written. */
static void
try_signed(struct slice in)
{
	struct log_key_signed file, same;
	struct buf again = BUF(OUT_MAX);
	int r = signed_file_read(in, &file);

	BUG_ON(r != 0 && r != E_CORRUPT && r != E_NOMEM);
	if (r < 0)
		return;
	signed_file_put(&again, &file);
	BUG_ON(signed_file_read(buf_slice(&again), &same) != 0);
	BUG_ON(strcmp(file.origin, same.origin) != 0 ||
	       file.size != same.size || file.fence != same.fence ||
	       !digest_eq(&file.root, &same.root));
	buf_free(&again);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static void (*const tries[])(struct slice in) = {
	    try_request, try_key, try_signed};

	if (size > 0)
		tries[data[0] % ARRAY_SIZE(tries)](
		    slice_of(data + 1, size - 1));
	return 0;
}
