#include "ipc/secret.h"

#include "base/base.h"
#include "base/hash.h"
#include "wire/cbor.h"

enum field_type { BYTES, UINT, INT };

/* An argument or result: where it stands, and its bounds. */
struct field {
	enum secret_kind kind;
	enum field_type type;
	size_t offset;
	uint64_t min, max; /* length, or value */
};

#define ASK(kind, type, member, min, max)                                      \
	{                                                                      \
		SECRET_##kind, type, offsetof(struct secret_ask, member), min, \
		    max                                                        \
	}
#define ANSWER(kind, type, member, max)                                      \
	{                                                                    \
		SECRET_##kind, type, offsetof(struct secret_answer, member), \
		    0, max                                                   \
	}

/* In the order of the wire. */
/* clang-format off */
static const struct field asks[] = {
	ASK(PASSWORD_HASH, BYTES, hash.password, 1, SECRET_PASSWORD_MAX),
	ASK(PASSWORD_HASH, BYTES, hash.names, 0, SECRET_NAMES_MAX),

	ASK(PASSWORD_CHECK, BYTES, password.verifier, 0, SECRET_VERIFIER_MAX),
	ASK(PASSWORD_CHECK, BYTES, password.password, 0, SECRET_PASSWORD_MAX),

	ASK(TOTP_MAKE, BYTES, totp_make.owner, 1, SECRET_OWNER_MAX),

	ASK(TOTP_CHECK, BYTES, totp.sealed, 0, SECRET_SEALED_MAX),
	ASK(TOTP_CHECK, BYTES, totp.owner, 0, SECRET_OWNER_MAX),
	ASK(TOTP_CHECK, BYTES, totp.code, 0, SECRET_CODE_MAX),
	ASK(TOTP_CHECK, UINT, totp.now_ms, 0, INT64_MAX),
	ASK(TOTP_CHECK, UINT, totp.last_step, 0, INT64_MAX),

	ASK(SIGN_IN, BYTES, sign_in.login, 0, SECRET_LOGIN_MAX),
	ASK(SIGN_IN, BYTES, sign_in.password.verifier, 0, SECRET_VERIFIER_MAX),
	ASK(SIGN_IN, BYTES, sign_in.password.password, 0, SECRET_PASSWORD_MAX),
	ASK(SIGN_IN, BYTES, sign_in.totp.sealed, 0, SECRET_SEALED_MAX),
	ASK(SIGN_IN, BYTES, sign_in.totp.owner, 0, SECRET_OWNER_MAX),
	ASK(SIGN_IN, BYTES, sign_in.totp.code, 0, SECRET_CODE_MAX),
	ASK(SIGN_IN, UINT, sign_in.totp.now_ms, 0, INT64_MAX),
	ASK(SIGN_IN, UINT, sign_in.totp.last_step, 0, INT64_MAX),

	ASK(PASSKEY_CHECK, BYTES, passkey.rp_id, 1, WEBAUTHN_RP_ID_MAX),
	ASK(PASSKEY_CHECK, BYTES, passkey.client_hash, SHA256_BYTES, SHA256_BYTES),
	ASK(PASSKEY_CHECK, BYTES, passkey.authdata, 0, WEBAUTHN_ANSWER_MAX),
	ASK(PASSKEY_CHECK, BYTES, passkey.signature, 0, WEBAUTHN_SIGNATURE_MAX),
	ASK(PASSKEY_CHECK, BYTES, passkey.public_key, 0, WEBAUTHN_KEY_MAX),

	ASK(PASSKEY_REGISTER, BYTES, enrol.rp_id, 1, WEBAUTHN_RP_ID_MAX),
	ASK(PASSKEY_REGISTER, BYTES, enrol.client_hash, SHA256_BYTES, SHA256_BYTES),
	ASK(PASSKEY_REGISTER, BYTES, enrol.attestation, 0, WEBAUTHN_ATTESTATION_MAX),
};

static const struct field answers[] = {
	ANSWER(PASSWORD_HASH, BYTES, hash.verifier, SECRET_VERIFIER_MAX),
	ANSWER(PASSWORD_HASH, UINT, hash.weak, SECRET_WEAK_MAX - 1),

	ANSWER(PASSWORD_CHECK, UINT, password.rehash, 1),

	ANSWER(TOTP_MAKE, BYTES, totp_make.sealed, SECRET_SEALED_MAX),
	ANSWER(TOTP_MAKE, BYTES, totp_make.base32, SECRET_SEALED_MAX),

	ANSWER(TOTP_CHECK, UINT, totp.step, INT64_MAX),
	ANSWER(TOTP_CHECK, UINT, totp.replayed, 1),

	ANSWER(SIGN_IN, UINT, sign_in.right, 1),
	ANSWER(SIGN_IN, UINT, sign_in.step, INT64_MAX),
	ANSWER(SIGN_IN, UINT, sign_in.replayed, 1),
	ANSWER(SIGN_IN, BYTES, sign_in.name, SECRET_MAC_BYTES),
	ANSWER(SIGN_IN, BYTES, sign_in.verifier, SECRET_VERIFIER_MAX),

	ANSWER(PASSKEY_CHECK, UINT, passkey.wrong, WEBAUTHN_WRONG_MAX - 1),
	ANSWER(PASSKEY_CHECK, UINT, passkey.counter, UINT32_MAX),
	ANSWER(PASSKEY_CHECK, UINT, passkey.flags, UINT8_MAX),

	ANSWER(PASSKEY_REGISTER, UINT, enrol.wrong, WEBAUTHN_WRONG_MAX - 1),
	ANSWER(PASSKEY_REGISTER, BYTES, enrol.credential, WEBAUTHN_CREDENTIAL_MAX),
	ANSWER(PASSKEY_REGISTER, BYTES, enrol.public_key, WEBAUTHN_KEY_MAX),
	ANSWER(PASSKEY_REGISTER, INT, enrol.algorithm, INT64_MAX),
	ANSWER(PASSKEY_REGISTER, UINT, enrol.counter, UINT32_MAX),
	ANSWER(PASSKEY_REGISTER, UINT, enrol.flags, UINT8_MAX),
	ANSWER(PASSKEY_REGISTER, BYTES, enrol.aaguid, WEBAUTHN_AAGUID_BYTES),
	ANSWER(PASSKEY_REGISTER, UINT, enrol.attestation, WEBAUTHN_ATTESTED_MAX - 1),
};
/* clang-format on */

