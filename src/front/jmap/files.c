/*
 * Files over JMAP: FileNode, with the standard methods of RFC 8620, section 5.
 * A FileNode is a folder (no blobId) or a file.
 */
#include "front/conn.h"
#include "front/jmap/jmap.h"

enum { ARGS_BYTES = 65536 };

static const char *
string_of(json_t *args, const char *name)
{
	return json_string_value(json_object_get(args, name));
}

/* Encodes a struct of a shape into the request's arena. */
static int
encode(struct jmap *jmap, const struct shape *shape, const void *value,
    struct slice *ret)
{
	struct buf buf = BUF(ARGS_BYTES);
	int r;

	shape_encode(shape, value, NULL, &buf);
	*ret = arena_copy(&jmap->request->arena, buf_slice(&buf));
	r = buf.error != 0 ? buf.error : ret->p == NULL ? E_NOMEM : 0;
	buf_free(&buf);
	return r;
}

/* A node's id, of either kind. */
static int
node_id(struct jmap *jmap, json_t *value, struct id *ret_id)
{
	const char *text = jmap_id(jmap, value);

	if (text == NULL || id_parse(slice_str(text), ret_id) < 0 ||
	    !kind_fits(KIND_NODE, ret_id->kind))
		return E_NOT_FOUND;
	return 0;
}

static void
put_id(struct json_writer *w, const char *key, struct id id)
{
	struct buf text = BUF(ID_TEXT_BYTES);

	id_put_text(&text, id);
	json_member_string(w, key, buf_slice(&text));
	buf_free(&text);
}

static void
put_state(struct json_writer *w, const char *key, uint64_t state)
{
	json_key(w, key);
	json_put_state(w, state);
}

/* Every method names an account; it is the caller's own. */
static void
with_account(struct jmap *jmap, json_t *args,
    void (*checked)(struct request *request, int code, void *arg))
{
	jmap_check_account(
	    jmap->request, string_of(args, "accountId"), checked, jmap);
}

static bool
account_failed(struct jmap *jmap, int code)
{
	if (code == 0)
		return false;
	if (code == E_NOT_FOUND)
		jmap_error(jmap, "accountNotFound", NULL);
	else
		jmap_error_code(jmap, code);
	return true;
}

/* ---- FileNode/get
 * ---------------------------------------------------------------- */

struct get {
	json_t *ids;
	json_t *properties;
};

static bool
wants(const struct get *get, const char *name)
{
	size_t i;
	json_t *one;

	if (!json_is_array(get->properties))
		return true;
	json_array_foreach(get->properties, i,
	    one) if (json_is_string(one) &&
		     strcmp(json_string_value(one), name) == 0) return true;
	return false;
}

static void
put_node(struct json_writer *w, const struct get *get, const struct node *node)
{
	bool file = node->kind == NODE_FILE;

	json_open_object(w);
	put_id(w, "id", node->id);
	if (wants(get, "parentId") && node->has_parent)
		put_id(w, "parentId", node->parent);
	else if (wants(get, "parentId")) {
		json_key(w, "parentId");
		json_put_null(w);
	}
	if (wants(get, "name"))
		json_member_string(w, "name", node->name);
	if (wants(get, "blobId") && file)
		put_id(w, "blobId", node->version);
	else if (wants(get, "blobId")) {
		json_key(w, "blobId");
		json_put_null(w);
	}
	if (wants(get, "type") && file)
		json_member_string(w, "type", node->type);
	if (wants(get, "size") && file)
		json_member_u64(w, "size", node->size);
	if (wants(get, "created")) {
		json_key(w, "created");
		json_put_time(w, node->created);
	}
	if (wants(get, "modified")) {
		json_key(w, "modified");
		json_put_time(w, node->modified);
	}
	if (wants(get, "trashed"))
		json_member_bool(w, "trashed", node->trashed);
	json_close_object(w);
}

