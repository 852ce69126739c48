/*
 * chancery: finds the command, parses its options, runs it. The environment is
 * read here, once, and nowhere else.
 */
#include <errno.h>
#include <malloc.h>
#include <signal.h>

#include "base/log.h"
#include "base/mem.h"
#include "cli/cli.h"
#include "ipc/role.h"

#define COMMON(member) offsetof(struct cli_common, member)

const struct arg cli_common_args[] = {
    {"state", 0, ARG_TEXT, "FOLDER",
	"the state folder of a server on this machine (default ./" SERVER_STATE
	"): its address and token",
	COMMON(state)},
    {"url", 0, ARG_TEXT, "URL",
	"the server's address instead; CHANCERY_URL does the same",
	COMMON(url)},
    {"token-file", 0, ARG_TEXT, "FILE",
	"the file that holds the token; CHANCERY_TOKEN_FILE does the same",
	COMMON(token_file)},
    {"ca", 0, ARG_TEXT, "FILE",
	"certificates to trust instead of the system's "
	"(default FOLDER/keeper/tls.crt beside them)",
	COMMON(ca)},
    {"help", 'h', ARG_FLAG, NULL, "show this", COMMON(help)},
};
const size_t cli_common_args_n = ARRAY_SIZE(cli_common_args);

/* Options that stand before the command only. */
struct first {
	bool version;
};

static const struct arg first_args[] = {
    {"version", 0, ARG_FLAG, NULL, "show the version",
	offsetof(struct first, version)},
};

/* ---- memory of JSON --------------------------------------------------------
 * An answer may hold a new token: what is freed is wiped.
 */

static void
free_wiped(void *p)
{
	if (p != NULL)
		secret_wipe(p, malloc_usable_size(p));
	free(p);
}

/* ---- running --------------------------------------------------------------
 */

static int
usage(const struct cli *cli, const char *text)
{
	if (cli->command != NULL)
		return cli_fail(cli, CLI_USAGE, "%s; see chancery help %s",
		    text, cli->command->name);
	return cli_fail(cli, CLI_USAGE, "%s; see chancery help", text);
}

static int
unknown_command(struct cli *cli, const char *word)
{
	struct args_problem p;

	if (help_prefix(stderr, word))
		return CLI_USAGE;
	(void)snprintf(
	    p.text, sizeof(p.text), "there is no command '%.60s'", word);
	return usage(cli, p.text);
}

static int
check_operands(struct cli *cli, int n)
{
	const struct command *command = cli->command;
	struct args_problem p;

	if (n >= command->min && (command->max < 0 || n <= command->max))
		return CLI_OK;
	(void)snprintf(p.text, sizeof(p.text),
	    "it is called as: chancery %s %s", command->name,
	    command->operands);
	return usage(cli, p.text);
}

/* argv[0] is the last word of the command's name. */
static int
run_command(struct cli *cli, int argc, char **argv)
{
	const struct command *command = cli->command;
	const struct args tables[] = {
	    {cli_common_args, cli_common_args_n, &cli->common},
	    {command->args, command->n_args, cli->options}};
	struct args_problem problem;
	int first, status;

	if (args_parse(tables, ARRAY_SIZE(tables), true, argc, argv, &first,
		&problem) < 0)
		return usage(cli, problem.text);
	if (cli->common.help) {
		help_command(stdout, command);
		return CLI_OK;
	}
	status = check_operands(cli, argc - first);
	if (status != CLI_OK)
		return status;
	cli->hints.url = cli->common.url;
	cli->hints.token_file = cli->common.token_file;
	cli->hints.state = cli->common.state;
	cli->hints.ca = cli->common.ca;
	return command->run(cli, argc - first, argv + first);
}

static int
run(struct cli *cli, int argc, char **argv)
{
	struct first options = {.version = false};
	const struct args tables[] = {
	    {cli_common_args, cli_common_args_n, &cli->common},
	    {first_args, ARRAY_SIZE(first_args), &options}};
	struct args_problem problem;
	int first, words = 0, status;

	if (args_parse(tables, ARRAY_SIZE(tables), false, argc, argv, &first,
		&problem) < 0)
		return usage(cli, problem.text);
	if (options.version) {
		(void)printf("chancery %.*s\n", SLICE_ARG(role_build_id()));
		return CLI_OK;
	}
	if (first == argc || cli->common.help) {
		help_overview(stdout);
		return CLI_OK;
	}
	cli->command = command_find(argc - first, argv + first, &words);
	if (cli->command == NULL)
		return unknown_command(cli, argv[first]);
	if (cli->command->forward != NULL)
		return cli->command->forward(cli, argc - first, argv + first);
	cli->options = mem_alloc(cli->command->size);
	if (cli->options == NULL)
		return cli_nomem(cli);
	first += words - 1;
	status = run_command(cli, argc - first, argv + first);
	mem_free(cli->options);
	return status;
}

/* What was printed must have arrived; a pipe that closed is no news. */
static int
finish_output(struct cli *cli, int status)
{
	bool failed = fflush(stdout) != 0 || ferror(stdout) != 0;

	if (failed && errno != EPIPE)
		(void)cli_fail(cli, CLI_FAILED,
		    "the output could not be written: %s", strerror(errno));
	return failed && status == CLI_OK ? CLI_FAILED : status;
}

int
main(int argc, char **argv)
{
	struct cli cli = {.command = NULL};
	const char *no_colour = getenv("NO_COLOR");
	bool plain = no_colour != NULL && no_colour[0] != '\0';
	int status;

	log_init("chancery", LOG_ERROR);
	(void)signal(SIGPIPE, SIG_IGN);
	json_set_alloc_funcs(malloc, free_wiped);
	term_init(&cli.out, stdout, plain);
	term_init(&cli.err, stderr, plain);
	cli.hints.env_url = getenv("CHANCERY_URL");
	cli.hints.env_token_file = getenv("CHANCERY_TOKEN_FILE");
	cli.hints.env_home = getenv("HOME");
	cli.hints.env_config = getenv("XDG_CONFIG_HOME");
	status = run(&cli, argc, argv);
	status = finish_output(&cli, status);
	http_free(&cli.http);
	server_free(&cli.server);
	return status;
}
