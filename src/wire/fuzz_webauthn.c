/*
 * Fuzz target: what browsers and authenticators send. The first byte says which
 * of it. What is found lies within the input, and is what is there.
 */
#include "wire/webauthn.h"

#include "base/base.h"
#include "wire/cbor.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check_within(struct slice part, struct slice whole)
{
	BUG_ON(part.n > 0 &&
	       (part.p < whole.p || part.p + part.n > whole.p + whole.n));
}

static void
check_map(struct slice map)
{
	struct cbor_reader r = cbor_reader(map);

	BUG_ON(cbor_peek(&r) != CBOR_MAP);
	(void)cbor_skip(&r);
	BUG_ON(cbor_end(&r) < 0);
}

static void
try_client_data(struct slice in)
{
	const struct slice origins[] = {
	    SLICE("https://office.example"), SLICE("http://localhost:8080")};
	enum webauthn_wrong get, create;

	get = webauthn_check_client_data(
	    in, WEBAUTHN_GET, SLICE("challenge"), origins, 2);
	create = webauthn_check_client_data(
	    in, WEBAUTHN_CREATE, SLICE("challenge"), origins, 2);
	BUG_ON(get >= WEBAUTHN_WRONG_MAX || create >= WEBAUTHN_WRONG_MAX);
	/* Never good for both. */
	BUG_ON(get == WEBAUTHN_RIGHT && create == WEBAUTHN_RIGHT);
	BUG_ON(get == WEBAUTHN_RIGHT &&
	       webauthn_check_client_data(in, WEBAUTHN_GET, SLICE("challengf"),
		   origins, 2) != WEBAUTHN_WRONG_CHALLENGE);
	BUG_ON(get == WEBAUTHN_RIGHT &&
	       webauthn_check_client_data(in, WEBAUTHN_GET, SLICE("challenge"),
		   origins, 0) != WEBAUTHN_WRONG_ORIGIN);
}

static void
try_key(struct slice in)
{
	struct webauthn_key key;

	if (webauthn_parse_key(in, &key) < 0)
		return;
	check_map(in);
	check_within(key.x, in);
	check_within(key.y, in);
	check_within(key.n, in);
	check_within(key.e, in);
	BUG_ON(key.algorithm == WEBAUTHN_ES256 &&
	       (key.x.n != 32 || key.y.n != 32));
	BUG_ON(key.algorithm == WEBAUTHN_EDDSA && key.x.n != 32);
	BUG_ON(key.algorithm == WEBAUTHN_RS256 && key.n.n != 256);
}

static void
try_authdata(struct slice in)
{
	struct webauthn_authdata authdata;

	if (webauthn_parse_authdata(in, &authdata) < 0)
		return;
	check_within(authdata.rp_id_hash, in);
	check_within(authdata.aaguid, in);
	check_within(authdata.credential, in);
	/* All of it, and nothing twice. */
	BUG_ON(37 + authdata.aaguid.n + (authdata.aaguid.n > 0 ? 2 : 0) +
		   authdata.credential.n + authdata.cose_key.n +
		   authdata.extensions.n !=
	       in.n);
	if (authdata.flags & WEBAUTHN_AT) {
		check_map(authdata.cose_key);
		try_key(authdata.cose_key);
	}
	if (authdata.flags & WEBAUTHN_ED)
		check_map(authdata.extensions);
	(void)webauthn_check_authdata(&authdata, SLICE("office.example"));
}

static void
try_attestation(struct slice in)
{
	struct webauthn_attestation attestation;
	struct webauthn_statement statement;

	if (webauthn_parse_attestation(in, &attestation) < 0)
		return;
	/* The whole of it may nest one deeper than its parts. */
	check_map(attestation.statement);
	check_within(attestation.format, in);
	check_within(attestation.authdata, in);
	(void)webauthn_parse_statement(attestation.statement, &statement);
	try_authdata(attestation.authdata);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static void (*const tries[])(struct slice in) = {
	    try_client_data, try_attestation, try_authdata, try_key};

	if (size > 0)
		tries[data[0] % ARRAY_SIZE(tries)](
		    slice_of(data + 1, size - 1));
	return 0;
}
