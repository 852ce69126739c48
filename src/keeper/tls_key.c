#include "keeper/tls_key.h"

#include <fcntl.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <time.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/secret.h"

enum {
	PEM_MAX = 65536,
	SIGNATURE_MAX = 1024,
	CERTIFICATE_DAYS = 397, /* what browsers accept at most */
	RENEW_DAYS = 30,
};

#define KEY_FILE "tls.key"

struct tls_key {
	EVP_PKEY *key;
};

static int
wrap(EVP_PKEY *pkey, struct tls_key **ret_key)
{
	struct tls_key *key;
	int id = pkey != NULL ? EVP_PKEY_get_base_id(pkey) : 0;

	if (pkey == NULL)
		return E_SYNTAX;
	if (id != EVP_PKEY_RSA && id != EVP_PKEY_EC) {
		EVP_PKEY_free(pkey);
		return E_KIND;
	}
	key = mem_alloc(sizeof(*key));
	if (key == NULL) {
		EVP_PKEY_free(pkey);
		return E_NOMEM;
	}
	key->key = pkey;
	*ret_key = key;
	return 0;
}

static int
parse(struct buf *text, struct tls_key **ret_key)
{
	BIO *bio = BIO_new_mem_buf(text->p, (int)text->n);
	EVP_PKEY *pkey = NULL;

	if (bio != NULL)
		pkey = PEM_read_bio_PrivateKey(bio, NULL, NULL, NULL);
	BIO_free(bio);
	return wrap(pkey, ret_key);
}

static void
wipe(struct buf *text)
{
	if (text->p != NULL)
		secret_wipe(text->p, text->n);
	buf_free(text);
}

int
tls_key_load(int fd, struct tls_key **ret_key)
{
	struct buf text = BUF(PEM_MAX);
	uint64_t size = 0;
	uint8_t *to;
	int r = file_size(fd, &size);

	if (r == 0) {
		to = buf_room(&text, (size_t)MIN(size, PEM_MAX + 1));
		r = to == NULL ? text.error : file_pread(fd, to, size, 0);
	}
	if (r == 0) {
		buf_added(&text, (size_t)size);
		r = parse(&text, ret_key);
	}
	wipe(&text);
	return r;
}

void
tls_key_free(struct tls_key **key)
{
	if (*key == NULL)
		return;
	EVP_PKEY_free((*key)->key);
	mem_free(*key);
	*key = NULL;
}

/* ---- a certificate of our own
 * --------------------------------------------------- */

static bool
add_extension(X509 *x, int nid, const char *value)
{
	X509V3_CTX ctx;
	X509_EXTENSION *e;
	bool ok;

	X509V3_set_ctx_nodb(&ctx);
	X509V3_set_ctx(&ctx, x, x, NULL, NULL, 0);
	e = X509V3_EXT_conf_nid(NULL, &ctx, nid, value);
	ok = e != NULL && X509_add_ext(x, e, -1) == 1;
	X509_EXTENSION_free(e);
	return ok;
}

static bool
fill_certificate(X509 *x, EVP_PKEY *key, const char *hostname)
{
	X509_NAME *name = X509_get_subject_name(x);
	char alt[512];
	bool local = strcmp(hostname, "localhost") == 0;

	(void)snprintf(alt, sizeof(alt), "DNS:%s%s", hostname,
	    local ? ",IP:127.0.0.1,IP:::1" : "");
	return X509_set_version(x, X509_VERSION_3) == 1 &&
	       ASN1_INTEGER_set_int64(
		   X509_get_serialNumber(x), (int64_t)time(NULL)) == 1 &&
	       X509_gmtime_adj(X509_getm_notBefore(x), -3600) != NULL &&
	       X509_gmtime_adj(X509_getm_notAfter(x),
		   (long)CERTIFICATE_DAYS * 24 * 3600) != NULL &&
	       X509_set_pubkey(x, key) == 1 &&
	       X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8,
		   (const unsigned char *)hostname, -1, -1, 0) == 1 &&
	       X509_set_issuer_name(x, name) == 1 &&
	       add_extension(x, NID_subject_alt_name, alt) &&
	       add_extension(x, NID_basic_constraints, "critical,CA:FALSE") &&
	       add_extension(x, NID_key_usage, "critical,digitalSignature") &&
	       add_extension(x, NID_ext_key_usage, "serverAuth") &&
	       X509_sign(x, key, EVP_sha256()) > 0;
}

