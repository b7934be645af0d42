// SPDX-License-Identifier: GPL-2.0-only
/*
 * I/O that is verified: each tag has an extent of the medium for itself, and a
 * shadow of it. A completion counts only if tag and generation are those of a
 * request in flight, as the driver has it.
 */
#include "firmware_host.h"

#define BUFFER_STRIDE	((u32)(HBA_IOVA_REQUEST_STRIDE >> 8))
#define RAW_TAG		0xffffu

static u8 *buffer(struct fw_host *h, u32 tag)
{
	return h->region[1].memory + tag * BUFFER_STRIDE;
}

static void put(struct fw_host *h, const struct hba_request *request)
{
	struct hba_ring_page *page = h->io_page;
	u8 *ring = h->region[0].memory + (page->sq_base - HBA_IOVA_RINGS);

	memcpy(ring + page->sq_prod % HBA_RING_ENTRIES * sizeof(*request),
	       request, sizeof(*request));
	page->sq_prod++;
	hba_doorbell(h->hba, HBA_PEND_IO);
}

static void fill(struct fw_host *h, u8 *data, u32 bytes)
{
	u32 i;

	for (i = 0; i < bytes; i++)
		data[i] = (u8)fw_random(h, 256);
}

void fw_io_submit(struct fw_host *h, u32 tag, u32 opcode, u32 flags,
		  u32 sector, u32 sectors)
{
	struct fw_io *io = &h->io[tag];
	struct hba_request request = { .tag = (u16)tag };

	io->busy = true;
	io->generation = ++h->generation;
	io->opcode = opcode;
	io->flags = flags;
	io->login = tag % h->io_logins;
	io->sector = sector;
	io->sectors = opcode == HBA_OP_FLUSH ? 0 : sectors;
	request.opcode = (u16)opcode;
	request.generation = io->generation;
	request.initiator = h->login[io->login].handle;
	request.wwpn = h->login[io->login].wwpn;
	request.flags = flags;
	request.sector = tag * FW_EXTENT + sector;
	request.iova = HBA_IOVA_REQUEST + tag * BUFFER_STRIDE;
	request.bytes = io->sectors * 512;
	if (opcode == HBA_OP_WRITE)
		fill(h, buffer(h, tag), request.bytes);
	if (opcode == HBA_OP_WRITE || opcode == HBA_OP_DISCARD)
		h->asked += request.bytes;
	put(h, &request);
}

static u32 some_opcode(struct fw_host *h)
{
	static const u32 mix[] = {
		HBA_OP_READ, HBA_OP_READ, HBA_OP_READ, HBA_OP_READ,
		HBA_OP_WRITE, HBA_OP_WRITE, HBA_OP_WRITE, HBA_OP_FLUSH,
		HBA_OP_DISCARD,
	};

	return mix[fw_random(h, sizeof(mix) / sizeof(mix[0]))];
}

/* Keeps every tag busy. */
void fw_io_fill(struct fw_host *h)
{
	u32 tag, opcode, sector, sectors, flags;

	for (tag = 0; tag < FW_TAGS; tag++) {
		if (h->io[tag].busy)
			continue;
		opcode = some_opcode(h);
		sector = fw_random(h, FW_EXTENT);
		sectors = 1 + fw_random(h, FW_EXTENT - sector > 12 ? 12 :
					FW_EXTENT - sector);
		flags = opcode == HBA_OP_WRITE && !fw_random(h, 4) ?
			HBA_REQ_FUA : 0;
		fw_io_submit(h, tag, opcode, flags, sector, sectors);
	}
}

/* What the medium holds now, as far as the host was told. */
static void verify(struct fw_host *h, u32 tag, const struct fw_io *io)
{
	u8 *shadow = h->shadow + (tag * FW_EXTENT + io->sector) * 512;
	u8 *data = buffer(h, tag);
	u32 bytes = io->sectors * 512;

	if (io->opcode == HBA_OP_WRITE)
		memcpy(shadow, data, bytes);
	else if (io->opcode == HBA_OP_DISCARD)
		memset(shadow, 0, bytes);
	else if (io->opcode == HBA_OP_READ && memcmp(shadow, data, bytes))
		h->corrupt++;
}

static void complete(struct fw_host *h, const struct hba_completion *c)
{
	struct fw_io *io = &h->io[c->tag % FW_TAGS];

	if (c->tag >= FW_TAGS || !io->busy ||
	    io->generation != c->generation) {
		h->dropped++;
		return;
	}
	io->busy = false;
	if (c->status != HBA_ST_GOOD) {
		h->failed++;
		return;
	}
	h->completed++;
	if (io->opcode != HBA_OP_DISCARD || h->counts_discards)
		h->login[io->login].requests++;
	verify(h, c->tag, io);
}

static bool take(struct fw_host *h, struct hba_completion *c)
{
	struct hba_ring_page *page = h->io_page;
	u8 *ring = h->region[0].memory + (page->cq_base - HBA_IOVA_RINGS);

	if (page->cq_cons == page->cq_prod)
		return false;
	memcpy(c, ring + page->cq_cons % HBA_RING_ENTRIES * sizeof(*c),
	       sizeof(*c));
	page->cq_cons++;
	return true;
}

void fw_io_reap(struct fw_host *h)
{
	struct hba_completion c;

	while (take(h, &c))
		if (c.tag == RAW_TAG)
			h->raw_status = c.status;
		else
			complete(h, &c);
}

u32 fw_io_busy(const struct fw_host *h)
{
	u32 tag, busy = 0;

	for (tag = 0; tag < FW_TAGS; tag++)
		busy += h->io[tag].busy;
	return busy;
}

/* No more load, and wait for what is in flight; false if it does not end. */
bool fw_io_drain(struct fw_host *h)
{
	u32 pumps, delay = h->delay;

	h->load = false;
	h->delay = 0;
	for (pumps = 0; pumps < 20000 && fw_io_busy(h); pumps++)
		fw_pump(h, 2000);
	h->delay = delay;
	return !fw_io_busy(h);
}

/* Under load until so many more requests are done. */
bool fw_io_run(struct fw_host *h, u64 requests)
{
	u64 until = h->completed + requests;
	u32 pumps;

	h->load = true;
	for (pumps = 0; pumps < 100000 && h->completed < until; pumps++)
		fw_pump(h, 2000);
	return h->completed >= until;
}

/* A request as it is given, alone; returns its status, ~0 if none comes. */
u32 fw_io_raw(struct fw_host *h, const struct hba_request *request)
{
	struct hba_request r = *request;
	u32 pumps;

	r.tag = RAW_TAG;
	h->raw_status = ~0u;
	put(h, &r);
	for (pumps = 0; pumps < 2000 && h->raw_status == ~0u; pumps++)
		fw_pump(h, 2000);
	return h->raw_status;
}
