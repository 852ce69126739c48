#include "front/forwarded.h"

/* The canonical text of an address; false where it is none. */
static bool
address_parse(struct slice text, char ret[IP_TEXT])
{
	struct ip ip;

	if (ip_parse(text, &ip) < 0)
		return false;
	ip_format(&ip, ret);
	return true;
}

static bool
is_proxy(struct slice proxies, const char *address)
{
	while (proxies.n > 0) {
		char text[IP_TEXT];
		struct slice one;

		(void)slice_cut(&proxies, ' ', &one);
		if (address_parse(one, text) && strcmp(text, address) == 0)
			return true;
	}
	return false;
}

/* Takes the last entry off a list. */
static struct slice
last_entry(struct slice *list)
{
	size_t at = list->n;
	struct slice entry;

	while (at > 0 && list->p[at - 1] != ',')
		at--;
	entry = slice_trim(slice_from(*list, at));
	*list = slice_first(*list, at > 0 ? at - 1 : 0);
	return entry;
}

/*
 * Follows one field's entries from its end on: true where all of them are
 * proxies, so that the field before it counts. Fields of one name are one list
 * (RFC 9110, 5.3), and some proxies add a field of their own behind the
 * client's: to read the first one would be to believe the client.
 */
static bool
follow(struct slice list, struct slice proxies, struct forwarded *client)
{
	while (list.n > 0) {
		struct slice entry = last_entry(&list);

		if (entry.n == 0)
			continue; /* RFC 9110, 5.6.1.2: no element */
		if (!address_parse(entry, client->address))
			return false;
		client->claimed = true;
		if (!is_proxy(proxies, client->address))
			return false;
	}
	return true;
}

void
forwarded_client(const struct http_head *head, struct slice peer,
    struct slice proxies, struct forwarded *ret_client)
{
	struct forwarded client = {.claimed = false};
	bool goes_on = address_parse(peer, client.address) &&
	               is_proxy(proxies, client.address);

	for (size_t i = head->n_fields; i > 0 && goes_on; i--)
		if (slice_eq_nocase(
			head->fields[i - 1].name, SLICE("x-forwarded-for")))
			goes_on =
			    follow(head->fields[i - 1].value, proxies, &client);
	*ret_client = client;
}
