/*
 * Probes of signing in: that no password suffices alone, that banned ones are
 * refused, that nobody learns whether a name exists, and that who administers
 * has a passkey.
 */
#include <inttypes.h>

#include "base/clock.h"
#include "base/encode.h"
#include "cli/bar.h"
#include "op/op.h"

enum {
	ROLE_MINUTES = 10,
	SAMPLES_LEAST = 8,
	RATIO_PERCENT = 150, /* between the smallest times */
	SAME_PERCENT = 75,   /* of the pairs, in which the same one is slower */
	HEAD_MAX = 8192,
	DEPTH_MAX = 10, /* of groups */
};

/* ---- no password alone ----------------------------------------------------
 */

static json_t *
sign_in_args(const char *login, const char *password, const char *code)
{
	return api_object("login", json_string(login), "password",
	    json_string(password), "code",
	    code != NULL ? json_string(code) : NULL, NULL);
}

/* One way in; true where it was refused as it must be. */
static void
judge(struct bar *bar, const char *way, bool in, int status, const char *code)
{
	if (in)
		bar_red(bar, "%s: the password alone was let in", way);
	else if (status == 429 || strcmp(code, "RATE") == 0)
		bar_unsure(
		    bar, "%s: slowed down, so nothing was looked at", way);
	else if (status == 0 || status >= 500)
		bar_unsure(bar, "%s: no answer (%d)", way, status);
}

static void
try_operation(struct bar *bar, const struct bar_person *p, const char *way,
    const char *code)
{
	struct bar_said said;

	bar_call(bar, NULL, "session.begin",
	    sign_in_args(p->login, p->password, code), &said);
	judge(bar, way, said.ok, said.status, said.code);
	bar_said_free(&said);
}

/* The browser's way in: its answer would be a cookie. */
static void
try_page(struct bar *bar, const struct bar_person *p)
{
	json_t *args = sign_in_args(p->login, p->password, NULL);
	char *text = json_dumps(args, JSON_COMPACT), origin[600];
	struct http_call call = {.method = "POST",
	    .path = "/session",
	    .header = {"Content-Type: application/json", origin},
	    .n_headers = 2,
	    .body = slice_str(text != NULL ? text : "")};
	struct http_answer answer;

	(void)snprintf(
	    origin, sizeof(origin), "Origin: %s", bar->cli->server.url);
	bar_ask(bar, NULL, &call, &answer);
	judge(bar, "the sign-in page", answer.status / 100 == 2, answer.status,
	    "");
	json_decref(args);
	free(text);
}

/* What reads something, of all protocols. */
static const struct {
	const char *method, *path;
} readers[] = {
    {"GET", "/files/"},
    {"GET", "/jmap/session"},
    {"GET", "/jmap/events?types=*&closeafter=state&ping=0"},
    {"GET", "/log/events"},
    {"GET", "/log/export"},
    {"GET", "/log/mirror"},
    {"GET", "/metrics"},
    {"DELETE", "/files/probe"},
};

static void
try_header(struct bar *bar, const char *scheme, const char *header)
{
	struct bar_said said;
	char way[100];

	for (size_t i = 0; i < ARRAY_SIZE(readers); i++) {
		int status =
		    bar_status(bar, header, readers[i].method, readers[i].path);

		(void)snprintf(
		    way, sizeof(way), "%s on %s", scheme, readers[i].path);
		judge(bar, way, status / 100 == 2, status, "");
	}
	bar_call(bar, header, "session.get", json_object(), &said);
	(void)snprintf(way, sizeof(way), "%s on /jmap/api", scheme);
	judge(bar, way, said.ok, said.status, said.code);
	bar_said_free(&said);
}

static void
try_headers(struct bar *bar, const struct bar_person *p)
{
	char header[BAR_HEADER];
	struct buf pair = BUF_SECRET(200), text = BUF_SECRET(BAR_HEADER);

	buf_printf(&pair, "%s:%s", p->login, p->password);
	buf_put_str(&text, "Authorization: Basic ");
	buf_put_base64(&text, buf_slice(&pair));
	(void)snprintf(
	    header, sizeof(header), "%.*s", SLICE_ARG(buf_slice(&text)));
	try_header(bar, "Basic", header);
	(void)snprintf(
	    header, sizeof(header), "Authorization: Bearer %s", p->password);
	try_header(bar, "the password as a token", header);
	secret_wipe(header, sizeof(header));
	buf_free(&pair);
	buf_free(&text);
}

