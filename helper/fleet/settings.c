// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What survives a reset of a node, beside its boot program: the number of the last
 * manifest that it has accepted, so that nobody can take it back to an older one, the
 * digest of its images, since a number may have been given twice, the versions that
 * it is to run by that, whose orders count, and what an operator has switched on or off.
 */
#include <stdlib.h>
#include <unistd.h>

#include <openssl/evp.h>

#include "../image_tool.h"
#include "json.h"
#include "site.h"

#define SETTINGS_MAX_BYTES	(64U << 10)
#define HEX_LEN			(2 * MRB_DIGEST_LEN + 1)

/**
 * struct settings - the file settings.json
 * @path: of it
 * @root: what is in it
 */
struct settings {
	char *path;
	struct json_object *root;
};

static int read_file(struct settings *s, struct mrb_error *err)
{
	struct image_file file;
	struct json_object *number;

	if (access(s->path, F_OK) && errno == ENOENT) {
		s->root = json_object_new_object();
		return 0;
	}
	if (image_file_read(&file, s->path, err))
		return err->code;
	s->root = json_read("a file of settings", (const char *)file.data, file.size,
			    SETTINGS_MAX_BYTES, err);
	image_file_free(&file);
	if (!s->root)
		return err->code;
	if (!json_object_object_get_ex(s->root, "sequence", &number) ||
	    !json_object_is_type(number, json_type_int) ||
	    json_object_get_int64(number) < 0)
		return mrb_refuse(err, -EBADMSG, "there is no field 'sequence'");
	return 0;
}

/**
 * settings_open() - read the settings
 * @dir: of them
 * @err: set on failure
 *
 * Settings that cannot be read are no reason to begin anew: an older manifest
 * would be accepted then.
 *
 * Return: to be closed with settings_close(), or %NULL.
 */
struct settings *settings_open(const char *dir, struct mrb_error *err)
{
	struct settings *s = NULL;
	struct mrb_error why;

	if (access(dir, W_OK | X_OK)) {
		mrb_refuse(err, -errno, "%s: %s; there has to be a directory for the settings",
			   dir, strerror(errno));
		return NULL;
	}
	s = calloc(1, sizeof(*s));
	if (!s || asprintf(&s->path, "%s/settings.json", dir) < 0) {
		free(s);
		mrb_refuse(err, -ENOMEM, "out of memory");
		return NULL;
	}
	if (!read_file(s, &why))
		return s;
	mrb_refuse(err, why.code,
		   "%s: %s; put the last good one there, or remove it to accept older manifests again",
		   s->path, why.text);
	settings_close(s);
	return NULL;
}

void settings_close(struct settings *s)
{
	if (!s)
		return;
	json_object_put(s->root);
	free(s->path);
	free(s);
}

/* Of the last manifest that was accepted, 0 for none. */
u64 settings_sequence(const struct settings *s)
{
	struct json_object *number;

	if (!json_object_object_get_ex(s->root, "sequence", &number))
		return 0;
	return json_object_get_uint64(number);
}

/* The version that a type is to run, or NULL. */
const char *settings_desired(const struct settings *s, const char *type)
{
	struct json_object *desired, *version;

	if (!json_object_object_get_ex(s->root, "desired", &desired) ||
	    !json_object_object_get_ex(desired, type, &version))
		return NULL;
	return json_object_get_string(version);
}

static struct json_object *desired_by(const struct manifest *m)
{
	struct json_object *desired = json_object_new_object();
	char version[MANIFEST_VERSION_LEN];
	unsigned int i, t;

	for (i = 0; i < m->num_images; i++) {
		const struct manifest_image *image = &m->images[i];

		for (t = 0; t < image->num_types; t++) {
			manifest_version_text(&image->types[t].version, version);
			json_object_object_add(desired, image->types[t].name,
					       json_object_new_string(version));
		}
	}
	return desired;
}

/* Replaces what there is by @root, which is this function's, or leaves it. */
static int replace(struct settings *s, struct json_object *root, struct mrb_error *err)
{
	const char *text = json_object_to_json_string_ext(root, JSON_C_TO_STRING_PRETTY);
	struct mrb_error why;
	int ret = image_file_write(s->path, text, strlen(text), &why);

	if (ret) {
		json_object_put(root);
		return mrb_refuse(err, ret, "%s: %s", s->path, why.text);
	}
	json_object_put(s->root);
	s->root = root;
	return 0;
}

/* To be changed, and then to take the place of the present ones. */
static struct json_object *copy_of(const struct settings *s, struct mrb_error *err)
{
	struct json_object *root = NULL;

	if (json_object_deep_copy(s->root, &root, NULL))
		mrb_refuse(err, -ENOMEM, "out of memory");
	/* What is read is not without it. */
	if (root && !json_object_object_get(root, "sequence"))
		json_object_object_add(root, "sequence", json_object_new_uint64(0));
	return root;
}

