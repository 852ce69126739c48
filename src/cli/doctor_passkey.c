/*
 * Whether browsers offer passkeys where people come to: at a name, not an
 * address; by https with a certificate that they trust, for on a page that they
 * warn of they refuse (a person may click the warning away, and still can't
 * enrol nor sign in); by plain http at localhost alone. And whether the server
 * takes them there: at the host name and port that it is configured for.
 */
#include <arpa/inet.h>
#include <fcntl.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <strings.h>

#include "base/file.h"
#include "cli/doctor.h"

enum { PEM_MAX = 1 << 20, URL_MAX = 512, CHAIN_MAX = 16, HTTPS = 443 };

#define TOPIC "passkeys"

bool
doctor_is_address(const char *name)
{
	unsigned char bytes[16];

	return inet_pton(AF_INET, name, bytes) == 1 ||
	       inet_pton(AF_INET6, name, bytes) == 1 || name[0] == '[';
}

/* A name as browsers take one: labels of letters, digits and dashes. */
static bool
is_name(const char *name)
{
	struct slice rest = slice_str(name), label;

	while (rest.n > 0) {
		(void)slice_cut(&rest, '.', &label);
		if (label.n == 0 || label.n > 63 || label.p[0] == '-' ||
		    label.p[label.n - 1] == '-')
			return false;
		for (size_t i = 0; i < label.n; i++)
			if (strchr("abcdefghijklmnopqrstuvwxyz"
				   "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-",
				label.p[i]) == NULL ||
			    label.p[i] == '\0')
				return false;
	}
	return name[0] != '\0' && name[strlen(name) - 1] != '.';
}

/* ---- the certificate ----------------------------------------------------- */

/* Its own certificate first, then those that lead on from it. */
static STACK_OF(X509) * read_chain(const char *path)
{
	STACK_OF(X509) *chain = sk_X509_new_null();
	struct buf text = BUF(PEM_MAX);
	BIO *bio = NULL;
	X509 *one;

	if (chain != NULL && file_read(AT_FDCWD, path, &text) == 0)
		bio = BIO_new_mem_buf(text.p, (int)text.n);
	while (bio != NULL && sk_X509_num(chain) < CHAIN_MAX &&
	       (one = PEM_read_bio_X509(bio, NULL, NULL, NULL)) != NULL)
		if (sk_X509_push(chain, one) == 0)
			X509_free(one);
	(void)BIO_free(bio);
	buf_free(&text);
	return chain;
}

/* X509_V_OK where this machine trusts it, for that name. */
static int
verify(STACK_OF(X509) * chain, const char *name)
{
	X509_STORE *store = X509_STORE_new();
	X509_STORE_CTX *ctx = X509_STORE_CTX_new();
	int problem = X509_V_ERR_UNSPECIFIED;

	if (store != NULL && ctx != NULL &&
	    X509_STORE_set_default_paths(store) == 1 &&
	    X509_STORE_CTX_init(ctx, store, sk_X509_value(chain, 0), chain) ==
		1 &&
	    X509_VERIFY_PARAM_set1_host(
		X509_STORE_CTX_get0_param(ctx), name, 0) == 1)
		problem = X509_verify_cert(ctx) == 1
		              ? X509_V_OK
		              : X509_STORE_CTX_get_error(ctx);
	X509_STORE_CTX_free(ctx);
	X509_STORE_free(store);
	return problem;
}

static bool
is_self_signed(STACK_OF(X509) * chain)
{
	X509 *one = sk_X509_value(chain, 0);

	return X509_NAME_cmp(
		   X509_get_subject_name(one), X509_get_issuer_name(one)) == 0;
}

/* People may be shown another one by a proxy: then that is to be looked at. */
static void
say_refused(struct doctor *doctor, enum doctor_level level, const char *why)
{
	bool proxy = doctor->config.trusted_proxies[0] != '\0';

	doctor_say(doctor, proxy ? DOCTOR_WARN : level, TOPIC,
	    "browsers refuse passkeys on a page whose certificate they don't "
	    "trust, also when the warning is clicked away: %s%s",
	    why,
	    proxy ? "; unless the proxy in front shows another certificate"
		  : "");
}

