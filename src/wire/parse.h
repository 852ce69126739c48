/*
 * What every incremental parser of this folder answers.
 */
#ifndef WIRE_PARSE_H
#define WIRE_PARSE_H

enum parse_result {
	PARSE_DONE, /* the thing is whole */
	PARSE_MORE, /* right so far: call again with more bytes */
	PARSE_ERR,  /* wrong, and no further bytes can make it right */
};

#endif
