/*
 * Whether rows and records agree. The database is read by plain SQL, past the
 * engine: each row that something enforces must have been made by the record
 * that its number names, each record's effects must be rows, and the same of
 * what has ended.
 */
#include <fcntl.h>
#include <sqlite3.h>
#include <stdlib.h>

#include "base/file.h"
#include "core/core.h"
#include "ledger/leaf.h"
#include "ledger/verify.h"
#include "world.h"

enum {
	LEAVES_MAX = 1 << 17,
	REFS_MAX = 1 << 18,
};

/* A row, or what a record says of one. */
struct ref {
	uint64_t ref;
	uint64_t what; /* its kind; or the number of the record that ended it */
};

struct refs {
	size_t n;
	struct ref v[REFS_MAX];
};

struct books {
	uint64_t first, n;       /* records */
	uint16_t op[LEAVES_MAX]; /* of each */
	size_t done[OP_MAX];     /* objects of operations, not repeats */
	struct refs made, ended; /* as the records have it */
	struct refs streams;
	struct refs rows, ended_rows; /* as the tables have it */
};

static const struct table {
	const char *sql; /* ref, kind, record that ended it or 0 */
} tables[] = {
    {"SELECT id, 2, ended FROM principal"},
    {"SELECT id, 3, ended FROM credential"},
    {"SELECT id, 4, ended FROM session"},
    {"SELECT id, 5, ended FROM tuple"},
    {"SELECT id, kind, ended FROM node"},
    {"SELECT id, 8, ended FROM version"},
    {"SELECT id, 9, ended FROM upload"},
    {"SELECT edge, 11, ended FROM node WHERE edge <> 0"},
    {"SELECT id, 11, ended FROM edge"},
    {"SELECT id, 12, ended FROM blob"},
    {"SELECT id, 13, ended FROM unit"},
};

static void
add(struct refs *refs, uint64_t ref, uint64_t what)
{
	BUG_ON(refs->n == REFS_MAX);
	refs->v[refs->n++] = (struct ref){ref, what};
}

static int
by_ref(const void *pa, const void *pb)
{
	const struct ref *a = pa, *b = pb;

	if (a->ref != b->ref)
		return a->ref < b->ref ? -1 : 1;
	return a->what < b->what ? -1 : a->what > b->what;
}

static void
sort(struct refs *refs)
{
	qsort(refs->v, refs->n, sizeof(refs->v[0]), by_ref);
}

/* ---- the records --------------------------------------------------------- */

/* Streams have no row once they have ended. Their list grows in order. */
static bool
is_stream(const struct books *books, uint64_t ref)
{
	struct ref wanted = {ref, 0};

	return bsearch(&wanted, books->streams.v, books->streams.n,
		   sizeof(wanted), by_ref) != NULL;
}

static void
read_object(struct books *books, const struct leaf *leaf,
    const struct leaf_object *object)
{
	for (size_t i = 0; i < object->n_made; i++) {
		enum kind kind = object->made[i].kind;
		uint64_t ref = ref_make(leaf->sequence, object->made[i].place);

		if (kind == KIND_STREAM)
			add(&books->streams, ref, 0);
		else if (kind != KIND_ORG && kind != KIND_APP)
			add(&books->made, ref, kind);
	}
	for (size_t i = 0; i < object->n_ended; i++)
		if (!is_stream(books, object->ended[i]))
			add(&books->ended, object->ended[i], leaf->sequence);
	if (leaf->op < OP_MAX && leaf->cites == 0 && leaf->outcome == 0 &&
	    object->outcome == 0)
		books->done[leaf->op]++;
}

static int
read_leaf(struct world *world, struct books *books, struct arena *arena,
    uint64_t sequence, struct slice body)
{
	struct leaf leaf;

	if (books->n == 0)
		books->first = sequence;
	if (sequence != books->first + books->n)
		return world_problem(world, PROBLEM_WRONG,
		    "record %llu is missing",
		    (unsigned long long)books->first + books->n);
	if (leaf_decode(body, arena, &leaf) < 0 || leaf.sequence != sequence)
		return world_problem(world, PROBLEM_WRONG,
		    "record %llu can't be read", (unsigned long long)sequence);
	BUG_ON(books->n == LEAVES_MAX);
	books->op[books->n++] = (uint16_t)leaf.op;
	for (size_t i = 0; i < leaf.n_objects; i++)
		read_object(books, &leaf, &leaf.objects[i]);
	return 0;
}

