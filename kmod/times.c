// SPDX-License-Identifier: GPL-2.0-only
/*
 * Blackouts: those that a device has had, and the one that is to be expected.
 */
#include <linux/math64.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/sort.h>

#include "csw.h"

/* As many as a percentile is taken of. */
#define KEPT	1024U

/**
 * struct csw_times - the last blackouts of a device; under its lock
 * @num: valid entries
 * @next: to be overwritten
 * @blackout: nanoseconds
 * @rest: nanoseconds of each that were not spent copying and comparing
 * @copy_ns: those that were, of the last one
 * @copy_bytes: bytes that it copied
 */
struct csw_times {
	unsigned int num;
	unsigned int next;
	u64 copy_ns;
	u64 copy_bytes;
	u64 blackout[KEPT];
	u64 rest[KEPT];
};

int csw_times_init(struct codeswap_device *cdev)
{
	cdev->times = kvzalloc(sizeof(*cdev->times), GFP_KERNEL);
	return cdev->times ? 0 : -ENOMEM;
}

void csw_times_exit(struct codeswap_device *cdev)
{
	kvfree(cdev->times);
}

/**
 * csw_times_note() - a swap has succeeded
 * @cdev: device
 * @blackout_ns: from the order to quiesce to the new image's first word
 * @copy_ns: of these, for overlay and verification
 * @copy_bytes: bytes overlaid
 */
void csw_times_note(struct codeswap_device *cdev, u64 blackout_ns, u64 copy_ns,
		    u64 copy_bytes)
{
	struct csw_times *t = cdev->times;

	mutex_lock(&cdev->lock);
	t->blackout[t->next] = blackout_ns;
	t->rest[t->next] = blackout_ns - min(copy_ns, blackout_ns);
	t->copy_ns = copy_ns;
	t->copy_bytes = copy_bytes;
	t->next = (t->next + 1) % KEPT;
	t->num = max(t->num, t->next ?: KEPT);
	mutex_unlock(&cdev->lock);
}

static int by_value(const void *a, const void *b)
{
	u64 x = *(const u64 *)a, y = *(const u64 *)b;

	return x < y ? -1 : x > y;
}

/* A sorted copy of what @from holds, to be freed; %NULL without memory. */
static u64 *sorted(struct codeswap_device *cdev, const u64 *from,
		   unsigned int *num)
{
	u64 *copy = kvmalloc_array(KEPT, sizeof(*copy), GFP_KERNEL);

	if (!copy)
		return NULL;
	mutex_lock(&cdev->lock);
	*num = cdev->times->num;
	memcpy(copy, from, *num * sizeof(*copy));
	mutex_unlock(&cdev->lock);
	sort(copy, *num, sizeof(*copy), by_value, NULL);
	return copy;
}

/**
 * csw_times_get() - what the last swaps have cost
 * @cdev: device
 * @s: set; all zero if there has been none, or no memory to sort them
 *
 * Context: process; takes @cdev->lock.
 */
void csw_times_get(struct codeswap_device *cdev, struct csw_blackouts *s)
{
	u64 *ns;

	memset(s, 0, sizeof(*s));
	ns = sorted(cdev, cdev->times->blackout, &s->num);
	if (ns && s->num) {
		s->min_ns = ns[0];
		s->median_ns = ns[(s->num - 1) / 2];
		/* Nearest rank: no more than one in a hundred lies above it. */
		s->p99_ns = ns[DIV_ROUND_UP(s->num * 99, 100) - 1];
		s->max_ns = ns[s->num - 1];
	}
	kvfree(ns);
}

/**
 * csw_times_predict() - the blackout to be expected
 * @cdev: device
 * @bytes: that will be overlaid
 * @declared_us: by the new image
 *
 * What does not depend on the image is taken as the median of the past, and
 * copying as fast as the last time. Before there is a past, the worst case
 * that the author declared is all that is known.
 *
 * Context: process; takes @cdev->lock.
 * Return: nanoseconds.
 */
u64 csw_times_predict(struct codeswap_device *cdev, u64 bytes, u32 declared_us)
{
	u64 predicted = (u64)declared_us * NSEC_PER_USEC;
	unsigned int num = 0;
	u64 *rest;

	rest = sorted(cdev, cdev->times->rest, &num);
	if (rest && num) {
		mutex_lock(&cdev->lock);
		predicted = rest[(num - 1) / 2] +
			    mul_u64_u64_div_u64(bytes, cdev->times->copy_ns,
						max(cdev->times->copy_bytes, 1ULL));
		mutex_unlock(&cdev->lock);
	}
	kvfree(rest);
	return predicted;
}
