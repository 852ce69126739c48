/*
 * The file of a file_hosting event. Folders are files, too, to OCSF. The record
 * names what the argument named; what the operation made of it follows from
 * that:
 *
 *	it makes a file or folder	file is the new one, in the object
 *	it names or moves one		file as it was, file_result as it is now
 *	it copies one			file is the original, file_result the
 *copy it opens an upload		file is the upload it is about all of
 *one's files	"(all files)", a folder nothing was found		the id
 *or the path that was looked for
 */
#include "ledger/ocsf_private.h"

/* Something new in the folder that the argument named. */
static bool
makes_within(const struct ocsf_event *ev)
{
	return (ev->op->makes & (BIT(KIND_FOLDER) | BIT(KIND_FILE))) &&
	       ev->op->number != OP_NODE_COPY;
}

static void
put_type(struct ocsf_event *ev, enum kind kind)
{
	if (kind == KIND_FOLDER)
		ocsf_put_enum(ev, "type_id", 2, "type", "Folder");
	else if (kind == KIND_FILE || kind == KIND_UPLOAD)
		ocsf_put_enum(ev, "type_id", 1, "type", "Regular File");
	else
		ocsf_put_enum(ev, "type_id", 0, "type", "Unknown");
}

static void
put_parent(struct ocsf_event *ev, const struct ocsf_thing *folder)
{
	if (folder->kind == KIND_FOLDER && ocsf_has_name(folder))
		ocsf_put_name(ev, "parent_folder", folder);
}

static void
put_size(struct ocsf_event *ev)
{
	int64_t size;

	if (!ocsf_number(ev, FACT_SIZE, &size))
		return;
	json_member_i64(&ev->w, "size", size);
	ocsf_use_number(ev, FACT_SIZE);
}

/* The version that it made is the file's from now on. */
static void
put_version(struct ocsf_event *ev)
{
	struct ocsf_thing version;
	enum kind kind;
	uint64_t ref;

	if (!ocsf_made(ev, BIT(KIND_VERSION), &ref, &kind))
		return;
	ocsf_find(ev, kind, ref, 0, &version);
	ocsf_put_uid(ev, "version", &version);
}

/* What it made, or would have made. Without a new row it was there before. */
static void
put_created(struct ocsf_event *ev)
{
	uint64_t kinds = BIT(KIND_FOLDER) | BIT(KIND_FILE), ref = 0;
	uint64_t field = ocsf_argument(ev->op, "name");
	struct ocsf_text name = ocsf_own_text(ev, field);
	enum kind kind =
	    ev->op->makes & BIT(KIND_FILE) ? KIND_FILE : KIND_FOLDER;
	struct ocsf_thing thing = ev->target;

	if (ocsf_made(ev, kinds, &ref, &kind))
		ocsf_find(ev, kind, ref, 0, &thing);
	ocsf_put_text(ev, "name", &name);
	ocsf_use_text(ev, field);
	put_type(ev, kind);
	if (thing.ref != 0)
		ocsf_put_uid(ev, "uid", &thing);
	put_parent(ev, &ev->on);
	put_size(ev);
	put_version(ev);
}

static void
put_found(struct ocsf_event *ev)
{
	ocsf_put_name(ev, "name", &ev->on);
	put_type(ev, ev->on.kind);
	ocsf_put_uid(ev, "uid", &ev->on);
	put_size(ev);
	if (ev->op->number != OP_NODE_COPY)
		put_version(ev);
}

static void
put_upload(struct ocsf_event *ev)
{
	struct ocsf_thing upload;
	enum kind kind;
	uint64_t ref;

	json_member_str(&ev->w, "name", "(upload)");
	put_type(ev, KIND_UPLOAD);
	if (ocsf_made(ev, BIT(KIND_UPLOAD), &ref, &kind)) {
		ocsf_find(ev, kind, ref, 0, &upload);
		ocsf_put_uid(ev, "uid", &upload);
	}
	put_size(ev);
}

/* Behind the last '/' of a path. */
static struct slice
last_segment(struct slice path)
{
	size_t at = path.n;

	while (at > 0 && path.p[at - 1] != '/')
		at--;
	return slice_from(path, at);
}

