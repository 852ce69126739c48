/* Packs: what is written is read; what isn't whole, or isn't ours, is not. */
#include "unit.h"

#include <stdlib.h>

#include "wire/cbor.h"
#include "wire/pack.h"

#define HTML "text/html; charset=utf-8"
#define JS "text/javascript; charset=utf-8"

static struct pack_asset
asset(const char *path, const char *type, const char *text, const char *br)
{
	return (struct pack_asset){.path = slice_str(path),
	    .type = slice_str(type),
	    .digest = sha256(slice_str(text)),
	    .bytes = {slice_str(text), slice_str(br)}};
}

/* What becomes of bytes, as long as they are, so that ASan sees a read past. */
static int
read_bytes(struct slice in)
{
	struct arena arena = {.chunk = NULL};
	struct pack pack = {.n = 77};
	uint8_t *copy = malloc(MAX(in.n, 1));
	int r;

	assert_non_null(copy);
	if (in.n > 0)
		memcpy(copy, in.p, in.n);
	r = pack_read(slice_of(copy, in.n), &arena, &pack);
	if (r < 0)
		assert_int_equal(pack.n, 77);
	arena_free(&arena);
	free(copy);
	return r;
}

/* Of a body, with its right digest behind it. */
static int
read_body(struct buf *body)
{
	struct digest digest = sha256(buf_slice(body));
	int r;

	assert_int_equal(body->error, 0);
	buf_put_slice(body, digest_slice(&digest));
	r = read_bytes(buf_slice(body));
	buf_free(body);
	return r;
}

static int
read_assets(const struct pack_asset *assets, size_t n)
{
	struct buf bytes = BUF(PACK_BYTES_MAX);
	int r;

	pack_put(&bytes, assets, n);
	assert_int_equal(bytes.error, 0);
	r = read_bytes(buf_slice(&bytes));
	buf_free(&bytes);
	return r;
}

static void
put_three(struct buf *bytes)
{
	const struct pack_asset three[] = {
	    asset("assets/a-1.js", JS, "let a = 1;", "br a"),
	    asset("assets/deep/b.svg", "image/svg+xml", "", ""),
	    asset("index.html", HTML, "<!doctype html>", ""),
	};

	pack_put(bytes, three, ARRAY_SIZE(three));
	assert_int_equal(bytes->error, 0);
}

static void
test_round(void **state UNUSED)
{
	struct buf bytes = BUF(4096), again = BUF(4096);
	struct arena arena = {.chunk = NULL};
	const struct pack_asset *found;
	struct pack pack;

	put_three(&bytes);
	put_three(&again);
	assert_true(slice_eq(buf_slice(&bytes), buf_slice(&again)));
	assert_int_equal(pack_read(buf_slice(&bytes), &arena, &pack), 0);
	assert_int_equal(pack.n, 3);
	found = pack_find(&pack, SLICE("assets/a-1.js"));
	assert_non_null(found);
	assert_true(slice_eq(found->type, SLICE(JS)));
	assert_true(slice_eq(found->bytes[PACK_PLAIN], SLICE("let a = 1;")));
	assert_true(slice_eq(found->bytes[PACK_BR], SLICE("br a")));
	assert_int_equal(found->bytes[PACK_GZIP].n, 0);
	assert_non_null(pack_find(&pack, SLICE("assets/deep/b.svg")));
	assert_null(pack_find(&pack, SLICE("assets/a-1.j")));
	assert_null(pack_find(&pack, SLICE("assets/")));
	assert_null(pack_find(&pack, SLICE("")));
	assert_null(pack_find(&pack, SLICE("zzz")));
	arena_free(&arena);
	buf_free(&bytes);
	buf_free(&again);
}

static void
test_damage(void **state UNUSED)
{
	struct buf bytes = BUF(4096);

	put_three(&bytes);
	for (size_t n = 0; n < bytes.n; n++)
		assert_int_equal(
		    read_bytes(slice_first(buf_slice(&bytes), n)), E_DIGEST);
	for (size_t i = 0; i < bytes.n; i++)
		for (unsigned bit = 0; bit < 8; bit++) {
			bytes.p[i] ^= (uint8_t)(1u << bit);
			assert_int_equal(
			    read_bytes(buf_slice(&bytes)), E_DIGEST);
			bytes.p[i] ^= (uint8_t)(1u << bit);
		}
	assert_int_equal(read_bytes(buf_slice(&bytes)), 0);
	buf_put_u8(&bytes, 0);
	assert_int_equal(read_bytes(buf_slice(&bytes)), E_DIGEST);
	buf_free(&bytes);
}

