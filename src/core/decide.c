#include "core/decide.h"

#include "core/core.h"
#include "core/node.h"
#include "core/place.h"
#include "op/op.h"
#include "wire/json.h"

enum { CACHED_MAX = 32768 };

struct rule {
	enum kind kind;
	unsigned relation;
	uint64_t by; /* BIT(RELATION_*) */
	bool inherits;
};

static const struct rule rules[] = {
#define RULE(kind, relation, by, inherits) \
	{KIND_##kind, RELATION_##relation, by, inherits},
#include "core/schema.def"
#undef RULE
};

static const struct rule *
rule_of(enum kind kind, unsigned relation)
{
	for (size_t i = 0; i < ARRAY_SIZE(rules); i++)
		if (rules[i].kind == kind && rules[i].relation == relation)
			return &rules[i];
	return NULL;
}

/*
 * The decision on a folder: the way up from it (its id and its place, then
 * those of the folder above, and so on), and behind that the grant, if there is
 * one.
 */
struct decision {
	uint64_t principal, folder, relation;
	uint64_t number;     /* tells it from every other one */
	uint64_t at;         /* no row of it had ended by this leaf */
	uint64_t generation; /* of grants, when it was made */
	uint64_t grant;      /* 0: denied */
	int64_t expires;
	bool in_trash;
	size_t n_way;
	uint64_t rows[]; /* n_way, then the grant */
};

static uint64_t
key_of(uint64_t principal, uint64_t relation, uint64_t folder)
{
	uint64_t key =
	    (principal * 31 + relation) * 0x9e3779b97f4a7c15u ^ folder;

	return key != 0 ? key : 1;
}

void
decide_cache_free(struct decide_cache *cache)
{
	const struct map_slot *slot;

	for (size_t i = 0; map_next(&cache->entries, &i, &slot);)
		mem_free(slot->value);
	map_free(&cache->entries);
}

void
decide_cache_trim(struct decide_cache *cache)
{
	if (cache->entries.n > CACHED_MAX)
		decide_cache_free(cache);
}

/*
 * Whether a cached decision still holds. The writer knows each ending. A reader
 * knows only that nothing at all has changed, and that not for certain: a
 * commit is seen a moment before it is counted. So the writer looks for what
 * ended since the oldest one that was used; and a denial counts for its own
 * snapshot alone, since of what was given there is no such list.
 */
static bool
still_holds(struct place *place, struct decision *d)
{
	uint64_t generation = place_generation(place);

	if (d->expires != 0 && place->now >= d->expires)
		return false;
	if (d->grant == 0 && d->at != place->at)
		return false;
	if (place->writer == NULL || d->grant == 0)
		return d->generation == generation;
	if (!endings_none(&place->core->endings, d->rows, d->n_way + 1, d->at))
		return false;
	d->at = place->at;
	return true;
}

/* The nearest grant on one object itself that gives the relation. */
static int
grant_on(struct place *place, uint64_t principal, const struct rule *rule,
    uint64_t object, uint64_t *ret_grant, int64_t *ret_expires)
{
	struct stmt *stmt = db_stmt(place->db, SQL_TUPLE_OF);
	int r;

	*ret_grant = 0;
	*ret_expires = 0;
	stmt_u64(stmt, 1, object);
	stmt_u64(stmt, 2, principal);
	while ((r = stmt_step(stmt)) > 0) {
		uint64_t relation = stmt_col_u64(stmt, 1);
		int64_t expires = stmt_col_i64(stmt, 2);

		if (!(rule->by & BIT(relation)) ||
		    (expires != 0 && place->now >= expires))
			continue;
		/* Of several the one that lasts longest. */
		if (*ret_grant != 0 &&
		    (*ret_expires == 0 ||
			(expires != 0 && expires <= *ret_expires)))
			continue;
		*ret_grant = stmt_col_u64(stmt, 0);
		*ret_expires = expires;
	}
	return r;
}

struct up {
	uint64_t parent, edge;
	enum node_role role;
};

static int
load_up(struct place *place, uint64_t folder, struct up *ret_up)
{
	struct stmt *stmt = db_stmt(place->db, SQL_NODE_UP);
	int r;

	stmt_u64(stmt, 1, folder);
	r = stmt_step(stmt);
	if (r <= 0)
		return r < 0 ? r : E_NOT_FOUND;
	*ret_up = (struct up){stmt_col_u64(stmt, 0), stmt_col_u64(stmt, 1),
	    (enum node_role)stmt_col_u64(stmt, 2)};
	stmt_done(stmt);
	return 0;
}

static int
remember(struct decide_cache *cache, uint64_t key, struct decision *d)
{
	struct decision *old = map_take(&cache->entries, key);

	mem_free(old);
	d->number = ++cache->next;
	return map_put(&cache->entries, key, d);
}

static int
decide_folder(struct place *place, uint64_t principal, unsigned relation,
    uint64_t folder, unsigned depth, const struct decision **ret_decision);

static int
make_decision(struct place *place, uint64_t principal, unsigned relation,
    uint64_t folder, unsigned depth, struct decision **ret_decision)
{
	const struct rule *rule = rule_of(KIND_FOLDER, relation);
	const struct decision *above = NULL;
	struct decision *d;
	struct up up;
	uint64_t at;
	size_t n_above;
	int r = load_up(place, folder, &up);

	if (r < 0)
		return r;
	if (depth > DECIDE_DEPTH_MAX)
		return E_DEPTH;
	if (up.parent != 0 && (r = decide_folder(place, principal, relation,
				   up.parent, depth + 1, &above)) < 0)
		return r;
	n_above = above != NULL ? above->n_way : 0;
	at = above != NULL ? MIN(place->at, above->at) : place->at;
	d = mem_alloc(sizeof(*d) + (n_above + 3) * sizeof(d->rows[0]));
	if (d == NULL)
		return E_NOMEM;
	*d = (struct decision){.principal = principal,
	    .folder = folder,
	    .relation = relation,
	    .at = at,
	    .generation = place_generation(place)};
	d->in_trash =
	    up.role == NODE_TRASH || (above != NULL && above->in_trash);
	d->rows[d->n_way++] = folder;
	if (up.parent != 0)
		d->rows[d->n_way++] = up.edge;
	if (n_above > 0)
		memcpy(d->rows + d->n_way, above->rows,
		    n_above * sizeof(d->rows[0]));
	d->n_way += n_above;
	/* A relation that folders don't have is granted on none. */
	if (rule != NULL && (above == NULL || !above->in_trash))
		r = grant_on(
		    place, principal, rule, folder, &d->grant, &d->expires);
	if (r == 0 && rule != NULL && rule->inherits && d->grant == 0 &&
	    above != NULL) {
		d->grant = above->grant;
		d->expires = above->expires;
	}
	if (r < 0) {
		mem_free(d);
		return r;
	}
	d->rows[d->n_way] = d->grant;
	*ret_decision = d;
	return 0;
}

static int
decide_folder(struct place *place, uint64_t principal, unsigned relation,
    uint64_t folder, unsigned depth, const struct decision **ret_decision)
{
	uint64_t key = key_of(principal, relation, folder);
	struct decision *d = map_get(&place->decisions.entries, key);
	int r;

	if (d == NULL || d->principal != principal || d->folder != folder ||
	    d->relation != relation || !still_holds(place, d)) {
		r = make_decision(
		    place, principal, relation, folder, depth, &d);
		if (r < 0)
			return r;
		if ((r = remember(&place->decisions, key, d)) < 0) {
			mem_free(d);
			return r;
		}
	}
	place->since = MIN(place->since, d->at);
	*ret_decision = d;
	return 0;
}

int
decide_node(struct place *place, uint64_t principal, unsigned relation,
    const struct node_row *node, struct proof *ret_proof)
{
	const struct rule *rule = rule_of(node->kind, relation);
	const struct decision *above = NULL;
	struct proof *proof = ret_proof;
	int r;

	*proof = (struct proof){.n_own = 0};
	if (node->ended != 0)
		return E_NOT_FOUND;
	if (rule == NULL)
		return E_DENIED;
	if (node->parent != 0 && (r = decide_folder(place, principal, relation,
				      node->parent, 1, &above)) < 0)
		return r;
	if ((above == NULL || !above->in_trash) &&
	    (r = grant_on(place, principal, rule, node->id, &proof->grant,
		 &proof->expires)) < 0)
		return r;
	if (proof->grant != 0)
		proof->own[proof->n_own++] = proof->grant;
	proof->own[proof->n_own++] = node->id;
	if (node->parent != 0)
		proof->own[proof->n_own++] = node->edge;
	if (above != NULL) {
		bool with =
		    proof->grant == 0 && rule->inherits && above->grant != 0;

		proof->key = above->number * 2 + with;
		proof->tail = above->rows;
		proof->n_tail = above->n_way + with;
		/* Each with its place, but for the top, which has none. */
		proof->depth = (above->n_way + 1) / 2;
		proof->in_trash = above->in_trash;
		if (with) {
			proof->grant = above->grant;
			proof->expires = above->expires;
		}
	}
	return proof->grant != 0 ? 0 : E_DENIED;
}

int
decide_org(struct place *place, uint64_t principal, unsigned relation,
    struct proof *ret_proof)
{
	const struct rule *rule = rule_of(KIND_ORG, relation);
	struct proof *proof = ret_proof;
	int r;

	*proof = (struct proof){.n_own = 0};
	if (rule == NULL)
		return E_DENIED;
	r = grant_on(place, principal, rule, place->core->org, &proof->grant,
	    &proof->expires);
	if (r < 0)
		return r;
	if (proof->grant == 0)
		return E_DENIED;
	proof->own[proof->n_own++] = proof->grant;
	return 0;
}

bool
decide_within(
    const struct proof *proof, const struct node_row *node, uint64_t folder)
{
	if (node->id == folder)
		return true;
	for (size_t i = 0; i < proof->n_tail; i++)
		if (proof->tail[i] == folder)
			return true;
	return false;
}

void
decide_put_schema(struct buf *buf)
{
	struct json_writer w = json_writer(buf);

	json_open_array(&w);
	for (size_t i = 0; i < ARRAY_SIZE(rules); i++) {
		const struct rule *rule = &rules[i];

		json_open_object(&w);
		json_member_str(&w, "object", kind_text(rule->kind));
		json_member_str(
		    &w, "relation", words_text(WORDS_RELATION, rule->relation));
		json_key(&w, "by");
		json_open_array(&w);
		for (unsigned k = 1; k < RELATION_MAX; k++)
			if (rule->by & BIT(k))
				json_put_string(&w,
				    slice_str(words_text(WORDS_RELATION, k)));
		json_close_array(&w);
		json_member_bool(&w, "inherits", rule->inherits);
		json_close_object(&w);
	}
	json_close_array(&w);
}