static void
on_get(struct request *request, int code, const struct call_answer *answers,
    size_t n, void *arg)
{
	struct jmap *jmap = arg;
	struct get *get = jmap->state;
	uint64_t state = 0;
	struct json_writer w;

	(void)n;
	if (code == 0)
		code = answers[0].code;
	if (code < 0) {
		jmap_error_code(jmap, code);
		return;
	}
	w = jmap_answer(jmap, "FileNode/get");
	json_member_str(&w, "accountId", string_of(jmap->args, "accountId"));
	json_key(&w, "list");
	json_open_array(&w);
	for (size_t i = 0; i < answers[0].n; i++) {
		struct node node;

		if (answers[0].codes[i] != 0 ||
		    shape_decode(&shape_node, answers[0].results[i], NULL,
			&request->arena, &node) < 0)
			continue;
		state = MAX(state, node.state);
		put_node(&w, get, &node);
	}
	json_close_array(&w);
	json_key(&w, "notFound");
	json_open_array(&w);
	for (size_t i = 0; i < answers[0].n; i++)
		if (answers[0].codes[i] != 0)
			json_put_string(&w, slice_str(jmap_id(jmap,
						json_array_get(get->ids, i))));
	json_close_array(&w);
	put_state(&w, "state", state);
	jmap_answer_end(jmap, &w);
}

static void
get_checked(struct request *request, int code, void *arg)
{
	struct jmap *jmap = arg;
	struct get *get = arena_alloc(&request->arena, sizeof(*get));
	struct call_op_out op = {.op = op_get(OP_NODE_GET)};
	struct slice *args;
	size_t n;

	if (account_failed(jmap, code))
		return;
	if (get == NULL) {
		jmap_error_code(jmap, E_NOMEM);
		return;
	}
	get->ids = json_object_get(jmap->args, "ids");
	get->properties = json_object_get(jmap->args, "properties");
	n = json_array_size(get->ids);
	/* "All of them" is more than anybody may ask for at once (5.1). */
	if (!json_is_array(get->ids) ||
	    n > request->front->setup.config.max_objects) {
		jmap_error(jmap, "requestTooLarge", NULL);
		return;
	}
	args = arena_alloc(&request->arena, MAX(n, 1) * sizeof(*args));
	for (size_t i = 0; i < n && args != NULL && code == 0; i++) {
		struct node_ref ref = {.has_path = false};
		struct id id;

		/* What can't be an id is an id that there isn't. */
		if (node_id(jmap, json_array_get(get->ids, i), &id) < 0)
			id = (struct id){0, KIND_FILE};
		SHAPE_SET(&ref, node, id);
		code = encode(jmap, &shape_node_ref, &ref, &args[i]);
	}
	if (args == NULL || code < 0) {
		jmap_error_code(jmap, args == NULL ? E_NOMEM : code);
		return;
	}
	jmap->state = get;
	if (n == 0) {
		struct call_answer none = {.n = 0};

		on_get(request, 0, &none, 1, jmap);
		return;
	}
	op.n = n;
	op.args = args;
	call_submit(request, &op, 1, on_get, jmap);
}

static void
begin_get(struct jmap *jmap, json_t *args)
{
	with_account(jmap, args, get_checked);
}

/* ---- FileNode/set
 * ------------------------------------------------------------------ */

enum set_kind {
	SET_CREATE_FOLDER,
	SET_CREATE_FILE,
	SET_RENAME,
	SET_MOVE,
	SET_WRITE,
	SET_DESTROY,
	SET_KINDS,
};

static const enum op_number set_ops[SET_KINDS] = {
    [SET_CREATE_FOLDER] = OP_FOLDER_CREATE,
    [SET_CREATE_FILE] = OP_FILE_CREATE,
    [SET_RENAME] = OP_NODE_RENAME,
    [SET_MOVE] = OP_NODE_MOVE,
    [SET_WRITE] = OP_FILE_WRITE,
    [SET_DESTROY] = OP_NODE_TRASH,
};

/* One object of the call: what is done to it, and how it went. */
struct set_item {
	const char *key; /* creation id, or id */
	enum set_kind kind;
	struct slice args;
	int code;
	struct slice result;
};

struct set {
	struct set_item *items;
	size_t n;
	size_t *place[SET_KINDS]; /* op's objects -> items */
	size_t counts[SET_KINDS];
	enum set_kind order[SET_KINDS];
	size_t n_ops;
};

