/*
 * chancery share, role, app: rights on folders and files, roles in the
 * organisation and in units, and who may use which app.
 */
#include "cli/commands.h"
#include "cli/people.h"
#include "cli/table.h"
#include "cli/units.h"
#include "op/words.h"

struct grant_options {
	struct arg_time expires;
	const char *unit; /* of a role */
};

#define EXPIRES                                                      \
	{                                                            \
		"expires", 0, ARG_EXPIRY, "TIME",                    \
		    "when it ends by itself: 30d, 12h from now, or " \
		    "2026-11-22",                                    \
		    offsetof(struct grant_options, expires)          \
	}

static const struct arg grant_args[] = {EXPIRES};

struct list_options {
	const char *unit; /* of roles */
	bool json;
};

#define JSON                                                     \
	{                                                        \
		"json", 0, ARG_FLAG, NULL,                       \
		    "one JSON object a line, with all there is", \
		    offsetof(struct list_options, json)          \
	}

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

/* `on` says on what a right is; NULL: of each the same. */
static void
put_grants(struct table *table, const json_t *page, bool json,
    const char *(*on)(const json_t *one))
{
	json_t *one;
	char time[32];
	size_t i;

	json_array_foreach(json_object_get(page, "list"), i, one)
	{
		if (json) {
			api_put_line(one);
			continue;
		}
		table_cell(table, api_text(one, "id"));
		table_cell(table, api_text(one, "relation"));
		if (on != NULL)
			table_cell(table, on(one));
		table_cell(table, api_text(one, "principal"));
		table_cell(table, api_time(one, "created", time));
		table_cell(table, api_time(one, "expires", time));
		table_cell(table, api_text(one, "name"));
	}
}

/*
 * Ends what somebody has of that relation itself, not by a group: all of it,
 * where it was given several times. list_args is taken over.
 */
