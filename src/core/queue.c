#include "core/queue.h"

#include <pthread.h>

#include "base/clock.h"
#include "base/map.h"
#include "base/mem.h"

enum {
	QUANTUM = 8,       /* objects a person's turn is worth */
	NOBODY_SHARE = 10, /* of so many objects one may be nobody's */
};

struct fifo {
	struct call *first, **end;
};

/* Somebody who has calls waiting. */
struct person {
	struct person *next; /* in the ring of those whose turn will come */
	uint64_t id;
	struct fifo calls;
	size_t credit; /* objects left of this turn */
};

struct queue {
	pthread_mutex_t lock;
	pthread_cond_t filled;
	bool closed;
	size_t n, n_patient;   /* in all; those of them that nobody awaits */
	uint64_t patient_till; /* when these come by themselves */
	struct fifo urgent, prepared, nobody;
	struct map people;
	struct person *turn, **turn_end;
	size_t served, served_nobody; /* objects, since nobody began to wait */
	bool prepared_next;
};

static void
fifo_put(struct fifo *fifo, struct call *call)
{
	if (fifo->first == NULL)
		fifo->end = &fifo->first;
	call->next = NULL;
	*fifo->end = call;
	fifo->end = &call->next;
}

static struct call *
fifo_take(struct fifo *fifo)
{
	struct call *call = fifo->first;

	if (call != NULL)
		fifo->first = call->next;
	return call;
}

int
queue_new(struct queue **ret_queue)
{
	struct queue *queue = mem_alloc(sizeof(*queue));
	pthread_condattr_t attr;

	if (queue == NULL)
		return E_NOMEM;
	(void)pthread_mutex_init(&queue->lock, NULL);
	(void)pthread_condattr_init(&attr);
	(void)pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	(void)pthread_cond_init(&queue->filled, &attr);
	(void)pthread_condattr_destroy(&attr);
	queue->turn_end = &queue->turn;
	*ret_queue = queue;
	return 0;
}

void
queue_free(struct queue **queue)
{
	struct call *call;

	if (*queue == NULL)
		return;
	queue_close(*queue);
	while ((call = queue_pop(*queue, false)) != NULL)
		call_free(&call);
	map_free(&(*queue)->people);
	(void)pthread_cond_destroy(&(*queue)->filled);
	(void)pthread_mutex_destroy(&(*queue)->lock);
	mem_free(*queue);
	*queue = NULL;
}

/* The person's place in the ring, made where there is none; NULL: no memory. */
static struct person *
person_of(struct queue *queue, uint64_t id)
{
	struct person *person = map_get(&queue->people, id);

	if (person != NULL)
		return person;
	person = mem_alloc(sizeof(*person));
	if (person == NULL)
		return NULL;
	person->id = id;
	if (map_put(&queue->people, id, person) < 0) {
		mem_free(person);
		return NULL;
	}
	*queue->turn_end = person;
	queue->turn_end = &person->next;
	return person;
}

static void
put(struct queue *queue, struct call *call)
{
	struct person *person;

	if (call->urgent && (call->system != NULL || call->person != 0)) {
		fifo_put(&queue->urgent, call);
		return;
	}
	person = call->person != 0 ? person_of(queue, call->person) : NULL;
	if (person != NULL) {
		fifo_put(&person->calls, call);
		return;
	}
	if (queue->nobody.first == NULL)
		queue->served = queue->served_nobody = 0;
	fifo_put(&queue->nobody, call);
}

/* Whether who waits is to be told of it. */
static bool
count_patient(struct queue *queue)
{
	if (queue->n_patient++ == 0)
		queue->patient_till =
		    clock_boot_ns() + (uint64_t)QUEUE_PATIENT_MS * 1000000;
	return queue->n_patient == 1 || queue->n_patient == QUEUE_PATIENT_MAX;
}

void
queue_push_all(struct queue *queue, struct call *calls)
{
	if (calls == NULL)
		return;
	(void)pthread_mutex_lock(&queue->lock);
	while (calls != NULL) {
		struct call *call = calls;

		calls = call->next;
		put(queue, call);
		queue->n++;
		if (!call->patient || count_patient(queue))
			(void)pthread_cond_signal(&queue->filled);
	}
	(void)pthread_mutex_unlock(&queue->lock);
}

