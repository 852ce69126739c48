#include "base/ip.h"

#include <arpa/inet.h>
#include <netinet/in.h>

_Static_assert((int)IP_TEXT == (int)INET6_ADDRSTRLEN, "the longest");

int
ip_parse(struct slice text, struct ip *ret_ip)
{
	struct ip v4 = {.n = 4}, v6 = {.n = 16};
	char name[IP_TEXT];

	if (text.n == 0 || text.n >= sizeof(name) ||
	    slice_index(text, '\0') < text.n)
		return E_SYNTAX;
	memcpy(name, text.p, text.n);
	name[text.n] = '\0';
	if (inet_pton(AF_INET, name, v4.b) == 1)
		*ret_ip = v4;
	else if (inet_pton(AF_INET6, name, v6.b) == 1)
		*ret_ip = v6;
	else
		return E_SYNTAX;
	return 0;
}

void
ip_format(const struct ip *ip, char ret_text[static IP_TEXT])
{
	BUG_ON(inet_ntop(ip->n == 4 ? AF_INET : AF_INET6, ip->b, ret_text,
		   IP_TEXT) == NULL);
}
