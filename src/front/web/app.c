/*
 * The web app: its page for all paths below /app, which its own router tells
 * apart, and what that loads, out of the pack that the parent has given. As the
 * plain pages, they hold nothing but what is the same for everybody.
 */
#include "front/web/app.h"
#include "base/encode.h"
#include "front/conn.h"
#include "front/route.h"
#include "front/web/assets.h"
#include "front/web/page.h"

enum { ETAG_DIGEST_BYTES = 16, ETAG_MAX = 64 };

/*
 * As the plain pages', and:
 * - Fluent UI makes empty style elements and adds rules to them by the CSSOM. A
 *   browser takes an element only if its text may stand there: the digest is
 * that of the empty text, so that no style with anything in it does.
 * - Pictures come from memory, too: previews, and what is about to be uploaded.
 * - A file is shown in a frame, by the page that web_preview_serve serves.
 * - No policy of Trusted Types may be made: nothing in it writes markup.
 */
#define CONTENT_POLICY                                                      \
	"default-src 'none'; script-src 'self'; style-src 'self' "          \
	"'sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU='; "           \
	"img-src 'self' data: blob:; font-src 'self'; connect-src 'self'; " \
	"frame-src 'self'; form-action 'none'; frame-ancestors 'none'; "    \
	"base-uri 'none'; require-trusted-types-for 'script'; "             \
	"trusted-types 'none'"

/*
 * Where files are shown, which anybody may have written: who takes over what
 * reads them has no origin (the sandbox), so no cookie and nothing of the
 * app's, and no network. The app hands it bytes, and takes little from it.
 * - JPEG 2000, JBIG2 and colour profiles of PDF are read by WebAssembly, which
 *   compiles only what is allowed so: no `eval` comes with it.
 * - What is drawn comes from memory.
 * - Only a modal window prints; the app's frame allows it where that is asked
 * for.
 */
#define PREVIEW_POLICY                                                  \
	"sandbox allow-scripts allow-modals; default-src 'none'; "      \
	"script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; "      \
	"img-src blob:; media-src blob:; connect-src 'none'; "          \
	"form-action 'none'; frame-ancestors 'self'; base-uri 'none'; " \
	"require-trusted-types-for 'script'; trusted-types 'none'; "    \
	"webrtc 'block'"

/* ---- which of its codings ------------------------------------------------ */

/*
 * What the client would rather have; of equals the smallest. As it is, it is
 * sent to who says nothing of that.
 */
static enum pack_coding
choose_coding(const struct request *request, const struct pack_asset *asset)
{
	struct slice accepts =
	    http_field(&request->head, SLICE("accept-encoding"));
	enum pack_coding best = PACK_PLAIN;
	unsigned most = http_coding_weight(accepts, SLICE("identity"));

	for (enum pack_coding i = PACK_PLAIN + 1; i < PACK_CODINGS; i++) {
		unsigned weight =
		    http_coding_weight(accepts, pack_coding_name(i));

		if (asset->bytes[i].n == 0 || weight == 0 || weight < most ||
		    (weight == most &&
			asset->bytes[i].n >= asset->bytes[best].n))
			continue;
		best = i;
		most = weight;
	}
	return best;
}

/* Each coding is other bytes: RFC 9110, 8.8.3. */
static void
put_etag(
    struct buf *buf, const struct pack_asset *asset, enum pack_coding coding)
{
	buf_put_u8(buf, '"');
	buf_put_hex(buf, slice_of(asset->digest.b, ETAG_DIGEST_BYTES));
	if (coding != PACK_PLAIN) {
		buf_put_u8(buf, '-');
		buf_put_slice(buf, pack_coding_name(coding));
	}
	buf_put_u8(buf, '"');
}

/* ---- answers ------------------------------------------------------------- */

/* With fields of its own behind those that all have. */
static void
send_asset(struct request *request, const struct pack_asset *asset,
    const struct http_field *own, size_t n_own)
{
	struct slice wants = http_field(&request->head, SLICE("if-none-match"));
	enum pack_coding coding = choose_coding(request, asset);
	struct buf etag = BUF(ETAG_MAX);
	struct http_field fields[REQUEST_FIELDS_MAX / 2];
	size_t n = 0;

	BUG_ON(n_own + 4 > ARRAY_SIZE(fields));
	put_etag(&etag, asset, coding);
	fields[n++] = (struct http_field){SLICE("etag"), buf_slice(&etag)};
	fields[n++] =
	    (struct http_field){SLICE("vary"), SLICE("accept-encoding")};
	for (size_t i = 0; i < n_own; i++)
		fields[n++] = own[i];
	if (etag.error != 0) {
		respond_error(request, etag.error);
	} else if (wants.p != NULL &&
		   http_etag_match(wants, buf_slice(&etag), true)) {
		respond_begin(request, 304, fields, n, 0);
		respond_end(request);
	} else {
		fields[n++] =
		    (struct http_field){SLICE("content-type"), asset->type};
		if (coding != PACK_PLAIN)
			fields[n++] =
			    (struct http_field){SLICE("content-encoding"),
				pack_coding_name(coding)};
		respond_begin(request, 200, fields, n, asset->bytes[coding].n);
		request->assets = assets_hold(request->front->assets);
		respond_steady(request, asset->bytes[coding]);
	}
	buf_free(&etag);
}

static void
send_page(struct request *request, struct slice path, struct slice policy)
{
	const struct http_field fields[] = {
	    {SLICE("cache-control"), SLICE("no-cache")},
	    {SLICE("content-security-policy"), policy},
	    {SLICE("cross-origin-opener-policy"), SLICE("same-origin")},
	    {SLICE("permissions-policy"), SLICE(PAGE_PERMISSIONS)},
	};
	const struct pack_asset *page =
	    assets_find(request->front->assets, path);

	if (page == NULL) {
		page_not_found(request);
		return;
	}
	page_count(request);
	if (page_is_at_our_name(request))
		send_asset(request, page, fields, ARRAY_SIZE(fields));
}

void
web_app_serve(struct request *request)
{
	send_page(request, SLICE(PACK_INDEX), SLICE(CONTENT_POLICY));
}

void
web_preview_serve(struct request *request)
{
	send_page(request, SLICE(PACK_PREVIEW), SLICE(PREVIEW_POLICY));
}

void
app_asset_serve(struct request *request)
{
	/* The frame of previews has no origin: to it all are strangers. */
	const struct http_field fields[] = {
	    {SLICE("cache-control"), SLICE(PAGE_FOR_GOOD)},
	    {SLICE("access-control-allow-origin"), SLICE("*")},
	};
	const struct pack_asset *asset = assets_find(
	    request->front->assets, slice_from(request->head.path, 1));

	if (asset == NULL) {
		page_not_found(request);
		return;
	}
	page_count(request);
	send_asset(request, asset, fields, ARRAY_SIZE(fields));
}
