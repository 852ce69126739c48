/*
 * The files of a log folder: how they are read, written, synced and removed.
 *
 * A file is written under a name of its own in the folder and renamed into
 * place. With sync, it is synced before that; the folders that names went into
 * are kept, one a stream (a tile level, or the bundles), and synced with all
 * folders above them when the stream moves on or a checkpoint is stored.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "ledger/folder_private.h"

enum { STREAM_ENTRIES = TILE_LEVELS };

static bool
exists(int dir, const char *name)
{
	struct stat st;

	return fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) == 0;
}

int
folder_problem(struct folder_problem *problem, int code, int dir,
    const struct tile_path *path, const char *text)
{
	struct tile_path full = *path;
	char name[TILE_PATH_MAX];

	*problem = (struct folder_problem){.code = code, .text = text};
	full.width = TILE_WIDTH;
	tile_path_text(path, problem->path);
	tile_path_text(&full, name);
	if (!exists(dir, problem->path) && exists(dir, name))
		memcpy(problem->path, name, sizeof(name));
	return code;
}

int
folder_problem_top(struct folder_problem *problem, int code, const char *name,
    const char *text)
{
	*problem = (struct folder_problem){.code = code, .text = text};
	BUG_ON(strlen(name) >= sizeof(problem->path));
	memcpy(problem->path, name, strlen(name) + 1);
	return code;
}

/*
 * Opens a file whose bytes are all wanted. A pipe in its place must not stop a
 * verifier: hence O_NONBLOCK, and a size that is known beforehand.
 */
static int
open_sized(int dir, const char *name, int *ret_fd, uint64_t *ret_size)
{
	AUTO_CLOSE int fd = -1;
	int r;

	if ((r = file_open(dir, name, O_RDONLY | O_NONBLOCK, 0, &fd)) < 0 ||
	    (r = file_size(fd, ret_size)) < 0)
		return r;
	*ret_fd = fd;
	fd = -1;
	return 0;
}

int
folder_read_file(int dir, const char *name, struct buf *ret_content)
{
	AUTO_CLOSE int fd = -1;
	uint64_t size = 0;
	uint8_t *to;
	int r;

	buf_clear(ret_content);
	if ((r = open_sized(dir, name, &fd, &size)) < 0)
		return r;
	if (size > ret_content->max)
		return E_CORRUPT;
	if ((to = buf_room(ret_content, size)) == NULL)
		return ret_content->error;
	r = file_pread(fd, to, size, 0);
	if (r == 0)
		buf_added(ret_content, size);
	return r == E_SHORT ? E_CORRUPT : r;
}

/* The first n hashes of a tile's file, which must hold its width. */
static int
read_hashes(int dir, const struct tile_path *path, unsigned n, void *ret_hash)
{
	AUTO_CLOSE int fd = -1;
	char name[TILE_PATH_MAX];
	uint64_t size = 0;
	int r;

	tile_path_text(path, name);
	if ((r = open_sized(dir, name, &fd, &size)) < 0)
		return r;
	if (size != (uint64_t)path->width * SHA256_BYTES)
		return E_CORRUPT;
	r = file_pread(fd, ret_hash, (size_t)n * SHA256_BYTES, 0);
	return r == E_SHORT ? E_CORRUPT : r;
}

int
folder_read_tile(int dir, const struct tile_path *path, struct digest *ret_hash)
{
	struct tile_path full = *path;
	int r = read_hashes(dir, path, path->width, ret_hash);

	if (r != E_NOT_FOUND || path->width == TILE_WIDTH)
		return r;
	full.width = TILE_WIDTH;
	return read_hashes(dir, &full, path->width, ret_hash);
}

/* The first n entries of a bundle's file, which must hold its width. */
static int
read_entries(
    int dir, const struct tile_path *path, unsigned n, struct buf *ret_bundle)
{
	char name[TILE_PATH_MAX];
	struct slice head;
	int r;

	tile_path_text(path, name);
	if ((r = folder_read_file(dir, name, ret_bundle)) < 0)
		return r;
	r = entry_bundle_head(buf_slice(ret_bundle), path->width, &head);
	if (r < 0 || head.n != ret_bundle->n ||
	    entry_bundle_head(head, n, &head) < 0)
		return E_CORRUPT;
	ret_bundle->n = head.n;
	return 0;
}

