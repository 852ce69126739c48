/*
 * Fuzz target: the configuration, as a file and as processes hand it on. What
 * is read from a file is handed on unchanged; what is handed on has one form;
 * what stands for addresses is some.
 */
#include "base/ip.h"
#include "ipc/config.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { OUT_MAX = 1 << 18 };

static struct config config, again;

static void
check_addresses(struct slice list)
{
	while (list.n > 0) {
		struct ip ip, same;
		struct slice one;
		char text[IP_TEXT];

		(void)slice_cut(&list, ' ', &one);
		if (one.n == 0)
			continue;
		BUG_ON(ip_parse(one, &ip) < 0 || (ip.n != 4 && ip.n != 16));
		ip_format(&ip, text);
		BUG_ON(ip_parse(slice_str(text), &same) < 0);
		BUG_ON(ip.n != same.n || memcmp(ip.b, same.b, ip.n) != 0);
	}
}

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
	check_addresses(slice_str(config.listen));
	check_addresses(slice_str(config.trusted_proxies));
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
