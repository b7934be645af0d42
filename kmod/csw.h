/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * codeswap.ko's private header: the map of the module. Front ends (chardev.c,
 * netlink.c, sysfs.c) decode and call control.c and job.c; those run the
 * protocol on what lies below them; nothing below calls upwards, apart from
 * the csw_notify_*() calls.
 */
#ifndef CSW_H
#define CSW_H

#include <linux/cdev.h>
#include <linux/codeswap.h>
#include <uapi/linux/codeswap.h>
#include <linux/completion.h>
#include <linux/device.h>
#include <linux/kref.h>
#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/spinlock.h>
#include <linux/uio.h>
#include <linux/wait.h>
#include <linux/workqueue.h>

#include "compat.h"
#include "image.h"

#define CSW_PHASES		(CODESWAP_PHASE_PROVING + 1)
#define CSW_MAX_WAIVED		8
#define CSW_ERROR_LEN		200

/**
 * struct csw_error - why something did not work
 * @reason: what scripts look at
 * @code: negative errno
 * @text: one sentence for people, no line end
 */
struct csw_error {
	enum codeswap_reason reason;
	int code;
	char text[CSW_ERROR_LEN];
};

/* Fills in @err, returns @code. */
__printf(4, 5)
int csw_error(struct csw_error *err, enum codeswap_reason reason, int code,
	      const char *fmt, ...);

/**
 * struct csw_params - what the user asked for beside the image
 * @force: even to the very version that runs
 * @allow_downgrade: to an older version
 * @hold: wait in ready
 * @serial: several devices one after another, not all at once
 * @again: the image that ran until now; why it stopped stays the result
 * @method: how to overlay
 * @image_name: what the image was called, may be empty
 * @num_waived: entries in @waived
 * @waived: capabilities whose loss is accepted
 */
struct csw_params {
	bool force;
	bool allow_downgrade;
	bool hold;
	bool serial;
	bool again;
	enum codeswap_method method;
	char image_name[CODESWAP_NAME_LEN];
	unsigned int num_waived;
	char waived[CSW_MAX_WAIVED][MRB_NAME_LEN];
};

/**
 * struct csw_limits - the longest waits, milliseconds, 1 to 3,600,000
 * @staging: between two pieces of an image
 * @feed: for an answer to a request by name
 * @reconcile: bootstrap's reconciliation
 * @cancel: for a bootstrap to give in, then once more to be abandoned
 * @quiesce: from the order to the last I/O
 * @start: from a start to the image's first word
 * @proving: for all heartbeats
 * @reset: for the boot ROM to ask for an image
 */
struct csw_limits {
	unsigned int staging;
	unsigned int feed;
	unsigned int reconcile;
	unsigned int cancel;
	unsigned int quiesce;
	unsigned int start;
	unsigned int proving;
	unsigned int reset;
};

struct csw_job;
struct csw_update;

/**
 * struct csw_blackouts - what the last swaps of a device have cost
 * @num: how many they are, 1,024 at most
 * @min_ns: the shortest, nanoseconds
 * @median_ns: as many were longer as shorter
 * @p99_ns: one in a hundred was longer
 * @max_ns: the longest
 */
struct csw_blackouts {
	unsigned int num;
	u64 min_ns;
	u64 median_ns;
	u64 p99_ns;
	u64 max_ns;
};

/**
 * struct csw_plan - what an update will do to running memory
 * @total: bytes of text and data of the new image
 * @bytes: of these to be copied
 * @extents: in so many pieces
 * @predicted_ns: blackout to be expected; 0 where there is no I/O to interrupt,
 *	and of a reset, of which nobody knows
 */
struct csw_plan {
	u64 total;
	u64 bytes;
	u32 extents;
	u64 predicted_ns;
};

/**
 * enum csw_trust - what is known of an image's signature
 * @CSW_UNSIGNED: it has none
 * @CSW_PENDING: it has one that has not come yet
 * @CSW_UNKNOWN_KEY: made with a key that is not in the keyring .codeswap
 * @CSW_TRUSTED: good
 */
