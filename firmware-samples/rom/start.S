/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * First instruction after reset. Nothing may be stored yet: the memory below
 * the stack is tested before anything is put there.
 */
	.section .text.start, "ax"
	.globl	rom_entry
rom_entry:
	csrw	mie, zero
	lla	t0, rom_trap
	csrw	mtvec, t0
	csrr	t0, mhartid
	bnez	t0, rom_park
	la	sp, __rom_stack_top
	call	rom_main

	/* Other harts wait here until an image is started on all of them. */
rom_park:
	wfi
	j	rom_park

	/* A trap here means broken hardware. Say so once, and stay. */
	.balign	4
rom_trap:
	lla	t0, rom_park
	csrw	mtvec, t0
	csrr	a0, mcause
	csrr	a1, mepc
	csrr	a2, mtval
	la	sp, __rom_stack_top
	call	rom_trapped
	j	rom_park
