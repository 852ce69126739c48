/*
 * Power losses: the engine under load, the power failing at 500 moments, each
 * time with what was not synced kept, dropped or torn by chance. Then the same
 * with what durability rests on left out: the test must see that.
 *
 * test-power --seed N --cut K does again the lives that lead to one cut. The
 * choices are the seed's; how threads meet is not: the folder of a failure is
 * kept, and named.
 */
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/fault.h"
#include "world.h"

enum {
	CUTS = 500,
	CUTS_OF_ONE = 25, /* of one installation */
	CUTS_OF_CONTROL = 100,
};

static uint64_t seed = 1;
static uint64_t only = CUTS; /* the cut to be done again, or all */
static struct world *world;

/* Any moment of the life; each other time rather an early one: its recovery. */
static size_t
choose_moment(void)
{
	size_t events = simfs_now() - simfs_start();

	if (dice_of(&world->dice, 2) == 0)
		events = MIN(events, (size_t)1 << dice_of(&world->dice, 8));
	return simfs_start() + dice_of(&world->dice, events + 1);
}

/* The lives of one installation: false where one shows a problem. */
static bool
live_through(unsigned first, unsigned n)
{
	world_reset(world, seed * 1000003 + first);
	for (unsigned i = 0; i < n; i++) {
		world_live(world);
		if (world->problem != PROBLEM_NONE)
			return false;
		world_cut(world, choose_moment(), dice_roll(&world->dice));
	}
	world_live(world);
	return world->problem == PROBLEM_NONE;
}

static void
test_power_losses(void **state UNUSED)
{
	size_t acts = 0;

	for (unsigned cut = 0; cut < CUTS; cut += CUTS_OF_ONE) {
		if (only < CUTS && only / CUTS_OF_ONE != cut / CUTS_OF_ONE)
			continue;
		if (!live_through(cut, CUTS_OF_ONE)) {
			(void)fprintf(stderr,
			    "--seed %llu --cut %u: %s\nthe folder: %s\n",
			    (unsigned long long)seed, cut + world->lives - 1,
			    world->text, world->rig->folder);
			fail();
		}
		acts += world->n_acts;
	}
	(void)printf("%zu operations\n", acts);
}

/* With a part left out: how many of the cuts lost something acknowledged. */
static unsigned
count_losses(void)
{
	unsigned lost = 0, lives = 0;

	world->keeper_forgets = true;
	while (lives < CUTS_OF_CONTROL) {
		(void)live_through(lives, 10);
		lost += world->problem == PROBLEM_LOST;
		lives += world->lives;
	}
	world->keeper_forgets = false;
	return lost;
}

static void
test_control_early_release(void **state UNUSED)
{
	unsigned lost;

	fault_omit(FAULT_OMIT_WAIT);
	lost = count_losses();
	fault_omit(FAULT_OMIT_NOTHING);
	(void)printf("%u losses were seen: %s\n", lost, world->text);
	assert_true(lost > 0);
}

static void
test_control_lax_sync(void **state UNUSED)
{
	unsigned lost;

	world->lax = true;
	lost = count_losses();
	world->lax = false;
	(void)printf("%u losses were seen: %s\n", lost, world->text);
	assert_true(lost > 0);
}

int
main(int argc, char **argv)
{
	const struct CMUnitTest losses[] = {
	    cmocka_unit_test(test_power_losses),
	};
	const struct CMUnitTest controls[] = {
	    cmocka_unit_test(test_control_early_release),
	    cmocka_unit_test(test_control_lax_sync),
	};
	int failed;

	for (int i = 1; i + 1 < argc; i += 2) {
		uint64_t *to = strcmp(argv[i], "--cut") == 0 ? &only : &seed;

		if (slice_u64(slice_str(argv[i + 1]), UINT32_MAX, to) < 0)
			return 2;
	}
	world = world_new();
	failed = cmocka_run_group_tests(losses, NULL, NULL);
	if (failed > 0)
		return failed;
	if (only == CUTS)
		failed = cmocka_run_group_tests(controls, NULL, NULL);
	world_free(world);
	return failed;
}
