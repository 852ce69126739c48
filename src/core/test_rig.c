#include "core/test_rig.h"

#include "unit.h"

#include <fcntl.h>
#include <ftw.h>
#include <poll.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/log.h"
#include "core/head.h"
#include "core/index.h"
#include "core/record.h"
#include "keeper/totp.h"
#include "ledger/note.h"
#include "ledger/ocsf.h"
#include "store/meta.h"
#include "wire/cbor.h"

enum { WAIT_MS = 60000 }; /* guards against hanging, expects nothing */

static const char origin[] = "localhost/test-log";

/* Takes what left core; for a test that is told so, on the thread that let it.
 */
static void
collect(struct rig *rig)
{
	(void)pthread_mutex_lock(&rig->lock);
	*rig->orders_end =
	    rig->engine != NULL ? engine_orders(rig->engine) : NULL;
	for (; *rig->orders_end != NULL;
	     rig->orders_end = &(*rig->orders_end)->next)
		if (rig->leaves != NULL)
			rig->leaves(rig->arg, *rig->orders_end);
	(void)pthread_mutex_unlock(&rig->lock);
}

static struct order *
collected(struct rig *rig)
{
	struct order *orders;

	collect(rig);
	(void)pthread_mutex_lock(&rig->lock);
	orders = rig->orders;
	rig->orders = NULL;
	rig->orders_end = &rig->orders;
	(void)pthread_mutex_unlock(&rig->lock);
	return orders;
}

static void
on_wake(void *arg)
{
	struct rig *rig = arg;

	collect(rig);
	assert_int_equal(eventfd_write(rig->wake, 1), 0);
}

static void
set_engine(struct rig *rig, struct engine *engine)
{
	(void)pthread_mutex_lock(&rig->lock);
	rig->engine = engine;
	(void)pthread_mutex_unlock(&rig->lock);
}

/* ---- time ---------------------------------------------------------------- */

static atomic_int_fast64_t wall_ms;
static atomic_uint_fast64_t boot_ns;

static int64_t
stopped_wall(void)
{
	return atomic_load(&wall_ms);
}

static uint64_t
stopped_boot(void)
{
	return atomic_load(&boot_ns);
}

void
rig_stop_clock(void)
{
	atomic_store(&wall_ms, 1800000000000);
	atomic_store(&boot_ns, 1000000000000);
	clock_inject(stopped_wall, stopped_boot);
}

void
rig_pass(int64_t ms)
{
	atomic_fetch_add(&wall_ms, ms);
	atomic_fetch_add(&boot_ns, (uint64_t)ms * 1000000);
}

void
rig_step_wall(int64_t ms)
{
	atomic_fetch_add(&wall_ms, ms);
}

void
rig_tick(struct rig *rig)
{
	engine_tick(rig->engine);
}

/* ---- begin and end ------------------------------------------------------- */

void
rig_init(struct rig *rig)
{
	uint8_t public_key[32];
	struct note_key key;
	struct buf text = BUF(500);

	memset(rig, 0, sizeof(*rig));
	log_init("test", LOG_ERROR);
	(void)snprintf(
	    rig->folder, sizeof(rig->folder), "/tmp/chancery-rig-XXXXXX");
	assert_non_null(mkdtemp(rig->folder));
	rig->old_folder = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_int_equal(chdir(rig->folder), 0);
	config_default(&rig->config);
	rig->config.wal_bytes = 8 << 20;
	rig->config.reserve_bytes = 1 << 20;
	rig->config.full_bytes = 1 << 20;
	rig->boot_id[0] = 1;
	rig->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	assert_true(rig->wake >= 0);
	assert_int_equal(
	    crypto_sign_ed25519_keypair(public_key, rig->log_key), 0);
	assert_int_equal(note_key_make(slice_str(origin), public_key, &key), 0);
	note_key_put(&key, &text);
	(void)snprintf(
	    rig->log_vkey, sizeof(rig->log_vkey), "%s", buf_cstr(&text));
	buf_free(&text);
	rig->replies_end = &rig->replies;
	rig->orders_end = &rig->orders;
	(void)pthread_mutex_init(&rig->lock, NULL);
	(void)sem_init(&rig->held, 0, 0);
	(void)sem_init(&rig->released, 0, 0);
}

static void
read_token(struct rig *rig)
{
	struct buf text = BUF(64);

	if (file_read(AT_FDCWD, "token", &text) == 0)
		(void)snprintf(rig->token, sizeof(rig->token), "%.*s",
		    (int)text.n - 1, buf_cstr(&text));
	buf_free(&text);
}

void
rig_connect(struct rig *rig, const char *address, const char *agent)
{
	struct buf body = BUF(70000);

	cbor_put_array(&body, 5);
	cbor_put_uint(&body, 1);
	cbor_put_bytes(&body, slice_str(address));
	cbor_put_bytes(&body, slice_str(agent));
	cbor_put_bytes(&body, SLICE(""));
	cbor_put_bool(&body, false);
	context_drop(&rig->context);
	assert_int_equal(
	    context_new(0, ++rig->connections, buf_slice(&body), &rig->context),
	    0);
	buf_free(&body);
}

