// SPDX-License-Identifier: GPL-2.0-only
/*
 * An image is wanted. Devices in the boot ROM ask for any image of their type,
 * again and again until they have one; whoever writes a name to a character
 * device asks for that image, once. A feeder that listens is asked first;
 * without one the kernel's firmware loader is tried.
 *
 * A request is pending until somebody answers it with a job, which then
 * decides how it ends. If the job comes to nothing, a request by name has
 * failed, and that of a device is pending again.
 *
 * Locks, in the order in which they are taken:
 *
 *	cdev->op_lock	by the lead of an update, not here
 *	feed->lock	by a feeder
 *	csw_requests_lock	the list, and the state of each request in it
 *	job->lock	by csw_job_*()
 *	cdev->lock	by csw_job_bind() and csw_get_status()
 *
 * So nothing in here may be called with job->lock or cdev->lock held.
 *
 * References to a request: one of the list's while it has not ended, one of
 * @ask while it is armed or runs, one of the job's until it has ended, and one
 * of whoever waits.
 */
#include <linux/sched/mm.h>
#include <linux/slab.h>
#include <linux/wait.h>

#include "request.h"

/* Protects the list and the state of each request in it. */
DEFINE_MUTEX(csw_requests_lock);
static LIST_HEAD(requests);		/* in order of ids */
static u64 last_id;
static struct workqueue_struct *request_workqueue;
static DECLARE_WAIT_QUEUE_HEAD(settled);	/* a job has given a request back */

#define SETTLE_MS	1000	/* a work item's time, with a wide margin */

static void request_free(struct kref *ref)
{
	struct csw_request *req = container_of(ref, struct csw_request, ref);

	if (req->cdev)
		csw_device_put(req->cdev);
	kfree(req);
}

void csw_request_put(struct csw_request *req)
{
	kref_put(&req->ref, request_free);
}

struct csw_request *csw_request_new(struct codeswap_device *cdev,
				    const struct csw_params *params)
{
	struct csw_request *req = kzalloc(sizeof(*req), GFP_KERNEL);

	if (!req)
		return NULL;
	kref_init(&req->ref);
	INIT_DELAYED_WORK(&req->ask, csw_request_ask);
	init_completion(&req->done);
	if (params)
		req->params = *params;
	if (cdev)
		get_device(&cdev->dev);
	req->cdev = cdev;
	return req;
}

/* Has @ask run in @ms. A second time changes the time only. */
void csw_request_arm(struct csw_request *req, unsigned int ms)
{
	lockdep_assert_held(&csw_requests_lock);
	kref_get(&req->ref);
	if (mod_delayed_work(request_workqueue, &req->ask, msecs_to_jiffies(ms)))
		csw_request_put(req);
}

void csw_request_add(struct csw_request *req)
{
	lockdep_assert_held(&csw_requests_lock);
	req->id = ++last_id;
	list_add_tail(&req->list, &requests);
	csw_request_arm(req, 0);
}

/* The list's reference passes to the caller, who calls request_tell(). */
static bool request_end(struct csw_request *req, const struct csw_error *err)
{
	lockdep_assert_held(&csw_requests_lock);
	if (req->state == REQUEST_ENDED)
		return false;
	req->state = REQUEST_ENDED;
	if (err && !req->error.code)
		req->error = *err;
	list_del(&req->list);
	if (cancel_delayed_work(&req->ask))
		csw_request_put(req);
	return true;
}

static void request_tell(struct csw_request *req)
{
	if (req->fn)
		req->fn(req->data, req->error.code, &req->error);
	complete_all(&req->done);
	csw_request_put(req);
}

/* Ends a request that no job has answered. */
void csw_request_refuse(struct csw_request *req, const struct csw_error *err)
{
	bool ended = false;

	mutex_lock(&csw_requests_lock);
	if (req->state == REQUEST_PENDING)
		ended = request_end(req, err);
	mutex_unlock(&csw_requests_lock);
	if (!ended)
		return;
	if (!req->by_device)
		csw_refused(req->cdev, err);
	request_tell(req);
}

unsigned int csw_request_limit(const struct csw_request *req)
{
	return req->cdev ? READ_ONCE(req->cdev->limits.feed) :
			   CSW_DEFAULT_LIMIT_MS;
}

/* A device may have got an image by another door, or gone. */
bool csw_request_wanted(const struct csw_request *req)
{
	struct csw_status status;

	if (!req->by_device)
		return true;
	if (req->withdrawn || READ_ONCE(req->cdev->gone))
		return false;
	csw_get_status(req->cdev, &status);
	return status.state == CODESWAP_DEVICE_STATE_MINIMAL;
}

/* The job that answered @data has ended. Holds a reference, the job's. */
static void job_ended(void *data, int code, const struct csw_error *err)
{
	struct csw_request *req = data;
	bool ended = false;
	struct csw_job *job;

	mutex_lock(&csw_requests_lock);
	job = req->job;
	req->job = NULL;
	if (code && csw_request_wanted(req) && req->by_device &&
	    req->state == REQUEST_ANSWERED) {
		/* Not at once: whoever feeds a bad image would do so again. */
		req->state = REQUEST_PENDING;
		memset(&req->error, 0, sizeof(req->error));
		csw_request_arm(req, csw_request_limit(req));
	} else {
		ended = request_end(req, code ? err : NULL);
	}
	mutex_unlock(&csw_requests_lock);
	wake_up_all(&settled);
	csw_job_put(job);
	if (ended)
		request_tell(req);
	csw_request_put(req);
}

