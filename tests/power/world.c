#include "unit.h"

#include "world.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fault.h"
#include "base/log.h"
#include "core/core.h"
#include "ledger/note.h"

enum {
	WAL_BYTES = 256 << 10, /* small: so it starts over often */
	ROUNDS = 8,
	WIDTH = 8,
	CALLS = 1024, /* on the way at once, a power of two */
	REPEATS = 12,
	LIFE_SECONDS = 600, /* only against hanging */
};

/* Which act a call on the way is of. */
static struct act *act_of_call[CALLS];
static struct rig own_rig;

struct world *
world_new(void)
{
	struct world *world;

	simfs_init();
	world = simfs_shared(sizeof(*world));
	world->rig = &own_rig;
	rig_init(world->rig);
	/* Errors are what these tests are about. */
	log_init("test", LOG_ERROR + 1);
	world->rig->config.wal_bytes = WAL_BYTES;
	world->rig->config.readers = 2;
	world->load = world_load;
	world->whole_each = 1;
	return world;
}

void
world_free(struct world *world)
{
	rig_free(world->rig);
}

void
world_reset(struct world *world, uint64_t seed)
{
	simfs_clear();
	world->dice = (struct dice){seed};
	world->home.n = world->trash.n = world->peer.n = 0;
	memset(world->things, 0, sizeof(world->things));
	memset(world->now, 0, sizeof(world->now));
	world->n_acts = world->first_open = world->newest = 0;
	world->n_notes = 0;
	world->names = world->lives = 0;
	world->signed_last.size = 0;
	world->resumes = false;
	world->problem = PROBLEM_NONE;
}

int
world_problem(
    struct world *world, enum problem problem, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	if (world->problem == PROBLEM_NONE) {
		world->problem = problem;
		(void)vsnprintf(world->text, sizeof(world->text), format, args);
	}
	va_end(args);
	return -1;
}

/* ---- what leaves core ---------------------------------------------------- */

/* On the thread that lets it out: the moment is that of the release. */
static void
on_leaves(void *arg UNUSED, const struct order *order)
{
	struct act *act;

	if (order->type != ORDER_REPLY)
		return;
	act = act_of_call[order->call->id % CALLS];
	if (act != NULL)
		act->answered = simfs_now();
}

static void
on_signs(void *arg, const struct checkpoint *checkpoint, struct slice note)
{
	struct world *world = arg;
	struct world_note *kept = &world->notes[world->n_notes];

	BUG_ON(world->n_notes == WORLD_NOTES || note.n > sizeof(kept->text));
	kept->moment = simfs_now();
	kept->size = checkpoint->size;
	kept->root = checkpoint->root;
	kept->n = note.n;
	memcpy(kept->text, note.p, note.n);
	world->n_notes++;
}

/* ---- acts ---------------------------------------------------------------- */

static size_t
content_of(unsigned content, uint8_t bytes[static 32768])
{
	struct dice dice = {content};
	size_t n = dice_of(&dice, 8) == 0 ? dice_of(&dice, 32769)
	                                  : dice_of(&dice, 3000);

	for (size_t i = 0; i < n; i++)
		bytes[i] = (uint8_t)dice_roll(&dice);
	return n;
}

static void
name_of(char name[static 32], unsigned place, const struct thing *thing)
{
	(void)snprintf(name, 32, "f%u-%u", place, thing->name);
}

/* What may be done with a thing as it is. */
static enum op_number
choose(struct world *world, const struct thing *thing)
{
	static const enum op_number live[] = {OP_FILE_WRITE, OP_FILE_WRITE,
	    OP_NODE_RENAME, OP_NODE_RENAME, OP_NODE_TRASH, OP_SHARE_GRANT};

	switch (thing->state) {
	case THING_NONE:
		return OP_FILE_CREATE;
	case THING_TRASHED:
		return dice_of(&world->dice, 2) == 0 ? OP_NODE_PURGE
		                                     : OP_NODE_RESTORE;
	case THING_LIVE:
		break;
	}
	if (thing->grant.n != 0 && dice_of(&world->dice, 2) == 0)
		return OP_SHARE_REVOKE;
	return live[dice_of(&world->dice,
	    thing->grant.n != 0 ? ARRAY_SIZE(live) - 1 : ARRAY_SIZE(live))];
}

