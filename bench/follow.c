/*
 * bench-follow URL TOKEN SECONDS: subscribes to a server's records as events,
 * and measures how long after its record's time each event came. Counts gaps
 * and repeats in the numbers. Prints one line of NAME=VALUE.
 */
#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/base.h"
#include "bench.h"

enum { EVENT_MAX = 4 << 20, WARM_US = 1000000 };

struct follow {
	char *line;
	size_t n;
	uint64_t id, events, gaps, repeats;
	uint64_t from, until; /* of CLOCK_MONOTONIC, in us */
	struct latencies latencies;
};

static uint64_t
wall_ms(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_REALTIME, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

static void
take_id(struct follow *f, uint64_t id)
{
	if (f->id != 0 && id > f->id + 1)
		f->gaps++;
	if (f->id != 0 && id <= f->id)
		f->repeats++;
	f->id = id;
	f->events++;
}

static void
take_time(struct follow *f, const char *json)
{
	static const char name[] = "\"time\":";
	const char *at = strstr(json, name);
	uint64_t time, now = wall_ms();

	if (at == NULL || now_us() < f->from)
		return;
	time = strtoull(at + sizeof(name) - 1, NULL, 10);
	latencies_add(&f->latencies, now > time ? (now - time) * 1000 : 0);
}

static void
take_line(struct follow *f)
{
	f->line[f->n] = '\0';
	if (strncmp(f->line, "id: ", 4) == 0)
		take_id(f, strtoull(f->line + 4, NULL, 10));
	else if (strncmp(f->line, "data: ", 6) == 0)
		take_time(f, f->line + 6);
	f->n = 0;
}

/* 0 ends the transfer. */
static size_t
on_bytes(char *p, size_t size, size_t n, void *arg)
{
	struct follow *f = arg;

	if (now_us() > f->until)
		return 0;
	for (size_t i = 0; i < size * n; i++) {
		if (p[i] == '\n')
			take_line(f);
		else if (f->n < EVENT_MAX - 1)
			f->line[f->n++] = p[i];
	}
	return size * n;
}

static CURLcode
follow(struct follow *f, const char *url, const char *token, double seconds)
{
	CURL *curl = curl_easy_init();
	CURLcode code;

	if (curl == NULL)
		return CURLE_FAILED_INIT;
	f->from = now_us() + WARM_US;
	f->until = f->from + (uint64_t)(seconds * 1e6);
	(void)curl_easy_setopt(curl, CURLOPT_URL, url);
	(void)curl_easy_setopt(curl, CURLOPT_HTTPAUTH, CURLAUTH_BEARER);
	(void)curl_easy_setopt(curl, CURLOPT_XOAUTH2_BEARER, token);
	(void)curl_easy_setopt(curl, CURLOPT_FAILONERROR, 1L);
	(void)curl_easy_setopt(curl, CURLOPT_TIMEOUT, (long)seconds + 30);
	(void)curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, on_bytes);
	(void)curl_easy_setopt(curl, CURLOPT_WRITEDATA, f);
	code = curl_easy_perform(curl);
	curl_easy_cleanup(curl);
	/* That is how it ends. */
	return code == CURLE_WRITE_ERROR && now_us() > f->until ? CURLE_OK
	                                                        : code;
}

int
main(int argc, char **argv)
{
	struct follow f = {.line = NULL};
	CURLcode code;

	if (argc != 4 || (f.line = malloc(EVENT_MAX)) == NULL) {
		(void)fputs("usage: bench-follow URL TOKEN SECONDS\n", stderr);
		return 2;
	}
	code = follow(&f, argv[1], argv[2], (double)bench_number(argv[3]));
	if (code != CURLE_OK)
		(void)fprintf(
		    stderr, "bench-follow: %s\n", curl_easy_strerror(code));
	latencies_print(&f.latencies);
	(void)printf(" events=%llu gaps=%llu repeats=%llu cpu_s=%.2f\n",
	    (unsigned long long)f.events, (unsigned long long)f.gaps,
	    (unsigned long long)f.repeats, cpu_seconds());
	latencies_free(&f.latencies);
	free(f.line);
	return code != CURLE_OK;
}
