/* chancery log search, log export: the records that a filter finds. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <unistd.h>

#include "base/encode.h"
#include "base/file.h"
#include "cli/commands.h"
#include "cli/event.h"
#include "cli/filter.h"
#include "cli/path.h"
#include "ledger/bundle.h"

enum {
	LIMIT_STANDARD = 100,
	PAGE_MAX = 500,
	IDLE_MS = 120000,
	QUERY_BYTES = 8192,
};

/* ---- search -----------------------------------------------------------------
 */

struct search_options {
	struct filter filter;
	struct arg_number from, limit;
	bool reverse, json;
};

struct search {
	struct cli *cli;
	json_t *args;
	uint64_t left; /* records to be shown; 0 with `all` */
	bool all, json;
	uint64_t next; /* where the next page begins; 0: at the end */
};

static int
print_record(const struct search *search, const json_t *record)
{
	struct buf bytes = BUF(BUNDLE_BYTES_MAX);
	int r = base64_decode(slice_str(api_text(record, "bundle")), &bytes);

	if (r == 0)
		r = event_print_bundle(
		    &search->cli->out, buf_slice(&bytes), search->json);
	buf_free(&bytes);
	if (r == 0)
		return CLI_OK;
	return cli_fail(search->cli, CLI_FAILED,
	    "record %" PRIu64 " can't be read: %s", api_u64(record, "sequence"),
	    error_text(r));
}

static int
print_page(struct search *search)
{
	uint64_t limit =
	    search->all ? PAGE_MAX : MIN(search->left, (uint64_t)PAGE_MAX);
	json_t *page = NULL, *record;
	int status;
	size_t i;

	(void)json_object_set_new(
	    search->args, "limit", json_integer((json_int_t)limit));
	if (search->next != 0)
		(void)json_object_set_new(search->args, "from",
		    json_integer((json_int_t)search->next));
	status = api_call(
	    search->cli, "log.search", json_copy(search->args), NULL, &page);
	json_array_foreach(json_object_get(page, "list"), i, record)
	{
		if (status == CLI_OK)
			status = print_record(search, record);
		search->left -= search->all ? 0 : 1;
	}
	search->next = api_u64(page, "next");
	json_decref(page);
	/* Nobody reads on: no need to go on either. */
	if (status == CLI_OK && fflush(stdout) != 0)
		return CLI_FAILED;
	return status;
}

static int
run_search(struct cli *cli, int n UNUSED, char **operands UNUSED)
{
	const struct search_options *options = cli->options;
	struct search search = {.cli = cli,
	    .json = options->json || !cli->out.is_terminal,
	    .left = options->limit.given ? options->limit.n : LIMIT_STANDARD,
	    .next = options->from.given ? options->from.n : 0};
	int status = filter_args(cli, &options->filter, &search.args);

	if (status != CLI_OK)
		return status;
	search.all = search.left == 0;
	if (options->reverse)
		(void)json_object_set_new(search.args, "reverse", json_true());
	do
		status = print_page(&search);
	while (status == CLI_OK && search.next != 0 &&
	       (search.all || search.left > 0));
	if (status == CLI_OK && search.next != 0)
		cli_note(cli,
		    "there may be more: go on with --from %" PRIu64
		    ", or say --limit 0 for all",
		    search.next);
	json_decref(search.args);
	return status;
}

#define SEARCH(member) offsetof(struct search_options, member)

static const struct arg search_args[] = {FILTER_ARGS(search_options),
    {"from", 0, ARG_NUMBER, "N",
	"from record N on; with --reverse back from it", SEARCH(from)},
    {"reverse", 'r', ARG_FLAG, NULL, "the newest first", SEARCH(reverse)},
    {"limit", 'n', ARG_NUMBER, "N", "at most N records (default 100); 0: all",
	SEARCH(limit)},
    {"json", 0, ARG_FLAG, NULL,
	"OCSF events, one JSON object a line; so it is when piped",
	SEARCH(json)}};

const struct command command_log_search = {
    .name = "log search",
    .operands = "",
    .summary = "find records by who, what, when, from where, how it ended",
    .text =
	"Shows the records for which all that is given holds, in their order.\n"
	"\n"
	"  chancery log search --principal anna --outcome denied --since 7d\n"
	"  chancery log search --object docs/plan.odt --reverse\n"
	"\n"
	"That somebody searched the log is a record, too.\n",
    .args = search_args,
    .n_args = ARRAY_SIZE(search_args),
    .size = sizeof(struct search_options),
    .run = run_search,
};

/* ---- export -----------------------------------------------------------------
 */

