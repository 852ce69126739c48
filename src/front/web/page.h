/*
 * The plain pages and what they load: written down at build time by pagegen out
 * of web/pages, and served from memory.
 */
#ifndef FRONT_WEB_PAGE_H
#define FRONT_WEB_PAGE_H

#include "base/base.h"

struct request;

/* What pages may ask a browser for; and how long it keeps what never changes.
 */
#define PAGE_PERMISSIONS                                   \
	"publickey-credentials-get=(self), "               \
	"publickey-credentials-create=(self), camera=(), " \
	"geolocation=(), microphone=(), payment=(), usb=()"
#define PAGE_FOR_GOOD "public, max-age=31536000, immutable"

struct page {
	const char *path; /* of an asset, with a digest of all of them */
	const char *type;
	const char *etag; /* with its quotes */
	const uint8_t *bytes;
	size_t n;
};

extern const struct page pages_all[];
extern const size_t pages_count;

/* Counts what was served without an operation. */
void page_count(struct request *request);

/* 404, counted. */
void page_not_found(struct request *request);

/*
 * Passkeys are for a name: who came by an address is sent to the same path at
 * our name, and false it is.
 */
bool page_is_at_our_name(struct request *request);

#endif
