// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the device model needs to exist: its memories, its medium, its clock.
 */
#include <linux/ktime.h>
#include <linux/mm.h>
#include <linux/vmalloc.h>

#include "sim.h"

/*
 * The medium is there as a whole from the start, so that no I/O waits for
 * memory that only I/O can free.
 */
static u32 medium(void *ctx, u32 op, u64 sector, void *data, u32 bytes)
{
	struct sim_adapter *ad = ctx;
	u64 size = ad->config.size;
	u8 *at;

	if (sector > size >> SECTOR_SHIFT ||
	    bytes > size - (sector << SECTOR_SHIFT))
		return HBA_DMA_ST_RANGE;

	at = ad->medium + (sector << SECTOR_SHIFT);
	switch (op) {
	case HBA_DMA_READ:
		memcpy(data, at, bytes);
		return 0;
	case HBA_DMA_WRITE:
		memcpy(at, data, bytes);
		return 0;
	case HBA_DMA_DISCARD:
		memset(at, 0, bytes);
		return 0;
	case HBA_DMA_FLUSH:
		return 0;
	default:
		return HBA_DMA_ST_RANGE;
	}
}

static void irq(void *ctx, u32 bits)
{
	struct sim_adapter *ad = ctx;

	/* The hart thread, which called the model, sees to it afterwards. */
	ad->irqs |= bits;
}

static u64 now(void *ctx)
{
	return ktime_get_ns();
}

static const struct hba_port port = {
	.translate = sim_iommu_translate,
	.medium = medium,
	.event = sim_event,
	.irq = irq,
	.now = now,
};

static void free_memories(struct sim_adapter *ad)
{
	kvfree(ad->hba);
	kvfree(ad->ram);
	kvfree(ad->scratch);
	kvfree(ad->flash);
	kvfree(ad->pla);
	vfree(ad->medium);
}

static int alloc_memories(struct sim_adapter *ad)
{
	ad->hba = kvzalloc(hba_sizeof(), GFP_KERNEL);
	ad->ram = kvzalloc(ad->config.memory_size, GFP_KERNEL);
	ad->scratch = kvzalloc(HBA_SCRATCH_SIZE, GFP_KERNEL);
	ad->flash = kvzalloc(HBA_MOD_CAPACITY_BYTES, GFP_KERNEL);
	ad->pla = kvzalloc(HBA_MOD_CAPACITY_BYTES, GFP_KERNEL);
	ad->medium = vzalloc(ad->config.size);

	if (!ad->hba || !ad->ram || !ad->scratch || !ad->flash || !ad->pla ||
	    !ad->medium)
		return -ENOMEM;
	return 0;
}

/* Makes the adapter's hardware; it is in reset and nothing runs it yet. */
int sim_hardware_init(struct sim_adapter *ad)
{
	struct hba_config config = {
		.port = &port,
		.ctx = ad,
		.rom = sim_rom,
		.rom_size = sim_rom_end - sim_rom,
		.ram_size = ad->config.memory_size,
		.harts = ad->config.harts,
		.block_size = ad->config.block_size,
		.sectors = ad->config.size >> SECTOR_SHIFT,
		.max_logins = ad->config.max_logins,
	};
	int error;

	mutex_init(&ad->hw_lock);
	INIT_LIST_HEAD(&ad->regions);

	error = alloc_memories(ad);
	if (error)
		goto err_memories;

	config.ram = ad->ram;
	config.scratch = ad->scratch;
	config.flash = ad->flash;
	config.pla = ad->pla;
	mutex_lock(&ad->hw_lock);
	error = hba_init(ad->hba, &config);
	mutex_unlock(&ad->hw_lock);
	if (error)
		goto err_memories;
	return 0;

err_memories:
	free_memories(ad);
	return error;
}

void sim_hardware_exit(struct sim_adapter *ad)
{
	free_memories(ad);
	mutex_destroy(&ad->hw_lock);
}
