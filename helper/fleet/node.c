// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A node: its devices ask for images, it asks the masters, and gives the devices
 * what comes. A node whose devices run joins nothing.
 */
#include <stdlib.h>

#include "../feed.h"
#include "node.h"

/* Masters forget, and get lost: what is wanted is said again. */
#define ASK_SECONDS	5

/* ---- asking ---------------------------------------------------------------- */

static void add_type(struct message *m, const char *type)
{
	unsigned int i;

	for (i = 0; i < m->num_types; i++)
		if (!strcmp(m->types[i], type))
			return;
	snprintf(m->types[m->num_types++], MRB_TYPE_LEN, "%s", type);
}

/* Returns whether anything is wanted. Without a type any image will do. */
static bool list_types(const struct node *n, struct message *m)
{
	bool any = false, wanted = false;
	unsigned int i;

	for (i = 0; i < n->devices->num; i++) {
		const struct device *d = &n->devices->list[i];

		if (d->state != DEVICE_MINIMAL && !node_order_swaps(n, d) &&
		    !node_prepares(n, d))
			continue;
		wanted = true;
		if (d->type[0])
			add_type(m, d->type);
		else
			any = true;
	}
	if (any)
		m->num_types = 0;
	return wanted;
}

/* To one master, or to all. */
void node_ask(const struct node *n, struct peer *p)
{
	struct message *m = calloc(1, sizeof(*m));

	if (!m)
		return;
	site_say(n->site, m, MESSAGE_REQUEST);
	if (list_types(n, m)) {
		if (p)
			peer_send(p, m);
		else
			peers_send(n->peers, m);
	}
	free(m);
}

static void say_hello(const struct node *n)
{
	struct message *m = calloc(1, sizeof(*m));

	if (!m)
		return;
	site_say(n->site, m, MESSAGE_HELLO);
	snprintf(m->role, sizeof(m->role), "node");
	discovery_say(n->site->discovery, m);
	free(m);
}

static void ask_again(evutil_socket_t fd, short what, void *ctx)
{
	const struct node *n = ctx;

	(void)fd;
	(void)what;
	if (!peers_next(n->peers, NULL))
		say_hello(n);
	else if (!fetcher_busy(n->fetcher))
		node_ask(n, NULL);
}

/* ---- images ---------------------------------------------------------------- */

static bool wants(const struct manifest *m, const struct manifest_image *image,
		  void *ctx)
{
	const struct node *n = ctx;
	unsigned int i;

	for (i = 0; i < n->devices->num; i++)
		if (device_wants(&n->devices->list[i], image) ||
		    node_order_wants(n, &n->devices->list[i], m->sequence, image))
			return true;
	return node_prepares_image(n, m, image);
}

/* All devices, and with a version that they have said. */
bool node_runs(const struct node *n)
{
	unsigned int i, num = 0;

	for (i = 0; i < n->devices->num; i++) {
		const struct device *d = &n->devices->list[i];

		if (d->state == DEVICE_GONE)
			continue;
		num++;
		if ((d->state != DEVICE_RUNNING && d->state != DEVICE_SWAPPING) ||
		    !d->version[0])
			return false;
	}
	return num;
}

/* Devices have come up, or gone down. */
static void look_at_duty(struct node *n)
{
	if (node_runs(n))
		duty_begin(n->duty);
	else
		duty_end(n->duty);
	node_order_look(n);
	if (duty_counts(n->duty))
		node_tell(n, NULL);
}

/* The image has been given to all that wanted it, and they have said how it went. */
static void look_at_loads(struct node *n, const char *error)
{
	unsigned int i;

	for (i = 0; i < n->devices->num; i++)
		if (n->devices->list[i].state == DEVICE_LOADING ||
		    n->devices->list[i].state == DEVICE_SWAPPING)
			return;
	fetcher_ready(n->fetcher, error);
	fetcher_drop(n->fetcher);
	node_ask(n, NULL);
}

/* One that does not take it by a live swap may take it after a reset. */
static void give_one(struct node *n, struct device *d, const struct manifest_image *image,
		     u64 sequence, int fd, struct mrb_error *err)
{
	struct mrb_error why;

	if (device_wants(d, image) && device_load(n->devices, d, image, fd, err))
		log_line(LOG_WARNING, "%s does not take %s: %s", d->name, image->file,
			 err->text);
	if (node_order_wants(n, d, sequence, image))
		device_swap(n->devices, d, image, fd, &why);
}

/**
 * node_give() - an image to all devices that want it now
 * @n: node
 * @image: what is in the file
 * @sequence: of its manifest
 * @fd: file
 * @err: set if one that loads does not take it
 */
void node_give(struct node *n, const struct manifest_image *image, u64 sequence, int fd,
	       struct mrb_error *err)
{
	unsigned int i;

	n->giving = true;
	for (i = 0; i < n->devices->num; i++)
		give_one(n, &n->devices->list[i], image, sequence, fd, err);
	n->giving = false;
}

static void taken(const struct manifest *m, const struct manifest_image *image,
		  struct chunks *c, void *ctx)
{
	struct mrb_error err = { 0 };
	struct node *n = ctx;

