#include "cli/store.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/encode.h"
#include "base/file.h"
#include "base/mem.h"
#include "cli/path.h"
#include "op/shape_json.h"

enum {
	SMALL_BYTES = 32768, /* what the server keeps with the record */
	TRIES = 14,
	FIRST_WAIT_MS = 100,
	LAST_WAIT_MS = 5000, /* about 45 seconds in all */
	STEP_MS = 100,
	IDLE_MS = 90000,
	HEADER_BYTES = 256,
	PATH_BYTES = 16384,
	CREATE_BYTES = 32768,
};

enum step {
	STEP_NONE,
	STEP_FOLDER, /* PUT path/ */
	STEP_PUT,    /* PUT path, with the bytes */
	STEP_UPLOAD, /* the bytes alone */
	STEP_CREATE, /* the file that takes them */
};

/* A place for one item under way; its memory is used again. */
struct slot {
	struct store *store;
	struct slot *next; /* free, or waiting */
	const struct store_item *item;
	enum step step;
	unsigned tries;
	uint64_t again_ms; /* when a waiting one goes again */
	int fd;            /* of a large file; -1 */
	uint64_t told;     /* bytes of it that were told */
	struct buf path, body;
	struct buf header[4];
	size_t n_headers;
	char blob[ID_TEXT_BYTES + 1];
	const char *why; /* its own reason, where reading failed */
};

struct store {
	struct cli *cli;
	struct http *http;
	struct store_options options;
	char account[ID_TEXT_BYTES + 1];
	uint8_t run[STORE_RUN_BYTES];
	struct slot slots[STORE_JOBS_MAX];
	struct slot *idle, *waiting;
	size_t n_busy;
};

static void send_step(struct slot *slot);

/* ---- its life ---------------------------------------------------------------
 */

static int
ask_account(struct cli *cli, char ret_account[static ID_TEXT_BYTES + 1])
{
	json_t *me = NULL;
	int status = api_call(cli, "session.get", json_object(), NULL, &me);

	if (status == CLI_OK)
		(void)snprintf(ret_account, ID_TEXT_BYTES + 1, "%s",
		    api_text(me, "principal"));
	json_decref(me);
	return status;
}

static void
slot_init(struct store *store, struct slot *slot)
{
	slot->store = store;
	slot->fd = -1;
	slot->path = BUF(PATH_BYTES);
	slot->body = BUF(CREATE_BYTES + SMALL_BYTES);
	for (size_t i = 0; i < ARRAY_SIZE(slot->header); i++)
		slot->header[i] = BUF(HEADER_BYTES + 256);
	slot->next = store->idle;
	store->idle = slot;
}

int
store_new(struct cli *cli, const struct store_options *options,
    struct store **ret_store)
{
	struct store *store = mem_alloc(sizeof(*store));
	int status;

	BUG_ON(options->jobs == 0 || options->jobs > STORE_JOBS_MAX);
	if (store == NULL)
		return cli_nomem(cli);
	store->cli = cli;
	store->options = *options;
	for (size_t i = options->jobs; i-- > 0;)
		slot_init(store, &store->slots[i]);
	status = ask_account(cli, store->account);
	if (status == CLI_OK &&
	    (getrandom(store->run, sizeof(store->run), 0) !=
		    (ssize_t)sizeof(store->run) ||
		http_new(&cli->server, options->jobs, &store->http) < 0))
		status = cli_nomem(cli);
	if (status != CLI_OK)
		store_free(&store);
	else
		*ret_store = store;
	return status;
}

void
store_free(struct store **store)
{
	struct store *s = *store;

	if (s == NULL)
		return;
	http_free(&s->http);
	for (size_t i = 0; i < s->options.jobs; i++) {
		struct slot *slot = &s->slots[i];

		fd_close(&slot->fd);
		buf_free(&slot->path);
		buf_free(&slot->body);
		for (size_t k = 0; k < ARRAY_SIZE(slot->header); k++)
			buf_free(&slot->header[k]);
	}
	mem_free(s);
	*store = NULL;
}

bool
store_has_room(const struct store *store)
{
	/* Where one waits for the server, others would wait too. */
	return store->idle != NULL && store->waiting == NULL;
}

bool
store_is_idle(const struct store *store)
{
	return store->n_busy == 0;
}

bool
store_is_waiting(const struct store *store)
{
	return store->waiting != NULL;
}

/* ---- ends of an item --------------------------------------------------------
 */

