/* chancery incident: what descends from a compromise, and its end. */
#include <inttypes.h>

#include "cli/commands.h"
#include "cli/people.h"
#include "cli/table.h"

/* ---- which one
 * ------------------------------------------------------------------- */

struct named {
	const char *name;
	char id[API_ID];
	unsigned n;
};

static int
match(void *arg, const json_t *incident)
{
	struct named *named = arg;

	if (strcmp(api_text(incident, "name"), named->name) != 0)
		return CLI_OK;
	named->n++;
	(void)snprintf(
	    named->id, sizeof(named->id), "%s", api_text(incident, "id"));
	return CLI_OK;
}

/* By id, or by a name that only one incident has. */
static int
find(struct cli *cli, const char *operand, char ret_id[API_ID])
{
	struct named named = {.name = operand};
	struct id id;
	int status;

	if (id_parse(slice_str(operand), &id) == 0 &&
	    id.kind == KIND_INCIDENT) {
		(void)snprintf(ret_id, API_ID, "%s", operand);
		return CLI_OK;
	}
	status = api_call_pages(cli, "incident.list",
	    api_object("limit", json_integer(500), NULL), NULL, match, &named);
	if (status != CLI_OK)
		return status;
	if (named.n != 1)
		return cli_fail(cli, CLI_FAILED,
		    "%u incidents are named '%s'; chancery incident list shows "
		    "all",
		    named.n, operand);
	memcpy(ret_id, named.id, sizeof(named.id));
	return CLI_OK;
}

/* Does an operation on one; the result is the caller's. */
static int
call_on(struct cli *cli, const char *op, const char *operand, const char *state,
    json_t **ret_result)
{
	char id[API_ID];
	int status = find(cli, operand, id);

	if (status != CLI_OK)
		return status;
	return api_call_state(cli, op,
	    api_object("incident", json_string(id), NULL), operand, state,
	    ret_result);
}

/* ---- open, list, close
 * --------------------------------------------------------------- */

static int
run_open(struct cli *cli, int n UNUSED, char **operands)
{
	json_t *made = NULL;
	int status = api_call(cli, "incident.open",
	    api_object("name", json_string(operands[0]), NULL), operands[0],
	    &made);

	if (status == CLI_OK)
		(void)printf("%s\n", api_text(made, "id"));
	json_decref(made);
	return status;
}

const struct command command_incident_open = {
    .name = "incident open",
    .operands = "NAME",
    .summary = "open an incident, and print its id",
    .text =
	"For who responds to incidents (security_responder), signed in by a "
	"passkey that\n"
	"doesn't leave its authenticator. Then name what is compromised "
	"(incident seed),\n"
	"end that at once (incident contain), look at what came of it "
	"(incident scope,\n"
	"incident acts), propose the cut (incident propose), and have another "
	"responder\n"
	"carry it out (incident evict). Who acts by anything that descends "
	"from the\n"
	"compromise is told nothing of it.\n",
    .min = 1,
    .max = 1,
    .run = run_open,
};

static const char *const list_heads[] = {"id", "opened", "by", "seeds",
    "contained", "proposed by", "cut", "closed", "name"};

static void
put_number(struct table *table, const json_t *one, const char *member)
{
	char text[24] = "-";

	if (api_has(one, member))
		(void)snprintf(
		    text, sizeof(text), "%" PRIu64, api_u64(one, member));
	table_cell(table, text);
}

static int
put_incident(void *arg, const json_t *one)
{
	struct table *table = arg;
	char time[32];

	table_cell(table, api_text(one, "id"));
	table_cell(table, api_time(one, "opened", time));
	table_cell(table, api_text(one, "by_name"));
	put_number(table, one, "seeds");
	put_number(table, one, "contained");
	table_cell(table, api_text(one, "proposed_by_name"));
	put_number(table, one, "evicted");
	put_number(table, one, "closed");
	table_cell(table, api_text(one, "name"));
	return CLI_OK;
}

static int
run_list(struct cli *cli, int n UNUSED, char **operands UNUSED)
{
	struct table table;
	int status;

	table_begin(&table, &cli->out, list_heads, ARRAY_SIZE(list_heads));
	status = api_call_pages(cli, "incident.list",
	    api_object("limit", json_integer(500), NULL), NULL, put_incident,
	    &table);
	table_end(&table);
	return status;
}

