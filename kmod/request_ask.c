// SPDX-License-Identifier: GPL-2.0-only
/*
 * Having a request answered: after a crash with the image that ran (kept.c), by
 * a feeder that listens, else by the kernel's firmware loader; and waiting for
 * its end. For locks and references see
 * request.c.
 */
#include <linux/ctype.h>
#include <linux/firmware.h>
#include <linux/sched/mm.h>
#include <linux/string.h>

#include "request.h"

/**
 * csw_name_check() - whether a name can be an image's
 * @name: what a user wrote
 * @err: why not
 *
 * It becomes part of a path, here and in a feeder: only one component of it.
 *
 * Return: 0, or -EINVAL with @err set.
 */
int csw_name_check(const char *name, struct csw_error *err)
{
	size_t len = strlen(name), i;

	for (i = 0; i < len; i++)
		if (!isascii(name[i]) || !isprint(name[i]))
			return csw_error(err, CODESWAP_REASON_NOT_AN_IMAGE, -EINVAL,
					 "neither an MRB image nor the name of one: byte 0x%02x at offset %zu is not printable",
					 (u8)name[i], i);
	if (len >= CODESWAP_NAME_LEN)
		return csw_error(err, CODESWAP_REASON_NO_IMAGE, -EINVAL,
				 "a name of %zu characters is longer than the %u that are allowed",
				 len, CODESWAP_NAME_LEN - 1);
	if (!len)
		return csw_error(err, CODESWAP_REASON_NO_IMAGE, -EINVAL,
				 "the name of an image is empty");
	if (strchr(name, '/') || !strcmp(name, ".") || !strcmp(name, ".."))
		return csw_error(err, CODESWAP_REASON_NO_IMAGE, -EINVAL,
				 "'%s' is not the plain name of a file: images are looked up in fixed directories",
				 name);
	return 0;
}

/* The firmware loader has found the image: feed it. */
static void feed_firmware(struct csw_request *req, const char *name,
			  const struct firmware *fw)
{
	struct kvec vec = { .iov_base = (void *)fw->data, .iov_len = fw->size };
	struct csw_job *job = NULL;
	struct csw_error err;
	struct iov_iter from;
	int ret = 0;

	mutex_lock(&csw_requests_lock);
	if (req->state == REQUEST_PENDING)
		job = csw_request_take(req, name, &err);
	if (!job && req->state == REQUEST_PENDING)
		csw_request_arm(req, csw_request_limit(req));
	mutex_unlock(&csw_requests_lock);
	if (!job)
		return;
	iov_iter_kvec(&from, ITER_SOURCE, &vec, 1, fw->size);
	if (fw->size)
		ret = min_t(ssize_t, csw_job_write(job, &from, &err), 0);
	if (!ret)
		ret = csw_job_finish(job, &err);
	if (!ret)
		csw_job_start(job, false, &err);
	/* Does nothing to what has been started. */
	csw_job_abandon(job, NULL);
	csw_job_put(job);
}

/* From the first time on that somebody is asked, there is so much time. */
static void note_asked(struct csw_request *req)
{
	lockdep_assert_held(&csw_requests_lock);
	if (!req->asked)
		req->patience = jiffies +
				msecs_to_jiffies(csw_request_limit(req));
	req->asked = true;
}

/* The firmware loader could wait for a disk that waits for this. */
static void wait_for_feeder(struct csw_request *req)
{
	mutex_lock(&csw_requests_lock);
	note_asked(req);
	if (req->state == REQUEST_PENDING)
		csw_request_arm(req, csw_request_limit(req));
	mutex_unlock(&csw_requests_lock);
}

static void not_loaded(struct csw_request *req, const char *path, int ret)
{
	struct csw_error err;

	if (!req->by_device) {
		csw_error(&err, CODESWAP_REASON_NO_IMAGE, -ENOENT,
			  "no feeder (codeswapd) listens, and the firmware loader has no %s (error %d)",
			  path, ret);
		csw_request_refuse(req, &err);
		return;
	}
	wait_for_feeder(req);
}

static void load_firmware(struct csw_request *req)
{
	const struct firmware *fw;
	char path[sizeof("codeswap/") + CODESWAP_NAME_LEN + sizeof(".mrb")];
	int ret;

	if (req->by_device)
		snprintf(path, sizeof(path), "codeswap/%s.mrb", req->cdev->type);
	else
		snprintf(path, sizeof(path), "codeswap/%s", req->params.image_name);
	ret = firmware_request_nowarn(&fw, path,
				      req->cdev ? &req->cdev->dev :
						  csw_chardev_device());
	if (ret) {
		not_loaded(req, path, ret);
		return;
	}
	feed_firmware(req, kbasename(path), fw);
	release_firmware(fw);
}

static void ask_feeder(struct csw_request *req)
{
	struct csw_request_info info;
	struct csw_error err;
	bool pending, again;

	csw_request_describe(req, &info);
	mutex_lock(&csw_requests_lock);
	pending = req->state == REQUEST_PENDING;
	again = !req->asked || req->by_device;
	note_asked(req);
	if (pending && again)
		csw_request_arm(req, csw_request_limit(req));
	mutex_unlock(&csw_requests_lock);
	if (!pending)
		return;
	if (again) {
		csw_notify_request(&info);
		return;
	}
	csw_error(&err, CODESWAP_REASON_TIMEOUT, -ETIMEDOUT,
		  "no feeder answered the request for %s within %u ms (limits/feed)",
		  info.image_name, csw_request_limit(req));
	csw_request_refuse(req, &err);
}

