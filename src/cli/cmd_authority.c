/*
 * chancery authority: all that lets anybody do anything, as the server's own
 * tables have it, and whether each of it is what the log says.
 */
#include <inttypes.h>

#include "cli/commands.h"
#include "cli/table.h"

struct options {
	bool orphans, json;
	const char *kind;
};

struct census {
	struct cli *cli;
	const struct options *options;
	struct table table;
	uint64_t listed, orphans;
};

static const char *const heads[] = {"id", "kind", "sort", "of", "on", "until",
    "made by", "in record", "ended by", "sound"};

static int
add(void *arg, const json_t *one)
{
	struct census *census = arg;
	const struct options *options = census->options;
	bool sound = api_bool(one, "sound");
	char time[32], text[40];

	census->listed++;
	census->orphans += !sound;
	if (options->json) {
		(void)json_dumpf(one, stdout, JSON_COMPACT);
		(void)putchar('\n');
		return CLI_OK;
	}
	table_cell(&census->table, api_text(one, "id"));
	table_cell(&census->table, api_text(one, "kind"));
	table_cell(&census->table, api_text(one, "sort"));
	table_cell(&census->table,
	    api_text(one, api_has(one, "name") ? "name" : "principal"));
	table_cell(&census->table, api_text(one, "object"));
	table_cell(&census->table, api_time(one, "expires", time));
	table_cell(&census->table, api_text(one, "by_name"));
	(void)snprintf(text, sizeof(text), "%" PRIu64 " %.24s",
	    api_u64(one, "sequence"), api_text(one, "operation"));
	table_cell(&census->table, text);
	table_cell(&census->table, api_text(one, "ends"));
	table_cell(&census->table, sound ? "yes" : api_text(one, "wrong"));
	return CLI_OK;
}

static int
run(struct cli *cli, int n UNUSED, char **operands UNUSED)
{
	const struct options *options = cli->options;
	struct census census = {.cli = cli, .options = options};
	json_t *args = api_object("kind",
	    options->kind != NULL ? json_string(options->kind) : NULL,
	    "orphans", options->orphans ? json_true() : NULL, "limit",
	    json_integer(500), NULL);
	int status;

	table_begin(&census.table, &cli->out, heads, ARRAY_SIZE(heads));
	status = api_call_pages(
	    cli, "authority.list", args, options->kind, add, &census);
	if (status != CLI_OK || options->json || census.listed == 0)
		buf_free(&census.table.cells);
	else
		table_end(&census.table);
	if (status != CLI_OK)
		return status;
	if (census.orphans > 0)
		return cli_fail(cli, CLI_FAILED,
		    "%" PRIu64 " of it %s not what the log says",
		    census.orphans, census.orphans == 1 ? "is" : "are");
	if (options->orphans)
		cli_note(cli, "all of it is what the log says");
	return CLI_OK;
}

static const struct arg args[] = {
    {"orphans", 0, ARG_FLAG, NULL,
	"only what isn't as the log says, or leads up to no ceremony",
	offsetof(struct options, orphans)},
    {"kind", 0, ARG_TEXT, "KIND",
	"principal, credential, session, grant, unit, upload or stream only",
	offsetof(struct options, kind)},
    {"json", 0, ARG_FLAG, NULL, "one JSON object a line",
	offsetof(struct options, json)},
};

const struct command command_authority = {
    .name = "authority",
    .operands = "",
    .summary = "list all that lets anybody do anything, and what isn't sound",
    .text =
	"Goes through the tables that the server decides by, not through the "
	"log:\n"
	"principals, credentials, sessions, grants (roles, memberships, "
	"shares, rights\n"
	"to use an app), units, uploads, open streams. Each is held against "
	"the record\n"
	"that must have made it, and this one's way up must end at a "
	"ceremony. What\n"
	"was put into the database from outside, or changed there, is shown "
	"as not\n"
	"sound, and the exit status is 1. chancery lineage ID tells the way "
	"up in words.\n"
	"\n"
	"What checks a secret stands in no record, so that is not compared.\n",
    .args = args,
    .n_args = ARRAY_SIZE(args),
    .size = sizeof(struct options),
    .run = run,
};
