// SPDX-License-Identifier: GPL-2.0-only
/*
 * The disk: blk-mq with one queue, whose tags are the device's tags.
 */
#include <linux/blkdev.h>
#include <linux/dma-mapping.h>
#include <linux/module.h>
#include <linux/platform_device.h>
#include <linux/wait_bit.h>

#include "../compat.h"
#include "sim.h"

/*
 * The device is given addresses of its own IOMMU and its memory accesses are
 * the CPU's, so that nothing has to be copied to or from bounce buffers.
 */
#define MAP_ATTRS	DMA_ATTR_SKIP_CPU_SYNC

static int map_data(struct sim_adapter *ad, struct sim_cmd *cmd,
		    struct request *rq)
{
	unsigned int nents;

	cmd->dir = rq_dma_dir(rq);
	cmd->sgt.sgl = cmd->sgl;
	sg_init_table(cmd->sgl, blk_rq_nr_phys_segments(rq));
	nents = csw_blk_rq_map_sg(rq, cmd->sgl);
	cmd->sgt.nents = nents;
	cmd->sgt.orig_nents = nents;
	return dma_map_sgtable(&ad->pdev->dev, &cmd->sgt, cmd->dir, MAP_ATTRS);
}

static void unmap_data(struct sim_adapter *ad, struct sim_cmd *cmd)
{
	if (cmd->sgt.orig_nents)
		dma_unmap_sgtable(&ad->pdev->dev, &cmd->sgt, cmd->dir,
				  MAP_ATTRS);
}

static blk_status_t prepare(struct sim_adapter *ad, struct sim_cmd *cmd,
			    struct request *rq)
{
	int error = 0;

	memset(&cmd->sgt, 0, sizeof(cmd->sgt));
	atomic_set(&cmd->put_off, 0);
	cmd->dir = DMA_NONE;
	cmd->fua = !!(rq->cmd_flags & REQ_FUA);

	switch (req_op(rq)) {
	case REQ_OP_READ:
		cmd->opcode = HBA_OP_READ;
		error = map_data(ad, cmd, rq);
		break;
	case REQ_OP_WRITE:
		cmd->opcode = HBA_OP_WRITE;
		error = map_data(ad, cmd, rq);
		break;
	case REQ_OP_FLUSH:
		cmd->opcode = HBA_OP_FLUSH;
		break;
	case REQ_OP_DISCARD:
		cmd->opcode = HBA_OP_DISCARD;
		break;
	default:
		return BLK_STS_NOTSUPP;
	}
	return error == -ENOMEM ? BLK_STS_RESOURCE : errno_to_blk_status(error);
}

static blk_status_t queue_rq(struct blk_mq_hw_ctx *hctx,
			     const struct blk_mq_queue_data *bd)
{
	struct sim_adapter *ad = hctx->queue->queuedata;
	struct request *rq = bd->rq;
	struct sim_cmd *cmd = blk_mq_rq_to_pdu(rq);
	blk_status_t status;

	status = prepare(ad, cmd, rq);
	if (status != BLK_STS_OK)
		return status;

	blk_mq_start_request(rq);
	if (sim_io_submit(ad, cmd)) {
		unmap_data(ad, cmd);
		rq->rq_flags |= RQF_QUIET;
		return BLK_STS_IOERR;
	}
	return BLK_STS_OK;
}

/*
 * A request waits as long as it takes: the device may be in its boot ROM until
 * somebody has an image for it, or in the middle of an update. Who guards the
 * firmware's life is codeswap, not a request.
 */
static enum blk_eh_timer_return timed_out(struct request *rq)
{
	return BLK_EH_RESET_TIMER;
}

static const struct blk_mq_ops mq_ops = {
	.queue_rq = queue_rq,
	.timeout = timed_out,
};

/* Disks that have not been freed; the last one wakes sim_disk_drain(). */
static atomic_t live_disks = ATOMIC_INIT(0);

static void free_disk(struct gendisk *disk)
{
	if (atomic_dec_and_test(&live_disks))
		wake_up_var(&live_disks);
}

/* A disk is freed when the last reference goes, which may be after power off. */
void sim_disk_drain(void)
{
	wait_var_event(&live_disks, !atomic_read(&live_disks));
}

static const struct block_device_operations disk_fops = {
	.owner = THIS_MODULE,
	.free_disk = free_disk,
};

/* Hands a request back with the status that it has. Process context. */
void sim_disk_end(struct sim_adapter *ad, struct sim_cmd *cmd)
{
	unmap_data(ad, cmd);
	blk_mq_end_request(blk_mq_rq_from_pdu(cmd), cmd->status);
}

static int alloc_disk(struct sim_adapter *ad)
{
	struct csw_disk_limits limits = {
		.block_size = ad->config.block_size,
		.max_sectors = SIM_MAX_BYTES >> SECTOR_SHIFT,
		.max_segments = SIM_MAX_SEGMENTS,
		.max_discard_sectors = SIM_DISCARD_BYTES >> SECTOR_SHIFT,
	};
	struct gendisk *disk;

	disk = csw_alloc_disk(&ad->tags, &limits, ad);
	if (IS_ERR(disk))
		return PTR_ERR(disk);
	strscpy(disk->disk_name, ad->name, sizeof(disk->disk_name));
	disk->fops = &disk_fops;
	set_capacity(disk, ad->medium.size >> SECTOR_SHIFT);
	ad->disk = disk;
	return 0;
}

/*
 * Before the first image runs nobody could read from the disk, and whoever looks
 * for partitions or a file system would wait. Once it is seen, it stays.
 */
static void show_work(struct work_struct *work)
{
	struct sim_adapter *ad = container_of(work, struct sim_adapter,
					      show_work);
	int error;

	if (ad->shown)
		return;
	error = device_add_disk(&ad->pdev->dev, ad->disk, NULL);
	if (error) {
		dev_err(&ad->pdev->dev, "%s cannot be added: error %d\n",
			ad->name, error);
		return;
	}
	atomic_inc(&live_disks);
	ad->shown = true;
}

/* The adapter can do I/O. Any context. Not on sim_wq, which that I/O needs. */
void sim_disk_show(struct sim_adapter *ad)
{
	queue_work(system_long_wq, &ad->show_work);
}

int sim_disk_init(struct sim_adapter *ad)
{
	int error;

	INIT_WORK(&ad->show_work, show_work);
	ad->tags.ops = &mq_ops;
	ad->tags.nr_hw_queues = 1;
	ad->tags.queue_depth = ad->config.queue_depth;
	ad->tags.numa_node = NUMA_NO_NODE;
	ad->tags.flags = CSW_BLK_MQ_F_SHOULD_MERGE;
	ad->tags.cmd_size = sizeof(struct sim_cmd) +
			    SIM_MAX_SEGMENTS * sizeof(struct scatterlist);
	error = blk_mq_alloc_tag_set(&ad->tags);
	if (error)
		return error;
	error = alloc_disk(ad);
	if (error)
		blk_mq_free_tag_set(&ad->tags);
	return error;
}

/* The power is off: like a disk that is pulled out. */
void sim_disk_exit(struct sim_adapter *ad)
{
	/* First, as what follows waits for requests in flight. */
	sim_io_fail(ad);
	cancel_work_sync(&ad->show_work);
	if (ad->shown) {
		blk_mark_disk_dead(ad->disk);
		del_gendisk(ad->disk);
	}
	put_disk(ad->disk);
	blk_mq_free_tag_set(&ad->tags);
}
