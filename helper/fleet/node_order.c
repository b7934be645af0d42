// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What operators order a node to do: to go to the version that a manifest wants. By reboot:
 *
 *   leaving    out of service, if all other sets are in service
 *   loading    devices reset; they ask, and get the image
 *   starting   they run; the service comes up
 *
 * By a live swap the image is fetched first, and the devices go on; where that is not
 * possible, it is a reboot. It may have been fetched already: node_prepare.c. Orders count
 * from whoever has the highest epoch only.
 */
#include <stdlib.h>

#include "../feed.h"
#include "node.h"

/* From the order until it is given up. */
#define LIMIT_SECONDS	600

static void finish(struct node *n, const char *outcome, const char *error)
{
	struct node_order *o = &n->order;

	o->stage = ORDER_NONE;
	o->outcome = outcome;
	snprintf(o->error, sizeof(o->error), "%s", error);
	event_del(o->limit);
	/* Who has refused will be asked again. */
	if (strcmp(outcome, "refused"))
		node_prepare_end(n);
	log_line(*error ? LOG_WARNING : LOG_NOTICE, "order %llu is %s%s%s", o->number, outcome,
		 *error ? ": " : "", error);
	if (duty_counts(n->duty))
		node_tell(n, NULL);
}

/* ---- whether it counts ---------------------------------------------------------- */

static bool counts(struct node *n, const struct message *m, struct mrb_error *err)
{
	u64 before = settings_epoch(n->site->settings);

	if (settings_fence(n->site->settings, m->epoch, m->holder, err)) {
		log_line(LOG_WARNING, "order %llu is refused: %s", m->order, err->text);
		return false;
	}
	if (before != m->epoch)
		log_line(LOG_NOTICE, "orders are given by %s from now on, in epoch %llu",
			 m->holder, m->epoch);
	return true;
}

/* ---- carrying it out ------------------------------------------------------------- */

/* It runs what that manifest, or a later one, wants. */
bool node_is_desired(const struct node *n, const struct device *d, u64 sequence)
{
	const char *desired = settings_desired(n->site->settings, d->type);

	return settings_sequence(n->site->settings) >= sequence && desired &&
	       !strcmp(d->version, desired);
}

static bool is_desired(const struct node *n, const struct device *d)
{
	return node_is_desired(n, d, n->order.sequence);
}

/* One that is not what it is to be; or NULL. */
static const struct device *other_than_desired(const struct node *n)
{
	unsigned int i;

	for (i = 0; i < n->devices->num; i++)
		if (n->devices->list[i].state != DEVICE_GONE &&
		    !is_desired(n, &n->devices->list[i]))
			return &n->devices->list[i];
	return NULL;
}

static const struct device *failed(const struct node *n)
{
	unsigned int i;

	for (i = 0; i < n->devices->num; i++)
		if (n->devices->list[i].state != DEVICE_GONE &&
		    n->devices->list[i].has_failed)
			return &n->devices->list[i];
	return NULL;
}

static void forget_failures(const struct node *n)
{
	unsigned int i;

	for (i = 0; i < n->devices->num; i++)
		n->devices->list[i].has_failed = false;
}

static void reboot(struct node *n)
{
	n->order.stage = ORDER_LEAVING;
	forget_failures(n);
	duty_leave(n->duty, "update");
}

/* Out of service, because it was ordered, or because devices have gone down. */
void node_order_out(struct node *n)
{
	const struct message *all = &(struct message){ 0 };

	if (n->order.stage != ORDER_LEAVING)
		return;
	n->order.stage = ORDER_LOADING;
	devices_reset(n->devices, all, "an operator");
}

void node_order_stays(struct node *n, const char *why)
{
	if (n->order.stage == ORDER_LEAVING)
		finish(n, "refused", why);
}

/* The image has been offered, and taken or not. */
static void look_at_swap(struct node *n)
{
	const struct device *d = failed(n);
	unsigned int i;

	for (i = 0; i < n->devices->num; i++)
		if (n->devices->list[i].state == DEVICE_SWAPPING)
			return;
	if (d && !other_than_desired(n))
		d = NULL;
	if (d) {
		log_line(LOG_WARNING, "%s is not swapped live: %s; it is rebooted", d->name,
			 d->error);
		reboot(n);
	} else if (!other_than_desired(n)) {
		n->order.stage = ORDER_STARTING;
	}
}

static void look_at_load(struct node *n)
{
	const struct device *d = failed(n);
	char why[MESSAGE_TEXT_LEN];

	if (d && d->state == DEVICE_MINIMAL) {
		snprintf(why, sizeof(why), "%s: %.180s", d->name, d->error);
		finish(n, "failed", why);
		return;
	}
	if (!node_runs(n))
		return;
	d = other_than_desired(n);
	if (!d) {
		n->order.stage = ORDER_STARTING;
		return;
	}
	snprintf(why, sizeof(why), "%s runs %s, and manifest %llu has been ordered, which wants %s",
		 d->name, d->version, n->order.sequence,
		 settings_desired(n->site->settings, d->type) ?: "something not known here");
	finish(n, "failed", why);
}

