/*
 * Folders and files as one ZIP archive, made while it is sent: no file of it is
 * ever whole in memory, and no more is read than the client takes.
 *
 * Each folder is listed by folder.list, each file read by file.read, one after
 * the other as they stand in the archive (wire/zip.h); each is an operation of
 * its own, with a decision, a record, and where it opens a stream the end of
 * that. What is refused is left out, and named in a last file. A stream that is
 * closed while its file is sent, and whatever else goes wrong, cuts the archive
 * off: without its directory no program takes it for whole.
 *
 * Small files come with their answers, so that a few of them are asked for
 * ahead: else each would wait for a sync of its own.
 */
#include "base/clock.h"
#include "base/file.h"
#include "base/log.h"
#include "blobs/blob_file.h"
#include "front/conn.h"
#include "front/content.h"
#include "front/jmap/jmap.h"
#include "front/route.h"
#include "wire/zip.h"

enum {
	ROOTS_MAX = OP_OBJECTS_MAX,
	LEVELS_MAX = 66, /* folders nest to 64 below a home */
	AHEAD_MAX = 8,
	AHEAD_BYTES = 32768, /* what comes with an answer */
	PATH_BYTES_MAX = 65535,
	NOTES_BYTES_MAX = 1 << 20,
	DIRECTORY_BYTES_MAX = 256 << 20,
	PART_BYTES = 64 << 10,
};

#define NOTES_NAME "Not included.txt"
#define NOTES_BEGIN "Not included, because it can't be read now:\r\n\r\n"

/* What came of a file that was asked for. */
struct read {
	struct archive *archive;
	bool asked, answered;
	int code;
	bool alone;       /* the code is this file's, and not that of all */
	struct buf bytes; /* where they came along */
	uint64_t size, stream;
	int64_t modified;
};

/* Something to be put in: a folder or a file, by the name that it gets there.
 */
struct item {
	struct id id;
	struct slice name;
	uint64_t size;
	int64_t modified;
	struct read *read;
};

/* A folder under way, and the page of it that is. */
struct level {
	struct id folder;
	int64_t modified;
	struct arena arena;
	struct item *items;
	size_t n, at;
	size_t above; /* of the path, what stands before it */
	struct slice next;
	bool listed, more;
	bool asked; /* the next page is on its way */
};

struct archive {
	struct request *request;
	struct arena answers;
	size_t asking; /* calls that core has not answered */
	bool left;     /* nothing more is done but to await these */
	struct level *levels[LEVELS_MAX]; /* the first is what was asked for */
	size_t n_levels;
	struct read reads[AHEAD_MAX];
	struct buf path, notes, part, directory;
	uint64_t offset, entries;
	struct zip_entry entry; /* the file whose bytes are sent */
	struct stream_in *stream;
	struct blob_reader *reader;
	uint64_t at;
	bool notes_full, ending;
	size_t directory_sent;
	uint64_t directory_at;
};

static void step(struct archive *a);

/* ---- life
 * ------------------------------------------------------------------------ */

static void
free_level(struct level **level)
{
	arena_free(&(*level)->arena);
	mem_free(*level);
	*level = NULL;
}

static void
release(struct archive *a)
{
	a->request->app = NULL;
	a->request->answers = NULL;
	while (a->n_levels > 0)
		free_level(&a->levels[--a->n_levels]);
	for (size_t i = 0; i < AHEAD_MAX; i++)
		buf_free(&a->reads[i].bytes);
	buf_free(&a->path);
	buf_free(&a->notes);
	buf_free(&a->part);
	buf_free(&a->directory);
	arena_free(&a->answers);
	mem_free(a);
}

/* Does nothing more: it is freed when the last answer has come. */
static void
leave(struct archive *a, unsigned status)
{
	a->request->on_room = a->request->on_gone = NULL;
	a->left = true;
	stream_finish(a->request->front, &a->stream, status);
	blob_reader_free(&a->reader);
	if (a->asking == 0)
		release(a);
}

static void
cut_off(struct archive *a, unsigned status)
{
	struct request *request = a->request;

	leave(a, status);
	respond_abort(request);
}

static void
on_gone(struct request *request)
{
	leave(request->app, STREAM_ABORTED);
}

/* An answer has come: false where nobody waits for it any more. */
static bool
take_answer(struct archive *a)
{
	a->asking--;
	if (!a->left)
		return true;
	if (a->asking == 0)
		release(a);
	return false;
}

