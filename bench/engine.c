/*
 * The engine by itself, in this process: no front, no channel, a keeper that
 * signs at once.
 *
 *	bench-engine create COUNT BYTES
 *	bench-engine growth MAX
 *	bench-engine list COUNT PAGE
 *	bench-engine who PEOPLE
 *	bench-engine timeline RECORDS
 *
 * create stores COUNT files of so many bytes, DEPTH operations under way, as a
 * busy front has them. growth fills the log to each power of ten up to MAX, and
 * measures there what an operation costs. A cost is the processor time of the
 * whole process: writer, readers, scribe, and this program's own part. list
 *fills one folder, and measures the first and the last page of it, and what
 *searches for one name and for all of them take until their answer. who asks
 *who can read a file, DEEP folders down in one that is shared with a group of
 *so many people: page by page. timeline spreads so many records over a day, and
 *counts them by time: in how many ms, and in how many calls.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "bench.h"
#include "core/test_rig.h"
#include "core/writer.h"
#include "wire/cbor.h"

enum {
	DEPTH = 256,
	FOLDER_FILES = 1000,
	SAMPLE = 20000,
	BYTES_MAX = 32768,
	DEEP = 10,
	AT_ONCE = 200
};

struct bench {
	struct rig rig;
	struct arena arena; /* of the folder's answer */
	struct id home, folder;
	struct id files[SAMPLE]; /* of the last ones that were made */
	uint64_t made, folder_files;
	size_t in_flight;
	char content[BYTES_MAX];
	size_t bytes;
};

