#include "front/jmap/parse.h"

#include <stdio.h>

#include "base/base.h"

enum { NAME_MAX_BYTES = 256 };

/* ---- requests ----------------------------------------------------------- */

static bool
is_call(json_t *call)
{
	return json_array_size(call) == 3 &&
	       json_is_string(json_array_get(call, 0)) &&
	       json_is_object(json_array_get(call, 1)) &&
	       json_is_string(json_array_get(call, 2));
}

static bool
is_request(json_t *root)
{
	json_t *calls = json_object_get(root, "methodCalls");
	json_t *using = json_object_get(root, "using");

	if (!json_is_array(calls) || !json_is_array(using))
		return false;
	for (size_t i = 0; i < json_array_size(using); i++)
		if (!json_is_string(json_array_get(using, i)))
			return false;
	for (size_t i = 0; i < json_array_size(calls); i++)
		if (!is_call(json_array_get(calls, i)))
			return false;
	return true;
}

static bool
is_known(const char *capability)
{
	return strcmp(capability, JMAP_CORE) == 0 ||
	       strcmp(capability, JMAP_FILES) == 0 ||
	       strcmp(capability, JMAP_OPERATIONS) == 0;
}

static bool
all_known(json_t *using)
{
	for (size_t i = 0; i < json_array_size(using); i++)
		if (!is_known(json_string_value(json_array_get(using, i))))
			return false;
	return true;
}

static int
problem(struct jmap_problem *p, int code, const char *type, const char *text)
{
	p->type = type;
	(void)snprintf(p->text, sizeof(p->text), "%s", text);
	return code;
}

int
jmap_parse(struct slice body, size_t max_calls, json_t **ret_root,
    struct jmap_problem *reterr_problem)
{
	json_error_t error = {.text = ""};
	json_t *root;
	int r = 0;

	if (!slice_is_utf8(body))
		return problem(reterr_problem, E_SYNTAX, "notJSON",
		    "the body is not UTF-8");
	root = json_loadb(body.n > 0 ? (const char *)body.p : "", body.n,
	    JSON_REJECT_DUPLICATES, &error);
	if (root == NULL)
		return problem(reterr_problem, E_SYNTAX, "notJSON", error.text);
	if (!is_request(root))
		r = problem(reterr_problem, E_INVALID, "notRequest",
		    "this is no JMAP request");
	else if (!all_known(json_object_get(root, "using")))
		r = problem(reterr_problem, E_KIND, "unknownCapability",
		    "a capability in \"using\" is not known here");
	else if (json_array_size(json_object_get(root, "methodCalls")) >
		 max_calls)
		r = problem(
		    reterr_problem, E_LIMIT, "limit", "maxCallsInRequest");
	if (r < 0) {
		json_decref(root);
		return r;
	}
	*ret_root = root;
	return 0;
}

/* ---- references --------------------------------------------------------- */

/* A step of a JSON pointer as a member's name (RFC 6901, section 4). */
static bool
put_name(struct slice step, char ret_name[NAME_MAX_BYTES])
{
	size_t n = 0;

	if (step.n >= NAME_MAX_BYTES)
		return false;
	for (size_t i = 0; i < step.n; i++) {
		char c = (char)step.p[i];

		if (c == '~') {
			if (++i == step.n ||
			    (step.p[i] != '0' && step.p[i] != '1'))
				return false;
			c = step.p[i] == '1' ? '/' : '~';
		}
		ret_name[n++] = c;
	}
	ret_name[n] = '\0';
	return true;
}

static int point(json_t *at, struct slice path, size_t *left, json_t **ret);

/* Adds a value, or what is in it where it is an array: as '*' has it. */
static int
add(json_t *all, json_t *value, size_t *left)
{
	size_t n = json_is_array(value) ? json_array_size(value) : 1;
	int r;

	if (n > *left)
		return E_LIMIT;
	*left -= n;
	r = json_is_array(value) ? json_array_extend(all, value)
	                         : json_array_append(all, value);
	return r < 0 ? E_NOMEM : 0;
}

