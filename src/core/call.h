/*
 * A call: operations that a client sent together, or one that the server does
 * by itself, on its way through core.
 *
 * One thread owns it at a time: the I/O thread takes it in and sends the reply,
 * a reader or the writer does it. All its memory is its arena's.
 */
#ifndef CORE_CALL_H
#define CORE_CALL_H

#include "base/hash.h"
#include "core/alert.h"
#include "core/context.h"
#include "core/draft.h"
#include "op/op.h"

struct call;
struct run;

enum {
	CALL_OPS_MAX = 64,
	CALL_KEY_MAX =
	    160, /* bytes of an Idempotency-Key, with a call's place */
};

/* What an operation that opens a stream asks for, once it is durable. */
struct stream_plan {
	bool wanted;
	uint64_t size;      /* of a blob */
	struct slice place; /* the blob's file; empty: not a blob */
	struct slice sums;  /* digest of its checksums */
	uint64_t upload;    /* an upload takes its bytes */
	uint64_t from;      /* a tail, mirror or export: its first record */
	uint64_t until;     /* an export: its last; 0: it has no end */
	struct slice query; /* an export: its log_search, encoded */
	uint64_t limit;     /* an upload: the bytes it takes at most */
	uint64_t watches;   /* a folder: word of its changes */
	uint64_t document;  /* a file: a view of it, as it is open */
	unsigned format;    /* ... or it, written in this form (kit/format.h) */
	bool printed;       /* ... for paper */
	unsigned rights;    /* ... with these (kit/rights.h) */
	struct slice name;  /* ... under which others see who it is */
};

struct call_op {
	const struct op *op;
	uint64_t number;
	size_t n; /* objects */
	struct slice *args;

	/* Filled where it is done. */
	struct draft draft;
	int code;           /* of the operation as a whole: 0 or E_* */
	struct buf results; /* [code, result] for each object, CBOR */
	size_t n_results;

	/* A read that a reader has done: until when, and on which rows. */
	bool prepared;
	uint64_t at;    /* the snapshot */
	uint64_t since; /* as of when what it rests on was found */
	int64_t expires;
	uint64_t *rests_on; /* references */
	size_t n_rests_on, cap_rests_on;
	uint64_t last_tail; /* the shared proof that stands there already */
	uint64_t session, credential, principal; /* for whom */
	int64_t used; /* when the session was last, as far as it was known */

	struct alert alert; /* its record is followed by that one */

	struct stream_plan stream;
	uint64_t stream_number, stream_place;
	void *stream_result; /* encoded once the number is known */
};

struct call {
	struct call *next; /* in a queue */
	struct arena arena;
	size_t front;
	uint64_t front_pid;      /* of that front: the next one counts anew */
	uint64_t id;             /* the front's number for it */
	struct context *context; /* NULL: the server itself */
	bool has_bearer;
	struct digest bearer; /* SHA-256 of the secret */
	struct slice key;     /* Idempotency-Key, or empty */
	bool has_if_state;    /* it is done only in this state of the caller's
	                         files: */
	uint64_t if_state;
	int in_state; /* 0: not looked yet; 1: it is; or E_CONFLICT */
	unsigned cause;
	uint64_t session; /* a hint, for admission */
	size_t n_ops;
	struct call_op *ops;
	size_t objects; /* in all */
	size_t bytes;   /* of the body it came as */
	bool reads;     /* it changes nothing */
	bool urgent;    /* it takes away or ends, and nothing else */
	bool patient;   /* a system call that nobody awaits: queue.h */

	uint64_t person; /* whom admission counts it to; 0: nobody known */

	/*
	 * One operation whose row asks the keeper: a reader finds what, the
	 * answer comes before the writer does it.
	 */
	bool asks, answered;
	bool was_right;       /* what was tried */
	struct buf ask;       /* the request */
	struct slice answer;  /* or empty: nothing was there to ask */
	int answer_code;      /* why there is none */
	uint64_t asked_of[3]; /* rows that the question rests on */
	uint64_t account;     /* whose secrets are tried, hashed; 0: nobody's */

	/*
	 * The server's own operation: does it, and may leave an answer. Told
	 * after the commit by `done`, on the I/O thread.
	 */
	int (*system)(struct run *run, void *arg);
	void (*done)(struct call *call, void *arg);
	void *arg;
	uint64_t sequence; /* of its leaf */
	uint64_t durable;  /* the last leaf that was, as it came in */
};

/*
 * From the body of a CALL message, which is copied. The bearer secret is hashed
 * and wiped. E_GRAMMAR where the front broke the format, or names an operation
 * that no client has; arguments that are wrong are no fault of the front's.
 */
int
call_new(size_t front, uint64_t id, struct slice body, struct call **ret_call);

/* An operation of the server itself. `arg` is bytes of the call's own. */
int call_new_system(enum op_number number, size_t arg_size,
    int (*system)(struct run *run, void *arg),
    void (*done)(struct call *call, void *arg), struct call **ret_call);

void call_free(struct call **call);

/* The keeper's answer, which is copied; or why there is none. */
int call_take_answer(struct call *call, int code, struct slice answer);

/* As new: what an undone batch left in it is dropped. */
void call_reset(struct call *call);

/* The body of REPLY. */
void call_put_reply(const struct call *call, struct buf *buf);

#endif
