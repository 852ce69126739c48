/* chancery api: any operation by its name. */
#include <unistd.h>

#include "base/file.h"
#include "cli/commands.h"
#include "op/op.h"

enum { INPUT_MAX = 16 << 20 };

static void
list_operations(void)
{
	const struct op *op = NULL;

	while ((op = op_next(op)) != NULL)
		if (op->effect != OP_SYSTEM && !op_opens_stream(op))
			(void)printf("%-18s %s\n", op->name, op->doc);
}

/* What takes the place of operations that open streams. */
static const char *
instead_of(const struct op *op)
{
	switch (op->number) {
	case OP_FILE_READ:
		return "chancery get";
	case OP_UPLOAD_BEGIN:
		return "chancery put";
	case OP_LOG_TAIL:
		return "chancery log tail";
	case OP_LOG_MIRROR:
		return "chancery log mirror";
	case OP_LOG_EXPORT:
		return "chancery log export";
	default:
		return "another command";
	}
}

static int
check_operation(struct cli *cli, const char *name)
{
	const struct op *op = op_find(slice_str(name));

	if (op == NULL)
		return cli_fail(cli, CLI_USAGE,
		    "there is no operation '%s'; chancery api lists them",
		    name);
	if (op->effect == OP_SYSTEM)
		return cli_fail(cli, CLI_USAGE,
		    "%s is done by the server alone: %s", name, op->why);
	if (op_opens_stream(op))
		return cli_fail(cli, CLI_USAGE, "%s opens a stream; use %s",
		    name, instead_of(op));
	return CLI_OK;
}

static int
read_input(struct buf *text)
{
	for (;;) {
		uint8_t *to = buf_room(text, 65536);
		ssize_t n = to != NULL ? read(STDIN_FILENO, to, 65536) : -1;

		if (n < 0)
			return to == NULL ? text->error : E_IO;
		if (n == 0)
			return 0;
		buf_added(text, (size_t)n);
	}
}

static int
take_arguments(struct cli *cli, const char *given, json_t **ret_args)
{
	struct buf text = BUF(INPUT_MAX);
	json_error_t error = {.text = ""};
	int r = 0;

	if (given == NULL)
		buf_put_str(&text, "{}");
	else if (strcmp(given, "-") == 0)
		r = read_input(&text);
	else
		buf_put_str(&text, given);
	if (r == 0)
		r = text.error;
	*ret_args = NULL;
	if (r == 0)
		*ret_args = json_loadb((const char *)text.p, text.n,
		    JSON_REJECT_DUPLICATES, &error);
	buf_free(&text);
	if (r < 0)
		return cli_fail_code(cli, r, "the arguments");
	if (*ret_args == NULL)
		return cli_fail(cli, CLI_USAGE,
		    "the arguments are no JSON: %s (column %d)", error.text,
		    error.column);
	if (json_is_object(*ret_args))
		return CLI_OK;
	json_decref(*ret_args);
	return cli_fail(cli, CLI_USAGE,
	    "the arguments must be a JSON object, as '{\"path\":\"a\"}'");
}

static int
run(struct cli *cli, int n, char **operands)
{
	json_t *args = NULL, *result = NULL;
	int status;

	if (n == 0) {
		list_operations();
		return CLI_OK;
	}
	status = check_operation(cli, operands[0]);
	if (status == CLI_OK)
		status = take_arguments(cli, n > 1 ? operands[1] : NULL, &args);
	if (status == CLI_OK)
		status = api_call(cli, operands[0], args, operands[0], &result);
	if (status == CLI_OK) {
		(void)json_object_del(result, "ok");
		(void)json_dumpf(result, stdout,
		    cli->out.is_terminal ? JSON_INDENT(2) : JSON_COMPACT);
		(void)printf("\n");
	}
	json_decref(result);
	return status;
}

const struct command command_api = {
    .name = "api",
    .operands = "[OPERATION [JSON|-]]",
    .summary = "call any operation by its name",
    .text =
	"Calls an operation with a JSON object of arguments (- reads it from\n"
	"standard input), and prints the JSON of its result. Without arguments "
	"it\n"
	"lists the operations; docs/API.md describes each.\n"
	"\n"
	"  chancery api node.rename "
	"'{\"path\":\"a.txt\",\"name\":\"b.txt\"}'\n",
    .max = 2,
    .run = run,
};