int
rig_open(struct rig *rig)
{
	struct engine_options options = {.config = &rig->config,
	    .wake = on_wake,
	    .arg = rig,
	    .origin = origin,
	    .log_key = slice_str(rig->log_vkey),
	    .signed_size = rig->signed_size,
	    .signed_root = rig->signed_root};
	struct engine *engine = NULL;
	int r;

	memcpy(options.boot_id, rig->boot_id, BOOT_ID_BYTES);
	r = engine_open(&options, &engine);
	if (r < 0)
		return r;
	set_engine(rig, engine);
	read_token(rig);
	rig_connect(rig, "127.0.0.1", "test/1");
	assert_int_equal(db_open(HEAD_DATABASE, DB_READER, &rig->db), 0);
	return 0;
}

int
rig_setup(void **state)
{
	static struct rig rig;

	rig_stop_clock();
	rig_init(&rig);
	assert_int_equal(rig_open(&rig), 0);
	*state = &rig;
	return 0;
}

/* The kind of a row: its maker's record tells it. */
static enum kind
kind_of(struct rig *rig, uint64_t ref)
{
	const struct leaf *leaf = rig_leaf(rig, &rig->arena, ref_sequence(ref));

	for (size_t i = 0; i < leaf->n_objects; i++)
		for (size_t k = 0; k < leaf->objects[i].n_made; k++)
			if (leaf->objects[i].made[k].place == ref_place(ref))
				return leaf->objects[i].made[k].kind;
	fail_msg("record %llu did not make what it ends",
	    (unsigned long long)leaf->sequence);
	return KIND_NONE;
}

/* Each operation has made and ended what its row says, and nothing else. */
static void
check_record(struct rig *rig, uint64_t sequence)
{
	const struct leaf *leaf = rig_leaf(rig, &rig->arena, sequence);
	const struct op *op = op_get(leaf->op);

	assert_non_null(op);
	/* An alert stands right behind what it is about. */
	if (leaf->op == OP_ALERT_RAISE)
		assert_int_equal(leaf->cites, sequence - 1);
	for (size_t i = 0; i < leaf->n_objects; i++) {
		const struct leaf_object *o = &leaf->objects[i];

		for (size_t k = 0; k < o->n_made; k++)
			if (!(op->makes & BIT(o->made[k].kind)))
				fail_msg("%s made a %s", op->name,
				    kind_text(o->made[k].kind));
		for (size_t k = 0; k < o->n_ended; k++) {
			enum kind kind = kind_of(rig, o->ended[k]);

			if (!(op->ends & BIT(kind)))
				fail_msg(
				    "%s ended a %s", op->name, kind_text(kind));
		}
	}
}

static void
check_records(struct rig *rig)
{
	enum { CHECKED = 2000 };
	uint64_t last = rig_last(rig);

	for (uint64_t i = 0; i < MIN(last, CHECKED); i++) {
		check_record(rig, last - i);
		arena_reset(&rig->arena);
	}
}

int
rig_teardown(void **state)
{
	struct rig *rig = *state;

	if (rig->engine != NULL)
		check_records(rig);
	rig_stop(rig);
	rig_free(*state);
	return 0;
}

static int
sign(void *arg, struct slice text, uint8_t ret[static NOTE_SIGNATURE_BYTES])
{
	struct rig *rig = arg;

	return crypto_sign_ed25519_detached(
	    ret, NULL, text.p, text.n, rig->log_key);
}

/* The keeper's part, without its caution. */
static void
keeper_signs(struct rig *rig, struct slice body)
{
	struct cbor_reader r = cbor_reader(body);
	struct checkpoint checkpoint = {.size = 0};
	struct buf text = BUF(1000), note = BUF(2000);
	struct note_key key;
	struct note_signer signer = {&key, sign, rig};
	struct slice root;

	assert_int_equal(note_key_parse(slice_str(rig->log_vkey), &key), 0);
	(void)cbor_get_array(&r);
	checkpoint.origin = cbor_get_text(&r);
	(void)cbor_get_uint(&r);
	checkpoint.size = cbor_get_uint(&r);
	root = cbor_get_bytes(&r);
	memcpy(checkpoint.root.b, root.p, root.n);
	rig->asked_behind = cbor_get_uint(&r);
	rig->asked++;
	if (rig->unheard) {
		rig->signed_size = checkpoint.size;
		rig->signed_root = checkpoint.root;
		return;
	}
	assert_int_equal(checkpoint_put(&checkpoint, &text), 0);
	assert_int_equal(note_sign(buf_slice(&text), &signer, &note), 0);
	if (rig->signs != NULL)
		rig->signs(rig->arg, &checkpoint, buf_slice(&note));
	scribe_signed(engine_scribe(rig->engine), 0, buf_slice(&note));
	buf_free(&text);
	buf_free(&note);
}

/* ---- what the keeper is asked of secrets: the real one answers
 * --------------- */

static void
on_secret(void *arg, uint64_t id UNUSED, struct slice body)
{
	struct rig *rig = arg;

	(void)call_take_answer(rig->asks, 0, body);
}

