#include "keeper/password.h"

#include <sodium.h>

#include "base/base.h"
#include "wire/cbor.h"

enum {
	VERSION = 1,
	SALT_BYTES = crypto_pwhash_SALTBYTES,
	HASH_BYTES = 32,

	NAME_LEAST = 4,
	DISTINCT_LEAST = 5,
	WORD_LEAST = 4,
	WORD_MAX = 15,
	DRESSING_MAX = 8,
};

_Static_assert(SALT_BYTES == 16, "Argon2's salt");

/* ---- which are taken --------------------------------------------------- */

static const char banned[][WORD_MAX + 1] = {
#include "keeper/banned.def"
};

static bool
is_banned(struct slice word)
{
	size_t low = 0, high = ARRAY_SIZE(banned);

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int order = slice_cmp(word, slice_str(banned[middle]));

		if (order == 0)
			return true;
		if (order < 0)
			high = middle;
		else
			low = middle + 1;
	}
	return false;
}

static uint8_t
lower(uint8_t c)
{
	return c >= 'A' && c <= 'Z' ? (uint8_t)(c + ('a' - 'A')) : c;
}

/* Bytes above ASCII are letters of some script. */
static bool
is_letter(uint8_t c)
{
	return (c >= 'a' && c <= 'z') || c >= 0x80;
}

static size_t
count_characters(struct slice s)
{
	size_t n = 0;

	for (size_t i = 0; i < s.n; i++)
		n += (s.p[i] & 0xc0) != 0x80;
	return n;
}

static bool
holds(struct slice s, struct slice part)
{
	for (size_t at = 0; at + part.n <= s.n; at++)
		if (slice_eq_nocase(
			slice_first(slice_from(s, at), part.n), part))
			return true;
	return false;
}

static bool
holds_a_name(struct slice s, struct slice names)
{
	struct slice name;

	while (names.n > 0) {
		(void)slice_cut(&names, '\n', &name);
		if (count_characters(name) >= NAME_LEAST && holds(s, name))
			return true;
	}
	return false;
}

/* Stretches of letters that stay, go up, or go down by one: "abcd", "1111". */
static size_t
count_runs(struct slice s)
{
	size_t runs = 0, at = 0;

	while (at < s.n) {
		int step = at + 1 < s.n ? s.p[at + 1] - s.p[at] : 2;

		runs++;
		at++;
		while (step >= -1 && step <= 1 && at < s.n &&
		       s.p[at] - s.p[at - 1] == step)
			at++;
	}
	return runs;
}

/* How long the part is that is said again and again; all where none is. */
static size_t
period(struct slice s)
{
	for (size_t n = 1; n <= s.n / 2; n++)
		if (slice_eq(slice_from(s, n), slice_first(s, s.n - n)))
			return n;
	return s.n;
}

static size_t
count_distinct(struct slice s)
{
	bool seen[256] = {false};
	size_t n = 0;

	for (size_t i = 0; i < s.n; i++) {
		n += !seen[s.p[i]];
		seen[s.p[i]] = true;
	}
	return n;
}

static bool
is_pattern(struct slice folded)
{
	return count_distinct(folded) < DISTINCT_LEAST ||
	       3 * count_runs(folded) <= folded.n ||
	       count_characters(slice_first(folded, period(folded))) <
	           SECRET_PASSWORD_LEAST;
}

/* The word with digits and signs taken for the letters they look like. */
static bool
is_banned_in_disguise(struct slice word, char one)
{
	static const char signs[] = "0134578@$!+", letters[] = "o_eastbasit";
	uint8_t plain[WORD_MAX];
	const char *sign;

	if (word.n > WORD_MAX)
		return false;
	for (size_t i = 0; i < word.n; i++) {
		plain[i] = word.p[i];
		sign = plain[i] != '\0' ? strchr(signs, plain[i]) : NULL;
		if (sign != NULL)
			plain[i] = (uint8_t)letters[sign - signs];
		if (plain[i] == '_')
			plain[i] = (uint8_t)one;
	}
	return is_banned(slice_of(plain, word.n));
}

static bool
is_listed(struct slice folded)
{
	struct slice word = folded;

	if (is_banned(folded))
		return true;
	/* What is put before and behind a word adds next to nothing to it. */
	while (word.n > 0 && !is_letter(word.p[0]))
		word = slice_from(word, 1);
	while (word.n > 0 && !is_letter(word.p[word.n - 1]))
		word.n--;
	if (word.n < WORD_LEAST || folded.n - word.n > DRESSING_MAX)
		return false;
	return is_banned(word) || is_banned_in_disguise(word, 'l') ||
	       is_banned_in_disguise(word, 'i');
}

