/* chancery-state: finds the command, parses its options, runs it. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/log.h"
#include "base/mem.h"
#include "ipc/role.h"
#include "state/tool.h"

static const struct tool_command *const commands[] = {&command_check,
    &command_backup, &command_restore, &command_rekey, &command_clock};

struct common {
	const char *state;
	bool quiet, help;
};

static const struct arg common_args[] = {
    {"state", 0, ARG_TEXT, "FOLDER", "the state folder (default ./var)",
	offsetof(struct common, state)},
    {"quiet", 'q', ARG_FLAG, NULL, "show no progress",
	offsetof(struct common, quiet)},
    {"help", 'h', ARG_FLAG, NULL, "show this", offsetof(struct common, help)},
};

static void
put_args(FILE *file, const struct arg *args, size_t n)
{
	for (size_t i = 0; i < n; i++)
		(void)fprintf(file, "  --%s%s%s\n        %s\n", args[i].name,
		    args[i].value != NULL ? " " : "",
		    args[i].value != NULL ? args[i].value : "", args[i].doc);
}

static void
put_overview(FILE *file)
{
	(void)fputs("chancery-state: tools of the host's administrator on a "
		    "server's state folder\n"
		    "\n"
		    "usage: chancery-state COMMAND [--state FOLDER] ...\n\n",
	    file);
	for (size_t i = 0; i < ARRAY_SIZE(commands); i++)
		(void)fprintf(file, "  %-9s %s\n", commands[i]->name,
		    commands[i]->summary);
	(void)fputs(
	    "\n"
	    "They open the folder itself, so they are for root, or for whoever "
	    "runs the\n"
	    "server; each use stands in the server's record, at its next start "
	    "or at once.\n"
	    "`chancery-state COMMAND --help` says more of one.\n",
	    file);
}

static void
put_help(FILE *file, const struct tool_command *command)
{
	(void)fprintf(file, "chancery-state %s: %s\n\nusage: chancery-state %s",
	    command->name, command->summary, command->name);
	(void)fprintf(file, " [options]%s%s\n\n%s\nOptions\n",
	    command->operands[0] != '\0' ? " " : "", command->operands,
	    command->text);
	put_args(file, command->args, command->n_args);
	put_args(file, common_args, ARRAY_SIZE(common_args));
}

static const struct tool_command *
find(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(commands); i++)
		if (strcmp(commands[i]->name, name) == 0)
			return commands[i];
	return NULL;
}

static int
run(struct tool *tool, const struct tool_command *command, int argc,
    char **argv)
{
	AUTO_FREE void *options = mem_alloc(MAX(command->size, 1));
	struct common common = {.state = "var"};
	const struct args tables[] = {
	    {common_args, ARRAY_SIZE(common_args), &common},
	    {command->args, command->n_args, options}};
	struct args_problem problem;
	int first = 0;

	if (options == NULL)
		return tool_fail(tool, TOOL_FAILED, "memory is out");
	if (args_parse(tables, ARRAY_SIZE(tables), true, argc, argv, &first,
		&problem) < 0)
		return tool_fail(tool, TOOL_USAGE, "%s", problem.text);
	if (common.help) {
		put_help(stdout, command);
		return TOOL_OK;
	}
	if (argc - first != command->n)
		return tool_fail(tool, TOOL_USAGE,
		    "it is called as: chancery-state %s %s", command->name,
		    command->operands);
	(void)snprintf(tool->state, sizeof(tool->state), "%s", common.state);
	tool->progress = (struct progress){.term = &tool->err,
	    .quiet = common.quiet || !tool->err.is_terminal};
	return command->run(tool, options, argv + first);
}

int
main(int argc, char **argv)
{
	struct tool tool = {.name = argc > 1 ? argv[1] : ""};
	const struct tool_command *command;
	int status;

	log_init("chancery-state", LOG_WARN);
	(void)umask(077);
	(void)signal(SIGPIPE, SIG_IGN);
	term_init(&tool.out, stdout, false);
	term_init(&tool.err, stderr, false);
	command = argc > 1 ? find(argv[1]) : NULL;
	if (command == NULL) {
		if (argc > 1 && strcmp(argv[1], "--version") == 0) {
			(void)printf("chancery-state %.*s\n",
			    SLICE_ARG(role_build_id()));
			return TOOL_OK;
		}
		put_overview(argc > 1 && strcmp(argv[1], "--help") != 0
				 ? stderr
				 : stdout);
		return argc > 1 && strcmp(argv[1], "--help") != 0 ? TOOL_USAGE
		                                                  : TOOL_OK;
	}
	status = run(&tool, command, argc - 1, argv + 1);
	if (fflush(stdout) != 0 && status == TOOL_OK)
		status = TOOL_FAILED;
	return status;
}
