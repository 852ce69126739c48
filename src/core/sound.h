/*
 * Whether a row that lets somebody do something is what the log says: its leaf
 * made it, with what is in it, and what that leaf rests on leads up to a
 * ceremony. The row is believed nothing: whoever can write the database may
 * have put it there, or have changed it.
 *
 * What no record tells isn't seen: of a secret, what checks it.
 */
#ifndef CORE_SOUND_H
#define CORE_SOUND_H

#include "base/map.h"
#include "ledger/leaf.h"
#include "store/db.h"

struct arena;

/* A row of a kind that holds authority, as far as it says whose and what. */
struct sound_row {
	enum kind kind;
	uint64_t ref;
	int64_t ended;
	uint64_t principal; /* whose */
	/* PRINCIPAL_*, CREDENTIAL_*, RELATION_*, ASSURANCE_* of a session, the
	 * operation that opened a stream, or that a request is for. */
	unsigned sort;
	/* Of a grant: on what; a credential: the folder of its scope; a unit:
	 * the one that it is a part of; a stream: what it brings; a request:
	 * whom it is about. */
	enum kind object_kind;
	uint64_t object;
	uint64_t credential, second; /* of a session */
	uint64_t session;            /* of a stream, or a request's asker */
	uint64_t families;           /* of a credential */
	bool read_only;
	int64_t expires; /* 0: never by itself */
	/* Of a request: what tells it from others, when it needs nobody any
	 * more, and the leaf that approved it, by whom. */
	struct digest digest;
	int64_t ripe;
	uint64_t approved, approver, approver_session;
};

/*
 * The statement's row, which has the columns of SQL_ALL_... or of
 * SQL_AUTHORITY_... of that kind.
 */
void sound_take(enum kind kind, struct stmt *stmt, struct sound_row *ret_row);

/* The object of a leaf that made that row; NULL where none did. */
const struct leaf_object *
sound_made(const struct leaf *leaf, enum kind kind, uint64_t ref);

/*
 * Tells each thing of a row that isn't what its leaf says: "its scope".
 * `object` is that which made it.
 */
void sound_compare(const struct leaf *leaf, const struct leaf_object *object,
    const struct sound_row *row, const struct id_key *key,
    void (*differs)(void *arg, const char *what), void *arg);

/*
 * The same of the leaf that approved a request: that it did, and by whom.
 */
void
sound_compare_approval(const struct leaf *leaf, const struct sound_row *row,
    void (*differs)(void *arg, const char *what), void *arg);

/* ---- the way up ---------------------------------------------------------- */

/* Many ways up share most of their leaves: each is looked at once. */
struct sound_ways {
	struct db *db;
	struct arena *arena; /* what is known stands here */
	struct map known;    /* cited reference -> struct cited */
	uint64_t walk;       /* ways up so far */
	size_t looked_at;    /* leaves read so far */
	size_t most;         /* that may be: E_LIMIT beyond */
};

struct sound_problem {
	char text[160];
};

/*
 * Reads a leaf. 1; 0 and why there is none to believe; E_LIMIT, E_NOMEM, or a
 * fault.
 */
int sound_load(struct sound_ways *ways, struct arena *arena, uint64_t sequence,
    struct leaf *ret_leaf, struct sound_problem *reterr_problem);

/*
 * Whether a leaf leads up to a ceremony: by the session that did it, that one's
 * credential, whoever made that, and so on; where several are cited, by each.
 * 1 and the ceremony's number; 0 and why not; E_LIMIT, E_NOMEM, or a fault.
 */
int sound_way_up(struct sound_ways *ways, const struct leaf *leaf,
    uint64_t *ret_ceremony, struct sound_problem *reterr_problem);

void sound_ways_free(struct sound_ways *ways);

#endif
