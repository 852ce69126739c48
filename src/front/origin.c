#include "front/origin.h"

#include <inttypes.h>
#include <stdio.h>

enum { ORIGIN_MAX = 300 };

static bool
is_equal(
    struct slice origin, const char *scheme, struct slice host, uint64_t port)
{
	char text[ORIGIN_MAX];
	int n =
	    snprintf(text, sizeof(text), "%s://%.*s", scheme, SLICE_ARG(host));

	if (port != 0 && n > 0 && (size_t)n < sizeof(text))
		n += snprintf(
		    text + n, sizeof(text) - (size_t)n, ":%" PRIu64, port);
	return n > 0 && (size_t)n < sizeof(text) &&
	       slice_eq_nocase(origin, slice_of(text, (size_t)n));
}

static bool
is_ours(const struct http_head *head, bool plain, struct slice hostname,
    uint64_t https_port, struct slice origin)
{
	if (is_equal(origin, plain ? "http" : "https", head->authority, 0))
		return true;
	return !plain && (is_equal(origin, "https", hostname, 0) ||
			     is_equal(origin, "https", hostname, https_port));
}

/* The only one of its name; .p is NULL where there is none or there are two. */
static struct slice
only(const struct http_head *head, struct slice name, bool *twice)
{
	size_t n = http_field_count(head, name);

	*twice = *twice || n > 1;
	return n == 1 ? http_field(head, name) : SLICE_NONE;
}

enum origin
origin_of(const struct http_head *head, bool plain, struct slice hostname,
    uint64_t https_port)
{
	bool twice = false;
	struct slice origin = only(head, SLICE("origin"), &twice),
		     site = only(head, SLICE("sec-fetch-site"), &twice);
	bool same = slice_eq(site, SLICE("same-origin"));

	if (twice)
		return ORIGIN_FOREIGN;
	/* "none": the person themself, by a bookmark or the address bar. */
	if (site.p != NULL && !same && !slice_eq(site, SLICE("none")))
		return ORIGIN_FOREIGN;
	if (origin.p != NULL)
		return is_ours(head, plain, hostname, https_port, origin)
		           ? ORIGIN_OWN
		           : ORIGIN_FOREIGN;
	return same ? ORIGIN_OWN : ORIGIN_UNTOLD;
}
