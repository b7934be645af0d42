// SPDX-License-Identifier: GPL-2.0-only
/* Mailbox: commands, doorbells, events, straps, and what a start keeps. */
#include "tap.h"
#include "model_board.h"

#define M(reg)	(HBA_MBOX_BASE + HBA_MBOX_##reg)

static void test_commands(struct board *b)
{
	u32 i, good = 0;

	ok(!board_get(b, M(CMD)) && !board_get(b, M(CMD_ARG0)) && !board_get(b, M(CMD_ARG1)),
	   "an empty queue reads as zero");
	board_put(b, M(CMD_POP), 0);
	ok(!hba_command(b->hba, HBA_CMD_NONE, 1, 2), "no command cannot be queued");
	for (i = 0; i < HBA_CMD_DEPTH; i++)
		good += hba_command(b->hba, HBA_CMD_PING, i, 100 + i);
	is(good, HBA_CMD_DEPTH, "the queue holds HBA_CMD_DEPTH");
	ok(!hba_command(b->hba, HBA_CMD_PING, 0, 0), "and no more");
	ok(board_get(b, M(PENDING)) & HBA_PEND_CMD, "PENDING shows it");
	board_put(b, M(PENDING), ~0u);
	ok(board_get(b, M(PENDING)) & HBA_PEND_CMD, "which cannot be cleared by hand");
	for (i = good = 0; i < HBA_CMD_DEPTH; i++) {
		good += board_get(b, M(CMD)) == HBA_CMD_PING && board_get(b, M(CMD_ARG0)) == i &&
			board_get(b, M(CMD_ARG1)) == 100 + i;
		board_put(b, M(CMD_POP), 1);
		if (i == 2)	/* around the end of the ring */
			hba_command(b->hba, HBA_CMD_UNDO, 7, 8);
	}
	is(good, HBA_CMD_DEPTH, "commands come in order with their arguments");
	ok(board_get(b, M(CMD)) == HBA_CMD_UNDO && board_get(b, M(CMD_ARG0)) == 7,
	   "one queued meanwhile comes last");
	board_put(b, M(CMD_POP), 1);
	ok(!(board_get(b, M(PENDING)) & HBA_PEND_CMD), "PENDING follows the queue down");
}

static void test_doorbells(struct board *b)
{
	hba_doorbell(b->hba, ~0u);
	is(board_get(b, M(PENDING)), HBA_PEND_IO | HBA_PEND_ADMIN, "only doorbells can be rung");
	board_put(b, M(PENDING), HBA_PEND_IO);
	is(board_get(b, M(PENDING)), HBA_PEND_ADMIN, "writing 1 clears");
	is(csr_pending(b->hba, board_hart(b)) & MIP_MEIP, 0, "not enabled: no interrupt");
	board_put(b, M(ENABLE), HBA_PEND_ADMIN);
	is(csr_pending(b->hba, board_hart(b)) & MIP_MEIP, MIP_MEIP, "enabled: interrupt");
	board_put(b, M(ENABLE), ~0u);
	is(board_get(b, M(ENABLE)), 0xf, "ENABLE keeps the bits there are");
	board_put(b, M(PENDING), HBA_PEND_ADMIN);
	is(csr_pending(b->hba, board_hart(b)) & MIP_MEIP, 0, "cleared: none");
	board_put(b, M(ENABLE), 0);
}

static void test_events(struct board *b)
{
	const struct hba_event *e;

	b->events = 0;
	for (u32 i = 0; i < 4; i++)
		board_put(b, M(EVT_ARG0) + 4 * i, 11 * i);
	board_put(b, M(EVT_POST), HBA_EVT_HEARTBEAT);
	e = board_last(b);
	ok(b->events == 1 && e->code == HBA_EVT_HEARTBEAT && !e->arg[0] && e->arg[1] == 11 &&
	   e->arg[2] == 22 && e->arg[3] == 33, "an event carries code and four arguments");
	board_put(b, M(EVT_POST), HBA_EVT_NONE);
	board_put(b, M(EVT_POST), HBA_EVT_BUS_ERROR);
	board_put(b, M(EVT_POST), HBA_EVT_HART_STOPPED);
	is(b->events, 1, "the firmware cannot speak for the hardware");
	b->irqs = 0;
	board_put(b, M(IRQ), HBA_IRQ_ADMIN | 0xf0);
	is(b->irqs, HBA_IRQ_ADMIN, "an interrupt to the host");
}

static void test_straps(struct board *b)
{
	hba_set_rings(b->hba, 0x40001000, 0x40002000);
	ok(board_get(b, M(RAM_SIZE)) == HBA_RAM_MIN && board_get(b, M(HARTS)) == 1 &&
	   board_get(b, M(BLOCK_SIZE)) == 512 && board_get(b, M(SECTORS_LO)) == BOARD_SECTORS &&
	   !board_get(b, M(SECTORS_HI)) && board_get(b, M(MAX_LOGINS)) == 64,
	   "straps show the configuration");
	ok(board_get(b, M(IO_PAGE)) == 0x40001000 && board_get(b, M(ADMIN_PAGE)) == 0x40002000,
	   "ring pages are where the host says");
	hba_start(b->hba, BOARD_CODE, HBA_START_WARM, 0xabc);
	ok(board_get(b, M(START_ARG)) == 0xabc && board_get(b, M(START_KIND)) == HBA_START_WARM,
	   "kind and argument of the last start");
}

