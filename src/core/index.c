#include "core/index_private.h"

#include <stdlib.h>
#include <unistd.h>

#include "base/log.h"
#include "base/mem.h"
#include "core/core.h"
#include "core/node.h"
#include "core/record.h"
#include "core/tally.h"
#include "core/words.h"
#include "ledger/leaf.h"
#include "op/op.h"
#include "store/meta.h"

enum {
	INDEX_VERSION = 7,
	CHUNK_RECORDS = 2000, /* so that who follows the log waits for few ms */
	CHUNK_TERMS = 64 * 1024, /* and no more records after so many */
	TERMS_FIRST = 1024,
	SLICE_ROWS = 512,     /* of the index, read at once */
	NAME_TEXT_MAX = 4096, /* the words of a name */
};

static const char *const how_words[] = {
    "by", "auth", "proof", "from", "approved", "cites"};
enum how { HOW_BY, HOW_AUTH, HOW_PROOF, HOW_FROM, HOW_APPROVED, HOW_CITES };

struct term {
	uint64_t kind, value, sequence;
};

struct terms {
	struct term *v;
	size_t n, cap;
	int error; /* sticky */
};

/* A word of a name, to be put into the index. */
struct name_word {
	uint64_t space, node;
	struct slice word;
};

struct index_builder {
	struct core *core;
	struct db *log, *db;
	uint64_t next; /* the first record that is not covered */
	struct arena arena;
	struct terms terms, children; /* of the open chunk */
	struct terms used;  /* leaves that rights rested on; the kind: when */
	struct terms named; /* folders and files whose names may be others */
	struct tallies tallies;
};

/* ---- what a record is found by
 * -------------------------------------------------- */

static void
add(struct terms *terms, uint64_t kind, uint64_t value, uint64_t sequence)
{
	if (value == 0 || terms->error != 0)
		return;
	if (terms->n == terms->cap) {
		size_t cap = MAX(2 * terms->cap, TERMS_FIRST);
		struct term *v = mem_realloc(terms->v, cap * sizeof(*v));

		if (v == NULL) {
			terms->error = E_NOMEM;
			return;
		}
		terms->v = v;
		terms->cap = cap;
	}
	terms->v[terms->n++] = (struct term){kind, value, sequence};
}

static void
forget(struct index_builder *b)
{
	b->terms.n = b->children.n = b->used.n = b->named.n = 0;
	b->terms.error = b->children.error = b->used.error = b->named.error = 0;
	tally_forget(&b->tallies);
}

static void
add_term(struct index_builder *b, enum term_kind kind, uint64_t value,
    uint64_t sequence)
{
	add(&b->terms, kind, value, sequence);
}

static void
add_child(struct index_builder *b, enum how how, uint64_t parent,
    const struct leaf *leaf)
{
	if (parent != leaf->sequence)
		add(&b->children, how, parent, leaf->sequence);
}

static void
index_object(struct index_builder *b, const struct leaf *leaf,
    const struct leaf_object *o)
{
	uint64_t s = leaf->sequence;

	add_term(b, TERM_OBJECT, o->ref, s);
	for (size_t i = 0; i < o->n_made; i++)
		add_term(b, TERM_OBJECT, ref_make(s, o->made[i].place), s);
	for (size_t i = 0; i < o->n_ended; i++)
		add_term(b, TERM_OBJECT, o->ended[i], s);
	for (size_t i = 0; i < o->n_from; i++)
		add_term(b, TERM_OBJECT, o->from[i], s);
	for (size_t i = 0; i < o->n_numbers; i++)
		if (o->numbers[i].key == FACT_TARGET ||
		    o->numbers[i].key == FACT_GRANTEE)
			add_term(
			    b, TERM_OBJECT, (uint64_t)o->numbers[i].value, s);
}

/* What was named by a record, or has ended with its name. */
static void
index_named(struct index_builder *b, const struct leaf *leaf,
    const struct leaf_object *o)
{
	if (leaf->outcome != 0 || o->outcome != 0)
		return;
	for (size_t i = 0; i < o->n_made; i++)
		if (kind_fits(KIND_NODE, o->made[i].kind))
			add(&b->named, 0,
			    ref_make(leaf->sequence, o->made[i].place), 0);
	if (leaf->op == OP_NODE_RENAME || leaf->op == OP_NODE_MOVE ||
	    leaf->op == OP_NODE_PURGE)
		add(&b->named, 0, o->ref, 0);
	/* Of what it ended those that have names are known by the index. */
	for (size_t i = 0; leaf->op == OP_BLOB_COLLECT && i < o->n_ended; i++)
		add(&b->named, 0, o->ended[i], 0);
}

