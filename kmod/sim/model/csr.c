// SPDX-License-Identifier: GPL-2.0-only
/*
 * Control and status registers of machine mode.
 *
 * Fields are WARL: what cannot be had is not stored. There is one privilege
 * mode, so mstatus.MPP is always 3 and there is no mcounteren. Of physical
 * memory protection there is one region that cannot be locked, and a region
 * that is not locked does not bind machine mode: it is storage, which is all
 * that software that sets up "all of memory" asks of it. There are no
 * triggers: tselect and tdata1 read as zero. mcycle counts instructions.
 */
#include "hba_private.h"

#define CSR_MSTATUS		0x300
#define CSR_MISA		0x301
#define CSR_MIE			0x304
#define CSR_MTVEC		0x305
#define CSR_MSTATUSH		0x310
#define CSR_MCOUNTINHIBIT	0x320
#define CSR_MHPMEVENT3		0x323
#define CSR_MHPMEVENT31		0x33f
#define CSR_MSCRATCH		0x340
#define CSR_MEPC		0x341
#define CSR_MCAUSE		0x342
#define CSR_MTVAL		0x343
#define CSR_MIP			0x344
#define CSR_PMPCFG0		0x3a0
#define CSR_PMPCFG3		0x3a3
#define CSR_PMPADDR0		0x3b0
#define CSR_PMPADDR15		0x3bf
#define CSR_TSELECT		0x7a0
#define CSR_TDATA3		0x7a3
#define CSR_TINFO		0x7a4
#define CSR_MCYCLE		0xb00
#define CSR_MINSTRET		0xb02
#define CSR_MHPMCOUNTER3	0xb03
#define CSR_MHPMCOUNTER31	0xb1f
#define CSR_MCYCLEH		0xb80
#define CSR_MINSTRETH		0xb82
#define CSR_MHPMCOUNTER3H	0xb83
#define CSR_MHPMCOUNTER31H	0xb9f
#define CSR_CYCLE		0xc00
#define CSR_TIME		0xc01
#define CSR_INSTRET		0xc02
#define CSR_HPMCOUNTER31	0xc1f
#define CSR_CYCLEH		0xc80
#define CSR_TIMEH		0xc81
#define CSR_INSTRETH		0xc82
#define CSR_HPMCOUNTER31H	0xc9f
#define CSR_MVENDORID		0xf11
#define CSR_MARCHID		0xf12
#define CSR_MIMPID		0xf13
#define CSR_MHARTID		0xf14
#define CSR_MCONFIGPTR		0xf15

#define MISA_RV32IM		0x40001100u
#define PMPCFG_WRITABLE		0x1fu	/* A, X, W, R of region 0; not L */
#define TINFO_NO_TRIGGER	1u

/**
 * csr_pending - what mip shows
 * @hba: the adapter
 * @h: the hart
 *
 * Return: MIP_* bits
 */
u32 csr_pending(const struct hba *hba, const struct hart *h)
{
	u32 mip = 0;

	if (mailbox_external(hba, h->id))
		mip |= MIP_MEIP;
	if (hba->clint.msip[h->id])
		mip |= MIP_MSIP;
	if (clint_mtime(hba) >= hba->clint.mtimecmp[h->id])
		mip |= MIP_MTIP;
	return mip;
}

static u64 cycle(const struct hart *h)
{
	return h->steps + h->cycle_offset;
}

static u64 instret(const struct hart *h)
{
	return h->steps - h->traps + h->instret_offset;
}

/* @steps already counts this instruction, which has not retired yet. */
static bool read_counter(const struct hba *hba, const struct hart *h,
			 u32 number, u32 *value)
{
	switch (number) {
	case CSR_CYCLE:
	case CSR_MCYCLE:
		*value = (u32)(cycle(h) - 1);
		return true;
	case CSR_CYCLEH:
	case CSR_MCYCLEH:
		*value = (u32)((cycle(h) - 1) >> 32);
		return true;
	case CSR_INSTRET:
	case CSR_MINSTRET:
		*value = (u32)(instret(h) - 1);
		return true;
	case CSR_INSTRETH:
	case CSR_MINSTRETH:
		*value = (u32)((instret(h) - 1) >> 32);
		return true;
	case CSR_TIME:
		*value = (u32)clint_mtime(hba);
		return true;
	case CSR_TIMEH:
		*value = (u32)(clint_mtime(hba) >> 32);
		return true;
	default:
		return false;
	}
}

static bool between(u32 number, u32 first, u32 last)
{
	return number - first <= last - first;
}

