// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Connections, by libevent and OpenSSL. Whoever connects has a few seconds to show
 * who it is, may not say more than a certain number of messages in a second, and
 * says all of them in its own name: else the connection is closed, with a
 * sentence. What waits to be sent is bounded as well.
 */
#include <arpa/inet.h>
#include <net/if.h>
#include <stdlib.h>
#include <unistd.h>

#include <event2/buffer.h>
#include <event2/bufferevent_ssl.h>
#include <openssl/err.h>

#include "../feed.h"
#include "channel.h"

#define HANDSHAKE_SECONDS	10
#define MESSAGES_PER_SECOND	20
#define MESSAGES_AT_ONCE	200
#define MAX_UNSENT		(32U << 20)

/**
 * struct channel - a connection
 * @bev: of libevent
 * @ssl: in it
 * @ops: of the owner
 * @ctx: for @ops
 * @most: bytes of a message at most
 * @limit: it has not shown that in time
 * @asks: this end is an operator's, who is told of many nodes at once
 * @ready: the other end has shown who it is
 * @peer: who, then
 * @budget: messages that may come at once, in thousandths
 * @since: when that was so
 * @busy: a call of the owner is on; it must not be freed
 * @dead: and is to be afterwards
 */
struct channel {
	struct bufferevent *bev;
	SSL *ssl;
	const struct channel_ops *ops;
	void *ctx;
	u32 most;
	struct event *limit;
	bool asks;
	bool ready;
	struct identity peer;
	u64 budget;
	u64 since;
	bool busy;
	bool dead;
};

/* The last thing that happens to it. */
static void end(struct channel *ch, const char *why)
{
	if (ch->dead)
		return;
	ch->dead = true;
	ch->ops->closed(ch, why, ch->ctx);
	if (!ch->busy)
		channel_free(ch);
}

/**
 * channel_free() - say goodbye
 * @ch: channel; of its ops none is called any more; or %NULL
 */
void channel_free(struct channel *ch)
{
	if (!ch)
		return;
	ch->dead = true;
	if (ch->busy)
		return;
	SSL_set_shutdown(ch->ssl, SSL_RECEIVED_SHUTDOWN);
	SSL_shutdown(ch->ssl);
	bufferevent_free(ch->bev);
	event_free(ch->limit);
	ERR_clear_error();
	free(ch);
}

static bool may_speak(struct channel *ch)
{
	u64 now = now_ms();

	if (ch->asks)
		return true;
	ch->budget += (now - ch->since) * MESSAGES_PER_SECOND;
	if (ch->budget > MESSAGES_AT_ONCE * 1000ULL)
		ch->budget = MESSAGES_AT_ONCE * 1000ULL;
	ch->since = now;
	if (ch->budget < 1000)
		return false;
	ch->budget -= 1000;
	return true;
}

/* A status may be another's: it has a signature. */
static int check_sender(const struct channel *ch, const struct message *m,
			struct mrb_error *err)
{
	if (m->type == MESSAGE_STATUS || !strcmp(m->name, ch->peer.name))
		return 0;
	return mrb_refuse(err, -EKEYREJECTED,
			  "it says %s as %s, and its certificate is of %s",
			  message_name(m->type), m->name, ch->peer.name);
}

static int take_one(struct channel *ch, const char *bytes, size_t size,
		    struct mrb_error *err)
{
	struct message *m;

	if (!may_speak(ch))
		return mrb_refuse(err, -EDQUOT,
				  "it says more than %d messages in a second",
				  MESSAGES_PER_SECOND);
	m = message_parse(bytes, size, err);
	if (!m)
		return err->code;
	if (!check_sender(ch, m, err)) {
		ch->busy = true;
		ch->ops->message(ch, m, ch->ctx);
		ch->busy = false;
	}
	message_free(m);
	return err->code;
}

