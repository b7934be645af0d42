// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Manifests: from text to something that can be relied on. Every field is
 * checked here, once; what is not known is left out, so that a later format may
 * say more.
 */
#include <limits.h>
#include <stdint.h>
#include <stdlib.h>

#include "json.h"
#include "manifest.h"

/* Where in the text: "images[3].size". */
struct place {
	char name[64];
};

static struct place in(const char *array, unsigned int i, const char *member)
{
	struct place p;

	snprintf(p.name, sizeof(p.name), "%s[%u].%s", array, i, member);
	return p;
}

static struct json_object *get(struct json_object *object, const char *key,
			       enum json_type type, const char *where,
			       struct mrb_error *err)
{
	struct json_object *member = NULL;

	if (!json_object_object_get_ex(object, key, &member)) {
		mrb_refuse(err, -EBADMSG, "the manifest has no %s", where);
		return NULL;
	}
	if (json_object_get_type(member) != type) {
		mrb_refuse(err, -EBADMSG, "%s of the manifest is of type %s, not %s",
			   where, json_type_to_name(json_object_get_type(member)),
			   json_type_to_name(type));
		return NULL;
	}
	return member;
}

static int get_number(struct json_object *object, const char *key,
		      const char *where, u64 least, u64 most, u64 *value,
		      struct mrb_error *err)
{
	struct json_object *member = get(object, key, json_type_int, where, err);

	*value = 0;
	if (!member)
		return err->code;
	/* Of a negative number it is 0. */
	*value = json_object_get_uint64(member);
	if (json_object_get_int64(member) < 0 || *value < least || *value > most)
		return mrb_refuse(err, -ERANGE,
				  "%s of the manifest is %s; %llu to %llu are allowed",
				  where, json_object_get_string(member), least, most);
	return 0;
}

static int copy_text(struct json_object *member, const char *where, char *text,
		     size_t room, struct mrb_error *err)
{
	size_t len = json_object_get_string_len(member);

	if (!len || len >= room || strlen(json_object_get_string(member)) != len)
		return mrb_refuse(err, -EBADMSG,
				  "%s of the manifest is no text of 1 to %zu characters",
				  where, room - 1);
	memcpy(text, json_object_get_string(member), len + 1);
	return 0;
}

/* It becomes part of a path, and of lines in a log. */
static int get_file(struct json_object *object, const char *where, char *file,
		    struct mrb_error *err)
{
	struct json_object *member = get(object, "file", json_type_string, where,
					 err);
	const char *c;

	if (!member || copy_text(member, where, file, MANIFEST_FILE_LEN, err))
		return err->code;
	for (c = file; *c > ' ' && *c <= '~' && *c != '/'; c++)
		;
	if (!*c && file[0] != '.')
		return 0;
	return mrb_refuse(err, -EBADMSG,
			  "%s of the manifest is not the plain name of a file",
			  where);
}

static int get_time(struct json_object *object, const char *key, time_t *time,
		    struct mrb_error *err)
{
	struct json_object *member = get(object, key, json_type_string, key, err);
	struct tm tm = { 0 };
	const char *end;

	if (!member)
		return err->code;
	end = strptime(json_object_get_string(member), "%Y-%m-%dT%H:%M:%SZ", &tm);
	if (!end || *end)
		return mrb_refuse(err, -EBADMSG,
				  "%s of the manifest is no time like 2026-12-31T23:59:59Z",
				  key);
	*time = timegm(&tm);
	return 0;
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static int read_digest(struct json_object *member, const char *where,
		       u8 digest[MRB_DIGEST_LEN], struct mrb_error *err)
{
	const char *hex = json_object_get_string(member);
	size_t i;

	if (!json_object_is_type(member, json_type_string) ||
	    json_object_get_string_len(member) != 2 * MRB_DIGEST_LEN)
		goto bad;
	for (i = 0; i < MRB_DIGEST_LEN; i++) {
		if (hex_digit(hex[2 * i]) < 0 || hex_digit(hex[2 * i + 1]) < 0)
			goto bad;
		digest[i] = hex_digit(hex[2 * i]) << 4 | hex_digit(hex[2 * i + 1]);
	}
	return 0;
bad:
	return mrb_refuse(err, -EBADMSG,
			  "%s of the manifest is no SHA-256 digest in %d lower-case hexadecimal digits",
			  where, 2 * MRB_DIGEST_LEN);
}

/* A number of a version, and what ends it. */
static bool read_part(const char **text, char end, __le16 *part)
{
	char *behind;
	unsigned long value;

	if (**text < '0' || **text > '9')
		return false;
	value = strtoul(*text, &behind, 10);
	if (value > UINT16_MAX || *behind != end)
		return false;
	*part = cpu_to_le16(value);
	*text = behind + 1;
	return true;
}

static int read_version(struct json_object *member, const char *where,
			struct mrb_version *version, struct mrb_error *err)
{
	const char *text = json_object_is_type(member, json_type_string) ?
			   json_object_get_string(member) : "";

