// SPDX-License-Identifier: GPL-2.0-only
/*
 * The life of the device, and its host's part in it: what kmod/load.c is to a
 * device of the kernel, with the same sentences. A swap is in swap.c.
 */
#include <stdlib.h>
#include <string.h>

#include "model.h"

#define NS_PER_MS	1000000ull
#define NO_ANSWER	(~0u)	/* for the result of a self-test */

#define VERSION_OF(v)	(v)[0], (v)[1], (v)[2]

/*
 * Hundreds of these processes may share a core. What a device does while it gets
 * no share cannot be held against it.
 */
static uint64_t own_time(const struct model_device *device)
{
	return model_cpu_time() + device->waited;
}

/* Whether somebody waits for what comes next. */
static bool is_limited(enum model_state state)
{
	return state == MODEL_TESTING || state == MODEL_STARTING || state == MODEL_SWAPPING;
}

/**
 * model_device_wait() - something was asked of the device: a new wait begins
 * @device: what it said before does not count
 */
void model_device_wait(struct model_device *device)
{
	device->changes++;
	device->limit = own_time(device) + device->options.limit_ms * NS_PER_MS;
	memset(&device->hw.news, 0, sizeof(device->hw.news));
}

/* For the owner; a state that passes by itself is not worth a word. */
static void tell_state(const struct model_device *device)
{
	if (device->state == MODEL_BLANK)
		model_owner_tell(device, "blank", NULL);
	if (device->state == MODEL_MINIMAL)
		model_owner_tell(device, "minimal", NULL);
	if (device->state == MODEL_RUNNING)
		model_owner_tell(device, "running", "%u.%u.%u",
				 VERSION_OF(device->runs.version));
}

/* All changes of state come here. */
void model_device_enter(struct model_device *device, enum model_state state)
{
	device->state = state;
	model_device_wait(device);
	tell_state(device);
}

static void forget(struct model_firmware *f)
{
	free(f->tables);
	memset(f, 0, sizeof(*f));
}

/* Whatever it did: nothing of it counts any more. */
static void drop_images(struct model_device *device)
{
	model_swap_end(device);
	forget(&device->runs);
	forget(&device->tried);
}

/* What was tried has proved itself. */
void model_device_adopt(struct model_device *device)
{
	forget(&device->runs);
	device->runs = device->tried;
	memset(&device->tried, 0, sizeof(device->tried));
	if (device->floor < device->runs.security)
		device->floor = device->runs.security;
	model_device_enter(device, MODEL_RUNNING);
}

static void power_on(struct model_device *device, struct model_image *rom)
{
	drop_images(device);
	model_hardware_boot(&device->hw, rom);
	model_image_drop(rom);
	model_device_enter(device, MODEL_TESTING);
}

static void boot_from_file(struct model_device *device)
{
	struct model_image rom;

	if (model_boot_open(&rom, &device->options)) {
		power_on(device, &rom);
		return;
	}
	model_hardware_halt(&device->hw);
	model_owner_tell(device, "failed", "%s", rom.error);
	model_device_enter(device, MODEL_BLANK);
}

/**
 * model_device_init() - make the device; its boot ROM is to run
 * @device: set
 * @options: what is wanted; kept
 *
 * Return: false if there is no such device.
 */
bool model_device_init(struct model_device *device,
		       const struct model_options *options)
{
	memset(device, 0, sizeof(*device));
	device->options = *options;
	if (!model_hardware_init(&device->hw, options))
		return false;
	if (options->boot)
		boot_from_file(device);
	else
		model_device_enter(device, MODEL_TESTING);
	return true;
}

static void reset(struct model_device *device)
{
	drop_images(device);
	model_hardware_reset(&device->hw);
	model_device_enter(device, MODEL_TESTING);
}

/**
 * model_device_fail() - the image that was started is given up
 * @device: the device; it goes back to its boot ROM
 * @fmt: one sentence
 */
