/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Cells: machines that repair each other, without any that is more than the others. A cell
 * is a master whose store is its flash, and whose device runs what is in there. What its
 * parts share. Documentation/cells.rst tells how it works.
 */
#ifndef FLEET_CELL_H
#define FLEET_CELL_H

#include "cell_choice.h"
#include "device.h"
#include "duty.h"
#include "master.h"

/* Module type of a boot block: that of the device, and this. */
#define BOOT_SUFFIX	".boot"

#define FLAG_AUTO	"auto-update"
#define FLAG_NO_ACK	"no-acknowledge"

#define CELL_NO_MANIFEST \
	"there is no manifest that counts; install one, or approve a cell that has one"

/* What a cell does. */
enum cell_state {
	CELL_BLANK,		/* there is no boot block */
	CELL_BOOTING,		/* the boot block tests the device */
	CELL_RENDEZVOUS,	/* the firmware is what it is to be; others may need it */
	CELL_ERRORED,		/* it is not, and others are asked for it */
	CELL_WAITING,		/* the same, and an operator has to approve first */
	CELL_STARTING,		/* the device gets the firmware */
	CELL_RUNNING,
	CELL_STATES,
};

/* Why a cell that runs goes to the rendezvous. */
enum cell_errand {
	ERRAND_NONE,
	ERRAND_HELP,		/* others need its firmware */
	ERRAND_UPDATE,		/* it needs another one */
};

/**
 * struct cell_order - the last order of an operator
 * @number: of it, 0 for none
 * @sequence: of the manifest that it is about
 * @on: it is being carried out
 * @outcome: "done", "refused", "failed", or empty
 */
struct cell_order {
	u64 number;
	u64 sequence;
	bool on;
	const char *outcome;
};

/**
 * struct cell - this machine as a cell
 * @site: its site
 * @master: its other half, which has the flash and gives to others
 * @devices: that run what is in the flash
 * @files: what is being given to each of them
 * @boots: digest of the boot block that each has been given
 * @duty: what others count on it for
 * @state: see above
 * @since: it is in @state, ms
 * @errand: why it goes to the rendezvous, or is on its way there
 * @timer: to look again
 * @started: number of the manifest whose firmware has been started, 0 for none
 * @bad: number of the manifest whose firmware does not run here, 0 for none
 * @empty: its flash has had no manifest that counts, so that there is nothing to lose,
 *	until it runs
 * @approved: by an operator, until it runs
 * @installed: an operator has put something here for all to have
 * @ordered: whoever has the right to give orders is there until then, ms
 * @order: of an operator
 * @pushed: when others were last told that they should have something else, ms
 * @pushed_set: of those that were told; another one's turn comes next
 * @stays: what is wrong is that it should go out of service, and may not
 * @problem: what is wrong, or an empty text
 */
struct cell {
	struct site *site;
	struct master *master;
	struct devices *devices;
	struct chunks *files[SITE_MAX_DEVICES];
	u8 boots[SITE_MAX_DEVICES][MRB_DIGEST_LEN];
	struct duty *duty;
	enum cell_state state;
	u64 since;
	enum cell_errand errand;
	struct event *timer;
	u64 started;
	u64 bad;
	bool empty;
	bool approved;
	bool installed;
	u64 ordered;
	struct cell_order order;
	u64 pushed;
	char pushed_set[MESSAGE_SET_LEN];
	bool stays;
	char problem[MESSAGE_TEXT_LEN];
};

/* cell.c: from power-on to service, and back to the rendezvous */
struct cell *cell_new(struct site *s, struct mrb_error *err);
void cell_free(struct cell *c);
void cell_look(struct cell *c);
void cell_enter(struct cell *c, enum cell_state state);
void cell_reset(struct cell *c, const struct message *types, const char *by);
void cell_go(struct cell *c, enum cell_errand errand);
bool cell_may_act(const struct cell *c);
__printf(2, 3) void cell_set_problem(struct cell *c, const char *fmt, ...);

/* cell_devices.c: boot blocks and firmware, from the flash into devices */
bool cell_image_is_boot(const struct manifest_image *image);
bool cell_give_boot_blocks(struct cell *c);
bool cell_renew_boot_blocks(struct cell *c);
bool cell_give_firmware(struct cell *c);
void cell_drop_files(struct cell *c);
bool cell_has_another_firmware(const struct cell *c);
bool cell_devices_are(const struct cell *c, enum device_state state);
const struct device *cell_failed_device(const struct cell *c);

/* cell_peers.c: what cells have to do with one another */
bool cell_serves(const struct cell *c);
bool cell_offers(const struct cell *c);
bool cell_may_send(struct cell *c, const struct manifest_image *image);
bool cell_may_fetch(const struct cell *c, const struct manifest_image *image);
bool cell_may_ask(const struct cell *c);
bool cell_is_offered(const struct cell *c);
bool cell_is_wanted(const struct cell *c);
bool cell_is_awaited(const struct cell *c);
bool cell_tells(const struct cell *c, const struct session *s);
void cell_heard(struct cell *c, struct session *s, const struct message *status);
void cell_peer_says(struct cell *c, struct peer *p, const struct message *m);
void cell_tick(struct cell *c);

/* cell_report.c: how it is */
void cell_tell(const struct cell *c, struct peer *p);
struct message *cell_report(const struct cell *c, const char *nonce);

/* cell_order.c: what operators order */
void cell_order(struct cell *c, const struct message *m);
void cell_order_look(struct cell *c);
void cell_order_end(struct cell *c, const char *outcome);

#endif /* FLEET_CELL_H */