struct export_options {
	struct filter filter;
	struct arg_number from;
	const char *out;
};

struct exporter {
	struct cli *cli;
	int fd;
	struct progress progress;
};

static int
on_bytes(void *arg, struct http_transfer *transfer UNUSED, struct slice bytes)
{
	struct exporter *exporter = arg;

	exporter->progress.bytes += bytes.n;
	for (size_t i = 0; i < bytes.n; i++)
		exporter->progress.done += bytes.p[i] == '\n';
	progress_draw(&exporter->progress, false);
	return file_write(exporter->fd, bytes);
}

/* "/log/export?name=value&..." */
static int
put_query(struct buf *query, json_t *args)
{
	const char *name;
	json_t *value;

	buf_put_str(query, "/log/export");
	json_object_foreach(args, name, value)
	{
		buf_put_u8(query, query->n == 11 ? '?' : '&');
		buf_put_str(query, name);
		buf_put_u8(query, '=');
		if (json_is_integer(value))
			buf_put_u64(query, (uint64_t)json_integer_value(value));
		else
			path_put_segment(
			    query, slice_str(json_string_value(value)));
	}
	return buf_cstr(query) == NULL ? E_NOMEM : 0;
}

static int
fetch(struct exporter *exporter, const char *query)
{
	struct http_call call = {.method = "GET",
	    .path = query,
	    .data = on_bytes,
	    .idle_ms = IDLE_MS,
	    .arg = exporter};
	struct http_answer answer;

	http_do(exporter->cli->http, &call, &answer);
	progress_hide(&exporter->progress);
	if (answer.error == E_SHORT)
		return cli_fail(exporter->cli, CLI_FAILED,
		    "the export was cut off: what was written is not all");
	if (answer.error == E_IO || answer.error == E_FULL)
		return cli_fail_code(exporter->cli, answer.error, "the output");
	if (answer.error != 0 || answer.status != 200)
		return cli_fail_answer(exporter->cli, &answer, NULL);
	return CLI_OK;
}

static int
open_out(struct exporter *exporter, const char *out)
{
	if (out == NULL || strcmp(out, "-") == 0) {
		exporter->fd = STDOUT_FILENO;
		return CLI_OK;
	}
	exporter->fd =
	    open(out, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (exporter->fd < 0)
		return cli_fail(
		    exporter->cli, CLI_FAILED, "%s: %s", out, strerror(errno));
	return CLI_OK;
}

static int
run_export(struct cli *cli, int n UNUSED, char **operands UNUSED)
{
	const struct export_options *options = cli->options;
	struct exporter exporter = {.cli = cli, .fd = -1};
	struct buf query = BUF(QUERY_BYTES);
	json_t *args = NULL;
	int status = cli_connect(cli);

	if (status == CLI_OK)
		status = filter_args(cli, &options->filter, &args);
	if (status == CLI_OK && options->from.given)
		(void)json_object_set_new(
		    args, "from", json_integer((json_int_t)options->from.n));
	if (status == CLI_OK && put_query(&query, args) < 0)
		status = cli_nomem(cli);
	if (status == CLI_OK)
		status = open_out(&exporter, options->out);
	exporter.progress = (struct progress){.term = &cli->err,
	    .what = "events",
	    .quiet = exporter.fd == STDOUT_FILENO && cli->out.is_terminal};
	if (status == CLI_OK)
		status = fetch(&exporter, (const char *)query.p);
	if (status == CLI_OK && exporter.fd != STDOUT_FILENO)
		(void)printf("%" PRIu64 " events in %s\n",
		    exporter.progress.done, options->out);
	if (exporter.fd != STDOUT_FILENO)
		fd_close(&exporter.fd);
	json_decref(args);
	buf_free(&query);
	return status;
}

#define EXPORT(member) offsetof(struct export_options, member)

static const struct arg export_args[] = {FILTER_ARGS(export_options),
    {"from", 0, ARG_NUMBER, "N", "from record N on", EXPORT(from)},
    {"out", 0, ARG_TEXT, "FILE", "where to write it (default: standard output)",
	EXPORT(out)}};

const struct command command_log_export = {
    .name = "log export",
    .operands = "",
    .summary = "write records as OCSF events, one JSON object a line",
    .text = "Writes all records for which what is given holds (all there are, "
	    "without\n"
	    "a filter) up to the moment when it began. The first event of each "
	    "record\n"
	    "carries the record itself in raw_data, so that it can be checked "
	    "again.\n",
    .args = export_args,
    .n_args = ARRAY_SIZE(export_args),
    .size = sizeof(struct export_options),
    .run = run_export,
};
