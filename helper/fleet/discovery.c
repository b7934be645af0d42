// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Hellos: datagrams to a multicast group, on the management interface only. What
 * they say is believed by nobody; they tell where to connect.
 */
#include <arpa/inet.h>
#include <net/if.h>
#include <stdlib.h>
#include <unistd.h>

#include "../feed.h"
#include "site.h"

/* Nobody has said anything for so long: perhaps a switch has forgotten us. */
#define SILENCE_MS	3000

/**
 * struct discovery - a socket of that group
 * @site: whose
 * @fd: socket
 * @event: something has come
 * @look: whether others are heard
 * @heard: when that was, ms
 * @bad: datagrams that say nothing
 * @fn: to be told
 * @ctx: for @fn
 */
struct discovery {
	struct site *site;
	int fd;
	struct event *event;
	struct event *look;
	u64 heard;
	struct seldom bad;
	hello_fn *fn;
	void *ctx;
};

static void take_one(struct discovery *d, const char *bytes, size_t size,
		     const struct sockaddr_in *from)
{
	struct mrb_error err;
	struct message *m = message_parse(bytes, size, &err);

	if (!m)
		say_seldom(&d->bad, LOG_NOTICE, "a datagram of %s: %s",
			   inet_ntoa(from->sin_addr), err.text);
	else if (m->type != MESSAGE_HELLO)
		say_seldom(&d->bad, LOG_NOTICE,
			   "a datagram of %s says %s, which counts on a connection only",
			   inet_ntoa(from->sin_addr), message_name(m->type));
	else
		d->fn(m, from, d->ctx);
	message_free(m);
}

/* A few at a time, whatever comes: others are waiting. */
static void on_read(evutil_socket_t fd, short what, void *ctx)
{
	char bytes[MESSAGE_MAX_DATAGRAM];
	struct discovery *d = ctx;
	struct sockaddr_in from = { 0 };
	socklen_t len;
	ssize_t n;
	int i;

	(void)what;
	for (i = 0; i < 16; i++) {
		len = sizeof(from);
		n = recvfrom(fd, bytes, sizeof(bytes), MSG_TRUNC,
			     (struct sockaddr *)&from, &len);
		if (n < 0)
			return;
		if (from.sin_addr.s_addr != d->site->address.s_addr)
			d->heard = now_ms();
		if (n > 0 && (size_t)n <= sizeof(bytes))
			take_one(d, bytes, n, &from);
	}
}

static struct ip_mreqn membership(const struct site *s)
{
	return (struct ip_mreqn){
		.imr_multiaddr = s->options->discovery.sin_addr,
		.imr_ifindex = (int)if_nametoindex(s->options->management),
	};
}

/* Joining anew tells switches on the way. */
static void look(evutil_socket_t fd, short what, void *ctx)
{
	struct discovery *d = ctx;
	struct ip_mreqn join = membership(d->site);

	(void)fd;
	(void)what;
	if (now_ms() - d->heard < SILENCE_MS)
		return;
	d->heard = now_ms();
	setsockopt(d->fd, IPPROTO_IP, IP_DROP_MEMBERSHIP, &join, sizeof(join));
	if (setsockopt(d->fd, IPPROTO_IP, IP_ADD_MEMBERSHIP, &join, sizeof(join)))
		log_line(LOG_WARNING, "the group of hellos: %s", strerror(errno));
}

static int open_socket(const struct site *s)
{
	const struct sockaddr_in *group = &s->options->discovery;
	struct ip_mreqn join = membership(s);
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	int one = 1, zero = 0;

	if (fd < 0)
		return -errno;
	if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one)) ||
	    bind(fd, (const struct sockaddr *)group, sizeof(*group)) ||
	    setsockopt(fd, IPPROTO_IP, IP_MULTICAST_ALL, &zero, sizeof(zero)) ||
	    setsockopt(fd, IPPROTO_IP, IP_ADD_MEMBERSHIP, &join, sizeof(join)) ||
	    setsockopt(fd, IPPROTO_IP, IP_MULTICAST_IF, &join, sizeof(join))) {
		int ret = -errno;

		close(fd);
		return ret;
	}
	return fd;
}

/**
 * discovery_open() - join the group of hellos
 * @s: site
 * @fn: to be told of each hello, this machine's own as well
 * @ctx: for @fn
 * @err: set on failure
 *
 * Return: to be closed with discovery_close(), or %NULL.
 */
struct discovery *discovery_open(struct site *s, hello_fn *fn, void *ctx,
				 struct mrb_error *err)
{
	const struct timeval often = { .tv_sec = 1 };
	struct discovery *d = calloc(1, sizeof(*d));

	if (!d) {
		mrb_refuse(err, -ENOMEM, "out of memory");
		return NULL;
	}
	d->site = s;
	d->fn = fn;
	d->ctx = ctx;
	d->heard = now_ms();
	d->fd = open_socket(s);
	d->look = event_new(s->base, -1, EV_PERSIST, look, d);
	if (d->fd >= 0 && d->look && !event_add(d->look, &often))
		d->event = event_new(s->base, d->fd, EV_READ | EV_PERSIST, on_read, d);
	if (d->event && !event_add(d->event, NULL))
		return d;
	mrb_refuse(err, d->fd < 0 ? d->fd : -ENOMEM,
		   "the group of hellos cannot be joined on %s: %s",
		   s->options->management, strerror(d->fd < 0 ? -d->fd : ENOMEM));
	discovery_close(d);
	return NULL;
}

void discovery_close(struct discovery *d)
{
	if (!d)
		return;
	if (d->event)
		event_free(d->event);
	if (d->look)
		event_free(d->look);
	if (d->fd >= 0)
		close(d->fd);
	free(d);
}

/* A datagram may get lost: who wants to be heard says it again. */
void discovery_say(const struct discovery *d, const struct message *m)
{
	const struct sockaddr_in *group = &d->site->options->discovery;
	size_t size;
	char *text = message_format(m, &size);

	if (text && sendto(d->fd, text, size, 0, (const struct sockaddr *)group,
			   sizeof(*group)) < 0)
		log_line(LOG_DEBUG, "a hello: %s", strerror(errno));
	free(text);
}
