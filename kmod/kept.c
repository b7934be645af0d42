// SPDX-License-Identifier: GPL-2.0-only
/*
 * The image that runs is kept in memory of the host. When it crashes, it is
 * loaded again from there, because whoever else has images may need this very
 * device to read them: a daemon, whose own pages or whose directory of images
 * are on the disk that waits.
 *
 * At once, but not again and again: an image that has been loaded for this
 * reason a moment ago is loaded again only when nobody had a better one in the
 * time there is to feed one. One that does not come up is not kept any longer,
 * nor is one that was reset away.
 */
#include <linux/moduleparam.h>
#include <linux/sched/mm.h>

#include "request.h"
#include "update.h"

static bool keep = true;
module_param(keep, bool, 0644);
MODULE_PARM_DESC(keep, "keep images that run in memory, to load them again when they crash (default: Y)");

/* An image that ran as long as that is worth to be tried first. */
#define STEADY_MS	60000

/* The tables have the digests of everything else. */
static bool is_same(const struct csw_stage *a, const struct csw_stage *b)
{
	const struct mrb_image *x = &a->header->image, *y = &b->header->image;

	return a->header->trust == b->header->trust &&
	       x->tables_size == y->tables_size &&
	       !memcmp(x->tables, y->tables, x->tables_size);
}

/* One copy serves all devices that run it. */
static struct csw_stage *find_same(const struct csw_stage *stage)
{
	struct codeswap_device *cdev = NULL;
	struct csw_stage *found = NULL;

	while (!found && (cdev = csw_device_next(cdev))) {
		mutex_lock(&cdev->lock);
		if (cdev->kept && is_same(cdev->kept, stage))
			found = csw_stage_get(cdev->kept);
		mutex_unlock(&cdev->lock);
	}
	if (cdev)
		csw_device_put(cdev);
	return found;
}

static void replace(struct codeswap_device *cdev, struct csw_stage *stage)
{
	struct csw_stage *old;

	mutex_lock(&cdev->lock);
	old = cdev->kept;
	cdev->kept = stage;
	cdev->crashed = false;
	mutex_unlock(&cdev->lock);
	csw_stage_put(old);
}

/**
 * csw_keep() - an image has proved healthy: keep it, instead of the last one
 * @cdev: device that runs it
 * @stage: image
 */
void csw_keep(struct codeswap_device *cdev, struct csw_stage *stage)
{
	if (READ_ONCE(keep))
		replace(cdev, find_same(stage) ?: csw_stage_get(stage));
	else
		replace(cdev, NULL);
}

/**
 * csw_keep_none() - the image that ran is not wanted any more
 * @cdev: device
 */
void csw_keep_none(struct codeswap_device *cdev)
{
	replace(cdev, NULL);
}

/**
 * csw_kept_crashed() - the image that is kept is to be loaded again
 * @cdev: device, which is about to ask for one
 */
void csw_kept_crashed(struct codeswap_device *cdev)
{
	mutex_lock(&cdev->lock);
	cdev->crashed = true;
	mutex_unlock(&cdev->lock);
}

/**
 * csw_kept_is_due() - is the image that is kept what a request should get now?
 * @req: pending
 */
bool csw_kept_is_due(const struct csw_request *req)
{
	struct codeswap_device *cdev = req->cdev;
	bool due, steady;

	lockdep_assert_held(&csw_requests_lock);
	if (!req->by_device)
		return false;
	mutex_lock(&cdev->lock);
	steady = !cdev->kept_used ||
		 ktime_ms_delta(ktime_get(), cdev->kept_used) > STEADY_MS;
	due = cdev->kept && cdev->crashed &&
	      (steady || (req->asked && time_after_eq(jiffies, req->patience)));
	mutex_unlock(&cdev->lock);
	return due;
}

static struct csw_stage *take(struct codeswap_device *cdev)
{
	struct csw_stage *stage;

	mutex_lock(&cdev->lock);
	stage = cdev->kept;
	cdev->kept = NULL;
	mutex_unlock(&cdev->lock);
	return stage;
}

/* It could not even be tried, because somebody else feeds the device perhaps. */
static void give_back(struct codeswap_device *cdev, struct csw_stage *stage)
{
	mutex_lock(&cdev->lock);
	if (!cdev->kept && cdev->crashed)
		swap(cdev->kept, stage);
	mutex_unlock(&cdev->lock);
	csw_stage_put(stage);
}

static int begin(struct csw_job *job, struct codeswap_device *cdev,
		 struct csw_stage *stage)
{
	char version[CSW_VERSION_LEN];
	struct csw_error err;
	int ret;

	ret = csw_job_reuse(job, stage, &err);
	if (ret)
		return ret;
	dev_info(&cdev->dev, "version %s, which ran until now, is loaded again from memory\n",
		 csw_version(version, &stage->header->image.header->version));
	mutex_lock(&cdev->lock);
	cdev->kept_used = ktime_get();
	mutex_unlock(&cdev->lock);
	return csw_job_start(job, false, &err);
}

/**
 * csw_kept_feed() - answer a request with the image that is kept
 * @req: of a device
 *
 * Context: process. Waits for no I/O, which may be waiting for this.
 */
void csw_kept_feed(struct csw_request *req)
{
	unsigned int flags = memalloc_noio_save();
	struct codeswap_device *cdev = req->cdev;
	struct csw_stage *stage = take(cdev);
	struct csw_job *job = NULL;
	struct csw_error err;

	if (!stage)
		goto out;
	mutex_lock(&csw_requests_lock);
	req->asked = false;
	if (req->state == REQUEST_PENDING)
		job = csw_request_take(req, stage->header->name, &err);
	mutex_unlock(&csw_requests_lock);
	if (job && !begin(job, cdev, stage))
		csw_stage_put(stage);
	else
		give_back(cdev, stage);
	if (job) {
		/* Does nothing to what has been started. */
		csw_job_abandon(job, NULL);
		csw_job_put(job);
	}
out:
	memalloc_noio_restore(flags);
}
