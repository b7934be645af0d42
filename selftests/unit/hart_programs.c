// SPDX-License-Identifier: GPL-2.0-only
/*
 * Programs on which the hart is compared with another one: directed ones for
 * the corners, a random one for breadth.
 *
 * Registers: x26 and x27 point into the data, x28 is for jumps, x29 is where
 * to go on after a fetch fault, x30 and x31 belong to the handler. Programs
 * write the others only, so that they never get lost.
 *
 * QEMU 7.2 leaves a few WARL fields to software: programs write multiples of 4
 * to mepc, machine mode to mstatus.MPP, and no bits of other modes to mstatus
 * and mie. Its mret leaves user mode in MPP even if there is none, so programs
 * write machine mode there again before they read it. And it takes csrrs with a
 * register that happens to hold zero for a read; it is a write: read-only
 * registers are accessed by a register that is not zero.
 */
#include "hart_programs.h"

#define VECTORS		(PROGRAM_BASE + 0x100)
#define HANDLER		(PROGRAM_BASE + 0x180)
#define MSIP		0x02000000u
#define MTIMECMP	0x02004000u
#define NOWHERE		0x90000000u	/* neither has anything there */

static u32 here(const struct program *p)
{
	return PROGRAM_BASE + 4 * p->words;
}

static void fill_to(struct program *p, u32 address)
{
	while (here(p) < address)
		emit(p, EBREAK);
}

static void li(struct program *p, u32 rd, u32 value)
{
	emit(p, LUI(rd, (value + 0x800) >> 12));
	emit(p, ADDI(rd, rd, value & 0xfff));
}

static void store_word(struct program *p, u32 address, u32 value)
{
	li(p, 1, address);
	li(p, 2, value);
	emit(p, SW(2, 0, 1));
}

static void set_timer(struct program *p, u32 value)
{
	store_word(p, MTIMECMP + 4, value);
	store_word(p, MTIMECMP, value);
}

/* Skips the instruction; after a fetch fault goes to x29; ends interrupts. */
static void handler(struct program *p)
{
	u32 i;

	fill_to(p, VECTORS);
	for (i = 0; i < 16; i++)
		emit(p, JAL(0, (s32)(HANDLER - here(p))));
	fill_to(p, HANDLER);
	emit(p, CSRRS(30, 0x342, 0));
	emit(p, CSRRS(31, 0x343, 0));
	emit(p, B_TYPE(40, 0, 30, 4));		/* bltz x30 */
	emit(p, ADDI(31, 0, CAUSE_FETCH_FAULT));
	emit(p, BNE(30, 31, 12));
	emit(p, CSRRW(0, 0x341, 29));
	emit(p, JAL(0, 16));
	emit(p, CSRRS(31, 0x341, 0));
	emit(p, ADDI(31, 31, 4));
	emit(p, CSRRW(0, 0x341, 31));
	emit(p, CSRRS(31, 0x300, 0));
	emit(p, MRET);
	emit(p, CSRRS(31, 0x344, 0));		/* an interrupt */
	emit(p, ADDI(30, 30, -IRQ_SOFTWARE));
	emit(p, I_TYPE(1, 30, 1, 30, 0x13));	/* without the interrupt bit */
	emit(p, BNE(30, 0, 16));
	emit(p, LUI(31, MSIP >> 12));
	emit(p, SW(0, 0, 31));
	emit(p, MRET);
	emit(p, LUI(31, MTIMECMP >> 12));
	emit(p, ADDI(30, 0, -1));
	emit(p, SW(30, 4, 31));
	emit(p, SW(30, 0, 31));
	emit(p, MRET);
}

static void prologue(struct program *p)
{
	u32 i;

	set_timer(p, ~0u);
	li(p, 1, HANDLER);
	emit(p, CSRRW(0, 0x305, 1));
	li(p, 1, MSTATUS_MPP);
	emit(p, CSRRW(0, 0x300, 1));
	emit(p, CSRRW(0, 0x304, 0));
	emit(p, CSRRW(0, 0x340, 0));
	li(p, 26, PROGRAM_DATA);
	li(p, 27, PROGRAM_DATA + 3);
	for (i = 1; i < 26; i++)
		emit(p, ADDI(i, 0, (i * 0x123) & 0xfff));
	emit(p, JAL(0, (s32)(PROGRAM_START - here(p))));
	handler(p);
	fill_to(p, PROGRAM_START);
}

