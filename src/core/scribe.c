#include "core/scribe.h"

#include <dirent.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/stat.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/log.h"
#include "core/engine.h"
#include "core/head.h"
#include "core/index.h"
#include "core/record.h"
#include "core/search.h"
#include "ipc/body.h"
#include "ledger/bundle.h"
#include "ledger/sign_request.h"

enum {
	FOLLOW_AT_ONCE = 512,   /* leaves in one snapshot */
	DATA_BYTES = 128 << 10, /* in one message, about */
	CREDIT_BYTES = 1 << 20, /* on the way to one stream */
	KEPT_BUNDLES = 1024,
	SIGN_PATIENCE_MS = 10000, /* then a checkpoint is asked for again */
	LAST_SIGN_MS = 3000,      /* what the last one is waited for */
	REST_NS = 5000000,        /* between two looks at what was committed */
	LOG_FOLDER_MODE = 0700,
	LOG_FILE_MODE = 0644,
	ROTATIONS_MAX = 64, /* of the key that mirrors can follow */
};

/* A stream that follows the log. */
struct follower {
	struct follower *next;
	uint64_t number;
	unsigned op;
	uint64_t from;      /* the next record for it */
	uint64_t until;     /* an export: the last; 0: none */
	uint64_t credit;    /* bytes that may leave */
	uint64_t told_size; /* a mirror: of the checkpoint that it has */
	size_t told_both;   /* ... and of how many rotations it was told */
	bool finished;
	struct search *search; /* an export's filter, or NULL */
};

/* What the other threads tell. */
struct note_in {
	struct note_in *next;
	enum {
		TELL_BEGIN,
		TELL_TAKEN,
		TELL_END,
		TELL_SIGNED,
		TELL_KEEPER,
		TELL_FORGET
	} what;
	uint64_t number, bytes;
	int code;
	struct follower *follower;
	struct slice text; /* behind it */
};

struct kept {
	uint64_t number;
	struct buf bundle;
};

struct scribe {
	struct engine *engine;
	struct core *core;
	struct db *db;
	struct arena arena;
	int dir;
	struct folder *folder;
	struct index_builder *index;

	pthread_mutex_t lock;
	pthread_cond_t told;
	bool woken;
	bool resting;         /* commits alone don't wake it */
	atomic_bool stopping; /* set under the lock, read without it */
	struct note_in *notes, **notes_end;
	struct scribe_mirror mirrors[SCRIBE_MIRRORS]; /* the oldest first */
	size_t n_mirrors;

	struct follower *followers;
	struct kept kept[KEPT_BUNDLES];
	struct record_cache cited;
	uint64_t keeper_size; /* that the keeper signed last */
	uint64_t asked_size;  /* of the checkpoint under way; 0: none */
	uint64_t asked_ms;
	_Atomic uint64_t signed_size;
	_Atomic int64_t signed_ms; /* when that was stored */
	/* Sizes of checkpoints that two keys signed, ascending. */
	uint64_t both[ROTATIONS_MAX];
	size_t n_both;
};

/* ---- the log folder ---------------------------------------------------------
 */

static uint64_t
followed(const struct scribe *scribe)
{
	return scribe->core->base + folder_size(scribe->folder) - 1;
}

/* Appends the next leaves to the folder: how many, or an error. */
static int
follow_some(struct scribe *scribe)
{
	struct stmt *stmt = db_stmt(scribe->db, SQL_LEAF_AFTER);
	uint64_t expect = followed(scribe) + 1;
	int n = 0, r;

	stmt_u64(stmt, 1, expect - 1);
	stmt_u64(stmt, 2, FOLLOW_AT_ONCE);
	while ((r = stmt_step(stmt)) > 0) {
		if (stmt_col_u64(stmt, 0) != expect++) {
			log_error(
			    "scribe.gap", log_u64(K_SEQUENCE, expect - 1));
			r = E_CORRUPT;
			break;
		}
		r = folder_append(scribe->folder, stmt_col_bytes(stmt, 1));
		if (r < 0)
			break;
		n++;
	}
	stmt_done(stmt);
	return r < 0 ? r : n;
}

static int
follow(struct scribe *scribe)
{
	int r;

	do {
		if ((r = db_begin(scribe->db)) < 0)
			return r;
		r = follow_some(scribe);
		db_end(scribe->db);
	} while (r == FOLLOW_AT_ONCE);
	return r < 0 ? r : 0;
}

