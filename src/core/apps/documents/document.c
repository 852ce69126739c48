/*
 * document.open, document.save, document.copy, and what the server records of
 * open documents. Which documents are open, and where, is the I/O thread's to
 * know (io_document.c); what these operations order it does once they are
 * durable.
 */
#include "core/apps/documents/document.h"

#include "core/apps/access/access.h"
#include "core/apps/files/files.h"
#include "core/blob.h"
#include "core/writer.h"
#include "kit/format.h"
#include "kit/rights.h"
#include "wire/cbor.h"

enum { PLACES_BYTES = 8192, NAME_IN_BYTES = 300 };

/* ---- opening ------------------------------------------------------------- */

static const struct {
	unsigned relation, right;
} relations[] = {
    {RELATION_READ, RIGHT_READ},
    {RELATION_EDIT, RIGHT_EDIT},
    {RELATION_SEE, RIGHT_SEE},
    {RELATION_TEXT, RIGHT_TEXT},
    {RELATION_COPY, RIGHT_COPY},
    {RELATION_PRINT, RIGHT_PRINT},
    {RELATION_EXPORT, RIGHT_EXPORT},
};

/* All that the caller may with it; the view ends where any of it does. */
static int
find_rights(struct run *run, const struct node_row *file, unsigned *ret_rights)
{
	unsigned rights = 0;
	struct proof proof;
	int r;

	for (size_t i = 0; i < ARRAY_SIZE(relations); i++) {
		/* Who may read the bytes may do all that can be done to see. */
		if (rights_hold(rights, relations[i].right))
			continue;
		r = run_may(run, relations[i].relation, file, &proof);
		if (r < 0)
			return r;
		if (r > 0)
			rights |= relations[i].right;
	}
	*ret_rights = rights;
	return 0;
}

static uint64_t
words_of(unsigned rights)
{
	uint64_t words = 0;

	for (size_t i = 0; i < ARRAY_SIZE(relations); i++)
		if (rights_hold(rights, relations[i].right))
			words |= BIT(relations[i].relation);
	return words;
}

int
document_open_read(struct run *run)
{
	struct document_view *result = RUN_RESULT(run, document_view);
	struct stream_plan *plan = &run->op_call->stream;
	const struct node_row *file = &run->on[0].node;
	const struct format_row *format =
	    format_row(format_of_name(file->name));
	struct principal_row person;
	unsigned rights;
	int r;

	if (file->kind != KIND_FILE || format == NULL ||
	    !(format->how & FORMAT_LOAD))
		return E_KIND;
	if ((r = find_rights(run, file, &rights)) < 0 ||
	    (r = access_principal(run, run->who.principal, &person)) < 0)
		return r;
	/* What can't be written in its own form is not changed. */
	if (!(format->how & FORMAT_SAVE) || run->who.read_only)
		rights &= ~(unsigned)RIGHT_EDIT;
	*plan = (struct stream_plan){.wanted = true,
	    .document = file->id,
	    .rights = rights,
	    .name = person.name};
	SHAPE_SET(result, file, ((struct id){file->id, KIND_FILE}));
	SHAPE_SET(result, name, file->name);
	SHAPE_SET(result, rights, words_of(rights));
	SHAPE_SET(result, version, ((struct id){file->version, KIND_VERSION}));
	return run_number(run, FACT_RIGHTS, (int64_t)words_of(rights));
}

/* ---- in another form -------------------------------------------------------
 */

_Static_assert((int)DOCUMENT_PDF == (int)FORMAT_PDF &&
		   (int)DOCUMENT_DOCX == (int)FORMAT_DOCX &&
		   (int)DOCUMENT_ODP == (int)FORMAT_ODP,
    "forms are recorded by their numbers");

/* The file's name, with another extension. */
static int
name_in(struct run *run, struct slice name, const struct format_row *format,
    struct slice *ret_name)
{
	struct buf buf = BUF(NAME_IN_BYTES);
	size_t n = name.n;

	while (n > 0 && name.p[n - 1] != '.')
		n--;
	buf_put_slice(&buf, slice_first(name, n));
	buf_put_str(&buf, format->extension);
	*ret_name =
	    buf.error == 0 ? run_copy(run, buf_slice(&buf)) : SLICE_NONE;
	buf_free(&buf);
	return ret_name->p != NULL ? 0 : E_NOMEM;
}

