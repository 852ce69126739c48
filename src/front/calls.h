/*
 * Calls to core: operations that a request asks for, and their answers. And the
 * streams that operations open.
 */
#ifndef FRONT_CALLS_H
#define FRONT_CALLS_H

#include "front/answer.h"
#include "front/request.h"
#include "ipc/body.h"
#include "op/op.h"

/* One operation of a call: its objects' arguments, encoded by shape. */
struct call_op_out {
	const struct op *op;
	size_t n;
	const struct slice *args;
};

/*
 * Called once for each call, never from within the submission. code is not 0
 * where there are no answers: E_BUSY, E_UNKNOWN, E_NOMEM, and E_CLOSED where
 * the request is gone (which must then not be answered).
 */
typedef void call_answered(struct request *request, int code,
    const struct call_answer *answers, size_t n, void *arg);

struct call_out {
	uint64_t number;
	struct request *request;
	call_answered *answered;
	void *arg;
	const struct op *opens; /* a stream; such an operation goes alone */
	struct buf body;        /* while it waits for room */
	size_t bytes;           /* of it, while it is unanswered */
	struct call_out *next;
	struct loop_task task;
	int failed;
};

/*
 * Sends operations, with the request's bearer secret, Idempotency-Key and
 * cause. The arguments are copied.
 */
void call_submit(struct request *request, const struct call_op_out *ops,
    size_t n, call_answered *answered, void *arg);

/*
 * The same, but only where the caller's files are in that state as core comes
 * to do the first of them: else each has the code E_CONFLICT.
 */
void call_submit_in_state(struct request *request, uint64_t state,
    const struct call_op_out *ops, size_t n, call_answered *answered,
    void *arg);

/* The same with one operation on one object: struct of its shape. */
void call_one(struct request *request, enum op_number op, const void *args,
    call_answered *answered, void *arg);

/*
 * The first object's result as a struct of the shape, where answers go; or
 * NULL.
 */
void *call_result(struct request *request, const struct shape *shape,
    const struct call_answer *answer);

/* The code of a call of one object: its own, or the whole's. */
int call_code(int code, const struct call_answer *answers);

/* From core. */
void calls_take_reply(struct front *front, uint64_t number, struct slice body);
/* Core is gone: nothing of what is in flight is known. */
void calls_lost(struct front *front);
/* A connection has ended: core needn't know of it any more. */
void calls_forget(struct conn *conn);

/* ---- streams
 * ---------------------------------------------------------------------- */

struct stream_in {
	uint64_t number;
	struct request *request; /* NULL: it is gone */
	uint64_t bytes;          /* what it carried so far */
	uint64_t owed;           /* bytes that the client has yet to take */
	/* Items of a stream of the log or of events. */
	void (*on_item)(struct request *request, unsigned kind, uint64_t number,
	    struct slice bytes);
	/* The blob that it brings: the descriptor is the handler's. */
	void (*on_file)(
	    struct request *request, int fd, uint64_t size, struct slice sums);
	void (*on_missing)(struct request *request);
	/* An upload: so many bytes may be sent; it is stored, or why not. */
	void (*on_credit)(struct request *request, uint64_t bytes);
	void (*on_stored)(struct request *request, int code);
	/* A view of an open document: which, and its rights from here on. */
	void (*on_view)(
	    struct request *request, uint64_t document, unsigned rights);
	/*
	 * The right was withdrawn, the server stops, or core is gone: the
	 * handler must finish it.
	 */
	void (*on_close)(struct request *request, unsigned status);
	/* While on_close runs: what core says of it; else NULL. */
	const struct body_close *closing;

	struct loop_task overtaken; /* to hand out what came too early */
	struct front *front;
	bool due;
};

/*
 * A stream that an answer named, for a request; its callbacks are set before
 * the caller returns to the loop. E_NOMEM.
 */
int stream_open(
    struct request *request, uint64_t number, struct stream_in **ret_stream);

/*
 * It has ended: core is told, with what it carried, unless status is 0 (others
 * tell it). It is freed.
 */
void
stream_finish(struct front *front, struct stream_in **stream, unsigned status);

/* The same for one that was never opened here. */
void stream_tell_end(
    struct front *front, uint64_t number, unsigned status, uint64_t bytes);

/* The client has room again: more of STREAM_DATA may come. */
void stream_room(struct front *front, struct stream_in *stream);

/* Upload: bytes to blobs, and their end (0, or a code that gives it up). */
void stream_upload(
    struct front *front, struct stream_in *stream, struct slice bytes);
void stream_upload_end(struct front *front, struct stream_in *stream, int code);

/* From core and blobs. E_GRAMMAR. */
int streams_take_core(struct front *front, struct msg *msg);
int streams_take_blobs(struct front *front, struct msg *msg);
/* Core is gone, or blobs, and what they would have brought. */
void streams_lost(struct front *front);
void streams_lost_blobs(struct front *front);

#endif
