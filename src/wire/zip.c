#include "wire/zip.h"

#include <time.h>
#include <zlib.h>

enum {
	SIGNATURE_HEADER = 0x04034b50,
	SIGNATURE_DESCRIPTOR = 0x08074b50,
	SIGNATURE_DIRECTORY = 0x02014b50,
	SIGNATURE_END = 0x06054b50,
	SIGNATURE_END64 = 0x06064b50,
	SIGNATURE_LOCATOR64 = 0x07064b50,
	VERSION = 20,
	VERSION64 = 45,
	MADE_ON_UNIX = 3 << 8,
	FLAG_LATE = 1 << 3,
	FLAG_UTF8 = 1 << 11,
	EXTRA_64 = 0x0001,
	EXTRA_TIME = 0x5455, /* "UT" */
	EXTRA_TIME_BYTES = 9,
	END64_BYTES = 56,
	FOLDER_BIT = 0x10, /* of MS-DOS */
};

#define LARGE_32 UINT32_MAX
#define LARGE_16 UINT16_MAX
#define MODE_FILE (0100644u << 16)
#define MODE_FOLDER (040755u << 16 | FOLDER_BIT)

/* Little endian (4.4.1.1). */
static void
put(struct buf *buf, uint64_t value, unsigned bytes)
{
	while (bytes-- > 0) {
		buf_put_u8(buf, (uint8_t)value);
		value >>= 8;
	}
}

/* ---- names
 * ----------------------------------------------------------------------- */

/* Some programs drop these at a name's end; what is nothing else leads up. */
static bool
is_dots(struct slice name)
{
	for (size_t i = 0; i < name.n; i++)
		if (name.p[i] != '.' && name.p[i] != ' ')
			return false;
	return true;
}

/*
 * What divides a path or names a drive or stream on some system becomes a
 * letter that looks like it, so that two names stay two.
 */
void
zip_put_name(struct buf *buf, struct slice name)
{
	bool dots = is_dots(name);

	for (size_t i = 0; i < name.n; i++) {
		uint8_t c = name.p[i];

		if (c == '/')
			buf_put_str(buf, "\xef\xbc\x8f");
		else if (c == '\\')
			buf_put_str(buf, "\xef\xbc\xbc");
		else if (c == ':')
			buf_put_str(buf, "\xef\xbc\x9a");
		else if (c == '.' && dots)
			buf_put_str(buf, "\xef\xbc\x8e");
		else if (c < 0x20 || c == 0x7f)
			buf_put_u8(buf, '_');
		else
			buf_put_u8(buf, c);
	}
}

/* ---- parts
 * ----------------------------------------------------------------------- */

uint32_t
zip_crc(uint32_t crc, struct slice bytes)
{
	return (uint32_t)crc32_z(crc, bytes.p, bytes.n);
}

static bool
is_folder(const struct zip_entry *entry)
{
	return entry->path.n > 0 && entry->path.p[entry->path.n - 1] == '/';
}

/* Of which the sizes need 64 bits. */
static bool
is_large(const struct zip_entry *entry)
{
	return entry->size >= LARGE_32;
}

/* MS-DOS's, in UTC, from 1980 to 2107 (4.4.6). */
static void
put_time(struct buf *buf, int64_t ms)
{
	time_t seconds = (time_t)(ms / 1000);
	struct tm tm;

	if (gmtime_r(&seconds, &tm) == NULL || tm.tm_year < 80 ||
	    tm.tm_year > 207) {
		put(buf, 0, 2);
		put(buf, 1 << 5 | 1, 2);
		return;
	}
	put(buf, (uint64_t)(tm.tm_hour << 11 | tm.tm_min << 5 | tm.tm_sec / 2),
	    2);
	put(buf,
	    (uint64_t)((tm.tm_year - 80) << 9 | (tm.tm_mon + 1) << 5 |
		       tm.tm_mday),
	    2);
}

/* The time once more, whose zone is certain (Info-ZIP's extended timestamp). */
static void
put_time_extra(struct buf *buf, int64_t ms)
{
	int64_t seconds = ms / 1000;

	put(buf, EXTRA_TIME, 2);
	put(buf, EXTRA_TIME_BYTES - 4, 2);
	put(buf, 1, 1);
	put(buf, (uint64_t)MIN(MAX(seconds, INT32_MIN), INT32_MAX), 4);
}

