/*
 * What a view of a document may, as core decided it. The first six are the
 * relations of what is seen; `read`, the right to the bytes, implies them all.
 * The seventh is the right to change it.
 */
#ifndef KIT_RIGHTS_H
#define KIT_RIGHTS_H

#include <stdbool.h>

enum {
	RIGHT_SEE = 1 << 0,    /* pictures of it, and where things are */
	RIGHT_TEXT = 1 << 1,   /* its text: to find, to be read out, comments */
	RIGHT_COPY = 1 << 2,   /* to take parts of it out */
	RIGHT_PRINT = 1 << 3,  /* all of it, for paper */
	RIGHT_EXPORT = 1 << 4, /* all of it, in another form */
	RIGHT_READ = 1 << 5,   /* its bytes */
	RIGHT_EDIT = 1 << 6,
	RIGHTS_ALL = (1 << 7) - 1,
};

/* With what others of them bring. */
static inline unsigned
rights_of(unsigned given)
{
	return given & RIGHT_READ ? given | RIGHT_SEE | RIGHT_TEXT |
	                                RIGHT_COPY | RIGHT_PRINT | RIGHT_EXPORT
	                          : given;
}

static inline bool
rights_hold(unsigned given, unsigned needed)
{
	return (rights_of(given) & needed) == needed;
}

#endif
