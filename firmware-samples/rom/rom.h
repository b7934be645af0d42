/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef ROM_H
#define ROM_H

#include "hw.h"

/* Major << 16 | minor; a boot block says another one. */
#ifndef ROM_VERSION
#define ROM_VERSION	0x00010000u
#endif
#define ROM_STACK_BYTES	0x1000u			/* top of scratch memory */
#define ROM_REPEAT	(5u * HBA_TIMER_HZ)	/* between two image requests */

/* Bits of the self-test's result in HBA_EVT_IMAGE_REQUEST. */
#define TEST_SCRATCH	(1u << 0)
#define TEST_RAM	(1u << 1)
#define TEST_TIMER	(1u << 2)
#define TEST_FLASH	(1u << 3)
#define TEST_PLA	(1u << 4)
#define TEST_TRAP	(1u << 31)		/* the test did not end */

void rom_main(void);
void rom_trapped(u32 cause, u32 pc, u32 value);

/* selftest.c */
u32 selftest(void);

#endif /* ROM_H */
