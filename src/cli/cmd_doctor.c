/*
 * chancery doctor: says in plain words what is missing, or will be refused.
 * Works without a server, and looks at one that runs.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"
#include "cli/commands.h"
#include "cli/doctor.h"
#include "cli/format.h"

enum { FILE_MAX = 1 << 20, TOPIC_COLUMNS = 12 };

void
doctor_say(struct doctor *doctor, enum doctor_level level, const char *topic,
    const char *format, ...)
{
	static const struct {
		const char *word;
		enum term_colour colour;
	} levels[] = {
	    {"ok", TERM_GREEN}, {"warn", TERM_YELLOW}, {"FAIL", TERM_RED}};
	const struct term *out = &doctor->cli->out;
	struct buf line = BUF(16384);
	char text[4096];
	va_list args;

	va_start(args, format);
	(void)vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	format_put_text(&line, slice_str(text));
	(void)printf("%s%-4s%s  %-*s %.*s\n",
	    term_colour(out, levels[level].colour), levels[level].word,
	    term_colour(out, TERM_PLAIN), TOPIC_COLUMNS, topic,
	    SLICE_ARG(buf_slice(&line)));
	buf_free(&line);
	doctor->warnings += level == DOCTOR_WARN;
	doctor->failures += level == DOCTOR_FAIL;
}

/* ---- the state folder
 * ------------------------------------------------------------
 */

static void
check_state(struct doctor *doctor)
{
	struct stat st;

	doctor->has_state =
	    stat(doctor->state, &st) == 0 && S_ISDIR(st.st_mode);
	if (!doctor->has_state)
		doctor_say(doctor, DOCTOR_WARN, "state",
		    "%s: %s; the first start makes it, or say where it is: "
		    "--state FOLDER",
		    doctor->state, strerror(errno));
	else if (st.st_mode & 022)
		doctor_say(doctor, DOCTOR_FAIL, "state",
		    "%s can be written by others: chmod go-w", doctor->state);
	else
		doctor_say(doctor, DOCTOR_OK, "state", "%s", doctor->state);
}

static void
check_config(struct doctor *doctor)
{
	struct config_problem problem;
	struct buf text = BUF(FILE_MAX);
	char path[PATH_MAX];
	int r;

	config_default(&doctor->config);
	server_state_path(&doctor->cli->hints, "chancery.conf", path);
	r = file_read(AT_FDCWD, path, &text);
	if (r == E_NOT_FOUND)
		doctor_say(doctor, DOCTOR_OK, "config",
		    "none yet: the first start writes one, with all defaults");
	else if (r < 0)
		doctor_say(doctor, DOCTOR_FAIL, "config", "%s: %s", path,
		    error_text(r));
	else if (config_parse(buf_slice(&text), &doctor->config, &problem) < 0)
		doctor_say(doctor, DOCTOR_FAIL, "config",
		    "%s, line %u: %s; the server won't start", path,
		    problem.line, problem.text);
	else
		doctor_say(doctor, DOCTOR_OK, "config", "%s", path);
	buf_free(&text);
}

static void
check_token(struct doctor *doctor)
{
	char path[PATH_MAX];
	struct stat st;

	server_state_path(&doctor->cli->hints, "token", path);
	if (stat(path, &st) < 0) {
		if (doctor->has_state)
			doctor_say(doctor, DOCTOR_WARN, "token",
			    "%s: %s; the installation leaves it there", path,
			    strerror(errno));
		return;
	}
	if (st.st_mode & 077)
		doctor_say(doctor, DOCTOR_FAIL, "token",
		    "%s can be read by others: chmod 600 it, revoke it, and "
		    "issue another",
		    path);
	else
		doctor_say(doctor, DOCTOR_OK, "token",
		    "%s is readable by its owner alone", path);
}

/* ---- the server
 * ------------------------------------------------------------------
 */