/**
 * node_order_look() - something has changed: is the order carried out?
 * @n: node
 */
void node_order_look(struct node *n)
{
	/* At the very beginning there is nobody to give any. */
	if (!n->devices || n->giving)
		return;
	if (n->order.stage == ORDER_FETCHING)
		look_at_swap(n);
	if (n->order.stage == ORDER_LOADING)
		look_at_load(n);
	if (n->order.stage != ORDER_STARTING)
		return;
	if (duty_state(n->duty) == DUTY_IN)
		finish(n, "done", "");
	else if (duty_state(n->duty) == DUTY_SICK)
		finish(n, "failed", duty_problem(n->duty));
}

/* For a live swap that is ordered; the version is not known before the manifest. */
bool node_order_swaps(const struct node *n, const struct device *d)
{
	return n->order.stage == ORDER_FETCHING && d->state == DEVICE_RUNNING &&
	       !d->has_failed && !is_desired(n, d);
}

bool node_order_wants(const struct node *n, const struct device *d, u64 sequence,
		      const struct manifest_image *image)
{
	return node_order_swaps(n, d) && sequence >= n->order.sequence &&
	       manifest_image_is_for(image, d->type);
}

/* ---- orders ----------------------------------------------------------------------- */

static void on_limit(evutil_socket_t fd, short what, void *ctx)
{
	struct node *n = ctx;
	char why[80];

	(void)fd;
	(void)what;
	snprintf(why, sizeof(why), "it is not carried out within %d s", LIMIT_SECONDS);
	finish(n, "failed", why);
}

static void update(struct node *n, const struct message *m)
{
	const struct timeval limit = { .tv_sec = LIMIT_SECONDS };
	struct node_order *o = &n->order;

	log_line(LOG_NOTICE, "order %llu of %s: manifest %llu, %s", m->order, m->holder,
		 m->sequence, m->method);
	o->number = m->order;
	o->sequence = m->sequence;
	o->outcome = NULL;
	o->error[0] = '\0';
	forget_failures(n);
	event_add(o->limit, &limit);
	if (node_runs(n) && !other_than_desired(n)) {
		o->stage = ORDER_STARTING;
		node_order_look(n);
	} else if (node_runs(n) && !strcmp(m->method, "live")) {
		o->stage = ORDER_FETCHING;
		node_give_prepared(n);
		node_order_look(n);
		node_ask(n, NULL);
	} else {
		reboot(n);
	}
}

static void refuse(struct node *n, const struct message *m, const char *why)
{
	n->order.number = m->order;
	finish(n, "refused", why);
}

static void on_update(struct node *n, const struct message *m)
{
	struct mrb_error err;

	/* It is said until it is heard. */
	if (!message_is_for(m, tls_self(n->site->tls)->name) || m->order == n->order.number)
		return;
	if (n->order.stage != ORDER_NONE)
		log_line(LOG_WARNING, "order %llu is not taken: order %llu is carried out",
			 m->order, n->order.number);
	else if (!counts(n, m, &err))
		refuse(n, m, err.text);
	else
		update(n, m);
}

/* It is no order to change anything, and so has no outcome. */
static void on_prepare(struct node *n, const struct message *m)
{
	struct mrb_error err;

	if (message_is_for(m, tls_self(n->site->tls)->name) && counts(n, m, &err))
		node_prepare(n, m->sequence);
}

static void on_renew(struct node *n, const struct message *m)
{
	struct mrb_error err;

	if (counts(n, m, &err))
		node_prepare_renew(n);
}

/* What has not been begun is not begun. */
static void on_stop(struct node *n, const struct message *m)
{
	struct mrb_error err;
	char why[MESSAGE_NAME_LEN + 32];

	if (!counts(n, m, &err))
		return;
	node_prepare_end(n);
	if (n->order.stage == ORDER_NONE)
		return;
	snprintf(why, sizeof(why), "%s has stopped the update", m->holder);
	if (n->order.stage == ORDER_FETCHING) {
		fetcher_drop(n->fetcher);
		finish(n, "refused", why);
	} else {
		duty_stay(n->duty, why);
	}
}

/**
 * node_order() - an operator orders something, by way of a master
 * @n: node
 * @m: order
 */
void node_order(struct node *n, const struct message *m)
{
	if (!strcmp(m->word, "update"))
		on_update(n, m);
	else if (!strcmp(m->word, "prepare"))
		on_prepare(n, m);
	else if (!strcmp(m->word, "stop"))
		on_stop(n, m);
	else if (!strcmp(m->word, "renew"))
		on_renew(n, m);
	else
		log_line(LOG_WARNING, "order %llu is '%s', which nodes do not know", m->order,
			 m->word);
}

/* Returns 0, or the code in @err. */
int node_order_init(struct node *n, struct mrb_error *err)
{
	n->order.limit = event_new(n->site->base, -1, 0, on_limit, n);
	return n->order.limit ? 0 : mrb_refuse(err, -ENOMEM, "out of memory");
}

void node_order_free(struct node *n)
{
	if (n->order.limit)
		event_free(n->order.limit);
}
