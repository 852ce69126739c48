#include "op/shape_json.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

#include "base/encode.h"
#include "op/op.h"
#include "wire/cbor.h"

/* ---- times
 * -------------------------------------------------------------------- */

/* Days since 1970 of a date of the Gregorian calendar (Howard Hinnant's). */
static int64_t
days_of(int64_t year, unsigned month, unsigned day)
{
	int64_t era;
	unsigned yoe, doy, doe;

	year -= month <= 2;
	era = (year >= 0 ? year : year - 399) / 400;
	yoe = (unsigned)(year - era * 400);
	doy = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;
	doe = yoe * 365 + yoe / 4 - yoe / 100 + doy;
	return era * 146097 + doe - 719468;
}

static void
date_of(int64_t days, int64_t *ret_year, unsigned *ret_month, unsigned *ret_day)
{
	int64_t z = days + 719468;
	int64_t era = (z >= 0 ? z : z - 146096) / 146097;
	unsigned doe = (unsigned)(z - era * 146097);
	unsigned yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
	unsigned doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
	unsigned mp = (5 * doy + 2) / 153;

	*ret_day = doy - (153 * mp + 2) / 5 + 1;
	*ret_month = mp < 10 ? mp + 3 : mp - 9;
	*ret_year = (int64_t)yoe + era * 400 + (*ret_month <= 2);
}

void
json_put_time(struct json_writer *w, int64_t ms)
{
	int64_t days = ms / 86400000, rest = ms % 86400000, year;
	unsigned month, day;
	char text[64];

	if (rest < 0) {
		rest += 86400000;
		days--;
	}
	date_of(days, &year, &month, &day);
	(void)snprintf(text, sizeof(text),
	    "%04" PRId64 "-%02u-%02uT%02d:%02d:%02d", year, month, day,
	    (int)(rest / 3600000), (int)(rest / 60000 % 60),
	    (int)(rest / 1000 % 60));
	/* RFC 8620, 1.4: a fraction of zero is left out. */
	if (rest % 1000 != 0)
		(void)snprintf(text + strlen(text), sizeof(text) - strlen(text),
		    ".%03d", (int)(rest % 1000));
	(void)snprintf(text + strlen(text), sizeof(text) - strlen(text), "Z");
	json_put_string(w, slice_str(text));
}

/* Exactly n digits. */
static bool
digits(struct slice *s, size_t n, unsigned *ret)
{
	unsigned value = 0;

	if (s->n < n)
		return false;
	for (size_t i = 0; i < n; i++) {
		if (s->p[i] < '0' || s->p[i] > '9')
			return false;
		value = value * 10 + (s->p[i] - '0');
	}
	*s = slice_from(*s, n);
	*ret = value;
	return true;
}

static bool
literal(struct slice *s, char c)
{
	if (s->n == 0 || s->p[0] != (uint8_t)c)
		return false;
	*s = slice_of(s->p + 1, s->n - 1);
	return true;
}

int
time_from_text(struct slice s, int64_t *ret_ms)
{
	unsigned year, month, day, hour, minute, second, ms = 0, n = 0;
	int64_t days, same_year, at;
	unsigned same_month, same_day;

	if (!digits(&s, 4, &year) || !literal(&s, '-') ||
	    !digits(&s, 2, &month) || !literal(&s, '-') ||
	    !digits(&s, 2, &day) || !literal(&s, 'T') ||
	    !digits(&s, 2, &hour) || !literal(&s, ':') ||
	    !digits(&s, 2, &minute) || !literal(&s, ':') ||
	    !digits(&s, 2, &second))
		return E_INVALID;
	if (literal(&s, '.')) {
		for (; s.n > 1 && n < 9; n++) {
			unsigned digit;

			if (!digits(&s, 1, &digit))
				break;
			if (n < 3)
				ms = ms * 10 + digit;
		}
		if (n == 0)
			return E_INVALID;
		for (; n < 3; n++)
			ms *= 10;
	}
	if (!literal(&s, 'Z') || s.n != 0 || month < 1 || month > 12 ||
	    day < 1 || day > 31 || hour > 23 || minute > 59 || second > 60)
		return E_INVALID;
	days = days_of(year, month, day);
	date_of(days, &same_year, &same_month, &same_day);
	if (same_month != month)
		return E_INVALID; /* no 31 November */
	at = ((days * 24 + hour) * 60 + minute) * 60000 +
	     (int64_t)second * 1000 + ms;
	/* A leap second may lead to a year that has no such text. */
	if (at >= days_of(10000, 1, 1) * 86400000)
		return E_INVALID;
	*ret_ms = at;
	return 0;
}

