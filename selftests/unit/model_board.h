/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * An adapter on a bench: the device model with memory, a medium, mapped host
 * memory and a clock that a test holds in its hand. For unit tests.
 */
#ifndef MODEL_BOARD_H
#define MODEL_BOARD_H

#include <stdio.h>
#include <stdlib.h>

#include "../../kmod/sim/model/hba_private.h"

#ifndef ARRAY_SIZE
#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))
#endif

#define BOARD_MAPS	8
#define BOARD_EVENTS	64
#define BOARD_SECTORS	2048u

/* Host memory behind a range of IOVAs. */
struct board_map {
	u64 iova;
	u32 bytes;
	bool writable;
	u8 *memory;
};

struct board {
	struct hba *hba;
	struct hba_config config;
	u8 *rom;
	u8 *medium;		/* BOARD_SECTORS * 512 bytes */
	u32 medium_status;	/* what the next calls of medium() return */
	u32 medium_calls;
	u32 medium_op;
	u32 later_channel;	/* seen when medium_status is HBA_MEDIUM_LATER */
	struct board_map map[BOARD_MAPS];
	u32 translations;	/* calls of translate() */
	u32 max_piece;		/* translate() gives no more at once; 0: no limit */
	struct hba_event event[BOARD_EVENTS];
	u32 events;
	u32 irqs;
	u64 now;
};

static inline void *board_translate(void *ctx, u64 iova, u32 *avail, bool write)
{
	struct board *b = ctx;
	u32 i;

	b->translations++;
	for (i = 0; i < BOARD_MAPS; i++) {
		struct board_map *m = &b->map[i];
		u64 offset = iova - m->iova;

		if (iova < m->iova || offset >= m->bytes || (write && !m->writable))
			continue;
		*avail = m->bytes - (u32)offset;
		if (b->max_piece && *avail > b->max_piece - offset % b->max_piece)
			*avail = b->max_piece - (u32)offset % b->max_piece;
		return m->memory + offset;
	}
	return NULL;
}

static inline u32 board_medium(void *ctx, u32 op, u64 sector, void *data, u32 bytes)
{
	struct board *b = ctx;
	u8 *at = b->medium + sector * 512;

	b->medium_calls++;
	b->medium_op = op;
	b->later_channel = hba_dma_channel(b->hba);
	if (b->medium_status)
		return b->medium_status;
	if (op == HBA_DMA_READ)
		memcpy(data, at, bytes);
	else if (op == HBA_DMA_WRITE)
		memcpy(at, data, bytes);
	else if (op == HBA_DMA_DISCARD)
		memset(at, 0, bytes);
	return 0;
}

static inline void board_event(void *ctx, const struct hba_event *event)
{
	struct board *b = ctx;

	if (b->events < BOARD_EVENTS)
		b->event[b->events] = *event;
	b->events++;
}

static inline void board_irq(void *ctx, u32 bits)
{
	((struct board *)ctx)->irqs |= bits;
}

static inline u64 board_now(void *ctx)
{
	return ((struct board *)ctx)->now;
}

static inline void *board_alloc(size_t bytes)
{
	void *p = calloc(1, bytes);

	if (!p) {
		fprintf(stderr, "no memory for %zu bytes\n", bytes);
		exit(1);
	}
	return p;
}

/* Everything at its smallest; change @config and call hba_init() for more. */
static inline void board_init(struct board *b, u32 harts)
{
	static const struct hba_port port = {
		.translate = board_translate,
		.medium = board_medium,
		.event = board_event,
		.irq = board_irq,
		.now = board_now,
	};

	memset(b, 0, sizeof(*b));
	b->rom = board_alloc(HBA_ROM_SIZE);
	b->medium = board_alloc(BOARD_SECTORS * 512);
	b->config = (struct hba_config) {
		.port = &port,
		.ctx = b,
		.rom = b->rom,
		.rom_size = HBA_ROM_SIZE,
		.ram = board_alloc(HBA_RAM_MIN),
		.ram_size = HBA_RAM_MIN,
		.scratch = board_alloc(HBA_SCRATCH_SIZE),
		.flash = board_alloc(HBA_MOD_CAPACITY_BYTES),
		.pla = board_alloc(HBA_MOD_CAPACITY_BYTES),
		.harts = harts,
		.block_size = 512,
		.sectors = BOARD_SECTORS,
		.max_logins = 64,
	};
	b->hba = board_alloc(hba_sizeof());
	if (hba_init(b->hba, &b->config)) {
		fprintf(stderr, "hba_init() refused the board\n");
		exit(1);
	}
}

static inline u8 *board_map(struct board *b, u32 slot, u64 iova, u32 bytes, bool writable)
{
	struct board_map *m = &b->map[slot];

	free(m->memory);
	m->iova = iova;
	m->bytes = bytes;
	m->writable = writable;
	m->memory = board_alloc(bytes);
	return m->memory;
}

static inline void board_exit(struct board *b)
{
	u32 i;

	for (i = 0; i < BOARD_MAPS; i++)
		free(b->map[i].memory);
	free(b->hba);
	free(b->rom);
	free(b->medium);
	free(b->config.ram);
	free(b->config.scratch);
	free(b->config.flash);
	free(b->config.pla);
}

static inline struct hart *board_hart(struct board *b)
{
	return &b->hba->hart[0];
}

static inline const struct hba_event *board_last(const struct board *b)
{
	static const struct hba_event none;

	return b->events && b->events <= BOARD_EVENTS ? &b->event[b->events - 1] : &none;
}

