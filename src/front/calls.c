#include "front/calls.h"

#include "base/log.h"
#include "base/secret.h"
#include "front/conn.h"
#include "front/forwarded.h"
#include "ipc/body.h"
#include "wire/cbor.h"

enum {
	/* The context and the length stand before it in the message. */
	CALL_BODY_MAX = MSG_BODY_MAX - 32,
	BEARER_MAX = 256,
	AGENT_MAX = 65536,
};

/* ---- contexts
 * --------------------------------------------------------------------- */

static void
put_context(struct request *request, struct buf *body)
{
	char tls[128];
	struct forwarded client;
	struct slice agent = http_field(&request->head, SLICE("user-agent"));
	struct body_context context;

	forwarded_client(&request->head, conn_address(request->conn),
	    slice_str(request->front->setup.config.trusted_proxies), &client);
	context = (struct body_context){.listener = request->conn->listener,
	    .address = slice_str(client.address),
	    .agent = slice_first(agent, AGENT_MAX),
	    .tls = conn_tls_text(request->conn, tls),
	    .claimed = client.claimed};
	body_put_context(body, &context);
}

/* The number under which core knows how this request came. */
static uint64_t
context_of(struct request *request)
{
	struct front *front = request->front;
	struct conn *conn = request->conn;
	struct buf body = BUF(70000);
	struct digest digest;

	put_context(request, &body);
	digest = sha256(buf_slice(&body));
	if (body.error == 0 &&
	    (conn->context == 0 || !slice_eq(digest_slice(&digest),
				       digest_slice(&conn->context_digest)))) {
		if (conn->context != 0)
			channel_send(front->core, MSG_CONTEXT_END,
			    conn->context, SLICE_NONE);
		conn->context = ++front->next_connection;
		conn->context_digest = digest;
		channel_send(
		    front->core, MSG_CONTEXT, conn->context, buf_slice(&body));
	}
	buf_free(&body);
	return conn->context;
}

void
calls_forget(struct conn *conn)
{
	if (conn->context != 0 && conn->front->core != NULL)
		channel_send(conn->front->core, MSG_CONTEXT_END, conn->context,
		    SLICE_NONE);
	conn->context = 0;
}

/* ---- sending
 * ------------------------------------------------------------------------- */

static unsigned
cause_of(const struct request *request)
{
	struct slice value =
	    http_field(&request->head, SLICE("chancery-cause"));

	if (value.n > 0)
		return words_number(WORDS_CAUSE, value);
	return request->cause != 0 ? request->cause : CAUSE_USER;
}

/* Whether core keeps what it tells, for a repeat. */
static bool
is_kept(const struct call_op_out *ops, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (ops[i].op->effect == OP_WRITE &&
		    !op_opens_stream(ops[i].op))
			return true;
	return false;
}

/*
 * One key stands for all that a request does, in its order: behind the first
 * call, the key has the call's place after a byte that no field value has.
 */
static void
put_key(struct request *request, const struct call_op_out *ops, size_t n,
    struct buf *body)
{
	struct slice key = http_field(&request->head, SLICE("idempotency-key"));
	struct buf own = BUF(REQUEST_KEY_MAX + 24);

	buf_put_slice(&own, key);
	if (key.n > 0 && is_kept(ops, n) && request->kept_calls++ > 0) {
		buf_put_u8(&own, 0);
		buf_put_u64(&own, request->kept_calls);
	}
	cbor_put_bytes(body, buf_slice(&own));
	if (own.error != 0)
		body->error = own.error;
	buf_free(&own);
}

static void
put_call(struct request *request, const uint64_t *if_state,
    const struct call_op_out *ops, size_t n, struct buf *body)
{
	struct slice bearer = request->bearer;

	cbor_put_array(body, if_state != NULL ? 5 : 4);
	cbor_put_bytes(body, bearer.n <= BEARER_MAX ? bearer : SLICE("?"));
	put_key(request, ops, n, body);
	cbor_put_uint(body, cause_of(request));
	cbor_put_array(body, n);
	for (size_t i = 0; i < n; i++) {
		cbor_put_array(body, 2);
		cbor_put_uint(body, ops[i].op->number);
		cbor_put_array(body, ops[i].n);
		for (size_t k = 0; k < ops[i].n; k++)
			cbor_put_bytes(body, ops[i].args[k]);
	}
	if (if_state != NULL)
		cbor_put_uint(body, *if_state);
}

