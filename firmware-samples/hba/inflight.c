// SPDX-License-Identifier: GPL-2.0-only
/*
 * What is in flight is kept in the cookies of its channel and nowhere else:
 * channels outlive a start of the hart, and so does the knowledge of what
 * they were started for. Every release uses the same layout.
 */
#include "hba.h"

#define COOKIE_FUA	(1u << 31)

void flight_save(u32 channel, const struct flight *flight)
{
	u32 what = flight->tag | (u32)flight->opcode << 16;

	if (flight->fua)
		what |= COOKIE_FUA;
	mmio_write(dma_register(channel, HBA_DMA_COOKIE0), flight->index);
	mmio_write(dma_register(channel, HBA_DMA_COOKIE1), what);
	mmio_write(dma_register(channel, HBA_DMA_COOKIE2), flight->generation);
	mmio_write(dma_register(channel, HBA_DMA_COOKIE3), flight->handle);
}

void flight_load(u32 channel, struct flight *flight)
{
	u32 what = mmio_read(dma_register(channel, HBA_DMA_COOKIE1));

	flight->index = mmio_read(dma_register(channel, HBA_DMA_COOKIE0));
	flight->tag = what & 0xffff;
	flight->opcode = what >> 16 & 0xff;
	flight->fua = what & COOKIE_FUA;
	flight->generation = mmio_read(dma_register(channel, HBA_DMA_COOKIE2));
	flight->handle = mmio_read(dma_register(channel, HBA_DMA_COOKIE3));
}
