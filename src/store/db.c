#include "store/db.h"

#include <errno.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fault.h"
#include "base/file.h"
#include "base/log.h"
#include "base/mem.h"
#include "store/store_private.h"

enum {
	PARAMETERS_MAX = 24,
	FRAME_BYTES = 4096 + 24, /* a page in the write-ahead log */
	BUSY_MS = 5000,   /* a checkpointer and a writer meet for moments */
	RESTART_MS = 200, /* what a writer stands still for a reader */
	COPY_BYTES = 1 << 20,
	WAL_MODE = 0600,
};

static const char *const sql_texts[SQL_MAX] = {
#define SQL(name, text) [SQL_##name] = (text),
#include "store/sql.def"
#undef SQL
};

struct stmt {
	sqlite3_stmt *stmt;
	struct db *db;
	int error;                         /* of preparing or binding */
	uint8_t index[PARAMETERS_MAX + 1]; /* SQLite's index of each $n */
};

struct db {
	sqlite3 *sqlite;
	enum db_mode mode;
	uint64_t wal_bytes;
	struct stmt stmts[SQL_MAX];
};

static int
error_of(int code)
{
	switch (code & 0xff) {
	case SQLITE_OK:
	case SQLITE_ROW:
	case SQLITE_DONE:
		return 0;
	case SQLITE_FULL:
		return E_FULL;
	case SQLITE_NOMEM:
		return E_NOMEM;
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
		return E_BUSY;
	case SQLITE_CORRUPT:
	case SQLITE_NOTADB:
		return E_CORRUPT;
	case SQLITE_CONSTRAINT:
		return E_EXISTS;
	default:
		return E_IO;
	}
}

static int
run(struct db *db, const char *sql)
{
	int r = error_of(sqlite3_exec(db->sqlite, sql, NULL, NULL, NULL));

	if (r < 0)
		log_error("store.failed",
		    log_str(K_TEXT, sqlite3_errmsg(db->sqlite)), log_err(r));
	return r;
}

int
db_script(struct db *db, const char *sql)
{
	return run(db, sql);
}

/* Sets a pragma and reads it back: a typo in one would go unnoticed else. */
static int
pragma(struct db *db, const char *name, const char *value, const char *expect)
{
	char sql[128];
	sqlite3_stmt *stmt = NULL;
	const char *is = NULL;
	int r = 0;

	(void)snprintf(sql, sizeof(sql), "PRAGMA %s=%s", name, value);
	if ((r = run(db, sql)) < 0)
		return r;
	(void)snprintf(sql, sizeof(sql), "PRAGMA %s", name);
	if (sqlite3_prepare_v2(db->sqlite, sql, -1, &stmt, NULL) != SQLITE_OK ||
	    sqlite3_step(stmt) != SQLITE_ROW ||
	    (is = (const char *)sqlite3_column_text(stmt, 0)) == NULL ||
	    strcmp(is, expect) != 0) {
		log_error("store.setting", log_str(K_NAME, name),
		    log_str(K_TEXT, is != NULL ? is : "(none)"));
		r = E_CORRUPT;
	}
	(void)sqlite3_finalize(stmt);
	return r;
}

