// SPDX-License-Identifier: GPL-2.0-only
/* DMA engine: operations, errors, pieces, cookies, completion later. */
#include "tap.h"
#include "model_board.h"

#define IOVA	HBA_IOVA_REQUEST
#define BYTES	8192u
#define D(channel, reg)	(HBA_DMA_BASE + (channel) * HBA_DMA_STRIDE + HBA_DMA_##reg)
#define DONE(n)	(HBA_DMA_BASE + HBA_DMA_DONE + 4 * (n))
#define BUSY(n)	(HBA_DMA_BASE + HBA_DMA_BUSY + 4 * (n))
#define PENDING	(HBA_MBOX_BASE + HBA_MBOX_PENDING)
#define GOOD	HBA_DMA_ST_DONE

static void set_up(struct board *b, u32 channel, u64 iova, u64 sector, u32 bytes)
{
	board_put(b, D(channel, IOVA_LO), (u32)iova);
	board_put(b, D(channel, IOVA_HI), (u32)(iova >> 32));
	board_put(b, D(channel, SECTOR_LO), (u32)sector);
	board_put(b, D(channel, SECTOR_HI), (u32)(sector >> 32));
	board_put(b, D(channel, BYTES), bytes);
}

/* Runs one operation to its end; returns the status bits. */
static u32 once(struct board *b, u32 op, u64 iova, u64 sector, u32 bytes)
{
	u32 status;

	set_up(b, 3, iova, sector, bytes);
	board_put(b, D(3, CTRL), op);
	status = board_get(b, D(3, CTRL));
	board_put(b, D(3, ACK), 1);
	return (status & HBA_DMA_OP_MASK) == op ? status & ~HBA_DMA_OP_MASK : ~0u;
}

static void fill(u8 *p, u32 bytes, u8 seed)
{
	while (bytes--)
		*p++ = seed++ * 7;
}

static void test_medium(struct board *b, u8 *host)
{
	fill(b->medium + 5 * 512, 1024, 1);
	is(once(b, HBA_DMA_READ, IOVA, 5, 1024), GOOD, "read");
	ok(!memcmp(host, b->medium + 5 * 512, 1024) && !host[1024], "brings the medium's bytes");
	fill(host, 1536, 9);
	is(once(b, HBA_DMA_WRITE, IOVA, BOARD_SECTORS - 3, 1536), GOOD, "write the last sectors");
	ok(!memcmp(host, b->medium + (BOARD_SECTORS - 3) * 512, 1536), "brings the host's bytes");
	is(once(b, HBA_DMA_FLUSH, 0, 0, 0), GOOD, "flush");
	is(b->medium_op, HBA_DMA_FLUSH, "reaches the medium");
	is(once(b, HBA_DMA_DISCARD, 0, BOARD_SECTORS - 2, 512), GOOD, "discard needs no memory");
	ok(!b->medium[(BOARD_SECTORS - 2) * 512] && b->medium[(BOARD_SECTORS - 1) * 512 + 1],
	   "and drops what it names");
}

static void test_local(struct board *b, u8 *host)
{
	fill(host, 100, 3);
	board_put(b, D(3, LOCAL), HBA_RAM_BASE + 0x1001);
	is(once(b, HBA_DMA_TO_LOCAL, IOVA + 1, 0, 99), GOOD, "host to device memory, any size");
	ok(!memcmp((u8 *)b->config.ram + 0x1001, host + 1, 99), "brings the bytes");
	board_put(b, D(3, LOCAL), HBA_SCRATCH_BASE);
	fill(b->config.scratch, 64, 40);
	is(once(b, HBA_DMA_FROM_LOCAL, IOVA + 256, 0, 64), GOOD, "device memory to host");
	ok(!memcmp(host + 256, b->config.scratch, 64), "brings the bytes");
	board_put(b, D(3, LOCAL), HBA_RAM_BASE + HBA_RAM_MIN - 8);
	is(once(b, HBA_DMA_TO_LOCAL, IOVA, 0, 9), GOOD | HBA_DMA_ST_RANGE, "not beyond RAM");
	board_put(b, D(3, LOCAL), HBA_ROM_BASE);
	is(once(b, HBA_DMA_TO_LOCAL, IOVA, 0, 4), GOOD | HBA_DMA_ST_RANGE, "not into the ROM");
}

