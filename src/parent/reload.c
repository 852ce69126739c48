#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "base/log.h"
#include "ipc/body.h"
#include "parent/parent.h"
#include "wire/cbor.h"

enum { CONFIG_FILE_MAX = 1 << 20, ANSWER_MAX = 1 << 20 };

/*
 * A throw-away process reads the file, so that a parser that trips brings
 * nobody down. It answers [0, configuration] or [code, what is wrong].
 */
static void
check(struct parent *parent, int fd)
{
	struct buf text = BUF(CONFIG_FILE_MAX), answer = BUF(ANSWER_MAX),
		   config = BUF(ANSWER_MAX);
	struct config_problem problem = {.line = 0};
	static struct config new;
	const char *why;
	char say[400];
	int r = file_read(AT_FDCWD, parent->config_path, &text);

	if (r == 0)
		r = config_parse(buf_slice(&text), &new, &problem);
	else
		(void)snprintf(
		    problem.text, sizeof(problem.text), "%s", error_text(r));
	if (r == 0 && new.tls_certificate[0] != '\0' &&
	    (why = certificate_problem(new.tls_certificate, new.tls_key)) !=
		NULL) {
		r = E_CONFIG;
		problem.line = 0;
		(void)snprintf(problem.text, sizeof(problem.text), "%s", why);
	}
	if (problem.line > 0)
		(void)snprintf(say, sizeof(say), "line %u: %s", problem.line,
		    problem.text);
	else
		(void)snprintf(say, sizeof(say), "%s", problem.text);
	if (r == 0)
		config_encode(&new, &config);
	cbor_put_array(&answer, 2);
	cbor_put_uint(&answer, (uint64_t)-r);
	cbor_put_bytes(&answer, r == 0 ? buf_slice(&config) : slice_str(say));
	_exit(answer.error == 0 && file_write(fd, buf_slice(&answer)) == 0 ? 0
									   : 1);
}

/* The answer of such a process. */
static int
ask(struct parent *parent, struct buf *answer)
{
	int ends[2], status = 1;
	pid_t pid;

	if (pipe2(ends, O_CLOEXEC) < 0)
		return E_IO;
	pid = fork();
	if (pid == 0)
		check(parent, ends[1]);
	fd_close(&ends[1]);
	for (;;) {
		uint8_t *to = buf_room(answer, 65536);
		ssize_t n = to != NULL ? read(ends[0], to, 65536) : 0;

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			break;
		buf_added(answer, (size_t)n);
	}
	fd_close(&ends[0]);
	if (pid > 0)
		(void)waitpid(pid, &status, 0);
	return pid < 0 || status != 0 ? E_CONFIG : answer->error;
}

static void
note(struct parent *parent, int code, const char *text)
{
	struct buf body = BUF(4096);

	if (code < 0)
		log_error("parent.reload", log_str(K_TEXT, text));
	else
		log_info("parent.reload", log_str(K_TEXT, text));
	body_put_config_note(&body, &(struct body_config_note){code,
					slice_first(slice_str(text), 512)});
	children_note(parent, MSG_CONFIG_NOTE, buf_slice(&body));
	buf_free(&body);
}

/* The renewed files of the certificate: to the fronts, and its key's keeper. */
static int
renew_certificate(struct parent *parent)
{
	int old = parent->certificate, fd = -1, r;

	parent->certificate = -1;
	r = state_certificate(parent);
	if (r < 0) {
		parent->certificate = old;
		return r;
	}
	fd_close(&old);
	if (parent->config.tls_key[0] != '\0') {
		r = file_open(
		    AT_FDCWD, parent->config.tls_key, O_RDONLY, 0, &fd);
		if (r < 0)
			return r;
	}
	for (size_t i = 0; i < parent->n_children; i++) {
		struct child *child = &parent->children[i];
		int copy;

		if (!children_hears(child))
			continue;
		if (child->role == ROLE_FRONT) {
			copy = fcntl(parent->certificate, F_DUPFD_CLOEXEC, 0);
			if (copy >= 0)
				channel_send_fd(child->channel, MSG_CERTIFICATE,
				    0, SLICE_NONE, copy);
		} else if (child->role == ROLE_KEEPER && fd >= 0) {
			copy = fcntl(fd, F_DUPFD_CLOEXEC, 0);
			if (copy >= 0)
				channel_send_fd(child->channel, MSG_TLS_KEY, 0,
				    SLICE_NONE, copy);
		}
	}
	fd_close(&fd);
	return 0;
}

static void
give_anew(struct parent *parent, struct child *child)
{
	int copy;

	children_put_setup(child, &parent->out);
	channel_send(child->channel, MSG_SETUP, 0, buf_slice(&parent->out));
	if (child->role != ROLE_FRONT)
		return;
	copy = fcntl(parent->assets, F_DUPFD_CLOEXEC, 0);
	if (copy >= 0)
		channel_send_fd(
		    child->channel, MSG_ASSETS, 0, SLICE_NONE, copy);
}

static void
take_on(struct parent *parent, const struct config *new)
{
	const char *restart = config_needs_restart(&parent->config, new);
	struct config old = parent->config;
	char text[ASSETS_PROBLEM_MAX + 50], problem[ASSETS_PROBLEM_MAX];
	int assets = -1;

	if (restart != NULL) {
		(void)snprintf(text, sizeof(text),
		    "%s can't change while the server runs; nothing was taken "
		    "on",
		    restart);
		note(parent, E_CONFIG, text);
		return;
	}
	if (assets_load(parent, new, &assets, problem) < 0) {
		(void)snprintf(
		    text, sizeof(text), "%s; nothing was taken on", problem);
		note(parent, E_CONFIG, text);
		return;
	}
	parent->config = *new;
	if (renew_certificate(parent) < 0) {
		parent->config = old;
		fd_close(&assets);
		note(parent, E_CONFIG,
		    "the certificate or its key can't be read; nothing was "
		    "taken on");
		return;
	}
	fd_close(&parent->assets);
	parent->assets = assets;
	for (size_t i = 0; i < parent->n_children; i++)
		if (children_hears(&parent->children[i]))
			give_anew(parent, &parent->children[i]);
	log_init("parent", (enum log_level) new->log_level);
	note(parent, 0, "taken on");
}

void
reload(struct parent *parent)
{
	struct buf answer = BUF(ANSWER_MAX);
	static struct config new;
	struct cbor_reader r;
	struct slice body;
	char text[600];
	int code = ask(parent, &answer);

	r = cbor_reader(buf_slice(&answer));
	if (code == 0 && cbor_get_array(&r) == 2)
		code = -(int)cbor_get_uint_max(&r, INT16_MAX);
	else
		code = E_CONFIG;
	body = cbor_get_bytes(&r);
	if (code == 0)
		code = config_decode(body, &new);
	if (code == 0) {
		take_on(parent, &new);
	} else {
		(void)snprintf(text, sizeof(text), "%.*s",
		    SLICE_ARG(slice_first(body, 500)));
		note(parent, E_CONFIG,
		    text[0] != '\0' ? text : "it can't be read");
	}
	buf_free(&answer);
}
