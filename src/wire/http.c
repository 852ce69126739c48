#include "wire/http.h"

#include <arpa/inet.h>

static const struct {
	const char *name;
	enum http_method method;
} methods[] = {{"GET", HTTP_METHOD_GET}, {"HEAD", HTTP_METHOD_HEAD},
    {"POST", HTTP_METHOD_POST}, {"PUT", HTTP_METHOD_PUT},
    {"DELETE", HTTP_METHOD_DELETE}, {"OPTIONS", HTTP_METHOD_OPTIONS},
    {"PATCH", HTTP_METHOD_PATCH}};

static const struct {
	int status;
	const char *text;
} statuses[] = {{100, "Continue"}, {101, "Switching Protocols"}, {200, "OK"},
    {201, "Created"}, {202, "Accepted"}, {204, "No Content"},
    {206, "Partial Content"}, {207, "Multi-Status"}, {301, "Moved Permanently"},
    {302, "Found"}, {303, "See Other"}, {304, "Not Modified"},
    {307, "Temporary Redirect"}, {308, "Permanent Redirect"},
    {400, "Bad Request"}, {401, "Unauthorized"}, {403, "Forbidden"},
    {404, "Not Found"}, {405, "Method Not Allowed"}, {406, "Not Acceptable"},
    {408, "Request Timeout"}, {409, "Conflict"}, {410, "Gone"},
    {411, "Length Required"}, {412, "Precondition Failed"},
    {413, "Content Too Large"}, {414, "URI Too Long"},
    {415, "Unsupported Media Type"}, {416, "Range Not Satisfiable"},
    {417, "Expectation Failed"}, {421, "Misdirected Request"},
    {422, "Unprocessable Content"}, {423, "Locked"}, {424, "Failed Dependency"},
    {426, "Upgrade Required"}, {428, "Precondition Required"},
    {429, "Too Many Requests"}, {431, "Request Header Fields Too Large"},
    {500, "Internal Server Error"}, {501, "Not Implemented"},
    {502, "Bad Gateway"}, {503, "Service Unavailable"},
    {504, "Gateway Timeout"}, {505, "HTTP Version Not Supported"},
    {507, "Insufficient Storage"}};

const char *
http_status_text(int status)
{
	for (size_t i = 0; i < ARRAY_SIZE(statuses); i++)
		if (statuses[i].status == status)
			return statuses[i].text;
	return "";
}

enum http_method
http_method(struct slice name)
{
	if (!http_token_ok(name))
		return HTTP_METHOD_NONE;
	for (size_t i = 0; i < ARRAY_SIZE(methods); i++)
		if (slice_eq(name, slice_str(methods[i].name)))
			return methods[i].method;
	return HTTP_METHOD_OTHER;
}

struct slice
http_field(const struct http_head *head, struct slice name)
{
	for (size_t i = 0; i < head->n_fields; i++)
		if (slice_eq_nocase(head->fields[i].name, name))
			return head->fields[i].value;
	return SLICE_NONE;
}

size_t
http_field_count(const struct http_head *head, struct slice name)
{
	size_t n = 0;

	for (size_t i = 0; i < head->n_fields; i++)
		n += slice_eq_nocase(head->fields[i].name, name);
	return n;
}

static bool
is_alnum(uint8_t c)
{
	return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') ||
	       (c >= 'a' && c <= 'z');
}

bool
http_token_byte(uint8_t c)
{
	return is_alnum(c) ||
	       (c != '\0' && strchr("!#$%&'*+-.^_`|~", c) != NULL);
}

bool
http_token_ok(struct slice s)
{
	for (size_t i = 0; i < s.n; i++)
		if (!http_token_byte(s.p[i]))
			return false;
	return s.n > 0;
}

