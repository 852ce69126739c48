/* Following the log: every record once, in order, as fast as it is taken. */
#include "unit.h"

#include <stdio.h>

#include "core/record.h"
#include "core/test_rig.h"
#include "ledger/bundle.h"
#include "ledger/note.h"
#include "ledger/tree.h"
#include "wire/cbor.h"

enum { ITEMS_MAX = 8000 };

struct item {
	uint64_t kind, number;
	struct slice bytes;
};

/* What the stream has brought so far. */
static size_t
items(const struct rig *rig, struct item ret_items[static ITEMS_MAX])
{
	struct cbor_reader r = cbor_reader(buf_slice(&rig->data));
	size_t n = 0;

	while (r.in.n > 0) {
		struct item *item = &ret_items[n++];

		assert_true(n <= ITEMS_MAX);
		assert_int_equal(cbor_get_array(&r), 3);
		item->kind = cbor_get_uint(&r);
		item->number = cbor_get_uint(&r);
		item->bytes = cbor_get_bytes(&r);
		assert_int_equal(r.error, 0);
	}
	return n;
}

/* Waits for an item of that kind and number, or a later one. */
static size_t
await(struct rig *rig, enum scribe_item kind, uint64_t number,
    struct item ret_items[static ITEMS_MAX])
{
	for (;;) {
		size_t n = items(rig, ret_items);

		for (size_t i = 0; i < n; i++)
			if (ret_items[i].kind == kind &&
			    ret_items[i].number >= number)
				return n;
		rig_await_data(rig, 1);
	}
}

/* No gap and no repeat, from one number to another. */
static void
check_records(const struct item *list, size_t n, uint64_t first, uint64_t last)
{
	for (uint64_t s = first; s <= last; s++) {
		assert_true(s - first < n);
		assert_int_equal(list[s - first].kind, SCRIBE_RECORD);
		assert_int_equal(list[s - first].number, s);
	}
}

static void
make_folders(struct rig *rig, unsigned first, unsigned n)
{
	struct id home = rig_admin(rig).home;
	char name[32];

	for (unsigned i = first; i < first + n; i++) {
		(void)snprintf(name, sizeof(name), "folder-%u", i);
		(void)rig_folder(rig, rig->token, home, name);
	}
}

static void
test_from_the_first(void **state)
{
	static struct item list[ITEMS_MAX];
	struct rig *rig = *state;
	struct log_tail args = {.has_from = true, .from = 1};
	struct buf bundle = BUF(BUNDLE_BYTES_MAX);
	uint64_t last;
	size_t n;

	make_folders(rig, 0, 20);
	assert_int_equal(rig_follow(rig, OP_LOG_TAIL, &args), 1);
	last = rig_last(rig);
	n = await(rig, SCRIBE_RECORD, last, list);
	check_records(list, n, 1, last);
	/* Each is the record as it stands. */
	assert_int_equal(db_begin(rig->db), 0);
	for (size_t i = 0; i < n; i++) {
		buf_clear(&bundle);
		assert_int_equal(record_put(rig->db, NULL, &rig->arena,
				     list[i].number, &bundle),
		    0);
		assert_true(slice_eq(list[i].bytes, buf_slice(&bundle)));
	}
	db_end(rig->db);
	buf_free(&bundle);
}

/* What happens comes by itself, denials too; the tail's own record first. */
static void
test_as_it_happens(void **state)
{
	static struct item list[ITEMS_MAX];
	struct rig *rig = *state;
	struct log_tail args = {.has_from = false};
	uint64_t first = rig_follow(rig, OP_LOG_TAIL, &args);

	/* Its own record is among the first. */
	assert_true(first <= rig->follows);
	for (unsigned i = 0; i < 10; i++) {
		make_folders(rig, i, 1);
		assert_int_equal(rig_read(rig, NULL, (struct id){1, KIND_FILE}),
		    E_UNAUTHENTICATED);
		check_records(list,
		    await(rig, SCRIBE_RECORD, rig_last(rig), list), first,
		    rig_last(rig));
	}
}

