/* chancery unit: add, list, rename, end. */
#include "cli/commands.h"
#include "cli/table.h"
#include "cli/units.h"

/* ---- add
 * ------------------------------------------------------------------------- */

struct add_options {
	const char *in;
};

static int
run_add(struct cli *cli, int n UNUSED, char **operands)
{
	const struct add_options *options = cli->options;

	return units_add(cli, "unit.create", operands[0], options->in);
}

static const struct arg add_args[] = {
    {"in", 'i', ARG_TEXT, "UNIT",
	"the unit that it is a part of, by id or name (default: none)",
	offsetof(struct add_options, in)},
};

const struct command command_unit_add = {
    .name = "unit add",
    .operands = "NAME",
    .summary = "add a part of the organisation, and print its id",
    .text = "  chancery unit add Sales\n"
	    "  chancery unit add Export --in Sales\n"
	    "  chancery role grant carl user_admin --unit Sales\n"
	    "\n"
	    "A unit may have administrators of its own: they reach who belongs "
	    "to it, or to\n"
	    "a unit in it, and nobody who has a role above. Units nest to 8.\n",
    .args = add_args,
    .n_args = ARRAY_SIZE(add_args),
    .size = sizeof(struct add_options),
    .min = 1,
    .max = 1,
    .run = run_add,
};

/* ---- list
 * ------------------------------------------------------------------------ */

struct list_options {
	bool all, json;
};

/* Names of those above are known once all have come. */
struct listing {
	const struct list_options *options;
	json_t *all, *names;
};

static const char *const heads[] = {"id", "in", "state", "created", "name"};

static int
keep(void *arg, const json_t *unit)
{
	struct listing *l = arg;

	if (l->options->json) {
		if (l->options->all || !api_bool(unit, "ended"))
			api_put_line(unit);
		return CLI_OK;
	}
	(void)json_array_append_new(l->all, json_deep_copy(unit));
	(void)json_object_set(
	    l->names, api_text(unit, "id"), json_object_get(unit, "name"));
	return CLI_OK;
}

static void
put_units(struct cli *cli, const struct listing *l)
{
	const json_t *unit;
	struct table table;
	char time[32];
	size_t i;

	table_begin(&table, &cli->out, heads, ARRAY_SIZE(heads));
	json_array_foreach(l->all, i, unit)
	{
		bool ended = api_bool(unit, "ended");

		if (ended && !l->options->all)
			continue;
		table_cell(&table, api_text(unit, "id"));
		table_cell(
		    &table, units_name(l->names, api_text(unit, "unit")));
		table_cell(&table, ended ? "ended" : "");
		table_cell(&table, api_time(unit, "created", time));
		table_cell(&table, api_text(unit, "name"));
	}
	table_end(&table);
}

static int
run_list(struct cli *cli, int n UNUSED, char **operands UNUSED)
{
	struct listing l = {cli->options, json_array(), json_object()};
	int status = units_list(cli, keep, &l);

	if (status == CLI_OK)
		put_units(cli, &l);
	json_decref(l.all);
	json_decref(l.names);
	return status;
}

static const struct arg list_args[] = {
    {"all", 'a', ARG_FLAG, NULL, "those that have ended, too",
	offsetof(struct list_options, all)},
    {"json", 0, ARG_FLAG, NULL, "one JSON object a line, with all there is",
	offsetof(struct list_options, json)},
};

const struct command command_unit_list = {
    .name = "unit list",
    .operands = "",
    .summary = "list the units, and what they are parts of",
    .text = "Whoever administers a unit sees that one and those in it.\n",
    .args = list_args,
    .n_args = ARRAY_SIZE(list_args),
    .size = sizeof(struct list_options),
    .run = run_list,
};

/* ---- rename, end
 * ----------------------------------------------------------------- */

static int
call_on(struct cli *cli, const char *op, const char *operand, const char *name)
{
	char id[API_ID] = "";
	json_t *done = NULL;
	int status = units_find(cli, operand, id);

	if (status == CLI_OK)
		status = api_call_state(cli, op,
		    api_object("unit", json_string(id), "name",
			name != NULL ? json_string(name) : NULL, NULL),
		    operand,
		    "people, groups or units are in it (chancery principal "
		    "list --unit, unit list): put them elsewhere first",
		    &done);
	json_decref(done);
	return status;
}

static int
run_rename(struct cli *cli, int n UNUSED, char **operands)
{
	return call_on(cli, "unit.rename", operands[0], operands[1]);
}

const struct command command_unit_rename = {
    .name = "unit rename",
    .operands = "UNIT NAME",
    .summary = "give a unit another name",
    .text = "Who belongs to it, and who administers it, stays as it is.\n",
    .min = 2,
    .max = 2,
    .run = run_rename,
};

static int
run_end(struct cli *cli, int n UNUSED, char **operands)
{
	return call_on(cli, "unit.end", operands[0], NULL);
}

const struct command command_unit_end = {
    .name = "unit end",
    .operands = "UNIT",
    .summary = "end a unit that nobody belongs to any more",
    .text = "Who belongs to it is put elsewhere before (chancery person "
	    "move, group move),\n"
	    "and the units in it are ended. The roles in it end with it.\n",
    .min = 1,
    .max = 1,
    .run = run_end,
};
