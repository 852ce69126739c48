/*
 * Which records: the options that log search and log export share.
 */
#ifndef CLI_FILTER_H
#define CLI_FILTER_H

#include "cli/cli.h"

struct filter {
	const char *principal, *object, *operation, *outcome, *address;
	struct arg_time since, until;
};

/* Rows for a table of a struct that has a member `filter`. */
#define FILTER_ARG(type, member) offsetof(struct type, filter.member)
#define FILTER_ARGS(type)                                                      \
	{"principal", 'p', ARG_TEXT, "WHO",                                    \
	    "of this principal, by id or name", FILTER_ARG(type, principal)},  \
	    {"object", 'o', ARG_TEXT, "ID|PATH",                               \
		"on this object: its id, or a folder or file by path",         \
		FILTER_ARG(type, object)},                                     \
	    {"operation", 0, ARG_TEXT, "NAME",                                 \
		"of this operation, as file.create",                           \
		FILTER_ARG(type, operation)},                                  \
	    {"outcome", 0, ARG_TEXT, "WORD",                                   \
		"that ended so: allowed, denied, refused or failed",           \
		FILTER_ARG(type, outcome)},                                    \
	    {"address", 'a', ARG_TEXT, "ADDRESS", "from this network address", \
		FILTER_ARG(type, address)},                                    \
	    {"since", 0, ARG_SINCE, "TIME",                                    \
		"not before: 2026-11-22T10:00 (UTC), or 30m, 2h, 7d ago",      \
		FILTER_ARG(type, since)},                                      \
	{                                                                      \
		"until", 0, ARG_SINCE, "TIME", "before that time",             \
		    FILTER_ARG(type, until)                                    \
	}

/*
 * The arguments of log.search, checked, with names and paths made into ids.
 * CLI_OK, or it was said what is wrong.
 */
int
filter_args(struct cli *cli, const struct filter *filter, json_t **ret_args);

#endif
