#include "cli/bar.h"

#include <inttypes.h>
#include <stdarg.h>
#include <sys/random.h>

#include "base/clock.h"
#include "base/encode.h"

enum { TEXT_MAX = 2000, STEP_MS = 20, IDLE_MS = 30000, ROLE_MINUTES = 15 };

/* ---- saying
 * ------------------------------------------------------------------ */

static void
    PRINTF_LIKE(2, 0) add(struct buf *text, const char *format, va_list args)
{
	char part[400];

	(void)vsnprintf(part, sizeof(part), format, args);
	if (text->n > 0)
		buf_put_str(text, "; ");
	buf_put_str(text, part);
}

void
bar_saw(struct bar *bar, const char *format, ...)
{
	va_list args;

	bar->now->state = MAX(bar->now->state, BAR_GREEN);
	va_start(args, format);
	add(&bar->now->saw, format, args);
	va_end(args);
}

void
bar_red(struct bar *bar, const char *format, ...)
{
	va_list args;

	bar->now->state = MAX(bar->now->state, BAR_RED);
	va_start(args, format);
	add(&bar->now->wrong, format, args);
	va_end(args);
}

void
bar_unsure(struct bar *bar, const char *format, ...)
{
	va_list args;

	bar->now->state = MAX(bar->now->state, BAR_UNSURE);
	va_start(args, format);
	add(&bar->now->wrong, format, args);
	va_end(args);
}

void
bar_record(struct bar *bar, uint64_t sequence)
{
	struct bar_result *now = bar->now;

	for (size_t i = 0; i < MIN(now->n_records, (size_t)BAR_RECORDS); i++)
		if (now->records[i] == sequence)
			return;
	if (now->n_records < BAR_RECORDS)
		now->records[now->n_records] = sequence;
	now->n_records++;
}

/* ---- asking
 * ------------------------------------------------------------------ */

bool
bar_do(struct bar *bar, const char *name, json_t *args, json_t **ret)
{
	struct api_refusal refusal;
	json_t *result = NULL;

	if (api_try(bar->cli, name, args, &result, &refusal) != CLI_OK) {
		bar_unsure(bar, "%s was refused: %s", name,
		    refusal.text[0] != '\0' ? refusal.text : "no answer");
		return false;
	}
	if (ret != NULL)
		*ret = result;
	else
		json_decref(result);
	return true;
}

void
bar_ask(struct bar *bar, const char *who, struct http_call *call,
    struct http_answer *ret_answer)
{
	call->bare = true;
	if (who != NULL)
		call->header[call->n_headers++] = who;
	if (call->idle_ms == 0)
		call->idle_ms = IDLE_MS;
	http_do(bar->cli->http, call, ret_answer);
}

int
bar_status(
    struct bar *bar, const char *who, const char *method, const char *path)
{
	struct http_call call = {.method = method, .path = path};
	struct http_answer answer;

	bar_ask(bar, who, &call, &answer);
	return answer.error == 0 ? answer.status : 0;
}

static void
take_said(struct bar_said *said, struct slice body)
{
	json_t *root = json_loadb((const char *)body.p, body.n, 0, NULL);
	json_t *response =
	    json_array_get(json_object_get(root, "methodResponses"), 0);
	json_t *told = json_array_get(response, 1);
	json_t *result = json_array_get(json_object_get(told, "results"), 0);
	const char *code = api_text(result != NULL ? result : told, "code");

	/* Of what is no operation only the type is told. */
	if (code[0] == '\0')
		code = api_text(told, "type");
	(void)snprintf(said->code, sizeof(said->code), "%s", code);
	said->ok = api_bool(result, "ok");
	said->result = json_incref(result);
	json_decref(root);
}

