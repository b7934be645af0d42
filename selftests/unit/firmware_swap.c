// SPDX-License-Identifier: GPL-2.0-only
/*
 * Live swaps of the sample firmware that succeed: every pair of versions, what
 * is reported, what changes meanwhile.
 * Usage: firmware_swap [DIRECTORY], by default $B/firmware.
 */
#include "firmware_swap.h"

static const char *const versions[] = {
	"hba-1.0.0", "hba-1.1.0", "hba-2.0.0", "hba-3.0.0",
};

#define NUM_VERSIONS	(sizeof(versions) / sizeof(versions[0]))

static bool allowed(const char *old, const char *new)
{
	const struct mrb_state *s = fw_image_state(suite_image(new),
						   "login-table");

	return format_of(old) >= s->accepts_min &&
	       format_of(old) <= s->accepts_max;
}

static void modules_are_as_asked(struct fw_host *h, const char *name)
{
	const struct fw_image *image = suite_image(name);
	bool good = true;
	unsigned int i;

	for (i = 0; i < image->num_segments; i++) {
		const struct mrb_segment *s = &image->segments[i];
		u32 id = strcmp(s->target, "pla") ? HBA_MODULE_FLASH :
			 HBA_MODULE_PLA;

		if (s->kind == MRB_SEG_MODULE)
			good &= module_version(h, id) ==
				((u32)s->target_version.major << 16 |
				 s->target_version.minor);
	}
	ok(good, "  modules have the versions that %s brings", name);
}

static void swap_of_pair(const char *old, const char *new)
{
	struct fw_host *h = boot(old, 40);
	struct fw_update u = { .host = NULL };

	stage(&u, h, old, new);
	if (allowed(old, new)) {
		ok(fw_swap(&u), "%s to %s", old, new);
		modules_are_as_asked(h, new);
		is(h->dropped, 0, "  no completion was told twice");
	} else {
		is(fw_reconcile(&u), CODESWAP_VERDICT_REFUSED,
		   "%s to %s is refused", old, new);
		ok(u.ho->reason[0], "  %s", u.ho->reason);
	}
	fw_release(&u);
	still_right(h, allowed(old, new) ? new : old, "afterwards");
	is(h->crashes, 0, "  no crash");
	fw_host_free(h);
}

static void every_item_is_reported(void)
{
	struct fw_host *h = boot("hba-1.1.0", 40);
	struct fw_update u = { .host = NULL };
	const struct codeswap_ho_item *cleared;

	stage(&u, h, "hba-1.1.0", "hba-3.0.0");
	ok(fw_swap(&u), "several ahead in one step, 1.1.0 to 3.0.0");
	is(u.ho->progress, 100, "  progress is complete");
	item_is(&u, CODESWAP_ITEM_VERSION, "version", CODESWAP_ITEM_COMPATIBLE, 0, false);
	item_is(&u, CODESWAP_ITEM_SIZE, "memory", CODESWAP_ITEM_RECONCILED, 0, false);
	item_is(&u, CODESWAP_ITEM_LOAD_ADDRESS, "load-address", CODESWAP_ITEM_COMPATIBLE, 0, false);
	item_is(&u, CODESWAP_ITEM_CAPABILITY, "login-priority", CODESWAP_ITEM_COMPATIBLE, 0, false);
	item_is(&u, CODESWAP_ITEM_CAPABILITY, "guard", CODESWAP_ITEM_COMPATIBLE, 0, false);
	item_is(&u, CODESWAP_ITEM_STATE_FORMAT, "login-table", CODESWAP_ITEM_RECONCILED, 0, false);
	item_is(&u, CODESWAP_ITEM_CONVERT, "login-table", CODESWAP_ITEM_RECONCILED,
		fw_live_logins(h), false);
	item_is(&u, CODESWAP_ITEM_CARRY, "login-counters", CODESWAP_ITEM_COMPATIBLE, 4096, false);
	item_is(&u, CODESWAP_ITEM_CARRY, "heartbeats", CODESWAP_ITEM_RECONCILED, 1, false);
	item_is(&u, CODESWAP_ITEM_INIT, "priority-stats", CODESWAP_ITEM_RECONCILED, 8, false);
	item_is(&u, CODESWAP_ITEM_INIT_ORDER, "link", CODESWAP_ITEM_RECONCILED, 0, false);
	item_is(&u, CODESWAP_ITEM_PROTOCOL, "login", CODESWAP_ITEM_COMPATIBLE, 0, false);
	item_is(&u, CODESWAP_ITEM_MODULE, "flash", CODESWAP_ITEM_RECONCILED, 4096, false);
	item_is(&u, CODESWAP_ITEM_MODULE, "pla", CODESWAP_ITEM_RECONCILED, 8192, false);
	item_is(&u, CODESWAP_ITEM_SYNC, "login-table", CODESWAP_ITEM_RECONCILED, 0, false);
	item_is(&u, CODESWAP_ITEM_REGISTER, "link", CODESWAP_ITEM_RECONCILED, 1, false);
	item_is(&u, CODESWAP_ITEM_CLEAR, "read-cache", CODESWAP_ITEM_RECONCILED, 0, true);
	cleared = fw_item(&u, CODESWAP_ITEM_CLEAR, "read-cache");
	ok(cleared && cleared->count, "  the read cache held something");
	is(h->hba->mailbox.link_ctrl, 0x120, "  the link has its new settings");
	fw_release(&u);
	fw_host_free(h);
}

