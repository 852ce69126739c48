/*
 * Passkeys' answers, checked as the server does, but without one:
 *
 *	check-passkeys [FILE]
 *
 * Each line of the file (or of standard input) is a case: "create" or "get",
 * and what came, bytes in hexadecimal:
 *
 *	name=TEXT rp=TEXT origin=TEXT challenge=HEX client=HEX
 *	create: attestation=HEX
 *	get: authdata=HEX signature=HEX key=HEX counter=N flags=N
 *	want=VERDICT
 *
 * A "get" without a key is of the one that the "create" of that name brought.
 * For each case a line is printed: its name, and RIGHT or what is wrong by
 * wire/webauthn.def. Exit status 1 where it isn't what was wanted.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/base.h"
#include "base/encode.h"
#include "base/file.h"
#include "base/hash.h"
#include "base/mem.h"
#include "keeper/passkey.h"

enum { FILE_MAX = 64 << 20, VALUE_MAX = 65536 };

static const char *const verdicts[] = {
    "RIGHT",
#define WRONG(name, text) #name,
#include "wire/webauthn.def"
#undef WRONG
};

struct sample {
	struct slice kind, name, rp, origin, want;
	struct slice challenge, client, attestation, authdata, signature, key;
	uint64_t counter, flags;
};

/* The key that the last "create" of the file brought, and its name. */
static struct {
	struct buf name, key;
} last = {{.max = VALUE_MAX}, {.max = VALUE_MAX}};

NO_RETURN static void
fail(const char *what)
{
	(void)fprintf(stderr, "check-passkeys: %s\n", what);
	exit(2);
}

static struct slice
bytes(struct arena *arena, struct slice hex)
{
	struct buf buf = BUF(VALUE_MAX);
	struct slice s;

	if (hex_decode(hex, &buf) < 0)
		fail("a value is no hexadecimal");
	s = arena_copy(arena, buf_slice(&buf));
	buf_free(&buf);
	if (s.p == NULL)
		fail("out of memory");
	return s;
}

static uint64_t
number(struct slice s)
{
	uint64_t n = 0;

	if (slice_u64(s, UINT32_MAX, &n) < 0)
		fail("a value is no number");
	return n;
}

static void
take(struct arena *arena, struct slice name, struct slice value,
    struct sample *sample)
{
	const struct {
		const char *name;
		struct slice *text, *bytes;
		uint64_t *number;
	} fields[] = {
	    {"name", &sample->name, NULL, NULL},
	    {"rp", &sample->rp, NULL, NULL},
	    {"origin", &sample->origin, NULL, NULL},
	    {"want", &sample->want, NULL, NULL},
	    {"challenge", NULL, &sample->challenge, NULL},
	    {"client", NULL, &sample->client, NULL},
	    {"attestation", NULL, &sample->attestation, NULL},
	    {"authdata", NULL, &sample->authdata, NULL},
	    {"signature", NULL, &sample->signature, NULL},
	    {"key", NULL, &sample->key, NULL},
	    {"counter", NULL, NULL, &sample->counter},
	    {"flags", NULL, NULL, &sample->flags},
	};

	for (size_t i = 0; i < ARRAY_SIZE(fields); i++) {
		if (!slice_eq(name, slice_str(fields[i].name)))
			continue;
		if (fields[i].text != NULL)
			*fields[i].text = value;
		else if (fields[i].bytes != NULL)
			*fields[i].bytes = bytes(arena, value);
		else
			*fields[i].number = number(value);
		return;
	}
	fail("a value has no such name");
}

static struct sample
parse(struct arena *arena, struct slice line)
{
	struct sample sample = {.flags = UINT64_MAX};
	struct slice word, name;

	(void)slice_cut(&line, ' ', &sample.kind);
	while (line.n > 0) {
		(void)slice_cut(&line, ' ', &word);
		if (!slice_cut(&word, '=', &name))
			fail("a word is no NAME=VALUE");
		take(arena, name, word, &sample);
	}
	return sample;
}

