/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * With FW_BIG: half a MiB in the middle of the bootstrap's code, so that what
 * is before it and what is behind it call each other across pieces of staging
 * memory.
 */
#ifdef FW_BIG
	.section .text.ballast, "ax"
	.set	word, 2
	.rept	131072
	.set	word, (word * 1664525 + 1013904223) & 0xffffffff
	.word	word
	.endr
#endif
