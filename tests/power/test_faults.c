/*
 * Faults on the path of a transaction: each allocation, write, sync and call on
 * a name of the writer's fails in turn, once or from there on. Whoever asked is
 * told that it is done, and then it is, with its record; or that it failed, and
 * then nothing is; or gets no answer, core ends, and a repeat tells.
 */
#include "unit.h"

#include <sqlite3.h>
#include <stdio.h>
#include <unistd.h>

#include "base/fault.h"
#include "world.h"

/* One thing goes round: every write there is on files and rights. */
static const enum op_number tour[] = {OP_FILE_CREATE, OP_FILE_WRITE,
    OP_NODE_RENAME, OP_SHARE_GRANT, OP_SHARE_REVOKE, OP_NODE_TRASH,
    OP_NODE_RESTORE, OP_NODE_TRASH, OP_NODE_PURGE};

enum {
	TOUR = ARRAY_SIZE(tour),
	LIVES_MAX = 4000,
	WHOLE_EACH = 16, /* lives; the last one, too */
	CYCLES = 60,     /* of a sync that fails, a restart, a power loss */
	CYCLES_OF_CONTROL = 400,
	RECOVERY_EVENTS = 60, /* about so many before a start is done */
};

static struct world *world;

/* How far it is: shared, as a fault may end the process. */
static struct progress {
	enum simfs_fault fault; /* NONE: allocations */
	bool persistent;
	unsigned at;
	uint64_t next[TOUR]; /* the call to fail next */
	bool done[TOUR];
	unsigned faults, failed, unknown;
} * progress;

/* ---- SQLite's memory ----------------------------------------------------- */

static sqlite3_mem_methods memory;

static void *
memory_alloc(int n)
{
	return fault_alloc() ? NULL : memory.xMalloc(n);
}

static void *
memory_realloc(void *p, int n)
{
	return fault_alloc() ? NULL : memory.xRealloc(p, n);
}

static void
watch_memory(void)
{
	sqlite3_mem_methods watched;

	assert_int_equal(
	    sqlite3_config(SQLITE_CONFIG_GETMALLOC, &memory), SQLITE_OK);
	watched = memory;
	watched.xMalloc = memory_alloc;
	watched.xRealloc = memory_realloc;
	assert_int_equal(
	    sqlite3_config(SQLITE_CONFIG_MALLOC, &watched), SQLITE_OK);
}

/* ---- the loop ------------------------------------------------------------ */

static void
arm(uint64_t nth)
{
	if (progress->fault == SIMFS_FAULT_NONE)
		fault_arm(nth, progress->persistent);
	else
		simfs_fail(progress->fault, nth, progress->persistent);
}

static bool
fired(void)
{
	return fault_fired() + simfs_failed() > 0;
}

static bool
is_all_done(void)
{
	for (size_t i = 0; i < TOUR; i++)
		if (!progress->done[i])
			return false;
	return true;
}

/* A power loss may have taken an act back: what is possible then comes next. */
static bool
fits(enum op_number op, const struct thing *thing)
{
	switch ((int)op) {
	case OP_FILE_CREATE:
		return thing->state == THING_NONE;
	case OP_NODE_RESTORE:
	case OP_NODE_PURGE:
		return thing->state == THING_TRASHED;
	case OP_SHARE_GRANT:
		return thing->state == THING_LIVE && thing->grant.n == 0;
	case OP_SHARE_REVOKE:
		return thing->state == THING_LIVE && thing->grant.n != 0;
	default:
		return thing->state == THING_LIVE;
	}
}

/* One act with a fault; what failed is asked for again without. */
static bool
step(void)
{
	unsigned at = progress->at;
	struct act *act;
	bool answered;

	while (!fits(tour[at], &world->now[0]))
		at = (at + 1) % TOUR;
	act = world_act(world, 0, tour[at]);
	assert_non_null(act);
	progress->at = (at + 1) % TOUR;
	if (!progress->done[at])
		arm(progress->next[at]++);
	world_send(world, act);
	answered = world_take(world, 1);
	if (!progress->done[at]) {
		progress->done[at] = answered && !fired();
		progress->faults += fired();
	}
	arm(0);
	progress->unknown += !answered;
	if (!answered)
		return false;
	if (act->state == ACT_DONE)
		return true;
	progress->failed++;
	if (act->code != E_NOMEM && act->code != E_IO && act->code != E_FULL) {
		(void)world_problem(world, PROBLEM_WRONG, "%s says: %s",
		    op_get(act->op)->name, error_info(act->code)->text);
		return false;
	}
	return world_repeat_open(world) == 0;
}

static void
go_round(struct world *of UNUSED)
{
	while (!is_all_done())
		if (!step())
			return;
}

static void
report(void)
{
	(void)fprintf(stderr,
	    "fault %d, %s, %s, call %llu: %s\nthe folder: %s\n",
	    (int)progress->fault, progress->persistent ? "lasting" : "once",
	    op_get(tour[(progress->at + TOUR - 1) % TOUR])->name,
	    (unsigned long long)
		progress->next[(progress->at + TOUR - 1) % TOUR],
	    world->text, world->rig->folder);
}

