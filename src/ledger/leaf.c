#include "ledger/leaf.h"

#include <sodium.h>

#include "wire/cbor.h"

/* No reference could be made to a row of a later leaf (op/id.h). */
#define SEQUENCE_MAX (UINT64_MAX >> REF_SHIFT)

/* Fields of the leaf and of what is in it. Numbers are promises. */
enum {
	LEAF_SEQUENCE = 1,
	LEAF_OP = 2,
	LEAF_REV = 3,
	LEAF_TIME = 4,
	LEAF_OUTCOME = 5,
	LEAF_CONTEXT = 6,
	LEAF_PRINCIPAL = 7,
	LEAF_SESSION = 8,
	LEAF_CREDENTIALS = 9,
	LEAF_BEHALF = 10,
	LEAF_APPROVED = 11,
	LEAF_AT = 12,
	LEAF_CITES = 13,
	LEAF_CAUSE = 14,
	LEAF_TRUST = 15,
	LEAF_HAPPENED = 16,
	LEAF_PROOFS = 17,
	LEAF_OBJECTS = 18,

	OBJECT_KIND = 1,
	OBJECT_REF = 2,
	OBJECT_NAMED = 3,
	OBJECT_OUTCOME = 4,
	OBJECT_PROOF = 5,
	OBJECT_JOINS = 6,
	OBJECT_MADE = 7,
	OBJECT_ENDED = 8,
	OBJECT_FROM = 9,
	OBJECT_TEXTS = 10,
	OBJECT_NUMBERS = 11,
	OBJECT_BYTES = 12,
};

static const struct {
	uint64_t key;
	const char *word;
} facts[] = {
#define FACT(number, name, word, show) {number, word},
#include "ledger/facts.def"
#undef FACT
#define SUM(number, name, word) {FACT_SUM_FIRST + (number), word},
#include "ledger/sum.def"
#undef SUM
};

const char *
fact_word(uint64_t key)
{
	for (size_t i = 0; i < ARRAY_SIZE(facts); i++)
		if (facts[i].key == key)
			return facts[i].word;
	return NULL;
}

/* ---- writing ----------------------------------------------------------- */

/* A reference is its leaf's number; with its place where that is not 0. */
static void
put_ref(struct buf *buf, uint64_t ref)
{
	if (ref_place(ref) == 0) {
		cbor_put_uint(buf, ref_sequence(ref));
		return;
	}
	cbor_put_array(buf, 2);
	cbor_put_uint(buf, ref_sequence(ref));
	cbor_put_uint(buf, ref_place(ref));
}

static size_t
put_key_uint(struct buf *buf, unsigned key, uint64_t value)
{
	if (value == 0)
		return 0;
	cbor_put_uint(buf, key);
	cbor_put_uint(buf, value);
	return 1;
}

static size_t
put_key_ref(struct buf *buf, unsigned key, uint64_t ref)
{
	if (ref == 0)
		return 0;
	cbor_put_uint(buf, key);
	put_ref(buf, ref);
	return 1;
}

static size_t
put_key_refs(struct buf *buf, unsigned key, const uint64_t *refs, size_t n)
{
	if (n == 0)
		return 0;
	cbor_put_uint(buf, key);
	cbor_put_array(buf, n);
	for (size_t i = 0; i < n; i++)
		put_ref(buf, refs[i]);
	return 1;
}

static void
put_leaves(struct buf *buf, const uint64_t *leaves, size_t n)
{
	cbor_put_array(buf, n);
	for (size_t i = 0; i < n; i++)
		cbor_put_uint(buf, leaves[i]);
}

static size_t
put_made(struct buf *buf, const struct leaf_object *o)
{
	if (o->n_made == 0)
		return 0;
	cbor_put_uint(buf, OBJECT_MADE);
	cbor_put_array(buf, o->n_made);
	for (size_t i = 0; i < o->n_made; i++) {
		const struct leaf_made *made = &o->made[i];

		cbor_put_array(buf, made->outside != 0 ? 3 : 2);
		cbor_put_uint(buf, made->kind);
		cbor_put_uint(buf, made->place);
		if (made->outside != 0)
			cbor_put_uint(buf, made->outside);
	}
	return 1;
}

static size_t
put_texts(struct buf *buf, const struct leaf_object *o)
{
	if (o->n_texts == 0)
		return 0;
	cbor_put_uint(buf, OBJECT_TEXTS);
	cbor_put_array(buf, o->n_texts);
	for (size_t i = 0; i < o->n_texts; i++) {
		const struct leaf_text *text = &o->texts[i];

		cbor_put_array(buf, text->subject != 0 ? 3 : 2);
		cbor_put_uint(buf, text->field);
		cbor_put_bytes(buf, digest_slice(&text->commitment));
		if (text->subject != 0)
			put_ref(buf, text->subject);
	}
	return 1;
}