void model_device_fail(struct model_device *device, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	model_owner_vtell(device, "failed", fmt, args);
	va_end(args);
	reset(device);
}

/**
 * model_device_refuse() - answer what cannot be done; nothing changes
 * @device: the device
 * @fmt: one sentence
 *
 * A device that waits for something, or runs, goes on, and says so.
 */
void model_device_refuse(struct model_device *device, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	model_owner_vtell(device, "failed", fmt, args);
	va_end(args);
	tell_state(device);
}

static void refuse_broken(struct model_device *device)
{
	if (device->self_test == NO_ANSWER)
		model_device_refuse(device,
				    "the boot ROM has not asked for an image within %u ms",
				    device->options.limit_ms);
	else
		model_device_refuse(device,
				    "the self-test of the device failed with code 0x%x; it gets no image",
				    device->self_test);
}

static void self_test_failed(struct model_device *device, uint32_t result)
{
	device->self_test = result;
	model_device_enter(device, MODEL_BROKEN);
	refuse_broken(device);
}

/*
 * It asks again every few seconds, which is no news to the owner; but what was
 * too slow a while ago may be all right.
 */
static void rom_asks(struct model_device *device, uint32_t result)
{
	if (result && device->state != MODEL_BROKEN) {
		self_test_failed(device, result);
	} else if (!result && device->state != MODEL_MINIMAL) {
		model_hardware_trim(&device->hw);
		model_device_enter(device, MODEL_MINIMAL);
	}
}

static void look_at_start(struct model_device *device, const struct model_news *news,
			  bool late)
{
	char why[MODEL_TEXT_LEN];

	switch (model_prove_look(device, news, late, why)) {
	case MODEL_UNDECIDED:
		break;
	case MODEL_PROVED:
		model_device_adopt(device);
		break;
	case MODEL_FAILED:
		model_device_fail(device, "%s", why);
		break;
	}
}

static void look_at_rom(struct model_device *device, const struct model_news *news, bool late)
{
	if (news->asked)
		rom_asks(device, news->self_test);
	else if (late)
		self_test_failed(device, NO_ANSWER);
}

/* Of what the device has said, what counts in this state. */
static void look(struct model_device *device)
{
	bool late = is_limited(device->state) && own_time(device) >= device->limit;
	struct model_news news = device->hw.news;

	memset(&device->hw.news, 0, sizeof(device->hw.news));
	switch (device->state) {
	case MODEL_BLANK:
		break;
	case MODEL_TESTING:
	case MODEL_BROKEN:
	case MODEL_MINIMAL:
		look_at_rom(device, &news, late);
		break;
	case MODEL_STARTING:
		look_at_start(device, &news, late);
		break;
	case MODEL_RUNNING:
		if (news.crashed)
			model_device_fail(device,
					  "the image crashed: cause 0x%x at 0x%x, value 0x%x",
					  news.crash[0], news.crash[1], news.crash[2]);
		break;
	case MODEL_SWAPPING:
		model_swap_look(device, &news, late);
		break;
	}
}

static uint64_t left(uint64_t now, uint64_t until)
{
	return now < until ? until - now : 0;
}

/**
 * model_device_run() - let the device run, and see what it says
 * @device: the device
 *
 * Return: nanoseconds until it has to be called again; ~0: not before something
 * is asked of the device.
 */
uint64_t model_device_run(struct model_device *device)
{
	uint64_t due = model_hardware_run(&device->hw);
	unsigned int before = device->changes;
	uint64_t wait = due == ~0ull ? due : left(model_now(), due);
	uint64_t limit;

	look(device);
	/* What was done about it may have given the device something to do. */
	if (device->changes != before)
		return 0;
	if (!is_limited(device->state))
		return wait;
	limit = left(own_time(device), device->limit);
	return wait < limit ? wait : limit;
}

/* ---- orders ------------------------------------------------------------------ */

