/*
 * A key with a method of its own, whose private half is in another process, is
 * what OpenSSL 3.0 has deprecated and has no successor for but a provider.
 */
#define OPENSSL_SUPPRESS_DEPRECATED
#include "front/tls.h"

#include <openssl/err.h>
#include <openssl/pem.h>

#include "base/buf.h"
#include "base/file.h"
#include "base/log.h"
#include "ipc/body.h"
#include "keeper/tls_key.h"

enum { CHAIN_MAX = 1 << 20, KEEPER_MS = 2000, DATA_MAX = 1024 };

/* ---- the keeper's signature
 * ---------------------------------------------------- */

static int keeper_socket = -1;

void
tls_set_keeper(int socket)
{
	keeper_socket = socket;
}

static int
sign(enum tls_sign how, struct slice data, struct buf *ret_signature)
{
	struct buf body = BUF(DATA_MAX);
	struct body_tls_signed answer;
	struct msg msg = {.fd = -1};
	int e;

	body_put_tls_sign(&body, &(struct body_tls_sign){how, data});
	e = body.error != 0 ? body.error
	                    : msg_write(keeper_socket, MSG_TLS_SIGN, 1,
				  buf_slice(&body), -1);
	buf_clear(&body);
	if (e == 0)
		e = msg_read(keeper_socket, ROLE_KEEPER, ROLE_FRONT, KEEPER_MS,
		    &body, &msg);
	if (e == 0)
		e = msg.type == MSG_TLS_SIGNED
		        ? body_get_tls_signed(msg.body, &answer)
		        : E_GRAMMAR;
	if (e == 0)
		e = answer.code;
	if (e == 0)
		buf_put_slice(ret_signature, answer.signature);
	if (e < 0)
		log_error("tls.sign", log_err(e));
	buf_free(&body);
	return e < 0 ? e : ret_signature->error;
}

static int
ecdsa_sign(int type UNUSED, const unsigned char *digest, int n,
    unsigned char *ret, unsigned int *ret_n, const BIGNUM *kinv UNUSED,
    const BIGNUM *r UNUSED, EC_KEY *key)
{
	struct buf signature = BUF(DATA_MAX);
	int ok = 0;

	if (sign(TLS_SIGN_ECDSA, slice_of(digest, (size_t)n), &signature) ==
		0 &&
	    signature.n <= (size_t)ECDSA_size(key)) {
		memcpy(ret, signature.p, signature.n);
		*ret_n = (unsigned int)signature.n;
		ok = 1;
	}
	buf_free(&signature);
	return ok;
}

static int
rsa_encrypt(
    int n, const unsigned char *from, unsigned char *to, RSA *rsa, int padding)
{
	struct buf signature = BUF(DATA_MAX);
	enum tls_sign how =
	    padding == RSA_NO_PADDING ? TLS_SIGN_RSA_RAW : TLS_SIGN_RSA_PKCS1;
	int r = -1;

	if (sign(how, slice_of(from, (size_t)n), &signature) == 0 &&
	    signature.n == (size_t)RSA_size(rsa)) {
		memcpy(to, signature.p, signature.n);
		r = (int)signature.n;
	}
	buf_free(&signature);
	return r;
}

/*
 * The public key of the certificate, as one whose private half is elsewhere.
 * OpenSSL 3.0's providers have no such hook; its older methods do, and are what
 * a key with a method of its own falls back to.
 */
static EVP_PKEY *
wrap_ec(const EVP_PKEY *public_key)
{
	static EC_KEY_METHOD *method;
	const EC_KEY *from = EVP_PKEY_get0_EC_KEY(public_key);
	EC_KEY *key = from != NULL ? EC_KEY_dup(from) : NULL;
	EVP_PKEY *wrapped = EVP_PKEY_new();
	int (*setup)(EC_KEY *, BN_CTX *, BIGNUM **, BIGNUM **);
	ECDSA_SIG *(*sig)(const unsigned char *, int, const BIGNUM *,
	    const BIGNUM *, EC_KEY *);

	if (method == NULL) {
		method = EC_KEY_METHOD_new(EC_KEY_OpenSSL());
		if (method != NULL) {
			EC_KEY_METHOD_get_sign(method, NULL, &setup, &sig);
			EC_KEY_METHOD_set_sign(method, ecdsa_sign, setup, sig);
		}
	}
	if (key == NULL || wrapped == NULL || method == NULL ||
	    EC_KEY_set_method(key, method) != 1 ||
	    EVP_PKEY_assign_EC_KEY(wrapped, key) != 1) {
		EC_KEY_free(key);
		EVP_PKEY_free(wrapped);
		return NULL;
	}
	return wrapped;
}