/* The tree that the writer kept must be that of the leaves. */
static int
check_tree(struct scribe *scribe)
{
	struct digest root, expect;
	struct head head;
	struct tree tree;
	int r = head_get(scribe->db, &head);

	if (r < 0)
		return r;
	folder_tree(scribe->folder, &tree);
	root = tree_root(&tree);
	expect = tree_root(&head.tree);
	if (tree.size == head.tree.size && digest_eq(&root, &expect))
		return 0;
	log_error("scribe.damaged",
	    log_str(K_TEXT, "the leaves don't give the tree that was kept"),
	    log_u64(K_SIZE, tree.size));
	return E_CORRUPT;
}

/* What the keeper signed last must be a beginning of this log. */
static int
check_signed(struct scribe *scribe, uint64_t size, const struct digest *root)
{
	struct tree_reader reader = folder_reader(scribe->folder);
	struct digest here;
	int r;

	if (size == 0)
		return 0;
	if (size > folder_size(scribe->folder))
		return E_INCONSISTENT;
	if ((r = tree_root_at(&reader, size, &here)) < 0)
		return r;
	return digest_eq(&here, root) ? 0 : E_INCONSISTENT;
}

/*
 * The key, beside the folder it signs. After a rotation the one before stays as
 * "log.vkey-N": it signed checkpoints over no more than the records up to N.
 */
static int
put_key(struct scribe *scribe, const struct note_key *key)
{
	char name[64];
	int r = folder_put_key(scribe->folder, key);

	if (r != E_EXISTS || !scribe->core->key_is_new)
		return r;
	(void)snprintf(name, sizeof(name), FOLDER_VKEY "-%llu",
	    (unsigned long long)atomic_load(&scribe->core->durable));
	if (renameat(scribe->dir, FOLDER_VKEY, scribe->dir, name) < 0)
		return E_IO;
	return folder_put_key(scribe->folder, key);
}

static int
open_folder(struct scribe *scribe, struct slice log_key)
{
	struct folder_problem problem = {.code = 0};
	struct folder_options options = {.sync = true};
	struct note_key key;
	int r;

	if ((r = file_mkdir(AT_FDCWD, CORE_LOG_FOLDER, LOG_FOLDER_MODE)) < 0 ||
	    (r = file_open(AT_FDCWD, CORE_LOG_FOLDER, O_RDONLY | O_DIRECTORY, 0,
		 &scribe->dir)) < 0)
		return r;
	r = folder_open(scribe->dir, &options, &scribe->folder, &problem);
	if (r == E_CORRUPT) {
		/* It is derived: what doesn't hold is written again. */
		log_warn("scribe.rebuild", log_str(K_PATH, problem.path),
		    log_str(K_TEXT, problem.text));
		options.rebuild = true;
		r = folder_open(
		    scribe->dir, &options, &scribe->folder, &problem);
	}
	if (r < 0 || log_key.n == 0)
		return r;
	if ((r = note_key_parse(log_key, &key)) < 0)
		return r;
	return put_key(scribe, &key);
}

/*
 * A checkpoint that two keys signed is where a rotation can be followed from
 * the old key to the new one: it stays in the log folder as
 * "checkpoint-<size>", and each mirror gets it.
 */
static void
name_both(uint64_t size, char ret_name[64])
{
	(void)snprintf(
	    ret_name, 64, FOLDER_CHECKPOINT "-%llu", (unsigned long long)size);
}

static void
add_both(struct scribe *scribe, uint64_t size)
{
	size_t i = scribe->n_both;

	if (i == ROTATIONS_MAX || (i > 0 && scribe->both[i - 1] == size))
		return;
	for (; i > 0 && scribe->both[i - 1] > size; i--)
		scribe->both[i] = scribe->both[i - 1];
	scribe->both[i] = size;
	scribe->n_both++;
}

static void
find_both(struct scribe *scribe)
{
	const struct dirent *entry;
	DIR *dir = opendir(CORE_LOG_FOLDER);
	uint64_t size;

	if (dir == NULL)
		return;
	while ((entry = readdir(dir)) != NULL) {
		struct slice name = slice_str(entry->d_name);

		if (slice_starts(name, SLICE(FOLDER_CHECKPOINT "-")) &&
		    slice_u64(slice_from(name, sizeof(FOLDER_CHECKPOINT)),
			TREE_SIZE_MAX, &size) == 0)
			add_both(scribe, size);
	}
	(void)closedir(dir);
}

