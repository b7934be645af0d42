// SPDX-License-Identifier: GPL-2.0-only
/*
 * Instructions of the hart. One instruction is one call of execute(), which
 * returns the address of the next one.
 *
 * Whatever can change the interrupts (CSR writes, stores to devices, mret,
 * wfi) sets @resync, which ends the fast loop; hba_run() then looks for
 * interrupts before it goes on. Bits from outside are noticed when a slice
 * of the loop is over, so late by that many instructions at most.
 *
 * Misaligned loads and stores work, in RAM and in the window, as they do in
 * QEMU; devices refuse them. Firmware must not rely on it: a real part may
 * trap. Instructions are aligned to 4 bytes, as there is no C extension.
 */
#include "hba_private.h"

#define OP_LOAD		0x03
#define OP_MISC_MEM	0x0f
#define OP_IMM		0x13
#define OP_AUIPC	0x17
#define OP_STORE	0x23
#define OP_OP		0x33
#define OP_LUI		0x37
#define OP_BRANCH	0x63
#define OP_JALR		0x67
#define OP_JAL		0x6f
#define OP_SYSTEM	0x73

#define INSN_ECALL	0x00000073u
#define INSN_EBREAK	0x00100073u
#define INSN_WFI	0x10500073u
#define INSN_MRET	0x30200073u

#define RD(insn)	(((insn) >> 7) & 31)
#define RS1(insn)	(((insn) >> 15) & 31)
#define RS2(insn)	(((insn) >> 20) & 31)
#define FUNCT3(insn)	(((insn) >> 12) & 7)
#define FUNCT7(insn)	((insn) >> 25)

static inline u32 imm_i(u32 insn)
{
	return (u32)((s32)insn >> 20);
}

static inline u32 imm_s(u32 insn)
{
	return ((u32)((s32)insn >> 20) & ~31u) | RD(insn);
}

static inline u32 imm_b(u32 insn)
{
	return ((u32)((s32)insn >> 19) & ~0xfffu) | ((insn << 4) & 0x800) |
	       ((insn >> 20) & 0x7e0) | ((insn >> 7) & 0x1e);
}

static inline u32 imm_j(u32 insn)
{
	return ((u32)((s32)insn >> 11) & ~0xfffffu) | (insn & 0xff000) |
	       ((insn >> 9) & 0x800) | ((insn >> 20) & 0x7fe);
}

/* Arithmetic shift and sign tests in terms of u32, whose overflow is defined. */
static inline u32 sra(u32 a, u32 n)
{
	return (u32)((s32)a >> (n & 31));
}

static inline u64 sext(u32 a)
{
	return (u64)(s64)(s32)a;
}

/* mtval is the instruction: what has not 11 at its end is 16 bits long. */
static inline u32 illegal(struct hba *hba, struct hart *h, u32 insn)
{
	return hart_trap(hba, h, CAUSE_ILLEGAL,
			 (insn & 3) == 3 ? insn : insn & 0xffff);
}

/* Every jump and taken branch ends here. */
static inline u32 jump(struct hba *hba, struct hart *h, u32 target)
{
	if (target & 3)
		return hart_trap(hba, h, CAUSE_FETCH_MISALIGNED, target);
	return target;
}

static inline u32 exec_jal(struct hba *hba, struct hart *h, u32 insn)
{
	u32 link = h->pc + 4;
	u32 target = h->pc + imm_j(insn);

	if (!(target & 3))	/* a jump that traps does not write rd */
		h->x[RD(insn)] = link;
	return jump(hba, h, target);
}

static inline u32 exec_jalr(struct hba *hba, struct hart *h, u32 insn)
{
	u32 link = h->pc + 4;
	u32 target = (h->x[RS1(insn)] + imm_i(insn)) & ~1u;

	if (FUNCT3(insn))
		return illegal(hba, h, insn);
	if (!(target & 3))
		h->x[RD(insn)] = link;
	return jump(hba, h, target);
}

