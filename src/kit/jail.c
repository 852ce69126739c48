#include "kit/jail.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <sched.h>
#include <stdio.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "base/log.h"
#include "base/slice.h"
#include "ipc/role.h"
#include "ipc/sandbox.h"

enum {
	CELL_UID_BASE = 61300, /* behind the roles' */
	CELL_FILES = 256,
	CELL_TASKS = 64,
	ZYGOTE_FILES = 4096,
	DEPTH_MAX = 32,
};

/* What the engine reads: libraries, fonts, its configuration, chance. */
static const struct sandbox_path shared[] = {
    {"/usr/lib", false},
    {"/usr/lib64", false},
    {"/usr/share", false},
    {"/lib", false},
    {"/lib64", false},
    {"/etc/fonts", false},
    {"/etc/libreoffice", false},
    {"/etc/ld.so.cache", false},
    {"/var/cache/fontconfig", false},
    {"/var/lib/libreoffice", false},
    {"/var/spool/libreoffice", false},
    {"/dev/null", true},
    {"/dev/urandom", false},
    {"/dev/random", false},
};

/* ---- a root folder ------------------------------------------------------ */

static int
failed(const char *what)
{
	log_error("jail.failed", log_str(K_NAME, what), log_int(K_CODE, errno));
	return E_SANDBOX;
}

/* All folders above the last name of a path. */
static int
make_above(char *path)
{
	for (char *p = path + 1; (p = strchr(p, '/')) != NULL; p++) {
		*p = '\0';
		if (mkdir(path, 0755) < 0 && errno != EEXIST)
			return E_IO;
		*p = '/';
	}
	return 0;
}

static int
make_place(const char *to, mode_t mode)
{
	int fd;

	if (S_ISDIR(mode))
		return mkdir(to, 0755) < 0 && errno != EEXIST ? E_IO : 0;
	fd = open(to, O_CREAT | O_WRONLY | O_CLOEXEC, 0644);
	if (fd < 0)
		return E_IO;
	return close(fd) < 0 ? E_IO : 0;
}

/* Shows a folder or file of the machine at the same path of the new root. */
static int
bind_shared(const char *root, const char *path)
{
	unsigned long flags = MS_BIND | MS_REMOUNT | MS_RDONLY | MS_NOSUID;
	char to[2 * JAIL_PATH_MAX], target[JAIL_PATH_MAX];
	struct stat st;
	ssize_t n;

	(void)snprintf(to, sizeof(to), "%s%s", root, path);
	if (lstat(path, &st) < 0)
		return 0;
	if (make_above(to) < 0)
		return E_IO;
	if (S_ISLNK(st.st_mode)) {
		n = readlink(path, target, sizeof(target) - 1);
		if (n < 0)
			return E_IO;
		target[n] = '\0';
		return symlink(target, to) < 0 && errno != EEXIST ? E_IO : 0;
	}
	if (!S_ISCHR(st.st_mode))
		flags |= MS_NODEV;
	if (make_place(to, st.st_mode) < 0 ||
	    mount(path, to, NULL, MS_BIND, NULL) < 0 ||
	    mount(NULL, to, NULL, flags, NULL) < 0)
		return E_IO;
	return 0;
}

static bool
is_shared(const char *path)
{
	for (size_t i = 0; i < ARRAY_SIZE(shared); i++) {
		size_t n = strlen(shared[i].path);

		if (strncmp(path, shared[i].path, n) == 0 &&
		    (path[n] == '\0' || path[n] == '/'))
			return true;
	}
	return false;
}

