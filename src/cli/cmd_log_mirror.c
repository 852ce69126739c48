/*
 * chancery log mirror: keeps a copy of the log on another machine, so that the
 * server can't change what it once told.
 *
 * What comes is believed only once a checkpoint that covers it is signed by the
 * key that was pinned at first, and its root is that of the leaves here.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "cli/again.h"
#include "cli/check_leaf.h"
#include "cli/commands.h"
#include "cli/format.h"
#include "cli/mirror_stream.h"
#include "ledger/folder.h"

enum { QUERY_BYTES = 64, FOLDER_MODE_BITS = 0755, VKEY_MODE = 0644 };

struct options {
	bool once;
};

struct mirror {
	struct cli *cli;
	const char *path;
	int dir;
	struct folder *folder;
	struct mirror_stream stream;
	struct again again;
	struct progress progress;
	struct note_key key; /* once the server has told it, and it is ours */
	bool has_key;
	struct note_key next; /* the server's, where it is another one */
	bool has_next;
	uint64_t base; /* the number of the tree's first entry; 0: not known */
	uint64_t target; /* --once: the last record to be covered; 0: none */
	bool done;
	char why[256]; /* why it must stop, for people */
};

static int
    PRINTF_LIKE(3, 4) stop(struct mirror *m, int code, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	(void)vsnprintf(m->why, sizeof(m->why), format, args);
	va_end(args);
	return code;
}

/* ---- what the server says of its log
 * -------------------------------------------
 */

/*
 * Another key than the pinned one is believed once a checkpoint that both
 * signed has come (the server's key was rotated); until then the pinned one
 * counts.
 */
static int
take_key(struct mirror *m, const char *vkey)
{
	struct note_key told;
	int r =
	    vkey == NULL ? E_SYNTAX : note_key_parse(slice_str(vkey), &told);

	if (r < 0)
		return stop(m, E_SYNTAX, "the server told no key of its log");
	m->has_next = false;
	r = folder_put_key(m->folder, &told);
	if (r == 0)
		m->key = told;
	if (r == E_EXISTS && (r = folder_read_key(m->dir, &m->key)) == 0) {
		m->next = told;
		m->has_next = true;
	}
	if (r == 0 && m->has_next && strcmp(told.name, m->key.name) != 0)
		return stop(m, E_INCONSISTENT,
		    "THE SERVER'S LOG HAS ANOTHER KEY AND ORIGIN than the one "
		    "that %s/%s was pinned to; nothing was taken from it",
		    m->path, FOLDER_VKEY);
	if (r < 0)
		return stop(
		    m, r, "%s/%s: %s", m->path, FOLDER_VKEY, error_text(r));
	m->has_key = true;
	return 0;
}

static int
take_head(struct mirror *m, struct http_transfer *transfer)
{
	const char *base = http_header(transfer, "chancery-log-base");
	uint64_t n = 0;
	int r = take_key(m, http_header(transfer, "chancery-log-key"));

	if (r < 0)
		return r;
	if (base == NULL || slice_u64(slice_str(base), INT64_MAX, &n) < 0 ||
	    n == 0)
		return stop(
		    m, E_SYNTAX, "the server didn't say where its log begins");
	if (m->base != 0 && m->base != n)
		return stop(m, E_INCONSISTENT,
		    "THE SERVER'S LOG BEGINS ELSEWHERE: at record %" PRIu64
		    ", not %" PRIu64
		    "; a new epoch is mirrored into a folder of its own",
		    n, m->base);
	m->base = n;
	if (m->target >= n)
		m->progress.total = m->target - n + 1;
	return 0;
}

/* ---- what comes
 * ----------------------------------------------------------------
 */

static int
take_leaf(struct mirror *m, const struct mirror_item *item)
{
	uint64_t expect = m->base + folder_size(m->folder);
	int r;

	if (item->number != expect)
		return stop(m, E_INCONSISTENT,
		    "record %" PRIu64 " came where %" PRIu64 " must come",
		    item->number, expect);
	r = folder_append(m->folder, item->bytes);
	if (r < 0)
		return stop(m, r, "%s: %s", m->path, error_text(r));
	m->progress.done = folder_size(m->folder);
	m->progress.bytes += item->bytes.n;
	return 0;
}

/* A rotation is sent again to each mirror, even one that is past it. */
static int
check_earlier(struct mirror *m, const struct checkpoint *checkpoint)
{
	struct tree_reader reader = folder_reader(m->folder);
	struct digest root;
	int r = tree_root_at(&reader, checkpoint->size, &root);

	if (r < 0)
		return r;
	return digest_eq(&root, &checkpoint->root) ? 0 : E_INCONSISTENT;
}

