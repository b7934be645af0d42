// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Signatures as on kernel modules: a detached PKCS#7 message in DER form,
 * without certificates and without attributes. What is signed is header and
 * tables; they hold the digests of everything else.
 */
#include <stdlib.h>

#include <openssl/bio.h>
#include <openssl/cms.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include "codeswap.h"
#include "image_tool.h"

struct image_cert {
	struct stack_st_X509 *stack;	/* STACK_OF(X509) */
};

static const char *openssl_reason(void)
{
	const char *reason = ERR_reason_error_string(ERR_get_error());

	ERR_clear_error();
	return reason ?: "OpenSSL does not say why";
}

static X509 *read_cert(const char *path)
{
	BIO *bio = BIO_new_file(path, "r");
	X509 *cert = NULL;

	if (bio) {
		cert = PEM_read_bio_X509(bio, NULL, NULL, NULL);
		if (!cert && !BIO_reset(bio))
			cert = d2i_X509_bio(bio, NULL);
	}
	if (!cert)
		failed("%s: no certificate: %s", path, openssl_reason());
	ERR_clear_error();
	BIO_free(bio);
	return cert;
}

static EVP_PKEY *read_key(const char *path)
{
	BIO *bio = BIO_new_file(path, "r");
	EVP_PKEY *key = NULL;

	if (bio)
		key = PEM_read_bio_PrivateKey(bio, NULL, NULL, NULL);
	if (!key)
		failed("%s: no private key: %s", path, openssl_reason());
	BIO_free(bio);
	return key;
}

/* Returns the message and sets its size, or NULL. */
static u8 *make_message(const void *data, size_t size, X509 *cert,
			EVP_PKEY *key, size_t *message_size)
{
	const unsigned int flags = CMS_NOCERTS | CMS_BINARY | CMS_DETACHED;
	CMS_ContentInfo *cms;
	u8 *message = NULL;
	int len = -1;
	BIO *bio;

	bio = BIO_new_mem_buf(data, (int)size);
	cms = CMS_sign(NULL, NULL, NULL, NULL, flags | CMS_PARTIAL);
	if (bio && cms &&
	    CMS_add1_signer(cms, cert, key, EVP_sha256(),
			    flags | CMS_NOATTR | CMS_NOSMIMECAP) &&
	    CMS_final(cms, bio, NULL, flags))
		len = i2d_CMS_ContentInfo(cms, &message);
	*message_size = len > 0 ? len : 0;
	CMS_ContentInfo_free(cms);
	BIO_free(bio);
	return len > 0 ? message : NULL;
}

/* Room for all images with the largest signatures; see image_sign(). */
static void append(struct image_file *out, const void *data, size_t size)
{
	memcpy(out->data + out->size, data, size);
	out->size += size;
}

/* That there is a signature is signed as well. Images may begin anywhere. */
static void mark_signed(u8 *tables, u32 size)
{
	struct mrb_header h;

	memcpy(&h, tables, sizeof(h));
	h.flags |= cpu_to_le32(MRB_F_SIGNED);
	memset(h.header_digest, 0, sizeof(h.header_digest));
	memcpy(tables, &h, sizeof(h));
	image_sha256(tables, size, h.header_digest);
	memcpy(tables, &h, sizeof(h));
}

static int sign_one(const struct image_view *view, X509 *cert, EVP_PKEY *key,
		    struct image_file *out, struct mrb_error *err)
{
	struct mrb_signature trailer = { .magic = "" };
	const struct mrb_image *image = &view->image;
	u8 *start = out->data + out->size;
	size_t size;
	u8 *message;

	append(out, view->data, image->image_size);
	mark_signed(start, image->tables_size);
	message = make_message(start, image->tables_size, cert, key, &size);
	if (!message)
		return mrb_refuse(err, -EIO, "cannot be signed: %s",
				  openssl_reason());
	if (size > MRB_MAX_SIGNATURE) {
		OPENSSL_free(message);
		return mrb_refuse(err, -EFBIG,
				  "signature is %zu bytes; at most %u are allowed",
				  size, MRB_MAX_SIGNATURE);
	}
	memcpy(trailer.magic, MRB_SIGNATURE_MAGIC, MRB_MAGIC_LEN);
	trailer.size = cpu_to_le32(size);
	append(out, &trailer, sizeof(trailer));
	append(out, message, size);
	OPENSSL_free(message);
	return 0;
}

