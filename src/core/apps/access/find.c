/*
 * principal.find: somebody by how their name begins, to share something with.
 *
 * `principal_word` holds what is left of each name from each of its words on,
 * folded, so that what somebody types, one word or several in their order, is
 * one range of it. Words in another order are looked for by the longest one.
 * A range may be long where a million have seats: a page looks at so many rows
 * and no more, and whoever types on finds the rest.
 *
 * A canary is never found, or people would share things with it. So nobody is
 * who has nothing to sign in with yet: else it would be known by that it isn't,
 * to whoever can list all principals.
 */
#include "core/apps/access/access.h"
#include "core/words.h"

enum {
	FOUND_PAGE = 10,
	EXAMINED_MOST = 1000,
	PHRASE_MAX = 32,  /* bytes that the table holds from a word on */
	PHRASES_MAX = 16, /* of one name */
};

/* ---- the table
 * ------------------------------------------------------------------ */

/* Words, a blank between each two; where each of them begins. */
static int
join(struct arena *arena, const struct name_words *words,
    struct slice *ret_text, size_t ret_starts[NAME_WORDS_MAX])
{
	size_t n = 0;
	uint8_t *text;

	for (size_t i = 0; i < words->n; i++)
		n += words->v[i].n + 1;
	if ((text = arena_alloc(arena, n + 1)) == NULL)
		return E_NOMEM;
	n = 0;
	for (size_t i = 0; i < words->n; i++) {
		ret_starts[i] = n;
		memcpy(text + n, words->v[i].p, words->v[i].n);
		n += words->v[i].n;
		text[n++] = ' ';
	}
	*ret_text = slice_of(text, n > 0 ? n - 1 : 0);
	return 0;
}

/* From each of the first `most` words on. */
static int
put_phrases(struct run *run, uint64_t principal, const struct name_words *words,
    size_t most)
{
	size_t starts[NAME_WORDS_MAX];
	struct slice text;
	int r = join(run->arena, words, &text, starts);

	for (size_t i = 0; i < MIN(words->n, most) && r == 0; i++) {
		struct stmt *stmt = db_stmt(run->place->db, SQL_FIND_PUT);

		stmt_bytes(stmt, 1,
		    slice_first(slice_from(text, starts[i]), PHRASE_MAX));
		stmt_u64(stmt, 2, principal);
		r = stmt_run(stmt);
	}
	return r;
}

int
access_put_words(struct run *run, const struct principal_row *row)
{
	struct slice local =
	    slice_first(row->login, slice_index(row->login, '@'));
	struct name_words words;
	size_t n;
	int r;

	if (row->kind == PRINCIPAL_LINK || row->kind == PRINCIPAL_CEREMONY)
		return 0;
	if ((r = words_in_order(run->arena, row->name, &words)) < 0 ||
	    (r = put_phrases(run, row->id, &words, PHRASES_MAX)) < 0 ||
	    (r = words_in_order(run->arena, local, &words)) < 0)
		return r;
	/* Nobody looks for a whole organisation by its domain. */
	n = MIN(words.n, (size_t)PHRASES_MAX);
	if ((r = words_in_order(run->arena, row->login, &words)) < 0)
		return r;
	return put_phrases(run, row->id, &words, n);
}

int
access_forget_words(struct run *run, uint64_t principal)
{
	struct stmt *stmt = db_stmt(run->place->db, SQL_FIND_FORGET);

	stmt_u64(stmt, 1, principal);
	return stmt_run(stmt);
}

int
access_fill_words(struct run *run)
{
	struct principal_row row = {.id = 0};
	int r = 1;

	while (r > 0) {
		struct stmt *stmt = db_stmt(run->place->db, SQL_PRINCIPAL_LIST);

		stmt_u64(stmt, 1, row.id);
		stmt_u64(stmt, 2, 1);
		if ((r = stmt_step(stmt)) <= 0)
			break;
		r = access_take_principal(run, stmt, &row);
		stmt_done(stmt);
		if (r == 0 && row.ended == 0)
			r = access_put_words(run, &row);
		r = r < 0 ? r : 1;
	}
	return r;
}

/* ---- finding
 * -------------------------------------------------------------------- */

struct find {
	struct run *run;
	struct name_words query;
	struct found_principal *list;
	size_t n, limit, left;
};

