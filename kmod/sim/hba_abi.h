/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Registers, rings and messages of the simulated storage adapter: the one
 * description that the device model, the driver and the firmware share. Each
 * of them includes <linux/types.h> in its own way before this file.
 *
 * Documentation/simulated-adapter.rst tells how they work together.
 */
#ifndef HBA_ABI_H
#define HBA_ABI_H

/* Device address map as a hart sees it. */
#define HBA_ROM_BASE		0x00010000u	/* boot ROM, read-only */
#define HBA_ROM_SIZE		0x00010000u
#define HBA_CLINT_BASE		0x02000000u	/* as on SiFive parts, to compare a hart */
#define HBA_CLINT_MSIP		0x0000u		/* + 4 * hart */
#define HBA_CLINT_MTIMECMP	0x4000u		/* + 8 * hart */
#define HBA_CLINT_MTIME		0xbff8u		/* counts at HBA_TIMER_HZ */
#define HBA_CLINT_SIZE		0xc000u
#define HBA_TIMER_HZ		10000000u
#define HBA_MBOX_BASE		0x10000000u
#define HBA_DMA_BASE		0x10010000u
#define HBA_FLASH_BASE		0x10020000u
#define HBA_PLA_BASE		0x10030000u
#define HBA_SCRATCH_BASE	0x20000000u	/* RAM of the boot ROM; never overlaid */
#define HBA_SCRATCH_SIZE	0x00010000u
#define HBA_WINDOW_BASE		0x40000000u	/* host memory: device address == IOVA */
#define HBA_WINDOW_END		0x80000000u
#define HBA_RAM_BASE		0x80000000u	/* running memory */
#define HBA_RAM_MIN		(1u << 20)
#define HBA_RAM_DEFAULT		(4u << 20)
#define HBA_RAM_MAX		(64u << 20)
#define HBA_MAX_HARTS		4u

/*
 * Where the driver maps things. IOVAs in the window can be loaded from, stored
 * to and executed; the DMA engine reaches those and the request buffers above.
 */
#define HBA_IOVA_RINGS		0x40000000u
#define HBA_IOVA_STAGING	0x48000000u	/* driver's choice of address above this */
#define HBA_IOVA_REQUEST	0x100000000ull	/* + tag * HBA_IOVA_REQUEST_STRIDE */
#define HBA_IOVA_REQUEST_STRIDE	0x01000000ull

/*
 * Mailbox registers, 32 bits each (offsets from HBA_MBOX_BASE).
 *
 * PENDING is what raises the machine external interrupt, masked by ENABLE. A
 * bit is set by its source and cleared by writing 1; HBA_PEND_CMD and
 * HBA_PEND_DMA follow their queues and cannot be cleared by hand.
 *
 * Each hart has a bank: the registers come again at HBA_MBOX_BANK(hart). Those
 * marked "banked" are that hart's own, so that no hart disturbs another that
 * masks or posts; the others are the same ones in every bank.
 */
