/* Whether a certificate's file and its key's can be used together. */
#include <openssl/pem.h>
#include <openssl/x509.h>

#include "parent/parent.h"

/* A key with a password on it is refused: nobody is there to be asked. */
static int
no_password(
    char *text UNUSED, int n UNUSED, int writing UNUSED, void *arg UNUSED)
{
	return -1;
}

static X509 *
read_certificate(const char *path)
{
	BIO *file = BIO_new_file(path, "r");
	X509 *certificate =
	    file == NULL ? NULL
			 : PEM_read_bio_X509(file, NULL, no_password, NULL);

	BIO_free(file);
	return certificate;
}

static EVP_PKEY *
read_key(const char *path)
{
	BIO *file = BIO_new_file(path, "r");
	EVP_PKEY *key = file == NULL ? NULL
	                             : PEM_read_bio_PrivateKey(
					   file, NULL, no_password, NULL);

	BIO_free(file);
	return key;
}

const char *
certificate_problem(const char *certificate, const char *key)
{
	X509 *x509 = read_certificate(certificate);
	EVP_PKEY *pkey = read_key(key);
	const char *problem = NULL;

	if (x509 == NULL)
		problem = "tls_certificate: no certificate can be read there";
	else if (pkey == NULL)
		problem = "tls_key: no private key can be read there";
	else if (X509_check_private_key(x509, pkey) != 1)
		problem = "tls_key is not the key of tls_certificate";
	X509_free(x509);
	EVP_PKEY_free(pkey);
	return problem;
}
