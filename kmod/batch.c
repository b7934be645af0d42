// SPDX-License-Identifier: GPL-2.0-only
/*
 * The updates of a job that was started as a whole: they are reconciled side
 * by side and meet in ready. If one does not come, none is overlaid; once all
 * have come, none can be cancelled any more, and they are overlaid together,
 * or one after another (serial).
 *
 * Locks: meet_lock protects what an update finds out about the others; taken
 * last. The turn is a mutex: who has it is the one that may interrupt its I/O.
 */
#include "job.h"

/* From their waits, to look at what has become of the others. */
static void wake_all(struct csw_job *job)
{
	unsigned int i;

	for (i = 0; i < job->num; i++)
		wake_up_all(&job->updates[i].cdev->wait);
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
	mutex_init(&job->turn);
}

/**
 * csw_batch_begin() - the job is started as a whole
 * @job: its lock held; none of its updates runs yet
 */
void csw_batch_begin(struct csw_job *job)
{
	unsigned int i;

	lockdep_assert_held(&job->lock);
	spin_lock(&job->meet_lock);
	for (i = 0; i < job->num; i++)
		job->expected += job->updates[i].bound;
	spin_unlock(&job->meet_lock);
}

/* Does it have others to meet? Its own word for it, as they may drop out. */
bool csw_batch_waits(const struct csw_update *update)
{
	return READ_ONCE(update->job->expected) > 1;
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

	if (!job->expected)
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
	if (!well)
		job->failed = true;
	if (job->expected && !update->arrived && well) {
		job->expected--;
		go_if_all_are_there(job);
	} else if (job->expected && !update->arrived) {
		spoil(job, update);
	}
	spin_unlock(&job->meet_lock);
	wake_all(job);
	if (update->has_turn)
		mutex_unlock(&job->turn);
	update->has_turn = false;
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
	go = job->go;
	if (!go)
		WRITE_ONCE(update->cancel, true);
	spin_unlock(&job->meet_lock);
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

/**
 * csw_batch_turn() - wait until it is this one's turn to interrupt its I/O
 * @update: it has met the others
 *
 * The turn ends with csw_batch_leave().
 *
 * Return: false if an earlier one has failed: then those behind it stay as they
 * are.
 */
bool csw_batch_turn(struct csw_update *update)
{
	struct csw_job *job = update->job;

	if (!job->expected || !job->params.serial)
		return true;
	mutex_lock(&job->turn);
	update->has_turn = true;
	return !READ_ONCE(job->failed);
}
