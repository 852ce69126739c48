/*
 * IP addresses as text: numbers only, without port or zone.
 */
#ifndef BASE_IP_H
#define BASE_IP_H

#include "base/base.h"
#include "base/slice.h"

enum { IP_TEXT = 46 }; /* the longest, and a NUL */

struct ip {
	size_t n; /* bytes: 4 or 16 */
	uint8_t b[16];
};

/* E_SYNTAX. */
int ip_parse(struct slice text, struct ip *ret_ip);

/* The one form of an address (RFC 5952). */
void ip_format(const struct ip *ip, char ret_text[static IP_TEXT]);

#endif
