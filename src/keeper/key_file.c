#include "keeper/key_file.h"

#include <stdio.h>

#include "base/encode.h"

/* The value of the next line, which must bear that name. */
static int
next_line(struct slice *text, const char *name, struct slice *ret_value)
{
	struct slice line, word;

	if (!slice_cut(text, '\n', &line) || !slice_cut(&line, ' ', &word) ||
	    !slice_eq(word, slice_str(name)))
		return E_CORRUPT;
	*ret_value = line;
	return 0;
}

static void
put_line(struct buf *buf, const char *name, struct slice value)
{
	buf_put_str(buf, name);
	buf_put_u8(buf, ' ');
	buf_put_slice(buf, value);
	buf_put_u8(buf, '\n');
}

int
key_file_read(struct slice text, struct key_file *ret_file)
{
	struct key_file file = {.previous = SLICE_NONE};
	int r;

	if ((r = next_line(&text, "origin", &file.origin)) == 0 &&
	    (r = next_line(&text, "seed", &file.seed)) == 0 && text.n > 0 &&
	    (r = next_line(&text, "previous", &file.previous)) == 0 &&
	    file.previous.n == 0)
		r = E_CORRUPT;
	if (r < 0 || text.n > 0)
		return E_CORRUPT;
	*ret_file = file;
	return 0;
}

void
key_file_put(struct buf *buf, const struct key_file *file)
{
	put_line(buf, "origin", file->origin);
	put_line(buf, "seed", file->seed);
	if (file->previous.n > 0)
		put_line(buf, "previous", file->previous);
}

static int
read_root(struct slice hex, struct digest *ret_root)
{
	struct buf root = BUF(SHA256_BYTES);
	int r = hex_decode(hex, &root);

	if (r == 0 && root.n != SHA256_BYTES)
		r = E_CORRUPT;
	if (r == 0)
		memcpy(ret_root->b, root.p, root.n);
	buf_free(&root);
	return r;
}

int
signed_file_read(struct slice text, struct log_key_signed *ret_signed)
{
	struct log_key_signed in = {.size = 0};
	struct slice origin, size, root, fence;
	int r;

	if ((r = next_line(&text, "origin", &origin)) < 0 ||
	    (r = next_line(&text, "size", &size)) < 0 ||
	    (r = next_line(&text, "root", &root)) < 0 ||
	    (r = next_line(&text, "fence", &fence)) < 0 ||
	    (r = slice_u64(size, TREE_SIZE_MAX, &in.size)) < 0 ||
	    (r = read_root(root, &in.root)) < 0 ||
	    (r = slice_u64(fence, UINT64_MAX, &in.fence)) < 0)
		return r == E_NOMEM ? r : E_CORRUPT;
	if (text.n > 0 || origin.n > NOTE_NAME_MAX ||
	    slice_index(origin, '\0') < origin.n)
		return E_CORRUPT;
	(void)snprintf(in.origin, sizeof(in.origin), "%.*s", SLICE_ARG(origin));
	*ret_signed = in;
	return 0;
}

void
signed_file_put(struct buf *buf, const struct log_key_signed *in)
{
	buf_printf(buf, "origin %s\nsize ", in->origin);
	buf_put_u64(buf, in->size);
	buf_put_str(buf, "\nroot ");
	buf_put_hex(buf, digest_slice(&in->root));
	buf_put_str(buf, "\nfence ");
	buf_put_u64(buf, in->fence);
	buf_put_str(buf, "\n");
}