void
json_put_state(struct json_writer *w, uint64_t state)
{
	char text[24];

	(void)snprintf(text, sizeof(text), "%" PRIu64, state);
	json_put_string(w, slice_str(text));
}

/* ---- from JSON
 * ------------------------------------------------------------------ */

static int PRINTF_LIKE(3, 4)
    problem(struct shape_problem *p, int code, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	(void)vsnprintf(p->text, sizeof(p->text), format, args);
	va_end(args);
	return code;
}

static int
wrong_type(
    const struct shape_field *f, const char *want, struct shape_problem *p)
{
	return problem(p, E_INVALID, "%s must be %s", f->name, want);
}

static struct slice
text_of(const json_t *json)
{
	return slice_of(json_string_value(json), json_string_length(json));
}

static int
put_u64(const struct shape_field *f, const json_t *json, struct buf *buf,
    struct shape_problem *p)
{
	json_int_t n = json_integer_value(json);

	if (!json_is_integer(json) || n < 0)
		return wrong_type(f, "a number that is not negative", p);
	if ((uint64_t)n > f->bound)
		return problem(
		    p, E_LIMIT, "%s is at most %" PRIu64, f->name, f->bound);
	cbor_put_uint(buf, (uint64_t)n);
	return 0;
}

static int
put_state(const struct shape_field *f, const json_t *json, struct buf *buf,
    struct shape_problem *p)
{
	uint64_t state;

	if (!json_is_string(json) ||
	    slice_u64(text_of(json), INT64_MAX, &state) < 0)
		return wrong_type(f, "a state that the server gave", p);
	cbor_put_uint(buf, state);
	return 0;
}

static int
put_id(const struct shape_field *f, const json_t *json, struct buf *buf,
    struct shape_problem *p)
{
	uint8_t bytes[9];
	struct id id;

	if (!json_is_string(json) || id_parse(text_of(json), &id) < 0 ||
	    (f->bound != KIND_NONE && !kind_fits((enum kind)f->bound, id.kind)))
		return wrong_type(f, "the id of one", p);
	bytes[0] = (uint8_t)kind_letter(id.kind);
	for (size_t i = 0; i < 8; i++)
		bytes[1 + i] = (uint8_t)(id.n >> (56 - 8 * i));
	cbor_put_bytes(buf, slice_of(bytes, sizeof(bytes)));
	return 0;
}

static int
put_text(const struct shape_field *f, const json_t *json, struct buf *buf,
    struct shape_problem *p)
{
	struct slice text = text_of(json);

	if (!json_is_string(json))
		return wrong_type(f, "a string", p);
	if (text.n > f->bound)
		return problem(p, E_LIMIT,
		    "%s is longer than %" PRIu64 " bytes", f->name, f->bound);
	cbor_put_text(buf, text);
	return 0;
}

static int
put_bytes(const struct shape_field *f, const json_t *json, struct buf *buf,
    struct shape_problem *p)
{
	struct buf bytes = BUF((size_t)MIN(f->bound, SIZE_MAX - 8) + 8);
	int r;

	if (!json_is_string(json))
		return wrong_type(f, "base64", p);
	r = base64_decode(text_of(json), &bytes);
	if (r == 0 && bytes.n <= f->bound)
		cbor_put_bytes(buf, buf_slice(&bytes));
	else if (r == E_SYNTAX)
		r = wrong_type(f, "base64", p);
	else if (r == 0 || r == E_LIMIT)
		r = problem(p, E_LIMIT, "%s is longer than %" PRIu64 " bytes",
		    f->name, f->bound);
	buf_free(&bytes);
	return r;
}

static int
put_words(const struct shape_field *f, const json_t *json, struct buf *buf,
    struct shape_problem *p)
{
	uint64_t flags = 0;
	unsigned word;
	size_t i;
	json_t *one;

	if (f->type == SHAPE_ENUM) {
		word = words_number((enum words)f->bound, text_of(json));
		if (!json_is_string(json) || word == 0)
			return wrong_type(f, "one of its words", p);
		cbor_put_uint(buf, word);
		return 0;
	}
	if (!json_is_array(json))
		return wrong_type(f, "an array of words", p);
	json_array_foreach(json, i, one)
	{
		word = words_number((enum words)f->bound, text_of(one));
		if (!json_is_string(one) || word == 0)
			return wrong_type(f, "an array of its words", p);
		flags |= (uint64_t)1 << word;
	}
	cbor_put_uint(buf, flags);
	return 0;
}

