// SPDX-License-Identifier: GPL-2.0-only
/*
 * What drivers report. A report sets a bit and wakes whoever waits; it does
 * nothing else, because it may come from any context. An update that runs
 * takes the bits it waits for; what nobody waits for is taken by a work item,
 * which is queued by the report, or, if it came while @op_lock was held, by
 * csw_event_look().
 */
#include <linux/jiffies.h>
#include <linux/module.h>
#include <linux/sched/mm.h>
#include <linux/sched/stat.h>

#include "trace.h"
#include "update.h"

/* For so long a CPU is kept busy for the sake of a blackout. */
#define POLL_US		2000

/* Under event_lock to the end, so that csw_event_exit() leaves nobody behind. */
static void post(struct codeswap_device *cdev, unsigned long event, u64 value)
{
	lockdep_assert_held(&cdev->event_lock);
	if (cdev->deaf)
		return;
	trace_codeswap_event(cdev, event, value);
	cdev->events |= event;
	wake_up_all(&cdev->wait);
	smp_mb();	/* pairs with csw_event_look(): one of both sees the other */
	if (!mutex_is_locked(&cdev->op_lock))
		queue_work(csw_workqueue, &cdev->event_work);
}

static void report(struct codeswap_device *cdev, unsigned long event)
{
	unsigned long flags;

	spin_lock_irqsave(&cdev->event_lock, flags);
	post(cdev, event, 0);
	spin_unlock_irqrestore(&cdev->event_lock, flags);
}

static void report_verdict(struct codeswap_device *cdev, unsigned long event,
			   u32 verdict)
{
	unsigned long flags;

	spin_lock_irqsave(&cdev->event_lock, flags);
	cdev->verdict = verdict;
	post(cdev, event, verdict);
	spin_unlock_irqrestore(&cdev->event_lock, flags);
}

static void report_crash(struct codeswap_device *cdev, unsigned long event,
			 const struct codeswap_crash *crash)
{
	unsigned long flags;

	spin_lock_irqsave(&cdev->event_lock, flags);
	cdev->crash = *crash;
	post(cdev, event, crash->pc);
	spin_unlock_irqrestore(&cdev->event_lock, flags);
}

/**
 * codeswap_report_image_request() - a device in its boot ROM asks for an image
 * @cdev: device
 * @selftest: 0 if its self-test found nothing, else a code of the device's
 *
 * Context: any.
 */
void codeswap_report_image_request(struct codeswap_device *cdev, u32 selftest)
{
	unsigned long flags;

	spin_lock_irqsave(&cdev->event_lock, flags);
	cdev->selftest = selftest;
	cdev->asks = true;
	post(cdev, CSW_EV_IMAGE_REQUEST, selftest);
	spin_unlock_irqrestore(&cdev->event_lock, flags);
}
EXPORT_SYMBOL_GPL(codeswap_report_image_request);

/**
 * codeswap_report_items() - the bootstrap has reported items or progress
 * @cdev: device
 *
 * The core reads them in the hand-over block.
 *
 * Context: any.
 */
void codeswap_report_items(struct codeswap_device *cdev)
{
	report(cdev, CSW_EV_ITEMS);
}
EXPORT_SYMBOL_GPL(codeswap_report_items);

/**
 * codeswap_report_reconciled() - the bootstrap's RECONCILE has returned
 * @cdev: device
 * @verdict: enum codeswap_verdict
 *
 * Context: any.
 */
void codeswap_report_reconciled(struct codeswap_device *cdev, u32 verdict)
{
	report_verdict(cdev, CSW_EV_RECONCILED, verdict);
}
EXPORT_SYMBOL_GPL(codeswap_report_reconciled);

/**
 * codeswap_report_undone() - the bootstrap's UNDO has returned
 * @cdev: device
 * @verdict: enum codeswap_verdict
 *
 * Context: any.
 */
void codeswap_report_undone(struct codeswap_device *cdev, u32 verdict)
{
	report_verdict(cdev, CSW_EV_UNDONE, verdict);
}
EXPORT_SYMBOL_GPL(codeswap_report_undone);

/**
 * codeswap_report_abandoned() - the bootstrap's thread has been dropped
 * @cdev: device
 *
 * Context: any.
 */
void codeswap_report_abandoned(struct codeswap_device *cdev)
{
	report(cdev, CSW_EV_ABANDONED);
}
EXPORT_SYMBOL_GPL(codeswap_report_abandoned);

/**
 * codeswap_report_quiesced() - the device serves no I/O and is parked
 * @cdev: device
 * @verdict: CODESWAP_VERDICT_OK, or why it serves on
 *
 * Context: any.
 */
void codeswap_report_quiesced(struct codeswap_device *cdev, u32 verdict)
{
	report_verdict(cdev, CSW_EV_QUIESCED, verdict);
}
EXPORT_SYMBOL_GPL(codeswap_report_quiesced);

