// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Who is connected with a master, and what they say: each in its own name, and what its
 * role may say.
 */
#include <stdlib.h>

#include <event2/listener.h>

#include "../feed.h"
#include "cell.h"

#define HELLO_LIMIT_MS	15000

const char *session_name(const struct session *s)
{
	return channel_peer(s->channel)->name;
}

/* On connections, where it is believed. To an operator it is the end of an answer. */
void sessions_tell(const struct master *m)
{
	struct message *hello = master_make_hello(m);
	struct session *s;

	TAILQ_FOREACH(s, &m->sessions, link)
		if (hello && s->known && channel_peer(s->channel)->role != ROLE_OPERATOR)
			channel_send(s->channel, hello);
	free(hello);
}

static struct transfer *transfer_of_file(const struct master *m, const char *file)
{
	unsigned int i;

	for (i = 0; i < m->num_transfers; i++)
		if (!strcmp(transfer_image(m->transfers[i])->file, file))
			return m->transfers[i];
	return NULL;
}

/* Of several a combined one, which has the most types in it. */
static struct transfer *transfer_of_any(const struct master *m)
{
	struct transfer *best = NULL;
	unsigned int i;

	for (i = 0; i < m->num_transfers; i++)
		if (!best || transfer_image(m->transfers[i])->num_types >
			     transfer_image(best)->num_types)
			best = m->transfers[i];
	return best;
}

static void request_type(struct master *m, struct session *s, const char *type)
{
	const struct manifest *manifest = master_store_manifest(m->store);
	const struct manifest_image *image = manifest ? manifest_find(manifest, type) : NULL;
	struct transfer *t = image ? transfer_of_file(m, image->file) : NULL;

	if (t)
		transfer_request(t, s);
	else if (manifest)
		log_line(LOG_WARNING,
			 "%s asks for an image of type %s, which manifest %llu does not have",
			 session_name(s), type, manifest->sequence);
	else
		log_line(LOG_WARNING,
			 "%s asks for an image of type %s, and there is no manifest here",
			 session_name(s), type);
}

static void on_request(struct master *m, struct session *s, const struct message *request)
{
	struct transfer *any;
	unsigned int i;

	if (m->site->cell && cell_tells(m->site->cell, s))
		return;
	for (i = 0; i < request->num_types; i++)
		request_type(m, s, request->types[i]);
	if (request->num_types)
		return;
	/* A master wants all that there is. */
	for (i = 0; i < m->num_transfers && !s->is_node; i++)
		transfer_request(m->transfers[i], s);
	any = s->is_node ? transfer_of_any(m) : NULL;
	if (any)
		transfer_request(any, s);
}

static void on_answer(const struct master *m, const struct session *s,
		      const struct message *answer)
{
	struct transfer *t = transfer_of_file(m, answer->file);

	if (!t)
		log_line(LOG_DEBUG, "%s speaks of %s, which is not in the manifest",
			 session_name(s), answer->file);
	else if (answer->type == MESSAGE_ACK)
		transfer_ack(t, s, answer);
	else
		transfer_ready(t, s, answer);
}

static void end_session(struct session *s)
{
	struct master *m = s->master;
	unsigned int i;

	query_lost(m, s);
	if (s->is_node || s->is_cell)
		members_lost(m->members, session_name(s));
	for (i = 0; i < m->num_transfers; i++)
		transfer_lost(m->transfers[i], s);
	TAILQ_REMOVE(&m->sessions, s, link);
	m->num_sessions--;
	free(s);
}

/* What a role may say. Anything else is dropped, with a sentence. */
static const unsigned int may_say[SITE_ROLES] = {
	[ROLE_NODE] = 1U << MESSAGE_HELLO | 1U << MESSAGE_REQUEST | 1U << MESSAGE_ACK |
		      1U << MESSAGE_READY | 1U << MESSAGE_STATUS | 1U << MESSAGE_LEAVE,
	[ROLE_MASTER] = 1U << MESSAGE_HELLO | 1U << MESSAGE_REQUEST | 1U << MESSAGE_ACK |
			1U << MESSAGE_READY | 1U << MESSAGE_STATUS | 1U << MESSAGE_LEAVE,
	[ROLE_OPERATOR] = 1U << MESSAGE_RESET | 1U << MESSAGE_QUERY | 1U << MESSAGE_ORDER |
			  1U << MESSAGE_INSTALL,
};

/* Who comes a second time has lost its first connection. */
static void on_hello(struct session *s, const struct message *hello)
{
	struct session *old;

	if (strcmp(hello->role, "node") && channel_peer(s->channel)->role != ROLE_MASTER) {
		log_line(LOG_WARNING, "%s says hello as %s, and its certificate is a %s's",
			 session_name(s), hello->role,
			 site_role_name(channel_peer(s->channel)->role));
		return;
	}
	s->is_node = !strcmp(hello->role, "node");
	TAILQ_FOREACH(old, &s->master->sessions, link)
		if (old != s && old->known && old->is_node == s->is_node &&
		    !strcmp(session_name(old), session_name(s)))
			break;
	s->known = true;
	if (!old)
		return;
	channel_free(old->channel);
	end_session(old);
}

