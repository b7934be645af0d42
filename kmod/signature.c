// SPDX-License-Identifier: GPL-2.0-only
/*
 * Signatures: PKCS#7 over header and tables, which hold the digests of all
 * else, checked with the keys of a keyring that root fills:
 *
 *	keyctl padd asymmetric '' %:.codeswap < cert.der
 *
 * A wrong signature is refused whatever the policy, if its key is known. One of
 * a key that is not known can be neither right nor wrong: it counts as none,
 * and whether that will do is the device's policy, require_signature: check.c.
 */
#include <linux/cred.h>
#include <linux/key.h>
#include <linux/verification.h>

#include "update.h"

static struct key *keyring;

int csw_signature_init(void)
{
	keyring = keyring_alloc(".codeswap", KUIDT_INIT(0), KGIDT_INIT(0),
				current_cred(),
				KEY_POS_SEARCH | KEY_USR_VIEW | KEY_USR_READ |
				KEY_USR_WRITE | KEY_USR_SEARCH | KEY_USR_SETATTR,
				KEY_ALLOC_NOT_IN_QUOTA, NULL, NULL);
	return PTR_ERR_OR_ZERO(keyring);
}

void csw_signature_exit(void)
{
	key_revoke(keyring);
	key_put(keyring);
}

/**
 * csw_signature_check() - check the signature of an image
 * @header: of the image; its trust is set
 * @signature: PKCS#7 message in DER form
 * @size: of it
 * @err: why it is wrong
 *
 * Context: process, may sleep.
 * Return: 0 if it is good or the key is not known, or a negative errno.
 */
int csw_signature_check(struct csw_header *header, const void *signature,
			size_t size, struct csw_error *err)
{
	int ret;

	ret = verify_pkcs7_signature(header->image.tables,
				     header->image.tables_size, signature, size,
				     keyring, VERIFYING_UNSPECIFIED_SIGNATURE,
				     NULL, NULL);
	if (!ret) {
		header->trust = CSW_TRUSTED;
		return 0;
	}
	if (ret == -ENOKEY) {
		header->trust = CSW_UNKNOWN_KEY;
		return 0;
	}
	return csw_error(err, CODESWAP_REASON_SIGNATURE, ret,
			 "the signature of the image is wrong: error %d", ret);
}
