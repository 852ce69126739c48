#include "core/sound.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

#include "core/record.h"
#include "op/op.h"

/* ---- rows
 * ------------------------------------------------------------------- */

void
sound_take(enum kind kind, struct stmt *stmt, struct sound_row *ret_row)
{
	struct sound_row row = {.kind = kind,
	    .ref = stmt_col_u64(stmt, 0),
	    .ended = stmt_col_i64(stmt, 1)};
	struct slice digest;

	switch (kind) {
	case KIND_PRINCIPAL:
		row.principal = row.ref;
		row.sort = (unsigned)stmt_col_u64(stmt, 2);
		break;
	case KIND_CREDENTIAL:
		row.principal = stmt_col_u64(stmt, 2);
		row.sort = (unsigned)stmt_col_u64(stmt, 3);
		row.families = stmt_col_u64(stmt, 4);
		row.read_only = stmt_col_u64(stmt, 5) != 0;
		row.object = stmt_col_u64(stmt, 6);
		row.object_kind = KIND_FOLDER;
		row.expires = stmt_col_i64(stmt, 7);
		break;
	case KIND_SESSION:
		row.principal = stmt_col_u64(stmt, 2);
		row.credential = stmt_col_u64(stmt, 3);
		row.second = stmt_col_u64(stmt, 4);
		row.sort = (unsigned)stmt_col_u64(stmt, 5);
		row.expires = stmt_col_i64(stmt, 6);
		break;
	case KIND_GRANT:
		row.object_kind = (enum kind)stmt_col_u64(stmt, 2);
		row.object = stmt_col_u64(stmt, 3);
		row.sort = (unsigned)stmt_col_u64(stmt, 4);
		row.principal = stmt_col_u64(stmt, 5);
		row.expires = stmt_col_i64(stmt, 6);
		break;
	case KIND_UNIT:
		row.object = stmt_col_u64(stmt, 2);
		row.object_kind = KIND_UNIT;
		break;
	case KIND_REQUEST:
		row.principal = stmt_col_u64(stmt, 2);
		row.session = stmt_col_u64(stmt, 3);
		row.sort = (unsigned)stmt_col_u64(stmt, 4);
		digest = stmt_col_bytes(stmt, 5);
		if (digest.n == SHA256_BYTES)
			memcpy(row.digest.b, digest.p, digest.n);
		row.object = stmt_col_u64(stmt, 6);
		row.object_kind = KIND_PRINCIPAL;
		row.expires = stmt_col_i64(stmt, 7);
		row.ripe = stmt_col_i64(stmt, 8);
		row.approved = stmt_col_u64(stmt, 9);
		row.approver = stmt_col_u64(stmt, 10);
		row.approver_session = stmt_col_u64(stmt, 11);
		break;
	case KIND_UPLOAD:
		row.principal = stmt_col_u64(stmt, 2);
		row.expires = stmt_col_i64(stmt, 3);
		break;
	case KIND_STREAM:
		row.ref = ref_make(row.ref, stmt_col_u64(stmt, 2));
		row.principal = stmt_col_u64(stmt, 3);
		row.session = stmt_col_u64(stmt, 4);
		row.sort = (unsigned)stmt_col_u64(stmt, 5);
		row.object_kind = (enum kind)stmt_col_u64(stmt, 6);
		row.object = stmt_col_u64(stmt, 7);
		break;
	case KIND_NONE:
	case KIND_ORG:
	case KIND_FOLDER:
	case KIND_FILE:
	case KIND_VERSION:
	case KIND_EDGE:
	case KIND_BLOB:
	case KIND_APP:
	case KIND_INCIDENT:
	case KIND_NODE:
	case KIND_MAX:
		BUG_ON(true);
	}
	*ret_row = row;
}

static bool
made(const struct leaf_object *o, enum kind kind, uint64_t place)
{
	for (size_t i = 0; i < o->n_made && o->outcome == 0; i++)
		if (o->made[i].place == place && o->made[i].kind == kind)
			return true;
	return false;
}

const struct leaf_object *
sound_made(const struct leaf *leaf, enum kind kind, uint64_t ref)
{
	if (leaf->outcome != 0 || leaf->sequence != ref_sequence(ref))
		return NULL;
	for (size_t i = 0; i < leaf->n_objects; i++)
		if (made(&leaf->objects[i], kind, ref_place(ref)))
			return &leaf->objects[i];
	return NULL;
}

/* ---- a row against its leaf ------------------------------------------------
 */

