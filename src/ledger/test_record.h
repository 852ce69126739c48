/*
 * For tests: made-up records. A small world of leaves stands before each: an
 * installation, two principals, a token, a connection, folders and files; a
 * record cites of it what its references name, as core's bundles do.
 *
 * The same calls make the same bytes, always.
 */
#ifndef LEDGER_TEST_RECORD_H
#define LEDGER_TEST_RECORD_H

#include "ledger/bundle.h"
#include "op/op.h"

enum {
	TEST_OBJECTS = 4,
	TEST_ITEMS = 16, /* of each sort in an object */
	TEST_SEQUENCE = 40,
};

/* Leaves of the world. */
enum test_leaf {
	TEST_INSTALL = 1,
	TEST_ANNA = 5,
	TEST_BOB,
	TEST_TOKEN,
	TEST_CONTEXT,
	TEST_FOLDER,
	TEST_FILE,
	TEST_RENAMED, /* TEST_FILE got another name */
	TEST_SHARE,
	TEST_ROLE,
	TEST_UPLOAD,
	TEST_READ,
};

/* References of the world. */
#define TEST_REF_ORG ref_make(TEST_INSTALL, 0)
#define TEST_REF_CEREMONY ref_make(TEST_INSTALL, 1)
#define TEST_REF_ANNA ref_make(TEST_ANNA, 0)
#define TEST_REF_HOME ref_make(TEST_ANNA, 3) /* Anna's "Files" */
#define TEST_REF_BOB ref_make(TEST_BOB, 0)
#define TEST_REF_CREDENTIAL ref_make(TEST_TOKEN, 0)
#define TEST_REF_SESSION ref_make(TEST_TOKEN, 1)
#define TEST_REF_FOLDER ref_make(TEST_FOLDER, 0)
#define TEST_REF_FILE ref_make(TEST_FILE, 0)
#define TEST_REF_SHARE ref_make(TEST_SHARE, 0)
#define TEST_REF_ROLE ref_make(TEST_ROLE, 0)
#define TEST_REF_UPLOAD ref_make(TEST_UPLOAD, 0)

/* How texts are. */
enum test_texts {
	TEST_PLAIN,
	TEST_HOSTILE, /* quotes, controls, no UTF-8 */
	TEST_CUT,     /* longer than a leaf takes */
	TEST_ERASED,
	TEST_TEXTS_MAX,
};

/* A leaf being made. */
struct test_part {
	struct leaf leaf;
	struct test_object {
		struct leaf_made made[TEST_ITEMS];
		uint64_t ended[TEST_ITEMS], from[TEST_ITEMS];
		uint64_t proof[TEST_ITEMS];
		struct leaf_text texts[TEST_ITEMS];
		struct opening openings[TEST_ITEMS];
		struct leaf_number numbers[TEST_ITEMS];
		struct leaf_bytes bytes[TEST_ITEMS];
	} items[TEST_OBJECTS];
	struct leaf_object objects[TEST_OBJECTS];
};

/* A leaf of an operation by Anna, on her connection, without objects. */
void test_part(struct test_part *part, uint64_t sequence, uint64_t op);

/* One more object, to which all that follows is added. */
void
test_object(struct test_part *part, enum kind kind, uint64_t ref, int outcome);
void test_made(struct test_part *part, enum kind kind, uint64_t place);
void test_ended(struct test_part *part, uint64_t ref);
void test_from(struct test_part *part, uint64_t ref);
void test_proof(struct test_part *part, uint64_t leaf);
void test_text(struct test_part *part, uint64_t field, uint64_t subject,
    struct slice text);
void test_number(struct test_part *part, uint64_t key, int64_t value);
void test_bytes(struct test_part *part, uint64_t key, struct slice value);

struct test_options {
	enum test_texts texts;
	bool proxied; /* the address came from a proxy */
};

/* The bundle of a record over the world, appended to buf. */
void test_bundle(const struct test_part *record,
    const struct test_options *options, struct buf *buf);

/*
 * One of all records that a row can have: what it makes, ends, takes as
 * arguments and may say of them, on one object. op may be a number that has no
 * row.
 */
struct test_case {
	uint64_t op;
	enum kind kind; /* of the object; KIND_NONE: nothing was found */
	int outcome;    /* of the object, or of the whole */
	bool whole;
	bool context;
	bool known; /* there is a principal */
	struct test_options options;
};
void test_case_bundle(const struct test_case *c, struct buf *buf);

/* Calls each with every case there is: about fifty thousand. */
void test_cases(void (*each)(void *arg, const struct test_case *c), void *arg);

/* A case as text, for messages. */
void test_case_name(const struct test_case *c, char *ret_name, size_t size);

#endif
