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

/* Receives a body as an upload, then gives its id: content_upload.c. */
struct upload;

typedef void upload_done(struct request *request, int code,
    const struct upload_ready *upload, uint64_t size, void *arg);

/*
 * Takes the request's body over. `begin` says whose it is to be and of which
 * type, as far as that is known. `done` is called once.
 */
void content_upload(struct request *request, const struct upload_begin *begin,
    upload_done *done, void *arg);

#endif
