// SPDX-License-Identifier: GPL-2.0-or-later
/* Manifests: from image files to text. What is written is read again at once. */
#include <stdlib.h>

#include <json-c/json.h>

#include "image_tool.h"
#include "make.h"

static struct json_object *hex(const u8 *digest)
{
	char text[2 * MRB_DIGEST_LEN + 1];
	size_t i;

	for (i = 0; i < MRB_DIGEST_LEN; i++)
		snprintf(text + 2 * i, 3, "%02x", digest[i]);
	return json_object_new_string(text);
}

static struct json_object *time_text(time_t time)
{
	char text[32];
	struct tm tm;

	gmtime_r(&time, &tm);
	strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &tm);
	return json_object_new_string(text);
}

static struct json_object *version_text(const struct mrb_version *version)
{
	char text[MANIFEST_VERSION_LEN];

	manifest_version_text(version, text);
	return json_object_new_string(text);
}

static bool has_type(struct json_object *types, const char *type)
{
	size_t i;

	for (i = 0; i < json_object_array_length(types); i++)
		if (!strcmp(json_object_get_string(json_object_array_get_idx(types, i)),
			    type))
			return true;
	return false;
}

/* The first image's version stands for a combined one. */
static int put_view(struct json_object *entry, struct json_object *types,
		    struct json_object *versions, const struct image_view *view,
		    u32 *security, struct mrb_error *err)
{
	const struct mrb_header *h = view->image.header;

	if (image_view_check(view, err))
		return err->code;
	if (view->number == 1) {
		*security = le32_to_cpu(h->security_version);
		json_object_object_add(entry, "version", version_text(&h->version));
	}
	*security = min_t(u32, *security, le32_to_cpu(h->security_version));
	if (has_type(types, h->device_type))
		return 0;
	json_object_array_add(types, json_object_new_string(h->device_type));
	json_object_array_add(versions, version_text(&h->version));
	return 0;
}

static int put_views(struct json_object *entry, struct json_object *types,
		     const struct image_file *file, struct mrb_error *err)
{
	struct json_object *versions = json_object_new_array();
	struct image_view view = { 0 };
	u32 security = 0;
	int ret;

	json_object_object_add(entry, "versions", versions);
	while ((ret = image_view_next(file, &view, err)) > 0) {
		ret = put_view(entry, types, versions, &view, &security, err);
		if (ret)
			break;
	}
	image_view_done(&view);
	/* One says it all. */
	if (json_object_array_length(versions) == 1)
		json_object_object_del(entry, "versions");
	json_object_object_add(entry, "security-version",
			       json_object_new_int64(security));
	return ret;
}

static struct json_object *chunks_of(const struct image_file *file, u32 bytes)
{
	struct json_object *array = json_object_new_array();
	u8 digest[MRB_DIGEST_LEN];
	size_t at;

	for (at = 0; at < file->size; at += bytes) {
		image_sha256(file->data + at,
			     min_t(size_t, bytes, file->size - at), digest);
		json_object_array_add(array, hex(digest));
	}
	return array;
}

static struct json_object *describe(const char *path, u32 chunk_bytes,
				    struct mrb_error *err)
{
	struct json_object *entry = json_object_new_object();
	struct json_object *types = json_object_new_array();
	const char *slash = strrchr(path, '/');
	struct image_file file;
	u8 digest[MRB_DIGEST_LEN];
	int ret = image_file_read(&file, path, err);

	json_object_object_add(entry, "file",
			       json_object_new_string(slash ? slash + 1 : path));
	json_object_object_add(entry, "types", types);
	if (!ret)
		ret = put_views(entry, types, &file, err);
	if (ret) {
		image_file_free(&file);
		json_object_put(entry);
		return NULL;
	}
	image_sha256(file.data, file.size, digest);
	json_object_object_add(entry, "size",
			       json_object_new_uint64(file.size));
	json_object_object_add(entry, "sha256", hex(digest));
	json_object_object_add(entry, "chunks", chunks_of(&file, chunk_bytes));
	image_file_free(&file);
	return entry;
}

static struct json_object *head(const struct manifest_plan *plan)
{
	struct json_object *root = json_object_new_object();

	json_object_object_add(root, "codeswap-manifest",
			       json_object_new_int(MANIFEST_FORMAT));
	json_object_object_add(root, "sequence",
			       json_object_new_uint64(plan->sequence));
	json_object_object_add(root, "issued", time_text(plan->issued));
	json_object_object_add(root, "expires", time_text(plan->expires));
	json_object_object_add(root, "chunk-bytes",
			       json_object_new_int64(plan->chunk_bytes));
	return root;
}

/* What nobody would accept is not to be signed. */
static char *checked_text(struct json_object *root, struct mrb_error *err)
{
	const char *text = json_object_to_json_string_ext(root,
							  JSON_C_TO_STRING_PRETTY);
	struct manifest *m = manifest_parse(text, strlen(text), err);
	char *copy = m ? strdup(text) : NULL;

	if (m && !copy)
		mrb_refuse(err, -ENOMEM, "out of memory");
	manifest_free(m);
	return copy;
}

/**
 * manifest_make() - the manifest of some image files
 * @plan: what is to be in it
 * @path: set to the file that is at fault, or %NULL
 * @err: set on failure
 *
 * Return: JSON to be freed, or %NULL.
 */
char *manifest_make(const struct manifest_plan *plan, const char **path,
		    struct mrb_error *err)
{
	struct json_object *root = head(plan);
	struct json_object *images = json_object_new_array(), *entry;
	char *text = NULL;
	unsigned int i;

	json_object_object_add(root, "images", images);
	for (i = 0; i < plan->num_paths; i++) {
		*path = plan->paths[i];
		entry = describe(plan->paths[i], plan->chunk_bytes, err);
		if (!entry)
			break;
		json_object_array_add(images, entry);
	}
	if (i == plan->num_paths) {
		*path = NULL;
		text = checked_text(root, err);
	}
	json_object_put(root);
	return text;
}
