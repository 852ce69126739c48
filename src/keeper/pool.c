#include "keeper/pool.h"

#include <pthread.h>
#include <sys/eventfd.h>
#include <sys/resource.h>

#include "base/base.h"
#include "base/file.h"
#include "base/mem.h"

/* What else this machine does comes first. */
enum { NICE = 5 };

struct queue {
	struct pool_job *first, **last;
	size_t n;
};

struct pool {
	struct loop *loop;
	struct loop_watch wake; /* an eventfd */
	size_t waiting_max;
	pthread_t *threads;
	size_t n_threads;

	pthread_mutex_t lock;
	pthread_cond_t more;
	struct queue waiting, finished; /* under the lock, as is: */
	bool stop;
};

static void
put(struct queue *queue, struct pool_job *job)
{
	job->next = NULL;
	*queue->last = job;
	queue->last = &job->next;
	queue->n++;
}

static struct pool_job *
take(struct queue *queue)
{
	struct pool_job *job = queue->first;

	if (job == NULL)
		return NULL;
	queue->first = job->next;
	if (queue->first == NULL)
		queue->last = &queue->first;
	queue->n--;
	return job;
}

/* The next job; NULL once the pool ends. */
static struct pool_job *
next_job(struct pool *pool)
{
	struct pool_job *job = NULL;

	(void)pthread_mutex_lock(&pool->lock);
	while (!pool->stop && pool->waiting.n == 0)
		(void)pthread_cond_wait(&pool->more, &pool->lock);
	if (!pool->stop)
		job = take(&pool->waiting);
	(void)pthread_mutex_unlock(&pool->lock);
	return job;
}

static void
finish(struct pool *pool, struct pool_job *job)
{
	(void)pthread_mutex_lock(&pool->lock);
	put(&pool->finished, job);
	(void)pthread_mutex_unlock(&pool->lock);
	(void)eventfd_write(pool->wake.fd, 1);
}

static void *
run(void *arg)
{
	struct pool *pool = arg;
	struct pool_job *job;

	/* Of this thread alone; it does its work if it may not, too. */
	(void)setpriority(PRIO_PROCESS, 0, NICE);
	while ((job = next_job(pool)) != NULL) {
		job->work(job);
		finish(pool, job);
	}
	return NULL;
}

static struct pool_job *
take_locked(struct pool *pool, struct queue *queue)
{
	struct pool_job *job;

	(void)pthread_mutex_lock(&pool->lock);
	job = take(queue);
	(void)pthread_mutex_unlock(&pool->lock);
	return job;
}

static void
give_back(struct pool *pool, struct queue *queue)
{
	struct pool_job *job;

	while ((job = take_locked(pool, queue)) != NULL)
		job->done(job);
}

static void
on_wake(void *arg, uint32_t events UNUSED)
{
	struct pool *pool = arg;
	eventfd_t n;

	(void)eventfd_read(pool->wake.fd, &n);
	give_back(pool, &pool->finished);
}

static int
start(struct pool *pool, size_t threads)
{
	int r;

	pool->wake.fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	pool->threads = mem_calloc(threads, sizeof(*pool->threads));
	if (pool->threads == NULL)
		return E_NOMEM;
	if (pool->wake.fd < 0)
		return E_IO;
	r = loop_watch(pool->loop, &pool->wake, EPOLLIN);
	for (; r == 0 && pool->n_threads < threads; pool->n_threads++)
		if (pthread_create(
			&pool->threads[pool->n_threads], NULL, run, pool) != 0)
			return E_NOMEM;
	return r;
}

int
pool_new(struct loop *loop, size_t threads, size_t waiting_max,
    struct pool **ret_pool)
{
	struct pool *pool = mem_alloc(sizeof(*pool));
	int r;

	if (pool == NULL)
		return E_NOMEM;
	*pool = (struct pool){.loop = loop,
	    .wake = {.fd = -1, .ready = on_wake, .arg = pool},
	    .waiting_max = waiting_max,
	    .lock = PTHREAD_MUTEX_INITIALIZER,
	    .more = PTHREAD_COND_INITIALIZER};
	pool->waiting.last = &pool->waiting.first;
	pool->finished.last = &pool->finished.first;
	r = start(pool, threads);
	if (r < 0) {
		pool_free(&pool);
		return r;
	}
	*ret_pool = pool;
	return 0;
}

int
pool_submit(struct pool *pool, struct pool_job *job)
{
	int r = E_BUSY;

	(void)pthread_mutex_lock(&pool->lock);
	if (pool->waiting.n < pool->waiting_max) {
		put(&pool->waiting, job);
		(void)pthread_cond_signal(&pool->more);
		r = 0;
	}
	(void)pthread_mutex_unlock(&pool->lock);
	return r;
}

void
pool_free(struct pool **pool)
{
	struct pool *p = *pool;

	if (p == NULL)
		return;
	*pool = NULL;
	(void)pthread_mutex_lock(&p->lock);
	p->stop = true;
	(void)pthread_cond_broadcast(&p->more);
	(void)pthread_mutex_unlock(&p->lock);
	for (size_t i = 0; i < p->n_threads; i++)
		(void)pthread_join(p->threads[i], NULL);
	give_back(p, &p->finished);
	give_back(p, &p->waiting);
	loop_unwatch(p->loop, &p->wake);
	fd_close(&p->wake.fd);
	mem_free(p->threads);
	(void)pthread_cond_destroy(&p->more);
	(void)pthread_mutex_destroy(&p->lock);
	mem_free(p);
}
