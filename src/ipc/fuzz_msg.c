/*
 * Fuzz target: a channel's bytes. The first byte says between whom, the second
 * where the bytes are cut in two and how many descriptors come with the second
 * part. Nothing is told that msg.def does not let pass, none of it differs by
 * where it was cut, and no descriptor stays open.
 */
#include <fcntl.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/file.h"
#include "ipc/channel.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { OUT_MAX = 1 << 22, SOCKET_MAX = 1 << 16, FDS_SENT_MAX = 3 };

struct end {
	enum role self, peer;
	struct channel *channel;
	struct buf told; /* all messages */
	int why;
};

static void
on_message(void *arg, struct channel *channel UNUSED, struct msg *msg)
{
	struct end *end = arg;

	BUG_ON(end->why != 0);
	BUG_ON(!msg_allowed(end->peer, end->self, msg->type, msg->body.n));
	BUG_ON(msg_has_fd(msg->type) != (msg->fd >= 0));
	BUG_ON(msg->fd >= 0 && fcntl(msg->fd, F_GETFD) != FD_CLOEXEC);
	buf_printf(
	    &end->told, "%u %llu ", msg->type, (unsigned long long)msg->id);
	buf_put_slice(&end->told, msg->body);
	fd_close(&msg->fd);
}

static void
on_broken(void *arg, struct channel *channel UNUSED, int why)
{
	struct end *end = arg;

	BUG_ON(end->why != 0);
	end->why = why;
}

static const struct channel_handlers handlers = {
    .message = on_message, .broken = on_broken};

static void
send_part(int socket, struct slice part, size_t n_fds)
{
	union {
		struct cmsghdr align;
		char bytes[CMSG_SPACE(FDS_SENT_MAX * sizeof(int))];
	} control = {.bytes = {0}};
	struct iovec iov = {.iov_len = part.n};
	struct msghdr message = {.msg_iov = &iov, .msg_iovlen = 1};
	int fds[FDS_SENT_MAX] = {socket, socket, socket};
	struct cmsghdr *cmsg;

	if (part.n == 0)
		return;
	memcpy(&iov.iov_base, &part.p, sizeof(part.p));
	if (n_fds > 0) {
		message.msg_control = control.bytes;
		message.msg_controllen = CMSG_SPACE(n_fds * sizeof(int));
		cmsg = CMSG_FIRSTHDR(&message);
		BUG_ON(cmsg == NULL);
		cmsg->cmsg_level = SOL_SOCKET;
		cmsg->cmsg_type = SCM_RIGHTS;
		cmsg->cmsg_len = CMSG_LEN(n_fds * sizeof(int));
		memcpy(CMSG_DATA(cmsg), fds, n_fds * sizeof(int));
	}
	BUG_ON(sendmsg(socket, &message, MSG_NOSIGNAL) != (ssize_t)part.n);
}

/* One round reads what was sent; a pipe to nowhere needs no waiting. */
static void
feed(struct loop *loop, struct end *end, int peer, struct slice part,
    size_t n_fds)
{
	if (end->why != 0)
		return;
	send_part(peer, part, n_fds);
	for (int i = 0; i < 3 && end->why == 0; i++)
		BUG_ON(loop_once(loop, 0) < 0);
}

static void
run(struct end *end, struct slice in, size_t cut, size_t n_fds)
{
	struct loop *loop;
	int sockets[2];

	BUG_ON(loop_new(&loop) < 0 ||
	       socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sockets) < 0);
	end->told = BUF(OUT_MAX);
	BUG_ON(channel_new(loop, sockets[1], end->self,
		   (struct peer){.role = end->peer}, &handlers, end,
		   &end->channel) < 0);
	feed(loop, end, sockets[0], slice_first(in, cut), 0);
	feed(loop, end, sockets[0], slice_from(in, cut), n_fds);
	channel_free(&end->channel);
	fd_close(&sockets[0]);
	BUG_ON(loop_once(loop, 0) < 0);
	loop_free(&loop);
}

static int
next_fd(void)
{
	int fd = dup(STDIN_FILENO), is = fd;

	fd_close(&fd);
	return is;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice in = slice_of(data, size);
	struct end whole, split;
	size_t cut, n_fds;
	int before = next_fd();

	if (size < 2 || size > SOCKET_MAX)
		return 0;
	whole = (struct end){.self = data[0] % 8, .peer = data[0] / 8 % 8};
	split = whole;
	in = slice_from(in, 2);
	n_fds = data[1] & FDS_SENT_MAX;
	cut = in.n > 0 ? (data[1] >> 2) * in.n / 63 : 0;
	run(&whole, in, 0, n_fds);
	/* Descriptors come with the first byte of a part: only without them
	 * does it not matter where that is. */
	run(&split, in, cut, n_fds);
	if (n_fds == 0) {
		BUG_ON(whole.why != split.why);
		BUG_ON(
		    !slice_eq(buf_slice(&whole.told), buf_slice(&split.told)));
	}
	buf_free(&whole.told);
	buf_free(&split.told);
	BUG_ON(next_fd() != before);
	return 0;
}
