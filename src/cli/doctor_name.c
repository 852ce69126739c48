#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "cli/doctor.h"
#include "cli/format.h"

enum { PEM_MAX = 1 << 20, SOON_DAYS = 21 };

/* ---- the host name
 * --------------------------------------------------------------
 */

void
doctor_hostname(struct doctor *doctor)
{
	const char *name = doctor->config.hostname;
	struct addrinfo hints = {.ai_socktype = SOCK_STREAM}, *list = NULL;
	char text[64];
	int e;

	if (config_is_local(&doctor->config)) {
		doctor_say(doctor, DOCTOR_OK, "host name",
		    "localhost: for trying it on this machine; people "
		    "elsewhere need a public name, and passkeys bind to it");
		return;
	}
	if (doctor_is_address(name)) /* doctor_passkeys says so */
		return;
	e = getaddrinfo(name, NULL, &hints, &list);
	if (e != 0) {
		doctor_say(doctor, DOCTOR_WARN, "host name",
		    "%s can't be resolved here (%s); clients must be able to",
		    name, gai_strerror(e));
		return;
	}
	e = getnameinfo(list->ai_addr, list->ai_addrlen, text, sizeof(text),
	    NULL, 0, NI_NUMERICHOST);
	doctor_say(doctor, DOCTOR_OK, "host name", "%s is %s", name,
	    e == 0 ? text : "known");
	freeaddrinfo(list);
}

/* ---- the certificate
 * ------------------------------------------------------------
 */

static void
say_file(struct doctor *doctor, const char *path, int r)
{
	bool ours = access(path, F_OK) == 0 && access(path, R_OK) < 0;

	doctor_say(doctor, ours ? DOCTOR_WARN : DOCTOR_FAIL, "certificate",
	    "%s: %s", path,
	    ours ? "may not be read by you; run this as who starts the server"
		 : error_text(r));
}

static X509 *
read_certificate(struct doctor *doctor, const char *path)
{
	struct buf text = BUF(PEM_MAX);
	int r = file_read(AT_FDCWD, path, &text);
	X509 *certificate = NULL;
	BIO *bio = NULL;

	if (r < 0) {
		say_file(doctor, path, r);
	} else {
		bio = BIO_new_mem_buf(text.p, (int)text.n);
		certificate = bio != NULL
		                  ? PEM_read_bio_X509(bio, NULL, NULL, NULL)
		                  : NULL;
		if (certificate == NULL)
			doctor_say(doctor, DOCTOR_FAIL, "certificate",
			    "%s holds no certificate in PEM form", path);
	}
	(void)BIO_free(bio);
	buf_free(&text);
	return certificate;
}

static void
check_key(struct doctor *doctor, X509 *certificate, const char *path)
{
	struct buf text = BUF(PEM_MAX);
	int r = file_read(AT_FDCWD, path, &text);
	EVP_PKEY *key = NULL;
	BIO *bio = NULL;

	if (r < 0) {
		say_file(doctor, path, r);
	} else {
		bio = BIO_new_mem_buf(text.p, (int)text.n);
		/* A pass phrase can't be asked for by a server: none is. */
		key = bio != NULL ? PEM_read_bio_PrivateKey(
					bio, NULL, NULL, (void *)(uintptr_t) "")
		                  : NULL;
		if (key == NULL)
			doctor_say(doctor, DOCTOR_FAIL, "certificate",
			    "%s holds no key in PEM form without a pass "
			    "phrase",
			    path);
		else if (X509_check_private_key(certificate, key) != 1)
			doctor_say(doctor, DOCTOR_FAIL, "certificate",
			    "the key in %s is not that of the certificate",
			    path);
		else
			doctor_say(doctor, DOCTOR_OK, "certificate",
			    "its key is in %s", path);
	}
	EVP_PKEY_free(key);
	(void)BIO_free(bio);
	secret_wipe(text.p, text.cap);
	buf_free(&text);
}

static void
check_dates(struct doctor *doctor, const X509 *certificate)
{
	int days = 0, seconds = 0;

	if (X509_cmp_current_time(X509_get0_notBefore(certificate)) > 0) {
		doctor_say(doctor, DOCTOR_FAIL, "certificate",
		    "it isn't valid yet: is the clock right?");
		return;
	}
	if (ASN1_TIME_diff(
		&days, &seconds, NULL, X509_get0_notAfter(certificate)) != 1) {
		doctor_say(doctor, DOCTOR_FAIL, "certificate",
		    "its end can't be read");
		return;
	}
	if (days < 0 || seconds < 0)
		doctor_say(doctor, DOCTOR_FAIL, "certificate",
		    "it has expired; clients will refuse it");
	else
		doctor_say(doctor, days < SOON_DAYS ? DOCTOR_WARN : DOCTOR_OK,
		    "certificate", "it is valid for %d more days", days);
}

static void
check_name(struct doctor *doctor, X509 *certificate)
{
	const char *name = doctor->config.hostname;

	if (X509_check_host(certificate, name, 0, 0, NULL) == 1)
		doctor_say(
		    doctor, DOCTOR_OK, "certificate", "it is for %s", name);
	else
		doctor_say(doctor, DOCTOR_FAIL, "certificate",
		    "it is not for %s; clients will refuse it", name);
}

static void
check_own(struct doctor *doctor)
{
	char path[PATH_MAX];
	X509 *certificate;

	if (config_is_local(&doctor->config))
		doctor_say(doctor, DOCTOR_OK, "certificate",
		    "the server signs its own; http://localhost needs none");
	else
		doctor_say(doctor, DOCTOR_WARN, "certificate",
		    "the server signs its own, which browsers warn of");
	server_state_path(&doctor->cli->hints, "keeper/tls.crt", path);
	if (access(path, R_OK) < 0)
		return;
	certificate = read_certificate(doctor, path);
	if (certificate == NULL)
		return;
	check_name(doctor, certificate);
	check_dates(doctor, certificate);
	X509_free(certificate);
}

void
doctor_certificate(struct doctor *doctor)
{
	const struct config *config = &doctor->config;
	X509 *certificate;

	if (config->tls_certificate[0] == '\0') {
		check_own(doctor);
		return;
	}
	certificate = read_certificate(doctor, config->tls_certificate);
	if (certificate == NULL)
		return;
	doctor_say(doctor, DOCTOR_OK, "certificate", "%s can be read",
	    config->tls_certificate);
	check_name(doctor, certificate);
	check_dates(doctor, certificate);
	check_key(doctor, certificate, config->tls_key);
	X509_free(certificate);
}
