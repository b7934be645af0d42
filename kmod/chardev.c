// SPDX-License-Identifier: GPL-2.0-only
/*
 * /dev/codeswap, where the image's type picks the devices, and /dev/codeswapN,
 * which is one device.
 *
 * What is written is either a stream of images, told by its first byte, which
 * no name can begin with; or, one in each write, a line with the name of an
 * image. A write returns when the swap has ended, and fails as the swap does.
 * With O_NONBLOCK it returns when the swap has begun; poll() tells the end, and
 * the next write fails as the swap did. A read gives the result as a line.
 *
 * Once a swap has failed, all further writes of the same opening fail likewise.
 *
 * Locks: feed->lock serialises the users of an opening; @end_lock is taken
 * within it, and by whoever tells that a swap has ended.
 */
#include <linux/fs.h>
#include <linux/miscdevice.h>
#include <linux/module.h>
#include <linux/poll.h>
#include <linux/slab.h>

#include "chardev.h"

#define MINORS		1024

dev_t csw_devt;

/* The last result of /dev/codeswap, which is no device's. */
static DEFINE_MUTEX(last_lock);
static char last_line[CSW_LINE_LEN];
static bool last_failed;

static void door_free(struct kref *ref)
{
	struct csw_door *door = container_of(ref, struct csw_door, ref);

	csw_feed_exit(&door->feed);
	if (door->cdev)
		csw_device_put(door->cdev);
	kfree(door);
}

void csw_door_put(struct csw_door *door)
{
	kref_put(&door->ref, door_free);
}

static int door_open(struct file *file, struct codeswap_device *cdev)
{
	struct csw_door *door = kzalloc(sizeof(*door), GFP_KERNEL_ACCOUNT);

	if (!door)
		return -ENOMEM;
	kref_init(&door->ref);
	csw_feed_init(&door->feed);
	spin_lock_init(&door->end_lock);
	init_waitqueue_head(&door->wait);
	if (cdev)
		get_device(&cdev->dev);
	door->cdev = cdev;
	file->private_data = door;
	return stream_open(file_inode(file), file);
}

static int open_all(struct inode *inode, struct file *file)
{
	return door_open(file, NULL);
}

static int open_one(struct inode *inode, struct file *file)
{
	struct codeswap_device *cdev = container_of(inode->i_cdev,
						    struct codeswap_device, cdev);

	if (READ_ONCE(cdev->gone))
		return -ENODEV;
	return door_open(file, cdev);
}

/* The phase that the device failed in, if an update of one failed for @err. */
static enum codeswap_phase phase_of(const struct csw_error *err,
				    enum codeswap_phase otherwise)
{
	enum codeswap_phase phase = otherwise;
	struct codeswap_device *cdev = NULL;
	struct csw_status status;

	while ((cdev = csw_device_next(cdev))) {
		csw_get_status(cdev, &status);
		if (status.error.reason != err->reason ||
		    strcmp(status.error.text, err->text))
			continue;
		phase = status.error_phase;
		csw_device_put(cdev);
		break;
	}
	return phase;
}

/* Keeps a result for readers; @err is of code 0 for success. */
void csw_door_note(struct csw_door *door, const struct csw_error *err)
{
	enum codeswap_phase phase = door->mode == MODE_LINE ?
		CODESWAP_PHASE_IDLE : CODESWAP_PHASE_STAGING;

	lockdep_assert_held(&door->feed.lock);
	door->read = 0;
	if (err->code)
		scnprintf(door->line, CSW_LINE_LEN, "%s:%s %s\n",
			  csw_phase_name(phase_of(err, phase)),
			  csw_reason_name(err->reason), err->text);
	else
		strscpy(door->line, "success\n", CSW_LINE_LEN);
	if (door->cdev)
		return;
	mutex_lock(&last_lock);
	strscpy(last_line, door->line, CSW_LINE_LEN);
	last_failed = err->code;
	mutex_unlock(&last_lock);
}

