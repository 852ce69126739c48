/* Unit tests of the tree: known answers, and every proof of small trees. */
#include "unit.h"

#include "base/encode.h"
#include "ledger/tree.h"

enum {
	SIZES = 70,
	EVERY_BIT = 12, /* the sizes whose proofs are flipped bit by bit */
};

static struct digest leaves[SIZES + 2];

static int
make_leaves(void **state UNUSED)
{
	for (unsigned i = 0; i < ARRAY_SIZE(leaves); i++) {
		uint8_t entry[2] = {(uint8_t)i, 'x'};

		leaves[i] = tree_leaf_hash(slice_of(entry, sizeof(entry)));
	}
	return 0;
}

/* MTH of RFC 6962, 2.1, word by word: what the code under test must agree with.
 */
static struct digest
mth(unsigned begin, unsigned end)
{
	struct digest left, right;
	unsigned k = 1;

	if (begin == end)
		return sha256(SLICE_NONE);
	if (end - begin == 1)
		return leaves[begin];
	while (k * 2 < end - begin)
		k *= 2;
	left = mth(begin, begin + k);
	right = mth(begin + k, end);
	return sha256_3(
	    SLICE("\x01"), digest_slice(&left), digest_slice(&right));
}

/* Complete subtrees of the leaves; that only those are asked for is checked. */
static int
node(void *arg, unsigned level, uint64_t index, struct digest *ret_hash)
{
	unsigned size = *(unsigned *)arg;
	uint64_t begin = index << level;

	assert_true(begin + (UINT64_C(1) << level) <= size);
	*ret_hash = mth((unsigned)begin, (unsigned)(begin + (1u << level)));
	return 0;
}

static void
assert_hex(const struct digest *digest, const char *hex)
{
	struct buf buf = BUF(64);

	buf_put_hex(&buf, digest_slice(digest));
	assert_string_equal(buf_cstr(&buf), hex);
	buf_free(&buf);
}

static void
test_known_answers(void **state UNUSED)
{
	static const struct slice entries[] = {{NULL, 0},
	    {(const uint8_t *)"\x00", 1}, {(const uint8_t *)"\x10", 1},
	    {(const uint8_t *)"\x20\x21", 2}, {(const uint8_t *)"\x30\x31", 2},
	    {(const uint8_t *)"\x40\x41\x42\x43", 4},
	    {(const uint8_t *)"\x50\x51\x52\x53\x54\x55\x56\x57", 8},
	    {(const uint8_t *)"\x60\x61\x62\x63\x64\x65\x66\x67"
			      "\x68\x69\x6a\x6b\x6c\x6d\x6e\x6f",
		16}};
	static const char *const roots[] = {
	    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
	    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
	    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
	    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
	    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
	    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
	    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
	    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
	    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
	};
	struct tree tree = {0};

	for (unsigned i = 0; i < ARRAY_SIZE(roots); i++) {
		struct digest root = tree_root(&tree);

		assert_hex(&root, roots[i]);
		if (i < ARRAY_SIZE(entries)) {
			struct digest leaf = tree_leaf_hash(entries[i]);

			tree_append_leaf_hash(&tree, &leaf);
		}
	}
}

static void
test_roots(void **state UNUSED)
{
	struct tree tree = {0};

	for (unsigned size = 0; size <= SIZES; size++) {
		struct tree_reader reader = {node, &size};
		struct digest root = tree_root(&tree);
		struct digest expected = mth(0, size);
		struct tree loaded;

		assert_memory_equal(&root, &expected, sizeof(root));
		assert_int_equal(tree_root_at(&reader, size, &root), 0);
		assert_memory_equal(&root, &expected, sizeof(root));
		assert_int_equal(tree_load(&reader, size, &loaded), 0);
		root = tree_root(&loaded);
		assert_memory_equal(&root, &expected, sizeof(root));
		tree_append_leaf_hash(&loaded, &leaves[size]);
		root = tree_root(&loaded);
		expected = mth(0, size + 1);
		assert_memory_equal(&root, &expected, sizeof(root));
		tree_append_leaf_hash(&tree, &leaves[size]);
	}
}

