/*
 * What a person sees: whether a stream is a terminal, its width and colours,
 * and the progress of long work.
 */
#ifndef CLI_TERM_H
#define CLI_TERM_H

#include <stdio.h>

#include "base/base.h"

enum term_colour {
	TERM_PLAIN,
	TERM_RED,
	TERM_GREEN,
	TERM_YELLOW,
	TERM_FAINT,
	TERM_BOLD,
};

struct term {
	FILE *file;
	bool is_terminal;
	bool colours;
};

/* no_colour: as the variable NO_COLOR asks for (no-color.org). */
void term_init(struct term *term, FILE *file, bool no_colour);

/* Columns now: 80 where nobody knows. */
size_t term_width(const struct term *term);

/* What turns a colour on, and TERM_PLAIN what ends it: empty without colours.
 */
const char *term_colour(const struct term *term, enum term_colour colour);

/*
 * Progress of so many things and bytes. On a terminal one line, redrawn at most
 * ten times a second; else a line every 5 seconds; nothing where quiet.
 */
struct progress {
	const struct term *term;
	const char *what; /* "files"; NULL: bytes alone count */
	bool quiet;
	uint64_t total;       /* things; 0: not known */
	uint64_t total_bytes; /* 0: not counted, or not known */
	uint64_t done, bytes;

	uint64_t started, drawn; /* ms, by the boot clock; 0: not yet */
	uint64_t seen;           /* when the rate was taken last */
	uint64_t seen_done, seen_bytes;
	double rate, byte_rate; /* a second, of late */
	bool on_screen;
};

/* Draws it where it is time to; always with `now`. */
void progress_draw(struct progress *progress, bool now);

/* Takes the line away, so that something can be printed; it comes again. */
void progress_hide(struct progress *progress);

#endif
