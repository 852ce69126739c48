/* The JMAP session object (RFC 8620, section 2), and whose an account is. */
#include "base/hash.h"
#include "front/conn.h"
#include "front/jmap/jmap.h"
#include "front/route.h"

enum { BODY_MAX = 65536, KNOWN_MAX = 65536 };

/* ---- accounts
 * ------------------------------------------------------------------ */

static uint64_t
bearer_key(const struct request *request)
{
	struct digest digest = sha256(request->bearer);
	uint64_t key;

	memcpy(&key, digest.b, sizeof(key));
	return key | 1;
}

/*
 * What session.get has answered to this bearer before: no right, but a name, so
 * that an accountId needn't be looked up each time.
 */
uint64_t
jmap_known_account(struct request *request)
{
	return (uint64_t)(uintptr_t)map_get(
	    &request->front->accounts, bearer_key(request));
}

void
jmap_know_account(struct request *request, uint64_t account)
{
	struct map *known = &request->front->accounts;

	if (known->n > KNOWN_MAX)
		map_clear(known);
	if (account != 0 &&
	    map_put(known, bearer_key(request), (void *)(uintptr_t)account) < 0)
		return; /* it is asked for again */
}

struct check {
	uint64_t account;
	void (*checked)(struct request *request, int code, void *arg);
	void *arg;
};

static void
on_session_for_check(struct request *request, int code,
    const struct call_answer *answers, size_t n, void *arg)
{
	struct check *check = arg;
	struct session_info *info;

	(void)n;
	code = call_code(code, answers);
	if (code == 0) {
		info = call_result(request, &shape_session_info, answers);
		code = info == NULL ? E_NOMEM : 0;
		if (info != NULL) {
			jmap_know_account(request, info->principal.n);
			if (info->principal.n != check->account)
				code = E_NOT_FOUND;
		}
	}
	check->checked(request, code, check->arg);
}

void
jmap_check_account(struct request *request, const char *account,
    void (*checked)(struct request *request, int code, void *arg), void *arg)
{
	struct nothing nothing = {.has_unused = false};
	struct check *check;
	uint64_t known;
	struct id id;

	if (account == NULL || id_parse(slice_str(account), &id) < 0 ||
	    id.kind != KIND_PRINCIPAL) {
		checked(request, E_NOT_FOUND, arg);
		return;
	}
	known = jmap_known_account(request);
	if (known != 0) {
		checked(request, known == id.n ? 0 : E_NOT_FOUND, arg);
		return;
	}
	check = arena_alloc(&request->arena, sizeof(*check));
	if (check == NULL) {
		checked(request, E_NOMEM, arg);
		return;
	}
	*check = (struct check){id.n, checked, arg};
	call_one(
	    request, OP_SESSION_GET, &nothing, on_session_for_check, check);
}

/* ---- the session object
 * ------------------------------------------------------------- */

static void
put_url(struct json_writer *w, const struct request *request, const char *key,
    const char *path)
{
	bool plain = request->conn->listener == LISTENER_HTTP_LOCAL;
	struct buf url = BUF(1024);

	buf_printf(&url, "%s://%.*s%s", plain ? "http" : "https",
	    SLICE_ARG(request->head.authority), path);
	json_member_string(w, key, buf_slice(&url));
	buf_free(&url);
}

static void
put_core(struct json_writer *w, const struct config *config)
{
	json_key(w, JMAP_CORE);
	json_open_object(w);
	json_member_u64(w, "maxSizeUpload", config->max_upload_bytes);
	json_member_u64(w, "maxConcurrentUpload", 16);
	json_member_u64(w, "maxSizeRequest", config->max_request_bytes);
	json_member_u64(w, "maxConcurrentRequests", config->max_session_calls);
	json_member_u64(w, "maxCallsInRequest", config->max_calls);
	json_member_u64(w, "maxObjectsInGet", config->max_objects);
	json_member_u64(w, "maxObjectsInSet", config->max_objects);
	json_key(w, "collationAlgorithms");
	json_open_array(w);
	json_close_array(w);
	json_close_object(w);
}

static void
put_empty(struct json_writer *w, const char *key)
{
	json_key(w, key);
	json_open_object(w);
	json_close_object(w);
}

static void
put_account(
    struct json_writer *w, const struct session_info *info, struct slice id)
{
	struct buf home = BUF(64), trash = BUF(64);

	id_put_text(&home, info->home);
	id_put_text(&trash, info->trash);
	json_key(w, "accounts");
	json_open_object(w);
	json_key_slice(w, id);
	json_open_object(w);
	json_member_string(w, "name", info->name);
	json_member_bool(w, "isPersonal", true);
	json_member_bool(w, "isReadOnly", info->read_only);
	json_key(w, "accountCapabilities");
	json_open_object(w);
	json_key(w, JMAP_FILES);
	json_open_object(w);
	json_member_string(w, "homeId", buf_slice(&home));
	json_member_string(w, "trashId", buf_slice(&trash));
	json_close_object(w);
	put_empty(w, JMAP_OPERATIONS);
	json_close_object(w);
	json_close_object(w);
	json_close_object(w);
	json_key(w, "primaryAccounts");
	json_open_object(w);
	json_member_string(w, JMAP_FILES, id);
	json_member_string(w, JMAP_OPERATIONS, id);
	json_close_object(w);
	buf_free(&home);
	buf_free(&trash);
}

static void
send_session(struct request *request, const struct session_info *info)
{
	struct buf body = BUF(BODY_MAX), id = BUF(64);
	struct json_writer w = json_writer(&body);

	id_put_text(&id, info->principal);
	json_open_object(&w);
	json_key(&w, "capabilities");
	json_open_object(&w);
	put_core(&w, &request->front->setup.config);
	put_empty(&w, JMAP_FILES);
	put_empty(&w, JMAP_OPERATIONS);
	json_close_object(&w);
	put_account(&w, info, buf_slice(&id));
	json_member_string(&w, "username", info->name);
	put_url(&w, request, "apiUrl", "/jmap/api");
	put_url(&w, request, "downloadUrl",
	    "/jmap/download/{accountId}/{blobId}/{name}?type={type}");
	put_url(&w, request, "uploadUrl", "/jmap/upload/{accountId}/");
	put_url(&w, request, "eventSourceUrl",
	    "/jmap/events?types={types}&closeafter={closeafter}&ping={ping}");
	json_member_str(&w, "state", JMAP_SESSION_STATE);
	json_close_object(&w);
	buf_put_u8(&body, '\n');
	if (body.error != 0)
		respond_error(request, body.error);
	else
		respond(
		    request, 200, SLICE("application/json"), buf_slice(&body));
	buf_free(&body);
	buf_free(&id);
}

static void
on_session(struct request *request, int code, const struct call_answer *answers,
    size_t n, void *arg UNUSED)
{
	struct session_info *info = NULL;

	(void)n;
	if (request->gone)
		return;
	code = call_code(code, answers);
	if (code == 0)
		info = call_result(request, &shape_session_info, answers);
	if (info == NULL) {
		respond_error(request, code < 0 ? code : E_NOMEM);
		return;
	}
	jmap_know_account(request, info->principal.n);
	send_session(request, info);
}

void
jmap_session_serve(struct request *request)
{
	struct nothing nothing = {.has_unused = false};

	call_one(request, OP_SESSION_GET, &nothing, on_session, NULL);
}
