#include "base/error.h"
#include "gen/gen.h"

static int
put_list(
    struct slice name, const struct gen_list *lists, size_t n, struct buf *buf)
{
	for (size_t i = 0; i < n; i++)
		if (slice_eq(name, slice_str(lists[i].name)))
			return lists[i].put(buf);
	return E_INVALID;
}

int
gen_put_template(struct slice template, const struct gen_list *lists, size_t n,
    struct buf *buf)
{
	struct slice line;
	int r = 0;

	while (template.n > 0 && r == 0) {
		(void)slice_cut(&template, '\n', &line);
		if (line.n > 1 && line.p[0] == '@') {
			r = put_list(slice_from(line, 1), lists, n, buf);
			continue;
		}
		buf_put_slice(buf, line);
		buf_put_u8(buf, '\n');
	}
	return r;
}
