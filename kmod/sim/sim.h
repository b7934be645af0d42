/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The simulated adapter's driver: what its files share.
 *
 * One adapter is three things with one lock each:
 *
 *	hardware	the device model in model/, run by the hart thread;
 *			hw_lock, a mutex, serialises every call into it
 *	queues		rings, requests in flight, logins, the gate;
 *			lock, a spinlock, protects all of them together
 *	wiring		made before the adapter is seen and taken down after
 *			it is gone; constant in between
 *
 * hw_lock is taken before lock. The model calls back (translate, medium,
 * event, irq) under hw_lock.
 */
#ifndef CODESWAP_SIM_H
#define CODESWAP_SIM_H

#include <linux/atomic.h>
#include <linux/blk-mq.h>
#include <linux/codeswap.h>
#include <linux/hashtable.h>
#include <linux/list.h>
#include <linux/mempool.h>
#include <linux/mutex.h>
#include <linux/scatterlist.h>
#include <linux/spinlock.h>
#include <linux/wait.h>
#include <linux/workqueue.h>

#include "hba_abi.h"
#include "model/hba.h"

struct platform_device;
struct seq_file;

#define SIM_NAME_LEN		16
#define SIM_PATH_LEN		256
#define SIM_MAX_SEGMENTS	128	/* pieces of one request */
#define SIM_MAX_BYTES		(512u << 10)	/* of one request's data */
#define SIM_DISCARD_BYTES	(16u << 20)	/* of one discard */
#define SIM_QUEUE_DEPTH_MAX	128	/* below HBA_RING_ENTRIES: rings never fill */
#define SIM_LOGINS_MAX		65536
#define SIM_ADMIN_SLOTS		64	/* admin requests in the ring at a time */

/* Names of initiators: those logged in at start, and those of churn. */
#define SIM_WWPN		0x20000000c5000000ull
#define SIM_WWPN_CHURN		0x20000000c6000000ull
#define SIM_CHURN_INITIATORS	32

/*
 * What a user chose; see Documentation/simulated-adapter.rst. All numbers are
 * u64, so that one pair of functions shows and stores them.
 */
struct sim_config {
	u64 memory_size;	/* bytes of running memory */
	u64 harts;
	u64 block_size;		/* 512 or 4096 */
	u64 queue_depth;
	u64 size;		/* bytes of the medium */
	u64 logins;		/* initiators at start; all carry I/O */
	u64 max_logins;		/* entries of the firmware's login table */
	char type[MRB_TYPE_LEN];
	char backing[SIM_PATH_LEN];	/* of the medium; empty: memory */
	const char *defect;	/* one of sim_defects */
};

/**
 * struct sim_medium - what the disk's contents are kept in
 * @list: of those that are in a file
 * @size: bytes
 * @memory: of them; %NULL if they are in @file
 * @file: regular file or block device, or %NULL
 * @pool: of operations that are put off, if there is a file
 * @wq: does them
 * @flush_lock: one flush at a time
 * @failures: of flushes; changes under @flush_lock
 * @reported: of these, when the last flush was begun; under hw_lock
 */
struct sim_medium {
	struct list_head list;
	u64 size;
	u8 *memory;
	struct file *file;
	mempool_t *pool;
	struct workqueue_struct *wq;
	struct mutex flush_lock;	/* see @failures */
	unsigned int failures;
	unsigned int reported;
};

/**
 * struct sim_ring - submission and completion ring in coherent memory
 * @page: indices, shared with the device
 * @sq: requests, read-only for the device
 * @cq: completions
 * @answers: where the device puts the data of admin requests
 * @dma: of all that
 * @prod: ours; what the page says is never read back
 * @cons: ours
 */
struct sim_ring {
	struct hba_ring_page *page;
	struct hba_request *sq;
	struct hba_completion *cq;
	struct hba_login *answers;
	dma_addr_t dma;
	u32 prod;
	u32 cons;
};

/* Offsets in a ring's memory; everything before the SQ is writable. */
#define SIM_RING_PAGE		0x0000
#define SIM_RING_CQ		0x1000
#define SIM_RING_ANSWERS	0x2000
#define SIM_RING_SQ		0x4000
#define SIM_RING_BYTES		0x8000

#define SIM_IO_IOVA		HBA_IOVA_RINGS
#define SIM_ADMIN_IOVA		(HBA_IOVA_RINGS + 0x10000)

