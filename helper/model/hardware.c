// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the device model needs to exist: memory, a clock, somebody to tell.
 * The counterpart of kmod/sim/hardware.c and hart.c.
 */
#include <sys/mman.h>
#include <time.h>

#include "model.h"
#include "../../kmod/sim/model/hba.h"

/* Instructions of each hart between two looks at the owner. */
#define SLICE		(1u << 18)

#define BLOCK_SIZE	512u
#define SECTORS		(1u << 15)	/* of a medium that is not there */
#define MAX_LOGINS	1024u

#define NS_PER_S	1000000000ull

static uint64_t nanoseconds(clockid_t clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	return (uint64_t)t.tv_sec * NS_PER_S + (uint64_t)t.tv_nsec;
}

uint64_t model_now(void)
{
	return nanoseconds(CLOCK_MONOTONIC);
}

uint64_t model_cpu_time(void)
{
	return nanoseconds(CLOCK_PROCESS_CPUTIME_ID);
}

static u64 now(void *ctx)
{
	(void)ctx;
	return model_now();
}

/* There are no rings: while an update is on, staging memory is all there is. */
static void *translate(void *ctx, u64 iova, u32 *avail, bool write)
{
	const struct model_hardware *hw = ctx;
	const struct model_region *r;

	for (r = hw->regions; r < hw->regions + MODEL_REGIONS; r++) {
		if (iova < r->address || iova - r->address >= r->size ||
		    (write && !r->writable))
			continue;
		*avail = r->size - (u32)(iova - r->address);
		return r->memory + (iova - r->address);
	}
	return NULL;
}

static u32 medium(void *ctx, u32 op, u64 sector, void *data, u32 bytes)
{
	(void)ctx;
	(void)op;
	(void)sector;
	(void)data;
	(void)bytes;
	return HBA_DMA_ST_MEDIUM_ERROR;
}

static void irq(void *ctx, u32 bits)
{
	(void)ctx;
	(void)bits;
}

/* In the middle of hba_run(): it is looked at afterwards. */
static void event(void *ctx, const struct hba_event *event)
{
	struct model_news *news = &((struct model_hardware *)ctx)->news;

	switch (event->code) {
	case HBA_EVT_IMAGE_REQUEST:
		news->asked = true;
		news->self_test = event->arg[0];
		break;
	case HBA_EVT_STARTED:
		news->started = true;
		memcpy(news->said, event->arg, sizeof(news->said));
		break;
	case HBA_EVT_HEARTBEAT:
		news->heartbeat = true;
		break;
	case HBA_EVT_RECONCILED:
	case HBA_EVT_QUIESCED:
	case HBA_EVT_UNDONE:
	case HBA_EVT_ABANDONED:
		news->answer = event->code;
		news->verdict = event->arg[0];
		break;
	case HBA_EVT_BOOTSTRAP_CRASH:
		news->answer = event->code;
		memcpy(news->crash, event->arg, sizeof(news->crash));
		break;
	case HBA_EVT_CRASH:
	case HBA_EVT_HART_STOPPED:
		news->crashed = true;
		memcpy(news->crash, event->arg, sizeof(news->crash));
		break;
	default:
		break;
	}
}

static const struct hba_port port = {
	.translate = translate,
	.medium = medium,
	.event = event,
	.irq = irq,
	.now = now,
};

static enum hba_defect defect(const char *name)
{
	if (!strcmp(name, "hart"))
		return HBA_DEFECT_HART;
	return strcmp(name, "flash") ? HBA_DEFECT_NONE : HBA_DEFECT_FLASH;
}

/**
 * model_hardware_init() - make a device and switch its power on
 * @hw: set; stays where it is
 * @options: what is wanted
 *
 * One mapping holds all of it, and takes no memory where nobody has written.
 *
 * Return: false if the options break a limit, or there is no memory.
 */
