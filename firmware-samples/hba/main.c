// SPDX-License-Identifier: GPL-2.0-only
/* Start of the image, and its one thread. */
#include "hba.h"
#include "far.h"
#include "fault.h"

/* In the data segment, so that a bootstrap can carry values into it. */
struct image_data image_data __attribute__((section(".data.image"))) = {
	.magic = IMAGE_DATA_MAGIC,
	.size = sizeof(struct image_data),
	.thread_slice = 200,		/* 20 microseconds */
};

static u32 thread_jobs;		/* JOB_* */
static bool proved;

/*
 * The order of initialisation changed with release 3: there the link comes up
 * last, so that nobody can talk to an adapter that does not know its logins.
 * The bootstrap that leads there takes the link down first.
 */
static void image_init(u32 argument, u32 kind)
{
	harts_init();
#if !FW_LINK_LAST
	link_init();
#endif
	state_init(argument, kind);
	login_init();
	stats_init();
	pla_init();
	service_init();
#if FW_LINK_LAST
	link_init();
#endif
}

/* An image of several blocks does not start unless it has all of them. */
static void check_far_blocks(void)
{
#ifdef FW_BIG
	if (far_sum() != FAR_SUM)
		mmio_read(0);	/* a crash */
#endif
}

/* Interrupts are off; the thread turns them on. */
void image_start(u32 argument, u32 kind)
{
	fault_start(kind);
	check_far_blocks();
	image_init(argument, kind);
	proved = kind != HBA_START_WARM;
	post_event(HBA_EVT_STARTED, FW_MAJOR << 16 | FW_MINOR, FW_PATCH, kind,
		   (u32)state_dir);
	fault_started(kind);
	service_enable();
	harts_let_in();
	service_rings();
}

/* A look, and a wfi if it was in vain, with nothing coming in between. */
static void wait_until(bool (*done)(void))
{
	irq_save();
	if (!done())
		wait_for_interrupt();
	irq_restore(MSTATUS_MIE);
}

/* It proves the thread, the interrupt handler, and the other harts. */
static void heartbeat(void)
{
	harts_call_roll();
	while (!harts_are_present())
		wait_until(harts_are_present);
	image_data.heartbeats++;
	post_event(HBA_EVT_HEARTBEAT, image_data.heartbeats, 0, 0, 0);
}

/*
 * Jobs are taken with interrupts masked, so that none can come between the
 * look and the wfi; wfi wakes for a masked interrupt as well.
 */
static u32 thread_wait(void)
{
	u32 jobs;

	irq_save();
	jobs = thread_jobs;
	thread_jobs = 0;
	if (!jobs)
		wait_for_interrupt();
	irq_restore(MSTATUS_MIE);
	return jobs;
}

/* Begun afresh, on an empty stack, when a bootstrap was dropped. */
void thread_main(void)
{
	for (;;) {
		u32 jobs = thread_wait();

		if (jobs & JOB_PING)
			heartbeat();
		update_run(jobs);
	}
}

void thread_post(u32 jobs)
{
	thread_jobs |= jobs;
}

bool thread_is_busy(void)
{
	return thread_jobs || update_owns_thread();
}

bool image_is_proved(void)
{
	return proved;
}

void image_commit(void)
{
	proved = true;
}
