/* chancery log show: one record, in several forms. */
#include "base/encode.h"
#include "cli/commands.h"
#include "cli/diag.h"
#include "cli/event.h"
#include "cli/record.h"

enum { TEXT_MAX = 8 << 20 };

struct options {
	bool json, raw, leaf;
};

/* The leaf itself: its bytes, or what they say. */
static int
print_leaf(struct slice bundle_bytes, bool raw)
{
	struct buf text = BUF(TEXT_MAX);
	struct arena arena = {NULL};
	struct bundle bundle;
	int r = bundle_decode(bundle_bytes, &arena, &bundle);

	if (r == 0 && raw)
		buf_put_hex(&text, bundle.record.bytes);
	else if (r == 0)
		r = diag_put_leaf(&text, bundle.record.bytes);
	if (r == 0)
		r = text.error;
	if (r == 0)
		(void)printf("%.*s\n", SLICE_ARG(buf_slice(&text)));
	buf_free(&text);
	arena_free(&arena);
	return r;
}

static int
run(struct cli *cli, int n UNUSED, char **operands)
{
	const struct options *options = cli->options;
	struct buf bytes = BUF(BUNDLE_BYTES_MAX);
	uint64_t sequence;
	int status, r;

	if (slice_u64(slice_str(operands[0]), INT64_MAX, &sequence) < 0)
		return cli_fail(
		    cli, CLI_USAGE, "'%s' is no record's number", operands[0]);
	if (options->json + options->raw + options->leaf > 1)
		return cli_fail(
		    cli, CLI_USAGE, "--json, --raw and --leaf: one of them");
	status = record_fetch(cli, sequence, &bytes);
	if (status == CLI_OK) {
		if (options->json)
			r = event_print_bundle(
			    &cli->out, buf_slice(&bytes), true);
		else if (options->raw || options->leaf)
			r = print_leaf(buf_slice(&bytes), options->raw);
		else
			r = record_print(stdout, buf_slice(&bytes));
		if (r < 0)
			status = cli_fail_code(cli, r, operands[0]);
	}
	buf_free(&bytes);
	return status;
}

static const struct arg args[] = {
    {"json", 0, ARG_FLAG, NULL, "as OCSF events, one JSON object a line",
	offsetof(struct options, json)},
    {"raw", 0, ARG_FLAG, NULL, "the bytes of the leaf, in hexadecimal",
	offsetof(struct options, raw)},
    {"leaf", 0, ARG_FLAG, NULL,
	"the leaf in CBOR diagnostic notation, with its fields' names",
	offsetof(struct options, leaf)},
};

const struct command command_log_show = {
    .name = "log show",
    .operands = "NUMBER",
    .summary = "show one record",
    .text =
	"Shows what happened, who did it and from where, on what, by which\n"
	"rights (the records that gave them), and what came of it. Texts that\n"
	"were erased are shown as (erased).\n",
    .args = args,
    .n_args = ARRAY_SIZE(args),
    .size = sizeof(struct options),
    .min = 1,
    .max = 1,
    .run = run,
};
