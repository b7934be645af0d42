// SPDX-License-Identifier: GPL-2.0-only
/* The hart: results, traps, interrupts, wfi. hart_vs_qemu.c goes into breadth. */
#include "tap.h"
#include "model_board.h"

#define HANDLER		(BOARD_CODE + 0x100)
#define ALU(f7, f3)	R_TYPE(f7, 11, 10, f3, 12, 0x33)	/* op a2, a0, a1 */

static void test_results(struct board *b)
{
	static const struct {
		const char *name;
		u32 insn, a, b, want;
	} t[] = {
		{ "add wraps", ALU(0, 0), 0xffffffff, 2, 1 },
		{ "sub wraps", ALU(0x20, 0), 0, 1, 0xffffffff },
		{ "sll uses five bits", ALU(0, 1), 1, 33, 2 },
		{ "srl uses five bits", ALU(0, 5), 0x80000000, 63, 1 },
		{ "sra fills with the sign", ALU(0x20, 5), 0x80000000, 31, 0xffffffff },
		{ "slt is signed", ALU(0, 2), 0xffffffff, 0, 1 },
		{ "sltu is not", ALU(0, 3), 0xffffffff, 0, 0 },
		{ "mulh", ALU(1, 1), 0x80000000, 0x80000000, 0x40000000 },
		{ "mulhsu", ALU(1, 2), 0xffffffff, 0xffffffff, 0xffffffff },
		{ "mulhu", ALU(1, 3), 0xffffffff, 0xffffffff, 0xfffffffe },
		{ "div by zero", ALU(1, 4), 7, 0, 0xffffffff },
		{ "div overflow", ALU(1, 4), 0x80000000, 0xffffffff, 0x80000000 },
		{ "divu by zero", ALU(1, 5), 7, 0, 0xffffffff },
		{ "rem by zero", ALU(1, 6), 0xfffffff9, 0, 0xfffffff9 },
		{ "rem overflow", ALU(1, 6), 0x80000000, 0xffffffff, 0 },
		{ "rem has the sign of the dividend", ALU(1, 6), 0xfffffff9, 2, 0xffffffff },
		{ "remu by zero", ALU(1, 7), 7, 0, 7 },
		{ "lui", LUI(12, 0xfffff), 0, 0, 0xfffff000 },
		{ "auipc adds the pc", 0xfffff617, 0, 0, BOARD_CODE - 0x1000 },
		{ "addi sign-extends", ADDI(12, 10, -1), 0, 0, 0xffffffff },
	};

	for (size_t i = 0; i < ARRAY_SIZE(t); i++) {
		board_start(b, t[i].insn);
		board_hart(b)->x[10] = t[i].a;
		board_hart(b)->x[11] = t[i].b;
		board_step(b, 1);
		is(board_hart(b)->x[12], t[i].want, "%s", t[i].name);
	}
	board_start(b, ADDI(0, 0, 5), ADDI(1, 0, 0));
	board_step(b, 2);
	is(board_hart(b)->x[1], 0, "x0 stays zero");
}

static void test_start_registers(struct board *b)
{
	struct hart *h = board_hart(b);

	h->x[5] = 77;
	h->mie = MIP_ALL;
	h->mstatus = MSTATUS_MIE;
	hba_start(b->hba, BOARD_CODE, HBA_START_WARM, 0x1234);
	ok(h->x[10] == 0x1234 && h->x[11] == HBA_START_WARM && h->x[12] == 0,
	   "a start passes argument, kind and hart id in a0 to a2");
	ok(!h->x[5] && !h->mie && !h->mstatus && !h->mtvec && h->pc == BOARD_CODE,
	   "a start clears registers and interrupt enables");
}

static bool trapped(struct board *b, u32 cause, u32 epc, u32 tval)
{
	struct hart *h = board_hart(b);
	bool good = h->pc == HANDLER && h->mcause == cause && h->mepc == epc && h->mtval == tval;

	if (!good)
		printf("# pc %x mcause %x mepc %x mtval %x\n", h->pc, h->mcause, h->mepc,
		       h->mtval);
	return good;
}

