// SPDX-License-Identifier: GPL-2.0-only
/*
 * The bootstrap of a boot block. Every image has one, and this is called if
 * somebody takes a boot block for an image that can be swapped: there is
 * nothing live in it, so it refuses, and has nothing to take back.
 */
#include "hw.h"
#include <linux/codeswap_handover.h>

u32 bootstrap_entry(struct codeswap_handover *ho, u32 op)
{
	const char *reason = "a boot block is not swapped; a reset starts it";
	u32 i;

	for (i = 0; i < sizeof(ho->reason) - 1 && reason[i]; i++)
		ho->reason[i] = reason[i];
	ho->reason[i] = 0;
	return CODESWAP_VERDICT_REFUSED;
}
