/*
 * Fuzz target: what else the client reads of servers and of people. The first
 * byte says which of it the rest is.
 */
#include <stdlib.h>

#include "base/encode.h"
#include "cli/args.h"
#include "cli/check_leaf.h"
#include "cli/diag.h"
#include "cli/format.h"
#include "cli/path.h"
#include "cli/proof.h"
#include "wire/http.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { OUT_MAX = 1 << 22, ARGUMENTS_MAX = 16 };

/* What is read is, written again, what came but for a line of the log's own. */
static void
try_proof(struct slice in)
{
	struct buf again = BUF(OUT_MAX);
	struct checkpoint checkpoint;
	struct note_key key;
	struct proof proof;

	if (proof_parse(in, &proof) < 0)
		return;
	BUG_ON(proof.hashes.n > TREE_PROOF_MAX);
	buf_put_str(&again, "index ");
	buf_put_u64(&again, proof.index);
	buf_put_u8(&again, '\n');
	for (size_t i = 0; i < proof.hashes.n; i++) {
		buf_put_base64(&again, digest_slice(&proof.hashes.hash[i]));
		buf_put_u8(&again, '\n');
	}
	buf_put_u8(&again, '\n');
	buf_put_slice(&again, proof.checkpoint);
	BUG_ON(!slice_ends(in, buf_slice(&again)));
	BUG_ON(note_key_make(SLICE("example.org/log"),
		   (const uint8_t[NOTE_PUBLIC_BYTES]){1}, &key) != 0);
	/* Nobody has that key. */
	BUG_ON(proof_check(&proof, in, &key, &checkpoint) == 0);
	buf_free(&again);
}

static void
try_time(struct slice in)
{
	int64_t ms = 0;

	if (args_time(in, 0, 1, &ms) < 0)
		BUG_ON(ms != 0);
}

struct options {
	bool loud;
	const char *name;
	struct arg_number jobs;
	struct arg_time since, until;
};

static const struct arg rows[] = {
    {"loud", 'l', ARG_FLAG, NULL, "", offsetof(struct options, loud)},
    {"name", 'n', ARG_TEXT, "NAME", "", offsetof(struct options, name)},
    {"jobs", 'j', ARG_NUMBER, "N", "", offsetof(struct options, jobs)},
    {"since", 0, ARG_SINCE, "TIME", "", offsetof(struct options, since)},
    {"until", 0, ARG_EXPIRY, "TIME", "", offsetof(struct options, until)},
};

/* Words, apart by newlines. */
static void
try_options(struct slice in)
{
	char *argv[ARGUMENTS_MAX + 2] = {mem_str(SLICE("x"))},
				   *all[ARGUMENTS_MAX + 1];
	struct options options = {.loud = false};
	struct args table = {rows, ARRAY_SIZE(rows), &options};
	struct args_problem problem = {.text = ""};
	struct slice word;
	int argc = 1, first = 0, r;

	while (in.n > 0 && argc <= ARGUMENTS_MAX) {
		(void)slice_cut(&in, '\n', &word);
		argv[argc++] = mem_str(word);
	}
	memcpy(all, argv, sizeof(all));
	r = args_parse(&table, 1, true, argc, argv, &first, &problem);
	BUG_ON(r == 0 && (first < 1 || first > argc));
	BUG_ON(r < 0 && problem.text[0] == '\0');
	BUG_ON(memchr(problem.text, '\0', sizeof(problem.text)) == NULL);
	for (int i = 0; i < argc; i++)
		mem_free(all[i]);
}

/* What is escaped is a path, and decodes to what it was. */
static void
try_path(struct slice in)
{
	struct buf clean = BUF(OUT_MAX), escaped = BUF(OUT_MAX),
		   again = BUF(OUT_MAX);
	struct id id;

	path_put_clean(&clean, in);
	BUG_ON(slice_starts(buf_slice(&clean), SLICE("/")));
	path_put_escaped(&escaped, buf_slice(&clean));
	BUG_ON(!http_target_bytes_ok(buf_slice(&escaped)));
	if (http_percent_decode(buf_slice(&escaped), false, &again) == 0)
		BUG_ON(!slice_eq(buf_slice(&again), buf_slice(&clean)));
	else
		BUG_ON(slice_index(in, '\0') == in.n);
	BUG_ON(path_media_type(path_name(in)) == NULL);
	BUG_ON(path_parent(in).n > in.n);
	(void)path_is_node_id(in, &id);
	buf_free(&clean);
	buf_free(&escaped);
	buf_free(&again);
}

/* One line of UTF-8 that says the same when it is put again. */
static void
try_text(struct slice in)
{
	struct buf text = BUF(OUT_MAX), again = BUF(OUT_MAX);

	format_put_text(&text, in);
	BUG_ON(!slice_is_utf8(buf_slice(&text)));
	for (size_t i = 0; i < text.n; i++)
		BUG_ON(text.p[i] < ' ' || text.p[i] == 0x7f);
	format_put_text(&again, buf_slice(&text));
	BUG_ON(!slice_eq(buf_slice(&text), buf_slice(&again)));
	buf_free(&text);
	buf_free(&again);
}

static void
try_leaf(struct slice in)
{
	struct leaf_check check = {.base = 0};
	struct buf text = BUF(OUT_MAX);
	uint64_t base = 0;
	int r = diag_put_leaf(&text, in);

	BUG_ON(r != 0 && r != E_CORRUPT && r != E_LIMIT);
	for (size_t i = 0; i < text.n; i++)
		BUG_ON(
		    text.p[i] < ' ' && text.p[i] != '\n' && text.p[i] != '\t');
	(void)leaf_base(in, &base);
	check.base = base;
	if (leaf_check_next(&check, 0, in) < 0)
		BUG_ON(memchr(check.why, '\0', sizeof(check.why)) == NULL);
	arena_free(&check.arena);
	buf_free(&text);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static void (*const tries[])(struct slice in) = {
	    try_proof, try_time, try_options, try_path, try_text, try_leaf};

	if (size > 0)
		tries[data[0] % ARRAY_SIZE(tries)](
		    slice_of(data + 1, size - 1));
	return 0;
}
