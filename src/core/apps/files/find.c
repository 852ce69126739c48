/*
 * node.search: folders and files by words of their names.
 *
 * The derived index (core/index.h) has the words of names, a space at a time.
 * Searched are the caller's own space and those that something in is shared
 * with them; each hit is loaded, held against the whole query and decided on
 * before anything of it is told. What the index does not cover yet stands in
 * the feed of changes, which is looked at first: so a name is found as soon as
 * it was given.
 *
 * Where a page ended is sealed, since that may be the name of something that
 * the caller may not know of.
 */
#include <sodium.h>
#include <stdlib.h>

#include "core/apps/files/files.h"
#include "core/core.h"
#include "core/index.h"
#include "core/words.h"

enum {
	FOUND_PAGE = 50,
	PATH_BYTES_MAX = 4096,
	/* Candidates that one page looks at, whoever's they are. */
	EXAMINED_MOST = 2000,
	SPACES_MOST = 200,
};

/* How far a search has come. */
struct position {
	uint64_t
	    covered; /* the first record that the index has not, at first */
	uint64_t space;
	uint64_t sequence; /* in the feed of the space */
	uint64_t node;
	uint32_t in_index; /* the feed of the space is done */
	uint32_t n_word;
	uint8_t word[WORD_KEY_MAX];
};

struct find {
	struct run *run;
	struct name_words query;
	struct slice driver; /* the word that the index is asked for */
	struct position at;
	struct found *list;
	size_t n, limit, left;
	/* Spaces that something in is shared with the caller, in order. */
	uint64_t *shared;
	size_t n_shared, next_shared;
	bool full;
};

/* ---- where it goes on
 * ------------------------------------------------------------ */

static void
cursor_key(const struct run *run, uint8_t key[crypto_secretbox_KEYBYTES])
{
	struct digest digest = sha256_2(SLICE("chancery node.search cursor"),
	    slice_of(run->place->core->id_key.b,
		sizeof(run->place->core->id_key.b)));

	memcpy(key, digest.b, crypto_secretbox_KEYBYTES);
}

static int
put_position(struct find *find, struct slice *ret_cursor)
{
	uint8_t sealed[crypto_secretbox_NONCEBYTES + crypto_secretbox_MACBYTES +
		       sizeof(struct position)];
	uint8_t key[crypto_secretbox_KEYBYTES];

	cursor_key(find->run, key);
	randombytes_buf(sealed, crypto_secretbox_NONCEBYTES);
	(void)crypto_secretbox_easy(sealed + crypto_secretbox_NONCEBYTES,
	    (const void *)&find->at, sizeof(find->at), sealed, key);
	explicit_bzero(key, sizeof(key));
	*ret_cursor = run_copy(find->run, slice_of(sealed, sizeof(sealed)));
	return ret_cursor->p != NULL ? 0 : E_NOMEM;
}

static int
take_position(struct find *find, struct slice cursor)
{
	uint8_t key[crypto_secretbox_KEYBYTES];
	size_t n = crypto_secretbox_NONCEBYTES;
	int bad;

	if (cursor.n != n + crypto_secretbox_MACBYTES + sizeof(find->at))
		return E_INVALID;
	cursor_key(find->run, key);
	bad = crypto_secretbox_open_easy(
	    (void *)&find->at, cursor.p + n, cursor.n - n, cursor.p, key);
	explicit_bzero(key, sizeof(key));
	return bad == 0 && find->at.n_word <= WORD_KEY_MAX ? 0 : E_INVALID;
}

/* ---- one candidate
 * --------------------------------------------------------------- */

/*
 * Whether a name fits. Of several words that the index was asked for only the
 * first finds it, so that it is told once; .p NULL: the feed found it.
 */
static int
fits(struct find *find, struct slice name, struct slice word)
{
	struct name_words words;
	const struct slice *first;
	int r = words_split(find->run->arena, name, &words);

	if (r < 0)
		return r;
	first = words_first_with(&words, find->driver);
	if (first == NULL ||
	    (word.p != NULL && !slice_eq(word_key(*first), word)))
		return 0;
	for (size_t i = 0; i < find->query.n; i++)
		if (words_first_with(&words, find->query.v[i]) == NULL)
			return 0;
	return 1;
}

