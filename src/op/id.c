#include "op/id.h"

#include "base/hash.h"

static const struct {
	char letter;
	const char *text;
	enum kind_authority authority;
} kinds[KIND_MAX] = {
#define KIND(number, name, letter, text, authority) \
	[KIND_##name] = {letter, text, AUTHORITY_##authority},
#include "op/kind.def"
#undef KIND
    [KIND_NODE] = {'?', "folder or file", AUTHORITY_NONE},
};

enum kind_authority
kind_authority(enum kind kind)
{
	return (unsigned)kind < KIND_MAX ? kinds[kind].authority
	                                 : AUTHORITY_NONE;
}

char
kind_letter(enum kind kind)
{
	if ((unsigned)kind >= KIND_MAX || kinds[kind].letter == 0)
		return '?';
	return kinds[kind].letter;
}

const char *
kind_text(enum kind kind)
{
	const char *text = (unsigned)kind < KIND_MAX ? kinds[kind].text : NULL;

	return text != NULL ? text : "nothing";
}

enum kind
kind_from_letter(char letter)
{
	for (enum kind kind = KIND_NONE + 1; kind < KIND_NODE; kind++)
		if (kinds[kind].letter == letter)
			return kind;
	return KIND_NONE;
}

bool
kind_fits(enum kind want, enum kind is)
{
	if (want == KIND_NODE)
		return is == KIND_FOLDER || is == KIND_FILE;
	return want == is;
}

/*
 * A Feistel network of six rounds over two halves of 32 bits, with SipHash as
 * the round function (Luby and Rackoff 1988: four make a strong permutation).
 */
enum { ROUNDS = 6 };

static uint32_t
round_of(const struct id_key *key, unsigned round, uint32_t half)
{
	uint8_t in[5] = {(uint8_t)round};

	memcpy(in + 1, &half, sizeof(half));
	return (uint32_t)hash_keyed(key->b, slice_of(in, sizeof(in)));
}

uint64_t
id_permute(const struct id_key *key, uint64_t ref)
{
	uint32_t left = (uint32_t)(ref >> 32), right = (uint32_t)ref;

	for (unsigned i = 0; i < ROUNDS; i++) {
		uint32_t next = left ^ round_of(key, i, right);

		left = right;
		right = next;
	}
	return (uint64_t)left << 32 | right;
}

uint64_t
id_unpermute(const struct id_key *key, uint64_t outside)
{
	uint32_t left = (uint32_t)(outside >> 32), right = (uint32_t)outside;

	for (uint8_t i = ROUNDS; i-- > 0;) {
		uint32_t before = right ^ round_of(key, i, left);

		right = left;
		left = before;
	}
	return (uint64_t)left << 32 | right;
}

static const char digits[] = "0123456789abcdefghjkmnpqrstvwxyz";

void
id_put_text(struct buf *buf, struct id id)
{
	char text[ID_TEXT_BYTES];

	text[0] = kind_letter(id.kind);
	for (size_t i = 0; i < 13; i++)
		text[1 + i] = digits[id.n >> (60 - 5 * i) & 31];
	buf_put(buf, text, sizeof(text));
}

int
id_parse(struct slice text, struct id *ret_id)
{
	struct id id = {0, KIND_NONE};

	if (text.n != ID_TEXT_BYTES)
		return E_INVALID;
	id.kind = kind_from_letter((char)text.p[0]);
	if (id.kind == KIND_NONE)
		return E_INVALID;
	for (size_t i = 1; i < text.n; i++) {
		const char *at =
		    text.p[i] != 0 ? strchr(digits, (char)text.p[i]) : NULL;

		/* 13 digits hold 65 bits: the first is 0 to 15. */
		if (at == NULL || (i == 1 && at - digits > 15))
			return E_INVALID;
		id.n = id.n << 5 | (uint64_t)(at - digits);
	}
	*ret_id = id;
	return 0;
}
