/*
 * chancery token. A new token's secret goes to a file that only its owner may
 * read, or to the terminal of whoever asked; never into a pipe.
 */
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "base/file.h"
#include "cli/commands.h"
#include "cli/people.h"
#include "cli/table.h"
#include "op/id.h"
#include "op/words.h"

/* ---- issue
 * -------------------------------------------------------------------- */

struct issue_options {
	const char *label, *principal, *families, *folder, *out;
	struct arg_time expires;
	bool read_only;
};

/* "files,log" as an array of words. */
static int
take_families(struct cli *cli, const char *text, json_t *args)
{
	struct slice rest = slice_str(text), word;
	json_t *families = json_array();

	while (rest.n > 0) {
		(void)slice_cut(&rest, ',', &word);
		if (words_number(WORDS_FAMILY, word) == 0) {
			json_decref(families);
			return cli_fail(cli, CLI_USAGE,
			    "--families: '%.*s' is none of self, files, "
			    "access, log, system",
			    SLICE_ARG(word));
		}
		(void)json_array_append_new(families, api_string(word));
	}
	(void)json_object_set_new(args, "families", families);
	return CLI_OK;
}

static int
take_folder(struct cli *cli, const char *operand, json_t *args)
{
	json_t *folder = NULL;
	int status = api_find_folder(cli, operand, &folder);

	if (status == CLI_OK && folder == NULL)
		return cli_fail(
		    cli, CLI_FAILED, "--folder: there is no %s", operand);
	if (status == CLI_OK)
		(void)json_object_set_new(
		    args, "folder", json_string(api_text(folder, "id")));
	json_decref(folder);
	return status;
}

static int
issue_args(struct cli *cli, json_t **ret_args)
{
	const struct issue_options *options = cli->options;
	json_t *args = api_object("label", json_string(options->label),
	    "read_only", options->read_only ? json_true() : NULL, "expires",
	    options->expires.given ? api_time_value(options->expires.ms) : NULL,
	    NULL);
	char who[API_ID];
	int status = CLI_OK;

	if (options->principal != NULL)
		status = people_find(cli, options->principal, who);
	if (status == CLI_OK && options->principal != NULL)
		(void)json_object_set_new(args, "principal", json_string(who));
	if (status == CLI_OK && options->families != NULL)
		status = take_families(cli, options->families, args);
	if (status == CLI_OK && options->folder != NULL)
		status = take_folder(cli, options->folder, args);
	if (status == CLI_OK)
		*ret_args = args;
	else
		json_decref(args);
	return status;
}

