/* Files by path, for curl and scripts: GET, PUT and DELETE below /files/. */
#include <stdio.h>

#include "front/asked.h"
#include "front/conn.h"
#include "front/content.h"
#include "front/files/path.h"
#include "front/route.h"
#include "op/shape_json.h"

enum { JSON_MAX = 4 << 20, LOCATION_MAX = 32768 };

/* ---- reading
 * ------------------------------------------------------------------- */

static void
redirect_to_folder(struct request *request)
{
	struct buf location = BUF(LOCATION_MAX);
	struct http_field field = {.name = SLICE("location")};

	buf_put_slice(&location, request->head.path);
	buf_put_u8(&location, '/');
	field.value = buf_slice(&location);
	if (location.error != 0) {
		respond_error(request, location.error);
	} else {
		respond_begin(request, 308, &field, 1, 0);
		respond_end(request);
	}
	buf_free(&location);
}

static void
on_read(struct request *request, int code, const struct call_answer *answers,
    size_t n, void *arg UNUSED)
{
	struct file_content *content;

	(void)n;
	if (request->gone)
		return;
	code = call_code(code, answers);
	if (code == E_KIND) {
		redirect_to_folder(request);
		return;
	}
	if (code < 0) {
		respond_error(request, code);
		return;
	}
	content = call_result(request, &shape_file_content, answers);
	if (content == NULL)
		respond_error(request, E_NOMEM);
	else
		content_serve(request, content, SLICE_NONE, SLICE_NONE);
}

static void
on_list(struct request *request, int code, const struct call_answer *answers,
    size_t n, void *arg UNUSED)
{
	struct buf body = BUF(JSON_MAX);
	struct json_writer w = json_writer(&body);

	(void)n;
	if (request->gone)
		return;
	code = call_code(code, answers);
	if (code == 0)
		code =
		    shape_put_json(&shape_node_page, answers[0].results[0], &w);
	buf_put_u8(&body, '\n');
	if (code == 0)
		code = body.error;
	if (code < 0)
		respond_error(request, code);
	else
		respond(
		    request, 200, SLICE("application/json"), buf_slice(&body));
	buf_free(&body);
}

static void
read_or_list(struct request *request, const struct file_path *path)
{
	struct file_read read = {.has_file = false};
	struct folder_list list = {.has_folder = false};

	if (!path->is_folder) {
		SHAPE_SET(&read, path, path->all);
		call_one(request, OP_FILE_READ, &read, on_read, NULL);
		return;
	}
	SHAPE_SET(&list, path, path->all);
	if (asked_page(request->head.query, &request->arena, &list) < 0)
		respond_error(request, E_INVALID);
	else
		call_one(request, OP_FOLDER_LIST, &list, on_list, NULL);
}

/* ---- storing
 * ------------------------------------------------------------------------ */

static void
on_stored(struct request *request, int code, const struct call_answer *answers,
    size_t n, void *arg UNUSED)
{
	struct buf body = BUF(65536), etag = BUF(64);
	struct json_writer w = json_writer(&body);
	struct node_made *made = NULL;
	struct http_field fields[2];
	size_t n_fields = 0;

	(void)n;
	if (request->gone)
		return;
	code = call_code(code, answers);
	if (code == 0) {
		made = call_result(request, &shape_node_made, answers);
		code = made == NULL ? E_NOMEM
		                    : shape_put_json(&shape_node_made,
					  answers[0].results[0], &w);
	}
	if (code != 0) {
		respond_error(request, code);
		buf_free(&body);
		return;
	}
	buf_put_u8(&body, '\n');
	fields[n_fields++] = (struct http_field){
	    SLICE("content-type"), SLICE("application/json")};
	if (made->has_version) {
		buf_put_u8(&etag, '"');
		id_put_text(&etag, made->version);
		buf_put_u8(&etag, '"');
		fields[n_fields++] =
		    (struct http_field){SLICE("etag"), buf_slice(&etag)};
	}
	respond_begin(
	    request, made->existed ? 200 : 201, fields, n_fields, body.n);
	respond_body(request, buf_slice(&body));
	respond_end(request);
	buf_free(&body);
	buf_free(&etag);
}

static void
on_received(struct request *request, int code, const struct received *received,
    void *arg)
{
	struct file_create *create = arg;

	if (code == 0 && received->is_inline)
		SHAPE_SET(create, content, received->bytes);
	else if (code == 0)
		SHAPE_SET(create, upload, received->upload.id);
	if (code == 0 && !request->gone)
		call_one(request, OP_FILE_CREATE, create, on_stored, NULL);
	else if (!request->gone)
		respond_error(request, code);
}

static void
store(struct request *request, const struct file_path *path)
{
	struct slice type = http_field(&request->head, SLICE("content-type"));
	struct file_create *create =
	    arena_alloc(&request->arena, sizeof(*create));
	struct folder_create folder = {.has_parent = false};
	struct upload_begin begin = {.has_type = false};
	int r = create == NULL ? E_NOMEM : path->name.n == 0 ? E_NAME : 0;

	request->body_ignored = true;
	if (r == 0 && path->is_folder) {
		SHAPE_SET(&folder, path, path->folder);
		SHAPE_SET(&folder, name, path->name);
		SHAPE_SET(&folder, exist_ok, true);
		call_one(request, OP_FOLDER_CREATE, &folder, on_stored, NULL);
		return;
	}
	if (r == 0)
		r = asked_conditions(&request->head, create);
	if (r < 0) {
		respond_error(request, r);
		return;
	}
	SHAPE_SET(create, path, path->folder);
	SHAPE_SET(create, name, path->name);
	if (type.n > 0)
		SHAPE_SET(create, type, type);
	request->body_ignored = false;
	if (type.n > 0)
		SHAPE_SET(&begin, type, type);
	content_receive(request, &begin, on_received, create);
}

/* ---- throwing away
 * --------------------------------------------------------------------- */

static void
on_trashed(struct request *request, int code, const struct call_answer *answers,
    size_t n, void *arg UNUSED)
{
	(void)n;
	if (request->gone)
		return;
	code = call_code(code, answers);
	if (code < 0) {
		respond_error(request, code);
		return;
	}
	respond_begin(request, 204, NULL, 0, 0);
	respond_end(request);
}

static void
trash(struct request *request, const struct file_path *path)
{
	struct node_ref ref = {.has_node = false};

	SHAPE_SET(&ref, path, path->all);
	call_one(request, OP_NODE_TRASH, &ref, on_trashed, NULL);
}

void
files_serve(struct request *request)
{
	struct file_path path;
	int r = file_path_parse(request->rest, &request->arena, &path);

	if (request->head.method != HTTP_METHOD_PUT)
		request->body_ignored = true;
	if (r < 0) {
		request->body_ignored = true;
		sum_add(&request->front->sums, SUM_BAD_ARGUMENTS,
		    conn_address(request->conn));
		respond_error(request, r == E_LIMIT ? r : E_INVALID);
	} else if (request->head.method == HTTP_METHOD_PUT) {
		store(request, &path);
	} else if (request->head.method == HTTP_METHOD_DELETE) {
		trash(request, &path);
	} else {
		read_or_list(request, &path);
	}
}
