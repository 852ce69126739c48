/* chancery group: add, list, members, join, leave, end. */
#include "cli/commands.h"
#include "cli/people.h"
#include "cli/table.h"
#include "cli/units.h"

/* ---- add
 * ------------------------------------------------------------------------- */

struct add_options {
	const char *unit;
};

static int
run_add(struct cli *cli, int n UNUSED, char **operands)
{
	const struct add_options *options = cli->options;

	return units_add(cli, "group.create", operands[0], options->unit);
}

static const struct arg add_args[] = {
    {"unit", 'u', ARG_TEXT, "UNIT",
	"the unit that is to administer it, by id or name",
	offsetof(struct add_options, unit)},
};

const struct command command_group_add = {
    .name = "group add",
    .operands = "NAME",
    .summary = "add a group, and print its id",
    .text = "  chancery group add Accounting\n"
	    "  chancery group join Accounting anna bob\n"
	    "  chancery share grant reports Accounting read\n"
	    "\n"
	    "Whatever is given to a group, its members have while they are in "
	    "it.\n",
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
	const char *unit;
	bool all, json;
};

struct listing {
	const struct list_options *options;
	struct table table;
	json_t *units; /* names by id */
};

static const char *const heads[] = {"id", "unit", "state", "created", "name"};

static int
put_group(void *arg, const json_t *group)
{
	struct listing *l = arg;
	bool ended = api_bool(group, "ended");
	char time[32];

	if (ended && !l->options->all)
		return CLI_OK;
	if (l->options->json) {
		api_put_line(group);
		return CLI_OK;
	}
	table_cell(&l->table, api_text(group, "id"));
	table_cell(&l->table, units_name(l->units, api_text(group, "unit")));
	table_cell(&l->table, ended ? "ended" : "");
	table_cell(&l->table, api_time(group, "created", time));
	table_cell(&l->table, api_text(group, "name"));
	return CLI_OK;
}

static int
run_list(struct cli *cli, int n UNUSED, char **operands UNUSED)
{
	struct listing l = {.options = cli->options};
	char unit[API_ID] = "";
	int status = CLI_OK;

	if (l.options->unit != NULL)
		status = units_find(cli, l.options->unit, unit);
	if (status == CLI_OK && !l.options->json)
		status = units_names(cli, &l.units);
	table_begin(&l.table, &cli->out, heads, ARRAY_SIZE(heads));
	if (status == CLI_OK)
		status = people_list(cli, "group.list",
		    unit[0] != '\0' ? unit : NULL, put_group, &l);
	table_end(&l.table);
	json_decref(l.units);
	return status;
}

#define LIST(member) offsetof(struct list_options, member)

static const struct arg list_args[] = {
    {"unit", 'u', ARG_TEXT, "UNIT", "those of this unit itself, by id or name",
	LIST(unit)},
    {"all", 'a', ARG_FLAG, NULL, "those that have ended, too", LIST(all)},
    {"json", 0, ARG_FLAG, NULL, "one JSON object a line, with all there is",
	LIST(json)},
};

const struct command command_group_list = {
    .name = "group list",
    .operands = "",
    .summary = "list the groups",
    .text = "In the order in which they were added.\n",
    .args = list_args,
    .n_args = ARRAY_SIZE(list_args),
    .size = sizeof(struct list_options),
    .run = run_list,
};

/* ---- members
 * --------------------------------------------------------------------- */

struct members_options {
	bool json;
};

struct members {
	const struct members_options *options;
	struct table table;
};

static const char *const member_heads[] = {
    "id", "kind", "since", "until", "state", "name"};

static int
put_member(void *arg, const json_t *member)
{
	struct members *m = arg;
	char time[32];

	if (m->options->json) {
		api_put_line(member);
		return CLI_OK;
	}
	table_cell(&m->table, api_text(member, "principal"));
	table_cell(&m->table, api_text(member, "kind"));
	table_cell(&m->table, api_time(member, "created", time));
	table_cell(&m->table, api_time(member, "expires", time));
	table_cell(&m->table, api_bool(member, "ended") ? "ended" : "");
	table_cell(&m->table, api_text(member, "name"));
	return CLI_OK;
}

