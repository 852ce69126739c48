#include "simfs.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include "base/base.h"
#include "base/fault.h"

enum {
	NODES_MAX = 1 << 15,
	EVENTS_MAX = 1 << 20,
	NAME_MAX_BYTES = 120,
	SECTOR = 512,
};

#define SHARED_BYTES ((size_t)8 << 30) /* reserved; used as it is touched */

struct node {
	dev_t dev;
	ino_t ino;
	bool folder;
	bool mapped;   /* a process writes it past our eyes */
	uint8_t *base; /* its bytes when the journal began */
	size_t n_base;
};

enum event_type {
	EVENT_WRITE, /* bytes at an offset */
	EVENT_SIZE,  /* cut or extended to offset */
	EVENT_SYNC,
	EVENT_SYNC_FAILED,
	EVENT_NAME, /* node is now name in folder, and not was in was_folder */
};

struct event {
	enum event_type type;
	uint32_t node; /* 0: EVENT_NAME only removes */
	uint32_t folder, was_folder;
	char name[NAME_MAX_BYTES], was[NAME_MAX_BYTES];
	uint64_t offset;
	size_t n;
	const uint8_t *bytes;
};

/* Node 1 is the folder itself; 0 is none. */
struct journal {
	bool on;
	uint8_t *next; /* free bytes */
	size_t n_nodes, n_events;
	size_t start; /* events that only tell what was there */
	struct node nodes[NODES_MAX];
	struct event events[EVENTS_MAX];
};

static struct journal *journal;
static uint8_t *shared, *shared_end, *payload;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static bool active; /* in this process */

static enum simfs_fault fault;
static uint64_t fault_left, fault_count;
static bool fault_stays;

uint64_t
dice_roll(struct dice *dice)
{
	/* splitmix64 */
	uint64_t z = dice->state += 0x9e3779b97f4a7c15;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
	z = (z ^ z >> 27) * 0x94d049bb133111eb;
	return z ^ z >> 31;
}

uint64_t
dice_of(struct dice *dice, uint64_t n)
{
	return dice_roll(dice) % n;
}

/* ---- shared memory ------------------------------------------------------- */

