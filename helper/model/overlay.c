// SPDX-License-Identifier: GPL-2.0-only
/*
 * Running memory: what a swap has to copy there, what a rollback will need of
 * what it destroys, and both ways of copying. Text that is the same in both
 * images is not touched; kmod/extents.c and overlay.c are the same for the kernel.
 */
#include <stdlib.h>

#include "parser.h"

/* Text is compared in blocks. */
#define BLOCK	256u

static bool add(struct model_extents *e, uint32_t address, uint32_t size,
		const uint8_t *bytes)
{
	struct model_extent *last = e->num ? &e->array[e->num - 1] : NULL;
	unsigned int room = e->room ? 2 * e->room : 16;
	struct model_extent *larger;

	if (last && last->address + last->size == address &&
	    (!bytes || last->bytes + last->size == bytes)) {
		last->size += size;
		return true;
	}
	if (!e->array || e->num == e->room) {
		larger = realloc(e->array, room * sizeof(*larger));
		if (!larger)
			return false;
		e->array = larger;
		e->room = room;
	}
	e->array[e->num++] = (struct model_extent){ address, size, bytes };
	return true;
}

/* Bytes of an image that belong together: a segment or, of text, a block of it. */
struct span {
	uint32_t address;
	uint32_t size;
	uint32_t offset;	/* in the image */
};

static struct span span_of(const struct mrb_segment *s)
{
	return (struct span){
		.address = (u32)le64_to_cpu(s->address),
		.size = (u32)le64_to_cpu(s->file_size),
		.offset = (u32)le64_to_cpu(s->offset),
	};
}

/* What of the block at @address, or behind it, is in the segment. */
static struct span cut(struct span s, uint32_t address)
{
	uint32_t skip = address - s.address;
	uint32_t left = s.size - skip, size = BLOCK - address % BLOCK;

	return (struct span){ address, size < left ? size : left, s.offset + skip };
}

/* The same block of text in the other image; empty if that cuts it differently. */
static struct span counterpart(const struct mrb_image *other, struct span block)
{
	uint32_t at = block.address, begin = at - at % BLOCK;
	const struct mrb_segment *s;
	struct span whole, there;
	unsigned int i;

	for (i = 0; (s = mrb_segment(other, i)); i++) {
		whole = span_of(s);
		if (le16_to_cpu(s->kind) != MRB_SEG_TEXT ||
		    at - whole.address >= whole.size)
			continue;
		there = cut(whole, whole.address > begin ? whole.address : begin);
		if (there.address == at && there.size == block.size)
			return there;
	}
	return (struct span){ 0 };
}

static const uint8_t *memory_at(const struct model_overlay *o, uint32_t address)
{
	return o->memory + (address - o->base);
}

static bool is_same(const struct model_overlay *o, struct span block, const uint8_t *new)
{
	return !memcmp(memory_at(o, block.address), new, block.size);
}

/* ---- planning: the old image runs, and its text does not change -------------- */

static bool plan_new_text(struct model_overlay *o, const struct mrb_image *old,
			  struct span s, const uint8_t *data)
{
	uint32_t at = s.address;
	struct model_extents *to;
	struct span block;

	for (; at - s.address < s.size; at += block.size) {
		block = cut(s, at);
		to = counterpart(old, block).size && is_same(o, block, data + block.offset) ?
		     &o->same : &o->copied;
		if (!add(to, at, block.size, data + block.offset))
			return false;
	}
	return true;
}

static bool plan_old_text(struct model_overlay *o, const struct mrb_image *new,
			  struct span s, const uint8_t *data)
{
	uint32_t at = s.address;
	struct span block, there;

	for (; at - s.address < s.size; at += block.size) {
		block = cut(s, at);
		there = counterpart(new, block);
		if (there.size && is_same(o, block, data + there.offset))
			continue;
		if (!add(&o->text, at, block.size, NULL))
			return false;
	}
	return true;
}

static bool plan_new(struct model_overlay *o, const struct model_staging *staging,
		     const struct mrb_image *old, const struct mrb_image *new)
{
	const struct mrb_segment *s;
	bool good = true;
	unsigned int i;
	struct span d;

	for (i = 0; good && (s = mrb_segment(new, i)); i++)
		if (le16_to_cpu(s->kind) == MRB_SEG_TEXT)
			good = plan_new_text(o, old, span_of(s), staging->image->data);
	for (i = 0; good && (s = mrb_segment(new, i)); i++) {
		if (le16_to_cpu(s->kind) != MRB_SEG_DATA)
			continue;
		d = span_of(s);
		good = add(&o->copied, d.address, d.size, staging->work + staging->data_at[i]);
	}
	return good;
}

