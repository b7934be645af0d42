// SPDX-License-Identifier: GPL-2.0-only
/*
 * Free gaps of running memory. Taken are both images and everything that the
 * old directory names: with that untouched, a rollback is exact. Gaps are
 * given away from the top, so that images can grow at the bottom.
 */
#include "bootstrap.h"

#define ALIGNMENT	64u

static bool overlaps(const struct boot_range *r, u32 start, u32 end)
{
	return r->start < end && start < r->end;
}

static bool add_range(struct boot *b, u64 start, u64 bytes)
{
	struct boot_range *r = &b->ranges[b->num_ranges];

	if (!bytes)
		return true;
	if (b->num_ranges == BOOT_RANGES) {
		struct text reason = refuse_begin(b);

		text_add(&reason, "more than ");
		text_add_number(&reason, BOOT_RANGES);
		text_add(&reason, " pieces of running memory are in use; reset the device instead");
		return false;
	}
	b->num_ranges++;
	r->start = start;
	r->end = start + bytes;
	return true;
}

/* What the running image needs must not lie where this one will be. */
static bool add_old(struct boot *b, u64 start, u64 bytes)
{
	u32 base = b->ho->new_base;
	struct boot_range new = { base, base + (u32)b->new->memory_size };
	struct text reason;

	if (!overlaps(&new, start, start + bytes))
		return add_range(b, start, bytes);
	reason = refuse_begin(b);
	text_add(&reason, "live state at ");
	text_add_hex(&reason, start);
	text_add(&reason, " lies inside the new image's memory, which ends at ");
	text_add_hex(&reason, new.end);
	return false;
}

static bool add_tables(struct boot *b)
{
	const volatile struct codeswap_state *state = b->old_dir->states;
	u32 i;

	for (i = 0; i < b->old_dir->count; i++, state++)
		if (!add_old(b, state->address,
			     (u64)state->entry_size * state->capacity))
			return false;
	return true;
}

bool memory_init(struct boot *b)
{
	return add_range(b, b->ho->old_base, b->old->memory_size) &&
	       add_range(b, b->ho->new_base, b->new->memory_size) &&
	       add_old(b, (u32)b->old_dir, sizeof(*b->old_dir)) &&
	       add_old(b, b->old_dir->journal, b->old_dir->journal_capacity *
		       sizeof(struct codeswap_change)) &&
	       add_tables(b);
}

static const struct boot_range *in_the_way(struct boot *b, u32 start, u32 end)
{
	u32 i;

	for (i = 0; i < b->num_ranges; i++)
		if (overlaps(&b->ranges[i], start, end))
			return &b->ranges[i];
	return NULL;
}

/* Returns 0, with the reason said, if no gap is large enough. */
u32 memory_take(struct boot *b, u32 bytes)
{
	u32 end = HBA_RAM_BASE + mbox_read(HBA_MBOX_RAM_SIZE);
	const struct boot_range *obstacle;
	struct text reason;
	u32 start;

	while (end - HBA_RAM_BASE >= bytes + ALIGNMENT) {
		start = (end - bytes) & ~(ALIGNMENT - 1);
		obstacle = in_the_way(b, start, end);
		if (!obstacle)
			return add_range(b, start, bytes) ? start : 0;
		end = obstacle->start;
	}
	reason = refuse_begin(b);
	text_add(&reason, "no gap in running memory has ");
	text_add_number(&reason, bytes);
	text_add(&reason,
		 " bytes for the new state; log initiators out and reset, or fit more memory");
	return 0;
}
