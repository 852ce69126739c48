/*
 * Resources: what a path is answered by. A row names a prefix (or a whole
 * path), the methods it has, and whether its body is taken whole or as it
 * comes.
 */
#ifndef FRONT_ROUTE_H
#define FRONT_ROUTE_H

#include "front/request.h"

enum route_credential {
	ROUTE_PUBLIC, /* none is asked for */
	ROUTE_BEARER, /* without one it is 401 at once */
	ROUTE_EITHER, /* the resource sees to it */
};

enum route_body {
	ROUTE_NO_BODY,
	ROUTE_WHOLE,  /* request->body, up to max_request_bytes */
	ROUTE_STREAM, /* to request->on_body, which serve() sets */
	ROUTE_SOCKET, /* none, but serve() may upgrade the request */
};

struct route {
	const char *path;
	bool prefix;      /* all that is below it too */
	unsigned methods; /* 1 << HTTP_METHOD_* */
	enum route_body body;
	enum route_credential credential;
	bool links; /* it is also below /link/SESSION */
	/* The head is there; of ROUTE_WHOLE, the body too. */
	void (*serve)(struct request *request);
};

/* The row of a path, NULL where there is none. *ret_rest: what is behind it. */
const struct route *route_find(struct slice path, struct slice *ret_rest);

/* The resources. */
void jmap_session_serve(struct request *request);
void jmap_api_serve(struct request *request);
void jmap_upload_serve(struct request *request);
void jmap_download_serve(struct request *request);
void jmap_archive_serve(struct request *request);
void jmap_events_serve(struct request *request);
void documents_export_serve(struct request *request);
void documents_print_serve(struct request *request);
void documents_view_serve(struct request *request);
void files_serve(struct request *request);
void log_events_serve(struct request *request);
void log_export_serve(struct request *request);
void log_mirror_serve(struct request *request);
void web_app_serve(struct request *request);
void web_preview_serve(struct request *request);
void web_asset_serve(struct request *request);
void web_link_serve(struct request *request);
void web_page_serve(struct request *request);
void web_session_serve(struct request *request);
void ready_serve(struct request *request);
void metrics_serve(struct request *request);

#endif