/* The pinned key has signed it: has the next one, too? Then that is pinned. */
static int
take_next_key(struct mirror *m, struct slice note)
{
	struct buf text = BUF(NOTE_VKEY_MAX + 1);
	struct checkpoint checkpoint;
	char name[64];
	int r;

	if (!m->has_next || checkpoint_open(note, &m->next, 1, &checkpoint) < 0)
		return 0;
	(void)snprintf(name, sizeof(name), FOLDER_VKEY "-%" PRIu64,
	    m->base + checkpoint.size - 1);
	if (linkat(m->dir, FOLDER_VKEY, m->dir, name, 0) < 0 && errno != EEXIST)
		return error_from_errno(errno);
	note_key_put(&m->next, &text);
	buf_put_u8(&text, '\n');
	r = text.error != 0 ? text.error
	                    : file_replace(m->dir, FOLDER_VKEY, VKEY_MODE,
				  buf_slice(&text));
	buf_free(&text);
	if (r < 0)
		return r;
	m->key = m->next;
	m->has_next = false;
	cli_note(m->cli,
	    "the log's key was rotated: %s/" FOLDER_VKEY
	    " is the new one, which the old one vouched for",
	    m->path);
	return 0;
}

/* Of a rotation before the pinned key's time: nothing to be known by it. */
static bool
is_other_rotation(const struct mirror *m, struct slice text)
{
	struct checkpoint checkpoint;
	struct note note;

	return note_parse(text, &note) == 0 && note.n > 1 &&
	       checkpoint_open(text, &m->key, 1, &checkpoint) ==
	           E_UNAUTHENTICATED;
}

static int
store_checkpoint(struct mirror *m, const struct mirror_item *item)
{
	struct checkpoint checkpoint;
	uint64_t stored = 0;
	int r = checkpoint_open(item->bytes, &m->key, 1, &checkpoint);

	if (r < 0 && m->has_next)
		return stop(m, E_INCONSISTENT,
		    "THE SERVER'S LOG HAS ANOTHER KEY than the one that %s/%s "
		    "was pinned to, and no checkpoint that both signed came",
		    m->path, FOLDER_VKEY);
	if (r < 0 || checkpoint.size != item->number)
		return stop(m, E_INCONSISTENT,
		    "A CHECKPOINT IS NOT SIGNED by the log's key (%s)",
		    error_text(r < 0 ? r : E_CORRUPT));
	(void)folder_checkpoint(m->folder, &stored);
	r = checkpoint.size < stored ? check_earlier(m, &checkpoint)
	                             : folder_flush(m->folder, item->bytes);
	if (r == E_INCONSISTENT || r == E_RANGE)
		return stop(m, E_INCONSISTENT,
		    "THE CHECKPOINT OF %" PRIu64
		    " RECORDS DOESN'T CONTINUE WHAT IS MIRRORED HERE; keep "
		    "the folder as it is: it shows what the server told before",
		    checkpoint.size);
	if (r == 0)
		r = take_next_key(m, item->bytes);
	if (r < 0)
		return stop(m, r, "%s: %s", m->path, error_text(r));
	return 0;
}

static int
take_checkpoint(struct mirror *m, const struct mirror_item *item)
{
	uint64_t size = 0;
	struct slice stored = folder_checkpoint(m->folder, &size);
	int r = 0;

	/* Each connection begins with the one that is there. */
	if (slice_eq(stored, item->bytes))
		r = take_next_key(m, item->bytes);
	else if (!is_other_rotation(m, item->bytes))
		r = store_checkpoint(m, item);
	(void)folder_checkpoint(m->folder, &size);
	m->done = r == 0 && m->target != 0 && m->base + size > m->target;
	return r == 0 && m->done ? E_CLOSED : r;
}

static int
on_bytes(void *arg, struct http_transfer *transfer, struct slice bytes)
{
	struct mirror *m = arg;
	enum parse_result result;
	struct mirror_item item;
	int r = 0;

	if (!m->has_key && (r = take_head(m, transfer)) < 0)
		return r;
	again_reached(&m->again);
	while (r == 0 && (result = mirror_stream_next(
			      &m->stream, &bytes, &item)) != PARSE_MORE) {
		if (result == PARSE_ERR)
			r = stop(
			    m, E_SYNTAX, "what came is no stream of a log");
		else if (item.kind == MIRROR_LEAF)
			r = take_leaf(m, &item);
		else
			r = take_checkpoint(m, &item);
	}
	progress_draw(&m->progress, false);
	return r;
}

/* ---- following
 * -----------------------------------------------------------------
 */

static void
follow_once(struct mirror *m, struct http_answer *ret_answer)
{
	uint64_t from = m->base + folder_size(m->folder);
	char path[QUERY_BYTES];
	struct http_call call = {
	    .method = "GET", .path = path, .data = on_bytes, .arg = m};

	(void)snprintf(
	    path, sizeof(path), "/log/mirror?from=%" PRIu64, MAX(from, 1));
	mirror_stream_reset(&m->stream);
	m->has_key = false;
	http_do(m->cli->http, &call, ret_answer);
	progress_hide(&m->progress);
}