static size_t
count(const struct field *fields, size_t n, enum secret_kind kind)
{
	size_t found = 0;

	for (size_t i = 0; i < n; i++)
		found += fields[i].kind == kind;
	return found;
}

static void
put_field(struct buf *buf, const struct field *field, const void *from)
{
	const void *at = (const uint8_t *)from + field->offset;
	const struct slice *bytes = at;
	const uint64_t *number = at;
	const int64_t *with_sign = at;
	uint64_t measure = field->min;

	if (field->type == BYTES) {
		measure = bytes->n;
		cbor_put_bytes(buf, *bytes);
	} else if (field->type == UINT) {
		measure = *number;
		cbor_put_uint(buf, *number);
	} else {
		cbor_put_int(buf, *with_sign);
	}
	if ((measure < field->min || measure > field->max) && buf->error == 0)
		buf->error = E_LIMIT;
}

static void
put_fields(struct buf *buf, const struct field *fields, size_t n,
    enum secret_kind kind, const void *from)
{
	for (size_t i = 0; i < n; i++)
		if (fields[i].kind == kind)
			put_field(buf, &fields[i], from);
}

static bool
get_field(struct cbor_reader *r, const struct field *field, void *to)
{
	void *at = (uint8_t *)to + field->offset;
	struct slice *bytes = at;
	uint64_t *number = at, measure = field->min;
	int64_t *with_sign = at;

	if (field->type == BYTES) {
		*bytes = cbor_get_bytes(r);
		measure = bytes->n;
	} else if (field->type == UINT) {
		*number = cbor_get_uint(r);
		measure = *number;
	} else {
		*with_sign = cbor_get_int(r);
	}
	return r->error == 0 && measure >= field->min && measure <= field->max;
}

static bool
get_fields(struct cbor_reader *r, const struct field *fields, size_t n,
    enum secret_kind kind, void *to)
{
	for (size_t i = 0; i < n; i++)
		if (fields[i].kind == kind && !get_field(r, &fields[i], to))
			return false;
	return cbor_end(r) == 0;
}

static enum secret_kind
get_kind(struct cbor_reader *r)
{
	return (enum secret_kind)cbor_get_uint_max(r, SECRET_KIND_MAX - 1);
}

void
secret_put_ask(struct buf *buf, const struct secret_ask *ask)
{
	cbor_put_array(buf, 1 + count(asks, ARRAY_SIZE(asks), ask->kind));
	cbor_put_uint(buf, ask->kind);
	put_fields(buf, asks, ARRAY_SIZE(asks), ask->kind, ask);
}

int
secret_get_ask(struct slice body, struct secret_ask *ret_ask)
{
	struct cbor_reader r = cbor_reader(body);
	size_t n = cbor_get_array(&r);
	struct secret_ask ask = {.kind = get_kind(&r)};

	if (ask.kind == SECRET_NONE ||
	    n != 1 + count(asks, ARRAY_SIZE(asks), ask.kind) ||
	    !get_fields(&r, asks, ARRAY_SIZE(asks), ask.kind, &ask))
		return E_GRAMMAR;
	*ret_ask = ask;
	return 0;
}

void
secret_put_answer(struct buf *buf, const struct secret_answer *answer)
{
	cbor_put_array(
	    buf, 2 + count(answers, ARRAY_SIZE(answers), answer->kind));
	cbor_put_uint(buf, answer->kind);
	cbor_put_uint(buf, (uint64_t)-answer->code);
	put_fields(buf, answers, ARRAY_SIZE(answers), answer->kind, answer);
}

int
secret_get_answer(struct slice body, struct secret_answer *ret_answer)
{
	struct cbor_reader r = cbor_reader(body);
	size_t n = cbor_get_array(&r);
	struct secret_answer answer = {.kind = get_kind(&r)};

	answer.code = -(int)cbor_get_uint_max(&r, INT16_MAX);
	if (answer.kind == SECRET_NONE ||
	    n != 2 + count(answers, ARRAY_SIZE(answers), answer.kind) ||
	    !get_fields(&r, answers, ARRAY_SIZE(answers), answer.kind, &answer))
		return E_GRAMMAR;
	*ret_answer = answer;
	return 0;
}
