/* What the programs that measure share. */
#ifndef BENCH_BENCH_H
#define BENCH_BENCH_H

#include <stddef.h>
#include <stdint.h>

struct latencies {
	uint32_t *us;
	size_t n, cap;
};

void latencies_add(struct latencies *l, uint64_t us);

/* Sorts, and prints "p50_ms=... p99_ms=... max_ms=..." without a newline. */
void latencies_print(struct latencies *l);

void latencies_free(struct latencies *l);

/* A number of the command line; ends the program where it is none. */
uint64_t bench_number(const char *text);

/* CLOCK_MONOTONIC, in microseconds. */
uint64_t now_us(void);

/* The processor time of this process, in seconds. */
double cpu_seconds(void);

#endif
