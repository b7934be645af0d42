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
 * @summary: what is shown of them; made when one is noted, so that whoever asks
 *	in a blackout does not lengthen it
 * @next: to be overwritten
 * @blackout: nanoseconds
 * @rest: nanoseconds of each that were not spent copying and comparing
 * @rest_median: of these
 * @copy_ns: those that were, of the last one
 * @copy_bytes: bytes that it copied
 * @sorted: room to sort in
 */
struct csw_times {
	struct csw_blackouts summary;
	unsigned int next;
	u64 rest_median;
	u64 copy_ns;
	u64 copy_bytes;
	u64 blackout[KEPT];
	u64 rest[KEPT];
	u64 sorted[KEPT];
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

static int by_value(const void *a, const void *b)
{
	u64 x = *(const u64 *)a, y = *(const u64 *)b;

	return x < y ? -1 : x > y;
}

/* Sorts what there is of @from; returns the one in the middle. */
static u64 sort_and_halve(struct csw_times *t, const u64 *from)
{
	memcpy(t->sorted, from, t->summary.num * sizeof(*from));
	sort(t->sorted, t->summary.num, sizeof(*from), by_value, NULL);
	return t->sorted[(t->summary.num - 1) / 2];
}

static void summarize(struct csw_times *t)
{
	struct csw_blackouts *s = &t->summary;

	t->rest_median = sort_and_halve(t, t->rest);
	s->median_ns = sort_and_halve(t, t->blackout);
	s->min_ns = t->sorted[0];
	/* Nearest rank: no more than one in a hundred lies above it. */
	s->p99_ns = t->sorted[DIV_ROUND_UP(s->num * 99, 100) - 1];
	s->max_ns = t->sorted[s->num - 1];
}

/**
 * csw_times_note() - a swap has succeeded
 * @cdev: device
 * @blackout_ns: from the order to quiesce to the new image's first word
 * @copy_ns: of these, for overlay and verification
 * @copy_bytes: bytes overlaid
 *
 * Context: process, no blackout; takes @cdev->lock.
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
	t->summary.num = max(t->summary.num, t->next ?: KEPT);
	summarize(t);
	mutex_unlock(&cdev->lock);
}

/**
 * csw_times_get() - what the last swaps have cost
 * @cdev: device
 * @s: set; all zero if there has been none
 *
 * Context: process; takes @cdev->lock.
 */
void csw_times_get(struct codeswap_device *cdev, struct csw_blackouts *s)
{
	mutex_lock(&cdev->lock);
	*s = cdev->times->summary;
	mutex_unlock(&cdev->lock);
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
	const struct csw_times *t = cdev->times;
	u64 predicted = (u64)declared_us * NSEC_PER_USEC;

	mutex_lock(&cdev->lock);
	if (t->summary.num)
		predicted = t->rest_median +
			    mul_u64_u64_div_u64(bytes, t->copy_ns,
						max(t->copy_bytes, 1ULL));
	mutex_unlock(&cdev->lock);
	return predicted;
}
