#include "core/reader.h"

#include "base/clock.h"
#include "base/mem.h"
#include "core/engine.h"
#include "core/head.h"
#include "core/record.h"
#include "core/run.h"

enum {
	READS_A_SNAPSHOT = 64,
	SNAPSHOT_NS = 20000000,
};

struct reader {
	struct engine *engine;
	struct place place;
};

int
reader_new(struct engine *engine, struct reader **ret_reader)
{
	struct reader *reader = mem_alloc(sizeof(*reader));
	int r;

	if (reader == NULL)
		return E_NOMEM;
	reader->engine = engine;
	reader->place.core = engine_core(engine);
	r = db_open(HEAD_DATABASE, DB_READER, &reader->place.db);
	if (r < 0) {
		reader_free(&reader);
		return r;
	}
	*ret_reader = reader;
	return 0;
}

void
reader_free(struct reader **reader)
{
	if (*reader == NULL)
		return;
	db_close(&(*reader)->place.db);
	db_close(&(*reader)->place.index);
	who_cache_free(&(*reader)->place.whos);
	decide_cache_free(&(*reader)->place.decisions);
	mem_free(*reader);
	*reader = NULL;
}

static int
begin(struct place *place)
{
	int r;

	/* Before the snapshot: what changes meanwhile shows as a difference. */
	place->generation = atomic_load(&place->core->generation);
	place->memberships = atomic_load(&place->core->memberships);
	place->now = core_time_now(&place->core->time);
	if ((r = db_begin(place->db)) < 0)
		return r;
	if ((r = record_last(place->db, &place->at)) < 0)
		db_end(place->db);
	return r;
}

/* With nothing to ask, or no way to, the writer says what is wrong. */
static void
ask(struct reader *reader, struct call *call, bool in_snapshot)
{
	struct order order = {.type = ORDER_ASK, .call = call};
	int r = in_snapshot ? run_ask(&reader->place, call) : E_BUSY;

	call_reset(call);
	if (r > 0 && (r = engine_post(reader->engine, &order)) == 0)
		return;
	(void)call_take_answer(call, r, SLICE_NONE);
	queue_push(engine_writes(reader->engine), call);
}

/* What can't be prepared here is done by the writer, whatever the reason. */
static void
prepare(struct reader *reader, struct call *call, bool in_snapshot)
{
	if (call->asks) {
		ask(reader, call, in_snapshot);
		return;
	}
	if (!in_snapshot || run_call(&reader->place, call) < 0) {
		call_reset(call);
		queue_push(engine_writes(reader->engine), call);
		return;
	}
	queue_push_prepared(engine_writes(reader->engine), call);
}

/* The first call and those that wait behind it, on one snapshot if it can be.
 */
static void
read_some(struct reader *reader, struct call *call)
{
	struct queue *queue = engine_reads(reader->engine);
	uint64_t start = clock_boot_ns();
	bool in_snapshot = begin(&reader->place) == 0;
	size_t n = 0;

	while (call != NULL) {
		/* It may rest on what was told since the snapshot began. */
		if (in_snapshot && call->durable > reader->place.at) {
			db_end(reader->place.db);
			in_snapshot = begin(&reader->place) == 0;
		}
		prepare(reader, call, in_snapshot);
		if (++n == READS_A_SNAPSHOT ||
		    clock_boot_ns() - start > SNAPSHOT_NS)
			break;
		call = queue_pop(queue, false);
	}
	if (in_snapshot)
		db_end(reader->place.db);
	decide_cache_trim(&reader->place.decisions);
}

void *
reader_run(void *arg)
{
	struct reader *reader = arg;
	struct queue *queue = engine_reads(reader->engine);
	struct call *call;

	while ((call = queue_pop(queue, true)) != NULL)
		read_some(reader, call);
	return NULL;
}
