#include "wire/webauthn.h"

#include "base/base.h"
#include "base/hash.h"
#include "wire/cbor.h"

enum {
	AUTHDATA_HEAD = 37, /* hash of the host, flags, counter */
	COORDINATE_BYTES = 32,
	RSA_BYTES = 256,

	/* RFC 9053, 7. */
	COSE_KTY = 1,
	COSE_ALG = 3,
	COSE_CRV = -1,
	COSE_X = -2,
	COSE_Y = -3,
	COSE_N = -1,
	COSE_E = -2,
	COSE_OKP = 1,
	COSE_EC2 = 2,
	COSE_RSA = 3,
	COSE_P256 = 1,
	COSE_ED25519 = 6,
};

const char *
webauthn_wrong_text(enum webauthn_wrong wrong)
{
	static const char *const texts[] = {
	    "",
#define WRONG(name, text) text,
#include "wire/webauthn.def"
#undef WRONG
	};

	return (size_t)wrong < ARRAY_SIZE(texts) ? texts[wrong] : "";
}

/* ---- bytes one behind the other ---------------------------------------- */

static bool
take(struct slice *in, size_t n, struct slice *ret)
{
	if (in->n < n)
		return false;
	*ret = slice_first(*in, n);
	*in = slice_from(*in, n);
	return true;
}

static bool
take_number(struct slice *in, size_t n, uint32_t *ret)
{
	struct slice s;

	if (!take(in, n, &s))
		return false;
	*ret = 0;
	for (size_t i = 0; i < n; i++)
		*ret = *ret << 8 | s.p[i];
	return true;
}

/* One CBOR map; what stands behind it stays. */
static bool
take_map(struct slice *in, struct slice *ret)
{
	struct cbor_reader r = cbor_reader(*in);

	if (cbor_peek(&r) != CBOR_MAP)
		return false;
	*ret = cbor_skip(&r);
	*in = r.in;
	return r.error == 0;
}

/* ---- authenticator data ------------------------------------------------ */

/* 6.5.1 */
static bool
take_credential(struct slice *in, struct webauthn_authdata *authdata)
{
	uint32_t n;

	return take(in, WEBAUTHN_AAGUID_BYTES, &authdata->aaguid) &&
	       take_number(in, 2, &n) && n > 0 &&
	       n <= WEBAUTHN_CREDENTIAL_MAX &&
	       take(in, n, &authdata->credential) &&
	       take_map(in, &authdata->cose_key);
}

int
webauthn_parse_authdata(struct slice in, struct webauthn_authdata *ret_authdata)
{
	struct webauthn_authdata authdata = {.flags = 0};
	uint32_t flags;

	if (in.n < AUTHDATA_HEAD || in.n > WEBAUTHN_AUTHDATA_MAX ||
	    !take(&in, SHA256_BYTES, &authdata.rp_id_hash) ||
	    !take_number(&in, 1, &flags) ||
	    !take_number(&in, 4, &authdata.counter))
		return E_SYNTAX;
	authdata.flags = (uint8_t)flags;
	if ((flags & WEBAUTHN_AT) && !take_credential(&in, &authdata))
		return E_SYNTAX;
	if ((flags & WEBAUTHN_ED) && !take_map(&in, &authdata.extensions))
		return E_SYNTAX;
	if (in.n > 0)
		return E_SYNTAX;
	*ret_authdata = authdata;
	return 0;
}

enum webauthn_wrong
webauthn_check_authdata(
    const struct webauthn_authdata *authdata, struct slice rp_id)
{
	struct digest hash = sha256(rp_id);

	if (!slice_eq(authdata->rp_id_hash, digest_slice(&hash)))
		return WEBAUTHN_WRONG_RP;
	if (!(authdata->flags & WEBAUTHN_UP))
		return WEBAUTHN_WRONG_PRESENCE;
	if (!(authdata->flags & WEBAUTHN_UV))
		return WEBAUTHN_WRONG_VERIFICATION;
	/* 6.1.3: what can't be backed up is not. */
	if ((authdata->flags & WEBAUTHN_BS) && !(authdata->flags & WEBAUTHN_BE))
		return WEBAUTHN_WRONG_FLAGS;
	return WEBAUTHN_RIGHT;
}

enum webauthn_wrong
webauthn_check_state(uint64_t counter, uint64_t flags, uint64_t last_counter,
    uint64_t last_flags)
{
	if ((flags ^ last_flags) & WEBAUTHN_BE)
		return WEBAUTHN_WRONG_FLAGS;
	if ((counter > 0 || last_counter > 0) && counter <= last_counter)
		return WEBAUTHN_WRONG_COUNTER;
	return WEBAUTHN_RIGHT;
}

/* ---- attestation objects ----------------------------------------------- */

