// SPDX-License-Identifier: GPL-2.0-only
/*
 * The blackout: all I/O is done, interrupts are off. Short, and everything in
 * it can be taken back: the host may still say RESUME.
 */
#include "bootstrap.h"

static struct image_data *staged_data(struct boot *b)
{
	struct codeswap_ho_segment *staged = device_ptr(b->ho->segments);
	struct image_data *data;
	u32 i;

	for (i = 0; i < b->ho->segment_count; i++) {
		data = device_ptr(staged[i].staged);
		if (staged[i].kind == MRB_SEG_DATA &&
		    staged[i].size >= sizeof(*data) &&
		    data->magic == IMAGE_DATA_MAGIC)
			return data;
	}
	return NULL;
}

static void find_data(struct boot *b)
{
	const struct mrb_segment *segment =
		header_find_segment(b->old, MRB_SEG_DATA);

	b->old_data = segment ? device_ptr(segment->address) : NULL;
	b->new_data = staged_data(b);
	if (b->old_data && b->old_data->magic != IMAGE_DATA_MAGIC)
		b->old_data = NULL;
}

/* Beside running I/O: all of SYNC that need not wait for it to stop. */
void boot_sync_prepare(struct boot *b)
{
	find_data(b);
	report_prepare(b, 0, CODESWAP_ITEM_SYNC, STATE_LOGINS, "journal",
		       b->from ? "copied" : "in place");
	report_prepare(b, 1, CODESWAP_ITEM_CARRY, "heartbeats", "running data",
		       "staged data");
}

static void sync_tables(struct boot *b)
{
	u32 count = convert_changes(b);
	u32 i;

	for (i = 0; i < b->new_dir->count; i++)
		if (b->was[i])
			b->new_dir->states[i].used = b->was[i]->used;
	report_prepared(b, b->from ? CODESWAP_ITEM_RECONCILED :
			CODESWAP_ITEM_COMPATIBLE, count);
}

/* Into the private copy of the data segment that will be overlaid. */
static void carry_data(struct boot *b)
{
	if (!b->old_data || !b->new_data)
		return;
	b->new_data->heartbeats = b->old_data->heartbeats;
	report_prepared(b, CODESWAP_ITEM_RECONCILED, 1);
}

/*
 * Past this release the link is the last thing to come up, or no longer is,
 * and its frames have another length: it is taken down, and what the cache
 * holds in old frames is dropped. The new image brings the link up.
 */
static void reset_link(struct boot *b)
{
	u32 cached = mbox_read(HBA_MBOX_CACHE_CTRL);
	struct item item;

	mbox_write(HBA_MBOX_LINK_CTRL, LINK_DOWN);
	item_begin(b, &item, CODESWAP_ITEM_REGISTER, "link");
	text_add_hex(&item.from, b->link);
	text_add_hex(&item.to, mbox_read(HBA_MBOX_LINK_CTRL));
	item_end(b, &item, CODESWAP_ITEM_RECONCILED, 1);
	mbox_write(HBA_MBOX_CACHE_CTRL, HBA_CACHE_CLEAR);
	report(b, CODESWAP_ITEM_CLEAR, CODESWAP_ITEM_RECONCILED, cached,
	       "read-cache", "filled", "empty");
}

/* Of each hart but the first. Interrupts are off; back when SYNC goes back. */
u32 boot_park_hart(struct boot *b)
{
	u32 hart = hart_id();

	boot_park_other(&b->ho->command, &b->parked[hart], hart_msip(hart));
	return CODESWAP_VERDICT_RESUMED;
}

/* The old image has seen to it that they all come here. */
static void await_others(struct boot *b)
{
	u32 hart;

	for (hart = 1; hart < hart_count(); hart++)
		while (!b->parked[hart])
			;
}

static void send_others_back(struct boot *b)
{
	u32 hart;

	for (hart = 1; hart < hart_count(); hart++) {
		mmio_write(hart_msip(hart), 1);
		while (b->parked[hart])
			;
	}
}

/* Returns only if the old image is to go on; it finds the link as it was. */
u32 boot_sync(struct boot *b)
{
	b->quiet = true;
	sync_tables(b);
	carry_data(b);
	b->link = mbox_read(HBA_MBOX_LINK_CTRL);
	if (boot_crosses(b, RELEASE_LINK_LAST))
		reset_link(b);
	await_others(b);
	boot_park(&b->ho->command);
	send_others_back(b);
	mbox_write(HBA_MBOX_LINK_CTRL, b->link);
	b->quiet = false;
	return CODESWAP_VERDICT_RESUMED;
}
