#include "ipc/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/landlock.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <seccomp.h>
#include <signal.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/file.h"
#include "base/log.h"

/* ---- Landlock ---------------------------------------------------------- */

/* What Debian 12's headers don't know yet; the kernel is asked at run time. */
#define FS_TRUNCATE (1ULL << 14)  /* ABI 3 */
#define FS_IOCTL_DEV (1ULL << 15) /* ABI 5 */
#define NET_BIND_TCP (1ULL << 0)  /* ABI 4 */
#define NET_CONNECT_TCP (1ULL << 1)
#define SCOPE_ABSTRACT_UNIX (1ULL << 0) /* ABI 6 */
#define SCOPE_SIGNAL (1ULL << 1)

struct ruleset_attr {
	uint64_t fs, net, scoped;
};

static int
landlock_abi(void)
{
	return (int)syscall(SYS_landlock_create_ruleset, NULL, 0,
	    LANDLOCK_CREATE_RULESET_VERSION);
}

/* All rights on files that this ABI can take away. */
static uint64_t
fs_rights(int abi)
{
	uint64_t rights = (LANDLOCK_ACCESS_FS_MAKE_SYM << 1) - 1;

	if (abi >= 2)
		rights |= LANDLOCK_ACCESS_FS_REFER;
	if (abi >= 3)
		rights |= FS_TRUNCATE;
	if (abi >= 5)
		rights |= FS_IOCTL_DEV;
	return rights;
}

/* What a role may do below its own folder. */
static uint64_t
folder_rights(int abi)
{
	return fs_rights(abi) &
	       (LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_WRITE_FILE |
		   LANDLOCK_ACCESS_FS_READ_DIR | LANDLOCK_ACCESS_FS_REMOVE_DIR |
		   LANDLOCK_ACCESS_FS_REMOVE_FILE |
		   LANDLOCK_ACCESS_FS_MAKE_DIR | LANDLOCK_ACCESS_FS_MAKE_REG |
		   LANDLOCK_ACCESS_FS_REFER | FS_TRUNCATE);
}

/* What is shared may be read and mapped to run, and no more. */
static uint64_t
path_rights(int abi, bool write, bool file)
{
	uint64_t rights = write ? folder_rights(abi)
	                        : LANDLOCK_ACCESS_FS_READ_FILE |
	                              LANDLOCK_ACCESS_FS_READ_DIR |
	                              LANDLOCK_ACCESS_FS_EXECUTE;

	/* The kernel refuses a folder's rights on a file. */
	if (file)
		rights &= LANDLOCK_ACCESS_FS_READ_FILE |
		          LANDLOCK_ACCESS_FS_WRITE_FILE |
		          LANDLOCK_ACCESS_FS_EXECUTE | FS_TRUNCATE;
	return rights;
}

static int
landlock_add(int ruleset, int abi, const struct sandbox_path *path)
{
	AUTO_CLOSE int fd = open(path->path, O_PATH | O_CLOEXEC);
	struct landlock_path_beneath_attr beneath = {.parent_fd = fd};
	struct stat st;

	if (fd < 0)
		return 0;
	if (fstat(fd, &st) < 0)
		return E_SANDBOX;
	beneath.allowed_access =
	    path_rights(abi, path->write, !S_ISDIR(st.st_mode));
	return syscall(SYS_landlock_add_rule, ruleset,
		   LANDLOCK_RULE_PATH_BENEATH, &beneath, 0) < 0
	           ? E_SANDBOX
	           : 0;
}