static int
read_log(struct world *world, struct books *books, sqlite3 *db)
{
	struct arena arena = {NULL};
	sqlite3_stmt *stmt = NULL;
	int r = 0;

	if (sqlite3_prepare_v2(db,
		"SELECT sequence, body FROM leaf ORDER BY sequence", -1, &stmt,
		NULL) != SQLITE_OK)
		return world_problem(
		    world, PROBLEM_WRONG, "%s", sqlite3_errmsg(db));
	while (r == 0 && sqlite3_step(stmt) == SQLITE_ROW) {
		r = read_leaf(world, books, &arena,
		    (uint64_t)sqlite3_column_int64(stmt, 0),
		    slice_of(sqlite3_column_blob(stmt, 1),
			(size_t)sqlite3_column_bytes(stmt, 1)));
		arena_reset(&arena);
	}
	arena_free(&arena);
	(void)sqlite3_finalize(stmt);
	return r;
}

/* ---- the rows ------------------------------------------------------------ */

static int
read_table(struct world *world, struct books *books, sqlite3 *db,
    const struct table *table)
{
	sqlite3_stmt *stmt = NULL;
	int code;

	if (sqlite3_prepare_v2(db, table->sql, -1, &stmt, NULL) != SQLITE_OK)
		return world_problem(
		    world, PROBLEM_WRONG, "%s", sqlite3_errmsg(db));
	while ((code = sqlite3_step(stmt)) == SQLITE_ROW) {
		uint64_t ref = (uint64_t)sqlite3_column_int64(stmt, 0);
		uint64_t kind = (uint64_t)sqlite3_column_int64(stmt, 1);
		uint64_t ended = (uint64_t)sqlite3_column_int64(stmt, 2);

		add(&books->rows, ref, kind);
		if (ended != 0)
			add(&books->ended_rows, ref, ended);
	}
	(void)sqlite3_finalize(stmt);
	return code == SQLITE_DONE ? 0
	                           : world_problem(world, PROBLEM_WRONG, "%s",
					 sqlite3_errmsg(db));
}

static int
same(struct world *world, struct refs *recorded, struct refs *rows,
    const char *what)
{
	size_t i;

	sort(recorded);
	sort(rows);
	for (i = 0; i < recorded->n && i < rows->n; i++)
		if (by_ref(&recorded->v[i], &rows->v[i]) != 0)
			break;
	if (i == recorded->n && i == rows->n)
		return 0;
	if (i < rows->n &&
	    (i == recorded->n || by_ref(&rows->v[i], &recorded->v[i]) < 0))
		return world_problem(world, PROBLEM_WRONG,
		    "a row (%llu.%llu, %llu) %s without a record",
		    (unsigned long long)ref_sequence(rows->v[i].ref),
		    (unsigned long long)ref_place(rows->v[i].ref),
		    (unsigned long long)rows->v[i].what, what);
	return world_problem(world, PROBLEM_WRONG,
	    "a record says that (%llu.%llu, %llu) was %s; no row does",
	    (unsigned long long)ref_sequence(recorded->v[i].ref),
	    (unsigned long long)ref_place(recorded->v[i].ref),
	    (unsigned long long)recorded->v[i].what, what);
}

/* ---- what was done ------------------------------------------------------- */

/* Each act's record is there, and none was done twice. */
static int
check_acts(struct world *world, const struct books *books)
{
	size_t done[OP_MAX], open[OP_MAX] = {0};

	memcpy(done, world->others, sizeof(done));
	for (size_t i = 0; i < world->n_acts; i++) {
		const struct act *act = &world->acts[i];

		if (act->state != ACT_DONE) {
			open[act->op]++;
			continue;
		}
		done[act->op]++;
	}
	for (size_t op = 0; op < OP_MAX; op++) {
		if (op != OP_FILE_CREATE && op != OP_FILE_WRITE &&
		    op != OP_NODE_RENAME && op != OP_NODE_TRASH &&
		    op != OP_NODE_RESTORE && op != OP_NODE_PURGE &&
		    op != OP_SHARE_GRANT && op != OP_SHARE_REVOKE)
			continue;
		if (books->done[op] < done[op])
			return world_problem(world, PROBLEM_LOST,
			    "%zu records of %s, %zu were acknowledged",
			    books->done[op], op_get(op)->name, done[op]);
		if (books->done[op] > done[op] + open[op])
			return world_problem(world, PROBLEM_WRONG,
			    "%zu records of %s, %zu were asked for",
			    books->done[op], op_get(op)->name,
			    done[op] + open[op]);
	}
	for (size_t i = 0; i < world->n_acts; i++) {
		const struct act *act = &world->acts[i];
		uint64_t k = act->sequence - books->first;

		if (act->state != ACT_DONE)
			continue;
		if (k >= books->n || books->op[k] != act->op)
			return world_problem(world, PROBLEM_LOST,
			    "record %llu isn't that of the %s acknowledged",
			    (unsigned long long)act->sequence,
			    op_get(act->op)->name);
	}
	return 0;
}

