/* Unit tests of paths, widths, bundles and the edge. */
#include "unit.h"

#include <stdio.h>

#include "base/mem.h"
#include "ledger/tile.h"

static void
assert_path(const char *text, enum tile_kind kind, unsigned level,
    uint64_t index, unsigned width)
{
	struct tile_path path = {kind, level, index, width}, parsed;
	char written[TILE_PATH_MAX];

	tile_path_text(&path, written);
	assert_string_equal(written, text);
	assert_int_equal(tile_path_parse(slice_str(text), &parsed), 0);
	assert_int_equal(parsed.kind, kind);
	assert_int_equal(parsed.level, level);
	assert_true(parsed.index == index);
	assert_int_equal(parsed.width, width);
}

static void
test_paths(void **state UNUSED)
{
	assert_path("tile/0/000", TILE_KIND_HASHES, 0, 0, 256);
	assert_path("tile/0/x001/x234/067", TILE_KIND_HASHES, 0, 1234067, 256);
	assert_path("tile/63/999", TILE_KIND_HASHES, 63, 999, 256);
	assert_path("tile/1/x001/000", TILE_KIND_HASHES, 1, 1000, 256);
	assert_path("tile/0/273.p/112", TILE_KIND_HASHES, 0, 273, 112);
	assert_path("tile/0/000.p/1", TILE_KIND_HASHES, 0, 0, 1);
	assert_path("tile/entries/000.p/255", TILE_KIND_ENTRIES, 0, 0, 255);
	assert_path(
	    "tile/entries/x001/x234/067", TILE_KIND_ENTRIES, 0, 1234067, 256);
	assert_path("tile/0/x036/x028/x797/x018/x963/967", TILE_KIND_HASHES, 0,
	    TILE_INDEX_MAX, 256);
	assert_path("tile/63/x036/x028/x797/x018/x963/967.p/255",
	    TILE_KIND_HASHES, 63, TILE_INDEX_MAX, 255);
}

static void
test_paths_refused(void **state UNUSED)
{
	static const char *const bad[] = {"", "tile", "tile/", "tile/0",
	    "tile/0/", "tile/0/0", "tile/0/00", "tile/0/0000", "tile/00/000",
	    "tile/64/000", "tile/-1/000", "tile/+1/000", "tile/01/000",
	    "/tile/0/000", "tile//0/000", "tile/0//000", "tile/0/000/",
	    "tile/0/x000/000", "tile/0/x000", "tile/0/x001", "tile/0/x001/",
	    "tile/0/x001/x234", "tile/0/001/234", "tile/0/x001//234",
	    "tile/0/x01/234", "tile/0/X001/234", "tile/0/xx01/234",
	    "tile/0/000.p", "tile/0/000.p/", "tile/0/000.p/0",
	    "tile/0/000.p/256", "tile/0/000.p/01", "tile/0/000.p/1/",
	    "tile/0/000.p/1 ", "tile/0/000.q/1", "tile/0/000p/1",
	    "tile/0/000.p/+1", "tile/0/x001.p/1/234", "tile/0/../000",
	    "tile/0/a00", "tile/0/ 00", "tile/entries", "tile/entries/",
	    "tile/entries/0", "tile/Entries/000", "tile/entries/x000/001",
	    "tile/data/000", "Tile/0/000", "tile/0/000\n", "tile/0/000%00",
	    "tile/0/x036/x028/x797/x018/x963/968",
	    "tile/0/x999/x999/x999/x999/x999/999",
	    "tile/0/x001/x000/x000/x000/x000/x000/x000/000"};
	struct tile_path path = {.index = 77};

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		assert_int_equal(
		    tile_path_parse(slice_str(bad[i]), &path), E_SYNTAX);
	assert_int_equal(
	    tile_path_parse(slice_of("tile/0/000\0", 11), &path), E_SYNTAX);
	assert_int_equal(tile_path_parse(SLICE_NONE, &path), E_SYNTAX);
	assert_int_equal(path.index, 77);
}

/* tlog-tiles, "Partial Tiles": its two examples. */
static void
test_widths(void **state UNUSED)
{
	const uint64_t size = 70000;

	assert_int_equal(tile_full(0, size), 273);
	assert_int_equal(tile_partial(0, size), 112);
	assert_int_equal(tile_full(1, size), 1);
	assert_int_equal(tile_partial(1, size), 17);
	assert_int_equal(tile_full(2, size), 0);
	assert_int_equal(tile_partial(2, size), 1);
	assert_int_equal(tile_partial(3, size), 0);
	assert_int_equal(tile_width(0, 272, size), 256);
	assert_int_equal(tile_width(0, 273, size), 112);
	assert_int_equal(tile_width(0, 274, size), 0);
	assert_int_equal(tile_width(2, 0, size), 1);
	assert_int_equal(tile_width(3, 0, size), 0);

	assert_int_equal(tile_full(0, 256), 1);
	assert_int_equal(tile_partial(0, 256), 0);
	assert_int_equal(tile_partial(1, 256), 1);

	assert_int_equal(tile_full(7, UINT64_MAX), 0);
	assert_int_equal(tile_partial(7, UINT64_MAX), 255);
	assert_int_equal(tile_full(63, UINT64_MAX), 0);
	assert_int_equal(tile_partial(63, UINT64_MAX), 0);
	assert_int_equal(tile_width(63, 0, UINT64_MAX), 0);
}

