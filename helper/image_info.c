// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What an image says of itself, for people and for programs.
 */
#include <json-c/json.h>

#include "codeswap.h"
#include "image_tool.h"

#define VERSION_LEN	sizeof("65535.65535.65535")
#define HEX_LEN(n)	(2 * (n) + 1)

static const char *version_text(const struct mrb_version *v, char *text)
{
	snprintf(text, VERSION_LEN, "%u.%u.%u", le16_to_cpu(v->major),
		 le16_to_cpu(v->minor), le16_to_cpu(v->patch));
	return text;
}

static const char *hex_text(const u8 *bytes, size_t len, char *text)
{
	size_t i;

	for (i = 0; i < len; i++)
		sprintf(text + 2 * i, "%02x", bytes[i]);
	return text;
}

static void print_segments(const struct mrb_image *image)
{
	const struct mrb_segment *s;
	char version[VERSION_LEN];
	unsigned int i, kind;

	printf("segments:\n  #   kind         offset       size             address  target\n");
	for (i = 0; (s = mrb_segment(image, i)); i++) {
		kind = le16_to_cpu(s->kind);
		printf("  %-3u %-9s %9llu  %9llu  ", i,
		       mrb_segment_kind_name(kind), le64_to_cpu(s->offset),
		       kind == MRB_SEG_BSS ? le64_to_cpu(s->mem_size) :
					     le64_to_cpu(s->file_size));
		if (s->mem_size)
			printf("%#18llx\n", le64_to_cpu(s->address));
		else if (kind == MRB_SEG_MODULE)
			printf("%18s  %s %s\n", "-", s->target,
			       version_text(&s->target_version, version));
		else
			printf("%18s\n", "-");
	}
}

static void print_names(const struct mrb_image *image)
{
	const struct mrb_capability *c;
	const struct mrb_state *s;
	unsigned int i;

	for (i = 0; (c = mrb_capability(image, i)); i++)
		printf("%s  %s%s%s\n", i ? "" : "capabilities:\n", c->name,
		       le32_to_cpu(c->flags) & MRB_CAP_PROVIDED ? " provided" : "",
		       le32_to_cpu(c->flags) & MRB_CAP_REQUIRED ? " required" : "");
	for (i = 0; (s = mrb_state(image, i)); i++)
		printf("%s  %s emits %u accepts %u to %u\n",
		       i ? "" : "states:\n", s->name, le32_to_cpu(s->emits),
		       le32_to_cpu(s->accepts_min),
		       le32_to_cpu(s->accepts_max));
}

/**
 * image_info_print() - show an image to a person
 * @view: the image
 */
void image_info_print(const struct image_view *view)
{
	const struct mrb_header *h = view->image.header;
	char hex[HEX_LEN(MRB_BUILD_ID_LEN)];
	char version[VERSION_LEN];

	printf("type:              %s\n", h->device_type);
	printf("version:           %s\n", version_text(&h->version, version));
	printf("release:           %u\n", le32_to_cpu(h->release));
	printf("security version:  %u\n", le32_to_cpu(h->security_version));
	printf("build id:          %s\n",
	       hex_text(h->build_id, MRB_BUILD_ID_LEN, hex));
	printf("declared blackout: %u us\n",
	       le32_to_cpu(h->declared_blackout_us));
	printf("image size:        %llu bytes\n", view->image.image_size);
	printf("workspace:         %u bytes\n", le32_to_cpu(h->workspace_size));
	printf("memory:            %llu bytes at %#llx\n",
	       le64_to_cpu(h->memory_size), le64_to_cpu(h->load_address));
	printf("cold entry:        %#llx\n", le64_to_cpu(h->cold_entry));
	printf("warm entry:        %#llx\n", le64_to_cpu(h->warm_entry));
	printf("bootstrap entry:   byte %llu\n",
	       le64_to_cpu(h->bootstrap_entry));
	if (view->signature)
		printf("signature:         %u bytes\n", view->signature_size);
	else
		printf("signature:         none\n");
	print_segments(&view->image);
	print_names(&view->image);
}

static void add_number(struct json_object *o, const char *key, u64 value)
{
	json_object_object_add(o, key, json_object_new_uint64(value));
}

static void add_text(struct json_object *o, const char *key, const char *text)
{
	json_object_object_add(o, key, json_object_new_string(text));
}

