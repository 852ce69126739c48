/*
 * canary.plant, canary.list, canary.end: people whom nobody is, each perhaps
 * with a file that nobody needs. Nobody has business with them; who touches one
 * raises an alert (core/alert.h).
 *
 * To all but who may list them they are people and files like any others, whom
 * nobody has invited yet.
 */
#include <sodium.h>

#include "base/buf.h"
#include "core/apps/access/access.h"
#include "core/apps/files/files.h"
#include "core/core.h"

enum {
	CANARIES_PAGE = 100,
	CONTENT_MAX = 2048,
	/* How old the file says that it is. */
	DAYS_OLD = 40,
	DAYS_OLDER = 700,
};

/* ---- what is in the file
 * ---------------------------------------------------------- */

static void
put_random(struct buf *buf, const char *alphabet, size_t n)
{
	uint32_t letters = (uint32_t)strlen(alphabet);

	while (n-- > 0)
		buf_put_u8(
		    buf, (uint8_t)alphabet[randombytes_uniform(letters)]);
}

/* Such notes as people keep. None of it is good for anything. */
static int
make_content(struct run *run, struct slice *ret_content)
{
	static const char *const what[] = {"Current account", "Savings",
	    "Company card", "Tax office", "Payroll", "Old mail server", "VPN",
	    "Router", "Backup server", "Insurance", "Alarm system"};
	static const char digits[] = "0123456789";
	static const char letters[] = "abcdefghkmnpqrstuvwxyz"
				      "ABCDEFGHKLMNPRSTUVWXYZ23456789!-_.";
	size_t first = randombytes_uniform(ARRAY_SIZE(what));
	size_t n = 4 + randombytes_uniform(4);
	struct buf text = BUF(CONTENT_MAX);
	int r;

	for (size_t i = 0; i < n; i++) {
		buf_put_str(&text, what[(first + i) % ARRAY_SIZE(what)]);
		buf_put_str(&text, ":  no. ");
		put_random(&text, digits, 7 + randombytes_uniform(4));
		buf_put_str(&text, "  PIN ");
		put_random(&text, digits, 4);
		buf_put_str(&text, "  password ");
		put_random(&text, letters, 9 + randombytes_uniform(6));
		buf_put_u8(&text, '\n');
	}
	r = text.error;
	*ret_content = run_copy(run, buf_slice(&text));
	buf_free(&text);
	return r < 0 ? r : ret_content->p != NULL ? 0 : E_NOMEM;
}

/* ---- making
 * ------------------------------------------------------------------ */

static int
set_canary(struct run *run, enum sql sql, uint64_t row, uint64_t value)
{
	struct stmt *stmt = db_stmt(run->place->db, sql);

	stmt_u64(stmt, 1, row);
	stmt_u64(stmt, 2, value);
	return stmt_run(stmt);
}

static int
put_file(struct run *run, const struct principal_row *whose, struct slice name,
    uint64_t *ret_file)
{
	int64_t days = DAYS_OLD + (int64_t)randombytes_uniform(DAYS_OLDER);
	struct files_bytes bytes = {.by = whose->id};
	struct files_new file = {.kind = KIND_FILE,
	    .parent = whose->home,
	    .space = whose->id,
	    .name = name,
	    .type = SLICE("text/plain"),
	    .modified = run->place->now - days * ACCESS_DAY_MS};
	int r;

	if ((r = node_key(run->place, name, &file.key)) < 0 ||
	    (r = make_content(run, &bytes.content)) < 0)
		return r;
	bytes.size = file.size = bytes.content.n;
	bytes.digest = sha256(bytes.content);
	if ((r = run_make(run, KIND_FILE, &file.ref)) < 0 ||
	    (r = run_make(run, KIND_EDGE, &file.edge)) < 0 ||
	    (r = files_put_version(run, file.ref, file.type, file.modified,
		 &bytes, &file.version)) < 0 ||
	    (r = files_put_node(run, &file)) < 0 ||
	    (r = set_canary(run, SQL_NODE_SET_CANARY, file.ref, whose->id)) <
		0 ||
	    (r = run_text(run, FACT_PATH, whose->id, name)) < 0)
		return r;
	*ret_file = file.ref;
	return files_changed(run, file.space, KIND_FILE, file.ref,
	    FILES_CREATED, (int64_t)file.size);
}

