#include "core/engine.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/log.h"
#include "base/mem.h"
#include "core/head.h"
#include "core/host_note.h"
#include "core/install.h"
#include "core/reader.h"
#include "core/run.h"
#include "ipc/role.h"
#include "store/meta.h"
#include "store/migrations.h"

enum {
	READERS_MAX = 16,
	/* Below so much free space the reserve is given up. */
	URGENT_ROOM = 16 << 20,
	RESERVE_MODE = 0600,
	CHECKPOINT_MS = 100, /* between looks at the write-ahead log */
};

#define RESERVE_FILE "reserve"

/* Configurations that a reload has replaced: a reader may still look at one. */
struct kept_config {
	struct kept_config *older;
	struct config config;
};

struct engine {
	struct core core;
	struct engine_options options;
	struct kept_config *configs;
	int lock_fd;
	bool reserved;       /* the reserve stands */
	bool note_under_way; /* of the host's tools */
	struct queue *reads, *writes;
	struct writer *writer;
	struct scribe *scribe;
	struct reader *readers[READERS_MAX];
	size_t n_readers;
	struct db *checkpointer;

	pthread_t writer_thread, scribe_thread, checkpoint_thread;
	pthread_t reader_threads[READERS_MAX];
	size_t n_threads; /* readers' that run */
	bool threads_run;

	pthread_mutex_t orders_lock;
	struct order *orders, **orders_end;

	pthread_mutex_t stop_lock;
	pthread_cond_t stop_told;
	bool stopping;
};

struct core *
engine_core(struct engine *engine)
{
	return &engine->core;
}

struct queue *
engine_reads(struct engine *engine)
{
	return engine->reads;
}

struct queue *
engine_writes(struct engine *engine)
{
	return engine->writes;
}

struct writer *
engine_writer(struct engine *engine)
{
	return engine->writer;
}

struct scribe *
engine_scribe(struct engine *engine)
{
	return engine->scribe;
}

size_t
engine_waiting(struct engine *engine)
{
	return queue_length(engine->reads) + queue_length(engine->writes);
}

uint64_t
place_generation(const struct place *place)
{
	return place->writer != NULL ? atomic_load(&place->core->generation)
	                             : place->generation;
}

uint64_t
place_memberships(const struct place *place)
{
	return place->writer != NULL ? atomic_load(&place->core->memberships)
	                             : place->memberships;
}

int
engine_reload(struct engine *engine, const struct config *config)
{
	struct kept_config *kept = mem_alloc(sizeof(*kept));

	if (kept == NULL)
		return E_NOMEM;
	kept->config = *config;
	kept->older = engine->configs;
	engine->configs = kept;
	atomic_store(&engine->core.config, &kept->config);
	return 0;
}

/* ---- orders
 * ------------------------------------------------------------------- */

struct order *
order_copy(const struct order *order)
{
	struct order *copy = mem_alloc(sizeof(*copy) + order->bytes.n);

	if (copy == NULL)
		return NULL;
	*copy = *order;
	copy->next = NULL;
	if (order->bytes.n > 0) {
		memcpy(copy + 1, order->bytes.p, order->bytes.n);
		copy->bytes = slice_of(copy + 1, order->bytes.n);
	}
	return copy;
}

void
engine_post_all(struct engine *engine, struct order *orders)
{
	if (orders == NULL)
		return;
	(void)pthread_mutex_lock(&engine->orders_lock);
	*engine->orders_end = orders;
	while (*engine->orders_end != NULL)
		engine->orders_end = &(*engine->orders_end)->next;
	(void)pthread_mutex_unlock(&engine->orders_lock);
	engine->options.wake(engine->options.arg);
}

int
engine_post(struct engine *engine, const struct order *order)
{
	struct order *copy = order_copy(order);

	if (copy == NULL)
		return E_NOMEM;
	engine_post_all(engine, copy);
	return 0;
}

struct order *
engine_orders(struct engine *engine)
{
	struct order *orders;

	(void)pthread_mutex_lock(&engine->orders_lock);
	orders = engine->orders;
	engine->orders = NULL;
	engine->orders_end = &engine->orders;
	(void)pthread_mutex_unlock(&engine->orders_lock);
	return orders;
}

