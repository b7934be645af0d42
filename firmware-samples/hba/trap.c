// SPDX-License-Identifier: GPL-2.0-only
/* Traps: interrupts serve the host, exceptions end a bootstrap or the image. */
#include "hba.h"

static void external_interrupt(struct trap_frame *frame)
{
	u32 pending = mbox_read(HBA_MBOX_PENDING);

	/* Before the rings are looked at: what comes later rings again. */
	mbox_write(HBA_MBOX_PENDING, pending & (HBA_PEND_IO | HBA_PEND_ADMIN));
	if ((pending & HBA_PEND_CMD) && !hart_id())
		command_service(frame);
	service_rings();
}

/*
 * Will the next interrupt come before the thread does? It waits already; or
 * another hart has just taken it, and this one would soon be at its heels.
 */
static bool thread_needs_slice(void)
{
	if (hart_id() || !thread_is_busy())
		return false;
	return mbox_read(HBA_MBOX_PENDING) & mbox_read(HBA_MBOX_ENABLE) ||
	       (harts_present > 1 && !service_is_stopped());
}

/*
 * A host that keeps the rings full would keep the thread from ever running,
 * and an update with it. While the thread has work, it gets as much time as
 * this interrupt took.
 */
static void thread_slice_begin(u32 began)
{
	u32 slice = timer_now() - began;

	if (!thread_needs_slice())
		return;
	if (slice < image_data.thread_slice)
		slice = image_data.thread_slice;
	csr_clear(mie, MIE_EXTERNAL);
	timer_arm_in(slice);
}

static void thread_slice_end(void)
{
	timer_disarm();
	csr_set(mie, MIE_EXTERNAL);
}

/*
 * The bootstrap's own mistakes end the bootstrap; the image goes on. It works
 * on the first hart; what another does in it, it does for the overlay.
 */
static void exception(struct trap_frame *frame, u32 cause)
{
	if (hart_id() || !update_owns_thread())
		crash();
	post_event(HBA_EVT_BOOTSTRAP_CRASH, cause, frame->mepc,
		   csr_read(mtval), 0);
	update_drop_bootstrap(frame);
}

void trap_handler(struct trap_frame *frame, u32 cause)
{
	u32 began = timer_now();

	if (cause == MCAUSE_EXTERNAL) {
		external_interrupt(frame);
		thread_slice_begin(began);
	} else if (cause == MCAUSE_SOFTWARE) {
		hart_software_interrupt();
	} else if (cause == MCAUSE_TIMER) {
		thread_slice_end();
	} else {
		exception(frame, cause);
	}
}

/* On whatever stack: nothing of the image is used any more, by no hart. */
void crash(void)
{
	csr_write(mie, 0);
	mmio_write(mbox_bank() + HBA_MBOX_STOP, 1);
	post_event(HBA_EVT_CRASH, csr_read(mcause), csr_read(mepc),
		   csr_read(mtval), hart_id());
	hart_park();
}

/* What the image was given makes no sense: a trap tells the host where. */
void panic(void)
{
	asm volatile("ebreak");
	hart_park();
}
