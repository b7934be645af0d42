/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the files that run an update share, and no front end sees: memory in
 * chunks, the image as it is staged, one update of one device, and its steps.
 */
#ifndef CSW_UPDATE_H
#define CSW_UPDATE_H

#include <linux/refcount.h>

#include "csw.h"

/* mem.c: memory in chunks, and its mapping for a device */
struct csw_mem;
struct csw_mem *csw_mem_alloc(size_t size);
void csw_mem_free(struct csw_mem *mem);
size_t csw_mem_size(const struct csw_mem *mem);
/* Where byte @offset lies, and how many bytes follow it there. */
void *csw_mem_at(const struct csw_mem *mem, size_t offset, size_t *room);
void csw_mem_read(const struct csw_mem *mem, size_t offset, void *buf, size_t len);
void csw_mem_write(struct csw_mem *mem, size_t offset, const void *buf, size_t len);

struct csw_map {
	struct codeswap_device *cdev;
	struct csw_mem *mem;
	struct sg_table sgt;
	enum dma_data_direction direction;
	u64 address;		/* device address of the first byte */
};

int csw_map(struct csw_map *map, struct codeswap_device *cdev,
	    struct csw_mem *mem, bool writable);
void csw_unmap(struct csw_map *map);
void csw_map_for_cpu(struct csw_map *map);
void csw_map_for_device(struct csw_map *map);

/* header.c: header and tables of an image, kept while it runs */
struct csw_header *csw_header_new(const void *tables, size_t size,
				  const char *name, struct mrb_error *err);
struct csw_header *csw_header_get(struct csw_header *header);
void csw_header_put(struct csw_header *header);
/* "2.0.0" into a buffer of CSW_VERSION_LEN. */
#define CSW_VERSION_LEN	20
const char *csw_version(char *buf, const struct mrb_version *version);
enum codeswap_relation csw_relation(const struct csw_header *old, const struct csw_header *new);
/* SHA-256 of @len bytes of running memory at @address, by ops->read. */
int csw_digest_memory(struct codeswap_device *cdev, u64 address, size_t len, u8 *digest);

/* stage.c: one image, as it arrives and after */
struct csw_stage {
	refcount_t ref;
	u64 received;
	u8 *head;		/* collects header and tables, %NULL afterwards */
	u32 head_size;		/* bytes wanted in @head */
	struct csw_header *header;	/* %NULL until it is whole */
	struct csw_mem *mem;
	struct mrb_check check;
	struct sha256_ctx *sha;
	struct mrb_signature trailer;
	u8 *signature;		/* as @trailer tells, %NULL until that is whole */
	u32 behind;		/* bytes of trailer and signature that have come */
};

struct csw_stage *csw_stage_new(void);
struct csw_stage *csw_stage_get(struct csw_stage *stage);
void csw_stage_put(struct csw_stage *stage);
ssize_t csw_stage_write(struct csw_stage *stage, struct iov_iter *from,
			const char *name, struct csw_error *err);
bool csw_stage_takes_file(const struct csw_stage *stage);
void *csw_stage_place(const struct csw_stage *stage, size_t *room);
int csw_stage_placed(struct csw_stage *stage, size_t n, struct csw_error *err);
bool csw_stage_complete(const struct csw_stage *stage);
int csw_stage_finish(struct csw_stage *stage, struct csw_error *err);
u64 csw_stage_size(const struct csw_stage *stage);	/* 0: not known yet */
extern const struct mrb_digest_ops csw_sha256;

/* kept.c: the image that runs, for when it crashes */
void csw_keep(struct codeswap_device *cdev, struct csw_stage *stage);
void csw_keep_none(struct codeswap_device *cdev);
void csw_kept_crashed(struct codeswap_device *cdev);
void csw_kept_untried(struct codeswap_device *cdev, struct csw_stage *stage);

/* signature.c */
int csw_signature_check(struct csw_header *header, const void *signature,
			size_t size, struct csw_error *err);

/* extents.c: parts of running memory that an update touches, or need not. */
struct csw_ranges {
	struct codeswap_extent *array;
	unsigned int num;
	unsigned int room;
};

void csw_ranges_free(struct csw_ranges *r);
u64 csw_ranges_bytes(const struct csw_ranges *r);
int csw_find_same(struct codeswap_device *cdev, const struct mrb_image *old,
		  const struct mrb_image *new, const struct csw_mem *mem,
		  u64 staged, struct csw_ranges *same);
int csw_add_rest(struct csw_ranges *to, const struct mrb_segment *s, u64 staged,
		 const struct csw_ranges *same);