static void restore_mpp(struct program *p)
{
	li(p, 4, MSTATUS_MPP);
	emit(p, CSRRS(0, 0x300, 4));
}

static const u32 corner[] = {
	0, 1, 2, 31, 32, 33, 0xffffffff, 0xfffffffe, 0x7fffffff, 0x80000000, 0x80000001,
	0x55555555, 0xaaaaaaaa, 0x0000ffff, 0xffff0000, 0xffff8000, 0x12345678,
};

/* All register-register instructions on all pairs, rd also rs1, rs2, x0. */
static void arithmetic(struct program *p, u32 count)
{
	(void)count;
	for (u32 i = 0; i < ARRAY_SIZE(corner); i++) {
		for (u32 j = 0; j < ARRAY_SIZE(corner); j++) {
			li(p, 5, corner[i]);
			li(p, 6, corner[j]);
			for (u32 f3 = 0; f3 < 8; f3++) {
				emit(p, R_TYPE(0, 6, 5, f3, 7, 0x33));
				emit(p, R_TYPE(1, 6, 5, f3, 8, 0x33));
			}
			emit(p, R_TYPE(0x20, 6, 5, 0, 9, 0x33));
			emit(p, R_TYPE(0x20, 6, 5, 5, 10, 0x33));
		}
	}
	for (u32 f3 = 0; f3 < 8; f3++) {
		emit(p, R_TYPE(1, 5, 5, f3, 5, 0x33));
		emit(p, R_TYPE(0, 6, 5, f3, 6, 0x33));
		emit(p, R_TYPE(1, 6, 5, f3, 0, 0x33));
	}
}

static void immediates(struct program *p, u32 count)
{
	static const u32 imm[] = { 0, 1, 5, 31, 0x7ff, 0x800, 0xfff, 0xaaa };
	static const u8 plain[] = { 0, 2, 3, 4, 6, 7 };

	(void)count;
	for (u32 i = 0; i < ARRAY_SIZE(corner); i++) {
		li(p, 5, corner[i]);
		for (u32 j = 0; j < ARRAY_SIZE(imm); j++) {
			for (u32 k = 0; k < ARRAY_SIZE(plain); k++)
				emit(p, I_TYPE(imm[j], 5, plain[k], 7, 0x13));
		}
		for (u32 shift = 0; shift < 32; shift += 1 + 10 * (shift % 11 == 1)) {
			emit(p, I_TYPE(shift, 5, 1, 7, 0x13));
			emit(p, I_TYPE(shift, 5, 5, 8, 0x13));
			emit(p, I_TYPE(shift | 0x400, 5, 5, 9, 0x13));
		}
		emit(p, LUI(7, corner[i] >> 12));
		emit(p, (corner[i] & ~0xfffu) | 7 << 7 | 0x17);	/* auipc */
	}
}

/* Every width at every alignment; what was stored is seen by each load. */
static void memory(struct program *p, u32 count)
{
	(void)count;
	for (s32 at = -9; at < 12; at++) {
		for (u32 f3 = 0; f3 < 3; f3++) {
			li(p, 5, rnd());
			emit(p, S_TYPE(at, 5, 26, f3));
			emit(p, LW(6, at - 2, 26));
			emit(p, LW(7, at + 2, 26));
			emit(p, LB(8, at, 26));
			emit(p, LH(9, at, 26));
			emit(p, LBU(10, at + 1, 26));
			emit(p, LHU(11, at + 1, 26));
			emit(p, LW(0, at, 27));
			emit(p, LW(5, at, 27));
		}
	}
	emit(p, SW(26, 2047, 26));
	emit(p, LW(5, 2047, 26));
	emit(p, SW(26, -2048, 26));
	emit(p, LW(5, -2048, 26));
}