	if (read_part(&text, '.', &version->major) &&
	    read_part(&text, '.', &version->minor) &&
	    read_part(&text, '\0', &version->patch))
		return 0;
	return mrb_refuse(err, -EBADMSG,
			  "%s of the manifest is no version like 2.0.1", where);
}

static int get_version(struct json_object *object, const char *where,
		       struct mrb_version *version, struct mrb_error *err)
{
	struct json_object *member = get(object, "version", json_type_string,
					 where, err);

	return member ? read_version(member, where, version, err) : err->code;
}

/* An array of at least one; its entries are the caller's to look at. */
static struct json_object *get_array(struct json_object *object,
				     const char *key, const char *where,
				     size_t most, unsigned int *num,
				     struct mrb_error *err)
{
	struct json_object *member = get(object, key, json_type_array, where,
					 err);
	size_t length;

	if (!member)
		return NULL;
	length = json_object_array_length(member);
	if (!length || length > most) {
		mrb_refuse(err, -ERANGE,
			   "%s of the manifest has %zu entries; 1 to %zu are allowed",
			   where, length, most);
		return NULL;
	}
	*num = length;
	return member;
}

static void *no_memory(struct mrb_error *err)
{
	mrb_refuse(err, -ENOMEM, "out of memory");
	return NULL;
}

static int get_types(struct json_object *object, struct manifest_image *image,
		     const char *where, struct mrb_error *err)
{
	struct json_object *array, *entry;
	unsigned int i;

	array = get_array(object, "types", where, MANIFEST_MAX_TYPES,
			  &image->num_types, err);
	if (!array)
		return err->code;
	image->types = calloc(image->num_types, sizeof(*image->types));
	if (!image->types) {
		no_memory(err);
		return err->code;
	}
	for (i = 0; i < image->num_types; i++) {
		entry = json_object_array_get_idx(array, i);
		if (!json_object_is_type(entry, json_type_string))
			return mrb_refuse(err, -EBADMSG,
					  "%s of the manifest has an entry that is no text",
					  where);
		if (copy_text(entry, where, image->types[i].name, MRB_TYPE_LEN, err))
			return err->code;
		if (mrb_type_problem(image->types[i].name))
			return mrb_refuse(err, -EBADMSG,
					  "%s of the manifest: module type '%s' %s",
					  where, image->types[i].name,
					  mrb_type_problem(image->types[i].name));
	}
	return 0;
}

/* Of each type; where that is left out, all have the version of the file. */
static int get_versions(struct json_object *object, struct manifest_image *image,
			const char *where, struct mrb_error *err)
{
	struct json_object *array = NULL;
	unsigned int i, num;

	for (i = 0; i < image->num_types; i++)
		image->types[i].version = image->version;
	if (!json_object_object_get_ex(object, "versions", &array))
		return 0;
	array = get_array(object, "versions", where, MANIFEST_MAX_TYPES, &num, err);
	if (!array)
		return err->code;
	if (num != image->num_types)
		return mrb_refuse(err, -EBADMSG,
				  "%s of the manifest has %u entries; there are %u types",
				  where, num, image->num_types);
	for (i = 0; i < num; i++)
		if (read_version(json_object_array_get_idx(array, i), where,
				 &image->types[i].version, err))
			return err->code;
	return 0;
}

static int get_chunks(struct json_object *object, struct manifest_image *image,
		      u32 chunk_bytes, const char *where, struct mrb_error *err)
{
	unsigned int want = (image->size + chunk_bytes - 1) / chunk_bytes, i;
	struct json_object *array;

	array = get_array(object, "chunks", where, UINT_MAX, &image->num_chunks,
			  err);
	if (!array)
		return err->code;
	if (image->num_chunks != want)
		return mrb_refuse(err, -EBADMSG,
				  "%s of the manifest has %u entries; %llu bytes in chunks of %u are %u",
				  where, image->num_chunks, image->size,
				  chunk_bytes, want);
	image->chunks = calloc(want, sizeof(*image->chunks));
	if (!image->chunks) {
		no_memory(err);
		return err->code;
	}
	for (i = 0; i < want; i++)
		if (read_digest(json_object_array_get_idx(array, i), where,
				image->chunks[i], err))
			return err->code;
	return 0;
}

static int read_image(struct json_object *object, unsigned int i,
		      u32 chunk_bytes, struct manifest_image *image,
		      struct mrb_error *err)
{
	struct json_object *digest;
	u64 security;