static int
take_time(json_t *object, const char *name, bool *ret_has, int64_t *ret)
{
	const char *text = string_of(object, name);

	if (text == NULL)
		return 0;
	*ret_has = true;
	return time_from_text(slice_str(text), ret);
}

static int
plan_folder(struct jmap *jmap, struct set_item *item, struct id parent,
    struct slice name)
{
	struct folder_create create = {.has_path = false};

	item->kind = SET_CREATE_FOLDER;
	SHAPE_SET(&create, parent, parent);
	SHAPE_SET(&create, name, name);
	return encode(jmap, &shape_folder_create, &create, &item->args);
}

static int
plan_file(struct jmap *jmap, struct set_item *item, json_t *object,
    struct id parent, struct slice name)
{
	struct file_create create = {.has_path = false};
	const char *blob = jmap_id(jmap, json_object_get(object, "blobId"));
	const char *type = string_of(object, "type");
	struct id id;
	int r;

	item->kind = SET_CREATE_FILE;
	if (blob == NULL || id_parse(slice_str(blob), &id) < 0 ||
	    id.kind != KIND_UPLOAD)
		return E_NOT_FOUND;
	SHAPE_SET(&create, parent, parent);
	SHAPE_SET(&create, name, name);
	SHAPE_SET(&create, upload, id);
	if (type != NULL)
		SHAPE_SET(&create, type, slice_str(type));
	r = take_time(
	    object, "modified", &create.has_modified, &create.modified);
	return r < 0 ? r
	             : encode(jmap, &shape_file_create, &create, &item->args);
}

static int
plan_create(struct jmap *jmap, struct set_item *item, json_t *object)
{
	const char *name = string_of(object, "name");
	struct id parent;

	if (!json_is_object(object) || name == NULL)
		return E_INVALID;
	if (node_id(jmap, json_object_get(object, "parentId"), &parent) < 0 ||
	    parent.kind != KIND_FOLDER)
		return E_NOT_FOUND;
	if (json_is_string(json_object_get(object, "blobId")))
		return plan_file(jmap, item, object, parent, slice_str(name));
	return plan_folder(jmap, item, parent, slice_str(name));
}

/* Another name, another folder, or other bytes: one of them at a time. */
static int
plan_update(struct jmap *jmap, struct set_item *item, json_t *patch)
{
	json_t *parent = json_object_get(patch, "parentId");
	json_t *blob = json_object_get(patch, "blobId");
	const char *name = string_of(patch, "name");
	struct node_rename rename = {.has_path = false};
	struct node_move move = {.has_name = false};
	struct file_write write = {.has_path = false};
	json_t *key = json_string(item->key);
	struct id id, to;
	int r = node_id(jmap, key, &id);

	json_decref(key);
	if (r < 0)
		return r;
	if (json_object_size(patch) !=
		(size_t)(parent != NULL) + (blob != NULL) + (name != NULL) ||
	    (blob != NULL && (parent != NULL || name != NULL)))
		return E_INVALID;
	if (blob != NULL) {
		const char *text = jmap_id(jmap, blob);

		item->kind = SET_WRITE;
		if (text == NULL || id_parse(slice_str(text), &to) < 0 ||
		    to.kind != KIND_UPLOAD || id.kind != KIND_FILE)
			return E_NOT_FOUND;
		SHAPE_SET(&write, file, id);
		SHAPE_SET(&write, upload, to);
		return encode(jmap, &shape_file_write, &write, &item->args);
	}
	if (parent == NULL) {
		if (name == NULL)
			return E_INVALID;
		item->kind = SET_RENAME;
		SHAPE_SET(&rename, node, id);
		SHAPE_SET(&rename, name, slice_str(name));
		return encode(jmap, &shape_node_rename, &rename, &item->args);
	}
	item->kind = SET_MOVE;
	if (node_id(jmap, parent, &to) < 0 || to.kind != KIND_FOLDER)
		return E_NOT_FOUND;
	SHAPE_SET(&move, node, id);
	SHAPE_SET(&move, folder, to);
	if (name != NULL)
		SHAPE_SET(&move, name, slice_str(name));
	return encode(jmap, &shape_node_move, &move, &item->args);
}