static void
remember(const struct sample *sample)
{
	struct webauthn_attestation attestation;
	struct webauthn_authdata authdata;

	buf_clear(&last.name);
	buf_clear(&last.key);
	buf_put_slice(&last.name, sample->name);
	if (webauthn_parse_attestation(sample->attestation, &attestation) ==
		0 &&
	    webauthn_parse_authdata(attestation.authdata, &authdata) == 0)
		buf_put_slice(&last.key, authdata.cose_key);
}

static enum webauthn_wrong
check_create(const struct sample *sample, struct slice client_hash)
{
	struct secret_answer answer;

	remember(sample);
	passkey_register(&(struct secret_passkey_register){sample->rp,
			     client_hash, sample->attestation},
	    &answer);
	return (enum webauthn_wrong)answer.enrol.wrong;
}

static enum webauthn_wrong
check_get(const struct sample *sample, struct slice client_hash)
{
	struct secret_answer answer;
	uint64_t flags;

	if (sample->key.p == NULL &&
	    !slice_eq(sample->name, buf_slice(&last.name)))
		fail("no key came before");
	passkey_check(
	    &(struct secret_passkey_check){.rp_id = sample->rp,
		.client_hash = client_hash,
		.authdata = sample->authdata,
		.signature = sample->signature,
		.public_key =
		    sample->key.p != NULL ? sample->key : buf_slice(&last.key)},
	    &answer);
	if (answer.code < 0)
		return (enum webauthn_wrong)answer.passkey.wrong;
	flags =
	    sample->flags != UINT64_MAX ? sample->flags : answer.passkey.flags;
	return webauthn_check_state(answer.passkey.counter,
	    answer.passkey.flags, sample->counter, flags);
}

static enum webauthn_wrong
check(const struct sample *sample)
{
	bool create = slice_eq(sample->kind, SLICE("create"));
	struct digest hash = sha256(sample->client);
	enum webauthn_wrong wrong;

	if (!create && !slice_eq(sample->kind, SLICE("get")))
		fail("a case is neither create nor get");
	wrong = webauthn_check_client_data(sample->client,
	    create ? WEBAUTHN_CREATE : WEBAUTHN_GET, sample->challenge,
	    &sample->origin, 1);
	if (wrong != WEBAUTHN_RIGHT) {
		if (create)
			remember(sample);
		return wrong;
	}
	return create ? check_create(sample, digest_slice(&hash))
	              : check_get(sample, digest_slice(&hash));
}

static void
read_all(const char *path, struct buf *text)
{
	uint8_t *to;
	ssize_t n;

	if (path != NULL) {
		if (file_read(AT_FDCWD, path, text) < 0)
			fail("the file can't be read");
		return;
	}
	do {
		to = buf_room(text, 1 << 16);
		n = to != NULL ? read(STDIN_FILENO, to, 1 << 16) : -1;
		if (n < 0)
			fail("the input can't be read");
		buf_added(text, (size_t)n);
	} while (n > 0);
}

int
main(int argc, char **argv)
{
	struct arena arena = {NULL};
	struct buf text = BUF(FILE_MAX);
	struct slice rest, line;
	int status = 0;

	passkey_init();
	read_all(argc > 1 ? argv[1] : NULL, &text);
	rest = buf_slice(&text);
	while (rest.n > 0) {
		struct sample sample;
		const char *verdict;

		(void)slice_cut(&rest, '\n', &line);
		if (line.n == 0 || line.p[0] == '#')
			continue;
		sample = parse(&arena, line);
		verdict = verdicts[check(&sample)];
		(void)printf("%.*s %.*s %s\n", SLICE_ARG(sample.kind),
		    SLICE_ARG(sample.name), verdict);
		if (sample.want.n > 0 &&
		    !slice_eq(sample.want, slice_str(verdict)))
			status = 1;
		arena_reset(&arena);
	}
	arena_free(&arena);
	buf_free(&text);
	buf_free(&last.name);
	buf_free(&last.key);
	return status;
}
