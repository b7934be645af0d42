// SPDX-License-Identifier: GPL-2.0-only
/*
 * How fast the model executes: a loop of loads, stores, arithmetic and
 * branches, in running memory and in the window. Not a test.
 */
#include <time.h>

#include "model_board.h"

#define BUDGET	(200u * 1000 * 1000)

static const u32 loop[] = {
	LUI(5, 0x80010), ADDI(6, 0, 0), ADDI(7, 0, 1000),
	/* loop: */
	ADDI(6, 6, 1),
	LW(8, 0, 5),
	R_TYPE(0, 6, 8, 0, 8, 0x33),		/* add */
	SW(8, 0, 5),
	R_TYPE(0, 7, 6, 4, 9, 0x33),		/* xor */
	I_TYPE(3, 9, 1, 9, 0x13),		/* slli */
	R_TYPE(1, 9, 8, 0, 10, 0x33),		/* mul */
	LBU(11, 1, 5),
	R_TYPE(0, 11, 10, 7, 10, 0x33),		/* and */
	BNE(6, 0, -36),
	JAL(0, -40),
};

static double seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void measure(struct board *b, const char *where, u32 entry)
{
	double begin;
	u32 executed;

	hba_start(b->hba, entry, HBA_START_COLD, 0);
	begin = seconds();
	hba_run(b->hba, BUDGET, &executed);
	printf("%s: emulator_mips %.0f\n", where,
	       (double)executed / (seconds() - begin) / 1e6);
}

int main(void)
{
	struct board board;
	u8 *window;

	board_init(&board, 1);
	window = board_map(&board, 0, HBA_IOVA_STAGING, 4096, true);
	memcpy(window, loop, sizeof(loop));
	board_load(&board, BOARD_CODE, loop, sizeof(loop) / 4);
	measure(&board, "running memory", BOARD_CODE);
	measure(&board, "staging memory", HBA_IOVA_STAGING);
	board_exit(&board);
	return 0;
}