static void
open_secrets(struct rig *rig)
{
	const struct secrets_options options = {
	    .threads = 1, .waiting = 1, .answer = on_secret, .arg = rig};

	assert_int_equal(loop_new(&rig->loop), 0);
	assert_int_equal(secrets_new(rig->loop, &options, &rig->secrets), 0);
}

static void
keeper_answers(struct rig *rig, struct call *call)
{
	if (rig->secrets == NULL)
		open_secrets(rig);
	rig->asks = call;
	if (rig->asks_code < 0)
		(void)call_take_answer(call, rig->asks_code, SLICE_NONE);
	else
		assert_int_equal(
		    secrets_ask(rig->secrets, 1, buf_slice(&call->ask)), 0);
	while (!call->answered)
		assert_int_equal(loop_once(rig->loop, -1), 0);
	engine_submit(rig->engine, call);
}

/* ---- orders -------------------------------------------------------------- */

static void
take_reply(struct rig *rig, struct call *call)
{
	if (call->system == NULL) {
		call->next = NULL;
		*rig->replies_end = call;
		rig->replies_end = &call->next;
		return;
	}
	if (call->done != NULL)
		call->done(call, call->arg);
	call_free(&call);
}

static void
take(struct rig *rig, struct order *order)
{
	switch (order->type) {
	case ORDER_REPLY:
		take_reply(rig, order->call);
		break;
	case ORDER_SIGN:
		keeper_signs(rig, order->bytes);
		break;
	case ORDER_ASK:
		keeper_answers(rig, order->call);
		break;
	case ORDER_EXIT:
		rig->exited = true;
		break;
	case ORDER_OPEN:
		assert_true(rig->n_opened < RIG_OPENED);
		rig->expires[rig->n_opened] = order->stream->expires;
		rig->opened[rig->n_opened++] = order->number;
		if (order->stream->op->family == FAMILY_LOG) {
			rig->follows = order->number;
			assert_int_equal(
			    scribe_begin(
				engine_scribe(rig->engine), order->stream),
			    0);
		}
		break;
	case ORDER_CLOSE:
		assert_true(rig->n_closed < RIG_OPENED);
		rig->closed[rig->n_closed++] = order->number;
		break;
	case ORDER_DROP:
		rig->dropped++;
		break;
	case ORDER_NEWS:
		assert_true(rig->n_news < RIG_OPENED);
		rig->news_of[rig->n_news] = order->sequence;
		rig->news[rig->n_news++] = order->number;
		break;
	case ORDER_DATA:
		if (order->number == rig->follows)
			buf_put_slice(&rig->data, order->bytes);
		break;
	case ORDER_STATE:
	case ORDER_DONE:
	case ORDER_SAVE:
	case ORDER_COPY:
		break;
	}
	free(order);
}

void
rig_poll(struct rig *rig)
{
	struct order *orders = collected(rig);

	while (orders != NULL) {
		struct order *order = orders;

		orders = order->next;
		take(rig, order);
	}
}

/* Waits for orders, and takes them. */
static void
pump(struct rig *rig)
{
	struct pollfd fd = {.fd = rig->wake, .events = POLLIN};
	eventfd_t n;

	assert_int_equal(poll(&fd, 1, WAIT_MS), 1);
	(void)eventfd_read(rig->wake, &n);
	rig_poll(rig);
}

void
rig_await_sign(struct rig *rig)
{
	for (size_t before = rig->asked; rig->asked == before;)
		pump(rig);
}

struct call *
rig_wait(struct rig *rig)
{
	struct call *call;

	while (rig->replies == NULL && !rig->exited)
		pump(rig);
	call = rig->replies;
	if (call == NULL)
		return NULL;
	rig->replies = call->next;
	if (rig->replies == NULL)
		rig->replies_end = &rig->replies;
	call->next = NULL;
	return call;
}

/* ---- calls --------------------------------------------------------------- */

static void
put_op(struct buf *body, const struct rig_op *op)
{
	const struct op *row = op_get(op->op);
	struct buf arg = BUF(1 << 20);

	cbor_put_array(body, 2);
	cbor_put_uint(body, op->op);
	cbor_put_array(body, op->n);
	for (size_t i = 0; i < op->n; i++) {
		buf_clear(&arg);
		shape_encode(row->args,
		    (const char *)op->args + i * row->args->size, NULL, &arg);
		cbor_put_bytes(body, buf_slice(&arg));
	}
	buf_free(&arg);
}

struct call *
rig_call(struct rig *rig, const char *token, const char *key, uint64_t person,
    size_t n, const struct rig_op *ops)
{
	struct buf body = BUF(64 << 20);
	struct call *call = NULL;

	cbor_put_array(&body, 4);
	cbor_put_bytes(&body, slice_str(token));
	cbor_put_bytes(&body, slice_str(key));
	cbor_put_uint(&body, CAUSE_USER);
	cbor_put_array(&body, n);
	for (size_t i = 0; i < n; i++)
		put_op(&body, &ops[i]);
	assert_int_equal(body.error, 0);
	assert_int_equal(call_new(0, ++rig->calls, buf_slice(&body), &call), 0);
	call->context = context_hold(rig->context);
	call->person = person;
	buf_free(&body);
	return call;
}