struct compared {
	const struct leaf *leaf;
	const struct leaf_object *object;
	const struct sound_row *row;
	const struct id_key *key;
	void (*differs)(void *arg, const char *what);
	void *arg;
};

static void
want(const struct compared *c, bool holds, const char *what)
{
	if (!holds)
		c->differs(c->arg, what);
}

static bool
get_number(const struct compared *c, uint64_t key, uint64_t *ret)
{
	const struct leaf_object *o = c->object;

	for (size_t i = 0; i < o->n_numbers; i++)
		if (o->numbers[i].key == key) {
			*ret = (uint64_t)o->numbers[i].value;
			return true;
		}
	return false;
}

/* What the leaf says, where it says it, is what the row has. */
static void
want_number(
    const struct compared *c, uint64_t key, uint64_t value, const char *what)
{
	uint64_t recorded;

	want(c, !get_number(c, key, &recorded) || recorded == value, what);
}

/* The same of an argument that counts as 0 where it wasn't given. */
static void
want_argument(
    const struct compared *c, uint64_t key, uint64_t value, const char *what)
{
	uint64_t recorded = 0;

	(void)get_number(c, key, &recorded);
	want(c, recorded == value, what);
}

/* An id that stands in the leaf as the client gave it; value 0: none. */
static void
want_id(const struct compared *c, uint64_t key, enum kind kind, uint64_t value,
    const char *what)
{
	struct slice recorded = SLICE("");
	struct buf text = BUF(ID_TEXT_BYTES);

	for (size_t i = 0; i < c->object->n_bytes; i++)
		if (c->object->bytes[i].key == key)
			recorded = c->object->bytes[i].value;
	if (value != 0)
		id_put_text(
		    &text, (struct id){id_permute(c->key, value), kind});
	want(c, slice_eq(recorded, buf_slice(&text)), what);
	buf_free(&text);
}

/* Made by the same object of the same leaf. */
static bool
made_with(const struct compared *c, enum kind kind, uint64_t ref)
{
	return ref_sequence(ref) == c->leaf->sequence &&
	       made(c->object, kind, ref_place(ref));
}

/*
 * Whose a credential or a session is: who the leaf names, else who did it; and
 * what the installation, or a link, came with is its own.
 */
static void
want_owner(const struct compared *c)
{
	uint64_t principal = c->row->principal, named;

	if (c->leaf->op == OP_CEREMONY_INSTALL || c->leaf->op == OP_LINK_MAKE)
		want(c, made_with(c, KIND_PRINCIPAL, principal),
		    "its principal");
	else if (c->leaf->op != OP_TOTP_BEGIN &&
		 get_number(c, FACT_TARGET, &named))
		want(c, named == principal, "its principal");
	else
		want(c, c->leaf->principal == principal, "its principal");
}

static void
compare_principal(const struct compared *c)
{
	unsigned sort = c->row->sort;

	switch (c->leaf->op) {
	case OP_PRINCIPAL_CREATE:
		want_number(c, 1, sort, "its kind");
		break;
	case OP_GROUP_CREATE:
	case OP_APP_INSTALL:
		want(c, sort == PRINCIPAL_GROUP, "its kind");
		break;
	case OP_CEREMONY_INSTALL:
		want(c, sort == PRINCIPAL_CEREMONY, "its kind");
		break;
	case OP_LINK_MAKE:
		want(c, sort == PRINCIPAL_LINK, "its kind");
		break;
	case OP_CANARY_INSTALL:
	case OP_CANARY_PLANT:
		want(c, sort == PRINCIPAL_PERSON, "its kind");
		break;
	default:
		break;
	}
}

static void
compare_credential(const struct compared *c)
{
	const struct sound_row *row = c->row;
	uint64_t op = c->leaf->op;

	want_owner(c);
	if (op == OP_TOKEN_ISSUE || op == OP_CEREMONY_INSTALL)
		want(c, row->sort == CREDENTIAL_TOKEN, "its kind");
	want_number(c, FACT_CREDENTIAL_KIND, row->sort, "its kind");
	want_number(c, FACT_FAMILIES, row->families, "its scope");
	want_number(c, FACT_EXPIRES, (uint64_t)row->expires, "its expiry");
	if (op == OP_TOKEN_ISSUE) {
		want_argument(c, 4, row->read_only, "its scope");
		want_id(c, 5, KIND_FOLDER, row->object, "its scope");
	} else if (op == OP_APP_PASSWORD_ISSUE) {
		want_argument(c, 3, row->read_only, "its scope");
		want_id(c, 4, KIND_FOLDER, row->object, "its scope");
	}
}