void
bar_call(struct bar *bar, const char *who, const char *name, json_t *args,
    struct bar_said *ret_said)
{
	json_t *root = json_pack("{s:[s,s],s:[[s,o,s]]}", "using",
	    "urn:ietf:params:jmap:core", "urn:chancery:operations",
	    "methodCalls", name, args, "0");
	char *text = json_dumps(root, JSON_COMPACT);
	struct http_call call = {.method = "POST",
	    .path = "/jmap/api",
	    .header = {"Content-Type: application/json"},
	    .n_headers = 1,
	    .body = slice_str(text != NULL ? text : "")};
	struct http_answer answer;

	*ret_said = (struct bar_said){.ok = false};
	bar_ask(bar, who, &call, &answer);
	ret_said->error = answer.error;
	ret_said->status = answer.status;
	if (answer.error == 0 && answer.status == 200)
		take_said(ret_said, answer.body);
	json_decref(root);
	free(text);
}

void
bar_said_free(struct bar_said *said)
{
	json_decref(said->result);
	said->result = NULL;
}

bool
bar_until(struct bar *bar, bool (*is)(struct bar *bar, void *arg), void *arg,
    uint64_t ms)
{
	uint64_t end = clock_boot_ms() + ms;

	while (!is(bar, arg)) {
		if (clock_boot_ms() >= end || bar_stopped() ||
		    http_step(bar->cli->http, STEP_MS) < 0)
			return is(bar, arg);
	}
	return true;
}

/* ---- people
 * ------------------------------------------------------------------ */

static void
put_header(char header[static BAR_HEADER], const char *secret)
{
	(void)snprintf(header, BAR_HEADER, "Authorization: Bearer %s", secret);
}

static void
note_made(struct bar *bar, const char *id)
{
	BUG_ON(bar->n_made == BAR_PRINCIPALS);
	(void)snprintf(bar->made[bar->n_made++], API_ID, "%s", id);
}

void
bar_password(char ret[static 40])
{
	uint8_t bytes[16];
	struct buf text = BUF_SECRET(64);

	BUG_ON(getrandom(bytes, sizeof(bytes), 0) != (ssize_t)sizeof(bytes));
	buf_put_hex(&text, slice_of(bytes, sizeof(bytes)));
	(void)snprintf(ret, 40, "%.*s", SLICE_ARG(buf_slice(&text)));
	buf_free(&text);
}

bool
bar_person_invited(struct bar *bar, struct bar_person *person)
{
	json_t *made = NULL, *issued = NULL;
	char name[80];

	if (person->id[0] != '\0')
		return true;
	(void)snprintf(person->login, sizeof(person->login), "probe-%zu-%s",
	    bar->n_made + 1, bar->nonce);
	(void)snprintf(
	    name, sizeof(name), "Probe %zu %s", bar->n_made + 1, bar->nonce);
	if (!bar_do(bar, "principal.create",
		api_object("kind", json_string("person"), "name",
		    json_string(name), "login", json_string(person->login),
		    NULL),
		&made))
		return false;
	(void)snprintf(person->id, API_ID, "%s", api_text(made, "id"));
	note_made(bar, person->id);
	json_decref(made);
	if (!bar_do(bar, "invitation.issue",
		api_object("principal", json_string(person->id), NULL),
		&issued))
		return false;
	put_header(person->invited, api_text(issued, "secret"));
	json_decref(issued);
	bar_password(person->password);
	return true;
}

static uint64_t
step_now(void)
{
	return (uint64_t)clock_wall_ms() / TOTP_STEP_MS;
}

void
bar_code(const struct bar_person *person, uint64_t step,
    char ret[static TOTP_DIGITS + 1])
{
	totp_code(person->seed, step, ret);
	ret[TOTP_DIGITS] = '\0';
}

void
bar_wrong_code(
    const struct bar_person *person, char ret[static TOTP_DIGITS + 1])
{
	static const char *const codes[] = {"314159", "271828", "161803"};
	uint64_t now = step_now();

	for (size_t i = 0; i < ARRAY_SIZE(codes); i++) {
		bool right = false;

		for (uint64_t step = now - 4; step <= now + 4; step++) {
			bar_code(person, step, ret);
			right |= strcmp(ret, codes[i]) == 0;
		}
		(void)snprintf(ret, TOTP_DIGITS + 1, "%s", codes[i]);
		if (!right)
			return;
	}
}