/* The bytes of each version are those that its digest is of. */
static int
check_bytes(struct world *world, sqlite3 *db)
{
	sqlite3_stmt *stmt = NULL;
	int r = 0;

	if (sqlite3_prepare_v2(db,
		"SELECT content, digest FROM version WHERE content NOTNULL", -1,
		&stmt, NULL) != SQLITE_OK)
		return world_problem(
		    world, PROBLEM_WRONG, "%s", sqlite3_errmsg(db));
	while (r == 0 && sqlite3_step(stmt) == SQLITE_ROW) {
		struct slice content = slice_of(sqlite3_column_blob(stmt, 0),
		    (size_t)sqlite3_column_bytes(stmt, 0));
		struct digest digest = sha256(content);
		struct slice kept = slice_of(sqlite3_column_blob(stmt, 1),
		    (size_t)sqlite3_column_bytes(stmt, 1));

		if (!slice_eq(kept, digest_slice(&digest)))
			r = world_problem(world, PROBLEM_WRONG,
			    "a version's bytes are not its own");
	}
	(void)sqlite3_finalize(stmt);
	return r;
}

static int
read_books(struct world *world, struct books *books)
{
	sqlite3 *db = NULL;
	int r = 0;

	if (sqlite3_open_v2("chancery.db", &db, SQLITE_OPEN_READWRITE, NULL) !=
		SQLITE_OK ||
	    sqlite3_exec(db, "BEGIN", NULL, NULL, NULL) != SQLITE_OK)
		r = world_problem(
		    world, PROBLEM_WRONG, "the database doesn't open");
	if (r == 0)
		r = read_log(world, books, db);
	for (size_t i = 0; i < ARRAY_SIZE(tables) && r == 0; i++)
		r = read_table(world, books, db, &tables[i]);
	if (r == 0)
		r = check_bytes(world, db);
	(void)sqlite3_close(db);
	return r;
}

int
world_audit(struct world *world)
{
	struct books *books = calloc(1, sizeof(*books));
	int r;

	BUG_ON(books == NULL);
	r = read_books(world, books);
	if (r == 0)
		r = check_acts(world, books);
	if (r == 0)
		r = same(world, &books->made, &books->rows, "made");
	if (r == 0)
		r = same(world, &books->ended, &books->ended_rows, "ended");
	free(books);
	return r;
}

/* ---- the log folder ------------------------------------------------------ */

int
world_verify(struct world *world)
{
	struct folder_problem problem = {.code = 0};
	struct verify_options options = {.n_keys = 1};
	struct verify_result result;
	AUTO_CLOSE int dir = -1;
	struct note_key key;
	int r;

	BUG_ON(note_key_parse(slice_str(world->rig->log_vkey), &key) < 0);
	options.keys = &key;
	if (world->signed_last.size > 0)
		options.since =
		    slice_of(world->signed_last.text, world->signed_last.n);
	BUG_ON(file_open(AT_FDCWD, CORE_LOG_FOLDER, O_RDONLY | O_DIRECTORY, 0,
		   &dir) < 0);
	r = verify_folder(dir, &options, &result, &problem);
	if (r < 0)
		return world_problem(world, PROBLEM_WRONG,
		    "the log doesn't verify: %s: %s (%s)", problem.path,
		    problem.text != NULL ? problem.text : "",
		    error_info(r)->text);
	if (world->n_notes > 0 &&
	    result.size != world->notes[world->n_notes - 1].size)
		return world_problem(world, PROBLEM_WRONG,
		    "the log ends at %llu, the last checkpoint at %llu",
		    (unsigned long long)result.size,
		    (unsigned long long)world->notes[world->n_notes - 1].size);
	return 0;
}
