/* People on the rig who sign in by a passkey, which is one in software. */
#ifndef CORE_TEST_PASSKEY_H
#define CORE_TEST_PASSKEY_H

#include <sodium.h>

#include "core/test_rig.h"

struct rig_passkey {
	uint8_t public[crypto_sign_PUBLICKEYBYTES];
	uint8_t secret[crypto_sign_SECRETKEYBYTES];
	uint8_t id[16];
	uint32_t counter;
	uint8_t flags; /* beside WEBAUTHN_AT */
	const char *rp_id, *origin;
};

/* A person who has enrolled in nothing yet, with an invitation. */
struct id
rig_invite_new(struct rig *rig, const char *login, char ret_secret[RIG_SECRET]);

/* A new key, for localhost. */
void rig_passkey_init(struct rig_passkey *passkey);

/* What was written, in the rig's arena; the buffer is freed. */
struct slice rig_keep(struct rig *rig, struct buf *buf);

/* A challenge of the server's, for that purpose (CHALLENGE_*). */
struct slice rig_challenge(struct rig *rig, unsigned purpose);

/* What a browser says beside the passkey's answer. */
struct slice rig_client_data(struct rig *rig, const struct rig_passkey *passkey,
    const char *type, struct slice challenge);

/* passkey.add, with an attestation of format "none" (WebAuthn, 8.7). */
struct answer rig_add_passkey(struct rig *rig, const char *token,
    const struct rig_passkey *passkey, struct slice challenge);

/* What a passkey answers to a challenge. */
struct session_begin rig_assertion(
    struct rig *rig, struct rig_passkey *passkey, struct slice challenge);

struct answer rig_begin(struct rig *rig, const struct session_begin *args);

/* Signs in: the code, and the session's secret. */
int rig_passkey_sign_in(
    struct rig *rig, struct rig_passkey *passkey, char ret_secret[RIG_SECRET]);

/* A person with a passkey, and nothing else. */
struct id rig_passkey_enrol(
    struct rig *rig, const char *login, struct rig_passkey *passkey);

/*
 * Two people: an administrator with a passkey, made a day ago and signed in
 * now; and what asks for an operation, and has them approve it.
 */
struct rig_second {
	struct id id;
	struct rig_passkey passkey;
	char token[RIG_SECRET];
};
struct rig_second rig_second(struct rig *rig, const char *login);
struct answer rig_ask(
    struct rig *rig, const char *token, enum op_number op, const void *args);
int rig_approve(struct rig *rig, const char *token, struct id request);
/* Both, checked. */
void rig_allow(struct rig *rig, const struct rig_second *second,
    const char *asker, enum op_number op, const void *args);

#endif
