/*
 * bench-revoke PORT TOKEN OPERATION PEOPLE SESSIONS: so many people sign in by
 * a passkey, so many sessions each; each session follows its events over a
 * connection of its own. Then one request does the operation
 * (session.revoke_all or principal.suspend) to all the people, and what is told
 * is how long after it was sent the end of each stream came. Prints one line of
 * NAME=VALUE.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/base.h"
#include "base/buf.h"
#include "bench.h"
#include "person.h"

enum {
	PEOPLE_MAX = 32, /* calls of one request */
	HEAD_MAX = 4096,
	PATIENCE_MS = 30000 /* without any end: it hangs */
};

struct bench {
	struct client client;
	int epoll;
	size_t n, left;
	int *streams; /* their connections */
	struct latencies latencies;
};

NO_RETURN static void
die(const char *what)
{
	(void)fprintf(stderr, "bench-revoke: %s: %s\n", what, strerror(errno));
	exit(1);
}

static void
raise_limit(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
		die("limit");
	limit.rlim_cur = limit.rlim_max;
	(void)setrlimit(RLIMIT_NOFILE, &limit);
}

/* ---- streams ---------------------------------------------------------------
 */

static void
open_stream(struct bench *bench, const char *secret)
{
	struct sockaddr_in to = {.sin_family = AF_INET,
	    .sin_port = htons((uint16_t)bench->client.port),
	    .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int *fd = &bench->streams[bench->n++];
	struct epoll_event event = {.events = EPOLLIN, .data.ptr = fd};
	char request[400], head[HEAD_MAX];
	ssize_t n;
	int length = snprintf(request, sizeof(request),
	    "GET /jmap/events?types=*&closeafter=no&ping=0 HTTP/1.1\r\n"
	    "Host: localhost:%d\r\nAuthorization: Bearer %s\r\n\r\n",
	    bench->client.port, secret);

	*fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (*fd < 0 || connect(*fd, (struct sockaddr *)&to, sizeof(to)) < 0)
		die("connect");
	if (send(*fd, request, (size_t)length, 0) != length)
		die("send");
	n = recv(*fd, head, sizeof(head) - 1, 0);
	if (n <= 0)
		die("no stream");
	head[n] = '\0';
	if (strncmp(head, "HTTP/1.1 200", 12) != 0) {
		(void)fprintf(stderr, "bench-revoke: %s\n", head);
		exit(1);
	}
	(void)fcntl(*fd, F_SETFL, O_NONBLOCK);
	if (epoll_ctl(bench->epoll, EPOLL_CTL_ADD, *fd, &event) < 0)
		die("epoll");
}

static void
open_all(struct bench *bench, struct person *person, size_t sessions)
{
	char secret[SECRET_TEXT];

	for (size_t i = 0; i < sessions; i++) {
		person_sign_in(person, &bench->client, secret);
		open_stream(bench, secret);
	}
}

/* Ended in good order, or with its connection. */
static void
on_readable(struct bench *bench, int *fd, uint64_t since)
{
	static const char end[] = "0\r\n\r\n";
	const size_t n_end = sizeof(end) - 1;
	char bytes[HEAD_MAX];
	ssize_t n = recv(*fd, bytes, sizeof(bytes), 0);

	if ((n < 0 && errno == EAGAIN) ||
	    (n > 0 && ((size_t)n < n_end ||
			  memcmp(bytes + n - n_end, end, n_end) != 0)))
		return;
	latencies_add(&bench->latencies, now_us() - since);
	bench->left--;
	(void)close(*fd);
}

static void
await_ends(struct bench *bench, uint64_t since)
{
	enum { EVENTS = 256 };
	struct epoll_event events[EVENTS];

	while (bench->left > 0) {
		int n = epoll_wait(bench->epoll, events, EVENTS, PATIENCE_MS);

		if (n == 0) {
			(void)fprintf(stderr,
			    "bench-revoke: %zu streams live on\n", bench->left);
			exit(1);
		}
		for (int i = 0; i < n; i++)
			on_readable(bench, events[i].data.ptr, since);
	}
}

/* ---- the run ---------------------------------------------------------------
 */

struct request {
	struct client *client;
	const char *token, *calls;
	uint64_t answered;
};

static void *
send_request(void *arg)
{
	struct request *request = arg;

	(void)client_calls(request->client, request->token, request->calls);
	request->answered = now_us();
	return NULL;
}

static void
end_all(struct bench *bench, struct request *request)
{
	uint64_t begin;
	pthread_t thread;

	bench->left = bench->n;
	begin = now_us();
	if (pthread_create(&thread, NULL, send_request, request) != 0)
		die("thread");
	await_ends(bench, begin);
	(void)pthread_join(thread, NULL);
	(void)printf("streams=%zu answered_ms=%.1f ", bench->n,
	    (double)(request->answered - begin) / 1000.0);
	latencies_print(&bench->latencies);
	(void)printf("\n");
}

int
main(int argc, char **argv)
{
	struct bench bench = {.epoll = epoll_create1(EPOLL_CLOEXEC)};
	struct buf calls = BUF(1 << 20);
	struct request request;
	struct person person;
	uint64_t people, sessions;
	char login[64];

	if (argc != 6 || (people = bench_number(argv[4])) > PEOPLE_MAX) {
		(void)fputs("usage: bench-revoke PORT TOKEN OPERATION PEOPLE "
			    "SESSIONS\n",
		    stderr);
		return 2;
	}
	sessions = bench_number(argv[5]);
	raise_limit();
	bench.streams = calloc(people * sessions, sizeof(*bench.streams));
	if (bench.streams == NULL)
		die("memory");
	client_open(&bench.client, (int)bench_number(argv[1]), NULL);
	for (uint64_t i = 0; i < people; i++) {
		(void)snprintf(login, sizeof(login), "follower-%s-%llu",
		    argv[3], (unsigned long long)i);
		person_enrol(&person, &bench.client, argv[2], login);
		buf_printf(&calls,
		    "%s[\"%s\",{\"objects\":[{\"principal\":\"%s\"}]},\"%"
		    "llu\"]",
		    i > 0 ? "," : "", argv[3], person.id,
		    (unsigned long long)i);
		open_all(&bench, &person, sessions);
		person_free(&person);
	}
	buf_put_u8(&calls, '\0');
	request =
	    (struct request){&bench.client, argv[2], (const char *)calls.p, 0};
	end_all(&bench, &request);
	client_close(&bench.client);
	return 0;
}
