#include "base/error.h"

#include <errno.h>
#include <stdlib.h>

#include "base/base.h"
#include "base/log.h"

static const struct error_info rows[] = {
#define ERR(number, name, class, http, jmap, text) \
	{-(number), ERROR_CLASS_##class, http, jmap, #name, text},
#include "base/err.def"
#undef ERR
};

const struct error_info *
error_info(int code)
{
	const struct error_info *io = &rows[0];

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		if (rows[i].code == code)
			return &rows[i];
		if (rows[i].code == E_IO)
			io = &rows[i];
	}
	return io;
}

const char *
error_text(int code)
{
	return code >= 0 ? "ok" : error_info(code)->text;
}

int
error_from_errno(int err)
{
	switch (err) {
	case ENOMEM:
		return E_NOMEM;
	case ENOSPC:
	case EDQUOT:
		return E_FULL;
	case ENOENT:
	case ENOTDIR:
		return E_NOT_FOUND;
	case EEXIST:
		return E_EXISTS;
	case EPIPE:
	case ECONNRESET:
		return E_CLOSED;
	default:
		return E_IO;
	}
}

void
bug(const char *file, int line, const char *condition)
{
	log_error("bug", log_str(K_FILE, file), log_int(K_LINE, line),
	    log_str(K_TEXT, condition));
	abort();
}
