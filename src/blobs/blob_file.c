#include "blobs/blob_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <xxhash.h>

#include "base/file.h"
#include "base/mem.h"

enum { WRITEBACK_BYTES = 8 << 20 };

static void
put_le64(uint8_t *to, uint64_t value)
{
	for (size_t i = 0; i < 8; i++)
		to[i] = (uint8_t)(value >> (8 * i));
}

static uint64_t
get_le64(const uint8_t *from)
{
	uint64_t value = 0;

	for (size_t i = 8; i-- > 0;)
		value = value << 8 | from[i];
	return value;
}

/* ---- writing
 * ------------------------------------------------------------------ */

struct blob_writer {
	int fd;
	uint64_t size, written_back;
	struct sha256 *sha;
	XXH3_state_t *chunk;
	size_t chunk_n; /* bytes in the open chunk */
	struct buf sums;
};

void
blob_writer_free(struct blob_writer **writer)
{
	if (*writer == NULL)
		return;
	fd_close(&(*writer)->fd);
	sha256_free(&(*writer)->sha);
	(void)XXH3_freeState((*writer)->chunk);
	buf_free(&(*writer)->sums);
	mem_free(*writer);
	*writer = NULL;
}

int
blob_writer_new(int dir, const char *name, struct blob_writer **ret_writer)
{
	struct blob_writer *writer = mem_alloc(sizeof(*writer));
	int r = E_NOMEM;

	if (writer == NULL)
		return E_NOMEM;
	writer->fd = -1;
	writer->sums = BUF(SIZE_MAX / 2);
	writer->sha = sha256_new();
	writer->chunk = XXH3_createState();
	if (writer->sha != NULL && writer->chunk != NULL)
		r = file_open(
		    dir, name, O_WRONLY | O_CREAT | O_EXCL, 0600, &writer->fd);
	if (r < 0) {
		blob_writer_free(&writer);
		return r;
	}
	sha256_start(writer->sha);
	(void)XXH3_64bits_reset(writer->chunk);
	*ret_writer = writer;
	return 0;
}

static void
end_chunk(struct blob_writer *writer)
{
	uint8_t sum[BLOB_SUM_BYTES];

	put_le64(sum, XXH3_64bits_digest(writer->chunk));
	buf_put(&writer->sums, sum, sizeof(sum));
	(void)XXH3_64bits_reset(writer->chunk);
	writer->chunk_n = 0;
}

static void
add_sums(struct blob_writer *writer, struct slice bytes)
{
	while (bytes.n > 0) {
		size_t n = MIN(bytes.n, BLOB_CHUNK - writer->chunk_n);

		(void)XXH3_64bits_update(writer->chunk, bytes.p, n);
		writer->chunk_n += n;
		if (writer->chunk_n == BLOB_CHUNK)
			end_chunk(writer);
		bytes = slice_from(bytes, n);
	}
}

int
blob_writer_add(struct blob_writer *writer, struct slice bytes)
{
	int r = file_write(writer->fd, bytes);

	if (r < 0)
		return r;
	sha256_add(writer->sha, bytes);
	add_sums(writer, bytes);
	writer->size += bytes.n;
	/* So that the sync at the end has little left to do. */
	if (writer->size - writer->written_back >= WRITEBACK_BYTES) {
		(void)sync_file_range(writer->fd, (off_t)writer->written_back,
		    WRITEBACK_BYTES, SYNC_FILE_RANGE_WRITE);
		writer->written_back += WRITEBACK_BYTES;
	}
	return writer->sums.error;
}

int
blob_writer_end(struct blob_writer *writer, uint64_t *ret_size,
    struct digest *ret_digest, struct digest *ret_sums)
{
	int r;

	if (writer->chunk_n > 0)
		end_chunk(writer);
	if ((r = writer->sums.error) < 0 ||
	    (r = file_write(writer->fd, buf_slice(&writer->sums))) < 0)
		return r;
	/* Nobody writes to it again, by whatever way it is opened. */
	if (fchmod(writer->fd, 0400) < 0)
		return E_IO;
	if ((r = file_sync(writer->fd)) < 0)
		return r;
	*ret_size = writer->size;
	*ret_digest = sha256_end(writer->sha);
	*ret_sums = sha256(buf_slice(&writer->sums));
	return 0;
}

/* ---- reading
 * -------------------------------------------------------------------- */

struct blob_reader {
	int fd;
	uint64_t size;
	uint8_t *sums;
};

void
blob_reader_free(struct blob_reader **reader)
{
	if (*reader == NULL)
		return;
	fd_close(&(*reader)->fd);
	mem_free((*reader)->sums);
	mem_free(*reader);
	*reader = NULL;
}

static int
read_sums(struct blob_reader *reader, struct slice digest)
{
	size_t n = (size_t)blob_sums_count(reader->size) * BLOB_SUM_BYTES;
	uint64_t size;
	struct digest here;
	int r = file_size(reader->fd, &size);

	if (r < 0)
		return r;
	if (size != blob_file_size(reader->size))
		return E_DAMAGED;
	reader->sums = mem_realloc(NULL, n);
	if (reader->sums == NULL)
		return E_NOMEM;
	r = file_pread(reader->fd, reader->sums, n, reader->size);
	if (r < 0)
		return r == E_SHORT ? E_DAMAGED : r;
	here = sha256(slice_of(reader->sums, n));
	return slice_eq(digest_slice(&here), digest) ? 0 : E_DAMAGED;
}

int
blob_reader_new(int fd, uint64_t size, struct slice sums_digest,
    struct blob_reader **ret_reader)
{
	struct blob_reader *reader = mem_alloc(sizeof(*reader));
	int r = E_NOMEM;

	if (reader == NULL) {
		fd_close(&fd);
		return E_NOMEM;
	}
	*reader = (struct blob_reader){.fd = fd, .size = size};
	r = read_sums(reader, sums_digest);
	if (r < 0) {
		blob_reader_free(&reader);
		return r;
	}
	*ret_reader = reader;
	return 0;
}

static int
read_chunk(struct blob_reader *reader, uint64_t chunk, size_t n, uint8_t *room)
{
	uint64_t at = chunk * BLOB_CHUNK;
	int r;

	r = file_pread(reader->fd, room, n, at);
	if (r < 0)
		return r == E_SHORT ? E_DAMAGED : r;
	if (XXH3_64bits(room, n) !=
	    get_le64(reader->sums + chunk * BLOB_SUM_BYTES))
		return E_DAMAGED;
	return 0;
}

int
blob_reader_get(struct blob_reader *reader, uint64_t offset,
    uint8_t room[static BLOB_CHUNK], struct slice *ret_bytes)
{
	uint64_t chunk = offset / BLOB_CHUNK;
	size_t within = (size_t)(offset % BLOB_CHUNK);
	size_t n;
	int r;

	if (offset >= reader->size)
		return E_RANGE;
	n = (size_t)MIN(reader->size - chunk * BLOB_CHUNK, BLOB_CHUNK);
	if ((r = read_chunk(reader, chunk, n, room)) < 0)
		return r;
	*ret_bytes = slice_of(room + within, n - within);
	return 0;
}
