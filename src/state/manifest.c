#include "state/manifest.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

#include "base/encode.h"
#include "base/file.h"
#include "base/mem.h"

enum { READ_BYTES = 1 << 20, VERSION = 1 };

/* ---- one file
 * ----------------------------------------------------------------------- */

static int
digest_file(
    int dir, const char *path, struct digest *ret_digest, uint64_t *ret_size)
{
	AUTO_FREE uint8_t *bytes = mem_alloc(READ_BYTES);
	AUTO_CLOSE int fd = -1;
	struct sha256 *sha = sha256_new();
	uint64_t size = 0, at = 0;
	int r = bytes == NULL || sha == NULL ? E_NOMEM : 0;

	if (r == 0 && (r = file_open(dir, path, O_RDONLY, 0, &fd)) == 0 &&
	    (r = file_size(fd, &size)) == 0)
		sha256_start(sha);
	while (r == 0 && at < size) {
		size_t n = (size_t)MIN(size - at, READ_BYTES);

		r = file_pread(fd, bytes, n, at);
		if (r == 0)
			sha256_add(sha, slice_of(bytes, n));
		at += n;
	}
	if (r == 0) {
		*ret_digest = sha256_end(sha);
		*ret_size = size;
	}
	sha256_free(&sha);
	return r;
}

int
manifest_add(struct manifest *manifest, int dir, const char *path)
{
	struct manifest_file *file = &manifest->files[manifest->n_files];
	int r;

	if (manifest->n_files == MANIFEST_FILES ||
	    strlen(path) >= sizeof(file->path))
		return E_LIMIT;
	if ((r = digest_file(dir, path, &file->digest, &file->size)) < 0)
		return r;
	(void)snprintf(file->path, sizeof(file->path), "%s", path);
	manifest->n_files++;
	return 0;
}

int
manifest_verify(
    const struct manifest *manifest, int dir, const char **reterr_path)
{
	for (size_t i = 0; i < manifest->n_files; i++) {
		const struct manifest_file *file = &manifest->files[i];
		struct digest digest;
		uint64_t size;
		int r = digest_file(dir, file->path, &digest, &size);

		if (r == 0 &&
		    (size != file->size || !digest_eq(&digest, &file->digest)))
			r = E_DAMAGED;
		if (r < 0) {
			*reterr_path = file->path;
			return r;
		}
	}
	return 0;
}

/* ---- the text
 * ------------------------------------------------------------------------ */

static void
put_digest(struct buf *text, const struct digest *digest)
{
	buf_put_hex(text, digest_slice(digest));
}

int
manifest_write(const struct manifest *m, int dir)
{
	struct buf text = BUF(MANIFEST_MAX);
	struct digest digest;
	int r;

	buf_printf(&text,
	    "chancery-backup %d\nschema %" PRIu64 "\norigin %s\nbase %" PRIu64
	    "\nrecord %" PRIu64 "\ntime %" PRId64 "\nsize %" PRIu64
	    "\nblobs %" PRIu64 " %" PRIu64 "\n",
	    VERSION, m->schema, m->origin, m->base, m->record, m->time, m->size,
	    m->blobs, m->blob_bytes);
	for (size_t i = 0; i < m->n_files; i++) {
		buf_put_str(&text, "file ");
		put_digest(&text, &m->files[i].digest);
		buf_printf(&text, " %" PRIu64 " %s\n", m->files[i].size,
		    m->files[i].path);
	}
	digest = sha256(buf_slice(&text));
	buf_put_str(&text, "end ");
	put_digest(&text, &digest);
	buf_put_str(&text, "\n");
	r = text.error != 0
	        ? text.error
	        : file_replace(dir, MANIFEST_FILE, 0600, buf_slice(&text));
	buf_free(&text);
	return r;
}

static int
get_digest(struct slice hex, struct digest *ret)
{
	struct buf bytes = BUF(SHA256_BYTES);
	int r = hex_decode(hex, &bytes);

	if (r == 0 && bytes.n != SHA256_BYTES)
		r = E_SYNTAX;
	if (r == 0)
		memcpy(ret->b, bytes.p, SHA256_BYTES);
	buf_free(&bytes);
	return r;
}