static int
plan_destroy(struct jmap *jmap, struct set_item *item, json_t *id_json)
{
	struct node_ref ref = {.has_path = false};
	struct id id;
	int r = node_id(jmap, id_json, &id);

	item->kind = SET_DESTROY;
	if (r < 0)
		return r;
	SHAPE_SET(&ref, node, id);
	return encode(jmap, &shape_node_ref, &ref, &item->args);
}

static int
plan(struct jmap *jmap, struct set *set)
{
	json_t *create = json_object_get(jmap->args, "create");
	json_t *update = json_object_get(jmap->args, "update");
	json_t *destroy = json_object_get(jmap->args, "destroy"), *value;
	const char *key;
	size_t i, max = json_object_size(create) + json_object_size(update) +
	                json_array_size(destroy);

	if (max > jmap->request->front->setup.config.max_objects)
		return E_LIMIT;
	set->items = arena_alloc(
	    &jmap->request->arena, MAX(max, 1) * sizeof(*set->items));
	if (set->items == NULL)
		return E_NOMEM;
	json_object_foreach(create, key, value)
	{
		struct set_item *item = &set->items[set->n++];

		item->key = key;
		item->kind = SET_CREATE_FOLDER;
		item->code = plan_create(jmap, item, value);
	}
	json_object_foreach(update, key, value)
	{
		struct set_item *item = &set->items[set->n++];

		item->key = key;
		item->kind = SET_RENAME;
		item->code = plan_update(jmap, item, value);
	}
	json_array_foreach(destroy, i, value)
	{
		struct set_item *item = &set->items[set->n++];

		item->key = json_string_value(value);
		item->code = item->key == NULL
		                 ? E_INVALID
		                 : plan_destroy(jmap, item, value);
	}
	return 0;
}

/* ---- its answer
 * ---------------------------------------------------------------------- */

static bool
is_create(const struct set_item *item)
{
	return item->kind == SET_CREATE_FOLDER || item->kind == SET_CREATE_FILE;
}

static void
put_created(
    struct jmap *jmap, struct json_writer *w, const struct set_item *item)
{
	struct buf text = BUF(ID_TEXT_BYTES);
	struct node_made made;

	json_open_object(w);
	if (shape_decode(&shape_node_made, item->result, NULL,
		&jmap->request->arena, &made) == 0) {
		put_id(w, "id", made.id);
		if (made.has_version)
			put_id(w, "blobId", made.version);
		if (made.has_size)
			json_member_u64(w, "size", made.size);
		id_put_text(&text, made.id);
		(void)json_object_set_new(jmap->created, item->key,
		    json_stringn((const char *)text.p, text.n));
	}
	json_close_object(w);
	buf_free(&text);
}

/* The state that the client named, which was the present one; or unknown. */
static void
put_known_state(struct jmap *jmap, struct json_writer *w, const char *key)
{
	json_t *state = json_object_get(jmap->args, "ifInState");

	json_key(w, key);
	if (json_is_string(state))
		json_put_string(w, slice_str(json_string_value(state)));
	else if (strcmp(key, "oldState") == 0)
		json_put_null(w);
	else
		json_put_string(w, SLICE("0"));
}

/* Members of one kind: those that went well, or those that did not. */
static void
put_group(struct jmap *jmap, struct json_writer *w, const char *name,
    bool (*of)(const struct set_item *item), bool good)
{
	struct set *set = jmap->state;

	json_key(w, name);
	json_open_object(w);
	for (size_t i = 0; i < set->n; i++) {
		const struct set_item *item = &set->items[i];

		if (!of(item) || (item->code == 0) != good)
			continue;
		json_key_slice(w, slice_str(item->key));
		if (!good)
			jmap_put_set_error(w, item->code, NULL);
		else if (is_create(item))
			put_created(jmap, w, item);
		else
			json_put_null(w);
	}
	json_close_object(w);
}

static bool
is_destroy(const struct set_item *item)
{
	return item->kind == SET_DESTROY;
}

static bool
is_update(const struct set_item *item)
{
	return !is_create(item) && !is_destroy(item);
}

