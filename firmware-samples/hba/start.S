/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Entries of the image and of its traps.
 *
 * A start comes on all harts at once, with a0 = argument, a1 = enum hba_start,
 * a2 = hart, and traps off. Cold and warm entry differ only in what a0 means,
 * and C tells them apart by a1: one path serves both.
 */
#include "start.h"
#include FW_VERSION_HEADER

	/* For the linker script and the image builder. */
	.globl	__memory_size
	.set	__memory_size, FW_MEMORY_SIZE

	.section .text.start, "ax"
	.globl	cold_entry, warm_entry
cold_entry:
warm_entry:
	lla	t0, trap_entry
	csrw	mtvec, t0
	csrw	mscratch, zero		/* a trap from here on is a crash */
	bnez	a2, hart_wait

	lla	t0, __bss_start
	lla	t1, __bss_end
1:	sw	zero, 0(t0)
	addi	t0, t0, 4
	bltu	t0, t1, 1b

	lla	sp, __irq_stack_top
	csrw	mscratch, sp
	lla	sp, __thread_stack_top
	call	image_start		/* falls into the thread */

	/* Also where the thread begins afresh when a bootstrap was dropped. */
	.globl	thread_entry
thread_entry:
	lla	sp, __thread_stack_top
	call	thread_main

/*
 * The other harts: in registers alone until the first one has initialised the
 * image and lets them in. Then they have an interrupt stack each, below one
 * another, and nothing to do outside of interrupts.
 */
hart_wait:
	li	t0, 1 << 3		/* wake for the software interrupt */
	csrw	mie, t0
	li	t1, START_MSIP
	slli	t2, a2, 2
	add	t1, t1, t2
1:	wfi
	lw	t0, 0(t1)
	beqz	t0, 1b
	sw	zero, 0(t1)
	fence	rw, rw

	lla	sp, __hart_stack_top
	addi	t0, a2, -1
	slli	t0, t0, START_STACK_SHIFT
	sub	sp, sp, t0
	csrw	mscratch, sp
	call	hart_begin
	csrsi	mstatus, 8		/* not before the stack is empty */
1:	wfi
	j	1b

	.globl	hart_park
hart_park:
	csrw	mie, zero
1:	wfi
	j	1b

/*
 * mscratch holds the interrupt stack while the thread runs, and 0 while a
 * trap is handled: a trap inside the handler is told by that. The frame holds
 * what C may change; it is struct trap_frame.
 */
#define FRAME	80

	.balign	4
	.globl	trap_entry
trap_entry:
	csrrw	sp, mscratch, sp
	beqz	sp, trap_in_trap
	addi	sp, sp, -FRAME
	sw	ra, 0(sp)
	sw	t0, 4(sp)
	sw	t1, 8(sp)
	sw	t2, 12(sp)
	sw	t3, 16(sp)
	sw	t4, 20(sp)
	sw	t5, 24(sp)
	sw	t6, 28(sp)
	sw	a0, 32(sp)
	sw	a1, 36(sp)
	sw	a2, 40(sp)
	sw	a3, 44(sp)
	sw	a4, 48(sp)
	sw	a5, 52(sp)
	sw	a6, 56(sp)
	sw	a7, 60(sp)
	csrr	t0, mepc
	csrr	t1, mstatus
	csrrw	t2, mscratch, zero
	sw	t0, 64(sp)
	sw	t1, 68(sp)
	sw	t2, 72(sp)

	mv	a0, sp
	csrr	a1, mcause
	call	trap_handler

	lw	t0, 64(sp)
	lw	t1, 68(sp)
	addi	t2, sp, FRAME
	csrw	mepc, t0
	csrw	mstatus, t1
	csrw	mscratch, t2
	lw	ra, 0(sp)
	lw	t0, 4(sp)
	lw	t1, 8(sp)
	lw	t2, 12(sp)
	lw	t3, 16(sp)
	lw	t4, 20(sp)
	lw	t5, 24(sp)
	lw	t6, 28(sp)
	lw	a0, 32(sp)
	lw	a1, 36(sp)
	lw	a2, 40(sp)
	lw	a3, 44(sp)
	lw	a4, 48(sp)
	lw	a5, 52(sp)
	lw	a6, 56(sp)
	lw	a7, 60(sp)
	lw	sp, 72(sp)
	mret

/* The others first: there is one stack for this. */
trap_in_trap:
	csrr	t0, mhartid
	slli	t0, t0, START_BANK_SHIFT
	li	t1, START_STOP
	add	t0, t0, t1
	sw	zero, 0(t0)
	lla	sp, __crash_stack_top
	call	crash
	j	hart_park
