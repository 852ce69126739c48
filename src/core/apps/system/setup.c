/*
 * setup.progress: what of setting a server up is done, told from what is the
 * case, so that whoever does it may stop and go on at any time. It looks at a
 * bounded number of rows, however many people there are.
 */
#include <stdlib.h>

#include "core/apps/access/access.h"
#include "core/apps/log/mirrors.h"
#include "core/apps/system/bar.h"
#include "core/core.h"
#include "core/index_private.h"
#include "core/record.h"

enum {
	COUNT_MAX = 1000, /* at least so many */
	GROUPS_MAX = 200, /* that have the role */
	NOTES_MAX = 100,  /* of tools, that are looked through for a backup */
};

/* ---- administrators ------------------------------------------------------ */

struct holders {
	uint64_t people[COUNT_MAX], groups[GROUPS_MAX];
	size_t n_people, n_groups;
};

static void
add_group(struct holders *h, uint64_t id)
{
	for (size_t i = 0; i < h->n_groups; i++)
		if (h->groups[i] == id)
			return;
	if (h->n_groups < GROUPS_MAX)
		h->groups[h->n_groups++] = id;
}

static void
add_person(struct holders *h, uint64_t id)
{
	if (h->n_people < COUNT_MAX)
		h->people[h->n_people++] = id;
}

/* Who has the role by a grant of their own. */
static int
find_direct(struct run *run, struct holders *h)
{
	struct stmt *stmt = db_stmt(run->place->db, SQL_TUPLE_WHOM);
	int r;

	stmt_u64(stmt, 1, run->place->core->org);
	while ((r = stmt_step(stmt)) > 0) {
		int64_t expires = stmt_col_i64(stmt, 3);

		if (stmt_col_u64(stmt, 2) != RELATION_USER_ADMIN ||
		    (expires != 0 && expires <= run->place->now))
			continue;
		if (stmt_col_u64(stmt, 4) == PRINCIPAL_GROUP)
			add_group(h, stmt_col_u64(stmt, 1));
		else if (stmt_col_u64(stmt, 4) == PRINCIPAL_PERSON)
			add_person(h, stmt_col_u64(stmt, 1));
	}
	return r;
}

/* Who is in a group, and which groups are. */
static int
find_in(struct run *run, struct holders *h, uint64_t group)
{
	struct stmt *stmt = db_stmt(run->place->db, SQL_GROUPS_IN);
	int r;

	stmt_u64(stmt, 1, group);
	while ((r = stmt_step(stmt)) > 0)
		if (stmt_col_i64(stmt, 2) == 0 ||
		    stmt_col_i64(stmt, 2) > run->place->now)
			add_group(h, stmt_col_u64(stmt, 1));
	if (r < 0)
		return r;
	stmt = db_stmt(run->place->db, SQL_PEOPLE_IN);
	stmt_u64(stmt, 1, group);
	stmt_u64(stmt, 2, 0);
	stmt_u64(stmt, 3, INT64_MAX);
	stmt_u64(stmt, 4, COUNT_MAX);
	stmt_u64(stmt, 5, 1);
	while ((r = stmt_step(stmt)) > 0)
		if (stmt_col_i64(stmt, 1) == 0 ||
		    stmt_col_i64(stmt, 1) > run->place->now)
			add_person(h, stmt_col_u64(stmt, 0));
	return r;
}

static int
by_id(const void *a, const void *b)
{
	uint64_t left = *(const uint64_t *)a, right = *(const uint64_t *)b;

	return (left > right) - (left < right);
}

/* A person who may act, and has a passkey: 1 or 0. */
static int
has_passkey(struct run *run, uint64_t id)
{
	struct principal_row row;
	struct stmt *stmt;
	int r = access_principal(run, id, &row);

	if (r < 0)
		return r == E_NOT_FOUND ? E_CORRUPT : r;
	if (row.kind != PRINCIPAL_PERSON || row.ended != 0 ||
	    row.suspended != 0)
		return 0;
	stmt = db_stmt(run->place->db, SQL_CREDENTIAL_COUNT);
	stmt_u64(stmt, 1, id);
	stmt_u64(stmt, 2, CREDENTIAL_PASSKEY);
	if ((r = stmt_step(stmt)) > 0)
		r = stmt_col_u64(stmt, 0) > 0;
	stmt_done(stmt);
	return r;
}

static int
count_administrators(struct run *run, struct setup_progress *result)
{
	struct holders *h = arena_alloc(run->arena, sizeof(*h));
	uint64_t n = 0;
	int r;

	if (h == NULL)
		return E_NOMEM;
	r = find_direct(run, h);
	for (size_t i = 0; i < h->n_groups && r >= 0; i++)
		r = find_in(run, h, h->groups[i]);
	if (r < 0)
		return r;
	qsort(h->people, h->n_people, sizeof(h->people[0]), by_id);
	for (size_t i = 0; i < h->n_people; i++) {
		if (i > 0 && h->people[i] == h->people[i - 1])
			continue;
		if ((r = has_passkey(run, h->people[i])) < 0)
			return r;
		n += (uint64_t)r;
	}
	SHAPE_SET(result, administrators, n);
	return 0;
}