static void branches(struct program *p, u32 count)
{
	static const u8 kinds[] = { 0, 1, 4, 5, 6, 7 };

	(void)count;
	for (u32 i = 0; i < ARRAY_SIZE(corner); i += 2) {
		for (u32 j = 0; j < ARRAY_SIZE(corner); j += 3) {
			li(p, 5, corner[i]);
			li(p, 6, corner[j]);
			for (u32 k = 0; k < ARRAY_SIZE(kinds); k++) {
				emit(p, B_TYPE(8, 6, 5, kinds[k]));
				emit(p, ADDI(7, 7, 1));
				emit(p, B_TYPE(6, 5, 6, kinds[k]));	/* misaligned if taken */
				emit(p, B_TYPE(8, 5, 5, kinds[k]));
				emit(p, ADDI(7, 7, 2));
			}
		}
	}
	li(p, 5, 20);		/* backward */
	emit(p, ADDI(5, 5, -1));
	emit(p, BNE(5, 0, -4));
	emit(p, B_TYPE(4094, 0, 5, 1));		/* far and not taken */
	emit(p, B_TYPE(-4096, 0, 5, 1));
}

static void jumps(struct program *p, u32 count)
{
	static const s32 misaligned[] = { 2, 6, -2, -6, 0x7fe, 0xffffe };

	(void)count;
	emit(p, JAL(1, 8));
	emit(p, EBREAK);
	emit(p, JAL(0, 12));
	emit(p, JAL(5, 12));	/* backward: reached from below */
	emit(p, EBREAK);
	emit(p, JAL(6, -8));
	emit(p, NOP);
	for (u32 i = 0; i < ARRAY_SIZE(misaligned); i++) {
		emit(p, JAL(5, misaligned[i]));		/* traps, rd untouched */
		li(p, 6, here(p) + 8 + 64);
		emit(p, JALR(7, misaligned[i] & 0x7ff, 6));
	}
	for (s32 low = 0; low < 4; low++) {	/* bit 0 is dropped, bit 1 traps */
		li(p, 6, here(p) + 16);
		emit(p, JALR(7, low, 6));
		emit(p, ADDI(8, 8, 1));
		emit(p, ADDI(8, 8, 2));
	}
	li(p, 6, here(p) + 16 + 2048);
	emit(p, JALR(6, -2048, 6));		/* rd is rs1 */
	emit(p, EBREAK);
	li(p, 6, here(p) + 12 - 2047);
	emit(p, JALR(0, 2047, 6));
}

/* Encodings that mean nothing, by field. Both must trap, with the same mtval. */
static void illegal(struct program *p, u32 count)
{
	static const u8 opcodes[] = {
		0x07, 0x0b, 0x1b, 0x1f, 0x27, 0x2b, 0x2f, 0x3b, 0x3f, 0x43, 0x47, 0x4b, 0x4f,
		0x53, 0x57, 0x5b, 0x5f, 0x6b, 0x77, 0x7b, 0x7f,
	};
	static const u32 words[] = {
		0, 0xffffffff, 0x00000001, 0xdead0002, 0x00200073, 0x10200073, 0x7b200073,
		0x00000173, 0x00008073, 0x30200173, 0x10500173, 0x00300073,
	};

	(void)count;
	for (u32 i = 0; i < ARRAY_SIZE(words); i++)
		emit(p, words[i]);
	for (u32 i = 0; i < 4 * ARRAY_SIZE(opcodes); i++)
		emit(p, (rnd() & ~0x7fu) | opcodes[i / 4]);
	for (u32 f7 = 0; f7 < 128; f7++) {
		u32 f3 = f7 == 0x20 ? 1 + below(4) : below(8);

		if (f7 > 1)
			emit(p, R_TYPE(f7, 5, 6, f3, 7, 0x33));
		if (f7)
			emit(p, R_TYPE(f7, 5, 6, 1, 7, 0x13));
		if (f7 && f7 != 0x20)
			emit(p, R_TYPE(f7, 5, 6, 5, 7, 0x13));
	}
	for (u32 f3 = 1; f3 < 8; f3++) {
		if (f3 == 3 || f3 > 5)
			emit(p, I_TYPE(8, 26, f3, 7, 0x03));
		if (f3 > 2)
			emit(p, S_TYPE(8, 5, 26, f3));
		if (f3 == 2 || f3 == 3)
			emit(p, B_TYPE(8, 0, 0, f3));
		if (f3 > 1)
			emit(p, I_TYPE(0, 0, f3, 0, 0x0f));
		emit(p, I_TYPE(0, 28, f3, 7, 0x67));
	}
	emit(p, I_TYPE(0x340, 5, 4, 7, 0x73));
	emit(p, R_TYPE(0, 0, 0, 0, 5, 0x0f));	/* fence with rd: legal, ignored */
	emit(p, 0x0ff0000f);
	emit(p, 0x8330000f);			/* fence.tso */
	emit(p, 0x0000100f);
}