static void
fail(struct cbor_reader *r)
{
	*r = (struct cbor_reader){SLICE_NONE, E_SYNTAX};
}

/* Members in any order: not every client sorts them. */
static void
get_member(struct cbor_reader *r, struct webauthn_attestation *ret)
{
	struct slice name = cbor_get_text(r);
	struct slice *to = NULL;

	if (slice_eq(name, SLICE("fmt")))
		to = &ret->format;
	else if (slice_eq(name, SLICE("attStmt")))
		to = &ret->statement;
	else if (slice_eq(name, SLICE("authData")))
		to = &ret->authdata;
	if (to == NULL || to->p != NULL) {
		fail(r);
		return;
	}
	if (to == &ret->format)
		*to = cbor_get_text(r);
	else if (to == &ret->authdata)
		*to = cbor_get_bytes(r);
	else if (cbor_peek(r) != CBOR_MAP)
		fail(r);
	else
		*to = cbor_skip(r);
}

int
webauthn_parse_attestation(
    struct slice in, struct webauthn_attestation *ret_attestation)
{
	struct webauthn_attestation attestation = {.format = SLICE_NONE};
	struct cbor_reader r = cbor_reader(in);

	if (in.n > WEBAUTHN_ATTESTATION_MAX || cbor_get_map(&r) != 3)
		return E_SYNTAX;
	for (int i = 0; i < 3 && r.error == 0; i++)
		get_member(&r, &attestation);
	if (cbor_end(&r) < 0)
		return E_SYNTAX;
	*ret_attestation = attestation;
	return 0;
}

/* 8.2 and 8.6: what a statement says of its signature. */
int
webauthn_parse_statement(
    struct slice in, struct webauthn_statement *ret_statement)
{
	struct webauthn_statement statement = {.certified = false};
	struct cbor_reader r = cbor_reader(in);

	statement.members = cbor_get_map(&r);
	for (size_t i = 0; i < statement.members && r.error == 0; i++) {
		struct slice name = cbor_get_text(&r);

		statement.certified |= slice_eq(name, SLICE("x5c"));
		if (slice_eq(name, SLICE("alg")))
			statement.algorithm = cbor_get_int(&r);
		else
			(void)cbor_skip(&r);
	}
	if (cbor_end(&r) < 0)
		return E_SYNTAX;
	*ret_statement = statement;
	return 0;
}

/* ---- keys -------------------------------------------------------------- */

/* The next member must have that name. */
static int64_t
get_int(struct cbor_reader *r, int64_t name)
{
	if (cbor_get_int(r) != name)
		fail(r);
	return cbor_get_int(r);
}

static struct slice
get_bytes(struct cbor_reader *r, int64_t name)
{
	if (cbor_get_int(r) != name)
		fail(r);
	return cbor_get_bytes(r);
}

/* True where the rest is that of the kind. */
static bool
get_key(struct cbor_reader *r, size_t members, int64_t kind, int64_t algorithm,
    struct webauthn_key *key)
{
	if (kind == COSE_EC2 && algorithm == WEBAUTHN_ES256 && members == 5) {
		if (get_int(r, COSE_CRV) != COSE_P256)
			return false;
		key->x = get_bytes(r, COSE_X);
		key->y = get_bytes(r, COSE_Y);
		return key->x.n == COORDINATE_BYTES &&
		       key->y.n == COORDINATE_BYTES;
	}
	if (kind == COSE_OKP && algorithm == WEBAUTHN_EDDSA && members == 4) {
		if (get_int(r, COSE_CRV) != COSE_ED25519)
			return false;
		key->x = get_bytes(r, COSE_X);
		return key->x.n == COORDINATE_BYTES;
	}
	if (kind == COSE_RSA && algorithm == WEBAUTHN_RS256 && members == 4) {
		key->n = get_bytes(r, COSE_N);
		key->e = get_bytes(r, COSE_E);
		return key->n.n == RSA_BYTES && key->n.p[0] >= 0x80 &&
		       slice_eq(key->e, SLICE("\x01\x00\x01"));
	}
	return false;
}

int
webauthn_parse_key(struct slice in, struct webauthn_key *ret_key)
{
	struct webauthn_key key = {.x = SLICE_NONE};
	struct cbor_reader r = cbor_reader(in);
	size_t members = cbor_get_map(&r);
	int64_t kind = get_int(&r, COSE_KTY);
	int64_t algorithm = get_int(&r, COSE_ALG);

	if (r.error != 0)
		return E_SYNTAX;
	if (!get_key(&r, members, kind, algorithm, &key))
		return r.error != 0 ? E_SYNTAX : E_KIND;
	key.algorithm = (enum webauthn_algorithm)algorithm;
	if (cbor_end(&r) < 0)
		return E_SYNTAX;
	*ret_key = key;
	return 0;
}
