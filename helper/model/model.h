/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * codeswap-model: one device of a node, as a process of its own. It is the
 * simulated adapter of kmod/sim/model with its boot ROM and a host that knows
 * how to start an image, and how to swap the one that runs. There are no rings
 * and no medium: a node of a fleet serves nobody.
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

#include "../../kmod/sim/hba_abi.h"

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
 * @boot: file with its boot block, or %NULL: it has a boot ROM
 */
struct model_options {
	int fd;
	const char *type;
	uint32_t harts;
	uint32_t memory;
	uint32_t limit_ms;
	const char *defect;
	const char *boot;
};

/* image.c */

/**
 * struct model_firmware - what is known of an image while it runs
 * @version: major, minor, patch
 * @security: its security version
 * @cold: where a cold start begins
 * @warm: where a warm one does
 * @tables: its header and tables; to be freed
 */
struct model_firmware {
	uint16_t version[3];
	uint32_t security;
	uint32_t cold;
	uint32_t warm;
	void *tables;
};

/**
 * struct model_fit - what an image must fit
 * @type: of the device
 * @base: address of its running memory, or of its boot ROM
 * @size: bytes of that
 * @floor: least security version
 * @running: tables of the image that it is to take over from, or %NULL
 * @is_rom: it is a boot block
 */
