// SPDX-License-Identifier: GPL-2.0-only
/*
 * What can be asked of a device whose image is staged, or later: to begin, to
 * go on, to stop, to go back, to be reset. Every door ends here.
 */
#include "update.h"

static int nothing_on(struct codeswap_device *cdev, struct csw_error *err)
{
	return csw_error(err, CODESWAP_REASON_NO_IMAGE, -ENODATA,
			 "no image is staged for %s; feed one first",
			 cdev->label);
}

/**
 * csw_swap() - start the update whose image is staged
 * @cdev: device
 * @hold: wait in ready
 * @together: start all that the image is staged for, and that have not been
 *	started; they meet in ready
 * @update_id: set
 * @err: why not
 *
 * Return: 0 or a negative errno with @err set.
 */
int csw_swap(struct codeswap_device *cdev, bool hold, bool together,
	     u64 *update_id, struct csw_error *err)
{
	struct csw_update *update = csw_update_get(cdev);
	int ret;

	if (!update)
		return nothing_on(cdev, err);
	*update_id = update->id;
	ret = together ? csw_job_start(update->job, hold, err) :
			 csw_update_start(update, hold, err);
	csw_update_put(update);
	return ret;
}

static int none_is_on(struct codeswap_device *cdev, struct csw_error *err)
{
	return csw_error(err, CODESWAP_REASON_NOT_RUNNING, -ENODATA,
			 "no update of %s is on", cdev->label);
}

/**
 * csw_release() - let an update that is held in ready go on
 * @cdev: device
 * @err: why not
 *
 * Return: 0 or a negative errno with @err set.
 */
int csw_release(struct codeswap_device *cdev, struct csw_error *err)
{
	struct csw_update *update = csw_update_get(cdev);

	if (!update)
		return none_is_on(cdev, err);
	WRITE_ONCE(update->hold, false);
	wake_up_all(&cdev->wait);
	csw_update_put(update);
	return 0;
}

static int too_late(struct codeswap_device *cdev, struct csw_error *err)
{
	return csw_error(err, CODESWAP_REASON_BUSY, -EBUSY,
			 "the update of %s is in phase %s, past the point of no return",
			 cdev->label, csw_phase_name(cdev->status.phase));
}

/**
 * csw_cancel() - cancel the update that is on
 * @cdev: device
 * @err: why not
 *
 * Does not wait for its end.
 *
 * Return: 0, -ENODATA if none is on, -EBUSY past the point of no return.
 */
int csw_cancel(struct codeswap_device *cdev, struct csw_error *err)
{
	struct csw_update *update = csw_update_get(cdev);
	struct csw_error why;
	int ret = 0;

	if (!update)
		return none_is_on(cdev, err);
	csw_error(&why, CODESWAP_REASON_CANCELLED, -ECANCELED,
		  "cancelled before the swap began");
	if (csw_update_cancel(update, CODESWAP_RESULT_CANCELLED, &why)) {
		mutex_lock(&cdev->lock);
		if (!update->bound)
			ret = none_is_on(cdev, err);
		else if (cdev->status.phase >= CODESWAP_PHASE_QUIESCING)
			ret = too_late(cdev, err);
		else if (!csw_batch_cancel(update))
			ret = too_late(cdev, err);
		mutex_unlock(&cdev->lock);
		wake_up_all(&cdev->wait);
	}
	csw_update_put(update);
	return ret;
}

static int rollback_later(struct codeswap_device *cdev, struct csw_error *err)
{
	struct csw_params params = { .allow_downgrade = true };

	mutex_lock(&cdev->lock);
	strscpy(params.image_name, cdev->previous_name,
		sizeof(params.image_name));
	mutex_unlock(&cdev->lock);
	if (!params.image_name[0])
		return csw_error(err, CODESWAP_REASON_NO_IMAGE, -ENOENT,
				 "the image that ran before on %s is not known by a name; swap to it with its file",
				 cdev->label);
	return csw_request_start(cdev, &params, params.image_name, err);
}

/**
 * csw_rollback() - back to the image that ran before
 * @cdev: device
 * @err: why not
 *
 * While the new image is proving, this ends the update by a rollback; later it
 * is an update of its own, to the image of that name.
 *
 * Return: 0, or a negative errno with @err set.
 */
int csw_rollback(struct codeswap_device *cdev, struct csw_error *err)
{
	struct csw_update *update = csw_update_get(cdev);
	bool ended;
	int ret = 0;

	if (!update)
		return rollback_later(cdev, err);
	mutex_lock(&cdev->lock);
	ended = !update->bound;
	if (ended)
		;
	else if (cdev->status.phase < CODESWAP_PHASE_QUIESCING)
		ret = csw_error(err, CODESWAP_REASON_BUSY, -EBUSY,
				"the update of %s has not changed anything yet; cancel it",
				cdev->label);
	else if (update->proved)
		ret = csw_error(err, CODESWAP_REASON_BUSY, -EBUSY,
				"the new image of %s has been proved already; ask again when the update has ended",
				cdev->label);
	else
		WRITE_ONCE(update->rollback, true);
	mutex_unlock(&cdev->lock);
	wake_up_all(&cdev->wait);
	csw_update_put(update);
	return ended ? rollback_later(cdev, err) : ret;
}

static int reset_locked(struct codeswap_device *cdev, struct csw_error *err)
{
	unsigned int limit = cdev->limits.reset;
	int ret;

	if (cdev->gone)
		return csw_error(err, CODESWAP_REASON_DEVICE_GONE, -ENODEV,
				 "%s is going away", cdev->label);
	csw_event_forget(cdev, ~0UL);
	csw_keep_none(cdev);
	ret = cdev->desc->ops->reset(cdev);
	if (ret)
		return csw_error(err, CODESWAP_REASON_DRIVER, ret,
				 "the driver of %s cannot reset it: error %d",
				 cdev->label, ret);
	if (!csw_event_wait_ms(cdev, CSW_EV_IMAGE_REQUEST, limit)) {
		csw_enter_state(cdev, CODESWAP_DEVICE_STATE_FAILED);
		return csw_error(err, CODESWAP_REASON_TIMEOUT, -ETIMEDOUT,
				 "the boot ROM of %s did not ask for an image within %u ms (limits/reset)",
				 cdev->label, limit);
	}
	csw_event_minimal(cdev);
	return 0;
}

/**
 * csw_reset() - reset a device to its boot ROM
 * @cdev: device
 * @err: why not
 *
 * I/O waits until an image has been loaded.
 *
 * Context: process; sleeps until the boot ROM answers.
 * Return: 0, -EBUSY while an update is on, or another negative errno.
 */
int csw_reset(struct codeswap_device *cdev, struct csw_error *err)
{
	int ret;

	if (READ_ONCE(cdev->update))
		return csw_error(err, CODESWAP_REASON_BUSY, -EBUSY,
				 "an update of %s is on; cancel it first",
				 cdev->label);
	if (mutex_lock_interruptible(&cdev->op_lock))
		return csw_error(err, CODESWAP_REASON_INTERRUPTED, -EINTR,
				 "interrupted");
	ret = reset_locked(cdev, err);
	csw_op_unlock(cdev);
	return ret;
}
