#include "front/cookie.h"

/* A cookie-octet; quotes are part of a value, and ours has none. */
static bool
is_octet(uint8_t c)
{
	return c > ' ' && c < 0x7f && c != '"' && c != ',' && c != ';' &&
	       c != '\\';
}

static bool
is_value(struct slice value)
{
	for (size_t i = 0; i < value.n; i++)
		if (!is_octet(value.p[i]))
			return false;
	return value.n > 0 && value.n <= COOKIE_VALUE_MAX;
}

/* One field: pairs apart by ';'. Which of two counts, programs differ on. */
static int
take_field(struct slice field, struct slice name, struct slice *value)
{
	struct slice pair, own;

	while (field.n > 0) {
		(void)slice_cut(&field, ';', &pair);
		pair = slice_trim(pair);
		own = slice_first(pair, slice_index(pair, '='));
		if (!slice_eq(slice_trim(own), name))
			continue;
		pair = slice_from(pair, own.n);
		if (value->p != NULL || own.n != name.n || pair.n == 0 ||
		    !is_value(slice_from(pair, 1)))
			return E_SYNTAX;
		*value = slice_from(pair, 1);
	}
	return 0;
}

int
cookie_get(
    const struct http_head *head, struct slice name, struct slice *ret_value)
{
	struct slice value = SLICE_NONE;
	int r = 0;

	/* HTTP/2 may bring each in a field of its own: RFC 9113, 8.2.3. */
	for (size_t i = 0; i < head->n_fields && r == 0; i++)
		if (slice_eq_nocase(head->fields[i].name, SLICE("cookie")))
			r = take_field(head->fields[i].value, name, &value);
	if (r == 0)
		*ret_value = value;
	return r;
}