static int
plan_written(struct run *run, unsigned number, bool printed)
{
	struct document_written *result = RUN_RESULT(run, document_written);
	const struct node_row *file = &run->on[0].node;
	const struct format_row *from = format_row(format_of_name(file->name));
	const struct format_row *to = format_row(number);
	struct slice name;
	int r;

	if (file->kind != KIND_FILE || from == NULL ||
	    !(from->how & FORMAT_LOAD))
		return E_KIND;
	if (to == NULL || !(to->how & FORMAT_SAVE) ||
	    (to->kind != ENGINE_KIND_NONE && to->kind != from->kind))
		return E_INVALID;
	if ((r = name_in(run, file->name, to, &name)) < 0)
		return r;
	run->op_call->stream = (struct stream_plan){.wanted = true,
	    .document = file->id,
	    .format = number,
	    .printed = printed};
	SHAPE_SET(result, file, ((struct id){file->id, KIND_FILE}));
	SHAPE_SET(result, name, name);
	SHAPE_SET(result, type, slice_str(to->type));
	return 0;
}

int
document_export_read(struct run *run)
{
	return plan_written(run, RUN_ARGS(run, document_export)->format, false);
}

int
document_print_read(struct run *run)
{
	return plan_written(run, FORMAT_PDF, true);
}

int
document_source(
    struct db *db, uint64_t file, struct document_source *ret_source)
{
	struct stmt *stmt = db_stmt(db, SQL_DOCUMENT_SOURCE);
	int r;

	stmt_u64(stmt, 1, file);
	r = stmt_step(stmt);
	if (r <= 0)
		return r < 0 ? r : E_NOT_FOUND;
	*ret_source = (struct document_source){
	    .format = format_of_name(stmt_col_bytes(stmt, 0)),
	    .version = stmt_col_u64(stmt, 1),
	    .size = stmt_col_u64(stmt, 2),
	    .content = stmt_col_bytes(stmt, 3),
	    .place = stmt_col_bytes(stmt, 4),
	    .sums = stmt_col_bytes(stmt, 5),
	};
	return 0;
}

void
document_source_done(struct db *db)
{
	stmt_done(db_stmt(db, SQL_DOCUMENT_SOURCE));
}

/* ---- what is asked of one that is open ----------------------------------- */

int
document_save_check(struct run *run)
{
	return run->on[0].node.kind == KIND_FILE ? 0 : E_KIND;
}

int
document_save_apply(struct run *run)
{
	return writer_order(run->place->writer,
	    &(struct order){.type = ORDER_SAVE, .number = run->on[0].ref});
}

/* The view must be the caller's own, of that document. */
int
document_copy_check(struct run *run)
{
	const struct document_copy *args = RUN_ARGS(run, document_copy);
	struct stmt *stmt = db_stmt(run->place->db, SQL_STREAM_GET);
	bool own;
	int r;

	if (args->has_type && !slice_eq(args->type, SLICE("text/plain")) &&
	    !slice_eq(args->type, SLICE("text/html")))
		return E_INVALID;
	stmt_u64(stmt, 1, args->stream);
	r = stmt_step(stmt);
	if (r <= 0)
		return r < 0 ? r : E_NOT_FOUND;
	own = stmt_col_u64(stmt, 0) == OP_DOCUMENT_OPEN &&
	      stmt_col_u64(stmt, 2) == run->who.session &&
	      stmt_col_u64(stmt, 6) == run->on[0].ref;
	stmt_done(stmt);
	return own ? 0 : E_NOT_FOUND;
}

int
document_copy_apply(struct run *run)
{
	const struct document_copy *args = RUN_ARGS(run, document_copy);
	bool html = args->has_type && slice_eq(args->type, SLICE("text/html"));

	return writer_order(run->place->writer,
	    &(struct order){.type = ORDER_COPY,
		.number = args->stream,
		.bytes = html ? SLICE("text/html")
	                      : SLICE("text/plain;charset=utf-8")});
}

