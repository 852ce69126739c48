#include "ipc/channel.h"

#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/file.h"
#include "base/log.h"
#include "base/mem.h"

enum {
	OUT_MAX = 256 << 20, /* beyond this a peer is as good as dead */
	IN_MAX = MSG_BODY_MAX + sizeof(struct msg_header),
	READ_BYTES = 256 << 10,
	FDS_MAX = 64, /* received, for messages that have not come whole */
	OUT_FDS_MAX = 16384, /* a role may have no more open */
};

/* A descriptor that goes with the byte at this place of the stream. */
struct out_fd {
	uint64_t place;
	int fd;
};

struct channel {
	struct loop *loop;
	struct loop_watch watch;
	struct loop_task flush, release;
	bool flush_due, dead, paused, told;
	enum role self;
	struct peer peer;
	const struct channel_handlers *handlers;
	void *arg;

	struct buf out;
	size_t out_sent;    /* of out, already gone */
	uint64_t out_base;  /* place in the stream of out's first byte */
	struct buf out_fds; /* struct out_fd each */

	struct buf in;
	int in_fds[FDS_MAX];
	size_t n_in_fds;
};

static void on_ready(void *arg, uint32_t events);
static void on_flush(void *arg);

static void
on_release(void *arg)
{
	struct channel *ch = arg;

	buf_free(&ch->out);
	buf_free(&ch->out_fds);
	buf_free(&ch->in);
	mem_free(ch);
}

int
channel_new(struct loop *loop, int socket, enum role self, struct peer peer,
    const struct channel_handlers *handlers, void *arg,
    struct channel **ret_channel)
{
	struct channel *ch = mem_alloc(sizeof(*ch));
	int r;

	if (ch == NULL) {
		fd_close(&socket);
		return E_NOMEM;
	}
	*ch = (struct channel){.loop = loop,
	    .watch = {.fd = socket, .ready = on_ready, .arg = ch},
	    .flush = {.run = on_flush, .arg = ch},
	    .release = {.run = on_release, .arg = ch},
	    .self = self,
	    .peer = peer,
	    .handlers = handlers,
	    .arg = arg,
	    .out = BUF(OUT_MAX),
	    .out_fds = BUF(OUT_FDS_MAX * sizeof(struct out_fd)),
	    .in = BUF(IN_MAX + READ_BYTES)};
	r = loop_watch(loop, &ch->watch, EPOLLIN);
	if (r < 0) {
		fd_close(&socket);
		mem_free(ch);
		return r;
	}
	*ret_channel = ch;
	return 0;
}

/* The first descriptor that waits to leave, or NULL. */
static struct out_fd *
first_fd(struct channel *ch)
{
	return ch->out_fds.n > 0 ? (void *)ch->out_fds.p : NULL;
}

/* It has left, or never will. */
static void
drop_first_fd(struct channel *ch)
{
	fd_close(&first_fd(ch)->fd);
	buf_consume(&ch->out_fds, sizeof(struct out_fd));
}

void
channel_free(struct channel **channel)
{
	struct channel *ch = *channel;

	if (ch == NULL)
		return;
	*channel = NULL;
	ch->dead = true;
	loop_unwatch(ch->loop, &ch->watch);
	fd_close(&ch->watch.fd);
	while (first_fd(ch) != NULL)
		drop_first_fd(ch);
	for (size_t i = 0; i < ch->n_in_fds; i++)
		fd_close(&ch->in_fds[i]);
	ch->n_in_fds = 0;
	loop_defer(ch->loop, &ch->release);
}

const struct peer *
channel_peer(const struct channel *channel)
{
	return &channel->peer;
}

void
channel_hold_secrets(struct channel *channel)
{
	channel->out.wipes = true;
	channel->in.wipes = true;
}

size_t
channel_waiting(const struct channel *channel)
{
	return channel->out.n - channel->out_sent;
}

static void
rewatch(struct channel *ch)
{
	uint32_t events = 0;

	if (ch->dead || ch->told)
		return;
	if (!ch->paused)
		events |= EPOLLIN;
	if (channel_waiting(ch) > 0)
		events |= EPOLLOUT;
	(void)loop_watch(ch->loop, &ch->watch, events);
}

void
channel_pause(struct channel *channel, bool on)
{
	channel->paused = on;
	rewatch(channel);
}