/**
 * struct sim_login - an initiator and its handle in the firmware's table
 * @list: in sim_adapter.logins
 * @hash: in sim_adapter.logins_by_wwpn
 * @io_list: in sim_adapter.io_logins, or empty
 * @wwpn: its name
 * @handle: from the firmware
 * @credits: asked for; not the same for neighbours, so that a table that was
 *	mixed up is found out
 * @in_flight: requests in the ring that name it
 * @carries_io: one of those logged in at start
 * @leaving: takes no new requests; logged out when @in_flight is 0
 */
struct sim_login {
	struct list_head list;
	struct hlist_node hash;
	struct list_head io_list;
	u64 wwpn;
	u32 handle;
	u32 credits;
	u32 in_flight;
	bool carries_io;
	bool leaving;
};

/**
 * struct sim_cmd - an I/O request on its way, behind struct request
 * @list: in sim_adapter.in_flight, in order of @generation
 * @generation: unlike any other request's
 * @opcode: enum hba_opcode
 * @fua: to be durable when complete
 * @sgt: its data as mapped for the device, over @sgl
 * @dir: direction of that
 * @put_off: operations on its data that the medium has put off
 * @login: on whose behalf; %NULL while it waits for the gate
 * @status: when it is done
 * @sgl: room for @sgt
 */
struct sim_cmd {
	struct list_head list;
	u32 generation;
	u16 opcode;
	bool fua;
	struct sg_table sgt;
	enum dma_data_direction dir;
	atomic_t put_off;
	struct sim_login *login;
	blk_status_t status;
	struct scatterlist sgl[];
};

/**
 * struct sim_admin - an admin request, on the stack of who waits for it
 * @opcode: enum hba_opcode
 * @epoch: of the login table it is for; SIM_ANY_EPOCH: wait until there is one
 * @handle: for logout and query
 * @wwpn: for login and logout
 * @bytes: for login the parameters, for query the size of the answer
 * @login: to be entered or removed; the slot's own once it is sent
 * @sent: it is in the ring, or was
 * @error: result
 * @done: @error and what follows are valid
 * @info: of the completion
 * @answer: to a query
 */
struct sim_admin {
	u16 opcode;
	u32 epoch;
	u32 handle;
	u64 wwpn;
	u32 bytes;
	struct sim_login *login;
	bool sent;
	int error;
	bool done;
	u32 info[2];
	struct hba_login answer;
};

#define SIM_ANY_EPOCH	0	/* epochs are counted from 1 */

/**
 * struct sim_admin_slot - an admin request in the ring
 * @busy: sent, not completed
 * @op: who waits; %NULL if nobody does, or not any more
 * @login: follows from the completion, whoever waits
 * @opcode: of the request
 * @generation: of the request
 */
struct sim_admin_slot {
	bool busy;
	struct sim_admin *op;
	struct sim_login *login;
	u16 opcode;
	u32 generation;
};

enum sim_counter {
	SIM_REQUESTS,
	SIM_COMPLETIONS,
	SIM_ERRORS,		/* completions with a status that is not good */
	SIM_NOT_LOGGED_IN,	/* those of them that must never be */
	SIM_RESUBMITTED,
	SIM_DUPLICATES,		/* dropped: no such request, or no more */
	SIM_UNKNOWN,		/* dropped: no such tag */
	SIM_RING_ERRORS,	/* producer index out of the ring */
	SIM_BUS_ERRORS,
	SIM_BAD_EVENTS,
	SIM_LOGIN_FAILURES,	/* logins and logouts refused by the firmware */
	SIM_LOGIN_MISMATCHES,	/* the firmware knows a login differently */
	SIM_DOORBELLS,
	SIM_STARTS,
	SIM_RESETS,
	SIM_INSTRUCTIONS,
	SIM_COUNTERS,
};

/* Where an op can be held, fail or corrupt what it copies; see faults.c. */
enum sim_fault_point {
	SIM_FAULT_NONE,
	SIM_FAULT_ATTACH,
	SIM_FAULT_BOOTSTRAP,
	SIM_FAULT_QUIESCE,
	SIM_FAULT_OVERLAY,
	SIM_FAULT_VERIFY,	/* a read between an overlay and the next start */
	SIM_FAULT_WRITE,
	SIM_FAULT_START,
	SIM_FAULT_COMMIT,
	SIM_FAULT_POINTS,
};