/* Returns 1 if there may be more, 0 if more has to come, or an errno. */
static int take_next(struct channel *ch, struct mrb_error *err)
{
	struct evbuffer *in = bufferevent_get_input(ch->bev);
	unsigned char *bytes;
	uint32_t word, size;
	int ret;

	if (evbuffer_copyout(in, &word, sizeof(word)) < (ssize_t)sizeof(word))
		return 0;
	size = ntohl(word);
	if (!size || size > ch->most)
		return mrb_refuse(err, -EMSGSIZE,
				  "it announces a message of %u bytes; 1 to %u are taken",
				  size, ch->most);
	if (evbuffer_get_length(in) < sizeof(word) + size)
		return 0;
	evbuffer_drain(in, sizeof(word));
	bytes = evbuffer_pullup(in, size);
	err->code = 0;
	ret = bytes ? take_one(ch, (char *)bytes, size, err) : -ENOMEM;
	evbuffer_drain(in, size);
	return ret ?: 1;
}

static void on_read(struct bufferevent *bev, void *ctx)
{
	struct channel *ch = ctx;
	struct mrb_error err = { 0 };
	int ret = 1;

	(void)bev;
	while (ret == 1 && ch->ready && !ch->dead)
		ret = take_next(ch, &err);
	if (ch->dead)
		channel_free(ch);
	else if (ret < 0)
		end(ch, err.text);
}

static void on_connected(struct channel *ch)
{
	struct mrb_error err;
	int one = 1;

	if (tls_peer(ch->ssl, &ch->peer, &err)) {
		end(ch, err.text);
		return;
	}
	setsockopt(bufferevent_getfd(ch->bev), SOL_SOCKET, SO_KEEPALIVE, &one,
		   sizeof(one));
	event_del(ch->limit);
	ch->ready = true;
	ch->busy = true;
	ch->ops->ready(ch, ch->ctx);
	ch->busy = false;
	on_read(ch->bev, ch);
}

static const char *why_closed(struct channel *ch, short what, char *text,
			      size_t room)
{
	struct sockaddr_in at;
	socklen_t len = sizeof(at);
	unsigned long code = bufferevent_get_openssl_error(ch->bev);
	const char *reason = code ? ERR_reason_error_string(code) : NULL;

	if (what & BEV_EVENT_EOF && ch->ready && !reason)
		return NULL;
	if (reason)
		snprintf(text, room, "TLS: %s", reason);
	else if (what & BEV_EVENT_ERROR && EVUTIL_SOCKET_ERROR())
		snprintf(text, room, "%s", strerror(EVUTIL_SOCKET_ERROR()));
	else if (getpeername(bufferevent_getfd(ch->bev), (struct sockaddr *)&at, &len))
		snprintf(text, room, "nobody listens there, or no way leads there");
	else
		snprintf(text, room, "the connection was closed before it was known who it is");
	return text;
}

static void on_event(struct bufferevent *bev, short what, void *ctx)
{
	struct channel *ch = ctx;
	char text[160];

	(void)bev;
	if (what & BEV_EVENT_CONNECTED)
		on_connected(ch);
	else
		end(ch, why_closed(ch, what, text, sizeof(text)));
	ERR_clear_error();
}

/* From the beginning, however many bytes have come. */
static void on_limit(evutil_socket_t fd, short what, void *ctx)
{
	char text[80];

	(void)fd;
	(void)what;
	snprintf(text, sizeof(text), "it has not shown who it is within %d s",
		 HANDSHAKE_SECONDS);
	end(ctx, text);
}

