// SPDX-License-Identifier: GPL-2.0-only
/* The adapter in a machine: memory, medium, clock, events, boot. */
#include <stdio.h>
#include <stdlib.h>

#include "firmware_host.h"

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__,
	       "these tests share structures with a little-endian device");

#define NS_PER_INSTRUCTION	20u
#define AWAIT_PUMPS		60000u

static void *zalloc(size_t bytes)
{
	void *p = calloc(1, bytes);

	if (!p) {
		printf("Bail out! no memory for %zu bytes\n", bytes);
		exit(1);
	}
	return p;
}

/* A fixed sequence: a failure can be looked at again. */
u32 fw_random(struct fw_host *h, u32 limit)
{
	h->random = h->random * 1664525u + 1013904223u;
	return (h->random >> 8) % limit;
}

/* In pieces of a page, as an IOMMU might give them. */
static void *translate(void *ctx, u64 iova, u32 *avail, bool write)
{
	struct fw_host *h = ctx;
	u32 i, left;

	for (i = 0; i < FW_REGIONS; i++) {
		struct fw_region *r = &h->region[i];

		if (!r->memory || iova < r->iova || iova - r->iova >= r->size ||
		    (write && !r->writable))
			continue;
		left = r->size - (u32)(iova - r->iova);
		*avail = 4096 - (u32)(iova % 4096);
		if (*avail > left)
			*avail = left;
		return r->memory + (iova - r->iova);
	}
	return NULL;
}

static void carry_out(struct fw_host *h, const struct fw_later *l)
{
	u8 *at = h->disk + l->sector * 512;

	if (l->op == HBA_DMA_READ)
		memcpy(l->data, at, l->bytes);
	else if (l->op == HBA_DMA_WRITE)
		memcpy(at, l->data, l->bytes);
	else if (l->op == HBA_DMA_DISCARD)
		memset(at, 0, l->bytes);
	if (l->op == HBA_DMA_WRITE || l->op == HBA_DMA_DISCARD)
		h->moved += l->bytes;
}

static u32 medium(void *ctx, u32 op, u64 sector, void *data, u32 bytes)
{
	struct fw_host *h = ctx;
	struct fw_later l = {
		.channel = hba_dma_channel(h->hba),
		.op = op,
		.sector = sector,
		.data = data,
		.bytes = bytes,
	};

	if (sector * 512 + bytes > FW_SECTORS * 512u)
		return HBA_DMA_ST_MEDIUM_ERROR;
	if (!h->delay || h->num_later == 64) {
		carry_out(h, &l);
		return 0;
	}
	h->later[h->num_later++] = l;
	return HBA_MEDIUM_LATER;
}

/* In any order: a medium has its own mind. */
static void finish_one(struct fw_host *h)
{
	u32 i = fw_random(h, h->num_later);
	struct fw_later l = h->later[i];

	h->later[i] = h->later[--h->num_later];
	carry_out(h, &l);
	hba_dma_complete(h->hba, l.channel, 0);
}

static void event(void *ctx, const struct hba_event *event)
{
	struct fw_host *h = ctx;

	if (event->code == HBA_EVT_CRASH || event->code == HBA_EVT_HART_STOPPED)
		h->crashes++;
	if (event->code == HBA_EVT_BUS_ERROR)
		h->bus_errors++;
	if (h->events < FW_EVENTS)
		h->event[h->events++] = *event;
}

static void irq(void *ctx, u32 bits)
{
	struct fw_host *h = ctx;

	if (bits & HBA_IRQ_IO)
		fw_io_reap(h);
	if (h->greedy && h->load)
		fw_io_fill(h);
	if (bits & HBA_IRQ_ADMIN)
		fw_admin_reap(h);
}

/* It also moves while it is looked at, or a loop that waits would not end. */
static u64 now(void *ctx)
{
	struct fw_host *h = ctx;

	return h->clock += NS_PER_INSTRUCTION;
}

