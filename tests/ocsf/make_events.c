/*
 * Prints the OCSF events of made-up records, one a line: every operation with
 * every outcome, on every kind of object, with and without a connection and a
 * principal, with plain, hostile, cut and erased texts. For the check against
 * OCSF's schema (run.sh).
 */
#include <stdio.h>

#include "base/mem.h"
#include "ledger/ocsf.h"
#include "ledger/test_record.h"

struct maker {
	struct buf bundle, events;
	int error;
};

static int
put_events(struct maker *maker)
{
	struct slice bytes = buf_slice(&maker->bundle);
	struct arena arena = {NULL};
	struct bundle bundle;
	int r = bundle_decode(bytes, &arena, &bundle);

	for (size_t k = 0; r == 0 && k < ocsf_count(&bundle.record.leaf); k++) {
		r = ocsf_render(&bundle, bytes, k, &maker->events);
		buf_put_u8(&maker->events, '\n');
	}
	arena_free(&arena);
	return r;
}

static void
make(void *arg, const struct test_case *c)
{
	struct maker *maker = arg;
	struct slice events;
	char name[128];

	if (maker->error != 0)
		return;
	buf_clear(&maker->bundle);
	buf_clear(&maker->events);
	test_case_bundle(c, &maker->bundle);
	maker->error = put_events(maker);
	events = buf_slice(&maker->events);
	if (maker->error == 0 &&
	    fwrite(events.p, 1, events.n, stdout) != events.n)
		maker->error = E_IO;
	if (maker->error == 0)
		return;
	test_case_name(c, name, sizeof(name));
	(void)fprintf(
	    stderr, "make_events: %s: %s\n", name, error_text(maker->error));
}

int
main(void)
{
	struct maker maker = {BUF(BUNDLE_BYTES_MAX), BUF(OCSF_EVENT_MAX), 0};

	test_cases(make, &maker);
	if (fflush(stdout) != 0)
		maker.error = E_IO;
	buf_free(&maker.bundle);
	buf_free(&maker.events);
	return maker.error != 0;
}
