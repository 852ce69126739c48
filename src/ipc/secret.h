/*
 * What core asks the keeper about the secrets of people, and what it answers:
 * the bodies of SECRET_ASK, [kind, argument ...], and SECRET_ANSWER, [kind,
 * code, result ...]; the header's id is core's, and comes back. Answers come in
 * any order: what needs no hashing of a password passes what does.
 *
 * A password comes here as RFC 8265's OpaqueString has it, so that one typed on
 * another machine is the same: no control characters, every space a space,
 * normalised to NFC. Core does that (core/opaque.h; the keeper has no Unicode
 * data) before it asks for a hash as before it asks for a check.
 *
 * Bodies hold secrets: both sides make them in buffers that wipe (BUF_SECRET).
 */
#ifndef IPC_SECRET_H
#define IPC_SECRET_H

#include "base/buf.h"
#include "base/slice.h"
#include "wire/webauthn.h"

enum secret_kind {
	SECRET_NONE,
	SECRET_PASSWORD_HASH = 1,
	SECRET_PASSWORD_CHECK = 2,
	SECRET_TOTP_MAKE = 3,
	SECRET_TOTP_CHECK = 4,
	SECRET_SIGN_IN = 5,
	SECRET_PASSKEY_CHECK = 6,
	SECRET_PASSKEY_REGISTER = 7,
	SECRET_KIND_MAX,
};

enum {
	SECRET_PASSWORD_MAX = 1024, /* bytes */
	SECRET_PASSWORD_LEAST = 10, /* characters, of a new one */
	SECRET_VERIFIER_MAX = 128,
	SECRET_NAMES_MAX = 2048,
	SECRET_SEALED_MAX = 128,
	SECRET_OWNER_MAX = 64,
	SECRET_CODE_MAX = 16,
	SECRET_LOGIN_MAX = 255,
	SECRET_MAC_BYTES = 32,
	SECRET_ASK_MAX = 32768,
	SECRET_ANSWER_MAX = 4096,
};

/* Why a new password was refused. */
enum secret_weak {
	SECRET_WEAK_NOT,
	SECRET_WEAK_SHORT,   /* under SECRET_PASSWORD_LEAST characters */
	SECRET_WEAK_LISTED,  /* one of the commonest, maybe dressed up */
	SECRET_WEAK_NAME,    /* holds one of the names */
	SECRET_WEAK_PATTERN, /* a run, or few characters again and again */
	SECRET_WEAK_MAX,
};

/*
 * The verifier of a password, versioned and self-describing: opaque to core,
 * which stores it.
 *
 * E_WEAK, with why, E_BUSY where as many wait as may.
 */
struct secret_password_hash {
	struct slice password;
	/* One a line: what may not stand in it, such as the name to sign in by
	 * and the organisation's. Those under 4 characters are passed over. */
	struct slice names;
};

/*
 * E_DENIED, E_BUSY. An empty verifier (nobody has that name) costs the same.
 * `rehash` in the answer: it is right, and its verifier is of older parameters;
 * core asks for a new one while it has the password.
 */
struct secret_password_check {
	struct slice verifier;
	struct slice password;
};

/* A new seed, sealed so that only the keeper reads it, and only for that owner:
 * the principal's id, in whatever bytes core gives each time. */
struct secret_totp_make {
	struct slice owner;
};

/*
 * E_DENIED. `step` in the answer is the one that matched, to be stored as the
 * last one before anything rests on it; `replayed`: the code is right, but of
 * the last step or before.
 */
struct secret_totp_check {
	struct slice sealed;
	struct slice owner;
	struct slice code;
	uint64_t now_ms;
	uint64_t last_step; /* 0: none yet */
};

/*
 * A name, a password and a code at once, with the same work whatever is wrong,
 * empty or missing. The code is 0 where all were looked at: `right` says
 * whether the password was, `step` (not 0) that the code was. E_BUSY.
 *
 * `name` in the answer: HMAC of the login as core gives it, whoever has it or
 * nobody, so that core can record a name that nobody has as something that says
 * nothing to who has stolen the database. `verifier`: both were right, and the
 * password's verifier is of older parameters: this is one to store instead.
 */
struct secret_sign_in {
	struct slice login; /* empty where nobody typed one */
	struct secret_password_check password;
	struct secret_totp_check totp;
};

/*
 * A passkey's answer to a challenge. Core has checked the client data itself
 * (webauthn_check_client_data) and gives its SHA-256. E_DENIED, with what is
 * wrong; user presence and verification are asked for always. Core compares
 * counter and flags with the row's (webauthn_check_state).
 */
struct secret_passkey_check {
	struct slice rp_id;
	struct slice client_hash;
	struct slice authdata;
	struct slice signature;
	struct slice public_key; /* as PASSKEY_REGISTER gave it */
};

/* A new passkey, of whichever algorithm we take. E_DENIED, with what is wrong.
 */
struct secret_passkey_register {
	struct slice rp_id;
	struct slice client_hash;
	struct slice attestation; /* the attestation object */
};

/* A keyed hash, by a key for that context alone. */
struct secret_mac {
	struct slice context;
	struct slice bytes;
};

struct secret_ask {
	enum secret_kind kind;
	union {
		struct secret_password_hash hash;
		struct secret_password_check password;
		struct secret_totp_make totp_make;
		struct secret_totp_check totp;
		struct secret_sign_in sign_in;
		struct secret_passkey_check passkey;
		struct secret_passkey_register enrol;
	};
};

/* What has no place in an answer's kind, or in a refusal, is zero or empty. */
struct secret_answer {
	enum secret_kind kind;
	int code; /* 0 or E_* */
	union {
		struct {
			struct slice verifier;
			uint64_t weak; /* enum secret_weak */
		} hash;
		struct {
			uint64_t rehash;
		} password;
		struct {
			struct slice sealed;
			struct slice base32; /* to be shown once */
		} totp_make;
		struct {
			uint64_t step, replayed;
		} totp;
		struct {
			uint64_t right, step, replayed;
			struct slice name;     /* SECRET_MAC_BYTES */
			struct slice verifier; /* or empty */
		} sign_in;
		struct {
			uint64_t wrong; /* enum webauthn_wrong */
			uint64_t counter, flags;
		} passkey;
		struct {
			uint64_t wrong;
			struct slice credential;
			struct slice public_key; /* COSE */
			int64_t algorithm;       /* WEBAUTHN_ES256 ... */
			uint64_t counter, flags;
			struct slice aaguid;  /* 16 bytes */
			uint64_t attestation; /* enum webauthn_attested */
		} enrol;
	};
};

/* The buffer's error where something is out of its bounds: E_LIMIT. */
void secret_put_ask(struct buf *buf, const struct secret_ask *ask);
void secret_put_answer(struct buf *buf, const struct secret_answer *answer);

/* Slices point into the body. E_GRAMMAR. */
int secret_get_ask(struct slice body, struct secret_ask *ret_ask);
int secret_get_answer(struct slice body, struct secret_answer *ret_answer);

#endif
