/* log.tail, log.mirror, log.export, log.search, log.show, log.prove. */
#include <fcntl.h>

#include "base/encode.h"
#include "base/file.h"
#include "core/core.h"
#include "core/index.h"
#include "core/record.h"
#include "core/run.h"
#include "core/search.h"
#include "ledger/bundle.h"
#include "ledger/folder.h"
#include "ledger/ocsf.h"

enum {
	PAGE_STANDARD = 100,
	SCAN_MAX = 20000,     /* records looked at for one page */
	PAGE_BYTES = 2 << 20, /* of bundles and events in one page */
	EVENTS_MAX = 512 << 10,
	KEY_MAX = 1024,
	PROOF_MAX = 65536,
};

/* ---- streams ----------------------------------------------------------------
 */

static int
open_log_stream(struct run *run, uint64_t from, uint64_t until)
{
	struct log_stream *result = RUN_RESULT(run, log_stream);
	struct stream_plan *plan = &run->op_call->stream;

	*plan =
	    (struct stream_plan){.wanted = true, .from = from, .until = until};
	SHAPE_SET(result, from, from);
	SHAPE_SET(result, base, run->place->core->base);
	SHAPE_SET(result, key, slice_str(run->place->core->log_key));
	return 0;
}

static int
follow(struct run *run)
{
	const struct log_tail *args = RUN_ARGS(run, log_tail);

	return open_log_stream(
	    run, args->has_from ? args->from : run->place->at + 1, 0);
}

int
log_tail_read(struct run *run)
{
	return follow(run);
}

int
log_mirror_read(struct run *run)
{
	return follow(run);
}

/* Encodes a query as it stands, ids as references, for another thread. */
static int
copy_query(
    struct run *run, const struct log_search *args, struct slice *ret_query)
{
	struct buf buf = BUF(4096);
	int r;

	shape_encode(&shape_log_search, args, NULL, &buf);
	*ret_query = run_copy(run, buf_slice(&buf));
	r = buf.error != 0 ? buf.error : ret_query->p == NULL ? E_NOMEM : 0;
	buf_free(&buf);
	return r;
}

int
log_export_read(struct run *run)
{
	const struct log_search *args = RUN_ARGS(run, log_search);
	struct search *search = NULL;
	struct slice query;
	int r;

	if ((r = copy_query(run, args, &query)) < 0 ||
	    (r = search_new(query, &search)) < 0)
		return r;
	search_free(&search);
	r = open_log_stream(
	    run, args->has_from ? args->from : 0, MAX(run->place->at, 1));
	run->op_call->stream.query = query;
	return r;
}

/* ---- pages
 * -------------------------------------------------------------------- */

/* As many of a record's events as there is room for. */
static int
put_events(struct slice bundle_bytes, struct buf *buf)
{
	struct arena arena = {NULL};
	struct bundle bundle;
	int r = bundle_decode(bundle_bytes, &arena, &bundle);
	size_t n = r == 0 ? ocsf_count(&bundle.record.leaf) : 0;

	for (size_t i = 0; i < n && r == 0; i++) {
		r = ocsf_render(&bundle, SLICE(""), i, buf);
		if (r == 0)
			buf_put_u8(buf, '\n');
	}
	arena_free(&arena);
	return r == E_NOMEM ? r : 0;
}

static int
add_record(
    struct run *run, struct record *record, uint64_t sequence, size_t *bytes)
{
	struct buf buf = BUF(BUNDLE_BYTES_MAX), events = BUF(EVENTS_MAX);
	struct arena scratch = {NULL};
	int r = record_put(run->place->db, NULL, &scratch, sequence, &buf);

	arena_free(&scratch);
	if (r == 0)
		r = put_events(buf_slice(&buf), &events);
	if (r == 0) {
		SHAPE_SET(record, sequence, sequence);
		SHAPE_SET(record, bundle, run_copy(run, buf_slice(&buf)));
		r = record->bundle.p != NULL ? 0 : E_NOMEM;
		*bytes += buf.n + events.n;
	}
	/* A record that can't be told is still there, as its bytes. */
	if (r == 0 && events.n > 0) {
		SHAPE_SET(record, events, run_copy(run, buf_slice(&events)));
		r = record->events.p != NULL ? 0 : E_NOMEM;
	}
	buf_free(&events);
	buf_free(&buf);
	return r;
}

/* What a page collects, going through numbers in one direction. */
struct page {
	struct run *run;
	struct search *search;
	struct record *list;
	size_t n, limit, bytes;
	uint64_t next; /* where the next page starts; 0: at the end */
};