static int
landlock_enter(const struct sandbox *sandbox)
{
	int abi = landlock_abi(), folder = sandbox->folder;
	struct ruleset_attr attr = {
	    .fs = fs_rights(abi),
	    .net = abi >= 4 ? NET_BIND_TCP | NET_CONNECT_TCP : 0,
	    .scoped = abi >= 6 ? SCOPE_ABSTRACT_UNIX | SCOPE_SIGNAL : 0,
	};
	/* An older kernel refuses a larger struct only where it isn't zero. */
	size_t size = abi >= 6 ? 24 : abi >= 4 ? 16 : 8;
	struct landlock_path_beneath_attr beneath = {
	    .allowed_access = folder_rights(abi), .parent_fd = folder};
	AUTO_CLOSE int ruleset = -1;

	if (abi < 1)
		return E_SANDBOX;
	ruleset = (int)syscall(SYS_landlock_create_ruleset, &attr, size, 0);
	if (ruleset < 0)
		return E_SANDBOX;
	if (folder >= 0 && syscall(SYS_landlock_add_rule, ruleset,
			       LANDLOCK_RULE_PATH_BENEATH, &beneath, 0) < 0)
		return E_SANDBOX;
	for (size_t i = 0; i < sandbox->n_paths; i++)
		if (landlock_add(ruleset, abi, &sandbox->paths[i]) < 0)
			return E_SANDBOX;
	if (syscall(SYS_landlock_restrict_self, ruleset, 0) < 0)
		return E_SANDBOX;
	/* It must hold: what anybody else may read is out of reach. */
	if (open(sandbox->proc > 0 ? "/" : "/proc/self/status",
		O_RDONLY | O_CLOEXEC) >= 0)
		return E_SANDBOX;
	return errno == EACCES ? 0 : E_SANDBOX;
}

/* ---- seccomp ----------------------------------------------------------- */

static const int calls_of_all[] = {
    SCMP_SYS(read),
    SCMP_SYS(write),
    SCMP_SYS(readv),
    SCMP_SYS(writev),
    SCMP_SYS(close),
    SCMP_SYS(epoll_wait),
    SCMP_SYS(epoll_pwait),
    SCMP_SYS(epoll_ctl),
    SCMP_SYS(epoll_create1),
    SCMP_SYS(eventfd2),
    SCMP_SYS(recvmsg),
    SCMP_SYS(recvfrom),
    SCMP_SYS(poll),
    SCMP_SYS(ppoll),
    SCMP_SYS(futex),
    SCMP_SYS(munmap),
    SCMP_SYS(mremap),
    SCMP_SYS(madvise),
    SCMP_SYS(brk),
    SCMP_SYS(mlock),
    SCMP_SYS(munlock),
    SCMP_SYS(clock_gettime),
    SCMP_SYS(clock_getres),
    SCMP_SYS(gettimeofday),
    SCMP_SYS(clock_nanosleep),
    SCMP_SYS(nanosleep),
    SCMP_SYS(getrandom),
    SCMP_SYS(exit),
    SCMP_SYS(exit_group),
    SCMP_SYS(rt_sigreturn),
    SCMP_SYS(rt_sigprocmask),
    SCMP_SYS(rt_sigaction),
    SCMP_SYS(sigaltstack),
    SCMP_SYS(gettid),
    SCMP_SYS(getpid),
    SCMP_SYS(getuid),
    SCMP_SYS(geteuid),
    SCMP_SYS(fstat),
    SCMP_SYS(lseek),
    SCMP_SYS(restart_syscall),
    SCMP_SYS(sched_yield),
    SCMP_SYS(rseq),
    SCMP_SYS(set_robust_list),
    SCMP_SYS(getrusage),
    SCMP_SYS(pread64),
    SCMP_SYS(sysinfo),
    SCMP_SYS(membarrier),
};

static const int calls_of_files[] = {
    SCMP_SYS(open),
    SCMP_SYS(openat),
    SCMP_SYS(openat2),
    SCMP_SYS(stat),
    SCMP_SYS(lstat),
    SCMP_SYS(newfstatat),
    SCMP_SYS(statx),
    SCMP_SYS(access),
    SCMP_SYS(faccessat),
    SCMP_SYS(faccessat2),
    SCMP_SYS(readlink),
    SCMP_SYS(readlinkat),
    SCMP_SYS(pwrite64),
    SCMP_SYS(pwritev),
    SCMP_SYS(fsync),
    SCMP_SYS(fdatasync),
    SCMP_SYS(sync_file_range),
    SCMP_SYS(ftruncate),
    SCMP_SYS(fallocate),
    SCMP_SYS(unlink),
    SCMP_SYS(unlinkat),
    SCMP_SYS(rename),
    SCMP_SYS(renameat),
    SCMP_SYS(renameat2),
    SCMP_SYS(linkat),
    SCMP_SYS(mkdir),
    SCMP_SYS(mkdirat),
    SCMP_SYS(rmdir),
    SCMP_SYS(getdents64),
    SCMP_SYS(statfs),
    SCMP_SYS(fstatfs),
    SCMP_SYS(getcwd),
    SCMP_SYS(flock),
    SCMP_SYS(fchmod),
    SCMP_SYS(utimensat),
};

