// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * codeswapd as a part of a site: what nodes and masters have in common, and the
 * loop in which all of it runs.
 */
#include <ifaddrs.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "../feed.h"
#include "bulk.h"
#include "cell.h"

/**
 * site_say() - begin a message
 * @s: site
 * @m: message, zeroed
 * @type: of it
 */
void site_say(const struct site *s, struct message *m, enum message_type type)
{
	const struct identity *self = tls_self(s->tls);

	m->type = type;
	snprintf(m->name, sizeof(m->name), "%s", self->name);
	snprintf(m->role, sizeof(m->role), "%s", site_role_name(self->role));
	m->sequence = settings_sequence(s->settings);
	if (type == MESSAGE_STATUS)
		snprintf(m->service, sizeof(m->service), "none");
}

/* The timer is due in so many milliseconds. */
void site_look_in(struct event *timer, u64 ms)
{
	const struct timeval tv = {
		.tv_sec = (time_t)(ms / 1000),
		.tv_usec = (suseconds_t)(ms % 1000 * 1000),
	};

	event_add(timer, &tv);
}

static int find_address(const char *interface, struct in_addr *address,
			struct mrb_error *err)
{
	struct ifaddrs *all, *a;
	int ret = -EADDRNOTAVAIL;

	if (getifaddrs(&all))
		return mrb_refuse(err, -errno, "interfaces: %s", strerror(errno));
	for (a = all; a && ret; a = a->ifa_next) {
		if (strcmp(a->ifa_name, interface) || !a->ifa_addr ||
		    a->ifa_addr->sa_family != AF_INET)
			continue;
		*address = ((struct sockaddr_in *)(void *)a->ifa_addr)->sin_addr;
		ret = 0;
	}
	freeifaddrs(all);
	if (!ret)
		return 0;
	return mrb_refuse(err, ret, "there is no interface %s with an IPv4 address", interface);
}

static void on_hello(const struct message *m, const struct sockaddr_in *from, void *ctx)
{
	struct site *s = ctx;

	if (s->node)
		node_hello(s->node, m, from);
	if (s->master)
		master_hello(s->master, m, from);
}

static void on_signal(evutil_socket_t number, short what, void *ctx)
{
	struct site *s = ctx;

	(void)what;
	if (number != SIGHUP) {
		event_base_loopbreak(s->base);
	} else if (s->master) {
		log_line(LOG_NOTICE, "looking at the store anew");
		master_reload(s->master);
	}
}

static void tell_alive(evutil_socket_t fd, short what, void *ctx)
{
	(void)fd;
	(void)what;
	(void)ctx;
	notify_manager("WATCHDOG=1");
}

/* Its name is what all others know it by. */
static int check_identity(const struct site *s, struct mrb_error *err)
{
	const struct identity *self = tls_self(s->tls);
	enum site_role least = s->options->master ? ROLE_MASTER : ROLE_NODE;
	struct mrb_error warning;

	if (s->options->name && strcmp(s->options->name, self->name))
		return mrb_refuse(err, -EKEYREJECTED,
				  "this machine is to be %s, and the certificate in %s is of %s",
				  s->options->name, s->options->tls_dir, self->name);
	if (self->role != least && !(least == ROLE_NODE && self->role == ROLE_MASTER))
		return mrb_refuse(err, -EKEYREJECTED,
				  "the certificate in %s is of a %s; %s needs that of a %s (OU)",
				  s->options->tls_dir, site_role_name(self->role),
				  s->options->cell ? "a cell" : "this role",
				  site_role_name(least));
	/* Without others it goes on all the same: with what is in its flash. */
	if (tls_check(s->tls, &warning))
		log_line(LOG_WARNING, "%s/cert.pem: %s", s->options->tls_dir, warning.text);
	return 0;
}

static int open_parts(struct site *s, struct mrb_error *err)
{
	const struct site_options *o = s->options;

	if (find_address(o->management, &s->address, err) ||
	    find_address(o->bulk, &s->bulk_address, err))
		return err->code;
	s->tls = tls_open(o->tls_dir, err);
	if (!s->tls || check_identity(s, err))
		return err->code;
	s->trust = trust_open(o->trust_dir, o->threshold, err);
	if (!s->trust)
		return err->code;
	s->settings = settings_open(o->state_dir, err);
	if (!s->settings)
		return err->code;
	s->discovery = discovery_open(s, on_hello, s, err);
	if (!s->discovery)
		return err->code;
	s->bulk = bulk_open(s, err);
	return s->bulk ? 0 : err->code;
}

static int open_roles(struct site *s, struct mrb_error *err)
{
	if (s->options->master) {
		s->master = master_new(s, err);
		if (!s->master)
			return err->code;
	}
	if (s->options->node) {
		s->node = node_new(s, err);
		if (!s->node)
			return err->code;
	}
	if (s->options->cell && !cell_new(s, err))
		return err->code;
	return 0;
}

static void close_all(struct site *s)
{
	cell_free(s->cell);
	node_free(s->node);
	master_free(s->master);
	bulk_close(s->bulk);
	discovery_close(s->discovery);
	settings_close(s->settings);
	trust_close(s->trust);
	tls_close(s->tls);
}

static void tell_ready(const struct site *s)
{
	notify_manager("READY=1");
	if (s->options->ready_fd >= 0) {
		if (write(s->options->ready_fd, "", 1) < 0)
			log_line(LOG_DEBUG, "nobody waits for the daemon");
		close(s->options->ready_fd);
	}
	log_line(LOG_INFO, "%s is up", tls_self(s->tls)->name);
}

/* Signals, and the service manager's watchdog, which wants to hear twice a time. */
static struct event *watchdog(const struct site *s)
{
	const char *usec = getenv("WATCHDOG_USEC");
	unsigned long long time = usec ? strtoull(usec, NULL, 10) / 2 : 0;
	const struct timeval often = {
		.tv_sec = (time_t)(time / 1000000),
		.tv_usec = (suseconds_t)(time % 1000000),
	};
	struct event *event = time ? event_new(s->base, -1, EV_PERSIST, tell_alive, NULL) : NULL;

	if (event)
		event_add(event, &often);
	return event;
}

/**
 * site_run() - be a part of a site until a signal ends it
 * @options: as an operator has them
 *
 * Return: exit status.
 */
int site_run(const struct site_options *options)
{
	static const int signals[] = { SIGINT, SIGTERM, SIGHUP };
	struct site s = { .options = options, .base = event_base_new() };
	struct event *events[ARRAY_SIZE(signals)], *dog;
	struct mrb_error err = { 0 };
	unsigned int i;
	int ret;

	signal(SIGPIPE, SIG_IGN);
	for (i = 0; i < ARRAY_SIZE(signals); i++) {
		events[i] = evsignal_new(s.base, signals[i], on_signal, &s);
		event_add(events[i], NULL);
	}
	dog = watchdog(&s);
	ret = open_parts(&s, &err) ?: open_roles(&s, &err);
	if (ret) {
		log_line(LOG_ERR, "%s", err.text);
	} else {
		tell_ready(&s);
		event_base_dispatch(s.base);
		notify_manager("STOPPING=1");
	}
	close_all(&s);
	for (i = 0; i < ARRAY_SIZE(signals); i++)
		event_free(events[i]);
	if (dog)
		event_free(dog);
	event_base_free(s.base);
	libevent_global_shutdown();
	return ret ? 1 : 0;
}
