// SPDX-License-Identifier: GPL-2.0-only
/* The order of reconciliation, and its opposite. */
#include "bootstrap.h"
#include "fault.h"

/*
 * What this step changes for those who talk to the adapter. The register part
 * of it is done in SYNC, when nobody does.
 */
static void announce_changes(struct boot *b)
{
	bool back = boot_goes_back(b);

	if (!boot_crosses(b, RELEASE_LINK_LAST))
		return;
	report(b, CODESWAP_ITEM_INIT_ORDER, CODESWAP_ITEM_RECONCILED, 0, "link",
	       back ? "after the logins" : "before the logins",
	       back ? "before the logins" : "after the logins");
	report(b, CODESWAP_ITEM_PROTOCOL, CODESWAP_ITEM_COMPATIBLE, 0, "login",
	       back ? "credits, priority" : "credits",
	       back ? "credits" : "credits, priority");
}

static u32 refuse_on_purpose(struct boot *b)
{
	struct text reason = refuse_begin(b);

	text_add(&reason,
		 "this image was built to refuse every device, after all its work was done");
	return CODESWAP_VERDICT_REFUSED;
}

static u32 work(struct boot *b)
{
	u32 verdict = boot_compare(b);

	report_progress(b, 10);
	if (verdict == CODESWAP_VERDICT_OK)
		verdict = boot_build_state(b);
	if (verdict != CODESWAP_VERDICT_OK)
		return verdict;
	announce_changes(b);
	report_progress(b, 60);
	verdict = modules_update(b);
	if (verdict == CODESWAP_VERDICT_OK && fault_refuse())
		verdict = refuse_on_purpose(b);
	if (verdict == CODESWAP_VERDICT_OK && boot_cancelled(b))
		verdict = CODESWAP_VERDICT_CANCELLED;
	return verdict;
}

/*
 * Modules are all that lies outside staging memory and the gaps of running
 * memory: there is nothing else to take back.
 */
u32 boot_reconcile(struct boot *b)
{
	u32 verdict = work(b);

	if (verdict != CODESWAP_VERDICT_OK) {
		modules_undo(b);
		return verdict;
	}
	b->ho->new_state = (u32)b->new_dir;
	boot_sync_prepare(b);
	b->magic = BOOT_MAGIC;
	report_progress(b, 100);
	return CODESWAP_VERDICT_OK;
}

u32 boot_undo(struct boot *b)
{
	modules_undo(b);
	b->magic = 0;
	return CODESWAP_VERDICT_OK;
}