static int
follow(struct mirror *m)
{
	struct http_answer answer;
	int status = CLI_OK;

	while (status == CLI_OK) {
		follow_once(m, &answer);
		if (m->done)
			return CLI_OK;
		if (m->why[0] != '\0')
			return cli_fail(m->cli, CLI_FAILED, "%s", m->why);
		status = again_wait(
		    &m->again, m->cli, &answer, "the mirror's stream");
	}
	return status;
}

/* ---- beginning
 * -----------------------------------------------------------------
 */

/* The number of the first entry stands in it. */
static int
read_base(struct mirror *m)
{
	struct buf first = BUF(ENTRY_MAX);
	int r = 0;

	if (folder_size(m->folder) > 0) {
		r = folder_entry(m->folder, 0, &first);
		if (r == 0)
			r = leaf_base(buf_slice(&first), &m->base);
	}
	buf_free(&first);
	return r;
}

static int
open_mirror(struct mirror *m)
{
	const struct folder_options options = {.sync = true};
	struct folder_problem problem = {.text = ""};
	int r;

	if (mkdir(m->path, FOLDER_MODE_BITS) < 0 && errno != EEXIST)
		return cli_fail(
		    m->cli, CLI_FAILED, "%s: %s", m->path, strerror(errno));
	m->dir = open(m->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (m->dir < 0)
		return cli_fail(
		    m->cli, CLI_FAILED, "%s: %s", m->path, strerror(errno));
	r = folder_open(m->dir, &options, &m->folder, &problem);
	if (r == 0)
		r = read_base(m);
	if (r == E_BUSY)
		return cli_fail(m->cli, CLI_FAILED,
		    "%s: another mirror writes this folder", m->path);
	if (r == E_CORRUPT)
		return cli_fail(m->cli, CLI_FAILED,
		    "%s/%s: %s; look at it with chancery log verify, keep it, "
		    "and mirror into another folder",
		    m->path, problem.path,
		    problem.text[0] != '\0' ? problem.text : error_text(r));
	return r < 0 ? cli_fail_code(m->cli, r, m->path) : CLI_OK;
}

/* What --once must cover: the last record that there is now. */
static int
find_target(struct mirror *m)
{
	json_t *page = NULL;
	int status = api_call(m->cli, "log.search",
	    json_pack("{s:b,s:i}", "reverse", 1, "limit", 1), NULL, &page);

	m->target = api_u64(page, "size");
	json_decref(page);
	return status;
}

static void
print_result(const struct mirror *m)
{
	uint64_t size = 0;

	(void)folder_checkpoint(m->folder, &size);
	(void)printf("%s holds %s records, up to number %" PRIu64
		     ", under a checkpoint of %s.\n",
	    m->path, format_count(size).text, m->base + size - 1, m->key.name);
}

static int
run(struct cli *cli, int n UNUSED, char **operands)
{
	const struct options *options = cli->options;
	struct mirror m = {.cli = cli, .path = operands[0], .dir = -1};
	int status = cli_connect(cli);

	m.progress = (struct progress){.term = &cli->err,
	    .what = "records",
	    .quiet = !cli->err.is_terminal};
	mirror_stream_init(&m.stream);
	if (status == CLI_OK)
		status = open_mirror(&m);
	if (status == CLI_OK && options->once)
		status = find_target(&m);
	if (status == CLI_OK)
		status = follow(&m);
	if (status == CLI_OK)
		print_result(&m);
	mirror_stream_free(&m.stream);
	folder_free(&m.folder);
	fd_close(&m.dir);
	return status;
}

static const struct arg args[] = {
    {"once", 0, ARG_FLAG, NULL,
	"end once all records that there are now are covered by a checkpoint",
	offsetof(struct options, once)},
};

const struct command command_log_mirror = {
    .name = "log mirror",
    .operands = "FOLDER",
    .summary = "keep a copy of the log, best on another machine",
    .text =
	"Follows the log into FOLDER, which grows within a second, until "
	"it is\n"
	"interrupted; run again, it goes on. The folder has C2SP's layout\n"
	"(checkpoint, tile/..., log.vkey), and `chancery log verify "
	"FOLDER` proves\n"
	"it whole at any time. The log's key is pinned at the first run: "
	"compare\n"
	"FOLDER/log.vkey with what the server's owner tells you. A "
	"checkpoint that\n"
	"isn't signed by it, or doesn't continue what is here, is refused "
	"with\n"
	"exit status 1: then the server has changed its past. Where the key "
	"was\n"
	"rotated, a checkpoint that both keys signed takes the mirror along.\n",
    .args = args,
    .n_args = ARRAY_SIZE(args),
    .size = sizeof(struct options),
    .min = 1,
    .max = 1,
    .run = run,
};
