#include "cli/path.h"

void
path_put_clean(struct buf *buf, struct slice path)
{
	size_t start = buf->n;

	while (path.n > 0) {
		struct slice segment;

		(void)slice_cut(&path, '/', &segment);
		if (segment.n == 0 || slice_eq(segment, SLICE(".")))
			continue;
		if (buf->n > start)
			buf_put_u8(buf, '/');
		buf_put_slice(buf, segment);
	}
}

/* RFC 3986, 2.3. */
static bool
is_unreserved(uint8_t c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_' ||
	       c == '~';
}

void
path_put_segment(struct buf *buf, struct slice segment)
{
	static const char hex[] = "0123456789ABCDEF";
	bool dots =
	    slice_eq(segment, SLICE(".")) || slice_eq(segment, SLICE(".."));

	for (size_t i = 0; i < segment.n; i++) {
		uint8_t c = segment.p[i];

		/* As they stand, programs would take dots for a way up. */
		if (is_unreserved(c) && !dots) {
			buf_put_u8(buf, c);
			continue;
		}
		buf_put_u8(buf, '%');
		buf_put_u8(buf, (uint8_t)hex[c >> 4]);
		buf_put_u8(buf, (uint8_t)hex[c & 15]);
	}
}

void
path_put_escaped(struct buf *buf, struct slice path)
{
	bool more = true;

	while (more) {
		struct slice segment;

		more = slice_cut(&path, '/', &segment);
		path_put_segment(buf, segment);
		if (more)
			buf_put_u8(buf, '/');
	}
}

bool
path_is_node_id(struct slice text, struct id *ret_id)
{
	struct id id;

	if (id_parse(text, &id) < 0 ||
	    (id.kind != KIND_FOLDER && id.kind != KIND_FILE))
		return false;
	*ret_id = id;
	return true;
}

struct slice
path_name(struct slice path)
{
	size_t at = path.n;

	while (at > 0 && path.p[at - 1] != '/')
		at--;
	return slice_from(path, at);
}

struct slice
path_parent(struct slice path)
{
	size_t at = path.n;

	while (at > 0 && path.p[at - 1] != '/')
		at--;
	return slice_first(path, at > 0 ? at - 1 : 0);
}

const char *
path_media_type(struct slice name)
{
	static const struct {
		const char *ending;
		const char *type;
	} types[] = {
#define MEDIA(ending, type) {ending, type},
#include "cli/media.def"
#undef MEDIA
	};
	size_t at = name.n;

	while (at > 0 && name.p[at - 1] != '.')
		at--;
	/* ".profile" has no ending. */
	for (size_t i = 0; at > 1 && i < ARRAY_SIZE(types); i++)
		if (slice_eq_nocase(
			slice_from(name, at), slice_str(types[i].ending)))
			return types[i].type;
	return "application/octet-stream";
}
