/*
 * Options of commands, as tables: from one row come the parsing (getopt_long),
 * the line in the help and the completion, so that none is undocumented.
 *
 * A table's rows point into a struct of the command's own by offset; it is
 * zeroed beforehand, and what isn't given stays so.
 */
#ifndef CLI_ARGS_H
#define CLI_ARGS_H

#include "base/base.h"
#include "base/slice.h"

enum { ARGS_MAX = 32, ARGS_TABLES_MAX = 2 };

enum arg_type {
	ARG_UNSET,
	ARG_FLAG,   /* bool */
	ARG_TEXT,   /* const char *, of argv: not empty */
	ARG_NUMBER, /* struct arg_number */
	ARG_SINCE,  /* struct arg_time: "2h" is two hours ago */
	ARG_EXPIRY, /* struct arg_time: "2h" is in two hours */
};

struct arg {
	const char *name; /* "jobs" of --jobs */
	char letter;      /* 'j' of -j; 0: none */
	enum arg_type type;
	const char *value; /* in the help: "N" of --jobs N */
	const char *doc;   /* a clause */
	size_t offset;
};

struct arg_number {
	bool given;
	uint64_t n;
};

struct arg_time {
	bool given;
	int64_t ms;
};

/* A table, and the struct that it fills in. */
struct args {
	const struct arg *table;
	size_t n;
	void *target;
};

/* What is wrong, for people. */
struct args_problem {
	char text[200];
};

/*
 * Parses options up to the first operand, or with `mixed` between operands too,
 * which are moved to the end. argv[0] is skipped. *ret_first is the index of
 * the first operand. E_INVALID.
 */
int args_parse(const struct args *tables, size_t n, bool mixed, int argc,
    char **argv, int *ret_first, struct args_problem *reterr_problem);

/*
 * A time: "2026-11-22", "2026-11-22T10:00", "2026-11-22T10:00:00Z" (all UTC),
 * or so many s, m, h, d or w before (sign -1) or after (sign 1) now. E_INVALID.
 */
int args_time(struct slice text, int64_t now, int sign, int64_t *ret_ms);

#endif
