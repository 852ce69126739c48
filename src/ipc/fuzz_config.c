/*
 * Fuzz target: the configuration, as a file and as processes hand it on. What
 * is read from a file is handed on unchanged; what is handed on has one form.
 */
#include "ipc/config.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { OUT_MAX = 1 << 18 };

static struct config config, again;

static void
check_file(struct slice in, struct buf *buf)
{
	struct config_problem problem = {.line = 0};
	struct buf same = BUF(OUT_MAX);
	int r = config_parse(in, &config, &problem);

	BUG_ON(memchr(problem.text, '\0', sizeof(problem.text)) == NULL);
	BUG_ON(r != 0 && (r != E_CONFIG || problem.text[0] == '\0'));
	if (r < 0)
		return;
	config_encode(&config, buf);
	BUG_ON(config_decode(buf_slice(buf), &again) != 0);
	config_encode(&again, &same);
	BUG_ON(!slice_eq(buf_slice(buf), buf_slice(&same)));
	BUG_ON(config_needs_restart(&config, &again) != NULL);
	buf_free(&same);
}

static void
check_message(struct slice in, struct buf *buf)
{
	if (config_decode(in, &config) < 0)
		return;
	config_encode(&config, buf);
	BUG_ON(!slice_eq(buf_slice(buf), in));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice in = slice_of(data, size);
	struct buf buf = BUF(OUT_MAX);

	check_file(in, &buf);
	buf_clear(&buf);
	check_message(in, &buf);
	buf_free(&buf);
	return 0;
}