/* ---- what is put in
 * -------------------------------------------------------------- */

static void
send(struct archive *a, struct slice bytes)
{
	a->offset += bytes.n;
	respond_body(a->request, bytes);
}

static void
send_part(struct archive *a)
{
	send(a, buf_slice(&a->part));
	buf_clear(&a->part);
}

static void
begin_entry(struct archive *a, const struct zip_entry *entry)
{
	a->entry = *entry;
	a->entry.offset = a->offset;
	zip_put_header(&a->part, &a->entry);
	send_part(a);
}

/* Its bytes are out. */
static void
end_entry(struct archive *a)
{
	if (a->entry.late) {
		zip_put_descriptor(&a->part, &a->entry);
		send_part(a);
	}
	zip_put_directory(&a->directory, &a->entry);
	a->entries++;
}

/* One whose bytes are here. */
static void
put_entry(
    struct archive *a, struct slice path, int64_t modified, struct slice bytes)
{
	const struct zip_entry entry = {.path = path,
	    .modified = modified,
	    .size = bytes.n,
	    .crc = zip_crc(0, bytes)};

	begin_entry(a, &entry);
	send(a, bytes);
	end_entry(a);
}

static void
note(struct archive *a, struct slice path)
{
	bool first = a->notes.n == 0;

	if (a->notes_full)
		return;
	buf_put_str(&a->notes, first ? NOTES_BEGIN : "");
	a->notes_full = a->notes.n + path.n > NOTES_BYTES_MAX;
	buf_put_slice(&a->notes,
	    a->notes_full ? SLICE("and others, too many to name here") : path);
	buf_put_str(&a->notes, "\r\n");
}

/* The path of something in the folder under way. */
static struct slice
path_of(struct archive *a, const struct item *item)
{
	a->path.n = a->levels[a->n_levels - 1]->above;
	buf_put_slice(&a->path, item->name);
	return buf_slice(&a->path);
}

/* ---- calls
 * ----------------------------------------------------------------------- */

/* What an operation was refused with: all of it, or its one object. */
static int
code_of(int code, const struct call_answer *answers, bool *ret_alone)
{
	*ret_alone = code == 0 && answers[0].code == 0;
	return call_code(code, answers);
}

/* ---- files
 * ----------------------------------------------------------------------- */

static void
keep_answer(struct read *read, const struct call_answer *answers)
{
	struct request *request = read->archive->request;
	const struct file_content *content =
	    call_result(request, &shape_file_content, answers);

	if (content == NULL) {
		read->code = E_NOMEM;
		read->alone = false;
		return;
	}
	read->size = content->size;
	read->modified = content->modified;
	read->stream = content->has_stream ? content->stream : 0;
	if (content->has_content)
		buf_put_slice(&read->bytes, content->content);
	if (read->bytes.error != 0) {
		read->code = read->bytes.error;
		read->alone = false;
	}
}

static void
on_read(struct request *request, int code, const struct call_answer *answers,
    size_t n UNUSED, void *arg)
{
	struct read *read = arg;
	struct archive *a = read->archive;

	read->answered = true;
	read->code = code_of(code, answers, &read->alone);
	if (read->code == 0)
		keep_answer(read, answers);
	arena_reset(&a->answers);
	/* Of one that is gone, calls.c ends what was opened. */
	if (a->left && read->stream != 0 && !request->gone)
		stream_tell_end(
		    request->front, read->stream, STREAM_ABORTED, 0);
	if (take_answer(a))
		step(a);
}

static void
ask_file(struct archive *a, struct item *item, struct read *read)
{
	struct file_read args = {.has_file = true, .file = item->id};

	buf_free(&read->bytes);
	*read = (struct read){
	    .archive = a, .asked = true, .bytes = BUF(AHEAD_BYTES)};
	item->read = read;
	a->asking++;
	call_one(a->request, OP_FILE_READ, &args, on_read, read);
}

