/* chancery ls, mkdir, rm, mv, versions: folders and files by path or id. */
#include "cli/commands.h"
#include "cli/format.h"
#include "cli/path.h"
#include "cli/table.h"

/* ---- ls --------------------------------------------------------------------
 */

struct ls_options {
	bool json;
	bool ids;
};

static const char *const ls_heads[] = {"size", "modified", "name"};
static const char *const ls_heads_ids[] = {"id", "size", "modified", "name"};

static void
put_node(
    struct table *table, const struct ls_options *options, const json_t *node)
{
	bool folder = strcmp(api_text(node, "kind"), "folder") == 0;
	struct buf name = BUF(1024);
	char time[32], size[32];

	buf_put_str(&name, api_text(node, "name"));
	if (folder)
		buf_put_u8(&name, '/');
	(void)snprintf(size, sizeof(size), "%llu",
	    (unsigned long long)api_u64(node, "size"));
	if (options->ids)
		table_cell(table, api_text(node, "id"));
	table_cell(table, folder ? "-"
			  : table->term->is_terminal
			      ? format_bytes(api_u64(node, "size")).text
			      : size);
	table_cell(table, api_time(node, "modified", time));
	table_cell(table, buf_cstr(&name) != NULL ? (const char *)name.p : "");
	buf_free(&name);
}

static void
put_nodes(
    struct table *table, const struct ls_options *options, const json_t *list)
{
	const json_t *node;
	size_t i;

	json_array_foreach(list, i, node)
	{
		if (options->json) {
			(void)json_dumpf(node, stdout, JSON_COMPACT);
			(void)putchar('\n');
		} else {
			put_node(table, options, node);
		}
	}
}

/* A single file is listed as itself. */
static int
list_file(struct cli *cli, const char *operand, struct table *table)
{
	json_t *node = NULL, *list;
	int status = api_call(
	    cli, "node.get", api_place(operand, "node"), operand, &node);

	if (status != CLI_OK)
		return status;
	(void)json_object_del(node, "ok");
	list = json_pack("[o]", node);
	put_nodes(table, cli->options, list);
	json_decref(list);
	return CLI_OK;
}

static int
list_pages(struct cli *cli, const char *operand, struct table *table)
{
	json_t *after = NULL, *page = NULL, *place;
	struct api_refusal refusal;
	int status;

	do {
		place = api_place(operand, "folder");
		if (after != NULL)
			(void)json_object_set_new(place, "after", after);
		status = api_try(cli, "folder.list", place, &page, &refusal);
		if (status != CLI_OK)
			break;
		put_nodes(table, cli->options, json_object_get(page, "list"));
		after = json_incref(json_object_get(page, "next"));
		json_decref(page);
	} while (after != NULL);
	if (status != CLI_OK && strcmp(refusal.code, "KIND") == 0)
		return list_file(cli, operand, table);
	if (status != CLI_OK && refusal.text[0] != '\0')
		return api_fail(cli, &refusal, operand);
	return status;
}

static int
run_ls(struct cli *cli, int n, char **operands)
{
	const struct ls_options *options = cli->options;
	struct table table;
	int status;

	if (options->ids)
		table_begin(&table, &cli->out, ls_heads_ids, 4);
	else
		table_begin(&table, &cli->out, ls_heads, 3);
	table.right[options->ids ? 1 : 0] = true;
	status = list_pages(cli, n > 0 ? operands[0] : "", &table);
	table_end(&table);
	return status;
}

static const struct arg ls_args[] = {
    {"ids", 'i', ARG_FLAG, NULL, "show ids too",
	offsetof(struct ls_options, ids)},
    {"json", 0, ARG_FLAG, NULL, "one JSON object a line, with all there is",
	offsetof(struct ls_options, json)},
};

const struct command command_ls = {
    .name = "ls",
    .operands = "[PATH]",
    .summary = "list a folder",
    .text =
	"Lists the folder at PATH, your home folder by default. Paths go from\n"
	"the home folder; ids (as ls --ids shows them) do as well. Write "
	"./NAME\n"
	"for a name that looks like an id. Piped, the columns are set apart "
	"by\n"
	"tabs, and sizes are in bytes.\n",
    .args = ls_args,
    .n_args = ARRAY_SIZE(ls_args),
    .size = sizeof(struct ls_options),
    .max = 1,
    .run = run_ls,
};

/* ---- mkdir, rm -------------------------------------------------------------
 */

static int
run_mkdir(struct cli *cli, int n UNUSED, char **operands)
{
	struct buf path = BUF(8192);
	struct slice parent, name;
	json_t *made = NULL;
	int status;

	path_put_clean(&path, slice_str(operands[0]));
	parent = path_parent(buf_slice(&path));
	name = path_name(buf_slice(&path));
	status = api_call(cli, "folder.create",
	    api_object(
		"path", api_string(parent), "name", api_string(name), NULL),
	    operands[0], &made);
	json_decref(made);
	buf_free(&path);
	return status;
}

