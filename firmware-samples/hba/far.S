/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * With FW_BIG: a second block of text, 2 MiB of constants with a function
 * behind them, and a second block of data, which that function reads. Both
 * lie away from the first ones, so that they are segments of their own, and
 * the image is larger than any one piece of staging memory.
 */
#include "far.h"

#ifdef FW_BIG
	.section .far.text, "ax"
	.set	word, 1
	.rept	FAR_TABLE_WORDS
	.set	word, (word * 1664525 + 1013904223) & 0xffffffff
	.word	word
	.endr

	/* u32 far_sum(void) - of all words of the second data block */
	.globl	far_sum
far_sum:
	lla	t0, far_data
	lla	t1, far_data_end
	li	a0, 0
1:	lw	t2, 0(t0)
	add	a0, a0, t2
	addi	t0, t0, 4
	bltu	t0, t1, 1b
	ret

	.section .far.data, "aw"
far_data:
	.rept	FAR_DATA_WORDS
	.word	FAR_DATA_WORD
	.endr
far_data_end:
#endif