/* Who comes back goes on where they were, after a restart of the server too. */
static void
test_resume(void **state)
{
	static struct item list[ITEMS_MAX];
	struct rig *rig = *state;
	struct log_tail args = {.has_from = true, .from = 7};
	size_t n;

	make_folders(rig, 0, 10);
	rig_stop(rig);
	assert_int_equal(rig_open(rig), 0);
	assert_int_equal(rig_follow(rig, OP_LOG_TAIL, &args), 7);
	n = await(rig, SCRIBE_RECORD, rig_last(rig), list);
	check_records(list, n, 7, rig_last(rig));
	/* Of what has not been, nothing comes until it is. */
	args.from = rig_last(rig) + 10;
	assert_int_equal(rig_follow(rig, OP_LOG_TAIL, &args), args.from);
	make_folders(rig, 10, 20);
	n = await(rig, SCRIBE_RECORD, rig_last(rig), list);
	check_records(list, n, args.from, rig_last(rig));
}

/* A slow one holds nobody up, and misses nothing. */
static void
test_slow_subscriber(void **state)
{
	enum { BIG = 300, ROUNDS = 12, CREDIT = 1 << 20, ABOUT = 1 << 19 };
	static struct item list[ITEMS_MAX];
	static char names[BIG][256];
	struct file_create args[BIG] = {{.has_name = false}};
	struct answer answers[BIG];
	struct rig *rig = *state;
	struct id home = rig_admin(rig).home;
	struct log_tail tail = {.has_from = false};
	uint64_t first = rig_follow(rig, OP_LOG_TAIL, &tail), last;
	size_t n, taken = 0;

	for (unsigned r = 0; r < ROUNDS; r++) {
		for (unsigned i = 0; i < BIG; i++) {
			(void)snprintf(
			    names[i], sizeof(names[i]), "%0250u", r * BIG + i);
			SHAPE_SET(&args[i], parent, home);
			SHAPE_SET(&args[i], name, slice_of(names[i], 250));
		}
		rig_do_all(rig, &rig->arena, OP_FILE_CREATE, rig->token, NULL,
		    BIG, args, answers);
		assert_int_equal(answers[BIG - 1].code, 0);
	}
	last = rig_last(rig);
	/* It gets what it was given room for, and one record at most more. */
	rig_await_data(rig, CREDIT - rig->data.n);
	make_folders(rig, 0, 5);
	rig_await_index(rig); /* the scribe has been round since */
	rig_poll(rig);
	assert_in_range(rig->data.n, CREDIT, CREDIT + ABOUT);
	n = items(rig, list);
	assert_true(list[n - 1].number < last);
	while (list[n - 1].number < last) {
		scribe_taken(engine_scribe(rig->engine), rig->follows,
		    rig->data.n - taken);
		taken = rig->data.n;
		rig_await_data(rig, 1);
		n = items(rig, list);
	}
	check_records(list, n, first, last);
}

/* All that a search finds, and then it is over. */
static void
test_export(void **state)
{
	static struct item list[ITEMS_MAX];
	struct rig *rig = *state;
	struct log_search args = {
	    .has_operation = true, .operation = SLICE("folder.create")};
	size_t n, found = 0;

	make_folders(rig, 0, 10);
	(void)rig_follow(rig, OP_LOG_EXPORT, &args);
	make_folders(rig, 10, 1); /* too late for it */
	n = await(rig, SCRIBE_END, 0, list);
	for (size_t i = 0; i + 1 < n; i++) {
		assert_int_equal(list[i].kind, SCRIBE_RECORD);
		assert_int_equal(rig_leaf(rig, &rig->arena, list[i].number)->op,
		    OP_FOLDER_CREATE);
		found++;
	}
	assert_int_equal(list[n - 1].kind, SCRIBE_END);
	assert_int_equal(found, 10);
}

