#include "front/route.h"

enum {
	GET = 1 << HTTP_METHOD_GET,
	HEAD = 1 << HTTP_METHOD_HEAD,
	POST = 1 << HTTP_METHOD_POST,
	PUT = 1 << HTTP_METHOD_PUT,
	DELETE = 1 << HTTP_METHOD_DELETE,
};

static const struct route routes[] = {
#define ROUTE(path, prefix, methods, body, credential, links, serve, doc) \
	{path, prefix, methods, ROUTE_##body, ROUTE_##credential, links, serve},
#include "front/route.def"
#undef ROUTE
};

const struct route *
route_find(struct slice path, struct slice *ret_rest)
{
	for (size_t i = 0; i < ARRAY_SIZE(routes); i++) {
		struct slice own = slice_str(routes[i].path);

		if (routes[i].prefix ? !slice_starts(path, own)
				     : !slice_eq(path, own))
			continue;
		*ret_rest = slice_from(path, own.n);
		return &routes[i];
	}
	return NULL;
}