static int
put_list(const struct shape_field *f, json_t *json, struct buf *buf,
    struct shape_problem *p)
{
	size_t i;
	json_t *one;
	int r;

	if (!json_is_array(json))
		return wrong_type(f, "an array", p);
	if (json_array_size(json) > f->bound)
		return problem(p, E_LIMIT, "%s has too many elements", f->name);
	cbor_put_array(buf, json_array_size(json));
	json_array_foreach(json, i, one)
	{
		if ((r = shape_from_json(f->list, one, buf, p)) < 0)
			return r;
	}
	return 0;
}

static int
put_call(const struct shape_field *f, json_t *json, struct buf *buf,
    struct shape_problem *p)
{
	struct buf bytes = BUF((size_t)f->bound);
	void *first = json_object_iter(json);
	const struct op *op;
	int r;

	if (json_object_size(json) != 1)
		return wrong_type(
		    f, "an object with one member, an operation", p);
	op = op_find(slice_str(json_object_iter_key(first)));
	/* None of these has such a field itself. */
	if (op == NULL || op->second.when == OP_SECOND_NONE)
		return wrong_type(f, "of an operation of two people", p);
	cbor_put_array(&bytes, 2);
	cbor_put_uint(&bytes, op->number);
	r = shape_from_json(op->args, json_object_iter_value(first), &bytes, p);
	if (r == 0)
		cbor_put_bytes(buf, buf_slice(&bytes));
	buf_free(&bytes);
	return r;
}

static int
put_field(const struct shape_field *f, json_t *json, struct buf *buf,
    struct shape_problem *p)
{
	int64_t ms;

	cbor_put_uint(buf, f->number);
	switch ((enum shape_type)f->type) {
	case SHAPE_U64:
		return put_u64(f, json, buf, p);
	case SHAPE_BOOL:
		if (!json_is_boolean(json))
			return wrong_type(f, "true or false", p);
		cbor_put_bool(buf, json_is_true(json));
		return 0;
	case SHAPE_TIME:
		if (!json_is_string(json) ||
		    time_from_text(text_of(json), &ms) < 0)
			return wrong_type(
			    f, "a time like 2026-11-22T10:00:00Z", p);
		cbor_put_int(buf, ms);
		return 0;
	case SHAPE_STATE:
		return put_state(f, json, buf, p);
	case SHAPE_ID:
		return put_id(f, json, buf, p);
	case SHAPE_TEXT:
		return put_text(f, json, buf, p);
	case SHAPE_BYTES:
		return put_bytes(f, json, buf, p);
	case SHAPE_CALL:
		return put_call(f, json, buf, p);
	case SHAPE_ENUM:
	case SHAPE_FLAGS:
		return put_words(f, json, buf, p);
	case SHAPE_LIST:
		return put_list(f, json, buf, p);
	case SHAPE_UNSET:
		break;
	}
	return E_INVALID;
}

/* A member that no field has the name of; null is as good as absent. */
static int
check_members(const struct shape_field *fields, size_t n, json_t *json,
    size_t *ret_count, struct shape_problem *p)
{
	const char *name;
	json_t *value;

	*ret_count = 0;
	json_object_foreach(json, name, value)
	{
		size_t i = 0;

		while (i < n && strcmp(fields[i].name, name) != 0)
			i++;
		if (i == n)
			return problem(
			    p, E_INVALID, "there is no '%.64s'", name);
		*ret_count += !json_is_null(value);
	}
	return 0;
}

int
shape_from_json(const struct shape *shape, json_t *json, struct buf *ret,
    struct shape_problem *reterr_problem)
{
	size_t n, count;
	const struct shape_field *fields = shape->fields(&n);
	int r;

	if (!json_is_object(json))
		return problem(
		    reterr_problem, E_INVALID, "this must be an object");
	r = check_members(fields, n, json, &count, reterr_problem);
	if (r < 0)
		return r;
	cbor_put_map(ret, count);
	for (size_t i = 0; i < n; i++) {
		json_t *value = json_object_get(json, fields[i].name);
		bool absent = value == NULL || json_is_null(value);

		if (absent && (fields[i].flags & REQ))
			return problem(reterr_problem, E_INVALID,
			    "%s is missing", fields[i].name);
		if (!absent &&
		    (r = put_field(&fields[i], value, ret, reterr_problem)) < 0)
			return r;
	}
	return ret->error;
}

