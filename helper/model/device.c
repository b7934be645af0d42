// SPDX-License-Identifier: GPL-2.0-only
/*
 * The life of the device, and its host's part in it: what kmod/load.c and
 * kmod/prove.c are to a device of the kernel, with the same sentences.
 */
#include <string.h>

#include "model.h"

/* One answer could be luck; a thread that died after it would not answer the next. */
#define HEARTBEATS	3

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
	return state == MODEL_TESTING || state == MODEL_STARTING ||
	       state == MODEL_PROVING;
}

/* All changes of state come here. */
static void enter(struct model_device *device, enum model_state state)
{
	device->state = state;
	device->limit = own_time(device) + device->options.limit_ms * NS_PER_MS;
	memset(&device->hw.news, 0, sizeof(device->hw.news));
	if (state == MODEL_MINIMAL)
		model_owner_tell(device, "minimal", NULL);
	if (state == MODEL_RUNNING)
		model_owner_tell(device, "running", "%u.%u.%u",
				 VERSION_OF(device->version));
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
	enter(device, MODEL_TESTING);
	return true;
}

/**
 * model_device_reset() - back to the boot ROM, as after power on
 * @device: in whatever state it is
 */
void model_device_reset(struct model_device *device)
{
	model_hardware_reset(&device->hw);
	enter(device, MODEL_TESTING);
}

/* The image that was started is given up. */
__printf(2, 3)
static void fail(struct model_device *device, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	model_owner_vtell(device, "failed", fmt, args);
	va_end(args);
	model_device_reset(device);
}

/**
 * model_device_refuse() - answer what cannot be done; nothing changes
 * @device: the device
 * @fmt: one sentence
 *
 * A device that waits for an image goes on waiting, and says so.
 */
void model_device_refuse(struct model_device *device, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	model_owner_vtell(device, "failed", fmt, args);
	va_end(args);
	if (device->state == MODEL_MINIMAL)
		model_owner_tell(device, "minimal", NULL);
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
	enter(device, MODEL_BROKEN);
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
		enter(device, MODEL_MINIMAL);
	}
}

static void image_started(struct model_device *device,
			  const struct model_news *news)
{
	const uint16_t *v = device->version;

	if (!model_said_version(news, v)) {
		fail(device,
		     "the image says that it is version %u.%u.%u, and its header says %u.%u.%u",
		     news->said[0] >> 16, news->said[0] & 0xffff, news->said[1],
		     VERSION_OF(v));
	} else if (!model_said_cold(news)) {
		fail(device, "the image says that it was started in another way than it was");
	} else {
		device->heartbeats = 0;
		enter(device, MODEL_PROVING);
		model_hardware_ping(&device->hw);
	}
}

static void heartbeat(struct model_device *device)
{
	if (++device->heartbeats < HEARTBEATS) {
		model_hardware_ping(&device->hw);
		return;
	}
	if (device->floor < device->security)
		device->floor = device->security;
	model_hardware_commit(&device->hw);
	enter(device, MODEL_RUNNING);
}

static void crashed(struct model_device *device, const uint32_t crash[3])
{
	fail(device, "the image crashed: cause 0x%x at 0x%x, value 0x%x",
	     crash[0], crash[1], crash[2]);
}

static void took_too_long(struct model_device *device)
{
	uint32_t ms = device->options.limit_ms;

	if (device->state == MODEL_TESTING)
		self_test_failed(device, NO_ANSWER);
	else if (device->state == MODEL_STARTING)
		fail(device, "the image did not report that it started within %u ms", ms);
	else
		fail(device, "%u of %u heartbeats came within %u ms",
		     device->heartbeats, HEARTBEATS, ms);
}

/* Of what the device has said, what counts in this state. */
static void look(struct model_device *device)
{
	enum model_state state = device->state;
	struct model_news news = device->hw.news;

	memset(&device->hw.news, 0, sizeof(device->hw.news));
	if (state <= MODEL_MINIMAL && news.asked)
		rom_asks(device, news.self_test);
	else if (state > MODEL_MINIMAL && news.crashed)
		crashed(device, news.crash);
	else if (state == MODEL_STARTING && news.started)
		image_started(device, &news);
	else if (state == MODEL_PROVING && news.heartbeat)
		heartbeat(device);
	else if (is_limited(state) && own_time(device) >= device->limit)
		took_too_long(device);
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
	enum model_state before = device->state;
	unsigned int heartbeats = device->heartbeats;
	uint64_t wait = due == ~0ull ? due : left(model_now(), due);
	uint64_t limit;

	look(device);
	/* What was done about it may have given the device something to do. */
	if (device->state != before || device->heartbeats != heartbeats)
		return 0;
	if (!is_limited(device->state))
		return wait;
	limit = left(own_time(device), device->limit);
	return wait < limit ? wait : limit;
}

/* Only a boot ROM that asks for an image gets one. */
static bool takes_image(struct model_device *device)
{
	switch (device->state) {
	case MODEL_MINIMAL:
		return true;
	case MODEL_BROKEN:
		refuse_broken(device);
		return false;
	case MODEL_TESTING:
		model_device_refuse(device, "the boot ROM has not asked for an image yet");
		return false;
	case MODEL_STARTING:
	case MODEL_PROVING:
		model_device_refuse(device, "another image is being started");
		return false;
	case MODEL_RUNNING:
		break;
	}
	model_device_refuse(device,
			    "version %u.%u.%u is running; a reset makes room for another image",
			    VERSION_OF(device->version));
	return false;
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
	struct model_fit fit = {
		.type = device->options.type,
		.floor = device->floor,
	};
	struct model_image image;

	if (!takes_image(device))
		return;
	model_owner_tell(device, "loading", NULL);
	model_hardware_fit(&device->hw, &fit);
	if (!model_image_take(&image, fd, offset, size, &fit)) {
		model_device_refuse(device, "%s", image.error);
		return;
	}
	memcpy(device->version, image.version, sizeof(device->version));
	device->security = image.security;
	model_hardware_start(&device->hw, &image);
	model_image_drop(&image);
	enter(device, MODEL_STARTING);
}