void
engine_submit_all(struct engine *engine, struct call *calls)
{
	uint64_t durable = atomic_load(&engine->core.durable);
	struct call *reads = NULL, **reads_end = &reads;
	struct call *writes = NULL, **writes_end = &writes;

	for (; calls != NULL; calls = calls->next) {
		bool read = calls->reads || (calls->asks && !calls->answered);
		struct call ***end = read ? &reads_end : &writes_end;

		calls->durable = durable;
		**end = calls;
		*end = &calls->next;
	}
	*reads_end = *writes_end = NULL;
	queue_push_all(engine->reads, reads);
	queue_push_all(engine->writes, writes);
}

void
engine_submit(struct engine *engine, struct call *call)
{
	call->next = NULL;
	engine_submit_all(engine, call);
}

/* ---- the checkpointer
 * ------------------------------------------------------------ */

static bool
wait_to_stop(struct engine *engine, unsigned ms)
{
	struct timespec until = clock_after((uint64_t)ms * 1000000);
	bool stopping;

	(void)pthread_mutex_lock(&engine->stop_lock);
	while (!engine->stopping)
		if (pthread_cond_timedwait(
			&engine->stop_told, &engine->stop_lock, &until) != 0)
			break;
	stopping = engine->stopping;
	(void)pthread_mutex_unlock(&engine->stop_lock);
	return stopping;
}

/* Moves pages out of the write-ahead log, off the path of the commits. */
static void *
checkpoint_run(void *arg)
{
	struct engine *engine = arg;
	uint64_t done = 0, left = 0;

	while (!wait_to_stop(engine, CHECKPOINT_MS)) {
		uint64_t durable = atomic_load(&engine->core.durable);

		if (durable == done && left == 0)
			continue;
		if (db_checkpoint(engine->checkpointer, false, &left) == 0)
			done = durable;
	}
	return NULL;
}

/* ---- opening
 * ------------------------------------------------------------------------ */

static int
take_lock(struct engine *engine)
{
	int r = file_open(
	    AT_FDCWD, "lock", O_RDWR | O_CREAT, 0600, &engine->lock_fd);

	if (r < 0)
		return r;
	if (flock(engine->lock_fd, LOCK_EX | LOCK_NB) < 0)
		return errno == EWOULDBLOCK ? E_BUSY : E_IO;
	return 0;
}

/* A newer database is left as it is, to the last byte. */
static int
refuse_newer(void)
{
	struct db *db = NULL;
	uint64_t have = 0;
	int r;

	if (access(HEAD_DATABASE, F_OK) < 0)
		return 0;
	if ((r = db_open(HEAD_DATABASE, DB_READER, &db)) < 0)
		return r;
	r = migrations_have(db, &have);
	db_close(&db);
	if (r == 0 && have > migrations_version()) {
		log_error("core.newer",
		    log_str(K_TEXT, "a newer version wrote this database"),
		    log_u64(K_SIZE, have));
		r = E_VERSION;
	}
	return r;
}

static int
start_time(struct core *core, struct db *db, const struct head *head)
{
	uint64_t behind = 0, accepted = 0;
	int r;

	core_time_start(&core->time, &head->mark, core->boot_id);
	r = meta_get_u64(db, "clock_behind", &behind);
	if (r == 0)
		r = meta_get_u64(db, "clock_accepted", &accepted);
	if (r == 0)
		core_time_resume(
		    &core->time, (int64_t)behind, (int64_t)accepted);
	core->started = core_time_now(&core->time);
	return r == E_NOT_FOUND ? 0 : r;
}

static void
give_reserve(struct engine *engine)
{
	(void)unlink(RESERVE_FILE);
	engine->reserved = false;
}

/* On a full disk the reserve makes room for it. */
static int
recover(struct engine *engine)
{
	uint64_t wal_bytes = core_config(&engine->core)->wal_bytes;
	int r = db_recover(HEAD_DATABASE, wal_bytes);

	if (r != E_FULL)
		return r;
	give_reserve(engine);
	return db_recover(HEAD_DATABASE, wal_bytes);
}

static int
open_database(struct engine *engine, bool *ret_new)
{
	struct core *core = &engine->core;
	struct db *db = NULL;
	struct head head = {.tree = {.size = 0}};
	int r = refuse_newer();

	if (r < 0 || (r = recover(engine)) < 0 ||
	    (r = db_open(HEAD_DATABASE, DB_WRITER, &db)) < 0)
		return r;
	if ((r = install_open(db, core, engine->options.origin, ret_new)) ==
		0 &&
	    (r = head_get(db, &head)) == 0)
		r = start_time(core, db, &head);
	db_close(&db);
	if (r < 0)
		return r;
	return endings_init(&core->endings, core->base + head.tree.size - 1);
}