/* Where the secret goes, made sure of before there is one. */
static int
open_out(struct cli *cli, const char *out, int *ret_fd)
{
	if (out == NULL) {
		if (cli->out.is_terminal)
			return CLI_OK;
		return cli_fail(cli, CLI_USAGE,
		    "a token isn't written into a pipe; say which file gets "
		    "it: --out FILE");
	}
	*ret_fd = open(out, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (*ret_fd >= 0)
		return CLI_OK;
	return cli_fail(cli, CLI_FAILED, "--out %s: %s", out, strerror(errno));
}

static int
give_out(struct cli *cli, const json_t *issued, const char *out, int fd)
{
	const char *secret = api_text(issued, "secret");
	const char *id = api_text(issued, "id");
	char time[32];

	if (secret[0] == '\0')
		return cli_fail(cli, CLI_FAILED,
		    "the answer was lost, and the secret with it; revoke %s "
		    "and issue another",
		    id);
	if (fd < 0) {
		(void)printf("%s\n", secret);
	} else if (file_write(fd, slice_str(secret)) < 0 ||
		   file_write(fd, SLICE("\n")) < 0 || fsync(fd) < 0) {
		return cli_fail(cli, CLI_FAILED,
		    "%s could not be written; revoke %s and issue another", out,
		    id);
	}
	(void)fprintf(fd < 0 ? stderr : stdout,
	    "Issued %s, which expires %s.%s%s\n", id,
	    api_time(issued, "expires", time), fd < 0 ? "" : " It is in ",
	    fd < 0 ? " The secret above isn't shown again." : out);
	return CLI_OK;
}

static int
run_issue(struct cli *cli, int n UNUSED, char **operands UNUSED)
{
	const struct issue_options *options = cli->options;
	json_t *args = NULL, *issued = NULL;
	AUTO_CLOSE int fd = -1;
	int status;

	if (options->label == NULL)
		return cli_fail(
		    cli, CLI_USAGE, "say what it is for: --label TEXT");
	status = issue_args(cli, &args);
	if (status != CLI_OK)
		return status;
	status = open_out(cli, options->out, &fd);
	if (status != CLI_OK) {
		json_decref(args);
		return status;
	}
	status = api_call(cli, "token.issue", args, NULL, &issued);
	if (status == CLI_OK)
		status = give_out(cli, issued, options->out, fd);
	if (status != CLI_OK && options->out != NULL)
		(void)unlink(options->out);
	json_decref(issued);
	return status;
}

#define ISSUE(member) offsetof(struct issue_options, member)

static const struct arg issue_args_table[] = {
    {"label", 'l', ARG_TEXT, "TEXT", "what it is for (wanted)", ISSUE(label)},
    {"for", 0, ARG_TEXT, "WHO",
	"the principal that gets it, by id or name (default: you)",
	ISSUE(principal)},
    {"out", 0, ARG_TEXT, "FILE",
	"a new file for the secret, readable by you alone (default: the "
	"terminal)",
	ISSUE(out)},
    {"families", 0, ARG_TEXT, "LIST",
	"what it may be used for, of self, files, access, log, system, apart "
	"by commas (default: all)",
	ISSUE(families)},
    {"read-only", 0, ARG_FLAG, NULL, "for what changes nothing",
	ISSUE(read_only)},
    {"folder", 0, ARG_TEXT, "ID|PATH", "for files below this folder only",
	ISSUE(folder)},
    {"expires", 0, ARG_EXPIRY, "TIME",
	"when it ends: 30d, 12h from now, or 2026-11-22 (default 90 days)",
	ISSUE(expires)},
};

const struct command command_token_issue = {
    .name = "token issue",
    .operands = "",
    .summary = "issue a token for a program",
    .text = "  chancery token issue --for backup --label nightly --families "
	    "files \\\n"
	    "      --read-only --out backup.token\n"
	    "\n"
	    "The secret is shown this once, and kept nowhere.\n",
    .args = issue_args_table,
    .n_args = ARRAY_SIZE(issue_args_table),
    .size = sizeof(struct issue_options),
    .run = run_issue,
};

/* ---- list, revoke
 * ------------------------------------------------------------- */

static const char *const heads[] = {
    "id", "label", "for", "created", "expires", "ended"};

/* "files log, read only, below d..." */
static void
put_scope(struct table *table, const json_t *token)
{
	struct buf text = BUF(1024);
	const json_t *word;
	size_t i;

	json_array_foreach(json_object_get(token, "families"), i, word)
	    buf_printf(&text, "%s%s", i > 0 ? " " : "",
		json_is_string(word) ? json_string_value(word) : "");
	if (api_bool(token, "read_only"))
		buf_put_str(&text, ", read only");
	if (api_has(token, "folder"))
		buf_printf(&text, ", below %s", api_text(token, "folder"));
	table_cell(table, buf_cstr(&text) != NULL ? (const char *)text.p : "");
	buf_free(&text);
}

static int
run_list(struct cli *cli, int n, char **operands)
{
	json_t *page = NULL, *token, *args = json_object();
	char who[API_ID], time[32];
	int status = CLI_OK;
	struct table table;
	size_t i;

	if (n > 0)
		status = people_find(cli, operands[0], who);
	if (status == CLI_OK && n > 0)
		(void)json_object_set_new(args, "principal", json_string(who));
	if (status != CLI_OK) {
		json_decref(args);
		return status;
	}
	status = api_call(cli, "token.list", args, NULL, &page);
	table_begin(&table, &cli->out, heads, ARRAY_SIZE(heads));
	json_array_foreach(json_object_get(page, "list"), i, token)
	{
		table_cell(&table, api_text(token, "id"));
		table_cell(&table, api_text(token, "label"));
		put_scope(&table, token);
		table_cell(&table, api_time(token, "created", time));
		table_cell(&table, api_time(token, "expires", time));
		table_cell(&table, api_bool(token, "ended") ? "ended" : "");
	}
	table_end(&table);
	json_decref(page);
	return status;
}

const struct command command_token_list = {
    .name = "token list",
    .operands = "[WHO]",
    .summary = "list a principal's tokens (by default your own)",
    .text =
	"Those that live first, the newest before the others; without their\n"
	"secrets.\n",
    .max = 1,
    .run = run_list,
};

static int
run_revoke(struct cli *cli, int n UNUSED, char **operands)
{
	json_t *done = NULL;
	int status = api_call(cli, "token.revoke",
	    api_object("credential", json_string(operands[0]), NULL),
	    operands[0], &done);

	json_decref(done);
	return status;
}

const struct command command_token_revoke = {
    .name = "token revoke",
    .operands = "ID",
    .summary = "end a token, and close what it has open",
    .text = "ID is the token's, as chancery token list shows it.\n",
    .min = 1,
    .max = 1,
    .run = run_revoke,
};
