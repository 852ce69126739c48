#include "cli/args.h"

#include <getopt.h>
#include <stdarg.h>
#include <stdio.h>

#include "base/clock.h"
#include "op/shape_json.h"

enum {
	FIRST_LONG = 256, /* what getopt_long gives for the first row */
	DURATION_MAX = 100000,
};

static int
    PRINTF_LIKE(2, 3) problem(struct args_problem *p, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	(void)vsnprintf(p->text, sizeof(p->text), format, args);
	va_end(args);
	return E_INVALID;
}

/* ---- times -------------------------------------------------------------- */

static int
parse_span(struct slice text, int64_t *ret_ms)
{
	static const struct {
		char unit;
		int64_t ms;
	} units[] = {{'s', 1000}, {'m', 60000}, {'h', 3600000}, {'d', 86400000},
	    {'w', 604800000}};
	uint64_t n;

	if (text.n < 2 ||
	    slice_u64(slice_first(text, text.n - 1), DURATION_MAX, &n) < 0)
		return E_INVALID;
	for (size_t i = 0; i < ARRAY_SIZE(units); i++)
		if (units[i].unit == (char)text.p[text.n - 1]) {
			*ret_ms = (int64_t)n * units[i].ms;
			return 0;
		}
	return E_INVALID;
}

int
args_time(struct slice text, int64_t now, int sign, int64_t *ret_ms)
{
	/* What a shorter form leaves out of the whole one. */
	static const char rest[] = "0000-00-00T00:00:00Z";
	static const size_t lengths[] = {10, 13, 16, 19};
	char whole[32] = {0};
	int64_t span;

	if (parse_span(text, &span) == 0) {
		*ret_ms = now + sign * span;
		return 0;
	}
	if (text.n == 0 || text.n >= sizeof(whole))
		return E_INVALID;
	memcpy(whole, text.p, text.n);
	for (size_t i = 0; i < ARRAY_SIZE(lengths); i++)
		if (text.n == lengths[i])
			memcpy(whole + text.n, rest + text.n,
			    sizeof(rest) - text.n);
	/* As this program prints it. */
	if (whole[10] == ' ')
		whole[10] = 'T';
	return time_from_text(slice_str(whole), ret_ms);
}

/* ---- values ------------------------------------------------------------- */

static int
take_time(const struct arg *arg, struct slice value, struct arg_time *to,
    struct args_problem *p)
{
	int sign = arg->type == ARG_EXPIRY ? 1 : -1;

	if (args_time(value, clock_wall_ms(), sign, &to->ms) < 0)
		return problem(p,
		    "--%s: '%.60s' is no time: write 2026-11-22T10:00:00Z, "
		    "2026-11-22, or 30m, 2h, 7d for so long %s",
		    arg->name, (const char *)value.p,
		    sign > 0 ? "from now" : "ago");
	to->given = true;
	return 0;
}

static int
take(const struct arg *arg, void *target, const char *value,
    struct args_problem *p)
{
	void *to = (char *)target + arg->offset;
	struct arg_number *number = to;

	switch (arg->type) {
	case ARG_FLAG:
		*(bool *)to = true;
		return 0;
	case ARG_TEXT:
		if (value[0] == '\0')
			return problem(p, "--%s: is empty", arg->name);
		*(const char **)to = value;
		return 0;
	case ARG_NUMBER:
		if (slice_u64(slice_str(value), INT64_MAX, &number->n) < 0)
			return problem(
			    p, "--%s: '%.60s' is no number", arg->name, value);
		number->given = true;
		return 0;
	case ARG_SINCE:
	case ARG_EXPIRY:
		return take_time(arg, slice_str(value), to, p);
	case ARG_UNSET:
		break;
	}
	BUG_ON(true);
}

/* ---- parsing ------------------------------------------------------------ */

/* All tables' rows, in getopt's form. */
struct rows {
	const struct arg *arg[ARGS_MAX * ARGS_TABLES_MAX];
	void *target[ARGS_MAX * ARGS_TABLES_MAX];
	struct option option[ARGS_MAX * ARGS_TABLES_MAX + 1];
	char letters[2 + 2 * ARGS_MAX * ARGS_TABLES_MAX + 1];
	size_t n;
};

static void
add_row(struct rows *rows, const struct arg *arg, void *target)
{
	size_t at = strlen(rows->letters), i = rows->n++;

	BUG_ON(rows->n > ARRAY_SIZE(rows->arg));
	rows->arg[i] = arg;
	rows->target[i] = target;
	rows->option[i] = (struct option){.name = arg->name,
	    .has_arg = arg->type != ARG_FLAG,
	    .val = FIRST_LONG + (int)i};
	if (arg->letter == 0)
		return;
	rows->letters[at++] = arg->letter;
	if (arg->type != ARG_FLAG)
		rows->letters[at] = ':';
}

static void
make_rows(struct rows *rows, const struct args *tables, size_t n, bool mixed)
{
	memset(rows, 0, sizeof(*rows));
	/* ':' tells a missing value from an unknown option. */
	(void)snprintf(
	    rows->letters, sizeof(rows->letters), "%s", mixed ? ":" : "+:");
	for (size_t t = 0; t < n; t++)
		for (size_t i = 0; i < tables[t].n; i++)
			add_row(rows, &tables[t].table[i], tables[t].target);
}

static size_t
row_of(const struct rows *rows, int c)
{
	if (c >= FIRST_LONG)
		return (size_t)(c - FIRST_LONG);
	for (size_t i = 0; i < rows->n; i++)
		if (rows->arg[i]->letter == c)
			return i;
	BUG_ON(true);
}

/* An option's name that begins alike, to suggest; NULL where none does. */
static const char *
nearest(const struct rows *rows, const char *name)
{
	const char *best = NULL;
	size_t best_n = 1;

	for (size_t i = 0; i < rows->n; i++) {
		const char *own = rows->arg[i]->name;
		size_t n = 0;

		while (own[n] != '\0' && own[n] == name[n])
			n++;
		if (n > best_n) {
			best = own;
			best_n = n;
		}
	}
	return best;
}

static int
refuse(const struct rows *rows, int c, char **argv, struct args_problem *p)
{
	const char *word = argv[optind - 1];
	bool is_long = word[0] == '-' && word[1] == '-';
	const char *near = is_long ? nearest(rows, word + 2) : NULL;

	if (c == ':' && is_long)
		return problem(p, "%.60s: wants a value", word);
	if (c == ':')
		return problem(p, "-%c: wants a value", optopt);
	if (optopt >= FIRST_LONG)
		return problem(p, "%.60s: takes no value", word);
	if (!is_long)
		return problem(p, "unknown option -%c", optopt);
	if (near != NULL)
		return problem(
		    p, "unknown option %.60s; did you mean --%s?", word, near);
	return problem(p, "unknown option %.60s", word);
}

int
args_parse(const struct args *tables, size_t n, bool mixed, int argc,
    char **argv, int *ret_first, struct args_problem *reterr_problem)
{
	struct rows rows;
	int c, r;

	BUG_ON(n > ARGS_TABLES_MAX);
	make_rows(&rows, tables, n, mixed);
	opterr = 0;
	optind = 0; /* glibc: from the start again */
	while ((c = getopt_long(argc, argv, rows.letters, rows.option, NULL)) !=
	       -1) {
		size_t i;

		if (c == '?' || c == ':')
			return refuse(&rows, c, argv, reterr_problem);
		i = row_of(&rows, c);
		r = take(rows.arg[i], rows.target[i], optarg, reterr_problem);
		if (r < 0)
			return r;
	}
	*ret_first = optind;
	return 0;
}
