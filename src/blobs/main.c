/*
 * The blobs process: the folder of large files. It counts, hashes and writes an
 * upload in one pass, and hands out descriptors on core's word. It decides
 * nothing.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/encode.h"
#include "base/file.h"
#include "base/log.h"
#include "base/map.h"
#include "base/mem.h"
#include "blobs/blob_file.h"
#include "blobs/loose.h"
#include "ipc/body.h"

enum {
	OUT_MAX = 65536,
	PLACE_MAX = BLOB_NAME_BYTES + 2,
	CREDIT_BYTES = 4 << 20, /* of one upload on the way */
	FOUND_AT_ONCE = 1000,
	ROOM_MS = 5000,
	FOLDERS = 256,
};

#define NEW_FOLDER "new"

/* An upload under way: written as new/NAME, then renamed to its place. */
struct upload {
	uint64_t stream;
	size_t front;
	uint64_t front_pid;
	uint64_t limit, taken;
	struct blob_writer *writer;
	char name[BLOB_NAME_BYTES + 1];
};

struct blobs {
	struct loop *loop;
	struct role_setup setup;
	struct channel *parent, *core;
	struct channel *fronts[ROLE_PEERS_MAX];
	struct map uploads; /* stream -> struct upload */
	struct map loose;   /* core's number -> descriptor */
	struct buf out;
	struct loop_timer room;
};

/* ---- uploads
 * --------------------------------------------------------------------- */

static void
place_of(const struct upload *upload, char ret_place[PLACE_MAX])
{
	(void)snprintf(
	    ret_place, PLACE_MAX, "%.2s/%s", upload->name, upload->name + 2);
}

static void
new_path(const struct upload *upload, char ret_path[PLACE_MAX + 8])
{
	(void)snprintf(
	    ret_path, PLACE_MAX + 8, "%s/%s", NEW_FOLDER, upload->name);
}

static void
tell_stored(struct blobs *b, const struct upload *upload,
    const struct body_blob_stored *stored)
{
	if (b->core == NULL)
		return;
	buf_clear(&b->out);
	body_put_blob_stored(&b->out, stored);
	channel_send(
	    b->core, MSG_BLOB_STORED, upload->stream, buf_slice(&b->out));
}

static void
free_upload(struct blobs *b, struct upload *upload)
{
	(void)map_take(&b->uploads, upload->stream);
	blob_writer_free(&upload->writer);
	mem_free(upload);
}

static void
give_up(struct blobs *b, struct upload *upload, int code)
{
	char path[PLACE_MAX + 8];

	new_path(upload, path);
	tell_stored(b, upload,
	    &(struct body_blob_stored){.code = code, .size = upload->taken});
	(void)unlinkat(AT_FDCWD, path, 0);
	free_upload(b, upload);
}

/* Everything that its name rests on is synced before core hears of it. */
static int
put_in_place(const struct upload *upload)
{
	AUTO_CLOSE int dir = -1;
	char from[PLACE_MAX + 8], to[PLACE_MAX], folder[3];
	int r;

	new_path(upload, from);
	place_of(upload, to);
	(void)snprintf(folder, sizeof(folder), "%.2s", upload->name);
	if ((r = file_open(AT_FDCWD, folder, O_RDONLY | O_DIRECTORY, 0, &dir)) <
	    0)
		return r;
	if (renameat(AT_FDCWD, from, dir, upload->name + 2) < 0)
		return error_from_errno(errno);
	return file_sync(dir);
}

static void
finish(struct blobs *b, struct upload *upload)
{
	struct body_blob_stored stored = {.code = 0};
	char place[PLACE_MAX];
	int r = blob_writer_end(
	    upload->writer, &stored.size, &stored.digest, &stored.sums);

	if (r == 0)
		r = put_in_place(upload);
	if (r < 0) {
		log_error("blobs.store", log_err(r));
		give_up(b, upload, r);
		return;
	}
	place_of(upload, place);
	stored.place = slice_str(place);
	tell_stored(b, upload, &stored);
	free_upload(b, upload);
}