/* A mirror can check all it has against what was signed. */
static void
test_mirror(void **state)
{
	static struct item list[ITEMS_MAX];
	struct rig *rig = *state;
	struct log_tail args = {.has_from = true, .from = 1};
	struct checkpoint checkpoint;
	struct note note;
	struct note_key key;
	uint64_t signers;
	struct tree tree = {.size = 0};
	static struct digest roots[ITEMS_MAX]; /* by tree size */
	struct digest hash;
	uint64_t last;
	size_t n;

	make_folders(rig, 0, 10);
	(void)rig_follow(rig, OP_LOG_MIRROR, &args);
	last = rig_last(rig);
	/* The next checkpoint covers what the scribe has by then. */
	(void)await(rig, SCRIBE_LEAF, last, list);
	rig_pass(2000); /* checkpoints are a second apart */
	make_folders(rig, 10, 1);
	n = await(rig, SCRIBE_CHECKPOINT, last, list);
	assert_int_equal(note_key_parse(slice_str(rig->log_vkey), &key), 0);
	for (size_t i = 0; i < n; i++) {
		if (list[i].kind == SCRIBE_LEAF) {
			assert_int_equal(list[i].number, tree.size + 1);
			hash = tree_leaf_hash(list[i].bytes);
			tree_append_leaf_hash(&tree, &hash);
			roots[tree.size] = tree_root(&tree);
			continue;
		}
		assert_int_equal(list[i].kind, SCRIBE_CHECKPOINT);
		assert_int_equal(note_parse(list[i].bytes, &note), 0);
		assert_true(note_verify(&note, &key, 1, &signers) == 0);
		assert_int_equal(checkpoint_parse(note.text, &checkpoint), 0);
		/* It never comes before the leaves that it covers. */
		assert_true(checkpoint.size <= tree.size);
		assert_true(
		    digest_eq(&roots[checkpoint.size], &checkpoint.root));
	}
	assert_true(tree.size > 10);
}

/* What was erased leaves no more, though it left a moment ago. */
static void
test_erased_words_leave_no_more(void **state)
{
	static struct item list[ITEMS_MAX];
	struct rig *rig = *state;
	struct rig_person bob = rig_person(rig, "bob-the-robot");
	struct log_tail args = {.has_from = true, .from = 1};
	struct principal_ref who = {.has_principal = true, .principal = bob.id};
	uint64_t made =
	    rig_last_of(rig, &rig->arena, OP_PRINCIPAL_CREATE)->sequence;
	size_t n, told;

	(void)rig_file(rig, bob.token, bob.home, "file", "bytes");
	for (size_t round = 0; round < 2; round++) {
		(void)rig_follow(rig, OP_LOG_TAIL, &args);
		n = await(rig, SCRIBE_RECORD, rig_last(rig), list);
		assert_int_equal(list[made - 1].number, made);
		/* Later records bring the one that they cite, too. */
		told = 0;
		for (size_t i = 0; i < n; i++)
			told += memmem(list[i].bytes.p, list[i].bytes.n,
				    "bob-the-robot", 13) != NULL;
		assert_true(round == 0 ? told > 1 : told == 0);
		if (round > 0)
			break;
		assert_int_equal(
		    rig_do(rig, &rig->arena, OP_PRINCIPAL_END, rig->token, &who)
			.code,
		    0);
		assert_int_equal(
		    rig_do(rig, &rig->arena, OP_SUBJECT_ERASE, rig->token, &who)
			.code,
		    0);
	}
}

/*
 * A keeper that dies having signed what nobody heard: its successor is asked at
 * once, for what goes on from there, or no checkpoint would be signed again.
 */
static void
test_a_keeper_dies_having_signed(void **state)
{
	struct rig *rig = *state;
	struct rig_person me = rig_admin(rig);
	size_t asked = rig->asked;

	rig->unheard = true;
	(void)rig_file(rig, rig->token, me.home, "one", "1");
	rig_pass(2000);
	/* It may have been asked while the file was stored: that is it, then.
	 */
	if (rig->asked == asked)
		rig_await_sign(rig);
	rig->unheard = false;
	(void)rig_file(rig, rig->token, me.home, "two", "2");
	scribe_keeper(
	    engine_scribe(rig->engine), rig->signed_size, &rig->signed_root);
	rig_await_sign(rig);
	assert_true(rig->signed_size > 0);
	assert_int_equal(rig->asked_behind, rig->signed_size);
}

static const struct log_state *
log_status(struct rig *rig)
{
	struct nothing nothing = {.has_unused = false};
	struct answer a =
	    rig_do(rig, &rig->arena, OP_LOG_STATUS, rig->token, &nothing);

	assert_int_equal(a.code, 0);
	return a.result;
}

