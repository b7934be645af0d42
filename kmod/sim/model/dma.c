// SPDX-License-Identifier: GPL-2.0-only
/*
 * DMA engine. A transfer is cut where host memory is not contiguous; each
 * piece is carried out by the port, at once or later.
 */
#include "hba_private.h"

#define ERRORS	(HBA_DMA_ST_BUS_ERROR | HBA_DMA_ST_MEDIUM_ERROR | \
		 HBA_DMA_ST_RANGE)

/**
 * dma_reset - all channels idle and clear
 * @hba: the adapter
 */
void dma_reset(struct hba *hba)
{
	memset(&hba->dma, 0, sizeof(hba->dma));
}

static u32 bit(u32 channel)
{
	return 1u << (channel % 32);
}

static void finish(struct hba *hba, u32 channel)
{
	struct hba_dma_channel *ch = &hba->dma.channel[channel];

	ch->status = (ch->status & ~HBA_DMA_ST_BUSY) | HBA_DMA_ST_DONE;
	if ((ch->status & HBA_DMA_OP_MASK) == HBA_DMA_READ &&
	    !(ch->status & ERRORS)) {
		u32 *held = &hba->mailbox.cache_bytes;
		u32 room = HBA_CACHE_BYTES - *held;

		*held += ch->bytes < room ? ch->bytes : room;
	}
	hba->dma.done[channel / 32] |= bit(channel);
	hba_word_or(&hba->mailbox.pending, HBA_PEND_DMA);
}

/**
 * hba_dma_complete - a piece that port->medium() put off is done
 * @hba: the adapter
 * @channel: what hba_dma_channel() said at the time
 * @status: HBA_DMA_ST_* error bits, 0 if good
 *
 * Once for each HBA_MEDIUM_LATER, in any order. After hba_reset() the owner
 * forgets what it had put off; a call for a channel with nothing outstanding
 * is ignored.
 */
void hba_dma_complete(struct hba *hba, u32 channel, u32 status)
{
	struct hba_dma_channel *ch;

	if (channel >= HBA_DMA_CHANNELS)
		return;
	ch = &hba->dma.channel[channel];
	if (!ch->outstanding)
		return;
	ch->status |= status & ERRORS;
	if (!--ch->outstanding)
		finish(hba, channel);
}

/**
 * hba_dma_channel - which channel port->medium() is being called for
 * @hba: the adapter
 *
 * Only inside port->medium().
 *
 * Return: number of the channel
 */
u32 hba_dma_channel(const struct hba *hba)
{
	return hba->dma.current_channel;
}

/**
 * hba_dma_iova - which host address port->medium() is being called for
 * @hba: the adapter
 *
 * Only inside port->medium().
 *
 * Return: device address that its data was translated from; 0 without data
 */
u64 hba_dma_iova(const struct hba *hba)
{
	return hba->dma.current_iova;
}

/* Returns error bits; a piece put off counts as outstanding. */
static u32 medium(struct hba *hba, u32 channel, u64 sector, void *data,
		  u32 bytes)
{
	struct hba_dma_channel *ch = &hba->dma.channel[channel];
	u32 status;

	hba->dma.current_channel = channel;
	status = hba->config.port->medium(hba->config.ctx,
					  ch->status & HBA_DMA_OP_MASK, sector,
					  data, bytes);
	if (status & HBA_MEDIUM_LATER) {
		ch->outstanding++;
		return 0;
	}
	return status & ERRORS;
}

static bool on_medium(const struct hba *hba, const struct hba_dma_channel *ch)
{
	u32 mask = hba->config.block_size - 1;
	u64 sectors = ch->bytes / 512;

	return ch->bytes && !(ch->bytes & mask) && !(ch->sector * 512 & mask) &&
	       ch->sector <= hba->config.sectors &&
	       sectors <= hba->config.sectors - ch->sector;
}