/* When the checkpoint that stands in the folder was put there. */
static int64_t
stored_when(const struct scribe *scribe)
{
	struct stat st;

	if (fstatat(scribe->dir, FOLDER_CHECKPOINT, &st, 0) < 0)
		return 0;
	return (int64_t)st.st_mtim.tv_sec * 1000;
}

int
scribe_new(struct engine *engine, struct slice log_key, uint64_t signed_size,
    const struct digest *signed_root, struct scribe **ret_scribe)
{
	struct scribe *scribe = mem_alloc(sizeof(*scribe));
	pthread_condattr_t attr;
	uint64_t stored = 0;
	int r;

	if (scribe == NULL)
		return E_NOMEM;
	scribe->engine = engine;
	scribe->core = engine_core(engine);
	scribe->dir = -1;
	scribe->notes_end = &scribe->notes;
	(void)pthread_mutex_init(&scribe->lock, NULL);
	(void)pthread_condattr_init(&attr);
	(void)pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	(void)pthread_cond_init(&scribe->told, &attr);
	(void)pthread_condattr_destroy(&attr);
	for (size_t i = 0; i < KEPT_BUNDLES; i++)
		scribe->kept[i].bundle = BUF(BUNDLE_BYTES_MAX);
	if ((r = db_open(HEAD_DATABASE, DB_READER, &scribe->db)) < 0 ||
	    (r = open_folder(scribe, log_key)) < 0 ||
	    (r = follow(scribe)) < 0 || (r = check_tree(scribe)) < 0 ||
	    (r = check_signed(scribe, signed_size, signed_root)) < 0 ||
	    (r = index_builder_new(scribe->core, scribe->db, &scribe->index)) <
		0) {
		scribe_free(&scribe);
		return r;
	}
	find_both(scribe);
	(void)folder_checkpoint(scribe->folder, &stored);
	atomic_store(&scribe->signed_size, stored);
	atomic_store(&scribe->signed_ms, stored_when(scribe));
	scribe->keeper_size = signed_size;
	*ret_scribe = scribe;
	return 0;
}

void
scribe_free(struct scribe **scribe)
{
	struct scribe *s = *scribe;

	if (s == NULL)
		return;
	while (s->followers != NULL) {
		struct follower *follower = s->followers;

		s->followers = follower->next;
		search_free(&follower->search);
		mem_free(follower);
	}
	while (s->notes != NULL) {
		struct note_in *note = s->notes;

		s->notes = note->next;
		if (note->follower != NULL)
			search_free(&note->follower->search);
		mem_free(note->follower);
		mem_free(note);
	}
	for (size_t i = 0; i < KEPT_BUNDLES; i++)
		buf_free(&s->kept[i].bundle);
	record_cache_free(&s->cited);
	folder_free(&s->folder);
	index_builder_free(&s->index);
	db_close(&s->db);
	fd_close(&s->dir);
	arena_free(&s->arena);
	(void)pthread_cond_destroy(&s->told);
	(void)pthread_mutex_destroy(&s->lock);
	mem_free(s);
	*scribe = NULL;
}

uint64_t
scribe_checkpoint_size(struct scribe *scribe)
{
	return atomic_load(&scribe->signed_size);
}

int64_t
scribe_checkpoint_time(struct scribe *scribe)
{
	return atomic_load(&scribe->signed_ms);
}

/* ---- mirrors, for those who ask
 * ---------------------------------------------------------- */

size_t
scribe_mirrors(struct scribe *scribe,
    struct scribe_mirror ret_mirrors[static SCRIBE_MIRRORS])
{
	size_t n;

	(void)pthread_mutex_lock(&scribe->lock);
	n = scribe->n_mirrors;
	for (size_t i = 0; i < n; i++)
		ret_mirrors[i] = scribe->mirrors[n - 1 - i];
	(void)pthread_mutex_unlock(&scribe->lock);
	return n;
}

