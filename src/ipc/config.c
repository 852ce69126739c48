#include "ipc/config.h"

#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>

#include "base/ip.h"
#include "wire/cbor.h"

enum config_type {
	TYPE_TEXT,
	TYPE_NUMBER,
	TYPE_BYTES,
	TYPE_SECONDS,
	TYPE_LIMIT
};

static const struct row {
	const char *name;
	enum config_type type;
	const char *standard;
	uint64_t min, max;
	bool reload;
	const char *doc;
	size_t offset;
} rows[CONFIG_MAX] = {
#define CONFIG(name, type, default, min, max, reload, doc)   \
	{#name, TYPE_##type, default, min, max, reload, doc, \
	    offsetof(struct config, name)},
#include "ipc/config.def"
#undef CONFIG
};

static _Atomic uint64_t met[CONFIG_MAX];

void
limit_met(enum config_key key)
{
	atomic_fetch_add_explicit(&met[key], 1, memory_order_relaxed);
}

uint64_t
limit_count(enum config_key key)
{
	return atomic_load_explicit(&met[key], memory_order_relaxed);
}

bool
config_is_limit(enum config_key key)
{
	return rows[key].type == TYPE_LIMIT;
}

const char *
config_name(enum config_key key)
{
	return rows[key].name;
}

static char *
text_of(const struct config *config, const struct row *row)
{
	/* One accessor for readers and the parser that fills it. */
	return (char *)(uintptr_t)config + row->offset;
}

static uint64_t *
number_of(const struct config *config, const struct row *row)
{
	return (uint64_t *)((uintptr_t)config + row->offset);
}

static int
parse_number(const struct row *row, struct slice value, uint64_t *ret)
{
	static const char units[] = "KMGT";
	uint64_t factor = 1, n;
	const char *unit = NULL;

	if ((row->type == TYPE_BYTES || row->type == TYPE_LIMIT) && value.n > 1)
		unit = strchr(units, (char)value.p[value.n - 1]);
	if (unit != NULL && *unit != '\0') {
		factor <<= 10 * (unit - units + 1);
		value.n--;
	}
	if (slice_u64(value, UINT64_MAX / factor, &n) < 0)
		return E_CONFIG;
	*ret = n * factor;
	return 0;
}

static int
    PRINTF_LIKE(2, 3) problem(struct config_problem *p, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	(void)vsnprintf(p->text, sizeof(p->text), format, args);
	va_end(args);
	return E_CONFIG;
}

static int
set(const struct row *row, struct slice value, struct config *config,
    struct config_problem *p)
{
	uint64_t n;

	if (row->type == TYPE_TEXT) {
		char *to = text_of(config, row);

		if (value.n < row->min || value.n > row->max)
			return problem(
			    p, "%s is too short or too long", row->name);
		if (!slice_is_utf8(value) || slice_index(value, '\0') < value.n)
			return problem(p, "%s is not plain text", row->name);
		if (value.n > 0)
			memcpy(to, value.p, value.n);
		to[value.n] = '\0';
		return 0;
	}
	if (parse_number(row, value, &n) < 0)
		return problem(p, "%s: '%.*s' is not a number", row->name,
		    SLICE_ARG(slice_first(value, 64)));
	if (n < row->min || n > row->max)
		return problem(p, "%s must be from %llu to %llu", row->name,
		    (unsigned long long)row->min, (unsigned long long)row->max);
	*number_of(config, row) = n;
	return 0;
}

void
config_default(struct config *ret_config)
{
	struct config_problem p;

	memset(ret_config, 0, sizeof(*ret_config));
	for (size_t i = 0; i < CONFIG_MAX; i++)
		BUG_ON(set(&rows[i], slice_str(rows[i].standard), ret_config,
			   &p) < 0);
}

static const struct row *
find(struct slice name)
{
	for (size_t i = 0; i < CONFIG_MAX; i++)
		if (slice_eq(slice_str(rows[i].name), name))
			return &rows[i];
	return NULL;
}

/* A name that begins alike, to suggest; NULL where none does. */
static const char *
nearest(struct slice name)
{
	const char *best = NULL;
	size_t best_n = 2;

	for (size_t i = 0; i < CONFIG_MAX; i++) {
		size_t n = 0;

		while (n < name.n && rows[i].name[n] != '\0' &&
		       rows[i].name[n] == (char)name.p[n])
			n++;
		if (n > best_n) {
			best = rows[i].name;
			best_n = n;
		}
	}
	return best;
}

static int
parse_line(struct slice line, uint64_t *seen, struct config *config,
    struct config_problem *p)
{
	struct slice name;
	const struct row *row;
	size_t i;

