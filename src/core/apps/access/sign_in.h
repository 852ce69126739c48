/*
 * What signing in, confirming and enrolling share: how a person proves that it
 * is them. What the keeper says is an argument: a reader asks it, and the
 * writer looks up again that the rows it was asked about still stand.
 */
#ifndef CORE_APPS_ACCESS_SIGN_IN_H
#define CORE_APPS_ACCESS_SIGN_IN_H

#include "core/apps/access/access.h"
#include "ipc/secret.h"

/* A credential as it is checked. */
struct sign_in_row {
	uint64_t id, principal; /* 0: there is none */
	struct slice secret;    /* in the call's arena */
	uint64_t counter, flags;
};

/* Who it is, by which credentials, and what is to be kept of it. */
struct sign_in {
	uint64_t principal;
	struct sign_in_row first, second;
	struct slice verifier; /* instead of the first's; or empty */
	unsigned assurance;
	uint64_t counter; /* of the passkey, or the step of the code */
	uint64_t flags;
	int64_t expires; /* of the exception that lets them in; 0: none did */
};

/* A password as the keeper takes one (core/opaque.h). E_INVALID. */
int sign_in_password(
    struct run *run, struct slice password, struct slice *ret_password);

/* The newest live one of a kind that is confirmed; .id is 0 for none. */
int sign_in_find(struct run *run, uint64_t principal, unsigned kind,
    bool pending, struct sign_in_row *ret_row);

/* The principal's id, as sealed seeds are bound to it. */
struct slice sign_in_owner(struct run *run, uint64_t principal);

/* Puts the question into the call. */
int sign_in_put(struct run *run, const struct secret_ask *ask);

/*
 * What the keeper answered, of that kind. E_BUSY where it couldn't be asked or
 * has too much to do; E_STATE where nothing was asked.
 */
int sign_in_answer(
    struct run *run, enum secret_kind kind, struct secret_answer *ret_answer);

/* That the browser's part answers a challenge of ours, for this host. */
int sign_in_client_data(struct run *run, unsigned purpose,
    struct slice challenge, struct slice client_data);

/* SHA-256 of bytes, in the call's arena. */
struct slice sign_in_digest(struct run *run, struct slice bytes);

/* Asks the keeper what session.begin's argument proves of whom. */
int sign_in_ask(struct run *run, uint64_t principal);

/*
 * What that argument proves, with the keeper's answer. `principal`: of whom it
 * must be, 0: of anybody. E_UNAUTHENTICATED whatever is wrong; the record tells
 * what.
 */
int
sign_in_check(struct run *run, uint64_t principal, struct sign_in *ret_sign_in);

/* Keeps what makes that answer good only once. */
int sign_in_apply(struct run *run, const struct sign_in *sign_in);

#endif
