// SPDX-License-Identifier: GPL-2.0-only
/* What the host is told: one item for each thing found or done. */
#include "bootstrap.h"

/* Without room for it an item is made all the same, and dropped. */
static void begin_at(struct boot *b, u32 slot, struct item *item, u32 kind,
		     const volatile char *name)
{
	struct codeswap_handover *ho = b->ho;
	struct codeswap_ho_item *slots = device_ptr(ho->reports);
	u32 i;

	item->item = &item->spare;
	if (slot < ho->report_capacity && slot < CODESWAP_HO_MAX_REPORTS)
		item->item = &slots[slot];
	item->item->kind = kind;
	for (i = 0; i < MRB_NAME_LEN - 1 && name[i]; i++)
		item->item->name[i] = name[i];
	item->item->name[i] = 0;
	item->from = text_begin(item->item->from, CODESWAP_ITEM_TEXT_LEN);
	item->to = text_begin(item->item->to, CODESWAP_ITEM_TEXT_LEN);
}

void item_begin(struct boot *b, struct item *item, u32 kind,
		const volatile char *name)
{
	begin_at(b, b->ho->report_count, item, kind, name);
}

/* The item must be complete before the count covers it. */
void item_end(struct boot *b, struct item *item, u32 verdict, u32 count)
{
	struct codeswap_handover *ho = b->ho;

	item->item->verdict = verdict;
	item->item->count = count;
	if (item->item == &item->spare)
		return;
	fence();
	ho->report_count++;
	if (!b->quiet)
		post_event(HBA_EVT_REPORT, ho->report_count, ho->progress, 0, 0);
}

void report(struct boot *b, u32 kind, u32 verdict, u32 count,
	    const volatile char *name, const char *from, const char *to)
{
	struct item item;

	item_begin(b, &item, kind, name);
	text_add(&item.from, from);
	text_add(&item.to, to);
	item_end(b, &item, verdict, count);
}

/*
 * An item of SYNC, with all its texts, for which there is no time in the
 * blackout: @ahead of those that have been reported so far.
 */
void report_prepare(struct boot *b, u32 ahead, u32 kind,
		    const volatile char *name, const char *from, const char *to)
{
	struct item item;

	begin_at(b, b->ho->report_count + ahead, &item, kind, name);
	text_add(&item.from, from);
	text_add(&item.to, to);
}

/* The next of those that were prepared. The host hears of it by QUIESCED. */
void report_prepared(struct boot *b, u32 verdict, u32 count)
{
	struct codeswap_handover *ho = b->ho;
	struct codeswap_ho_item *slots = device_ptr(ho->reports);

	if (ho->report_count >= ho->report_capacity ||
	    ho->report_count >= CODESWAP_HO_MAX_REPORTS)
		return;
	slots[ho->report_count].verdict = verdict;
	slots[ho->report_count].count = count;
	fence();
	ho->report_count++;
}

/* Tells the host in steps of ten: it may be a long table. */
void report_progress(struct boot *b, u32 percent)
{
	u32 before = b->ho->progress;

	b->ho->progress = percent;
	if (percent / 10 != before / 10)
		post_event(HBA_EVT_REPORT, b->ho->report_count, percent, 0, 0);
}

/* The sentence that goes with CODESWAP_VERDICT_REFUSED. */
struct text refuse_begin(struct boot *b)
{
	return text_begin(b->ho->reason, sizeof(b->ho->reason));
}