static int
configure(struct db *db)
{
	int r;

	(void)sqlite3_extended_result_codes(db->sqlite, 1);
	(void)sqlite3_busy_timeout(db->sqlite, BUSY_MS);
	(void)sqlite3_db_config(
	    db->sqlite, SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 0, NULL);
	(void)sqlite3_db_config(db->sqlite, SQLITE_DBCONFIG_DQS_DML, 0, NULL);
	(void)sqlite3_db_config(db->sqlite, SQLITE_DBCONFIG_DQS_DDL, 0, NULL);
	(void)sqlite3_db_config(db->sqlite, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
	(void)sqlite3_db_config(
	    db->sqlite, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
	if (db->mode == DB_WRITER &&
	    ((r = pragma(db, "page_size", "4096", "4096")) < 0 ||
		(r = pragma(db, "journal_mode", "wal", "wal")) < 0))
		return r;
	if ((r = pragma(db, "synchronous", "FULL", "2")) < 0 ||
	    (r = pragma(db, "trusted_schema", "OFF", "0")) < 0 ||
	    (r = pragma(db, "temp_store", "MEMORY", "2")) < 0 ||
	    (r = pragma(db, "foreign_keys", "OFF", "0")) < 0 ||
	    (r = pragma(db, "secure_delete", "FAST", "2")) < 0 ||
	    (r = pragma(db, "wal_autocheckpoint", "0", "0")) < 0)
		return r;
	if (db->mode == DB_READER)
		return pragma(db, "query_only", "ON", "1");
	return 0;
}

static int
on_commit(
    void *arg, sqlite3 *sqlite UNUSED, const char *name UNUSED, int frames)
{
	struct db *db = arg;

	db->wal_bytes = (uint64_t)frames * FRAME_BYTES;
	return SQLITE_OK;
}

static int
watch_wal(struct db *db)
{
	int on = 1;

	(void)sqlite3_wal_hook(db->sqlite, on_commit, db);
	return error_of(sqlite3_file_control(
	    db->sqlite, "main", SQLITE_FCNTL_PERSIST_WAL, &on));
}

int
db_open(const char *name, enum db_mode mode, struct db **ret_db)
{
	int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX |
	            SQLITE_OPEN_PRIVATECACHE;
	struct db *db = mem_alloc(sizeof(*db));
	int r;

	if (db == NULL)
		return E_NOMEM;
	db->mode = mode;
	if (mode == DB_WRITER)
		flags |= SQLITE_OPEN_CREATE;
	r = error_of(sqlite3_open_v2(name, &db->sqlite, flags, store_vfs()));
	if (r == 0)
		r = configure(db);
	if (r == 0)
		r = watch_wal(db);
	if (r < 0) {
		db_close(&db);
		return r;
	}
	*ret_db = db;
	return 0;
}

void
db_close(struct db **db)
{
	if (*db == NULL)
		return;
	for (size_t i = 0; i < SQL_MAX; i++)
		(void)sqlite3_finalize((*db)->stmts[i].stmt);
	(void)sqlite3_close((*db)->sqlite);
	mem_free(*db);
	*db = NULL;
}

int
db_begin(struct db *db)
{
	return stmt_run(
	    db_stmt(db, db->mode == DB_WRITER ? SQL_BEGIN_WRITING : SQL_BEGIN));
}

int
db_commit(struct db *db)
{
	return stmt_run(db_stmt(db, SQL_COMMIT)) < 0 ? E_UNKNOWN : 0;
}

void
db_rollback(struct db *db)
{
	/* An error of a statement may have rolled back already. */
	if (sqlite3_get_autocommit(db->sqlite) == 0)
		(void)stmt_run(db_stmt(db, SQL_ROLLBACK));
}

void
db_end(struct db *db)
{
	db_rollback(db);
}

uint64_t
db_changes(struct db *db)
{
	return (uint64_t)sqlite3_changes64(db->sqlite);
}

/* ---- statements -------------------------------------------------------- */

static void
prepare(struct stmt *stmt, enum sql sql)
{
	int r = sqlite3_prepare_v3(stmt->db->sqlite, sql_texts[sql], -1,
	    SQLITE_PREPARE_PERSISTENT, &stmt->stmt, NULL);

	if (r != SQLITE_OK) {
		stmt->error = error_of(r);
		log_error("store.statement",
		    log_str(K_TEXT, sqlite3_errmsg(stmt->db->sqlite)));
		return;
	}
	for (unsigned i = 1; i <= PARAMETERS_MAX; i++) {
		char name[8];

		(void)snprintf(name, sizeof(name), "$%u", i);
		stmt->index[i] =
		    (uint8_t)sqlite3_bind_parameter_index(stmt->stmt, name);
	}
}

struct stmt *
db_stmt(struct db *db, enum sql sql)
{
	struct stmt *stmt = &db->stmts[sql];

	stmt->db = db;
	stmt->error = 0;
	if (stmt->stmt == NULL)
		prepare(stmt, sql);
	return stmt;
}

static int
index_of(struct stmt *stmt, unsigned number)
{
	BUG_ON(number == 0 || number > PARAMETERS_MAX);
	BUG_ON(stmt->error == 0 && stmt->index[number] == 0);
	return stmt->index[number];
}

static void
bound(struct stmt *stmt, int code)
{
	if (stmt->error == 0 && code != SQLITE_OK)
		stmt->error = error_of(code);
}

void
stmt_i64(struct stmt *stmt, unsigned number, int64_t value)
{
	bound(stmt,
	    sqlite3_bind_int64(stmt->stmt, index_of(stmt, number), value));
}

void
stmt_u64(struct stmt *stmt, unsigned number, uint64_t value)
{
	stmt_i64(stmt, number, (int64_t)value);
}

void
stmt_bytes(struct stmt *stmt, unsigned number, struct slice value)
{
	/* A NULL pointer would bind NULL, not an empty value. */
	bound(stmt, sqlite3_bind_blob64(stmt->stmt, index_of(stmt, number),
			value.n > 0 ? (const void *)value.p : "", value.n,
			SQLITE_STATIC));
}

void
stmt_text(struct stmt *stmt, unsigned number, struct slice value)
{
	bound(stmt, sqlite3_bind_text64(stmt->stmt, index_of(stmt, number),
			value.n > 0 ? (const char *)value.p : "", value.n,
			SQLITE_STATIC, SQLITE_UTF8));
}

void
stmt_null(struct stmt *stmt, unsigned number)
{
	bound(stmt, sqlite3_bind_null(stmt->stmt, index_of(stmt, number)));
}

int
stmt_step(struct stmt *stmt)
{
	int code;

	if (stmt->error != 0)
		return stmt->error;
	code = sqlite3_step(stmt->stmt);
	if (code == SQLITE_ROW)
		return 1;
	stmt_done(stmt);
	if (code == SQLITE_DONE)
		return 0;
	if (error_of(code) != E_EXISTS)
		log_error("store.failed",
		    log_str(K_TEXT, sqlite3_errmsg(stmt->db->sqlite)),
		    log_int(K_CODE, code));
	return error_of(code);
}

int
stmt_run(struct stmt *stmt)
{
	int r = stmt_step(stmt);

	BUG_ON(r > 0);
	return r;
}

void
stmt_done(struct stmt *stmt)
{
	(void)sqlite3_reset(stmt->stmt);
}

int64_t
stmt_col_i64(struct stmt *stmt, int column)
{
	return sqlite3_column_int64(stmt->stmt, column);
}

uint64_t
stmt_col_u64(struct stmt *stmt, int column)
{
	return (uint64_t)sqlite3_column_int64(stmt->stmt, column);
}

struct slice
stmt_col_bytes(struct stmt *stmt, int column)
{
	const void *p = sqlite3_column_blob(stmt->stmt, column);

	return slice_of(p, (size_t)sqlite3_column_bytes(stmt->stmt, column));
}

bool
stmt_col_null(struct stmt *stmt, int column)
{
	return sqlite3_column_type(stmt->stmt, column) == SQLITE_NULL;
}

/* ---- the write-ahead log ----------------------------------------------- */

/* Copies so many bytes. */
static int
copy(int from, int to, uint64_t size)
{
	AUTO_FREE uint8_t *bytes = mem_alloc(COPY_BYTES);
	int r;

	if (bytes == NULL)
		return E_NOMEM;
	for (uint64_t at = 0; at < size; at += COPY_BYTES) {
		size_t n = (size_t)MIN(size - at, COPY_BYTES);

		if ((r = file_pread(from, bytes, n, at)) < 0 ||
		    (r = file_pwrite(to, slice_of(bytes, n), at)) < 0)
			return r;
	}
	return 0;
}

/*
 * Puts a synced copy of the log file in its place. Not written in place: a
 * sector that the power leaves half written would tear the log within, and a
 * log that ends early brings back old pages.
 */
static int
renew_wal(const char *wal, const char *copied)
{
	AUTO_CLOSE int from = -1, to = -1;
	uint64_t size = 0;
	int r = file_open(AT_FDCWD, wal, O_RDONLY, 0, &from);

	if (r == E_NOT_FOUND || fault_omits(FAULT_OMIT_REWRITE))
		return 0;
	if (r < 0 || (r = file_size(from, &size)) < 0 ||
	    (r = file_open(AT_FDCWD, copied, O_WRONLY | O_CREAT | O_TRUNC,
		 WAL_MODE, &to)) < 0)
		return r;
	if ((r = copy(from, to, size)) == 0 && (r = file_sync(to)) == 0 &&
	    renameat(AT_FDCWD, copied, AT_FDCWD, wal) < 0)
		r = error_from_errno(errno);
	if (r == 0)
		return file_sync_dir(AT_FDCWD);
	(void)unlinkat(AT_FDCWD, copied, 0);
	return r;
}

/* Zeros from size to wal_bytes: real blocks, not holes. */
static int
fill(int fd, uint64_t size, uint64_t wal_bytes)
{
	AUTO_FREE uint8_t *zeros = mem_alloc(COPY_BYTES);
	int r;

	if (zeros == NULL)
		return E_NOMEM;
	for (; size < wal_bytes; size += COPY_BYTES) {
		size_t n = (size_t)MIN(wal_bytes - size, COPY_BYTES);

		if ((r = file_pwrite(fd, slice_of(zeros, n), size)) < 0)
			return r;
	}
	return 0;
}

/*
 * SQLite deletes the log of a database that has no pages yet, so there is one
 * to fill only behind the first open.
 */
static int
fill_wal(const char *wal, uint64_t wal_bytes)
{
	AUTO_CLOSE int fd = -1;
	uint64_t size = 0;
	int r = file_open(AT_FDCWD, wal, O_RDWR, 0, &fd);

	if (r == E_NOT_FOUND)
		return 0;
	if (r < 0 || (r = file_size(fd, &size)) < 0 ||
	    (r = fill(fd, size, wal_bytes)) < 0 || (r = file_sync(fd)) < 0)
		return r;
	return file_sync_dir(AT_FDCWD);
}

int
db_recover(const char *name, uint64_t wal_bytes)
{
	struct db *db = NULL;
	AUTO_CLOSE int fd = -1;
	uint64_t left = 0;
	char wal[256], copied[256];
	int r;

	(void)snprintf(wal, sizeof(wal), "%s-wal", name);
	(void)snprintf(copied, sizeof(copied), "%s-wal.new", name);
	if ((r = renew_wal(wal, copied)) < 0 ||
	    (r = db_open(name, DB_WRITER, &db)) < 0)
		return r;
	r = db_checkpoint(db, true, &left);
	/* A reader of another process holds it up: the log is whole as it is.
	 */
	if (r == E_BUSY)
		r = 0;
	db_close(&db);
	if (r < 0)
		return r;
	if ((r = file_open(AT_FDCWD, name, O_RDWR, 0, &fd)) < 0 ||
	    (r = file_sync(fd)) < 0)
		return r;
	return fill_wal(wal, wal_bytes);
}

int
db_checkpoint(struct db *db, bool all, uint64_t *ret_wal_bytes)
{
	int frames = 0, moved = 0, code;

	if (all)
		(void)sqlite3_busy_timeout(db->sqlite, RESTART_MS);
	code = sqlite3_wal_checkpoint_v2(db->sqlite, "main",
	    all ? SQLITE_CHECKPOINT_RESTART : SQLITE_CHECKPOINT_PASSIVE,
	    &frames, &moved);
	(void)sqlite3_busy_timeout(db->sqlite, BUSY_MS);
	if (code != SQLITE_OK)
		return error_of(code);
	*ret_wal_bytes =
	    frames > moved ? (uint64_t)(frames - moved) * FRAME_BYTES : 0;
	return 0;
}

uint64_t
db_wal_bytes(const struct db *db)
{
	return db->wal_bytes;
}

static int
copy_pages(sqlite3 *from, sqlite3 *to)
{
	sqlite3_backup *backup = sqlite3_backup_init(to, "main", from, "main");
	int code;

	if (backup == NULL)
		return sqlite3_errcode(to);
	/* A step that was refused is no error to sqlite3_backup_finish. */
	code = sqlite3_backup_step(backup, -1);
	(void)sqlite3_backup_finish(backup);
	return code == SQLITE_DONE ? SQLITE_OK : code;
}

int
db_copy(struct db *db, const char *to)
{
	AUTO_CLOSE int fd = -1;
	sqlite3 *copy = NULL;
	int r, code = sqlite3_open_v2(to, &copy,
		   SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, store_vfs());

	if (code == SQLITE_OK)
		code = copy_pages(db->sqlite, copy);
	(void)sqlite3_close(copy);
	if (code != SQLITE_OK)
		return error_of(code);
	r = file_open(AT_FDCWD, to, O_RDONLY, 0, &fd);
	return r < 0 ? r : file_sync(fd);
}

int
db_check(struct db *db, void (*found)(void *arg, struct slice text), void *arg)
{
	sqlite3_stmt *stmt = NULL;
	int n = 0, code = sqlite3_prepare_v2(
		       db->sqlite, "PRAGMA integrity_check", -1, &stmt, NULL);

	while (code == SQLITE_OK || code == SQLITE_ROW) {
		const char *text;

		code = sqlite3_step(stmt);
		if (code != SQLITE_ROW)
			break;
		text = (const char *)sqlite3_column_text(stmt, 0);
		if (text == NULL || strcmp(text, "ok") == 0)
			continue;
		found(arg, slice_str(text));
		n++;
	}
	(void)sqlite3_finalize(stmt);
	return code == SQLITE_DONE ? n : error_of(code);
}
