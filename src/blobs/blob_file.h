/*
 * A blob's file: the bytes, and behind them a checksum (XXH3, 64 bits, little
 * endian) for each BLOB_CHUNK of them. So whoever sends a part of it can tell
 * damage without reading the rest. The checksums' own digest stands in the
 * database. (They find decay; against forgers stands the SHA-256 of the whole.)
 *
 * Linked by whoever writes or reads such a file: blobs, fronts, `check`.
 */
#ifndef BLOBS_BLOB_FILE_H
#define BLOBS_BLOB_FILE_H

#include "base/buf.h"
#include "base/hash.h"
#include "blobs/blob_place.h"

enum {
	BLOB_CHUNK = 256 << 10,
	BLOB_SUM_BYTES = 8,
};

/* How many checksums a blob of that size has. */
static inline uint64_t
blob_sums_count(uint64_t size)
{
	return (size + BLOB_CHUNK - 1) / BLOB_CHUNK;
}

/* The size of its file. */
static inline uint64_t
blob_file_size(uint64_t size)
{
	return size + blob_sums_count(size) * BLOB_SUM_BYTES;
}

/* ---- writing: everything in one pass ---------------------------------------
 */

struct blob_writer;

/* Starts the file `name` in the folder. E_NOMEM, E_FULL, E_IO. */
int blob_writer_new(int dir, const char *name, struct blob_writer **ret_writer);

/* Takes bytes. E_FULL, E_IO. */
int blob_writer_add(struct blob_writer *writer, struct slice bytes);

/* Writes the checksums, and syncs. The digests of bytes and of checksums. */
int blob_writer_end(struct blob_writer *writer, uint64_t *ret_size,
    struct digest *ret_digest, struct digest *ret_sums);

/* Frees; a file that was not ended stays for the caller to remove. */
void blob_writer_free(struct blob_writer **writer);

/* ---- reading
 * ------------------------------------------------------------------ */

struct blob_reader;

/*
 * Reads the checksums of an open file, which it owns from here on. E_DAMAGED
 * where they, or the file's size, are not what was stored.
 */
int blob_reader_new(int fd, uint64_t size, struct slice sums_digest,
    struct blob_reader **ret_reader);
void blob_reader_free(struct blob_reader **reader);

/*
 * The bytes from offset on, up to the end of its chunk, checked: in `room`,
 * which is the caller's, and may serve many readers. E_DAMAGED, E_RANGE, E_IO.
 */
int blob_reader_get(struct blob_reader *reader, uint64_t offset,
    uint8_t room[static BLOB_CHUNK], struct slice *ret_bytes);

#endif
