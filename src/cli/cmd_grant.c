/* chancery share, role: rights on folders and files, roles in the organisation.
 */
#include "cli/commands.h"
#include "cli/people.h"
#include "cli/table.h"

struct grant_options {
	struct arg_time expires;
};

static const struct arg grant_args[] = {
    {"expires", 0, ARG_EXPIRY, "TIME",
	"when it ends by itself: 30d, 12h from now, or 2026-11-22",
	offsetof(struct grant_options, expires)},
};

/* ---- what both do
 * --------------------------------------------------------------
 */

/* Gives it, and prints its id. args: all but principal and expiry. */
static int
grant(struct cli *cli, const char *op, const char *who, json_t *args)
{
	const struct grant_options *options = cli->options;
	char id[API_ID];
	json_t *made = NULL;
	int status = people_find(cli, who, id);

	if (status != CLI_OK) {
		json_decref(args);
		return status;
	}
	(void)json_object_set_new(args, "principal", json_string(id));
	if (options->expires.given)
		(void)json_object_set_new(
		    args, "expires", api_time_value(options->expires.ms));
	status = api_call(cli, op, args, NULL, &made);
	if (status == CLI_OK)
		(void)printf("%s\n", api_text(made, "id"));
	json_decref(made);
	return status;
}

static int
revoke(struct cli *cli, const char *op, const char *id)
{
	json_t *done = NULL;
	int status = api_call(
	    cli, op, api_object("grant", json_string(id), NULL), id, &done);

	json_decref(done);
	return status;
}

static const char *const heads[] = {
    "id", "right", "who", "given", "expires", "name"};

static int
list(struct cli *cli, const char *op, json_t *args, const char *what)
{
	json_t *page = NULL, *one;
	struct table table;
	char time[32];
	int status = api_call(cli, op, args, what, &page);
	size_t i;

	table_begin(&table, &cli->out, heads, ARRAY_SIZE(heads));
	json_array_foreach(json_object_get(page, "list"), i, one)
	{
		table_cell(&table, api_text(one, "id"));
		table_cell(&table, api_text(one, "relation"));
		table_cell(&table, api_text(one, "principal"));
		table_cell(&table, api_time(one, "created", time));
		table_cell(&table, api_time(one, "expires", time));
		table_cell(&table, api_text(one, "name"));
	}
	table_end(&table);
	json_decref(page);
	return status;
}

/* ---- share
 * --------------------------------------------------------------------- */

static int
run_share_grant(struct cli *cli, int n UNUSED, char **operands)
{
	json_t *node = NULL, *args;
	int status = api_call(cli, "node.get", api_place(operands[0], "node"),
	    operands[0], &node);

	if (status != CLI_OK)
		return status;
	args = api_object("node", json_string(api_text(node, "id")), "relation",
	    json_string(operands[2]), NULL);
	json_decref(node);
	return grant(cli, "share.grant", operands[1], args);
}

const struct command command_share_grant = {
    .name = "share grant",
    .operands = "ID|PATH WHO RIGHT",
    .summary = "give somebody a right on a folder or file",
    .text = "RIGHT is read, edit or owner; on a folder it holds for all that "
	    "is in it.\n"
	    "Prints the id of the grant, by which it can be ended.\n",
    .args = grant_args,
    .n_args = ARRAY_SIZE(grant_args),
    .size = sizeof(struct grant_options),
    .min = 3,
    .max = 3,
    .run = run_share_grant,
};

static int
run_share_list(struct cli *cli, int n UNUSED, char **operands)
{
	return list(
	    cli, "share.list", api_place(operands[0], "node"), operands[0]);
}

const struct command command_share_list = {
    .name = "share list",
    .operands = "ID|PATH",
    .summary = "list the rights given on a folder or file itself",
    .text = "Those that it has from folders above are theirs; chancery why "
	    "says what\n"
	    "somebody's right rests on.\n",
    .min = 1,
    .max = 1,
    .run = run_share_list,
};

static int
run_share_revoke(struct cli *cli, int n UNUSED, char **operands)
{
	return revoke(cli, "share.revoke", operands[0]);
}

const struct command command_share_revoke = {
    .name = "share revoke",
    .operands = "GRANT",
    .summary = "take such a right away",
    .text = "GRANT is the right's id, as chancery share list shows it.\n",
    .min = 1,
    .max = 1,
    .run = run_share_revoke,
};

/* ---- role
 * ---------------------------------------------------------------------- */

static int
run_role_grant(struct cli *cli, int n UNUSED, char **operands)
{
	return grant(cli, "role.grant", operands[0],
	    api_object("relation", json_string(operands[1]), NULL));
}

const struct command command_role_grant = {
    .name = "role grant",
    .operands = "WHO ROLE",
    .summary = "give somebody a role in the organisation",
    .text = "ROLE is one of\n"
	    "  user_admin          manages principals and their credentials\n"
	    "  log_reader          reads the log of the organisation\n"
	    "  security_responder  ends sessions and credentials\n"
	    "  operator            reads status and runs the server\n"
	    "Prints the id of the grant, by which it can be ended.\n",
    .args = grant_args,
    .n_args = ARRAY_SIZE(grant_args),
    .size = sizeof(struct grant_options),
    .min = 2,
    .max = 2,
    .run = run_role_grant,
};

static int
run_role_list(struct cli *cli, int n, char **operands)
{
	json_t *args = json_object();
	char id[API_ID];
	int status = CLI_OK;

	if (n > 0)
		status = people_find(cli, operands[0], id);
	if (status != CLI_OK) {
		json_decref(args);
		return status;
	}
	if (n > 0)
		(void)json_object_set_new(args, "principal", json_string(id));
	return list(cli, "role.list", args, NULL);
}

const struct command command_role_list = {
    .name = "role list",
    .operands = "[WHO]",
    .summary = "list the roles given, to all or to one",
    .text = "In the order in which they were given.\n",
    .max = 1,
    .run = run_role_list,
};

static int
run_role_revoke(struct cli *cli, int n UNUSED, char **operands)
{
	return revoke(cli, "role.revoke", operands[0]);
}

const struct command command_role_revoke = {
    .name = "role revoke",
    .operands = "GRANT",
    .summary = "take such a role away",
    .text = "GRANT is the role's id, as chancery role list shows it.\n",
    .min = 1,
    .max = 1,
    .run = run_role_revoke,
};
