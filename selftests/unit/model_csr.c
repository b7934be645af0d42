// SPDX-License-Identifier: GPL-2.0-only
/* Control and status registers: which there are, what they keep. */
#include "tap.h"
#include "model_board.h"

#define HANDLER	(BOARD_CODE + 0x100)

/* Writes @value with csrrw, reads it back; false if one of them trapped. */
static bool csr_write_read(struct board *b, u32 csr, u32 value, u32 *back)
{
	struct hart *h = board_hart(b);

	board_start(b, CSRRW(0, csr, 10), CSRRS(11, csr, 0));
	h->mtvec = HANDLER;
	h->x[10] = value;
	board_step(b, 2);
	*back = h->x[11];
	return h->pc == BOARD_CODE + 8;
}

static void test_fields(struct board *b)
{
	static const struct {
		const char *name;
		u32 csr, write, want;
	} t[] = {
		{ "mstatus keeps MIE and MPIE, MPP is machine mode", 0x300, 0xffffffff, 0x1888 },
		{ "mstatus.MPP cannot be lowered", 0x300, 0, 0x1800 },
		{ "misa is RV32IM", 0x301, 0, 0x40001100 },
		{ "mie keeps the three", 0x304, 0xffffffff, 0x888 },
		{ "mtvec keeps direct", 0x305, 0x80000100, 0x80000100 },
		{ "mtvec keeps vectored", 0x305, 0x80000101, 0x80000101 },
		{ "mtvec ignores reserved modes", 0x305, 0x80000202, HANDLER },
		{ "mstatush is zero", 0x310, 0xffffffff, 0 },
		{ "mcountinhibit is zero", 0x320, 0xffffffff, 0 },
		{ "mscratch keeps all", 0x340, 0xa5a5a5a5, 0xa5a5a5a5 },
		{ "mepc keeps multiples of 4", 0x341, 0xffffffff, 0xfffffffc },
		{ "mcause keeps all", 0x342, 0x8000000b, 0x8000000b },
		{ "mtval keeps all", 0x343, 0xdeadbeef, 0xdeadbeef },
		{ "mip cannot be written", 0x344, 0xffffffff, 0 },
		{ "pmpcfg0 keeps one region without lock", 0x3a0, 0xffffffff, 0x1f },
		{ "pmpaddr0 keeps all", 0x3b0, 0xffffffff, 0xffffffff },
		{ "pmpaddr15 is zero", 0x3bf, 0xffffffff, 0 },
		{ "tselect is zero: no triggers", 0x7a0, 0x80000000, 0 },
		{ "mhpmcounter31 is zero", 0xb1f, 0xffffffff, 0 },
	};
	u32 back;

	for (size_t i = 0; i < ARRAY_SIZE(t); i++) {
		bool good = csr_write_read(b, t[i].csr, t[i].write, &back);

		if (!good || back != t[i].want)
			printf("# have 0x%x, want 0x%x\n", back, t[i].want);
		ok(good && back == t[i].want, "%s", t[i].name);
	}
}

static bool traps(struct board *b, u32 insn)
{
	struct hart *h = board_hart(b);

	board_start(b, insn);
	h->mtvec = HANDLER;
	h->x[1] = 0x55;
	h->x[2] = 0;
	board_step(b, 1);
	return h->pc == HANDLER && h->mcause == CAUSE_ILLEGAL && h->mtval == insn &&
	       h->x[1] == 0x55;
}