/* SHA-256 of the digests of all images, as they stand in the manifest. */
static int digest_images(const struct manifest *m, char hex[HEX_LEN], struct mrb_error *err)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	u8 digest[MRB_DIGEST_LEN];
	unsigned int i;
	bool made;

	made = ctx && EVP_DigestInit_ex(ctx, EVP_sha256(), NULL);
	for (i = 0; made && i < m->num_images; i++)
		made = EVP_DigestUpdate(ctx, m->images[i].digest, MRB_DIGEST_LEN);
	made = made && EVP_DigestFinal_ex(ctx, digest, NULL);
	EVP_MD_CTX_free(ctx);
	for (i = 0; made && i < MRB_DIGEST_LEN; i++)
		snprintf(hex + (size_t)i * 2, 3, "%02x", digest[i]);
	return made ? 0 : mrb_refuse(err, -ENOMEM, "out of memory");
}

/* What has no digest was written before there were any. */
static bool is_another(const struct settings *s, const struct manifest *m, const char *hex)
{
	struct json_object *kept;

	return m->sequence == settings_sequence(s) &&
	       json_object_object_get_ex(s->root, "images", &kept) &&
	       strcmp(json_object_get_string(kept) ?: "", hex);
}

/**
 * settings_accept() - a manifest is to be gone by from now on
 * @s: settings
 * @m: manifest, checked
 * @err: set on failure
 *
 * A number that was given twice means what it meant first.
 *
 * Return: 0, or the code in @err: then it must not be gone by.
 */
int settings_accept(struct settings *s, const struct manifest *m,
		    struct mrb_error *err)
{
	struct json_object *root;
	char hex[HEX_LEN];

	if (digest_images(m, hex, err))
		return err->code;
	if (is_another(s, m, hex))
		return mrb_refuse(err, -EEXIST,
				  "manifest %llu was accepted with other images before: the number was given twice; sign it with a higher one",
				  m->sequence);
	if (m->sequence == settings_sequence(s))
		return 0;
	root = copy_of(s, err);
	if (!root)
		return err->code;
	json_object_object_add(root, "sequence", json_object_new_uint64(m->sequence));
	json_object_object_add(root, "desired", desired_by(m));
	json_object_object_add(root, "images", json_object_new_string(hex));
	return replace(s, root, err);
}

/* The highest epoch whose orders have been heard, 0 for none. */
u64 settings_epoch(const struct settings *s)
{
	struct json_object *number;

	if (!json_object_object_get_ex(s->root, "epoch", &number))
		return 0;
	return json_object_get_uint64(number);
}

/* Who has the right to give orders in that epoch; empty if nobody. */
const char *settings_holder(const struct settings *s)
{
	struct json_object *name;

	if (!json_object_object_get_ex(s->root, "holder", &name))
		return "";
	return json_object_get_string(name) ?: "";
}

/**
 * settings_fence() - do orders of that epoch count?
 * @s: settings
 * @epoch: of the right to give orders
 * @holder: who has it
 * @err: set if not
 *
 * A higher one than all before counts, and is kept: whoever has lost the right is refused
 * from then on, also after a restart.
 *
 * Return: 0, -EPERM if they do not count, or another code of @err.
 */
int settings_fence(struct settings *s, u64 epoch, const char *holder, struct mrb_error *err)
{
	u64 last = settings_epoch(s);
	struct json_object *root;

	if (!epoch || !*holder)
		return mrb_refuse(err, -EPERM, "an order of nobody who has the right to give any");
	if (epoch < last)
		return mrb_refuse(err, -EPERM,
				  "an order of %s in epoch %llu; epoch %llu of %s counts",
				  holder, epoch, last, settings_holder(s));
	if (epoch == last && strcmp(holder, settings_holder(s)))
		return mrb_refuse(err, -EPERM, "an order of %s in epoch %llu, which is %s's",
				  holder, epoch, settings_holder(s));
	if (epoch == last)
		return 0;
	root = copy_of(s, err);
	if (!root)
		return err->code;
	json_object_object_add(root, "epoch", json_object_new_uint64(epoch));
	json_object_object_add(root, "holder", json_object_new_string(holder));
	return replace(s, root, err);
}

/**
 * settings_flag() - is it on?
 * @s: settings
 * @name: of a flag
 * @is_good: cleared if what is there is neither true nor false
 *
 * Return: whether it is true; what is not there, or damaged, is off.
 */
bool settings_flag(const struct settings *s, const char *name, bool *is_good)
{
	struct json_object *flag;

	if (!json_object_object_get_ex(s->root, name, &flag))
		return false;
	if (json_object_is_type(flag, json_type_boolean))
		return json_object_get_boolean(flag);
	*is_good = false;
	return false;
}

/* Switches it on or off; 0, or the code in @err. */
int settings_set_flag(struct settings *s, const char *name, bool on, struct mrb_error *err)
{
	struct json_object *root = copy_of(s, err);

	if (!root)
		return err->code;
	json_object_object_add(root, name, json_object_new_boolean(on));
	return replace(s, root, err);
}
