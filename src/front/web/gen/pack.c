/*
 * packgen OUT FOLDER: packs the built web app (wire/pack.h): its pages and all
 * below assets/. What the server would not serve, or under no type, is an
 * error: a build leaves nothing out without a word.
 *
 * Files are compressed as hard as it goes, once, here: a server never does it.
 */
#include <brotli/encode.h>
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include "base/file.h"
#include "wire/pack.h"

enum { FILE_MAX = 32 << 20, DEPTH_MAX = 8 };

/* What is compressed already isn't tried again. */
static const struct type {
	const char *ending, *name;
	bool compressed;
} types[] = {
    {".html", "text/html; charset=utf-8", false},
    {".css", "text/css; charset=utf-8", false},
    {".js", "text/javascript; charset=utf-8", false},
    {".mjs", "text/javascript; charset=utf-8", false},
    {".json", "application/json", false},
    {".txt", "text/plain; charset=utf-8", false},
    {".webmanifest", "application/manifest+json", false},
    {".wasm", "application/wasm", false},
    {".svg", "image/svg+xml", false},
    {".png", "image/png", true},
    {".jpg", "image/jpeg", true},
    {".webp", "image/webp", true},
    {".avif", "image/avif", true},
    {".ico", "image/x-icon", false},
    {".woff2", "font/woff2", true},
    {".ttf", "font/ttf", false},
    {".pfb", "application/octet-stream", false},
    {".bcmap", "application/octet-stream", false},
};

struct packing {
	struct arena arena;
	struct pack_asset assets[PACK_ASSETS_MAX];
	size_t n;
};

static int
fail(int code, struct slice path, const char *why)
{
	(void)fprintf(stderr, "packgen: %.*s: %s\n", SLICE_ARG(path), why);
	return code;
}

static const struct type *
type_of(struct slice path)
{
	for (size_t i = 0; i < ARRAY_SIZE(types); i++)
		if (slice_ends(path, slice_str(types[i].ending)))
			return &types[i];
	return NULL;
}

/* ---- codings: into a buffer, or nothing where it gets no smaller --------- */

static void
put_br(struct slice in, struct buf *out)
{
	size_t n = BrotliEncoderMaxCompressedSize(in.n);
	uint8_t *to = buf_room(out, n);

	if (to == NULL)
		return;
	if (BrotliEncoderCompress(BROTLI_MAX_QUALITY, BROTLI_MAX_WINDOW_BITS,
		BROTLI_MODE_GENERIC, in.n, in.p, &n, to) == BROTLI_TRUE)
		buf_added(out, n);
	else
		out->error = E_NOMEM;
}

/* 16: with gzip's head, in which zlib writes neither time nor name. */
static void
put_gzip(struct slice in, struct buf *out)
{
	z_stream z = {.next_in = (z_const Bytef *)(uintptr_t)in.p,
	    .avail_in = (uInt)in.n};
	uint8_t *to;
	size_t n;

	if (deflateInit2(&z, Z_BEST_COMPRESSION, Z_DEFLATED, 16 + MAX_WBITS,
		MAX_MEM_LEVEL, Z_DEFAULT_STRATEGY) != Z_OK) {
		out->error = E_NOMEM;
		return;
	}
	n = deflateBound(&z, (uLong)in.n);
	to = buf_room(out, n);
	if (to != NULL) {
		z.next_out = to;
		z.avail_out = (uInt)n;
		if (deflate(&z, Z_FINISH) == Z_STREAM_END)
			buf_added(out, z.total_out);
		else
			out->error = E_NOMEM;
	}
	(void)deflateEnd(&z);
}

static int
add_coding(struct packing *packing, struct pack_asset *asset,
    enum pack_coding coding, void (*put)(struct slice in, struct buf *out))
{
	struct buf out = BUF(2 * FILE_MAX);
	struct slice *bytes = &asset->bytes[coding];
	int r;

	put(asset->bytes[PACK_PLAIN], &out);
	r = out.error;
	if (r == 0 && out.n < asset->bytes[PACK_PLAIN].n) {
		*bytes = arena_copy(&packing->arena, buf_slice(&out));
		r = bytes->p == NULL ? E_NOMEM : 0;
	}
	buf_free(&out);
	return r;
}

/* ---- the folder ---------------------------------------------------------- */

static int
add_file(
    struct packing *packing, int folder, const char *name, struct slice path)
{
	struct pack_asset *asset = &packing->assets[packing->n];
	const struct type *type = type_of(path);
	struct buf bytes = BUF(FILE_MAX);
	int r;