int csw_door_fail(struct csw_door *door, const struct csw_error *err)
{
	csw_door_note(door, err);
	/* Who is interrupted tries again: it must be told that this is in vain. */
	door->failed = err->code == -EINTR ? -ECANCELED : err->code;
	return err->code;
}

/* A swap has ended that nobody waited for. Drops its reference. */
void csw_door_ended(void *data, int code, const struct csw_error *err)
{
	struct csw_door *door = data;

	spin_lock(&door->end_lock);
	if (door->busy) {
		door->busy = false;
		door->ended = true;
		door->end = *err;
		door->end.code = code;
	}
	spin_unlock(&door->end_lock);
	wake_up_all(&door->wait);
	csw_door_put(door);
}

void csw_door_set_busy(struct csw_door *door, bool busy)
{
	if (busy)
		kref_get(&door->ref);
	spin_lock(&door->end_lock);
	door->busy = busy;
	spin_unlock(&door->end_lock);
}

bool csw_door_busy(struct csw_door *door)
{
	bool busy;

	spin_lock(&door->end_lock);
	busy = door->busy;
	spin_unlock(&door->end_lock);
	return busy;
}

/* Waits for a swap that an earlier write began, and takes note of its end. */
static int collect(struct csw_door *door, bool nowait)
{
	struct csw_error end = {};
	bool ended;

	lockdep_assert_held(&door->feed.lock);
	if (csw_door_busy(door)) {
		if (nowait)
			return -EAGAIN;
		if (wait_event_interruptible(door->wait, !csw_door_busy(door)))
			return -ERESTARTSYS;
	}
	spin_lock(&door->end_lock);
	ended = door->ended;
	if (ended)
		end = door->end;
	door->ended = false;
	spin_unlock(&door->end_lock);
	if (ended && end.code)
		csw_door_fail(door, &end);
	else if (ended)
		csw_door_note(door, &end);
	return 0;
}

static bool door_gone(const struct csw_door *door)
{
	return door->cdev && READ_ONCE(door->cdev->gone);
}

static ssize_t door_write(struct kiocb *iocb, struct iov_iter *from)
{
	bool nowait = iocb->ki_filp->f_flags & O_NONBLOCK;
	struct csw_door *door = iocb->ki_filp->private_data;
	ssize_t ret;

	if (mutex_lock_interruptible(&door->feed.lock))
		return -ERESTARTSYS;
	ret = collect(door, nowait);
	if (!ret)
		ret = door->failed;
	if (!ret && door_gone(door))
		ret = -ENODEV;
	if (!ret)
		ret = csw_door_write(door, from, nowait);
	mutex_unlock(&door->feed.lock);
	return ret;
}

/* Nothing has been written by this opening: what is known from others. */
static void last_result(struct csw_door *door)
{
	struct csw_status status;

	door->read = 0;
	if (!door->cdev) {
		mutex_lock(&last_lock);
		strscpy(door->line, last_line, CSW_LINE_LEN);
		mutex_unlock(&last_lock);
		return;
	}
	csw_get_status(door->cdev, &status);
	if (status.error.code)
		scnprintf(door->line, CSW_LINE_LEN, "%s:%s %s\n",
			  csw_phase_name(status.error_phase),
			  csw_reason_name(status.error.reason),
			  status.error.text);
	else
		scnprintf(door->line, CSW_LINE_LEN, "%s\n",
			  csw_result_name(status.result));
}

static ssize_t door_read(struct kiocb *iocb, struct iov_iter *to)
{
	bool nowait = iocb->ki_filp->f_flags & O_NONBLOCK;
	struct csw_door *door = iocb->ki_filp->private_data;
	size_t n;
	int ret;

	if (mutex_lock_interruptible(&door->feed.lock))
		return -ERESTARTSYS;
	ret = collect(door, nowait);
	if (!ret && door_gone(door))
		ret = -ENODEV;
	if (!ret) {
		if (!door->line[0])
			last_result(door);
		n = copy_to_iter(door->line + door->read,
				 strlen(door->line) - door->read, to);
		door->read += n;
		ret = n;
	}
	mutex_unlock(&door->feed.lock);
	return ret;
}

