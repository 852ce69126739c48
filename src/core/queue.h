/*
 * Fair queues of calls. People take turns by the number of objects that their
 * calls name, so that one who sends much waits for themselves alone. Calls
 * without a known session get at most a tenth while others wait. What the
 * server does itself, and what takes authority away, goes first.
 *
 * A patient call is one that nobody awaits: it alone wakes nobody, but is among
 * the first when another call comes, or after QUEUE_PATIENT_MS.
 *
 * Usable from every thread.
 */
#ifndef CORE_QUEUE_H
#define CORE_QUEUE_H

#include "core/call.h"

struct queue;

enum {
	QUEUE_PATIENT_MS = 5,
	QUEUE_PATIENT_MAX = 64, /* with so many they come at once */
};

/* E_NOMEM. */
int queue_new(struct queue **ret_queue);
/* The calls in it are freed. */
void queue_free(struct queue **queue);

/* Puts a call in by its `person`, or in front where it is urgent. */
void queue_push(struct queue *queue, struct call *call);

/* The same with a list of them. */
void queue_push_all(struct queue *queue, struct call *calls);

/* A read that was done and waits for its record: these are in order. */
void queue_push_prepared(struct queue *queue, struct call *call);

/*
 * The next call. Where there is none: NULL at once, or with `wait` when there
 * is one, and not only patient ones; NULL too once the queue is closed and
 * empty.
 */
struct call *queue_pop(struct queue *queue, bool wait);

/* Nothing more will be pushed. */
void queue_close(struct queue *queue);

size_t queue_length(struct queue *queue);

#endif
