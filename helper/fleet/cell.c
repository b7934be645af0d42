// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A cell, from power-on:
 *
 *   blank       devices have no boot block; it is fetched over the management interconnect
 *   booting     boot blocks test the devices; the high-speed interconnect is off
 *   rendezvous  it is on from here; the flash has been compared with the manifest
 *   errored     it lacks something: asked for, and fetched
 *   starting    devices get the firmware
 *   running
 *
 * A cell that runs goes back to the rendezvous to help others, or to be updated: out of
 * service, if that may be, and reset. So what others get comes from a cell that has just
 * compared what it has with what is desired.
 */
#include <stdlib.h>

#include "../feed.h"
#include "cell.h"

/* At the rendezvous for so long: others may have come there, too, and lack something. */
#define RENDEZVOUS_MS	300
#define LOOK_MS		1000

static const char *const state_names[CELL_STATES] = {
	[CELL_BLANK] = "blank: it has no boot block",
	[CELL_BOOTING] = "booting",
	[CELL_RENDEZVOUS] = "at the rendezvous",
	[CELL_ERRORED] = "errored",
	[CELL_WAITING] = "errored, and waits for an operator",
	[CELL_STARTING] = "starting its firmware",
	[CELL_RUNNING] = "running",
};

/* What is wrong, for operators. */
void cell_set_problem(struct cell *c, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vsnprintf(c->problem, sizeof(c->problem), fmt, args);
	va_end(args);
}

/* From now on it does that. */
void cell_enter(struct cell *c, enum cell_state state)
{
	if (c->state != state)
		log_line(LOG_NOTICE, "this cell is %s%s%s", state_names[state],
			 state == CELL_ERRORED && c->problem[0] ? ": " : "",
			 state == CELL_ERRORED ? c->problem : "");
	c->state = state;
	c->since = now_ms();
	cell_tell(c, NULL);
}

/**
 * cell_may_act() - may it ask, help, and be updated without an operator?
 * @c: cell
 *
 * By the flag in its settings; because an operator has approved it; by an order that is its
 * own; or because there is nothing in its flash that could be lost.
 */
bool cell_may_act(const struct cell *c)
{
	bool is_good = true;

	return settings_flag(c->site->settings, FLAG_AUTO, &is_good) || c->approved ||
	       c->order.on || c->empty;
}

/* ---- at the rendezvous ------------------------------------------------------- */

static void meet(struct cell *c)
{
	duty_end(c->duty);
	c->errand = ERRAND_NONE;
	cell_drop_files(c);
	master_store_look(c->master->store);
	link_enable(c->site->link, true);
	cell_enter(c, CELL_RENDEZVOUS);
	site_look_in(c->timer, 0);
}

static void explain_what_is_missing(struct cell *c)
{
	const struct manifest *m = master_store_manifest(c->master->store);
	unsigned int i = 0;

	while (m && i < m->num_images &&
	       master_store_has(c->master->store, &m->images[i]))
		i++;
	if (!m)
		cell_set_problem(c, CELL_NO_MANIFEST);
	else if (i < m->num_images)
		cell_set_problem(c, "%s of manifest %llu is missing, corrupt, or another version%s",
				 m->images[i].file, m->sequence,
				 c->state == CELL_ERRORED && !cell_is_offered(c) ?
				 "; no cell offers it: approve one that has it, or install it" :
				 "");
}

static bool is_whole(const struct cell *c)
{
	u64 sequence = master_sequence(c->master);

	return sequence && sequence != c->bad;
}

static void start(struct cell *c)
{
	c->started = master_sequence(c->master);
	cell_enter(c, CELL_STARTING);
	if (cell_give_firmware(c))
		return;
	if (!cell_failed_device(c))
		explain_what_is_missing(c);
	cell_enter(c, CELL_ERRORED);
	site_look_in(c->timer, 0);
}

static void look_at_rendezvous(struct cell *c)
{
	u64 end = c->since + RENDEZVOUS_MS;

	if (link_is_awaited(c->site->link))
		return;
	if (!is_whole(c)) {
		explain_what_is_missing(c);
		cell_enter(c, CELL_ERRORED);
		cell_look(c);
	} else if (cell_is_wanted(c)) {
		master_look(c->master);
		site_look_in(c->timer, LOOK_MS);
	} else if (cell_is_awaited(c)) {
		site_look_in(c->timer, RENDEZVOUS_MS);
	} else if (now_ms() < end) {
		site_look_in(c->timer, end - now_ms());
	} else if (cell_renew_boot_blocks(c)) {
		link_enable(c->site->link, false);
		cell_enter(c, CELL_BOOTING);
	} else {
		start(c);
	}
}

