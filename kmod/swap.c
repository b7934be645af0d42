// SPDX-License-Identifier: GPL-2.0-only
/*
 * The swap of one device, step by step.
 *
 *  1. prepare: hand-over block; what differs is found, and what an overlay of
 *     that would destroy kept aside, dependent modules as well
 *  2. reconcile: the device runs the new image's bootstrap beside its I/O
 *  3. ready: hold, if asked to
 *  4. quiesce: I/O stops, what changed meanwhile is synced; data snapshot
 *  5. overlay: the point of no return
 *  6. verify
 *  7. prove: the new image serves I/O and must show signs of life
 *  8. commit
 *
 * All of it runs in a work item of the update's own, with the device's
 * op_lock held, so that nobody's death or signal can stop it half-way; they
 * set update->cancel or update->rollback, which every wait looks at where
 * going back is still possible.
 */
#include <linux/jiffies.h>
#include <linux/sched/mm.h>

#include "trace.h"
#include "update.h"

static int driver_error(struct csw_swap *swap, const char *what, int ret)
{
	if (swap->error.code)
		return ret;
	if (ret == -ENOMEM)
		return csw_error(&swap->error, CODESWAP_REASON_NO_MEMORY, ret,
				 "no memory to %s", what);
	return csw_error(&swap->error, CODESWAP_REASON_DRIVER, ret,
			 "the driver of %s cannot %s: error %d",
			 swap->cdev->label, what, ret);
}

/**
 * csw_cancelled() - an update was cancelled, by its own operator or with others
 * @swap: update
 * @when: "in phase ready"
 *
 * Return: -ECANCELED, with @swap->error set.
 */
int csw_cancelled(struct csw_swap *swap, const char *when)
{
	const char *spoiler = csw_batch_spoiler(swap->update);

	return csw_error(&swap->error, CODESWAP_REASON_CANCELLED, -ECANCELED,
			 "cancelled %s%s%s%s; the %s goes on", when,
			 spoiler ? ", because " : "", spoiler ?: "",
			 spoiler ? " did not come so far" : "",
			 swap->old ? "old image" : "boot ROM");
}

static int cancelled(struct csw_swap *swap)
{
	char when[32];

	snprintf(when, sizeof(when), "in phase %s",
		 csw_phase_name(swap->cdev->status.phase));
	return csw_cancelled(swap, when);
}

static int crashed(struct csw_swap *swap, const char *what)
{
	const struct codeswap_crash *c = &swap->cdev->crash;

	return csw_error(&swap->error, CODESWAP_REASON_CRASH, -EIO,
			 "the device crashed while it %s: cause 0x%llx at 0x%llx, value 0x%llx",
			 what, c->cause, c->pc, c->value);
}

static int prepare(struct csw_swap *swap)
{
	int ret;

	ret = csw_handover_create(swap);
	if (ret)
		return driver_error(swap, "map staging memory", ret);
	ret = csw_modules_keep(swap);
	if (ret)
		return driver_error(swap, "keep the dependent modules aside", ret);
	ret = csw_overlay_plan(swap);
	if (ret)
		return driver_error(swap, "compare its memory with the image", ret);
	ret = csw_keep_text(swap);
	if (ret)
		return driver_error(swap, "keep the old image aside", ret);
	/* The last moment at which the device knows nothing of it. */
	return READ_ONCE(swap->update->cancel) ? cancelled(swap) : 0;
}

static int judge(struct csw_swap *swap, unsigned long event)
{
	const struct codeswap_crash *c = &swap->cdev->crash;
	char why[CODESWAP_HO_REASON_LEN];

	if (event & CSW_EV_BOOTSTRAP_CRASH)
		return csw_error(&swap->error, CODESWAP_REASON_BOOTSTRAP_CRASH, -EIO,
				 "the bootstrap crashed: cause 0x%llx at 0x%llx, value 0x%llx; the old image goes on",
				 c->cause, c->pc, c->value);
	if (event & CSW_EV_CRASH)
		return csw_error(&swap->error, CODESWAP_REASON_CRASH, -EIO,
				 "the old image crashed beside the bootstrap: cause 0x%llx at 0x%llx, value 0x%llx",
				 c->cause, c->pc, c->value);
	if (swap->cdev->verdict == CODESWAP_VERDICT_OK)
		return 0;
	csw_handover_reason(swap, why, sizeof(why));
	return csw_error(&swap->error, CODESWAP_REASON_BOOTSTRAP_REFUSED,
			 -EOPNOTSUPP, "the new image's bootstrap refused: %s", why);
}

