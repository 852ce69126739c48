#include "cli/people.h"

#include <stdio.h>

int
people_list(
    struct cli *cli, int (*each)(void *arg, const json_t *principal), void *arg)
{
	char after[API_ID] = "";
	int status = CLI_OK;
	bool more = true;

	while (more && status == CLI_OK) {
		json_t *page = NULL, *list, *one;
		size_t i;

		status = api_call(cli, "principal.list",
		    api_object("limit", json_integer(500), "after",
			after[0] != '\0' ? json_string(after) : NULL, NULL),
		    NULL, &page);
		list = json_object_get(page, "list");
		json_array_foreach(list, i, one)
		{
			if (status == CLI_OK)
				status = each(arg, one);
			(void)snprintf(
			    after, sizeof(after), "%s", api_text(one, "id"));
		}
		more = api_bool(page, "more");
		json_decref(page);
	}
	return status;
}

struct search {
	const char *name;
	char id[API_ID];
	unsigned n;
};

static int
match(void *arg, const json_t *principal)
{
	struct search *search = arg;

	/* Who has ended is named by id only. */
	if (strcmp(api_text(principal, "name"), search->name) != 0 ||
	    api_bool(principal, "ended"))
		return CLI_OK;
	search->n++;
	(void)snprintf(
	    search->id, sizeof(search->id), "%s", api_text(principal, "id"));
	return CLI_OK;
}

int
people_find(struct cli *cli, const char *operand, char ret_id[static API_ID])
{
	struct search search = {.name = operand};
	struct id id;
	int status;

	if (id_parse(slice_str(operand), &id) == 0 &&
	    id.kind == KIND_PRINCIPAL) {
		memcpy(ret_id, operand, API_ID);
		return CLI_OK;
	}
	status = people_list(cli, match, &search);
	if (status != CLI_OK)
		return status;
	if (search.n == 0)
		return cli_fail(cli, CLI_FAILED,
		    "nobody is named '%s'; chancery principal list shows who "
		    "there is",
		    operand);
	if (search.n > 1)
		return cli_fail(cli, CLI_FAILED,
		    "%u principals are named '%s'; name one by id (chancery "
		    "principal list)",
		    search.n, operand);
	memcpy(ret_id, search.id, API_ID);
	return CLI_OK;
}
