#include "wire/http1.h"

void
http1_init(struct http1_parser *parser, const struct http1_limits *limits)
{
	BUG_ON(limits->max_fields > HTTP_FIELDS_MAX);
	*parser = (struct http1_parser){.limits = *limits};
}

void
http1_reset(struct http1_parser *parser)
{
	parser->scan = (struct http1_scan){0};
}

/* A line has ended, with CR LF: 0, or the status of an error. */
static int
scan_line(struct http1_parser *parser, bool *ret_head_ends)
{
	struct http1_scan *scan = &parser->scan;
	bool empty = scan->at - 2 == scan->line;

	scan->line = scan->at;
	if (!empty) {
		/* The first line is no field. */
		if (scan->n_lines++ > parser->limits.max_fields)
			return 431;
	} else if (scan->n_lines > 0) {
		*ret_head_ends = true;
	} else if (scan->start > 0) {
		return 400;
	} else {
		/* RFC 9112, 2.2: one empty line before a request is ignored. */
		scan->start = scan->at;
	}
	return 0;
}

/*
 * Looks at the bytes that are new, for the empty line that ends the head. Bytes
 * that may stand nowhere in a head are refused here. The first error in the
 * order of the bytes counts, however they were cut into pieces.
 */
static int
scan_head(struct http1_parser *parser, struct slice in, bool *ret_head_ends)
{
	struct http1_scan *scan = &parser->scan;
	int status = 0;

	while (status == 0 && !*ret_head_ends && scan->at < in.n) {
		uint8_t c = in.p[scan->at++];

		/*
		 * RFC 9112, 2.2: only CR LF ends a line here. A lone LF may be
		 * taken for a line's end too, but what stands before us may
		 * not. RFC 9110, 5.5: no controls in values; in the rest of the
		 * head neither.
		 */
		if (scan->cr) {
			scan->cr = false;
			status =
			    c == '\n' ? scan_line(parser, ret_head_ends) : 400;
		} else if (c == '\r') {
			scan->cr = true;
		} else if (!http_value_byte(c)) {
			status = 400;
		}
		if (status == 0 && !*ret_head_ends &&
		    scan->at >= parser->limits.max_head)
			status = scan->n_lines == 0 ? 414 : 431;
	}
	return status;
}

/* What follows was scanned: lines end in CR LF and hold no control but HTAB. */
static struct slice
take_line(struct slice *text)
{
	struct slice line;

	(void)slice_cut(text, '\n', &line);
	line.n--; /* the CR */
	return line;
}

/*
 * RFC 9112, 3.2.2: scheme "://" authority [path] ["?" query]. Its authority
 * stands in for Host, and must be the same.
 */
static int
absolute_form(struct slice target, struct http_head *head)
{
	struct slice rest = target, scheme, authority;
	size_t n = 0;

	(void)slice_cut(&rest, ':', &scheme);
	if ((!slice_eq_nocase(scheme, SLICE("http")) &&
		!slice_eq_nocase(scheme, SLICE("https"))) ||
	    !slice_starts(rest, SLICE("//")))
		return 400;
	rest = slice_from(rest, 2);
	while (n < rest.n && rest.p[n] != '/' && rest.p[n] != '?')
		n++;
	authority = slice_first(rest, n);
	if (!http_authority_ok(authority))
		return 400;
	head->authority = authority;
	rest = slice_from(rest, n);
	if (slice_starts(rest, SLICE("/")))
		return http_target_parse(rest, head) < 0 ? 400 : 0;
	if (!http_target_bytes_ok(rest))
		return 400;
	/* RFC 9110, 4.2.3: an empty path is the same as "/". */
	head->path = SLICE("/");
	head->query = slice_from(rest, 1);
	return 0;
}