static size_t count_images(const struct image_file *file)
{
	struct image_view view = { 0 };
	struct mrb_error err;

	while (image_view_next(file, &view, &err) > 0)
		;
	image_view_done(&view);
	return view.number;
}

static int sign_all(const struct image_file *file, X509 *cert, EVP_PKEY *key,
		    struct image_file *out, struct mrb_error *err)
{
	struct image_view view = { 0 };
	int ret;

	while ((ret = image_view_next(file, &view, err)) > 0) {
		ret = sign_one(&view, cert, key, out, err);
		if (ret)
			break;
	}
	image_view_done(&view);
	return ret;
}

static int sign_file(const struct image_file *file, X509 *cert, EVP_PKEY *key,
		     const char *out_path)
{
	const size_t most = sizeof(struct mrb_signature) + MRB_MAX_SIGNATURE;
	struct image_file out = { .path = out_path };
	struct mrb_error err;
	int ret;

	out.data = malloc(file->size + count_images(file) * most);
	if (!out.data) {
		failed("%s: out of memory", out_path);
		return -1;
	}
	ret = sign_all(file, cert, key, &out, &err);
	if (ret) {
		failed("%s: %s", file->path, err.text);
	} else {
		ret = image_file_write(out_path, out.data, out.size, &err);
		if (ret)
			failed("%s: %s", out_path, err.text);
	}
	image_file_free(&out);
	return ret ? -1 : 0;
}

/**
 * image_sign() - sign every image of a file
 * @file: images; signatures they have are left out
 * @key_path: private key
 * @cert_path: its certificate
 * @out_path: file to write
 *
 * Return: 0, or -1 after an error was printed.
 */
int image_sign(const struct image_file *file, const char *key_path,
	       const char *cert_path, const char *out_path)
{
	EVP_PKEY *key = read_key(key_path);
	X509 *cert = key ? read_cert(cert_path) : NULL;
	int ret = -1;

	if (!key || !cert)
		;
	else if (!X509_check_private_key(cert, key))
		failed("%s: the certificate does not belong to the key %s: %s",
		       cert_path, key_path, openssl_reason());
	else
		ret = sign_file(file, cert, key, out_path);
	X509_free(cert);
	EVP_PKEY_free(key);
	return ret;
}

/**
 * image_cert_open() - read a certificate to check signatures with
 * @path: PEM or DER
 *
 * Return: the certificate, to be closed with image_cert_close(), or %NULL
 * after an error was printed.
 */
struct image_cert *image_cert_open(const char *path)
{
	struct image_cert *c;
	X509 *cert;

	cert = read_cert(path);
	if (!cert)
		return NULL;
	c = calloc(1, sizeof(*c));
	if (c)
		c->stack = sk_X509_new_null();
	if (c && c->stack && sk_X509_push(c->stack, cert))
		return c;
	failed("%s: out of memory", path);
	X509_free(cert);
	image_cert_close(c);
	return NULL;
}

void image_cert_close(struct image_cert *c)
{
	if (!c)
		return;
	sk_X509_pop_free(c->stack, X509_free);
	free(c);
}

/**
 * image_cert_check() - check the signature of an image
 * @c: certificate that it must have been made with
 * @view: the image
 * @err: set on failure
 *
 * Validity dates are not looked at, as the kernel does not for modules.
 *
 * Return: 0, or the code in @err.
 */
int image_cert_check(const struct image_cert *c, const struct image_view *view,
		     struct mrb_error *err)
{
	const unsigned int flags = CMS_NO_SIGNER_CERT_VERIFY | CMS_NOINTERN |
				   CMS_BINARY | CMS_DETACHED;
	const u8 *p = view->signature;
	CMS_ContentInfo *cms;
	BIO *bio;

	if (!view->signature)
		return mrb_refuse(err, -ENOKEY, "image is not signed");
	cms = d2i_CMS_ContentInfo(NULL, &p, view->signature_size);
	bio = BIO_new_mem_buf(view->data, (int)view->image.tables_size);
	err->code = 0;
	if (!cms || p != view->signature + view->signature_size)
		mrb_refuse(err, -EBADMSG, "signature is no PKCS#7 message");
	else if (!bio)
		mrb_refuse(err, -ENOMEM, "out of memory");
	else if (!CMS_verify(cms, c->stack, NULL, bio, NULL, flags))
		mrb_refuse(err, -EKEYREJECTED, "signature is wrong: %s",
			   openssl_reason());
	ERR_clear_error();
	BIO_free(bio);
	CMS_ContentInfo_free(cms);
	return err->code;
}
