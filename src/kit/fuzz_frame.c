/*
 * Fuzz target: frames, and what the kit makes of a command before the engine
 * sees it. Whatever is read of a frame is what would be written.
 */
#include "kit/frame.h"
#include "kit/uno.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { OUT_MAX = 5 << 20 };

#define FRAME(number, NAME, name, way, kind, rights, max, fields) \
	static void try_##name(struct slice in)                   \
	{                                                         \
		struct frame_##name frame;                        \
		struct buf out = BUF(OUT_MAX);                    \
                                                                  \
		if (frame_get_##name(in, &frame) == 0) {          \
			frame_put_##name(&out, &frame);           \
			BUG_ON(!slice_eq(buf_slice(&out), in));   \
			BUG_ON(frame_number(in) != FRAME_##NAME); \
		}                                                 \
		buf_free(&out);                                   \
	}
#include "kit/frame.def"
#undef FRAME

static void (*const tries[FRAME_NUMBER_MAX + 1])(struct slice in) = {
#define FRAME(number, NAME, name, way, kind, rights, max, fields) \
	[FRAME_##NAME] = try_##name,
#include "kit/frame.def"
#undef FRAME
};

static void
try_kit(struct slice in)
{
	struct buf json = BUF(OUT_MAX);
	struct frame_command command;
	struct frame_key key;
	const struct uno *uno;

	if (frame_get_command(in, &command) == 0)
		for (int kind = ENGINE_TEXT; kind <= ENGINE_SLIDES; kind++)
			if (uno_command(command.name, RIGHTS_ALL,
				(enum engine_kind)kind, &uno) == 0 &&
			    uno_arguments(uno, command.arguments, &json) == 0)
				BUG_ON(!slice_is_utf8(buf_slice(&json)));
	if (frame_get_key(in, &key) == 0)
		(void)uno_key(key.character, key.code, RIGHTS_ALL);
	buf_free(&json);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice in = slice_of(data, size);
	enum frame number = frame_number(in);

	(void)frame_check(in, FRAME_IN, RIGHTS_ALL);
	(void)frame_check(in, FRAME_OUT, RIGHT_SEE);
	if (number != FRAME_NONE)
		tries[number](in);
	try_kit(in);
	return 0;
}
