/* What the keeper is asked before the writer does a call, and how often. */
#include "base/clock.h"
#include "base/log.h"
#include "core/io.h"
#include "ipc/secret.h"

enum {
	TRIES_MAX = 262144, /* whom and from where, that are remembered */
	ADDRESS_SHARE = 10, /* an address may go on so much faster */
};

/* ---- how often ----------------------------------------------------------- */

static int64_t
now_ms(void)
{
	return (int64_t)(clock_boot_ns() / 1000000);
}

/*
 * The leaky bucket by the one time when it will be empty (ITU-T I.371's virtual
 * scheduling): `at_once` tries, then one in every `every`.
 */
static bool
may_try(struct io *io, uint64_t key, uint64_t at_once, int64_t every)
{
	int64_t now = now_ms();
	int64_t empty = (int64_t)(intptr_t)map_get(&io->tries, key);

	if (empty < now)
		empty = now;
	if (empty - now > (int64_t)(at_once - 1) * every)
		return false;
	/* Who can't be remembered is let through: nobody is locked out. */
	if (io->tries.n < TRIES_MAX || map_get(&io->tries, key) != NULL)
		(void)!map_put(
		    &io->tries, key, (void *)(intptr_t)(empty + every));
	return true;
}

static void
take_back(struct io *io, uint64_t key, int64_t every)
{
	int64_t empty = (int64_t)(intptr_t)map_get(&io->tries, key);

	if (empty != 0)
		(void)!map_put(
		    &io->tries, key, (void *)(intptr_t)(empty - every));
}

static int64_t
account_every(const struct io *io)
{
	return (int64_t)io->setup.config.try_seconds * 1000;
}

static int64_t
address_every(const struct io *io)
{
	return MAX(account_every(io) / ADDRESS_SHARE, 1);
}

/* A passkey can't be guessed: of these only how many there are matters. */
static bool
is_too_often(struct io *io, const struct call *call)
{
	const struct config *config = &io->setup.config;

	if (!may_try(io, context_source(call->context),
		config->max_tries_address, address_every(io))) {
		limit_met(CONFIG_max_tries_address);
		return true;
	}
	if (call->account == 0 ||
	    may_try(io, call->account, config->max_tries_account,
		account_every(io)))
		return false;
	limit_met(CONFIG_max_tries_account);
	return true;
}

void
io_ask_not_counted(struct io *io, const struct call *call)
{
	take_back(io, context_source(call->context), address_every(io));
	if (call->account != 0)
		take_back(io, call->account, account_every(io));
}

void
io_tries_trim(struct io *io)
{
	const struct map_slot *slot;
	struct map left = {0};
	int64_t now = now_ms();

	for (size_t i = 0; map_next(&io->tries, &i, &slot);)
		if ((int64_t)(intptr_t)slot->value > now &&
		    map_put(&left, slot->key, slot->value) < 0) {
			map_free(&left);
			return;
		}
	map_free(&io->tries);
	io->tries = left;
}

/* ---- asking ----------------------------------------------------------------
 */

static void
answer(struct io *io, struct call *call, int code, struct slice body)
{
	(void)call_take_answer(call, code, body);
	engine_submit(io->engine, call);
}

void
io_ask(struct io *io, struct call *call)
{
	/* Without a keeper nothing is tried, so nothing is counted. */
	if (io->keeper != NULL && is_too_often(io, call)) {
		answer(io, call, E_RATE, SLICE_NONE);
		return;
	}
	if (io->keeper == NULL || map_put(&io->asks, ++io->asked, call) < 0) {
		answer(io, call, E_BUSY, SLICE_NONE);
		return;
	}
	channel_send(
	    io->keeper, MSG_SECRET_ASK, io->asked, buf_slice(&call->ask));
}

void
io_answered(struct io *io, struct msg *msg)
{
	struct call *call = map_take(&io->asks, msg->id);
	struct secret_answer said;

	if (call == NULL)
		return;
	if (secret_get_answer(msg->body, &said) == 0 && said.code == E_BUSY) {
		limit_met(CONFIG_max_hashing);
		io_ask_not_counted(io, call);
	}
	answer(io, call, 0, msg->body);
}

void
io_asks_unanswered(struct io *io)
{
	const struct map_slot *slot;

	for (size_t i = 0; map_next(&io->asks, &i, &slot);) {
		io_ask_not_counted(io, slot->value);
		answer(io, slot->value, E_BUSY, SLICE_NONE);
	}
	map_clear(&io->asks);
}