/* What header and directory have in common, up to the length of the path. */
static void
put_common(struct buf *buf, const struct zip_entry *entry, bool sizes)
{
	put(buf, FLAG_UTF8 | (entry->late ? FLAG_LATE : 0), 2);
	put(buf, 0, 2); /* stored */
	put_time(buf, entry->modified);
	put(buf, sizes ? entry->crc : 0, 4);
	for (int i = 0; i < 2; i++)
		put(buf,
		    is_large(entry) ? LARGE_32
		    : sizes         ? entry->size
				    : 0,
		    4);
	put(buf, entry->path.n, 2);
}

void
zip_put_header(struct buf *buf, const struct zip_entry *entry)
{
	bool large = is_large(entry), sizes = !entry->late;

	put(buf, SIGNATURE_HEADER, 4);
	put(buf, large ? VERSION64 : VERSION, 2);
	put_common(buf, entry, sizes);
	put(buf, EXTRA_TIME_BYTES + (large ? 20 : 0), 2);
	buf_put_slice(buf, entry->path);
	put_time_extra(buf, entry->modified);
	if (!large)
		return;
	put(buf, EXTRA_64, 2);
	put(buf, 16, 2);
	put(buf, sizes ? entry->size : 0, 8);
	put(buf, sizes ? entry->size : 0, 8);
}

void
zip_put_descriptor(struct buf *buf, const struct zip_entry *entry)
{
	unsigned bytes = is_large(entry) ? 8 : 4;

	put(buf, SIGNATURE_DESCRIPTOR, 4);
	put(buf, entry->crc, 4);
	put(buf, entry->size, bytes);
	put(buf, entry->size, bytes);
}

void
zip_put_directory(struct buf *buf, const struct zip_entry *entry)
{
	bool large = is_large(entry), far = entry->offset >= LARGE_32;
	unsigned extra = (large ? 16 : 0) + (far ? 8 : 0);

	put(buf, SIGNATURE_DIRECTORY, 4);
	put(buf, MADE_ON_UNIX | VERSION64, 2);
	put(buf, extra > 0 ? VERSION64 : VERSION, 2);
	put_common(buf, entry, true);
	put(buf, EXTRA_TIME_BYTES + (extra > 0 ? 4 + extra : 0), 2);
	put(buf, 0, 2 + 2 + 2); /* comment, disk, attributes within */
	put(buf, is_folder(entry) ? MODE_FOLDER : MODE_FILE, 4);
	put(buf, far ? LARGE_32 : entry->offset, 4);
	buf_put_slice(buf, entry->path);
	put_time_extra(buf, entry->modified);
	if (extra == 0)
		return;
	put(buf, EXTRA_64, 2);
	put(buf, extra, 2);
	if (large) {
		put(buf, entry->size, 8);
		put(buf, entry->size, 8);
	}
	if (far)
		put(buf, entry->offset, 8);
}

void
zip_put_end(struct buf *buf, uint64_t entries, uint64_t offset, uint64_t size)
{
	bool many = entries >= LARGE_16;
	bool far = offset >= LARGE_32 || size >= LARGE_32;

	if (many || far) {
		put(buf, SIGNATURE_END64, 4);
		put(buf, END64_BYTES - 12, 8);
		put(buf, MADE_ON_UNIX | VERSION64, 2);
		put(buf, VERSION64, 2);
		put(buf, 0, 4 + 4); /* disks */
		put(buf, entries, 8);
		put(buf, entries, 8);
		put(buf, size, 8);
		put(buf, offset, 8);
		put(buf, SIGNATURE_LOCATOR64, 4);
		put(buf, 0, 4);
		put(buf, offset + size, 8);
		put(buf, 1, 4);
	}
	put(buf, SIGNATURE_END, 4);
	put(buf, 0, 2 + 2);
	put(buf, MIN(entries, (uint64_t)LARGE_16), 2);
	put(buf, MIN(entries, (uint64_t)LARGE_16), 2);
	put(buf, MIN(size, (uint64_t)LARGE_32), 4);
	put(buf, MIN(offset, (uint64_t)LARGE_32), 4);
	put(buf, 0, 2); /* comment */
}
