/* The channels to the kits that have documents open for views of this front. */
#include "base/log.h"
#include "base/mem.h"
#include "front/documents/documents.h"
#include "ipc/body.h"

/* Above this no more is read from who has the document open. */
enum { AHEAD_BYTES = 1 << 20 };

struct kit_link {
	struct front *front;
	uint64_t document;
	struct channel *channel;
	struct loop_task release;
};

static void
on_release(void *arg)
{
	mem_free(arg);
}

static void
tell_core(struct front *front, uint64_t document, int code)
{
	if (front->core == NULL)
		return;
	buf_clear(&front->out);
	body_put_kit_lost(&front->out, &(struct body_kit_lost){code});
	channel_send(
	    front->core, MSG_KIT_LOST, document, buf_slice(&front->out));
}

/* Its views stay for a moment: core, which hears of it, ends them. */
static void
drop(struct kit_link *kit)
{
	struct front *front = kit->front;

	(void)map_take(&front->kits, kit->document);
	channel_free(&kit->channel);
	kit->release = (struct loop_task){.run = on_release, .arg = kit};
	loop_defer(front->loop, &kit->release);
	views_kit_changed(front, kit->document);
}

static void
on_broken(void *arg, struct channel *channel, int why)
{
	struct kit_link *kit = arg;

	if (why != E_CLOSED)
		log_error("front.kit",
		    log_u64(K_PID, channel_peer(channel)->pid), log_err(why));
	tell_core(kit->front, kit->document, why);
	drop(kit);
}

static void
on_message(void *arg, struct channel *channel, struct msg *msg)
{
	struct kit_link *kit = arg;
	int r = E_GRAMMAR;

	if (msg->type == MSG_VIEW_OUTPUT)
		r = views_take_output(
		    kit->front, kit->document, msg->id, msg->body);
	if (r < 0)
		on_broken(kit, channel, r);
}

static void
on_drained(void *arg, struct channel *channel UNUSED)
{
	const struct kit_link *kit = arg;

	views_kit_changed(kit->front, kit->document);
}

static const struct channel_handlers handlers = {
    .message = on_message, .broken = on_broken, .drained = on_drained};

int
kits_take(struct front *front, struct msg *msg)
{
	struct kit_link *kit = map_get(&front->kits, msg->id);
	struct body_kit_front in;
	int r = body_get_kit_front(msg->body, &in), fd = msg->fd;

	if (r < 0 || msg->id == 0)
		return E_GRAMMAR;
	if (kit != NULL)
		drop(kit);
	kit = mem_alloc(sizeof(*kit));
	if (kit == NULL)
		return E_NOMEM;
	kit->front = front;
	kit->document = msg->id;
	r = map_put(&front->kits, kit->document, kit);
	if (r == 0) {
		msg->fd = -1; /* the channel's */
		r = channel_new(front->loop, fd, ROLE_FRONT,
		    (struct peer){.role = ROLE_KIT, .pid = in.pid}, &handlers,
		    kit, &kit->channel);
	}
	if (r < 0) {
		(void)map_take(&front->kits, kit->document);
		mem_free(kit);
		return r;
	}
	views_kit_changed(front, kit->document);
	return 0;
}

void
kits_forget(struct front *front)
{
	const struct map_slot *slot;

	for (size_t i = 0; map_next(&front->kits, &i, &slot); i = 0)
		drop(slot->value);
}

bool
kits_has(struct front *front, uint64_t document)
{
	return document != 0 && map_get(&front->kits, document) != NULL;
}

bool
kits_is_full(struct front *front, uint64_t document)
{
	const struct kit_link *kit =
	    document != 0 ? map_get(&front->kits, document) : NULL;

	return kit != NULL && channel_waiting(kit->channel) > AHEAD_BYTES;
}

void
kits_send(
    struct front *front, uint64_t document, uint64_t view, struct slice frame)
{
	struct kit_link *kit =
	    document != 0 ? map_get(&front->kits, document) : NULL;

	if (kit != NULL)
		channel_send(kit->channel, MSG_VIEW_INPUT, view, frame);
}
