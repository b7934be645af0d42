// SPDX-License-Identifier: GPL-2.0-only
/*
 * Live swaps of the sample firmware that do not succeed: every way to stop
 * one, every bad image, everything that is refused. Each time the old image
 * must go on as if nothing had been.
 * Usage: firmware_stop [DIRECTORY], by default $B/firmware.
 */
#include "firmware_swap.h"

/* Cancelled after so many instructions of reconciliation. */
static void cancel_in_reconcile(u32 instructions)
{
	struct fw_host *h = boot("hba-1.1.0", 600);
	struct fw_update u = { .host = NULL };
	u32 i, verdict;

	stage(&u, h, "hba-1.1.0", "hba-3.0.0");
	fw_update_interrupt(&u);
	for (i = 0; i < instructions; i += 100)
		fw_pump(h, 100);
	u.ho->command = CODESWAP_HO_CMD_CANCEL;
	hba_command(h->hba, HBA_CMD_CANCEL, 0, 0);
	verdict = fw_verdict(&u);
	is(verdict, CODESWAP_VERDICT_CANCELLED,
	   "cancelled after %u instructions, %u items", instructions,
	   u.ho->report_count);
	ok(fw_modules_unchanged(&u), "  modules are as they were");
	is(h->hba->mailbox.link_ctrl, 0x010, "  so is the link");
	fw_release(&u);
	still_right(h, "hba-1.1.0", "cancelled");
	fw_host_free(h);
}

/* After ready, or after quiesce and resume; then the same update again. */
static void undo(bool quiesced)
{
	struct fw_host *h = boot("hba-1.1.0", 40);
	struct fw_update u = { .host = NULL };

	stage(&u, h, "hba-1.1.0", "hba-3.0.0");
	is(fw_reconcile(&u), CODESWAP_VERDICT_OK, "undo %s",
	   quiesced ? "after quiesce and resume" : "in ready");
	ok(!fw_modules_unchanged(&u), "  modules have been updated");
	if (quiesced) {
		is(fw_quiesce(&u), CODESWAP_VERDICT_OK, "  quiesced");
		ok(all_parked(h), "  all harts are parked in staging memory");
		is(h->hba->mailbox.link_ctrl, 0, "  the link is down");
		is(h->num_later, 0, "  nothing is in flight");
		ok(fw_resume(&u), "  resumed");
		is(h->hba->mailbox.link_ctrl, 0x010, "  the link is up again");
		ok(fw_io_run(h, 300), "  I/O goes on");
	}
	is(fw_undo(&u), CODESWAP_VERDICT_OK, "  undone");
	ok(fw_modules_unchanged(&u), "  modules are as they were");
	item_is(&u, CODESWAP_ITEM_MODULE, "flash", CODESWAP_ITEM_RECONCILED, 4096, false);
	fw_release(&u);
	still_right(h, "hba-1.1.0", "undone");
	stage(&u, h, "hba-1.1.0", "hba-3.0.0");
	h->load = true;
	ok(fw_swap(&u), "  the same update works afterwards");
	fw_release(&u);
	still_right(h, "hba-3.0.0", "updated");
	fw_host_free(h);
}

/* After the overlay, with the new image not started, or at work for a while. */
static void rollback(u32 instructions)
{
	struct fw_host *h = boot("hba-1.1.0", 100);
	struct fw_update u = { .host = NULL };

	stage(&u, h, "hba-1.1.0", "hba-3.0.0");
	ok(fw_reconcile(&u) == CODESWAP_VERDICT_OK &&
	   fw_quiesce(&u) == CODESWAP_VERDICT_OK && fw_overlay(&u),
	   "rollback after %u instructions of the new image", instructions);
	if (instructions) {
		ok(fw_start_new(&u), "  it has started");
		h->load = true;
		fw_pump(h, instructions);
	}
	ok(fw_rollback(&u), "  the old image is back");
	ok(fw_modules_unchanged(&u), "  modules are as they were");
	is(h->hba->mailbox.link_ctrl, 0x010, "  so is the link");
	fw_release(&u);
	still_right(h, "hba-1.1.0", "rolled back");
	is(h->crashes, 0, "  no crash");
	fw_host_free(h);
}

