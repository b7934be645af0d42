// SPDX-License-Identifier: GPL-2.0-only
/* The life of a job: one image on its way to one or more devices. */
#include <linux/mm.h>
#include <linux/slab.h>

#include "job.h"

/**
 * csw_job_create() - begin a job
 * @params: copied
 *
 * Return: the job, or %NULL without memory.
 */
struct csw_job *csw_job_create(const struct csw_params *params)
{
	struct csw_job *job = kzalloc(sizeof(*job), GFP_KERNEL);

	if (!job)
		return NULL;
	job->stage = csw_stage_new();
	if (!job->stage) {
		kfree(job);
		return NULL;
	}
	kref_init(&job->ref);
	atomic_set(&job->writers, 1);
	atomic_set(&job->open, 1);
	mutex_init(&job->lock);
	spin_lock_init(&job->error_lock);
	init_waitqueue_head(&job->wait);
	csw_batch_init(job);
	job->params = *params;
	return job;
}

void csw_job_free(struct kref *ref)
{
	struct csw_job *job = container_of(ref, struct csw_job, ref);
	unsigned int i;

	for (i = 0; i < job->num; i++)
		csw_device_put(job->updates[i].cdev);
	csw_stage_put(job->stage);
	kvfree(job->items);
	kfree(job->updates);
	kfree(job);
}

void csw_job_note_error(struct csw_job *job, const struct csw_error *err)
{
	spin_lock(&job->error_lock);
	if (err && !job->error.code)
		job->error = *err;
	spin_unlock(&job->error_lock);
}

static void end_work(struct work_struct *work)
{
	struct csw_job *job = container_of(work, struct csw_job, end_work);

	job->on_end(job->on_end_data, job->error.code, &job->error);
	kref_put(&job->ref, csw_job_free);
}

/* One of those that @open counts has ended; the last one tells. */
void csw_job_close_one(struct csw_job *job)
{
	if (!atomic_dec_and_test(&job->open))
		return;
	/* By a work item, because the caller may hold job->lock. */
	if (job->on_end) {
		kref_get(&job->ref);
		queue_work(csw_workqueue, &job->end_work);
	}
	wake_up_all(&job->wait);
}

void csw_job_close(struct csw_job *job)
{
	if (job->closed)
		return;
	job->closed = true;
	csw_job_close_one(job);
}

int csw_job_ended(struct csw_job *job, struct csw_error *err)
{
	if (job->error.code)
		*err = job->error;
	else
		csw_error(err, CODESWAP_REASON_CANCELLED, -ECANCELED,
			  "the update has ended already");
	return err->code;
}

void csw_job_on_end(struct csw_job *job,
		    void (*fn)(void *data, int err, const struct csw_error *error),
		    void *data)
{
	mutex_lock(&job->lock);
	INIT_WORK(&job->end_work, end_work);
	job->on_end = fn;
	job->on_end_data = data;
	mutex_unlock(&job->lock);
}

/**
 * csw_job_start() - start all updates of a job that have not been started
 * @job: job
 * @hold: they wait in ready, whatever was asked for before
 * @err: why not
 *
 * The job then ends when its updates have; nothing else keeps it open.
 *
 * Return: 0; -EBUSY if the image is not whole yet, -EALREADY if all have been
 * started, or what the job has ended with.
 */
int csw_job_start(struct csw_job *job, bool hold, struct csw_error *err)
{
	int ret = 0;

	mutex_lock(&job->lock);
	if (!job->started && (job->closed || job->check_only)) {
		ret = csw_job_ended(job, err);
	} else if (!job->finished) {
		ret = csw_error(err, CODESWAP_REASON_BUSY, -EBUSY,
				"the image is not whole yet");
	} else if (job->started || !csw_batch_begin(job, hold)) {
		ret = csw_error(err, CODESWAP_REASON_BUSY, -EALREADY,
				"the swap to that image has been started already");
	} else {
		job->started = true;
		csw_job_close(job);
	}
	mutex_unlock(&job->lock);
	return ret;
}

void csw_job_keep(struct csw_job *job)
{
	mutex_lock(&job->lock);
	job->kept = job->finished && !job->closed;
	mutex_unlock(&job->lock);
}

void csw_job_abandon(struct csw_job *job, const struct csw_error *why)
{
	struct csw_error err;

	mutex_lock(&job->lock);
	if (!job->started && !job->kept && !job->closed) {
		if (why)
			err = *why;
		else if (job->check_only || job->finished)
			csw_error(&err, CODESWAP_REASON_CANCELLED, -ECANCELED,
				  "the image was staged, and then given up");
		else if (!csw_stage_finish(job->stage, &err))
			csw_error(&err, CODESWAP_REASON_CANCELLED, -ECANCELED,
				  "the image had come, and then its feeder went");
		csw_update_end_unstarted(job, CODESWAP_RESULT_REFUSED, &err);
	}
	mutex_unlock(&job->lock);
}

bool csw_job_done(const struct csw_job *job)
{
	return !atomic_read(&job->open);
}

wait_queue_head_t *csw_job_waitqueue(struct csw_job *job)
{
	return &job->wait;
}

int csw_job_result(struct csw_job *job, struct csw_error *err)
{
	spin_lock(&job->error_lock);
	if (job->error.code)
		*err = job->error;
	spin_unlock(&job->error_lock);
	return job->error.code;
}

static void cancel_all(struct csw_job *job)
{
	unsigned int i;

	for (i = 0; i < job->num; i++) {
		csw_batch_cancel(&job->updates[i]);
		wake_up_all(&job->updates[i].cdev->wait);
	}
}

int csw_job_wait(struct csw_job *job, struct csw_error *err)
{
	/* A shell's SIGCHLD is no reason to give up: signals that kill are. */
	if (wait_event_killable(job->wait, csw_job_done(job))) {
		cancel_all(job);
		wait_event(job->wait, csw_job_done(job));
	}
	return csw_job_result(job, err);
}

u64 csw_job_update_id(const struct csw_job *job)
{
	return job->num ? job->updates[0].id : 0;
}

void csw_job_get(struct csw_job *job)
{
	kref_get(&job->ref);
	atomic_inc(&job->writers);
}

void csw_job_put(struct csw_job *job)
{
	if (atomic_dec_and_test(&job->writers))
		csw_job_abandon(job, NULL);
	kref_put(&job->ref, csw_job_free);
}