static const int calls_of_threads[] = {
    SCMP_SYS(set_tid_address),
    SCMP_SYS(sched_getaffinity),
};

static const int calls_of_accept[] = {
    SCMP_SYS(accept4),
};

/*
 * What LibreOffice calls beyond what roles with files and threads do, in its
 * private folder, and in none but the processes that it is in.
 */
static const int calls_of_engine[] = {
    SCMP_SYS(uname),
    SCMP_SYS(getppid),
    SCMP_SYS(getgid),
    SCMP_SYS(getegid),
    SCMP_SYS(getrlimit),
    SCMP_SYS(times),
    SCMP_SYS(umask),
    SCMP_SYS(dup),
    SCMP_SYS(pipe2),
    SCMP_SYS(symlink),
    SCMP_SYS(chmod),
    SCMP_SYS(readahead),
    SCMP_SYS(fadvise64),
    SCMP_SYS(sched_setscheduler),
    SCMP_SYS(sched_getparam),
    SCMP_SYS(sched_getscheduler),
    SCMP_SYS(get_robust_list),
    SCMP_SYS(setitimer),
    SCMP_SYS(alarm),
    SCMP_SYS(truncate),
    SCMP_SYS(mincore),
    SCMP_SYS(pselect6),
    SCMP_SYS(select),
    SCMP_SYS(sendfile),
    SCMP_SYS(chdir),
    SCMP_SYS(wait4),
    SCMP_SYS(waitid),
};

/* What it tries and does without. */
static const struct {
	int call, error;
} refused_to_engine[] = {
    {SCMP_SYS(socket), EACCES}, {SCMP_SYS(connect), EACCES},
    {SCMP_SYS(execve), EACCES}, {SCMP_SYS(vfork), EPERM},
    {SCMP_SYS(kill), EPERM}, {SCMP_SYS(ioctl), ENOTTY},
    {SCMP_SYS(getxattr), ENOTSUP}, {SCMP_SYS(setxattr), ENOTSUP},
    {SCMP_SYS(inotify_init1), EMFILE}, {SCMP_SYS(prctl), EINVAL},
    {SCMP_SYS(setpriority), EPERM}, {SCMP_SYS(clone3), ENOSYS},
    {SCMP_SYS(memfd_create), ENOSYS}, /* it could be run */
};

/* What the zygote does beside, and the processes that it forks until they run.
 */
static const int calls_of_zygote[] = {
    SCMP_SYS(unshare),
    SCMP_SYS(mount),
    SCMP_SYS(umount2),
    SCMP_SYS(setresuid),
    SCMP_SYS(setresgid),
    SCMP_SYS(setuid),
    SCMP_SYS(setgroups),
    SCMP_SYS(getresuid),
    SCMP_SYS(capset),
    SCMP_SYS(capget),
    SCMP_SYS(prctl),
    SCMP_SYS(seccomp),
    SCMP_SYS(landlock_create_ruleset),
    SCMP_SYS(landlock_add_rule),
    SCMP_SYS(landlock_restrict_self),
    SCMP_SYS(socketpair),
    SCMP_SYS(pidfd_open),
    SCMP_SYS(kill),
    SCMP_SYS(tgkill),
    SCMP_SYS(prlimit64),
    SCMP_SYS(setrlimit),
    SCMP_SYS(close_range),
    SCMP_SYS(dup3),
    SCMP_SYS(fchdir),
    SCMP_SYS(dup2),
    SCMP_SYS(clone),
    SCMP_SYS(set_tid_address),
};

/* Refused with EACCES: libraries look for optional files and go on without. */
static const int calls_of_lookup[] = {
    SCMP_SYS(open),
    SCMP_SYS(openat),
    SCMP_SYS(stat),
    SCMP_SYS(newfstatat),
    SCMP_SYS(access),
    SCMP_SYS(readlink),
    SCMP_SYS(statx),
};

