/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The simulated adapter's hardware: harts, memory map, mailbox, timer, DMA
 * engine, dependent modules. It never trusts the firmware it runs: every
 * access is checked, every run is bounded. It allocates nothing and has no
 * globals: the owner supplies memory and a table of callbacks.
 *
 * Locking: the owner serialises all calls for one adapter with a lock of its
 * own, apart from those marked "any context", which only set atomic words
 * (and are followed by the owner's own wake-up of whoever calls hba_run()).
 */
#ifndef HBA_H
#define HBA_H

#include "port.h"
#include "../hba_abi.h"

struct hba;

struct hba_event {
	u32 code;		/* enum hba_event_code */
	u32 arg[4];
};

#define HBA_MEDIUM_LATER	(1u << 31)	/* see @medium */

/**
 * struct hba_port - what the adapter asks of the machine it sits in
 * @translate: host memory behind an IOVA. Returns a pointer that stays valid
 *	until hba_tlb_flush(), and the number of bytes from there on that lie
 *	behind one another in @avail; NULL if not mapped, or not for writing
 * @medium: carry out a DMA operation on the medium. @data is one piece of
 *	the transfer in host memory; a transfer comes as several calls, in
 *	order; it is whole sectors. FLUSH and DISCARD come without @data.
 *	Returns an HBA_DMA_ST_* error bit, 0, or HBA_MEDIUM_LATER: then the port
 *	finishes the piece by hba_dma_complete()
 * @event: an event posted by firmware or hardware, in order
 * @irq: HBA_IRQ_* from the firmware
 * @now: nanoseconds on a clock that never goes back
 *
 * All are called from hba_run() and the other calls that take the lock, with
 * the owner's lock held; they may sleep if the owner's lock allows it.
 */
struct hba_port {
	void *(*translate)(void *ctx, u64 iova, u32 *avail, bool write);
	u32 (*medium)(void *ctx, u32 op, u64 sector, void *data, u32 bytes);
	void (*event)(void *ctx, const struct hba_event *event);
	void (*irq)(void *ctx, u32 bits);
	u64 (*now)(void *ctx);
};

/* What is broken for good. */
enum hba_defect {
	HBA_DEFECT_NONE,
	HBA_DEFECT_HART,	/* no hart ever executes an instruction */
	HBA_DEFECT_FLASH,	/* the flash module does not answer: all ones */
};

/**
 * struct hba_config - an adapter to be made
 * @port: callbacks
 * @ctx: passed to them
 * @rom: HBA_ROM_SIZE bytes at most, word-aligned, stays valid
 * @rom_size: bytes in @rom
 * @ram: running memory, zeroed, stays valid
 * @ram_size: HBA_RAM_MIN to HBA_RAM_MAX, a multiple of 4096
 * @scratch: HBA_SCRATCH_SIZE bytes, zeroed
 * @flash: HBA_MOD_CAPACITY_BYTES bytes, zeroed
 * @pla: HBA_MOD_CAPACITY_BYTES bytes, zeroed
 * @harts: 1 to HBA_MAX_HARTS
 * @block_size: 512 or 4096
 * @sectors: capacity of the medium in units of 512 bytes
 * @max_logins: strap
 * @defect: what is broken
 */
struct hba_config {
	const struct hba_port *port;
	void *ctx;
	const void *rom;
	u32 rom_size;
	void *ram;
	u32 ram_size;
	void *scratch;
	void *flash;
	void *pla;
	u32 harts;
	u32 block_size;
	u64 sectors;
	u32 max_logins;
	enum hba_defect defect;
};

enum hba_run {
	HBA_RUN_BUDGET,		/* the budget is used up; call again */
	HBA_RUN_WAIT,		/* every hart waits for an interrupt; see hba_deadline() */
	HBA_RUN_HALTED,		/* every hart is halted: only a start or reset helps */
};

/*
 * hba.c: the adapter as a whole. A reset brings all harts to the ROM and clears
 * DMA and mailbox; a start leaves DMA going. Both leave memories and modules.
 */
u32 hba_sizeof(void);
int hba_init(struct hba *hba, const struct hba_config *config);
void hba_reset(struct hba *hba);
void hba_start(struct hba *hba, u32 entry, u32 kind, u32 arg);
void hba_halt(struct hba *hba);
u32 hba_hart_pc(const struct hba *hba, u32 hart);
u64 hba_hart_steps(const struct hba *hba, u32 hart);
enum hba_run hba_run(struct hba *hba, u32 budget, u32 *executed);
u64 hba_deadline(const struct hba *hba);	/* port->now() at which a timer fires, ~0: none */
bool hba_ram_read(const struct hba *hba, u32 address, void *buf, u32 bytes);
bool hba_ram_write(struct hba *hba, u32 address, const void *buf, u32 bytes);
void hba_tlb_flush(struct hba *hba);		/* after a change of what translate() returns */

/* mailbox.c */
void hba_set_rings(struct hba *hba, u32 io_page, u32 admin_page);
bool hba_command(struct hba *hba, u32 code, u32 arg0, u32 arg1);	/* false: queue full */
void hba_doorbell(struct hba *hba, u32 pending);	/* any context: HBA_PEND_IO, _ADMIN */
bool hba_work_pending(const struct hba *hba);		/* any context */

/* dma.c */
void hba_dma_complete(struct hba *hba, u32 channel, u32 status);
u32 hba_dma_channel(const struct hba *hba);		/* inside port->medium() */
u64 hba_dma_iova(const struct hba *hba);		/* inside port->medium() */

/* module.c: the host's own way to the modules */
enum hba_module_id { HBA_MODULE_FLASH, HBA_MODULE_PLA };

struct hba_module_info {
	u32 version;		/* major << 16 | minor; HBA_MOD_BLANK when erased */
	u32 patch;
	u32 length;
};

void hba_module_info(const struct hba *hba, enum hba_module_id id,
		     struct hba_module_info *info);
bool hba_module_read(const struct hba *hba, enum hba_module_id id, u32 offset,
		     void *buf, u32 bytes);
/* Contents (info->length bytes) and version at once. */
bool hba_module_write(struct hba *hba, enum hba_module_id id,
		      const struct hba_module_info *info, const void *buf);

#endif /* HBA_H */
