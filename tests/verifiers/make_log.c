/*
 * Writes a log folder for the foreign verifiers: made-up entries, signed by a
 * throwaway key.
 *
 *	make_log FOLDER ENTRIES BYTES [OLDER FILE]
 *
 * Each entry has BYTES bytes. With OLDER, the signed checkpoint of that many
 * entries goes to FILE, outside the folder.
 */
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <sys/stat.h>

#include "base/encode.h"
#include "base/file.h"
#include "ledger/folder.h"

#define ORIGIN "log.example/verifiers"

struct maker {
	struct folder *folder;
	struct note_key key;
	uint8_t secret[crypto_sign_SECRETKEYBYTES];
};

static int
sign(void *arg, struct slice text, uint8_t ret[static NOTE_SIGNATURE_BYTES])
{
	struct maker *maker = arg;

	(void)crypto_sign_detached(ret, NULL, text.p, text.n, maker->secret);
	return 0;
}

/* A signed checkpoint of what is in the folder now. */
static int
make_checkpoint(struct maker *maker, struct buf *ret_note)
{
	struct note_signer signer = {&maker->key, sign, maker};
	struct checkpoint checkpoint = {.origin = SLICE(ORIGIN)};
	struct buf text = BUF(NOTE_MAX);
	struct tree tree;
	int r;

	folder_tree(maker->folder, &tree);
	checkpoint.size = tree.size;
	checkpoint.root = tree_root(&tree);
	r = checkpoint_put(&checkpoint, &text);
	if (r == 0)
		r = note_sign(buf_slice(&text), &signer, ret_note);
	buf_free(&text);
	return r;
}

/* Appends entries up to size: a number, then bytes that differ. */
static int
append(struct maker *maker, uint64_t size, size_t bytes)
{
	uint8_t entry[ENTRY_MAX];
	int r = 0;

	while (r == 0 && folder_size(maker->folder) < size) {
		uint64_t index = folder_size(maker->folder);

		for (size_t i = 0; i < bytes; i++)
			entry[i] =
			    (uint8_t)(i < 8 ? index >> 8 * i : index * 31 + i);
		r = folder_append(maker->folder, slice_of(entry, bytes));
	}
	return r;
}

static int
make_key(struct maker *maker)
{
	uint8_t public_key[NOTE_PUBLIC_BYTES];

	if (sodium_init() < 0)
		return E_CRYPTO;
	(void)crypto_sign_keypair(public_key, maker->secret);
	return note_key_make(SLICE(ORIGIN), public_key, &maker->key);
}

static int
write_older(struct maker *maker, const char *file)
{
	struct buf note = BUF(NOTE_MAX);
	int r = make_checkpoint(maker, &note);

	if (r == 0)
		r = file_replace_unsynced(
		    AT_FDCWD, file, 0644, buf_slice(&note));
	buf_free(&note);
	return r;
}

static int
make(const char *path, uint64_t size, size_t bytes, uint64_t older,
    const char *older_file)
{
	struct folder_options options = {.sync = false};
	struct buf note = BUF(NOTE_MAX);
	struct folder_problem problem;
	struct maker maker = {0};
	AUTO_CLOSE int dir = -1;
	int r;

	if ((r = file_mkdir(AT_FDCWD, path, 0755)) < 0 ||
	    (r = file_open(AT_FDCWD, path, O_RDONLY | O_DIRECTORY, 0, &dir)) <
		0 ||
	    (r = make_key(&maker)) < 0 ||
	    (r = folder_open(dir, &options, &maker.folder, &problem)) < 0 ||
	    (r = folder_put_key(maker.folder, &maker.key)) < 0 ||
	    (r = append(&maker, older, bytes)) < 0 ||
	    (older_file != NULL && (r = write_older(&maker, older_file)) < 0))
		goto end;
	if ((r = append(&maker, size, bytes)) == 0 &&
	    (r = make_checkpoint(&maker, &note)) == 0)
		r = folder_flush(maker.folder, buf_slice(&note));
end:
	folder_free(&maker.folder);
	buf_free(&note);
	return r;
}

int
main(int argc, char **argv)
{
	uint64_t size, bytes, older = 0;
	int r;

	if ((argc != 4 && argc != 6) ||
	    slice_u64(slice_str(argv[2]), TREE_SIZE_MAX, &size) < 0 ||
	    slice_u64(slice_str(argv[3]), ENTRY_MAX, &bytes) < 0 ||
	    (argc == 6 && slice_u64(slice_str(argv[4]), size, &older) < 0)) {
		(void)fprintf(stderr,
		    "usage: make_log FOLDER ENTRIES BYTES [OLDER FILE]\n");
		return 2;
	}
	r = make(argv[1], size, bytes, older, argc == 6 ? argv[5] : NULL);
	if (r < 0)
		(void)fprintf(stderr, "make_log: %s\n", error_text(r));
	return r < 0;
}
