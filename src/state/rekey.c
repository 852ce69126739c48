/*
 * rekey: another key for the log. With the old key at hand it is a rotation:
 * the log goes on, the next start records it, and both keys sign the first
 * checkpoint after. With --lost nobody can sign for the old one any more: a new
 * epoch begins.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/head.h"
#include "ledger/folder.h"
#include "state/copy.h"
#include "state/epochs.h"
#include "state/tool.h"
#include "store/meta.h"
#include "store/migrations.h"

struct options {
	bool lost;
};

struct rekey {
	struct tool *tool;
	struct db *db;
	int keeper;
	struct epochs_now now;
	struct note_key key;
};

static int
open_all(struct rekey *k)
{
	struct tool *tool = k->tool;
	int status = tool_open_alone(tool), r;

	if (status != TOOL_OK)
		return status;
	/* Refuses another version's schema, before anything is written. */
	if ((status = tool_open_database(tool, &k->db)) != TOOL_OK)
		return status;
	db_close(&k->db);
	if ((r = db_recover(HEAD_DATABASE, 0)) < 0 ||
	    (r = db_open(HEAD_DATABASE, DB_WRITER, &k->db)) < 0 ||
	    (r = epochs_now(k->db, &k->now)) < 0)
		return tool_fail_code(tool, r, "core/" HEAD_DATABASE);
	r = file_open(
	    tool->state_fd, "keeper", O_RDONLY | O_DIRECTORY, 0, &k->keeper);
	return r < 0 ? tool_fail_code(tool, r, "keeper") : TOOL_OK;
}

/* What the tool made as root belongs to the keeper's user. */
static int
give_keys(struct rekey *k)
{
	struct stat st;
	int r = fstat(k->keeper, &st) < 0
	            ? error_from_errno(errno)
	            : copy_give(k->tool->state_fd, "keeper", st.st_uid);

	return r < 0 ? tool_fail_code(k->tool, r, "keeper") : TOOL_OK;
}

static void
say_key(struct rekey *k)
{
	struct buf text = BUF(NOTE_VKEY_MAX);

	note_key_put(&k->key, &text);
	tool_say(k->tool,
	    "The log's key is now\n  %s\nTell it to whoever verifies the log.",
	    buf_cstr(&text));
	buf_free(&text);
}

/* ---- a rotation
 * --------------------------------------------------------------------- */

static int
rotate(struct rekey *k)
{
	int status, r = log_key_rotate(k->keeper, &k->key);

	if (r == E_NOT_FOUND)
		return tool_fail(k->tool, TOOL_FAILED,
		    "keeper/log.key is not there: with --lost a new epoch "
		    "begins");
	if (r < 0)
		return tool_fail_code(k->tool, r, "keeper/log.key");
	if (strcmp(k->key.name, k->now.epoch.origin) != 0)
		return tool_fail(k->tool, TOOL_FAILED,
		    "keeper/log.key is that of %s, and the database of %s",
		    k->key.name, k->now.epoch.origin);
	if ((status = give_keys(k)) != TOOL_OK ||
	    (status = tool_note(k->tool, "the log's key was rotated")) !=
		TOOL_OK)
		return status;
	say_key(k);
	tool_say(k->tool, "Both keys sign the first checkpoint of the next "
			  "start.");
	return TOOL_OK;
}

/* ---- a new epoch
 * --------------------------------------------------------------------- */

/* Unless an earlier try has noted it already. */
static int
note_epoch(struct rekey *k)
{
	struct log_key_signed last = {.size = 0};
	char origin[NOTE_NAME_MAX + 1];
	uint64_t ever = k->now.last;
	int r;

	if (!k->now.begun && k->now.epoch.previous != 0)
		return 0;
	(void)log_key_read_signed(k->keeper, &last);
	if (last.size > 0 && strcmp(last.origin, k->now.epoch.origin) == 0)
		ever = MAX(ever, k->now.epoch.base + last.size - 1);
	epochs_new_origin(k->now.epoch.origin, origin);
	if ((r = db_begin(k->db)) < 0)
		return r;
	r = epochs_begin(k->db, &k->now, k->now.last, ever, &last, origin);
	if (r < 0) {
		db_rollback(k->db);
		return r;
	}
	if ((r = db_commit(k->db)) < 0)
		return r;
	return epochs_now(k->db, &k->now);
}

static int
put_log_aside(struct rekey *k)
{
	char name[48];

	(void)snprintf(
	    name, sizeof(name), "log-%" PRIu64, k->now.epoch.previous);
	if (faccessat(k->tool->core_fd, name, F_OK, 0) == 0) {
		/* A start that was cut off left its key there. */
		(void)unlinkat(k->tool->core_fd, "log/" FOLDER_VKEY, 0);
		return 0;
	}
	if (renameat(k->tool->core_fd, "log", k->tool->core_fd, name) < 0)
		return errno == ENOENT ? 0 : error_from_errno(errno);
	return file_sync_dir(k->tool->core_fd);
}

static int
begin_anew(struct rekey *k)
{
	int status, r = note_epoch(k);

	if (r == 0)
		r = put_log_aside(k);
	if (r == 0)
		r = log_key_replace(k->keeper, k->now.epoch.origin, &k->key);
	if (r < 0)
		return tool_fail_code(k->tool, r, k->tool->state);
	if ((status = give_keys(k)) != TOOL_OK ||
	    (status = tool_note(k->tool,
		 "the log's key was lost; a new epoch begins at %" PRIu64,
		 k->now.epoch.base)) != TOOL_OK)
		return status;
	say_key(k);
	tool_say(k->tool,
	    "A new epoch of the log begins with record %" PRIu64
	    ", at the next start. The one before\nstands in core/log-%" PRIu64
	    ".",
	    k->now.epoch.base, k->now.epoch.previous);
	return TOOL_OK;
}

static int
run(struct tool *tool, const void *options, char **operands UNUSED)
{
	const struct options *o = options;
	struct rekey k = {.tool = tool, .keeper = -1};
	int status = open_all(&k);

	if (status == TOOL_OK)
		status = o->lost ? begin_anew(&k) : rotate(&k);
	db_close(&k.db);
	fd_close(&k.keeper);
	return status;
}

static const struct arg args[] = {
    {"lost", 0, ARG_FLAG, NULL,
	"the old key is lost, or somebody else has it: begin a new epoch",
	offsetof(struct options, lost)},
};

const struct tool_command command_rekey = {
    .name = "rekey",
    .operands = "",
    .summary = "give the log another key, with the server stopped",
    .text =
	"The log goes on under its origin: the next start records the new key, "
	"and the\n"
	"first checkpoint after is signed by both. With --lost the old key "
	"signs "
	"nothing\n"
	"more: the log goes on as a new epoch, under a new origin, and the one "
	"before\n"
	"is put aside in the state folder, to be verified by its own key.\n",
    .args = args,
    .n_args = ARRAY_SIZE(args),
    .size = sizeof(struct options),
    .run = run,
};