/*
 * What allowed it was used then; and what gave a right may be used from here
 * on. The rest that a right rests on (folders, places) isn't kept.
 */
static int
index_use(struct index_builder *b, const struct leaf *leaf)
{
	uint64_t when = (uint64_t)leaf->time;
	bool gives = false;

	for (size_t i = 0; i < leaf->n_objects && leaf->outcome == 0; i++) {
		const struct leaf_object *o = &leaf->objects[i];
		const struct leaf_proof *tail =
		    o->joins > 0 ? &leaf->proofs[o->joins - 1] : NULL;

		for (size_t k = 0; k < o->n_made; k++)
			gives |= o->made[k].kind == KIND_GRANT;
		if (o->outcome != 0)
			continue;
		for (size_t k = 0; k < o->n_proof; k++)
			add(&b->used, when, o->proof[k], leaf->sequence);
		for (size_t k = 0; tail != NULL && k < tail->n; k++)
			add(&b->used, when, tail->leaves[k], leaf->sequence);
	}
	if (gives) {
		struct stmt *stmt = db_stmt(b->db, SQL_USE_BEGIN);

		stmt_u64(stmt, 1, leaf->sequence);
		return stmt_run(stmt);
	}
	return 0;
}

/* Only what changed something has descendants worth following, or what was
 * opened to change it. */
static bool
changes_something(const struct leaf *leaf)
{
	const struct op *op = op_get(leaf->op);

	if (op == NULL || leaf->op == OP_CONTEXT ||
	    (op->effect == OP_READ && leaf->op != OP_DOCUMENT_OPEN))
		return false;
	for (size_t i = 0; i < leaf->n_objects; i++)
		if (leaf->objects[i].outcome == 0)
			return leaf->outcome == 0;
	return false;
}

static void
index_parents(struct index_builder *b, const struct leaf *leaf)
{
	if (!changes_something(leaf))
		return;
	add_child(b, HOW_BY, ref_sequence(leaf->session), leaf);
	for (size_t i = 0; i < leaf->n_credentials; i++)
		add_child(
		    b, HOW_AUTH, ref_sequence(leaf->credentials[i]), leaf);
	for (size_t i = 0; i < leaf->n_approved; i++)
		add_child(
		    b, HOW_APPROVED, ref_sequence(leaf->approved[i]), leaf);
	add_child(b, HOW_CITES, leaf->cites, leaf);
	/* What many objects share stands once. */
	for (size_t i = 0; i < leaf->n_proofs; i++)
		for (size_t k = 0; k < leaf->proofs[i].n; k++)
			add_child(
			    b, HOW_PROOF, leaf->proofs[i].leaves[k], leaf);
	for (size_t i = 0; i < leaf->n_objects; i++) {
		const struct leaf_object *o = &leaf->objects[i];

		for (size_t k = 0; k < o->n_proof; k++)
			add_child(b, HOW_PROOF, o->proof[k], leaf);
		for (size_t k = 0; k < o->n_from; k++)
			add_child(b, HOW_FROM, ref_sequence(o->from[k]), leaf);
	}
}

static int
index_from(struct index_builder *b, const struct leaf *leaf)
{
	struct stmt *stmt = db_stmt(b->log, SQL_OPENING_ONE);
	int r;

	stmt_u64(stmt, 1, leaf->principal);
	stmt_u64(stmt, 2, leaf->sequence);
	stmt_u64(stmt, 3, 0);
	if ((r = stmt_step(stmt)) <= 0)
		return r;
	add_term(b, TERM_ADDRESS,
	    index_address(b->core, stmt_col_bytes(stmt, 0)), leaf->sequence);
	stmt_done(stmt);
	return 0;
}

/* A person was erased: where they came from can't be asked for any more. */
static int
forget_addresses(struct index_builder *b, const struct leaf *leaf)
{
	struct stmt *stmt;

	for (size_t i = 0; i < leaf->objects[0].n_numbers; i++) {
		const struct leaf_number *n = &leaf->objects[0].numbers[i];

		if (n->key != FACT_TARGET)
			continue;
		stmt = db_stmt(b->db, SQL_TERM_FORGET);
		stmt_u64(stmt, 1, TERM_ADDRESS);
		stmt_u64(stmt, 2, TERM_PRINCIPAL);
		stmt_u64(stmt, 3, (uint64_t)n->value);
		return stmt_run(stmt);
	}
	return 0;
}

