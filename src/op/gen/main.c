/* opgen api TEMPLATE | opgen frames TEMPLATE | opgen types: see gen.h. */
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file.h"
#include "gen/gen.h"

enum { TEXT_BYTES = 4 << 20 };

static int
put_template(const char *path,
    int (*put)(struct slice template, struct buf *buf), struct buf *out)
{
	struct buf template = BUF(TEXT_BYTES);
	int r = file_read(AT_FDCWD, path, &template);

	if (r == 0)
		r = put(buf_slice(&template), out);
	buf_free(&template);
	return r;
}

int
main(int argc, char **argv)
{
	struct buf out = BUF(TEXT_BYTES);
	int r = 0;

	if (argc == 3 && strcmp(argv[1], "api") == 0) {
		r = put_template(argv[2], gen_put_api, &out);
	} else if (argc == 3 && strcmp(argv[1], "frames") == 0) {
		r = put_template(argv[2], gen_put_frames, &out);
	} else if (argc == 2 && strcmp(argv[1], "types") == 0) {
		gen_put_types(&out);
	} else {
		(void)fputs("usage: opgen api TEMPLATE | "
			    "opgen frames TEMPLATE | opgen types\n",
		    stderr);
		return 2;
	}
	if (r == 0)
		r = out.error;
	if (r == 0)
		r = file_write(STDOUT_FILENO, buf_slice(&out));
	if (r < 0)
		(void)fprintf(stderr, "opgen: %s\n", error_text(r));
	buf_free(&out);
	return r < 0;
}
