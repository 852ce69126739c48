/*
 * Each role dies on a call that it has no business with. A child enters the
 * role as the program does and makes the call; a control makes it without.
 */
#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <linux/bpf.h>
#include <linux/io_uring.h>
#include <linux/perf_event.h>
#include <linux/sched.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <sys/ipc.h>
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

enum { SURVIVED = 0, REFUSED = 1, NOT_ENTERED = 2, WAIT_S = 60 };

/* ---- the calls --------------------------------------------------------- */

/* What was there before the role was entered. */
static struct {
	int unconnected, listener, file, page_fd;
	struct sockaddr_in address;
	void *page;
	pid_t other, other_thread; /* a process that is no role's */
	int folder;
	char outside[64]; /* a file that anybody may read and write */
	char inside[64];  /* the folder of the role */
} before;

/*
 * Of each call, what it gives: 0 or more, or -1 with errno. It is tried with
 * arguments that work where nothing forbids it.
 */
#define CALL(name) static long name(void)

/* clang-format off */
CALL(socket_inet) { return socket(AF_INET, SOCK_STREAM, 0); }
CALL(socket_unix) { return socket(AF_UNIX, SOCK_STREAM, 0); }
CALL(socket_netlink) { return socket(AF_NETLINK, SOCK_RAW, 0); }
CALL(connect_out) { return connect(before.unconnected, (const struct sockaddr *)&before.address, sizeof(before.address)); }
CALL(connect_by_sending) { return sendto(before.unconnected, "x", 1, MSG_FASTOPEN, (const struct sockaddr *)&before.address, sizeof(before.address)); }
CALL(bind_port) { const struct sockaddr_in any = {.sin_family = AF_INET}; return bind(before.unconnected, (const struct sockaddr *)&any, sizeof(any)); }
CALL(listen_again) { return listen(before.listener, 1); }
CALL(shutdown_listener) { return shutdown(before.listener, SHUT_RDWR); }
CALL(option_of_listener) { int on = 1; return setsockopt(before.listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)); }
CALL(execute) { char *argv[] = {NULL}; return execve("/bin/true", argv, argv); }
CALL(execute_at) { char *argv[] = {NULL}; return syscall(SYS_execveat, AT_FDCWD, "/bin/true", argv, argv, 0); }
CALL(fork_process) { return syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0); }
CALL(clone3_process) { struct clone_args args = {.exit_signal = SIGCHLD}; return syscall(SYS_clone3, &args, sizeof(args)); }
CALL(trace_others) { return ptrace(PTRACE_SEIZE, before.other, 0, 0); }
CALL(read_others_memory) { char to; struct iovec l = {&to, 1}, r = {&before, 1}; return process_vm_readv(before.other, &l, 1, &r, 1, 0); }
CALL(kill_others) { return kill(before.other, 0); }
CALL(kill_by_thread) { return syscall(SYS_tgkill, before.other, before.other, 0); }
CALL(kill_by_tkill) { return syscall(SYS_tkill, before.other, 0); }
CALL(queue_signal) { const union sigval v = {.sival_int = 0}; return sigqueue(before.other, 0, v); }
CALL(pidfd_of_others) { return syscall(SYS_pidfd_open, before.other, 0); }
CALL(signal_by_descriptor) { return fcntl(before.file, F_SETOWN, before.other); }
CALL(mount_folder) { return mount(before.inside, before.inside, NULL, MS_BIND, NULL) == 0 ? umount2(before.inside, MNT_DETACH) : -1; }
CALL(unshare_users) { return unshare(CLONE_NEWNS); }
CALL(change_root) { return chroot("/"); }
CALL(bpf_map) { union bpf_attr attr = {.map_type = BPF_MAP_TYPE_ARRAY, .key_size = 4, .value_size = 4, .max_entries = 1}; return syscall(SYS_bpf, BPF_MAP_CREATE, &attr, sizeof(attr)); }
CALL(io_uring) { struct io_uring_params params = {.flags = 0}; return syscall(SYS_io_uring_setup, 1, &params); }
CALL(userfaults) { return syscall(SYS_userfaultfd, O_CLOEXEC | 1); }
CALL(perf_event) { struct perf_event_attr attr = {.type = PERF_TYPE_SOFTWARE, .size = sizeof(attr), .exclude_kernel = 1}; return syscall(SYS_perf_event_open, &attr, 0, -1, -1, 0); }
CALL(add_key_to_kernel) { return syscall(SYS_add_key, "user", "chancery-test", "x", 1, -2); }
CALL(map_executable) { return mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == MAP_FAILED ? -1 : 0; }
CALL(make_executable) { return mprotect(before.page, 4096, PROT_READ | PROT_EXEC); }
CALL(make_executable_by_key) { return syscall(SYS_pkey_mprotect, before.page, 4096, PROT_READ | PROT_EXEC, -1); }
CALL(memory_file) { return memfd_create("x", MFD_CLOEXEC); }
CALL(shared_memory) { return shmget(IPC_PRIVATE, 4096, IPC_CREAT | 0600); }
CALL(become_dumpable) { return prctl(PR_SET_DUMPABLE, 1); }
CALL(another_filter) { return prctl(PR_GET_SECCOMP); }
CALL(become_root) { return setuid(getuid()); }
CALL(raise_limit) { struct rlimit limit; return prlimit(0, RLIMIT_NOFILE, NULL, &limit); }
CALL(name_machine) { struct { char c[512]; } name; return syscall(SYS_uname, &name); }
CALL(make_device) { return mknod("/tmp/chancery-no-device", S_IFIFO | 0600, 0) == 0 ? unlink("/tmp/chancery-no-device") : -1; }
CALL(make_symlink) { return symlink("x", "/tmp/chancery-no-link") == 0 ? unlink("/tmp/chancery-no-link") : -1; }
CALL(watch_files) { return inotify_init1(IN_CLOEXEC); }
CALL(control_terminal) { int n; return ioctl(before.page_fd, FIONREAD, &n); }
CALL(pipe_to_pipe) { int ends[2]; return pipe(ends); }
CALL(wait_for_child) { return waitpid(-1, NULL, WNOHANG) < 0 && errno == ECHILD ? 0 : -1; }
CALL(change_folder) { return chdir("/"); }
CALL(set_clock_timer) { timer_t t; return timer_create(CLOCK_MONOTONIC, NULL, &t); }
CALL(hold_others_back) { return setpriority(PRIO_PROCESS, (id_t)before.other, 5); }
/* clang-format on */

