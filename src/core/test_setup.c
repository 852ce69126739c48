/* What administrators are told of their server: setup.progress, bar.show. */
#include "unit.h"

#include <fcntl.h>
#include <unistd.h>

#include "base/file.h"
#include "core/core.h"
#include "core/host_note.h"
#include "core/test_passkey.h"

static const struct nothing nothing = {.has_unused = false};

static const struct setup_progress *
progress(struct rig *rig)
{
	struct answer a =
	    rig_do(rig, &rig->arena, OP_SETUP_PROGRESS, rig->token, &nothing);

	assert_int_equal(a.code, 0);
	return a.result;
}

static int64_t
now(struct rig *rig)
{
	return core_time_now(&engine_core(rig->engine)->time);
}

static void
give_role(struct rig *rig, struct id principal, unsigned relation)
{
	struct role_grant args = {.has_principal = true,
	    .principal = principal,
	    .has_relation = true,
	    .relation = relation};

	assert_int_equal(
	    rig_do(rig, &rig->arena, OP_ROLE_GRANT, rig->token, &args).code, 0);
}

/* ---- setup.progress ------------------------------------------------------ */

static void
test_nothing_done_yet(void **state)
{
	struct rig *rig = *state;
	const struct setup_progress *p = progress(rig);
	struct rig_person ann = rig_person(rig, "ann");

	assert_true(slice_eq(p->hostname, SLICE("localhost")));
	assert_true(p->local);
	assert_false(p->certificate);
	assert_int_equal(p->administrators, 0);
	assert_int_equal(p->people, 0);
	assert_int_equal(p->invited, 0);
	assert_int_equal(p->groups, 0);
	assert_false(p->has_backup);
	assert_false(p->has_mirror);
	assert_false(p->mirrored);
	assert_false(p->clock_suspect);
	assert_false(p->has_bar);
	assert_int_equal(
	    rig_do(rig, &rig->arena, OP_SETUP_PROGRESS, ann.token, &nothing)
		.code,
	    E_DENIED);
}

static void
test_people_are_counted(void **state)
{
	struct rig *rig = *state;
	struct rig_passkey key;
	struct rig_secrets secrets;
	char invitation[RIG_SECRET];
	struct id ann, bob, outer = rig_group(rig, "outer"),
			    inner = rig_group(rig, "inner");
	const struct setup_progress *p;

	rig_passkey_init(&key);
	ann = rig_passkey_enrol(rig, "ann", &key);
	bob = rig_enrol(rig, "bob", &secrets).id;
	(void)rig_invite_new(rig, "carl", invitation);
	p = progress(rig);
	assert_int_equal(p->people, 3);
	assert_int_equal(p->invited, 1);
	assert_int_equal(p->groups, 2);
	assert_int_equal(p->administrators, 0);
	/* By a group in a group that has the role; and each once. */
	(void)rig_member(rig, outer, inner);
	(void)rig_member(rig, inner, ann);
	(void)rig_member(rig, outer, bob);
	give_role(rig, outer, RELATION_USER_ADMIN);
	assert_int_equal(progress(rig)->administrators, 1);
	give_role(rig, ann, RELATION_USER_ADMIN);
	assert_int_equal(progress(rig)->administrators, 1);
	give_role(rig, bob, RELATION_LOG_READER);
	assert_int_equal(progress(rig)->administrators, 1);
}

/* A backup is what its note says, not another tool's. */
static void
test_backup(void **state)
{
	struct rig *rig = *state;
	static const char *const notes[] = {
	    "check: 12 records, 0 problems found", "backup: of record 7"};
	int dir = -1;

	assert_int_equal(
	    file_open(AT_FDCWD, ".", O_RDONLY | O_DIRECTORY, 0, &dir), 0);
	for (size_t i = 0; i < ARRAY_SIZE(notes); i++) {
		assert_int_equal(host_note_leave(dir, slice_str(notes[i])), 0);
		rig_stop(rig);
		assert_int_equal(rig_open(rig), 0);
		rig_await_index(rig);
		assert_int_equal(progress(rig)->has_backup, i == 1);
	}
	assert_int_equal(progress(rig)->backup, now(rig));
	(void)close(dir);
}

/* ---- the bar ------------------------------------------------------------- */

static struct bar_outcome
outcome(const char *control, unsigned state, const char *text)
{
	return (struct bar_outcome){.has_control = true,
	    .control = slice_str(control),
	    .has_state = true,
	    .state = state,
	    .has_text = true,
	    .text = slice_str(text)};
}

static int
report(struct rig *rig, const char *token, struct bar_outcome *list, size_t n)
{
	struct bar_report args = {.has_list = true};

	args.list.v = list;
	args.list.n = n;
	return rig_do(rig, &rig->arena, OP_BAR_REPORT, token, &args).code;
}

static const struct bar_shown *
show(struct rig *rig)
{
	struct answer a =
	    rig_do(rig, &rig->arena, OP_BAR_SHOW, rig->token, &nothing);

	assert_int_equal(a.code, 0);
	return a.result;
}