/* Logins and logouts while the bootstrap converts, some in ready. */
static void logins_change_meanwhile(const char *old, const char *new,
				    u32 in_ready)
{
	struct fw_host *h = boot(old, 600);
	struct fw_update u = { .host = NULL };
	const struct codeswap_ho_item *item;
	u32 i, verdict = FW_NO_VERDICT, changes = 0;

	h->load = false;
	stage(&u, h, old, new);
	fw_update_interrupt(&u);
	for (i = 0; !fw_seen(h, HBA_EVT_RECONCILED) && i < 1000; i++) {
		u32 login = i % 2 ? 30 + i * 7 % 500 : 700 + i;

		fw_pump(h, 300);
		if (!fw_admin_free(h, login))
			continue;
		fw_admin_post(h, h->login[login].live ? HBA_OP_LOGOUT :
			      HBA_OP_LOGIN, login);
		changes++;
	}
	verdict = fw_verdict(&u);
	is(verdict, CODESWAP_VERDICT_OK, "%s to %s, %u changes while it converts",
	   old, new, changes);
	for (i = 0; i < in_ready; i++)
		if (h->login[100 + i % 8].live)
			fw_logout(h, 100 + i % 8);
		else
			fw_login(h, 100 + i % 8);
	ok(fw_quiesce(&u) == CODESWAP_VERDICT_OK && fw_overlay(&u) &&
	   fw_start_new(&u) && fw_prove(&u), "  and %u in ready", in_ready);
	item = fw_item(&u, CODESWAP_ITEM_SYNC, "login-table");
	ok(changes > 200 && item && item->count > 100,
	   "  %llu entries were taken over in the blackout",
	   item ? (unsigned long long)item->count : 0ull);
	fw_commit(&u);
	fw_release(&u);
	still_right(h, new, "with the changes");
	fw_host_free(h);
}

static void logins_wait_while_proving(bool back)
{
	struct fw_host *h = boot("hba-1.1.0", 40);
	struct fw_update u = { .host = NULL };
	u32 tag;

	stage(&u, h, "hba-1.1.0", "hba-2.0.0");
	fw_reconcile(&u);
	fw_quiesce(&u);
	tag = fw_admin_post(h, HBA_OP_LOGIN, 50);
	ok(fw_overlay(&u) && fw_start_new(&u) && fw_prove(&u),
	   "a login comes in the blackout");
	ok(fw_io_run(h, 300), "  the image on trial serves I/O");
	ok(h->admin[tag].busy, "  but leaves the login where it is");
	if (back)
		ok(fw_rollback(&u), "  rolled back");
	else
		fw_commit(&u);
	ok(fw_admin_wait(h, tag) && h->admin[tag].status == HBA_ST_GOOD,
	   "  it is served %s", back ? "by the old image" : "after the commit");
	fw_release(&u);
	still_right(h, back ? "hba-1.1.0" : "hba-2.0.0", "then");
	fw_host_free(h);
}

