/*
 * The Merkle tree of a log (RFC 6962, section 2.1, over SHA-256): its hashes,
 * the frontier of a tree that grows, proofs and their verification (RFC 9162,
 * sections 2.1.3 and 2.1.4).
 *
 * A node is named by (level, index): the root of the complete subtree over the
 * leaves from index << level up to (index + 1) << level. Leaves are level 0.
 *
 * Nothing here does I/O or keeps state. Whoever verifies must take sizes, roots
 * and proofs for hostile: every combination of them is answered, none is fatal.
 */
#ifndef LEDGER_TREE_H
#define LEDGER_TREE_H

#include "base/buf.h"
#include "base/hash.h"

/* So that every size fits the signed numbers of other implementations. */
#define TREE_SIZE_MAX ((uint64_t)INT64_MAX)

enum {
	TREE_LEVELS = 63,    /* bits of the largest size */
	TREE_PROOF_MAX = 64, /* hashes in the longest proof */
	TREE_PUT_MAX = 8 + TREE_LEVELS * SHA256_BYTES,
};

/*
 * A tree's size and frontier: node[level] is the root of a complete subtree
 * where that bit of size is set, else nothing. Zeroed it is the empty tree; a
 * copy is an assignment.
 */
struct tree {
	uint64_t size;
	struct digest node[TREE_LEVELS];
};

struct digest tree_leaf_hash(struct slice entry);
struct digest
tree_node_hash(const struct digest *left, const struct digest *right);

/* Adds a leaf. The size may not pass TREE_SIZE_MAX (a bug). */
void tree_append_leaf_hash(struct tree *tree, const struct digest *leaf);

/* Of an empty tree: the hash of nothing. */
struct digest tree_root(const struct tree *tree);

/*
 * The frontier as bytes, for a row of a database: the size (8 bytes, big
 * endian), then the nodes that there are, highest level first.
 */
void tree_put(const struct tree *tree, struct buf *buf);

/* E_CORRUPT unless s is what tree_put wrote. */
int tree_parse(struct slice s, struct tree *ret_tree);

/*
 * Where the nodes of a stored tree come from. node is asked only for complete
 * subtrees within the size that a call names; its errors are passed on.
 */
struct tree_reader {
	int (*node)(
	    void *arg, unsigned level, uint64_t index, struct digest *ret_hash);
	void *arg;
};

/* The frontier and the root of the first size leaves. */
int tree_load(
    const struct tree_reader *reader, uint64_t size, struct tree *ret_tree);
int tree_root_at(
    const struct tree_reader *reader, uint64_t size, struct digest *ret_root);

struct tree_proof {
	size_t n;
	struct digest hash[TREE_PROOF_MAX];
};

/* That leaf index is in the tree of size leaves. E_RANGE where it isn't. */
int tree_prove_inclusion(const struct tree_reader *reader, uint64_t index,
    uint64_t size, struct tree_proof *ret_proof);

/*
 * That the tree of size leaves begins with that of older leaves; empty where
 * older is 0 or size. E_RANGE where older > size.
 */
int tree_prove_consistency(const struct tree_reader *reader, uint64_t older,
    uint64_t size, struct tree_proof *ret_proof);

/* 0, or E_DIGEST: leaf is not proven to be at index. */
int
tree_verify_inclusion(uint64_t index, uint64_t size, const struct digest *leaf,
    const struct tree_proof *proof, const struct digest *root);

/*
 * The root that the tree had when leaf index was its last, from a proof that it
 * is in a later one: that proof holds all of the older tree's hashes. E_DIGEST
 * where tree_verify_inclusion says so, too: then nothing is known.
 */
int tree_root_before(uint64_t index, uint64_t size, const struct digest *leaf,
    const struct tree_proof *proof, const struct digest *root,
    struct digest *ret_root);

/*
 * 0, or E_INCONSISTENT. Of an empty older tree the proof must be empty and the
 * root that of nothing; of two equal sizes the proof empty and the roots equal.
 */
int tree_verify_consistency(uint64_t older, uint64_t size,
    const struct digest *older_root, const struct tree_proof *proof,
    const struct digest *root);

#endif