static int
fill_root(const struct jail *jail)
{
	char root[JAIL_PATH_MAX + 8];

	(void)snprintf(root, sizeof(root), "%s/root", jail->path);
	if (mkdir(root, 0755) < 0 && errno != EEXIST)
		return failed("mkdir");
	if (unshare(CLONE_NEWNS | CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS) <
		0 ||
	    mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
		return failed("namespaces");
	if (mount("chancery", root, "tmpfs", MS_NOSUID | MS_NODEV,
		"size=1m,mode=0755") < 0)
		return failed("root");
	for (size_t i = 0; i < ARRAY_SIZE(shared); i++)
		if (bind_shared(root, shared[i].path) < 0)
			return failed(shared[i].path);
	if (!is_shared(jail->engine) && bind_shared(root, jail->engine) < 0)
		return failed(jail->engine);
	if (chdir(root) < 0 || make_place("kit", S_IFDIR) < 0 ||
	    make_place("tmp", S_IFDIR) < 0 ||
	    mount(NULL, root, NULL,
		MS_REMOUNT | MS_RDONLY | MS_NOSUID | MS_NODEV,
		"size=1m,mode=0755") < 0)
		return failed("root");
	/* The old root is unmounted, so that nothing leads back to it. */
	if (syscall(SYS_pivot_root, ".", ".") < 0 ||
	    umount2(".", MNT_DETACH) < 0 || chdir("/") < 0)
		return failed("pivot");
	return 0;
}

/* Kits are other users: they must pass, whatever umask the server has. */
static int
build_root(const struct jail *jail)
{
	mode_t before = umask(022);
	int r = fill_root(jail);

	(void)umask(before);
	return r;
}

/* ---- users and rights --------------------------------------------------- */

static int
set_capabilities(uint32_t capabilities)
{
	struct __user_cap_header_struct header = {
	    .version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[2] = {
	    {capabilities, capabilities, 0}, {0, 0, 0}};

	return syscall(SYS_capset, &header, data) < 0 ? E_SANDBOX : 0;
}

/* A user of its own, who may make namespaces and give kits theirs, and no more.
 */
static int
become_zygote(void)
{
	unsigned uid = role_uid(ROLE_ZYGOTE);
	const uint32_t kept = 1u << CAP_SYS_ADMIN | 1u << CAP_SETUID |
	                      1u << CAP_SETGID | 1u << CAP_KILL;

	for (unsigned long cap = 0; cap <= CAP_LAST_CAP; cap++)
		if (cap != CAP_SYS_ADMIN && cap != CAP_SETUID &&
		    cap != CAP_SETGID && cap != CAP_KILL)
			(void)prctl(PR_CAPBSET_DROP, cap);
	if (prctl(PR_SET_KEEPCAPS, 1) < 0 || setgroups(0, NULL) < 0 ||
	    setresgid(uid, uid, uid) < 0 || setresuid(uid, uid, uid) < 0 ||
	    set_capabilities(kept) < 0)
		return failed("user");
	return 0;
}

int
jail_enter(struct jail *jail)
{
	struct sandbox sandbox = {
	    .calls = SANDBOX_FILES | SANDBOX_THREADS | SANDBOX_ENGINE |
	             SANDBOX_ZYGOTE,
	    .folder = -1,
	    .files = ZYGOTE_FILES,
	    .paths = shared,
	    .n_paths = ARRAY_SIZE(shared),
	    .proc = jail->proc,
	};
	struct sandbox_path paths[ARRAY_SIZE(shared) + 2];

	jail->root = geteuid() == 0;
	if (prctl(PR_SET_CHILD_SUBREAPER, 1) < 0)
		return failed("subreaper");
	if (jail->root) {
		if (build_root(jail) < 0 || become_zygote() < 0)
			return E_SANDBOX;
		sandbox.no_landlock = true;
	} else {
		memcpy(paths, shared, sizeof(shared));
		paths[ARRAY_SIZE(shared)] =
		    (struct sandbox_path){jail->engine, false};
		/* To see what kits take, and that theirs holds. */
		paths[ARRAY_SIZE(shared) + 1] =
		    (struct sandbox_path){"/proc", false};
		sandbox.paths = paths;
		sandbox.n_paths = ARRAY_SIZE(paths);
		sandbox.folder = jail->folder;
	}
	return sandbox_enter(&sandbox);
}

/* ---- cells -------------------------------------------------------------- */

static void
cell_home(const struct jail *jail, unsigned cell, char ret_home[JAIL_PATH_MAX])
{
	if (jail->root)
		(void)snprintf(ret_home, JAIL_PATH_MAX, "/kit");
	else
		(void)snprintf(ret_home, JAIL_PATH_MAX, "%.*s/kit-%u",
		    JAIL_PATH_MAX - 32, jail->path, cell);
}

/* In a process between: namespaces, and the file system in memory. */
static int
make_cell(unsigned cell, const struct jail_limits *limits)
{
	char options[128];

	(void)snprintf(options, sizeof(options),
	    "size=%llu,nr_inodes=10000,mode=0700,uid=%u,gid=%u",
	    (unsigned long long)limits->folder, CELL_UID_BASE + cell,
	    CELL_UID_BASE + cell);
	if (unshare(CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWIPC) < 0 ||
	    mount("chancery", "/kit", "tmpfs", MS_NOSUID | MS_NODEV | MS_NOEXEC,
		options) < 0)
		return failed("cell");
	return 0;
}

static int
fork_through(const struct jail *jail, unsigned cell,
    const struct jail_limits *limits, void (*run)(void *, const char *),
    void *arg, pid_t *ret_pid)
{
	char home[JAIL_PATH_MAX];
	pid_t between, pid = -1;
	int ends[2], gone[2], status;
	ssize_t n;
	char byte;

	cell_home(jail, cell, home);
	if (pipe2(ends, O_CLOEXEC) < 0)
		return E_IO;
	if (pipe2(gone, O_CLOEXEC) < 0) {
		fd_close(&ends[0]);
		fd_close(&ends[1]);
		return E_IO;
	}
	between = fork();
	if (between == 0) {
		if (make_cell(cell, limits) < 0)
			_exit(1);
		pid = fork();
		if (pid == 0) {
			/* Its parent is the zygote first, then it may say so.
			 */
			fd_close(&gone[1]);
			while (read(gone[0], &byte, 1) < 0 && errno == EINTR)
				;
			run(arg, home);
			_exit(1);
		}
		n = write(ends[1], &pid, sizeof(pid));
		_exit(n == (ssize_t)sizeof(pid) ? 0 : 1);
	}
	fd_close(&ends[1]);
	fd_close(&gone[0]);
	n = between > 0 ? read(ends[0], &pid, sizeof(pid)) : -1;
	fd_close(&ends[0]);
	/* Once that one is gone, the kit is a child of ours. */
	while (between > 0 && waitpid(between, &status, 0) < 0)
		if (errno != EINTR)
			break;
	fd_close(&gone[1]);
	if (n != (ssize_t)sizeof(pid) || pid <= 0)
		return E_SANDBOX;
	*ret_pid = pid;
	return 0;
}

int
jail_fork(const struct jail *jail, unsigned cell,
    const struct jail_limits *limits, void (*run)(void *arg, const char *home),
    void *arg, pid_t *ret_pid)
{
	char home[JAIL_PATH_MAX];
	pid_t pid;

	if (jail->root)
		return fork_through(jail, cell, limits, run, arg, ret_pid);
	cell_home(jail, cell, home);
	jail_clear(jail, cell);
	if (mkdir(home, 0700) < 0)
		return E_IO;
	pid = fork();
	if (pid < 0)
		return E_IO;
	if (pid == 0) {
		run(arg, home);
		_exit(1);
	}
	*ret_pid = pid;
	return 0;
}

/* What the process has mapped already, most of it shared, counts as nothing. */
static uint64_t
mapped(int proc)
{
	AUTO_CLOSE int fd = openat(proc, "self/statm", O_RDONLY | O_CLOEXEC);
	char text[128];
	ssize_t n = fd >= 0 ? pread(fd, text, sizeof(text), 0) : -1;
	struct slice all, pages;
	uint64_t value;

	if (n <= 0)
		return 0;
	all = slice_of(text, (size_t)n);
	(void)slice_cut(&all, ' ', &pages);
	return slice_u64(pages, UINT32_MAX, &value) < 0
	           ? 0
	           : value * (uint64_t)sysconf(_SC_PAGESIZE);
}

static int
set_limit(int which, uint64_t value)
{
	const struct rlimit limit = {value, value};

	return setrlimit((__rlimit_resource_t)which, &limit) < 0 ? E_SANDBOX
	                                                         : 0;
}

static int
set_limits(const struct jail *jail, const struct jail_limits *limits)
{
	uint64_t now = mapped(jail->proc);

	if (now == 0 || set_limit(RLIMIT_AS, now + limits->memory) < 0 ||
	    set_limit(RLIMIT_CPU, limits->cpu_seconds) < 0 ||
	    set_limit(RLIMIT_FSIZE, limits->folder) < 0)
		return E_SANDBOX;
	/* Without a user of one's own others' processes would count. */
	return jail->root ? set_limit(RLIMIT_NPROC, CELL_TASKS) : 0;
}

int
jail_close(const struct jail *jail, unsigned cell,
    const struct jail_limits *limits, const char *home)
{
	unsigned uid = CELL_UID_BASE + cell;
	struct sandbox_path paths[ARRAY_SIZE(shared) + 1];
	AUTO_CLOSE int folder = open(home, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct sandbox sandbox = {
	    .calls = SANDBOX_FILES | SANDBOX_THREADS | SANDBOX_ENGINE,
	    .folder = folder,
	    .files = CELL_FILES,
	    .paths = paths,
	    .n_paths = ARRAY_SIZE(paths),
	    .proc = jail->proc,
	};

	memcpy(paths, shared, sizeof(shared));
	paths[ARRAY_SIZE(shared)] = (struct sandbox_path){jail->engine, false};
	if (set_limits(jail, limits) < 0)
		return failed("limits");
	if (jail->root &&
	    (setgroups(0, NULL) < 0 || setresgid(uid, uid, uid) < 0 ||
		setresuid(uid, uid, uid) < 0 || set_capabilities(0) < 0))
		return failed("user");
	/* As its user, since the folder is nobody else's. */
	if (folder < 0)
		sandbox.folder = folder =
		    open(home, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (folder < 0 || fchdir(folder) < 0)
		return failed("folder");
	return sandbox_enter(&sandbox);
}

/* Links are not followed, and names come from the folder itself. */
static void
clear_folder(int dir, unsigned depth)
{
	DIR *list = fdopendir(dir);
	struct dirent *entry;

	if (list == NULL) {
		fd_close(&dir);
		return;
	}
	while ((entry = readdir(list)) != NULL) {
		int sub;

		if (strcmp(entry->d_name, ".") == 0 ||
		    strcmp(entry->d_name, "..") == 0 ||
		    unlinkat(dir, entry->d_name, 0) == 0)
			continue;
		sub = openat(dir, entry->d_name,
		    O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		if (sub >= 0 && depth < DEPTH_MAX)
			clear_folder(sub, depth + 1);
		else
			fd_close(&sub);
		(void)unlinkat(dir, entry->d_name, AT_REMOVEDIR);
	}
	(void)closedir(list);
}

void
jail_clear(const struct jail *jail, unsigned cell)
{
	char home[JAIL_PATH_MAX];
	int dir;

	if (jail->root)
		return;
	cell_home(jail, cell, home);
	dir = open(home, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (dir >= 0)
		clear_folder(dir, 0);
	(void)rmdir(home);
}