static void
index_outcomes(struct index_builder *b, const struct leaf *leaf)
{
	uint64_t outcomes = search_outcomes(leaf);

	for (unsigned i = OUTCOME_ALLOWED + 1; i < OUTCOME_MAX; i++)
		if (outcomes & BIT(i))
			add_term(b, TERM_OUTCOME, i, leaf->sequence);
	if (!(outcomes & BIT(OUTCOME_ALLOWED)))
		add_term(b, TERM_UNALLOWED, 1, leaf->sequence);
}

static int
index_leaf(struct index_builder *b, struct slice bytes)
{
	struct leaf leaf;
	int r = leaf_decode(bytes, &b->arena, &leaf);

	if (r < 0)
		return r;
	add_term(b, TERM_PRINCIPAL, leaf.principal, leaf.sequence);
	add_term(b, TERM_OPERATION, leaf.op, leaf.sequence);
	/* A context is one of those that come from its address. */
	add_term(b, TERM_CONTEXT,
	    leaf.op == OP_CONTEXT ? leaf.sequence : leaf.context,
	    leaf.sequence);
	index_outcomes(b, &leaf);
	tally_add(&b->tallies, &leaf);
	for (size_t i = 0; i < leaf.n_objects; i++) {
		index_object(b, &leaf, &leaf.objects[i]);
		index_named(b, &leaf, &leaf.objects[i]);
	}
	index_parents(b, &leaf);
	if ((r = index_use(b, &leaf)) < 0)
		return r;
	if (leaf.op == OP_CONTEXT)
		r = index_from(b, &leaf);
	else if (leaf.op == OP_SUBJECT_ERASE && leaf.outcome == 0 &&
		 leaf.n_objects > 0 && leaf.objects[0].outcome == 0)
		r = forget_addresses(b, &leaf);
	return r;
}

/* ---- building
 * --------------------------------------------------------------------- */

static int
make_tables(struct db *db)
{
	int r;

	if ((r = db_script(db,
		 "CREATE TABLE meta (key TEXT PRIMARY KEY, value BLOB NOT "
		 "NULL) WITHOUT ROWID")) < 0 ||
	    (r = db_script(db,
		 "CREATE TABLE term (kind BIGINT NOT NULL, value BIGINT NOT "
		 "NULL, sequence BIGINT NOT NULL, PRIMARY KEY (kind, value, "
		 "sequence)) WITHOUT ROWID")) < 0 ||
	    (r = db_script(db,
		 "CREATE TABLE child (parent BIGINT NOT NULL, sequence BIGINT "
		 "NOT NULL, how BIGINT NOT NULL, PRIMARY KEY (parent, "
		 "sequence, how)) WITHOUT ROWID")) < 0 ||
	    (r = db_script(db,
		 "CREATE TABLE word (space BIGINT NOT NULL, word BLOB NOT "
		 "NULL, node BIGINT NOT NULL, PRIMARY KEY (space, word, "
		 "node)) WITHOUT ROWID")) < 0 ||
	    (r = db_script(db,
		 "CREATE TABLE name (node INTEGER PRIMARY KEY, space BIGINT "
		 "NOT NULL, words BLOB NOT NULL)")) < 0 ||
	    (r = db_script(db,
		 "CREATE TABLE used (leaf INTEGER PRIMARY KEY, time BIGINT NOT "
		 "NULL)")) < 0 ||
	    (r = tally_make_table(db)) < 0 ||
	    (r = meta_put_u64(db, "version", INDEX_VERSION)) < 0)
		return r;
	return meta_put_u64(db, "next", 1);
}

static int
open_index(struct db **ret_db, uint64_t *ret_next)
{
	uint64_t version = 0;
	struct db *db = NULL;
	int r = db_open(INDEX_DATABASE, DB_WRITER, &db);

	if (r < 0)
		return r;
	r = db_begin(db);
	if (r == 0) {
		struct stmt *stmt = db_stmt(db, SQL_SCHEMA_EXISTS);
		bool exists = stmt_step(stmt) > 0 && stmt_col_u64(stmt, 0) > 0;

		stmt_done(stmt);
		r = exists ? meta_get_u64(db, "version", &version)
		           : make_tables(db);
		if (r == 0 && exists && version != INDEX_VERSION)
			r = E_VERSION;
		if (r == 0)
			r = meta_get_u64(db, "next", ret_next);
		if (r == 0)
			r = db_commit(db);
		else
			db_rollback(db);
	}
	if (r < 0) {
		db_close(&db);
		return r;
	}
	*ret_db = db;
	return 0;
}

int
index_builder_new(
    struct core *core, struct db *log, struct index_builder **ret_builder)
{
	struct index_builder *b = mem_alloc(sizeof(*b));
	int r;