struct call *
rig_submit_ops(struct rig *rig, const char *token, const char *key,
    uint64_t person, size_t n, const struct rig_op *ops)
{
	struct call *call = rig_call(rig, token, key, person, n, ops);

	engine_submit(rig->engine, call);
	return call;
}

struct call *
rig_submit(struct rig *rig, enum op_number op, const char *token,
    const char *key, size_t n, const void *args)
{
	return rig_submit_ops(
	    rig, token, key, token != NULL, 1, &(struct rig_op){op, n, args});
}

void
rig_answers(const struct call *call, size_t i, struct arena *arena,
    struct answer *ret_answers)
{
	const struct call_op *op = &call->ops[i];
	struct cbor_reader r = cbor_reader(buf_slice(&op->results));

	for (size_t k = 0; k < op->n; k++) {
		struct answer *answer = &ret_answers[k];
		size_t parts;

		*answer = (struct answer){op->code, NULL};
		if (op->code < 0 || op->n_results == 0)
			continue;
		parts = cbor_get_array(&r);
		answer->code = -(int)cbor_get_uint(&r);
		if (parts < 2)
			continue;
		answer->result = arena_alloc(arena, op->op->result->size);
		assert_non_null(answer->result);
		assert_int_equal(shape_decode(op->op->result,
				     arena_copy(arena, cbor_skip(&r)), NULL,
				     arena, answer->result),
		    0);
	}
}

void
rig_do_all(struct rig *rig, struct arena *arena, enum op_number op,
    const char *token, const char *key, size_t n, const void *args,
    struct answer *ret_answers)
{
	struct call *call;

	(void)rig_submit(rig, op, token, key, n, args);
	call = rig_wait(rig);
	for (size_t i = 0; call == NULL && i < n; i++)
		ret_answers[i] = (struct answer){E_UNKNOWN, NULL};
	if (call != NULL)
		rig_answers(call, 0, arena, ret_answers);
	call_free(&call);
}

struct answer
rig_do_key(struct rig *rig, struct arena *arena, enum op_number op,
    const char *token, const char *key, const void *args)
{
	struct answer answer;

	rig_do_all(rig, arena, op, token, key, 1, args, &answer);
	return answer;
}

struct answer
rig_do(struct rig *rig, struct arena *arena, enum op_number op,
    const char *token, const void *args)
{
	return rig_do_key(rig, arena, op, token, NULL, args);
}

/* The server's own: its argument, and where its caller waits. */
struct own {
	int (*system)(struct run *run, void *arg);
	void *arg;
	bool *done;
};

static int
do_own(struct run *run, void *arg)
{
	struct own *own = arg;

	return own->system(run, own->arg);
}

static void
own_done(struct call *call UNUSED, void *arg)
{
	*((struct own *)arg)->done = true;
}

void
rig_system(struct rig *rig, enum op_number op,
    int (*system)(struct run *run, void *arg), void *arg)
{
	struct call *call = NULL;
	bool done = false;

	assert_int_equal(
	    call_new_system(op, sizeof(struct own), do_own, own_done, &call),
	    0);
	*(struct own *)call->arg = (struct own){system, arg, &done};
	engine_submit(rig->engine, call);
	while (!done)
		pump(rig);
}

/* ---- order --------------------------------------------------------------- */

/* Where the writer waits, once: it may come here again in an undone batch. */
struct gate {
	struct rig *rig;
	bool passed;
};

static int
wait_at_gate(struct run *run UNUSED, void *arg)
{
	struct gate *gate = arg;

	if (gate->passed)
		return 0;
	(void)sem_post(&gate->rig->held);
	while (sem_wait(&gate->rig->released) < 0)
		;
	gate->passed = true;
	return 0;
}

struct call *
rig_gate(struct rig *rig)
{
	struct call *call = NULL;

	assert_int_equal(call_new_system(OP_SYSTEM_CHILD, sizeof(struct gate),
			     wait_at_gate, NULL, &call),
	    0);
	*(struct gate *)call->arg = (struct gate){rig, false};
	return call;
}

void
rig_await_gate(struct rig *rig)
{
	while (sem_wait(&rig->held) < 0)
		;
}

void
rig_hold(struct rig *rig)
{
	engine_submit(rig->engine, rig_gate(rig));
	rig_await_gate(rig);
}

void
rig_await(struct rig *rig, size_t n)
{
	uint64_t ms = 0;

	while (queue_length(engine_writes(rig->engine)) != n) {
		assert_true(++ms < WAIT_MS);
		(void)poll(NULL, 0, 1);
	}
}

void
rig_release(struct rig *rig)
{
	(void)sem_post(&rig->released);
}

/* ---- streams ------------------------------------------------------------- */

int
rig_end_stream(struct rig *rig, const struct stream_ending *ending)
{
	struct stream_ending copy = *ending;

	rig_system(rig, OP_STREAM_END, stream_end, &copy);
	return copy.code;
}