#define HBA_MBOX_STRIDE		0x100u
#define HBA_MBOX_BANK(hart)	(HBA_MBOX_BASE + (hart) * HBA_MBOX_STRIDE)
#define HBA_MBOX_PENDING	0x00u	/* R, W1C */
#define HBA_MBOX_ENABLE		0x04u	/* RW, banked */
#define HBA_MBOX_CMD		0x08u	/* R: code of the oldest command, 0 if none */
#define HBA_MBOX_CMD_ARG0	0x0cu	/* R */
#define HBA_MBOX_CMD_ARG1	0x10u	/* R */
#define HBA_MBOX_CMD_POP	0x14u	/* W: any value removes the oldest command */
#define HBA_MBOX_EVT_ARG0	0x20u	/* W, banked, as are the next ones */
#define HBA_MBOX_EVT_ARG1	0x24u	/* W */
#define HBA_MBOX_EVT_ARG2	0x28u	/* W */
#define HBA_MBOX_EVT_ARG3	0x2cu	/* W */
#define HBA_MBOX_EVT_POST	0x30u	/* W: event code; sends it with the four arguments */
#define HBA_MBOX_IRQ		0x34u	/* W: HBA_IRQ_* to the host */
/* Set by the driver before a start, read by ROM and firmware. */
#define HBA_MBOX_RAM_SIZE	0x40u	/* R: bytes of running memory */
#define HBA_MBOX_HARTS		0x44u	/* R */
#define HBA_MBOX_BLOCK_SIZE	0x48u	/* R: 512 or 4096 */
#define HBA_MBOX_SECTORS_LO	0x4cu	/* R: capacity in units of 512 bytes */
#define HBA_MBOX_SECTORS_HI	0x50u	/* R */
#define HBA_MBOX_MAX_LOGINS	0x54u	/* R: strap: entries of the login table */
#define HBA_MBOX_IO_PAGE	0x58u	/* R: IOVA of struct hba_ring_page, 0: no rings yet */
#define HBA_MBOX_ADMIN_PAGE	0x5cu	/* R */
#define HBA_MBOX_START_ARG	0x60u	/* R: argument of the last start (also in a0) */
#define HBA_MBOX_START_KIND	0x64u	/* R: enum hba_start (also in a1) */
#define HBA_MBOX_SCRATCH0	0x68u	/* RW: survives a start, cleared by reset */
#define HBA_MBOX_SCRATCH1	0x6cu	/* RW */
/* Link registers: state that a new image may have to reset (see U10). */
#define HBA_MBOX_LINK_CTRL	0x70u	/* RW: bits 7..0 speed code, bit 8 frame mode */
#define HBA_MBOX_CACHE_CTRL	0x74u	/* W: HBA_CACHE_CLEAR; R: bytes in the read cache */
#define HBA_CACHE_CLEAR		1u
/*
 * What harts need among themselves. MUTEX takes the place of atomic
 * instructions: a read takes it if it is free and tells whether the bank's
 * hart has it now; a write of any value gives it back, from whoever else it
 * changes nothing. It is free after a start.
 */
#define HBA_MBOX_MUTEX		0x78u	/* R: 1 it is yours, 0 it is not; W; banked */
#define HBA_MBOX_STOP		0x7cu	/* W: halts all harts but the bank's, until a start */
#define HBA_MBOX_SIZE		0x1000u

#define HBA_PEND_IO		(1u << 0)	/* doorbell: I/O ring has work */
#define HBA_PEND_ADMIN		(1u << 1)	/* doorbell: admin ring has work */
#define HBA_PEND_CMD		(1u << 2)	/* a command waits */
#define HBA_PEND_DMA		(1u << 3)	/* a DMA channel is done */

#define HBA_IRQ_IO		(1u << 0)	/* completions in the I/O ring */
#define HBA_IRQ_ADMIN		(1u << 1)	/* completions in the admin ring */

/* Commands from the driver. The queue holds HBA_CMD_DEPTH. */
#define HBA_CMD_DEPTH		8u
enum hba_command {
	HBA_CMD_NONE = 0,
	HBA_CMD_UPDATE = 1,	/* update interrupt; arg0: device address of the hand-over block */
	HBA_CMD_CANCEL = 2,	/* bootstrap, undo and return (also in the hand-over block) */
	HBA_CMD_ABANDON = 3,	/* drop the bootstrap's thread, wherever it is */
	HBA_CMD_QUIESCE = 4,	/* finish, fetch no more, call the bootstrap's SYNC */
	HBA_CMD_RESUME = 5,	/* wakes a parked bootstrap; its order is in the hand-over block */
	HBA_CMD_COMMIT = 6,	/* the new image is proved: admin work may go on */
	HBA_CMD_PING = 7,	/* answer with HBA_EVT_HEARTBEAT from the main thread */
	HBA_CMD_UNDO = 8,	/* call the bootstrap's UNDO for the update that waits in ready */
};

