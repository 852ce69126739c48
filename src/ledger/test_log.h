/*
 * For tests: log folders with made-up entries below /tmp, checkpoints of them
 * by a throwaway key, and ways to damage them.
 */
#ifndef LEDGER_TEST_LOG_H
#define LEDGER_TEST_LOG_H

#include "ledger/folder.h"

#define TEST_ORIGIN "log.example/test"

struct test_log {
	char path[32];
	int dir;
	struct note_key key;
	uint8_t secret[64];
};

void test_log_begin(struct test_log *log);

/* Removes the folder with all that is in it. */
void test_log_end(struct test_log *log);

/* Entry index in place of ret_entry's content: of 0 to 90 bytes. */
void test_entry(uint64_t index, struct buf *ret_entry);

/* Appends the entries up to size. */
void test_log_append(struct folder *folder, uint64_t size);

/* The root of the first size entries. */
struct digest test_root(uint64_t size);

/* A signed checkpoint in place of ret_note's content. */
void test_checkpoint(struct test_log *log, const char *origin, uint64_t size,
    const struct digest *root, struct buf *ret_note);

/* Stores a checkpoint of size. */
void test_log_flush(struct test_log *log, struct folder *folder, uint64_t size);

/* Opens it, as options say, and it must succeed. */
struct folder *
test_log_open(struct test_log *log, const struct folder_options *options);

/* A new folder of size entries with a checkpoint and the key; closed. */
void test_log_make(struct test_log *log, uint64_t size);

/* Which files there are: calls each with a path in the folder. */
void test_log_files(
    struct test_log *log, void (*each)(void *arg, const char *path), void *arg);

/* It verifies, with a checkpoint of size. */
void test_log_whole(struct test_log *log, uint64_t size);

/*
 * Its files are those that a log of size needs for a checkpoint of it, and the
 * key: no more.
 */
void test_log_only(struct test_log *log, uint64_t size);

/* Some of the first size entries are right, and there are no more. */
void test_log_entries(struct folder *folder, uint64_t size);

/* Proofs from its nodes hold against roots that were computed elsewhere. */
void test_log_proofs(struct folder *folder, uint64_t size);

bool test_log_has(const struct test_log *log, const char *path);
void test_log_read(
    const struct test_log *log, const char *path, struct buf *ret_content);
void test_log_write(
    const struct test_log *log, const char *path, struct slice content);
void test_log_remove(const struct test_log *log, const char *path);

/* Flips the bits of mask in one byte. */
void test_log_flip(const struct test_log *log, const char *path,
    uint64_t offset, uint8_t mask);

#endif
