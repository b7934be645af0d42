// SPDX-License-Identifier: GPL-2.0-only
/*
 * The two pairs of rings. The driver's own indices are kept apart from the
 * shared page: what the device writes there can be wrong, and is only ever
 * compared with them.
 */
#include <linux/dma-mapping.h>
#include <linux/platform_device.h>

#include "sim.h"

/* Leaves the ring as a device that starts anew expects it: empty, at zero. */
static void clear_ring(struct sim_ring *ring, u32 iova)
{
	memset(ring->page, 0, SIM_RING_BYTES);
	ring->page->sq_base = cpu_to_le32(iova + SIM_RING_SQ);
	ring->page->cq_base = cpu_to_le32(iova + SIM_RING_CQ);
	ring->page->entries = cpu_to_le32(HBA_RING_ENTRIES);
	ring->prod = 0;
	ring->cons = 0;
}

static int alloc_ring(struct sim_adapter *ad, struct sim_ring *ring, u32 iova)
{
	u8 *memory;
	int error;

	BUILD_BUG_ON(HBA_RING_ENTRIES * sizeof(struct hba_completion) >
		     SIM_RING_ANSWERS - SIM_RING_CQ);
	BUILD_BUG_ON(HBA_RING_ENTRIES * sizeof(struct hba_request) >
		     SIM_RING_BYTES - SIM_RING_SQ);
	BUILD_BUG_ON(SIM_ADMIN_SLOTS * sizeof(struct hba_login) >
		     SIM_RING_SQ - SIM_RING_ANSWERS);

	memory = dma_alloc_coherent(&ad->pdev->dev, SIM_RING_BYTES, &ring->dma,
				    GFP_KERNEL);
	if (!memory)
		return -ENOMEM;
	ring->page = (struct hba_ring_page *)memory;
	ring->cq = (struct hba_completion *)(memory + SIM_RING_CQ);
	ring->answers = (struct hba_login *)(memory + SIM_RING_ANSWERS);
	ring->sq = (struct hba_request *)(memory + SIM_RING_SQ);
	clear_ring(ring, iova);

	error = sim_iommu_map(ad, iova, memory, SIM_RING_SQ, true);
	if (error)
		return error;
	return sim_iommu_map(ad, iova + SIM_RING_SQ, ring->sq,
			     SIM_RING_BYTES - SIM_RING_SQ, false);
}

static void free_ring(struct sim_adapter *ad, struct sim_ring *ring, u32 iova)
{
	if (!ring->page)
		return;
	sim_iommu_unmap(ad, iova);
	sim_iommu_unmap(ad, iova + SIM_RING_SQ);
	dma_free_coherent(&ad->pdev->dev, SIM_RING_BYTES, ring->page, ring->dma);
}

int sim_rings_init(struct sim_adapter *ad)
{
	int error;

	error = alloc_ring(ad, &ad->io, SIM_IO_IOVA);
	if (!error)
		error = alloc_ring(ad, &ad->admin, SIM_ADMIN_IOVA);
	if (error) {
		sim_rings_exit(ad);
		return error;
	}

	mutex_lock(&ad->hw_lock);
	hba_set_rings(ad->hba, SIM_IO_IOVA, SIM_ADMIN_IOVA);
	mutex_unlock(&ad->hw_lock);
	return 0;
}

void sim_rings_exit(struct sim_adapter *ad)
{
	free_ring(ad, &ad->admin, SIM_ADMIN_IOVA);
	free_ring(ad, &ad->io, SIM_IO_IOVA);
}

/*
 * The device has been reset and has lost its login table and what it had
 * fetched. Requests in flight keep their place in the order of generations and
 * go to the ring once more when the logins have been renewed. The device runs
 * no code before the caller drops hw_lock.
 */
void sim_rings_reset(struct sim_adapter *ad)
{
	unsigned long flags;

	lockdep_assert_held(&ad->hw_lock);
	spin_lock_irqsave(&ad->lock, flags);
	ad->epoch++;
	sim_io_park(ad);
	sim_admin_fail(ad, -ECONNRESET);
	sim_logins_forget(ad);
	clear_ring(&ad->io, SIM_IO_IOVA);
	clear_ring(&ad->admin, SIM_ADMIN_IOVA);
	spin_unlock_irqrestore(&ad->lock, flags);

	hba_set_rings(ad->hba, SIM_IO_IOVA, SIM_ADMIN_IOVA);
}

/* There is room: fewer requests are in flight than the ring has entries. */
void sim_ring_put(struct sim_ring *ring, const struct hba_request *request)
{
	ring->sq[ring->prod % HBA_RING_ENTRIES] = *request;
	ring->prod++;
	/* The entry before the index. */
	dma_wmb();
	WRITE_ONCE(ring->page->sq_prod, cpu_to_le32(ring->prod));
}

/* Takes the oldest completion, if there is one. */
bool sim_ring_get(struct sim_adapter *ad, struct sim_ring *ring,
		  struct hba_completion *completion)
{
	u32 waiting = le32_to_cpu(READ_ONCE(ring->page->cq_prod)) - ring->cons;

	lockdep_assert_held(&ad->lock);
	if (!waiting)
		return false;
	if (waiting > HBA_RING_ENTRIES) {
		sim_count(ad, SIM_RING_ERRORS);
		return false;
	}
	/* The index before the entry. */
	dma_rmb();
	*completion = ring->cq[ring->cons % HBA_RING_ENTRIES];
	ring->cons++;
	WRITE_ONCE(ring->page->cq_cons, cpu_to_le32(ring->cons));
	return true;
}