static bool plan_old(struct model_overlay *o, const struct model_staging *staging,
		     const struct mrb_image *old, const struct mrb_image *new)
{
	const struct mrb_segment *s;
	bool good = true;
	unsigned int i;
	struct span d;

	for (i = 0; good && (s = mrb_segment(old, i)); i++) {
		d = span_of(s);
		if (le16_to_cpu(s->kind) == MRB_SEG_TEXT)
			good = plan_old_text(o, new, d, staging->image->data);
		if (le16_to_cpu(s->kind) == MRB_SEG_DATA)
			good = add(&o->data, d.address, d.size, NULL);
	}
	return good;
}

static size_t bytes_of(const struct model_extents *e)
{
	size_t bytes = 0;
	unsigned int i;

	for (i = 0; i < e->num; i++)
		bytes += e->array[i].size;
	return bytes;
}

/* Where its bytes are going to be kept. Returns the end of that. */
static uint8_t *assign(struct model_extents *e, uint8_t *room)
{
	unsigned int i;

	for (i = 0; i < e->num; i++) {
		e->array[i].bytes = room;
		room += e->array[i].size;
	}
	return room;
}

static void keep(const struct model_overlay *o, const struct model_extents *e)
{
	const struct model_extent *x;

	for (x = e->array; x < e->array + e->num; x++)
		memcpy((uint8_t *)x->bytes, memory_at(o, x->address), x->size);
}

/**
 * model_overlay_plan() - find what is to be copied, and keep aside what that destroys
 * @o: @memory, @base and @old are set, the rest is zero; to be released with
 *	model_overlay_free() whatever this returns
 * @staging: of the new image
 *
 * Return: false if there is no memory.
 */
bool model_overlay_plan(struct model_overlay *o, const struct model_staging *staging)
{
	struct mrb_image old = model_parsed(o->old);
	struct mrb_image new = model_parsed(staging->image->firmware.tables);

	if (!plan_new(o, staging, &old, &new) || !plan_old(o, staging, &old, &new))
		return false;
	o->kept_bytes = malloc(bytes_of(&o->text) + bytes_of(&o->data) + 1);
	if (!o->kept_bytes)
		return false;
	assign(&o->data, assign(&o->text, o->kept_bytes));
	keep(o, &o->text);
	return true;
}

void model_overlay_free(struct model_overlay *o)
{
	free(o->same.array);
	free(o->copied.array);
	free(o->text.array);
	free(o->data.array);
	free(o->kept_bytes);
	memset(o, 0, sizeof(*o));
}

/* ---- doing it: the harts are parked, or about to be started anew ------------- */

static void copy(struct model_overlay *o, const struct model_extents *e)
{
	const struct model_extent *x;

	for (x = e->array; x < e->array + e->num; x++)
		memcpy(o->memory + (x->address - o->base), x->bytes, x->size);
}

/* The device is parked: its data does not change any more. */
void model_overlay_keep_data(struct model_overlay *o)
{
	keep(o, &o->data);
	o->has_data = true;
}

/* The point of no return. */
void model_overlay_copy(struct model_overlay *o)
{
	copy(o, &o->copied);
}

/**
 * model_overlay_verify() - compare what was copied with what it was copied from
 * @o: copied
 * @why: set if they differ
 * @size: of @why
 *
 * Return: true if they are the same.
 */
bool model_overlay_verify(const struct model_overlay *o, char *why, size_t size)
{
	const struct model_extents *e = &o->copied;
	const struct model_extent *x;

	for (x = e->array; x < e->array + e->num; x++) {
		if (!memcmp(memory_at(o, x->address), x->bytes, x->size))
			continue;
		snprintf(why, size,
			 "running memory, %u bytes at 0x%x, is not what was copied there",
			 x->size, x->address);
		return false;
	}
	return true;
}

static bool has_digests(const struct model_overlay *o, char *why, size_t size)
{
	struct mrb_image old = model_parsed(o->old);
	const struct mrb_segment *s;
	u8 digest[MRB_DIGEST_LEN];
	unsigned int i;
	struct span d;

	for (i = 0; (s = mrb_segment(&old, i)); i++) {
		if (le16_to_cpu(s->kind) != MRB_SEG_TEXT)
			continue;
		d = span_of(s);
		model_sha256(memory_at(o, d.address), d.size, digest);
		if (!memcmp(digest, s->digest, sizeof(digest)))
			continue;
		snprintf(why, size,
			 "text of the old image, %u bytes at 0x%x, has another digest than its header says",
			 d.size, d.address);
		return false;
	}
	return true;
}

/**
 * model_overlay_put_back() - the old image's text and data as they were
 * @o: planned, and copied or not
 * @why: set on failure
 * @size: of @why
 *
 * What was not overlaid should be as it was, but an image that ran wild asks
 * nobody. The same bytes are in the staged image.
 *
 * Return: false if its text cannot be put right.
 */
bool model_overlay_put_back(struct model_overlay *o, char *why, size_t size)
{
	copy(o, &o->text);
	if (o->has_data)
		copy(o, &o->data);
	if (has_digests(o, why, size))
		return true;
	copy(o, &o->same);
	return has_digests(o, why, size);
}
