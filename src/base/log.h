/*
 * Operational log lines, in logfmt, on standard error: for whoever keeps the
 * server running. They are not records: records come from operations.
 *
 *	log_info("core.start", log_u64(K_SEQUENCE, n));
 *	2026-11-22T10:00:00.000Z info core core.start sequence=17
 *
 * Event names are constants; what comes from outside goes into values, which
 * are quoted, cut and freed of control characters. Secrets have no formatter.
 */
#ifndef BASE_LOG_H
#define BASE_LOG_H

#include <stdint.h>

#include "base/slice.h"

enum log_level { LOG_DEBUG, LOG_INFO, LOG_WARN, LOG_ERROR };

enum log_field_key {
#define LOG_KEY(name, text) K_##name,
#include "base/log_keys.def"
#undef LOG_KEY
};

enum log_type { LOG_TYPE_SLICE, LOG_TYPE_I64, LOG_TYPE_U64 };

struct log_field {
	enum log_field_key key;
	enum log_type type;
	union {
		struct slice slice;
		int64_t i64;
		uint64_t u64;
	};
};

static inline struct log_field
log_slice(enum log_field_key key, struct slice value)
{
	return (struct log_field){key, LOG_TYPE_SLICE, {.slice = value}};
}

static inline struct log_field
log_str(enum log_field_key key, const char *value)
{
	return log_slice(key, slice_str(value));
}

static inline struct log_field
log_int(enum log_field_key key, int64_t value)
{
	return (struct log_field){key, LOG_TYPE_I64, {.i64 = value}};
}

static inline struct log_field
log_u64(enum log_field_key key, uint64_t value)
{
	return (struct log_field){key, LOG_TYPE_U64, {.u64 = value}};
}

/* The text of an E_* code. */
struct log_field log_err(int code);

/* Sets the role's name, shown in each line, and the least level written. */
void log_init(const char *role, enum log_level least);

void log_write(enum log_level level, const char *event,
    const struct log_field *fields, size_t n);

#define LOG_FIELDS(...)                                       \
	(const struct log_field[]){__VA_ARGS__},              \
	    sizeof((const struct log_field[]){__VA_ARGS__}) / \
		sizeof(struct log_field)

#define log_debug(event, ...) \
	log_write(LOG_DEBUG, event, LOG_FIELDS(__VA_ARGS__))
#define log_info(event, ...) log_write(LOG_INFO, event, LOG_FIELDS(__VA_ARGS__))
#define log_warn(event, ...) log_write(LOG_WARN, event, LOG_FIELDS(__VA_ARGS__))
#define log_error(event, ...) \
	log_write(LOG_ERROR, event, LOG_FIELDS(__VA_ARGS__))

#endif
