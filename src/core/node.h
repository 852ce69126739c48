/* Folders and files, as rows. */
#ifndef CORE_NODE_H
#define CORE_NODE_H

#include "base/slice.h"
#include "op/id.h"

struct place;

/* What a folder is for. */
enum node_role {
	NODE_PLAIN,
	NODE_SPACE, /* the top of what a principal has; nobody lists it */
	NODE_HOME,  /* the folder in it that holds their files */
	NODE_TRASH, /* the folder in it that holds what they threw away */
};

enum {
	NODE_NAME_MAX = 255,
	NODE_KEY_MAX = 4 * NODE_NAME_MAX,
};

struct node_row {
	uint64_t id;
	enum kind kind; /* KIND_FOLDER or KIND_FILE */
	enum node_role role;
	uint64_t parent, edge; /* the folder, and the row that says so */
	struct slice name;
	struct slice key; /* names of equal keys are equal */
	uint64_t named;   /* the leaf that gave the name */
	uint64_t space;   /* the principal whose it is */
	uint64_t version; /* of a file, its current one */
	uint64_t size;
	struct slice type;
	int64_t created, modified;
	uint64_t changed;    /* the leaf that changed it last */
	uint64_t was_parent; /* where it lay before it was thrown away */
	struct slice was_name;
	uint64_t ended;
	uint64_t canary; /* whose it is, where nobody needs it; 0: it is none */
};

/* Its texts stand in the call's arena. E_NOT_FOUND, E_NOMEM. */
int node_load(struct place *place, uint64_t id, struct node_row *ret_node);

/* The file that a canary was planted with. E_NOT_FOUND. */
int node_of_canary(
    struct place *place, uint64_t principal, struct node_row *ret_node);

/* The live node of that name in a folder. E_NOT_FOUND. */
int node_find(struct place *place, uint64_t folder, struct slice key,
    struct node_row *ret_node);

/*
 * The live nodes in a folder behind a key, in the order of keys, at most limit:
 * node_list_next gives 1 and a row, or 0, or an error; node_list_done ends it
 * early.
 */
int node_list(
    struct place *place, uint64_t folder, struct slice after, size_t limit);
int node_list_next(struct place *place, struct node_row *ret_node);
void node_list_done(struct place *place);

/*
 * The same of what lies in a trash, thrown there before a place was made, the
 * last first.
 */
int node_trashed(
    struct place *place, uint64_t trash, uint64_t before, size_t limit);
int node_trashed_next(struct place *place, struct node_row *ret_node);

/*
 * The key of a name: equal for names that are equal in NFC. E_NAME where it
 * can't be a name: empty, over 255 bytes, "." or "..", with '/', NUL or control
 * characters, or not UTF-8.
 */
int node_key(struct place *place, struct slice name, struct slice *ret_key);

/*
 * Follows a path from a folder, segment by segment; an empty one is the folder
 * itself. E_NOT_FOUND.
 */
int node_walk(struct place *place, uint64_t folder, struct slice path,
    struct node_row *ret_node);

#endif
