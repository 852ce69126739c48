/* chancery who-can: everybody who has a right, and by what. */
#include "cli/commands.h"
#include "cli/table.h"

static const char *const heads[] = {
    "who", "kind", "right", "on", "by the group", "until", "name"};

/* What all of a principal's folders lie in has no name of its own. */
static const char *
name_of(const json_t *one)
{
	const char *name = api_text(one, "object_name");

	return name[0] != '\0' ? name : "the top folder";
}

static int
put_row(void *arg, const json_t *one)
{
	struct table *table = arg;
	char time[32];

	table_cell(table, api_text(one, "principal"));
	table_cell(table, api_text(one, "kind"));
	table_cell(table, api_text(one, "relation"));
	table_cell(table, name_of(one));
	table_cell(table, api_text(one, "group_name"));
	table_cell(table, api_time(one, "expires", time));
	table_cell(table, api_text(one, "name"));
	return CLI_OK;
}

static int
run(struct cli *cli, int n, char **operands)
{
	const char *on = n > 1 ? operands[1] : NULL;
	bool of_app = on != NULL && strcmp(operands[0], "use") == 0;
	json_t *args =
	    on != NULL && !of_app ? api_place(on, "node") : json_object();
	struct table table;
	int status;

	(void)json_object_set_new(args, "relation", json_string(operands[0]));
	if (of_app)
		(void)json_object_set_new(args, "app", json_string(on));
	table_begin(&table, &cli->out, heads, ARRAY_SIZE(heads));
	status = api_call_pages(cli, "access.who_can", args,
	    on != NULL ? on : operands[0], put_row, &table);
	table_end(&table);
	return status;
}

const struct command command_who_can = {
    .name = "who-can",
    .operands = "RELATION [ID|PATH|APP]",
    .summary = "list everybody who has a right, and what gives it",
    .text = "RELATION is owner, edit or read, or one of see, text, copy, "
	    "print and export,\n"
	    "on a folder or file; or, without one, a role in the "
	    "organisation; or use,\n"
	    "of an app: files, documents, mail, log, admin.\n"
	    "\n"
	    "  chancery who-can read docs/plan.odt\n"
	    "  chancery who-can use mail\n"
	    "\n"
	    "Of several grants the nearest is shown, and the group that "
	    "somebody is in\n"
	    "who has it by a group; chancery why tells it step by step.\n",
    .min = 1,
    .max = 2,
    .run = run,
};
