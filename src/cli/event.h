/*
 * OCSF events for people: one line each. The events come from the server, or
 * were rendered here from a bundle.
 */
#ifndef CLI_EVENT_H
#define CLI_EVENT_H

#include <jansson.h>

#include "base/buf.h"
#include "cli/term.h"

/* metadata.sequence; 0 where there is none. */
uint64_t event_sequence(const json_t *event);

/*
 * Prints "TIME  SEQUENCE  message", the message coloured by its status and
 * severity; of a record's second and further events the number is left out.
 * `tabs`: fields apart by tabs.
 */
void event_print(const struct term *term, const json_t *event);

/*
 * Prints all events of a record from its bundle: lines for people, or OCSF.
 * E_CORRUPT, E_NOMEM, E_LIMIT.
 */
int event_print_bundle(
    const struct term *term, struct slice bundle_bytes, bool json);

/* The first event's message, as one line. The same errors. */
int event_put_message(struct slice bundle_bytes, struct buf *buf);

#endif
