/*
 * HTTP (RFC 9110): what HTTP/1.1 and HTTP/2 share. The head of a request, and
 * helpers for the values of its fields.
 *
 * The slices of a head point into the bytes that it was parsed from (or to a
 * constant): they live as long as those do. All in them is the client's word.
 */
#ifndef WIRE_HTTP_H
#define WIRE_HTTP_H

#include "base/base.h"
#include "base/buf.h"
#include "base/slice.h"

enum {
	HTTP_FIELDS_MAX = 64,
	HTTP_AUTHORITY_MAX = 255,
	HTTP_MEDIA_TYPE_MAX = 255,
	HTTP_DATE_BYTES = 30, /* with its NUL */
};

/* The longest body that can be told: every JSON reader holds it exactly. */
#define HTTP_LENGTH_MAX ((UINT64_C(1) << 53) - 1)

enum http_method {
	HTTP_METHOD_NONE,
	HTTP_METHOD_GET,
	HTTP_METHOD_HEAD,
	HTTP_METHOD_POST,
	HTTP_METHOD_PUT,
	HTTP_METHOD_DELETE,
	HTTP_METHOD_OPTIONS,
	HTTP_METHOD_PATCH,
	HTTP_METHOD_OTHER, /* a token that is none of these */
};

struct http_field {
	struct slice name;  /* a token, in any case */
	struct slice value; /* trimmed; .p is never NULL */
};

struct http_head {
	enum http_method method;
	struct slice method_name;
	struct slice path;      /* percent-encoded; starts with '/', or "*" */
	struct slice query;     /* without its '?'; empty where there is none */
	struct slice authority; /* host[:port]; .p is NULL where none came */
	struct http_field fields[HTTP_FIELDS_MAX];
	size_t n_fields;
	uint64_t content_length;
	bool has_length;
	bool chunked;         /* HTTP/1.1 only */
	bool keep_alive;      /* HTTP/1.1 only */
	bool expect_continue; /* the client waits for a 100 */
	int minor;            /* of HTTP/1: 0 or 1 */
};

/* The value of the first field of that name; .p is NULL where there is none. */
struct slice http_field(const struct http_head *head, struct slice name);
size_t http_field_count(const struct http_head *head, struct slice name);

/* Methods are compared with case; HTTP_METHOD_NONE for what is no token. */
enum http_method http_method(struct slice name);

/* RFC 9112, 3.2: visible ASCII, and no fragment. */
bool http_target_bytes_ok(struct slice target);

/*
 * Sets head's path and query from a target in origin-form, or "*" where
 * head->method is OPTIONS: HTTP/2's :path. E_SYNTAX for all else.
 */
int http_target_parse(struct slice target, struct http_head *head);

/*
 * host[:port], as in Host and :authority: a name, an IPv4 address or an IPv6
 * address in brackets; at most HTTP_AUTHORITY_MAX bytes, no userinfo. Stricter
 * than RFC 3986, 3.2.2: names hold unreserved characters only, no escapes, and
 * a colon has a port behind it.
 */
bool http_authority_ok(struct slice authority);

/* RFC 9110, 5.6.2: a byte of a token; a whole token. */
bool http_token_byte(uint8_t c);
bool http_token_ok(struct slice s);

/* RFC 9110, 5.5: a byte that may stand in the value of a field. */
static inline bool
http_value_byte(uint8_t c)
{
	return c == '\t' || (c >= ' ' && c != 0x7f);
}

/* The value of a hexadecimal digit, -1 for other bytes. */
int http_hex_digit(uint8_t c);

/* Appends text with all but unreserved characters encoded (RFC 3986, 2.1). */
void http_percent_encode(struct slice text, struct buf *buf);

/*
 * Appends the decoded bytes. E_SYNTAX for a bad escape and for a NUL, or the
 * buffer's error; the content of ret_buf is then as before.
 */
int
http_percent_decode(struct slice in, bool plus_is_space, struct buf *ret_buf);

/*
 * Appends the decoded value of the query's parameter of that name, with '+' as
 * space. E_SYNTAX for a bad escape in it or in any name, and where the name
 * stands twice (programs differ on which one counts); or the buffer's error.
 */
int http_query_get(struct slice query, struct slice name, struct buf *ret_buf,
    bool *ret_found);

struct http_range {
	uint64_t first;
	uint64_t last; /* inclusive, below the size */
};

/* Not an error: what http_range_parse returns for what is to be ignored. */
enum { HTTP_RANGE_IGNORE = 1 };

/*
 * Reads a Range field for content of size bytes (RFC 9110, 14.1.2 and 14.2).
 * HTTP_RANGE_IGNORE, and the whole content is to be served, for other units,
 * several ranges and what is malformed; E_RANGE where no byte fits (416).
 */
int http_range_parse(
    struct slice value, uint64_t size, struct http_range *ret_range);

/* IMF-fixdate (RFC 9110, 5.6.7); times outside years 0 to 9999 are clamped. */
void http_date_format(int64_t unix_seconds, char ret_text[HTTP_DATE_BYTES]);

/* IMF-fixdate only, with the right day of the week: E_SYNTAX else. */
int http_date_parse(struct slice text, int64_t *ret_unix_seconds);

/*
 * Whether a list of entity tags, or "*", matches etag (with its quotes): weakly
 * for If-None-Match, else strongly for If-Match (RFC 9110, 8.8.3.2, 13.1.1 and
 * 13.1.2). False for a malformed list. "*" is for content that exists.
 */
bool http_etag_match(struct slice value, struct slice etag, bool weak);

/*
 * What an Accept-Encoding field says of a content coding (RFC 9110, 12.5.3):
 * its weight in thousandths; 0 where it may not be sent, or the field can't be
 * read.
 */
unsigned http_coding_weight(struct slice value, struct slice coding);

/*
 * A media type with optional parameters (RFC 9110, 8.3.1), of visible ASCII and
 * spaces, at most HTTP_MEDIA_TYPE_MAX bytes.
 */
bool http_media_type_ok(struct slice s);

/* The reason phrase; "" for a status that we never send. */
const char *http_status_text(int status);

#endif