static void bad_refuses(void)
{
	struct fw_host *h = boot("hba-1.0.0", 40);
	struct fw_update u = { .host = NULL };

	stage(&u, h, "hba-1.0.0", "hba-2.0.0-bad-refuse");
	is(fw_reconcile(&u), CODESWAP_VERDICT_REFUSED, "an image that refuses");
	ok(u.ho->reason[0], "  %s", u.ho->reason);
	ok(fw_modules_unchanged(&u), "  it has put its modules back");
	fw_release(&u);
	still_right(h, "hba-1.0.0", "refused");
	fw_host_free(h);
}

static void bad_crashes(void)
{
	struct fw_host *h = boot("hba-1.0.0", 40);
	struct fw_update u = { .host = NULL };

	stage(&u, h, "hba-1.0.0", "hba-2.0.0-bad-crash");
	is(fw_reconcile(&u), FW_CRASHED, "an image whose bootstrap crashes");
	is(module_version(h, HBA_MODULE_FLASH), HBA_MOD_BLANK,
	   "  it leaves a module half burned");
	fw_restore_modules(&u);
	fw_release(&u);
	still_right(h, "hba-1.0.0", "crashed");
	is(h->crashes, 0, "  the old image has not crashed");
	fw_host_free(h);
}

/* Deaf is the first hart alone: the others serve, if there are any. */
static void bad_hangs(bool deaf)
{
	bool stops = deaf && suite_harts == 1;
	const char *name = deaf ? "hba-2.0.0-bad-hang-irqoff" :
			   "hba-2.0.0-bad-hang";
	struct fw_host *h = boot("hba-1.0.0", 40);
	struct fw_update u = { .host = NULL };
	u64 before;

	stage(&u, h, "hba-1.0.0", name);
	fw_update_interrupt(&u);
	fw_pump(h, 400000);
	before = h->completed;
	fw_io_run(h, 200);
	ok(stops ? h->completed - before < 200 : h->completed - before >= 200,
	   "%s: I/O %s", name, stops ? "has stopped" : "goes on");
	u.ho->command = CODESWAP_HO_CMD_CANCEL;
	hba_command(h->hba, HBA_CMD_CANCEL, 0, 0);
	fw_pump(h, 100000);
	ok(!fw_seen(h, HBA_EVT_RECONCILED), "  it does not listen to a cancel");
	fw_forget_events(h);
	hba_command(h->hba, HBA_CMD_ABANDON, 0, 0);
	fw_pump(h, 100000);
	is(fw_seen(h, HBA_EVT_ABANDONED), !deaf, "  %s",
	   deaf ? "nor to anything else" : "it is abandoned");
	if (deaf)
		ok(fw_restart_old(&u), "  the old image is restarted");
	else
		fw_restore_modules(&u);
	fw_release(&u);
	still_right(h, "hba-1.0.0", "left");
	fw_host_free(h);
}

/*
 * The old image's fault: a hart does not park. Until the host's limit strikes
 * the first one listens; then all are started afresh, and serve.
 */
static void hart_does_not_park(bool abandon)
{
	struct fw_host *h = boot("hba-1.1.0-bad-park", 40);
	struct fw_update u = { .host = NULL };

	stage(&u, h, "hba-1.1.0-bad-park", "hba-3.0.0");
	is(fw_reconcile(&u), CODESWAP_VERDICT_OK, "hba-1.1.0-bad-park reconciles");
	ok(fw_io_drain(h), "  nothing is in flight");
	fw_forget_events(h);
	hba_command(h->hba, HBA_CMD_QUIESCE, 0, 0);
	fw_pump(h, 1000000);
	is(fw_seen(h, HBA_EVT_QUIESCED), suite_harts == 1, "  it is %squiesced",
	   suite_harts == 1 ? "" : "not ");
	ok(all_parked(h) == (suite_harts == 1), "  and parked neither");
	if (abandon && suite_harts > 1) {
		hba_command(h->hba, HBA_CMD_ABANDON, 0, 0);
		ok(fw_await(h, HBA_EVT_ABANDONED, NULL) && fw_io_run(h, 300),
		   "  abandoned, the other harts serve on");
	}
	ok(fw_restart_old(&u), "  the old image is restarted");
	ok(fw_prove(&u), "  on all harts");
	fw_release(&u);
	still_right(h, "hba-1.1.0", "not parked");
	is(h->crashes, 0, "  no crash");
	fw_host_free(h);
}

