/*
 * What a document's process can reach and call. A child shuts itself in as the
 * zygote does, forks another as kits are forked, and that one makes the call; a
 * control makes it in neither. Needs no engine.
 */
#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <grp.h>
#include <linux/bpf.h>
#include <linux/io_uring.h>
#include <netinet/in.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/shm.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "base/log.h"
#include "ipc/role.h"
#include "ipc/sandbox.h"
#include "kit/jail.h"

enum { NOT_ENTERED = 99, WAIT_S = 60, MEMORY = 256 << 20, FOLDER = 16 << 20 };

/* What was there before. */
static struct {
	pid_t other;
	char outside[64]; /* a file that anybody may read and write */
	char inside[64];  /* the zygote's folder */
	void *page;
	int socket;
	struct sockaddr_in address;
} before;

#define CALL(name) static long name(void)

/* clang-format off */
CALL(socket_inet) { return socket(AF_INET, SOCK_STREAM, 0); }
CALL(socket_unix) { return socket(AF_UNIX, SOCK_STREAM, 0); }
CALL(socket_netlink) { return socket(AF_NETLINK, SOCK_RAW, 0); }
CALL(connect_out) { return connect(before.socket, (const struct sockaddr *)&before.address, sizeof(before.address)); }
CALL(connect_by_sending) { return sendto(before.socket, "x", 1, MSG_FASTOPEN, (const struct sockaddr *)&before.address, sizeof(before.address)); }
CALL(bind_port) { const struct sockaddr_in any = {.sin_family = AF_INET}; return bind(before.socket, (const struct sockaddr *)&any, sizeof(any)); }
CALL(execute) { char *argv[] = {NULL}; return execve("/bin/true", argv, argv); }
CALL(execute_at) { char *argv[] = {NULL}; return syscall(SYS_execveat, AT_FDCWD, "/bin/true", argv, argv, 0); }
CALL(fork_process) { pid_t pid = fork(); if (pid == 0) _exit(0); return pid; }
CALL(clone_process) { long pid = syscall(SYS_clone, CLONE_FS | SIGCHLD, 0, 0, 0, 0); if (pid == 0) _exit(0); return pid; }
CALL(clone_namespaces) { long pid = syscall(SYS_clone, CLONE_NEWUSER | SIGCHLD, 0, 0, 0, 0); if (pid == 0) _exit(0); return pid; }
CALL(trace_others) { return ptrace(PTRACE_SEIZE, before.other, 0, 0); }
CALL(read_others_memory) { char to; struct iovec l = {&to, 1}, r = {&before, 1}; return process_vm_readv(before.other, &l, 1, &r, 1, 0); }
CALL(kill_others) { return kill(before.other, 0); }
CALL(kill_by_thread) { return syscall(SYS_tgkill, before.other, before.other, 0); }
CALL(queue_signal) { const union sigval v = {.sival_int = 0}; return sigqueue(before.other, 0, v); }
CALL(pidfd_of_others) { return syscall(SYS_pidfd_open, before.other, 0); }
CALL(mount_folder) { return mount("x", before.inside, "tmpfs", 0, NULL) == 0 ? umount2(before.inside, MNT_DETACH) : -1; }
CALL(unshare_mounts) { return unshare(CLONE_NEWNS); }
CALL(change_root) { return chroot("/"); }
CALL(bpf_map) { union bpf_attr attr = {.map_type = BPF_MAP_TYPE_ARRAY, .key_size = 4, .value_size = 4, .max_entries = 1}; return syscall(SYS_bpf, BPF_MAP_CREATE, &attr, sizeof(attr)); }
CALL(io_uring) { struct io_uring_params params = {.flags = 0}; return syscall(SYS_io_uring_setup, 1, &params); }
CALL(userfaults) { return syscall(SYS_userfaultfd, O_CLOEXEC | 1); }
CALL(map_writable_executable) { return mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == MAP_FAILED ? -1 : 0; }
CALL(make_executable) { return mprotect(before.page, 4096, PROT_READ | PROT_EXEC); }
CALL(memory_file) { return memfd_create("x", MFD_CLOEXEC); }
CALL(shared_memory) { return shmget(IPC_PRIVATE, 4096, IPC_CREAT | 0600); }
CALL(become_dumpable) { return prctl(PR_SET_DUMPABLE, 1); }
CALL(become_root) { return setresuid(0, 0, 0); }
CALL(set_groups) { return setgroups(0, NULL); }
CALL(another_filter) { return syscall(SYS_seccomp, 2, 0, &(uint32_t){0x80000000U}); }
CALL(make_device) { return mknod("fifo", S_IFIFO | 0600, 0); }
CALL(make_socketpair) { int ends[2]; return socketpair(AF_UNIX, SOCK_STREAM, 0, ends); }
CALL(open_outside) { return open(before.outside, O_RDONLY | O_CLOEXEC); }
CALL(write_outside) { return open(before.outside, O_WRONLY | O_CLOEXEC); }
CALL(open_passwd) { return open("/etc/passwd", O_RDONLY | O_CLOEXEC); }
CALL(open_home) { return open("/root", O_RDONLY | O_DIRECTORY | O_CLOEXEC) >= 0 ? 0 : open("/home", O_RDONLY | O_DIRECTORY | O_CLOEXEC); }
CALL(open_proc) { return open("/proc/self/maps", O_RDONLY | O_CLOEXEC); }
CALL(open_above) { return open("..", O_RDONLY | O_DIRECTORY | O_CLOEXEC); }
CALL(open_zygotes) { char path[96]; (void)snprintf(path, sizeof(path), "%s/secret", before.inside); return open(path, O_RDONLY | O_CLOEXEC); }
CALL(write_shared) { return open("/usr/share/chancery-no-file", O_WRONLY | O_CREAT | O_CLOEXEC, 0600) >= 0 ? unlink("/usr/share/chancery-no-file") : -1; }
CALL(make_in_tmp) { return open("/tmp/chancery-no-file", O_WRONLY | O_CREAT | O_CLOEXEC, 0600) >= 0 ? unlink("/tmp/chancery-no-file") : -1; }
CALL(raise_limit) { struct rlimit limit; if (getrlimit(RLIMIT_AS, &limit) < 0) return -1; limit.rlim_cur = limit.rlim_max = RLIM_INFINITY; return setrlimit(RLIMIT_AS, &limit); }
CALL(take_memory) { for (size_t i = 0; i < 8; i++) if (mmap(NULL, MEMORY / 4, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == MAP_FAILED) return -1; return 0; }
/* clang-format on */

/* Beyond what its files may hold in all: more than one, none of them too large.
 */
static long
fill_folder(void)
{
	static char bytes[1 << 20];
	char name[16];

	for (unsigned file = 0; file < 8; file++) {
		int fd;

		(void)snprintf(name, sizeof(name), "large-%u", file);
		fd = open(name, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
		for (size_t i = 0; i < 3; i++)
			if (write(fd, bytes, sizeof(bytes)) !=
			    (ssize_t)sizeof(bytes))
				return -1;
	}
	return 0;
}

/* What a kit must be able to do. */
static long
use_own(void)
{
	struct stat st;
	int fd = open("mine", O_RDWR | O_CREAT | O_CLOEXEC, 0600);

	if (fd < 0 || write(fd, "x", 1) != 1 || rename("mine", "ours") < 0 ||
	    unlink("ours") < 0)
		return -1;
	if (stat("/usr/lib", &st) < 0 || stat("/dev/urandom", &st) < 0)
		return -1;
	return open("/dev/urandom", O_RDONLY | O_CLOEXEC);
}

/* A process that saves, in the one way that is allowed. */
static long
fork_to_save(void)
{
	long pid = syscall(SYS_clone, SANDBOX_SAVE_FLAGS, 0, 0, 0, 0);
	int status;

	if (pid == 0)
		_exit(7);
	return pid > 0 && waitpid((pid_t)pid, &status, 0) == pid &&
	               WEXITSTATUS(status) == 7
	           ? 0
	           : -1;
}

enum fate { DIES, GETS, WORKS };

static const struct attempt {
	const char *name;
	long (*call)(void);
	enum fate fate;
	int error, other; /* of what it gets */
	bool root;        /* the control, or the layer itself, needs root */
} attempts[] = {
#define C(n)                            \
	{                               \
		.name = #n, .call = (n) \
	}
#define E(n, e)                                                     \
	{                                                           \
		.name = #n, .call = (n), .fate = GETS, .error = (e) \
	}
#define E2(n, e, o)                                                  \
	{                                                            \
		.name = #n, .call = (n), .fate = GETS, .error = (e), \
		.other = (o)                                         \
	}
#define ROOTS(n)                                      \
	{                                             \
		.name = #n, .call = (n), .root = true \
	}
    {.name = "use_own", .call = use_own, .fate = WORKS},
    {.name = "fork_to_save", .call = fork_to_save, .fate = WORKS},
    E(socket_inet, EACCES),
    E(socket_unix, EACCES),
    E(socket_netlink, EACCES),
    E(connect_out, EACCES),
    C(connect_by_sending),
    C(bind_port),
    E(execute, EACCES),
    C(execute_at),
    E(fork_process, EPERM),
    C(clone_process),
    ROOTS(clone_namespaces),
    C(trace_others),
    C(read_others_memory),
    E(kill_others, EPERM),
    C(kill_by_thread),
    C(queue_signal),
    C(pidfd_of_others),
    ROOTS(mount_folder),
    ROOTS(unshare_mounts),
    ROOTS(change_root),
    ROOTS(bpf_map),
    ROOTS(io_uring),
    C(userfaults),
    C(map_writable_executable),
    C(make_executable),
    E(memory_file, ENOSYS),
    C(shared_memory),
    E(become_dumpable, EINVAL),
    ROOTS(become_root),
    ROOTS(set_groups),
    C(another_filter),
    C(make_device),
    C(make_socketpair),
    E2(open_outside, EACCES, ENOENT),
    E2(write_outside, EACCES, ENOENT),
    E2(open_passwd, EACCES, ENOENT),
    {.name = "open_home",
	.call = open_home,
	.fate = GETS,
	.error = EACCES,
	.other = ENOENT,
	.root = true},
    E2(open_proc, EACCES, ENOENT),
    E2(open_above, EACCES, ENOENT),
    E2(open_zygotes, EACCES, ENOENT),
    {.name = "write_shared",
	.call = write_shared,
	.fate = GETS,
	.error = EACCES,
	.other = EROFS,
	.root = true},
    E2(make_in_tmp, EACCES, EROFS),
    {.name = "raise_limit",
	.call = raise_limit,
	.fate = GETS,
	.error = EPERM,
	.root = true},
    E(take_memory, ENOMEM),
    {.name = "fill_folder",
	.call = fill_folder,
	.fate = GETS,
	.error = ENOSPC,
	.root = true},
#undef C
#undef E
#undef E2
#undef ROOTS
};

/* ---- the processes ------------------------------------------------------ */

struct told {
	bool entered;
	int error; /* -1: nothing was told */
};

struct run {
	const struct attempt *attempt;
	struct jail jail;
	int told;
};

static const struct jail_limits limits = {
    .memory = MEMORY, .folder = FOLDER, .cpu_seconds = 60};

static void
tell(int told, bool entered, int error)
{
	const struct told is = {entered, error};

	(void)!write(told, &is, sizeof(is));
}

static void
make_call(const struct attempt *attempt, int told)
{
	long r;

	tell(told, true, -1);
	errno = 0;
	r = attempt->call();
	tell(told, true, r >= 0 ? 0 : errno);
	_exit(0);
}

/* Where the kit would read its document. */
static void
in_cell(void *arg, const char *home)
{
	const struct run *run = arg;

	if (jail_close(&run->jail, 3, &limits, home) < 0)
		_exit(NOT_ENTERED);
	make_call(run->attempt, run->told);
}

/* As the zygote: its exit status says how the cell's ended. */
static void
in_zygote(struct run *run)
{
	pid_t pid;
	int status;

	(void)snprintf(
	    run->jail.path, sizeof(run->jail.path), "%s", before.inside);
	(void)snprintf(run->jail.engine, sizeof(run->jail.engine), "/usr/lib");
	run->jail.folder =
	    open(before.inside, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	run->jail.proc = open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (jail_enter(&run->jail) < 0 ||
	    jail_fork(&run->jail, 3, &limits, in_cell, run, &pid) < 0)
		_exit(NOT_ENTERED);
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			_exit(NOT_ENTERED);
	jail_clear(&run->jail, 3);
	_exit(WIFSIGNALED(status) ? WTERMSIG(status) : 0);
}

static void
prepare(void)
{
	char path[96];

	(void)snprintf(
	    before.inside, sizeof(before.inside), "/tmp/chancery-jail-XXXXXX");
	assert_non_null(mkdtemp(before.inside));
	assert_int_equal(chmod(before.inside, 0711), 0);
	(void)snprintf(path, sizeof(path), "%s/secret", before.inside);
	(void)close(open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0644));
	before.page = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	before.socket = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_true(before.page != MAP_FAILED && before.socket >= 0);
}

static int
remove_one(const char *path, const struct stat *st UNUSED, int flag UNUSED,
    struct FTW *ftw UNUSED)
{
	return remove(path);
}

static void
clean(void)
{
	fd_close(&before.socket);
	(void)munmap(before.page, 4096);
	assert_int_equal(
	    nftw(before.inside, remove_one, 16, FTW_DEPTH | FTW_PHYS), 0);
}

/* What became of it: a signal, or 0; NOT_ENTERED. */
static int
try(const struct attempt *attempt, bool jailed, struct told *ret_told)
{
	struct run run = {.attempt = attempt};
	struct told is;
	int ends[2], status;
	pid_t pid;

	prepare();
	assert_int_equal(pipe(ends), 0);
	run.told = ends[1];
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		(void)alarm(WAIT_S);
		if (jailed)
			in_zygote(&run);
		if (chdir(before.inside) < 0)
			_exit(NOT_ENTERED);
		make_call(attempt, run.told);
	}
	fd_close(&ends[1]);
	*ret_told = (struct told){false, -1};
	while (read(ends[0], &is, sizeof(is)) == (ssize_t)sizeof(is))
		*ret_told = is;
	fd_close(&ends[0]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	clean();
	return WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status);
}

/* Without a jail, each does what it is meant to do. */
static void
test_control(void **state UNUSED)
{
	for (size_t i = 0; i < ARRAY_SIZE(attempts); i++) {
		const struct attempt *attempt = &attempts[i];
		struct told told;
		int fate;

		if (attempt->root && geteuid() != 0)
			continue;
		fate = try(attempt, false, &told);
		/* What succeeds by becoming another program tells nothing. */
		if (!told.entered || fate != 0 ||
		    (told.error != 0 && attempt->call != execute &&
			attempt->call != execute_at))
			fail_msg("%s does nothing: %d, error %d", attempt->name,
			    fate, told.error);
	}
}

static void
test_cell(void **state UNUSED)
{
	for (size_t i = 0; i < ARRAY_SIZE(attempts); i++) {
		const struct attempt *attempt = &attempts[i];
		struct told told;
		int fate;

		if (attempt->root && geteuid() != 0 && attempt->fate != DIES)
			continue;
		fate = try(attempt, true, &told);
		if (fate == NOT_ENTERED || !told.entered)
			fail_msg("%s: the cell was not entered", attempt->name);
		if (attempt->fate == DIES && fate != SIGSYS)
			fail_msg("%s: survived: %d, error %d", attempt->name,
			    fate, told.error);
		if (attempt->fate != DIES && fate != 0)
			fail_msg("%s: died: %d", attempt->name, fate);
		if (attempt->fate == GETS && told.error != attempt->error &&
		    (attempt->other == 0 || told.error != attempt->other))
			fail_msg("%s: error %d", attempt->name, told.error);
		if (attempt->fate == WORKS && told.error != 0)
			fail_msg("%s: error %d", attempt->name, told.error);
	}
}

/* ---- surroundings ------------------------------------------------------- */

static int listener;

static int
set_up(void **state UNUSED)
{
	socklen_t n = sizeof(before.address);
	int fd;

	log_init("test", LOG_ERROR);
	before.other = fork();
	if (before.other == 0) {
		(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
		for (;;)
			(void)pause();
	}
	(void)snprintf(before.outside, sizeof(before.outside),
	    "/tmp/chancery-outside-XXXXXX");
	fd = mkstemp(before.outside);
	before.address = (struct sockaddr_in){
	    .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (before.other < 0 || fd < 0 || fchmod(fd, 0666) < 0 ||
	    listener < 0 ||
	    bind(listener, (const struct sockaddr *)&before.address,
		sizeof(before.address)) < 0 ||
	    listen(listener, 8) < 0 ||
	    getsockname(listener, (struct sockaddr *)&before.address, &n) < 0)
		return -1;
	return close(fd);
}

static int
tear_down(void **state UNUSED)
{
	(void)kill(before.other, SIGKILL);
	(void)waitpid(before.other, NULL, 0);
	(void)unlink(before.outside);
	fd_close(&listener);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_control),
	    cmocka_unit_test(test_cell),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
