/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Programs on which the hart is compared with another one. They run in RAM at
 * 0x80000000 of the device model and of QEMU's machine "virt" alike, whose
 * CLINTs are at the same address too.
 */
#ifndef HART_PROGRAMS_H
#define HART_PROGRAMS_H

#include "model_board.h"

#define PROGRAM_BASE	HBA_RAM_BASE
#define PROGRAM_START	(PROGRAM_BASE + 0x400)	/* behind prologue and handler */
#define PROGRAM_DATA	0x80300000u		/* stores go here and 2 KiB around */
#define PROGRAM_WORDS	((PROGRAM_DATA - 0x1000 - PROGRAM_BASE) / 4)

struct program {
	u32 *code;	/* PROGRAM_WORDS */
	u32 words;
	u32 end;	/* address of the last instruction, a jump to itself */
};

struct program_kind {
	const char *name;
	void (*body)(struct program *p, u32 count);
};

extern const struct program_kind program_kinds[];
extern const u32 program_kind_count;

static inline void emit(struct program *p, u32 insn)
{
	if (p->words < PROGRAM_WORDS)
		p->code[p->words++] = insn;
}

/* hart_random.c */
void random_seed(u32 seed);
u32 rnd(void);
u32 below(u32 n);
void random_body(struct program *p, u32 count);

/* hart_programs.c */
void program_build(struct program *p, const struct program_kind *kind, u32 seed, u32 count);

/* Mnemonics of RV32IM, Zicsr, Zifencei and machine mode. */
extern const u32 mnemonic_count;
const char *mnemonic_name(u32 i);
int mnemonic_of(u32 insn);	/* -1: none of them */

/* In the CSR map these differ from QEMU 7.2 with the CPU that is compared. */
bool csr_differs(u32 number);

#endif /* HART_PROGRAMS_H */
