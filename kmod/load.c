// SPDX-License-Identifier: GPL-2.0-only
/*
 * An image for a device that runs nothing but its boot ROM: nothing to
 * reconcile, no I/O to interrupt, nothing to roll back to.
 */
#include "update.h"

static int load(struct csw_swap *swap)
{
	struct codeswap_device *cdev = swap->cdev;
	int ret;

	ret = csw_map(&swap->image, cdev, csw_update_stage(swap->update)->mem,
		      false);
	if (ret)
		return ret;
	csw_enter_phase(cdev, CODESWAP_PHASE_OVERLAYING);
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
 * Return: success, or failed and back in the boot ROM.
 */
enum codeswap_result csw_load(struct csw_swap *swap)
{
	int ret = load(swap);

	csw_unmap(&swap->image);
	if (!ret)
		return CODESWAP_RESULT_SUCCESS;
	if (!swap->error.code)
		csw_error(&swap->error, CODESWAP_REASON_DRIVER, ret,
			  "the image cannot be loaded: error %d", ret);
	return csw_reset_to_rom(swap);
}
