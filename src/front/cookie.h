/*
 * The Cookie field (RFC 6265bis, 4.2.1 and 5.8). Of all that a browser keeps
 * for this host, one is ours; the others are other programs', and what they
 * hold is none of our business.
 */
#ifndef FRONT_COOKIE_H
#define FRONT_COOKIE_H

#include "wire/http.h"

enum { COOKIE_VALUE_MAX = 256 };

/*
 * The value of the cookie of that name, in all Cookie fields; .p is NULL where
 * there is none. E_SYNTAX where it stands there twice, or is no bare cookie
 * value of 1 to COOKIE_VALUE_MAX bytes.
 */
int cookie_get(
    const struct http_head *head, struct slice name, struct slice *ret_value);

#endif
