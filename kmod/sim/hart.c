// SPDX-License-Identifier: GPL-2.0-only
/*
 * The thread that is the adapter's processor: it runs the device model, and
 * afterwards, with the model's lock dropped, does what an interrupt handler
 * would do with a real adapter.
 */
#include <linux/kthread.h>
#include <linux/ktime.h>
#include <linux/sched.h>

#include "sim.h"

/*
 * Instructions between two looks at who else wants the hardware, and at what
 * the firmware has completed while it was busy with other things.
 */
#define SLICE	4096

void sim_hart_wake(struct sim_adapter *ad)
{
	wake_up(&ad->hart_wq);
}

/* Tells the firmware of work in a ring. Any context. */
void sim_doorbell(struct sim_adapter *ad, u32 pending)
{
	sim_count(ad, SIM_DOORBELLS);
	hba_doorbell(ad->hba, pending);
	sim_hart_wake(ad);
}

/* Runs the hart for a slice. Returns how long it then has nothing to do. */
static ktime_t run_slice(struct sim_adapter *ad)
{
	u64 deadline = U64_MAX;
	u64 now;
	u32 executed = 0;
	enum hba_run how;
	u32 irqs;

	mutex_lock(&ad->hw_lock);
	how = hba_run(ad->hba, SLICE, &executed);
	if (how == HBA_RUN_WAIT)
		deadline = hba_deadline(ad->hba);
	irqs = ad->irqs;
	ad->irqs = 0;
	mutex_unlock(&ad->hw_lock);

	atomic64_add(executed, &ad->counters[SIM_INSTRUCTIONS]);
	if (irqs & HBA_IRQ_IO)
		sim_io_reap(ad);
	if (irqs & HBA_IRQ_ADMIN)
		sim_admin_reap(ad);

	if (how == HBA_RUN_BUDGET)
		return 0;
	if (deadline == U64_MAX)
		return KTIME_MAX;
	now = ktime_get_ns();
	return deadline > now ? ns_to_ktime(deadline - now) : 0;
}

static int hart_thread(void *data)
{
	struct sim_adapter *ad = data;
	ktime_t idle;

	while (!kthread_should_stop()) {
		idle = run_slice(ad);
		cond_resched();
		if (!idle)
			continue;
		/* Interruptible for the load average; no signal comes here. */
		wait_event_interruptible_hrtimeout(ad->hart_wq,
						   kthread_should_stop() ||
						   hba_work_pending(ad->hba),
						   idle);
	}
	return 0;
}

int sim_hart_start(struct sim_adapter *ad)
{
	ad->hart = kthread_run(hart_thread, ad, "%s-hart", ad->name);
	return PTR_ERR_OR_ZERO(ad->hart);
}

/* Afterwards nothing runs the model: no event, interrupt or DMA any more. */
void sim_hart_stop(struct sim_adapter *ad)
{
	kthread_stop(ad->hart);
}
