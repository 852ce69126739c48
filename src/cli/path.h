/*
 * How things are named on the command line: folders and files by path from
 * one's home folder ("docs/plan.odt", "/docs/plan.odt") or by id.
 */
#ifndef CLI_PATH_H
#define CLI_PATH_H

#include "base/buf.h"
#include "op/id.h"

/*
 * Appends a path without slashes at its ends, empty and "." segments. A
 * ".." is kept, for the server to refuse.
 */
void path_put_clean(struct buf *buf, struct slice path);

/* Appends a segment (RFC 3986, 3.3): all but unreserved bytes escaped. */
void path_put_segment(struct buf *buf, struct slice segment);

/* Appends a path, escaped a segment at a time; slashes stay. */
void path_put_escaped(struct buf *buf, struct slice path);

/*
 * An id of a folder or file, where text is one. What looks like an id and is
 * the name of something is written with "./" before it.
 */
bool path_is_node_id(struct slice text, struct id *ret_id);

/* The last segment; the rest without its slash. */
struct slice path_name(struct slice path);
struct slice path_parent(struct slice path);

/* The media type by the ending of a name; never NULL. */
const char *path_media_type(struct slice name);

#endif