static void
end_item(struct slot *slot, enum store_outcome outcome, const char *why)
{
	struct store *store = slot->store;
	const struct store_item *item = slot->item;

	fd_close(&slot->fd);
	slot->item = NULL;
	slot->next = store->idle;
	store->idle = slot;
	store->n_busy--;
	store->options.told(store->options.arg, item, outcome, why);
}

static void
fail(struct slot *slot, const char *why)
{
	end_item(slot, STORE_FAILED, why);
}

static void
wait_and_repeat(struct slot *slot, const char *why)
{
	unsigned shift = MIN(slot->tries, 10u);

	if (++slot->tries == TRIES) {
		fail(slot, why);
		return;
	}
	slot->again_ms = clock_boot_ms() + MIN((uint64_t)FIRST_WAIT_MS << shift,
					       (uint64_t)LAST_WAIT_MS);
	slot->next = slot->store->waiting;
	slot->store->waiting = slot;
}

static void
tell_moved(struct slot *slot, uint64_t bytes)
{
	const struct store_options *options = &slot->store->options;

	if (options->moved != NULL && bytes > slot->told)
		options->moved(options->arg, bytes - slot->told);
	slot->told = MAX(slot->told, bytes);
}

/* ---- the file's bytes -------------------------------------------------------
 */

static int64_t
modified_of(const struct stat *st)
{
	return (int64_t)st->st_mtim.tv_sec * 1000 +
	       st->st_mtim.tv_nsec / 1000000;
}

/* Is the file still what it was when it was seen first? */
static bool
is_unchanged(const struct slot *slot, int fd)
{
	struct stat st;

	return fstat(fd, &st) == 0 && S_ISREG(st.st_mode) &&
	       (uint64_t)st.st_size == slot->item->size &&
	       modified_of(&st) == slot->item->modified;
}

static const char changed[] = "it changed while it was read; import it again";

static int
open_file(struct slot *slot)
{
	int fd = openat(slot->store->options.dir, slot->item->local,
	    O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);

	if (fd < 0) {
		slot->why = strerror(errno);
		return E_IO;
	}
	if (!is_unchanged(slot, fd)) {
		(void)close(fd);
		slot->why = changed;
		return E_CONFLICT;
	}
	slot->fd = fd;
	return 0;
}

/* All of a small file, in memory: each repeat sends the same bytes. */
static int
read_small(struct slot *slot)
{
	size_t n = (size_t)slot->item->size;
	uint8_t *to;
	int r = open_file(slot);

	if (r < 0)
		return r;
	buf_clear(&slot->body);
	to = buf_room(&slot->body, n);
	r = to == NULL ? E_NOMEM : file_pread(slot->fd, to, n, 0);
	if (r == 0)
		buf_added(&slot->body, n);
	if (r == E_SHORT || (r == 0 && !is_unchanged(slot, slot->fd))) {
		r = E_CONFLICT;
		slot->why = changed;
	} else if (r < 0) {
		slot->why = error_text(r);
	}
	fd_close(&slot->fd);
	return r;
}

static int
read_large(void *arg, uint64_t offset, uint8_t *to, size_t max, size_t *ret_n)
{
	struct slot *slot = arg;
	ssize_t n;

	do
		n = pread(slot->fd, to, max, (off_t)offset);
	while (n < 0 && errno == EINTR);
	if (n < 0 || (n == 0 && max > 0)) {
		slot->why = n < 0 ? strerror(errno) : changed;
		return n < 0 ? E_IO : E_CONFLICT;
	}
	tell_moved(slot, offset + (uint64_t)n);
	*ret_n = (size_t)n;
	return 0;
}

/* ---- headers ---------------------------------------------------------------
 */

static struct buf *
next_header(struct slot *slot)
{
	BUG_ON(slot->n_headers == ARRAY_SIZE(slot->header));
	buf_clear(&slot->header[slot->n_headers]);
	return &slot->header[slot->n_headers++];
}

/* What makes a repeat one: the run, the path, and the file as it was seen. */
static void
put_key(struct slot *slot)
{
	const struct store_item *item = slot->item;
	struct buf *header = next_header(slot), what = BUF(PATH_BYTES);
	struct digest digest;

	buf_put_u64(&what, item->size);
	buf_put_u8(&what, ' ');
	buf_put_i64(&what, item->modified);
	buf_put_str(&what, item->is_folder ? " folder " : " file ");
	buf_put_slice(&what, item->path);
	digest = sha256_2(slice_of(slot->store->run, sizeof(slot->store->run)),
	    buf_slice(&what));
	buf_free(&what);
	buf_put_str(header, "Idempotency-Key: ");
	buf_put_hex(header, slice_of(digest.b, 16));
}