static void
find_server(struct doctor *doctor)
{
	struct server_hints *hints = &doctor->cli->hints;

	doctor->is_running =
	    server_read_run(hints, &doctor->run) == 0 &&
	    (kill((pid_t)doctor->run.pid, 0) == 0 || errno == EPERM);
}

static void
check_status(struct doctor *doctor)
{
	struct api_refusal refusal;
	json_t *status = NULL;

	if (api_try(doctor->cli, "status.read", json_object(), &status,
		&refusal) != CLI_OK) {
		if (refusal.text[0] != '\0')
			doctor_say(doctor, DOCTOR_WARN, "server",
			    "its status can't be read: %s", refusal.text);
		return;
	}
	if (api_bool(status, "clock_suspect"))
		doctor_say(doctor, DOCTOR_FAIL, "server",
		    "it doesn't trust the clock, and deletes nothing until "
		    "that is settled");
	if (api_bool(status, "full"))
		doctor_say(doctor, DOCTOR_FAIL, "server",
		    "its storage is nearly full: it takes no new content");
	doctor_say(doctor, DOCTOR_OK, "server", "version %s, %s records",
	    api_text(status, "version"),
	    format_count(api_u64(status, "sequence")).text);
	json_decref(status);
}

static void
check_server(struct doctor *doctor)
{
	const struct http_call call = {
	    .method = "GET", .path = "/ready", .idle_ms = 10000};
	struct http_answer answer;

	if (!doctor->is_running && doctor->cli->hints.url == NULL &&
	    doctor->cli->hints.env_url == NULL) {
		doctor_say(doctor, DOCTOR_WARN, "server",
		    "none runs on this state folder; make run starts one");
		return;
	}
	if (cli_connect(doctor->cli) != CLI_OK) {
		doctor_say(doctor, DOCTOR_WARN, "server",
		    "it can't be asked, as said above");
		return;
	}
	http_do(doctor->cli->http, &call, &answer);
	if (answer.error != 0)
		doctor_say(doctor, DOCTOR_FAIL, "server", "%s: %s",
		    doctor->cli->server.url, answer.text);
	else if (answer.status != 200)
		doctor_say(doctor, DOCTOR_FAIL, "server",
		    "%s answers, and isn't ready (status %d); its log lines "
		    "say why",
		    doctor->cli->server.url, answer.status);
	else
		doctor_say(doctor, DOCTOR_OK, "server", "%s is ready",
		    doctor->cli->server.url);
	if (answer.error == 0 && answer.status == 200)
		check_status(doctor);
}

static int
run(struct cli *cli, int n UNUSED, char **operands UNUSED)
{
	struct doctor *doctor = mem_alloc(sizeof(*doctor));
	int status;

	if (doctor == NULL)
		return cli_nomem(cli);
	doctor->cli = cli;
	doctor->state = server_state(&cli->hints);
	find_server(doctor);
	doctor_sandbox(doctor);
	check_state(doctor);
	check_config(doctor);
	doctor_hostname(doctor);
	doctor_certificate(doctor);
	doctor_passkeys(doctor);
	doctor_ports(doctor);
	doctor_disk(doctor);
	doctor_documents(doctor);
	doctor_clock(doctor);
	check_token(doctor);
	(void)fflush(stdout);
	check_server(doctor);
	(void)printf("\n%u to be put right, %u to be looked at.\n",
	    doctor->failures, doctor->warnings);
	status = doctor->failures > 0 ? CLI_FAILED : CLI_OK;
	mem_free(doctor);
	return status;
}

const struct command command_doctor = {
    .name = "doctor",
    .operands = "",
    .summary = "say what is missing, or will be refused, and what to do",
    .text = "Looks at the sandbox that the kernel offers, the state folder and "
	    "its\n"
	    "configuration, the host name, the certificate, whether browsers "
	    "offer\n"
	    "passkeys there, the ports, the disk, the engine for documents, "
	    "the clock,\n"
	    "the token's file, and the server where one runs. Each line begins "
	    "with ok,\n"
	    "warn or FAIL; the exit status is 1 if one says FAIL.\n",
    .run = run,
};
