/*
 * What a record's bundle tells of the rows that its leaves name. A reference
 * says which leaf made the row, and that leaf, cited, holds its kind, its outer
 * id and mostly its name.
 */
#include "ledger/ocsf_private.h"

enum naming_how { MADE, EACH, GIVEN };

static const struct naming {
	enum op_number op;
	enum kind kind;
	enum naming_how how;
	uint64_t field;
} namings[] = {
#define NAMING(operation, kind, how, field) \
	{OP_##operation, KIND_##kind, how, field},
#include "ledger/ocsf.def"
};

static const struct standing {
	enum op_number op;
	size_t nth;
	const char *name;
} standings[] = {
#define STANDING(operation, nth, name) {OP_##operation, nth, name},
#include "ledger/ocsf.def"
};

/* ---- texts and numbers ------------------------------------------------- */

static const struct opening *
opening_of(const struct bundle_part *part, size_t slot)
{
	for (size_t i = 0; i < part->n_openings; i++)
		if (part->openings[i].slot == slot)
			return &part->openings[i].opening;
	return NULL;
}

/* The nth text of a field of one object, whose texts start at slot. */
static struct ocsf_text
nth_text(const struct bundle_part *part, const struct leaf_object *object,
    size_t slot, uint64_t field, size_t nth)
{
	for (size_t i = 0; i < object->n_texts; i++)
		if (object->texts[i].field == field && nth-- == 0)
			return (struct ocsf_text){
			    true, opening_of(part, slot + i)};
	return (struct ocsf_text){false, NULL};
}

static struct ocsf_text
object_text(const struct bundle_part *part, const struct leaf_object *object,
    size_t slot, uint64_t field)
{
	return nth_text(part, object, slot, field, 0);
}

struct ocsf_text
ocsf_part_text(const struct bundle_part *part, uint64_t field)
{
	struct ocsf_text text = {false, NULL};
	size_t slot = 0;

	for (size_t i = 0; i < part->leaf.n_objects && !text.held; i++) {
		text = object_text(part, &part->leaf.objects[i], slot, field);
		slot += part->leaf.objects[i].n_texts;
	}
	return text;
}

struct ocsf_text
ocsf_own_text(const struct ocsf_event *ev, uint64_t field)
{
	return object_text(&ev->bundle->record, ev->object, ev->slot, field);
}

struct ocsf_text
ocsf_text_at(const struct ocsf_event *ev, size_t i)
{
	return (struct ocsf_text){
	    true, opening_of(&ev->bundle->record, ev->slot + i)};
}

bool
ocsf_number_of(
    const struct leaf_object *object, uint64_t key, int64_t *ret_value)
{
	for (size_t i = 0; i < object->n_numbers; i++) {
		if (object->numbers[i].key != key || key == 0)
			continue;
		*ret_value = object->numbers[i].value;
		return true;
	}
	return false;
}

bool
ocsf_number(const struct ocsf_event *ev, uint64_t key, int64_t *ret_value)
{
	return ocsf_number_of(ev->object, key, ret_value);
}

uint64_t
ocsf_argument(const struct op *op, const char *name)
{
	const struct shape_field *fields;
	size_t n = 0;

	if (op == NULL || op->args == NULL)
		return 0;
	fields = op->args->fields(&n);
	for (size_t i = 0; i < n; i++)
		if (strcmp(fields[i].name, name) == 0)
			return fields[i].number;
	return 0;
}

void
ocsf_use_text(struct ocsf_event *ev, uint64_t field)
{
	for (size_t i = 0; i < MIN(ev->object->n_texts, 64); i++)
		if (ev->object->texts[i].field == field)
			ev->used_texts |= BIT(i);
}

void
ocsf_use_number(struct ocsf_event *ev, uint64_t key)
{
	for (size_t i = 0; i < MIN(ev->object->n_numbers, 64); i++)
		if (ev->object->numbers[i].key == key)
			ev->used_numbers |= BIT(i);
}

struct slice
ocsf_show(const struct ocsf_text *text)
{
	if (!text->held)
		return SLICE("(unknown)");
	return text->opening != NULL ? text->opening->text : SLICE("(erased)");
}

struct slice
ocsf_show_name(const struct ocsf_thing *thing)
{
	return thing->standing != NULL ? slice_str(thing->standing)
	                               : ocsf_show(&thing->name);
}

/* ---- rows --------------------------------------------------------------- */

/* Where a leaf made a row. */
struct making {
	const struct bundle_part *part;
	const struct leaf_object *object;
	size_t slot;
	size_t i; /* in object->made */
};

static bool
find_making(const struct bundle_part *part, uint64_t place, struct making *ret)
{
	size_t slot = 0;

	for (size_t i = 0; part != NULL && i < part->leaf.n_objects; i++) {
		const struct leaf_object *o = &part->leaf.objects[i];

		for (size_t k = 0; k < o->n_made; k++) {
			if (o->made[k].place != place)
				continue;
			*ret = (struct making){part, o, slot, k};
			return true;
		}
		slot += o->n_texts;
	}
	return false;
}

static const struct naming *
naming_of(uint64_t op, enum naming_how how, enum kind kind)
{
	for (size_t i = 0; i < ARRAY_SIZE(namings); i++)
		if (namings[i].op == op && namings[i].how == how &&
		    kind_fits(namings[i].kind, kind))
			return &namings[i];
	return NULL;
}

/* How many of a kind the same object made before this one. */
static size_t
made_before(const struct making *making, enum kind kind)
{
	size_t n = 0;

	for (size_t i = 0; i < making->i; i++)
		n += kind_fits(kind, making->object->made[i].kind);
	return n;
}

static const char *
standing_name(const struct making *making)
{
	size_t nth;

	if (making->object->made[making->i].kind != KIND_FOLDER)
		return NULL;
	nth = made_before(making, KIND_FOLDER);
	for (size_t i = 0; i < ARRAY_SIZE(standings); i++)
		if (standings[i].op == making->part->leaf.op &&
		    standings[i].nth == nth)
			return standings[i].name;
	return NULL;
}

/*
 * The name that a leaf gave to what it had as an object: the last one, where it
 * gave several. Of the record itself what stands before this event counts.
 */
static struct ocsf_text
given_name(const struct ocsf_event *ev, const struct bundle_part *part,
    const struct naming *naming, uint64_t ref)
{
	const struct leaf *leaf = &part->leaf;
	size_t n = part == &ev->bundle->record ? ev->k : leaf->n_objects;
	struct ocsf_text name = {false, NULL};
	size_t slot = 0;

	for (size_t i = 0; i < n; i++) {
		const struct leaf_object *o = &leaf->objects[i];
		struct ocsf_text text;

		if (o->ref == ref && o->outcome == 0) {
			text = object_text(part, o, slot, naming->field);
			if (text.held)
				name = text;
		}
		slot += o->n_texts;
	}
	return name;
}

/* 0 where the leaf doesn't tell. */
static unsigned
principal_kind(const struct making *making)
{
	int64_t kind;

	if (making->part->leaf.op == OP_CEREMONY_INSTALL)
		return PRINCIPAL_CEREMONY;
	if (making->part->leaf.op == OP_LINK_MAKE)
		return PRINCIPAL_LINK;
	if (making->part->leaf.op == OP_GROUP_CREATE ||
	    making->part->leaf.op == OP_APP_INSTALL)
		return PRINCIPAL_GROUP;
	if (making->part->leaf.op == OP_CANARY_INSTALL ||
	    making->part->leaf.op == OP_CANARY_PLANT)
		return PRINCIPAL_PERSON;
	if (making->part->leaf.op == OP_PRINCIPAL_CREATE &&
	    ocsf_number_of(making->object,
		ocsf_argument(op_get(OP_PRINCIPAL_CREATE), "kind"), &kind) &&
	    kind > 0 && kind < PRINCIPAL_KIND_MAX)
		return (unsigned)kind;
	return 0;
}

static void
take_making(const struct making *making, struct ocsf_thing *thing)
{
	const struct leaf_made *made = &making->object->made[making->i];
	uint64_t op = making->part->leaf.op;
	const struct naming *naming = naming_of(op, MADE, made->kind);
	const struct naming *each = naming_of(op, EACH, made->kind);

	thing->kind = made->kind;
	thing->outside = made->outside;
	thing->since = making->part->leaf.time;
	thing->standing = standing_name(making);
	if (naming != NULL)
		thing->name = object_text(
		    making->part, making->object, making->slot, naming->field);
	else if (each != NULL)
		thing->name = nth_text(making->part, making->object,
		    making->slot, each->field, made_before(making, each->kind));
	if (made->kind == KIND_PRINCIPAL)
		thing->principal = principal_kind(making);
}

void
ocsf_find(const struct ocsf_event *ev, enum kind kind, uint64_t ref,
    uint64_t named, struct ocsf_thing *ret_thing)
{
	struct ocsf_thing *thing = ret_thing;
	const struct bundle_part *part;
	const struct naming *naming;
	struct ocsf_text name;
	struct making making;

	*thing = (struct ocsf_thing){.ref = ref, .kind = kind, .since = -1};
	if (ref == 0)
		return;
	if (find_making(bundle_cited(ev->bundle, ref_sequence(ref)),
		ref_place(ref), &making))
		take_making(&making, thing);
	if (named == 0 || (part = bundle_cited(ev->bundle, named)) == NULL)
		return;
	naming = naming_of(part->leaf.op, GIVEN, thing->kind);
	if (naming == NULL)
		return;
	name = given_name(ev, part, naming, ref);
	if (name.held) {
		thing->name = name;
		thing->standing = NULL;
	}
}

bool
ocsf_made(const struct ocsf_event *ev, uint64_t kinds, uint64_t *ret_ref,
    enum kind *ret_kind)
{
	for (size_t i = 0; i < ev->object->n_made; i++) {
		const struct leaf_made *made = &ev->object->made[i];

		if ((unsigned)made->kind >= KIND_MAX ||
		    !(kinds & BIT(made->kind)))
			continue;
		*ret_ref = ref_make(ev->leaf->sequence, made->place);
		*ret_kind = made->kind;
		return true;
	}
	return false;
}

/* The relation of a grant, by the leaf that made it. */
static unsigned
relation_of_grant(const struct ocsf_event *ev, uint64_t grant)
{
	struct making making;
	int64_t relation;

	if (!find_making(bundle_cited(ev->bundle, ref_sequence(grant)),
		ref_place(grant), &making) ||
	    making.object->made[making.i].kind != KIND_GRANT ||
	    !ocsf_number_of(making.object,
		ocsf_argument(op_get(making.part->leaf.op), "relation"),
		&relation) ||
	    relation <= 0 || relation >= RELATION_MAX)
		return 0;
	return (unsigned)relation;
}

unsigned
ocsf_relation(const struct ocsf_event *ev)
{
	uint64_t key = ocsf_argument(ev->op, "relation");
	unsigned relation = 0;
	int64_t value;

	if (ev->leaf->op == OP_APP_GRANT || ev->leaf->op == OP_APP_REVOKE)
		return RELATION_USE;
	if (key != 0 && ocsf_number(ev, key, &value))
		return value > 0 && value < RELATION_MAX ? (unsigned)value : 0;
	for (size_t i = 0; i < ev->object->n_ended && relation == 0; i++)
		relation = relation_of_grant(ev, ev->object->ended[i]);
	return relation;
}

void
ocsf_find_user(const struct ocsf_event *ev, struct ocsf_thing *ret_thing)
{
	uint64_t ref;
	enum kind kind;

	if (ocsf_made(ev, BIT(KIND_PRINCIPAL), &ref, &kind)) {
		ocsf_find(ev, kind, ref, 0, ret_thing);
		return;
	}
	*ret_thing = ev->target.kind == KIND_PRINCIPAL || ev->grantee.ref == 0
	                 ? ev->target
	                 : ev->grantee;
	/* A credential is no user: whose it is, is not told. */
	if (ret_thing->kind != KIND_PRINCIPAL && ret_thing->kind != KIND_NONE)
		*ret_thing = (struct ocsf_thing){.since = -1};
	if (ret_thing->ref == 0 && ev->on.kind == KIND_PRINCIPAL)
		*ret_thing = ev->on;
	for (size_t i = 0; i < ev->object->n_ended && ret_thing->ref == 0;
	     i++) {
		ocsf_find(ev, KIND_NONE, ev->object->ended[i], 0, ret_thing);
		if (ret_thing->kind != KIND_PRINCIPAL)
			*ret_thing = (struct ocsf_thing){.since = -1};
	}
}
