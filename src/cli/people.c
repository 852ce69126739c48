#include "cli/people.h"

#include <stdio.h>

#include "cli/units.h"

enum { PAGE = 500 };

/* ---- all ------------------------------------------------------------------
 */

struct listing {
	struct cli *cli;
	const char *op;
	int (*each)(void *arg, const json_t *principal);
	void *arg;
};

static json_t *
page_args(const char *unit)
{
	return api_object("limit", json_integer(PAGE), "unit",
	    unit != NULL ? json_string(unit) : NULL, NULL);
}

static int
list_in(void *arg, const json_t *unit)
{
	const struct listing *l = arg;

	/* Nobody is left in what has ended. */
	if (api_bool(unit, "ended"))
		return CLI_OK;
	return api_call_pages(l->cli, l->op, page_args(api_text(unit, "id")),
	    api_text(unit, "name"), l->each, l->arg);
}

int
people_list(struct cli *cli, const char *op, const char *unit,
    int (*each)(void *arg, const json_t *principal), void *arg)
{
	struct listing listing = {cli, op, each, arg};
	struct api_refusal refusal;
	int status =
	    api_try_pages(cli, op, page_args(unit), each, arg, &refusal);

	if (status == CLI_OK || refusal.text[0] == '\0')
		return status;
	if (unit != NULL || strcmp(refusal.code, "DENIED") != 0)
		return api_fail(cli, &refusal, NULL);
	return units_list_own(cli, &refusal, list_in, &listing);
}

/* ---- one ------------------------------------------------------------------
 */

bool
people_is(const json_t *principal, const char *kind)
{
	const char *own = api_text(principal, "kind");

	return strcmp(own, kind) == 0 ||
	       (strcmp(own, "guest") == 0 && strcmp(kind, "person") == 0);
}

struct search {
	const char *name;
	const char *kind;   /* NULL: any */
	char login[API_ID]; /* who signs in by that */
	char id[API_ID];    /* who is called that */
	unsigned n;
};

static int
match(void *arg, const json_t *principal)
{
	struct search *search = arg;
	const char *id = api_text(principal, "id");

	/* Who has ended is named by id only. */
	if (api_bool(principal, "ended") ||
	    (search->kind != NULL && !people_is(principal, search->kind)))
		return CLI_OK;
	if (strcmp(api_text(principal, "login"), search->name) == 0)
		(void)snprintf(search->login, sizeof(search->login), "%s", id);
	if (strcmp(api_text(principal, "name"), search->name) != 0)
		return CLI_OK;
	search->n++;
	(void)snprintf(search->id, sizeof(search->id), "%s", id);
	return CLI_OK;
}

/* A name to sign in by is one person's alone, so it goes first. */
int
people_find_kind(struct cli *cli, const char *operand, const char *kind,
    char ret_id[static API_ID])
{
	bool group = kind != NULL && strcmp(kind, "group") == 0;
	const char *what = kind != NULL ? kind : "principal";
	const char *list = group          ? "group list"
	                   : kind != NULL ? "people"
	                                  : "principal list";
	struct search search = {.name = operand, .kind = kind};
	struct id id;
	int status;

	if (id_parse(slice_str(operand), &id) == 0 &&
	    id.kind == KIND_PRINCIPAL) {
		memcpy(ret_id, operand, API_ID);
		return CLI_OK;
	}
	status = people_list(
	    cli, group ? "group.list" : "principal.list", NULL, match, &search);
	if (status != CLI_OK)
		return status;
	if (search.login[0] != '\0') {
		memcpy(ret_id, search.login, API_ID);
		return CLI_OK;
	}
	if (search.n == 0)
		return cli_fail(cli, CLI_FAILED,
		    "no %s is named '%s'; chancery %s shows what there is",
		    what, operand, list);
	if (search.n > 1)
		return cli_fail(cli, CLI_FAILED,
		    "%u %ss are named '%s'; name one by id (chancery %s)",
		    search.n, what, operand, list);
	memcpy(ret_id, search.id, API_ID);
	return CLI_OK;
}

int
people_find(struct cli *cli, const char *operand, char ret_id[static API_ID])
{
	return people_find_kind(cli, operand, NULL, ret_id);
}

int
people_call(
    struct cli *cli, const char *op, const char *operand, const char *kind)
{
	char id[API_ID] = "";
	json_t *done = NULL;
	int status = people_find_kind(cli, operand, kind, id);

	if (status == CLI_OK)
		status = api_call(cli, op,
		    api_object("principal", json_string(id), NULL), operand,
		    &done);
	json_decref(done);
	return status;
}

int
people_enrol(struct cli *cli, const char *op, const char *id, const char *who)
{
	json_t *made = NULL;
	char time[32];
	int status = api_call(cli, op,
	    api_object("principal", json_string(id), NULL), who, &made);

	if (status == CLI_OK) {
		(void)printf(
		    "%s/enrol#%s\n", cli->server.url, api_text(made, "secret"));
		(void)fprintf(stderr, "This link is good once, until %s.\n",
		    api_time(made, "expires", time));
	}
	json_decref(made);
	return status;
}
