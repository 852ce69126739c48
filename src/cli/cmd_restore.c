/* chancery trash, restore, version name: what was, and how it comes back. */
#include "cli/commands.h"
#include "cli/format.h"
#include "cli/path.h"
#include "cli/table.h"

/* ---- trash
 * ------------------------------------------------------------------------ */

static const char *const trash_heads[] = {
    "id", "thrown away", "by", "was in", "name"};

static int
put_trashed(void *arg, const json_t *one)
{
	struct table *table = arg;
	struct buf name = BUF(1024);
	char time[32];

	buf_put_str(&name, api_text(one, "name"));
	if (strcmp(api_text(one, "kind"), "folder") == 0)
		buf_put_u8(&name, '/');
	table_cell(table, api_text(one, "id"));
	table_cell(table, api_time(one, "time", time));
	table_cell(
	    table, api_has(one, "by_name") ? api_text(one, "by_name") : "-");
	table_cell(table, !api_has(one, "path") ? "(gone)"
			  : api_text(one, "path")[0] == '\0'
			      ? "/"
			      : api_text(one, "path"));
	table_cell(table, buf_cstr(&name) != NULL ? (const char *)name.p : "");
	buf_free(&name);
	return CLI_OK;
}

static int
run_trash(struct cli *cli, int n UNUSED, char **operands UNUSED)
{
	struct table table;
	int status;

	table_begin(&table, &cli->out, trash_heads, ARRAY_SIZE(trash_heads));
	status = api_call_pages(
	    cli, "trash.list", json_object(), NULL, put_trashed, &table);
	table_end(&table);
	return status;
}

const struct command command_trash = {
    .name = "trash",
    .operands = "",
    .summary = "list what lies in your trash",
    .text = "What was thrown away last comes first: when, by whom, and where "
	    "it was.\n"
	    "`chancery restore ID` brings it back there.\n",
    .run = run_trash,
};

/* ---- restore
 * ---------------------------------------------------------------------- */

/* What a name in the trash stands for. */
struct named {
	const char *name;
	char id[API_ID];
	unsigned n;
};

static int
match(void *arg, const json_t *one)
{
	struct named *named = arg;

	if (strcmp(api_text(one, "name"), named->name) != 0)
		return CLI_OK;
	named->n++;
	(void)snprintf(named->id, sizeof(named->id), "%s", api_text(one, "id"));
	return CLI_OK;
}

static int
find_trashed(struct cli *cli, const char *operand, char ret_id[API_ID])
{
	struct named named = {.name = operand};
	struct id id;
	int status;

	if (path_is_node_id(slice_str(operand), &id)) {
		memcpy(ret_id, operand, API_ID);
		return CLI_OK;
	}
	status = api_call_pages(
	    cli, "trash.list", json_object(), NULL, match, &named);
	if (status != CLI_OK)
		return status;
	if (named.n == 0)
		return cli_fail(cli, CLI_FAILED,
		    "nothing in the trash is named '%s'; chancery trash shows "
		    "what is there",
		    operand);
	if (named.n > 1)
		return cli_fail(cli, CLI_FAILED,
		    "%u things in the trash are named '%s'; name one by id "
		    "(chancery trash)",
		    named.n, operand);
	memcpy(ret_id, named.id, API_ID);
	return CLI_OK;
}

static int
restore_node(struct cli *cli, const char *operand, const char *to)
{
	json_t *folder = NULL, *args, *done = NULL;
	char id[API_ID];
	int status = find_trashed(cli, operand, id);

	if (status == CLI_OK && to != NULL)
		status = api_call(
		    cli, "node.get", api_place(to, "node"), to, &folder);
	if (status == CLI_OK) {
		args = api_object("node", json_string(id), "folder",
		    folder != NULL ? json_string(api_text(folder, "id")) : NULL,
		    NULL);
		status = api_call(cli, "node.restore", args, operand, &done);
	}
	json_decref(folder);
	json_decref(done);
	return status;
}

static int
run_restore(struct cli *cli, int n, char **operands)
{
	json_t *done = NULL;
	struct id id;
	int status;

	if (id_parse(slice_str(operands[0]), &id) != 0 ||
	    id.kind != KIND_VERSION)
		return restore_node(
		    cli, operands[0], n > 1 ? operands[1] : NULL);
	if (n > 1)
		return cli_fail(cli, CLI_USAGE,
		    "a version goes back to its own file, nowhere else");
	status = api_call(cli, "version.restore",
	    api_object("version", json_string(operands[0]), NULL), operands[0],
	    &done);
	json_decref(done);
	return status;
}

const struct command command_restore = {
    .name = "restore",
    .operands = "NAME|ID|VERSION [FOLDER]",
    .summary = "take something out of the trash, or an old version back",
    .text =
	"Brings back what lies in the trash (by its name or, as `chancery "
	"trash`\n"
	"shows it, its id), to where it was or into FOLDER. Of a VERSION (as\n"
	"`chancery versions` shows them) it makes the current one of its "
	"file;\n"
	"what was current stays as an older one.\n",
    .min = 1,
    .max = 2,
    .run = run_restore,
};

/* ---- version name
 * ---------------------------------------------------------------- */

static int
run_name(struct cli *cli, int n, char **operands)
{
	json_t *done = NULL;
	int status = api_call(cli, "version.name",
	    api_object("version", json_string(operands[0]), "label",
		json_string(n > 1 ? operands[1] : ""), NULL),
	    operands[0], &done);

	json_decref(done);
	return status;
}

const struct command command_version_name = {
    .name = "version name",
    .operands = "VERSION [NAME]",
    .summary = "name a version of a file, so that it is kept",
    .text = "VERSION is an id, as `chancery versions` shows them. Without "
	    "NAME it has\n"
	    "none any more.\n",
    .min = 1,
    .max = 2,
    .run = run_name,
};
