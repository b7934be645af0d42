/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Who is who at a site: certificates of one authority, whose common name is the
 * name, and whose organizational unit is the role.
 */
#ifndef FLEET_TLS_H
#define FLEET_TLS_H

#include <openssl/ssl.h>

#include "message.h"

enum site_role {
	ROLE_NODE,
	ROLE_MASTER,
	ROLE_OPERATOR,
	SITE_ROLES,
};

/**
 * struct identity - of somebody who has a certificate of the site
 * @name: common name
 * @role: organizational unit
 */
struct identity {
	char name[MESSAGE_NAME_LEN];
	enum site_role role;
};

struct tls;
struct tls *tls_open(const char *dir, struct mrb_error *err);
int tls_check(const struct tls *t, struct mrb_error *err);
void tls_close(struct tls *t);
const struct identity *tls_self(const struct tls *t);
SSL *tls_new(const struct tls *t);
int tls_peer(const SSL *ssl, struct identity *peer, struct mrb_error *err);
const char *site_role_name(enum site_role role);

/* report.c: a message that can be passed on and still be believed */
char *report_sign(const struct tls *t, const struct message *m,
		  struct mrb_error *err);
struct message *report_check(const struct tls *t, const struct message *m,
			     const char *nonce, struct identity *from,
			     struct mrb_error *err);

/* for report.c */
X509 *tls_cert(const struct tls *t);
EVP_PKEY *tls_key(const struct tls *t);
X509_STORE *tls_authority(const struct tls *t);
int cert_identity(X509 *cert, struct identity *who, struct mrb_error *err);

#endif /* FLEET_TLS_H */
