/*
 * The secrets of people: answers what core asks (ipc/secret.h). What hashes a
 * password waits for the pool; everything else is answered at once.
 */
#ifndef KEEPER_SECRETS_H
#define KEEPER_SECRETS_H

#include "base/loop.h"
#include "base/slice.h"

struct secrets;

struct secrets_options {
	size_t threads; /* that hash at once: each takes PASSWORD_KIB */
	size_t waiting; /* that may wait for one */
	/* Takes the body of a SECRET_ANSWER; never within secrets_free. */
	void (*answer)(void *arg, uint64_t id, struct slice body);
	void *arg;
};

/* Loads the key from the working folder, or makes it. E_CORRUPT, E_IO,
 * E_NOMEM. */
int secrets_new(struct loop *loop, const struct secrets_options *options,
    struct secrets **ret_secrets);
void secrets_free(struct secrets **secrets);

/* The body of a SECRET_ASK. E_GRAMMAR; all else is told in the answer. */
int secrets_ask(struct secrets *secrets, uint64_t id, struct slice body);

/* Who asked is gone: what it waits for is neither done nor answered. */
void secrets_forget(struct secrets *secrets);

#endif