/* How the thing is behind the act, but for ids that the answer tells. */
static void
foresee(struct world *world, struct act *act)
{
	struct thing *after = &act->after;

	*after = act->before;
	switch ((int)act->op) {
	case OP_FILE_CREATE:
		*after = (struct thing){.state = THING_LIVE,
		    .name = ++world->names,
		    .content = ++world->names};
		break;
	case OP_FILE_WRITE:
		after->content = ++world->names;
		break;
	case OP_NODE_RENAME:
		after->name = ++world->names;
		break;
	case OP_NODE_TRASH:
		after->state = THING_TRASHED;
		break;
	case OP_NODE_RESTORE:
		after->state = THING_LIVE;
		break;
	case OP_NODE_PURGE:
		after->state = THING_NONE;
		break;
	case OP_SHARE_REVOKE:
		after->grant.n = 0;
		break;
	default:
		break;
	}
}

struct act *
world_act(struct world *world, unsigned thing, enum op_number op)
{
	struct act *act = &world->acts[world->n_acts];

	if (world->n_acts == WORLD_ACTS)
		return NULL;
	world->n_acts++;
	*act = (struct act){.thing = thing,
	    .before = world->now[thing],
	    .sent = SIZE_MAX,
	    .answered = SIZE_MAX};
	act->op = op != 0 ? op : choose(world, &act->before);
	(void)snprintf(act->key, sizeof(act->key), "%016llx",
	    (unsigned long long)dice_roll(&world->dice));
	foresee(world, act);
	return act;
}

union args {
	struct file_create create;
	struct file_write write;
	struct node_rename rename;
	struct node_ref ref;
	struct node_restore restore;
	struct share_grant grant;
	struct grant_ref grant_ref;
};

static union args
args_of(const struct world *world, const struct act *act, char name[static 32],
    uint8_t content[static 32768])
{
	static const union args none;
	union args args = none;
	size_t n = content_of(act->after.content, content);

	name_of(name, act->thing, &act->after);
	switch ((int)act->op) {
	case OP_FILE_CREATE:
		SHAPE_SET(&args.create, parent, world->home);
		SHAPE_SET(&args.create, name, slice_str(name));
		SHAPE_SET(&args.create, content, slice_of(content, n));
		break;
	case OP_FILE_WRITE:
		SHAPE_SET(&args.write, file, act->before.id);
		SHAPE_SET(&args.write, content, slice_of(content, n));
		break;
	case OP_NODE_RENAME:
		SHAPE_SET(&args.rename, node, act->before.id);
		SHAPE_SET(&args.rename, name, slice_str(name));
		break;
	case OP_NODE_TRASH:
	case OP_NODE_PURGE:
		SHAPE_SET(&args.ref, node, act->before.id);
		break;
	case OP_NODE_RESTORE:
		SHAPE_SET(&args.restore, node, act->before.id);
		break;
	case OP_SHARE_GRANT:
		SHAPE_SET(&args.grant, node, act->before.id);
		SHAPE_SET(&args.grant, principal, world->peer);
		SHAPE_SET(&args.grant, relation, RELATION_READ);
		break;
	case OP_SHARE_REVOKE:
		SHAPE_SET(&args.grant_ref, grant, act->before.grant);
		break;
	default:
		BUG_ON(true);
	}
	return args;
}

void
world_send(struct world *world, struct act *act)
{
	uint8_t content[32768];
	char name[32];
	union args args = args_of(world, act, name, content);

	act_of_call[(world->rig->calls + 1) % CALLS] = act;
	if (act->sent == SIZE_MAX)
		act->sent = simfs_now();
	(void)rig_submit(
	    world->rig, act->op, world->rig->token, act->key, 1, &args);
}

/* The ids that an answer tells. */
static void
learn(struct act *act, const struct answer *answer)
{
	if (act->op == OP_FILE_CREATE)
		act->after.id = ((const struct node_made *)answer->result)->id;
	if (act->op == OP_SHARE_GRANT)
		act->after.grant =
		    ((const struct grant_made *)answer->result)->id;
}

static void
take_answer(struct world *world, struct call *call)
{
	struct act *act = act_of_call[call->id % CALLS];
	struct slice results = buf_slice(&call->ops[0].results);
	struct arena arena = {NULL};
	struct answer answer;

	rig_answers(call, 0, &arena, &answer);
	act->code = answer.code;
	act->state = answer.code == 0 ? ACT_DONE : ACT_FAILED;
	if (answer.code == 0) {
		BUG_ON(results.n > sizeof(act->result));
		act->n_result = results.n;
		memcpy(act->result, results.p, results.n);
		learn(act, &answer);
		act->sequence = call->sequence;
		world->now[act->thing] = act->after;
	}
	arena_free(&arena);
}

bool
world_take(struct world *world, size_t n)
{
	for (; n > 0; n--) {
		struct call *call = rig_wait(world->rig);

		if (call == NULL)
			return false;
		take_answer(world, call);
		act_of_call[call->id % CALLS] = NULL;
		call_free(&call);
	}
	return true;
}

