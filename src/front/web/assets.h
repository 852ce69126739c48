/*
 * The web app's files, in memory that the parent sealed: served from where they
 * stand. It has two kinds of owner: the front, until it gets another app, and
 * each request that is being answered out of it.
 */
#ifndef FRONT_WEB_ASSETS_H
#define FRONT_WEB_ASSETS_H

#include "wire/pack.h"

struct assets;

/*
 * Maps the memory behind a descriptor, which stays the caller's, and reads the
 * pack in it; NULL where it is empty. E_IO, or what pack_read says.
 */
int assets_new(int fd, struct assets **ret_assets);

/* One more owner, and one less: the last frees them. NULL is no assets. */
struct assets *assets_hold(struct assets *assets);
void assets_release(struct assets **assets);

/* The file of that path in the pack, or NULL; of no assets, too. */
const struct pack_asset *
assets_find(const struct assets *assets, struct slice path);

#endif