/**
 * codeswap_report_resumed() - a quiesced device serves I/O again
 * @cdev: device
 *
 * Context: any.
 */
void codeswap_report_resumed(struct codeswap_device *cdev)
{
	report(cdev, CSW_EV_RESUMED);
}
EXPORT_SYMBOL_GPL(codeswap_report_resumed);

/**
 * codeswap_report_started() - an image runs and serves I/O
 * @cdev: device
 * @started: what it says of itself
 *
 * Context: any.
 */
void codeswap_report_started(struct codeswap_device *cdev,
			     const struct codeswap_started *started)
{
	unsigned long flags;

	spin_lock_irqsave(&cdev->event_lock, flags);
	cdev->started = *started;
	cdev->started_at = ktime_get();
	post(cdev, CSW_EV_STARTED, started->state);
	spin_unlock_irqrestore(&cdev->event_lock, flags);
}
EXPORT_SYMBOL_GPL(codeswap_report_started);

/**
 * codeswap_report_heartbeat() - the answer to a ping
 * @cdev: device
 *
 * Context: any.
 */
void codeswap_report_heartbeat(struct codeswap_device *cdev)
{
	report(cdev, CSW_EV_HEARTBEAT);
}
EXPORT_SYMBOL_GPL(codeswap_report_heartbeat);

/**
 * codeswap_report_bootstrap_crash() - a bootstrap trapped; the old image goes on
 * @cdev: device
 * @crash: what and where
 *
 * Context: any.
 */
void codeswap_report_bootstrap_crash(struct codeswap_device *cdev,
				     const struct codeswap_crash *crash)
{
	report_crash(cdev, CSW_EV_BOOTSTRAP_CRASH, crash);
}
EXPORT_SYMBOL_GPL(codeswap_report_bootstrap_crash);

/**
 * codeswap_report_crash() - the image that runs is dead
 * @cdev: device
 * @crash: what and where
 *
 * Context: any.
 */
void codeswap_report_crash(struct codeswap_device *cdev,
			   const struct codeswap_crash *crash)
{
	report_crash(cdev, CSW_EV_CRASH, crash);
}
EXPORT_SYMBOL_GPL(codeswap_report_crash);

/**
 * csw_event_forget() - what has been reported so far does not count
 * @cdev: device
 * @events: bits
 *
 * To be called before the order whose answer is awaited.
 */
void csw_event_forget(struct codeswap_device *cdev, unsigned long events)
{
	spin_lock_irq(&cdev->event_lock);
	cdev->events &= ~events;
	if (events & CSW_EV_IMAGE_REQUEST)
		cdev->asks = false;
	spin_unlock_irq(&cdev->event_lock);
}

static unsigned long take(struct codeswap_device *cdev, unsigned long events)
{
	unsigned long taken;

	spin_lock_irq(&cdev->event_lock);
	taken = cdev->events & events;
	cdev->events &= ~taken;
	spin_unlock_irq(&cdev->event_lock);
	return taken;
}

/**
 * csw_event_wait() - wait for reports
 * @cdev: device, @cdev->op_lock held
 * @events: bits
 * @stop: also end when this is true; may be %NULL
 * @remaining: jiffies left of the limit; counted down
 *
 * Return: the bits that came, taken; 0 if time ran out or @stop is true.
 */
unsigned long csw_event_wait(struct codeswap_device *cdev, unsigned long events,
			     bool *stop, unsigned long *remaining)
{
	unsigned long taken = 0;

	*remaining = wait_event_idle_timeout(cdev->wait,
					     (taken = take(cdev, events)) ||
					     (stop && READ_ONCE(*stop)),
					     *remaining);
	return taken;
}

unsigned long csw_event_wait_ms(struct codeswap_device *cdev,
				unsigned long events, unsigned int ms)
{
	unsigned long remaining = msecs_to_jiffies(ms);

	return csw_event_wait(cdev, events, NULL, &remaining);
}

/* Does one of @events come soon, and is nobody kept from working meanwhile? */
static void poll(struct codeswap_device *cdev, unsigned long events)
{
	ktime_t until = ktime_add_us(ktime_get(), POLL_US);

	while (!(READ_ONCE(cdev->events) & events) && !need_resched() &&
	       single_task_running() && ktime_before(ktime_get(), until))
		cpu_relax();
}

/**
 * csw_event_poll_ms() - wait for reports in the blackout
 * @cdev: device, @cdev->op_lock held
 * @events: bits
 * @ms: limit
 *
 * Polls before it sleeps: to be woken can cost more than the device takes.
 *
 * Return: the bits that came, taken; 0 if time ran out.
 */
unsigned long csw_event_poll_ms(struct codeswap_device *cdev,
				unsigned long events, unsigned int ms)
{
	poll(cdev, events);
	return csw_event_wait_ms(cdev, events, ms);
}

