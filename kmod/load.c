// SPDX-License-Identifier: GPL-2.0-only
/*
 * An image for a device that runs nothing but its boot ROM, or is reset to it
 * (method reset): nothing to reconcile, nothing to roll back to.
 */
#include <linux/jiffies.h>

#include "update.h"

static int cancelled(struct csw_swap *swap)
{
	return csw_cancelled(swap, "before the image was loaded");
}

/*
 * A boot ROM that still tests its memory would write over what is loaded; and
 * a device that has failed its test gets no image.
 */
static int wait_until_it_asks(struct csw_swap *swap)
{
	struct codeswap_device *cdev = swap->cdev;
	struct csw_update *update = swap->update;
	unsigned int limit = cdev->limits.reset;

	if (!wait_event_idle_timeout(cdev->wait, READ_ONCE(cdev->asks) ||
				     READ_ONCE(update->cancel),
				     msecs_to_jiffies(limit)))
		return csw_error(&swap->error, CODESWAP_REASON_TIMEOUT, -ETIMEDOUT,
				 "the boot ROM of %s has not asked for an image within %u ms (limits/reset)",
				 cdev->label, limit);
	if (READ_ONCE(update->cancel))
		return cancelled(swap);
	return csw_self_test(cdev, &swap->error);
}

/* What people do who have no live swap: the blackout is all of it. */
static int reset(struct csw_swap *swap)
{
	struct codeswap_device *cdev = swap->cdev;
	unsigned int limit = cdev->limits.reset;
	int ret;

	swap->blackout = ktime_get();
	csw_event_forget(cdev, ~0UL);
	ret = swap->ops->reset(cdev);
	if (ret)
		return csw_error(&swap->error, CODESWAP_REASON_DRIVER, ret,
				 "the driver of %s cannot reset it: error %d",
				 cdev->label, ret);
	if (!csw_event_wait_ms(cdev, CSW_EV_IMAGE_REQUEST, limit))
		return csw_error(&swap->error, CODESWAP_REASON_TIMEOUT, -ETIMEDOUT,
				 "the boot ROM of %s did not ask for an image within %u ms after a reset (limits/reset)",
				 cdev->label, limit);
	return csw_self_test(cdev, &swap->error);
}

/* Up to here the device has not been touched. */
static int prepare(struct csw_swap *swap)
{
	int ret;

	ret = swap->old ? 0 : wait_until_it_asks(swap);
	if (ret)
		return ret;
	ret = csw_map(&swap->image, swap->cdev,
		      csw_update_stage(swap->update)->mem, false);
	if (ret)
		return csw_error(&swap->error, ret == -ENOMEM ?
				 CODESWAP_REASON_NO_MEMORY : CODESWAP_REASON_DRIVER,
				 ret, "the image cannot be mapped for %s: error %d",
				 swap->cdev->label, ret);
	ret = csw_overlay_plan(swap);
	if (ret && swap->error.code)
		return ret;
	if (ret)
		return csw_error(&swap->error, CODESWAP_REASON_NO_MEMORY, ret,
				 "no memory to load %s", swap->cdev->label);
	if (!csw_batch_meet(swap->update))
		return cancelled(swap);
	/* No slot: this takes longer than others should wait for it. */
	if (!csw_turn_take(swap->update, false))
		return csw_cancelled(swap, CSW_NOT_ITS_TURN);
	if (!csw_update_commit(swap->update, CODESWAP_PHASE_OVERLAYING))
		return cancelled(swap);
	csw_notify_device(swap->cdev);
	return 0;
}

static int load(struct csw_swap *swap)
{
	struct codeswap_device *cdev = swap->cdev;
	int ret;

	if (swap->old) {
		ret = reset(swap);
		if (ret)
			return ret;
	}
	ret = csw_overlay(swap);
	if (ret)
		return ret;
	csw_enter_phase(cdev, CODESWAP_PHASE_VERIFYING);
	ret = csw_verify(swap);
	if (ret)
		return ret;
	csw_enter_phase(cdev, CODESWAP_PHASE_PROVING);
	ret = csw_start(swap, swap->new, CODESWAP_START_COLD, 0);
	if (ret)
		return ret;
	csw_swap_blackout_ended(swap, cdev->started_at);
	ret = csw_prove(swap, &swap->update->rollback);
	if (ret)
		return ret;
	return swap->ops->commit(cdev);
}

/**
 * csw_load() - give an image to a device in its boot ROM, or by way of it
 * @swap: update, its image staged; with an old image, that is reset away
 *
 * Return: success; refused or cancelled with the device untouched; or failed
 * and back in the boot ROM.
 */
enum codeswap_result csw_load(struct csw_swap *swap)
{
	int ret = prepare(swap);

	if (ret) {
		csw_unmap(&swap->image);
		return ret == -ECANCELED ? CODESWAP_RESULT_CANCELLED :
					   CODESWAP_RESULT_REFUSED;
	}
	ret = load(swap);
	csw_unmap(&swap->image);
	if (!ret)
		return CODESWAP_RESULT_SUCCESS;
	if (!swap->error.code)
		csw_error(&swap->error, CODESWAP_REASON_DRIVER, ret,
			  "the image cannot be loaded: error %d", ret);
	if (swap->old)
		csw_kept_crashed(swap->cdev);
	return csw_reset_to_rom(swap);
}
