#include "core/test_rig.h"

#include "unit.h"

#include <dirent.h>
#include <fcntl.h>
#include <ftw.h>
#include <poll.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/file.h"
#include "base/log.h"
#include "ledger/note.h"
#include "wire/cbor.h"

static const char origin[] = "localhost/test-log";

static void
on_wake(void *arg)
{
	struct rig *rig = arg;

	assert_int_equal(eventfd_write(rig->wake, 1), 0);
}

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
	rig->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	assert_true(rig->wake >= 0);
	assert_int_equal(
	    crypto_sign_ed25519_keypair(public_key, rig->log_key), 0);
	assert_int_equal(note_key_make(slice_str(origin), public_key, &key), 0);
	note_key_put(&key, &text);
	(void)snprintf(
	    rig->log_vkey, sizeof(rig->log_vkey), "%s", buf_cstr(&text));
	buf_free(&text);
	rig->kept_end = &rig->kept;
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

int
rig_open(struct rig *rig)
{
	struct engine_options options = {.config = &rig->config,
	    .wake = on_wake,
	    .arg = rig,
	    .boot_id = {1},
	    .origin = origin,
	    .log_key = slice_str(rig->log_vkey)};
	struct buf body = BUF(1000);
	int r = engine_open(&options, &rig->engine);

	if (r < 0)
		return r;
	read_token(rig);
	cbor_put_array(&body, 5);
	cbor_put_uint(&body, 1);
	cbor_put_bytes(&body, SLICE("127.0.0.1"));
	cbor_put_bytes(&body, SLICE("test/1"));
	cbor_put_bytes(&body, SLICE(""));
	cbor_put_bool(&body, false);
	assert_int_equal(context_new(0, 1, buf_slice(&body), &rig->context), 0);
	buf_free(&body);
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
	assert_int_equal(checkpoint_put(&checkpoint, &text), 0);
	assert_int_equal(note_sign(buf_slice(&text), &signer, &note), 0);
	scribe_signed(engine_scribe(rig->engine), 0, buf_slice(&note));
	buf_free(&text);
	buf_free(&note);
}

/* One order: a reply is returned. */
static struct call *
take(struct rig *rig, struct order *order)
{
	struct call *call = NULL;

	switch (order->type) {
	case ORDER_REPLY:
		call = order->call;
		if (call->done != NULL)
			call->done(call, call->arg);
		break;
	case ORDER_SIGN:
		keeper_signs(rig, order->bytes);
		break;
	case ORDER_EXIT:
		rig->exited = true;
		break;
	case ORDER_OPEN:
	case ORDER_CLOSE:
	case ORDER_DROP:
	case ORDER_STATE:
	case ORDER_DATA:
	case ORDER_DONE:
		if (rig->keep_orders) {
			order->next = NULL;
			*rig->kept_end = order;
			rig->kept_end = &order->next;
			return NULL;
		}
		break;
	}
	free(order);
	return call;
}

struct call *
rig_wait(struct rig *rig)
{
	static struct order *pending;
	struct pollfd fd = {.fd = rig->wake, .events = POLLIN};
	eventfd_t n;

	for (;;) {
		while (pending != NULL) {
			struct order *order = pending;
			struct call *call;

			pending = order->next;
			call = take(rig, order);
			if (call != NULL)
				return call;
		}
		pending = engine_orders(rig->engine);
		if (pending != NULL)
			continue;
		if (rig->exited)
			return NULL;
		(void)poll(&fd, 1, -1);
		(void)eventfd_read(rig->wake, &n);
	}
}

void
rig_poll(struct rig *rig)
{
	struct order *orders = engine_orders(rig->engine);

	while (orders != NULL) {
		struct order *order = orders;
		struct call *call;

		orders = order->next;
		call = take(rig, order);
		call_free(&call);
	}
}

struct call *
rig_submit(struct rig *rig, enum op_number op, const char *token,
    const char *key, size_t n, const struct shape *shape, const void *args,
    size_t size)
{
	struct buf body = BUF(8 << 20), arg = BUF(1 << 20);
	struct call *call = NULL;

	cbor_put_array(&body, 4);
	cbor_put_bytes(&body, slice_str(token));
	cbor_put_bytes(&body, slice_str(key));
	cbor_put_uint(&body, CAUSE_USER);
	cbor_put_array(&body, 1);
	cbor_put_array(&body, 2);
	cbor_put_uint(&body, op);
	cbor_put_array(&body, n);
	for (size_t i = 0; i < n; i++) {
		buf_clear(&arg);
		shape_encode(shape, (const char *)args + i * size, NULL, &arg);
		cbor_put_bytes(&body, buf_slice(&arg));
	}
	assert_int_equal(call_new(0, ++rig->calls, buf_slice(&body), &call), 0);
	call->context = context_hold(rig->context);
	call->person = token != NULL;
	buf_free(&arg);
	buf_free(&body);
	engine_submit(rig->engine, call);
	return call;
}

/* The first object's answer, as a front would read it. */
static struct answer
read_answer(const struct call *call, struct arena *arena)
{
	const struct call_op *op = &call->ops[0];
	struct cbor_reader r = cbor_reader(buf_slice(&op->results));
	struct answer answer = {op->code, NULL};
	size_t parts;

	if (op->code < 0 || op->n_results == 0)
		return answer;
	parts = cbor_get_array(&r);
	answer.code = -(int)cbor_get_uint(&r);
	if (parts == 2) {
		answer.result = arena_alloc(arena, op->op->result->size);
		assert_non_null(answer.result);
		assert_int_equal(shape_decode(op->op->result,
				     arena_copy(arena, cbor_skip(&r)), NULL,
				     arena, answer.result),
		    0);
	}
	return answer;
}

struct answer
rig_do_key(struct rig *rig, struct arena *arena, enum op_number op,
    const char *token, const char *key, const void *args)
{
	struct answer answer;
	struct call *call;

	(void)rig_submit(rig, op, token, key, 1, op_get(op)->args, args, 0);
	call = rig_wait(rig);
	if (call == NULL)
		return (struct answer){E_UNKNOWN, NULL};
	answer = read_answer(call, arena);
	call_free(&call);
	return answer;
}

struct answer
rig_do(struct rig *rig, struct arena *arena, enum op_number op,
    const char *token, const void *args)
{
	return rig_do_key(rig, arena, op, token, NULL, args);
}

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
	engine_close(&rig->engine);
	context_drop(&rig->context);
}

static int
remove_one(const char *path, const struct stat *st UNUSED, int flag UNUSED,
    struct FTW *ftw UNUSED)
{
	return remove(path);
}

void
rig_free(struct rig *rig)
{
	while (rig->kept != NULL) {
		struct order *order = rig->kept;

		rig->kept = order->next;
		free(order);
	}
	assert_int_equal(fchdir(rig->old_folder), 0);
	fd_close(&rig->old_folder);
	fd_close(&rig->wake);
	(void)nftw(rig->folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}