/* By the invitation. */
static bool
enrol_step(struct bar *bar, const struct bar_person *person, const char *name,
    json_t *args, json_t **ret)
{
	struct bar_said said;

	bar_call(bar, person->invited, name, args, &said);
	if (!said.ok)
		bar_unsure(bar, "%s was refused to a probe: %s", name,
		    said.code[0] != '\0' ? said.code : "no answer");
	else if (ret != NULL)
		*ret = json_incref(said.result);
	bar_said_free(&said);
	return said.ok;
}

bool
bar_person_enrolled(struct bar *bar, struct bar_person *person)
{
	json_t *made = NULL;
	char code[TOTP_DIGITS + 1];
	bool read;

	if (person->step != 0)
		return true;
	if (!bar_person_invited(bar, person) ||
	    !enrol_step(bar, person, "password.set",
		api_object("password", json_string(person->password), NULL),
		NULL) ||
	    !enrol_step(bar, person, "totp.begin", json_object(), &made))
		return false;
	read = totp_read_seed(
		   slice_str(api_text(made, "secret")), person->seed) == 0;
	json_decref(made);
	if (!read) {
		bar_unsure(
		    bar, "the seed of an authenticator app can't be read");
		return false;
	}
	person->step = step_now();
	bar_code(person, person->step, code);
	return enrol_step(bar, person, "totp.confirm",
	    api_object("code", json_string(code), NULL), NULL);
}

/* A code is good once: the next one is taken, too. */
bool
bar_person_signed_in(struct bar *bar, struct bar_person *person)
{
	struct bar_said said;
	char code[TOTP_DIGITS + 1];

	if (person->session[0] != '\0')
		return true;
	if (!bar_person_enrolled(bar, person))
		return false;
	person->step = MAX(person->step + 1, step_now());
	bar_code(person, person->step, code);
	bar_call(bar, NULL, "session.begin",
	    api_object("login", json_string(person->login), "password",
		json_string(person->password), "code", json_string(code), NULL),
	    &said);
	if (said.ok) {
		put_header(person->session, api_text(said.result, "secret"));
		(void)snprintf(person->session_id, API_ID, "%s",
		    api_text(said.result, "id"));
	} else {
		bar_unsure(bar,
		    "a probe with the right password and code was refused, "
		    "too: %s",
		    said.code[0] != '\0' ? said.code : "no answer");
	}
	bar_said_free(&said);
	return person->session[0] != '\0';
}

/* ---- the robot
 * ------------------------------------------------------------------- */

static bool
issue(struct bar *bar, const char *label, char header[static BAR_HEADER],
    char *ret_credential)
{
	json_t *issued = NULL;

	if (!bar_do(bar, "token.issue",
		api_object("principal", json_string(bar->robot.id), "label",
		    json_string(label), NULL),
		&issued))
		return false;
	put_header(header, api_text(issued, "secret"));
	if (ret_credential != NULL)
		(void)snprintf(
		    ret_credential, API_ID, "%s", api_text(issued, "id"));
	json_decref(issued);
	return true;
}

bool
bar_robot(struct bar *bar)
{
	json_t *made = NULL;
	char name[80];

	if (bar->robot.id[0] != '\0')
		return bar->robot.other[0] != '\0';
	(void)snprintf(name, sizeof(name), "Probe service %s", bar->nonce);
	if (!bar_do(bar, "principal.create",
		api_object("kind", json_string("service"), "name",
		    json_string(name), NULL),
		&made))
		return false;
	(void)snprintf(bar->robot.id, API_ID, "%s", api_text(made, "id"));
	note_made(bar, bar->robot.id);
	json_decref(made);
	return bar_do(bar, "role.grant",
		   api_object("principal", json_string(bar->robot.id),
		       "relation", json_string("log_reader"), "expires",
		       api_time_value(
			   clock_wall_ms() + ROLE_MINUTES * 60 * 1000),
		       NULL),
		   NULL) &&
	       issue(bar, "to be revoked", bar->robot.token,
		   bar->robot.credential) &&
	       issue(bar, "of the probe", bar->robot.other, NULL);
}

