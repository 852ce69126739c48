/*
 * chancery log prove: the proof that a record stands in the log, checked here
 * before it is written.
 */
#include <fcntl.h>
#include <inttypes.h>
#include <time.h>

#include "base/encode.h"
#include "base/file.h"
#include "cli/commands.h"
#include "cli/proof.h"
#include "ledger/leaf.h"

enum {
	PROOF_MAX = 65536,
	TRIES = 10, /* half a second apart: checkpoints are a second apart */
	WAIT_MS = 500,
	MODE = 0644,
};

struct options {
	const char *out, *key;
};

struct evidence {
	struct cli *cli;
	uint64_t sequence;
	struct buf proof, leaf;
	struct note_key key;
	struct checkpoint checkpoint;
	uint64_t index;
};

/* ---- fetching
 * ---------------------------------------------------------------- */

/* A record that is newer than the last checkpoint is proved by the next. */
static int
ask(struct evidence *e, json_t **ret_result)
{
	const struct timespec wait = {.tv_nsec = WAIT_MS * 1000000};
	struct api_refusal refusal;
	int status;

	for (int i = 0;; i++) {
		status = api_try(e->cli, "log.prove",
		    json_pack("{s:I}", "sequence", (json_int_t)e->sequence),
		    ret_result, &refusal);
		if (status == CLI_OK || strcmp(refusal.code, "STATE") != 0 ||
		    i == TRIES)
			break;
		(void)nanosleep(&wait, NULL);
	}
	if (status != CLI_OK && strcmp(refusal.code, "STATE") == 0)
		return cli_fail(e->cli, status,
		    "record %" PRIu64 " is in no signed checkpoint yet",
		    e->sequence);
	if (status != CLI_OK && refusal.text[0] != '\0')
		return cli_fail(e->cli, status, "record %" PRIu64 ": %s",
		    e->sequence, refusal.text);
	return status;
}

static int
take_key(struct evidence *e, const char *given, const json_t *result)
{
	const char *vkey = api_text(result, "key");
	int r = given != NULL ? proof_read_key(given, &e->key)
	                      : note_key_parse(slice_str(vkey), &e->key);

	if (r < 0)
		return cli_fail_code(
		    e->cli, r, given != NULL ? given : "the log's key");
	if (given == NULL)
		cli_note(e->cli,
		    "the key is the server's own word; give one that you "
		    "have from elsewhere with --key");
	return CLI_OK;
}

/* ---- checking
 * ---------------------------------------------------------------- */

static int
check_leaf(struct evidence *e)
{
	struct arena arena = {NULL};
	struct leaf leaf;
	int r = leaf_decode(buf_slice(&e->leaf), &arena, &leaf);

	if (r == 0 && leaf.sequence != e->sequence)
		r = E_CORRUPT;
	arena_free(&arena);
	if (r < 0)
		return cli_fail(e->cli, CLI_FAILED,
		    "what the server gave is not record %" PRIu64, e->sequence);
	return CLI_OK;
}

static int
check(struct evidence *e)
{
	struct proof proof;
	int r = proof_parse(buf_slice(&e->proof), &proof);

	if (r == 0)
		r = proof_check(
		    &proof, buf_slice(&e->leaf), &e->key, &e->checkpoint);
	if (r == E_UNAUTHENTICATED)
		return cli_fail(e->cli, CLI_FAILED,
		    "the checkpoint is not signed by that key of its log");
	if (r < 0)
		return cli_fail(e->cli, CLI_FAILED, "THE PROOF IS WRONG: %s",
		    error_text(r));
	e->index = proof.index;
	return check_leaf(e);
}

/* ---- writing
 * ----------------------------------------------------------------- */

static int
write_out(struct evidence *e, const char *out)
{
	char standard[64];
	struct buf leaf = BUF(PATH_MAX);
	const char *name;
	int r;

	(void)snprintf(standard, sizeof(standard),
	    "record-%" PRIu64 ".tlog-proof", e->sequence);
	if (out == NULL)
		out = standard;
	buf_printf(&leaf, "%s.leaf", out);
	name = buf_cstr(&leaf);
	r = name == NULL
	        ? E_LIMIT
	        : file_replace(AT_FDCWD, out, MODE, buf_slice(&e->proof));
	if (r == 0)
		r = file_replace(AT_FDCWD, name, MODE, buf_slice(&e->leaf));
	if (r == 0)
		(void)printf("Record %" PRIu64 " stands in the log %.*s:\n"
			     "entry %" PRIu64 " of the %" PRIu64
			     " that its checkpoint signs. Checked.\n"
			     "  %s  the proof (c2sp.org/tlog-proof@v1)\n"
			     "  %s  the record's bytes\n",
		    e->sequence, SLICE_ARG(e->checkpoint.origin), e->index,
		    e->checkpoint.size, out, name);
	else
		(void)cli_fail_code(e->cli, r, out);
	buf_free(&leaf);
	return r < 0 ? CLI_FAILED : CLI_OK;
}

static int
run(struct cli *cli, int n UNUSED, char **operands)
{
	const struct options *options = cli->options;
	struct evidence e = {
	    .cli = cli, .proof = BUF(PROOF_MAX), .leaf = BUF(LEAF_BYTES_MAX)};
	json_t *result = NULL;
	int status;

	if (slice_u64(slice_str(operands[0]), INT64_MAX, &e.sequence) < 0)
		return cli_fail(
		    cli, CLI_USAGE, "'%s' is no record's number", operands[0]);
	status = ask(&e, &result);
	if (status == CLI_OK)
		status = take_key(&e, options->key, result);
	if (status == CLI_OK) {
		buf_put_str(&e.proof, api_text(result, "proof"));
		if (base64_decode(
			slice_str(api_text(result, "leaf")), &e.leaf) < 0)
			status = cli_fail(cli, CLI_FAILED,
			    "the record's bytes can't be read");
	}
	if (status == CLI_OK)
		status = check(&e);
	if (status == CLI_OK)
		status = write_out(&e, options->out);
	json_decref(result);
	buf_free(&e.proof);
	buf_free(&e.leaf);
	return status;
}

static const struct arg args[] = {
    {"out", 0, ARG_TEXT, "FILE",
	"where to write the proof, and FILE.leaf (default "
	"record-NUMBER.tlog-proof)",
	offsetof(struct options, out)},
    {"key", 0, ARG_TEXT, "FILE|VKEY",
	"the log's verifier key, or a file that holds it",
	offsetof(struct options, key)},
};

const struct command command_log_prove = {
    .name = "log prove",
    .operands = "NUMBER",
    .summary = "write the proof that a record stands in the log",
    .text =
	"Writes two files that anybody can check with the log's key, and no\n"
	"server: the record's bytes, and a C2SP tlog-proof, which leads from "
	"them\n"
	"to a checkpoint that the log has signed. The proof is checked before "
	"it\n"
	"is written.\n",
    .args = args,
    .n_args = ARRAY_SIZE(args),
    .size = sizeof(struct options),
    .min = 1,
    .max = 1,
    .run = run,
};