	if (b == NULL)
		return E_NOMEM;
	b->core = core;
	b->log = log;
	r = open_index(&b->db, &b->next);
	if (r == 0 && b->next > atomic_load(&core->durable) + 1) {
		/* An older state of the log was put back under it. */
		db_close(&b->db);
		r = E_CORRUPT;
	}
	if (r < 0 && r != E_NOMEM) {
		/* It is derived: another one is made. */
		log_warn("index.rebuild", log_err(r));
		(void)unlink(INDEX_DATABASE);
		(void)unlink(INDEX_DATABASE "-wal");
		(void)unlink(INDEX_DATABASE "-shm");
		r = open_index(&b->db, &b->next);
	}
	if (r < 0) {
		index_builder_free(&b);
		return r;
	}
	*ret_builder = b;
	return 0;
}

void
index_builder_free(struct index_builder **builder)
{
	struct index_builder *b = *builder;

	if (b == NULL)
		return;
	db_close(&b->db);
	mem_free(b->terms.v);
	mem_free(b->children.v);
	mem_free(b->used.v);
	mem_free(b->named.v);
	tally_free(&b->tallies);
	arena_free(&b->arena);
	mem_free(b);
	*builder = NULL;
}

static int
by_key(const void *pa, const void *pb)
{
	const struct term *a = pa, *b = pb;

	if (a->kind != b->kind)
		return a->kind < b->kind ? -1 : 1;
	if (a->value != b->value)
		return a->value < b->value ? -1 : 1;
	return (a->sequence > b->sequence) - (a->sequence < b->sequence);
}

static int
by_parent(const void *pa, const void *pb)
{
	const struct term *a = pa, *b = pb;

	if (a->value != b->value)
		return a->value < b->value ? -1 : 1;
	return (a->sequence > b->sequence) - (a->sequence < b->sequence);
}

/* Of each leaf the last use in the chunk. */
static int
insert_used(struct index_builder *b)
{
	const struct terms *u = &b->used;
	int r = u->error;

	if (u->n > 0)
		qsort(u->v, u->n, sizeof(u->v[0]), by_parent);
	for (size_t i = 0; i < u->n && r == 0; i++) {
		struct stmt *stmt;

		if (i + 1 < u->n && u->v[i + 1].value == u->v[i].value)
			continue;
		stmt = db_stmt(b->db, SQL_USE_PUT);
		stmt_u64(stmt, 1, u->v[i].value);
		stmt_u64(stmt, 2, u->v[i].kind);
		r = stmt_run(stmt);
	}
	return r;
}

static int
insert_all(struct index_builder *b)
{
	struct stmt *stmt;
	const struct terms *t = &b->terms, *c = &b->children;
	int r = t->error != 0 ? t->error : c->error;

	if (t->n > 0)
		qsort(t->v, t->n, sizeof(t->v[0]), by_key);
	for (size_t i = 0; i < t->n && r == 0; i++) {
		stmt = db_stmt(b->db, SQL_TERM_PUT);
		stmt_u64(stmt, 1, t->v[i].kind);
		stmt_u64(stmt, 2, t->v[i].value);
		stmt_u64(stmt, 3, t->v[i].sequence);
		r = stmt_run(stmt);
	}
	if (c->n > 0)
		qsort(c->v, c->n, sizeof(c->v[0]), by_parent);
	for (size_t i = 0; i < c->n && r == 0; i++) {
		stmt = db_stmt(b->db, SQL_CHILD_PUT);
		stmt_u64(stmt, 1, c->v[i].value);
		stmt_u64(stmt, 2, c->v[i].sequence);
		stmt_u64(stmt, 3, c->v[i].kind);
		r = stmt_run(stmt);
	}
	if (r == 0)
		r = insert_used(b);
	return r < 0 ? r : tally_put(&b->tallies, b->db);
}

/* ---- names
 * ----------------------------------------------------------------------- */

/* The words of a name as they are kept together: each with a NUL behind it. */
static int
words_of(struct index_builder *b, uint64_t node, uint64_t *ret_space,
    struct slice *ret_words)
{
	struct place place = {
	    .core = b->core, .db = b->log, .arena = &b->arena};
	struct buf text = BUF(NAME_TEXT_MAX);
	struct name_words words = {.n = 0};
	struct node_row row;
	int r = node_load(&place, node, &row);