/* The file that is next, and small ones behind it. */
static void
ask_files(struct archive *a, struct level *level)
{
	uint64_t room =
	    a->request->front->setup.config.max_archive_nodes - a->entries;
	size_t ahead = 0;

	for (size_t i = level->at; i < level->n; i++) {
		struct item *item = &level->items[i];

		if (i - level->at >= room || item->id.kind != KIND_FILE ||
		    (i > level->at && item->size > AHEAD_BYTES))
			return;
		if (item->read != NULL)
			continue;
		while (ahead < AHEAD_MAX && a->reads[ahead].asked)
			ahead++;
		if (ahead == AHEAD_MAX)
			return;
		ask_file(a, item, &a->reads[ahead]);
	}
}

static void
end_file(struct level *level)
{
	level->items[level->at++].read->asked = false;
}

/* As much as there is room for, a chunk at a time as they are checked. */
static void
send_file(struct archive *a)
{
	/* One for all: it is sent, or copied, before another takes it. */
	static uint8_t room[BLOB_CHUNK];
	size_t sent = 0;

	while (a->at < a->entry.size && sent < REQUEST_OUT_BYTES &&
	       respond_space(a->request) > 0) {
		struct slice bytes;
		int r = blob_reader_get(a->reader, a->at, room, &bytes);

		if (r < 0) {
			log_error("front.damaged", log_err(r));
			cut_off(a, STREAM_DAMAGED);
			return;
		}
		bytes = slice_first(
		    bytes, (size_t)MIN(a->entry.size - a->at, bytes.n));
		a->entry.crc = zip_crc(a->entry.crc, bytes);
		a->at += bytes.n;
		a->stream->bytes += bytes.n;
		sent += bytes.n;
		send(a, bytes);
	}
	if (a->at < a->entry.size)
		return;
	stream_finish(a->request->front, &a->stream, STREAM_COMPLETE);
	blob_reader_free(&a->reader);
	end_entry(a);
	end_file(a->levels[a->n_levels - 1]);
	step(a);
}

static void
on_file(struct request *request, int fd, uint64_t size, struct slice sums)
{
	struct archive *a = request->app;
	struct level *level = a->levels[a->n_levels - 1];
	const struct item *item = &level->items[level->at];
	const struct zip_entry entry = {.path = path_of(a, item),
	    .modified = item->read->modified,
	    .size = size,
	    .late = true};
	int r = blob_reader_new(fd, size, sums, &a->reader);

	if (r == 0 && size != item->read->size)
		r = E_DAMAGED;
	if (r < 0) {
		log_error("front.damaged", log_err(r));
		cut_off(a, STREAM_DAMAGED);
		return;
	}
	a->at = 0;
	begin_entry(a, &entry);
	send_file(a);
}

static void
on_missing(struct request *request)
{
	cut_off(request->app, STREAM_DAMAGED);
}

static void
on_close(struct request *request, unsigned status)
{
	cut_off(request->app, status);
}

static int
begin_stream(struct archive *a, const struct read *read)
{
	struct request *request = a->request;
	int r = stream_open(request, read->stream, &a->stream);

	if (r < 0) {
		stream_tell_end(request->front, read->stream, STREAM_FAILED, 0);
		return r;
	}
	a->stream->on_file = on_file;
	a->stream->on_missing = on_missing;
	a->stream->on_close = on_close;
	return 0;
}

/* The next one's answer is here. 1: it is done; 0: its bytes are to come. */
static int
take_file(struct archive *a, struct level *level)
{
	const struct item *item = &level->items[level->at];
	struct read *read = item->read;

	if (read->code < 0 && !read->alone)
		return read->code;
	if (read->stream != 0)
		return begin_stream(a, read);
	if (read->code < 0)
		note(a, path_of(a, item));
	else
		put_entry(a, path_of(a, item), read->modified,
		    buf_slice(&read->bytes));
	end_file(level);
	return 1;
}

/* ---- folders
 * --------------------------------------------------------------------- */

static struct slice
name_for(struct arena *arena, struct slice name)
{
	struct buf safe = BUF(PATH_BYTES_MAX);
	struct slice copy;

	zip_put_name(&safe, name);
	copy = arena_copy(arena, buf_slice(&safe));
	buf_free(&safe);
	return copy;
}

