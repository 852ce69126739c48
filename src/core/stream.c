#include "core/stream.h"

#include "core/blob.h"
#include "core/run.h"
#include "core/writer.h"

struct link {
	struct link *next; /* of the same row */
	struct stream *stream;
	uint64_t row;
};

/*
 * An end is asked for only once the opening is durable: so a stream is never in
 * two of the batch's lists.
 */
struct stream {
	struct stream *next;
	uint64_t number;
	bool closing, ending;
	uint64_t watches, changed; /* a folder; the last record of this batch */
	struct stream *next_news;
	size_t n_links;
	struct link links[];
};

static void
unlink_row(struct streams *streams, struct link *link)
{
	struct link *first = map_get(&streams->by_row, link->row), *at;

	if (first == link) {
		(void)map_take(&streams->by_row, link->row);
		/* A place was just freed: this can't want memory. */
		if (link->next != NULL)
			BUG_ON(map_put(&streams->by_row, link->row,
				   link->next) < 0);
		return;
	}
	for (at = first; at != NULL && at->next != link; at = at->next)
		;
	if (at != NULL)
		at->next = link->next;
}

static void
stream_free(struct streams *streams, struct stream *stream)
{
	for (size_t i = 0; i < stream->n_links; i++)
		unlink_row(streams, &stream->links[i]);
	(void)map_take(&streams->by_number, stream->number);
	mem_free(stream);
}

static int
link_rows(struct streams *streams, struct stream *stream, const uint64_t *rows,
    size_t n)
{
	int r;

	for (size_t i = 0; i < n; i++) {
		struct link *link = &stream->links[stream->n_links];

		link->stream = stream;
		link->row = rows[i];
		link->next = map_get(&streams->by_row, rows[i]);
		r = map_put(&streams->by_row, rows[i], link);
		if (r < 0)
			return r;
		stream->n_links++;
	}
	return 0;
}

static int
remember(struct streams *streams, uint64_t number, const struct call_op *op)
{
	size_t n_watched = op->stream.watches != 0;
	struct stream *stream =
	    mem_alloc(sizeof(*stream) +
		      (op->n_rests_on + n_watched) * sizeof(stream->links[0]));
	int r;

	if (stream == NULL)
		return E_NOMEM;
	stream->number = number;
	r = map_put(&streams->by_number, number, stream);
	if (r == 0)
		r = link_rows(streams, stream, op->rests_on, op->n_rests_on);
	stream->watches = op->stream.watches;
	if (r == 0)
		r = link_rows(streams, stream, &op->stream.watches, n_watched);
	if (r < 0) {
		stream_free(streams, stream);
		return r;
	}
	stream->next = streams->began;
	streams->began = stream;
	return 0;
}

static int
insert_row(struct db *db, const struct call_op *op)
{
	struct stmt *stmt = db_stmt(db, SQL_STREAM_PUT);
	const struct leaf *leaf = &op->draft.leaf;
	const struct leaf_object *object = &op->draft.object;

	stmt_u64(stmt, 1, op->stream_number);
	stmt_u64(stmt, 2, op->number);
	stmt_u64(stmt, 3, leaf->principal);
	stmt_u64(stmt, 4, leaf->session);
	stmt_u64(stmt, 5, leaf->n_credentials > 0 ? leaf->credentials[0] : 0);
	stmt_u64(stmt, 6, leaf->context);
	stmt_u64(stmt, 7, object->kind);
	stmt_u64(stmt, 8, object->ref);
	stmt_u64(stmt, 9, object->named);
	stmt_u64(stmt, 10, op->stream.upload);
	stmt_u64(stmt, 11, op->stream_place);
	return stmt_run(stmt);
}

static struct slice
keep(struct arena *arena, struct slice s)
{
	return s.n > 0 ? arena_copy(arena, s) : SLICE_NONE;
}

