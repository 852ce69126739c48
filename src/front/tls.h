/*
 * TLS 1.2 and 1.3 (OpenSSL), with the private key in the keeper: a signature of
 * a handshake is one round trip over a channel of its own.
 */
#ifndef FRONT_TLS_H
#define FRONT_TLS_H

#include <openssl/ssl.h>

/*
 * A context for the certificate chain in the open file. Resumption keys are the
 * process's own, and go with it. E_SYNTAX, E_KIND, E_CRYPTO, E_NOMEM.
 */
int tls_context_new(int certificate, SSL_CTX **ret_context);

/* The socket to the keeper, from now on. A method of a key has no argument. */
void tls_set_keeper(int socket);

#endif
