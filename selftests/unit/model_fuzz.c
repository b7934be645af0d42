// SPDX-License-Identifier: GPL-2.0-only
/*
 * Hostile firmware: streams of random instructions, most of them valid, with
 * registers that point at every memory and device, while the host rings,
 * commands, starts, unmaps and completes. The sanitizers watch; here it is
 * checked that the model keeps its own rules.
 *
 *	SEED=1 COUNT=10000000 model_fuzz
 */
#include "tap.h"
#include "model_board.h"

#define CHUNK	200u	/* random code ends up in a loop before long */

#define HANDLER	(HBA_RAM_BASE + 0x10000)

/* Skips the instruction that trapped, so that a stream gets somewhere. */
static const u32 handler[] = {
	CSRRS(31, 0x341, 0), ADDI(31, 31, 4), CSRRW(0, 0x341, 31), MRET,
};

static u64 random_state;

/* Steele and others: SplitMix64. */
static u32 rnd(void)
{
	u64 z = random_state += 0x9e3779b97f4a7c15ull;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ull;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebull;
	return (u32)(z >> 32);
}

static u32 number(const char *name, u32 otherwise)
{
	const char *s = getenv(name);

	return s ? (u32)strtoul(s, NULL, 0) : otherwise;
}

static u32 interesting_address(void)
{
	static const u32 base[] = {
		HBA_ROM_BASE, HBA_CLINT_BASE, HBA_CLINT_BASE + HBA_CLINT_MTIMECMP,
		HBA_CLINT_BASE + HBA_CLINT_MTIME, HBA_MBOX_BASE,
		HBA_MBOX_BANK(1) + HBA_MBOX_MUTEX, HBA_DMA_BASE,
		HBA_DMA_BASE + HBA_DMA_DONE, HBA_FLASH_BASE, HBA_PLA_BASE, HBA_SCRATCH_BASE,
		HBA_SCRATCH_BASE + HBA_SCRATCH_SIZE, HBA_IOVA_RINGS, HBA_IOVA_STAGING,
		HBA_IOVA_STAGING + 4096, HBA_WINDOW_END, HBA_RAM_BASE, HBA_RAM_BASE + 0x8000,
		HBA_RAM_BASE + HBA_RAM_MIN, 0,
	};

	return base[rnd() % ARRAY_SIZE(base)] + (rnd() % 5 ? 0 : rnd() % 64 - 32);
}

/* An opcode that exists, most of the time with fields that exist. */
static u32 random_insn(void)
{
	static const u8 op[] = { 0x03, 0x03, 0x0f, 0x13, 0x13, 0x17, 0x23, 0x23, 0x33, 0x33, 0x37,
				 0x63, 0x67, 0x6f, 0x73 };
	u32 insn = (rnd() & ~0x7fu) | op[rnd() % sizeof(op)];

	switch (rnd() % 8) {
	case 0:
		return rnd();
	case 1:
		return CSRRW(rnd() & 31, 0x300 + rnd() % 0x50, rnd() & 31);
	case 2:
		return rnd() & 1 ? MRET : WFI;
	case 3:	/* near a register, so that accesses hit devices */
		return (insn & 0x01ffffff) | (rnd() & 3) << 25;
	case 4:	/* device registers are stored to as words */
		return SW(rnd() & 31, rnd() % 16 * 4, rnd() & 31);
	case 5:
		return R_TYPE(rnd() % 2, rnd() & 31, rnd() & 31, rnd() & 7, rnd() & 31, 0x33);
	default:
		return insn;
	}
}

/* Transfers: some begun, the others need only be started. Timers that fire soon. */
static void prepare_devices(struct board *b)
{
	u32 i;

	for (i = 0; i < HBA_DMA_CHANNELS; i++) {
		struct hba_dma_channel *ch = &b->hba->dma.channel[i];

		ch->iova = HBA_IOVA_REQUEST + rnd() % 66000 / 512 * 512;
		ch->sector = rnd() % (BOARD_SECTORS + 8);
		ch->bytes = rnd() % 40 * 512;
		ch->local = interesting_address();
		if (!(rnd() % 16))
			dma_write(b->hba, i * HBA_DMA_STRIDE + HBA_DMA_CTRL, rnd() % 9);
		dma_write(b->hba, i * HBA_DMA_STRIDE + HBA_DMA_ACK, 0);
	}
	for (i = 0; i < b->config.harts; i++)
		b->hba->clint.mtimecmp[i] = b->now / 100 + rnd() % 5000;
}

static void set_registers(struct hart *h)
{
	u32 i;

	for (i = 1; i < 32; i++) {
		switch (rnd() % 8) {
		case 0:
			h->x[i] = rnd();
			break;
		case 1:
			h->x[i] = rnd() % 8;
			break;
		case 2:
			h->x[i] = HBA_DMA_BASE + rnd() % HBA_DMA_CHANNELS * HBA_DMA_STRIDE;
			break;
		default:
			h->x[i] = interesting_address();
			break;
		}
	}
	h->mtvec = rnd() % 4 ? HANDLER : HBA_RAM_BASE + (rnd() & 0x3fff) * 4 + (rnd() & 1);
	h->mie = rnd() & MIP_ALL;
}