static EVP_PKEY *
wrap_rsa(const EVP_PKEY *public_key)
{
	static RSA_METHOD *method;
	const RSA *from = EVP_PKEY_get0_RSA(public_key);
	RSA *key = from != NULL ? RSAPublicKey_dup(from) : NULL;
	EVP_PKEY *wrapped = EVP_PKEY_new();

	if (method == NULL) {
		method = RSA_meth_dup(RSA_PKCS1_OpenSSL());
		if (method != NULL)
			(void)RSA_meth_set_priv_enc(method, rsa_encrypt);
	}
	if (key == NULL || wrapped == NULL || method == NULL ||
	    RSA_set_method(key, method) != 1 ||
	    EVP_PKEY_assign_RSA(wrapped, key) != 1) {
		RSA_free(key);
		EVP_PKEY_free(wrapped);
		return NULL;
	}
	return wrapped;
}

static EVP_PKEY *
remote_key(X509 *certificate)
{
	EVP_PKEY *key = X509_get0_pubkey(certificate);
	int id = key != NULL ? EVP_PKEY_get_base_id(key) : 0;

	if (id == EVP_PKEY_EC)
		return wrap_ec(key);
	return id == EVP_PKEY_RSA ? wrap_rsa(key) : NULL;
}

/* ---- the context
 * ------------------------------------------------------------------ */

static int
read_chain(int fd, struct buf *text)
{
	uint64_t size = 0;
	uint8_t *to;
	int r = file_size(fd, &size);

	if (r < 0)
		return r;
	to = buf_room(text, (size_t)size);
	if (to == NULL)
		return text->error;
	if ((r = file_pread(fd, to, (size_t)size, 0)) < 0)
		return r;
	buf_added(text, (size_t)size);
	return 0;
}

static int
use_chain(SSL_CTX *ctx, BIO *bio)
{
	X509 *leaf = PEM_read_bio_X509(bio, NULL, NULL, NULL), *next;
	EVP_PKEY *key;
	int r = 0;

	if (leaf == NULL)
		return E_SYNTAX;
	if (SSL_CTX_use_certificate(ctx, leaf) != 1)
		r = E_CRYPTO;
	while (
	    r == 0 && (next = PEM_read_bio_X509(bio, NULL, NULL, NULL)) != NULL)
		if (SSL_CTX_add0_chain_cert(ctx, next) != 1) {
			X509_free(next);
			r = E_CRYPTO;
		}
	key = r == 0 ? remote_key(leaf) : NULL;
	if (r == 0 && key == NULL)
		r = E_KIND;
	if (r == 0 && SSL_CTX_use_PrivateKey(ctx, key) != 1)
		r = E_CRYPTO;
	EVP_PKEY_free(key);
	X509_free(leaf);
	ERR_clear_error();
	return r;
}

/* Our order, not the client's: HTTP/2 first (RFC 7301). */
static int
select_protocol(SSL *tls UNUSED, const unsigned char **out,
    unsigned char *out_n, const unsigned char *in, unsigned int in_n,
    void *arg UNUSED)
{
	static const unsigned char ours[] = "\x02h2\x08http/1.1\x08http/1.0";
	unsigned char *chosen = NULL;

	if (SSL_select_next_proto(&chosen, out_n, ours, sizeof(ours) - 1, in,
		in_n) != OPENSSL_NPN_NEGOTIATED)
		return SSL_TLSEXT_ERR_ALERT_FATAL;
	*out = chosen;
	return SSL_TLSEXT_ERR_OK;
}

int
tls_context_new(int certificate, SSL_CTX **ret_context)
{
	struct buf text = BUF(CHAIN_MAX);
	SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());
	BIO *bio = NULL;
	int r = read_chain(certificate, &text);

	if (r == 0 && ctx == NULL)
		r = E_NOMEM;
	if (r == 0) {
		bio = BIO_new_mem_buf(text.p, (int)text.n);
		r = bio == NULL ? E_NOMEM : use_chain(ctx, bio);
	}
	BIO_free(bio);
	buf_free(&text);
	if (r < 0) {
		SSL_CTX_free(ctx);
		return r;
	}
	(void)SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION);
	/* Of TLS 1.2, what keeps past sessions secret and is not broken. */
	(void)SSL_CTX_set_cipher_list(ctx, "ECDHE+AESGCM:ECDHE+CHACHA20");
	(void)SSL_CTX_set_options(
	    ctx, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION |
		     SSL_OP_CIPHER_SERVER_PREFERENCE |
		     SSL_OP_PRIORITIZE_CHACHA | SSL_OP_IGNORE_UNEXPECTED_EOF);
	(void)SSL_CTX_set_mode(ctx, SSL_MODE_ENABLE_PARTIAL_WRITE |
					SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
					SSL_MODE_RELEASE_BUFFERS);
	SSL_CTX_set_read_ahead(ctx, 1);
	(void)SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
	(void)SSL_CTX_set_num_tickets(ctx, 1);
	SSL_CTX_set_alpn_select_cb(ctx, select_protocol, NULL);
	*ret_context = ctx;
	return 0;
}
