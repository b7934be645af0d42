// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The masters of a site, as this machine knows them. Their hellos tell where they
 * are; this machine connects with each, so that each hears what it asks for. A
 * master that is not heard of for a while is gone, even if its connection is not
 * closed.
 */
#include <arpa/inet.h>
#include <malloc.h>
#include <stdlib.h>

#include "../feed.h"
#include "site.h"

/*
 * Names that somebody has said, and who may be no master at all: some more than
 * SITE_MAX_MASTERS.
 */
#define MAX_ENTRIES	64
#define SILENCE_MS	5000
/* To connect takes no longer, unless somebody wants to take up the room. */
#define SLOW_MS		1000
#define LOOK_MS		1000
#define FIRST_PAUSE_MS	250
#define MOST_PAUSE_MS	8000

/**
 * struct peer - a master, or somebody who says so
 * @peers: all of them
 * @used: this entry is one
 * @there: it has shown that it is one
 * @told: that it is none has been said
 * @name: that its hellos say, and its certificate then
 * @address: from which they come
 * @channel: connection, or %NULL
 * @sequence: of the manifest that it serves, 0 if it serves nothing
 * @heard: when its last hello came
 * @since: when the last attempt to connect was made
 * @pause: before the next attempt to connect, which may have to wait
 * @next: when it may be made
 */
struct peer {
	struct peers *peers;
	bool used;
	bool there;
	bool told;
	char name[MESSAGE_NAME_LEN];
	struct sockaddr_in address;
	struct channel *channel;
	u64 sequence;
	u64 heard;
	u64 since;
	unsigned int pause;
	u64 next;
};

/**
 * struct peers - the masters
 * @site: this machine's
 * @role: as which it connects with them
 * @ops: what to tell
 * @ctx: for @ops
 * @look: whether one is silent
 * @liars: who say that they are
 * @list: of them
 */
struct peers {
	struct site *site;
	const char *role;
	const struct peers_ops *ops;
	void *ctx;
	struct event *look;
	struct seldom liars;
	struct peer list[MAX_ENTRIES];
};

static void say_hello(struct peer *p)
{
	const struct site *s = p->peers->site;
	struct message *m = calloc(1, sizeof(*m));

	if (!m)
		return;
	site_say(s, m, MESSAGE_HELLO);
	snprintf(m->role, sizeof(m->role), "%s", p->peers->role);
	channel_send(p->channel, m);
	free(m);
}

static void forget(struct peer *p)
{
	struct channel *ch = p->channel;

	p->channel = NULL;
	p->used = false;
	channel_free(ch);
}

/* Others have said hello in its name. */
static void forget_namesakes(const struct peer *p)
{
	struct peers *ps = p->peers;
	unsigned int i;

	for (i = 0; i < MAX_ENTRIES; i++)
		if (ps->list[i].used && &ps->list[i] != p &&
		    !strcmp(ps->list[i].name, p->name))
			forget(&ps->list[i]);
}

/* Whoever is there is not asked again soon. */
static void refuse(struct peer *p, const char *why)
{
	if (!p->told)
		say_seldom(&p->peers->liars, LOG_WARNING,
			   "what says at %s that it is the master %s is not heard: %s",
			   inet_ntoa(p->address.sin_addr), p->name, why);
	p->told = true;
	p->channel = NULL;
	p->next = now_ms() + p->pause;
	if (p->pause < MOST_PAUSE_MS)
		p->pause *= 2;
}

static void on_ready(struct channel *ch, void *ctx)
{
	const struct identity *who = channel_peer(ch);
	struct peer *p = ctx;
	char why[128];

	if (who->role != ROLE_MASTER || strcmp(who->name, p->name)) {
		snprintf(why, sizeof(why), "it is the %s %s", site_role_name(who->role),
			 who->name);
		refuse(p, why);
		channel_free(ch);
		return;
	}
	log_line(LOG_INFO, "connected with master %s", p->name);
	forget_namesakes(p);
	p->pause = FIRST_PAUSE_MS;
	p->there = true;
	p->told = false;
	p->heard = now_ms();
	say_hello(p);
	/* A handshake takes much for a moment. */
	malloc_trim(0);
	p->peers->ops->ready(p, p->peers->ctx);
}

static void on_message(struct channel *ch, const struct message *m, void *ctx)
{
	struct peer *p = ctx;

	(void)ch;
	p->heard = now_ms();
	if (m->type == MESSAGE_HELLO)
		p->sequence = m->sequence;
	p->peers->ops->message(p, m, p->peers->ctx);
}

static void lose(struct peer *p, const char *why)
{
	if (!p->there) {
		refuse(p, why ?: "it closes the connection");
		return;
	}
	log_line(LOG_NOTICE, "master %s is gone%s%s", p->name, why ? ": " : "", why ?: "");
	p->channel = NULL;
	p->there = false;
	p->sequence = 0;
	p->next = now_ms() + p->pause;
	p->peers->ops->gone(p, p->peers->ctx);
}

static void on_closed(struct channel *ch, const char *why, void *ctx)
{
	(void)ch;
	lose(ctx, why);
}

static const struct channel_ops channel_ops = {
	.ready = on_ready,
	.message = on_message,
	.closed = on_closed,
	.most = MESSAGE_MAX_BYTES,
};

static void look(evutil_socket_t fd, short what, void *ctx)
{
	struct peers *ps = ctx;
	u64 now = now_ms();
	unsigned int i;

	(void)fd;
	(void)what;
	for (i = 0; i < MAX_ENTRIES; i++) {
		struct peer *p = &ps->list[i];
		struct channel *ch = p->channel;

		if (!p->used || now - p->heard < SILENCE_MS)
			continue;
		if (channel_is_ready(ch))
			lose(p, "it says nothing any more");
		p->channel = ch;
		forget(p);
	}
}

