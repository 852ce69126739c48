#include "front/sum.h"

#include <stdio.h>

#include "base/base.h"
#include "wire/cbor.h"

static const char *const words[SUM_MAX] = {
#define SUM(number, name, word) [number] = (word),
#include "ledger/sum.def"
#undef SUM
};

const char *
sum_word(enum sum what)
{
	return words[what] != NULL ? words[what] : "";
}

/* What is part of every working day needs no source. */
static bool
wants_source(enum sum what)
{
	return what != SUM_CONNECTIONS && what != SUM_PUBLIC;
}

void
sum_add(struct sums *sums, enum sum what, struct slice address)
{
	sums->counts[what]++;
	sums->total[what]++;
	if (address.n == 0 || !wants_source(what) ||
	    sums->n_sources == SUM_SOURCES)
		return;
	(void)snprintf(sums->sources[sums->n_sources++], SUM_SOURCE_BYTES,
	    "%.*s: %s", SLICE_ARG(slice_first(address, 64)), words[what]);
}

bool
sum_take(struct sums *sums, struct buf *ret_body)
{
	size_t n = 0;

	for (unsigned i = 1; i < SUM_MAX; i++)
		n += sums->counts[i] != 0;
	if (n == 0)
		return false;
	cbor_put_array(ret_body, 2);
	cbor_put_array(ret_body, n);
	for (unsigned i = 1; i < SUM_MAX; i++) {
		if (sums->counts[i] == 0)
			continue;
		cbor_put_array(ret_body, 2);
		cbor_put_uint(ret_body, i);
		cbor_put_uint(ret_body, sums->counts[i]);
		sums->counts[i] = 0;
	}
	cbor_put_array(ret_body, sums->n_sources);
	for (size_t i = 0; i < sums->n_sources; i++)
		cbor_put_bytes(ret_body, slice_str(sums->sources[i]));
	sums->n_sources = 0;
	return true;
}
