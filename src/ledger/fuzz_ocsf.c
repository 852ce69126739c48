/*
 * Fuzz target: the rendering of records that are whole. Texts stand in a bundle
 * as openings of commitments, which no mutation hits upon; so the input is read
 * as choices here, of what leaves say, and the bundle is made from them.
 */
#include <jansson.h>

#include "ledger/ocsf.h"
#include "op/op.h"
#include "wire/cbor.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum {
	PARTS = 6, /* the record and what it cites */
	OBJECTS = 3,
	ITEMS = 6, /* of each sort */
	BYTES_MAX = 32,
	TEXT_MAX = LEAF_TEXT_MAX + 100,
};

/* ---- choices ------------------------------------------------------------- */

struct choices {
	struct slice in;
};

/* 0 once the input is used up. */
static uint8_t
choose(struct choices *c)
{
	uint8_t byte = c->in.n > 0 ? c->in.p[0] : 0;

	c->in = slice_from(c->in, 1);
	return byte;
}

/* Mostly small, sometimes anything. */
static uint64_t
choose_u64(struct choices *c)
{
	static const uint64_t edges[] = {UINT64_MAX, INT64_MAX,
	    (uint64_t)INT64_MAX + 1, UINT32_MAX, UINT16_MAX, 1000, 4096, 4095};
	uint64_t value = choose(c);

	if (value < 240)
		return value;
	if (value < 240 + ARRAY_SIZE(edges))
		return edges[value - 240];
	for (size_t i = 0; i < 8; i++)
		value = value << 8 | choose(c);
	return value;
}

static uint64_t
choose_ref(struct choices *c)
{
	uint64_t sequence = choose(c) % (PARTS + 2);

	return ref_make(sequence, sequence > 0 ? choose(c) % 4 : 0);
}

static struct slice
choose_bytes(struct choices *c, size_t max)
{
	size_t n = (size_t)choose(c) * 4;
	struct slice s = slice_first(c->in, MIN(n, max));

	c->in = slice_from(c->in, s.n);
	return s;
}

/* An argument's field or a fact. */
static uint64_t
choose_key(struct choices *c)
{
	static const uint64_t facts[] = {
#define FACT(number, name, word, show) number,
#include "ledger/facts.def"
#undef FACT
	};
	unsigned which = choose(c);

	return which < 128   ? which % 12
	       : which < 250 ? facts[which % ARRAY_SIZE(facts)]
	                     : choose_u64(c) >> 2; /* others follow */
}

/* The same, not below another: keys ascend. */
static uint64_t
choose_key_from(struct choices *c, uint64_t first)
{
	uint64_t key = choose_key(c);

	return MAX(key, first);
}

static const int outcomes[] = {
    0,
    0,
    0,
#define ERR(number, name, class, http, jmap, text) E_##name,
#include "base/err.def"
#undef ERR
    -999,
};

static int
choose_outcome(struct choices *c)
{
	return outcomes[choose(c) % ARRAY_SIZE(outcomes)];
}

/* ---- a leaf -------------------------------------------------------------- */

struct part {
	struct leaf leaf;
	uint64_t credentials[2], approved[2];
	struct leaf_proof proofs[2];
	uint64_t proof_leaves[ITEMS];
	struct leaf_object objects[OBJECTS];
	struct items {
		uint64_t proof[ITEMS], ended[ITEMS], from[ITEMS];
		struct leaf_made made[ITEMS];
		struct leaf_text texts[ITEMS];
		struct leaf_number numbers[ITEMS];
		struct leaf_bytes bytes[ITEMS];
	} items[OBJECTS];
	struct bundle_opening openings[OBJECTS * ITEMS];
	size_t n_openings;
	size_t slots;
};

static size_t
choose_refs(struct choices *c, uint64_t *refs, size_t max)
{
	size_t n = choose(c) % (max + 1);

	for (size_t i = 0; i < n; i++)
		refs[i] = choose_ref(c);
	return n;
}

