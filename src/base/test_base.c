/* Unit tests of base: what a caller may rely on, at the edges. */
#include "unit.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/encode.h"
#include "base/fault.h"
#include "base/file.h"
#include "base/hash.h"
#include "base/ip.h"
#include "base/loop.h"
#include "base/map.h"
#include "base/mem.h"
#include "base/secret.h"

static void
test_slice_u64(void **state UNUSED)
{
	uint64_t v = 7;

	assert_int_equal(slice_u64(SLICE("0"), UINT64_MAX, &v), 0);
	assert_int_equal(v, 0);
	assert_int_equal(
	    slice_u64(SLICE("18446744073709551615"), UINT64_MAX, &v), 0);
	assert_true(v == UINT64_MAX);
	v = 7;
	assert_int_equal(
	    slice_u64(SLICE("18446744073709551616"), UINT64_MAX, &v), E_LIMIT);
	assert_int_equal(slice_u64(SLICE("11"), 10, &v), E_LIMIT);
	assert_int_equal(slice_u64(SLICE(""), 10, &v), E_SYNTAX);
	assert_int_equal(slice_u64(SLICE("01"), 10, &v), E_SYNTAX);
	assert_int_equal(slice_u64(SLICE("+1"), 10, &v), E_SYNTAX);
	assert_int_equal(slice_u64(SLICE("1 "), 10, &v), E_SYNTAX);
	assert_int_equal(v, 7); /* written only on success */
}

static void
test_slice_utf8(void **state UNUSED)
{
	assert_true(slice_is_utf8(SLICE("")));
	assert_true(
	    slice_is_utf8(SLICE("a\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80")));
	assert_false(slice_is_utf8(SLICE("\xc0\x80")));         /* overlong */
	assert_false(slice_is_utf8(SLICE("\xe0\x80\x80")));     /* overlong */
	assert_false(slice_is_utf8(SLICE("\xed\xa0\x80")));     /* surrogate */
	assert_false(slice_is_utf8(SLICE("\xf4\x90\x80\x80"))); /* too high */
	assert_false(slice_is_utf8(SLICE("\xe2\x82")));         /* cut */
	assert_false(slice_is_utf8(SLICE("\x80")));
	assert_int_equal(slice_utf8_cut(SLICE("a\xe2\x82\xac"), 3), 1);
	assert_int_equal(slice_utf8_cut(SLICE("a\xe2\x82\xac"), 4), 4);
}

static void
test_slice_cut(void **state UNUSED)
{
	struct slice s = SLICE("a=b=c"), head;

	assert_true(slice_cut(&s, '=', &head));
	assert_true(slice_eq(head, SLICE("a")));
	assert_true(slice_eq(s, SLICE("b=c")));
	assert_false(slice_cut(&s, '!', &head));
	assert_true(slice_eq(head, SLICE("b=c")));
	assert_int_equal(s.n, 0);
	assert_true(slice_eq_nocase(SLICE("HoSt"), SLICE("hOsT")));
	assert_true(slice_cmp(SLICE("a"), SLICE("ab")) < 0);
	assert_true(slice_cmp(SLICE("b"), SLICE("ab")) > 0);
	assert_true(slice_eq(slice_trim(SLICE(" \tx y ")), SLICE("x y")));
}

static void
test_buf_limit(void **state UNUSED)
{
	struct buf b = BUF(4);

	buf_put_str(&b, "abc");
	assert_int_equal(b.error, 0);
	buf_put_str(&b, "de");
	assert_int_equal(b.error, E_LIMIT);
	buf_put_str(&b, "d"); /* would fit, but errors stick */
	assert_int_equal(b.n, 3);
	buf_clear(&b);
	buf_printf(&b, "%d", 1234);
	assert_int_equal(b.error, 0);
	assert_string_equal(buf_cstr(&b), "1234");
	buf_consume(&b, 3);
	assert_true(slice_eq(buf_slice(&b), SLICE("4")));
	buf_free(&b);
}

static void
test_buf_numbers(void **state UNUSED)
{
	struct buf b = BUF(100);

	buf_put_u64(&b, 0);
	buf_put_u64(&b, UINT64_MAX);
	buf_put_i64(&b, INT64_MIN);
	assert_string_equal(
	    buf_cstr(&b), "018446744073709551615-9223372036854775808");
	buf_free(&b);
}

