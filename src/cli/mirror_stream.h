/*
 * The stream of a mirror, as bytes come in:
 *
 *	leaf NUMBER LENGTH\n<bytes>\n
 *	checkpoint SIZE LENGTH\n<note>\n
 *
 * All of it may be an attacker's: a length is believed only below the limit of
 * its kind, and nothing is allocated for what has not come.
 */
#ifndef CLI_MIRROR_STREAM_H
#define CLI_MIRROR_STREAM_H

#include "base/buf.h"
#include "wire/parse.h"

enum mirror_kind {
	MIRROR_NONE,
	MIRROR_LEAF,
	MIRROR_CHECKPOINT,
};

struct mirror_item {
	enum mirror_kind kind;
	uint64_t number; /* a leaf's; a checkpoint's size */
	struct slice bytes;
};

struct mirror_stream {
	struct buf head; /* the line under way */
	struct buf body;
	struct mirror_item item; /* what the head said; kind NONE: in a head */
	size_t length;
	bool told, failed;
};

void mirror_stream_init(struct mirror_stream *stream);
void mirror_stream_free(struct mirror_stream *stream);

/* For a new connection. */
void mirror_stream_reset(struct mirror_stream *stream);

/*
 * Takes bytes off the front of *in. PARSE_DONE: an item, whose bytes live until
 * the next call, and more may be left; PARSE_MORE: all was taken; PARSE_ERR:
 * this is no such stream, for good.
 */
enum parse_result mirror_stream_next(struct mirror_stream *stream,
    struct slice *in, struct mirror_item *ret_item);

#endif