/**
 * peers_new() - begin to listen for masters
 * @s: site
 * @role: as which this machine connects with them: "node" or "master"
 * @ops: what to tell of them
 * @ctx: for @ops
 *
 * Return: to be freed with peers_free(), or %NULL without memory.
 */
struct peers *peers_new(struct site *s, const char *role,
			const struct peers_ops *ops, void *ctx)
{
	const struct timeval often = { .tv_sec = LOOK_MS / 1000 };
	struct peers *ps = calloc(1, sizeof(*ps));

	if (!ps)
		return NULL;
	ps->site = s;
	ps->role = role;
	ps->ops = ops;
	ps->ctx = ctx;
	ps->look = event_new(s->base, -1, EV_PERSIST, look, ps);
	if (ps->look && !event_add(ps->look, &often))
		return ps;
	peers_free(ps);
	return NULL;
}

void peers_free(struct peers *ps)
{
	unsigned int i;

	if (!ps)
		return;
	for (i = 0; i < MAX_ENTRIES; i++)
		channel_free(ps->list[i].channel);
	if (ps->look)
		event_free(ps->look);
	free(ps);
}

/* The one that is connected under that name, or NULL. */
static struct peer *find_connected(struct peers *ps, const char *name)
{
	unsigned int i;

	for (i = 0; i < MAX_ENTRIES; i++)
		if (ps->list[i].used && channel_is_ready(ps->list[i].channel) &&
		    !strcmp(ps->list[i].name, name))
			return &ps->list[i];
	return NULL;
}

static bool is_from(const struct peer *p, const struct message *m,
		    const struct sockaddr_in *from)
{
	return p->address.sin_addr.s_addr == from->sin_addr.s_addr &&
	       p->address.sin_port == htons((u16)m->port) && !strcmp(p->name, m->name);
}

/* Who waits because it was no master gives way first, then who takes long. */
static struct peer *make_room(struct peers *ps)
{
	struct peer *waiting = NULL, *slow = NULL;
	unsigned int i;

	for (i = 0; i < MAX_ENTRIES; i++) {
		struct peer *p = &ps->list[i];

		if (!p->used)
			return p;
		if (!p->channel && (!waiting || p->pause > waiting->pause))
			waiting = p;
		else if (p->channel && !channel_is_ready(p->channel) &&
			 now_ms() - p->since > SLOW_MS)
			slow = p;
	}
	if (waiting ?: slow)
		forget(waiting ?: slow);
	return waiting ?: slow;
}

static struct peer *find(struct peers *ps, const struct message *m,
			 const struct sockaddr_in *from)
{
	struct peer *p;
	unsigned int i;

	for (i = 0; i < MAX_ENTRIES; i++)
		if (ps->list[i].used && is_from(&ps->list[i], m, from))
			return &ps->list[i];
	p = make_room(ps);
	if (!p)
		return NULL;
	memset(p, 0, sizeof(*p));
	p->used = true;
	p->peers = ps;
	p->pause = FIRST_PAUSE_MS;
	p->address = *from;
	p->address.sin_port = htons((u16)m->port);
	snprintf(p->name, sizeof(p->name), "%s", m->name);
	return p;
}

static unsigned int num_connected(const struct peers *ps)
{
	const struct peer *p = NULL;
	unsigned int n = 0;

	while ((p = peers_next(ps, p)))
		n++;
	return n;
}

/**
 * peers_hello() - a hello has come
 * @ps: the masters
 * @m: hello of anybody
 * @from: whose datagram it was
 *
 * Anybody can send one, in any name. A name that is connected belongs to who has
 * shown its certificate; for others each address is tried by itself.
 *
 * Return: whether a connection is tried, so that it may want to know of this machine.
 */
bool peers_hello(struct peers *ps, const struct message *m,
		 const struct sockaddr_in *from)
{
	const struct site *s = ps->site;
	struct mrb_error err;
	struct peer *p;

	if (strcmp(m->role, "master") || !m->port)
		return false;
	p = find_connected(ps, m->name);
	if (p && is_from(p, m, from))
		p->heard = now_ms();
	if (p || num_connected(ps) >= SITE_MAX_MASTERS)
		return false;
	p = find(ps, m, from);
	if (!p)
		return false;
	p->heard = now_ms();
	if (p->channel || p->heard < p->next)
		return false;
	p->since = p->heard;
	p->channel = channel_connect(s->base, s->tls, &p->address,
				     s->options->management, &channel_ops, p, &err);
	if (!p->channel)
		refuse(p, err.text);
	/* Somebody who has just come, or come back; liars have to wait longer each time. */
	return true;
}

/* Says something to all of them. */
void peers_send(struct peers *ps, const struct message *m)
{
	unsigned int i;

	for (i = 0; i < MAX_ENTRIES; i++)
		channel_send(ps->list[i].channel, m);
}

/* Goes through those that are connected; NULL is before the first. */
struct peer *peers_next(const struct peers *ps, const struct peer *after)
{
	const struct peer *p = after ? after + 1 : ps->list;

	for (; p < ps->list + MAX_ENTRIES; p++)
		if (p->used && channel_is_ready(p->channel))
			return (struct peer *)p;
	return NULL;
}

bool peer_send(struct peer *p, const struct message *m)
{
	return channel_send(p->channel, m);
}

const char *peer_name(const struct peer *p)
{
	return p->name;
}

u64 peer_sequence(const struct peer *p)
{
	return p->sequence;
}