	*ret_words = SLICE("");
	if (r < 0)
		return r == E_NOT_FOUND ? 0 : r;
	*ret_space = row.space;
	if (row.ended == 0 && row.role == NODE_PLAIN)
		r = words_split(&b->arena, row.name, &words);
	for (size_t i = 0; i < words.n && r == 0; i++) {
		buf_put_slice(&text, word_key(words.v[i]));
		buf_put_u8(&text, 0);
	}
	*ret_words = arena_copy(&b->arena, buf_slice(&text));
	if (r == 0 && (text.error != 0 || ret_words->p == NULL))
		r = text.error != 0 ? text.error : E_NOMEM;
	buf_free(&text);
	return r;
}

static int
had_words(struct index_builder *b, uint64_t node, uint64_t *ret_space,
    struct slice *ret_words)
{
	struct stmt *stmt = db_stmt(b->db, SQL_NAME_GET);
	int r;

	*ret_words = SLICE("");
	stmt_u64(stmt, 1, node);
	if ((r = stmt_step(stmt)) <= 0)
		return r;
	*ret_space = stmt_col_u64(stmt, 0);
	*ret_words = arena_copy(&b->arena, stmt_col_bytes(stmt, 1));
	stmt_done(stmt);
	return ret_words->p != NULL ? 0 : E_NOMEM;
}

static int
drop_words(
    struct index_builder *b, uint64_t node, uint64_t space, struct slice words)
{
	struct slice word;
	struct stmt *stmt;
	int r = 0;

	while (r == 0 && words.n > 0) {
		(void)slice_cut(&words, 0, &word);
		stmt = db_stmt(b->db, SQL_WORD_DELETE);
		stmt_u64(stmt, 1, space);
		stmt_bytes(stmt, 2, word);
		stmt_u64(stmt, 3, node);
		r = stmt_run(stmt);
	}
	return r;
}

/* What a node is found by from here on; its words go to `list`. */
static int
name_node(
    struct index_builder *b, uint64_t node, struct name_word *list, size_t *n)
{
	struct slice had, has, word;
	uint64_t space = 0, old_space = 0;
	struct stmt *stmt;
	int r;

	if ((r = had_words(b, node, &old_space, &had)) < 0 ||
	    (r = words_of(b, node, &space, &has)) < 0 || slice_eq(had, has))
		return r;
	if ((r = drop_words(b, node, old_space, had)) < 0)
		return r;
	stmt = db_stmt(b->db, has.n > 0 ? SQL_NAME_PUT : SQL_NAME_DELETE);
	stmt_u64(stmt, 1, node);
	if (has.n > 0) {
		stmt_u64(stmt, 2, space);
		stmt_bytes(stmt, 3, has);
	}
	r = stmt_run(stmt);
	while (r == 0 && has.n > 0) {
		(void)slice_cut(&has, 0, &word);
		list[(*n)++] = (struct name_word){space, node, word};
	}
	return r;
}

static int
by_word(const void *pa, const void *pb)
{
	const struct name_word *a = pa, *b = pb;
	int r;

	if (a->space != b->space)
		return a->space < b->space ? -1 : 1;
	if ((r = slice_cmp(a->word, b->word)) != 0)
		return r;
	return (a->node > b->node) - (a->node < b->node);
}

static int
put_words(struct index_builder *b, struct name_word *list, size_t n)
{
	struct stmt *stmt;
	int r = 0;

	if (n > 0)
		qsort(list, n, sizeof(*list), by_word);
	for (size_t i = 0; i < n && r == 0; i++) {
		stmt = db_stmt(b->db, SQL_WORD_PUT);
		stmt_u64(stmt, 1, list[i].space);
		stmt_bytes(stmt, 2, list[i].word);
		stmt_u64(stmt, 3, list[i].node);
		r = stmt_run(stmt);
	}
	return r;
}

/*
 * The names of all that the chunk's records named, as they are in the snapshot
 * that these were read in: one that changed later comes again.
 */
static int
name_all(struct index_builder *b)
{
	struct terms *named = &b->named;
	struct name_word *list = NULL;
	size_t n = 0, cap = 0;
	int r = named->error;

	if (named->n > 1)
		qsort(named->v, named->n, sizeof(named->v[0]), by_parent);
	for (size_t i = 0; i < named->n && r == 0; i++) {
		if (i > 0 && named->v[i].value == named->v[i - 1].value)
			continue;
		if (n + NAME_WORDS_MAX > cap) {
			struct name_word *grown;

			cap = MAX(2 * cap, TERMS_FIRST);
			grown = mem_realloc(list, cap * sizeof(*list));
			if (grown == NULL) {
				r = E_NOMEM;
				break;
			}
			list = grown;
		}
		r = name_node(b, named->v[i].value, list, &n);
	}
	if (r == 0)
		r = put_words(b, list, n);
	mem_free(list);
	arena_reset(&b->arena);
	return r;
}

