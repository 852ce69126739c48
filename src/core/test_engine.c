/* The engine as a whole: what callers see, and what stands on the record. */
#include "unit.h"

#include "core/test_rig.h"

static void
test_create_and_read(void **state UNUSED)
{
	struct arena arena = {NULL};
	struct rig rig;
	struct session_info *me;
	struct file_create create = {.has_name = false};
	struct file_read read = {.has_file = false};
	struct node_made *made;
	struct file_content *content;
	struct answer a;

	rig_init(&rig);
	assert_int_equal(rig_open(&rig), 0);
	a = rig_do(&rig, &arena, OP_SESSION_GET, rig.token,
	    &(struct nothing){.has_unused = false});
	assert_int_equal(a.code, 0);
	me = a.result;
	SHAPE_SET(&create, parent, me->home);
	SHAPE_SET(&create, name, SLICE("hello.txt"));
	SHAPE_SET(&create, content, SLICE("Hello, world\n"));
	a = rig_do(&rig, &arena, OP_FILE_CREATE, rig.token, &create);
	assert_int_equal(a.code, 0);
	made = a.result;
	assert_int_equal(made->size, 13);
	a = rig_do(&rig, &arena, OP_FILE_CREATE, rig.token, &create);
	assert_int_equal(a.code, E_EXISTS);
	SHAPE_SET(&read, path, SLICE("hello.txt"));
	a = rig_do(&rig, &arena, OP_FILE_READ, rig.token, &read);
	assert_int_equal(a.code, 0);
	content = a.result;
	assert_true(slice_eq(content->content, SLICE("Hello, world\n")));
	a = rig_do(&rig, &arena, OP_FILE_READ, NULL, &read);
	assert_int_equal(a.code, E_UNAUTHENTICATED);
	rig_stop(&rig);

	/* The same after a restart. */
	assert_int_equal(rig_open(&rig), 0);
	a = rig_do(&rig, &arena, OP_FILE_READ, rig.token, &read);
	assert_int_equal(a.code, 0);
	rig_stop(&rig);
	rig_free(&rig);
	arena_free(&arena);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_create_and_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
