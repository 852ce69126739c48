/*
 * chancery-state: tools that open the state folder itself, for root or whoever
 * owns it. They decide nothing and ask nobody; so they say what they do, and
 * leave a note of it, which the server records at its next start or at once
 * where it runs (core/host_note.h).
 *
 * The state folder, as they find and leave it:
 *
 *	core/chancery.db   the database (store/migrations.c), with -wal and -shm
 *	core/log/          the log folder of the present epoch (ledger/folder.h)
 *	core/log-<base>/   that of an earlier one, whose first record is <base>
 *	core/notes/        notes of these tools that are not recorded yet
 *	core/index.db      derived: made again where it is missing
 *	keeper/            keys, and what was signed last (keeper/log_key.h)
 *	blobs/ab/cdef...   bytes of files over 32 KiB (blobs/blob_file.h)
 *	chancery.conf      the configuration
 */
#ifndef STATE_TOOL_H
#define STATE_TOOL_H

#include <limits.h>

#include "cli/args.h"
#include "cli/term.h"
#include "store/db.h"

enum tool_exit {
	TOOL_OK = 0,
	TOOL_FAILED = 1, /* it found something wrong, or couldn't */
	TOOL_USAGE = 2,  /* it was called wrongly */
};

struct tool {
	const char *name; /* of the command */
	struct term out, err;
	struct progress progress;
	char state[PATH_MAX]; /* the state folder, from the root */
	int state_fd, core_fd;
	bool running; /* a server has it */
	bool quiet;
};

struct tool_command {
	const char *name;
	const char *operands;
	const char *summary;
	const char *text; /* lines within 78 columns */
	const struct arg *args;
	size_t n_args;
	size_t size; /* of the struct that args fill in */
	int n;       /* operands */
	int (*run)(struct tool *tool, const void *options, char **operands);
};

extern const struct tool_command command_check, command_backup, command_restore,
    command_rekey, command_clock;

/* "chancery-state: COMMAND: ..." on standard error; returns status. */
int tool_fail(struct tool *tool, int status, const char *format, ...)
    PRINTF_LIKE(3, 4);
int tool_fail_code(struct tool *tool, int code, const char *what);

/* A line of what it does, on standard output. */
void tool_say(struct tool *tool, const char *format, ...) PRINTF_LIKE(2, 3);

/*
 * Opens the state folder, and tells whether a server runs on it. TOOL_OK, with
 * core's folder as the working folder, or it has said why not.
 */
int tool_open(struct tool *tool);

/*
 * The same for what may not happen beside a server: none can start until this
 * process ends.
 */
int tool_open_alone(struct tool *tool);

/* A path from the root, whatever the working folder is later. */
int tool_path(struct tool *tool, const char *path, char ret_path[PATH_MAX]);

/*
 * Opens the database to read, in a snapshot (db_begin); refuses schemas that
 * aren't this version's.
 */
int tool_open_database(struct tool *tool, struct db **ret_db);

/* Leaves a note for the record. */
int tool_note(struct tool *tool, const char *format, ...) PRINTF_LIKE(2, 3);

#endif