static const struct hba_port port = {
	.translate = translate,
	.medium = medium,
	.event = event,
	.irq = irq,
	.now = now,
};

u8 *fw_map(struct fw_host *h, u64 iova, u32 size, bool writable)
{
	struct fw_region *r = h->region;

	while (r->memory)
		r++;
	r->iova = iova;
	r->size = size;
	r->writable = writable;
	r->memory = zalloc(size);
	return r->memory;
}

void fw_unmap(struct fw_host *h, u64 iova)
{
	u32 i;

	for (i = 0; i < FW_REGIONS; i++) {
		if (!h->region[i].memory || h->region[i].iova != iova)
			continue;
		free(h->region[i].memory);
		h->region[i].memory = NULL;
	}
	hba_tlb_flush(h->hba);
}

static struct hba_ring_page *make_ring(u8 *rings, u32 at)
{
	struct hba_ring_page *page = (void *)(rings + at);

	page->sq_base = HBA_IOVA_RINGS + at + 0x1000;
	page->cq_base = HBA_IOVA_RINGS + at + 0x1000 +
			HBA_RING_ENTRIES * sizeof(struct hba_request);
	page->entries = HBA_RING_ENTRIES;
	return page;
}

static void *read_rom(const char *directory, u32 *size)
{
	char path[4096];
	void *rom = zalloc(HBA_ROM_SIZE);
	FILE *f;

	snprintf(path, sizeof(path), "%s/rom.bin", directory);
	f = fopen(path, "rb");
	*size = f ? (u32)fread(rom, 1, HBA_ROM_SIZE, f) : 0;
	if (f)
		fclose(f);
	return rom;
}

static void make_memory(struct fw_host *h)
{
	u32 span = (u32)(HBA_IOVA_REQUEST_STRIDE >> 8);
	u8 *rings = fw_map(h, HBA_IOVA_RINGS, 0x20000, true);

	h->io_page = make_ring(rings, 0);
	h->admin_page = make_ring(rings, 0x10000);
	/* Request buffers lie close together here: a stride costs memory. */
	fw_map(h, HBA_IOVA_REQUEST, (FW_TAGS + 1) * span, true);
}

struct fw_host *fw_host_new(const char *directory, u32 harts, u32 ram_size,
			    u32 max_logins)
{
	struct fw_host *h = zalloc(sizeof(*h));

	h->config = (struct hba_config){
		.port = &port,
		.ctx = h,
		.rom = NULL,
		.ram = zalloc(ram_size),
		.ram_size = ram_size,
		.scratch = zalloc(HBA_SCRATCH_SIZE),
		.flash = zalloc(HBA_MOD_CAPACITY_BYTES),
		.pla = zalloc(HBA_MOD_CAPACITY_BYTES),
		.harts = harts,
		.block_size = 512,
		.sectors = FW_SECTORS,
		.max_logins = max_logins,
	};
	h->config.rom = read_rom(directory, &h->config.rom_size);
	h->disk = zalloc(FW_SECTORS * 512u);
	h->shadow = zalloc(FW_SECTORS * 512u);
	h->hba = zalloc(hba_sizeof());
	if (hba_init(h->hba, &h->config)) {
		printf("Bail out! %s/rom.bin is no boot ROM\n", directory);
		exit(1);
	}
	make_memory(h);
	return h;
}

void fw_host_free(struct fw_host *h)
{
	u32 i;

	for (i = 0; i < FW_REGIONS; i++)
		free(h->region[i].memory);
	free((void *)h->config.rom);
	free(h->config.ram);
	free(h->config.scratch);
	free(h->config.flash);
	free(h->config.pla);
	free(h->disk);
	free(h->shadow);
	free(h->hba);
	free(h);
}

