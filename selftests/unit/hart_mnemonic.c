// SPDX-License-Identifier: GPL-2.0-only
/*
 * Names of instructions, by mask and match: a second decoder, independent of
 * the model's, that tells what a comparison has covered.
 */
#include "hart_programs.h"

#define OP(f7, f3)	R_TYPE(f7, 0, 0, f3, 0, 0x33)
#define IMM(f3)		I_TYPE(0, 0, f3, 0, 0x13)
#define SHIFT(f7, f3)	R_TYPE(f7, 0, 0, f3, 0, 0x13)
#define F3(f3, op)	I_TYPE(0, 0, f3, 0, op)

#define M_OPCODE	0x0000007fu
#define M_FUNCT3	0x0000707fu
#define M_FUNCT7	0xfe00707fu
#define M_ALL		0xffffffffu

static const struct {
	const char *name;
	u32 mask, match;
} table[] = {
	{ "lui", M_OPCODE, 0x37 }, { "auipc", M_OPCODE, 0x17 },
	{ "jal", M_OPCODE, 0x6f }, { "jalr", M_FUNCT3, F3(0, 0x67) },
	{ "beq", M_FUNCT3, F3(0, 0x63) }, { "bne", M_FUNCT3, F3(1, 0x63) },
	{ "blt", M_FUNCT3, F3(4, 0x63) }, { "bge", M_FUNCT3, F3(5, 0x63) },
	{ "bltu", M_FUNCT3, F3(6, 0x63) }, { "bgeu", M_FUNCT3, F3(7, 0x63) },
	{ "lb", M_FUNCT3, F3(0, 0x03) }, { "lh", M_FUNCT3, F3(1, 0x03) },
	{ "lw", M_FUNCT3, F3(2, 0x03) }, { "lbu", M_FUNCT3, F3(4, 0x03) },
	{ "lhu", M_FUNCT3, F3(5, 0x03) }, { "sb", M_FUNCT3, F3(0, 0x23) },
	{ "sh", M_FUNCT3, F3(1, 0x23) }, { "sw", M_FUNCT3, F3(2, 0x23) },
	{ "addi", M_FUNCT3, IMM(0) }, { "slti", M_FUNCT3, IMM(2) },
	{ "sltiu", M_FUNCT3, IMM(3) }, { "xori", M_FUNCT3, IMM(4) },
	{ "ori", M_FUNCT3, IMM(6) }, { "andi", M_FUNCT3, IMM(7) },
	{ "slli", M_FUNCT7, SHIFT(0, 1) }, { "srli", M_FUNCT7, SHIFT(0, 5) },
	{ "srai", M_FUNCT7, SHIFT(0x20, 5) },
	{ "add", M_FUNCT7, OP(0, 0) }, { "sub", M_FUNCT7, OP(0x20, 0) },
	{ "sll", M_FUNCT7, OP(0, 1) }, { "slt", M_FUNCT7, OP(0, 2) },
	{ "sltu", M_FUNCT7, OP(0, 3) }, { "xor", M_FUNCT7, OP(0, 4) },
	{ "srl", M_FUNCT7, OP(0, 5) }, { "sra", M_FUNCT7, OP(0x20, 5) },
	{ "or", M_FUNCT7, OP(0, 6) }, { "and", M_FUNCT7, OP(0, 7) },
	{ "fence", M_FUNCT3, F3(0, 0x0f) }, { "fence.i", M_FUNCT3, F3(1, 0x0f) },
	{ "ecall", M_ALL, ECALL }, { "ebreak", M_ALL, EBREAK },
	{ "mul", M_FUNCT7, OP(1, 0) }, { "mulh", M_FUNCT7, OP(1, 1) },
	{ "mulhsu", M_FUNCT7, OP(1, 2) }, { "mulhu", M_FUNCT7, OP(1, 3) },
	{ "div", M_FUNCT7, OP(1, 4) }, { "divu", M_FUNCT7, OP(1, 5) },
	{ "rem", M_FUNCT7, OP(1, 6) }, { "remu", M_FUNCT7, OP(1, 7) },
	{ "csrrw", M_FUNCT3, F3(1, 0x73) }, { "csrrs", M_FUNCT3, F3(2, 0x73) },
	{ "csrrc", M_FUNCT3, F3(3, 0x73) }, { "csrrwi", M_FUNCT3, F3(5, 0x73) },
	{ "csrrsi", M_FUNCT3, F3(6, 0x73) }, { "csrrci", M_FUNCT3, F3(7, 0x73) },
	{ "mret", M_ALL, MRET }, { "wfi", M_ALL, WFI },
};

const u32 mnemonic_count = ARRAY_SIZE(table);

const char *mnemonic_name(u32 i)
{
	return table[i].name;
}

int mnemonic_of(u32 insn)
{
	for (u32 i = 0; i < mnemonic_count; i++) {
		if ((insn & table[i].mask) == table[i].match)
			return (int)i;
	}
	return -1;
}
