#include "core/host_note.h"

#include <dirent.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/encode.h"
#include "base/file.h"
#include "base/log.h"
#include "core/engine.h"
#include "core/run.h"
#include "store/meta.h"

/* ---- leaving one --------------------------------------------------------- */

/* Files of core's folder belong to whoever it runs as. */
static int
give_to_owner(int dir, int fd)
{
	struct stat st;

	if (geteuid() != 0)
		return 0;
	if (fstat(dir, &st) < 0 || fchown(fd, st.st_uid, st.st_gid) < 0)
		return E_IO;
	return 0;
}

static int
open_notes(int dir, int *ret_notes)
{
	int r;

	if ((r = file_mkdir(dir, HOST_NOTE_FOLDER, 0700)) < 0 ||
	    (r = file_open(dir, HOST_NOTE_FOLDER, O_RDONLY | O_DIRECTORY, 0,
		 ret_notes)) < 0)
		return r;
	return give_to_owner(dir, *ret_notes);
}

/* Under another name first: what core finds is whole, and its own. */
static int
put_file(int dir, int notes, const char *name, struct slice text)
{
	AUTO_CLOSE int fd = -1;
	char temporary[64];
	int r;

	(void)snprintf(temporary, sizeof(temporary), "%.*s.tmp",
	    HOST_NOTE_NAME_BYTES, name);
	if ((r = file_open(notes, temporary, O_WRONLY | O_CREAT | O_EXCL, 0600,
		 &fd)) < 0 ||
	    (r = give_to_owner(dir, fd)) < 0 ||
	    (r = file_write(fd, text)) < 0 || (r = file_sync(fd)) < 0)
		return r;
	if (renameat(notes, temporary, notes, name) < 0)
		return E_IO;
	return file_sync_dir(notes);
}

int
host_note_leave(int dir, struct slice text)
{
	AUTO_CLOSE int notes = -1;
	char name[64];
	int r;

	if (text.n > HOST_NOTE_TEXT_MAX)
		return E_LIMIT;
	(void)snprintf(name, sizeof(name), "%013lld-%08x",
	    (long long)clock_wall_ms(), randombytes_random());
	r = open_notes(dir, &notes);
	return r < 0 ? r : put_file(dir, notes, name, text);
}

/* ---- recording them ------------------------------------------------------ */

struct host_note {
	struct engine *engine;
	void (*done)(struct engine *engine);
	char name[HOST_NOTE_NAME_BYTES + 1];
};

static bool
is_name(const char *name)
{
	return strlen(name) == HOST_NOTE_NAME_BYTES && name[13] == '-' &&
	       strspn(name, "0123456789abcdef-") == HOST_NOTE_NAME_BYTES;
}

/* The name of the one that was left first: 1, or 0 where there is none. */
static int
find_first(char ret_name[HOST_NOTE_NAME_BYTES + 1])
{
	const struct dirent *entry;
	DIR *dir = opendir(HOST_NOTE_FOLDER);
	int found = 0;

	if (dir == NULL)
		return 0;
	while ((entry = readdir(dir)) != NULL) {
		if (!is_name(entry->d_name) ||
		    (found > 0 && strcmp(entry->d_name, ret_name) >= 0))
			continue;
		memcpy(ret_name, entry->d_name, HOST_NOTE_NAME_BYTES + 1);
		found = 1;
	}
	(void)closedir(dir);
	return found;
}

static void
path_of(const char *name, char ret_path[64])
{
	(void)snprintf(ret_path, 64, HOST_NOTE_FOLDER "/%s", name);
}

/* It is recorded, or can't be: then it stays under another name. */
static int
finish(const char *name, int code)
{
	char path[64], aside[80];

	path_of(name, path);
	(void)snprintf(aside, sizeof(aside), "%s.failed", path);
	if (code < 0)
		log_error(
		    "core.host_note", log_str(K_NAME, name), log_err(code));
	return (code < 0 ? rename(path, aside) : unlink(path)) < 0 ? E_IO : 0;
}

/* The last one that was recorded: its file may have outlived a crash. */
static int
is_recorded(struct db *db, const char *name, bool *ret_is)
{
	struct buf last = BUF(64);
	int r = meta_get(db, "host_note", &last);

	*ret_is = r == 0 && slice_eq(buf_slice(&last), slice_str(name));
	buf_free(&last);
	return r == E_NOT_FOUND ? 0 : r;
}

static int
accept_clock(struct run *run)
{
	struct core_time *time = &run->place->core->time;
	int64_t behind = core_time_accept(time);
	struct db *db = run->place->db;
	int r = meta_put_u64(db, "clock_behind", (uint64_t)behind);

	if (r == 0)
		r = meta_put_u64(
		    db, "clock_accepted", (uint64_t)core_time_now(time));
	return r < 0 ? r : run_number(run, FACT_SUSPECT, 0);
}

static int
record(struct run *run, void *arg)
{
	const struct host_note *note = arg;
	struct buf text = BUF(HOST_NOTE_TEXT_MAX);
	struct slice stamp = slice_first(slice_str(note->name), 13);
	uint64_t wall = 0;
	char path[64];
	int r;

	path_of(note->name, path);
	while (stamp.n > 1 && stamp.p[0] == '0')
		stamp = slice_from(stamp, 1);
	(void)slice_u64(stamp, INT64_MAX, &wall);
	if ((r = file_read(AT_FDCWD, path, &text)) == 0 &&
	    (r = run_number(run, FACT_WALL, (int64_t)wall)) == 0 &&
	    (r = draft_bytes(run->draft, FACT_NOTE, buf_slice(&text))) == 0 &&
	    (r = meta_put(
		 run->place->db, "host_note", slice_str(note->name))) == 0 &&
	    slice_starts(buf_slice(&text), SLICE(HOST_NOTE_CLOCK)))
		r = accept_clock(run);
	buf_free(&text);
	return r;
}

static int
new_call(void (*done)(struct call *call, void *arg), const char *name,
    struct call **ret_call)
{
	struct host_note *note;
	int r = call_new_system(
	    OP_HOST_NOTE, sizeof(*note), record, done, ret_call);

	if (r < 0)
		return r;
	note = (*ret_call)->arg;
	memcpy(note->name, name, sizeof(note->name));
	return 0;
}

int
host_note_record_all(struct writer *writer)
{
	char name[HOST_NOTE_NAME_BYTES + 1] = "";
	struct call *call = NULL;
	bool recorded;
	int r;

	while (find_first(name) > 0) {
		if ((r = is_recorded(writer_db(writer), name, &recorded)) < 0)
			return r;
		if (!recorded) {
			if ((r = new_call(NULL, name, &call)) < 0)
				return r;
			r = writer_do(writer, call);
			call_free(&call);
		}
		if (r == E_UNKNOWN || (r = finish(name, r)) < 0)
			return r;
	}
	return 0;
}

static void
on_recorded(struct call *call, void *arg)
{
	struct host_note *note = arg;

	/* Of one that won't go away no more records are made. */
	if (finish(note->name, call->ops[0].code) == 0)
		note->done(note->engine);
}

int
host_note_submit(struct engine *engine, void (*done)(struct engine *engine))
{
	char name[HOST_NOTE_NAME_BYTES + 1] = "";
	struct call *call = NULL;
	struct host_note *note;

	if (find_first(name) == 0 || new_call(on_recorded, name, &call) < 0)
		return 0;
	note = call->arg;
	note->engine = engine;
	note->done = done;
	engine_submit(engine, call);
	return 1;
}