static size_t
put_numbers(struct buf *buf, const struct leaf_object *o)
{
	if (o->n_numbers == 0)
		return 0;
	cbor_put_uint(buf, OBJECT_NUMBERS);
	cbor_put_map(buf, o->n_numbers);
	for (size_t i = 0; i < o->n_numbers; i++) {
		cbor_put_uint(buf, o->numbers[i].key);
		cbor_put_int(buf, o->numbers[i].value);
	}
	return 1;
}

static size_t
put_bytes(struct buf *buf, const struct leaf_object *o)
{
	if (o->n_bytes == 0)
		return 0;
	cbor_put_uint(buf, OBJECT_BYTES);
	cbor_put_map(buf, o->n_bytes);
	for (size_t i = 0; i < o->n_bytes; i++) {
		cbor_put_uint(buf, o->bytes[i].key);
		cbor_put_bytes(buf, o->bytes[i].value);
	}
	return 1;
}

void
leaf_put_object(struct buf *buf, const struct leaf_object *o)
{
	size_t place = cbor_open_map(buf), n = 0;

	n += put_key_uint(buf, OBJECT_KIND, o->kind);
	n += put_key_ref(buf, OBJECT_REF, o->ref);
	n += put_key_uint(buf, OBJECT_NAMED, o->named);
	n += put_key_uint(buf, OBJECT_OUTCOME, (uint64_t)-o->outcome);
	if (o->n_proof > 0) {
		cbor_put_uint(buf, OBJECT_PROOF);
		put_leaves(buf, o->proof, o->n_proof);
		n++;
	}
	n += put_key_uint(buf, OBJECT_JOINS, o->joins);
	n += put_made(buf, o);
	n += put_key_refs(buf, OBJECT_ENDED, o->ended, o->n_ended);
	n += put_key_refs(buf, OBJECT_FROM, o->from, o->n_from);
	n += put_texts(buf, o);
	n += put_numbers(buf, o);
	n += put_bytes(buf, o);
	cbor_close_map(buf, place, n);
}

int
leaf_encode_with(const struct leaf *leaf, struct slice objects, struct buf *buf)
{
	size_t start = buf->n, place = cbor_open_map(buf), n = 0;

	n += put_key_uint(buf, LEAF_SEQUENCE, leaf->sequence);
	n += put_key_uint(buf, LEAF_OP, leaf->op);
	n += put_key_uint(buf, LEAF_REV, leaf->rev);
	n += put_key_uint(buf, LEAF_TIME, (uint64_t)leaf->time);
	n += put_key_uint(buf, LEAF_OUTCOME, (uint64_t)-leaf->outcome);
	n += put_key_uint(buf, LEAF_CONTEXT, leaf->context);
	n += put_key_ref(buf, LEAF_PRINCIPAL, leaf->principal);
	n += put_key_ref(buf, LEAF_SESSION, leaf->session);
	n += put_key_refs(
	    buf, LEAF_CREDENTIALS, leaf->credentials, leaf->n_credentials);
	n += put_key_ref(buf, LEAF_BEHALF, leaf->behalf);
	n += put_key_refs(buf, LEAF_APPROVED, leaf->approved, leaf->n_approved);
	n += put_key_uint(buf, LEAF_AT, leaf->at);
	n += put_key_uint(buf, LEAF_CITES, leaf->cites);
	n += put_key_uint(buf, LEAF_CAUSE, leaf->cause);
	n += put_key_uint(buf, LEAF_TRUST, leaf->trust);
	n += put_key_uint(buf, LEAF_HAPPENED, (uint64_t)leaf->happened);
	if (leaf->n_proofs > 0) {
		cbor_put_uint(buf, LEAF_PROOFS);
		cbor_put_array(buf, leaf->n_proofs);
		for (size_t i = 0; i < leaf->n_proofs; i++)
			put_leaves(
			    buf, leaf->proofs[i].leaves, leaf->proofs[i].n);
		n++;
	}
	if (leaf->n_objects > 0) {
		cbor_put_uint(buf, LEAF_OBJECTS);
		cbor_put_array(buf, leaf->n_objects);
		buf_put_slice(buf, objects);
		n++;
	}
	cbor_close_map(buf, place, n);
	if (buf->error != 0)
		return buf->error;
	return buf->n - start <= LEAF_BYTES_MAX ? 0 : E_LIMIT;
}

