#include "keeper/passkey.h"

#include <fido.h>
#include <fido/eddsa.h>
#include <fido/es256.h>
#include <fido/rs256.h>
#include <openssl/ec.h>
#include <openssl/evp.h>

#include "base/base.h"
#include "base/hash.h"
#include "wire/cbor.h"

_Static_assert(COSE_ES256 == (int)WEBAUTHN_ES256, "COSE's numbers");
_Static_assert(COSE_EDDSA == (int)WEBAUTHN_EDDSA, "COSE's numbers");
_Static_assert(COSE_RS256 == (int)WEBAUTHN_RS256, "COSE's numbers");

/* The curve, of which every ES256 key has a copy: to set it up takes long. */
static EVP_PKEY *p256;

void
passkey_init(void)
{
	fido_init(0);
	if (p256 == NULL) /* without it no ES256 key is one */
		p256 = EVP_EC_gen("P-256");
}

/* ---- keys -------------------------------------------------------------- */

/* libfido2's form of a key: of one kind, and freed by it. */
struct public_key {
	es256_pk_t *es256;
	eddsa_pk_t *eddsa;
	rs256_pk_t *rs256;
};

static void
free_key(struct public_key *key)
{
	es256_pk_free(&key->es256);
	eddsa_pk_free(&key->eddsa);
	rs256_pk_free(&key->rs256);
}

/* Two parts, one behind the other, as libfido2 takes them. */
static const uint8_t *
join(struct slice a, struct slice b, uint8_t *to)
{
	memcpy(to, a.p, a.n);
	memcpy(to + a.n, b.p, b.n);
	return to;
}

/* The key, or NULL: a point that is not on its curve is none. */
static const void *
make_key(const struct webauthn_key *from, struct public_key *key)
{
	uint8_t bytes[WEBAUTHN_KEY_MAX];
	int r = FIDO_ERR_INVALID_ARGUMENT;
	const void *made = NULL;

	switch (from->algorithm) {
	case WEBAUTHN_ES256:
		made = key->es256 = es256_pk_new();
		if (made != NULL)
			r = es256_pk_from_ptr(key->es256,
			    join(from->x, from->y, bytes),
			    from->x.n + from->y.n);
		break;
	case WEBAUTHN_EDDSA:
		made = key->eddsa = eddsa_pk_new();
		if (made != NULL)
			r = eddsa_pk_from_ptr(key->eddsa, from->x.p, from->x.n);
		break;
	case WEBAUTHN_RS256:
		made = key->rs256 = rs256_pk_new();
		if (made != NULL)
			r = rs256_pk_from_ptr(key->rs256,
			    join(from->n, from->e, bytes),
			    from->n.n + from->e.n);
		break;
	}
	return r == FIDO_OK ? made : NULL;
}

static bool
is_name(struct slice rp_id)
{
	return rp_id.n > 0 && rp_id.n <= WEBAUTHN_RP_ID_MAX &&
	       memchr(rp_id.p, '\0', rp_id.n) == NULL;
}

static void
put_name(struct slice rp_id, char ret_name[static WEBAUTHN_RP_ID_MAX + 1])
{
	memcpy(ret_name, rp_id.p, rp_id.n);
	ret_name[rp_id.n] = '\0';
}

/* ---- extensions -------------------------------------------------------- */

/*
 * What libfido2 knows of an authenticator's extensions. It wants to be told
 * beforehand of those that it will find; none of them bears on what we check.
 */
struct extensions {
	int mask;
	unsigned protection, pin_least;
};

static bool
is_true(struct slice value)
{
	struct cbor_reader r = cbor_reader(value);

	return cbor_get_bool(&r) && cbor_end(&r) == 0;
}

static unsigned
number(struct slice value)
{
	struct cbor_reader r = cbor_reader(value);
	uint64_t n = cbor_get_uint_max(&r, UINT8_MAX);

	return cbor_end(&r) == 0 ? (unsigned)n : 0;
}

static void
take_extension(struct slice name, struct slice value, bool create,
    struct extensions *extensions)
{
	if (slice_eq(name, SLICE("hmac-secret")) && (!create || is_true(value)))
		extensions->mask |= FIDO_EXT_HMAC_SECRET;
	if (slice_eq(name, SLICE("credBlob")) && (!create || is_true(value)))
		extensions->mask |= FIDO_EXT_CRED_BLOB;
	if (slice_eq(name, SLICE("credProtect")) && create)
		extensions->protection = number(value);
	if (slice_eq(name, SLICE("minPinLength")) && create)
		extensions->pin_least = number(value);
}

