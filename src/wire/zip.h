/*
 * Writing ZIP archives (PKWARE's APPNOTE 6.3.10) that are known part by part:
 * what is put is never gone back to. Files are stored as they are: pictures,
 * office files and PDFs are compressed already, and a front serves many at
 * once. Sizes and offsets of 4 GiB and more are ZIP64's (4.5.3).
 */
#ifndef WIRE_ZIP_H
#define WIRE_ZIP_H

#include "base/buf.h"

struct zip_entry {
	/* UTF-8; '/' between names, and at the end of a folder's. */
	struct slice path;
	int64_t modified; /* ms since 1970 */
	uint64_t size;    /* of its bytes */
	uint64_t offset;  /* of its header in the archive */
	uint32_t crc;     /* of its bytes */
	bool late;        /* the crc isn't known before them */
};

/* A name, made fit for an archive: it names nothing outside of it, anywhere. */
void zip_put_name(struct buf *buf, struct slice name);

/* The checksum of bytes behind those of a checksum; that of none is 0. */
uint32_t zip_crc(uint32_t crc, struct slice bytes);

/* What stands before a file's bytes, and behind those of a late one. */
void zip_put_header(struct buf *buf, const struct zip_entry *entry);
void zip_put_descriptor(struct buf *buf, const struct zip_entry *entry);

/* Its line in the directory, which stands behind all files, and that one's end.
 */
void zip_put_directory(struct buf *buf, const struct zip_entry *entry);
void
zip_put_end(struct buf *buf, uint64_t entries, uint64_t offset, uint64_t size);

#endif
