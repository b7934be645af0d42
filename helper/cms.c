// SPDX-License-Identifier: GPL-2.0-or-later
/* Detached signatures, by OpenSSL. */
#include <limits.h>

#include <openssl/bio.h>
#include <openssl/cms.h>
#include <openssl/err.h>
#include <openssl/pem.h>

#include "cms.h"

/* Why the last call of OpenSSL failed, for people. */
const char *cms_reason(void)
{
	unsigned long code = ERR_get_error();
	const char *reason = ERR_SYSTEM_ERROR(code) ? strerror(ERR_GET_REASON(code)) :
			     ERR_reason_error_string(code);

	ERR_clear_error();
	return reason ?: "OpenSSL does not say why";
}

/**
 * cms_read_cert() - read a certificate
 * @path: of a file in PEM or DER form
 * @err: set on failure
 *
 * Return: the certificate, the caller's, or %NULL.
 */
X509 *cms_read_cert(const char *path, struct mrb_error *err)
{
	BIO *bio = BIO_new_file(path, "r");
	X509 *cert = NULL;

	if (bio) {
		cert = PEM_read_bio_X509(bio, NULL, NULL, NULL);
		if (!cert && !BIO_reset(bio))
			cert = d2i_X509_bio(bio, NULL);
	}
	if (!cert)
		mrb_refuse(err, -EBADMSG, "%s: no certificate: %s", path,
			   cms_reason());
	ERR_clear_error();
	BIO_free(bio);
	return cert;
}

static EVP_PKEY *read_key(const char *path, struct mrb_error *err)
{
	BIO *bio = BIO_new_file(path, "r");
	EVP_PKEY *key = NULL;

	if (bio)
		key = PEM_read_bio_PrivateKey(bio, NULL, NULL, NULL);
	if (!key)
		mrb_refuse(err, -EBADMSG, "%s: no private key: %s", path,
			   cms_reason());
	BIO_free(bio);
	return key;
}

/**
 * cms_read_signer() - read what signatures are made with
 * @key_path: of a private key in PEM form
 * @cert_path: of its certificate, in PEM or DER form
 * @key: set, the caller's
 * @cert: set, the caller's
 * @err: set on failure
 *
 * Return: 0, or the code in @err.
 */
int cms_read_signer(const char *key_path, const char *cert_path, EVP_PKEY **key,
		    X509 **cert, struct mrb_error *err)
{
	*cert = NULL;
	*key = read_key(key_path, err);
	if (*key)
		*cert = cms_read_cert(cert_path, err);
	if (*cert && X509_check_private_key(*cert, *key))
		return 0;
	if (*cert)
		mrb_refuse(err, -EINVAL,
			   "%s: the certificate does not belong to the key %s: %s",
			   cert_path, key_path, cms_reason());
	X509_free(*cert);
	EVP_PKEY_free(*key);
	*cert = NULL;
	*key = NULL;
	return err->code;
}

/**
 * cms_sign() - make a signature
 * @data: what is signed
 * @size: bytes
 * @cert: of the signer, by which it will be found
 * @key: of the signer
 * @message_size: set to the bytes of the signature
 * @err: set on failure
 *
 * Return: the signature, to be freed with OPENSSL_free(), or %NULL.
 */
u8 *cms_sign(const void *data, size_t size, X509 *cert, EVP_PKEY *key,
	     size_t *message_size, struct mrb_error *err)
{
	const unsigned int flags = CMS_NOCERTS | CMS_BINARY | CMS_DETACHED;
	CMS_ContentInfo *cms = NULL;
	BIO *bio = NULL;
	u8 *message = NULL;
	int len = -1;

	if (size <= INT_MAX) {
		bio = BIO_new_mem_buf(data, (int)size);
		cms = CMS_sign(NULL, NULL, NULL, NULL, flags | CMS_PARTIAL);
	}
	if (bio && cms &&
	    CMS_add1_signer(cms, cert, key, EVP_sha256(),
			    flags | CMS_NOATTR | CMS_NOSMIMECAP) &&
	    CMS_final(cms, bio, NULL, flags))
		len = i2d_CMS_ContentInfo(cms, &message);
	*message_size = len > 0 ? len : 0;
	CMS_ContentInfo_free(cms);
	BIO_free(bio);
	if (len > 0)
		return message;
	mrb_refuse(err, -EIO, "cannot be signed: %s", cms_reason());
	return NULL;
}

/**
 * cms_check() - check a signature
 * @message: signature
 * @message_size: bytes of it
 * @data: what was signed
 * @size: bytes of it
 * @certs: it must have been made with one of these
 * @err: set on failure
 *
 * Validity dates are not looked at, as the kernel does not for modules.
 *
 * Return: 0; -EBADMSG: no signature; -EKEYREJECTED; -ENOMEM.
 */
int cms_check(const void *message, size_t message_size, const void *data,
	      size_t size, STACK_OF(X509) *certs, struct mrb_error *err)
{
	const unsigned int flags = CMS_NO_SIGNER_CERT_VERIFY | CMS_NOINTERN |
				   CMS_BINARY | CMS_DETACHED;
	const u8 *p = message;
	CMS_ContentInfo *cms = NULL;
	BIO *bio = NULL;

	if (message_size <= LONG_MAX && size <= INT_MAX) {
		cms = d2i_CMS_ContentInfo(NULL, &p, (long)message_size);
		bio = BIO_new_mem_buf(data, (int)size);
	}
	err->code = 0;
	if (!cms || p != (const u8 *)message + message_size)
		mrb_refuse(err, -EBADMSG, "signature is no PKCS#7 message");
	else if (!bio)
		mrb_refuse(err, -ENOMEM, "out of memory");
	else if (!CMS_verify(cms, certs, NULL, bio, NULL, flags))
		mrb_refuse(err, -EKEYREJECTED, "signature is wrong: %s",
			   cms_reason());
	ERR_clear_error();
	BIO_free(bio);
	CMS_ContentInfo_free(cms);
	return err->code;
}
