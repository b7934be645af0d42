// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Signatures of images (cms.c). What is signed is header and tables; they hold
 * the digests of everything else.
 */
#include <stdlib.h>

#include "cms.h"
#include "codeswap.h"
#include "image_tool.h"

struct image_cert {
	struct stack_st_X509 *stack;	/* STACK_OF(X509) */
};

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
	message = cms_sign(start, image->tables_size, cert, key, &size, err);
	if (!message)
		return err->code;
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
	struct mrb_error err;
	EVP_PKEY *key;
	X509 *cert;
	int ret;

	if (cms_read_signer(key_path, cert_path, &key, &cert, &err)) {
		failed("%s", err.text);
		return -1;
	}
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
	struct mrb_error err;
	struct image_cert *c;
	X509 *cert;

	cert = cms_read_cert(path, &err);
	if (!cert) {
		failed("%s", err.text);
		return NULL;
	}
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
	if (!view->signature)
		return mrb_refuse(err, -ENOKEY, "image is not signed");
	return cms_check(view->signature, view->signature_size, view->data,
			 view->image.tables_size, c->stack, err);
}
