// SPDX-License-Identifier: GPL-2.0-only
/* The memory map: what can be read, written, executed, and what is refused. */
#include "tap.h"
#include "model_board.h"

#define WINDOW	HBA_IOVA_STAGING
#define RAM_END	(HBA_RAM_BASE + HBA_RAM_MIN)

static bool load(struct board *b, u32 address, u32 size, u32 *value)
{
	return bus_load(b->hba, board_hart(b), address, size, value);
}

static bool store(struct board *b, u32 address, u32 size, u32 value)
{
	return bus_store(b->hba, board_hart(b), address, size, value);
}

static bool fetch(struct board *b, u32 address)
{
	return bus_fetch(b->hba, board_hart(b), address);
}

static void test_memories(struct board *b)
{
	u32 v = 0;

	b->rom[8] = 0x21;
	ok(load(b, HBA_ROM_BASE + 8, 1, &v) && v == 0x21, "ROM can be read");
	ok(!store(b, HBA_ROM_BASE + 8, 4, 0) && b->rom[8] == 0x21, "and not written");
	ok(fetch(b, HBA_ROM_BASE) && fetch(b, HBA_SCRATCH_BASE) && fetch(b, HBA_RAM_BASE),
	   "ROM, scratch and RAM can be executed");
	ok(store(b, HBA_SCRATCH_BASE + 2, 4, 0x11223344) && load(b, HBA_SCRATCH_BASE + 3, 2, &v) &&
	   v == 0x2233, "scratch takes any alignment");
	ok(store(b, RAM_END - 4, 4, 0xcafe0001) && load(b, RAM_END - 4, 4, &v) && v == 0xcafe0001,
	   "the last word of RAM");
	ok(!load(b, RAM_END - 3, 4, &v) && !store(b, RAM_END - 1, 2, 0) && !load(b, RAM_END, 1, &v),
	   "no byte beyond it");
	ok(!load(b, HBA_RAM_BASE - 1, 2, &v), "none before its first");
	ok(!load(b, HBA_SCRATCH_BASE + HBA_SCRATCH_SIZE - 2, 4, &v), "none beyond scratch");
	ok(!load(b, 0, 4, &v) && !load(b, ~3u, 4, &v) && !load(b, ~0u, 4, &v) && !fetch(b, 0),
	   "nothing at the ends of the address space");
}

static void test_short_rom(struct board *b)
{
	u32 v;

	b->config.rom_size = 6;
	hba_init(b->hba, &b->config);
	ok(load(b, HBA_ROM_BASE + 4, 2, &v) && !load(b, HBA_ROM_BASE + 4, 4, &v),
	   "the ROM ends where its bytes end");
	ok(fetch(b, HBA_ROM_BASE) && !fetch(b, HBA_ROM_BASE + 4), "for instructions as well");
	hba_start(b->hba, HBA_ROM_BASE + 4, HBA_START_COLD, 0);
	is(hba_run(b->hba, 10, NULL), HBA_RUN_HALTED, "running off it is a fault");
	b->config.rom_size = HBA_ROM_SIZE;
	hba_init(b->hba, &b->config);
}

