#include "cli/term.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include "base/clock.h"
#include "cli/format.h"

enum {
	WIDTH_STANDARD = 80,
	DRAW_MS = 100,
	LINE_MS = 5000,
	RATE_MS = 500, /* between two looks at the rate */
	BAR_MAX = 30,
	BAR_MIN = 8,
	/* What a file costs beside its bytes, in bytes, for the time left. */
	THING_BYTES = 32768,
};

void
term_init(struct term *term, FILE *file, bool no_colour)
{
	bool is_terminal = isatty(fileno(file)) == 1;

	*term = (struct term){.file = file,
	    .is_terminal = is_terminal,
	    .colours = is_terminal && !no_colour};
}

size_t
term_width(const struct term *term)
{
	struct winsize size;

	if (!term->is_terminal ||
	    ioctl(fileno(term->file), TIOCGWINSZ, &size) < 0 ||
	    size.ws_col == 0)
		return WIDTH_STANDARD;
	return size.ws_col;
}

const char *
term_colour(const struct term *term, enum term_colour colour)
{
	static const char *const codes[] = {
	    [TERM_PLAIN] = "\033[0m",
	    [TERM_RED] = "\033[31m",
	    [TERM_GREEN] = "\033[32m",
	    [TERM_YELLOW] = "\033[33m",
	    [TERM_FAINT] = "\033[2m",
	    [TERM_BOLD] = "\033[1m",
	};

	return term->colours ? codes[colour] : "";
}

/* ---- progress ------------------------------------------------------------ */

static void
take_rate(struct progress *p, uint64_t now)
{
	uint64_t ms = now - p->seen;
	double weight, rate, byte_rate;

	if (ms < RATE_MS)
		return;
	rate = (double)(p->done - p->seen_done) * 1000 / (double)ms;
	byte_rate = (double)(p->bytes - p->seen_bytes) * 1000 / (double)ms;
	/* What was long ago counts less and less; at first all counts. */
	weight = p->seen == p->started ? 1 : 0.3;
	p->rate += weight * (rate - p->rate);
	p->byte_rate += weight * (byte_rate - p->byte_rate);
	p->seen = now;
	p->seen_done = p->done;
	p->seen_bytes = p->bytes;
}

/* In bytes, where a thing counts as some too. */
static double
work(uint64_t things, uint64_t bytes)
{
	return (double)things * THING_BYTES + (double)bytes;
}

static bool
has_total(const struct progress *p)
{
	return p->total != 0 || p->total_bytes != 0;
}

static double
part_done(const struct progress *p)
{
	double all = work(p->total, p->total_bytes);
	double done = work(
	    p->total != 0 ? p->done : 0, p->total_bytes != 0 ? p->bytes : 0);

	return all > 0 ? MIN(done / all, 1.0) : 0;
}

/* "1,234/5,678 files  " */
static void
put_things(const struct progress *p, char *text, size_t size)
{
	text[0] = '\0';
	if (p->what == NULL)
		return;
	if (p->total != 0)
		(void)snprintf(text, size, "%s/%s %s  ",
		    format_count(p->done).text, format_count(p->total).text,
		    p->what);
	else
		(void)snprintf(
		    text, size, "%s %s  ", format_count(p->done).text, p->what);
}

static void
put_figures(const struct progress *p, char *text, size_t size)
{
	struct format rate = format_count((uint64_t)(p->rate + 0.5));
	struct format byte_rate = format_bytes((uint64_t)p->byte_rate);
	bool counts_bytes = p->bytes != 0 || p->total_bytes != 0;
	char things[80];

	put_things(p, things, sizeof(things));
	(void)snprintf(text, size, "%s%s%s%s%s%s%s%s", things,
	    counts_bytes ? format_bytes(p->bytes).text : "",
	    counts_bytes ? "  " : "", p->what != NULL ? rate.text : "",
	    p->what != NULL ? "/s" : "",
	    counts_bytes && p->what != NULL ? "  " : "",
	    counts_bytes ? byte_rate.text : "", counts_bytes ? "/s" : "");
}

static void
put_left(const struct progress *p, char *text, size_t size)
{
	double left = (1 - part_done(p)) * work(p->total, p->total_bytes);
	double rate = (p->total != 0 ? p->rate * THING_BYTES : 0) +
	              (p->total_bytes != 0 ? p->byte_rate : 0);

	text[0] = '\0';
	if (rate > 0 && left > 0)
		(void)snprintf(text, size, "  %s left",
		    format_span((uint64_t)(left / rate * 1000 + 999)).text);
}

static void
draw_bar(struct progress *p)
{
	char figures[160], left[64], bar[BAR_MAX + 4] = "";
	size_t width = term_width(p->term), used, room;

	put_figures(p, figures, sizeof(figures));
	put_left(p, left, sizeof(left));
	used = strlen(figures) + strlen(left) + 8;
	room = width > used + 1 ? MIN(width - used - 1, (size_t)BAR_MAX) : 0;
	if (has_total(p) && room >= BAR_MIN) {
		size_t full = (size_t)(part_done(p) * (double)room);

		bar[0] = '[';
		memset(bar + 1, '#', full);
		memset(bar + 1 + full, '.', room - full);
		bar[1 + room] = ']';
		bar[2 + room] = ' ';
	}
	(void)fprintf(p->term->file, "\r\033[K");
	if (has_total(p))
		(void)fprintf(
		    p->term->file, "%3d%% ", (int)(part_done(p) * 100));
	(void)fprintf(p->term->file, "%s%.*s", bar,
	    (int)MIN(width - MIN(width, 8), strlen(figures)), figures);
	if (used < width)
		(void)fputs(left, p->term->file);
	(void)fflush(p->term->file);
	p->on_screen = true;
}

static void
draw_line(struct progress *p)
{
	char figures[160], left[64];

	put_figures(p, figures, sizeof(figures));
	put_left(p, left, sizeof(left));
	(void)fprintf(p->term->file, "%s%s\n", figures, left);
}

void
progress_draw(struct progress *p, bool now)
{
	uint64_t ms = clock_boot_ms();

	if (p->started == 0)
		p->started = p->seen = p->drawn = ms;
	if (p->quiet)
		return;
	take_rate(p, ms);
	if (p->term->is_terminal) {
		if (!now && ms - p->drawn < DRAW_MS)
			return;
		draw_bar(p);
	} else {
		if (!now && ms - p->drawn < LINE_MS)
			return;
		draw_line(p);
	}
	p->drawn = ms;
}

void
progress_hide(struct progress *p)
{
	if (!p->on_screen)
		return;
	(void)fputs("\r\033[K", p->term->file);
	(void)fflush(p->term->file);
	p->on_screen = false;
	p->drawn = 0;
}
