#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

void
fd_close(int *fd)
{
	if (*fd >= 0)
		(void)close(*fd);
	*fd = -1;
}

int
file_open(int dir, const char *name, int flags, mode_t mode, int *ret_fd)
{
	int fd = openat(dir, name, flags | O_CLOEXEC | O_NOFOLLOW, mode);

	if (fd < 0)
		return error_from_errno(errno);
	*ret_fd = fd;
	return 0;
}

int
file_mkdir(int dir, const char *name, mode_t mode)
{
	if (mkdirat(dir, name, mode) < 0 && errno != EEXIST)
		return error_from_errno(errno);
	return 0;
}

int
file_write(int fd, struct slice s)
{
	while (s.n > 0) {
		ssize_t n = write(fd, s.p, s.n);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return error_from_errno(errno);
		s = slice_from(s, (size_t)n);
	}
	return 0;
}

int
file_pwrite(int fd, struct slice s, uint64_t offset)
{
	while (s.n > 0) {
		ssize_t n = pwrite(fd, s.p, s.n, (off_t)offset);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return error_from_errno(errno);
		s = slice_from(s, (size_t)n);
		offset += (uint64_t)n;
	}
	return 0;
}

int
file_pread(int fd, void *p, size_t n, uint64_t offset)
{
	uint8_t *to = p;

	while (n > 0) {
		ssize_t got = pread(fd, to, n, (off_t)offset);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return error_from_errno(errno);
		if (got == 0)
			return E_SHORT;
		to += got;
		n -= (size_t)got;
		offset += (uint64_t)got;
	}
	return 0;
}

int
file_read(int dir, const char *name, struct buf *ret_buf)
{
	AUTO_CLOSE int fd = -1;
	int r = file_open(dir, name, O_RDONLY, 0, &fd);

	if (r < 0)
		return r;
	for (;;) {
		uint64_t size = 0;
		uint8_t *to;
		ssize_t n;

		/* The rest and one byte, which tells whether it was all. */
		if ((r = file_size(fd, &size)) < 0)
			return r;
		size = size > ret_buf->n ? size - ret_buf->n : 0;
		size = MIN(size, ret_buf->max - ret_buf->n);
		to = buf_room(ret_buf, MAX(size, 1));
		if (to == NULL)
			return ret_buf->error;
		n = read(fd, to, MAX(size, 1));
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return error_from_errno(errno);
		if (n == 0)
			return 0;
		buf_added(ret_buf, (size_t)n);
	}
}

static int
replace(int dir, const char *name, mode_t mode, struct slice content, bool sync)
{
	AUTO_CLOSE int fd = -1;
	char temporary[256];
	int n, r;

	n = snprintf(temporary, sizeof(temporary), "%s.tmp", name);
	if (n < 0 || (size_t)n >= sizeof(temporary))
		return E_LIMIT;
	r = file_open(dir, temporary, O_WRONLY | O_CREAT | O_TRUNC, mode, &fd);
	if (r < 0)
		return r;
	if ((r = file_write(fd, content)) < 0 ||
	    (sync && (r = file_sync(fd)) < 0)) {
		(void)unlinkat(dir, temporary, 0);
		return r;
	}
	if (renameat(dir, temporary, dir, name) < 0) {
		r = error_from_errno(errno);
		(void)unlinkat(dir, temporary, 0);
		return r;
	}
	return sync ? file_sync_dir(dir) : 0;
}

int
file_replace(int dir, const char *name, mode_t mode, struct slice content)
{
	return replace(dir, name, mode, content, true);
}

int
file_replace_unsynced(
    int dir, const char *name, mode_t mode, struct slice content)
{
	return replace(dir, name, mode, content, false);
}

int
file_sync_dir(int dir)
{
	AUTO_CLOSE int fd = -1;

	/* dir may be AT_FDCWD, or opened with O_PATH. */
	fd = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return error_from_errno(errno);
	return file_sync(fd);
}

int
file_sync(int fd)
{
	return fsync(fd) < 0 ? error_from_errno(errno) : 0;
}

int
file_size(int fd, uint64_t *ret_size)
{
	struct stat st;

	/*
	 * glibc's fstat is a look-up of an empty path to the kernel, which a
	 * process that may look up nothing is forbidden. On 64-bit machines the
	 * kernel's own has the same struct.
	 */
	if (syscall(SYS_fstat, fd, &st) < 0)
		return error_from_errno(errno);
	*ret_size = (uint64_t)st.st_size;
	return 0;
}
