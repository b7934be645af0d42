// SPDX-License-Identifier: GPL-2.0-only
/*
 * Start an image, and see whether it lives and is what it should be: what
 * kmod/prove.c is to a device of the kernel, with the same sentences.
 */
#include <stdio.h>
#include <string.h>

#include "model.h"

/* One answer could be luck; a thread that died after it would not answer the next. */
#define HEARTBEATS	3

#define VERSION_OF(v)	(v)[0], (v)[1], (v)[2]

static void ping(struct model_device *device)
{
	device->changes++;
	device->hw.news.heartbeat = false;
	model_hardware_order(&device->hw, HBA_CMD_PING, 0);
}

/**
 * model_prove() - start an image that is in running memory
 * @device: the device
 * @f: the image
 * @kind: HBA_START_COLD, _WARM or _ROLLBACK
 * @argument: state directory; 0 for a cold start
 */
void model_prove(struct model_device *device, const struct model_firmware *f,
		 uint32_t kind, uint32_t argument)
{
	device->proof = (struct model_proof){ .kind = kind };
	memcpy(device->proof.version, f->version, sizeof(f->version));
	model_hardware_start(&device->hw, kind == HBA_START_COLD ? f->cold : f->warm,
			     kind, argument);
	model_device_wait(device);
}

static bool has_version(const struct model_news *news, const uint16_t version[3])
{
	return news->said[0] == ((uint32_t)version[0] << 16 | version[1]) &&
	       news->said[1] == version[2];
}

static enum model_verdict started(struct model_device *device, const struct model_news *news,
				  char why[MODEL_TEXT_LEN])
{
	struct model_proof *p = &device->proof;

	if (!has_version(news, p->version)) {
		snprintf(why, MODEL_TEXT_LEN,
			 "the image says that it is version %u.%u.%u, and its header says %u.%u.%u",
			 news->said[0] >> 16, news->said[0] & 0xffff, news->said[1],
			 VERSION_OF(p->version));
		return MODEL_FAILED;
	}
	if (news->said[2] != p->kind) {
		snprintf(why, MODEL_TEXT_LEN,
			 "the image says that it was started in another way than it was");
		return MODEL_FAILED;
	}
	p->started = true;
	model_device_wait(device);
	ping(device);
	return MODEL_UNDECIDED;
}

static enum model_verdict heartbeat(struct model_device *device)
{
	if (++device->proof.heartbeats < HEARTBEATS) {
		ping(device);
		return MODEL_UNDECIDED;
	}
	model_hardware_order(&device->hw, HBA_CMD_COMMIT, 0);
	return MODEL_PROVED;
}

static enum model_verdict took_too_long(const struct model_device *device,
					char why[MODEL_TEXT_LEN])
{
	uint32_t ms = device->options.limit_ms;

	if (device->proof.started)
		snprintf(why, MODEL_TEXT_LEN, "%u of %u heartbeats came within %u ms",
			 device->proof.heartbeats, HEARTBEATS, ms);
	else
		snprintf(why, MODEL_TEXT_LEN,
			 "the image did not report that it started within %u ms", ms);
	return MODEL_FAILED;
}

/**
 * model_prove_look() - what an image has shown that was started
 * @device: the device
 * @news: what it has said
 * @late: its time is over
 * @why: set to one sentence if it has failed
 *
 * Return: whether it is proved, has failed, or has to show more. What is proved has
 * been told so.
 */
enum model_verdict model_prove_look(struct model_device *device,
				    const struct model_news *news, bool late,
				    char why[MODEL_TEXT_LEN])
{
	if (news->crashed) {
		snprintf(why, MODEL_TEXT_LEN,
			 "the image crashed: cause 0x%x at 0x%x, value 0x%x",
			 news->crash[0], news->crash[1], news->crash[2]);
		return MODEL_FAILED;
	}
	if (!device->proof.started && news->started)
		return started(device, news, why);
	if (device->proof.started && news->heartbeat)
		return heartbeat(device);
	return late ? took_too_long(device, why) : MODEL_UNDECIDED;
}
