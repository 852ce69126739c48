/*
 * A pack: the files of the web app in one, made at build time (packgen) and
 * served from memory as they stand here, compressed beforehand.
 *
 *	pack  = body, SHA-256 of the body
 *	body  = [PACK_VERSION, [asset ...]]                 CBOR, paths
 *ascending asset = [path, media type, SHA-256 of the file, the file, br, gzip]
 *
 * A coding that makes a file no smaller is empty. Equal files are equal packs.
 */
#ifndef WIRE_PACK_H
#define WIRE_PACK_H

#include "base/buf.h"
#include "base/hash.h"
#include "base/mem.h"
#include "base/slice.h"

enum {
	PACK_VERSION = 1,
	PACK_BYTES_MAX = 64 << 20,
	PACK_ASSETS_MAX = 4096,
	PACK_PATH_MAX = 200,
};

/*
 * The page that is the app, the one in whose frame it shows files, and the
 * folder of all that they load.
 */
#define PACK_INDEX "index.html"
#define PACK_PREVIEW "preview.html"
#define PACK_FOLDER "assets/"

enum pack_coding { PACK_PLAIN, PACK_BR, PACK_GZIP, PACK_CODINGS };

/* As HTTP names it: "identity", "br", "gzip". */
struct slice pack_coding_name(enum pack_coding coding);

struct pack_asset {
	struct slice path; /* "index.html", "assets/main-1a2b.js" */
	struct slice type;
	struct digest digest;             /* of the file as it is */
	struct slice bytes[PACK_CODINGS]; /* empty: that coding isn't there */
};

struct pack {
	const struct pack_asset *assets; /* by path, ascending */
	size_t n;
};

/*
 * PACK_INDEX, PACK_PREVIEW, or names below PACK_FOLDER, of letters, digits and
 * "-_." with no dot at the beginning: nothing that a URL would say in another
 * way.
 */
bool pack_path_ok(struct slice path);

/* Appends a pack of assets that are in their order. */
void pack_put(struct buf *buf, const struct pack_asset *assets, size_t n);

/*
 * Reads one. Its slices point into the bytes, its list stands in the arena.
 * E_DIGEST where it isn't whole, E_VERSION, E_LIMIT, E_SYNTAX where it isn't
 * what pack_put writes or has no PACK_INDEX, E_NOMEM.
 */
int pack_read(struct slice in, struct arena *arena, struct pack *ret_pack);

/* The asset of that path, or NULL. */
const struct pack_asset *pack_find(const struct pack *pack, struct slice path);

#endif
