#include "wire/websocket.h"

#include <openssl/evp.h>

#include "base/encode.h"

enum {
	FIN = 0x80,
	RSV = 0x70,
	OPCODE = 0x0f,
	MASKED = 0x80,
	LENGTH = 0x7f,
	LENGTH_16 = 126,
	LENGTH_64 = 127,
	KEY_BYTES = 16,
	MASK_BYTES = 4,
	VERSION = 13,
	KEEP_BYTES = 64 << 10, /* a buffer larger than this is given back */
};

/* ---- the handshake ------------------------------------------------------- */

/* Whether a list, apart by commas, in all fields of that name has the word. */
static bool
lists(const struct http_head *head, struct slice name, struct slice word,
    bool any_case)
{
	for (size_t i = 0; i < head->n_fields; i++) {
		struct slice rest = head->fields[i].value, one;
		bool more = slice_eq_nocase(head->fields[i].name, name);

		while (more) {
			more = slice_cut(&rest, ',', &one);
			one = slice_trim(one);
			if (any_case ? slice_eq_nocase(one, word)
				     : slice_eq(one, word))
				return true;
		}
	}
	return false;
}

/* RFC 6455, 4.2.2: base64 of SHA-1 of the key and this. */
static int
accept_key(struct slice key, char ret_accept[WEBSOCKET_ACCEPT_BYTES])
{
	static const char guid[] = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
	struct buf bytes = BUF(100), joined = BUF(100), text = BUF(100);
	uint8_t hash[EVP_MAX_MD_SIZE];
	unsigned n = 0;
	int r = base64_decode(key, &bytes);

	if (r == 0 && bytes.n != KEY_BYTES)
		r = E_SYNTAX;
	if (r == 0) {
		buf_put_slice(&joined, key);
		buf_put_str(&joined, guid);
		r = joined.error;
	}
	if (r == 0 &&
	    EVP_Digest(joined.p, joined.n, hash, &n, EVP_sha1(), NULL) != 1)
		r = E_CRYPTO;
	if (r == 0) {
		buf_put_base64(&text, slice_of(hash, n));
		r = text.error;
	}
	if (r == 0)
		memcpy(ret_accept, text.p, WEBSOCKET_ACCEPT_BYTES);
	buf_free(&bytes);
	buf_free(&joined);
	buf_free(&text);
	return r;
}

int
websocket_asked(const struct http_head *head, struct slice protocol,
    bool extended, char ret_accept[WEBSOCKET_ACCEPT_BYTES])
{
	struct slice version = http_field(head, SLICE("sec-websocket-version"));
	uint64_t number;

	if (!extended &&
	    (head->method != HTTP_METHOD_GET || head->minor < 1 ||
		!lists(head, SLICE("upgrade"), SLICE("websocket"), true) ||
		!lists(head, SLICE("connection"), SLICE("upgrade"), true)))
		return 400;
	if (head->has_length || head->chunked ||
	    http_field_count(head, SLICE("sec-websocket-version")) > 1 ||
	    slice_u64(version, UINT8_MAX, &number) < 0)
		return 400;
	if (number != VERSION)
		return 426;
	if (!lists(head, SLICE("sec-websocket-protocol"), protocol, false))
		return 400;
	if (extended)
		return 0;
	if (http_field_count(head, SLICE("sec-websocket-key")) != 1 ||
	    accept_key(
		http_field(head, SLICE("sec-websocket-key")), ret_accept) < 0)
		return 400;
	return 0;
}

/* ---- receiving ----------------------------------------------------------- */

void
websocket_init(struct websocket *ws, size_t max_message)
{
	*ws = (struct websocket){.message = BUF(max_message)};
}

void
websocket_free(struct websocket *ws)
{
	buf_free(&ws->message);
}

static enum websocket_opcode
opcode_of(const struct websocket *ws)
{
	return (enum websocket_opcode)(ws->head[0] & OPCODE);
}

static bool
is_final(const struct websocket *ws)
{
	return ws->head[0] & FIN;
}

static bool
is_control(enum websocket_opcode opcode)
{
	return opcode >= WEBSOCKET_CLOSE;
}

