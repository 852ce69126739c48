#include "bench.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>

#include "base/slice.h"

void
latencies_add(struct latencies *l, uint64_t us)
{
	if (l->n == l->cap) {
		size_t cap = l->cap > 0 ? l->cap * 2 : 65536;
		uint32_t *grown = realloc(l->us, cap * sizeof(*grown));

		if (grown == NULL)
			abort();
		l->us = grown;
		l->cap = cap;
	}
	l->us[l->n++] = us < UINT32_MAX ? (uint32_t)us : UINT32_MAX;
}

static int
compare(const void *a, const void *b)
{
	const uint32_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

static double
at(const struct latencies *l, double share)
{
	return l->n > 0 ? l->us[(size_t)((double)(l->n - 1) * share)] / 1000.0
	                : 0;
}

void
latencies_print(struct latencies *l)
{
	if (l->n > 0)
		qsort(l->us, l->n, sizeof(*l->us), compare);
	(void)printf("p50_ms=%.2f p99_ms=%.2f max_ms=%.2f", at(l, 0.5),
	    at(l, 0.99), at(l, 1));
}

void
latencies_free(struct latencies *l)
{
	free(l->us);
	*l = (struct latencies){NULL, 0, 0};
}

uint64_t
now_us(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000 + (uint64_t)t.tv_nsec / 1000;
}

double
cpu_seconds(void)
{
	struct rusage u;

	(void)getrusage(RUSAGE_SELF, &u);
	return (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) +
	       (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1e6;
}

uint64_t
bench_number(const char *text)
{
	uint64_t n;

	if (slice_u64(slice_str(text), INT64_MAX, &n) < 0) {
		(void)fprintf(stderr, "%s is no number\n", text);
		exit(2);
	}
	return n;
}
