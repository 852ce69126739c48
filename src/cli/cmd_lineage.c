/*
 * chancery lineage: where something comes from, and what came of it, as trees
 * of records.
 */
#include <inttypes.h>

#include "base/encode.h"
#include "base/mem.h"
#include "cli/commands.h"
#include "cli/event.h"
#include "ledger/bundle.h"
#include "op/id.h"

enum { EDGES_MAX = 500, RECORDS_MAX = 2 * EDGES_MAX + 1, MESSAGE_MAX = 8192 };

struct options {
	struct arg_number limit;
};

struct edge {
	uint64_t parent, child;
	const char *how;
};

struct node {
	uint64_t sequence;
	char *message; /* what the record says, as one line */
	bool shown;
};

struct lineage {
	struct cli *cli;
	json_t *result;
	uint64_t root;
	struct edge up[EDGES_MAX], down[EDGES_MAX];
	size_t n_up, n_down;
	struct node nodes[RECORDS_MAX];
	size_t n_nodes;
	bool more;
};

/* ---- fetching
 * ----------------------------------------------------------------- */

static struct node *
node_of(struct lineage *l, uint64_t sequence)
{
	for (size_t i = 0; i < l->n_nodes; i++)
		if (l->nodes[i].sequence == sequence)
			return &l->nodes[i];
	if (l->n_nodes == RECORDS_MAX)
		return NULL;
	l->nodes[l->n_nodes].sequence = sequence;
	return &l->nodes[l->n_nodes++];
}

static size_t
take_edges(struct lineage *l, const json_t *list, struct edge *edges)
{
	const json_t *edge;
	size_t i, n = 0;

	json_array_foreach(list, i, edge)
	{
		struct edge e = {api_u64(edge, "parent"),
		    api_u64(edge, "child"), api_text(edge, "how")};

		if (n == EDGES_MAX || e.parent == 0 || e.child == 0)
			continue;
		edges[n++] = e;
		(void)node_of(l, e.parent);
		(void)node_of(l, e.child);
	}
	return n;
}

static int
arguments(struct cli *cli, const char *operand, json_t **ret_args)
{
	const struct options *options = cli->options;
	uint64_t limit =
	    options->limit.given ? MIN(options->limit.n, EDGES_MAX) : 0;
	uint64_t sequence = 0;
	char id[API_ID] = "";
	int status;

	if (slice_u64(slice_str(operand), INT64_MAX, &sequence) < 0 &&
	    (status = api_find_id(cli, operand, id)) != CLI_OK)
		return status;
	*ret_args = api_object("limit",
	    limit != 0 ? json_integer((json_int_t)limit) : NULL,
	    id[0] == '\0' ? "sequence" : "id",
	    id[0] == '\0' ? json_integer((json_int_t)sequence)
			  : json_string(id),
	    NULL);
	return *ret_args != NULL ? CLI_OK : cli_nomem(cli);
}

static char *
message_of(const json_t *record)
{
	struct buf bytes = BUF(BUNDLE_BYTES_MAX), text = BUF(MESSAGE_MAX);
	char *message = NULL;

	if (base64_decode(slice_str(api_text(record, "bundle")), &bytes) == 0 &&
	    event_put_message(buf_slice(&bytes), &text) == 0)
		message = mem_str(buf_slice(&text));
	buf_free(&bytes);
	buf_free(&text);
	return message;
}

/* One readable line for each record that is named. */
static int
fetch_messages(struct lineage *l)
{
	json_t *objects = json_array(), *results = NULL, *result;
	int status;
	size_t i;

	for (i = 0; i < l->n_nodes; i++)
		(void)json_array_append_new(
		    objects, json_pack("{s:I}", "sequence",
				 (json_int_t)l->nodes[i].sequence));
	status = api_call_each(l->cli, "log.show", objects, &results);
	json_array_foreach(results, i, result) l->nodes[i].message =
	    message_of(result);
	json_decref(results);
	return status;
}

/* ---- showing
 * ------------------------------------------------------------------ */

