/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The hart and the adapter's registers, as boot ROM, image and bootstrap use
 * them. Everything here is inline: the three share no code at run time.
 */
#ifndef FW_HW_H
#define FW_HW_H

#include <linux/types.h>
#include <hba_abi.h>

#define MSTATUS_MIE	(1u << 3)
#define MSTATUS_MPIE	(1u << 7)
#define MSTATUS_MPP	(3u << 11)

#define MIE_SOFTWARE	(1u << 3)
#define MIE_TIMER	(1u << 7)
#define MIE_EXTERNAL	(1u << 11)

#define MCAUSE_IRQ	(1u << 31)
#define MCAUSE_SOFTWARE	(MCAUSE_IRQ | 3u)
#define MCAUSE_TIMER	(MCAUSE_IRQ | 7u)
#define MCAUSE_EXTERNAL	(MCAUSE_IRQ | 11u)

#define csr_read(name) ({						\
	u32 v_;								\
	asm volatile("csrr %0, " #name : "=r"(v_) :: "memory");	\
	v_; })
#define csr_write(name, v)						\
	asm volatile("csrw " #name ", %0" :: "r"((u32)(v)) : "memory")
#define csr_set(name, v)						\
	asm volatile("csrs " #name ", %0" :: "r"((u32)(v)) : "memory")
#define csr_clear(name, v)						\
	asm volatile("csrc " #name ", %0" :: "r"((u32)(v)) : "memory")

static inline u32 mmio_read(u32 address)
{
	return *(volatile u32 *)address;
}

static inline void mmio_write(u32 address, u32 v)
{
	*(volatile u32 *)address = v;
}

static inline u32 mbox_read(u32 reg)
{
	return mmio_read(HBA_MBOX_BASE + reg);
}

static inline void mbox_write(u32 reg, u32 v)
{
	mmio_write(HBA_MBOX_BASE + reg, v);
}

static inline u32 hart_id(void)
{
	return csr_read(mhartid);
}

static inline u32 hart_count(void)
{
	u32 harts = mbox_read(HBA_MBOX_HARTS);

	return harts < HBA_MAX_HARTS ? harts : HBA_MAX_HARTS;
}

/* This hart's own mailbox registers: where to mask, to post, and to lock. */
static inline u32 mbox_bank(void)
{
	return HBA_MBOX_BANK(hart_id());
}

/* The software interrupt of a hart: raised by any, taken back by itself. */
static inline u32 hart_msip(u32 hart)
{
	return HBA_CLINT_BASE + HBA_CLINT_MSIP + 4 * hart;
}

/* Orders what this hart does to memory that the host looks at, too. */
static inline void fence(void)
{
	asm volatile("fence rw, rw" ::: "memory");
}

static inline void wait_for_interrupt(void)
{
	asm volatile("wfi" ::: "memory");
}

/* Returns what irq_restore() wants. */
static inline u32 irq_save(void)
{
	u32 mstatus;

	asm volatile("csrrci %0, mstatus, 8" : "=r"(mstatus) :: "memory");
	return mstatus & MSTATUS_MIE;
}

static inline void irq_restore(u32 flags)
{
	csr_set(mstatus, flags);
}

/*
 * A hart has one set of argument registers: without the interrupt mask an
 * event of the interrupt handler could take half of a thread's arguments.
 */
static inline void post_event(u32 code, u32 a0, u32 a1, u32 a2, u32 a3)
{
	u32 flags = irq_save();
	u32 bank = mbox_bank();

	fence();
	mmio_write(bank + HBA_MBOX_EVT_ARG0, a0);
	mmio_write(bank + HBA_MBOX_EVT_ARG1, a1);
	mmio_write(bank + HBA_MBOX_EVT_ARG2, a2);
	mmio_write(bank + HBA_MBOX_EVT_ARG3, a3);
	mmio_write(bank + HBA_MBOX_EVT_POST, code);
	irq_restore(flags);
}

/* Low word only: 429 seconds until it wraps, differences stay right. */
static inline u32 timer_now(void)
{
	return mmio_read(HBA_CLINT_BASE + HBA_CLINT_MTIME);
}

/* High word first at all ones, so that no value in between fires. */
static inline void timer_arm_in(u32 ticks)
{
	u32 compare = HBA_CLINT_BASE + HBA_CLINT_MTIMECMP;
	u32 hi, lo;

	do {
		hi = mmio_read(HBA_CLINT_BASE + HBA_CLINT_MTIME + 4);
		lo = timer_now();
	} while (hi != mmio_read(HBA_CLINT_BASE + HBA_CLINT_MTIME + 4));
	hi += lo + ticks < lo;
	mmio_write(compare + 4, ~0u);
	mmio_write(compare, lo + ticks);
	mmio_write(compare + 4, hi);
}

static inline void timer_disarm(void)
{
	mmio_write(HBA_CLINT_BASE + HBA_CLINT_MTIMECMP + 4, ~0u);
	mmio_write(HBA_CLINT_BASE + HBA_CLINT_MTIMECMP, ~0u);
}

static inline bool in_window(u64 address, u64 bytes)
{
	return address >= HBA_WINDOW_BASE && bytes <= HBA_WINDOW_END &&
	       address + bytes <= HBA_WINDOW_END;
}

/* Device addresses travel as 64 bits; this device has 32 of them. */
static inline void *device_ptr(u64 address)
{
	return (void *)(u32)address;
}

#endif /* FW_HW_H */