static __poll_t door_poll(struct file *file, poll_table *wait)
{
	struct csw_door *door = file->private_data;

	poll_wait(file, &door->wait, wait);
	/* Woken when the device goes, whoever has written what. */
	if (door->cdev)
		poll_wait(file, &door->cdev->wait, wait);
	if (door_gone(door))
		return EPOLLERR | EPOLLHUP;
	return csw_door_busy(door) ? 0 : EPOLLIN | EPOLLRDNORM | EPOLLOUT | EPOLLWRNORM;
}

/* The stream ends here, perhaps within an image. */
static int cut_short(struct csw_door *door)
{
	struct csw_error err = {};
	struct csw_job *job;

	mutex_lock(&door->feed.lock);
	job = door->feed.job;
	if (job) {
		csw_job_abandon(job, NULL);
		if (csw_job_result(job, &err))
			csw_door_fail(door, &err);
		csw_feed_end(&door->feed, &err);
	}
	mutex_unlock(&door->feed.lock);
	return err.code;
}

/* So that close() fails if too little was written; others may go on writing. */
static int door_flush(struct file *file, fl_owner_t id)
{
	return file_count(file) == 1 ? cut_short(file->private_data) : 0;
}

static int door_release(struct inode *inode, struct file *file)
{
	struct csw_door *door = file->private_data;

	cut_short(door);
	csw_door_put(door);
	return 0;
}

static const struct file_operations all_fops = {
	.owner = THIS_MODULE,
	.open = open_all,
	.flush = door_flush,
	.release = door_release,
	.write_iter = door_write,
	.read_iter = door_read,
	.poll = door_poll,
};

static const struct file_operations one_fops = {
	.owner = THIS_MODULE,
	.open = open_one,
	.flush = door_flush,
	.release = door_release,
	.write_iter = door_write,
	.read_iter = door_read,
	.poll = door_poll,
};

/* Why the last write to /dev/codeswap failed, or nothing. */
static ssize_t error_show(struct device *dev, struct device_attribute *attr,
			  char *buf)
{
	ssize_t n;

	mutex_lock(&last_lock);
	n = sysfs_emit(buf, "%s", last_failed ? last_line : "\n");
	mutex_unlock(&last_lock);
	return n;
}
static DEVICE_ATTR_RO(error);

static struct attribute *all_attrs[] = {
	&dev_attr_error.attr,
	NULL,
};
ATTRIBUTE_GROUPS(all);

static struct miscdevice all_device = {
	.minor = MISC_DYNAMIC_MINOR,
	.name = "codeswap",
	.fops = &all_fops,
	.groups = all_groups,
	.mode = 0600,
};

/* A device for what is loaded for nobody in particular. */
struct device *csw_chardev_device(void)
{
	return all_device.this_device;
}

/**
 * csw_chardev_add() - make a device's number and its place in sysfs
 * @cdev: initialised and named
 *
 * Return: 0 or a negative errno; -ENOSPC: there are too many.
 */
int csw_chardev_add(struct codeswap_device *cdev)
{
	if (cdev->id >= MINORS)
		return -ENOSPC;
	cdev_init(&cdev->cdev, &one_fops);
	cdev->cdev.owner = THIS_MODULE;
	cdev->dev.devt = MKDEV(MAJOR(csw_devt), MINOR(csw_devt) + cdev->id);
	return cdev_device_add(&cdev->cdev, &cdev->dev);
}

/* Files that are open stay so; see door_gone(). */
void csw_chardev_del(struct codeswap_device *cdev)
{
	cdev_device_del(&cdev->cdev, &cdev->dev);
}

int csw_chardev_init(void)
{
	int ret = alloc_chrdev_region(&csw_devt, 0, MINORS, "codeswap");

	if (ret)
		return ret;
	ret = misc_register(&all_device);
	if (ret)
		unregister_chrdev_region(csw_devt, MINORS);
	return ret;
}

void csw_chardev_exit(void)
{
	misc_deregister(&all_device);
	unregister_chrdev_region(csw_devt, MINORS);
}
