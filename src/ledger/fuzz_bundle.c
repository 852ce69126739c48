/*
 * Fuzz target: a record bundle of any bytes, and the events that it renders as.
 * Whatever is accepted, each event is one line of JSON, and its raw_data is the
 * bundle.
 */
#include <jansson.h>

#include "base/encode.h"
#include "ledger/ocsf.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { EVENTS = 8 }; /* of one record: enough of many like them */

static void
check_event(const struct buf *event, struct slice bytes, size_t object)
{
	struct buf raw = BUF(BUNDLE_BYTES_MAX + 8);
	json_t *json, *data;

	for (size_t i = 0; i < event->n; i++)
		BUG_ON(event->p[i] < ' ' || event->p[i] == 0x7f);
	json = json_loadb((const char *)event->p, event->n,
	    JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, NULL);
	BUG_ON(!json_is_object(json));
	data = json_object_get(json, "raw_data");
	BUG_ON(json_is_string(data) != (object == 0));
	if (object == 0) {
		BUG_ON(base64_decode(
			   slice_str(json_string_value(data)), &raw) != 0);
		BUG_ON(!slice_eq(buf_slice(&raw), bytes));
	}
	json_decref(json);
	buf_free(&raw);
}

static void
render(const struct bundle *bundle, struct slice bytes)
{
	size_t n = ocsf_count(&bundle->record.leaf);
	struct buf event = BUF(OCSF_EVENT_MAX), again = BUF(OCSF_EVENT_MAX);

	BUG_ON(ocsf_render(bundle, bytes, n, &event) != E_RANGE);
	for (size_t i = 0; i < MIN(n, EVENTS); i++) {
		buf_clear(&event);
		buf_clear(&again);
		if (ocsf_render(bundle, bytes, i, &event) < 0) {
			BUG_ON(event.n != 0);
			continue;
		}
		check_event(&event, bytes, i);
		BUG_ON(ocsf_render(bundle, bytes, i, &again) != 0);
		BUG_ON(!slice_eq(buf_slice(&event), buf_slice(&again)));
	}
	buf_free(&event);
	buf_free(&again);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice in = slice_of(data, size);
	struct arena arena = {NULL};
	struct bundle bundle;

	if (size <= BUNDLE_BYTES_MAX && bundle_decode(in, &arena, &bundle) == 0)
		render(&bundle, in);
	arena_free(&arena);
	return 0;
}
