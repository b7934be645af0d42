/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Connections on which messages travel: TCP, TLS, and before each message its
 * length in four bytes, the highest first.
 */
#ifndef FLEET_CHANNEL_H
#define FLEET_CHANNEL_H

#include <netinet/in.h>

#include <event2/event.h>

#include "tls.h"

struct channel;

/**
 * struct channel_ops - what its owner wants to hear
 * @ready: the other end has shown who it is
 * @message: it says something; the message is the channel's
 * @closed: it is over; why, for people, or %NULL if it was said goodbye. The
 *	channel is freed afterwards
 * @most: bytes of a message at most
 */
struct channel_ops {
	void (*ready)(struct channel *ch, void *ctx);
	void (*message)(struct channel *ch, const struct message *m, void *ctx);
	void (*closed)(struct channel *ch, const char *why, void *ctx);
	u32 most;
};

struct channel *channel_connect(struct event_base *base, const struct tls *tls,
				const struct sockaddr_in *to, const char *interface,
				const struct channel_ops *ops, void *ctx,
				struct mrb_error *err);
struct channel *channel_accept(struct event_base *base, const struct tls *tls,
			       evutil_socket_t fd, const struct channel_ops *ops,
			       void *ctx, struct mrb_error *err);
void channel_free(struct channel *ch);
void channel_allow(struct channel *ch, u32 most);
bool channel_is_ready(const struct channel *ch);
const struct identity *channel_peer(const struct channel *ch);
bool channel_send(struct channel *ch, const struct message *m);

#endif /* FLEET_CHANNEL_H */
