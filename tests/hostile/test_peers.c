/*
 * Roles whose peers were taken over: keeper, blobs and core as they are, with
 * the test for their parent and for the peers that turn on them.
 */
#include "unit.h"

#include <fcntl.h>
#include <ftw.h>
#include <netinet/in.h>
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

#include "base/clock.h"
#include "base/file.h"
#include "base/log.h"
#include "hostile/server.h"
#include "ipc/body.h"
#include "ipc/role.h"
#include "ipc/secret.h"
#include "ledger/note.h"
#include "ledger/tree.h"
#include "wire/cbor.h"
#include "wire/pack.h"

enum { BODY_MAX = 8 << 20 };

#define FORBIDDEN "it sent what its role may not send"

/* ---- a role, and its peers --------------------------------------------- */

struct process {
	enum role role;
	pid_t pid;
	int parent; /* the parent's end of its channel */
	struct buf in;
};

static struct {
	char folder[64];
	uint64_t pids; /* made up for the peers: the last one */
} rig;

static int
role_folder(enum role role)
{
	char path[128];
	int fd;

	(void)snprintf(
	    path, sizeof(path), "%s/%s", rig.folder, role_name(role));
	assert_true(mkdir(path, 0700) == 0 || access(path, F_OK) == 0);
	fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_true(fd >= 0);
	if (geteuid() == 0)
		assert_int_equal(fchown(fd, role_uid(role), role_uid(role)), 0);
	return fd;
}

static void
run(enum role role, int socket)
{
	char path[300];
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	(void)snprintf(path, sizeof(path), "%s/chancery-%s", OWN_PROGRAMS,
	    role_name(role));
	if (dup2(socket, ROLE_PARENT_FD) < 0 || dup2(null, STDERR_FILENO) < 0)
		_exit(126);
	(void)execl(path, path, (char *)NULL);
	_exit(127);
}

static void
tell(const struct process *process, enum msg_type type, struct slice body,
    int fd)
{
	assert_int_equal(msg_write(process->parent, type, 0, body, fd), 0);
	fd_close(&fd);
}

/* Gives it an end of a channel. */
static void
give_peer(
    const struct process *process, enum role role, uint64_t pid, int socket)
{
	struct buf body = BUF(64);

	cbor_put_array(&body, 3);
	cbor_put_uint(&body, role);
	cbor_put_uint(&body, 0);
	cbor_put_uint(&body, pid);
	tell(process, MSG_PEER, buf_slice(&body), socket);
	buf_free(&body);
}

