/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * codeswap-model: one device of a node, as a process of its own. It is the
 * simulated adapter of kmod/sim/model with its boot ROM and a host that knows
 * one thing, to start an image. There are no rings and no medium: a node of a
 * fleet serves nobody.
 *
 * The device model and the image parser have a u64 each, not the same one, so
 * no file includes both. Here are C's types alone.
 */
#ifndef MODEL_H
#define MODEL_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <linux/mrb.h>

#define MODEL_TEXT_LEN	160	/* of a sentence, as of the parser's */

#ifndef __printf
#define __printf(a, b)	__attribute__((format(printf, a, b)))
#endif

/**
 * struct model_options - the device that is wanted
 * @fd: SOCK_SEQPACKET socket to whoever owns the device
 * @type: images for another type are refused
 * @harts: 1 to 4
 * @memory: bytes of running memory
 * @limit_ms: longest wait for the boot ROM, a start, or signs of life; time in
 *	which the process wants to run and cannot, does not count
 * @defect: what is broken: "none", "hart", "flash"
 */
struct model_options {
	int fd;
	const char *type;
	uint32_t harts;
	uint32_t memory;
	uint32_t limit_ms;
	const char *defect;
};

/* image.c */

/**
 * struct model_fit - what an image must fit
 * @type: of the device
 * @base: address of its running memory
 * @size: bytes of that
 * @floor: least security version
 */
struct model_fit {
	const char *type;
	uint32_t base;
	uint32_t size;
	uint32_t floor;
};

/* Bytes of an image, and where in running memory they belong. */
struct model_piece {
	uint32_t address;
	uint32_t size;
	const uint8_t *data;
};

/**
 * struct model_image - an image that has been checked
 * @pieces: what is to be loaded; lies in @map
 * @num_pieces: how many
 * @entry: where a cold start begins
 * @version: major, minor, patch
 * @security: its security version
 * @data: the image as it came
 * @size: bytes of it
 * @map: mapping that holds @data
 * @map_size: bytes of that
 * @error: one sentence, if it is refused
 */
struct model_image {
	struct model_piece pieces[MRB_MAX_SEGMENTS];
	unsigned int num_pieces;
	uint32_t entry;
	uint16_t version[3];
	uint32_t security;
	const uint8_t *data;
	size_t size;
	void *map;
	size_t map_size;
	char error[MODEL_TEXT_LEN];
};

bool model_image_take(struct model_image *image, int fd, uint64_t offset,
		      uint64_t size, const struct model_fit *fit);
void model_image_drop(struct model_image *image);

/* rom.S */
extern const uint8_t model_rom[];
extern const uint8_t model_rom_end[];

/* hardware.c */

struct hba;

/**
 * struct model_news - what the device has said since somebody looked
 * @asked: for an image
 * @self_test: result of the boot ROM's test, 0 good
 * @started: an image has
 * @said: version and kind of start, as in HBA_EVT_STARTED
 * @heartbeat: a sign of life
 * @crashed: what ran is dead
 * @crash: cause, address, value
 */
struct model_news {
	bool asked;
	uint32_t self_test;
	bool started;
	uint32_t said[3];
	bool heartbeat;
	bool crashed;
	uint32_t crash[3];
};

/**
 * struct model_hardware - the device model, and memory for it
 * @hba: the model; lies in the same mapping as its memories
 * @memory: running memory, at the mapping's start
 * @memory_size: bytes
 * @news: see there; whoever looks clears it
 */
struct model_hardware {
	struct hba *hba;
	uint8_t *memory;
	uint32_t memory_size;
	struct model_news news;
};

bool model_hardware_init(struct model_hardware *hw,
			 const struct model_options *options);
uint64_t model_hardware_run(struct model_hardware *hw);
void model_hardware_reset(struct model_hardware *hw);
void model_hardware_start(struct model_hardware *hw,
			  const struct model_image *image);
void model_hardware_ping(struct model_hardware *hw);
void model_hardware_commit(struct model_hardware *hw);
void model_hardware_trim(struct model_hardware *hw);
void model_hardware_fit(const struct model_hardware *hw, struct model_fit *fit);
bool model_said_version(const struct model_news *news,
			const uint16_t version[3]);
bool model_said_cold(const struct model_news *news);
uint64_t model_now(void);
uint64_t model_cpu_time(void);

/* device.c */

/* From power on to power off. There is no way back from running but a reset. */
enum model_state {
	MODEL_TESTING,		/* the boot ROM tests the device */
	MODEL_BROKEN,		/* and has found something */
	MODEL_MINIMAL,		/* and asks for an image */
	MODEL_STARTING,		/* an image is in memory and has not said a word */
	MODEL_PROVING,		/* it is asked for signs of life */
	MODEL_RUNNING,
};

/**
 * struct model_device - the device, and what is known of it
 * @options: what it was made of
 * @hw: itself
 * @state: see there
 * @limit: own time, CPU time and @waited, at which the wait in @state has been too long
 * @waited: nanoseconds spent waiting because there was nothing to do
 * @self_test: result, while broken; ~0 if there was none in time
 * @version: of the image that is started or runs
 * @security: its security version
 * @floor: least security version; that of an image that has run
 * @heartbeats: that it has given
 */
struct model_device {
	struct model_options options;
	struct model_hardware hw;
	enum model_state state;
	uint64_t limit;
	uint64_t waited;
	uint32_t self_test;
	uint16_t version[3];
	uint32_t security;
	uint32_t floor;
	unsigned int heartbeats;
};

bool model_device_init(struct model_device *device,
		       const struct model_options *options);
uint64_t model_device_run(struct model_device *device);
void model_device_load(struct model_device *device, int fd, uint64_t offset,
		       uint64_t size);
void model_device_reset(struct model_device *device);
__printf(2, 3)
void model_device_refuse(struct model_device *device, const char *fmt, ...);

/* owner.c */
bool model_owner_serve(struct model_device *device, uint64_t wait);
__printf(3, 4)
void model_owner_tell(const struct model_device *device, const char *word,
		      const char *fmt, ...);
__printf(3, 0)
void model_owner_vtell(const struct model_device *device, const char *word,
		       const char *fmt, va_list args);
bool model_number(const char *text, uint64_t max, uint64_t *value);

#endif /* MODEL_H */