static struct channel *new_channel(struct event_base *base, const struct tls *tls,
				   evutil_socket_t fd, bool accepted,
				   const struct channel_ops *ops, void *ctx)
{
	const struct timeval limit = { .tv_sec = HANDSHAKE_SECONDS };
	struct channel *ch = calloc(1, sizeof(*ch));

	if (ch) {
		ch->ssl = tls_new(tls);
		ch->limit = event_new(base, -1, 0, on_limit, ch);
	}
	if (ch && ch->ssl && ch->limit)
		ch->bev = bufferevent_openssl_socket_new(base, fd, ch->ssl,
							 accepted ? BUFFEREVENT_SSL_ACCEPTING :
							 BUFFEREVENT_SSL_CONNECTING,
							 BEV_OPT_CLOSE_ON_FREE |
							 BEV_OPT_DEFER_CALLBACKS);
	if (!ch || !ch->bev) {
		if (ch && ch->limit)
			event_free(ch->limit);
		free(ch);
		return NULL;
	}
	ch->ops = ops;
	ch->ctx = ctx;
	ch->most = ops->most;
	ch->asks = tls_self(tls)->role == ROLE_OPERATOR;
	ch->since = now_ms();
	ch->budget = MESSAGES_AT_ONCE * 1000ULL;
	bufferevent_openssl_set_allow_dirty_shutdown(ch->bev, 1);
	bufferevent_setcb(ch->bev, on_read, NULL, on_event, ch);
	event_add(ch->limit, &limit);
	bufferevent_enable(ch->bev, EV_READ | EV_WRITE);
	return ch;
}

static struct channel *no_channel(evutil_socket_t fd, int code,
				  struct mrb_error *err)
{
	if (fd >= 0)
		evutil_closesocket(fd);
	mrb_refuse(err, -code, "no connection: %s", strerror(code));
	return NULL;
}

/**
 * channel_connect() - begin a connection
 * @base: event loop
 * @tls: who this machine is
 * @to: address
 * @interface: name of the one that it is to go by, or %NULL: by any
 * @ops: what to tell
 * @ctx: for @ops
 * @err: set on failure
 *
 * Return: the channel, of which nothing has been told yet, or %NULL.
 */
struct channel *channel_connect(struct event_base *base, const struct tls *tls,
				const struct sockaddr_in *to, const char *interface,
				const struct channel_ops *ops, void *ctx,
				struct mrb_error *err)
{
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	struct channel *ch;

	if (fd < 0)
		return no_channel(fd, errno, err);
	if (interface && setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, interface,
				    (socklen_t)strlen(interface)))
		return no_channel(fd, errno, err);
	if (connect(fd, (const struct sockaddr *)to, sizeof(*to)) &&
	    errno != EINPROGRESS)
		return no_channel(fd, errno, err);
	ch = new_channel(base, tls, fd, false, ops, ctx);
	return ch ?: no_channel(fd, ENOMEM, err);
}

/**
 * channel_accept() - somebody has connected
 * @base: event loop
 * @tls: who this machine is
 * @fd: socket; the channel's, also if there is none
 * @ops: what to tell
 * @ctx: for @ops
 * @err: set on failure
 *
 * Return: the channel, or %NULL.
 */
struct channel *channel_accept(struct event_base *base, const struct tls *tls,
			       evutil_socket_t fd, const struct channel_ops *ops,
			       void *ctx, struct mrb_error *err)
{
	struct channel *ch = new_channel(base, tls, fd, true, ops, ctx);

	return ch ?: no_channel(fd, ENOMEM, err);
}

/* Whoever has shown who it is may say longer messages: up to @most bytes. */
void channel_allow(struct channel *ch, u32 most)
{
	ch->most = most;
}

bool channel_is_ready(const struct channel *ch)
{
	return ch && ch->ready && !ch->dead;
}

/* Who is at the other end of a channel that is ready. */
const struct identity *channel_peer(const struct channel *ch)
{
	return &ch->peer;
}

/**
 * channel_send() - say something
 * @ch: channel, or %NULL
 * @m: message
 *
 * Return: false if it is not ready, or has too much to say already.
 */
bool channel_send(struct channel *ch, const struct message *m)
{
	struct evbuffer *out;
	uint32_t word;
	size_t size;
	char *text;
	bool sent;

	if (!channel_is_ready(ch))
		return false;
	out = bufferevent_get_output(ch->bev);
	if (evbuffer_get_length(out) > MAX_UNSENT)
		return false;
	text = message_format(m, &size);
	word = htonl((uint32_t)size);
	sent = text && !evbuffer_add(out, &word, sizeof(word)) &&
	       !evbuffer_add(out, text, size);
	free(text);
	return sent;
}
