/* Time as records tell it: it goes on, whatever the wall clock says. */
#include "unit.h"

#include "core/test_rig.h"

#define MINUTE_MS ((int64_t)60 * 1000)
#define HOUR_MS (60 * MINUTE_MS)

static int64_t
now(const struct rig *rig)
{
	return core_time_now(&engine_core(rig->engine)->time);
}

static bool
is_suspect(struct rig *rig)
{
	struct nothing nothing = {.has_unused = false};
	struct answer a =
	    rig_do(rig, &rig->arena, OP_STATUS_READ, rig->token, &nothing);

	assert_int_equal(a.code, 0);
	return ((struct status *)a.result)->clock_suspect;
}

/* So many seconds go by, each of them watched. */
static void
watch(struct rig *rig, unsigned seconds)
{
	for (unsigned i = 0; i < seconds; i++) {
		rig_pass(1000);
		rig_tick(rig);
	}
}

/* How often the record says that suspicion began or ended, and what last. */
static size_t
count_notes(struct rig *rig, int64_t *ret_suspect)
{
	size_t n = 0;

	for (uint64_t s = 1; s <= rig_last(rig); s++) {
		const struct leaf *leaf = rig_leaf(rig, &rig->arena, s);

		if (leaf->op != OP_SYSTEM_CLOCK)
			continue;
		assert_true(
		    rig_number(&leaf->objects[0], FACT_SUSPECT, ret_suspect));
		n++;
	}
	return n;
}

static void
test_time_passes(void **state)
{
	struct rig *rig = *state;
	int64_t before = now(rig), suspect;

	watch(rig, 100);
	assert_int_equal(now(rig), before + 100000);
	assert_false(is_suspect(rig));
	assert_int_equal(count_notes(rig, &suspect), 0);
}

/* A small step is made good slowly, and never by going back. */
static void
test_small_steps(void **state)
{
	struct rig *rig = *state;
	int64_t start = now(rig), last = start;

	rig_step_wall(5000);
	watch(rig, 10);
	assert_in_range(now(rig) - start, 10500, 11000);
	watch(rig, 90);
	assert_int_equal(now(rig) - start, 105000);
	rig_step_wall(-10000);
	for (unsigned i = 0; i < 200; i++) {
		watch(rig, 1);
		assert_true(now(rig) > last);
		last = now(rig);
	}
	assert_int_equal(now(rig) - start, 295000);
	assert_false(is_suspect(rig));
}

/* A step of more than ten minutes, either way: core goes on by itself. */
static void
test_large_steps(void **state)
{
	static const int64_t steps[] = {10 * MINUTE_MS + 1000,
	    -10 * MINUTE_MS - 1000, 1000 * HOUR_MS, -1000 * HOUR_MS};
	struct rig *rig = *state;
	size_t notes = 0;
	int64_t suspect = 0;

	for (size_t i = 0; i < ARRAY_SIZE(steps); i++) {
		int64_t start = now(rig);

		rig_step_wall(steps[i]);
		watch(rig, 60);
		assert_int_equal(now(rig), start + MINUTE_MS);
		assert_true(is_suspect(rig));
		assert_int_equal(count_notes(rig, &suspect), ++notes);
		assert_int_equal(suspect, 1);
		/* Somebody puts it right: that is a record, too. */
		rig_step_wall(-steps[i]);
		watch(rig, 60);
		assert_int_equal(now(rig), start + 2 * MINUTE_MS);
		assert_false(is_suspect(rig));
		assert_int_equal(count_notes(rig, &suspect), ++notes);
		assert_int_equal(suspect, 0);
	}
}

/* Just under ten minutes is no reason to doubt. */
static void
test_almost_too_large(void **state)
{
	struct rig *rig = *state;

	rig_step_wall(10 * MINUTE_MS);
	rig_tick(rig);
	assert_false(is_suspect(rig));
}