/* Tells the owner once; afterwards the channel only waits to be freed. */
static void
broken(struct channel *ch, int why)
{
	if (ch->told || ch->dead)
		return;
	ch->told = true;
	loop_unwatch(ch->loop, &ch->watch);
	ch->handlers->broken(ch->arg, ch, why);
}

/* ---- sending ----------------------------------------------------------- */

static void
flush_soon(struct channel *ch)
{
	if (ch->flush_due)
		return;
	ch->flush_due = true;
	loop_defer(ch->loop, &ch->flush);
}

/* The descriptor goes with the next byte that is queued. */
static void
queue_fd(struct channel *ch, int fd)
{
	const struct out_fd out = {ch->out_base + ch->out.n, fd};

	buf_put(&ch->out_fds, &out, sizeof(out));
	if (ch->out_fds.error == 0)
		return;
	fd_close(&fd);
	ch->out.error = ch->out_fds.error;
}

void
channel_send_fd(struct channel *ch, enum msg_type type, uint64_t id,
    struct slice body, int fd)
{
	struct msg_header header = {
	    .length = (uint32_t)body.n, .type = (uint16_t)type, .id = id};

	BUG_ON(!msg_allowed(ch->self, ch->peer.role, type, body.n));
	BUG_ON(msg_has_fd(type) != (fd >= 0));
	if (ch->dead || ch->told) {
		fd_close(&fd);
		return;
	}
	if (fd >= 0)
		queue_fd(ch, fd);
	buf_put(&ch->out, &header, sizeof(header));
	buf_put_slice(&ch->out, body);
	flush_soon(ch);
}

void
channel_send(
    struct channel *ch, enum msg_type type, uint64_t id, struct slice body)
{
	channel_send_fd(ch, type, id, body, -1);
}

/* Sends up to the next place that has a descriptor, or from it. */
static ssize_t
send_some(struct channel *ch)
{
	uint64_t at = ch->out_base + ch->out_sent;
	size_t n = channel_waiting(ch);
	union {
		struct cmsghdr align;
		char bytes[CMSG_SPACE(sizeof(int))];
	} control = {.bytes = {0}};
	struct iovec iov = {.iov_base = ch->out.p + ch->out_sent};
	struct msghdr message = {.msg_iov = &iov, .msg_iovlen = 1};
	struct out_fd *fd = first_fd(ch), *next = fd;
	struct cmsghdr *cmsg;
	ssize_t sent;

	if (fd != NULL && fd->place == at) {
		message.msg_control = control.bytes;
		message.msg_controllen = sizeof(control.bytes);
		cmsg = CMSG_FIRSTHDR(&message);
		cmsg->cmsg_level = SOL_SOCKET;
		cmsg->cmsg_type = SCM_RIGHTS;
		cmsg->cmsg_len = CMSG_LEN(sizeof(int));
		memcpy(CMSG_DATA(cmsg), &fd->fd, sizeof(int));
		next = ch->out_fds.n > sizeof(*fd) ? fd + 1 : NULL;
	}
	if (next != NULL)
		n = MIN(n, (size_t)(next->place - at));
	iov.iov_len = n;
	sent = sendmsg(ch->watch.fd, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
	if (sent > 0 && message.msg_control != NULL)
		drop_first_fd(ch);
	return sent;
}

static void
flush(struct channel *ch)
{
	if (ch->out.error != 0) {
		broken(ch, ch->out.error);
		return;
	}
	while (channel_waiting(ch) > 0) {
		ssize_t n = send_some(ch);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == EAGAIN)
			break;
		if (n < 0) {
			broken(ch, E_CLOSED);
			return;
		}
		ch->out_sent += (size_t)n;
	}
	if (channel_waiting(ch) == 0) {
		ch->out_base += ch->out.n;
		ch->out_sent = 0;
		buf_clear(&ch->out);
		/* A burst's memory is given back. */
		if (ch->out.cap > 4 * READ_BYTES)
			buf_free(&ch->out);
		if (ch->handlers->drained != NULL)
			ch->handlers->drained(ch->arg, ch);
	} else if (ch->out_sent > ch->out.n / 2) {
		ch->out_base += ch->out_sent;
		buf_consume(&ch->out, ch->out_sent);
		ch->out_sent = 0;
	}
	rewatch(ch);
}

