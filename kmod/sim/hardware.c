// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the device model needs to exist: its memories, its clock, its port.
 */
#include <linux/ktime.h>
#include <linux/mm.h>
#include <linux/string.h>

#include "sim.h"

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
	.medium = sim_medium,
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
}

static int alloc_memories(struct sim_adapter *ad)
{
	ad->hba = kvzalloc(hba_sizeof(), GFP_KERNEL);
	ad->ram = kvzalloc(ad->config.memory_size, GFP_KERNEL);
	ad->scratch = kvzalloc(HBA_SCRATCH_SIZE, GFP_KERNEL);
	ad->flash = kvzalloc(HBA_MOD_CAPACITY_BYTES, GFP_KERNEL);
	ad->pla = kvzalloc(HBA_MOD_CAPACITY_BYTES, GFP_KERNEL);

	if (!ad->hba || !ad->ram || !ad->scratch || !ad->flash || !ad->pla)
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
		.max_logins = ad->config.max_logins,
		.defect = match_string(sim_defects, -1, ad->config.defect),
	};
	int error;

	mutex_init(&ad->hw_lock);
	INIT_LIST_HEAD(&ad->regions);

	error = alloc_memories(ad);
	if (error)
		goto err_memories;
	error = sim_medium_init(ad);
	if (error)
		goto err_memories;

	config.sectors = ad->medium.size >> SECTOR_SHIFT;
	config.ram = ad->ram;
	config.scratch = ad->scratch;
	config.flash = ad->flash;
	config.pla = ad->pla;
	mutex_lock(&ad->hw_lock);
	error = hba_init(ad->hba, &config);
	mutex_unlock(&ad->hw_lock);
	if (error)
		goto err_medium;
	return 0;

err_medium:
	sim_medium_exit(ad);
err_memories:
	free_memories(ad);
	return error;
}

void sim_hardware_exit(struct sim_adapter *ad)
{
	sim_medium_exit(ad);
	free_memories(ad);
	mutex_destroy(&ad->hw_lock);
}
