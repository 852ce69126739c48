/*
 * Fuzz target: questions and answers about secrets. What is read is written
 * with the same bytes.
 */
#include "ipc/secret.h"

#include "base/base.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice in = slice_of(data, size);
	struct buf out = BUF(SECRET_ASK_MAX);
	struct secret_ask ask;
	struct secret_answer answer;

	if (size > SECRET_ASK_MAX)
		return 0;
	if (secret_get_ask(in, &ask) == 0) {
		secret_put_ask(&out, &ask);
		BUG_ON(out.error != 0 || !slice_eq(buf_slice(&out), in));
	}
	buf_clear(&out);
	if (secret_get_answer(in, &answer) == 0) {
		secret_put_answer(&out, &answer);
		BUG_ON(out.error != 0 || !slice_eq(buf_slice(&out), in));
	}
	buf_free(&out);
	return 0;
}
