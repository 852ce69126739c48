/*
 * The bodies of messages between processes: for each row of body.def a struct,
 * what writes it and what reads it, so that both ends mean the same.
 *
 *	body_put_peer(&buf, &(struct body_peer){.role = ROLE_CORE, .pid = 7});
 *	r = body_get_peer(msg->body, &peer);
 *
 * Slices of what was read point into what it was read from.
 */
#ifndef IPC_BODY_H
#define IPC_BODY_H

#include "base/buf.h"
#include "base/hash.h"
#include "base/slice.h"
#include "ipc/role.h"

/* clang-format off */
#define UINT(type, name, max) type name;
#define CODE(name) int name;
#define BOOL(name) bool name;
#define TEXT(name) struct slice name;
#define BYTES(name) struct slice name;
#define DIGEST(name) struct digest name;
#define BODY(MESSAGE, name, fields) struct body_##name { fields };
#include "ipc/body.def"
#undef BODY
#undef UINT
#undef CODE
#undef BOOL
#undef TEXT
#undef BYTES
#undef DIGEST
/* clang-format on */

/*
 * put appends a body; get reads one that is all there is, take the first of
 * several and steps over it. E_GRAMMAR for whatever put would not have written.
 */
#define BODY(MESSAGE, name, fields)                                          \
	void body_put_##name(struct buf *buf, const struct body_##name *in); \
	int body_get_##name(struct slice in, struct body_##name *ret_body);  \
	int body_take_##name(struct slice *in, struct body_##name *ret_body);
#include "ipc/body.def"
#undef BODY

#endif