#ifdef CHANCERY_SANITIZED
/* What the sanitizers' run-time needs, for its report above all. */
static const int calls_of_sanitizers[] = {
    SCMP_SYS(mprotect),
    SCMP_SYS(sched_getaffinity),
    SCMP_SYS(prctl),
    SCMP_SYS(personality),
    SCMP_SYS(getrlimit),
    SCMP_SYS(prlimit64),
    SCMP_SYS(ptrace),
    SCMP_SYS(wait4),
    SCMP_SYS(clone),
    SCMP_SYS(dup),
    SCMP_SYS(dup2),
    SCMP_SYS(pipe2),
    SCMP_SYS(kill),
    SCMP_SYS(getppid),
    SCMP_SYS(process_vm_readv),
    SCMP_SYS(uname),
    SCMP_SYS(rt_sigtimedwait),
    SCMP_SYS(get_robust_list),
    SCMP_SYS(arch_prctl),
    SCMP_SYS(ioctl),
    SCMP_SYS(getdents64),
    SCMP_SYS(mmap),
};
#endif

static int
allow(scmp_filter_ctx filter, const int *calls, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (seccomp_rule_add(filter, SCMP_ACT_ALLOW, calls[i], 0) < 0)
			return E_SANDBOX;
	return 0;
}

#define ALLOW(filter, calls) allow(filter, calls, ARRAY_SIZE(calls))

/*
 * Calls of which a part would be too much, by their arguments:
 * - memory may be mapped, but never so that it can be executed,
 * - a descriptor is turned and locked, but no signals are made to come from it,
 * - nothing is sent so that it opens a connection,
 * - a thread may be started, and give way to others, but no process,
 * - a process may signal itself, to end.
 */
static int
allow_checked(scmp_filter_ctx filter, unsigned calls)
{
	const struct {
		unsigned calls; /* 0: of every role */
		int call;
		unsigned n;
		struct scmp_arg_cmp args[2];
	} rules[] = {
	    {0, SCMP_SYS(mmap), 1, {SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0)}},
	    {0, SCMP_SYS(mprotect), 1,
		{SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0)}},
	    {0, SCMP_SYS(sendmsg), 1,
		{SCMP_A2(SCMP_CMP_MASKED_EQ, MSG_FASTOPEN, 0)}},
	    {0, SCMP_SYS(sendto), 1,
		{SCMP_A3(SCMP_CMP_MASKED_EQ, MSG_FASTOPEN, 0)}},
	    {0, SCMP_SYS(tgkill), 1, {SCMP_A0(SCMP_CMP_EQ, getpid(), 0)}},
	    {0, SCMP_SYS(fcntl), 1, {SCMP_A1(SCMP_CMP_EQ, F_GETFL, 0)}},
	    {0, SCMP_SYS(fcntl), 1, {SCMP_A1(SCMP_CMP_EQ, F_SETFL, 0)}},
	    {0, SCMP_SYS(fcntl), 1, {SCMP_A1(SCMP_CMP_EQ, F_GETFD, 0)}},
	    {0, SCMP_SYS(fcntl), 1, {SCMP_A1(SCMP_CMP_EQ, F_SETFD, 0)}},
	    {0, SCMP_SYS(fcntl), 1, {SCMP_A1(SCMP_CMP_EQ, F_DUPFD_CLOEXEC, 0)}},
	    {SANDBOX_FILES, SCMP_SYS(fcntl), 1,
		{SCMP_A1(SCMP_CMP_EQ, F_GETLK, 0)}},
	    {SANDBOX_FILES, SCMP_SYS(fcntl), 1,
		{SCMP_A1(SCMP_CMP_EQ, F_SETLK, 0)}},
	    {SANDBOX_THREADS, SCMP_SYS(clone), 1,
		{SCMP_A0(SCMP_CMP_MASKED_EQ, CLONE_THREAD, CLONE_THREAD)}},
	    {SANDBOX_THREADS, SCMP_SYS(setpriority), 2,
		{SCMP_A0(SCMP_CMP_EQ, PRIO_PROCESS, 0),
		    SCMP_A1(SCMP_CMP_EQ, 0, 0)}},
	    /* To save without a pause, as its child: kit/save.c. */
	    {SANDBOX_ENGINE, SCMP_SYS(clone), 1,
		{SCMP_A0(SCMP_CMP_EQ, SANDBOX_SAVE_FLAGS, 0)}},
	    /* What is run must not be what is written. */
	    {SANDBOX_ENGINE, SCMP_SYS(mmap), 1,
		{SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_WRITE, 0)}},
	    {SANDBOX_ENGINE, SCMP_SYS(fcntl), 1,
		{SCMP_A1(SCMP_CMP_EQ, F_DUPFD, 0)}},
	    {SANDBOX_ENGINE, SCMP_SYS(fcntl), 1,
		{SCMP_A1(SCMP_CMP_EQ, F_SETLKW, 0)}},
	    /* Its own limits, which it can't raise. */
	    {SANDBOX_ENGINE, SCMP_SYS(prlimit64), 1,
		{SCMP_A0(SCMP_CMP_EQ, 0, 0)}},
	    {SANDBOX_ACCEPT, SCMP_SYS(setsockopt), 2,
		{SCMP_A1(SCMP_CMP_EQ, IPPROTO_TCP, 0),
		    SCMP_A2(SCMP_CMP_EQ, TCP_NODELAY, 0)}},
	};

	for (size_t i = 0; i < ARRAY_SIZE(rules); i++)
		if ((rules[i].calls & calls) == rules[i].calls &&
		    seccomp_rule_add_array(filter, SCMP_ACT_ALLOW,
			rules[i].call, rules[i].n, rules[i].args) < 0)
			return E_SANDBOX;
	/* Its flags are out of a filter's reach: the C library then clones. */
	return (calls & SANDBOX_THREADS) && !(calls & SANDBOX_ENGINE) &&
	               seccomp_rule_add(filter, SCMP_ACT_ERRNO(ENOSYS),
			   SCMP_SYS(clone3), 0) < 0
	           ? E_SANDBOX
	           : 0;
}

