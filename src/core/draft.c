#include "core/draft.h"

#include "core/search.h"

enum {
	HEAD_MAX = 200, /* the fields of the leaf itself */
	GROW_FIRST = 4,
};

void
draft_init(struct draft *draft, struct arena *arena, uint64_t op, uint64_t rev)
{
	*draft = (struct draft){.arena = arena,
	    .leaf = {.op = op, .rev = rev},
	    .objects = BUF(LEAF_BYTES_MAX)};
	draft->openings_end = &draft->openings;
}

void
draft_free(struct draft *draft)
{
	buf_free(&draft->objects);
}

bool
draft_has_room(const struct draft *draft, size_t left, size_t extra)
{
	return HEAD_MAX + draft->proof_bytes + draft->objects.n +
	           DRAFT_OBJECT_MAX + extra + left * DRAFT_REFUSAL_BYTES <=
	       LEAF_BYTES_MAX;
}

void
draft_object(struct draft *draft)
{
	draft->object = (struct leaf_object){.kind = KIND_NONE};
	draft->object_openings = draft->openings_end;
	draft->object_slots = draft->slots;
}

void
draft_object_bare(struct draft *draft)
{
	draft->object = (struct leaf_object){
	    .kind = draft->object.kind, .ref = draft->object.ref};
	draft->openings_end = draft->object_openings;
	*draft->openings_end = NULL;
	draft->slots = draft->object_slots;
}

/*
 * One more element for an array in the arena, which doubles at powers of two.
 * The arrays of a leaf are const to everybody else.
 */
static void *
push(struct arena *arena, const void *array_at, size_t *n, size_t size)
{
	void *array;

	memcpy(&array, array_at, sizeof(array));
	if (*n == 0 || (*n >= GROW_FIRST && (*n & (*n - 1)) == 0)) {
		void *grown =
		    arena_alloc(arena, MAX(*n * 2, GROW_FIRST) * size);

		if (grown == NULL)
			return NULL;
		if (*n > 0)
			memcpy(grown, array, *n * size);
		memcpy((void *)(uintptr_t)array_at, &grown, sizeof(grown));
		array = grown;
	}
	return (char *)array + (*n)++ * size;
}

