#include "ledger/ocsf.h"

#include "ledger/ocsf_private.h"

static const char version[] = "1.8.0";

enum { API_ACTIVITY = 6003, ACTIVITY_OTHER = 99 };

static const struct class
{
	unsigned uid;
	const char *caption;
	unsigned parts;
} classes[] = {
#define CLASS(uid, caption, parts) {uid, caption, parts},
#include "ledger/ocsf.def"
};

static const char *
activity_caption(unsigned class, unsigned activity)
{
	switch (class * 100 + activity) {
#define ACTIVITY(class, id, caption) \
	case (class) * 100 + (id):   \
		return caption;
#include "ledger/ocsf.def"
	default:
		return NULL;
	}
}

static const struct class *
class_of(unsigned uid)
{
	for (size_t i = 0; i < ARRAY_SIZE(classes); i++)
		if (classes[i].uid == uid)
			return &classes[i];
	return NULL;
}

/* ---- what the event is --------------------------------------------------- */

/* An activity that OCSF has no name for bears the operation's. */
static void
take_class(struct ocsf_event *ev)
{
	unsigned uid = ev->op != NULL ? ev->op->ocsf / 100 : 0;
	const struct class *class = class_of(uid);

	ev->activity = ev->op != NULL ? ev->op->ocsf % 100 : ACTIVITY_OTHER;
	if (class == NULL) {
		class = class_of(API_ACTIVITY);
		BUG_ON(class == NULL);
		ev->activity = ACTIVITY_OTHER;
	}
	ev->class = class->uid;
	ev->class_caption = class->caption;
	ev->parts = class->parts;
	ev->activity_caption = activity_caption(ev->class, ev->activity);
	if (ev->activity_caption == NULL && ev->activity == 0)
		ev->activity_caption = "Unknown";
	else if (ev->activity_caption == NULL)
		ev->activity = ACTIVITY_OTHER;
}

static void
take_outcome(struct ocsf_event *ev)
{
	ev->code =
	    ev->leaf->outcome != 0 ? ev->leaf->outcome : ev->object->outcome;
	if (ev->code == 0)
		return;
	ev->error = error_info(ev->code);
	if (ev->error->code != ev->code)
		ev->error = NULL; /* of a newer release */
	ev->outcome =
	    ev->error != NULL ? ev->error->class : ERROR_CLASS_UNKNOWN;
}

/* Only the credential was looked at, or it must be shown again. */
static bool
is_blocked(int code)
{
	return code == E_UNAUTHENTICATED || code == E_EXPIRED ||
	       code == E_STEPUP || code == E_SUSPENDED;
}

/* Something is not what it must be: data, a peer, a signature. */
static bool
is_breach(int code)
{
	return code == E_CORRUPT || code == E_DAMAGED ||
	       code == E_INCONSISTENT || code == E_CRYPTO ||
	       code == E_GRAMMAR || code == E_SANDBOX;
}

static enum ocsf_severity
severity_of(const struct ocsf_event *ev)
{
	switch (ev->outcome) {
	case ERROR_CLASS_DENIED:
		return is_blocked(ev->code) ? OCSF_LOW : OCSF_MEDIUM;
	case ERROR_CLASS_FAILED:
		return is_breach(ev->code) ? OCSF_HIGH : OCSF_MEDIUM;
	case ERROR_CLASS_UNKNOWN:
		return OCSF_MEDIUM;
	case ERROR_CLASS_NONE:
	case ERROR_CLASS_REFUSED:
		break;
	}
	return OCSF_INFORMATIONAL;
}

static void
take_things(struct ocsf_event *ev)
{
	const struct leaf *leaf = ev->leaf;
	const struct leaf_object *o = ev->object;
	int64_t ref;

	ocsf_find(ev, KIND_PRINCIPAL, leaf->principal, 0, &ev->actor);
	ocsf_find(ev, KIND_PRINCIPAL, leaf->behalf, 0, &ev->behalf);
	ocsf_find(ev, KIND_SESSION, leaf->session, 0, &ev->session);
	ocsf_find(ev, KIND_CREDENTIAL,
	    leaf->n_credentials > 0 ? leaf->credentials[0] : 0, 0,
	    &ev->credential);
	ocsf_find(ev, o->kind, o->ref, o->named, &ev->on);
	if (ocsf_number(ev, FACT_TARGET, &ref)) {
		ocsf_find(ev, KIND_NONE, (uint64_t)ref, 0, &ev->target);
		ocsf_use_number(ev, FACT_TARGET);
	}
	if (ocsf_number(ev, FACT_GRANTEE, &ref)) {
		ocsf_find(ev, KIND_PRINCIPAL, (uint64_t)ref, 0, &ev->grantee);
		ocsf_use_number(ev, FACT_GRANTEE);
	}
	ocsf_find_user(ev, &ev->user);
}

