// SPDX-License-Identifier: GPL-2.0-only
/*
 * Running memory: plan an overlay, keep aside what it will destroy, copy,
 * compare with what it was copied from, put back.
 */
#include <linux/mm.h>
#include <linux/slab.h>

#include "update.h"

#define COMPARE_STEP	(16U << 10)

/* Device address of a segment of the new image in staging memory. */
static u64 staged_at(const struct csw_swap *swap, unsigned int i,
		     const struct mrb_segment *s)
{
	if (swap->work_mem && le16_to_cpu(s->kind) == MRB_SEG_DATA)
		return swap->work.address + swap->data_at[i];
	return swap->image.address + le64_to_cpu(s->offset);
}

/**
 * csw_add_segments() - find what of text, or of data, an update does touch
 * @to: added to
 * @image: old or new
 * @kind: MRB_SEG_TEXT or MRB_SEG_DATA
 * @same: by csw_find_same(), or empty
 * @swap: update, mapped, if @image is its new one and is to be copied
 *
 * Return: 0 or -ENOMEM.
 */
int csw_add_segments(struct csw_ranges *to, const struct mrb_image *image,
		     enum mrb_segment_kind kind, const struct csw_ranges *same,
		     const struct csw_swap *swap)
{
	const struct mrb_segment *s;
	unsigned int i;
	int ret = 0;

	for (i = 0; !ret && (s = mrb_segment(image, i)); i++)
		if (le16_to_cpu(s->kind) == kind)
			ret = csw_add_rest(to, s, swap ? staged_at(swap, i, s) : 0,
					   same);
	return ret;
}

static int plan(struct csw_swap *swap)
{
	const struct csw_ranges *same = &swap->same;
	static const struct csw_ranges nothing;
	const struct mrb_image *new = &swap->new->image;
	const struct mrb_image *old = swap->old ? &swap->old->image : NULL;
	int ret;

	ret = csw_add_segments(&swap->copied, new, MRB_SEG_TEXT, same, swap);
	if (!ret)
		ret = csw_add_segments(&swap->copied, new, MRB_SEG_DATA, &nothing, swap);
	if (!ret && old)
		ret = csw_add_segments(&swap->kept, old, MRB_SEG_TEXT, same, NULL);
	swap->kept_text = swap->kept.num;
	if (!ret && old)
		ret = csw_add_segments(&swap->kept, old, MRB_SEG_DATA, &nothing, NULL);
	return ret;
}

/* Is what is to be copied, and what that is expected to cost, allowed? */
static int check_plan(struct csw_swap *swap)
{
	struct codeswap_device *cdev = swap->cdev;
	struct csw_plan plan;
	int ret;

	ret = csw_check_plan(cdev, swap->new, swap->old, &swap->copied,
			     csw_update_params(swap->update), NULL, NULL, &plan,
			     &swap->error);
	mutex_lock(&cdev->lock);
	csw_set_plan(cdev, &plan);
	mutex_unlock(&cdev->lock);
	return ret;
}

/**
 * csw_overlay_plan() - find what is to be copied, and what to be kept for it
 * @swap: update, its image mapped; the old image runs, if there is one
 *
 * Return: 0 or a negative errno, with @swap->error set if the operator does not
 * allow it; csw_overlay_free() is right after either.
 */
int csw_overlay_plan(struct csw_swap *swap)
{
	const struct csw_params *params = csw_update_params(swap->update);
	int ret = 0;

	swap->buf = kvmalloc(COMPARE_STEP, GFP_KERNEL);
	if (!swap->buf)
		return -ENOMEM;
	if (swap->old && params->method == CODESWAP_METHOD_DEFAULT)
		ret = csw_find_same(swap->cdev, &swap->old->image,
				    &swap->new->image,
				    csw_update_stage(swap->update)->mem,
				    swap->image.address, &swap->same);
	return ret ?: plan(swap) ?: check_plan(swap);
}

void csw_overlay_free(struct csw_swap *swap)
{
	csw_ranges_free(&swap->same);
	csw_ranges_free(&swap->copied);
	csw_ranges_free(&swap->kept);
	csw_mem_free(swap->kept_mem);
	swap->kept_mem = NULL;
	kvfree(swap->buf);
	swap->buf = NULL;
}

/* Calls @fn for what is kept, from range @from up to @to, piece by piece. */
typedef int (*kept_fn)(struct csw_swap *swap, u64 address, void *p, size_t len);

static int for_kept(struct csw_swap *swap, unsigned int from, unsigned int to,
		    kept_fn fn)
{
	const struct codeswap_extent *e = swap->kept.array;
	size_t offset = 0, done, n;
	unsigned int i;
	int ret = 0;
	void *p;

	for (i = 0; i < to && !ret; offset += e[i++].len) {
		for (done = 0; i >= from && done < e[i].len && !ret; done += n) {
			p = csw_mem_at(swap->kept_mem, offset + done, &n);
			n = min3(n, e[i].len - done, (size_t)COMPARE_STEP);
			ret = fn(swap, e[i].address + done, p, n);
		}
	}
	return ret;
}

static int read_piece(struct csw_swap *swap, u64 address, void *p, size_t len)
{
	return swap->ops->read(swap->cdev, address, p, len);
}

