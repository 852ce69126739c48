/*
 * Figures for people: sizes, rates, spans of time, times. All times are UTC, as
 * everywhere in the log.
 */
#ifndef CLI_FORMAT_H
#define CLI_FORMAT_H

#include "base/buf.h"

enum { FORMAT_TEXT = 32 };

struct format {
	char text[FORMAT_TEXT];
};

/* "312 B", "4.1 KiB", "37 MiB" */
struct format format_bytes(uint64_t bytes);

/* "1,234,567" */
struct format format_count(uint64_t n);

/* "7 s", "4 min 30 s", "2 h 5 min", "3 d 4 h" */
struct format format_span(uint64_t ms);

/* "2026-11-22 04:05:37Z" */
struct format format_time(int64_t ms);

/*
 * Appends text that came from outside as one line for a terminal: what would
 * move the cursor or turn the order of text is shown as U+FFFD, what is no
 * UTF-8 too.
 */
void format_put_text(struct buf *buf, struct slice text);

#endif
