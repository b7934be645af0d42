// SPDX-License-Identifier: GPL-2.0-only
/* Where the old image calls: struct boot is set up or found again here. */
#include "bootstrap.h"

/* The host may ask at any time; looked at between two slices of work. */
bool boot_cancelled(const struct boot *b)
{
	volatile __le32 *command = &b->ho->command;

	return *command == CODESWAP_HO_CMD_CANCEL;
}

bool boot_goes_back(const struct boot *b)
{
	return b->new->release < b->old->release;
}

/*
 * Does the way from the old release to the new one, in whichever direction,
 * lead past @release? Several releases ahead is no special case then: each
 * change is made once.
 */
bool boot_crosses(const struct boot *b, u32 release)
{
	u32 low = boot_goes_back(b) ? b->new->release : b->old->release;
	u32 high = boot_goes_back(b) ? b->old->release : b->new->release;

	return low < release && release <= high;
}

/* Private memory until the update is over; NULL if there is not so much. */
void *boot_workspace(struct boot *b, u32 bytes)
{
	u32 at = b->workspace_used;
	u32 rounded = (bytes + 7) & ~7u;

	if (rounded < bytes || rounded > b->ho->workspace_size - at)
		return NULL;
	b->workspace_used = at + rounded;
	return device_ptr(b->ho->workspace + at);
}

static u32 begin(struct boot *b, struct codeswap_handover *ho)
{
	u32 hart;

	b->ho = ho;
	b->old = device_ptr(ho->old_image);
	b->new = device_ptr(ho->new_image);
	b->old_dir = device_ptr(ho->old_state);
	b->workspace_used = (sizeof(*b) + 7) & ~7u;
	b->num_ranges = 0;
	b->num_modules = 0;
	b->from = NULL;
	b->quiet = false;
	for (hart = 0; hart < HBA_MAX_HARTS; hart++)
		b->parked[hart] = 0;
	return boot_reconcile(b);
}

u32 bootstrap_entry(struct codeswap_handover *ho, u32 op)
{
	struct boot *b = device_ptr(ho->workspace);

	if (ho->workspace_size < sizeof(*b))
		return CODESWAP_VERDICT_REFUSED;
	if (op == CODESWAP_BOOT_RECONCILE)
		return begin(b, ho);
	if (b->magic != BOOT_MAGIC)
		return CODESWAP_VERDICT_REFUSED;
	if (op == CODESWAP_BOOT_SYNC)
		return boot_sync(b);
	if (op == CODESWAP_BOOT_PARK)
		return boot_park_hart(b);
	if (op == CODESWAP_BOOT_UNDO)
		return boot_undo(b);
	return CODESWAP_VERDICT_REFUSED;
}
