/*
 * Streams that go on for ever: the wait before one is opened again.
 */
#ifndef CLI_AGAIN_H
#define CLI_AGAIN_H

#include "cli/cli.h"

struct again {
	unsigned tries; /* without anything having come */
	bool reached;   /* it was open once */
};

/* Something came: the stream is open. */
static inline void
again_reached(struct again *again)
{
	again->tries = 0;
	again->reached = true;
}

/*
 * The stream has ended: says why, waits, and returns CLI_OK to open it again;
 * or the exit status where that can't help. what: "the stream"
 */
int again_wait(struct again *again, struct cli *cli,
    const struct http_answer *answer, const char *what);

#endif
