#include "front/files/path.h"

#include "wire/http.h"

static int
put_segment(struct buf *path, struct slice segment)
{
	size_t start;
	int r;

	if (path->n > 0)
		buf_put_u8(path, '/');
	start = path->n;
	r = http_percent_decode(segment, false, path);
	if (r == 0)
		r = path->error;
	if (r == 0 && slice_index(slice_from(buf_slice(path), start), '/') <
			  path->n - start)
		r = E_SYNTAX;
	return r;
}

static void
split(struct file_path *path)
{
	size_t at = path->all.n;

	while (at > 0 && path->all.p[at - 1] != '/')
		at--;
	path->name = slice_from(path->all, at);
	path->folder = slice_first(path->all, at > 0 ? at - 1 : 0);
}

int
file_path_parse(
    struct slice text, struct arena *arena, struct file_path *ret_path)
{
	struct file_path path = {
	    .is_folder = text.n == 0 || text.p[text.n - 1] == '/'};
	struct buf bytes = BUF(FILE_PATH_MAX);
	struct slice segment;
	int r = 0;

	while (text.n > 0 && r == 0) {
		(void)slice_cut(&text, '/', &segment);
		if (segment.n > 0)
			r = put_segment(&bytes, segment);
	}
	if (r == 0) {
		path.all = arena_copy(arena, buf_slice(&bytes));
		r = path.all.p != NULL ? 0 : E_NOMEM;
	}
	buf_free(&bytes);
	if (r < 0)
		return r;
	split(&path);
	*ret_path = path;
	return 0;
}