/**
 * csw_keep_text() - keep the old image's text aside, and make room for its data
 * @swap: update, planned; the old image runs, and its text does not change
 *
 * Return: 0 or a negative errno.
 */
int csw_keep_text(struct csw_swap *swap)
{
	u64 bytes = csw_ranges_bytes(&swap->kept);

	if (!bytes)
		return 0;
	swap->kept_mem = csw_mem_alloc(bytes);
	if (!swap->kept_mem)
		return -ENOMEM;
	return for_kept(swap, 0, swap->kept_text, read_piece);
}

/**
 * csw_keep_data() - snapshot the old image's data
 * @swap: update; the device is parked
 *
 * Live state needs no snapshot: a bootstrap leaves the old tables as they
 * are, and they do not change until the new image has been proved.
 *
 * Return: 0 or a negative errno.
 */
int csw_keep_data(struct csw_swap *swap)
{
	int ret = for_kept(swap, swap->kept_text, swap->kept.num, read_piece);

	swap->kept_data = !ret;
	return ret;
}

/**
 * csw_overlay() - copy the new image's text and data to where they run
 * @swap: update, planned; the device is parked or in its boot ROM
 *
 * Return: 0 or a negative errno; then running memory is in no known state.
 */
int csw_overlay(struct csw_swap *swap)
{
	return swap->ops->overlay(swap->cdev, swap->copied.array,
				  swap->copied.num);
}

static int compare(struct csw_swap *swap, u64 address, const void *with,
		   size_t len)
{
	const u8 *is = swap->buf, *wanted = with;
	int ret = swap->ops->read(swap->cdev, address, swap->buf, len);
	size_t i;

	if (ret || !memcmp(is, wanted, len))
		return ret;
	for (i = 0; is[i] == wanted[i]; i++)
		;
	return csw_error(&swap->error, CODESWAP_REASON_VERIFY, -EIO,
			 "running memory at 0x%llx is 0x%02x after the overlay, and should be 0x%02x",
			 address + i, is[i], wanted[i]);
}

/* Host memory behind an address in staging memory. */
static void *staged_piece(struct csw_swap *swap, u64 staged, size_t *room)
{
	struct csw_mem *image = csw_update_stage(swap->update)->mem;

	if (staged - swap->image.address < csw_mem_size(image))
		return csw_mem_at(image, staged - swap->image.address, room);
	return csw_mem_at(swap->work_mem, staged - swap->work.address, room);
}

static int verify_extent(struct csw_swap *swap, const struct codeswap_extent *e)
{
	size_t done, n;
	int ret = 0;
	void *p;

	for (done = 0; done < e->len && !ret; done += n) {
		p = staged_piece(swap, e->staged + done, &n);
		n = min3(n, e->len - done, (size_t)COMPARE_STEP);
		ret = compare(swap, e->address + done, p, n);
	}
	return ret;
}

/**
 * csw_verify() - compare what was copied with what is staged
 * @swap: update, overlaid
 *
 * Return: 0, or a negative errno with @swap->error set if they differ.
 */
int csw_verify(struct csw_swap *swap)
{
	unsigned int i;
	int ret = 0;

	if (swap->work_mem)
		csw_map_for_cpu(&swap->work);
	for (i = 0; i < swap->copied.num && !ret; i++)
		ret = verify_extent(swap, &swap->copied.array[i]);
	return ret;
}

static int write_piece(struct csw_swap *swap, u64 address, void *p, size_t len)
{
	int ret = swap->ops->write(swap->cdev, address, p, len);

	return ret ?: compare(swap, address, p, len);
}

static int check_text(struct csw_swap *swap)
{
	const struct mrb_segment *s;
	u8 digest[MRB_DIGEST_LEN];
	unsigned int i;
	int ret = 0;

	for (i = 0; !ret && (s = mrb_segment(&swap->old->image, i)); i++) {
		if (le16_to_cpu(s->kind) != MRB_SEG_TEXT)
			continue;
		ret = csw_digest_memory(swap->cdev, le64_to_cpu(s->address),
					le64_to_cpu(s->file_size), digest);
		if (!ret && memcmp(digest, s->digest, sizeof(digest)))
			ret = csw_error(&swap->error, CODESWAP_REASON_VERIFY, -EIO,
					"text of the old image, %llu bytes at 0x%llx, has another digest than its header says",
					le64_to_cpu(s->file_size),
					le64_to_cpu(s->address));
	}
	return ret;
}

/**
 * csw_put_back() - put the old image's text and data back, and look at it
 * @swap: update; the device is parked or stuck
 *
 * What was not overlaid should be as it was, but an image that ran wild asks
 * nobody. The same bytes are in the staged image. Data that was never snapshotted
 * has not been touched, and is the only copy there is.
 *
 * Return: 0 or a negative errno.
 */
int csw_put_back(struct csw_swap *swap)
{
	unsigned int num = swap->kept_data ? swap->kept.num : swap->kept_text;
	int ret = for_kept(swap, 0, num, write_piece);

	if (ret || !check_text(swap))
		return ret;
	ret = swap->ops->overlay(swap->cdev, swap->same.array, swap->same.num);
	return ret ?: check_text(swap);
}
