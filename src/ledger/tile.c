#include "ledger/tile.h"

#include <inttypes.h>
#include <stdio.h>

/* Digits of an index are written in groups of three: each a folder. */
enum {
	GROUP = 1000,
	GROUP_DIGITS = 3,
	GROUPS_MAX = 6, /* of TILE_INDEX_MAX, which has 17 digits */
};

/* tlog-tiles, "Merkle Tree": all groups but the last begin with an x. */
static size_t
put_index(char *to, size_t room, uint64_t index)
{
	unsigned group[GROUPS_MAX];
	unsigned n = 0;
	size_t at = 0;

	do {
		BUG_ON(n == GROUPS_MAX);
		group[n++] = (unsigned)(index % GROUP);
		index /= GROUP;
	} while (index != 0);
	while (n-- > 0)
		at += (size_t)snprintf(
		    to + at, room - at, n > 0 ? "x%03u/" : "%03u", group[n]);
	return at;
}

void
tile_path_text(
    const struct tile_path *path, char ret_text[static TILE_PATH_MAX])
{
	const size_t room = TILE_PATH_MAX;
	size_t at;

	BUG_ON(path->kind == TILE_KIND_NONE);
	BUG_ON(path->width == 0 || path->width > TILE_WIDTH);
	if (path->kind == TILE_KIND_ENTRIES)
		at = (size_t)snprintf(ret_text, room, "tile/entries/");
	else
		at = (size_t)snprintf(ret_text, room, "tile/%u/", path->level);
	at += put_index(ret_text + at, room - at, path->index);
	if (path->width < TILE_WIDTH)
		(void)snprintf(ret_text + at, room - at, ".p/%u", path->width);
}

/* Groups up to the end or a dot: whatever digits, x or not. */
static int
parse_index(struct slice *text, uint64_t *ret_index)
{
	uint64_t index = 0, group;
	bool more;

	do {
		more = text->n > 0 && text->p[0] == 'x';
		if (more)
			*text = slice_from(*text, 1);
		if (text->n < GROUP_DIGITS)
			return E_SYNTAX;
		group = 0;
		for (unsigned i = 0; i < GROUP_DIGITS; i++) {
			if (text->p[i] < '0' || text->p[i] > '9')
				return E_SYNTAX;
			group = group * 10 + (text->p[i] - '0');
		}
		index = index * GROUP + group;
		if (index > TILE_INDEX_MAX)
			return E_SYNTAX;
		*text = slice_from(*text, GROUP_DIGITS);
		if (more && (text->n == 0 || text->p[0] != '/'))
			return E_SYNTAX;
		if (more)
			*text = slice_from(*text, 1);
	} while (more);
	*ret_index = index;
	return 0;
}

static int
parse_kind(struct slice text, struct tile_path *path)
{
	uint64_t level;

	path->kind = TILE_KIND_ENTRIES;
	if (slice_eq(text, SLICE("entries")))
		return 0;
	path->kind = TILE_KIND_HASHES;
	if (slice_u64(text, TILE_LEVEL_MAX, &level) < 0)
		return E_SYNTAX;
	path->level = (unsigned)level;
	return 0;
}

int
tile_path_parse(struct slice text, struct tile_path *ret_path)
{
	struct tile_path path = {.width = TILE_WIDTH};
	struct slice rest = text, head;
	char canonical[TILE_PATH_MAX];
	uint64_t width;

	if (!slice_cut(&rest, '/', &head) || !slice_eq(head, SLICE("tile")) ||
	    !slice_cut(&rest, '/', &head) || parse_kind(head, &path) < 0 ||
	    parse_index(&rest, &path.index) < 0)
		return E_SYNTAX;
	if (rest.n > 0) {
		if (!slice_starts(rest, SLICE(".p/")) ||
		    slice_u64(slice_from(rest, 3), TILE_WIDTH - 1, &width) <
			0 ||
		    width == 0)
			return E_SYNTAX;
		path.width = (unsigned)width;
	}
	/* One path has one text: no x000 before an index, and the like. */
	tile_path_text(&path, canonical);
	if (!slice_eq(text, slice_str(canonical)))
		return E_SYNTAX;
	*ret_path = path;
	return 0;
}

