// SPDX-License-Identifier: GPL-2.0-only
/* DMA channels. The hardware's bitmaps are the only book-keeping. */
#include "hba.h"

/* Bits of the I/O channels in one word of a bitmap. */
static u32 io_channels(u32 word)
{
	return DMA_ADMIN_CHANNEL / 32 == word ?
		~(1u << (DMA_ADMIN_CHANNEL % 32)) : ~0u;
}

static u32 bitmap(u32 which, u32 word)
{
	return mmio_read(HBA_DMA_BASE + which + 4 * word);
}

static bool test_channel(u32 which, u32 channel)
{
	return bitmap(which, channel / 32) >> (channel % 32) & 1;
}

bool dma_is_busy(u32 channel)
{
	return test_channel(HBA_DMA_BUSY, channel);
}

bool dma_is_done(u32 channel)
{
	return test_channel(HBA_DMA_DONE, channel);
}

/* I/O channels that are done, or busy, one word of the bitmap at a time. */
u32 dma_done(u32 word)
{
	return bitmap(HBA_DMA_DONE, word) & io_channels(word);
}

u32 dma_busy(u32 word)
{
	return bitmap(HBA_DMA_BUSY, word) & io_channels(word);
}

bool dma_is_idle(void)
{
	u32 word;

	for (word = 0; word < DMA_WORDS; word++)
		if (bitmap(HBA_DMA_BUSY, word))
			return false;
	return true;
}

/*
 * A free channel for I/O, or DMA_NO_CHANNEL. Fetching spares one: the flush
 * that ends a forced write needs it while the write still holds its own.
 */
u32 dma_take_channel(bool spare_one)
{
	u32 found = DMA_NO_CHANNEL;
	u32 word, unused;

	for (word = 0; word < DMA_WORDS; word++) {
		unused = ~bitmap(HBA_DMA_BUSY, word) & io_channels(word);
		if (!unused)
			continue;
		if (!spare_one || found != DMA_NO_CHANNEL ||
		    (unused & (unused - 1)))
			return word * 32 + __builtin_ctz(unused);
		found = word * 32 + __builtin_ctz(unused);
	}
	return DMA_NO_CHANNEL;
}

/* Frees a channel that is done; returns what its control register said. */
u32 dma_finish(u32 channel)
{
	u32 ctrl = mmio_read(dma_register(channel, HBA_DMA_CTRL));

	mmio_write(dma_register(channel, HBA_DMA_ACK), 1);
	return ctrl;
}

/* The host's status for what a channel ended with. */
u32 dma_status(u32 ctrl)
{
	if (ctrl & HBA_DMA_ST_BUS_ERROR)
		return HBA_ST_BUS;
	if (ctrl & HBA_DMA_ST_RANGE)
		return HBA_ST_RANGE;
	if (ctrl & HBA_DMA_ST_MEDIUM_ERROR)
		return HBA_ST_MEDIUM;
	return HBA_ST_GOOD;
}
