#include "ipc/msg.h"

#include <errno.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"

enum {
	FROM_PARENT = 1 << ROLE_PARENT,
	FROM_FRONT = 1 << ROLE_FRONT,
	FROM_CORE = 1 << ROLE_CORE,
	FROM_KEEPER = 1 << ROLE_KEEPER,
	FROM_BLOBS = 1 << ROLE_BLOBS,
	FROM_ZYGOTE = 1 << ROLE_ZYGOTE,
	FROM_KIT = 1 << ROLE_KIT, /* the zygote's child, none of the parent's */
	/* What clients have no way to. */
	FROM_INNER = FROM_CORE | FROM_KEEPER | FROM_BLOBS | FROM_ZYGOTE,
	FROM_PEER = FROM_FRONT | FROM_INNER,
	FROM_ANY = FROM_PEER,
};

static const struct {
	const char *name;
	uint8_t from, to;
	uint32_t min, max;
	bool fd;
} defs[MSG_MAX] = {
#define MSG(number, name, from, to, min, max, fd) \
	[number] = {#name, FROM_##from, FROM_##to, min, max, fd},
#include "ipc/msg.def"
#undef MSG
};

const char *
role_name(enum role role)
{
	static const char *const names[ROLE_MAX] = {
	    [ROLE_NONE] = "none",
	    [ROLE_PARENT] = "parent",
	    [ROLE_FRONT] = "front",
	    [ROLE_CORE] = "core",
	    [ROLE_KEEPER] = "keeper",
	    [ROLE_BLOBS] = "blobs",
	    [ROLE_ZYGOTE] = "zygote",
	    [ROLE_KIT] = "kit",
	};

	return (unsigned)role < ROLE_MAX ? names[role] : "unknown";
}

const char *
msg_name(unsigned type)
{
	return type < MSG_MAX && defs[type].name != NULL ? defs[type].name
	                                                 : "?";
}

bool
msg_allowed(enum role from, enum role to, unsigned type, size_t length)
{
	if (type >= MSG_MAX || defs[type].name == NULL)
		return false;
	return (defs[type].from & 1 << from) && (defs[type].to & 1 << to) &&
	       length >= defs[type].min && length <= defs[type].max;
}

bool
msg_has_fd(unsigned type)
{
	return type < MSG_MAX && defs[type].fd;
}

/* Sends one message; the descriptor goes with its first byte. */
int
msg_write(
    int socket, enum msg_type type, uint64_t id, struct slice body, int fd)
{
	struct msg_header header = {
	    .length = (uint32_t)body.n, .type = (uint16_t)type, .id = id};
	union {
		struct cmsghdr align;
		char bytes[CMSG_SPACE(sizeof(int))];
	} control = {.bytes = {0}};
	struct iovec iov[2] = {
	    {&header, sizeof(header)}, {.iov_base = NULL, .iov_len = body.n}};
	struct msghdr message = {.msg_iov = iov, .msg_iovlen = 2};
	size_t left = sizeof(header) + body.n;
	struct cmsghdr *cmsg;
	ssize_t n;

	memcpy(&iov[1].iov_base, &body.p, sizeof(body.p));
	if (fd >= 0) {
		message.msg_control = control.bytes;
		message.msg_controllen = sizeof(control.bytes);
		cmsg = CMSG_FIRSTHDR(&message);
		cmsg->cmsg_level = SOL_SOCKET;
		cmsg->cmsg_type = SCM_RIGHTS;
		cmsg->cmsg_len = CMSG_LEN(sizeof(int));
		memcpy(CMSG_DATA(cmsg), &fd, sizeof(int));
	}
	do
		n = sendmsg(socket, &message, MSG_NOSIGNAL);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return error_from_errno(errno);
	/* The socket blocks: what is short was cut by a signal. */
	if ((size_t)n < sizeof(header))
		return E_IO;
	left -= (size_t)n;
	return file_write(socket, slice_from(body, body.n - left));
}

/* One descriptor at most comes with a message, and none of more stays open. */
static int
take_fds(struct msghdr *message, int *fd)
{
	int r = message->msg_flags & MSG_CTRUNC ? E_GRAMMAR : 0;

	for (struct cmsghdr *c = CMSG_FIRSTHDR(message); c != NULL;
	     c = CMSG_NXTHDR(message, c)) {
		size_t n = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);

		if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
			continue;
		for (size_t i = 0; i < n; i++) {
			if (*fd >= 0)
				r = E_GRAMMAR;
			fd_close(fd);
			memcpy(fd, CMSG_DATA(c) + i * sizeof(int), sizeof(int));
		}
	}
	return r;
}

static int
read_some(int socket, uint64_t until_ms, void *p, size_t n, int *fd)
{
	union {
		struct cmsghdr align;
		char bytes[CMSG_SPACE(sizeof(int))];
	} control;
	uint8_t *to = p;

	while (n > 0) {
		struct iovec iov = {to, n};
		struct msghdr message = {.msg_iov = &iov,
		    .msg_iovlen = 1,
		    .msg_control = control.bytes,
		    .msg_controllen = sizeof(control.bytes)};
		struct pollfd poll_fd = {.fd = socket, .events = POLLIN};
		uint64_t now = clock_boot_ms();
		ssize_t got;

		if (now >= until_ms ||
		    poll(&poll_fd, 1, (int)(until_ms - now)) == 0)
			return E_TIMEOUT;
		got = recvmsg(socket, &message, MSG_CMSG_CLOEXEC);
		if (got < 0 && (errno == EINTR || errno == EAGAIN))
			continue;
		if (got < 0)
			return error_from_errno(errno);
		if (got == 0)
			return E_CLOSED;
		if (take_fds(&message, fd) < 0)
			return E_GRAMMAR;
		to += got;
		n -= (size_t)got;
	}
	return 0;
}

int
msg_read(int socket, enum role from, enum role to, int ms, struct buf *body,
    struct msg *ret_msg)
{
	uint64_t until = clock_boot_ms() + (uint64_t)ms;
	struct msg_header header;
	AUTO_CLOSE int fd = -1;
	uint8_t *at;
	int r = read_some(socket, until, &header, sizeof(header), &fd);

	if (r < 0)
		return r;
	if (!msg_allowed(from, to, header.type, header.length) ||
	    header.zero != 0)
		return E_GRAMMAR;
	at = buf_room(body, header.length);
	if (at == NULL)
		return body->error;
	if ((r = read_some(socket, until, at, header.length, &fd)) < 0)
		return r;
	if (msg_has_fd(header.type) != (fd >= 0))
		return E_GRAMMAR;
	buf_added(body, header.length);
	*ret_msg = (struct msg){
	    header.type, header.id, slice_of(at, header.length), fd};
	fd = -1;
	return 0;
}
