/*
 * The files of the keeper's folder as text: lines of "name value", each with
 * its end. See log_key.h for what they hold.
 */
#ifndef KEEPER_KEY_FILE_H
#define KEEPER_KEY_FILE_H

#include "keeper/log_key.h"

/* "log.key"; seeds as they stand there, in hexadecimal. */
struct key_file {
	struct slice origin, seed;
	struct slice previous; /* empty: there is none */
};

/* E_CORRUPT. */
int key_file_read(struct slice text, struct key_file *ret_file);
void key_file_put(struct buf *buf, const struct key_file *file);

/* "signed". E_CORRUPT, E_NOMEM. */
int signed_file_read(struct slice text, struct log_key_signed *ret_signed);
void signed_file_put(struct buf *buf, const struct log_key_signed *in);

#endif
