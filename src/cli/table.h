/*
 * Lists for people and programs: on a terminal columns under headings, else
 * fields apart by tabs, one row a line.
 */
#ifndef CLI_TABLE_H
#define CLI_TABLE_H

#include "base/buf.h"
#include "cli/term.h"

enum { TABLE_COLUMNS_MAX = 12 };

struct table {
	const struct term *term;
	const char *const *heads;
	size_t n; /* columns */
	size_t width[TABLE_COLUMNS_MAX];
	bool right[TABLE_COLUMNS_MAX]; /* set flush right: numbers */
	size_t at;                     /* the next cell's column */
	struct buf cells;              /* each with a NUL behind it */
};

void table_begin(struct table *table, const struct term *term,
    const char *const *heads, size_t n);

/* The next cell; text from outside is made harmless. */
void table_cell(struct table *table, const char *text);

/* Prints it, and frees it. */
void table_end(struct table *table);

#endif
