// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * How a node is: to an operator, device by device and signed, since a master that passes it
 * on could say anything; to masters, in a word, if others count on this node.
 */
#include <stdlib.h>

#include "../feed.h"
#include "master.h"
#include "node.h"

static void fill_order(const struct node *n, struct message *m)
{
	const struct settings *s = n->site->settings;
	const struct node_order *o = &n->order;

	m->order = o->number;
	snprintf(m->outcome, sizeof(m->outcome), "%s", o->outcome ?: "");
	m->epoch = settings_epoch(s);
	snprintf(m->holder, sizeof(m->holder), "%s", settings_holder(s));
	if (o->error[0])
		snprintf(m->error, sizeof(m->error), "%s", o->error);
}

static void fill(const struct node *n, const struct device *d, struct message *m)
{
	bool receives = d->state == DEVICE_MINIMAL && fetcher_busy(n->fetcher);

	snprintf(m->module_type, sizeof(m->module_type), "%s", d->type[0] ? d->type : "any");
	snprintf(m->state, sizeof(m->state), "%s",
		 receives ? "receiving" : device_state_name(d->state));
	snprintf(m->version, sizeof(m->version), "%s", d->version);
	snprintf(m->desired, sizeof(m->desired), "%s",
		 settings_desired(n->site->settings, d->type) ?: "");
	snprintf(m->error, sizeof(m->error), "%s", d->error);
	m->progress = receives ? fetcher_progress(n->fetcher) :
		      d->state == DEVICE_RUNNING ? 100 : 0;
	duty_fill(n->duty, m);
	fill_order(n, m);
}

static void report(const struct node *n, struct peer *p, const struct device *d,
		   const struct message *query, unsigned int more)
{
	struct message *m = calloc(1, sizeof(*m));
	struct mrb_error err;

	if (!m)
		return;
	site_say(n->site, m, MESSAGE_STATUS);
	fill(n, d, m);
	snprintf(m->nonce, sizeof(m->nonce), "%s", query->nonce);
	m->more = more;
	m->proof = report_sign(n->site->tls, m, &err);
	if (m->proof)
		peer_send(p, m);
	else
		log_line(LOG_ERR, "%s", err.text);
	message_free(m);
}

/* To an operator's question, of each device. */
void node_answer(const struct node *n, struct peer *p, const struct message *query)
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

/* One that does not run, if there is such. */
static const struct device *worst(const struct node *n)
{
	const struct device *d = NULL;
	unsigned int i;

	for (i = 0; i < n->devices->num; i++)
		if (n->devices->list[i].state != DEVICE_GONE &&
		    (!d || d->state == DEVICE_RUNNING))
			d = &n->devices->list[i];
	return d;
}

/* To a master, or to all; nobody has asked. */
void node_tell(const struct node *n, struct peer *p)
{
	const struct device *d = worst(n) ?: &(struct device){ .state = DEVICE_GONE };
	struct message *m = calloc(1, sizeof(*m));

	if (!m)
		return;
	site_say(n->site, m, MESSAGE_STATUS);
	fill(n, d, m);
	if (n->site->master)
		members_heard(n->site->master->members, m);
	if (p)
		peer_send(p, m);
	else
		peers_send(n->peers, m);
	free(m);
}