void
simfs_init(void)
{
	shared = mmap(NULL, SHARED_BYTES, PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	BUG_ON(shared == MAP_FAILED);
	shared_end = shared + SHARED_BYTES;
	journal = simfs_shared(sizeof(*journal));
}

/* What is shared for good comes first, the journal's bytes behind it. */
void *
simfs_shared(size_t n)
{
	void *p = shared;

	BUG_ON(payload != NULL);
	shared += (n + 63) / 64 * 64;
	BUG_ON(shared > shared_end);
	return p;
}

static uint8_t *
keep(const void *bytes, size_t n)
{
	uint8_t *p = journal->next;

	BUG_ON(n > (size_t)(shared_end - p));
	journal->next += n;
	if (n > 0)
		memcpy(p, bytes, n);
	return p;
}

/* ---- the journal --------------------------------------------------------- */

static struct event *
event_add(enum event_type type, uint32_t node)
{
	struct event *event = &journal->events[journal->n_events++];

	BUG_ON(journal->n_events == EVENTS_MAX);
	*event = (struct event){.type = type, .node = node};
	return event;
}

static uint32_t
node_add(const struct stat *st)
{
	struct node *node = &journal->nodes[++journal->n_nodes];

	BUG_ON(journal->n_nodes + 1 == NODES_MAX);
	*node = (struct node){.dev = st->st_dev,
	    .ino = st->st_ino,
	    .folder = S_ISDIR(st->st_mode)};
	return (uint32_t)journal->n_nodes;
}

/* The newest: numbers of removed files are given again. */
static uint32_t
node_of(const struct stat *st)
{
	for (size_t i = journal->n_nodes; i > 0; i--)
		if (journal->nodes[i].ino == st->st_ino &&
		    journal->nodes[i].dev == st->st_dev)
			return (uint32_t)i;
	return 0;
}

static uint32_t
node_of_fd(int fd)
{
	struct stat st;

	if (fstat(fd, &st) < 0 || !(S_ISREG(st.st_mode) || S_ISDIR(st.st_mode)))
		return 0;
	return node_of(&st);
}

/* The folder that a path's last part stands in, and that part. */
static uint32_t
folder_of(int dir, const char *path, const char **ret_name)
{
	const char *slash = strrchr(path, '/');
	char parent[4096] = ".";
	struct stat st;

	*ret_name = slash != NULL ? slash + 1 : path;
	if (slash != NULL)
		(void)snprintf(
		    parent, sizeof(parent), "%.*s", (int)(slash - path), path);
	if (fstatat(dir, parent, &st, 0) < 0)
		return 0;
	return node_of(&st);
}

static uint32_t
node_of_path(int dir, const char *path)
{
	struct stat st;

	if (fstatat(dir, path, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return 0;
	return node_of(&st);
}

static void
put_name(char to[static NAME_MAX_BYTES], const char *name)
{
	BUG_ON(strlen(name) >= NAME_MAX_BYTES);
	(void)snprintf(to, NAME_MAX_BYTES, "%s", name);
}

static void
note_name(uint32_t folder, const char *name, uint32_t node)
{
	struct event *event = event_add(EVENT_NAME, node);

	event->folder = folder;
	put_name(event->name, name);
}

static void
note_write(int fd, const void *bytes, size_t n, uint64_t offset)
{
	uint32_t node = node_of_fd(fd);
	struct event *event;

	if (node == 0)
		return;
	event = event_add(EVENT_WRITE, node);
	event->offset = offset;
	event->n = n;
	event->bytes = keep(bytes, n);
}

static void
read_base(int dir, const char *name, struct node *node, size_t n)
{
	int fd = (int)syscall(SYS_openat, dir, name, O_RDONLY | O_CLOEXEC, 0);

	BUG_ON(fd < 0 || n > (size_t)(shared_end - journal->next));
	node->base = journal->next;
	for (ssize_t got; node->n_base < n; node->n_base += (size_t)got) {
		got = read(fd, node->base + node->n_base, n - node->n_base);
		BUG_ON(got <= 0);
	}
	journal->next += n;
	(void)close(fd);
}

static void
scan(int fd, uint32_t folder)
{
	DIR *list = fdopendir(fd);
	struct dirent *entry;
	struct stat st;
	uint32_t node;

	BUG_ON(list == NULL);
	while ((entry = readdir(list)) != NULL) {
		if (strcmp(entry->d_name, ".") == 0 ||
		    strcmp(entry->d_name, "..") == 0)
			continue;
		BUG_ON(
		    fstatat(fd, entry->d_name, &st, AT_SYMLINK_NOFOLLOW) < 0);
		node = node_add(&st);
		note_name(folder, entry->d_name, node);
		if (S_ISDIR(st.st_mode))
			scan(openat(fd, entry->d_name,
				 O_RDONLY | O_DIRECTORY | O_CLOEXEC),
			    node);
		else
			read_base(fd, entry->d_name, &journal->nodes[node],
			    (size_t)st.st_size);
	}
	(void)closedir(list);
}

void
simfs_begin(void)
{
	struct stat st;

	if (payload == NULL)
		payload = shared;
	active = false;
	journal->next = payload;
	journal->n_nodes = journal->n_events = 0;
	BUG_ON(stat(".", &st) < 0);
	(void)node_add(&st);
	scan(open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC), 1);
	/* The names that are there are durable. */
	for (uint32_t i = 1; i <= journal->n_nodes; i++)
		if (journal->nodes[i].folder)
			(void)event_add(EVENT_SYNC, i);
	journal->start = journal->n_events;
	active = true;
}

void
simfs_resume(void)
{
	active = true;
}

size_t
simfs_start(void)
{
	return journal->start;
}

size_t
simfs_now(void)
{
	size_t n;

	(void)pthread_mutex_lock(&lock);
	n = journal->n_events;
	(void)pthread_mutex_unlock(&lock);
	return n;
}

/* ---- a moment, built again ----------------------------------------------- */

/* How the unsynced events of one node are treated. */
enum fate { FATE_DROP, FATE_KEEP, FATE_PREFIX, FATE_EACH, FATE_MAX };

struct built {
	uint8_t *bytes;
	size_t n, room;
	enum fate fate;
	bool synced; /* looking back: a sync covers what came before */
	bool over;   /* of a prefix: what follows is dropped */
};

struct name {
	uint32_t folder, node;
	const char *text;
};

struct names {
	struct name *v;
	size_t n;
};

static void
resize(struct built *file, uint64_t n)
{
	if (n > file->room) {
		file->room = MAX(n, 2 * file->room);
		file->bytes = realloc(file->bytes, file->room);
		BUG_ON(file->bytes == NULL);
	}
	if (n > file->n)
		memset(file->bytes + file->n, 0, n - file->n);
	file->n = n;
}

/* One write, torn: each sector is written, left, or garbage. */
static void
tear(struct built *file, const struct event *event, struct dice *dice)
{
	uint64_t at = event->offset, end = event->offset + event->n;

	while (at < end) {
		uint64_t next = MIN((at / SECTOR + 1) * SECTOR, end);

		switch (dice_of(dice, 4)) {
		case 0:
			break;
		case 1:
			for (uint64_t i = at; i < next; i++)
				file->bytes[i] = (uint8_t)dice_roll(dice);
			break;
		default:
			memcpy(file->bytes + at,
			    event->bytes + (at - event->offset), next - at);
		}
		at = next;
	}
}

static void
apply(
    struct built *file, const struct event *event, bool torn, struct dice *dice)
{
	if (event->type == EVENT_SIZE) {
		resize(file, event->offset);
		return;
	}
	if (event->offset + event->n > file->n)
		resize(file, event->offset + event->n);
	BUG_ON(event->n > 0 && file->bytes == NULL);
	if (torn)
		tear(file, event, dice);
	else if (event->n > 0)
		memcpy(file->bytes + event->offset, event->bytes, event->n);
}

static void
set_name(struct names *names, uint32_t folder, const char *text, uint32_t node)
{
	for (size_t i = 0; i < names->n; i++) {
		if (names->v[i].folder != folder ||
		    strcmp(names->v[i].text, text) != 0)
			continue;
		names->v[i].node = node;
		return;
	}
	names->v = realloc(names->v, (names->n + 1) * sizeof(*names->v));
	BUG_ON(names->v == NULL);
	names->v[names->n++] = (struct name){folder, node, text};
}

/* Whether an unsynced event happened, by the fate of what it is of. */
static bool
survives(struct built *of, bool *ret_torn, struct dice *dice)
{
	*ret_torn = false;
	switch (of->fate) {
	case FATE_KEEP:
		return true;
	case FATE_PREFIX:
		if (!of->over && dice_of(dice, 4) == 0) {
			of->over = true;
			*ret_torn = true;
			return dice_of(dice, 2) == 0;
		}
		return !of->over;
	case FATE_EACH:
		*ret_torn = dice_of(dice, 3) == 0;
		return dice_of(dice, 3) != 0;
	case FATE_DROP:
	case FATE_MAX:
		break;
	}
	return false;
}

static void
replay(size_t k, const bool *durable, struct built *built, struct names *names,
    struct dice *dice)
{
	for (size_t i = 0; i < k; i++) {
		const struct event *event = &journal->events[i];
		bool torn = false;

		switch (event->type) {
		case EVENT_WRITE:
		case EVENT_SIZE:
			if (durable[i] ||
			    survives(&built[event->node], &torn, dice))
				apply(&built[event->node], event, torn, dice);
			break;
		case EVENT_NAME:
			if (!durable[i] &&
			    !survives(&built[event->folder], &torn, dice))
				break;
			set_name(
			    names, event->folder, event->name, event->node);
			if (event->was_folder != 0)
				set_name(
				    names, event->was_folder, event->was, 0);
			break;
		case EVENT_SYNC:
		case EVENT_SYNC_FAILED:
			break;
		}
	}
}

/* Looks back from the moment: what has a sync behind it? */
static void
find_durable(size_t k, struct built *built, bool *durable)
{
	for (size_t i = k; i-- > 0;) {
		const struct event *event = &journal->events[i];
		bool *synced = &built[event->node].synced;

		switch (event->type) {
		case EVENT_SYNC:
			*synced = true;
			break;
		case EVENT_SYNC_FAILED:
			*synced = false;
			break;
		case EVENT_WRITE:
		case EVENT_SIZE:
			durable[i] = *synced;
			break;
		case EVENT_NAME:
			durable[i] = built[event->folder].synced ||
			             (event->was_folder != 0 &&
					 built[event->was_folder].synced);
			break;
		}
	}
}

static void
put_file(int dir, const char *name, const struct node *node, struct built *file,
    struct dice *dice)
{
	int fd;

	if (node->mapped) {
		if (dice_of(dice, 2) == 0)
			return;
		for (size_t i = 0; i < file->n; i++)
			file->bytes[i] = (uint8_t)dice_roll(dice);
	}
	fd = openat(dir, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	BUG_ON(fd < 0);
	for (size_t at = 0; at < file->n;) {
		ssize_t n = write(fd, file->bytes + at, file->n - at);

		BUG_ON(n <= 0);
		at += (size_t)n;
	}
	(void)close(fd);
}

static void
put_folder(int dir, uint32_t folder, const struct names *names,
    struct built *built, struct dice *dice)
{
	for (size_t i = 0; i < names->n; i++) {
		const struct name *name = &names->v[i];
		int fd;

		if (name->folder != folder || name->node == 0)
			continue;
		if (!journal->nodes[name->node].folder) {
			put_file(dir, name->text, &journal->nodes[name->node],
			    &built[name->node], dice);
			continue;
		}
		BUG_ON(mkdirat(dir, name->text, 0700) < 0);
		fd =
		    openat(dir, name->text, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		BUG_ON(fd < 0);
		put_folder(fd, name->node, names, built, dice);
		(void)close(fd);
	}
}

static void
clear(int fd)
{
	DIR *list = fdopendir(fd);
	struct dirent *entry;

	BUG_ON(list == NULL);
	while ((entry = readdir(list)) != NULL) {
		if (strcmp(entry->d_name, ".") == 0 ||
		    strcmp(entry->d_name, "..") == 0 ||
		    unlinkat(fd, entry->d_name, 0) == 0)
			continue;
		clear(openat(
		    fd, entry->d_name, O_RDONLY | O_DIRECTORY | O_CLOEXEC));
		BUG_ON(unlinkat(fd, entry->d_name, AT_REMOVEDIR) < 0);
	}
	(void)closedir(list);
}

void
simfs_clear(void)
{
	active = false;
	clear(open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
}

void
simfs_cut(size_t k, uint64_t seed)
{
	struct built *built = calloc(journal->n_nodes + 1, sizeof(*built));
	bool *durable = calloc(k + 1, sizeof(*durable));
	struct dice dice = {seed};
	struct names names = {NULL, 0};
	int fd;

	BUG_ON(built == NULL || durable == NULL || k < journal->start ||
	       k > journal->n_events);
	simfs_clear();
	for (size_t i = 1; i <= journal->n_nodes; i++) {
		const struct node *node = &journal->nodes[i];

		built[i].fate = (enum fate)dice_of(&dice, FATE_MAX);
		resize(&built[i], node->n_base);
		if (node->n_base > 0)
			memcpy(built[i].bytes, node->base, node->n_base);
	}
	find_durable(k, built, durable);
	replay(k, durable, built, &names, &dice);
	fd = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	put_folder(fd, 1, &names, built, &dice);
	(void)close(fd);
	for (size_t i = 1; i <= journal->n_nodes; i++)
		free(built[i].bytes);
	free(names.v);
	free(durable);
	free(built);
}

/* ---- faults -------------------------------------------------------------- */

void
simfs_fail(enum simfs_fault which, uint64_t nth, bool persistent)
{
	(void)pthread_mutex_lock(&lock);
	fault = which;
	fault_left = nth;
	fault_stays = persistent;
	fault_count = 0;
	(void)pthread_mutex_unlock(&lock);
}

uint64_t
simfs_failed(void)
{
	uint64_t n;

	(void)pthread_mutex_lock(&lock);
	n = fault_count;
	(void)pthread_mutex_unlock(&lock);
	return n;
}

/* Whether this call must fail; under the lock. */
static bool
fails(enum simfs_fault which, int error)
{
	if (which != fault || fault_left == 0 || !fault_is_here())
		return false;
	if (fault_left > 1) {
		fault_left--;
		return false;
	}
	if (!fault_stays)
		fault_left = 0;
	fault_count++;
	errno = error;
	return true;
}

/* ---- the calls ----------------------------------------------------------- */

/* The names that programs and libraries know these calls by. */
#define ALSO(name, real) \
	extern __typeof__(real)(name) __attribute__((alias(#real)))

static bool
enter(void)
{
	if (active)
		(void)pthread_mutex_lock(&lock);
	return active;
}

static void
leave(bool entered)
{
	if (entered)
		(void)pthread_mutex_unlock(&lock);
}

static int
open_noted(int dir, const char *path, int flags, mode_t mode)
{
	const char *name;
	uint32_t folder = folder_of(dir, path, &name);
	uint32_t before = node_of_path(dir, path);
	struct stat st;
	bool there = fstatat(dir, path, &st, AT_SYMLINK_NOFOLLOW) == 0;
	int fd;

	if (folder != 0 && (flags & O_ACCMODE) != O_RDONLY &&
	    fails(SIMFS_FAULT_NAME, EIO))
		return -1;
	fd = (int)syscall(SYS_openat, dir, path, flags, mode);
	if (fd < 0 || folder == 0)
		return fd;
	if (!there && (flags & O_CREAT)) {
		BUG_ON(fstat(fd, &st) < 0);
		note_name(folder, name, node_add(&st));
	} else if (there && (flags & O_TRUNC) && before != 0) {
		(void)event_add(EVENT_SIZE, before);
	}
	return fd;
}

int
openat(int dir, const char *path, int flags, ...)
{
	mode_t mode = 0;
	bool noted;
	va_list args;
	int fd;

	va_start(args, flags);
	if (flags & (O_CREAT | __O_TMPFILE))
		mode = va_arg(args, mode_t);
	va_end(args);
	noted = enter();
	fd = noted ? open_noted(dir, path, flags, mode)
	           : (int)syscall(SYS_openat, dir, path, flags, mode);
	leave(noted);
	return fd;
}
ALSO(openat64, openat);

int
open(const char *path, int flags, ...)
{
	mode_t mode = 0;
	va_list args;

	va_start(args, flags);
	if (flags & (O_CREAT | __O_TMPFILE))
		mode = va_arg(args, mode_t);
	va_end(args);
	return openat(AT_FDCWD, path, flags, mode);
}
ALSO(open64, open);

ssize_t
write(int fd, const void *bytes, size_t n)
{
	bool noted = enter();
	off_t at = noted ? lseek(fd, 0, SEEK_CUR) : -1;
	ssize_t done;

	if (noted && node_of_fd(fd) != 0 && fails(SIMFS_FAULT_WRITE, EIO))
		done = -1;
	else
		done = syscall(SYS_write, fd, bytes, n);
	if (noted && at >= 0 && done > 0)
		note_write(fd, bytes, (size_t)done, (uint64_t)at);
	leave(noted);
	return done;
}

ssize_t
pwrite(int fd, const void *bytes, size_t n, off_t offset)
{
	bool noted = enter();
	ssize_t done;

	if (noted && node_of_fd(fd) != 0 && fails(SIMFS_FAULT_WRITE, ENOSPC))
		done = -1;
	else
		done = syscall(SYS_pwrite64, fd, bytes, n, offset);
	if (noted && done > 0)
		note_write(fd, bytes, (size_t)done, (uint64_t)offset);
	leave(noted);
	return done;
}
ALSO(pwrite64, pwrite);

int
ftruncate(int fd, off_t size)
{
	bool noted = enter();
	uint32_t node = noted ? node_of_fd(fd) : 0;
	int r;

	if (node != 0 && fails(SIMFS_FAULT_WRITE, EIO))
		r = -1;
	else
		r = (int)syscall(SYS_ftruncate, fd, size);
	if (r == 0 && node != 0)
		event_add(EVENT_SIZE, node)->offset = (uint64_t)size;
	leave(noted);
	return r;
}
ALSO(ftruncate64, ftruncate);

int
posix_fallocate(int fd, off_t offset, off_t n)
{
	bool noted = enter();
	uint32_t node = noted ? node_of_fd(fd) : 0;
	struct stat st;
	int r = syscall(SYS_fallocate, fd, 0, offset, n) < 0 ? errno : 0;

	if (r == 0 && node != 0 && fstat(fd, &st) == 0)
		event_add(EVENT_SIZE, node)->offset = (uint64_t)st.st_size;
	leave(noted);
	return r;
}
ALSO(posix_fallocate64, posix_fallocate);

int
fsync(int fd)
{
	bool noted = enter();
	uint32_t node = noted ? node_of_fd(fd) : 0;
	int r = 0;

	if (node == 0) {
		r = (int)syscall(SYS_fsync, fd);
	} else if (fails(SIMFS_FAULT_SYNC, EIO)) {
		(void)event_add(EVENT_SYNC_FAILED, node);
		r = -1;
	} else {
		(void)event_add(EVENT_SYNC, node);
	}
	leave(noted);
	return r;
}
ALSO(fdatasync, fsync);

int
renameat(int from_dir, const char *from, int to_dir, const char *to)
{
	bool noted = enter();
	const char *from_name, *to_name;
	uint32_t node = noted ? node_of_path(from_dir, from) : 0;
	uint32_t from_folder, to_folder;
	struct event *event;
	int r;

	if (node != 0 && fails(SIMFS_FAULT_NAME, EIO))
		r = -1;
	else
		r = (int)syscall(SYS_renameat, from_dir, from, to_dir, to);
	if (r == 0 && node != 0) {
		from_folder = folder_of(from_dir, from, &from_name);
		to_folder = folder_of(to_dir, to, &to_name);
		BUG_ON(from_folder == 0 || to_folder == 0);
		note_name(to_folder, to_name, node);
		event = &journal->events[journal->n_events - 1];
		event->was_folder = from_folder;
		put_name(event->was, from_name);
	}
	leave(noted);
	return r;
}

int
rename(const char *from, const char *to)
{
	return renameat(AT_FDCWD, from, AT_FDCWD, to);
}

int
unlinkat(int dir, const char *path, int flags)
{
	bool noted = enter();
	const char *name;
	uint32_t folder;
	uint32_t node = noted ? node_of_path(dir, path) : 0;
	int r;

	if (node != 0 && fails(SIMFS_FAULT_NAME, EIO))
		r = -1;
	else
		r = (int)syscall(SYS_unlinkat, dir, path, flags);
	if (r == 0 && node != 0) {
		folder = folder_of(dir, path, &name);
		note_name(folder, name, 0);
	}
	leave(noted);
	return r;
}

int
unlink(const char *path)
{
	return unlinkat(AT_FDCWD, path, 0);
}

int
rmdir(const char *path)
{
	return unlinkat(AT_FDCWD, path, AT_REMOVEDIR);
}

int
mkdirat(int dir, const char *path, mode_t mode)
{
	bool noted = enter();
	const char *name;
	uint32_t folder = noted ? folder_of(dir, path, &name) : 0;
	struct stat st;
	int r = (int)syscall(SYS_mkdirat, dir, path, mode);

	if (r == 0 && folder != 0) {
		BUG_ON(fstatat(dir, path, &st, AT_SYMLINK_NOFOLLOW) < 0);
		note_name(folder, name, node_add(&st));
	}
	leave(noted);
	return r;
}

int
mkdir(const char *path, mode_t mode)
{
	return mkdirat(AT_FDCWD, path, mode);
}

void *
mmap(void *at, size_t n, int protection, int flags, int fd, off_t offset)
{
	bool noted = fd >= 0 && (flags & MAP_SHARED) &&
	             (protection & PROT_WRITE) && enter();
	uint32_t node = noted ? node_of_fd(fd) : 0;
	void *p =
	    (void *)syscall(SYS_mmap, at, n, protection, flags, fd, offset);

	if (node != 0)
		journal->nodes[node].mapped = true;
	leave(noted);
	return p;
}
ALSO(mmap64, mmap);

/* What the project and its libraries don't use, and must not begin to. */
static int
refuse(const char *call)
{
	(void)fprintf(stderr, "simfs: %s isn't kept in the journal\n", call);
	abort();
}

ssize_t
pwritev(int fd, const struct iovec *v, int n, off_t offset)
{
	if (active && node_of_fd(fd) != 0)
		return refuse("pwritev");
	return syscall(SYS_pwritev, fd, v, n, offset, 0);
}

ssize_t
writev(int fd, const struct iovec *v, int n)
{
	if (active && node_of_fd(fd) != 0)
		return refuse("writev");
	return syscall(SYS_writev, fd, v, n);
}

int
linkat(int from_dir, const char *from, int to_dir, const char *to, int flags)
{
	if (active && node_of_path(from_dir, from) != 0)
		return refuse("linkat");
	return (int)syscall(SYS_linkat, from_dir, from, to_dir, to, flags);
}

int
link(const char *from, const char *to)
{
	return linkat(AT_FDCWD, from, AT_FDCWD, to, 0);
}