/*
 * The client went away while its stream was opened: nobody will bring it. Its
 * number stands in the result, whatever else does.
 */
static void
end_orphan(struct front *front, const struct op *op, struct slice result)
{
	struct cbor_reader r = cbor_reader(result);
	size_t n, pairs = cbor_get_map(&r);
	const struct shape_field *fields = op->result->fields(&n);
	int64_t key = -1;

	while (pairs-- > 0 && r.error == 0) {
		key = cbor_get_key(&r, key);
		for (size_t i = 0; i < n; i++)
			if (fields[i].number == key &&
			    strcmp(fields[i].name, "stream") == 0) {
				stream_tell_end(front, cbor_get_uint(&r),
				    STREAM_ABORTED, 0);
				return;
			}
		(void)cbor_skip(&r);
	}
}

/*
 * A refusal can be quoted by the request's number: here it is found by that.
 * What went wrong inside of the server is always told.
 */
static void
log_refusal(const struct call_out *call, int code)
{
	char id[24];

	if (code == 0)
		return;
	request_id_text(call->request, id);
	log_write(error_info(code)->http == 500 ? LOG_WARN : LOG_DEBUG,
	    "front.refused", LOG_FIELDS(log_str(K_REQUEST, id), log_err(code)));
}

static void
log_refusals(const struct call_out *call, int code,
    const struct call_answer *answers, size_t n)
{
	log_refusal(call, code);
	for (size_t i = 0; i < n; i++) {
		log_refusal(call, answers[i].code);
		for (size_t k = 0; k < answers[i].n; k++)
			log_refusal(call, answers[i].codes[k]);
	}
}

/* Ends a call: its answer, whatever that is, and its share of the request. */
static void
finish(struct call_out *call, int code, const struct call_answer *answers,
    size_t n)
{
	struct request *request = call->request;

	if (request->gone && call->opens != NULL && n > 0 && answers[0].n > 0 &&
	    answers[0].codes[0] == 0)
		end_orphan(request->front, call->opens, answers[0].results[0]);
	log_refusals(call, code, answers, n);
	request->calls--;
	call->answered(
	    request, request->gone ? E_CLOSED : code, answers, n, call->arg);
	if (request->gone)
		request_release(request);
	mem_free(call);
}

static void
on_failed(void *arg)
{
	struct call_out *call = arg;

	finish(call, call->failed, NULL, 0);
}

/* Not from within the submission: its caller isn't ready for an answer. */
static void
fail_soon(struct call_out *call, int code)
{
	call->failed = code;
	call->task = (struct loop_task){.run = on_failed, .arg = call};
	loop_defer(call->request->front->loop, &call->task);
}

/* It was turned away: it became no operation. */
static void
count_busy(const struct call_out *call)
{
	const struct request *request = call->request;

	sum_add(&request->front->sums, SUM_BUSY,
	    request->gone ? SLICE_NONE : conn_address(request->conn));
}

/* A secret stands in it. */
static void
free_body(struct call_out *call)
{
	if (call->body.p != NULL)
		secret_wipe(call->body.p, call->body.n);
	buf_free(&call->body);
}

static void
send_call(struct front *front, struct call_out *call)
{
	struct buf *out = &front->out;
	uint64_t context = context_of(call->request);

	if (context == 0 || map_put(&front->calls, call->number, call) < 0) {
		fail_soon(call, E_NOMEM);
	} else {
		call->bytes = call->body.n;
		front->calls_bytes += call->bytes;
		buf_clear(out);
		body_put_call(
		    out, &(struct body_call){context, buf_slice(&call->body)});
		channel_send(
		    front->core, MSG_CALL, call->number, buf_slice(out));
		secret_wipe(out->p, out->n);
	}
	free_body(call);
}

/* Core takes no more than that from one front. */
static bool
has_room(const struct front *front, const struct call_out *call)
{
	return front->calls.n == 0 ||
	       (front->calls.n < front->setup.config.max_in_flight &&
		   front->calls_bytes + call->body.n <= MSG_CALLS_BYTES);
}

