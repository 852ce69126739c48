#include "core/who.h"

#include "base/mem.h"
#include "core/core.h"
#include "core/place.h"

enum { CACHED_MAX = 16384 };

struct entry {
	struct digest bearer;
	struct who who;
	uint64_t at; /* no row of it had ended by this leaf */
	uint64_t generation;
};

void
who_cache_free(struct who_cache *cache)
{
	const struct map_slot *slot;

	for (size_t i = 0; map_next(&cache->entries, &i, &slot);)
		mem_free(slot->value);
	map_free(&cache->entries);
}

/* Digests are uniform: eight bytes of one make a good key. */
static uint64_t
key_of(const struct digest *bearer)
{
	uint64_t key;

	memcpy(&key, bearer->b, sizeof(key));
	return key != 0 ? key : 1;
}

static int
load(struct place *place, const struct digest *bearer, struct who *ret_who)
{
	struct stmt *stmt = db_stmt(place->db, SQL_SESSION_BY_VERIFIER);
	int64_t session_ends, credential_ends;
	bool ended;
	int r;

	stmt_bytes(stmt, 1, digest_slice(bearer));
	r = stmt_step(stmt);
	if (r <= 0)
		return r < 0 ? r : E_UNAUTHENTICATED;
	*ret_who = (struct who){
	    .session = stmt_col_u64(stmt, 0),
	    .credential = stmt_col_u64(stmt, 1),
	    .principal = stmt_col_u64(stmt, 2),
	    .kind = (unsigned)stmt_col_u64(stmt, 3),
	    .families = stmt_col_u64(stmt, 4),
	    .read_only = stmt_col_u64(stmt, 5) != 0,
	    .folder = stmt_col_u64(stmt, 6),
	    .space = stmt_col_u64(stmt, 9),
	    .home = stmt_col_u64(stmt, 10),
	    .trash = stmt_col_u64(stmt, 11),
	    .second = stmt_col_u64(stmt, 13),
	    .assurance = (unsigned)stmt_col_u64(stmt, 14),
	    .stepped = stmt_col_i64(stmt, 15),
	    .used = stmt_col_i64(stmt, 16),
	    .idle = stmt_col_i64(stmt, 17),
	    .suspended = stmt_col_u64(stmt, 18) != 0,
	    .opened_by = (unsigned)stmt_col_u64(stmt, 19),
	};
	session_ends = stmt_col_i64(stmt, 7);
	credential_ends = stmt_col_i64(stmt, 8);
	ended = stmt_col_u64(stmt, 12) != 0;
	stmt_done(stmt);
	ret_who->expires = session_ends == 0 ? credential_ends
	                   : credential_ends == 0
	                       ? session_ends
	                       : MIN(session_ends, credential_ends);
	return ended ? E_UNAUTHENTICATED : 0;
}

static void
remember(
    struct place *place, const struct digest *bearer, const struct who *who)
{
	struct who_cache *cache = &place->whos;
	uint64_t key = key_of(bearer);
	struct entry *entry = map_get(&cache->entries, key);

	if (entry == NULL) {
		if (cache->entries.n >= CACHED_MAX)
			who_cache_free(cache);
		entry = mem_alloc(sizeof(*entry));
		if (entry == NULL)
			return; /* it is a cache */
		if (map_put(&cache->entries, key, entry) < 0) {
			mem_free(entry);
			return;
		}
	}
	*entry =
	    (struct entry){*bearer, *who, place->at, place_generation(place)};
}

static bool
lies_idle(const struct who *who, int64_t now)
{
	return who->idle != 0 && now >= who->used + who->idle;
}

static const struct who *
recall(struct place *place, const struct digest *bearer)
{
	struct entry *entry = map_get(&place->whos.entries, key_of(bearer));
	uint64_t rows[4];

	if (entry == NULL || !digest_eq(&entry->bearer, bearer))
		return NULL;
	/* It may have been used since, elsewhere. */
	if (lies_idle(&entry->who, place->now))
		return NULL;
	/* A reader's answer is checked by the writer again, row by row. */
	if (place->writer == NULL) {
		if (entry->generation != place_generation(place))
			return NULL;
		place->since = MIN(place->since, entry->at);
		return &entry->who;
	}
	rows[0] = entry->who.session;
	rows[1] = entry->who.credential;
	rows[2] = entry->who.principal;
	rows[3] = entry->who.second;
	if (!endings_none(&place->core->endings, rows,
		entry->who.second != 0 ? 4 : 3, entry->at))
		return NULL;
	entry->at = place->at;
	return &entry->who;
}

int
who_authenticate(
    struct place *place, const struct digest *bearer, struct who *ret_who)
{
	const struct who *known = recall(place, bearer);
	struct who who;
	int r;

	if (known != NULL) {
		who = *known;
	} else {
		who = (struct who){.session = 0};
		*ret_who = who;
		if ((r = load(place, bearer, &who)) < 0) {
			*ret_who = who;
			return r;
		}
		/* That somebody acts again ends no row that would tell. */
		if (!who.suspended)
			remember(place, bearer, &who);
	}
	*ret_who = who;
	if ((who.expires != 0 && place->now >= who.expires) ||
	    lies_idle(&who, place->now))
		return E_EXPIRED;
	return who.suspended ? E_SUSPENDED : 0;
}

void
who_forget(struct place *place, const struct digest *bearer)
{
	struct entry *entry = map_take(&place->whos.entries, key_of(bearer));

	mem_free(entry);
}
