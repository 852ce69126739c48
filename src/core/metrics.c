#include "core/metrics.h"

#include "core/engine.h"

struct list {
	struct metric *v;
	size_t n, max;
};

static void
add(struct list *list, const char *name, const char *help, bool gauge,
    uint64_t value)
{
	struct metric *m;

	if (list->n == list->max)
		return;
	m = &list->v[list->n++];
	SHAPE_SET(m, name, slice_str(name));
	SHAPE_SET(m, value, value);
	SHAPE_SET(m, help, slice_str(help));
	SHAPE_SET(m, gauge, gauge);
}

static const char *const limit_names[CONFIG_MAX] = {
#define CONFIG(name, type, default, min, max, reload, doc) \
	[CONFIG_##name] =                                  \
	    "chancery_limit_met_total{limit=\"" #name "\",process=\"core\"}",
#include "ipc/config.def"
#undef CONFIG
};

/* Those that core looks after; a front tells its own. */
static void
add_limits(struct list *list)
{
	static const enum config_key keys[] = {CONFIG_max_upload_bytes,
	    CONFIG_max_session_calls, CONFIG_max_session_streams,
	    CONFIG_max_sessions, CONFIG_max_tokens, CONFIG_max_grants,
	    CONFIG_max_waiting, CONFIG_max_tries_account,
	    CONFIG_max_tries_address, CONFIG_max_hashing, CONFIG_quota_bytes};

	for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
		add(list, limit_names[keys[i]], "Times that a limit was met",
		    false, limit_count(keys[i]));
}

/* What was done, and with what outcome: those that there were. */
static void
add_operations(
    struct list *list, struct arena *arena, const struct writer_counts *c)
{
	for (unsigned op = 0; op < OP_MAX; op++) {
		for (unsigned i = 1; i < OUTCOME_MAX; i++) {
			uint64_t n = atomic_load(&c->did[op][i]);
			struct buf name = BUF(100);
			const char *text;

			if (n == 0)
				continue;
			buf_printf(&name,
			    "chancery_objects_total{operation=\"%s\","
			    "outcome=\"%s\"}",
			    op_get(op)->name, words_text(WORDS_OUTCOME, i));
			text = arena_str(arena, buf_slice(&name));
			buf_free(&name);
			if (text != NULL)
				add(list, text,
				    "Objects of operations, by their outcome",
				    false, n);
		}
	}
}

size_t
metrics_read(
    struct core *core, struct arena *arena, struct metric *ret_list, size_t max)
{
	struct list list = {ret_list, 0, max};
	struct engine *engine = core->engine;
	const struct writer_counts *c = writer_counts(engine_writer(engine));

	add(&list, "chancery_operations_total", "Records written", false,
	    atomic_load(&c->operations));
	add(&list, "chancery_commits_total", "Transactions committed", false,
	    atomic_load(&c->batches));
	add(&list, "chancery_commit_nanoseconds_total",
	    "Time spent in commits, in nanoseconds", false,
	    atomic_load(&c->commit_ns));
	add(&list, "chancery_batch_max", "Calls in the largest transaction",
	    true, atomic_load(&c->batch_max));
	add(&list, "chancery_batches_undone_total",
	    "Transactions rolled back and done again one by one", false,
	    atomic_load(&c->undone));
	add(&list, "chancery_reads_repeated_total",
	    "Reads done again because a right ended meanwhile", false,
	    atomic_load(&c->reruns));
	add(&list, "chancery_wal_bytes", "Write-ahead log in use", true,
	    atomic_load(&c->wal_bytes));
	add(&list, "chancery_wal_restarts_total",
	    "Times that the writer waited for a checkpoint", false,
	    atomic_load(&c->restarts));
	add(&list, "chancery_waiting", "Calls that wait for core", true,
	    engine_waiting(engine));
	add(&list, "chancery_streams", "Open streams", true,
	    streams_count(writer_streams(engine_writer(engine))));
	add(&list, "chancery_alerts_total",
	    "Alerts raised: canaries touched, copies of passkeys", false,
	    atomic_load(&c->did[OP_ALERT_RAISE][OUTCOME_ALLOWED]));
	add(&list, "chancery_log_size", "Records in the log", true,
	    atomic_load(&core->durable) - core->base + 1);
	add(&list, "chancery_log_checkpoint_size",
	    "Records under the last checkpoint", true,
	    metrics_checkpoint(core));
	add_operations(&list, arena, c);
	add_limits(&list);
	return list.n;
}

uint64_t
metrics_checkpoint(struct core *core)
{
	return scribe_checkpoint_size(engine_scribe(core->engine));
}
