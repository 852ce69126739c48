/* What the files of the OCSF rendering share. */
#ifndef LEDGER_OCSF_PRIVATE_H
#define LEDGER_OCSF_PRIVATE_H

#include "ledger/ocsf.h"
#include "op/op.h"
#include "wire/json.h"

#define OCSF_PRODUCT "Chancery"

enum {
	OCSF_FACTS = 1000,      /* keys below are of the argument */
	OCSF_LINE_BYTES = 1024, /* of a sentence or a query, texts cut */
	OCSF_SHORT_BYTES = 120, /* of one text in such a line */
};

enum ocsf_severity {
	OCSF_INFORMATIONAL = 1,
	OCSF_LOW = 2,
	OCSF_MEDIUM = 3,
	OCSF_HIGH = 4,
};

/* A text of a leaf. */
struct ocsf_text {
	bool held;                     /* the leaf holds its commitment */
	const struct opening *opening; /* NULL: it was erased */
};

/* A row that leaves name, as far as the bundle tells. */
struct ocsf_thing {
	uint64_t ref;     /* 0: none */
	enum kind kind;   /* KIND_NONE: not known */
	uint64_t outside; /* 0: not known */
	const char *standing;
	struct ocsf_text name;
	int64_t since;      /* when it was made; -1: not known */
	unsigned principal; /* PRINCIPAL_*; 0: not known, or none */
};

struct ocsf_event {
	const struct bundle *bundle;
	const struct leaf *leaf;
	const struct op *op; /* NULL: of a newer release */
	size_t k;
	const struct leaf_object *object;
	size_t slot; /* of its first text */
	unsigned class, activity;
	unsigned parts; /* PART_*, beside what every event has */
	const char *class_caption, *activity_caption;

	int code;                       /* 0 or E_* */
	const struct error_info *error; /* NULL: none, or of a newer release */
	enum error_class outcome;
	enum ocsf_severity severity;

	const struct bundle_part *context; /* NULL: none */
	const struct bundle_part *cites;   /* NULL: none */
	struct ocsf_thing actor, behalf, session, credential;
	struct ocsf_thing on, target, grantee;
	struct ocsf_thing user; /* whom it concerns (PART_USER) */

	struct json_writer w;
	/* Texts and numbers of the object that have a place of their own. */
	uint64_t used_texts, used_numbers;
	bool is_cut;
	uint64_t cut_bytes; /* that the texts written so far lack */
};

/* ---- what a record tells (ocsf_thing.c) -------------------------------- */

/*
 * The row of a reference; `named`: the leaf that gave its name, 0: its maker.
 * KIND_NONE where the kind is not known beforehand.
 */
void ocsf_find(const struct ocsf_event *ev, enum kind kind, uint64_t ref,
    uint64_t named, struct ocsf_thing *ret_thing);

/* The place of the first row of these kinds that the object made. */
bool ocsf_made(const struct ocsf_event *ev, uint64_t kinds, uint64_t *ret_ref,
    enum kind *ret_kind);

/* The first text of a field: of a part, of the event's object. */
struct ocsf_text ocsf_part_text(const struct bundle_part *part, uint64_t field);
struct ocsf_text ocsf_own_text(const struct ocsf_event *ev, uint64_t field);

/* The event's object's text number i. */
struct ocsf_text ocsf_text_at(const struct ocsf_event *ev, size_t i);

/* A number of an object; false where it has none. */
bool ocsf_number_of(
    const struct leaf_object *object, uint64_t key, int64_t *ret_value);
bool ocsf_number(const struct ocsf_event *ev, uint64_t key, int64_t *ret_value);

/* The number of the operation's argument of that name; 0: it has none. */
uint64_t ocsf_argument(const struct op *op, const char *name);

/* The relation that the operation gives or takes; 0: not known. */
unsigned ocsf_relation(const struct ocsf_event *ev);

/* Whom it concerns: made, named or ended by it. */
void ocsf_find_user(const struct ocsf_event *ev, struct ocsf_thing *ret_thing);

/* What to show: the text, or that it was erased or isn't known. */
struct slice ocsf_show(const struct ocsf_text *text);
struct slice ocsf_show_name(const struct ocsf_thing *thing);

