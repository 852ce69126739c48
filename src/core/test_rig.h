/*
 * The engine in a process of its own folder, for tests: a keeper that signs at
 * once, blobs that are told of, calls that wait for their reply, a writer that
 * can be held so that what happens meanwhile has one order.
 */
#ifndef CORE_TEST_RIG_H
#define CORE_TEST_RIG_H

#include <pthread.h>
#include <semaphore.h>

#include "core/engine.h"
#include "core/stream.h"
#include "keeper/secrets.h"
#include "ledger/note.h"

enum {
	RIG_OPENED = 64,
	RIG_SECRET = 64,
	RIG_CANARIES = 3, /* people whom the installation plants */
};

struct rig {
	char folder[64];
	int old_folder; /* the working folder before */
	struct config config;
	struct engine *engine;
	int wake; /* an eventfd */
	char token[RIG_SECRET];
	uint8_t boot_id[BOOT_ID_BYTES]; /* which boot of the machine it is */
	uint8_t log_key[64];            /* Ed25519, secret */
	char log_vkey[512];
	struct context *context;
	uint64_t calls, connections;
	struct arena arena;                  /* for what a test looks at */
	struct call *replies, **replies_end; /* not waited for yet */
	struct db *db;                       /* a reader's, on the database */
	struct loop *loop;                   /* of the keeper's secrets */
	struct secrets *secrets;
	struct call *asks;    /* what it is asked for now */
	int asks_code;        /* why it isn't asked now, or 0 */
	bool exited;          /* core said that it must end */
	sem_t held, released; /* where the writer waits */
	size_t dropped;       /* blob files that core let go */
	/* Streams that it opened, and those that it had closed. */
	uint64_t opened[RIG_OPENED], closed[RIG_OPENED];
	int64_t expires[RIG_OPENED]; /* of the rights of those opened */
	uint64_t follows; /* the stream of the log whose bytes are kept */
	struct buf data;  /* what it has brought */
	size_t n_opened, n_closed;
	/* Streams that were told that what they watch has changed, and by what.
	 */
	uint64_t news[RIG_OPENED], news_of[RIG_OPENED];
	size_t n_news;

	/* What the keeper tells at an open that it signed last. */
	uint64_t signed_size;
	struct digest signed_root;
	bool unheard;          /* it signs, and dies before it says so */
	uint64_t asked_behind; /* what core thinks that it signed last */
	size_t asked;          /* how often it was asked to sign */

	/* A test that wants to be told: of what leaves core, on the thread that
	 * lets it out, and of what the keeper signs. */
	void (*leaves)(void *arg, const struct order *order);
	void (*signs)(
	    void *arg, const struct checkpoint *checkpoint, struct slice note);
	void *arg;

	pthread_mutex_t lock;
	struct order *orders, **orders_end; /* that left, not taken yet */
};

/* A folder of its own, nothing in it. */
void rig_init(struct rig *rig);

/* Opens the engine there; an error is returned. */
int rig_open(struct rig *rig);

/* Ends it in good order, to be opened again or freed. */
void rig_stop(struct rig *rig);

/*
 * Ends it as if it had been killed now: what the next rig_open finds is the
 * database as it stands, without the records of a stop.
 */
void rig_crash(struct rig *rig);

/* Removes the folder. */
void rig_free(struct rig *rig);

/*
 * For cmocka: a rig with time that stands still, opened, as the test's state;
 * and its end, after a look at all records: each operation has made and ended
 * what its row in the table says.
 */
int rig_setup(void **state);
int rig_teardown(void **state);

#define RIG_TEST(function) \
	cmocka_unit_test_setup_teardown(function, rig_setup, rig_teardown)

/* ---- time ---------------------------------------------------------------- */

/*
 * Before rig_open: from here on time passes only as a test says. (A batch then
 * takes all that waits, since its time is never used up.)
 */
void rig_stop_clock(void);

