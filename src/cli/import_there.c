#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/encode.h"
#include "base/file.h"
#include "cli/import.h"
#include "cli/path.h"
#include "op/shape_json.h"

enum { READ_BYTES = 65536 };

/* ---- finding an entry by its path -------------------------------------------
 */

struct index {
	struct import_entry **list; /* by path */
	size_t n;
};

static int
by_path(const void *a, const void *b)
{
	const struct import_entry *const *x = a, *const *y = b;

	return slice_cmp((*x)->item.path, (*y)->item.path);
}

static int
make_index(const struct import_tree *tree, struct index *ret_index)
{
	struct index index = {.n = 0};

	index.list = mem_calloc(tree->n, sizeof(struct import_entry *));
	if (index.list == NULL)
		return E_NOMEM;
	for (size_t i = 0; i < tree->n; i++)
		if (!tree->entries[i]->item.is_folder &&
		    tree->entries[i]->state == IMPORT_WANTED)
			index.list[index.n++] = tree->entries[i];
	qsort(index.list, index.n, sizeof(struct import_entry *), by_path);
	*ret_index = index;
	return 0;
}

static struct import_entry *
find(const struct index *index, struct slice folder, struct slice name)
{
	struct buf path = BUF(65536);
	struct import_entry key, *at = &key, **found;

	buf_put_slice(&path, folder);
	if (folder.n > 0)
		buf_put_u8(&path, '/');
	buf_put_slice(&path, name);
	key.item.path = buf_slice(&path);
	found = index->n == 0 ? NULL
	                      : bsearch(&at, index->list, index->n,
				    sizeof(struct import_entry *), by_path);
	buf_free(&path);
	return found != NULL ? *found : NULL;
}

/* ---- is it the same? --------------------------------------------------------
 */

static int
digest_of(const struct import_tree *tree, const char *local,
    struct digest *ret_digest)
{
	AUTO_CLOSE int fd = openat(
	    tree->dir, local, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	struct sha256 *sha = sha256_new();
	uint8_t bytes[READ_BYTES];
	ssize_t n = -1;

	if (sha != NULL && fd >= 0) {
		sha256_start(sha);
		while ((n = read(fd, bytes, sizeof(bytes))) > 0)
			sha256_add(sha, slice_of(bytes, (size_t)n));
		*ret_digest = sha256_end(sha);
	}
	sha256_free(&sha);
	return n == 0 ? 0 : E_IO;
}

static bool
is_same(const struct import_tree *tree, const struct import_entry *entry,
    const json_t *node)
{
	const char *digest = api_text(node, "digest");
	struct buf theirs = BUF(SHA256_BYTES);
	struct digest ours;
	int64_t modified;
	bool same;

	if (api_u64(node, "size") != entry->item.size)
		return false;
	if (digest[0] == '\0')
		return time_from_text(slice_str(api_text(node, "modified")),
			   &modified) == 0 &&
		       modified == MAX(entry->item.modified, 0);
	same = base64_decode(slice_str(digest), &theirs) == 0 &&
	       digest_of(tree, entry->item.local, &ours) == 0 &&
	       slice_eq(buf_slice(&theirs), digest_slice(&ours));
	buf_free(&theirs);
	return same;
}

static void
compare_node(struct import_tree *tree, const struct index *index,
    const struct import_entry *folder, const json_t *node, bool force)
{
	struct import_entry *entry =
	    find(index, folder->item.path, slice_str(api_text(node, "name")));
	struct id version;

	if (entry == NULL || strcmp(api_text(node, "kind"), "file") != 0)
		return;
	if (!force && is_same(tree, entry, node)) {
		entry->state = IMPORT_THERE;
		tree->files--;
		tree->bytes -= entry->item.size;
	} else if (id_parse(slice_str(api_text(node, "version")), &version) ==
		   0) {
		entry->item.version = version;
	}
}

/* ---- pages ------------------------------------------------------------------
 */

/* What is asked for in one round: a page of each folder. */
struct round {
	json_t *asks;
	struct import_entry **folders; /* the same, in order */
	size_t n;
};

static void
ask(struct round *round, struct import_entry *folder, json_t *after)
{
	round->folders[round->n++] = folder;
	(void)json_array_append_new(round->asks,
	    api_object("path", api_string(folder->item.path), "after",
		after != NULL ? json_incref(after) : NULL, NULL));
}

static int
take_page(struct cli *cli, struct import_tree *tree, const struct index *index,
    struct import_entry *folder, const json_t *result, bool force)
{
	json_t *node;
	size_t i;

	if (!api_bool(result, "ok"))
		return cli_fail(cli, CLI_FAILED, "%.*s: can't be listed: %s",
		    SLICE_ARG(folder->item.path),
		    api_text(json_object_get(result, "error"), "description"));
	json_array_foreach(json_object_get(result, "list"), i, node)
	    compare_node(tree, index, folder, node, force);
	folder->mapped = true;
	return CLI_OK;
}

/* Asks for this round's pages; what has further ones makes up the next. */
static int
do_round(struct cli *cli, struct import_tree *tree, const struct index *index,
    bool force, struct round *round)
{
	struct round now = *round;
	json_t *results = NULL, *result;
	int status;
	size_t i;

	*round = (struct round){.asks = json_array(), .folders = now.folders};
	status = api_call_each(cli, "folder.list", now.asks, &results);
	json_array_foreach(results, i, result)
	{
		json_t *next = json_object_get(result, "next");

		if (status == CLI_OK)
			status = take_page(
			    cli, tree, index, now.folders[i], result, force);
		if (next != NULL)
			ask(round, now.folders[i], next);
	}
	json_decref(results);
	return status;
}

int
import_compare(struct cli *cli, struct import_tree *tree, bool force)
{
	struct round round = {.asks = json_array()};
	struct index index = {.n = 0};
	int status = CLI_OK;
	bool ready;

	round.folders = mem_calloc(tree->n, sizeof(struct import_entry *));
	ready = round.folders != NULL && make_index(tree, &index) == 0;
	if (!ready)
		status = cli_nomem(cli);
	for (size_t i = 0; ready && i < tree->n; i++)
		if (tree->entries[i]->existed)
			ask(&round, tree->entries[i], NULL);
	while (ready && round.n > 0 && status == CLI_OK)
		status = do_round(cli, tree, &index, force, &round);
	json_decref(round.asks);
	mem_free(round.folders);
	mem_free(index.list);
	return status;
}