static void
look_for_exceptions(struct bar *bar)
{
	json_t *page = NULL, *one;
	size_t i;

	if (!bar_do(bar, "policy.list", json_object(), &page))
		return;
	json_array_foreach(json_object_get(page, "list"), i, one) bar_red(bar,
	    "an exception stands: %s may sign in with a "
	    "password alone until %s",
	    api_text(one, "name"), api_text(one, "expires"));
	json_decref(page);
}

static bool
set_password(struct bar *bar, const struct bar_person *p)
{
	struct bar_said said;
	bool ok;

	bar_call(bar, p->invited, "password.set",
	    api_object("password", json_string(p->password), NULL), &said);
	ok = said.ok;
	bar_said_free(&said);
	if (!ok)
		bar_unsure(bar, "a probe could set no password");
	return ok;
}

void
bar_password_alone(struct bar *bar)
{
	struct bar_person *p = &bar->anna;
	char code[TOTP_DIGITS + 1];

	look_for_exceptions(bar);
	if (!bar_person_invited(bar, p) || !set_password(bar, p))
		return;
	try_operation(bar, p, "session.begin without a code", NULL);
	try_operation(bar, p, "session.begin with an empty code", "");
	try_page(bar, p);
	try_headers(bar, p);
	if (bar_stopped() || !bar_person_enrolled(bar, p))
		return;
	bar_wrong_code(p, code);
	try_operation(bar, p, "session.begin with a wrong code", code);
	try_operation(bar, p, "session.begin with no code, of an app", NULL);
	/* Else the refusals prove nothing: the password might be wrong. */
	if (bar_person_signed_in(bar, p))
		bar_saw(bar,
		    "each of %zu ways was refused; with its code the "
		    "same password signs in",
		    5 + 2 * (ARRAY_SIZE(readers) + 1));
}

/* ---- who administers ------------------------------------------------------
 */

struct holders {
	struct bar *bar;
	json_t *seen; /* ids of principals */
	size_t people, services;
};

/* What there is to sign in with: a passkey; or something else. */
static bool
look_at_credentials(
    struct bar *bar, const char *id, bool *ret_passkey, bool *ret_other)
{
	json_t *page = NULL, *one;
	size_t i;

	*ret_passkey = *ret_other = false;
	if (!bar_do(bar, "credential.list",
		api_object("principal", json_string(id), NULL), &page))
		return false;
	json_array_foreach(json_object_get(page, "list"), i, one)
	{
		const char *kind = api_text(one, "kind");

		if (api_bool(one, "ended"))
			continue;
		if (strcmp(kind, "passkey") == 0)
			*ret_passkey = true;
		else if (strcmp(kind, "token") != 0)
			*ret_other = true;
	}
	json_decref(page);
	return true;
}

/* kind: empty where it isn't known; then what it signs in with tells. */
static void
look_at_holder(struct holders *h, const char *id, const char *kind,
    const char *name, const char *role)
{
	bool passkey, other, is_person;

	if (json_object_get(h->seen, id) != NULL)
		return;
	(void)json_object_set_new(h->seen, id, json_true());
	if (strcmp(kind, "ceremony") == 0) {
		bar_red(h->bar,
		    "the installation's token is still good, and "
		    "has the role %s",
		    role);
		return;
	}
	if (!look_at_credentials(h->bar, id, &passkey, &other))
		return;
	is_person =
	    kind[0] != '\0' ? strcmp(kind, "person") == 0 : passkey || other;
	if (is_person)
		h->people++;
	else
		h->services++;
	if (is_person && !passkey)
		bar_red(
		    h->bar, "%s has the role %s, and no passkey", name, role);
}

static void
look_at_role(struct holders *h, const char *role)
{
	char after[API_ID] = "";
	bool more = true;

	while (more && !bar_stopped()) {
		json_t *page = NULL, *one;
		size_t i;

		if (!bar_do(h->bar, "access.who_can",
			api_object("relation", json_string(role), "after",
			    after[0] != '\0' ? json_string(after) : NULL, NULL),
			&page))
			return;
		json_array_foreach(json_object_get(page, "list"), i, one)
		{
			look_at_holder(h, api_text(one, "principal"),
			    api_text(one, "kind"), api_text(one, "name"), role);
			(void)snprintf(after, sizeof(after), "%s",
			    api_text(one, "principal"));
		}
		more = api_bool(page, "more");
		json_decref(page);
	}
}

