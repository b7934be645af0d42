// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Mutual TLS by OpenSSL: each side shows a certificate of the site's authority.
 * Names of hosts do not matter, because nodes are found by what they say; the
 * role in the certificate decides who may say what.
 */
#include <stdlib.h>

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "../cms.h"
#include "tls.h"

/**
 * struct tls - the certificate of this machine, and whom it believes
 * @ctx: of OpenSSL
 * @cert: its certificate
 * @key: of it
 * @self: what it says
 */
struct tls {
	SSL_CTX *ctx;
	X509 *cert;
	EVP_PKEY *key;
	struct identity self;
};

static const char *const role_names[SITE_ROLES] = {
	[ROLE_NODE] = "node",
	[ROLE_MASTER] = "master",
	[ROLE_OPERATOR] = "operator",
};

/* The word for a role, as it is in certificates. */
const char *site_role_name(enum site_role role)
{
	return (unsigned int)role < SITE_ROLES ? role_names[role] : "?";
}

/* Printable, as names in messages are. */
static bool read_entry(X509_NAME *subject, int nid, char *text, int room)
{
	int i, len = X509_NAME_get_text_by_NID(subject, nid, text, room);

	if (len <= 0 || len >= room - 1)
		return false;
	for (i = 0; i < len; i++)
		if (text[i] <= ' ' || text[i] > '~')
			return false;
	return true;
}

/* Of whom a certificate is. */
int cert_identity(X509 *cert, struct identity *who, struct mrb_error *err)
{
	X509_NAME *subject = X509_get_subject_name(cert);
	char role[16] = "";
	int i;

	if (!read_entry(subject, NID_commonName, who->name, sizeof(who->name)))
		return mrb_refuse(err, -EKEYREJECTED,
				  "the certificate has no common name of 1 to %zu letters, digits or signs",
				  sizeof(who->name) - 2);
	read_entry(subject, NID_organizationalUnitName, role, sizeof(role));
	for (i = 0; i < SITE_ROLES; i++) {
		if (strcmp(role, role_names[i]))
			continue;
		who->role = i;
		return 0;
	}
	return mrb_refuse(err, -EKEYREJECTED,
			  "the certificate of %s has no role: its organizational unit (OU) has to be node, master or operator",
			  who->name);
}

static SSL_CTX *new_context(void)
{
	SSL_CTX *ctx = SSL_CTX_new(TLS_method());

	if (!ctx)
		return NULL;
	SSL_CTX_set_min_proto_version(ctx, TLS1_3_VERSION);
	SSL_CTX_set_num_tickets(ctx, 0);
	SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
	SSL_CTX_set_mode(ctx, SSL_MODE_RELEASE_BUFFERS);
	SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT,
			   NULL);
	return ctx;
}

static int use_files(struct tls *t, const char *dir, struct mrb_error *err)
{
	char key[512], cert[512], ca[512];

	snprintf(key, sizeof(key), "%s/key.pem", dir);
	snprintf(cert, sizeof(cert), "%s/cert.pem", dir);
	snprintf(ca, sizeof(ca), "%s/ca.pem", dir);
	if (cms_read_signer(key, cert, &t->key, &t->cert, err))
		return err->code;
	if (!SSL_CTX_load_verify_file(t->ctx, ca))
		return mrb_refuse(err, -EBADMSG, "%s: no certificate: %s", ca,
				  cms_reason());
	if (!SSL_CTX_use_certificate(t->ctx, t->cert) ||
	    !SSL_CTX_use_PrivateKey(t->ctx, t->key))
		return mrb_refuse(err, -EKEYREJECTED, "%s: %s", cert, cms_reason());
	return cert_identity(t->cert, &t->self, err);
}

/**
 * tls_open() - read who this machine is, and whom it believes
 * @dir: with cert.pem, key.pem and ca.pem
 * @err: set on failure
 *
 * Return: to be closed with tls_close(), or %NULL.
 */
struct tls *tls_open(const char *dir, struct mrb_error *err)
{
	struct tls *t = calloc(1, sizeof(*t));

	if (t)
		t->ctx = new_context();
	if (!t || !t->ctx)
		mrb_refuse(err, -ENOMEM, "out of memory");
	else if (!use_files(t, dir, err))
		return t;
	tls_close(t);
	return NULL;
}

/**
 * tls_check() - will others take this certificate?
 * @t: of this machine
 * @err: set if not
 *
 * By the authority that it believes itself, and by its clock: what others know, they know.
 *
 * Return: 0, or -EKEYREJECTED.
 */
int tls_check(const struct tls *t, struct mrb_error *err)
{
	X509_STORE_CTX *ctx = X509_STORE_CTX_new();
	int ret = 0;

	if (!ctx || !X509_STORE_CTX_init(ctx, tls_authority(t), t->cert, NULL) ||
	    !X509_STORE_CTX_set_purpose(ctx, X509_PURPOSE_SSL_CLIENT))
		ret = mrb_refuse(err, -ENOMEM, "out of memory");
	else if (X509_verify_cert(ctx) != 1)
		ret = mrb_refuse(err, -EKEYREJECTED,
				 "others will not take the certificate of %s: %s", t->self.name,
				 X509_verify_cert_error_string(X509_STORE_CTX_get_error(ctx)));
	X509_STORE_CTX_free(ctx);
	ERR_clear_error();
	return ret;
}

void tls_close(struct tls *t)
{
	if (!t)
		return;
	X509_free(t->cert);
	EVP_PKEY_free(t->key);
	SSL_CTX_free(t->ctx);
	free(t);
}

/* Who this machine is. */
const struct identity *tls_self(const struct tls *t)
{
	return &t->self;
}

X509 *tls_cert(const struct tls *t)
{
	return t->cert;
}

EVP_PKEY *tls_key(const struct tls *t)
{
	return t->key;
}

X509_STORE *tls_authority(const struct tls *t)
{
	return SSL_CTX_get_cert_store(t->ctx);
}

/* For a connection; the caller's, or NULL without memory. */
SSL *tls_new(const struct tls *t)
{
	return SSL_new(t->ctx);
}

/**
 * tls_peer() - who is at the other end
 * @ssl: of a connection whose handshake is done
 * @peer: set
 * @err: set on failure
 *
 * Return: 0, or the code in @err.
 */
int tls_peer(const SSL *ssl, struct identity *peer, struct mrb_error *err)
{
	X509 *cert = SSL_get0_peer_certificate(ssl);

	if (!cert || SSL_get_verify_result(ssl) != X509_V_OK)
		return mrb_refuse(err, -EKEYREJECTED, "there is no certificate");
	return cert_identity(cert, peer, err);
}