/* By the numbers of 32-bit programs: 20 is their getpid. */
CALL(old_numbers)
{
#if defined(__x86_64__)
	long r;

	__asm__ volatile("int $0x80" : "=a"(r) : "a"(20L) : "memory");
	return r > 0 ? 0 : -1;
#else
	return syscall(SYS_getppid);
#endif
}

/* What a role that may open files gets refused, and others die of or miss. */
/* clang-format off */
CALL(open_outside) { return open(before.outside, O_RDONLY | O_CLOEXEC); }
CALL(write_outside) { return open(before.outside, O_WRONLY | O_CLOEXEC); }
CALL(open_root) { return open("/etc/passwd", O_RDONLY | O_CLOEXEC); }
CALL(open_proc) { return open("/proc/self/maps", O_RDONLY | O_CLOEXEC); }
CALL(open_beside) { char path[80]; (void)snprintf(path, sizeof(path), "..%s", strrchr(before.outside, '/')); return openat(before.folder, path, O_RDONLY | O_CLOEXEC); }
CALL(open_above) { return openat(before.folder, "..", O_RDONLY | O_DIRECTORY | O_CLOEXEC); }
CALL(unlink_outside) { return unlink(before.outside); }
CALL(rename_outside) { char to[80]; (void)snprintf(to, sizeof(to), "%s.2", before.outside); return rename(before.outside, to); }
CALL(link_outside) { return linkat(AT_FDCWD, before.outside, before.folder, "linked", 0); }
CALL(make_outside) { return mkdir("/tmp/chancery-no-folder", 0700) == 0 ? rmdir("/tmp/chancery-no-folder") : -1; }
CALL(truncate_outside) { return truncate(before.outside, 0); }
/* clang-format on */

static long
getpid_only(void)
{
	return getpid();
}

static long
use_own_folder(void)
{
	int fd = open("mine", O_RDWR | O_CREAT | O_CLOEXEC, 0600);

	if (fd < 0 || write(fd, "x", 1) != 1 || fsync(fd) < 0 ||
	    rename("mine", "yours") < 0)
		return -1;
	return unlink("yours");
}

enum {
	FRONT = 1 << ROLE_FRONT,
	CORE = 1 << ROLE_CORE,
	KEEPER = 1 << ROLE_KEEPER,
	BLOBS = 1 << ROLE_BLOBS,
	FILES = CORE | KEEPER | BLOBS,
	THREADS = CORE | KEEPER,
	ALL = FRONT | FILES,
};

