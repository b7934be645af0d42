/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A job as its own files see it: job.c (its life), job_feed.c (its image),
 * update.c (its part of each device), batch.c (its updates together), turn.c
 * (which of them goes first).
 *
 * Lifetime: the writer holds a job from csw_job_create() to csw_job_put();
 * each device that it has claimed holds it as well, through @cdev->update,
 * until its update has ended. So a job that has been started, or kept, runs
 * to its end without its writer.
 *
 * Locks: job->lock serialises the writer with those who end the job from
 * outside; taken before cdev->lock. meet_lock: see batch.c, turn: see turn.c.
 */
#ifndef CSW_JOB_H
#define CSW_JOB_H

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

	spinlock_t meet_lock;		/* for what follows, but for turn */
	unsigned int expected;		/* members that are to meet in ready */
	unsigned int arrived;
	bool go;			/* all have come */
	bool failed;			/* one has ended other than well */
	const struct csw_update *spoiled_by;	/* the first that did not come */
	const struct csw_update *turn;	/* serial: whose it is; under turn_lock */
};

/* job.c */
void csw_job_free(struct kref *ref);
void csw_job_note_error(struct csw_job *job, const struct csw_error *err);
void csw_job_close_one(struct csw_job *job);
void csw_job_close(struct csw_job *job);
int csw_job_ended(struct csw_job *job, struct csw_error *err);

/* batch.c */
void csw_batch_init(struct csw_job *job);
unsigned int csw_batch_begin(struct csw_job *job, bool hold);

/* update.c */
int csw_update_claim(struct csw_job *job, struct csw_update *update,
		     struct codeswap_device *cdev, struct csw_error *err);
bool csw_update_mark(struct csw_update *update);
void csw_update_end_unstarted(struct csw_job *job, enum codeswap_result result,
			      const struct csw_error *err);

#endif /* CSW_JOB_H */