static void test_start_and_reset(struct board *b)
{
	board_put(b, M(SCRATCH0), 1);
	board_put(b, M(SCRATCH1), 2);
	board_put(b, M(LINK_CTRL), 0x104);
	board_put(b, M(ENABLE), HBA_PEND_IO);
	hba_doorbell(b->hba, HBA_PEND_IO);
	hba_command(b->hba, HBA_CMD_CANCEL, 0, 0);
	hba_start(b->hba, BOARD_CODE, HBA_START_WARM, 0);
	ok(board_get(b, M(SCRATCH0)) == 1 && board_get(b, M(SCRATCH1)) == 2 &&
	   board_get(b, M(LINK_CTRL)) == 0x104, "scratch and link registers survive a start");
	is(board_get(b, M(PENDING)), HBA_PEND_IO, "a doorbell too, a command not");
	ok(!board_get(b, M(CMD)) && hba_command(b->hba, HBA_CMD_PING, 0, 0) &&
	   board_get(b, M(CMD)) == HBA_CMD_PING, "the queue begins anew");
	is(board_get(b, M(ENABLE)), 0, "interrupts are disabled");
	hba_reset(b->hba);
	ok(!board_get(b, M(SCRATCH0)) && !board_get(b, M(SCRATCH1)) &&
	   !board_get(b, M(LINK_CTRL)) && !board_get(b, M(PENDING)), "a reset clears them");
	is(board_get(b, M(IO_PAGE)), 0x40001000, "the rings stay where they are");
	is(board_get(b, M(START_KIND)), HBA_START_RESET, "a reset is no start");
}

static void test_work_pending(struct board *b)
{
	board_start(b, WFI, JAL(0, -4));
	ok(hba_work_pending(b->hba), "a started hart has work");
	hba_run(b->hba, 10, NULL);
	ok(!hba_work_pending(b->hba), "a waiting one has none");
	hba_doorbell(b->hba, HBA_PEND_IO);
	ok(!hba_work_pending(b->hba), "a doorbell that is not enabled makes none");
	board_put(b, M(ENABLE), HBA_PEND_IO | HBA_PEND_CMD);
	board_hart(b)->mie = MIP_MEIP;
	is(hba_run(b->hba, 10, NULL), HBA_RUN_BUDGET, "one that is enabled does");
	board_put(b, M(PENDING), HBA_PEND_IO);
	is(hba_run(b->hba, 10, NULL), HBA_RUN_WAIT, "until it is cleared");
	hba_command(b->hba, HBA_CMD_PING, 0, 0);
	ok(hba_work_pending(b->hba), "a command makes work");
	hba_halt(b->hba);
	ok(!hba_work_pending(b->hba), "not for a halted hart");
}

/* What is the hart's own, and what is the same in every bank. */
static void test_banks(struct board *b)
{
	const u32 other = HBA_MBOX_BANK(1);

	hba_start(b->hba, BOARD_CODE, HBA_START_COLD, 0);
	hba_doorbell(b->hba, HBA_PEND_IO);
	board_put(b, other + HBA_MBOX_ENABLE, HBA_PEND_IO);
	is(board_get(b, M(ENABLE)), 0, "a hart enables its own interrupt only");
	ok(!(csr_pending(b->hba, &b->hba->hart[0]) & MIP_MEIP) &&
	   csr_pending(b->hba, &b->hba->hart[1]) & MIP_MEIP, "and only it is interrupted");
	is(board_get(b, other + HBA_MBOX_PENDING), HBA_PEND_IO, "PENDING is one for all");
	board_put(b, M(EVT_ARG0), 1);
	board_put(b, other + HBA_MBOX_EVT_ARG0, 2);
	board_put(b, M(EVT_POST), HBA_EVT_HEARTBEAT);
	is(board_last(b)->arg[0], 1, "no hart mixes its arguments into another's event");
	board_put(b, other + HBA_MBOX_EVT_POST, HBA_EVT_HEARTBEAT);
	is(board_last(b)->arg[0], 2, "which goes the other way round, too");
	hba_start(b->hba, BOARD_CODE, HBA_START_COLD, 0);
	is(board_get(b, other + HBA_MBOX_ENABLE), 0, "a start disables all");
	ok(!bus_load(b->hba, board_hart(b), HBA_MBOX_BANK(2), 4, &(u32){ 0 }) &&
	   !bus_store(b->hba, board_hart(b), HBA_MBOX_BANK(2) + HBA_MBOX_ENABLE, 4, 0),
	   "there are no more banks than harts");
}

static void test_mutex(struct board *b)
{
	const u32 other = HBA_MBOX_BANK(1);

	is(board_get(b, M(MUTEX)), 1, "the mutex is free, and taken by looking");
	is(board_get(b, M(MUTEX)), 1, "who has it is told so again");
	is(board_get(b, other + HBA_MBOX_MUTEX), 0, "another is not");
	board_put(b, other + HBA_MBOX_MUTEX, 0);
	is(board_get(b, other + HBA_MBOX_MUTEX), 0, "nor can it give back what it has not");
	board_put(b, M(MUTEX), 0);
	is(board_get(b, other + HBA_MBOX_MUTEX), 1, "given back, it is the other's");
	hba_start(b->hba, BOARD_CODE, HBA_START_COLD, 0);
	is(board_get(b, M(MUTEX)), 1, "after a start it is free");
}

int main(void)
{
	struct board board;

	board_init(&board, 1);
	test_commands(&board);
	test_doorbells(&board);
	test_events(&board);
	test_straps(&board);
	test_start_and_reset(&board);
	test_work_pending(&board);
	board_exit(&board);
	board_init(&board, 2);
	test_banks(&board);
	test_mutex(&board);
	board_exit(&board);
	return tap_done();
}
