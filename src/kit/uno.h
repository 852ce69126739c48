/*
 * The engine's commands that a view may use, uno.def, and keys, key.def: which
 * right each needs, and which arguments it takes. What stands in neither is
 * refused. Pure.
 */
#ifndef KIT_UNO_H
#define KIT_UNO_H

#include "base/buf.h"
#include "base/slice.h"
#include "kit/engine.h"
#include "kit/rights.h"

enum { UNO_NAME_MAX = 64, UNO_ARGUMENTS_MAX = 3 };

enum uno_type {
	UNO_END,
	UNO_STRING,
	UNO_LONG,
	UNO_SHORT,
	UNO_BOOL,
	UNO_TENTHS,
};

struct uno {
	const char *name;
	unsigned rights;
	unsigned kinds; /* 1 << ENGINE_TEXT ... */
	struct uno_argument {
		enum uno_type type;
		const char *name;
		uint32_t max; /* of text: bytes */
	} arguments[UNO_ARGUMENTS_MAX + 1];
};

/*
 * The command of that name (without ".uno:"), for a view of these rights in a
 * document of that kind. E_UNSUPPORTED where there is none such, E_KIND in
 * another kind of document, E_DENIED.
 */
int uno_command(struct slice name, unsigned rights, enum engine_kind kind,
    const struct uno **ret_uno);

/*
 * Arguments as they come, a CBOR array in the row's order with null for what
 * is left out, as the JSON that the engine takes. Empty is an array without
 * any. E_INVALID where they have another shape.
 */
int uno_arguments(const struct uno *uno, struct slice cbor, struct buf *json);

/* Whether a view may hear of that state, or ask for that. */
bool uno_may_hear(struct slice name, unsigned rights);
int uno_may_ask(struct slice name, unsigned rights);

/*
 * Whether a key may be pressed: a letter, or one of key.def. E_UNSUPPORTED,
 * E_DENIED.
 */
int uno_key(uint32_t character, uint32_t code, unsigned rights);

#endif