static int
take_page(struct level *level, const struct node_page *page)
{
	arena_reset(&level->arena);
	level->n = page->list.n;
	level->at = 0;
	level->more = page->has_next;
	level->items = arena_alloc(
	    &level->arena, MAX(level->n, 1) * sizeof(*level->items));
	level->next =
	    page->has_next ? arena_copy(&level->arena, page->next) : SLICE("");
	if (level->items == NULL || level->next.p == NULL)
		return E_NOMEM;
	for (size_t i = 0; i < level->n; i++) {
		const struct node *node = &page->list.v[i];
		struct item *item = &level->items[i];

		*item = (struct item){.id = node->id,
		    .name = name_for(&level->arena, node->name),
		    .size = node->size,
		    .modified = node->modified};
		if (item->name.p == NULL)
			return E_NOMEM;
	}
	return 0;
}

static void
end_level(struct archive *a)
{
	free_level(&a->levels[--a->n_levels]);
}

static void
on_listed(struct request *request, int code, const struct call_answer *answers,
    size_t n UNUSED, void *arg)
{
	struct archive *a = arg;
	struct level *level = a->levels[a->n_levels - 1];
	const struct node_page *page = NULL;
	bool alone;
	int r = code_of(code, answers, &alone);

	if (!take_answer(a))
		return;
	level->asked = false;
	if (r < 0 && alone) {
		a->path.n = level->above;
		note(a, buf_slice(&a->path));
		end_level(a);
		arena_reset(&a->answers);
		step(a);
		return;
	}
	if (r == 0) {
		page = call_result(request, &shape_node_page, answers);
		r = page == NULL ? E_NOMEM : take_page(level, page);
	}
	arena_reset(&a->answers);
	if (r < 0) {
		cut_off(a, STREAM_FAILED);
		return;
	}
	a->path.n = level->above;
	if (!level->listed)
		put_entry(a, buf_slice(&a->path), level->modified, SLICE(""));
	level->listed = true;
	step(a);
}

static void
ask_page(struct archive *a, struct level *level)
{
	struct folder_list args = {.has_folder = true, .folder = level->folder};

	if (level->asked)
		return;
	if (level->listed)
		SHAPE_SET(&args, after, level->next);
	level->asked = true;
	a->asking++;
	call_one(a->request, OP_FOLDER_LIST, &args, on_listed, a);
}

static int
begin_level(struct archive *a, const struct item *item)
{
	struct level *level = mem_alloc(sizeof(*level));

	if (level == NULL)
		return E_NOMEM;
	if (a->n_levels == LEVELS_MAX) {
		mem_free(level);
		return E_DEPTH;
	}
	level->folder = item->id;
	level->modified = item->modified;
	level->more = true;
	(void)path_of(a, item);
	buf_put_u8(&a->path, '/');
	level->above = a->path.n;
	a->levels[a->n_levels++] = level;
	ask_page(a, level);
	return 0;
}

/* ---- one after the other
 * -------------------------------------------------------------- */

/* The directory, as fast as it is taken; then nothing is left to do. */
static void
send_directory(struct archive *a)
{
	struct request *request = a->request;
	struct slice left =
	    slice_from(buf_slice(&a->directory), a->directory_sent);

	while (left.n > 0 && respond_space(request) > 0) {
		struct slice part = slice_first(left, PART_BYTES);

		send(a, part);
		a->directory_sent += part.n;
		left = slice_from(left, part.n);
	}
	if (left.n > 0)
		return;
	zip_put_end(&a->part, a->entries, a->directory_at, a->directory.n);
	send_part(a);
	leave(a, STREAM_COMPLETE);
	respond_end(request);
}

static void
end_archive(struct archive *a)
{
	if (a->notes.n > 0)
		put_entry(a, SLICE(NOTES_NAME), clock_wall_ms(),
		    buf_slice(&a->notes));
	a->ending = true;
	a->directory_at = a->offset;
	send_directory(a);
}

/* It holds as many as it may: the rest is left out. */
static void
stop_short(struct archive *a)
{
	limit_met(CONFIG_max_archive_nodes);
	note(a, SLICE("everything behind the files that are here: they are as "
		      "many as one archive may hold"));
	while (a->n_levels > 1)
		end_level(a);
	a->levels[0]->at = a->levels[0]->n;
}

/* The next thing there is to do: 1 and on; 0 to wait; or why it is cut off. */
static int
advance(struct archive *a)
{
	struct level *level = a->levels[a->n_levels - 1];
	struct item *item;
	int r;

	if (level->at == level->n) {
		if (level->more) {
			ask_page(a, level);
			return 0;
		}
		if (a->n_levels == 1) {
			end_archive(a);
			return 0;
		}
		end_level(a);
		return 1;
	}
	item = &level->items[level->at];
	if (a->entries >= a->request->front->setup.config.max_archive_nodes) {
		stop_short(a);
		return 1;
	}
	if (item->id.kind == KIND_FOLDER) {
		level->at++;
		r = begin_level(a, item);
		return r < 0 ? r : 0;
	}
	ask_files(a, level);
	return item->read->answered ? take_file(a, level) : 0;
}