static struct extensions
read_extensions(struct slice map, bool create)
{
	struct extensions extensions = {.mask = 0};
	struct cbor_reader r = cbor_reader(map);
	size_t n = map.n > 0 ? cbor_get_map(&r) : 0;

	for (size_t i = 0; i < n && r.error == 0; i++) {
		struct slice name = SLICE_NONE;

		if (cbor_peek(&r) == CBOR_TEXT)
			name = cbor_get_text(&r);
		else
			(void)cbor_skip(&r);
		take_extension(name, cbor_skip(&r), create, &extensions);
	}
	return extensions;
}

/* ---- an answer to a challenge ------------------------------------------ */

/* What libfido2 says, in our words. */
static enum webauthn_wrong
wrong_of(int r)
{
	if (r == FIDO_OK)
		return WEBAUTHN_RIGHT;
	return r == FIDO_ERR_INVALID_SIG || r == FIDO_ERR_INTERNAL
	           ? WEBAUTHN_WRONG_SIGNATURE
	           : WEBAUTHN_WRONG_SYNTAX;
}

static int
verify_answer(fido_assert_t *assert, const struct secret_passkey_check *ask,
    const struct extensions *extensions, int algorithm, const void *key)
{
	char rp_id[WEBAUTHN_RP_ID_MAX + 1];
	int r;

	put_name(ask->rp_id, rp_id);
	if ((r = fido_assert_set_clientdata_hash(
		 assert, ask->client_hash.p, ask->client_hash.n)) != FIDO_OK ||
	    (r = fido_assert_set_rp(assert, rp_id)) != FIDO_OK ||
	    (r = fido_assert_set_count(assert, 1)) != FIDO_OK ||
	    (r = fido_assert_set_authdata_raw(
		 assert, 0, ask->authdata.p, ask->authdata.n)) != FIDO_OK ||
	    (r = fido_assert_set_up(assert, FIDO_OPT_TRUE)) != FIDO_OK ||
	    (r = fido_assert_set_uv(assert, FIDO_OPT_TRUE)) != FIDO_OK ||
	    (r = fido_assert_set_extensions(assert, extensions->mask)) !=
		FIDO_OK ||
	    (r = fido_assert_set_sig(
		 assert, 0, ask->signature.p, ask->signature.n)) != FIDO_OK)
		return r;
	return fido_assert_verify(assert, 0, algorithm, key);
}

static enum webauthn_wrong
check_signature(const struct secret_passkey_check *ask,
    const struct webauthn_authdata *authdata, const struct webauthn_key *from)
{
	struct extensions extensions =
	    read_extensions(authdata->extensions, false);
	struct public_key key = {.es256 = NULL};
	const void *made = make_key(from, &key);
	fido_assert_t *assert = fido_assert_new();
	enum webauthn_wrong wrong = WEBAUTHN_WRONG_KEY;

	if (made != NULL && assert != NULL)
		wrong = wrong_of(verify_answer(
		    assert, ask, &extensions, (int)from->algorithm, made));
	fido_assert_free(&assert);
	free_key(&key);
	return wrong;
}

/* The key, or NULL: a point that is not on the curve is none. */
static EVP_PKEY *
make_es256(const struct webauthn_key *from)
{
	uint8_t point[65] = {POINT_CONVERSION_UNCOMPRESSED};
	EVP_PKEY *key = EVP_PKEY_new();

	BUG_ON(from->x.n + from->y.n + 1 != sizeof(point));
	(void)join(from->x, from->y, point + 1);
	if (key != NULL && p256 != NULL &&
	    EVP_PKEY_copy_parameters(key, p256) == 1 &&
	    EVP_PKEY_set1_encoded_public_key(key, point, sizeof(point)) == 1)
		return key;
	EVP_PKEY_free(key);
	return NULL;
}

/*
 * The commonest, by OpenSSL itself: libfido2 sets the curve up three times for
 * one signature, which costs as much as the signature does. All else that it
 * would look at has been looked at.
 */
static enum webauthn_wrong
check_es256(
    const struct secret_passkey_check *ask, const struct webauthn_key *from)
{
	struct digest digest = sha256_2(ask->authdata, ask->client_hash);
	enum webauthn_wrong wrong = WEBAUTHN_WRONG_KEY;
	EVP_PKEY *key = make_es256(from);
	EVP_PKEY_CTX *ctx =
	    key != NULL ? EVP_PKEY_CTX_new_from_pkey(NULL, key, NULL) : NULL;

	if (ctx != NULL && EVP_PKEY_verify_init(ctx) == 1)
		wrong = EVP_PKEY_verify(ctx, ask->signature.p, ask->signature.n,
			    digest.b, sizeof(digest.b)) == 1
		            ? WEBAUTHN_RIGHT
		            : WEBAUTHN_WRONG_SIGNATURE;
	EVP_PKEY_CTX_free(ctx);
	EVP_PKEY_free(key);
	return wrong;
}

