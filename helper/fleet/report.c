// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Reports: a node's status goes to an operator by way of a master, who could
 * say anything. So the node signs it, with the nonce that the operator has
 * thought of: CMS with the message and the node's certificate in it.
 */
#include <limits.h>
#include <stdlib.h>

#include <openssl/cms.h>
#include <openssl/err.h>

#include "../cms.h"
#include "tls.h"

static CMS_ContentInfo *sign(const struct tls *t, const char *text, size_t size)
{
	BIO *bio = size <= INT_MAX ? BIO_new_mem_buf(text, (int)size) : NULL;
	CMS_ContentInfo *cms = NULL;

	if (bio)
		cms = CMS_sign(tls_cert(t), tls_key(t), NULL, bio,
			       CMS_BINARY | CMS_NOSMIMECAP);
	BIO_free(bio);
	return cms;
}

static char *to_base64(const u8 *bytes, int len)
{
	char *text = malloc(((size_t)len + 2) / 3 * 4 + 1);

	if (text)
		EVP_EncodeBlock((u8 *)text, bytes, len);
	return text;
}

/* Returns bytes, or a negative value; base64 is padded to whole groups. */
static int from_base64(const char *text, u8 **bytes)
{
	size_t len = strlen(text);
	int n;

	*bytes = len && len <= MESSAGE_MAX_SMALL ? malloc(len) : NULL;
	if (!*bytes)
		return -1;
	n = EVP_DecodeBlock(*bytes, (const u8 *)text, (int)len);
	while (n > 0 && len && text[--len] == '=')
		n--;
	return n;
}

/**
 * report_sign() - make what shows that a message is this machine's
 * @t: who it is
 * @m: message, without a proof
 * @err: set on failure
 *
 * Return: for &struct message.proof, to be freed; or %NULL.
 */
char *report_sign(const struct tls *t, const struct message *m,
		  struct mrb_error *err)
{
	CMS_ContentInfo *cms = NULL;
	char *text, *proof = NULL;
	u8 *der = NULL;
	size_t size;
	int len = -1;

	text = message_format(m, &size);
	if (text)
		cms = sign(t, text, size);
	if (cms)
		len = i2d_CMS_ContentInfo(cms, &der);
	if (len > 0)
		proof = to_base64(der, len);
	if (!proof)
		mrb_refuse(err, -EIO, "cannot sign a report: %s", cms_reason());
	OPENSSL_free(der);
	CMS_ContentInfo_free(cms);
	free(text);
	return proof;
}

static int signer_of(CMS_ContentInfo *cms, struct identity *from,
		     struct mrb_error *err)
{
	STACK_OF(X509) *signers = CMS_get0_signers(cms);
	int ret = -EKEYREJECTED;

	if (sk_X509_num(signers) == 1)
		ret = cert_identity(sk_X509_value(signers, 0), from, err);
	else
		mrb_refuse(err, ret, "one has to sign a report, and no more");
	sk_X509_free(signers);
	return ret;
}

static struct message *open_report(const struct tls *t, CMS_ContentInfo *cms,
				   struct identity *from, struct mrb_error *err)
{
	BIO *bio = BIO_new(BIO_s_mem());
	struct message *m = NULL;
	char *text;
	long size;

	if (!bio || !CMS_verify(cms, NULL, tls_authority(t), NULL, bio,
				CMS_BINARY)) {
		mrb_refuse(err, -EKEYREJECTED, "the signature of the report is wrong: %s",
			   cms_reason());
	} else if (!signer_of(cms, from, err)) {
		size = BIO_get_mem_data(bio, &text);
		m = message_parse(text, size, err);
	}
	BIO_free(bio);
	return m;
}

static int is_answer(const struct message *inner, const char *nonce,
		     const struct identity *from, struct mrb_error *err)
{
	if (inner->type != MESSAGE_STATUS)
		return mrb_refuse(err, -EBADMSG, "what is signed is no status");
	if (strcmp(inner->name, from->name))
		return mrb_refuse(err, -EKEYREJECTED,
				  "%s has signed a report of %s", from->name,
				  inner->name);
	if (strcmp(inner->nonce, nonce))
		return mrb_refuse(err, -EKEYREJECTED,
				  "the report of %s is an answer to another question",
				  from->name);
	return 0;
}

/**
 * report_check() - who says so, and is it an answer?
 * @t: whose authority is believed
 * @m: status with a proof
 * @nonce: what was asked
 * @from: set to who has signed it
 * @err: set on failure
 *
 * Return: the message that was signed, to be freed with message_free(), or %NULL.
 */
struct message *report_check(const struct tls *t, const struct message *m,
			     const char *nonce, struct identity *from,
			     struct mrb_error *err)
{
	struct message *inner = NULL;
	CMS_ContentInfo *cms = NULL;
	const u8 *p;
	u8 *der = NULL;
	int len = -1;

	if (m->proof)
		len = from_base64(m->proof, &der);
	p = der;
	if (len > 0)
		cms = d2i_CMS_ContentInfo(NULL, &p, len);
	if (!cms)
		mrb_refuse(err, -EBADMSG, "the report of %s is not signed", m->name);
	else
		inner = open_report(t, cms, from, err);
	if (inner && is_answer(inner, nonce, from, err)) {
		message_free(inner);
		inner = NULL;
	}
	CMS_ContentInfo_free(cms);
	free(der);
	ERR_clear_error();
	return inner;
}
