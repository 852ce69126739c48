/*
 * WebAuthn Level 3: what passkeys and browsers send, parsed, and the checks
 * that need no key: pure functions. Signatures are the keeper's matter.
 *
 * CBOR must be in CTAP2's canonical form, as the specification asks of
 * authenticators and clients (6.5, 6.5.4): wire/cbor.h reads no other.
 */
#ifndef WIRE_WEBAUTHN_H
#define WIRE_WEBAUTHN_H

#include "base/slice.h"

enum {
	WEBAUTHN_RP_ID_MAX = 253,
	WEBAUTHN_CHALLENGE_MAX = 128,
	WEBAUTHN_CLIENT_DATA_MAX = 4096,
	WEBAUTHN_AUTHDATA_MAX = 4096,
	WEBAUTHN_ANSWER_MAX = 512, /* authenticator data without a new key */
	WEBAUTHN_SIGNATURE_MAX = 512,
	WEBAUTHN_KEY_MAX = 512,
	WEBAUTHN_CREDENTIAL_MAX = 1023, /* 5.8.3 */
	WEBAUTHN_ATTESTATION_MAX = 16384,
	WEBAUTHN_AAGUID_BYTES = 16,
};

/* What is wrong; 0: nothing. */
enum webauthn_wrong {
	WEBAUTHN_RIGHT,
#define WRONG(name, text) WEBAUTHN_WRONG_##name,
#include "wire/webauthn.def"
#undef WRONG
	WEBAUTHN_WRONG_MAX,
};

/* Plain words; "" for what is right. */
const char *webauthn_wrong_text(enum webauthn_wrong wrong);

/* ---- the browser's part ------------------------------------------------ */

enum webauthn_ceremony {
	WEBAUTHN_CREATE = 1, /* a new passkey */
	WEBAUTHN_GET = 2,    /* an answer of one */
};

/*
 * Checks clientDataJSON (5.8.1): its ceremony; its challenge, bytes, which core
 * gave out once and takes back here; its origin, one of the list, byte for
 * byte; and that no page of another origin had a part in it. Members that are
 * unknown are passed over, as the specification demands; one that stands twice
 * is not.
 */
enum webauthn_wrong
webauthn_check_client_data(struct slice json, enum webauthn_ceremony ceremony,
    struct slice challenge, const struct slice *origins, size_t n_origins);

/* ---- the authenticator's part ------------------------------------------ */

enum webauthn_flag {
	WEBAUTHN_UP = 1 << 0, /* somebody touched it */
	WEBAUTHN_UV = 1 << 2, /* and is its user */
	WEBAUTHN_BE = 1 << 3, /* may be backed up: never changes */
	WEBAUTHN_BS = 1 << 4, /* is backed up */
	WEBAUTHN_AT = 1 << 6, /* holds a new credential */
	WEBAUTHN_ED = 1 << 7, /* holds extensions */
};

/* COSE's numbers. */
enum webauthn_algorithm {
	WEBAUTHN_ES256 = -7,
	WEBAUTHN_EDDSA = -8,
	WEBAUTHN_RS256 = -257,
};

/* A public key; slices point into what was parsed. */
struct webauthn_key {
	enum webauthn_algorithm algorithm;
	struct slice x, y; /* ES256: 32 bytes each; EdDSA: x alone */
	struct slice n, e; /* RS256: 2048 bits, 65537 */
};

/* Authenticator data (6.1); slices point into what was parsed. */
struct webauthn_authdata {
	struct slice rp_id_hash;
	uint8_t flags;
	uint32_t counter;
	/* With WEBAUTHN_AT. */
	struct slice aaguid, credential, cose_key;
	/* With WEBAUTHN_ED: a map. */
	struct slice extensions;
};

/* An attestation object (6.5.4). */
struct webauthn_attestation {
	struct slice format;
	struct slice statement; /* CBOR, a map */
	struct slice authdata;
};

/* What an attestation statement says of its signature. */
struct webauthn_statement {
	size_t members;
	int64_t algorithm; /* 0: not said */
	bool certified;    /* certificates come with it */
};

/* How far a new passkey's origin is attested. */
enum webauthn_attested {
	WEBAUTHN_ATTESTED_NONE,  /* nothing, or in a way that isn't checked */
	WEBAUTHN_ATTESTED_SELF,  /* its own key signed it */
	WEBAUTHN_ATTESTED_BASIC, /* a certificate did, that nobody vouches for
	                          */
	WEBAUTHN_ATTESTED_MAX,
};

/* E_SYNTAX unless all of it is read, and says one thing. */
int webauthn_parse_authdata(
    struct slice in, struct webauthn_authdata *ret_authdata);
int webauthn_parse_attestation(
    struct slice in, struct webauthn_attestation *ret_attestation);
int webauthn_parse_statement(
    struct slice in, struct webauthn_statement *ret_statement);

/*
 * A COSE key with just the members that its kind has. E_KIND where it is none
 * that is taken, E_SYNTAX.
 */
int webauthn_parse_key(struct slice in, struct webauthn_key *ret_key);

/*
 * What can be said of authenticator data without a key: made for that host,
 * with user presence and verification, and flags that agree.
 */
enum webauthn_wrong webauthn_check_authdata(
    const struct webauthn_authdata *authdata, struct slice rp_id);

/*
 * Against what a passkey said before: its counter goes up wherever it has one
 * (6.1.1), and whether it may be backed up never changes.
 */
enum webauthn_wrong webauthn_check_state(uint64_t counter, uint64_t flags,
    uint64_t last_counter, uint64_t last_flags);

#endif