/* It may have been confirmed by something better since. */
static bool
is_as_sure(unsigned recorded, unsigned now)
{
	return now == recorded || now == ASSURANCE_PASSKEY ||
	       (recorded == ASSURANCE_PASSWORD && now == ASSURANCE_TWO);
}

static void
compare_session(const struct compared *c)
{
	const struct sound_row *row = c->row;
	const struct leaf *leaf = c->leaf;
	size_t n = leaf->n_credentials;
	uint64_t assurance;

	want_owner(c);
	want_number(c, FACT_EXPIRES, (uint64_t)row->expires, "its expiry");
	/* A secret that is a credential and its only session. */
	if (made_with(c, KIND_CREDENTIAL, row->credential)) {
		want(c, row->second == 0, "its second credential");
		want(c, row->sort == ASSURANCE_SECRET, "its assurance");
		return;
	}
	want(c, n > 0 && leaf->credentials[0] == row->credential,
	    "its credential");
	want(c, row->second == (n > 1 ? leaf->credentials[1] : 0),
	    "its second credential");
	if (get_number(c, FACT_ASSURANCE, &assurance))
		want(c, is_as_sure((unsigned)assurance, row->sort),
		    "its assurance");
}

/* The owner of a new space; and who may read what a canary has there. */
static void
compare_made_with(const struct compared *c)
{
	const struct sound_row *row = c->row;

	if (c->leaf->op == OP_CANARY_PLANT && row->object_kind == KIND_FILE)
		want_id(c, 4, KIND_PRINCIPAL, row->principal, "its principal");
	else
		want(c, made_with(c, KIND_PRINCIPAL, row->principal),
		    "its principal");
	want(c, made_with(c, row->object_kind, row->object), "its object");
	want(c, row->expires == 0, "its expiry");
}

/* Rights: whose they are, on what, and which. */
static void
compare_grant(const struct compared *c)
{
	const struct sound_row *row = c->row;
	uint64_t expires = (uint64_t)row->expires, n = 0;

	want_number(c, FACT_GRANTEE, row->principal, "its principal");
	switch (c->leaf->op) {
	case OP_APP_GRANT:
		want_number(c, FACT_TARGET, row->object, "its app");
		want_argument(c, 3, expires, "its expiry");
		want(c,
		    row->object_kind == KIND_APP && row->sort == RELATION_USE,
		    "its relation");
		break;
	case OP_MEMBER_ADD:
		want_number(c, FACT_TARGET, row->object, "its group");
		want_argument(c, 3, expires, "its expiry");
		want(c,
		    row->object_kind == KIND_PRINCIPAL &&
			row->sort == RELATION_MEMBER,
		    "its relation");
		break;
	case OP_SHARE_GRANT:
		want_argument(c, 3, row->sort, "its relation");
		want_argument(c, 4, expires, "its expiry");
		want(c,
		    row->object_kind == c->object->kind &&
			row->object == c->object->ref,
		    "its object");
		break;
	case OP_LINK_MAKE:
		want_argument(c, 2, row->sort, "its relation");
		want_number(c, FACT_EXPIRES, expires, "its expiry");
		want(c, made_with(c, KIND_PRINCIPAL, row->principal),
		    "its principal");
		want(c,
		    row->object_kind == c->object->kind &&
			row->object == c->object->ref,
		    "its object");
		break;
	case OP_ROLE_GRANT:
		want_argument(c, 2, row->sort, "its relation");
		want_argument(c, 3, expires, "its expiry");
		/* A role in a unit names it beside the organisation. */
		want(c,
		    row->object ==
			(get_number(c, FACT_TARGET, &n) ? n : c->object->ref),
		    "its object");
		break;
	case OP_POLICY_EXCEPT:
		want_argument(c, 2, row->sort, "its relation");
		want_argument(c, 3, expires, "its expiry");
		want(c, row->object == c->object->ref, "its object");
		break;
	case OP_CANARY_INSTALL:
	case OP_CANARY_PLANT:
	case OP_CEREMONY_INSTALL:
	case OP_PRINCIPAL_CREATE:
		compare_made_with(c);
		break;
	case OP_APP_INSTALL:
		want(c, made_with(c, KIND_PRINCIPAL, row->principal),
		    "its principal");
		want(c, row->object_kind == KIND_APP, "its app");
		want(c, row->sort == RELATION_USE, "its relation");
		break;
	default:
		want_number(c, FACT_EXPIRES, expires, "its expiry");
		break;
	}
	/* Where several were made, which of them it is isn't told. */
	if (get_number(c, FACT_RELATIONS, &n))
		want(c, row->sort < 64 && (n & BIT(row->sort)), "its relation");
}