static void quiesce_waits_for_the_medium(void)
{
	struct fw_host *h = boot("hba-1.0.0", 8);
	struct fw_update u = { .host = NULL };

	h->delay = 40;
	fw_io_run(h, 100);
	stage(&u, h, "hba-1.0.0", "hba-1.1.0");
	fw_reconcile(&u);
	ok(h->num_later, "a slow medium: %u operations wait", h->num_later);
	hba_command(h->hba, HBA_CMD_QUIESCE, 0, 0);
	fw_forget_events(h);
	h->load = false;
	hba_run(h->hba, 100000, NULL);
	ok(h->num_later && !fw_seen(h, HBA_EVT_QUIESCED),
	   "  the device is not quiesced before they are done");
	ok(fw_await(h, HBA_EVT_QUIESCED, NULL), "  but then");
	is(h->num_later, 0, "  nothing is in flight");
	ok(fw_overlay(&u) && fw_start_new(&u) && fw_prove(&u), "  swapped");
	fw_commit(&u);
	fw_release(&u);
	still_right(h, "hba-1.1.0", "then");
	fw_host_free(h);
}

static u32 heartbeat(struct fw_host *h)
{
	struct hba_event e = { 0 };

	hba_command(h->hba, HBA_CMD_PING, 0, 0);
	fw_await(h, HBA_EVT_HEARTBEAT, &e);
	return e.arg[0];
}

static void data_is_carried_over(void)
{
	struct fw_host *h = boot("hba-1.0.0", 8);
	struct fw_update u = { .host = NULL };
	u32 before;

	heartbeat(h);
	before = heartbeat(h);
	stage(&u, h, "hba-1.0.0", "hba-2.0.0");
	fw_swap(&u);		/* with three pings */
	is(heartbeat(h), before + 4, "heartbeats are counted on by the new image");
	fw_release(&u);
	fw_host_free(h);
}

/*
 * A host that answers each interrupt with new requests: the ring never runs
 * empty, and the bootstrap must get its share of the processor all the same.
 */
static u64 reconcile_under(bool greedy, u64 *served)
{
	struct fw_host *h = boot("hba-1.1.0", 600);
	struct fw_update u = { .host = NULL };
	u64 instructions;

	h->delay = 0;
	h->load = greedy;
	h->greedy = greedy;
	fw_io_drain(h);
	h->load = greedy;
	stage(&u, h, "hba-1.1.0", "hba-2.0.0");
	instructions = h->instructions;
	*served = h->completed;
	is(fw_reconcile(&u), CODESWAP_VERDICT_OK, "reconciled %s",
	   greedy ? "under a flood of requests" : "without I/O");
	instructions = h->instructions - instructions;
	*served = h->completed - *served;
	fw_undo(&u);
	fw_release(&u);
	fw_host_free(h);
	return instructions;
}

static void flood_does_not_starve_the_thread(void)
{
	u64 none, served;
	u64 alone = reconcile_under(false, &none);
	u64 flooded = reconcile_under(true, &served);

	/* Instructions of all harts, while one works at it. */
	ok(flooded < 6 * suite_harts * alone && served > 100,
	   "  it takes %llu instructions with %llu requests beside it, %llu alone",
	   (unsigned long long)flooded, (unsigned long long)served,
	   (unsigned long long)alone);
}

/* Back and forth, with initiators that come and go, all under load. */
static void back_and_forth(u32 swaps, u32 chop)
{
	static const char *const way[] = { "hba-1.1.0", "hba-3.0.0" };
	struct fw_host *h = boot(way[0], 200);
	struct fw_update u = { .host = NULL };
	u32 i, k, done = 0;

	h->chop = chop;
	for (i = 0; i < swaps; i++) {
		stage(&u, h, way[i % 2], way[(i + 1) % 2]);
		h->load = true;
		done += fw_swap(&u);
		fw_release(&u);
		for (k = 0; k < 10; k++) {
			u32 login = 20 + fw_random(h, 300);

			if (h->login[login].live)
				fw_logout(h, login);
			else
				fw_login(h, login);
		}
	}
	is(done, swaps, "%u swaps between 1.1.0 and 3.0.0, %s turns", swaps,
	   chop ? "short" : "long");
	still_right(h, way[swaps % 2], "after them");
	is(h->dropped + h->crashes, 0, "  no crash, no completion twice");
	fw_host_free(h);
}