/* A suspect clock makes no token older than it is. */
static void
test_expiry_by_core_time(void **state)
{
	struct rig *rig = *state;
	struct rig_person bob = rig_person(rig, "bob");
	struct nothing nothing = {.has_unused = false};
	struct answer a;

	rig_step_wall(1000 * 24 * HOUR_MS);
	watch(rig, 10);
	a = rig_do(rig, &rig->arena, OP_SESSION_GET, bob.token, &nothing);
	assert_int_equal(a.code, 0);
	/* Nor does setting it back make an old one young again. */
	rig_step_wall(-1000 * 24 * HOUR_MS);
	rig_pass(91 * 24 * HOUR_MS);
	rig_step_wall(-91 * 24 * HOUR_MS);
	rig_tick(rig);
	a = rig_do(rig, &rig->arena, OP_SESSION_GET, bob.token, &nothing);
	assert_int_equal(a.code, E_EXPIRED);
}

/* ---- starts
 * --------------------------------------------------------------------- */

static int64_t
start_says(struct rig *rig)
{
	const struct leaf *leaf =
	    rig_last_of(rig, &rig->arena, OP_SYSTEM_START);
	int64_t suspect = -1;

	assert_true(rig_number(&leaf->objects[0], FACT_SUSPECT, &suspect));
	return suspect;
}

/* In one boot of the machine it is known how long the server was away. */
static void
test_start_in_the_same_boot(void **state)
{
	struct rig *rig = *state;
	int64_t before = now(rig);

	rig_stop(rig);
	rig_pass(5 * HOUR_MS);
	rig_step_wall(-2 * HOUR_MS);
	assert_int_equal(rig_open(rig), 0);
	assert_int_equal(now(rig), before + 5 * HOUR_MS);
	assert_true(is_suspect(rig));
	assert_int_equal(start_says(rig), 1);
}

/* In another one there is the wall clock alone: it may not be before the last
 * record. */
static void
test_start_in_another_boot(void **state)
{
	struct rig *rig = *state;
	int64_t before = now(rig);

	rig_stop(rig);
	rig->boot_id[0]++;
	rig_pass(HOUR_MS);
	assert_int_equal(rig_open(rig), 0);
	assert_int_equal(now(rig), before + HOUR_MS);
	assert_int_equal(start_says(rig), 0);

	rig_stop(rig);
	rig->boot_id[0]++;
	rig_step_wall(-2 * HOUR_MS);
	assert_int_equal(rig_open(rig), 0);
	assert_int_equal(now(rig), before + HOUR_MS);
	assert_int_equal(start_says(rig), 1);
	assert_true(is_suspect(rig));
	/* It goes on from there by the boot clock. */
	watch(rig, 10);
	assert_int_equal(now(rig), before + HOUR_MS + 10000);
	assert_true(is_suspect(rig));
}

/* Records never go back in time, whatever the clocks do between starts. */
static void
test_records_ascend(void **state)
{
	static const int64_t steps[] = {
	    -HOUR_MS, 3 * HOUR_MS, -5 * MINUTE_MS, -HOUR_MS, 100 * HOUR_MS};
	struct rig *rig = *state;
	int64_t last = 0;

	for (size_t i = 0; i < ARRAY_SIZE(steps); i++) {
		rig_step_wall(steps[i]);
		watch(rig, 3);
		rig_stop(rig);
		if (i % 2 == 0)
			rig->boot_id[0]++;
		assert_int_equal(rig_open(rig), 0);
	}
	for (uint64_t s = 1; s <= rig_last(rig); s++) {
		const struct leaf *leaf = rig_leaf(rig, &rig->arena, s);

		assert_true(leaf->time >= last);
		last = leaf->time;
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    RIG_TEST(test_time_passes),
	    RIG_TEST(test_small_steps),
	    RIG_TEST(test_large_steps),
	    RIG_TEST(test_almost_too_large),
	    RIG_TEST(test_expiry_by_core_time),
	    RIG_TEST(test_start_in_the_same_boot),
	    RIG_TEST(test_start_in_another_boot),
	    RIG_TEST(test_records_ascend),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
