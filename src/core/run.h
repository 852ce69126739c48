/*
 * One operation being done: the dispatcher, and what handlers work with.
 *
 * The order is always the same, and stands in one place (run.c): authenticate,
 * then for each object decide, check, apply, and at the end the leaf. Handlers
 * never decide who may. `check` and `read` read and make all refusals; `apply`
 * writes and can't refuse: an error of it is a fault of the store, and the
 * whole batch is undone.
 */
#ifndef CORE_RUN_H
#define CORE_RUN_H

#include "core/call.h"
#include "core/node.h"
#include "core/place.h"

enum { RUN_PLAN_BYTES = 512 };

/* An object that the argument names, resolved, and decided on. */
struct object {
	enum kind kind;
	uint64_t ref;
	struct node_row node; /* of a folder or file */
	struct proof proof;
	uint64_t unit; /* the role that did is in this one; 0: none */
};

struct run {
	struct place *place;
	struct arena *arena; /* of the call */
	struct call *call;
	struct call_op *op_call;
	const struct op *op;
	uint64_t sequence; /* of the leaf; 0 on a reader */
	struct who who;
	struct draft *draft;
	struct proof use; /* of the app that the operation is one of */
	bool use_told;    /* it stands in the record */

	/* Of the object under way. */
	size_t k;
	const void *args;               /* struct of op->args */
	void *result;                   /* struct of op->result, zeroed */
	struct object on[OP_NEEDS_MAX]; /* what op->need names */
	int tell;   /* what a client is told instead of a denial; 0: that */
	void *kept; /* of the handler, from object to object */
	uint64_t places; /* rows that this leaf has made so far */
	_Alignas(16) uint8_t plan[RUN_PLAN_BYTES]; /* from check to apply */
};

/* Handlers: what the rows of op.def name. */
typedef int run_fn(struct run *run);

#define SYSTEM(...)
#define WRITE(number, NAME, handler, ...) \
	run_fn handler##_check, handler##_apply;
#define READ(number, NAME, handler, ...) run_fn handler##_read;
#include "op/op.def"

/* What operations that ask the keeper ask it: 1, 0 or a refusal. */
run_fn session_begin_ask, session_stepup_ask, passkey_add_ask, password_set_ask,
    totp_begin_ask, totp_confirm_ask, link_make_ask, link_open_ask;

/* The typed views of a run. */
#define RUN_ARGS(run, type) ((const struct type *)(run)->args)
#define RUN_RESULT(run, type) ((struct type *)(run)->result)
#define RUN_PLAN(run, type)                                           \
	((void)sizeof(char[sizeof(type) <= RUN_PLAN_BYTES ? 1 : -1]), \
	    (type *)(void *)(run)->plan)

/*
 * Does all operations of a call at a place. On the writer's: leaves are
 * written, results encoded; an error means that the batch must be undone. On a
 * reader's: drafts and results are prepared for the writer.
 */
int run_call(struct place *place, struct call *call);

/*
 * Records a read that a reader has prepared. 1: done; 0: what it rests on has
 * changed, and it must be done again here; or an error, as above.
 */
int run_prepared(struct place *place, struct call *call);

/*
 * On a reader: writes what a call asks the keeper into call->ask. 1: there is
 * something to ask; 0: there is not, and the writer will say why; or an error.
 */
int run_ask(struct place *place, struct call *call);

/* Records a call whose effect failed: every operation's outcome is `code`. */
int run_failed(struct place *place, struct call *call, int code);

/* ---- for handlers ------------------------------------------------------ */

/*
 * A folder or file that the state of things names, not the argument (where
 * something was before, say): resolved, and decided on by the row's NEED_STATE.
 * It is the record's target. E_NOT_FOUND, E_DENIED, E_SCOPE.
 */
int run_need(struct run *run, uint64_t node, struct object *ret_object);

/*
 * Whether the caller may read a folder or file that no argument names, one of
 * many that a search finds, say: nothing is told of those they may not. What
 *  the answer rests on is noted for the writer. 1 and the proof; 0; or a fault.
 */
int
run_sees(struct run *run, const struct node_row *node, struct proof *ret_proof);

/* The same of another relation; a stream rests on that, too. */
int run_may(struct run *run, unsigned relation, const struct node_row *node,
    struct proof *ret_proof);

/* A new row's reference, noted in the leaf. E_NOMEM, E_LIMIT. */
int run_make(struct run *run, enum kind kind, uint64_t *ret_ref);

/* Whether the leaf has room for so many references more. E_LIMIT. */
int run_check_room(struct run *run, size_t refs);

/* Notes that a row has ended, for the leaf and for all that rests on it. */
int run_end(struct run *run, uint64_t ref);

/* A row counts for nothing for now: all that rests on it ends, it doesn't. */
int run_halt(struct run *run, uint64_t ref);

/* A row belongs elsewhere: what rests on it is looked up anew, and goes on. */
int run_moved(struct run *run, uint64_t ref);

/* Something was given or placed: what was denied before may not be now. */
void run_granted(struct run *run);

/* Who is in which group has changed, or a group has ended. */
void run_regrouped(struct run *run);

/* Texts were erased: copies of them in memory go at the commit. */
void run_erased(struct run *run);

/* The object's record: where it comes from, and what there is to say of it. */
int run_from(struct run *run, uint64_t ref);
int run_number(struct run *run, uint64_t key, int64_t value);
int
run_text(struct run *run, uint64_t field, uint64_t subject, struct slice text);

/* The files of a principal's space changed, by so many bytes more or less. */
int run_touch_files(struct run *run, uint64_t principal, int64_t bytes);

/* Something in a folder is other than it was: whoever watches it is told. */
void run_touch_folder(struct run *run, uint64_t folder);

/* The state of a principal's files, with what this batch has changed. */
int run_files_state(struct run *run, uint64_t principal, uint64_t *ret_state);

/* A copy in the call's arena; .p is NULL where memory is out. */
struct slice run_copy(struct run *run, struct slice s);

/* Sets a text field of a result. */
#define RUN_SET_TEXT(run, value, field, text)          \
	(SHAPE_SET(value, field, run_copy(run, text)), \
	    (value)->field.p != NULL ? 0 : E_NOMEM)

#endif
