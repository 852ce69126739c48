/*
 * bench-sign-in [--tls] PORT TOKEN CONNECTIONS COUNT NAME=PID ...: so many
 * people sign in by a passkey, COUNT times in all, each over one kept
 * connection and one sign-in after the other; and what that costs the
 * processes of the server is told: in microseconds of processor time for each
 * sign-in, which is a request for a challenge and one with the answer to it.
 * What they take while nobody asks anything is taken off.
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/base.h"
#include "bench.h"
#include "person.h"

enum {
	PROCESSES_MAX = 96,
	CONNECTIONS_MAX = 256,
	WARM = 20, /* of each connection */
	IDLE_US = 3000000
};

struct process {
	const char *name; /* of its role */
	size_t name_n;
	uint64_t pid;
};

struct visitor {
	struct client client;
	struct person person;
	void (*each)(struct visitor *visitor);
	uint64_t count;
	pthread_t thread;
};

struct bench {
	struct process processes[PROCESSES_MAX];
	size_t n, connections;
	struct visitor visitors[CONNECTIONS_MAX];
};

/* Ticks so far. */
static double
ticks_of(const struct process *process)
{
	char path[64], line[1024], *at;
	FILE *file;
	size_t n;

	(void)snprintf(path, sizeof(path), "/proc/%llu/stat",
	    (unsigned long long)process->pid);
	file = fopen(path, "re");
	if (file == NULL) {
		perror(path);
		exit(1);
	}
	n = fread(line, 1, sizeof(line) - 1, file);
	(void)fclose(file);
	line[n] = '\0';
	/* Behind the name: the 14th and 15th are the 12th and 13th. */
	at = strrchr(line, ')');
	for (int field = 0; at != NULL && field < 12; field++)
		at = strchr(at + 1, ' ');
	if (at == NULL)
		exit(1);
	n = strtoull(at, &at, 10);
	return (double)(n + strtoull(at, &at, 10));
}

static void
read_all(const struct bench *bench, double *ret_seconds)
{
	double tick = (double)sysconf(_SC_CLK_TCK);

	for (size_t i = 0; i < bench->n; i++)
		ret_seconds[i] = ticks_of(&bench->processes[i]) / tick;
}

static void *
visit(void *arg)
{
	struct visitor *visitor = arg;

	for (uint64_t i = 0; i < visitor->count; i++)
		visitor->each(visitor);
	return NULL;
}

/* All at once, `count` times each. */
static void
visit_all(
    struct bench *bench, void (*each)(struct visitor *visitor), uint64_t count)
{
	for (size_t i = 0; i < bench->connections; i++) {
		struct visitor *visitor = &bench->visitors[i];

		visitor->each = each;
		visitor->count = count;
		if (pthread_create(&visitor->thread, NULL, visit, visitor) != 0)
			exit(1);
	}
	for (size_t i = 0; i < bench->connections; i++)
		(void)pthread_join(bench->visitors[i].thread, NULL);
}

/* What one costs each process, in microseconds. */
static void
measure(struct bench *bench, void (*each)(struct visitor *visitor),
    uint64_t count, const double *idle, double *ret_us)
{
	double before[PROCESSES_MAX] = {0}, passed;
	uint64_t begin;

	read_all(bench, before);
	begin = now_us();
	visit_all(bench, each, count / bench->connections);
	passed = (double)(now_us() - begin) / 1e6;
	read_all(bench, ret_us);
	for (size_t i = 0; i < bench->n; i++)
		ret_us[i] = (ret_us[i] - before[i] - idle[i] * passed) * 1e6 /
		            (double)count;
}

/* Seconds a second. */
static void
measure_idle(const struct bench *bench, double *ret_idle)
{
	double before[PROCESSES_MAX] = {0};

	read_all(bench, before);
	(void)usleep(IDLE_US);
	read_all(bench, ret_idle);
	for (size_t i = 0; i < bench->n; i++)
		ret_idle[i] = (ret_idle[i] - before[i]) / (IDLE_US / 1e6);
}

static void
tell(const struct bench *bench, const char *what, const double *us)
{
	double all = 0, role = 0;

	for (size_t i = 0; i < bench->n; i++) {
		const struct process *p = &bench->processes[i];

		all += us[i];
		role += us[i];
		if (i + 1 < bench->n && p[1].name_n == p->name_n &&
		    strncmp(p->name, p[1].name, p->name_n) == 0)
			continue;
		(void)printf(
		    "%s_%.*s_us=%.1f ", what, (int)p->name_n, p->name, role);
		role = 0;
	}
	(void)printf("%s_us=%.1f ", what, all);
}

static void
sign_in(struct visitor *visitor)
{
	char secret[SECRET_TEXT];

	person_sign_in(&visitor->person, &visitor->client, secret);
}

static void
challenge(struct visitor *visitor)
{
	char text[SECRET_TEXT];

	person_challenge(&visitor->client, "sign_in", text);
}

static void
take_processes(struct bench *bench, int n, char **args)
{
	for (int i = 0; i < n; i++) {
		char *equal = strchr(args[i], '=');

		if (equal == NULL || bench->n == PROCESSES_MAX)
			exit(2);
		bench->processes[bench->n++] = (struct process){args[i],
		    (size_t)(equal - args[i]), bench_number(equal + 1)};
	}
}

static void
open_all(struct bench *bench, int port, bool tls, const char *token)
{
	SSL_CTX *ctx = tls ? SSL_CTX_new(TLS_client_method()) : NULL;
	char login[64];

	for (size_t i = 0; i < bench->connections; i++) {
		(void)snprintf(login, sizeof(login), "visitor-%d-%zu", port, i);
		client_open(&bench->visitors[i].client, port, ctx);
		person_enrol(&bench->visitors[i].person,
		    &bench->visitors[i].client, token, login);
	}
}

int
main(int argc, char **argv)
{
	static struct bench bench;
	double idle[PROCESSES_MAX] = {0}, us[PROCESSES_MAX] = {0};
	bool tls = argc > 1 && strcmp(argv[1], "--tls") == 0;
	uint64_t count, begin;

	argv += tls;
	argc -= tls;
	bench.connections = argc > 5 ? bench_number(argv[3]) : 0;
	if (bench.connections == 0 || bench.connections > CONNECTIONS_MAX) {
		(void)fputs("usage: bench-sign-in [--tls] PORT TOKEN "
			    "CONNECTIONS COUNT NAME=PID ...\n",
		    stderr);
		return 2;
	}
	count = bench_number(argv[4]);
	take_processes(&bench, argc - 5, argv + 5);
	open_all(&bench, (int)bench_number(argv[1]), tls, argv[2]);
	visit_all(&bench, sign_in, WARM);
	measure_idle(&bench, idle);
	measure(&bench, challenge, count, idle, us);
	tell(&bench, "challenge", us);
	begin = now_us();
	measure(&bench, sign_in, count, idle, us);
	tell(&bench, "sign_in", us);
	(void)printf(
	    "rate=%.0f\n", (double)count * 1e6 / (double)(now_us() - begin));
	for (size_t i = 0; i < bench.connections; i++) {
		person_free(&bench.visitors[i].person);
		client_close(&bench.visitors[i].client);
	}
	return 0;
}