static bool
has_own(struct run *run, uint64_t principal, int *ret_r)
{
	struct stmt *stmt = db_stmt(run->place->db, SQL_CREDENTIAL_OWN);

	stmt_u64(stmt, 1, principal);
	*ret_r = stmt_step(stmt);
	stmt_done(stmt);
	return *ret_r > 0;
}

static bool
is_told(const struct find *find, uint64_t principal)
{
	for (size_t i = 0; i < find->n; i++)
		if (find->list[i].id.n == principal)
			return true;
	return false;
}

/* Whether each word of the query begins one of the names. */
static int
fits(struct find *find, const struct principal_row *row)
{
	struct name_words name, login;
	int r;

	if ((r = words_in_order(find->run->arena, row->name, &name)) < 0 ||
	    (r = words_in_order(find->run->arena, row->login, &login)) < 0)
		return r;
	for (size_t i = 0; i < find->query.n; i++)
		if (words_first_with(&name, find->query.v[i]) == NULL &&
		    words_first_with(&login, find->query.v[i]) == NULL)
			return 0;
	return 1;
}

static int
examine(struct find *find, const struct principal_row *row)
{
	struct found_principal *f = &find->list[find->n];
	int r = 0;

	if (row->ended != 0 || row->suspended != 0 || row->canary != 0 ||
	    access_is_unknown(find->run, row) || is_told(find, row->id) ||
	    (r = fits(find, row)) <= 0)
		return r;
	if (principal_is_human(row->kind) && !has_own(find->run, row->id, &r))
		return r;
	SHAPE_SET(f, id, ((struct id){row->id, KIND_PRINCIPAL}));
	SHAPE_SET(f, kind, row->kind);
	SHAPE_SET(f, name, row->name);
	if (row->login.n > 0)
		SHAPE_SET(f, login, row->login);
	find->n++;
	return 0;
}

/* All that the table has of names that go on like that. */
static int
look_up(struct find *find, struct slice phrase)
{
	struct slice low = slice_first(phrase, PHRASE_MAX);
	struct stmt *stmt = db_stmt(find->run->place->db, SQL_FIND_FROM);
	uint8_t high[PHRASE_MAX];
	int r = 1;

	/* Behind all that begin so; no byte of UTF-8 is the last one. */
	memcpy(high, low.p, low.n);
	high[low.n - 1]++;
	stmt_bytes(stmt, 1, low);
	stmt_bytes(stmt, 2, slice_of(high, low.n));
	stmt_u64(stmt, 3, find->left);
	while (find->n < find->limit && (r = stmt_step(stmt)) > 0) {
		struct principal_row row;

		find->left--;
		r = access_take_principal(find->run, stmt, &row);
		if (r == 0)
			r = examine(find, &row);
		if (r < 0)
			break;
	}
	stmt_done(stmt);
	return MIN(r, 0);
}

static int
look_up_all(struct find *find)
{
	size_t starts[NAME_WORDS_MAX];
	struct slice phrase, longest = SLICE("");
	int r = join(find->run->arena, &find->query, &phrase, starts);

	if (r < 0 || (r = look_up(find, phrase)) < 0 || find->query.n == 1)
		return r;
	for (size_t i = 0; i < find->query.n; i++)
		if (find->query.v[i].n > longest.n)
			longest = find->query.v[i];
	return find->n < find->limit && find->left > 0 ? look_up(find, longest)
	                                               : 0;
}

int
principal_find_read(struct run *run)
{
	const struct principal_find *args = RUN_ARGS(run, principal_find);
	struct found_principals *result = RUN_RESULT(run, found_principals);
	struct find find = {.run = run,
	    .limit = args->has_limit ? MAX(args->limit, 1) : FOUND_PAGE,
	    .left = EXAMINED_MOST};
	int r;

	/* Who is from outside is not told who is inside. */
	if (principal_is_outside(run->who.kind))
		return E_DENIED;
	r = words_in_order(run->arena, args->text, &find.query);
	if (r < 0 || find.query.n == 0)
		return r < 0 ? r : E_INVALID;
	find.list = arena_alloc(run->arena, find.limit * sizeof(*find.list));
	if (find.list == NULL)
		return E_NOMEM;
	if ((r = look_up_all(&find)) < 0)
		return r;
	result->has_list = true;
	result->list.v = find.list;
	result->list.n = find.n;
	return run_number(run, FACT_COUNT, (int64_t)find.n);
}
