#include "state/copy.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "ledger/folder_private.h"

enum { COPY_BYTES = 1 << 20, TRIES = 20, DEPTH_MAX = 12 };

/* ---- files
 * ------------------------------------------------------------------------ */

static int
copy_bytes(int from, int to)
{
	AUTO_FREE uint8_t *bytes = mem_alloc(COPY_BYTES);
	ssize_t n;
	int r;

	if (bytes == NULL)
		return E_NOMEM;
	while ((n = read(from, bytes, COPY_BYTES)) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return error_from_errno(errno);
		if ((r = file_write(to, slice_of(bytes, (size_t)n))) < 0)
			return r;
	}
	return 0;
}

/* Under another name first, so that a name always stands for a whole file. */
static int
copy_anew(int from, int to, const char *name, mode_t mode)
{
	AUTO_CLOSE int in = -1;
	AUTO_CLOSE int out = -1;
	char temporary[256];
	int r;

	(void)snprintf(temporary, sizeof(temporary), "%.240s.part", name);
	if (unlinkat(to, temporary, 0) < 0 && errno != ENOENT)
		return error_from_errno(errno);
	if ((r = file_open(from, name, O_RDONLY, 0, &in)) < 0 ||
	    (r = file_open(
		 to, temporary, O_WRONLY | O_CREAT | O_EXCL, mode, &out)) < 0 ||
	    (r = copy_bytes(in, out)) < 0)
		return r;
	return renameat(to, temporary, to, name) < 0 ? error_from_errno(errno)
	                                             : 0;
}

int
copy_file(int from, int to, const char *name, bool link, bool *ret_copied)
{
	struct stat source, there;

	*ret_copied = false;
	if (fstatat(from, name, &source, AT_SYMLINK_NOFOLLOW) < 0)
		return error_from_errno(errno);
	if (fstatat(to, name, &there, AT_SYMLINK_NOFOLLOW) == 0)
		return there.st_size == source.st_size ? 0 : E_EXISTS;
	*ret_copied = true;
	if (link && linkat(from, name, to, name, 0) == 0)
		return 0;
	return copy_anew(from, to, name, source.st_mode & 0777);
}

int
copy_folder(int dir, const char *name, int *ret_fd)
{
	int r = file_mkdir(dir, name, 0700);

	return r < 0 ? r
	             : file_open(dir, name, O_RDONLY | O_DIRECTORY, 0, ret_fd);
}

int
copy_sync(int dir)
{
	return syncfs(dir) < 0 ? error_from_errno(errno) : 0;
}

/* ---- folders
 * ---------------------------------------------------------------------- */

/* Each name in a folder but "." and "..", with what it is. */
static int
each(int dir, int (*found)(void *arg, const char *name, bool folder), void *arg)
{
	const struct dirent *entry;
	DIR *list;
	int fd = -1, r = file_open(dir, ".", O_RDONLY | O_DIRECTORY, 0, &fd);

	if (r < 0)
		return r;
	list = fdopendir(fd);
	if (list == NULL) {
		fd_close(&fd);
		return E_NOMEM;
	}
	while (r == 0 && (entry = readdir(list)) != NULL) {
		struct stat st;

		if (strcmp(entry->d_name, ".") == 0 ||
		    strcmp(entry->d_name, "..") == 0 ||
		    fstatat(dir, entry->d_name, &st, AT_SYMLINK_NOFOLLOW) < 0)
			continue;
		r = found(arg, entry->d_name, S_ISDIR(st.st_mode));
	}
	(void)closedir(list);
	return r;
}

struct pair {
	int from, to;
	unsigned depth;
};

static int
copy_one(void *arg, const char *name, bool folder)
{
	const struct pair *pair = arg;
	bool copied;

	if (folder || strcmp(name, FOLDER_CHECKPOINT) == 0 ||
	    slice_ends(slice_str(name), SLICE(".part")) ||
	    slice_ends(slice_str(name), SLICE(".tmp")) || name[0] == '.')
		return 0;
	return copy_file(pair->from, pair->to, name, false, &copied);
}

int
copy_files(int from, int to)
{
	struct pair pair = {from, to, 0};

	return each(from, copy_one, &pair);
}

static int
copy_tiles(void *arg, const char *name, bool folder)
{
	const struct pair *pair = arg;
	struct pair below = {-1, -1, pair->depth + 1};
	int r;

	if (!folder)
		return copy_one(arg, name, folder);
	/* Partials come with the checkpoint. */
	if (slice_ends(slice_str(name), SLICE(".p")))
		return 0;
	if (below.depth > DEPTH_MAX)
		return E_DEPTH;
	r = file_open(pair->from, name, O_RDONLY | O_DIRECTORY, 0, &below.from);
	if (r == 0)
		r = copy_folder(pair->to, name, &below.to);
	if (r == 0)
		r = each(below.from, copy_tiles, &below);
	fd_close(&below.from);
	fd_close(&below.to);
	return r;
}

/* ---- a checkpoint and its partials
 * -------------------------------------------------- */

