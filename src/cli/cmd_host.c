/*
 * Tools that open the state folder itself: another program's, chancery-state,
 * which stands beside this one. Here they are only found and started, with the
 * arguments as they are.
 */
#include <errno.h>
#include <limits.h>
#include <unistd.h>

#include "base/mem.h"
#include "cli/commands.h"

#define TOOLS "chancery-state"

/* The program beside this one. */
static int
find_tools(char ret_path[PATH_MAX])
{
	ssize_t n = readlink("/proc/self/exe", ret_path, PATH_MAX - 1);
	char *slash;

	if (n <= 0)
		return E_IO;
	ret_path[n] = '\0';
	slash = strrchr(ret_path, '/');
	if (slash == NULL ||
	    (size_t)(slash + 1 - ret_path) + sizeof(TOOLS) > PATH_MAX)
		return E_IO;
	memcpy(slash + 1, TOOLS, sizeof(TOOLS));
	return 0;
}

/* argv[0] is the command's name. */
static int
forward(struct cli *cli, int argc, char **argv)
{
	static char state[] = "--state";
	AUTO_FREE char **args = mem_calloc((size_t)argc + 4, sizeof(*args));
	char path[PATH_MAX];
	size_t n = 0;

	if (args == NULL)
		return cli_nomem(cli);
	if (find_tools(path) < 0)
		return cli_fail(cli, CLI_FAILED, TOOLS " is not to be found");
	args[n++] = path;
	args[n++] = argv[0];
	if (cli->common.state != NULL) {
		args[n++] = state;
		args[n++] = (char *)(uintptr_t)cli->common.state;
	}
	for (int i = 1; i < argc; i++)
		args[n++] = argv[i];
	(void)execv(path, args);
	return cli_fail(cli, CLI_FAILED, "%s: %s", path, strerror(errno));
}

const struct command command_host_check = {
    .name = "check",
    .operands = "[--state FOLDER]",
    .summary = "walk database, log and blobs, and name what is wrong",
    .forward = forward,
};

const struct command command_host_backup = {
    .name = "backup",
    .operands = "FOLDER [--state FOLDER] [--keys FOLDER]",
    .summary = "copy all of it into a folder, while the server runs",
    .forward = forward,
};

const struct command command_host_restore = {
    .name = "restore",
    .operands = "BACKUP --state NEW [--mirror FOLDER] [--keys FOLDER]",
    .summary = "make a new state folder from a backup",
    .forward = forward,
};

const struct command command_host_rekey = {
    .name = "rekey",
    .operands = "[--state FOLDER] [--lost]",
    .summary = "give the log another key, with the server stopped",
    .forward = forward,
};

const struct command command_host_clock = {
    .name = "clock",
    .operands = "[--state FOLDER]",
    .summary = "say that the machine's clock is right",
    .forward = forward,
};
