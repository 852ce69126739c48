#include "wire/pack.h"

#include <stdlib.h>

#include "wire/cbor.h"
#include "wire/http.h"

enum { ASSET_FIELDS = 3 + PACK_CODINGS };

struct slice
pack_coding_name(enum pack_coding coding)
{
	return coding == PACK_BR     ? SLICE("br")
	       : coding == PACK_GZIP ? SLICE("gzip")
	                             : SLICE("identity");
}

static bool
name_ok(struct slice name)
{
	for (size_t i = 0; i < name.n; i++) {
		uint8_t c = name.p[i];

		if ((c < 'a' || c > 'z') && (c < 'A' || c > 'Z') &&
		    (c < '0' || c > '9') && c != '-' && c != '_' && c != '.')
			return false;
	}
	return name.n > 0 && name.p[0] != '.';
}

bool
pack_path_ok(struct slice path)
{
	struct slice name;
	bool more = true;

	if (slice_eq(path, SLICE(PACK_INDEX)) ||
	    slice_eq(path, SLICE(PACK_PREVIEW)))
		return true;
	if (path.n > PACK_PATH_MAX || !slice_starts(path, SLICE(PACK_FOLDER)))
		return false;
	while (more) {
		more = slice_cut(&path, '/', &name);
		if (!name_ok(name))
			return false;
	}
	return true;
}

void
pack_put(struct buf *buf, const struct pack_asset *assets, size_t n)
{
	size_t start = buf->n;
	struct digest digest;

	cbor_put_array(buf, 2);
	cbor_put_uint(buf, PACK_VERSION);
	cbor_put_array(buf, n);
	for (size_t i = 0; i < n; i++) {
		cbor_put_array(buf, ASSET_FIELDS);
		cbor_put_text(buf, assets[i].path);
		cbor_put_text(buf, assets[i].type);
		cbor_put_bytes(buf, digest_slice(&assets[i].digest));
		for (size_t k = 0; k < PACK_CODINGS; k++)
			cbor_put_bytes(buf, assets[i].bytes[k]);
	}
	digest = sha256(slice_from(buf_slice(buf), start));
	buf_put_slice(buf, digest_slice(&digest));
}

static int
read_asset(struct cbor_reader *r, struct pack_asset *asset)
{
	struct slice digest;

	if (cbor_get_array(r) != ASSET_FIELDS)
		return E_SYNTAX;
	asset->path = cbor_get_text(r);
	asset->type = cbor_get_text(r);
	digest = cbor_get_bytes(r);
	for (size_t i = 0; i < PACK_CODINGS; i++)
		asset->bytes[i] = cbor_get_bytes(r);
	if (r->error != 0 || !pack_path_ok(asset->path) ||
	    !http_media_type_ok(asset->type))
		return E_SYNTAX;
	asset->digest = sha256(asset->bytes[PACK_PLAIN]);
	if (!slice_eq(digest, digest_slice(&asset->digest)))
		return E_SYNTAX;
	/* What is coded is smaller, or it would not be there. */
	for (size_t i = PACK_PLAIN + 1; i < PACK_CODINGS; i++)
		if (asset->bytes[i].n > 0 &&
		    asset->bytes[i].n >= asset->bytes[PACK_PLAIN].n)
			return E_SYNTAX;
	return 0;
}

static int
read_assets(struct cbor_reader *r, struct arena *arena, struct pack *pack)
{
	struct pack_asset *assets;
	size_t n = cbor_get_array(r);
	int e;

	if (n > PACK_ASSETS_MAX)
		return E_LIMIT;
	assets = arena_alloc(arena, MAX(n, 1) * sizeof(*assets));
	if (assets == NULL)
		return E_NOMEM;
	for (size_t i = 0; i < n; i++) {
		if ((e = read_asset(r, &assets[i])) < 0)
			return e;
		if (i > 0 && slice_cmp(assets[i - 1].path, assets[i].path) >= 0)
			return E_SYNTAX;
	}
	*pack = (struct pack){assets, n};
	return cbor_end(r);
}

int
pack_read(struct slice in, struct arena *arena, struct pack *ret_pack)
{
	struct slice body, tail;
	struct cbor_reader r;
	struct digest digest;
	struct pack pack;
	uint64_t version;
	int e;

	if (in.n > PACK_BYTES_MAX)
		return E_LIMIT;
	if (in.n <= SHA256_BYTES)
		return E_DIGEST;
	body = slice_first(in, in.n - SHA256_BYTES);
	tail = slice_from(in, body.n);
	digest = sha256(body);
	if (!slice_eq(tail, digest_slice(&digest)))
		return E_DIGEST;
	r = cbor_reader(body);
	if (cbor_get_array(&r) != 2)
		return E_SYNTAX;
	version = cbor_get_uint(&r);
	if (r.error != 0)
		return E_SYNTAX;
	if (version != PACK_VERSION)
		return E_VERSION;
	if ((e = read_assets(&r, arena, &pack)) < 0)
		return e;
	if (pack_find(&pack, SLICE(PACK_INDEX)) == NULL)
		return E_SYNTAX;
	*ret_pack = pack;
	return 0;
}

static int
compare(const void *key, const void *member)
{
	const struct slice *path = key;
	const struct pack_asset *asset = member;

	return slice_cmp(*path, asset->path);
}

const struct pack_asset *
pack_find(const struct pack *pack, struct slice path)
{
	return pack->n == 0 ? NULL
	                    : bsearch(&path, pack->assets, pack->n,
				  sizeof(*pack->assets), compare);
}