static void
put_version(struct buf *to, const struct store_item *item)
{
	id_put_text(to, item->version);
}

/* Of a PUT of a file. */
static void
put_file_headers(struct slot *slot)
{
	const struct store_item *item = slot->item;
	struct buf *header = next_header(slot);

	buf_put_str(header, "Content-Type: ");
	buf_put_str(header, item->type);
	header = next_header(slot);
	buf_put_str(header, "chancery-modified: ");
	/* The server takes no time before 1970. */
	buf_put_u64(header, (uint64_t)MAX(item->modified, 0));
	if (item->always)
		return;
	header = next_header(slot);
	if (item->version.kind == KIND_NONE) {
		buf_put_str(header, "If-None-Match: *");
		return;
	}
	buf_put_str(header, "If-Match: \"");
	put_version(header, item);
	buf_put_u8(header, '"');
}

/* ---- the last step of a large file ------------------------------------------
 */

static void
put_create(struct slot *slot)
{
	const struct store_item *item = slot->item;
	struct json_writer w = json_writer(&slot->body);
	struct buf version = BUF(64);

	buf_clear(&slot->body);
	buf_put_str(&slot->body,
	    "{\"using\":[\"urn:ietf:params:jmap:core\","
	    "\"urn:chancery:operations\"],\"methodCalls\":[[\"file.create\",");
	json_open_object(&w);
	json_member_string(&w, "path", path_parent(item->path));
	json_member_string(&w, "name", path_name(item->path));
	json_member_str(&w, "type", item->type);
	json_member_str(&w, "upload", slot->blob);
	json_member_bool(
	    &w, "replace", item->always || item->version.kind != KIND_NONE);
	if (!item->always && item->version.kind != KIND_NONE) {
		put_version(&version, item);
		json_member_string(&w, "if_version", buf_slice(&version));
	}
	json_key(&w, "modified");
	json_put_time(&w, MAX(item->modified, 0));
	json_close_object(&w);
	buf_put_str(&slot->body, ",\"0\"]]}");
	buf_free(&version);
}

/* ---- answers ----------------------------------------------------------------
 */

static void
fail_by_answer(struct slot *slot, const struct http_answer *answer)
{
	json_t *problem =
	    json_loadb((const char *)answer->body.p, answer->body.n, 0, NULL);
	const char *detail = api_text(problem, "detail");
	char text[64];

	(void)snprintf(text, sizeof(text), "HTTP status %d", answer->status);
	if (answer->status == 401)
		detail = "the token is refused";
	fail(slot, detail[0] != '\0' ? detail : text);
	json_decref(problem);
}

static void
take_upload(struct slot *slot, const struct http_answer *answer)
{
	json_t *root =
	    json_loadb((const char *)answer->body.p, answer->body.n, 0, NULL);
	const char *blob = api_text(root, "blobId");

	if (strlen(blob) != ID_TEXT_BYTES) {
		fail(slot, "the server's answer to the upload can't be read");
	} else if (!is_unchanged(slot, slot->fd)) {
		fail(slot, changed);
	} else {
		memcpy(slot->blob, blob, ID_TEXT_BYTES + 1);
		fd_close(&slot->fd);
		slot->step = STEP_CREATE;
		slot->tries = 0;
		send_step(slot);
	}
	json_decref(root);
}

static void
take_create(struct slot *slot, const struct http_answer *answer)
{
	json_t *root =
	    json_loadb((const char *)answer->body.p, answer->body.n, 0, NULL);
	json_t *body = json_array_get(
	    json_array_get(json_object_get(root, "methodResponses"), 0), 1);
	json_t *result = json_array_get(json_object_get(body, "results"), 0);
	json_t *error =
	    result != NULL ? json_object_get(result, "error") : body;
	const char *text = api_text(error, "description");

	if (api_bool(result, "ok"))
		end_item(slot,
		    api_bool(result, "existed") ? STORE_EXISTED : STORE_MADE,
		    NULL);
	else if (strcmp(api_text(error, "type"), "serverUnavailable") == 0)
		wait_and_repeat(slot, text);
	else
		fail(slot, text[0] != '\0'
			       ? text
			       : "the server's answer can't be read");
	json_decref(root);
}

