/*
 * Fuzz target: questions about passkeys, as core would hand them on: through
 * our parsers, libfido2 and its libcbor, and OpenSSL. The first byte says
 * whether it is an attestation object, or authenticator data and a signature
 * (their lengths in the next two bytes) and a key. No signature of anybody's is
 * ever right.
 */
#include "base/base.h"
#include "base/hash.h"
#include "keeper/passkey.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
try_register(struct slice in, struct slice hash)
{
	struct secret_answer answer;

	passkey_register(
	    &(struct secret_passkey_register){SLICE("example.org"), hash, in},
	    &answer);
	BUG_ON((answer.code == 0) != (answer.enrol.wrong == WEBAUTHN_RIGHT));
	BUG_ON(answer.code == 0 && answer.enrol.credential.n == 0);
	/* Signed statements need a hash that nobody signed. */
	BUG_ON(answer.code == 0 &&
	       answer.enrol.attestation != WEBAUTHN_ATTESTED_NONE);
}

static void
try_check(struct slice in, struct slice hash)
{
	struct slice authdata, signature;
	struct secret_answer answer;
	size_t n, signature_n;

	if (in.n < 2)
		return;
	n = in.p[0];
	signature_n = in.p[1] + 1u;
	authdata = slice_first(slice_from(in, 2), n);
	in = slice_from(in, 2 + n);
	signature = slice_first(in, signature_n);
	passkey_check(
	    &(struct secret_passkey_check){.rp_id = SLICE("example.org"),
		.client_hash = hash,
		.authdata = authdata,
		.signature = signature,
		.public_key = slice_from(in, signature.n)},
	    &answer);
	BUG_ON(answer.code == 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice in = slice_of(data, size);
	struct digest hash = sha256(SLICE("nobody signed this"));
	static bool started;

	if (!started)
		passkey_init();
	started = true;
	if (size == 0)
		return 0;
	if (data[0] & 1)
		try_check(slice_from(in, 1), digest_slice(&hash));
	else
		try_register(slice_from(in, 1), digest_slice(&hash));
	return 0;
}
