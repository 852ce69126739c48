#include "cli/units.h"

#include <stdio.h>

enum { PAGE = 500 };

/* ---- all ------------------------------------------------------------------
 */

/* Units of one's own, one in the other perhaps: each is given once. */
struct own {
	json_t *seen; /* ids */
	int (*each)(void *arg, const json_t *unit);
	void *arg;
};

static int
give_once(void *arg, const json_t *unit)
{
	struct own *own = arg;
	const char *id = api_text(unit, "id");

	if (json_object_get(own->seen, id) != NULL)
		return CLI_OK;
	(void)json_object_set_new(own->seen, id, json_true());
	return own->each(own->arg, unit);
}

static int
list_below(struct cli *cli, const json_t *role, struct own *own)
{
	const char *unit = api_text(role, "object");
	struct id id;

	if (strcmp(api_text(role, "relation"), "user_admin") != 0 ||
	    id_parse(slice_str(unit), &id) < 0 || id.kind != KIND_UNIT)
		return CLI_OK;
	return api_call_pages(cli, "unit.list",
	    api_object(
		"limit", json_integer(PAGE), "unit", json_string(unit), NULL),
	    api_text(role, "object_name"), give_once, own);
}

/* The roles of whoever asks. */
static int
own_roles(struct cli *cli, json_t **ret_page)
{
	json_t *me = NULL;
	int status = api_call(cli, "session.get", json_object(), NULL, &me);

	if (status == CLI_OK)
		status = api_call(cli, "role.list",
		    api_object("principal",
			json_string(api_text(me, "principal")), NULL),
		    NULL, ret_page);
	json_decref(me);
	return status;
}

int
units_list_own(struct cli *cli, const struct api_refusal *refusal,
    int (*each)(void *arg, const json_t *unit), void *arg)
{
	struct own own = {json_object(), each, arg};
	json_t *page = NULL, *role;
	int status = own_roles(cli, &page);
	size_t i;

	json_array_foreach(json_object_get(page, "list"), i, role)
	{
		if (status == CLI_OK)
			status = list_below(cli, role, &own);
	}
	if (status == CLI_OK && json_object_size(own.seen) == 0)
		status = api_fail(cli, refusal, NULL);
	json_decref(own.seen);
	json_decref(page);
	return status;
}

int
units_list(
    struct cli *cli, int (*each)(void *arg, const json_t *unit), void *arg)
{
	struct api_refusal refusal;
	int status = api_try_pages(cli, "unit.list",
	    api_object("limit", json_integer(PAGE), NULL), each, arg, &refusal);

	if (status == CLI_OK || refusal.text[0] == '\0')
		return status;
	if (strcmp(refusal.code, "DENIED") != 0)
		return api_fail(cli, &refusal, NULL);
	return units_list_own(cli, &refusal, each, arg);
}

/* ---- one ------------------------------------------------------------------
 */

struct search {
	const char *name;
	char id[API_ID];
	unsigned n;
};

static int
match(void *arg, const json_t *unit)
{
	struct search *search = arg;

	/* What has ended is named by id only. */
	if (strcmp(api_text(unit, "name"), search->name) != 0 ||
	    api_bool(unit, "ended"))
		return CLI_OK;
	search->n++;
	(void)snprintf(
	    search->id, sizeof(search->id), "%s", api_text(unit, "id"));
	return CLI_OK;
}

int
units_find(struct cli *cli, const char *operand, char ret_id[static API_ID])
{
	struct search search = {.name = operand};
	struct id id;
	int status;

	if (id_parse(slice_str(operand), &id) == 0 && id.kind == KIND_UNIT) {
		memcpy(ret_id, operand, API_ID);
		return CLI_OK;
	}
	status = units_list(cli, match, &search);
	if (status != CLI_OK)
		return status;
	if (search.n == 0)
		return cli_fail(cli, CLI_FAILED,
		    "no unit is named '%s'; chancery unit list shows what "
		    "there is",
		    operand);
	if (search.n > 1)
		return cli_fail(cli, CLI_FAILED,
		    "%u units are named '%s'; name one by id (chancery unit "
		    "list)",
		    search.n, operand);
	memcpy(ret_id, search.id, API_ID);
	return CLI_OK;
}

int
units_set(
    struct cli *cli, const char *operand, json_t *args, const char *member)
{
	char id[API_ID] = "";
	int status;

	if (operand == NULL)
		return CLI_OK;
	status = units_find(cli, operand, id);
	if (status == CLI_OK)
		(void)json_object_set_new(args, member, json_string(id));
	return status;
}

/* ---- names ------------------------------------------------------------------
 */

static int
keep_name(void *arg, const json_t *unit)
{
	json_t *names = arg;

	(void)json_object_set(
	    names, api_text(unit, "id"), json_object_get(unit, "name"));
	return CLI_OK;
}

int
units_names(struct cli *cli, json_t **ret_names)
{
	*ret_names = json_object();
	return *ret_names != NULL ? units_list(cli, keep_name, *ret_names)
	                          : cli_nomem(cli);
}

const char *
units_name(const json_t *names, const char *id)
{
	const char *name = api_text(names, id);

	return name[0] != '\0' ? name : id;
}

int
units_add(struct cli *cli, const char *op, const char *name, const char *unit)
{
	json_t *args = api_object("name", json_string(name), NULL);
	json_t *made = NULL;
	int status = units_set(cli, unit, args, "unit");

	if (status != CLI_OK) {
		json_decref(args);
		return status;
	}
	status = api_call(cli, op, args, name, &made);
	if (status == CLI_OK)
		(void)printf("%s\n", api_text(made, "id"));
	json_decref(made);
	return status;
}
