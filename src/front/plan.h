/*
 * What of some content a request asks for: its conditions and ranges (RFC 9110,
 * 13 and 14).
 */
#ifndef FRONT_PLAN_H
#define FRONT_PLAN_H

#include "wire/http.h"

struct plan {
	int status;          /* 200, 206, 304, 412, 416 */
	uint64_t first, end; /* bytes to be sent */
	bool body;
};

/* Of content with that entity tag (quotes included), time and size. */
struct plan plan_make(const struct http_head *head, struct slice etag,
    int64_t modified_ms, uint64_t size);

#endif
