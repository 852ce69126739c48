/* What the operations on incidents share. */
#ifndef CORE_APPS_INCIDENT_INCIDENT_H
#define CORE_APPS_INCIDENT_INCIDENT_H

#include "core/closure.h"
#include "core/run.h"

struct incident_row {
	uint64_t id;
	struct slice name; /* in the call's arena */
	uint64_t principal;
	int64_t opened;
	uint64_t contained, evicted, ended; /* leaves; 0: not yet */
	uint64_t proposed; /* the leaf that did; 0: no cut waits */
	uint64_t proposer, proposer_session;
};

/* E_NOT_FOUND. */
int
incident_load(struct run *run, uint64_t id, struct incident_row *ret_incident);

/* The same; E_STATE where it is closed. */
int incident_load_open(
    struct run *run, uint64_t id, struct incident_row *ret_incident);

/*
 * Whether the caller may be in the room at all: a person, signed in by a
 * passkey that can't leave its authenticator. E_ASSURANCE.
 */
int incident_check_caller(struct run *run);

/*
 * What descends from the incident's seeds as of a leaf. It stands in the call's
 * arena and must be freed. E_LINEAGE where the caller acts by something of it:
 * then nothing of it is theirs to see, nor to cut.
 */
int incident_closure(
    struct run *run, uint64_t id, uint64_t at, struct closure *ret_closure);

/* Whether a row lives: 1, 0, or an error. */
int incident_lives(struct run *run, const struct closure_row *row);

/* Whether it was spared by name, as only what may descend is: 1, 0, or an
 * error. */
int incident_spares(
    struct run *run, uint64_t incident, const struct closure_row *row);

/* The rows in the order of their references, in the call's arena. */
int incident_sorted(struct run *run, const struct closure *closure,
    const struct closure_row ***ret_rows);

/* The one of that reference among rows in that order, or NULL. */
const struct closure_row *
incident_among(const struct closure_row *const *rows, size_t n, uint64_t ref);

/* Somebody's name, where there is such a one. */
int incident_name(
    struct run *run, uint64_t principal, struct slice *ret_name, bool *ret_has);

/*
 * What tells a closure from any other: SHA-256 over a line for each row,
 * reference and verdict in decimal, in the order of the references.
 */
int incident_digest(
    struct run *run, const struct closure *closure, struct digest *ret_digest);

#endif
