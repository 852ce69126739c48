#include "core/decide.h"

#include "core/core.h"
#include "core/node.h"
#include "core/place.h"
#include "core/subject.h"
#include "op/op.h"
#include "wire/json.h"

enum {
	CACHED_MAX = 32768,
	SUBJECTS_CACHED_MAX = 8192,
	FOLDERS_CACHED_MAX = 32768,
	GRANTS_KEPT = 6, /* of a folder, with its row */
	/* Grants on one object that are read, beyond one for each subject,
	 * before each subject is looked up by itself. */
	GRANTS_LOOKED_AT = 4,
};

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
 * one, with the memberships by which it reaches the principal.
 */
struct decision {
	uint64_t principal, folder, relation;
	uint64_t number;     /* tells it from every other one */
	uint64_t at;         /* no row of it had ended by this leaf */
	uint64_t generation; /* of grants, when it was made */
	int64_t expires;
	bool in_trash;
	size_t n_way;
	size_t n_grant;  /* 0: denied */
	uint64_t rows[]; /* n_way, then n_grant */
};

static uint64_t
key_of(uint64_t principal, uint64_t relation, uint64_t folder)
{
	uint64_t key =
	    (principal * 31 + relation) * 0x9e3779b97f4a7c15u ^ folder;

	return key != 0 ? key : 1;
}

static void
free_all(struct map *map)
{
	const struct map_slot *slot;

	for (size_t i = 0; map_next(map, &i, &slot);)
		mem_free(slot->value);
	map_free(map);
}

void
decide_cache_free(struct decide_cache *cache)
{
	free_all(&cache->entries);
	free_all(&cache->folders);
	free_all(&cache->subjects);
}

void
decide_cache_trim(struct decide_cache *cache)
{
	if (cache->entries.n > CACHED_MAX)
		free_all(&cache->entries);
	if (cache->folders.n > FOLDERS_CACHED_MAX)
		free_all(&cache->folders);
	if (cache->subjects.n > SUBJECTS_CACHED_MAX)
		free_all(&cache->subjects);
}

/*
 * Whether a cached decision still holds. The writer knows each ending. A reader
 * knows only that nothing at all has changed, and that not for certain: a
 * commit is seen a moment before it is counted. So the writer looks for what
 * ended since the oldest thing that was used; and before it denies, a reader
 * looks everything up anew, since of what was given there is no such list.
 */
static bool
still_holds(struct place *place, struct decision *d)
{
	uint64_t generation = place_generation(place);

	if (d->expires != 0 && place->now >= d->expires)
		return false;
	if (place->fresh && d->at != place->at)
		return false;
	if (place->writer == NULL || d->n_grant == 0)
		return d->generation == generation;
	if (!endings_none(
		&place->core->endings, d->rows, d->n_way + d->n_grant, d->at))
		return false;
	d->at = place->at;
	return true;
}

/* ---- grants -------------------------------------------------------------- */

/* Who asks, with the groups that they are in, and for what. */
struct question {
	uint64_t principal;
	unsigned relation;
	const struct subjects *subjects;
};

/* The best grant so far: of several the one that lasts longest, or is nearest.
 */
struct given {
	uint64_t row; /* 0: none */
	uint32_t to;  /* in the list of subjects */
	int64_t expires;
};

static void
consider(struct place *place, const struct question *q, const struct rule *rule,
    uint64_t row, uint64_t subject, uint64_t relation, int64_t expires,
    struct given *best)
{
	uint32_t to;

	if (relation >= RELATION_MAX || !(rule->by & BIT(relation)) ||
	    (expires != 0 && place->now >= expires))
		return;
	to = subjects_find(q->subjects, subject);
	if (to == q->subjects->n)
		return;
	expires = sooner(expires, q->subjects->list[to].expires);
	if (best->row == 0 || lasts_longer(expires, best->expires) ||
	    (expires == best->expires && to < best->to))
		*best = (struct given){row, to, expires};
}