static inline bool
ocsf_has_name(const struct ocsf_thing *thing)
{
	return thing->standing != NULL || thing->name.held;
}

/* A kind that this release has a word for. */
static inline bool
ocsf_has_kind(const struct ocsf_thing *thing)
{
	return kind_letter(thing->kind) != '?';
}

/* What has a place in the event is not said again behind it. */
void ocsf_use_text(struct ocsf_event *ev, uint64_t field);
void ocsf_use_number(struct ocsf_event *ev, uint64_t key);

/* ---- writing (ocsf_put.c) ---------------------------------------------- */

/* A text, as a value and as a member; what was cut off it is counted. */
void ocsf_put_text_value(struct ocsf_event *ev, const struct ocsf_text *text);
void ocsf_put_text(
    struct ocsf_event *ev, const char *key, const struct ocsf_text *text);
void ocsf_put_name(
    struct ocsf_event *ev, const char *key, const struct ocsf_thing *thing);

/* A value: the outer id, or where it isn't known the reference. */
void ocsf_put_id(struct ocsf_event *ev, const struct ocsf_thing *thing);
void ocsf_put_uid(
    struct ocsf_event *ev, const char *key, const struct ocsf_thing *thing);

/* A value: "12/3", as leaf and place. */
void ocsf_put_ref(struct ocsf_event *ev, uint64_t ref);

/* An id and its caption, as "severity_id" and "severity". */
void ocsf_put_enum(struct ocsf_event *ev, const char *id_key, unsigned id,
    const char *caption_key, const char *caption);

/* A value: a number as the shape or the fact says it. */
void ocsf_put_number(struct ocsf_event *ev, const struct leaf_number *number);

/* A member whose value is a number as a string. */
void
ocsf_put_number_text(struct ocsf_event *ev, const char *key, uint64_t number);

/* "<sequence>.<object>" */
void ocsf_put_event_uid(struct ocsf_event *ev, const char *key);

/* The operation's name, "operation.<number>" for one of a newer release. */
void ocsf_put_operation(struct ocsf_event *ev, const char *key);

/* Escapes in what was written since start: see unseen. */
void ocsf_escape_unseen(struct buf *buf, size_t start);

/* ---- parts of an event -------------------------------------------------- */

enum {
	PART_USER = 1 << 0,
	PART_PRIVILEGES = 1 << 1,
	PART_RESOURCES = 1 << 2,
	PART_SOURCE = 1 << 3,
	PART_HTTP = 1 << 4,
	PART_APP = 1 << 5,
	PART_API = 1 << 6,
	PART_DATABASE = 1 << 7,
	PART_FILE = 1 << 8,
	PART_SERVICE = 1 << 10,
	PART_GROUP = 1 << 11,
	PART_FINDING = 1 << 12,
	PART_HOST = 1 << 9, /* its actor comes from the profile "host" */
};

void ocsf_put_actor(struct ocsf_event *ev);
void ocsf_put_parts(struct ocsf_event *ev); /* ocsf_parts.c */
void ocsf_put_file(struct ocsf_event *ev);  /* ocsf_file.c */
void ocsf_put_rest(struct ocsf_event *ev);  /* ocsf_rest.c: "unmapped" */

/* The arguments that have no place of their own, as an object. */
bool ocsf_has_arguments(const struct ocsf_event *ev);
void ocsf_put_arguments(struct ocsf_event *ev);

/* ---- plain words (ocsf_words.c) ------------------------------------------ */

/* A line of text; what doesn't fit is left out, whole characters at a time. */
struct ocsf_line {
	size_t n;
	char text[OCSF_LINE_BYTES];
};

void ocsf_line_put(struct ocsf_line *line, struct slice text);
void ocsf_line_str(struct ocsf_line *line, const char *text);
void ocsf_line_u64(struct ocsf_line *line, uint64_t value);
/* A text of a record: cut short. */
void ocsf_line_short(struct ocsf_line *line, struct slice text);

static inline struct slice
ocsf_line_slice(const struct ocsf_line *line)
{
	return slice_of(line->text, line->n);
}

/* What happened, as a sentence. */
void ocsf_put_message(struct ocsf_event *ev);

/* The severity of the operation when it is done. */
enum ocsf_severity ocsf_own_severity(const struct ocsf_event *ev);

#endif
