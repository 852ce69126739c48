#include "core/test_passkey.h"

#include <stdio.h>

#include "base/encode.h"
#include "core/challenge.h"
#include "unit.h"
#include "wire/cbor.h"
#include "wire/webauthn.h"

struct id
rig_invite_new(struct rig *rig, const char *login, char ret_secret[RIG_SECRET])
{
	struct principal_create args = {.has_kind = false};
	struct answer a;
	struct id id;

	SHAPE_SET(&args, kind, PRINCIPAL_PERSON);
	SHAPE_SET(&args, name, slice_str(login));
	SHAPE_SET(&args, login, slice_str(login));
	a = rig_do(rig, &rig->arena, OP_PRINCIPAL_CREATE, rig->token, &args);
	assert_int_equal(a.code, 0);
	id = ((struct principal *)a.result)->id;
	rig_invite(rig, id, ret_secret);
	return id;
}

/* ---- a passkey in software ----------------------------------------------- */

void
rig_passkey_init(struct rig_passkey *passkey)
{
	*passkey = (struct rig_passkey){.flags = WEBAUTHN_UP | WEBAUTHN_UV,
	    .rp_id = "localhost",
	    .origin = "https://localhost"};
	crypto_sign_keypair(passkey->public, passkey->secret);
	randombytes_buf(passkey->id, sizeof(passkey->id));
}

struct slice
rig_keep(struct rig *rig, struct buf *buf)
{
	struct slice copy = arena_copy(&rig->arena, buf_slice(buf));

	assert_int_equal(buf->error, 0);
	buf_free(buf);
	return copy;
}

struct slice
rig_challenge(struct rig *rig, unsigned purpose)
{
	struct challenge_make args = {.has_purpose = true, .purpose = purpose};
	struct answer a =
	    rig_do(rig, &rig->arena, OP_CHALLENGE_MAKE, NULL, &args);

	assert_int_equal(a.code, 0);
	return ((struct challenge *)a.result)->challenge;
}

struct slice
rig_client_data(struct rig *rig, const struct rig_passkey *passkey,
    const char *type, struct slice challenge)
{
	struct buf buf = BUF(1000);

	buf_printf(&buf, "{\"type\":\"%s\",\"challenge\":\"", type);
	buf_put_base64url(&buf, challenge);
	buf_printf(&buf, "\",\"origin\":\"%s\",\"crossOrigin\":false}",
	    passkey->origin);
	return rig_keep(rig, &buf);
}

static void
put_authdata(const struct rig_passkey *passkey, uint8_t flags, struct buf *buf)
{
	struct digest digest = sha256(slice_str(passkey->rp_id));

	buf_put_slice(buf, digest_slice(&digest));
	buf_put_u8(buf, passkey->flags | flags);
	for (int shift = 24; shift >= 0; shift -= 8)
		buf_put_u8(buf, (uint8_t)(passkey->counter >> shift));
}

/* An attestation object of format "none", with an Ed25519 key (RFC 9053). */
static struct slice
attestation(struct rig *rig, const struct rig_passkey *passkey)
{
	struct buf authdata = BUF(1000), buf = BUF(2000);
	static const uint8_t model[16] = {0};

	put_authdata(passkey, WEBAUTHN_AT, &authdata);
	buf_put(&authdata, model, sizeof(model));
	buf_put_u8(&authdata, 0);
	buf_put_u8(&authdata, sizeof(passkey->id));
	buf_put(&authdata, passkey->id, sizeof(passkey->id));
	cbor_put_map(&authdata, 4);
	cbor_put_int(&authdata, 1);
	cbor_put_int(&authdata, 1);
	cbor_put_int(&authdata, 3);
	cbor_put_int(&authdata, WEBAUTHN_EDDSA);
	cbor_put_int(&authdata, -1);
	cbor_put_int(&authdata, 6);
	cbor_put_int(&authdata, -2);
	cbor_put_bytes(
	    &authdata, slice_of(passkey->public, sizeof(passkey->public)));
	cbor_put_map(&buf, 3);
	cbor_put_text(&buf, SLICE("fmt"));
	cbor_put_text(&buf, SLICE("none"));
	cbor_put_text(&buf, SLICE("attStmt"));
	cbor_put_map(&buf, 0);
	cbor_put_text(&buf, SLICE("authData"));
	cbor_put_bytes(&buf, buf_slice(&authdata));
	assert_int_equal(authdata.error, 0);
	buf_free(&authdata);
	return rig_keep(rig, &buf);
}