static struct csw_request *request_find(u64 id)
{
	struct csw_request *req;

	lockdep_assert_held(&csw_requests_lock);
	list_for_each_entry(req, &requests, list)
		if (req->id == id)
			return req;
	return NULL;
}

/*
 * Answers a pending request with a new job, of which the caller gets a
 * reference. From here on the job's end decides, also if it comes at once,
 * because the device is busy.
 */
struct csw_job *csw_request_take(struct csw_request *req, const char *name,
				 struct csw_error *err)
{
	struct csw_params params = req->params;
	struct csw_job *job;
	unsigned int flags;
	int ret = 0;

	lockdep_assert_held(&csw_requests_lock);
	if (name && !params.image_name[0])
		strscpy(params.image_name, name, sizeof(params.image_name));
	/* As in csw_request_ask(), which needs the lock. */
	flags = memalloc_noio_save();
	job = csw_job_create(&params);
	memalloc_noio_restore(flags);
	if (!job) {
		csw_error(err, CODESWAP_REASON_NO_MEMORY, -ENOMEM,
			  "no memory to answer request %llu", req->id);
		return NULL;
	}
	if (cancel_delayed_work(&req->ask))
		csw_request_put(req);
	req->state = REQUEST_ANSWERED;
	/* To see whether it comes: the feeder may wait for this device. */
	if (req->by_device && csw_kept_is_wanted(req->cdev))
		csw_request_arm(req, csw_request_limit(req));
	csw_job_get(job);
	req->job = job;
	kref_get(&req->ref);
	csw_job_on_end(job, job_ended, req);
	if (req->cdev)
		ret = csw_job_bind(job, &req->cdev, 1, err);
	if (!ret)
		return job;
	req->error = *err;
	csw_job_abandon(job, NULL);
	csw_job_put(job);
	return NULL;
}

void csw_request_describe(const struct csw_request *req,
			  struct csw_request_info *info)
{
	memset(info, 0, sizeof(*info));
	info->id = req->id;
	strscpy(info->image_name, req->params.image_name,
		sizeof(info->image_name));
	if (!req->cdev)
		return;
	strscpy(info->device, dev_name(&req->cdev->dev), sizeof(info->device));
	strscpy(info->type, req->cdev->type, sizeof(info->type));
}

/*
 * A job that has failed gives its request back by a work item, after its device
 * has told that it is idle again: its answer stands, and nothing is at it.
 */
static bool is_settling(const struct csw_request *req)
{
	struct csw_status status;

	lockdep_assert_held(&csw_requests_lock);
	if (req->state != REQUEST_ANSWERED)
		return false;
	if (!req->cdev)
		return !req->job || csw_job_done(req->job);
	csw_get_status(req->cdev, &status);
	return status.phase == CODESWAP_PHASE_IDLE;
}

static bool is_settled(u64 id)
{
	struct csw_request *req;
	bool settled;

	mutex_lock(&csw_requests_lock);
	req = request_find(id);
	settled = !req || !is_settling(req);
	mutex_unlock(&csw_requests_lock);
	return settled;
}

/* Who was told of the failure may be here with another image already. */
static void wait_until_settled(u64 id)
{
	DEFINE_WAIT_FUNC(wait, woken_wake_function);
	long left = msecs_to_jiffies(SETTLE_MS);

	add_wait_queue(&settled, &wait);
	while (left && !is_settled(id))
		left = wait_woken(&wait, TASK_UNINTERRUPTIBLE, left);
	remove_wait_queue(&settled, &wait);
}

/**
 * csw_request_answer() - somebody has the image
 * @id: of the request
 * @image_name: what the image is called, for a request that named none; may
 *	be %NULL
 * @limit_ms: set to the longest pause between two pieces of the image
 * @err: why not
 *
 * Return: a job with one reference, bound to the device that is to have the
 * image, if it is one; to be fed, finished and started. %NULL with @err set.
 */
struct csw_job *csw_request_answer(u64 id, const char *image_name,
				   unsigned int *limit_ms, struct csw_error *err)
{
	struct csw_request *req;
	struct csw_job *job = NULL;

	wait_until_settled(id);
	mutex_lock(&csw_requests_lock);
	req = request_find(id);
	if (!req || !csw_request_wanted(req))
		csw_error(err, CODESWAP_REASON_NO_IMAGE, -ENOENT,
			  "there is no request %llu (any more)", id);
	else if (req->state != REQUEST_PENDING)
		csw_error(err, CODESWAP_REASON_BUSY, -EBUSY,
			  "request %llu is being answered already", id);
	else
		job = csw_request_take(req, image_name, err);
	if (job)
		*limit_ms = csw_staging_limit(req->cdev);
	mutex_unlock(&csw_requests_lock);
	return job;
}