/* The largest table there is, in the memory that an adapter has by default. */
static void largest_table_fits(void)
{
	static const char *const way[] = { "hba-1.1.0", "hba-3.0.0" };
	struct fw_host *h = fw_host_new(firmware, suite_harts, HBA_RAM_DEFAULT, 65536);
	struct fw_update u = { .host = NULL };
	u32 i, logins, capacity, done = 0;

	fw_boot(h, suite_image(way[0]));
	h->io_logins = 1;
	fw_login_many(h, 0, 4);
	for (i = 0; i < 6; i++) {
		stage(&u, h, way[i % 2], way[(i + 1) % 2]);
		done += fw_swap(&u);
		if (u.ho->reason[0])
			printf("# %s\n", u.ho->reason);
		fw_release(&u);
	}
	is(done, 6, "6 swaps with a table of 65536 logins in 4 MiB");
	fw_login_count(h, &logins, &capacity);
	is(capacity, 65536, "  it has kept its size");
	still_right(h, way[0], "after them");
	fw_host_free(h);
}

/* Instructions of all harts, with nothing in flight and @changes in ready. */
static u64 blackout_instructions(const char *old, const char *new, u32 logins,
				 u32 changes)
{
	struct fw_host *h = boot(old, logins);
	struct fw_update u = { .host = NULL };
	u64 quiesce, start;
	u32 i;

	h->load = false;
	fw_io_drain(h);
	stage(&u, h, old, new);
	if (fw_reconcile(&u) != CODESWAP_VERDICT_OK)
		tap_bail("%s to %s: %s", old, new, u.ho->reason);
	for (i = 0; i < changes; i++)
		fw_logout(h, 20 + i);
	quiesce = h->instructions;
	fw_quiesce(&u);
	quiesce = h->instructions - quiesce;
	fw_overlay(&u);
	start = h->instructions;
	fw_start_new(&u);
	start = h->instructions - start;
	printf("# %s to %s, %u logins, %u changes: %llu instructions to quiesce, %llu to start\n",
	       old, new, logins, changes, (unsigned long long)quiesce,
	       (unsigned long long)start);
	fw_prove(&u);
	fw_commit(&u);
	fw_release(&u);
	fw_host_free(h);
	return quiesce + start;
}

static void blackout_costs_what_changed(const char *old, const char *new)
{
	u64 few = blackout_instructions(old, new, 100, 0);
	u64 many = blackout_instructions(old, new, 4000, 0);
	u64 changed = blackout_instructions(old, new, 4000, 64);

	ok(many < few + few / 20, "%s to %s: 40 times the logins cost the blackout nothing",
	   old, new);
	ok(changed < many + 64 * 200, "  and 64 that changed no more than 200 each");
}

static void every_pair(void)
{
	u32 i, j;

	for (i = 0; i < NUM_VERSIONS; i++)
		for (j = 0; j < NUM_VERSIONS; j++)
			swap_of_pair(versions[i], versions[j]);
}

static void all_tests(void)
{
	every_pair();
	every_item_is_reported();
	logins_change_meanwhile("hba-1.1.0", "hba-2.0.0", 20);
	logins_change_meanwhile("hba-1.1.0", "hba-2.0.0", 1200);
	logins_change_meanwhile("hba-3.0.0", "hba-1.1.0", 20);
	logins_wait_while_proving(false);
	logins_wait_while_proving(true);
	quiesce_waits_for_the_medium();
	data_is_carried_over();
	flood_does_not_starve_the_thread();
	largest_table_fits();
	blackout_costs_what_changed("hba-1.1.0", "hba-2.0.0");
	blackout_costs_what_changed("hba-1.0.0", "hba-1.1.0");
	back_and_forth(60 / suite_harts, 0);
	back_and_forth(2, 40);
}

int main(int argc, char **argv)
{
	suite_begin(argc, argv);
	suite_with_harts(all_tests);
	suite_end();
	return tap_done();
}
