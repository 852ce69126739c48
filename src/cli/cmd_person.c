/* chancery people; person add, principal create, principal list, invite. */
#include "cli/commands.h"
#include "cli/people.h"
#include "cli/table.h"
#include "cli/units.h"

/* ---- create
 * ------------------------------------------------------------------- */

struct add_options {
	const char *unit;
	bool guest;
};

/* A service's are the first of them. */
enum { SERVICE_ARGS = 1 };

static const struct arg add_args[] = {
    {"unit", 'u', ARG_TEXT, "UNIT",
	"the unit that they are to belong to, by id or name",
	offsetof(struct add_options, unit)},
    {"guest", 0, ARG_FLAG, NULL,
	"they are from outside: nothing is theirs but what is shared with them",
	offsetof(struct add_options, guest)},
};

/* Adds one, into the unit that the options name. args is taken over. */
static int
create(
    struct cli *cli, json_t *args, const char *what, char ret_id[static API_ID])
{
	const struct add_options *options = cli->options;
	json_t *made = NULL;
	int status = units_set(cli, options->unit, args, "unit");

	if (status != CLI_OK) {
		json_decref(args);
		return status;
	}
	status = api_call(cli, "principal.create", args, what, &made);
	if (status == CLI_OK)
		(void)snprintf(ret_id, API_ID, "%s", api_text(made, "id"));
	json_decref(made);
	return status;
}

static json_t *
person_args(const struct cli *cli, const char *login, const char *name)
{
	const struct add_options *options = cli->options;

	return api_object("kind",
	    json_string(options->guest ? "guest" : "person"), "name",
	    json_string(name), "login", json_string(login), NULL);
}

static int
run_create(struct cli *cli, int n UNUSED, char **operands)
{
	char id[API_ID] = "";
	int status = create(cli,
	    api_object("kind", json_string("service"), "name",
		json_string(operands[0]), NULL),
	    operands[0], id);

	if (status == CLI_OK)
		(void)printf("%s\n", id);
	return status;
}

static int
run_person_add(struct cli *cli, int n UNUSED, char **operands)
{
	char id[API_ID] = "";
	int status = create(
	    cli, person_args(cli, operands[0], operands[1]), operands[0], id);

	if (status == CLI_OK)
		(void)printf("%s\n", id);
	return status;
}

const struct command command_person_add = {
    .name = "person add",
    .operands = "LOGIN NAME",
    .summary = "add a person, and print their id",
    .text = "  chancery person add anna \"Anna Adler\" --unit Sales\n"
	    "\n"
	    "LOGIN is what they sign in by, without spaces: anna, or an "
	    "address. They have\n"
	    "nothing to sign in with until they enrol: chancery invite LOGIN "
	    "prints the\n"
	    "link, and adds a person at the same time if you give it a name.\n",
    .args = add_args,
    .n_args = ARRAY_SIZE(add_args),
    .size = sizeof(struct add_options),
    .min = 2,
    .max = 2,
    .run = run_person_add,
};