/* The image that ran is dead: the boot ROM takes over, and asks. */
static void handle_crash(struct codeswap_device *cdev)
{
	struct csw_error err;

	csw_error(&err, CODESWAP_REASON_CRASH, -EIO,
		  "the running image crashed: cause 0x%llx at 0x%llx, value 0x%llx; the device is reset and asks for an image",
		  cdev->crash.cause, cdev->crash.pc, cdev->crash.value);
	dev_err(&cdev->dev, "%s\n", err.text);
	mutex_lock(&cdev->lock);
	csw_set_result(cdev, CODESWAP_RESULT_FAILED, &err);
	mutex_unlock(&cdev->lock);
	csw_enter_state(cdev, CODESWAP_DEVICE_STATE_FAILED);
	csw_kept_crashed(cdev);
	csw_event_forget(cdev, CSW_EV_IMAGE_REQUEST);
	if (cdev->desc->ops->reset(cdev))
		dev_err(&cdev->dev, "cannot be reset; it stays failed\n");
}

/**
 * csw_self_test() - has a device that asks passed its self-test?
 * @cdev: device, @cdev->op_lock held
 * @err: set if it has not
 *
 * Return: 0, or -EIO.
 */
int csw_self_test(const struct codeswap_device *cdev, struct csw_error *err)
{
	lockdep_assert_held(&cdev->op_lock);
	if (!cdev->selftest)
		return 0;
	return csw_error(err, CODESWAP_REASON_NOT_HEALTHY, -EIO,
			 "the self-test of %s failed with code 0x%x; it gets no image",
			 cdev->label, cdev->selftest);
}

/* It asks every few seconds, and it is said once. */
static void self_test_failed(struct codeswap_device *cdev,
			     const struct csw_error *err)
{
	bool told;

	mutex_lock(&cdev->lock);
	told = !strcmp(cdev->status.error.text, err->text);
	if (!told)
		csw_set_result(cdev, CODESWAP_RESULT_FAILED, err);
	mutex_unlock(&cdev->lock);
	if (!told)
		dev_err(&cdev->dev, "%s\n", err->text);
	csw_enter_state(cdev, CODESWAP_DEVICE_STATE_FAILED);
}

/**
 * csw_event_minimal() - a device's boot ROM has asked for an image
 * @cdev: device, @cdev->op_lock held
 */
void csw_event_minimal(struct codeswap_device *cdev)
{
	struct csw_header *old;
	struct csw_error err;

	mutex_lock(&cdev->lock);
	old = cdev->running;
	cdev->running = NULL;
	cdev->status.has_image = false;
	mutex_unlock(&cdev->lock);
	csw_header_put(old);
	if (csw_self_test(cdev, &err)) {
		self_test_failed(cdev, &err);
		return;
	}
	csw_enter_state(cdev, CODESWAP_DEVICE_STATE_MINIMAL);
	csw_request_device(cdev);
}

/* Take what no update waits for. */
static void event_work(struct work_struct *work)
{
	struct codeswap_device *cdev = container_of(work, struct codeswap_device,
						    event_work);
	unsigned long events;
	unsigned int flags;

	/* Whoever holds it takes what it waits for, and queues this once more. */
	if (!mutex_trylock(&cdev->op_lock))
		return;
	events = take(cdev, ~0UL);
	if (cdev->gone)
		events = 0;
	/* Memory that is short may be waiting for I/O of this very device. */
	flags = memalloc_noio_save();
	if (events & CSW_EV_CRASH)
		handle_crash(cdev);
	else if (events & CSW_EV_IMAGE_REQUEST)
		csw_event_minimal(cdev);
	memalloc_noio_restore(flags);
	csw_op_unlock(cdev);
}

/**
 * csw_event_look() - see to what was reported while @cdev->op_lock was held
 * @cdev: device, @cdev->op_lock no longer held
 *
 * Context: any.
 */
void csw_event_look(struct codeswap_device *cdev)
{
	unsigned long flags;

	smp_mb();	/* pairs with post() */
	spin_lock_irqsave(&cdev->event_lock, flags);
	if (cdev->events && !cdev->deaf)
		queue_work(csw_workqueue, &cdev->event_work);
	spin_unlock_irqrestore(&cdev->event_lock, flags);
}

/**
 * csw_op_unlock() - let go of @cdev->op_lock, and look
 * @cdev: device, @cdev->op_lock held
 */
void csw_op_unlock(struct codeswap_device *cdev)
{
	mutex_unlock(&cdev->op_lock);
	csw_event_look(cdev);
}

void csw_event_init(struct codeswap_device *cdev)
{
	spin_lock_init(&cdev->event_lock);
	init_waitqueue_head(&cdev->wait);
	INIT_WORK(&cdev->event_work, event_work);
}

/**
 * csw_event_exit() - ignore what is reported from here on
 * @cdev: device that is being unregistered
 */
void csw_event_exit(struct codeswap_device *cdev)
{
	spin_lock_irq(&cdev->event_lock);
	cdev->deaf = true;
	spin_unlock_irq(&cdev->event_lock);
	cancel_work_sync(&cdev->event_work);
}