static void test_illegal(struct board *b)
{
	ok(traps(b, CSRRW(1, 0xf14, 2)), "csrrw to a read-only register");
	ok(traps(b, CSRRS(1, 0xf14, 2)), "csrrs with a register that happens to be zero, likewise");
	ok(traps(b, CSRRC(1, 0xc00, 2)), "csrrc to cycle");
	ok(traps(b, CSRRWI(1, 0xf11, 0)), "csrrwi of zero to mvendorid");
	ok(!traps(b, CSRRS(1, 0xf14, 0)), "csrrs of x0 only reads");
	ok(!traps(b, I_TYPE(0xf14, 0, 7, 1, 0x73)), "csrrci of 0 only reads");
	ok(traps(b, CSRRS(1, 0x100, 0)), "sstatus is not there");
	ok(traps(b, CSRRS(1, 0x180, 0)), "satp is not there");
	ok(traps(b, CSRRS(1, 0x302, 0)), "medeleg is not there");
	ok(traps(b, CSRRS(1, 0x306, 0)), "mcounteren is not there");
	ok(traps(b, CSRRS(1, 0x3c0, 0)), "pmpaddr16 is not there");
	ok(traps(b, I_TYPE(0x340, 2, 4, 1, 0x73)), "funct3 4 is no CSR instruction");
}

static void test_set_and_clear(struct board *b)
{
	struct hart *h = board_hart(b);

	board_start(b, CSRRW(0, 0x340, 10), CSRRC(11, 0x340, 12), CSRRS(13, 0x340, 14),
		    I_TYPE(0x340, 3, 7, 15, 0x73), I_TYPE(0x340, 12, 6, 16, 0x73),
		    CSRRW(10, 0x340, 10));
	h->x[10] = 0xff00ff00;
	h->x[12] = 0x0f000f00;
	h->x[14] = 0x000000ff;
	board_step(b, 6);
	is(h->x[11], 0xff00ff00, "csrrc returns the old value");
	is(h->x[13], 0xf000f000, "csrrc cleared");
	is(h->x[15], 0xf000f0ff, "csrrs set");
	is(h->x[16], 0xf000f0fc, "csrrci cleared");
	is(h->x[10], 0xf000f0fc, "csrrw with rd equal to rs1 swaps");
	is(h->mscratch, 0xff00ff00, "both ways");
}

static void test_counters(struct board *b)
{
	struct hart *h = board_hart(b);

	board_start(b, CSRRW(0, 0xb02, 0), CSRRS(1, 0xb02, 0), NOP, CSRRS(2, 0xc02, 0));
	board_step(b, 4);
	is(h->x[1], 0, "what is written to minstret is what the next instruction reads");
	is(h->x[2], 2, "then it counts, and instret is the same");

	board_start(b, CSRRW(0, 0xb02, 5), CSRRW(0, 0xb82, 5), NOP, CSRRS(1, 0xb02, 0),
		    CSRRS(2, 0xb82, 0));
	h->x[5] = ~0u;
	board_step(b, 5);
	ok(h->x[1] == 0 && h->x[2] == 0, "minstret carries into minstreth, and wraps");

	board_start(b, CSRRW(0, 0xb02, 0), CSRRW(0, 0xb00, 0), ECALL, CSRRS(1, 0xb02, 0),
		    CSRRS(2, 0xb00, 0));
	h->mtvec = BOARD_CODE + 12;
	board_step(b, 5);
	is(h->x[1], 1, "an instruction that traps does not retire");
	is(h->x[2], 2, "but takes its cycle");

	b->now = 1234567800;
	board_start(b, CSRRS(1, 0xc01, 0), CSRRS(2, 0xc81, 0));
	board_step(b, 2);
	ok(h->x[1] == 12345678 && !h->x[2], "time is mtime");
}

static void test_identity(struct board *b)
{
	struct hart *h = board_hart(b);

	board_start(b, CSRRS(1, 0xf11, 0), CSRRS(2, 0xf12, 0), CSRRS(3, 0xf13, 0),
		    CSRRS(4, 0xf14, 0), CSRRS(5, 0xf15, 0));
	for (int i = 1; i < 6; i++)
		h->x[i] = 99;
	board_step(b, 5);
	ok(!h->x[1] && !h->x[2] && !h->x[3] && !h->x[4] && !h->x[5] && h->pc == BOARD_CODE + 20,
	   "vendor, architecture, implementation, hart and configuration read as zero");
}

int main(void)
{
	struct board board;

	board_init(&board, 1);
	test_fields(&board);
	test_illegal(&board);
	test_set_and_clear(&board);
	test_counters(&board);
	test_identity(&board);
	board_exit(&board);
	return tap_done();
}
