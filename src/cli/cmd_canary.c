/* chancery canary: names and files that nobody uses. */
#include "cli/commands.h"
#include "cli/people.h"
#include "cli/table.h"

/* ---- list
 * --------------------------------------------------------------------- */

/* Calls `each` for every canary; it returns CLI_OK to go on. */
static int
each_canary(
    struct cli *cli, int (*each)(void *arg, const json_t *canary), void *arg)
{
	char after[API_ID] = "";
	int status = CLI_OK;
	bool more = true;

	while (more && status == CLI_OK) {
		json_t *page = NULL, *one;
		size_t i;

		status = api_call(cli, "canary.list",
		    api_object("limit", json_integer(500), "after",
			after[0] != '\0' ? json_string(after) : NULL, NULL),
		    NULL, &page);
		json_array_foreach(json_object_get(page, "list"), i, one)
		{
			if (status == CLI_OK)
				status = each(arg, one);
			(void)snprintf(after, sizeof(after), "%s",
			    api_text(one, "principal"));
		}
		more = api_bool(page, "more");
		json_decref(page);
	}
	return status;
}

static const char *const heads[] = {
    "id", "planted", "touched", "alert", "", "login", "file", "name"};

static int
put_canary(void *arg, const json_t *canary)
{
	struct table *table = arg;
	char time[32], alert[32] = "-";

	if (api_has(canary, "alert"))
		(void)snprintf(alert, sizeof(alert), "%llu",
		    (unsigned long long)api_u64(canary, "alert"));
	table_cell(table, api_text(canary, "principal"));
	table_cell(table, api_time(canary, "created", time));
	table_cell(table, api_time(canary, "touched", time));
	table_cell(table, alert);
	table_cell(table, api_bool(canary, "ended") ? "ended" : "");
	table_cell(table, api_text(canary, "login"));
	table_cell(table, api_text(canary, "file_name"));
	table_cell(table, api_text(canary, "name"));
	return CLI_OK;
}

static int
run_list(struct cli *cli, int n UNUSED, char **operands UNUSED)
{
	struct table table;
	int status;

	table_begin(&table, &cli->out, heads, ARRAY_SIZE(heads));
	status = each_canary(cli, put_canary, &table);
	table_end(&table);
	return status;
}

const struct command command_canary_list = {
    .name = "canary list",
    .operands = "",
    .summary = "list the canaries, and the alert that each raised last",
    .text =
	"Canaries are people whom nobody is, and files that nobody needs. Who "
	"touches\n"
	"one (signs in by the name, gives them something, reads the file) "
	"raises an\n"
	"alert: a record of its own, alert.raise, right behind that of what "
	"they did.\n"
	"The installation plants some. Only who responds to incidents "
	"(security_responder)\n"
	"can tell them from others.\n",
    .run = run_list,
};

/* ---- plant
 * -------------------------------------------------------------------- */

struct plant_options {
	const char *login, *file, *reader;
};

static const struct arg plant_args[] = {
    {"login", 'l', ARG_TEXT, "NAME",
	"a name to sign in by, with nothing to sign in with",
	offsetof(struct plant_options, login)},
    {"file", 'f', ARG_TEXT, "NAME",
	"a file of theirs; what is in it is made up",
	offsetof(struct plant_options, file)},
    {"reader", 'r', ARG_TEXT, "WHO",
	"a person or group that may read the file, and so finds it",
	offsetof(struct plant_options, reader)},
};

static int
run_plant(struct cli *cli, int n UNUSED, char **operands)
{
	const struct plant_options *options = cli->options;
	char reader[API_ID];
	json_t *planted = NULL;
	int status = CLI_OK;

	if (options->reader != NULL && options->file == NULL)
		return cli_fail(
		    cli, CLI_USAGE, "--reader: there is no --file to read");
	if (options->reader != NULL)
		status = people_find(cli, options->reader, reader);
	if (status == CLI_OK)
		status = api_call(cli, "canary.plant",
		    api_object("name", json_string(operands[0]), "login",
			options->login != NULL ? json_string(options->login)
					       : NULL,
			"file",
			options->file != NULL ? json_string(options->file)
					      : NULL,
			"reader",
			options->reader != NULL ? json_string(reader) : NULL,
			NULL),
		    operands[0], &planted);
	if (status == CLI_OK)
		(void)printf("%s\n", api_text(planted, "principal"));
	json_decref(planted);
	return status;
}

const struct command command_canary_plant = {
    .name = "canary plant",
    .operands = "NAME",
    .summary = "plant a canary, and print its id",
    .text = "Adds a person whom nobody is, and who can never be invited. To "
	    "others they\n"
	    "look like any person who has not enrolled yet. Choose a NAME that "
	    "somebody\n"
	    "would try who has no business here. With --reader, whoever uses "
	    "that one's\n"
	    "account finds the file by search and among what is shared with "
	    "them.\n",
    .args = plant_args,
    .n_args = ARRAY_SIZE(plant_args),
    .size = sizeof(struct plant_options),
    .min = 1,
    .max = 1,
    .run = run_plant,
};

/* ---- end
 * ---------------------------------------------------------------------- */

struct search {
	const char *name;
	char id[API_ID];
	unsigned n;
};

static int
match(void *arg, const json_t *canary)
{
	struct search *search = arg;

	if (strcmp(api_text(canary, "name"), search->name) != 0)
		return CLI_OK;
	search->n++;
	(void)snprintf(search->id, sizeof(search->id), "%s",
	    api_text(canary, "principal"));
	return CLI_OK;
}

/* By id, or by a name that only one of the canaries has. */
static int
find(struct cli *cli, const char *operand, struct search *search)
{
	struct id id;
	int status;

	*search = (struct search){.name = operand};
	if (id_parse(slice_str(operand), &id) == 0 &&
	    id.kind == KIND_PRINCIPAL) {
		(void)snprintf(search->id, sizeof(search->id), "%s", operand);
		return CLI_OK;
	}
	status = each_canary(cli, match, search);
	if (status == CLI_OK && search->n != 1)
		return cli_fail(cli, CLI_FAILED,
		    "%u canaries are named '%s'; chancery canary list shows "
		    "all",
		    search->n, operand);
	return status;
}

static int
run_end(struct cli *cli, int n UNUSED, char **operands)
{
	struct search search;
	json_t *done = NULL;
	int status = find(cli, operands[0], &search);

	if (status == CLI_OK)
		status = api_call(cli, "canary.end",
		    api_object("principal", json_string(search.id), NULL),
		    operands[0], &done);
	json_decref(done);
	return status;
}

const struct command command_canary_end = {
    .name = "canary end",
    .operands = "CANARY",
    .summary = "end a canary, with its file",
    .text = "By its id or name. From then on it raises nothing any more.\n",
    .min = 1,
    .max = 1,
    .run = run_end,
};
