/* bench-tree LEAVES BYTES: hashes a tree of entries; prints leaves a second. */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "bench.h"
#include "ledger/tree.h"

enum { BYTES_MAX = 4096 };

static double
cpu(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

int
main(int argc, char **argv)
{
	static uint8_t entry[BYTES_MAX];
	struct tree tree = {.size = 0};
	uint64_t n = argc == 3 ? bench_number(argv[1]) : 0;
	size_t bytes = argc == 3 ? bench_number(argv[2]) : 0;
	struct digest root;
	double begin;

	if (n == 0 || bytes < sizeof(uint64_t) || bytes > BYTES_MAX) {
		(void)fputs("usage: bench-tree LEAVES BYTES\n", stderr);
		return 2;
	}
	begin = cpu();
	for (uint64_t i = 0; i < n; i++) {
		struct digest leaf;

		memcpy(entry, &i, sizeof(i));
		leaf = tree_leaf_hash(slice_of(entry, bytes));
		tree_append_leaf_hash(&tree, &leaf);
	}
	root = tree_root(&tree);
	(void)printf("leaves_s=%.0f root=%02x%02x\n",
	    (double)n / (cpu() - begin), root.b[0], root.b[1]);
	return 0;
}