/* Events to the driver: code, then the meaning of arg0 .. arg3. */
enum hba_event_code {
	HBA_EVT_NONE = 0,
	HBA_EVT_IMAGE_REQUEST = 1,	/* self-test result (0 good), ROM version, 0, 0 */
	HBA_EVT_STARTED = 2,		/* major << 16 | minor, patch, hba_start, state directory */
	HBA_EVT_HEARTBEAT = 3,		/* count */
	HBA_EVT_REPORT = 4,		/* items in the hand-over block so far, progress */
	HBA_EVT_RECONCILED = 5,		/* enum codeswap_verdict */
	HBA_EVT_QUIESCED = 6,		/* parked: enum codeswap_verdict */
	HBA_EVT_RESUMED = 7,		/* the old image serves I/O again */
	HBA_EVT_BOOTSTRAP_CRASH = 8,	/* mcause, mepc, mtval: the old image goes on */
	HBA_EVT_CRASH = 9,		/* mcause, mepc, mtval, hart: the image is dead */
	HBA_EVT_ABANDONED = 10,		/* bootstrap's thread dropped; the old image goes on */
	HBA_EVT_UNDONE = 11,		/* enum codeswap_verdict, answer to HBA_CMD_UNDO */
	/* Posted by the hardware. */
	HBA_EVT_BUS_ERROR = 12,		/* IOVA lo, hi, bytes, 1 if a write */
	/* A trap whose handler trapped; all harts are halted: mcause, mepc, mtval, hart. */
	HBA_EVT_HART_STOPPED = 13,
};

enum hba_start {
	HBA_START_RESET = 0,	/* at the boot ROM */
	HBA_START_COLD = 1,
	HBA_START_WARM = 2,	/* argument: state directory */
	HBA_START_ROLLBACK = 3,	/* warm start of the old image; not a new one: no proving */
};

/*
 * DMA engine: HBA_DMA_CHANNELS channels of HBA_DMA_STRIDE bytes, then bitmaps
 * of the channels that are done, 32 channels a word. A start may complete at
 * once or later. A channel keeps its cookies through a start of the hart, so
 * that firmware finds there what it has begun.
 */
#define HBA_DMA_CHANNELS	64u
#define HBA_DMA_STRIDE		0x40u
#define HBA_DMA_CTRL		0x00u	/* RW: write enum hba_dma_op to start; reads op | status */
#define HBA_DMA_IOVA_LO		0x04u
#define HBA_DMA_IOVA_HI		0x08u
#define HBA_DMA_BYTES		0x0cu
#define HBA_DMA_SECTOR_LO	0x10u	/* on the medium, units of 512 bytes */
#define HBA_DMA_SECTOR_HI	0x14u
#define HBA_DMA_COOKIE0		0x18u	/* free for the firmware, as are the next ones */
#define HBA_DMA_COOKIE1		0x1cu
#define HBA_DMA_COOKIE2		0x20u
#define HBA_DMA_COOKIE3		0x24u
#define HBA_DMA_ACK		0x28u	/* W: any value frees a channel that is done */
#define HBA_DMA_LOCAL		0x2cu	/* device address, for the memory copies */
#define HBA_DMA_DONE		0x1000u	/* + 4 * n: bitmap */
#define HBA_DMA_BUSY		0x1010u	/* + 4 * n: bitmap of those started, not acknowledged */
#define HBA_DMA_SIZE		0x1020u

enum hba_dma_op {
	HBA_DMA_NONE = 0,
	HBA_DMA_READ = 1,	/* medium to host */
	HBA_DMA_WRITE = 2,	/* host to medium */
	HBA_DMA_FLUSH = 3,	/* all writes done so far become durable */
	HBA_DMA_DISCARD = 4,
	HBA_DMA_TO_LOCAL = 5,	/* host to device memory */
	HBA_DMA_FROM_LOCAL = 6,
};

#define HBA_DMA_OP_MASK		0xffu
#define HBA_DMA_ST_BUSY		(1u << 8)
#define HBA_DMA_ST_DONE		(1u << 9)
#define HBA_DMA_ST_BUS_ERROR	(1u << 10)	/* host address not mapped, or the wrong way */
#define HBA_DMA_ST_MEDIUM_ERROR	(1u << 11)
#define HBA_DMA_ST_RANGE	(1u << 12)	/* beyond the medium, or op not known */

/*
 * Dependent modules, flash and PLA alike. ERASE makes VERSION read as all
 * ones; then words are written through ADDR and DATA (ADDR moves on by 4);
 * COMMIT makes version and contents valid.
 */