static void csr_instructions(struct program *p, u32 count)
{
	static const u32 read_write[] = { 0x340, 0x342, 0x343 };
	static const u32 read_only[] = { 0xf11, 0xf12, 0xf13, 0xf14 };

	(void)count;
	for (u32 i = 0; i < ARRAY_SIZE(read_write) * ARRAY_SIZE(corner); i++) {
		u32 csr = read_write[i % ARRAY_SIZE(read_write)];

		li(p, 5, corner[i / ARRAY_SIZE(read_write)]);
		for (u32 f3 = 1; f3 < 8; f3++) {
			if (f3 == 4)
				continue;
			emit(p, I_TYPE(csr, 5, f3, 6, 0x73));
			emit(p, I_TYPE(csr, 0, f3, 7, 0x73));
			emit(p, I_TYPE(csr, 5, f3, 0, 0x73));
		}
		emit(p, CSRRW(5, csr, 5));
	}
	li(p, 5, 1);
	for (u32 i = 0; i < ARRAY_SIZE(read_only); i++) {
		for (u32 f3 = 1; f3 < 8; f3++) {
			if (f3 == 4)
				continue;
			emit(p, I_TYPE(read_only[i], 5, f3, 6, 0x73));	/* writes: trap */
			emit(p, I_TYPE(read_only[i], 0, f3, 7, 0x73));
		}
	}
}

static void csr_fields(struct program *p, u32 count)
{
	static const u32 mstatus[] = { 0x1888, 0x1880, 0x1808, 0x1800 };
	static const u32 mtvec[] = { HANDLER + 1, HANDLER + 2, HANDLER + 3, VECTORS + 1, HANDLER };

	(void)count;
	for (u32 i = 0; i < ARRAY_SIZE(mstatus); i++) {
		li(p, 5, mstatus[i]);
		emit(p, CSRRW(6, 0x300, 5));
		emit(p, ECALL);
		restore_mpp(p);
		emit(p, CSRRS(7, 0x300, 0));
		emit(p, I_TYPE(0x300, 8, 6, 6, 0x73));	/* csrsi MIE */
		emit(p, I_TYPE(0x300, 8, 7, 7, 0x73));
	}
	for (u32 i = 0; i < ARRAY_SIZE(mtvec); i++) {
		li(p, 5, mtvec[i]);
		emit(p, CSRRW(6, 0x305, 5));
		emit(p, CSRRS(7, 0x305, 0));
	}
	li(p, 5, 0x888);
	emit(p, CSRRS(6, 0x304, 5));
	emit(p, CSRRC(7, 0x304, 5));
	emit(p, CSRRS(7, 0x304, 0));
	li(p, 5, ~0u);
	emit(p, CSRRW(6, 0x301, 5));		/* misa does not change */
	emit(p, CSRRS(7, 0x301, 0));
	emit(p, CSRRW(6, 0x341, 26));
	emit(p, I_TYPE(0x341, 28, 6, 6, 0x73));
	emit(p, I_TYPE(0x341, 8, 7, 6, 0x73));
	emit(p, CSRRS(7, 0x341, 0));
}

