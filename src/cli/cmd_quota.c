/* chancery quota, quota set: how much is stored, and how much may be. */
#include "base/base.h"
#include "cli/commands.h"
#include "cli/format.h"
#include "cli/people.h"

static int
find_whom(struct cli *cli, const char *operand, char ret_id[static API_ID])
{
	json_t *me = NULL;
	int status;

	if (operand != NULL)
		return people_find(cli, operand, ret_id);
	status = api_call(cli, "session.get", json_object(), NULL, &me);
	(void)snprintf(ret_id, API_ID, "%s", api_text(me, "principal"));
	json_decref(me);
	return status;
}

static int
run_quota(struct cli *cli, int n, char **operands)
{
	char id[API_ID] = "";
	json_t *quota = NULL;
	int status = find_whom(cli, n > 0 ? operands[0] : NULL, id);

	if (status == CLI_OK)
		status = api_call(cli, "quota.get",
		    api_object("principal", json_string(id), NULL),
		    n > 0 ? operands[0] : NULL, &quota);
	if (status == CLI_OK)
		(void)printf("%s of %s used%s\n",
		    format_bytes(api_u64(quota, "used")).text,
		    api_has(quota, "limit")
			? format_bytes(api_u64(quota, "limit")).text
			: "what there is",
		    api_bool(quota, "own") ? "" : " (the default)");
	json_decref(quota);
	return status;
}

const struct command command_quota = {
    .name = "quota",
    .operands = "[WHO]",
    .summary = "show how much is stored, and how much may be",
    .text = "Older versions count, and so does what lies in the trash. Of "
	    "others it\n"
	    "tells those who manage them.\n",
    .max = 1,
    .run = run_quota,
};

/* ---- set
 * ------------------------------------------------------------------------- */

/* A number of bytes, with K, M, G or T behind it. */
static bool
parse_bytes(const char *text, uint64_t *ret)
{
	static const char units[] = "KMGT";
	struct slice s = slice_str(text);
	unsigned shift = 0;
	const char *unit;

	unit = s.n > 1 ? strchr(units, (char)s.p[s.n - 1]) : NULL;
	if (unit != NULL && *unit != '\0') {
		shift = 10 * (unsigned)(unit - units + 1);
		s.n--;
	}
	if (slice_u64(s, UINT64_MAX >> shift, ret) < 0)
		return false;
	*ret <<= shift;
	return true;
}

static int
run_set(struct cli *cli, int n UNUSED, char **operands)
{
	bool standard = strcmp(operands[1], "default") == 0;
	bool none = strcmp(operands[1], "none") == 0;
	char id[API_ID] = "";
	uint64_t limit = 0;
	json_t *done = NULL;
	int status;

	if (!standard && !none &&
	    (!parse_bytes(operands[1], &limit) || limit == 0))
		return cli_fail(cli, CLI_USAGE,
		    "'%s' is no size; write 500M, 20G, none or default",
		    operands[1]);
	status = people_find(cli, operands[0], id);
	if (status == CLI_OK)
		status = api_call(cli, "quota.set",
		    api_object("principal", json_string(id), "limit",
			standard ? NULL : json_integer((json_int_t)limit),
			NULL),
		    operands[0], &done);
	json_decref(done);
	return status;
}

const struct command command_quota_set = {
    .name = "quota set",
    .operands = "WHO SIZE",
    .summary = "set how much somebody may store",
    .text = "SIZE is a number of bytes, with K, M, G or T behind it (20G); "
	    "\"none\" for\n"
	    "no limit; \"default\" for what the configuration says "
	    "(quota_bytes). What\n"
	    "is stored already stays.\n",
    .min = 2,
    .max = 2,
    .run = run_set,
};
