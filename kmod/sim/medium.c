// SPDX-License-Identifier: GPL-2.0-only
/*
 * The medium: memory of the host; or a file or a block device, whose contents
 * last longer than the power.
 *
 * Of memory an operation is carried out at once. Of a file it is put off: a work
 * item does it, in any order with others, and tells the model's DMA engine. Its
 * data is a request's, which is not handed back before: not when firmware says
 * too early that it is done (sim_io_reap()), and whoever ends requests without
 * the model (reset, power off) waits first.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/file.h>
#include <linux/fs.h>
#include <linux/falloc.h>
#include <linux/mempool.h>
#include <linux/sched/mm.h>
#include <linux/vmalloc.h>

#include "sim.h"

/* An operation that was put off. */
struct later {
	struct work_struct work;
	struct sim_adapter *ad;
	struct sim_cmd *cmd;		/* whose data it is; NULL without data */
	u32 channel;
	u32 op;
	u64 sector;
	void *data;
	u32 bytes;
	unsigned int failures;		/* of flushes, when the last one was begun */
};

/* So many at least find memory at any time: enough to go on. */
#define POOL_MIN	16

static u32 in_memory(struct sim_adapter *ad, u32 op, u64 sector, void *data,
		     u32 bytes)
{
	u8 *at = ad->medium.memory + (sector << SECTOR_SHIFT);

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

static bool read_all(struct file *file, void *data, u32 bytes, loff_t pos)
{
	ssize_t n;

	for (; bytes; data += n, bytes -= n) {
		n = kernel_read(file, data, bytes, &pos);
		if (n <= 0)
			return false;
	}
	return true;
}

static bool write_all(struct file *file, const void *data, u32 bytes, loff_t pos)
{
	ssize_t n;

	for (; bytes; data += n, bytes -= n) {
		n = kernel_write(file, data, bytes, &pos);
		if (n <= 0)
			return false;
	}
	return true;
}

/*
 * A hint: where the file keeps its blocks all the same, or takes them only in
 * larger pieces, nothing is lost.
 */
static bool discard(struct file *file, u32 bytes, loff_t pos)
{
	int error = vfs_fallocate(file, FALLOC_FL_PUNCH_HOLE |
				  FALLOC_FL_KEEP_SIZE, pos, bytes);

	return !error || error == -EOPNOTSUPP || error == -EINVAL;
}

/*
 * The kernel tells one flush alone of what could not be written. It is a failure
 * of all that were under way then, and of the next one: what was written
 * meanwhile may have been part of it.
 */
static bool flush(struct sim_medium *medium, unsigned int failures)
{
	bool good;

	mutex_lock(&medium->flush_lock);
	if (vfs_fsync(medium->file, 1))
		WRITE_ONCE(medium->failures, medium->failures + 1);
	good = medium->failures == failures;
	mutex_unlock(&medium->flush_lock);
	return good;
}

static u32 in_file(struct sim_medium *medium, const struct later *l)
{
	struct file *file = medium->file;
	loff_t pos = l->sector << SECTOR_SHIFT;
	bool good;

	switch (l->op) {
	case HBA_DMA_READ:
		good = read_all(file, l->data, l->bytes, pos);
		break;
	case HBA_DMA_WRITE:
		good = write_all(file, l->data, l->bytes, pos);
		break;
	case HBA_DMA_DISCARD:
		good = discard(file, l->bytes, pos);
		break;
	case HBA_DMA_FLUSH:
		good = flush(medium, l->failures);
		break;
	default:
		return HBA_DMA_ST_RANGE;
	}
	return good ? 0 : HBA_DMA_ST_MEDIUM_ERROR;
}

static void later_work(struct work_struct *work)
{
	struct later *l = container_of(work, struct later, work);
	struct sim_adapter *ad = l->ad;
	u32 channel = l->channel, status;
	unsigned int flags, throttle;

	/*
	 * Memory that is short may be waiting for this very write, which must
	 * not be slowed down for the sake of pages that only it can clean.
	 */
	flags = memalloc_noio_save();
	throttle = current->flags & PF_LOCAL_THROTTLE;
	current->flags |= PF_LOCAL_THROTTLE;
	status = in_file(&ad->medium, l);
	current_restore_flags(throttle, PF_LOCAL_THROTTLE);
	memalloc_noio_restore(flags);
	/* Pairs with the acquire in moves_data(). */
	if (l->cmd)
		atomic_dec_return_release(&l->cmd->put_off);
	/* The hart may wait for one of these, with hw_lock held. */
	mempool_free(l, ad->medium.pool);

	mutex_lock(&ad->hw_lock);
	hba_dma_complete(ad->hba, channel, status);
	mutex_unlock(&ad->hw_lock);
	sim_hart_wake(ad);
}

/* The model's port: in the hart thread, under hw_lock. */
u32 sim_medium(void *ctx, u32 op, u64 sector, void *data, u32 bytes)
{
	struct sim_adapter *ad = ctx;
	struct sim_cmd *cmd = NULL;
	struct later *l;

	if (sector > ad->medium.size >> SECTOR_SHIFT ||
	    bytes > ad->medium.size - (sector << SECTOR_SHIFT))
		return HBA_DMA_ST_RANGE;
	if (!ad->medium.file)
		return in_memory(ad, op, sector, data, bytes);

	if (data) {
		cmd = sim_iommu_request(ad, hba_dma_iova(ad->hba));
		/* Other memory could go while it is written to. */
		if (!cmd)
			return HBA_DMA_ST_RANGE;
		atomic_inc(&cmd->put_off);
	}
	l = mempool_alloc(ad->medium.pool, GFP_NOIO);
	*l = (struct later){
		.ad = ad,
		.cmd = cmd,
		.channel = hba_dma_channel(ad->hba),
		.op = op,
		.sector = sector,
		.data = data,
		.bytes = bytes,
		.failures = ad->medium.reported,
	};
	if (op == HBA_DMA_FLUSH)
		ad->medium.reported = READ_ONCE(ad->medium.failures);
	INIT_WORK(&l->work, later_work);
	queue_work(ad->medium.wq, &l->work);
	return HBA_MEDIUM_LATER;
}

/**
 * sim_medium_drain - wait for what was put off
 * @ad: adapter, whose harts are halted or stopped; not under hw_lock
 */
void sim_medium_drain(struct sim_adapter *ad)
{
	if (ad->medium.file)
		flush_workqueue(ad->medium.wq);
}

/* Media that are in use, so that no two adapters write to one file. */
static DEFINE_MUTEX(media_lock);
static LIST_HEAD(media);

static bool is_in_use(const struct inode *inode)
{
	struct sim_medium *other;

	lockdep_assert_held(&media_lock);
	list_for_each_entry(other, &media, list)
		if (other->file->f_mapping->host == inode)
			return true;
	return false;
}

static int enter_medium(struct sim_adapter *ad)
{
	bool in_use;

	mutex_lock(&media_lock);
	in_use = is_in_use(ad->medium.file->f_mapping->host);
	if (!in_use)
		list_add(&ad->medium.list, &media);
	mutex_unlock(&media_lock);
	if (!in_use)
		return 0;
	pr_info("%s: backing %s is another adapter's already\n", ad->name,
		ad->config.backing);
	return -EBUSY;
}

static void leave_medium(struct sim_adapter *ad)
{
	mutex_lock(&media_lock);
	list_del_init(&ad->medium.list);
	mutex_unlock(&media_lock);
}

static int open_file(struct sim_adapter *ad)
{
	const char *path = ad->config.backing;
	u64 block_mask = ad->config.block_size - 1;
	struct inode *inode;
	struct file *file;

	/* A block device that somebody else uses, mounted perhaps, is refused. */
	file = filp_open(path, O_RDWR | O_LARGEFILE | O_EXCL, 0);
	if (IS_ERR(file)) {
		pr_info("%s: backing %s cannot be opened for reading and writing: error %ld\n",
			ad->name, path, PTR_ERR(file));
		return PTR_ERR(file);
	}
	inode = file->f_mapping->host;
	ad->medium.size = i_size_read(inode) & ~block_mask;
	if ((!S_ISREG(inode->i_mode) && !S_ISBLK(inode->i_mode)) ||
	    !ad->medium.size) {
		pr_info("%s: backing %s is no file or block device of at least one block: truncate it to the size that the disk is to have\n",
			ad->name, path);
		fput(file);
		return -EINVAL;
	}
	ad->medium.file = file;
	return enter_medium(ad);
}

static int back_by_file(struct sim_adapter *ad)
{
	int error = open_file(ad);

	if (error)
		return error;
	ad->medium.pool = mempool_create_kmalloc_pool(POOL_MIN,
						      sizeof(struct later));
	ad->medium.wq = alloc_workqueue("%s-medium", WQ_UNBOUND | WQ_MEM_RECLAIM,
					0, ad->name);
	return ad->medium.pool && ad->medium.wq ? 0 : -ENOMEM;
}

/*
 * Memory is there as a whole from the start, so that no I/O waits for memory
 * that only I/O can free.
 */
int sim_medium_init(struct sim_adapter *ad)
{
	int error;

	INIT_LIST_HEAD(&ad->medium.list);
	mutex_init(&ad->medium.flush_lock);
	ad->medium.size = ad->config.size;
	if (ad->config.backing[0]) {
		error = back_by_file(ad);
		if (error)
			sim_medium_exit(ad);
		return error;
	}
	ad->medium.memory = vzalloc(ad->config.size);
	return ad->medium.memory ? 0 : -ENOMEM;
}

/* Nothing is put off any more; what was written is kept. */
void sim_medium_exit(struct sim_adapter *ad)
{
	if (ad->medium.wq)
		destroy_workqueue(ad->medium.wq);
	mempool_destroy(ad->medium.pool);
	if (ad->medium.file) {
		leave_medium(ad);
		vfs_fsync(ad->medium.file, 0);
		fput(ad->medium.file);
	}
	vfree(ad->medium.memory);
	memset(&ad->medium, 0, sizeof(ad->medium));
}
