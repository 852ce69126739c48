#include "blobs/loose.h"

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"

/* There is one such at a time: it has its name for a moment. */
#define LOOSE_PATH "new/loose"

static int
loose_new(int *ret_fd)
{
	int r = file_open(AT_FDCWD, LOOSE_PATH,
	    O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600, ret_fd);

	if (r < 0)
		return r;
	if (unlinkat(AT_FDCWD, LOOSE_PATH, 0) == 0)
		return 0;
	fd_close(ret_fd);
	return E_IO;
}

static int
rewound(int fd)
{
	return lseek(fd, 0, SEEK_SET) == 0 ? 0 : E_IO;
}

int
loose_of_bytes(struct slice bytes, int *ret_fd)
{
	int fd = -1, r = loose_new(&fd);

	if (r == 0 && (r = file_write(fd, bytes)) == 0)
		r = rewound(fd);
	if (r < 0) {
		fd_close(&fd);
		return r;
	}
	*ret_fd = fd;
	return 0;
}

static int
copy_blob(struct blob_reader *reader, uint64_t size, uint8_t *room, int to)
{
	struct slice bytes;
	uint64_t at = 0;
	int r = 0;

	while (at < size && r == 0) {
		r = blob_reader_get(reader, at, room, &bytes);
		if (r == 0)
			r = file_write(to, bytes);
		at += bytes.n;
	}
	return r;
}

int
loose_of_blob(struct slice place, uint64_t size, struct slice sums, int *ret_fd)
{
	struct blob_reader *reader = NULL;
	uint8_t *room = mem_alloc(BLOB_CHUNK);
	char path[BLOB_NAME_BYTES + 2];
	int from = -1, fd = -1, r = room != NULL ? 0 : E_NOMEM;

	(void)snprintf(path, sizeof(path), "%.*s", SLICE_ARG(place));
	if (r == 0)
		r = file_open(AT_FDCWD, path, O_RDONLY, 0, &from);
	if (r == 0)
		r = blob_reader_new(from, size, sums, &reader);
	if (r == 0)
		r = loose_new(&fd);
	if (r == 0)
		r = copy_blob(reader, size, room, fd);
	if (r == 0)
		r = rewound(fd);
	blob_reader_free(&reader);
	mem_free(room);
	if (r < 0) {
		fd_close(&fd);
		return r;
	}
	*ret_fd = fd;
	return 0;
}

int
loose_copy(int fd, uint64_t size, struct blob_writer *writer)
{
	uint8_t *room = mem_alloc(BLOB_CHUNK);
	uint64_t at = 0;
	int r = room != NULL ? 0 : E_NOMEM;

	while (at < size && r == 0) {
		size_t n = (size_t)MIN(size - at, BLOB_CHUNK);

		r = file_pread(fd, room, n, at);
		if (r == 0)
			r = blob_writer_add(writer, slice_of(room, n));
		at += n;
	}
	mem_free(room);
	return r;
}