/* How long the head is, as far as it can be told. */
static size_t
head_size(const struct websocket *ws)
{
	unsigned length;

	if (ws->n_head < 2)
		return 2;
	length = ws->head[1] & LENGTH;
	return 2 +
	       (length == LENGTH_16      ? 2u
		   : length == LENGTH_64 ? 8u
					 : 0u) +
	       MASK_BYTES;
}

/* The payload's length; false where it could be told in fewer bytes. */
static bool
get_length(const struct websocket *ws, uint64_t *ret_length)
{
	unsigned length = ws->head[1] & LENGTH;
	size_t n = length == LENGTH_16 ? 2 : length == LENGTH_64 ? 8 : 0;
	uint64_t value = n == 0 ? length : 0;

	for (size_t i = 0; i < n; i++)
		value = value << 8 | ws->head[2 + i];
	*ret_length = value;
	return (n != 2 || value >= LENGTH_16) &&
	       (n != 8 || (value > UINT16_MAX && value <= INT64_MAX));
}

/* Of its first two bytes, whether a frame may be that (RFC 6455, 5.2 to 5.5).
 */
static bool
is_allowed(const struct websocket *ws)
{
	bool goes_on = ws->opcode != WEBSOCKET_CONTINUATION;

	if ((ws->head[0] & RSV) || !(ws->head[1] & MASKED))
		return false;
	switch (opcode_of(ws)) {
	case WEBSOCKET_CONTINUATION:
		return goes_on;
	case WEBSOCKET_TEXT:
	case WEBSOCKET_BINARY:
		return !goes_on;
	case WEBSOCKET_CLOSE:
	case WEBSOCKET_PING:
	case WEBSOCKET_PONG:
		return is_final(ws) &&
		       (ws->head[1] & LENGTH) <= WEBSOCKET_CONTROL_MAX;
	default:
		return false;
	}
}

/* The head is whole: 0, or what is wrong with it. */
static unsigned
begin_frame(struct websocket *ws)
{
	if (!get_length(ws, &ws->left))
		return WEBSOCKET_PROTOCOL;
	ws->in_payload = true;
	ws->masked = 0;
	if (is_control(opcode_of(ws))) {
		ws->n_control = 0;
		return 0;
	}
	if (opcode_of(ws) != WEBSOCKET_CONTINUATION)
		ws->opcode = opcode_of(ws);
	/* Refused before it is waited for. */
	return ws->left <= ws->message.max - ws->message.n
	           ? 0
	           : WEBSOCKET_TOO_LARGE;
}

/* Takes bytes of the payload, without their mask (RFC 6455, 5.3). */
static unsigned
take_payload(struct websocket *ws, struct slice in)
{
	const uint8_t *mask = ws->head + head_size(ws) - MASK_BYTES;
	uint8_t *to;

	if (is_control(opcode_of(ws))) {
		to = ws->control + ws->n_control;
		ws->n_control += in.n;
	} else {
		to = buf_room(&ws->message, in.n);
		if (to == NULL)
			return WEBSOCKET_TOO_LARGE;
		buf_added(&ws->message, in.n);
	}
	for (size_t i = 0; i < in.n; i++)
		to[i] = in.p[i] ^ mask[(ws->masked + i) % MASK_BYTES];
	ws->masked += in.n;
	ws->left -= in.n;
	return 0;
}

/* RFC 6455, 7.4: those that may be on the wire. */
static bool
is_code(unsigned code)
{
	return (code >= 1000 && code <= 1003) ||
	       (code >= 1007 && code <= 1014) || (code >= 3000 && code <= 4999);
}

static unsigned
read_close(struct websocket *ws, struct websocket_message *message)
{
	message->code = WEBSOCKET_NO_CODE;
	if (message->bytes.n == 0)
		return 0;
	if (message->bytes.n == 1)
		return WEBSOCKET_PROTOCOL;
	message->code = (unsigned)ws->control[0] << 8 | ws->control[1];
	message->bytes = slice_from(message->bytes, 2);
	if (!is_code(message->code))
		return WEBSOCKET_PROTOCOL;
	return slice_is_utf8(message->bytes) ? 0 : WEBSOCKET_INVALID;
}

