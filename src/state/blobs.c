#include "state/blobs.h"

#include <dirent.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

#include "base/file.h"
#include "blobs/blob_file.h"
#include "core/collect.h"
#include "state/check.h"

bool
blobs_place(struct slice place, char ret_place[static 64])
{
	if (!blob_place_ok(place))
		return false;
	memcpy(ret_place, place.p, place.n);
	ret_place[place.n] = '\0';
	return true;
}

static int
verify_bytes(struct blob_reader *reader, uint64_t size, struct slice expect)
{
	static uint8_t room[BLOB_CHUNK];
	struct sha256 *sha = sha256_new();
	struct digest digest;
	int r = 0;

	if (sha == NULL)
		return E_NOMEM;
	sha256_start(sha);
	for (uint64_t at = 0; at < size && r == 0;) {
		struct slice bytes;

		r = blob_reader_get(reader, at, room, &bytes);
		if (r < 0)
			break;
		sha256_add(sha, bytes);
		at += bytes.n;
	}
	digest = sha256_end(sha);
	sha256_free(&sha);
	if (r == 0 && !slice_eq(digest_slice(&digest), expect))
		r = E_DAMAGED;
	return r;
}

int
blobs_verify(int dir, struct slice place, uint64_t size, struct slice digest,
    struct slice sums)
{
	struct blob_reader *reader = NULL;
	char name[64];
	int fd = -1, r;

	if (!blobs_place(place, name))
		return E_DAMAGED;
	if ((r = file_open(dir, name, O_RDONLY, 0, &fd)) < 0 ||
	    (r = blob_reader_new(fd, size, sums, &reader)) < 0)
		return r;
	r = verify_bytes(reader, size, digest);
	blob_reader_free(&reader);
	return r;
}

static int
each_below(int dir, const char *folder,
    int (*found)(void *arg, const char *place), void *arg)
{
	const struct dirent *entry;
	char place[64];
	DIR *below;
	int fd = -1, r = file_open(dir, folder, O_RDONLY | O_DIRECTORY, 0, &fd);

	if (r < 0)
		return r;
	below = fdopendir(fd);
	if (below == NULL) {
		fd_close(&fd);
		return E_NOMEM;
	}
	while (r == 0 && (entry = readdir(below)) != NULL) {
		int n = snprintf(
		    place, sizeof(place), "%s/%s", folder, entry->d_name);

		if (n < (int)sizeof(place) && blob_place_ok(slice_str(place)))
			r = found(arg, place);
	}
	(void)closedir(below);
	return r;
}

int
blobs_each(int dir, int (*found)(void *arg, const char *place), void *arg)
{
	int r = 0;

	for (unsigned i = 0; i < 256 && r == 0; i++) {
		char folder[3];

		(void)snprintf(folder, sizeof(folder), "%02x", i);
		r = each_below(dir, folder, found, arg);
		if (r == E_NOT_FOUND)
			r = 0;
	}
	return r;
}

/* ---- check
 * ----------------------------------------------------------------------- */

/* Collected since the snapshot: its row says so now. */
static int
is_gone_since(uint64_t id, bool *ret_gone)
{
	struct db *db = NULL;
	struct stmt *stmt;
	int r = db_open(HEAD_DATABASE, DB_READER, &db);

	if (r < 0)
		return r;
	stmt = db_stmt(db, SQL_ROW_BLOB);
	stmt_u64(stmt, 1, id);
	r = stmt_step(stmt);
	*ret_gone = r > 0 && stmt_col_u64(stmt, 0) != 0;
	stmt_done(stmt);
	db_close(&db);
	return r < 0 ? r : 0;
}

static int
check_blob(struct check *check, int dir, struct stmt *stmt)
{
	uint64_t id = stmt_col_u64(stmt, 0), size = stmt_col_u64(stmt, 2);
	struct slice place = stmt_col_bytes(stmt, 4);
	bool gone = false;
	int e, r;

	if (stmt_col_u64(stmt, 1) != 0)
		return 0;
	check->blobs++;
	check->blob_bytes += size;
	r = blobs_verify(
	    dir, place, size, stmt_col_bytes(stmt, 3), stmt_col_bytes(stmt, 5));
	if (r == 0)
		return 0;
	if (r != E_NOT_FOUND && r != E_DAMAGED)
		return r;
	if (r == E_NOT_FOUND && check->tool->running &&
	    (e = is_gone_since(id, &gone)) < 0)
		return e;
	if (!gone)
		check_problem(check,
		    "blobs: %.*s, which record %" PRIu64 " names, is %s",
		    SLICE_ARG(place), ref_sequence(id),
		    r == E_NOT_FOUND ? "missing" : "damaged");
	return 0;
}

static int
count_orphan(void *arg, const char *place)
{
	struct check *check = arg;
	int r = collect_is_orphan(check->db, slice_str(place));

	if (r > 0)
		check->orphans++;
	return r < 0 ? r : 0;
}

int
check_blobs(struct check *check)
{
	struct stmt *stmt = db_stmt(check->db, SQL_ALL_BLOBS);
	struct progress *progress = &check->tool->progress;
	AUTO_CLOSE int dir = -1;
	int e = 0, r = file_open(check->tool->state_fd, "blobs",
		       O_RDONLY | O_DIRECTORY, 0, &dir);

	if (r < 0) {
		check_problem(check, "blobs: the folder: %s", error_text(r));
		return 0;
	}
	progress->what = "blobs";
	while (e == 0 && (r = stmt_step(stmt)) > 0) {
		e = check_blob(check, dir, stmt);
		progress->done = check->blobs;
		progress->bytes = check->blob_bytes;
		progress_draw(progress, false);
	}
	stmt_done(stmt);
	if (e < 0 || r < 0)
		return e < 0 ? e : r;
	return blobs_each(dir, count_orphan, check);
}
