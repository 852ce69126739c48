/* folder.create, file.create, file.write: things that come to be. */
#include "core/apps/files/files.h"
#include "wire/http.h"

static const char standard_type[] = "application/octet-stream";

static int
check_type(
    bool has, struct slice type, struct slice standard, struct slice *ret_type)
{
	*ret_type = has ? type : standard;
	return !has || http_media_type_ok(type) ? 0 : E_INVALID;
}

/* ---- folders ----------------------------------------------------------------
 */

struct folder_plan {
	struct slice key;
	uint64_t existing;
};

int
folder_create_check(struct run *run)
{
	const struct folder_create *args = RUN_ARGS(run, folder_create);
	struct folder_plan *plan = RUN_PLAN(run, struct folder_plan);
	struct node_row there;
	int r;

	*plan = (struct folder_plan){.existing = 0};
	if ((r = node_key(run->place, args->name, &plan->key)) < 0 ||
	    (r = files_check_place(&run->on[0], KIND_FOLDER)) < 0)
		return r;
	r = node_find(run->place, run->on[0].ref, plan->key, &there);
	if (r == E_NOT_FOUND)
		return 0;
	if (r < 0)
		return r;
	if (!args->exist_ok || there.kind != KIND_FOLDER)
		return E_EXISTS;
	plan->existing = there.id;
	return 0;
}

int
folder_create_apply(struct run *run)
{
	const struct folder_create *args = RUN_ARGS(run, folder_create);
	const struct folder_plan *plan = RUN_PLAN(run, struct folder_plan);
	const struct node_row *parent = &run->on[0].node;
	struct node_made *result = RUN_RESULT(run, node_made);
	struct files_new node = {.kind = KIND_FOLDER,
	    .parent = parent->id,
	    .space = parent->space,
	    .name = args->name,
	    .key = plan->key,
	    .modified = run->place->now};
	int r;

	if (plan->existing != 0) {
		SHAPE_SET(result, existed, true);
		SHAPE_SET(
		    result, id, ((struct id){plan->existing, KIND_FOLDER}));
		return run_number(run, FACT_TARGET, (int64_t)plan->existing);
	}
	if ((r = run_make(run, KIND_FOLDER, &node.ref)) < 0 ||
	    (r = run_make(run, KIND_EDGE, &node.edge)) < 0 ||
	    (r = files_put_node(run, &node)) < 0)
		return r;
	SHAPE_SET(result, id, ((struct id){node.ref, KIND_FOLDER}));
	return files_changed(
	    run, node.space, KIND_FOLDER, node.ref, FILES_CREATED, 0);
}

/* ---- a file's bytes
 * ------------------------------------------------------------ */

struct file_plan {
	struct slice key, type;
	int64_t modified;
	uint64_t existing;
	struct files_bytes bytes;
};

/* A new version of a file that is there. */
static int
put_next_version(struct run *run, uint64_t file, uint64_t folder,
    uint64_t space, const struct file_plan *plan, uint64_t *ret_version)
{
	struct files_current next = {.file = file,
	    .folder = folder,
	    .space = space,
	    .size = plan->bytes.size,
	    .type = plan->type,
	    .modified = plan->modified};
	int r = files_put_version(
	    run, file, plan->type, plan->modified, &plan->bytes, &next.version);

	if (r < 0 || (r = files_set_current(run, &next)) < 0)
		return r;
	*ret_version = next.version;
	return 0;
}

static void
set_result(struct run *run, uint64_t file, uint64_t version, bool existed)
{
	const struct file_plan *plan = RUN_PLAN(run, struct file_plan);
	struct node_made *result = RUN_RESULT(run, node_made);

	SHAPE_SET(result, id, ((struct id){file, KIND_FILE}));
	SHAPE_SET(result, version, ((struct id){version, KIND_VERSION}));
	SHAPE_SET(result, size, plan->bytes.size);
	if (existed)
		SHAPE_SET(result, existed, true);
}

int
file_create_check(struct run *run)
{
	const struct file_create *args = RUN_ARGS(run, file_create);
	struct file_plan *plan = RUN_PLAN(run, struct file_plan);
	struct node_row there = {.id = 0};
	int r;

	*plan = (struct file_plan){
	    .modified = args->has_modified ? args->modified : run->place->now};
	if ((r = node_key(run->place, args->name, &plan->key)) < 0 ||
	    (r = files_check_place(&run->on[0], KIND_FILE)) < 0)
		return r;
	r = node_find(run->place, run->on[0].ref, plan->key, &there);
	if (r < 0 && r != E_NOT_FOUND)
		return r;
	if (r == 0 && (!args->replace || there.kind != KIND_FILE))
		return E_EXISTS;
	if ((args->has_if_version && args->if_version.n != there.version) ||
	    (args->if_exists && there.id == 0))
		return E_CONFLICT;
	plan->existing = there.id;
	r = check_type(args->has_type, args->type,
	    there.id != 0 ? there.type : SLICE(standard_type), &plan->type);
	if (r < 0)
		return r;
	return files_find_bytes(run, run->on[0].node.space,
	    args->has_content ? args->content : SLICE_NONE, args->has_upload,
	    args->upload, &plan->bytes);
}

int
file_create_apply(struct run *run)
{
	const struct file_create *args = RUN_ARGS(run, file_create);
	const struct file_plan *plan = RUN_PLAN(run, struct file_plan);
	const struct node_row *parent = &run->on[0].node;
	struct files_new node = {.kind = KIND_FILE,
	    .parent = parent->id,
	    .space = parent->space,
	    .name = args->name,
	    .key = plan->key,
	    .type = plan->type,
	    .size = plan->bytes.size,
	    .modified = plan->modified};
	int r;

	if (plan->existing != 0) {
		r = put_next_version(run, plan->existing, parent->id,
		    node.space, plan, &node.version);
		if (r < 0)
			return r;
		set_result(run, plan->existing, node.version, true);
		return run_number(run, FACT_TARGET, (int64_t)plan->existing);
	}
	if ((r = run_make(run, KIND_FILE, &node.ref)) < 0 ||
	    (r = run_make(run, KIND_EDGE, &node.edge)) < 0 ||
	    (r = files_put_version(run, node.ref, plan->type, plan->modified,
		 &plan->bytes, &node.version)) < 0 ||
	    (r = files_put_node(run, &node)) < 0)
		return r;
	set_result(run, node.ref, node.version, false);
	return files_changed(run, node.space, KIND_FILE, node.ref,
	    FILES_CREATED, (int64_t)plan->bytes.size);
}

int
file_write_check(struct run *run)
{
	const struct file_write *args = RUN_ARGS(run, file_write);
	struct file_plan *plan = RUN_PLAN(run, struct file_plan);
	const struct node_row *file = &run->on[0].node;
	int r;

	*plan = (struct file_plan){.existing = file->id,
	    .modified = args->has_modified ? args->modified : run->place->now};
	if (args->has_if_version && args->if_version.n != file->version)
		return E_CONFLICT;
	r = check_type(args->has_type, args->type, file->type, &plan->type);
	if (r < 0)
		return r;
	return files_find_bytes(run, file->space,
	    args->has_content ? args->content : SLICE_NONE, args->has_upload,
	    args->upload, &plan->bytes);
}

int
file_write_apply(struct run *run)
{
	const struct file_plan *plan = RUN_PLAN(run, struct file_plan);
	uint64_t version;
	const struct node_row *file = &run->on[0].node;
	int r = put_next_version(
	    run, plan->existing, file->parent, file->space, plan, &version);

	if (r == 0)
		set_result(run, plan->existing, version, true);
	return r;
}