/* What a BIO holds, as a file. */
static int
store(const char *name, mode_t mode, BIO *bio)
{
	char *text = NULL;
	long n = BIO_get_mem_data(bio, &text);

	if (n <= 0)
		return E_CRYPTO;
	return file_replace(AT_FDCWD, name, mode, slice_of(text, (size_t)n));
}

static int
make_certificate(EVP_PKEY *key, const char *hostname)
{
	X509 *x = X509_new();
	BIO *bio = BIO_new(BIO_s_mem());
	int r = E_CRYPTO;

	if (x != NULL && bio != NULL && fill_certificate(x, key, hostname) &&
	    PEM_write_bio_X509(bio, x) == 1)
		r = store(TLS_CERTIFICATE_FILE, 0644, bio);
	BIO_free(bio);
	X509_free(x);
	return r;
}

static int
make_key(EVP_PKEY **ret_key)
{
	EVP_PKEY *key = EVP_EC_gen("P-256");
	BIO *bio = BIO_new(BIO_s_secmem());
	int r = E_CRYPTO;

	if (key != NULL && bio != NULL &&
	    PEM_write_bio_PrivateKey(bio, key, NULL, NULL, 0, NULL, NULL) == 1)
		r = store(KEY_FILE, 0600, bio);
	BIO_free(bio);
	if (r < 0) {
		EVP_PKEY_free(key);
		return r;
	}
	*ret_key = key;
	return 0;
}

/* True where the certificate there is for this key and host, and lasts. */
static bool
certificate_serves(EVP_PKEY *key, const char *hostname)
{
	struct buf text = BUF(PEM_MAX);
	BIO *bio = NULL;
	X509 *x = NULL;
	time_t soon = time(NULL) + (time_t)RENEW_DAYS * 24 * 3600;
	bool serves = false;

	if (file_read(AT_FDCWD, TLS_CERTIFICATE_FILE, &text) == 0)
		bio = BIO_new_mem_buf(text.p, (int)text.n);
	if (bio != NULL)
		x = PEM_read_bio_X509(bio, NULL, NULL, NULL);
	if (x != NULL)
		serves = X509_check_private_key(x, key) == 1 &&
		         X509_check_host(x, hostname, 0, 0, NULL) == 1 &&
		         X509_cmp_time(X509_get0_notAfter(x), &soon) > 0;
	X509_free(x);
	BIO_free(bio);
	buf_free(&text);
	return serves;
}

int
tls_key_own(const char *hostname, struct tls_key **ret_key)
{
	struct buf text = BUF(PEM_MAX);
	struct tls_key *key = NULL;
	EVP_PKEY *pkey = NULL;
	int r = file_read(AT_FDCWD, KEY_FILE, &text);

	if (r == 0) {
		r = parse(&text, &key);
	} else if (r == E_NOT_FOUND) {
		r = make_key(&pkey);
		if (r == 0)
			r = wrap(pkey, &key);
	}
	wipe(&text);
	if (r == 0 && !certificate_serves(key->key, hostname))
		r = make_certificate(key->key, hostname);
	if (r < 0) {
		tls_key_free(&key);
		return r;
	}
	*ret_key = key;
	return 0;
}

/* ---- signing
 * ------------------------------------------------------------------------ */

static bool
set_padding(EVP_PKEY_CTX *ctx, enum tls_sign how)
{
	if (how == TLS_SIGN_ECDSA)
		return true;
	return EVP_PKEY_CTX_set_rsa_padding(ctx, how == TLS_SIGN_RSA_RAW
						     ? RSA_NO_PADDING
						     : RSA_PKCS1_PADDING) == 1;
}

int
tls_key_sign(struct tls_key *key, enum tls_sign how, struct slice data,
    struct buf *ret_signature)
{
	bool ec = EVP_PKEY_get_base_id(key->key) == EVP_PKEY_EC;
	EVP_PKEY_CTX *ctx;
	size_t n = SIGNATURE_MAX;
	uint8_t *to = buf_room(ret_signature, n);
	int r = E_CRYPTO;

	if (ec != (how == TLS_SIGN_ECDSA))
		return E_KIND;
	if (to == NULL)
		return ret_signature->error;
	ctx = EVP_PKEY_CTX_new(key->key, NULL);
	if (ctx != NULL && EVP_PKEY_sign_init(ctx) == 1 &&
	    set_padding(ctx, how) &&
	    EVP_PKEY_sign(ctx, to, &n, data.p, data.n) == 1) {
		buf_added(ret_signature, n);
		r = 0;
	}
	EVP_PKEY_CTX_free(ctx);
	return r;
}