const struct command command_principal_create = {
    .name = "principal create",
    .operands = "NAME",
    .summary = "add a service, and print its id",
    .args = add_args,
    .n_args = SERVICE_ARGS,
    .size = sizeof(struct add_options),
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

struct list_options {
	const char *unit;
	bool all, json;
};

struct listing {
	const struct list_options *options;
	struct table table;
	json_t *units; /* names by id */
	bool people;   /* those alone */
};

static const char *const heads[] = {
    "id", "kind", "login", "unit", "state", "created", "name"};

static bool
is_listed(const struct listing *l, const json_t *principal)
{
	if (!l->people)
		return true;
	return people_is(principal, "person") &&
	       (l->options->all || !api_bool(principal, "ended"));
}

static int
put_principal(void *arg, const json_t *principal)
{
	struct listing *l = arg;
	char time[32];

	if (!is_listed(l, principal))
		return CLI_OK;
	if (l->options->json) {
		api_put_line(principal);
		return CLI_OK;
	}
	table_cell(&l->table, api_text(principal, "id"));
	table_cell(&l->table, api_text(principal, "kind"));
	table_cell(&l->table, api_text(principal, "login"));
	table_cell(
	    &l->table, units_name(l->units, api_text(principal, "unit")));
	table_cell(&l->table, api_bool(principal, "ended")       ? "ended"
			      : api_bool(principal, "suspended") ? "suspended"
								 : "");
	table_cell(&l->table, api_time(principal, "created", time));
	table_cell(&l->table, api_text(principal, "name"));
	return CLI_OK;
}

static int
list(struct cli *cli, bool people)
{
	struct listing l = {.options = cli->options, .people = people};
	char unit[API_ID] = "";
	int status = CLI_OK;

	if (l.options->unit != NULL)
		status = units_find(cli, l.options->unit, unit);
	if (status == CLI_OK && !l.options->json)
		status = units_names(cli, &l.units);
	table_begin(&l.table, &cli->out, heads, ARRAY_SIZE(heads));
	if (status == CLI_OK)
		status = people_list(cli, "principal.list",
		    unit[0] != '\0' ? unit : NULL, put_principal, &l);
	table_end(&l.table);
	json_decref(l.units);
	return status;
}

static int
run_people(struct cli *cli, int n UNUSED, char **operands UNUSED)
{
	return list(cli, true);
}

static int
run_list(struct cli *cli, int n UNUSED, char **operands UNUSED)
{
	return list(cli, false);
}

#define LIST(member) offsetof(struct list_options, member)

static const struct arg people_args[] = {
    {"unit", 'u', ARG_TEXT, "UNIT",
	"those who belong to this unit itself, by id or name", LIST(unit)},
    {"all", 'a', ARG_FLAG, NULL, "those who have ended, too", LIST(all)},
    {"json", 0, ARG_FLAG, NULL, "one JSON object a line, with all there is",
	LIST(json)},
};

const struct command command_people = {
    .name = "people",
    .operands = "",
    .summary = "list the people: what they sign in by, their unit and state",
    .text = "  chancery people --unit Sales\n"
	    "  chancery people --json | jq -r .login\n"
	    "\n"
	    "In the order in which they were added. Whoever administers a unit "
	    "sees those\n"
	    "of that unit and of the units in it.\n",
    .args = people_args,
    .n_args = ARRAY_SIZE(people_args),
    .size = sizeof(struct list_options),
    .run = run_people,
};

static const struct arg list_args[] = {
    {"unit", 'u', ARG_TEXT, "UNIT",
	"those who belong to this unit itself, by id or name", LIST(unit)},
    {"json", 0, ARG_FLAG, NULL, "one JSON object a line, with all there is",
	LIST(json)},
};

const struct command command_principal_list = {
    .name = "principal list",
    .operands = "",
    .summary = "list all who may have rights: people, groups, services",
    .text = "In the order in which they were added, also those who have "
	    "ended.\n",
    .args = list_args,
    .n_args = ARRAY_SIZE(list_args),
    .size = sizeof(struct list_options),
    .run = run_list,
};

/* ---- invite
 * --------------------------------------------------------------- */

/* A new person, or who was added before and has nothing to sign in with. */
static int
find_or_add(
    struct cli *cli, const char *login, const char *name, char ret_id[API_ID])
{
	if (name == NULL)
		return people_find_kind(cli, login, "person", ret_id);
	return create(cli, person_args(cli, login, name), login, ret_id);
}

static int
run_invite(struct cli *cli, int n, char **operands)
{
	char id[API_ID] = "";
	int status =
	    find_or_add(cli, operands[0], n > 1 ? operands[1] : NULL, id);

	return status == CLI_OK
	           ? people_enrol(cli, "invitation.issue", id, operands[0])
	           : status;
}

const struct command command_invite = {
    .name = "invite",
    .operands = "LOGIN [NAME]",
    .summary = "add a person, and print the link by which they enrol",
    .text = "LOGIN is what they sign in by, without spaces: anna, or an "
	    "address. NAME is\n"
	    "shown to people. Without NAME a new link is made for a person who "
	    "was added\n"
	    "before and has not enrolled; the link before it ends. Give the "
	    "link to nobody\n"
	    "else: whoever opens it first is that person.\n",
    .args = add_args,
    .n_args = ARRAY_SIZE(add_args),
    .size = sizeof(struct add_options),
    .min = 1,
    .max = 2,
    .run = run_invite,
};