/* RFC 9112, 3: method SP request-target SP HTTP-version. */
static int
request_line(struct slice line, size_t max_target, struct http_head *head)
{
	struct slice rest = line, target;

	if (!slice_cut(&rest, ' ', &head->method_name) ||
	    !slice_cut(&rest, ' ', &target) || target.n == 0)
		return 400;
	head->method = http_method(head->method_name);
	if (head->method == HTTP_METHOD_NONE)
		return 400;
	/* RFC 9112, 2.3: "HTTP/" DIGIT "." DIGIT, with case. */
	if (rest.n != 8 || !slice_starts(rest, SLICE("HTTP/")) ||
	    rest.p[5] < '0' || rest.p[5] > '9' || rest.p[6] != '.' ||
	    rest.p[7] < '0' || rest.p[7] > '9')
		return 400;
	if (rest.p[5] != '1')
		return 505;
	head->minor = rest.p[7] == '0' ? 0 : 1;
	/* A tunnel and an echo: we are neither a proxy nor a mirror. */
	if (slice_eq(head->method_name, SLICE("CONNECT")) ||
	    slice_eq(head->method_name, SLICE("TRACE")))
		return 501;
	if (target.n > max_target)
		return 414;
	if (target.p[0] == '/' || target.p[0] == '*')
		return http_target_parse(target, head) < 0 ? 400 : 0;
	return absolute_form(target, head);
}

static int
field_line(struct slice line, struct http_head *head)
{
	size_t colon = slice_index(line, ':');
	struct http_field field = {.name = slice_first(line, colon)};

	/*
	 * RFC 9112, 5.1: no space before the colon; 5.2: nor at the start of a
	 * line, which would go on with the last one. Neither is in a token.
	 */
	if (colon == line.n || !http_token_ok(field.name))
		return 400;
	field.value = slice_trim(slice_from(line, colon + 1));
	if (field.value.n == 0)
		field.value = slice_of(line.p + line.n, 0);
	BUG_ON(head->n_fields == HTTP_FIELDS_MAX); /* they were counted */
	head->fields[head->n_fields++] = field;
	return 0;
}

/* RFC 9112, 3.2: one Host, and a valid one. */
static int
check_host(struct http_head *head)
{
	size_t n = http_field_count(head, SLICE("host"));
	struct slice host = http_field(head, SLICE("host"));

	if (n > 1 || (n == 0 && head->minor > 0))
		return 400;
	if (n == 0)
		return 0;
	if (!http_authority_ok(host))
		return 400;
	/* RFC 9112, 3.2.2 ignores Host here; others may not. */
	if (head->authority.p != NULL &&
	    !slice_eq_nocase(head->authority, host))
		return 400;
	head->authority = host;
	return 0;
}

/* RFC 9112, 6.1 to 6.3: how long the body is, in one way only. */
static int
check_framing(struct http_head *head)
{
	size_t lengths = http_field_count(head, SLICE("content-length"));
	size_t codings = http_field_count(head, SLICE("transfer-encoding"));
	struct slice length = http_field(head, SLICE("content-length"));
	struct slice coding = http_field(head, SLICE("transfer-encoding"));

	/* 6.1: HTTP/1.0 knows no codings, and passes such a field on unread. */
	if (lengths + codings > 1 || (codings > 0 && head->minor == 0))
		return 400;
	if (lengths > 0 &&
	    slice_u64(length, HTTP_LENGTH_MAX, &head->content_length) < 0)
		return 400;
	/* Anything before or behind "chunked" is a coding we don't know. */
	if (codings > 0 && !slice_eq_nocase(coding, SLICE("chunked")))
		return 501;
	head->has_length = lengths > 0;
	head->chunked = codings > 0;
	return 0;
}

/* RFC 9110, 7.6.1: lists of tokens. Close is the only one that we heed. */
static int
check_connection(struct http_head *head)
{
	head->keep_alive = head->minor > 0;
	for (size_t i = 0; i < head->n_fields; i++) {
		struct slice rest = head->fields[i].value, option;

		if (!slice_eq_nocase(head->fields[i].name, SLICE("connection")))
			continue;
		while (rest.n > 0) {
			(void)slice_cut(&rest, ',', &option);
			option = slice_trim(option);
			if (option.n > 0 && !http_token_ok(option))
				return 400;
			if (slice_eq_nocase(option, SLICE("close")))
				head->keep_alive = false;
		}
	}
	return 0;
}

