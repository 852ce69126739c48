#include "state/tool.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "core/head.h"
#include "core/host_note.h"
#include "store/migrations.h"

enum { TRIES = 5 };

int
tool_fail(struct tool *tool, int status, const char *format, ...)
{
	va_list args;

	progress_hide(&tool->progress);
	(void)fprintf(stderr, "chancery-state: %s: ", tool->name);
	va_start(args, format);
	(void)vfprintf(stderr, format, args);
	va_end(args);
	(void)fputc('\n', stderr);
	return status;
}

int
tool_fail_code(struct tool *tool, int code, const char *what)
{
	return tool_fail(tool, TOOL_FAILED, "%s: %s", what, error_text(code));
}

void
tool_say(struct tool *tool, const char *format, ...)
{
	va_list args;

	progress_hide(&tool->progress);
	va_start(args, format);
	(void)vprintf(format, args);
	va_end(args);
	(void)putchar('\n');
	(void)fflush(stdout);
}

int
tool_path(struct tool *tool, const char *path, char ret_path[PATH_MAX])
{
	char here[PATH_MAX];
	int n;

	if (path[0] == '/')
		n = snprintf(ret_path, PATH_MAX, "%s", path);
	else if (getcwd(here, sizeof(here)) != NULL)
		n = snprintf(ret_path, PATH_MAX, "%s/%s", here, path);
	else
		n = -1;
	if (n > 0 && n < PATH_MAX)
		return TOOL_OK;
	return tool_fail(tool, TOOL_FAILED, "%s: the path is too long", path);
}

static int
cannot_open(struct tool *tool, const char *path)
{
	if (errno == EACCES || errno == EPERM)
		return tool_fail(tool, TOOL_FAILED,
		    "%s may not be opened by you: run this as root, or as who "
		    "runs the server",
		    path);
	return tool_fail(tool, TOOL_FAILED, "%s: %s", path, strerror(errno));
}

static int
open_folders(struct tool *tool)
{
	char given[PATH_MAX];

	(void)snprintf(given, sizeof(given), "%s", tool->state);
	tool->state_fd = tool->core_fd = -1;
	if (realpath(given, tool->state) == NULL)
		return cannot_open(tool, given);
	tool->state_fd = open(tool->state, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (tool->state_fd < 0)
		return cannot_open(tool, tool->state);
	tool->core_fd =
	    openat(tool->state_fd, "core", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (tool->core_fd < 0 && errno == ENOENT)
		return tool_fail(tool, TOOL_FAILED,
		    "%s is no state folder: there is no folder 'core' in it",
		    tool->state);
	if (tool->core_fd < 0 || fchdir(tool->core_fd) < 0)
		return cannot_open(tool, tool->state);
	if (access(HEAD_DATABASE, R_OK | W_OK) < 0)
		return errno == ENOENT
		           ? tool_fail(tool, TOOL_FAILED,
				 "%s holds no database: no server has run "
				 "on it yet",
				 tool->state)
		           : cannot_open(tool, tool->state);
	return TOOL_OK;
}

int
tool_open(struct tool *tool)
{
	int status = open_folders(tool);

	if (status != TOOL_OK)
		return status;
	tool->running = flock(tool->state_fd, LOCK_EX | LOCK_NB) < 0;
	if (!tool->running)
		(void)flock(tool->state_fd, LOCK_UN);
	return TOOL_OK;
}

int
tool_open_alone(struct tool *tool)
{
	int status = open_folders(tool);

	if (status != TOOL_OK)
		return status;
	if (flock(tool->state_fd, LOCK_EX | LOCK_NB) < 0)
		return tool_fail(tool, TOOL_FAILED,
		    "a server runs on %s: stop it first", tool->state);
	return TOOL_OK;
}

/* Which file the write-ahead log is: a start of the server makes another one.
 */
static ino_t
wal_file(void)
{
	struct stat st;

	return stat(HEAD_DATABASE "-wal", &st) < 0 ? 0 : st.st_ino;
}

/* Opens it in a snapshot: 0, or E_BUSY where a server has started meanwhile. */
static int
open_snapshot(struct db **ret_db, uint64_t *ret_version)
{
	ino_t before = wal_file();
	struct db *db = NULL;
	int r = db_open(HEAD_DATABASE, DB_READER, &db);

	if (r == 0 && (r = db_begin(db)) == 0 &&
	    (r = migrations_have(db, ret_version)) == 0 && before != 0 &&
	    wal_file() != before)
		r = E_BUSY;
	if (r < 0) {
		db_close(&db);
		return r;
	}
	*ret_db = db;
	return 0;
}

int
tool_open_database(struct tool *tool, struct db **ret_db)
{
	struct db *db = NULL;
	uint64_t have = 0;
	int r = E_BUSY;

	for (unsigned i = 0; i < TRIES && r == E_BUSY; i++)
		r = open_snapshot(&db, &have);
	if (r < 0)
		return tool_fail_code(tool, r, "core/" HEAD_DATABASE);
	if (have == migrations_version()) {
		*ret_db = db;
		return TOOL_OK;
	}
	db_close(&db);
	return tool_fail(tool, TOOL_FAILED,
	    "the database has schema %llu, this version has %llu: %s",
	    (unsigned long long)have, (unsigned long long)migrations_version(),
	    have > migrations_version()
		? "a newer version wrote it, which is to be used"
		: "start the server once, which brings it up to date");
}

int
tool_note(struct tool *tool, const char *format, ...)
{
	char text[HOST_NOTE_TEXT_MAX + 1];
	va_list args;
	int n, r;

	n = snprintf(text, sizeof(text), "%s: ", tool->name);
	va_start(args, format);
	(void)vsnprintf(text + n, sizeof(text) - (size_t)n, format, args);
	va_end(args);
	r = host_note_leave(tool->core_fd, slice_str(text));
	return r < 0 ? tool_fail_code(tool, r, "core/" HOST_NOTE_FOLDER)
	             : TOOL_OK;
}
