/*
 * What a start does to the database before the threads run: the first start
 * installs, each start brings the schema up to date and takes the fence.
 */
#ifndef CORE_INSTALL_H
#define CORE_INSTALL_H

#include "core/core.h"
#include "store/db.h"

struct writer;

#define INSTALL_TOKEN_FILE "token"

/*
 * Takes the fence, and loads what core keeps of the database. *ret_new says
 * whether it is a first start. E_VERSION where the database is newer;
 * E_INCONSISTENT where the keeper's key is another log's.
 */
int install_open(
    struct db *db, struct core *core, const char *origin, bool *ret_new);

/* The ceremony: its leaf makes the organisation and its first principal. */
int install_ceremony(struct core *core, struct writer *writer);

/*
 * The apps, and the group of everyone, which may use them; and the group of
 * guests, which may use files: where they are missing.
 */
int install_apps(struct core *core, struct writer *writer);

/* The first canaries: once, where none were planted so far. */
int install_canaries(struct core *core, struct writer *writer);

/*
 * The leaves that each start writes: system.migrate where the schema was older
 * (in the transaction that does it), log.begin where an epoch begins,
 * key.rotate where the log has a new key, catalogue, start.
 */
int install_record_start(struct core *core, struct writer *writer);

/* The leaf of a stop in good order. */
int install_record_stop(struct writer *writer);

#endif
