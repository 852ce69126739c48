/* The parts of an OCSF event that some classes have and others don't. */
#include "ledger/ocsf_private.h"

static const char unknown[] = "(unknown)";

/* ---- people and programs ----------------------------------------------------
 */

static const struct user_type {
	unsigned id;
	const char *caption;
} user_types[PRINCIPAL_KIND_MAX] = {
    [PRINCIPAL_KIND_UNSET] = {0, "Unknown"},
    [PRINCIPAL_PERSON] = {1, "User"},
    [PRINCIPAL_SERVICE] = {4, "Service"},
    [PRINCIPAL_CEREMONY] = {2, "Admin"},
    [PRINCIPAL_GUEST] = {1, "User"},
    [PRINCIPAL_GROUP] = {99, "Group"},
    [PRINCIPAL_LINK] = {99, "Link"},
};

/* The members of a user object that no record names. */
static void
put_nobody(
    struct ocsf_event *ev, const char *name, unsigned id, const char *caption)
{
	json_member_str(&ev->w, "name", name);
	ocsf_put_enum(ev, "type_id", id, "type", caption);
}

static void
put_user(struct ocsf_event *ev, const struct ocsf_thing *thing)
{
	const struct user_type *type = &user_types[thing->principal];

	ocsf_put_name(ev, "name", thing);
	ocsf_put_uid(ev, "uid", thing);
	ocsf_put_enum(ev, "type_id", type->id, "type", type->caption);
}

static void
put_session(struct ocsf_event *ev)
{
	json_key(&ev->w, "session");
	json_open_object(&ev->w);
	ocsf_put_uid(ev, "uid", &ev->session);
	if (ev->credential.ref != 0)
		ocsf_put_uid(ev, "credential_uid", &ev->credential);
	if (ev->session.since >= 0)
		json_member_i64(&ev->w, "created_time", ev->session.since);
	json_close_object(&ev->w);
}

/* The records that the right rests on: a policy by their numbers. */
static void
put_policy(struct ocsf_event *ev, const uint64_t *leaves, size_t n)
{
	struct buf *buf = ev->w.buf;

	json_key(&ev->w, "policy");
	json_open_object(&ev->w);
	json_member_str(&ev->w, "name", "proof");
	json_key(&ev->w, "uid");
	buf_put_u8(buf, '"');
	for (size_t i = 0; i < n; i++) {
		if (i > 0)
			buf_put_u8(buf, ',');
		buf_put_u64(buf, leaves[i]);
	}
	buf_put_u8(buf, '"');
	ev->w.comma = true;
	json_close_object(&ev->w);
}

/*
 * What was decided of the right. Of a refusal only a proof tells that it came
 * so far.
 */
static void
put_authorizations(struct ocsf_event *ev)
{
	uint64_t leaves[LEAF_PROOF_MAX];
	bool denied = ev->outcome == ERROR_CLASS_DENIED;
	size_t n;

	if (ev->op == NULL || ev->op->effect == OP_SYSTEM || ev->actor.ref == 0)
		return;
	n = leaf_proof_of(ev->leaf, ev->object, leaves, ARRAY_SIZE(leaves));
	if (!denied && ev->outcome != ERROR_CLASS_NONE && n == 0)
		return;
	json_key(&ev->w, "authorizations");
	json_open_array(&ev->w);
	json_open_object(&ev->w);
	json_member_str(&ev->w, "decision", denied ? "denied" : "allowed");
	if (n > 0)
		put_policy(ev, leaves, n);
	json_close_object(&ev->w);
	json_close_array(&ev->w);
}

void
ocsf_put_actor(struct ocsf_event *ev)
{
	bool system = ev->op != NULL && ev->op->effect == OP_SYSTEM &&
	              ev->op->number != OP_ALERT_RAISE;

	json_key(&ev->w, "actor");
	json_open_object(&ev->w);
	if (system)
		json_member_str(&ev->w, "app_name", OCSF_PRODUCT);
	json_key(&ev->w, "user");
	json_open_object(&ev->w);
	if (ev->actor.ref != 0)
		put_user(ev, &ev->actor);
	else if (system)
		put_nobody(ev, "(server)", 3, "System");
	else
		put_nobody(ev, "(unauthenticated)", 0, "Unknown");
	json_close_object(&ev->w);
	if (ev->session.ref != 0)
		put_session(ev);
	put_authorizations(ev);
	json_close_object(&ev->w);
}

/* ---- whom it concerns
 * --------------------------------------------------------- */