/* How far all is: what is signed, what is indexed. */
static void
test_status(void **state)
{
	struct rig *rig = *state;
	struct rig_person ann = rig_person(rig, "ann");
	struct nothing nothing = {.has_unused = false};
	const struct log_state *s;

	make_folders(rig, 0, 10);
	for (unsigned i = 10;
	     scribe_checkpoint_size(engine_scribe(rig->engine)) == 0; i++) {
		rig_pass(2000); /* checkpoints are a second apart */
		make_folders(rig, i, 1);
		rig_await_index(rig); /* the scribe has been round since */
	}
	rig_await_index(rig);
	s = log_status(rig);
	assert_int_equal(s->base, 1);
	/* But for this very record. */
	assert_int_equal(s->size, rig_last(rig) - 1);
	assert_in_range(s->checkpoint_size, 1, s->size);
	assert_true(s->has_checkpoint_time);
	assert_in_range(s->indexed, 1, s->size);
	assert_int_equal(s->mirrors.n, 0);
	assert_int_equal(
	    rig_do(rig, &rig->arena, OP_LOG_STATUS, ann.token, &nothing).code,
	    E_DENIED);
}

/* Who mirrors it now, and who did, also before the start. */
static void
test_mirrors_are_told(void **state)
{
	static struct item list[ITEMS_MAX];
	struct rig *rig = *state;
	struct log_tail args = {.has_from = true, .from = 1};
	struct stream_ending ending = {
	    .status = STREAM_COMPLETE, .known = true};
	const struct log_state *s;
	int64_t when;

	make_folders(rig, 0, 10);
	rig_connect(rig, "192.0.2.1", "mirror/1");
	(void)rig_follow(rig, OP_LOG_MIRROR, &args);
	when = core_time_now(&engine_core(rig->engine)->time);
	rig_pass(2000);
	make_folders(rig, 10, 1);
	(void)await(rig, SCRIBE_CHECKPOINT, 5, list);
	rig_await_index(rig); /* the scribe has been round since */
	s = log_status(rig);
	assert_int_equal(s->mirrors.n, 1);
	assert_true(s->mirrors.v[0].live);
	assert_true(s->mirrors.v[0].size >= 5);
	assert_int_equal(s->mirrors.v[0].time, when);
	assert_true(slice_eq(s->mirrors.v[0].address, SLICE("192.0.2.1")));
	assert_int_equal(s->mirrors.v[0].principal.n, rig_admin(rig).id.n);
	assert_true(s->mirrors.v[0].name.n > 0);

	rig_pass(5000);
	ending.number = rig->follows;
	assert_int_equal(rig_end_stream(rig, &ending), 0);
	scribe_end(engine_scribe(rig->engine), rig->follows);
	rig_await_index(rig);
	s = log_status(rig);
	assert_int_equal(s->mirrors.n, 1);
	assert_false(s->mirrors.v[0].live);
	assert_true(s->mirrors.v[0].size >= 5);
	assert_int_equal(s->mirrors.v[0].time, when + 7000);

	/* Another one asks on from where it was, and is alive at a restart. */
	rig_connect(rig, "192.0.2.2", "mirror/1");
	args.from = 9;
	(void)rig_follow(rig, OP_LOG_MIRROR, &args);
	rig_await_index(rig);
	rig_stop(rig);
	assert_int_equal(rig_open(rig), 0);
	rig_await_index(rig);
	s = log_status(rig);
	assert_int_equal(s->mirrors.n, 2);
	assert_true(slice_eq(s->mirrors.v[0].address, SLICE("192.0.2.2")));
	assert_int_equal(s->mirrors.v[0].size, 8);
	assert_false(s->mirrors.v[0].live);
	assert_int_equal(s->mirrors.v[1].time, when + 7000);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    RIG_TEST(test_a_keeper_dies_having_signed),
	    RIG_TEST(test_from_the_first),
	    RIG_TEST(test_as_it_happens),
	    RIG_TEST(test_resume),
	    RIG_TEST(test_slow_subscriber),
	    RIG_TEST(test_export),
	    RIG_TEST(test_mirror),
	    RIG_TEST(test_status),
	    RIG_TEST(test_mirrors_are_told),
	    RIG_TEST(test_erased_words_leave_no_more),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
