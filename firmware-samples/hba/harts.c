// SPDX-License-Identifier: GPL-2.0-only
/*
 * Harts beside the first: how they are let in, and how all of them leave an
 * image that is to be overlaid.
 *
 * Each serves I/O in its interrupt handler; whoever is there first takes the
 * next request. To leave, the first hart gives an order, which is a number
 * that only grows, and the others answer each order with its number:
 *
 *	SERVE	as always
 *	GATHER	finish what was begun, then wait here for the next order
 *	PARK	go into the bootstrap of the new image, in staging memory
 *
 * From GATHER and PARK there is a way back to SERVE. A hart that does not
 * answer to GATHER keeps the others waiting, but in this image, from where the
 * first one still listens to the host.
 *
 * A roll call tells whether all of them still answer to anything.
 */
#include "hba.h"
#include "fault.h"
#include "start.h"

_Static_assert(START_MSIP == HBA_CLINT_BASE + HBA_CLINT_MSIP &&
	       START_STOP == HBA_MBOX_BASE + HBA_MBOX_STOP &&
	       1 << START_BANK_SHIFT == HBA_MBOX_STRIDE,
	       "start.h says other numbers than hba_abi.h");

enum { SERVE, GATHER, PARK, ORDERS };

u32 harts_present;
static volatile u32 order;
static volatile u32 answer[HBA_MAX_HARTS];
static volatile u32 roll_call;
static volatile u32 present[HBA_MAX_HARTS];	/* at which roll call, last */

static void interrupt_hart(u32 hart)
{
	fence();
	mmio_write(hart_msip(hart), 1);
}

static void interrupt_others(void)
{
	u32 hart;

	for (hart = 1; hart < harts_present; hart++)
		interrupt_hart(hart);
}

void harts_init(void)
{
	harts_present = hart_count();
}

/* The image is initialised: see start.S for where they wait. */
void harts_let_in(void)
{
	interrupt_others();
}

/* A hart that was let in; start.S then turns its interrupts on. */
void hart_begin(void)
{
	mmio_write(mbox_bank() + HBA_MBOX_ENABLE,
		   HBA_PEND_IO | HBA_PEND_ADMIN | HBA_PEND_DMA);
	csr_write(mie, MIE_EXTERNAL | MIE_SOFTWARE);
}

static void give(u32 what)
{
	order += (what + ORDERS - order % ORDERS) % ORDERS;
	interrupt_others();
}

void harts_gather(void)
{
	give(GATHER);
}

static bool all_said(const volatile u32 *said, u32 what)
{
	u32 hart;

	for (hart = 1; hart < harts_present; hart++)
		if (said[hart] != what)
			return false;
	return true;
}

bool harts_gathered(void)
{
	return all_said(answer, order);
}

void harts_call_roll(void)
{
	roll_call++;
	interrupt_others();
}

bool harts_are_present(void)
{
	return all_said(present, roll_call);
}

static void answer_roll_call(u32 hart)
{
	if (present[hart] == roll_call)
		return;
	present[hart] = roll_call;
	interrupt_hart(0);
}

void harts_park(void)
{
	give(PARK);
}

/* Also when none was gathered. */
void harts_release(void)
{
	give(SERVE);
}

static void take_back_interrupt(void)
{
	mmio_write(hart_msip(hart_id()), 0);
	fence();
}

/* Only the next order may end this, not what the host wants meanwhile. */
static void obey(u32 given)
{
	fault_obey(hart_id(), harts_present);
	answer[hart_id()] = given;
	interrupt_hart(0);
	if (given % ORDERS == PARK)
		update_park();
	while (order == given) {
		wait_for_interrupt();
		take_back_interrupt();
	}
}

/* The first hart is interrupted only to look at the answers once more. */
void hart_software_interrupt(void)
{
	u32 given;

	take_back_interrupt();
	if (!hart_id())
		return;
	answer_roll_call(hart_id());
	csr_write(mie, MIE_SOFTWARE);
	while ((given = order) % ORDERS != SERVE)
		obey(given);
	csr_write(mie, MIE_EXTERNAL | MIE_SOFTWARE);
}