void
rig_end_patiently(struct rig *rig, const struct stream_ending *ending)
{
	struct call *call = NULL;

	assert_int_equal(call_new_system(OP_STREAM_END, sizeof(*ending),
			     stream_end, NULL, &call),
	    0);
	*(struct stream_ending *)call->arg = *ending;
	call->patient = true;
	engine_submit(rig->engine, call);
}

uint64_t
rig_follow(struct rig *rig, enum op_number op, const void *args)
{
	struct answer a = rig_do(rig, &rig->arena, op, rig->token, args);

	assert_int_equal(a.code, 0);
	buf_free(&rig->data);
	rig->data = BUF(256 << 20);
	return ((struct log_stream *)a.result)->from;
}

void
rig_await_data(struct rig *rig, size_t n)
{
	size_t before = rig->data.n;

	while (rig->data.n < before + n)
		pump(rig);
}

bool
rig_is_closed(const struct rig *rig, uint64_t stream)
{
	for (size_t i = 0; i < rig->n_closed; i++)
		if (rig->closed[i] == stream)
			return true;
	return false;
}

struct id
rig_upload(struct rig *rig, const char *token, uint64_t size, uint8_t byte)
{
	struct arena arena = {NULL};
	struct upload_begin args = {.has_size = true, .size = size};
	struct answer a = rig_do(rig, &arena, OP_UPLOAD_BEGIN, token, &args);
	struct stream_ending ending = {
	    .status = STREAM_COMPLETE, .bytes = size, .known = true};
	struct upload_ready *ready = a.result;
	struct id id;

	assert_int_equal(a.code, 0);
	id = ready->id;
	ending.number = ready->stream;
	ending.stored = true;
	ending.digest = sha256(slice_of(&byte, 1));
	(void)snprintf(ending.place, sizeof(ending.place), "%02x/%02x-%llu",
	    byte, byte, (unsigned long long)ready->stream);
	assert_int_equal(rig_end_stream(rig, &ending), 0);
	arena_free(&arena);
	return id;
}

struct id
rig_upload_few(struct rig *rig, const char *token, struct slice bytes)
{
	struct arena arena = {NULL};
	struct upload_store args = {.has_content = true, .content = bytes};
	struct answer a = rig_do(rig, &arena, OP_UPLOAD_STORE, token, &args);
	struct upload_stored *stored = a.result;
	struct id id;

	assert_int_equal(a.code, 0);
	id = stored->id;
	arena_free(&arena);
	return id;
}

/* ---- the record ---------------------------------------------------------- */

uint64_t
rig_last(const struct rig *rig)
{
	return atomic_load(&engine_core(rig->engine)->durable);
}

void
rig_await_record(const struct rig *rig, uint64_t sequence)
{
	uint64_t ms = 0;

	while (rig_last(rig) < sequence) {
		assert_true(++ms < WAIT_MS);
		(void)poll(NULL, 0, 1);
	}
}

const struct leaf *
rig_leaf(struct rig *rig, struct arena *arena, uint64_t sequence)
{
	struct leaf *leaf = arena_alloc(arena, sizeof(*leaf));
	struct slice bytes;

	assert_non_null(leaf);
	assert_int_equal(db_begin(rig->db), 0);
	assert_int_equal(record_leaf(rig->db, arena, sequence, &bytes), 0);
	db_end(rig->db);
	assert_int_equal(leaf_decode(bytes, arena, leaf), 0);
	return leaf;
}

const struct leaf *
rig_last_of(struct rig *rig, struct arena *arena, enum op_number op)
{
	for (uint64_t at = rig_last(rig); at > 0; at--) {
		const struct leaf *leaf = rig_leaf(rig, arena, at);

		if (leaf->op == op)
			return leaf;
	}
	return NULL;
}

bool
rig_number(const struct leaf_object *object, uint64_t key, int64_t *ret_value)
{
	for (size_t i = 0; i < object->n_numbers; i++) {
		if (object->numbers[i].key != key)
			continue;
		*ret_value = object->numbers[i].value;
		return true;
	}
	return false;
}

struct slice
rig_bytes(const struct leaf_object *object, uint64_t key)
{
	for (size_t i = 0; i < object->n_bytes; i++)
		if (object->bytes[i].key == key)
			return object->bytes[i].value;
	return SLICE_NONE;
}

bool
rig_proves(const struct leaf *leaf, size_t object, uint64_t sequence)
{
	uint64_t proof[LEAF_PROOF_MAX];
	size_t n =
	    leaf_proof_of(leaf, &leaf->objects[object], proof, LEAF_PROOF_MAX);

	for (size_t i = 0; i < n; i++)
		if (proof[i] == sequence)
			return true;
	return false;
}

const char *
rig_render(struct rig *rig, uint64_t sequence)
{
	struct log_ref args = {.has_sequence = true, .sequence = sequence};
	struct answer a =
	    rig_do(rig, &rig->arena, OP_LOG_SHOW, rig->token, &args);
	struct record *record = a.result;
	struct buf text = BUF(64 << 20);
	struct bundle bundle;
	const char *events;

	assert_int_equal(a.code, 0);
	assert_int_equal(
	    bundle_decode(record->bundle, &rig->arena, &bundle), 0);
	for (size_t i = 0; i < ocsf_count(&bundle.record.leaf); i++) {
		assert_int_equal(
		    ocsf_render(&bundle, record->bundle, i, &text), 0);
		buf_put_u8(&text, '\n');
	}
	events = arena_str(&rig->arena, buf_slice(&text));
	assert_non_null(events);
	buf_free(&text);
	return events;
}