/* A role in a unit may be a group's: then it is that of all in it. */
static void
look_in(struct holders *h, const char *id, const char *name, const char *role,
    unsigned depth)
{
	struct api_refusal refusal;
	char after[API_ID] = "";
	bool more = true;

	while (more && depth < DEPTH_MAX && !bar_stopped()) {
		json_t *page = NULL, *one;
		size_t i;

		if (api_try(h->bar->cli, "group.members",
			api_object("group", json_string(id), "after",
			    after[0] != '\0' ? json_string(after) : NULL, NULL),
			&page, &refusal) != CLI_OK) {
			look_at_holder(h, id, "", name, role);
			return;
		}
		json_array_foreach(json_object_get(page, "list"), i, one)
		{
			const char *member = api_text(one, "principal");
			const char *kind = api_text(one, "kind");

			(void)snprintf(after, sizeof(after), "%s", member);
			if (strcmp(kind, "group") == 0)
				look_in(h, member, api_text(one, "name"), role,
				    depth + 1);
			else
				look_at_holder(h, member, kind,
				    api_text(one, "name"), role);
		}
		more = api_bool(page, "more");
		json_decref(page);
	}
}

static void
look_at_unit(struct holders *h, const char *unit)
{
	json_t *page = NULL, *one;
	size_t i;

	if (!bar_do(h->bar, "role.list",
		api_object("unit", json_string(unit), NULL), &page))
		return;
	json_array_foreach(json_object_get(page, "list"), i, one)
	    look_in(h, api_text(one, "principal"), api_text(one, "name"),
		api_text(one, "relation"), 0);
	json_decref(page);
}

static void
look_at_units(struct holders *h)
{
	char after[API_ID] = "";
	bool more = true;

	while (more && !bar_stopped()) {
		json_t *page = NULL, *one;
		size_t i;

		if (!bar_do(h->bar, "unit.list",
			api_object("after",
			    after[0] != '\0' ? json_string(after) : NULL, NULL),
			&page))
			return;
		json_array_foreach(json_object_get(page, "list"), i, one)
		{
			(void)snprintf(
			    after, sizeof(after), "%s", api_text(one, "id"));
			if (!api_bool(one, "ended"))
				look_at_unit(h, after);
		}
		more = api_bool(page, "more");
		json_decref(page);
	}
}

/* A role for a moment, of somebody who signed in with less than a passkey. */
static void
try_role(struct bar *bar)
{
	struct bar_person *p = &bar->anna;
	struct bar_said said;
	json_t *grant = NULL;

	if (!bar_person_signed_in(bar, p) ||
	    !bar_do(bar, "role.grant",
		api_object("principal", json_string(p->id), "relation",
		    json_string("log_reader"), "expires",
		    api_time_value(clock_wall_ms() + ROLE_MINUTES * 60 * 1000),
		    NULL),
		&grant))
		return;
	bar_call(bar, p->session, "log.search",
	    api_object("limit", json_integer(1), NULL), &said);
	if (said.ok)
		bar_red(bar, "a role was used by a password and a code");
	else if (strcmp(said.code, "ASSURANCE") != 0)
		bar_unsure(bar, "a role was refused for another reason: %s",
		    said.code);
	else
		bar_saw(bar, "a role is refused to a password and a code");
	bar_said_free(&said);
	(void)bar_do(bar, "role.revoke",
	    api_object("grant", json_string(api_text(grant, "id")), NULL),
	    NULL);
	json_decref(grant);
}

void
bar_administrators(struct bar *bar)
{
	static const char *const roles[] = {
	    "user_admin", "log_reader", "security_responder", "operator"};
	struct holders h = {.bar = bar, .seen = json_object()};

	for (size_t i = 0; i < ARRAY_SIZE(roles); i++)
		look_at_role(&h, roles[i]);
	look_at_units(&h);
	json_decref(h.seen);
	if (h.people == 0)
		bar_unsure(bar, "nobody was found who has a role");
	else
		bar_saw(bar,
		    "with a role: %zu people, each with a passkey, and %zu "
		    "services, by tokens of 128 random bits",
		    h.people, h.services);
	if (!bar_stopped())
		try_role(bar);
}