/* ---- repeats ------------------------------------------------------------- */

int
world_repeat_open(struct world *world)
{
	size_t n = 0;

	for (size_t i = world->first_open; i < world->n_acts; i++)
		if (world->acts[i].state != ACT_DONE) {
			world_send(world, &world->acts[i]);
			n++;
		}
	if (!world_take(world, n))
		return world_problem(
		    world, PROBLEM_WRONG, "core exits while acts are repeated");
	for (size_t i = world->first_open; i < world->n_acts; i++) {
		const struct act *act = &world->acts[i];

		if (act->state != ACT_DONE)
			return world_problem(world, PROBLEM_WRONG,
			    "%s without an answer, repeated: %s",
			    op_get(act->op)->name, error_info(act->code)->text);
	}
	return 0;
}

int
world_repeat_done(struct world *world, struct act *act)
{
	struct act again = *act;
	struct thing now = world->now[act->thing];
	int r = 0;

	world_send(world, &again);
	if (!world_take(world, 1))
		return world_problem(world, PROBLEM_WRONG,
		    "core exits while an act is repeated");
	world->now[act->thing] = now;
	if (again.code != 0 || again.n_result != act->n_result ||
	    memcmp(again.result, act->result, act->n_result) != 0)
		r = world_problem(world, PROBLEM_LOST,
		    "%s %s, done as record %llu, repeated: %s",
		    op_get(act->op)->name, act->key,
		    (unsigned long long)act->sequence,
		    again.code == 0 ? "another answer"
				    : error_info(again.code)->text);
	return r;
}

/* Of the life before all, of those before some. */
static int
repeat_done(struct world *world)
{
	size_t newest = world->newest;
	int r = 0;

	for (size_t i = newest; i < world->first_open && r == 0; i++)
		if (world->acts[i].state == ACT_DONE)
			r = world_repeat_done(world, &world->acts[i]);
	for (size_t i = 0; i < REPEATS && newest > 0 && r == 0; i++) {
		struct act *act = &world->acts[dice_of(&world->dice, newest)];

		if (act->state == ACT_DONE)
			r = world_repeat_done(world, act);
	}
	return r;
}

/* ---- as a user sees it --------------------------------------------------- */

struct seen {
	struct node_page *pages[2]; /* home, trash */
	bool met[2][500];
	struct slice digests[WORLD_THINGS]; /* of those that have an id */
};

static const struct node *
find(
    struct seen *seen, size_t page, const struct thing *thing, const char *name)
{
	for (size_t i = 0; i < seen->pages[page]->list.n; i++) {
		const struct node *node = &seen->pages[page]->list.v[i];

		if (thing->id.n != 0
			? node->id.n == thing->id.n
			: page == 0 && slice_eq(node->name, slice_str(name))) {
			seen->met[page][i] = true;
			return node;
		}
	}
	return NULL;
}

static bool
matches(struct seen *seen, unsigned place, const struct thing *thing,
    const char **ret_why)
{
	uint8_t content[32768];
	size_t n = content_of(thing->content, content);
	struct digest digest = sha256(slice_of(content, n));
	const struct node *home, *trash;
	char name[32];

	name_of(name, place, thing);
	if (thing->state == THING_NONE && thing->id.n == 0)
		return true;
	home = find(seen, 0, thing, name);
	trash = find(seen, 1, thing, name);
	*ret_why = "it is not where it must be";
	if ((home != NULL) != (thing->state == THING_LIVE) ||
	    (trash != NULL) != (thing->state == THING_TRASHED))
		return false;
	*ret_why = "its name is another";
	if (home == NULL && trash == NULL)
		return true;
	if (home != NULL && !slice_eq(home->name, slice_str(name)))
		return false;
	*ret_why = "its bytes are others";
	if (trash != NULL)
		home = trash;
	return home->size == n &&
	       (thing->id.n == 0 ||
		   slice_eq(seen->digests[place], digest_slice(&digest)));
}

/* The act that is open on a thing, if one is. */
static const struct act *
open_act(const struct world *world, unsigned place)
{
	for (size_t i = world->first_open; i < world->n_acts; i++)
		if (world->acts[i].thing == place &&
		    world->acts[i].state == ACT_SENT)
			return &world->acts[i];
	return NULL;
}

static int
list(struct world *world, struct arena *arena, struct id folder,
    struct node_page **ret_page)
{
	struct folder_list args = {.has_folder = false};
	struct answer answer;