int
access_plant_canary(struct run *run, const struct access_canary *canary,
    uint64_t *ret_principal, uint64_t *ret_file)
{
	struct principal_row row;
	int r = access_make_principal(run, PRINCIPAL_PERSON, canary->name,
	    canary->name_field, canary->login, &row);

	if (r == 0 && canary->login.n > 0)
		r = run_text(run, canary->login_field, row.id, canary->login);
	if (r == 0)
		r = set_canary(
		    run, SQL_PRINCIPAL_SET_CANARY, row.id, run->sequence);
	if (r < 0)
		return r;
	*ret_principal = row.id;
	*ret_file = 0;
	return canary->file.n > 0 ? put_file(run, &row, canary->file, ret_file)
	                          : 0;
}

int
canary_plant_check(struct run *run)
{
	const struct canary_plant *args = RUN_ARGS(run, canary_plant);
	struct principal_row reader;
	struct slice key;
	uint64_t other;
	int r = node_key(run->place, args->name, &key);

	if (r < 0 || (args->has_file &&
			 (r = node_key(run->place, args->file, &key)) < 0))
		return r;
	/* A right that nobody could find is none. */
	if (args->has_reader && !args->has_file)
		return E_INVALID;
	if (args->has_reader &&
	    (r = access_live_principal(run, args->reader.n, &reader)) < 0)
		return r;
	if (!args->has_login)
		return 0;
	if ((r = access_login_key(run, args->login, &key)) < 0)
		return r;
	r = access_find_login(run, key, &other);
	return r == 0 ? E_EXISTS : r == E_NOT_FOUND ? 0 : r;
}

int
canary_plant_apply(struct run *run)
{
	const struct canary_plant *args = RUN_ARGS(run, canary_plant);
	struct canary_planted *result = RUN_RESULT(run, canary_planted);
	struct access_canary canary = {.name = args->name,
	    .name_field = 1,
	    .login_field = 2,
	    .login = args->has_login ? args->login : SLICE(""),
	    .file = args->has_file ? args->file : SLICE("")};
	uint64_t given = BIT(RELATION_OWNER), principal, file, grant;
	int r = access_plant_canary(run, &canary, &principal, &file);

	if (r < 0)
		return r;
	SHAPE_SET(result, principal, ((struct id){principal, KIND_PRINCIPAL}));
	if (file != 0)
		SHAPE_SET(result, file, ((struct id){file, KIND_FILE}));
	if (args->has_reader) {
		r = access_make_grant(run, KIND_FILE, file, RELATION_READ,
		    args->reader.n, 0, &grant);
		if (r < 0)
			return r;
		SHAPE_SET(result, grant, ((struct id){grant, KIND_GRANT}));
		given |= BIT(RELATION_READ);
	}
	return run_number(run, FACT_RELATIONS, (int64_t)given);
}

/* ---- listing
 * ------------------------------------------------------------------- */

static int
describe(struct run *run, const struct principal_row *row, struct canary *c)
{
	struct files_author author;
	struct node_row file;
	int r;

	SHAPE_SET(c, principal, ((struct id){row->id, KIND_PRINCIPAL}));
	SHAPE_SET(c, name, row->name);
	SHAPE_SET(c, created, row->created);
	if (row->login.n > 0)
		SHAPE_SET(c, login, row->login);
	if (row->ended != 0)
		SHAPE_SET(c, ended, true);
	if (row->canary != ref_sequence(row->id)) {
		if ((r = files_author(run, row->canary, &author)) < 0)
			return r;
		SHAPE_SET(c, alert, row->canary);
		SHAPE_SET(c, touched, author.time);
	}
	r = node_of_canary(run->place, row->id, &file);
	if (r < 0)
		return r == E_NOT_FOUND ? 0 : r;
	SHAPE_SET(c, file, ((struct id){file.id, KIND_FILE}));
	SHAPE_SET(c, file_name, file.name);
	return 0;
}

/* The rows first: what is told of each needs other statements. */
static int
load_rows(struct run *run, uint64_t after, size_t limit,
    struct principal_row *rows, size_t *ret_n)
{
	struct stmt *stmt = db_stmt(run->place->db, SQL_CANARY_LIST);
	size_t n = 0;
	int r;