static void
test_frontier_bytes(void **state UNUSED)
{
	struct buf buf = BUF(TREE_PUT_MAX);
	struct tree tree = {0}, copy;

	for (unsigned size = 0; size <= SIZES; size++) {
		struct digest was = tree_root(&tree), is;
		struct slice bytes;

		buf_clear(&buf);
		tree_put(&tree, &buf);
		assert_int_equal(buf.error, 0);
		bytes = buf_slice(&buf);
		assert_int_equal(tree_parse(bytes, &copy), 0);
		is = tree_root(&copy);
		assert_memory_equal(&was, &is, sizeof(is));
		for (size_t n = 0; n < bytes.n; n++)
			assert_int_equal(
			    tree_parse(slice_first(bytes, n), &copy),
			    E_CORRUPT);
		buf_put_u8(&buf, 0);
		assert_int_equal(tree_parse(buf_slice(&buf), &copy), E_CORRUPT);
		tree_append_leaf_hash(&tree, &leaves[size]);
	}
	buf_clear(&buf);
	for (int i = 0; i < 8 + 64 * SHA256_BYTES; i++)
		buf_put_u8(&buf, 0xff);
	assert_int_equal(buf.error, E_LIMIT);
	assert_int_equal(tree_parse(buf_slice(&buf), &copy), E_CORRUPT);
	buf_free(&buf);
}

/* What is checked of each kind of proof: whether a changed one is accepted. */
struct claim {
	bool inclusion;
	uint64_t from; /* the index, or the older size */
	uint64_t size;
	struct digest first; /* the leaf, or the older root */
	struct digest root;
	struct tree_proof proof;
};

static bool
accepted(const struct claim *claim)
{
	int r = claim->inclusion
	            ? tree_verify_inclusion(claim->from, claim->size,
			  &claim->first, &claim->proof, &claim->root)
	            : tree_verify_consistency(claim->from, claim->size,
			  &claim->first, &claim->proof, &claim->root);

	assert_true(
	    r == 0 || r == (claim->inclusion ? E_DIGEST : E_INCONSISTENT));
	return r == 0;
}

static void
refuse_flips(struct claim *claim, struct digest *digest)
{
	bool every = claim->size <= EVERY_BIT;
	unsigned step = every ? 1 : 101;

	for (unsigned bit = every ? 0 : (unsigned)claim->from % 101;
	     bit < 8 * SHA256_BYTES; bit += step) {
		digest->b[bit / 8] ^= (uint8_t)(1 << bit % 8);
		assert_false(accepted(claim));
		digest->b[bit / 8] ^= (uint8_t)(1 << bit % 8);
	}
}

static void
refuse_changes(struct claim *claim)
{
	struct tree_proof proof = claim->proof;

	assert_true(accepted(claim));
	refuse_flips(claim, &claim->first);
	refuse_flips(claim, &claim->root);
	for (size_t i = 0; i < proof.n; i++)
		refuse_flips(claim, &claim->proof.hash[i]);
	/* A hash too few, at either end; one too many; two exchanged. */
	for (size_t i = 0; i < proof.n; i++) {
		claim->proof.n = 0;
		for (size_t k = 0; k < proof.n; k++)
			if (k != i)
				claim->proof.hash[claim->proof.n++] =
				    proof.hash[k];
		assert_false(accepted(claim));
		claim->proof = proof;
		if (i > 0) {
			claim->proof.hash[i] = proof.hash[i - 1];
			claim->proof.hash[i - 1] = proof.hash[i];
			assert_false(accepted(claim));
			claim->proof = proof;
		}
	}
	claim->proof.hash[claim->proof.n++] = claim->root;
	assert_false(accepted(claim));
	claim->proof.n = TREE_PROOF_MAX + 1;
	assert_false(accepted(claim));
	claim->proof = proof;
}

/* The same proof for another index or older size, or another size. */
static void
refuse_others(struct claim *claim)
{
	struct claim other = *claim;

	for (unsigned n = 0; n <= SIZES; n++) {
		if (n != claim->from) {
			other.from = n;
			assert_false(accepted(&other));
			if (!claim->inclusion) {
				other.first = mth(0, n);
				assert_false(accepted(&other));
			}
			other = *claim;
		}
		if (n != claim->size) {
			other.size = n;
			other.root = mth(0, n);
			assert_false(accepted(&other));
			other = *claim;
		}
	}
}

static void
test_inclusion(void **state UNUSED)
{
	for (unsigned size = 1; size <= SIZES; size++) {
		struct tree_reader reader = {node, &size};

		for (unsigned i = 0; i < size; i++) {
			struct claim claim = {.inclusion = true,
			    .from = i,
			    .size = size,
			    .first = leaves[i],
			    .root = mth(0, size)};

			assert_int_equal(tree_prove_inclusion(
					     &reader, i, size, &claim.proof),
			    0);
			refuse_changes(&claim);
			if (i % 7 == size % 7)
				refuse_others(&claim);
		}
	}
}

