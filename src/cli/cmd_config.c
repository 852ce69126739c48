/* chancery config check: reads a configuration file, without effect. */
#include <fcntl.h>

#include "base/file.h"
#include "cli/commands.h"
#include "ipc/config.h"

enum { FILE_MAX = 1 << 20 };

static int
run(struct cli *cli, int n, char **operands)
{
	static struct config config;
	struct config_problem problem;
	struct buf text = BUF(FILE_MAX);
	char path[PATH_MAX];
	int status = CLI_OK, r;

	if (n > 0)
		(void)snprintf(path, sizeof(path), "%s", operands[0]);
	else
		server_state_path(&cli->hints, "chancery.conf", path);
	r = file_read(AT_FDCWD, path, &text);
	if (r < 0)
		status = cli_fail_code(cli, r, path);
	else if (config_parse(buf_slice(&text), &config, &problem) == 0)
		(void)printf("%s: ok\n", path);
	else if (problem.line > 0)
		status = cli_fail(cli, CLI_FAILED, "%s:%u: %s", path,
		    problem.line, problem.text);
	else
		status =
		    cli_fail(cli, CLI_FAILED, "%s: %s", path, problem.text);
	buf_free(&text);
	return status;
}

const struct command command_config_check = {
    .name = "config check",
    .operands = "[FILE]",
    .summary = "read a configuration file, and say what is wrong in it",
    .text = "FILE is that of the state folder by default. It is only read: a "
	    "running\n"
	    "server takes it on by SIGHUP, all of it or nothing. chancery "
	    "doctor looks\n"
	    "at what it leads to.\n",
    .max = 1,
    .run = run,
};