static int
revoke_of(struct cli *cli, const char *list, json_t *list_args,
    const char *revoke_op, const char *who, const char *operand,
    bool (*is_meant)(const json_t *one, const char *relation),
    const char *relation)
{
	json_t *page = NULL, *one;
	int status = api_call(cli, list, list_args, operand, &page);
	unsigned n = 0;
	size_t i;

	json_array_foreach(json_object_get(page, "list"), i, one)
	{
		if (status != CLI_OK ||
		    strcmp(api_text(one, "principal"), who) != 0 ||
		    !is_meant(one, relation))
			continue;
		status = revoke(cli, revoke_op, api_text(one, "id"));
		n++;
	}
	if (status == CLI_OK && n == 0)
		status = cli_fail(cli, CLI_FAILED,
		    "%s hasn't been given %s; what they have by a group ends "
		    "with their being in it, or with what the group has",
		    operand, relation);
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

static const char *const share_heads[] = {
    "id", "right", "who", "given", "expires", "name"};

static int
run_share_list(struct cli *cli, int n UNUSED, char **operands)
{
	const struct list_options *options = cli->options;
	json_t *page = NULL;
	struct table table;
	int status = api_call(cli, "share.list", api_place(operands[0], "node"),
	    operands[0], &page);

	table_begin(&table, &cli->out, share_heads, ARRAY_SIZE(share_heads));
	put_grants(&table, page, options->json, NULL);
	table_end(&table);
	json_decref(page);
	return status;
}

static const struct arg share_list_args[] = {JSON};

const struct command command_share_list = {
    .name = "share list",
    .operands = "ID|PATH",
    .summary = "list the rights given on a folder or file itself",
    .args = share_list_args,
    .n_args = ARRAY_SIZE(share_list_args),
    .size = sizeof(struct list_options),
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
	const struct grant_options *options = cli->options;
	json_t *args = api_object("relation", json_string(operands[1]), NULL);
	int status = units_set(cli, options->unit, args, "unit");

	if (status != CLI_OK) {
		json_decref(args);
		return status;
	}
	return grant(cli, "role.grant", operands[0], args);
}

static const struct arg role_args[] = {
    {"unit", 'u', ARG_TEXT, "UNIT",
	"in this unit and those in it, by id or name (default: the "
	"organisation)",
	offsetof(struct grant_options, unit)},
    EXPIRES,
};

const struct command command_role_grant = {
    .name = "role grant",
    .operands = "WHO ROLE",
    .summary = "give somebody a role in the organisation, or in a unit",
    .text = "  chancery role grant anna log_reader\n"
	    "  chancery role grant carl user_admin --unit Sales\n"
	    "\n"
	    "ROLE is one of\n"
	    "  user_admin          manages principals and their credentials\n"
	    "  log_reader          reads the log of the organisation\n"
	    "  security_responder  ends sessions and credentials\n"
	    "  operator            reads status and runs the server\n"
	    "of which user_admin and security_responder may be for a unit. "
	    "Prints the id\n"
	    "of the grant, by which it can be ended.\n",
    .args = role_args,
    .n_args = ARRAY_SIZE(role_args),
    .size = sizeof(struct grant_options),
    .min = 2,
    .max = 2,
    .run = run_role_grant,
};

static const char *const role_heads[] = {
    "id", "role", "in", "who", "given", "expires", "name"};

static const char *
place_of(const json_t *role)
{
	return api_has(role, "object_name") ? api_text(role, "object_name")
	                                    : "the organisation";
}

static int
run_role_list(struct cli *cli, int n, char **operands)
{
	const struct list_options *options = cli->options;
	json_t *args = json_object(), *page = NULL;
	char id[API_ID] = "";
	struct table table;
	int status = n > 0 ? people_find(cli, operands[0], id) : CLI_OK;

	if (status == CLI_OK)
		status = units_set(cli, options->unit, args, "unit");
	if (status != CLI_OK) {
		json_decref(args);
		return status;
	}
	if (n > 0)
		(void)json_object_set_new(args, "principal", json_string(id));
	status = api_call(cli, "role.list", args, NULL, &page);
	table_begin(&table, &cli->out, role_heads, ARRAY_SIZE(role_heads));
	put_grants(&table, page, options->json, place_of);
	table_end(&table);
	json_decref(page);
	return status;
}

static const struct arg role_list_args[] = {
    {"unit", 'u', ARG_TEXT, "UNIT", "those in this unit, by id or name",
	offsetof(struct list_options, unit)},
    JSON,
};

const struct command command_role_list = {
    .name = "role list",
    .operands = "[WHO]",
    .summary = "list the roles in the organisation or a unit, or of one",
    .text = "Without WHO those given in the organisation, or in the unit. Of "
	    "WHO all\n"
	    "that they have, wherever it is, also by groups. One's own "
	    "everybody may list.\n",
    .args = role_list_args,
    .n_args = ARRAY_SIZE(role_list_args),
    .size = sizeof(struct list_options),
    .max = 1,
    .run = run_role_list,
};

static bool
is_of_organisation(const json_t *role, const char *relation)
{
	return strcmp(api_text(role, "relation"), relation) == 0 &&
	       !api_has(role, "object_name");
}

static bool
is_of_unit(const json_t *role, const char *relation)
{
	return strcmp(api_text(role, "relation"), relation) == 0;
}

static int
run_role_revoke(struct cli *cli, int n, char **operands)
{
	const struct grant_options *options = cli->options;
	char who[API_ID] = "";
	json_t *args;
	int status;

	if (n == 1)
		return revoke(cli, "role.revoke", operands[0]);
	if ((status = people_find(cli, operands[0], who)) != CLI_OK)
		return status;
	args = api_object("principal", json_string(who), NULL);
	status = units_set(cli, options->unit, args, "unit");
	if (status != CLI_OK) {
		json_decref(args);
		return status;
	}
	return revoke_of(cli, "role.list", args, "role.revoke", who,
	    operands[0],
	    options->unit != NULL ? is_of_unit : is_of_organisation,
	    operands[1]);
}

static const struct arg role_revoke_args[] = {
    {"unit", 'u', ARG_TEXT, "UNIT",
	"that in this unit, by id or name (default: the organisation)",
	offsetof(struct grant_options, unit)},
};

const struct command command_role_revoke = {
    .name = "role revoke",
    .operands = "WHO ROLE | GRANT",
    .summary = "take such a role away",
    .text = "  chancery role revoke carl user_admin --unit Sales\n"
	    "\n"
	    "GRANT is the role's id, as chancery role list shows it.\n",
    .args = role_revoke_args,
    .n_args = ARRAY_SIZE(role_revoke_args),
    .size = sizeof(struct grant_options),
    .min = 1,
    .max = 2,
    .run = run_role_revoke,
};

/* ---- app
 * ----------------------------------------------------------------------- */

static int
check_app(struct cli *cli, const char *word)
{
	const struct word_list *list = words_list(WORDS_APP);
	struct buf all = BUF(1024);

	if (words_number(WORDS_APP, slice_str(word)) != 0)
		return CLI_OK;
	for (size_t i = 0; i < list->n; i++)
		buf_printf(
		    &all, "%s%s", i > 0 ? ", " : "", list->words[i].text);
	(void)cli_fail(cli, CLI_USAGE,
	    "there is no app '%s'; it is one of %.*s", word,
	    SLICE_ARG(buf_slice(&all)));
	buf_free(&all);
	return CLI_USAGE;
}

static int
run_app_grant(struct cli *cli, int n UNUSED, char **operands)
{
	int status = check_app(cli, operands[0]);

	return status != CLI_OK
	           ? status
	           : grant(cli, "app.grant", operands[1],
			 api_object("app", json_string(operands[0]), NULL));
}

const struct command command_app_grant = {
    .name = "app grant",
    .operands = "APP WHO",
    .summary = "let somebody, or all in a group, use an app",
    .text = "  chancery app grant mail Accounting\n"
	    "  chancery app revoke mail Everyone\n"
	    "\n"
	    "APP is files, documents, mail, log or admin. From the start the "
	    "group Everyone\n"
	    "may use each: take that away before you choose who may. Prints "
	    "the id of the\n"
	    "grant, by which it can be ended.\n",
    .args = grant_args,
    .n_args = ARRAY_SIZE(grant_args),
    .size = sizeof(struct grant_options),
    .min = 2,
    .max = 2,
    .run = run_app_grant,
};

static const char *const app_heads[] = {
    "id", "right", "app", "who", "given", "expires", "name"};

static const char *
app_of(const json_t *right)
{
	return api_text(right, "app");
}

static int
list_app(struct cli *cli, const char *app, struct table *table)
{
	const struct list_options *options = cli->options;
	json_t *page = NULL, *one;
	int status = api_call(cli, "app.list",
	    api_object("app", json_string(app), NULL), app, &page);
	size_t i;

	json_array_foreach(json_object_get(page, "list"), i, one)(void)
	    json_object_set_new(one, "app", json_string(app));
	put_grants(table, page, options->json, app_of);
	json_decref(page);
	return status;
}

static int
run_app_list(struct cli *cli, int n, char **operands)
{
	const struct word_list *apps = words_list(WORDS_APP);
	int status = n > 0 ? check_app(cli, operands[0]) : CLI_OK;
	struct table table;

	if (status != CLI_OK)
		return status;
	table_begin(&table, &cli->out, app_heads, ARRAY_SIZE(app_heads));
	if (n > 0)
		status = list_app(cli, operands[0], &table);
	for (size_t i = 0; n == 0 && i < apps->n && status == CLI_OK; i++)
		status = list_app(cli, apps->words[i].text, &table);
	table_end(&table);
	return status;
}

static const struct arg app_list_args[] = {JSON};

const struct command command_app_list = {
    .name = "app list",
    .operands = "[APP]",
    .summary = "list who was given the use of an app, or of all",
    .text = "Who has it by a group isn't listed one by one: chancery who-can "
	    "use APP does.\n",
    .args = app_list_args,
    .n_args = ARRAY_SIZE(app_list_args),
    .size = sizeof(struct list_options),
    .max = 1,
    .run = run_app_list,
};

static bool
is_use(const json_t *right UNUSED, const char *relation UNUSED)
{
	return true;
}

static int
run_app_revoke(struct cli *cli, int n, char **operands)
{
	char who[API_ID] = "";
	int status;

	if (n == 1)
		return revoke(cli, "app.revoke", operands[0]);
	if ((status = check_app(cli, operands[0])) != CLI_OK ||
	    (status = people_find(cli, operands[1], who)) != CLI_OK)
		return status;
	return revoke_of(cli, "app.list",
	    api_object("app", json_string(operands[0]), NULL), "app.revoke",
	    who, operands[1], is_use, operands[0]);
}

const struct command command_app_revoke = {
    .name = "app revoke",
    .operands = "APP WHO | GRANT",
    .summary = "take the use of an app away",
    .text = "  chancery app revoke mail Everyone\n"
	    "\n"
	    "What they have open in it is closed. GRANT is the right's id, as "
	    "chancery app\n"
	    "list shows it.\n",
    .min = 1,
    .max = 2,
    .run = run_app_revoke,
};