static inline u32 exec_branch(struct hba *hba, struct hart *h, u32 insn)
{
	u32 a = h->x[RS1(insn)];
	u32 b = h->x[RS2(insn)];
	bool taken;

	switch (FUNCT3(insn)) {
	case 0:
	case 1:
		taken = a == b;
		break;
	case 4:
	case 5:
		taken = (s32)a < (s32)b;
		break;
	case 6:
	case 7:
		taken = a < b;
		break;
	default:
		return illegal(hba, h, insn);
	}
	/* The odd ones are the opposites: bne, bge, bgeu. */
	if (taken == (bool)(FUNCT3(insn) & 1))
		return h->pc + 4;
	return jump(hba, h, h->pc + imm_b(insn));
}

static inline u32 exec_load(struct hba *hba, struct hart *h, u32 insn)
{
	u32 address = h->x[RS1(insn)] + imm_i(insn);
	u32 funct3 = FUNCT3(insn);
	u32 size = 1u << (funct3 & 3);
	u32 offset = address - HBA_RAM_BASE;
	u32 v;

	if (funct3 == 3 || funct3 > 5)
		return illegal(hba, h, insn);
	if (size == 4 && offset <= hba->ram_size - 4)
		v = hba_get32(hba->ram + offset);
	else if (!bus_load(hba, h, address, size, &v))
		return hart_trap(hba, h, CAUSE_LOAD_FAULT, address);
	if (funct3 == 0)
		v = (u32)(s32)(s8)v;
	else if (funct3 == 1)
		v = (u32)(s32)(s16)v;
	h->x[RD(insn)] = v;
	return h->pc + 4;
}

static inline u32 exec_store(struct hba *hba, struct hart *h, u32 insn)
{
	u32 address = h->x[RS1(insn)] + imm_s(insn);
	u32 value = h->x[RS2(insn)];
	u32 funct3 = FUNCT3(insn);
	u32 offset = address - HBA_RAM_BASE;

	if (funct3 > 2)
		return illegal(hba, h, insn);
	if (funct3 == 2 && offset <= hba->ram_size - 4)
		hba_put32(hba->ram + offset, value);
	else if (!bus_store(hba, h, address, 1u << funct3, value))
		return hart_trap(hba, h, CAUSE_STORE_FAULT, address);
	return h->pc + 4;
}

static inline u32 exec_imm(struct hba *hba, struct hart *h, u32 insn)
{
	u32 a = h->x[RS1(insn)];
	u32 imm = imm_i(insn);
	u32 *rd = &h->x[RD(insn)];

	switch (FUNCT3(insn)) {
	case 0:
		*rd = a + imm;
		break;
	case 1:
		if (FUNCT7(insn))
			return illegal(hba, h, insn);
		*rd = a << (imm & 31);
		break;
	case 2:
		*rd = (s32)a < (s32)imm;
		break;
	case 3:
		*rd = a < imm;
		break;
	case 4:
		*rd = a ^ imm;
		break;
	case 5:
		if (FUNCT7(insn) & ~0x20u)
			return illegal(hba, h, insn);
		*rd = FUNCT7(insn) ? sra(a, imm) : a >> (imm & 31);
		break;
	case 6:
		*rd = a | imm;
		break;
	case 7:
		*rd = a & imm;
		break;
	}
	return h->pc + 4;
}

/* Division by zero and overflow have results, and never trap. */
static u32 divide(u32 a, u32 b, u32 funct3)
{
	bool overflow = a == 0x80000000u && b == ~0u;

	switch (funct3) {
	case 4:
		if (!b)
			return ~0u;
		return overflow ? a : (u32)((s32)a / (s32)b);
	case 5:
		return b ? a / b : ~0u;
	case 6:
		if (!b)
			return a;
		return overflow ? 0 : (u32)((s32)a % (s32)b);
	default:
		return b ? a % b : a;
	}
}

static inline u32 muldiv(u32 a, u32 b, u32 funct3)
{
	switch (funct3) {
	case 0:
		return a * b;
	case 1:	/* the low 64 bits of a product are the same signed or not */
		return (u32)((sext(a) * sext(b)) >> 32);
	case 2:
		return (u32)((sext(a) * b) >> 32);
	case 3:
		return (u32)(((u64)a * b) >> 32);
	default:
		return divide(a, b, funct3);
	}
}

static inline u32 alu(u32 a, u32 b, u32 funct3)
{
	switch (funct3) {
	case 0:
		return a + b;
	case 1:
		return a << (b & 31);
	case 2:
		return (s32)a < (s32)b;
	case 3:
		return a < b;
	case 4:
		return a ^ b;
	case 5:
		return a >> (b & 31);
	case 6:
		return a | b;
	default:
		return a & b;
	}
}