const struct command command_incident_list = {
    .name = "incident list",
    .operands = "",
    .summary = "list the incidents, the newest first",
    .text = "Contained, cut and closed are the numbers of records (chancery "
	    "log show).\n",
    .run = run_list,
};

static int
run_close(struct cli *cli, int n UNUSED, char **operands)
{
	json_t *done = NULL;
	int status = call_on(
	    cli, "incident.close", operands[0], "it is closed already", &done);

	json_decref(done);
	return status;
}

const struct command command_incident_close = {
    .name = "incident close",
    .operands = "INCIDENT",
    .summary = "close an incident: what it ended stays ended",
    .min = 1,
    .max = 1,
    .run = run_close,
};

/* ---- seed
 * ------------------------------------------------------------------------- */

struct seed_options {
	struct arg_time since, until;
	const char *session, *credential, *person, *address;
};

static const struct arg seed_args[] = {
    {"session", 0, ARG_TEXT, "ID", "a session that somebody else uses",
	offsetof(struct seed_options, session)},
    {"credential", 0, ARG_TEXT, "ID",
	"a passkey, password, token ... that somebody else has",
	offsetof(struct seed_options, credential)},
    {"person", 0, ARG_TEXT, "WHO", "somebody, with all they have to act by",
	offsetof(struct seed_options, person)},
    {"address", 0, ARG_TEXT, "ADDRESS",
	"a network address that the intruders came from; --since is needed",
	offsetof(struct seed_options, address)},
    {"since", 0, ARG_SINCE, "TIME",
	"since when: 2h (ago), or 2026-11-22 (default: ever)",
	offsetof(struct seed_options, since)},
    {"until", 0, ARG_SINCE, "TIME", "of an address: until when",
	offsetof(struct seed_options, until)},
};

static int
run_seed(struct cli *cli, int n UNUSED, char **operands)
{
	const struct seed_options *options = cli->options;
	char id[API_ID], person[API_ID];
	json_t *args, *done = NULL;
	int status,
	    given = (options->session != NULL) + (options->credential != NULL) +
	            (options->person != NULL) + (options->address != NULL);

	if (given != 1)
		return cli_fail(cli, CLI_USAGE,
		    "name one of --session, --credential, --person and "
		    "--address");
	if (options->address != NULL && !options->since.given)
		return cli_fail(cli, CLI_USAGE,
		    "--address: give --since, too; who else may be behind it "
		    "before?");
	if ((status = find(cli, operands[0], id)) != CLI_OK)
		return status;
	args = api_object("incident", json_string(id), NULL);
	if (options->person != NULL) {
		status = people_find(cli, options->person, person);
		(void)json_object_set_new(
		    args, "principal", json_string(person));
	} else if (options->session != NULL)
		(void)json_object_set_new(
		    args, "session", json_string(options->session));
	else if (options->credential != NULL)
		(void)json_object_set_new(
		    args, "credential", json_string(options->credential));
	else
		(void)json_object_set_new(
		    args, "address", json_string(options->address));
	if (options->since.given)
		(void)json_object_set_new(
		    args, "since", api_time_value(options->since.ms));
	if (options->until.given)
		(void)json_object_set_new(
		    args, "until", api_time_value(options->until.ms));
	if (status != CLI_OK)
		json_decref(args);
	else
		status = api_call_state(cli, "incident.seed", args, operands[0],
		    "it is closed", &done);
	json_decref(done);
	return status;
}

const struct command command_incident_seed = {
    .name = "incident seed",
    .operands = "INCIDENT",
    .summary = "name what is known to be compromised",
    .text =
	"Name all that is known. Where addresses are named, sessions that came "
	"from\n"
	"elsewhere by a compromised credential only may be the intruders', and "
	"can be\n"
	"spared (incident spare). chancery log search finds sessions and "
	"credentials.\n",
    .args = seed_args,
    .n_args = ARRAY_SIZE(seed_args),
    .size = sizeof(struct seed_options),
    .min = 1,
    .max = 1,
    .run = run_seed,
};

/* ---- scope
 * ------------------------------------------------------------------------ */