/* Whether the bootstrap's thread still works after reconcile() has failed. */
enum reconcile_end { RECONCILED, RETURNED, WORKING, DIED };

static enum reconcile_end reconcile(struct csw_swap *swap)
{
	struct codeswap_device *cdev = swap->cdev;
	unsigned long left = msecs_to_jiffies(cdev->limits.reconcile), event;
	const unsigned long ends = CSW_EV_RECONCILED | CSW_EV_CRASH |
				   CSW_EV_BOOTSTRAP_CRASH;
	int ret;

	csw_enter_phase(cdev, CODESWAP_PHASE_RECONCILING);
	csw_event_forget(cdev, ends | CSW_EV_ITEMS);
	ret = swap->ops->bootstrap(cdev, swap->work.address);
	if (ret) {
		driver_error(swap, "raise the update interrupt", ret);
		return RETURNED;
	}
	do {
		event = csw_event_wait(cdev, ends | CSW_EV_ITEMS,
				       &swap->update->cancel, &left);
		if (event && !(event & ends))
			csw_handover_items(swap);
	} while (event && !(event & ends));
	/* What was reported last is told later if all is well. */
	if (event && !judge(swap, event))
		return RECONCILED;
	csw_handover_items(swap);
	if (event)
		return event & CSW_EV_CRASH ? DIED : RETURNED;
	if (READ_ONCE(swap->update->cancel))
		cancelled(swap);
	else
		csw_error(&swap->error, CODESWAP_REASON_BOOTSTRAP_HANG, -ETIMEDOUT,
			  "the bootstrap did not end within %u ms (limits/reconcile); the old image goes on",
			  cdev->limits.reconcile);
	return WORKING;
}

/*
 * Who listens is told when the blackout is over: it would be the longer for it,
 * and for what they do then.
 */
static void tell_later(struct csw_swap *swap)
{
	struct codeswap_device *cdev = swap->cdev;

	mutex_lock(&cdev->lock);
	swap->untold[swap->num_untold++] = cdev->status;
	mutex_unlock(&cdev->lock);
}

static void enter_in_blackout(struct csw_swap *swap, enum codeswap_phase phase)
{
	struct codeswap_device *cdev = swap->cdev;

	mutex_lock(&cdev->lock);
	csw_set_phase(cdev, phase);
	mutex_unlock(&cdev->lock);
	tell_later(swap);
}

/* Before anything else is told of the device. */
void csw_swap_tell(struct csw_swap *swap)
{
	unsigned int i;

	for (i = 0; i < swap->num_untold; i++)
		csw_notify_status(swap->cdev, &swap->untold[i]);
	swap->num_untold = 0;
}

/* Nobody waits in ready for an operator or another device: it passes unnoticed. */
static void enter_ready(struct csw_swap *swap)
{
	if (!READ_ONCE(swap->update->hold) && !csw_batch_waits(swap->update)) {
		enter_in_blackout(swap, CODESWAP_PHASE_READY);
		return;
	}
	csw_handover_items(swap);
	csw_enter_phase(swap->cdev, CODESWAP_PHASE_READY);
}

/* A held update waits for its operator as long as that takes. */
static int wait_in_ready(struct csw_swap *swap)
{
	struct csw_update *update = swap->update;

	/* Whether or not the bootstrap has heard of it. */
	if (READ_ONCE(update->cancel))
		return cancelled(swap);
	enter_ready(swap);
	wait_event_idle(swap->cdev->wait, !READ_ONCE(update->hold) ||
			READ_ONCE(update->cancel) ||
			READ_ONCE(swap->cdev->events) & CSW_EV_CRASH);
	/* Who is dead already has not arrived. */
	if (READ_ONCE(swap->cdev->events) & CSW_EV_CRASH)
		return crashed(swap, "waited in ready");
	if (!csw_batch_meet(update))
		return READ_ONCE(swap->cdev->events) & CSW_EV_CRASH ?
		       crashed(swap, "waited for the others") : cancelled(swap);
	if (!csw_turn_take(update, true))
		return csw_cancelled(swap, CSW_NOT_ITS_TURN);
	if (!csw_update_commit(update, CODESWAP_PHASE_QUIESCING))
		return cancelled(swap);
	tell_later(swap);
	return 0;
}