/* ---- to JSON
 * -------------------------------------------------------------------------- */

static void
put_id_json(struct cbor_reader *r, struct json_writer *w)
{
	struct slice s = cbor_get_bytes(r);
	struct buf text = BUF(ID_TEXT_BYTES);
	struct id id = {0, KIND_NONE};

	if (s.n != 9) {
		r->error = E_SYNTAX;
		return;
	}
	id.kind = kind_from_letter((char)s.p[0]);
	for (size_t i = 1; i < 9; i++)
		id.n = id.n << 8 | s.p[i];
	id_put_text(&text, id);
	json_put_string(w, buf_slice(&text));
	buf_free(&text);
}

static void
put_flags_json(enum words words, uint64_t flags, struct json_writer *w)
{
	const struct word_list *list = words_list(words);

	json_open_array(w);
	for (size_t i = 0; i < list->n; i++)
		if (flags & (uint64_t)1 << list->words[i].number)
			json_put_string(w, slice_str(list->words[i].text));
	json_close_array(w);
}

static void put_members(
    const struct shape *shape, struct cbor_reader *r, struct json_writer *w);

static void
put_call_json(struct cbor_reader *r, struct json_writer *w)
{
	struct cbor_reader call = cbor_reader(cbor_get_bytes(r));
	const struct op *op = NULL;

	if (cbor_get_array(&call) == 2)
		op = op_get(cbor_get_uint(&call));
	if (op == NULL || op->args == NULL) {
		r->error = E_SYNTAX;
		return;
	}
	json_open_object(w);
	json_key(w, op->name);
	json_open_object(w);
	put_members(op->args, &call, w);
	json_close_object(w);
	json_close_object(w);
	if (cbor_end(&call) < 0)
		r->error = E_SYNTAX;
}

static void
put_value(
    const struct shape_field *f, struct cbor_reader *r, struct json_writer *w)
{
	size_t n;

	switch ((enum shape_type)f->type) {
	case SHAPE_U64:
		json_put_u64(w, cbor_get_uint(r));
		break;
	case SHAPE_BOOL:
		json_put_bool(w, cbor_get_bool(r));
		break;
	case SHAPE_TIME:
		json_put_time(w, cbor_get_int(r));
		break;
	case SHAPE_STATE:
		json_put_state(w, cbor_get_uint(r));
		break;
	case SHAPE_ID:
		put_id_json(r, w);
		break;
	case SHAPE_TEXT:
		json_put_string(w, cbor_get_text(r));
		break;
	case SHAPE_BYTES:
		json_put_base64(w, cbor_get_bytes(r));
		break;
	case SHAPE_CALL:
		put_call_json(r, w);
		break;
	case SHAPE_ENUM:
		json_put_string(w, slice_str(words_text((enum words)f->bound,
				       (unsigned)cbor_get_uint(r))));
		break;
	case SHAPE_FLAGS:
		put_flags_json((enum words)f->bound, cbor_get_uint(r), w);
		break;
	case SHAPE_LIST:
		n = cbor_get_array(r);
		json_open_array(w);
		for (size_t i = 0; i < n && r->error == 0; i++) {
			json_open_object(w);
			put_members(f->list, r, w);
			json_close_object(w);
		}
		json_close_array(w);
		break;
	case SHAPE_UNSET:
		r->error = E_SYNTAX;
	}
}

static void
put_members(
    const struct shape *shape, struct cbor_reader *r, struct json_writer *w)
{
	size_t n = cbor_get_map(r);
	int64_t number = -1;

	while (n-- > 0 && r->error == 0) {
		const struct shape_field *f;

		number = cbor_get_key(r, number);
		f = number > 0 ? shape_field(shape, (uint64_t)number) : NULL;
		if (f == NULL) {
			r->error = E_SYNTAX;
			return;
		}
		json_key(w, f->name);
		put_value(f, r, w);
	}
}

int
shape_put_members(
    const struct shape *shape, struct slice in, struct json_writer *w)
{
	struct cbor_reader r = cbor_reader(in);

	put_members(shape, &r, w);
	return cbor_end(&r) < 0 ? E_CORRUPT : 0;
}

int
shape_put_json(
    const struct shape *shape, struct slice in, struct json_writer *w)
{
	int r;

	json_open_object(w);
	r = shape_put_members(shape, in, w);
	json_close_object(w);
	return r;
}