static int
describe(struct find *find, const struct node_row *row)
{
	struct found *f = &find->list[find->n];
	struct buf path = BUF(PATH_BYTES_MAX);
	struct node_row above;
	struct proof proof;
	int r;

	SHAPE_SET(f, id, ((struct id){row->id, row->kind}));
	SHAPE_SET(f, name, row->name);
	SHAPE_SET(f, kind, row->kind == KIND_FOLDER ? NODE_FOLDER : NODE_FILE);
	SHAPE_SET(f, modified, row->modified);
	SHAPE_SET(f, owner, ((struct id){row->space, KIND_PRINCIPAL}));
	if (row->kind == KIND_FILE) {
		SHAPE_SET(f, type, row->type);
		SHAPE_SET(f, size, row->size);
	}
	if ((r = node_load(find->run->place, row->parent, &above)) < 0 ||
	    (r = run_sees(find->run, &above, &proof)) < 0)
		return r == E_NOT_FOUND ? E_CORRUPT : r;
	if (r > 0)
		SHAPE_SET(f, parent, ((struct id){above.id, KIND_FOLDER}));
	r = files_put_path(find->run, row, &path);
	if (r == 0 && path.error == 0) {
		SHAPE_SET(f, path, run_copy(find->run, buf_slice(&path)));
		r = f->path.p != NULL ? 0 : E_NOMEM;
	}
	buf_free(&path);
	find->n += r == 0;
	return r;
}

/*
 * What was changed since the search began is the feed's to find, and what was
 * changed again is found there by its last change.
 */
static int
examine(struct find *find, uint64_t node, uint64_t sequence, struct slice word)
{
	struct node_row row;
	struct proof proof;
	int r = node_load(find->run->place, node, &row);

	if (r < 0)
		return r == E_NOT_FOUND ? E_CORRUPT : r;
	if (row.ended != 0 || row.role != NODE_PLAIN || row.was_parent != 0 ||
	    (word.p == NULL ? row.changed != sequence
			    : row.changed >= find->at.covered))
		return 0;
	if ((r = fits(find, row.name, word)) <= 0 ||
	    (r = run_sees(find->run, &row, &proof)) <= 0 || proof.in_trash)
		return MIN(r, 0);
	return describe(find, &row);
}

/* True where this page is done. */
static bool
is_full(struct find *find)
{
	if (find->n == find->limit || find->left == 0)
		find->full = true;
	return find->full;
}

/* ---- the feed, the index, the spaces
 * --------------------------------------------- */

static int
search_feed(struct find *find)
{
	struct stmt *stmt = db_stmt(find->run->place->db, SQL_CHANGE_FROM);
	struct position *at = &find->at;
	int r = 0;

	stmt_u64(stmt, 1, at->space);
	stmt_u64(stmt, 2, at->sequence);
	stmt_u64(stmt, 3, at->node);
	stmt_u64(stmt, 4, find->left + 1);
	while (r == 0 && (r = stmt_step(stmt)) > 0) {
		uint64_t sequence = stmt_col_u64(stmt, 0);
		uint64_t node = stmt_col_u64(stmt, 1);

		if (is_full(find)) {
			stmt_done(stmt);
			return 0;
		}
		find->left--;
		r = examine(find, node, sequence, SLICE_NONE);
		at->sequence = sequence;
		at->node = node;
		if (r < 0)
			stmt_done(stmt);
	}
	if (r < 0)
		return r;
	at->in_index = 1;
	at->node = 0;
	at->n_word = 0;
	return 0;
}

/* A word of the index: 1 to go on. */
static int
take_word(void *arg, struct slice word, uint64_t node)
{
	struct find *find = arg;
	int r;

	if (is_full(find))
		return 0;
	find->left--;
	r = examine(find, node, 0, word);
	find->at.node = node;
	find->at.n_word = (uint32_t)MIN(word.n, WORD_KEY_MAX);
	memcpy(find->at.word, word.p, find->at.n_word);
	return r < 0 ? r : 1;
}

