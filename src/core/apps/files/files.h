/* What the operations on files share. */
#ifndef CORE_APPS_FILES_FILES_H
#define CORE_APPS_FILES_FILES_H

#include "core/run.h"

enum {
	FILES_DEPTH_MAX = 64,     /* folders within folders */
	FILES_PURGED_DAYS = 30,   /* that purged bytes stay out of reach */
	FILES_UPLOAD_HOURS = 24,  /* that an upload waits to be used */
	FILES_INLINE_MAX = 32768, /* bytes kept in the database */
};

/* What the feed of changes says. */
enum files_change {
	FILES_CREATED = 1,
	FILES_UPDATED = 2,
	FILES_DESTROYED = 3,
};

/* The bytes that a version gets: in the argument, or an upload's. */
struct files_bytes {
	uint64_t size;
	struct digest digest;
	struct slice content; /* .p NULL: in the blob */
	uint64_t blob, upload;
};

/*
 * Finds the bytes that an argument names: exactly one of content and upload,
 * none of them being no bytes. E_INVALID, E_NOT_FOUND, E_STATE, E_OVER_QUOTA
 * where the space has no room for them.
 */
int files_find_bytes(struct run *run, uint64_t space, struct slice content,
    bool has_upload, struct id upload, struct files_bytes *ret_bytes);

/* A new row of `version`, and with the upload it is used up. */
int files_put_version(struct run *run, uint64_t file, struct slice type,
    int64_t modified, const struct files_bytes *bytes, uint64_t *ret_version);

struct files_new {
	enum kind kind;
	enum node_role role;
	uint64_t ref, parent, edge, space, version, size;
	struct slice name, key, type;
	int64_t modified;
};

/* A new row of `node`. */
int files_put_node(struct run *run, const struct files_new *node);

/* Notes a change for the feed, and bytes more or less for the quota. */
int files_changed(struct run *run, uint64_t space, enum kind kind,
    uint64_t node, enum files_change what, int64_t bytes);

/*
 * Whether something of that kind may be put in a folder. E_STATE: nothing is,
 * in the top of a space or in a trash; E_DEPTH: folders would nest too deep.
 */
int files_check_place(const struct object *folder, enum kind kind);

/* Fills in the shape that describes a node. */
int files_describe(
    struct run *run, const struct node_row *row, struct node *ret_node);

#endif
