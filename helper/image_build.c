// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * From a plan to the bytes of an image. The same plan always makes the same
 * bytes: no time, no host, no path goes in.
 */
#include <stdlib.h>

#include "codeswap.h"
#include "image_tool.h"

static u64 align_up(u64 value, u64 align)
{
	return (value + align - 1) & ~(align - 1);
}

static u32 place_table(struct mrb_table *table, u32 offset, u16 count, u16 size)
{
	table->offset = cpu_to_le32(offset);
	table->count = cpu_to_le16(count);
	table->entry_size = cpu_to_le16(size);
	return offset + count * size;
}

/* Decides where everything goes. All sizes are multiples of 8. */
static int layout(struct image_plan *plan)
{
	struct mrb_header *h = &plan->header;
	struct image_blob *blob;
	u32 end = sizeof(*h);
	u64 at;

	end = place_table(&h->segments, end, plan->num_blobs,
			  sizeof(struct mrb_segment));
	end = place_table(&h->capabilities, end, plan->num_capabilities,
			  sizeof(struct mrb_capability));
	end = place_table(&h->states, end, plan->num_states,
			  sizeof(struct mrb_state));
	at = end;
	for (blob = plan->blobs; blob < plan->blobs + plan->num_blobs; blob++) {
		if (!blob->data)
			continue;
		blob->offset = align_up(at, blob->align);
		at = blob->offset + blob->size;
		if (at > MRB_MAX_IMAGE)
			return -1;
		if (blob->kind == MRB_SEG_BOOTSTRAP)
			h->bootstrap_entry = cpu_to_le64(blob->offset +
							 plan->bootstrap_offset);
	}
	/* So that headers are aligned in a bundle of unsigned images. */
	h->image_size = cpu_to_le64(align_up(at, 8));
	h->tables_size = cpu_to_le32(end);
	h->header_version = cpu_to_le16(MRB_HEADER_VERSION);
	h->header_size = cpu_to_le16(sizeof(*h));
	memcpy(h->magic, MRB_MAGIC, MRB_MAGIC_LEN);
	return 0;
}

static void write_segment(u8 *out, struct mrb_segment *s,
			  const struct image_blob *blob)
{
	bool module = blob->kind == MRB_SEG_MODULE;
	bool runs = !module && blob->kind != MRB_SEG_BOOTSTRAP;

	s->kind = cpu_to_le16(blob->kind);
	s->align = cpu_to_le32(blob->align);
	s->offset = cpu_to_le64(blob->offset);
	s->mem_size = cpu_to_le64(runs ? blob->size : 0);
	s->address = cpu_to_le64(blob->address);
	s->target_version = blob->version;
	memcpy(s->target, blob->target, sizeof(s->target));
	if (!blob->data)
		return;
	s->file_size = cpu_to_le64(blob->size);
	memcpy(out + blob->offset, blob->data, blob->size);
	image_sha256(blob->data, blob->size, s->digest);
}

/* An identity for what no linker has identified: its contents. */
static void derive_build_id(struct image_plan *plan,
			    const struct mrb_segment *segments)
{
	u8 digests[MRB_MAX_SEGMENTS][MRB_DIGEST_LEN];
	u8 digest[MRB_DIGEST_LEN];
	unsigned int i;

	for (i = 0; i < plan->num_blobs; i++)
		memcpy(digests[i], segments[i].digest, MRB_DIGEST_LEN);
	image_sha256(digests, i * sizeof(digests[0]), digest);
	memcpy(plan->header.build_id, digest, MRB_BUILD_ID_LEN);
}

/* @out is zeroed and as large as the image. */
static void write_image(struct image_plan *plan, u8 *out)
{
	struct mrb_header *h = &plan->header;
	struct mrb_segment *segments = (void *)(out +
						le32_to_cpu(h->segments.offset));
	unsigned int i;

	for (i = 0; i < plan->num_blobs; i++)
		write_segment(out, &segments[i], &plan->blobs[i]);
	memcpy(out + le32_to_cpu(h->capabilities.offset), plan->capabilities,
	       plan->num_capabilities * sizeof(plan->capabilities[0]));
	memcpy(out + le32_to_cpu(h->states.offset), plan->states,
	       plan->num_states * sizeof(plan->states[0]));
	if (!plan->has_build_id)
		derive_build_id(plan, segments);
	memcpy(out, h, sizeof(*h));
	image_sha256(out, le32_to_cpu(h->tables_size),
		     ((struct mrb_header *)out)->header_digest);
}

/* What is not right for a reader is not written. */
static int self_check(const struct image_file *file, struct mrb_error *err)
{
	struct image_view view = { 0 };
	int ret = image_view_next(file, &view, err);

	if (ret > 0)
		ret = image_view_check(&view, err);
	image_view_done(&view);
	return ret;
}

/**
 * image_build() - write an image
 * @plan: what it is made of; laid out here
 * @path: file to write
 *
 * Return: 0, or -1 after an error was printed.
 */
int image_build(struct image_plan *plan, const char *path)
{
	struct image_file file = { .path = path };
	struct mrb_error err;
	int ret;

	if (layout(plan)) {
		failed("%s: the image would be larger than %u bytes", path,
		       MRB_MAX_IMAGE);
		return -1;
	}
	file.size = le64_to_cpu(plan->header.image_size);
	file.data = calloc(1, file.size);
	if (!file.data) {
		failed("%s: out of memory", path);
		return -1;
	}
	write_image(plan, file.data);
	ret = self_check(&file, &err);
	if (!ret)
		ret = image_file_write(path, file.data, file.size, &err);
	if (ret)
		failed("%s: %s", path, err.text);
	image_file_free(&file);
	return ret ? -1 : 0;
}
