/*
 * chancery approval, recover, exception: what two people do. Whoever runs a
 * command that one doesn't do alone is told so, and has asked (api.c).
 */
#include "cli/commands.h"
#include "cli/people.h"
#include "cli/table.h"

/* ---- what waits ---------------------------------------------------------- */

static const char *const heads[] = {
    "id", "asked by", "operation", "about", "since", "until", "approved by"};

/* The operation that a request is for: the only member of its call. */
static const char *
operation_of(const json_t *request)
{
	json_t *call = json_object_get(request, "call");
	const char *name = json_object_iter_key(json_object_iter(call));

	return name != NULL ? name : "";
}

/* Of all for who decides; else of what is one's own. */
static int
list_requests(struct cli *cli, json_t **ret_page)
{
	struct api_refusal refusal;
	int status =
	    api_try(cli, "approval.list", json_object(), ret_page, &refusal);

	if (status == CLI_OK || refusal.text[0] == '\0')
		return status;
	return api_call(cli, "approval.mine", json_object(), NULL, ret_page);
}

static int
run_list(struct cli *cli, int n UNUSED, char **operands UNUSED)
{
	json_t *page = NULL, *one;
	struct table table;
	char time[32];
	int status = list_requests(cli, &page);
	size_t i;

	table_begin(&table, &cli->out, heads, ARRAY_SIZE(heads));
	json_array_foreach(json_object_get(page, "list"), i, one)
	{
		table_cell(&table, api_text(one, "id"));
		table_cell(&table, api_text(one, "by_name"));
		table_cell(&table, operation_of(one));
		table_cell(&table, api_text(one, "name"));
		table_cell(&table, api_time(one, "created", time));
		table_cell(&table, api_time(one, "expires", time));
		table_cell(&table, api_text(one, "approved_name"));
	}
	table_end(&table);
	json_decref(page);
	return status;
}

const struct command command_approval_list = {
    .name = "approval list",
    .operands = "",
    .summary = "list what waits for a second person",
    .text = "All of it for who manages principals, else what one has asked for "
	    "oneself, or\n"
	    "what is about oneself.\n",
    .run = run_list,
};

static int
call_on(struct cli *cli, const char *op, const char *request)
{
	json_t *done = NULL;
	int status = api_call(cli, op,
	    api_object("request", json_string(request), NULL), request, &done);

	json_decref(done);
	return status;
}

static int
run_give(struct cli *cli, int n UNUSED, char **operands)
{
	return call_on(cli, "approval.give", operands[0]);
}

const struct command command_approval_give = {
    .name = "approval give",
    .operands = "REQUEST",
    .summary = "approve, as the second person, what another administrator asks",
    .text = "REQUEST is its id, as chancery approval list shows it. Who asked "
	    "may then do\n"
	    "it, once. Nobody approves what they asked for, what is about "
	    "themselves, or what\n"
	    "somebody asks from whom they have what they sign in with.\n",
    .min = 1,
    .max = 1,
    .run = run_give,
};

static int
run_refuse(struct cli *cli, int n UNUSED, char **operands)
{
	return call_on(cli, "approval.refuse", operands[0]);
}

const struct command command_approval_refuse = {
    .name = "approval refuse",
    .operands = "REQUEST",
    .summary = "refuse what waits for a second person, or take it back",
    .text = "A recovery may be refused by whom it is about, too.\n",
    .min = 1,
    .max = 1,
    .run = run_refuse,
};

/* ---- recovery ------------------------------------------------------------ */

static int
run_recover(struct cli *cli, int n UNUSED, char **operands)
{
	char id[API_ID] = "";
	int status = people_find(cli, operands[0], id);

	return status == CLI_OK
	           ? people_enrol(cli, "recovery.issue", id, operands[0])
	           : status;
}

