/* chancery find, shared, activity: what people look for among their files. */
#include "cli/commands.h"
#include "cli/format.h"
#include "cli/path.h"
#include "cli/table.h"

struct list_options {
	bool json;
};

/* Rows of a list, as a table or as JSON. */
struct rows {
	struct table table;
	bool json;
	void (*put)(struct table *table, const json_t *one);
};

static int
put_row(void *arg, const json_t *one)
{
	struct rows *rows = arg;

	if (rows->json)
		api_put_line(one);
	else
		rows->put(&rows->table, one);
	return CLI_OK;
}

static void
put_text(struct table *table, const json_t *one, const char *name)
{
	const char *text = api_text(one, name);

	table_cell(table, text[0] != '\0' ? text : "-");
}

/* Its path: the folders, and the name, with a slash where it is a folder. */
static void
put_place(struct table *table, const json_t *one)
{
	struct buf path = BUF(8192);

	buf_put_str(&path, api_text(one, "path"));
	if (path.n > 0)
		buf_put_u8(&path, '/');
	buf_put_str(&path, api_text(one, "name"));
	if (strcmp(api_text(one, "kind"), "folder") == 0)
		buf_put_u8(&path, '/');
	table_cell(table, buf_cstr(&path) != NULL ? (const char *)path.p : "");
	buf_free(&path);
}

static const struct arg list_args[] = {
    {"json", 0, ARG_FLAG, NULL, "one JSON object a line, with all there is",
	offsetof(struct list_options, json)},
};

/* ---- find
 * ------------------------------------------------------------------------ */

static const char *const find_heads[] = {"id", "size", "modified", "path"};

static void
put_found(struct table *table, const json_t *one)
{
	char time[32];

	table_cell(table, api_text(one, "id"));
	table_cell(table, api_has(one, "size")
			      ? format_count(api_u64(one, "size")).text
			      : "-");
	table_cell(table, api_time(one, "modified", time));
	put_place(table, one);
}

static int
run_find(struct cli *cli, int n, char **operands)
{
	const struct list_options *options = cli->options;
	struct rows rows = {.json = options->json, .put = put_found};
	struct buf text = BUF(256);
	int status;

	for (int i = 0; i < n; i++) {
		if (i > 0)
			buf_put_u8(&text, ' ');
		buf_put_str(&text, operands[i]);
	}
	if (text.error != 0) {
		buf_free(&text);
		return cli_fail(cli, CLI_USAGE, "that is too much to find");
	}
	table_begin(&rows.table, &cli->out, find_heads, ARRAY_SIZE(find_heads));
	rows.table.right[1] = true;
	status = api_call_pages(cli, "node.search",
	    api_object("text", api_string(buf_slice(&text)), NULL), operands[0],
	    put_row, &rows);
	table_end(&rows.table);
	buf_free(&text);
	return status;
}

const struct command command_search = {
    .name = "find",
    .operands = "WORD ...",
    .summary = "find folders and files by words of their names",
    .text =
	"Finds what has all WORDs in its name, or words that begin with them:\n"
	"`chancery find rep 2024` finds \"Annual Report 2024.odt\". Capital "
	"letters\n"
	"make no difference. Your own files are searched, and those that "
	"others\n"
	"share with you; the trash is not.\n",
    .args = list_args,
    .n_args = ARRAY_SIZE(list_args),
    .size = sizeof(struct list_options),
    .min = 1,
    .max = -1,
    .run = run_find,
};

/* ---- shared
 * ---------------------------------------------------------------------- */

static const char *const shared_heads[] = {
    "id", "right", "from", "since", "until", "name"};

static void
put_shared(struct table *table, const json_t *one)
{
	char time[32];

	table_cell(table, api_text(one, "id"));
	table_cell(table, api_text(one, "relation"));
	put_text(table, one, "by_name");
	table_cell(table, api_time(one, "time", time));
	table_cell(table, api_time(one, "expires", time));
	put_place(table, one);
}

static int
run_shared(struct cli *cli, int n UNUSED, char **operands UNUSED)
{
	const struct list_options *options = cli->options;
	struct rows rows = {.json = options->json, .put = put_shared};
	int status;

	table_begin(
	    &rows.table, &cli->out, shared_heads, ARRAY_SIZE(shared_heads));
	status = api_call_pages(
	    cli, "share.with_me", json_object(), NULL, put_row, &rows);
	table_end(&rows.table);
	return status;
}

const struct command command_shared = {
    .name = "shared",
    .operands = "",
    .summary = "list what others share with you",
    .text = "Folders and files of others that you may use, what you may do "
	    "with them,\n"
	    "and who said so. Use their ids as paths: `chancery ls ID`,\n"
	    "`chancery get ID FILE`. With whom you share something yourself,\n"
	    "`chancery share list PATH` shows.\n",
    .args = list_args,
    .n_args = ARRAY_SIZE(list_args),
    .size = sizeof(struct list_options),
    .run = run_shared,
};

/* ---- activity
 * -------------------------------------------------------------------- */

static const char *const activity_heads[] = {
    "record", "time", "who", "what", "outcome", "more"};

/* "edit for Anna", "as plan.odt", "1,024 bytes" */
static void
put_more(struct table *table, const json_t *one)
{
	struct buf more = BUF(2048);

	if (api_has(one, "grantee_name"))
		buf_printf(&more, "%s%sfor %s", api_text(one, "relation"),
		    api_has(one, "relation") ? " " : "",
		    api_text(one, "grantee_name"));
	else if (api_has(one, "name"))
		buf_printf(&more, "as %s", api_text(one, "name"));
	else if (api_has(one, "size"))
		buf_printf(
		    &more, "%s bytes", format_count(api_u64(one, "size")).text);
	table_cell(table, buf_cstr(&more) != NULL ? (const char *)more.p : "");
	buf_free(&more);
}

static void
put_activity(struct table *table, const json_t *one)
{
	char time[32];

	table_cell(table, format_count(api_u64(one, "sequence")).text);
	table_cell(table, api_time(one, "time", time));
	put_text(table, one, "by_name");
	table_cell(table, api_text(one, "operation"));
	table_cell(table, api_text(one, "outcome"));
	put_more(table, one);
}

static int
run_activity(struct cli *cli, int n UNUSED, char **operands)
{
	const struct list_options *options = cli->options;
	struct rows rows = {.json = options->json, .put = put_activity};
	int status;

	table_begin(
	    &rows.table, &cli->out, activity_heads, ARRAY_SIZE(activity_heads));
	rows.table.right[0] = true;
	status = api_call_pages(cli, "activity.list",
	    api_place(operands[0], "node"), operands[0], put_row, &rows);
	table_end(&rows.table);
	return status;
}

const struct command command_activity = {
    .name = "activity",
    .operands = "PATH",
    .summary = "show who did what with a folder or file",
    .text = "The latest first, each read included, and each attempt that was "
	    "denied:\n"
	    "only an owner of PATH sees it. What is told comes from the log's "
	    "records,\n"
	    "which nobody can change; texts that were erased read (erased).\n",
    .args = list_args,
    .n_args = ARRAY_SIZE(list_args),
    .size = sizeof(struct list_options),
    .min = 1,
    .max = 1,
    .run = run_activity,
};