enum csw_trust { CSW_UNSIGNED, CSW_PENDING, CSW_UNKNOWN_KEY, CSW_TRUSTED };

/**
 * struct csw_header - header and tables of an image, kept while it runs
 * @ref: one for each device that runs it, one for each update that looks at it
 * @name: that it was asked for by, may be empty
 * @trust: set before anybody but the stage sees the image whole
 * @image: parsed; its tables are @bytes
 * @bytes: as they came
 */
struct csw_header {
	struct kref ref;
	char name[CODESWAP_NAME_LEN];
	enum csw_trust trust;
	struct mrb_image image;
	u8 bytes[];
};

/**
 * struct csw_item - an item report, as kept for readers
 * @kind: enum codeswap_item_kind, checked
 * @verdict: enum codeswap_item_verdict, checked
 * @count: in the unit that @kind names
 * @name: printable
 * @from: printable
 * @to: printable
 */
struct csw_item {
	u32 kind;
	u32 verdict;
	u64 count;
	char name[MRB_NAME_LEN];
	char from[CODESWAP_ITEM_TEXT_LEN];
	char to[CODESWAP_ITEM_TEXT_LEN];
};

/**
 * struct csw_status - what is shown of a device, all of one moment
 * @state: what the device runs
 * @phase: where the update is, idle if none is on
 * @result: how the last update ended
 * @error_phase: phase that the last update ended in
 * @error: why it ended, its code 0 if there is nothing to tell
 * @has_image: an image runs; the fields from @version to @declared_us are its
 * @version: as in its header
 * @build_id: as in its header
 * @security_version: as in its header
 * @declared_us: blackout that it promises, microseconds
 * @has_new: @new_version is known: the header of the last update's image came
 * @new_version: version of that image
 * @image_name: what the last update's image was called, may be empty
 * @progress: of @phase, percent
 * @overlay_bytes: what the last update had to copy in the blackout
 * @overlay_extents: in so many pieces
 * @predicted_ns: blackout that was expected of it
 * @blackout_ns: last time without I/O, from the order to quiesce to its end
 * @update_id: last update, 0 if there has been none
 * @phase_ns: time spent in each phase of the last update
 * @swaps: updates that have put a new image in place
 */
struct csw_status {
	enum codeswap_device_state state;
	enum codeswap_phase phase;
	enum codeswap_result result;
	enum codeswap_phase error_phase;
	struct csw_error error;
	bool has_image;
	struct mrb_version version;
	u8 build_id[MRB_BUILD_ID_LEN];
	u32 security_version;
	u32 declared_us;
	bool has_new;
	struct mrb_version new_version;
	char image_name[CODESWAP_NAME_LEN];
	u32 progress;
	u64 overlay_bytes;
	u32 overlay_extents;
	u64 predicted_ns;
	u64 blackout_ns;
	u64 update_id;
	u64 phase_ns[CSW_PHASES];
	u64 swaps;
};

/**
 * struct codeswap_device - a registered device
 * @dev: in class codeswap; its release frees this
 * @cdev: /dev/codeswapN
 * @id: N
 * @label: name in the device's own subsystem
 * @type: device type
 * @desc: @desc_copy; for those only who hold @op_lock and found @gone false
 * @desc_copy: what the driver registered
 * @memory_base: device address of running memory
 * @memory_size: bytes of it
 * @capabilities: the driver's, as the hand-over block wants them
 * @num_capabilities: entries in @capabilities
 * @list: in the registry, under its lock
 * @op_lock: held by whoever calls ops: an update for as long as it runs, a
 *	reset, @event_work. Taken before @lock
 * @lock: protects the fields from @gone to @num_items; held for moments only,
 *	never over an op or a wait
 * @gone: being unregistered; no update begins
 * @status: written by state.c alone
 * @phase_since: ktime when @status.phase began
 * @running: image that runs, %NULL in the boot ROM
 * @kept: its bytes, or those of the one that ran before a crash; see kept.c
 * @keep_image: the next one is to be kept, too
 * @crashed: @kept is to be loaded again
 * @kept_used: when that was done last
 * @previous_name: name of the image that ran before, may be empty
 * @update: the one update that may be on, or %NULL
 * @limits: set by sysfs
 * @security_floor: highest security version that has run
 * @budget_us: longest blackout that may be expected of an update that is not
 *	forced, 0: any; set by sysfs
 * @times: blackouts of the past; see times.c
 * @require_signature: takes no image that is not %CSW_TRUSTED; set by sysfs
 * @items: reported by the last update's bootstrap
 * @num_items: entries in @items
 * @event_lock: protects the fields from @deaf to @crash; any context
 * @deaf: unregistered; reports are ignored
 * @events: enum csw_event bits that nobody has taken yet
 * @verdict: of the last event that has one
 * @asks: the boot ROM has asked for an image, and nothing was started or reset
 *	since
 * @selftest: of the last image request
 * @started: what came with CSW_EV_STARTED
 * @started_at: and when
 * @crash: what came with a crash
 * @wait: woken by events, cancellation and release
 * @event_work: takes events while no update is on
 */