/* Records from b->next on: how many went in, and the next number. */
static int
collect(struct index_builder *b, uint64_t *ret_next)
{
	struct stmt *stmt = db_stmt(b->log, SQL_LEAF_AFTER);
	uint64_t sequence;
	int n = 0, r = 0;

	forget(b);
	stmt_u64(stmt, 1, b->next - 1);
	stmt_u64(stmt, 2, CHUNK_RECORDS);
	while (b->terms.n + b->children.n + b->used.n < CHUNK_TERMS &&
	       (r = stmt_step(stmt)) > 0) {
		sequence = stmt_col_u64(stmt, 0);
		r = index_leaf(b, stmt_col_bytes(stmt, 1));
		arena_reset(&b->arena);
		if (r < 0)
			break;
		*ret_next = sequence + 1;
		n++;
	}
	stmt_done(stmt);
	return r < 0 ? r : n;
}

int
index_build(struct index_builder *b, uint64_t last, bool idle)
{
	uint64_t waiting = last >= b->next ? last - b->next + 1 : 0, left,
		 next = b->next;
	int n, r;

	if (waiting == 0 || (waiting < CHUNK_RECORDS && !idle))
		return 0;
	if ((r = db_begin(b->log)) < 0)
		return r;
	if ((r = db_begin(b->db)) < 0) {
		db_end(b->log);
		return r;
	}
	n = collect(b, &next);
	if (n > 0 && (r = name_all(b)) < 0)
		n = r;
	db_end(b->log);
	if ((r = n) < 0 || (r = insert_all(b)) < 0 ||
	    (r = meta_put_u64(b->db, "next", next)) < 0) {
		db_rollback(b->db);
		return r;
	}
	if ((r = db_commit(b->db)) < 0)
		return r;
	b->next = next;
	if (db_wal_bytes(b->db) > 16 << 20)
		(void)db_checkpoint(b->db, false, &left);
	return n;
}

/* ---- asking
 * -------------------------------------------------------------------------- */

uint64_t
index_address(const struct core *core, struct slice address)
{
	/* Half of the values, so that it fits a signed column. */
	return hash_keyed(core->id_key.b, address) >> 1;
}

struct db *
index_of(struct place *place)
{
	if (place->index == NULL &&
	    db_open(INDEX_DATABASE, DB_READER, &place->index) < 0)
		place->index = NULL;
	return place->index;
}

/* What a scan goes by: one term, and the rest is for the query itself. */
struct plan {
	enum sql forward, backward;
	uint64_t kind, value; /* kind 0: nothing to go by */
};

static struct plan
plan_of(struct place *place, const struct search *search)
{
	const struct log_search *q = search_query(search);
	struct plan plan = {
	    .forward = SQL_TERM_FORWARD, .backward = SQL_TERM_BACKWARD};

	/* The narrowest first, as logs go. */
	if (q->has_object) {
		plan.kind = TERM_OBJECT;
		plan.value = q->object.n;
	} else if (q->has_address) {
		plan.forward = SQL_TERM_ADDRESS_FORWARD;
		plan.backward = SQL_TERM_ADDRESS_BACKWARD;
		plan.kind = TERM_ADDRESS;
		plan.value = index_address(place->core, q->address);
	} else if (q->has_outcome && q->outcome != OUTCOME_ALLOWED) {
		plan.kind = TERM_OUTCOME;
		plan.value = q->outcome;
	} else if (q->has_principal) {
		plan.kind = TERM_PRINCIPAL;
		plan.value = q->principal.n;
	} else if (q->has_operation) {
		plan.kind = TERM_OPERATION;
		plan.value = search_op(search);
	}
	return plan;
}

struct scan {
	struct place *place;
	int (*found)(void *arg, uint64_t sequence);
	void *arg;
	size_t left;
	uint64_t first, last; /* the range, both included */
	bool reverse;
	uint64_t next; /* where to go on; 0: at the end */
};

/* One candidate: 1 to go on. */
static int
give(struct scan *scan, uint64_t sequence)
{
	if (scan->left == 0) {
		scan->next = sequence;
		return 0;
	}
	scan->left--;
	return scan->found(scan->arg, sequence);
}

/*
 * What a statement finds in a range, a slice of rows at once; plan NULL: it has
 * no parameters but those.
 */