/* A hart that waits, and nobody who would wake it, has its timer come. */
static void advance(struct fw_host *h, enum hba_run result)
{
	u64 deadline = hba_deadline(h->hba);

	if (result != HBA_RUN_WAIT || hba_work_pending(h->hba))
		return;
	if (h->num_later)
		finish_one(h);
	else if (deadline != ~0ull && h->clock < deadline)
		h->clock = deadline;
}

static enum hba_run run(struct fw_host *h, u32 instructions)
{
	enum hba_run result;
	u32 executed;

	result = hba_run(h->hba, instructions, &executed);
	h->clock += (u64)executed * NS_PER_INSTRUCTION;
	h->instructions += executed;
	return result;
}

/* In turns of some instructions or, if they are chopped, of very few. */
static enum hba_run run_harts(struct fw_host *h, u32 instructions)
{
	enum hba_run result;
	u32 turn, done = 0;

	if (!h->chop)
		return run(h, instructions);
	do {
		turn = 1 + fw_random(h, h->chop);
		result = run(h, turn);
		done += turn;
	} while (done < instructions && result == HBA_RUN_BUDGET);
	return result;
}

/* How many harts have executed a few instructions since the last look. */
u32 fw_busy_harts(struct fw_host *h)
{
	u32 i, busy = 0;

	for (i = 0; i < h->config.harts; i++) {
		u64 steps = hba_hart_steps(h->hba, i);

		busy += steps - h->steps[i] > 1000;
		h->steps[i] = steps;
	}
	return busy;
}

/* Some instructions, and what host and medium do meanwhile. */
void fw_pump(struct fw_host *h, u32 instructions)
{
	enum hba_run result;

	if (h->load)
		fw_io_fill(h);
	result = run_harts(h, instructions);
	while (h->num_later > h->delay)
		finish_one(h);
	advance(h, result);
}

void fw_forget_events(struct fw_host *h)
{
	h->events = 0;
	h->events_taken = 0;
}

/* Among the events not yet taken. */
bool fw_seen(const struct fw_host *h, u32 code)
{
	u32 i;

	for (i = h->events_taken; i < h->events; i++)
		if (h->event[i].code == code)
			return true;
	return false;
}

/* Takes the events up to the one awaited; false if it does not come. */
bool fw_await(struct fw_host *h, u32 code, struct hba_event *event)
{
	u32 pumps;

	for (pumps = 0; pumps < AWAIT_PUMPS; pumps++) {
		while (h->events_taken < h->events) {
			const struct hba_event *e =
				&h->event[h->events_taken++];

			if (e->code != code)
				continue;
			if (event)
				*event = *e;
			return true;
		}
		fw_forget_events(h);
		fw_pump(h, 2000);
	}
	return false;
}

static void load_segments(struct fw_host *h, const struct fw_image *image)
{
	unsigned int i;

	for (i = 0; i < image->num_segments; i++) {
		const struct mrb_segment *s = &image->segments[i];

		if (s->kind == MRB_SEG_TEXT || s->kind == MRB_SEG_DATA)
			hba_ram_write(h->hba, (u32)s->address,
				      image->bytes + s->offset,
				      (u32)s->file_size);
	}
}

/* What the driver does in answer to an image request. */
bool fw_load_cold(struct fw_host *h, const struct fw_image *image)
{
	struct hba_event started;

	load_segments(h, image);
	hba_start(h->hba, (u32)image->header->cold_entry, HBA_START_COLD, 0);
	if (!fw_await(h, HBA_EVT_STARTED, &started))
		return false;
	h->counts_discards = image->header->release > 1;
	return started.arg[2] == HBA_START_COLD && started.arg[3];
}

bool fw_boot(struct fw_host *h, const struct fw_image *image)
{
	struct hba_event request;

	hba_set_rings(h->hba, HBA_IOVA_RINGS, HBA_IOVA_RINGS + 0x10000);
	return fw_await(h, HBA_EVT_IMAGE_REQUEST, &request) &&
	       !request.arg[0] && fw_load_cold(h, image);
}
