/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * With FW_BIG: a second block of text, 2 MiB of constants with a function
 * behind them, and a second block of data, which that function reads. Both
 * lie away from the first ones, so that they are segments of their own, and
 * the image is larger than any one piece of staging memory. FW_PATCHED: 4 KiB
 * of the constants are others, and that is all that is.
 */
#include "far.h"

#ifdef FW_BIG
	.section .far.text, "ax"
	.set	word, 1
	.macro	constants words, flip
	.rept	\words
	.set	word, (word * 1664525 + 1013904223) & 0xffffffff
	.word	word ^ \flip
	.endr
	.endm
	constants FAR_TABLE_WORDS / 2, 0
	constants FAR_PATCH_WORDS, FAR_PATCH
	constants FAR_TABLE_WORDS / 2 - FAR_PATCH_WORDS, 0

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

/* For make bench: a file's bytes, so that the image has the size wanted. */
#ifdef FW_BALLAST
	.section .far.text, "ax"
	.incbin	FW_BALLAST
#endif
