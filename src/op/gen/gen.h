/*
 * opgen: what is made of the tables for people and for other languages. What it
 * prints is committed, so that it can be read without a build; a test compares.
 */
#ifndef OP_GEN_GEN_H
#define OP_GEN_GEN_H

#include "base/buf.h"
#include "base/slice.h"

/*
 * The API page: a template's lines, with those of the form "@NAME" replaced by
 * what the tables say. E_INVALID where a name is unknown, or an operation that
 * clients may call has no example.
 */
int gen_put_api(struct slice template, struct buf *buf);

/* The TypeScript types. */
void gen_put_types(struct buf *buf);

#endif
