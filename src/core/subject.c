#include "core/subject.h"

#include "core/core.h"
#include "core/place.h"

enum { FIRST = 8 };

/* Room for one more. */
static int
grow(struct subjects **subjects)
{
	struct subjects *s = *subjects, *grown;
	uint32_t cap = s != NULL ? s->cap * 2 : FIRST;

	if (s != NULL && s->n < s->cap)
		return 0;
	grown = mem_alloc(sizeof(*grown) + cap * sizeof(grown->list[0]));
	if (grown == NULL)
		return E_NOMEM;
	if (s != NULL)
		memcpy(grown, s, sizeof(*s) + s->n * sizeof(s->list[0]));
	grown->cap = cap;
	mem_free(s);
	*subjects = grown;
	return 0;
}

uint32_t
subjects_find(const struct subjects *subjects, uint64_t id)
{
	uint32_t i = 0;

	while (i < subjects->n && subjects->list[i].id != id)
		i++;
	return i;
}

/* One is in a group: of several ways there the one that lasts longest. */
static int
add(struct subjects **subjects, uint64_t group, const struct subject *by)
{
	struct subjects *s = *subjects;
	uint32_t i = subjects_find(s, group);
	int r;

	if (i < s->n) {
		struct subject *known = &s->list[i];

		if (!known->seen && lasts_longer(by->expires, known->expires))
			*known = *by;
		return 0;
	}
	if (s->n == SUBJECTS_MAX)
		return 0;
	if ((r = grow(subjects)) < 0)
		return r;
	s = *subjects;
	s->list[s->n++] = *by;
	return 0;
}

/* The groups that one of the list is in itself. */
static int
expand(struct place *place, struct subjects **subjects, uint32_t at)
{
	struct subject from = (*subjects)->list[at];
	struct stmt *stmt = db_stmt(place->db, SQL_MEMBER_OF);
	int r;

	stmt_u64(stmt, 1, from.id);
	while ((r = stmt_step(stmt)) > 0) {
		int64_t expires = stmt_col_i64(stmt, 2);
		struct subject group = {.id = stmt_col_u64(stmt, 1),
		    .member = stmt_col_u64(stmt, 0),
		    .below = at,
		    .depth = from.depth + 1,
		    .expires = sooner(from.expires, expires)};
		int e;

		if (expires != 0 && place->now >= expires)
			continue;
		(*subjects)->expires = sooner((*subjects)->expires, expires);
		if ((e = add(subjects, group.id, &group)) < 0) {
			stmt_done(stmt);
			return e;
		}
	}
	return r;
}

/* The one to go on with: what lasts longest, so that no better way comes. */
static uint32_t
next(const struct subjects *s)
{
	uint32_t best = s->n;

	for (uint32_t i = 0; i < s->n; i++) {
		const struct subject *one = &s->list[i];

		if (!one->seen && one->depth < GROUP_DEPTH_MAX &&
		    (best == s->n ||
			lasts_longer(one->expires, s->list[best].expires)))
			best = i;
	}
	return best;
}

/*
 * The group that all of a kind are in without a row: of everyone, or of those
 * from outside. 0: none.
 */
static uint64_t
standing_group(const struct core *core, unsigned kind)
{
	if (principal_is_outside(kind))
		return core->guests;
	return kind != PRINCIPAL_KIND_UNSET && kind != PRINCIPAL_GROUP
	           ? core->everyone
	           : 0;
}

/* Which kind somebody is, and the group that they are in by that. */
static int
add_standing(struct place *place, uint64_t principal, struct subjects *s)
{
	struct stmt *stmt = db_stmt(place->db, SQL_PRINCIPAL_KIND);
	uint64_t group;
	int r;

	stmt_u64(stmt, 1, principal);
	if ((r = stmt_step(stmt)) <= 0)
		return r;
	s->kind = (unsigned)stmt_col_u64(stmt, 0);
	stmt_done(stmt);
	group = standing_group(place->core, s->kind);
	if (group != 0)
		s->list[s->n++] = (struct subject){.id = group, .depth = 1};
	return 0;
}

static int
load(struct place *place, uint64_t principal, struct subjects **ret)
{
	struct subjects *s = NULL;
	uint32_t i;
	int r = grow(&s);

	if (r < 0)
		return r;
	s->generation = place_memberships(place);
	s->at = place->at;
	s->list[0] = (struct subject){.id = principal};
	s->n = 1;
	r = add_standing(place, principal, s);
	while (r == 0 && (i = next(s)) < s->n) {
		s->list[i].seen = true;
		r = expand(place, &s, i);
	}
	if (r < 0) {
		mem_free(s);
		return r;
	}
	*ret = s;
	return 0;
}

int
subjects_of(
    struct place *place, uint64_t principal, const struct subjects **ret)
{
	struct map *cache = &place->decisions.subjects;
	struct subjects *s = map_get(cache, principal);
	int r;

	if (s != NULL && s->generation == place_memberships(place) &&
	    (!place->fresh || s->at == place->at) &&
	    (s->expires == 0 || place->now < s->expires)) {
		place->since = MIN(place->since, s->at);
		*ret = s;
		return 0;
	}
	if ((r = load(place, principal, &s)) < 0)
		return r;
	mem_free(map_take(cache, principal));
	if ((r = map_put(cache, principal, s)) < 0) {
		mem_free(s);
		return r;
	}
	*ret = s;
	return 0;
}

size_t
subjects_rows(const struct subjects *subjects, uint32_t i,
    uint64_t ret_rows[static SUBJECT_ROWS_MAX - 1])
{
	size_t n = 0;

	for (; i != 0; i = subjects->list[i].below) {
		ret_rows[n++] = subjects->list[i].id;
		if (subjects->list[i].member != 0)
			ret_rows[n++] = subjects->list[i].member;
	}
	return n;
}
