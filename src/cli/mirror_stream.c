#include "cli/mirror_stream.h"

#include "ledger/note.h"
#include "ledger/tile.h"

/* "checkpoint", two numbers of 20 digits, two spaces. */
enum { HEAD_MAX = 10 + 1 + 20 + 1 + 20 };

void
mirror_stream_init(struct mirror_stream *stream)
{
	*stream = (struct mirror_stream){
	    .head = BUF(HEAD_MAX), .body = BUF(NOTE_MAX + 1)};
}

void
mirror_stream_free(struct mirror_stream *stream)
{
	buf_free(&stream->head);
	buf_free(&stream->body);
}

void
mirror_stream_reset(struct mirror_stream *stream)
{
	buf_clear(&stream->head);
	buf_clear(&stream->body);
	stream->item = (struct mirror_item){.kind = MIRROR_NONE};
	stream->told = stream->failed = false;
}

/* KIND NUMBER LENGTH, one space between. */
static int
parse_head(struct mirror_stream *s)
{
	struct slice rest = buf_slice(&s->head), word, number;
	uint64_t length, max;

	if (!slice_cut(&rest, ' ', &word) || !slice_cut(&rest, ' ', &number))
		return E_SYNTAX;
	if (slice_eq(word, SLICE("leaf"))) {
		s->item.kind = MIRROR_LEAF;
		max = ENTRY_MAX;
	} else if (slice_eq(word, SLICE("checkpoint"))) {
		s->item.kind = MIRROR_CHECKPOINT;
		max = NOTE_MAX;
	} else {
		return E_SYNTAX;
	}
	if (slice_u64(number, TREE_SIZE_MAX, &s->item.number) < 0 ||
	    slice_u64(rest, max, &length) < 0)
		return E_SYNTAX;
	s->length = (size_t)length;
	return 0;
}

/* 1: the head is whole; 0: more is to come; E_SYNTAX, E_LIMIT. */
static int
take_head(struct mirror_stream *s, struct slice *in)
{
	size_t n = slice_index(*in, '\n');
	bool whole = n < in->n;
	int r;

	buf_put(&s->head, in->p, n);
	*in = slice_from(*in, n + whole);
	if (s->head.error != 0)
		return s->head.error;
	if (!whole)
		return 0;
	r = parse_head(s);
	buf_clear(&s->head);
	return r < 0 ? r : 1;
}

/* 1: the bytes and their newline are whole. */
static int
take_body(struct mirror_stream *s, struct slice *in)
{
	size_t want = s->length + 1 - s->body.n;
	struct slice part = slice_first(*in, want);

	buf_put_slice(&s->body, part);
	*in = slice_from(*in, part.n);
	if (s->body.error != 0)
		return s->body.error;
	if (part.n < want)
		return 0;
	return s->body.p[s->length] == '\n' ? 1 : E_SYNTAX;
}

static enum parse_result
fail(struct mirror_stream *s)
{
	s->failed = true;
	return PARSE_ERR;
}

enum parse_result
mirror_stream_next(struct mirror_stream *stream, struct slice *in,
    struct mirror_item *ret_item)
{
	struct mirror_stream *s = stream;
	int r;

	if (s->failed)
		return PARSE_ERR;
	if (s->told)
		mirror_stream_reset(s);
	while (in->n > 0) {
		if (s->item.kind == MIRROR_NONE) {
			r = take_head(s, in);
			if (r < 0)
				return fail(s);
			continue;
		}
		r = take_body(s, in);
		if (r < 0)
			return fail(s);
		if (r == 0)
			break;
		s->item.bytes = slice_of(s->body.p, s->length);
		s->told = true;
		*ret_item = s->item;
		return PARSE_DONE;
	}
	return PARSE_MORE;
}