/* ---- what the server records --------------------------------------------- */

/* The file, into the leaf; ret_node tells whether it is still there. */
static int
tell_file(struct run *run, uint64_t file, struct node_row *ret_node)
{
	struct leaf_object *object = &run->draft->object;
	int r = node_load(run->place, file, ret_node);

	if (r < 0)
		return r;
	object->kind = KIND_FILE;
	object->ref = file;
	object->named = ret_node->named;
	return 0;
}

/* ---- what lies beside the versions ----------------------------------------
 */

int
document_editors(
    struct db *db, uint64_t file, struct document_editors *ret_editors)
{
	struct stmt *stmt = db_stmt(db, SQL_EDITOR_LIST);
	size_t n = 0;
	int r;

	stmt_u64(stmt, 1, file);
	stmt_u64(stmt, 2, DOCUMENT_VIEWS_MAX);
	while ((r = stmt_step(stmt)) > 0) {
		ret_editors->list[n].view = stmt_col_u64(stmt, 0);
		ret_editors->list[n++].principal = stmt_col_u64(stmt, 1);
	}
	ret_editors->n = n;
	return r;
}

int
document_find(
    struct db *db, uint64_t number, uint64_t *ret_file, uint64_t *ret_version)
{
	struct stmt *stmt = db_stmt(db, SQL_DOCUMENT_FIND);
	int r;

	stmt_u64(stmt, 1, number);
	if ((r = stmt_step(stmt)) > 0) {
		*ret_file = stmt_col_u64(stmt, 0);
		*ret_version = stmt_col_u64(stmt, 1);
	}
	stmt_done(stmt);
	return r;
}

int
document_next(
    struct db *db, uint64_t after, uint64_t *ret_file, uint64_t *ret_number)
{
	struct stmt *stmt = db_stmt(db, SQL_DOCUMENT_LIST);
	int r;

	stmt_u64(stmt, 1, after);
	if ((r = stmt_step(stmt)) > 0) {
		*ret_file = stmt_col_u64(stmt, 0);
		*ret_number = stmt_col_u64(stmt, 1);
	}
	stmt_done(stmt);
	return r;
}

/*
 * The row of an open document. What was kept of it stands in ret->stored, if
 * anything was. 1; 0: there is none; or an error.
 */
static int
load(struct run *run, uint64_t file, struct document_saved *ret)
{
	struct stmt *stmt = db_stmt(run->place->db, SQL_DOCUMENT_GET);
	struct stream_ending *stored = &ret->stored;
	struct slice place, digest, sums;
	int r;

	*ret = (struct document_saved){.file = file};
	stmt_u64(stmt, 1, file);
	if ((r = stmt_step(stmt)) <= 0)
		return r;
	ret->document = stmt_col_u64(stmt, 0);
	ret->version = stmt_col_u64(stmt, 1);
	place = stmt_col_bytes(stmt, 2);
	stored->bytes = stmt_col_u64(stmt, 3);
	digest = stmt_col_bytes(stmt, 4);
	sums = stmt_col_bytes(stmt, 5);
	stored->stored = place.n > 0 && place.n < sizeof(stored->place) &&
	                 digest.n == SHA256_BYTES && sums.n == SHA256_BYTES;
	if (stored->stored) {
		memcpy(stored->place, place.p, place.n);
		memcpy(stored->digest.b, digest.p, SHA256_BYTES);
		memcpy(stored->sums.b, sums.p, SHA256_BYTES);
	}
	stmt_done(stmt);
	return 1;
}

static int
run_one(struct run *run, enum sql sql, uint64_t a, uint64_t b)
{
	struct stmt *stmt = db_stmt(run->place->db, sql);

	stmt_u64(stmt, 1, a);
	if (b != 0)
		stmt_u64(stmt, 2, b);
	return stmt_run(stmt);
}

/* A version of what was stored, the current one of the file. */
static int
put_version(
    struct run *run, struct document_saved *saved, const struct node_row *node)
{
	const struct document_editors *editors = &saved->editors;
	struct files_bytes bytes = {.size = saved->stored.bytes,
	    .digest = saved->stored.digest,
	    .by = editors->n > 0 ? editors->list[editors->n - 1].principal
	                         : node->space};
	struct files_current next = {.file = node->id,
	    .folder = node->parent,
	    .space = node->space,
	    .size = bytes.size,
	    .type = node->type,
	    .modified = run->place->now};
	int r = blob_take(run, node->space, &saved->stored, &bytes.blob);

