// SPDX-License-Identifier: GPL-2.0-only
/*
 * Running memory: keep aside what an overlay would destroy, overlay, compare
 * with what it was made from, put back.
 */
#include <linux/mm.h>
#include <linux/slab.h>

#include "update.h"

#define COMPARE_STEP	(64U << 10)

static int keep_segment(struct csw_swap *swap, const struct mrb_segment *s)
{
	struct csw_kept *kept = &swap->kept[swap->num_kept];

	kept->address = le64_to_cpu(s->address);
	kept->len = le64_to_cpu(s->file_size);
	kept->buf = kvmalloc(kept->len, GFP_KERNEL);
	if (!kept->buf)
		return -ENOMEM;
	swap->num_kept++;
	return 0;
}

static int read_kept(struct csw_swap *swap, struct csw_kept *kept)
{
	return swap->ops->read(swap->cdev, kept->address, kept->buf, kept->len);
}

/**
 * csw_keep_text() - keep the old image's text aside, and make room for its data
 * @swap: update; the old image runs, and its text does not change
 *
 * Text comes first in @swap->kept, data after it: csw_keep_data() has only to
 * read.
 *
 * Return: 0 or a negative errno.
 */
int csw_keep_text(struct csw_swap *swap)
{
	static const u16 kinds[] = { MRB_SEG_TEXT, MRB_SEG_DATA };
	const struct mrb_segment *s;
	unsigned int i, k;
	int ret;

	for (k = 0; k < ARRAY_SIZE(kinds); k++) {
		for (i = 0; (s = mrb_segment(&swap->old->image, i)); i++) {
			if (le16_to_cpu(s->kind) != kinds[k])
				continue;
			ret = keep_segment(swap, s);
			if (!ret)
				ret = read_kept(swap, &swap->kept[swap->num_kept - 1]);
			if (ret)
				return ret;
		}
	}
	return 0;
}

static bool is_data(const struct csw_swap *swap, const struct csw_kept *kept)
{
	const struct mrb_segment *s;
	unsigned int i;

	for (i = 0; (s = mrb_segment(&swap->old->image, i)); i++)
		if (le64_to_cpu(s->address) == kept->address &&
		    le16_to_cpu(s->kind) == MRB_SEG_DATA)
			return true;
	return false;
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
	unsigned int i;
	int ret = 0;

	for (i = 0; i < swap->num_kept && !ret; i++)
		if (is_data(swap, &swap->kept[i]))
			ret = read_kept(swap, &swap->kept[i]);
	return ret;
}

void csw_kept_free(struct csw_swap *swap)
{
	while (swap->num_kept)
		kvfree(swap->kept[--swap->num_kept].buf);
}

/* Where a segment of the new image lies now: for the device, and for us. */
static void find_staged(struct csw_swap *swap, unsigned int i,
			const struct mrb_segment *s, u64 *address,
			struct csw_mem **mem, size_t *offset)
{
	if (swap->work_mem && le16_to_cpu(s->kind) == MRB_SEG_DATA) {
		*address = swap->work.address + swap->data_at[i];
		*mem = swap->work_mem;
		*offset = swap->data_at[i];
		return;
	}
	*address = swap->image.address + le64_to_cpu(s->offset);
	*mem = csw_update_stage(swap->update)->mem;
	*offset = le64_to_cpu(s->offset);
}

static bool is_overlaid(const struct mrb_segment *s)
{
	u16 kind = le16_to_cpu(s->kind);

	return (kind == MRB_SEG_TEXT || kind == MRB_SEG_DATA) && s->file_size;
}

/**
 * csw_overlay() - copy text and data of the new image to where they run
 * @swap: update; the device is parked or in its boot ROM
 *
 * Return: 0 or a negative errno; then running memory is in no known state.
 */
int csw_overlay(struct csw_swap *swap)
{
	const struct mrb_segment *s;
	struct csw_mem *mem;
	size_t offset;
	unsigned int i;
	u64 address;
	int ret = 0;

	for (i = 0; !ret && (s = mrb_segment(&swap->new->image, i)); i++) {
		if (!is_overlaid(s))
			continue;
		find_staged(swap, i, s, &address, &mem, &offset);
		ret = swap->ops->overlay(swap->cdev, le64_to_cpu(s->address),
					 address, le64_to_cpu(s->file_size));
	}
	return ret;
}

static int compare(struct csw_swap *swap, u64 address, const void *with,
		   size_t len, void *buf)
{
	int ret = swap->ops->read(swap->cdev, address, buf, len);
	size_t i;

	if (ret || !memcmp(buf, with, len))
		return ret;
	for (i = 0; ((u8 *)buf)[i] == ((const u8 *)with)[i]; i++)
		;
	return csw_error(&swap->error, CODESWAP_REASON_VERIFY, -EIO,
			 "running memory at 0x%llx is 0x%02x after the overlay, and should be 0x%02x",
			 address + i, ((u8 *)buf)[i], ((const u8 *)with)[i]);
}

static int verify_segment(struct csw_swap *swap, unsigned int index,
			  const struct mrb_segment *s, void *buf)
{
	u64 address = le64_to_cpu(s->address), staged;
	size_t left = le64_to_cpu(s->file_size), offset, n;
	struct csw_mem *mem;
	void *p;
	int ret = 0;

	find_staged(swap, index, s, &staged, &mem, &offset);
	for (; left && !ret; address += n, offset += n, left -= n) {
		p = csw_mem_at(mem, offset, &n);
		n = min3(n, left, (size_t)COMPARE_STEP);
		ret = compare(swap, address, p, n, buf);
	}
	return ret;
}

/**
 * csw_verify() - compare running memory with what is staged
 * @swap: update, overlaid
 *
 * Return: 0, or a negative errno with @swap->error set if they differ.
 */
int csw_verify(struct csw_swap *swap)
{
	void *buf = kvmalloc(COMPARE_STEP, GFP_KERNEL);
	const struct mrb_segment *s;
	unsigned int i;
	int ret = 0;

	if (!buf)
		return -ENOMEM;
	if (swap->work_mem)
		csw_map_for_cpu(&swap->work);
	for (i = 0; !ret && (s = mrb_segment(&swap->new->image, i)); i++)
		if (is_overlaid(s))
			ret = verify_segment(swap, i, s, buf);
	kvfree(buf);
	return ret;
}

static int put_back(struct csw_swap *swap, const struct csw_kept *kept, void *buf)
{
	size_t done, n;
	int ret;

	ret = swap->ops->write(swap->cdev, kept->address, kept->buf, kept->len);
	for (done = 0; !ret && done < kept->len; done += n) {
		n = min_t(size_t, kept->len - done, COMPARE_STEP);
		ret = compare(swap, kept->address + done, kept->buf + done, n, buf);
	}
	return ret;
}

/**
 * csw_put_back() - put the old image's text and data back, and look at it
 * @swap: update; the device is parked or stuck
 *
 * Return: 0 or a negative errno.
 */
int csw_put_back(struct csw_swap *swap)
{
	void *buf = kvmalloc(COMPARE_STEP, GFP_KERNEL);
	unsigned int i;
	int ret = 0;

	if (!buf)
		return -ENOMEM;
	for (i = 0; i < swap->num_kept && !ret; i++)
		ret = put_back(swap, &swap->kept[i], buf);
	kvfree(buf);
	return ret;
}