	line = slice_trim(line);
	if (line.n == 0 || line.p[0] == '#')
		return 0;
	if (!slice_cut(&line, '=', &name))
		return problem(p, "this is no 'key = value'");
	name = slice_first(slice_trim(name), 64);
	row = find(name);
	if (row == NULL && nearest(name) != NULL)
		return problem(p, "unknown key '%.*s'; did you mean '%s'?",
		    SLICE_ARG(name), nearest(name));
	if (row == NULL)
		return problem(p, "unknown key '%.*s'", SLICE_ARG(name));
	i = (size_t)(row - rows);
	if (*seen & (uint64_t)1 << i)
		return problem(p, "%s is set twice", row->name);
	*seen |= (uint64_t)1 << i;
	return set(row, slice_trim(line), config, p);
}

/* Network addresses, apart by spaces. */
static int
check_addresses(const char *key, const char *text, struct config_problem *p)
{
	struct slice list = slice_str(text), one;
	struct ip ip;

	while (list.n > 0) {
		(void)slice_cut(&list, ' ', &one);
		if (one.n > 0 && ip_parse(one, &ip) < 0)
			return problem(p, "%s: '%.*s' is no address", key,
			    SLICE_ARG(slice_first(one, 64)));
	}
	return 0;
}

/* What no line says by itself. */
static int
check_whole(const struct config *config, struct config_problem *p)
{
	int r;

	p->line = 0;
	if ((config->tls_certificate[0] == '\0') !=
	    (config->tls_key[0] == '\0'))
		return problem(p, "tls_certificate and tls_key go together");
	if ((r = check_addresses("listen", config->listen, p)) < 0)
		return r;
	return check_addresses("trusted_proxies", config->trusted_proxies, p);
}

int
config_parse(struct slice text, struct config *ret_config,
    struct config_problem *reterr_problem)
{
	static struct config config;
	uint64_t seen = 0;
	int r = 0;

	_Static_assert(CONFIG_MAX <= 64, "a bit for each key");
	config_default(&config);
	*reterr_problem = (struct config_problem){0};
	while (text.n > 0 && r == 0) {
		struct slice line;

		(void)slice_cut(&text, '\n', &line);
		reterr_problem->line++;
		r = parse_line(line, &seen, &config, reterr_problem);
	}
	if (r < 0 || (r = check_whole(&config, reterr_problem)) < 0)
		return r;
	*ret_config = config;
	return 0;
}

void
config_put_template(struct buf *buf)
{
	buf_put_str(buf,
	    "# Chancery's configuration. Each line that is commented out "
	    "shows\n"
	    "# the default. `chancery config check` reads it without effect;\n"
	    "# SIGHUP takes it on, all of it or nothing; keys marked "
	    "(restart)\n"
	    "# wait for the next start.\n");
	for (size_t i = 0; i < CONFIG_MAX; i++)
		buf_printf(buf, "\n# %s%s\n#%s = %s\n", rows[i].doc,
		    rows[i].reload ? "" : " (restart)", rows[i].name,
		    rows[i].standard);
}

void
config_encode(const struct config *config, struct buf *buf)
{
	cbor_put_array(buf, CONFIG_MAX);
	for (size_t i = 0; i < CONFIG_MAX; i++) {
		if (rows[i].type == TYPE_TEXT)
			cbor_put_text(
			    buf, slice_str(text_of(config, &rows[i])));
		else
			cbor_put_uint(buf, *number_of(config, &rows[i]));
	}
}

int
config_decode(struct slice in, struct config *ret_config)
{
	static struct config config;
	struct cbor_reader r = cbor_reader(in);

	if (cbor_get_array(&r) != CONFIG_MAX)
		return E_GRAMMAR;
	memset(&config, 0, sizeof(config));
	for (size_t i = 0; i < CONFIG_MAX; i++) {
		if (rows[i].type == TYPE_TEXT) {
			struct slice text = cbor_get_text(&r);

			if (text.n > CONFIG_TEXT_MAX ||
			    slice_index(text, '\0') < text.n)
				return E_GRAMMAR;
			if (text.n > 0)
				memcpy(
				    text_of(&config, &rows[i]), text.p, text.n);
		} else {
			*number_of(&config, &rows[i]) = cbor_get_uint(&r);
		}
	}
	if (cbor_end(&r) < 0)
		return E_GRAMMAR;
	*ret_config = config;
	return 0;
}

const char *
config_needs_restart(const struct config *old, const struct config *new)
{
	for (size_t i = 0; i < CONFIG_MAX; i++) {
		const struct row *row = &rows[i];
		bool same =
		    row->type == TYPE_TEXT
			? strcmp(text_of(old, row), text_of(new, row)) == 0
			: *number_of(old, row) == *number_of(new, row);

		if (!same && !row->reload)
			return row->name;
	}
	return NULL;
}

bool
config_is_local(const struct config *config)
{
	return strcmp(config->hostname, "localhost") == 0;
}