/* What is known of a mirror now; the oldest gives way to a new one. */
static void
note_mirror(struct scribe *scribe, const struct follower *f, bool live)
{
	struct scribe_mirror *v = scribe->mirrors;
	size_t i = 0;

	if (f->op != OP_LOG_MIRROR)
		return;
	(void)pthread_mutex_lock(&scribe->lock);
	while (i < scribe->n_mirrors && v[i].stream != f->number)
		i++;
	if (i == SCRIBE_MIRRORS) {
		memmove(v, v + 1, (SCRIBE_MIRRORS - 1) * sizeof(*v));
		i--;
	}
	v[i] = (struct scribe_mirror){f->number, f->told_size, live};
	scribe->n_mirrors = MAX(scribe->n_mirrors, i + 1);
	(void)pthread_mutex_unlock(&scribe->lock);
}

/* ---- checkpoints
 * --------------------------------------------------------------- */

static int
put_sign(struct scribe *scribe, struct buf *buf)
{
	struct tree_reader reader = folder_reader(scribe->folder);
	struct sign_request request = {
	    .fence = scribe->core->fence,
	    .older = scribe->keeper_size,
	};
	struct tree tree;
	int r;

	folder_tree(scribe->folder, &tree);
	r = tree_prove_consistency(
	    &reader, request.older, tree.size, &request.proof);
	if (r < 0)
		return r;
	request.checkpoint =
	    (struct checkpoint){.origin = slice_str(scribe->core->origin),
		.size = tree.size,
		.root = tree_root(&tree)};
	sign_request_put(buf, &request);
	scribe->asked_size = tree.size;
	return buf->error;
}

static void
ask_checkpoint(struct scribe *scribe)
{
	uint64_t now = clock_boot_ms();
	struct buf body = BUF(65536);
	int r;

	if (folder_size(scribe->folder) == atomic_load(&scribe->signed_size))
		return;
	if (scribe->asked_size != 0 &&
	    now - scribe->asked_ms < SIGN_PATIENCE_MS)
		return;
	if (scribe->asked_size == 0 && !scribe->stopping &&
	    now - scribe->asked_ms < SCRIBE_CHECKPOINT_MS)
		return;
	scribe->asked_ms = now;
	r = put_sign(scribe, &body);
	if (r == 0)
		r = engine_post(
		    scribe->engine, &(struct order){.type = ORDER_SIGN,
					.bytes = buf_slice(&body)});
	if (r < 0)
		log_error("scribe.checkpoint", log_err(r));
	buf_free(&body);
}

static int
keep_both(struct scribe *scribe, struct slice text)
{
	struct checkpoint checkpoint;
	struct note note;
	char name[64];
	int r = note_parse(text, &note);

	if (r < 0 || note.n < 2)
		return r;
	if ((r = checkpoint_parse(note.text, &checkpoint)) < 0)
		return r;
	name_both(checkpoint.size, name);
	r = file_replace(scribe->dir, name, LOG_FILE_MODE, text);
	if (r == 0)
		add_both(scribe, checkpoint.size);
	return r;
}

static void
take_signed(struct scribe *scribe, int code, struct slice note)
{
	uint64_t size = 0;
	int r = code;

	if (r == 0)
		scribe->keeper_size = scribe->asked_size;
	scribe->asked_size = 0;
	if (r == 0)
		r = keep_both(scribe, note);
	if (r == 0)
		r = folder_flush(scribe->folder, note);
	if (r < 0) {
		log_error("scribe.checkpoint", log_err(r));
		return;
	}
	(void)folder_checkpoint(scribe->folder, &size);
	atomic_store(&scribe->signed_ms, core_time_now(&scribe->core->time));
	atomic_store(&scribe->signed_size, size);
}

/*
 * What its predecessor was asked, nobody answers any more; and it may have
 * signed, and kept that it did, without its being heard here.
 */
static void
take_keeper(struct scribe *scribe, uint64_t size, struct slice root)
{
	struct digest digest;
	int r;

	BUG_ON(root.n != sizeof(digest.b));
	memcpy(digest.b, root.p, sizeof(digest.b));
	scribe->asked_size = 0;
	scribe->asked_ms = 0;
	if ((r = check_signed(scribe, size, &digest)) == 0)
		scribe->keeper_size = size;
	else
		log_error("scribe.keeper", log_err(r), log_u64(K_SIZE, size));
}

/* ---- streams
 * -------------------------------------------------------------------- */

