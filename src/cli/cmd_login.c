/*
 * chancery login, chancery logout. A browser in which somebody is signed in
 * says that this program may act as them; what it gets is a session like that
 * one, and goes to a file that only its owner may read.
 */
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/file.h"
#include "cli/commands.h"

enum { WAIT_SECONDS = 3, LABEL_MAX = 100 };

/* ---- the file -------------------------------------------------------------
 */

/* Its folder, made where it isn't there yet; no further up than need be. */
static int
make_folders(char *path)
{
	for (char *slash = strchr(path + 1, '/'); slash != NULL;
	     slash = strchr(slash + 1, '/')) {
		int r;

		*slash = '\0';
		r = mkdir(path, 0700);
		*slash = '/';
		if (r < 0 && errno != EEXIST)
			return -1;
	}
	return 0;
}

static int
save(struct cli *cli, const char *secret)
{
	char path[PATH_MAX];
	struct buf text = BUF_SECRET(SERVER_TOKEN_MAX + 2);
	int r = 0;

	if (server_session_path(&cli->hints, &cli->server, path) < 0)
		return cli_fail(cli, CLI_FAILED,
		    "there is no home folder to keep the session in");
	buf_printf(&text, "%s\n", secret);
	if (make_folders(path) < 0 || text.error != 0)
		r = E_IO;
	else
		r = file_replace(AT_FDCWD, path, 0600, buf_slice(&text));
	buf_free(&text);
	return r < 0 ? cli_fail_code(cli, r, path) : CLI_OK;
}

/* ---- login ----------------------------------------------------------------
 */

/* What it says that it is, for who approves it. */
static json_t *
label(void)
{
	char host[LABEL_MAX - 20] = "", text[LABEL_MAX];
	json_t *json;

	if (gethostname(host, sizeof(host) - 1) < 0)
		host[0] = '\0';
	(void)snprintf(text, sizeof(text), "chancery%s%s",
	    host[0] != '\0' ? " on " : "", host);
	json = json_string(text);
	return json != NULL ? json : json_string("chancery");
}

static void
wait_a_little(void)
{
	const struct timespec span = {.tv_sec = WAIT_SECONDS};

	(void)nanosleep(&span, NULL);
}

/* Until it was approved, or its time is up. */
static int
collect(struct cli *cli, const char *secret, json_t **ret_session)
{
	struct api_refusal refusal;
	int status;

	for (;;) {
		status = api_try(cli, "login.collect",
		    api_object("secret", json_string(secret), NULL),
		    ret_session, &refusal);
		if (status == CLI_OK || refusal.text[0] == '\0')
			return status;
		if (strcmp(refusal.code, "STATE") != 0)
			break;
		wait_a_little();
	}
	if (strcmp(refusal.code, "EXPIRED") == 0)
		return cli_fail(cli, CLI_FAILED,
		    "nobody has approved it in time; try again");
	return cli_fail(cli, CLI_FAILED, "%s", refusal.text);
}

static int
greet(struct cli *cli)
{
	json_t *me = NULL;
	char time[32];
	int status;

	http_free(&cli->http);
	server_free(&cli->server);
	status = api_call(cli, "session.get", json_object(), NULL, &me);
	if (status == CLI_OK)
		(void)printf("Signed in at %s as %s, until %s at the "
			     "latest.\n",
		    cli->server.url, api_text(me, "name"),
		    api_time(me, "expires", time));
	json_decref(me);
	return status;
}

static int
run_login(struct cli *cli, int n UNUSED, char **operands UNUSED)
{
	json_t *begun = NULL, *session = NULL;
	int status = cli_connect_as_nobody(cli);

	if (status == CLI_OK)
		status = api_call(cli, "login.begin",
		    api_object("label", label(), NULL), NULL, &begun);
	if (status == CLI_OK) {
		(void)printf("In a browser where you are signed in, open\n\n"
			     "    %s/approve\n\nand type the code  %s\n\n",
		    cli->server.url, api_text(begun, "code"));
		(void)fflush(stdout);
		status = collect(cli, api_text(begun, "secret"), &session);
	}
	if (status == CLI_OK)
		status = save(cli, api_text(session, "secret"));
	json_decref(begun);
	json_decref(session);
	return status == CLI_OK ? greet(cli) : status;
}

const struct command command_login = {
    .name = "login",
    .operands = "",
    .summary = "sign in: approve it in a browser",
    .text = "Shows a code; who types it in at /approve, signed in, lets this "
	    "program\n"
	    "act as them until they end the session. What it gets is kept "
	    "below\n"
	    "~/.config/chancery, one for each server, and used from then on "
	    "where no\n"
	    "token is given.\n",
    .run = run_login,
};

/* ---- logout ----------------------------------------------------------------
 */

static int
run_logout(struct cli *cli, int n UNUSED, char **operands UNUSED)
{
	struct api_refusal refusal;
	char path[PATH_MAX];
	json_t *done = NULL;
	int status = cli_connect_as_nobody(cli);

	if (status != CLI_OK)
		return status;
	if (server_session_path(&cli->hints, &cli->server, path) < 0 ||
	    access(path, F_OK) < 0)
		return cli_fail(cli, CLI_FAILED, "nobody is signed in at %s",
		    cli->server.url);
	/* Whatever token there may be besides: this one goes. */
	http_free(&cli->http);
	server_free(&cli->server);
	cli->hints.token_file = path;
	status = api_try(cli, "session.end", json_object(), &done, &refusal);
	json_decref(done);
	if (status == CLI_UNREACHABLE)
		return status;
	/* Refused: it had ended already. */
	if (unlink(path) < 0)
		return cli_fail(
		    cli, CLI_FAILED, "%s: %s", path, strerror(errno));
	(void)printf("Signed out at %s.\n", cli->server.url);
	return CLI_OK;
}

const struct command command_logout = {
    .name = "logout",
    .operands = "",
    .summary = "sign out: end what login has opened",
    .text = "Ends the session on the server, and takes its file away.\n",
    .run = run_logout,
};
