/*
 * The database seam: a connection, the statements of sql.def, rows. SQLite
 * stands behind it now; the statements are such as PostgreSQL takes too, with
 * parameters by number ($1), which go through a map, since SQLite takes $1 for
 * a name.
 *
 * There is one writing connection in the process (the writer's), and any number
 * of reading ones, each used by one thread at a time. What a reading one sees
 * between db_begin and db_end is one snapshot.
 *
 * Errors: E_FULL, E_NOMEM, E_CORRUPT, E_BUSY, E_IO; E_UNKNOWN from db_commit.
 */
#ifndef STORE_DB_H
#define STORE_DB_H

#include "base/base.h"
#include "base/slice.h"

enum sql {
#define SQL(name, text) SQL_##name,
#include "store/sql.def"
#undef SQL
	SQL_MAX,
};

enum db_mode {
	DB_WRITER, /* makes the file if there is none */
	DB_READER,
};

struct db;
struct stmt;

/*
 * Opens the database file `name` in the process's working folder, so that no
 * path above it need be reachable. The settings that durability rests on are
 * set and read back: E_CORRUPT where one doesn't hold.
 */
int db_open(const char *name, enum db_mode mode, struct db **ret_db);
void db_close(struct db **db);

/* Runs statements that give no rows, e.g. a migration. */
int db_script(struct db *db, const char *sql);

/* A writing transaction (of the writer) or a snapshot (of a reader). */
int db_begin(struct db *db);

/*
 * Ends a writing transaction: 0 when it is on stable storage. Any error is
 * E_UNKNOWN: the commit may be there after the next start (SQLite may report an
 * error though its commit record was written: measured), so the process must
 * say "unknown" and exit, never go on.
 */
int db_commit(struct db *db);

/* Undoes a writing transaction; never after db_commit. */
void db_rollback(struct db *db);

/* Ends a snapshot. */
void db_end(struct db *db);

/*
 * A statement of the table, prepared on first use, ready for its parameters. At
 * most one use of each is under way on a connection; stmt_done ends it. NULL
 * where it can't be prepared: the error is then told by stmt_step, so callers
 * need no check here.
 */
struct stmt *db_stmt(struct db *db, enum sql sql);

void stmt_u64(struct stmt *stmt, unsigned number, uint64_t value);
void stmt_i64(struct stmt *stmt, unsigned number, int64_t value);
/* The bytes must stay until stmt_done. */
void stmt_bytes(struct stmt *stmt, unsigned number, struct slice value);
void stmt_text(struct stmt *stmt, unsigned number, struct slice value);
void stmt_null(struct stmt *stmt, unsigned number);

/* 1: a row; 0: no more, and the statement is done; else an error, and done. */
int stmt_step(struct stmt *stmt);

/* Runs a statement that gives no rows. */
int stmt_run(struct stmt *stmt);

/* Ends the use of a statement whose rows were not all read. */
void stmt_done(struct stmt *stmt);

/* Columns of the row, from 0. Slices stay until the next step. */
uint64_t stmt_col_u64(struct stmt *stmt, int column);
int64_t stmt_col_i64(struct stmt *stmt, int column);
struct slice stmt_col_bytes(struct stmt *stmt, int column);
bool stmt_col_null(struct stmt *stmt, int column);

/* Rows changed by the last statement. */
uint64_t db_changes(struct db *db);

/*
 * Before anything else at a start: writes the bytes of the write-ahead log anew
 * (a copy, put in its place), syncs, checkpoints and syncs, so that what a
 * failed sync left in memory only is either on the disk or not there at all.
 * The log keeps its size: it is filled up to wal_bytes, so that commits need no
 * new blocks.
 */
int db_recover(const char *name, uint64_t wal_bytes);

/*
 * Moves pages of the write-ahead log into the database, as far as readers let
 * it; with `all`, waits for them a moment, so that the log starts over with the
 * next commit: E_BUSY where one takes longer (a backup, say). Not within a
 * transaction. ret_wal_bytes: how much of the log holds frames that are not
 * moved yet.
 */
int db_checkpoint(struct db *db, bool all, uint64_t *ret_wal_bytes);

/* How much of the write-ahead log the last commit of this connection left used.
 */
uint64_t db_wal_bytes(const struct db *db);

/*
 * Copies the database as of this snapshot (db_begin) to another file, which it
 * makes, and syncs it. The errors of the seam.
 */
int db_copy(struct db *db, const char *to);

/*
 * Has the engine check its own structure: `found` is told of each problem. How
 * many there are (100 at most), or an error.
 */
int
db_check(struct db *db, void (*found)(void *arg, struct slice text), void *arg);

#endif
