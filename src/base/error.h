/*
 * Errors: a function returns 0 (or a count) for success and a negative E_*
 * else. Outputs come last, are named ret_*, and are written only on success.
 */
#ifndef BASE_ERROR_H
#define BASE_ERROR_H

enum error {
#define ERR(number, name, class, http, jmap, text) E_##name = -(number),
#include "base/err.def"
#undef ERR
};

/* How a record counts an outcome. */
enum error_class {
	ERROR_CLASS_NONE,
	ERROR_CLASS_DENIED,  /* by right or credential */
	ERROR_CLASS_REFUSED, /* by the state of things or the arguments */
	ERROR_CLASS_FAILED,  /* by a fault of ours */
	ERROR_CLASS_UNKNOWN, /* nobody can tell */
};

struct error_info {
	int code; /* E_* */
	enum error_class class;
	int http;
	const char *jmap;
	const char *name;
	const char *text;
};

/* The row of an error; for a code that has none, the row of E_IO. */
const struct error_info *error_info(int code);

/* Plain words for people. */
const char *error_text(int code);

/* E_* for errno, as far as callers tell errors apart: else E_IO. */
int error_from_errno(int err);

#endif
