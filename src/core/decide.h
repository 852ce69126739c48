/*
 * Decisions: whether a principal is in a relation to an object (schema.def, the
 * model of Zanzibar, Pang et al. 2019), with the proof.
 *
 * A proof is the list of rows that the answer rests on, by reference, from the
 * object up: each place in a folder, the grant, and where that names a group,
 * the group and the memberships down to the principal. It holds until one of
 * these rows ends, or its time is over. What lies in a trash is reached by
 * grants above the trash only, so the whole way up belongs to the proof.
 */
#ifndef CORE_DECIDE_H
#define CORE_DECIDE_H

#include "base/map.h"
#include "base/mem.h"
#include "core/subject.h"
#include "op/id.h"

struct node_row;
struct place;
struct buf;

enum {
	UNIT_DEPTH_MAX = 8,     /* units, one in the other */
	DECIDE_DEPTH_MAX = 140, /* twice what may be made, and some */
	/* Its grant and memberships; itself, its place. */
	DECIDE_OWN_MAX = SUBJECT_ROWS_MAX + UNIT_DEPTH_MAX,
};

struct proof {
	uint64_t
	    own[DECIDE_OWN_MAX]; /* the object's own rows, its grant first */
	size_t n_own;
	/* Where it joins what others share; good until the cache is trimmed. */
	uint64_t key;
	const uint64_t *tail;
	size_t n_tail;
	size_t depth;    /* folders above */
	bool in_trash;   /* below a trash */
	uint64_t grant;  /* the row that gave the relation; 0: none needed */
	size_t n_grant;  /* that, and the memberships behind it */
	int64_t expires; /* 0: never */
};

struct decide_cache {
	struct map entries;  /* of folders */
	struct map folders;  /* as they stand in the database */
	struct map subjects; /* by principal (subject.h) */
	uint64_t next;       /* number of the next entry */
};

void decide_cache_free(struct decide_cache *cache);

/* Makes room, between calls: no proof may still point into the cache. */
void decide_cache_trim(struct decide_cache *cache);

/*
 * Whether principal is in relation to a folder or file. E_DENIED where not; the
 * proof then holds the way up. E_DEPTH, E_NOT_FOUND where a folder above has
 * ended, E_NOMEM and errors of the store.
 */
int decide_node(struct place *place, uint64_t principal, unsigned relation,
    const struct node_row *node, struct proof *ret_proof);

/* The same for the organisation: its roles, which nobody from outside has. */
int decide_org(struct place *place, uint64_t principal, unsigned relation,
    struct proof *ret_proof);

/*
 * The relations that give one on an object of that kind, as BIT(RELATION_*); 0
 * where there is no such. ret_inherits: so do those on the folder it lies in.
 */
uint64_t decide_by(enum kind kind, unsigned relation, bool *ret_inherits);

/*
 * Behind the grant of a proof: the groups and memberships by which it reaches
 * the principal, from the group that it names down, two rows a step; the group
 * of everyone, or of guests, comes last, and alone.
 */
const uint64_t *decide_memberships(const struct proof *proof, size_t *ret_n);

/* True where a folder is on the node's way up, or the node itself. */
bool decide_within(
    const struct proof *proof, const struct node_row *node, uint64_t folder);

/* Whether principal may use an app (APP_*); remembered as folders are. */
int decide_app(struct place *place, uint64_t principal, unsigned app,
    struct proof *ret_proof);

/*
 * The same for a unit: its roles, and those in units above it. The proof holds
 * each unit up to the one that the role is in, which is told, too.
 */
int decide_unit(struct place *place, uint64_t principal, unsigned relation,
    uint64_t unit, struct proof *ret_proof, uint64_t *ret_in);

/* The schema as JSON, for the catalogue. */
void decide_put_schema(struct buf *buf);

#endif