static int
scan_numbers(struct scan *scan, struct db *db, enum sql sql,
    const struct plan *plan, uint64_t first, uint64_t last)
{
	uint64_t numbers[SLICE_ROWS];
	size_t n = SLICE_ROWS;
	int r = 1;

	while (n == SLICE_ROWS && r > 0 && first <= last) {
		struct stmt *stmt = db_stmt(db, sql);
		unsigned parameter = 1;

		if (plan != NULL) {
			stmt_u64(stmt, parameter++, plan->kind);
			stmt_u64(stmt, parameter++, plan->value);
		}
		stmt_u64(stmt, parameter++, first);
		stmt_u64(stmt, parameter++, last);
		stmt_u64(stmt, parameter, SLICE_ROWS);
		for (n = 0; (r = stmt_step(stmt)) > 0; n++)
			numbers[n] = stmt_col_u64(stmt, 0);
		if (r < 0)
			return r;
		r = 1;
		for (size_t i = 0; i < n && r > 0; i++)
			r = give(scan, numbers[i]);
		if (n > 0 && scan->reverse)
			last = numbers[n - 1] - 1;
		else if (n > 0)
			first = numbers[n - 1] + 1;
	}
	return r;
}

/* Every record of a range: between epochs there are numbers without one. */
static int
scan_range(struct scan *scan, uint64_t first, uint64_t last)
{
	return scan_numbers(scan, scan->place->db,
	    scan->reverse ? SQL_LEAF_NUMBERS_BACK : SQL_LEAF_NUMBERS, NULL,
	    first, last);
}

/* The numbers of a range that the index has for a term. */
static int
scan_term(struct scan *scan, struct db *index, const struct plan *plan,
    uint64_t first, uint64_t last)
{
	return scan_numbers(scan, index,
	    scan->reverse ? plan->backward : plan->forward, plan, first, last);
}

int
index_first_at(struct place *place, int64_t time, uint64_t *ret_sequence)
{
	uint64_t low = 1, high = place->at + 1;

	while (low < high) {
		uint64_t middle = low + (high - low) / 2, found;
		struct arena arena = {NULL};
		struct slice bytes;
		struct leaf leaf = {.time = 0};
		int r = record_from(place->db, &arena, middle, &found, &bytes);

		if (r == 0)
			r = leaf_decode(bytes, &arena, &leaf);
		arena_free(&arena);
		if (r < 0 && r != E_NOT_FOUND)
			return r;
		if (r == 0 && leaf.time < time)
			low = found + 1;
		else
			high = middle;
	}
	*ret_sequence = low;
	return 0;
}

static int
bound(struct scan *scan, const struct log_search *q)
{
	uint64_t n = 0;
	int r;

	scan->first = 1;
	scan->last = scan->place->at;
	if (q->has_from && q->reverse)
		scan->last = MIN(scan->last, q->from);
	else if (q->has_from)
		scan->first = MAX(scan->first, q->from);
	if (q->has_since) {
		if ((r = index_first_at(scan->place, q->since, &n)) < 0)
			return r;
		scan->first = MAX(scan->first, n);
	}
	if (q->has_until) {
		if ((r = index_first_at(scan->place, q->until, &n)) < 0)
			return r;
		scan->last = MIN(scan->last, n - 1);
	}
	return 0;
}

int
index_scan(struct place *place, struct search *search,
    int (*found)(void *arg, uint64_t sequence), void *arg, size_t most,
    uint64_t *ret_next)
{
	const struct log_search *q = search_query(search);
	struct scan scan = {.place = place,
	    .found = found,
	    .arg = arg,
	    .left = most,
	    .reverse = q->reverse};
	struct plan plan = plan_of(place, search);
	struct db *index = plan.kind != 0 ? index_of(place) : NULL;
	uint64_t covered = 1; /* the first that is not */
	int r = bound(&scan, q);

	if (r == 0 && index != NULL)
		r = meta_get_u64(index, "next", &covered);
	if (r < 0)
		return r;
	covered = MAX(MIN(covered, scan.last + 1), scan.first);
	if (index == NULL)
		covered = scan.first;
	r = 1;
	if (q->reverse)
		r = scan_range(&scan, covered, scan.last);
	if (r > 0 && covered > scan.first)
		r = scan_term(&scan, index, &plan, scan.first, covered - 1);
	if (r > 0 && !q->reverse)
		r = scan_range(&scan, covered, scan.last);
	if (r < 0)
		return r;
	*ret_next = scan.next;
	return 0;
}

/* ---- names, asked for
 * ---------------------------------------------------------------------- */

int
index_covered(struct place *place, uint64_t *ret_next)
{
	struct db *index = index_of(place);

	*ret_next = 1;
	return index != NULL ? meta_get_u64(index, "next", ret_next) : 0;
}