#define PUSH(draft, member, type)                              \
	((type *)push((draft)->arena, &(draft)->object.member, \
	    &(draft)->object.n_##member, sizeof(type)))

int
draft_made(
    struct draft *draft, enum kind kind, uint64_t place, uint64_t outside)
{
	struct leaf_made *made = PUSH(draft, made, struct leaf_made);

	if (made == NULL)
		return E_NOMEM;
	*made = (struct leaf_made){kind, place, outside};
	return 0;
}

int
draft_ended(struct draft *draft, uint64_t ref)
{
	uint64_t *ended = PUSH(draft, ended, uint64_t);

	if (ended == NULL)
		return E_NOMEM;
	*ended = ref;
	return 0;
}

int
draft_from(struct draft *draft, uint64_t ref)
{
	uint64_t *from = PUSH(draft, from, uint64_t);

	if (from == NULL)
		return E_NOMEM;
	*from = ref;
	return 0;
}

int
draft_number(struct draft *draft, uint64_t key, int64_t value)
{
	struct leaf_number *numbers, last;
	size_t i;

	if (PUSH(draft, numbers, struct leaf_number) == NULL)
		return E_NOMEM;
	/* Keys ascend, whatever the order they came in. */
	numbers = (struct leaf_number *)(uintptr_t)draft->object.numbers;
	last = (struct leaf_number){key, value};
	for (i = draft->object.n_numbers - 1; i > 0 && numbers[i - 1].key > key;
	     i--)
		numbers[i] = numbers[i - 1];
	numbers[i] = last;
	return 0;
}

int
draft_bytes(struct draft *draft, uint64_t key, struct slice value)
{
	struct leaf_bytes *bytes = PUSH(draft, bytes, struct leaf_bytes);

	if (bytes == NULL)
		return E_NOMEM;
	BUG_ON(draft->object.n_bytes > 1 && bytes[-1].key >= key);
	*bytes = (struct leaf_bytes){key, arena_copy(draft->arena, value)};
	return bytes->value.p != NULL ? 0 : E_NOMEM;
}

int
draft_opened(struct draft *draft, uint64_t field, uint64_t subject,
    const struct opening *text)
{
	struct leaf_text *to = PUSH(draft, texts, struct leaf_text);
	struct draft_opening *opening =
	    arena_alloc(draft->arena, sizeof(*opening));
	struct slice copy = arena_copy(draft->arena, text->text);

	if (to == NULL || opening == NULL || copy.p == NULL)
		return E_NOMEM;
	opening->opening = *text;
	opening->opening.text = copy;
	opening->subject = subject;
	opening->slot = draft->slots++;
	*draft->openings_end = opening;
	draft->openings_end = &opening->next;
	*to = (struct leaf_text){
	    field, subject, opening_commitment(&opening->opening, field)};
	return 0;
}

int
draft_text(
    struct draft *draft, uint64_t field, uint64_t subject, struct slice text)
{
	struct opening opening;

	opening_make(text, &opening);
	return draft_opened(draft, field, subject, &opening);
}

/* Adds the leaves of references to the object's own, equal neighbours once. */
static int
add_own(struct draft *draft, const uint64_t *refs, size_t n)
{
	struct leaf_object *o = &draft->object;

	for (size_t i = 0; i < n; i++) {
		uint64_t leaf = ref_sequence(refs[i]), *to;

		if (o->n_proof > 0 && o->proof[o->n_proof - 1] == leaf)
			continue;
		to = PUSH(draft, proof, uint64_t);
		if (to == NULL)
			return E_NOMEM;
		*to = leaf;
	}
	return 0;
}

/* A new shared tail, which the object joins. */
static int
add_tail(struct draft *draft, uint64_t key, const uint64_t *refs, size_t n)
{
	struct leaf_proof *proof = &draft->proofs[draft->n_proofs];
	uint64_t *leaves = arena_alloc(draft->arena, n * sizeof(*leaves));

	if (leaves == NULL)
		return E_NOMEM;
	proof->leaves = leaves;
	proof->n = 0;
	for (size_t i = 0; i < n; i++)
		if (proof->n == 0 ||
		    leaves[proof->n - 1] != ref_sequence(refs[i]))
			leaves[proof->n++] = ref_sequence(refs[i]);
	draft->proof_keys[draft->n_proofs++] = key;
	draft->proof_bytes += 3 + 9 * proof->n;
	draft->object.joins = draft->n_proofs;
	return 0;
}

int
draft_proof(struct draft *draft, const uint64_t *own, size_t n_own,
    uint64_t key, const uint64_t *tail, size_t n_tail)
{
	int r = add_own(draft, own, n_own);

	if (r < 0 || n_tail == 0)
		return r;
	for (size_t i = 0; i < draft->n_proofs; i++) {
		if (draft->proof_keys[i] != key)
			continue;
		if (draft->object.joins == i + 1)
			return 0;
		if (draft->object.joins == 0) {
			draft->object.joins = i + 1;
			return 0;
		}
	}
	/* A second need of one object, or too many tails: it stands apart. */
	if (draft->object.joins != 0 || draft->n_proofs == DRAFT_TAILS)
		return add_own(draft, tail, n_tail);
	return add_tail(draft, key, tail, n_tail);
}

int
draft_object_end(struct draft *draft, int outcome)
{
	draft->object.outcome = outcome;
	leaf_put_object(&draft->objects, &draft->object);
	if (draft->objects.error != 0)
		return draft->objects.error;
	draft->n_objects++;
	draft->outcomes[search_outcome_of(
	    draft->leaf.outcome != 0 ? draft->leaf.outcome : outcome)]++;
	return 0;
}

int
draft_encode(struct draft *draft, struct buf *buf)
{
	draft->leaf.proofs = draft->proofs;
	draft->leaf.n_proofs = draft->n_proofs;
	draft->leaf.n_objects = draft->n_objects;
	return leaf_encode_with(&draft->leaf, buf_slice(&draft->objects), buf);
}
