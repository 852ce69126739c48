/*
 * The primitives that every file may use. Nothing here knows of the project.
 */
#ifndef BASE_BASE_H
#define BASE_BASE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/banned.h"
#include "base/error.h"

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))
#define MIN(a, b) ((a) < (b) ? (a) : (b))
#define MAX(a, b) ((a) > (b) ? (a) : (b))
#define CONTAINER_OF(ptr, type, member) \
	((type *)(void *)((char *)(ptr)-offsetof(type, member)))

#define PRINTF_LIKE(fmt, args) __attribute__((format(printf, fmt, args)))
#define NO_RETURN __attribute__((noreturn))
#define MUST_USE __attribute__((warn_unused_result))
#define UNUSED __attribute__((unused))

/*
 * A broken invariant of our own: says where, and ends the process. It stays on
 * in a release, and is never used for input, however hostile.
 */
#define BUG_ON(condition)                                    \
	do {                                                 \
		if (__builtin_expect(!!(condition), 0))      \
			bug(__FILE__, __LINE__, #condition); \
	} while (0)

NO_RETURN void bug(const char *file, int line, const char *condition);

#endif
