/*
 * A load generator for HTTP/1.1, in one thread.
 *
 *	bench-load [OPTION ...] get PATH
 *	bench-load [OPTION ...] rename ACCOUNT IDS
 *	bench-load [OPTION ...] idle
 *
 * get fetches PATH again and again. rename renames files by JMAP, to and fro:
 * IDS is a file with an id a line, at least one for each connection. idle opens
 * the connections, fetches /ready over each, prints a line, and holds them
 *until its input ends.
 *
 *	--port N           on 127.0.0.1
 *	--tls
 *	--token TEXT       sent as a bearer token
 *	--connections N
 *	--seconds N        measured, after one second that isn't
 *	--rate N           an open loop: N requests a second begin, whatever has
 *	                   been answered; a latency counts from when its
 *	                   request was due
 *	--expect TEXT      every answer's first bytes hold it
 *
 * Without a rate each connection has one request under way, always. Prints one
 * line of NAME=VALUE; any answer but a 200 with what is expected is an error.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <netinet/tcp.h>
#include <openssl/ssl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/base.h"
#include "bench.h"

enum {
	HEAD_MAX = 8192,
	BODY_KEPT = 400, /* of an answer, for --expect */
	READ_BYTES = 256 << 10,
	WARM_US = 1000000,
};

struct options {
	int port;
	bool tls, idle;
	const char *token, *expect;
	size_t connections;
	double seconds, rate;
};

struct text {
	char *p;
	size_t n;
};

struct conn {
	int fd;
	SSL *ssl;
	struct text requests[2]; /* taken in turn */
	unsigned turn;
	bool busy;
	size_t sent;
	uint64_t due; /* when the request under way should have begun */
	char head[HEAD_MAX + BODY_KEPT + 1];
	size_t have;        /* of head */
	size_t head_n;      /* 0: not whole yet */
	uint64_t body_left; /* once it is */
	struct conn *next_free;
};

struct load {
	struct options options;
	SSL_CTX *tls;
	int epoll;
	struct conn *conns;
	struct conn *free; /* without a request under way */
	uint64_t begin, end, measure_from;
	uint64_t begun; /* requests that were due so far, of an open loop */
	uint64_t done, all, bytes, errors;
	struct latencies latencies;
	char *buffer;
};

NO_RETURN static void
die(const char *what)
{
	(void)fprintf(stderr, "bench-load: %s: %s\n", what, strerror(errno));
	exit(1);
}

/* ---- requests -------------------------------------------------------------
 */

static struct text PRINTF_LIKE(1, 2) format(const char *f, ...)
{
	struct text t = {NULL, 0};
	va_list args;
	int n;

	va_start(args, f);
	n = vasprintf(&t.p, f, args);
	va_end(args);
	if (n < 0)
		die("memory");
	t.n = (size_t)n;
	return t;
}

static struct text
make_get(const struct options *o, const char *path)
{
	return format("GET %s HTTP/1.1\r\nHost: localhost\r\n"
		      "Authorization: Bearer %s\r\n\r\n",
	    path, o->token);
}

static struct text
make_rename(const struct options *o, const char *account, const char *id,
    const char *name)
{
	struct text body =
	    format("{\"using\":[\"urn:chancery:files\"],\"methodCalls\":[["
		   "\"FileNode/set\",{\"accountId\":\"%s\",\"update\":{\"%s\":"
		   "{\"name\":\"%s\"}}},\"0\"]]}",
		account, id, name);
	struct text request = format(
	    "POST /jmap/api HTTP/1.1\r\nHost: localhost\r\n"
	    "Authorization: Bearer %s\r\nContent-Type: application/json\r\n"
	    "Content-Length: %zu\r\n\r\n%s",
	    o->token, body.n, body.p);

	free(body.p);
	return request;
}

static void
plan_gets(struct load *load, const char *path)
{
	for (size_t i = 0; i < load->options.connections; i++)
		for (unsigned k = 0; k < 2; k++)
			load->conns[i].requests[k] =
			    make_get(&load->options, path);
}

static void
plan_renames(struct load *load, const char *account, const char *path)
{
	FILE *ids = fopen(path, "re");
	char id[64], name[64];

	if (ids == NULL)
		die(path);
	for (size_t i = 0; i < load->options.connections; i++) {
		if (fscanf(ids, "%63s", id) != 1)
			die("too few ids");
		for (unsigned k = 0; k < 2; k++) {
			(void)snprintf(name, sizeof(name), "%s of %zu.txt",
			    k ? "New name" : "Old name", i);
			load->conns[i].requests[k] =
			    make_rename(&load->options, account, id, name);
		}
	}
	(void)fclose(ids);
}

/* ---- connections ------------------------------------------------------------
 */