/* The machine has been on for so long since. */
void rig_pass(int64_t ms);

/* Somebody has set the wall clock, forwards or back. */
void rig_step_wall(int64_t ms);

/* What the server does every second. */
void rig_tick(struct rig *rig);

/* ---- calls --------------------------------------------------------------- */

/* An answer: the code of one object, and its result in the arena. */
struct answer {
	int code; /* of the operation as a whole, else of the object */
	void *result;
};

/*
 * Does one operation with one argument and waits for its answer. `args` is a
 * struct of the operation's shape, ids as outer ones; token NULL: none.
 */
struct answer rig_do(struct rig *rig, struct arena *arena, enum op_number op,
    const char *token, const void *args);

/* The same with an Idempotency-Key. */
struct answer rig_do_key(struct rig *rig, struct arena *arena,
    enum op_number op, const char *token, const char *key, const void *args);

/* The same for n objects, each with an argument and an answer of its own. */
void rig_do_all(struct rig *rig, struct arena *arena, enum op_number op,
    const char *token, const char *key, size_t n, const void *args,
    struct answer *ret_answers);

/* A call without its answer waited for: rig_wait gives it. */
struct call *rig_submit(struct rig *rig, enum op_number op, const char *token,
    const char *key, size_t n, const void *args);

/* One of the operations of a call that names several. */
struct rig_op {
	enum op_number op;
	size_t n;
	const void *args;
};

/* The same with several operations. `person`: whom admission counts it to. */
struct call *rig_submit_ops(struct rig *rig, const char *token, const char *key,
    uint64_t person, size_t n, const struct rig_op *ops);

/* Such a call, not submitted. */
struct call *rig_call(struct rig *rig, const char *token, const char *key,
    uint64_t person, size_t n, const struct rig_op *ops);

/* The next reply; the call is the caller's to free. NULL where core exits. */
struct call *rig_wait(struct rig *rig);

/* The answers of a call's operation, as a front would read them. */
void rig_answers(const struct call *call, size_t i, struct arena *arena,
    struct answer *ret_answers);

/* From here on calls come from another connection. */
void rig_connect(struct rig *rig, const char *address, const char *agent);

/* Waits until the keeper is asked to sign once more. */
void rig_await_sign(struct rig *rig);

/* Takes orders that are there, without waiting. */
void rig_poll(struct rig *rig);

/* An operation of the server's own, waited for. `arg` comes back changed. */
void rig_system(struct rig *rig, enum op_number op,
    int (*system)(struct run *run, void *arg), void *arg);

/* ---- order --------------------------------------------------------------- */

/* The writer stops before the next call; all that is submitted waits. */
void rig_hold(struct rig *rig);

/* The same in two steps: a call that holds the writer, and its coming there. */
struct call *rig_gate(struct rig *rig);
void rig_await_gate(struct rig *rig);

/* Waits until so many calls wait for the writer: readers have done theirs. */
void rig_await(struct rig *rig, size_t n);

void rig_release(struct rig *rig);

/* ---- streams ------------------------------------------------------------- */

/* Somebody says that a stream has ended; what core made of it is returned. */
int rig_end_stream(struct rig *rig, const struct stream_ending *ending);

/* The same of a stream whose end nobody awaits; rig_await_record may. */
void rig_end_patiently(struct rig *rig, const struct stream_ending *ending);

/*
 * Opens a stream of the log, and keeps what it brings in rig->data. Its first
 * record is returned.
 */
uint64_t rig_follow(struct rig *rig, enum op_number op, const void *args);

/* Waits until it has brought so many bytes more, or the last record; takes
 * them.
 */
void rig_await_data(struct rig *rig, size_t n);

bool rig_is_closed(const struct rig *rig, uint64_t stream);

/* Bytes that came whole: an upload of so many that all are that byte. */
struct id
rig_upload(struct rig *rig, const char *token, uint64_t size, uint8_t byte);

