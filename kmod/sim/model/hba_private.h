/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Inside of the device model: what its files share with one another, and with
 * unit tests that look into a hart. Nobody else includes this.
 */
#ifndef HBA_PRIVATE_H
#define HBA_PRIVATE_H

#include "hba.h"

/* Machine-mode causes, RISC-V privileged architecture 1.12, table 3.6. */
enum hart_cause {
	CAUSE_FETCH_MISALIGNED = 0,
	CAUSE_FETCH_FAULT = 1,
	CAUSE_ILLEGAL = 2,
	CAUSE_BREAKPOINT = 3,
	CAUSE_LOAD_FAULT = 5,
	CAUSE_STORE_FAULT = 7,
	CAUSE_MACHINE_ECALL = 11,
};

/* Interrupts: number, and bit in mip and mie. */
#define IRQ_SOFTWARE	3
#define IRQ_TIMER	7
#define IRQ_EXTERNAL	11
#define MIP_MSIP	(1u << IRQ_SOFTWARE)
#define MIP_MTIP	(1u << IRQ_TIMER)
#define MIP_MEIP	(1u << IRQ_EXTERNAL)
#define MIP_ALL		(MIP_MSIP | MIP_MTIP | MIP_MEIP)
#define CAUSE_INTERRUPT	(1u << 31)

#define MSTATUS_MIE	(1u << 3)
#define MSTATUS_MPIE	(1u << 7)
#define MSTATUS_MPP	(3u << 11)	/* machine mode is the only one */

#define MTVEC_VECTORED	1u

/*
 * The host memory that an access of one kind touched last. The pointer is
 * what port->translate() gave, so it is dropped by hba_tlb_flush(). The
 * fetch entry also serves RAM, ROM and scratch, which never move.
 */
struct hba_tlb {
	u32 base;
	u32 size;	/* 0: empty */
	u8 *ptr;
};

enum hart_state { HART_RUNNING, HART_WAITING, HART_HALTED };

/**
 * struct hart - one RV32IM hart with Zicsr and machine mode
 * @x: integer registers; x[0] is put back to zero after each instruction
 * @pc: of the instruction that is being or will be executed
 * @id: mhartid
 * @state: running, in wfi, or halted
 * @resync: leave the fast loop: interrupts or @state may have changed
 * @vector: where the last exception went; odd if there was none
 * @mstatus: MIE and MPIE only; the other fields read as constants
 * @mie: MIP_* bits
 * @mtvec: base, and MTVEC_VECTORED
 * @mscratch: for software
 * @mepc: multiple of 4
 * @mcause: enum hart_cause, or CAUSE_INTERRUPT and a number
 * @mtval: address or instruction
 * @pmpcfg: region 0 of memory protection, which binds nobody
 * @pmpaddr: likewise
 * @steps: instructions begun; with @cycle_offset what mcycle shows
 * @traps: those of them that did not retire
 * @cycle_offset: mcycle - @steps
 * @instret_offset: minstret - (@steps - @traps)
 * @fetch: for instructions
 * @load: for loads from the window
 * @store: for stores to the window
 */
struct hart {
	u32 x[32];
	u32 pc;
	u32 id;
	enum hart_state state;
	bool resync;
	u32 vector;
	u32 mstatus;
	u32 mie;
	u32 mtvec;
	u32 mscratch;
	u32 mepc;
	u32 mcause;
	u32 mtval;
	u32 pmpcfg;
	u32 pmpaddr;
	u64 steps;
	u64 traps;
	u64 cycle_offset;
	u64 instret_offset;
	struct hba_tlb fetch;
	struct hba_tlb load;
	struct hba_tlb store;
};

#define HBA_CACHE_BYTES		(256u << 10)	/* size of the read cache */

struct hba_mailbox_command {
	u32 code;
	u32 arg[2];
};

/**
 * struct hba_mailbox - mailbox registers
 * @pending: HBA_PEND_*; any context
 * @busy: a hart runs, so hba_run() has work; any context
 * @wake: bits of @pending that would wake a waiting hart; any context
 * @enable: bits of @pending that raise the external interrupt of each hart
 * @owner: number of the hart that has the mutex, plus one; 0: it is free
 * @queue: commands that wait
 * @head: oldest one
 * @count: how many
 * @evt_arg: for the next event of each hart
 * @io_page: IOVA of the I/O ring
 * @admin_page: IOVA of the admin ring
 * @start_arg: of the last start
 * @start_kind: likewise
 * @scratch: for software
 * @link_ctrl: link registers, which do nothing but stay
 * @cache_bytes: in the read cache
 */
