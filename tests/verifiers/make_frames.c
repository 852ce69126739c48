/*
 * Frames of open documents (kit/frame.def) as the server writes them, several
 * of each, for a client's codec to be held against: lines of JSON, each with
 * the bytes, which way they go, and what they say. What is bytes in a frame is
 * {"octets": HEX}.
 */
#include <stdio.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file.h"
#include "kit/frame.h"
#include "wire/json.h"

enum { OUT_MAX = 1 << 20, MANY = 40 };

/* The lengths of a number on the wire, and where one ends. */
static const uint32_t edges[] = {0, 1, 22, 23, 24, 25, 254, 255, 256, 257,
    65534, 65535, 65536, 65537, INT32_MAX - 1, INT32_MAX,
    (uint32_t)INT32_MAX + 1, UINT32_MAX};

static const char *const texts[] = {"", "a", "\"\\/\b\n\t",
    "gr\xc3\xbc\xc3\x9f", "\xef\xbb\xbf\xe2\x82\xac",
    "\xf0\x9f\x98\x80 and more than twenty-three bytes of it"};

static uint32_t
some(size_t n)
{
	static size_t turn;

	return (uint32_t)((turn += 7) % n);
}

static uint32_t
some_uint(uint32_t max)
{
	uint32_t value = edges[some(ARRAY_SIZE(edges))];

	return value <= max ? value : max - value % 2 * (max > 0);
}

static int32_t
some_int(void)
{
	int64_t value = edges[some(ARRAY_SIZE(edges) - 2)];

	return (int32_t)(some(2) == 1 ? ~value : value);
}

static struct slice
some_text(void)
{
	return slice_str(texts[some(ARRAY_SIZE(texts))]);
}

static struct slice
some_bytes(void)
{
	static uint8_t bytes[66000];
	static const size_t sizes[] = {0, 1, 23, 24, 255, 256, 300};

	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (uint8_t)(i * 31);
	return slice_of(bytes, sizes[some(ARRAY_SIZE(sizes))]);
}

static void
print(enum frame_way way, struct slice bytes, struct slice json)
{
	struct buf line = BUF(OUT_MAX);
	struct json_writer w = json_writer(&line);

	json_open_object(&w);
	json_member_str(&w, "way", way == FRAME_IN ? "in" : "out");
	json_key(&w, "hex");
	json_put_hex(&w, bytes);
	json_key(&w, "frame");
	json_put_raw(&w, json);
	json_close_object(&w);
	buf_put_u8(&line, '\n');
	BUG_ON(line.error != 0);
	BUG_ON(file_write(STDOUT_FILENO, buf_slice(&line)) < 0);
	buf_free(&line);
}

static void
put_bytes(struct json_writer *w, struct slice bytes)
{
	json_open_object(w);
	json_key(w, "octets");
	json_put_hex(w, bytes);
	json_close_object(w);
}

/* clang-format off */
#define UINT(name, max) in.name = some_uint(max); json_member_u64(&w, #name, in.name);
#define INT(name) in.name = some_int(); json_member_i64(&w, #name, in.name);
#define BOOL(name) in.name = some(2) == 1; json_member_bool(&w, #name, in.name);
#define TEXT(name) in.name = some_text(); json_member_string(&w, #name, in.name);
#define BYTES(name) in.name = some_bytes(); json_key(&w, #name); put_bytes(&w, in.name);
#define FRAME(number, NAME, name, way, kind, rights, max, fields)   \
	static void                                                 \
	make_##name(void)                                           \
	{                                                           \
		struct frame_##name in = {0};                       \
		struct buf bytes = BUF(OUT_MAX), json = BUF(OUT_MAX); \
		struct json_writer w = json_writer(&json);          \
		                                                    \
		json_open_object(&w);                               \
		json_member_str(&w, "frame", #name);                \
		fields                                              \
		json_close_object(&w);                              \
		frame_put_##name(&bytes, &in);                      \
		print(FRAME_##way, buf_slice(&bytes), buf_slice(&json)); \
		buf_free(&bytes);                                   \
		buf_free(&json);                                    \
	}
#include "kit/frame.def"
#undef FRAME
/* clang-format on */

int
main(void)
{
	for (int i = 0; i < MANY; i++) {
#define FRAME(number, NAME, name, way, kind, rights, max, fields) make_##name();
#include "kit/frame.def"
	}
	return 0;
}
