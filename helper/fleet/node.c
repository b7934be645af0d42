// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A node: its devices ask for images, it asks the masters, and gives the devices
 * what comes. A node whose devices run joins nothing.
 */
#include <stdlib.h>

#include "../feed.h"
#include "device.h"

/* Masters forget, and get lost: what is wanted is said again. */
#define ASK_SECONDS	5

/**
 * struct node - this machine as a node
 * @site: its site
 * @peers: masters
 * @fetcher: gets images
 * @devices: that want them
 * @ask: when to ask again
 * @giving: an image is being given to the devices
 */
struct node {
	struct site *site;
	struct peers *peers;
	struct fetcher *fetcher;
	struct devices *devices;
	struct event *ask;
	bool giving;
};

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

		if (d->state != DEVICE_MINIMAL)
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
static void ask(const struct node *n, struct peer *p)
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
		ask(n, NULL);
}

/* ---- images ---------------------------------------------------------------- */

static bool wants(const struct manifest *m, const struct manifest_image *image,
		  void *ctx)
{
	const struct node *n = ctx;
	unsigned int i;

	(void)m;
	for (i = 0; i < n->devices->num; i++)
		if (device_wants(&n->devices->list[i], image))
			return true;
	return false;
}

/* The image has been given to all that wanted it, and they have said how it went. */
static void look_at_loads(struct node *n, const char *error)
{
	unsigned int i;

	for (i = 0; i < n->devices->num; i++)
		if (n->devices->list[i].state == DEVICE_LOADING)
			return;
	fetcher_ready(n->fetcher, error);
	fetcher_drop(n->fetcher);
	ask(n, NULL);
}

static void taken(const struct manifest *m, const struct manifest_image *image,
		  struct chunks *c, void *ctx)
{
	struct mrb_error err = { 0 };
	struct node *n = ctx;
	unsigned int i;

	(void)m;
	n->giving = true;
	for (i = 0; i < n->devices->num; i++) {
		struct device *d = &n->devices->list[i];

		if (device_wants(d, image) &&
		    device_load(n->devices, d, image, chunks_fd(c), &err))
			log_line(LOG_WARNING, "%s does not take %s: %s", d->name,
				 image->file, err.text);
	}
	n->giving = false;
	look_at_loads(n, err.code ? err.text : "");
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
		ask(n, NULL);
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

static bool is_meant(const struct message *m, const char *type)
{
	unsigned int i;

	for (i = 0; i < m->num_types; i++)
		if (!strcmp(m->types[i], type))
			return true;
	return !m->num_types;
}

static void reset(struct node *n, const struct peer *p, const struct message *m)
{
	struct mrb_error err;
	unsigned int i;

	for (i = 0; i < n->devices->num; i++) {
		struct device *d = &n->devices->list[i];

		if (d->state == DEVICE_GONE || !is_meant(m, d->type))
			continue;
		log_line(LOG_NOTICE, "%s is reset by order of master %s", d->name,
			 peer_name(p));
		if (device_reset(n->devices, d, &err))
			log_line(LOG_ERR, "%s cannot be reset: %s", d->name, err.text);
	}
}

static void fill_status(const struct node *n, const struct device *d,
			struct message *m)
{
	bool receives = d->state == DEVICE_MINIMAL && fetcher_busy(n->fetcher);

	snprintf(m->module_type, sizeof(m->module_type), "%s", d->type[0] ? d->type : "any");
	snprintf(m->state, sizeof(m->state), "%s",
		 receives ? "receiving" : device_state_name(d->state));
	snprintf(m->version, sizeof(m->version), "%s", d->version);
	snprintf(m->error, sizeof(m->error), "%s", d->error);
	m->progress = receives ? fetcher_progress(n->fetcher) :
		      d->state == DEVICE_RUNNING ? 100 : 0;
}

/* To an operator, by way of a master that could say anything: so it is signed. */
static void report(const struct node *n, struct peer *p, const struct device *d,
		   const struct message *query, unsigned int more)
{
	struct message *m = calloc(1, sizeof(*m));
	struct mrb_error err;

	if (!m)
		return;
	site_say(n->site, m, MESSAGE_STATUS);
	fill_status(n, d, m);
	snprintf(m->nonce, sizeof(m->nonce), "%s", query->nonce);
	m->more = more;
	m->proof = report_sign(n->site->tls, m, &err);
	if (m->proof)
		peer_send(p, m);
	else
		log_line(LOG_ERR, "%s", err.text);
	message_free(m);
}

static void answer(const struct node *n, struct peer *p, const struct message *query)
{
	const struct device *none = &(struct device){ .state = DEVICE_GONE };
	unsigned int i, left = 0;

	for (i = 0; i < n->devices->num; i++)
		left += n->devices->list[i].state != DEVICE_GONE;
	if (!left)
		report(n, p, none, query, 0);
	for (i = 0; i < n->devices->num; i++)
		if (n->devices->list[i].state != DEVICE_GONE)
			report(n, p, &n->devices->list[i], query, --left);
}

static void on_ready(struct peer *p, void *ctx)
{
	ask(ctx, p);
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
		answer(n, p, m);
		break;
	case MESSAGE_HELLO:
		if (fetcher_hello(n->fetcher, p))
			ask(n, NULL);
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
}

static const struct peers_ops peers_ops = {
	.ready = on_ready,
	.message = on_message,
	.gone = on_gone,
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
	n->devices = devices_open(s, changed, n, err);
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
	devices_close(n->devices);
	fetcher_free(n->fetcher);
	peers_free(n->peers);
	if (n->ask)
		event_free(n->ask);
	free(n);
}