static const struct attempt {
	const char *name;
	long (*call)(void);
	unsigned refused; /* roles that get `error` for it; others die */
	int error;
	bool root; /* the control needs root's rights */
} attempts[] = {
#define C(n)                            \
	{                               \
		.name = #n, .call = (n) \
	}
#define ROOTS(n)                                      \
	{                                             \
		.name = #n, .call = (n), .root = true \
	}
#define REFUSED_TO(n, r, e)                                           \
	{                                                             \
		.name = #n, .call = (n), .refused = (r), .error = (e) \
	}
    C(socket_inet),
    C(socket_unix),
    C(socket_netlink),
    C(connect_out),
    C(connect_by_sending),
    C(bind_port),
    C(listen_again),
    C(shutdown_listener),
    C(option_of_listener),
    C(execute),
    C(execute_at),
    C(fork_process),
    REFUSED_TO(clone3_process, THREADS, ENOSYS),
    C(trace_others),
    C(read_others_memory),
    C(kill_others),
    C(kill_by_thread),
    C(kill_by_tkill),
    C(queue_signal),
    C(pidfd_of_others),
    C(signal_by_descriptor),
    ROOTS(mount_folder),
    ROOTS(unshare_users),
    ROOTS(change_root),
    ROOTS(bpf_map),
    ROOTS(io_uring),
    C(userfaults),
    ROOTS(perf_event),
    C(add_key_to_kernel),
    C(map_executable),
    C(make_executable),
    C(make_executable_by_key),
    C(memory_file),
    C(shared_memory),
    C(become_dumpable),
    C(another_filter),
    C(become_root),
    C(raise_limit),
    C(name_machine),
    C(make_device),
    C(make_symlink),
    C(watch_files),
    C(control_terminal),
    C(pipe_to_pipe),
    C(wait_for_child),
    C(change_folder),
    C(set_clock_timer),
    C(hold_others_back),
    C(old_numbers),
    REFUSED_TO(open_outside, ALL, EACCES),
    REFUSED_TO(write_outside, ALL, EACCES),
    REFUSED_TO(open_root, ALL, EACCES),
    REFUSED_TO(open_proc, ALL, EACCES),
    REFUSED_TO(open_above, ALL, EACCES),
    REFUSED_TO(open_beside, ALL, EACCES),
    REFUSED_TO(unlink_outside, FILES, EACCES),
    REFUSED_TO(rename_outside, FILES, EACCES),
    REFUSED_TO(link_outside, FILES, EXDEV),
    REFUSED_TO(make_outside, FILES, EACCES),
    C(truncate_outside),
#undef REFUSED_TO
#undef ROOTS
#undef C
};

/* ---- the role ---------------------------------------------------------- */