int
http_hex_digit(uint8_t c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

bool
http_target_bytes_ok(struct slice target)
{
	for (size_t i = 0; i < target.n; i++)
		if (target.p[i] <= ' ' || target.p[i] >= 0x7f ||
		    target.p[i] == '#')
			return false;
	return true;
}

int
http_target_parse(struct slice target, struct http_head *head)
{
	struct slice query = target, path;

	if (!http_target_bytes_ok(target))
		return E_SYNTAX;
	(void)slice_cut(&query, '?', &path);
	/* RFC 9112, 3.2.1 and 3.2.4. */
	if (!slice_starts(path, SLICE("/")) &&
	    !(slice_eq(target, SLICE("*")) &&
		head->method == HTTP_METHOD_OPTIONS))
		return E_SYNTAX;
	head->path = path;
	head->query = query;
	return 0;
}

static bool
is_ipv6(struct slice s)
{
	char text[INET6_ADDRSTRLEN];
	struct in6_addr address;

	if (s.n >= sizeof(text) || slice_index(s, '\0') < s.n)
		return false;
	memcpy(text, s.p, s.n);
	text[s.n] = '\0';
	return inet_pton(AF_INET6, text, &address) == 1;
}

bool
http_authority_ok(struct slice authority)
{
	const uint8_t *p = authority.p;
	size_t n = authority.n, end = 0;
	uint64_t port;

	if (n == 0 || n > HTTP_AUTHORITY_MAX)
		return false;
	if (p[0] == '[') {
		end = slice_index(authority, ']');
		if (end == n || !is_ipv6(slice_of(p + 1, end - 1)))
			return false;
		end++;
	} else {
		/* RFC 3986, 2.3: unreserved. */
		while (end < n && (is_alnum(p[end]) ||
				      slice_index(SLICE("-._~"), p[end]) < 4))
			end++;
		if (end == 0)
			return false;
	}
	if (end == n)
		return true;
	return p[end] == ':' && slice_u64(slice_from(authority, end + 1),
				    UINT16_MAX, &port) == 0;
}

/* Takes one byte off the front of *in (not empty), decoded. */
static int
take_decoded(struct slice *in, bool plus_is_space, uint8_t *ret_byte)
{
	uint8_t c = in->p[0];
	size_t n = 1;

	if (c == '%') {
		int high = in->n >= 3 ? http_hex_digit(in->p[1]) : -1;
		int low = in->n >= 3 ? http_hex_digit(in->p[2]) : -1;

		if (high < 0 || low < 0)
			return E_SYNTAX;
		c = (uint8_t)(high << 4 | low);
		n = 3;
	} else if (c == '+' && plus_is_space) {
		c = ' ';
	}
	/* A NUL is in no name of ours, and ends strings below us. */
	if (c == '\0')
		return E_SYNTAX;
	*in = slice_from(*in, n);
	*ret_byte = c;
	return 0;
}

void
http_percent_encode(struct slice text, struct buf *buf)
{
	static const char unreserved[] = "abcdefghijklmnopqrstuvwxyz"
					 "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
					 "0123456789-._~";

	for (size_t i = 0; i < text.n; i++) {
		uint8_t c = text.p[i];

		if (c != 0 && strchr(unreserved, (char)c) != NULL)
			buf_put_u8(buf, c);
		else
			buf_printf(buf, "%%%02X", c);
	}
}

int
http_percent_decode(struct slice in, bool plus_is_space, struct buf *ret_buf)
{
	size_t before = ret_buf->n;
	int r = ret_buf->error;
	uint8_t c;

	while (r == 0 && in.n > 0) {
		r = take_decoded(&in, plus_is_space, &c);
		if (r == 0) {
			buf_put_u8(ret_buf, c);
			r = ret_buf->error;
		}
	}
	if (r < 0)
		ret_buf->n = before;
	return r;
}

static int
name_is(struct slice encoded, struct slice name, bool *ret_same)
{
	bool same = true;
	size_t n = 0;
	uint8_t c;

	for (; encoded.n > 0; n++) {
		int r = take_decoded(&encoded, true, &c);

		if (r < 0)
			return r;
		same = same && n < name.n && name.p[n] == c;
	}
	*ret_same = same && n == name.n;
	return 0;
}

int
http_query_get(
    struct slice query, struct slice name, struct buf *ret_buf, bool *ret_found)
{
	struct slice value = SLICE_NONE, pair, key;
	bool found = false, same;
	int r;

	while (query.n > 0) {
		(void)slice_cut(&query, '&', &pair);
		(void)slice_cut(&pair, '=', &key);
		r = name_is(key, name, &same);
		if (r < 0)
			return r;
		if (!same)
			continue;
		if (found)
			return E_SYNTAX;
		found = true;
		value = pair;
	}
	if (found) {
		r = http_percent_decode(value, true, ret_buf);
		if (r < 0)
			return r;
	}
	*ret_found = found;
	return 0;
}

/* A position; one that is too large for 64 bits is only very large. */
static bool
range_number(struct slice s, uint64_t *ret_value)
{
	int r = slice_u64(s, UINT64_MAX, ret_value);

	if (r == E_LIMIT)
		*ret_value = UINT64_MAX;
	return r == 0 || r == E_LIMIT;
}

int
http_range_parse(
    struct slice value, uint64_t size, struct http_range *ret_range)
{
	uint64_t first, last = UINT64_MAX;
	struct slice unit, from;

	/* RFC 9110, 14.1: names of units are compared without case. */
	if (!slice_cut(&value, '=', &unit) ||
	    !slice_eq_nocase(unit, SLICE("bytes")) ||
	    !slice_cut(&value, '-', &from))
		return HTTP_RANGE_IGNORE;
	if (from.n == 0) {
		/* A suffix: the last n bytes, or all where there are fewer. */
		if (!range_number(value, &first))
			return HTTP_RANGE_IGNORE;
		if (first == 0)
			return E_RANGE;
		/* Satisfiable, but a Content-Range can't tell of no bytes. */
		if (size == 0)
			return HTTP_RANGE_IGNORE;
		first = size - MIN(first, size);
	} else if (!range_number(from, &first) ||
		   (value.n > 0 && !range_number(value, &last)) ||
		   first > last) {
		return HTTP_RANGE_IGNORE;
	}
	if (first >= size)
		return E_RANGE;
	*ret_range = (struct http_range){first, MIN(last, size - 1)};
	return 0;
}

static const char day_names[] = "SunMonTueWedThuFriSat";
static const char month_names[] = "JanFebMarAprMayJunJulAugSepOctNovDec";

enum { DAY_SECONDS = 86400 };

/*
 * Days from 1970 to a day of the Gregorian calendar. Years begin in March here,
 * so that a leap day is the last of its year; 400 of them, which repeat
 * exactly, are added so that nothing is negative.
 */
static int64_t
days_of(int64_t year, int64_t month, int64_t day)
{
	int64_t y = year + 400 - (month <= 2);

	return y * 365 + y / 4 - y / 100 + y / 400 +
	       (153 * ((month + 9) % 12) + 2) / 5 + day - 865566;
}

static void
put_digits(char *to, int n, int64_t value)
{
	while (n-- > 0) {
		to[n] = (char)('0' + value % 10);
		value /= 10;
	}
}

/* (Not gmtime_r: glibc's opens the file of the local time zone.) */
void
http_date_format(int64_t unix_seconds, char ret_text[HTTP_DATE_BYTES])
{
	int64_t first = days_of(0, 1, 1) * DAY_SECONDS;
	int64_t last = days_of(10000, 1, 1) * DAY_SECONDS - 1;
	int64_t at = MIN(MAX(unix_seconds, first), last);
	int64_t days = at / DAY_SECONDS - (at % DAY_SECONDS < 0);
	int64_t year, month = 1;

	at -= days * DAY_SECONDS;
	year = 1970 + days / 366;
	while (days_of(year, 1, 1) > days)
		year--;
	while (days_of(year + 1, 1, 1) <= days)
		year++;
	while (month < 12 && days_of(year, month + 1, 1) <= days)
		month++;
	memcpy(ret_text, "Day, 00 Mon 0000 00:00:00 GMT", HTTP_DATE_BYTES);
	/* 1970 began on a Thursday. */
	memcpy(ret_text, day_names + 3 * (((days + 4) % 7 + 7) % 7), 3);
	memcpy(ret_text + 8, month_names + 3 * (month - 1), 3);
	put_digits(ret_text + 5, 2, days - days_of(year, month, 1) + 1);
	put_digits(ret_text + 12, 4, year);
	put_digits(ret_text + 17, 2, at / 3600);
	put_digits(ret_text + 20, 2, at / 60 % 60);
	put_digits(ret_text + 23, 2, at % 60);
}

static int64_t
take_digits(const uint8_t *p, int n)
{
	int64_t value = 0;

	while (n-- > 0)
		value = value * 10 + (*p++ - '0');
	return value;
}

int
http_date_parse(struct slice text, int64_t *ret_unix_seconds)
{
	char canonical[HTTP_DATE_BYTES];
	const uint8_t *p = text.p;
	int64_t value, month = 1;

	if (text.n != HTTP_DATE_BYTES - 1)
		return E_SYNTAX;
	while (
	    month < 12 && memcmp(p + 8, month_names + 3 * (month - 1), 3) != 0)
		month++;
	value = days_of(take_digits(p + 12, 4), month, take_digits(p + 5, 2)) *
	        DAY_SECONDS;
	value += take_digits(p + 17, 2) * 3600 + take_digits(p + 20, 2) * 60 +
	         take_digits(p + 23, 2);
	/*
	 * Every time has one form only. So whatever is no digit, name, or day
	 * of that month shows here: the time that it gave is written otherwise.
	 */
	http_date_format(value, canonical);
	if (!slice_eq(text, slice_of(canonical, text.n)))
		return E_SYNTAX;
	*ret_unix_seconds = value;
	return 0;
}

/* Takes an entity tag off the front of *s (RFC 9110, 8.8.3). */
static bool
take_etag(struct slice *s, bool *ret_weak, struct slice *ret_opaque)
{
	bool weak = slice_starts(*s, SLICE("W/"));
	struct slice rest = slice_from(*s, weak ? 2 : 0), opaque;

	if (!slice_starts(rest, SLICE("\"")))
		return false;
	rest = slice_from(rest, 1);
	if (!slice_cut(&rest, '"', &opaque))
		return false;
	for (size_t i = 0; i < opaque.n; i++)
		if (opaque.p[i] <= ' ' || opaque.p[i] == 0x7f)
			return false;
	*s = rest;
	*ret_weak = weak;
	*ret_opaque = opaque;
	return true;
}

bool
http_etag_match(struct slice value, struct slice etag, bool weak)
{
	bool our_weak, their_weak, match = false, comma = true;
	struct slice ours, theirs;

	if (!take_etag(&etag, &our_weak, &ours) || etag.n != 0)
		return false;
	if (slice_eq(slice_trim(value), SLICE("*")))
		return true;
	for (value = slice_trim(value); value.n > 0;
	     value = slice_trim(value)) {
		/* RFC 9110, 5.6.1.2: empty members are passed over. */
		if (value.p[0] == ',') {
			value = slice_from(value, 1);
			comma = true;
			continue;
		}
		if (!comma || !take_etag(&value, &their_weak, &theirs))
			return false;
		comma = false;
		if (slice_eq(ours, theirs) &&
		    (weak || (!our_weak && !their_weak)))
			match = true;
	}
	return match;
}

/* RFC 9110, 12.4.2: 0 to 1 with up to three digits behind the point. */
static bool
read_weight(struct slice text, unsigned *ret_thousandths)
{
	unsigned value = 0, unit = 1000;

	if (text.n == 0 || text.n > 5 || text.p[0] < '0' || text.p[0] > '1' ||
	    (text.n > 1 && text.p[1] != '.'))
		return false;
	for (size_t i = 0; i < text.n; i++) {
		if (i == 1)
			continue;
		if (text.p[i] < '0' || text.p[i] > '9')
			return false;
		value += (unsigned)(text.p[i] - '0') * unit;
		unit /= 10;
	}
	*ret_thousandths = value;
	return value <= 1000;
}

/* A member of Accept-Encoding: a coding, and a weight or none. */
static bool
read_coding(struct slice member, struct slice *ret_coding, unsigned *ret_weight)
{
	struct slice coding;
	bool weighed = slice_cut(&member, ';', &coding);

	*ret_coding = slice_trim(coding);
	*ret_weight = 1000;
	if (!http_token_ok(*ret_coding))
		return false;
	if (!weighed)
		return true;
	member = slice_trim(member);
	return slice_eq_nocase(slice_first(member, 2), SLICE("q=")) &&
	       read_weight(slice_from(member, 2), ret_weight);
}

unsigned
http_coding_weight(struct slice value, struct slice coding)
{
	unsigned named = 0, any = 0, weight;
	bool found = false, more = true;
	struct slice member, name;

	while (more) {
		more = slice_cut(&value, ',', &member);
		if (slice_trim(member).n == 0)
			continue;
		if (!read_coding(member, &name, &weight))
			return 0;
		if (slice_eq(name, SLICE("*"))) {
			any = weight;
		} else if (slice_eq_nocase(name, coding)) {
			found = true;
			named = weight;
		}
	}
	return found ? named : any;
}

/* Takes a token off the front of *s: false where there is none. */
static bool
take_token(struct slice *s)
{
	size_t n = 0;

	while (n < s->n && http_token_byte(s->p[n]))
		n++;
	*s = slice_from(*s, n);
	return n > 0;
}

/* Takes a quoted-string off the front of *s (RFC 9110, 5.6.4). */
static bool
take_quoted(struct slice *s)
{
	for (size_t i = 1; i < s->n; i++) {
		if (s->p[i] == '\\') {
			i++;
		} else if (s->p[i] == '"') {
			*s = slice_from(*s, i + 1);
			return true;
		}
	}
	return false;
}

bool
http_media_type_ok(struct slice s)
{
	if (s.n > HTTP_MEDIA_TYPE_MAX)
		return false;
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] < ' ' || s.p[i] >= 0x7f)
			return false;
	if (!take_token(&s) || !slice_starts(s, SLICE("/")))
		return false;
	s = slice_from(s, 1);
	if (!take_token(&s))
		return false;
	/* RFC 9110, 5.6.6: *( OWS ";" OWS [ parameter ] ). */
	while (s.n > 0) {
		s = slice_trim(s);
		if (!slice_starts(s, SLICE(";")))
			return false;
		s = slice_trim(slice_from(s, 1));
		if (s.n == 0 || s.p[0] == ';')
			continue;
		if (!take_token(&s) || !slice_starts(s, SLICE("=")))
			return false;
		s = slice_from(s, 1);
		if (slice_starts(s, SLICE("\"")) ? !take_quoted(&s)
						 : !take_token(&s))
			return false;
	}
	return true;
}
