// SPDX-License-Identifier: GPL-2.0-only
/* Both rings and the DMA channels together: one pass per interrupt. */
#include "hba.h"

static bool stopped;

/* Finds in rings and channels what an image before this one left there. */
void service_init(void)
{
	io_init();
	admin_init();
}

/* Also after a bootstrap that may have left the mailbox in any state. */
void service_enable(void)
{
	timer_disarm();
	mbox_write(HBA_MBOX_ENABLE, HBA_PEND_IO | HBA_PEND_ADMIN |
				    HBA_PEND_CMD | HBA_PEND_DMA);
	csr_write(mie, MIE_EXTERNAL | MIE_TIMER);
}

/*
 * Bounded: a pass fetches what is in the rings as long as there are channels;
 * whatever is left then is told of by a channel that becomes done, and what
 * the host adds meanwhile by its doorbell.
 */
void service_rings(void)
{
	io_channels_done();
	admin_channel_done();
	io_service();
	admin_service();
	io_interrupt_host();
	admin_interrupt_host();
}

/* Fetch nothing more; what was begun is finished by service_rings(). */
void service_stop(void)
{
	stopped = true;
}

void service_resume(void)
{
	stopped = false;
}

bool service_is_stopped(void)
{
	return stopped;
}