static void
connect_one(struct load *load, struct conn *c)
{
	static char server_name[] = "localhost";
	struct sockaddr_in to = {.sin_family = AF_INET,
	    .sin_port = htons((uint16_t)load->options.port),
	    .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	struct epoll_event event = {.events = EPOLLIN, .data.ptr = c};
	int one = 1;

	c->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (c->fd < 0 || connect(c->fd, (struct sockaddr *)&to, sizeof(to)) < 0)
		die("connect");
	(void)setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	if (load->options.tls) {
		c->ssl = SSL_new(load->tls);
		if (c->ssl == NULL || SSL_set_fd(c->ssl, c->fd) != 1 ||
		    SSL_set_tlsext_host_name(c->ssl, server_name) != 1 ||
		    SSL_connect(c->ssl) != 1)
			die("TLS handshake");
	}
	(void)fcntl(c->fd, F_SETFL, O_NONBLOCK);
	if (epoll_ctl(load->epoll, EPOLL_CTL_ADD, c->fd, &event) < 0)
		die("epoll");
	c->next_free = load->free;
	load->free = c;
}

/* Bytes; 0 where there are none now; -1 at the end. */
static ssize_t
receive(struct conn *c, void *p, size_t n)
{
	ssize_t got;

	if (c->ssl != NULL) {
		got = SSL_read(c->ssl, p, (int)n);
		if (got > 0)
			return got;
		return SSL_get_error(c->ssl, (int)got) == SSL_ERROR_WANT_READ
		           ? 0
		           : -1;
	}
	got = recv(c->fd, p, n, 0);
	if (got > 0)
		return got;
	return got < 0 && errno == EAGAIN ? 0 : -1;
}

/* Requests are small: what doesn't go at once is waited for. */
static void
send_request(struct conn *c)
{
	const struct text *request = &c->requests[c->turn];

	c->turn ^= 1;
	c->busy = true;
	c->have = c->head_n = c->sent = 0;
	while (c->sent < request->n) {
		size_t left = request->n - c->sent;
		ssize_t n =
		    c->ssl != NULL
			? SSL_write(c->ssl, request->p + c->sent, (int)left)
			: send(c->fd, request->p + c->sent, left, MSG_NOSIGNAL);

		if (n > 0)
			c->sent += (size_t)n;
		else if (c->ssl == NULL ? errno != EAGAIN
					: SSL_get_error(c->ssl, (int)n) !=
					      SSL_ERROR_WANT_WRITE)
			die("send");
	}
}

static struct conn *
take_free(struct load *load)
{
	struct conn *c = load->free;

	if (c != NULL)
		load->free = c->next_free;
	return c;
}

/* ---- answers
 * ------------------------------------------------------------------- */

static bool
is_good(const struct load *load, const struct conn *c)
{
	return strncmp(c->head, "HTTP/1.1 200", 12) == 0 &&
	       (load->options.expect == NULL ||
		   strstr(c->head + c->head_n, load->options.expect) != NULL);
}

static void
end_answer(struct load *load, struct conn *c)
{
	uint64_t now = now_us();

	c->busy = false;
	c->next_free = load->free;
	load->free = c;
	load->all++;
	if (!is_good(load, c)) {
		if (load->errors++ == 0)
			(void)fprintf(stderr, "bench-load: %.*s\n",
			    (int)c->have, c->head);
	}
	if (now >= load->measure_from && now <= load->end) {
		load->done++;
		latencies_add(&load->latencies, now - c->due);
	}
}

/* The head, once it is whole: how much body follows it. */
static void
read_head(struct conn *c)
{
	const char *end = strstr(c->head, "\r\n\r\n"), *length;

	if (end == NULL)
		return;
	c->head_n = (size_t)(end - c->head) + 4;
	length = strcasestr(c->head, "\r\ncontent-length:");
	if (length == NULL || length > end)
		die("an answer without a length");
	c->body_left = strtoull(length + 17, NULL, 10);
}

static void
take_bytes(struct load *load, struct conn *c, const char *p, size_t n)
{
	size_t room = sizeof(c->head) - 1 - c->have;
	size_t kept = n < room ? n : room;

	if (!c->busy)
		die("more than one answer");
	if (c->head_n == 0 || c->have < c->head_n + BODY_KEPT) {
		memcpy(c->head + c->have, p, kept);
		c->head[c->have + kept] = '\0';
	}
	if (c->head_n == 0) {
		size_t before = c->have;

		c->have += kept;
		read_head(c);
		if (c->head_n == 0)
			return;
		n -= c->head_n - before;
	} else {
		c->have += kept;
	}
	load->bytes += n;
	if (n > c->body_left)
		die("an answer longer than it said");
	c->body_left -= n;
	if (c->body_left == 0)
		end_answer(load, c);
}

static void
on_readable(struct load *load, struct conn *c)
{
	ssize_t n;

	while ((n = receive(c, load->buffer, READ_BYTES)) > 0)
		take_bytes(load, c, load->buffer, (size_t)n);
	if (n < 0)
		die("the server closed a connection");
}

/* ---- the run
 * ---------------------------------------------------------------------- */

/* Begins what is due; says in how many microseconds more will be. */
static uint64_t
begin_requests(struct load *load)
{
	double rate = load->options.rate;
	struct conn *c;

	for (;;) {
		uint64_t now = now_us(), due = now;

		if (rate > 0) {
			due = load->begin +
			      (uint64_t)((double)load->begun * 1e6 / rate);
			if (due > now)
				return due - now;
		}
		if (now >= load->end || (c = take_free(load)) == NULL)
			return 10000;
		load->begun++;
		c->due = due;
		send_request(c);
	}
}

static void
run(struct load *load)
{
	enum { EVENTS = 64 };
	struct epoll_event events[EVENTS];
	double cpu = 0;
	bool measuring = false;

	load->begin = now_us();
	load->measure_from = load->begin + WARM_US;
	load->end =
	    load->measure_from + (uint64_t)(load->options.seconds * 1e6);
	while (now_us() < load->end) {
		uint64_t us = begin_requests(load);
		struct timespec wait = {0, (long)us * 1000};
		int n = epoll_pwait2(load->epoll, events, EVENTS, &wait, NULL);

		for (int i = 0; i < n; i++)
			on_readable(load, events[i].data.ptr);
		if (!measuring && now_us() >= load->measure_from) {
			measuring = true;
			cpu = cpu_seconds();
			load->bytes = 0;
		}
	}
	cpu = cpu_seconds() - cpu;
	(void)printf("rate=%.0f ", (double)load->done / load->options.seconds);
	latencies_print(&load->latencies);
	(void)printf(" mib_s=%.0f all=%llu errors=%llu load_cores=%.2f\n",
	    (double)load->bytes / load->options.seconds / 1048576,
	    (unsigned long long)load->all, (unsigned long long)load->errors,
	    cpu / load->options.seconds);
}

/* As people's connections are: idle, but not unused. */
static void
hold(struct load *load)
{
	struct epoll_event event;
	struct conn *c;

	load->end = UINT64_MAX;
	for (size_t i = 0; i < load->options.connections; i++) {
		if ((c = take_free(load)) == NULL)
			break;
		send_request(c);
		while (c->busy)
			if (epoll_wait(load->epoll, &event, 1, 1000) == 1)
				on_readable(load, event.data.ptr);
		/* To the end of the list, so that each has its turn. */
		load->free = c->next_free;
		c->next_free = NULL;
	}
	(void)printf("open\n");
	(void)fflush(stdout);
	while (getchar() != EOF)
		;
}

NO_RETURN static void
usage(void)
{
	(void)fputs("usage: bench-load [OPTION ...] get PATH | rename ACCOUNT "
		    "IDS | idle\n",
	    stderr);
	exit(2);
}

static void
take_options(struct options *o, int argc, char **argv)
{
	static const struct option names[] = {
	    {"port", required_argument, NULL, 'p'},
	    {"tls", no_argument, NULL, 's'},
	    {"token", required_argument, NULL, 't'},
	    {"connections", required_argument, NULL, 'c'},
	    {"seconds", required_argument, NULL, 'd'},
	    {"rate", required_argument, NULL, 'r'},
	    {"expect", required_argument, NULL, 'e'},
	    {NULL, 0, NULL, 0},
	};
	int c;

	*o = (struct options){.token = "none", .connections = 64, .seconds = 4};
	while ((c = getopt_long(argc, argv, "", names, NULL)) != -1) {
		switch (c) {
		case 'p':
			o->port = (int)bench_number(optarg);
			break;
		case 's':
			o->tls = true;
			break;
		case 't':
			o->token = optarg;
			break;
		case 'c':
			o->connections = bench_number(optarg);
			break;
		case 'd':
			o->seconds = (double)bench_number(optarg);
			break;
		case 'r':
			o->rate = (double)bench_number(optarg);
			break;
		case 'e':
			o->expect = optarg;
			break;
		default:
			usage();
		}
	}
	if (o->port == 0 || o->connections == 0)
		usage();
}

static void
make_plan(struct load *load, int argc, char **argv)
{
	if (argc == 2 && strcmp(argv[0], "get") == 0) {
		plan_gets(load, argv[1]);
	} else if (argc == 3 && strcmp(argv[0], "rename") == 0) {
		plan_renames(load, argv[1], argv[2]);
	} else if (argc == 1 && strcmp(argv[0], "idle") == 0) {
		load->options.idle = true;
		plan_gets(load, "/ready");
	} else {
		usage();
	}
}

int
main(int argc, char **argv)
{
	struct load load = {.epoll = epoll_create1(EPOLL_CLOEXEC)};

	take_options(&load.options, argc, argv);
	load.conns = calloc(load.options.connections, sizeof(*load.conns));
	load.buffer = malloc(READ_BYTES);
	load.tls = SSL_CTX_new(TLS_client_method());
	if (load.conns == NULL || load.buffer == NULL || load.tls == NULL)
		die("memory");
	make_plan(&load, argc - optind, argv + optind);
	for (size_t i = 0; i < load.options.connections; i++)
		connect_one(&load, &load.conns[i]);
	if (load.options.idle)
		hold(&load);
	else
		run(&load);
	/* The process ends: its memory and connections go with it. */
	return load.errors > 0;
}
