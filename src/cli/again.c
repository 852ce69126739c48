#include "cli/again.h"

#include <time.h>

enum { FIRST_WAIT_MS = 200, LAST_WAIT_MS = 5000 };

static const char *
reason(const struct http_answer *answer)
{
	if (answer->error == E_TIMEOUT)
		return "nothing came for too long";
	if (answer->error != 0)
		return answer->connected ? "the connection was lost"
		                         : "the server can't be reached";
	return answer->status == 200 ? "the server ended it"
	                             : "the server isn't ready";
}

int
again_wait(struct again *again, struct cli *cli,
    const struct http_answer *answer, const char *what)
{
	unsigned shift = MIN(again->tries, 6u);
	uint64_t ms =
	    MIN((uint64_t)FIRST_WAIT_MS << shift, (uint64_t)LAST_WAIT_MS);
	struct timespec span = {.tv_sec = (time_t)(ms / 1000),
	    .tv_nsec = (long)(ms % 1000) * 1000000};
	bool ended = answer->error == 0 && answer->status == 200;

	if (!ended && !http_may_repeat(answer))
		return cli_fail_answer(cli, answer, NULL);
	if (!again->reached && !answer->connected)
		return cli_fail_answer(cli, answer, NULL);
	if (again->tries++ == 0)
		cli_note(cli, "%s stopped: %s; opening it again", what,
		    reason(answer));
	(void)nanosleep(&span, NULL);
	return CLI_OK;
}