struct codeswap_device {
	struct device dev;
	struct cdev cdev;
	u32 id;
	char label[CODESWAP_NAME_LEN];
	char type[MRB_TYPE_LEN];
	const struct codeswap_desc *desc;
	struct codeswap_desc desc_copy;
	u64 memory_base;
	u64 memory_size;
	struct codeswap_ho_capability *capabilities;
	unsigned int num_capabilities;
	struct list_head list;

	struct mutex op_lock;	/* serialises ops and updates */

	struct mutex lock;	/* protects gone to num_items */
	bool gone;
	struct csw_status status;
	ktime_t phase_since;
	struct csw_header *running;
	struct csw_stage *kept;
	bool keep_image;
	bool crashed;
	ktime_t kept_used;
	char previous_name[CODESWAP_NAME_LEN];
	struct csw_update *update;
	struct csw_limits limits;
	u32 budget_us;
	struct csw_times *times;
	bool require_signature;
	u32 security_floor;
	struct csw_item *items;
	unsigned int num_items;

	spinlock_t event_lock;	/* protects deaf to crash */
	bool deaf;
	unsigned long events;
	u32 verdict;
	bool asks;
	u32 selftest;
	struct codeswap_started started;
	ktime_t started_at;
	struct codeswap_crash crash;
	wait_queue_head_t wait;
	struct work_struct event_work;
};

/* What has been reported, see event.c. */
enum csw_event {
	CSW_EV_IMAGE_REQUEST = BIT(0),
	CSW_EV_ITEMS = BIT(1),
	CSW_EV_RECONCILED = BIT(2),
	CSW_EV_UNDONE = BIT(3),
	CSW_EV_ABANDONED = BIT(4),
	CSW_EV_QUIESCED = BIT(5),
	CSW_EV_RESUMED = BIT(6),
	CSW_EV_STARTED = BIT(7),
	CSW_EV_HEARTBEAT = BIT(8),
	CSW_EV_BOOTSTRAP_CRASH = BIT(9),
	CSW_EV_CRASH = BIT(10),
};

/* main.c */
extern struct workqueue_struct *csw_workqueue;

/*
 * state.c: the only writer of state, phase and result. The setters want
 * @cdev->lock held; csw_enter_*() take it, set one thing and tell the world.
 */
void csw_enter_state(struct codeswap_device *cdev, enum codeswap_device_state state);
void csw_enter_phase(struct codeswap_device *cdev, enum codeswap_phase phase);
void csw_set_state(struct codeswap_device *cdev, enum codeswap_device_state state);
void csw_set_phase(struct codeswap_device *cdev, enum codeswap_phase phase);
void csw_set_result(struct codeswap_device *cdev, enum codeswap_result result,
		    const struct csw_error *err);
