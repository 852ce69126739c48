#include "cli/sse.h"

enum { ID_MAX = 64, TYPE_MAX = 64 };

void
sse_init(struct sse *sse, size_t max_line, size_t max_data)
{
	*sse = (struct sse){.line = BUF(max_line),
	    .id = BUF(ID_MAX),
	    .type = BUF(TYPE_MAX),
	    .data = BUF(max_data)};
}

void
sse_free(struct sse *sse)
{
	buf_free(&sse->line);
	buf_free(&sse->id);
	buf_free(&sse->type);
	buf_free(&sse->data);
}

static void
forget_event(struct sse *sse)
{
	buf_clear(&sse->type);
	buf_clear(&sse->data);
	sse->has_data = sse->told = false;
}

void
sse_reset(struct sse *sse)
{
	buf_clear(&sse->line);
	forget_event(sse);
	sse->cr = sse->begun = false;
}

static void
set(struct buf *to, struct slice value)
{
	buf_clear(to);
	buf_put_slice(to, value);
}

static void
take_field(struct sse *sse, struct slice name, struct slice value)
{
	if (slice_eq(name, SLICE("data"))) {
		if (sse->has_data)
			buf_put_u8(&sse->data, '\n');
		buf_put_slice(&sse->data, value);
		sse->has_data = true;
	} else if (slice_eq(name, SLICE("id"))) {
		/* One with a NUL is ignored. */
		if (slice_index(value, '\0') == value.n)
			set(&sse->id, value);
	} else if (slice_eq(name, SLICE("event"))) {
		set(&sse->type, value);
	}
	/* "retry" is for browsers; others are ignored. */
}

/* A line that has ended: true where it ends an event that has data. */
static bool
take_line(struct sse *sse)
{
	struct slice line = buf_slice(&sse->line), name;

	if (!sse->begun && slice_starts(line, SLICE("\xef\xbb\xbf")))
		line = slice_from(line, 3);
	sse->begun = true;
	if (line.n == 0) {
		if (sse->has_data)
			return true;
		forget_event(sse);
		return false;
	}
	if (line.p[0] == ':')
		return false; /* a comment */
	(void)slice_cut(&line, ':', &name);
	if (line.n > 0 && line.p[0] == ' ')
		line = slice_from(line, 1);
	take_field(sse, name, line);
	return false;
}

static bool
has_failed(const struct sse *sse)
{
	return sse->line.error != 0 || sse->id.error != 0 ||
	       sse->type.error != 0 || sse->data.error != 0;
}

/* Up to the end of a line: true where there is one. */
static bool
take_bytes(struct sse *sse, struct slice *in)
{
	size_t n;

	/* CR LF is one end, wherever it was cut in two. */
	if (sse->cr && in->p[0] == '\n')
		*in = slice_from(*in, 1);
	sse->cr = false;
	n = slice_index(*in, '\n');
	n = slice_index(slice_first(*in, n), '\r');
	buf_put(&sse->line, in->p, n);
	if (n == in->n) {
		*in = SLICE_NONE;
		return false;
	}
	sse->cr = in->p[n] == '\r';
	*in = slice_from(*in, n + 1);
	return true;
}

enum parse_result
sse_next(struct sse *sse, struct slice *in, struct sse_event *ret_event)
{
	if (sse->told)
		forget_event(sse);
	while (in->n > 0) {
		bool ended = take_bytes(sse, in), whole;

		if (has_failed(sse))
			return PARSE_ERR;
		if (!ended)
			break;
		whole = take_line(sse);
		buf_clear(&sse->line);
		if (has_failed(sse))
			return PARSE_ERR;
		if (!whole)
			continue;
		sse->told = true;
		*ret_event = (struct sse_event){buf_slice(&sse->id),
		    buf_slice(&sse->type), buf_slice(&sse->data)};
		return PARSE_DONE;
	}
	return PARSE_MORE;
}