static int
open_threads_places(struct engine *engine)
{
	int r = db_open(HEAD_DATABASE, DB_WRITER, &engine->checkpointer);

	for (size_t i = 0; i < core_config(&engine->core)->readers && r == 0;
	     i++) {
		r = reader_new(engine, &engine->readers[i]);
		if (r == 0)
			engine->n_readers++;
	}
	return r;
}

static int
start_threads(struct engine *engine)
{
	if (pthread_create(&engine->writer_thread, NULL, writer_run,
		engine->writer) != 0 ||
	    pthread_create(&engine->scribe_thread, NULL, scribe_run,
		engine->scribe) != 0 ||
	    pthread_create(
		&engine->checkpoint_thread, NULL, checkpoint_run, engine) != 0)
		return E_NOMEM;
	for (size_t i = 0; i < engine->n_readers; i++) {
		if (pthread_create(&engine->reader_threads[i], NULL, reader_run,
			engine->readers[i]) != 0)
			return E_NOMEM;
		engine->n_threads++;
	}
	engine->threads_run = true;
	return 0;
}

static int
open_all(struct engine *engine)
{
	const struct engine_options *o = &engine->options;
	struct core *core = &engine->core;
	bool is_new = false;
	int r;

	if ((r = take_lock(engine)) < 0 ||
	    (r = open_database(engine, &is_new)) < 0 ||
	    (r = queue_new(&engine->reads)) < 0 ||
	    (r = queue_new(&engine->writes)) < 0 ||
	    (r = writer_new(engine, &engine->writer)) < 0)
		return r;
	atomic_store(&core->durable, writer_durable(engine->writer));
	if ((r = scribe_new(engine, slice_str(core->log_key), o->signed_size,
		 &o->signed_root, &engine->scribe)) < 0 ||
	    (r = install_record_start(core, engine->writer)) < 0 ||
	    (r = host_note_record_all(engine->writer)) < 0 ||
	    (is_new && (r = install_ceremony(core, engine->writer)) < 0) ||
	    (r = install_apps(core, engine->writer)) < 0 ||
	    (r = install_canaries(core, engine->writer)) < 0 ||
	    (r = streams_recover(engine->writer)) < 0 ||
	    (r = open_threads_places(engine)) < 0)
		return r;
	return start_threads(engine);
}

int
engine_open(const struct engine_options *options, struct engine **ret_engine)
{
	struct engine *engine = mem_alloc(sizeof(*engine));
	pthread_condattr_t attr;
	int r;

	if (engine == NULL)
		return E_NOMEM;
	engine->options = *options;
	engine->lock_fd = -1;
	atomic_store(&engine->core.blob_room, UINT64_MAX);
	engine->orders_end = &engine->orders;
	(void)pthread_mutex_init(&engine->orders_lock, NULL);
	(void)pthread_mutex_init(&engine->stop_lock, NULL);
	(void)pthread_condattr_init(&attr);
	(void)pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	(void)pthread_cond_init(&engine->stop_told, &attr);
	(void)pthread_condattr_destroy(&attr);
	engine->core.engine = engine;
	challenge_key_make(&engine->core.challenge_key);
	engine->core.version = (const char *)role_build_id().p;
	memcpy(engine->core.boot_id, options->boot_id, BOOT_ID_BYTES);
	(void)snprintf(engine->core.log_key, sizeof(engine->core.log_key),
	    "%.*s", SLICE_ARG(options->log_key));
	r = engine_reload(engine, options->config);
	if (r == 0)
		r = open_all(engine);
	if (r < 0) {
		engine_close(&engine);
		return r;
	}
	*ret_engine = engine;
	return 0;
}

/* ---- closing
 * -------------------------------------------------------------------------- */

static void
stop_threads(struct engine *engine)
{
	queue_close(engine->reads);
	for (size_t i = 0; i < engine->n_threads; i++)
		(void)pthread_join(engine->reader_threads[i], NULL);
	queue_close(engine->writes);
	(void)pthread_join(engine->writer_thread, NULL);
	(void)pthread_mutex_lock(&engine->stop_lock);
	engine->stopping = true;
	(void)pthread_cond_signal(&engine->stop_told);
	(void)pthread_mutex_unlock(&engine->stop_lock);
	(void)pthread_join(engine->checkpoint_thread, NULL);
}