void
rig_await_index(struct rig *rig)
{
	uint64_t last = rig_last(rig), next = 0;
	struct db *index = NULL;

	assert_int_equal(db_open(INDEX_DATABASE, DB_READER, &index), 0);
	for (uint64_t ms = 0; next <= last; ms++) {
		assert_true(ms < WAIT_MS);
		scribe_wake(engine_scribe(rig->engine));
		(void)poll(NULL, 0, 1);
		assert_int_equal(meta_get_u64(index, "next", &next), 0);
	}
	db_close(&index);
}

uint64_t
rig_ref(const struct rig *rig, struct id id)
{
	return id_unpermute(&engine_core(rig->engine)->id_key, id.n);
}

struct id
rig_id(const struct rig *rig, enum kind kind, uint64_t ref)
{
	return (struct id){
	    id_permute(&engine_core(rig->engine)->id_key, ref), kind};
}

/* ---- what many tests want ------------------------------------------------ */

static void
take_session(struct rig *rig, struct rig_person *person)
{
	struct arena arena = {NULL};
	struct nothing nothing = {.has_unused = false};
	struct answer a =
	    rig_do(rig, &arena, OP_SESSION_GET, person->token, &nothing);
	struct session_info *me = a.result;

	assert_int_equal(a.code, 0);
	person->id = me->principal;
	person->home = me->home;
	person->trash = me->trash;
	person->credential = me->credential;
	arena_free(&arena);
}

struct rig_person
rig_admin(struct rig *rig)
{
	struct rig_person admin = {.token = ""};

	memcpy(admin.token, rig->token, sizeof(admin.token));
	take_session(rig, &admin);
	return admin;
}

struct id
rig_token(struct rig *rig, struct id principal, const struct token_issue *how,
    char ret_secret[RIG_SECRET])
{
	struct arena arena = {NULL};
	struct token_issue args = {.has_label = false};
	struct token_issued *issued;
	struct answer a;
	struct id id;

	if (how != NULL)
		args = *how;
	SHAPE_SET(&args, principal, principal);
	SHAPE_SET(&args, label, SLICE("a test"));
	a = rig_do(rig, &arena, OP_TOKEN_ISSUE, rig->token, &args);
	assert_int_equal(a.code, 0);
	issued = a.result;
	id = issued->id;
	(void)snprintf(
	    ret_secret, RIG_SECRET, "%.*s", SLICE_ARG(issued->secret));
	arena_free(&arena);
	return id;
}

struct rig_person
rig_person(struct rig *rig, const char *name)
{
	struct arena arena = {NULL};
	struct principal_create args = {.has_kind = false};
	struct rig_person person = {.token = ""};
	struct answer a;

	SHAPE_SET(&args, kind, PRINCIPAL_SERVICE);
	SHAPE_SET(&args, name, slice_str(name));
	a = rig_do(rig, &arena, OP_PRINCIPAL_CREATE, rig->token, &args);
	assert_int_equal(a.code, 0);
	person.id = ((struct principal *)a.result)->id;
	arena_free(&arena);
	(void)rig_token(rig, person.id, NULL, person.token);
	take_session(rig, &person);
	return person;
}

void
rig_invite(struct rig *rig, struct id principal, char ret_secret[RIG_SECRET])
{
	struct invitation_issue args = {
	    .has_principal = true, .principal = principal};
	struct arena arena = {NULL};
	struct answer a =
	    rig_do(rig, &arena, OP_INVITATION_ISSUE, rig->token, &args);

	assert_int_equal(a.code, 0);
	(void)snprintf(ret_secret, RIG_SECRET, "%.*s",
	    SLICE_ARG(((struct token_issued *)a.result)->secret));
	arena_free(&arena);
}

void
rig_totp(const struct rig_secrets *secrets, char ret_code[8])
{
	totp_code(secrets->seed, (uint64_t)atomic_load(&wall_ms) / TOTP_STEP_MS,
	    ret_code);
	ret_code[TOTP_DIGITS] = '\0';
}

int
rig_sign_in(struct rig *rig, const struct rig_secrets *secrets,
    char ret_secret[RIG_SECRET])
{
	struct session_begin args = {.has_login = false};
	struct arena arena = {NULL};
	struct answer a;
	char code[8];

	rig_pass(TOTP_STEP_MS);
	rig_totp(secrets, code);
	SHAPE_SET(&args, login, slice_str(secrets->login));
	SHAPE_SET(&args, password, slice_str(secrets->password));
	SHAPE_SET(&args, code, slice_str(code));
	a = rig_do(rig, &arena, OP_SESSION_BEGIN, NULL, &args);
	if (a.code == 0)
		(void)snprintf(ret_secret, RIG_SECRET, "%.*s",
		    SLICE_ARG(((struct session_made *)a.result)->secret));
	arena_free(&arena);
	return a.code;
}

