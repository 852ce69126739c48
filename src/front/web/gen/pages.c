/*
 * pagegen OUT FILE...: writes the pages of web/pages as C. Pages (*.html) go by
 * their name, home.html by "/"; whatever else there is goes below
 * /assets/DIGEST/, and a page that says /assets/NAME is made to say that. The
 * digest is that of all of them: what a browser keeps can't be out of date.
 */
#include <fcntl.h>
#include <stdio.h>

#include "base/buf.h"
#include "base/encode.h"
#include "base/file.h"
#include "base/hash.h"

enum { FILE_MAX = 1 << 20, FILES_MAX = 64, DIGEST_BYTES = 8 };

static const struct {
	const char *ending, *type;
} types[] = {
    {".html", "text/html; charset=utf-8"},
    {".css", "text/css; charset=utf-8"},
    {".js", "text/javascript; charset=utf-8"},
    {".svg", "image/svg+xml"},
};

struct source {
	struct slice name;
	const char *type;
	bool is_page;
	struct buf bytes;
};

static int
source_read(const char *path, struct source *source)
{
	struct slice name = slice_str(path), part;

	while (slice_cut(&name, '/', &part))
		continue;
	source->name = part;
	for (size_t i = 0; i < ARRAY_SIZE(types); i++)
		if (slice_ends(part, slice_str(types[i].ending))) {
			source->type = types[i].type;
			source->is_page = i == 0;
		}
	if (source->type == NULL)
		return E_KIND;
	source->bytes = BUF(FILE_MAX);
	return file_read(AT_FDCWD, path, &source->bytes);
}

static void
put_digest(const struct source *sources, size_t n, struct buf *text)
{
	struct buf all = BUF(FILES_MAX * FILE_MAX);
	struct digest digest;

	for (size_t i = 0; i < n; i++) {
		if (sources[i].is_page)
			continue;
		buf_printf(&all, "%.*s %zu\n", SLICE_ARG(sources[i].name),
		    sources[i].bytes.n);
		buf_put_slice(&all, buf_slice(&sources[i].bytes));
	}
	digest = sha256(buf_slice(&all));
	buf_put_hex(text, slice_of(digest.b, DIGEST_BYTES));
	if (all.error != 0)
		text->error = all.error;
	buf_free(&all);
}

/* A page, with the digest behind each /assets/. */
static void
put_page(struct slice page, struct slice digest, struct buf *out)
{
	static const char assets[] = "/assets/";
	const uint8_t *at;

	while (page.n > 0 && (at = memmem(page.p, page.n, assets,
				  sizeof(assets) - 1)) != NULL) {
		size_t n = (size_t)(at - page.p) + sizeof(assets) - 1;

		buf_put_slice(out, slice_first(page, n));
		buf_put_slice(out, digest);
		buf_put_u8(out, '/');
		page = slice_from(page, n);
	}
	buf_put_slice(out, page);
}

static void
put_bytes(struct slice bytes, size_t number, FILE *out)
{
	(void)fprintf(out, "\nstatic const uint8_t bytes_%zu[] = {", number);
	for (size_t i = 0; i < bytes.n; i++)
		(void)fprintf(out, "%s%u,", i % 24 == 0 ? "\n" : "",
		    (unsigned)bytes.p[i]);
	(void)fprintf(out, "\n};\n");
}

/* "home.html" is "/", "enrol.html" is "/enrol". */
static void
put_path(const struct source *source, struct slice digest, struct buf *path)
{
	struct slice name = source->name;

	buf_put_u8(path, '/');
	if (!source->is_page)
		buf_printf(path, "assets/%.*s/%.*s", SLICE_ARG(digest),
		    SLICE_ARG(name));
	else if (!slice_eq(name, SLICE("home.html")))
		buf_put_slice(path, slice_first(name, name.n - 5));
}

static int
write_row(const struct source *source, struct slice digest, size_t number,
    FILE *out, struct buf *rows)
{
	struct buf page = BUF(2 * FILE_MAX), path = BUF(1024), etag = BUF(128);
	struct digest own;
	int r;

	put_page(buf_slice(&source->bytes), digest, &page);
	own = sha256(buf_slice(&page));
	buf_put_hex(&etag, slice_of(own.b, 16));
	put_path(source, digest, &path);
	put_bytes(buf_slice(&page), number, out);
	buf_printf(rows,
	    "    {\"%.*s\", \"%s\", \"\\\"%.*s\\\"\", bytes_%zu, "
	    "sizeof(bytes_%zu)},\n",
	    SLICE_ARG(buf_slice(&path)), source->type,
	    SLICE_ARG(buf_slice(&etag)), number, number);
	r = page.error != 0 ? page.error : path.error;
	buf_free(&page);
	buf_free(&path);
	buf_free(&etag);
	return r;
}

static int
write_all(const struct source *sources, size_t n, FILE *out)
{
	struct buf digest = BUF(100), rows = BUF(65536);
	int r = 0;

	put_digest(sources, n, &digest);
	(void)fprintf(out, "/* Made by pagegen. */\n"
			   "#include \"front/web/page.h\"\n");
	for (size_t i = 0; i < n && r == 0; i++)
		r = write_row(&sources[i], buf_slice(&digest), i, out, &rows);
	(void)fprintf(out,
	    "\nconst struct page pages_all[] = {\n%.*s};\n"
	    "const size_t pages_count = %zu;\n",
	    SLICE_ARG(buf_slice(&rows)), n);
	if (r == 0)
		r = digest.error != 0 ? digest.error : rows.error;
	buf_free(&digest);
	buf_free(&rows);
	return r;
}

static int
write_file(const char *path, const struct source *sources, size_t n)
{
	FILE *out = fopen(path, "we");
	int r;

	if (out == NULL)
		return E_IO;
	r = write_all(sources, n, out);
	return fclose(out) != 0 && r == 0 ? E_IO : r;
}

int
main(int argc, char **argv)
{
	static struct source sources[FILES_MAX];
	size_t n = 0;
	int r = argc > 2 && argc - 2 <= FILES_MAX ? 0 : E_INVALID;

	for (int i = 2; i < argc && r == 0; i++)
		r = source_read(argv[i], &sources[n++]);
	if (r == 0)
		r = write_file(argv[1], sources, n);
	for (size_t i = 0; i < n; i++)
		buf_free(&sources[i].bytes);
	if (r < 0)
		(void)fprintf(stderr, "pagegen: %s\n", error_text(r));
	return r < 0 ? 1 : 0;
}