/* The channel to a front while it is the process that core means, or NULL. */
static struct channel *
front_channel(const struct blobs *b, size_t index, uint64_t pid)
{
	struct channel *channel = b->fronts[index];

	return channel != NULL && channel_peer(channel)->pid == pid ? channel
	                                                            : NULL;
}

static void
send_taken(struct blobs *b, const struct upload *upload, uint64_t bytes)
{
	struct channel *channel =
	    front_channel(b, upload->front, upload->front_pid);

	if (channel == NULL)
		return;
	buf_clear(&b->out);
	body_put_upload_taken(&b->out, &(struct body_upload_taken){bytes});
	channel_send(
	    channel, MSG_UPLOAD_TAKEN, upload->stream, buf_slice(&b->out));
}

/* Begins to write new/NAME. */
static int
begin_file(struct upload *upload)
{
	uint8_t random[BLOB_NAME_BYTES / 2];
	char path[PLACE_MAX + 8];
	struct buf name = BUF(BLOB_NAME_BYTES);

	randombytes_buf(random, sizeof(random));
	buf_put_hex(&name, slice_of(random, sizeof(random)));
	if (name.error != 0)
		return name.error;
	memcpy(upload->name, name.p, BLOB_NAME_BYTES);
	buf_free(&name);
	new_path(upload, path);
	return blob_writer_new(AT_FDCWD, path, &upload->writer);
}

static int
start_upload(struct blobs *b, struct upload *upload)
{
	int r = begin_file(upload);

	return r < 0 ? r : map_put(&b->uploads, upload->stream, upload);
}

static int
take_expect(struct blobs *b, const struct msg *msg)
{
	struct body_blob_expect in;
	struct upload *upload;
	int e;

	if (body_get_blob_expect(msg->body, &in) < 0 || msg->id == 0 ||
	    map_get(&b->uploads, msg->id) != NULL)
		return E_GRAMMAR;
	upload = mem_alloc(sizeof(*upload));
	if (upload == NULL)
		return E_NOMEM;
	*upload = (struct upload){.stream = msg->id,
	    .front = in.front,
	    .front_pid = in.pid,
	    .limit = in.limit};
	e = start_upload(b, upload);
	if (e < 0) {
		tell_stored(b, upload, &(struct body_blob_stored){.code = e});
		free_upload(b, upload);
		return e;
	}
	/* It may send from now on, so much ahead. */
	send_taken(b, upload, CREDIT_BYTES);
	return 0;
}

/* The upload of that number, if it is that front's. */
static struct upload *
upload_of(struct blobs *b, const struct channel *channel, uint64_t stream)
{
	struct upload *upload =
	    stream != 0 ? map_get(&b->uploads, stream) : NULL;

	return upload != NULL && front_channel(b, upload->front,
				     upload->front_pid) == channel
	           ? upload
	           : NULL;
}

static void
take_data(struct blobs *b, const struct channel *channel, struct msg *msg)
{
	struct upload *upload = upload_of(b, channel, msg->id);
	int r;

	if (upload == NULL)
		return; /* given up meanwhile */
	if (msg->body.n > upload->limit - upload->taken) {
		give_up(b, upload, E_LIMIT);
		return;
	}
	r = blob_writer_add(upload->writer, msg->body);
	upload->taken += msg->body.n;
	if (r < 0) {
		log_error("blobs.write", log_err(r));
		give_up(b, upload, r);
		return;
	}
	send_taken(b, upload, msg->body.n);
}

static int
take_end(struct blobs *b, const struct channel *channel, struct msg *msg)
{
	struct upload *upload = upload_of(b, channel, msg->id);
	struct body_upload_end in;

	if (body_get_upload_end(msg->body, &in) < 0)
		return E_GRAMMAR;
	if (upload == NULL)
		return 0; /* given up meanwhile */
	if (in.code < 0)
		give_up(b, upload, in.code);
	else
		finish(b, upload);
	return 0;
}

/* ---- downloads
 * --------------------------------------------------------------------- */

