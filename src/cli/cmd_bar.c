/*
 * chancery bar: whether the server holds what it promises, tried on the live
 * system as an attacker would, control by control.
 */
#include <inttypes.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/random.h>

#include "base/clock.h"
#include "base/encode.h"
#include "cli/bar.h"
#include "cli/commands.h"
#include "cli/format.h"
#include "ipc/role.h"

enum { CONTROLS_MAX = 32, TEXT_MAX = 2000, WIDTH_LEAST = 40 };

struct options {
	bool json;
	const char *key, *only;
};

/* In the order in which they are tried. */
const struct bar_control bar_controls[] = {
#define CONTROL(probe, name, title, nist, scuba, cis) \
	{name, title, nist, scuba, cis, bar_##probe},
#include "op/control.def"
#undef CONTROL
};
const size_t bar_controls_n = ARRAY_SIZE(bar_controls);

static volatile sig_atomic_t stopped;

static void
on_signal(int signal UNUSED)
{
	stopped = 1;
}

bool
bar_stopped(void)
{
	return stopped != 0;
}

/* Once: whoever asks again isn't made to wait. */
static void
catch_signals(void)
{
	struct sigaction action = {
	    .sa_handler = on_signal, .sa_flags = SA_RESETHAND};

	(void)sigaction(SIGINT, &action, NULL);
	(void)sigaction(SIGTERM, &action, NULL);
}

/* ---- running
 * ------------------------------------------------------------------ */

static int
start(struct bar *bar)
{
	struct cli *cli = bar->cli;
	json_t *me = NULL;
	uint8_t nonce[8];
	struct buf text = BUF(32);
	int status = cli_connect(cli);

	if (status != CLI_OK)
		return status;
	if (getrandom(nonce, sizeof(nonce), 0) != (ssize_t)sizeof(nonce))
		return cli_fail(cli, CLI_FAILED, "there is no randomness");
	buf_put_hex(&text, slice_of(nonce, sizeof(nonce)));
	(void)snprintf(bar->nonce, sizeof(bar->nonce), "%.*s",
	    SLICE_ARG(buf_slice(&text)));
	buf_free(&text);
	(void)snprintf(
	    bar->agent, sizeof(bar->agent), "chancery-bar %s", bar->nonce);
	http_set_agent(cli->http, bar->agent);
	bar->tls = slice_starts(slice_str(cli->server.url), SLICE("https:"));
	status = api_call(cli, "session.get", json_object(), NULL, &me);
	if (status != CLI_OK)
		return status;
	(void)snprintf(
	    bar->me, sizeof(bar->me), "%s", api_text(me, "principal"));
	json_decref(me);
	return CLI_OK;
}

static int
by_number(const void *a, const void *b)
{
	uint64_t left = *(const uint64_t *)a, right = *(const uint64_t *)b;

	return (left > right) - (left < right);
}

/* All of ours that came on the record meanwhile. */
static void
take_records(struct bar *bar)
{
	if (!bar_catch_up(bar))
		bar_unsure(bar, "what it left on the record could not be seen");
	for (size_t i = 0; i < bar->tail.n; i++)
		if (bar->tail.seen[i].sequence >= bar->now->from)
			bar_record(bar, bar->tail.seen[i].sequence);
	qsort(bar->now->records, MIN(bar->now->n_records, (size_t)BAR_RECORDS),
	    sizeof(bar->now->records[0]), by_number);
	if (bar->now->n_records == 0)
		bar_unsure(bar, "it left nothing on the record");
}

static void
run_control(struct bar *bar, struct bar_result *result)
{
	uint64_t began = clock_boot_ms();

	bar->now = result;
	result->from = bar->tail.next;
	if (!bar_stopped())
		result->control->probe(bar);
	if (bar_stopped())
		bar_unsure(bar, "it was interrupted");
	else
		take_records(bar);
	if (result->state == BAR_UNSET)
		bar_unsure(bar, "the probe has seen nothing");
	result->ms = clock_boot_ms() - began;
}

static void
run_all(struct bar *bar, struct bar_result *results, size_t n)
{
	struct progress progress = {
	    .term = &bar->cli->err, .what = "controls", .total = n};

	progress_draw(&progress, true);
	bar->first =
	    (struct bar_result){.saw = BUF(TEXT_MAX), .wrong = BUF(TEXT_MAX)};
	bar->now = &bar->first;
	if (bar_tail_open(bar))
		bar_log_begin(bar);
	for (size_t i = 0; i < n; i++) {
		run_control(bar, &results[i]);
		progress.done = i + 1;
		progress_draw(&progress, true);
	}
	progress_hide(&progress);
	buf_free(&bar->first.saw);
	buf_free(&bar->first.wrong);
}

/* ---- telling ----------------------------------------------------------------
 */

static const char *
state_text(enum bar_state state)
{
	return state == BAR_GREEN ? "green"
	       : state == BAR_RED ? "red"
	                          : "inconclusive";
}

static struct slice
words_of(const struct bar_result *result)
{
	return buf_slice(
	    result->state == BAR_GREEN ? &result->saw : &result->wrong);
}

/* Runs of numbers: "12-40, 43". */
static void
put_records(const struct bar_result *result, struct buf *buf)
{
	size_t n = MIN(result->n_records, (size_t)BAR_RECORDS);

	for (size_t i = 0; i < n; i++) {
		uint64_t first = result->records[i];

		while (i + 1 < n &&
		       result->records[i + 1] == result->records[i] + 1)
			i++;
		buf_printf(buf, "%s%" PRIu64, buf->n > 0 ? ", " : "", first);
		if (result->records[i] != first)
			buf_printf(buf, "-%" PRIu64, result->records[i]);
	}
	if (result->n_records > n)
		buf_printf(buf, " and %zu more", result->n_records - n);
}

/* Within the terminal, under the title. */
static void
print_wrapped(size_t width, struct slice text)
{
	static const char indent[] = "                  ";
	size_t column = 0;
	struct slice word;

	while (text.n > 0) {
		(void)slice_cut(&text, ' ', &word);
		if (column > 0 &&
		    column + 1 + word.n + sizeof(indent) - 1 > width) {
			(void)putchar('\n');
			column = 0;
		}
		(void)printf(
		    "%s%.*s", column == 0 ? indent : " ", SLICE_ARG(word));
		column += word.n + (column > 0);
	}
	(void)putchar('\n');
}

static void
print_control(
    const struct cli *cli, size_t number, const struct bar_result *result)
{
	const struct bar_control *control = result->control;
	struct buf line = BUF(TEXT_MAX * 2), shown = BUF(TEXT_MAX * 4);
	size_t width = MAX(term_width(&cli->out), (size_t)WIDTH_LEAST);

	(void)printf("%2zu  %s%-12s%s  %s%s%s\n", number,
	    term_colour(
		&cli->out, result->state == BAR_GREEN ? TERM_GREEN : TERM_RED),
	    state_text(result->state), term_colour(&cli->out, TERM_PLAIN),
	    term_colour(&cli->out, TERM_BOLD), control->title,
	    term_colour(&cli->out, TERM_PLAIN));
	/* Names and words of the server are strangers'. */
	format_put_text(&shown, words_of(result));
	print_wrapped(width, buf_slice(&shown));
	buf_printf(&line, "answers");
	if (control->nist != NULL)
		buf_printf(&line, " NIST SP 800-53 %s", control->nist);
	if (control->scuba != NULL)
		buf_printf(&line, ", CISA SCuBA %s", control->scuba);
	if (control->cis != NULL)
		buf_printf(&line, ", CIS %s", control->cis);
	print_wrapped(width, buf_slice(&line));
	buf_clear(&line);
	buf_put_str(&line, "records ");
	buf_clear(&shown);
	put_records(result, &shown);
	buf_put_slice(&line, buf_slice(&shown));
	print_wrapped(width, buf_slice(&line));
	buf_free(&line);
	buf_free(&shown);
}

/* "IA-2(1) IA-2(2)" as an array. */
static json_t *
ids_of(const char *ids)
{
	struct slice rest = slice_str(ids != NULL ? ids : ""), id;
	json_t *list = json_array();

	while (rest.n > 0) {
		(void)slice_cut(&rest, ' ', &id);
		(void)json_array_append_new(list, api_string(id));
	}
	return list;
}

static json_t *
control_json(const struct bar_result *result)
{
	const struct bar_control *control = result->control;
	json_t *records = json_array();

	for (size_t i = 0; i < MIN(result->n_records, (size_t)BAR_RECORDS); i++)
		(void)json_array_append_new(
		    records, json_integer((json_int_t)result->records[i]));
	return api_object("name", json_string(control->name), "title",
	    json_string(control->title), "state",
	    json_string(state_text(result->state)), "text",
	    api_string(words_of(result)), "nist", ids_of(control->nist),
	    "scuba", ids_of(control->scuba), "cis", ids_of(control->cis),
	    "records", records, "records_in_all",
	    json_integer((json_int_t)result->n_records), "ms",
	    json_integer((json_int_t)result->ms), NULL);
}

static void
tell_json(const struct bar *bar, const struct bar_result *results, size_t n,
    bool green)
{
	json_t *controls = json_array(), *made = json_array(), *root;

	for (size_t i = 0; i < n; i++)
		(void)json_array_append_new(
		    controls, control_json(&results[i]));
	for (size_t i = 0; i < bar->n_made; i++)
		(void)json_array_append_new(made, json_string(bar->made[i]));
	root = api_object("server", json_string(bar->cli->server.url), "time",
	    api_time_value(clock_wall_ms()), "green", json_boolean(green),
	    "controls", controls, "ended_principals", made, "first_record",
	    json_integer((json_int_t)bar->tail.first), "last_record",
	    json_integer((json_int_t)bar->tail.next - 1), "user_agent",
	    json_string(bar->agent), NULL);
	(void)json_dumpf(root, stdout, JSON_INDENT(2));
	(void)putchar('\n');
	json_decref(root);
}

static void
tell(const struct bar *bar, const struct bar_result *results, size_t n,
    size_t bad)
{
	const struct cli *cli = bar->cli;

	for (size_t i = 0; i < n; i++)
		print_control(cli, i + 1, &results[i]);
	(void)printf("\n%sThe bar is %s%s: %zu of %zu controls hold.\n",
	    term_colour(&cli->out, bad == 0 ? TERM_GREEN : TERM_RED),
	    bad == 0 ? "green" : "red", term_colour(&cli->out, TERM_PLAIN),
	    n - bad, n);
	if (n < bar_controls_n)
		(void)printf(
		    "(%zu others were not tried.)\n", bar_controls_n - n);
	(void)printf("On the record stay records %" PRIu64 " to %" PRIu64
		     ", as of \"%s\",\nand %zu principals that have ended:",
	    bar->tail.first, bar->tail.next - 1, bar->agent, bar->n_made);
	for (size_t i = 0; i < bar->n_made; i++)
		(void)printf(" %s", bar->made[i]);
	(void)putchar('\n');
}

/* All, or the one that is asked for. */
static int
choose(struct cli *cli, const char *only, struct bar_result *results,
    size_t *ret_n)
{
	size_t n = 0;

	BUG_ON(bar_controls_n > CONTROLS_MAX);
	for (size_t i = 0; i < bar_controls_n; i++)
		if (only == NULL || strcmp(only, bar_controls[i].name) == 0)
			results[n++] =
			    (struct bar_result){.control = &bar_controls[i],
				.saw = BUF(TEXT_MAX),
				.wrong = BUF(TEXT_MAX)};
	*ret_n = n;
	if (n > 0)
		return CLI_OK;
	return cli_fail(cli, CLI_USAGE,
	    "there is no control '%s'; --json tells their names", only);
}

static int
run(struct cli *cli, int n UNUSED, char **operands UNUSED)
{
	const struct options *options = cli->options;
	struct bar bar = {.cli = cli, .key_given = options->key};
	struct bar_result results[CONTROLS_MAX];
	size_t tried = 0, bad = 0;
	int status = choose(cli, options->only, results, &tried);

	if (status == CLI_OK)
		status = start(&bar);
	if (status != CLI_OK)
		return status;
	catch_signals();
	run_all(&bar, results, tried);
	bar_clean_up(&bar);
	for (size_t i = 0; i < tried; i++)
		bad += results[i].state != BAR_GREEN;
	if (options->json)
		tell_json(&bar, results, tried, bad == 0);
	else
		tell(&bar, results, tried, bad);
	for (size_t i = 0; i < tried; i++) {
		buf_free(&results[i].saw);
		buf_free(&results[i].wrong);
	}
	bar_tail_close(&bar);
	return bad == 0 ? CLI_OK : CLI_FAILED;
}

static const struct arg args[] = {
    {"json", 0, ARG_FLAG, NULL, "one JSON object instead of a table",
	offsetof(struct options, json)},
    {"only", 0, ARG_TEXT, "CONTROL",
	"try this one alone: password-alone, administrators, banned-passwords, "
	"unknown-names, revoked, read-recorded, log-stays, authority, canaries "
	"or clock",
	offsetof(struct options, only)},
    {"key", 0, ARG_TEXT, "FILE|VKEY",
	"the log's verifier key, or a file that holds it; the server's own "
	"word by default",
	offsetof(struct options, key)},
};

const struct command command_bar = {
    .name = "bar",
    .operands = "",
    .summary = "try whether the server holds its bar, as an attacker would",
    .text =
	"Makes probe persons and a service, and tries with real requests what "
	"must not\n"
	"work: passwords alone, banned ones, names that nobody has, what was "
	"revoked, an\n"
	"end to the log ... Each control says which of NIST SP 800-53, CISA "
	"SCuBA or CIS\n"
	"it answers, what was seen, and which records prove it. What can't be "
	"told is\n"
	"inconclusive, and counts as red. Exit status 0: all are green.\n"
	"\n"
	"Run it as an administrator who has just signed in (chancery login): "
	"it needs the\n"
	"roles user_admin, log_reader, security_responder and operator. What "
	"it "
	"makes it\n"
	"ends again, also when it is interrupted; its records stay.\n",
    .args = args,
    .n_args = ARRAY_SIZE(args),
    .size = sizeof(struct options),
    .run = run,
};
