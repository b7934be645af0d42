// SPDX-License-Identifier: GPL-2.0-only
/*
 * An update: one device's part of a job, from the claim on the device to its
 * end. @cdev->update is the claim; there is one at most.
 */
#include <linux/module.h>

#include "job.h"

static atomic64_t update_ids = ATOMIC64_INIT(0);

const struct csw_params *csw_update_params(const struct csw_update *update)
{
	return &update->job->params;
}

struct csw_stage *csw_update_stage(const struct csw_update *update)
{
	return update->job->stage;
}

/**
 * csw_update_end() - an update has ended, in whatever way
 * @update: bound; may be gone when this returns
 * @result: how
 * @err: why, unless it is success
 *
 * Context: process, job->lock or, once it is started, only the update's own
 * thread; not @cdev->lock.
 */
void csw_update_end(struct csw_update *update, enum codeswap_result result,
		    const struct csw_error *err)
{
	struct codeswap_device *cdev = update->cdev;
	struct module *owner = cdev->desc->owner;
	struct csw_job *job = update->job;

	csw_job_note_error(job, err);
	get_device(&cdev->dev);
	mutex_lock(&cdev->lock);
	update->bound = false;
	if (job->params.again && result == CODESWAP_RESULT_SUCCESS)
		csw_set_again(cdev);
	else
		csw_set_result(cdev, result, err);
	csw_set_phase(cdev, CODESWAP_PHASE_IDLE);
	/* From here on the device may be unregistered, or updated again. */
	cdev->update = NULL;
	csw_event_look(cdev);
	wake_up_all(&cdev->wait);
	mutex_unlock(&cdev->lock);
	csw_notify_device(cdev);
	module_put(owner);
	csw_job_close_one(job);
	kref_put(&job->ref, csw_job_free);
	csw_device_put(cdev);
}

/* Ends what has been claimed and not been started. job->lock is held. */
void csw_update_end_unstarted(struct csw_job *job, enum codeswap_result result,
			      const struct csw_error *err)
{
	unsigned int i;

	lockdep_assert_held(&job->lock);
	csw_job_note_error(job, err);
	for (i = 0; i < job->num; i++)
		if (job->updates[i].bound && !job->updates[i].started)
			csw_update_end(&job->updates[i], result, err);
	csw_job_close(job);
}

int csw_update_claim(struct csw_job *job, struct csw_update *update,
		     struct codeswap_device *cdev, struct csw_error *err)
{
	int ret = 0;

	mutex_lock(&cdev->lock);
	if (cdev->gone || !try_module_get(cdev->desc->owner)) {
		ret = csw_error(err, CODESWAP_REASON_DEVICE_GONE, -ENODEV,
				"%s is going away", cdev->label);
	} else if (cdev->update) {
		module_put(cdev->desc->owner);
		ret = csw_error(err, CODESWAP_REASON_BUSY, -EBUSY,
				"%s is being updated already (%s); wait for the end, or cancel it",
				cdev->label, csw_phase_name(cdev->status.phase));
	} else {
		update->job = job;
		update->cdev = cdev;
		update->id = atomic64_inc_return(&update_ids);
		update->hold = job->params.hold;
		update->bound = true;
		INIT_WORK(&update->work, csw_swap_work);
		get_device(&cdev->dev);
		kref_get(&job->ref);
		atomic_inc(&job->open);
		cdev->update = update;
		cdev->status.update_id = update->id;
		cdev->status.has_new = false;
		strscpy(cdev->status.image_name, job->params.image_name,
			sizeof(cdev->status.image_name));
		cdev->num_items = 0;
		csw_set_phase(cdev, CODESWAP_PHASE_STAGING);
	}
	mutex_unlock(&cdev->lock);
	if (!ret)
		csw_notify_device(cdev);
	return ret;
}

/* It is going to be queued; false if it cannot be, as it was or has ended. */
bool csw_update_mark(struct csw_update *update)
{
	struct codeswap_device *cdev = update->cdev;
	bool marked;

	mutex_lock(&cdev->lock);
	marked = update->bound && !update->started;
	if (marked)
		update->started = true;
	mutex_unlock(&cdev->lock);
	return marked;
}

/**
 * csw_update_start() - start one update whose image is staged
 * @update: bound; the caller holds a reference on its job
 * @hold: wait in ready, whatever was asked for before
 * @err: why not
 *
 * Return: 0, or -EALREADY if it has been started or has ended.
 */
int csw_update_start(struct csw_update *update, bool hold, struct csw_error *err)
{
	struct csw_job *job = update->job;
	int ret;

	mutex_lock(&job->lock);
	if (!job->finished) {
		ret = csw_error(err, CODESWAP_REASON_BUSY, -EBUSY,
				"the image of %s is not whole yet",
				update->cdev->label);
	} else if (!csw_update_mark(update)) {
		ret = csw_error(err, CODESWAP_REASON_BUSY, -EALREADY,
				"the update of %s has been started already",
				update->cdev->label);
	} else {
		if (hold)
			WRITE_ONCE(update->hold, true);
		queue_work(csw_workqueue, &update->work);
		ret = 0;
	}
	if (!ret && job->num == 1) {
		job->started = true;
		csw_job_close(job);
	}
	mutex_unlock(&job->lock);
	return ret;
}

/* The update that is on, with a reference on its job; %NULL if there is none. */
struct csw_update *csw_update_get(struct codeswap_device *cdev)
{
	struct csw_update *update;

	mutex_lock(&cdev->lock);
	update = cdev->update;
	if (update && update->bound)
		kref_get(&update->job->ref);
	else
		update = NULL;
	mutex_unlock(&cdev->lock);
	return update;
}

void csw_update_put(struct csw_update *update)
{
	kref_put(&update->job->ref, csw_job_free);
}

/* Ends an update that has not been started. */
int csw_update_cancel(struct csw_update *update, enum codeswap_result result,
		      const struct csw_error *why)
{
	struct csw_job *job = update->job;
	int ret = -EALREADY;

	mutex_lock(&job->lock);
	if (update->bound && !update->started) {
		/* The job as a whole ends: its image would miss a device. */
		csw_update_end_unstarted(job, result, why);
		ret = 0;
	}
	mutex_unlock(&job->lock);
	return ret;
}

/**
 * csw_update_commit() - enter the phase from which it cannot be cancelled
 * @update: it runs
 * @phase: quiescing, or what a load begins with
 *
 * Who listens is told by the caller, when there is time for it.
 *
 * Return: false if it has been cancelled; the phase is as it was then.
 */
bool csw_update_commit(struct csw_update *update, enum codeswap_phase phase)
{
	struct codeswap_device *cdev = update->cdev;
	bool cancelled;

	mutex_lock(&cdev->lock);
	cancelled = READ_ONCE(update->cancel);
	if (!cancelled)
		csw_set_phase(cdev, phase);
	mutex_unlock(&cdev->lock);
	return !cancelled;
}

void csw_update_gone(struct codeswap_device *cdev)
{
	struct csw_update *update = csw_update_get(cdev);
	struct csw_error err;

	if (!update)
		return;
	csw_error(&err, CODESWAP_REASON_DEVICE_GONE, -ENODEV,
		  "%s went away while its image was staged", cdev->label);
	csw_update_cancel(update, CODESWAP_RESULT_CANCELLED, &err);
	csw_update_put(update);
}