static bool
is_of_zygote(int call)
{
	for (size_t i = 0; i < ARRAY_SIZE(calls_of_zygote); i++)
		if (calls_of_zygote[i] == call)
			return true;
	return false;
}

static int
fill_engine(scmp_filter_ctx filter, unsigned calls)
{
	bool zygote = calls & SANDBOX_ZYGOTE;
	int r = ALLOW(filter, calls_of_engine);

	if (r == 0 && zygote)
		r = ALLOW(filter, calls_of_zygote);
	for (size_t i = 0; i < ARRAY_SIZE(refused_to_engine) && r == 0; i++)
		if (!(zygote && is_of_zygote(refused_to_engine[i].call)) &&
		    seccomp_rule_add(filter,
			SCMP_ACT_ERRNO((uint32_t)refused_to_engine[i].error),
			refused_to_engine[i].call, 0) < 0)
			r = E_SANDBOX;
	/* Nor may it start programs, in the two ways of the C library. */
	if (r == 0 && !zygote &&
	    (seccomp_rule_add(filter, SCMP_ACT_ERRNO(EPERM), SCMP_SYS(clone), 1,
		 SCMP_A0(SCMP_CMP_EQ,
		     CLONE_CHILD_SETTID | CLONE_CHILD_CLEARTID | SIGCHLD, 0)) <
		    0 ||
		seccomp_rule_add(filter, SCMP_ACT_ERRNO(EPERM), SCMP_SYS(clone),
		    1,
		    SCMP_A0(SCMP_CMP_EQ, CLONE_VM | CLONE_VFORK | SIGCHLD, 0)) <
		    0))
		r = E_SANDBOX;
	return r;
}

static int
fill_filter(scmp_filter_ctx filter, unsigned calls)
{
	int r;

	if ((r = ALLOW(filter, calls_of_all)) < 0 ||
	    (r = allow_checked(filter, calls)) < 0)
		return r;
	if ((calls & SANDBOX_FILES) && (r = ALLOW(filter, calls_of_files)) < 0)
		return r;
	if ((calls & SANDBOX_THREADS) &&
	    (r = ALLOW(filter, calls_of_threads)) < 0)
		return r;
	if ((calls & SANDBOX_ACCEPT) &&
	    (r = ALLOW(filter, calls_of_accept)) < 0)
		return r;
	if ((calls & SANDBOX_ENGINE) && (r = fill_engine(filter, calls)) < 0)
		return r;
#ifdef CHANCERY_SANITIZED
	if ((r = ALLOW(filter, calls_of_sanitizers)) < 0)
		return r;
#endif
	for (size_t i = 0; i < ARRAY_SIZE(calls_of_lookup); i++)
		if (!(calls & SANDBOX_FILES) &&
		    seccomp_rule_add(filter, SCMP_ACT_ERRNO(EACCES),
			calls_of_lookup[i], 0) < 0)
			return E_SANDBOX;
	return 0;
}

