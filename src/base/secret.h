/*
 * Memory for keys and tokens: locked where the limit allows, left out of core
 * dumps, guarded, wiped when freed (libsodium). There is no formatter for it.
 */
#ifndef BASE_SECRET_H
#define BASE_SECRET_H

#include "base/slice.h"

struct secret {
	uint8_t *p;
	size_t n;
};

/* n bytes of zero. E_NOMEM. */
int secret_alloc(size_t n, struct secret *ret_secret);

/* A copy; the caller wipes the original. E_NOMEM. */
int secret_copy(struct slice s, struct secret *ret_secret);

/* Wipes and frees; safe on a zeroed one. */
void secret_free(struct secret *secret);

/* Wipes memory that is no secret's own, e.g. a buffer that one was read into.
 */
void secret_wipe(void *p, size_t n);

/* Equal, in time that depends on the length only. */
bool secret_eq(struct slice a, struct slice b);

#endif