/*
 * A hart stands still on its way out of the old image, so many instructions
 * after the order; nothing may be said of quiet before it has arrived.
 */
static bool waits_for(struct fw_host *h, struct hart *slow, u32 instructions)
{
	bool said;
	u32 i;

	fw_forget_events(h);
	hba_command(h->hba, HBA_CMD_QUIESCE, 0, 0);
	for (i = 0; i < instructions; i++)
		fw_pump(h, 1);
	if (slow->pc < HBA_RAM_BASE)
		return fw_await(h, HBA_EVT_QUIESCED, NULL);
	slow->state = HART_HALTED;
	fw_pump(h, 20000);
	said = fw_seen(h, HBA_EVT_QUIESCED);
	slow->state = HART_RUNNING;
	return !said && fw_await(h, HBA_EVT_QUIESCED, NULL);
}

/* The same on the way back: or it would be taken for parked the next time. */
static bool waits_back_for(struct fw_update *u, struct hart *slow)
{
	enum hart_state state = slow->state;
	bool said;

	slow->state = HART_HALTED;
	u->ho->command = CODESWAP_HO_CMD_RESUME;
	hba_command(u->host->hba, HBA_CMD_RESUME, 0, 0);
	fw_pump(u->host, 20000);
	said = fw_seen(u->host, HBA_EVT_RESUMED);
	slow->state = state;
	return fw_resume(u) && !said;
}

static void slow_hart_is_waited_for(u32 hart)
{
	struct fw_host *h = boot("hba-1.1.0", 20);
	struct fw_update u = { .host = NULL };
	u32 i, waited = 0, parked = 0, back = 0;

	stage(&u, h, "hba-1.1.0", "hba-2.0.0");
	is(fw_reconcile(&u), CODESWAP_VERDICT_OK, "a slow hart %u", hart);
	fw_io_drain(h);
	for (i = 0; i < 200; i++) {
		waited += waits_for(h, &h->hba->hart[hart], 10 * i);
		parked += all_parked(h);
		back += waits_back_for(&u, &h->hba->hart[hart]);
	}
	is(waited, 200, "  it is waited for, wherever it stands");
	is(parked, 200, "  and parks in the end");
	is(back, 200, "  it is waited for on the way back, too");
	is(fw_undo(&u), CODESWAP_VERDICT_OK, "  undone");
	fw_release(&u);
	still_right(h, "hba-1.1.0", "resumed 200 times");
	fw_host_free(h);
}

/* Whichever hart crashes, none goes on, and it is told once. */
static void crash_of_any_hart(u32 hart)
{
	struct fw_host *h = boot("hba-2.0.0", 20);
	const u32 illegal = 0;
	u64 completed;

	fw_forget_events(h);
	hba_ram_write(h->hba, hba_hart_pc(h->hba, hart), &illegal, 4);
	h->load = true;
	fw_pump(h, 200000);
	is(h->crashes, 1, "hart %u crashes", hart);
	ok(fw_seen(h, HBA_EVT_CRASH), "  which is told");
	completed = h->completed;
	fw_busy_harts(h);
	fw_pump(h, 200000);
	is(h->completed - completed, 0, "  nothing is served any more");
	is(fw_busy_harts(h), 0, "  no hart runs");
	fw_host_free(h);
}

