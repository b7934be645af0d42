// SPDX-License-Identifier: GPL-2.0-only
/*
 * Ways back, from every phase. Each tries the gentlest thing first, and goes
 * on to the next when the device does not answer in time:
 *
 *  1. ask the bootstrap to undo what it did,
 *  2. have the old image drop the bootstrap's thread,
 *  3. restart the old image at its warm entry, its text put right first,
 *  4. reset to the boot ROM, which asks for an image.
 *
 * So a device ends with the old image running, or asking: never undefined.
 * @swap->error keeps the first cause; the result tells how far back it went.
 */
#include "update.h"

#define DEAD	(CSW_EV_CRASH | CSW_EV_IMAGE_REQUEST)

/**
 * csw_reset_to_rom() - the last way
 * @swap: update
 */
enum codeswap_result csw_reset_to_rom(struct csw_swap *swap)
{
	struct codeswap_device *cdev = swap->cdev;
	enum codeswap_result result = CODESWAP_RESULT_FAILED;

	csw_swap_tell(swap);
	csw_event_forget(cdev, ~0UL);
	if (swap->ops->reset(cdev) ||
	    !csw_event_wait_ms(cdev, CSW_EV_IMAGE_REQUEST, cdev->limits.reset)) {
		dev_err(&cdev->dev, "the boot ROM does not answer after a reset\n");
		csw_enter_state(cdev, CODESWAP_DEVICE_STATE_FAILED);
		return CODESWAP_RESULT_NEED_RESET;
	}
	csw_event_minimal(cdev);
	return result;
}

/* The old image at its warm entry. @put_right: its memory may be damaged. */
static enum codeswap_result restart_old(struct csw_swap *swap)
{
	struct csw_error first = swap->error;
	int ret;

	ret = csw_put_back(swap);
	if (!ret)
		ret = csw_modules_put_back(swap);
	if (!ret)
		ret = csw_start(swap, swap->old, CODESWAP_START_ROLLBACK,
				csw_handover_old_state(swap));
	if (!ret) {
		csw_swap_blackout_ended(swap, swap->cdev->started_at);
		ret = csw_prove(swap, NULL);
	}
	if (!ret)
		ret = swap->ops->commit(swap->cdev);
	if (ret)
		dev_err(&swap->cdev->dev, "the old image cannot be restarted: %s\n",
			swap->error.text);
	swap->error = first;
	if (!ret)
		return CODESWAP_RESULT_ROLLED_BACK;
	csw_kept_crashed(swap->cdev);
	return csw_reset_to_rom(swap);
}

/* The bootstrap's thread has ended by itself or was dropped; the old image runs. */
static enum codeswap_result old_goes_on(struct csw_swap *swap)
{
	if (csw_modules_put_back(swap))
		return restart_old(swap);
	return swap->error.code == -ECANCELED ? CODESWAP_RESULT_CANCELLED :
						CODESWAP_RESULT_REFUSED;
}

static enum codeswap_result abandon(struct csw_swap *swap)
{
	unsigned long event = 0;

	csw_event_forget(swap->cdev, CSW_EV_ABANDONED);
	if (!swap->ops->abandon(swap->cdev))
		event = csw_event_wait_ms(swap->cdev, CSW_EV_ABANDONED | DEAD,
					  swap->cdev->limits.cancel);
	return event == CSW_EV_ABANDONED ? old_goes_on(swap) : restart_old(swap);
}

/**
 * csw_give_up_bootstrap() - out of reconciling
 * @swap: update; the bootstrap works, or has crashed
 * @crashed: the old image has told so, and goes on by itself
 */
enum codeswap_result csw_give_up_bootstrap(struct csw_swap *swap, bool crashed)
{
	unsigned long event;

	if (crashed)
		return old_goes_on(swap);
	csw_handover_command(swap, CODESWAP_HO_CMD_CANCEL);
	if (swap->ops->cancel(swap->cdev))
		return abandon(swap);
	event = csw_event_wait_ms(swap->cdev, CSW_EV_RECONCILED |
				  CSW_EV_BOOTSTRAP_CRASH | DEAD,
				  swap->cdev->limits.cancel);
	csw_handover_items(swap);
	if (event & DEAD)
		return restart_old(swap);
	/* It may have come to its end at that very moment. */
	if (event & CSW_EV_RECONCILED &&
	    swap->cdev->verdict == CODESWAP_VERDICT_OK)
		return csw_give_up_ready(swap);
	return event ? old_goes_on(swap) : abandon(swap);
}

/**
 * csw_give_up_ready() - out of ready
 * @swap: update; the bootstrap has returned, and has not been asked to sync
 */
enum codeswap_result csw_give_up_ready(struct csw_swap *swap)
{
	unsigned long event;

	csw_event_forget(swap->cdev, CSW_EV_UNDONE | CSW_EV_BOOTSTRAP_CRASH);
	if (swap->ops->undo(swap->cdev))
		return abandon(swap);
	event = csw_event_wait_ms(swap->cdev, CSW_EV_UNDONE |
				  CSW_EV_BOOTSTRAP_CRASH | DEAD,
				  swap->cdev->limits.cancel);
	csw_handover_items(swap);
	if (event & DEAD)
		return restart_old(swap);
	return event ? old_goes_on(swap) : abandon(swap);
}

/**
 * csw_give_up_quiesced() - out of quiescing
 * @swap: update, nothing overlaid yet
 * @parked: the device said so; otherwise nobody knows where it is
 */
enum codeswap_result csw_give_up_quiesced(struct csw_swap *swap, bool parked)
{
	unsigned long event = 0;

	if (!parked)
		return restart_old(swap);
	csw_event_forget(swap->cdev, CSW_EV_RESUMED);
	csw_handover_command(swap, CODESWAP_HO_CMD_RESUME);
	if (!swap->ops->resume(swap->cdev))
		event = csw_event_wait_ms(swap->cdev, CSW_EV_RESUMED | DEAD,
					  swap->cdev->limits.cancel);
	if (event != CSW_EV_RESUMED)
		return restart_old(swap);
	csw_swap_blackout_ended(swap, ktime_get());
	return csw_give_up_ready(swap);
}

/**
 * csw_roll_back() - after the point of no return
 * @swap: update
 */
enum codeswap_result csw_roll_back(struct csw_swap *swap)
{
	return restart_old(swap);
}
