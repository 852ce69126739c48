#include "front/query.h"

#include "wire/http.h"

enum { VALUE_MAX = 4096 };

static json_t *
value_json(const struct shape_field *field, struct slice value)
{
	uint64_t number;

	if (field->type == SHAPE_U64 &&
	    slice_u64(value, INT64_MAX, &number) == 0)
		return json_integer((json_int_t)number);
	if (field->type == SHAPE_BOOL && slice_eq(value, SLICE("true")))
		return json_true();
	if (field->type == SHAPE_BOOL && slice_eq(value, SLICE("false")))
		return json_false();
	/* What is no text of that field is for the binding to refuse. */
	return json_stringn(value.n > 0 ? (const char *)value.p : "", value.n);
}

static int
take_field(struct slice query, const struct shape_field *field, json_t *object)
{
	struct buf value = BUF(VALUE_MAX);
	bool found = false;
	int r = http_query_get(query, slice_str(field->name), &value, &found);

	if (r == 0 && found && !slice_is_utf8(buf_slice(&value)))
		r = E_UTF8;
	if (r == 0 && found &&
	    json_object_set_new(
		object, field->name, value_json(field, buf_slice(&value))) < 0)
		r = E_NOMEM;
	buf_free(&value);
	return r;
}

int
query_object(struct slice query, const struct shape *shape, json_t **ret_object)
{
	size_t n;
	const struct shape_field *fields = shape->fields(&n);
	json_t *object = json_object();
	int r = object != NULL ? 0 : E_NOMEM;

	for (size_t i = 0; i < n && r == 0; i++)
		r = take_field(query, &fields[i], object);
	if (r < 0) {
		json_decref(object);
		return r;
	}
	*ret_object = object;
	return 0;
}
