/*
 * Decisions by themselves: a database of so many relation tuples, and how long
 * core takes to decide on a file in it.
 *
 *	bench-decide COUNT
 *
 * People are in groups nested 8 deep, folders lie 20 deep, and what gives the
 * right stands at the top: a grant to the outermost group. Measured, in
 * processor time, are decisions that
 *
 *	fresh	are the first on that way for that principal,
 *	cold	find nothing in memory, neither folders nor groups,
 *	warm	were made before.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "bench.h"
#include "core/core.h"
#include "core/node.h"
#include "core/place.h"
#include "op/op.h"
#include "store/migrations.h"

enum {
	DEEP = 20,     /* folders, one in the other */
	SIDE = 5,      /* at each depth of a tree */
	ON_FOLDER = 4, /* grants on each, to people who don't ask */
	TREE_FOLDERS = DEEP * SIDE,
	CHAIN = 8, /* groups, one in the other */
	CHAIN_PEOPLE = 10,
	SAMPLES = 20000,
	BATCH = 200000, /* rows a commit */
};

struct bench {
	struct core core;
	struct place place;
	struct db *db;
	uint64_t rows, random;
	uint64_t chains, trees; /* how many there are */
	uint64_t *people;       /* CHAIN_PEOPLE a chain */
	uint64_t *outermost;    /* of each chain */
	uint64_t *folders;      /* TREE_FOLDERS a tree */
};

static void
must(int r, const char *what)
{
	if (r >= 0)
		return;
	(void)fprintf(stderr, "bench-decide: %s: %s\n", what, error_text(r));
	exit(1);
}

static uint64_t
draw(struct bench *b, uint64_t below)
{
	b->random ^= b->random << 13;
	b->random ^= b->random >> 7;
	b->random ^= b->random << 17;
	return b->random % below;
}

/* ---- rows -----------------------------------------------------------------
 */

static uint64_t
next_row(struct bench *b)
{
	uint64_t wal;

	if (++b->rows % BATCH == 0) {
		must(db_commit(b->db), "commit");
		must(db_checkpoint(b->db, true, &wal), "checkpoint");
		must(db_begin(b->db), "begin");
	}
	return ref_make(b->rows, 0);
}

static uint64_t
put_principal(struct bench *b, unsigned kind)
{
	uint64_t id = next_row(b);
	struct stmt *stmt = db_stmt(b->db, SQL_PRINCIPAL_PUT);

	stmt_u64(stmt, 1, id);
	stmt_u64(stmt, 2, kind);
	stmt_text(stmt, 3, SLICE("Somebody"));
	for (unsigned i = 4; i <= 8; i++)
		stmt_u64(stmt, i, 0);
	stmt_text(stmt, 9, SLICE(""));
	stmt_bytes(stmt, 10, SLICE(""));
	stmt_u64(stmt, 11, 0);
	must(stmt_run(stmt), "principal");
	return id;
}

static void
put_tuple(struct bench *b, enum kind kind, uint64_t object, unsigned relation,
    uint64_t subject)
{
	uint64_t id = next_row(b);
	struct stmt *stmt = db_stmt(b->db, SQL_TUPLE_PUT);

	stmt_u64(stmt, 1, id);
	stmt_u64(stmt, 2, kind);
	stmt_u64(stmt, 3, object);
	stmt_u64(stmt, 4, relation);
	stmt_u64(stmt, 5, subject);
	stmt_i64(stmt, 6, 0);
	stmt_i64(stmt, 7, 0);
	must(stmt_run(stmt), "tuple");
}

static uint64_t
put_folder(struct bench *b, uint64_t parent)
{
	uint64_t id = next_row(b);
	struct stmt *stmt = db_stmt(b->db, SQL_NODE_PUT);

	stmt_u64(stmt, 1, id);
	stmt_u64(stmt, 2, KIND_FOLDER);
	stmt_u64(stmt, 3, parent == 0 ? NODE_SPACE : NODE_PLAIN);
	stmt_u64(stmt, 4, parent);
	stmt_u64(stmt, 5, parent == 0 ? 0 : id + 1);
	stmt_text(stmt, 6, SLICE("A folder"));
	stmt_bytes(stmt, 7, slice_of(&id, sizeof(id)));
	for (unsigned i = 8; i <= 14; i++)
		stmt_u64(stmt, i, 0);
	stmt_text(stmt, 12, SLICE(""));
	must(stmt_run(stmt), "folder");
	return id;
}

static void
make_chain(struct bench *b, uint64_t i)
{
	uint64_t group, below = 0;

	for (unsigned k = 0; k < CHAIN; k++) {
		group = put_principal(b, PRINCIPAL_GROUP);
		if (k > 0)
			put_tuple(
			    b, KIND_PRINCIPAL, group, RELATION_MEMBER, below);
		for (unsigned p = 0; k == 0 && p < CHAIN_PEOPLE; p++) {
			uint64_t person = put_principal(b, PRINCIPAL_PERSON);

			b->people[i * CHAIN_PEOPLE + p] = person;
			put_tuple(
			    b, KIND_PRINCIPAL, group, RELATION_MEMBER, person);
		}
		below = group;
	}
	b->outermost[i] = below;
}

