/*
 * The program `chancery`, the client of everything: a table of commands, and
 * what they share. It talks HTTP to the server as any client does; what works
 * offline (log verify, config check, doctor) says so.
 *
 * Commands return an exit status, and have said why where it isn't 0.
 */
#ifndef CLI_CLI_H
#define CLI_CLI_H

#include "cli/api.h"
#include "cli/args.h"
#include "cli/http.h"
#include "cli/term.h"

enum cli_exit {
	CLI_OK = 0,
	CLI_FAILED = 1,      /* the server refused, or a check failed */
	CLI_USAGE = 2,       /* it was called wrongly */
	CLI_UNREACHABLE = 3, /* there is no server, or no way to it */
};

/* Options that every command takes. */
struct cli_common {
	const char *url, *token_file, *state, *ca;
	bool help;
};

struct cli {
	const struct command *command;
	struct cli_common common;
	struct server_hints hints;
	struct term out, err;
	struct server server; /* once connected */
	struct http *http;    /* the same; NULL: not yet */
	void *options;        /* of the command */
};

struct command {
	const char *name;     /* "log tail" */
	const char *operands; /* "[PATH]" */
	const char *summary;  /* one line, for the overview */
	const char *text;     /* paragraphs; lines within 78 columns */
	const struct arg *args;
	size_t n_args;
	size_t size;  /* of the struct that args fill in */
	int min, max; /* operands; max -1: no bound */
	int (*run)(struct cli *cli, int n, char **operands);
	/*
	 * Instead of all that from `text` on: another program's command, which
	 * takes its arguments as they stand, argv[0] being the name.
	 */
	int (*forward)(struct cli *cli, int argc, char **argv);
};

/* A group of commands, as the overview shows them. */
struct command_group {
	const char *title;
	const struct command *const *commands;
	size_t n;
};

extern const struct command_group command_groups[];
extern const size_t command_groups_n;

/* Options that every command takes, and the target's size. */
extern const struct arg cli_common_args[];
extern const size_t cli_common_args_n;

/*
 * The command that the first operands name: *ret_words is how many of them
 * they are. NULL where there is none.
 */
const struct command *command_find(int n, char **words, int *ret_words);

/* ---- help -----------------------------------------------------------------
 */

void help_overview(FILE *file);
void help_command(FILE *file, const struct command *command);

/* Of a group's word ("log"): its commands. False where there are none. */
bool help_prefix(FILE *file, const char *word);

/* ---- saying ---------------------------------------------------------------
 */

/* "chancery: COMMAND: ..." on standard error; returns status. */
int cli_fail(const struct cli *cli, int status, const char *format, ...)
    PRINTF_LIKE(3, 4);

/* The same with a code's text: "chancery: COMMAND: WHAT: text". */
int cli_fail_code(const struct cli *cli, int code, const char *what);

/* A line on standard error that is no failure. */
void cli_note(const struct cli *cli, const char *format, ...) PRINTF_LIKE(2, 3);

/* Memory is out. */
int cli_nomem(const struct cli *cli);

/* ---- the server ------------------------------------------------------------
 */

/*
 * Finds the server and the token, once. CLI_OK; else it has said what to do.
 * The server may still not be there: api.h says that.
 */
int cli_connect(struct cli *cli);

/* The same without any token: for what wants none. */
int cli_connect_as_nobody(struct cli *cli);

/* No valid credential: what to do. */
int cli_fail_signed_out(const struct cli *cli);

/* Why an exchange failed, and what to do; returns the exit status. */
int cli_fail_answer(
    const struct cli *cli, const struct http_answer *answer, const char *what);

/* Asks on the terminal; true for yes. */
bool cli_confirm(const struct cli *cli, const char *question);

#endif