static void
test_encode(void **state UNUSED)
{
	struct buf b = BUF(100);

	buf_put_base64(&b, SLICE("\xff\xfe\x01"));
	buf_put_hex(&b, SLICE("\x0f\xa0"));
	assert_string_equal(buf_cstr(&b), "//4B0fa0");
	buf_clear(&b);
	assert_int_equal(base64_decode(SLICE("//4B"), &b), 0);
	assert_true(slice_eq(buf_slice(&b), SLICE("\xff\xfe\x01")));
	assert_int_equal(base64_decode(SLICE("//4"), &b), E_SYNTAX);
	assert_int_equal(base64_decode(SLICE("//4B\n"), &b), E_SYNTAX);
	assert_int_equal(base64_decode(SLICE("//4\x80"), &b), E_SYNTAX);
	assert_int_equal(base64_decode(SLICE_NONE, &b), 0);
	assert_int_equal(hex_decode(SLICE("0g"), &b), E_SYNTAX);
	assert_int_equal(hex_decode(SLICE("012"), &b), E_SYNTAX);
	assert_int_equal(base64_decode(SLICE("===="), &b), E_SYNTAX);
	assert_int_equal(base64url_decode(SLICE("__4B"), &b), 0);
	buf_free(&b);
	/* No more room than the bytes take. */
	b = BUF(4);
	assert_int_equal(base64_decode(SLICE("//4BAA=="), &b), 0);
	assert_int_equal(b.n, 4);
	buf_free(&b);
}

static void
test_sha256(void **state UNUSED)
{
	struct digest d = sha256_2(SLICE("a"), SLICE("bc"));
	struct buf b = BUF(100);

	buf_put_hex(&b, digest_slice(&d));
	assert_string_equal(buf_cstr(&b), "ba7816bf8f01cfea414140de5dae2223"
					  "b00361a396177a9cb410ff61f20015ad");
	buf_free(&b);
}

static void
test_map(void **state UNUSED)
{
	struct map map = {0};
	const struct map_slot *slot;
	size_t n = 0;
	int x[2];

	for (uint64_t k = 1; k <= 1000; k++)
		assert_int_equal(map_put(&map, k, &x[k % 2]), 0);
	for (uint64_t k = 2; k <= 1000; k += 2)
		assert_ptr_equal(map_take(&map, k), &x[0]);
	for (uint64_t k = 1; k <= 1000; k++)
		assert_ptr_equal(map_get(&map, k), k % 2 ? &x[1] : NULL);
	for (size_t i = 0; map_next(&map, &i, &slot);)
		n++;
	assert_int_equal(n, 500);
	assert_null(map_take(&map, 2));
	map_clear(&map);
	assert_null(map_get(&map, 1));
	map_free(&map);
}

static void
test_arena(void **state UNUSED)
{
	struct arena arena = {NULL};
	struct slice s = arena_copy(&arena, SLICE("hello"));
	char *big = arena_alloc(&arena, 100000);

	assert_true(slice_eq(s, SLICE("hello")));
	assert_non_null(big);
	assert_int_equal(big[99999], 0);
	assert_int_equal((uintptr_t)big % 16, 0);
	assert_non_null(arena_copy(&arena, SLICE_NONE).p);
	assert_null(arena_alloc(&arena, SIZE_MAX));
	arena_reset(&arena);
	assert_string_equal(arena_str(&arena, SLICE("x")), "x");
	arena_free(&arena);
}

static void
test_faults(void **state UNUSED)
{
#ifdef CHANCERY_FAULTS
	struct buf b = BUF(100000);
	void *p;

	fault_arm(2, false);
	p = mem_alloc(1);
	assert_non_null(p);
	buf_put_str(&b, "x");
	assert_int_equal(b.error, E_NOMEM);
	assert_int_equal(fault_fired(), 1);
	buf_clear(&b);
	buf_put_str(&b, "x");
	assert_int_equal(b.error, 0);
	fault_arm(0, false);
	mem_free(p);
	buf_free(&b);
#else
	skip();
#endif
}

static uint64_t fake_ns;

static uint64_t
fake_boot(void)
{
	return fake_ns;
}

static int64_t
fake_wall(void)
{
	return 0;
}

struct seen {
	struct loop *loop;
	struct loop_watch *other;
	struct loop_timer timer;
	int calls;
};

static void
on_timer(void *arg)
{
	((struct seen *)arg)->calls++;
}

static void
test_loop_timers(void **state UNUSED)
{
	struct seen seen[100] = {0};
	struct loop *loop;

	clock_inject(fake_wall, fake_boot);
	fake_ns = 1;
	assert_int_equal(loop_new(&loop), 0);
	for (int i = 0; i < 100; i++) {
		seen[i].timer.expire = on_timer;
		seen[i].timer.arg = &seen[i];
		assert_int_equal(
		    loop_timer_set(loop, &seen[i].timer, (i * 37) % 100), 0);
	}
	loop_timer_end(loop, &seen[0].timer); /* due at 0 */
	loop_timer_end(loop, &seen[1].timer); /* due at 37 */
	fake_ns += 50 * 1000000;
	assert_int_equal(loop_once(loop, 0), 0);
	for (int i = 0; i < 100; i++)
		assert_int_equal(seen[i].calls, i > 1 && (i * 37) % 100 <= 50);
	loop_free(&loop);
	clock_inject(NULL, NULL);
}

