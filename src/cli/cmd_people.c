/*
 * chancery person, principal, group: what they have in common, to end, rename
 * and move them; suspend, resume, erase.
 */
#include <unistd.h>

#include "cli/commands.h"
#include "cli/people.h"
#include "cli/units.h"

/* ---- end
 * --------------------------------------------------------------- */

static int
run_end(struct cli *cli, int n UNUSED, char **operands)
{
	return people_call(cli, "principal.end", operands[0], NULL);
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

static int
run_person_end(struct cli *cli, int n UNUSED, char **operands)
{
	return people_call(cli, "principal.end", operands[0], "person");
}

const struct command command_person_end = {
    .name = "person end",
    .operands = "PERSON",
    .summary = "end a person for good, with all sessions and credentials",
    .text = "From then on they may do nothing, and all that they have open is "
	    "closed.\n"
	    "Their files stay, and so do the records. For a time: chancery "
	    "suspend.\n",
    .min = 1,
    .max = 1,
    .run = run_person_end,
};

/* ---- rename, move
 * --------------------------------------------------------------- */

struct rename_options {
	const char *name, *login;
};

static int
rename_one(struct cli *cli, const char *operand, const char *kind,
    const char *name, const char *login)
{
	char id[API_ID] = "";
	json_t *done = NULL;
	int status = people_find_kind(cli, operand, kind, id);

	if (status == CLI_OK)
		status = api_call(cli, "principal.rename",
		    api_object("principal", json_string(id), "name",
			name != NULL ? json_string(name) : NULL, "login",
			login != NULL ? json_string(login) : NULL, NULL),
		    operand, &done);
	json_decref(done);
	return status;
}

static int
run_person_rename(struct cli *cli, int n UNUSED, char **operands)
{
	const struct rename_options *options = cli->options;

	if (options->name == NULL && options->login == NULL)
		return cli_fail(cli, CLI_USAGE,
		    "say what they get: --name NAME, --login LOGIN, or both");
	return rename_one(
	    cli, operands[0], "person", options->name, options->login);
}

static const struct arg rename_args[] = {
    {"name", 'n', ARG_TEXT, "NAME", "the name shown to people",
	offsetof(struct rename_options, name)},
    {"login", 'l', ARG_TEXT, "LOGIN", "the name that they sign in by",
	offsetof(struct rename_options, login)},
};

const struct command command_person_rename = {
    .name = "person rename",
    .operands = "PERSON",
    .summary = "give a person another name, or another one to sign in by",
    .text =
	"  chancery person rename anna --name \"Anna Huber\" --login huber\n"
	"\n"
	"What they have open stays open. The log goes on to tell them by the "
	"name that\n"
	"they were added with.\n",
    .args = rename_args,
    .n_args = ARRAY_SIZE(rename_args),
    .size = sizeof(struct rename_options),
    .min = 1,
    .max = 1,
    .run = run_person_rename,
};

static int
run_principal_rename(struct cli *cli, int n UNUSED, char **operands)
{
	return rename_one(cli, operands[0], NULL, operands[1], NULL);
}

const struct command command_principal_rename = {
    .name = "principal rename",
    .operands = "WHO NAME",
    .summary = "give a service, or any principal, another name",
    .min = 2,
    .max = 2,
    .run = run_principal_rename,
};

static int
run_group_rename(struct cli *cli, int n UNUSED, char **operands)
{
	return rename_one(cli, operands[0], "group", operands[1], NULL);
}

const struct command command_group_rename = {
    .name = "group rename",
    .operands = "GROUP NAME",
    .summary = "give a group another name",
    .text = "Who is in it, and what it has, stays as it is.\n",
    .min = 2,
    .max = 2,
    .run = run_group_rename,
};

static int
move_one(struct cli *cli, char **operands, const char *kind)
{
	bool out = strcmp(operands[1], "none") == 0;
	char id[API_ID] = "";
	json_t *args, *done = NULL;
	int status = people_find_kind(cli, operands[0], kind, id);

	if (status != CLI_OK)
		return status;
	args = api_object("principal", json_string(id), NULL);
	status = units_set(cli, out ? NULL : operands[1], args, "unit");
	if (status == CLI_OK)
		status = api_call_state(cli, "principal.move", args,
		    operands[0], "it is there already", &done);
	else
		json_decref(args);
	json_decref(done);
	return status;
}

static int
run_person_move(struct cli *cli, int n UNUSED, char **operands)
{
	return move_one(cli, operands, "person");
}

const struct command command_person_move = {
    .name = "person move",
    .operands = "PERSON UNIT|none",
    .summary = "put a person into another unit, or into none",
    .text = "  chancery person move anna Sales\n"
	    "\n"
	    "From then on the administrators of that unit are theirs, and "
	    "those of the one\n"
	    "before are not. It takes the role user_admin in both, or in the "
	    "organisation.\n",
    .min = 2,
    .max = 2,
    .run = run_person_move,
};

static int
run_principal_move(struct cli *cli, int n UNUSED, char **operands)
{
	return move_one(cli, operands, NULL);
}

const struct command command_principal_move = {
    .name = "principal move",
    .operands = "WHO UNIT|none",
    .summary = "put a service, or any principal, into another unit",
    .text = "As chancery person move does.\n",
    .min = 2,
    .max = 2,
    .run = run_principal_move,
};

static int
run_group_move(struct cli *cli, int n UNUSED, char **operands)
{
	return move_one(cli, operands, "group");
}

const struct command command_group_move = {
    .name = "group move",
    .operands = "GROUP UNIT|none",
    .summary = "put a group into another unit, or into none",
    .text = "It is about who administers the group; its members stay where "
	    "they are.\n",
    .min = 2,
    .max = 2,
    .run = run_group_move,
};

/* ---- suspend, resume
 * --------------------------------------------------------------- */

static int
run_suspend(struct cli *cli, int n UNUSED, char **operands)
{
	return people_call(cli, "principal.suspend", operands[0], NULL);
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
	return people_call(cli, "principal.resume", operands[0], NULL);
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
	return people_call(cli, "subject.erase", operands[0], NULL);
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
