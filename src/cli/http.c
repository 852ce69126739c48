#include "cli/http.h"

#include <curl/curl.h>
#include <stdio.h>

#include "base/clock.h"
#include "base/mem.h"
#include "ipc/role.h"

enum {
	CONNECT_MS = 10000,
	TICK_MS = 500, /* how often idle requests are looked for */
	URL_MAX = 16384,
	KEEPALIVE_SECONDS = 20,
	OWN_HEADERS = 3,
};

struct http_transfer {
	struct http_transfer *next; /* under way, or free */
	struct http *http;
	CURL *easy;
	struct http_call call;
	struct buf url;
	struct curl_slist header[HTTP_HEADERS_MAX + OWN_HEADERS];
	struct buf body;
	uint64_t read_at;
	uint64_t moved_ms; /* when a byte last went either way */
	bool paused;
	int error; /* of our own functions */
	char text[CURL_ERROR_SIZE];
};

struct http {
	const struct server *server;
	CURLM *multi;
	struct secret authorization; /* the whole header, NUL-terminated */
	char agent[128];
	struct http_transfer *active, *idle;
	size_t n_active;
	uint64_t looked_ms;
	struct buf kept; /* http_do: the last body */
	char kept_text[CURL_ERROR_SIZE];
};

/* ---- what curl calls ------------------------------------------------------
 */

static long
status_of(const struct http_transfer *t)
{
	long status = 0;

	(void)curl_easy_getinfo(t->easy, CURLINFO_RESPONSE_CODE, &status);
	return status;
}

static size_t
on_data(char *p, size_t size, size_t n, void *arg)
{
	struct http_transfer *t = arg;
	struct slice bytes = slice_of(p, size * n);

	t->moved_ms = clock_boot_ms();
	/* An error's body is told in the answer. */
	if (t->call.data != NULL && status_of(t) / 100 == 2) {
		t->error = t->call.data(t->call.arg, t, bytes);
		t->paused = t->error == HTTP_PAUSE;
		if (t->paused) {
			t->error = 0;
			return CURL_WRITEFUNC_PAUSE;
		}
	} else {
		buf_put_slice(&t->body, bytes);
		t->error = t->body.error;
	}
	/* Fewer bytes than were given end the transfer. */
	return t->error == 0 ? bytes.n : bytes.n == 0;
}

static size_t
on_line(char *p, size_t size, size_t n, void *arg)
{
	struct http_transfer *t = arg;

	if (t->call.line != NULL)
		t->call.line(t->call.arg, slice_of(p, size * n));
	return size * n;
}

static size_t
on_read(char *to, size_t size, size_t n, void *arg)
{
	struct http_transfer *t = arg;
	size_t got = 0;
	uint64_t left = t->call.body_size - t->read_at;

	t->moved_ms = clock_boot_ms();
	t->error = t->call.read(t->call.arg, t->read_at, (uint8_t *)to,
	    (size_t)MIN(left, size * n), &got);
	if (t->error < 0)
		return CURL_READFUNC_ABORT;
	t->read_at += got;
	return got;
}

/* The connection was gone before the request was: once more from the start. */
static int
on_seek(void *arg, curl_off_t offset, int origin)
{
	struct http_transfer *t = arg;

	if (origin != SEEK_SET || offset < 0)
		return CURL_SEEKFUNC_CANTSEEK;
	t->read_at = (uint64_t)offset;
	return CURL_SEEKFUNC_OK;
}

/* ---- setting up ------------------------------------------------------------
 */

static int
make_authorization(const struct server *server, struct secret *ret_header)
{
	static const char head[] = "Authorization: Bearer ";
	size_t n = sizeof(head) - 1;
	int r = secret_alloc(n + server->token.n + 1, ret_header);

	if (r < 0)
		return r;
	memcpy(ret_header->p, head, n);
	memcpy(ret_header->p + n, server->token.p, server->token.n);
	return 0;
}

