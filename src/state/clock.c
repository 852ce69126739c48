/* clock: the host's word that the machine's clock is right. */
#include "base/clock.h"
#include "base/mem.h"
#include "cli/format.h"
#include "core/record.h"
#include "ledger/leaf.h"
#include "state/tool.h"

/* The time of the last record. */
static int
last_time(struct db *db, int64_t *ret_time)
{
	struct arena arena = {NULL};
	struct slice bytes;
	struct leaf leaf;
	uint64_t last = 0;
	int r = record_last(db, &last);

	if (r == 0 && (r = record_leaf(db, &arena, last, &bytes)) == 0 &&
	    (r = leaf_decode(bytes, &arena, &leaf)) == 0)
		*ret_time = leaf.time;
	arena_free(&arena);
	return r;
}

static int
run(struct tool *tool, const void *options UNUSED, char **operands UNUSED)
{
	struct db *db = NULL;
	int64_t last = 0, now = clock_wall_ms();
	int status = tool_open(tool), r;

	if (status == TOOL_OK)
		status = tool_open_database(tool, &db);
	if (status != TOOL_OK)
		return status;
	r = last_time(db, &last);
	db_close(&db);
	if (r < 0)
		return tool_fail_code(tool, r, "the last record");
	status = tool_note(tool, "the machine's clock is right");
	if (status != TOOL_OK)
		return status;
	tool_say(tool,
	    "The machine's clock says %s; the last record is of %s.\n"
	    "The server takes that clock for right %s.",
	    format_time(now).text, format_time(last).text,
	    tool->running ? "within a second or two" : "at its next start");
	if (last > now)
		tool_say(tool, "No record steps back: until the clock has "
			       "caught up, the server's time goes slower.");
	return TOOL_OK;
}

const struct tool_command command_clock = {
    .name = "clock",
    .operands = "",
    .summary = "say that the machine's clock is right",
    .text =
	"A server whose clock is suspect (chancery status) goes on by the time "
	"since the\n"
	"machine started, and deletes nothing, until somebody says what time "
	"it "
	"is. Set\n"
	"the machine's clock first.\n",
    .run = run,
};