/* @parked tells whether the device is parked, if this fails. */
static int quiesce(struct csw_swap *swap, bool *parked, bool *serves)
{
	struct codeswap_device *cdev = swap->cdev;
	unsigned long event;
	int ret;

	csw_event_forget(cdev, CSW_EV_QUIESCED);
	swap->blackout = ktime_get();
	ret = swap->ops->quiesce(cdev);
	if (ret) {
		*serves = true;
		return driver_error(swap, "quiesce it", ret);
	}
	event = csw_event_poll_ms(cdev, CSW_EV_QUIESCED | CSW_EV_CRASH |
				  CSW_EV_BOOTSTRAP_CRASH, cdev->limits.quiesce);
	if (event & (CSW_EV_CRASH | CSW_EV_BOOTSTRAP_CRASH))
		return crashed(swap, "was quiescing");
	if (!event)
		return csw_error(&swap->error, CODESWAP_REASON_TIMEOUT, -ETIMEDOUT,
				 "the device was not quiet within %u ms (limits/quiesce)",
				 cdev->limits.quiesce);
	if (cdev->verdict != CODESWAP_VERDICT_OK) {
		*serves = true;
		return judge(swap, event);
	}
	*parked = true;
	ret = csw_keep_data(swap);
	return ret ? driver_error(swap, "snapshot the old data", ret) : 0;
}

static int overlay_and_prove(struct csw_swap *swap)
{
	struct codeswap_device *cdev = swap->cdev;
	u64 state = csw_handover_new_state(swap);
	ktime_t began;
	int ret;

	enter_in_blackout(swap, CODESWAP_PHASE_OVERLAYING);
	began = ktime_get();
	ret = csw_overlay(swap);
	if (ret)
		return driver_error(swap, "overlay its memory", ret);
	enter_in_blackout(swap, CODESWAP_PHASE_VERIFYING);
	ret = csw_verify(swap);
	if (ret)
		return driver_error(swap, "read its memory back", ret);
	swap->copy_ns = ktime_to_ns(ktime_sub(ktime_get(), began));
	enter_in_blackout(swap, CODESWAP_PHASE_PROVING);
	ret = csw_start(swap, swap->new, CODESWAP_START_WARM, state);
	if (ret)
		return ret;
	csw_swap_blackout_ended(swap, cdev->started_at);
	csw_handover_items(swap);
	ret = csw_prove(swap, &swap->update->rollback);
	if (ret)
		return ret;
	ret = swap->ops->commit(cdev);
	return ret ? driver_error(swap, "commit the new image", ret) : 0;
}

/**
 * csw_swap_blackout_ended() - the device serves I/O again
 * @swap: update
 * @when: it said so
 */
void csw_swap_blackout_ended(struct csw_swap *swap, ktime_t when)
{
	struct codeswap_device *cdev = swap->cdev;

	if (!swap->blackout)
		return;
	csw_turn_free_slot(swap->update);
	swap->blackout_ns = ktime_to_ns(ktime_sub(when, swap->blackout));
	trace_codeswap_blackout(cdev, swap->blackout_ns);
	mutex_lock(&cdev->lock);
	csw_set_blackout(cdev, swap->blackout_ns);
	mutex_unlock(&cdev->lock);
	csw_swap_tell(swap);
}

static enum codeswap_result live(struct csw_swap *swap)
{
	bool parked = false, serves = false;
	int ret = prepare(swap);

	if (ret)
		return ret == -ECANCELED ? CODESWAP_RESULT_CANCELLED :
					   CODESWAP_RESULT_REFUSED;
	switch (reconcile(swap)) {
	case RECONCILED:
		break;
	case RETURNED:
		return csw_give_up_bootstrap(swap, true);
	case WORKING:
		return csw_give_up_bootstrap(swap, false);
	case DIED:
		return csw_roll_back(swap);
	}
	if (wait_in_ready(swap)) {
		csw_turn_free_slot(swap->update);
		return csw_give_up_ready(swap);
	}
	if (quiesce(swap, &parked, &serves)) {
		if (!serves)
			return csw_give_up_quiesced(swap, parked);
		csw_turn_free_slot(swap->update);
		return csw_give_up_ready(swap);
	}
	if (overlay_and_prove(swap))
		return csw_roll_back(swap);
	return CODESWAP_RESULT_SUCCESS;
}

