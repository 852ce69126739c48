/* Probe: what was withdrawn is dead, on every path, within the promised time.
 */
#include <inttypes.h>

#include "base/clock.h"
#include "cli/bar.h"

enum {
	LARGE = 24 << 20, /* more than lies in sockets on the way */
	OVER_MS = 5000,   /* until what isn't over never will be */
	STREAMS = 5,
};

/* ---- streams ---------------------------------------------------------------
 */

/* What is open, and when it was over. */
struct stream {
	const char *what, *path;
	enum http_version version;
	uint64_t whole; /* bytes of all of it: 0: it has no end */

	int status;
	uint64_t bytes;
	bool over, holds;
	uint64_t over_ms;
};

struct open {
	struct stream streams[STREAMS];
	size_t n;
};

static int
on_data(void *arg, struct http_transfer *transfer UNUSED, struct slice bytes)
{
	struct stream *stream = arg;

	/* A download goes on when it is let go: till then it is under way. */
	if (stream->whole > 0 && stream->bytes > 0 && stream->holds)
		return HTTP_PAUSE;
	stream->bytes += bytes.n;
	return 0;
}

/* "HTTP/1.1 200 OK", "HTTP/2 200" */
static void
on_line(void *arg, struct slice line)
{
	struct stream *stream = arg;
	struct slice word;
	uint64_t status;

	if (slice_starts(line, SLICE("HTTP/")) &&
	    slice_cut(&line, ' ', &word) &&
	    slice_u64(slice_first(line, 3), 999, &status) == 0)
		stream->status = (int)status;
}

static void
on_done(void *arg, const struct http_answer *answer UNUSED)
{
	struct stream *stream = arg;

	stream->over = true;
	stream->over_ms = clock_boot_ms();
}

static bool
begin(struct bar *bar, struct stream *stream, const char *who)
{
	struct http_call call = {.method = "GET",
	    .path = stream->path,
	    .header = {who},
	    .n_headers = 1,
	    .bare = true,
	    .version = stream->version,
	    .data = on_data,
	    .line = on_line,
	    .done = on_done,
	    .arg = stream};

	stream->holds = true;
	return http_start(bar->cli->http, &call) == 0;
}

static bool
all_open(struct bar *bar UNUSED, void *arg)
{
	const struct open *open = arg;

	for (size_t i = 0; i < open->n; i++)
		if (open->streams[i].status == 0 ||
		    (open->streams[i].whole > 0 && open->streams[i].bytes == 0))
			return false;
	return true;
}

static bool
all_over(struct bar *bar UNUSED, void *arg)
{
	const struct open *open = arg;

	for (size_t i = 0; i < open->n; i++)
		if (!open->streams[i].over)
			return false;
	return true;
}

static bool
open_all(struct bar *bar, struct open *open)
{
	for (size_t i = 0; i < open->n; i++)
		if (!begin(bar, &open->streams[i], bar->robot.token))
			return false;
	(void)bar_until(bar, all_open, open, BAR_PATIENCE_MS);
	for (size_t i = 0; i < open->n; i++) {
		const struct stream *s = &open->streams[i];

		if (s->status == 200 && !s->over)
			continue;
		bar_unsure(
		    bar, "%s could not be opened (%d)", s->what, s->status);
		return false;
	}
	return true;
}

/* ---- dead or alive ---------------------------------------------------------
 */

struct dead {
	uint64_t since, worst; /* ms */
	size_t paths;
};

static void
judge(struct bar *bar, struct dead *dead, const char *what, uint64_t at)
{
	uint64_t ms = at > dead->since ? at - dead->since : 0;

	dead->paths++;
	dead->worst = MAX(dead->worst, ms);
	if (ms > BAR_PROMISE_MS)
		bar_red(bar, "%s was dead only after %" PRIu64 " ms", what, ms);
}

/* A request that must be refused now: it is asked again until it is. */
static void
judge_request(struct bar *bar, struct dead *dead, const char *what,
    const char *who, enum http_version version)
{
	uint64_t end = dead->since + OVER_MS;
	int status = 0;

	while (clock_boot_ms() < end && !bar_stopped()) {
		struct http_call call = {
		    .method = "GET", .path = "/files/", .version = version};
		struct http_answer answer;

		bar_ask(bar, who, &call, &answer);
		status = answer.error == 0 ? answer.status : 0;
		if (status == 401 || status == 403) {
			judge(bar, dead, what, clock_boot_ms());
			return;
		}
	}
	bar_red(bar, "%s is still answered (%d)", what, status);
}

/* What must be there before it can be taken away. */
static bool
is_alive(struct bar *bar, const char *what, const char *who,
    enum http_version version, bool *ret_http2)
{
	struct http_call call = {
	    .method = "GET", .path = "/files/", .version = version};
	struct http_answer answer;

	bar_ask(bar, who, &call, &answer);
	if (ret_http2 != NULL)
		*ret_http2 = answer.http2;
	if (answer.error == 0 && answer.status == 200)
		return true;
	bar_unsure(bar, "%s didn't work before it was withdrawn (%d)", what,
	    answer.status);
	return false;
}