/* The same of those few, which an upload holds itself. */
struct id
rig_upload_few(struct rig *rig, const char *token, struct slice bytes);

/* ---- the record ---------------------------------------------------------- */

/* The number of the last record. */
uint64_t rig_last(const struct rig *rig);

/* Waits for the record of that number. */
void rig_await_record(const struct rig *rig, uint64_t sequence);

/* A record. */
const struct leaf *
rig_leaf(struct rig *rig, struct arena *arena, uint64_t sequence);

/* The last record of an operation; NULL where there is none. */
const struct leaf *
rig_last_of(struct rig *rig, struct arena *arena, enum op_number op);

/* What a record says of an object: false where it says nothing. */
bool
rig_number(const struct leaf_object *object, uint64_t key, int64_t *ret_value);
struct slice rig_bytes(const struct leaf_object *object, uint64_t key);
bool rig_proves(const struct leaf *leaf, size_t object, uint64_t sequence);

/* The events of a record, as somebody sees them who may read the log. */
const char *rig_render(struct rig *rig, uint64_t sequence);

/* Waits until the index covers all records that there are. */
void rig_await_index(struct rig *rig);

/* An outer id as the reference that records hold, and back. */
uint64_t rig_ref(const struct rig *rig, struct id id);
struct id rig_id(const struct rig *rig, enum kind kind, uint64_t ref);

/* ---- what many tests want, each of it checked ---------------------------- */

struct rig_person {
	struct id id, home, trash, credential;
	char token[RIG_SECRET];
};

/* Who the installation's token is. */
struct rig_person rig_admin(struct rig *rig);

/* What a person signs in with. */
enum { RIG_SEED = 20 };
struct rig_secrets {
	const char *login, *password;
	uint8_t seed[RIG_SEED]; /* of the authenticator app */
};

/*
 * A new person with that name to sign in by, invited, enrolled with a password
 * and an authenticator app, and signed in. An app's code is good once, so half
 * a minute passes.
 */
struct rig_person
rig_enrol(struct rig *rig, const char *login, struct rig_secrets *ret_secrets);

/* The same of a guest. */
struct rig_person rig_enrol_guest(
    struct rig *rig, const char *login, struct rig_secrets *ret_secrets);

/* The secret of a new invitation. */
void
rig_invite(struct rig *rig, struct id principal, char ret_secret[RIG_SECRET]);

/* Signs in anew, half a minute later: the code, and the session's secret. */
int rig_sign_in(struct rig *rig, const struct rig_secrets *secrets,
    char ret_secret[RIG_SECRET]);

/* The code that the app shows now. */
void rig_totp(const struct rig_secrets *secrets, char ret_code[8]);

/* A new group, and somebody in it: the row that says so. */
struct id rig_group(struct rig *rig, const char *name);
struct id rig_member(struct rig *rig, struct id group, struct id principal);

/* A new service with a token. */
struct rig_person rig_person(struct rig *rig, const char *name);

/* Another token for somebody; fields of `how` besides principal and label. */
struct id rig_token(struct rig *rig, struct id principal,
    const struct token_issue *how, char ret_secret[RIG_SECRET]);

struct id rig_folder(
    struct rig *rig, const char *token, struct id parent, const char *name);
struct id rig_file(struct rig *rig, const char *token, struct id parent,
    const char *name, const char *content);
struct id rig_share(struct rig *rig, const char *token, struct id node,
    struct id principal, unsigned relation);

/* Codes of what is asked for by id. */
int rig_read(struct rig *rig, const char *token, struct id file);
int rig_revoke(struct rig *rig, const char *token, struct id grant);
int rig_end_token(struct rig *rig, struct id credential);
int rig_trash(struct rig *rig, const char *token, struct id node);
int rig_purge(struct rig *rig, const char *token, struct id node);
int
rig_move(struct rig *rig, const char *token, struct id node, struct id folder);

#endif