static void scramble(struct board *b)
{
	u8 *staging = b->map[1].memory;
	u32 i;

	for (i = 0; i < 0x10000; i += 4) {
		u8 insn[4];

		hba_put32(insn, random_insn());
		hba_ram_write(b->hba, HBA_RAM_BASE + i, insn, 4);
	}
	board_load(b, HANDLER, handler, sizeof(handler) / 4);
	for (i = 0; i + 4 <= b->map[1].bytes; i += 4)
		hba_put32(staging + i, random_insn());
}

static void restart(struct board *b)
{
	u32 i;

	hba_start(b->hba, rnd() % 4 ? HBA_RAM_BASE + (rnd() & 0x3fff) * 4 : interesting_address(),
		  rnd() & 3, rnd());
	for (i = 0; i < b->config.harts; i++)
		set_registers(&b->hba->hart[i]);
	prepare_devices(b);
}

/* The owner's side, at a moment the firmware cannot choose. */
static void host_acts(struct board *b)
{
	struct hba_module_info info = { .version = rnd(), .length = rnd() % 0x12000 };

	switch (rnd() % 10) {
	case 0:
		hba_command(b->hba, rnd() % 10, rnd(), rnd());
		break;
	case 1:
		hba_doorbell(b->hba, rnd());
		break;
	case 2:
		hba_dma_complete(b->hba, rnd() % 80, rnd());
		break;
	case 3:	/* unmap: the memory goes away at once */
		board_map(b, 1, HBA_IOVA_STAGING, 4096 + rnd() % 4096, rnd() & 1);
		hba_tlb_flush(b->hba);
		break;
	case 4:
		b->medium_status = rnd() & 1 ? HBA_MEDIUM_LATER : 0;
		break;
	case 5:
		b->max_piece = rnd() & 1 ? 0 : 1 + rnd() % 600;
		hba_tlb_flush(b->hba);
		break;
	case 6:
		if (info.length <= HBA_MOD_CAPACITY_BYTES)
			hba_module_write(b->hba, rnd() & 1, &info, b->config.ram);
		break;
	case 7:
		if (!(rnd() & 7))
			hba_reset(b->hba);
		break;
	default:
		b->now += rnd() % 100000;
		break;
	}
}

static bool rules_hold(const struct board *b)
{
	u32 i;

	for (i = 0; i < b->config.harts; i++) {
		const struct hart *h = &b->hba->hart[i];

		if (h->x[0] || h->pc & 3 || h->mepc & 3 || h->mtvec & 2 ||
		    h->mie & ~MIP_ALL || h->mstatus & ~(MSTATUS_MIE | MSTATUS_MPIE))
			return false;
	}
	return b->hba->mailbox.count <= HBA_CMD_DEPTH &&
	       b->hba->mailbox.owner <= b->config.harts &&
	       b->hba->mailbox.cache_bytes <= HBA_CACHE_BYTES;
}

int main(void)
{
	u32 seed = number("SEED", 1), count = number("COUNT", 10000000);
	struct board board, *b = &board;
	u64 executed = 0, rounds = 0, over = 0, broken = 0, deadlines = 0;
	u32 n;

	random_state = seed;
	board_init(b, HBA_MAX_HARTS);
	board_map(b, 0, HBA_IOVA_RINGS, 8192, true);
	board_map(b, 1, HBA_IOVA_STAGING, 8192, true);
	board_map(b, 2, HBA_IOVA_REQUEST, 65536, true);
	for (u32 i = 0; i < HBA_ROM_SIZE; i += 4)
		hba_put32(b->rom + i, random_insn());
	while (executed < count && rounds < count) {
		if (!(rounds % 64))
			scramble(b);
		if (!(rounds++ % 2))
			restart(b);
		hba_run(b->hba, CHUNK, &n);
		executed += n;
		over += n > HBA_MAX_HARTS * CHUNK;
		broken += !rules_hold(b);
		deadlines += hba_deadline(b->hba) != ~0ull;
		host_acts(b);
	}
	printf("# seed %u: %llu instructions in %llu runs, %u events, %u calls of the medium\n",
	       seed, (unsigned long long)executed, (unsigned long long)rounds, b->events,
	       b->medium_calls);
	ok(executed >= count, "%u random instructions", count);
	is(over, 0, "no run exceeds its budget");
	is(broken, 0, "registers and queues keep their rules");
	ok(b->events > 100 && b->medium_calls > 100 && deadlines > 100,
	   "bus errors, transfers and timers were among it");
	board_exit(b);
	return tap_done();
}
