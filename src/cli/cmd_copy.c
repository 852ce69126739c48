/*
 * chancery cp: copies on the server, where no bytes move. What is too much for
 * one operation is copied folder by folder.
 */
#include "cli/commands.h"

enum { DEPTH_MAX = 80 };

/* What a folder holds, as it was when it was listed. */
static int
add_child(void *arg, const json_t *one)
{
	return json_array_append(arg, (json_t *)(uintptr_t)one) == 0
	           ? CLI_OK
	           : CLI_FAILED;
}

static int copy_tree(struct cli *cli, const json_t *from, const char *folder,
    struct slice name, unsigned depth);

static int
copy_parts(struct cli *cli, const json_t *from, const char *folder,
    struct slice name, unsigned depth)
{
	json_t *made = NULL, *children = json_array(), *child;
	const char *what = api_text(from, "name");
	int status;
	size_t i;

	status = api_call_pages(cli, "folder.list",
	    api_object("folder", json_string(api_text(from, "id")), NULL), what,
	    add_child, children);
	if (status == CLI_OK)
		status = api_call(cli, "folder.create",
		    api_object("parent", json_string(folder), "name",
			api_string(name), NULL),
		    what, &made);
	json_array_foreach(children, i, child) if (status == CLI_OK) status =
	    copy_tree(cli, child, api_text(made, "id"),
		slice_str(api_text(child, "name")), depth + 1);
	json_decref(children);
	json_decref(made);
	return status;
}

/* All at once, or folder by folder. */
static int
copy_tree(struct cli *cli, const json_t *from, const char *folder,
    struct slice name, unsigned depth)
{
	const char *what = api_text(from, "name");
	struct api_refusal refusal;
	json_t *done = NULL;
	int status = api_try(cli, "node.copy",
	    api_object("node", json_string(api_text(from, "id")), "folder",
		json_string(folder), "name", api_string(name), NULL),
	    &done, &refusal);

	json_decref(done);
	if (status == CLI_OK)
		return CLI_OK;
	if (strcmp(refusal.code, "TREE") == 0 && depth < DEPTH_MAX)
		return copy_parts(cli, from, folder, name, depth);
	if (refusal.text[0] != '\0')
		return cli_fail(cli, status, "%s: %s", what, refusal.text);
	return status;
}

static int
run_cp(struct cli *cli, int n UNUSED, char **operands)
{
	json_t *from = NULL, *to = NULL;
	struct buf name = BUF(8192);
	int status = api_call(cli, "node.get", api_place(operands[0], "node"),
	    operands[0], &from);

	if (status == CLI_OK)
		status = api_find_target(
		    cli, operands[1], api_text(from, "name"), &name, &to);
	if (status == CLI_OK)
		status = copy_tree(
		    cli, from, api_text(to, "id"), buf_slice(&name), 0);
	json_decref(from);
	json_decref(to);
	buf_free(&name);
	return status;
}

const struct command command_cp = {
    .name = "cp",
    .operands = "PATH TO",
    .summary = "copy a folder or file",
    .text = "If TO is a folder, the copy goes into it; else TO is its path. "
	    "A folder\n"
	    "is copied with all that is in it, as it is now: older versions "
	    "stay where\n"
	    "they are, and nothing that is there is replaced. It takes no time "
	    "to speak\n"
	    "of, since no bytes move; the copy counts to the quota of whoever "
	    "owns TO.\n",
    .min = 2,
    .max = 2,
    .run = run_cp,
};