#define HBA_MOD_VERSION		0x00u	/* R: major << 16 | minor */
#define HBA_MOD_PATCH		0x04u	/* R */
#define HBA_MOD_CAPACITY	0x08u	/* R: bytes */
#define HBA_MOD_LENGTH		0x0cu	/* R: bytes committed */
#define HBA_MOD_ADDR		0x10u	/* RW: multiple of 4 */
#define HBA_MOD_DATA		0x14u	/* RW */
#define HBA_MOD_CMD		0x18u	/* W: enum hba_module_command */
#define HBA_MOD_NEW_VERSION	0x1cu	/* RW: for COMMIT */
#define HBA_MOD_NEW_PATCH	0x20u	/* RW */
#define HBA_MOD_NEW_LENGTH	0x24u	/* RW */
#define HBA_MOD_CRC		0x28u	/* R: CRC-32 (IEEE 802.3) of the committed bytes */
#define HBA_MOD_SIZE		0x1000u
#define HBA_MOD_CAPACITY_BYTES	0x10000u
#define HBA_MOD_BLANK		0xffffffffu	/* VERSION of an erased module */

enum hba_module_command {
	HBA_MOD_ERASE = 1,
	HBA_MOD_COMMIT = 2,
};

/*
 * PLA only: what its logic is for. The guard of a block is CRC-16/T10-DIF over
 * the words written to GUARD_IN, begun by GUARD_RESET.
 */
#define HBA_PLA_GUARD_RESET	0x40u	/* W */
#define HBA_PLA_GUARD_IN	0x44u	/* W */
#define HBA_PLA_GUARD_OUT	0x48u	/* R */

/*
 * Rings. Producer and consumer indices run freely over 32 bits; the slot is
 * index modulo entries, a power of two. The page is the truth about progress,
 * not the firmware's memory: a restarted image reads there where to go on.
 *
 * The firmware advances @sq_cons only after the request is done or its DMA
 * channel, which carries the index in COOKIE0, is started.
 */
#define HBA_RING_ENTRIES	256u

struct hba_ring_page {
	__le32 sq_base;		/* IOVA of struct hba_request[entries] */
	__le32 cq_base;		/* IOVA of struct hba_completion[entries] */
	__le32 entries;
	__le32 reserved0[13];
	__le32 sq_prod;		/* written by the host */
	__le32 cq_cons;
	__le32 reserved1[14];
	__le32 sq_cons;		/* written by the device */
	__le32 cq_prod;
	__le32 reserved2[14];
};

enum hba_opcode {
	HBA_OP_READ = 1,	/* I/O ring */
	HBA_OP_WRITE = 2,
	HBA_OP_FLUSH = 3,
	HBA_OP_DISCARD = 4,
	HBA_OP_LOGIN = 16,	/* admin ring; wwpn in sector; info0: handle */
	HBA_OP_LOGOUT = 17,	/* handle in initiator */
	HBA_OP_LOGIN_QUERY = 18,/* handle in initiator; struct hba_login to iova */
	HBA_OP_LOGIN_COUNT = 19,/* info0: logins, info1: capacity */
};

#define HBA_REQ_FUA		(1u << 0)

struct hba_request {
	__le16 tag;
	__le16 opcode;		/* enum hba_opcode */
	__le32 generation;	/* comes back in the completion */
	__le32 initiator;	/* login handle */
	__le32 flags;		/* HBA_REQ_* */
	__le64 sector;		/* units of 512 bytes, multiple of the block size */
	__le64 iova;
	__le32 bytes;
	__le32 guard;		/* reserved for the protection information of the request */
	__le64 wwpn;		/* must be the initiator's */
	__le64 reserved[2];
};

enum hba_status {
	HBA_ST_GOOD = 0,
	HBA_ST_MEDIUM = 1,
	HBA_ST_RANGE = 2,
	HBA_ST_BUS = 3,
	HBA_ST_NOT_LOGGED_IN = 4,
	HBA_ST_INVALID = 5,
	HBA_ST_FULL = 6,
};

struct hba_completion {
	__le16 tag;
	__le16 status;		/* enum hba_status */
	__le32 generation;
	__le32 info0;
	__le32 info1;
};

/* Answer to HBA_OP_LOGIN_QUERY, the same whatever format the table is in. */
struct hba_login {
	__le64 wwpn;		/* 0: not logged in */
	__le32 handle;
	__le32 format;		/* of the table now */
	__le32 credits;
	__le32 priority;	/* 0 in format 1, which has no such field */
	__le64 requests;	/* I/O requests of this login, counted by the firmware */
};

#endif /* HBA_ABI_H */