const struct command command_mkdir = {
    .name = "mkdir",
    .operands = "PATH",
    .summary = "make a folder",
    .text = "Makes the folder PATH; the folder above it must be there.\n",
    .min = 1,
    .max = 1,
    .run = run_mkdir,
};

static int
run_rm(struct cli *cli, int n, char **operands)
{
	int all = CLI_OK;

	for (int i = 0; i < n; i++) {
		json_t *done = NULL;
		int status = api_call(cli, "node.trash",
		    api_place(operands[i], "node"), operands[i], &done);

		json_decref(done);
		if (status == CLI_UNREACHABLE)
			return status;
		if (status != CLI_OK)
			all = status;
	}
	return all;
}

const struct command command_rm = {
    .name = "rm",
    .operands = "PATH ...",
    .summary = "throw folders and files into the trash",
    .text =
	"Moves each into its owner's trash, with all that is in it. From "
	"there\n"
	"`chancery restore` brings it back; `chancery trash` shows what is "
	"there,\n"
	"and `chancery api node.purge` ends it for good. Until then it counts "
	"to the\n"
	"quota.\n",
    .min = 1,
    .max = -1,
    .run = run_rm,
};

/* ---- mv --------------------------------------------------------------------
 */

struct move {
	json_t *from; /* what moves */
	json_t *to;   /* the folder that gets it */
	struct slice name;
};

static int
do_move(struct cli *cli, const struct move *m, const char *what)
{
	bool stays =
	    strcmp(api_text(m->from, "parent"), api_text(m->to, "id")) == 0;
	json_t *done = NULL, *args;
	int status;

	args = api_object("node", json_string(api_text(m->from, "id")), "name",
	    api_string(m->name), NULL);
	if (!stays)
		(void)json_object_set_new(
		    args, "folder", json_string(api_text(m->to, "id")));
	status = api_call(
	    cli, stays ? "node.rename" : "node.move", args, what, &done);
	json_decref(done);
	return status;
}

static int
run_mv(struct cli *cli, int n UNUSED, char **operands)
{
	struct move m = {.from = NULL};
	struct buf name = BUF(8192);
	int status = api_call(cli, "node.get", api_place(operands[0], "node"),
	    operands[0], &m.from);

	if (status == CLI_OK)
		status = api_find_target(
		    cli, operands[1], api_text(m.from, "name"), &name, &m.to);
	m.name = buf_slice(&name);
	if (status == CLI_OK)
		status = do_move(cli, &m, operands[0]);
	json_decref(m.from);
	json_decref(m.to);
	buf_free(&name);
	return status;
}

const struct command command_mv = {
    .name = "mv",
    .operands = "PATH TO",
    .summary = "move or rename a folder or file",
    .text = "If TO is a folder, PATH is moved into it; else TO is its new "
	    "path. What\n"
	    "is there already is never replaced.\n",
    .min = 2,
    .max = 2,
    .run = run_mv,
};

/* ---- versions --------------------------------------------------------------
 */

static const char *const version_heads[] = {
    "version", "stored", "modified", "size", "type", "by", "name"};

static void
put_versions(struct table *table, const json_t *list)
{
	const json_t *version;
	char time[32];
	size_t i;

	json_array_foreach(list, i, version)
	{
		table_cell(table, api_text(version, "id"));
		table_cell(table, api_time(version, "created", time));
		table_cell(table, api_time(version, "modified", time));
		table_cell(table, format_count(api_u64(version, "size")).text);
		table_cell(table, api_text(version, "type"));
		table_cell(table, api_text(version, "by"));
		table_cell(table, api_text(version, "label"));
	}
}

static int
run_versions(struct cli *cli, int n UNUSED, char **operands)
{
	json_t *page = NULL, *list;
	struct table table;
	char after[32] = "";
	bool more = true;
	int status = CLI_OK;

	table_begin(
	    &table, &cli->out, version_heads, ARRAY_SIZE(version_heads));
	table.right[3] = true;
	while (more && status == CLI_OK) {
		json_t *args = api_place(operands[0], "file");

		if (after[0] != '\0')
			(void)json_object_set_new(
			    args, "after", json_string(after));
		status =
		    api_call(cli, "version.list", args, operands[0], &page);
		if (status != CLI_OK)
			break;
		list = json_object_get(page, "list");
		put_versions(&table, list);
		more = api_bool(page, "more");
		(void)snprintf(after, sizeof(after), "%s",
		    api_text(
			json_array_get(list, json_array_size(list) - 1), "id"));
		json_decref(page);
	}
	table_end(&table);
	return status;
}

const struct command command_versions = {
    .name = "versions",
    .operands = "PATH",
    .summary = "list the versions of a file",
    .text =
	"The newest first. `chancery get VERSION FILE` fetches an older "
	"one by\n"
	"its id, `chancery restore VERSION` makes it the current one again,\n"
	"`chancery version name VERSION NAME` names it.\n",
    .min = 1,
    .max = 1,
    .run = run_versions,
};