/* A file of one byte again and again. */
static int
read_file(void *arg UNUSED, uint64_t offset UNUSED, uint8_t *to, size_t max,
    size_t *ret_n)
{
	memset(to, 'x', max);
	*ret_n = max;
	return 0;
}

bool
bar_store(struct bar *bar, const char *path, uint64_t size)
{
	struct http_call call = {.method = "PUT",
	    .path = path,
	    .read = read_file,
	    .body_size = size,
	    .header = {bar->robot.other},
	    .n_headers = 1};
	struct http_answer answer;
	json_t *stored;

	bar_ask(bar, NULL, &call, &answer);
	if (answer.error != 0 || answer.status / 100 != 2) {
		bar_unsure(bar, "a probe's file could not be stored (%d)",
		    answer.status);
		return false;
	}
	stored =
	    json_loadb((const char *)answer.body.p, answer.body.n, 0, NULL);
	if (bar->robot.n_nodes < ARRAY_SIZE(bar->robot.nodes))
		(void)snprintf(bar->robot.nodes[bar->robot.n_nodes++], API_ID,
		    "%s", api_text(stored, "id"));
	json_decref(stored);
	return true;
}

/* ---- ends
 * ------------------------------------------------------------------------ */

static void
remove_files(struct bar *bar)
{
	static const char *const steps[] = {"node.trash", "node.purge"};
	struct bar_said said;

	for (size_t i = 0; i < bar->robot.n_nodes; i++)
		for (size_t k = 0; k < ARRAY_SIZE(steps); k++) {
			bar_call(bar, bar->robot.other, steps[k],
			    api_object(
				"node", json_string(bar->robot.nodes[i]), NULL),
			    &said);
			if (!said.ok)
				cli_note(bar->cli, "a probe's file is left: %s",
				    bar->robot.nodes[i]);
			bar_said_free(&said);
		}
}

/* What asks for no confirmation: then it can do nothing any more. */
static void
disarm(struct bar *bar, const char *id)
{
	struct api_refusal refusal;
	json_t *page = NULL, *one;
	size_t i;

	if (api_try(bar->cli, "credential.list",
		api_object("principal", json_string(id), NULL), &page,
		&refusal) != CLI_OK)
		return;
	json_array_foreach(json_object_get(page, "list"), i, one)
	{
		json_t *done = NULL;

		if (!api_bool(one, "ended"))
			(void)api_try(bar->cli, "credential.end",
			    api_object("credential",
				json_string(api_text(one, "id")), NULL),
			    &done, &refusal);
		json_decref(done);
	}
	json_decref(page);
}

void
bar_clean_up(struct bar *bar)
{
	struct api_refusal refusal;

	if (bar->robot.other[0] != '\0')
		remove_files(bar);
	for (size_t i = 0; i < bar->n_made; i++) {
		json_t *done = NULL;

		if (api_try(bar->cli, "principal.end",
			api_object(
			    "principal", json_string(bar->made[i]), NULL),
			&done, &refusal) != CLI_OK) {
			disarm(bar, bar->made[i]);
			cli_note(bar->cli,
			    "the probe %s could not be ended (%s); it has "
			    "nothing to sign in with any more; chancery "
			    "principal end %s ends it",
			    bar->made[i], refusal.text, bar->made[i]);
		}
		json_decref(done);
	}
	secret_wipe(&bar->anna, sizeof(bar->anna));
	secret_wipe(&bar->bob, sizeof(bar->bob));
	secret_wipe(&bar->carl, sizeof(bar->carl));
	secret_wipe(bar->robot.token, sizeof(bar->robot.token));
	secret_wipe(bar->robot.other, sizeof(bar->robot.other));
}
