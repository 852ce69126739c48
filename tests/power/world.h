/*
 * What a load has done, and what must therefore be there: the memory of a
 * client that outlives the server's falls. It is in memory shared with the
 * processes that run the engine (simfs.h).
 *
 * A thing is a file and how it must be. An act is an operation on one, with an
 * Idempotency-Key; at most one is under way on a thing. A life is one run of
 * the engine, in a process of its own: it opens what is there, checks all,
 * repeats what it should, does a load, and stops. Then the power fails at a
 * moment of that life (world_cut), and the next begins.
 */
#ifndef TESTS_POWER_WORLD_H
#define TESTS_POWER_WORLD_H

#include "core/test_rig.h"
#include "simfs.h"

enum {
	WORLD_THINGS = 48,
	WORLD_ACTS = 1 << 14,
	WORLD_NOTES = 256, /* checkpoints of one life */
	WORLD_PROBLEM = 400,
	WORLD_RESULT = 96,
};

enum thing_state {
	THING_NONE, /* not made yet, or gone for good */
	THING_LIVE,
	THING_TRASHED,
};

struct thing {
	enum thing_state state;
	struct id id;     /* outer */
	unsigned name;    /* "f<place>-<name>" */
	unsigned content; /* what its bytes come from */
	struct id grant;  /* to the peer; .n 0: none */
};

enum act_state {
	ACT_SENT, /* no answer, or none that counts */
	ACT_DONE,
	ACT_FAILED, /* the answer said that nothing was done */
};

struct act {
	enum op_number op;
	unsigned thing;
	char key[24];
	struct thing before, after;
	size_t sent, answered; /* moments; SIZE_MAX: not */
	enum act_state state;
	int code;
	uint64_t sequence; /* of its record */
	size_t n_result;
	uint8_t result[WORLD_RESULT]; /* as CBOR */
};

struct world_note {
	size_t moment;
	uint64_t size;
	struct digest root;
	size_t n;
	char text[1000];
};

enum problem {
	PROBLEM_NONE,
	PROBLEM_LOST,  /* what was acknowledged isn't there */
	PROBLEM_WRONG, /* anything else that must not be */
};

struct world {
	struct rig *rig; /* memory of a process's own: each life has it anew */
	bool exited;     /* the last life ended because core had to */
	struct dice dice;
	struct id home, trash, peer;
	struct thing things[WORLD_THINGS]; /* as of the last moment cut at */
	struct thing now[WORLD_THINGS];    /* as of the newest answer */
	struct act acts[WORLD_ACTS];
	size_t n_acts;
	size_t
	    first_open; /* acts before it are done, and were before the cut */
	size_t newest;  /* those of the life before are from here on */
	size_t others[OP_MAX]; /* done by others than acts */
	struct world_note signed_last, notes[WORLD_NOTES];
	size_t n_notes;
	unsigned names, lives;
	bool resumes; /* the next life goes on with the journal */
	size_t start; /* the moment at which the last life began */

	/* What the tests ask of a life. */
	bool lax;            /* the database with synchronous=NORMAL */
	bool keeper_forgets; /* what it signed, so that losses are met first */
	void (*load)(struct world *world);
	unsigned whole_each; /* 1: all is checked in each life */
	enum simfs_fault
	    start_fault; /* of the nth such call of the next start */
	uint64_t start_nth;
	bool start_failed; /* a call of the last start did */

	enum problem problem;
	char text[WORLD_PROBLEM];
};

/* In shared memory, with an empty folder of its own that is now the working
 * folder. */
struct world *world_new(void);
void world_free(struct world *world);

/* All from the beginning: an empty folder, nothing done. */
void world_reset(struct world *world, uint64_t seed);

/* Says what is wrong; only the first counts. Returns -1. */
int world_problem(struct world *world, enum problem problem, const char *format,
    ...) __attribute__((format(printf, 3, 4)));

/* One life in a process of its own, and its end awaited. */
void world_live(struct world *world);

/* The power fails at moment k: folder and memory are as then. */
void world_cut(struct world *world, size_t k, uint64_t seed);

/* The process was killed: what the machine remembers of its files stays. */
void world_restart(struct world *world);

/* ---- within a life ------------------------------------------------------- */

/* Opens the engine and finds out who it is. Below 0: a problem. */
int world_open(struct world *world);

/* An act on a thing; op 0: one that fits what it is. NULL where there is no
 * room. */
struct act *world_act(struct world *world, unsigned thing, enum op_number op);

void world_send(struct world *world, struct act *act);

/*
 * Waits for n answers and takes them in. Fewer come only where core exits:
 * false then.
 */
bool world_take(struct world *world, size_t n);

/* Sends acts that have no answer again; they must be done then. */
int world_repeat_open(struct world *world);

/* Sends an act that was done again: the answer must be the same. */
int world_repeat_done(struct world *world, struct act *act);

/* That all is there and nothing else, as a user sees it. */
int world_compare(struct world *world);

/* That rows and records agree with each other and with what was done. */
int world_audit(struct world *world);

/* That the log folder verifies, and continues what was signed. */
int world_verify(struct world *world);

/* The load of most tests: some rounds of several acts each. */
void world_load(struct world *world);

#endif