static void look_at_error(struct cell *c)
{
	if (is_whole(c)) {
		c->problem[0] = '\0';
		cell_enter(c, CELL_RENDEZVOUS);
		/* It has been there long enough. */
		c->since = 0;
		site_look_in(c->timer, 0);
	} else if (!cell_may_act(c)) {
		cell_enter(c, CELL_WAITING);
	} else if (!fetcher_busy(c->master->fetcher)) {
		explain_what_is_missing(c);
		master_request_files(c->master, NULL);
	}
}

/* ---- while it runs ------------------------------------------------------------ */

/**
 * cell_go() - out of service, and to the rendezvous
 * @c: cell that runs
 * @errand: what for
 */
void cell_go(struct cell *c, enum cell_errand errand)
{
	if (c->errand != ERRAND_NONE)
		return;
	c->errand = errand;
	log_line(LOG_NOTICE, "this cell goes to the rendezvous, to %s",
		 errand == ERRAND_HELP ? "repair others" : "be updated");
	duty_leave(c->duty, errand == ERRAND_UPDATE ? "update" :
		   c->approved ? "approved" : "repair");
}

/* All of its devices: they meet at the rendezvous. */
static void reset_devices(struct cell *c, const char *by)
{
	const struct message *all = &(struct message){ 0 };

	link_enable(c->site->link, false);
	cell_enter(c, CELL_BOOTING);
	devices_reset(c->devices, all, by);
}

/**
 * cell_reset() - an operator orders a reset, whoever counts on this cell
 * @c: cell; one that does not run is on its way from a reset anyway
 * @types: of devices that are meant; none for all
 * @by: who passes that on
 */
void cell_reset(struct cell *c, const struct message *types, const char *by)
{
	unsigned int i;

	if (c->state != CELL_RUNNING) {
		log_line(LOG_NOTICE, "a reset by order of %s changes nothing: this cell is %s", by,
			 state_names[c->state]);
		return;
	}
	for (i = 0; i < c->devices->num; i++)
		if (message_is_for_type(types, c->devices->list[i].type))
			break;
	if (i == c->devices->num)
		return;
	duty_end(c->duty);
	reset_devices(c, by);
}

static void on_out(void *ctx)
{
	struct cell *c = ctx;

	if (c->errand == ERRAND_NONE)
		return;
	reset_devices(c, NULL);
}

static void on_stays(const char *why, void *ctx)
{
	struct cell *c = ctx;

	log_line(LOG_NOTICE, "this cell stays in service: %s", why);
	cell_set_problem(c, "it cannot go out of service: %.200s", why);
	c->stays = true;
	c->errand = ERRAND_NONE;
	cell_order_end(c, "refused");
	site_look_in(c->timer, LOOK_MS);
}

static void on_duty(void *ctx)
{
	struct cell *c = ctx;

	cell_tell(c, NULL);
	cell_order_look(c);
}

static const struct duty_ops duty_ops = {
	.changed = on_duty,
	.out = on_out,
	.stays = on_stays,
};

/* Nobody needs any longer that it goes. */
static void forget_why_it_stays(struct cell *c)
{
	c->stays = false;
	c->problem[0] = '\0';
	cell_tell(c, NULL);
}

static void look_at_firmware(struct cell *c)
{
	const struct manifest *m = master_store_manifest(c->master->store);

	if (!m || m->sequence == c->started) {
		if (c->stays && c->errand == ERRAND_NONE && !cell_is_wanted(c))
			forget_why_it_stays(c);
		return;
	}
	/* What is new may be the boot block alone. */
	if (!cell_has_another_firmware(c) && master_sequence(c->master)) {
		c->started = m->sequence;
		return;
	}
	if (cell_may_act(c))
		cell_go(c, ERRAND_UPDATE);
	else
		cell_set_problem(c, "manifest %llu is here; an operator has to approve it",
				 m->sequence);
}

/* ---- devices ------------------------------------------------------------------- */

static void run(struct cell *c)
{
	c->approved = false;
	c->empty = false;
	c->stays = false;
	c->problem[0] = '\0';
	cell_drop_files(c);
	cell_enter(c, CELL_RUNNING);
	duty_begin(c->duty);
}