/* '*': the rest of the path, for each element. */
static int
map(json_t *array, struct slice path, size_t *left, json_t **ret)
{
	json_t *all = json_array();
	int r = all != NULL ? 0 : E_NOMEM;

	for (size_t i = 0; i < json_array_size(array) && r == 0; i++) {
		json_t *got = NULL;

		r = point(json_array_get(array, i), path, left, &got);
		if (r == 0)
			r = add(all, got, left);
		json_decref(got);
	}
	if (r < 0) {
		json_decref(all);
		return r;
	}
	*ret = all;
	return 0;
}

/* A JSON pointer; each step leads one level down, so no deeper than JSON is. */
static int
point(json_t *at, struct slice path, size_t *left, json_t **ret)
{
	char name[NAME_MAX_BYTES];
	struct slice step;
	uint64_t index;

	if (at == NULL)
		return E_STATE;
	if (*left == 0)
		return E_LIMIT;
	--*left;
	if (path.n == 0) {
		*ret = json_incref(at);
		return 0;
	}
	if (path.p[0] != '/')
		return E_STATE;
	path = slice_of(path.p + 1, path.n - 1);
	step = slice_first(path, slice_index(path, '/'));
	path = slice_from(path, step.n);
	if (json_is_array(at) && slice_eq(step, SLICE("*")))
		return map(at, path, left, ret);
	if (json_is_array(at))
		return slice_u64(step, UINT32_MAX, &index) < 0
		           ? E_STATE
		           : point(json_array_get(at, index), path, left, ret);
	if (!put_name(step, name))
		return E_STATE;
	return point(json_object_get(at, name), path, left, ret);
}

static const char *
text_at(json_t *response, size_t i)
{
	const char *text = json_string_value(json_array_get(response, i));

	return text != NULL ? text : "";
}

/* The first answer to that call: it must be of the name that is expected. */
static int
resolve_one(json_t *reference, json_t *responses, size_t *left, json_t **ret)
{
	const char *of =
	    json_string_value(json_object_get(reference, "resultOf"));
	const char *name =
	    json_string_value(json_object_get(reference, "name"));
	const char *path =
	    json_string_value(json_object_get(reference, "path"));

	if (of == NULL || name == NULL || path == NULL)
		return E_STATE;
	for (size_t i = 0; i < json_array_size(responses); i++) {
		json_t *response = json_array_get(responses, i);

		if (strcmp(text_at(response, 2), of) != 0)
			continue;
		if (strcmp(text_at(response, 0), name) != 0)
			return E_STATE;
		return point(
		    json_array_get(response, 1), slice_str(path), left, ret);
	}
	return E_STATE;
}

static int
take_arg(json_t *to, json_t *args, const char *name, json_t *value,
    json_t *responses, size_t *left)
{
	json_t *got = NULL;
	int r;

	if (name[0] != '#')
		return json_object_set(to, name, value) < 0 ? E_NOMEM : 0;
	if (json_object_get(args, name + 1) != NULL)
		return E_INVALID;
	r = resolve_one(value, responses, left, &got);
	if (r == 0 && json_object_set(to, name + 1, got) < 0)
		r = E_NOMEM;
	json_decref(got);
	return r;
}

int
jmap_resolve(json_t *args, json_t *responses, size_t *left, json_t **ret_args)
{
	json_t *to = json_object();
	int r = to != NULL ? 0 : E_NOMEM;

	for (void *at = json_object_iter(args); at != NULL && r == 0;
	     at = json_object_iter_next(args, at))
		r = take_arg(to, args, json_object_iter_key(at),
		    json_object_iter_value(at), responses, left);
	if (r < 0) {
		json_decref(to);
		return r;
	}
	*ret_args = to;
	return 0;
}

bool
jmap_has_references(json_t *calls)
{
	for (size_t i = 0; i < json_array_size(calls); i++) {
		json_t *args = json_array_get(json_array_get(calls, i), 1);

		for (void *at = json_object_iter(args); at != NULL;
		     at = json_object_iter_next(args, at))
			if (json_object_iter_key(at)[0] == '#')
				return true;
	}
	return false;
}
