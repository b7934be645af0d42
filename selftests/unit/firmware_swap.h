/* SPDX-License-Identifier: GPL-2.0-only */
/* What the programs have in common that swap. */
#ifndef FIRMWARE_SWAP_H
#define FIRMWARE_SWAP_H

#include "../../kmod/sim/model/hba_private.h"
#include "firmware_suite.h"
#include "firmware_update.h"

__attribute__((unused))
static u32 format_of(const char *name)
{
	return fw_image_state(suite_image(name), "login-table")->emits;
}

/* Under load, on a medium that takes its time, with some initiators. */
__attribute__((unused))
static struct fw_host *boot(const char *name, u32 logins)
{
	struct fw_host *h = fw_host_new(firmware, suite_harts, HBA_RAM_DEFAULT, 4096);

	if (!fw_boot(h, suite_image(name)))
		tap_bail("%s does not boot", name);
	h->io_logins = 8;
	h->delay = 8;
	if (!fw_login_many(h, 0, logins))
		tap_bail("%s takes no logins", name);
	if (logins > 20)
		fw_logout(h, 17);
	fw_io_run(h, 200);
	return h;
}

__attribute__((unused))
static void stage(struct fw_update *u, struct fw_host *h, const char *old,
		  const char *new)
{
	u->waive = true;
	u->absent = NULL;
	fw_stage(u, h, suite_image(old), suite_image(new));
}

/* All that must hold whatever has become of an update. */
__attribute__((unused))
static void still_right(struct fw_host *h, const char *name, const char *what)
{
	u64 before = h->completed;
	bool served, exact;
	u32 wrong, busy;

	fw_busy_harts(h);
	served = fw_io_run(h, 300) && fw_io_drain(h);
	busy = fw_busy_harts(h);
	wrong = fw_wrong_logins(h, format_of(name));
	exact = h->dropped ? h->moved >= h->asked : h->moved == h->asked;
	ok(served && !h->failed && !h->corrupt && exact,
	   "  %s: %s serves, %llu requests verified", what, name,
	   (unsigned long long)h->completed);
	if (!served || h->failed || h->corrupt || !exact)
		printf("# %llu done, %llu failed, %llu corrupt, %llu dropped, %llu bytes of %llu\n",
		       (unsigned long long)(h->completed - before),
		       (unsigned long long)h->failed,
		       (unsigned long long)h->corrupt,
		       (unsigned long long)h->dropped,
		       (unsigned long long)h->moved,
		       (unsigned long long)h->asked);
	is(busy, h->config.harts, "  %s: all harts have a share in it", what);
	is(wrong, 0, "  %s: %u logins and their counters are right", what,
	   fw_live_logins(h));
	is(h->bus_errors, 0, "  %s: nothing was touched that is not mapped", what);
}

/* In staging memory: nothing of the old image is needed any more. */
__attribute__((unused))
static bool all_parked(struct fw_host *h)
{
	u32 i;

	for (i = 0; i < h->config.harts; i++)
		if (hba_hart_pc(h->hba, i) < HBA_IOVA_STAGING ||
		    hba_hart_pc(h->hba, i) >= HBA_WINDOW_END)
			return false;
	return true;
}

__attribute__((unused))
static u32 module_version(struct fw_host *h, u32 id)
{
	struct hba_module_info info;

	hba_module_info(h->hba, id, &info);
	return info.version;
}

__attribute__((unused))
static void item_is(const struct fw_update *u, u32 kind, const char *name,
		    u32 verdict, u64 count, bool any_count)
{
	const struct codeswap_ho_item *item = fw_item(u, kind, name);

	ok(item && item->verdict == verdict &&
	   (any_count || item->count == count),
	   "  item %u %s: %s -> %s, count %llu", kind, name,
	   item ? item->from : "missing", item ? item->to : "missing",
	   item ? (unsigned long long)item->count : 0ull);
}

#endif /* FIRMWARE_SWAP_H */
