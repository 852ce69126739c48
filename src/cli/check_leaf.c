#include "cli/check_leaf.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

static int
    PRINTF_LIKE(2, 3) wrong(struct leaf_check *check, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	(void)vsnprintf(check->why, sizeof(check->why), format, args);
	va_end(args);
	return E_CORRUPT;
}

/* ---- references
 * -------------------------------------------------------------- */

static bool
refs_ok(const uint64_t *refs, size_t n, uint64_t own)
{
	for (size_t i = 0; i < n; i++)
		if (ref_sequence(refs[i]) > own)
			return false;
	return true;
}

static bool
leaves_ok(const uint64_t *leaves, size_t n, uint64_t own)
{
	for (size_t i = 0; i < n; i++)
		if (leaves[i] > own)
			return false;
	return true;
}

static bool
numbers_ok(const struct leaf_object *o, uint64_t own)
{
	for (size_t i = 0; i < o->n_numbers; i++) {
		const struct leaf_number *number = &o->numbers[i];

		if ((number->key == FACT_TARGET ||
			number->key == FACT_GRANTEE) &&
		    ref_sequence((uint64_t)number->value) > own)
			return false;
	}
	return true;
}

static bool
texts_ok(const struct leaf_object *o, uint64_t own)
{
	for (size_t i = 0; i < o->n_texts; i++)
		if (ref_sequence(o->texts[i].subject) > own)
			return false;
	return true;
}

/* What an object refers to: the word of the first one that comes later. */
static const char *
object_later(const struct leaf_object *o, uint64_t own)
{
	if (ref_sequence(o->ref) > own)
		return "its object";
	if (o->named > own)
		return "its object's name";
	if (!leaves_ok(o->proof, o->n_proof, own))
		return "its proof";
	if (!refs_ok(o->ended, o->n_ended, own))
		return "what it ended";
	if (!refs_ok(o->from, o->n_from, own))
		return "what it comes from";
	if (!numbers_ok(o, own))
		return "whom or what it concerns";
	return texts_ok(o, own) ? NULL : "whom a text is about";
}

static const char *
leaf_later(const struct leaf *leaf)
{
	uint64_t own = leaf->sequence;

	if (leaf->context > own)
		return "its context";
	if (ref_sequence(leaf->principal) > own ||
	    ref_sequence(leaf->behalf) > own)
		return "its principal";
	if (ref_sequence(leaf->session) > own)
		return "its session";
	if (!refs_ok(leaf->credentials, leaf->n_credentials, own))
		return "its credential";
	if (!refs_ok(leaf->approved, leaf->n_approved, own))
		return "who approved it";
	if (leaf->at > own)
		return "what it read";
	if (leaf->cites > own)
		return "what it cites";
	for (size_t i = 0; i < leaf->n_proofs; i++)
		if (!leaves_ok(leaf->proofs[i].leaves, leaf->proofs[i].n, own))
			return "its proof";
	for (size_t i = 0; i < leaf->n_objects; i++) {
		const char *later = object_later(&leaf->objects[i], own);

		if (later != NULL)
			return later;
	}
	return NULL;
}

/* ---- the first leaf
 * ------------------------------------------------------------
 */

static int
base_of(const struct leaf *leaf, uint64_t *ret_base)
{
	if (leaf->op != OP_LOG_BEGIN || leaf->n_objects == 0)
		return E_CORRUPT;
	for (size_t i = 0; i < leaf->objects[0].n_numbers; i++) {
		const struct leaf_number *n = &leaf->objects[0].numbers[i];

		if (n->key == FACT_BASE && n->value > 0) {
			*ret_base = (uint64_t)n->value;
			return 0;
		}
	}
	return E_CORRUPT;
}

int
leaf_base(struct slice first, uint64_t *ret_base)
{
	struct arena arena = {NULL};
	struct leaf leaf;
	int r = leaf_decode(first, &arena, &leaf);

	if (r == 0)
		r = base_of(&leaf, ret_base);
	arena_free(&arena);
	return r;
}

int
leaf_check_next(struct leaf_check *check, uint64_t index, struct slice entry)
{
	struct leaf leaf;
	const char *later;
	int r;

	arena_reset(&check->arena);
	r = leaf_decode(entry, &check->arena, &leaf);
	if (r == E_NOMEM)
		return r;
	if (r < 0)
		return wrong(check, "it can't be read as a record");
	if (index == 0 && base_of(&leaf, &check->base) < 0)
		return wrong(check, "the first record is no log.begin");
	if (leaf.sequence != check->base + index)
		return wrong(check,
		    "it says that it is record %" PRIu64
		    ", where record %" PRIu64 " must stand",
		    leaf.sequence, check->base + index);
	later = leaf_later(&leaf);
	if (later != NULL)
		return wrong(check,
		    "record %" PRIu64 " refers to a later one: %s",
		    leaf.sequence, later);
	if (index == 0)
		check->first_ms = leaf.time;
	check->last_ms = leaf.time;
	check->counts[leaf.op < OP_MAX ? leaf.op : 0]++;
	return 0;
}