bool csr_differs(u32 number)
{
	/* QEMU is told to have no PMP; this hart has one region. */
	if ((number >= 0x3a0 && number <= 0x3a3) || (number >= 0x3b0 && number <= 0x3bf))
		return true;
	/* medeleg, mideleg: only with supervisor mode, says the architecture. */
	if (number == 0x302 || number == 0x303)
		return true;
	return false;
}

/* Does each of the 4096 exist? */
static void csr_map(struct program *p, u32 count)
{
	(void)count;
	for (u32 csr = 0; csr < 4096; csr++) {
		if (!csr_differs(csr))
			emit(p, CSRRS(0, csr, 0));
	}
}

static void traps(struct program *p, u32 count)
{
	(void)count;
	for (u32 vectored = 0; vectored < 2; vectored++) {
		li(p, 1, vectored ? VECTORS + 1 : HANDLER);
		emit(p, CSRRW(0, 0x305, 1));
		emit(p, ECALL);
		emit(p, EBREAK);
		emit(p, 0);
		li(p, 5, NOWHERE);
		for (u32 f3 = 0; f3 < 6; f3++) {
			if (f3 != 3)
				emit(p, I_TYPE(4 * f3, 5, f3, 6, 0x03));
			if (f3 < 3)
				emit(p, S_TYPE(4 * f3, 6, 5, f3));
		}
		emit(p, LW(0, 0, 5));
		li(p, 29, here(p) + 16);
		emit(p, JALR(7, 8, 5));
		emit(p, EBREAK);
		restore_mpp(p);
		li(p, 29, here(p) + 24);
		li(p, 5, NOWHERE);
		emit(p, CSRRW(0, 0x341, 5));
		emit(p, MRET);			/* to nowhere, and back by x29 */
	}
}

/* Pending, then enabled; each taken at the instruction after. */
static void interrupts(struct program *p, u32 count)
{
	(void)count;
	for (u32 mask = 1; mask < 8; mask++) {
		li(p, 1, mask & 4 ? VECTORS + 1 : HANDLER);
		emit(p, CSRRW(0, 0x305, 1));
		emit(p, I_TYPE(0x300, 8, 7, 0, 0x73));
		li(p, 5, MIP_MSIP | MIP_MTIP);
		emit(p, CSRRW(0, 0x304, 5));
		if (mask & 1)
			store_word(p, MSIP, 1);
		if (mask & 2)
			set_timer(p, 0);
		emit(p, CSRRS(6, 0x344, 0));
		emit(p, mask & 3 ? WFI : NOP);	/* ends at once, without a trap */
		emit(p, I_TYPE(0x300, 8, 6, 0, 0x73));
		emit(p, ADDI(8, 8, 1));
		emit(p, ADDI(8, 8, 2));
		emit(p, CSRRS(6, 0x344, 0));
		store_word(p, MSIP, mask & 1);	/* while enabled */
		emit(p, ADDI(8, 8, 4));
		if (mask & 2)
			set_timer(p, 0);
		emit(p, ADDI(8, 8, 8));
		emit(p, I_TYPE(0x300, 8, 7, 0, 0x73));
	}
}

const struct program_kind program_kinds[] = {
	{ "arithmetic on corner values", arithmetic },
	{ "immediates and shifts", immediates },
	{ "loads and stores at every alignment", memory },
	{ "branches, misaligned targets too", branches },
	{ "jumps, misaligned targets too", jumps },
	{ "illegal encodings", illegal },
	{ "CSR instructions", csr_instructions },
	{ "CSR fields", csr_fields },
	{ "which CSRs exist", csr_map },
	{ "traps, direct and vectored", traps },
	{ "software and timer interrupts, wfi", interrupts },
	{ "random", random_body },
};

const u32 program_kind_count = ARRAY_SIZE(program_kinds);

void program_build(struct program *p, const struct program_kind *kind, u32 seed, u32 count)
{
	random_seed(seed);
	p->words = 0;
	prologue(p);
	kind->body(p, count);
	p->end = here(p);
	emit(p, JAL(0, 0));
}
