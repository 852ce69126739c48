/*
 * What core asks the keeper to sign: a checkpoint, the fence of the database
 * that it is of, and the proof that it continues the one signed last. The body
 * of SIGN: [origin, fence, size, root, older, [hash ...]].
 */
#ifndef LEDGER_SIGN_REQUEST_H
#define LEDGER_SIGN_REQUEST_H

#include "ledger/note.h"
#include "ledger/tree.h"

struct sign_request {
	struct checkpoint checkpoint; /* its origin points into what was read */
	uint64_t fence;
	uint64_t older; /* the size that the proof begins at */
	struct tree_proof proof;
};

void sign_request_put(struct buf *buf, const struct sign_request *request);

/* E_GRAMMAR. */
int sign_request_get(struct slice body, struct sign_request *ret_request);

#endif
