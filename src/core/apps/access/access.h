/* What the operations on principals, credentials and rights share. */
#ifndef CORE_APPS_ACCESS_ACCESS_H
#define CORE_APPS_ACCESS_ACCESS_H

#include "core/run.h"

struct principal_row {
	uint64_t id;
	unsigned kind;
	struct slice name;
	uint64_t home, trash, space; /* a group has none */
	uint64_t unit;               /* 0: of the organisation itself */
	uint64_t canary; /* the last record about it as one; 0: it is none */
	int64_t created;
	uint64_t ended, erased, suspended;
	struct slice login; /* of a human being: what they sign in by */
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
 * `login` is empty but for a human being.
 */
int access_make_principal(struct run *run, unsigned kind, struct slice name,
    uint64_t name_field, struct slice login, struct principal_row *ret_row);

/* The leaf that renamed it last; 0: none did. E_NOT_FOUND. */
int access_named(struct run *run, uint64_t principal, uint64_t *ret_named);

/* A person whom nobody is, and a file of theirs that nobody needs. */
struct access_canary {
	struct slice name, login, file;   /* each but the name may be empty */
	uint64_t name_field, login_field; /* where the record holds them */
};

/*
 * Makes one. What is in the file is made up here. ret_file is 0 where there is
 * none.
 */
int access_plant_canary(struct run *run, const struct access_canary *canary,
    uint64_t *ret_principal, uint64_t *ret_file);

/* Its row, and its words. */
int access_put_principal(struct run *run, const struct principal_row *row);

/* From a row of PRINCIPAL_COLUMNS; texts in the call's arena. E_NOMEM. */
int access_take_principal(
    struct run *run, struct stmt *stmt, struct principal_row *ret_row);

/*
 * By what principal.find finds it: the words of its names. None of what nobody
 * shares anything with. To forget them leaves the row itself.
 */
int access_put_words(struct run *run, const struct principal_row *row);
int access_forget_words(struct run *run, uint64_t principal);

/* Those of all that live, once: of a database that had none. */
int access_fill_words(struct run *run);

void access_describe(const struct principal_row *row, struct principal *ret);

/*
 * A page of principals into the result, from a statement over rows of them,
 * whose parameter of that number says how many.
 */
int access_list_principals(struct run *run, struct stmt *stmt, unsigned number,
    const struct principal_list *args);

/* Whether it can be shared: E_STATE of a space itself, and what is thrown away.
 */
int access_check_shareable(const struct node_row *node);

/* Whether a folder or file may bear one more: as many as share.list tells.
 * E_LIMIT. */
int access_check_grant_room(struct run *run, uint64_t node);

/* A new row of `tuple`. */
int access_make_grant(struct run *run, enum kind object_kind, uint64_t object,
    unsigned relation, uint64_t principal, int64_t expires,
    uint64_t *ret_grant);

/* The same of a unit, of one kind or (0) of all. */
int access_list_unit(
    struct run *run, unsigned kind, const struct principal_list *args);

/* Rights into the result, a grant_page, from a statement over rows of `tuple`.
 */
int access_list_grants(struct run *run, struct stmt *stmt);

/* Roles that a principal has anywhere, by groups, too: BIT(RELATION_*). */
int access_roles(struct run *run, uint64_t principal, uint64_t *ret_roles);

/* Ends a row of `tuple`. */
int access_end_grant(struct run *run, uint64_t grant);

enum { ACCESS_SECRET = 40 };

/* A credential to be made. */
struct access_credential {
	unsigned kind; /* CREDENTIAL_* */
	uint64_t principal;
	struct slice label;
	uint64_t label_field; /* where the record holds it; 0: nowhere */
	uint64_t families;
	bool read_only;
	uint64_t folder;
	int64_t expires; /* 0: it doesn't by itself */
	struct slice
	    secret; /* what checks it, where the keeper or a key does */
	struct slice handle; /* of a passkey */
	uint64_t counter, flags;
};

/* A session to be made; its secret is 128 random bits, kept as a digest. */
struct access_session {
	uint64_t principal, credential, second;
	unsigned assurance; /* ASSURANCE_* */
	int64_t stepped, idle, expires;
	/* Made here. */
	uint64_t id;
	char secret[ACCESS_SECRET];
};

/* 128 random bits as text, with a prefix that scanners of leaks can know. */
void access_make_secret(char ret_secret[ACCESS_SECRET]);

/* A row of `credential`, and of `session`, and what the record tells of them.
 */
int access_make_credential(struct run *run,
    const struct access_credential *credential, uint64_t *ret_ref);
int access_make_session(struct run *run, struct access_session *session);

/*
 * A token, an invitation, a recovery code, an app password: a secret that is a
 * credential and its only session. The record's families and end are given by
 * the caller where it makes several.
 */
int access_make_token(struct run *run, const struct access_credential *token,
    int64_t idle, struct access_session *ret_session);

/* The same of a single one, with its facts; and the result that tells it. */
int access_issue_token(struct run *run, const struct access_credential *token,
    int64_t idle, struct access_session *ret_session);
int access_tell_token(
    struct run *run, struct access_session *session, int64_t expires);

/* What a secret of that kind is for: all but to enrol; or that, and oneself. */
#define ACCESS_FAMILIES ((BIT(FAMILY_MAX) - 2) & ~BIT(FAMILY_ENROL))
#define ACCESS_ENROLMENT (BIT(FAMILY_SELF) | BIT(FAMILY_ENROL))

/* In the flags of a credential, above those of WebAuthn: not confirmed yet. */
#define ACCESS_PENDING BIT(16)

#define ACCESS_DAY_MS ((int64_t)24 * 3600 * 1000)

/*
 * What two names to sign in by are equal by: NFKC, case folded. E_NAME where it
 * can't be one: empty, with spaces or control characters.
 */
int
access_login_key(struct run *run, struct slice login, struct slice *ret_key);

/* The live principal of that name, or E_NOT_FOUND. */
int
access_find_login(struct run *run, struct slice key, uint64_t *ret_principal);

/* The result that shows a session's secret, once: the secret is wiped. */
int access_tell_session(struct run *run, struct access_session *session);

/* The texts of the connection of a context's leaf; they may be erased. */
int
access_take_place(struct run *run, uint64_t context, struct slice *ret_address,
    bool *ret_has_address, struct slice *ret_agent, bool *ret_has_agent);

/* The result of credential.list and token.list. */
int access_list_credentials(struct run *run, uint64_t principal);

/* Ends all live credentials of a kind, but one (0: none is spared). */
int access_end_kind(
    struct run *run, uint64_t principal, unsigned kind, uint64_t but);

/* Ends all live credentials up to one, with their sessions. */
int access_end_up_to(struct run *run, uint64_t principal, uint64_t last);

/* How many live ones there are, or an error. */
int access_count_kind(
    struct run *run, uint64_t principal, unsigned kind, uint64_t *ret_n);

/* Ends a principal with its credentials and sessions. */
int access_end_principal(struct run *run, uint64_t principal);

/* How many credentials of a principal are live, and how many sessions. */
int access_count_live(struct run *run, uint64_t principal,
    size_t *ret_credentials, size_t *ret_sessions);

/*
 * E_LAST where nobody would be left who can give roles: without that grant, or
 * without that principal (0: without none).
 */
int access_check_last(struct run *run, uint64_t grant, uint64_t principal);

/*
 * Ends the sessions unused longest beyond so many, a few at once: of a
 * credential (SQL_SESSION_UNUSED), or those that a principal signed in to
 * (SQL_SESSION_SURPLUS). So one record can always name all that there are.
 */
enum { ACCESS_UNUSED_MAX = 100 }; /* that end at once */
int
access_end_unused(struct run *run, enum sql unused, uint64_t of, uint64_t keep);

/* The same of whom somebody signs in as, by the configured limit. */
int access_make_room(struct run *run, uint64_t principal);

/* Ends the sessions that an exception let a principal sign in to. */
int access_end_excepted(struct run *run, uint64_t principal);

/* Ends a session; ends those that a principal signed in to, but one. */
int access_end_session(struct run *run, uint64_t session);
int access_end_sessions(
    struct run *run, uint64_t principal, uint64_t but, uint64_t *ret_n);
/* Of a unit, also of one that has ended. E_NOT_FOUND. */
int access_unit_name(struct run *run, uint64_t id, struct slice *ret_name);

/* The group of everyone, or of guests: nobody is put into it, or taken out. */
bool access_is_standing_group(const struct run *run, uint64_t id);

/*
 * A link, or the group that all links are in: who has one is nobody that one
 * knows, so nothing is given to it but what it was made for.
 */
bool access_is_unknown(const struct run *run, const struct principal_row *row);

/* E_NOT_FOUND where there is no such unit, or it has ended. */
int access_live_unit(struct run *run, uint64_t id, struct slice *ret_name);

/* The unit that one is a part of; 0: none. E_NOT_FOUND. */
int access_unit_above(struct run *run, uint64_t id, uint64_t *ret_parent);

/*
 * By a role in a unit (run->on[0].unit) only those are touched who belong to it
 * or to one within, and have no role in the organisation, nor in a unit that
 * doesn't lie below that one. E_DENIED.
 */
int access_check_reach(struct run *run, uint64_t principal);

/* By such a role nobody gives anything to themselves, or to a group that they
 * are in. E_DENIED. */
int access_check_others(struct run *run, uint64_t principal);

/* Puts a principal into a unit; 0: none. */
int access_set_unit(struct run *run, uint64_t principal, uint64_t unit);

/* E_NOT_FOUND where there is no such row (SQL_ROW_...), or it has ended. */
int access_check_live(struct run *run, enum sql row, uint64_t id);

/* Ends a credential with its sessions. */
int access_end_credential(struct run *run, uint64_t credential);

#endif