/* ---- banned passwords ------------------------------------------------------
 */

/* Common ones that are long enough, so that it is the list that refuses them.
 */
static const char *const common[] = {"1234567890", "0123456789", "1q2w3e4r5t6y",
    "Password123", "P@ssw0rd2027!", "qwertyuiop", "administrator",
    "Letmein!!2027", "aaaaaaaaaaaaaa", "abcdefghijklmn", "k3$Vq9z"};

static void
try_weak(struct bar *bar, const char *password, const char *why, size_t *n)
{
	struct bar_said said;

	bar_call(bar, bar->bob.invited, "password.set",
	    api_object("password", json_string(password), NULL), &said);
	if (said.ok)
		bar_red(bar, "%s was taken as a password", why);
	else if (strcmp(said.code, "WEAK") != 0)
		bar_unsure(bar, "%s was refused for another reason: %s", why,
		    said.code[0] != '\0' ? said.code : "no answer");
	else
		(*n)++;
	bar_said_free(&said);
}

/* "localhost" of "https://localhost:8443" */
static void
host_of(const struct bar *bar, char *ret, size_t size)
{
	struct slice rest = slice_str(bar->cli->server.url), host;

	(void)slice_cut(&rest, '/', &host);
	(void)slice_cut(&rest, '/', &host);
	(void)slice_cut(&rest, '/', &host);
	host = slice_first(host, slice_index(host, ':'));
	(void)snprintf(ret, size, "%.*s", SLICE_ARG(host));
}

void
bar_banned(struct bar *bar)
{
	char host[256], own[300];
	size_t n = 0;

	if (!bar_person_invited(bar, &bar->bob))
		return;
	for (size_t i = 0; i < ARRAY_SIZE(common) && !bar_stopped(); i++)
		try_weak(bar, common[i], common[i], &n);
	host_of(bar, host, sizeof(host));
	(void)snprintf(own, sizeof(own), "Ve9-%s-tq7", host);
	try_weak(bar, own, "a password with the host's name", &n);
	(void)snprintf(own, sizeof(own), "Ve9-%s-tq7", bar->bob.login);
	try_weak(bar, own, "a password with one's own name", &n);
	/* Else nothing would be taken, and that proves nothing. */
	if (!bar_stopped() && set_password(bar, &bar->bob))
		bar_saw(bar,
		    "%zu were refused as too easily guessed, a good "
		    "one was taken",
		    n);
}

/* ---- unknown and wrong -----------------------------------------------------
 */

struct reply {
	int error, status;
	struct buf head, body;
	uint64_t us;
	bool slowed;
};

/* A time, or a number of its own. */
static bool
is_of_one_request(struct slice line)
{
	static const char *const names[] = {"date:", "chancery-request:"};

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		struct slice name = slice_str(names[i]);

		if (line.n >= name.n &&
		    slice_eq_nocase(slice_first(line, name.n), name))
			return true;
	}
	return false;
}

/* Its lines, but those that differ from request to request by their nature. */
static void
on_line(void *arg, struct slice line)
{
	struct reply *reply = arg;

	if (slice_starts(line, SLICE("HTTP/")))
		buf_clear(&reply->head);
	if (!is_of_one_request(line))
		buf_put_slice(&reply->head, line);
}

static void
reply_free(struct reply *reply)
{
	buf_free(&reply->head);
	buf_free(&reply->body);
}