int
folder_read_bundle(
    int dir, const struct tile_path *path, struct buf *ret_bundle)
{
	struct tile_path full = *path;
	int r = read_entries(dir, path, path->width, ret_bundle);

	if (r != E_NOT_FOUND || path->width == TILE_WIDTH)
		return r;
	full.width = TILE_WIDTH;
	return read_entries(dir, &full, path->width, ret_bundle);
}

/* Cuts a path back to the folder it is in: "" where that is the log folder. */
static void
cut_name(char *path)
{
	char *slash = strrchr(path, '/');

	*(slash != NULL ? slash : path) = '\0';
}

static int
sync_path(struct folder *folder, const char *path)
{
	AUTO_CLOSE int fd = -1;
	int r;

	if (*path == '\0')
		return file_sync_dir(folder->dir);
	r = file_open(folder->dir, path, O_RDONLY | O_DIRECTORY, 0, &fd);
	return r < 0 ? r : file_sync(fd);
}

/*
 * Syncs a stream's folder and those above it, which may be as new. A sync that
 * failed proves nothing when it is repeated and succeeds: so it is remembered.
 */
static int
sync_stream(struct folder *folder, unsigned stream)
{
	char *path = folder->unsynced[stream];

	while (*path != '\0' && !folder->sync_failed) {
		folder->sync_failed = sync_path(folder, path) < 0;
		cut_name(path);
		if (*path == '\0' && !folder->sync_failed)
			folder->sync_failed = sync_path(folder, path) < 0;
	}
	return folder->sync_failed ? E_IO : 0;
}

int
folder_sync(struct folder *folder)
{
	int r = 0;

	for (unsigned i = 0; r == 0 && i < FOLDER_STREAMS; i++)
		r = sync_stream(folder, i);
	return r;
}

/* Keeps in mind that name went into its folder. */
static int
mark_unsynced(struct folder *folder, unsigned stream, const char *name)
{
	char *last = folder->unsynced[stream];
	char path[TILE_PATH_MAX];
	int r = 0;

	if (!folder->options.sync)
		return 0;
	(void)snprintf(path, sizeof(path), "%s", name);
	cut_name(path);
	/* A folder above the new one is synced with it. */
	if (!slice_starts(slice_str(path), slice_str(last)))
		r = sync_stream(folder, stream);
	if (r == 0)
		memcpy(last, path, sizeof(path));
	return r;
}

static int
make_folders(struct folder *folder, const char *name)
{
	char path[TILE_PATH_MAX];
	int r = 0;

	for (size_t i = 0; r == 0 && name[i] != '\0'; i++) {
		if (name[i] != '/')
			continue;
		memcpy(path, name, i);
		path[i] = '\0';
		r = file_mkdir(folder->dir, path, FOLDER_DIR_MODE);
	}
	return r;
}

static int
rename_temporary(struct folder *folder, const char *name)
{
	if (renameat(folder->dir, FOLDER_TEMPORARY, folder->dir, name) < 0)
		return error_from_errno(errno);
	return 0;
}

static int
write_temporary(struct folder *folder, struct slice content)
{
	AUTO_CLOSE int fd = -1;
	int r = file_open(folder->dir, FOLDER_TEMPORARY,
	    O_WRONLY | O_CREAT | O_TRUNC, FOLDER_MODE, &fd);

	if (r < 0 || (r = file_write(fd, content)) < 0)
		return r;
	return folder->options.sync ? file_sync(fd) : 0;
}

int
folder_write(
    struct folder *folder, const struct tile_path *path, struct slice content)
{
	unsigned stream =
	    path->kind == TILE_KIND_ENTRIES ? STREAM_ENTRIES : path->level;
	char name[TILE_PATH_MAX];
	int r;

	BUG_ON(stream >= FOLDER_STREAMS);
	tile_path_text(path, name);
	r = write_temporary(folder, content);
	if (r == 0 && (r = rename_temporary(folder, name)) == E_NOT_FOUND &&
	    (r = make_folders(folder, name)) == 0)
		r = rename_temporary(folder, name);
	if (r < 0) {
		(void)unlinkat(folder->dir, FOLDER_TEMPORARY, 0);
		return r;
	}
	return mark_unsynced(folder, stream, name);
}

int
folder_write_top(struct folder *folder, const char *name, struct slice content)
{
	int r;

	if (!folder->options.sync)
		return file_replace_unsynced(
		    folder->dir, name, FOLDER_MODE, content);
	r = file_replace(folder->dir, name, FOLDER_MODE, content);
	if (r == E_IO)
		folder->sync_failed = true;
	return r;
}

