#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/file.h"
#include "base/ip.h"
#include "base/log.h"
#include "parent/parent.h"

enum { BACKLOG = 1024 };

union address {
	struct sockaddr any;
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;
};

static int
parse(struct slice text, uint16_t port, union address *ret, socklen_t *ret_n)
{
	struct ip ip;
	int r = ip_parse(text, &ip);

	if (r < 0)
		return r;
	memset(ret, 0, sizeof(*ret));
	if (ip.n == sizeof(ret->v4.sin_addr)) {
		ret->v4.sin_family = AF_INET;
		ret->v4.sin_port = htons(port);
		memcpy(&ret->v4.sin_addr, ip.b, ip.n);
		*ret_n = sizeof(ret->v4);
	} else {
		ret->v6.sin6_family = AF_INET6;
		ret->v6.sin6_port = htons(port);
		memcpy(&ret->v6.sin6_addr, ip.b, ip.n);
		*ret_n = sizeof(ret->v6);
	}
	return 0;
}

static uint16_t
port_of(int fd)
{
	union address address;
	socklen_t n = sizeof(address);

	memset(&address, 0, sizeof(address));
	(void)getsockname(fd, &address.any, &n);
	return ntohs(address.any.sa_family == AF_INET ? address.v4.sin_port
						      : address.v6.sin6_port);
}

static int
bind_one(const union address *address, socklen_t n)
{
	int on = 1, fd = socket(address->any.sa_family,
			SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd < 0)
		return -1;
	(void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (address->any.sa_family == AF_INET6)
		(void)setsockopt(
		    fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on));
	if (bind(fd, &address->any, n) < 0 || listen(fd, BACKLOG) < 0) {
		int e = errno;

		fd_close(&fd);
		errno = e;
	}
	return fd;
}

/*
 * One address. *port 0 takes a free one, and says which. An address family that
 * the machine doesn't have is no error.
 */
static int
open_one(struct parent *parent, enum listener_kind kind, struct slice text,
    uint16_t *port)
{
	union address address;
	socklen_t n;
	int fd;

	if (parse(text, *port, &address, &n) < 0) {
		log_error("parent.listen", log_slice(K_ADDRESS, text),
		    log_str(K_TEXT, "this is no IP address"));
		return E_CONFIG;
	}
	fd = bind_one(&address, n);
	if (fd < 0 && (errno == EAFNOSUPPORT || errno == EADDRNOTAVAIL)) {
		log_info("parent.listen_skipped", log_slice(K_ADDRESS, text));
		return 0;
	}
	if (fd < 0) {
		log_error("parent.listen", log_slice(K_ADDRESS, text),
		    log_u64(K_PORT, *port),
		    log_str(
			K_TEXT, errno == EADDRINUSE ? "the port is taken"
				: errno == EACCES
				    ? "not allowed; ports below 1024 need root"
				    : "it can't be opened"));
		return E_IO;
	}
	if (parent->n_listeners == ROLE_LISTENERS_MAX) {
		fd_close(&fd);
		return E_LIMIT;
	}
	*port = port_of(fd);
	parent->listeners[parent->n_listeners++] = (struct listener){kind, fd};
	return 0;
}

static int
open_all(struct parent *parent, enum listener_kind kind, struct slice list,
    uint16_t *port)
{
	int r = 0;

	while (list.n > 0 && r == 0) {
		struct slice address;

		(void)slice_cut(&list, ' ', &address);
		if (address.n > 0)
			r = open_one(parent, kind, address, port);
	}
	return r;
}

int
listen_open(struct parent *parent)
{
	const struct config *config = &parent->config;
	bool local = config_is_local(config);
	struct slice list = slice_str(config->listen);
	int r;

	if (list.n == 0)
		list = local ? SLICE("127.0.0.1 ::1") : SLICE("0.0.0.0 ::");
	parent->https_port = (uint16_t)config->https_port;
	parent->http_port = (uint16_t)config->http_port;
	r = open_all(parent, LISTENER_HTTPS, list, &parent->https_port);
	if (r < 0 || !local)
		return r;
	return open_all(parent, LISTENER_HTTP_LOCAL, SLICE("127.0.0.1 ::1"),
	    &parent->http_port);
}

void
listen_close(struct parent *parent)
{
	while (parent->n_listeners > 0)
		fd_close(&parent->listeners[--parent->n_listeners].fd);
}