void csw_set_again(struct codeswap_device *cdev);
void csw_set_plan(struct codeswap_device *cdev, const struct csw_plan *plan);
void csw_set_blackout(struct codeswap_device *cdev, u64 ns);
void csw_set_progress(struct codeswap_device *cdev, u32 percent);
void csw_get_status(struct codeswap_device *cdev, struct csw_status *status);
const char *csw_state_name(enum codeswap_device_state state);
const char *csw_phase_name(enum codeswap_phase phase);
const char *csw_result_name(enum codeswap_result result);
const char *csw_reason_name(enum codeswap_reason reason);

/* signature.c */
int csw_signature_init(void);
void csw_signature_exit(void);

/* turn.c: who may interrupt its I/O */
void csw_turn_init(void);

/* device.c: the registry */
int csw_device_init(void);
void csw_device_exit(void);
/*
 * By name (codeswap0) or label (cshba0); a reference, put with
 * csw_device_put(); %NULL if there is none.
 */
struct codeswap_device *csw_device_find(const char *name);
/* The next one after @prev (whose reference is put), NULL to begin; order of ids. */
struct codeswap_device *csw_device_next(struct codeswap_device *prev);
void csw_device_put(struct codeswap_device *cdev);
/* Copies item @i of the last update; false if there is none. */
bool csw_device_item(struct codeswap_device *cdev, unsigned int i, struct csw_item *item);

/*
 * job.c: an image on its way to one or more devices. A job belongs to one
 * writer, who calls create, write, finish, start, wait in this order from one
 * thread at a time; put ends it at any point, and then what has not been
 * started leaves no trace.
 */
struct csw_job *csw_job_create(const struct csw_params *params);
/*
 * Claim one device; -EBUSY with a sentence if another update is on. Without
 * it, the image's type picks all.
 */
int csw_job_bind(struct csw_job *job, struct codeswap_device *const *cdevs,
		 unsigned int num, struct csw_error *err);
/* Only say what would happen: items to be read with csw_job_item(); devices are not claimed. */
void csw_job_check_only(struct csw_job *job);
/* Bytes that will come, if known beforehand: refused early if too many. */
int csw_job_expect(struct csw_job *job, u64 size, struct csw_error *err);
/*
 * The next bytes. Takes at most what belongs to this image; returns how many
 * it took, or a negative errno. csw_job_complete() tells when the image is
 * whole; what is left in @from belongs to the next one of a bundle.
 */
ssize_t csw_job_write(struct csw_job *job, struct iov_iter *from, struct csw_error *err);
void *csw_job_place(struct csw_job *job, size_t *room);
ssize_t csw_job_placed(struct csw_job *job, ssize_t n, struct csw_error *err);
u64 csw_job_received(const struct csw_job *job);
bool csw_job_complete(const struct csw_job *job);
/*
 * The header has come and no device here is of its type: the rest is taken and
 * forgotten (for bundles).
 */
bool csw_job_skipped(const struct csw_job *job);
/* All bytes have come: digests and everything that the host can check. Devices go to staged. */
int csw_job_finish(struct csw_job *job, struct csw_error *err);
int csw_job_reuse(struct csw_job *job, struct csw_stage *stage,
		  struct csw_error *err);
/* Leave a finished image staged when the writer puts the job. */
void csw_job_keep(struct csw_job *job);
/*
 * The writer is gone: what has not been started or kept ends here, with @why
 * if that is known better.
 */
void csw_job_abandon(struct csw_job *job, const struct csw_error *why);
/* Item @i of what a check found; false if there is none. */
bool csw_job_item(struct csw_job *job, unsigned int i, struct csw_item *item);
/* Have @fn called once, in process context, when the job has ended in whatever way. */
void csw_job_on_end(struct csw_job *job,
		    void (*fn)(void *data, int err, const struct csw_error *error),
		    void *data);
/* Start the updates of all devices; they run by themselves from here on. */
int csw_job_start(struct csw_job *job, bool hold, struct csw_error *err);
/*
 * Wait until all have ended. A signal cancels what can be cancelled and waits
 * on for the rest. Result: 0 or the first error.
 */