/* The bundle of a record, made once for all who follow. */
static int
bundle_of(struct scribe *scribe, uint64_t number, struct slice *ret_bundle)
{
	struct kept *kept = &scribe->kept[number % KEPT_BUNDLES];
	int r;

	if (kept->number != number) {
		buf_clear(&kept->bundle);
		kept->number = 0;
		r = record_put(scribe->db, &scribe->cited, &scribe->arena,
		    number, &kept->bundle);
		arena_reset(&scribe->arena);
		if (r < 0)
			return r;
		kept->number = number;
	}
	*ret_bundle = buf_slice(&kept->bundle);
	return 0;
}

static void
put_item(struct buf *data, enum scribe_item kind, uint64_t number,
    struct slice bytes)
{
	body_put_stream_data(
	    data, &(struct body_stream_data){kind, number, bytes});
}

static int
put_record(struct scribe *scribe, struct follower *f, struct buf *data)
{
	struct slice bytes;
	int r;

	if (f->op == OP_LOG_MIRROR) {
		r = record_leaf(scribe->db, &scribe->arena, f->from, &bytes);
		if (r == 0)
			put_item(data, SCRIBE_LEAF, f->from, bytes);
		arena_reset(&scribe->arena);
		return r;
	}
	if (f->search != NULL) {
		r = search_matches(
		    f->search, scribe->db, &scribe->arena, f->from);
		arena_reset(&scribe->arena);
		if (r <= 0)
			return r;
	}
	r = bundle_of(scribe, f->from, &bytes);
	if (r == 0)
		put_item(data, SCRIBE_RECORD, f->from, bytes);
	return r;
}

/* Rotations of the key, in order, even where it has a later checkpoint. */
static void
put_both(struct scribe *scribe, struct follower *f, struct buf *data)
{
	for (; f->told_both < scribe->n_both; f->told_both++) {
		struct buf note = BUF(NOTE_MAX);
		uint64_t size = scribe->both[f->told_both];
		char name[64];

		if (f->from < scribe->core->base + size)
			return;
		name_both(size, name);
		if (file_read(scribe->dir, name, &note) == 0)
			put_item(
			    data, SCRIBE_CHECKPOINT, size, buf_slice(&note));
		buf_free(&note);
		f->told_size = MAX(f->told_size, size);
	}
}

/* A mirror gets a checkpoint once it has all the leaves that it covers. */
static void
put_checkpoint(struct scribe *scribe, struct follower *f, struct buf *data)
{
	uint64_t size = 0;
	struct slice note = folder_checkpoint(scribe->folder, &size);

	if (f->op != OP_LOG_MIRROR)
		return;
	put_both(scribe, f, data);
	if (size <= f->told_size || f->from < scribe->core->base + size)
		return;
	put_item(data, SCRIBE_CHECKPOINT, size, note);
	f->told_size = size;
	note_mirror(scribe, f, true);
}

/*
 * The first record from a number on: between epochs there are numbers that no
 * record has. E_NOT_FOUND where there is none.
 */
static int
skip_gap(struct scribe *scribe, uint64_t from, uint64_t *ret_from)
{
	struct stmt *stmt = db_stmt(scribe->db, SQL_LEAF_NUMBERS);
	int r;

	stmt_u64(stmt, 1, from);
	stmt_u64(stmt, 2, INT64_MAX);
	stmt_u64(stmt, 3, 1);
	r = stmt_step(stmt);
	if (r > 0)
		*ret_from = stmt_col_u64(stmt, 0);
	stmt_done(stmt);
	return r > 0 ? 0 : r < 0 ? r : E_NOT_FOUND;
}