static void
on_ready_ends_other(void *arg, uint32_t events UNUSED)
{
	struct seen *seen = arg;

	seen->calls++;
	loop_unwatch(seen->loop, seen->other);
}

/* Of two ready watches, the first ends the second: it must not be called. */
static void
test_loop_unwatch_in_round(void **state UNUSED)
{
	struct seen seen[2] = {0};
	struct loop_watch watch[2];
	struct loop *loop;
	int fds[2][2];

	assert_int_equal(loop_new(&loop), 0);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(pipe2(fds[i], O_CLOEXEC), 0);
		assert_int_equal(write(fds[i][1], "x", 1), 1);
		seen[i].loop = loop;
		seen[i].other = &watch[1 - i];
		watch[i] = (struct loop_watch){.fd = fds[i][0],
		    .ready = on_ready_ends_other,
		    .arg = &seen[i]};
		assert_int_equal(loop_watch(loop, &watch[i], EPOLLIN), 0);
	}
	assert_int_equal(loop_once(loop, 0), 0);
	assert_int_equal(seen[0].calls + seen[1].calls, 1);
	loop_free(&loop);
	for (int i = 0; i < 2; i++) {
		fd_close(&fds[i][0]);
		fd_close(&fds[i][1]);
	}
}

static void
test_file_replace(void **state UNUSED)
{
	char folder[] = "/tmp/chancery-test-XXXXXX";
	struct buf b = BUF(100), small = BUF(3);
	int dir;

	assert_non_null(mkdtemp(folder));
	dir = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_true(dir >= 0);
	assert_int_equal(file_read(dir, "x", &b), E_NOT_FOUND);
	assert_int_equal(file_replace(dir, "x", 0600, SLICE("one")), 0);
	assert_int_equal(file_replace(dir, "x", 0600, SLICE("second")), 0);
	assert_int_equal(file_read(dir, "x", &b), 0);
	assert_true(slice_eq(buf_slice(&b), SLICE("second")));
	assert_int_equal(file_read(dir, "x", &small), E_LIMIT);
	assert_int_equal(unlinkat(dir, "x", 0), 0);
	assert_int_equal(rmdir(folder), 0); /* no temporary is left */
	fd_close(&dir);
	buf_free(&b);
	buf_free(&small);
}

static void
test_ip(void **state UNUSED)
{
	static const char *const good[][2] = {
	    {"127.0.0.1", "127.0.0.1"},
	    {"255.255.255.255", "255.255.255.255"},
	    {"::", "::"},
	    {"2001:DB8:0:0::1", "2001:db8::1"},
	    {"::ffff:10.0.0.1", "::ffff:10.0.0.1"},
	};
	static const char *const bad[] = {"", " ", "1.2.3", "1.2.3.256",
	    "01.2.3.4", "1.2.3.4 ", "1.2.3.4:80", "[::1]", "::1%lo", "1::2::3",
	    "2001:db8::12345", "localhost", "10.0.0.0/8",
	    "0000:0000:0000:0000:0000:0000:0000:0000:0000:0000"};
	struct ip ip = {.n = 7};
	char text[IP_TEXT];

	for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
		assert_int_equal(ip_parse(slice_str(good[i][0]), &ip), 0);
		ip_format(&ip, text);
		assert_string_equal(text, good[i][1]);
	}
	ip.n = 7;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		assert_int_equal(ip_parse(slice_str(bad[i]), &ip), E_SYNTAX);
	assert_int_equal(ip_parse(SLICE("1.2.3.4\0"), &ip), E_SYNTAX);
	assert_int_equal(ip.n, 7);
}

static void
test_secret(void **state UNUSED)
{
	struct secret a, b;

	assert_int_equal(secret_copy(SLICE("token"), &a), 0);
	assert_int_equal(secret_copy(SLICE("tokeN"), &b), 0);
	assert_false(secret_eq(slice_of(a.p, a.n), slice_of(b.p, b.n)));
	assert_true(secret_eq(slice_of(a.p, a.n), SLICE("token")));
	secret_free(&a);
	secret_free(&a);
	secret_free(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_slice_u64),
	    cmocka_unit_test(test_slice_utf8),
	    cmocka_unit_test(test_slice_cut),
	    cmocka_unit_test(test_buf_limit),
	    cmocka_unit_test(test_buf_numbers),
	    cmocka_unit_test(test_encode),
	    cmocka_unit_test(test_sha256),
	    cmocka_unit_test(test_map),
	    cmocka_unit_test(test_arena),
	    cmocka_unit_test(test_faults),
	    cmocka_unit_test(test_loop_timers),
	    cmocka_unit_test(test_loop_unwatch_in_round),
	    cmocka_unit_test(test_file_replace),
	    cmocka_unit_test(test_ip),
	    cmocka_unit_test(test_secret),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
