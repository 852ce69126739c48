#include "core/core_time.h"

#include "base/clock.h"

/* At most this share of a difference is made good: a tenth of passing time. */
enum { SLEW_SHARE = 10 };

static int64_t
elapsed_ms(uint64_t from_ns, uint64_t to_ns)
{
	return to_ns > from_ns ? (int64_t)((to_ns - from_ns) / 1000000) : 0;
}

static bool
differs(int64_t a, int64_t b)
{
	return a - b > CORE_TIME_STEP_MS || b - a > CORE_TIME_STEP_MS;
}

void
core_time_start(struct core_time *time, const struct core_time_mark *last,
    const uint8_t boot_id[BOOT_ID_BYTES])
{
	bool same_boot = memcmp(last->boot_id, boot_id, BOOT_ID_BYTES) == 0;
	int64_t wall = clock_wall_ms();
	uint64_t boot = clock_boot_ns();
	int64_t expected;

	(void)pthread_mutex_init(&time->lock, NULL);
	time->boot_ns = boot;
	time->suspect = false;
	time->behind = 0;
	if (last->ms == 0) {
		time->ms = wall;
		return;
	}
	/* Within one boot the time since the last record is known. */
	expected = last->ms;
	if (same_boot)
		expected += elapsed_ms(last->boot_ns, boot);
	if (same_boot)
		time->suspect = differs(wall, expected);
	else
		time->suspect = wall < last->ms;
	time->ms = time->suspect ? expected : MAX(wall, last->ms);
}

/* With the lock held. */
static int64_t
advance(struct core_time *time, uint64_t *ret_boot)
{
	uint64_t boot = clock_boot_ns();
	int64_t passed = elapsed_ms(time->boot_ns, boot);

	if (ret_boot != NULL)
		*ret_boot = boot;
	return time->ms + passed;
}

int64_t
core_time_now(struct core_time *time)
{
	int64_t now;

	(void)pthread_mutex_lock(&time->lock);
	now = advance(time, NULL);
	(void)pthread_mutex_unlock(&time->lock);
	return now;
}

void
core_time_mark(struct core_time *time, struct core_time_mark *ret_mark)
{
	(void)pthread_mutex_lock(&time->lock);
	ret_mark->ms = advance(time, &ret_mark->boot_ns);
	(void)pthread_mutex_unlock(&time->lock);
}

/* That far behind it was accepted once, and only gets nearer. */
static bool
lag_is_accepted(const struct core_time *time, int64_t lag)
{
	return lag > 0 && time->behind > 0 &&
	       lag <= time->behind + CORE_TIME_STEP_MS;
}

int
core_time_watch(struct core_time *time)
{
	int64_t wall = clock_wall_ms(), now, drift, most;
	uint64_t boot;
	bool was, accepted;

	(void)pthread_mutex_lock(&time->lock);
	was = time->suspect;
	now = advance(time, &boot);
	drift = wall - now;
	accepted = lag_is_accepted(time, -drift);
	time->suspect = differs(wall, now) && !accepted;
	if (!time->suspect) {
		/* Slewed forwards only by adding, backwards by waiting. */
		most = (now - time->ms) / SLEW_SHARE;
		now += MAX(-most, MIN(drift, most));
		time->behind = differs(wall, now) ? now - wall : 0;
	}
	time->ms = now;
	time->boot_ns = boot;
	(void)pthread_mutex_unlock(&time->lock);
	return time->suspect != was;
}

bool
core_time_is_suspect(struct core_time *time)
{
	bool suspect;

	(void)pthread_mutex_lock(&time->lock);
	suspect = time->suspect;
	(void)pthread_mutex_unlock(&time->lock);
	return suspect;
}

int64_t
core_time_accept(struct core_time *time)
{
	int64_t wall = clock_wall_ms(), now, behind;

	(void)pthread_mutex_lock(&time->lock);
	now = advance(time, &time->boot_ns);
	/* Order is the number, never time; but no record steps back. */
	time->ms = MAX(wall, now);
	time->behind = behind = time->ms - wall;
	time->suspect = false;
	(void)pthread_mutex_unlock(&time->lock);
	return behind;
}

void
core_time_resume(struct core_time *time, int64_t behind, int64_t accepted)
{
	int64_t wall = clock_wall_ms();

	(void)pthread_mutex_lock(&time->lock);
	/* What has been made good since isn't accepted a second time. */
	behind -= (time->ms - accepted) / SLEW_SHARE;
	time->behind = MAX(behind, 0);
	if (time->suspect && lag_is_accepted(time, time->ms - wall))
		time->suspect = false;
	(void)pthread_mutex_unlock(&time->lock);
}
