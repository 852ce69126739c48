/*
 * A kit: the process that has one open document, forked off the zygote. This is
 * its life from the fork on.
 *
 * It has a channel to the zygote, one to core, and one to each front through
 * which somebody looks at the document; all come over the first. Core says who
 * looks, with which rights (VIEW_JOIN); from then on the front passes frames
 * (frame.def) to and fro, which the kit filters by those rights. What a view
 * sees is told to core first (VIEW_SEES) and leaves when core says that it is
 * on the record (VIEW_SHOW). It never learns where the document is stored: its
 * bytes come and go as descriptors.
 *
 * What an attacker controls here is all: the document, and the frames of
 * clients. It holds nothing but the document. Whatever goes wrong ends this
 * process alone.
 */
#ifndef KIT_KIT_H
#define KIT_KIT_H

#include "kit/jail.h"

/*
 * Shared with the zygote, which reads it, so that it sees what hangs: since
 * when the engine is at something, by the boot clock; 0: it waits.
 */
struct kit_shared {
	_Atomic uint64_t busy_since_ms;
};

struct kit_start {
	struct jail *jail; /* its own copy: it is a fork */
	unsigned cell;
	struct jail_limits limits;
	unsigned format; /* of the document */
	uint64_t save_seconds;
	int document; /* its bytes */
	int zygote;   /* the channel's end */
	struct kit_shared *shared;
};

/*
 * In the forked process, before it reads anything: keeps what is its own of
 * what the zygote has open, and shuts itself in. E_IO, E_SANDBOX.
 */
int kit_enter(struct kit_start *start, const char *home);

/* In the forked process; for jail_fork. Never returns. */
void kit_run(void *start, const char *home);

#endif