/* Nothing outside the folder is named, nor hidden in it. */
static bool
path_ok(struct slice path)
{
	if (path.n == 0 ||
	    path.n >= sizeof(((struct manifest_file *)0)->path) ||
	    path.p[0] == '/' || path.p[0] == '.')
		return false;
	for (size_t i = 0; i + 1 < path.n; i++)
		if (path.p[i] == '/' &&
		    (path.p[i + 1] == '.' || path.p[i + 1] == '/'))
			return false;
	return true;
}

static int
take_file(struct manifest *m, struct slice value)
{
	struct manifest_file *file = &m->files[m->n_files];
	struct slice hex, size;
	int r;

	if (m->n_files == MANIFEST_FILES)
		return E_LIMIT;
	if (!slice_cut(&value, ' ', &hex) || !slice_cut(&value, ' ', &size) ||
	    !path_ok(value))
		return E_SYNTAX;
	if ((r = get_digest(hex, &file->digest)) < 0 ||
	    (r = slice_u64(size, INT64_MAX, &file->size)) < 0)
		return r;
	memcpy(file->path, value.p, value.n);
	file->path[value.n] = '\0';
	m->n_files++;
	return 0;
}

static int
take_blobs(struct manifest *m, struct slice value)
{
	struct slice n;
	int r;

	if (!slice_cut(&value, ' ', &n))
		return E_SYNTAX;
	r = slice_u64(n, INT64_MAX, &m->blobs);
	return r < 0 ? r : slice_u64(value, INT64_MAX, &m->blob_bytes);
}

static int
take_line(struct manifest *m, struct slice name, struct slice value)
{
	uint64_t time;
	int r;

	if (slice_eq(name, SLICE("schema")))
		return slice_u64(value, INT64_MAX, &m->schema);
	if (slice_eq(name, SLICE("base")))
		return slice_u64(value, INT64_MAX, &m->base);
	if (slice_eq(name, SLICE("record")))
		return slice_u64(value, INT64_MAX, &m->record);
	if (slice_eq(name, SLICE("size")))
		return slice_u64(value, INT64_MAX, &m->size);
	if (slice_eq(name, SLICE("blobs")))
		return take_blobs(m, value);
	if (slice_eq(name, SLICE("file")))
		return take_file(m, value);
	if (slice_eq(name, SLICE("time"))) {
		r = slice_u64(value, INT64_MAX, &time);
		m->time = (int64_t)time;
		return r;
	}
	if (!slice_eq(name, SLICE("origin")) || value.n >= sizeof(m->origin))
		return E_SYNTAX;
	memcpy(m->origin, value.p, value.n);
	m->origin[value.n] = '\0';
	return 0;
}

static int
parse(struct slice text, struct manifest *m)
{
	struct slice rest = text, line, name;
	uint64_t version = 0;
	int r;

	if (!slice_cut(&rest, '\n', &line) || !slice_cut(&line, ' ', &name) ||
	    !slice_eq(name, SLICE("chancery-backup")) ||
	    slice_u64(line, INT64_MAX, &version) < 0)
		return E_SYNTAX;
	if (version > VERSION)
		return E_VERSION;
	while (slice_cut(&rest, '\n', &line)) {
		struct slice above =
		    slice_first(text, (size_t)(line.p - text.p));
		struct digest expect, is;

		if (!slice_cut(&line, ' ', &name))
			return E_SYNTAX;
		if (!slice_eq(name, SLICE("end"))) {
			if ((r = take_line(m, name, line)) < 0)
				return r;
			continue;
		}
		is = sha256(above);
		if (get_digest(line, &expect) < 0 || rest.n > 0 ||
		    !digest_eq(&is, &expect))
			return E_SYNTAX;
		return 0;
	}
	return E_SYNTAX;
}

int
manifest_read(int dir, struct manifest *ret_manifest)
{
	struct buf text = BUF(MANIFEST_MAX);
	int r = file_read(dir, MANIFEST_FILE, &text);

	*ret_manifest = (struct manifest){.n_files = 0};
	if (r == 0)
		r = parse(buf_slice(&text), ret_manifest);
	buf_free(&text);
	return r;
}
