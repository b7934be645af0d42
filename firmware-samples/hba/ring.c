// SPDX-License-Identifier: GPL-2.0-only
/*
 * A ring in host memory. The ring page is the truth about progress: no index
 * is kept here, so that the next image finds exactly where this one stood.
 */
#include "hba.h"

void ring_init(struct ring *ring, u32 page_register, u32 irq)
{
	ring->page_register = page_register;
	ring->irq = irq;
	ring->page = NULL;
	ring->promised = 0;
	ring->interrupt = true;	/* an image before may not have come to it */
}

static bool ring_is_sane(const volatile struct hba_ring_page *page, u32 entries)
{
	if (!entries || entries > 0x10000u || (entries & (entries - 1)))
		return false;
	return in_window(page->sq_base, entries * sizeof(struct hba_request)) &&
	       in_window(page->cq_base, entries * sizeof(struct hba_completion));
}

/* The driver may set up the rings long after the image has started. */
static bool ring_attach(struct ring *ring)
{
	volatile struct hba_ring_page *page;
	u32 entries;

	if (ring->page)
		return true;
	page = device_ptr(mbox_read(ring->page_register));
	if (!page || !in_window((u32)page, sizeof(*page)))
		return false;
	entries = page->entries;
	if (!ring_is_sane(page, entries))
		return false;
	ring->page = page;
	ring->entries = entries;
	return true;
}

/* Is the request at @index the next one to be fetched? */
bool ring_waits_at(struct ring *ring, u32 index)
{
	return ring_attach(ring) && ring->page->sq_cons == index &&
	       ring->page->sq_prod != index;
}

/*
 * Copies the next request, once, without taking it from the ring. Nothing is
 * begun without room for its completion; a host that let the completion ring
 * run full rings the doorbell after it has made room.
 */
bool ring_next(struct ring *ring, struct hba_request *request)
{
	volatile struct hba_ring_page *page;
	const struct hba_request *slot;
	u32 waiting, completions;

	if (!ring_attach(ring))
		return false;
	page = ring->page;
	waiting = page->sq_prod - page->sq_cons;
	completions = page->cq_prod - page->cq_cons + ring->promised;
	if (!waiting || waiting > ring->entries ||
	    completions >= ring->entries)
		return false;
	fence();
	slot = device_ptr(page->sq_base);
	slot += page->sq_cons & (ring->entries - 1);
	/* What is reserved has no meaning, and copying costs. */
	__builtin_memcpy(request, slot,
			 __builtin_offsetof(struct hba_request, reserved));
	return true;
}

void ring_consume(struct ring *ring)
{
	fence();
	ring->page->sq_cons++;
}

/* The host must see the completion before the index that covers it. */
void ring_complete(struct ring *ring, const struct hba_completion *completion)
{
	volatile struct hba_ring_page *page = ring->page;
	struct hba_completion *slot = device_ptr(page->cq_base);

	slot[page->cq_prod & (ring->entries - 1)] = *completion;
	fence();
	page->cq_prod++;
	ring->interrupt = true;
}

void ring_interrupt_host(struct ring *ring)
{
	if (!ring->interrupt)
		return;
	ring->interrupt = false;
	fence();
	mbox_write(HBA_MBOX_IRQ, ring->irq);
}
