/*
 * The plain pages: to set up, to enrol, to sign in, to approve, to open links,
 * and a home, for servers without the web app; who has it is sent on to its
 * pages of the same names. They hold nothing but what is the same for
 * everybody; what they show, their scripts ask for.
 */
#include "front/web/page.h"

#include "front/conn.h"
#include "front/route.h"
#include "front/web/app.h"

enum { LOCATION_MAX = 4096 };

/*
 * No script but ours, none of it inline, nothing loaded from elsewhere, no
 * frame around it. What a script writes into the page is text: DOM injection
 * has no sink (Trusted Types).
 */
#define CONTENT_POLICY                                              \
	"default-src 'none'; script-src 'self'; style-src 'self'; " \
	"img-src 'self'; connect-src 'self'; form-action 'none'; "  \
	"frame-ancestors 'none'; base-uri 'none'; "                 \
	"require-trusted-types-for 'script'"

static const struct page *
find_page(struct slice path)
{
	for (size_t i = 0; i < pages_count; i++)
		if (slice_eq(path, slice_str(pages_all[i].path)))
			return &pages_all[i];
	return NULL;
}

void
page_count(struct request *request)
{
	sum_add(&request->front->sums, SUM_PUBLIC, SLICE_NONE);
}

void
page_not_found(struct request *request)
{
	sum_add(
	    &request->front->sums, SUM_NOT_FOUND, conn_address(request->conn));
	respond_status(request, 404, "there is nothing at this path");
}

static void
redirect(struct request *request, int status, struct slice where)
{
	const struct http_field field = {SLICE("location"), where};

	respond_begin(request, status, &field, 1, 0);
	respond_end(request);
}

static bool
has_our_name(const struct request *request)
{
	struct slice host = request->head.authority;
	struct slice name = slice_str(request->front->setup.config.hostname);

	return slice_eq_nocase(slice_first(host, slice_index(host, ':')), name);
}

static void
send_to_our_name(struct request *request)
{
	const struct config *config = &request->front->setup.config;
	bool plain = request->conn->listener == LISTENER_HTTP_LOCAL;
	struct buf url = BUF(LOCATION_MAX);

	buf_printf(&url, "%s://%s:%u%.*s", plain ? "http" : "https",
	    config->hostname,
	    (unsigned)(plain ? config->http_port : config->https_port),
	    SLICE_ARG(request->head.path));
	if (request->head.query.n > 0)
		buf_printf(&url, "?%.*s", SLICE_ARG(request->head.query));
	if (url.error != 0)
		respond_error(request, url.error);
	else
		redirect(request, 307, buf_slice(&url));
	buf_free(&url);
}

/* Browsers take along what stands behind "#" in the address. */
static void
send_to_app(struct request *request)
{
	struct buf url = BUF(LOCATION_MAX);

	buf_printf(&url, "/app%.*s", SLICE_ARG(request->head.path));
	if (request->head.query.n > 0)
		buf_printf(&url, "?%.*s", SLICE_ARG(request->head.query));
	if (url.error != 0)
		respond_error(request, url.error);
	else
		redirect(request, 303, buf_slice(&url));
	buf_free(&url);
}

bool
page_is_at_our_name(struct request *request)
{
	if (has_our_name(request))
		return true;
	send_to_our_name(request);
	return false;
}

static void
send_page(struct request *request, const struct page *page)
{
	const struct http_field fields[] = {
	    {SLICE("content-type"), slice_str(page->type)},
	    {SLICE("content-security-policy"), SLICE(CONTENT_POLICY)},
	    {SLICE("cross-origin-opener-policy"), SLICE("same-origin")},
	    {SLICE("permissions-policy"), SLICE(PAGE_PERMISSIONS)},
	};

	respond_begin(request, 200, fields, ARRAY_SIZE(fields), page->n);
	respond_steady(request, slice_of(page->bytes, page->n));
}

void
web_page_serve(struct request *request)
{
	const struct page *page = find_page(request->head.path);
	bool home = slice_eq(request->head.path, SLICE("/"));

	page_count(request);
	BUG_ON(page == NULL); /* its route names it */
	if (!page_is_at_our_name(request))
		return;
	if (request->front->assets != NULL)
		send_to_app(request);
	else if (home && !request->by_cookie)
		redirect(request, 303, SLICE("/sign-in"));
	else
		send_page(request, page);
}

/* Their names change with what is in them. */
void
web_asset_serve(struct request *request)
{
	const struct page *page = find_page(request->head.path);
	struct slice wants = http_field(&request->head, SLICE("if-none-match"));
	struct http_field fields[] = {
	    {SLICE("cache-control"), SLICE(PAGE_FOR_GOOD)},
	    {SLICE("etag"), SLICE_NONE},
	    {SLICE("content-type"), SLICE_NONE},
	};

	if (page == NULL) {
		app_asset_serve(request);
		return;
	}
	page_count(request);
	fields[1].value = slice_str(page->etag);
	fields[2].value = slice_str(page->type);
	if (wants.p != NULL && http_etag_match(wants, fields[1].value, true)) {
		respond_begin(request, 304, fields, 2, 0);
		respond_end(request);
		return;
	}
	respond_begin(request, 200, fields, ARRAY_SIZE(fields), page->n);
	respond_steady(request, slice_of(page->bytes, page->n));
}