int
leaf_encode(const struct leaf *leaf, struct buf *buf)
{
	struct buf objects = BUF(LEAF_BYTES_MAX);
	int r;

	for (size_t i = 0; i < leaf->n_objects; i++)
		leaf_put_object(&objects, &leaf->objects[i]);
	r = objects.error;
	if (r == 0)
		r = leaf_encode_with(leaf, buf_slice(&objects), buf);
	buf_free(&objects);
	return r;
}

/* ---- reading ----------------------------------------------------------- */

static uint64_t
get_ref(struct cbor_reader *r)
{
	uint64_t sequence, place = 0;
	bool pair = cbor_peek(r) == CBOR_ARRAY;

	if (pair && cbor_get_array(r) != 2)
		r->error = E_SYNTAX;
	sequence = cbor_get_uint_max(r, SEQUENCE_MAX);
	if (pair)
		place = cbor_get_uint_max(r, REFS_A_LEAF - 1);
	return ref_make(sequence, place);
}

/* An array for n elements, or NULL with r's error set. */
static void *
elements(struct cbor_reader *r, struct arena *arena, size_t n, size_t size)
{
	void *p = r->error == 0 ? arena_alloc(arena, n * size) : NULL;

	if (p == NULL && r->error == 0)
		r->error = E_NOMEM;
	return p;
}

static const uint64_t *
get_refs(struct cbor_reader *r, struct arena *arena, size_t *ret_n)
{
	size_t n = cbor_get_array(r);
	uint64_t *refs = elements(r, arena, n, sizeof(*refs));

	for (size_t i = 0; i < n && r->error == 0; i++)
		refs[i] = get_ref(r);
	*ret_n = refs != NULL ? n : 0;
	return refs;
}

static const uint64_t *
get_leaves(struct cbor_reader *r, struct arena *arena, size_t *ret_n)
{
	size_t n = cbor_get_array(r);
	uint64_t *leaves = elements(r, arena, n, sizeof(*leaves));

	for (size_t i = 0; i < n && r->error == 0; i++)
		leaves[i] = cbor_get_uint_max(r, SEQUENCE_MAX);
	*ret_n = leaves != NULL ? n : 0;
	return leaves;
}

static void
get_made(struct cbor_reader *r, struct arena *arena, struct leaf_object *o)
{
	size_t n = cbor_get_array(r);
	struct leaf_made *made = elements(r, arena, n, sizeof(*made));

	for (size_t i = 0; i < n && r->error == 0; i++) {
		size_t parts = cbor_get_array(r);

		made[i].kind = (enum kind)cbor_get_uint_max(r, INT32_MAX);
		made[i].place = cbor_get_uint_max(r, REFS_A_LEAF - 1);
		if (parts == 3)
			made[i].outside = cbor_get_uint(r);
		else if (parts != 2)
			r->error = E_SYNTAX;
	}
	o->made = made;
	o->n_made = made != NULL ? n : 0;
}

static struct digest
get_digest(struct cbor_reader *r)
{
	struct slice s = cbor_get_bytes(r);
	struct digest digest = {{0}};

	if (s.n == sizeof(digest.b))
		memcpy(digest.b, s.p, s.n);
	else
		r->error = E_SYNTAX;
	return digest;
}

static void
get_texts(struct cbor_reader *r, struct arena *arena, struct leaf_object *o)
{
	size_t n = cbor_get_array(r);
	struct leaf_text *texts = elements(r, arena, n, sizeof(*texts));

	for (size_t i = 0; i < n && r->error == 0; i++) {
		size_t parts = cbor_get_array(r);

		texts[i].field = cbor_get_uint(r);
		texts[i].commitment = get_digest(r);
		if (parts == 3)
			texts[i].subject = get_ref(r);
		else if (parts != 2)
			r->error = E_SYNTAX;
	}
	o->texts = texts;
	o->n_texts = texts != NULL ? n : 0;
}

static void
get_numbers(struct cbor_reader *r, struct arena *arena, struct leaf_object *o)
{
	size_t n = cbor_get_map(r);
	struct leaf_number *numbers = elements(r, arena, n, sizeof(*numbers));
	int64_t key = -1;

	for (size_t i = 0; i < n && r->error == 0; i++) {
		key = cbor_get_key(r, key);
		numbers[i].key = (uint64_t)key;
		numbers[i].value = cbor_get_int(r);
	}
	o->numbers = numbers;
	o->n_numbers = numbers != NULL ? n : 0;
}