static void
test_bar(void **state)
{
	struct rig *rig = *state;
	struct record_span span = {true, 12, true, 40};
	struct bar_outcome list[] = {
	    outcome("clock", BAR_STATE_GREEN, "it is right"),
	    outcome("revoked", BAR_STATE_RED, "a token lived on")};
	const struct bar_shown *shown = show(rig);
	const struct setup_progress *p;
	size_t n = shown->list.n, told = 0;
	int64_t green;

	assert_false(shown->has_time);
	for (size_t i = 0; i < n; i++) {
		assert_false(shown->list.v[i].has_state);
		assert_true(shown->list.v[i].title.n > 0);
	}
	list[1].has_records = true;
	list[1].records.v = &span;
	list[1].records.n = 1;
	assert_int_equal(report(rig, rig->token, list, 2), 0);
	assert_true(rig_number(
	    &rig_last_of(rig, &rig->arena, OP_BAR_REPORT)->objects[0],
	    FACT_COUNT, &green));
	assert_int_equal(green, 1);
	shown = show(rig);
	assert_int_equal(shown->time, now(rig));
	assert_int_equal(shown->by.n, rig_admin(rig).id.n);
	assert_true(shown->by_name.n > 0);
	assert_int_equal(
	    rig_leaf(rig, &rig->arena, shown->sequence)->op, OP_BAR_REPORT);
	assert_int_equal(shown->list.n, n);
	for (size_t i = 0; i < n; i++) {
		const struct bar_line *line = &shown->list.v[i];

		told += line->has_state;
		if (!slice_eq(line->control, SLICE("revoked")))
			continue;
		assert_int_equal(line->state, BAR_STATE_RED);
		assert_true(slice_eq(line->text, SLICE("a token lived on")));
		assert_true(slice_eq(line->nist, SLICE("AC-12 AC-2(3)")));
		assert_int_equal(line->records.n, 1);
		assert_int_equal(line->records.v[0].last, 40);
	}
	assert_int_equal(told, 2);
	p = progress(rig);
	assert_true(p->has_bar);
	assert_false(p->bar_green);
}

/* All of it green is green, and another report takes its place. */
static void
test_green_bar(void **state)
{
	struct rig *rig = *state;
	const struct bar_shown *shown = show(rig);
	struct bar_outcome list[32];
	size_t n = shown->list.n;

	for (size_t i = 0; i < n; i++) {
		list[i] = outcome("", BAR_STATE_GREEN, "seen");
		list[i].control = shown->list.v[i].control;
	}
	assert_int_equal(report(rig, rig->token, list, n - 1), 0);
	assert_false(progress(rig)->bar_green);
	assert_int_equal(report(rig, rig->token, list, n), 0);
	assert_true(progress(rig)->bar_green);
	list[0].state = BAR_STATE_INCONCLUSIVE;
	assert_int_equal(report(rig, rig->token, list, n), 0);
	assert_false(progress(rig)->bar_green);
}

static void
test_bar_is_refused(void **state)
{
	struct rig *rig = *state;
	struct rig_person ann = rig_person(rig, "ann");
	struct record_span span = {true, 41, true, 40};
	struct bar_outcome list[] = {outcome("clock", BAR_STATE_GREEN, "one"),
	    outcome("clock", BAR_STATE_GREEN, "two")};

	assert_int_equal(report(rig, ann.token, list, 1), E_DENIED);
	assert_int_equal(report(rig, rig->token, list, 2), E_INVALID);
	assert_int_equal(report(rig, rig->token, list, 0), E_INVALID);
	list[1].control = SLICE("no-such");
	assert_int_equal(report(rig, rig->token, list, 2), E_INVALID);
	list[0].has_records = true;
	list[0].records.v = &span;
	list[0].records.n = 1;
	assert_int_equal(report(rig, rig->token, list, 1), E_INVALID);
	assert_false(show(rig)->has_time);
	assert_int_equal(
	    rig_do(rig, &rig->arena, OP_BAR_SHOW, ann.token, &nothing).code,
	    E_DENIED);
}

/* It may name whom is erased: then nothing is kept of it. */
static void
test_bar_goes_with_the_erased(void **state)
{
	struct rig *rig = *state;
	struct rig_person ann = rig_person(rig, "ann");
	struct principal_ref who = {.has_principal = true, .principal = ann.id};
	struct bar_outcome red =
	    outcome("administrators", BAR_STATE_RED, "ann has no passkey");

	assert_int_equal(report(rig, rig->token, &red, 1), 0);
	assert_int_equal(
	    rig_do(rig, &rig->arena, OP_PRINCIPAL_END, rig->token, &who).code,
	    0);
	assert_true(show(rig)->has_time);
	assert_int_equal(
	    rig_do(rig, &rig->arena, OP_SUBJECT_ERASE, rig->token, &who).code,
	    0);
	assert_false(show(rig)->has_time);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    RIG_TEST(test_nothing_done_yet),
	    RIG_TEST(test_people_are_counted),
	    RIG_TEST(test_backup),
	    RIG_TEST(test_bar),
	    RIG_TEST(test_green_bar),
	    RIG_TEST(test_bar_is_refused),
	    RIG_TEST(test_bar_goes_with_the_erased),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
