// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the format says of the entries of an image's tables. The tables
 * themselves lie where they should already.
 */
#include "image.h"

#ifdef __KERNEL__
#include <linux/errno.h>
#include <linux/string.h>
#endif

static bool is_runtime(const struct mrb_segment *s)
{
	unsigned int kind = le16_to_cpu(s->kind);

	return kind == MRB_SEG_TEXT || kind == MRB_SEG_DATA ||
	       kind == MRB_SEG_BSS;
}

static bool is_bss(const struct mrb_segment *s)
{
	return le16_to_cpu(s->kind) == MRB_SEG_BSS;
}

static int check_segment_file(const struct mrb_image *image, unsigned int i,
			      const struct mrb_segment *s, struct mrb_error *err)
{
	u64 offset = le64_to_cpu(s->offset);
	u64 size = le64_to_cpu(s->file_size);
	u32 align = le32_to_cpu(s->align);

	if (align < 8 || align > 4096 || align & (align - 1))
		return mrb_refuse(err, -EBADMSG,
				  "segment %u has alignment %u; it must be a power of two from 8 to 4096",
				  i, align);
	if (is_bss(s)) {
		if (offset || size || !mrb_zero(s->digest, sizeof(s->digest)))
			return mrb_refuse(err, -EBADMSG,
					  "segment %u is bss; its offset (%llu), file size (%llu) and digest must be zero",
					  i, offset, size);
		return 0;
	}
	if (!size)
		return mrb_refuse(err, -EBADMSG,
				  "segment %u has a file size of 0 bytes; only bss has none", i);
	if (offset & (align - 1))
		return mrb_refuse(err, -EBADMSG,
				  "segment %u starts at byte %llu, which is not a multiple of its alignment %u",
				  i, offset, align);
	if (!mrb_within(offset, size, image->tables_size,
			image->image_size - image->tables_size))
		return mrb_refuse(err, -EBADMSG,
				  "segment %u (%llu bytes at byte %llu) lies outside bytes %u to %llu, the room for segments",
				  i, size, offset, image->tables_size,
				  image->image_size);
	return 0;
}

static int check_segment_memory(const struct mrb_image *image, unsigned int i,
				const struct mrb_segment *s,
				struct mrb_error *err)
{
	u64 base = le64_to_cpu(image->header->load_address);
	u64 room = le64_to_cpu(image->header->memory_size);
	u64 address = le64_to_cpu(s->address);
	u64 size = le64_to_cpu(s->mem_size);

	if (!is_runtime(s)) {
		if (address || size)
			return mrb_refuse(err, -EBADMSG,
					  "segment %u (%s) has address 0x%llx and memory size %llu; both must be zero",
					  i, mrb_segment_kind_name(le16_to_cpu(s->kind)),
					  address, size);
		return 0;
	}
	if (!size)
		return mrb_refuse(err, -EBADMSG,
				  "segment %u has a memory size of 0 bytes; at least 1 is needed",
				  i);
	if (!is_bss(s) && size != le64_to_cpu(s->file_size))
		return mrb_refuse(err, -EBADMSG,
				  "segment %u has memory size %llu; it must be its file size, %llu",
				  i, size, le64_to_cpu(s->file_size));
	if (!mrb_within(address, size, base, room))
		return mrb_refuse(err, -EBADMSG,
				  "segment %u (%llu bytes at 0x%llx) lies outside the image's memory, 0x%llx bytes at 0x%llx",
				  i, size, address, room, base);
	return 0;
}

static int check_segment_target(unsigned int i, const struct mrb_segment *s,
				struct mrb_error *err)
{
	const char *problem;

	if (le16_to_cpu(s->kind) != MRB_SEG_MODULE) {
		if (!mrb_zero(s->target, sizeof(s->target)) ||
		    !mrb_zero(&s->target_version, sizeof(s->target_version)))
			return mrb_refuse(err, -EBADMSG,
					  "segment %u is no module; its target and target version must be zero",
					  i);
		return 0;
	}
	problem = mrb_name_problem(s->target);
	if (problem)
		return mrb_refuse(err, -EBADMSG, "target of segment %u %s", i, problem);
	if (s->target_version.reserved)
		return mrb_refuse(err, -EBADMSG,
				  "reserved field of the target version of segment %u is 0x%x; it must be zero",
				  i, le16_to_cpu(s->target_version.reserved));
	return 0;
}

static int check_segment(const struct mrb_image *image, unsigned int i,
			 struct mrb_error *err)
{
	const struct mrb_segment *s = mrb_segment(image, i);
	unsigned int kind = le16_to_cpu(s->kind);

	if (kind < MRB_SEG_TEXT || kind > MRB_SEG_MODULE)
		return mrb_refuse(err, -EBADMSG,
				  "segment %u is of kind %u; kinds are %u to %u", i,
				  kind, MRB_SEG_TEXT, MRB_SEG_MODULE);
	if (s->reserved)
		return mrb_refuse(err, -EBADMSG,
				  "reserved field of segment %u is 0x%x; it must be zero",
				  i, le16_to_cpu(s->reserved));
	if (check_segment_file(image, i, s, err) ||
	    check_segment_memory(image, i, s, err))
		return err->code;
	return check_segment_target(i, s, err);
}

