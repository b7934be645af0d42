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
#include "request.h"
#include "update.h"

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

/* Takes the reference @stage. */
static void replace(struct codeswap_device *cdev, struct csw_stage *stage)
{
	mutex_lock(&cdev->lock);
	if (cdev->keep_image || !stage)
		swap(cdev->kept, stage);
	cdev->crashed = false;
	mutex_unlock(&cdev->lock);
	csw_stage_put(stage);
}

/**
 * csw_keep() - an image has proved healthy: keep it, instead of the last one
 * @cdev: device that runs it
 * @stage: image
 */
void csw_keep(struct codeswap_device *cdev, struct csw_stage *stage)
{
	replace(cdev, find_same(stage) ?: csw_stage_get(stage));
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
 * csw_keep_set() - is the image that runs to be kept?
 * @cdev: device
 * @keep: from the next one on; if not, what is kept is freed
 */
void csw_keep_set(struct codeswap_device *cdev, bool keep)
{
	mutex_lock(&cdev->lock);
	WRITE_ONCE(cdev->keep_image, keep);
	mutex_unlock(&cdev->lock);
	if (!keep)
		csw_keep_none(cdev);
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
 * csw_kept_is_wanted() - does a device wait for the image that is kept?
 * @cdev: device
 */
bool csw_kept_is_wanted(struct codeswap_device *cdev)
{
	bool wanted;

	mutex_lock(&cdev->lock);
	wanted = cdev->kept && cdev->crashed;
	mutex_unlock(&cdev->lock);
	return wanted;
}

/**
 * csw_kept_is_due() - is it what a request should get now?
 * @req: pending, of a device for which csw_kept_is_wanted()
 *
 * Not while an update is at its end: that asks once more.
 */
bool csw_kept_is_due(const struct csw_request *req)
{
	struct codeswap_device *cdev = req->cdev;
	bool due, steady;

	lockdep_assert_held(&csw_requests_lock);
	mutex_lock(&cdev->lock);
	steady = !cdev->kept_used ||
		 ktime_ms_delta(ktime_get(), cdev->kept_used) > STEADY_MS;
	due = steady || (req->asked && time_after_eq(jiffies, req->patience));
	if (cdev->update && cdev->update->started)
		due = false;
	mutex_unlock(&cdev->lock);
	return due;
}

static struct csw_stage *take(struct codeswap_device *cdev)
{
	struct csw_stage *stage;

	mutex_lock(&cdev->lock);
	stage = cdev->kept;
	cdev->kept = NULL;
	cdev->kept_used = ktime_get();
	mutex_unlock(&cdev->lock);
	return stage;
}

/**
 * csw_kept_untried() - it could not even be tried: keep it on
 * @cdev: device
 * @stage: image
 */
void csw_kept_untried(struct codeswap_device *cdev, struct csw_stage *stage)
{
	struct csw_stage *extra = csw_stage_get(stage);

	mutex_lock(&cdev->lock);
	if (!cdev->kept && cdev->crashed)
		swap(cdev->kept, extra);
	mutex_unlock(&cdev->lock);
	csw_stage_put(extra);
}

/* What was staged and not started would stay so, and keep the device to itself. */
static void end_unstarted(struct codeswap_device *cdev)
{
	struct csw_update *update = csw_update_get(cdev);
	struct csw_error why;

	if (!update)
		return;
	csw_error(&why, CODESWAP_REASON_CRASH, -EIO,
		  "the running image crashed while another one was staged");
	csw_update_cancel(update, CODESWAP_RESULT_CANCELLED, &why);
	csw_update_put(update);
}

static struct csw_job *begin(struct csw_request *req, struct csw_stage *stage)
{
	char version[CSW_VERSION_LEN];
	struct csw_job *job = NULL;
	struct csw_error err;

	mutex_lock(&csw_requests_lock);
	req->asked = false;
	if (req->state == REQUEST_PENDING)
		job = csw_request_take(req, stage->header->name, &err);
	if (!job && req->state == REQUEST_PENDING)
		csw_request_arm(req, csw_request_limit(req));
	mutex_unlock(&csw_requests_lock);
	if (!job)
		return NULL;
	if (csw_job_reuse(job, stage, &err) || csw_job_start(job, false, &err)) {
		csw_job_abandon(job, NULL);
		csw_job_put(job);
		return NULL;
	}
	dev_info(&req->cdev->dev, "version %s, which ran until now, is loaded again from memory\n",
		 csw_version(version, &stage->header->image.header->version));
	return job;
}

/**
 * csw_kept_feed() - answer a request with the image that is kept
 * @req: of a device
 *
 * Context: process. Waits for no I/O, which may be waiting for this.
 */
void csw_kept_feed(struct csw_request *req)
{
	struct codeswap_device *cdev = req->cdev;
	struct csw_stage *stage;
	struct csw_job *job;

	end_unstarted(cdev);
	stage = take(cdev);
	if (!stage)
		return;
	job = begin(req, stage);
	if (job)
		csw_job_put(job);
	else
		csw_kept_untried(cdev, stage);
	csw_stage_put(stage);
}
