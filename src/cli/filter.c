#include "cli/filter.h"

#include <stdio.h>

#include "cli/people.h"
#include "op/op.h"
#include "op/words.h"

/* An operation whose name begins alike, to suggest. */
static const char *
nearest_operation(const char *name)
{
	const struct op *op = NULL, *best = NULL;
	size_t best_n = 2;

	while ((op = op_next(op)) != NULL) {
		size_t n = 0;

		while (op->name[n] != '\0' && op->name[n] == name[n])
			n++;
		if (n > best_n) {
			best = op;
			best_n = n;
		}
	}
	return best != NULL ? best->name : "file.create";
}

static int
check_words(struct cli *cli, const struct filter *filter)
{
	if (filter->operation != NULL &&
	    op_find(slice_str(filter->operation)) == NULL)
		return cli_fail(cli, CLI_USAGE,
		    "--operation: there is no '%s'; did you mean %s?",
		    filter->operation, nearest_operation(filter->operation));
	if (filter->outcome != NULL &&
	    words_number(WORDS_OUTCOME, slice_str(filter->outcome)) == 0)
		return cli_fail(cli, CLI_USAGE,
		    "--outcome: allowed, denied, refused or failed");
	return CLI_OK;
}

static json_t *
text_or_none(const char *text)
{
	return text != NULL && text[0] != '\0' ? json_string(text) : NULL;
}

int
filter_args(struct cli *cli, const struct filter *filter, json_t **ret_args)
{
	char principal[API_ID] = "", object[API_ID] = "";
	int status = check_words(cli, filter);

	if (status == CLI_OK && filter->principal != NULL)
		status = people_find(cli, filter->principal, principal);
	if (status == CLI_OK && filter->object != NULL)
		status = api_find_id(cli, filter->object, object);
	if (status != CLI_OK)
		return status;
	*ret_args = api_object("principal", text_or_none(principal), "object",
	    text_or_none(object), "operation", text_or_none(filter->operation),
	    "outcome", text_or_none(filter->outcome), "address",
	    text_or_none(filter->address), "since",
	    filter->since.given ? api_time_value(filter->since.ms) : NULL,
	    "until",
	    filter->until.given ? api_time_value(filter->until.ms) : NULL,
	    NULL);
	return *ret_args != NULL ? CLI_OK : cli_nomem(cli);
}
