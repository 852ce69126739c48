/*
 * What a tool of the host's administrator did to the state folder, for the
 * record: it leaves a file in the folder "notes" of core's folder, and the next
 * start, or the running server within a second or two, records it and takes the
 * file away. Each is recorded exactly once.
 *
 * The file "<13 digits of ms>-<8 hexadecimal>" holds one line of text, in which
 * there is nothing personal. One that begins with HOST_NOTE_CLOCK also says
 * that the machine's clock is right (core_time_accept).
 */
#ifndef CORE_HOST_NOTE_H
#define CORE_HOST_NOTE_H

#include "base/slice.h"

enum { HOST_NOTE_TEXT_MAX = 400, HOST_NOTE_NAME_BYTES = 13 + 1 + 8 };

#define HOST_NOTE_FOLDER "notes"
#define HOST_NOTE_CLOCK "clock: "

struct core;
struct engine;
struct writer;

/*
 * For tools: leaves a note in the core folder `dir`, for the owner of that
 * folder. E_LIMIT where the text is too long, E_FULL, E_IO.
 */
int host_note_leave(int dir, struct slice text);

/* At a start, before the threads: records all that are there. */
int host_note_record_all(struct writer *writer);

/*
 * While running, from the I/O thread: submits the first that is there. 1 where
 * it did; `done` is told once that is recorded and gone.
 */
int
host_note_submit(struct engine *engine, void (*done)(struct engine *engine));

#endif
