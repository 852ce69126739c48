/*
 * JMAP (RFC 8620): what its resources share. A method becomes operations of
 * core; its answer is made of theirs.
 */
#ifndef FRONT_JMAP_JMAP_H
#define FRONT_JMAP_JMAP_H

#include "front/calls.h"
#include "front/jmap/parse.h"
#include "op/shape_json.h"

/* Nothing in a session object changes while its session lives. */
#define JMAP_SESSION_STATE "1"

enum { JMAP_OUT_MAX = 16 << 20, JMAP_DEPTH_MAX = 64 };

struct jmap;

/* A method: begins, and ends by jmap_answer or jmap_error, once. */
struct jmap_method {
	const char *name;
	const char *capability;
	void (*begin)(struct jmap *jmap, json_t *args);
};

const struct jmap_method *jmap_files_method(const char *name);

/* One API request under way. */
struct jmap {
	struct request *request;
	json_t *root;
	json_t *calls; /* [[name, args, id] ...] */
	size_t next;
	json_t *args;      /* of the method under way, references resolved */
	json_t *responses; /* so far, where later calls refer to them */
	json_t *created;   /* creation id -> id */
	size_t left;       /* values that references may still lead to */
	bool refers;
	size_t answered; /* where the last response begins in it */
	struct buf out;  /* the methodResponses */
	void *state;     /* the method's, in the request's arena */
};

/* The answer's arguments: opens an object, to be closed by jmap_answer_end. */
struct json_writer jmap_answer(struct jmap *jmap, const char *name);
void jmap_answer_end(struct jmap *jmap, struct json_writer *w);

/* A method-level error (RFC 8620, 3.6.2). */
void jmap_error(struct jmap *jmap, const char *type, const char *text);
void jmap_error_code(struct jmap *jmap, int code);

/* A SetError (5.3), as the value of a member that is open. */
void
jmap_put_set_error(struct json_writer *w, int code, const char *description);

/* An id of the arguments: a real one, or "#" and a creation id. */
const char *jmap_id(struct jmap *jmap, json_t *value);

/* Whom the request's bearer is known to be, or 0: jmap_session.c. */
uint64_t jmap_known_account(struct request *request);
void jmap_know_account(struct request *request, uint64_t account);

/* Checks an accountId, then goes on: jmap_session.c. */
void jmap_check_account(struct request *request, const char *account,
    void (*checked)(struct request *request, int code, void *arg), void *arg);

#endif
