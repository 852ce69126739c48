/*
 * The manifest of a backup: what makes a folder a backup, written last. Lines
 * of "name value":
 *
 *	chancery-backup 1      the format's version
 *	schema 2               of the database
 *	origin ...             of the log's present epoch
 *	base 1                 the number of its first record
 *	record 5000            the last record that the database holds
 *	time 1795325272087     its time, ms since 1970
 *	size 5003              what the log folder's checkpoint signs; 0: none
 *	blobs 12 34567         how many there are, and their bytes
 *	file HEX SIZE PATH     the database, its SHA-256 and size
 *	end HEX                SHA-256 of all lines above
 *
 * Log folders and blobs are proven by what the database holds: its records, the
 * key of the log, the digests of rows.
 *
 * The backup's folder:
 *
 *	manifest
 *	core/chancery-<record>.db      the database as of that record
 *	core/log/, core/log-<base>/    the log folders; the present one's
 *	                               checkpoint covers that record, and what
 *	                               was ended and erased until it was taken
 *	blobs/ab/cdef...               as in the state folder
 *	chancery.conf                  where the state folder has one
 */
#ifndef STATE_MANIFEST_H
#define STATE_MANIFEST_H

#include "base/buf.h"
#include "base/hash.h"

enum { MANIFEST_FILES = 512, MANIFEST_MAX = 1 << 20 };

#define MANIFEST_FILE "manifest"

struct manifest_file {
	struct digest digest;
	uint64_t size;
	char path[192]; /* below the backup's folder */
};

struct manifest {
	uint64_t schema, base, record, size, blobs, blob_bytes;
	int64_t time;
	char origin[256];
	size_t n_files;
	struct manifest_file files[MANIFEST_FILES];
};

/* Adds a file of the folder `dir`. E_LIMIT, E_NOT_FOUND, E_IO. */
int manifest_add(struct manifest *manifest, int dir, const char *path);

/* Writes it, synced: from here on the folder is a backup. */
int manifest_write(const struct manifest *manifest, int dir);

/*
 * Reads it. E_NOT_FOUND; E_SYNTAX where it is none of ours, or damaged;
 * E_VERSION where a newer version wrote it.
 */
int manifest_read(int dir, struct manifest *ret_manifest);

/* Each file is what it was: 0, or the error of the first, with its path. */
int manifest_verify(
    const struct manifest *manifest, int dir, const char **reterr_path);

#endif
