/*
 * Operations by JMAP: each operation of the table is a method of the capability
 * urn:chancery:operations.
 */
#ifndef CLI_API_H
#define CLI_API_H

#include <jansson.h>

#include "base/buf.h"
#include "base/slice.h"
#include "op/id.h"

struct cli;

enum { API_ID = ID_TEXT_BYTES + 1 }; /* the text of an id */

/* "code", description, and the JMAP type of a refusal, as the server gave it.
 */
struct api_refusal {
	char code[32];
	char text[512];
};

/*
 * Calls an operation on one object, whose arguments are `object` (taken over;
 * NULL: memory is out). A write bears an Idempotency-Key, and is repeated by
 * the same key until its outcome is known, for some seconds.
 *
 * CLI_OK with the result's object, which the caller frees; CLI_FAILED where it
 * was refused, with why; else it was said why, and *ret_refusal is empty.
 */
int api_try(struct cli *cli, const char *name, json_t *object,
    json_t **ret_result, struct api_refusal *ret_refusal);

/* Says why: "what: why". NULL what: nothing. CLI_FAILED. */
int api_fail(
    const struct cli *cli, const struct api_refusal *refusal, const char *what);

/*
 * The same, and says why it was refused: "what: why". NULL what: nothing. What
 * takes two people is asked for, and it is said what to do next.
 */
int api_call(struct cli *cli, const char *name, json_t *object,
    const char *what, json_t **ret_result);

/* The same of what isn't in a state for it, which `state` tells. */
int api_call_state(struct cli *cli, const char *name, json_t *object,
    const char *what, const char *state, json_t **ret_result);

/*
 * All pages of a list, whose next one goes on `after` what the page says is
 * `next`, or where it says `more` behind its last: `each` is given the
 * elements, until one isn't CLI_OK. `args` is taken over.
 */
int api_try_pages(struct cli *cli, const char *name, json_t *args,
    int (*each)(void *arg, const json_t *one), void *arg,
    struct api_refusal *ret_refusal);

/* The same, and says why it was refused. */
int api_call_pages(struct cli *cli, const char *name, json_t *args,
    const char *what, int (*each)(void *arg, const json_t *one), void *arg);

/*
 * The same operation on many objects, an array (taken over), as few requests as
 * the limits allow. A write bears an Idempotency-Key in each. The results in
 * the same order: each with "ok".
 */
int api_call_each(
    struct cli *cli, const char *name, json_t *objects, json_t **ret_results);

/* ---- members ----------------------------------------------------------------
 */

/* An object of pairs: names and json_t (taken over); ends with NULL. */
json_t *api_object(const char *name, ...) __attribute__((sentinel));

/* A string of bytes, also of none. */
json_t *api_string(struct slice s);

/* A time as JSON has it. */
json_t *api_time_value(int64_t ms);

/* One JSON object a line, with all there is. */
void api_put_line(const json_t *one);

/* A string member; "" where there is none. */
const char *api_text(const json_t *object, const char *name);
uint64_t api_u64(const json_t *object, const char *name);
bool api_bool(const json_t *object, const char *name);
bool api_has(const json_t *object, const char *name);

/* A time as people read it; "-" where there is none. */
const char *api_time(const json_t *object, const char *name, char ret[32]);

/* {"path": ...} or {"KEY": id}, by what the operand is. */
json_t *api_place(const char *operand, const char *id_key);

/*
 * The id of anything that an operand names: itself, or that of the folder or
 * file of that path. CLI_OK, or it was said what is wrong.
 */
int api_find_id(struct cli *cli, const char *operand, char ret_id[API_ID]);

/*
 * Where something goes: into the folder that an operand names, by the name that
 * it has; or to the path that the operand is, whose last part is its name then.
 * CLI_OK, or it was said what is wrong.
 */
int api_find_target(struct cli *cli, const char *operand, const char *name,
    struct buf *ret_name, json_t **ret_folder);

/*
 * The node of a folder that an operand names, NULL where there is none, or
 * something else. CLI_OK, or it was said why that can't be known.
 */
int api_find_folder(struct cli *cli, const char *operand, json_t **ret_node);

#endif
