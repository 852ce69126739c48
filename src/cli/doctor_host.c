#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <sys/statvfs.h>
#include <sys/timex.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "cli/doctor.h"
#include "cli/format.h"
#include "ipc/sandbox.h"
#include "kit/engine.h"

enum { PROBE_MAX = 4096, YEAR_MIN = 2025, YEAR_MAX = 2100 };

/* ---- the sandbox
 * ----------------------------------------------------------------
 */

void
doctor_sandbox(struct doctor *doctor)
{
	struct buf text = BUF(PROBE_MAX);
	struct slice rest, line;

	/* Its lines say which layer is missing. */
	(void)sandbox_probe(&text);
	rest = buf_slice(&text);
	while (rest.n > 0) {
		bool missing;

		(void)slice_cut(&rest, '\n', &line);
		missing = memmem(line.p, line.n, "MISSING", 7) != NULL;
		doctor_say(doctor, missing ? DOCTOR_FAIL : DOCTOR_OK, "sandbox",
		    "%.*s", SLICE_ARG(line));
	}
	buf_free(&text);
}

/* ---- the disk
 * ------------------------------------------------------------------
 */

void
doctor_disk(struct doctor *doctor)
{
	const struct config *config = &doctor->config;
	const char *where = doctor->has_state ? doctor->state : ".";
	enum doctor_level level = DOCTOR_OK;
	const char *what = "";
	struct statvfs fs;
	uint64_t bytes;

	if (statvfs(where, &fs) < 0) {
		doctor_say(doctor, DOCTOR_FAIL, "disk", "%s: %s", where,
		    strerror(errno));
		return;
	}
	bytes = (uint64_t)fs.f_bavail * fs.f_frsize;
	if (bytes < config->full_bytes + config->reserve_bytes) {
		level = DOCTOR_FAIL;
		what = ": the server would take no new content; make room, or "
		       "lower full_bytes";
	} else if (bytes < 4 * config->full_bytes) {
		level = DOCTOR_WARN;
		what = ": it will soon be nearly full";
	}
	doctor_say(doctor, level, "disk",
	    "%s free; below %s content is refused%s", format_bytes(bytes).text,
	    format_bytes(config->full_bytes).text, what);
	if (fs.f_files > 0 && fs.f_favail < 10000)
		doctor_say(doctor, DOCTOR_WARN, "disk",
		    "only %s more files can be made on it",
		    format_count(fs.f_favail).text);
}

/* ---- documents
 * ------------------------------------------------------------------
 */

/* All else works without an engine. */
void
doctor_documents(struct doctor *doctor)
{
	struct buf version = BUF(PROBE_MAX), missing = BUF(PROBE_MAX);
	int r = engine_find(doctor->config.engine, &version, &missing);

	if (r < 0)
		doctor_say(doctor, DOCTOR_WARN, "documents", "%.*s",
		    SLICE_ARG(buf_slice(&missing)));
	else
		doctor_say(doctor, DOCTOR_OK, "documents", "%.*s in %s",
		    SLICE_ARG(buf_slice(&version)), doctor->config.engine);
	buf_free(&version);
	buf_free(&missing);
}

/* ---- the clock
 * ------------------------------------------------------------------
 */

void
doctor_clock(struct doctor *doctor)
{
	time_t now = (time_t)(clock_wall_ms() / 1000);
	struct timex timex = {.modes = 0};
	struct tm tm = {.tm_year = 0};

	(void)gmtime_r(&now, &tm);
	if (tm.tm_year + 1900 < YEAR_MIN || tm.tm_year + 1900 > YEAR_MAX) {
		doctor_say(doctor, DOCTOR_FAIL, "clock",
		    "it says %s; set it, for records bear its time",
		    format_time(clock_wall_ms()).text);
		return;
	}
	if (adjtimex(&timex) == TIME_ERROR) {
		doctor_say(doctor, DOCTOR_WARN, "clock",
		    "it says %s, and isn't synchronised; turn a time service "
		    "on (systemd-timesyncd, chrony)",
		    format_time(clock_wall_ms()).text);
		return;
	}
	doctor_say(doctor, DOCTOR_OK, "clock", "%s, synchronised",
	    format_time(clock_wall_ms()).text);
}

/* ---- ports
 * ----------------------------------------------------------------------
 */

/* 0 where an address and port can be bound now; else errno. */
static int
try_bind(const char *address, uint64_t port)
{
	struct addrinfo hints = {.ai_flags = AI_PASSIVE | AI_NUMERICHOST,
	    .ai_socktype = SOCK_STREAM};
	struct addrinfo *list = NULL;
	char service[16];
	int fd, on = 1, error = 0;

	(void)snprintf(
	    service, sizeof(service), "%u", (unsigned)(port & 0xffff));
	if (getaddrinfo(address, service, &hints, &list) != 0)
		return EADDRNOTAVAIL;
	fd = socket(
	    list->ai_family, SOCK_STREAM | SOCK_CLOEXEC, list->ai_protocol);
	if (fd < 0 ||
	    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) < 0 ||
	    bind(fd, list->ai_addr, list->ai_addrlen) < 0 || listen(fd, 1) < 0)
		error = errno;
	fd_close(&fd);
	freeaddrinfo(list);
	return error;
}

static void
check_port(
    struct doctor *doctor, const char *key, const char *address, uint64_t port)
{
	int error;

	if (port == 0) {
		doctor_say(doctor, DOCTOR_OK, "port",
		    "%s = 0: one that is free is taken at each start", key);
		return;
	}
	error = try_bind(address, port);
	if (error == 0)
		doctor_say(doctor, DOCTOR_OK, "port", "%u (%s) is free",
		    (unsigned)port, key);
	else if (error == EADDRINUSE)
		doctor_say(doctor, DOCTOR_FAIL, "port",
		    "%u (%s) is taken by another program; stop that, or "
		    "choose another port",
		    (unsigned)port, key);
	else if (error == EACCES)
		doctor_say(doctor, DOCTOR_FAIL, "port",
		    "%u (%s) may not be opened by you; start the server as "
		    "root, or choose one above 1023",
		    (unsigned)port, key);
	else
		doctor_say(doctor, DOCTOR_FAIL, "port", "%u (%s) at %s: %s",
		    (unsigned)port, key, address != NULL ? address : "all",
		    strerror(error));
}

void
doctor_ports(struct doctor *doctor)
{
	const struct config *config = &doctor->config;
	bool local = config_is_local(config);
	struct slice rest = slice_str(config->listen), word;
	char address[128];

	if (doctor->is_running) {
		doctor_say(doctor, DOCTOR_OK, "port",
		    "the running server has %u%s", (unsigned)doctor->run.https,
		    doctor->run.http != 0 ? " and one for plain http" : "");
		return;
	}
	if (rest.n == 0)
		check_port(doctor, "https_port", local ? "127.0.0.1" : NULL,
		    config->https_port);
	while (rest.n > 0) {
		(void)slice_cut(&rest, ' ', &word);
		(void)snprintf(
		    address, sizeof(address), "%.*s", SLICE_ARG(word));
		if (word.n > 0)
			check_port(
			    doctor, "https_port", address, config->https_port);
	}
	if (local)
		check_port(doctor, "http_port", "127.0.0.1", config->http_port);
}