/* True where nothing is known against it. */
static int
check_trust(struct doctor *doctor)
{
	const struct config *config = &doctor->config;
	STACK_OF(X509) * chain;
	char why[300];
	int problem;

	if (config->tls_certificate[0] == '\0') {
		say_refused(doctor, DOCTOR_FAIL,
		    "the server has signed its own, which nobody trusts; set "
		    "tls_certificate and tls_key to those of an authority "
		    "that people's devices trust");
		return -1;
	}
	chain = read_chain(config->tls_certificate);
	if (chain == NULL || sk_X509_num(chain) == 0) {
		/* It was said why. */
		sk_X509_pop_free(chain, X509_free);
		return -1;
	}
	problem = verify(chain, config->hostname);
	if (problem != X509_V_OK && is_self_signed(chain)) {
		say_refused(doctor, DOCTOR_FAIL,
		    "that in tls_certificate has signed itself; take one of "
		    "an authority that people's devices trust");
	} else if (problem != X509_V_OK) {
		(void)snprintf(why, sizeof(why),
		    "this machine doesn't trust that in tls_certificate (%s); "
		    "people's devices must",
		    X509_verify_cert_error_string(problem));
		say_refused(doctor, DOCTOR_WARN, why);
	}
	sk_X509_pop_free(chain, X509_free);
	return problem == X509_V_OK ? 0 : -1;
}

/* ---- where people come to ------------------------------------------------ */

struct place {
	bool tls;
	char host[URL_MAX];
	uint64_t port;
};

/* scheme://host[:port]: what stands in the address bar. */
static bool
read_url(const char *url, struct place *ret_place)
{
	struct slice rest = slice_str(url), host;

	ret_place->tls = strncasecmp(url, "https://", 8) == 0;
	if (!ret_place->tls && strncasecmp(url, "http://", 7) != 0)
		return false;
	rest = slice_from(rest, ret_place->tls ? 8 : 7);
	(void)slice_cut(&rest, '/', &host);
	ret_place->port = ret_place->tls ? HTTPS : 80;
	if (host.n > 0 && host.p[0] == '[') {
		(void)slice_cut(&host, ']', &rest);
		(void)snprintf(ret_place->host, sizeof(ret_place->host),
		    "%.*s]", SLICE_ARG(rest));
		return true;
	}
	(void)slice_cut(&host, ':', &rest);
	if (host.n > 0 && slice_u64(host, 65535, &ret_place->port) < 0)
		return false;
	(void)snprintf(
	    ret_place->host, sizeof(ret_place->host), "%.*s", SLICE_ARG(rest));
	return true;
}

/* The server's own machine: a command may come that way, people don't. */
static bool
is_loopback(const char *host)
{
	return strcasecmp(host, "localhost") == 0 ||
	       strncmp(host, "127.", 4) == 0 || strcmp(host, "[::1]") == 0;
}

/* Of the address that was given, what is against passkeys there. */
static void
check_url(struct doctor *doctor, const char *url)
{
	const struct config *config = &doctor->config;
	struct place at = {.port = 0};
	enum doctor_level level;

	if (!read_url(url, &at)) /* it is said elsewhere */
		return;
	level = is_loopback(at.host) ? DOCTOR_WARN : DOCTOR_FAIL;
	if (doctor_is_address(at.host))
		doctor_say(doctor, level, TOPIC,
		    "%s is an address, and browsers offer passkeys at names "
		    "alone: people must come by %s",
		    at.host, config->hostname);
	else if (!at.tls && strcasecmp(at.host, "localhost") != 0)
		doctor_say(doctor, level, TOPIC,
		    "%s is plain http, where browsers offer no passkeys but "
		    "at localhost: people must come by https",
		    url);
	else if (strcasecmp(at.host, config->hostname) != 0)
		doctor_say(doctor, level, TOPIC,
		    "they are for %s, and don't work at %s: people must come "
		    "by that name; or set hostname, before anybody enrols",
		    config->hostname, at.host);
	else if (at.tls && at.port != HTTPS && config->https_port != 0 &&
		 at.port != config->https_port)
		doctor_say(doctor, level, TOPIC,
		    "the server takes them at port 443 and at https_port, "
		    "which is %u, not at %u",
		    (unsigned)config->https_port, (unsigned)at.port);
}

void
doctor_passkeys(struct doctor *doctor)
{
	const struct config *config = &doctor->config;
	const struct server_hints *hints = &doctor->cli->hints;
	const char *name = config->hostname,
		   *url = hints->url != NULL ? hints->url : hints->env_url;

	if (doctor_is_address(name)) {
		doctor_say(doctor, DOCTOR_FAIL, TOPIC,
		    "%s is an address, and browsers offer passkeys at names "
		    "alone: set hostname to a name that people come to",
		    name);
		return;
	}
	if (!is_name(name)) {
		doctor_say(doctor, DOCTOR_FAIL, TOPIC,
		    "%s is no name that browsers offer passkeys at: set "
		    "hostname to one of letters, digits, dashes and dots",
		    name);
		return;
	}
	if (url != NULL)
		check_url(doctor, url);
	if (config_is_local(config)) {
		doctor_say(doctor, DOCTOR_OK, TOPIC,
		    "browsers offer them at http://localhost, on this machine "
		    "alone");
		return;
	}
	if (check_trust(doctor) == 0)
		doctor_say(doctor, DOCTOR_OK, TOPIC,
		    "browsers offer them at https://%s, whose certificate "
		    "this machine trusts",
		    name);
}
