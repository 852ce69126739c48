#include "ledger/sign_request.h"

#include "wire/cbor.h"

void
sign_request_put(struct buf *buf, const struct sign_request *request)
{
	cbor_put_array(buf, 6);
	cbor_put_text(buf, request->checkpoint.origin);
	cbor_put_uint(buf, request->fence);
	cbor_put_uint(buf, request->checkpoint.size);
	cbor_put_bytes(buf, digest_slice(&request->checkpoint.root));
	cbor_put_uint(buf, request->older);
	cbor_put_array(buf, request->proof.n);
	for (size_t i = 0; i < request->proof.n; i++)
		cbor_put_bytes(buf, digest_slice(&request->proof.hash[i]));
}

static void
get_digest(struct cbor_reader *r, struct digest *ret)
{
	struct slice bytes = cbor_get_bytes(r);

	if (bytes.n == SHA256_BYTES)
		memcpy(ret->b, bytes.p, bytes.n);
	else
		r->error = E_SYNTAX;
}

int
sign_request_get(struct slice body, struct sign_request *ret_request)
{
	struct sign_request request = {.older = 0};
	struct cbor_reader r = cbor_reader(body);

	if (cbor_get_array(&r) != 6)
		return E_GRAMMAR;
	request.checkpoint.origin = cbor_get_text(&r);
	request.fence = cbor_get_uint(&r);
	request.checkpoint.size = cbor_get_uint_max(&r, TREE_SIZE_MAX);
	get_digest(&r, &request.checkpoint.root);
	request.older = cbor_get_uint_max(&r, TREE_SIZE_MAX);
	request.proof.n = cbor_get_array(&r);
	if (request.proof.n > TREE_PROOF_MAX)
		return E_GRAMMAR;
	for (size_t i = 0; i < request.proof.n; i++)
		get_digest(&r, &request.proof.hash[i]);
	if (cbor_end(&r) < 0)
		return E_GRAMMAR;
	*ret_request = request;
	return 0;
}