/* RFC 9110, 10.1.1: one expectation is known; HTTP/1.0 has none. */
static int
check_expect(struct http_head *head)
{
	size_t n = http_field_count(head, SLICE("expect"));

	if (n == 0 || head->minor == 0)
		return 0;
	if (n > 1 || !slice_eq_nocase(http_field(head, SLICE("expect")),
			 SLICE("100-continue")))
		return 417;
	head->expect_continue = true;
	return 0;
}

/* A whole head, from the request line on: 0, or the status of an error. */
static int
parse_head(struct slice text, size_t max_target, struct http_head *ret_head)
{
	struct http_head head = {.method = HTTP_METHOD_NONE};
	int status = request_line(take_line(&text), max_target, &head);

	while (status == 0) {
		struct slice line = take_line(&text);

		if (line.n == 0)
			break;
		status = field_line(line, &head);
	}
	if (status == 0)
		status = check_framing(&head);
	if (status == 0)
		status = check_host(&head);
	if (status == 0)
		status = check_connection(&head);
	if (status == 0)
		status = check_expect(&head);
	if (status == 0)
		*ret_head = head;
	return status;
}

enum parse_result
http1_head(struct http1_parser *parser, struct slice in,
    struct http_head *ret_head, size_t *ret_consumed, int *reterr_status)
{
	struct http1_scan *scan = &parser->scan;
	bool ends = false;

	BUG_ON(in.n < scan->at);
	if (scan->error == 0)
		scan->error = scan_head(parser, in, &ends);
	if (scan->error == 0 && !ends)
		return PARSE_MORE;
	if (scan->error == 0)
		scan->error = parse_head(
		    slice_of(in.p + scan->start, scan->at - scan->start),
		    parser->limits.max_target, ret_head);
	if (scan->error != 0) {
		*reterr_status = scan->error;
		return PARSE_ERR;
	}
	*ret_consumed = scan->at;
	http1_reset(parser);
	return PARSE_DONE;
}

void
http1_body_start(struct http1_body *body, const struct http_head *head)
{
	/* RFC 9112, 6.3: without a length and a coding there is no body. */
	*body = (struct http1_body){
	    .state = head->chunked              ? HTTP1_BODY_SIZE
	             : head->content_length > 0 ? HTTP1_BODY_LENGTH
	                                        : HTTP1_BODY_DONE,
	    .left = head->content_length,
	};
}

/*
 * RFC 9112, 7.1.1: extensions are ignored, whatever they say, but counted. A
 * quote in them hides no end of line: nothing in a chunk's head may hold one.
 */
static enum http1_body_state
extension_byte(struct http1_body *body, uint8_t c)
{
	if (c == '\r')
		return HTTP1_BODY_SIZE_LF;
	if (!http_value_byte(c) || ++body->extension > HTTP1_EXTENSION_MAX ||
	    ++body->extensions > HTTP1_EXTENSIONS_MAX)
		return HTTP1_BODY_FAILED;
	return HTTP1_BODY_EXTENSION;
}

/*
 * RFC 9112, 7.1: 1*HEXDIG. The blank that may stand before an extension isn't
 * taken: nobody sends it, and some take what follows for the size.
 */
static enum http1_body_state
size_byte(struct http1_body *body, uint8_t c)
{
	int digit = http_hex_digit(c);

	if (digit >= 0) {
		/* So few digits can't overflow. */
		if (++body->digits > HTTP1_SIZE_DIGITS)
			return HTTP1_BODY_FAILED;
		body->left = body->left << 4 | (uint64_t)digit;
		return body->left <= HTTP_LENGTH_MAX ? HTTP1_BODY_SIZE
		                                     : HTTP1_BODY_FAILED;
	}
	if (body->digits == 0 || (c != ';' && c != '\r'))
		return HTTP1_BODY_FAILED;
	return extension_byte(body, c);
}

