#include "person.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/base.h"
#include "base/buf.h"
#include "base/encode.h"
#include "base/hash.h"
#include "wire/cbor.h"
#include "wire/webauthn.h"

enum {
	ANSWER_MAX = 1 << 20,
	TEXT_MAX = 1 << 20,
	POINT_BYTES = 65,
};

NO_RETURN static void
fail(const char *what, const char *detail)
{
	(void)fprintf(stderr, "%s: %s\n", what, detail);
	exit(1);
}

/* ---- a connection ----------------------------------------------------------
 */

void
client_open(struct client *client, int port, SSL_CTX *tls)
{
	static char server_name[] = "localhost";
	struct sockaddr_in to = {.sin_family = AF_INET,
	    .sin_port = htons((uint16_t)port),
	    .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int one = 1;

	*client = (struct client){.port = port, .tls = tls};
	client->answer = malloc(ANSWER_MAX);
	client->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (client->answer == NULL || client->fd < 0 ||
	    connect(client->fd, (struct sockaddr *)&to, sizeof(to)) < 0)
		fail("connect", strerror(errno));
	(void)setsockopt(
	    client->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	if (tls == NULL)
		return;
	client->ssl = SSL_new(tls);
	if (client->ssl == NULL || SSL_set_fd(client->ssl, client->fd) != 1 ||
	    SSL_set_tlsext_host_name(client->ssl, server_name) != 1 ||
	    SSL_connect(client->ssl) != 1)
		fail("TLS", "no handshake");
}

void
client_close(struct client *client)
{
	SSL_free(client->ssl);
	(void)close(client->fd);
	free(client->answer);
}

static void
send_all(struct client *client, struct slice s)
{
	while (s.n > 0) {
		ssize_t n = client->ssl != NULL
		                ? SSL_write(client->ssl, s.p, (int)s.n)
		                : send(client->fd, s.p, s.n, MSG_NOSIGNAL);

		if (n <= 0)
			fail("send", strerror(errno));
		s = slice_from(s, (size_t)n);
	}
}

static size_t
receive(struct client *client, char *to, size_t room)
{
	ssize_t n = client->ssl != NULL ? SSL_read(client->ssl, to, (int)room)
	                                : recv(client->fd, to, room, 0);

	if (n <= 0)
		fail("receive", "the server closed the connection");
	return (size_t)n;
}

/* A whole answer: its body. */
static const char *
read_answer(struct client *client)
{
	const char *end = NULL, *length;
	size_t have = 0, whole = SIZE_MAX;

	while (have < whole) {
		if (have == ANSWER_MAX - 1)
			fail("answer", "too long");
		have += receive(
		    client, client->answer + have, ANSWER_MAX - 1 - have);
		client->answer[have] = '\0';
		if (end != NULL ||
		    (end = strstr(client->answer, "\r\n\r\n")) == NULL)
			continue;
		length = strcasestr(client->answer, "\r\ncontent-length:");
		if (length == NULL || length > end)
			fail("answer", "without a length");
		whole = (size_t)(end + 4 - client->answer) +
		        strtoull(length + 17, NULL, 10);
	}
	if (strncmp(client->answer, "HTTP/1.1 200", 12) != 0)
		fail("answer", client->answer);
	return end + 4;
}

const char *
client_calls(struct client *client, const char *token, const char *calls)
{
	struct buf body = BUF(TEXT_MAX), request = BUF(TEXT_MAX);
	const char *answer;

	buf_printf(&body,
	    "{\"using\":[\"urn:chancery:operations\"],\"methodCalls\":[%s]}",
	    calls);
	buf_printf(&request,
	    "POST /jmap/api HTTP/1.1\r\nHost: localhost:%d\r\n"
	    "Content-Type: application/json\r\nContent-Length: %zu\r\n",
	    client->port, body.n);
	if (token != NULL)
		buf_printf(&request, "Authorization: Bearer %s\r\n", token);
	buf_put_str(&request, "\r\n");
	buf_put_slice(&request, buf_slice(&body));
	if (body.error != 0 || request.error != 0)
		fail("request", "too long");
	send_all(client, buf_slice(&request));
	buf_free(&body);
	buf_free(&request);
	answer = read_answer(client);
	if (strstr(answer, "\"ok\":true") == NULL ||
	    strstr(answer, "\"ok\":false") != NULL ||
	    strstr(answer, "[\"error\"") != NULL)
		fail(calls, answer);
	return answer;
}

const char *
client_op(struct client *client, const char *token, const char *op,
    const char *object)
{
	struct buf call = BUF(TEXT_MAX);
	const char *answer;

	buf_printf(&call, "[\"%s\",{\"objects\":[%s]},\"0\"]", op, object);
	buf_put_u8(&call, '\0');
	if (call.error != 0)
		fail(op, "too long");
	answer = client_calls(client, token, (const char *)call.p);
	buf_free(&call);
	return answer;
}

void
client_text(const char *answer, const char *name, char *ret, size_t n)
{
	char member[64];
	const char *at, *end;

	(void)snprintf(member, sizeof(member), "\"%s\":\"", name);
	at = strstr(answer, member);
	end = at != NULL ? strchr(at + strlen(member), '"') : NULL;
	if (end == NULL || (size_t)(end - at) - strlen(member) >= n)
		fail(name, answer);
	at += strlen(member);
	memcpy(ret, at, (size_t)(end - at));
	ret[end - at] = '\0';
}

/* ---- an authenticator ------------------------------------------------------
 */

static void
put_authdata(const struct person *person, uint8_t flags, struct buf *to)
{
	struct digest rp = sha256(SLICE("localhost"));

	buf_put_slice(to, digest_slice(&rp));
	buf_put_u8(to, WEBAUTHN_UP | WEBAUTHN_UV | flags);
	for (int shift = 24; shift >= 0; shift -= 8)
		buf_put_u8(to, (uint8_t)(person->counter >> shift));
}

static void
put_key(const struct person *person, struct buf *to)
{
	uint8_t point[POINT_BYTES];
	size_t n;

	if (EVP_PKEY_get_octet_string_param(person->key, "encoded-pub-key",
		point, sizeof(point), &n) != 1 ||
	    n != sizeof(point))
		fail("passkey", "no point");
	cbor_put_map(to, 5);
	cbor_put_int(to, 1);
	cbor_put_int(to, 2);
	cbor_put_int(to, 3);
	cbor_put_int(to, WEBAUTHN_ES256);
	cbor_put_int(to, -1);
	cbor_put_int(to, 1);
	cbor_put_int(to, -2);
	cbor_put_bytes(to, slice_of(point + 1, 32));
	cbor_put_int(to, -3);
	cbor_put_bytes(to, slice_of(point + 33, 32));
}

static void
put_attestation(const struct person *person, struct buf *to)
{
	static const uint8_t model[16] = {0};
	struct buf authdata = BUF(1000);

	put_authdata(person, WEBAUTHN_AT, &authdata);
	buf_put(&authdata, model, sizeof(model));
	buf_put_u8(&authdata, 0);
	buf_put_u8(&authdata, sizeof(person->handle));
	buf_put(&authdata, person->handle, sizeof(person->handle));
	put_key(person, &authdata);
	cbor_put_map(to, 3);
	cbor_put_text(to, SLICE("fmt"));
	cbor_put_text(to, SLICE("none"));
	cbor_put_text(to, SLICE("attStmt"));
	cbor_put_map(to, 0);
	cbor_put_text(to, SLICE("authData"));
	cbor_put_bytes(to, buf_slice(&authdata));
	buf_free(&authdata);
}

/* What a browser would say. */
static void
put_client_data(const struct client *client, const char *type,
    const char *challenge, struct buf *to)
{
	struct buf raw = BUF(SECRET_TEXT);

	if (base64_decode(slice_str(challenge), &raw) < 0)
		fail("challenge", challenge);
	buf_printf(to, "{\"type\":\"%s\",\"challenge\":\"", type);
	buf_put_base64url(to, buf_slice(&raw));
	buf_printf(to,
	    "\",\"origin\":\"%s://localhost:%d\",\"crossOrigin\":false}",
	    client->tls != NULL ? "https" : "http", client->port);
	buf_free(&raw);
}

static void
put_member(struct buf *to, const char *name, struct buf *value)
{
	buf_printf(to, "\"%s\":\"", name);
	buf_put_base64(to, buf_slice(value));
	buf_put_str(to, "\",");
	buf_free(value);
}

static void
sign(const struct person *person, struct slice authdata, struct slice client,
    struct buf *ret_signature)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	struct digest digest = sha256(client);
	struct buf bytes = BUF(1000);
	uint8_t signature[128];
	size_t n = sizeof(signature);

	buf_put_slice(&bytes, authdata);
	buf_put_slice(&bytes, digest_slice(&digest));
	if (ctx == NULL ||
	    EVP_DigestSignInit(ctx, NULL, EVP_sha256(), NULL, person->key) !=
		1 ||
	    EVP_DigestSign(ctx, signature, &n, bytes.p, bytes.n) != 1)
		fail("passkey", "it can't sign");
	buf_put(ret_signature, signature, n);
	EVP_MD_CTX_free(ctx);
	buf_free(&bytes);
}

/* ---- a person
 * ----------------------------------------------------------------
 */

void
person_challenge(
    struct client *client, const char *purpose, char ret[SECRET_TEXT])
{
	char args[64];

	(void)snprintf(args, sizeof(args), "{\"purpose\":\"%s\"}", purpose);
	client_text(client_op(client, NULL, "challenge.make", args),
	    "challenge", ret, SECRET_TEXT);
}

static void
add_passkey(
    struct person *person, struct client *client, const char *invitation)
{
	char challenge[SECRET_TEXT];
	struct buf args = BUF(TEXT_MAX), data = BUF(1000), object = BUF(2000);

	person->key = EVP_EC_gen("P-256");
	if (person->key == NULL ||
	    RAND_bytes(person->handle, sizeof(person->handle)) != 1)
		fail("passkey", "no key");
	person_challenge(client, "register", challenge);
	put_client_data(client, "webauthn.create", challenge, &data);
	put_attestation(person, &object);
	buf_put_str(&args, "{");
	put_member(&args, "client_data", &data);
	put_member(&args, "attestation", &object);
	buf_printf(&args, "\"label\":\"key\",\"challenge\":\"%s\"}", challenge);
	buf_put_u8(&args, '\0');
	(void)client_op(
	    client, invitation, "passkey.add", (const char *)args.p);
	buf_free(&args);
}

void
person_enrol(struct person *person, struct client *client, const char *token,
    const char *login)
{
	char args[200], invitation[SECRET_TEXT];

	*person = (struct person){.counter = 0};
	(void)snprintf(args, sizeof(args),
	    "{\"kind\":\"person\",\"name\":\"%s\",\"login\":\"%s\"}", login,
	    login);
	client_text(client_op(client, token, "principal.create", args), "id",
	    person->id, sizeof(person->id));
	(void)snprintf(
	    args, sizeof(args), "{\"principal\":\"%s\"}", person->id);
	client_text(client_op(client, token, "invitation.issue", args),
	    "secret", invitation, sizeof(invitation));
	add_passkey(person, client, invitation);
}

void
person_sign_in(
    struct person *person, struct client *client, char ret_secret[SECRET_TEXT])
{
	char challenge[SECRET_TEXT];
	struct buf args = BUF(TEXT_MAX), data = BUF(1000), authdata = BUF(100);
	struct buf signature = BUF(128), handle = BUF(16);

	person_challenge(client, "sign_in", challenge);
	person->counter++;
	put_client_data(client, "webauthn.get", challenge, &data);
	put_authdata(person, 0, &authdata);
	sign(person, buf_slice(&authdata), buf_slice(&data), &signature);
	buf_put(&handle, person->handle, sizeof(person->handle));
	buf_put_str(&args, "{");
	put_member(&args, "passkey", &handle);
	put_member(&args, "client_data", &data);
	put_member(&args, "authenticator_data", &authdata);
	put_member(&args, "signature", &signature);
	buf_printf(&args, "\"challenge\":\"%s\"}", challenge);
	buf_put_u8(&args, '\0');
	client_text(
	    client_op(client, NULL, "session.begin", (const char *)args.p),
	    "secret", ret_secret, SECRET_TEXT);
	buf_free(&args);
}

void
person_free(struct person *person)
{
	EVP_PKEY_free(person->key);
}
