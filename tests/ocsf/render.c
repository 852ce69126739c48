/*
 * Renders records again: reads bundles in base64, one a line, as they stand in
 * raw_data, and prints the events of each, one a line. Exit status 1 where a
 * line is no bundle.
 */
#include <stdio.h>

#include "base/encode.h"
#include "base/mem.h"
#include "ledger/ocsf.h"

static int
render(struct slice line, struct buf *bytes, struct buf *events)
{
	struct arena arena = {NULL};
	struct bundle bundle;
	int r = base64_decode(line, bytes);

	if (r == 0)
		r = bundle_decode(buf_slice(bytes), &arena, &bundle);
	for (size_t k = 0; r == 0 && k < ocsf_count(&bundle.record.leaf); k++) {
		r = ocsf_render(&bundle, buf_slice(bytes), k, events);
		buf_put_u8(events, '\n');
	}
	arena_free(&arena);
	return r;
}

int
main(void)
{
	struct buf bytes = BUF(BUNDLE_BYTES_MAX),
		   events = BUF(LEAF_OBJECTS_MAX * (size_t)OCSF_EVENT_MAX);
	char *line = NULL;
	size_t cap = 0, number = 0;
	ssize_t n;
	int r = 0;

	while (r == 0 && (n = getline(&line, &cap, stdin)) > 0) {
		number++;
		buf_clear(&bytes);
		buf_clear(&events);
		if (line[n - 1] == '\n')
			n--;
		r = render(slice_of(line, (size_t)n), &bytes, &events);
		if (r == 0 && fwrite(events.p, 1, events.n, stdout) != events.n)
			r = E_IO;
	}
	if (r == 0 && (ferror(stdin) || fflush(stdout) != 0))
		r = E_IO;
	if (r < 0)
		(void)fprintf(
		    stderr, "render: line %zu: %s\n", number, error_text(r));
	free(line);
	buf_free(&bytes);
	buf_free(&events);
	return r < 0;
}