static void test_range(struct board *b)
{
	u32 calls = b->medium_calls;
	const u32 bad = GOOD | HBA_DMA_ST_RANGE;

	is(once(b, HBA_DMA_READ, IOVA, BOARD_SECTORS - 1, 1024), bad, "beyond the medium");
	is(once(b, HBA_DMA_READ, IOVA, ~0ull, 512), bad, "sector that overflows");
	is(once(b, HBA_DMA_WRITE, IOVA, 1ull << 55, 512), bad, "sector whose bytes overflow");
	is(once(b, HBA_DMA_READ, IOVA, 0, 511), bad, "part of a block");
	is(once(b, HBA_DMA_READ, IOVA, 0, 0), bad, "nothing");
	is(once(b, HBA_DMA_DISCARD, IOVA, BOARD_SECTORS, 512), bad, "discard beyond the medium");
	is(once(b, HBA_DMA_READ, IOVA, 0, 0xfffffe00), bad, "more than the engine can do");
	is(once(b, 77, IOVA, 0, 512), bad, "unknown operation");
	is(b->medium_calls, calls, "none of them reaches the medium");
}

static void test_bus_errors(struct board *b, u8 *host)
{
	const struct hba_event *e;

	b->events = 0;
	is(once(b, HBA_DMA_READ, IOVA + BYTES - 512, 0, 1024), GOOD | HBA_DMA_ST_BUS_ERROR,
	   "beyond what is mapped");
	e = board_last(b);
	ok(b->events == 1 && e->code == HBA_EVT_BUS_ERROR && e->arg[0] == BYTES && e->arg[1] == 1 &&
	   e->arg[2] == 512 && e->arg[3] == 1, "is reported with address, bytes, direction");
	is(once(b, HBA_DMA_WRITE, 0, 0, 512), GOOD | HBA_DMA_ST_BUS_ERROR, "nothing mapped at all");
	ok(board_last(b)->arg[3] == 0, "a write to the medium reads the host");
	is(once(b, HBA_DMA_READ, ~0ull - 100, 0, 512), GOOD | HBA_DMA_ST_BUS_ERROR,
	   "end of the address space");
	b->map[0].writable = false;
	is(once(b, HBA_DMA_READ, IOVA, 0, 512), GOOD | HBA_DMA_ST_BUS_ERROR,
	   "a read into read-only memory");
	is(once(b, HBA_DMA_WRITE, IOVA, 0, 512), GOOD, "a write from it is fine");
	board_put(b, D(3, LOCAL), HBA_RAM_BASE);
	is(once(b, HBA_DMA_FROM_LOCAL, IOVA, 0, 8), GOOD | HBA_DMA_ST_BUS_ERROR,
	   "device memory does not go there either");
	is(once(b, HBA_DMA_TO_LOCAL, IOVA, 0, 8), GOOD, "but can be filled from there");
	b->map[0].writable = true;
	b->max_piece = 768;
	is(once(b, HBA_DMA_READ, IOVA, 0, 1024), GOOD | HBA_DMA_ST_BUS_ERROR,
	   "a piece that is not whole sectors");
	b->max_piece = 0;
	host[0] = 0;
}

static void test_no_wrap(struct board *b)
{
	board_map(b, 1, 0ull - 512, 512, true);
	board_map(b, 2, 0, 512, true);
	is(once(b, HBA_DMA_READ, 0ull - 512, 0, 512), GOOD, "the last bytes of the address space");
	is(once(b, HBA_DMA_READ, 0ull - 512, 0, 1024), GOOD | HBA_DMA_ST_BUS_ERROR,
	   "and not on to the first");
}

