/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What differs between the kernels that are supported, 6.1 and later, and
 * nothing else: the only file that looks at the kernel's version.
 */
#ifndef CSW_COMPAT_H
#define CSW_COMPAT_H

#include <linux/version.h>

/* crypto: sha256_state became sha256_ctx */
#include <crypto/sha2.h>
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 17, 0)
#define sha256_ctx sha256_state
#endif

/* device model: class_create() lost its first argument */
#include <linux/device/class.h>
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 4, 0)
#define csw_class_create(name)	class_create(THIS_MODULE, name)
#else
#define csw_class_create(name)	class_create(name)
#endif

/*
 * block: limits came to be given when a disk is allocated, features to be
 * among them, merging to be always on, the request to know its queue
 */
#include <linux/blk-mq.h>
#include <linux/blkdev.h>

/**
 * struct csw_disk_limits - what the driver of a disk says of it
 * @block_size: logical and physical, bytes
 * @max_sectors: of one request, 512 bytes each
 * @max_segments: of one request
 * @max_discard_sectors: of one discard
 */
struct csw_disk_limits {
	unsigned int block_size;
	unsigned int max_sectors;
	unsigned int max_segments;
	unsigned int max_discard_sectors;
};

#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 11, 0)
static inline struct gendisk *
csw_alloc_disk(struct blk_mq_tag_set *set,
	       const struct csw_disk_limits *limits, void *queuedata)
{
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 9, 0)
	struct gendisk *disk = blk_mq_alloc_disk(set, queuedata);
#else
	struct gendisk *disk = blk_mq_alloc_disk(set, NULL, queuedata);
#endif

	if (IS_ERR(disk))
		return disk;
	blk_queue_logical_block_size(disk->queue, limits->block_size);
	blk_queue_physical_block_size(disk->queue, limits->block_size);
	blk_queue_max_hw_sectors(disk->queue, limits->max_sectors);
	blk_queue_max_segments(disk->queue, limits->max_segments);
	blk_queue_max_discard_sectors(disk->queue,
				      limits->max_discard_sectors);
	disk->queue->limits.discard_granularity = limits->block_size;
	blk_queue_write_cache(disk->queue, true, true);
	blk_queue_flag_set(QUEUE_FLAG_NONROT, disk->queue);
	return disk;
}
#else
static inline struct gendisk *
csw_alloc_disk(struct blk_mq_tag_set *set,
	       const struct csw_disk_limits *limits, void *queuedata)
{
	struct queue_limits lim = {
		.features = BLK_FEAT_WRITE_CACHE | BLK_FEAT_FUA,
		.logical_block_size = limits->block_size,
		.physical_block_size = limits->block_size,
		.max_hw_sectors = limits->max_sectors,
		.max_segments = limits->max_segments,
		.max_hw_discard_sectors = limits->max_discard_sectors,
		.discard_granularity = limits->block_size,
	};

	return blk_mq_alloc_disk(set, &lim, queuedata);
}
#endif

#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 14, 0)
#define CSW_BLK_MQ_F_SHOULD_MERGE	BLK_MQ_F_SHOULD_MERGE
#else
#define CSW_BLK_MQ_F_SHOULD_MERGE	0
#endif

static inline int csw_blk_rq_map_sg(struct request *rq,
				    struct scatterlist *sgl)
{
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 15, 0)
	return blk_rq_map_sg(rq->q, rq, sgl);
#else
	return blk_rq_map_sg(rq, sgl);
#endif
}

/* netlink: what a dump was asked with moved */
#include <net/genetlink.h>
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 6, 0)
#define csw_dump_attrs(cb)	(genl_dumpit_info(cb)->attrs)
#else
#define csw_dump_attrs(cb)	(genl_info_dump(cb)->attrs)
#endif

#endif /* CSW_COMPAT_H */
