#include "ledger/bundle.h"

#include <stdlib.h>

#include "wire/cbor.h"

enum { CITED_ENDED = 2 };

struct numbers {
	uint64_t *list;
	size_t n, max;
	uint64_t own;
};

static void
cite(struct numbers *numbers, uint64_t number)
{
	if (number == 0 || number == numbers->own || numbers->n == numbers->max)
		return;
	/* Neighbours are often the same. */
	if (numbers->n > 0 && numbers->list[numbers->n - 1] == number)
		return;
	numbers->list[numbers->n++] = number;
}

static int
by_number(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

size_t
bundle_cites(const struct leaf *leaf, uint64_t *ret_numbers, size_t max)
{
	struct numbers numbers = {ret_numbers, 0, max, leaf->sequence};
	size_t n = 0;

	cite(&numbers, leaf->context);
	cite(&numbers, ref_sequence(leaf->principal));
	cite(&numbers, ref_sequence(leaf->session));
	cite(&numbers, ref_sequence(leaf->behalf));
	for (size_t i = 0; i < leaf->n_credentials; i++)
		cite(&numbers, ref_sequence(leaf->credentials[i]));
	cite(&numbers, leaf->cites);
	for (size_t i = 0; i < leaf->n_objects; i++) {
		const struct leaf_object *o = &leaf->objects[i];

		cite(&numbers, ref_sequence(o->ref));
		cite(&numbers, o->named);
		/* What it ended tells whose that was; of many the first do. */
		for (size_t k = 0; k < MIN(o->n_ended, CITED_ENDED); k++)
			cite(&numbers, ref_sequence(o->ended[k]));
		for (size_t k = 0; k < o->n_numbers; k++)
			if (o->numbers[k].key == FACT_TARGET ||
			    o->numbers[k].key == FACT_GRANTEE)
				cite(&numbers,
				    ref_sequence(
					(uint64_t)o->numbers[k].value));
	}
	if (numbers.n == 0)
		return 0;
	qsort(numbers.list, numbers.n, sizeof(numbers.list[0]), by_number);
	for (size_t i = 0; i < numbers.n; i++)
		if (n == 0 || numbers.list[n - 1] != numbers.list[i])
			numbers.list[n++] = numbers.list[i];
	return n;
}

void
bundle_put_part(struct buf *buf, struct slice leaf,
    const struct bundle_opening *openings, size_t n)
{
	cbor_put_bytes(buf, leaf);
	cbor_put_array(buf, n);
	for (size_t i = 0; i < n; i++) {
		const struct opening *o = &openings[i].opening;
		bool cut = opening_is_cut(o);

		cbor_put_array(buf, cut ? 5 : 3);
		cbor_put_uint(buf, openings[i].slot);
		cbor_put_bytes(buf, slice_of(o->salt, sizeof(o->salt)));
		/* A user agent is no text until somebody has shown that. */
		cbor_put_bytes(buf, o->text);
		if (cut) {
			cbor_put_uint(buf, o->length);
			cbor_put_bytes(buf, digest_slice(&o->digest));
		}
	}
}

static bool
get_opening(struct cbor_reader *r, struct bundle_opening *ret)
{
	size_t parts = cbor_get_array(r);
	struct slice salt, digest;

	ret->slot = (size_t)cbor_get_uint_max(r, UINT32_MAX);
	salt = cbor_get_bytes(r);
	ret->opening.text = cbor_get_bytes(r);
	ret->opening.length = ret->opening.text.n;
	if ((parts != 3 && parts != 5) || salt.n != LEAF_SALT_BYTES ||
	    ret->opening.text.n > LEAF_TEXT_MAX)
		return false;
	memcpy(ret->opening.salt, salt.p, salt.n);
	if (parts == 5) {
		ret->opening.length = cbor_get_uint(r);
		digest = cbor_get_bytes(r);
		if (digest.n != SHA256_BYTES || !opening_is_cut(&ret->opening))
			return false;
		memcpy(ret->opening.digest.b, digest.p, digest.n);
	}
	return r->error == 0;
}

/* The commitment that a slot must open. */
static const struct leaf_text *
text_of(const struct leaf *leaf, size_t slot)
{
	for (size_t i = 0; i < leaf->n_objects; i++) {
		const struct leaf_object *o = &leaf->objects[i];

		if (slot < o->n_texts)
			return &o->texts[slot];
		slot -= o->n_texts;
	}
	return NULL;
}

static int
get_part(struct cbor_reader *r, struct arena *arena, struct bundle_part *part)
{
	struct bundle_opening *openings;
	size_t n;
	int e;

	part->bytes = cbor_get_bytes(r);
	n = cbor_get_array(r);
	if (r->error != 0)
		return E_CORRUPT;
	if ((e = leaf_decode(part->bytes, arena, &part->leaf)) < 0)
		return e;
	openings = arena_alloc(arena, n * sizeof(*openings));
	if (openings == NULL)
		return E_NOMEM;
	for (size_t i = 0; i < n; i++) {
		const struct leaf_text *text;
		struct digest commitment;

		if (!get_opening(r, &openings[i]) ||
		    (i > 0 && openings[i].slot <= openings[i - 1].slot))
			return E_CORRUPT;
		text = text_of(&part->leaf, openings[i].slot);
		if (text == NULL)
			return E_CORRUPT;
		commitment =
		    opening_commitment(&openings[i].opening, text->field);
		if (!digest_eq(&commitment, &text->commitment))
			return E_CORRUPT;
	}
	part->openings = openings;
	part->n_openings = n;
	return 0;
}

int
bundle_decode(struct slice in, struct arena *arena, struct bundle *ret_bundle)
{
	struct cbor_reader r = cbor_reader(in);
	struct bundle_part *cited;
	size_t n;
	int e;

	*ret_bundle = (struct bundle){.n_cited = 0};
	if (cbor_get_array(&r) != 3)
		return E_CORRUPT;
	if ((e = get_part(&r, arena, &ret_bundle->record)) < 0)
		return e;
	n = cbor_get_array(&r);
	if (r.error != 0 || n > BUNDLE_CITED_MAX)
		return E_CORRUPT;
	cited = arena_alloc(arena, n * sizeof(*cited));
	if (cited == NULL)
		return E_NOMEM;
	for (size_t i = 0; i < n; i++) {
		if (cbor_get_array(&r) != 2)
			return E_CORRUPT;
		if ((e = get_part(&r, arena, &cited[i])) < 0)
			return e;
		if (i > 0 &&
		    cited[i].leaf.sequence <= cited[i - 1].leaf.sequence)
			return E_CORRUPT;
	}
	ret_bundle->cited = cited;
	ret_bundle->n_cited = n;
	return cbor_end(&r) < 0 ? E_CORRUPT : 0;
}

const struct bundle_part *
bundle_cited(const struct bundle *bundle, uint64_t sequence)
{
	if (bundle->record.leaf.sequence == sequence)
		return &bundle->record;
	for (size_t i = 0; i < bundle->n_cited; i++)
		if (bundle->cited[i].leaf.sequence == sequence)
			return &bundle->cited[i];
	return NULL;
}

struct slice
bundle_text(const struct bundle_part *part, size_t slot)
{
	for (size_t i = 0; i < part->n_openings; i++)
		if (part->openings[i].slot == slot)
			return part->openings[i].opening.text;
	return SLICE_NONE;
}

bool
bundle_find_text(
    const struct bundle_part *part, uint64_t field, struct slice *ret_text)
{
	size_t slot = 0;

	for (size_t i = 0; i < part->leaf.n_objects; i++) {
		const struct leaf_object *o = &part->leaf.objects[i];

		for (size_t k = 0; k < o->n_texts; k++, slot++) {
			if (o->texts[k].field != field)
				continue;
			*ret_text = bundle_text(part, slot);
			return true;
		}
	}
	return false;
}
