// SPDX-License-Identifier: GPL-2.0-only
/*
 * An image for a device that runs nothing but its boot ROM: nothing to
 * reconcile, no I/O to interrupt, nothing to roll back to.
 */
#include <linux/jiffies.h>

#include "update.h"

static int cancelled(struct csw_swap *swap)
{
	return csw_error(&swap->error, CODESWAP_REASON_CANCELLED, -ECANCELED,
			 "cancelled before the image was loaded; the boot ROM goes on asking");
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
	if (cdev->selftest)
		return csw_error(&swap->error, CODESWAP_REASON_NOT_HEALTHY, -EIO,
				 "the self-test of %s failed with code 0x%x; it gets no image",
				 cdev->label, cdev->selftest);
	return 0;
}

/* Up to here the device has not been touched. */
static int prepare(struct csw_swap *swap)
{
	int ret;

	ret = wait_until_it_asks(swap);
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
	if (ret)
		return csw_error(&swap->error, CODESWAP_REASON_NO_MEMORY, ret,
				 "no memory to load %s", swap->cdev->label);
	if (csw_update_commit(swap->update, CODESWAP_PHASE_OVERLAYING))
		return 0;
	return cancelled(swap);
}

static int load(struct csw_swap *swap)
{
	struct codeswap_device *cdev = swap->cdev;
	int ret;

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
	ret = csw_prove(swap, &swap->update->rollback);
	if (ret)
		return ret;
	return swap->ops->commit(cdev);
}

/**
 * csw_load() - give an image to a device in its boot ROM
 * @swap: update, its image staged
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
	return csw_reset_to_rom(swap);
}