/* The device is in another state than the order needs. */
static void refuse_now(struct model_device *device)
{
	switch (device->state) {
	case MODEL_BLANK:
		model_device_refuse(device, "the device has no boot block; it has to be given one");
		break;
	case MODEL_TESTING:
		model_device_refuse(device, "the boot ROM has not asked for an image yet");
		break;
	case MODEL_BROKEN:
		refuse_broken(device);
		break;
	case MODEL_MINIMAL:
		model_device_refuse(device,
				    "no image runs that another could take over from");
		break;
	case MODEL_STARTING:
	case MODEL_SWAPPING:
		model_device_refuse(device, "another image is being started");
		break;
	case MODEL_RUNNING:
		model_device_refuse(device,
				    "version %u.%u.%u is running; a reset makes room for another image",
				    VERSION_OF(device->runs.version));
		break;
	}
}

static void take(struct model_device *device, struct model_image *image, int fd,
		 uint64_t offset, uint64_t size, const void *running)
{
	struct model_fit fit = {
		.type = device->options.type,
		.floor = device->floor,
		.running = running,
	};

	model_hardware_fit(&device->hw, &fit);
	if (!model_image_take(image, fd, offset, size, &fit))
		model_device_refuse(device, "%s", image->error);
}

/**
 * model_device_load() - check an image, and start it
 * @device: the device
 * @fd: file with the image; the caller closes it
 * @offset: of the image in the file
 * @size: bytes, with the signature if there is one
 *
 * What comes of it the owner is told, now or later.
 */
void model_device_load(struct model_device *device, int fd, uint64_t offset,
		       uint64_t size)
{
	struct model_image image;

	/* Only a boot ROM that asks for an image gets one. */
	if (device->state != MODEL_MINIMAL) {
		refuse_now(device);
		return;
	}
	model_owner_tell(device, "loading", NULL);
	take(device, &image, fd, offset, size, NULL);
	if (!image.firmware.tables)
		return;
	device->tried = image.firmware;
	image.firmware.tables = NULL;
	model_hardware_load(&device->hw, &image);
	model_image_drop(&image);
	model_device_enter(device, MODEL_STARTING);
	model_prove(device, &device->tried, HBA_START_COLD, 0);
}

/**
 * model_device_swap() - have an image take over from the one that runs
 * @device: the device
 * @fd: file with the image; the caller closes it
 * @offset: of the image in the file
 * @size: bytes, with the signature if there is one
 *
 * What comes of it the owner is told, now or later.
 */
void model_device_swap(struct model_device *device, int fd, uint64_t offset,
		       uint64_t size)
{
	struct model_image image;

	if (device->state != MODEL_RUNNING) {
		refuse_now(device);
		return;
	}
	model_owner_tell(device, "swapping", NULL);
	take(device, &image, fd, offset, size, device->runs.tables);
	if (!image.firmware.tables)
		return;
	if (model_image_is(&image, device->runs.tables)) {
		/* There is nothing to do. */
		model_image_drop(&image);
		tell_state(device);
	} else if (!model_swap_begin(device, &image)) {
		model_device_refuse(device, "there is no memory to swap in");
	}
}

/**
 * model_device_boot() - put a boot block into the device, and switch its power on
 * @device: the device, in whatever state it is
 * @fd: file with the boot block; the caller closes it
 * @offset: of it in the file
 * @size: bytes
 *
 * One that is refused changes nothing.
 */
void model_device_boot(struct model_device *device, int fd, uint64_t offset,
		       uint64_t size)
{
	struct model_image rom;

	if (model_boot_take(&rom, &device->options, fd, offset, size))
		power_on(device, &rom);
	else
		model_device_refuse(device, "%s", rom.error);
}

/**
 * model_device_reset() - back to the boot ROM, as after power on
 * @device: in whatever state it is
 */
void model_device_reset(struct model_device *device)
{
	if (device->state == MODEL_BLANK)
		refuse_now(device);
	else
		reset(device);
}