/* Instructions, in the order of the assembler's operands. */
#define R_TYPE(f7, rs2, rs1, f3, rd, op) \
	((u32)(f7) << 25 | (u32)(rs2) << 20 | (u32)(rs1) << 15 | \
	 (u32)(f3) << 12 | (u32)(rd) << 7 | (op))
#define I_TYPE(imm, rs1, f3, rd, op) \
	((u32)(imm) << 20 | (u32)(rs1) << 15 | (u32)(f3) << 12 | (u32)(rd) << 7 | (op))
#define S_TYPE(imm, rs2, rs1, f3) \
	R_TYPE(((u32)(imm) >> 5) & 0x7f, rs2, rs1, f3, (u32)(imm) & 31, 0x23)

#define FIELD(value, low, bits)	((u32)(value) >> (low) & ((1u << (bits)) - 1))
#define B_TYPE(offset, rs2, rs1, f3) \
	R_TYPE(FIELD(offset, 12, 1) << 6 | FIELD(offset, 5, 6), rs2, rs1, f3, \
	       FIELD(offset, 1, 4) << 1 | FIELD(offset, 11, 1), 0x63)
#define J_TYPE(offset, rd) \
	(FIELD(offset, 20, 1) << 31 | FIELD(offset, 1, 10) << 21 | \
	 FIELD(offset, 11, 1) << 20 | FIELD(offset, 12, 8) << 12 | \
	 (u32)(rd) << 7 | 0x6f)

#define NOP			I_TYPE(0, 0, 0, 0, 0x13)
#define ADDI(rd, rs1, imm)	I_TYPE(imm, rs1, 0, rd, 0x13)
#define LUI(rd, imm20)		((u32)(imm20) << 12 | (u32)(rd) << 7 | 0x37)
#define LB(rd, imm, rs1)	I_TYPE(imm, rs1, 0, rd, 0x03)
#define LH(rd, imm, rs1)	I_TYPE(imm, rs1, 1, rd, 0x03)
#define LW(rd, imm, rs1)	I_TYPE(imm, rs1, 2, rd, 0x03)
#define LBU(rd, imm, rs1)	I_TYPE(imm, rs1, 4, rd, 0x03)
#define LHU(rd, imm, rs1)	I_TYPE(imm, rs1, 5, rd, 0x03)
#define SB(rs2, imm, rs1)	S_TYPE(imm, rs2, rs1, 0)
#define SH(rs2, imm, rs1)	S_TYPE(imm, rs2, rs1, 1)
#define SW(rs2, imm, rs1)	S_TYPE(imm, rs2, rs1, 2)
#define BEQ(rs1, rs2, offset)	B_TYPE(offset, rs2, rs1, 0)
#define BNE(rs1, rs2, offset)	B_TYPE(offset, rs2, rs1, 1)
#define JAL(rd, offset)		J_TYPE(offset, rd)
#define JALR(rd, imm, rs1)	I_TYPE(imm, rs1, 0, rd, 0x67)
#define CSRRW(rd, csr, rs1)	I_TYPE(csr, rs1, 1, rd, 0x73)
#define CSRRS(rd, csr, rs1)	I_TYPE(csr, rs1, 2, rd, 0x73)
#define CSRRC(rd, csr, rs1)	I_TYPE(csr, rs1, 3, rd, 0x73)
#define CSRRWI(rd, csr, imm)	I_TYPE(csr, imm, 5, rd, 0x73)
#define ECALL			0x00000073u
#define EBREAK			0x00100073u
#define WFI			0x10500073u
#define MRET			0x30200073u

/* Put a program somewhere in RAM, start it there. */
static inline void board_load(struct board *b, u32 address, const u32 *code, u32 words)
{
	u32 i;

	for (i = 0; i < words; i++) {
		u8 insn[4];

		hba_put32(insn, code[i]);
		if (!hba_ram_write(b->hba, address + 4 * i, insn, 4)) {
			fprintf(stderr, "no RAM at 0x%x\n", address + 4 * i);
			exit(1);
		}
	}
}

#define BOARD_CODE	HBA_RAM_BASE

#define board_start(b, ...) do {					\
	const u32 code_[] = { __VA_ARGS__ };				\
	board_load(b, BOARD_CODE, code_, sizeof(code_) / 4);		\
	hba_start((b)->hba, BOARD_CODE, HBA_START_COLD, 0);		\
} while (0)

/* Execute so many instructions, interrupts taken before each. */
static inline void board_step(struct board *b, u32 steps)
{
	while (steps--)
		hba_run(b->hba, 1, NULL);
}

static inline u32 board_ram32(struct board *b, u32 address)
{
	u8 word[4] = { 0 };

	hba_ram_read(b->hba, address, word, 4);
	return hba_get32(word);
}

/* Access as the first hart would, to anything on the bus. */
static inline u32 board_get(struct board *b, u32 address)
{
	u32 value = 0;

	if (!bus_load(b->hba, board_hart(b), address, 4, &value)) {
		fprintf(stderr, "access fault reading 0x%x\n", address);
		exit(1);
	}
	return value;
}

static inline void board_put(struct board *b, u32 address, u32 value)
{
	if (!bus_store(b->hba, board_hart(b), address, 4, value)) {
		fprintf(stderr, "access fault writing 0x%x\n", address);
		exit(1);
	}
}

#endif /* MODEL_BOARD_H */