static int
read_checkpoint(int dir, struct buf *text, uint64_t *ret_size)
{
	struct checkpoint checkpoint = {.size = 0};
	struct note note;
	int r;

	buf_clear(text);
	*ret_size = 0;
	r = file_read(dir, FOLDER_CHECKPOINT, text);
	if (r == 0 && (r = note_parse(buf_slice(text), &note)) == 0)
		r = checkpoint_parse(note.text, &checkpoint);
	if (r == 0)
		*ret_size = checkpoint.size;
	return r;
}

int
copy_log_size(int dir, uint64_t *ret_size)
{
	struct buf text = BUF(NOTE_MAX);
	int r = read_checkpoint(dir, &text, ret_size);

	buf_free(&text);
	return r == E_NOT_FOUND ? 0 : r;
}

/* The folders above a path below `dir`, and the file. */
static int
put_file(int dir, const char *path, struct slice content)
{
	char folder[TILE_PATH_MAX];

	for (size_t i = 0; path[i] != '\0'; i++) {
		int r;

		if (path[i] != '/')
			continue;
		memcpy(folder, path, i);
		folder[i] = '\0';
		if ((r = file_mkdir(dir, folder, FOLDER_DIR_MODE)) < 0)
			return r;
	}
	return file_replace_unsynced(dir, path, FOLDER_MODE, content);
}

static int
copy_partial(int from, int to, const struct tile_path *path)
{
	struct digest hash[TILE_WIDTH];
	struct buf bundle = BUF(ENTRY_BUNDLE_MAX);
	char name[TILE_PATH_MAX];
	int r;

	tile_path_text(path, name);
	if (path->kind == TILE_KIND_HASHES) {
		r = folder_read_tile(from, path, hash);
		if (r == 0)
			r = put_file(to, name,
			    slice_of(hash, path->width * sizeof(hash[0])));
	} else {
		r = folder_read_bundle(from, path, &bundle);
		if (r == 0)
			r = put_file(to, name, buf_slice(&bundle));
	}
	buf_free(&bundle);
	return r;
}

/* Partials of the checkpoint that an earlier copy had. */
static void
drop_partials(int to, uint64_t old, uint64_t size)
{
	for (unsigned stream = 0; stream < FOLDER_STREAMS && old > 0;
	     stream++) {
		struct tile_path path, now;
		char name[TILE_PATH_MAX], *slash;

		if (folder_partial(old, stream, &path) == 0 ||
		    (folder_partial(size, stream, &now) != 0 &&
			now.index == path.index && now.width == path.width))
			continue;
		tile_path_text(&path, name);
		(void)unlinkat(to, name, 0);
		slash = strrchr(name, '/');
		*slash = '\0';
		(void)unlinkat(to, name, AT_REMOVEDIR);
	}
}

/* One try: the log's own server may take the partials away meanwhile. */
static int
copy_checkpoint(int from, int to, struct buf *text, uint64_t *ret_size)
{
	uint64_t old = 0;
	int r = read_checkpoint(from, text, ret_size);

	for (unsigned s = 0; s < FOLDER_STREAMS && r == 0; s++) {
		struct tile_path path;

		if (folder_partial(*ret_size, s, &path) != 0)
			r = copy_partial(from, to, &path);
	}
	if (r < 0)
		return r;
	(void)copy_log_size(to, &old);
	if ((r = file_replace_unsynced(
		 to, FOLDER_CHECKPOINT, FOLDER_MODE, buf_slice(text))) == 0)
		drop_partials(to, old, *ret_size);
	return r;
}

int
copy_log(int from, int to, uint64_t *ret_size)
{
	struct pair pair = {from, to, 0};
	struct buf text = BUF(NOTE_MAX);
	int r = E_NOT_FOUND;

	if (copy_log_size(from, ret_size) == 0 && *ret_size == 0)
		return each(from, copy_tiles, &pair);
	for (unsigned i = 0; i < TRIES && r == E_NOT_FOUND; i++) {
		/* What has become full since comes with the next walk. */
		if ((r = each(from, copy_tiles, &pair)) < 0)
			break;
		r = copy_checkpoint(from, to, &text, ret_size);
	}
	/* A full one that came behind the walk and belongs to the checkpoint.
	 */
	if (r == 0)
		r = each(from, copy_tiles, &pair);
	buf_free(&text);
	return r;
}

/* ---- owners
 * ------------------------------------------------------------------------ */

struct giving {
	int dir;
	unsigned uid;
};

static int
give_one(void *arg, const char *name, bool folder)
{
	const struct giving *giving = arg;

	if (folder)
		return copy_give(giving->dir, name, giving->uid);
	return fchownat(giving->dir, name, giving->uid, giving->uid,
		   AT_SYMLINK_NOFOLLOW) < 0
	           ? error_from_errno(errno)
	           : 0;
}

int
copy_give(int dir, const char *name, unsigned uid)
{
	struct giving below = {-1, uid};
	int r;

	if (geteuid() != 0)
		return 0;
	r = file_open(dir, name, O_RDONLY | O_DIRECTORY, 0, &below.dir);
	if (r == 0)
		r = each(below.dir, give_one, &below);
	if (r == 0 && fchown(below.dir, uid, uid) < 0)
		r = error_from_errno(errno);
	fd_close(&below.dir);
	return r;
}
