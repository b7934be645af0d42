// SPDX-License-Identifier: GPL-2.0-only
/*
 * A job: one image on its way to one or more devices.
 *
 * Lifetime: the writer holds a job from csw_job_create() to csw_job_put();
 * each device that it has claimed holds it as well, through @cdev->update,
 * until its update has ended. So a job that has been started, or kept, runs
 * to its end without its writer.
 *
 * Locks: job->lock serialises the writer with those who end the job from
 * outside; taken before cdev->lock.
 */
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/slab.h>

#include "update.h"

struct csw_job {
	struct kref ref;
	atomic_t writers;
	struct mutex lock;		/* see "Locks" above */
	struct csw_params params;
	struct csw_stage *stage;
	struct csw_update *updates;
	unsigned int num;
	atomic_t open;			/* updates that have not ended, and the job itself */
	bool check_only;
	bool skipped;
	bool finished;
	bool started;
	bool kept;
	bool closed;			/* no longer counted in @open */
	struct csw_error error;		/* the first one; under error_lock */
	spinlock_t error_lock;
	struct csw_item *items;		/* of a check */
	unsigned int num_items;
	wait_queue_head_t wait;
	void (*on_end)(void *data, int err, const struct csw_error *error);
	void *on_end_data;
	struct work_struct end_work;
};

#define MAX_CHECK_ITEMS		128

static atomic64_t update_ids = ATOMIC64_INIT(0);

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
	job->params = *params;
	return job;
}

static void job_free(struct kref *ref)
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

static void note_error(struct csw_job *job, const struct csw_error *err)
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
	kref_put(&job->ref, job_free);
}

/* One of those that @open counts has ended; the last one tells. */
static void close_one(struct csw_job *job)
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

static void close_job(struct csw_job *job)
{
	if (job->closed)
		return;
	job->closed = true;
	close_one(job);
}

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

	note_error(job, err);
	get_device(&cdev->dev);
	mutex_lock(&cdev->lock);
	update->bound = false;
	csw_set_result(cdev, result, err);
	csw_set_phase(cdev, CODESWAP_PHASE_IDLE);
	/* From here on the device may be unregistered, or updated again. */
	cdev->update = NULL;
	if (!cdev->gone)
		queue_work(csw_workqueue, &cdev->event_work);
	wake_up_all(&cdev->wait);
	mutex_unlock(&cdev->lock);
	csw_notify_device(cdev);
	module_put(owner);
	close_one(job);
	kref_put(&job->ref, job_free);
	csw_device_put(cdev);
}

/* Ends what has been claimed and not been started. job->lock is held. */
static void end_unstarted(struct csw_job *job, enum codeswap_result result,
			  const struct csw_error *err)
{
	unsigned int i;

	lockdep_assert_held(&job->lock);
	note_error(job, err);
	for (i = 0; i < job->num; i++)
		if (job->updates[i].bound && !job->updates[i].started)
			csw_update_end(&job->updates[i], result, err);
	close_job(job);
}

static int claim(struct csw_job *job, struct csw_update *update,
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
		ret = claim(job, update, cdev, err);
	if (!ret)
		job->num++;
	return ret;
}

static int no_memory(struct csw_error *err)
{
	return csw_error(err, CODESWAP_REASON_NO_MEMORY, -ENOMEM,
			 "no memory for the update");
}

static int ended(struct csw_job *job, struct csw_error *err)
{
	if (job->error.code)
		*err = job->error;
	else
		csw_error(err, CODESWAP_REASON_CANCELLED, -ECANCELED,
			  "the update has ended already");
	return err->code;
}

int csw_job_bind(struct csw_job *job, struct codeswap_device *cdev,
		 struct csw_error *err)
{
	int ret = -ENOMEM;

	mutex_lock(&job->lock);
	if (!job->updates && !job->closed)
		job->updates = kzalloc(sizeof(*job->updates), GFP_KERNEL);
	if (job->closed)
		ret = ended(job, err);
	else if (job->updates)
		ret = bind_locked(job, cdev, err);
	else
		ret = no_memory(err);
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
		ret = ended(job, err);
	} else {
		ret = write_locked(job, from, err);
		if (ret == -EFAULT)
			csw_error(err, CODESWAP_REASON_INTERRUPTED, -EFAULT,
				  "the writer's memory cannot be read");
		if (ret < 0)
			end_unstarted(job, CODESWAP_RESULT_REFUSED, err);
	}
	mutex_unlock(&job->lock);
	return ret;
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
	for (i = 0; i < job->num && !ret; i++)
		ret = csw_check(job->updates[i].cdev, job->stage->header,
				&job->params, keep_item, job, err);
	return ret;
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
	for (i = 0; i < job->num; i++)
		if (job->updates[i].bound)
			csw_enter_phase(job->updates[i].cdev, CODESWAP_PHASE_STAGED);
	return 0;
}

int csw_job_finish(struct csw_job *job, struct csw_error *err)
{
	int ret;

	mutex_lock(&job->lock);
	if (job->closed || job->finished) {
		ret = ended(job, err);
	} else {
		ret = finish_locked(job, err);
		job->finished = true;
		if (ret)
			end_unstarted(job, CODESWAP_RESULT_REFUSED, err);
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
		end_unstarted(job, CODESWAP_RESULT_REFUSED, &err);
	}
	mutex_unlock(&job->lock);
}

bool csw_job_item(struct csw_job *job, unsigned int i, struct csw_item *item)
{
	if (i >= job->num_items)
		return false;
	*item = job->items[i];
	return true;
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

static int start_locked(struct csw_update *update)
{
	struct codeswap_device *cdev = update->cdev;

	mutex_lock(&cdev->lock);
	if (!update->bound || update->started) {
		mutex_unlock(&cdev->lock);
		return -EALREADY;
	}
	update->started = true;
	mutex_unlock(&cdev->lock);
	queue_work(csw_workqueue, &update->work);
	return 0;
}

/* A job that is started ends when its updates have; nothing else keeps it open. */
int csw_job_start(struct csw_job *job, struct csw_error *err)
{
	unsigned int i;
	int ret = 0;

	mutex_lock(&job->lock);
	if (!job->finished || job->closed || job->check_only) {
		ret = ended(job, err);
	} else {
		job->started = true;
		for (i = 0; i < job->num; i++)
			start_locked(&job->updates[i]);
		close_job(job);
	}
	mutex_unlock(&job->lock);
	return ret;
}

/**
 * csw_update_start() - start one update whose image is staged
 * @update: bound; the caller holds a reference on its job
 * @err: why not
 *
 * Return: 0, or -EALREADY if it has been started or has ended.
 */
int csw_update_start(struct csw_update *update, struct csw_error *err)
{
	struct csw_job *job = update->job;
	int ret;

	mutex_lock(&job->lock);
	if (!job->finished)
		ret = csw_error(err, CODESWAP_REASON_BUSY, -EBUSY,
				"the image of %s is not whole yet",
				update->cdev->label);
	else if (start_locked(update))
		ret = csw_error(err, CODESWAP_REASON_BUSY, -EALREADY,
				"the update of %s has been started already",
				update->cdev->label);
	else
		ret = 0;
	if (!ret && job->num == 1) {
		job->started = true;
		close_job(job);
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
	kref_put(&update->job->ref, job_free);
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
		end_unstarted(job, result, why);
		ret = 0;
	}
	mutex_unlock(&job->lock);
	return ret;
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
		WRITE_ONCE(job->updates[i].cancel, true);
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
	kref_put(&job->ref, job_free);
}
