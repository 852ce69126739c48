#include "base/secret.h"

#include <pthread.h>
#include <sodium.h>

#include "base/base.h"
#include "base/fault.h"

static pthread_once_t once = PTHREAD_ONCE_INIT;

static void
init(void)
{
	BUG_ON(sodium_init() < 0);
}

int
secret_alloc(size_t n, struct secret *ret_secret)
{
	uint8_t *p;

	(void)pthread_once(&once, init);
	p = fault_alloc() ? NULL : sodium_malloc(n);
	if (p == NULL)
		return E_NOMEM;
	sodium_memzero(p, n);
	*ret_secret = (struct secret){p, n};
	return 0;
}

int
secret_copy(struct slice s, struct secret *ret_secret)
{
	struct secret copy;
	int r = secret_alloc(s.n, &copy);

	if (r < 0)
		return r;
	if (s.n > 0)
		memcpy(copy.p, s.p, s.n);
	*ret_secret = copy;
	return 0;
}

void
secret_free(struct secret *secret)
{
	sodium_free(secret->p);
	*secret = (struct secret){NULL, 0};
}

void
secret_wipe(void *p, size_t n)
{
	sodium_memzero(p, n);
}

bool
secret_eq(struct slice a, struct slice b)
{
	return a.n == b.n && sodium_memcmp(a.p, b.p, a.n) == 0;
}
