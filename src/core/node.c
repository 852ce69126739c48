#include "core/node.h"

#include <utf8proc.h>

#include "base/mem.h"
#include "core/place.h"

/* The columns of SQL_NODE_*, in order. */
static int
take_row(struct place *place, struct stmt *stmt, struct node_row *ret_node)
{
	struct node_row node = {
	    .id = stmt_col_u64(stmt, 0),
	    .kind = (enum kind)stmt_col_u64(stmt, 1),
	    .role = (enum node_role)stmt_col_u64(stmt, 2),
	    .parent = stmt_col_u64(stmt, 3),
	    .edge = stmt_col_u64(stmt, 4),
	    .name = arena_copy(place->arena, stmt_col_bytes(stmt, 5)),
	    .key = arena_copy(place->arena, stmt_col_bytes(stmt, 6)),
	    .named = stmt_col_u64(stmt, 7),
	    .space = stmt_col_u64(stmt, 8),
	    .version = stmt_col_u64(stmt, 9),
	    .size = stmt_col_u64(stmt, 10),
	    .type = arena_copy(place->arena, stmt_col_bytes(stmt, 11)),
	    .created = stmt_col_i64(stmt, 12),
	    .modified = stmt_col_i64(stmt, 13),
	    .changed = stmt_col_u64(stmt, 14),
	    .was_parent = stmt_col_u64(stmt, 15),
	    .was_name = arena_copy(place->arena, stmt_col_bytes(stmt, 16)),
	    .ended = stmt_col_u64(stmt, 17),
	    .canary = stmt_col_u64(stmt, 18),
	};

	if (node.name.p == NULL || node.key.p == NULL || node.type.p == NULL ||
	    node.was_name.p == NULL)
		return E_NOMEM;
	*ret_node = node;
	return 0;
}

static int
one_row(struct place *place, struct stmt *stmt, struct node_row *ret_node)
{
	int r = stmt_step(stmt);

	if (r <= 0)
		return r < 0 ? r : E_NOT_FOUND;
	r = take_row(place, stmt, ret_node);
	stmt_done(stmt);
	return r;
}

int
node_load(struct place *place, uint64_t id, struct node_row *ret_node)
{
	struct stmt *stmt = db_stmt(place->db, SQL_NODE_GET);

	stmt_u64(stmt, 1, id);
	return one_row(place, stmt, ret_node);
}

int
node_of_canary(
    struct place *place, uint64_t principal, struct node_row *ret_node)
{
	struct stmt *stmt = db_stmt(place->db, SQL_NODE_OF_CANARY);

	stmt_u64(stmt, 1, principal);
	return one_row(place, stmt, ret_node);
}

int
node_find(struct place *place, uint64_t folder, struct slice key,
    struct node_row *ret_node)
{
	struct stmt *stmt = db_stmt(place->db, SQL_NODE_FIND);

	stmt_u64(stmt, 1, folder);
	stmt_bytes(stmt, 2, key);
	return one_row(place, stmt, ret_node);
}

int
node_list(
    struct place *place, uint64_t folder, struct slice after, size_t limit)
{
	struct stmt *stmt = db_stmt(place->db, SQL_NODE_LIST);

	stmt_u64(stmt, 1, folder);
	stmt_bytes(stmt, 2, after);
	stmt_u64(stmt, 3, limit);
	return 0;
}

/* The statement is one that has begun: preparing it again changes nothing. */
static int
next_row(struct place *place, enum sql sql, struct node_row *ret_node)
{
	struct stmt *stmt = db_stmt(place->db, sql);
	int r = stmt_step(stmt);

	if (r <= 0)
		return r;
	r = take_row(place, stmt, ret_node);
	if (r < 0)
		stmt_done(stmt);
	return r < 0 ? r : 1;
}

int
node_list_next(struct place *place, struct node_row *ret_node)
{
	return next_row(place, SQL_NODE_LIST, ret_node);
}

int
node_trashed(struct place *place, uint64_t trash, uint64_t before, size_t limit)
{
	struct stmt *stmt = db_stmt(place->db, SQL_NODE_TRASHED);

	stmt_u64(stmt, 1, trash);
	stmt_u64(stmt, 2, before);
	stmt_u64(stmt, 3, limit);
	return 0;
}

int
node_trashed_next(struct place *place, struct node_row *ret_node)
{
	return next_row(place, SQL_NODE_TRASHED, ret_node);
}

void
node_list_done(struct place *place)
{
	stmt_done(db_stmt(place->db, SQL_NODE_LIST));
}

static bool
is_name(struct slice name)
{
	if (name.n == 0 || name.n > NODE_NAME_MAX || !slice_is_utf8(name) ||
	    slice_eq(name, SLICE(".")) || slice_eq(name, SLICE("..")))
		return false;
	for (size_t i = 0; i < name.n; i++) {
		uint8_t c = name.p[i];

		if (c < 0x20 || c == 0x7f || c == '/')
			return false;
		/* U+0080 to U+009F are control characters too. */
		if (c == 0xc2 && name.p[i + 1] < 0xa0)
			return false;
	}
	return true;
}

int
node_key(struct place *place, struct slice name, struct slice *ret_key)
{
	utf8proc_uint8_t *nfc = NULL;
	utf8proc_ssize_t n;
	bool ascii = true;

	if (!is_name(name))
		return E_NAME;
	for (size_t i = 0; i < name.n; i++)
		ascii = ascii && name.p[i] < 0x80;
	if (ascii) {
		*ret_key = name;
		return 0;
	}
	n = utf8proc_map(name.p, (utf8proc_ssize_t)name.n, &nfc,
	    UTF8PROC_STABLE | UTF8PROC_COMPOSE);
	if (n < 0)
		return n == UTF8PROC_ERROR_NOMEM ? E_NOMEM : E_NAME;
	*ret_key = arena_copy(place->arena, slice_of(nfc, (size_t)n));
	mem_free(nfc);
	return ret_key->p != NULL ? 0 : E_NOMEM;
}

int
node_walk(struct place *place, uint64_t folder, struct slice path,
    struct node_row *ret_node)
{
	struct node_row node;
	int r = node_load(place, folder, &node);

	while (r == 0 && path.n > 0) {
		struct slice name, key;

		(void)slice_cut(&path, '/', &name);
		if (name.n == 0)
			continue; /* a slash too many */
		if (node.kind != KIND_FOLDER)
			return E_NOT_FOUND;
		r = node_key(place, name, &key);
		if (r == 0)
			r = node_find(place, node.id, key, &node);
	}
	if (r < 0)
		return r == E_NAME ? E_NOT_FOUND : r;
	*ret_node = node;
	return 0;
}
