/*
 * The file system as SQLite sees it: the default one, but names are taken as
 * they are, relative to the working folder. SQLite's own would resolve them to
 * a full path, which a process that has dropped its rights may not walk.
 */
#include <sqlite3.h>
#include <stdio.h>

#include "base/base.h"
#include "store/store_private.h"

static int
full_pathname(
    sqlite3_vfs *vfs UNUSED, const char *name, int room, char *ret_path)
{
	int n = snprintf(ret_path, (size_t)room, "%s", name);

	return n > 0 && n < room ? SQLITE_OK : SQLITE_CANTOPEN;
}

const char *
store_vfs(void)
{
	static sqlite3_vfs vfs;

	if (vfs.zName == NULL) {
		vfs = *sqlite3_vfs_find(NULL);
		vfs.zName = "chancery";
		vfs.xFullPathname = full_pathname;
		BUG_ON(sqlite3_vfs_register(&vfs, 0) != SQLITE_OK);
	}
	return vfs.zName;
}