/* As much for one follower as it may get now; 1 where there is more. */
static int
feed(struct scribe *scribe, struct follower *f, uint64_t last)
{
	struct buf data = BUF(2 * BUNDLE_BYTES_MAX);
	bool all;
	int r = 0;

	if (f->until != 0)
		last = MIN(last, f->until);
	while (f->from <= last && data.n < MIN(DATA_BYTES, f->credit)) {
		if (f->from < scribe->core->base &&
		    (r = skip_gap(scribe, f->from, &f->from)) < 0)
			break;
		if (f->from > last || (r = put_record(scribe, f, &data)) < 0)
			break;
		f->from++;
	}
	if (r == 0)
		put_checkpoint(scribe, f, &data);
	all = f->until != 0 && f->from > f->until && !f->finished;
	if (r == 0 && all) {
		put_item(&data, SCRIBE_END, f->from, SLICE_NONE);
		f->finished = true;
	}
	if (r == 0)
		r = data.error;
	if (r == 0 && data.n > 0) {
		f->credit -= MIN(f->credit, data.n);
		r = engine_post(
		    scribe->engine, &(struct order){.type = ORDER_DATA,
					.number = f->number,
					.bytes = buf_slice(&data)});
	}
	buf_free(&data);
	if (r < 0) {
		log_error(
		    "scribe.stream", log_err(r), log_u64(K_SEQUENCE, f->from));
		f->finished = true;
		(void)engine_post(
		    scribe->engine, &(struct order){.type = ORDER_DONE,
					.number = f->number,
					.status = STREAM_FAILED});
	}
	return f->from <= last && f->credit > 0 && !f->finished;
}

static int
feed_all(struct scribe *scribe)
{
	uint64_t last = followed(scribe);
	int more = 0;

	if (scribe->followers == NULL || db_begin(scribe->db) < 0)
		return 0;
	for (struct follower *f = scribe->followers; f != NULL; f = f->next)
		if (!f->finished)
			more |= feed(scribe, f, last);
	db_end(scribe->db);
	return more;
}

/* ---- what the others tell
 * ---------------------------------------------------------- */

static int
tell(struct scribe *scribe, const struct note_in *what)
{
	struct note_in *note = mem_alloc(sizeof(*note) + what->text.n);

	if (note == NULL)
		return E_NOMEM;
	*note = *what;
	note->next = NULL;
	if (what->text.n > 0) {
		memcpy(note + 1, what->text.p, what->text.n);
		note->text = slice_of(note + 1, what->text.n);
	}
	(void)pthread_mutex_lock(&scribe->lock);
	*scribe->notes_end = note;
	scribe->notes_end = &note->next;
	scribe->woken = true;
	(void)pthread_cond_signal(&scribe->told);
	(void)pthread_mutex_unlock(&scribe->lock);
	return 0;
}

void
scribe_wake(struct scribe *scribe)
{
	(void)pthread_mutex_lock(&scribe->lock);
	scribe->woken = true;
	if (!scribe->resting)
		(void)pthread_cond_signal(&scribe->told);
	(void)pthread_mutex_unlock(&scribe->lock);
}

void
scribe_stop(struct scribe *scribe)
{
	(void)pthread_mutex_lock(&scribe->lock);
	scribe->stopping = scribe->woken = true;
	(void)pthread_cond_signal(&scribe->told);
	(void)pthread_mutex_unlock(&scribe->lock);
}

int
scribe_begin(struct scribe *scribe, const struct stream_order *order)
{
	struct follower *follower = mem_alloc(sizeof(*follower));
	/* A mirror is of one epoch's tree; records are of all of them. */
	uint64_t first =
	    order->op->number == OP_LOG_MIRROR ? scribe->core->base : 1;
	int r = 0;

	if (follower == NULL)
		return E_NOMEM;
	*follower = (struct follower){.number = order->number,
	    .op = order->op->number,
	    .from = MAX(order->plan.from, first),
	    .until = order->plan.until,
	    .credit = CREDIT_BYTES};
	if (order->plan.query.n > 0)
		r = search_new(order->plan.query, &follower->search);
	if (r == 0)
		r = tell(scribe, &(struct note_in){
				     .what = TELL_BEGIN, .follower = follower});
	if (r < 0) {
		search_free(&follower->search);
		mem_free(follower);
	}
	return r;
}

void
scribe_taken(struct scribe *scribe, uint64_t number, uint64_t bytes)
{
	(void)tell(
	    scribe, &(struct note_in){
			.what = TELL_TAKEN, .number = number, .bytes = bytes});
}

void
scribe_end(struct scribe *scribe, uint64_t number)
{
	(void)tell(
	    scribe, &(struct note_in){.what = TELL_END, .number = number});
}

void
scribe_signed(struct scribe *scribe, int code, struct slice note)
{
	(void)tell(scribe,
	    &(struct note_in){.what = TELL_SIGNED, .code = code, .text = note});
}