static double
seconds(clockid_t clock)
{
	struct timespec t;

	(void)clock_gettime(clock, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

NO_RETURN static void
die(const char *what, int code)
{
	(void)fprintf(stderr, "bench-engine: %s: %s\n", what, error_text(code));
	exit(1);
}

/* ---- operations -------------------------------------------------------------
 */

/* The first object's result; ends the program where it was not done. */
static struct slice
result_of(const struct call *call)
{
	const struct call_op *op = &call->ops[0];
	struct cbor_reader r = cbor_reader(buf_slice(&op->results));
	int code = op->code;
	size_t parts = cbor_get_array(&r);

	if (code == 0)
		code = -(int)cbor_get_uint(&r);
	if (code != 0 || parts != 2)
		die(op->op->name, code);
	return cbor_skip(&r);
}

static void
take_one(struct bench *b)
{
	struct call *call = rig_wait(&b->rig);
	struct node_made made;

	if (call == NULL)
		die("the engine ended", E_UNKNOWN);
	if (call->ops[0].op->number == OP_FILE_CREATE) {
		if (shape_decode(&shape_node_made, result_of(call), NULL,
			&b->arena, &made) < 0)
			die("answer", E_CORRUPT);
		b->files[b->made++ % SAMPLE] = made.id;
	} else {
		(void)result_of(call);
	}
	call_free(&call);
	b->in_flight--;
}

static void
take_all(struct bench *b)
{
	while (b->in_flight > 0)
		take_one(b);
}

static void
submit(struct bench *b, enum op_number op, const void *args)
{
	if (b->in_flight == DEPTH)
		take_one(b);
	b->in_flight++;
	(void)rig_submit(&b->rig, op, b->rig.token, NULL, 1, args);
}

static void
make_folder(struct bench *b, uint64_t n)
{
	struct folder_create create = {.has_path = false};
	struct answer answer;
	char name[32];

	take_all(b);
	(void)snprintf(name, sizeof(name), "Folder %" PRIu64, n);
	SHAPE_SET(&create, parent, b->home);
	SHAPE_SET(&create, name, slice_str(name));
	answer =
	    rig_do(&b->rig, &b->arena, OP_FOLDER_CREATE, b->rig.token, &create);
	if (answer.code < 0)
		die("folder.create", answer.code);
	b->folder = ((struct node_made *)answer.result)->id;
	arena_free(&b->arena);
}

static void
create_files(struct bench *b, uint64_t n, uint64_t *numbers)
{
	for (uint64_t i = 0; i < n; i++) {
		struct file_create create = {.has_path = false};
		uint64_t number = (*numbers)++;
		char name[32];

		if (number % b->folder_files == 0)
			make_folder(b, number / b->folder_files);
		(void)snprintf(
		    name, sizeof(name), "File %" PRIu64 ".txt", number);
		/* No two have the same bytes. */
		memcpy(b->content, &number, MIN(sizeof(number), b->bytes));
		SHAPE_SET(&create, parent, b->folder);
		SHAPE_SET(&create, name, slice_str(name));
		SHAPE_SET(&create, content, slice_of(b->content, b->bytes));
		submit(b, OP_FILE_CREATE, &create);
	}
	take_all(b);
}

static void
rename_files(struct bench *b, size_t n, unsigned round)
{
	for (size_t i = 0; i < n; i++) {
		struct node_rename rename = {.has_path = false};
		char name[64];

		(void)snprintf(
		    name, sizeof(name), "Renamed %u-%zu.txt", round, i);
		SHAPE_SET(&rename, node, b->files[i]);
		SHAPE_SET(&rename, name, slice_str(name));
		submit(b, OP_NODE_RENAME, &rename);
	}
	take_all(b);
}

static void
read_files(struct bench *b, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct file_read read = {.has_path = false};

		SHAPE_SET(&read, file, b->files[i]);
		submit(b, OP_FILE_READ, &read);
	}
	take_all(b);
}

/* ---- what is measured
 * ---------------------------------------------------------- */

static void
begin(struct bench *b, size_t bytes)
{
	struct nothing nothing = {.has_unused = false};
	struct answer answer;
	uint64_t wal;
	int r;

	memset(b, 0, sizeof(*b));
	memset(b->content, 'x', sizeof(b->content));
	b->bytes = bytes;
	b->folder_files = FOLDER_FILES;
	rig_init(&b->rig);
	wal = b->rig.config.wal_bytes;
	config_default(&b->rig.config);
	BUG_ON(b->rig.config.wal_bytes < wal);
	if ((r = rig_open(&b->rig)) < 0)
		die("engine", r);
	answer =
	    rig_do(&b->rig, &b->arena, OP_SESSION_GET, b->rig.token, &nothing);
	if (answer.code < 0)
		die("session.get", answer.code);
	b->home = ((struct session_info *)answer.result)->home;
}

static void
end(struct bench *b)
{
	rig_stop(&b->rig);
	rig_free(&b->rig);
	arena_free(&b->arena);
}

static uint64_t
commits(struct bench *b)
{
	return atomic_load(
	    &writer_counts(engine_writer(b->rig.engine))->batches);
}

static void
bench_create(uint64_t count, size_t bytes)
{
	struct bench *b = malloc(sizeof(*b));
	uint64_t numbers = 0, before;
	double wall, cpu;

	if (b == NULL)
		die("memory", E_NOMEM);
	begin(b, bytes);
	create_files(b, 2000, &numbers); /* until everything is warm */
	before = commits(b);
	wall = seconds(CLOCK_MONOTONIC);
	cpu = seconds(CLOCK_PROCESS_CPUTIME_ID);
	create_files(b, count, &numbers);
	cpu = seconds(CLOCK_PROCESS_CPUTIME_ID) - cpu;
	wall = seconds(CLOCK_MONOTONIC) - wall;
	(void)printf("rate=%.0f cpu_us=%.1f ops_a_commit=%.1f\n",
	    (double)count / wall, cpu * 1e6 / (double)count,
	    (double)count / (double)(commits(b) - before));
	end(b);
	free(b);
}

static uint64_t
log_size(struct bench *b)
{
	return atomic_load(
	    &writer_counts(engine_writer(b->rig.engine))->operations);
}

static void
measure(struct bench *b, uint64_t at, uint64_t *numbers)
{
	static unsigned round;
	size_t n = at / 5 < SAMPLE ? at / 5 : SAMPLE;
	double t[4];

	create_files(b, n, numbers); /* so that files has n of them */
	t[0] = seconds(CLOCK_PROCESS_CPUTIME_ID);
	create_files(b, n, numbers);
	t[1] = seconds(CLOCK_PROCESS_CPUTIME_ID);
	rename_files(b, MIN(n, b->made), ++round);
	t[2] = seconds(CLOCK_PROCESS_CPUTIME_ID);
	read_files(b, MIN(n, b->made));
	t[3] = seconds(CLOCK_PROCESS_CPUTIME_ID);
	(void)printf("leaves=%" PRIu64
		     " create_us=%.1f rename_us=%.1f read_us=%.1f\n",
	    log_size(b), (t[1] - t[0]) * 1e6 / (double)n,
	    (t[2] - t[1]) * 1e6 / (double)n, (t[3] - t[2]) * 1e6 / (double)n);
	(void)fflush(stdout);
}

static void
bench_growth(uint64_t max)
{
	struct bench *b = malloc(sizeof(*b));
	uint64_t numbers = 0;

	if (b == NULL)
		die("memory", E_NOMEM);
	begin(b, 100);
	for (uint64_t at = 1000; at <= max; at *= 10) {
		while (log_size(b) < at)
			create_files(b, MIN(at - log_size(b), 10000), &numbers);
		measure(b, at, &numbers);
	}
	end(b);
	free(b);
}

/* ---- lists
 * -------------------------------------------------------------------------- */

enum { ROUNDS = 21 };

static int
by_size(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static double
median(double *times)
{
	qsort(times, ROUNDS, sizeof(*times), by_size);
	return times[ROUNDS / 2];
}

/* A page, and how many ms it took. */
static double
list_page(
    struct bench *b, struct slice after, uint64_t limit, struct slice *ret_next)
{
	struct folder_list list = {.has_folder = true, .folder = b->folder};
	struct answer answer;
	double from;

	SHAPE_SET(&list, limit, limit);
	if (after.n > 0)
		SHAPE_SET(&list, after, after);
	from = seconds(CLOCK_MONOTONIC);
	answer =
	    rig_do(&b->rig, &b->arena, OP_FOLDER_LIST, b->rig.token, &list);
	from = seconds(CLOCK_MONOTONIC) - from;
	if (answer.code < 0)
		die("folder.list", answer.code);
	*ret_next = ((struct node_page *)answer.result)->next;
	return from * 1e3;
}

static double
search_for(struct bench *b, const char *text)
{
	struct node_search search = {.has_text = true, .text = slice_str(text)};
	double from = seconds(CLOCK_MONOTONIC);
	struct answer answer =
	    rig_do(&b->rig, &b->arena, OP_NODE_SEARCH, b->rig.token, &search);

	if (answer.code < 0)
		die("node.search", answer.code);
	return (seconds(CLOCK_MONOTONIC) - from) * 1e3;
}

static void
bench_list(uint64_t count, uint64_t page)
{
	struct bench *b = malloc(sizeof(*b));
	double first[ROUNDS], last[ROUNDS], one[ROUNDS], all[ROUNDS];
	struct slice next = SLICE_NONE, after = SLICE_NONE, none;
	uint64_t numbers = 0;
	char name[32];

	if (b == NULL)
		die("memory", E_NOMEM);
	begin(b, 1);
	b->folder_files = count;
	create_files(b, count, &numbers);
	rig_await_index(&b->rig);
	for (uint64_t n = 0; n < count; n += page) {
		after = next;
		(void)list_page(b, after, page, &next);
	}
	(void)snprintf(name, sizeof(name), "%" PRIu64, count / 2);
	for (size_t i = 0; i < ROUNDS; i++) {
		first[i] = list_page(b, SLICE_NONE, page, &none);
		last[i] = list_page(b, after, page, &none);
		one[i] = search_for(b, name);
		all[i] = search_for(b, "file txt");
	}
	(void)printf("first_ms=%.2f last_ms=%.2f search_one_ms=%.2f "
		     "search_all_ms=%.2f\n",
	    median(first), median(last), median(one), median(all));
	end(b);
	free(b);
}

/* ---- who can
 * ------------------------------------------------------------------- */

static void *
do_one(struct bench *b, enum op_number op, const void *args)
{
	struct answer a = rig_do(&b->rig, &b->arena, op, b->rig.token, args);

	if (a.code < 0)
		die(op_get(op)->name, a.code);
	return a.result;
}

static void
add_people(struct bench *b, struct id group, uint64_t n)
{
	static struct principal_create create[AT_ONCE];
	static struct member_add add[AT_ONCE];
	static struct answer answers[AT_ONCE];

	for (size_t i = 0; i < AT_ONCE; i++) {
		SHAPE_SET(&create[i], kind, PRINCIPAL_SERVICE);
		SHAPE_SET(&create[i], name, SLICE("Somebody"));
		SHAPE_SET(&add[i], group, group);
	}
	for (uint64_t done = 0; done < n; done += AT_ONCE) {
		rig_do_all(&b->rig, &b->arena, OP_PRINCIPAL_CREATE,
		    b->rig.token, NULL, AT_ONCE, create, answers);
		for (size_t i = 0; i < AT_ONCE; i++) {
			if (answers[i].code < 0)
				die("principal.create", answers[i].code);
			SHAPE_SET(&add[i], principal,
			    ((struct principal *)answers[i].result)->id);
		}
		rig_do_all(&b->rig, &b->arena, OP_MEMBER_ADD, b->rig.token,
		    NULL, AT_ONCE, add, answers);
		for (size_t i = 0; i < AT_ONCE; i++)
			if (answers[i].code < 0)
				die("member.add", answers[i].code);
		arena_reset(&b->arena);
	}
}

static void
bench_who(uint64_t people)
{
	struct bench *b = malloc(sizeof(*b));
	struct group_create group = {.has_name = true, .name = SLICE("All")};
	struct share_grant share = {.has_expires = false};
	struct access_who_can who = {.has_path = false};
	const struct who_page *page;
	double start, cpu, first = 0, now = 0;
	uint64_t n = 0;

	if (b == NULL)
		die("memory", E_NOMEM);
	begin(b, 100);
	SHAPE_SET(&share, principal,
	    ((struct principal *)do_one(b, OP_GROUP_CREATE, &group))->id);
	add_people(b, share.principal, people);
	for (uint64_t i = 0; i < DEEP; i++) {
		make_folder(b, i);
		b->home = b->folder;
		if (i == 0)
			SHAPE_SET(&share, node, b->folder);
	}
	SHAPE_SET(&share, relation, RELATION_READ);
	(void)do_one(b, OP_SHARE_GRANT, &share);
	SHAPE_SET(&who, relation, RELATION_READ);
	SHAPE_SET(&who, node, b->folder);
	cpu = seconds(CLOCK_PROCESS_CPUTIME_ID);
	start = seconds(CLOCK_MONOTONIC);
	do {
		page = do_one(b, OP_ACCESS_WHO_CAN, &who);
		now = seconds(CLOCK_MONOTONIC) - start;
		first = n == 0 ? now : first;
		n += page->list.n;
		if (page->list.n > 0)
			SHAPE_SET(&who, after,
			    page->list.v[page->list.n - 1].principal);
	} while (page->more);
	cpu = seconds(CLOCK_PROCESS_CPUTIME_ID) - cpu;
	(void)printf("people=%" PRIu64
		     " first_ms=%.2f all_ms=%.1f cpu_ms=%.1f\n",
	    n, first * 1e3, now * 1e3, cpu * 1e3);
	end(b);
	free(b);
}

/* ---- counts by time
 * ------------------------------------------------------------------ */

enum { DAY_MS = 86400000, AT_A_TIME = 1000, DENIED_EACH = 50 };

static int64_t
time_now(struct bench *b)
{
	return core_time_now(&engine_core(b->rig.engine)->time);
}

/* A day of them; some are denied. */
static void
fill_day(struct bench *b, uint64_t count)
{
	struct node_ref nothing = {.has_node = true, .node = {1, KIND_FILE}};
	uint64_t numbers = 0;

	while (log_size(b) < count) {
		create_files(b, AT_A_TIME, &numbers);
		for (int i = 0; i < DENIED_EACH; i++)
			(void)rig_do(
			    &b->rig, &b->arena, OP_NODE_GET, NULL, &nothing);
		arena_reset(&b->arena);
		rig_pass((int64_t)DAY_MS * (AT_A_TIME + DENIED_EACH) /
			 (int64_t)count);
	}
	rig_await_index(&b->rig);
}

/* All of it, asked on where one call can't tell it: calls, and ms of each. */
static void
count_day(struct bench *b, const char *what, struct log_timeline ask)
{
	double first = 0, most = 0;
	uint64_t calls = 0, n = 0;
	const struct timeline *told;

	do {
		double ms = seconds(CLOCK_MONOTONIC);

		told = do_one(b, OP_LOG_TIMELINE, &ask);
		ms = (seconds(CLOCK_MONOTONIC) - ms) * 1e3;
		first = calls == 0 ? ms : first;
		most = MAX(most, ms);
		calls++;
		for (size_t i = 0; i < told->list.n; i++)
			n += told->list.v[i].count;
		ask.since = told->next;
		arena_reset(&b->arena);
	} while (told->has_partial);
	(void)printf("%s: records=%" PRIu64 " calls=%" PRIu64
		     " first_ms=%.1f most_ms=%.1f\n",
	    what, n, calls, first, most);
	(void)fflush(stdout);
}

static void
bench_timeline(uint64_t count)
{
	struct bench *b = malloc(sizeof(*b));
	struct log_timeline all = {.has_since = true}, ask;
	struct nothing nothing = {.has_unused = false};

	if (b == NULL)
		die("memory", E_NOMEM);
	rig_stop_clock();
	begin(b, 1);
	all.since = time_now(b);
	fill_day(b, count);
	SHAPE_SET(&all, until, time_now(b) + 1);
	count_day(b, "all", all);
	count_day(b, "all again", all);
	ask = all;
	SHAPE_SET(&ask, operation, SLICE("file.create"));
	count_day(b, "an operation", ask);
	SHAPE_SET(&ask, outcome, OUTCOME_ALLOWED);
	count_day(b, "an operation, allowed", ask);
	ask = all;
	SHAPE_SET(&ask, outcome, OUTCOME_DENIED);
	count_day(b, "denied", ask);
	ask = all;
	SHAPE_SET(&ask, object, b->files[0]);
	count_day(b, "a file", ask);
	ask = all;
	SHAPE_SET(&ask, principal,
	    ((struct session_info *)do_one(b, OP_SESSION_GET, &nothing))
		->principal);
	count_day(b, "a principal", ask);
	SHAPE_SET(&ask, operation, SLICE("folder.create"));
	count_day(b, "a principal, an operation", ask);
	end(b);
	free(b);
}

int
main(int argc, char **argv)
{
	if (argc == 4 && strcmp(argv[1], "create") == 0) {
		bench_create(bench_number(argv[2]),
		    MIN(bench_number(argv[3]), BYTES_MAX));
	} else if (argc == 4 && strcmp(argv[1], "list") == 0) {
		bench_list(bench_number(argv[2]), bench_number(argv[3]));
	} else if (argc == 3 && strcmp(argv[1], "growth") == 0) {
		bench_growth(bench_number(argv[2]));
	} else if (argc == 3 && strcmp(argv[1], "who") == 0) {
		bench_who(bench_number(argv[2]));
	} else if (argc == 3 && strcmp(argv[1], "timeline") == 0) {
		bench_timeline(bench_number(argv[2]));
	} else {
		(void)fputs("usage: bench-engine create COUNT BYTES | "
			    "list COUNT PAGE | growth MAX | who PEOPLE | "
			    "timeline RECORDS\n",
		    stderr);
		return 2;
	}
	return 0;
}