/* Each smaller tree's root, from the proof of its last leaf in a larger one. */
static void
test_roots_before(void **state UNUSED)
{
	for (unsigned size = 1; size <= SIZES; size++) {
		struct tree_reader reader = {node, &size};
		struct digest root = mth(0, size), other = mth(0, size + 1);

		for (unsigned index = 0; index < size; index++) {
			struct digest was, want = mth(0, index + 1);
			struct tree_proof proof;

			assert_int_equal(
			    tree_prove_inclusion(&reader, index, size, &proof),
			    0);
			assert_int_equal(
			    tree_root_before(index, size, &leaves[index],
				&proof, &root, &was),
			    0);
			assert_true(digest_eq(&was, &want));
			assert_int_equal(
			    tree_root_before(index, size, &leaves[index],
				&proof, &other, &was),
			    E_DIGEST);
		}
	}
}

static void
test_inclusion_edges(void **state UNUSED)
{
	unsigned size = SIZES;
	struct tree_reader reader = {node, &size};
	struct tree_proof proof = {0};
	struct digest root = mth(0, 1);

	assert_int_equal(tree_prove_inclusion(&reader, 0, 0, &proof), E_RANGE);
	assert_int_equal(tree_prove_inclusion(&reader, 5, 5, &proof), E_RANGE);
	assert_int_equal(
	    tree_prove_inclusion(&reader, 0, TREE_SIZE_MAX + 1, &proof),
	    E_RANGE);
	assert_int_equal(
	    tree_verify_inclusion(0, 1, &leaves[0], &proof, &root), 0);
	assert_int_equal(
	    tree_verify_inclusion(0, 0, &leaves[0], &proof, &root), E_DIGEST);
	assert_int_equal(
	    tree_verify_inclusion(1, 1, &leaves[0], &proof, &root), E_DIGEST);
	assert_int_equal(tree_verify_inclusion(
			     UINT64_MAX, UINT64_MAX, &leaves[0], &proof, &root),
	    E_DIGEST);
	assert_int_equal(tree_verify_inclusion(UINT64_MAX - 1, UINT64_MAX,
			     &leaves[0], &proof, &root),
	    E_DIGEST);
}

static void
test_consistency(void **state UNUSED)
{
	for (unsigned size = 1; size <= SIZES; size++) {
		struct tree_reader reader = {node, &size};

		for (unsigned older = 1; older < size; older++) {
			struct claim claim = {.from = older,
			    .size = size,
			    .first = mth(0, older),
			    .root = mth(0, size)};

			assert_int_equal(tree_prove_consistency(&reader, older,
					     size, &claim.proof),
			    0);
			refuse_changes(&claim);
			if (older % 7 == size % 7)
				refuse_others(&claim);
		}
	}
}

static void
test_consistency_edges(void **state UNUSED)
{
	unsigned size = SIZES;
	struct tree_reader reader = {node, &size};
	struct digest nothing = mth(0, 0), five = mth(0, 5), six = mth(0, 6);
	struct tree_proof proof = {.n = 1}, empty = {0};

	assert_int_equal(tree_prove_consistency(&reader, 0, 5, &proof), 0);
	assert_int_equal(proof.n, 0);
	assert_int_equal(tree_prove_consistency(&reader, 5, 5, &proof), 0);
	assert_int_equal(proof.n, 0);
	assert_int_equal(
	    tree_prove_consistency(&reader, 6, 5, &proof), E_RANGE);

	assert_int_equal(
	    tree_verify_consistency(0, 0, &nothing, &empty, &nothing), 0);
	assert_int_equal(
	    tree_verify_consistency(0, 5, &nothing, &empty, &five), 0);
	assert_int_equal(
	    tree_verify_consistency(5, 5, &five, &empty, &five), 0);
	assert_int_equal(tree_verify_consistency(0, 0, &nothing, &empty, &five),
	    E_INCONSISTENT);
	assert_int_equal(tree_verify_consistency(0, 5, &five, &empty, &five),
	    E_INCONSISTENT);
	assert_int_equal(
	    tree_verify_consistency(5, 5, &five, &empty, &six), E_INCONSISTENT);
	assert_int_equal(
	    tree_verify_consistency(6, 5, &six, &empty, &five), E_INCONSISTENT);
	assert_int_equal(
	    tree_verify_consistency(5, 6, &five, &empty, &six), E_INCONSISTENT);
	/* A proof where none is due. */
	proof.n = 1;
	proof.hash[0] = five;
	assert_int_equal(tree_verify_consistency(0, 5, &nothing, &proof, &five),
	    E_INCONSISTENT);
	assert_int_equal(tree_verify_consistency(5, 5, &five, &proof, &five),
	    E_INCONSISTENT);
	assert_int_equal(tree_verify_consistency(
			     UINT64_MAX - 1, UINT64_MAX, &five, &proof, &five),
	    E_INCONSISTENT);
}