/* The image that runs from now on. */
static void adopt(struct csw_swap *swap)
{
	const struct mrb_header *h = swap->new->image.header;
	struct codeswap_device *cdev = swap->cdev;
	struct csw_status *s = &cdev->status;
	struct csw_header *old;
	bool live;

	mutex_lock(&cdev->lock);
	old = cdev->running;
	live = s->state == CODESWAP_DEVICE_STATE_RUNNING;
	strscpy(cdev->previous_name, old ? old->name : "",
		sizeof(cdev->previous_name));
	cdev->running = csw_header_get(swap->new);
	s->has_image = true;
	s->version = h->version;
	memcpy(s->build_id, h->build_id, sizeof(s->build_id));
	s->security_version = le32_to_cpu(h->security_version);
	cdev->security_floor = max(cdev->security_floor, s->security_version);
	s->declared_us = le32_to_cpu(h->declared_blackout_us);
	mutex_unlock(&cdev->lock);
	csw_header_put(old);
	csw_keep(cdev, csw_update_stage(swap->update));
	csw_enter_state(cdev, CODESWAP_DEVICE_STATE_RUNNING);
	/* The state is as it was, but the version is to be read anew. */
	if (live)
		kobject_uevent(&cdev->dev.kobj, KOBJ_CHANGE);
}

static enum codeswap_result nothing_to_do(struct csw_swap *swap)
{
	char version[CSW_VERSION_LEN];

	csw_version(version, &swap->new->image.header->version);
	csw_error(&swap->error, CODESWAP_REASON_NONE, 0,
		  "version %s runs already; nothing was done (--force would)",
		  version);
	return CODESWAP_RESULT_SUCCESS;
}

static enum codeswap_result run(struct csw_swap *swap)
{
	const struct csw_params *params = csw_update_params(swap->update);
	enum codeswap_result result;

	if (READ_ONCE(swap->update->cancel)) {
		cancelled(swap);
		return CODESWAP_RESULT_CANCELLED;
	}
	if (!params->force && csw_is_running(swap->cdev, swap->new))
		return nothing_to_do(swap);
	/* What runs may have changed since the image was staged. */
	if (csw_check(swap->cdev, swap->new, params, NULL, NULL, &swap->error))
		return CODESWAP_RESULT_REFUSED;
	if (!swap->old || params->method == CODESWAP_METHOD_RESET) {
		result = csw_load(swap);
	} else {
		result = live(swap);
		csw_swap_tell(swap);
		csw_modules_free(swap);
		csw_handover_destroy(swap);
	}
	if (result != CODESWAP_RESULT_SUCCESS)
		return result;
	adopt(swap);
	if (swap->copy_ns)
		csw_times_note(swap->cdev, swap->blackout_ns, swap->copy_ns,
			       csw_ranges_bytes(&swap->copied));
	return result;
}

static struct csw_swap *swap_create(struct csw_update *update)
{
	struct codeswap_device *cdev = update->cdev;
	struct csw_swap *swap = kvzalloc(sizeof(*swap), GFP_KERNEL);

	if (!swap)
		return NULL;
	swap->update = update;
	swap->cdev = cdev;
	swap->ops = cdev->desc->ops;
	swap->new = csw_header_get(csw_update_stage(update)->header);
	mutex_lock(&cdev->lock);
	swap->old = csw_header_get(cdev->running);
	mutex_unlock(&cdev->lock);
	return swap;
}

static void swap_destroy(struct csw_swap *swap)
{
	csw_header_put(swap->new);
	csw_header_put(swap->old);
	kvfree(swap);
}

static bool is_untouched(enum codeswap_result result)
{
	return result == CODESWAP_RESULT_REFUSED ||
	       result == CODESWAP_RESULT_CANCELLED;
}

/**
 * csw_swap_work() - run an update from its image staged to its end
 * @work: in struct csw_update
 */
void csw_swap_work(struct work_struct *work)
{
	struct csw_update *update = container_of(work, struct csw_update, work);
	struct codeswap_device *cdev = update->cdev;
	enum codeswap_result result;
	struct csw_error err = {};
	struct csw_swap *swap;
	unsigned int flags;

	/* Memory that is short may be waiting for I/O of this very device. */
	flags = memalloc_noio_save();
	mutex_lock(&cdev->op_lock);
	swap = swap_create(update);
	if (swap) {
		result = run(swap);
		err = swap->error;
		csw_overlay_free(swap);
		swap_destroy(swap);
	} else {
		result = CODESWAP_RESULT_REFUSED;
		csw_error(&err, CODESWAP_REASON_NO_MEMORY, -ENOMEM,
			  "no memory for the update");
	}
	mutex_unlock(&cdev->op_lock);
	if (csw_update_params(update)->again && is_untouched(result))
		csw_kept_untried(cdev, csw_update_stage(update));
	csw_batch_leave(update, result == CODESWAP_RESULT_SUCCESS);
	get_device(&cdev->dev);
	csw_update_end(update, result, err.text[0] ? &err : NULL);
	if (result == CODESWAP_RESULT_FAILED)
		csw_request_again(cdev);
	csw_device_put(cdev);
	memalloc_noio_restore(flags);
}
