/*
 * Alerts: records of their own, each right behind that of the operation which
 * was one too many. What raises one:
 *
 *	a canary is touched. A canary is a person whom nobody is, and a file of
 *	theirs that nobody needs: no operation has business with them. To name
 *	the person as an argument, to try and sign in by their name, to have
 *	the file as an object is to touch them, whatever comes of it. To come
 *	across them in a list of others is not, nor is what the log is asked
 *	about them, nor canary.*;
 *
 *	the counter of a passkey goes back: there may be a copy of it;
 *
 *	a session is used that a cut has ended (docs/EVICTION.md): somebody
 *tries to come back.
 *
 * An operation raises one at most. It is written in the transaction of the
 * record before it, which it cites: there is neither without the other. What a
 * client is told is the same with an alert as without.
 */
#ifndef CORE_ALERT_H
#define CORE_ALERT_H

#include "op/id.h"
#include "op/words.h"

struct node_row;
struct run;

/* What an operation is to be followed by. */
struct alert {
	unsigned about; /* ALERT_*; 0: there is none */
	enum kind kind; /* of what was touched */
	uint64_t ref, named;
	uint64_t target; /* what else it is about; 0: nothing */
	size_t objects;  /* of the operation's: so many touched something */
	size_t last;     /* the last one of them */
};

/* Notes one for the object under way, unless the operation has one already. */
void alert_note(struct run *run, const struct alert *alert);

/* The same where an id that the argument names is a canary's. */
int alert_named(struct run *run, const struct id *id);

/* The same where a name to sign in by is. */
int alert_signs_in(struct run *run, struct slice login);

/* The same where that folder or file is one. */
void alert_node(struct run *run, const struct node_row *node);

/* The same where the session that was borne had been ended by a cut. */
int alert_returns(struct run *run);

/* On the writer: writes the operation's alert behind its record, if any. */
int alert_raise(struct run *run);

#endif