static void test_pieces(struct board *b, u8 *host)
{
	u32 calls = b->medium_calls;

	b->max_piece = 1024;
	fill(b->medium, 4096, 5);
	memset(host, 0, 4608);
	is(once(b, HBA_DMA_READ, IOVA + 512, 0, 4096), GOOD, "a transfer in pieces");
	ok(!memcmp(host + 512, b->medium, 4096) && !host[4608], "is complete and in order");
	is(b->medium_calls - calls, 5, "one call each");
	b->max_piece = 0;
}

static void test_medium_error(struct board *b)
{
	b->medium_status = HBA_DMA_ST_MEDIUM_ERROR;
	is(once(b, HBA_DMA_READ, IOVA, 0, 512), GOOD | HBA_DMA_ST_MEDIUM_ERROR, "medium error");
	b->medium_status = 0x7fffffff & ~HBA_MEDIUM_LATER;
	is(once(b, HBA_DMA_READ, IOVA, 0, 512),
	   GOOD | HBA_DMA_ST_BUS_ERROR | HBA_DMA_ST_MEDIUM_ERROR | HBA_DMA_ST_RANGE,
	   "a port can only set error bits");
	b->medium_status = 0;
}

static void test_bitmaps(struct board *b)
{
	set_up(b, 1, IOVA, 0, 512);
	set_up(b, 40, IOVA, 0, 512);
	board_put(b, D(1, CTRL), HBA_DMA_READ);
	board_put(b, D(40, CTRL), HBA_DMA_READ);
	ok(board_get(b, DONE(0)) == 2 && board_get(b, DONE(1)) == 0x100 &&
	   board_get(b, BUSY(0)) == 2 && board_get(b, BUSY(1)) == 0x100,
	   "bitmaps show channels done, which are busy until acknowledged");
	ok(board_get(b, PENDING) & HBA_PEND_DMA, "PENDING follows");
	board_put(b, PENDING, HBA_PEND_DMA);
	ok(board_get(b, PENDING) & HBA_PEND_DMA, "and cannot be cleared by hand");
	board_put(b, D(1, CTRL), HBA_DMA_FLUSH);
	is(board_get(b, D(1, CTRL)), HBA_DMA_READ | GOOD, "a channel in use cannot be started");
	board_put(b, D(1, ACK), 1);
	ok(!board_get(b, DONE(0)) && !board_get(b, BUSY(0)) && !board_get(b, D(1, CTRL)) &&
	   board_get(b, PENDING) & HBA_PEND_DMA, "an ACK frees one");
	board_put(b, D(40, ACK), 1);
	ok(!board_get(b, DONE(1)) && !(board_get(b, PENDING) & HBA_PEND_DMA), "then the other");
	board_put(b, D(2, ACK), 1);
	board_put(b, D(2, CTRL), HBA_DMA_NONE);
	ok(!board_get(b, BUSY(0)) && !board_get(b, D(2, CTRL)), "an idle channel ignores both");
}

static void test_cookies(struct board *b)
{
	u32 i, good = 0;

	set_up(b, 7, IOVA, 0, 512);
	for (i = 0; i < 4; i++)
		board_put(b, D(7, COOKIE0) + 4 * i, 0x700 + i);
	b->medium_status = HBA_MEDIUM_LATER;
	board_put(b, D(7, CTRL), HBA_DMA_READ);
	hba_start(b->hba, BOARD_CODE, HBA_START_WARM, 0);
	for (i = 0; i < 4; i++)
		good += board_get(b, D(7, COOKIE0) + 4 * i) == 0x700 + i;
	is(good, 4, "cookies survive a start");
	is(board_get(b, D(7, CTRL)), HBA_DMA_READ | HBA_DMA_ST_BUSY, "so does a transfer");
	hba_dma_complete(b->hba, 7, 0);
	is(board_get(b, D(7, CTRL)), HBA_DMA_READ | GOOD, "which then completes");
	hba_reset(b->hba);
	ok(!board_get(b, D(7, COOKIE0)) && !board_get(b, D(7, CTRL)) && !board_get(b, BUSY(0)) &&
	   !board_get(b, DONE(0)), "a reset clears all");
	hba_dma_complete(b->hba, 7, 0);
	ok(!board_get(b, DONE(0)) && !board_get(b, PENDING), "a late completion is ignored");
	b->medium_status = 0;
}