/* RFC 4648, section 6, without padding. */
static void
take_seed(struct slice text, uint8_t ret_seed[RIG_SEED])
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
	uint32_t bits = 0;
	size_t n = 0, at = 0;

	for (size_t i = 0; i < text.n; i++) {
		const char *digit = strchr(digits, (char)text.p[i]);

		assert_non_null(digit);
		bits = bits << 5 | (uint32_t)(digit - digits);
		n += 5;
		if (n >= 8) {
			assert_true(at < RIG_SEED);
			n -= 8;
			ret_seed[at++] = (uint8_t)(bits >> n);
		}
	}
	assert_int_equal(at, RIG_SEED);
}

static void
enrol(struct rig *rig, const char *token, struct rig_secrets *secrets)
{
	struct password_set password = {
	    .has_password = true, .password = slice_str(secrets->password)};
	struct totp_confirm confirm = {.has_code = true};
	struct nothing nothing = {.has_unused = false};
	struct arena arena = {NULL};
	struct answer a;
	char code[8];

	assert_int_equal(
	    rig_do(rig, &arena, OP_PASSWORD_SET, token, &password).code, 0);
	a = rig_do(rig, &arena, OP_TOTP_BEGIN, token, &nothing);
	assert_int_equal(a.code, 0);
	take_seed(((struct totp_made *)a.result)->secret, secrets->seed);
	rig_totp(secrets, code);
	confirm.code = slice_str(code);
	a = rig_do(rig, &arena, OP_TOTP_CONFIRM, token, &confirm);
	assert_int_equal(a.code, 0);
	assert_true(((struct credential_made *)a.result)->enrolled);
	arena_free(&arena);
}

static struct rig_person
enrol_new(struct rig *rig, unsigned kind, const char *login,
    struct rig_secrets *ret_secrets)
{
	struct principal_create args = {.has_kind = false};
	struct rig_person person = {.token = ""};
	struct arena arena = {NULL};
	char invitation[RIG_SECRET];
	struct answer a;

	*ret_secrets = (struct rig_secrets){
	    .login = login, .password = "seven green bottles stand"};
	SHAPE_SET(&args, kind, kind);
	SHAPE_SET(&args, name, slice_str(login));
	SHAPE_SET(&args, login, slice_str(login));
	a = rig_do(rig, &arena, OP_PRINCIPAL_CREATE, rig->token, &args);
	assert_int_equal(a.code, 0);
	person.id = ((struct principal *)a.result)->id;
	arena_free(&arena);
	rig_invite(rig, person.id, invitation);
	enrol(rig, invitation, ret_secrets);
	assert_int_equal(rig_sign_in(rig, ret_secrets, person.token), 0);
	take_session(rig, &person);
	return person;
}

struct rig_person
rig_enrol(struct rig *rig, const char *login, struct rig_secrets *ret_secrets)
{
	return enrol_new(rig, PRINCIPAL_PERSON, login, ret_secrets);
}

struct rig_person
rig_enrol_guest(
    struct rig *rig, const char *login, struct rig_secrets *ret_secrets)
{
	return enrol_new(rig, PRINCIPAL_GUEST, login, ret_secrets);
}

struct id
rig_group(struct rig *rig, const char *name)
{
	struct group_create args = {.has_name = true, .name = slice_str(name)};
	struct arena arena = {NULL};
	struct answer a =
	    rig_do(rig, &arena, OP_GROUP_CREATE, rig->token, &args);
	struct id id;

	assert_int_equal(a.code, 0);
	id = ((struct principal *)a.result)->id;
	arena_free(&arena);
	return id;
}

struct id
rig_member(struct rig *rig, struct id group, struct id principal)
{
	struct member_add args = {.has_group = true, .group = group};
	struct arena arena = {NULL};
	struct answer a;
	struct id id;

	SHAPE_SET(&args, principal, principal);
	a = rig_do(rig, &arena, OP_MEMBER_ADD, rig->token, &args);
	assert_int_equal(a.code, 0);
	id = ((struct grant_made *)a.result)->id;
	arena_free(&arena);
	return id;
}

struct id
rig_folder(
    struct rig *rig, const char *token, struct id parent, const char *name)
{
	struct arena arena = {NULL};
	struct folder_create args = {.has_parent = true, .parent = parent};
	struct answer a;
	struct id id;

	SHAPE_SET(&args, name, slice_str(name));
	a = rig_do(rig, &arena, OP_FOLDER_CREATE, token, &args);
	assert_int_equal(a.code, 0);
	id = ((struct node_made *)a.result)->id;
	arena_free(&arena);
	return id;
}

struct id
rig_file(struct rig *rig, const char *token, struct id parent, const char *name,
    const char *content)
{
	struct arena arena = {NULL};
	struct file_create args = {.has_parent = true, .parent = parent};
	struct answer a;
	struct id id;

	SHAPE_SET(&args, name, slice_str(name));
	SHAPE_SET(&args, content, slice_str(content));
	a = rig_do(rig, &arena, OP_FILE_CREATE, token, &args);
	assert_int_equal(a.code, 0);
	id = ((struct node_made *)a.result)->id;
	arena_free(&arena);
	return id;
}