static void test_devices(struct board *b)
{
	static const struct {
		const char *name;
		u32 address;
	} hole[] = {
		{ "mailbox", HBA_MBOX_BASE + 0x100 },
		{ "mailbox end", HBA_MBOX_BASE + HBA_MBOX_SIZE },
		{ "DMA", HBA_DMA_BASE + 0x30 },
		{ "DMA end", HBA_DMA_BASE + HBA_DMA_SIZE },
		{ "flash", HBA_FLASH_BASE + 0x100 },
		{ "guard of the flash", HBA_FLASH_BASE + HBA_PLA_GUARD_IN },
		{ "PLA", HBA_PLA_BASE + 0x100 },
		{ "msip of a hart that is not there", HBA_CLINT_BASE + 4 },
		{ "mtimecmp of a hart that is not there", HBA_CLINT_BASE + 0x4008 },
		{ "beyond the CLINT", HBA_CLINT_BASE + HBA_CLINT_SIZE },
	};
	u32 v;

	for (size_t i = 0; i < ARRAY_SIZE(hole); i++)
		ok(!load(b, hole[i].address, 4, &v) && !store(b, hole[i].address, 4, 0),
		   "no register: %s", hole[i].name);
	ok(!load(b, HBA_MBOX_BASE, 1, &v) && !load(b, HBA_MBOX_BASE, 2, &v) &&
	   !store(b, HBA_DMA_BASE + 0x18, 1, 0), "devices refuse bytes and halves");
	ok(!load(b, HBA_MBOX_BASE + 2, 4, &v) && !store(b, HBA_MBOX_BASE + 1, 4, 0) &&
	   !load(b, HBA_DMA_BASE + HBA_DMA_DONE + 2, 4, &v) &&
	   !store(b, HBA_CLINT_BASE + HBA_CLINT_MTIMECMP + 1, 4, 0),
	   "and words that are not aligned");
	ok(!fetch(b, HBA_MBOX_BASE) && !fetch(b, HBA_CLINT_BASE), "and execution");
	ok(!store(b, HBA_MBOX_BASE + HBA_MBOX_CMD, 4, 0) &&
	   !load(b, HBA_MBOX_BASE + HBA_MBOX_EVT_POST, 4, &v), "and the wrong direction");
}

static bool bus_error_is(struct board *b, u32 iova, u32 bytes, bool write)
{
	const struct hba_event *e = board_last(b);

	return e->code == HBA_EVT_BUS_ERROR && e->arg[0] == iova && !e->arg[1] &&
	       e->arg[2] == bytes && e->arg[3] == write;
}

static void test_window(struct board *b)
{
	u8 *host = board_map(b, 0, WINDOW, 8192, true);
	u32 v, calls;

	b->events = 0;
	ok(store(b, WINDOW + 5, 4, 0x01020304) && host[5] == 4 && host[8] == 1,
	   "a store reaches host memory, little-endian");
	ok(load(b, WINDOW + 6, 2, &v) && v == 0x0203, "a load too");
	calls = b->translations;
	for (u32 i = 0; i < 8192; i += 4)
		load(b, WINDOW + 8188 - i, 4, &v);
	ok(b->translations - calls <= 4, "downward through a page needs one translation");
	is(b->events, 0, "no bus error");
	ok(!load(b, WINDOW + 8192, 4, &v) && bus_error_is(b, WINDOW + 8192, 4, false),
	   "beyond the mapping: bus error, reported");
	ok(!store(b, WINDOW + 8190, 4, ~0u) && bus_error_is(b, WINDOW + 8190, 4, true),
	   "half beyond it likewise");
	ok(!host[8190] && !host[8191], "and nothing is stored");
	ok(!fetch(b, WINDOW + 8192) && bus_error_is(b, WINDOW + 8192, 4, false),
	   "execution likewise");
}

static void test_window_rights(struct board *b)
{
	u8 *host = board_map(b, 1, WINDOW + 0x10000, 4096, false);
	u32 v;

	b->events = 0;
	host[0] = 9;
	ok(load(b, WINDOW + 0x10000, 1, &v) && v == 9, "memory mapped read-only can be read");
	ok(!store(b, WINDOW + 0x10000, 1, 1) && host[0] == 9 &&
	   bus_error_is(b, WINDOW + 0x10000, 1, true), "a store is a bus error");
	ok(fetch(b, WINDOW + 0x10000), "it can be executed");
}