/* Each of the subjects by itself: where an object bears more than a few. */
static int
grant_to_each(struct place *place, const struct question *q,
    const struct rule *rule, uint64_t object, struct given *best)
{
	int r = 0;

	for (uint32_t i = 0; i < q->subjects->n && r == 0; i++) {
		struct stmt *stmt = db_stmt(place->db, SQL_TUPLE_OF);
		uint64_t subject = q->subjects->list[i].id;

		stmt_u64(stmt, 1, object);
		stmt_u64(stmt, 2, subject);
		while ((r = stmt_step(stmt)) > 0)
			consider(place, q, rule, stmt_col_u64(stmt, 0), subject,
			    stmt_col_u64(stmt, 1), stmt_col_i64(stmt, 2), best);
	}
	return r;
}

/* The grant on one object itself that gives the relation. */
static int
grant_on(struct place *place, const struct question *q, const struct rule *rule,
    uint64_t object, struct given *ret_grant)
{
	struct stmt *stmt;
	size_t seen = 0;
	int r;

	*ret_grant = (struct given){.row = 0};
	if (q->subjects->n == 1)
		return grant_to_each(place, q, rule, object, ret_grant);
	stmt = db_stmt(place->db, SQL_TUPLE_TO);
	stmt_u64(stmt, 1, object);
	while ((r = stmt_step(stmt)) > 0) {
		if (seen++ == q->subjects->n + GRANTS_LOOKED_AT) {
			stmt_done(stmt);
			return grant_to_each(place, q, rule, object, ret_grant);
		}
		consider(place, q, rule, stmt_col_u64(stmt, 0),
		    stmt_col_u64(stmt, 1), stmt_col_u64(stmt, 2),
		    stmt_col_i64(stmt, 3), ret_grant);
	}
	return r;
}

/* The rows of a grant: itself, and the memberships behind it. */
static size_t
rows_of(const struct question *q, const struct given *grant,
    uint64_t ret_rows[static SUBJECT_ROWS_MAX])
{
	if (grant->row == 0)
		return 0;
	ret_rows[0] = grant->row;
	return 1 + subjects_rows(q->subjects, grant->to, ret_rows + 1);
}

/* ---- folders ------------------------------------------------------------- */

struct up {
	uint64_t parent, edge;
	enum node_role role;
	struct given grant; /* on the folder itself */
};

/* A folder as it stands in the database, whoever asks: kept while it may. */
struct folder_row {
	uint64_t generation, at; /* when it was read */
	uint64_t parent, edge;
	enum node_role role;
	bool many; /* it bears more grants than are kept */
	uint32_t n;
	struct {
		uint64_t row, subject, relation;
		int64_t expires;
	} grants[GRANTS_KEPT];
};

static int
read_folder(struct place *place, uint64_t folder, struct folder_row *ret)
{
	struct stmt *stmt = db_stmt(place->db, SQL_NODE_UP);
	bool found = false;
	int r;

	*ret = (struct folder_row){
	    .generation = place_generation(place), .at = place->at};
	stmt_u64(stmt, 1, folder);
	while ((r = stmt_step(stmt)) > 0) {
		ret->parent = stmt_col_u64(stmt, 0);
		ret->edge = stmt_col_u64(stmt, 1);
		ret->role = (enum node_role)stmt_col_u64(stmt, 2);
		found = true;
		ret->many = ret->n == GRANTS_KEPT;
		if (stmt_col_null(stmt, 3) || ret->many) {
			stmt_done(stmt);
			return 0;
		}
		ret->grants[ret->n].row = stmt_col_u64(stmt, 3);
		ret->grants[ret->n].subject = stmt_col_u64(stmt, 4);
		ret->grants[ret->n].relation = stmt_col_u64(stmt, 5);
		ret->grants[ret->n++].expires = stmt_col_i64(stmt, 6);
	}
	return r < 0 ? r : found ? 0 : E_NOT_FOUND;
}

/* As it is now. It stays until the next one is asked for. */
static int
load_folder(struct place *place, uint64_t folder, const struct folder_row **ret)
{
	struct map *cache = &place->decisions.folders;
	struct folder_row *row = map_get(cache, folder);
	int r = 0;

	*ret = row;
	if (row != NULL && row->generation == place_generation(place) &&
	    (!place->fresh || row->at == place->at)) {
		place->since = MIN(place->since, row->at);
		return 0;
	}
	if (row == NULL) {
		if ((row = mem_alloc(sizeof(*row))) == NULL)
			return E_NOMEM;
		if ((r = map_put(cache, folder, row)) < 0) {
			mem_free(row);
			return r;
		}
	}
	if ((r = read_folder(place, folder, row)) < 0) {
		mem_free(map_take(cache, folder));
		return r;
	}
	*ret = row;
	return 0;
}