/* The salt is the slot's number, so that equal inputs make equal bundles. */
static struct digest
add_text(struct choices *c, struct part *part, uint64_t field)
{
	/* One for each slot of the part that is made just now. */
	static uint8_t texts[OBJECTS * ITEMS][TEXT_MAX];
	uint8_t *longest = texts[part->slots];
	struct opening o = {.salt = {(uint8_t)part->slots}};
	struct slice text = choose_bytes(c, BYTES_MAX);
	bool erased = choose(c) % 8 == 0;

	if (choose(c) % 16 == 0 && text.n > 0) {
		for (size_t i = 0; i < TEXT_MAX; i++)
			longest[i] = text.p[i % text.n];
		text = slice_of(longest, TEXT_MAX);
		o.length = text.n;
		o.digest = sha256(text);
		text = slice_first(text, slice_utf8_cut(text, LEAF_TEXT_MAX));
	}
	o.length = MAX(o.length, text.n);
	o.text = text;
	if (!erased)
		part->openings[part->n_openings++] =
		    (struct bundle_opening){part->slots, o};
	part->slots++;
	return opening_commitment(&o, field);
}

/* A key that no number has. */
static uint64_t
free_key(const struct leaf_object *o, uint64_t key)
{
	for (size_t i = 0; i < o->n_numbers; i++)
		if (o->numbers[i].key == key)
			key++; /* they ascend */
	return key;
}

static void
add_object(struct choices *c, struct part *part)
{
	size_t i = part->leaf.n_objects++;
	struct leaf_object *o = &part->objects[i];
	struct items *items = &part->items[i];
	uint64_t key = 0;

	*o = (struct leaf_object){.kind = (enum kind)(choose(c) % 16),
	    .ref = choose_ref(c),
	    .named = choose(c) % (PARTS + 2),
	    .outcome = choose_outcome(c),
	    .joins = part->leaf.n_proofs > 0 ? choose(c) % 2 : 0,
	    .proof = items->proof,
	    .made = items->made,
	    .ended = items->ended,
	    .from = items->from,
	    .texts = items->texts,
	    .numbers = items->numbers,
	    .bytes = items->bytes};
	o->n_proof = choose_refs(c, items->proof, ITEMS);
	o->n_ended = choose_refs(c, items->ended, ITEMS);
	o->n_from = choose_refs(c, items->from, 2);
	o->n_made = choose(c) % (ITEMS + 1);
	for (size_t k = 0; k < o->n_made; k++)
		items->made[k] = (struct leaf_made){(enum kind)(choose(c) % 16),
		    choose(c) % 4, choose(c) % 4 != 0 ? choose_u64(c) : 0};
	o->n_texts = choose(c) % (ITEMS + 1);
	for (size_t k = 0; k < o->n_texts; k++) {
		items->texts[k].field = choose_key(c);
		items->texts[k].subject = choose_ref(c);
		items->texts[k].commitment =
		    add_text(c, part, items->texts[k].field);
	}
	for (size_t k = 0; k < ITEMS && choose(c) % 4 != 0; k++) {
		key = choose_key_from(c, key);
		items->numbers[o->n_numbers++] =
		    (struct leaf_number){key++, (int64_t)choose_u64(c)};
	}
	key = 0;
	for (size_t k = 0; k < ITEMS && choose(c) % 4 == 0; k++) {
		key = free_key(o, choose_key_from(c, key));
		items->bytes[o->n_bytes++] =
		    (struct leaf_bytes){key++, choose_bytes(c, BYTES_MAX)};
	}
}

