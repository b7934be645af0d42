// SPDX-License-Identifier: GPL-2.0-only
/* A job's image: which devices it is for, its bytes, and what they amount to. */
#include <linux/mm.h>
#include <linux/slab.h>

#include "job.h"

#define MAX_CHECK_ITEMS		128

/* A check looks at a device without claiming it. */
static void look_at(struct csw_job *job, struct csw_update *update,
		    struct codeswap_device *cdev)
{
	update->job = job;
	update->cdev = cdev;
	get_device(&cdev->dev);
}

static int bind_locked(struct csw_job *job, struct codeswap_device *cdev,
		       struct csw_error *err)
{
	struct csw_update *update = &job->updates[job->num];
	int ret = 0;

	if (job->check_only)
		look_at(job, update, cdev);
	else
		ret = csw_update_claim(job, update, cdev, err);
	if (!ret)
		job->num++;
	return ret;
}

static int no_memory(struct csw_error *err)
{
	return csw_error(err, CODESWAP_REASON_NO_MEMORY, -ENOMEM,
			 "no memory for the update");
}

/* Updates do not move any more once there are some: devices point to them. */
int csw_job_bind(struct csw_job *job, struct codeswap_device *const *cdevs,
		 unsigned int num, struct csw_error *err)
{
	unsigned int i;
	int ret = 0;

	mutex_lock(&job->lock);
	if (!job->updates && !job->closed)
		job->updates = kcalloc(num, sizeof(*job->updates), GFP_KERNEL);
	if (job->closed)
		ret = csw_job_ended(job, err);
	else if (!job->updates)
		ret = no_memory(err);
	for (i = 0; i < num && !ret; i++)
		ret = bind_locked(job, cdevs[i], err);
	/* Those before it are free again, and know whose fault it is. */
	if (ret && job->num)
		csw_update_end_unstarted(job, CODESWAP_RESULT_REFUSED, err);
	mutex_unlock(&job->lock);
	return ret;
}

void csw_job_check_only(struct csw_job *job)
{
	job->check_only = true;
}

int csw_job_expect(struct csw_job *job, u64 size, struct csw_error *err)
{
	if (size > MRB_MAX_IMAGE + MRB_MAX_SIGNATURE + sizeof(struct mrb_signature))
		return csw_error(err, CODESWAP_REASON_TOO_LARGE, -EFBIG,
				 "%llu bytes are more than the %u of the largest image",
				 size, MRB_MAX_IMAGE);
	return 0;
}

static const char *job_type(const struct csw_job *job)
{
	return job->stage->header->image.header->device_type;
}

/* Nobody named a device: all of the image's type. */
static int bind_by_type(struct csw_job *job, struct csw_error *err)
{
	struct codeswap_device *cdev = NULL;
	unsigned int count = 0;
	int ret = 0;

	while ((cdev = csw_device_next(cdev)))
		count += !strcmp(cdev->type, job_type(job));
	job->skipped = !count;
	if (!count)
		return 0;
	job->updates = kcalloc(count, sizeof(*job->updates), GFP_KERNEL);
	if (!job->updates)
		return no_memory(err);
	while (!ret && job->num < count && (cdev = csw_device_next(cdev)))
		if (!strcmp(cdev->type, job_type(job)))
			ret = bind_locked(job, cdev, err);
	if (cdev)
		csw_device_put(cdev);
	return ret;
}

/* What an image's header tells is looked at before its body comes. */
static int header_came(struct csw_job *job, struct csw_error *err)
{
	struct csw_header *header = job->stage->header;
	struct codeswap_device *cdev;
	unsigned int i;
	int ret = 0;

	if (!job->updates) {
		ret = bind_by_type(job, err);
		if (ret)
			return ret;
	}
	for (i = 0; i < job->num && !ret && !job->check_only; i++) {
		cdev = job->updates[i].cdev;
		mutex_lock(&cdev->lock);
		cdev->status.has_new = true;
		cdev->status.new_version = header->image.header->version;
		mutex_unlock(&cdev->lock);
		ret = csw_check(cdev, header, &job->params, NULL, NULL, err);
	}
	return ret;
}

static void show_progress(struct csw_job *job)
{
	u64 size = csw_stage_size(job->stage);
	u32 percent = size ? div64_u64(job->stage->received * 100, size) : 0;
	struct codeswap_device *cdev;
	unsigned int i;

	for (i = 0; i < job->num && !job->check_only; i++) {
		cdev = job->updates[i].cdev;
		mutex_lock(&cdev->lock);
		csw_set_progress(cdev, percent);
		mutex_unlock(&cdev->lock);
	}
}

static ssize_t write_locked(struct csw_job *job, struct iov_iter *from,
			    struct csw_error *err)
{
	bool had_header;
	ssize_t n, taken = 0;
	int ret;

	while (iov_iter_count(from) && !csw_stage_complete(job->stage)) {
		had_header = job->stage->header;
		n = csw_stage_write(job->stage, from, job->params.image_name, err);
		if (n < 0)
			return n;
		taken += n;
		if (had_header || !job->stage->header)
			continue;
		ret = header_came(job, err);
		if (ret)
			return ret;
	}
	show_progress(job);
	return taken;
}

ssize_t csw_job_write(struct csw_job *job, struct iov_iter *from,
		      struct csw_error *err)
{
	ssize_t ret;