/* One contiguous piece at @done bytes into the transfer. */
static u32 piece(struct hba *hba, u32 channel, u8 *local, u32 done, u8 *host,
		 u32 bytes)
{
	struct hba_dma_channel *ch = &hba->dma.channel[channel];

	switch (ch->status & HBA_DMA_OP_MASK) {
	case HBA_DMA_TO_LOCAL:
		memcpy(local + done, host, bytes);
		return 0;
	case HBA_DMA_FROM_LOCAL:
		memcpy(host, local + done, bytes);
		return 0;
	default:
		return medium(hba, channel, ch->sector + done / 512, host,
			      bytes);
	}
}

/*
 * Between host memory and the medium or device memory (@local). A piece for
 * the medium must be whole sectors: a driver that maps less made an error.
 */
static u32 transfer(struct hba *hba, u32 channel, u8 *local)
{
	struct hba_dma_channel *ch = &hba->dma.channel[channel];
	const struct hba_config *c = &hba->config;
	u32 op = ch->status & HBA_DMA_OP_MASK;
	bool write = op == HBA_DMA_READ || op == HBA_DMA_FROM_LOCAL;
	u32 done = 0;

	while (done < ch->bytes) {
		u64 iova = ch->iova + done;
		u32 left = ch->bytes - done;
		u32 avail = 0;
		u32 status;
		u8 *host = NULL;

		if (iova >= ch->iova)	/* else it wrapped around */
			host = c->port->translate(c->ctx, iova, &avail, write);
		if (avail > left)
			avail = left;
		if (!host || !avail || (!local && avail % 512)) {
			bus_error(hba, iova, left, write);
			return HBA_DMA_ST_BUS_ERROR;
		}
		hba->dma.current_iova = iova;
		status = piece(hba, channel, local, done, host, avail);
		if (status)
			return status;
		done += avail;
	}
	return 0;
}

static u32 carry_out(struct hba *hba, u32 channel)
{
	struct hba_dma_channel *ch = &hba->dma.channel[channel];
	u8 *local;

	hba->dma.current_iova = 0;
	if (ch->bytes > HBA_DMA_MAX_BYTES &&
	    (ch->status & HBA_DMA_OP_MASK) != HBA_DMA_FLUSH)
		return HBA_DMA_ST_RANGE;
	switch (ch->status & HBA_DMA_OP_MASK) {
	case HBA_DMA_READ:
	case HBA_DMA_WRITE:
		if (!on_medium(hba, ch))
			return HBA_DMA_ST_RANGE;
		return transfer(hba, channel, NULL);
	case HBA_DMA_FLUSH:
		return medium(hba, channel, 0, NULL, 0);
	case HBA_DMA_DISCARD:
		if (!on_medium(hba, ch))
			return HBA_DMA_ST_RANGE;
		return medium(hba, channel, ch->sector, NULL, ch->bytes);
	case HBA_DMA_TO_LOCAL:
	case HBA_DMA_FROM_LOCAL:
		local = bus_local(hba, ch->local, ch->bytes);
		return local ? transfer(hba, channel, local) : HBA_DMA_ST_RANGE;
	default:
		return HBA_DMA_ST_RANGE;
	}
}

/* The start itself is outstanding until all pieces are handed out. */
static void start(struct hba *hba, u32 channel, u32 op)
{
	struct hba_dma_channel *ch = &hba->dma.channel[channel];

	op &= HBA_DMA_OP_MASK;
	if (op == HBA_DMA_NONE || hba->dma.busy[channel / 32] & bit(channel))
		return;
	hba->dma.busy[channel / 32] |= bit(channel);
	ch->status = op | HBA_DMA_ST_BUSY;
	ch->outstanding = 1;
	hba_dma_complete(hba, channel, carry_out(hba, channel));
}

static void acknowledge(struct hba *hba, u32 channel)
{
	struct hba_dma *dma = &hba->dma;
	u32 i, any = 0;

	if (!(dma->done[channel / 32] & bit(channel)))
		return;
	dma->done[channel / 32] &= ~bit(channel);
	dma->busy[channel / 32] &= ~bit(channel);
	dma->channel[channel].status = 0;
	for (i = 0; i < HBA_DMA_CHANNELS / 32; i++)
		any |= dma->done[i];
	if (!any)
		hba_word_and(&hba->mailbox.pending, ~HBA_PEND_DMA);
}

