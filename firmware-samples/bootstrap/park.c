// SPDX-License-Identifier: GPL-2.0-only
/*
 * Parked: the running image is about to be overlaid, its stack and its trap
 * handler included. So this lives in staging memory, in registers alone, and
 * is written down instruction by instruction.
 *
 * Only commands may wake the hart, or a doorbell of the host would keep it
 * spinning. Whatever they are, they are dropped: the host's word is in the
 * hand-over block. wfi wakes with interrupts masked.
 */
#include "bootstrap.h"

/* A trap while parked: say so, once, and stop. No stack, no return. */
__attribute__((naked, aligned(4), used)) static void park_trap(void)
{
	asm volatile("csrw	mie, zero\n"
		     "li	t0, %[mbox]\n"
		     "csrr	t1, mcause\n"
		     "sw	t1, %[arg0](t0)\n"
		     "csrr	t1, mepc\n"
		     "sw	t1, %[arg1](t0)\n"
		     "csrr	t1, mtval\n"
		     "sw	t1, %[arg2](t0)\n"
		     "li	t1, %[crash]\n"
		     "sw	t1, %[post](t0)\n"
		     "1: wfi\n"
		     "j		1b\n"
		     :: [mbox] "i"(HBA_MBOX_BASE),
			[arg0] "i"(HBA_MBOX_EVT_ARG0),
			[arg1] "i"(HBA_MBOX_EVT_ARG1),
			[arg2] "i"(HBA_MBOX_EVT_ARG2),
			[post] "i"(HBA_MBOX_EVT_POST),
			[crash] "i"(HBA_EVT_CRASH));
}

/* a0: @command. Returns, to the old image, when it says RESUME. */
__attribute__((naked)) void boot_park(volatile __le32 *command)
{
	asm volatile("csrr	t0, mtvec\n"
		     "lla	t1, park_trap\n"
		     "csrw	mtvec, t1\n"
		     "li	t2, %[mbox]\n"
		     "lw	t3, %[enable](t2)\n"
		     "li	t4, %[pend_cmd]\n"
		     "sw	t4, %[enable](t2)\n"
		     "fence	rw, rw\n"
		     "li	t4, %[ok]\n"
		     "sw	t4, %[arg0](t2)\n"
		     "li	t4, %[quiesced]\n"
		     "sw	t4, %[post](t2)\n"
		     "li	t5, %[resume]\n"
		     "1: lw	t4, %[cmd](t2)\n"
		     "beqz	t4, 2f\n"
		     "sw	t4, %[pop](t2)\n"
		     "j		1b\n"
		     "2: lw	t4, 0(a0)\n"
		     "beq	t4, t5, 3f\n"
		     "wfi\n"
		     "j		1b\n"
		     "3: sw	t3, %[enable](t2)\n"
		     "csrw	mtvec, t0\n"
		     "ret\n"
		     :: [mbox] "i"(HBA_MBOX_BASE),
			[enable] "i"(HBA_MBOX_ENABLE),
			[pend_cmd] "i"(HBA_PEND_CMD),
			[ok] "i"(CODESWAP_VERDICT_OK),
			[arg0] "i"(HBA_MBOX_EVT_ARG0),
			[quiesced] "i"(HBA_EVT_QUIESCED),
			[post] "i"(HBA_MBOX_EVT_POST),
			[resume] "i"(CODESWAP_HO_CMD_RESUME),
			[cmd] "i"(HBA_MBOX_CMD),
			[pop] "i"(HBA_MBOX_CMD_POP));
}
