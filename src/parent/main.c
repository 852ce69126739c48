#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/log.h"
#include "base/mem.h"
#include "parent/parent.h"

enum { OUT_MAX = 1 << 20, NOTES_MAX = 1 << 20, FILES = 65536 };

static const char usage[] =
    "usage: chanceryd [--state FOLDER] [--config FILE] [--hostname NAME]\n"
    "\n"
    "Serves Chancery. Its state is kept in FOLDER (./var by default), its\n"
    "configuration in FILE (FOLDER/chancery.conf by default, made at the "
    "first\n"
    "start). NAME is the public host name of a first start.\n"
    "\n"
    "SIGTERM finishes what is under way and stops; SIGHUP reads the\n"
    "configuration anew and takes it on, all of it or nothing.\n";

/* ---- signals
 * ------------------------------------------------------------------ */

static void
on_signal(void *arg, uint32_t events UNUSED)
{
	struct parent *parent = arg;
	struct signalfd_siginfo info;

	while (read(parent->signals.fd, &info, sizeof(info)) ==
	       (ssize_t)sizeof(info)) {
		switch ((int)info.ssi_signo) {
		case SIGCHLD:
			children_reap(parent);
			break;
		case SIGHUP:
			reload(parent);
			break;
		default:
			children_stop(parent);
		}
	}
}

static int
watch_signals(struct parent *parent)
{
	static const int signals[] = {SIGCHLD, SIGHUP, SIGTERM, SIGINT};
	sigset_t set;

	(void)sigemptyset(&set);
	for (size_t i = 0; i < ARRAY_SIZE(signals); i++)
		(void)sigaddset(&set, signals[i]);
	if (sigprocmask(SIG_BLOCK, &set, NULL) < 0)
		return E_IO;
	parent->signals = (struct loop_watch){
	    .fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK),
	    .ready = on_signal,
	    .arg = parent};
	if (parent->signals.fd < 0)
		return E_IO;
	return loop_watch(parent->loop, &parent->signals, EPOLLIN);
}

/* ---- starting
 * -------------------------------------------------------------------- */

/* The folder of this program: the roles' programs stand beside it. */
static int
find_programs(struct parent *parent)
{
	char path[PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", path, sizeof(path) - 1);
	char *slash;

	if (n <= 0)
		return E_IO;
	path[n] = '\0';
	slash = strrchr(path, '/');
	if (slash == NULL)
		return E_IO;
	*slash = '\0';
	parent->programs = mem_str(slice_str(path));
	return parent->programs != NULL ? 0 : E_NOMEM;
}

static int
parse_arguments(
    struct parent *parent, int argc, char **argv, const char **ret_hostname)
{
	static const struct option options[] = {
	    {"state", required_argument, NULL, 's'},
	    {"config", required_argument, NULL, 'c'},
	    {"hostname", required_argument, NULL, 'n'},
	    {"help", no_argument, NULL, 'h'},
	    {"version", no_argument, NULL, 'v'}, {NULL, 0, NULL, 0}};
	const char *state = "var", *config = NULL;
	int c;

	while ((c = getopt_long(argc, argv, "", options, NULL)) != -1) {
		switch (c) {
		case 's':
			state = optarg;
			break;
		case 'c':
			config = optarg;
			break;
		case 'n':
			*ret_hostname = optarg;
			break;
		case 'h':
			(void)fputs(usage, stdout);
			exit(0);
		case 'v':
			(void)printf(
			    "chanceryd %.*s\n", SLICE_ARG(role_build_id()));
			exit(0);
		default:
			(void)fputs(usage, stderr);
			return E_INVALID;
		}
	}
	if (optind < argc) {
		(void)fputs(usage, stderr);
		return E_INVALID;
	}
	parent->state = mem_str(slice_str(state));
	if (config != NULL)
		parent->config_path = mem_str(slice_str(config));
	return parent->state != NULL ? 0 : E_NOMEM;
}

/* One server a state folder. */
static int
take_lock(struct parent *parent)
{
	if (flock(parent->state_fd, LOCK_EX | LOCK_NB) == 0)
		return 0;
	(void)fprintf(
	    stderr, "%s: another server runs on this folder\n", parent->state);
	return E_BUSY;
}

static int
find_assets(struct parent *parent)
{
	char problem[ASSETS_PROBLEM_MAX];
	int r = assets_load(parent, &parent->config, &parent->assets, problem);

	if (r < 0)
		(void)fprintf(stderr, "%s: %s\n", parent->config_path, problem);
	return r;
}

static int
start(struct parent *parent, const char *hostname)
{
	struct rlimit files;
	int r;

	(void)umask(077);
	(void)prctl(PR_SET_DUMPABLE, 0);
	/* Fronts take their limit from here. */
	if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
		files.rlim_cur = MIN(files.rlim_max, FILES);
		(void)setrlimit(RLIMIT_NOFILE, &files);
	}
	parent->out = BUF(OUT_MAX);
	parent->notes = BUF(NOTES_MAX);
	parent->certificate = parent->assets = parent->state_fd = -1;
	if ((r = find_programs(parent)) < 0 ||
	    (r = state_open(parent, hostname)) < 0 ||
	    (r = take_lock(parent)) < 0 || (r = find_assets(parent)) < 0)
		return r;
	log_init("parent", (enum log_level)parent->config.log_level);
	if ((r = loop_new(&parent->loop)) < 0 ||
	    (r = watch_signals(parent)) < 0 || (r = listen_open(parent)) < 0)
		return r;
	children_init(parent);
	children_supervise(parent);
	return 0;
}

int
main(int argc, char **argv)
{
	static struct parent parent;
	const char *hostname = NULL;
	int r;

	log_init("parent", LOG_INFO);
	if (parse_arguments(&parent, argc, argv, &hostname) < 0)
		return 2;
	r = start(&parent, hostname);
	if (r < 0)
		return 1;
	r = loop_run(parent.loop);
	(void)unlinkat(parent.state_fd, "run.json", 0);
	return r < 0 ? 1 : parent.exit_status;
}
