/* check: walks database, log and blobs, and names what is wrong. */
#include "state/check.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

#include "base/file.h"
#include "base/mem.h"
#include "cli/format.h"
#include "core/record.h"

void
check_problem(struct check *check, const char *format, ...)
{
	va_list args;

	if (++check->problems > CHECK_TOLD)
		return;
	progress_hide(&check->tool->progress);
	va_start(args, format);
	(void)vprintf(format, args);
	va_end(args);
	(void)putchar('\n');
}

const struct check_epoch *
check_epoch_of(const struct check *check, uint64_t sequence)
{
	for (size_t i = 0; i < check->n_epochs; i++)
		if (sequence >= check->epochs[i].epoch.base &&
		    sequence <= check->epochs[i].last)
			return &check->epochs[i];
	return NULL;
}

bool
check_is_lost(const struct check *check, uint64_t sequence)
{
	for (size_t i = 1; i < check->n_epochs; i++)
		if (sequence > check->epochs[i].epoch.kept &&
		    sequence <= check->epochs[i].epoch.known)
			return true;
	return false;
}

/* ---- the epochs that there are
 * -------------------------------------------------- */

static int
add_epoch(struct check *check, const struct epoch *epoch)
{
	struct check_epoch *e = &check->epochs[check->n_epochs];

	if (check->n_epochs == CHECK_EPOCHS)
		return E_LIMIT;
	if (check->n_epochs > 0)
		e[-1].last = epoch->known;
	*e = (struct check_epoch){.epoch = *epoch, .dir = -1};
	check->n_epochs++;
	return 0;
}

/* All but the present one stand aside under their first number. */
static void
open_folders(struct check *check)
{
	for (size_t i = 0; i < check->n_epochs; i++) {
		struct check_epoch *e = &check->epochs[i];

		if (i + 1 < check->n_epochs)
			(void)snprintf(e->folder, sizeof(e->folder),
			    "log-%" PRIu64, e->epoch.base);
		else
			(void)snprintf(e->folder, sizeof(e->folder), "log");
		/* Where it is missing, check_log says so. */
		(void)file_open(check->tool->core_fd, e->folder,
		    O_RDONLY | O_DIRECTORY, 0, &e->dir);
	}
}

static int
find_epochs(struct check *check)
{
	struct epoch epoch = {.base = 0};
	int r;

	while ((r = epoch_after(check->db, epoch.base, &epoch)) > 0)
		if ((r = add_epoch(check, &epoch)) < 0)
			return r;
	if (r < 0)
		return r;
	if (check->n_epochs == 0)
		return E_CORRUPT;
	open_folders(check);
	return 0;
}

/* ---- all of it
 * -------------------------------------------------------------------- */

static void
on_structure(void *arg, struct slice text)
{
	check_problem(arg, "database: %.*s", SLICE_ARG(text));
}

/* What the log covers is read first: so the snapshot has all of it. */
static int
begin(struct check *check)
{
	int status = tool_open_database(check->tool, &check->db), r;

	if (status != TOOL_OK)
		return status;
	r = find_epochs(check);
	db_end(check->db);
	db_close(&check->db);
	if (r == 0)
		r = check_checkpoints(check);
	if (r < 0)
		return tool_fail_code(check->tool, r, check->tool->state);
	status = tool_open_database(check->tool, &check->db);
	if (status != TOOL_OK)
		return status;
	if ((r = record_last(check->db, &check->last)) < 0)
		return tool_fail_code(check->tool, r, "core/" HEAD_DATABASE);
	check->epochs[check->n_epochs - 1].last = check->last;
	return TOOL_OK;
}

/* Pages that can't be read end a walk, and are told; the others go on. */
static int
told(struct check *check, int r, const char *what)
{
	if (r != E_CORRUPT)
		return r;
	check_problem(check,
	    "database: it is so damaged that its %s can't all be read", what);
	return 0;
}

static int
check_all(struct check *check)
{
	int r = db_check(check->db, on_structure, check);

	if ((r = told(check, r, "pages")) < 0 ||
	    (r = told(check, check_log(check), "records")) < 0 ||
	    (r = told(check, check_rows(check), "rows")) < 0)
		return r;
	return told(check, check_blobs(check), "blobs");
}

static void
report(struct check *check)
{
	struct tool *tool = check->tool;

	tool_say(tool,
	    "%s records in %zu epoch%s, %s rows, %s texts, %s blobs of %s",
	    format_count(check->leaves).text, check->n_epochs,
	    check->n_epochs == 1 ? "" : "s", format_count(check->rows).text,
	    format_count(check->texts).text, format_count(check->blobs).text,
	    format_bytes(check->blob_bytes).text);
	if (check->orphans > 0)
		tool_say(tool,
		    "%s blob files that no row names (the server takes those "
		    "away)",
		    format_count(check->orphans).text);
	if (check->problems > CHECK_TOLD)
		tool_say(tool, "... and %s more",
		    format_count(check->problems - CHECK_TOLD).text);
	if (check->problems == 0)
		tool_say(tool, "All is well.");
	else
		tool_say(tool, "%s thing%s wrong.",
		    format_count(check->problems).text,
		    check->problems == 1 ? " is" : "s are");
}

static int
run(struct tool *tool, const void *options UNUSED, char **operands UNUSED)
{
	AUTO_FREE struct check *check = mem_alloc(sizeof(*check));
	int status, r = 0;

	if (check == NULL)
		return tool_fail_code(tool, E_NOMEM, tool->state);
	check->tool = tool;
	if ((status = tool_open(tool)) != TOOL_OK)
		return status;
	tool_say(tool, "Checking %s%s.", tool->state,
	    tool->running ? ", as it is now: a server runs on it" : "");
	status = begin(check);
	if (status == TOOL_OK)
		r = check_all(check);
	progress_hide(&tool->progress);
	for (size_t i = 0; i < check->n_epochs; i++)
		fd_close(&check->epochs[i].dir);
	db_close(&check->db);
	if (status != TOOL_OK)
		return status;
	if (r < 0)
		return tool_fail_code(tool, r, "the check could not be ended");
	report(check);
	status =
	    tool_note(tool, "%" PRIu64 " records, %" PRIu64 " problems found",
		check->leaves, check->problems);
	return check->problems > 0 ? TOOL_FAILED : status;
}

const struct tool_command command_check = {
    .name = "check",
    .operands = "",
    .summary = "walk database, log and blobs, and name what is wrong",
    .text =
	"Reads all of it: the database's own structure; each record against "
	"the log\n"
	"folder's bundles, tiles and signed checkpoints; each row against the "
	"records\n"
	"that made and ended it, and each record against the rows; each text "
	"against\n"
	"its commitment; each stored byte of files against its digest. Changes "
	"nothing,\n"
	"and works beside a running server. Exit status 1 where something is "
	"wrong.\n",
    .run = run,
};