static void
make_part(struct choices *c, struct part *part, uint64_t sequence)
{
	struct leaf *leaf = &part->leaf;
	size_t objects = choose(c) % (OBJECTS + 1);

	*part =
	    (struct part){.leaf = {.sequence = sequence,
			      .op = choose(c) % (OP_MAX + 2) + 1,
			      .rev = choose(c) % 4,
			      .time = (int64_t)(choose_u64(c) & INT64_MAX),
			      .outcome = choose_outcome(c),
			      .context = choose(c) % (PARTS + 2),
			      .principal = choose_ref(c),
			      .session = choose_ref(c),
			      .behalf = choose(c) % 4 == 0 ? choose_ref(c) : 0,
			      .at = choose_u64(c) >> REF_SHIFT,
			      .cites = choose(c) % (PARTS + 2),
			      .cause = choose(c) % 8,
			      .trust = choose(c) % 4,
			      .credentials = part->credentials,
			      .approved = part->approved,
			      .proofs = part->proofs,
			      .objects = part->objects}};
	if (choose(c) % 8 == 0)
		leaf->happened = (int64_t)(choose_u64(c) & INT64_MAX);
	leaf->n_credentials = choose_refs(c, part->credentials, 2);
	leaf->n_approved = choose_refs(c, part->approved, 2);
	if (choose(c) % 4 == 0) {
		leaf->n_proofs = 1;
		part->proofs[0] = (struct leaf_proof){part->proof_leaves,
		    choose_refs(c, part->proof_leaves, ITEMS)};
	}
	for (size_t i = 0; i < objects; i++)
		add_object(c, part);
}

static void
put_part(const struct part *part, struct buf *buf)
{
	struct buf leaf = BUF(LEAF_BYTES_MAX);

	BUG_ON(leaf_encode(&part->leaf, &leaf) != 0);
	bundle_put_part(
	    buf, buf_slice(&leaf), part->openings, part->n_openings);
	buf_free(&leaf);
}

/* ---- its events ---------------------------------------------------------- */

/* What ends a line, or turns the order of text, for some readers. */
static bool
is_unseen(struct slice s, size_t i)
{
	unsigned c;

	if (s.p[i] < ' ' || s.p[i] == 0x7f)
		return true;
	if (i + 1 < s.n && s.p[i] == 0xc2 && s.p[i + 1] < 0xa0)
		return true;
	if (i + 2 >= s.n || s.p[i] != 0xe2)
		return false;
	c = (s.p[i + 1] & 0x3fu) << 6 | (s.p[i + 2] & 0x3fu);
	return (c >= 0x28 && c <= 0x2e) || (c >= 0x66 && c <= 0x69);
}

static void
check_event(struct slice event)
{
	json_t *json = json_loadb((const char *)event.p, event.n,
	    JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, NULL);

	BUG_ON(!json_is_object(json));
	BUG_ON(!slice_is_utf8(event));
	for (size_t i = 0; i < event.n; i++)
		BUG_ON(is_unseen(event, i));
	json_decref(json);
}

static void
render(struct slice bytes)
{
	struct buf event = BUF(OCSF_EVENT_MAX);
	struct arena arena = {NULL};
	struct bundle bundle;

	BUG_ON(bundle_decode(bytes, &arena, &bundle) != 0);
	for (size_t i = 0; i < ocsf_count(&bundle.record.leaf); i++) {
		buf_clear(&event);
		BUG_ON(ocsf_render(&bundle, bytes, i, &event) != 0);
		check_event(buf_slice(&event));
	}
	buf_free(&event);
	arena_free(&arena);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct choices c = {slice_of(data, size)};
	struct buf buf = BUF(BUNDLE_BYTES_MAX);
	static struct part part;
	size_t cited;

	if (size > 4096)
		return 0;
	cited = choose(&c) % PARTS;
	cbor_put_array(&buf, 3);
	make_part(&c, &part, PARTS + 1);
	put_part(&part, &buf);
	cbor_put_array(&buf, cited);
	for (size_t i = 0; i < cited; i++) {
		cbor_put_array(&buf, 2);
		make_part(&c, &part, i + 1);
		put_part(&part, &buf);
	}
	BUG_ON(buf.error != 0);
	render(buf_slice(&buf));
	buf_free(&buf);
	return 0;
}