bool model_hardware_init(struct model_hardware *hw,
			 const struct model_options *options)
{
	size_t more = HBA_SCRATCH_SIZE + 2 * HBA_MOD_CAPACITY_BYTES + HBA_ROM_SIZE +
		      hba_sizeof();
	u8 *memory = mmap(NULL, options->memory + more, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	struct hba_config config = {
		.port = &port,
		.ctx = hw,
		.rom_size = HBA_ROM_SIZE,
		.ram_size = options->memory,
		.harts = options->harts,
		.block_size = BLOCK_SIZE,
		.sectors = SECTORS,
		.max_logins = MAX_LOGINS,
		.defect = defect(options->defect),
	};

	if (memory == MAP_FAILED)
		return false;
	config.ram = memory;
	config.scratch = memory + options->memory;
	config.flash = memory + options->memory + HBA_SCRATCH_SIZE;
	config.pla = (u8 *)config.flash + HBA_MOD_CAPACITY_BYTES;
	hw->rom = (u8 *)config.pla + HBA_MOD_CAPACITY_BYTES;
	memcpy(hw->rom, model_rom, (size_t)(model_rom_end - model_rom));
	config.rom = hw->rom;
	hw->hba = (void *)(hw->rom + HBA_ROM_SIZE);
	hw->memory = memory;
	hw->memory_size = options->memory;
	return !hba_init(hw->hba, &config);
}

/**
 * model_hardware_run() - let the harts run for a while
 * @hw: the device
 *
 * Return: when to call again, on the clock of model_now(): 0 at once, ~0 when
 * it has been given something to do.
 */
uint64_t model_hardware_run(struct model_hardware *hw)
{
	switch (hba_run(hw->hba, SLICE, NULL)) {
	case HBA_RUN_BUDGET:
		return 0;
	case HBA_RUN_WAIT:
		return hba_deadline(hw->hba);
	case HBA_RUN_HALTED:
		break;
	}
	return ~0ull;
}

void model_hardware_reset(struct model_hardware *hw)
{
	memset(&hw->news, 0, sizeof(hw->news));
	hba_reset(hw->hba);
}

/* Nothing runs until the next reset. */
void model_hardware_halt(struct model_hardware *hw)
{
	hba_halt(hw->hba);
	memset(&hw->news, 0, sizeof(hw->news));
}

/**
 * model_hardware_boot() - give it another boot ROM, and switch its power on
 * @hw: the device
 * @rom: a boot block that has been checked
 */
void model_hardware_boot(struct model_hardware *hw, const struct model_image *rom)
{
	const struct model_piece *p;

	memset(hw->rom, 0, HBA_ROM_SIZE);
	for (p = rom->pieces; p < rom->pieces + rom->num_pieces; p++)
		memcpy(hw->rom + (p->address - HBA_ROM_BASE), p->data, p->size);
	model_hardware_reset(hw);
}

/* An image that starts cold may not find traces of what was before it. */
void model_hardware_load(struct model_hardware *hw, const struct model_image *image)
{
	const struct model_piece *p;

	model_hardware_reset(hw);
	for (p = image->pieces; p < image->pieces + image->num_pieces; p++)
		hba_ram_write(hw->hba, p->address, p->data, p->size);
}

void model_hardware_start(struct model_hardware *hw, uint32_t entry, uint32_t kind,
			  uint32_t argument)
{
	hba_start(hw->hba, entry, kind, argument);
}

/* A queue that is full is a firmware that does not listen: that will be seen. */
void model_hardware_order(struct model_hardware *hw, uint32_t command, uint32_t argument)
{
	hba_command(hw->hba, command, argument, 0);
}

/* Staging memory, which stays where it is until it is detached. */
void model_hardware_attach(struct model_hardware *hw, const struct model_region *region)
{
	struct model_region *r = hw->regions;

	while (r->size)
		r++;
	*r = *region;
}

/* All of it; who touches it after that has a bus error. */
void model_hardware_detach(struct model_hardware *hw)
{
	memset(hw->regions, 0, sizeof(hw->regions));
	hba_tlb_flush(hw->hba);
}

/**
 * model_hardware_trim() - give memory back that holds nothing
 * @hw: the device; its boot ROM has tested and cleared running memory
 *
 * The device sees no difference.
 */
void model_hardware_trim(struct model_hardware *hw)
{
	const u8 *p = hw->memory;

	if (!p[0] && !memcmp(p, p + 1, hw->memory_size - 1))
		madvise(hw->memory, hw->memory_size, MADV_DONTNEED);
}

/* What an image must fit into. */
void model_hardware_fit(const struct model_hardware *hw, struct model_fit *fit)
{
	fit->base = HBA_RAM_BASE;
	fit->size = hw->memory_size;
}