/* check.c: what the host can tell before the device is touched */
typedef void (*csw_item_fn)(void *data, const struct csw_item *item);
int csw_check(struct codeswap_device *cdev, const struct csw_header *new,
	      const struct csw_params *params, csw_item_fn fn, void *data,
	      struct csw_error *err);
int csw_check_plan(struct codeswap_device *cdev, const struct csw_header *new,
		   const struct csw_header *old, const struct csw_ranges *copied,
		   const struct csw_params *params, csw_item_fn fn, void *data,
		   struct csw_plan *plan, struct csw_error *err);
int csw_check_overlay(struct codeswap_device *cdev, const struct csw_header *new,
		      const struct csw_mem *mem, const struct csw_params *params,
		      csw_item_fn fn, void *data, struct csw_error *err);
/* Whether @new is the very image that runs. */
bool csw_is_running(struct codeswap_device *cdev, const struct csw_header *new);

/**
 * struct csw_update - one device's part of a job
 * @job: it belongs to
 * @cdev: a reference; @cdev->update is this until it ends
 * @id: counts the updates of the module
 * @work: runs it
 * @bound: @cdev has been claimed and not been let go; under @cdev->lock
 * @started: @work is queued or runs; under @cdev->lock
 * @hold: wait in ready; under @cdev->lock
 * @cancel: give up if that is still possible
 * @rollback: go back while the new image is proving; under @cdev->lock
 * @proved: too late for that; under @cdev->lock
 * @member: it was started with others of its job, to meet them
 * @arrived: it has met them; under their meet_lock
 * @has_slot: it is one of those whose I/O may be interrupted; see turn.c
 */
struct csw_update {
	struct csw_job *job;
	struct codeswap_device *cdev;
	u64 id;
	struct work_struct work;
	bool bound;
	bool started;
	bool hold;
	bool cancel;
	bool rollback;
	bool proved;
	bool member;
	bool arrived;
	bool has_slot;
};

/* batch.c: updates of one job that meet in ready */
bool csw_batch_waits(const struct csw_update *update);
bool csw_batch_meet(struct csw_update *update);
bool csw_batch_cancel(struct csw_update *update);
const char *csw_batch_spoiler(const struct csw_update *update);
void csw_batch_leave(struct csw_update *update, bool well);

/* turn.c: who may interrupt its I/O */
bool csw_turn_take(struct csw_update *update, bool slot);
void csw_turn_free_slot(struct csw_update *update);
void csw_turn_end(struct csw_update *update);
void csw_turn_wake(void);

/* update.c */
const struct csw_params *csw_update_params(const struct csw_update *update);
struct csw_stage *csw_update_stage(const struct csw_update *update);
void csw_update_end(struct csw_update *update, enum codeswap_result result,
		    const struct csw_error *err);
int csw_update_start(struct csw_update *update, bool hold, struct csw_error *err);
struct csw_update *csw_update_get(struct codeswap_device *cdev);
void csw_update_put(struct csw_update *update);
int csw_update_cancel(struct csw_update *update, enum codeswap_result result,
		      const struct csw_error *why);
bool csw_update_commit(struct csw_update *update, enum codeswap_phase phase);
void csw_update_gone(struct codeswap_device *cdev);

/* event.c */
void csw_event_init(struct codeswap_device *cdev);
void csw_event_exit(struct codeswap_device *cdev);
void csw_event_minimal(struct codeswap_device *cdev);
int csw_self_test(const struct codeswap_device *cdev, struct csw_error *err);
void csw_event_forget(struct codeswap_device *cdev, unsigned long events);
unsigned long csw_event_wait(struct codeswap_device *cdev, unsigned long events,
			     bool *stop, unsigned long *remaining);
unsigned long csw_event_wait_ms(struct codeswap_device *cdev,
				unsigned long events, unsigned int ms);
unsigned long csw_event_poll_ms(struct codeswap_device *cdev,
				unsigned long events, unsigned int ms);
void csw_event_look(struct codeswap_device *cdev);
void csw_op_unlock(struct codeswap_device *cdev);

/* A dependent module as it was before the update. */
struct csw_kept_module {
	char name[MRB_NAME_LEN];
	struct codeswap_module_info info;
	void *buf;
};

/* From ready to proving. */
#define CSW_BLACKOUT_PHASES	5