uint64_t
tile_full(unsigned level, uint64_t size)
{
	unsigned shift = (level + 1) * TILE_HEIGHT;

	return shift < 64 ? size >> shift : 0;
}

unsigned
tile_partial(unsigned level, uint64_t size)
{
	unsigned shift = level * TILE_HEIGHT;

	return shift < 64 ? (unsigned)(size >> shift) % TILE_WIDTH : 0;
}

unsigned
tile_width(unsigned level, uint64_t index, uint64_t size)
{
	uint64_t full = tile_full(level, size);

	if (index < full)
		return TILE_WIDTH;
	return index == full ? tile_partial(level, size) : 0;
}

struct digest
tile_subtree(const struct digest *hash, unsigned height)
{
	struct digest node[TILE_WIDTH / 2];
	size_t n = (size_t)1 << height;

	BUG_ON(height > TILE_HEIGHT);
	if (n == 1)
		return hash[0];
	for (; n > 1; n /= 2, hash = node)
		for (size_t i = 0; i < n / 2; i++)
			node[i] =
			    tree_node_hash(&hash[2 * i], &hash[2 * i + 1]);
	return node[0];
}

int
entry_bundle_put(struct buf *bundle, struct slice entry)
{
	uint8_t *to;

	if (entry.n > ENTRY_MAX)
		return E_LIMIT;
	to = buf_room(bundle, 2 + entry.n);
	if (to == NULL)
		return bundle->error;
	to[0] = (uint8_t)(entry.n >> 8);
	to[1] = (uint8_t)entry.n;
	if (entry.n > 0)
		memcpy(to + 2, entry.p, entry.n);
	buf_added(bundle, 2 + entry.n);
	return 0;
}

int
entry_bundle_next(struct slice *bundle, struct slice *ret_entry)
{
	size_t n;

	if (bundle->n == 0)
		return 0;
	if (bundle->n < 2)
		return E_SYNTAX;
	n = (size_t)bundle->p[0] << 8 | bundle->p[1];
	if (bundle->n - 2 < n)
		return E_SYNTAX;
	*ret_entry = slice_of(bundle->p + 2, n);
	*bundle = slice_of(bundle->p + 2 + n, bundle->n - 2 - n);
	return 1;
}

int
entry_bundle_head(struct slice bundle, unsigned n, struct slice *ret_head)
{
	struct slice rest = bundle, entry;

	for (unsigned i = 0; i < n; i++)
		if (entry_bundle_next(&rest, &entry) <= 0)
			return E_SYNTAX;
	*ret_head = slice_first(bundle, bundle.n - rest.n);
	return 0;
}

int
edge_add(struct edge *edge, const struct digest *leaf,
    int (*full)(
	void *arg, unsigned level, uint64_t index, const struct digest *hash),
    void *arg)
{
	struct digest hash = *leaf;
	int r;

	BUG_ON(edge->size >= TREE_SIZE_MAX);
	for (unsigned level = 0;; level++) {
		unsigned width = tile_partial(level, edge->size);

		/* Behind the tile's width: it counts once the size says so. */
		edge->hash[level][width] = hash;
		if (width + 1 < TILE_WIDTH)
			break;
		r = full(arg, level, tile_full(level, edge->size),
		    edge->hash[level]);
		if (r < 0)
			return r;
		hash = tile_subtree(edge->hash[level], TILE_HEIGHT);
	}
	edge->size++;
	return 0;
}

void
edge_tree(const struct edge *edge, struct tree *ret_tree)
{
	*ret_tree = (struct tree){.size = edge->size};
	for (unsigned level = 0; level < TREE_LEVELS; level++) {
		const struct digest *hash = edge->hash[level / TILE_HEIGHT];
		unsigned height = level % TILE_HEIGHT;
		unsigned width = tile_partial(level / TILE_HEIGHT, edge->size);

		/* It stands behind what the higher bits of the width hold. */
		if ((width >> height & 1) != 0)
			ret_tree->node[level] =
			    tile_subtree(hash + (width >> height << height) -
					     ((size_t)1 << height),
				height);
	}
}

struct digest
edge_root(const struct edge *edge)
{
	struct tree tree;

	edge_tree(edge, &tree);
	return tree_root(&tree);
}