/* RFC 9112, 7.1.2: field lines, then an empty line. */
static enum http1_body_state
trailer_byte(struct http1_body *body, uint8_t c)
{
	bool value = body->state == HTTP1_BODY_VALUE;

	if (++body->trailers > HTTP1_TRAILERS_MAX)
		return HTTP1_BODY_FAILED;
	if (body->state == HTTP1_BODY_TRAILER_LF)
		return c == '\n' ? HTTP1_BODY_TRAILER : HTTP1_BODY_FAILED;
	if (body->state == HTTP1_BODY_END_LF)
		return c == '\n' ? HTTP1_BODY_DONE : HTTP1_BODY_FAILED;
	if (body->state == HTTP1_BODY_TRAILER && c == '\r')
		return HTTP1_BODY_END_LF;
	if (value && c == '\r')
		return HTTP1_BODY_TRAILER_LF;
	if (value)
		return http_value_byte(c) ? HTTP1_BODY_VALUE
		                          : HTTP1_BODY_FAILED;
	if (body->state == HTTP1_BODY_NAME && c == ':')
		return HTTP1_BODY_VALUE;
	return http_token_byte(c) ? HTTP1_BODY_NAME : HTTP1_BODY_FAILED;
}

/* The state behind byte c of the framing. */
static enum http1_body_state
framing_byte(struct http1_body *body, uint8_t c)
{
	switch (body->state) {
	case HTTP1_BODY_SIZE:
		return size_byte(body, c);
	case HTTP1_BODY_EXTENSION:
		return extension_byte(body, c);
	case HTTP1_BODY_SIZE_LF:
		if (c != '\n')
			return HTTP1_BODY_FAILED;
		return body->left > 0 ? HTTP1_BODY_DATA : HTTP1_BODY_TRAILER;
	case HTTP1_BODY_DATA_CR:
		return c == '\r' ? HTTP1_BODY_DATA_LF : HTTP1_BODY_FAILED;
	case HTTP1_BODY_DATA_LF:
		body->digits = 0;
		body->extension = 0;
		return c == '\n' ? HTTP1_BODY_SIZE : HTTP1_BODY_FAILED;
	case HTTP1_BODY_TRAILER:
	case HTTP1_BODY_NAME:
	case HTTP1_BODY_VALUE:
	case HTTP1_BODY_TRAILER_LF:
	case HTTP1_BODY_END_LF:
		return trailer_byte(body, c);
	case HTTP1_BODY_NONE:
	case HTTP1_BODY_LENGTH:
	case HTTP1_BODY_DATA:
	case HTTP1_BODY_DONE:
	case HTTP1_BODY_FAILED:
		break;
	}
	return HTTP1_BODY_FAILED;
}

enum parse_result
http1_body_next(struct http1_body *body, struct slice in,
    struct slice *ret_data, size_t *ret_consumed)
{
	struct slice data = SLICE_NONE;
	size_t at = 0;

	while (data.n == 0 && at < in.n && body->state != HTTP1_BODY_DONE &&
	       body->state != HTTP1_BODY_FAILED) {
		bool chunk = body->state == HTTP1_BODY_DATA;

		if (!chunk && body->state != HTTP1_BODY_LENGTH) {
			body->state = framing_byte(body, in.p[at++]);
			continue;
		}
		data = slice_first(slice_from(in, at), body->left);
		at += data.n;
		body->left -= data.n;
		if (body->left == 0)
			body->state =
			    chunk ? HTTP1_BODY_DATA_CR : HTTP1_BODY_DONE;
	}
	if (body->state == HTTP1_BODY_FAILED)
		return PARSE_ERR;
	*ret_data = data;
	*ret_consumed = at;
	return body->state == HTTP1_BODY_DONE ? PARSE_DONE : PARSE_MORE;
}
