/*
 * People who sign in by a passkey, for the programs that measure: one
 * connection kept open over which operations are asked for one by one, and an
 * authenticator in software. What goes wrong ends the program.
 */
#ifndef BENCH_PERSON_H
#define BENCH_PERSON_H

#include <openssl/ssl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { SECRET_TEXT = 128, PERSON_ID = 32 };

struct client {
	int port;
	SSL_CTX *tls; /* NULL: plain */
	int fd;
	SSL *ssl;
	char *answer; /* the last one's head and body */
};

struct person {
	EVP_PKEY *key;
	uint8_t handle[16];
	uint32_t counter;
	char id[PERSON_ID];
};

/* To 127.0.0.1; `tls` NULL: plain. */
void client_open(struct client *client, int port, SSL_CTX *tls);
void client_close(struct client *client);

/*
 * Does an operation on one object, a JSON object. `token` NULL: without one.
 * The answer's body, until the next one.
 */
const char *client_op(struct client *client, const char *token, const char *op,
    const char *object);

/* The same of several in one request: JMAP's method calls, apart by commas. All
 * must be done. */
const char *
client_calls(struct client *client, const char *token, const char *calls);

/* The first member of that name in an answer whose value is a text. */
void client_text(const char *answer, const char *name, char *ret, size_t n);

/* A new person, who enrols with a passkey. `token`: of who may invite them. */
void person_enrol(struct person *person, struct client *client,
    const char *token, const char *login);

/* A challenge, in base64. */
void person_challenge(
    struct client *client, const char *purpose, char ret[SECRET_TEXT]);

/* Two requests: for a challenge, and with the answer to it. */
void person_sign_in(
    struct person *person, struct client *client, char ret_secret[SECRET_TEXT]);

void person_free(struct person *person);

#endif
