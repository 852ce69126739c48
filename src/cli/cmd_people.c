/* chancery principal, invite, suspend, resume, erase. */
#include <unistd.h>

#include "cli/commands.h"
#include "cli/people.h"
#include "cli/table.h"

/* ---- create
 * ------------------------------------------------------------------- */

static int
run_create(struct cli *cli, int n UNUSED, char **operands)
{
	json_t *made = NULL;
	int status = api_call(cli, "principal.create",
	    api_object("kind", json_string("service"), "name",
		json_string(operands[0]), NULL),
	    operands[0], &made);

	if (status == CLI_OK)
		(void)printf("%s\n", api_text(made, "id"));
	json_decref(made);
	return status;
}

const struct command command_principal_create = {
    .name = "principal create",
    .operands = "NAME",
    .summary = "add a service, and print its id",
    .text =
	"Adds a program with a home folder; it comes with a token (chancery "
	"token issue\n"
	"--for NAME). People are added by chancery invite.\n",
    .min = 1,
    .max = 1,
    .run = run_create,
};

/* ---- list
 * --------------------------------------------------------------------- */

static const char *const heads[] = {
    "id", "kind", "created", "ended", "home", "name"};

static int
put_principal(void *arg, const json_t *principal)
{
	struct table *table = arg;
	char time[32];

	table_cell(table, api_text(principal, "id"));
	table_cell(table, api_text(principal, "kind"));
	table_cell(table, api_time(principal, "created", time));
	table_cell(table, api_bool(principal, "ended") ? "ended" : "");
	table_cell(table, api_text(principal, "home"));
	table_cell(table, api_text(principal, "name"));
	return CLI_OK;
}

static int
run_list(struct cli *cli, int n UNUSED, char **operands UNUSED)
{
	struct table table;
	int status;

	table_begin(&table, &cli->out, heads, ARRAY_SIZE(heads));
	status = people_list(cli, put_principal, &table);
	table_end(&table);
	return status;
}

const struct command command_principal_list = {
    .name = "principal list",
    .operands = "",
    .summary = "list the principals",
    .text = "In the order in which they were added.\n",
    .run = run_list,
};

/* ---- end
 * --------------------------------------------------------------- */

static int
call_on(struct cli *cli, const char *op, const char *operand)
{
	char id[API_ID] = "";
	json_t *done = NULL;
	int status = people_find(cli, operand, id);

	if (status == CLI_OK)
		status = api_call(cli, op,
		    api_object("principal", json_string(id), NULL), operand,
		    &done);
	json_decref(done);
	return status;
}

static int
run_end(struct cli *cli, int n UNUSED, char **operands)
{
	return call_on(cli, "principal.end", operands[0]);
}

const struct command command_principal_end = {
    .name = "principal end",
    .operands = "WHO",
    .summary = "end a principal, with its sessions and tokens",
    .text = "From then on it may do nothing, and all that it has open is "
	    "closed. Its\n"
	    "files stay, and so do the records.\n",
    .min = 1,
    .max = 1,
    .run = run_end,
};

/* ---- people
 * --------------------------------------------------------------- */

/* A new person, or who was added before and has nothing to sign in with. */
static int
find_or_add(
    struct cli *cli, const char *login, const char *name, char ret_id[API_ID])
{
	json_t *made = NULL;
	int status;

	if (name == NULL)
		return people_find(cli, login, ret_id);
	status = api_call(cli, "principal.create",
	    api_object("kind", json_string("person"), "name", json_string(name),
		"login", json_string(login), NULL),
	    login, &made);
	if (status == CLI_OK)
		(void)snprintf(ret_id, API_ID, "%s", api_text(made, "id"));
	json_decref(made);
	return status;
}

static int
run_invite(struct cli *cli, int n, char **operands)
{
	char id[API_ID] = "", time[32];
	json_t *made = NULL;
	int status =
	    find_or_add(cli, operands[0], n > 1 ? operands[1] : NULL, id);

	if (status == CLI_OK)
		status = api_call(cli, "invitation.issue",
		    api_object("principal", json_string(id), NULL), operands[0],
		    &made);
	if (status == CLI_OK) {
		(void)printf(
		    "%s/enrol#%s\n", cli->server.url, api_text(made, "secret"));
		(void)fprintf(stderr, "This link is good once, until %s.\n",
		    api_time(made, "expires", time));
	}
	json_decref(made);
	return status;
}

const struct command command_invite = {
    .name = "invite",
    .operands = "LOGIN [NAME]",
    .summary = "add a person, and print the link by which they enrol",
    .text = "LOGIN is what they sign in by, without spaces: anna, or an "
	    "address. NAME is\n"
	    "shown to people. Without NAME a new link is made for a person who "
	    "was added\n"
	    "before and has not enrolled (by id or name); the link before it "
	    "ends. Give\n"
	    "the link to nobody else: whoever opens it first is that person.\n",
    .min = 1,
    .max = 2,
    .run = run_invite,
};

static int
run_suspend(struct cli *cli, int n UNUSED, char **operands)
{
	return call_on(cli, "principal.suspend", operands[0]);
}

const struct command command_suspend = {
    .name = "suspend",
    .operands = "WHO",
    .summary = "close all that somebody has open, and allow them nothing",
    .text = "Until chancery resume. Their credentials, rights and files stay "
	    "as they are.\n",
    .min = 1,
    .max = 1,
    .run = run_suspend,
};

static int
run_resume(struct cli *cli, int n UNUSED, char **operands)
{
	return call_on(cli, "principal.resume", operands[0]);
}

const struct command command_resume = {
    .name = "resume",
    .operands = "WHO",
    .summary = "let somebody act again who was suspended",
    .text = "They sign in as before.\n",
    .min = 1,
    .max = 1,
    .run = run_resume,
};

/* ---- erase
 * --------------------------------------------------------------- */

struct erase_options {
	bool yes;
};

static int
run_erase(struct cli *cli, int n UNUSED, char **operands)
{
	const struct erase_options *options = cli->options;
	char question[400];

	(void)snprintf(question, sizeof(question),
	    "Erase all texts about %.200s from the log, for good?",
	    operands[0]);
	if (!options->yes && !isatty(STDIN_FILENO))
		return cli_fail(cli, CLI_USAGE,
		    "this can't be undone; confirm it with --yes");
	if (!options->yes && !cli_confirm(cli, question))
		return cli_fail(cli, CLI_FAILED, "nothing was erased");
	return call_on(cli, "subject.erase", operands[0]);
}

static const struct arg erase_args[] = {
    {"yes", 'y', ARG_FLAG, NULL, "don't ask",
	offsetof(struct erase_options, yes)},
};

const struct command command_erase = {
    .name = "erase",
    .operands = "WHO",
    .summary = "erase the personal data of an ended principal from the log",
    .text = "Erases names, paths, addresses and all other texts about a "
	    "principal that\n"
	    "has ended (by its id; see chancery principal end). Its records "
	    "stay, and\n"
	    "can still be proved; their texts read (erased). It can't be "
	    "undone, and\n"
	    "is a record itself.\n",
    .args = erase_args,
    .n_args = ARRAY_SIZE(erase_args),
    .size = sizeof(struct erase_options),
    .min = 1,
    .max = 1,
    .run = run_erase,
};
