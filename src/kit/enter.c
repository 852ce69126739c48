/* A kit's first step, which is the same whatever it does then. */
#include <fcntl.h>
#include <unistd.h>

#include "base/file.h"
#include "kit/kit.h"

/* Of what the zygote has open, the kit keeps two and the log. */
static int
keep_own(struct kit_start *start)
{
	enum { ZYGOTE_FD = 3, DOCUMENT_FD, PROC_FD, FREE_FD };
	int zygote = fcntl(start->zygote, F_DUPFD_CLOEXEC, 64);
	int document = fcntl(start->document, F_DUPFD_CLOEXEC, 64);
	int proc = fcntl(start->jail->proc, F_DUPFD_CLOEXEC, 64);

	if (zygote < 0 || document < 0 || proc < 0 ||
	    dup3(zygote, ZYGOTE_FD, O_CLOEXEC) < 0 ||
	    dup3(document, DOCUMENT_FD, O_CLOEXEC) < 0 ||
	    dup3(proc, PROC_FD, O_CLOEXEC) < 0)
		return E_IO;
	start->zygote = ZYGOTE_FD;
	start->document = DOCUMENT_FD;
	start->jail->proc = PROC_FD;
	return close_range(FREE_FD, ~0u, 0) < 0 ? E_IO : 0;
}

int
kit_enter(struct kit_start *start, const char *home)
{
	int r = keep_own(start);

	if (r == 0)
		r = jail_close(start->jail, start->cell, &start->limits, home);
	fd_close(&start->jail->proc);
	return r;
}
