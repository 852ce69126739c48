/*
 * Passwords as they are hashed and checked: RFC 8265's OpaqueString, so that
 * one typed on another keyboard is the same. Spaces of any kind become U+0020,
 * and the whole is NFC; case and width stay as they are.
 */
#ifndef CORE_OPAQUE_H
#define CORE_OPAQUE_H

#include "base/buf.h"
#include "base/slice.h"

/*
 * E_UTF8; E_INVALID for what is empty or holds control characters, characters
 * that show nothing, or such that Unicode doesn't have; E_NOMEM, E_LIMIT. Where
 * one is to be checked, such a one is wrong like any other: the check is made
 * with an empty one, so that it costs the same.
 */
int opaque_prepare(struct slice in, struct buf *ret_out);

#endif