/* A context's own record is described by itself. */
static void
take_context(struct ocsf_event *ev)
{
	static const uint64_t own[] = {FACT_ADDRESS, FACT_USER_AGENT, FACT_TLS};
	static const uint64_t numbers[] = {
	    FACT_FRONT, FACT_CONNECTION, FACT_LISTENER, FACT_CLAIMED};

	if (ev->leaf->op != OP_CONTEXT) {
		if (ev->leaf->context != 0)
			ev->context =
			    bundle_cited(ev->bundle, ev->leaf->context);
		return;
	}
	ev->context = &ev->bundle->record;
	for (size_t i = 0; i < ARRAY_SIZE(own); i++)
		ocsf_use_text(ev, own[i]);
	for (size_t i = 0; i < ARRAY_SIZE(numbers); i++)
		ocsf_use_number(ev, numbers[i]);
}

static void
take_event(struct ocsf_event *ev, const struct bundle *bundle, size_t k,
    struct buf *buf)
{
	static const struct leaf_object none = {.kind = KIND_NONE};
	const struct leaf *leaf = &bundle->record.leaf;

	*ev = (struct ocsf_event){.bundle = bundle,
	    .leaf = leaf,
	    .op = op_get(leaf->op),
	    .k = k,
	    .object = k < leaf->n_objects ? &leaf->objects[k] : &none,
	    .slot = leaf_slot(leaf, MIN(k, leaf->n_objects)),
	    .w = json_writer(buf)};
	take_class(ev);
	take_outcome(ev);
	take_context(ev);
	if (leaf->cites != 0)
		ev->cites = bundle_cited(bundle, leaf->cites);
	take_things(ev);
	ev->severity = MAX(severity_of(ev), ocsf_own_severity(ev));
}

/* ---- what every event has --------------------------------------------------
 */

/* Somebody is to look at it: its status is how far they have come. */
static bool
is_finding(const struct ocsf_event *ev)
{
	return ev->class / 1000 == 2;
}

static void
put_status(struct ocsf_event *ev)
{
	static const struct {
		unsigned id;
		const char *caption;
	} status[] = {
	    [ERROR_CLASS_NONE] = {1, "Success"},
	    [ERROR_CLASS_DENIED] = {2, "Failure"},
	    [ERROR_CLASS_REFUSED] = {2, "Failure"},
	    [ERROR_CLASS_FAILED] = {2, "Failure"},
	    [ERROR_CLASS_UNKNOWN] = {0, "Unknown"},
	};
	static const char *const severities[] = {
	    [OCSF_INFORMATIONAL] = "Informational",
	    [OCSF_LOW] = "Low",
	    [OCSF_MEDIUM] = "Medium",
	    [OCSF_HIGH] = "High",
	};

	ocsf_put_enum(ev, "severity_id", ev->severity, "severity",
	    severities[ev->severity]);
	if (is_finding(ev))
		ocsf_put_enum(ev, "status_id", ev->code == 0, "status",
		    ev->code == 0 ? "New" : "Unknown");
	else
		ocsf_put_enum(ev, "status_id", status[ev->outcome].id, "status",
		    status[ev->outcome].caption);
	if (ev->code == 0)
		return;
	if (ev->error != NULL) {
		json_member_str(&ev->w, "status_code", ev->error->name);
		json_member_str(&ev->w, "status_detail", ev->error->text);
	} else {
		ocsf_put_number_text(
		    ev, "status_code", (uint64_t) - (int64_t)ev->code);
	}
}

static const char *
category_caption(unsigned category)
{
	switch (category) {
	case 2:
		return "Findings";
	case 3:
		return "Identity & Access Management";
	default:
		return "Application Activity";
	}
}

static void
put_class(struct ocsf_event *ev)
{
	struct buf *buf = ev->w.buf;
	const char *activity = ev->activity_caption;

	ocsf_put_enum(ev, "category_uid", ev->class / 1000, "category_name",
	    category_caption(ev->class / 1000));
	ocsf_put_enum(
	    ev, "class_uid", ev->class, "class_name", ev->class_caption);
	json_member_u64(&ev->w, "activity_id", ev->activity);
	if (activity != NULL)
		json_member_str(&ev->w, "activity_name", activity);
	else
		ocsf_put_operation(ev, "activity_name");
	json_member_u64(&ev->w, "type_uid", ev->class * 100 + ev->activity);
	/* Captions need no escapes. */
	json_key(&ev->w, "type_name");
	buf_put_u8(buf, '"');
	buf_put_str(buf, ev->class_caption);
	buf_put_str(buf, ": ");
	buf_put_str(buf, activity != NULL ? activity : "Other");
	buf_put_u8(buf, '"');
	ev->w.comma = true;
}

static void
put_action(struct ocsf_event *ev, unsigned action, const char *action_caption,
    unsigned disposition, const char *caption)
{
	ocsf_put_enum(ev, "action_id", action, "action", action_caption);
	ocsf_put_enum(
	    ev, "disposition_id", disposition, "disposition", caption);
	json_member_bool(&ev->w, "is_alert", ev->severity >= OCSF_HIGH);
}

