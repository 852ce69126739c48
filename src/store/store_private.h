#ifndef STORE_STORE_PRIVATE_H
#define STORE_STORE_PRIVATE_H

/* The name of the project's VFS, registered at the first call. */
const char *store_vfs(void);

#endif