/* Registers that exist and hold nothing. */
static bool is_zero(u32 number)
{
	return number == CSR_MSTATUSH || number == CSR_MCOUNTINHIBIT ||
	       number == CSR_MVENDORID || number == CSR_MARCHID ||
	       number == CSR_MIMPID || number == CSR_MCONFIGPTR ||
	       between(number, CSR_MHPMEVENT3, CSR_MHPMEVENT31) ||
	       between(number, CSR_MHPMCOUNTER3, CSR_MHPMCOUNTER31) ||
	       between(number, CSR_MHPMCOUNTER3H, CSR_MHPMCOUNTER31H) ||
	       between(number, CSR_INSTRET + 1, CSR_HPMCOUNTER31) ||
	       between(number, CSR_INSTRETH + 1, CSR_HPMCOUNTER31H) ||
	       between(number, CSR_PMPCFG0 + 1, CSR_PMPCFG3) ||
	       between(number, CSR_PMPADDR0 + 1, CSR_PMPADDR15) ||
	       between(number, CSR_TSELECT, CSR_TDATA3);
}

static bool csr_read(const struct hba *hba, const struct hart *h, u32 number,
		     u32 *value)
{
	switch (number) {
	case CSR_MSTATUS:
		*value = h->mstatus | MSTATUS_MPP;
		return true;
	case CSR_MISA:
		*value = MISA_RV32IM;
		return true;
	case CSR_MIE:
		*value = h->mie;
		return true;
	case CSR_MTVEC:
		*value = h->mtvec;
		return true;
	case CSR_MSCRATCH:
		*value = h->mscratch;
		return true;
	case CSR_MEPC:
		*value = h->mepc;
		return true;
	case CSR_MCAUSE:
		*value = h->mcause;
		return true;
	case CSR_MTVAL:
		*value = h->mtval;
		return true;
	case CSR_MIP:
		*value = csr_pending(hba, h);
		return true;
	case CSR_PMPCFG0:
		*value = h->pmpcfg;
		return true;
	case CSR_PMPADDR0:
		*value = h->pmpaddr;
		return true;
	case CSR_TINFO:
		*value = TINFO_NO_TRIGGER;
		return true;
	case CSR_MHARTID:
		*value = h->id;
		return true;
	default:
		*value = 0;
		return is_zero(number) || read_counter(hba, h, number, value);
	}
}

static u64 with_low(u64 old, u32 low)
{
	return (old & ~0xffffffffull) | low;
}

static u64 with_high(u64 old, u32 high)
{
	return (old & 0xffffffffull) | (u64)high << 32;
}

/*
 * A counter that is written does not count that instruction: the next one
 * reads what was written.
 */
static void write_counter(struct hart *h, u32 number, u32 value)
{
	u64 was;

	switch (number) {
	case CSR_MCYCLE:
	case CSR_MCYCLEH:
		was = cycle(h) - 1;
		was = number == CSR_MCYCLE ? with_low(was, value) :
					     with_high(was, value);
		h->cycle_offset = was - h->steps;
		break;
	case CSR_MINSTRET:
	case CSR_MINSTRETH:
		was = instret(h) - 1;
		was = number == CSR_MINSTRET ? with_low(was, value) :
					       with_high(was, value);
		h->instret_offset = was - (h->steps - h->traps);
		break;
	}
}

static void csr_write(struct hart *h, u32 number, u32 value)
{
	switch (number) {
	case CSR_MSTATUS:
		h->mstatus = value & (MSTATUS_MIE | MSTATUS_MPIE);
		break;
	case CSR_MIE:
		h->mie = value & MIP_ALL;
		break;
	case CSR_MTVEC:
		if ((value & 3) <= MTVEC_VECTORED)	/* else: keeps its value */
			h->mtvec = value;
		break;
	case CSR_MSCRATCH:
		h->mscratch = value;
		break;
	case CSR_MEPC:
		h->mepc = value & ~3u;
		break;
	case CSR_MCAUSE:
		h->mcause = value;
		break;
	case CSR_MTVAL:
		h->mtval = value;
		break;
	case CSR_PMPCFG0:
		h->pmpcfg = value & PMPCFG_WRITABLE;
		break;
	case CSR_PMPADDR0:
		h->pmpaddr = value;
		break;
	default:
		write_counter(h, number, value);
		break;
	}
}

/**
 * csr_access - execute one of csrrw, csrrs, csrrc and their immediate forms
 * @hba: the adapter
 * @h: the hart
 * @insn: the instruction
 *
 * Return: false: illegal, nothing has changed
 */
bool csr_access(struct hba *hba, struct hart *h, u32 insn)
{
	u32 number = insn >> 20;
	u32 field = (insn >> 15) & 31;
	u32 funct3 = (insn >> 12) & 7;
	u32 operand = funct3 & 4 ? field : h->x[field];
	bool write = (funct3 & 3) == 1 || field;
	bool read_only = number >> 10 == 3;
	u32 old;

	if ((write && read_only) || !csr_read(hba, h, number, &old))
		return false;
	if (write) {
		if ((funct3 & 3) == 2)
			operand |= old;
		else if ((funct3 & 3) == 3)
			operand = old & ~operand;
		csr_write(h, number, operand);
		h->resync = true;
	}
	h->x[(insn >> 7) & 31] = old;
	return true;
}
