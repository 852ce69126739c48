/*
 * The outside of core's engine: what the process's I/O thread (and a test)
 * talks to. Calls go in; orders come out once they are durable.
 */
#ifndef CORE_ENGINE_H
#define CORE_ENGINE_H

#include "core/call.h"
#include "core/core.h"
#include "core/queue.h"
#include "core/scribe.h"
#include "core/writer.h"

struct engine;

struct engine_options {
	const struct config *config;
	/* Called on any thread when there are orders to take. */
	void (*wake)(void *arg);
	void *arg;
	/* How the machine's present boot is told from others. */
	uint8_t boot_id[BOOT_ID_BYTES];
	/* Of a first start: the log's origin. */
	const char *origin;
	/* What the keeper says of the log: its key, and what it signed last. */
	struct slice log_key;
	uint64_t signed_size;
	struct digest signed_root;
};

/*
 * Opens the database in the working folder, recovers what the last end left,
 * brings its schema up to date, records the start, and starts the threads. On a
 * first start it installs: the token goes into the file "token". E_VERSION
 * where the database is newer; E_BUSY where another process has it.
 */
int
engine_open(const struct engine_options *options, struct engine **ret_engine);

/*
 * A stop in good order. engine_stop finishes what is queued and records the
 * stop; the scribe then asks for a last checkpoint, so orders go on being taken
 * while another thread waits in engine_join.
 */
int engine_stop(struct engine *engine);
void engine_join(struct engine *engine);

/* Frees all. Calls whose reply was not taken are freed with it. */
void engine_close(struct engine **engine);

/* Takes a call in; its reply comes as an order. */
void engine_submit(struct engine *engine, struct call *call);

/* The same with a list of them. */
void engine_submit_all(struct engine *engine, struct call *calls);

/* All orders so far, the first at the head; each is freed with mem_free. */
struct order *engine_orders(struct engine *engine);

/* Puts one among them, from any thread. E_NOMEM. */
int engine_post(struct engine *engine, const struct order *order);

/* The same with a list of them, which it takes over. */
void engine_post_all(struct engine *engine, struct order *orders);

/* A copy with its bytes, or NULL; freed with mem_free. */
struct order *order_copy(const struct order *order);

struct core *engine_core(struct engine *engine);
struct queue *engine_reads(struct engine *engine);
struct queue *engine_writes(struct engine *engine);
struct writer *engine_writer(struct engine *engine);
struct scribe *engine_scribe(struct engine *engine);
size_t engine_waiting(struct engine *engine);

/* Takes a configuration on, from the I/O thread. E_NOMEM. */
int engine_reload(struct engine *engine, const struct config *config);

/* To be called about once a second: clock, storage. */
void engine_tick(struct engine *engine);

#endif