static void
refuse(struct secret_answer *answer, enum webauthn_wrong wrong)
{
	enum secret_kind kind = answer->kind;

	*answer = (struct secret_answer){.kind = kind, .code = E_DENIED};
	if (kind == SECRET_PASSKEY_CHECK)
		answer->passkey.wrong = wrong;
	else
		answer->enrol.wrong = wrong;
}

static enum webauthn_wrong
check(
    const struct secret_passkey_check *ask, struct webauthn_authdata *authdata)
{
	struct webauthn_key key;
	enum webauthn_wrong wrong;

	if (!is_name(ask->rp_id))
		return WEBAUTHN_WRONG_RP;
	if (webauthn_parse_authdata(ask->authdata, authdata) < 0 ||
	    (authdata->flags & WEBAUTHN_AT) || ask->signature.n == 0)
		return WEBAUTHN_WRONG_SYNTAX;
	if (webauthn_parse_key(ask->public_key, &key) < 0)
		return WEBAUTHN_WRONG_KEY;
	wrong = webauthn_check_authdata(authdata, ask->rp_id);
	if (wrong != WEBAUTHN_RIGHT)
		return wrong;
	return key.algorithm == WEBAUTHN_ES256
	           ? check_es256(ask, &key)
	           : check_signature(ask, authdata, &key);
}

void
passkey_check(
    const struct secret_passkey_check *ask, struct secret_answer *ret_answer)
{
	struct webauthn_authdata authdata;
	enum webauthn_wrong wrong = check(ask, &authdata);

	*ret_answer = (struct secret_answer){.kind = SECRET_PASSKEY_CHECK};
	if (wrong != WEBAUTHN_RIGHT) {
		refuse(ret_answer, wrong);
		return;
	}
	ret_answer->passkey.counter = authdata.counter;
	ret_answer->passkey.flags = authdata.flags;
}

/* ---- a new passkey ----------------------------------------------------- */

struct enrolment {
	struct webauthn_attestation attestation;
	struct webauthn_authdata authdata;
	struct webauthn_key key;
	struct webauthn_statement statement;
};

static int
set_extensions(fido_cred_t *cred, struct slice map)
{
	struct extensions extensions = read_extensions(map, true);
	int r = fido_cred_set_extensions(cred, extensions.mask);

	if (r == FIDO_OK && extensions.protection > 0)
		r = fido_cred_set_prot(cred, (int)extensions.protection);
	if (r == FIDO_OK && extensions.pin_least > 0)
		r = fido_cred_set_pin_minlen(cred, extensions.pin_least);
	return r;
}

static int
verify_statement(fido_cred_t *cred, const struct secret_passkey_register *ask,
    const struct enrolment *enrolment, const char *format)
{
	const struct webauthn_attestation *attestation =
	    &enrolment->attestation;
	char rp_id[WEBAUTHN_RP_ID_MAX + 1];
	int r;

	put_name(ask->rp_id, rp_id);
	if ((r = fido_cred_set_type(cred, (int)enrolment->key.algorithm)) !=
		FIDO_OK ||
	    (r = fido_cred_set_clientdata_hash(
		 cred, ask->client_hash.p, ask->client_hash.n)) != FIDO_OK ||
	    (r = fido_cred_set_rp(cred, rp_id, NULL)) != FIDO_OK ||
	    (r = set_extensions(cred, enrolment->authdata.extensions)) !=
		FIDO_OK ||
	    (r = fido_cred_set_uv(cred, FIDO_OPT_TRUE)) != FIDO_OK ||
	    (r = fido_cred_set_authdata_raw(cred, attestation->authdata.p,
		 attestation->authdata.n)) != FIDO_OK ||
	    (r = fido_cred_set_fmt(cred, format)) != FIDO_OK ||
	    (r = fido_cred_set_attstmt(cred, attestation->statement.p,
		 attestation->statement.n)) != FIDO_OK)
		return r;
	return enrolment->statement.certified ? fido_cred_verify(cred)
	                                      : fido_cred_verify_self(cred);
}