struct hba_mailbox {
	hba_word pending;
	hba_word busy;
	hba_word wake;
	u32 enable[HBA_MAX_HARTS];
	u32 owner;
	struct hba_mailbox_command queue[HBA_CMD_DEPTH];
	u32 head;
	u32 count;
	u32 evt_arg[HBA_MAX_HARTS][4];
	u32 io_page;
	u32 admin_page;
	u32 start_arg;
	u32 start_kind;
	u32 scratch[2];
	u32 link_ctrl;
	u32 cache_bytes;
};

struct hba_clint {
	u32 msip[HBA_MAX_HARTS];
	u64 mtimecmp[HBA_MAX_HARTS];
	u64 offset;	/* mtime - ticks of port->now() */
};

#define HBA_DMA_MAX_BYTES	HBA_IOVA_REQUEST_STRIDE

/**
 * struct hba_dma_channel - one channel
 * @status: op and HBA_DMA_ST_*, as CTRL reads
 * @outstanding: pieces that the port finishes later, one more while pieces
 *	are still being handed out; 0: idle or done
 * @iova: host memory
 * @sector: on the medium
 * @bytes: of the transfer
 * @local: device memory
 * @cookie: for software
 */
struct hba_dma_channel {
	u32 status;
	u32 outstanding;
	u64 iova;
	u64 sector;
	u32 bytes;
	u32 local;
	u32 cookie[4];
};

struct hba_dma {
	struct hba_dma_channel channel[HBA_DMA_CHANNELS];
	u32 done[HBA_DMA_CHANNELS / 32];
	u32 busy[HBA_DMA_CHANNELS / 32];
	u32 current_channel;
	u64 current_iova;
};

struct hba_module {
	u8 *mem;
	u32 version;
	u32 patch;
	u32 length;
	u32 crc;
	u32 addr;
	u32 new_version;
	u32 new_patch;
	u32 new_length;
};

struct hba {
	struct hba_config config;
	u8 *ram;	/* copies of what is in @config, for the fast path */
	u32 ram_size;
	struct hart hart[HBA_MAX_HARTS];
	struct hba_mailbox mailbox;
	struct hba_clint clint;
	struct hba_dma dma;
	struct hba_module module[2];
	u16 guard;
};

/* hba.c */
void harts_halt(struct hba *hba, const struct hart *except);

/* hart.c */
void hart_start(struct hba *hba, struct hart *h, u32 pc, u32 a0, u32 a1);
bool hart_runnable(const struct hba *hba, const struct hart *h);
void hart_interrupt(struct hba *hba, struct hart *h);
u32 hart_trap(struct hba *hba, struct hart *h, u32 cause, u32 tval);

/* execute.c */
u32 hart_slice(struct hba *hba, struct hart *h, u32 max);

/* csr.c */
u32 csr_pending(const struct hba *hba, const struct hart *h);
bool csr_access(struct hba *hba, struct hart *h, u32 insn);

/* bus.c: false: access fault */
bool bus_fetch(struct hba *hba, struct hart *h, u32 address);
bool bus_load(struct hba *hba, struct hart *h, u32 address, u32 size, u32 *value);
bool bus_store(struct hba *hba, struct hart *h, u32 address, u32 size, u32 value);
u8 *bus_local(struct hba *hba, u32 address, u32 bytes);
void bus_error(struct hba *hba, u64 iova, u32 bytes, bool write);

/*
 * Registers of the devices on the bus, 32 bits each, offset a multiple of 4
 * and inside the device. False: there is no such register, or not that way.
 */
bool mailbox_read(struct hba *hba, u32 offset, u32 *value);
bool mailbox_write(struct hba *hba, u32 offset, u32 value);
bool clint_read(struct hba *hba, u32 offset, u32 *value);
bool clint_write(struct hba *hba, u32 offset, u32 value);
bool dma_read(struct hba *hba, u32 offset, u32 *value);
bool dma_write(struct hba *hba, u32 offset, u32 value);
bool module_read(struct hba *hba, u32 id, u32 offset, u32 *value);
bool module_write(struct hba *hba, u32 id, u32 offset, u32 value);

/* mailbox.c */
void mailbox_reset(struct hba *hba);
void mailbox_start(struct hba *hba, u32 kind, u32 arg);
void mailbox_publish(struct hba *hba);
void mailbox_event(struct hba *hba, u32 code, const u32 arg[4]);

static inline bool mailbox_external(const struct hba *hba, u32 hart)
{
	return hba_word_get(&hba->mailbox.pending) & hba->mailbox.enable[hart];
}

/* clint.c */
void clint_reset(struct hba *hba);
u64 clint_mtime(const struct hba *hba);
u64 clint_deadline(const struct hba *hba, u32 hart);

/* dma.c */
void dma_reset(struct hba *hba);

/* module.c */
void module_init(struct hba *hba);
void module_reset(struct hba *hba);

#endif /* HBA_PRIVATE_H */
