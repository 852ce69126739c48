/* chancery link, links. */
#include <signal.h>
#include <termios.h>
#include <unistd.h>

#include "base/secret.h"
#include "cli/commands.h"
#include "cli/table.h"

enum { PASSWORD_MAX = 1024 };

/* ---- link
 * ----------------------------------------------------------------- */

struct link_options {
	struct arg_time expires;
	struct arg_number uses;
	const char *label;
	bool password, edit, see;
};

static const struct arg link_args[] = {
    {"password", 'p', ARG_FLAG, NULL,
	"ask for a password, which is asked of whoever opens it",
	offsetof(struct link_options, password)},
    {"expires", 0, ARG_EXPIRY, "TIME",
	"when it ends by itself: 12h from now, or 2026-11-22 (default: 30d)",
	offsetof(struct link_options, expires)},
    {"uses", 0, ARG_NUMBER, "N", "how often it may be opened (default: any)",
	offsetof(struct link_options, uses)},
    {"label", 0, ARG_TEXT, "TEXT", "what to call it in lists",
	offsetof(struct link_options, label)},
    {"edit", 0, ARG_FLAG, NULL, "let them change it, too",
	offsetof(struct link_options, edit)},
    {"see", 0, ARG_FLAG, NULL, "let them see pages of it only, not the bytes",
	offsetof(struct link_options, see)},
};

/* Whoever interrupts it gets the terminal back as it was: signals wait. */
static const char *
read_unseen(const char *question, char ret_line[static PASSWORD_MAX])
{
	struct termios was, now;
	sigset_t signals, before;
	const char *line;

	if (tcgetattr(STDIN_FILENO, &was) < 0)
		return NULL;
	(void)sigemptyset(&signals);
	(void)sigaddset(&signals, SIGINT);
	(void)sigaddset(&signals, SIGTSTP);
	(void)sigprocmask(SIG_BLOCK, &signals, &before);
	now = was;
	now.c_lflag &= ~(tcflag_t)ECHO;
	(void)fprintf(stderr, "%s ", question);
	(void)fflush(stderr);
	(void)tcsetattr(STDIN_FILENO, TCSAFLUSH, &now);
	line = fgets(ret_line, PASSWORD_MAX, stdin);
	(void)tcsetattr(STDIN_FILENO, TCSAFLUSH, &was);
	(void)fputc('\n', stderr);
	(void)sigprocmask(SIG_SETMASK, &before, NULL);
	return line;
}

/* A line of standard input; on a terminal nobody sees it. */
static int
read_line(const struct cli *cli, const char *question,
    char ret_line[static PASSWORD_MAX])
{
	const char *line = isatty(STDIN_FILENO) == 1
	                       ? read_unseen(question, ret_line)
	                       : fgets(ret_line, PASSWORD_MAX, stdin);

	if (line == NULL)
		return cli_fail(cli, CLI_USAGE, "no password came");
	ret_line[strcspn(ret_line, "\r\n")] = '\0';
	return CLI_OK;
}

/* On a terminal twice, since what is typed can't be seen. */
static int
read_password(const struct cli *cli, char ret_password[static PASSWORD_MAX])
{
	char again[PASSWORD_MAX];
	int status = read_line(cli, "Password:", ret_password);

	if (status != CLI_OK || isatty(STDIN_FILENO) != 1)
		return status;
	status = read_line(cli, "Again:", again);
	if (status == CLI_OK && strcmp(ret_password, again) != 0)
		status =
		    cli_fail(cli, CLI_USAGE, "the two of them aren't the same");
	secret_wipe(again, sizeof(again));
	return status;
}

static json_t *
take_options(const struct link_options *options, const char *node)
{
	json_t *args = api_object("node", json_string(node), "relation",
	    json_string(options->edit  ? "edit"
			: options->see ? "see"
				       : "read"),
	    NULL);

	if (options->expires.given)
		(void)json_object_set_new(
		    args, "expires", api_time_value(options->expires.ms));
	if (options->uses.given)
		(void)json_object_set_new(
		    args, "uses", json_integer((json_int_t)options->uses.n));
	if (options->label != NULL)
		(void)json_object_set_new(
		    args, "label", json_string(options->label));
	return args;
}