static void
compare_request(const struct compared *c)
{
	const struct sound_row *row = c->row;

	want(c, row->principal == c->leaf->principal, "its asker");
	want(c, row->session == c->leaf->session, "its session");
	want_argument(c, FACT_ASKED, row->sort, "its operation");
	want_argument(c, FACT_TARGET, row->object, "whom it is about");
	want_argument(c, FACT_EXPIRES, (uint64_t)row->expires, "its expiry");
	want_argument(c, FACT_RIPE, (uint64_t)row->ripe, "when it is ripe");
	for (size_t i = 0; i < c->object->n_bytes; i++)
		if (c->object->bytes[i].key == FACT_DIGEST)
			want(c,
			    slice_eq(c->object->bytes[i].value,
				digest_slice(&row->digest)),
			    "what it asks for");
}

void
sound_compare_approval(const struct leaf *leaf, const struct sound_row *row,
    void (*differs)(void *arg, const char *what), void *arg)
{
	bool names = false;

	for (size_t i = 0; i < leaf->n_objects && leaf->outcome == 0; i++) {
		const struct leaf_object *o = &leaf->objects[i];

		for (size_t k = 0; k < o->n_from && o->outcome == 0; k++)
			names |= o->from[k] == row->ref;
	}
	if (leaf->op != OP_APPROVAL_GIVE || !names)
		differs(arg, "its approval");
	else if (leaf->principal != row->approver ||
		 leaf->session != row->approver_session)
		differs(arg, "who approved it");
}

void
sound_compare(const struct leaf *leaf, const struct leaf_object *object,
    const struct sound_row *row, const struct id_key *key,
    void (*differs)(void *arg, const char *what), void *arg)
{
	const struct compared c = {leaf, object, row, key, differs, arg};

	switch (row->kind) {
	case KIND_PRINCIPAL:
		compare_principal(&c);
		break;
	case KIND_CREDENTIAL:
		compare_credential(&c);
		break;
	case KIND_SESSION:
		compare_session(&c);
		break;
	case KIND_GRANT:
		compare_grant(&c);
		break;
	case KIND_REQUEST:
		compare_request(&c);
		break;
	case KIND_UNIT:
		want_id(&c, 2, KIND_UNIT, row->object, "the unit above it");
		break;
	case KIND_STREAM:
		want(&c, row->session == leaf->session, "its session");
		want(&c, row->sort == leaf->op, "its operation");
		want(&c, row->object == object->ref, "its object");
		want(&c, row->principal == leaf->principal, "its principal");
		break;
	case KIND_UPLOAD:
		want(&c, row->principal == leaf->principal, "its principal");
		break;
	case KIND_NONE:
	case KIND_ORG:
	case KIND_FOLDER:
	case KIND_FILE:
	case KIND_VERSION:
	case KIND_EDGE:
	case KIND_BLOB:
	case KIND_APP:
	case KIND_INCIDENT:
	case KIND_NODE:
	case KIND_MAX:
		BUG_ON(true);
	}
}

/* ---- the way up ------------------------------------------------------------
 */

/* A session or credential that leaves rest on. */
struct cited {
	struct cited *next; /* of the walk that met it last */
	uint64_t ref;
	enum kind kind;
	uint64_t walk;     /* which one that was */
	uint64_t ceremony; /* 0: not known to lead to one */
};

/* One way up: all that is met, in the order in which it is looked at. */
struct walk {
	struct sound_ways *ways;
	struct cited *first, **end;
	uint64_t ceremony; /* the first one that was found */
	struct sound_problem *problem;
};

static int
    PRINTF_LIKE(2, 3) no_way(const struct walk *walk, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	(void)vsnprintf(
	    walk->problem->text, sizeof(walk->problem->text), format, args);
	va_end(args);
	return 0;
}

static void
found_ceremony(struct walk *walk, uint64_t sequence)
{
	if (walk->ceremony == 0)
		walk->ceremony = sequence;
}