static inline u32 exec_op(struct hba *hba, struct hart *h, u32 insn)
{
	u32 a = h->x[RS1(insn)];
	u32 b = h->x[RS2(insn)];
	u32 funct3 = FUNCT3(insn);
	u32 v;

	if (FUNCT7(insn) == 0)
		v = alu(a, b, funct3);
	else if (FUNCT7(insn) == 1)
		v = muldiv(a, b, funct3);
	else if (FUNCT7(insn) == 0x20 && funct3 == 0)
		v = a - b;
	else if (FUNCT7(insn) == 0x20 && funct3 == 5)
		v = sra(a, b);
	else
		return illegal(hba, h, insn);
	h->x[RD(insn)] = v;
	return h->pc + 4;
}

/*
 * Instructions are read from memory each time, so fence.i has nothing to do.
 * A fence is a real one: the host's threads look at the rings meanwhile.
 */
static u32 exec_misc_mem(struct hba *hba, struct hart *h, u32 insn)
{
	if (FUNCT3(insn) > 1)
		return illegal(hba, h, insn);
	hba_fence();
	return h->pc + 4;
}

static u32 exec_system(struct hba *hba, struct hart *h, u32 insn)
{
	if (FUNCT3(insn) & 3) {
		if (!csr_access(hba, h, insn))
			return illegal(hba, h, insn);
		return h->pc + 4;
	}
	switch (insn) {
	case INSN_ECALL:
		return hart_trap(hba, h, CAUSE_MACHINE_ECALL, 0);
	case INSN_EBREAK:
		return hart_trap(hba, h, CAUSE_BREAKPOINT, 0);
	case INSN_MRET:
		h->mstatus = MSTATUS_MPIE |
			     (h->mstatus & MSTATUS_MPIE ? MSTATUS_MIE : 0);
		h->resync = true;
		return h->mepc;
	case INSN_WFI:
		h->state = HART_WAITING;
		h->resync = true;
		return h->pc + 4;
	default:
		return illegal(hba, h, insn);
	}
}

static inline u32 execute(struct hba *hba, struct hart *h, u32 insn)
{
	switch (insn & 0x7f) {
	case OP_LOAD:
		return exec_load(hba, h, insn);
	case OP_STORE:
		return exec_store(hba, h, insn);
	case OP_IMM:
		return exec_imm(hba, h, insn);
	case OP_OP:
		return exec_op(hba, h, insn);
	case OP_BRANCH:
		return exec_branch(hba, h, insn);
	case OP_JAL:
		return exec_jal(hba, h, insn);
	case OP_JALR:
		return exec_jalr(hba, h, insn);
	case OP_LUI:
		h->x[RD(insn)] = insn & ~0xfffu;
		return h->pc + 4;
	case OP_AUIPC:
		h->x[RD(insn)] = h->pc + (insn & ~0xfffu);
		return h->pc + 4;
	case OP_MISC_MEM:
		return exec_misc_mem(hba, h, insn);
	case OP_SYSTEM:
		return exec_system(hba, h, insn);
	default:
		return illegal(hba, h, insn);
	}
}

/**
 * hart_slice - execute instructions until something may have changed
 * @hba: the adapter
 * @h: a running hart
 * @max: instructions at most
 *
 * Return: instructions begun; those that trapped are among them
 */
u32 hart_slice(struct hba *hba, struct hart *h, u32 max)
{
	u32 n = 0;

	h->resync = false;
	while (n < max && !h->resync) {
		u32 offset = h->pc - h->fetch.base;

		n++;
		h->steps++;
		/* pc, base and size are multiples of 4: no instruction straddles the end. */
		if (offset < h->fetch.size)
			h->pc = execute(hba, h, hba_get32(h->fetch.ptr + offset));
		else if (bus_fetch(hba, h, h->pc))
			h->pc = execute(hba, h, hba_get32(h->fetch.ptr +
							  h->pc - h->fetch.base));
		else
			h->pc = hart_trap(hba, h, CAUSE_FETCH_FAULT, h->pc);
		h->x[0] = 0;
	}
	return n;
}
