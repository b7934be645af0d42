// SPDX-License-Identifier: GPL-2.0-only
/*
 * The adapter's IOMMU: the table of what the driver has mapped for it. A
 * device address that is not found here is a bus error.
 *
 * There are two ranges. The window, below 4 GiB, holds rings and staging
 * memory, each a region in a sorted list under hw_lock. Above it every tag has
 * a slot for the data of the request that has this tag now.
 */
#include <linux/mm.h>
#include <linux/seq_file.h>
#include <linux/slab.h>

#include "sim.h"

#ifdef CONFIG_HIGHMEM
#error "the adapter reaches all memory by sg_virt(): build for a 64-bit kernel"
#endif

/**
 * struct region - addresses behind one another, over pieces of memory
 * @list: in sim_adapter.regions
 * @iova: of the first byte
 * @size: bytes
 * @writable: the device may write, too
 * @count: entries in @pieces
 * @pieces: where each begins, counted from the region's first byte
 */
struct region {
	struct list_head list;
	u64 iova;
	u64 size;
	bool writable;
	unsigned int count;
	struct {
		u64 offset;
		void *memory;
	} pieces[];
};

static struct region *alloc_region(unsigned int count, u64 size, bool writable)
{
	struct region *region;

	region = kvzalloc(struct_size(region, pieces, count), GFP_KERNEL);
	if (!region)
		return NULL;
	region->count = count;
	region->size = size;
	region->writable = writable;
	return region;
}

/* Enters @region before the first one that lies above it. */
static void insert_region(struct sim_adapter *ad, struct region *region)
{
	struct region *next;

	lockdep_assert_held(&ad->hw_lock);
	list_for_each_entry(next, &ad->regions, list)
		if (next->iova > region->iova)
			break;
	list_add_tail(&region->list, &next->list);
	hba_tlb_flush(ad->hba);
}

/**
 * sim_iommu_map - map memory at an address of the driver's choice
 * @ad: adapter
 * @iova: where, in the window, free
 * @memory: what, contiguous for the CPU
 * @size: bytes
 * @writable: the device may write, too
 *
 * Return: 0 or -ENOMEM.
 */
int sim_iommu_map(struct sim_adapter *ad, u64 iova, void *memory, u64 size,
		  bool writable)
{
	struct region *region;

	region = alloc_region(1, size, writable);
	if (!region)
		return -ENOMEM;
	region->iova = iova;
	region->pieces[0].memory = memory;

	mutex_lock(&ad->hw_lock);
	insert_region(ad, region);
	mutex_unlock(&ad->hw_lock);
	return 0;
}

/* First fit, with a page between two regions that belongs to nobody. */
static int find_space(struct sim_adapter *ad, u64 size, u64 *iova)
{
	u64 at = HBA_IOVA_STAGING;
	struct region *region;

	lockdep_assert_held(&ad->hw_lock);
	list_for_each_entry(region, &ad->regions, list) {
		if (region->iova + region->size <= at)
			continue;
		if (region->iova > at && region->iova - at > size + PAGE_SIZE)
			break;
		at = ALIGN(region->iova + region->size, PAGE_SIZE) + PAGE_SIZE;
	}
	if (at >= HBA_WINDOW_END || size > HBA_WINDOW_END - at)
		return -ENOSPC;
	*iova = at;
	return 0;
}

static u64 fill_region(struct region *region, struct sg_table *sgt)
{
	struct scatterlist *sg;
	u64 offset = 0;
	int i;

	/* By CPU pages, not by DMA addresses: the model is no real bus master. */
	for_each_sgtable_sg(sgt, sg, i) {
		region->pieces[i].offset = offset;
		region->pieces[i].memory = sg_virt(sg);
		offset += sg->length;
	}
	return offset;
}

/**
 * sim_iommu_attach - map staging memory wherever there is room
 * @ad: adapter
 * @sgt: the memory
 * @size: bytes of it that are wanted
 * @writable: the device may write, too
 * @iova: where it is then
 *
 * Return: 0, -ENOMEM, -ENOSPC if the window is full, -EINVAL if @sgt is
 * shorter than @size.
 */
int sim_iommu_attach(struct sim_adapter *ad, struct sg_table *sgt, u64 size,
		     bool writable, u64 *iova)
{
	struct region *region;
	int error;

	region = alloc_region(sgt->orig_nents, size, writable);
	if (!region)
		return -ENOMEM;
	error = -EINVAL;
	if (!size || fill_region(region, sgt) < size)
		goto err_free;

	mutex_lock(&ad->hw_lock);
	error = find_space(ad, size, &region->iova);
	if (!error) {
		*iova = region->iova;
		insert_region(ad, region);
	}
	mutex_unlock(&ad->hw_lock);
	if (error)
		goto err_free;
	return 0;

err_free:
	kvfree(region);
	return error;
}