struct scope_options {
	struct arg_number at;
	bool json, live;
};

static const struct arg scope_args[] = {
    {"at", 0, ARG_NUMBER, "RECORD",
	"as of this record: it comes out the same for ever (default: now)",
	offsetof(struct scope_options, at)},
    {"live", 0, ARG_FLAG, NULL, "only what has not ended",
	offsetof(struct scope_options, live)},
    {"json", 0, ARG_FLAG, NULL, "one JSON object a line",
	offsetof(struct scope_options, json)},
};

static const char *const count_heads[] = {"kind", "must", "may", "live"};

static void
put_counts(struct cli *cli, const json_t *page)
{
	struct table table;
	const json_t *one;
	size_t i;

	if (api_has(page, "root"))
		cli_note(cli,
		    "the installation itself is compromised (record %" PRIu64
		    "): nothing can be proved here; install anew",
		    api_u64(page, "root"));
	cli_note(cli,
	    "as of record %" PRIu64 ": %" PRIu64 " records changed something",
	    api_u64(page, "at"), api_u64(page, "acts"));
	table_begin(&table, &cli->out, count_heads, ARRAY_SIZE(count_heads));
	json_array_foreach(json_object_get(page, "counts"), i, one)
	{
		table_cell(&table, api_text(one, "kind"));
		put_number(&table, one, "must");
		put_number(&table, one, "may");
		put_number(&table, one, "live");
	}
	table_end(&table);
	(void)putchar('\n');
}

static const char *const thing_heads[] = {"id", "kind", "descends", "because",
    "made", "by", "in record", "lives", "name"};