	if (node_prepares_image(n, m, image))
		node_prepare_keep(n, m, image, c);
	node_give(n, image, m->sequence, chunks_fd(c), &err);
	look_at_loads(n, err.code ? err.text : "");
	look_at_duty(n);
}

/* What is here, and then what is not. */
static void feed(struct node *n)
{
	node_give_prepared(n);
	node_ask(n, NULL);
}

static void changed(struct device *d, void *ctx)
{
	struct node *n = ctx;

	/* At the very beginning there is nobody to ask. */
	if (!n->devices || n->giving)
		return;
	if (fetcher_progress(n->fetcher) == 100)
		look_at_loads(n, d->state == DEVICE_RUNNING ? "" : d->error);
	else if (d->state == DEVICE_MINIMAL && !fetcher_busy(n->fetcher))
		feed(n);
	look_at_duty(n);
}

static const char *refuses(const struct manifest_image *image, void *ctx)
{
	const struct node *n = ctx;
	unsigned int i;

	for (i = 0; i < n->devices->num; i++)
		if (device_has_failed(&n->devices->list[i], image))
			return "it has failed here before";
	return NULL;
}

static const struct fetcher_ops fetcher_ops = {
	.wants = wants,
	.refuses = refuses,
	.taken = taken,
};

/* ---- what masters say ------------------------------------------------------ */

static void reset(struct node *n, const struct peer *p, const struct message *m)
{
	char by[MESSAGE_NAME_LEN + 16];

	snprintf(by, sizeof(by), "master %s", peer_name(p));
	devices_reset(n->devices, m, by);
}

static void on_ready(struct peer *p, void *ctx)
{
	struct node *n = ctx;

	if (duty_counts(n->duty))
		node_tell(n, p);
	node_ask(n, p);
}

static void on_message(struct peer *p, const struct message *m, void *ctx)
{
	struct node *n = ctx;

	switch (m->type) {
	case MESSAGE_OFFER:
		fetcher_offer(n->fetcher, p, m);
		break;
	case MESSAGE_RESET:
		reset(n, p, m);
		break;
	case MESSAGE_QUERY:
		node_answer(n, p, m);
		break;
	case MESSAGE_ORDER:
		node_order(n, m);
		break;
	case MESSAGE_GRANT:
		duty_grant(n->duty, p, m);
		break;
	case MESSAGE_HELLO:
		if (fetcher_hello(n->fetcher, p))
			node_ask(n, NULL);
		break;
	default:
		log_line(LOG_WARNING, "master %s says %s, which masters do not",
			 peer_name(p), message_name(m->type));
	}
}

static void on_gone(struct peer *p, void *ctx)
{
	const struct node *n = ctx;

	fetcher_gone(n->fetcher, p);
	duty_gone(n->duty, p);
}

static const struct peers_ops peers_ops = {
	.ready = on_ready,
	.message = on_message,
	.gone = on_gone,
};

/* ---- in service, and out of it --------------------------------------------- */

static void on_duty(void *ctx)
{
	struct node *n = ctx;

	node_order_look(n);
	if (duty_counts(n->duty))
		node_tell(n, NULL);
}

static void on_out(void *ctx)
{
	node_order_out(ctx);
}

static void on_stays(const char *why, void *ctx)
{
	node_order_stays(ctx, why);
}

static const struct duty_ops duty_ops = {
	.changed = on_duty,
	.out = on_out,
	.stays = on_stays,
};

/* Somebody is there. */
void node_hello(struct node *n, const struct message *m, const struct sockaddr_in *from)
{
	peers_hello(n->peers, m, from);
}

/**
 * node_new() - begin to be a node
 * @s: site
 * @err: set on failure
 *
 * Return: to be freed with node_free(), or %NULL.
 */
struct node *node_new(struct site *s, struct mrb_error *err)
{
	const struct timeval often = { .tv_sec = ASK_SECONDS };
	struct node *n = calloc(1, sizeof(*n));

	if (n) {
		n->site = s;
		n->peers = peers_new(s, "node", &peers_ops, n);
		n->ask = event_new(s->base, -1, EV_PERSIST, ask_again, n);
	}
	if (n && n->peers)
		n->fetcher = fetcher_new(s, n->peers, &fetcher_ops, n);
	if (!n || !n->fetcher || !n->ask || event_add(n->ask, &often)) {
		mrb_refuse(err, -ENOMEM, "out of memory");
		node_free(n);
		return NULL;
	}
	if (!node_order_init(n, err) && !node_prepare_init(n, err))
		n->duty = duty_new(s, n->peers, &duty_ops, n, err);
	n->devices = n->duty ? devices_open(s, changed, n, err) : NULL;
	if (n->devices) {
		say_hello(n);
		return n;
	}
	node_free(n);
	return NULL;
}

void node_free(struct node *n)
{
	if (!n)
		return;
	duty_free(n->duty);
	devices_close(n->devices);
	fetcher_free(n->fetcher);
	peers_free(n->peers);
	node_order_free(n);
	node_prepare_free(n);
	if (n->ask)
		event_free(n->ask);
	free(n);
}