/* The device cannot reach the region at @iova afterwards. */
void sim_iommu_unmap(struct sim_adapter *ad, u64 iova)
{
	struct region *region, *found = NULL;

	mutex_lock(&ad->hw_lock);
	list_for_each_entry(region, &ad->regions, list)
		if (region->iova == iova)
			found = region;
	if (found) {
		list_del(&found->list);
		hba_tlb_flush(ad->hba);
	}
	mutex_unlock(&ad->hw_lock);
	kvfree(found);
}

void sim_iommu_exit(struct sim_adapter *ad)
{
	struct region *region, *next;

	list_for_each_entry_safe(region, next, &ad->regions, list) {
		list_del(&region->list);
		kvfree(region);
	}
}

/* One line per region of the window: address, bytes, access, pieces. */
void sim_iommu_show(struct sim_adapter *ad, struct seq_file *m)
{
	struct region *region;

	mutex_lock(&ad->hw_lock);
	list_for_each_entry(region, &ad->regions, list)
		seq_printf(m, "0x%llx %llu %s %u\n", region->iova, region->size,
			   region->writable ? "rw" : "ro", region->count);
	mutex_unlock(&ad->hw_lock);
}

static void *region_translate(const struct region *region, u64 offset,
			      u32 *avail)
{
	unsigned int low = 0, high = region->count, middle;
	u64 end = region->size;

	/* The piece is the last one that begins at @offset or before. */
	while (high - low > 1) {
		middle = low + (high - low) / 2;
		if (region->pieces[middle].offset <= offset)
			low = middle;
		else
			high = middle;
	}
	if (high < region->count)
		end = min(end, region->pieces[high].offset);
	*avail = min_t(u64, end - offset, U32_MAX);
	return region->pieces[low].memory + (offset - region->pieces[low].offset);
}

/* As struct hba_port's translate, for the window alone. */
void *sim_iommu_window(struct sim_adapter *ad, u64 iova, u32 *avail, bool write)
{
	struct region *region;

	lockdep_assert_held(&ad->hw_lock);
	list_for_each_entry(region, &ad->regions, list) {
		if (iova < region->iova)
			break;
		if (iova - region->iova >= region->size)
			continue;
		if (write && !region->writable)
			break;
		return region_translate(region, iova - region->iova, avail);
	}
	return NULL;
}

/**
 * sim_iommu_request - whose data an address is
 * @ad: adapter
 * @iova: device address
 *
 * A request's data stays where it is while the hart runs: only the hart's own
 * thread, between two slices, completes requests.
 *
 * Return: request in flight, or %NULL if the address is no request's.
 */
struct sim_cmd *sim_iommu_request(struct sim_adapter *ad, u64 iova)
{
	u64 tag = (iova - HBA_IOVA_REQUEST) / HBA_IOVA_REQUEST_STRIDE;

	lockdep_assert_held(&ad->hw_lock);
	if (iova < HBA_IOVA_REQUEST || tag >= SIM_QUEUE_DEPTH_MAX)
		return NULL;
	/* Pairs with the release in sim_io_submit(): @sgt is complete. */
	return smp_load_acquire(&ad->cmds[tag]);
}

static void *slot_translate(struct sim_adapter *ad, u64 iova, u32 *avail,
			    bool write)
{
	struct sim_cmd *cmd = sim_iommu_request(ad, iova);
	u64 offset = (iova - HBA_IOVA_REQUEST) % HBA_IOVA_REQUEST_STRIDE;
	struct scatterlist *sg;
	int i;

	if (!cmd || cmd->dir != (write ? DMA_FROM_DEVICE : DMA_TO_DEVICE))
		return NULL;
	for_each_sgtable_sg(&cmd->sgt, sg, i) {
		if (offset < sg->length) {
			*avail = sg->length - offset;
			return sg_virt(sg) + offset;
		}
		offset -= sg->length;
	}
	return NULL;
}

void *sim_iommu_translate(void *ctx, u64 iova, u32 *avail, bool write)
{
	struct sim_adapter *ad = ctx;

	if (iova >= HBA_IOVA_REQUEST)
		return slot_translate(ad, iova, avail, write);
	return sim_iommu_window(ad, iova, avail, write);
}
