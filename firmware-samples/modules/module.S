/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Contents of a dependent module, as they are burned: for flash the settings
 * block, for programmable logic its bit stream (here: a pattern that differs
 * with the seed). MODULE_MAGIC, MODULE_WORD and MODULE_SEED come from the
 * Makefile's table of modules.
 */
	.section .text, "ax"
	.word	MODULE_MAGIC
	.word	MODULE_WORD
	.word	MODULE_SEED
	.word	MODULE_WORDS
	.set	word, MODULE_SEED
	.rept	MODULE_WORDS - 4
	.set	word, (word * 1664525 + 1013904223) & 0xffffffff
	.word	word
	.endr