/* As an administrator would say it. */
static const char *
because(const char *rule)
{
	static const char *const words[][2] = {
	    {"seed", "it was named"},
	    {"opened", "opened by a compromised credential"},
	    {"let_in", "let in by a compromised session"},
	    {"done", "done by a compromised session"},
	    {"registered", "issued by a compromised session"},
	    {"right", "done by a right that descends"},
	    {"shown", "shown to a compromised session"},
	    {"copied", "copied from what descends"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (strcmp(words[i][0], rule) == 0)
			return words[i][1];
	return rule;
}

static void
put_cause(struct table *table, const json_t *one)
{
	char text[80];

	if (api_has(one, "cause"))
		(void)snprintf(text, sizeof(text), "%s (%" PRIu64 ")",
		    because(api_text(one, "rule")), api_u64(one, "cause"));
	else
		(void)snprintf(
		    text, sizeof(text), "%s", because(api_text(one, "rule")));
	table_cell(table, text);
}

static void
put_record(struct table *table, const json_t *one)
{
	char text[48];

	(void)snprintf(text, sizeof(text), "%" PRIu64 " %.32s",
	    api_u64(one, "sequence"), api_text(one, "operation"));
	table_cell(table, text);
}

static void
put_thing(struct table *table, const json_t *one)
{
	char time[32];

	table_cell(table, api_text(one, "id"));
	table_cell(table, api_text(one, "kind"));
	table_cell(table, api_text(one, "verdict"));
	put_cause(table, one);
	table_cell(table, api_time(one, "time", time));
	table_cell(table, api_text(one, "by_name"));
	put_record(table, one);
	table_cell(table, api_bool(one, "live") ? "yes" : "no");
	table_cell(table, api_text(one, "name"));
}

/* One page; *ret_after is where the next one goes on, empty at the end. */
static int
put_page(struct cli *cli, const json_t *page, struct table *table,
    char ret_after[API_ID])
{
	const struct scope_options *options = cli->options;
	const json_t *one;
	size_t i;

	json_array_foreach(json_object_get(page, "list"), i, one)
	{
		(void)snprintf(ret_after, API_ID, "%s", api_text(one, "id"));
		if (options->live && !api_bool(one, "live"))
			continue;
		if (options->json)
			api_put_line(one);
		else
			put_thing(table, one);
	}
	if (!api_bool(page, "more"))
		ret_after[0] = '\0';
	return CLI_OK;
}

static int
run_scope(struct cli *cli, int n UNUSED, char **operands)
{
	const struct scope_options *options = cli->options;
	char id[API_ID], after[API_ID] = "";
	uint64_t at = options->at.n;
	struct table table;
	int status = find(cli, operands[0], id);
	bool first = true;

	if (status != CLI_OK)
		return status;
	table_begin(&table, &cli->out, thing_heads, ARRAY_SIZE(thing_heads));
	do {
		json_t *page = NULL;

		/* All pages are as of the record of the first one. */
		status = api_call(cli, "incident.scope",
		    api_object("incident", json_string(id), "limit",
			json_integer(500), "at",
			at != 0 ? json_integer((json_int_t)at) : NULL, "after",
			after[0] != '\0' ? json_string(after) : NULL, NULL),
		    operands[0], &page);
		if (status == CLI_OK) {
			at = api_u64(page, "at");
			if (first && !options->json)
				put_counts(cli, page);
			status = put_page(cli, page, &table, after);
		}
		first = false;
		json_decref(page);
	} while (status == CLI_OK && after[0] != '\0');
	if (options->json)
		buf_free(&table.cells);
	else
		table_end(&table);
	return status;
}

const struct command command_incident_scope = {
    .name = "incident scope",
    .operands = "INCIDENT",
    .summary = "show what descends from what is compromised",
    .text =
	"How much of each kind, then each thing: whether it descends for "
	"certain (must)\n"
	"or possibly (may), and because of what, with the record by which. A "
	"cut ends what\n"
	"lives of it and lets anybody do anything: people and services, "
	"credentials,\n"
	"sessions, grants, requests, uploads.\n",
    .args = scope_args,
    .n_args = ARRAY_SIZE(scope_args),
    .size = sizeof(struct scope_options),
    .min = 1,
    .max = 1,
    .run = run_scope,
};

/* ---- acts
 * -------------------------------------------------------------------------- */

struct acts_options {
	struct arg_number at;
	bool json, reads;
};

static const struct arg acts_args[] = {
    {"reads", 0, ARG_FLAG, NULL, "what was read, not what was changed",
	offsetof(struct acts_options, reads)},
    {"at", 0, ARG_NUMBER, "RECORD", "as of this record (default: now)",
	offsetof(struct acts_options, at)},
    {"json", 0, ARG_FLAG, NULL, "one JSON object a line",
	offsetof(struct acts_options, json)},
};

static const char *const act_heads[] = {
    "record", "time", "by", "operation", "on", "things", "because"};

static void
put_act(struct table *table, const json_t *one)
{
	char time[32];

	put_number(table, one, "sequence");
	table_cell(table, api_time(one, "time", time));
	table_cell(table, api_text(one, "by_name"));
	table_cell(table, api_text(one, "operation"));
	table_cell(table, api_text(one, "object"));
	put_number(table, one, "objects");
	put_cause(table, one);
}

static int
run_acts(struct cli *cli, int n UNUSED, char **operands)
{
	const struct acts_options *options = cli->options;
	uint64_t at = options->at.n, after = 0;
	struct table table;
	char id[API_ID];
	int status = find(cli, operands[0], id);
	bool more = true;

	if (status != CLI_OK)
		return status;
	table_begin(&table, &cli->out, act_heads, ARRAY_SIZE(act_heads));
	while (more && status == CLI_OK) {
		json_t *page = NULL, *one;
		size_t i;

		status = api_call(cli, "incident.acts",
		    api_object("incident", json_string(id), "limit",
			json_integer(500), "after",
			json_integer((json_int_t)after), "at",
			at != 0 ? json_integer((json_int_t)at) : NULL, "reads",
			json_boolean(options->reads), NULL),
		    operands[0], &page);
		json_array_foreach(json_object_get(page, "list"), i, one)
		{
			after = api_u64(one, "sequence");
			if (options->json)
				api_put_line(one);
			else
				put_act(&table, one);
		}
		at = api_u64(page, "at");
		more = api_bool(page, "more");
		json_decref(page);
	}
	if (options->json)
		buf_free(&table.cells);
	else
		table_end(&table);
	return status;
}

const struct command command_incident_acts = {
    .name = "incident acts",
    .operands = "INCIDENT",
    .summary = "show what was done, or read, by what is compromised",
    .text =
	"In the order it happened. With --reads: each file, folder, page and "
	"list that\n"
	"was read; whoever it was about may have to be told. chancery log show "
	"RECORD\n"
	"shows all of one.\n",
    .args = acts_args,
    .n_args = ARRAY_SIZE(acts_args),
    .size = sizeof(struct acts_options),
    .min = 1,
    .max = 1,
    .run = run_acts,
};

/* ---- the cut
 * ------------------------------------------------------------------------ */

struct spare_options {
	bool cut;
};

static const struct arg spare_args[] = {
    {"cut", 0, ARG_FLAG, NULL, "take that back: it is to be ended after all",
	offsetof(struct spare_options, cut)},
};

static int
run_spare(struct cli *cli, int n, char **operands)
{
	const struct spare_options *options = cli->options;
	char id[API_ID];
	int status = find(cli, operands[0], id);

	for (int i = 1; i < n && status == CLI_OK; i++) {
		json_t *done = NULL;

		status = api_call_state(cli, "incident.spare",
		    api_object("incident", json_string(id), "id",
			json_string(operands[i]), "cut",
			options->cut ? json_true() : NULL, NULL),
		    operands[i], "it descends for certain, so it is cut",
		    &done);
		json_decref(done);
	}
	return status;
}

const struct command command_incident_spare = {
    .name = "incident spare",
    .operands = "INCIDENT ID...",
    .summary = "spare by name what only may descend",
    .text = "What was proposed must be proposed anew after it.\n",
    .args = spare_args,
    .n_args = ARRAY_SIZE(spare_args),
    .size = sizeof(struct spare_options),
    .min = 2,
    .max = INT32_MAX,
    .run = run_spare,
};

static int
run_cut(struct cli *cli, const char *op, const char *operand, const char *state)
{
	json_t *cut = NULL;
	int status = call_on(cli, op, operand, state, &cut);

	if (status == CLI_OK)
		cli_note(cli,
		    "ended: %" PRIu64 " things, as of record %" PRIu64,
		    api_u64(cut, "count"), api_u64(cut, "at"));
	json_decref(cut);
	return status;
}

static int
run_contain(struct cli *cli, int n UNUSED, char **operands)
{
	return run_cut(cli, "incident.contain", operands[0], "it is closed");
}

const struct command command_incident_contain = {
    .name = "incident contain",
    .operands = "INCIDENT",
    .summary = "end the sessions and credentials that were named, at once",
    .text = "One person may. What came of them goes on until incident "
	    "evict.\n",
    .min = 1,
    .max = 1,
    .run = run_contain,
};

static int
run_propose(struct cli *cli, int n UNUSED, char **operands)
{
	json_t *done = NULL;
	int status = call_on(cli, "incident.propose", operands[0],
	    "there is nothing to end, or it is closed", &done);

	if (status == CLI_OK)
		cli_note(cli,
		    "another responder carries it out: chancery incident evict "
		    "'%s'",
		    operands[0]);
	json_decref(done);
	return status;
}

const struct command command_incident_propose = {
    .name = "incident propose",
    .operands = "INCIDENT",
    .summary = "propose to end what descends; another responder does",
    .min = 1,
    .max = 1,
    .run = run_propose,
};

static int
run_evict(struct cli *cli, int n UNUSED, char **operands)
{
	return run_cut(cli, "incident.evict", operands[0],
	    "no cut is proposed (chancery incident propose), or it is closed");
}

const struct command command_incident_evict = {
    .name = "incident evict",
    .operands = "INCIDENT",
    .summary = "end all that descends, as another responder proposed",
    .text =
	"In one transaction, with what came since the proposal: connections "
	"are closed,\n"
	"sessions, credentials, grants, people and services end. Neither "
	"responder may act\n"
	"by anything that descends, nor have made what the other one acts by "
	"within a day.\n",
    .min = 1,
    .max = 1,
    .run = run_evict,
};

/* ---- revert
 * ----------------------------------------------------------------------- */

/* Whether a file is among those to be set back already. */
static bool
is_listed(const json_t *list, const char *file)
{
	const json_t *one;
	size_t i;

	json_array_foreach(list, i,
	    one) if (strcmp(api_text(one, "file"), file) == 0) return true;
	return false;
}

struct reverts {
	const char *incident;
	json_t *list, *names;
};

static int
take_version(void *arg, const json_t *thing)
{
	struct reverts *reverts = arg;
	const char *file = api_text(thing, "of");

	if (strcmp(api_text(thing, "kind"), "version") != 0 ||
	    !api_bool(thing, "live") || is_listed(reverts->list, file))
		return CLI_OK;
	(void)json_array_append_new(reverts->list,
	    api_object("incident", json_string(reverts->incident), "file",
		json_string(file), NULL));
	(void)json_array_append_new(
	    reverts->names, json_string(api_text(thing, "name")));
	return CLI_OK;
}

static const char *const revert_heads[] = {"file", "", "name"};

static const char *
told(const json_t *result)
{
	const char *code = api_text(result, "code");

	if (api_bool(result, "ok"))
		return "set back";
	if (strcmp(code, "STATE") == 0)
		return "left: others changed it since, or all of it descends";
	if (strcmp(code, "NOT_FOUND") == 0)
		return "left: it is gone";
	return api_text(json_object_get(result, "error"), "description");
}

static int
revert_all(struct cli *cli, struct reverts *reverts)
{
	json_t *results = NULL;
	struct table table;
	int status = api_call_each(
	    cli, "incident.revert", json_incref(reverts->list), &results);

	table_begin(&table, &cli->out, revert_heads, ARRAY_SIZE(revert_heads));
	for (size_t i = 0; i < json_array_size(results); i++) {
		table_cell(
		    &table, api_text(json_array_get(reverts->list, i), "file"));
		table_cell(&table, told(json_array_get(results, i)));
		table_cell(&table,
		    json_string_value(json_array_get(reverts->names, i)));
	}
	table_end(&table);
	json_decref(results);
	return status;
}

static int
run_revert(struct cli *cli, int n UNUSED, char **operands)
{
	struct reverts reverts = {.list = json_array(), .names = json_array()};
	char id[API_ID];
	int status = find(cli, operands[0], id);

	reverts.incident = id;
	if (status == CLI_OK)
		status = api_call_pages(cli, "incident.scope",
		    api_object("incident", json_string(id), "limit",
			json_integer(500), NULL),
		    operands[0], take_version, &reverts);
	if (status == CLI_OK && json_array_size(reverts.list) == 0)
		cli_note(cli, "no file was changed");
	else if (status == CLI_OK)
		status = revert_all(cli, &reverts);
	json_decref(reverts.list);
	json_decref(reverts.names);
	return status;
}

const struct command command_incident_revert = {
    .name = "incident revert",
    .operands = "INCIDENT",
    .summary = "set files back to what they were before",
    .text =
	"Each file whose current version descends gets its last one that "
	"doesn't, as a new\n"
	"version. Where somebody else has changed it since, and where it was "
	"made by what\n"
	"is compromised, it is left, and said so. Do it behind the cut.\n",
    .min = 1,
    .max = 1,
    .run = run_revert,
};

/* ---- certify
 * ---------------------------------------------------------------------- */

static int
run_certify(struct cli *cli, int n UNUSED, char **operands)
{
	json_t *certificate = NULL;
	char id[API_ID];
	bool holds;
	int status = find(cli, operands[0], id);

	if (status == CLI_OK)
		status = api_call(cli, "incident.certify",
		    api_object("incident", json_string(id), NULL), operands[0],
		    &certificate);
	if (status != CLI_OK)
		return status;
	(void)fputs(api_text(certificate, "text"), stdout);
	holds = api_bool(certificate, "holds");
	json_decref(certificate);
	return holds ? CLI_OK
	             : cli_fail(
			   cli, CLI_FAILED, "that they are out isn't proved");
}

const struct command command_incident_certify = {
    .name = "incident certify",
    .operands = "INCIDENT",
    .summary = "say whether they are out, and what that doesn't prove",
    .text =
	"Goes through the tables that the server decides by: each row must be "
	"what its\n"
	"record says, lead up to the ceremony, and not descend from what was "
	"compromised;\n"
	"and behind the cut nothing of it may have been allowed anything. The "
	"record of\n"
	"this command holds the SHA-256 of what is printed, so the log's next "
	"checkpoint\n"
	"signs it (chancery log prove). The exit status is 1 where it isn't "
	"proved.\n",
    .min = 1,
    .max = 1,
    .run = run_certify,
};
