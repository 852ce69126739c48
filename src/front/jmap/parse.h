/*
 * A JMAP request's grammar (RFC 8620, section 3.3), and the references of its
 * method calls to the answers before them (3.7).
 */
#ifndef FRONT_JMAP_PARSE_H
#define FRONT_JMAP_PARSE_H

#include <jansson.h>

#include "base/slice.h"

#define JMAP_CORE "urn:ietf:params:jmap:core"
#define JMAP_FILES "urn:chancery:files"
#define JMAP_OPERATIONS "urn:chancery:operations"

/* What is wrong with a request as a whole (3.6.1). */
struct jmap_problem {
	const char *type; /* the URN behind "urn:ietf:params:jmap:error:" */
	char text[JSON_ERROR_TEXT_LENGTH];
};

/*
 * A request: its "using" are strings, all known here, and its "methodCalls" are
 * triples of name, arguments and id, at most max_calls. E_SYNTAX, E_INVALID,
 * E_KIND (a capability that isn't known), E_LIMIT.
 */
int jmap_parse(struct slice body, size_t max_calls, json_t **ret_root,
    struct jmap_problem *reterr_problem);

/* How many values the references of a request may lead to. */
enum { JMAP_REFERENCED_MAX = 65536 };

/*
 * The arguments with each "#name" replaced by what it refers to in the
 * responses so far. What that comes to is taken off *left. E_INVALID: both
 * "name" and "#name" are there; E_STATE: a reference leads nowhere; E_LIMIT;
 * E_NOMEM.
 */
int
jmap_resolve(json_t *args, json_t *responses, size_t *left, json_t **ret_args);

/* True where any of the calls refers to another. */
bool jmap_has_references(json_t *calls);

#endif