static void
answer_set(struct jmap *jmap, uint64_t state)
{
	struct set *set = jmap->state;
	struct json_writer w = jmap_answer(jmap, "FileNode/set");

	json_member_str(&w, "accountId", string_of(jmap->args, "accountId"));
	put_known_state(jmap, &w, "oldState");
	if (state != 0)
		put_state(&w, "newState", state);
	else
		put_known_state(jmap, &w, "newState");
	put_group(jmap, &w, "created", is_create, true);
	put_group(jmap, &w, "notCreated", is_create, false);
	put_group(jmap, &w, "updated", is_update, true);
	put_group(jmap, &w, "notUpdated", is_update, false);
	json_key(&w, "destroyed");
	json_open_array(&w);
	for (size_t i = 0; i < set->n; i++)
		if (is_destroy(&set->items[i]) && set->items[i].code == 0)
			json_put_string(&w, slice_str(set->items[i].key));
	json_close_array(&w);
	put_group(jmap, &w, "notDestroyed", is_destroy, false);
	jmap_answer_end(jmap, &w);
}

static void
on_set(struct request *request, int code, const struct call_answer *answers,
    size_t n, void *arg)
{
	struct jmap *jmap = arg;
	struct set *set = jmap->state;
	uint64_t state = 0;

	if (code < 0) {
		jmap_error_code(jmap, code);
		return;
	}
	for (size_t i = 0; i < n; i++) {
		enum set_kind kind = set->order[i];

		for (size_t k = 0; k < set->counts[kind]; k++) {
			struct set_item *item =
			    &set->items[set->place[kind][k]];
			struct node_made made;

			item->code = answers[i].code < 0 ? answers[i].code
			                                 : answers[i].codes[k];
			if (item->code != 0)
				continue;
			item->result = answers[i].results[k];
			if (shape_decode(&shape_node_made, item->result, NULL,
				&request->arena, &made) == 0)
				state = MAX(state, made.state);
		}
	}
	/* Nobody may do any of it, or not now: that is of the method. */
	for (size_t i = 0; i < n; i++) {
		int whole = answers[i].code;

		if (whole != E_UNAUTHENTICATED && whole != E_EXPIRED &&
		    whole != E_CONFLICT)
			continue;
		jmap_error_code(jmap, whole);
		return;
	}
	answer_set(jmap, state);
}

/* The objects of one kind, as one operation: 1, 0 where there are none. */
static int
gather(struct jmap *jmap, struct set *set, enum set_kind kind,
    struct call_op_out *ret_op)
{
	struct arena *arena = &jmap->request->arena;
	size_t n = 0, k = 0;
	struct slice *args;

	for (size_t i = 0; i < set->n; i++)
		n += set->items[i].kind == kind && set->items[i].code == 0;
	set->counts[kind] = n;
	if (n == 0)
		return 0;
	args = arena_alloc(arena, n * sizeof(*args));
	set->place[kind] = arena_alloc(arena, n * sizeof(**set->place));
	if (args == NULL || set->place[kind] == NULL)
		return E_NOMEM;
	for (size_t i = 0; i < set->n; i++) {
		if (set->items[i].kind != kind || set->items[i].code < 0)
			continue;
		set->place[kind][k] = i;
		args[k++] = set->items[i].args;
	}
	set->order[set->n_ops++] = kind;
	*ret_op = (struct call_op_out){
	    .op = op_get(set_ops[kind]), .n = n, .args = args};
	return 1;
}

/* Nothing is to be done, yet the state is asked after: what changed since? */
static void
on_state(struct request *request, int code, const struct call_answer *answers,
    size_t n, void *arg)
{
	struct jmap *jmap = arg;
	struct change_page *page = NULL;

	(void)n;
	code = call_code(code, answers);
	if (code == 0)
		page = call_result(request, &shape_change_page, answers);
	if (code == E_GONE || (page != NULL && page->list.n > 0))
		code = E_CONFLICT;
	else if (code == 0 && page == NULL)
		code = E_NOMEM;
	if (code < 0)
		jmap_error_code(jmap, code);
	else
		answer_set(jmap, 0);
}

