/*
 * Whose page had a browser send a request (Fetch, 3.1; Fetch Metadata, 2.3):
 * what cookies alone can't tell.
 */
#ifndef FRONT_ORIGIN_H
#define FRONT_ORIGIN_H

#include "wire/http.h"

enum origin {
	ORIGIN_UNTOLD, /* no browser, or one that doesn't say */
	ORIGIN_OWN,
	ORIGIN_FOREIGN,
};

/*
 * Ours is what the request itself was sent to, and the host name of the
 * configuration, with the port of HTTPS and without: a proxy may stand before
 * us. `plain`: it came over the plain listener. Origin counts before
 * Sec-Fetch-Site, which must not gainsay it.
 */
enum origin origin_of(const struct http_head *head, bool plain,
    struct slice hostname, uint64_t https_port);

#endif
