/*
 * chancery log verify: proves a log folder whole, offline: a mirror's, or the
 * server's own. It believes nothing in the folder but what the key signed.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>

#include "base/clock.h"
#include "base/encode.h"
#include "base/file.h"
#include "base/mem.h"
#include "cli/check_leaf.h"
#include "cli/commands.h"
#include "cli/format.h"
#include "cli/proof.h"
#include "ledger/verify.h"

/* The server may write the folder meanwhile: then once more. */
enum { TRIES = 3 };

struct options {
	const char *since, *key;
	bool quiet;
};

struct verifier {
	struct cli *cli;
	const struct options *options;
	char path[PATH_MAX];
	int dir;
	struct note_key key;
	struct buf since, checkpoint; /* notes; checkpoint: as it began */
	struct progress progress;
	struct leaf_check *check;
	struct verify_result result;
	struct folder_problem problem;
	uint64_t ms;
};

/* ---- beforehand
 * --------------------------------------------------------------- */

static int
open_folder_of(struct verifier *v, const char *operand)
{
	if (operand != NULL)
		(void)snprintf(v->path, sizeof(v->path), "%s", operand);
	else
		server_state_path(&v->cli->hints, "core/log", v->path);
	v->dir = open(v->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (v->dir >= 0)
		return CLI_OK;
	if (errno == EACCES)
		return cli_fail(v->cli, CLI_FAILED,
		    "%s may not be read by you: run this as who runs the "
		    "server, or over a mirror (chancery log mirror)",
		    v->path);
	return cli_fail(v->cli, CLI_FAILED, "%s: %s", v->path, strerror(errno));
}

static int
take_own_key(struct verifier *v)
{
	struct buf text = BUF(NOTE_VKEY_MAX);
	struct slice rest, line;
	int r = file_read(v->dir, FOLDER_VKEY, &text);

	rest = buf_slice(&text);
	(void)slice_cut(&rest, '\n', &line);
	if (r == 0)
		r = note_key_parse(line, &v->key);
	buf_free(&text);
	if (r < 0)
		return cli_fail(v->cli, CLI_FAILED,
		    "%s/" FOLDER_VKEY ": %s; give the log's key with --key",
		    v->path, error_text(r));
	cli_note(v->cli,
	    "THE KEY IS THE FOLDER'S OWN (" FOLDER_VKEY
	    "): whoever made the folder could have made it, too. This proves "
	    "that the folder agrees with itself, no more. Give the key that "
	    "you had from the server: --key FILE");
	return CLI_OK;
}

static int
take_inputs(struct verifier *v)
{
	const struct options *options = v->options;
	int r;

	if (options->key == NULL) {
		int status = take_own_key(v);

		if (status != CLI_OK)
			return status;
	} else if ((r = proof_read_key(options->key, &v->key)) < 0) {
		return cli_fail(v->cli, CLI_USAGE,
		    "--key '%s': neither a verifier key nor a file that "
		    "holds one (%s)",
		    options->key, error_text(r));
	}
	if (options->since != NULL &&
	    (r = file_read(AT_FDCWD, options->since, &v->since)) < 0)
		return cli_fail_code(v->cli, r, options->since);
	return CLI_OK;
}

/* ---- the proof
 * ---------------------------------------------------------------- */

static int
on_entry(void *arg, uint64_t index, struct slice entry)
{
	struct verifier *v = arg;

	return leaf_check_next(v->check, index, entry);
}

static void
on_progress(void *arg, uint64_t done, uint64_t size)
{
	struct verifier *v = arg;

	v->progress.done = done;
	v->progress.total = size;
	progress_draw(&v->progress, false);
}

static void
read_checkpoint(struct verifier *v, struct buf *ret_note)
{
	buf_clear(ret_note);
	/* What is wrong with it, verify_folder says. */
	(void)file_read(v->dir, FOLDER_CHECKPOINT, ret_note);
}

/* Did the server go on meanwhile, so that files of before are gone? */
static bool
has_moved(struct verifier *v)
{
	struct buf now = BUF(NOTE_MAX);
	bool moved;

	read_checkpoint(v, &now);
	moved = !slice_eq(buf_slice(&now), buf_slice(&v->checkpoint));
	buf_free(&now);
	return moved;
}

static int
verify(struct verifier *v)
{
	const struct verify_options options = {.keys = &v->key,
	    .n_keys = 1,
	    .since = buf_slice(&v->since),
	    .entry = on_entry,
	    .progress = on_progress,
	    .arg = v};
	uint64_t began = clock_boot_ms();
	int r;

	for (int i = 0;; i++) {
		arena_free(&v->check->arena);
		*v->check = (struct leaf_check){.base = 0};
		read_checkpoint(v, &v->checkpoint);
		r = verify_folder(v->dir, &options, &v->result, &v->problem);
		if (r == 0 || i + 1 == TRIES || !has_moved(v))
			break;
	}
	progress_hide(&v->progress);
	v->ms = MAX(clock_boot_ms() - began, 1);
	return r;
}

/* ---- what came of it
 * ------------------------------------------------------------
 */

static int
say_problem(const struct verifier *v)
{
	const struct folder_problem *p = &v->problem;
	const char *why = v->check->why[0] != '\0' ? v->check->why : p->text;
	char record[80] = "";

	if (p->has_index)
		(void)snprintf(record, sizeof(record),
		    "entry %" PRIu64 " (record %" PRIu64 "): ", p->index,
		    v->check->base + p->index);
	if (p->path[0] == '\0')
		return cli_fail(v->cli, CLI_FAILED,
		    "THE LOG IS NOT WHOLE: %s%s%s",
		    v->options->since != NULL ? v->options->since : "",
		    v->options->since != NULL ? ": " : "", why);
	return cli_fail(v->cli, CLI_FAILED, "THE LOG IS NOT WHOLE: %s/%s: %s%s",
	    v->path, p->path, record, why);
}

static void
print_counts(const struct leaf_check *check)
{
	const struct op *op = NULL;

	(void)printf("\n");
	while ((op = op_next(op)) != NULL)
		if (check->counts[op->number] > 0)
			(void)printf("%16s  %s\n",
			    format_count(check->counts[op->number]).text,
			    op->name);
	if (check->counts[0] > 0)
		(void)printf("%16s  operations of a newer release\n",
		    format_count(check->counts[0]).text);
}

static void
print_result(const struct verifier *v)
{
	const struct leaf_check *check = v->check;
	const struct verify_result *result = &v->result;
	struct buf root = BUF(64);

	buf_put_base64(&root, digest_slice(&result->root));
	(void)printf("The log is whole: %s records, each as it was signed.\n",
	    format_count(result->size).text);
	(void)printf("  log        %s\n", v->key.name);
	if (result->size > 0)
		(void)printf("  records    %" PRIu64 " to %" PRIu64
			     ", %s to %s\n",
		    check->base, check->base + result->size - 1,
		    format_time(check->first_ms).text,
		    format_time(check->last_ms).text);
	(void)printf("  root       %.*s\n", SLICE_ARG(buf_slice(&root)));
	(void)printf("  key        %s\n",
	    v->options->key != NULL ? "as given" : "THE FOLDER'S OWN");
	if (v->options->since != NULL)
		(void)printf("  continues  %s (%s records)\n",
		    v->options->since, format_count(result->since).text);
	(void)printf("  checked    in %s, %s records/s\n",
	    format_span(v->ms).text,
	    format_count(result->size * 1000 / v->ms).text);
	print_counts(check);
	buf_free(&root);
}

static int
run(struct cli *cli, int n, char **operands)
{
	struct verifier v = {.cli = cli,
	    .options = cli->options,
	    .dir = -1,
	    .since = BUF(NOTE_MAX),
	    .checkpoint = BUF(NOTE_MAX)};
	int status;

	v.check = mem_alloc(sizeof(*v.check));
	if (v.check == NULL)
		return cli_nomem(cli);
	v.progress = (struct progress){
	    .term = &cli->err, .what = "records", .quiet = v.options->quiet};
	status = open_folder_of(&v, n > 0 ? operands[0] : NULL);
	if (status == CLI_OK)
		status = take_inputs(&v);
	if (status == CLI_OK && verify(&v) < 0)
		status = say_problem(&v);
	else if (status == CLI_OK && !v.options->quiet)
		print_result(&v);
	fd_close(&v.dir);
	arena_free(&v.check->arena);
	mem_free(v.check);
	buf_free(&v.since);
	buf_free(&v.checkpoint);
	return status;
}

static const struct arg args[] = {
    {"key", 0, ARG_TEXT, "FILE|VKEY",
	"the log's verifier key, or a file that holds it (default: the "
	"folder's own, which proves less)",
	offsetof(struct options, key)},
    {"since", 0, ARG_TEXT, "FILE",
	"a checkpoint of this log that was kept elsewhere: the folder must "
	"continue it",
	offsetof(struct options, since)},
    {"quiet", 'q', ARG_FLAG, NULL, "say nothing but what is wrong",
	offsetof(struct options, quiet)},
};

const struct command command_log_verify = {
    .name = "log verify",
    .operands = "[FOLDER]",
    .summary = "prove a log folder whole, offline",
    .text =
	"Checks every record of a log folder: a mirror's (chancery log "
	"mirror), or\n"
	"by default that of the server's state folder. Each record must hash "
	"to\n"
	"the tree whose root the log's key has signed, must have the number of "
	"its\n"
	"place, and may refer to earlier ones only. What is wrong is named, "
	"and\n"
	"the exit status is 1.\n"
	"\n"
	"Whoever owns the server's host could have written another log with\n"
	"another key. So keep the key and a checkpoint somewhere else, and "
	"give\n"
	"them: --key and --since.\n",
    .args = args,
    .n_args = ARRAY_SIZE(args),
    .size = sizeof(struct options),
    .max = 1,
    .run = run,
};
