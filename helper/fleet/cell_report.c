// SPDX-License-Identifier: GPL-2.0-or-later
/* How a cell is: to the other cells, and signed to operators. */
#include <stdlib.h>

#include "../feed.h"
#include "cell.h"

static const char *const words[CELL_STATES] = {
	[CELL_BLANK] = "blank",
	[CELL_BOOTING] = "testing",
	[CELL_RENDEZVOUS] = "rendezvous",
	[CELL_ERRORED] = "errored",
	[CELL_WAITING] = "waiting",
	[CELL_STARTING] = "loading",
	[CELL_RUNNING] = "running",
};

static void fill_order(const struct cell *c, struct message *m)
{
	m->order = c->order.number;
	snprintf(m->outcome, sizeof(m->outcome), "%s", c->order.outcome ?: "");
	m->epoch = settings_epoch(c->site->settings);
	snprintf(m->holder, sizeof(m->holder), "%s", settings_holder(c->site->settings));
}

static unsigned int progress(const struct cell *c)
{
	if (c->state == CELL_RUNNING)
		return 100;
	return fetcher_progress(c->master->fetcher);
}

static void fill(const struct cell *c, struct message *m)
{
	const struct device *d = c->devices && c->devices->num ? &c->devices->list[0] : NULL;
	const char *type = d && d->type[0] ? d->type : "any";

	site_say(c->site, m, MESSAGE_STATUS);
	snprintf(m->module_type, sizeof(m->module_type), "%s", type);
	snprintf(m->state, sizeof(m->state), "%s", words[c->state]);
	if (d)
		snprintf(m->version, sizeof(m->version), "%s", d->version);
	snprintf(m->desired, sizeof(m->desired), "%s",
		 settings_desired(c->site->settings, type) ?: "");
	snprintf(m->error, sizeof(m->error), "%s", c->problem);
	m->progress = progress(c);
	/* It goes by the manifest whose firmware it runs. */
	if (c->state == CELL_RUNNING)
		m->sequence = c->started;
	duty_fill(c->duty, m);
	fill_order(c, m);
}

/**
 * cell_report() - an answer to an operator's question
 * @c: cell
 * @nonce: of the question
 *
 * Return: signed, to be freed with message_free(); or %NULL.
 */
struct message *cell_report(const struct cell *c, const char *nonce)
{
	struct message *m = calloc(1, sizeof(*m));
	struct mrb_error err;

	if (!m)
		return NULL;
	fill(c, m);
	snprintf(m->nonce, sizeof(m->nonce), "%s", nonce);
	m->proof = report_sign(c->site->tls, m, &err);
	if (m->proof)
		return m;
	log_line(LOG_ERR, "%s", err.text);
	free(m);
	return NULL;
}

/* To another cell, or to all; nobody has asked. */
void cell_tell(const struct cell *c, struct peer *p)
{
	struct message *m = calloc(1, sizeof(*m));

	if (!m)
		return;
	fill(c, m);
	members_heard(c->master->members, m);
	if (p)
		peer_send(p, m);
	else
		peers_send(c->master->peers, m);
	free(m);
}