int csw_job_wait(struct csw_job *job, struct csw_error *err);
bool csw_job_done(const struct csw_job *job);		/* all updates have ended */
wait_queue_head_t *csw_job_waitqueue(struct csw_job *job);
int csw_job_result(struct csw_job *job, struct csw_error *err);
u64 csw_job_update_id(const struct csw_job *job);	/* of the first device, 0 if none */
void csw_job_get(struct csw_job *job);
void csw_job_put(struct csw_job *job);

/* control.c: what can be asked of a device whose image is staged, or later */
int csw_swap(struct codeswap_device *cdev, bool hold, bool together, u64 *update_id,
	     struct csw_error *err);
int csw_release(struct codeswap_device *cdev, struct csw_error *err);
int csw_cancel(struct codeswap_device *cdev, struct csw_error *err);
int csw_rollback(struct codeswap_device *cdev, struct csw_error *err);
int csw_reset(struct codeswap_device *cdev, struct csw_error *err);

/*
 * request.c: an image is wanted. Devices in the boot ROM ask for any of their
 * type; whoever writes a name to a character device asks by name. Answered
 * by a feeder (netlink), else by the kernel's firmware loader.
 */
struct csw_request;
struct csw_request_info {
	u64 id;
	char device[CODESWAP_NAME_LEN];		/* empty: whatever the image is for */
	char type[MRB_TYPE_LEN];		/* may be empty likewise */
	char image_name[CODESWAP_NAME_LEN];	/* empty: any of the type */
};

int csw_request_init(void);
void csw_request_exit(void);
/*
 * Swap to the named image: ask, wait for the answer, swap, wait for the end.
 * @cdev may be %NULL. Killable.
 */
int csw_request_by_name(struct codeswap_device *cdev, const struct csw_params *params,
			const char *name, struct csw_error *err);
/* The same without waiting; the end is told by notifications. */
int csw_request_start(struct codeswap_device *cdev, const struct csw_params *params,
		      const char *name, struct csw_error *err);
/* A device is in its boot ROM and asks; once more, or no longer. */
void csw_request_device(struct codeswap_device *cdev);
void csw_request_again(struct codeswap_device *cdev);
void csw_request_withdraw(struct codeswap_device *cdev);
/*
 * The feeder's side: a job for the request, to be fed, finished, and started
 * by the feeder's messages.
 */
struct csw_job *csw_request_answer(u64 id, const char *image_name,
				   unsigned int *limit_ms, struct csw_error *err);
int csw_request_fail(u64 id, const char *why, struct csw_error *err);
/* Walk over pending ones: the first with an id greater than @after; false at the end. */
bool csw_request_next(u64 after, struct csw_request_info *info);

/* kept.c */
void csw_keep_set(struct codeswap_device *cdev, bool keep);

/* chardev.c */
int csw_chardev_init(void);
void csw_chardev_exit(void);
/* cdev_device_add() with dev->devt and fops set */
int csw_chardev_add(struct codeswap_device *cdev);
void csw_chardev_del(struct codeswap_device *cdev);
extern dev_t csw_devt;

/* times.c: blackouts of the past, and the next one */
int csw_times_init(struct codeswap_device *cdev);
void csw_times_exit(struct codeswap_device *cdev);
void csw_times_note(struct codeswap_device *cdev, u64 blackout_ns, u64 copy_ns, u64 copy_bytes);
void csw_times_get(struct codeswap_device *cdev, struct csw_blackouts *s);
u64 csw_times_predict(struct codeswap_device *cdev, u64 bytes, u32 declared_us);

/* sysfs.c */
extern const struct attribute_group *csw_device_groups[];

/* netlink.c */
int csw_netlink_init(void);
void csw_netlink_exit(void);
bool csw_netlink_has_feeder(void);
void csw_notify_device(struct codeswap_device *cdev);
/* The same, as it was when @status was taken. */
void csw_notify_status(struct codeswap_device *cdev, const struct csw_status *status);
void csw_notify_gone(struct codeswap_device *cdev);
void csw_notify_item(struct codeswap_device *cdev, u64 update_id, unsigned int index,
		     const struct csw_item *item);
void csw_notify_request(const struct csw_request_info *info);

#endif /* CSW_H */