static void
get_bytes(struct cbor_reader *r, struct arena *arena, struct leaf_object *o)
{
	size_t n = cbor_get_map(r);
	struct leaf_bytes *bytes = elements(r, arena, n, sizeof(*bytes));
	int64_t key = -1;

	for (size_t i = 0; i < n && r->error == 0; i++) {
		key = cbor_get_key(r, key);
		bytes[i].key = (uint64_t)key;
		bytes[i].value = cbor_get_bytes(r);
	}
	o->bytes = bytes;
	o->n_bytes = bytes != NULL ? n : 0;
}

/* What is said of a thing is said once: keys ascend in both. */
static bool
keys_differ(const struct leaf_object *o)
{
	size_t i = 0, k = 0;

	while (i < o->n_numbers && k < o->n_bytes) {
		if (o->numbers[i].key == o->bytes[k].key)
			return false;
		if (o->numbers[i].key < o->bytes[k].key)
			i++;
		else
			k++;
	}
	return true;
}

static void
get_object(struct cbor_reader *r, struct arena *arena, struct leaf_object *o)
{
	size_t n = cbor_get_map(r);
	int64_t key = -1;

	while (n-- > 0 && r->error == 0) {
		key = cbor_get_key(r, key);
		switch (key) {
		case OBJECT_KIND:
			o->kind = (enum kind)cbor_get_uint_max(r, INT32_MAX);
			break;
		case OBJECT_REF:
			o->ref = get_ref(r);
			break;
		case OBJECT_NAMED:
			o->named = cbor_get_uint(r);
			break;
		case OBJECT_OUTCOME:
			o->outcome = -(int)cbor_get_uint_max(r, INT32_MAX);
			break;
		case OBJECT_PROOF:
			o->proof = get_leaves(r, arena, &o->n_proof);
			break;
		case OBJECT_JOINS:
			o->joins = cbor_get_uint_max(r, LEAF_OBJECTS_MAX);
			break;
		case OBJECT_MADE:
			get_made(r, arena, o);
			break;
		case OBJECT_ENDED:
			o->ended = get_refs(r, arena, &o->n_ended);
			break;
		case OBJECT_FROM:
			o->from = get_refs(r, arena, &o->n_from);
			break;
		case OBJECT_TEXTS:
			get_texts(r, arena, o);
			break;
		case OBJECT_NUMBERS:
			get_numbers(r, arena, o);
			break;
		case OBJECT_BYTES:
			get_bytes(r, arena, o);
			break;
		default:
			(void)cbor_skip(r);
		}
	}
}

static void
get_objects(struct cbor_reader *r, struct arena *arena, struct leaf *leaf)
{
	size_t n = cbor_get_array(r);
	struct leaf_object *objects;

	if (n > LEAF_OBJECTS_MAX)
		r->error = E_SYNTAX;
	objects = elements(r, arena, n, sizeof(*objects));
	for (size_t i = 0; i < n && r->error == 0; i++)
		get_object(r, arena, &objects[i]);
	leaf->objects = objects;
	leaf->n_objects = objects != NULL ? n : 0;
}

static void
get_proofs(struct cbor_reader *r, struct arena *arena, struct leaf *leaf)
{
	size_t n = cbor_get_array(r);
	struct leaf_proof *proofs = elements(r, arena, n, sizeof(*proofs));

	for (size_t i = 0; i < n && r->error == 0; i++)
		proofs[i].leaves = get_leaves(r, arena, &proofs[i].n);
	leaf->proofs = proofs;
	leaf->n_proofs = proofs != NULL ? n : 0;
}

