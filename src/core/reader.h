/*
 * Readers do calls that change nothing on snapshots, a few at a time, and hand
 * them to the writer, which records them. A snapshot is short: it holds back
 * the write-ahead log while it lasts.
 */
#ifndef CORE_READER_H
#define CORE_READER_H

struct engine;
struct reader;

int reader_new(struct engine *engine, struct reader **ret_reader);
void reader_free(struct reader **reader);

/* The thread's body: until the queue of reads is closed and empty. */
void *reader_run(void *reader);

#endif