/* A frame is whole: whether a message is, and 0 or what is wrong with it. */
static unsigned
end_frame(
    struct websocket *ws, struct websocket_message *message, bool *ret_done)
{
	enum websocket_opcode opcode = opcode_of(ws);

	ws->n_head = 0;
	ws->in_payload = false;
	*ret_done = is_final(ws);
	if (is_control(opcode)) {
		*message = (struct websocket_message){.opcode = opcode,
		    .bytes = slice_of(ws->control, ws->n_control)};
		return opcode == WEBSOCKET_CLOSE ? read_close(ws, message) : 0;
	}
	if (!*ret_done)
		return 0;
	*message = (struct websocket_message){
	    .opcode = ws->opcode, .bytes = buf_slice(&ws->message)};
	ws->opcode = WEBSOCKET_CONTINUATION;
	ws->taken = true;
	return message->opcode == WEBSOCKET_TEXT &&
	               !slice_is_utf8(message->bytes)
	           ? WEBSOCKET_INVALID
	           : 0;
}

/* Consumes bytes up to the end of a head's part, or of a payload. */
static unsigned
step(struct websocket *ws, struct slice in, size_t *ret_consumed)
{
	size_t n;

	if (ws->in_payload) {
		n = (size_t)MIN(ws->left, in.n);
		*ret_consumed = n;
		return take_payload(ws, slice_first(in, n));
	}
	n = MIN(head_size(ws) - ws->n_head, in.n);
	*ret_consumed = n;
	memcpy(ws->head + ws->n_head, in.p, n);
	ws->n_head += n;
	if (ws->n_head == 2 && !is_allowed(ws))
		return WEBSOCKET_PROTOCOL;
	return ws->n_head == head_size(ws) ? begin_frame(ws) : 0;
}

enum parse_result
websocket_next(struct websocket *ws, struct slice in,
    struct websocket_message *ret_message, size_t *ret_consumed,
    unsigned *reterr_code)
{
	struct slice rest = in;
	bool done = false;
	size_t n;

	if (ws->taken) {
		ws->taken = false;
		if (ws->message.cap > KEEP_BYTES)
			buf_free(&ws->message);
		else
			buf_clear(&ws->message);
	}
	while (rest.n > 0 && ws->wrong == 0 && !done) {
		ws->wrong = step(ws, rest, &n);
		rest = slice_from(rest, n);
		if (ws->wrong == 0 && ws->in_payload && ws->left == 0)
			ws->wrong = end_frame(ws, ret_message, &done);
	}
	*ret_consumed = in.n - rest.n;
	if (ws->wrong != 0) {
		*reterr_code = ws->wrong;
		return PARSE_ERR;
	}
	return done ? PARSE_DONE : PARSE_MORE;
}

/* ---- sending ------------------------------------------------------------- */

void
websocket_put_head(struct buf *buf, enum websocket_opcode opcode, size_t n)
{
	unsigned size = n < LENGTH_16 ? 0 : n <= UINT16_MAX ? 2 : 8;

	buf_put_u8(buf, (uint8_t)(FIN | opcode));
	buf_put_u8(buf, (uint8_t)(size == 0   ? n
				  : size == 2 ? LENGTH_16
					      : LENGTH_64));
	while (size-- > 0)
		buf_put_u8(buf, (uint8_t)((uint64_t)n >> (8 * size)));
}

void
websocket_put(
    struct buf *buf, enum websocket_opcode opcode, struct slice payload)
{
	websocket_put_head(buf, opcode, payload.n);
	buf_put_slice(buf, payload);
}

void
websocket_put_close(struct buf *buf, unsigned code, struct slice reason)
{
	reason = slice_first(
	    reason, slice_utf8_cut(reason, WEBSOCKET_CONTROL_MAX - 2));
	websocket_put_head(buf, WEBSOCKET_CLOSE, 2 + reason.n);
	buf_put_u8(buf, (uint8_t)(code >> 8));
	buf_put_u8(buf, (uint8_t)code);
	buf_put_slice(buf, reason);
}