/* Pieces of 6 bytes: what crosses them is put together byte by byte. */
static void test_window_pieces(struct board *b)
{
	u8 *host = board_map(b, 2, WINDOW + 0x20000, 24, true);
	u32 v;

	b->max_piece = 6;
	hba_tlb_flush(b->hba);
	ok(store(b, WINDOW + 0x20004, 4, 0xa1b2c3d4) && host[4] == 0xd4 && host[7] == 0xa1,
	   "a store across two pieces");
	ok(load(b, WINDOW + 0x20005, 4, &v) && v == 0x00a1b2c3, "a load across two pieces");
	b->max_piece = 0;
	hba_tlb_flush(b->hba);
}

static void test_window_end(struct board *b)
{
	u32 v;

	board_map(b, 3, HBA_WINDOW_END - 4096, 8192, true);
	ok(store(b, HBA_WINDOW_END - 4, 4, 1), "the last word of the window");
	ok(!load(b, HBA_WINDOW_END - 2, 4, &v), "what is mapped beyond the window is not in it");
}

static void test_window_runs(struct board *b)
{
	u8 *host = board_map(b, 0, WINDOW, 4096, true);
	const u32 code[] = { ADDI(5, 5, 1), JAL(0, -4) };
	u32 calls;

	memcpy(host, code, sizeof(code));
	hba_tlb_flush(b->hba);
	hba_start(b->hba, WINDOW, HBA_START_COLD, 0);
	calls = b->translations;
	hba_run(b->hba, 1000, NULL);
	is(board_hart(b)->x[5], 500, "code runs in the window");
	is(b->translations - calls, 1, "with one translation");
	hba_put32(host, ADDI(5, 5, 2));
	hba_run(b->hba, 2, NULL);
	is(board_hart(b)->x[5], 502, "and sees the host's changes at once");
}

static void test_flush(struct board *b)
{
	u8 *host = board_map(b, 0, WINDOW, 4096, true);
	u32 v;

	hba_tlb_flush(b->hba);
	host[0] = 1;
	ok(load(b, WINDOW, 1, &v) && v == 1 && store(b, WINDOW + 1, 1, 1) && fetch(b, WINDOW),
	   "all three kinds of access are looked up");
	host = board_map(b, 0, WINDOW, 4096, true);	/* frees the first */
	host[0] = 2;
	hba_tlb_flush(b->hba);
	ok(load(b, WINDOW, 1, &v) && v == 2, "after a flush a load finds the new memory");
	ok(store(b, WINDOW + 1, 1, 7) && host[1] == 7, "a store too");
	hba_put32(host + 8, ADDI(6, 0, 3));
	hba_start(b->hba, WINDOW + 8, HBA_START_COLD, 0);
	board_step(b, 1);
	is(board_hart(b)->x[6], 3, "and execution");
	b->map[0].bytes = 0;
	hba_tlb_flush(b->hba);
	ok(!load(b, WINDOW, 1, &v) && !store(b, WINDOW, 1, 0) && !fetch(b, WINDOW),
	   "what was unmapped is gone");
}

static void test_ram_coherent(struct board *b)
{
	const u32 other = ADDI(5, 0, 2);

	board_start(b, ADDI(5, 0, 1), JAL(0, -4));
	board_step(b, 1);
	hba_ram_write(b->hba, BOARD_CODE, &other, 4);
	board_step(b, 2);
	is(board_hart(b)->x[5], 2, "an overlay by the host is seen by the next instruction");
	board_start(b, SW(6, 8, 7), NOP, ADDI(5, 0, 3));
	board_hart(b)->x[6] = ADDI(5, 0, 4);
	board_hart(b)->x[7] = BOARD_CODE;
	board_step(b, 3);
	is(board_hart(b)->x[5], 4, "code that the hart itself changes too");
}

int main(void)
{
	struct board board;

	board_init(&board, 1);
	test_memories(&board);
	test_short_rom(&board);
	test_devices(&board);
	test_window(&board);
	test_window_rights(&board);
	test_window_pieces(&board);
	test_window_end(&board);
	test_window_runs(&board);
	test_flush(&board);
	test_ram_coherent(&board);
	board_exit(&board);
	return tap_done();
}