	if (!json_object_is_type(object, json_type_object))
		return mrb_refuse(err, -EBADMSG,
				  "images[%u] of the manifest is no object", i);
	digest = get(object, "sha256", json_type_string,
		     in("images", i, "sha256").name, err);
	if (!digest ||
	    read_digest(digest, in("images", i, "sha256").name, image->digest,
			err) ||
	    get_file(object, in("images", i, "file").name, image->file, err) ||
	    get_types(object, image, in("images", i, "types").name, err) ||
	    get_version(object, in("images", i, "version").name,
			&image->version, err) ||
	    get_versions(object, image, in("images", i, "versions").name, err) ||
	    get_number(object, "security-version",
		       in("images", i, "security-version").name, 0, UINT_MAX,
		       &security, err) ||
	    get_number(object, "size", in("images", i, "size").name, 1,
		       MANIFEST_MAX_SIZE, &image->size, err) ||
	    get_chunks(object, image, chunk_bytes, in("images", i, "chunks").name,
		       err))
		return err->code;
	image->security_version = security;
	return 0;
}

/**
 * manifest_find() - which image is for a module type
 * @m: manifest
 * @type: module type
 *
 * Return: the image, or %NULL if the type is missing.
 */
const struct manifest_image *manifest_find(const struct manifest *m,
					   const char *type)
{
	unsigned int i, j;

	for (i = 0; i < m->num_images; i++)
		for (j = 0; j < m->images[i].num_types; j++)
			if (!strcmp(m->images[i].types[j].name, type))
				return &m->images[i];
	return NULL;
}

/* Two images for one type would be a choice that nobody has made. */
static int check_types(const struct manifest *m, struct mrb_error *err)
{
	const struct manifest_image *image;
	unsigned int i, j, k;

	for (i = 0; i < m->num_images; i++) {
		image = &m->images[i];
		for (j = 0; j < image->num_types; j++) {
			for (k = 0; k < j; k++)
				if (!strcmp(image->types[k].name, image->types[j].name))
					break;
			if (k == j &&
			    manifest_find(m, image->types[j].name) == image)
				continue;
			return mrb_refuse(err, -EEXIST,
					  "the manifest has type %s twice",
					  image->types[j].name);
		}
	}
	return 0;
}

static bool is_power_of_two(u64 n)
{
	return n && !(n & (n - 1));
}

static bool read_head(struct json_object *root, struct manifest *m,
		      struct mrb_error *err)
{
	u64 format, chunk_bytes;

	if (get_number(root, "codeswap-manifest", "codeswap-manifest", 1,
		       INT_MAX, &format, err))
		return false;
	if (format > MANIFEST_FORMAT) {
		mrb_refuse(err, -EPROTONOSUPPORT,
			   "the manifest has format %llu, newer than %u, the newest understood; use a newer codeswap",
			   format, MANIFEST_FORMAT);
		return false;
	}
	if (get_number(root, "sequence", "sequence", 1, LLONG_MAX, &m->sequence,
		       err) ||
	    get_time(root, "issued", &m->issued, err) ||
	    get_time(root, "expires", &m->expires, err) ||
	    get_number(root, "chunk-bytes", "chunk-bytes", CHUNK_MIN_BYTES,
		       CHUNK_MAX_BYTES, &chunk_bytes, err))
		return false;
	m->chunk_bytes = chunk_bytes;
	if (!is_power_of_two(chunk_bytes))
		mrb_refuse(err, -ERANGE,
			   "chunk-bytes of the manifest is %llu, no power of two",
			   chunk_bytes);
	else if (m->expires <= m->issued)
		mrb_refuse(err, -ERANGE,
			   "the manifest expires before it is issued");
	else
		return true;
	return false;
}

static int read_manifest(struct json_object *root, struct manifest *m,
			 struct mrb_error *err)
{
	struct json_object *array;
	unsigned int i;

