// SPDX-License-Identifier: GPL-2.0-only
/*
 * The bus between harts, memories and devices.
 *
 * Memories take any size and alignment; devices take aligned words only. The
 * window is host memory: each access goes through port->translate(), whose
 * last answer is kept for each kind of access.
 */
#include "hba_private.h"

#define PAGE		4096u

static inline bool inside(u32 address, u32 bytes, u32 base, u32 size)
{
	return bytes <= size && address - base <= size - bytes;
}

static inline bool in_window(u32 address)
{
	return address - HBA_WINDOW_BASE < HBA_WINDOW_END - HBA_WINDOW_BASE;
}

/**
 * bus_error - tell the owner that the device used an address it may not use
 * @hba: the adapter
 * @iova: the address
 * @bytes: of the access
 * @write: the device wanted to write
 */
void bus_error(struct hba *hba, u64 iova, u32 bytes, bool write)
{
	const u32 arg[4] = { (u32)iova, (u32)(iova >> 32), bytes, write };

	mailbox_event(hba, HBA_EVT_BUS_ERROR, arg);
}

static bool tlb_fill(struct hba *hba, struct hba_tlb *tlb, u32 address,
		     bool write)
{
	const struct hba_config *c = &hba->config;
	u32 avail = 0;
	u8 *p;

	tlb->size = 0;
	p = c->port->translate(c->ctx, address, &avail, write);
	if (!p || !avail)
		return false;
	if (avail > HBA_WINDOW_END - address)
		avail = HBA_WINDOW_END - address;
	tlb->base = address;
	tlb->size = avail;
	tlb->ptr = p;
	return true;
}

/* Whole pages first, so that a jump back in the page is a hit. */
static bool tlb_lookup(struct hba *hba, struct hba_tlb *tlb, u32 address,
		       bool write)
{
	if (address - tlb->base < tlb->size)
		return true;
	if (tlb_fill(hba, tlb, address & ~(PAGE - 1), write) &&
	    address - tlb->base < tlb->size)
		return true;
	return tlb_fill(hba, tlb, address, write);
}

/* Bytes that do not all lie in one piece: all of them must be mapped first. */
static bool window_split(struct hba *hba, struct hba_tlb *tlb, u32 address,
			 u8 *bytes, u32 size, bool write)
{
	u32 i;

	for (i = 0; i < size; i++) {
		if (!in_window(address + i) ||
		    !tlb_lookup(hba, tlb, address + i, write))
			return false;
	}
	for (i = 0; i < size; i++) {
		u8 *p;

		if (!tlb_lookup(hba, tlb, address + i, write))
			return false;
		p = tlb->ptr + (address + i - tlb->base);
		if (write)
			*p = bytes[i];
		else
			bytes[i] = *p;
	}
	return true;
}

static inline u32 get(const u8 *p, u32 size)
{
	if (size == 4)
		return hba_get32(p);
	return size == 2 ? hba_get16(p) : *p;
}

static inline void put(u8 *p, u32 size, u32 value)
{
	if (size == 4)
		hba_put32(p, value);
	else if (size == 2)
		hba_put16(p, (u16)value);
	else
		*p = (u8)value;
}

static bool window_load(struct hba *hba, struct hart *h, u32 address, u32 size,
			u32 *value)
{
	struct hba_tlb *tlb = &h->load;
	u8 bytes[4] = { 0 };

	if (tlb_lookup(hba, tlb, address, false) &&
	    inside(address, size, tlb->base, tlb->size)) {
		*value = get(tlb->ptr + (address - tlb->base), size);
		return true;
	}
	if (!window_split(hba, tlb, address, bytes, size, false)) {
		bus_error(hba, address, size, false);
		return false;
	}
	*value = hba_get32(bytes);
	return true;
}

static bool window_store(struct hba *hba, struct hart *h, u32 address,
			 u32 size, u32 value)
{
	struct hba_tlb *tlb = &h->store;
	u8 bytes[4];

	if (tlb_lookup(hba, tlb, address, true) &&
	    inside(address, size, tlb->base, tlb->size)) {
		put(tlb->ptr + (address - tlb->base), size, value);
		return true;
	}
	hba_put32(bytes, value);
	if (window_split(hba, tlb, address, bytes, size, true))
		return true;
	bus_error(hba, address, size, true);
	return false;
}

/**
 * bus_local - device memory that can be read and written: RAM and scratch
 * @hba: the adapter
 * @address: of the first byte
 * @bytes: how many
 *
 * Return: the memory, or %NULL if not all bytes lie in one of the two
 */
u8 *bus_local(struct hba *hba, u32 address, u32 bytes)
{
	if (inside(address, bytes, HBA_RAM_BASE, hba->ram_size))
		return hba->ram + (address - HBA_RAM_BASE);
	if (inside(address, bytes, HBA_SCRATCH_BASE, HBA_SCRATCH_SIZE))
		return (u8 *)hba->config.scratch + (address - HBA_SCRATCH_BASE);
	return NULL;
}