static void
put_tried(struct ocsf_event *ev)
{
	const struct leaf_object *o = ev->object;

	for (size_t i = 0; i < o->n_bytes; i++)
		if (o->bytes[i].key == FACT_TRIED)
			json_member_string(&ev->w, "uid", o->bytes[i].value);
}

static void
put_not_found(struct ocsf_event *ev)
{
	struct ocsf_text path = ocsf_own_text(ev, FACT_PATH);
	struct slice name = ocsf_show(&path);

	if (path.opening != NULL && last_segment(name).n > 0)
		name = last_segment(name);
	json_member_string(&ev->w, "name", name);
	put_type(ev, KIND_NONE);
	put_tried(ev);
	if (!path.held)
		return;
	ocsf_put_text(ev, "path", &path);
	ocsf_use_text(ev, FACT_PATH);
}

static void
put_file(struct ocsf_event *ev)
{
	if (makes_within(ev)) {
		put_created(ev);
	} else if (kind_fits(KIND_NODE, ev->on.kind)) {
		put_found(ev);
	} else if (ev->op->makes & BIT(KIND_UPLOAD)) {
		put_upload(ev);
	} else if (ev->on.kind == KIND_PRINCIPAL) {
		json_member_str(&ev->w, "name", "(all files)");
		put_type(ev, KIND_FOLDER);
	} else {
		put_not_found(ev);
	}
}

/* The copy itself: what it made first. */
static void
put_copy(struct ocsf_event *ev)
{
	uint64_t kinds = BIT(KIND_FOLDER) | BIT(KIND_FILE), ref = 0;
	struct ocsf_thing copy;
	enum kind kind = KIND_NONE;

	if (!ocsf_made(ev, kinds, &ref, &kind))
		return;
	ocsf_find(ev, kind, ref, 0, &copy);
	put_type(ev, kind);
	ocsf_put_uid(ev, "uid", &copy);
	if (kind == KIND_FILE)
		put_version(ev);
}

/* What is another way now: its name, its place. */
static void
put_result(struct ocsf_event *ev)
{
	uint64_t field = ocsf_argument(ev->op, "name");
	struct ocsf_text name = ocsf_own_text(ev, field);
	bool moved = ev->target.kind == KIND_FOLDER;

	if (ev->outcome != ERROR_CLASS_NONE || (!name.held && !moved) ||
	    !kind_fits(KIND_NODE, ev->on.kind) || makes_within(ev))
		return;
	json_key(&ev->w, "file_result");
	json_open_object(&ev->w);
	if (name.held)
		ocsf_put_text(ev, "name", &name);
	else
		ocsf_put_name(ev, "name", &ev->on);
	ocsf_use_text(ev, field);
	if (ev->op->number == OP_NODE_COPY) {
		put_copy(ev);
	} else {
		put_type(ev, ev->on.kind);
		ocsf_put_uid(ev, "uid", &ev->on);
	}
	put_parent(ev, &ev->target);
	json_close_object(&ev->w);
}

/* What was shared: which right, and until when. */
static void
put_share(struct ocsf_event *ev)
{
	uint64_t field = ocsf_argument(ev->op, "expires");
	unsigned relation = ocsf_relation(ev);
	int64_t expires;

	if (relation != 0) {
		json_key(&ev->w, "access_list");
		json_open_array(&ev->w);
		json_put_string(
		    &ev->w, slice_str(words_text(WORDS_RELATION, relation)));
		json_close_array(&ev->w);
		ocsf_use_number(ev, ocsf_argument(ev->op, "relation"));
	}
	if (ocsf_number(ev, field, &expires) && expires >= 0) {
		json_member_i64(&ev->w, "expiration_time", expires);
		ocsf_use_number(ev, field);
	}
}

void
ocsf_put_file(struct ocsf_event *ev)
{
	json_key(&ev->w, "file");
	json_open_object(&ev->w);
	put_file(ev);
	json_close_object(&ev->w);
	put_result(ev);
	put_share(ev);
}
