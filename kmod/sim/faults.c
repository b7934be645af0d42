// SPDX-License-Identifier: GPL-2.0-only
/*
 * Fault switches, for tests: debugfs codeswap_sim/cshbaN/faults/. What is
 * written to them is the name of a point in the driver's ops:
 *
 *	hold	the next op that comes to this point waits there until
 *		something else is written; reading tells whether one waits
 *	fail	the next op that comes to this point returns -EIO
 *	corrupt	the next overlay or write changes one byte
 *	crash	(number of a hart; what is none means the first) the
 *		instruction that it executes next is overwritten by an illegal
 *		one
 *
 * A point that has struck is forgotten, so that the way back is clear.
 */
#include <linux/debugfs.h>
#include <linux/init.h>
#include <linux/uaccess.h>

#include "sim.h"

static const char * const point_names[SIM_FAULT_POINTS] = {
	[SIM_FAULT_NONE] = "none",
	[SIM_FAULT_ATTACH] = "attach",
	[SIM_FAULT_BOOTSTRAP] = "bootstrap",
	[SIM_FAULT_QUIESCE] = "quiesce",
	[SIM_FAULT_OVERLAY] = "overlay",
	[SIM_FAULT_VERIFY] = "verify",
	[SIM_FAULT_WRITE] = "write",
	[SIM_FAULT_START] = "start",
	[SIM_FAULT_COMMIT] = "commit",
};

/* The switches of the adapter behind @cdev. */
static struct sim_faults *faults_of(struct codeswap_device *cdev)
{
	struct sim_adapter *ad = codeswap_priv(cdev);

	return &ad->faults;
}

/*
 * An op has come to @point: it waits there while the point is held; then
 * returns 0, or -EIO if it is to fail.
 */
static int strike(struct codeswap_device *cdev, enum sim_fault_point point)
{
	struct sim_faults *f = faults_of(cdev);

	if (READ_ONCE(f->hold) == point) {
		WRITE_ONCE(f->held, true);
		wake_up_all(&f->wq);
		wait_event_idle(f->wq, READ_ONCE(f->hold) != point);
		WRITE_ONCE(f->held, false);
	}
	return cmpxchg(&f->fail, point, SIM_FAULT_NONE) == point ? -EIO : 0;
}

/* Changes a byte of what was just copied to @address, if it is to be. */
static void corrupt(struct codeswap_device *cdev, enum sim_fault_point point,
		    u64 address)
{
	struct sim_faults *f = faults_of(cdev);
	u8 byte;

	if (cmpxchg(&f->corrupt, point, SIM_FAULT_NONE) != point)
		return;
	if (sim_codeswap_ops.read(cdev, address, &byte, 1))
		return;
	byte ^= 0x10;
	sim_codeswap_ops.write(cdev, address, &byte, 1);
}

static int attach(struct codeswap_device *cdev, struct sg_table *sgt,
		  size_t size, bool writable, u64 *address)
{
	int error = strike(cdev, SIM_FAULT_ATTACH);

	return error ?: sim_codeswap_ops.attach(cdev, sgt, size, writable,
						address);
}

static int bootstrap(struct codeswap_device *cdev, u64 handover)
{
	int error = strike(cdev, SIM_FAULT_BOOTSTRAP);

	return error ?: sim_codeswap_ops.bootstrap(cdev, handover);
}

static int quiesce(struct codeswap_device *cdev)
{
	int error = strike(cdev, SIM_FAULT_QUIESCE);

	return error ?: sim_codeswap_ops.quiesce(cdev);
}

static int overlay(struct codeswap_device *cdev,
		   const struct codeswap_extent *extents, unsigned int num)
{
	int error = strike(cdev, SIM_FAULT_OVERLAY);

	faults_of(cdev)->overlaid = true;
	if (!error)
		error = sim_codeswap_ops.overlay(cdev, extents, num);
	if (!error && num)
		corrupt(cdev, SIM_FAULT_OVERLAY, extents[0].address);
	return error;
}

static int read(struct codeswap_device *cdev, u64 address, void *buf,
		size_t len)
{
	int error = 0;

	if (faults_of(cdev)->overlaid)
		error = strike(cdev, SIM_FAULT_VERIFY);
	return error ?: sim_codeswap_ops.read(cdev, address, buf, len);
}

static int write(struct codeswap_device *cdev, u64 address, const void *buf,
		 size_t len)
{
	int error = strike(cdev, SIM_FAULT_WRITE);

	if (!error)
		error = sim_codeswap_ops.write(cdev, address, buf, len);
	if (!error)
		corrupt(cdev, SIM_FAULT_WRITE, address);
	return error;
}

