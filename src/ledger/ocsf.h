/*
 * Records as OCSF 1.8.0 events (schema.ocsf.io): JSON, one event a line.
 *
 * A record of n objects is n events, with the same metadata.sequence and
 * metadata.uid "<sequence>.<object>". The first one carries the bundle in
 * raw_data, so that its reader can render the record again, check each text
 * against its commitment, and count gaps.
 *
 * A pure function of the bundle: no clock, no database, no state; equal bundles
 * give equal bytes, in every process and on every machine. All of a bundle may
 * be an attacker's: whatever stands in it, the event is one line of valid UTF-8
 * and JSON that the schema accepts. Controls are escaped, and so is what ends a
 * line or turns the order of text for some readers.
 *
 * What is not known is said, never left to be guessed:
 *
 *	(erased)           a text whose opening is gone
 *	(unknown)          what the record doesn't hold
 *	(unauthenticated)  who called without a valid credential
 *	(server)           where the server's own operations come from
 *
 * An operation keeps its class, whatever became of it: one that was refused
 * before its file was known is a file_hosting event of the file "(unknown)".
 * Operations of a newer release, and classes that have no row in ocsf.def, are
 * api_activity events that name the operation's number.
 *
 * How an outcome is told: status, action, disposition, severity. No severity is
 * below the operation's own (ocsf.def).
 *
 *	done     Success, Allowed, Allowed
 *	denied   Failure, Denied, Unauthorized, Medium
 *	         (E_UNAUTHENTICATED, E_EXPIRED, E_STEPUP, E_SUSPENDED, where no
 *	         right was asked for: Blocked, Low)
 *	refused  Failure, Denied, Rejected, Informational
 *	failed   Failure, Unknown, Error, Medium
 *	         (High where data, a peer or a signature is not what it must be)
 *	unknown  Unknown, Unknown, Unknown, Medium
 *
 * What the server does by itself, and nobody decides on, is Observed, Logged; a
 * stream that was closed because its right had ended is Denied, Access Revoked.
 * From High on it is an alert.
 */
#ifndef LEDGER_OCSF_H
#define LEDGER_OCSF_H

#include "ledger/bundle.h"

/*
 * A limit for the buffer of one event: more than any record of core's comes to,
 * raw_data included.
 */
enum { OCSF_EVENT_MAX = 8 << 20 };

/* How many events a record is: one for each object, and at least one. */
size_t ocsf_count(const struct leaf *leaf);

/*
 * Appends the event of an object (0 is the first) without a newline. The bytes
 * of the bundle, as it was decoded from, are needed for the first only, and
 * where there are none it has no raw_data. E_RANGE where there is no such
 * object, E_LIMIT, E_NOMEM; the buffer then holds as many bytes as before, but
 * keeps the error.
 */
int ocsf_render(const struct bundle *bundle, struct slice bundle_bytes,
    size_t object, struct buf *buf);

#endif