void
folder_remove_partial(struct folder *folder, const struct tile_path *path)
{
	char name[TILE_PATH_MAX];

	/* What can't be removed is harmless, and swept at the next start. */
	tile_path_text(path, name);
	(void)unlinkat(folder->dir, name, 0);
	cut_name(name);
	(void)unlinkat(folder->dir, name, AT_REMOVEDIR);
}

int
folder_partial(uint64_t size, unsigned stream, struct tile_path *ret_path)
{
	bool entries = stream == STREAM_ENTRIES;
	unsigned level = entries ? 0 : stream;
	unsigned width = tile_partial(level, size);
	uint64_t index = tile_full(level, size);

	if (width == 0)
		return 0;
	*ret_path = entries ? entries_path(index, width)
	                    : hashes_path(level, index, width);
	return 1;
}

struct sweep {
	struct folder *folder;
	const char *keep; /* the stream's partial, or "" */
};

/* Opens a folder to be listed: E_NOT_FOUND where it is none. */
static int
open_list(struct sweep *sweep, const char *path, DIR **ret_list)
{
	AUTO_CLOSE int fd = -1;
	int r;

	r = file_open(sweep->folder->dir, path, O_RDONLY | O_DIRECTORY, 0, &fd);
	if (r < 0)
		return r;
	*ret_list = fdopendir(fd);
	if (*ret_list == NULL)
		return E_NOMEM;
	fd = -1; /* the list's */
	return 0;
}

static int
join(char *to, const char *path, const char *name)
{
	int n = snprintf(to, TILE_PATH_MAX, "%s/%s", path, name);

	return n < TILE_PATH_MAX ? 0 : E_LIMIT;
}

static int
sweep_partials(struct sweep *sweep, const char *path)
{
	int dir = sweep->folder->dir, r;
	char name[TILE_PATH_MAX];
	struct dirent *entry;
	DIR *list;

	if ((r = open_list(sweep, path, &list)) < 0)
		return r == E_NOT_FOUND ? 0 : r;
	while ((entry = readdir(list)) != NULL)
		if (entry->d_name[0] != '.' &&
		    join(name, path, entry->d_name) == 0 &&
		    strcmp(name, sweep->keep) != 0)
			(void)unlinkat(dir, name, 0);
	(void)closedir(list);
	/* Where the kept one is in it, it stays. */
	(void)unlinkat(dir, path, AT_REMOVEDIR);
	return 0;
}

/* Goes down a stream's folders, as deep as an index has groups. */
static int
sweep_folder(struct sweep *sweep, const char *path)
{
	char name[TILE_PATH_MAX];
	struct dirent *entry;
	DIR *list;
	int r;

	if ((r = open_list(sweep, path, &list)) < 0)
		return r == E_NOT_FOUND ? 0 : r;
	while (r == 0 && (entry = readdir(list)) != NULL) {
		if (join(name, path, entry->d_name) < 0)
			continue;
		if (slice_ends(slice_str(name), SLICE(".p")))
			r = sweep_partials(sweep, name);
		else if (entry->d_name[0] == 'x')
			r = sweep_folder(sweep, name);
	}
	(void)closedir(list);
	return r;
}

int
folder_sweep(struct folder *folder)
{
	static const char *const temporaries[] = {
	    FOLDER_TEMPORARY, FOLDER_CHECKPOINT ".tmp", FOLDER_VKEY ".tmp"};
	int r = 0;

	for (size_t i = 0; i < ARRAY_SIZE(temporaries); i++)
		(void)unlinkat(folder->dir, temporaries[i], 0);
	for (unsigned i = 0; r == 0 && i < FOLDER_STREAMS; i++) {
		char keep[TILE_PATH_MAX] = "", path[TILE_PATH_MAX];
		struct sweep sweep = {folder, keep};
		struct tile_path partial;

		if (folder_partial(folder->stored.size, i, &partial) > 0)
			tile_path_text(&partial, keep);
		if (i == STREAM_ENTRIES)
			(void)snprintf(path, sizeof(path), "tile/entries");
		else
			(void)snprintf(path, sizeof(path), "tile/%u", i);
		r = sweep_folder(&sweep, path);
	}
	return r;
}