/**
 * struct sim_faults - switches, set by debugfs, struck by ops
 * @wq: who is held, and who waits for that
 * @hold: enum sim_fault_point
 * @fail: likewise
 * @corrupt: likewise
 * @held: an op waits at @hold
 * @overlaid: running memory was written since the last start; ops only
 */
struct sim_faults {
	wait_queue_head_t wq;
	u32 hold;
	u32 fail;
	u32 corrupt;
	bool held;
	bool overlaid;
};

/* An adapter that has power. */
struct sim_adapter {
	/* Wiring. */
	struct sim_config config;
	char name[SIM_NAME_LEN];
	struct platform_device *pdev;
	struct codeswap_device *cdev;
	struct dentry *debugfs;
	struct blk_mq_tag_set tags;
	struct gendisk *disk;
	struct work_struct show_work;	/* makes the disk seen */
	bool shown;			/* of show_work; then of sim_disk_exit() */
	struct task_struct *hart;
	struct sim_medium medium;
	wait_queue_head_t hart_wq;	/* the hart thread, for work */

	/* Hardware, protected by hw_lock. */
	struct mutex hw_lock;
	struct hba *hba;
	void *ram;
	void *scratch;
	void *flash;
	void *pla;
	u32 irqs;			/* HBA_IRQ_* not yet seen to */
	enum codeswap_start started_as;
	struct list_head regions;	/* what the IOMMU maps, by IOVA */

	/* Queues, protected by lock. */
	spinlock_t lock;
	bool gone;			/* power is off: nothing is let in any more */
	bool gate;			/* logins are done: requests go to the ring */
	u32 epoch;			/* grows when the firmware's login table is lost */
	u32 login_epoch;		/* what logins_work is to fill */
	u32 generation;
	struct sim_ring io;
	struct list_head in_flight;	/* of struct sim_cmd */
	struct sim_cmd *cmds[SIM_QUEUE_DEPTH_MAX];	/* by tag; read by translate */
	struct sim_ring admin;
	struct sim_admin_slot slots[SIM_ADMIN_SLOTS];
	wait_queue_head_t admin_wq;	/* for slots, answers, the gate, drained logins */
	struct list_head logins;
	DECLARE_HASHTABLE(logins_by_wwpn, 10);
	struct list_head io_logins;	/* in turn: the next request is the first one's */

	struct work_struct logins_work;
	struct delayed_work churn_work;
	unsigned int churn;		/* logins and logouts a second; READ_ONCE */
	unsigned int churn_next;	/* of churn_work alone, as is the next */
	unsigned int churn_owed;	/* in 1 / HZ */

	struct sim_faults faults;

	atomic64_t counters[SIM_COUNTERS];
};

static inline void sim_count(struct sim_adapter *ad, enum sim_counter counter)
{
	atomic64_inc(&ad->counters[counter]);
}

/* rom.S */
extern const u8 sim_rom[];
extern const u8 sim_rom_end[];

/* main.c */
extern struct workqueue_struct *sim_wq;

/* configfs.c */
int sim_configfs_init(void);
void sim_configfs_exit(void);

/* config.c */
extern const char * const sim_defects[];	/* by enum hba_defect */
void sim_config_init(struct sim_config *config);
int sim_config_set(struct sim_config *config, const char *who,
		   const char *name, const char *text);
int sim_config_check(const struct sim_config *config, const char *who);

/* params.c */
int sim_params_init(void);
void sim_params_exit(void);

/* adapter.c */
int sim_id_get(void);
void sim_id_put(int id);
struct sim_adapter *sim_adapter_create(const struct sim_config *config,
				       unsigned int id);
void sim_adapter_destroy(struct sim_adapter *ad);

/* hardware.c */
int sim_hardware_init(struct sim_adapter *ad);
void sim_hardware_exit(struct sim_adapter *ad);

/* medium.c */
int sim_medium_init(struct sim_adapter *ad);
void sim_medium_exit(struct sim_adapter *ad);
void sim_medium_drain(struct sim_adapter *ad);
u32 sim_medium(void *ctx, u32 op, u64 sector, void *data, u32 bytes);