/* Two segments, each of them right for itself, @i before @j in the table. */
static int check_segment_pair(const struct mrb_image *image, unsigned int i,
			      unsigned int j, struct mrb_error *err)
{
	const struct mrb_segment *a = mrb_segment(image, i);
	const struct mrb_segment *b = mrb_segment(image, j);
	u64 end = le64_to_cpu(a->offset) + le64_to_cpu(a->file_size);

	if (!is_bss(a) && !is_bss(b) && le64_to_cpu(b->offset) < end)
		return mrb_refuse(err, -EBADMSG,
				  "segment %u starts at byte %llu; segment %u before it ends at byte %llu",
				  j, le64_to_cpu(b->offset), i, end);
	if (is_runtime(a) && is_runtime(b) &&
	    mrb_overlap(le64_to_cpu(a->address), le64_to_cpu(a->mem_size),
			le64_to_cpu(b->address), le64_to_cpu(b->mem_size)))
		return mrb_refuse(err, -EBADMSG,
				  "segments %u and %u overlap in memory, at 0x%llx and 0x%llx",
				  i, j, le64_to_cpu(a->address),
				  le64_to_cpu(b->address));
	if (a->target[0] && !strcmp(a->target, b->target))
		return mrb_refuse(err, -EBADMSG,
				  "segments %u and %u both have the target %s", i, j,
				  a->target);
	return 0;
}

static int check_segments(const struct mrb_image *image, struct mrb_error *err)
{
	unsigned int i, j;

	for (i = 0; i < mrb_num_segments(image); i++) {
		if (check_segment(image, i, err))
			return err->code;
		for (j = 0; j < i; j++)
			if (check_segment_pair(image, j, i, err))
				return err->code;
	}
	return 0;
}

static int check_capability(const struct mrb_image *image, unsigned int i,
			    struct mrb_error *err)
{
	const struct mrb_capability *c = mrb_capability(image, i);
	const char *problem = mrb_name_problem(c->name);
	u32 flags = le32_to_cpu(c->flags);

	if (problem)
		return mrb_refuse(err, -EBADMSG, "name of capability %u %s", i, problem);
	if (!flags || flags & ~(MRB_CAP_PROVIDED | MRB_CAP_REQUIRED))
		return mrb_refuse(err, -EBADMSG,
				  "capability %s has flags 0x%x; it must be provided (0x1), required (0x2) or both",
				  c->name, flags);
	if (c->reserved)
		return mrb_refuse(err, -EBADMSG,
				  "reserved field of capability %s is 0x%x; it must be zero",
				  c->name, le32_to_cpu(c->reserved));
	if (mrb_find_capability(image, c->name) != c)
		return mrb_refuse(err, -EBADMSG, "capability %s is listed twice", c->name);
	return 0;
}

static int check_state(const struct mrb_image *image, unsigned int i,
		       struct mrb_error *err)
{
	const struct mrb_state *s = mrb_state(image, i);
	const char *problem = mrb_name_problem(s->name);

	if (problem)
		return mrb_refuse(err, -EBADMSG, "name of state %u %s", i, problem);
	if (le32_to_cpu(s->accepts_max) < le32_to_cpu(s->accepts_min))
		return mrb_refuse(err, -EBADMSG,
				  "state %s accepts formats from %u to %u; the first must not be above the second",
				  s->name, le32_to_cpu(s->accepts_min),
				  le32_to_cpu(s->accepts_max));
	if (s->reserved)
		return mrb_refuse(err, -EBADMSG,
				  "reserved field of state %s is 0x%x; it must be zero",
				  s->name, le32_to_cpu(s->reserved));
	if (mrb_find_state(image, s->name) != s)
		return mrb_refuse(err, -EBADMSG, "state %s is listed twice", s->name);
	return 0;
}

/* Whether @where is in a segment of @kind, in memory or in the image. */
static bool in_segment(const struct mrb_image *image, unsigned int kind,
		       u64 where)
{
	const struct mrb_segment *s;
	unsigned int i;

	for (i = 0; i < mrb_num_segments(image); i++) {
		s = mrb_segment(image, i);
		if (le16_to_cpu(s->kind) == kind &&
		    mrb_within(where, 1,
			       le64_to_cpu(is_runtime(s) ? s->address : s->offset),
			       le64_to_cpu(s->file_size)))
			return true;
	}
	return false;
}

static int check_entries(const struct mrb_image *image, struct mrb_error *err)
{
	u64 cold = le64_to_cpu(image->header->cold_entry);
	u64 warm = le64_to_cpu(image->header->warm_entry);
	u64 bootstrap = le64_to_cpu(image->header->bootstrap_entry);

	if (!in_segment(image, MRB_SEG_TEXT, cold))
		return mrb_refuse(err, -EBADMSG,
				  "cold entry 0x%llx lies in no text segment", cold);
	if (!in_segment(image, MRB_SEG_TEXT, warm))
		return mrb_refuse(err, -EBADMSG,
				  "warm entry 0x%llx lies in no text segment", warm);
	if (!in_segment(image, MRB_SEG_BOOTSTRAP, bootstrap))
		return mrb_refuse(err, -EBADMSG,
				  "bootstrap entry, byte %llu, lies in no bootstrap segment",
				  bootstrap);
	return 0;
}

static int check_names(const struct mrb_image *image, struct mrb_error *err)
{
	unsigned int i;

	for (i = 0; i < mrb_num_capabilities(image); i++)
		if (check_capability(image, i, err))
			return err->code;
	for (i = 0; i < mrb_num_states(image); i++)
		if (check_state(image, i, err))
			return err->code;
	return 0;
}

/**
 * mrb_check_contents() - check segments, names and entry points
 * @image: header and place of the tables are right
 * @err: set on failure
 *
 * Return: 0, or the code in @err.
 */
int mrb_check_contents(const struct mrb_image *image, struct mrb_error *err)
{
	/* In this order: the entries rely on what is known of the segments. */
	if (check_segments(image, err) || check_names(image, err))
		return err->code;
	return check_entries(image, err);
}