static const char *
how_text(const char *how)
{
	static const struct {
		const char *how, *text;
	} texts[] = {
	    {"by", "in the session of"},
	    {"auth", "with the credential of"},
	    {"proof", "by the right from"},
	    {"from", "made from"},
	    {"approved", "approved in"},
	    {"cites", "refers to"},
	    {"made", "made by"},
	    {"ended", "ended by"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
		if (strcmp(texts[i].how, how) == 0)
			return texts[i].text;
	return how;
}

static void
print_node(const struct lineage *l, const struct node *node, unsigned depth,
    const char *how)
{
	(void)printf("%*s", (int)depth * 2, "");
	if (how[0] != '\0')
		(void)printf("%s%s%s ", term_colour(&l->cli->out, TERM_FAINT),
		    how, term_colour(&l->cli->out, TERM_PLAIN));
	(void)printf("%" PRIu64 "  %s", node->sequence,
	    node->message != NULL ? node->message : "(can't be read)");
}

/* All ways by which one record comes from another: "by, with". */
static void
join_ways(const struct edge *edges, size_t n, const struct edge *edge,
    char *text, size_t size)
{
	size_t at = 0;

	text[0] = '\0';
	for (size_t i = 0; i < n && at < size; i++) {
		int got;

		if (edges[i].parent != edge->parent ||
		    edges[i].child != edge->child)
			continue;
		got = snprintf(text + at, size - at, "%s%s", at > 0 ? ", " : "",
		    how_text(edges[i].how));
		at += got > 0 ? (size_t)got : 0;
	}
}

static bool
is_first_way(const struct edge *edges, const struct edge *edge)
{
	for (const struct edge *e = edges; e < edge; e++)
		if (e->parent == edge->parent && e->child == edge->child)
			return false;
	return true;
}

/* A record's ancestors below it; one that stands above is not repeated. */
static void
print_ancestors(struct lineage *l, uint64_t sequence, unsigned depth)
{
	char how[160];

	for (size_t i = 0; i < l->n_up; i++) {
		const struct edge *edge = &l->up[i];
		struct node *node;

		if (edge->child != sequence || !is_first_way(l->up, edge))
			continue;
		node = node_of(l, edge->parent);
		if (node == NULL)
			continue;
		join_ways(l->up, l->n_up, edge, how, sizeof(how));
		print_node(l, node, depth, how);
		(void)printf("%s\n", node->shown ? " (see above)" : "");
		if (node->shown)
			continue;
		node->shown = true;
		print_ancestors(l, node->sequence, depth + 1);
	}
}

static const char *
came_text(const char *how)
{
	static const struct {
		const char *how, *text;
	} texts[] = {
	    {"by", "done in its session:"},
	    {"auth", "done with its credential:"},
	    {"proof", "by the right that it gave:"},
	    {"from", "made from it:"},
	    {"approved", "approved by it:"},
	    {"cites", "refers to it:"},
	    {"made", "made by it:"},
	    {"ended", "ended by it:"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
		if (strcmp(texts[i].how, how) == 0)
			return texts[i].text;
	return how;
}

static void
print_descendants(struct lineage *l)
{
	(void)printf("\nWhat came of it\n");
	for (size_t i = 0; i < l->n_down; i++) {
		struct node *node = node_of(l, l->down[i].child);

		if (node == NULL)
			continue;
		print_node(l, node, 1, came_text(l->down[i].how));
		(void)printf("\n");
	}
	if (l->n_down == 0)
		(void)printf("  nothing yet\n");
	if (l->more)
		(void)printf(
		    "  ... and more: --limit N shows up to %d\n", EDGES_MAX);
}

static void
print_lineage(struct lineage *l)
{
	struct node *root = node_of(l, l->root);

	/* It was the first to get a place. */
	if (root == NULL)
		return;
	root->shown = true;
	print_node(l, root, 0, "");
	(void)printf("\n");
	print_ancestors(l, l->root, 1);
	if (l->n_up == 0)
		(void)printf("  it comes from nothing\n");
	print_descendants(l);
}

static int
run(struct cli *cli, int n UNUSED, char **operands)
{
	struct lineage *l = mem_alloc(sizeof(*l));
	json_t *args = NULL;
	int status;

	if (l == NULL)
		return cli_nomem(cli);
	l->cli = cli;
	status = arguments(cli, operands[0], &args);
	if (status == CLI_OK)
		status = api_call(
		    cli, "lineage.show", args, operands[0], &l->result);
	if (status == CLI_OK) {
		l->root = api_u64(l->result, "sequence");
		(void)node_of(l, l->root);
		l->n_up = take_edges(
		    l, json_object_get(l->result, "ancestors"), l->up);
		l->n_down = take_edges(
		    l, json_object_get(l->result, "descendants"), l->down);
		l->more = api_bool(l->result, "more");
		status = fetch_messages(l);
	}
	if (status == CLI_OK)
		print_lineage(l);
	for (size_t i = 0; i < l->n_nodes; i++)
		mem_free(l->nodes[i].message);
	json_decref(l->result);
	mem_free(l);
	return status;
}

static const struct arg args[] = {
    {"limit", 'n', ARG_NUMBER, "N",
	"at most N steps each way (default 100, at most 500)",
	offsetof(struct options, limit)},
};

const struct command command_lineage = {
    .name = "lineage",
    .operands = "ID|PATH|NUMBER",
    .summary = "show where a thing or record comes from, and what came of it",
    .text =
	"Takes the id of anything (a file, a token, a grant ...) or a "
	"record's\n"
	"number. First the record itself, and indented below it those that it\n"
	"comes from: the session and credential it was done with, the records "
	"that\n"
	"gave the right, up to the installation. Then what came of it "
	"directly.\n",
    .args = args,
    .n_args = ARRAY_SIZE(args),
    .size = sizeof(struct options),
    .min = 1,
    .max = 1,
    .run = run,
};
