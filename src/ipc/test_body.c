#include "unit.h"

#include "ipc/body.h"

/* Whether a body of that length may be sent by anybody to anybody. */
static bool
is_sendable(unsigned type, size_t n)
{
	for (int from = 0; from < ROLE_MAX; from++)
		for (int to = 0; to < ROLE_MAX; to++)
			if (msg_allowed(
				(enum role)from, (enum role)to, type, n))
				return true;
	return false;
}

/* The most that each field takes; cut at each length; with a body too many. */
#define UINT(type, name, max) .name = (type)(max),
#define CODE(name) .name = E_GRAMMAR,
#define BOOL(name) .name = true,
#define TEXT(name) .name = SLICE("text"),
#define BYTES(name) .name = SLICE("bytes\xff"),
#define DIGEST(name) .name = {{1, 2, 3}},
#define BODY(MESSAGE, name, fields)                                       \
	static void test_##name(void **state UNUSED)                      \
	{                                                                 \
		const struct body_##name in = {fields};                   \
		struct body_##name out, same;                             \
		struct buf bytes = BUF(4096), again = BUF(4096);          \
		struct slice all, left;                                   \
                                                                          \
		body_put_##name(&bytes, &in);                             \
		all = buf_slice(&bytes);                                  \
		assert_int_equal(bytes.error, 0);                         \
		assert_true(is_sendable(MSG_##MESSAGE, all.n));           \
		assert_int_equal(body_get_##name(all, &out), 0);          \
		body_put_##name(&again, &out);                            \
		assert_true(slice_eq(all, buf_slice(&again)));            \
		/* What is refused leaves everything as it was. */        \
		memset(&out, 0x5a, sizeof(out));                          \
		memcpy(&same, &out, sizeof(out));                         \
		for (size_t n = 0; n < all.n; n++) {                      \
			left = slice_first(all, n);                       \
			assert_int_equal(                                 \
			    body_get_##name(left, &out), E_GRAMMAR);      \
			assert_int_equal(                                 \
			    body_take_##name(&left, &out), E_GRAMMAR);    \
			assert_int_equal(left.n, n);                      \
		}                                                         \
		body_put_##name(&again, &in);                             \
		left = buf_slice(&again);                                 \
		assert_int_equal(body_get_##name(left, &out), E_GRAMMAR); \
		assert_memory_equal(&out, &same, sizeof(out));            \
		/* But the first can be taken, and then the other. */     \
		assert_int_equal(body_take_##name(&left, &out), 0);       \
		assert_int_equal(left.n, all.n);                          \
		assert_int_equal(body_take_##name(&left, &out), 0);       \
		assert_int_equal(left.n, 0);                              \
		buf_free(&bytes);                                         \
		buf_free(&again);                                         \
	}
#include "ipc/body.def"
#undef BODY

/* ---- what is beyond them --------------------------------------------------
 */

static void
test_numbers_are_bounded(void **state UNUSED)
{
	struct buf buf = BUF(64);
	struct body_peer peer;
	struct body_listener listener;
	struct body_blob_expect expect;
	struct body_stream_taken taken;

	body_put_peer(&buf, &(struct body_peer){.role = ROLE_MAX});
	assert_int_equal(body_get_peer(buf_slice(&buf), &peer), E_GRAMMAR);
	buf_clear(&buf);
	body_put_peer(&buf, &(struct body_peer){.index = ROLE_PEERS_MAX});
	assert_int_equal(body_get_peer(buf_slice(&buf), &peer), E_GRAMMAR);
	buf_clear(&buf);
	body_put_listener(
	    &buf, &(struct body_listener){LISTENER_HTTP_LOCAL + 1});
	assert_int_equal(
	    body_get_listener(buf_slice(&buf), &listener), E_GRAMMAR);
	buf_clear(&buf);
	body_put_blob_expect(
	    &buf, &(struct body_blob_expect){.front = ROLE_PEERS_MAX});
	assert_int_equal(
	    body_get_blob_expect(buf_slice(&buf), &expect), E_GRAMMAR);
	buf_clear(&buf);
	body_put_stream_taken(
	    &buf, &(struct body_stream_taken){(uint64_t)INT64_MAX + 1});
	assert_int_equal(
	    body_get_stream_taken(buf_slice(&buf), &taken), E_GRAMMAR);
	buf_free(&buf);
}

static void
test_each_field_has_its_form(void **state UNUSED)
{
	struct body_kill kill;
	struct body_blob_stored stored;
	struct body_stream_done done;
	struct body_context context;

	/* No UTF-8. */
	assert_int_equal(
	    body_get_kill(SLICE("\x84\x01\x00\x01\x61\xff"), &kill), E_GRAMMAR);
	/* A field less, one more, a number where bytes should be. */
	assert_int_equal(
	    body_get_kill(SLICE("\x83\x01\x00\x01"), &kill), E_GRAMMAR);
	assert_int_equal(
	    body_get_kill(SLICE("\x85\x01\x00\x01\x60\x00"), &kill), E_GRAMMAR);
	assert_int_equal(
	    body_get_kill(SLICE("\x84\x01\x00\x01\x00"), &kill), E_GRAMMAR);
	/* A digest that is none. */
	assert_int_equal(
	    body_get_blob_stored(SLICE("\x85\x00\x00\x40\x40\x40"), &stored),
	    E_GRAMMAR);
	/* A code that no int holds; one in a longer form than it needs. */
	assert_int_equal(
	    body_get_stream_done(SLICE("\x81\x19\x80\x00"), &done), E_GRAMMAR);
	assert_int_equal(
	    body_get_stream_done(SLICE("\x81\x18\x07"), &done), E_GRAMMAR);
	/* True is no number. */
	assert_int_equal(
	    body_get_context(SLICE("\x85\x01\x40\x40\x40\x01"), &context),
	    E_GRAMMAR);
	assert_int_equal(
	    body_get_context(SLICE("\x85\x01\x40\x40\x40\xf5"), &context), 0);
	assert_true(context.claimed);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
#define BODY(MESSAGE, name, fields) cmocka_unit_test(test_##name),
#include "ipc/body.def"
#undef BODY
	    cmocka_unit_test(test_numbers_are_bounded),
	    cmocka_unit_test(test_each_field_has_its_form),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