static int
run_members(struct cli *cli, int n UNUSED, char **operands)
{
	struct members m = {.options = cli->options};
	char id[API_ID] = "";
	int status = people_find_kind(cli, operands[0], "group", id);

	if (status != CLI_OK)
		return status;
	table_begin(
	    &m.table, &cli->out, member_heads, ARRAY_SIZE(member_heads));
	status = api_call_pages(cli, "group.members",
	    api_object(
		"group", json_string(id), "limit", json_integer(500), NULL),
	    operands[0], put_member, &m);
	table_end(&m.table);
	return status;
}

static const struct arg members_args[] = {
    {"json", 0, ARG_FLAG, NULL, "one JSON object a line, with all there is",
	offsetof(struct members_options, json)},
};

const struct command command_group_members = {
    .name = "group members",
    .operands = "GROUP",
    .summary = "list who is in a group itself",
    .text = "Who is in it through a group that is in it, chancery group "
	    "members of that\n"
	    "one tells. In the group Everyone are all but guests, without "
	    "being listed.\n",
    .args = members_args,
    .n_args = ARRAY_SIZE(members_args),
    .size = sizeof(struct members_options),
    .min = 1,
    .max = 1,
    .run = run_members,
};

/* ---- join, leave
 * ----------------------------------------------------------------- */

struct join_options {
	struct arg_time expires;
};

/* The same for each of those named behind the group; all are looked at. */
static int
for_each(
    struct cli *cli, const char *op, int n, char **operands, json_t *expires)
{
	char group[API_ID] = "", who[API_ID] = "";
	int all = people_find_kind(cli, operands[0], "group", group);

	for (int i = 1; i < n && group[0] != '\0'; i++) {
		json_t *done = NULL;
		int status = people_find(cli, operands[i], who);

		if (status == CLI_OK)
			status = api_call(cli, op,
			    api_object("group", json_string(group), "principal",
				json_string(who), "expires",
				json_incref(expires), NULL),
			    operands[i], &done);
		json_decref(done);
		if (status != CLI_OK)
			all = status;
	}
	json_decref(expires);
	return all;
}

static int
run_join(struct cli *cli, int n, char **operands)
{
	const struct join_options *options = cli->options;

	return for_each(cli, "member.add", n, operands,
	    options->expires.given ? api_time_value(options->expires.ms)
				   : NULL);
}

static const struct arg join_args[] = {
    {"expires", 0, ARG_EXPIRY, "TIME",
	"when it ends by itself: 30d, 12h from now, or 2026-11-22",
	offsetof(struct join_options, expires)},
};

const struct command command_group_join = {
    .name = "group join",
    .operands = "GROUP WHO...",
    .summary = "put people, services or groups into a group",
    .text = "  chancery group join Accounting anna bob\n"
	    "  chancery group join Finance Accounting\n"
	    "  chancery group join Accounting carl --expires 30d\n"
	    "\n"
	    "A group's members are in it, too; groups nest to 8.\n",
    .args = join_args,
    .n_args = ARRAY_SIZE(join_args),
    .size = sizeof(struct join_options),
    .min = 2,
    .max = -1,
    .run = run_join,
};

static int
run_leave(struct cli *cli, int n, char **operands)
{
	return for_each(cli, "member.remove", n, operands, NULL);
}

const struct command command_group_leave = {
    .name = "group leave",
    .operands = "GROUP WHO...",
    .summary = "take somebody out of a group, and what they had from there",
    .text = "At once: what they have open by it is closed.\n",
    .min = 2,
    .max = -1,
    .run = run_leave,
};

/* ---- end
 * ------------------------------------------------------------------------- */

static int
run_end(struct cli *cli, int n UNUSED, char **operands)
{
	return people_call(cli, "group.end", operands[0], "group");
}

const struct command command_group_end = {
    .name = "group end",
    .operands = "GROUP",
    .summary = "end a group: what was given to it, nobody has from it",
    .text = "Its members stay who they are, with what they have otherwise.\n",
    .min = 1,
    .max = 1,
    .run = run_end,
};
