/*
 * A role that was taken over: started by the parent in the place of its
 * program, it enters no sandbox and hands its channel to the test that
 * started the parent, over a socket named by the parent's process. All that it
 * then does is the test's doing. It ends when it is killed, or the test ends.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum { PARENT_FD = 3 };

static int
send_channel(int to)
{
	union {
		struct cmsghdr align;
		char bytes[CMSG_SPACE(sizeof(int))];
	} control = {.bytes = {0}};
	pid_t pid = getpid();
	struct iovec iov = {&pid, sizeof(pid)};
	struct msghdr message = {.msg_iov = &iov,
	    .msg_iovlen = 1,
	    .msg_control = control.bytes,
	    .msg_controllen = sizeof(control.bytes)};
	struct cmsghdr *cmsg = CMSG_FIRSTHDR(&message);
	int fd = PARENT_FD;

	cmsg->cmsg_level = SOL_SOCKET;
	cmsg->cmsg_type = SCM_RIGHTS;
	cmsg->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(cmsg), &fd, sizeof(fd));
	return sendmsg(to, &message, 0) == (ssize_t)sizeof(pid) ? 0 : -1;
}

int
main(void)
{
	struct sockaddr_un name = {.sun_family = AF_UNIX};
	int test = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int n = snprintf(name.sun_path + 1, sizeof(name.sun_path) - 1,
	    "chancery-hostile-%d", (int)getppid());
	char byte;

	if (test < 0 ||
	    connect(test, (const struct sockaddr *)&name,
		(socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 +
			    (size_t)n)) < 0 ||
	    send_channel(test) < 0)
		return 1;
	(void)close(PARENT_FD);
	while (read(test, &byte, 1) > 0)
		;
	return 0;
}
