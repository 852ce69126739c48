/*
 * The front process: connections. It parses and writes protocols, turns bytes
 * into operations for core, and decides nothing. It has no database, opens no
 * file and holds no key; a stranger who takes it over has what its clients
 * bring, and nothing else.
 */
#ifndef FRONT_FRONT_H
#define FRONT_FRONT_H

#include <openssl/ssl.h>

#include "base/loop.h"
#include "base/map.h"
#include "front/sum.h"
#include "ipc/channel.h"
#include "ipc/role.h"

struct assets;
struct call_out;
struct conn;

struct front {
	struct loop *loop;
	struct role_setup setup;
	struct channel *parent, *core, *blobs, *zygote;
	struct map kits; /* document -> struct kit_link */
	int keeper;      /* a socket for blocking calls */
	bool core_ready;
	SSL_CTX *tls;
	struct assets *assets; /* the web app; NULL: there is none */
	struct listener_watch {
		struct front *front;
		struct loop_watch watch;
		enum listener_kind kind;
	} listeners[ROLE_LISTENERS_MAX];
	size_t n_listeners;

	struct conn *conns; /* all of them, in a list */
	size_t n_conns;
	struct map by_address; /* hash of an address -> its count */
	uint8_t hash_key[16];
	uint64_t next_connection, next_call, next_request;
	struct map calls;    /* number -> struct call_out */
	size_t calls_bytes;  /* of their bodies */
	struct map streams;  /* number -> struct stream_in */
	struct early *early; /* what blobs sent before core's answer came */
	uint64_t newest_stream;
	struct call_out *waiting, **waiting_end; /* for room in flight */
	struct sums sums;
	struct loop_timer second;
	bool draining;
	struct buf out;
	struct map accounts; /* of bearers: jmap/session.c */

	/* The Date header's value, made once a second. */
	char date[32];
};

/* Stops taking connections; ends when what is under way is done. */
void front_drain(struct front *front);

/* Called where the last of something may have gone. */
void front_drained(struct front *front);

#endif
