// SPDX-License-Identifier: GPL-2.0-only
/*
 * The swap of the image that runs, step by step, by the rules of
 * Documentation/device-abi.rst: what kmod/swap.c and rollback.c are to a device of
 * the kernel. There, one thread waits for each answer; here, each answer is the
 * beginning of the next step.
 *
 *	reconciling -> quiescing -> (overlay) -> proving -> the new image runs
 *
 * and the ways back, the gentlest first:
 *
 *	cancelling, undoing	the bootstrap takes back what it did
 *	abandoning		the old image drops the bootstrap's thread
 *	returning		the old image is put right and started again
 *	(reset)			the boot ROM asks for an image
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <linux/codeswap_handover.h>

#include "model.h"

enum phase {
	RECONCILING,
	CANCELLING,
	ABANDONING,
	QUIESCING,
	UNDOING,
	PROVING,
	RETURNING,
};

/**
 * struct model_swap - under way
 * @phase: how far
 * @image: that is to run; its tables are &struct model_device.tried
 * @staging: what the device sees of it
 * @overlay: what becomes of running memory
 * @modules: as they were
 * @why: the first thing that went wrong
 */
struct model_swap {
	enum phase phase;
	struct model_image image;
	struct model_staging staging;
	struct model_overlay overlay;
	struct model_modules *modules;
	char why[MODEL_TEXT_LEN];
};

/* Something is asked of the device, and its answer awaited. */
static void order(struct model_device *device, enum phase phase, uint32_t command,
		  uint32_t argument)
{
	device->swap->phase = phase;
	model_device_wait(device);
	model_hardware_order(&device->hw, command, argument);
}

/* The first cause is what counts. */
__printf(2, 3)
static void because(struct model_device *device, const char *fmt, ...)
{
	char *why = device->swap->why;
	va_list args;

	if (*why)
		return;
	va_start(args, fmt);
	vsnprintf(why, MODEL_TEXT_LEN, fmt, args);
	va_end(args);
}

/* ---- ways back --------------------------------------------------------------- */

/* The old image runs, and nothing is left of the new one. */
static void give_up(struct model_device *device, const char *how)
{
	char why[MODEL_TEXT_LEN];

	memcpy(why, device->swap->why, sizeof(why));
	model_swap_end(device);
	free(device->tried.tables);
	memset(&device->tried, 0, sizeof(device->tried));
	model_owner_tell(device, "failed", "%s%s", how, why);
	model_device_enter(device, MODEL_RUNNING);
}

/* The old image cannot be brought back. */
static void lose(struct model_device *device, const char *second)
{
	char first[MODEL_TEXT_LEN];

	memcpy(first, device->swap->why, sizeof(first));
	model_device_fail(device, "%s; and the old image cannot be restarted: %s", first,
			  second);
}

/* The old image at its warm entry; its memory may be damaged. */
static void restart_old(struct model_device *device)
{
	struct model_swap *swap = device->swap;
	char second[MODEL_TEXT_LEN];
	uint32_t state;

	model_hardware_halt(&device->hw);
	if (!model_overlay_put_back(&swap->overlay, second, sizeof(second))) {
		lose(device, second);
	} else if (!model_modules_put_back(swap->modules, &device->hw)) {
		lose(device, "its modules cannot be put back");
	} else if (!model_staging_state(&swap->staging, false, &state)) {
		lose(device, "its state directory is no address of the device");
	} else {
		swap->phase = RETURNING;
		model_prove(device, &device->runs, HBA_START_ROLLBACK, state);
	}
}

/* The bootstrap's thread has ended by itself or was dropped; the old image runs. */
static void old_goes_on(struct model_device *device)
{
	if (model_modules_put_back(device->swap->modules, &device->hw))
		give_up(device, "");
	else
		restart_old(device);
}

static void cancel(struct model_device *device)
{
	model_staging_command(&device->swap->staging, CODESWAP_HO_CMD_CANCEL);
	order(device, CANCELLING, HBA_CMD_CANCEL, 0);
}

