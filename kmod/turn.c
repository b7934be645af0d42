// SPDX-License-Identifier: GPL-2.0-only
/*
 * Whose I/O may be interrupted now: as many devices at a time as there are CPUs
 * for, one for the core and one for the driver, as more would make each blackout
 * longer; and of a serial batch one after another.
 *
 * Who waits here is ready, and serves. All others are bounded by their limits.
 */
#include <linux/cpumask.h>

#include "job.h"

static DEFINE_SPINLOCK(turn_lock);	/* free_slots, has_slot, job->turn */
static DECLARE_WAIT_QUEUE_HEAD(turn_wq);
static unsigned int free_slots;

void __init csw_turn_init(void)
{
	free_slots = max(num_online_cpus() / 2, 1U);
}

static bool is_serial(const struct csw_update *update)
{
	return update->member && update->job->params.serial;
}

static bool try_take(struct csw_update *update, bool slot)
{
	struct csw_job *job = update->job;
	bool serial = is_serial(update);
	bool mine;

	spin_lock(&turn_lock);
	mine = (!serial || !job->turn) && (!slot || free_slots);
	if (mine && serial)
		job->turn = update;
	if (mine && slot) {
		free_slots--;
		update->has_slot = true;
	}
	spin_unlock(&turn_lock);
	return mine;
}

/**
 * csw_turn_take() - wait until it is this one's turn to interrupt its I/O
 * @update: it runs, and has met the others
 * @slot: it will be quick, and others can wait for it
 *
 * Ends at once when it is cancelled, which the caller finds out.
 *
 * Return: false if an earlier one of a serial batch has failed: then those
 * behind it stay as they are.
 */
bool csw_turn_take(struct csw_update *update, bool slot)
{
	wait_event_idle(turn_wq, READ_ONCE(update->cancel) ||
			try_take(update, slot));
	return !is_serial(update) || !READ_ONCE(update->job->failed);
}

/**
 * csw_turn_free_slot() - its I/O goes on: the next one may be interrupted
 * @update: it, with a slot or without
 */
void csw_turn_free_slot(struct csw_update *update)
{
	bool had;

	spin_lock(&turn_lock);
	had = update->has_slot;
	free_slots += had;
	update->has_slot = false;
	spin_unlock(&turn_lock);
	if (had)
		csw_turn_wake();
}

/**
 * csw_turn_end() - it has come to its end: the next one of its batch
 * @update: it
 */
void csw_turn_end(struct csw_update *update)
{
	struct csw_job *job = update->job;

	csw_turn_free_slot(update);
	spin_lock(&turn_lock);
	if (job->turn == update)
		job->turn = NULL;
	spin_unlock(&turn_lock);
	csw_turn_wake();
}

/* Somebody's turn may have come, or who waits has been cancelled. */
void csw_turn_wake(void)
{
	wake_up_all(&turn_wq);
}