/* ifInState: 1 and the state, 0 where there is none, or E_*. */
static int
take_state(struct jmap *jmap, uint64_t *ret_state)
{
	json_t *value = json_object_get(jmap->args, "ifInState");

	if (value == NULL || json_is_null(value))
		return 0;
	if (!json_is_string(value))
		return E_INVALID;
	/* What isn't a state of ours is not the present one. */
	return slice_u64(slice_str(json_string_value(value)), INT64_MAX,
		   ret_state) < 0
	           ? E_CONFLICT
	           : 1;
}

static void
set_checked(struct request *request, int code, void *arg)
{
	struct jmap *jmap = arg;
	struct set *set = arena_alloc(&request->arena, sizeof(*set));
	struct call_op_out ops[SET_KINDS];
	struct file_changes since = {.has_since = true, .has_limit = true};
	int in_state;

	if (account_failed(jmap, code))
		return;
	jmap->state = set;
	in_state = take_state(jmap, &since.since);
	code = in_state < 0  ? in_state
	       : set == NULL ? E_NOMEM
	                     : plan(jmap, set);
	/* Creations first, then changes, then what goes (5.3). */
	for (enum set_kind kind = 0; kind < SET_KINDS && code >= 0; kind++)
		code = gather(jmap, set, kind, &ops[set->n_ops]);
	since.limit = 1;
	if (code < 0)
		jmap_error_code(jmap, code);
	else if (set->n_ops > 0 && in_state > 0)
		call_submit_in_state(
		    request, since.since, ops, set->n_ops, on_set, jmap);
	else if (set->n_ops > 0)
		call_submit(request, ops, set->n_ops, on_set, jmap);
	else if (in_state > 0)
		call_one(request, OP_FILE_CHANGES, &since, on_state, jmap);
	else
		answer_set(jmap, 0);
}

static void
begin_set(struct jmap *jmap, json_t *args)
{
	with_account(jmap, args, set_checked);
}

/* ---- FileNode/query: the children of one folder
 * ---------------------------------------- */

static void
on_query(struct request *request, int code, const struct call_answer *answers,
    size_t n, void *arg)
{
	struct jmap *jmap = arg;
	struct node_page *page = NULL;
	struct json_writer w;

	(void)n;
	code = call_code(code, answers);
	if (code == 0)
		page = call_result(request, &shape_node_page, answers);
	if (page == NULL) {
		jmap_error_code(jmap, code < 0 ? code : E_NOMEM);
		return;
	}
	w = jmap_answer(jmap, "FileNode/query");
	json_member_str(&w, "accountId", string_of(jmap->args, "accountId"));
	put_state(&w, "queryState", page->state);
	json_member_bool(&w, "canCalculateChanges", false);
	json_member_u64(&w, "position", 0);
	json_key(&w, "ids");
	json_open_array(&w);
	for (size_t i = 0; i < page->list.n; i++) {
		struct buf text = BUF(ID_TEXT_BYTES);

		id_put_text(&text, page->list.v[i].id);
		json_put_string(&w, buf_slice(&text));
		buf_free(&text);
	}
	json_close_array(&w);
	jmap_answer_end(jmap, &w);
}

static void
query_checked(struct request *request, int code, void *arg)
{
	struct jmap *jmap = arg;
	json_t *filter = json_object_get(jmap->args, "filter");
	json_t *limit = json_object_get(jmap->args, "limit");
	json_t *position = json_object_get(jmap->args, "position");
	struct folder_list list = {.has_path = false};
	struct id folder;

	if (account_failed(jmap, code))
		return;
	if (node_id(jmap, json_object_get(filter, "parentId"), &folder) < 0 ||
	    folder.kind != KIND_FOLDER || json_object_size(filter) != 1) {
		jmap_error(jmap, "unsupportedFilter",
		    "the filter must be the parentId of a folder");
		return;
	}
	if (position != NULL && json_integer_value(position) != 0) {
		jmap_error(jmap, "invalidArguments",
		    "position must be 0; folder.list goes on by a cursor");
		return;
	}
	SHAPE_SET(&list, folder, folder);
	if (json_is_integer(limit) && json_integer_value(limit) > 0)
		SHAPE_SET(&list, limit,
		    (uint64_t)MIN(json_integer_value(limit), 500));
	call_one(request, OP_FOLDER_LIST, &list, on_query, jmap);
}

