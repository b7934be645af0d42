// SPDX-License-Identifier: GPL-2.0-only
/*
 * The I/O ring: fetch, check, start a channel; complete when it is done.
 *
 * No request may be lost or done twice across a start of the hart. So a
 * request leaves the ring only after its channel is started; a start looks
 * whether a channel carries the index that the ring still points at.
 */
#include "fault.h"
#include "hba.h"

static struct ring io_ring;

static void complete(const struct flight *flight, u32 status)
{
	struct hba_completion completion = {
		.tag = flight->tag,
		.status = status,
		.generation = flight->generation,
	};

	ring_complete(&io_ring, &completion);
}

static u32 check_extent(const struct hba_request *request)
{
	u32 block_size = mbox_read(HBA_MBOX_BLOCK_SIZE);
	u64 capacity = (u64)mbox_read(HBA_MBOX_SECTORS_HI) << 32 |
		       mbox_read(HBA_MBOX_SECTORS_LO);
	u32 sectors = request->bytes >> 9;

	if (!request->bytes || (request->bytes & (block_size - 1)) ||
	    ((u32)request->sector & ((block_size >> 9) - 1)))
		return HBA_ST_INVALID;
	if (request->sector > capacity || sectors > capacity - request->sector)
		return HBA_ST_RANGE;
	return HBA_ST_GOOD;
}

static u32 check_request(const struct hba_request *request)
{
	if (!login_valid(request->initiator, request->wwpn))
		return HBA_ST_NOT_LOGGED_IN;
	switch (request->opcode) {
	case HBA_OP_FLUSH:
		return HBA_ST_GOOD;
	case HBA_OP_READ:
	case HBA_OP_WRITE:
	case HBA_OP_DISCARD:
		return check_extent(request);
	default:
		return HBA_ST_INVALID;
	}
}

static u32 dma_op(u32 opcode)
{
	switch (opcode) {
	case HBA_OP_READ:
		return HBA_DMA_READ;
	case HBA_OP_WRITE:
		return HBA_DMA_WRITE;
	case HBA_OP_DISCARD:
		return HBA_DMA_DISCARD;
	default:
		return HBA_DMA_FLUSH;
	}
}

/* Cookies first: a channel that runs must be able to say what it does. */
static void start_channel(u32 channel, const struct flight *flight,
			  const struct hba_request *request)
{
	flight_save(channel, flight);
	mmio_write(dma_register(channel, HBA_DMA_IOVA_LO), request->iova);
	mmio_write(dma_register(channel, HBA_DMA_IOVA_HI), request->iova >> 32);
	mmio_write(dma_register(channel, HBA_DMA_BYTES), request->bytes);
	mmio_write(dma_register(channel, HBA_DMA_SECTOR_LO), request->sector);
	mmio_write(dma_register(channel, HBA_DMA_SECTOR_HI),
		   request->sector >> 32);
	mmio_write(dma_register(channel, HBA_DMA_CTRL), dma_op(flight->opcode));
	io_ring.promised++;
	if (fault_early())
		complete(flight, HBA_ST_GOOD);
}

static void begin(u32 channel, const struct hba_request *request)
{
	struct flight flight = {
		.index = io_ring.page->sq_cons,
		.generation = request->generation,
		.handle = request->initiator,
		.tag = request->tag,
		.opcode = request->opcode,
		.fua = request->opcode == HBA_OP_WRITE &&
		       (request->flags & HBA_REQ_FUA),
	};
	u32 status = check_request(request);

	if (status == HBA_ST_GOOD)
		start_channel(channel, &flight, request);
	else
		complete(&flight, status);
	ring_consume(&io_ring);
}

void io_service(void)
{
	struct hba_request request;

	while (!service_is_stopped()) {
		u32 channel = dma_take_channel(true);

		if (channel == DMA_NO_CHANNEL ||
		    !ring_next(&io_ring, &request))
			return;
		begin(channel, &request);
		harts_yield();
	}
}

/*
 * A forced write ends with a flush, on another channel, which is started
 * before the write's is freed: in between, both tell what is to be done.
 */
static bool flush_after(const struct flight *written)
{
	struct hba_request none = { .bytes = 0 };
	struct flight flush = *written;
	u32 channel = dma_take_channel(false);

	if (channel == DMA_NO_CHANNEL)
		return false;
	flush.opcode = HBA_OP_FLUSH;
	flush.fua = false;
	start_channel(channel, &flush, &none);
	return true;
}

static void channel_done(u32 channel)
{
	struct flight flight;
	u32 ctrl, status;

	flight_load(channel, &flight);
	ctrl = mmio_read(dma_register(channel, HBA_DMA_CTRL));
	status = dma_status(ctrl);
	if (flight.fua && status == HBA_ST_GOOD) {
		if (!flush_after(&flight))
			return;		/* a busy channel will bring us back */
	} else {
		login_count_request(flight.handle, flight.opcode);
		if (!fault_early())
			complete(&flight, status);
	}
	io_ring.promised--;
	dma_finish(channel);
}

/* After a yield another hart may have seen to some of them. */
void io_channels_done(void)
{
	u32 word, done;

	for (word = 0; word < DMA_WORDS; word++) {
		for (done = dma_done(word); done;) {
			channel_done(word * 32 + __builtin_ctz(done));
			done &= done - 1;
			if (done && harts_yield())
				done &= dma_done(word);
		}
	}
}

static void take_over(u32 channel)
{
	struct flight flight;

	io_ring.promised++;
	flight_load(channel, &flight);
	if (ring_waits_at(&io_ring, flight.index))
		ring_consume(&io_ring);
}

/* Whatever runs in the channels was begun by an image before this one. */
void io_init(void)
{
	u32 word, busy;

	ring_init(&io_ring, HBA_MBOX_IO_PAGE, HBA_IRQ_IO);
	for (word = 0; word < DMA_WORDS; word++)
		for (busy = dma_busy(word); busy; busy &= busy - 1)
			take_over(word * 32 + __builtin_ctz(busy));
}

void io_interrupt_host(void)
{
	ring_interrupt_host(&io_ring);
}
