// SPDX-License-Identifier: GPL-2.0-only
/*
 * The updates of a job that was started as a whole: they are reconciled side
 * by side and meet in ready. If one does not come, none is overlaid; once all
 * have come, none can be cancelled any more; see turn.c for who goes first. An
 * update that was started on its own before is none of them.
 *
 * Locks: meet_lock protects what an update finds out about the others; taken
 * last.
 */
#include "job.h"

/* From their waits, to look at what has become of the others. */
static void wake_all(struct csw_job *job)
{
	unsigned int i;

	for (i = 0; i < job->num; i++)
		wake_up_all(&job->updates[i].cdev->wait);
	csw_turn_wake();
}

/* One will not come: the others need not go on. */
static void spoil(struct csw_job *job, const struct csw_update *by)
{
	unsigned int i;

	lockdep_assert_held(&job->meet_lock);
	if (job->go || job->spoiled_by)
		return;
	job->spoiled_by = by;
	for (i = 0; i < job->num; i++)
		if (job->updates[i].member)
			WRITE_ONCE(job->updates[i].cancel, true);
}

static void go_if_all_are_there(struct csw_job *job)
{
	lockdep_assert_held(&job->meet_lock);
	if (job->arrived == job->expected && !job->spoiled_by)
		WRITE_ONCE(job->go, true);
}

void csw_batch_init(struct csw_job *job)
{
	spin_lock_init(&job->meet_lock);
}

/**
 * csw_batch_begin() - start the updates of a job that have not been started
 * @job: its image is whole; its lock held
 * @hold: they wait in ready, whatever was asked for before
 *
 * Return: how many those are.
 */
unsigned int csw_batch_begin(struct csw_job *job, bool hold)
{
	struct csw_update *update;
	unsigned int i, num = 0;

	lockdep_assert_held(&job->lock);
	for (i = 0; i < job->num; i++) {
		update = &job->updates[i];
		update->member = csw_update_mark(update);
		if (update->member && hold)
			WRITE_ONCE(update->hold, true);
		num += update->member;
	}
	/* All of that before the first of them runs. */
	spin_lock(&job->meet_lock);
	job->expected = num;
	job->failed = false;
	spin_unlock(&job->meet_lock);
	for (i = 0; i < job->num; i++)
		if (job->updates[i].member)
			queue_work(csw_workqueue, &job->updates[i].work);
	return num;
}

/* Are there others that it has to meet? There may be none when it is ready. */
bool csw_batch_waits(const struct csw_update *update)
{
	return update->member && READ_ONCE(update->job->expected) > 1;
}

/**
 * csw_batch_meet() - wait for the others in ready
 * @update: it runs, and is ready
 *
 * Return: true if all have come: from here on it cannot be cancelled. False if
 * it has been cancelled, or another one has not come; then none will go.
 */
bool csw_batch_meet(struct csw_update *update)
{
	struct codeswap_device *cdev = update->cdev;
	struct csw_job *job = update->job;
	bool go;

	if (!update->member)
		return !READ_ONCE(update->cancel);
	spin_lock(&job->meet_lock);
	if (!READ_ONCE(update->cancel)) {
		update->arrived = true;
		job->arrived++;
		go_if_all_are_there(job);
	}
	spin_unlock(&job->meet_lock);
	wake_all(job);
	wait_event_idle(cdev->wait, READ_ONCE(job->go) ||
			READ_ONCE(update->cancel) ||
			READ_ONCE(cdev->events) & CSW_EV_CRASH);
	spin_lock(&job->meet_lock);
	spoil(job, update);
	go = job->go;
	spin_unlock(&job->meet_lock);
	wake_all(job);
	return go;
}

/**
 * csw_batch_leave() - an update has come to its end, and is to be told of
 * @update: it
 * @well: it has succeeded; perhaps because there was nothing to do
 */
void csw_batch_leave(struct csw_update *update, bool well)
{
	struct csw_job *job = update->job;

	spin_lock(&job->meet_lock);
	if (!well && update->member)
		job->failed = true;
	if (update->member && !update->arrived && well) {
		job->expected--;
		go_if_all_are_there(job);
	} else if (update->member && !update->arrived) {
		spoil(job, update);
	}
	spin_unlock(&job->meet_lock);
	wake_all(job);
	csw_turn_end(update);
}

/**
 * csw_batch_cancel() - cancel an update that runs, and with it the others
 * @update: it
 *
 * Return: false if it is too late.
 */
bool csw_batch_cancel(struct csw_update *update)
{
	struct csw_job *job = update->job;
	bool go;

	spin_lock(&job->meet_lock);
	go = update->member && job->go;
	if (!go)
		WRITE_ONCE(update->cancel, true);
	spin_unlock(&job->meet_lock);
	csw_turn_wake();
	return !go;
}

/**
 * csw_batch_spoiler() - whose fault it is that an update was cancelled
 * @update: cancelled
 *
 * Return: the label of another device of its job, or %NULL.
 */
const char *csw_batch_spoiler(const struct csw_update *update)
{
	const struct csw_update *by = READ_ONCE(update->job->spoiled_by);

	return by && by != update ? by->cdev->label : NULL;
}
