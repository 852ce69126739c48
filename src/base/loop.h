/*
 * An event loop over epoll: one a process or thread.
 *
 * Watches and timers live inside their owners; the loop holds pointers until
 * they are removed. A callback may remove any watch or timer, its own included,
 * but may not free the memory of one: another event of the same round may still
 * point to it. Memory is given to loop_defer, which runs when the round is
 * over.
 */
#ifndef BASE_LOOP_H
#define BASE_LOOP_H

#include <sys/epoll.h>

#include "base/base.h"

struct loop;

struct loop_watch {
	int fd;
	uint32_t events; /* 0: not watched */
	void (*ready)(void *arg, uint32_t events);
	void *arg;
};

struct loop_timer {
	uint64_t at_ns; /* boot time */
	size_t place;   /* in the heap, from 1; 0: not set */
	void (*expire)(void *arg);
	void *arg;
};

struct loop_task {
	struct loop_task *next;
	void (*run)(void *arg);
	void *arg;
};

/* E_NOMEM, E_IO. */
int loop_new(struct loop **ret_loop);
void loop_free(struct loop **loop);

/*
 * Watches watch->fd for events (EPOLLIN, EPOLLOUT; errors are always told),
 * level-triggered; 0 ends it. Called again it changes them. E_NOMEM, E_IO.
 */
int loop_watch(struct loop *loop, struct loop_watch *watch, uint32_t events);

/* Ends a watch, before its descriptor is closed. */
void loop_unwatch(struct loop *loop, struct loop_watch *watch);

/* Sets or moves a timer to ms from now. E_NOMEM. */
int loop_timer_set(struct loop *loop, struct loop_timer *timer, uint64_t ms);
void loop_timer_end(struct loop *loop, struct loop_timer *timer);

/* Runs task once this round's events are done. It may be given once a round. */
void loop_defer(struct loop *loop, struct loop_task *task);

/* Runs until loop_stop. E_IO where epoll fails. */
int loop_run(struct loop *loop);

/* Waits at most ms (-1: no bound) for a round, and does it. */
int loop_once(struct loop *loop, int ms);

void loop_stop(struct loop *loop);

#endif
