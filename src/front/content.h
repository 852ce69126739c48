/*
 * A file's bytes as a response: entity tags, conditions, ranges (RFC 9110), and
 * the isolation of what users have stored from everything else of this origin.
 */
#ifndef FRONT_CONTENT_H
#define FRONT_CONTENT_H

#include "front/calls.h"

/*
 * Answers with what file.read has given: its bytes, or the stream that brings
 * them. `name` and `type`, where not empty, replace the file's own.
 */
void content_serve(struct request *request, const struct file_content *content,
    struct slice name, struct slice type);

/* The same with what a document was written as, which no file is. */
void content_serve_written(
    struct request *request, const struct document_written *written);

/* What users stored never acts as a page of this origin. */
#define CONTENT_POLICY "sandbox; default-src 'none'; frame-ancestors 'self'"

/* The value of Content-Disposition: shown, or an attachment. */
void content_put_disposition(struct buf *buf, bool shown, struct slice name);

/* What a request's body became, where all of it came. */
struct received {
	bool is_inline;
	struct slice bytes;         /* inline: they stay for the call of done */
	struct upload_ready upload; /* else: it holds them */
	uint64_t size;
};

typedef void received_fn(struct request *request, int code,
    const struct received *received, void *arg);

/*
 * Takes the request's body over. Few bytes are kept, to be sent with a call;
 * more become an upload: `begin` says whose it is to be and of which type, as
 * far as that is known. `done` is called once; the request may be gone by then.
 */
void content_receive(struct request *request, const struct upload_begin *begin,
    received_fn *done, void *arg);

#endif