static int
take_send(struct blobs *b, const struct msg *msg)
{
	struct body_blob_send in;
	struct channel *front;
	char path[PLACE_MAX];
	int fd = -1, e;

	if (body_get_blob_send(msg->body, &in) < 0 || !blob_place_ok(in.place))
		return E_GRAMMAR;
	front = front_channel(b, in.front, in.pid);
	if (front == NULL)
		return 0; /* core ends what it carried */
	(void)snprintf(path, sizeof(path), "%.*s", SLICE_ARG(in.place));
	e = file_open(AT_FDCWD, path, O_RDONLY, 0, &fd);
	buf_clear(&b->out);
	if (e < 0) {
		log_error("blobs.missing", log_str(K_PATH, path), log_err(e));
		body_put_blob_gone(&b->out, &(struct body_blob_gone){e});
		channel_send(front, MSG_BLOB_GONE, msg->id, buf_slice(&b->out));
		return 0;
	}
	body_put_blob_file(&b->out, &(struct body_blob_file){in.size, in.sums});
	channel_send_fd(front, MSG_BLOB_FILE, msg->id, buf_slice(&b->out), fd);
	return 0;
}

static int
take_drop(const struct msg *msg)
{
	struct body_blob_drop in;
	char path[PLACE_MAX];

	if (body_get_blob_drop(msg->body, &in) < 0 || !blob_place_ok(in.place))
		return E_GRAMMAR;
	(void)snprintf(path, sizeof(path), "%.*s", SLICE_ARG(in.place));
	(void)unlinkat(AT_FDCWD, path, 0);
	return 0;
}

/* ---- loose files
 * -------------------------------------------------------------------- */

static void
tell_absent(struct blobs *b, uint64_t number, int code)
{
	log_error("blobs.open", log_err(code));
	buf_clear(&b->out);
	body_put_blob_absent(&b->out, &(struct body_blob_absent){code});
	channel_send(b->core, MSG_BLOB_ABSENT, number, buf_slice(&b->out));
}

/* A descriptor stands in the map one higher, since 0 is none. */
static int
take_loose(struct blobs *b, uint64_t number)
{
	return (int)(intptr_t)map_take(&b->loose, number) - 1;
}

static int
take_open(struct blobs *b, const struct msg *msg)
{
	struct body_blob_open in;
	int fd = -1, copy = -1, r;

	if (body_get_blob_open(msg->body, &in) < 0 || msg->id == 0 ||
	    map_get(&b->loose, msg->id) != NULL ||
	    (in.place.n > 0 && !blob_place_ok(in.place)))
		return E_GRAMMAR;
	r = in.place.n > 0 ? loose_of_blob(in.place, in.size, in.sums, &fd)
	                   : loose_of_bytes(in.bytes, &fd);
	if (r == 0 && (copy = fcntl(fd, F_DUPFD_CLOEXEC, 0)) < 0)
		r = error_from_errno(errno);
	if (r == 0)
		r = map_put(&b->loose, msg->id, (void *)(intptr_t)(copy + 1));
	if (r < 0) {
		fd_close(&fd);
		fd_close(&copy);
		tell_absent(b, msg->id, r);
		return 0;
	}
	channel_send_fd(b->core, MSG_BLOB_OPENED, msg->id, SLICE_NONE, fd);
	return 0;
}

/*
 * What a stranger has written, who may write on while this goes: it is copied
 * and hashed in one pass, so that what was hashed is what is kept.
 */
static int
take_keep(struct blobs *b, const struct msg *msg)
{
	AUTO_CLOSE int fd = take_loose(b, msg->id);
	struct upload *upload;
	struct body_blob_keep in;
	int r;

	if (body_get_blob_keep(msg->body, &in) < 0 || fd < 0 ||
	    map_get(&b->uploads, msg->id) != NULL)
		return E_GRAMMAR;
	upload = mem_alloc(sizeof(*upload));
	if (upload == NULL)
		return E_NOMEM;
	*upload = (struct upload){.stream = msg->id, .limit = in.size};
	r = start_upload(b, upload);
	if (r == 0)
		r = loose_copy(fd, in.size, upload->writer);
	if (r < 0) {
		log_error("blobs.keep", log_err(r));
		give_up(b, upload, r);
		return 0;
	}
	finish(b, upload);
	return 0;
}

