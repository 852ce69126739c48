/*
 * Authentication: one function for every protocol, credential and application.
 * Core derives who it is from the bearer secret alone, each time.
 */
#ifndef CORE_WHO_H
#define CORE_WHO_H

#include "base/hash.h"
#include "base/map.h"
#include "op/words.h"

struct place;

/* Who acts: the rows that say so, by reference, and what bounds them. */
struct who {
	uint64_t session, credential, principal;
	uint64_t second;    /* the other credential, or 0 */
	unsigned kind;      /* PRINCIPAL_* */
	unsigned opened_by; /* CREDENTIAL_*: what the credential is */
	unsigned assurance; /* ASSURANCE_* */
	int64_t stepped;    /* when its owner was last there for certain */
	int64_t used, idle; /* to within minutes; 0: it may lie unused */
	bool suspended;
	uint64_t families; /* BIT(FAMILY_*) of the credential's scope */
	bool read_only;
	uint64_t folder;             /* the scope's folder, or 0 */
	int64_t expires;             /* of session and credential, the sooner */
	uint64_t space, home, trash; /* folders of the principal */
};

/* By a secret that opens enrolment and nothing else. */
static inline bool
who_enrols(const struct who *who)
{
	return who->opened_by == CREDENTIAL_INVITATION ||
	       who->opened_by == CREDENTIAL_RECOVERY ||
	       who->opened_by == CREDENTIAL_REISSUE;
}

/* What was found lately, by digest; it holds until a row of it ends. */
struct who_cache {
	struct map entries;
};

void who_cache_free(struct who_cache *cache);

/*
 * Who bears this secret. E_UNAUTHENTICATED where nobody does, or the session,
 * its credentials or the principal has ended; E_EXPIRED, E_SUSPENDED. *ret_who
 * tells in these cases, too, whose secret it was, for the record; all 0 where
 * nobody knows it.
 */
int who_authenticate(
    struct place *place, const struct digest *bearer, struct who *ret_who);

/* Its session was changed without an end: it is looked up anew. */
void who_forget(struct place *place, const struct digest *bearer);

/* True of those who enrol, and sign in with what they know and have. */
static inline bool
principal_is_human(unsigned kind)
{
	return kind == PRINCIPAL_PERSON || kind == PRINCIPAL_GUEST;
}

/* True of those who aren't of the organisation: no role in it is theirs. */
static inline bool
principal_is_outside(unsigned kind)
{
	return kind == PRINCIPAL_GUEST || kind == PRINCIPAL_LINK;
}

#endif
