#include "front/content.h"

#include <stdio.h>

#include "base/encode.h"
#include "base/file.h"
#include "base/log.h"
#include "blobs/blob_file.h"
#include "front/conn.h"
#include "front/plan.h"

/* A download under way. */
struct download {
	struct stream_in *stream;
	struct blob_reader *reader;
	uint64_t at, end; /* of the bytes to be sent */
	uint64_t size;
};

/* Types that a browser may show by itself, in a sandbox without scripts. */
static bool
may_be_shown(struct slice type)
{
	static const char *const shown[] = {"image/png", "image/jpeg",
	    "image/gif", "image/webp", "image/avif", "application/pdf",
	    "text/plain", "audio/mpeg", "audio/ogg", "video/mp4", "video/webm"};
	struct slice bare;

	(void)slice_cut(&type, ';', &bare);
	bare = slice_trim(bare);
	for (size_t i = 0; i < ARRAY_SIZE(shown); i++)
		if (slice_eq_nocase(bare, slice_str(shown[i])))
			return true;
	return false;
}

/* RFC 6266 with RFC 8187: the name in UTF-8, percent-encoded. */
void
content_put_disposition(struct buf *buf, bool shown, struct slice name)
{
	buf_put_str(buf, shown ? "inline" : "attachment");
	if (name.n == 0)
		return;
	buf_put_str(buf, "; filename*=UTF-8''");
	http_percent_encode(name, buf);
}

static void
put_etag(struct buf *buf, struct id version)
{
	buf_put_u8(buf, '"');
	id_put_text(buf, version);
	buf_put_u8(buf, '"');
}

/* ---- the head ----------------------------------------------------------- */

static void
send_head(struct request *request, const struct file_content *content,
    const struct plan *plan, struct slice etag, struct slice name,
    struct slice type)
{
	struct buf disposition = BUF(2048), range = BUF(128), digest = BUF(128);
	struct http_field fields[12];
	char modified[HTTP_DATE_BYTES];
	size_t n = 0;
	bool shown = may_be_shown(type);

	content_put_disposition(&disposition, shown, name);
	fields[n++] = (struct http_field){
	    SLICE("cache-control"), SLICE("private, no-cache")};
	/* What was made for this request alone has none of these. */
	if (content->has_version) {
		http_date_format(content->modified / 1000, modified);
		buf_put_str(&digest, "sha-256=:");
		buf_put_base64(&digest, content->digest);
		buf_put_str(&digest, ":");
		fields[n++] = (struct http_field){SLICE("etag"), etag};
		fields[n++] = (struct http_field){
		    SLICE("last-modified"), slice_str(modified)};
		fields[n++] =
		    (struct http_field){SLICE("accept-ranges"), SLICE("bytes")};
	}
	if (plan->status != 304) {
		fields[n++] = (struct http_field){SLICE("content-type"), type};
		fields[n++] = (struct http_field){
		    SLICE("content-disposition"), buf_slice(&disposition)};
		/* What users stored never acts as a page of this origin. */
		fields[n++] = (struct http_field){
		    SLICE("content-security-policy"), SLICE(CONTENT_POLICY)};
	}
	if (plan->status != 304 && digest.n > 0)
		fields[n++] = (struct http_field){
		    SLICE("repr-digest"), buf_slice(&digest)};
	if (plan->status == 206)
		buf_printf(&range, "bytes %llu-%llu/%llu",
		    (unsigned long long)plan->first,
		    (unsigned long long)plan->end - 1,
		    (unsigned long long)content->size);
	else if (plan->status == 416)
		buf_printf(
		    &range, "bytes */%llu", (unsigned long long)content->size);
	if (range.n > 0)
		fields[n++] = (struct http_field){
		    SLICE("content-range"), buf_slice(&range)};
	respond_begin(
	    request, plan->status, fields, n, plan->end - plan->first);
	buf_free(&disposition);
	buf_free(&range);
	buf_free(&digest);
}

/* ---- a stream's bytes
 * ------------------------------------------------------------------ */

static void
finish(struct request *request, unsigned status)
{
	struct download *d = request->app;

	if (d == NULL)
		return;
	request->app = NULL;
	request->on_room = request->on_gone = NULL;
	stream_finish(request->front, &d->stream, status);
	blob_reader_free(&d->reader);
	mem_free(d);
}

/*
 * As much as is fair now, a chunk at a time as they are checked; the rest when
 * there is room again.
 */
