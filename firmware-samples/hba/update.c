// SPDX-License-Identifier: GPL-2.0-only
/*
 * The old image's part in an update. The interrupt handler takes the command;
 * the thread calls the bootstrap of the NEW image, in staging memory, while
 * the handler goes on serving I/O. Whatever becomes of the bootstrap, this
 * image can go on: it keeps nothing that the bootstrap may write.
 */
#include "hba.h"

typedef u32 (*bootstrap_fn)(struct codeswap_handover *ho, u32 op);

enum update_phase {
	UPDATE_IDLE,
	UPDATE_RECONCILING,
	UPDATE_READY,
	UPDATE_QUIESCING,
	UPDATE_UNDOING,
};

static enum update_phase phase;
static struct codeswap_handover *handover;
static bootstrap_fn bootstrap;

/* From the first look at the hand-over block: a bad pointer is a crash, too. */
bool update_owns_thread(void)
{
	return phase == UPDATE_RECONCILING || phase == UPDATE_QUIESCING ||
	       phase == UPDATE_UNDOING;
}

static void refuse(struct codeswap_handover *ho, const char *reason)
{
	u32 i;

	for (i = 0; i < sizeof(ho->reason) - 1 && reason[i]; i++)
		ho->reason[i] = reason[i];
	ho->reason[i] = 0;
}

/* Finds the new bootstrap from the new image's header. */
static bootstrap_fn find_bootstrap(struct codeswap_handover *ho)
{
	const struct mrb_header *header = device_ptr(ho->new_image);
	const u32 *magic = (const u32 *)header->magic;

	if (ho->version != CODESWAP_HO_VERSION || ho->size < sizeof(*ho)) {
		refuse(ho, "the running image knows version 1 of the hand-over block only");
		return NULL;
	}
	if (!in_window(ho->new_image, sizeof(*header)) ||
	    magic[0] != 0x42524d89u || magic[1] != 0x0a1a0a0du) {
		refuse(ho, "the hand-over block names no staged MRB image");
		return NULL;
	}
	if (!in_window(ho->new_image, header->image_size) ||
	    header->bootstrap_entry >= header->image_size ||
	    (header->bootstrap_entry & 3)) {
		refuse(ho,
		       "the new image's bootstrap entry lies outside the image or is not aligned");
		return NULL;
	}
	return (bootstrap_fn)device_ptr(ho->new_image + header->bootstrap_entry);
}

/* Phase and event change together, or an ABANDON could come in between. */
static void finish(enum update_phase next, u32 event, u32 verdict)
{
	u32 flags = irq_save();

	phase = next;
	if (next == UPDATE_IDLE)
		state_journal_stop();
	post_event(event, verdict, 0, 0, 0);
	irq_restore(flags);
}

/* From the phase it must be in; an ABANDON may have been faster. */
static bool claim(enum update_phase from, enum update_phase to)
{
	u32 flags = irq_save();
	bool ours = phase == from;

	if (ours)
		phase = to;
	irq_restore(flags);
	return ours;
}

static void reconcile(void)
{
	u32 verdict = CODESWAP_VERDICT_REFUSED;

	bootstrap = NULL;
	if (handover->magic == CODESWAP_HO_MAGIC)
		bootstrap = find_bootstrap(handover);
	if (bootstrap) {
		handover->old_state = (u32)state_dir;
		state_journal_start();
		verdict = bootstrap(handover, CODESWAP_BOOT_RECONCILE);
	}
	finish(verdict == CODESWAP_VERDICT_OK ? UPDATE_READY : UPDATE_IDLE,
	       HBA_EVT_RECONCILED, verdict);
}

/* Returns with interrupts off, nothing in flight, and all harts gathered. */
static void drain(void)
{
	service_stop();
	harts_gather();
	service_enable();	/* the thread wants its interrupts now, not time */
	for (;;) {
		irq_save();
		if (harts_gathered() && service_is_idle())
			return;
		wait_for_interrupt();
		irq_restore(MSTATUS_MIE);
	}
}

/*
 * Usually the bootstrap does not come back: it says itself that the device is
 * quiesced, and waits in staging memory for the overlay.
 */
static void quiesce(void)
{
	u32 verdict;

	drain();
	harts_park();
	service_enable();	/* the parked bootstrap must hear of a command */
	verdict = bootstrap(handover, CODESWAP_BOOT_SYNC);
	service_enable();
	service_resume();
	harts_release();
	service_rings();
	if (verdict == CODESWAP_VERDICT_RESUMED)
		finish(UPDATE_READY, HBA_EVT_RESUMED, 0);
	else
		finish(UPDATE_READY, HBA_EVT_QUIESCED, verdict);
	irq_restore(MSTATUS_MIE);
}

/* Every hart but the first; comes back when SYNC does. */
void update_park(void)
{
	bootstrap(handover, CODESWAP_BOOT_PARK);
}

static void undo(void)
{
	u32 verdict = bootstrap(handover, CODESWAP_BOOT_UNDO);

	finish(UPDATE_IDLE, HBA_EVT_UNDONE, verdict);
}

/* In the thread. A job that does not fit the phase is answered all the same. */
void update_run(u32 jobs)
{
	if ((jobs & JOB_UPDATE) && phase == UPDATE_RECONCILING)
		reconcile();
	if (jobs & JOB_QUIESCE) {
		if (claim(UPDATE_READY, UPDATE_QUIESCING))
			quiesce();
		else
			post_event(HBA_EVT_QUIESCED, CODESWAP_VERDICT_REFUSED,
				   0, 0, 0);
	}
	if (jobs & JOB_UNDO) {
		if (claim(UPDATE_READY, UPDATE_UNDOING))
			undo();
		else
			post_event(HBA_EVT_UNDONE, CODESWAP_VERDICT_REFUSED,
				   0, 0, 0);
	}
}

/* In the interrupt handler. One update at a time, and none while on trial. */
void update_request(u32 address)
{
	if (phase != UPDATE_IDLE || !image_is_proved() ||
	    !in_window(address, sizeof(*handover))) {
		post_event(HBA_EVT_RECONCILED, CODESWAP_VERDICT_REFUSED, 0, 0, 0);
		return;
	}
	handover = device_ptr(address);
	phase = UPDATE_RECONCILING;
	thread_post(JOB_UPDATE);
}

/*
 * In the trap handler. The thread, wherever it is, begins afresh. What a
 * bootstrap may have done to the adapter in SYNC is put right here; modules
 * are put back by the host.
 */
void update_drop_bootstrap(struct trap_frame *frame)
{
	if (update_owns_thread()) {
		frame->mepc = (u32)thread_entry;
		frame->mstatus |= MSTATUS_MPIE | MSTATUS_MPP;
		service_enable();
		service_resume();
		harts_release();
		link_init();
	}
	phase = UPDATE_IDLE;
	state_journal_stop();
	service_rings();
}
