#include "core/front_sum.h"

#include "wire/cbor.h"

int
front_sum_read(struct slice body, struct front_sum *ret_sum)
{
	struct cbor_reader r = cbor_reader(body);
	struct front_sum sum = {.n_counts = 0};
	unsigned last = 0;

	if (cbor_get_array(&r) != 2)
		return E_GRAMMAR;
	sum.n_counts = cbor_get_array(&r);
	if (sum.n_counts > FACT_SUM_MAX)
		return E_GRAMMAR;
	for (size_t i = 0; i < sum.n_counts; i++) {
		struct front_count *count = &sum.counts[i];

		if (cbor_get_array(&r) != 2)
			return E_GRAMMAR;
		count->what = (unsigned)cbor_get_uint_max(&r, FACT_SUM_MAX);
		count->count = (int64_t)cbor_get_uint_max(&r, INT64_MAX);
		if (count->what <= last)
			return E_GRAMMAR;
		last = count->what;
	}
	sum.n_sources = cbor_get_array(&r);
	if (sum.n_sources > FRONT_SUM_SOURCES)
		return E_GRAMMAR;
	for (size_t i = 0; i < sum.n_sources; i++) {
		sum.sources[i] = cbor_get_bytes(&r);
		if (sum.sources[i].n > FRONT_SUM_SOURCE_MAX)
			return E_GRAMMAR;
	}
	if (cbor_end(&r) < 0)
		return E_GRAMMAR;
	*ret_sum = sum;
	return 0;
}