/* 1: it was noted, or is known; 0: it can't be so; or an error. */
static int
cite(struct walk *walk, const struct leaf *leaf, enum kind kind, uint64_t ref)
{
	struct sound_ways *ways = walk->ways;
	struct cited *cited = map_get(&ways->known, ref);
	int r;

	/* What a record rests on was there before it: so no walk goes round. */
	if (ref_sequence(ref) >= leaf->sequence)
		return no_way(walk,
		    "record %" PRIu64 " rests on record %" PRIu64
		    ", which isn't older",
		    leaf->sequence, ref_sequence(ref));
	if (cited == NULL) {
		cited = arena_alloc(ways->arena, sizeof(*cited));
		if (cited == NULL)
			return E_NOMEM;
		*cited = (struct cited){.ref = ref, .kind = kind};
		if ((r = map_put(&ways->known, ref, cited)) < 0)
			return r;
	}
	if (cited->kind != kind)
		return no_way(walk, "record %" PRIu64 " takes a %s for a %s",
		    leaf->sequence, kind_text(cited->kind), kind_text(kind));
	if (cited->ceremony != 0) {
		found_ceremony(walk, cited->ceremony);
	} else if (cited->walk != ways->walk) {
		cited->walk = ways->walk;
		cited->next = NULL;
		*walk->end = cited;
		walk->end = &cited->next;
	}
	return 1;
}

/* What the server does by itself behind the ceremony is a part of it. */
static bool
is_ceremony(uint64_t op)
{
	return op == OP_CEREMONY_INSTALL || op == OP_APP_INSTALL ||
	       op == OP_CANARY_INSTALL;
}

/* What one leaf rests on. 1, 0 and why not, or an error. */
static int
step(struct walk *walk, const struct leaf *leaf)
{
	int r = 1;

	if (is_ceremony(leaf->op)) {
		found_ceremony(walk, leaf->sequence);
		return 1;
	}
	if (leaf->session == 0 && leaf->n_credentials == 0)
		return no_way(walk,
		    "record %" PRIu64
		    " names nobody who did it, and is no ceremony",
		    leaf->sequence);
	if (leaf->session != 0)
		r = cite(walk, leaf, KIND_SESSION, leaf->session);
	for (size_t i = 0; i < leaf->n_credentials && r > 0; i++)
		r = cite(walk, leaf, KIND_CREDENTIAL, leaf->credentials[i]);
	for (size_t i = 0; i < leaf->n_approved && r > 0; i++)
		r = cite(walk, leaf, KIND_SESSION, leaf->approved[i]);
	return r;
}

int
sound_load(struct sound_ways *ways, struct arena *arena, uint64_t sequence,
    struct leaf *ret_leaf, struct sound_problem *reterr_problem)
{
	int r;

	if (ways->looked_at++ >= ways->most)
		return E_LIMIT;
	r = record_read(ways->db, arena, sequence, ret_leaf);
	if (r == 0 && ret_leaf->sequence == sequence)
		return 1;
	if (r < 0 && r != E_NOT_FOUND && r != E_CORRUPT)
		return r;
	(void)snprintf(reterr_problem->text, sizeof(reterr_problem->text),
	    "record %" PRIu64 " %s", sequence,
	    r == E_NOT_FOUND ? "doesn't exist" : "is damaged");
	return 0;
}

/* Looks at the leaf that made what was cited. */
static int
climb(struct walk *walk, const struct cited *cited)
{
	struct arena scratch = {NULL};
	struct leaf leaf;
	int r = sound_load(walk->ways, &scratch, ref_sequence(cited->ref),
	    &leaf, walk->problem);

	if (r > 0)
		r = sound_made(&leaf, cited->kind, cited->ref) != NULL
		        ? step(walk, &leaf)
		        : no_way(walk,
			      "it leads up to a %s that record %" PRIu64
			      " never made",
			      kind_text(cited->kind), leaf.sequence);
	arena_free(&scratch);
	return r;
}

int
sound_way_up(struct sound_ways *ways, const struct leaf *leaf,
    uint64_t *ret_ceremony, struct sound_problem *reterr_problem)
{
	struct walk walk = {.ways = ways, .problem = reterr_problem};
	int r;

	ways->walk++;
	walk.end = &walk.first;
	r = step(&walk, leaf);
	for (struct cited *c = walk.first; c != NULL && r > 0; c = c->next)
		r = climb(&walk, c);
	/* Each of them has led up, or none is known to. */
	for (struct cited *c = walk.first; c != NULL && r > 0; c = c->next)
		c->ceremony = walk.ceremony;
	if (r > 0)
		*ret_ceremony = walk.ceremony;
	return r;
}

void
sound_ways_free(struct sound_ways *ways)
{
	map_free(&ways->known);
}
