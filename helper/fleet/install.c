// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What an operator installs at a master: a manifest, and where its files can be had by HTTP.
 * What the store has of them already does not travel.
 */
#include <stdlib.h>

#include "../feed.h"
#include "cell.h"

static void answer(const struct master *m, const struct session *operator, const char *error)
{
	struct message *grant = calloc(1, sizeof(*grant));

	if (!grant)
		return;
	site_say(m->site, grant, MESSAGE_GRANT);
	snprintf(grant->error, sizeof(grant->error), "%s", error);
	channel_send(operator->channel, grant);
	free(grant);
}

/* The next file, until all are there. */
void master_install_next(struct master *m)
{
	if (!m->install_url || fetcher_busy(m->fetcher) || now_ms() < m->fetch_after)
		return;
	if (fetcher_from(m->fetcher, m->install_url))
		return;
	log_line(LOG_NOTICE, "manifest %llu is installed, with all of its files",
		 master_sequence(m));
	free(m->install_url);
	m->install_url = NULL;
}

/**
 * master_install() - an operator says what is desired from now on
 * @m: master
 * @operator: its connection
 * @order: with a signed manifest
 */
void master_install(struct master *m, const struct session *operator,
		    const struct message *order)
{
	struct mrb_error err = { 0 };

	log_line(LOG_NOTICE, "%s installs a manifest, with files from %s",
		 session_name(operator), order->url[0] ? order->url : "other masters");
	if (!order->manifest)
		mrb_refuse(&err, -ENODATA, "there is no manifest in it");
	else
		fetcher_install(m->fetcher, order->manifest, 0, &err);
	if (!err.code && order->url[0]) {
		free(m->install_url);
		m->install_url = strdup(order->url);
	}
	if (err.code)
		log_line(LOG_WARNING, "it is not installed: %s", err.text);
	else if (m->site->cell)
		m->site->cell->installed = true;
	answer(m, operator, err.code ? err.text : "");
	if (!err.code)
		master_install_next(m);
}
