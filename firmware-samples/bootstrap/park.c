// SPDX-License-Identifier: GPL-2.0-only
/*
 * Parked: the running image is about to be overlaid, its stack and its trap
 * handler included. So this lives in staging memory, in registers alone, and
 * is written down instruction by instruction.
 *
 * Only commands may wake the first hart, or a doorbell of the host would keep
 * it spinning. Whatever they are, they are dropped: the host's word is in the
 * hand-over block. The other harts are woken by the first one, when that word
 * is RESUME. wfi wakes with interrupts masked.
 */
#include "bootstrap.h"

/* A trap while parked: say so, once, and stop. No stack, no return. */
__attribute__((naked, aligned(4), used)) static void park_trap(void)
{
	asm volatile("csrw	mie, zero\n"
		     "csrr	t2, mhartid\n"
		     "slli	t1, t2, 8\n"	/* HBA_MBOX_STRIDE */
		     "li	t0, %[mbox]\n"
		     "add	t0, t0, t1\n"
		     "sw	zero, %[stop](t0)\n"
		     "csrr	t1, mcause\n"
		     "sw	t1, %[arg0](t0)\n"
		     "csrr	t1, mepc\n"
		     "sw	t1, %[arg1](t0)\n"
		     "csrr	t1, mtval\n"
		     "sw	t1, %[arg2](t0)\n"
		     "sw	t2, %[arg3](t0)\n"
		     "li	t1, %[crash]\n"
		     "sw	t1, %[post](t0)\n"
		     "1: wfi\n"
		     "j		1b\n"
		     :: [mbox] "i"(HBA_MBOX_BASE),
			[arg0] "i"(HBA_MBOX_EVT_ARG0),
			[arg1] "i"(HBA_MBOX_EVT_ARG1),
			[arg2] "i"(HBA_MBOX_EVT_ARG2),
			[arg3] "i"(HBA_MBOX_EVT_ARG3),
			[stop] "i"(HBA_MBOX_STOP),
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

/*
 * a0: @command, a1: @parked, a2: register of this hart's software interrupt.
 * Returns, to the old image, when the first hart woke it and a0 says RESUME.
 */
__attribute__((naked)) void boot_park_other(volatile __le32 *command,
					    volatile u32 *parked, u32 msip)
{
	asm volatile("csrr	t0, mtvec\n"
		     "lla	t1, park_trap\n"
		     "csrw	mtvec, t1\n"
		     "csrr	t2, mie\n"
		     "li	t1, %[software]\n"
		     "csrw	mie, t1\n"
		     "li	t3, %[resume]\n"
		     "li	t1, 1\n"
		     "fence	rw, rw\n"
		     "sw	t1, 0(a1)\n"
		     "1: wfi\n"
		     "sw	zero, 0(a2)\n"
		     "fence	rw, rw\n"
		     "lw	t1, 0(a0)\n"
		     "bne	t1, t3, 1b\n"
		     "csrw	mie, t2\n"
		     "csrw	mtvec, t0\n"
		     "fence	rw, rw\n"
		     "sw	zero, 0(a1)\n"
		     "ret\n"
		     :: [software] "i"(MIE_SOFTWARE),
			[resume] "i"(CODESWAP_HO_CMD_RESUME));
}