static bool
is_revocation(const struct ocsf_event *ev)
{
	int64_t status;

	return ev->leaf->op == OP_STREAM_END &&
	       ocsf_number(ev, FACT_STATUS, &status) &&
	       status == STREAM_REVOKED;
}

/* The profile security_control. */
static void
put_decision(struct ocsf_event *ev)
{
	bool system = ev->op != NULL && ev->op->effect == OP_SYSTEM;

	switch (ev->outcome) {
	case ERROR_CLASS_NONE:
		if (is_revocation(ev))
			put_action(ev, 2, "Denied", 24, "Access Revoked");
		else if (is_finding(ev))
			put_action(ev, 3, "Observed", 19, "Alert");
		else if (system)
			put_action(ev, 3, "Observed", 17, "Logged");
		else
			put_action(ev, 1, "Allowed", 1, "Allowed");
		break;
	case ERROR_CLASS_DENIED:
		if (is_blocked(ev->code))
			put_action(ev, 2, "Denied", 2, "Blocked");
		else
			put_action(ev, 2, "Denied", 26, "Unauthorized");
		break;
	case ERROR_CLASS_REFUSED:
		put_action(ev, 2, "Denied", 25, "Rejected");
		break;
	case ERROR_CLASS_FAILED:
		put_action(ev, 0, "Unknown", 27, "Error");
		break;
	case ERROR_CLASS_UNKNOWN:
		put_action(ev, 0, "Unknown", 0, "Unknown");
		break;
	}
}

/* The record that it belongs to: the first of a repeat, a stream's opening. */
static void
put_correlation(struct ocsf_event *ev)
{
	const struct leaf *leaf = ev->leaf;

	ocsf_put_number_text(ev, "correlation_uid",
	    leaf->cites != 0 ? leaf->cites : leaf->sequence);
}

static void
put_profiles(struct ocsf_event *ev)
{
	json_key(&ev->w, "profiles");
	json_open_array(&ev->w);
	if (ev->parts & PART_HOST)
		json_put_string(&ev->w, SLICE("host"));
	json_put_string(&ev->w, SLICE("security_control"));
	json_close_array(&ev->w);
}

/*
 * Last, for it says how large the event would be had no text been cut, in
 * kilobytes.
 */
static void
put_metadata(struct ocsf_event *ev, size_t start)
{
	const struct leaf *leaf = ev->leaf;

	json_key(&ev->w, "metadata");
	json_open_object(&ev->w);
	json_member_str(&ev->w, "version", version);
	json_key(&ev->w, "product");
	json_open_object(&ev->w);
	json_member_str(&ev->w, "name", OCSF_PRODUCT);
	json_member_str(&ev->w, "vendor_name", OCSF_PRODUCT);
	json_close_object(&ev->w);
	put_profiles(ev);
	ocsf_put_event_uid(ev, "uid");
	json_member_u64(&ev->w, "sequence", leaf->sequence);
	put_correlation(ev);
	ocsf_put_operation(ev, "event_code");
	json_member_i64(&ev->w, "logged_time", leaf->time);
	if (ev->is_cut) {
		json_member_bool(&ev->w, "is_truncated", true);
		json_member_u64(&ev->w, "untruncated_size",
		    (ev->w.buf->n - start + ev->cut_bytes) / 1024 + 1);
	}
	json_close_object(&ev->w);
}

static void
put_raw(struct ocsf_event *ev, struct slice bundle_bytes)
{
	json_key(&ev->w, "raw_data");
	json_put_base64(&ev->w, bundle_bytes);
	json_member_u64(&ev->w, "raw_data_size", bundle_bytes.n);
}

size_t
ocsf_count(const struct leaf *leaf)
{
	return MAX(leaf->n_objects, 1);
}

int
ocsf_render(const struct bundle *bundle, struct slice bundle_bytes,
    size_t object, struct buf *buf)
{
	const struct leaf *leaf = &bundle->record.leaf;
	size_t start = buf->n;
	struct ocsf_event ev;

	if (object >= ocsf_count(leaf))
		return E_RANGE;
	take_event(&ev, bundle, object, buf);
	json_open_object(&ev.w);
	json_member_i64(
	    &ev.w, "time", leaf->happened != 0 ? leaf->happened : leaf->time);
	ocsf_put_message(&ev);
	put_status(&ev);
	put_class(&ev);
	put_decision(&ev);
	ocsf_put_actor(&ev);
	ocsf_put_parts(&ev);
	ocsf_put_rest(&ev);
	if (object == 0 && bundle_bytes.n > 0)
		put_raw(&ev, bundle_bytes);
	put_metadata(&ev, start);
	json_close_object(&ev.w);
	ocsf_escape_unseen(buf, start);
	if (buf->error != 0)
		buf->n = start;
	return buf->error;
}