	SHAPE_SET(&args, folder, folder);
	answer =
	    rig_do(world->rig, arena, OP_FOLDER_LIST, world->rig->token, &args);
	if (answer.code != 0)
		return world_problem(world, PROBLEM_WRONG,
		    "a folder can't be listed: %s",
		    error_info(answer.code)->text);
	*ret_page = answer.result;
	return 0;
}

/* The digests of what all things' bytes are now, by one call. */
static int
get_digests(struct world *world, struct arena *arena, struct seen *seen)
{
	struct node_ref refs[WORLD_THINGS];
	unsigned places[WORLD_THINGS];
	struct answer answers[WORLD_THINGS];
	size_t n = 0;

	for (unsigned i = 0; i < WORLD_THINGS; i++) {
		if (world->now[i].state == THING_NONE)
			continue;
		refs[n] = (struct node_ref){.has_node = false};
		SHAPE_SET(&refs[n], node, world->now[i].id);
		places[n++] = i;
	}
	if (n == 0)
		return 0;
	rig_do_all(world->rig, arena, OP_NODE_GET, world->rig->token, NULL, n,
	    refs, answers);
	for (size_t i = 0; i < n; i++)
		if (answers[i].code == 0)
			seen->digests[places[i]] =
			    ((const struct node *)answers[i].result)->digest;
	return 0;
}

int
world_compare(struct world *world)
{
	struct arena arena = {NULL};
	struct seen seen = {.met = {{false}}};
	int r;

	if ((r = list(world, &arena, world->home, &seen.pages[0])) < 0 ||
	    (r = list(world, &arena, world->trash, &seen.pages[1])) < 0 ||
	    (r = get_digests(world, &arena, &seen)) < 0) {
		arena_free(&arena);
		return r;
	}
	for (unsigned i = 0; i < WORLD_THINGS && r == 0; i++) {
		const struct act *act = open_act(world, i);
		const char *why = "";

		if (act != NULL && matches(&seen, i, &act->after, &why))
			continue;
		if (!matches(&seen, i, &world->now[i], &why))
			r = world_problem(world, PROBLEM_LOST,
			    "thing %u, state %d, name %u: %s%s", i,
			    (int)world->now[i].state, world->now[i].name, why,
			    act != NULL ? " (nor as an open act has it)" : "");
	}
	for (size_t page = 0; page < 2 && r == 0; page++)
		for (size_t i = 0; i < seen.pages[page]->list.n && r == 0; i++)
			if (!seen.met[page][i] &&
			    seen.pages[page]->list.v[i].kind == NODE_FILE)
				r = world_problem(world, PROBLEM_WRONG,
				    "%.*s: nobody made that",
				    SLICE_ARG(
					seen.pages[page]->list.v[i].name));
	arena_free(&arena);
	return r;
}

/* ---- a life -------------------------------------------------------------- */

static int
who_am_i(struct world *world)
{
	struct rig *rig = world->rig;
	struct arena arena = {NULL};
	struct principal_create create = {.has_kind = false};
	struct session_info *me;
	struct answer a;
	int r = 0;

	a = rig_do(rig, &arena, OP_SESSION_GET, rig->token,
	    &(struct nothing){.has_unused = false});
	if (a.code != 0) {
		r = world_problem(world, PROBLEM_LOST,
		    "the token isn't known: %s", error_info(a.code)->text);
	} else {
		me = a.result;
		world->home = me->home;
		world->trash = me->trash;
		SHAPE_SET(&create, kind, PRINCIPAL_SERVICE);
		SHAPE_SET(&create, name, SLICE("Peer"));
		a = rig_do_key(rig, &arena, OP_PRINCIPAL_CREATE, rig->token,
		    "0123456789abcdef", &create);
		if (a.code != 0)
			r = world_problem(world, PROBLEM_WRONG, "no peer: %s",
			    error_info(a.code)->text);
		else
			world->peer = ((struct principal *)a.result)->id;
	}
	arena_free(&arena);
	return r;
}

int
world_open(struct world *world)
{
	struct rig *rig = world->rig;
	int r;

	rig->leaves = on_leaves;
	rig->signs = on_signs;
	rig->arg = world;
	rig->signed_size = world->keeper_forgets ? 0 : world->signed_last.size;
	rig->signed_root = world->signed_last.root;
	if (world->start_fault != SIMFS_FAULT_NONE) {
		fault_here();
		simfs_fail(world->start_fault, world->start_nth, false);
	}
	r = rig_open(rig);
	world->start_failed = simfs_failed() > 0;
	simfs_fail(SIMFS_FAULT_NONE, 0, false);
	if (r < 0 && world->start_failed)
		return -1;
	if (r < 0)
		return world_problem(world, PROBLEM_WRONG,
		    "the engine doesn't open: %s", error_info(r)->text);
	if (world->lax)
		BUG_ON(db_script(writer_db(engine_writer(rig->engine)),
			   "PRAGMA synchronous=NORMAL") < 0);
	return who_am_i(world);
}