int
index_names(struct place *place, uint64_t space, struct slice prefix,
    struct slice after, uint64_t after_node,
    int (*found)(void *arg, struct slice word, uint64_t node), void *arg)
{
	struct db *index = index_of(place);
	struct slice low = word_key(prefix);
	uint8_t high[WORD_KEY_MAX];
	struct stmt *stmt;
	int r;

	if (index == NULL)
		return 0;
	/* Behind all words that begin so; no byte of UTF-8 is the last one. */
	memcpy(high, low.p, low.n);
	high[low.n - 1]++;
	stmt = db_stmt(index, SQL_WORD_FROM);
	stmt_u64(stmt, 1, space);
	stmt_bytes(stmt, 2, after.n > 0 ? after : low);
	stmt_u64(stmt, 3, after.n > 0 ? after_node : 0);
	stmt_bytes(stmt, 4, slice_of(high, low.n));
	while ((r = stmt_step(stmt)) > 0) {
		r = found(arg, stmt_col_bytes(stmt, 0), stmt_col_u64(stmt, 1));
		if (r <= 0) {
			stmt_done(stmt);
			return r;
		}
	}
	return r;
}

/* ---- lineage
 * -------------------------------------------------------------------------- */

struct children {
	uint64_t parent;
	int (*found)(
	    void *arg, uint64_t parent, uint64_t child, const char *how);
	void *arg;
};

/* What is behind the index: few records, read one by one. */
static int
children_behind(struct place *place, uint64_t covered, struct children *c)
{
	struct index_builder b = {.core = place->core};
	int r = 1;

	for (uint64_t n = covered; n <= place->at && r > 0;) {
		struct slice bytes;
		struct leaf leaf = {.time = 0};

		forget(&b);
		r = record_from(place->db, &b.arena, n, &n, &bytes);
		if (r == 0)
			r = leaf_decode(bytes, &b.arena, &leaf);
		if (r < 0)
			break;
		index_parents(&b, &leaf);
		arena_reset(&b.arena);
		r = b.children.error != 0 ? b.children.error : 1;
		for (size_t i = 0; i < b.children.n && r > 0; i++)
			if (b.children.v[i].value == c->parent)
				r = c->found(c->arg, c->parent, n,
				    how_words[b.children.v[i].kind]);
		n++;
	}
	mem_free(b.terms.v);
	mem_free(b.children.v);
	tally_free(&b.tallies);
	arena_free(&b.arena);
	return r == E_NOT_FOUND ? 1 : r;
}

/* 1; 0 where `found` has had enough; or an error. */
static int
children_covered(struct place *place, const struct children *c)
{
	struct db *index = index_of(place);
	struct stmt *stmt;
	int r;

	if (index == NULL)
		return 1;
	stmt = db_stmt(index, SQL_CHILD_LIST);
	stmt_u64(stmt, 1, c->parent);
	while ((r = stmt_step(stmt)) > 0) {
		uint64_t child = stmt_col_u64(stmt, 0);
		uint64_t how = stmt_col_u64(stmt, 1);

		if (child > place->at || how >= ARRAY_SIZE(how_words))
			continue;
		r = c->found(c->arg, c->parent, child, how_words[how]);
		if (r <= 0) {
			stmt_done(stmt);
			return r;
		}
	}
	return r < 0 ? r : 1;
}

int
index_children_covered(struct place *place, uint64_t parent,
    int (*found)(void *arg, uint64_t parent, uint64_t child, const char *how),
    void *arg)
{
	struct children c = {parent, found, arg};

	return MIN(children_covered(place, &c), 0);
}

int
index_children(struct place *place, uint64_t parent,
    int (*found)(void *arg, uint64_t parent, uint64_t child, const char *how),
    void *arg)
{
	struct children c = {parent, found, arg};
	uint64_t covered;
	int r = index_covered(place, &covered);

	if (r == 0)
		r = children_covered(place, &c);
	if (r > 0)
		r = children_behind(place, MAX(covered, parent), &c);
	return MIN(r, 0);
}

/* ---- last use
 * ------------------------------------------------------------------------- */

int
index_used(struct place *place, uint64_t leaf, int64_t *ret_time)
{
	struct db *index = index_of(place);
	struct stmt *stmt;
	int r;

	*ret_time = 0;
	if (index == NULL)
		return 0;
	stmt = db_stmt(index, SQL_USE_GET);
	stmt_u64(stmt, 1, leaf);
	if ((r = stmt_step(stmt)) > 0)
		*ret_time = stmt_col_i64(stmt, 0);
	stmt_done(stmt);
	return MIN(r, 0);
}