int
http_new(
    const struct server *server, size_t connections, struct http **ret_http)
{
	struct http *http;

	if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
		return E_NOMEM;
	http = mem_alloc(sizeof(*http));
	if (http == NULL)
		return E_NOMEM;
	http->server = server;
	http->kept = BUF(HTTP_ANSWER_MAX);
	(void)snprintf(http->agent, sizeof(http->agent), "chancery/%.*s",
	    SLICE_ARG(role_build_id()));
	http->multi = curl_multi_init();
	if (http->multi == NULL ||
	    (server->token.n > 0 &&
		make_authorization(server, &http->authorization) < 0)) {
		http_free(&http);
		return E_NOMEM;
	}
	if (connections > 0)
		(void)curl_multi_setopt(http->multi,
		    CURLMOPT_MAX_TOTAL_CONNECTIONS, (long)connections);
	*ret_http = http;
	return 0;
}

static void
transfer_free(struct http_transfer *t)
{
	curl_easy_cleanup(t->easy);
	buf_free(&t->url);
	secret_wipe(t->body.p, t->body.cap);
	buf_free(&t->body);
	mem_free(t);
}

void
http_free(struct http **http)
{
	struct http *h = *http;
	struct http_transfer *t;

	if (h == NULL)
		return;
	while ((t = h->active) != NULL) {
		h->active = t->next;
		(void)curl_multi_remove_handle(h->multi, t->easy);
		transfer_free(t);
	}
	while ((t = h->idle) != NULL) {
		h->idle = t->next;
		transfer_free(t);
	}
	if (h->multi != NULL)
		(void)curl_multi_cleanup(h->multi);
	secret_free(&h->authorization);
	secret_wipe(h->kept.p, h->kept.cap);
	buf_free(&h->kept);
	mem_free(h);
	*http = NULL;
}

static struct http_transfer *
transfer_take(struct http *http)
{
	struct http_transfer *t = http->idle;

	if (t != NULL) {
		http->idle = t->next;
		curl_easy_reset(t->easy);
		buf_clear(&t->url);
		buf_clear(&t->body);
		return t;
	}
	t = mem_alloc(sizeof(*t));
	if (t == NULL)
		return NULL;
	t->http = http;
	t->url = BUF(URL_MAX);
	t->body = BUF(HTTP_ANSWER_MAX);
	t->easy = curl_easy_init();
	if (t->easy == NULL) {
		mem_free(t);
		return NULL;
	}
	return t;
}

/* ---- a request ------------------------------------------------------------
 */

static void
add_header(struct http_transfer *t, size_t *n, const char *text)
{
	/* curl doesn't change a list that it is given, nor copies it. */
	t->header[*n] = (struct curl_slist){.data = (char *)(uintptr_t)text};
	if (*n > 0)
		t->header[*n - 1].next = &t->header[*n];
	(*n)++;
}

static CURLcode
set_headers(struct http_transfer *t)
{
	size_t n = 0;

	/* No wait for a 100, and no type unless the call has one. */
	add_header(t, &n, "Expect:");
	add_header(t, &n, "Accept: */*");
	if (t->http->authorization.p != NULL && !t->call.bare)
		add_header(t, &n, (const char *)t->http->authorization.p);
	for (size_t i = 0; i < t->call.n_headers; i++)
		add_header(t, &n, t->call.header[i]);
	return curl_easy_setopt(t->easy, CURLOPT_HTTPHEADER, &t->header[0]);
}