static void test_later(struct board *b)
{
	b->max_piece = 512;
	b->medium_status = HBA_MEDIUM_LATER;
	set_up(b, 9, IOVA, 0, 1024);
	board_put(b, D(9, CTRL), HBA_DMA_WRITE);
	is(b->later_channel, 9, "the port knows the channel it works for");
	ok(board_get(b, D(9, CTRL)) == (HBA_DMA_WRITE | HBA_DMA_ST_BUSY) &&
	   board_get(b, BUSY(0)) == 1 << 9 && !board_get(b, DONE(0)), "busy until then");
	board_put(b, D(9, ACK), 1);
	is(board_get(b, BUSY(0)), 1 << 9, "what is not done cannot be acknowledged");
	hba_dma_complete(b->hba, 9, HBA_DMA_ST_MEDIUM_ERROR);
	ok(!board_get(b, DONE(0)), "one of two pieces");
	hba_dma_complete(b->hba, 9, 0);
	is(board_get(b, D(9, CTRL)), HBA_DMA_WRITE | GOOD | HBA_DMA_ST_MEDIUM_ERROR,
	   "both, and the error of the first is kept");
	hba_dma_complete(b->hba, 9, HBA_DMA_ST_RANGE);
	hba_dma_complete(b->hba, HBA_DMA_CHANNELS, 0);
	is(board_get(b, D(9, CTRL)), HBA_DMA_WRITE | GOOD | HBA_DMA_ST_MEDIUM_ERROR,
	   "one too many changes nothing");
	board_put(b, D(9, ACK), 1);
	b->medium_status = 0;
	b->max_piece = 0;
}

static void test_cache(struct board *b)
{
	const u32 ctrl = HBA_MBOX_BASE + HBA_MBOX_CACHE_CTRL;

	board_put(b, ctrl, HBA_CACHE_CLEAR);
	once(b, HBA_DMA_READ, IOVA, 0, BYTES);
	once(b, HBA_DMA_WRITE, IOVA, 0, BYTES);
	is(board_get(b, ctrl), BYTES, "reads fill the read cache");
	for (int i = 0; i < 50; i++)
		once(b, HBA_DMA_READ, IOVA, 0, BYTES);
	is(board_get(b, ctrl), HBA_CACHE_BYTES, "up to its size");
	board_put(b, ctrl, 0);
	is(board_get(b, ctrl), HBA_CACHE_BYTES, "it stays");
	board_put(b, ctrl, HBA_CACHE_CLEAR);
	is(board_get(b, ctrl), 0, "until it is cleared");
}

static void test_large_blocks(struct board *b)
{
	b->config.block_size = 4096;
	hba_init(b->hba, &b->config);
	is(once(b, HBA_DMA_READ, IOVA, 8, 4096), GOOD, "block size 4096: a block");
	is(once(b, HBA_DMA_READ, IOVA, 8, 512), GOOD | HBA_DMA_ST_RANGE, "part of a block");
	is(once(b, HBA_DMA_READ, IOVA, 1, 4096), GOOD | HBA_DMA_ST_RANGE, "not at a block");
}

int main(void)
{
	struct board board;
	u8 *host;

	board_init(&board, 1);
	host = board_map(&board, 0, IOVA, BYTES, true);
	test_medium(&board, host);
	test_local(&board, host);
	test_range(&board);
	test_bus_errors(&board, host);
	test_no_wrap(&board);
	test_pieces(&board, host);
	test_medium_error(&board);
	test_bitmaps(&board);
	test_cookies(&board);
	test_later(&board);
	test_cache(&board);
	test_large_blocks(&board);
	board_exit(&board);
	return tap_done();
}