void
scribe_keeper(struct scribe *scribe, uint64_t size, const struct digest *root)
{
	(void)tell(scribe, &(struct note_in){.what = TELL_KEEPER,
			       .number = size,
			       .text = digest_slice(root)});
}

void
scribe_forget(struct scribe *scribe)
{
	(void)tell(scribe, &(struct note_in){.what = TELL_FORGET});
}

static struct follower **
find(struct scribe *scribe, uint64_t number)
{
	struct follower **at = &scribe->followers;

	while (*at != NULL && (*at)->number != number)
		at = &(*at)->next;
	return at;
}

static void
hear(struct scribe *scribe, struct note_in *note)
{
	struct follower **at = find(scribe, note->number), *gone;

	switch (note->what) {
	case TELL_BEGIN:
		note->follower->next = scribe->followers;
		scribe->followers = note->follower;
		note_mirror(scribe, note->follower, true);
		break;
	case TELL_TAKEN:
		if (*at != NULL)
			(*at)->credit =
			    MIN((*at)->credit + note->bytes, CREDIT_BYTES);
		break;
	case TELL_END:
		gone = *at;
		if (gone == NULL)
			break;
		*at = gone->next;
		note_mirror(scribe, gone, false);
		search_free(&gone->search);
		mem_free(gone);
		break;
	case TELL_SIGNED:
		take_signed(scribe, note->code, note->text);
		break;
	case TELL_KEEPER:
		take_keeper(scribe, note->number, note->text);
		break;
	case TELL_FORGET:
		for (size_t i = 0; i < KEPT_BUNDLES; i++) {
			scribe->kept[i].number = 0;
			buf_free(&scribe->kept[i].bundle);
		}
		record_cache_free(&scribe->cited);
		break;
	}
}

/* Waits for something to do, a second at most: what was told. */
static struct note_in *
listen(struct scribe *scribe, bool at_once)
{
	struct timespec until = clock_after(1000000000);
	struct note_in *notes;

	(void)pthread_mutex_lock(&scribe->lock);
	while (!scribe->woken && !at_once)
		if (pthread_cond_timedwait(
			&scribe->told, &scribe->lock, &until) != 0)
			break;
	scribe->woken = false;
	notes = scribe->notes;
	scribe->notes = NULL;
	scribe->notes_end = &scribe->notes;
	(void)pthread_mutex_unlock(&scribe->lock);
	return notes;
}

/*
 * Under load commits come one upon the other: what several have brought is
 * followed at once, and no commit has to wake anybody. Who is told something
 * doesn't wait.
 */
static void
rest(struct scribe *scribe)
{
	struct timespec until = clock_after(REST_NS);

	(void)pthread_mutex_lock(&scribe->lock);
	scribe->resting = true;
	while (scribe->notes == NULL && !scribe->stopping)
		if (pthread_cond_timedwait(
			&scribe->told, &scribe->lock, &until) != 0)
			break;
	scribe->resting = false;
	(void)pthread_mutex_unlock(&scribe->lock);
}

/* All is followed and signed, or the keeper doesn't answer. */
static bool
is_done(const struct scribe *scribe)
{
	if (!scribe->stopping ||
	    followed(scribe) != atomic_load(&scribe->core->durable))
		return false;
	return scribe->asked_size == 0 ||
	       clock_boot_ms() - scribe->asked_ms > LAST_SIGN_MS;
}

/* Takes a chunk into the index: whether there may be more to take. */
static bool
build_index(struct scribe *scribe, bool idle)
{
	int r = index_build(scribe->index, followed(scribe), idle);

	if (r < 0)
		log_error("scribe.index", log_err(r));
	return r > 0;
}

void *
scribe_run(void *arg)
{
	struct scribe *scribe = arg;
	int more = 0, r;

	for (;;) {
		struct note_in *notes = listen(scribe, more);
		uint64_t before = followed(scribe);

		while (notes != NULL) {
			struct note_in *note = notes;

			notes = note->next;
			hear(scribe, note);
			mem_free(note);
		}
		if ((r = follow(scribe)) < 0)
			log_error("scribe.follow", log_err(r));
		more = feed_all(scribe);
		more |= build_index(scribe, followed(scribe) == before);
		ask_checkpoint(scribe);
		if (is_done(scribe))
			return NULL;
		if (!more)
			rest(scribe);
	}
}
