#include "cli/cli.h"

#include <stdarg.h>

#include "cli/format.h"

/* ---- saying ---------------------------------------------------------------
 */

static void PRINTF_LIKE(3, 0) say(const struct cli *cli,
    enum term_colour colour, const char *format, va_list args)
{
	struct buf raw = BUF(16384), line = BUF(65536);
	char text[8192];

	(void)vsnprintf(text, sizeof(text), format, args);
	buf_put_str(&raw, text);
	/* Names of files and the server's words are strangers'. */
	format_put_text(&line, buf_slice(&raw));
	(void)fflush(stdout);
	(void)fprintf(stderr, "%schancery%s%s:%s %.*s\n",
	    term_colour(&cli->err, colour), cli->command != NULL ? " " : "",
	    cli->command != NULL ? cli->command->name : "",
	    term_colour(&cli->err, TERM_PLAIN), SLICE_ARG(buf_slice(&line)));
	buf_free(&raw);
	buf_free(&line);
}

int
cli_fail(const struct cli *cli, int status, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	say(cli, TERM_RED, format, args);
	va_end(args);
	return status;
}

int
cli_fail_code(const struct cli *cli, int code, const char *what)
{
	return cli_fail(cli, CLI_FAILED, "%s: %s", what, error_text(code));
}

void
cli_note(const struct cli *cli, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	say(cli, TERM_YELLOW, format, args);
	va_end(args);
}

int
cli_nomem(const struct cli *cli)
{
	return cli_fail(cli, CLI_FAILED, "memory is out");
}

bool
cli_confirm(const struct cli *cli, const char *question)
{
	char line[16];

	(void)cli;
	(void)fprintf(stderr, "%s [y/N] ", question);
	(void)fflush(stderr);
	if (fgets(line, sizeof(line), stdin) == NULL)
		return false;
	line[strcspn(line, "\r\n")] = '\0';
	return strcmp(line, "y") == 0 || strcmp(line, "Y") == 0 ||
	       strcmp(line, "yes") == 0;
}

/* ---- the server ------------------------------------------------------------
 */

static int
find_server(struct cli *cli)
{
	struct server_problem problem = {.text = ""};
	int r = server_find(&cli->hints, &cli->server, &problem);

	if (r == 0)
		return CLI_OK;
	return cli_fail(cli, r == E_INVALID ? CLI_USAGE : CLI_UNREACHABLE, "%s",
	    problem.text);
}

int
cli_connect_as_nobody(struct cli *cli)
{
	int status = find_server(cli);

	if (status == CLI_OK && http_new(&cli->server, 0, &cli->http) < 0)
		return cli_nomem(cli);
	return status;
}

int
cli_connect(struct cli *cli)
{
	struct server_problem problem = {.text = ""};
	int status;

	if (cli->http != NULL)
		return CLI_OK;
	if ((status = find_server(cli)) != CLI_OK)
		return status;
	if (server_read_token(&cli->hints, &cli->server, &problem) < 0)
		return cli_fail(cli, CLI_USAGE, "%s", problem.text);
	if (http_new(&cli->server, 0, &cli->http) < 0)
		return cli_nomem(cli);
	return CLI_OK;
}

static int
fail_unreached(const struct cli *cli, const struct http_answer *answer)
{
	const char *url = cli->server.url;

	switch (answer->error) {
	case E_CRYPTO:
		return cli_fail(cli, CLI_UNREACHABLE,
		    "%s: its certificate can't be trusted (%s); if it signed "
		    "its own, say --ca STATE/keeper/tls.crt",
		    url, answer->text);
	case E_TIMEOUT:
		return cli_fail(cli, CLI_UNREACHABLE,
		    "%s didn't answer in time; look at it with chancery "
		    "doctor",
		    url);
	case E_CLOSED:
		if (answer->connected)
			break;
		return cli_fail(cli, CLI_UNREACHABLE,
		    "no server answers at %s (%s); is it running? see "
		    "chancery doctor",
		    url, answer->text);
	case E_NOMEM:
		return cli_nomem(cli);
	default:
		break;
	}
	return cli_fail(cli, CLI_UNREACHABLE,
	    "%s: the connection was lost (%s); try again", url, answer->text);
}

/* What the server says of an error: problem+json (RFC 9457). */
static json_t *
parse_problem(const struct http_answer *answer)
{
	return json_loadb(
	    (const char *)answer->body.p, answer->body.n, 0, NULL);
}

int
cli_fail_signed_out(const struct cli *cli)
{
	return cli_fail(cli, CLI_FAILED,
	    "the token is refused: it was revoked, has expired, or is another "
	    "server's; sign in with chancery login, or give one that holds "
	    "with --token-file");
}

int
cli_fail_answer(
    const struct cli *cli, const struct http_answer *answer, const char *what)
{
	json_t *problem;
	const char *detail;
	char text[64];

	if (answer->error != 0)
		return fail_unreached(cli, answer);
	if (answer->status == 401)
		return cli_fail_signed_out(cli);
	problem = parse_problem(answer);
	detail = api_text(problem, "detail");
	(void)snprintf(text, sizeof(text), "HTTP status %d", answer->status);
	if (detail[0] == '\0')
		detail = text;
	if (answer->status == 421)
		(void)cli_fail(cli, CLI_FAILED,
		    "%s: %s; use the host name of its configuration",
		    cli->server.url, detail);
	else if (what != NULL)
		(void)cli_fail(cli, CLI_FAILED, "%s: %s", what, detail);
	else
		(void)cli_fail(cli, CLI_FAILED, "%s", detail);
	json_decref(problem);
	return answer->status == 503 ? CLI_UNREACHABLE : CLI_FAILED;
}