	if (r == 0)
		r = run_from(run, saved->version);
	for (size_t i = 0; i < editors->n && r == 0; i++)
		r = run_from(run, editors->list[i].view);
	if (r < 0 || (r = files_put_version(run, node->id, node->type,
			  next.modified, &bytes, &next.version)) < 0)
		return r;
	for (size_t i = 0; i < editors->n && r == 0; i++) {
		r = run_one(run, SQL_AUTHOR_PUT, next.version,
		    editors->list[i].principal);
		if (r == 0)
			r = run_one(run, SQL_EDITOR_FORGET, node->id,
			    editors->list[i].view);
	}
	saved->version = next.version;
	return r < 0 ? r : files_set_current(run, &next);
}

/* Of a file that has gone nothing is kept. */
static int
put_or_drop(
    struct run *run, struct document_saved *saved, const struct node_row *node)
{
	if (node->ended == 0)
		return put_version(run, saved, node);
	saved->version = 0;
	return blob_drop(run, saved->stored.place);
}

/*
 * The process of that number has ended, or, where it is 0, whichever there was:
 * what it kept and had not saved becomes a version.
 */
static int
recover(struct run *run, const struct node_row *node, uint64_t number)
{
	struct document_saved kept;
	int r = load(run, node->id, &kept);

	if (r <= 0 || (number != 0 && kept.document != number))
		return r < 0 ? r : 0;
	r = document_editors(run->place->db, node->id, &kept.editors);
	if (r == 0 && kept.stored.stored)
		r = put_or_drop(run, &kept, node);
	if (r == 0)
		r = run_one(run, SQL_EDITOR_CLEAR, node->id, 0);
	return r < 0 ? r : run_one(run, SQL_DOCUMENT_FORGET, node->id, 0);
}

int
document_begin(struct run *run, void *arg)
{
	const struct document_begun *begun = arg;
	struct stmt *stmt;
	struct node_row node;
	int r = tell_file(run, begun->file, &node);

	run->draft->leaf.cites = begun->view;
	/* Of an earlier one, e.g. of a core that has ended, nobody may know. */
	if (r < 0 || (r = recover(run, &node, 0)) < 0 ||
	    (r = node_load(run->place, node.id, &node)) < 0)
		return r;
	stmt = db_stmt(run->place->db, SQL_DOCUMENT_PUT);
	stmt_u64(stmt, 1, node.id);
	stmt_u64(stmt, 2, run->sequence);
	stmt_u64(stmt, 3, node.version);
	return stmt_run(stmt);
}

int
document_end(struct run *run, void *arg)
{
	const struct document_ended *ended = arg;
	struct node_row node;
	int r = tell_file(run, ended->file, &node);

	run->draft->leaf.cites = ended->document;
	if (r == 0 && ended->signal != 0)
		r = run_number(run, FACT_SIGNAL, ended->signal);
	if (r == 0 && ended->code != 0)
		r = run_number(run, FACT_REASON, -ended->code);
	if (r == 0 && ended->why[0] != '\0')
		r = draft_bytes(run->draft, FACT_NOTE, slice_str(ended->why));
	return r < 0 ? r : recover(run, &node, ended->document);
}

/* Of a view that has ended there is nothing to tell: its end says so. */
static int
tell_view(struct run *run, uint64_t view)
{
	int r = stream_tell(run, view);

	if (r == E_NOT_FOUND)
		run->draft->object.outcome = E_STATE;
	return r;
}

/* Neighbours of one part together. */
static void
put_places(const struct document_seen *seen, struct buf *buf)
{
	struct buf runs = BUF(PLACES_BYTES);
	size_t n = 0;

	for (size_t i = 0; i < seen->n;) {
		const struct document_place *first = &seen->places[i];
		uint32_t last = first->block;

		while (++i < seen->n && seen->places[i].part == first->part &&
		       seen->places[i].block <= last + 1)
			last = seen->places[i].block;
		cbor_put_uint(&runs, first->part);
		cbor_put_uint(&runs, first->block);
		cbor_put_uint(&runs, last);
		n += 3;
	}
	cbor_put_array(buf, n);
	buf_put_slice(buf, buf_slice(&runs));
	if (runs.error != 0)
		buf->error = runs.error;
	buf_free(&runs);
}