static struct json_object *segment_json(const struct mrb_segment *s)
{
	struct json_object *o = json_object_new_object();
	unsigned int kind = le16_to_cpu(s->kind);
	char hex[HEX_LEN(MRB_DIGEST_LEN)];
	char version[VERSION_LEN];

	add_text(o, "kind", mrb_segment_kind_name(kind));
	if (s->mem_size) {
		add_number(o, "address", le64_to_cpu(s->address));
		add_number(o, "memory-size", le64_to_cpu(s->mem_size));
	}
	if (kind == MRB_SEG_MODULE) {
		add_text(o, "target", s->target);
		add_text(o, "target-version",
			 version_text(&s->target_version, version));
	}
	if (s->file_size) {
		add_number(o, "offset", le64_to_cpu(s->offset));
		add_number(o, "size", le64_to_cpu(s->file_size));
		add_number(o, "align", le32_to_cpu(s->align));
		add_text(o, "sha256", hex_text(s->digest, MRB_DIGEST_LEN, hex));
	}
	return o;
}

static struct json_object *capability_json(const struct mrb_capability *c)
{
	struct json_object *o = json_object_new_object();
	u32 flags = le32_to_cpu(c->flags);

	add_text(o, "name", c->name);
	json_object_object_add(o, "provided",
			       json_object_new_boolean(!!(flags & MRB_CAP_PROVIDED)));
	json_object_object_add(o, "required",
			       json_object_new_boolean(!!(flags & MRB_CAP_REQUIRED)));
	return o;
}

static struct json_object *state_json(const struct mrb_state *s)
{
	struct json_object *o = json_object_new_object();

	add_text(o, "name", s->name);
	add_number(o, "emits", le32_to_cpu(s->emits));
	add_number(o, "accepts-min", le32_to_cpu(s->accepts_min));
	add_number(o, "accepts-max", le32_to_cpu(s->accepts_max));
	return o;
}

static void add_tables(struct json_object *o, const struct mrb_image *image)
{
	struct json_object *segments = json_object_new_array();
	struct json_object *capabilities = json_object_new_array();
	struct json_object *states = json_object_new_array();
	unsigned int i;

	for (i = 0; i < mrb_num_segments(image); i++)
		json_object_array_add(segments,
				      segment_json(mrb_segment(image, i)));
	for (i = 0; i < mrb_num_capabilities(image); i++)
		json_object_array_add(capabilities,
				      capability_json(mrb_capability(image, i)));
	for (i = 0; i < mrb_num_states(image); i++)
		json_object_array_add(states, state_json(mrb_state(image, i)));
	json_object_object_add(o, "segments", segments);
	json_object_object_add(o, "capabilities", capabilities);
	json_object_object_add(o, "states", states);
}

/**
 * image_info_json() - show an image to a program
 * @view: the image
 *
 * Return: an object that the caller owns.
 */
struct json_object *image_info_json(const struct image_view *view)
{
	const struct mrb_header *h = view->image.header;
	struct json_object *o = json_object_new_object();
	char hex[HEX_LEN(MRB_BUILD_ID_LEN)];
	char version[VERSION_LEN];

	add_text(o, "type", h->device_type);
	add_text(o, "version", version_text(&h->version, version));
	add_number(o, "release", le32_to_cpu(h->release));
	add_number(o, "security-version", le32_to_cpu(h->security_version));
	add_text(o, "build-id", hex_text(h->build_id, MRB_BUILD_ID_LEN, hex));
	add_number(o, "declared-blackout-us",
		   le32_to_cpu(h->declared_blackout_us));
	add_number(o, "image-size", view->image.image_size);
	add_number(o, "tables-size", view->image.tables_size);
	add_number(o, "workspace-size", le32_to_cpu(h->workspace_size));
	add_number(o, "load-address", le64_to_cpu(h->load_address));
	add_number(o, "memory-size", le64_to_cpu(h->memory_size));
	add_number(o, "cold-entry", le64_to_cpu(h->cold_entry));
	add_number(o, "warm-entry", le64_to_cpu(h->warm_entry));
	add_number(o, "bootstrap-entry", le64_to_cpu(h->bootstrap_entry));
	add_number(o, "signature-size", view->signature_size);
	add_tables(o, &view->image);
	return o;
}
