#include "base/fault.h"

#ifdef CHANCERY_FAULTS
#include <stdatomic.h>

static atomic_uint_fast64_t countdown, fired;
static atomic_bool fail_on, named;
static _Thread_local bool here;
static atomic_uint omitted;

void
fault_arm(uint64_t nth, bool persistent)
{
	atomic_store(&countdown, 0);
	atomic_store(&fail_on, persistent);
	atomic_store(&fired, 0);
	atomic_store(&countdown, nth);
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

		if (left == 0 || !fault_is_here())
			return false;
		if (atomic_compare_exchange_weak(&countdown, &left, next))
			break;
	}
	if (left != 1)
		return false;
	atomic_fetch_add(&fired, 1);
	return true;
}

void
fault_here(void)
{
	here = true;
	atomic_store(&named, true);
}

bool
fault_is_here(void)
{
	return here || !atomic_load(&named);
}

void
fault_omit(enum fault_omit omit)
{
	atomic_store(&omitted, omit);
}

bool
fault_omits(enum fault_omit omit)
{
	return atomic_load(&omitted) == omit;
}
#else
typedef int fault_is_empty; /* a translation unit may not be */
#endif
