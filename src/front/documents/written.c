/* A document in another form, or for paper: as it is open at that moment. */
#include "front/asked.h"
#include "front/content.h"
#include "front/documents/documents.h"
#include "front/route.h"

static void
on_written(struct request *request, int code, const struct call_answer *answers,
    size_t n UNUSED, void *arg UNUSED)
{
	struct document_written *written = NULL;

	if (request->gone)
		return;
	code = call_code(code, answers);
	if (code == 0)
		written =
		    call_result(request, &shape_document_written, answers);
	if (written == NULL)
		respond_error(request, code < 0 ? code : E_NOMEM);
	else
		content_serve_written(request, written);
}

void
documents_export_serve(struct request *request)
{
	struct document_export args = {.has_file = false};
	struct buf text = BUF(16);
	bool found = false;
	int r = asked_id(request->head.query, "file", KIND_FILE, &args.file);

	if (r == 0)
		r = http_query_get(
		    request->head.query, SLICE("format"), &text, &found);
	if (r == 0) {
		args.has_file = true;
		SHAPE_SET(&args, format,
		    words_number(WORDS_DOCUMENT_FORMAT, buf_slice(&text)));
	}
	buf_free(&text);
	if (r < 0 || args.format == 0)
		respond_error(request, E_INVALID);
	else
		call_one(request, OP_DOCUMENT_EXPORT, &args, on_written, NULL);
}

void
documents_print_serve(struct request *request)
{
	struct document_print args = {.has_file = true};

	if (asked_id(request->head.query, "file", KIND_FILE, &args.file) < 0)
		respond_error(request, E_INVALID);
	else
		call_one(request, OP_DOCUMENT_PRINT, &args, on_written, NULL);
}
