#include "base/log.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "base/base.h"

enum {
	LINE_MAX_BYTES = 2048,
	VALUE_MAX_BYTES = 256,
};

static const char *const key_names[] = {
#define LOG_KEY(name, text) [K_##name] = (text),
#include "base/log_keys.def"
#undef LOG_KEY
};

static const char *const level_names[] = {
    [LOG_DEBUG] = "debug",
    [LOG_INFO] = "info",
    [LOG_WARN] = "warn",
    [LOG_ERROR] = "error",
};

static const char *role_name = "-";
static enum log_level least_level = LOG_INFO;

void
log_init(const char *role, enum log_level least)
{
	struct tm tm;

	role_name = role;
	least_level = least;
	/* Its first call opens a file, which a sandbox would forbid later. */
	(void)gmtime_r(&(time_t){0}, &tm);
}

struct log_field
log_err(int code)
{
	return log_str(K_ERROR, error_text(code));
}

struct line {
	char text[LINE_MAX_BYTES];
	size_t n;
};

static void
    PRINTF_LIKE(2, 3) line_add(struct line *line, const char *format, ...)
{
	size_t room = sizeof(line->text) - 1 - line->n;
	va_list args;
	int n;

	va_start(args, format);
	n = vsnprintf(line->text + line->n, room, format, args);
	va_end(args);
	if (n > 0)
		line->n += MIN((size_t)n, room - 1);
}

static void
line_add_slice(struct line *line, struct slice value)
{
	line_add(line, "\"");
	for (size_t i = 0; i < MIN(value.n, VALUE_MAX_BYTES); i++) {
		uint8_t c = value.p[i];

		if (c == '"' || c == '\\')
			line_add(line, "\\%c", c);
		else if (c < 0x20 || c >= 0x7f)
			line_add(line, "\\x%02x", c);
		else
			line_add(line, "%c", c);
	}
	line_add(line, value.n > VALUE_MAX_BYTES ? "...\"" : "\"");
}

static void
line_add_field(struct line *line, const struct log_field *field)
{
	line_add(line, " %s=", key_names[field->key]);
	switch (field->type) {
	case LOG_TYPE_SLICE:
		line_add_slice(line, field->slice);
		break;
	case LOG_TYPE_I64:
		line_add(line, "%" PRId64, field->i64);
		break;
	case LOG_TYPE_U64:
		line_add(line, "%" PRIu64, field->u64);
		break;
	}
}

void
log_write(enum log_level level, const char *event,
    const struct log_field *fields, size_t n)
{
	struct line line = {.n = 0};
	struct timespec now;
	struct tm tm;

	if (level < least_level)
		return;
	(void)clock_gettime(CLOCK_REALTIME, &now);
	(void)gmtime_r(&now.tv_sec, &tm);
	line_add(&line, "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ %s %s %s",
	    tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday, tm.tm_hour, tm.tm_min,
	    tm.tm_sec, (int)(now.tv_nsec / 1000000), level_names[level],
	    role_name, event);
	for (size_t i = 0; i < n; i++)
		line_add_field(&line, &fields[i]);
	line.text[line.n++] = '\n';
	/* One write a line, so that lines of several processes don't mix. */
	if (write(STDERR_FILENO, line.text, line.n) < 0)
		return; /* nobody is left to tell */
}