	if (!json_object_is_type(root, json_type_object))
		return mrb_refuse(err, -EBADMSG, "the manifest is no JSON object");
	if (!read_head(root, m, err))
		return err->code;
	array = get_array(root, "images", "images", MANIFEST_MAX_IMAGES,
			  &m->num_images, err);
	if (!array)
		return err->code;
	m->images = calloc(m->num_images, sizeof(*m->images));
	if (!m->images) {
		no_memory(err);
		return err->code;
	}
	for (i = 0; i < m->num_images; i++)
		if (read_image(json_object_array_get_idx(array, i), i,
			       m->chunk_bytes, &m->images[i], err))
			return err->code;
	return check_types(m, err);
}

/**
 * manifest_parse() - read a manifest
 * @text: JSON; need not end with a zero
 * @size: bytes
 * @err: set on failure
 *
 * Whether it is to be trusted is for the caller to say, before this.
 *
 * Return: the manifest, to be freed with manifest_free(), or %NULL.
 */
struct manifest *manifest_parse(const char *text, size_t size,
				struct mrb_error *err)
{
	struct json_object *root;
	struct manifest *m;
	int ret;

	m = calloc(1, sizeof(*m));
	if (!m)
		return no_memory(err);
	root = json_read("a manifest", text, size, MANIFEST_MAX_BYTES, err);
	ret = root ? read_manifest(root, m, err) : err->code;
	json_object_put(root);
	if (!ret)
		return m;
	manifest_free(m);
	return NULL;
}

void manifest_free(struct manifest *m)
{
	unsigned int i;

	for (i = 0; m && m->images && i < m->num_images; i++) {
		free(m->images[i].types);
		free(m->images[i].chunks);
	}
	if (m)
		free(m->images);
	free(m);
}

/* Has the file an image for modules of that type? */
bool manifest_image_is_for(const struct manifest_image *image, const char *type)
{
	unsigned int i;

	for (i = 0; i < image->num_types; i++)
		if (!strcmp(image->types[i].name, type))
			return true;
	return false;
}

/* As people write it. */
void manifest_version_text(const struct mrb_version *version, char text[MANIFEST_VERSION_LEN])
{
	snprintf(text, MANIFEST_VERSION_LEN, "%u.%u.%u", le16_to_cpu(version->major),
		 le16_to_cpu(version->minor), le16_to_cpu(version->patch));
}

/**
 * manifest_check_time() - is a manifest worth something now?
 * @m: manifest
 * @now: the node's clock
 * @err: set on failure
 *
 * A clock that is behind the manifest's own time is wrong: it would keep what
 * has expired alive.
 *
 * Return: 0; -ESTALE: expired; -ETIME: the clock is wrong.
 */
int manifest_check_time(const struct manifest *m, time_t now,
			struct mrb_error *err)
{
	if (now >= m->expires)
		return mrb_refuse(err, -ESTALE,
				  "manifest %llu expired %lld seconds ago; sign a new one, or set the clock",
				  m->sequence, (long long)(now - m->expires));
	if (now < m->issued)
		return mrb_refuse(err, -ETIME,
				  "manifest %llu is from %lld seconds in the future: set the clock",
				  m->sequence, (long long)(m->issued - now));
	return 0;
}

/**
 * manifest_check_sequence() - is a manifest older than one that was accepted?
 * @m: manifest
 * @last: sequence number of the last one, 0 if there was none
 * @err: set on failure
 *
 * Return: 0, also for the same one again; -ESTALE.
 */
int manifest_check_sequence(const struct manifest *m, u64 last,
			    struct mrb_error *err)
{
	if (m->sequence >= last)
		return 0;
	return mrb_refuse(err, -ESTALE,
			  "manifest %llu is older than %llu, which was accepted before",
			  m->sequence, last);
}

/**
 * manifest_chunk_bytes() - how long a chunk is
 * @m: manifest
 * @image: of it
 * @i: number of the chunk
 *
 * Return: bytes.
 */
u32 manifest_chunk_bytes(const struct manifest *m,
			 const struct manifest_image *image, unsigned int i)
{
	if (i + 1 < image->num_chunks)
		return m->chunk_bytes;
	return image->size - (u64)i * m->chunk_bytes;
}
