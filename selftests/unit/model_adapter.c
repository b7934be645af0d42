// SPDX-License-Identifier: GPL-2.0-only
/* The adapter as a whole: limits, reset and start, timers, several harts. */
#include "tap.h"
#include "model_board.h"

#define CLINT(reg)	(HBA_CLINT_BASE + HBA_CLINT_##reg)

static void test_limits(struct board *b)
{
	const struct hba_config good = b->config;
	struct hba_config c;

#define REFUSES(field, value, text) do {				\
	c = good;							\
	c.field = (value);						\
	is(hba_init(b->hba, &c), -EINVAL, text);			\
} while (0)
	REFUSES(port, NULL, "no callbacks");
	REFUSES(rom, NULL, "no ROM");
	REFUSES(rom_size, HBA_ROM_SIZE + 1, "ROM too large");
	REFUSES(rom_size, 0, "ROM empty");
	REFUSES(ram_size, HBA_RAM_MIN - 4096, "RAM too small");
	REFUSES(ram_size, HBA_RAM_MAX + 4096, "RAM too large");
	REFUSES(ram_size, HBA_RAM_MIN + 512, "RAM no multiple of 4096");
	REFUSES(scratch, NULL, "no scratch");
	REFUSES(flash, NULL, "no flash");
	REFUSES(harts, 0, "no hart");
	REFUSES(harts, HBA_MAX_HARTS + 1, "too many harts");
	REFUSES(block_size, 1024, "block size");
	is(hba_init(b->hba, &good), 0, "good");
}

static void test_ram(struct board *b)
{
	u32 v = 0x12345678, w = 0;

	ok(hba_ram_write(b->hba, HBA_RAM_BASE + HBA_RAM_MIN - 4, &v, 4) &&
	   hba_ram_read(b->hba, HBA_RAM_BASE + HBA_RAM_MIN - 4, &w, 4) && v == w,
	   "the host reads and writes running memory");
	ok(!hba_ram_write(b->hba, HBA_RAM_BASE + HBA_RAM_MIN - 3, &v, 4) &&
	   !hba_ram_read(b->hba, HBA_RAM_BASE - 1, &v, 4) &&
	   !hba_ram_read(b->hba, HBA_SCRATCH_BASE, &v, 4) &&
	   !hba_ram_read(b->hba, HBA_RAM_BASE, &v, ~0u), "and nothing else");
}

static void test_reset(struct board *b)
{
	u32 v = 7, w = 0;

	hba_ram_write(b->hba, HBA_RAM_BASE + 64, &v, 4);
	hba_reset(b->hba);
	hba_ram_read(b->hba, HBA_RAM_BASE + 64, &w, 4);
	ok(board_hart(b)->pc == HBA_ROM_BASE && w == 7, "a reset goes to the ROM and leaves RAM");
	hba_halt(b->hba);
	is(hba_run(b->hba, 10, NULL), HBA_RUN_HALTED, "a halted adapter does not run");
	hba_start(b->hba, BOARD_CODE, HBA_START_COLD, 0);
	ok(board_hart(b)->state == HART_RUNNING, "a start revives it");
}

static void test_timer(struct board *b)
{
	struct hart *h = board_hart(b);

	b->now = 5000;
	board_start(b, WFI, ADDI(5, 5, 1), JAL(0, -8));
	is(hba_deadline(b->hba), ~0ull, "no timer, no deadline");
	board_put(b, CLINT(MTIMECMP) + 4, 0);
	board_put(b, CLINT(MTIMECMP), 80);
	is(hba_deadline(b->hba), ~0ull, "nor while mie masks it");
	h->mie = MIP_MTIP;
	is(hba_deadline(b->hba), 8000, "the deadline in nanoseconds");
	is(hba_run(b->hba, 10, NULL), HBA_RUN_WAIT, "waits for it");
	b->now = 7999;
	is(hba_run(b->hba, 10, NULL), HBA_RUN_WAIT, "up to the last nanosecond");
	b->now = 8000;
	is(hba_run(b->hba, 2, NULL), HBA_RUN_BUDGET, "fires");
	is(h->x[5], 1, "the wfi ended");
	is(hba_deadline(b->hba), 8000, "a deadline that has come is now");
	b->now = 9300;
	is(hba_deadline(b->hba), 9300, "one that has passed too");
	b->now = 8000;
	board_put(b, CLINT(MTIME), 10);
	board_put(b, CLINT(MTIME) + 4, 0);
	is(board_get(b, CLINT(MTIME)), 10, "mtime can be set");
	is(hba_deadline(b->hba), 15000, "which moves the deadline");
	b->now += 300;
	is(board_get(b, CLINT(MTIME)), 13, "and goes on from there");
	board_put(b, CLINT(MTIMECMP) + 4, 0x7fffffff);
	is(hba_deadline(b->hba), ~0ull, "one in 20,000 years is none");
	hba_start(b->hba, BOARD_CODE, HBA_START_COLD, 0);
	is(board_get(b, CLINT(MTIMECMP) + 4), ~0u, "a start clears the timer");
}