static void
fail_each(enum simfs_fault fault, bool persistent)
{
	world_reset(world, (uint64_t)fault * 2 + persistent);
	*progress = (struct progress){.fault = fault, .persistent = persistent};
	for (size_t i = 0; i < TOUR; i++)
		progress->next[i] = 1;
	progress->done[TOUR - 2] = true; /* the same as two before */
	world->load = go_round;
	world->whole_each = WHOLE_EACH;
	for (unsigned lives = 0; lives < LIVES_MAX; lives++) {
		world_live(world);
		if (world->problem != PROBLEM_NONE) {
			report();
			fail();
		}
		if (is_all_done() && !world->exited)
			break;
		/* Each other time the power fails, too, at some moment. */
		if (lives % 2 == 0)
			world_restart(world);
		else
			world_cut(world,
			    world->start + dice_of(&world->dice,
					       simfs_now() - world->start + 1),
			    dice_roll(&world->dice));
	}
	assert_true(is_all_done());
	assert_true(progress->faults > 0);
	(void)printf("%u faults: %u failures, %u unknown, %u lives\n",
	    progress->faults, progress->failed, progress->unknown,
	    world->lives);
}

static void
test_allocations(void **state UNUSED)
{
	fail_each(SIMFS_FAULT_NONE, false);
	fail_each(SIMFS_FAULT_NONE, true);
}

static void
test_writes(void **state UNUSED)
{
	fail_each(SIMFS_FAULT_WRITE, false);
	fail_each(SIMFS_FAULT_WRITE, true);
}

static void
test_syncs(void **state UNUSED)
{
	fail_each(SIMFS_FAULT_SYNC, false);
	fail_each(SIMFS_FAULT_SYNC, true);
}

static void
load_nothing(struct world *of UNUSED)
{
}

/* ---- a start ------------------------------------------------------------- */

/*
 * Each call of a first start fails in turn. It says so or goes on; the next
 * start finds what is whole, or nothing, and installs.
 */
static void
fail_first_start(enum simfs_fault fault)
{
	uint64_t n = 0;

	world->whole_each = 1;
	do {
		world_reset(world, ++n);
		world->load = load_nothing;
		world->start_fault = fault;
		world->start_nth = n;
		world_live(world);
		world->start_fault = SIMFS_FAULT_NONE;
		if (world->problem != PROBLEM_NONE)
			break;
		if (!world->start_failed)
			break;
		if (n % 2 == 0)
			world_restart(world);
		else
			world_cut(world, simfs_now(), dice_roll(&world->dice));
		world->load = world_load;
		world_live(world);
	} while (world->problem == PROBLEM_NONE);
	if (world->problem != PROBLEM_NONE) {
		(void)fprintf(stderr,
		    "fault %d, call %llu: %s\nthe folder: %s\n", (int)fault,
		    (unsigned long long)n, world->text, world->rig->folder);
		fail();
	}
	assert_true(n > 1);
	(void)printf("%llu faults\n", (unsigned long long)n - 1);
}

static void
test_first_start(void **state UNUSED)
{
	fail_first_start(SIMFS_FAULT_WRITE);
	fail_first_start(SIMFS_FAULT_SYNC);
	fail_first_start(SIMFS_FAULT_NAME);
}

/* ---- a sync that fails, a restart, a power loss -------------------------- */

static void
fail_a_sync(struct world *of)
{
	world_load(of);
	for (unsigned i = 0; i < WORLD_THINGS && !of->rig->exited; i++) {
		struct act *act = world_act(of, i, 0);

		assert_non_null(act);
		simfs_fail(SIMFS_FAULT_SYNC, 1, false);
		world_send(of, act);
		(void)world_take(of, 1);
	}
	if (!of->rig->exited)
		(void)world_problem(
		    of, PROBLEM_WRONG, "core went on after a failed sync");
}

/*
 * What was not answered is asked for again by the next start, and told; then
 * the power fails, each other time while that start recovers. False where the
 * third life finds anything wrong.
 */
static bool
fail_restart_cut(unsigned cycle)
{
	size_t events;

	world_reset(world, cycle);
	world->whole_each = 1;
	world->load = fail_a_sync;
	world_live(world);
	if (world->problem != PROBLEM_NONE)
		return false;
	world_restart(world);
	world->load = load_nothing;
	world_live(world);
	if (world->problem != PROBLEM_NONE)
		return false;
	events = simfs_now() - world->start;
	if (cycle % 2 == 0)
		events = dice_of(&world->dice, MIN(events, RECOVERY_EVENTS));
	world_cut(world, world->start + events, dice_roll(&world->dice));
	world_live(world);
	return world->problem == PROBLEM_NONE;
}

static void
test_failed_sync(void **state UNUSED)
{
	for (unsigned i = 0; i < CYCLES; i++)
		if (!fail_restart_cut(i)) {
			(void)fprintf(stderr, "cycle %u: %s\nthe folder: %s\n",
			    i, world->text, world->rig->folder);
			fail();
		}
}

/* A start that takes the write-ahead log as it finds it. */
static void
test_control_no_rewrite(void **state UNUSED)
{
	unsigned wrong = 0;

	fault_omit(FAULT_OMIT_REWRITE);
	for (unsigned i = 0; i < CYCLES_OF_CONTROL && wrong == 0; i++)
		wrong += !fail_restart_cut(i);
	fault_omit(FAULT_OMIT_NOTHING);
	(void)printf("%s\n", world->text);
	assert_true(wrong > 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_first_start),
	    cmocka_unit_test(test_syncs),
	    cmocka_unit_test(test_writes),
	    cmocka_unit_test(test_failed_sync),
	    cmocka_unit_test(test_control_no_rewrite),
	    cmocka_unit_test(test_allocations),
	};
	int failed;

	watch_memory();
	world = world_new();
	progress = simfs_shared(sizeof(*progress));
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	if (failed == 0)
		world_free(world);
	return failed;
}