/* ---- people, groups ------------------------------------------------------ */

static int
count_people(struct run *run, struct setup_progress *result)
{
	struct stmt *stmt = db_stmt(run->place->db, SQL_SETUP_PEOPLE);
	int r;

	stmt_u64(stmt, 1, COUNT_MAX);
	if ((r = stmt_step(stmt)) < 0)
		return r;
	SHAPE_SET(result, people, stmt_col_u64(stmt, 0));
	SHAPE_SET(result, invited, stmt_col_u64(stmt, 1));
	stmt_done(stmt);
	return 0;
}

static int
count_groups(struct run *run, struct setup_progress *result)
{
	struct stmt *stmt = db_stmt(run->place->db, SQL_SETUP_GROUPS);
	int r;

	stmt_u64(stmt, 1, run->place->core->everyone);
	stmt_u64(stmt, 2, run->place->core->guests);
	stmt_u64(stmt, 3, COUNT_MAX);
	if ((r = stmt_step(stmt)) < 0)
		return r;
	SHAPE_SET(result, groups, stmt_col_u64(stmt, 0));
	stmt_done(stmt);
	return 0;
}

/* ---- what tools left on the record --------------------------------------- */

/* The note of a backup: when it was recorded; else 0. */
static int
backup_time(struct run *run, uint64_t sequence, int64_t *ret_time)
{
	struct arena arena = {NULL};
	struct leaf leaf;
	int r = record_read(run->place->db, &arena, sequence, &leaf);

	*ret_time = 0;
	for (size_t i = 0;
	     r == 0 && leaf.n_objects > 0 && i < leaf.objects[0].n_bytes; i++) {
		const struct leaf_bytes *b = &leaf.objects[0].bytes[i];

		if (b->key == FACT_NOTE &&
		    slice_starts(b->value, SLICE("backup: ")))
			*ret_time = leaf.time;
	}
	arena_free(&arena);
	/* The index may know of records behind this snapshot. */
	return r == E_NOT_FOUND ? 0 : r;
}

static int
find_backup(struct run *run, struct setup_progress *result)
{
	struct db *index = index_of(run->place);
	uint64_t numbers[NOTES_MAX];
	struct stmt *stmt;
	size_t n = 0;
	int64_t time = 0;
	int r;

	if (index == NULL)
		return 0;
	stmt = db_stmt(index, SQL_TERM_BACKWARD);
	stmt_u64(stmt, 1, TERM_OPERATION);
	stmt_u64(stmt, 2, OP_HOST_NOTE);
	stmt_u64(stmt, 3, 1);
	stmt_u64(stmt, 4, INT64_MAX);
	stmt_u64(stmt, 5, NOTES_MAX);
	while ((r = stmt_step(stmt)) > 0)
		numbers[n++] = stmt_col_u64(stmt, 0);
	for (size_t i = 0; i < n && r == 0 && time == 0; i++)
		r = backup_time(run, numbers[i], &time);
	if (r == 0 && time != 0)
		SHAPE_SET(result, backup, time);
	return r;
}

static int
find_mirror(struct run *run, struct setup_progress *result)
{
	struct log_mirror *list =
	    arena_alloc(run->arena, MIRRORS_MAX * sizeof(*list));
	size_t n = 0;
	int r = list != NULL ? log_mirrors(run, list, &n) : E_NOMEM;

	if (r < 0)
		return r;
	if (n > 0)
		SHAPE_SET(result, mirror, list[0].time);
	SHAPE_SET(result, mirrored, n > 0 && list[0].live);
	return 0;
}

int
setup_progress_read(struct run *run)
{
	struct setup_progress *result = RUN_RESULT(run, setup_progress);
	struct core *core = run->place->core;
	const struct config *config = core_config(core);
	struct bar_shown bar;
	int r;

	SHAPE_SET(result, hostname, slice_str(config->hostname));
	SHAPE_SET(result, local, config_is_local(config));
	SHAPE_SET(result, certificate, config->tls_certificate[0] != '\0');
	SHAPE_SET(result, clock_suspect, core_time_is_suspect(&core->time));
	if ((r = count_administrators(run, result)) < 0 ||
	    (r = count_people(run, result)) < 0 ||
	    (r = count_groups(run, result)) < 0 ||
	    (r = find_backup(run, result)) < 0 ||
	    (r = find_mirror(run, result)) < 0 || (r = bar_last(run, &bar)) < 0)
		return r;
	if (bar.has_time) {
		SHAPE_SET(result, bar, bar.time);
		SHAPE_SET(result, bar_green, bar_is_green(&bar));
	}
	return 0;
}