void
world_load(struct world *world)
{
	size_t rounds = 1 + dice_of(&world->dice, ROUNDS);

	while (rounds-- > 0) {
		size_t width = 1 + dice_of(&world->dice, WIDTH), n = 0;
		unsigned thing = (unsigned)dice_of(&world->dice, WORLD_THINGS);
		struct act *act;

		while (
		    n < width && (act = world_act(world, thing, 0)) != NULL) {
			world_send(world, act);
			thing = (thing + 1) % WORLD_THINGS;
			n++;
		}
		if (!world_take(world, n)) {
			(void)world_problem(
			    world, PROBLEM_WRONG, "core exits in a load");
			return;
		}
		for (size_t i = world->n_acts - n; i < world->n_acts; i++)
			if (world->acts[i].state != ACT_DONE)
				(void)world_problem(world, PROBLEM_WRONG,
				    "%s: %s", op_get(world->acts[i].op)->name,
				    error_info(world->acts[i].code)->text);
	}
}

/* What must hold of what is found; each so-often the whole of it. */
static int
check_found(struct world *world)
{
	if (world->lives % world->whole_each != 0)
		return world_repeat_open(world);
	if (world_compare(world) < 0 || world_audit(world) < 0 ||
	    repeat_done(world) < 0)
		return -1;
	return world_repeat_open(world);
}

static void
life(struct world *world)
{
	if (world_open(world) < 0 || check_found(world) < 0 ||
	    world_compare(world) < 0)
		return;
	world->load(world);
	world->exited = world->rig->exited;
	if (world->problem != PROBLEM_NONE || world->exited ||
	    world_compare(world) < 0 || world_audit(world) < 0)
		return;
	rig_stop(world->rig);
	(void)world_verify(world);
}

void
world_live(struct world *world)
{
	pid_t pid;
	int status;

	world->lives++;
	world->exited = false;
	world->n_notes = 0;
	memcpy(world->now, world->things, sizeof(world->now));
	pid = fork();
	BUG_ON(pid < 0);
	if (pid == 0) {
		if (world->resumes)
			simfs_resume();
		else
			simfs_begin();
		world->start = simfs_now();
		(void)alarm(LIFE_SECONDS);
		life(world);
		_exit(0);
	}
	BUG_ON(waitpid(pid, &status, 0) != pid);
	if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
		(void)world_problem(world, PROBLEM_WRONG,
		    "the process ended by itself: %x", (unsigned)status);
}

/* What had happened to an act by then: whether it was sent at all. */
static bool
cut_act(struct world *world, struct act *act, size_t k)
{
	if (act->state == ACT_DONE && act->answered <= k) {
		world->things[act->thing] = act->after;
		return true;
	}
	act->state = ACT_SENT;
	act->answered = SIZE_MAX;
	act->sequence = 0;
	/* What that answer told will be told anew, and may be different. */
	if (act->op == OP_FILE_CREATE)
		act->after.id.n = 0;
	if (act->op == OP_SHARE_GRANT)
		act->after.grant.n = 0;
	if (act->sent > k)
		return false;
	act->sent = 0;
	return true;
}

/* Acts and checkpoints as of moment k. */
static void
settle(struct world *world, size_t k)
{
	size_t n = world->first_open;

	world->newest = n;
	for (size_t i = world->first_open; i < world->n_acts; i++) {
		struct act act = world->acts[i];

		if (!cut_act(world, &act, k))
			continue;
		world->acts[n] = act;
		n++;
	}
	world->n_acts = n;
	/* Done ones first, so that the open ones are together at the end. */
	n = world->first_open;
	for (size_t i = n; i < world->n_acts; i++) {
		struct act act = world->acts[i];

		if (act.state != ACT_DONE)
			continue;
		memmove(&world->acts[n + 1], &world->acts[n],
		    (i - n) * sizeof(act));
		world->acts[n++] = act;
	}
	world->first_open = n;
	for (size_t i = 0; i < world->n_notes; i++)
		if (world->notes[i].moment <= k)
			world->signed_last = world->notes[i];
}

void
world_cut(struct world *world, size_t k, uint64_t seed)
{
	simfs_cut(k, seed);
	world->resumes = false;
	settle(world, k);
}

void
world_restart(struct world *world)
{
	world->resumes = true;
	settle(world, simfs_now());
}
