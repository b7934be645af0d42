// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Operators' questions: how are you all? A master passes the question on to the
 * nodes, and their signed answers back; then says of itself how it is, and who has
 * not answered. Its hello is the end.
 */
#include <stdlib.h>

#include "../feed.h"
#include "cell.h"

#define LIMIT_MS	3000

/**
 * struct query - a question
 * @master: who passes it on
 * @operator: who wants to know
 * @nonce: that belongs to the answers
 * @awaited: nodes that have not answered
 * @timer: when not to wait any longer
 */
struct query {
	struct master *master;
	struct session *operator;
	char nonce[MESSAGE_NONCE_LEN];
	unsigned int awaited;
	struct event *timer;
};

static void report_silent(const struct query *q, const struct session *s)
{
	struct message *m = calloc(1, sizeof(*m));

	if (!m)
		return;
	site_say(q->master->site, m, MESSAGE_STATUS);
	snprintf(m->name, sizeof(m->name), "%s", session_name(s));
	snprintf(m->module_type, sizeof(m->module_type), "any");
	snprintf(m->state, sizeof(m->state), "silent");
	snprintf(m->set, sizeof(m->set), "%s", members_set(q->master->members, m->name));
	snprintf(m->error, sizeof(m->error), "it is connected, and has not answered within %d ms",
		 LIMIT_MS);
	channel_send(q->operator->channel, m);
	free(m);
}

static unsigned int progress(const struct master *master)
{
	unsigned int i;

	for (i = 0; i < master->num_transfers; i++)
		if (transfer_is_on(master->transfers[i]))
			return transfer_progress(master->transfers[i]);
	return 100;
}

/* A member of a set that is not there. */
static void report_away(const char *name, const char *set, void *ctx)
{
	const struct query *q = ctx;
	struct message *m = calloc(1, sizeof(*m));

	if (!m)
		return;
	site_say(q->master->site, m, MESSAGE_STATUS);
	snprintf(m->name, sizeof(m->name), "%s", name);
	snprintf(m->module_type, sizeof(m->module_type), "any");
	snprintf(m->state, sizeof(m->state), "silent");
	snprintf(m->set, sizeof(m->set), "%s", set);
	snprintf(m->service, sizeof(m->service), "out");
	snprintf(m->error, sizeof(m->error), "it is a member of set %s, and not connected", set);
	channel_send(q->operator->channel, m);
	free(m);
}

static void sign_and_send(const struct query *q, struct message *m)
{
	struct mrb_error err;

	m->proof = report_sign(q->master->site->tls, m, &err);
	if (m->proof)
		channel_send(q->operator->channel, m);
	else
		log_line(LOG_ERR, "%s", err.text);
	message_free(m);
}

static void report_self(const struct query *q)
{
	const struct master *master = q->master;
	struct message *m = calloc(1, sizeof(*m));

	if (!m)
		return;
	site_say(master->site, m, MESSAGE_STATUS);
	snprintf(m->nonce, sizeof(m->nonce), "%s", q->nonce);
	snprintf(m->module_type, sizeof(m->module_type), "master");
	snprintf(m->state, sizeof(m->state), "%s",
		 !master_store_is_whole(master->store) ? "incomplete" :
		 master_serves(master) ? "serving" : "standby");
	m->progress = progress(master);
	sign_and_send(q, m);
}

static void report_cell(const struct query *q)
{
	const struct cell *c = q->master->site->cell;
	struct message *m = c ? cell_report(c, q->nonce) : NULL;

	if (m)
		channel_send(q->operator->channel, m);
	message_free(m);
}

/* What each type is to run, by the manifest that this master goes by. */
static void report_desired(const struct query *q, const struct manifest_type *type)
{
	struct message *m = calloc(1, sizeof(*m));

	if (!m)
		return;
	site_say(q->master->site, m, MESSAGE_STATUS);
	snprintf(m->nonce, sizeof(m->nonce), "%s", q->nonce);
	m->sequence = master_store_manifest(q->master->store)->sequence;
	snprintf(m->module_type, sizeof(m->module_type), "%s", type->name);
	snprintf(m->state, sizeof(m->state), "desired");
	manifest_version_text(&type->version, m->version);
	sign_and_send(q, m);
}

static void report_all_desired(const struct query *q)
{
	const struct manifest *m = master_store_manifest(q->master->store);
	unsigned int i, t;

	for (i = 0; m && i < m->num_images; i++)
		for (t = 0; t < m->images[i].num_types; t++)
			report_desired(q, &m->images[i].types[t]);
}

static void end(struct query *q, bool answered)
{
	struct message *hello = calloc(1, sizeof(*hello));
	struct session *s;

	TAILQ_FOREACH(s, &q->master->sessions, link) {
		if (s->query != q)
			continue;
		s->query = NULL;
		if (answered && s != q->operator)
			report_silent(q, s);
	}
	if (answered && hello) {
		report_self(q);
		report_cell(q);
		report_all_desired(q);
		members_away(q->master->members, report_away, (void *)q);
		site_say(q->master->site, hello, MESSAGE_HELLO);
		channel_send(q->operator->channel, hello);
	}
	free(hello);
	event_free(q->timer);
	free(q);
}

static void on_timer(evutil_socket_t fd, short what, void *ctx)
{
	(void)fd;
	(void)what;
	end(ctx, true);
}

/**
 * query_begin() - an operator wants to know
 * @m: master
 * @operator: its connection
 * @query: the question
 *
 * A node that has another question to answer does not take this one.
 */
void query_begin(struct master *m, struct session *operator, const struct message *query)
{
	const struct timeval limit = { .tv_sec = LIMIT_MS / 1000 };
	struct message *copy = calloc(1, sizeof(*copy));
	struct query *q = operator->query ? NULL : calloc(1, sizeof(*q));
	struct session *s;

	if (q)
		q->timer = event_new(m->site->base, -1, 0, on_timer, q);
	if (!copy || !q || !q->timer) {
		free(copy);
		free(q);
		return;
	}
	q->master = m;
	q->operator = operator;
	operator->query = q;
	snprintf(q->nonce, sizeof(q->nonce), "%s", query->nonce);
	site_say(m->site, copy, MESSAGE_QUERY);
	snprintf(copy->nonce, sizeof(copy->nonce), "%s", query->nonce);
	TAILQ_FOREACH(s, &m->sessions, link) {
		if ((!s->is_node && !s->is_cell) || s->query || !channel_send(s->channel, copy))
			continue;
		s->query = q;
		q->awaited++;
	}
	free(copy);
	event_add(q->timer, &limit);
	if (!q->awaited)
		end(q, true);
}

/* A node says how it is. */
void query_answer(struct session *node, const struct message *m)
{
	struct query *q = node->query;

	if (!q || strcmp(m->nonce, q->nonce)) {
		log_line(LOG_DEBUG, "%s says how it is, and nobody has asked",
			 session_name(node));
		return;
	}
	if (!m->proof || strcmp(m->name, session_name(node))) {
		log_line(LOG_WARNING,
			 "%s says how %s is, or has not signed it; it is not passed on",
			 session_name(node), m->name);
		return;
	}
	channel_send(q->operator->channel, m);
	if (m->more)
		return;
	node->query = NULL;
	if (!--q->awaited)
		end(q, true);
}

/* Somebody has gone, who asked or was asked. */
void query_lost(struct master *m, struct session *s)
{
	struct query *q = s->query;

	(void)m;
	if (!q)
		return;
	s->query = NULL;
	if (s == q->operator)
		end(q, false);
	else if (!--q->awaited)
		end(q, true);
}