static void
on_flush(void *arg)
{
	struct channel *ch = arg;

	ch->flush_due = false;
	if (!ch->dead && !ch->told)
		flush(ch);
}

/* ---- receiving --------------------------------------------------------- */

/* Takes the descriptors of a received message; true where they fit. */
static bool
take_fds(struct channel *ch, struct msghdr *message)
{
	bool fit = !(message->msg_flags & MSG_CTRUNC);

	for (struct cmsghdr *c = CMSG_FIRSTHDR(message); c != NULL;
	     c = CMSG_NXTHDR(message, c)) {
		size_t n = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);

		if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
			continue;
		for (size_t i = 0; i < n; i++) {
			int fd;

			memcpy(
			    &fd, CMSG_DATA(c) + i * sizeof(int), sizeof(int));
			if (ch->n_in_fds < FDS_MAX) {
				ch->in_fds[ch->n_in_fds++] = fd;
			} else {
				fd_close(&fd);
				fit = false;
			}
		}
	}
	return fit;
}

static int
take_fd(struct channel *ch)
{
	int fd = ch->in_fds[0];

	ch->n_in_fds--;
	memmove(
	    ch->in_fds, ch->in_fds + 1, ch->n_in_fds * sizeof(ch->in_fds[0]));
	return fd;
}

/* One message off the front of `in`: its length, 0 for more, or E_GRAMMAR. */
static ssize_t
dispatch(struct channel *ch, struct slice in)
{
	struct msg_header header;
	struct msg msg = {.fd = -1};
	size_t n_fds;

	if (in.n < sizeof(header))
		return 0;
	memcpy(&header, in.p, sizeof(header));
	if (header.zero != 0 ||
	    !msg_allowed(ch->peer.role, ch->self, header.type, header.length))
		return E_GRAMMAR;
	if (in.n - sizeof(header) < header.length)
		return 0;
	n_fds = msg_has_fd(header.type) ? 1 : 0;
	/* What came with no message to go with is not kept for a later one. */
	if (ch->n_in_fds < n_fds ||
	    (ch->n_in_fds > n_fds && in.n - sizeof(header) == header.length))
		return E_GRAMMAR;
	if (n_fds > 0)
		msg.fd = take_fd(ch);
	msg.type = header.type;
	msg.id = header.id;
	msg.body = slice_of(in.p + sizeof(header), header.length);
	ch->handlers->message(ch->arg, ch, &msg);
	return (ssize_t)(sizeof(header) + header.length);
}

static void
dispatch_all(struct channel *ch)
{
	size_t done = 0;

	while (!ch->dead && !ch->told) {
		ssize_t n = dispatch(ch, slice_from(buf_slice(&ch->in), done));

		if (n < 0) {
			log_error("ipc.grammar",
			    log_str(K_PEER, role_name(ch->peer.role)));
			broken(ch, E_GRAMMAR);
			return;
		}
		if (n == 0)
			break;
		done += (size_t)n;
	}
	buf_consume(&ch->in, done);
	if (ch->in.n == 0 && ch->in.cap > 4 * READ_BYTES)
		buf_free(&ch->in);
}

static void
receive(struct channel *ch)
{
	char control[CMSG_SPACE(FDS_MAX * sizeof(int))];
	struct iovec iov = {.iov_len = READ_BYTES};
	struct msghdr message = {.msg_iov = &iov,
	    .msg_iovlen = 1,
	    .msg_control = control,
	    .msg_controllen = sizeof(control)};
	ssize_t n;

	iov.iov_base = buf_room(&ch->in, READ_BYTES);
	if (iov.iov_base == NULL) {
		broken(ch, ch->in.error);
		return;
	}
	n = recvmsg(ch->watch.fd, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0) {
		broken(ch, E_CLOSED);
		return;
	}
	buf_added(&ch->in, (size_t)n);
	if (!take_fds(ch, &message)) {
		broken(ch, E_GRAMMAR);
		return;
	}
	dispatch_all(ch);
}

static void
on_ready(void *arg, uint32_t events)
{
	struct channel *ch = arg;

	if (events & EPOLLOUT)
		flush(ch);
	if (!ch->dead && !ch->told &&
	    (events & (EPOLLIN | EPOLLHUP | EPOLLERR)))
		receive(ch);
}