void
queue_push(struct queue *queue, struct call *call)
{
	call->next = NULL;
	queue_push_all(queue, call);
}

void
queue_push_prepared(struct queue *queue, struct call *call)
{
	(void)pthread_mutex_lock(&queue->lock);
	fifo_put(&queue->prepared, call);
	queue->n++;
	(void)pthread_cond_signal(&queue->filled);
	(void)pthread_mutex_unlock(&queue->lock);
}

static struct person *
ring_take(struct queue *queue)
{
	struct person *person = queue->turn;

	queue->turn = person->next;
	if (queue->turn == NULL)
		queue->turn_end = &queue->turn;
	person->next = NULL;
	return person;
}

/*
 * Deficit round robin (Shreedhar and Varghese 1995): whose turn it is goes on
 * until their credit is used up. A large call is served once enough turns have
 * passed.
 */
static struct call *
take_person(struct queue *queue)
{
	for (;;) {
		struct person *person = queue->turn;
		struct call *call;

		BUG_ON(person == NULL); /* asked only where one waits */
		call = person->calls.first;
		if (call->objects <= person->credit) {
			person->credit -= call->objects;
			(void)fifo_take(&person->calls);
			if (person->calls.first == NULL) {
				(void)ring_take(queue);
				(void)map_take(&queue->people, person->id);
				mem_free(person);
			}
			return call;
		}
		person->credit += QUANTUM;
		(void)ring_take(queue);
		*queue->turn_end = person;
		queue->turn_end = &person->next;
	}
}

static struct call *
take(struct queue *queue)
{
	bool others = queue->turn != NULL || queue->prepared.first != NULL;
	bool prepared = queue->prepared.first != NULL &&
	                (queue->turn == NULL || queue->prepared_next);
	struct call *call;

	if (queue->urgent.first != NULL)
		return fifo_take(&queue->urgent);
	if (queue->nobody.first != NULL &&
	    (!others || queue->served_nobody * NOBODY_SHARE < queue->served)) {
		call = fifo_take(&queue->nobody);
		queue->served_nobody += call->objects;
	} else if (prepared) {
		call = fifo_take(&queue->prepared);
		queue->prepared_next = false;
	} else {
		call = take_person(queue);
		queue->prepared_next = true;
	}
	queue->served += call->objects;
	return call;
}

/* Waits for a call that somebody awaits, or until the others must come. */
static void
wait_filled(struct queue *queue)
{
	uint64_t now;

	while (queue->n == queue->n_patient && !queue->closed &&
	       queue->n_patient < QUEUE_PATIENT_MAX) {
		struct timespec until;

		if (queue->n == 0) {
			(void)pthread_cond_wait(&queue->filled, &queue->lock);
			continue;
		}
		now = clock_boot_ns();
		if (now >= queue->patient_till)
			return;
		until = clock_after(queue->patient_till - now);
		(void)pthread_cond_timedwait(
		    &queue->filled, &queue->lock, &until);
	}
}

struct call *
queue_pop(struct queue *queue, bool wait)
{
	struct call *call = NULL;

	(void)pthread_mutex_lock(&queue->lock);
	if (wait)
		wait_filled(queue);
	if (queue->n > 0) {
		call = take(queue);
		call->next = NULL;
		queue->n--;
		queue->n_patient -= call->patient;
	}
	(void)pthread_mutex_unlock(&queue->lock);
	return call;
}

void
queue_close(struct queue *queue)
{
	(void)pthread_mutex_lock(&queue->lock);
	queue->closed = true;
	(void)pthread_cond_broadcast(&queue->filled);
	(void)pthread_mutex_unlock(&queue->lock);
}

size_t
queue_length(struct queue *queue)
{
	size_t n;

	(void)pthread_mutex_lock(&queue->lock);
	n = queue->n;
	(void)pthread_mutex_unlock(&queue->lock);
	return n;
}
