// SPDX-License-Identifier: GPL-2.0-only
/*
 * A RISC-V hart: RV32IM, Zicsr, Zifencei, machine mode only. Here: how it
 * starts, traps and is interrupted; execute.c has the instructions, csr.c the
 * registers.
 */
#include "hba_private.h"

static void enter_trap(struct hart *h, u32 cause, u32 tval)
{
	h->mepc = h->pc & ~3u;
	h->mcause = cause;
	h->mtval = tval;
	h->mstatus = h->mstatus & MSTATUS_MIE ? MSTATUS_MPIE : 0;
}

/**
 * hart_trap - take an exception
 * @hba: the adapter
 * @h: the hart; its pc is still that of the instruction
 * @cause: enum hart_cause
 * @tval: for mtval
 *
 * If it is the handler's own first instruction that cannot be executed, the
 * hart would come here for ever: it is halted instead, with all the others,
 * which would wait for it, and the owner told of the trap that began it.
 *
 * Return: where to go on
 */
u32 hart_trap(struct hba *hba, struct hart *h, u32 cause, u32 tval)
{
	u32 base = h->mtvec & ~3u;

	h->traps++;
	if (h->pc == base && h->vector == base) {
		const u32 arg[4] = { h->mcause, h->mepc, h->mtval, h->id };

		harts_halt(hba, NULL);
		mailbox_event(hba, HBA_EVT_HART_STOPPED, arg);
		return h->pc;
	}
	enter_trap(h, cause, tval);
	h->vector = base;
	return base;
}

/**
 * hart_start - begin at an address with nothing set up
 * @hba: the adapter
 * @h: the hart
 * @pc: first instruction
 * @a0: register a0
 * @a1: register a1; a2 is the hart's number
 *
 * The counters go on, all else is as after power-on. The rest of this file
 * relies on @h->pc being a multiple of 4; a @pc that is not traps here.
 */
void hart_start(struct hba *hba, struct hart *h, u32 pc, u32 a0, u32 a1)
{
	memset(h->x, 0, sizeof(h->x));
	h->x[10] = a0;
	h->x[11] = a1;
	h->x[12] = h->id;
	h->pc = pc;
	h->state = HART_RUNNING;
	h->vector = 1;
	h->mstatus = 0;
	h->mie = 0;
	h->mtvec = 0;
	h->mscratch = 0;
	h->mepc = 0;
	h->mcause = 0;
	h->mtval = 0;
	h->pmpcfg = 0;
	h->pmpaddr = 0;
	if (pc & 3)
		h->pc = hart_trap(hba, h, CAUSE_FETCH_MISALIGNED, pc);
}

/**
 * hart_runnable - would this hart execute something
 * @hba: the adapter
 * @h: the hart
 *
 * Return: it runs, or what it waits for is there
 */
bool hart_runnable(const struct hba *hba, const struct hart *h)
{
	if (h->state == HART_WAITING)
		return h->mie && csr_pending(hba, h) & h->mie;
	return h->state == HART_RUNNING;
}

/**
 * hart_interrupt - take the most urgent interrupt if there is one
 * @hba: the adapter
 * @h: a hart that is not halted
 *
 * Also ends wfi, which waits for an enabled interrupt whether or not it can be
 * taken. Order: external, software, timer.
 */
void hart_interrupt(struct hba *hba, struct hart *h)
{
	u32 pending = h->mie ? csr_pending(hba, h) & h->mie : 0;
	u32 irq;

	if (!pending)
		return;
	h->state = HART_RUNNING;
	if (!(h->mstatus & MSTATUS_MIE))
		return;
	if (pending & MIP_MEIP)
		irq = IRQ_EXTERNAL;
	else if (pending & MIP_MSIP)
		irq = IRQ_SOFTWARE;
	else
		irq = IRQ_TIMER;
	enter_trap(h, CAUSE_INTERRUPT | irq, 0);
	h->pc = h->mtvec & ~3u;
	if (h->mtvec & MTVEC_VECTORED)
		h->pc += 4 * irq;
}
