/* What the operations on principals, credentials and rights share. */
#ifndef CORE_APPS_ACCESS_ACCESS_H
#define CORE_APPS_ACCESS_ACCESS_H

#include "core/run.h"

struct principal_row {
	uint64_t id;
	unsigned kind;
	struct slice name;
	uint64_t home, trash, space;
	int64_t created;
	uint64_t ended, erased;
};

/* E_NOT_FOUND. The name stands in the call's arena. */
int
access_principal(struct run *run, uint64_t id, struct principal_row *ret_row);

/* The same, but E_NOT_FOUND for one that has ended too. */
int access_live_principal(
    struct run *run, uint64_t id, struct principal_row *ret_row);

/*
 * Makes a principal, with a space of its own: home and trash in it, and the
 * grant that it owns them. Its name goes into the record as about itself.
 */
int access_make_principal(struct run *run, unsigned kind, struct slice name,
    uint64_t name_field, struct principal_row *ret_row);

/* A new row of `tuple`. */
int access_make_grant(struct run *run, enum kind object_kind, uint64_t object,
    unsigned relation, uint64_t principal, int64_t expires,
    uint64_t *ret_grant);

struct access_token {
	uint64_t principal;
	struct slice label;
	uint64_t label_field;
	uint64_t families;
	bool read_only;
	uint64_t folder;
	int64_t expires;
	/* Made here. */
	uint64_t credential, session;
	char secret[40];
};

/*
 * Makes a service token: 128 random bits, of which the database keeps a digest.
 * A token is its own session.
 */
int access_make_token(struct run *run, struct access_token *token);

/* How many credentials of a principal are live, and how many sessions. */
int access_count_live(struct run *run, uint64_t principal,
    size_t *ret_credentials, size_t *ret_sessions);

/*
 * E_LAST where nobody would be left who can give roles: without that grant, or
 * without that principal (0: without none).
 */
int access_check_last(struct run *run, uint64_t grant, uint64_t principal);

/* Ends a credential with its sessions. */
int access_end_credential(struct run *run, uint64_t credential);

#endif
