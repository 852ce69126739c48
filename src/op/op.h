/*
 * The table of operations (op.def). Policy stands in the row; core's dispatcher
 * enforces it; handlers never decide who may.
 */
#ifndef OP_OP_H
#define OP_OP_H

#include "op/shape.h"

#define BIT(n) ((uint64_t)1 << (n))

enum op_number {
	OP_NONE,
#define SYSTEM(number, NAME, ...) OP_##NAME = (number),
#define WRITE(number, NAME, handler, args, result, ...) OP_##NAME = (number),
#define READ(number, NAME, handler, args, result, ...) OP_##NAME = (number),
#include "op/op.def"
	OP_MAX,
};

enum {
	OP_OBJECTS_MAX = 500, /* that one call may name */
	OP_NEEDS_MAX = 2,
};

enum op_effect {
	OP_EFFECT_UNSET,
	OP_SYSTEM, /* by the server itself, never by a client */
	OP_WRITE,
	OP_READ,
};

/* On what a relation is needed. */
enum op_on {
	OP_ON_UNSET,
	OP_ON_ORG,
	OP_ON_SELF,
	OP_ON_OPEN,  /* nothing: the argument itself proves who it is */
	OP_ON_FIELD, /* an id in the argument */
	OP_ON_PLACE, /* an id there, or else the path */
	OP_ON_STATE, /* what the state of things names: found by the handler */
};

/* Whether somebody else must approve it (core/approval.h). */
enum op_second {
	OP_SECOND_NONE,
	OP_SECOND_ALWAYS,
	OP_SECOND_OR_DAY, /* or a day has passed, in which nobody refused */
	OP_SECOND_SELF,   /* where the caller gives themselves something */
};

struct op_need {
	enum op_on on;
	unsigned relation; /* RELATION_* */
	/* Offsets in the argument of ON_FIELD and ON_PLACE. */
	uint32_t has, at, has_path, path;
	const char *field;
};

struct op {
	uint16_t number;
	uint16_t rev;
	const char *name;
	const char *doc;
	const char *why; /* of a SYSTEM row: why no client does it */
	enum op_effect effect;
	unsigned family; /* FAMILY_* */
	uint16_t max;    /* objects a call */
	struct op_need need[OP_NEEDS_MAX];
	/* The role may also be had in the unit that this argument names, or
	 * that what it names belongs to. */
	struct {
		uint32_t has, at;
		const char *field;
	} unit;
	unsigned or_org; /* a role in the organisation that does instead */
	bool stepup;     /* of a person: confirmed within 5 minutes */
	/* Two people: whom it concerns is a principal that the argument names.
	 */
	struct {
		enum op_second when;
		uint32_t at;
		const char *field;
	} second;
	bool asks;    /* what the keeper says of its secrets is an argument */
	bool urgent;  /* served from the reserve when the storage is full */
	bool revokes; /* takes authority away */
	uint64_t makes, ends; /* BIT(KIND_*) */
	uint32_t ocsf;        /* class * 100 + activity: OCSF's type_uid */
	const struct shape *args, *result;
};

/* The row of a number, NULL where there is none. */
const struct op *op_get(uint64_t number);

/* The row of a name, NULL where there is none. */
const struct op *op_find(struct slice name);

/* All rows: for (const struct op *op = NULL; (op = op_next(op)) != NULL;). */
const struct op *op_next(const struct op *op);

static inline bool
op_opens_stream(const struct op *op)
{
	return (op->makes & BIT(KIND_STREAM)) != 0;
}

/* It needs no session: its argument proves who it is, or asks nothing. */
static inline bool
op_is_open(const struct op *op)
{
	return op->need[0].on == OP_ON_OPEN;
}

/*
 * The table, its shapes and its words as JSON, the same for the same build:
 * what a catalogue leaf names by its digest, and what strangers decode leaves
 * by.
 */
void op_put_catalogue(struct buf *buf);

#endif