enum secret_weak
password_weak(struct slice password, struct slice names)
{
	uint8_t folded[SECRET_PASSWORD_MAX];
	struct slice s = {folded, MIN(password.n, sizeof(folded))};
	enum secret_weak weak = SECRET_WEAK_NOT;

	for (size_t i = 0; i < s.n; i++)
		folded[i] = lower(password.p[i]);
	if (count_characters(s) < SECRET_PASSWORD_LEAST)
		weak = SECRET_WEAK_SHORT;
	else if (holds_a_name(s, names))
		weak = SECRET_WEAK_NAME;
	else if (is_listed(s))
		weak = SECRET_WEAK_LISTED;
	else if (is_pattern(s))
		weak = SECRET_WEAK_PATTERN;
	secret_wipe(folded, sizeof(folded));
	return weak;
}

/* ---- verifiers --------------------------------------------------------- */

const struct password_cost password_cost = {PASSWORD_KIB, PASSWORD_PASSES};

struct verifier {
	struct password_cost cost;
	uint8_t salt[SALT_BYTES], hash[HASH_BYTES];
};

static int
argon2(const struct people_key *key, struct slice password,
    const struct verifier *how, uint8_t ret_hash[static HASH_BYTES])
{
	crypto_auth_hmacsha256_state state;
	uint8_t peppered[crypto_auth_hmacsha256_BYTES];
	int r;

	(void)crypto_auth_hmacsha256_init(&state, key->pepper.p, key->pepper.n);
	(void)crypto_auth_hmacsha256_update(&state, password.p, password.n);
	(void)crypto_auth_hmacsha256_final(&state, peppered);
	r = crypto_pwhash(ret_hash, HASH_BYTES, (const char *)peppered,
	    sizeof(peppered), how->salt, how->cost.passes,
	    (size_t)how->cost.kib * 1024, crypto_pwhash_ALG_ARGON2ID13);
	secret_wipe(&state, sizeof(state));
	secret_wipe(peppered, sizeof(peppered));
	return r == 0 ? 0 : E_NOMEM;
}

int
password_hash(const struct people_key *key, struct slice password,
    const struct password_cost *cost, struct buf *ret_verifier)
{
	struct verifier v = {.cost = *cost};
	int r;

	randombytes_buf(v.salt, sizeof(v.salt));
	r = argon2(key, password, &v, v.hash);
	if (r == 0) {
		cbor_put_array(ret_verifier, 6);
		cbor_put_uint(ret_verifier, VERSION);
		cbor_put_bytes(ret_verifier, people_key_name(key));
		cbor_put_uint(ret_verifier, v.cost.kib);
		cbor_put_uint(ret_verifier, v.cost.passes);
		cbor_put_bytes(ret_verifier, slice_of(v.salt, SALT_BYTES));
		cbor_put_bytes(ret_verifier, slice_of(v.hash, HASH_BYTES));
		r = ret_verifier->error;
	}
	secret_wipe(&v, sizeof(v));
	return r;
}

static bool
take(struct cbor_reader *r, uint8_t *to, size_t n)
{
	struct slice s = cbor_get_bytes(r);

	if (s.n != n)
		return false;
	memcpy(to, s.p, n);
	return true;
}

/* False where it is nothing that can be right; foreign: of another key. */
static bool
parse(const struct people_key *key, struct slice in, struct verifier *ret,
    bool *ret_foreign)
{
	struct cbor_reader r = cbor_reader(in);
	uint8_t name[PEOPLE_KEY_NAME_BYTES];

	if (cbor_get_array(&r) != 6 || cbor_get_uint(&r) != VERSION ||
	    !take(&r, name, sizeof(name)))
		return false;
	ret->cost.kib = cbor_get_uint(&r);
	ret->cost.passes = cbor_get_uint(&r);
	if (!take(&r, ret->salt, SALT_BYTES) ||
	    !take(&r, ret->hash, HASH_BYTES) || cbor_end(&r) < 0 ||
	    ret->cost.kib < PASSWORD_KIB_LEAST ||
	    ret->cost.kib > PASSWORD_KIB ||
	    ret->cost.passes > PASSWORD_PASSES_MOST ||
	    ret->cost.kib * ret->cost.passes < PASSWORD_WORK_LEAST)
		return false;
	*ret_foreign = memcmp(name, key->name, sizeof(name)) != 0;
	return !*ret_foreign;
}

int
password_check(const struct people_key *key, struct slice verifier,
    struct slice password, bool *ret_rehash, bool *ret_foreign)
{
	struct verifier v;
	uint8_t hash[HASH_BYTES];
	bool usable, foreign = false, equal;
	int r;

	usable = parse(key, verifier, &v, &foreign);
	/* In place of what isn't there: nothing hashes to it. */
	if (!usable) {
		v.cost = password_cost;
		randombytes_buf(v.salt, sizeof(v.salt));
		randombytes_buf(v.hash, sizeof(v.hash));
	}
	r = argon2(key, password, &v, hash);
	equal =
	    secret_eq(slice_of(hash, HASH_BYTES), slice_of(v.hash, HASH_BYTES));
	if (r == 0) {
		*ret_foreign = foreign;
		*ret_rehash =
		    equal && (v.cost.kib != password_cost.kib ||
				 v.cost.passes != password_cost.passes);
		r = equal && usable ? 0 : E_DENIED;
	}
	secret_wipe(hash, sizeof(hash));
	secret_wipe(&v, sizeof(v));
	return r;
}