/* ---- forward ------------------------------------------------------------------ */

static void bootstrap_crashed(struct model_device *device, const uint32_t crash[3])
{
	because(device, "the bootstrap crashed: cause 0x%x at 0x%x, value 0x%x", crash[0],
		crash[1], crash[2]);
}

static void refused(struct model_device *device)
{
	char reason[CODESWAP_HO_REASON_LEN];

	model_staging_reason(&device->swap->staging, reason, sizeof(reason));
	because(device, "the new image's bootstrap refused: %s", reason);
}

static void look_at_reconciling(struct model_device *device, const struct model_news *news,
				bool late)
{
	if (news->answer == HBA_EVT_RECONCILED && news->verdict == CODESWAP_VERDICT_OK) {
		order(device, QUIESCING, HBA_CMD_QUIESCE, 0);
	} else if (news->answer == HBA_EVT_RECONCILED) {
		refused(device);
		old_goes_on(device);
	} else if (news->answer == HBA_EVT_BOOTSTRAP_CRASH) {
		bootstrap_crashed(device, news->crash);
		old_goes_on(device);
	} else if (late) {
		because(device, "the bootstrap did not end within %u ms",
			device->options.limit_ms);
		cancel(device);
	}
}

/* It may have come to its end at that very moment. */
static void look_at_cancelling(struct model_device *device, const struct model_news *news,
			       bool late)
{
	if (news->answer == HBA_EVT_RECONCILED && news->verdict == CODESWAP_VERDICT_OK)
		order(device, UNDOING, HBA_CMD_UNDO, 0);
	else if (news->answer == HBA_EVT_RECONCILED ||
		 news->answer == HBA_EVT_BOOTSTRAP_CRASH)
		old_goes_on(device);
	else if (late)
		order(device, ABANDONING, HBA_CMD_ABANDON, 0);
}

static void look_at_undoing(struct model_device *device, const struct model_news *news,
			    bool late)
{
	if (news->answer == HBA_EVT_UNDONE || news->answer == HBA_EVT_BOOTSTRAP_CRASH)
		old_goes_on(device);
	else if (late)
		order(device, ABANDONING, HBA_CMD_ABANDON, 0);
}

static void look_at_abandoning(struct model_device *device, const struct model_news *news,
			       bool late)
{
	if (news->answer == HBA_EVT_ABANDONED)
		old_goes_on(device);
	else if (late)
		restart_old(device);
}

/* The device is parked in staging memory. */
static void overlay(struct model_device *device)
{
	struct model_swap *swap = device->swap;
	char why[MODEL_TEXT_LEN];
	uint32_t state;

	model_overlay_keep_data(&swap->overlay);
	model_overlay_copy(&swap->overlay);
	if (!model_overlay_verify(&swap->overlay, why, sizeof(why))) {
		because(device, "%s", why);
		restart_old(device);
	} else if (!model_staging_state(&swap->staging, true, &state)) {
		because(device, "the bootstrap's state directory is no address of the device");
		restart_old(device);
	} else {
		swap->phase = PROVING;
		model_prove(device, &device->tried, HBA_START_WARM, state);
	}
}

static void look_at_quiescing(struct model_device *device, const struct model_news *news,
			      bool late)
{
	if (news->answer == HBA_EVT_QUIESCED && news->verdict == CODESWAP_VERDICT_OK) {
		overlay(device);
	} else if (news->answer == HBA_EVT_QUIESCED) {
		refused(device);
		order(device, UNDOING, HBA_CMD_UNDO, 0);
	} else if (news->answer == HBA_EVT_BOOTSTRAP_CRASH) {
		/* Whether all harts are out of it, nobody knows. */
		bootstrap_crashed(device, news->crash);
		restart_old(device);
	} else if (late) {
		because(device, "the device was not quiet within %u ms",
			device->options.limit_ms);
		restart_old(device);
	}
}