struct answer
rig_add_passkey(struct rig *rig, const char *token,
    const struct rig_passkey *passkey, struct slice challenge)
{
	struct passkey_add args = {.has_label = false};

	SHAPE_SET(&args, label, SLICE("laptop"));
	SHAPE_SET(&args, challenge, challenge);
	SHAPE_SET(&args, client_data,
	    rig_client_data(rig, passkey, "webauthn.create", challenge));
	SHAPE_SET(&args, attestation, attestation(rig, passkey));
	return rig_do(rig, &rig->arena, OP_PASSKEY_ADD, token, &args);
}

struct session_begin
rig_assertion(
    struct rig *rig, struct rig_passkey *passkey, struct slice challenge)
{
	struct session_begin args = {.has_login = false};
	struct buf signed_bytes = BUF(2000), authdata = BUF(1000);
	uint8_t signature[crypto_sign_BYTES];
	struct digest digest;

	passkey->counter++;
	put_authdata(passkey, 0, &authdata);
	SHAPE_SET(&args, client_data,
	    rig_client_data(rig, passkey, "webauthn.get", challenge));
	digest = sha256(args.client_data);
	buf_put_slice(&signed_bytes, buf_slice(&authdata));
	buf_put_slice(&signed_bytes, digest_slice(&digest));
	crypto_sign_detached(
	    signature, NULL, signed_bytes.p, signed_bytes.n, passkey->secret);
	buf_free(&signed_bytes);
	SHAPE_SET(&args, passkey,
	    arena_copy(
		&rig->arena, slice_of(passkey->id, sizeof(passkey->id))));
	SHAPE_SET(&args, challenge, challenge);
	SHAPE_SET(&args, authenticator_data, rig_keep(rig, &authdata));
	SHAPE_SET(&args, signature,
	    arena_copy(&rig->arena, slice_of(signature, sizeof(signature))));
	return args;
}

struct answer
rig_begin(struct rig *rig, const struct session_begin *args)
{
	return rig_do(rig, &rig->arena, OP_SESSION_BEGIN, NULL, args);
}

int
rig_passkey_sign_in(
    struct rig *rig, struct rig_passkey *passkey, char ret_secret[RIG_SECRET])
{
	struct session_begin args =
	    rig_assertion(rig, passkey, rig_challenge(rig, CHALLENGE_SIGN_IN));
	struct answer a = rig_begin(rig, &args);

	if (a.code == 0)
		(void)snprintf(ret_secret, RIG_SECRET, "%.*s",
		    SLICE_ARG(((struct session_made *)a.result)->secret));
	return a.code;
}

struct id
rig_passkey_enrol(
    struct rig *rig, const char *login, struct rig_passkey *passkey)
{
	char invitation[RIG_SECRET];
	struct id id = rig_invite_new(rig, login, invitation);
	struct answer a;

	rig_passkey_init(passkey);
	a = rig_add_passkey(
	    rig, invitation, passkey, rig_challenge(rig, CHALLENGE_REGISTER));
	assert_int_equal(a.code, 0);
	assert_true(((struct credential_made *)a.result)->enrolled);
	return id;
}

/* ---- two people ------------------------------------------------------------
 */

struct rig_second
rig_second(struct rig *rig, const char *login)
{
	struct role_grant args = {.has_principal = true};
	struct rig_second second = {.token = ""};

	second.id = rig_passkey_enrol(rig, login, &second.passkey);
	args.principal = second.id;
	SHAPE_SET(&args, relation, RELATION_USER_ADMIN);
	assert_int_equal(
	    rig_do(rig, &rig->arena, OP_ROLE_GRANT, rig->token, &args).code, 0);
	rig_pass((int64_t)25 * 3600 * 1000);
	assert_int_equal(
	    rig_passkey_sign_in(rig, &second.passkey, second.token), 0);
	return second;
}

struct answer
rig_ask(struct rig *rig, const char *token, enum op_number op, const void *args)
{
	struct approval_ask ask = {.has_call = true};
	struct buf call = BUF(4096);

	cbor_put_array(&call, 2);
	cbor_put_uint(&call, op);
	shape_encode(op_get(op)->args, args, NULL, &call);
	ask.call = rig_keep(rig, &call);
	return rig_do(rig, &rig->arena, OP_APPROVAL_ASK, token, &ask);
}

int
rig_approve(struct rig *rig, const char *token, struct id request)
{
	struct request_ref args = {.has_request = true, .request = request};

	return rig_do(rig, &rig->arena, OP_APPROVAL_GIVE, token, &args).code;
}

void
rig_allow(struct rig *rig, const struct rig_second *second, const char *asker,
    enum op_number op, const void *args)
{
	struct answer a = rig_ask(rig, asker, op, args);

	assert_int_equal(a.code, 0);
	assert_int_equal(rig_approve(rig, second->token,
			     ((struct request_made *)a.result)->id),
	    0);
}