static void
get_field(
    struct cbor_reader *r, struct arena *arena, int64_t key, struct leaf *leaf)
{
	switch (key) {
	case LEAF_SEQUENCE:
		leaf->sequence = cbor_get_uint_max(r, SEQUENCE_MAX);
		break;
	case LEAF_OP:
		leaf->op = cbor_get_uint_max(r, INT64_MAX);
		break;
	case LEAF_REV:
		leaf->rev = cbor_get_uint_max(r, INT64_MAX);
		break;
	case LEAF_TIME:
		leaf->time = (int64_t)cbor_get_uint_max(r, INT64_MAX);
		break;
	case LEAF_OUTCOME:
		leaf->outcome = -(int)cbor_get_uint_max(r, INT32_MAX);
		break;
	case LEAF_CONTEXT:
		leaf->context = cbor_get_uint_max(r, SEQUENCE_MAX);
		break;
	case LEAF_PRINCIPAL:
		leaf->principal = get_ref(r);
		break;
	case LEAF_SESSION:
		leaf->session = get_ref(r);
		break;
	case LEAF_CREDENTIALS:
		leaf->credentials = get_refs(r, arena, &leaf->n_credentials);
		break;
	case LEAF_BEHALF:
		leaf->behalf = get_ref(r);
		break;
	case LEAF_APPROVED:
		leaf->approved = get_refs(r, arena, &leaf->n_approved);
		break;
	case LEAF_AT:
		leaf->at = cbor_get_uint_max(r, SEQUENCE_MAX);
		break;
	case LEAF_CITES:
		leaf->cites = cbor_get_uint_max(r, SEQUENCE_MAX);
		break;
	case LEAF_CAUSE:
		leaf->cause = (unsigned)cbor_get_uint_max(r, UINT32_MAX);
		break;
	case LEAF_TRUST:
		leaf->trust = (unsigned)cbor_get_uint_max(r, UINT32_MAX);
		break;
	case LEAF_HAPPENED:
		leaf->happened = (int64_t)cbor_get_uint_max(r, INT64_MAX);
		break;
	case LEAF_PROOFS:
		get_proofs(r, arena, leaf);
		break;
	case LEAF_OBJECTS:
		get_objects(r, arena, leaf);
		break;
	default:
		(void)cbor_skip(r);
	}
}

int
leaf_decode(struct slice in, struct arena *arena, struct leaf *ret_leaf)
{
	struct cbor_reader r = cbor_reader(in);
	size_t n = cbor_get_map(&r);
	struct leaf leaf = {0};
	int64_t key = -1;

	while (n-- > 0 && r.error == 0) {
		key = cbor_get_key(&r, key);
		if (r.error == 0)
			get_field(&r, arena, key, &leaf);
	}
	if (r.error == E_NOMEM)
		return E_NOMEM;
	if (cbor_end(&r) < 0 || leaf.sequence == 0 || leaf.op == 0)
		return E_CORRUPT;
	for (size_t i = 0; i < leaf.n_objects; i++)
		if (leaf.objects[i].joins > leaf.n_proofs ||
		    !keys_differ(&leaf.objects[i]))
			return E_CORRUPT;
	*ret_leaf = leaf;
	return 0;
}

size_t
leaf_slot(const struct leaf *leaf, size_t object)
{
	size_t slot = 0;

	for (size_t i = 0; i < object; i++)
		slot += leaf->objects[i].n_texts;
	return slot;
}

size_t
leaf_proof_of(const struct leaf *leaf, const struct leaf_object *object,
    uint64_t *ret_leaves, size_t max)
{
	const struct leaf_proof *tail =
	    object->joins > 0 ? &leaf->proofs[object->joins - 1] : NULL;
	size_t n = 0;

	for (size_t i = 0; i < object->n_proof && n < max; i++)
		ret_leaves[n++] = object->proof[i];
	for (size_t i = 0; tail != NULL && i < tail->n && n < max; i++)
		ret_leaves[n++] = tail->leaves[i];
	return n;
}

/* ---- openings ---------------------------------------------------------- */

void
opening_salt(struct opening *opening)
{
	randombytes_buf(opening->salt, sizeof(opening->salt));
}

void
opening_make(struct slice text, struct opening *ret_opening)
{
	opening_salt(ret_opening);
	ret_opening->text =
	    slice_first(text, slice_utf8_cut(text, LEAF_TEXT_MAX));
	ret_opening->length = text.n;
	if (opening_is_cut(ret_opening))
		ret_opening->digest = sha256(text);
	else
		memset(&ret_opening->digest, 0, sizeof(ret_opening->digest));
}

static void
put_be64(uint8_t to[8], uint64_t value)
{
	for (size_t i = 0; i < 8; i++)
		to[i] = (uint8_t)(value >> (56 - 8 * i));
}

struct digest
opening_commitment(const struct opening *opening, uint64_t field)
{
	uint8_t head[LEAF_SALT_BYTES + 8], tail[8 + SHA256_BYTES];

	memcpy(head, opening->salt, LEAF_SALT_BYTES);
	put_be64(head + LEAF_SALT_BYTES, field);
	put_be64(tail, opening->length);
	memcpy(tail + 8, opening->digest.b, SHA256_BYTES);
	return sha256_3(slice_of(head, sizeof(head)), opening->text,
	    opening_is_cut(opening) ? slice_of(tail, sizeof(tail))
				    : SLICE_NONE);
}