static enum webauthn_wrong
verify(const struct secret_passkey_register *ask,
    const struct enrolment *enrolment, const char *format,
    enum webauthn_attested *ret_attested)
{
	fido_cred_t *cred = fido_cred_new();
	enum webauthn_wrong wrong = WEBAUTHN_WRONG_SYNTAX;

	if (cred != NULL)
		wrong =
		    wrong_of(verify_statement(cred, ask, enrolment, format));
	fido_cred_free(&cred);
	if (wrong == WEBAUTHN_RIGHT)
		*ret_attested = enrolment->statement.certified
		                    ? WEBAUTHN_ATTESTED_BASIC
		                    : WEBAUTHN_ATTESTED_SELF;
	return wrong;
}

static bool
is_zero(struct slice s)
{
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] != 0)
			return false;
	return true;
}

/*
 * Nobody vouches for a certificate here: a statement that can be checked must
 * be right, and one of another format says nothing.
 */
static enum webauthn_wrong
check_statement(const struct secret_passkey_register *ask,
    const struct enrolment *enrolment, enum webauthn_attested *ret_attested)
{
	const struct webauthn_statement *statement = &enrolment->statement;
	enum webauthn_algorithm algorithm = enrolment->key.algorithm;
	struct slice format = enrolment->attestation.format;

	if (slice_eq(format, SLICE("none")))
		return statement->members == 0 ? WEBAUTHN_RIGHT
		                               : WEBAUTHN_WRONG_SYNTAX;
	/* 8.2, without certificates: by the key that it is about. */
	if (slice_eq(format, SLICE("packed")))
		return statement->certified ||
		               statement->algorithm == (int64_t)algorithm
		           ? verify(ask, enrolment, "packed", ret_attested)
		           : WEBAUTHN_WRONG_SIGNATURE;
	/* 8.6 */
	if (slice_eq(format, SLICE("fido-u2f")))
		return statement->certified && algorithm == WEBAUTHN_ES256 &&
		               is_zero(enrolment->authdata.aaguid)
		           ? verify(ask, enrolment, "fido-u2f", ret_attested)
		           : WEBAUTHN_WRONG_SYNTAX;
	return WEBAUTHN_RIGHT;
}

static enum webauthn_wrong
check_enrolment(const struct secret_passkey_register *ask,
    struct enrolment *enrolment, enum webauthn_attested *ret_attested)
{
	struct public_key key = {.es256 = NULL};
	bool usable;
	enum webauthn_wrong wrong;

	if (!is_name(ask->rp_id))
		return WEBAUTHN_WRONG_RP;
	if (webauthn_parse_attestation(
		ask->attestation, &enrolment->attestation) < 0 ||
	    webauthn_parse_authdata(
		enrolment->attestation.authdata, &enrolment->authdata) < 0 ||
	    !(enrolment->authdata.flags & WEBAUTHN_AT) ||
	    webauthn_parse_statement(
		enrolment->attestation.statement, &enrolment->statement) < 0)
		return WEBAUTHN_WRONG_SYNTAX;
	wrong = webauthn_check_authdata(&enrolment->authdata, ask->rp_id);
	if (wrong != WEBAUTHN_RIGHT)
		return wrong;
	if (webauthn_parse_key(enrolment->authdata.cose_key, &enrolment->key) <
	    0)
		return WEBAUTHN_WRONG_KEY;
	usable = make_key(&enrolment->key, &key) != NULL;
	free_key(&key);
	return usable ? check_statement(ask, enrolment, ret_attested)
	              : WEBAUTHN_WRONG_KEY;
}

void
passkey_register(
    const struct secret_passkey_register *ask, struct secret_answer *ret_answer)
{
	enum webauthn_attested attested = WEBAUTHN_ATTESTED_NONE;
	struct enrolment enrolment;
	enum webauthn_wrong wrong = check_enrolment(ask, &enrolment, &attested);

	*ret_answer = (struct secret_answer){.kind = SECRET_PASSKEY_REGISTER};
	if (wrong != WEBAUTHN_RIGHT) {
		refuse(ret_answer, wrong);
		return;
	}
	ret_answer->enrol.credential = enrolment.authdata.credential;
	ret_answer->enrol.public_key = enrolment.authdata.cose_key;
	ret_answer->enrol.algorithm = (int64_t)enrolment.key.algorithm;
	ret_answer->enrol.counter = enrolment.authdata.counter;
	ret_answer->enrol.flags = enrolment.authdata.flags;
	ret_answer->enrol.aaguid = enrolment.authdata.aaguid;
	ret_answer->enrol.attestation = attested;
}
