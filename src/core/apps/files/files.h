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
	uint64_t by; /* who has stored them; 0: the caller */
};

/* What is stored in a space, and how much it may be: 0 for no limit. */
struct files_usage {
	uint64_t used, limit;
	bool own;   /* the limit was set for it; else it is the default */
	bool guest; /* and that of those from outside */
};

/* E_NOT_FOUND where there is no such principal. */
int files_usage(struct run *run, uint64_t space, struct files_usage *ret_usage);

/* E_OVER_QUOTA where a space has no room for so many bytes more. */
int files_check_quota(struct run *run, uint64_t space, uint64_t size);

/*
 * Finds the bytes that an argument names: exactly one of content and upload,
 * none of them being no bytes. E_INVALID, E_NOT_FOUND, E_STATE, E_OVER_QUOTA
 * where the space has no room for them.
 */
int files_find_bytes(struct run *run, uint64_t space, struct slice content,
    bool has_upload, struct id upload, struct files_bytes *ret_bytes);

/* A version of a file, its texts in the call's arena. */
struct version_row {
	uint64_t id, file, principal, size, blob, ended;
	struct slice type, digest, label;
	int64_t created, modified;
};

/* E_NOT_FOUND. One that has ended is told, too. */
int files_load_version(
    struct run *run, uint64_t id, struct version_row *ret_version);

/* A new row of `version`, and with the upload it is used up. */
int files_put_version(struct run *run, uint64_t file, struct slice type,
    int64_t modified, const struct files_bytes *bytes, uint64_t *ret_version);

/*
 * The same with the bytes and type of a version that is there. Bytes in a blob
 * are not copied: it stays as long as any version names it, whose ever that is.
 */
int files_copy_version(struct run *run, uint64_t from, uint64_t file,
    int64_t modified, uint64_t *ret_version);

/* The version that is read from here on, of a file that was there before. */
struct files_current {
	uint64_t file, folder, space, version, size;
	struct slice type;
	int64_t modified;
};

int files_set_current(struct run *run, const struct files_current *next);

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

/* E_EXISTS where something other than the node itself has that name there. */
int files_check_free(
    struct run *run, uint64_t folder, struct slice key, uint64_t itself);

/*
 * Ends a folder or file at once, and with it the way to all that is in it.
 * Bytes go later, by the server's housekeeping.
 */
int files_purge(struct run *run, const struct node_row *node);

/* Nobody has a star on it from here on. */
int files_forget_stars(struct run *run, uint64_t node);

/* Describes something in a list of the caller's own: when they had it last. */
int files_list_own(struct run *run, const struct node_row *row, int64_t time,
    struct own_item *ret_item);

/* For qsort, of uint64_t. */
int files_by_number(const void *pa, const void *pb);

/*
 * Whom rights are given to that the caller has: themselves, and the groups that
 * they are in. In ascending order, in the call's arena.
 */
int
files_subjects(struct run *run, const uint64_t **ret_subjects, size_t *ret_n);

/* Who wrote a record, and when: for what was made or ended by it. */
struct files_author {
	uint64_t principal; /* 0: the server itself */
	struct slice name;
	int64_t time;
};

int files_author(
    struct run *run, uint64_t sequence, struct files_author *ret_author);

/* Appends the names of the folders above a node, up to one that the caller may
 * not read or the top. */
int
files_put_path(struct run *run, const struct node_row *node, struct buf *path);

/*
 * Where a page goes on, as a client keeps it: a few references. It says no more
 * than the page did, so it needs no seal.
 */
int files_put_cursor(
    struct run *run, const uint64_t *parts, size_t n, struct slice *ret_cursor);
bool files_cursor(struct slice cursor, uint64_t *parts, size_t n);

/* Fills in the shape that describes a node. */
int files_describe(
    struct run *run, const struct node_row *row, struct node *ret_node);

#endif