static bool read_bitmap(const struct hba_dma *dma, u32 offset, u32 *value)
{
	const u32 words = HBA_DMA_CHANNELS / 32;

	if (offset >= HBA_DMA_DONE && offset < HBA_DMA_DONE + 4 * words)
		*value = dma->done[(offset - HBA_DMA_DONE) / 4];
	else if (offset >= HBA_DMA_BUSY && offset < HBA_DMA_BUSY + 4 * words)
		*value = dma->busy[(offset - HBA_DMA_BUSY) / 4];
	else
		return false;
	return true;
}

bool dma_read(struct hba *hba, u32 offset, u32 *value)
{
	u32 channel = offset / HBA_DMA_STRIDE;
	u32 reg = offset % HBA_DMA_STRIDE;
	const struct hba_dma_channel *ch;

	if (channel >= HBA_DMA_CHANNELS)
		return read_bitmap(&hba->dma, offset, value);
	ch = &hba->dma.channel[channel];
	switch (reg) {
	case HBA_DMA_CTRL:
		*value = ch->status;
		return true;
	case HBA_DMA_IOVA_LO:
		*value = (u32)ch->iova;
		return true;
	case HBA_DMA_IOVA_HI:
		*value = (u32)(ch->iova >> 32);
		return true;
	case HBA_DMA_BYTES:
		*value = ch->bytes;
		return true;
	case HBA_DMA_SECTOR_LO:
		*value = (u32)ch->sector;
		return true;
	case HBA_DMA_SECTOR_HI:
		*value = (u32)(ch->sector >> 32);
		return true;
	case HBA_DMA_COOKIE0:
	case HBA_DMA_COOKIE1:
	case HBA_DMA_COOKIE2:
	case HBA_DMA_COOKIE3:
		*value = ch->cookie[(reg - HBA_DMA_COOKIE0) / 4];
		return true;
	case HBA_DMA_LOCAL:
		*value = ch->local;
		return true;
	default:
		return false;
	}
}

static u64 with_low(u64 old, u32 low)
{
	return (old & ~0xffffffffull) | low;
}

static u64 with_high(u64 old, u32 high)
{
	return (old & 0xffffffffull) | (u64)high << 32;
}

bool dma_write(struct hba *hba, u32 offset, u32 value)
{
	u32 channel = offset / HBA_DMA_STRIDE;
	u32 reg = offset % HBA_DMA_STRIDE;
	struct hba_dma_channel *ch;

	if (channel >= HBA_DMA_CHANNELS)
		return false;
	ch = &hba->dma.channel[channel];
	switch (reg) {
	case HBA_DMA_CTRL:
		start(hba, channel, value);
		return true;
	case HBA_DMA_IOVA_LO:
		ch->iova = with_low(ch->iova, value);
		return true;
	case HBA_DMA_IOVA_HI:
		ch->iova = with_high(ch->iova, value);
		return true;
	case HBA_DMA_BYTES:
		ch->bytes = value;
		return true;
	case HBA_DMA_SECTOR_LO:
		ch->sector = with_low(ch->sector, value);
		return true;
	case HBA_DMA_SECTOR_HI:
		ch->sector = with_high(ch->sector, value);
		return true;
	case HBA_DMA_COOKIE0:
	case HBA_DMA_COOKIE1:
	case HBA_DMA_COOKIE2:
	case HBA_DMA_COOKIE3:
		ch->cookie[(reg - HBA_DMA_COOKIE0) / 4] = value;
		return true;
	case HBA_DMA_ACK:
		acknowledge(hba, channel);
		return true;
	case HBA_DMA_LOCAL:
		ch->local = value;
		return true;
	default:
		return false;
	}
}