static void
tell_link(const struct cli *cli, const json_t *made)
{
	char time[32];

	(void)printf("%s/link#%s\n", cli->server.url, api_text(made, "secret"));
	(void)fprintf(stderr,
	    "This link ends on %s. It isn't shown again; chancery share revoke "
	    "%s ends it now.\n",
	    api_time(made, "expires", time), api_text(made, "grant"));
}

static int
run_link(struct cli *cli, int n UNUSED, char **operands)
{
	const struct link_options *options = cli->options;
	char id[API_ID], password[PASSWORD_MAX];
	json_t *args, *made = NULL;
	int status;

	if (options->edit && options->see)
		return cli_fail(
		    cli, CLI_USAGE, "--edit and --see exclude each other");
	if ((status = api_find_id(cli, operands[0], id)) != CLI_OK)
		return status;
	args = take_options(options, id);
	if (options->password) {
		status = read_password(cli, password);
		(void)json_object_set_new(
		    args, "password", json_string(password));
		secret_wipe(password, sizeof(password));
	}
	if (status != CLI_OK) {
		json_decref(args);
		return status;
	}
	status = api_call(cli, "link.make", args, operands[0], &made);
	if (status == CLI_OK)
		tell_link(cli, made);
	json_decref(made);
	return status;
}

const struct command command_link = {
    .name = "link",
    .operands = "ID|PATH",
    .summary = "make a link to a folder or file, and print it",
    .text = "Whoever has the link may read what it leads to, without an "
	    "account. Its\n"
	    "secret stands behind #, which browsers tell no server. A "
	    "password is typed\n"
	    "in, or read from standard input; give it to them by another "
	    "way than the link.\n",
    .args = link_args,
    .n_args = ARRAY_SIZE(link_args),
    .size = sizeof(struct link_options),
    .min = 1,
    .max = 1,
    .run = run_link,
};

/* ---- links
 * ---------------------------------------------------------------- */

static const char *const heads[] = {"grant", "right", "opened", "last used",
    "expires", "password", "to", "label"};

static int
put_link(void *arg, const json_t *link)
{
	struct table *table = arg;
	char time[32], opened[64];
	size_t n = (size_t)snprintf(opened, sizeof(opened), "%llu",
	    (unsigned long long)api_u64(link, "opened"));

	if (api_has(link, "uses"))
		(void)snprintf(opened + n, sizeof(opened) - n, " of %llu",
		    (unsigned long long)api_u64(link, "uses"));
	table_cell(table, api_text(link, "grant"));
	table_cell(table, api_text(link, "relation"));
	table_cell(table, opened);
	table_cell(table, api_time(link, "used", time));
	table_cell(table, api_time(link, "expires", time));
	table_cell(table, api_bool(link, "password") ? "yes" : "");
	table_cell(table, api_text(link, "name"));
	table_cell(table, api_text(link, "label"));
	return CLI_OK;
}

static int
run_links(struct cli *cli, int n, char **operands)
{
	json_t *args = json_object();
	struct table table;
	char id[API_ID];
	int status = CLI_OK;

	if (n > 0 && (status = api_find_id(cli, operands[0], id)) == CLI_OK)
		(void)json_object_set_new(args, "node", json_string(id));
	if (status != CLI_OK) {
		json_decref(args);
		return status;
	}
	table_begin(&table, &cli->out, heads, ARRAY_SIZE(heads));
	status = api_call_pages(cli, "link.list", args, NULL, put_link, &table);
	table_end(&table);
	return status;
}

const struct command command_links = {
    .name = "links",
    .operands = "[ID|PATH]",
    .summary = "list the links to your folders and files, or to one",
    .text = "In the order in which they were made. chancery share revoke "
	    "GRANT ends one,\n"
	    "and closes what was opened by it.\n",
    .max = 1,
    .run = run_links,
};