static int start(struct codeswap_device *cdev, enum codeswap_start kind,
		 u64 entry, u64 argument)
{
	int error = strike(cdev, SIM_FAULT_START);

	if (error)
		return error;
	faults_of(cdev)->overlaid = false;
	return sim_codeswap_ops.start(cdev, kind, entry, argument);
}

static int commit(struct codeswap_device *cdev)
{
	int error = strike(cdev, SIM_FAULT_COMMIT);

	return error ?: sim_codeswap_ops.commit(cdev);
}

/* The driver's ops, each behind its switches. */
struct codeswap_ops sim_fault_ops __ro_after_init;

void __init sim_faults_setup(void)
{
	sim_fault_ops = sim_codeswap_ops;
	sim_fault_ops.attach = attach;
	sim_fault_ops.bootstrap = bootstrap;
	sim_fault_ops.quiesce = quiesce;
	sim_fault_ops.overlay = overlay;
	sim_fault_ops.read = read;
	sim_fault_ops.write = write;
	sim_fault_ops.start = start;
	sim_fault_ops.commit = commit;
}

static ssize_t show(char __user *buf, size_t len, loff_t *pos, const char *text)
{
	char line[32];
	int n = scnprintf(line, sizeof(line), "%s\n", text);

	return simple_read_from_buffer(buf, len, pos, line, n);
}

static ssize_t store(const char __user *buf, size_t len, u32 *point)
{
	char name[16] = {};
	int i;

	if (len >= sizeof(name))
		return -EINVAL;
	if (copy_from_user(name, buf, len))
		return -EFAULT;
	i = match_string(point_names, SIM_FAULT_POINTS, strim(name));
	if (i < 0)
		return -EINVAL;
	WRITE_ONCE(*point, i);
	return len;
}

static ssize_t hold_read(struct file *file, char __user *buf, size_t len,
			 loff_t *pos)
{
	struct sim_faults *f = file->private_data;

	return show(buf, len, pos, READ_ONCE(f->held) ? "held" : "free");
}

static ssize_t hold_write(struct file *file, const char __user *buf, size_t len,
			  loff_t *pos)
{
	struct sim_faults *f = file->private_data;
	ssize_t ret = store(buf, len, &f->hold);

	wake_up_all(&f->wq);
	return ret;
}

static const struct file_operations hold_fops = {
	.owner = THIS_MODULE,
	.open = simple_open,
	.read = hold_read,
	.write = hold_write,
};

static ssize_t fail_write(struct file *file, const char __user *buf, size_t len,
			  loff_t *pos)
{
	struct sim_faults *f = file->private_data;

	return store(buf, len, &f->fail);
}

static const struct file_operations fail_fops = {
	.owner = THIS_MODULE,
	.open = simple_open,
	.write = fail_write,
};

static ssize_t corrupt_write(struct file *file, const char __user *buf,
			     size_t len, loff_t *pos)
{
	struct sim_faults *f = file->private_data;

	return store(buf, len, &f->corrupt);
}

static const struct file_operations corrupt_fops = {
	.owner = THIS_MODULE,
	.open = simple_open,
	.write = corrupt_write,
};

static ssize_t crash_write(struct file *file, const char __user *buf,
			   size_t len, loff_t *pos)
{
	struct sim_adapter *ad = container_of(file->private_data,
					      struct sim_adapter, faults);
	const __le32 illegal = 0;
	unsigned int hart;
	bool done;

	if (kstrtouint_from_user(buf, len, 0, &hart) ||
	    hart >= ad->config.harts)
		hart = 0;
	mutex_lock(&ad->hw_lock);
	done = hba_ram_write(ad->hba, hba_hart_pc(ad->hba, hart), &illegal,
			     sizeof(illegal));
	mutex_unlock(&ad->hw_lock);
	/* In the ROM, or in a bootstrap. */
	return done ? len : -EBUSY;
}

static const struct file_operations crash_fops = {
	.owner = THIS_MODULE,
	.open = simple_open,
	.write = crash_write,
};

void sim_faults_init(struct sim_adapter *ad)
{
	init_waitqueue_head(&ad->faults.wq);
}

/* Power goes off: whoever is held goes on. */
void sim_faults_release(struct sim_adapter *ad)
{
	WRITE_ONCE(ad->faults.hold, SIM_FAULT_NONE);
	wake_up_all(&ad->faults.wq);
}

void sim_faults_add(struct sim_adapter *ad)
{
	struct dentry *dir = debugfs_create_dir("faults", ad->debugfs);

	debugfs_create_file("hold", 0600, dir, &ad->faults, &hold_fops);
	debugfs_create_file("fail", 0200, dir, &ad->faults, &fail_fops);
	debugfs_create_file("corrupt", 0200, dir, &ad->faults, &corrupt_fops);
	debugfs_create_file("crash", 0200, dir, &ad->faults, &crash_fops);
}