static void
begin_query(struct jmap *jmap, json_t *args)
{
	with_account(jmap, args, query_checked);
}

/*
 * What a folder listed before isn't kept: RFC 8620, 5.6, has an error for that,
 * and the client asks for the list again.
 */
static void
query_changes_checked(struct request *request UNUSED, int code, void *arg)
{
	struct jmap *jmap = arg;

	if (!account_failed(jmap, code))
		jmap_error(jmap, "cannotCalculateChanges", NULL);
}

static void
begin_query_changes(struct jmap *jmap, json_t *args)
{
	with_account(jmap, args, query_changes_checked);
}

/* ---- FileNode/changes
 * ---------------------------------------------------------------------- */

static void
put_changes(struct json_writer *w, const struct change_page *page,
    const char *name, bool created, bool destroyed)
{
	json_key(w, name);
	json_open_array(w);
	for (size_t i = 0; i < page->list.n; i++) {
		const struct node_change *c = &page->list.v[i];
		struct buf text = BUF(ID_TEXT_BYTES);

		/* What came and went in between never was (5.2). */
		if (c->created == created && c->destroyed == destroyed) {
			id_put_text(&text, c->id);
			json_put_string(w, buf_slice(&text));
		}
		buf_free(&text);
	}
	json_close_array(w);
}

static void
on_changes(struct request *request, int code, const struct call_answer *answers,
    size_t n, void *arg)
{
	struct jmap *jmap = arg;
	struct change_page *page = NULL;
	struct json_writer w;

	(void)n;
	code = call_code(code, answers);
	if (code == 0)
		page = call_result(request, &shape_change_page, answers);
	if (page == NULL) {
		jmap_error_code(jmap, code < 0 ? code : E_NOMEM);
		return;
	}
	w = jmap_answer(jmap, "FileNode/changes");
	json_member_str(&w, "accountId", string_of(jmap->args, "accountId"));
	json_member_str(&w, "oldState", string_of(jmap->args, "sinceState"));
	put_state(&w, "newState", page->state);
	json_member_bool(&w, "hasMoreChanges", page->more);
	put_changes(&w, page, "created", true, false);
	put_changes(&w, page, "updated", false, false);
	put_changes(&w, page, "destroyed", false, true);
	jmap_answer_end(jmap, &w);
}

static void
changes_checked(struct request *request, int code, void *arg)
{
	struct jmap *jmap = arg;
	const char *since = string_of(jmap->args, "sinceState");
	json_t *max = json_object_get(jmap->args, "maxChanges");
	struct file_changes changes = {.has_limit = false};

	if (account_failed(jmap, code))
		return;
	changes.has_since = true;
	if (since == NULL ||
	    slice_u64(slice_str(since), INT64_MAX, &changes.since) < 0) {
		jmap_error(jmap, "cannotCalculateChanges", NULL);
		return;
	}
	if (json_is_integer(max) && json_integer_value(max) > 0)
		SHAPE_SET(&changes, limit,
		    (uint64_t)MIN(json_integer_value(max), 500));
	call_one(request, OP_FILE_CHANGES, &changes, on_changes, jmap);
}

static void
begin_changes(struct jmap *jmap, json_t *args)
{
	with_account(jmap, args, changes_checked);
}

const struct jmap_method *
jmap_files_method(const char *name)
{
	static const struct jmap_method methods[] = {
	    {"FileNode/get", JMAP_FILES, begin_get},
	    {"FileNode/set", JMAP_FILES, begin_set},
	    {"FileNode/query", JMAP_FILES, begin_query},
	    {"FileNode/queryChanges", JMAP_FILES, begin_query_changes},
	    {"FileNode/changes", JMAP_FILES, begin_changes},
	};

	for (size_t i = 0; i < ARRAY_SIZE(methods); i++)
		if (strcmp(methods[i].name, name) == 0)
			return &methods[i];
	return NULL;
}
