/*
 * Server-sent events (HTML Standard, section 9.2), as bytes come in. All of the
 * stream may be an attacker's.
 */
#ifndef CLI_SSE_H
#define CLI_SSE_H

#include "base/buf.h"
#include "wire/parse.h"

struct sse_event {
	struct slice id;   /* the last one that came; empty: none yet */
	struct slice type; /* empty: "message" */
	struct slice data; /* its lines, each with its newline but the last */
};

struct sse {
	struct buf line;       /* the line under way */
	struct buf id;         /* permanent */
	struct buf type, data; /* of the event under way */
	bool has_data;
	bool told; /* the event under way was given: it ends at the next call */
	bool cr;   /* the last byte was CR: an LF behind it is the same end */
	bool begun; /* the byte order mark, if any, is behind us */
};

/* Limits: bytes of one line, and of one event's data. */
void sse_init(struct sse *sse, size_t max_line, size_t max_data);
void sse_free(struct sse *sse);

/* Forgets the event under way, for a new connection; the last id stays. */
void sse_reset(struct sse *sse);

/*
 * Takes bytes off the front of *in. PARSE_DONE: an event, whose slices live
 * until the next call, and bytes may be left; PARSE_MORE: all was taken;
 * PARSE_ERR: a limit was met, or memory is out.
 */
enum parse_result
sse_next(struct sse *sse, struct slice *in, struct sse_event *ret_event);

#endif
