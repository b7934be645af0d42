/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Signed manifests: the text, and the signatures of several roles; and whom a
 * node trusts. No role alone can make a site run something.
 */
#ifndef FLEET_TRUST_H
#define FLEET_TRUST_H

#include "manifest.h"

#define SIGNED_FORMAT		1
#define SIGNED_MAX_BYTES	(8U << 20)
#define TRUST_MAX_ROLES		8
#define ROLE_LEN		32	/* with the zero */

/**
 * struct role_signature - a role's signature
 * @role: its name; a hint, the certificates decide
 * @message: signature
 * @size: bytes of it
 */
struct role_signature {
	char role[ROLE_LEN];
	u8 *message;
	size_t size;
};

/**
 * struct signed_manifest - a manifest, exactly as it was signed
 * @text: JSON
 * @size: bytes of it
 * @signatures: of @text
 * @num: entries in @signatures
 */
struct signed_manifest {
	char *text;
	size_t size;
	struct role_signature signatures[TRUST_MAX_ROLES];
	unsigned int num;
};

/* signed.c */
struct signed_manifest *signed_new(const char *text, size_t size);
struct signed_manifest *signed_parse(const char *bytes, size_t size,
				     struct mrb_error *err);
char *signed_format(const struct signed_manifest *s, size_t *size);
void signed_free(struct signed_manifest *s);
int signed_add(struct signed_manifest *s, const char *role, const u8 *message,
	       size_t size, struct mrb_error *err);
const char *role_problem(const char *role);

/* trust.c */
struct trust;
struct trust *trust_open(const char *dir, unsigned int threshold,
			 struct mrb_error *err);
void trust_close(struct trust *t);
int trust_check(const struct trust *t, const struct signed_manifest *s,
		struct mrb_error *err);

#endif /* FLEET_TRUST_H */