	if (packing->n == PACK_ASSETS_MAX)
		return fail(E_LIMIT, path, "too many files");
	if (!pack_path_ok(path))
		return fail(E_NAME, path, "no path leads to a file named so");
	if (type == NULL)
		return fail(E_KIND, path, "its media type isn't known");
	asset->path = path;
	asset->type = slice_str(type->name);
	if ((r = file_read(folder, name, &bytes)) < 0)
		return fail(r, path, error_text(r));
	asset->digest = sha256(buf_slice(&bytes));
	asset->bytes[PACK_PLAIN] =
	    arena_copy(&packing->arena, buf_slice(&bytes));
	buf_free(&bytes);
	if (asset->bytes[PACK_PLAIN].p == NULL)
		return E_NOMEM;
	packing->n++;
	if (type->compressed)
		return 0;
	if ((r = add_coding(packing, asset, PACK_BR, put_br)) < 0 ||
	    (r = add_coding(packing, asset, PACK_GZIP, put_gzip)) < 0)
		return fail(r, path, error_text(r));
	return 0;
}

static int
add_folder(struct packing *packing, int fd, struct slice path, unsigned depth);

static int
add_entry(struct packing *packing, int folder, const char *name,
    struct slice above, unsigned depth)
{
	struct buf text = BUF(4096);
	struct slice path;
	struct stat st;
	int fd, r;

	buf_put_slice(&text, above);
	buf_put_str(&text, name);
	if (fstatat(folder, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return fail(E_IO, slice_str(name), "can't be looked at");
	if (S_ISDIR(st.st_mode))
		buf_put_u8(&text, '/');
	path = arena_copy(&packing->arena, buf_slice(&text));
	r = text.error != 0 ? text.error : path.p == NULL ? E_NOMEM : 0;
	buf_free(&text);
	if (r < 0)
		return r;
	if (S_ISREG(st.st_mode))
		return add_file(packing, folder, name, path);
	if (!S_ISDIR(st.st_mode) || depth == 0)
		return fail(E_KIND, path, "neither a file nor a folder");
	r = file_open(folder, name, O_RDONLY | O_DIRECTORY, 0, &fd);
	return r < 0 ? r : add_folder(packing, fd, path, depth - 1);
}

/* All that is in it; fd is its. */
static int
add_folder(struct packing *packing, int fd, struct slice path, unsigned depth)
{
	DIR *dir = fdopendir(fd);
	struct dirent *entry;
	int r = 0;

	if (dir == NULL) {
		fd_close(&fd);
		return fail(E_IO, path, "can't be listed");
	}
	while (r == 0 && (entry = readdir(dir)) != NULL)
		if (strcmp(entry->d_name, ".") != 0 &&
		    strcmp(entry->d_name, "..") != 0)
			r = add_entry(packing, fd, entry->d_name, path, depth);
	(void)closedir(dir);
	return r;
}

static int
compare(const void *a, const void *b)
{
	const struct pack_asset *one = a, *other = b;

	return slice_cmp(one->path, other->path);
}

static int
pack(struct packing *packing, const char *out, const char *folder)
{
	struct buf bytes = BUF(PACK_BYTES_MAX);
	struct arena arena = {.chunk = NULL};
	struct pack read;
	int fd, r;

	r = file_open(AT_FDCWD, folder, O_RDONLY | O_DIRECTORY, 0, &fd);
	if (r < 0)
		return fail(r, slice_str(folder), error_text(r));
	if ((r = add_folder(packing, fd, SLICE_NONE, DEPTH_MAX)) < 0)
		return r;
	qsort(packing->assets, packing->n, sizeof(packing->assets[0]), compare);
	pack_put(&bytes, packing->assets, packing->n);
	r = bytes.error;
	/* As the server will read it: it may want an index, for one. */
	if (r == 0)
		r = pack_read(buf_slice(&bytes), &arena, &read);
	if (r == 0)
		r = file_replace_unsynced(
		    AT_FDCWD, out, 0644, buf_slice(&bytes));
	arena_free(&arena);
	buf_free(&bytes);
	return r < 0 ? fail(r, slice_str(out), error_text(r)) : 0;
}

int
main(int argc, char **argv)
{
	static struct packing packing;
	int r;

	if (argc != 3) {
		(void)fputs("usage: packgen OUT FOLDER\n", stderr);
		return 2;
	}
	r = pack(&packing, argv[1], argv[2]);
	arena_free(&packing.arena);
	return r < 0 ? 1 : 0;
}