static CURLcode
set_security(struct http_transfer *t)
{
	const struct server *server = t->http->server;
	bool tls = slice_starts(slice_str(server->url), SLICE("https:"));
	CURLcode e = curl_easy_setopt(
	    t->easy, CURLOPT_PROTOCOLS_STR, tls ? "https" : "http");

	/* A proxy would see what goes in the clear. */
	if (e == CURLE_OK && !tls)
		e = curl_easy_setopt(t->easy, CURLOPT_PROXY, "");
	if (e == CURLE_OK && tls)
		e = curl_easy_setopt(
		    t->easy, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	/*
	 * curl would go on over a connection of HTTP/1.1 where HTTP/2 is
	 * wanted; but not over one whose ciphers were asked for otherwise.
	 */
	if (e == CURLE_OK && tls && t->call.version == HTTP_1)
		e = curl_easy_setopt(
		    t->easy, CURLOPT_SSL_CIPHER_LIST, "DEFAULT");
	/* Rather a stream of a connection that is being made than another. */
	if (e == CURLE_OK && tls)
		e = curl_easy_setopt(t->easy, CURLOPT_PIPEWAIT, 1L);
	if (e == CURLE_OK && server->ca[0] != '\0')
		e = curl_easy_setopt(t->easy, CURLOPT_CAINFO, server->ca);
	if (e == CURLE_OK && server->ca_alone)
		e = curl_easy_setopt(t->easy, CURLOPT_CAPATH, NULL);
	return e;
}

static CURLcode
set_body(struct http_transfer *t)
{
	const struct http_call *call = &t->call;
	CURLcode e;

	if (call->read != NULL) {
		t->read_at = 0;
		if ((e = curl_easy_setopt(t->easy, CURLOPT_UPLOAD, 1L)) ||
		    (e = curl_easy_setopt(t->easy, CURLOPT_INFILESIZE_LARGE,
			 (curl_off_t)call->body_size)) ||
		    (e = curl_easy_setopt(
			 t->easy, CURLOPT_READFUNCTION, on_read)) ||
		    (e = curl_easy_setopt(t->easy, CURLOPT_READDATA, t)) ||
		    (e = curl_easy_setopt(
			 t->easy, CURLOPT_SEEKFUNCTION, on_seek)) ||
		    (e = curl_easy_setopt(t->easy, CURLOPT_SEEKDATA, t)))
			return e;
	} else if (strcmp(call->method, "POST") == 0 ||
		   strcmp(call->method, "PUT") == 0) {
		/* The size first: of bytes that don't end in NUL. */
		if ((e = curl_easy_setopt(t->easy, CURLOPT_POSTFIELDSIZE_LARGE,
			 (curl_off_t)call->body.n)) ||
		    (e = curl_easy_setopt(t->easy, CURLOPT_POSTFIELDS,
			 call->body.n > 0 ? (const char *)call->body.p : "")))
			return e;
	}
	return curl_easy_setopt(t->easy, CURLOPT_CUSTOMREQUEST, call->method);
}

static CURLcode
set_up(struct http_transfer *t)
{
	const char *url;
	CURLcode e;

	buf_put_str(&t->url, t->http->server->url);
	buf_put_str(&t->url, t->call.path);
	url = buf_cstr(&t->url);
	if (url == NULL)
		return CURLE_OUT_OF_MEMORY;
	if ((e = curl_easy_setopt(t->easy, CURLOPT_URL, url)) ||
	    (e = curl_easy_setopt(t->easy, CURLOPT_PATH_AS_IS, 1L)) ||
	    (e = curl_easy_setopt(t->easy, CURLOPT_NOSIGNAL, 1L)) ||
	    (e = curl_easy_setopt(t->easy, CURLOPT_PRIVATE, t)) ||
	    (e = curl_easy_setopt(t->easy, CURLOPT_ERRORBUFFER, t->text)) ||
	    (e = curl_easy_setopt(
		 t->easy, CURLOPT_USERAGENT, t->http->agent)) ||
	    (e = curl_easy_setopt(t->easy, CURLOPT_HTTP_VERSION,
		 t->call.version == HTTP_1 ? (long)CURL_HTTP_VERSION_1_1
					   : (long)CURL_HTTP_VERSION_2TLS)) ||
	    (e = curl_easy_setopt(
		 t->easy, CURLOPT_CONNECTTIMEOUT_MS, (long)CONNECT_MS)) ||
	    (e = curl_easy_setopt(t->easy, CURLOPT_TCP_KEEPALIVE, 1L)) ||
	    (e = curl_easy_setopt(
		 t->easy, CURLOPT_TCP_KEEPIDLE, (long)KEEPALIVE_SECONDS)) ||
	    (e = curl_easy_setopt(
		 t->easy, CURLOPT_TCP_KEEPINTVL, (long)KEEPALIVE_SECONDS)) ||
	    (e = curl_easy_setopt(t->easy, CURLOPT_WRITEFUNCTION, on_data)) ||
	    (e = curl_easy_setopt(t->easy, CURLOPT_WRITEDATA, t)) ||
	    (e = curl_easy_setopt(t->easy, CURLOPT_HEADERFUNCTION, on_line)) ||
	    (e = curl_easy_setopt(t->easy, CURLOPT_HEADERDATA, t)))
		return e;
	if ((e = set_security(t)) || (e = set_headers(t)))
		return e;
	return set_body(t);
}

int
http_start(struct http *http, const struct http_call *call)
{
	struct http_transfer *t = transfer_take(http);

	BUG_ON(call->n_headers > HTTP_HEADERS_MAX);
	if (t == NULL)
		return E_NOMEM;
	t->call = *call;
	t->error = 0;
	t->paused = false;
	t->text[0] = '\0';
	t->moved_ms = clock_boot_ms();
	if (set_up(t) != CURLE_OK ||
	    curl_multi_add_handle(http->multi, t->easy) != CURLM_OK) {
		t->next = http->idle;
		http->idle = t;
		return E_NOMEM;
	}
	t->next = http->active;
	http->active = t;
	http->n_active++;
	return 0;
}

void
http_resume(struct http *http)
{
	for (struct http_transfer *t = http->active; t != NULL; t = t->next) {
		if (!t->paused)
			continue;
		t->paused = false;
		/* What fails here ends it at the next step. */
		(void)curl_easy_pause(t->easy, CURLPAUSE_CONT);
	}
}

void
http_set_agent(struct http *http, const char *agent)
{
	(void)snprintf(http->agent, sizeof(http->agent), "%s", agent);
}

size_t
http_active(const struct http *http)
{
	return http->n_active;
}

/* ---- ends ------------------------------------------------------------------
 */

static bool
is_tls_error(CURLcode e)
{
	switch ((int)e) {
	case CURLE_SSL_CONNECT_ERROR:
	case CURLE_PEER_FAILED_VERIFICATION:
	case CURLE_SSL_CERTPROBLEM:
	case CURLE_SSL_CIPHER:
	case CURLE_SSL_CACERT_BADFILE:
	case CURLE_SSL_ISSUER_ERROR:
	case CURLE_SSL_INVALIDCERTSTATUS:
		return true;
	default:
		return false;
	}
}

static int
error_of(const struct http_transfer *t, CURLcode e)
{
	if (t->error < 0)
		return t->error;
	if (e == CURLE_OK)
		return 0;
	if (is_tls_error(e))
		return E_CRYPTO;
	if (e == CURLE_OUT_OF_MEMORY)
		return E_NOMEM;
	if (e == CURLE_OPERATION_TIMEDOUT)
		return E_TIMEOUT;
	return status_of(t) != 0 ? E_SHORT : E_CLOSED;
}

static void
unlink_active(struct http *http, struct http_transfer *t)
{
	struct http_transfer **at = &http->active;

	while (*at != t)
		at = &(*at)->next;
	*at = t->next;
	http->n_active--;
}

void
http_drop(struct http *http, const void *arg)
{
	struct http_transfer *t = http->active, *next;

	for (; t != NULL; t = next) {
		next = t->next;
		if (t->call.arg != arg)
			continue;
		(void)curl_multi_remove_handle(http->multi, t->easy);
		unlink_active(http, t);
		t->next = http->idle;
		http->idle = t;
	}
}

static void
finish(struct http *http, struct http_transfer *t, CURLcode e)
{
	struct http_answer answer;
	curl_off_t connected = 0, began = 0, ended = 0;
	long version = 0;

	(void)curl_easy_getinfo(t->easy, CURLINFO_CONNECT_TIME_T, &connected);
	(void)curl_easy_getinfo(t->easy, CURLINFO_PRETRANSFER_TIME_T, &began);
	(void)curl_easy_getinfo(t->easy, CURLINFO_TOTAL_TIME_T, &ended);
	(void)curl_easy_getinfo(t->easy, CURLINFO_HTTP_VERSION, &version);
	answer = (struct http_answer){.error = error_of(t, e),
	    .http2 = version == CURL_HTTP_VERSION_2_0,
	    .took_us = ended > began ? (uint64_t)(ended - began) : 0,
	    .status = (int)status_of(t),
	    .connected = connected > 0 || status_of(t) != 0,
	    .body = buf_slice(&t->body),
	    .text = t->text[0] != '\0' ? t->text : curl_easy_strerror(e)};
	(void)curl_multi_remove_handle(http->multi, t->easy);
	unlink_active(http, t);
	if (t->call.done != NULL)
		t->call.done(t->call.arg, &answer);
	t->next = http->idle;
	http->idle = t;
}

/* Requests that have waited for a byte too long. */
static void
end_idle(struct http *http)
{
	uint64_t now = clock_boot_ms();
	struct http_transfer *t = http->active, *next;

	if (now - http->looked_ms < TICK_MS)
		return;
	http->looked_ms = now;
	for (; t != NULL; t = next) {
		next = t->next;
		if (t->call.idle_ms == 0 || now - t->moved_ms < t->call.idle_ms)
			continue;
		finish(http, t, CURLE_OPERATION_TIMEDOUT);
		/* Its `done` may have begun others, or ended this list. */
		next = http->active;
	}
}

int
http_step(struct http *http, uint64_t ms)
{
	int running = 0, left;
	CURLMsg *msg;

	if (curl_multi_perform(http->multi, &running) != CURLM_OK)
		return E_IO;
	if (running == (int)http->n_active && ms > 0) {
		int wait = (int)MIN(ms, TICK_MS);

		if (curl_multi_poll(http->multi, NULL, 0, wait, NULL) !=
			CURLM_OK ||
		    curl_multi_perform(http->multi, &running) != CURLM_OK)
			return E_IO;
	}
	while ((msg = curl_multi_info_read(http->multi, &left)) != NULL) {
		char *private = NULL;
		CURLcode e = msg->data.result;

		if (msg->msg != CURLMSG_DONE)
			continue;
		(void)curl_easy_getinfo(
		    msg->easy_handle, CURLINFO_PRIVATE, &private);
		finish(http, (struct http_transfer *)(void *)private, e);
	}
	end_idle(http);
	return 0;
}

/* ---- one at a time ---------------------------------------------------------
 */

struct one {
	struct http *http;
	struct http_call call;
	struct http_answer answer;
	bool done;
};

static void
on_done(void *arg, const struct http_answer *answer)
{
	struct one *one = arg;
	struct http *http = one->http;

	one->done = true;
	one->answer = *answer;
	buf_clear(&http->kept);
	buf_put_slice(&http->kept, answer->body);
	if (answer->error == 0 && http->kept.error != 0)
		one->answer.error = http->kept.error;
	one->answer.body = buf_slice(&http->kept);
	(void)snprintf(
	    http->kept_text, sizeof(http->kept_text), "%s", answer->text);
	one->answer.text = http->kept_text;
}

/* The caller's functions get the caller's argument. */
static int
pass_data(void *arg, struct http_transfer *transfer, struct slice bytes)
{
	struct one *one = arg;

	return one->call.data(one->call.arg, transfer, bytes);
}

static void
pass_line(void *arg, struct slice line)
{
	struct one *one = arg;

	one->call.line(one->call.arg, line);
}

static int
pass_read(void *arg, uint64_t offset, uint8_t *to, size_t max, size_t *ret_n)
{
	struct one *one = arg;

	return one->call.read(one->call.arg, offset, to, max, ret_n);
}

void
http_do(struct http *http, const struct http_call *call,
    struct http_answer *ret_answer)
{
	struct one one = {.http = http, .call = *call};
	struct http_call own = *call;
	int r;

	own.arg = &one;
	own.done = on_done;
	if (call->data != NULL)
		own.data = pass_data;
	if (call->read != NULL)
		own.read = pass_read;
	if (call->line != NULL)
		own.line = pass_line;
	r = http_start(http, &own);
	while (r == 0 && !one.done)
		r = http_step(http, TICK_MS);
	if (r < 0)
		one.answer =
		    (struct http_answer){.error = r, .text = error_text(r)};
	*ret_answer = one.answer;
}

const char *
http_header(struct http_transfer *transfer, const char *name)
{
	struct curl_header *header;

	if (curl_easy_header(transfer->easy, name, 0, CURLH_HEADER, -1,
		&header) != CURLHE_OK)
		return NULL;
	return header->value;
}

bool
http_may_repeat(const struct http_answer *answer)
{
	switch (answer->error) {
	case 0:
		break;
	case E_CLOSED:
	case E_SHORT:
	case E_TIMEOUT:
		return true;
	default:
		return false;
	}
	return answer->status == 429 || answer->status == 502 ||
	       answer->status == 503 || answer->status == 504;
}