int
stream_begin(struct writer *writer, struct call *call, struct call_op *op)
{
	struct stream_order *order = arena_alloc(&call->arena, sizeof(*order));
	int r;

	if (order == NULL)
		return E_NOMEM;
	*order = (struct stream_order){.number = op->stream_number,
	    .op = op->op,
	    .front = call->front,
	    .front_pid = call->front_pid,
	    .principal = op->principal,
	    .session = op->session,
	    .ref = ref_make(op->stream_number, op->stream_place),
	    .expires = op->expires,
	    .plan = op->stream};
	order->plan.place = keep(&call->arena, op->stream.place);
	order->plan.sums = keep(&call->arena, op->stream.sums);
	order->plan.query = keep(&call->arena, op->stream.query);
	order->plan.name = keep(&call->arena, op->stream.name);
	if ((r = insert_row(writer_db(writer), op)) < 0 ||
	    (r = remember(writer_streams(writer), order->number, op)) < 0)
		return r;
	/* It lives in the call, whose reply follows it. */
	return writer_order(writer, &(struct order){.type = ORDER_OPEN,
					.call = call,
					.stream = order,
					.number = order->number});
}

int
streams_close_on(struct writer *writer, uint64_t ref)
{
	struct streams *streams = writer_streams(writer);
	struct link *link = map_get(&streams->by_row, ref);
	int r;

	for (; link != NULL; link = link->next) {
		struct stream *stream = link->stream;

		if (stream->closing)
			continue;
		stream->closing = true;
		if ((r = writer_order(
			 writer, &(struct order){.type = ORDER_CLOSE,
				     .number = stream->number})) < 0)
			return r;
	}
	return 0;
}

/* ---- news
 * ----------------------------------------------------------------------- */

void
streams_changed(struct streams *streams, uint64_t folder, uint64_t sequence)
{
	struct link *link = map_get(&streams->by_row, folder);

	for (; link != NULL; link = link->next) {
		struct stream *stream = link->stream;

		if (stream->watches != folder || stream->closing ||
		    stream->ending)
			continue;
		if (stream->changed == 0) {
			stream->next_news = streams->news;
			streams->news = stream;
		}
		stream->changed = sequence;
	}
}

int
streams_order_news(struct writer *writer)
{
	struct streams *streams = writer_streams(writer);
	int r = 0;

	while (streams->news != NULL && r == 0) {
		struct stream *stream = streams->news;

		r = writer_order(writer, &(struct order){.type = ORDER_NEWS,
					     .number = stream->number,
					     .sequence = stream->changed});
		streams->news = stream->next_news;
		stream->changed = 0;
	}
	return r;
}

static void
forget_news(struct streams *streams)
{
	for (; streams->news != NULL; streams->news = streams->news->next_news)
		streams->news->changed = 0;
}

/* ---- ends -----------------------------------------------------------------
 */

static int
tell_row(struct run *run, uint64_t number, uint64_t *ret_upload,
    uint64_t *ret_stream)
{
	struct stmt *stmt = db_stmt(run->place->db, SQL_STREAM_GET);
	struct leaf *leaf = &run->draft->leaf;
	struct leaf_object *object = &run->draft->object;
	uint64_t *credentials =
	    arena_alloc(run->arena, 2 * sizeof(*credentials));
	int r;

	if (credentials == NULL)
		return E_NOMEM;
	stmt_u64(stmt, 1, number);
	r = stmt_step(stmt);
	if (r <= 0)
		return r < 0 ? r : E_NOT_FOUND;
	leaf->principal = stmt_col_u64(stmt, 1);
	leaf->session = stmt_col_u64(stmt, 2);
	credentials[0] = stmt_col_u64(stmt, 3);
	leaf->context = stmt_col_u64(stmt, 4);
	object->kind = (enum kind)stmt_col_u64(stmt, 5);
	object->ref = stmt_col_u64(stmt, 6);
	object->named = stmt_col_u64(stmt, 7);
	*ret_upload = stmt_col_u64(stmt, 8);
	*ret_stream = ref_make(number, stmt_col_u64(stmt, 9));
	credentials[1] = stmt_col_u64(stmt, 10);
	stmt_done(stmt);
	leaf->credentials = credentials;
	leaf->n_credentials = (credentials[0] != 0) + (credentials[1] != 0);
	leaf->cites = number;
	return 0;
}