/* One candidate: 1 to go on, 0 where the page is full. */
static int
consider(void *arg, uint64_t sequence)
{
	struct page *page = arg;
	struct place *place = page->run->place;
	struct arena scratch = {NULL};
	int r;

	if (page->n == page->limit || page->bytes >= PAGE_BYTES) {
		page->next = sequence;
		return 0;
	}
	r = search_matches(page->search, place->db, &scratch, sequence);
	arena_free(&scratch);
	if (r <= 0)
		return r < 0 ? r : 1;
	r = add_record(page->run, &page->list[page->n], sequence, &page->bytes);
	if (r < 0)
		return r;
	page->n++;
	return 1;
}

int
log_search_read(struct run *run)
{
	const struct log_search *args = RUN_ARGS(run, log_search);
	struct record_page *result = RUN_RESULT(run, record_page);
	struct page page = {.run = run,
	    .limit = args->has_limit ? MAX(args->limit, 1) : PAGE_STANDARD};
	struct slice query;
	uint64_t next = 0;
	int r;

	page.list = arena_alloc(run->arena, page.limit * sizeof(*page.list));
	if (page.list == NULL)
		return E_NOMEM;
	if ((r = copy_query(run, args, &query)) < 0 ||
	    (r = search_new(query, &page.search)) < 0)
		return r;
	r = index_scan(
	    run->place, page.search, consider, &page, SCAN_MAX, &next);
	search_free(&page.search);
	if (r < 0)
		return r;
	result->has_list = true;
	result->list.v = page.list;
	result->list.n = page.n;
	if (page.next != 0) /* the page was full before the scan's end */
		next = page.next;
	if (next != 0)
		SHAPE_SET(result, next, next);
	SHAPE_SET(result, size, run->place->at);
	return run_number(run, FACT_COUNT, (int64_t)page.n);
}

int
log_show_read(struct run *run)
{
	size_t bytes = 0;

	return add_record(run, RUN_RESULT(run, record),
	    RUN_ARGS(run, log_ref)->sequence, &bytes);
}

/* ---- proofs
 * ------------------------------------------------------------------------ */

/* A C2SP tlog-proof: index, hashes, and the checkpoint that they lead to. */
static int
put_proof(struct folder *folder, uint64_t index, struct buf *buf)
{
	struct tree_reader reader = folder_reader(folder);
	struct tree_proof proof;
	uint64_t size = 0;
	struct slice note = folder_checkpoint(folder, &size);
	int r = tree_prove_inclusion(&reader, index, size, &proof);

	if (r < 0)
		return r == E_RANGE ? E_STATE : r;
	buf_put_str(buf, "c2sp.org/tlog-proof@v1\nindex ");
	buf_put_u64(buf, index);
	buf_put_u8(buf, '\n');
	for (size_t i = 0; i < proof.n; i++) {
		buf_put_base64(buf, digest_slice(&proof.hash[i]));
		buf_put_u8(buf, '\n');
	}
	buf_put_u8(buf, '\n');
	buf_put_slice(buf, note);
	return buf->error;
}

/* The scribe may replace a checkpoint while it is read: then once more. */
static int
open_and_prove(uint64_t index, struct buf *buf)
{
	const struct folder_options options = {.read_only = true};
	struct folder_problem problem;
	struct folder *folder = NULL;
	AUTO_CLOSE int dir = -1;
	int r = file_open(
	    AT_FDCWD, CORE_LOG_FOLDER, O_RDONLY | O_DIRECTORY, 0, &dir);

	for (int tries = 0; r == 0 && tries < 3; tries++) {
		r = folder_open(dir, &options, &folder, &problem);
		if (r == 0) {
			buf_clear(buf);
			r = put_proof(folder, index, buf);
			folder_free(&folder);
			return r;
		}
		r = r == E_CORRUPT ? 0 : r;
	}
	return r < 0 ? r : E_BUSY;
}

int
log_prove_read(struct run *run)
{
	struct log_proof *result = RUN_RESULT(run, log_proof);
	uint64_t sequence = RUN_ARGS(run, log_ref)->sequence;
	const struct core *core = run->place->core;
	struct buf buf = BUF(PROOF_MAX);
	struct slice leaf;
	int r;

	if (sequence < core->base)
		return E_NOT_FOUND;
	r = record_leaf(run->place->db, run->arena, sequence, &leaf);
	if (r == 0)
		r = open_and_prove(sequence - core->base, &buf);
	if (r == 0) {
		SHAPE_SET(result, sequence, sequence);
		SHAPE_SET(result, proof, run_copy(run, buf_slice(&buf)));
		SHAPE_SET(result, leaf, leaf);
		SHAPE_SET(result, key, slice_str(core->log_key));
		r = result->proof.p != NULL ? 0 : E_NOMEM;
	}
	buf_free(&buf);
	return r;
}