static struct csw_request *find_by_device(struct codeswap_device *cdev)
{
	struct csw_request *req;

	lockdep_assert_held(&csw_requests_lock);
	list_for_each_entry(req, &requests, list)
		if (req->by_device && req->cdev == cdev)
			return req;
	return NULL;
}

/**
 * csw_request_device() - a device is in its boot ROM and asks for an image
 * @cdev: device; may have asked before
 */
void csw_request_device(struct codeswap_device *cdev)
{
	struct csw_request *new = csw_request_new(cdev, NULL);
	struct csw_request *req;

	mutex_lock(&csw_requests_lock);
	req = find_by_device(cdev);
	if (req) {
		if (req->state == REQUEST_PENDING)
			csw_request_arm(req, 0);
	} else if (new) {
		new->by_device = true;
		csw_request_add(new);
		new = NULL;
	} else {
		dev_err(&cdev->dev, "no memory to ask for an image; a reset makes it ask again\n");
	}
	mutex_unlock(&csw_requests_lock);
	if (new)
		csw_request_put(new);
}

/**
 * csw_request_again() - a device may have asked while an update was at its end
 * @cdev: device, on which no update is any more
 *
 * Who feeds is not asked sooner for that; but the image that is kept was not due.
 */
void csw_request_again(struct codeswap_device *cdev)
{
	struct csw_request *req;

	if (!csw_kept_is_wanted(cdev))
		return;
	mutex_lock(&csw_requests_lock);
	req = find_by_device(cdev);
	if (req && req->state == REQUEST_PENDING)
		csw_request_arm(req, 0);
	mutex_unlock(&csw_requests_lock);
}

static struct csw_request *find_pending(const struct codeswap_device *cdev)
{
	struct csw_request *req;

	lockdep_assert_held(&csw_requests_lock);
	list_for_each_entry(req, &requests, list) {
		if (cdev && req->cdev != cdev)
			continue;
		req->withdrawn = true;
		if (req->state == REQUEST_PENDING)
			return req;
	}
	return NULL;
}

/* Ends what is pending of a device, or of all; what is answered ends itself. */
static void withdraw(struct codeswap_device *cdev, const struct csw_error *err)
{
	struct csw_request *req;

	do {
		mutex_lock(&csw_requests_lock);
		req = find_pending(cdev);
		if (req)
			request_end(req, err);
		mutex_unlock(&csw_requests_lock);
		if (req)
			request_tell(req);
	} while (req);
}

/**
 * csw_request_withdraw() - a device goes, and with it all that is asked for it
 * @cdev: device
 */
void csw_request_withdraw(struct codeswap_device *cdev)
{
	struct csw_error err;

	csw_error(&err, CODESWAP_REASON_DEVICE_GONE, -ENODEV,
		  "%s went away before its image came", cdev->label);
	withdraw(cdev, &err);
}

/**
 * csw_request_fail() - somebody who was asked does not have the image
 * @id: of the request
 * @why: one sentence
 * @err: why that cannot be taken note of
 *
 * A device goes on asking: others may have an image for it.
 *
 * Return: 0 or a negative errno with @err set.
 */
int csw_request_fail(u64 id, const char *why, struct csw_error *err)
{
	struct csw_request *req;
	struct csw_error reason;
	bool ended = false;
	int ret = 0;

	csw_error(&reason, CODESWAP_REASON_NO_IMAGE, -ENOENT, "%s", why);
	wait_until_settled(id);
	mutex_lock(&csw_requests_lock);
	req = request_find(id);
	if (!req)
		ret = csw_error(err, CODESWAP_REASON_NO_IMAGE, -ENOENT,
				"there is no request %llu (any more)", id);
	else if (req->state != REQUEST_PENDING)
		ret = csw_error(err, CODESWAP_REASON_BUSY, -EBUSY,
				"request %llu is being answered already", id);
	else if (!req->by_device)
		ended = request_end(req, &reason);
	mutex_unlock(&csw_requests_lock);
	if (ended) {
		csw_refused(req->cdev, &reason);
		request_tell(req);
	}
	return ret;
}

bool csw_request_next(u64 after, struct csw_request_info *info)
{
	struct csw_request *req;
	bool found = false;

	mutex_lock(&csw_requests_lock);
	list_for_each_entry(req, &requests, list) {
		found = req->id > after && req->state == REQUEST_PENDING &&
			csw_request_wanted(req);
		if (found) {
			csw_request_describe(req, info);
			break;
		}
	}
	mutex_unlock(&csw_requests_lock);
	return found;
}

int csw_request_init(void)
{
	/* Of its own, because the firmware loader may take its time. */
	request_workqueue = alloc_workqueue("codeswap_request",
					    WQ_UNBOUND | WQ_MEM_RECLAIM, 0);
	return request_workqueue ? 0 : -ENOMEM;
}

void csw_request_exit(void)
{
	struct csw_error err;

	csw_error(&err, CODESWAP_REASON_DEVICE_GONE, -ENODEV,
		  "codeswap is being unloaded");
	withdraw(NULL, &err);
	destroy_workqueue(request_workqueue);
}
