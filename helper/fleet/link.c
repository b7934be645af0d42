// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The link of the high-speed interconnect, which a cell enables from the rendezvous on only.
 * Where the bulk plane is on the management interface, that is always up.
 */
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "../feed.h"
#include "site.h"

/* From enabling it until it can send; without a cable that is never. */
#define LIMIT_MS	3000

/**
 * struct link - an interface
 * @site: whose
 * @fd: socket, for its flags
 * @news: socket on which the kernel tells of interfaces, or -1
 * @event: it does
 * @limit: it has not come up in time
 * @wanted: it is enabled
 * @fn: to be told that it is up, or will not be
 * @ctx: for @fn
 */
struct link {
	struct site *site;
	int fd;
	int news;
	struct event *event;
	struct event *limit;
	bool wanted;
	link_fn *fn;
	void *ctx;
};

static bool is_other(const struct site *s)
{
	return strcmp(s->options->bulk, s->options->management);
}

static struct ifreq request(const struct link *l)
{
	struct ifreq r = { 0 };

	snprintf(r.ifr_name, sizeof(r.ifr_name), "%s", l->site->options->bulk);
	return r;
}

/* Can it send? */
bool link_is_up(const struct link *l)
{
	struct ifreq r = request(l);

	if (!is_other(l->site))
		return true;
	return l->wanted && !ioctl(l->fd, SIOCGIFFLAGS, &r) && r.ifr_flags & IFF_UP &&
	       r.ifr_flags & IFF_RUNNING;
}

static void on_news(evutil_socket_t fd, short what, void *ctx)
{
	struct link *l = ctx;
	char bytes[8192];

	(void)what;
	/* Whatever it is about: the flags are looked at. */
	while (recv(fd, bytes, sizeof(bytes), MSG_DONTWAIT) > 0)
		;
	if (!evtimer_pending(l->limit, NULL) || !link_is_up(l))
		return;
	event_del(l->limit);
	log_line(LOG_INFO, "%s is up", l->site->options->bulk);
	l->fn(l->ctx);
}

static void on_limit(evutil_socket_t fd, short what, void *ctx)
{
	struct link *l = ctx;

	(void)fd;
	(void)what;
	log_line(LOG_WARNING, "%s does not come up within %d s; %s is used instead",
		 l->site->options->bulk, LIMIT_MS / 1000, l->site->options->management);
	l->fn(l->ctx);
}

/**
 * link_enable() - let it come up, or take it down
 * @l: link
 * @on: which of these
 *
 * When it can send, or it turns out that it cannot, the owner is told.
 */
void link_enable(struct link *l, bool on)
{
	const struct timeval limit = { .tv_sec = LIMIT_MS / 1000 };
	struct ifreq r = request(l);

	l->wanted = on;
	event_del(l->limit);
	if (!is_other(l->site))
		return;
	if (ioctl(l->fd, SIOCGIFFLAGS, &r)) {
		log_line(LOG_ERR, "%s: %s", r.ifr_name, strerror(errno));
		return;
	}
	r.ifr_flags = (short)(on ? r.ifr_flags | IFF_UP : r.ifr_flags & ~IFF_UP);
	if (ioctl(l->fd, SIOCSIFFLAGS, &r))
		log_line(LOG_ERR, "%s cannot be %s: %s", r.ifr_name,
			 on ? "enabled" : "disabled", strerror(errno));
	if (on && !link_is_up(l))
		event_add(l->limit, &limit);
}

/* Is it still coming up? */
bool link_is_awaited(const struct link *l)
{
	return evtimer_pending(l->limit, NULL);
}

static int open_news(void)
{
	const struct sockaddr_nl address = {
		.nl_family = AF_NETLINK,
		.nl_groups = RTMGRP_LINK,
	};
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_ROUTE);

	if (fd < 0 || !bind(fd, (const struct sockaddr *)&address, sizeof(address)))
		return fd;
	close(fd);
	return -1;
}

/**
 * link_open() - the link of the bulk plane
 * @s: site
 * @fn: to be told when it is up, or does not come up
 * @ctx: for @fn
 * @err: set on failure
 *
 * Return: to be closed with link_close(), which leaves it as it is; or %NULL.
 */
struct link *link_open(struct site *s, link_fn *fn, void *ctx, struct mrb_error *err)
{
	struct link *l = calloc(1, sizeof(*l));

	if (!l) {
		mrb_refuse(err, -ENOMEM, "out of memory");
		return NULL;
	}
	l->site = s;
	l->fn = fn;
	l->ctx = ctx;
	l->fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	l->news = open_news();
	l->limit = event_new(s->base, -1, 0, on_limit, l);
	if (l->news >= 0)
		l->event = event_new(s->base, l->news, EV_READ | EV_PERSIST, on_news, l);
	if (l->fd >= 0 && l->limit && l->event && !event_add(l->event, NULL))
		return l;
	mrb_refuse(err, -EIO, "the kernel does not tell of interfaces: %s", strerror(errno));
	link_close(l);
	return NULL;
}

void link_close(struct link *l)
{
	if (!l)
		return;
	if (l->event)
		event_free(l->event);
	if (l->limit)
		event_free(l->limit);
	if (l->news >= 0)
		close(l->news);
	if (l->fd >= 0)
		close(l->fd);
	free(l);
}
