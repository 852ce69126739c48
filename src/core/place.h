/*
 * Where operations are done: the writer's transaction, or a reader's snapshot.
 * Each thread that does operations has a place of its own.
 */
#ifndef CORE_PLACE_H
#define CORE_PLACE_H

#include "core/decide.h"
#include "core/ending.h"
#include "core/who.h"
#include "store/db.h"

struct core;
struct writer;

struct place {
	struct core *core;
	struct db *db;
	struct db *index;      /* a reader's, to the derived index; or NULL */
	struct writer *writer; /* NULL: a reader's place */
	struct arena *arena;   /* of the call under way */
	uint64_t at;           /* the last leaf that is seen here */
	uint64_t since; /* a reader: what is remembered is as of this leaf */
	bool fresh;     /* a reader: nothing from before this snapshot */
	int64_t now;    /* core time of the operation under way */
	uint64_t generation;  /* a reader: core's before its snapshot began */
	uint64_t memberships; /* the same */
	struct who_cache whos;
	struct decide_cache decisions;
};

/*
 * Counts changes of sessions, grants and places in folders: while it stays the
 * same, what was derived from them stays true.
 */
uint64_t place_generation(const struct place *place);

/* The same for memberships in groups, and ends of groups. */
uint64_t place_memberships(const struct place *place);

#endif