static void
put_credential(struct ocsf_event *ev, const struct ocsf_thing *thing)
{
	json_open_object(&ev->w);
	ocsf_put_uid(ev, "uid", thing);
	json_member_str(&ev->w, "type", "token");
	json_close_object(&ev->w);
}

/* Opens the list before its first one. */
static void
add_credential(struct ocsf_event *ev, const struct ocsf_thing *thing, bool *any)
{
	if (thing->kind != KIND_CREDENTIAL)
		return;
	if (!*any) {
		json_key(&ev->w, "programmatic_credentials");
		json_open_array(&ev->w);
		*any = true;
	}
	put_credential(ev, thing);
}

/* What it issued, named or ended, as far as that is known to be one. */
static void
put_credentials(struct ocsf_event *ev)
{
	struct ocsf_thing thing;
	enum kind kind;
	uint64_t ref;
	bool any = false;

	if (ocsf_made(ev, BIT(KIND_CREDENTIAL), &ref, &kind)) {
		ocsf_find(ev, kind, ref, 0, &thing);
		add_credential(ev, &thing, &any);
	}
	add_credential(ev, &ev->target, &any);
	for (size_t i = 0; i < ev->object->n_ended; i++) {
		ocsf_find(ev, KIND_NONE, ev->object->ended[i], 0, &thing);
		if (thing.ref != ev->target.ref)
			add_credential(ev, &thing, &any);
	}
	if (any)
		json_close_array(&ev->w);
}

static void
put_concerned(struct ocsf_event *ev)
{
	json_key(&ev->w, "user");
	json_open_object(&ev->w);
	if (ev->user.ref != 0)
		put_user(ev, &ev->user);
	else
		put_nobody(ev, unknown, 0, "Unknown");
	put_credentials(ev);
	json_close_object(&ev->w);
	if (ocsf_made(ev, BIT(KIND_PRINCIPAL), &(uint64_t){0},
		&(enum kind){KIND_NONE}))
		ocsf_use_text(ev, ocsf_argument(ev->op, "name"));
}

/* ---- groups -------------------------------------------------------------- */

/* The group itself, and who came into it or left. */
static void
put_group(struct ocsf_event *ev)
{
	const struct ocsf_thing *group =
	    ev->target.kind == KIND_PRINCIPAL ? &ev->target : &ev->user;

	json_key(&ev->w, "group");
	json_open_object(&ev->w);
	if (group->ref != 0) {
		ocsf_put_name(ev, "name", group);
		ocsf_put_uid(ev, "uid", group);
	} else {
		json_member_str(&ev->w, "name", unknown);
	}
	json_close_object(&ev->w);
	if (ev->grantee.ref != 0) {
		json_key(&ev->w, "user");
		json_open_object(&ev->w);
		put_user(ev, &ev->grantee);
		json_close_object(&ev->w);
	}
	if (ocsf_made(ev, BIT(KIND_PRINCIPAL), &(uint64_t){0},
		&(enum kind){KIND_NONE}))
		ocsf_use_text(ev, ocsf_argument(ev->op, "name"));
}

static void
put_privileges(struct ocsf_event *ev)
{
	unsigned relation = ocsf_relation(ev);

	json_key(&ev->w, "privileges");
	json_open_array(&ev->w);
	json_put_string(&ev->w,
	    slice_str(relation != 0 ? words_text(WORDS_RELATION, relation)
				    : unknown));
	json_close_array(&ev->w);
	ocsf_use_number(ev, ocsf_argument(ev->op, "relation"));
}

static void
put_resource(struct ocsf_event *ev, const struct ocsf_thing *thing)
{
	json_open_object(&ev->w);
	ocsf_put_uid(ev, "uid", thing);
	if (ocsf_has_kind(thing))
		json_member_str(&ev->w, "type", kind_text(thing->kind));
	if (ocsf_has_name(thing))
		ocsf_put_name(ev, "name", thing);
	json_close_object(&ev->w);
}

static void
put_resources(struct ocsf_event *ev)
{
	if (ev->on.ref == 0 && ev->target.ref == 0)
		return;
	json_key(&ev->w, "resources");
	json_open_array(&ev->w);
	if (ev->on.ref != 0)
		put_resource(ev, &ev->on);
	if (ev->target.ref != 0)
		put_resource(ev, &ev->target);
	json_close_array(&ev->w);
}

/* ---- where it came from
 * ------------------------------------------------------- */

enum { IP_MAX = 40 };