/* A heartbeat is that of all harts. */
static void dead_hart_has_no_heartbeat(u32 hart)
{
	struct fw_host *h = boot("hba-2.0.0", 20);

	h->hba->hart[hart].state = HART_HALTED;
	fw_forget_events(h);
	hba_command(h->hba, HBA_CMD_PING, 0, 0);
	fw_pump(h, 200000);
	ok(!fw_seen(h, HBA_EVT_HEARTBEAT), "no heartbeat without hart %u", hart);
	fw_host_free(h);
}

static void every_hart(void)
{
	u32 i;

	for (i = 0; i < suite_harts; i++) {
		crash_of_any_hart(i);
		dead_hart_has_no_heartbeat(i);
	}
	for (i = 1; i < suite_harts; i++)
		slow_hart_is_waited_for(i);
	hart_does_not_park(false);
	hart_does_not_park(true);
}

static void bad_starts(const char *name, u32 event)
{
	struct fw_host *h = boot("hba-1.0.0", 40);
	struct fw_update u = { .host = NULL };

	stage(&u, h, "hba-1.0.0", name);
	ok(fw_reconcile(&u) == CODESWAP_VERDICT_OK &&
	   fw_quiesce(&u) == CODESWAP_VERDICT_OK && fw_overlay(&u),
	   "%s is overlaid", name);
	fw_forget_events(h);
	hba_start(h->hba, (u32)u.new->header->warm_entry, HBA_START_WARM,
		  (u32)u.ho->new_state);
	hba_command(h->hba, HBA_CMD_PING, 0, 0);
	fw_pump(h, 400000);
	ok(fw_seen(h, event) && !fw_seen(h, HBA_EVT_HEARTBEAT),
	   "  event %u comes, and no heartbeat", event);
	ok(fw_rollback(&u), "  rolled back");
	ok(fw_modules_unchanged(&u), "  modules are as they were");
	fw_release(&u);
	still_right(h, "hba-1.0.0", "rolled back");
	fw_host_free(h);
}

static void bad_files(void)
{
	static const char *const unsound[] = {
		"hba-2.0.0-bad-truncated", "hba-2.0.0-bad-corrupt-digest",
	};
	char error[FW_ERROR_LEN];
	struct fw_image image;
	u32 i;

	for (i = 0; i < 2; i++) {
		ok(!fw_image_load(&image, firmware, unsound[i], error),
		   "%s: %s", unsound[i], error);
		ok(image.size, "  it is there");
		fw_image_free(&image);
	}
	ok(!strcmp(suite_image("hba-2.0.0-bad-type")->header->device_type, "nic"),
	   "hba-2.0.0-bad-type is for another device");
}

static void refused(struct fw_update *u, const char *word, const char *what)
{
	struct fw_host *h = u->host;

	is(fw_reconcile(u), CODESWAP_VERDICT_REFUSED, "%s is refused", what);
	ok(strstr(u->ho->reason, word), "  %s", u->ho->reason);
	ok(fw_modules_unchanged(u), "  modules are as they were");
	fw_release(u);
	is(h->crashes, 0, "  no crash");
}

static void capabilities_are_not_overlooked(void)
{
	struct fw_host *h = boot("hba-3.0.0", 20);
	struct fw_update u = { .waive = false };

	fw_stage(&u, h, suite_image("hba-3.0.0"), suite_image("hba-1.1.0"));
	refused(&u, "would be lost", "a loss that nobody accepts");
	u = (struct fw_update){ .waive = true, .absent = "pla" };
	fw_stage(&u, h, suite_image("hba-3.0.0"), suite_image("hba-1.1.0"));
	refused(&u, "requires 'pla'", "an image for a device with more");
	stage(&u, h, "hba-3.0.0", "hba-1.1.0");
	ok(fw_swap(&u), "with the operator's word it goes back");
	item_is(&u, CODESWAP_ITEM_CAPABILITY, "guard", CODESWAP_ITEM_ACCEPTED, 0, false);
	fw_release(&u);
	still_right(h, "hba-1.1.0", "gone back");
	fw_host_free(h);
}