static void
test_bundle(void **state UNUSED)
{
	struct buf bundle = BUF(ENTRY_BUNDLE_MAX);
	struct slice rest, entry, head;
	uint8_t *large = mem_alloc(ENTRY_MAX + 1);

	assert_non_null(large);
	assert_int_equal(entry_bundle_put(&bundle, SLICE("")), 0);
	assert_int_equal(entry_bundle_put(&bundle, SLICE("abc")), 0);
	assert_int_equal(
	    entry_bundle_put(&bundle, slice_of(large, ENTRY_MAX + 1)), E_LIMIT);
	assert_int_equal(entry_bundle_put(&bundle, slice_of(large, 258)), 0);
	assert_int_equal(bundle.n, 2 + 2 + 3 + 2 + 258);
	assert_memory_equal(bundle.p, "\0\0\0\3abc\1\2", 9);

	rest = buf_slice(&bundle);
	assert_int_equal(entry_bundle_next(&rest, &entry), 1);
	assert_int_equal(entry.n, 0);
	assert_int_equal(entry_bundle_next(&rest, &entry), 1);
	assert_true(slice_eq(entry, SLICE("abc")));
	assert_int_equal(entry_bundle_next(&rest, &entry), 1);
	assert_int_equal(entry.n, 258);
	assert_int_equal(entry_bundle_next(&rest, &entry), 0);

	rest = buf_slice(&bundle);
	assert_int_equal(entry_bundle_head(rest, 0, &head), 0);
	assert_int_equal(head.n, 0);
	assert_int_equal(entry_bundle_head(rest, 2, &head), 0);
	assert_int_equal(head.n, 7);
	assert_int_equal(entry_bundle_head(rest, 3, &head), 0);
	assert_int_equal(head.n, rest.n);
	assert_int_equal(entry_bundle_head(rest, 4, &head), E_SYNTAX);
	/* Cut anywhere, three entries are not there. */
	for (size_t n = 0; n < bundle.n; n++)
		assert_int_equal(
		    entry_bundle_head(slice_first(rest, n), 3, &head),
		    E_SYNTAX);
	buf_free(&bundle);
	bundle = BUF(ENTRY_BUNDLE_MAX);
	for (unsigned i = 0; i < TILE_WIDTH; i++)
		assert_int_equal(
		    entry_bundle_put(&bundle, slice_of(large, ENTRY_MAX)), 0);
	assert_int_equal(bundle.n, ENTRY_BUNDLE_MAX);
	buf_free(&bundle);
	mem_free(large);
}

struct seen {
	struct edge *edge;
	unsigned n[TILE_LEVELS];
	int error;
};

static int
on_full(void *arg, unsigned level, uint64_t index, const struct digest *hash)
{
	struct seen *seen = arg;

	assert_int_equal(index, seen->n[level]);
	assert_ptr_equal(hash, seen->edge->hash[level]);
	if (seen->error == 0)
		seen->n[level]++;
	return seen->error;
}

static struct digest
leaf_of(uint64_t index)
{
	return tree_leaf_hash(slice_of(&index, sizeof(index)));
}

/* The edge and the frontier are two pictures of one tree. */
static void
test_edge(void **state UNUSED)
{
	struct edge *edge = mem_alloc(sizeof(*edge));
	struct seen seen = {.edge = edge};
	struct tree tree = {0}, same;
	struct digest a, b;

	assert_non_null(edge);
	for (uint64_t i = 0; i < 70000; i++) {
		struct digest leaf = leaf_of(i);

		if (i < 600 || i % 1000 == 0 || (i & 0xff) < 2 || i > 69990) {
			a = tree_root(&tree);
			b = edge_root(edge);
			assert_memory_equal(&a, &b, sizeof(a));
		}
		tree_append_leaf_hash(&tree, &leaf);
		assert_int_equal(edge_add(edge, &leaf, on_full, &seen), 0);
	}
	edge_tree(edge, &same);
	for (uint64_t i = 0; i < 1000; i++) {
		struct digest leaf = leaf_of(i);

		tree_append_leaf_hash(&tree, &leaf);
		tree_append_leaf_hash(&same, &leaf);
		a = tree_root(&tree);
		b = tree_root(&same);
		assert_memory_equal(&a, &b, sizeof(a));
	}
	assert_int_equal(seen.n[0], 273);
	assert_int_equal(seen.n[1], 1);
	assert_int_equal(seen.n[2], 0);
	mem_free(edge);
}

static void
test_edge_fails(void **state UNUSED)
{
	struct edge *edge = mem_alloc(sizeof(*edge));
	struct seen seen = {.edge = edge};
	struct digest leaf = leaf_of(0), was, is;

	assert_non_null(edge);
	for (unsigned i = 0; i < 255; i++)
		assert_int_equal(edge_add(edge, &leaf, on_full, &seen), 0);
	was = edge_root(edge);
	seen.error = E_FULL;
	assert_int_equal(edge_add(edge, &leaf, on_full, &seen), E_FULL);
	assert_int_equal(edge->size, 255);
	is = edge_root(edge);
	assert_memory_equal(&was, &is, sizeof(is));
	seen.error = 0;
	assert_int_equal(edge_add(edge, &leaf, on_full, &seen), 0);
	assert_int_equal(edge->size, 256);
	assert_int_equal(seen.n[0], 1);
	mem_free(edge);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_paths),
	    cmocka_unit_test(test_paths_refused),
	    cmocka_unit_test(test_widths),
	    cmocka_unit_test(test_bundle),
	    cmocka_unit_test(test_edge),
	    cmocka_unit_test(test_edge_fails),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
