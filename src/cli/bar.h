/*
 * chancery bar: controls that are probed on the live system, by requests such
 * as an attacker would send. Each control is a row of a table (bar_controls)
 * and a function that does the probing; what they share stands here.
 *
 * A probe says what it has seen by bar_saw, bar_red and bar_unsure: one that
 * says nothing has seen nothing, and counts as inconclusive. Whatever it makes
 * is noted (bar_made) and ended at the end, also when the run is interrupted.
 */
#ifndef CLI_BAR_H
#define CLI_BAR_H

#include "cli/cli.h"
#include "cli/sse.h"
#include "ledger/note.h"
#include "wire/totp.h"

enum {
	BAR_RECORDS = 64, /* told of one control */
	BAR_PRINCIPALS = 16,
	BAR_HEADER = 300,
	BAR_PATIENCE_MS = 10000, /* until what must come counts as not coming */
	BAR_PROMISE_MS = 1000,   /* in which what was withdrawn is dead */
	BAR_TRIES = 8, /* to sign in to one account: under the server's limit */
};

/* The worse, the higher. */
enum bar_state { BAR_UNSET, BAR_GREEN, BAR_UNSURE, BAR_RED };

struct bar;

struct bar_control {
	const char *name; /* "password-alone", for programs */
	const char *title;
	/* What it answers, apart by blanks; NULL: nothing there. */
	const char *nist, *scuba, *cis;
	void (*probe)(struct bar *bar);
};

extern const struct bar_control bar_controls[];
extern const size_t bar_controls_n;

struct bar_result {
	const struct bar_control *control;
	enum bar_state state;
	struct buf saw, wrong; /* words for people */
	uint64_t from, ms;
	uint64_t records[BAR_RECORDS];
	size_t n_records; /* of all: more than BAR_RECORDS aren't told */
};

/* A record that the tail has brought, of ours or an alert. */
struct bar_seen {
	uint64_t sequence, cites;
	int64_t time;     /* of the record */
	int64_t came;     /* by our wall clock */
	uint64_t came_ms; /* by our boot clock */
	char operation[48];
	char actor[API_ID];
	bool own; /* done by us */
};

/* The log as it comes, all the while. */
struct bar_tail {
	struct sse sse;
	bool started, over;
	int status;           /* of HTTP */
	uint64_t first, next; /* the number that must come next; 0: any */
	uint64_t gap;         /* the first number that didn't; 0: all did */
	bool repeated;        /* one came again */
	struct bar_seen *seen;
	size_t n, cap;
};

/* A person of ours, who enrols by an invitation. */
struct bar_person {
	char id[API_ID], login[64], password[40], session_id[API_ID];
	uint8_t seed[TOTP_SEED_BYTES];
	uint64_t step; /* of the last code that was used */
	char invited[BAR_HEADER],
	    session[BAR_HEADER]; /* "Authorization: ..." */
};

/* What a checkpoint says, of itself. */
struct bar_point {
	uint64_t size, base;
	struct digest root;
};

struct bar {
	struct cli *cli;
	const char *key_given; /* the log's, or NULL */
	char agent[64];        /* what all our requests say they come from */
	char nonce[17], me[API_ID], address[300];
	bool tls;
	struct bar_tail tail;
	struct bar_result *now;  /* of the control under way */
	struct bar_result first; /* of what comes before them */
	struct bar_person anna, bob, carl;
	/* A service: two tokens, and files of its own. */
	struct {
		char id[API_ID], credential[API_ID];
		char token[BAR_HEADER], other[BAR_HEADER];
		char nodes[2][API_ID];
		size_t n_nodes;
	} robot;
	struct bar_point before; /* at the beginning */
	struct note_key key;
	bool has_before;
	char made[BAR_PRINCIPALS][API_ID];
	size_t n_made;
};

/* ---- saying -------------------------------------------------------------- */

/* What was seen and is as it must be; what isn't; what couldn't be seen. */
void bar_saw(struct bar *bar, const char *format, ...) PRINTF_LIKE(2, 3);
void bar_red(struct bar *bar, const char *format, ...) PRINTF_LIKE(2, 3);
void bar_unsure(struct bar *bar, const char *format, ...) PRINTF_LIKE(2, 3);

/* A record that says so. */
void bar_record(struct bar *bar, uint64_t sequence);

/* Somebody wants it to end: probes return, what was made is ended. */
bool bar_stopped(void);

/* ---- asking -------------------------------------------------------------- */

/*
 * An operation as the administrator. False: it was refused, and bar_unsure has
 * said so.
 */
bool bar_do(struct bar *bar, const char *name, json_t *args, json_t **ret);

/* What became of an operation by somebody else. */
struct bar_said {
	int error, status; /* of HTTP */
	bool ok;
	char code[32]; /* "WEAK"; empty: none was told */
	json_t *result;
};

/* `who` is an Authorization header; NULL: nobody. Free with bar_said_free. */
void bar_call(struct bar *bar, const char *who, const char *name, json_t *args,
    struct bar_said *ret_said);
void bar_said_free(struct bar_said *said);

/* A request as it is; what the answer names lives until the next one. */
void bar_ask(struct bar *bar, const char *who, struct http_call *call,
    struct http_answer *ret_answer);

/* The same, of a method and path alone: HTTP's status, 0: none came. */
int bar_status(
    struct bar *bar, const char *who, const char *method, const char *path);

/* Steps until it is so; false: it never was, in so long. */
bool bar_until(struct bar *bar, bool (*is)(struct bar *bar, void *arg),
    void *arg, uint64_t ms);

/* ---- people and things of ours ------------------------------------------- */

/* Each once, when it is first needed. False: it was said why not. */
bool bar_person_invited(struct bar *bar, struct bar_person *person);
bool bar_person_enrolled(struct bar *bar, struct bar_person *person);
bool bar_person_signed_in(struct bar *bar, struct bar_person *person);
bool bar_robot(struct bar *bar);

/* A password that nobody guesses. */
void bar_password(char ret[static 40]);

/* The code that the app of a person shows for a step, as text; and one that it
 * shows nowhere near now. */
void bar_code(const struct bar_person *person, uint64_t step,
    char ret[static TOTP_DIGITS + 1]);
void bar_wrong_code(
    const struct bar_person *person, char ret[static TOTP_DIGITS + 1]);

/* Stores a file of the robot's: false, and it was said why. */
bool bar_store(struct bar *bar, const char *path, uint64_t size);

/* Ends all that was made; says what is left. */
void bar_clean_up(struct bar *bar);

/* ---- the tail ------------------------------------------------------------ */

/* Follows the log from here on. False: it was said why not. */
bool bar_tail_open(struct bar *bar);
void bar_tail_close(struct bar *bar);

/* Waits until it has brought all that is on the record by now. */
bool bar_catch_up(struct bar *bar);

/* The first of ours from a number on, of that operation and by whom. */
const struct bar_seen *bar_find(const struct bar *bar, uint64_t from,
    const char *operation, const char *actor);

/* ---- probes -------------------------------------------------------------- */

void bar_password_alone(struct bar *bar);
void bar_administrators(struct bar *bar);
void bar_banned(struct bar *bar);
void bar_unknown(struct bar *bar);
void bar_revoked(struct bar *bar);
void bar_read(struct bar *bar);
void bar_log_stays(struct bar *bar);
void bar_authority(struct bar *bar);
void bar_canaries(struct bar *bar);
void bar_clock(struct bar *bar);

/* Where the log stands at the beginning, for bar_log_stays. */
void bar_log_begin(struct bar *bar);

#endif
