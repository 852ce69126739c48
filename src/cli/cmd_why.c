/* chancery why: the whole truth about one right. */
#include <inttypes.h>

#include "cli/commands.h"
#include "cli/format.h"
#include "cli/people.h"
#include "cli/units.h"
#include "op/words.h"

struct why_options {
	const char *unit;
};

struct subject {
	const char *name; /* as it was asked for */
	const char *relation;
	const char *on; /* NULL: the organisation */
};

static void print_line(const char *format, ...) PRINTF_LIKE(1, 2);

static void
print_line(const char *format, ...)
{
	struct buf line = BUF(16384);
	char text[4096];
	va_list args;

	va_start(args, format);
	(void)vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	format_put_text(&line, slice_str(text));
	(void)printf("%.*s\n", SLICE_ARG(buf_slice(&line)));
	buf_free(&line);
}

/* What all of a principal's folders lie in has no name of its own. */
static const char *
name_of(const json_t *step)
{
	const char *name = api_text(step, "name");

	return name[0] != '\0' ? name : "the top folder";
}

/*
 * A membership, a grant, or a place in a folder. `inside` is who is in the
 * group of a membership.
 */
static void
print_step(
    const json_t *step, size_t number, const char *below, const char *inside)
{
	char time[32], until[32];
	const char *by = api_text(step, "by_name");
	bool ends = api_has(step, "expires");

	if (strcmp(api_text(step, "relation"), "member") == 0)
		print_line("  %zu. %s is in the group %s%s%s", number, inside,
		    name_of(step), ends ? ", until " : "",
		    ends ? api_time(step, "expires", until) : "");
	else if (api_has(step, "relation"))
		print_line("  %zu. on %s stands the right '%s' for %s%s%s",
		    number, name_of(step), api_text(step, "relation"), inside,
		    ends ? ", until " : "",
		    ends ? api_time(step, "expires", until) : "");
	else
		print_line(
		    "  %zu. %s lies in %s", number, below, name_of(step));
	print_line("     since %s%s%s (record %" PRIu64 ")",
	    api_time(step, "time", time), by[0] != '\0' ? ", by " : "", by,
	    api_u64(step, "sequence"));
}

static void
print_answer(
    const struct cli *cli, const struct subject *s, const json_t *answer)
{
	bool allowed = api_bool(answer, "allowed");
	const json_t *proof = json_object_get(answer, "proof"), *step;
	const char *below = s->on != NULL ? s->on : "";
	size_t i;

	(void)printf(
	    "%s%s%s: ", term_colour(&cli->out, allowed ? TERM_GREEN : TERM_RED),
	    allowed ? "YES" : "NO", term_colour(&cli->out, TERM_PLAIN));
	print_line("%s %s %s on %s", s->name, allowed ? "has" : "doesn't have",
	    s->relation, s->on != NULL ? s->on : "the organisation");
	if (json_array_size(proof) > 0)
		(void)printf("It rests on\n");
	json_array_foreach(proof, i, step)
	{
		const json_t *next = json_array_get(proof, i + 1);

		print_step(
		    step, i + 1, below, next != NULL ? name_of(next) : s->name);
		below = name_of(step);
	}
	if (api_has(answer, "missing"))
		print_line("Missing: %s", api_text(answer, "missing"));
}

static int
check_relation(struct cli *cli, const char *word)
{
	const struct word_list *list = words_list(WORDS_RELATION);
	struct buf all = BUF(1024);

	if (words_number(WORDS_RELATION, slice_str(word)) != 0)
		return CLI_OK;
	for (size_t i = 0; i < list->n; i++)
		buf_printf(
		    &all, "%s%s", i > 0 ? ", " : "", list->words[i].text);
	(void)cli_fail(cli, CLI_USAGE,
	    "there is no relation '%s'; it is one of %.*s", word,
	    SLICE_ARG(buf_slice(&all)));
	buf_free(&all);
	return CLI_USAGE;
}

static int
run(struct cli *cli, int n, char **operands)
{
	const struct why_options *options = cli->options;
	struct subject s = {
	    operands[0], operands[1], n > 2 ? operands[2] : NULL};
	bool of_app = s.on != NULL && strcmp(s.relation, "use") == 0;
	char who[API_ID] = "";
	json_t *args, *answer = NULL;
	int status = check_relation(cli, operands[1]);

	if (options->unit != NULL && s.on != NULL)
		return cli_fail(cli, CLI_USAGE,
		    "it is about a unit, or about %s: not both", s.on);
	if (status == CLI_OK)
		status = people_find(cli, operands[0], who);
	if (status != CLI_OK)
		return status;
	args =
	    s.on != NULL && !of_app ? api_place(s.on, "node") : json_object();
	if (of_app)
		(void)json_object_set_new(args, "app", json_string(s.on));
	status = units_set(cli, options->unit, args, "unit");
	if (status != CLI_OK) {
		json_decref(args);
		return status;
	}
	if (options->unit != NULL)
		s.on = options->unit;
	(void)json_object_set_new(args, "principal", json_string(who));
	(void)json_object_set_new(args, "relation", json_string(s.relation));
	status = api_call(
	    cli, "access.why", args, s.on != NULL ? s.on : s.name, &answer);
	if (status == CLI_OK)
		print_answer(cli, &s, answer);
	/* As a question: no is 1, for scripts. */
	if (status == CLI_OK && !api_bool(answer, "allowed"))
		status = CLI_FAILED;
	json_decref(answer);
	return status;
}

static const struct arg args_table[] = {
    {"unit", 'u', ARG_TEXT, "UNIT",
	"a role in this unit, by id or name, instead of the organisation",
	offsetof(struct why_options, unit)},
};

const struct command command_why = {
    .name = "why",
    .operands = "WHO RELATION [ID|PATH|APP]",
    .summary = "say whether somebody has a right, and what it rests on",
    .text =
	"WHO is a principal, by id or name. RELATION is owner, edit or "
	"read, on a\n"
	"folder or file; or, without one, a role in the organisation: "
	"user_admin,\n"
	"log_reader, security_responder, operator; or use, of an app: files, "
	"documents,\n"
	"mail, log, admin.\n"
	"\n"
	"  chancery why anna read docs/plan.odt\n"
	"  chancery why anna use documents\n"
	"  chancery why carl user_admin --unit Sales\n"
	"\n"
	"Each step names the record that made it. The exit status is 0 for "
	"yes and\n"
	"1 for no.\n",
    .args = args_table,
    .n_args = ARRAY_SIZE(args_table),
    .size = sizeof(struct why_options),
    .min = 2,
    .max = 3,
    .run = run,
};
