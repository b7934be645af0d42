// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Whom a node trusts: a directory with a file ROLE.pem for each role, of one
 * certificate or several, any of which may sign for the role. A manifest counts
 * when as many roles have signed it as the threshold says; by default all.
 */
#include <dirent.h>
#include <stdlib.h>

#include <openssl/err.h>
#include <openssl/pem.h>

#include "cms.h"
#include "trust.h"

struct role {
	char name[ROLE_LEN];
	struct stack_st_X509 *certs;	/* STACK_OF(X509) */
};

struct trust {
	struct role roles[TRUST_MAX_ROLES];
	unsigned int num;
	unsigned int threshold;
};

/* All certificates of a file. */
static STACK_OF(X509) *read_certs(const char *path)
{
	STACK_OF(X509) *certs = sk_X509_new_null();
	BIO *bio = BIO_new_file(path, "r");
	X509 *cert;

	while (bio && certs &&
	       (cert = PEM_read_bio_X509(bio, NULL, NULL, NULL)))
		if (!sk_X509_push(certs, cert))
			X509_free(cert);
	ERR_clear_error();
	BIO_free(bio);
	return certs;
}

static bool same_key(X509 *a, X509 *b)
{
	return EVP_PKEY_eq(X509_get0_pubkey(a), X509_get0_pubkey(b)) == 1;
}

/* A key that speaks for two roles would make two of one. */
static const char *shares_key(const struct trust *t, const struct role *role)
{
	unsigned int i;
	int a, b;

	for (i = 0; i < t->num; i++)
		for (a = 0; a < sk_X509_num(t->roles[i].certs); a++)
			for (b = 0; b < sk_X509_num(role->certs); b++)
				if (same_key(sk_X509_value(t->roles[i].certs, a),
					     sk_X509_value(role->certs, b)))
					return t->roles[i].name;
	return NULL;
}

static int add_role(struct trust *t, const char *path, const char *name,
		    struct mrb_error *err)
{
	struct role *role = &t->roles[t->num];
	const char *other;

	if (t->num == TRUST_MAX_ROLES)
		return mrb_refuse(err, -E2BIG, "%s: there are more than %u roles",
				  path, TRUST_MAX_ROLES);
	snprintf(role->name, sizeof(role->name), "%s", name);
	role->certs = read_certs(path);
	other = role->certs ? shares_key(t, role) : NULL;
	if (role->certs && sk_X509_num(role->certs) && !other) {
		t->num++;
		return 0;
	}
	if (other)
		mrb_refuse(err, -EEXIST,
			   "%s: a key of this role is one of role %s, too", path,
			   other);
	else
		mrb_refuse(err, -ENOKEY, "%s: no certificate in PEM form", path);
	sk_X509_pop_free(role->certs, X509_free);
	return err->code;
}

/* Files of other names are somebody else's. */
static bool role_of_file(const char *file, char role[ROLE_LEN])
{
	size_t len = strlen(file);

	if (len <= 4 || len - 4 >= ROLE_LEN || strcmp(file + len - 4, ".pem"))
		return false;
	memcpy(role, file, len - 4);
	role[len - 4] = '\0';
	return !role_problem(role);
}

static int read_roles(struct trust *t, const char *path, struct mrb_error *err)
{
	DIR *dir = opendir(path);
	struct dirent *entry;
	char role[ROLE_LEN], *file;
	int ret = 0;

	if (!dir)
		return mrb_refuse(err, -errno, "%s: %s", path, strerror(errno));
	while (!ret && (entry = readdir(dir))) {
		if (!role_of_file(entry->d_name, role))
			continue;
		if (asprintf(&file, "%s/%s", path, entry->d_name) < 0) {
			ret = mrb_refuse(err, -ENOMEM, "out of memory");
			break;
		}
		ret = add_role(t, file, role, err);
		free(file);
	}
	closedir(dir);
	return ret;
}

/**
 * trust_open() - read whom to trust
 * @dir: directory of ROLE.pem
 * @threshold: how many roles must have signed; 0: all that there are
 * @err: set on failure
 *
 * Return: to be closed with trust_close(), or %NULL.
 */
struct trust *trust_open(const char *dir, unsigned int threshold,
			 struct mrb_error *err)
{
	struct trust *t = calloc(1, sizeof(*t));
	int ret;

	if (!t) {
		mrb_refuse(err, -ENOMEM, "out of memory");
		return NULL;
	}
	ret = read_roles(t, dir, err);
	if (!ret && !t->num)
		ret = mrb_refuse(err, -ENOKEY,
				 "%s: nobody is trusted; put certificates there as author.pem and operator.pem",
				 dir);
	if (!ret && threshold > t->num)
		ret = mrb_refuse(err, -EINVAL,
				 "%u roles are to sign, and %s knows %u",
				 threshold, dir, t->num);
	t->threshold = threshold ?: t->num;
	if (!ret)
		return t;
	trust_close(t);
	return NULL;
}

void trust_close(struct trust *t)
{
	unsigned int i;

	for (i = 0; t && i < t->num; i++)
		sk_X509_pop_free(t->roles[i].certs, X509_free);
	free(t);
}

/* Any signature will do, whatever role it says it is of. */
static bool has_signed(const struct role *role, const struct signed_manifest *s)
{
	struct mrb_error ignored;
	unsigned int i;

	for (i = 0; i < s->num; i++)
		if (!cms_check(s->signatures[i].message, s->signatures[i].size,
			       s->text, s->size, role->certs, &ignored))
			return true;
	return false;
}

/**
 * trust_check() - have enough roles signed a manifest?
 * @t: whom to trust
 * @s: signed manifest
 * @err: set on failure
 *
 * Return: 0, or -EKEYREJECTED.
 */
int trust_check(const struct trust *t, const struct signed_manifest *s,
		struct mrb_error *err)
{
	char missing[TRUST_MAX_ROLES * (ROLE_LEN + 2)] = "";
	unsigned int i, good = 0;
	size_t len = 0;

	for (i = 0; i < t->num; i++) {
		if (has_signed(&t->roles[i], s))
			good++;
		else
			len += snprintf(missing + len, sizeof(missing) - len,
					"%s%s", len ? ", " : "",
					t->roles[i].name);
	}
	if (good >= t->threshold)
		return 0;
	return mrb_refuse(err, -EKEYREJECTED,
			  "%u of %u roles have signed the manifest; no valid signature of %s",
			  good, t->threshold, missing);
}
