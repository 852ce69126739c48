#include "state/epochs.h"

#include <stdio.h>

#include "core/head.h"
#include "core/record.h"
#include "store/meta.h"

int
epochs_now(struct db *db, struct epochs_now *ret_now)
{
	struct epochs_now now = {.last = 0};
	struct head head;
	int r;

	while ((r = epoch_after(db, now.epoch.base, &now.epoch)) > 0)
		;
	if (r < 0)
		return r;
	if (now.epoch.base == 0)
		return E_CORRUPT;
	if ((r = record_last(db, &now.last)) < 0 ||
	    (r = head_get(db, &head)) < 0)
		return r;
	now.root = tree_root(&head.tree);
	now.begun = head.tree.size > 0;
	*ret_now = now;
	return 0;
}

void
epochs_new_origin(const char *earlier, char ret_origin[NOTE_NAME_MAX + 1])
{
	struct slice host = slice_str(earlier);
	char name[NOTE_NAME_MAX + 1];

	(void)snprintf(name, sizeof(name), "%.*s",
	    SLICE_ARG(slice_first(host, slice_index(host, '/'))));
	log_key_new_origin(name, ret_origin);
}

int
epochs_begin(struct db *db, const struct epochs_now *now, uint64_t kept,
    uint64_t ever, const struct log_key_signed *last, const char *origin)
{
	struct epoch epoch = {.base = epoch_base_above(MAX(now->last, ever)),
	    .previous = now->epoch.base,
	    .known = now->last,
	    .kept = kept,
	    .root = now->root};

	(void)snprintf(epoch.origin, sizeof(epoch.origin), "%s", origin);
	if (last->size > 0 && strcmp(last->origin, now->epoch.origin) == 0) {
		epoch.signed_size = last->size;
		epoch.signed_root = last->root;
	}
	return epoch_begin(db, &epoch);
}