static void
take_success(struct slot *slot, const struct http_answer *answer)
{
	switch (slot->step) {
	case STEP_FOLDER:
	case STEP_PUT:
		/* 201: made; 200: it was there. */
		tell_moved(slot, slot->item->size);
		end_item(slot,
		    answer->status == 200 ? STORE_EXISTED : STORE_MADE, NULL);
		break;
	case STEP_UPLOAD:
		take_upload(slot, answer);
		break;
	case STEP_CREATE:
		take_create(slot, answer);
		break;
	case STEP_NONE:
		BUG_ON(true);
	}
}

static void
on_done(void *arg, const struct http_answer *answer)
{
	struct slot *slot = arg;

	if (slot->why != NULL)
		fail(slot, slot->why);
	else if (http_may_repeat(answer))
		wait_and_repeat(slot, answer->error != 0
					  ? "the server can't be reached"
					  : "the server is too busy");
	else if (answer->error != 0)
		fail(slot, answer->text);
	else if (answer->status / 100 != 2)
		fail_by_answer(slot, answer);
	else
		take_success(slot, answer);
}

/* ---- steps ------------------------------------------------------------------
 */

static void
put_target(struct slot *slot)
{
	buf_put_str(&slot->path, "/files/");
	path_put_escaped(&slot->path, slot->item->path);
	if (slot->item->is_folder)
		buf_put_u8(&slot->path, '/');
}

/* The request of the slot's step. */
static void
prepare(struct slot *slot, struct http_call *call)
{
	buf_clear(&slot->path);
	slot->n_headers = 0;
	call->method = "POST";
	switch (slot->step) {
	case STEP_FOLDER:
	case STEP_PUT:
		call->method = "PUT";
		put_target(slot);
		put_key(slot);
		if (slot->step == STEP_PUT)
			put_file_headers(slot);
		call->body = slot->step == STEP_PUT ? buf_slice(&slot->body)
		                                    : SLICE_NONE;
		break;
	case STEP_UPLOAD:
		buf_printf(
		    &slot->path, "/jmap/upload/%s/", slot->store->account);
		buf_printf(
		    next_header(slot), "Content-Type: %s", slot->item->type);
		call->body_size = slot->item->size;
		call->read = read_large;
		break;
	case STEP_CREATE:
		buf_put_str(&slot->path, "/jmap/api");
		put_key(slot);
		buf_put_str(
		    next_header(slot), "Content-Type: application/json");
		put_create(slot);
		call->body = buf_slice(&slot->body);
		break;
	case STEP_NONE:
		BUG_ON(true);
	}
	call->path = buf_cstr(&slot->path);
	for (size_t i = 0; i < slot->n_headers; i++)
		call->header[call->n_headers++] = buf_cstr(&slot->header[i]);
}

static void
send_step(struct slot *slot)
{
	struct http_call call = {
	    .idle_ms = IDLE_MS, .done = on_done, .arg = slot};
	bool whole;

	prepare(slot, &call);
	whole = call.path != NULL && slot->body.error == 0;
	for (size_t i = 0; i < call.n_headers; i++)
		whole = whole && call.header[i] != NULL;
	if (!whole)
		fail(slot, "its path is too long");
	else if (http_start(slot->store->http, &call) < 0)
		fail(slot, "memory is out");
}

void
store_add(struct store *store, const struct store_item *item)
{
	struct slot *slot = store->idle;
	int r = 0;

	BUG_ON(slot == NULL);
	store->idle = slot->next;
	store->n_busy++;
	slot->item = item;
	slot->tries = 0;
	slot->told = 0;
	slot->why = NULL;
	if (item->is_folder) {
		slot->step = STEP_FOLDER;
	} else if (item->size <= SMALL_BYTES) {
		slot->step = STEP_PUT;
		r = read_small(slot);
	} else {
		slot->step = STEP_UPLOAD;
		r = open_file(slot);
	}
	if (r < 0)
		fail(slot, slot->why);
	else
		send_step(slot);
}

int
store_step(struct store *store)
{
	uint64_t now = clock_boot_ms();
	struct slot **at = &store->waiting, *slot;

	while ((slot = *at) != NULL) {
		if (slot->again_ms > now) {
			at = &slot->next;
			continue;
		}
		*at = slot->next;
		send_step(slot);
		/* Sending may have failed, and changed the list. */
		at = &store->waiting;
	}
	if (http_active(store->http) == 0 && store->waiting == NULL)
		return 0;
	return http_step(store->http, STEP_MS);
}
