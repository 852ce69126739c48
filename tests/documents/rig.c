#include "documents/rig.h"

#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <zlib.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/log.h"
#include "kit/engine.h"

enum { BODY_MAX = 8 << 20 };

bool
rig_has_engine(void)
{
	static struct config config;
	struct buf version = BUF(256), missing = BUF(2048);
	int r;

	config_default(&config);
	r = engine_find(config.engine, &version, &missing);
	if (r < 0)
		(void)fprintf(stderr, "skipped: %s\n", buf_cstr(&missing));
	buf_free(&version);
	buf_free(&missing);
	return r == 0;
}

/* ---- the zygote --------------------------------------------------------- */

static void
run_zygote(int socket)
{
	char *argv[] = {(char *)(uintptr_t) "chancery-zygote", NULL};

	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	/* As the parent has it. */
	(void)umask(077);
	if (socket == ROLE_PARENT_FD)
		(void)fcntl(socket, F_SETFD, 0);
	else
		(void)dup2(socket, ROLE_PARENT_FD);
	(void)execv(ZYGOTE, argv);
	_exit(127);
}

static int
give_peer(struct rig *rig, enum role role)
{
	struct buf body = BUF(128);
	int ends[2];

	assert_int_equal(
	    socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
	body_put_peer(&body, &(struct body_peer){role, 0, (uint64_t)getpid()});
	assert_int_equal(
	    msg_write(rig->parent, MSG_PEER, 0, buf_slice(&body), ends[0]), 0);
	buf_free(&body);
	fd_close(&ends[0]);
	return ends[1];
}

void
rig_init(struct rig *rig)
{
	(void)signal(SIGPIPE, SIG_IGN);
	*rig = (struct rig){.parent = -1, .core = -1, .front = -1};
	config_default(&rig->config);
	rig->in = BUF(BODY_MAX);
	rig->engine_text = BUF(4096);
	rig->config.log_level = getenv("KIT_DEBUG") != NULL ? 0 : 3;
}

void
rig_start(struct rig *rig)
{
	struct buf body = BUF(65536);
	struct body_engine engine;
	struct msg msg = {.fd = -1};
	int ends[2], folder;

	(void)snprintf(
	    rig->folder, sizeof(rig->folder), "/tmp/chancery-documents-XXXXXX");
	assert_non_null(mkdtemp(rig->folder));
	assert_int_equal(chmod(rig->folder, 0711), 0);
	folder = open(rig->folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_true(folder >= 0);
	if (geteuid() == 0)
		assert_int_equal(fchown(folder, role_uid(ROLE_ZYGOTE),
				     role_uid(ROLE_ZYGOTE)),
		    0);
	assert_int_equal(
	    socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
	rig->pid = fork();
	assert_true(rig->pid >= 0);
	if (rig->pid == 0)
		run_zygote(ends[1]);
	fd_close(&ends[1]);
	rig->parent = ends[0];
	role_put_setup(&body, 0, &rig->config);
	assert_int_equal(
	    msg_write(rig->parent, MSG_SETUP, 0, buf_slice(&body), -1), 0);
	assert_int_equal(
	    msg_write(rig->parent, MSG_FOLDER, 0, SLICE_NONE, folder), 0);
	fd_close(&folder);
	rig->core = give_peer(rig, ROLE_CORE);
	rig->front = give_peer(rig, ROLE_FRONT);
	assert_int_equal(
	    msg_write(rig->parent, MSG_START, 0, SLICE_NONE, -1), 0);
	buf_clear(&body);
	assert_int_equal(msg_read(rig->parent, ROLE_ZYGOTE, ROLE_PARENT,
			     RIG_WAIT_MS, &body, &msg),
	    0);
	assert_int_equal(msg.type, MSG_READY);
	rig_hear(rig, MSG_ENGINE, 0, &msg);
	assert_int_equal(body_get_engine(msg.body, &engine), 0);
	rig->engine = engine.code;
	buf_put_slice(&rig->engine_text, engine.text);
	buf_free(&body);
}

static int
remove_one(const char *path, const struct stat *st UNUSED, int flag UNUSED,
    struct FTW *ftw UNUSED)
{
	return remove(path);
}

void
rig_stop(struct rig *rig)
{
	int status;

	fd_close(&rig->core);
	fd_close(&rig->front);
	fd_close(&rig->parent);
	/* Without its parent it ends. */
	assert_int_equal(waitpid(rig->pid, &status, 0), rig->pid);
	(void)nftw(rig->folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
	buf_free(&rig->in);
	buf_free(&rig->engine_text);
}

void
rig_hear(struct rig *rig, unsigned type, uint64_t id, struct msg *ret_msg)
{
	for (;;) {
		buf_clear(&rig->in);
		assert_int_equal(msg_read(rig->core, ROLE_ZYGOTE, ROLE_CORE,
				     RIG_WAIT_MS, &rig->in, ret_msg),
		    0);
		if (ret_msg->type == type && ret_msg->id == id)
			return;
		fd_close(&ret_msg->fd);
	}
}

/* ---- documents ---------------------------------------------------------- */

void
rig_meet(struct rig_doc *doc)
{
	struct rig *rig = doc->rig;
	struct buf body = BUF(128);
	struct msg msg = {.fd = -1};

	body_put_kit_meet(
	    &body, &(struct body_kit_meet){0, (uint64_t)getpid()});
	assert_int_equal(
	    msg_write(rig->core, MSG_KIT_MEET, doc->id, buf_slice(&body), -1),
	    0);
	buf_clear(&body);
	assert_int_equal(msg_read(rig->front, ROLE_ZYGOTE, ROLE_FRONT,
			     RIG_WAIT_MS, &body, &msg),
	    0);
	assert_int_equal(msg.type, MSG_KIT_FRONT);
	assert_int_equal(msg.id, doc->id);
	doc->front = msg.fd;
	buf_free(&body);
}

void
rig_open_only(
    struct rig *rig, struct rig_doc *doc, const char *path, unsigned format)
{
	struct buf body = BUF(128);
	struct msg msg = {.fd = -1};
	struct body_kit_core in;
	static uint64_t last_id;
	char whole[512];
	int fd;

	*doc = (struct rig_doc){
	    .rig = rig, .id = ++last_id, .core = -1, .front = -1};
	doc->in = BUF(BODY_MAX);
	for (size_t i = 0; i <= FRAME_NUMBER_MAX; i++)
		doc->last[i] = BUF(BODY_MAX);
	if (path[0] == '/')
		(void)snprintf(whole, sizeof(whole), "%s", path);
	else
		(void)snprintf(whole, sizeof(whole), "%s/documents/%s",
		    getenv("CHANCERY_TESTDATA"), path);
	fd = open(whole, O_RDONLY | O_CLOEXEC);
	assert_true(fd >= 0);
	body_put_kit_open(&body, &(struct body_kit_open){format});
	assert_int_equal(
	    msg_write(rig->core, MSG_KIT_OPEN, doc->id, buf_slice(&body), fd),
	    0);
	fd_close(&fd);
	buf_free(&body);
	rig_hear(rig, MSG_KIT_CORE, doc->id, &msg);
	assert_int_equal(body_get_kit_core(msg.body, &in), 0);
	doc->pid = in.pid;
	doc->core = msg.fd;
	if (!rig->meets_late)
		rig_meet(doc);
}

void
rig_wait_loaded(struct rig_doc *doc)
{
	struct msg msg = {.fd = -1};

	buf_clear(&doc->in);
	assert_int_equal(msg_read(doc->core, ROLE_KIT, ROLE_CORE, RIG_WAIT_MS,
			     &doc->in, &msg),
	    0);
	assert_int_equal(msg.type, MSG_DOC_LOADED);
	assert_int_equal(body_get_doc_loaded(msg.body, &doc->loaded), 0);
	(void)snprintf(
	    doc->why, sizeof(doc->why), "%.*s", SLICE_ARG(doc->loaded.why));
}

void
rig_open(
    struct rig *rig, struct rig_doc *doc, const char *path, unsigned format)
{
	rig_open_only(rig, doc, path, format);
	rig_wait_loaded(doc);
	if (doc->loaded.code != 0)
		fail_msg("%s: %s", path, doc->why);
}

void
rig_wait_ended(struct rig_doc *doc, int *ret_code, int *ret_signal)
{
	struct body_kit_ended in;
	struct msg msg = {.fd = -1};

	rig_hear(doc->rig, MSG_KIT_ENDED, doc->id, &msg);
	assert_int_equal(body_get_kit_ended(msg.body, &in), 0);
	*ret_code = in.code;
	*ret_signal = in.signal;
	(void)snprintf(doc->why, sizeof(doc->why), "%.*s", SLICE_ARG(in.why));
}

void
rig_close(struct rig_doc *doc)
{
	fd_close(&doc->core);
	fd_close(&doc->front);
	buf_free(&doc->in);
	for (size_t i = 0; i <= FRAME_NUMBER_MAX; i++)
		buf_free(&doc->last[i]);
}

void
rig_to_kit(
    struct rig_doc *doc, unsigned type, uint64_t id, struct slice body, int fd)
{
	assert_int_equal(
	    msg_write(doc->core, (enum msg_type)type, id, body, fd), 0);
}

void
rig_join(struct rig_doc *doc, uint64_t view, unsigned rights, const char *name)
{
	struct buf body = BUF(512);

	body_put_view_join(
	    &body, &(struct body_view_join){
		       .front = 0, .rights = rights, .name = slice_str(name)});
	rig_to_kit(doc, MSG_VIEW_JOIN, view, buf_slice(&body), -1);
	buf_free(&body);
}

void
rig_send(struct rig_doc *doc, uint64_t view, struct buf *frame)
{
	assert_int_equal(frame->error, 0);
	assert_int_equal(
	    msg_write(doc->front, MSG_VIEW_INPUT, view, buf_slice(frame), -1),
	    0);
	buf_clear(frame);
}

/* ---- what comes --------------------------------------------------------- */

static void
take_core(struct rig_doc *doc, const struct msg *msg)
{
	struct body_view_did did;
	struct body_doc_dirty dirty;

	if (msg->type == MSG_VIEW_SEES) {
		doc->n_sees++;
		if (!doc->hold_sees)
			rig_to_kit(doc, MSG_VIEW_SHOW, msg->id, msg->body, -1);
	} else if (msg->type == MSG_VIEW_DID) {
		assert_int_equal(body_get_view_did(msg->body, &did), 0);
		doc->n_dids++;
		doc->letters += did.letters;
	} else if (msg->type == MSG_DOC_DIRTY) {
		assert_int_equal(body_get_doc_dirty(msg->body, &dirty), 0);
		doc->dirty = dirty.dirty;
	}
}

static void
take_frame(struct rig_doc *doc, const struct msg *msg)
{
	enum frame number = frame_number(msg->body);
	struct buf taken = BUF(64);

	assert_true(number != FRAME_NONE);
	assert_int_equal(frame_check(msg->body, FRAME_OUT, RIGHTS_ALL), 0);
	/* The client shows each tile at once. */
	if (number == FRAME_TILE && !doc->takes_none) {
		frame_put_taken(&taken, &(struct frame_taken){.tiles = 1});
		rig_send(doc, msg->id, &taken);
	}
	buf_free(&taken);
	if (doc->view != 0 && msg->id != doc->view)
		return;
	doc->n_frames[number]++;
	buf_clear(&doc->last[number]);
	buf_put_slice(&doc->last[number], msg->body);
}

/* One message, if there is one: its type, 0 for none. */
static unsigned
take_one(struct rig_doc *doc, int ms, struct msg *ret_msg)
{
	struct pollfd fds[2] = {
	    {doc->core, POLLIN, 0}, {doc->front, POLLIN, 0}};
	struct msg msg = {.fd = -1};
	int r;

	if (doc->ended || poll(fds, 2, ms) <= 0)
		return 0;
	buf_clear(&doc->in);
	if (fds[1].revents & POLLIN) {
		r = msg_read(doc->front, ROLE_KIT, ROLE_FRONT, RIG_WAIT_MS,
		    &doc->in, &msg);
		if (r == 0)
			take_frame(doc, &msg);
	} else {
		r = msg_read(doc->core, ROLE_KIT, ROLE_CORE, RIG_WAIT_MS,
		    &doc->in, &msg);
		if (r == 0)
			take_core(doc, &msg);
	}
	if (r < 0) {
		doc->ended = true;
		return 0;
	}
	*ret_msg = msg;
	return msg.type;
}

bool
rig_take(struct rig_doc *doc, int ms)
{
	struct msg msg;

	return take_one(doc, ms, &msg) != 0;
}

bool
rig_wait(struct rig_doc *doc, uint64_t view, enum frame number, int ms)
{
	uint64_t until = clock_boot_ms() + (uint64_t)ms, now;
	struct msg msg;

	while ((now = clock_boot_ms()) < until && !doc->ended)
		if (take_one(doc, (int)(until - now), &msg) ==
			MSG_VIEW_OUTPUT &&
		    msg.id == view && frame_number(msg.body) == number)
			return true;
	return false;
}

bool
rig_wait_dirty(struct rig_doc *doc, bool dirty)
{
	uint64_t until = clock_boot_ms() + RIG_WAIT_MS;

	while (doc->dirty != dirty && !doc->ended && clock_boot_ms() < until)
		(void)rig_take(doc, 100);
	return doc->dirty == dirty;
}

void
rig_settle(struct rig_doc *doc, int ms)
{
	while (rig_take(doc, ms))
		;
}

/* ---- what clients do ---------------------------------------------------- */

void
rig_type(struct rig_doc *doc, uint64_t view, const char *text)
{
	struct buf frame = BUF(64);

	for (; *text != '\0'; text++) {
		frame_put_key(
		    &frame, &(struct frame_key){.character = (uint8_t)*text});
		rig_send(doc, view, &frame);
	}
	buf_free(&frame);
}

void
rig_key(struct rig_doc *doc, uint64_t view, uint32_t code)
{
	struct buf frame = BUF(64);

	frame_put_key(
	    &frame, &(struct frame_key){
			.character = code == 1280 ? 13 : 0, .code = code});
	rig_send(doc, view, &frame);
	buf_free(&frame);
}

void
rig_command(struct rig_doc *doc, uint64_t view, const char *name,
    struct slice arguments)
{
	struct buf frame = BUF(65536);

	frame_put_command(
	    &frame, &(struct frame_command){
			.name = slice_str(name), .arguments = arguments});
	rig_send(doc, view, &frame);
	buf_free(&frame);
}

void
rig_look(struct rig_doc *doc, uint64_t view, uint32_t part, int32_t width,
    int32_t height)
{
	struct buf frame = BUF(128);

	frame_put_viewport(&frame,
	    &(struct frame_viewport){
		.part = part, .width = width, .height = height, .scale = 3840});
	rig_send(doc, view, &frame);
	buf_free(&frame);
}

int
rig_save(struct rig_doc *doc, unsigned format, struct buf *ret_bytes)
{
	struct buf body = BUF(64);
	struct body_doc_saved saved = {.code = E_TIMEOUT};
	struct msg msg;
	int fd = memfd_create("saved", MFD_CLOEXEC);
	static uint64_t id = 1000;
	uint64_t until = clock_boot_ms() + RIG_WAIT_MS;

	assert_true(fd >= 0);
	body_put_doc_save(&body, &(struct body_doc_save){.format = format});
	rig_to_kit(doc, MSG_DOC_SAVE, ++id, buf_slice(&body), fd);
	while (clock_boot_ms() < until && !doc->ended)
		if (take_one(doc, 1000, &msg) == MSG_DOC_SAVED &&
		    msg.id == id) {
			assert_int_equal(
			    body_get_doc_saved(msg.body, &saved), 0);
			break;
		}
	if (saved.code == 0) {
		uint8_t *at = buf_room(ret_bytes, saved.size);

		assert_non_null(at);
		assert_int_equal(file_pread(fd, at, saved.size, 0), 0);
		buf_added(ret_bytes, saved.size);
	}
	fd_close(&fd);
	buf_free(&body);
	return saved.code;
}

/* ---- zip archives ------------------------------------------------------- */

static uint32_t
number_at(struct slice s, size_t at, size_t n)
{
	uint32_t value = 0;

	assert_true(at + n <= s.n);
	for (size_t i = n; i-- > 0;)
		value = value << 8 | s.p[at + i];
	return value;
}

static bool
member_has(struct slice packed, unsigned method, size_t size, const char *text)
{
	z_stream z = {.next_in = NULL};
	uint8_t *bytes = malloc(size + 1);
	bool has;

	assert_non_null(bytes);
	if (method == 0) {
		memcpy(bytes, packed.p, packed.n);
	} else {
		memcpy(&z.next_in, &packed.p, sizeof(packed.p));
		z.avail_in = (uInt)packed.n;
		z.next_out = bytes;
		z.avail_out = (uInt)size;
		assert_int_equal(inflateInit2(&z, -MAX_WBITS), Z_OK);
		assert_int_equal(inflate(&z, Z_FINISH), Z_STREAM_END);
		(void)inflateEnd(&z);
	}
	has = memmem(bytes, size, text, strlen(text)) != NULL;
	free(bytes);
	return has;
}

/* By its directory, at the end (APPNOTE.TXT, 4.3.12). */
bool
rig_zip_has(struct slice zip, const char *member, const char *text)
{
	size_t end = zip.n - 22, at;
	unsigned n;

	while (end > 0 && number_at(zip, end, 4) != 0x06054b50)
		end--;
	n = number_at(zip, end + 10, 2);
	at = number_at(zip, end + 16, 4);
	for (unsigned i = 0; i < n; i++) {
		unsigned method = number_at(zip, at + 10, 2);
		size_t packed = number_at(zip, at + 20, 4);
		size_t size = number_at(zip, at + 24, 4);
		size_t name = number_at(zip, at + 28, 2);
		size_t local = number_at(zip, at + 42, 4);
		struct slice is = slice_of(zip.p + at + 46, name);

		if (slice_eq(is, slice_str(member))) {
			local += 30 + number_at(zip, local + 26, 2) +
			         number_at(zip, local + 28, 2);
			return member_has(slice_of(zip.p + local, packed),
			    method, size, text);
		}
		at += 46 + name + number_at(zip, at + 30, 2) +
		      number_at(zip, at + 32, 2);
	}
	return false;
}