/* Whole, but not what a packer of ours would have made. */
static void
test_bodies(void **state UNUSED)
{
	struct buf three = BUF(4096);
	size_t n;

	put_three(&three);
	n = three.n - SHA256_BYTES;
	for (size_t cut = 0; cut < n; cut++) {
		struct buf body = BUF(4096);

		buf_put_slice(&body, slice_first(buf_slice(&three), cut));
		assert_int_equal(
		    read_body(&body), cut == 0 ? E_DIGEST : E_SYNTAX);
	}
	for (size_t i = 0; i < n; i++) {
		struct buf body = BUF(4096);

		buf_put_slice(&body, slice_first(buf_slice(&three), n));
		body.p[i] ^= 0x80;
		/* Of what is coded only a browser finds out. */
		if (memmem(body.p, n, "br a", 4) == NULL) {
			buf_free(&body);
			continue;
		}
		assert_true(read_body(&body) < 0);
	}
	buf_free(&three);
}

static void
test_refused(void **state UNUSED)
{
	const struct pack_asset index = asset("index.html", HTML, "x", "");
	struct pack_asset two[] = {asset("assets/a.js", JS, "abc", ""), index};
	const struct pack_asset good[] = {two[0], two[1]};
	struct buf body = BUF(1 << 20);

	assert_int_equal(read_assets(two, 2), 0);
	assert_int_equal(read_assets(&index, 1), 0);
	/* No app. */
	assert_int_equal(read_assets(two, 1), E_SYNTAX);
	assert_int_equal(read_assets(NULL, 0), E_SYNTAX);
	/* Order, and twice the same. */
	two[0] = good[1];
	two[1] = good[0];
	assert_int_equal(read_assets(two, 2), E_SYNTAX);
	two[1] = good[1];
	assert_int_equal(read_assets(two, 2), E_SYNTAX);
	/* The entity tag of something else. */
	two[0] = good[0];
	two[0].digest.b[31] ^= 1;
	assert_int_equal(read_assets(two, 2), E_SYNTAX);
	/* A coding that is larger. */
	two[0] = good[0];
	two[0].bytes[PACK_GZIP] = SLICE("abcd");
	assert_int_equal(read_assets(two, 2), E_SYNTAX);
	/* A type that would be another field. */
	two[0] = good[0];
	two[0].type = SLICE("text/html\r\nset-cookie: a=b");
	assert_int_equal(read_assets(two, 2), E_SYNTAX);
	two[0].type = SLICE("");
	assert_int_equal(read_assets(two, 2), E_SYNTAX);

	cbor_put_array(&body, 2);
	cbor_put_uint(&body, PACK_VERSION + 1);
	cbor_put_array(&body, 0);
	assert_int_equal(read_body(&body), E_VERSION);
	body = BUF(1 << 20);
	cbor_put_array(&body, 2);
	cbor_put_uint(&body, PACK_VERSION);
	cbor_put_array(&body, PACK_ASSETS_MAX + 1);
	for (size_t i = 0; i <= PACK_ASSETS_MAX; i++)
		cbor_put_uint(&body, 0);
	assert_int_equal(read_body(&body), E_LIMIT);
}

static void
test_paths(void **state UNUSED)
{
	static const char *const good[] = {"index.html", "preview.html",
	    "assets/a", "assets/index-2gEo145b.js",
	    "assets/cmaps/83pv-RKSJ-H.bcmap", "assets/A_b..c"};
	static const char *const bad[] = {"", "/", "index.htm", "/index.html",
	    "index.html/", "assets", "assets/", "assets//a", "assets/a/",
	    "/assets/a", "assets/.", "assets/..", "assets/../index.html",
	    "assets/.a", "assets/a%2f", "assets/a b", "assets/a\\b",
	    "assets/\xc3\xa9", "assets/a?b", "assetsa", "Assets/a", "app/a"};
	char longest[PACK_PATH_MAX + 2];
	struct slice folder = SLICE("assets/");

	for (size_t i = 0; i < ARRAY_SIZE(good); i++)
		assert_true(pack_path_ok(slice_str(good[i])));
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		assert_false(pack_path_ok(slice_str(bad[i])));
	assert_false(pack_path_ok(SLICE("assets/a\0b")));
	memset(longest, 'a', sizeof(longest));
	memcpy(longest, folder.p, folder.n);
	assert_true(pack_path_ok(slice_of(longest, PACK_PATH_MAX)));
	assert_false(pack_path_ok(slice_of(longest, PACK_PATH_MAX + 1)));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_round),
	    cmocka_unit_test(test_damage),
	    cmocka_unit_test(test_bodies),
	    cmocka_unit_test(test_refused),
	    cmocka_unit_test(test_paths),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