static void
prepare(enum role role)
{
	socklen_t n = sizeof(before.address);
	int ends[2];

	before.address = (struct sockaddr_in){
	    .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	before.listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	before.unconnected = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (bind(before.listener, (const struct sockaddr *)&before.address,
		sizeof(before.address)) < 0 ||
	    listen(before.listener, 8) < 0 ||
	    getsockname(
		before.listener, (struct sockaddr *)&before.address, &n) < 0 ||
	    pipe(ends) < 0)
		_exit(NOT_ENTERED);
	before.page_fd = ends[0];
	before.page = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	before.folder = open(before.inside, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	before.file = open(before.outside, O_RDONLY | O_CLOEXEC);
	if (before.page == MAP_FAILED || before.folder < 0 || before.file < 0 ||
	    (geteuid() == 0 &&
		fchown(before.folder, role_uid(role), role_uid(role)) < 0))
		_exit(NOT_ENTERED);
}

/* In the child: 0 and more of the call is survival, an errno its refusal. */
static void
run(enum role role, const struct attempt *attempt, int told)
{
	struct role_setup setup = {
	    .self = role, .certificate = -1, .assets = -1, .tls_key = -1};
	int e;

	prepare(role);
	setup.folder = role == ROLE_FRONT ? -1 : before.folder;
	if (role != ROLE_NONE && role_enter(&setup) < 0)
		_exit(NOT_ENTERED);
	/* From here on, what ends it is the call. */
	if (write(told, "", 1) != 1)
		_exit(NOT_ENTERED);
	errno = 0;
	e = attempt->call() >= 0 ? 0 : errno;
	(void)!write(told, &e, sizeof(e));
	_exit(e == 0 ? SURVIVED : REFUSED);
}

struct fate {
	bool entered;
	int status, error;
};

static struct fate
try(enum role role, const struct attempt *attempt)
{
	struct fate fate = {.error = 0};
	int told[2];
	char byte, linked[80];
	pid_t pid;

	(void)snprintf(
	    before.inside, sizeof(before.inside), "/tmp/chancery-role-XXXXXX");
	assert_non_null(mkdtemp(before.inside));
	assert_int_equal(pipe2(told, O_CLOEXEC), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		(void)alarm(WAIT_S);
		run(role, attempt, told[1]);
	}
	fd_close(&told[1]);
	fate.entered = read(told[0], &byte, 1) == 1;
	if (read(told[0], &fate.error, sizeof(fate.error)) !=
	    (ssize_t)sizeof(fate.error))
		fate.error = 0;
	fd_close(&told[0]);
	assert_int_equal(waitpid(pid, &fate.status, 0), pid);
	(void)snprintf(linked, sizeof(linked), "%s/linked", before.inside);
	(void)unlink(linked);
	assert_int_equal(rmdir(before.inside), 0);
	return fate;
}

static void
check(enum role role, const struct attempt *attempt)
{
	struct fate fate = try(role, attempt);

	if (!fate.entered)
		fail_msg("%s: the role was not entered", role_name(role));
	if (attempt->refused & 1u << role) {
		if (!WIFEXITED(fate.status) || fate.error != attempt->error)
			fail_msg("%s: %s: status %x, error %d", role_name(role),
			    attempt->name, (unsigned)fate.status, fate.error);
	} else if (!WIFSIGNALED(fate.status) ||
		   WTERMSIG(fate.status) != SIGSYS) {
		fail_msg("%s survived %s: status %x, error %d", role_name(role),
		    attempt->name, (unsigned)fate.status, fate.error);
	}
}

/* ---- the tests --------------------------------------------------------- */

static void
wait_to_be_killed(void)
{
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	for (;;)
		(void)pause();
}

static int
set_up(void **state UNUSED)
{
	int fd;

	log_init("test", LOG_ERROR);
	before.other = fork();
	if (before.other == 0)
		wait_to_be_killed();
	(void)snprintf(before.outside, sizeof(before.outside),
	    "/tmp/chancery-outside-XXXXXX");
	fd = mkstemp(before.outside);
	if (before.other < 0 || fd < 0 || fchmod(fd, 0666) < 0)
		return -1;
	return close(fd);
}

static int
tear_down(void **state UNUSED)
{
	char other[80];

	(void)kill(before.other, SIGKILL);
	(void)waitpid(before.other, NULL, 0);
	(void)snprintf(other, sizeof(other), "%s.2", before.outside);
	(void)unlink(before.outside);
	(void)unlink(other);
	return 0;
}

/* Without a role, each does what it is meant to do. */
static void
test_control(void **state UNUSED)
{
	for (size_t i = 0; i < ARRAY_SIZE(attempts); i++) {
		struct fate fate;

		if (attempts[i].root && geteuid() != 0)
			continue;
		fate = try(ROLE_NONE, &attempts[i]);
		if (!fate.entered || !WIFEXITED(fate.status) ||
		    WEXITSTATUS(fate.status) != SURVIVED)
			fail_msg("%s does nothing: status %x, error %d",
			    attempts[i].name, (unsigned)fate.status,
			    fate.error);
		(void)close(open(before.outside, O_CREAT | O_WRONLY, 0666));
		(void)chmod(before.outside, 0666);
	}
}

static void
test_roles(void **state UNUSED)
{
	for (enum role role = ROLE_FRONT; role <= ROLE_BLOBS; role++)
		for (size_t i = 0; i < ARRAY_SIZE(attempts); i++)
			check(role, &attempts[i]);
}

static const struct attempt *of_thread;

static void *
run_in_thread(void *arg UNUSED)
{
	(void)of_thread->call();
	return NULL;
}

static long
call_in_thread(void)
{
	pthread_t thread;

	return pthread_create(&thread, NULL, run_in_thread, NULL) == 0 &&
	               pthread_join(thread, NULL) == 0
	           ? 0
	           : -1;
}

/* A thread takes all of its process along; and roles may start threads. */
static void
test_threads(void **state UNUSED)
{
	static const struct attempt harmless = {.call = getpid_only};
	const struct attempt in_thread = {
	    .name = "a call in a thread", .call = call_in_thread};
	struct fate fate;

	for (size_t i = 0; i < ARRAY_SIZE(attempts); i++) {
		of_thread = &attempts[i];
		if (of_thread->refused == 0)
			check(ROLE_CORE, &in_thread);
	}
	of_thread = &harmless;
	fate = try(ROLE_CORE, &in_thread);
	assert_true(WIFEXITED(fate.status));
	assert_int_equal(fate.error, 0);
}

/* The folder of a role is all that it has; but that it does have. */
static void
test_own_folder(void **state UNUSED)
{
	static const struct attempt own = {.call = use_own_folder};

	for (enum role role = ROLE_CORE; role <= ROLE_BLOBS; role++) {
		struct fate fate = try(role, &own);

		assert_true(WIFEXITED(fate.status));
		assert_int_equal(fate.error, 0);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_control),
	    cmocka_unit_test(test_roles),
	    cmocka_unit_test(test_threads),
	    cmocka_unit_test(test_own_folder),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
