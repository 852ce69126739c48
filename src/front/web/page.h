/*
 * The plain pages and what they load: written down at build time by pagegen out
 * of web/pages, and served from memory.
 */
#ifndef FRONT_WEB_PAGE_H
#define FRONT_WEB_PAGE_H

#include "base/base.h"

struct page {
	const char *path; /* of an asset, with a digest of all of them */
	const char *type;
	const char *etag; /* with its quotes */
	const uint8_t *bytes;
	size_t n;
};

extern const struct page pages_all[];
extern const size_t pages_count;

#endif
