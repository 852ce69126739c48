#include "ipc/body.h"

#include "wire/cbor.h"

static struct digest
get_digest(struct cbor_reader *r)
{
	struct slice bytes = cbor_get_bytes(r);
	struct digest digest = {{0}};

	if (bytes.n == sizeof(digest.b))
		memcpy(digest.b, bytes.p, bytes.n);
	else
		r->error = E_SYNTAX;
	return digest;
}

/* ---- how many fields a body has: each is a byte of this --------------------
 */

/* clang-format off */
#define UINT(type, name, max) char name;
#define CODE(name) char name;
#define BOOL(name) char name;
#define TEXT(name) char name;
#define BYTES(name) char name;
#define DIGEST(name) char name;
#define BODY(MESSAGE, name, fields) FIELDS_##MESSAGE = sizeof(struct { fields }),
enum {
#include "ipc/body.def"
};
#undef BODY
#undef UINT
#undef CODE
#undef BOOL
#undef TEXT
#undef BYTES
#undef DIGEST

/* ---- writing --------------------------------------------------------------
 */

#define UINT(type, name, max) cbor_put_uint(buf, (uint64_t)in->name);
#define CODE(name) cbor_put_uint(buf, (uint64_t)-in->name);
#define BOOL(name) cbor_put_bool(buf, in->name);
#define TEXT(name) cbor_put_text(buf, in->name);
#define BYTES(name) cbor_put_bytes(buf, in->name);
#define DIGEST(name) cbor_put_bytes(buf, digest_slice(&in->name));
#define BODY(MESSAGE, name, fields)                                    \
	void                                                           \
	body_put_##name(struct buf *buf, const struct body_##name *in) \
	{                                                              \
		cbor_put_array(buf, FIELDS_##MESSAGE);                 \
		fields                                                 \
	}
#include "ipc/body.def"
#undef BODY
#undef UINT
#undef CODE
#undef BOOL
#undef TEXT
#undef BYTES
#undef DIGEST

/* ---- reading --------------------------------------------------------------
 */

#define UINT(type, name, max) body.name = (type)cbor_get_uint_max(&r, max);
#define CODE(name) body.name = -(int)cbor_get_uint_max(&r, INT16_MAX);
#define BOOL(name) body.name = cbor_get_bool(&r);
#define TEXT(name) body.name = cbor_get_text(&r);
#define BYTES(name) body.name = cbor_get_bytes(&r);
#define DIGEST(name) body.name = get_digest(&r);
#define BODY(MESSAGE, name, fields)                                         \
	int                                                                 \
	body_take_##name(struct slice *in, struct body_##name *ret_body)    \
	{                                                                   \
		struct cbor_reader r = cbor_reader(*in);                    \
		struct body_##name body;                                    \
                                                                            \
		if (cbor_get_array(&r) != FIELDS_##MESSAGE)                 \
			return E_GRAMMAR;                                   \
		fields                                                      \
		if (r.error != 0)                                           \
			return E_GRAMMAR;                                   \
		*in = r.in;                                                 \
		*ret_body = body;                                           \
		return 0;                                                   \
	}                                                                   \
                                                                            \
	int                                                                 \
	body_get_##name(struct slice in, struct body_##name *ret_body)      \
	{                                                                   \
		struct body_##name body;                                    \
		int r = body_take_##name(&in, &body);                       \
                                                                            \
		if (r < 0 || in.n > 0)                                      \
			return E_GRAMMAR;                                   \
		*ret_body = body;                                           \
		return 0;                                                   \
	}
#include "ipc/body.def"
/* clang-format on */
