// SPDX-License-Identifier: GPL-2.0-only
/*
 * What can be told of an image and the device before the device is touched, and
 * of an image and the one that it is to take over from: what kmod/check.c is to
 * the kernel. There is no operator who would accept a loss; a reset loses what
 * is lost, and does not come here.
 */
#include "parser.h"

/* What the device has beside its harts, by the names that images know. */
static bool has_capability(const char *name)
{
	return !strcmp(name, "flash") || !strcmp(name, "pla");
}

static int check_required(const struct mrb_image *mrb, struct mrb_error *err)
{
	const struct mrb_capability *cap;
	unsigned int i;

	for (i = 0; (cap = mrb_capability(mrb, i)); i++)
		if (le32_to_cpu(cap->flags) & MRB_CAP_REQUIRED &&
		    !has_capability(cap->name))
			return mrb_refuse(err, -EOPNOTSUPP,
					  "the image requires capability %s, which the device does not have",
					  cap->name);
	return 0;
}

/* The hart begins at the ROM's first byte, and can write to none of it. */
static int check_rom(const struct mrb_image *mrb, const struct model_fit *fit,
		     struct mrb_error *err)
{
	u64 entry = le64_to_cpu(mrb->header->cold_entry);
	const struct mrb_segment *s;
	unsigned int i, kind;

	if (entry != fit->base)
		return mrb_refuse(err, -EINVAL,
				  "the boot block starts at 0x%llx, and the device at 0x%x",
				  entry, fit->base);
	for (i = 0; (s = mrb_segment(mrb, i)); i++) {
		kind = le16_to_cpu(s->kind);
		if (kind != MRB_SEG_TEXT && kind != MRB_SEG_BOOTSTRAP)
			return mrb_refuse(err, -EINVAL,
					  "segment %u of the boot block is %s; a boot ROM is text alone",
					  i, mrb_segment_kind_name(kind));
	}
	return 0;
}

static int check_place(const struct mrb_image *mrb, const struct model_fit *fit,
		       struct mrb_error *err)
{
	u64 base = le64_to_cpu(mrb->header->load_address);
	u64 size = le64_to_cpu(mrb->header->memory_size);

	if (mrb_within(base, size, fit->base, fit->size))
		return 0;
	return mrb_refuse(err, -EFBIG,
			  "the image wants %llu bytes at 0x%llx, and the %s of the device is %u bytes at 0x%x",
			  size, base, fit->is_rom ? "boot ROM" : "running memory", fit->size,
			  fit->base);
}

/* ---- taking over from an image that runs ------------------------------------ */

static int check_version(const struct mrb_header *old, const struct mrb_header *new,
			 struct mrb_error *err)
{
	u64 is = le64_to_cpu(old->load_address), wanted = le64_to_cpu(new->load_address);

	if (le32_to_cpu(new->release) < le32_to_cpu(old->release))
		return mrb_refuse(err, -EPERM,
				  "version %u.%u.%u is older than the one that runs; that takes a reset",
				  le16_to_cpu(new->version.major),
				  le16_to_cpu(new->version.minor),
				  le16_to_cpu(new->version.patch));
	if (is != wanted)
		return mrb_refuse(err, -EINVAL,
				  "the image loads at 0x%llx, and the running one lies at 0x%llx; that takes a reset",
				  wanted, is);
	return 0;
}

static bool provides(const struct mrb_image *mrb, const char *name)
{
	const struct mrb_capability *cap = mrb_find_capability(mrb, name);

	return cap && le32_to_cpu(cap->flags) & MRB_CAP_PROVIDED;
}

static int check_lost(const struct mrb_image *old, const struct mrb_image *new,
		      struct mrb_error *err)
{
	const struct mrb_capability *cap;
	unsigned int i;

	for (i = 0; (cap = mrb_capability(old, i)); i++)
		if (le32_to_cpu(cap->flags) & MRB_CAP_PROVIDED && !provides(new, cap->name))
			return mrb_refuse(err, -EOPNOTSUPP,
					  "capability %s, which the running image has, is not in the new one; that takes a reset",
					  cap->name);
	return 0;
}

static int check_states(const struct mrb_image *old, const struct mrb_image *new,
			struct mrb_error *err)
{
	const struct mrb_state *from, *to;
	u32 format, min, max;
	unsigned int i;

	for (i = 0; (from = mrb_state(old, i)); i++) {
		to = mrb_find_state(new, from->name);
		format = le32_to_cpu(from->emits);
		min = to ? le32_to_cpu(to->accepts_min) : 0;
		max = to ? le32_to_cpu(to->accepts_max) : 0;
		if (format && (format < min || format > max))
			return mrb_refuse(err, -EOPNOTSUPP,
					  "live state %s is in format %u, and the new image accepts %u to %u",
					  from->name, format, min, max);
	}
	return 0;
}

/* A bootstrap burns them, which a cold start does not. */
static int check_modules(const struct mrb_image *new, struct mrb_error *err)
{
	const struct mrb_segment *s;
	unsigned int i;

	for (i = 0; (s = mrb_segment(new, i)); i++)
		if (le16_to_cpu(s->kind) == MRB_SEG_MODULE && !has_capability(s->target))
			return mrb_refuse(err, -EOPNOTSUPP,
					  "the image updates module %s, which the device does not have",
					  s->target);
	return 0;
}

static int check_running(const struct mrb_image *new, const struct model_fit *fit,
			 struct mrb_error *err)
{
	struct mrb_image old = model_parsed(fit->running);

	if (check_version(old.header, new->header, err) || check_lost(&old, new, err) ||
	    check_states(&old, new, err))
		return err->code;
	return check_modules(new, err);
}

/**
 * model_check_fit() - compare an image with a device and what runs on it
 * @mrb: the image
 * @fit: the rest
 * @err: set on failure
 *
 * Return: 0, or the code in @err.
 */
int model_check_fit(const struct mrb_image *mrb, const struct model_fit *fit,
		    struct mrb_error *err)
{
	const struct mrb_header *h = mrb->header;
	u32 security = le32_to_cpu(h->security_version);

	if (strcmp(h->device_type, fit->type))
		return mrb_refuse(err, -EINVAL,
				  "the image is for type %s, and the device is of type %s",
				  h->device_type, fit->type);
	if (check_place(mrb, fit, err))
		return err->code;
	if (security < fit->floor)
		return mrb_refuse(err, -EPERM,
				  "security version %u is below %u, which has run on the device; nothing overrides that",
				  security, fit->floor);
	if (fit->is_rom && check_rom(mrb, fit, err))
		return err->code;
	if (check_required(mrb, err))
		return err->code;
	return fit->running ? check_running(mrb, fit, err) : 0;
}