/* ---- what is there
 * ------------------------------------------------------------------ */

/* Seconds since a file was written; 0 where that lies ahead. */
static uint64_t
age_of(int dir, const char *name)
{
	struct stat st;
	int64_t age;

	if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return 0;
	age = clock_wall_ms() / 1000 - st.st_mtime;
	return age > 0 ? (uint64_t)age : 0;
}

static void
send_found(struct blobs *b, uint64_t folder)
{
	channel_send(b->core, MSG_BLOB_FOUND, folder, buf_slice(&b->out));
	buf_clear(&b->out);
}

/* What is in one folder, a thousand names to a message. */
static int
scan(struct blobs *b, const struct msg *msg)
{
	char folder[3], place[PLACE_MAX + 256];
	struct dirent *entry;
	size_t n = 0;
	DIR *dir;
	int fd, r;

	if (msg->id >= FOLDERS)
		return E_GRAMMAR;
	(void)snprintf(folder, sizeof(folder), "%02x", (unsigned)msg->id);
	r = file_open(AT_FDCWD, folder, O_RDONLY | O_DIRECTORY, 0, &fd);
	if (r < 0)
		return r;
	dir = fdopendir(fd);
	if (dir == NULL) {
		fd_close(&fd);
		return E_NOMEM;
	}
	buf_clear(&b->out);
	while ((entry = readdir(dir)) != NULL) {
		(void)snprintf(
		    place, sizeof(place), "%s/%s", folder, entry->d_name);
		if (!blob_place_ok(slice_str(place)))
			continue;
		body_put_blob_found(
		    &b->out, &(struct body_blob_found){slice_str(place),
				 age_of(dirfd(dir), entry->d_name)});
		if (++n % FOUND_AT_ONCE == 0)
			send_found(b, msg->id);
	}
	(void)closedir(dir);
	if (b->out.n > 0)
		send_found(b, msg->id);
	return 0;
}

/* How much more there is room for. */
static void
tell_room(struct blobs *b)
{
	struct statvfs st;

	if (b->core == NULL || statvfs(".", &st) < 0)
		return;
	buf_clear(&b->out);
	body_put_blob_room(
	    &b->out, &(struct body_blob_room){
			 .free = (uint64_t)st.f_bavail * st.f_frsize,
			 .all = (uint64_t)st.f_blocks * st.f_frsize});
	channel_send(b->core, MSG_BLOB_ROOM, 0, buf_slice(&b->out));
}

static void
on_room(void *arg)
{
	struct blobs *b = arg;

	tell_room(b);
	(void)loop_timer_set(b->loop, &b->room, ROOM_MS);
}

/* ---- channels
 * -------------------------------------------------------------------------- */

/* Uploads under way are nobody's now. */
static void
on_core_broken(void *arg, struct channel *channel, int why)
{
	struct blobs *b = arg;
	const struct map_slot *slot;
	size_t i = 0;

	role_tell_broken(b->parent, channel_peer(channel), why);
	channel_free(&b->core);
	while (map_next(&b->uploads, &i, &slot)) {
		give_up(b, slot->value, E_CLOSED);
		i = 0;
	}
	for (i = 0; map_next(&b->loose, &i, &slot);) {
		int fd = (int)(intptr_t)slot->value - 1;

		fd_close(&fd);
	}
	map_clear(&b->loose);
}

static void
on_core(void *arg, struct channel *channel, struct msg *msg)
{
	struct blobs *b = arg;
	struct upload *upload;
	int fd, r = 0;

	switch (msg->type) {
	case MSG_HELLO:
		if (!slice_eq(msg->body, role_build_id()))
			r = E_VERSION;
		break;
	case MSG_BLOB_SEND:
		r = take_send(b, msg);
		break;
	case MSG_BLOB_EXPECT:
		r = take_expect(b, msg);
		break;
	case MSG_BLOB_CANCEL:
		upload = msg->id != 0 ? map_get(&b->uploads, msg->id) : NULL;
		if (upload != NULL)
			give_up(b, upload, E_CLOSED);
		break;
	case MSG_BLOB_DROP:
		r = take_drop(msg);
		break;
	case MSG_BLOB_SCAN:
		r = scan(b, msg);
		break;
	case MSG_BLOB_OPEN:
		r = take_open(b, msg);
		break;
	case MSG_BLOB_KEEP:
		r = take_keep(b, msg);
		break;
	case MSG_BLOB_LEAVE:
		fd = take_loose(b, msg->id);
		fd_close(&fd);
		break;
	default:
		r = E_GRAMMAR;
	}
	if (r < 0)
		log_error("blobs.core", log_str(K_NAME, msg_name(msg->type)),
		    log_err(r));
	if (r == E_GRAMMAR)
		on_core_broken(b, channel, r);
}