static void fail(struct cell *c, const struct device *d)
{
	c->bad = c->started;
	cell_set_problem(c, "%s does not run the firmware: %.180s", d->name, d->error);
	cell_enter(c, CELL_ERRORED);
	cell_order_end(c, "failed");
}

static bool is_blank(const struct cell *c)
{
	unsigned int i;

	for (i = 0; i < c->devices->num; i++)
		if (c->devices->list[i].state == DEVICE_BLANK)
			return true;
	return false;
}

static void look_at_devices(struct cell *c)
{
	const struct device *failed = cell_failed_device(c);

	if (is_blank(c)) {
		duty_end(c->duty);
		if (c->state != CELL_BLANK)
			cell_enter(c, CELL_BLANK);
		site_look_in(c->timer, 0);
	} else if (cell_devices_are(c, DEVICE_RUNNING)) {
		if (c->state == CELL_STARTING)
			run(c);
	} else if (c->state == CELL_STARTING && failed) {
		fail(c, failed);
	} else if (cell_devices_are(c, DEVICE_MINIMAL) &&
		   (c->state <= CELL_BOOTING || c->state == CELL_RUNNING)) {
		meet(c);
	} else if (c->state == CELL_RUNNING) {
		duty_end(c->duty);
	}
}

static void changed(struct device *d, void *ctx)
{
	struct cell *c = ctx;

	(void)d;
	/* At the very beginning there are none. */
	if (c->devices)
		look_at_devices(c);
}

/**
 * cell_look() - something has changed, or time has passed
 * @c: cell
 */
void cell_look(struct cell *c)
{
	switch (c->state) {
	case CELL_BLANK:
		if (cell_give_boot_blocks(c)) {
			c->problem[0] = '\0';
			cell_enter(c, CELL_BOOTING);
		} else if (cell_may_act(c) && !fetcher_busy(c->master->fetcher)) {
			master_request_files(c->master, NULL);
		}
		break;
	case CELL_RENDEZVOUS:
		look_at_rendezvous(c);
		break;
	case CELL_WAITING:
		if (cell_may_act(c))
			cell_enter(c, CELL_ERRORED);
		else
			break;
		__attribute__((fallthrough));
	case CELL_ERRORED:
		look_at_error(c);
		break;
	case CELL_RUNNING:
		look_at_firmware(c);
		break;
	default:
		break;
	}
	cell_order_look(c);
}

static void on_timer(evutil_socket_t fd, short what, void *ctx)
{
	(void)fd;
	(void)what;
	cell_look(ctx);
}

static void on_link(void *ctx)
{
	cell_look(ctx);
}

static void check_flags(const struct cell *c)
{
	static const char *const flags[] = { FLAG_AUTO, FLAG_NO_ACK };
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(flags); i++) {
		bool is_good = true;

		settings_flag(c->site->settings, flags[i], &is_good);
		if (!is_good)
			log_line(LOG_WARNING,
				 "settings.json: %s is neither true nor false, and counts as off; switch it on or off again",
				 flags[i]);
	}
}

/**
 * cell_new() - begin to be a cell
 * @s: site, whose master is there already
 * @err: set on failure
 *
 * Return: to be freed with cell_free(), or %NULL.
 */
struct cell *cell_new(struct site *s, struct mrb_error *err)
{
	struct cell *c = calloc(1, sizeof(*c));

	if (!c) {
		mrb_refuse(err, -ENOMEM, "out of memory");
		return NULL;
	}
	c->site = s;
	c->master = s->master;
	c->state = CELL_BOOTING;
	c->empty = !master_store_manifest(c->master->store);
	c->timer = event_new(s->base, -1, 0, on_timer, c);
	s->own_boot = s->options->models;
	s->cell = c;
	check_flags(c);
	s->link = link_open(s, on_link, c, err);
	if (s->link)
		link_enable(s->link, false);
	c->duty = s->link ? duty_new(s, c->master->peers, &duty_ops, c, err) : NULL;
	c->devices = c->duty && c->timer ? devices_open(s, changed, c, err) : NULL;
	if (c->devices)
		return c;
	cell_free(c);
	return NULL;
}

void cell_free(struct cell *c)
{
	if (!c)
		return;
	c->site->cell = NULL;
	duty_free(c->duty);
	devices_close(c->devices);
	cell_drop_files(c);
	link_close(c->site->link);
	c->site->link = NULL;
	if (c->timer)
		event_free(c->timer);
	free(c);
}