/* hart.c */
int sim_hart_start(struct sim_adapter *ad);
void sim_hart_stop(struct sim_adapter *ad);
void sim_hart_wake(struct sim_adapter *ad);
void sim_doorbell(struct sim_adapter *ad, u32 pending);

/* iommu.c */
int sim_iommu_map(struct sim_adapter *ad, u64 iova, void *memory, u64 size,
		  bool writable);
int sim_iommu_attach(struct sim_adapter *ad, struct sg_table *sgt, u64 size,
		     bool writable, u64 *iova);
void sim_iommu_unmap(struct sim_adapter *ad, u64 iova);
void sim_iommu_exit(struct sim_adapter *ad);
void sim_iommu_show(struct sim_adapter *ad, struct seq_file *m);
struct sim_cmd *sim_iommu_request(struct sim_adapter *ad, u64 iova);
void *sim_iommu_window(struct sim_adapter *ad, u64 iova, u32 *avail,
		       bool write);
void *sim_iommu_translate(void *ctx, u64 iova, u32 *avail, bool write);

/* rings.c */
int sim_rings_init(struct sim_adapter *ad);
void sim_rings_exit(struct sim_adapter *ad);
void sim_rings_reset(struct sim_adapter *ad);
void sim_ring_put(struct sim_ring *ring, const struct hba_request *request);
bool sim_ring_get(struct sim_adapter *ad, struct sim_ring *ring,
		  struct hba_completion *completion);

/* io.c */
int sim_io_submit(struct sim_adapter *ad, struct sim_cmd *cmd);
void sim_io_reap(struct sim_adapter *ad);
void sim_io_park(struct sim_adapter *ad);
void sim_io_open(struct sim_adapter *ad, u32 epoch);
void sim_io_fail(struct sim_adapter *ad);

/* disk.c */
int sim_disk_init(struct sim_adapter *ad);
void sim_disk_show(struct sim_adapter *ad);
void sim_disk_exit(struct sim_adapter *ad);
void sim_disk_drain(void);
void sim_disk_end(struct sim_adapter *ad, struct sim_cmd *cmd);

/* admin.c */
int sim_admin(struct sim_adapter *ad, struct sim_admin *op);
int sim_admin_post(struct sim_adapter *ad, struct sim_admin *op);
int sim_admin_drain(struct sim_adapter *ad, u32 epoch);
void sim_admin_reap(struct sim_adapter *ad);
void sim_admin_fail(struct sim_adapter *ad, int error);

/* logins.c */
void sim_logins_init(struct sim_adapter *ad);
void sim_logins_exit(struct sim_adapter *ad);
void sim_logins_begin(struct sim_adapter *ad);
void sim_logins_forget(struct sim_adapter *ad);
void sim_login_enter(struct sim_adapter *ad, struct sim_login *login);
void sim_login_stay(struct sim_adapter *ad, struct sim_login *login);
void sim_login_remove(struct sim_login *login);
struct sim_login *sim_login_find(struct sim_adapter *ad, u64 wwpn);
int sim_login(struct sim_adapter *ad, u64 wwpn);
int sim_logout(struct sim_adapter *ad, u64 wwpn);
void sim_churn(struct sim_adapter *ad, unsigned int rate);

/* modules.c */
int sim_module_info(struct codeswap_device *cdev, const char *name,
		    struct codeswap_module_info *info);
int sim_module_read(struct codeswap_device *cdev, const char *name,
		    u32 offset, void *buf, u32 len);
int sim_module_write(struct codeswap_device *cdev, const char *name,
		     const struct codeswap_module_info *info, const void *buf);

/* ops.c */
struct sim_adapter *sim_lock_hw(struct codeswap_device *cdev);
void sim_unlock_hw(struct sim_adapter *ad);
extern const struct codeswap_ops sim_codeswap_ops;
extern const struct codeswap_capability sim_capabilities[];
extern const unsigned int sim_num_capabilities;
void sim_event(void *ctx, const struct hba_event *event);

/* faults.c */
extern struct codeswap_ops sim_fault_ops;
void sim_faults_setup(void);
void sim_faults_init(struct sim_adapter *ad);
void sim_faults_release(struct sim_adapter *ad);
void sim_faults_add(struct sim_adapter *ad);

/* debugfs.c */
void sim_debugfs_init(void);
void sim_debugfs_exit(void);
void sim_debugfs_add(struct sim_adapter *ad);

#endif /* CODESWAP_SIM_H */