/* A folder, and what is granted on itself. */
static int
load_up(struct place *place, const struct question *q, const struct rule *rule,
    uint64_t folder, struct up *ret_up)
{
	const struct folder_row *row;
	int r = load_folder(place, folder, &row);

	if (r < 0)
		return r;
	*ret_up = (struct up){row->parent, row->edge, row->role, {.row = 0}};
	/* A relation that folders don't have is granted on none. */
	if (rule == NULL)
		return 0;
	if (row->many)
		return grant_to_each(place, q, rule, folder, &ret_up->grant);
	for (uint32_t i = 0; i < row->n; i++)
		consider(place, q, rule, row->grants[i].row,
		    row->grants[i].subject, row->grants[i].relation,
		    row->grants[i].expires, &ret_up->grant);
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

static int decide_folder(struct place *place, const struct question *q,
    uint64_t folder, unsigned depth, const struct decision **ret_decision);

/* Room for a folder on a way that goes on above it. */
static struct decision *
new_decision(struct place *place, const struct question *q, uint64_t folder,
    const struct up *up, const struct decision *above)
{
	size_t n_above = above != NULL ? above->n_way : 0;
	struct decision *d = mem_alloc(
	    sizeof(*d) + (n_above + 2 + SUBJECT_ROWS_MAX) * sizeof(d->rows[0]));

	if (d == NULL)
		return NULL;
	*d = (struct decision){.principal = q->principal,
	    .folder = folder,
	    .relation = q->relation,
	    .at = place->writer != NULL ? place->at : place->since,
	    .generation = place_generation(place)};
	d->in_trash =
	    up->role == NODE_TRASH || (above != NULL && above->in_trash);
	d->rows[d->n_way++] = folder;
	if (up->parent != 0)
		d->rows[d->n_way++] = up->edge;
	if (n_above > 0)
		memcpy(d->rows + d->n_way, above->rows,
		    n_above * sizeof(d->rows[0]));
	d->n_way += n_above;
	return d;
}

static int
make_decision(struct place *place, const struct question *q, uint64_t folder,
    unsigned depth, struct decision **ret_decision)
{
	const struct rule *rule = rule_of(KIND_FOLDER, q->relation);
	const struct decision *above = NULL;
	struct decision *d;
	struct up up;
	int r = load_up(place, q, rule, folder, &up);

	if (r < 0)
		return r;
	if (depth > DECIDE_DEPTH_MAX)
		return E_DEPTH;
	if (up.parent != 0 &&
	    (r = decide_folder(place, q, up.parent, depth + 1, &above)) < 0)
		return r;
	if ((d = new_decision(place, q, folder, &up, above)) == NULL)
		return E_NOMEM;
	if (up.grant.row != 0 && (above == NULL || !above->in_trash)) {
		d->n_grant = rows_of(q, &up.grant, d->rows + d->n_way);
		d->expires = up.grant.expires;
	} else if (rule != NULL && rule->inherits && above != NULL) {
		memcpy(d->rows + d->n_way, above->rows + above->n_way,
		    above->n_grant * sizeof(d->rows[0]));
		d->n_grant = above->n_grant;
		d->expires = above->expires;
	}
	*ret_decision = d;
	return 0;
}

static int
decide_folder(struct place *place, const struct question *q, uint64_t folder,
    unsigned depth, const struct decision **ret_decision)
{
	uint64_t key = key_of(q->principal, q->relation, folder);
	struct decision *d = map_get(&place->decisions.entries, key);
	int r;

	if (d == NULL || d->principal != q->principal || d->folder != folder ||
	    d->relation != q->relation || !still_holds(place, d)) {
		if ((r = make_decision(place, q, folder, depth, &d)) < 0)
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

/* ---- objects ------------------------------------------------------------- */

static void
take_grant(
    const struct question *q, const struct given *grant, struct proof *proof)
{
	proof->n_grant = rows_of(q, grant, proof->own);
	proof->n_own = proof->n_grant;
	proof->grant = grant->row;
	proof->expires = grant->expires;
}

/* Whether it is denied by what was remembered from an earlier snapshot. */
static bool
must_look_again(const struct place *place, int r)
{
	return r == E_DENIED && place->writer == NULL && !place->fresh &&
	       place->since < place->at;
}

static int
on_node(struct place *place, uint64_t principal, unsigned relation,
    const struct node_row *node, struct proof *ret_proof)
{
	const struct rule *rule = rule_of(node->kind, relation);
	struct question q = {.principal = principal, .relation = relation};
	const struct decision *above = NULL;
	struct proof *proof = ret_proof;
	struct given grant = {.row = 0};
	int r;

	*proof = (struct proof){.n_own = 0};
	if (node->ended != 0)
		return E_NOT_FOUND;
	if (rule == NULL)
		return E_DENIED;
	if ((r = subjects_of(place, principal, &q.subjects)) < 0)
		return r;
	if (node->parent != 0 &&
	    (r = decide_folder(place, &q, node->parent, 1, &above)) < 0)
		return r;
	if ((above == NULL || !above->in_trash) &&
	    (r = grant_on(place, &q, rule, node->id, &grant)) < 0)
		return r;
	take_grant(&q, &grant, proof);
	proof->own[proof->n_own++] = node->id;
	if (node->parent != 0)
		proof->own[proof->n_own++] = node->edge;
	if (above != NULL) {
		bool with =
		    grant.row == 0 && rule->inherits && above->n_grant > 0;

		proof->key = above->number * 2 + with;
		proof->tail = above->rows;
		proof->n_tail = above->n_way + (with ? above->n_grant : 0);
		/* Each with its place, but for the top, which has none. */
		proof->depth = (above->n_way + 1) / 2;
		proof->in_trash = above->in_trash;
		if (with) {
			proof->grant = above->rows[above->n_way];
			proof->n_grant = above->n_grant;
			proof->expires = above->expires;
		}
	}
	return proof->grant != 0 ? 0 : E_DENIED;
}

int
decide_node(struct place *place, uint64_t principal, unsigned relation,
    const struct node_row *node, struct proof *ret_proof)
{
	int r = on_node(place, principal, relation, node, ret_proof);

	if (!must_look_again(place, r))
		return r;
	place->fresh = true;
	r = on_node(place, principal, relation, node, ret_proof);
	place->fresh = false;
	return r;
}

static int
on_org(struct place *place, uint64_t principal, unsigned relation,
    struct proof *ret_proof)
{
	const struct rule *rule = rule_of(KIND_ORG, relation);
	struct question q = {.principal = principal, .relation = relation};
	struct given grant;
	int r;

	*ret_proof = (struct proof){.n_own = 0};
	if (rule == NULL)
		return E_DENIED;
	if ((r = subjects_of(place, principal, &q.subjects)) < 0)
		return r;
	/* Whatever groups they are in, no role is theirs. */
	if (principal_is_outside(q.subjects->kind))
		return E_DENIED;
	if ((r = grant_on(place, &q, rule, place->core->org, &grant)) < 0)
		return r;
	take_grant(&q, &grant, ret_proof);
	return grant.row != 0 ? 0 : E_DENIED;
}

static int
make_use(struct place *place, const struct question *q, uint64_t app,
    struct decision **ret_decision)
{
	const struct rule *rule = rule_of(KIND_APP, q->relation);
	struct decision *d;
	struct given grant;
	int r = grant_on(place, q, rule, app, &grant);

	if (r < 0)
		return r;
	d = new_decision(place, q, app, &(struct up){.parent = 0}, NULL);
	if (d == NULL)
		return E_NOMEM;
	d->n_way = 0;
	d->n_grant = rows_of(q, &grant, d->rows);
	d->expires = grant.expires;
	*ret_decision = d;
	return 0;
}

static int
on_app(struct place *place, uint64_t principal, unsigned app,
    struct proof *ret_proof)
{
	struct question q = {.principal = principal, .relation = RELATION_USE};
	uint64_t object = place->core->apps[app];
	uint64_t key = key_of(principal, RELATION_USE, object);
	struct decision *d = map_get(&place->decisions.entries, key);
	int r;

	*ret_proof = (struct proof){.n_own = 0};
	if (d == NULL || d->principal != principal || d->folder != object ||
	    d->relation != RELATION_USE || !still_holds(place, d)) {
		if ((r = subjects_of(place, principal, &q.subjects)) < 0 ||
		    (r = make_use(place, &q, object, &d)) < 0)
			return r;
		if ((r = remember(&place->decisions, key, d)) < 0) {
			mem_free(d);
			return r;
		}
	}
	place->since = MIN(place->since, d->at);
	if (d->n_grant == 0)
		return E_DENIED;
	memcpy(ret_proof->own, d->rows, d->n_grant * sizeof(d->rows[0]));
	ret_proof->n_own = ret_proof->n_grant = d->n_grant;
	ret_proof->grant = d->rows[0];
	ret_proof->expires = d->expires;
	return 0;
}

int
decide_app(struct place *place, uint64_t principal, unsigned app,
    struct proof *ret_proof)
{
	int r = on_app(place, principal, app, ret_proof);

	if (!must_look_again(place, r))
		return r;
	place->fresh = true;
	r = on_app(place, principal, app, ret_proof);
	place->fresh = false;
	return r;
}

int
decide_org(struct place *place, uint64_t principal, unsigned relation,
    struct proof *ret_proof)
{
	int r = on_org(place, principal, relation, ret_proof);

	if (!must_look_again(place, r))
		return r;
	place->fresh = true;
	r = on_org(place, principal, relation, ret_proof);
	place->fresh = false;
	return r;
}

static int
in_unit(struct place *place, uint64_t principal, unsigned relation,
    uint64_t unit, struct proof *ret_proof, uint64_t *ret_in)
{
	const struct rule *rule = rule_of(KIND_UNIT, relation);
	struct question q = {.principal = principal, .relation = relation};
	struct given grant = {.row = 0};
	uint64_t way[UNIT_DEPTH_MAX];
	size_t n = 0;
	int r = rule == NULL ? E_DENIED
	                     : subjects_of(place, principal, &q.subjects);

	*ret_proof = (struct proof){.n_own = 0};
	if (r >= 0 && principal_is_outside(q.subjects->kind))
		return E_DENIED;
	while (r >= 0 && unit != 0 && grant.row == 0 && n < UNIT_DEPTH_MAX) {
		struct stmt *stmt = db_stmt(place->db, SQL_UNIT_UP);

		way[n++] = unit;
		if ((r = grant_on(place, &q, rule, unit, &grant)) < 0)
			return r;
		stmt_u64(stmt, 1, unit);
		if ((r = stmt_step(stmt)) == 0)
			return E_DENIED; /* it has ended */
		unit = r > 0 ? stmt_col_u64(stmt, 0) : 0;
		stmt_done(stmt);
	}
	if (r < 0)
		return r;
	if (grant.row == 0)
		return E_DENIED;
	take_grant(&q, &grant, ret_proof);
	memcpy(ret_proof->own + ret_proof->n_own, way, n * sizeof(way[0]));
	ret_proof->n_own += n;
	*ret_in = way[n - 1];
	return 0;
}

int
decide_unit(struct place *place, uint64_t principal, unsigned relation,
    uint64_t unit, struct proof *ret_proof, uint64_t *ret_in)
{
	int r = in_unit(place, principal, relation, unit, ret_proof, ret_in);

	if (!must_look_again(place, r))
		return r;
	place->fresh = true;
	r = in_unit(place, principal, relation, unit, ret_proof, ret_in);
	place->fresh = false;
	return r;
}

uint64_t
decide_by(enum kind kind, unsigned relation, bool *ret_inherits)
{
	const struct rule *rule = rule_of(kind, relation);

	*ret_inherits = rule != NULL && rule->inherits;
	return rule != NULL ? rule->by : 0;
}

const uint64_t *
decide_memberships(const struct proof *proof, size_t *ret_n)
{
	bool own = proof->n_own > 0 && proof->own[0] == proof->grant;

	*ret_n = proof->n_grant - 1;
	return own ? proof->own + 1 : proof->tail + proof->n_tail - *ret_n;
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