static void
ask_to_sign_in(struct bar *bar, const char *path, const char *login,
    const char *password, struct reply *ret)
{
	bool is_page = strcmp(path, "/session") == 0;
	json_t *args = sign_in_args(login, password, "314159"), *root;
	char *text, origin[600];
	struct http_call call = {.method = "POST",
	    .path = path,
	    .header = {"Content-Type: application/json", origin},
	    .n_headers = 2,
	    .version = HTTP_1, /* one connection, kept */
	    .line = on_line,
	    .arg = ret};
	struct http_answer answer;

	*ret = (struct reply){.head = BUF(HEAD_MAX), .body = BUF(HEAD_MAX)};
	root = is_page
	           ? json_incref(args)
	           : json_pack("{s:[s,s],s:[[s,O,s]]}", "using",
			 "urn:ietf:params:jmap:core", "urn:chancery:operations",
			 "methodCalls", "session.begin", args, "0");
	text = json_dumps(root, JSON_COMPACT);
	call.body = slice_str(text != NULL ? text : "");
	(void)snprintf(
	    origin, sizeof(origin), "Origin: %s", bar->cli->server.url);
	bar_ask(bar, NULL, &call, &answer);
	ret->error = answer.error;
	ret->status = answer.status;
	ret->us = answer.took_us;
	buf_put_slice(&ret->body, answer.body);
	ret->slowed = answer.status == 429 ||
	              memmem(answer.body.p, answer.body.n, "RATE", 4) != NULL;
	json_decref(args);
	json_decref(root);
	free(text);
}

static const char *
difference(const struct reply *a, const struct reply *b)
{
	if (a->status != b->status)
		return "status";
	if (!slice_eq(buf_slice(&a->head), buf_slice(&b->head)))
		return "headers";
	return slice_eq(buf_slice(&a->body), buf_slice(&b->body)) ? NULL
	                                                          : "bytes";
}

struct times {
	uint64_t least[2]; /* of wrong, of unknown */
	size_t slower[2];  /* in how many pairs */
	size_t n;
	bool slowed;
};

/* A pair, one right behind the other: what the machine does else hits both. */
static void
compare(struct bar *bar, const char *path, const char *login,
    const char *unknown, struct times *times)
{
	char password[40];
	struct reply replies[2];
	const char *what;

	bar_password(password);
	ask_to_sign_in(bar, path, login, password, &replies[0]);
	ask_to_sign_in(bar, path, unknown, password, &replies[1]);
	if (replies[0].slowed || replies[1].slowed) {
		times->slowed = true;
	} else if (replies[0].error == 0 && replies[1].error == 0) {
		what = difference(&replies[0], &replies[1]);
		if (what != NULL)
			bar_red(bar,
			    "%s: the %s tell an unknown name from a "
			    "wrong password",
			    path, what);
		for (size_t i = 0; i < 2; i++)
			if (times->n == 0 || replies[i].us < times->least[i])
				times->least[i] = replies[i].us;
		times->slower[replies[0].us < replies[1].us]++;
		times->n++;
	}
	reply_free(&replies[0]);
	reply_free(&replies[1]);
}

/*
 * A difference in the smallest times alone may be the machine's: what tells the
 * two apart makes the same one slower nearly always.
 */
static bool
tells(const struct times *times)
{
	uint64_t most = MAX(times->least[0], times->least[1]);
	uint64_t least = MIN(times->least[0], times->least[1]);
	size_t same = MAX(times->slower[0], times->slower[1]);

	return most * 100 > least * RATIO_PERCENT &&
	       same * 100 > times->n * SAME_PERCENT;
}

static void
judge_times(struct bar *bar, const struct times *times)
{
	uint64_t wrong = times->least[0], unknown = times->least[1];

	if (times->n < SAMPLES_LEAST)
		bar_unsure(bar, "only %zu pairs were answered%s, too few",
		    times->n,
		    times->slowed ? " before it was slowed down" : "");
	else if (tells(times))
		bar_red(bar,
		    "the time tells them apart: %" PRIu64 " µs for a wrong "
		    "password at the least, %" PRIu64 " µs for an unknown name",
		    wrong, unknown);
	else
		bar_saw(bar,
		    "%zu pairs alike in status, headers and bytes; at the "
		    "least %" PRIu64 " and %" PRIu64 " µs",
		    times->n, wrong, unknown);
}

void
bar_unknown(struct bar *bar)
{
	struct bar_person *people[] = {&bar->bob, &bar->carl};
	struct times times = {.n = 0};
	char unknown[64];

	for (size_t i = 0; i < ARRAY_SIZE(people); i++) {
		if (!bar_person_enrolled(bar, people[i]))
			return;
		(void)snprintf(
		    unknown, sizeof(unknown), "probe-x%zu-%s", i, bar->nonce);
		for (size_t k = 0; k < BAR_TRIES && !bar_stopped(); k++)
			compare(bar, k == 0 ? "/session" : "/jmap/api",
			    people[i]->login, unknown, &times);
	}
	judge_times(bar, &times);
}
