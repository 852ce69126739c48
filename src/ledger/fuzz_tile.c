/*
 * Fuzz target: a tile's path, a bundle and a frontier, of any bytes. What is
 * accepted must be whole: written again it is the same.
 */
#include "ledger/tile.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check_path(struct slice text)
{
	char again[TILE_PATH_MAX];
	struct tile_path path;

	if (tile_path_parse(text, &path) < 0)
		return;
	BUG_ON(path.index > TILE_INDEX_MAX || path.level > TILE_LEVEL_MAX);
	tile_path_text(&path, again);
	BUG_ON(!slice_eq(text, slice_str(again)));
}

static void
check_bundle(struct slice bundle)
{
	struct buf again = BUF(ENTRY_BUNDLE_MAX);
	struct slice rest = bundle, entry, head;
	unsigned n = 0;
	int r;

	while ((r = entry_bundle_next(&rest, &entry)) > 0 && n < TILE_WIDTH) {
		BUG_ON(entry_bundle_put(&again, entry) < 0);
		n++;
	}
	BUG_ON(!slice_eq(slice_first(bundle, again.n), buf_slice(&again)));
	BUG_ON(entry_bundle_head(bundle, n, &head) < 0 || head.n != again.n);
	BUG_ON(r == 0 && again.n != bundle.n);
	BUG_ON(r < 0 && entry_bundle_head(bundle, n + 1, &head) == 0);
	buf_free(&again);
}

static void
check_frontier(struct slice bytes)
{
	struct buf again = BUF(TREE_PUT_MAX);
	struct tree tree;

	if (tree_parse(bytes, &tree) == 0) {
		tree_put(&tree, &again);
		BUG_ON(!slice_eq(bytes, buf_slice(&again)));
		(void)tree_root(&tree);
	}
	buf_free(&again);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice bytes = slice_of(data, size);

	check_path(bytes);
	check_bundle(bytes);
	check_frontier(bytes);
	return 0;
}