static int
seccomp_enter(unsigned calls)
{
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_KILL_PROCESS);
	int r = E_SANDBOX;

	if (filter == NULL)
		return E_NOMEM;
	/* Calls by the numbers of another architecture are as forbidden. */
	if (seccomp_attr_set(
		filter, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS) == 0 &&
	    fill_filter(filter, calls) == 0 && seccomp_load(filter) == 0)
		r = 0;
	seccomp_release(filter);
	return r;
}

/* ---- the rest ---------------------------------------------------------- */

static int
limits_enter(const struct sandbox *sandbox)
{
	const struct rlimit none = {0, 0};
	struct rlimit files;

	if (getrlimit(RLIMIT_NOFILE, &files) < 0)
		return E_SANDBOX;
	files.rlim_max = MIN(files.rlim_max, sandbox->files);
	files.rlim_cur = files.rlim_max;
	return setrlimit(RLIMIT_CORE, &none) < 0 ||
	               setrlimit(RLIMIT_NOFILE, &files) < 0
	           ? E_SANDBOX
	           : 0;
}

/* A change of user undoes these: memory is nobody's, the parent's end ours. */
static int
process_enter(void)
{
	if (prctl(PR_SET_DUMPABLE, 0) < 0 || prctl(PR_GET_DUMPABLE) != 0 ||
	    prctl(PR_SET_PDEATHSIG, SIGKILL) < 0)
		return E_SANDBOX;
	return 0;
}

static int
user_enter(unsigned uid)
{
	if (uid == 0 || geteuid() != 0)
		return 0;
	if (setgroups(0, NULL) < 0 || setresgid(uid, uid, uid) < 0 ||
	    setresuid(uid, uid, uid) < 0)
		return E_SANDBOX;
	/* There must be no way back. */
	return setuid(0) == 0 || geteuid() != uid ? E_SANDBOX : 0;
}

/* The kernel's own word, read over a descriptor from before. */
static int
check_status(int status)
{
	char text[8192];
	ssize_t n = pread(status, text, sizeof(text) - 1, 0);

	if (n <= 0)
		return E_SANDBOX;
	text[n] = '\0';
	return strstr(text, "\nNoNewPrivs:\t1\n") != NULL &&
	               strstr(text, "\nSeccomp:\t2\n") != NULL
	           ? 0
	           : E_SANDBOX;
}

static int
failed(const char *layer)
{
	log_error(
	    "sandbox.missing", log_str(K_NAME, layer), log_int(K_CODE, errno));
	return E_SANDBOX;
}

int
sandbox_enter(const struct sandbox *sandbox)
{
	AUTO_CLOSE int status =
	    sandbox->proc > 0
		? openat(sandbox->proc, "self/status", O_RDONLY | O_CLOEXEC)
		: open("/proc/self/status", O_RDONLY | O_CLOEXEC);

	(void)umask(077);
	if (status < 0)
		return failed("proc");
	if (limits_enter(sandbox) < 0)
		return failed("limits");
	if (user_enter(sandbox->uid) < 0)
		return failed("user");
	if (process_enter() < 0)
		return failed("process");
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return failed("no_new_privs");
	if (!sandbox->no_landlock && landlock_enter(sandbox) < 0)
		return failed("landlock");
	if (seccomp_enter(sandbox->calls) < 0)
		return failed("seccomp");
	return check_status(status) < 0 ? failed("check") : 0;
}

int
sandbox_probe(struct buf *ret_text)
{
	int abi = landlock_abi();
	bool seccomp = prctl(PR_GET_SECCOMP) >= 0 &&
	               syscall(SYS_seccomp, 2 /* SECCOMP_GET_ACTION_AVAIL */, 0,
			   &(uint32_t){SCMP_ACT_KILL_PROCESS}) == 0;

	if (abi >= 1)
		buf_printf(ret_text, "landlock: version %d: files%s%s\n", abi,
		    abi >= 4 ? ", network" : "; network not before version 4",
		    abi >= 6 ? ", signals" : "; signals not before version 6");
	else
		buf_put_str(ret_text,
		    "landlock: MISSING. The kernel must have it built and "
		    "enabled (lsm=landlock,...)\n");
	buf_printf(ret_text, "seccomp: %s\n",
	    seccomp ? "ok" : "MISSING. The kernel or a container forbids it");
	buf_printf(ret_text, "users: %s\n",
	    geteuid() == 0 ? "each role gets a user of its own"
			   : "all roles run as you; start as root to separate "
			     "them further");
	return abi >= 1 && seccomp ? 0 : E_SANDBOX;
}