/* Who feeds may wait for the disk of the very device that waits for it. */
static void hurry(struct csw_request *req, struct csw_job *job)
{
	struct csw_error err;

	csw_error(&err, CODESWAP_REASON_TIMEOUT, -ETIMEDOUT,
		  "after a crash the image was to come within %u ms (limits/feed)",
		  csw_request_limit(req));
	/* Does nothing to what has been started. */
	csw_job_abandon(job, &err);
	csw_job_put(job);
}

static void ask(struct csw_request *req)
{
	bool pending, wanted, due = false;
	struct csw_job *slow = NULL;

	wanted = req->by_device && csw_kept_is_wanted(req->cdev);
	mutex_lock(&csw_requests_lock);
	pending = req->state == REQUEST_PENDING;
	if (wanted && pending)
		due = csw_kept_is_due(req);
	if (wanted && req->state == REQUEST_ANSWERED && req->job) {
		slow = req->job;
		csw_job_get(slow);
	}
	mutex_unlock(&csw_requests_lock);
	if (slow)
		hurry(req, slow);
	else if (!pending)
		;
	else if (!csw_request_wanted(req))
		csw_request_refuse(req, NULL);
	else if (due)
		csw_kept_feed(req);
	else if (csw_netlink_has_feeder())
		ask_feeder(req);
	else if (wanted)
		wait_for_feeder(req);
	else
		load_firmware(req);
}

void csw_request_ask(struct work_struct *work)
{
	struct csw_request *req = container_of(to_delayed_work(work),
					       struct csw_request, ask);
	/* Memory that is short may be waiting for I/O of the device that asks. */
	unsigned int flags = memalloc_noio_save();

	ask(req);
	memalloc_noio_restore(flags);
	csw_request_put(req);
}

/* A new request by name, with one more reference for the caller. */
static struct csw_request *request_by_name(struct codeswap_device *cdev,
					   const struct csw_params *params,
					   const char *name, csw_end_fn fn,
					   void *data, struct csw_error *err)
{
	struct csw_request *req;

	if (csw_name_check(name, err)) {
		csw_refused(cdev, err);
		return NULL;
	}
	req = csw_request_new(cdev, params);
	if (!req) {
		csw_error(err, CODESWAP_REASON_NO_MEMORY, -ENOMEM,
			  "no memory to ask for %s", name);
		return NULL;
	}
	strscpy(req->params.image_name, name, sizeof(req->params.image_name));
	req->fn = fn;
	req->data = data;
	kref_get(&req->ref);
	mutex_lock(&csw_requests_lock);
	csw_request_add(req);
	mutex_unlock(&csw_requests_lock);
	return req;
}

/* The writer is killed: no answer is wanted any more, and a swap only if it must be. */
static void give_up(struct csw_request *req)
{
	struct csw_error err;
	struct csw_job *job;

	csw_error(&err, CODESWAP_REASON_INTERRUPTED, -EINTR,
		  "interrupted while waiting for somebody to feed %s",
		  req->params.image_name);
	csw_request_refuse(req, &err);
	mutex_lock(&csw_requests_lock);
	job = req->job;
	if (job)
		csw_job_get(job);
	mutex_unlock(&csw_requests_lock);
	if (job) {
		csw_job_abandon(job, NULL);
		csw_job_wait(job, &err);
		csw_job_put(job);
	}
	wait_for_completion(&req->done);
}

int csw_request_by_name(struct codeswap_device *cdev,
			const struct csw_params *params, const char *name,
			struct csw_error *err)
{
	struct csw_request *req;
	int ret;

	req = request_by_name(cdev, params, name, NULL, NULL, err);
	if (!req)
		return err->code;
	/*
	 * Not by any signal: a shell that writes the name itself gets one for
	 * each of its children that ends meanwhile.
	 */
	if (wait_for_completion_killable(&req->done))
		give_up(req);
	ret = req->error.code;
	if (ret)
		*err = req->error;
	csw_request_put(req);
	return ret;
}

/**
 * csw_request_start_told() - as csw_request_by_name(), without waiting
 * @cdev: device, or %NULL
 * @params: for the swap
 * @name: of the image
 * @fn: called once if this returns 0, in process context, when it has ended
 * @data: for @fn
 * @err: why not
 *
 * Return: 0 or a negative errno with @err set.
 */
int csw_request_start_told(struct codeswap_device *cdev,
			   const struct csw_params *params, const char *name,
			   csw_end_fn fn, void *data, struct csw_error *err)
{
	struct csw_request *req;

	req = request_by_name(cdev, params, name, fn, data, err);
	if (!req)
		return err->code;
	csw_request_put(req);
	return 0;
}

int csw_request_start(struct codeswap_device *cdev,
		      const struct csw_params *params, const char *name,
		      struct csw_error *err)
{
	return csw_request_start_told(cdev, params, name, NULL, NULL, err);
}