static void
judge_streams(struct bar *bar, struct dead *dead, struct open *open)
{
	for (size_t i = 0; i < open->n; i++)
		open->streams[i].holds = false;
	http_resume(bar->cli->http);
	(void)bar_until(bar, all_over, open, OVER_MS);
	for (size_t i = 0; i < open->n; i++) {
		struct stream *s = &open->streams[i];

		if (!s->over)
			bar_red(bar, "%s stayed open", s->what);
		else if (s->whole > 0 && s->bytes >= s->whole)
			bar_red(bar, "%s went on to its end", s->what);
		else
			judge(bar, dead, s->what, s->over_ms);
	}
}

static bool
withdraw(struct bar *bar, struct dead *dead, const char *operation,
    const char *key, const char *id)
{
	bool ok = bar_do(
	    bar, operation, api_object(key, json_string(id), NULL), NULL);

	dead->since = clock_boot_ms();
	return ok;
}

/* ---- each kind of credential ------------------------------------------------
 */

static void
revoke_token(struct bar *bar, struct dead *dead)
{
	struct open open = {
	    .streams = {{.what = "a tail of the log", .path = "/log/events"},
		{.what = "a mirror of the log",
		    .path = "/log/mirror",
		    .version = HTTP_1},
		{.what = "a push channel",
		    .path = "/jmap/events?types=*&closeafter=no&ping=0"},
		{.what = "a push channel over HTTP/1.1",
		    .path = "/jmap/events?types=*&closeafter=no&ping=0",
		    .version = HTTP_1},
		{.what = "a download",
		    .path = "/files/probe-large",
		    .version = HTTP_1,
		    .whole = LARGE}},
	    .n = STREAMS};
	const char *who = bar->robot.token;
	bool http2 = false;

	if (is_alive(bar, "a token", who, HTTP_1, NULL) &&
	    is_alive(bar, "a token over HTTP/2", who, HTTP_BEST, &http2) &&
	    open_all(bar, &open) &&
	    withdraw(bar, dead, "token.revoke", "credential",
		bar->robot.credential)) {
		judge_request(bar, dead,
		    "a token on a kept connection of HTTP/1.1", who, HTTP_1);
		judge_request(bar, dead,
		    "a token on a kept connection of HTTP/2", who, HTTP_BEST);
		judge_streams(bar, dead, &open);
	}
	for (size_t i = 0; i < open.n; i++)
		if (!open.streams[i].over)
			http_drop(bar->cli->http, &open.streams[i]);
	if (!http2)
		bar_unsure(bar, "HTTP/2 could not be tried: it is spoken over "
				"https only");
}

static void
revoke_app_password(struct bar *bar, struct dead *dead)
{
	struct bar_said said;
	char header[BAR_HEADER], id[API_ID];

	bar_call(bar, bar->anna.session, "app_password.issue",
	    api_object("label", json_string("probe"), NULL), &said);
	(void)snprintf(header, sizeof(header), "Authorization: Bearer %s",
	    api_text(said.result, "secret"));
	(void)snprintf(id, sizeof(id), "%s", api_text(said.result, "id"));
	if (!said.ok)
		bar_unsure(bar, "a probe got no app password: %s", said.code);
	else if (is_alive(bar, "an app password", header, HTTP_BEST, NULL) &&
		 withdraw(bar, dead, "credential.end", "credential", id))
		judge_request(bar, dead, "an app password", header, HTTP_BEST);
	bar_said_free(&said);
	secret_wipe(header, sizeof(header));
}

/* A browser's cookie holds the session's secret. */
static void
revoke_session(struct bar *bar, struct dead *dead)
{
	const char *name = bar->tls ? "__Host-chancery" : "chancery-local";
	char cookie[BAR_HEADER];

	(void)snprintf(cookie, sizeof(cookie), "Cookie: %s=%s", name,
	    strrchr(bar->anna.session, ' ') + 1);
	if (is_alive(bar, "a cookie", cookie, HTTP_BEST, NULL) &&
	    is_alive(bar, "a session", bar->anna.session, HTTP_BEST, NULL) &&
	    withdraw(
		bar, dead, "session.revoke", "session", bar->anna.session_id)) {
		judge_request(bar, dead, "a cookie", cookie, HTTP_BEST);
		judge_request(
		    bar, dead, "a session's secret", bar->anna.session, HTTP_1);
	}
	secret_wipe(cookie, sizeof(cookie));
}

void
bar_revoked(struct bar *bar)
{
	struct dead dead = {.worst = 0};

	if (!bar_robot(bar) || !bar_store(bar, "/files/probe-large", LARGE))
		return;
	revoke_token(bar, &dead);
	if (bar_stopped() || !bar_person_signed_in(bar, &bar->anna))
		return;
	revoke_app_password(bar, &dead);
	revoke_session(bar, &dead);
	if (dead.paths > 0)
		bar_saw(bar,
		    "dead on %zu paths, the last %" PRIu64 " ms after the "
		    "answer",
		    dead.paths, dead.worst);
}
