/*
 * Whose request it is where reverse proxies stand between: X-Forwarded-For, to
 * which each proxy appends the address that it was asked from. All but what a
 * trusted proxy has appended is the client's own word.
 */
#ifndef FRONT_FORWARDED_H
#define FRONT_FORWARDED_H

#include "base/ip.h"
#include "wire/http.h"

struct forwarded {
	char address[IP_TEXT]; /* in its one canonical form */
	bool claimed;          /* a proxy said so */
};

/*
 * The peer's own address or, where that is one of the proxies (addresses apart
 * by spaces), the last entry that is not such a proxy itself. Where an entry is
 * no IP address, the proxy that appended it is all that is known.
 */
void forwarded_client(const struct http_head *head, struct slice peer,
    struct slice proxies, struct forwarded *ret_client);

#endif
