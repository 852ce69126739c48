#include "base/loop.h"

#include <errno.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"

enum { EVENTS_A_ROUND = 256 };

struct loop {
	int epoll;
	bool stopped;
	struct epoll_event events[EVENTS_A_ROUND];
	int n_events;             /* of the round under way */
	struct loop_timer **heap; /* [1..n_timers], the soonest first */
	size_t n_timers, heap_cap;
	struct loop_task *tasks, **tasks_end;
};

int
loop_new(struct loop **ret_loop)
{
	struct loop *loop = mem_alloc(sizeof(*loop));

	if (loop == NULL)
		return E_NOMEM;
	loop->tasks_end = &loop->tasks;
	loop->epoll = epoll_create1(EPOLL_CLOEXEC);
	if (loop->epoll < 0) {
		mem_free(loop);
		return E_IO;
	}
	*ret_loop = loop;
	return 0;
}

static void
run_tasks(struct loop *loop)
{
	while (loop->tasks != NULL) {
		struct loop_task *task = loop->tasks;

		loop->tasks = task->next;
		if (loop->tasks == NULL)
			loop->tasks_end = &loop->tasks;
		task->run(task->arg);
	}
}

void
loop_free(struct loop **loop)
{
	if (*loop == NULL)
		return;
	run_tasks(*loop);
	(void)close((*loop)->epoll);
	mem_free((*loop)->heap);
	mem_free(*loop);
	*loop = NULL;
}

int
loop_watch(struct loop *loop, struct loop_watch *watch, uint32_t events)
{
	struct epoll_event event = {.events = events, .data.ptr = watch};
	int how = watch->events == 0 ? EPOLL_CTL_ADD : EPOLL_CTL_MOD;

	if (events == watch->events)
		return 0;
	if (events == 0) {
		loop_unwatch(loop, watch);
		return 0;
	}
	if (epoll_ctl(loop->epoll, how, watch->fd, &event) < 0)
		return errno == ENOMEM ? E_NOMEM : E_IO;
	watch->events = events;
	return 0;
}

void
loop_unwatch(struct loop *loop, struct loop_watch *watch)
{
	if (watch->events == 0)
		return;
	watch->events = 0;
	(void)epoll_ctl(loop->epoll, EPOLL_CTL_DEL, watch->fd, NULL);
	/* What this round still holds for it must not be delivered. */
	for (int i = 0; i < loop->n_events; i++)
		if (loop->events[i].data.ptr == watch)
			loop->events[i].data.ptr = NULL;
}

static void
heap_set(struct loop *loop, size_t place, struct loop_timer *timer)
{
	loop->heap[place] = timer;
	timer->place = place;
}

static void
heap_up(struct loop *loop, size_t place, struct loop_timer *timer)
{
	while (place > 1 && loop->heap[place / 2]->at_ns > timer->at_ns) {
		heap_set(loop, place, loop->heap[place / 2]);
		place /= 2;
	}
	heap_set(loop, place, timer);
}

static void
heap_down(struct loop *loop, size_t place, struct loop_timer *timer)
{
	for (;;) {
		size_t child = place * 2;

		if (child < loop->n_timers &&
		    loop->heap[child + 1]->at_ns < loop->heap[child]->at_ns)
			child++;
		if (child > loop->n_timers ||
		    loop->heap[child]->at_ns >= timer->at_ns)
			break;
		heap_set(loop, place, loop->heap[child]);
		place = child;
	}
	heap_set(loop, place, timer);
}

static int
heap_reserve(struct loop *loop)
{
	size_t cap = MAX(loop->heap_cap * 2, 64);
	struct loop_timer **heap;

	if (loop->n_timers + 1 < loop->heap_cap)
		return 0;
	heap = mem_realloc(loop->heap, cap * sizeof(struct loop_timer *));
	if (heap == NULL)
		return E_NOMEM;
	loop->heap = heap;
	loop->heap_cap = cap;
	return 0;
}

int
loop_timer_set(struct loop *loop, struct loop_timer *timer, uint64_t ms)
{
	int r = heap_reserve(loop);

	if (r < 0)
		return r;
	loop_timer_end(loop, timer);
	timer->at_ns = clock_boot_ns() + ms * 1000000;
	heap_up(loop, ++loop->n_timers, timer);
	return 0;
}

void
loop_timer_end(struct loop *loop, struct loop_timer *timer)
{
	size_t place = timer->place;
	struct loop_timer *last;

	if (place == 0)
		return;
	timer->place = 0;
	last = loop->heap[loop->n_timers--];
	if (last == timer)
		return;
	if (place > 1 && loop->heap[place / 2]->at_ns > last->at_ns)
		heap_up(loop, place, last);
	else
		heap_down(loop, place, last);
}

void
loop_defer(struct loop *loop, struct loop_task *task)
{
	task->next = NULL;
	*loop->tasks_end = task;
	loop->tasks_end = &task->next;
}

/* How long a wait may be so that the next timer is on time; -1 for ever. */
static int
next_wait(const struct loop *loop, int ms)
{
	uint64_t now, left;

	if (loop->tasks != NULL)
		return 0;
	if (loop->n_timers == 0)
		return ms;
	now = clock_boot_ns();
	if (loop->heap[1]->at_ns <= now)
		return 0;
	left = (loop->heap[1]->at_ns - now + 999999) / 1000000;
	left = MIN(left, INT32_MAX);
	return ms >= 0 ? MIN(ms, (int)left) : (int)left;
}

static void
expire_timers(struct loop *loop)
{
	uint64_t now = loop->n_timers != 0 ? clock_boot_ns() : 0;

	while (loop->n_timers != 0 && loop->heap[1]->at_ns <= now) {
		struct loop_timer *timer = loop->heap[1];

		loop_timer_end(loop, timer);
		timer->expire(timer->arg);
	}
}

int
loop_once(struct loop *loop, int ms)
{
	int n = epoll_wait(
	    loop->epoll, loop->events, EVENTS_A_ROUND, next_wait(loop, ms));

	if (n < 0 && errno != EINTR)
		return E_IO;
	loop->n_events = n > 0 ? n : 0;
	for (int i = 0; i < loop->n_events; i++) {
		struct loop_watch *watch = loop->events[i].data.ptr;

		if (watch != NULL)
			watch->ready(watch->arg, loop->events[i].events);
	}
	loop->n_events = 0;
	expire_timers(loop);
	run_tasks(loop);
	return 0;
}

int
loop_run(struct loop *loop)
{
	int r = 0;

	while (!loop->stopped && r == 0)
		r = loop_once(loop, -1);
	return r;
}

void
loop_stop(struct loop *loop)
{
	loop->stopped = true;
}
