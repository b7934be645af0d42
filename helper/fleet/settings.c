// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What survives a reset of a node, beside its boot program: the number of the last
 * manifest that it has accepted, so that nobody can take it back to an older one,
 * and the versions that it is to run by that.
 */
#include <stdlib.h>
#include <unistd.h>

#include "../image_tool.h"
#include "json.h"
#include "site.h"

#define SETTINGS_MAX_BYTES	(64U << 10)

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
	char version[MESSAGE_VERSION_LEN];
	unsigned int i, t;

	for (i = 0; i < m->num_images; i++) {
		const struct manifest_image *image = &m->images[i];

		snprintf(version, sizeof(version), "%u.%u.%u",
			 image->version.major, image->version.minor,
			 image->version.patch);
		for (t = 0; t < image->num_types; t++)
			json_object_object_add(desired, image->types[t],
					       json_object_new_string(version));
	}
	return desired;
}

/**
 * settings_accept() - a manifest is to be gone by from now on
 * @s: settings
 * @m: manifest, checked
 * @err: set on failure
 *
 * Return: 0, or the code in @err: then it must not be gone by.
 */
int settings_accept(struct settings *s, const struct manifest *m,
		    struct mrb_error *err)
{
	struct json_object *root;
	struct mrb_error why;
	const char *text;
	int ret;

	if (m->sequence == settings_sequence(s))
		return 0;
	root = json_object_new_object();
	json_object_object_add(root, "sequence", json_object_new_uint64(m->sequence));
	json_object_object_add(root, "desired", desired_by(m));
	text = json_object_to_json_string_ext(root, JSON_C_TO_STRING_PRETTY);
	ret = image_file_write(s->path, text, strlen(text), &why);
	if (ret) {
		json_object_put(root);
		return mrb_refuse(err, ret, "%s: %s", s->path, why.text);
	}
	json_object_put(s->root);
	s->root = root;
	return 0;
}