/* Looks like an IPv4 or IPv6 address: the schema takes nothing else there. */
static bool
is_ip(struct slice s)
{
	size_t dots = 0, colons = 0, letters = 0;

	for (size_t i = 0; i < s.n; i++) {
		uint8_t c = s.p[i] | 0x20;

		if (s.p[i] == '.')
			dots++;
		else if (s.p[i] == ':')
			colons++;
		else if (c >= 'a' && c <= 'f')
			letters++;
		else if (s.p[i] < '0' || s.p[i] > '9')
			return false;
	}
	if (s.n > IP_MAX)
		return false;
	return colons >= 2 || (dots == 3 && colons == 0 && letters == 0);
}

/* "192.0.2.1", "192.0.2.1:80", "2001:db8::1", "[2001:db8::1]:80" */
static bool
split_address(struct slice s, struct slice *ret_ip, struct slice *ret_port)
{
	struct slice rest = s;

	*ret_ip = s;
	*ret_port = SLICE_NONE;
	if (is_ip(s))
		return true;
	if (s.n > 0 && s.p[0] == '[') {
		rest = slice_from(s, 1);
		if (!slice_cut(&rest, ']', ret_ip))
			return false;
		if (rest.n > 0 && rest.p[0] != ':')
			return false;
		*ret_port = slice_from(rest, 1);
		return is_ip(*ret_ip);
	}
	(void)slice_cut(&rest, ':', ret_ip);
	*ret_port = rest;
	return is_ip(*ret_ip);
}

static void
put_address(struct ocsf_event *ev, const struct ocsf_text *address)
{
	struct slice ip, port;
	uint64_t number;

	if (!address->held || address->opening == NULL ||
	    !split_address(address->opening->text, &ip, &port)) {
		ocsf_put_text(ev, "name", address);
		return;
	}
	json_member_string(&ev->w, "ip", ip);
	if (slice_u64(port, UINT16_MAX, &number) == 0)
		json_member_u64(&ev->w, "port", number);
}

static void
put_source(struct ocsf_event *ev)
{
	struct ocsf_text address = {false, NULL};

	json_key(&ev->w, "src_endpoint");
	json_open_object(&ev->w);
	if (ev->context != NULL) {
		address = ocsf_part_text(ev->context, FACT_ADDRESS);
		put_address(ev, &address);
	} else if (ev->leaf->context == 0 && ev->op != NULL &&
		   ev->op->effect == OP_SYSTEM) {
		json_member_str(&ev->w, "name", "(server)");
		json_member_str(&ev->w, "svc_name", OCSF_PRODUCT);
	} else {
		json_member_str(&ev->w, "name", unknown);
	}
	json_close_object(&ev->w);
}

static void
put_http(struct ocsf_event *ev)
{
	struct ocsf_text agent;

	if (ev->context == NULL)
		return;
	agent = ocsf_part_text(ev->context, FACT_USER_AGENT);
	if (!agent.held ||
	    (agent.opening != NULL && agent.opening->text.n == 0))
		return;
	json_key(&ev->w, "http_request");
	json_open_object(&ev->w);
	ocsf_put_text(ev, "user_agent", &agent);
	json_close_object(&ev->w);
}

/* ---- programs
 * ------------------------------------------------------------------ */

static void
put_app(struct ocsf_event *ev)
{
	json_key(&ev->w, "app");
	json_open_object(&ev->w);
	json_member_str(&ev->w, "name", OCSF_PRODUCT);
	json_member_str(&ev->w, "vendor_name", OCSF_PRODUCT);
	for (size_t i = 0; i < ev->object->n_bytes; i++)
		if (ev->object->bytes[i].key == FACT_BUILD) {
			json_member_string(
			    &ev->w, "version", ev->object->bytes[i].value);
			break;
		}
	json_close_object(&ev->w);
}

/* What was signed in to. */
static void
put_service(struct ocsf_event *ev)
{
	json_key(&ev->w, "service");
	json_open_object(&ev->w);
	json_member_str(&ev->w, "name", OCSF_PRODUCT);
	json_close_object(&ev->w);
}

static void
put_api(struct ocsf_event *ev)
{
	json_key(&ev->w, "api");
	json_open_object(&ev->w);
	ocsf_put_operation(ev, "operation");
	if (ev->op != NULL) {
		json_key(&ev->w, "service");
		json_open_object(&ev->w);
		json_member_str(
		    &ev->w, "name", words_text(WORDS_FAMILY, ev->op->family));
		json_close_object(&ev->w);
	}
	json_key(&ev->w, "request");
	json_open_object(&ev->w);
	ocsf_put_event_uid(ev, "uid");
	json_close_object(&ev->w);
	json_close_object(&ev->w);
}

