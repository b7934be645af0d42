// SPDX-License-Identifier: GPL-2.0-only
/* Both rings and the DMA channels together: one pass per interrupt. */
#include "hba.h"

static bool stopped;

/* Before the other harts are let in: what an image before this one left. */
void service_init(void)
{
	io_init();
	admin_init();
}

/* The first hart, also after a bootstrap that may have left it in any state. */
void service_enable(void)
{
	timer_disarm();
	mbox_write(HBA_MBOX_ENABLE, HBA_PEND_IO | HBA_PEND_ADMIN |
				    HBA_PEND_CMD | HBA_PEND_DMA);
	csr_write(mie, MIE_EXTERNAL | MIE_TIMER | MIE_SOFTWARE);
}

/*
 * Interrupts are masked. Bounded: a pass fetches what is in the rings as long
 * as there are channels; whatever is left then is told of by a channel that
 * becomes done, and what the host adds meanwhile by its doorbell.
 *
 * The host is interrupted without the lock: who clears the mark does it after
 * the completion that set it, whoever's that was.
 */
void service_rings(void)
{
	harts_lock();
	io_channels_done();
	admin_channel_done();
	io_service();
	admin_service();
	harts_unlock();
	io_interrupt_host();
	admin_interrupt_host();
}

/*
 * Fetch nothing more; what was begun is finished by service_rings(). With the
 * lock, as no hart is in the midst of a request then.
 */
void service_stop(void)
{
	u32 flags = irq_save();

	harts_lock();
	stopped = true;
	harts_unlock();
	irq_restore(flags);
}

/* Nothing is in flight, and no hart is completing the last of it. */
bool service_is_idle(void)
{
	bool idle;

	harts_lock();
	idle = dma_is_idle();
	harts_unlock();
	return idle;
}

void service_resume(void)
{
	stopped = false;
}

bool service_is_stopped(void)
{
	return stopped;
}