const struct command command_recover = {
    .name = "recover",
    .operands = "WHO",
    .summary = "let somebody who has lost all enrol anew, by two people",
    .text =
	"Asks for it; when another administrator has approved it, or after "
	"a day in\n"
	"which neither they nor WHO refused it, the same command prints the "
	"link. What\n"
	"WHO signed in with before ends when they have enrolled.\n",
    .min = 1,
    .max = 1,
    .run = run_recover,
};

/* ---- exceptions ---------------------------------------------------------- */

struct exception_options {
	struct arg_time expires;
};

static const struct arg exception_args[] = {
    {"expires", 0, ARG_EXPIRY, "TIME",
	"when it ends by itself: 3d, 12h from now, or 2026-11-22",
	offsetof(struct exception_options, expires)},
};

/* What was approved for somebody, as it was asked for. */
static int
find_approved(struct cli *cli, const char *id, json_t **ret_args)
{
	json_t *page = NULL, *one, *args;
	int status = api_call(cli, "approval.mine", json_object(), NULL, &page);
	size_t i;

	*ret_args = NULL;
	json_array_foreach(json_object_get(page, "list"), i, one)
	{
		args = json_object_get(
		    json_object_get(one, "call"), "policy.except");
		if (*ret_args == NULL && api_has(one, "approved_by") &&
		    strcmp(api_text(args, "principal"), id) == 0)
			*ret_args = json_incref(args);
	}
	json_decref(page);
	if (status == CLI_OK && *ret_args == NULL)
		status = cli_fail(cli, CLI_USAGE,
		    "nothing was approved for them yet; to ask for it, say "
		    "until when: --expires, in 14 days at most");
	return status;
}

static int
run_add(struct cli *cli, int n UNUSED, char **operands)
{
	const struct exception_options *options = cli->options;
	char id[API_ID] = "";
	json_t *made = NULL, *args = NULL;
	int status = people_find(cli, operands[0], id);

	if (status == CLI_OK && !options->expires.given)
		status = find_approved(cli, id, &args);
	else if (status == CLI_OK)
		args = api_object("principal", json_string(id), "relation",
		    json_string("password_alone"), "expires",
		    api_time_value(options->expires.ms), NULL);
	if (status == CLI_OK)
		status =
		    api_call(cli, "policy.except", args, operands[0], &made);
	if (status == CLI_OK)
		(void)printf("%s\n", api_text(made, "id"));
	json_decref(made);
	return status;
}

const struct command command_exception_add = {
    .name = "exception add",
    .operands = "WHO",
    .summary = "let one person sign in by a password alone, by two people",
    .text = "Asks for it with --expires, and when another administrator has "
	    "approved it,\n"
	    "does it without. Nothing else loosens the policy, and the bar is "
	    "red while an\n"
	    "exception stands.\n",
    .args = exception_args,
    .n_args = ARRAY_SIZE(exception_args),
    .size = sizeof(struct exception_options),
    .min = 1,
    .max = 1,
    .run = run_add,
};

static const char *const exception_heads[] = {
    "id", "exception", "who", "given", "expires", "name"};

static int
run_exceptions(struct cli *cli, int n UNUSED, char **operands UNUSED)
{
	json_t *page = NULL, *one;
	struct table table;
	char time[32];
	int status = api_call(cli, "policy.list", json_object(), NULL, &page);
	size_t i;

	table_begin(
	    &table, &cli->out, exception_heads, ARRAY_SIZE(exception_heads));
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

const struct command command_exception_list = {
    .name = "exception list",
    .operands = "",
    .summary = "list the exceptions from the policy that stand",
    .run = run_exceptions,
};

static int
run_end(struct cli *cli, int n UNUSED, char **operands)
{
	json_t *done = NULL;
	int status = api_call(cli, "policy.end",
	    api_object("grant", json_string(operands[0]), NULL), operands[0],
	    &done);

	json_decref(done);
	return status;
}

const struct command command_exception_end = {
    .name = "exception end",
    .operands = "ID",
    .summary = "end an exception, and the sessions that it let in",
    .text = "ID is as chancery exception list shows it.\n",
    .min = 1,
    .max = 1,
    .run = run_end,
};