	mutex_lock(&job->lock);
	if (job->closed || job->finished) {
		ret = csw_job_ended(job, err);
	} else {
		ret = write_locked(job, from, err);
		if (ret == -EFAULT)
			csw_error(err, CODESWAP_REASON_INTERRUPTED, -EFAULT,
				  "the writer's memory cannot be read");
		if (ret < 0)
			csw_update_end_unstarted(job, CODESWAP_RESULT_REFUSED, err);
	}
	mutex_unlock(&job->lock);
	return ret;
}

/**
 * csw_job_place() - where the next bytes of the image may be put directly
 * @job: its writer is the caller
 * @room: set to the bytes that there is room for
 *
 * The place lasts as long as the job; what was put there counts from
 * csw_job_placed() on.
 *
 * Return: their place; %NULL if what comes next goes by csw_job_write().
 */
void *csw_job_place(struct csw_job *job, size_t *room)
{
	void *p = NULL;

	mutex_lock(&job->lock);
	if (!job->closed && !job->finished && csw_stage_takes_file(job->stage))
		p = csw_stage_place(job->stage, room);
	mutex_unlock(&job->lock);
	return p;
}

/**
 * csw_job_placed() - bytes have been put where csw_job_place() said
 * @job: the same
 * @n: bytes, or 0 or a negative errno if there are none
 * @err: why not
 *
 * Return: @n, or a negative errno with @err set.
 */
ssize_t csw_job_placed(struct csw_job *job, ssize_t n, struct csw_error *err)
{
	int ret = 0;

	mutex_lock(&job->lock);
	if (job->closed || job->finished) {
		ret = csw_job_ended(job, err);
	} else if (n > 0) {
		ret = csw_stage_placed(job->stage, n, err);
		if (ret)
			csw_update_end_unstarted(job, CODESWAP_RESULT_REFUSED, err);
		else
			show_progress(job);
	}
	mutex_unlock(&job->lock);
	return ret ?: n;
}

u64 csw_job_received(const struct csw_job *job)
{
	return job->stage->received;
}

bool csw_job_complete(const struct csw_job *job)
{
	return csw_stage_complete(job->stage);
}

bool csw_job_skipped(const struct csw_job *job)
{
	return job->skipped;
}

static void keep_item(void *data, const struct csw_item *item)
{
	struct csw_job *job = data;

	if (job->items && job->num_items < MAX_CHECK_ITEMS)
		job->items[job->num_items++] = *item;
}

static int finish_check(struct csw_job *job, struct csw_error *err)
{
	unsigned int i;
	int ret = 0;

	job->items = kvcalloc(MAX_CHECK_ITEMS, sizeof(*job->items), GFP_KERNEL);
	if (!job->items)
		return no_memory(err);
	for (i = 0; i < job->num && !ret; i++) {
		ret = csw_check(job->updates[i].cdev, job->stage->header,
				&job->params, keep_item, job, err);
		if (!ret)
			ret = csw_check_overlay(job->updates[i].cdev,
						job->stage->header,
						job->stage->mem, &job->params,
						keep_item, job, err);
	}
	return ret;
}

static void all_staged(struct csw_job *job)
{
	unsigned int i;

	for (i = 0; i < job->num; i++)
		if (job->updates[i].bound)
			csw_enter_phase(job->updates[i].cdev, CODESWAP_PHASE_STAGED);
}

static int finish_locked(struct csw_job *job, struct csw_error *err)
{
	unsigned int i;
	int ret;

	if (job->skipped)
		return csw_error(err, CODESWAP_REASON_DEVICE_TYPE, -ENODEV,
				 "the image is for type %s, and there is no such device here",
				 job_type(job));
	ret = csw_stage_finish(job->stage, err);
	if (ret)
		return ret;
	if (job->check_only)
		return finish_check(job, err);
	for (i = 0; i < job->num; i++) {
		ret = csw_check(job->updates[i].cdev, job->stage->header,
				&job->params, NULL, NULL, err);
		if (ret)
			return ret;
	}
	all_staged(job);
	return 0;
}

int csw_job_finish(struct csw_job *job, struct csw_error *err)
{
	int ret;

	mutex_lock(&job->lock);
	if (job->closed || job->finished) {
		ret = csw_job_ended(job, err);
	} else {
		ret = finish_locked(job, err);
		job->finished = true;
		if (ret)
			csw_update_end_unstarted(job, CODESWAP_RESULT_REFUSED, err);
	}
	mutex_unlock(&job->lock);
	return ret;
}

/**
 * csw_job_reuse() - instead of feeding it: the image has been staged before
 * @job: new, bound to its devices
 * @stage: image, whole and checked
 * @err: why not
 *
 * Return: 0 or a negative errno with @err set.
 */
int csw_job_reuse(struct csw_job *job, struct csw_stage *stage,
		  struct csw_error *err)
{
	int ret;

	mutex_lock(&job->lock);
	if (job->closed || job->finished) {
		ret = csw_job_ended(job, err);
	} else {
		csw_stage_put(job->stage);
		job->stage = csw_stage_get(stage);
		job->finished = true;
		job->params.again = true;
		ret = header_came(job, err);
		if (ret)
			csw_update_end_unstarted(job, CODESWAP_RESULT_REFUSED, err);
		else
			all_staged(job);
	}
	mutex_unlock(&job->lock);
	return ret;
}

bool csw_job_item(struct csw_job *job, unsigned int i, struct csw_item *item)
{
	if (i >= job->num_items)
		return false;
	*item = job->items[i];
	return true;
}