int
stream_tell(struct run *run, uint64_t number)
{
	uint64_t upload, stream;

	return tell_row(run, number, &upload, &stream);
}

/* The row, into the leaf of the end. */
static int
take_row(struct run *run, uint64_t number, uint64_t *ret_upload,
    uint64_t *ret_stream)
{
	struct stmt *stmt;
	int r = tell_row(run, number, ret_upload, ret_stream);

	if (r < 0)
		return r;
	stmt = db_stmt(run->place->db, SQL_STREAM_DELETE);
	stmt_u64(stmt, 1, number);
	return stmt_run(stmt);
}

int
stream_end(struct run *run, void *arg)
{
	struct stream_ending *ending = arg;
	struct streams *streams = writer_streams(run->place->writer);
	struct stream *stream = map_get(&streams->by_number, ending->number);
	uint64_t upload = 0, ref = 0;
	int r = take_row(run, ending->number, &upload, &ref);

	ending->code = 0;
	/* Told twice, e.g. by a front and by its death: once is enough. */
	if (r == E_NOT_FOUND) {
		run->draft->object.outcome = E_STATE;
		ending->code = E_STATE;
		return run_number(run, FACT_STATUS, ending->status);
	}
	if (r < 0 || (r = draft_ended(run->draft, ref)) < 0)
		return r;
	if (ending->known &&
	    (r = run_number(run, FACT_BYTES, (int64_t)ending->bytes)) < 0)
		return r;
	if ((r = run_number(run, FACT_STATUS, ending->status)) < 0)
		return r;
	if (upload != 0 && (r = blob_take_upload(run, upload, ending)) < 0)
		return r;
	if (stream != NULL && !stream->ending) {
		stream->ending = true;
		stream->next = streams->ended;
		streams->ended = stream;
	}
	return 0;
}

static int
next_open(struct db *db, uint64_t *ret_number)
{
	struct stmt *stmt = db_stmt(db, SQL_STREAM_FIRST);
	int r = stmt_step(stmt);

	if (r > 0)
		*ret_number = stmt_col_u64(stmt, 0);
	stmt_done(stmt);
	return r;
}

int
streams_recover(struct writer *writer)
{
	uint64_t number;
	int r;

	while ((r = next_open(writer_db(writer), &number)) > 0) {
		struct call *call = NULL;
		struct stream_ending *ending;

		r = call_new_system(
		    OP_STREAM_END, sizeof(*ending), stream_end, NULL, &call);
		if (r < 0)
			return r;
		ending = call->arg;
		ending->number = number;
		ending->status = STREAM_CRASHED;
		r = writer_do(writer, call);
		call_free(&call);
		if (r < 0)
			return r;
	}
	return r;
}

/* ---- the batch ------------------------------------------------------------
 */

void
streams_commit(struct streams *streams)
{
	streams->began = NULL;
	while (streams->ended != NULL) {
		struct stream *stream = streams->ended;

		streams->ended = stream->next;
		stream_free(streams, stream);
	}
}

void
streams_rollback(struct streams *streams)
{
	const struct map_slot *slot;

	for (struct stream *s = streams->ended; s != NULL; s = s->next)
		s->ending = false;
	streams->ended = NULL;
	forget_news(streams);
	while (streams->began != NULL) {
		struct stream *stream = streams->began;

		streams->began = stream->next;
		stream_free(streams, stream);
	}
	/* Orders to close are dropped with the batch; what did close stays. */
	for (size_t i = 0; map_next(&streams->by_number, &i, &slot);)
		((struct stream *)slot->value)->closing = false;
}

void
streams_free(struct streams *streams)
{
	const struct map_slot *slot;

	for (size_t i = 0; map_next(&streams->by_number, &i, &slot);)
		mem_free(slot->value);
	map_free(&streams->by_number);
	map_free(&streams->by_row);
}

size_t
streams_on(const struct streams *streams, uint64_t row, size_t most)
{
	const struct link *link = map_get(&streams->by_row, row);
	size_t n = 0;

	for (; link != NULL && n < most; link = link->next)
		n += !link->stream->ending;
	return n;
}

size_t
streams_count(const struct streams *streams)
{
	return streams->by_number.n;
}