static void test_exceptions(struct board *b)
{
	static const struct {
		const char *name;
		u32 insn, cause, tval;
	} t[] = {
		{ "ecall", ECALL, CAUSE_MACHINE_ECALL, 0 },
		{ "ebreak", EBREAK, CAUSE_BREAKPOINT, 0 },
		{ "all zeroes is illegal", 0, CAUSE_ILLEGAL, 0 },
		{ "all ones is illegal", 0xffffffff, CAUSE_ILLEGAL, 0xffffffff },
		{ "compressed is illegal, mtval its 16 bits", 0x12340001, CAUSE_ILLEGAL, 1 },
		{ "slli with shamt bit 5 is illegal", 0x02051513, CAUSE_ILLEGAL, 0x02051513 },
		{ "sret is illegal", 0x10200073, CAUSE_ILLEGAL, 0x10200073 },
		{ "amoadd is illegal", 0x0000252f, CAUSE_ILLEGAL, 0x0000252f },
		{ "load from nowhere", LW(1, 4, 0), CAUSE_LOAD_FAULT, 4 },
		{ "load to x0 faults too", LW(0, 4, 0), CAUSE_LOAD_FAULT, 4 },
		{ "store to nowhere", SW(0, 8, 0), CAUSE_STORE_FAULT, 8 },
		{ "jump to half an instruction", JAL(1, 6), CAUSE_FETCH_MISALIGNED,
		  BOARD_CODE + 6 },
		{ "branch to half an instruction", BEQ(0, 0, 10), CAUSE_FETCH_MISALIGNED,
		  BOARD_CODE + 10 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(t); i++) {
		board_start(b, t[i].insn, NOP);
		board_hart(b)->mtvec = HANDLER;
		board_step(b, 1);
		ok(trapped(b, t[i].cause, BOARD_CODE, t[i].tval) && !board_hart(b)->x[1],
		   "%s: trap, rd untouched", t[i].name);
	}
	board_start(b, BNE(0, 0, 10), NOP);
	board_hart(b)->mtvec = HANDLER;
	board_step(b, 1);
	is(board_hart(b)->pc, BOARD_CODE + 4, "a branch that is not taken may aim anywhere");

	board_start(b, JALR(1, 0x10, 0));
	board_hart(b)->mtvec = HANDLER | MTVEC_VECTORED;
	board_step(b, 2);
	ok(trapped(b, CAUSE_FETCH_FAULT, 0x10, 0x10) && board_hart(b)->x[1] == BOARD_CODE + 4,
	   "fetch from nowhere: the jump is done, then the trap, to the base of a vectored mtvec");
}

static void test_trap_and_return(struct board *b)
{
	struct hart *h = board_hart(b);

	board_start(b, ECALL, NOP);
	board_load(b, HANDLER, (const u32[]){ MRET }, 1);
	h->mtvec = HANDLER;
	h->mstatus = MSTATUS_MIE;
	board_step(b, 1);
	is(h->mstatus, MSTATUS_MPIE, "a trap moves MIE to MPIE");
	h->mepc += 4;
	board_step(b, 1);
	ok(h->pc == BOARD_CODE + 4 && h->mstatus == (MSTATUS_MIE | MSTATUS_MPIE),
	   "mret goes to mepc, MPIE back to MIE, MPIE set");
}

static void test_misaligned_data(struct board *b)
{
	struct hart *h = board_hart(b);

	board_start(b, SW(10, 1, 5), LW(11, 1, 5), SH(10, 7, 5), LHU(12, 7, 5), LH(13, 7, 5),
		    LB(14, 7, 5), LBU(15, 7, 5));
	h->x[5] = BOARD_CODE + 0x200;
	h->x[10] = 0x8765c3a5;
	board_step(b, 7);
	is(h->x[11], 0x8765c3a5, "a misaligned word works in RAM");
	is(h->x[12], 0xc3a5, "lhu zero-extends");
	is(h->x[13], 0xffffc3a5, "lh sign-extends");
	is(h->x[14], 0xffffffa5, "lb sign-extends");
	is(h->x[15], 0xa5, "lbu zero-extends");
}

/* Words in RAM do not go through the bus. */
static void test_end_of_ram(struct board *b)
{
	const u32 end = HBA_RAM_BASE + HBA_RAM_MIN;
	struct hart *h = board_hart(b);

	board_start(b, SW(10, -4, 5), LW(11, -4, 5));
	h->x[5] = end;
	h->x[10] = 0xfeedf00d;
	board_step(b, 2);
	is(h->x[11], 0xfeedf00d, "the last word of RAM");
	for (s32 at = -3; at <= 0; at++) {
		bool good;

		board_start(b, LW(1, at, 5));
		h->mtvec = HANDLER;
		h->x[5] = end;
		board_step(b, 1);
		good = trapped(b, CAUSE_LOAD_FAULT, BOARD_CODE, end + at);
		board_start(b, SW(1, at, 5));
		h->mtvec = HANDLER;
		h->x[5] = end;
		board_step(b, 1);
		ok(good && trapped(b, CAUSE_STORE_FAULT, BOARD_CODE, end + at),
		   "no word %d bytes before the end", -at);
	}
}

static void prepare_interrupt(struct board *b, u32 mtvec)
{
	struct hart *h = board_hart(b);

	board_start(b, NOP, NOP, NOP);
	h->mtvec = mtvec;
	h->mie = MIP_ALL;
	h->mstatus = MSTATUS_MIE;
}

static void test_interrupts(struct board *b)
{
	struct hart *h = board_hart(b);

	for (u32 i = 0; i < 16; i++)
		board_load(b, HANDLER + 4 * i, (const u32[]){ JAL(0, 0) }, 1);
	prepare_interrupt(b, HANDLER);
	board_put(b, HBA_CLINT_BASE + HBA_CLINT_MSIP, 1);
	board_put(b, HBA_CLINT_BASE + HBA_CLINT_MTIMECMP, 0);
	board_put(b, HBA_CLINT_BASE + HBA_CLINT_MTIMECMP + 4, 0);
	board_put(b, HBA_MBOX_BASE + HBA_MBOX_ENABLE, HBA_PEND_IO);
	hba_doorbell(b->hba, HBA_PEND_IO);
	board_step(b, 1);
	ok(trapped(b, CAUSE_INTERRUPT | IRQ_EXTERNAL, BOARD_CODE, 0), "external comes first");
	h->mstatus = MSTATUS_MIE;
	board_put(b, HBA_MBOX_BASE + HBA_MBOX_PENDING, HBA_PEND_IO);
	board_step(b, 1);
	ok(trapped(b, CAUSE_INTERRUPT | IRQ_SOFTWARE, HANDLER, 0), "then software");
	h->mstatus = MSTATUS_MIE;
	board_put(b, HBA_CLINT_BASE + HBA_CLINT_MSIP, 0);
	board_step(b, 1);
	ok(trapped(b, CAUSE_INTERRUPT | IRQ_TIMER, HANDLER, 0), "then the timer");
	h->mstatus = MSTATUS_MIE;
	h->mtvec = HANDLER | MTVEC_VECTORED;
	board_step(b, 1);
	is(h->pc, HANDLER + 4 * IRQ_TIMER, "vectored: base + 4 * number");

	prepare_interrupt(b, HANDLER);
	board_put(b, HBA_CLINT_BASE + HBA_CLINT_MSIP, 1);
	h->mstatus = 0;
	board_step(b, 1);
	is(h->pc, BOARD_CODE + 4, "none is taken while MIE is off");
	h->mstatus = MSTATUS_MIE;
	h->mie = MIP_MTIP;
	board_step(b, 1);
	is(h->pc, BOARD_CODE + 8, "none is taken that mie masks");
}

/* The CSR write and the very next instruction, within one run. */
static void test_interrupt_follows_enable(struct board *b)
{
	struct hart *h = board_hart(b);

	board_start(b, I_TYPE(0x300, 8, 6, 0, 0x73), ADDI(5, 0, 1));	/* csrsi mstatus, 8 */
	h->mtvec = HANDLER;
	h->mie = MIP_MSIP;
	board_put(b, HBA_CLINT_BASE + HBA_CLINT_MSIP, 1);
	hba_run(b->hba, 10, NULL);
	ok(!h->x[5] && h->mepc == BOARD_CODE + 4, "an interrupt comes right after its enabling");

	board_start(b, SW(6, 0, 7), ADDI(5, 0, 1));
	h->mtvec = HANDLER;
	h->mie = MIP_MSIP;
	h->mstatus = MSTATUS_MIE;
	h->x[6] = 1;
	h->x[7] = HBA_CLINT_BASE + HBA_CLINT_MSIP;
	hba_run(b->hba, 10, NULL);
	ok(!h->x[5] && h->mepc == BOARD_CODE + 4, "and right after a store that raises it");
}

static void test_wfi(struct board *b)
{
	struct hart *h = board_hart(b);
	u32 n;

	board_start(b, WFI, ADDI(5, 0, 1), JAL(0, 0));
	is(hba_run(b->hba, 100, &n), HBA_RUN_WAIT, "wfi waits when nothing is pending");
	is(n, 1, "and costs one instruction");
	is(hba_run(b->hba, 100, &n), HBA_RUN_WAIT, "it goes on waiting");
	is(n, 0, "at no cost");
	h->mie = MIP_MSIP;
	board_put(b, HBA_CLINT_BASE + HBA_CLINT_MSIP, 1);
	is(hba_run(b->hba, 100, &n), HBA_RUN_BUDGET, "an enabled interrupt ends it");
	ok(h->x[5] == 1 && h->pc == BOARD_CODE + 8, "without a trap while MIE is off");

	board_start(b, WFI, ADDI(5, 0, 1), JAL(0, 0));
	h->mtvec = HANDLER;
	h->mie = MIP_MSIP;
	h->mstatus = MSTATUS_MIE;
	hba_run(b->hba, 100, NULL);
	board_put(b, HBA_CLINT_BASE + HBA_CLINT_MSIP, 1);
	hba_run(b->hba, 1, NULL);
	ok(trapped(b, CAUSE_INTERRUPT | IRQ_SOFTWARE, BOARD_CODE + 4, 0),
	   "with MIE on it traps, mepc behind the wfi");

	board_start(b, WFI, ADDI(5, 0, 1), JAL(0, 0));
	h->mie = MIP_MSIP;
	board_put(b, HBA_CLINT_BASE + HBA_CLINT_MSIP, 1);
	is(hba_run(b->hba, 1, NULL), HBA_RUN_BUDGET,
	   "a wfi at the end of the budget, something pending: no wait");
}

static void test_stopped(struct board *b)
{
	const struct hba_event *e;
	u32 n;

	b->events = 0;
	board_start(b, ECALL);
	board_hart(b)->mtvec = 0x100;
	is(hba_run(b->hba, 1000, &n), HBA_RUN_HALTED, "mtvec at nothing: the hart stops");
	e = board_last(b);
	ok(n <= 3 && b->events == 1 && e->code == HBA_EVT_HART_STOPPED, "and says so once");
	ok(e->arg[0] == CAUSE_MACHINE_ECALL && e->arg[1] == BOARD_CODE && !e->arg[2],
	   "with mcause, mepc, mtval of the first trap");
	ok(!hba_work_pending(b->hba), "nothing is left to do");

	b->events = 0;
	board_start(b, EBREAK);
	board_load(b, HANDLER, (const u32[]){ 0 }, 1);
	board_hart(b)->mtvec = HANDLER;
	is(hba_run(b->hba, 1000, &n), HBA_RUN_HALTED, "a handler that begins with a trap");
	is(b->events, 1, "told once");

	b->events = 0;
	hba_start(b->hba, 0, HBA_START_COLD, 0);
	hba_run(b->hba, 1000, &n);
	e = board_last(b);
	ok(e->code == HBA_EVT_HART_STOPPED && e->arg[0] == CAUSE_FETCH_FAULT && !e->arg[1],
	   "a start at nothing stops with a fetch fault");

	b->events = 0;
	hba_start(b->hba, BOARD_CODE + 2, HBA_START_COLD, 0);
	hba_run(b->hba, 1000, &n);
	e = board_last(b);
	ok(e->code == HBA_EVT_HART_STOPPED && e->arg[0] == CAUSE_FETCH_MISALIGNED &&
	   e->arg[2] == BOARD_CODE + 2, "a start at half an instruction stops");
}

static void test_budget(struct board *b)
{
	u32 n;

	board_start(b, JAL(0, 0));
	is(hba_run(b->hba, 1000, &n), HBA_RUN_BUDGET, "a loop uses its budget");
	is(n, 1000, "and no more");
	is(hba_run(b->hba, 0, &n), HBA_RUN_BUDGET, "no budget");
	is(n, 0, "no instruction");
}

int main(void)
{
	struct board board;

	board_init(&board, 1);
	test_results(&board);
	test_start_registers(&board);
	test_exceptions(&board);
	test_trap_and_return(&board);
	test_misaligned_data(&board);
	test_end_of_ram(&board);
	test_interrupts(&board);
	test_interrupt_follows_enable(&board);
	test_wfi(&board);
	test_stopped(&board);
	test_budget(&board);
	board_exit(&board);
	return tap_done();
}