struct model_fit {
	const char *type;
	uint32_t base;
	uint32_t size;
	uint32_t floor;
	const void *running;
	bool is_rom;
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
 * @firmware: what is left of it when it runs
 * @data: the image as it came
 * @size: bytes of it
 * @map: mapping that holds @data
 * @map_size: bytes of that
 * @error: one sentence, if it is refused
 */
struct model_image {
	struct model_piece pieces[MRB_MAX_SEGMENTS];
	unsigned int num_pieces;
	struct model_firmware firmware;
	const uint8_t *data;
	size_t size;
	void *map;
	size_t map_size;
	char error[MODEL_TEXT_LEN];
};

bool model_image_take(struct model_image *image, int fd, uint64_t offset,
		      uint64_t size, const struct model_fit *fit);
void model_image_drop(struct model_image *image);
bool model_image_is(const struct model_image *image, const void *tables);

/* staging.c: the hand-over block, and what it points to */

/**
 * struct model_staging - what the device sees of an image that is to take over
 * @image: the image, as it came; read-only for the device
 * @work: private, writable memory; the hand-over block first
 * @work_size: bytes of it
 * @data_at: for each segment that is data, where in @work its copy lies
 */
struct model_staging {
	const struct model_image *image;
	uint8_t *work;
	size_t work_size;
	size_t data_at[MRB_MAX_SEGMENTS];
};

struct model_hardware;
bool model_staging_make(struct model_staging *s, const struct model_image *image,
			const void *running);
void model_staging_free(struct model_staging *s);
void model_staging_attach(const struct model_staging *s, struct model_hardware *hw);
uint32_t model_staging_address(void);
void model_staging_command(const struct model_staging *s, uint32_t command);
bool model_staging_state(const struct model_staging *s, bool new, uint32_t *address);
void model_staging_reason(const struct model_staging *s, char *text, size_t size);

/* overlay.c: running memory */

/* Bytes of running memory, and what belongs there. */
struct model_extent {
	uint32_t address;
	uint32_t size;
	const uint8_t *bytes;
};

struct model_extents {
	struct model_extent *array;
	unsigned int num;
	unsigned int room;
};

/**
 * struct model_overlay - what a swap does to running memory
 * @memory: running memory
 * @base: its address
 * @old: tables of the image that runs
 * @same: text that is the same in both images; bytes of the new one
 * @copied: the rest of the new one's text, and its data
 * @text: the rest of the old one's text; bytes that were kept aside
 * @data: the same of its data
 * @kept_bytes: memory for both
 * @has_data: data has been kept aside, too
 */
struct model_overlay {
	uint8_t *memory;
	uint32_t base;
	const void *old;
	struct model_extents same;
	struct model_extents copied;
	struct model_extents text;
	struct model_extents data;
	uint8_t *kept_bytes;
	bool has_data;
};

bool model_overlay_plan(struct model_overlay *o, const struct model_staging *s);
void model_overlay_free(struct model_overlay *o);
void model_overlay_keep_data(struct model_overlay *o);
void model_overlay_copy(struct model_overlay *o);
bool model_overlay_verify(const struct model_overlay *o, char *why, size_t size);
bool model_overlay_put_back(struct model_overlay *o, char *why, size_t size);

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
 * @answer: to an order of an update: code of the event, 0 none
 * @verdict: that came with it
 * @crashed: what ran is dead
 * @crash: cause, address, value; of a bootstrap that crashed as well
 */
struct model_news {
	bool asked;
	uint32_t self_test;
	bool started;
	uint32_t said[3];
	bool heartbeat;
	uint32_t answer;
	uint32_t verdict;
	bool crashed;
	uint32_t crash[3];
};

/* Memory of the host that the device can reach. */
struct model_region {
	uint32_t address;
	uint32_t size;
	uint8_t *memory;
	bool writable;
};

#define MODEL_REGIONS	2

/**
 * struct model_hardware - the device model, and memory for it
 * @hba: the model; lies in the same mapping as its memories
 * @memory: running memory, at the mapping's start
 * @memory_size: bytes
 * @rom: the boot ROM
 * @regions: staging memory; those of no size are not there
 * @news: see there; whoever looks clears it
 */
struct model_hardware {
	struct hba *hba;
	uint8_t *memory;
	uint32_t memory_size;
	uint8_t *rom;
	struct model_region regions[MODEL_REGIONS];
	struct model_news news;
};

bool model_hardware_init(struct model_hardware *hw,
			 const struct model_options *options);
uint64_t model_hardware_run(struct model_hardware *hw);
void model_hardware_reset(struct model_hardware *hw);
void model_hardware_halt(struct model_hardware *hw);
void model_hardware_boot(struct model_hardware *hw, const struct model_image *rom);
void model_hardware_load(struct model_hardware *hw, const struct model_image *image);
void model_hardware_start(struct model_hardware *hw, uint32_t entry, uint32_t kind,
			  uint32_t argument);
void model_hardware_order(struct model_hardware *hw, uint32_t command, uint32_t argument);
void model_hardware_attach(struct model_hardware *hw, const struct model_region *region);
void model_hardware_detach(struct model_hardware *hw);
void model_hardware_trim(struct model_hardware *hw);
void model_hardware_fit(const struct model_hardware *hw, struct model_fit *fit);
uint64_t model_now(void);
uint64_t model_cpu_time(void);

/* modules.c: flash and logic, as they were before a swap */
struct model_modules;
struct model_modules *model_modules_keep(const struct model_hardware *hw);
bool model_modules_put_back(const struct model_modules *m, struct model_hardware *hw);

/* device.c */

/* From power on to power off. */
enum model_state {
	MODEL_BLANK,		/* there is no boot ROM to run */
	MODEL_TESTING,		/* the boot ROM tests the device */
	MODEL_BROKEN,		/* and has found something */
	MODEL_MINIMAL,		/* and asks for an image */
	MODEL_STARTING,		/* an image is in memory, and has to prove itself */
	MODEL_RUNNING,
	MODEL_SWAPPING,		/* another one is to take over from it */
};

/**
 * struct model_proof - an image that was started, and what it has shown since
 * @version: that it is to have
 * @kind: of its start
 * @started: it has said that it started
 * @heartbeats: that it has given
 */
struct model_proof {
	uint16_t version[3];
	uint32_t kind;
	bool started;
	unsigned int heartbeats;
};

struct model_swap;

/**
 * struct model_device - the device, and what is known of it
 * @options: what it was made of
 * @hw: itself
 * @state: see there
 * @changes: grows with all that is done about the device
 * @limit: own time, CPU time and @waited, at which a wait has been too long
 * @waited: nanoseconds spent waiting because there was nothing to do
 * @self_test: result, while broken; ~0 if there was none in time
 * @runs: image that runs; during a swap the old one
 * @tried: image that is to run
 * @proof: of one of both
 * @swap: while swapping
 * @floor: least security version; that of an image that has run
 */
struct model_device {
	struct model_options options;
	struct model_hardware hw;
	enum model_state state;
	unsigned int changes;
	uint64_t limit;
	uint64_t waited;
	uint32_t self_test;
	struct model_firmware runs;
	struct model_firmware tried;
	struct model_proof proof;
	struct model_swap *swap;
	uint32_t floor;
};

bool model_device_init(struct model_device *device,
		       const struct model_options *options);
uint64_t model_device_run(struct model_device *device);
void model_device_load(struct model_device *device, int fd, uint64_t offset,
		       uint64_t size);
void model_device_swap(struct model_device *device, int fd, uint64_t offset,
		       uint64_t size);
void model_device_boot(struct model_device *device, int fd, uint64_t offset,
		       uint64_t size);
void model_device_reset(struct model_device *device);
__printf(2, 3)
void model_device_refuse(struct model_device *device, const char *fmt, ...);

/* Between the files of the device's life. */
void model_device_enter(struct model_device *device, enum model_state state);
void model_device_wait(struct model_device *device);
void model_device_adopt(struct model_device *device);
__printf(2, 3)
void model_device_fail(struct model_device *device, const char *fmt, ...);

/* boot.c */
bool model_boot_take(struct model_image *rom, const struct model_options *o, int fd,
		     uint64_t offset, uint64_t size);
bool model_boot_open(struct model_image *rom, const struct model_options *o);

/* prove.c */
enum model_verdict { MODEL_UNDECIDED, MODEL_PROVED, MODEL_FAILED };

void model_prove(struct model_device *device, const struct model_firmware *f,
		 uint32_t kind, uint32_t argument);
enum model_verdict model_prove_look(struct model_device *device,
				    const struct model_news *news, bool late,
				    char why[MODEL_TEXT_LEN]);

/* swap.c */
bool model_swap_begin(struct model_device *device, struct model_image *image);
void model_swap_look(struct model_device *device, const struct model_news *news, bool late);
void model_swap_end(struct model_device *device);

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
