/* SPDX-License-Identifier: GPL-2.0-only */
/* Numbers for start.S, which cannot read hba_abi.h; harts.c compares them. */
#ifndef FW_START_H
#define FW_START_H

#define START_MSIP		0x02000000	/* of hart 0; 4 bytes on for each */
#define START_STOP		0x1000007c	/* in the bank of hart 0 */
#define START_BANK_SHIFT	8
#define START_STACK_SHIFT	11		/* of an interrupt stack */

#endif /* FW_START_H */