/**
 * struct csw_swap - an update that runs
 * @update: it is for
 * @cdev: its device
 * @ops: the driver's
 * @old: what runs, %NULL in the boot ROM
 * @new: what is to run
 * @image: the staged image as mapped for the device, read-only
 * @work: private staging memory, writable: hand-over block and what it names
 * @work_mem: its memory
 * @data_at: offset in @work_mem of the private copy of each segment, for data
 * @reports_at: offset of the item reports
 * @reports_seen: items already copied to the device
 * @same: text that is the same in the old and in the new image
 * @copied: what is overlaid
 * @kept: of the old image, what is kept aside; text first, then data
 * @kept_text: entries of @kept that are text
 * @kept_data: the others are there, too
 * @kept_mem: their bytes, one after another
 * @buf: to compare with
 * @modules: as they were
 * @num_modules: entries in @modules
 * @blackout: when it began
 * @blackout_ns: how long it was, 0 if it has not ended
 * @copy_ns: of these, for overlay and verification
 * @untold: of phases that were entered in the blackout, or right before it
 * @num_untold: entries in @untold
 * @error: why it did not work
 */
struct csw_swap {
	struct csw_update *update;
	struct codeswap_device *cdev;
	const struct codeswap_ops *ops;
	struct csw_header *old;
	struct csw_header *new;
	struct csw_map image;
	struct csw_map work;
	struct csw_mem *work_mem;
	size_t data_at[MRB_MAX_SEGMENTS];
	size_t reports_at;
	u32 reports_seen;
	struct csw_ranges same;
	struct csw_ranges copied;
	struct csw_ranges kept;
	unsigned int kept_text;
	bool kept_data;
	struct csw_mem *kept_mem;
	void *buf;
	struct csw_kept_module modules[MRB_MAX_SEGMENTS];
	unsigned int num_modules;
	ktime_t blackout;
	u64 blackout_ns;
	u64 copy_ns;
	struct csw_status untold[CSW_BLACKOUT_PHASES];
	unsigned int num_untold;
	struct csw_error error;
};

/* swap.c */
void csw_swap_work(struct work_struct *work);
void csw_swap_tell(struct csw_swap *swap);
/* Those before it in a serial batch have not come through. */
#define CSW_NOT_ITS_TURN \
	"in its turn, because another device of the batch failed"
int csw_cancelled(struct csw_swap *swap, const char *when);
void csw_swap_blackout_ended(struct csw_swap *swap, ktime_t when);

/* load.c: an image for a device in its boot ROM */
enum codeswap_result csw_load(struct csw_swap *swap);

/* prove.c: does what was started live, and is it what it should be */
int csw_start(struct csw_swap *swap, const struct csw_header *header,
	      enum codeswap_start kind, u64 argument);
int csw_prove(struct csw_swap *swap, bool *stop);

/* handover.c: what the bootstrap is told and tells */
int csw_handover_create(struct csw_swap *swap);
void csw_handover_destroy(struct csw_swap *swap);
void csw_handover_command(struct csw_swap *swap, enum codeswap_ho_command command);
void csw_handover_items(struct csw_swap *swap);
u64 csw_handover_old_state(struct csw_swap *swap);
u64 csw_handover_new_state(struct csw_swap *swap);
void csw_handover_reason(struct csw_swap *swap, char *buf, size_t len);

/* overlay.c: running memory: plan, keep aside, overlay, verify, put back */
int csw_add_segments(struct csw_ranges *to, const struct mrb_image *image,
		     enum mrb_segment_kind kind, const struct csw_ranges *same,
		     const struct csw_swap *swap);
int csw_overlay_plan(struct csw_swap *swap);
void csw_overlay_free(struct csw_swap *swap);
int csw_keep_text(struct csw_swap *swap);
int csw_keep_data(struct csw_swap *swap);
int csw_overlay(struct csw_swap *swap);
int csw_verify(struct csw_swap *swap);
int csw_put_back(struct csw_swap *swap);

/* modules.c: dependent modules: keep aside, put back */
int csw_modules_keep(struct csw_swap *swap);
int csw_modules_put_back(struct csw_swap *swap);
void csw_modules_free(struct csw_swap *swap);

/* rollback.c: ways back */
enum codeswap_result csw_give_up_bootstrap(struct csw_swap *swap, bool crashed);
enum codeswap_result csw_give_up_ready(struct csw_swap *swap);
enum codeswap_result csw_give_up_quiesced(struct csw_swap *swap, bool parked);
enum codeswap_result csw_roll_back(struct csw_swap *swap);
enum codeswap_result csw_reset_to_rom(struct csw_swap *swap);

#endif /* CSW_UPDATE_H */