static bool
has_failed(const struct archive *a)
{
	return a->path.error != 0 || a->notes.error != 0 ||
	       a->part.error != 0 || a->directory.error != 0;
}

/* Until the client has to take something, or core to answer. */
static void
step(struct archive *a)
{
	int r = 1;

	while (r > 0 && a->stream == NULL && !a->ending &&
	       respond_space(a->request) > 0)
		r = has_failed(a) ? E_NOMEM : advance(a);
	if (r < 0)
		cut_off(a, STREAM_FAILED);
}

static void
on_room(struct request *request)
{
	struct archive *a = request->app;

	if (a->reader != NULL)
		send_file(a);
	else if (a->ending)
		send_directory(a);
	else
		step(a);
}

/* ---- what is asked for
 * ---------------------------------------------------------------- */

struct asked {
	struct slice name; /* of the archive */
	struct id ids[ROOTS_MAX];
	size_t n;
};

/* Whether another one has that name, in whatever case. */
static bool
is_taken(const struct level *roots, struct slice name)
{
	for (size_t i = 0; i < roots->n; i++)
		if (slice_eq_nocase(roots->items[i].name, name))
			return true;
	return slice_eq_nocase(name, SLICE(NOTES_NAME));
}

/* Things of one name may lie in several folders: "a.txt" and "a (2).txt". */
static struct slice
free_name(struct level *roots, struct slice name)
{
	size_t dot = name.n;
	struct buf buf = BUF(PATH_BYTES_MAX);
	struct slice free = name;

	while (dot > 0 && name.p[dot - 1] != '.')
		dot--;
	dot = dot > 1 ? dot - 1 : name.n;
	for (unsigned i = 2; free.p != NULL && is_taken(roots, free); i++) {
		buf_clear(&buf);
		buf_put_slice(&buf, slice_first(name, dot));
		buf_printf(&buf, " (%u)", i);
		buf_put_slice(&buf, slice_from(name, dot));
		free = buf_slice(&buf);
	}
	free = free.p != NULL ? arena_copy(&roots->arena, free) : free;
	buf_free(&buf);
	return free;
}

static int
add_root(struct archive *a, const struct node *node)
{
	struct level *roots = a->levels[0];
	struct slice name = name_for(&roots->arena, node->name);
	struct item item = {
	    .id = node->id, .size = node->size, .modified = node->modified};

	item.name = name.p != NULL ? free_name(roots, name) : name;
	if (item.name.p == NULL)
		return E_NOMEM;
	roots->items[roots->n++] = item;
	return 0;
}

/* Those that can't be read are named in the archive by what they were asked as.
 */
static int
take_roots(struct archive *a, const struct asked *asked,
    const struct call_answer *answer)
{
	struct buf text = BUF(64);
	int r = 0;

	for (size_t i = 0; i < answer->n && i < asked->n && r == 0; i++) {
		struct node node = {.has_id = false};

		if (answer->codes[i] == 0) {
			r = shape_decode(&shape_node, answer->results[i], NULL,
			    &a->answers, &node);
			r = r == 0 ? add_root(a, &node) : r;
			continue;
		}
		buf_clear(&text);
		id_put_text(&text, asked->ids[i]);
		note(a, buf_slice(&text));
	}
	buf_free(&text);
	return r;
}

static void
send_head(struct request *request, struct slice name)
{
	struct buf disposition = BUF(4096);
	struct http_field fields[4];
	size_t n = 0;

	content_put_disposition(&disposition, false, name);
	fields[n++] = (struct http_field){
	    SLICE("content-type"), SLICE("application/zip")};
	fields[n++] = (struct http_field){
	    SLICE("content-disposition"), buf_slice(&disposition)};
	fields[n++] = (struct http_field){
	    SLICE("content-security-policy"), SLICE(CONTENT_POLICY)};
	respond_begin(request, 200, fields, n, UINT64_MAX);
	buf_free(&disposition);
}

