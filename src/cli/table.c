#include "cli/table.h"

#include "cli/format.h"

enum { CELLS_MAX = 256 << 20 };

/* Columns that UTF-8 takes, about: characters. */
static size_t
width_of(const char *text)
{
	size_t n = 0;

	for (; *text != '\0'; text++)
		n += ((unsigned char)*text & 0xc0) != 0x80;
	return n;
}

void
table_begin(struct table *table, const struct term *term,
    const char *const *heads, size_t n)
{
	BUG_ON(n > TABLE_COLUMNS_MAX);
	*table = (struct table){
	    .term = term, .heads = heads, .n = n, .cells = BUF(CELLS_MAX)};
	for (size_t i = 0; i < n; i++)
		table->width[i] = width_of(heads[i]);
}

void
table_cell(struct table *table, const char *text)
{
	size_t start = table->cells.n;

	format_put_text(&table->cells, slice_str(text));
	buf_put_u8(&table->cells, '\0');
	if (table->cells.error == 0)
		table->width[table->at] = MAX(table->width[table->at],
		    width_of((const char *)table->cells.p + start));
	table->at = (table->at + 1) % table->n;
}

static void
put_cell(const struct table *t, size_t column, const char *text)
{
	size_t width = width_of(text);
	int pad = (int)(t->width[column] - MIN(width, t->width[column]));
	bool last = column + 1 == t->n;

	if (!t->term->is_terminal)
		(void)fprintf(t->term->file, "%s%c", text, last ? '\n' : '\t');
	else if (t->right[column])
		(void)fprintf(t->term->file, "%*s%s%s", pad, "", text,
		    last ? "\n" : "  ");
	else if (last)
		(void)fprintf(t->term->file, "%s\n", text);
	else
		(void)fprintf(t->term->file, "%s%*s  ", text, pad, "");
}

void
table_end(struct table *table)
{
	const char *cell = (const char *)table->cells.p;
	const char *end = cell + table->cells.n;
	size_t column = 0;

	if (table->term->is_terminal && table->cells.n > 0) {
		(void)fputs(
		    term_colour(table->term, TERM_FAINT), table->term->file);
		for (size_t i = 0; i < table->n; i++)
			put_cell(table, i, table->heads[i]);
		(void)fputs(
		    term_colour(table->term, TERM_PLAIN), table->term->file);
	}
	while (table->n > 0 && table->cells.n > 0 && cell < end) {
		put_cell(table, column, cell);
		cell += strlen(cell) + 1;
		column = (column + 1) % table->n;
	}
	buf_free(&table->cells);
}
