#include "base/fault.h"

#ifdef CHANCERY_FAULTS
#include <stdatomic.h>

static atomic_uint_fast64_t countdown, fired;
static atomic_bool fail_on;

void
fault_arm(uint64_t nth, bool persistent)
{
	atomic_store(&countdown, nth);
	atomic_store(&fail_on, persistent);
	atomic_store(&fired, 0);
}

uint64_t
fault_fired(void)
{
	return atomic_load(&fired);
}

bool
fault_alloc(void)
{
	uint64_t left = atomic_load(&countdown);

	for (;;) {
		uint64_t next =
		    left > 1 || !atomic_load(&fail_on) ? left - 1 : 1;

		if (left == 0)
			return false;
		if (atomic_compare_exchange_weak(&countdown, &left, next))
			break;
	}
	if (left != 1)
		return false;
	atomic_fetch_add(&fired, 1);
	return true;
}
#else
typedef int fault_is_empty; /* a translation unit may not be */
#endif
