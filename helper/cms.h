/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Detached signatures: PKCS#7 messages in DER form, without certificates and
 * without attributes, as on kernel modules. For images and for manifests.
 */
#ifndef CMS_H
#define CMS_H

#include <openssl/evp.h>
#include <openssl/x509.h>

#include "image.h"

const char *cms_reason(void);
X509 *cms_read_cert(const char *path, struct mrb_error *err);
int cms_read_signer(const char *key_path, const char *cert_path, EVP_PKEY **key,
		    X509 **cert, struct mrb_error *err);
u8 *cms_sign(const void *data, size_t size, X509 *cert, EVP_PKEY *key,
	     size_t *message_size, struct mrb_error *err);
int cms_check(const void *message, size_t message_size, const void *data,
	      size_t size, STACK_OF(X509) *certs, struct mrb_error *err);

#endif /* CMS_H */