/* The next ones behind a space that something in is shared with the caller. */
static int
load_shared(struct find *find, uint64_t after)
{
	const uint64_t *subjects;
	uint64_t *list;
	size_t n_subjects, n = 0, k = 0;
	int r = files_subjects(find->run, &subjects, &n_subjects);

	if (r < 0)
		return r;
	list = arena_alloc(
	    find->run->arena, n_subjects * SPACES_MOST * sizeof(*list));
	if (list == NULL)
		return E_NOMEM;
	for (size_t i = 0; i < n_subjects && r >= 0; i++) {
		struct stmt *stmt =
		    db_stmt(find->run->place->db, SQL_TUPLE_SPACES);

		stmt_u64(stmt, 1, subjects[i]);
		stmt_u64(stmt, 2, after);
		stmt_u64(stmt, 3, SPACES_MOST);
		while ((r = stmt_step(stmt)) > 0)
			list[n++] = stmt_col_u64(stmt, 0);
	}
	if (n > 1)
		qsort(list, n, sizeof(*list), files_by_number);
	for (size_t i = 0; i < n; i++)
		if (list[i] != find->run->who.principal &&
		    (k == 0 || list[k - 1] != list[i]))
			list[k++] = list[i];
	find->shared = list;
	find->n_shared = MIN(k, (size_t)SPACES_MOST);
	return MIN(r, 0);
}

/* 0 behind the last one. */
static int
next_space(struct find *find, uint64_t *ret_space)
{
	int r = 0;

	if (find->shared == NULL)
		r = load_shared(find, find->at.space == find->run->who.principal
					  ? 0
					  : find->at.space);
	if (r < 0)
		return r;
	*ret_space = find->next_shared < find->n_shared
	                 ? find->shared[find->next_shared++]
	                 : 0;
	return 0;
}

static int
search_spaces(struct find *find)
{
	int r = 0;

	while (r == 0 && find->at.space != 0) {
		if (!find->at.in_index)
			r = search_feed(find);
		if (r == 0 && find->at.in_index && !find->full)
			r = index_names(find->run->place, find->at.space,
			    find->driver,
			    slice_of(find->at.word, find->at.n_word),
			    find->at.node, take_word, find);
		if (r < 0 || find->full)
			return MIN(r, 0);
		r = next_space(find, &find->at.space);
		find->at.in_index = 0;
		find->at.n_word = 0;
		find->at.node = 0;
		find->at.sequence = find->at.covered;
		/* Where many share with the caller, a page looks at some. */
		if (r == 0 && find->next_shared == SPACES_MOST)
			find->full = true;
		if (find->full)
			return r;
	}
	return r;
}

/* ---- the operation
 * --------------------------------------------------------------- */

static int
begin(struct find *find, const struct node_search *args)
{
	struct run *run = find->run;
	int r = words_split(run->arena, args->text, &find->query);

	if (r < 0 || find->query.n == 0)
		return r < 0 ? r : E_INVALID;
	/* The longest word is likely the rarest. */
	for (size_t i = 0; i < find->query.n; i++)
		if (find->query.v[i].n > find->driver.n)
			find->driver = find->query.v[i];
	if (args->has_after)
		return take_position(find, args->after);
	if ((r = index_covered(run->place, &find->at.covered)) < 0)
		return r;
	find->at.space = run->who.principal;
	find->at.sequence = find->at.covered;
	return 0;
}

int
node_search_read(struct run *run)
{
	const struct node_search *args = RUN_ARGS(run, node_search);
	struct search_page *result = RUN_RESULT(run, search_page);
	struct find find = {.run = run,
	    .limit = args->has_limit ? MAX(args->limit, 1) : FOUND_PAGE,
	    .left = EXAMINED_MOST};
	int r = begin(&find, args);

	if (r < 0)
		return r;
	find.list = arena_alloc(run->arena, find.limit * sizeof(*find.list));
	if (find.list == NULL)
		return E_NOMEM;
	if ((r = search_spaces(&find)) < 0)
		return r;
	result->has_list = true;
	result->list.v = find.list;
	result->list.n = find.n;
	if (find.full && (r = put_position(&find, &result->next)) == 0)
		result->has_next = true;
	return r < 0 ? r : run_number(run, FACT_COUNT, (int64_t)find.n);
}
