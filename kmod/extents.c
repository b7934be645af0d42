// SPDX-License-Identifier: GPL-2.0-only
/*
 * What an overlay has to copy, and what a rollback will need: both follow from
 * the parts of text that are the same in running memory and in the new image.
 *
 *	copied = text of the new image - what is the same + data of the new image
 *	kept   = text of the old image - what is the same + data of the old image
 *
 * All of it is found while the old image serves I/O: its text does not change.
 */
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/sort.h>

#include "update.h"

/* Memory is compared in lines, and a run of fewer equal bytes is copied as well. */
#define LINE		64U
#define SHORT_RUN	(8 * LINE)
#define STEP		(64U << 10)

static int make_room(struct csw_ranges *r)
{
	unsigned int room = max(2 * r->room, 16U);
	struct codeswap_extent *larger;

	if (r->num < r->room)
		return 0;
	larger = kvmalloc_array(room, sizeof(*larger), GFP_KERNEL);
	if (!larger)
		return -ENOMEM;
	if (r->num)
		memcpy(larger, r->array, r->num * sizeof(*larger));
	kvfree(r->array);
	r->array = larger;
	r->room = room;
	return 0;
}

static int ranges_add(struct csw_ranges *r, u64 address, u64 staged, u64 len)
{
	struct codeswap_extent *last = r->num ? &r->array[r->num - 1] : NULL;
	int ret;

	if (last && last->address + last->len == address &&
	    last->staged + last->len == staged) {
		last->len += len;
		return 0;
	}
	ret = make_room(r);
	if (!ret)
		r->array[r->num++] = (struct codeswap_extent){
			.address = address, .staged = staged, .len = len,
		};
	return ret;
}

void csw_ranges_free(struct csw_ranges *r)
{
	kvfree(r->array);
	memset(r, 0, sizeof(*r));
}

u64 csw_ranges_bytes(const struct csw_ranges *r)
{
	u64 bytes = 0;
	unsigned int i;

	for (i = 0; i < r->num; i++)
		bytes += r->array[i].len;
	return bytes;
}

static int by_address(const void *a, const void *b)
{
	const struct codeswap_extent *x = a, *y = b;

	return x->address < y->address ? -1 : x->address > y->address;
}

/* Drops runs that are too short to be worth an extent more. */
static void drop_short(struct csw_ranges *r, unsigned int from)
{
	unsigned int i, n = from;

	for (i = from; i < r->num; i++)
		if (r->array[i].len >= SHORT_RUN)
			r->array[n++] = r->array[i];
	r->num = n;
}

/* Adds to @same the lines that are equal in @a, at @address, and @b. */
static int compare_piece(struct csw_ranges *same, u64 address, u64 staged,
			 const u8 *a, const u8 *b, size_t len)
{
	size_t at, n;
	int ret = 0;

	for (at = 0; at < len && !ret; at += n) {
		n = min_t(size_t, LINE - ((address + at) & (LINE - 1)), len - at);
		if (!memcmp(a + at, b + at, n))
			ret = ranges_add(same, address + at, staged + at, n);
	}
	return ret;
}

/**
 * struct comparing - new text against running memory
 * @cdev: device, its op_lock held
 * @mem: the new image
 * @staged: where the device sees it
 * @same: what is equal
 * @buf: STEP bytes
 */
struct comparing {
	struct codeswap_device *cdev;
	const struct csw_mem *mem;
	u64 staged;
	struct csw_ranges *same;
	void *buf;
};

static int compare_text(struct comparing *c, u64 address, size_t offset, u64 len)
{
	unsigned int from = c->same->num;
	size_t n;
	void *p;
	int ret = 0;

	for (; len && !ret; address += n, offset += n, len -= n) {
		p = csw_mem_at(c->mem, offset, &n);
		n = min3(n, (size_t)len, (size_t)STEP);
		ret = c->cdev->desc->ops->read(c->cdev, address, c->buf, n);
		if (!ret)
			ret = compare_piece(c->same, address,
					    c->staged + offset, c->buf, p, n);
		cond_resched();
	}
	drop_short(c->same, from);
	return ret;
}

/* Where an old and a new text overlap, they can be equal. */
static int compare_segments(struct comparing *c, const struct mrb_segment *old,
			    const struct mrb_segment *new)
{
	u64 a = le64_to_cpu(old->address), b = le64_to_cpu(new->address);
	u64 begin = max(a, b);
	u64 end = min(a + le64_to_cpu(old->file_size),
		      b + le64_to_cpu(new->file_size));

	if (le16_to_cpu(old->kind) != MRB_SEG_TEXT ||
	    le16_to_cpu(new->kind) != MRB_SEG_TEXT || begin >= end)
		return 0;
	return compare_text(c, begin, le64_to_cpu(new->offset) + (begin - b),
			    end - begin);
}

/**
 * csw_find_same() - find text that an update need not touch
 * @cdev: device, its op_lock held, running @old
 * @old: image that runs
 * @new: image that is to run
 * @mem: its bytes
 * @staged: where the device sees them, or 0
 * @same: empty; set, in order of addresses
 *
 * Compares with running memory itself: what has been damaged there is not the
 * same, and is overlaid.
 *
 * Return: 0 or a negative errno; csw_ranges_free() is right after either.
 */
int csw_find_same(struct codeswap_device *cdev, const struct mrb_image *old,
		  const struct mrb_image *new, const struct csw_mem *mem,
		  u64 staged, struct csw_ranges *same)
{
	struct comparing c = {
		.cdev = cdev,
		.mem = mem,
		.staged = staged,
		.same = same,
	};
	const struct mrb_segment *o, *n;
	unsigned int i, k;
	int ret = 0;

	lockdep_assert_held(&cdev->op_lock);
	c.buf = kvmalloc(STEP, GFP_KERNEL);
	if (!c.buf)
		return -ENOMEM;
	for (i = 0; !ret && (o = mrb_segment(old, i)); i++)
		for (k = 0; !ret && (n = mrb_segment(new, k)); k++)
			ret = compare_segments(&c, o, n);
	kvfree(c.buf);
	sort(same->array, same->num, sizeof(*same->array), by_address, NULL);
	return ret;
}

/**
 * csw_add_rest() - find what of a segment an update does touch
 * @to: added to, in order of addresses
 * @s: segment of the old image or of the new one
 * @staged: device address of its first byte in staging memory; 0 if that does
 *	not matter
 * @same: by csw_find_same(), or empty
 *
 * Return: 0 or -ENOMEM.
 */
int csw_add_rest(struct csw_ranges *to, const struct mrb_segment *s, u64 staged,
		 const struct csw_ranges *same)
{
	u64 begin = le64_to_cpu(s->address), at = begin;
	u64 end = begin + le64_to_cpu(s->file_size);
	const struct codeswap_extent *r;
	unsigned int i;
	int ret = 0;

	for (i = 0; i < same->num && at < end && !ret; i++) {
		r = &same->array[i];
		if (r->address + r->len <= at || r->address >= end)
			continue;
		if (r->address > at)
			ret = ranges_add(to, at, staged + (at - begin),
					 r->address - at);
		at = r->address + r->len;
	}
	if (at < end && !ret)
		ret = ranges_add(to, at, staged + (at - begin), end - at);
	return ret;
}
