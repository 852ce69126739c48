/* JMAP's blobs: upload and download (RFC 8620, section 6). */
#include "front/conn.h"
#include "front/content.h"
#include "front/jmap/jmap.h"
#include "front/route.h"

/* ---- upload
 * ---------------------------------------------------------------------- */

/* Whose it is, and of which type: what the answer says again. */
struct jmap_upload {
	struct id account;
	struct slice account_text, type;
	uint64_t size;
};

static void
respond_uploaded(
    struct request *request, const struct jmap_upload *upload, struct id id)
{
	struct buf body = BUF(4096), text = BUF(64);
	struct json_writer w = json_writer(&body);

	id_put_text(&text, id);
	json_open_object(&w);
	json_member_string(&w, "accountId", upload->account_text);
	json_member_string(&w, "blobId", buf_slice(&text));
	json_member_string(&w, "type",
	    upload->type.n > 0 ? upload->type
			       : SLICE("application/octet-stream"));
	json_member_u64(&w, "size", upload->size);
	json_close_object(&w);
	respond(request, 201, SLICE("application/json"), buf_slice(&body));
	buf_free(&body);
	buf_free(&text);
}

static void
on_stored(struct request *request, int code, const struct call_answer *answers,
    size_t n, void *arg)
{
	struct upload_stored *stored = NULL;

	(void)n;
	if (request->gone)
		return;
	code = call_code(code, answers);
	if (code == 0)
		stored = call_result(request, &shape_upload_stored, answers);
	if (stored == NULL)
		respond_error(request, code < 0 ? code : E_NOMEM);
	else
		respond_uploaded(request, arg, stored->id);
}

static void
on_received(struct request *request, int code, const struct received *received,
    void *arg)
{
	struct jmap_upload *upload = arg;
	struct upload_store store = {.has_type = false};

	if (request->gone)
		return;
	if (code < 0) {
		respond_error(request, code);
		return;
	}
	upload->size = received->size;
	if (!received->is_inline) {
		respond_uploaded(request, upload, received->upload.id);
		return;
	}
	SHAPE_SET(&store, content, received->bytes);
	SHAPE_SET(&store, account, upload->account);
	if (upload->type.n > 0)
		SHAPE_SET(&store, type, upload->type);
	call_one(request, OP_UPLOAD_STORE, &store, on_stored, upload);
}

void
jmap_upload_serve(struct request *request)
{
	struct slice rest = request->rest;
	struct upload_begin begin = {.has_type = false};
	struct jmap_upload *upload =
	    arena_alloc(&request->arena, sizeof(*upload));
	int r = upload == NULL ? E_NOMEM : 0;

	if (r == 0) {
		(void)slice_cut(&rest, '/', &upload->account_text);
		upload->type =
		    http_field(&request->head, SLICE("content-type"));
		if (rest.n > 0 ||
		    id_parse(upload->account_text, &upload->account) < 0 ||
		    upload->account.kind != KIND_PRINCIPAL)
			r = E_NOT_FOUND;
	}
	if (r < 0) {
		request->body_ignored = true;
		respond_error(request, r);
		return;
	}
	SHAPE_SET(&begin, account, upload->account);
	if (upload->type.n > 0)
		SHAPE_SET(&begin, type, upload->type);
	content_receive(request, &begin, on_received, upload);
}

/* ---- download
 * --------------------------------------------------------------------- */

struct download {
	struct slice name, type;
};

static void
on_read(struct request *request, int code, const struct call_answer *answers,
    size_t n, void *arg)
{
	struct download *d = arg;
	struct file_content *content;

	(void)n;
	if (request->gone)
		return;
	code = call_code(code, answers);
	if (code < 0) {
		respond_error(request, code);
		return;
	}
	content = call_result(request, &shape_file_content, answers);
	if (content == NULL)
		respond_error(request, E_NOMEM);
	else
		content_serve(request, content, d->name, d->type);
}

/* {accountId}/{blobId}/{name}?type={type} */
static int
parse(struct request *request, struct id *ret_id, struct download *d)
{
	struct slice rest = request->rest, account, blob;
	struct buf text = BUF(1024);
	bool found = false;
	int r;

	if (!slice_cut(&rest, '/', &account) || !slice_cut(&rest, '/', &blob) ||
	    id_parse(blob, ret_id) < 0 || ret_id->kind != KIND_VERSION)
		return E_NOT_FOUND;
	r = http_percent_decode(rest, false, &text);
	if (r == 0)
		d->name = arena_copy(&request->arena, buf_slice(&text));
	buf_clear(&text);
	if (r == 0)
		r = http_query_get(
		    request->head.query, SLICE("type"), &text, &found);
	if (r == 0 && found) {
		d->type = arena_copy(&request->arena, buf_slice(&text));
		if (!http_media_type_ok(d->type))
			r = E_INVALID;
	}
	buf_free(&text);
	if (r == 0 && (!slice_is_utf8(d->name) || d->name.p == NULL))
		r = E_INVALID;
	return r == E_SYNTAX ? E_INVALID : r;
}

void
jmap_download_serve(struct request *request)
{
	struct file_read read = {.has_path = false};
	struct download *d = arena_alloc(&request->arena, sizeof(*d));
	struct id id;
	int r = d == NULL ? E_NOMEM : parse(request, &id, d);

	if (r < 0) {
		respond_error(request, r);
		return;
	}
	SHAPE_SET(&read, file, id);
	call_one(request, OP_FILE_READ, &read, on_read, d);
}