/* In answer to somebody's question; or for masters to know, of itself and nobody else. */
static void on_status(struct session *s, const struct message *status)
{
	if (status->nonce[0]) {
		query_answer(s, status);
		return;
	}
	if (strcmp(status->name, session_name(s)))
		return;
	members_heard(s->master->members, status);
	if (s->master->site->cell && !s->is_node)
		cell_heard(s->master->site->cell, s, status);
}

static void on_message(struct channel *ch, const struct message *msg, void *ctx)
{
	const struct identity *who = channel_peer(ch);
	struct session *s = ctx;

	if (!(may_say[who->role] & 1U << msg->type)) {
		log_line(LOG_WARNING, "%s says %s, which a %s may not", who->name,
			 message_name(msg->type), site_role_name(who->role));
		return;
	}
	if (!s->known && msg->type != MESSAGE_HELLO) {
		log_line(LOG_WARNING, "%s says %s, and no hello before", who->name,
			 message_name(msg->type));
		return;
	}
	switch (msg->type) {
	case MESSAGE_HELLO:
		on_hello(s, msg);
		break;
	case MESSAGE_REQUEST:
		on_request(s->master, s, msg);
		break;
	case MESSAGE_ACK:
	case MESSAGE_READY:
		on_answer(s->master, s, msg);
		break;
	case MESSAGE_STATUS:
		on_status(s, msg);
		break;
	case MESSAGE_LEAVE:
		order_answer_leave(s->master, s, msg);
		break;
	case MESSAGE_ORDER:
		order_pass_on(s->master, s, msg);
		break;
	case MESSAGE_INSTALL:
		master_install(s->master, s, msg);
		break;
	case MESSAGE_RESET:
		order_reset(s->master, s, msg);
		break;
	case MESSAGE_QUERY:
		query_begin(s->master, s, msg);
		break;
	default:
		break;
	}
}

/* Who has shown a certificate, and does not say hello. */
void sessions_end_strangers(struct master *m)
{
	struct session *s = TAILQ_FIRST(&m->sessions), *next;
	struct channel *ch;

	for (; s; s = next) {
		next = TAILQ_NEXT(s, link);
		if (s->known || now_ms() - s->since < HELLO_LIMIT_MS)
			continue;
		log_line(LOG_NOTICE, "the connection of somebody is closed: no hello within %d s",
			 HELLO_LIMIT_MS / 1000);
		ch = s->channel;
		end_session(s);
		channel_free(ch);
	}
}

static void on_closed(struct channel *ch, const char *why, void *ctx)
{
	struct session *s = ctx;

	if (why)
		log_line(LOG_NOTICE, "the connection of %s is closed: %s",
			 s->known ? channel_peer(ch)->name : "somebody", why);
	else
		log_line(LOG_DEBUG, "%s has gone", session_name(s));
	end_session(s);
}

static void on_ready(struct channel *ch, void *ctx)
{
	const struct identity *who = channel_peer(ch);
	struct session *s = ctx;
	struct message *hello;

	s->known = who->role == ROLE_OPERATOR;
	/* Who may install manifests. */
	if (s->known)
		channel_allow(ch, MESSAGE_MAX_BYTES);
	log_line(LOG_DEBUG, "the %s %s is connected", site_role_name(who->role), who->name);
	hello = master_make_hello(s->master);
	if (hello && !s->known)
		channel_send(ch, hello);
	free(hello);
}

static const struct channel_ops session_ops = {
	.ready = on_ready,
	.message = on_message,
	.closed = on_closed,
	.most = MESSAGE_MAX_SMALL,
};

/* Somebody connects. */
void session_accept(struct evconnlistener *listener, evutil_socket_t fd,
		    struct sockaddr *from, int len, void *ctx)
{
	struct master *m = ctx;
	struct session *s;
	struct mrb_error err;

	(void)listener;
	(void)from;
	(void)len;
	s = m->num_sessions < SITE_MAX_NODES + SITE_MAX_MASTERS ? calloc(1, sizeof(*s)) : NULL;
	if (!s) {
		log_line(LOG_WARNING, "somebody connects, and there are %u already; it has to wait",
			 m->num_sessions);
		evutil_closesocket(fd);
		return;
	}
	s->master = m;
	s->since = now_ms();
	s->channel = channel_accept(m->site->base, m->site->tls, fd, &session_ops, s, &err);
	if (!s->channel) {
		log_line(LOG_ERR, "%s", err.text);
		free(s);
		return;
	}
	TAILQ_INSERT_TAIL(&m->sessions, s, link);
	m->num_sessions++;
}

/* This master ends. */
void sessions_end(struct master *m)
{
	struct channel *ch;

	while (!TAILQ_EMPTY(&m->sessions)) {
		ch = TAILQ_FIRST(&m->sessions)->channel;
		end_session(TAILQ_FIRST(&m->sessions));
		channel_free(ch);
	}
}