/* Of a log of equal entries, each level has one node. */
static int
equal_node(
    void *arg, unsigned level, uint64_t index UNUSED, struct digest *ret_hash)
{
	*ret_hash = ((struct digest *)arg)[level];
	return 0;
}

static void
test_large(void **state UNUSED)
{
	static const uint64_t sizes[] = {UINT64_C(1) << 33,
	    (UINT64_C(1) << 40) + 12345, (UINT64_C(1) << 62) - 1,
	    UINT64_C(1) << 62, TREE_SIZE_MAX - 1, TREE_SIZE_MAX};
	struct digest level[TREE_LEVELS] = {tree_leaf_hash(SLICE("same"))};
	struct tree_reader reader = {equal_node, level};
	struct digest root, older_root;
	struct tree_proof proof;

	for (unsigned i = 1; i < TREE_LEVELS; i++)
		level[i] = tree_node_hash(&level[i - 1], &level[i - 1]);
	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		uint64_t size = sizes[i];

		assert_int_equal(tree_root_at(&reader, size, &root), 0);
		for (uint64_t at = size - 1; at > 0; at /= 3) {
			assert_int_equal(
			    tree_prove_inclusion(&reader, at, size, &proof), 0);
			assert_true(proof.n <= TREE_PROOF_MAX);
			assert_int_equal(tree_verify_inclusion(at, size,
					     &level[0], &proof, &root),
			    0);
			assert_int_equal(
			    tree_root_at(&reader, at, &older_root), 0);
			assert_int_equal(
			    tree_prove_consistency(&reader, at, size, &proof),
			    0);
			assert_int_equal(tree_verify_consistency(at, size,
					     &older_root, &proof, &root),
			    0);
			proof.hash[proof.n - 1].b[0] ^= 1;
			assert_int_equal(tree_verify_consistency(at, size,
					     &older_root, &proof, &root),
			    E_INCONSISTENT);
		}
	}
	assert_int_equal(
	    tree_root_at(&reader, TREE_SIZE_MAX + 1, &root), E_RANGE);
}

static int
failing_node(void *arg, unsigned level UNUSED, uint64_t index UNUSED,
    struct digest *ret_hash)
{
	unsigned *left = arg;

	if (*left == 0)
		return E_IO;
	(*left)--;
	*ret_hash = leaves[0];
	return 0;
}

/* A reader's error comes out, and nothing is written. */
static void
test_reader_fails(void **state UNUSED)
{
	struct tree_proof proof = {.n = 7};
	struct tree tree = {.size = 7};
	struct digest root = leaves[1];

	for (unsigned n = 0; n < 3; n++) {
		unsigned left = n;
		struct tree_reader reader = {failing_node, &left};

		assert_int_equal(
		    tree_prove_inclusion(&reader, 3, 70, &proof), E_IO);
		left = n;
		assert_int_equal(
		    tree_prove_consistency(&reader, 3, 70, &proof), E_IO);
		left = MIN(n, 2);
		assert_int_equal(tree_load(&reader, 70, &tree), E_IO);
		left = MIN(n, 2);
		assert_int_equal(tree_root_at(&reader, 70, &root), E_IO);
	}
	assert_int_equal(proof.n, 7);
	assert_int_equal(tree.size, 7);
	assert_memory_equal(&root, &leaves[1], sizeof(root));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_known_answers),
	    cmocka_unit_test(test_roots),
	    cmocka_unit_test(test_frontier_bytes),
	    cmocka_unit_test(test_inclusion),
	    cmocka_unit_test(test_roots_before),
	    cmocka_unit_test(test_inclusion_edges),
	    cmocka_unit_test(test_consistency),
	    cmocka_unit_test(test_consistency_edges),
	    cmocka_unit_test(test_large),
	    cmocka_unit_test(test_reader_fails),
	};

	return cmocka_run_group_tests(tests, make_leaves, NULL);
}