static void
fail(struct archive *a, int code)
{
	struct request *request = a->request;

	leave(a, 0);
	respond_error(request, code);
}

static void
on_got(struct request *request, int code, const struct call_answer *answers,
    size_t n UNUSED, void *arg)
{
	const struct asked *asked = arg;
	struct archive *a = request->app;
	int r = code < 0 ? code : answers[0].code;

	if (!take_answer(a))
		return;
	if (r == 0)
		r = take_roots(a, asked, answers);
	if (r == 0 && a->levels[0]->n == 0)
		r = call_code(code, answers);
	arena_reset(&a->answers);
	if (r < 0) {
		fail(a, r);
		return;
	}
	send_head(request, asked->name);
	request->on_room = on_room;
	step(a);
}

/* {accountId}/{name}?node={id}&node={id} */
static int
parse(struct request *request, struct asked *asked)
{
	struct slice rest = request->rest, account, one, key;
	struct slice query = request->head.query;
	struct buf text = BUF(1024);
	struct id id;
	bool more = query.n > 0;
	int r = 0;

	if (!slice_cut(&rest, '/', &account) || id_parse(account, &id) < 0 ||
	    id.kind != KIND_PRINCIPAL)
		return E_NOT_FOUND;
	while (more && r == 0) {
		more = slice_cut(&query, '&', &one);
		if (!slice_cut(&one, '=', &key) ||
		    !slice_eq(key, SLICE("node")) || id_parse(one, &id) < 0 ||
		    !kind_fits(KIND_NODE, id.kind))
			r = E_INVALID;
		else if (asked->n == ROOTS_MAX)
			r = E_LIMIT;
		else
			asked->ids[asked->n++] = id;
	}
	if (r == 0 && asked->n == 0)
		r = E_INVALID;
	if (r == 0)
		r = http_percent_decode(rest, false, &text);
	if (r == 0)
		asked->name = arena_copy(&request->arena, buf_slice(&text));
	buf_free(&text);
	if (r == 0 && (asked->name.p == NULL || !slice_is_utf8(asked->name)))
		r = E_INVALID;
	return r == E_SYNTAX ? E_INVALID : r;
}

/* What there is of it before anything is known of what was asked for. */
static int
begin(struct request *request, size_t n)
{
	struct archive *a = mem_alloc(sizeof(*a));
	struct level *roots = mem_alloc(sizeof(*roots));

	if (a != NULL && roots != NULL)
		roots->items =
		    arena_alloc(&roots->arena, n * sizeof(*roots->items));
	if (a == NULL || roots == NULL || roots->items == NULL) {
		mem_free(a);
		mem_free(roots);
		return E_NOMEM;
	}
	roots->listed = true;
	a->request = request;
	a->levels[a->n_levels++] = roots;
	a->path = BUF(PATH_BYTES_MAX);
	a->notes = BUF(2 * NOTES_BYTES_MAX);
	a->part = BUF(2 * PATH_BYTES_MAX);
	a->directory = BUF(DIRECTORY_BYTES_MAX);
	request->app = a;
	request->answers = &a->answers;
	request->on_gone = on_gone;
	return 0;
}

static void
ask_roots(struct request *request, struct asked *asked)
{
	struct archive *a = request->app;
	struct call_op_out op = {.op = op_get(OP_NODE_GET), .n = asked->n};
	struct slice args[ROOTS_MAX];
	struct buf all = BUF(ROOTS_MAX * 64);
	size_t ends[ROOTS_MAX], at = 0;

	for (size_t i = 0; i < asked->n; i++) {
		struct node_ref ref = {.has_node = true, .node = asked->ids[i]};

		shape_encode(op.op->args, &ref, NULL, &all);
		ends[i] = all.n;
	}
	for (size_t i = 0; i < asked->n; i++) {
		args[i] = slice_of(all.p + at, ends[i] - at);
		at = ends[i];
	}
	op.args = args;
	a->asking++;
	call_submit(request, &op, 1, on_got, asked);
	buf_free(&all);
}

void
jmap_archive_serve(struct request *request)
{
	struct asked *asked = arena_alloc(&request->arena, sizeof(*asked));
	int r = asked == NULL ? E_NOMEM : parse(request, asked);

	if (r == 0)
		r = begin(request, asked->n);
	if (r < 0) {
		respond_error(request, r);
		return;
	}
	ask_roots(request, asked);
}