static const u8 *rom(const struct hba *hba, u32 address, u32 bytes)
{
	if (!inside(address, bytes, HBA_ROM_BASE, hba->config.rom_size))
		return NULL;
	return (const u8 *)hba->config.rom + (address - HBA_ROM_BASE);
}

static void map_fetch(struct hba_tlb *tlb, u32 base, u32 size, const void *p)
{
	tlb->base = base;
	tlb->size = size & ~3u;
	tlb->ptr = (u8 *)p;	/* only read */
}

/**
 * bus_fetch - make instructions at an address reachable through h->fetch
 * @hba: the adapter
 * @h: the hart
 * @address: of an instruction, multiple of 4
 *
 * Return: false: nothing to execute there
 */
bool bus_fetch(struct hba *hba, struct hart *h, u32 address)
{
	struct hba_tlb *tlb = &h->fetch;

	if (inside(address, 4, HBA_RAM_BASE, hba->ram_size)) {
		map_fetch(tlb, HBA_RAM_BASE, hba->ram_size, hba->ram);
		return true;
	}
	if (rom(hba, address, 4)) {
		map_fetch(tlb, HBA_ROM_BASE, hba->config.rom_size,
			  hba->config.rom);
		return true;
	}
	if (inside(address, 4, HBA_SCRATCH_BASE, HBA_SCRATCH_SIZE)) {
		map_fetch(tlb, HBA_SCRATCH_BASE, HBA_SCRATCH_SIZE,
			  hba->config.scratch);
		return true;
	}
	if (!in_window(address))
		return false;
	if (tlb_lookup(hba, tlb, address, false) &&
	    inside(address, 4, tlb->base, tlb->size)) {
		tlb->size &= ~3u;
		return true;
	}
	tlb->size = 0;
	bus_error(hba, address, 4, false);
	return false;
}

static bool device_load(struct hba *hba, u32 address, u32 *value)
{
	if (inside(address, 4, HBA_MBOX_BASE, HBA_MBOX_SIZE))
		return mailbox_read(hba, address - HBA_MBOX_BASE, value);
	if (inside(address, 4, HBA_DMA_BASE, HBA_DMA_SIZE))
		return dma_read(hba, address - HBA_DMA_BASE, value);
	if (inside(address, 4, HBA_CLINT_BASE, HBA_CLINT_SIZE))
		return clint_read(hba, address - HBA_CLINT_BASE, value);
	if (inside(address, 4, HBA_FLASH_BASE, HBA_MOD_SIZE))
		return module_read(hba, HBA_MODULE_FLASH,
				   address - HBA_FLASH_BASE, value);
	if (inside(address, 4, HBA_PLA_BASE, HBA_MOD_SIZE))
		return module_read(hba, HBA_MODULE_PLA,
				   address - HBA_PLA_BASE, value);
	return false;
}

static bool device_store(struct hba *hba, u32 address, u32 value)
{
	if (inside(address, 4, HBA_MBOX_BASE, HBA_MBOX_SIZE))
		return mailbox_write(hba, address - HBA_MBOX_BASE, value);
	if (inside(address, 4, HBA_DMA_BASE, HBA_DMA_SIZE))
		return dma_write(hba, address - HBA_DMA_BASE, value);
	if (inside(address, 4, HBA_CLINT_BASE, HBA_CLINT_SIZE))
		return clint_write(hba, address - HBA_CLINT_BASE, value);
	if (inside(address, 4, HBA_FLASH_BASE, HBA_MOD_SIZE))
		return module_write(hba, HBA_MODULE_FLASH,
				    address - HBA_FLASH_BASE, value);
	if (inside(address, 4, HBA_PLA_BASE, HBA_MOD_SIZE))
		return module_write(hba, HBA_MODULE_PLA,
				    address - HBA_PLA_BASE, value);
	return false;
}

/**
 * bus_load - load from anywhere
 * @hba: the adapter
 * @h: the hart
 * @address: of the first byte
 * @size: 1, 2 or 4
 * @value: zero-extended
 *
 * Return: false: access fault
 */
bool bus_load(struct hba *hba, struct hart *h, u32 address, u32 size,
	      u32 *value)
{
	const u8 *p = bus_local(hba, address, size);

	if (!p)
		p = rom(hba, address, size);
	if (p) {
		*value = get(p, size);
		return true;
	}
	if (in_window(address))
		return window_load(hba, h, address, size, value);
	if (size != 4 || address & 3)
		return false;
	return device_load(hba, address, value);
}

/**
 * bus_store - store anywhere
 * @hba: the adapter
 * @h: the hart
 * @address: of the first byte
 * @size: 1, 2 or 4
 * @value: its low bytes are stored
 *
 * Return: false: access fault, nothing is stored
 */
bool bus_store(struct hba *hba, struct hart *h, u32 address, u32 size,
	       u32 value)
{
	u8 *p = bus_local(hba, address, size);

	if (p) {
		put(p, size, value);
		return true;
	}
	if (in_window(address))
		return window_store(hba, h, address, size, value);
	if (size != 4 || address & 3)
		return false;
	h->resync = true;	/* a device may have raised or dropped its interrupt */
	return device_store(hba, address, value);
}