static const struct channel_handlers core_handlers = {
    .message = on_core, .broken = on_core_broken};

/* Core learns of it too, and cancels what that front carried. */
static void
on_front_broken(void *arg, struct channel *channel, int why)
{
	struct blobs *b = arg;

	role_tell_broken(b->parent, channel_peer(channel), why);
	channel_free(&b->fronts[channel_peer(channel)->index]);
}

static void
on_front(void *arg, struct channel *channel, struct msg *msg)
{
	if (msg->type == MSG_UPLOAD_DATA)
		take_data(arg, channel, msg);
	else if (msg->type == MSG_UPLOAD_END &&
		 take_end(arg, channel, msg) == E_GRAMMAR)
		on_front_broken(arg, channel, E_GRAMMAR);
}

static const struct channel_handlers front_handlers = {
    .message = on_front, .broken = on_front_broken};

static int
add_peer(void *arg, struct role_fd *in)
{
	struct blobs *b = arg;
	int r;

	if (in->peer.role == ROLE_CORE) {
		if (b->core != NULL)
			on_core_broken(b, b->core, E_CLOSED);
		r = channel_new(b->loop, in->fd, ROLE_BLOBS, in->peer,
		    &core_handlers, b, &b->core);
		if (r == 0)
			tell_room(b);
		return r;
	}
	if (in->peer.role == ROLE_FRONT) {
		channel_free(&b->fronts[in->peer.index]);
		return channel_new(b->loop, in->fd, ROLE_BLOBS, in->peer,
		    &front_handlers, b, &b->fronts[in->peer.index]);
	}
	fd_close(&in->fd);
	return E_GRAMMAR;
}

/* ---- starting
 * ------------------------------------------------------------------------- */

/* What an earlier process left half-written was never named by a row. */
static int
clear_new(void)
{
	struct dirent *entry;
	DIR *dir;
	int fd, r;

	if ((r = file_mkdir(AT_FDCWD, NEW_FOLDER, 0700)) < 0 ||
	    (r = file_open(
		 AT_FDCWD, NEW_FOLDER, O_RDONLY | O_DIRECTORY, 0, &fd)) < 0)
		return r;
	dir = fdopendir(fd);
	if (dir == NULL) {
		fd_close(&fd);
		return E_NOMEM;
	}
	while ((entry = readdir(dir)) != NULL)
		if (entry->d_name[0] != '.')
			(void)unlinkat(dirfd(dir), entry->d_name, 0);
	(void)closedir(dir);
	return 0;
}

static int
make_folders(void)
{
	int r = clear_new();

	for (unsigned i = 0; i < FOLDERS && r == 0; i++) {
		char folder[3];

		(void)snprintf(folder, sizeof(folder), "%02x", i);
		r = file_mkdir(AT_FDCWD, folder, 0700);
	}
	return r < 0 ? r : file_sync_dir(AT_FDCWD);
}

static int
start(void *arg)
{
	struct blobs *b = arg;

	b->out = BUF(OUT_MAX);
	b->room = (struct loop_timer){.expire = on_room, .arg = b};
	on_room(b);
	return make_folders();
}

int
main(void)
{
	static struct blobs blobs;
	static const struct role_program program = {
	    .role = ROLE_BLOBS,
	    .arg = &blobs,
	    .setup = &blobs.setup,
	    .loop = &blobs.loop,
	    .parent = &blobs.parent,
	    .start = start,
	    .add_peer = add_peer,
	};

	return role_main(&program);
}