struct id
rig_share(struct rig *rig, const char *token, struct id node,
    struct id principal, unsigned relation)
{
	struct arena arena = {NULL};
	struct share_grant args = {.has_node = true, .node = node};
	struct answer a;
	struct id id;

	SHAPE_SET(&args, principal, principal);
	SHAPE_SET(&args, relation, relation);
	a = rig_do(rig, &arena, OP_SHARE_GRANT, token, &args);
	assert_int_equal(a.code, 0);
	id = ((struct grant_made *)a.result)->id;
	arena_free(&arena);
	return id;
}

static int
code_of(struct rig *rig, enum op_number op, const char *token, const void *args)
{
	struct arena arena = {NULL};
	int code = rig_do(rig, &arena, op, token, args).code;

	arena_free(&arena);
	return code;
}

int
rig_read(struct rig *rig, const char *token, struct id file)
{
	return code_of(rig, OP_FILE_READ, token,
	    &(struct file_read){.has_file = true, .file = file});
}

int
rig_revoke(struct rig *rig, const char *token, struct id grant)
{
	return code_of(rig, OP_SHARE_REVOKE, token,
	    &(struct grant_ref){.has_grant = true, .grant = grant});
}

int
rig_end_token(struct rig *rig, struct id credential)
{
	return code_of(rig, OP_TOKEN_REVOKE, rig->token,
	    &(struct credential_ref){
		.has_credential = true, .credential = credential});
}

int
rig_trash(struct rig *rig, const char *token, struct id node)
{
	return code_of(rig, OP_NODE_TRASH, token,
	    &(struct node_ref){.has_node = true, .node = node});
}

int
rig_purge(struct rig *rig, const char *token, struct id node)
{
	return code_of(rig, OP_NODE_PURGE, token,
	    &(struct node_ref){.has_node = true, .node = node});
}

int
rig_move(struct rig *rig, const char *token, struct id node, struct id folder)
{
	return code_of(rig, OP_NODE_MOVE, token,
	    &(struct node_move){.has_node = true,
		.node = node,
		.has_folder = true,
		.folder = folder});
}

/* ---- the end ------------------------------------------------------------- */

static void *
join(void *arg)
{
	struct rig *rig = arg;

	engine_join(rig->engine);
	on_wake(rig);
	return NULL;
}

void
rig_stop(struct rig *rig)
{
	struct engine *engine;
	pthread_t thread;

	if (rig->engine == NULL)
		return;
	if (!rig->exited)
		assert_int_equal(engine_stop(rig->engine), 0);
	assert_int_equal(pthread_create(&thread, NULL, join, rig), 0);
	while (pthread_tryjoin_np(thread, NULL) != 0) {
		struct pollfd fd = {.fd = rig->wake, .events = POLLIN};
		eventfd_t n;

		rig_poll(rig);
		(void)poll(&fd, 1, 50);
		(void)eventfd_read(rig->wake, &n);
	}
	rig_poll(rig);
	db_close(&rig->db);
	secrets_free(&rig->secrets);
	loop_free(&rig->loop);
	engine = rig->engine;
	set_engine(rig, NULL);
	engine_close(&engine);
	context_drop(&rig->context);
}

static int
remove_one(const char *path, const struct stat *st UNUSED, int flag UNUSED,
    struct FTW *ftw UNUSED)
{
	return remove(path);
}

static void
remove_all(const char *path)
{
	(void)nftw(path, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

static void
copy_file(const char *from, const char *to)
{
	struct buf bytes = BUF(256 << 20);

	assert_int_equal(file_read(AT_FDCWD, from, &bytes), 0);
	assert_int_equal(
	    file_replace(AT_FDCWD, to, 0600, buf_slice(&bytes)), 0);
	buf_free(&bytes);
}

/* The database before its write-ahead log: what moves meanwhile is in both. */
void
rig_crash(struct rig *rig)
{
	rig_hold(rig);
	copy_file(HEAD_DATABASE, "kept");
	copy_file(HEAD_DATABASE "-wal", "kept-wal");
	rig_release(rig);
	rig_stop(rig);
	/* What the stop wrote elsewhere: it is made again. */
	remove_all(CORE_LOG_FOLDER);
	remove_all(HEAD_DATABASE "-shm");
	remove_all(INDEX_DATABASE);
	remove_all(INDEX_DATABASE "-wal");
	remove_all(INDEX_DATABASE "-shm");
	assert_int_equal(rename("kept", HEAD_DATABASE), 0);
	assert_int_equal(rename("kept-wal", HEAD_DATABASE "-wal"), 0);
}

void
rig_free(struct rig *rig)
{
	while (rig->replies != NULL) {
		struct call *call = rig->replies;

		rig->replies = call->next;
		call_free(&call);
	}
	arena_free(&rig->arena);
	buf_free(&rig->data);
	assert_int_equal(fchdir(rig->old_folder), 0);
	fd_close(&rig->old_folder);
	fd_close(&rig->wake);
	(void)sem_destroy(&rig->held);
	(void)sem_destroy(&rig->released);
	remove_all(rig->folder);
}