int
document_seen(struct run *run, void *arg)
{
	struct document_seen *seen = arg;
	struct buf places = BUF(PLACES_BYTES);
	int r = tell_view(run, seen->view);

	seen->told = false;
	if (r < 0)
		return r == E_NOT_FOUND ? 0 : r;
	put_places(seen, &places);
	r = places.error;
	if (r == 0)
		r = draft_bytes(run->draft, FACT_PLACES,
		    arena_copy(run->arena, buf_slice(&places)));
	buf_free(&places);
	if (r < 0)
		return r;
	seen->told = true;
	return run_number(run, FACT_COUNT, (int64_t)seen->n);
}

int
document_typed(struct run *run, void *arg)
{
	const struct document_typed *typed = arg;
	struct leaf *leaf = &run->draft->leaf;
	struct node_row node;
	struct stmt *stmt;
	int r = stream_tell(run, typed->view);

	/* What they did last is told when they have left. */
	if (r == E_NOT_FOUND) {
		leaf->cites = typed->view;
		leaf->principal = typed->principal;
		r = tell_file(run, typed->file, &node);
	}
	if (r < 0)
		return r;
	stmt = db_stmt(run->place->db, SQL_EDITOR_PUT);
	stmt_u64(stmt, 1, typed->file);
	stmt_u64(stmt, 2, typed->ref);
	stmt_u64(stmt, 3, typed->principal);
	if ((r = stmt_run(stmt)) < 0 ||
	    (r = run_number(run, FACT_CLAIMED, PROCESS_KIT)) < 0 ||
	    (r = run_number(run, FACT_PART, typed->place.part)) < 0 ||
	    (r = run_number(run, FACT_BLOCK, typed->place.block)) < 0 ||
	    (r = run_number(run, FACT_LETTERS, (int64_t)typed->letters)) < 0)
		return r;
	return run_number(run, FACT_COMMANDS, (int64_t)typed->commands);
}

/* The copy that was kept before is of no use any more. */
static int
drop_kept(struct run *run, uint64_t file)
{
	struct document_saved before;
	int r = load(run, file, &before);

	return r > 0 && before.stored.stored
	           ? blob_drop(run, before.stored.place)
	       : r < 0 ? r
	               : 0;
}

int
document_saved(struct run *run, void *arg)
{
	struct document_saved *saved = arg;
	struct node_row node;
	int r = tell_file(run, saved->file, &node);

	run->draft->leaf.cites = saved->document;
	if (r < 0 || (r = put_or_drop(run, saved, &node)) < 0)
		return r;
	if (saved->version == 0)
		run->draft->object.outcome = E_NOT_FOUND;
	r = drop_kept(run, saved->file);
	return r < 0 ? r
	             : run_one(run, SQL_DOCUMENT_MOVE, saved->file,
			   MAX(saved->version, 1));
}

int
document_kept(struct run *run, void *arg)
{
	const struct document_saved *saved = arg;
	const struct stream_ending *stored = &saved->stored;
	struct node_row node;
	struct stmt *stmt;
	int r = tell_file(run, saved->file, &node);

	run->draft->leaf.cites = saved->document;
	if (r < 0 || (r = drop_kept(run, saved->file)) < 0)
		return r;
	stmt = db_stmt(run->place->db, SQL_DOCUMENT_KEEP);
	stmt_u64(stmt, 1, saved->file);
	stmt_bytes(stmt, 2, slice_str(stored->place));
	stmt_u64(stmt, 3, stored->bytes);
	stmt_bytes(stmt, 4, digest_slice(&stored->digest));
	stmt_bytes(stmt, 5, digest_slice(&stored->sums));
	r = stmt_run(stmt);
	return r < 0 ? r : run_number(run, FACT_SIZE, (int64_t)stored->bytes);
}
