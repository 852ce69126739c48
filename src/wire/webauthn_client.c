#include <jansson.h>

#include "base/base.h"
#include "base/encode.h"
#include "wire/webauthn.h"

/* The string of a member; empty where it is none. */
static struct slice
get_string(const json_t *object, const char *name)
{
	const json_t *value = json_object_get(object, name);

	if (!json_is_string(value))
		return SLICE_NONE;
	return slice_of(json_string_value(value), json_string_length(value));
}

static bool
is_challenge(struct slice text, struct slice challenge)
{
	struct buf want = BUF(2 * WEBAUTHN_CHALLENGE_MAX);
	bool is;

	/* The text is compared, so that there is one spelling of it. */
	buf_put_base64url(&want, challenge);
	is = want.error == 0 && want.n > 0 && slice_eq(text, buf_slice(&want));
	buf_free(&want);
	return is;
}

static bool
is_one_of(struct slice text, const struct slice *of, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (text.n > 0 && slice_eq(text, of[i]))
			return true;
	return false;
}

/* True where neither member says that another origin had a part. */
static bool
is_same_origin(const json_t *object)
{
	const json_t *cross = json_object_get(object, "crossOrigin");

	return (cross == NULL || json_is_false(cross)) &&
	       json_object_get(object, "topOrigin") == NULL;
}

static enum webauthn_wrong
check(const json_t *object, enum webauthn_ceremony ceremony,
    struct slice challenge, const struct slice *origins, size_t n_origins)
{
	struct slice type = ceremony == WEBAUTHN_CREATE
	                        ? SLICE("webauthn.create")
	                        : SLICE("webauthn.get");

	if (!json_is_object(object))
		return WEBAUTHN_WRONG_SYNTAX;
	if (!slice_eq(get_string(object, "type"), type))
		return WEBAUTHN_WRONG_TYPE;
	if (!is_challenge(get_string(object, "challenge"), challenge))
		return WEBAUTHN_WRONG_CHALLENGE;
	if (!is_one_of(get_string(object, "origin"), origins, n_origins))
		return WEBAUTHN_WRONG_ORIGIN;
	return is_same_origin(object) ? WEBAUTHN_RIGHT
	                              : WEBAUTHN_WRONG_CROSS_ORIGIN;
}

enum webauthn_wrong
webauthn_check_client_data(struct slice json, enum webauthn_ceremony ceremony,
    struct slice challenge, const struct slice *origins, size_t n_origins)
{
	enum webauthn_wrong wrong;
	json_t *root;

	if (json.n == 0 || json.n > WEBAUTHN_CLIENT_DATA_MAX)
		return WEBAUTHN_WRONG_SYNTAX;
	root = json_loadb(
	    (const char *)json.p, json.n, JSON_REJECT_DUPLICATES, NULL);
	wrong = check(root, ceremony, challenge, origins, n_origins);
	json_decref(root);
	return wrong;
}