static void
send_more(struct request *request)
{
	/* One for all: it is sent, or copied, before another takes it. */
	static uint8_t room[BLOB_CHUNK];
	struct download *d = request->app;
	size_t sent = 0;

	if (d == NULL || d->reader == NULL)
		return;
	while (d->at < d->end && sent < REQUEST_OUT_BYTES &&
	       respond_space(request) > 0) {
		struct slice bytes;
		int r = blob_reader_get(d->reader, d->at, room, &bytes);

		if (r < 0) {
			/* The head is out: cutting it off is all that is left.
			 */
			log_error("front.damaged", log_err(r));
			finish(request, STREAM_DAMAGED);
			respond_abort(request);
			return;
		}
		bytes =
		    slice_first(bytes, (size_t)MIN(d->end - d->at, bytes.n));
		d->at += bytes.n;
		d->stream->bytes += bytes.n;
		sent += bytes.n;
		respond_body(request, bytes);
	}
	if (d->at == d->end) {
		finish(request, STREAM_COMPLETE);
		respond_end(request);
	}
}

static void
on_gone(struct request *request)
{
	finish(request, STREAM_ABORTED);
}

/* Before the head is out there can be an error; after it only an end. */
static void
fail(struct request *request, unsigned status, int code)
{
	finish(request, status);
	if (request->state == REQUEST_ANSWER)
		respond_abort(request);
	else
		respond_error(request, code);
}

static void
on_close(struct request *request, unsigned status)
{
	const struct download *d = request->app;
	const struct body_close *closing = d->stream->closing;

	if (closing != NULL && closing->code < 0)
		fail(request, status, closing->code);
	else
		fail(request, status,
		    status == STREAM_REVOKED ? E_NOT_FOUND : E_BUSY);
}

static void
on_missing(struct request *request)
{
	fail(request, STREAM_DAMAGED, E_DAMAGED);
}

/* What the head is made from, until the file is there. */
struct pending {
	struct download download; /* first */
	const struct file_content *content;
	struct plan plan;
	struct slice etag, name, type;
};

static void
on_file(struct request *request, int fd, uint64_t size, struct slice sums)
{
	struct pending *p = request->app;
	int r;

	if (p == NULL || p->download.reader != NULL) {
		fd_close(&fd);
		return;
	}
	r = blob_reader_new(fd, size, sums, &p->download.reader);
	/* How long it is, is known by now. */
	if (r == 0 && !p->content->has_size)
		p->plan.end = p->download.end = p->download.size = size;
	if (r == 0 && size != p->download.size)
		r = E_DAMAGED;
	if (r < 0) {
		log_error("front.damaged", log_err(r));
		fail(request, STREAM_DAMAGED, E_DAMAGED);
		return;
	}
	send_head(request, p->content, &p->plan, p->etag, p->name, p->type);
	send_more(request);
}

static void
serve_stream(struct request *request, const struct file_content *content,
    const struct pending *plan)
{
	struct pending *p = mem_alloc(sizeof(*p));
	int r = E_NOMEM;

	if (p != NULL) {
		*p = *plan;
		r = stream_open(request, content->stream, &p->download.stream);
	}
	if (r < 0) {
		mem_free(p);
		stream_tell_end(
		    request->front, content->stream, STREAM_FAILED, 0);
		respond_error(request, r);
		return;
	}
	p->download.at = p->plan.first;
	p->download.end = p->plan.end;
	p->download.size = content->size;
	p->download.stream->on_file = on_file;
	p->download.stream->on_missing = on_missing;
	p->download.stream->on_close = on_close;
	request->app = p;
	request->on_room = send_more;
	request->on_gone = on_gone;
}

void
content_serve(struct request *request, const struct file_content *content,
    struct slice name, struct slice type)
{
	struct buf etag = BUF(64);
	struct pending p = {.content = content,
	    .name = name.n > 0 ? name : content->name,
	    .type = type.n > 0 ? type : content->type};

	put_etag(&etag, content->version);
	p.etag = arena_copy(&request->arena, buf_slice(&etag));
	buf_free(&etag);
	if (p.etag.p == NULL) {
		respond_error(request, E_NOMEM);
		return;
	}
	p.plan =
	    plan_make(&request->head, p.etag, content->modified, content->size);
	if (content->has_stream && p.plan.body && !request->head_only) {
		serve_stream(request, content, &p);
		return;
	}
	/* The stream isn't needed: that is its end. */
	if (content->has_stream)
		stream_tell_end(
		    request->front, content->stream, STREAM_COMPLETE, 0);
	send_head(request, content, &p.plan, p.etag, p.name, p.type);
	if (content->has_content && p.plan.body)
		respond_body(
		    request, slice_of(content->content.p + p.plan.first,
				 (size_t)(p.plan.end - p.plan.first)));
	respond_end(request);
}

void
content_serve_written(
    struct request *request, const struct document_written *written)
{
	struct file_content *content =
	    arena_alloc(&request->arena, sizeof(*content));
	struct pending p = {.content = content,
	    .plan = {.status = 200, .body = true},
	    .name = written->name,
	    .type = written->type};

	if (content == NULL) {
		stream_tell_end(
		    request->front, written->stream, STREAM_FAILED, 0);
		respond_error(request, E_NOMEM);
		return;
	}
	*content = (struct file_content){.has_version = false};
	SHAPE_SET(content, stream, written->stream);
	serve_stream(request, content, &p);
}