	stmt_u64(stmt, 1, after);
	stmt_u64(stmt, 2, limit);
	while ((r = stmt_step(stmt)) > 0)
		rows[n++].id = stmt_col_u64(stmt, 0);
	*ret_n = n;
	for (size_t i = 0; i < n && r == 0; i++)
		r = access_principal(run, rows[i].id, &rows[i]);
	return r == E_NOT_FOUND ? E_CORRUPT : r;
}

int
canary_list_read(struct run *run)
{
	const struct canary_list *args = RUN_ARGS(run, canary_list);
	struct canary_page *result = RUN_RESULT(run, canary_page);
	size_t limit = args->has_limit ? MAX(args->limit, 1) : CANARIES_PAGE;
	struct canary *list = arena_alloc(run->arena, limit * sizeof(*list));
	struct principal_row *rows =
	    arena_alloc(run->arena, (limit + 1) * sizeof(*rows));
	size_t n;
	int r;

	if (list == NULL || rows == NULL)
		return E_NOMEM;
	r = load_rows(
	    run, args->has_after ? args->after.n : 0, limit + 1, rows, &n);
	for (size_t i = 0; i < MIN(n, limit) && r == 0; i++)
		r = describe(run, &rows[i], &list[i]);
	if (r < 0)
		return r;
	result->has_list = true;
	result->list.v = list;
	result->list.n = MIN(n, limit);
	SHAPE_SET(result, more, n > limit);
	return run_number(run, FACT_COUNT, (int64_t)result->list.n);
}

/* ---- ends
 * ------------------------------------------------------------------------ */

struct end_plan {
	uint64_t principal;
	bool lives, has_file;
	struct node_row file;
	uint64_t *grants;
	size_t n;
};

/* The rights on its file, with whatever others the file has come to bear. */
static int
find_grants(struct run *run, struct end_plan *plan)
{
	struct stmt *stmt = db_stmt(run->place->db, SQL_TUPLE_ON);
	int r;

	plan->grants =
	    arena_alloc(run->arena, OP_OBJECTS_MAX * sizeof(*plan->grants));
	if (plan->grants == NULL)
		return E_NOMEM;
	stmt_u64(stmt, 1, plan->file.id);
	while ((r = stmt_step(stmt)) > 0)
		plan->grants[plan->n++] = stmt_col_u64(stmt, 0);
	return r;
}

int
canary_end_check(struct run *run)
{
	struct end_plan *plan = RUN_PLAN(run, struct end_plan);
	struct principal_row row;
	int r = access_principal(
	    run, RUN_ARGS(run, principal_ref)->principal.n, &row);

	if (r < 0)
		return r;
	if (row.canary == 0)
		return E_NOT_FOUND;
	*plan = (struct end_plan){.principal = row.id, .lives = row.ended == 0};
	/* Whoever gave it a role may have given theirs up since. */
	if (plan->lives && (r = access_check_last(run, 0, row.id)) < 0)
		return r;
	r = node_of_canary(run->place, row.id, &plan->file);
	if (r < 0)
		return r == E_NOT_FOUND ? 0 : r;
	plan->has_file = plan->file.ended == 0;
	if ((r = find_grants(run, plan)) < 0)
		return r;
	return run_check_room(run, plan->n + 3);
}

int
canary_end_apply(struct run *run)
{
	const struct end_plan *plan = RUN_PLAN(run, struct end_plan);
	struct stmt *stmt;
	int r = run_number(run, FACT_TARGET, (int64_t)plan->principal);

	if (r == 0 && plan->lives)
		r = access_end_principal(run, plan->principal);
	for (size_t i = 0; i < plan->n && r == 0; i++)
		r = access_end_grant(run, plan->grants[i]);
	if (r == 0 && plan->has_file)
		r = files_purge(run, &plan->file);
	if (r < 0 || (r = set_canary(run, SQL_PRINCIPAL_SET_CANARY,
			  plan->principal, 0)) < 0)
		return r;
	stmt = db_stmt(run->place->db, SQL_NODE_NO_CANARY);
	stmt_u64(stmt, 1, plan->principal);
	return stmt_run(stmt);
}
