#include "ledger/test_log.h"

#include "unit.h"

#include <dirent.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "ledger/verify.h"

enum { CONTENT_MAX = 32 << 20 };

void
test_log_begin(struct test_log *log)
{
	static const uint8_t seed[crypto_sign_SEEDBYTES] = {7};
	uint8_t public_key[NOTE_PUBLIC_BYTES];

	(void)snprintf(
	    log->path, sizeof(log->path), "/tmp/chancery-ledger-XXXXXX");
	assert_non_null(mkdtemp(log->path));
	log->dir = open(log->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_true(log->dir >= 0);
	(void)crypto_sign_seed_keypair(public_key, log->secret, seed);
	assert_int_equal(
	    note_key_make(SLICE(TEST_ORIGIN), public_key, &log->key), 0);
}

/* Goes through the folder path below dir; folders come after their content. */
static void
walk(int dir, const char *path,
    void (*each)(void *arg, const char *path, bool folder), void *arg)
{
	int fd = openat(dir, *path == '\0' ? "." : path,
	    O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct dirent *entry;
	char name[512];
	DIR *list;

	assert_true(fd >= 0);
	list = fdopendir(fd);
	assert_non_null(list);
	while ((entry = readdir(list)) != NULL) {
		struct stat st;

		if (strcmp(entry->d_name, ".") == 0 ||
		    strcmp(entry->d_name, "..") == 0)
			continue;
		(void)snprintf(name, sizeof(name), "%s%s%s", path,
		    *path == '\0' ? "" : "/", entry->d_name);
		assert_int_equal(
		    fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW), 0);
		if (S_ISDIR(st.st_mode))
			walk(dir, name, each, arg);
		each(arg, name, S_ISDIR(st.st_mode));
	}
	(void)closedir(list);
}

static void
remove_one(void *arg, const char *path, bool folder)
{
	assert_int_equal(
	    unlinkat(*(int *)arg, path, folder ? AT_REMOVEDIR : 0), 0);
}

void
test_log_end(struct test_log *log)
{
	walk(log->dir, "", remove_one, &log->dir);
	assert_int_equal(rmdir(log->path), 0);
	fd_close(&log->dir);
}

struct files {
	void (*each)(void *arg, const char *path);
	void *arg;
};

static void
one_file(void *arg, const char *path, bool folder)
{
	struct files *files = arg;

	if (!folder)
		files->each(files->arg, path);
}

void
test_log_files(
    struct test_log *log, void (*each)(void *arg, const char *path), void *arg)
{
	struct files files = {each, arg};

	walk(log->dir, "", one_file, &files);
}

void
test_entry(uint64_t index, struct buf *ret_entry)
{
	buf_clear(ret_entry);
	if (index % 11 == 3)
		return;
	buf_printf(ret_entry, "entry %llu", (unsigned long long)index);
	while (ret_entry->error == 0 && ret_entry->n < 10 + index % 81)
		buf_put_u8(ret_entry, (uint8_t)(index * ret_entry->n));
}

void
test_log_append(struct folder *folder, uint64_t size)
{
	struct buf entry = BUF(100);

	while (folder_size(folder) < size) {
		test_entry(folder_size(folder), &entry);
		assert_int_equal(folder_append(folder, buf_slice(&entry)), 0);
	}
	buf_free(&entry);
}

struct digest
test_root(uint64_t size)
{
	struct buf entry = BUF(100);
	struct tree tree = {0};

	while (tree.size < size) {
		struct digest leaf;

		test_entry(tree.size, &entry);
		leaf = tree_leaf_hash(buf_slice(&entry));
		tree_append_leaf_hash(&tree, &leaf);
	}
	buf_free(&entry);
	return tree_root(&tree);
}

static int
sign(void *arg, struct slice text, uint8_t ret[static NOTE_SIGNATURE_BYTES])
{
	struct test_log *log = arg;

	(void)crypto_sign_detached(ret, NULL, text.p, text.n, log->secret);
	return 0;
}

void
test_checkpoint(struct test_log *log, const char *origin, uint64_t size,
    const struct digest *root, struct buf *ret_note)
{
	struct checkpoint checkpoint = {slice_str(origin), size, *root, {0}};
	struct note_signer signer = {&log->key, sign, log};
	struct buf text = BUF(1000);

	assert_int_equal(checkpoint_put(&checkpoint, &text), 0);
	buf_clear(ret_note);
	assert_int_equal(note_sign(buf_slice(&text), &signer, ret_note), 0);
	buf_free(&text);
}

void
test_log_flush(struct test_log *log, struct folder *folder, uint64_t size)
{
	struct digest root = test_root(size);
	struct buf note = BUF(1000);

	test_checkpoint(log, TEST_ORIGIN, size, &root, &note);
	assert_int_equal(folder_flush(folder, buf_slice(&note)), 0);
	buf_free(&note);
}

struct folder *
test_log_open(struct test_log *log, const struct folder_options *options)
{
	struct folder_problem problem = {0};
	struct folder *folder = NULL;
	int r = folder_open(log->dir, options, &folder, &problem);

	if (r != 0)
		fail_msg("%s: %s", problem.path, problem.text);
	return folder;
}

void
test_log_make(struct test_log *log, uint64_t size)
{
	struct folder_options options = {0};
	struct folder *folder;

	test_log_begin(log);
	folder = test_log_open(log, &options);
	assert_int_equal(folder_put_key(folder, &log->key), 0);
	test_log_append(folder, size);
	test_log_flush(log, folder, size);
	folder_free(&folder);
}

bool
test_log_has(const struct test_log *log, const char *path)
{
	return faccessat(log->dir, path, F_OK, 0) == 0;
}

void
test_log_read(
    const struct test_log *log, const char *path, struct buf *ret_content)
{
	*ret_content = BUF(CONTENT_MAX);
	assert_int_equal(file_read(log->dir, path, ret_content), 0);
}

void
test_log_write(
    const struct test_log *log, const char *path, struct slice content)
{
	char folder[TILE_PATH_MAX];

	for (size_t i = 0; path[i] != '\0'; i++) {
		if (path[i] != '/')
			continue;
		memcpy(folder, path, i);
		folder[i] = '\0';
		assert_int_equal(file_mkdir(log->dir, folder, 0755), 0);
	}
	assert_int_equal(
	    file_replace_unsynced(log->dir, path, 0644, content), 0);
}

void
test_log_remove(const struct test_log *log, const char *path)
{
	assert_int_equal(unlinkat(log->dir, path, 0), 0);
}

void
test_log_flip(
    const struct test_log *log, const char *path, uint64_t offset, uint8_t mask)
{
	struct buf content;

	test_log_read(log, path, &content);
	assert_true(offset < content.n);
	content.p[offset] ^= mask;
	test_log_write(log, path, buf_slice(&content));
	buf_free(&content);
}

void
test_log_whole(struct test_log *log, uint64_t size)
{
	struct verify_options options = {.keys = &log->key, .n_keys = 1};
	struct folder_problem problem;
	struct verify_result result;

	if (verify_folder(log->dir, &options, &result, &problem) != 0)
		fail_msg("%s: %s", problem.path, problem.text);
	assert_int_equal(result.size, size);
}

static void
count_file(void *arg, const char *path UNUSED)
{
	(*(uint64_t *)arg)++;
}

static void
assert_tile(struct test_log *log, enum tile_kind kind, unsigned level,
    uint64_t index, unsigned width)
{
	struct tile_path path = {kind, level, index, width};
	char text[TILE_PATH_MAX];

	tile_path_text(&path, text);
	if (!test_log_has(log, text))
		fail_msg("%s is not there", text);
}

/* The folder holds what a log of size needs for a checkpoint of it; no more. */
void
test_log_only(struct test_log *log, uint64_t size)
{
	uint64_t expected = 2, found = 0; /* the checkpoint and log.vkey */

	for (unsigned level = 0; level < TILE_LEVELS; level++) {
		unsigned kinds = level == 0 ? 2 : 1;

		for (unsigned k = 0; k < kinds; k++) {
			enum tile_kind kind =
			    k == 0 ? TILE_KIND_HASHES : TILE_KIND_ENTRIES;
			uint64_t full = tile_full(level, size);
			unsigned width = tile_partial(level, size);

			for (uint64_t i = 0; i < full; i++)
				assert_tile(log, kind, level, i, TILE_WIDTH);
			if (width > 0)
				assert_tile(log, kind, level, full, width);
			expected += full + (width > 0);
		}
	}
	test_log_files(log, count_file, &found);
	assert_int_equal(found, expected);
}

void
test_log_entries(struct folder *folder, uint64_t size)
{
	struct buf entry = BUF(100), expected = BUF(100);

	for (uint64_t i = 0; i < size; i += 1 + size / 300) {
		buf_clear(&entry);
		test_entry(i, &expected);
		assert_int_equal(folder_entry(folder, i, &entry), 0);
		assert_true(slice_eq(buf_slice(&entry), buf_slice(&expected)));
	}
	assert_int_equal(folder_entry(folder, size, &entry), E_RANGE);
	buf_free(&entry);
	buf_free(&expected);
}

/* Proofs from the folder's nodes hold against a root computed elsewhere. */
void
test_log_proofs(struct folder *folder, uint64_t size)
{
	struct tree_reader reader = folder_reader(folder);
	struct digest root = test_root(size), leaf, hash;
	struct buf entry = BUF(100);
	struct tree_proof proof;

	for (uint64_t i = 0; i < size; i += 1 + size / 50) {
		struct digest older = test_root(i);

		test_entry(i, &entry);
		leaf = tree_leaf_hash(buf_slice(&entry));
		assert_int_equal(
		    tree_prove_inclusion(&reader, i, size, &proof), 0);
		assert_int_equal(
		    tree_verify_inclusion(i, size, &leaf, &proof, &root), 0);
		assert_int_equal(
		    tree_prove_consistency(&reader, i, size, &proof), 0);
		assert_int_equal(
		    tree_verify_consistency(i, size, &older, &proof, &root), 0);
	}
	assert_int_equal(folder_node(folder, 0, size, &hash), E_RANGE);
	assert_int_equal(folder_node(folder, 63, 0, &hash), E_RANGE);
	assert_int_equal(folder_node(folder, 64, 0, &hash), E_RANGE);
	buf_free(&entry);
}
