/*
 * opgen: what is made of the tables for people and for other languages. What it
 * prints is committed, so that it can be read without a build; a test compares.
 */
#ifndef OP_GEN_GEN_H
#define OP_GEN_GEN_H

#include "base/buf.h"
#include "base/slice.h"

/* What a template's line "@NAME" is replaced by. */
struct gen_list {
	const char *name;
	int (*put)(struct buf *buf);
};

/* E_INVALID where a name is unknown. */
int gen_put_template(struct slice template, const struct gen_list *lists,
    size_t n, struct buf *buf);

/*
 * The API page. E_INVALID also where an operation that clients may call has no
 * example.
 */
int gen_put_api(struct slice template, struct buf *buf);

/* The TypeScript types of the operations. */
void gen_put_types(struct buf *buf);

/* The frames of open documents in TypeScript, and their codec. */
int gen_put_frames(struct slice template, struct buf *buf);

/* "file_create" and "FILE_CREATE" as "FileCreate". */
void gen_put_pascal(struct buf *buf, const char *name);

#endif
