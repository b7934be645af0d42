/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The adapter's run-time: one thread, on the first hart, and one interrupt
 * handler, on all of them.
 *
 * Rings, logins and the live state are touched by the interrupt handlers only,
 * or by the thread with interrupts masked; always with the lock of harts.c
 * held, which is the hardware's mutex. Commands and updates are the first
 * hart's business alone. The thread answers pings and runs the bootstrap of a
 * new image; nothing that a host's request waits for.
 */
#ifndef FW_HBA_H
#define FW_HBA_H

#include "hw.h"
#include "formats.h"
#include <linux/codeswap_handover.h>
#include FW_VERSION_HEADER

#if FW_LOGIN_FORMAT == 1
typedef struct login_v1 login_entry;
#else
typedef struct login_v2 login_entry;
#endif

/* What start.S saves of an interrupted thread. */
struct trap_frame {
	u32 ra, t[7], a[8];
	u32 mepc;
	u32 mstatus;
	u32 sp;
	u32 pad;
};

/* start.S */
void cold_entry(void);
void thread_entry(void);
void hart_park(void) __attribute__((noreturn));

/* trap.c */
void trap_handler(struct trap_frame *frame, u32 cause);
void crash(void) __attribute__((noreturn));
void panic(void) __attribute__((noreturn));

/* main.c */
#define JOB_PING	(1u << 0)
#define JOB_UPDATE	(1u << 1)
#define JOB_QUIESCE	(1u << 2)
#define JOB_UNDO	(1u << 3)
void image_start(u32 argument, u32 kind);
void thread_main(void) __attribute__((noreturn));
void thread_post(u32 jobs);
bool thread_is_busy(void);
bool image_is_proved(void);
void image_commit(void);
extern struct image_data image_data;

/* harts.c */
extern u32 harts_present;
void harts_init(void);
void harts_let_in(void);
void hart_begin(void);
void harts_gather(void);
bool harts_gathered(void);
void harts_call_roll(void);
bool harts_are_present(void);
void harts_park(void);
void harts_release(void);
void hart_software_interrupt(void);

/* Interrupts are masked. A hart alone needs no lock, and pays little for it. */
static inline void harts_lock(void)
{
	if (harts_present > 1)
		while (!mmio_read(mbox_bank() + HBA_MBOX_MUTEX))
			;
}

static inline void harts_unlock(void)
{
	if (harts_present > 1)
		mmio_write(mbox_bank() + HBA_MBOX_MUTEX, 0);
}

/* Lets another hart in between. False: none can have been. */
static inline bool harts_yield(void)
{
	if (harts_present == 1)
		return false;
	harts_unlock();
	harts_lock();
	return true;
}

/* command.c */
void command_service(struct trap_frame *frame);

/* state.c */
#define STATE_INDEX_LOGINS	0u
extern struct codeswap_state_directory *state_dir;
void state_init(u32 argument, u32 kind);
struct codeswap_state *state_find(const char *name);
void state_journal_start(void);
void state_journal_stop(void);
void state_journal(u32 state, u32 entry);

/* login.c */
void login_init(void);
bool login_valid(u32 handle, u64 wwpn);
u32 login_add(u64 wwpn, u32 parameters, u32 *handle);
u32 login_remove(u32 handle);
u32 login_query(u32 handle, struct hba_login *login);
void login_count(u32 *logins, u32 *capacity);
void login_count_request(u32 handle, u32 opcode);

/* ring.c */
struct ring {
	u32 page_register;	/* of the mailbox, tells where the ring is */
	u32 irq;
	volatile struct hba_ring_page *page;	/* NULL: no ring yet */
	u32 entries;
	u32 promised;		/* completions that will come */
	bool interrupt;		/* completions the host was not told of */
};

void ring_init(struct ring *ring, u32 page_register, u32 irq);
bool ring_waits_at(struct ring *ring, u32 index);
bool ring_next(struct ring *ring, struct hba_request *request);
void ring_consume(struct ring *ring);
void ring_complete(struct ring *ring, const struct hba_completion *completion);
void ring_interrupt_host(struct ring *ring);

/* dma.c */
#define DMA_ADMIN_CHANNEL	(HBA_DMA_CHANNELS - 1)
#define DMA_NO_CHANNEL		HBA_DMA_CHANNELS
#define DMA_WORDS		(HBA_DMA_CHANNELS / 32)
static inline u32 dma_register(u32 channel, u32 reg)
{
	return HBA_DMA_BASE + channel * HBA_DMA_STRIDE + reg;
}

u32 dma_take_channel(bool spare_one);
bool dma_is_busy(u32 channel);
bool dma_is_done(u32 channel);
bool dma_is_idle(void);
u32 dma_done(u32 word);
u32 dma_busy(u32 word);
u32 dma_finish(u32 channel);
u32 dma_status(u32 ctrl);

/* io.c: the I/O ring and its channels */
void io_init(void);
void io_service(void);
void io_channels_done(void);
void io_interrupt_host(void);

/* inflight.c: what is in a channel */
struct flight {
	u32 index;		/* in the ring */
	u32 generation;
	u32 handle;
	u16 tag;
	u8 opcode;
	bool fua;		/* a flush is to follow */
};

void flight_save(u32 channel, const struct flight *flight);
void flight_load(u32 channel, struct flight *flight);

/* admin.c: the admin ring */
void admin_init(void);
void admin_service(void);
void admin_channel_done(void);
void admin_interrupt_host(void);

/* link.c */
void link_init(void);

/* pla.c */
#if FW_PLA_GUARD
void pla_init(void);
#else
static inline void pla_init(void) { }
#endif

/* stats.c */
#if FW_LOGIN_FORMAT >= 2
void stats_init(void);
void stats_count(u32 priority);
#else
static inline void stats_init(void) { }
static inline void stats_count(u32 priority) { }
#endif

/* service.c: both rings together */
void service_init(void);
void service_enable(void);
void service_rings(void);
bool service_is_idle(void);
void service_stop(void);
void service_resume(void);
bool service_is_stopped(void);

/* update.c */
void update_run(u32 jobs);
void update_request(u32 handover);
bool update_owns_thread(void);
void update_park(void);
void update_drop_bootstrap(struct trap_frame *frame);

#endif /* FW_HBA_H */