/* Calls that waited go, in order, as others are answered. */
static void
send_waiting(struct front *front)
{
	while (front->waiting != NULL && has_room(front, front->waiting)) {
		struct call_out *call = front->waiting;

		front->waiting = call->next;
		if (front->waiting == NULL)
			front->waiting_end = &front->waiting;
		if (call->request->gone) {
			free_body(call);
			fail_soon(call, E_CLOSED);
		} else {
			send_call(front, call);
		}
	}
}

static void
submit(struct request *request, const uint64_t *if_state,
    const struct call_op_out *ops, size_t n, call_answered *answered, void *arg)
{
	struct front *front = request->front;
	struct call_out *call = mem_alloc(sizeof(*call));

	if (call == NULL) {
		/* Nothing can be kept for later. */
		conn_abort(request->conn);
		return;
	}
	request->calls++;
	*call = (struct call_out){.number = ++front->next_call,
	    .request = request,
	    .answered = answered,
	    .arg = arg,
	    .opens = op_opens_stream(ops[0].op) ? ops[0].op : NULL,
	    .body = BUF(CALL_BODY_MAX)};
	if (!front->core_ready) {
		count_busy(call);
		fail_soon(call, E_BUSY);
		return;
	}
	put_call(request, if_state, ops, n, &call->body);
	if (call->body.error != 0) {
		fail_soon(call, call->body.error);
		free_body(call);
		return;
	}
	if (!has_room(front, call))
		limit_met(CONFIG_max_in_flight);
	*front->waiting_end = call;
	front->waiting_end = &call->next;
	send_waiting(front);
}

void
call_submit(struct request *request, const struct call_op_out *ops, size_t n,
    call_answered *answered, void *arg)
{
	submit(request, NULL, ops, n, answered, arg);
}

void
call_submit_in_state(struct request *request, uint64_t state,
    const struct call_op_out *ops, size_t n, call_answered *answered, void *arg)
{
	submit(request, &state, ops, n, answered, arg);
}

void
call_one(struct request *request, enum op_number number, const void *args,
    call_answered *answered, void *arg)
{
	struct call_op_out op = {.op = op_get(number), .n = 1};
	struct buf buf = BUF(CALL_BODY_MAX);
	struct slice bytes;

	shape_encode(op.op->args, args, NULL, &buf);
	bytes = buf_slice(&buf);
	op.args = &bytes;
	call_submit(request, &op, 1, answered, arg);
	buf_free(&buf);
}

/* ---- answers
 * -------------------------------------------------------------------------- */

/* What asks for much takes each answer away before the next one. */
static struct arena *
arena_of(struct request *request)
{
	return request->answers != NULL ? request->answers : &request->arena;
}

void
calls_take_reply(struct front *front, uint64_t number, struct slice body)
{
	struct call_out *call =
	    number != 0 ? map_take(&front->calls, number) : NULL;
	struct call_answer *answers = NULL;
	size_t n = 0;
	int r;

	if (call == NULL)
		return;
	front->calls_bytes -= call->bytes;
	r = answers_read(body, arena_of(call->request), &answers, &n);
	if (r < 0)
		log_error("front.reply", log_err(r));
	if (n > 0 && answers[0].code == E_BUSY)
		count_busy(call);
	finish(call, r, answers, n);
	send_waiting(front);
	front_drained(front);
}

void
calls_lost(struct front *front)
{
	const struct map_slot *slot;
	struct call_out *call;

	for (size_t i = 0; map_next(&front->calls, &i, &slot);)
		fail_soon(slot->value, E_UNKNOWN);
	map_clear(&front->calls);
	front->calls_bytes = 0;
	while ((call = front->waiting) != NULL) {
		front->waiting = call->next;
		free_body(call);
		count_busy(call);
		fail_soon(call, E_BUSY);
	}
	front->waiting_end = &front->waiting;
	for (struct conn *conn = front->conns; conn != NULL; conn = conn->next)
		conn->context = 0;
}

int
call_code(int code, const struct call_answer *answers)
{
	if (code < 0)
		return code;
	if (answers[0].code < 0)
		return answers[0].code;
	return answers[0].n > 0 ? answers[0].codes[0] : E_GRAMMAR;
}

void *
call_result(struct request *request, const struct shape *shape,
    const struct call_answer *answer)
{
	void *result = arena_alloc(arena_of(request), shape->size);

	if (result == NULL || answer->n == 0 ||
	    shape_decode(
		shape, answer->results[0], NULL, arena_of(request), result) < 0)
		return NULL;
	return result;
}
