// SPDX-License-Identifier: GPL-2.0-only
/*
 * The hart against QEMU, instruction by instruction: before each one, program
 * counter, all registers and the trap CSRs of both must be the same.
 *
 *	SEED=1 COUNT=20000 B=/abs/build hart_vs_qemu
 *
 * COUNT is the length of the random program. Prints how often each instruction
 * was executed, and fails if one never was.
 */
#include <unistd.h>

#include "tap.h"
#include "hart_programs.h"
#include "hart_qemu_log.h"

#define RAM_SIZE	(4u << 20)

static u64 covered[64];

struct comparison {
	struct board board;
	struct program program;
	u64 compared;
};

static u32 number(const char *name, u32 otherwise)
{
	const char *s = getenv(name);

	return s ? (u32)strtoul(s, NULL, 0) : otherwise;
}

static void differ(const char *what, u32 pc, u32 have, u32 want, bool *same)
{
	if (have == want)
		return;
	printf("# at 0x%08x: %s is 0x%08x, in QEMU 0x%08x\n", pc, what, have, want);
	*same = false;
}

/*
 * QEMU 7.2 has the address of a jump or branch with a misaligned target in
 * mtval, where the architecture wants the target, as model_hart checks. The
 * handler goes on with QEMU's.
 */
static void adopt_misaligned(struct hart *h, const struct qemu_record *r)
{
	if (h->mcause == CAUSE_FETCH_MISALIGNED && r->mcause == h->mcause &&
	    r->mtval == r->mepc && h->mtval & 2)
		h->mtval = r->mtval;
}

static bool compare(struct comparison *c, const struct qemu_record *r)
{
	struct hart *h = board_hart(&c->board);
	bool same = true;
	char name[8];

	adopt_misaligned(h, r);
	for (u32 i = 0; i < 32; i++) {
		snprintf(name, sizeof(name), "x%u", i);
		differ(name, h->pc, h->x[i], r->x[i], &same);
	}
	differ("pc", h->pc, h->pc, r->pc, &same);
	differ("mie", h->pc, h->mie, r->mie, &same);
	differ("mip", h->pc, csr_pending(c->board.hba, h), r->mip, &same);
	differ("mtvec", h->pc, h->mtvec, r->mtvec, &same);
	differ("mepc", h->pc, h->mepc, r->mepc, &same);
	differ("mcause", h->pc, h->mcause, r->mcause, &same);
	differ("mtval", h->pc, h->mtval, r->mtval, &same);
	differ("mscratch", h->pc, h->mscratch, r->mscratch, &same);
	/* In MPP there is more than machine mode after QEMU's reset and mret. */
	differ("mstatus", h->pc, h->mstatus | MSTATUS_MPP, r->mstatus | MSTATUS_MPP, &same);
	c->compared++;
	return same;
}

/* One instruction of the model; what it was counts unless it was illegal. */
static void step(struct comparison *c)
{
	struct hart *h = board_hart(&c->board);
	u32 pc = h->pc;
	u32 insn = board_ram32(&c->board, pc);
	int mnemonic = mnemonic_of(insn);

	hart_slice(c->board.hba, h, 1);
	hart_interrupt(c->board.hba, h);
	if (mnemonic >= 0 && !(h->mcause == CAUSE_ILLEGAL && h->mepc == pc))
		covered[mnemonic]++;
}

static bool fetchable(struct comparison *c)
{
	return board_hart(&c->board)->pc - HBA_RAM_BASE < RAM_SIZE;
}

static bool lock_step(struct comparison *c, struct qemu *q)
{
	struct hart *h = board_hart(&c->board);
	struct qemu_record r = { 0 };

	do {	/* QEMU's own reset code */
		if (!qemu_next(q, &r))
			return false;
	} while (r.pc != PROGRAM_BASE);
	memcpy(h->x, r.x, sizeof(h->x));
	while (compare(c, &r) && h->pc != c->program.end) {
		if (!qemu_next(q, &r)) {
			printf("# at 0x%08x: QEMU ended\n", h->pc);
			return false;
		}
		if (r.repeated)
			continue;
		do
			step(c);
		while (!fetchable(c) && h->state == HART_RUNNING);
	}
	return h->pc == c->program.end && r.pc == h->pc;
}

static bool write_program(const struct program *p, const char *path)
{
	FILE *out = fopen(path, "wb");
	bool good = out;

	for (u32 i = 0; good && i < p->words; i++) {
		u8 insn[4];

		hba_put32(insn, p->code[i]);
		good = fwrite(insn, 4, 1, out) == 1;
	}
	return out && !fclose(out) && good;
}

static void run(const struct program_kind *kind, const char *path, u32 seed, u32 count)
{
	struct comparison c = { 0 };
	struct qemu q;

	board_init(&c.board, 1);
	free(c.board.config.ram);
	c.board.config.ram = board_alloc(RAM_SIZE);
	c.board.config.ram_size = RAM_SIZE;
	if (hba_init(c.board.hba, &c.board.config))
		tap_bail("hba_init() refused %u bytes of RAM", RAM_SIZE);
	c.program.code = board_alloc(PROGRAM_WORDS * 4);
	program_build(&c.program, kind, seed, count);
	board_load(&c.board, PROGRAM_BASE, c.program.code, c.program.words);
	hba_start(c.board.hba, PROGRAM_BASE, HBA_START_COLD, 0);
	c.board.hba->clint.mtimecmp[0] = 0;	/* as QEMU's is */

	if (!write_program(&c.program, path) || !qemu_start(&q, path))
		tap_bail("cannot start QEMU on %s", path);
	ok(lock_step(&c, &q), "%s: %u words", kind->name, c.program.words);
	printf("# %llu comparisons\n", (unsigned long long)c.compared);
	qemu_stop(&q);
	free(c.program.code);
	board_exit(&c.board);
}

static void report_coverage(void)
{
	u32 missing = 0;

	printf("# executed, by instruction:");
	for (u32 i = 0; i < mnemonic_count; i++) {
		printf("%s%s %llu", i % 8 ? ", " : "\n#   ", mnemonic_name(i),
		       (unsigned long long)covered[i]);
		missing += !covered[i];
	}
	printf("\n");
	is(missing, 0, "all %u instructions were executed", mnemonic_count);
}

int main(void)
{
	const char *b = getenv("B");
	u32 seed = number("SEED", 1), count = number("COUNT", 20000);
	char version[128], path[4096];

	if (!qemu_version(version, sizeof(version)))
		tap_skip_all("qemu-system-riscv32 is not installed (Debian: qemu-system-misc)");
	printf("# %s, seed %u\n", version, seed);
	snprintf(path, sizeof(path), "%s/%s%d.bin", b ? b : "/tmp", b ? "unit/hart_vs_qemu." :
		 "hart_vs_qemu.", (int)getpid());
	for (u32 i = 0; i < program_kind_count; i++)
		run(&program_kinds[i], path, seed, count);
	unlink(path);
	report_coverage();
	return tap_done();
}