static void no_room_is_said(void)
{
	struct fw_host *h = fw_host_new(firmware, suite_harts, HBA_RAM_MIN, 32768);
	struct fw_update u = { .host = NULL };

	fw_boot(h, suite_image("hba-1.1.0"));
	h->io_logins = 1;
	fw_login_many(h, 0, 4);
	stage(&u, h, "hba-1.1.0", "hba-2.0.0");
	refused(&u, "no gap", "a table that would not fit");
	still_right(h, "hba-1.1.0", "without room");
	fw_host_free(h);
}

static void bad_handover_is_survived(void)
{
	struct fw_host *h = boot("hba-1.1.0", 20);
	struct fw_update u = { .host = NULL };

	stage(&u, h, "hba-1.1.0", "hba-2.0.0");
	u.ho->version = 9;
	refused(&u, "version 1", "a hand-over block of another version");
	stage(&u, h, "hba-1.1.0", "hba-2.0.0");
	u.ho->new_image += 8;
	refused(&u, "no staged MRB", "one that names no image");
	stage(&u, h, "hba-1.1.0", "hba-2.0.0");
	u.ho->magic = 0;
	refused(&u, "", "one without its magic number");
	fw_forget_events(h);
	hba_command(h->hba, HBA_CMD_UPDATE, 0x7ff00000, 0);
	ok(fw_await(h, HBA_EVT_BOOTSTRAP_CRASH, NULL),
	   "one that is not mapped is a crash of the bootstrap");
	h->bus_errors = 0;
	still_right(h, "hba-1.1.0", "whatever it was");
	fw_host_free(h);
}

/* Commands that come at a time when they make no sense are answered. */
static void commands_out_of_order(void)
{
	struct fw_host *h = boot("hba-2.0.0", 20);
	struct fw_update u = { .host = h };

	is(fw_quiesce(&u), CODESWAP_VERDICT_REFUSED, "quiesce without an update");
	is(fw_undo(&u), CODESWAP_VERDICT_REFUSED, "undo without an update");
	hba_command(h->hba, HBA_CMD_ABANDON, 0, 0);
	ok(fw_await(h, HBA_EVT_ABANDONED, NULL), "abandon without an update");
	hba_command(h->hba, HBA_CMD_RESUME, 0, 0);
	hba_command(h->hba, HBA_CMD_COMMIT, 0, 0);
	stage(&u, h, "hba-2.0.0", "hba-3.0.0");
	is(fw_reconcile(&u), CODESWAP_VERDICT_OK, "an update works all the same");
	is(fw_reconcile(&u), CODESWAP_VERDICT_REFUSED, "a second one meanwhile does not");
	ok(fw_quiesce(&u) == CODESWAP_VERDICT_OK && fw_overlay(&u) &&
	   fw_start_new(&u), "the first goes on");
	is(fw_reconcile(&u), CODESWAP_VERDICT_REFUSED, "an image on trial takes no update");
	ok(fw_prove(&u), "and is proved");
	fw_commit(&u);
	fw_release(&u);
	still_right(h, "hba-3.0.0", "in the end");
	fw_host_free(h);
}

static void every_way_to_stop(void)
{
	static const u32 when[] = { 0, 2000, 12000, 40000, 60000 };
	static const u32 after[] = { 0, 1, 1500, 10000, 77777 };
	u32 i;

	for (i = 0; i < 5; i++)
		cancel_in_reconcile(when[i]);
	undo(false);
	undo(true);
	for (i = 0; i < 5; i++)
		rollback(after[i]);
}

static void every_bad_image(void)
{
	bad_files();
	bad_refuses();
	bad_crashes();
	bad_hangs(false);
	bad_hangs(true);
	bad_starts("hba-2.0.0-bad-start-crash", HBA_EVT_CRASH);
	bad_starts("hba-2.0.0-bad-mute", HBA_EVT_STARTED);
}

static void all_tests(void)
{
	every_way_to_stop();
	every_bad_image();
	capabilities_are_not_overlooked();
	no_room_is_said();
	bad_handover_is_survived();
	commands_out_of_order();
	every_hart();
}

int main(int argc, char **argv)
{
	suite_begin(argc, argv);
	suite_with_harts(all_tests);
	suite_end();
	return tap_done();
}
