/* The leaf: what docs/LOG.md works by hand, and what no leaf may be. */
#include "unit.h"

#include "base/encode.h"
#include "ledger/leaf.h"
#include "op/op.h"

enum { HEX_MAX = 4096 };

/* The record of docs/LOG.md, byte by byte. */
static const char example[] =
    "ab01060218330301041b000001a201b39eef0605078204010882040e098182040d0e0111"
    "81810412"
    "81a7010602820404058104060107838307001bcef8a63bd797488e820b018308021beb6c"
    "ab342457ac230a81820358208479036848fe049f6739a11022738266d5e3ac608f1c4668"
    "835c24685eaee1730ba119044c06";

static struct buf
bytes_of(const char *hex)
{
	struct buf buf = BUF(HEX_MAX);

	assert_int_equal(hex_decode(slice_str(hex), &buf), 0);
	return buf;
}

static int
decode(const char *hex)
{
	struct buf bytes = bytes_of(hex);
	struct arena arena = {NULL};
	struct leaf leaf;
	int r = leaf_decode(buf_slice(&bytes), &arena, &leaf);

	arena_free(&arena);
	buf_free(&bytes);
	return r;
}

static void
test_example(void **state UNUSED)
{
	struct buf bytes = bytes_of(example), again = BUF(LEAF_BYTES_MAX);
	struct arena arena = {NULL};
	const struct leaf_object *o;
	struct leaf leaf;
	uint64_t proof[4];

	assert_int_equal(leaf_decode(buf_slice(&bytes), &arena, &leaf), 0);
	assert_int_equal(leaf.sequence, 6);
	assert_int_equal(leaf.op, OP_FILE_CREATE);
	assert_int_equal(leaf.time, 1795324878575);
	assert_int_equal(leaf.outcome, 0);
	assert_int_equal(leaf.context, 5);
	assert_int_equal(leaf.principal, ref_make(4, 1));
	assert_int_equal(leaf.session, ref_make(4, 14));
	assert_int_equal(leaf.credentials[0], ref_make(4, 13));
	assert_int_equal(leaf.n_objects, 1);
	o = &leaf.objects[0];
	assert_int_equal(o->kind, KIND_FOLDER);
	assert_int_equal(o->n_made, 3);
	assert_int_equal(o->made[0].kind, KIND_FILE);
	assert_int_equal(o->made[1].kind, KIND_EDGE);
	assert_int_equal(o->made[2].kind, KIND_VERSION);
	assert_int_equal(o->numbers[0].key, FACT_SIZE);
	assert_int_equal(o->numbers[0].value, 6);
	assert_int_equal(leaf_proof_of(&leaf, o, proof, 4), 2);

	/* There is one way to write it. */
	assert_int_equal(leaf_encode(&leaf, &again), 0);
	assert_true(slice_eq(buf_slice(&bytes), buf_slice(&again)));
	arena_free(&arena);
	buf_free(&bytes);
	buf_free(&again);
}

/* The commitment to its name, by the opening beside the log. */
static void
test_commitment(void **state UNUSED)
{
	struct buf salt = bytes_of("f88066a439da9f19d22251ad4e1bd188"),
		   hex = BUF(HEX_MAX);
	struct opening opening = {.text = SLICE("hello.txt"), .length = 9};
	struct digest digest;

	memcpy(opening.salt, salt.p, sizeof(opening.salt));
	digest = opening_commitment(&opening, 3);
	buf_put_hex(&hex, digest_slice(&digest));
	assert_string_equal(buf_cstr(&hex), "8479036848fe049f6739a11022738266"
					    "d5e3ac608f1c4668835c24685eaee173");
	buf_free(&salt);
	buf_free(&hex);
}

static void
test_every_cut(void **state UNUSED)
{
	struct buf bytes = bytes_of(example);

	for (size_t n = 0; n < bytes.n; n++) {
		struct arena arena = {NULL};
		struct leaf leaf;

		assert_int_equal(leaf_decode(slice_first(buf_slice(&bytes), n),
				     &arena, &leaf),
		    E_CORRUPT);
		arena_free(&arena);
	}
	buf_free(&bytes);
}

/* A newer release may say more: who doesn't know it reads on. */
static void
test_unknown_fields(void **state UNUSED)
{
	assert_int_equal(decode("a301010201186382010a"), 0);
	assert_int_equal(decode("a3010102011281a1186301"), 0);
}

static void
test_refused(void **state UNUSED)
{
	static const char *const bad[] = {
	    "a0",                   /* nothing */
	    "a201000201",           /* number 0 */
	    "a201010200",           /* operation 0 */
	    "a202010101",           /* keys descend */
	    "a201010101",           /* a key twice */
	    "a3010102011281a10601", /* joins a proof that isn't there */
	    "a3010102011281a20ba102000ca1024100", /* a number and bytes, one key
	                                           */
	    "a3010102011281a10a81820341ff",       /* a commitment of one byte */
	    "a301010201078304010200", /* a reference of three parts */
	};

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		assert_int_equal(decode(bad[i]), E_CORRUPT);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_example),
	    cmocka_unit_test(test_commitment),
	    cmocka_unit_test(test_every_cut),
	    cmocka_unit_test(test_unknown_fields),
	    cmocka_unit_test(test_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