/*
 * The arguments as a line of text: JSON within JSON. It is written behind the
 * event's end, taken from there, and written again as a string.
 */
static void
put_query(struct ocsf_event *ev)
{
	struct json_writer before = ev->w;
	size_t start = ev->w.buf->n;
	uint64_t cut = ev->cut_bytes;
	struct ocsf_line line;

	if (!ocsf_has_arguments(ev))
		return;
	line.n = 0;
	ev->w.comma = false;
	ocsf_put_arguments(ev);
	ocsf_line_put(&line, slice_from(buf_slice(ev->w.buf), start));
	ev->w = before;
	ev->w.buf->n = start;
	ev->cut_bytes = cut;
	json_key(&ev->w, "query_info");
	json_open_object(&ev->w);
	ocsf_put_operation(ev, "name");
	json_member_string(&ev->w, "query_string", ocsf_line_slice(&line));
	json_close_object(&ev->w);
}

static void
put_database(struct ocsf_event *ev)
{
	ocsf_put_enum(ev, "type_id", 1, "type", "Database");
	json_key(&ev->w, "database");
	json_open_object(&ev->w);
	json_member_str(&ev->w, "name", "record log");
	ocsf_put_enum(ev, "type_id", 99, "type", "Log");
	json_close_object(&ev->w);
	put_query(ev);
}

/* ---- findings
 * ------------------------------------------------------------------ */

/* The first event of the record that it is about. */
static void
put_related(struct ocsf_event *ev)
{
	struct buf *buf = ev->w.buf;

	if (ev->leaf->cites == 0)
		return;
	json_key(&ev->w, "related_events");
	json_open_array(&ev->w);
	json_open_object(&ev->w);
	json_key(&ev->w, "uid");
	buf_put_u8(buf, '"');
	buf_put_u64(buf, ev->leaf->cites);
	buf_put_str(buf, ".0\"");
	ev->w.comma = true;
	if (ev->cites != NULL && op_get(ev->cites->leaf.op) != NULL)
		json_member_str(
		    &ev->w, "type", op_get(ev->cites->leaf.op)->name);
	json_close_object(&ev->w);
	json_close_array(&ev->w);
}

/* What was found, and where it came from as the evidence. */
static void
put_finding(struct ocsf_event *ev)
{
	static const char *const titles[ALERT_MAX] = {
	    [ALERT_UNSET] = "Alert",
	    [ALERT_CANARY_NAME] = "A name was touched that nobody uses",
	    [ALERT_CANARY_FILE] = "A file was touched that nobody uses",
	    [ALERT_COUNTER] = "The counter of a passkey went back",
	    [ALERT_RETURN] = "Somebody came back with what was cut off",
	};
	int64_t about = ALERT_UNSET;
	bool known = ocsf_number(ev, FACT_ALERT, &about) && about > 0 &&
	             about < ALERT_MAX;

	if (known)
		ocsf_use_number(ev, FACT_ALERT);
	json_key(&ev->w, "finding_info");
	json_open_object(&ev->w);
	ocsf_put_event_uid(ev, "uid");
	json_member_str(&ev->w, "title", titles[known ? about : ALERT_UNSET]);
	json_member_i64(&ev->w, "created_time", ev->leaf->time);
	if (known) {
		json_key(&ev->w, "types");
		json_open_array(&ev->w);
		json_put_string(&ev->w,
		    slice_str(words_text(WORDS_ALERT, (unsigned)about)));
		json_close_array(&ev->w);
	}
	put_related(ev);
	json_close_object(&ev->w);
	json_key(&ev->w, "evidences");
	json_open_array(&ev->w);
	json_open_object(&ev->w);
	put_source(ev);
	put_http(ev);
	json_close_object(&ev->w);
	json_close_array(&ev->w);
}

void
ocsf_put_parts(struct ocsf_event *ev)
{
	static const struct {
		unsigned part;
		void (*put)(struct ocsf_event *ev);
	} parts[] = {
	    {PART_SOURCE, put_source},
	    {PART_HTTP, put_http},
	    {PART_FILE, ocsf_put_file},
	    {PART_USER, put_concerned},
	    {PART_GROUP, put_group},
	    {PART_PRIVILEGES, put_privileges},
	    {PART_SERVICE, put_service},
	    {PART_API, put_api},
	    {PART_RESOURCES, put_resources},
	    {PART_DATABASE, put_database},
	    {PART_APP, put_app},
	    {PART_FINDING, put_finding},
	};

	for (size_t i = 0; i < ARRAY_SIZE(parts); i++)
		if (ev->parts & parts[i].part)
			parts[i].put(ev);
}