void
engine_close(struct engine **ret_engine)
{
	struct engine *engine = *ret_engine;
	struct order *order;

	if (engine == NULL)
		return;
	for (size_t i = 0; i < engine->n_readers; i++)
		reader_free(&engine->readers[i]);
	db_close(&engine->checkpointer);
	scribe_free(&engine->scribe);
	writer_free(&engine->writer);
	queue_free(&engine->reads);
	queue_free(&engine->writes);
	while ((order = engine->orders) != NULL) {
		engine->orders = order->next;
		if (order->type == ORDER_REPLY || order->type == ORDER_ASK)
			call_free(&order->call);
		mem_free(order);
	}
	endings_free(&engine->core.endings);
	while (engine->configs != NULL) {
		struct kept_config *kept = engine->configs;

		engine->configs = kept->older;
		mem_free(kept);
	}
	fd_close(&engine->lock_fd);
	(void)pthread_cond_destroy(&engine->stop_told);
	(void)pthread_mutex_destroy(&engine->stop_lock);
	(void)pthread_mutex_destroy(&engine->orders_lock);
	mem_free(engine);
	*ret_engine = NULL;
}

int
engine_stop(struct engine *engine)
{
	int r;

	stop_threads(engine);
	r = install_record_stop(engine->writer);
	scribe_stop(engine->scribe);
	return r;
}

void
engine_join(struct engine *engine)
{
	(void)pthread_join(engine->scribe_thread, NULL);
}

/* ---- every second
 * ----------------------------------------------------------------------- */

static int
note_clock(struct run *run, void *arg UNUSED)
{
	int r = run_number(
	    run, FACT_SUSPECT, core_time_is_suspect(&run->place->core->time));

	return r < 0 ? r : run_number(run, FACT_WALL, clock_wall_ms());
}

static int
note_full(struct run *run, void *arg)
{
	return run_number(run, FACT_FULL, *(unsigned *)arg);
}

static void
submit_note(struct engine *engine, enum op_number op,
    int (*note)(struct run *run, void *arg), unsigned value)
{
	struct call *call = NULL;

	if (call_new_system(op, sizeof(value), note, NULL, &call) < 0)
		return;
	memcpy(call->arg, &value, sizeof(value));
	engine_submit(engine, call);
}

static uint64_t
room_left(const struct engine *engine)
{
	struct statvfs st;

	if (fstatvfs(engine->lock_fd, &st) < 0)
		return UINT64_MAX;
	return (uint64_t)st.f_bavail * st.f_frsize;
}

/* A file of that size, with blocks of its own, that can be given up. */
static void
take_reserve(struct engine *engine)
{
	uint64_t bytes = core_config(&engine->core)->reserve_bytes;
	AUTO_CLOSE int fd = -1;
	int r = file_open(
	    AT_FDCWD, RESERVE_FILE, O_RDWR | O_CREAT, RESERVE_MODE, &fd);

	if (r == 0 &&
	    (ftruncate(fd, 0) < 0 || posix_fallocate(fd, 0, (off_t)bytes) != 0))
		r = E_FULL;
	engine->reserved = r == 0;
	if (r < 0)
		give_reserve(engine);
}

/*
 * With the reserve in place, full means that nothing new is stored. When even
 * what records and ends is about to lack room, the reserve is given up for it,
 * until there is room for both.
 */
static unsigned
fullness(struct engine *engine)
{
	const struct config *config = core_config(&engine->core);
	uint64_t room = room_left(engine);

	if (!engine->reserved &&
	    room >= config->reserve_bytes + 2 * (uint64_t)URGENT_ROOM) {
		take_reserve(engine);
		room = room_left(engine);
	}
	if (engine->reserved && room < URGENT_ROOM)
		give_reserve(engine);
	if (!engine->reserved)
		return CORE_FULL_ALL;
	room = MIN(room, atomic_load(&engine->core.blob_room));
	return room < config->full_bytes ? CORE_FULL_WRITES : CORE_FULL_NOT;
}

static void
watch_storage(struct engine *engine)
{
	unsigned was = atomic_load(&engine->core.full), is = fullness(engine);

	if (is == was)
		return;
	atomic_store(&engine->core.full, is);
	log_warn("core.storage", log_u64(K_BYTES, room_left(engine)));
	submit_note(engine, OP_SYSTEM_FULL, note_full, is);
}

static void
on_host_note(struct engine *engine)
{
	engine->note_under_way = false;
}

void
engine_tick(struct engine *engine)
{
	if (core_time_watch(&engine->core.time) > 0)
		submit_note(engine, OP_SYSTEM_CLOCK, note_clock, 0);
	watch_storage(engine);
	if (!engine->note_under_way)
		engine->note_under_way =
		    host_note_submit(engine, on_host_note) > 0;
}