/* Hart 1 waits for hart 0, which spins until hart 1 has answered. */
static void test_harts(struct board *b)
{
	const u32 code[] = {
		LUI(5, 0x2000), LUI(6, 0x80080),
		BNE(12, 0, 24),			/* a2: hart id */
		ADDI(7, 0, 1),
		SW(7, 4, 5),			/* msip of hart 1 */
		LW(8, 0, 6),
		BEQ(8, 0, -4),
		WFI,
		ADDI(7, 0, 8),			/* hart 1: mie.MSIE, MIE off */
		CSRRW(0, 0x304, 7),
		WFI,
		CSRRS(9, 0xf14, 0),
		SW(9, 0, 6),
		SW(0, 4, 5),
		WFI,
		JAL(0, -4),
	};
	u32 n;

	board_load(b, BOARD_CODE, code, sizeof(code) / 4);
	hba_start(b->hba, BOARD_CODE, HBA_START_COLD, 0);
	is(b->hba->hart[1].x[12], 1, "each hart gets its number");
	is(hba_run(b->hba, 10000, &n), HBA_RUN_WAIT, "both end up waiting");
	is(board_ram32(b, 0x80080000), 1, "hart 0 woke hart 1, which answered");
	ok(n < 20000, "neither used up its budget");
	is(board_get(b, CLINT(MSIP) + 4), 0, "the software interrupt is cleared");
	is(board_get(b, HBA_MBOX_BASE + HBA_MBOX_HARTS), 2, "firmware sees how many there are");

	b->events = 0;
	board_start(b, BNE(12, 0, 8), WFI, 0);	/* hart 1 runs into an illegal instruction */
	is(hba_run(b->hba, 100, NULL), HBA_RUN_HALTED, "one stops, and the other with it");
	ok(b->events == 1 && board_last(b)->code == HBA_EVT_HART_STOPPED &&
	   board_last(b)->arg[3] == 1, "the stop is told, once, and of which hart");
	ok(!hba_work_pending(b->hba), "nothing would wake them");
}

/* Each hart has its own timer, and its own mask. */
static void test_timers_of_harts(struct board *b)
{
	b->now = 0;
	board_start(b, WFI, ADDI(5, 5, 1), JAL(0, -8));
	board_put(b, CLINT(MTIMECMP), 90);
	board_put(b, CLINT(MTIMECMP) + 4, 0);
	board_put(b, CLINT(MTIMECMP) + 8, 50);
	board_put(b, CLINT(MTIMECMP) + 12, 0);
	b->hba->hart[0].mie = MIP_MTIP;
	b->hba->hart[1].mie = MIP_MTIP;
	is(hba_run(b->hba, 10, NULL), HBA_RUN_WAIT, "two timers, none has come");
	is(hba_deadline(b->hba), 5000, "the deadline is that of the first to come");
	b->now = 5000;
	hba_run(b->hba, 2, NULL);
	ok(b->hba->hart[1].x[5] == 1 && !b->hba->hart[0].x[5], "it wakes its hart alone");
	b->hba->hart[1].state = HART_HALTED;
	is(hba_deadline(b->hba), 9000, "a halted hart has no deadline");
}

static void test_stop(struct board *b)
{
	board_start(b, NOP, JAL(0, -4));
	hba_run(b->hba, 10, NULL);
	board_put(b, HBA_MBOX_BANK(1) + HBA_MBOX_STOP, 1);
	ok(b->hba->hart[0].state == HART_HALTED && b->hba->hart[1].state == HART_RUNNING,
	   "a hart stops all but itself");
	is(hba_run(b->hba, 10, NULL), HBA_RUN_BUDGET, "and goes on");
	hba_start(b->hba, BOARD_CODE, HBA_START_COLD, 0);
	ok(b->hba->hart[0].state == HART_RUNNING, "until the next start");
}

/* Adds to a word in memory that all harts add to, a thousand times each. */
static void test_exclusion(struct board *b)
{
	const u32 code[] = {
		LUI(5, 0x10000), I_TYPE(8, 12, 1, 6, 0x13), R_TYPE(0, 6, 5, 0, 5, 0x33),
		LUI(7, 0x80080), ADDI(8, 0, 1000),
		LW(9, HBA_MBOX_MUTEX, 5), BEQ(9, 0, -4),
		LW(10, 0, 7), ADDI(10, 10, 1), SW(10, 0, 7),
		SW(0, HBA_MBOX_MUTEX, 5),
		ADDI(8, 8, -1), BNE(8, 0, -28), WFI, JAL(0, -4),
	};
	u64 most = 0, least = ~0ull;
	u32 i;

	board_load(b, BOARD_CODE, code, sizeof(code) / 4);
	board_put(b, 0x80080000, 0);
	hba_start(b->hba, BOARD_CODE, HBA_START_COLD, 0);
	for (i = 0; i < 100000 && hba_run(b->hba, 1 + i % 3, NULL) != HBA_RUN_WAIT; i++)
		;
	is(board_ram32(b, 0x80080000), 4000, "with the mutex four harts add to one word");
	for (i = 0; i < 4; i++) {
		u64 steps = hba_hart_steps(b->hba, i);

		most = steps > most ? steps : most;
		least = steps < least ? steps : least;
	}
	ok(most < 3 * least, "none waits much longer than another: %llu to %llu instructions",
	   (unsigned long long)least, (unsigned long long)most);
}

int main(void)
{
	struct board board;

	board_init(&board, 1);
	test_limits(&board);
	test_ram(&board);
	test_reset(&board);
	test_timer(&board);
	board_exit(&board);
	board_init(&board, 2);
	test_harts(&board);
	test_timers_of_harts(&board);
	test_stop(&board);
	board_exit(&board);
	board_init(&board, 4);
	test_exclusion(&board);
	board_exit(&board);
	return tap_done();
}