/* A peer that the test plays: its end. */
static int
be_peer(struct process *process, enum role role)
{
	int ends[2];

	assert_int_equal(
	    socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
	give_peer(process, role, ++rig.pids, ends[1]);
	return ends[0];
}

/* Started, but for the peers that it gets before finish. */
static void
start(struct process *process, enum role role)
{
	static struct config config;
	struct buf body = BUF(65536);
	int ends[2];

	*process = (struct process){.role = role, .in = BUF(BODY_MAX)};
	assert_int_equal(
	    socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
	process->pid = fork();
	assert_true(process->pid >= 0);
	if (process->pid == 0)
		run(role, ends[1]);
	fd_close(&ends[1]);
	process->parent = ends[0];
	config_default(&config);
	config.wal_bytes = 8 << 20;
	role_put_setup(&body, 0, &config);
	tell(process, MSG_SETUP, buf_slice(&body), -1);
	tell(process, MSG_FOLDER, SLICE_NONE, role_folder(role));
	buf_free(&body);
}

static struct msg
hear(struct process *process, int socket, enum role from, enum role to)
{
	struct msg msg = {.fd = -1};

	buf_clear(&process->in);
	assert_int_equal(
	    msg_read(socket, from, to, WAIT_MS, &process->in, &msg), 0);
	return msg;
}

static void
finish(struct process *process)
{
	struct msg msg;

	tell(process, MSG_START, SLICE_NONE, -1);
	msg = hear(process, process->parent, process->role, ROLE_PARENT);
	assert_int_equal(msg.type, MSG_READY);
}

static void
end(struct process *process)
{
	assert_int_equal(kill(process->pid, SIGKILL), 0);
	assert_int_equal(waitpid(process->pid, NULL, 0), process->pid);
	fd_close(&process->parent);
	buf_free(&process->in);
}

/* It tells its parent to kill the peer that was introduced last. */
static void
expect_kill(struct process *process, enum role peer, const char *why)
{
	struct cbor_reader r;
	uint64_t role, pid;
	struct slice text;
	struct msg msg;

	do {
		msg =
		    hear(process, process->parent, process->role, ROLE_PARENT);
		assert_int_equal(msg.type, MSG_KILL);
		r = cbor_reader(msg.body);
		assert_int_equal(cbor_get_array(&r), 4);
		role = cbor_get_uint(&r);
		assert_int_equal(cbor_get_uint(&r), 0);
		pid = cbor_get_uint(&r);
		text = cbor_get_text(&r);
		assert_int_equal(cbor_end(&r), 0);
		/* That another made place for it is no accusation. */
	} while (text.n == 0);
	assert_int_equal(role, peer);
	assert_int_equal(pid, rig.pids);
	assert_true(slice_eq(text, slice_str(why)));
}

static int
set_up(void **state UNUSED)
{
	log_init("test", LOG_ERROR);
	(void)snprintf(
	    rig.folder, sizeof(rig.folder), "/tmp/chancery-peers-XXXXXX");
	return mkdtemp(rig.folder) != NULL && chmod(rig.folder, 0711) == 0 ? 0
	                                                                   : -1;
}

static int
remove_one(const char *path, const struct stat *st UNUSED, int flag UNUSED,
    struct FTW *ftw UNUSED)
{
	return remove(path);
}

static int
tear_down(void **state UNUSED)
{
	return nftw(rig.folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

/* ---- every message, as it may not be ----------------------------------- */

static const struct row {
	unsigned type;
	uint32_t min, max;
	bool fd;
} rows[] = {
#define MSG(number, name, from, to, min, max, fd) {number, min, max, fd},
#include "ipc/msg.def"
#undef MSG
};

static void
send_raw(int socket, unsigned type, uint32_t length, bool with_fd)
{
	union {
		struct cmsghdr align;
		char bytes[CMSG_SPACE(sizeof(int))];
	} control = {.bytes = {0}};
	struct msg_header header = {
	    .length = length, .type = (uint16_t)type, .id = 1};
	static uint8_t zeros[4096];
	struct iovec iov[2] = {
	    {&header, sizeof(header)}, {zeros, MIN(length, sizeof(zeros))}};
	struct msghdr message = {.msg_iov = iov, .msg_iovlen = 2};
	AUTO_CLOSE int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
	struct cmsghdr *cmsg;

	if (with_fd) {
		message.msg_control = control.bytes;
		message.msg_controllen = sizeof(control.bytes);
		cmsg = CMSG_FIRSTHDR(&message);
		cmsg->cmsg_level = SOL_SOCKET;
		cmsg->cmsg_type = SCM_RIGHTS;
		cmsg->cmsg_len = CMSG_LEN(sizeof(int));
		memcpy(CMSG_DATA(cmsg), &fd, sizeof(int));
	}
	assert_true(sendmsg(socket, &message, MSG_NOSIGNAL) > 0);
}

static void
misbehave(struct process *process, enum role peer,
    int (*introduce)(struct process *process, enum role peer), unsigned type,
    uint32_t length, bool fd)
{
	int socket = introduce(process, peer);

	send_raw(socket, type, length, fd);
	expect_kill(process, peer, FORBIDDEN);
	fd_close(&socket);
}

/* Each message of the table that this peer may not send, or not so. */
static unsigned
misbehave_all(struct process *process, enum role peer,
    int (*introduce)(struct process *process, enum role peer))
{
	unsigned n = 0;

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const struct row *row = &rows[i];

		if (!msg_allowed(peer, process->role, row->type, row->max)) {
			misbehave(process, peer, introduce, row->type,
			    MIN(row->min, 4096), row->fd);
			n++;
			continue;
		}
		if (row->min > 0)
			misbehave(process, peer, introduce, row->type,
			    row->min - 1, row->fd);
		misbehave(
		    process, peer, introduce, row->type, row->max + 1, row->fd);
		if (row->fd)
			misbehave(process, peer, introduce, row->type, row->min,
			    false);
		n++;
	}
	misbehave(process, peer, introduce, MSG_NONE, 1, false);
	misbehave(process, peer, introduce, MSG_MAX, 1, false);
	misbehave(process, peer, introduce, UINT16_MAX, 1, false);
	return n;
}

/* ---- the keeper -------------------------------------------------------- */

struct keeper {
	struct process process;
	int core;
	struct note_key key;
	uint64_t size; /* what it says that it signed last */
};

static struct digest leaves[4];

/* Its first word to a core: [vkey, size, root]. */
static int
greet_core(struct process *process, enum role peer)
{
	int socket = be_peer(process, peer);

	if (peer == ROLE_CORE)
		assert_int_equal(
		    hear(process, socket, ROLE_KEEPER, ROLE_CORE).type,
		    MSG_LOG_KEY);
	return socket;
}

static void
start_keeper(struct keeper *keeper)
{
	struct cbor_reader r;
	struct msg msg;

	start(&keeper->process, ROLE_KEEPER);
	keeper->core = be_peer(&keeper->process, ROLE_CORE);
	finish(&keeper->process);
	msg = hear(&keeper->process, keeper->core, ROLE_KEEPER, ROLE_CORE);
	assert_int_equal(msg.type, MSG_LOG_KEY);
	r = cbor_reader(msg.body);
	assert_int_equal(cbor_get_array(&r), 3);
	assert_int_equal(note_key_parse(cbor_get_text(&r), &keeper->key), 0);
	keeper->size = cbor_get_uint(&r);
}

static struct digest
root_of(uint64_t size)
{
	struct tree tree = {.size = 0};

	for (uint64_t i = 0; i < size; i++)
		tree_append_leaf_hash(&tree, &leaves[i]);
	return tree_root(&tree);
}

/* What core asks for: its answer's code; what is signed is checked. */
static void
send_sign(int core, const char *origin, uint64_t fence, uint64_t size,
    struct digest root, uint64_t older, const struct digest *proof,
    size_t n_proof)
{
	struct buf body = BUF(65536);

	cbor_put_array(&body, 6);
	cbor_put_text(&body, slice_str(origin));
	cbor_put_uint(&body, fence);
	cbor_put_uint(&body, size);
	cbor_put_bytes(&body, digest_slice(&root));
	cbor_put_uint(&body, older);
	cbor_put_array(&body, n_proof);
	for (size_t i = 0; i < n_proof; i++)
		cbor_put_bytes(&body, digest_slice(&proof[i]));
	assert_int_equal(msg_write(core, MSG_SIGN, 7, buf_slice(&body), -1), 0);
	buf_free(&body);
}

static int
ask_to_sign(struct keeper *keeper, const char *origin, uint64_t fence,
    uint64_t size, struct digest root, uint64_t older,
    const struct digest *proof, size_t n_proof)
{
	struct checkpoint checkpoint;
	struct cbor_reader r;
	struct slice note;
	struct msg msg;
	int code;

	send_sign(
	    keeper->core, origin, fence, size, root, older, proof, n_proof);
	msg = hear(&keeper->process, keeper->core, ROLE_KEEPER, ROLE_CORE);
	assert_int_equal(msg.type, MSG_SIGNED);
	assert_int_equal(msg.id, 7);
	r = cbor_reader(msg.body);
	assert_int_equal(cbor_get_array(&r), 2);
	code = -(int)cbor_get_uint(&r);
	note = cbor_get_bytes(&r);
	assert_int_equal(cbor_end(&r), 0);
	if (code < 0) {
		assert_int_equal(note.n, 0);
		return code;
	}
	assert_int_equal(
	    checkpoint_open(note, &keeper->key, 1, &checkpoint), 0);
	assert_int_equal(checkpoint.size, size);
	assert_memory_equal(checkpoint.root.b, root.b, SHA256_BYTES);
	return 0;
}

/* Nothing of that is signed, whatever core says: it has signed three leaves. */
static void
ask_inconsistent(struct keeper *keeper)
{
	const char *name = keeper->key.name;
	const struct digest *l = leaves;
	const struct digest both[] = {l[1], l[2]};
	struct digest two = root_of(2), three = root_of(3), four = root_of(4);

	/* smaller, with the true root of that size */
	assert_int_equal(
	    ask_to_sign(keeper, name, 5, 2, two, 2, NULL, 0), E_INCONSISTENT);
	assert_int_equal(
	    ask_to_sign(keeper, name, 5, 2, two, 3, NULL, 0), E_INCONSISTENT);
	assert_int_equal(
	    ask_to_sign(keeper, name, 5, 0, root_of(0), 0, NULL, 0),
	    E_INCONSISTENT);
	/* as large, with another root */
	assert_int_equal(
	    ask_to_sign(keeper, name, 5, 3, four, 3, NULL, 0), E_INCONSISTENT);
	/* larger, from a past that isn't this log's */
	assert_int_equal(
	    ask_to_sign(keeper, name, 5, 4, l[0], 3, &l[3], 1), E_INCONSISTENT);
	assert_int_equal(
	    ask_to_sign(keeper, name, 5, 4, four, 3, NULL, 0), E_INCONSISTENT);
	assert_int_equal(
	    ask_to_sign(keeper, name, 5, 4, four, 1, both, 2), E_INCONSISTENT);
	assert_int_equal(
	    ask_to_sign(keeper, name, 5, 4, four, 0, NULL, 0), E_INCONSISTENT);
	/* another log's name, or none */
	assert_int_equal(ask_to_sign(keeper, "localhost/chancery/other", 5, 4,
			     four, 3, &l[3], 1),
	    E_INCONSISTENT);
	assert_int_equal(
	    ask_to_sign(keeper, "", 5, 3, three, 3, NULL, 0), E_INCONSISTENT);
	/* a core that another has succeeded */
	assert_int_equal(
	    ask_to_sign(keeper, name, 4, 3, three, 3, NULL, 0), E_INCONSISTENT);
}

static void
test_keeper_and_core(void **state UNUSED)
{
	struct keeper keeper = {.size = 0};
	const struct digest *l = leaves;
	struct digest proof[TREE_PROOF_MAX + 1], more[3];

	for (size_t i = 0; i < ARRAY_SIZE(leaves); i++)
		leaves[i] = tree_leaf_hash(slice_of((uint8_t *)&i, 1));
	memset(proof, 0, sizeof(proof));
	start_keeper(&keeper);
	assert_int_equal(keeper.size, 0);
	assert_int_equal(
	    ask_to_sign(&keeper, keeper.key.name, 5, 2, root_of(2), 0, NULL, 0),
	    0);
	assert_int_equal(ask_to_sign(&keeper, keeper.key.name, 5, 3, root_of(3),
			     2, &l[2], 1),
	    0);
	ask_inconsistent(&keeper);
	/* The same again is no other log. */
	assert_int_equal(
	    ask_to_sign(&keeper, keeper.key.name, 5, 3, root_of(3), 3, NULL, 0),
	    0);
	/* What is no request at all is its core's end. */
	send_sign(keeper.core, keeper.key.name, 5, 4, root_of(4), 3, proof,
	    TREE_PROOF_MAX + 1);
	expect_kill(&keeper.process, ROLE_CORE, FORBIDDEN);
	/* A new core is held to what the last one had signed. */
	fd_close(&keeper.core);
	keeper.core = greet_core(&keeper.process, ROLE_CORE);
	ask_inconsistent(&keeper);
	fd_close(&keeper.core);
	end(&keeper.process);

	/* And so is one that comes after a restart of the keeper. */
	start_keeper(&keeper);
	assert_int_equal(keeper.size, 3);
	ask_inconsistent(&keeper);
	more[0] = l[2];
	more[1] = l[3];
	more[2] = root_of(2);
	assert_int_equal(ask_to_sign(&keeper, keeper.key.name, 5, 4, root_of(4),
			     3, more, ARRAY_SIZE(more)),
	    0);
	fd_close(&keeper.core);
	end(&keeper.process);
}

/* [how, data], and the code of the answer. */
static int
ask_for_handshake(
    struct process *keeper, int front, uint64_t how, struct slice data)
{
	struct buf body = BUF(2048);
	struct cbor_reader r;
	struct msg msg;

	cbor_put_array(&body, 2);
	cbor_put_uint(&body, how);
	cbor_put_bytes(&body, data);
	assert_int_equal(
	    msg_write(front, MSG_TLS_SIGN, 9, buf_slice(&body), -1), 0);
	buf_free(&body);
	msg = hear(keeper, front, ROLE_KEEPER, ROLE_FRONT);
	assert_int_equal(msg.type, MSG_TLS_SIGNED);
	assert_int_equal(msg.id, 9);
	r = cbor_reader(msg.body);
	(void)cbor_get_array(&r);
	return -(int)cbor_get_uint(&r);
}

static void
test_keeper_and_front(void **state UNUSED)
{
	struct keeper keeper = {.size = 0};
	uint8_t digest[32] = {1};
	int front;

	start_keeper(&keeper);
	front = be_peer(&keeper.process, ROLE_FRONT);
	assert_int_equal(ask_for_handshake(&keeper.process, front, 1,
			     slice_of(digest, sizeof(digest))),
	    0);
	/* Ways that the key isn't for. */
	for (uint64_t how = 0; how <= 3; how++)
		assert_true(
		    how == 1 || ask_for_handshake(&keeper.process, front, how,
				    slice_of(digest, sizeof(digest))) < 0);
	/* A way that there isn't. */
	assert_int_equal(
	    msg_write(front, MSG_TLS_SIGN, 9, SLICE("\x82\x04\x41x"), -1), 0);
	expect_kill(&keeper.process, ROLE_FRONT, FORBIDDEN);
	fd_close(&front);
	assert_true(misbehave_all(&keeper.process, ROLE_FRONT, be_peer) > 30);
	/* It is no worse for that. */
	fd_close(&keeper.core);
	keeper.core = greet_core(&keeper.process, ROLE_CORE);
	fd_close(&keeper.core);
	end(&keeper.process);
}

static void
test_keeper_and_any_core(void **state UNUSED)
{
	struct keeper keeper = {.size = 0};

	start_keeper(&keeper);
	assert_true(misbehave_all(&keeper.process, ROLE_CORE, greet_core) > 30);
	fd_close(&keeper.core);
	end(&keeper.process);
}

/* ---- the keeper and the secrets of people ------------------------------ */

static void
put_ask(struct buf *to, uint64_t id, const struct secret_ask *ask)
{
	struct buf body = BUF(SECRET_ASK_MAX);
	struct msg_header header = {.type = MSG_SECRET_ASK, .id = id};

	secret_put_ask(&body, ask);
	assert_int_equal(body.error, 0);
	header.length = (uint32_t)body.n;
	buf_put(to, &header, sizeof(header));
	buf_put_slice(to, buf_slice(&body));
	buf_free(&body);
}

static void
send_asks(int core, struct buf *asks)
{
	assert_int_equal(file_write(core, buf_slice(asks)), 0);
	buf_clear(asks);
}

static struct secret_answer
hear_answer(struct keeper *keeper, uint64_t *ret_id)
{
	struct msg msg =
	    hear(&keeper->process, keeper->core, ROLE_KEEPER, ROLE_CORE);
	struct secret_answer answer;

	assert_int_equal(msg.type, MSG_SECRET_ANSWER);
	assert_int_equal(secret_get_answer(msg.body, &answer), 0);
	*ret_id = msg.id;
	return answer;
}

#define PASSWORD SLICE("nine green cups; four cracked")

/* A password is hashed and checked by threads, within the sandbox. */
static void
test_keeper_hashes(void **state UNUSED)
{
	struct keeper keeper = {.size = 0};
	struct secret_answer answer;
	struct buf asks = BUF(65536), verifier = BUF(SECRET_VERIFIER_MAX);
	struct secret_ask check = {.kind = SECRET_PASSWORD_CHECK};
	struct stat st;
	char path[128];
	uint64_t id;

	start_keeper(&keeper);
	put_ask(&asks, 1,
	    &(struct secret_ask){
		.kind = SECRET_PASSWORD_HASH, .hash = {PASSWORD, SLICE_NONE}});
	send_asks(keeper.core, &asks);
	answer = hear_answer(&keeper, &id);
	assert_int_equal(answer.code, 0);
	buf_put_slice(&verifier, answer.hash.verifier);

	/* What needs no hashing is answered first, though it came last. */
	check.password =
	    (struct secret_password_check){buf_slice(&verifier), PASSWORD};
	for (uint64_t i = 10; i < 16; i++)
		put_ask(&asks, i, &check);
	put_ask(&asks, 20,
	    &(struct secret_ask){
		.kind = SECRET_TOTP_MAKE, .totp_make = {SLICE("p1")}});
	send_asks(keeper.core, &asks);
	assert_int_equal(hear_answer(&keeper, &id).kind, SECRET_TOTP_MAKE);
	assert_int_equal(id, 20);
	for (unsigned i = 0; i < 6; i++) {
		answer = hear_answer(&keeper, &id);
		assert_in_range(id, 10, 15);
		assert_int_equal(answer.code, 0);
	}
	(void)snprintf(path, sizeof(path), "%s/keeper/people.key", rig.folder);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	fd_close(&keeper.core);
	end(&keeper.process);
	buf_free(&asks);
	buf_free(&verifier);
}

/* A core that sends what is no question, as passwords of its are hashed. */
static void
test_keeper_and_garbage(void **state UNUSED)
{
	/* No array, no kind, too little, too much, an argument too long. */
	const struct slice garbage[] = {SLICE("\xff"), SLICE("\x81\x00"),
	    SLICE("\x81\x18\x63"), SLICE("\x81\x03"),
	    SLICE("\x82\x03\x41x\x00"), SLICE("\x82\x03\x40"),
	    SLICE("\x82\x03\x58\x41"
		  "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
		  "AAAAAA")};
	struct keeper keeper = {.size = 0};
	struct buf asks = BUF(65536);
	uint64_t id;

	start_keeper(&keeper);
	for (size_t i = 0; i < ARRAY_SIZE(garbage); i++) {
		for (uint64_t n = 0; n < 3; n++)
			put_ask(&asks, n,
			    &(struct secret_ask){.kind = SECRET_PASSWORD_CHECK,
				.password = {SLICE_NONE, PASSWORD}});
		send_asks(keeper.core, &asks);
		assert_int_equal(
		    msg_write(keeper.core, MSG_SECRET_ASK, 9, garbage[i], -1),
		    0);
		expect_kill(&keeper.process, ROLE_CORE, FORBIDDEN);
		fd_close(&keeper.core);
		/* Its successor is asked nothing of that, and served. */
		keeper.core = greet_core(&keeper.process, ROLE_CORE);
		put_ask(&asks, 1000 + i,
		    &(struct secret_ask){.kind = SECRET_PASSWORD_CHECK,
			.password = {SLICE_NONE, PASSWORD}});
		send_asks(keeper.core, &asks);
		assert_int_equal(hear_answer(&keeper, &id).code, E_DENIED);
		assert_int_equal(id, 1000 + i);
	}
	fd_close(&keeper.core);
	end(&keeper.process);
	buf_free(&asks);
}

/* ---- a front, and what its parent gives it ------------------------------- */

/* Memory with that in it. */
static int
memory_of(struct slice bytes)
{
	int fd = memfd_create("assets", MFD_CLOEXEC);

	assert_true(fd >= 0);
	assert_int_equal(file_write(fd, bytes), 0);
	return fd;
}

/* The pack of an app that says something. */
static void
put_app(struct buf *buf, const char *says)
{
	const struct pack_asset index = {.path = SLICE(PACK_INDEX),
	    .type = SLICE("text/html"),
	    .digest = sha256(slice_str(says)),
	    .bytes = {slice_str(says)}};

	pack_put(buf, &index, 1);
	assert_int_equal(buf->error, 0);
}

static int
app_memory(const char *says)
{
	struct buf bytes = BUF(4096);
	int fd;

	put_app(&bytes, says);
	fd = memory_of(buf_slice(&bytes));
	buf_free(&bytes);
	return fd;
}

/* The nth thing that is no pack. */
static int
garbage_memory(unsigned n)
{
	struct buf bytes = BUF(1 << 20);
	struct digest digest;
	int fd;

	put_app(&bytes, "garbage");
	if (n == 0)
		bytes.n--;
	else if (n == 1)
		bytes.p[bytes.n / 2] ^= 1;
	else if (n == 2)
		buf_put_u8(&bytes, 0);
	else {
		/* Whole, of bytes that are no pack's. */
		buf_clear(&bytes);
		buf_put_str(
		    &bytes, n == 3 ? "\x82\x01\x9b\xff" : "\x82\x01\x80");
		digest = sha256(buf_slice(&bytes));
		buf_put_slice(&bytes, digest_slice(&digest));
	}
	fd = memory_of(buf_slice(&bytes));
	buf_free(&bytes);
	return fd;
}

enum { GARBAGE = 5 };

/* A front on a port of loopback, for which a keeper has made a certificate. */
static void
start_front(struct process *front, int assets, uint16_t *ret_port)
{
	struct sockaddr_in address = {
	    .sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
	socklen_t n = sizeof(address);
	struct buf body = BUF(64);
	char path[128];
	int fd;

	start(front, ROLE_FRONT);
	fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	assert_int_equal(bind(fd, (void *)&address, n), 0);
	assert_int_equal(listen(fd, 16), 0);
	assert_int_equal(getsockname(fd, (void *)&address, &n), 0);
	*ret_port = ntohs(address.sin_port);
	body_put_listener(&body, &(struct body_listener){LISTENER_HTTP_LOCAL});
	tell(front, MSG_LISTENER, buf_slice(&body), fd);
	(void)snprintf(path, sizeof(path), "%s/keeper/tls.crt", rig.folder);
	assert_int_equal(file_open(AT_FDCWD, path, O_RDONLY, 0, &fd), 0);
	tell(front, MSG_CERTIFICATE, SLICE_NONE, fd);
	tell(front, MSG_ASSETS, SLICE_NONE, assets);
	buf_free(&body);
}

/* Whether the answer for the app has that in it. */
static bool
app_says(uint16_t port, const char *text)
{
	static const char request[] = "GET /app/ HTTP/1.1\r\n"
				      "Host: localhost\r\n"
				      "Connection: close\r\n\r\n";
	const struct sockaddr_in address = {.sin_family = AF_INET,
	    .sin_port = htons(port),
	    .sin_addr = {htonl(INADDR_LOOPBACK)}};
	AUTO_CLOSE int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	char answer[4096];
	size_t n = 0;
	ssize_t got;

	assert_int_equal(
	    connect(fd, (const void *)&address, sizeof(address)), 0);
	assert_int_equal(send(fd, request, sizeof(request) - 1, MSG_NOSIGNAL),
	    sizeof(request) - 1);
	while ((got = recv(fd, answer + n, sizeof(answer) - n, 0)) > 0)
		n += (size_t)got;
	return memmem(answer, n, text, strlen(text)) != NULL;
}

static void
await_app(uint16_t port, const char *text)
{
	uint64_t end = clock_boot_ms() + WAIT_MS;

	while (!app_says(port, text))
		assert_true(clock_boot_ms() < end);
}

static void
test_front_and_garbage(void **state UNUSED)
{
	struct keeper keeper = {.size = 0};
	struct process front;
	uint16_t port;
	int status;

	start_keeper(&keeper);
	/* At its start it doesn't begin. */
	for (unsigned i = 0; i < GARBAGE; i++) {
		start_front(&front, garbage_memory(i), &port);
		tell(&front, MSG_START, SLICE_NONE, -1);
		assert_int_equal(waitpid(front.pid, &status, 0), front.pid);
		assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 1);
		fd_close(&front.parent);
		buf_free(&front.in);
	}
	/* Later it keeps what it has; what is good is taken on after that. */
	start_front(&front, app_memory("the first"), &port);
	finish(&front);
	await_app(port, "the first");
	for (unsigned i = 0; i < GARBAGE; i++) {
		tell(&front, MSG_ASSETS, SLICE_NONE, garbage_memory(i));
		assert_false(app_says(port, "garbage"));
	}
	assert_true(app_says(port, "the first"));
	tell(&front, MSG_ASSETS, SLICE_NONE, app_memory("the second"));
	await_app(port, "the second");
	tell(&front, MSG_ASSETS, SLICE_NONE, memory_of(SLICE_NONE));
	await_app(port, "404 Not Found");
	end(&front);
	fd_close(&keeper.core);
	end(&keeper.process);
}

/* ---- blobs ------------------------------------------------------------- */

#define GOOD_PLACE "ab/cdef0123456789abcdef0123456789"

static void
make_blob(const char *place)
{
	char path[200];
	int fd;

	(void)snprintf(path, sizeof(path), "%s/blobs/%s", rig.folder, place);
	fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, "bytes", 5), 5);
	assert_int_equal(close(fd), 0);
}

/* [front, pid, place, size, sums] */
static void
ask_to_send(int core, uint64_t pid, uint64_t stream, struct slice place)
{
	struct buf body = BUF(256);

	cbor_put_array(&body, 5);
	cbor_put_uint(&body, 0);
	cbor_put_uint(&body, pid);
	cbor_put_bytes(&body, place);
	cbor_put_uint(&body, 5);
	cbor_put_bytes(&body, SLICE_NONE);
	assert_int_equal(
	    msg_write(core, MSG_BLOB_SEND, stream, buf_slice(&body), -1), 0);
	buf_free(&body);
}

static void
ask_to_drop(int core, struct slice place)
{
	struct buf body = BUF(256);

	cbor_put_array(&body, 1);
	cbor_put_bytes(&body, place);
	assert_int_equal(
	    msg_write(core, MSG_BLOB_DROP, 0, buf_slice(&body), -1), 0);
	buf_free(&body);
}

static void
ask_to_expect(int core, uint64_t pid, uint64_t stream)
{
	struct buf body = BUF(256);

	body_put_blob_expect(
	    &body, &(struct body_blob_expect){.pid = pid, .limit = 100});
	assert_int_equal(
	    msg_write(core, MSG_BLOB_EXPECT, stream, buf_slice(&body), -1), 0);
	buf_free(&body);
}

/* Names that would lead out of the folder, or to no blob. */
#define PLACE(text)                                       \
	{                                                 \
		(const uint8_t *)(text), sizeof(text) - 1 \
	}

static const struct slice bad_places[] = {
    PLACE(""),
    PLACE("new"),
    PLACE("../core/chancery.db"),
    PLACE("../outside"),
    PLACE("/etc/passwd"),
    PLACE("ab/../../../../../../../etc/passw"),
    PLACE("ab/cdef0123456789abcdef012345678/"),
    PLACE("ab/cdef0123456789abcdef01234567\0a"),
    PLACE("AB/CDEF0123456789ABCDEF0123456789"),
    PLACE("ab/cdef0123456789abcdef01234567890"),
};

static void
test_blobs_and_core(void **state UNUSED)
{
	struct process blobs;
	char outside[200];
	uint64_t front_pid;
	int core, front;
	struct msg msg;

	start(&blobs, ROLE_BLOBS);
	front = be_peer(&blobs, ROLE_FRONT);
	front_pid = rig.pids;
	finish(&blobs);
	make_blob(GOOD_PLACE);
	make_blob("../outside");
	for (size_t i = 0; i < ARRAY_SIZE(bad_places); i++) {
		core = be_peer(&blobs, ROLE_CORE);
		ask_to_send(core, front_pid, i + 1, bad_places[i]);
		expect_kill(&blobs, ROLE_CORE, FORBIDDEN);
		fd_close(&core);
		core = be_peer(&blobs, ROLE_CORE);
		ask_to_drop(core, bad_places[i]);
		expect_kill(&blobs, ROLE_CORE, FORBIDDEN);
		fd_close(&core);
	}
	(void)snprintf(outside, sizeof(outside), "%s/outside", rig.folder);
	assert_int_equal(access(outside, F_OK), 0);
	/* An upload of no number, and one that is under way already. */
	core = be_peer(&blobs, ROLE_CORE);
	ask_to_expect(core, front_pid, 0);
	expect_kill(&blobs, ROLE_CORE, FORBIDDEN);
	fd_close(&core);
	core = be_peer(&blobs, ROLE_CORE);
	ask_to_expect(core, front_pid, 97);
	msg = hear(&blobs, front, ROLE_BLOBS, ROLE_FRONT);
	assert_int_equal(msg.type, MSG_UPLOAD_TAKEN);
	ask_to_expect(core, front_pid, 97);
	expect_kill(&blobs, ROLE_CORE, FORBIDDEN);
	fd_close(&core);
	/* For a front that is gone nothing goes to the one in its place. */
	core = be_peer(&blobs, ROLE_CORE);
	ask_to_send(core, front_pid + 100, 98, SLICE(GOOD_PLACE));
	/* Of all that, the front hears nothing but the one that is right. */
	ask_to_send(core, front_pid, 99, SLICE(GOOD_PLACE));
	msg = hear(&blobs, front, ROLE_BLOBS, ROLE_FRONT);
	assert_int_equal(msg.type, MSG_BLOB_FILE);
	assert_int_equal(msg.id, 99);
	fd_close(&msg.fd);
	fd_close(&core);
	fd_close(&front);
	end(&blobs);
}

static void
test_blobs_and_any(void **state UNUSED)
{
	struct process blobs;
	int front;

	start(&blobs, ROLE_BLOBS);
	finish(&blobs);
	assert_true(misbehave_all(&blobs, ROLE_FRONT, be_peer) > 30);
	assert_true(misbehave_all(&blobs, ROLE_CORE, be_peer) > 30);
	front = be_peer(&blobs, ROLE_FRONT);
	assert_int_equal(
	    msg_write(front, MSG_UPLOAD_END, 1, SLICE("\xff"), -1), 0);
	expect_kill(&blobs, ROLE_FRONT, FORBIDDEN);
	fd_close(&front);
	end(&blobs);
}

/* ---- core -------------------------------------------------------------- */

struct core {
	struct process process, keeper;
	struct front front;
	char token[64];
	int blobs;
	uint64_t keeper_pid;
};

/* A front that core knows; only its channel to core is used. */
static int
greet_as_front(struct process *process, enum role peer)
{
	int socket = be_peer(process, peer);

	assert_int_equal(
	    msg_write(socket, MSG_HELLO, 0, role_build_id(), -1), 0);
	return socket;
}

/* A keeper's first word, without which core hears nothing else of it. */
static int
greet_as_keeper(struct process *process, enum role peer)
{
	static const uint8_t root[SHA256_BYTES];
	struct buf body = BUF(1024);
	int socket = be_peer(process, peer);

	cbor_put_array(&body, 3);
	cbor_put_text(&body, SLICE("x"));
	cbor_put_uint(&body, 0);
	cbor_put_bytes(&body, slice_of(root, sizeof(root)));
	assert_int_equal(
	    msg_write(socket, MSG_LOG_KEY, 0, buf_slice(&body), -1), 0);
	buf_free(&body);
	return socket;
}

static void
read_token(struct core *core)
{
	struct buf text = BUF(64);
	char path[128];

	(void)snprintf(path, sizeof(path), "%s/core/token", rig.folder);
	assert_int_equal(file_read(AT_FDCWD, path, &text), 0);
	(void)snprintf(core->token, sizeof(core->token), "%.*s",
	    (int)text.n - 1, buf_cstr(&text));
	buf_free(&text);
}

static void
start_core(struct core *core)
{
	int ends[2];

	start(&core->keeper, ROLE_KEEPER);
	start(&core->process, ROLE_CORE);
	assert_int_equal(
	    socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
	give_peer(&core->keeper, ROLE_CORE, ++rig.pids, ends[0]);
	give_peer(&core->process, ROLE_KEEPER, ++rig.pids, ends[1]);
	finish(&core->keeper);
	finish(&core->process);
	core->front = (struct front){.parent = -1,
	    .keeper = -1,
	    .blobs = -1,
	    .test = -1,
	    .in = BUF(BODY_MAX),
	    .gotten = BUF(BODY_MAX)};
	core->front.core = greet_as_front(&core->process, ROLE_FRONT);
	core->blobs = be_peer(&core->process, ROLE_BLOBS);
	read_token(core);
}

static void
end_core(struct core *core)
{
	fd_close(&core->blobs);
	fd_close(&core->front.core);
	buf_free(&core->front.in);
	buf_free(&core->front.gotten);
	end(&core->process);
	end(&core->keeper);
}

static uint64_t
begin_upload(struct core *core, struct arena *arena)
{
	struct upload_begin begin = {.has_size = true, .size = 100000};
	struct upload_ready *ready = NULL;

	assert_int_equal(front_do(&core->front, arena, core->token,
			     OP_UPLOAD_BEGIN, &begin, (void **)&ready),
	    0);
	return ready->stream;
}

static uint64_t
begin_tail(struct core *core, struct arena *arena)
{
	struct log_tail tail = {.has_from = false};
	struct log_stream *stream = NULL;

	assert_int_equal(front_do(&core->front, arena, core->token, OP_LOG_TAIL,
			     &tail, (void **)&stream),
	    0);
	return stream->stream;
}

/* [code, bytes, digest, sums, place] */
static void
say_stored(int blobs, uint64_t stream, uint64_t bytes, struct slice digest,
    struct slice place)
{
	struct buf body = BUF(512);

	cbor_put_array(&body, 5);
	cbor_put_uint(&body, 0);
	cbor_put_uint(&body, bytes);
	cbor_put_bytes(&body, digest);
	cbor_put_bytes(&body, digest);
	cbor_put_bytes(&body, place);
	assert_int_equal(
	    msg_write(blobs, MSG_BLOB_STORED, stream, buf_slice(&body), -1), 0);
	buf_free(&body);
}

/* What its front is told of an upload. */
static int
upload_done(struct core *core, uint64_t stream)
{
	struct cbor_reader r;
	struct msg msg;

	do
		assert_int_equal(
		    front_read(&core->front, core->front.core, &msg), 0);
	while (msg.type != MSG_STREAM_DONE || msg.id != stream);
	r = cbor_reader(msg.body);
	(void)cbor_get_array(&r);
	return -(int)cbor_get_uint(&r);
}

static void
test_core_and_blobs(void **state UNUSED)
{
	static const uint8_t some[SHA256_BYTES] = {1};
	const struct slice digest = slice_of(some, sizeof(some));
	struct core core;
	struct arena arena = {NULL};
	uint64_t stream;

	start_core(&core);
	/* What was stored as it should be. */
	stream = begin_upload(&core, &arena);
	say_stored(core.blobs, stream, 100000, digest, SLICE(GOOD_PLACE));
	assert_int_equal(upload_done(&core, stream), 0);
	/* More than was allowed, and in places that are none. */
	for (size_t i = 0; i <= ARRAY_SIZE(bad_places); i++) {
		stream = begin_upload(&core, &arena);
		if (i < ARRAY_SIZE(bad_places))
			say_stored(
			    core.blobs, stream, 5, digest, bad_places[i]);
		else
			say_stored(core.blobs, stream, 100001, digest,
			    SLICE(GOOD_PLACE));
		expect_kill(&core.process, ROLE_BLOBS, FORBIDDEN);
		assert_true(upload_done(&core, stream) < 0);
		fd_close(&core.blobs);
		core.blobs = be_peer(&core.process, ROLE_BLOBS);
	}
	/* A stream that is no upload isn't theirs to end. */
	stream = begin_tail(&core, &arena);
	say_stored(core.blobs, stream, 5, digest, SLICE(GOOD_PLACE));
	expect_kill(&core.process, ROLE_BLOBS, FORBIDDEN);
	fd_close(&core.blobs);
	core.blobs = be_peer(&core.process, ROLE_BLOBS);
	/* One that nobody has is the end of one that was. */
	say_stored(core.blobs, 1, 5, digest, SLICE(GOOD_PLACE));
	stream = begin_upload(&core, &arena);
	say_stored(core.blobs, stream, 100000, digest, SLICE(GOOD_PLACE));
	assert_int_equal(upload_done(&core, stream), 0);
	end_core(&core);
	arena_free(&arena);
}

static void
test_core_and_any(void **state UNUSED)
{
	struct core core;
	struct arena arena = {NULL};

	start_core(&core);
	assert_true(
	    misbehave_all(&core.process, ROLE_KEEPER, greet_as_keeper) > 30);
	assert_true(misbehave_all(&core.process, ROLE_BLOBS, be_peer) > 30);
	assert_true(
	    misbehave_all(&core.process, ROLE_FRONT, greet_as_front) > 30);
	/* And works on. */
	fd_close(&core.front.core);
	core.front.core = greet_as_front(&core.process, ROLE_FRONT);
	(void)begin_tail(&core, &arena);
	end_core(&core);
	arena_free(&arena);
}

/* Each with state folders of its own. */
#define FRESH(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    FRESH(test_keeper_and_core),
	    FRESH(test_keeper_and_front),
	    FRESH(test_keeper_and_any_core),
	    FRESH(test_keeper_hashes),
	    FRESH(test_keeper_and_garbage),
	    FRESH(test_front_and_garbage),
	    FRESH(test_blobs_and_core),
	    FRESH(test_blobs_and_any),
	    FRESH(test_core_and_blobs),
	    FRESH(test_core_and_any),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
