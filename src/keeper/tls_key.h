/*
 * The key of the server's certificate. Fronts ask for signatures within a
 * handshake; the key never leaves. Where no certificate is configured, the
 * keeper makes a key and a certificate that it signs itself, in its folder.
 */
#ifndef KEEPER_TLS_KEY_H
#define KEEPER_TLS_KEY_H

#include "base/buf.h"
#include "base/slice.h"

struct tls_key;

/* How a front wants bytes signed: what OpenSSL hands to a key's method. */
enum tls_sign {
	TLS_SIGN_ECDSA = 1,     /* a digest */
	TLS_SIGN_RSA_RAW = 2,   /* a padded block (PSS) */
	TLS_SIGN_RSA_PKCS1 = 3, /* a DigestInfo, to be padded */
};

#define TLS_CERTIFICATE_FILE "tls.crt"

/* A PEM key from an open file. E_SYNTAX, E_KIND (neither RSA nor EC), E_IO. */
int tls_key_load(int fd, struct tls_key **ret_key);

/*
 * The key in the working folder, made with a certificate for the host where
 * there is none, or where that is for another host or nearly over.
 */
int tls_key_own(const char *hostname, struct tls_key **ret_key);

void tls_key_free(struct tls_key **key);

/* E_CRYPTO, E_KIND. */
int tls_key_sign(struct tls_key *key, enum tls_sign how, struct slice data,
    struct buf *ret_signature);

#endif
