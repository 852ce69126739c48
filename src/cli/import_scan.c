#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"
#include "cli/import.h"
#include "cli/path.h"

enum { FIRST_CAP = 1024, SEEN_EVERY = 256 };

struct scan {
	struct import_tree *tree;
	bool (*seen)(void *arg);
	void *arg;
	struct buf local; /* the path below DIR */
	int error;
};

void
import_fail(
    struct import_tree *tree, struct import_entry *entry, const char *why)
{
	if (entry->state == IMPORT_WANTED && !entry->item.is_folder) {
		tree->files--;
		tree->bytes -= entry->item.size;
	}
	entry->state = IMPORT_FAILED;
	entry->why = arena_str(&tree->arena, slice_str(why));
	if (entry->why == NULL)
		entry->why = "memory is out";
}

static struct import_entry *
new_entry(struct import_tree *tree)
{
	struct import_entry *entry;

	if (tree->n == tree->cap) {
		size_t cap = MAX(tree->cap * 2, (size_t)FIRST_CAP);
		struct import_entry **entries = mem_realloc(
		    tree->entries, cap * sizeof(struct import_entry *));

		if (entries == NULL)
			return NULL;
		tree->entries = entries;
		tree->cap = cap;
	}
	entry = arena_alloc(&tree->arena, sizeof(*entry));
	if (entry == NULL)
		return NULL;
	tree->entries[tree->n++] = entry;
	entry->item.arg = entry;
	return entry;
}

/* The path on the server: the root's, then that below DIR. */
static int
set_paths(struct scan *scan, struct import_entry *entry)
{
	struct import_tree *tree = scan->tree;
	struct slice local = buf_slice(&scan->local);
	struct buf path = BUF(65536);

	buf_put_slice(&path, tree->root);
	if (tree->root.n > 0 && local.n > 0)
		buf_put_u8(&path, '/');
	buf_put_slice(&path, local);
	entry->item.path = arena_copy(&tree->arena, buf_slice(&path));
	entry->item.local = arena_str(&tree->arena, local);
	buf_free(&path);
	return entry->item.path.p != NULL && entry->item.local != NULL
	           ? 0
	           : E_NOMEM;
}

static void
skip(struct import_tree *tree, struct import_entry *entry, const char *why)
{
	entry->state = IMPORT_SKIPPED;
	entry->why = why;
	tree->skipped++;
}

static void
take_link(struct import_tree *tree, struct import_entry *entry)
{
	char target[PATH_MAX], text[PATH_MAX + 64];
	ssize_t n = readlinkat(
	    tree->dir, entry->item.local, target, sizeof(target) - 1);

	target[MAX(n, 0)] = '\0';
	(void)snprintf(text, sizeof(text), "a symbolic link to %s", target);
	skip(tree, entry, arena_str(&tree->arena, slice_str(text)));
	if (entry->why == NULL)
		entry->why = "a symbolic link";
}

static void
take_file(
    struct import_tree *tree, struct import_entry *entry, const struct stat *st)
{
	struct store_item *item = &entry->item;

	item->size = (uint64_t)st->st_size;
	item->modified =
	    (int64_t)st->st_mtim.tv_sec * 1000 + st->st_mtim.tv_nsec / 1000000;
	item->type = path_media_type(path_name(item->path));
	tree->files++;
	tree->bytes += item->size;
}

static void scan_folder(struct scan *scan, struct import_entry *folder);

static void
take_entry(struct scan *scan, struct import_entry *folder)
{
	struct import_tree *tree = scan->tree;
	struct import_entry *entry = new_entry(tree);
	struct stat st;

	if (entry == NULL || set_paths(scan, entry) < 0) {
		scan->error = E_NOMEM;
		return;
	}
	entry->folder = folder;
	if (tree->n % SEEN_EVERY == 0 && !scan->seen(scan->arg))
		tree->stopped = true;
	if (fstatat(tree->dir, entry->item.local, &st, AT_SYMLINK_NOFOLLOW) <
	    0) {
		entry->state = IMPORT_SKIPPED;
		import_fail(tree, entry, strerror(errno));
	} else if (S_ISDIR(st.st_mode)) {
		entry->item.is_folder = true;
		scan_folder(scan, entry);
	} else if (S_ISLNK(st.st_mode)) {
		take_link(tree, entry);
	} else if (S_ISREG(st.st_mode)) {
		take_file(tree, entry, &st);
	} else {
		skip(tree, entry, "neither a file nor a folder");
	}
}

static void
take_name(struct scan *scan, struct import_entry *folder, const char *name)
{
	size_t n = scan->local.n;

	if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
		return;
	if (n > 0)
		buf_put_u8(&scan->local, '/');
	buf_put_str(&scan->local, name);
	if (scan->local.error != 0)
		scan->error = scan->local.error;
	else
		take_entry(scan, folder);
	scan->local.n = n;
}

static void
scan_folder(struct scan *scan, struct import_entry *folder)
{
	struct import_tree *tree = scan->tree;
	const char *local = folder->item.local;
	int fd = openat(tree->dir, local[0] != '\0' ? local : ".",
	    O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	DIR *dir = fd >= 0 ? fdopendir(fd) : NULL;
	struct dirent *d;

	folder->depth = folder->folder != NULL ? folder->folder->depth + 1 : 1;
	tree->depth = MAX(tree->depth, folder->depth);
	tree->folders++;
	if (dir == NULL) {
		import_fail(tree, folder, strerror(errno));
		fd_close(&fd);
		return;
	}
	errno = 0;
	while (
	    scan->error == 0 && !tree->stopped && (d = readdir(dir)) != NULL) {
		take_name(scan, folder, d->d_name);
		errno = 0;
	}
	if (errno != 0)
		import_fail(tree, folder, strerror(errno));
	(void)closedir(dir);
}

int
import_scan(struct import_tree *tree, bool (*seen)(void *arg), void *arg)
{
	struct scan scan = {
	    .tree = tree, .seen = seen, .arg = arg, .local = BUF(65536)};
	struct import_entry *root = new_entry(tree);

	if (root == NULL || set_paths(&scan, root) < 0) {
		scan.error = E_NOMEM;
	} else {
		root->item.is_folder = true;
		scan_folder(&scan, root);
	}
	buf_free(&scan.local);
	return scan.error;
}

void
import_tree_free(struct import_tree *tree)
{
	mem_free(tree->entries);
	arena_free(&tree->arena);
	fd_close(&tree->dir);
}