static void look_at_proving(struct model_device *device, const struct model_news *news,
			    bool late)
{
	char why[MODEL_TEXT_LEN];

	switch (model_prove_look(device, news, late, why)) {
	case MODEL_UNDECIDED:
		break;
	case MODEL_PROVED:
		model_swap_end(device);
		model_device_adopt(device);
		break;
	case MODEL_FAILED:
		because(device, "%s", why);
		restart_old(device);
		break;
	}
}

static void look_at_returning(struct model_device *device, const struct model_news *news,
			      bool late)
{
	char why[MODEL_TEXT_LEN];

	switch (model_prove_look(device, news, late, why)) {
	case MODEL_UNDECIDED:
		break;
	case MODEL_PROVED:
		give_up(device, "rolled back: ");
		break;
	case MODEL_FAILED:
		lose(device, why);
		break;
	}
}

/**
 * model_swap_look() - go on with a swap, or go back
 * @device: the device
 * @news: what it has said
 * @late: its time is over
 */
void model_swap_look(struct model_device *device, const struct model_news *news, bool late)
{
	static void (*const looks[])(struct model_device *device,
				     const struct model_news *news, bool late) = {
		[RECONCILING] = look_at_reconciling,
		[CANCELLING] = look_at_cancelling,
		[ABANDONING] = look_at_abandoning,
		[QUIESCING] = look_at_quiescing,
		[UNDOING] = look_at_undoing,
		[PROVING] = look_at_proving,
		[RETURNING] = look_at_returning,
	};
	enum phase phase = device->swap->phase;

	if (news->crashed && phase != PROVING && phase != RETURNING) {
		because(device, "the old image crashed: cause 0x%x at 0x%x, value 0x%x",
			news->crash[0], news->crash[1], news->crash[2]);
		restart_old(device);
		return;
	}
	looks[phase](device, news, late);
}

/* ---- begin and end ------------------------------------------------------------ */

static bool prepare(struct model_device *device, struct model_swap *swap)
{
	struct model_fit memory;

	model_hardware_fit(&device->hw, &memory);
	swap->overlay.memory = device->hw.memory;
	swap->overlay.base = memory.base;
	swap->overlay.old = device->runs.tables;
	swap->modules = model_modules_keep(&device->hw);
	return swap->modules &&
	       model_staging_make(&swap->staging, &swap->image, device->runs.tables) &&
	       model_overlay_plan(&swap->overlay, &swap->staging);
}

static void free_swap(struct model_swap *swap)
{
	model_overlay_free(&swap->overlay);
	model_staging_free(&swap->staging);
	free(swap->modules);
	model_image_drop(&swap->image);
	free(swap);
}

/**
 * model_swap_begin() - have an image take over from the one that runs
 * @device: it runs one
 * @image: another, which fits; from here on the swap's
 *
 * Return: false if there is no memory; then nothing has happened.
 */
bool model_swap_begin(struct model_device *device, struct model_image *image)
{
	struct model_swap *swap = calloc(1, sizeof(*swap));

	if (!swap) {
		model_image_drop(image);
		return false;
	}
	swap->image = *image;
	if (!prepare(device, swap)) {
		free_swap(swap);
		return false;
	}
	device->swap = swap;
	device->tried = swap->image.firmware;
	model_staging_attach(&swap->staging, &device->hw);
	model_device_enter(device, MODEL_SWAPPING);
	order(device, RECONCILING, HBA_CMD_UPDATE, model_staging_address());
	return true;
}

/**
 * model_swap_end() - let go of all that a swap needs
 * @device: the device; nothing happens if there is no swap
 *
 * The new image's tables stay &struct model_device.tried.
 */
void model_swap_end(struct model_device *device)
{
	if (!device->swap)
		return;
	model_hardware_detach(&device->hw);
	device->swap->image.firmware.tables = NULL;
	free_swap(device->swap);
	device->swap = NULL;
}