static void
make_tree(struct bench *b, uint64_t i)
{
	uint64_t *folders = b->folders + i * TREE_FOLDERS;

	for (size_t k = 0; k < TREE_FOLDERS; k++) {
		size_t deep = k / SIDE;

		folders[k] = put_folder(b,
		    deep == 0 ? 0 : folders[(deep - 1) * SIDE + draw(b, SIDE)]);
		for (unsigned n = 0; n < ON_FOLDER; n++)
			put_tuple(b, KIND_FOLDER, folders[k], RELATION_READ,
			    b->people[draw(b, b->chains * CHAIN_PEOPLE)]);
		if (deep == 0)
			put_tuple(b, KIND_FOLDER, folders[k], RELATION_READ,
			    b->outermost[i % b->chains]);
	}
}

static void
make(struct bench *b, uint64_t tuples)
{
	const uint64_t a_tree = TREE_FOLDERS * ON_FOLDER + SIDE;

	b->trees = MAX(tuples / a_tree, 1);
	b->chains = MAX(b->trees / 4, 1);
	b->people = calloc(b->chains * CHAIN_PEOPLE, sizeof(*b->people));
	b->outermost = calloc(b->chains, sizeof(*b->outermost));
	b->folders = calloc(b->trees * TREE_FOLDERS, sizeof(*b->folders));
	if (b->people == NULL || b->outermost == NULL || b->folders == NULL)
		must(E_NOMEM, "memory");
	for (uint64_t i = 0; i < b->chains; i++)
		make_chain(b, i);
	for (uint64_t i = 0; i < b->trees; i++)
		make_tree(b, i);
}

/* ---- what is measured -----------------------------------------------------
 */

static uint64_t
now_ns(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

static void
forget(struct map *map)
{
	const struct map_slot *slot;

	for (size_t i = 0; map_next(map, &i, &slot);)
		mem_free(slot->value);
	map_clear(map);
}

/* A file that the person may read, 20 folders down. */
static uint64_t
decide_once(struct bench *b, uint64_t person, uint64_t folder)
{
	struct node_row file = {.id = ref_make(b->rows + 1, 0),
	    .kind = KIND_FILE,
	    .parent = folder,
	    .edge = ref_make(b->rows + 1, 1)};
	struct proof proof;
	uint64_t start = now_ns();

	must(decide_node(&b->place, person, RELATION_READ, &file, &proof),
	    "decision");
	return now_ns() - start;
}

static uint64_t
pick(struct bench *b, uint64_t *ret_folder)
{
	uint64_t tree = draw(b, b->trees), person = draw(b, CHAIN_PEOPLE);

	*ret_folder = b->folders[(tree + 1) * TREE_FOLDERS - 1 - draw(b, SIDE)];
	return b->people[tree % b->chains * CHAIN_PEOPLE + person];
}

static int
compare(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

static void
print(const char *what, uint64_t *ns)
{
	static const size_t half = SAMPLES / 2, most = SAMPLES / 100 * 99;

	qsort(ns, SAMPLES, sizeof(*ns), compare);
	(void)printf("%s_p50_us=%.2f %s_p99_us=%.2f ", what,
	    (double)ns[half] / 1000, what, (double)ns[most] / 1000);
}

static void
measure(struct bench *b)
{
	static uint64_t cold[SAMPLES], fresh[SAMPLES], warm[SAMPLES];
	struct decide_cache *cache = &b->place.decisions;

	for (size_t i = 0; i < SAMPLES; i++) {
		uint64_t folder, person = pick(b, &folder);

		forget(&cache->entries);
		forget(&cache->folders);
		forget(&cache->subjects);
		cold[i] = decide_once(b, person, folder);
		person = pick(b, &folder);
		(void)decide_once(b, person, folder);
		/* Its groups and the folders are known, no decision on them. */
		forget(&cache->entries);
		fresh[i] = decide_once(b, person, folder);
		warm[i] = decide_once(b, person, folder);
	}
	print("fresh", fresh);
	print("cold", cold);
	print("warm", warm);
}

int
main(int argc, char **argv)
{
	struct bench *b;
	uint64_t wal;

	if (argc != 2) {
		(void)fputs("usage: bench-decide COUNT\n", stderr);
		return 2;
	}
	if ((b = calloc(1, sizeof(*b))) == NULL)
		return 1;
	b->random = 0x9e3779b97f4a7c15u;
	must(db_open("decide.db", DB_WRITER, &b->db), "open");
	must(db_script(b->db, "PRAGMA cache_size = -1000000"), "cache");
	must(db_begin(b->db), "begin");
	must(migrations_run(b->db), "schema");
	make(b, bench_number(argv[1]));
	must(db_commit(b->db), "commit");
	must(db_checkpoint(b->db, true, &wal), "checkpoint");
	db_close(&b->db);
	/* As a reader of core has it. */
	must(db_open("decide.db", DB_READER, &b->db), "open");
	must(db_begin(b->db), "begin");
	b->place = (struct place){.core = &b->core, .db = b->db};
	measure(b);
	(void)printf("tuples=%" PRIu64 "\n",
	    b->trees * (TREE_FOLDERS * ON_FOLDER + SIDE) +
		b->chains * (CHAIN - 1 + CHAIN_PEOPLE));
	db_end(b->db);
	db_close(&b->db);
	(void)remove("decide.db");
	(void)remove("decide.db-wal");
	(void)remove("decide.db-shm");
	return 0;
}
